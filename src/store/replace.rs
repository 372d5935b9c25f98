//! Whole folders: one takes the place of another, or goes.

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
        let aside = target.aside();
        self.rename_file(to, aside.path()).context(|| to.to_owned())?;
        if let Err(error) = self.rename_file(from, to) {
            self.rename_file(aside.path(), to)?;
            return Err(error.context(to));
        }
        moved();
        Ok(Some(aside))
    }

    /// Deletes the whole folder. At any moment there is all of it at its path, or nothing; on an object store, where nothing
    /// can be renamed, the root's files go first, so that what is left is no store.
    ///
    /// # Errors
    /// The file system fails. What could not be deleted is then in `<path>.old-<number>`, without the root's files.
    pub fn discard(&self) -> Result<()> {
        let rest = match self.is_remote() {
            true => self.with_call(self.call()),
            false => {
                let aside = self.aside();
                self.rename_file(self.path(), aside.path()).context(|| self.path().to_owned())?;
                self.forget("");
                aside
            }
        };
        rest.refresh()?;
        for file in rest.list("")?.iter().filter(|entry| !entry.is_folder) {
            rest.delete(&file.name)?;
        }
        rest.delete_folder("")
    }

    /// A path where nothing is, for what is at this one.
    fn aside(&self) -> Self {
        (process::id()..)
            .map(|number| Self::new(&format!("{}.old-{number}", self.path()), self.call()))
            .find(|place| !place.exists())
            .expect("more names than there are files")
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
