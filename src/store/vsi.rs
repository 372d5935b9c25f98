//! A store below one path of GDAL's virtual file system.
//!
//! Paths are local, or `/vsimem/`, `/vsizip/`, `/vsicurl/`, `/vsis3/` and whatever else GDAL reaches. Each request opens
//! its own file handle, which is safe from many threads. A missing key is `None` and raises nothing; anything else that
//! fails is an error with the file system's own words. `read` and `write` have the other methods, `storage` the traits
//! of zarrs.

#![expect(unsafe_code, reason = "calls GDAL's VSI functions")]

use std::ffi::{CStr, c_int};
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Call;
use super::cache::Cache;
use super::ffi::{self, StringList, c_string};
use super::read::Remembered;
use crate::error::{Error, Result};

/// What a key below the root is: see [`VsiStore::list`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Name inside its folder.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
}

/// How the root is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// A file system of this machine, or an archive or memory.
    Near,
    /// `/vsicurl/`: an object costs one request, and nothing can be listed.
    Http,
    /// An object store: requests are expensive, folders can be listed.
    Far,
}

#[derive(Debug)]
pub(super) struct Root {
    pub(super) path: String,
    pub(super) reach: Reach,
    /// Small ranges that are asked for again and again: indexes of shards.
    pub(super) ranges: Cache<(String, i64, u64), Remembered>,
    /// See [`VsiStore::changes`].
    pub(super) changes: AtomicU64,
}

/// A store, bound to the call that uses it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct VsiStore {
    pub(super) root: Arc<Root>,
    pub(super) call: Arc<Call>,
}

/// Bytes of small ranges kept for one store.
const RANGES_BYTES: usize = 16 << 20;

/// The key `a/b` from `a` and `b`, or `b` alone where `a` is the root.
pub fn join(folder: &str, name: &str) -> String {
    match folder.is_empty() {
        true => name.to_owned(),
        false => format!("{folder}/{name}"),
    }
}

impl VsiStore {
    /// The store at `root`, any path that GDAL understands.
    pub fn new(root: &str, call: &Arc<Call>) -> Self {
        let path = match root.trim_end_matches('/') {
            "" if !root.is_empty() => "/".to_string(),
            trimmed => trimmed.to_string(),
        };
        let reach = reach(&path);
        let root = Root { path, reach, ranges: Cache::new(RANGES_BYTES), changes: AtomicU64::new(0) };
        Self { root: Arc::new(root), call: call.clone() }
    }

    /// The same store, used by another call.
    #[must_use]
    pub fn with_call(&self, call: &Arc<Call>) -> Self {
        Self { root: self.root.clone(), call: call.clone() }
    }

    /// The call it is bound to.
    pub fn call(&self) -> &Arc<Call> {
        &self.call
    }

    /// The path of its root, without a slash at the end.
    pub fn path(&self) -> &str {
        &self.root.path
    }

    /// Whether each request costs a trip over the network.
    pub fn is_remote(&self) -> bool {
        self.root.reach != Reach::Near
    }

    /// Whether folders can be listed.
    pub fn can_list(&self) -> bool {
        self.root.reach != Reach::Http
    }

    /// Counts the changes made through this store. What was read before it moved may be outdated, and must not be
    /// remembered.
    pub fn changes(&self) -> u64 {
        self.root.changes.load(Ordering::Acquire)
    }

    /// The path of `key` as GDAL knows it; the empty key is the root.
    pub fn path_of(&self, key: &str) -> String {
        match (key.is_empty(), self.root.path.split_once('?')) {
            (true, _) => self.root.path.clone(),
            // a query (a signed URL) stays at the end
            (false, Some((path, query))) if path.starts_with("/vsicurl/http") => format!("{path}/{key}?{query}"),
            (false, _) if self.root.path.ends_with('/') => format!("{}{key}", self.root.path),
            (false, _) => format!("{}/{key}", self.root.path),
        }
    }

    /// The size of `key` in bytes, `None` where there is no such file.
    ///
    /// # Errors
    /// The file system fails.
    pub fn size(&self, key: &str) -> Result<Option<u64>> {
        Ok(self.stat(key)?.filter(|(_, is_folder)| !is_folder).map(|(size, _)| size))
    }

    /// Whether the root is there, as a file or a folder.
    pub fn exists(&self) -> bool {
        self.stat("").is_ok_and(|found| found.is_some())
    }

    /// Whether the root is a file.
    ///
    /// # Errors
    /// The file system fails.
    pub fn is_file(&self) -> Result<bool> {
        Ok(self.stat("")?.is_some_and(|(_, is_folder)| !is_folder))
    }

