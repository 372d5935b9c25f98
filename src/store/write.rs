//! Writing and deleting objects.
//!
//! A file on a local disk is written under another name and renamed, so that a reader sees the old or the new one; an
//! object store gets one PUT, which is atomic there.

#![expect(unsafe_code, reason = "calls GDAL's VSI functions")]

use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use super::VsiStore;
use super::ffi::c_string;
use super::vsi::Reach;
use crate::error::{Context, Error, Result};

/// How the name of a file ends that is not complete yet; a killed process may leave one behind.
const PARTIAL: &str = ".partial";

impl VsiStore {
    /// Makes `bytes` the contents of the object `key`, and the folders above it where the file system has any.
    ///
    /// # Errors
    /// The file system fails; then the object is as it was.
    pub fn write(&self, key: &str, bytes: &[u8]) -> Result<()> {
        self.write_parts(key, &[bytes])
    }

    /// As [`VsiStore::write`], with contents that lie in several pieces of memory.
    ///
    /// # Errors
    /// As [`VsiStore::write`].
    pub fn write_parts(&self, key: &str, parts: &[&[u8]]) -> Result<()> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let path = self.path_of(key);
        let written = match self.root.reach {
            Reach::Near => {
                let number = COUNTER.fetch_add(1, Ordering::Relaxed);
                let temporary = format!("{path}.{}-{number}{PARTIAL}", process::id());
                let written = self.write_new_file(&temporary, parts).and_then(|()| self.rename_file(&temporary, &path));
                if written.is_err() {
                    self.unlink(&temporary)?;
                }
                written
            }
            Reach::Http | Reach::Far => self.write_file(&path, parts),
        };
        self.forget(key);
        written.context(|| path)
    }

    /// Deletes the object `key`; none there is fine.
    ///
    /// # Errors
    /// It is still there.
    pub fn delete(&self, key: &str) -> Result<()> {
        let path = self.path_of(key);
        let is_gone = self.unlink(&path);
        self.forget(key);
        if !is_gone? && self.size(key)?.is_some() {
            return Err(Error::io("cannot be deleted").context(path));
        }
        Ok(())
    }

    /// Makes GDAL look anew at what there is on an object store: it goes on to remember that there was no such folder, also
    /// by the list of what is beside it, after something was written into it.
    ///
    /// # Errors
    /// A path that cannot be given to C.
    pub fn refresh(&self) -> Result<()> {
        if self.is_remote() {
            let beside = self.path().rsplit_once('/').map_or(self.path(), |(above, _)| above);
            let name = c_string(beside)?;
            // SAFETY: cpl_vsi.h: the string lives through the call.
            unsafe { gdal_sys::VSICurlPartialClearCache(name.as_ptr()) };
        }
        Ok(())
    }

    /// Deletes the folder `key` with all that is in it; none there is fine.
    ///
    /// # Errors
    /// Something is still there.
    pub fn delete_folder(&self, key: &str) -> Result<()> {
        let path = self.path_of(key);
        self.refresh()?;
        if self.stat(key)?.is_none() {
            return Ok(());
        }
        let name = c_string(&path)?;
        let entered = self.call.enter();
        // SAFETY: cpl_vsi.h: zero on success; the string lives through the call.
        let status = unsafe { gdal_sys::VSIRmdirRecursive(name.as_ptr()) };
        self.forget(key);
        match status {
            0 => Ok(()),
            _ => Err(Error::io(entered.take_errors().unwrap_or_else(|| "cannot be deleted".into())).context(path)),
        }
    }

    /// Gives the folder `key`, with all that is in it, the key `to`; none there is fine.
    ///
    /// # Errors
    /// Something is at `to` already, or the file system fails.
    pub fn rename_folder(&self, key: &str, to: &str) -> Result<()> {
        let (path, new_path) = (self.path_of(key), self.path_of(to));
        if self.stat(key)?.is_none() {
            return Ok(());
        }
        if self.stat(to)?.is_some() {
            return Err(Error::invalid("there is something already").context(new_path));
        }
        let renamed = self.rename_file(&path, &new_path);
        self.forget(key);
        self.forget(to);
        renamed.context(|| path)
    }

    /// Writes a file that is not there yet; the folder above it is made when it turns out to be missing.
    fn write_new_file(&self, path: &str, parts: &[&[u8]]) -> Result<()> {
        // in memory a file can be made without its folder, but is not listed then
        if !path.starts_with("/vsi") && self.write_file(path, parts).is_ok() {
            return Ok(());
        }
        self.make_folders(path)?;
        self.write_file(path, parts)
    }

    /// Makes the folder above the file `path`, and those above it.
    fn make_folders(&self, path: &str) -> Result<()> {
        let Some((folder, _)) = path.rsplit_once('/').filter(|(folder, _)| !folder.is_empty()) else {
            return Ok(());
        };
        // GDAL before 3.7 makes no folder whose name has no parent in it
        let is_relative = !folder.starts_with('/') && !folder.contains(':');
        let name = c_string(&if is_relative { format!("./{folder}") } else { folder.to_owned() })?;
        // another thread may make one of them in between, and then this one gives up
        const ATTEMPTS: usize = 4;
        for _ in 0..ATTEMPTS {
            let entered = self.call.enter();
            // SAFETY: cpl_vsi.h: zero on success or when the folder exists; the string lives through the call.
            let made = unsafe { gdal_sys::VSIMkdirRecursive(name.as_ptr(), 0o755) } == 0;
            drop(entered);
            if made || self.at(folder).stat("")?.is_some() {
                return Ok(());
            }
        }
        Err(Error::io(format!("the folder {folder} cannot be made")))
    }

    fn at(&self, path: &str) -> Self {
        Self::new(path, &self.call)
    }

    fn write_file(&self, path: &str, parts: &[&[u8]]) -> Result<()> {
        let name = c_string(path)?;
        let entered = self.call.enter();
        let failed = |what: &str| {
            let errno = std::io::Error::last_os_error();
            match entered.take_errors() {
                Some(error) => Error::io(format!("{what}: {error}")),
                None if errno.raw_os_error().is_some_and(|number| number != 0) => Error::io(format!("{what}: {errno}")),
                None => Error::io(what),
            }
        };
        // SAFETY: cpl_vsi.h: NULL or a handle for VSIFCloseL; each part is readable in full. errno is set to zero first:
        // GDAL does not always say why it failed.
        unsafe {
            *libc::__errno_location() = 0;
            let file = gdal_sys::VSIFOpenExL(name.as_ptr(), c"wb".as_ptr(), 1);
            if file.is_null() {
                return Err(failed("cannot be created"));
            }
            let mut is_written = true;
            for part in parts.iter().filter(|part| !part.is_empty()) {
                is_written = gdal_sys::VSIFWriteL(part.as_ptr().cast(), 1, part.len(), file) == part.len();
                if !is_written {
                    break;
                }
            }
            let not_written = (!is_written).then(|| failed("cannot be written"));
            if gdal_sys::VSIFCloseL(file) != 0 || not_written.is_some() {
                return Err(not_written.unwrap_or_else(|| failed("cannot be written")));
            }
        }
        match entered.take_errors() {
            Some(error) => Err(Error::io(error)),
            None => Ok(()),
        }
    }

    pub(super) fn rename_file(&self, from: &str, to: &str) -> Result<()> {
        let (from, to) = (c_string(from)?, c_string(to)?);
        let entered = self.call.enter();
        // SAFETY: cpl_vsi.h: zero on success; both strings live through the call.
        match unsafe { gdal_sys::VSIRename(from.as_ptr(), to.as_ptr()) } {
            0 => Ok(()),
            _ => Err(Error::io(entered.take_errors().unwrap_or_else(|| "cannot be renamed".into()))),
        }
    }

    /// Whether there was such a file and it is gone.
    fn unlink(&self, path: &str) -> Result<bool> {
        let name = c_string(path)?;
        let _entered = self.call.enter();
        // SAFETY: cpl_vsi.h: zero on success; the string lives through the call.
        Ok(unsafe { gdal_sys::VSIUnlink(name.as_ptr()) } == 0)
    }
}
