//! Locks among processes, on local disks.
//!
//! A chunk that is changed is read, and written back whole; another process that changes it in between would be
//! forgotten. So a byte of a file that all of them know, the array's metadata, is locked meanwhile: one for each chunk.
//! The system takes the lock away from a process that dies. Object stores have no such thing.

#![expect(unsafe_code, reason = "calls fcntl")]

use std::fs::{File, Metadata, OpenOptions};
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, FromRawFd, RawFd};
use std::os::unix::fs::MetadataExt;

use super::VsiStore;
use crate::error::{Error, Result};

/// A lock, held until it is dropped.
#[derive(Debug)]
pub(crate) struct ProcessLock {
    _file: File,
}

/// A file that keeps others out while it is held.
#[derive(Debug)]
pub(crate) struct HeldFile {
    path: String,
    _lock: ProcessLock,
}

impl Drop for HeldFile {
    fn drop(&mut self) {
        // One that stays keeps nobody out.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// What tells one version of a file from the next: device, inode, size, and time of the last change in seconds and
/// nanoseconds.
pub(crate) type Stamp = (u64, u64, u64, i64, i64);

impl VsiStore {
    /// Waits until nothing else holds the lock `number` on the file `key`, and takes it. `None` where there are no locks: not
    /// on a local disk, or the file is not there yet, so that no other process knows of it.
    ///
    /// # Errors
    /// The file may not be written, or its file system knows no locks.
    pub(crate) fn lock(&self, key: &str, number: u64) -> Result<Option<ProcessLock>> {
        let Some(path) = self.local_path(key) else { return Ok(None) };
        let refused = |error: std::io::Error| Error::io(error.to_string()).context(path.clone());
        let file = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(refused(error)),
        };
        // an offset, and one past it, must not be negative
        lock_byte(&file, (number >> 2).cast_signed()).map_err(refused)?;
        Ok(Some(ProcessLock { _file: file }))
    }

    /// Waits until nothing else holds the file `key`, which is made where it is not there, and takes it; it is deleted when
    /// it is dropped. `None` where there are no locks: not on a local disk.
    ///
    /// # Errors
    /// The file cannot be made, or its file system knows no locks.
    pub(crate) fn hold(&self, key: &str) -> Result<Option<HeldFile>> {
        let Some(path) = self.local_path(key) else { return Ok(None) };
        let hold = || loop {
            let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
            lock_byte(&file, 0)?;
            let held = file.metadata()?;
            // The one who held it before may have deleted it.
            if std::fs::metadata(&path).is_ok_and(|now| (now.dev(), now.ino()) == (held.dev(), held.ino())) {
                return Ok(HeldFile { path: path.clone(), _lock: ProcessLock { _file: file } });
            }
        };
        hold().map(Some).map_err(|error: std::io::Error| Error::io(error.to_string()).context(path.clone()))
    }

    /// The stamp of the file `key`; `None` where there is none, or not on a local disk.
    pub(crate) fn stamp(&self, key: &str) -> Option<Stamp> {
        std::fs::metadata(self.local_path(key)?).ok().map(|metadata| stamp(&metadata))
    }

    fn local_path(&self, key: &str) -> Option<String> {
        Some(self.path_of(key)).filter(|path| !path.starts_with("/vsi"))
    }
}

/// Waits for the lock on a byte of a file.
fn lock_byte(file: &File, start: i64) -> std::io::Result<()> {
    // SAFETY: all zeros is a value of this plain structure.
    let mut range: libc::flock = unsafe { std::mem::zeroed() };
    range.l_type = libc::F_WRLCK as libc::c_short;
    range.l_whence = libc::SEEK_SET as libc::c_short;
    range.l_start = start;
    range.l_len = 1;
    loop {
        // SAFETY: fcntl(2): an open file, and a range that lives through the call; such a lock goes with the file.
        if unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLKW, &raw const range) } == 0 {
            return Ok(());
        }
        let error = std::io::Error::last_os_error();
        if error.kind() != std::io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// The stamp of an open file.
pub(super) fn stamp_of(descriptor: RawFd) -> Option<Stamp> {
    // SAFETY: the descriptor is open, and stays so: closing it is left to its owner.
    let file = ManuallyDrop::new(unsafe { File::from_raw_fd(descriptor) });
    file.metadata().ok().map(|metadata| stamp(&metadata))
}

fn stamp(metadata: &Metadata) -> Stamp {
    (metadata.dev(), metadata.ino(), metadata.size(), metadata.mtime(), metadata.mtime_nsec())
}
