//! A dataset of any GDAL driver as a source: its groups, arrays, dimensions and attributes, by GDAL's C API.
//!
//! GDAL allows one thread at a time in a dataset. Objects of one [`Dataset`] therefore share a lock, which every call
//! takes, so that they may be used from any thread; those of our own driver, which says so, are not locked.
//!
//! Attributes are JSON, as Zarr stores them: numbers, texts, lists, documents; numbers that JSON does not have are the
//! texts `NaN`, `Infinity`, `-Infinity`, as in Zarr V3.

#![expect(unsafe_code, reason = "calls GDAL's C functions")]

mod array;
mod attribute;
mod fingerprint;
mod group;
mod raster;
mod types;

use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gdal_sys::GDALDatasetH;

use super::call::{Call, Entered};
use super::ffi;
use crate::error::{Error, Result};
pub use array::{Array, Dimension};
pub use group::Group;
pub use raster::{Band, Centres, Locator, Raster, Window};

/// Flags of `gdal.h`.
const GDAL_OF_MULTIDIM_RASTER: u32 = 0x10;
const GDAL_OF_VERBOSE_ERROR: u32 = 0x40;

/// Our own driver, which any number of threads may read at once.
const OURS: &str = "DGGS";

/// A dataset of some driver.
pub struct Dataset {
    handle: GDALDatasetH,
    owned: bool,
    shared: Arc<Shared>,
}

// SAFETY: the handle is used under the lock that all objects of the dataset share, or by a driver that needs none; GDAL's
// datasets are not bound to the thread that made them.
unsafe impl Send for Dataset {}
// SAFETY: as above.
unsafe impl Sync for Dataset {}

/// What the objects of a dataset share.
struct Shared {
    /// `None` for a driver that any number of threads may use.
    lock: Option<Mutex<()>>,
    /// How messages name the dataset.
    name: String,
}

/// Leave to call GDAL: the caller's options are in place, errors are collected, and no other thread is in the dataset.
struct Access<'a> {
    entered: Entered,
    _lock: Option<MutexGuard<'a, ()>>,
}

impl Shared {
    fn enter(&self, call: &Arc<Call>) -> Access<'_> {
        let lock = self.lock.as_ref().map(|lock| lock.lock().unwrap_or_else(PoisonError::into_inner));
        Access { entered: call.enter(), _lock: lock }
    }

    /// For calls that only ask what is in memory.
    fn lock(&self) -> Option<MutexGuard<'_, ()>> {
        self.lock.as_ref().map(|lock| lock.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Access<'_> {
    /// What GDAL said, or `otherwise`.
    fn failure(&self, otherwise: impl FnOnce() -> String) -> Error {
        Error::io(self.entered.take_errors().unwrap_or_else(otherwise))
    }
}

impl Dataset {
    /// A dataset that somebody else closes.
    ///
    /// # Safety
    /// `handle` is a live `GDALDatasetH`, and stays so until this and all that was opened through it is dropped; nobody
    /// else uses it meanwhile.
    pub unsafe fn borrow(handle: *mut std::ffi::c_void) -> Self {
        Self::new(handle, false)
    }

    /// Opens the multidimensional view of `name`; `options` are open options of its driver.
    ///
    /// # Errors
    /// What GDAL says when it cannot be opened.
    pub fn open(call: &Arc<Call>, name: &str, options: &[(&str, &str)]) -> Result<Self> {
        let path = ffi::c_string(name)?;
        let options =
            options.iter().map(|(key, value)| ffi::c_string(&format!("{key}={value}"))).collect::<Result<_>>()?;
        let options = ffi::StringList::new(options);
        let entered = call.enter();
        let flags = GDAL_OF_MULTIDIM_RASTER | GDAL_OF_VERBOSE_ERROR;
        // SAFETY: gdal.h: GDALOpenEx reads the name and the lists, which may be NULL, and gives a dataset that we own.
        let handle = unsafe { gdal_sys::GDALOpenEx(path.as_ptr(), flags, ptr::null(), options.as_ptr(), ptr::null()) };
        if handle.is_null() {
            let said =
                entered.take_errors().unwrap_or_else(|| "GDAL cannot open it as a multidimensional dataset".into());
            return Err(Error::io(said).context(name));
        }
        drop(entered);
        Ok(Self::new(handle, true))
    }

    fn new(handle: GDALDatasetH, owned: bool) -> Self {
        // SAFETY: gdal.h: a live dataset; its description and its driver's short name are C strings, or NULL.
        let (name, driver) = unsafe {
            let driver = gdal_sys::GDALGetDatasetDriver(handle);
            let short = if driver.is_null() { None } else { ffi::text(gdal_sys::GDALGetDriverShortName(driver)) };
            (ffi::text(gdal_sys::GDALGetDescription(handle)).unwrap_or_default(), short)
        };
        let lock = (driver.as_deref() != Some(OURS)).then(Mutex::default);
        Self { handle, owned, shared: Arc::new(Shared { lock, name }) }
    }

    /// Its name, as it was opened.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// True when its driver is ours.
    pub fn is_ours(&self) -> bool {
        self.shared.lock.is_none()
    }

    /// The root group; `None` for a dataset without a multidimensional view.
    pub fn root(&self, call: &Arc<Call>) -> Option<Group> {
        let _access = self.shared.enter(call);
        // SAFETY: gdal.h: GDALDatasetGetRootGroup gives a group to be released, or NULL.
        let handle = unsafe { gdal_sys::GDALDatasetGetRootGroup(self.handle) };
        Group::new(handle, &self.shared)
    }
}

impl Drop for Dataset {
    fn drop(&mut self) {
        if self.owned {
            let _lock = self.shared.lock();
            // SAFETY: gdal.h: opened by us and closed once; groups and arrays keep what they need of it.
            unsafe { gdal_sys::GDALClose(self.handle) };
        }
    }
}
