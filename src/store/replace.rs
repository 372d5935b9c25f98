//! One folder takes the place of another.

#![expect(unsafe_code, reason = "calls the operating system's exchange of two folders")]

use std::process;

use super::VsiStore;
use super::ffi::c_string;
use crate::error::{Context, Result};

impl VsiStore {
    /// Moves the whole folder to `target`, another path of the same file system, in the place of what is there; answers where
    /// that is now. At any moment there is either the old or the new at `target`; on file systems that cannot exchange two
    /// folders (Linux's local ones can) there is nothing for the moment between two renames.
    ///
    /// # Errors
    /// The file system fails: then the old is still at `target`.
    pub fn replace(&self, target: &Self) -> Result<Option<Self>> {
        let (from, to) = (self.path(), target.path());
        let moved = || {
            self.forget("");
            target.forget("");
        };
        if target.stat("")?.is_none() {
            self.rename_file(from, to).context(|| to.to_owned())?;
            moved();
            return Ok(None);
        }
        if self.exchange(target)? {
            moved();
            return Ok(Some(self.with_call(self.call())));
        }
        let aside = Self::new(&format!("{to}.old-{}", process::id()), self.call());
        self.rename_file(to, aside.path()).context(|| to.to_owned())?;
        if let Err(error) = self.rename_file(from, to) {
            self.rename_file(aside.path(), to)?;
            return Err(error.context(to));
        }
        moved();
        Ok(Some(aside))
    }

    /// Whether the two folders were exchanged, which not every file system can do.
    #[cfg(target_os = "linux")]
    fn exchange(&self, other: &Self) -> Result<bool> {
        if self.path().starts_with("/vsi") || other.path().starts_with("/vsi") {
            return Ok(false);
        }
        let (a, b) = (c_string(self.path())?, c_string(other.path())?);
        let here = libc::AT_FDCWD;
        // SAFETY: rename(2): both strings live through the call; nothing else is passed.
        let status = unsafe { libc::renameat2(here, a.as_ptr(), here, b.as_ptr(), libc::RENAME_EXCHANGE) };
        Ok(status == 0)
    }

    #[cfg(not(target_os = "linux"))]
    fn exchange(&self, _other: &Self) -> Result<bool> {
        Ok(false)
    }
}