    /// Size and whether it is a folder, `None` where there is neither file nor folder.
    pub(super) fn stat(&self, key: &str) -> Result<Option<(u64, bool)>> {
        let path = c_string(&self.path_of(key))?;
        let entered = self.call.enter();
        let mut stat = MaybeUninit::<libc::stat>::zeroed();
        // SAFETY: cpl_vsi.h: VSIStatBufL is the platform's 64-bit stat structure (gdal-sys has it with size zero).
        let failed = unsafe { gdal_sys::VSIStatExL(path.as_ptr(), stat.as_mut_ptr().cast(), STAT_ALL) } != 0;
        if failed {
            return match entered.take_errors() {
                Some(error) if self.root.reach != Reach::Http => Err(Error::io(error)),
                _ => Ok(None),
            };
        }
        // SAFETY: zeroed is a value of this plain structure, and GDAL filled it.
        let stat = unsafe { stat.assume_init() };
        let is_folder = stat.st_mode & libc::S_IFMT == libc::S_IFDIR;
        Ok(Some((u64::try_from(stat.st_size).unwrap_or(0), is_folder)))
    }

    /// The entries of the folder `key`, sorted by name; empty where there is none, or where nothing can be listed.
    ///
    /// # Errors
    /// The file system fails.
    pub fn list(&self, key: &str) -> Result<Vec<Entry>> {
        if !self.can_list() {
            return Ok(Vec::new());
        }
        let path = c_string(&self.path_of(key))?;
        let entered = self.call.enter();
        let options = StringList::new(vec![c"NAME_AND_TYPE_ONLY=YES".to_owned()]);
        let (mut entries, mut unknown) = (Vec::new(), Vec::new());
        // SAFETY: cpl_vsi.h: VSIOpenDir gives NULL or a handle for VSICloseDir; entries live until the next one.
        unsafe {
            let folder = gdal_sys::VSIOpenDir(path.as_ptr(), 0, options.as_ptr());
            if folder.is_null() {
                return match entered.take_errors() {
                    Some(error) => Err(Error::io(format!("{}: {error}", self.path_of(key)))),
                    None => Ok(entries),
                };
            }
            while let Some(entry) = gdal_sys::VSIGetNextDirEntry(folder).as_ref() {
                let name = CStr::from_ptr(entry.pszName).to_string_lossy().trim_end_matches('/').to_string();
                let kind = entry.nMode as u32 & libc::S_IFMT;
                if !matches!(name.as_str(), "" | "." | "..") {
                    let is_known = entry.bModeKnown != 0 && matches!(kind, libc::S_IFDIR | libc::S_IFREG);
                    unknown.extend((!is_known).then_some(entries.len()));
                    entries.push(Entry { name, is_folder: kind == libc::S_IFDIR });
                }
            }
            gdal_sys::VSICloseDir(folder);
        }
        drop(entered);
        // some file systems do not tell the kind of an entry while they list
        for index in unknown {
            let entry: &mut Entry = &mut entries[index];
            let below = if key.is_empty() { entry.name.clone() } else { format!("{key}/{}", entry.name) };
            entry.is_folder = self.stat(&below)?.is_some_and(|(_, is_folder)| is_folder);
        }
        entries.sort();
        entries.dedup_by(|a, b| a.name == b.name);
        Ok(entries)
    }

    /// The last error of the file system, if it is more than "there is no such file".
    pub(super) fn open_error(&self, collected: Option<String>, errno: c_int) -> Option<String> {
        // SAFETY: cpl_vsi_error.h: the number and text of this thread's last VSI error.
        let (number, message) =
            unsafe { (ffi::VSIGetLastErrorNo(), ffi::text(ffi::VSIGetLastErrorMsg()).unwrap_or_default()) };
        let text = match (collected, message.is_empty()) {
            (Some(collected), _) => collected,
            (None, false) => message,
            (None, true) => String::new(),
        };
        let missing = match number {
            AWS_BUCKET_NOT_FOUND | AWS_OBJECT_NOT_FOUND => true,
            _ if self.root.reach == Reach::Near => {
                text.is_empty()
                    && !matches!(errno, libc::EACCES | libc::EPERM | libc::EMFILE | libc::ENFILE | libc::EIO)
                    || matches!(errno, libc::ENOENT | libc::ENOTDIR | libc::ENAMETOOLONG)
            }
            _ => text.is_empty() || text.contains("404") || text.contains("<Code>NoSuchKey</Code>"),
        };
        let describe = || match text.is_empty() {
            true => std::io::Error::from_raw_os_error(errno).to_string(),
            false => text.clone(),
        };
        (!missing).then(describe)
    }
}

/// `VSI_STAT_EXISTS_FLAG | VSI_STAT_NATURE_FLAG | VSI_STAT_SIZE_FLAG` of `cpl_vsi.h`.
const STAT_ALL: c_int = 7;
/// `VSIE_AWSBucketNotFound`, `VSIE_AWSObjectNotFound` of `cpl_vsi_error.h`.
const AWS_BUCKET_NOT_FOUND: c_int = 7;
const AWS_OBJECT_NOT_FOUND: c_int = 8;

fn reach(path: &str) -> Reach {
    const FAR: [&str; 10] = [
        "/vsicurl",
        "/vsis3",
        "/vsigs",
        "/vsiaz",
        "/vsiadls",
        "/vsioss",
        "/vsiswift",
        "/vsiwebhdfs",
        "/vsihdfs",
        "/vsistdin",
    ];
    if path.starts_with("/vsicurl/") || path.starts_with("/vsicurl?") {
        Reach::Http
    } else if FAR.iter().any(|prefix| path.contains(prefix)) {
        Reach::Far
    } else {
        Reach::Near
    }
}
