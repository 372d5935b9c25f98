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

impl VsiStore {
    /// Makes `bytes` the contents of the object `key`, and the folders above it where the file system has any.
    ///
    /// # Errors
    /// The file system fails; then the object is as it was.
    pub fn write(&self, key: &str, bytes: &[u8]) -> Result<()> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        self.forget(key);
        let path = self.path_of(key);
        if self.root.reach != Reach::Near {
            return self.write_file(&path, bytes).context(|| path.clone());
        }
        let temporary = format!("{path}.{}-{}.partial", process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        let written = self
            .make_folders(&path)
            .and_then(|()| self.write_file(&temporary, bytes))
            .and_then(|()| self.rename_file(&temporary, &path));
        if written.is_err() {
            self.unlink(&temporary)?;
        }
        written.context(|| path.clone())
    }

    /// Deletes the object `key`; none there is fine.
    ///
    /// # Errors
    /// It is still there.
    pub fn delete(&self, key: &str) -> Result<()> {
        self.forget(key);
        let path = self.path_of(key);
        if !self.unlink(&path)? && self.size(key)?.is_some() {
            return Err(Error::io("cannot be deleted").context(path));
        }
        Ok(())
    }

    /// Deletes the folder `key` with all that is in it; none there is fine.
    ///
    /// # Errors
    /// Something is still there.
    pub fn delete_folder(&self, key: &str) -> Result<()> {
        self.forget(key);
        let path = self.path_of(key);
        if self.stat(key)?.is_none() {
            return Ok(());
        }
        let name = c_string(&path)?;
        let entered = self.call.enter();
        // SAFETY: cpl_vsi.h: zero on success; the string lives through the call.
        match unsafe { gdal_sys::VSIRmdirRecursive(name.as_ptr()) } {
            0 => Ok(()),
            _ => Err(Error::io(entered.take_errors().unwrap_or_else(|| "cannot be deleted".into())).context(path)),
        }
    }

    /// Makes the folder above the file `path`, and those above it.
    fn make_folders(&self, path: &str) -> Result<()> {
        let Some((folder, _)) = path.rsplit_once('/').filter(|(folder, _)| !folder.is_empty()) else {
            return Ok(());
        };
        let name = c_string(folder)?;
        let entered = self.call.enter();
        // SAFETY: cpl_vsi.h: zero on success or when the folder exists; the string lives through the call.
        let made = unsafe { gdal_sys::VSIMkdirRecursive(name.as_ptr(), 0o755) } == 0;
        drop(entered);
        // another thread may have made it in between; what is really wrong shows when the file is written
        if !made && self.at(folder).stat("")?.is_none() {
            return Err(Error::io(format!("the folder {folder} cannot be made")));
        }
        Ok(())
    }

    fn at(&self, path: &str) -> Self {
        Self::new(path, &self.call)
    }

    fn write_file(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let name = c_string(path)?;
        let entered = self.call.enter();
        let failed =
            |what: &str| Error::io(entered.take_errors().map_or(what.to_string(), |error| format!("{what}: {error}")));
        // SAFETY: cpl_vsi.h: NULL or a handle for VSIFCloseL; `bytes` is readable in full.
        unsafe {
            let file = gdal_sys::VSIFOpenExL(name.as_ptr(), c"wb".as_ptr(), 1);
            if file.is_null() {
                return Err(failed("cannot be created"));
            }
            let written = match bytes.len() {
                0 => 0,
                length => gdal_sys::VSIFWriteL(bytes.as_ptr().cast(), 1, length, file),
            };
            if gdal_sys::VSIFCloseL(file) != 0 || written < bytes.len() {
                return Err(failed("cannot be written"));
            }
        }
        match entered.take_errors() {
            Some(error) => Err(Error::io(error)),
            None => Ok(()),
        }
    }

    fn rename_file(&self, from: &str, to: &str) -> Result<()> {
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
