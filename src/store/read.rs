//! Reading objects, whole or in part: one file handle or one HTTP request each.

#![expect(unsafe_code, reason = "calls GDAL's VSI functions")]

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::ffi::{self, StringList, c_string};
use super::lock::{self, Stamp};
use super::vsi::Reach;
use super::{VsiStore, http};
use crate::error::{Error, Kind, Result};

/// Which bytes of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Range {
    /// All.
    All,
    /// `length` bytes from `offset` on; an object that ends before is an error.
    Part { offset: u64, length: u64 },
    /// From `offset` to the end.
    From(u64),
    /// The last bytes; an object that is shorter is an error.
    Last(u64),
}

/// What tells one version of an object from the next, as far as its file system says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Version {
    /// It does not say.
    #[default]
    Unknown,
    /// Of a file on a local disk.
    File(Stamp),
    /// Of an object behind HTTP: the time of its last change (else its entity tag), and its size.
    Object(String),
}

/// Bytes that are remembered.
#[derive(Debug)]
pub(crate) struct Remembered {
    pub(crate) bytes: Vec<u8>,
    /// Of the object that they were read from.
    pub(crate) version: Version,
}

/// More than any chunk or metadata file may have.
const MAX_OBJECT_BYTES: u64 = 4 << 30;

impl VsiStore {
    /// The whole object `key`, `None` where there is none.
    ///
    /// # Errors
    /// The file system fails, or memory cannot be had.
    pub fn read(&self, key: &str) -> Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        Ok(self.read_into(key, Range::All, &mut bytes)?.then_some(bytes))
    }

    /// Replaces the contents of `bytes` by `range` of the object `key`; false where there is no such object.
    pub(crate) fn read_into(&self, key: &str, range: Range, bytes: &mut Vec<u8>) -> Result<bool> {
        self.read_with(key, range, bytes, None)
    }

    /// As [`VsiStore::read_into`], and tells the version of the object that was read; `None` where there is none.
    pub(crate) fn read_version(&self, key: &str, range: Range, bytes: &mut Vec<u8>) -> Result<Option<Version>> {
        let mut version = Version::Unknown;
        Ok(self.read_with(key, range, bytes, Some(&mut version))?.then_some(version))
    }

    fn read_with(&self, key: &str, range: Range, bytes: &mut Vec<u8>, version: Option<&mut Version>) -> Result<bool> {
        bytes.clear();
        let path = self.path_of(key);
        let found = match http::url(&path) {
            Some(url) => http::fetch(&self.call, url, range, bytes, version),
            None => read_file(self, &path, range, bytes, version),
        };
        found.map_err(|error| error.context(path))
    }

    /// As [`VsiStore::read_into`], remembering small ranges for all calls.
    pub(crate) fn read_remembered(&self, key: &str, range: Range) -> Result<Option<Arc<Remembered>>> {
        let slot = match range {
            Range::Part { offset, length } => (key.to_string(), i64::try_from(offset).unwrap_or(i64::MAX), length),
            Range::Last(length) => (key.to_string(), -1, length),
            Range::All => (key.to_string(), 0, u64::MAX),
            Range::From(offset) => (key.to_string(), i64::try_from(offset).unwrap_or(i64::MAX), u64::MAX),
        };
        if let Some(remembered) = self.root.ranges.get(&slot) {
            return Ok(Some(remembered));
        }
        let changes = self.changes();
        let mut bytes = Vec::new();
        let Some(version) = self.read_version(key, range, &mut bytes)? else { return Ok(None) };
        let size = bytes.len();
        let remembered = Arc::new(Remembered { bytes, version });
        self.root.ranges.put_if(slot, remembered.clone(), size, || self.changes() == changes);
        Ok(Some(remembered))
    }

    /// Forgets what is remembered of `key` and what lies below it: it has changed.
    pub fn forget(&self, key: &str) {
        self.root.changes.fetch_add(1, Ordering::AcqRel);
        self.root.ranges.retain(|(remembered, _, _)| {
            !(remembered == key
                || remembered.strip_prefix(key).is_some_and(|rest| key.is_empty() || rest.starts_with('/')))
        });
    }
}

/// Reserves `length` bytes more.
pub(super) fn reserve(bytes: &mut Vec<u8>, length: u64) -> Result<usize> {
    let refuse = || Error::new(Kind::OutOfMemory, format!("no memory for {length} bytes"));
    if length > MAX_OBJECT_BYTES {
        return Err(Error::unsupported(format!("an object of {length} bytes, more than {MAX_OBJECT_BYTES}")));
    }
    let length = usize::try_from(length).map_err(|_| refuse())?;
    bytes.try_reserve_exact(length).map_err(|_| refuse())?;
    Ok(length)
}

/// A file handle that closes itself.
struct File(*mut gdal_sys::VSILFILE);

impl File {
    /// Of the very file that is open: another that takes its name is not read through this handle.
    fn version(&self) -> Version {
        // SAFETY: cpl_vsi.h: an open handle; gives NULL where there is no file of the system behind it.
        let descriptor = unsafe { gdal_sys::VSIFGetNativeFileDescriptorL(self.0) } as isize;
        match i32::try_from(descriptor) {
            Ok(descriptor) if descriptor > 0 => lock::stamp_of(descriptor).map_or(Version::Unknown, Version::File),
            _ => Version::Unknown,
        }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: cpl_vsi.h: closes a handle of VSIFOpenEx2L, once.
        unsafe { gdal_sys::VSIFCloseL(self.0) };
    }
}

fn read_file(
    store: &VsiStore,
    path: &str,
    range: Range,
    bytes: &mut Vec<u8>,
    version: Option<&mut Version>,
) -> Result<bool> {
    const SEEK_SET: i32 = 0;
    const SEEK_END: i32 = 2;
    let name = c_string(path)?;
    let entered = store.call.enter();
    let options = match store.root.reach {
        Reach::Near => StringList::new(Vec::new()),
        Reach::Http | Reach::Far => StringList::new(vec![c"DISABLE_READDIR_ON_OPEN=YES".to_owned()]),
    };
    // SAFETY: cpl_vsi.h: the strings live through the call; NULL means that it cannot be opened. errno and GDAL's own last
    // error are set to zero first, for they tell a missing file from one that may not be read.
    let (file, errno) = unsafe {
        *libc::__errno_location() = 0;
        ffi::VSIErrorReset();
        let file = gdal_sys::VSIFOpenEx2L(name.as_ptr(), c"rb".as_ptr(), 1, options.as_list());
        (file, *libc::__errno_location())
    };
    if file.is_null() {
        return match store.open_error(entered.take_errors(), errno) {
            Some(error) => Err(Error::io(format!("cannot be opened: {error}"))),
            None => Ok(false),
        };
    }
    let file = File(file);
    if let Some(version) = version {
        *version = file.version();
    }
    let failed = |what: &str| {
        let why = entered.take_errors().map_or_else(String::new, |error| format!(": {error}"));
        Error::io(format!("{what}{why}"))
    };
    let (offset, length) = match range {
        Range::Part { offset, length } => (offset, length),
        Range::All | Range::From(_) | Range::Last(_) => {
            // SAFETY: cpl_vsi.h: an open handle.
            let size = unsafe {
                match gdal_sys::VSIFSeekL(file.0, 0, SEEK_END) {
                    0 => gdal_sys::VSIFTellL(file.0),
                    _ => return Err(failed("cannot be measured")),
                }
            };
            match range {
                // the "size" of a folder that could be opened
                Range::All if size >= i64::MAX as u64 => return Ok(false),
                Range::From(offset) if offset <= size => (offset, size - offset),
                Range::Last(length) if length <= size => (size - length, length),
                Range::All => (0, size),
                _ => return Err(failed(&format!("is too short ({size} bytes)"))),
            }
        }
    };
    let length = reserve(bytes, length)?;
    // SAFETY: an open handle; the vector has room for `length` bytes more, and as many as were read are initialised.
    let read = unsafe {
        if (offset > 0 || range == Range::All) && gdal_sys::VSIFSeekL(file.0, offset, SEEK_SET) != 0 {
            return Err(failed("cannot be searched"));
        }
        let read = match length {
            0 => 0,
            _ => gdal_sys::VSIFReadL(bytes.as_mut_ptr().cast(), 1, length, file.0),
        };
        bytes.set_len(read);
        read
    };
    if read < length {
        if read == 0 && store.stat_path_is_folder(path) {
            return Ok(false);
        }
        return Err(failed(&format!("is cut short: {read} bytes instead of {length}")));
    }
    match entered.take_errors() {
        Some(error) => Err(Error::io(error)),
        None => Ok(true),
    }
}

impl VsiStore {
    fn stat_path_is_folder(&self, path: &str) -> bool {
        let root = Self::new(path, &self.call);
        matches!(root.stat(""), Ok(Some((_, true))))
    }
}

/// What `range` asks for, cut out of a whole object; `None` where it reaches beyond.
pub(crate) fn cut(body: &[u8], range: Range) -> Option<&[u8]> {
    let index = |offset: u64| usize::try_from(offset).ok();
    match range {
        Range::All => Some(body),
        Range::From(offset) => body.get(index(offset)?..),
        Range::Part { offset, length } => body.get(index(offset)?..)?.get(..index(length)?),
        Range::Last(length) => body.get(body.len().checked_sub(index(length)?)?..),
    }
}
