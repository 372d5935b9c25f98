//! Groups of a dataset.

use std::ptr;
use std::sync::Arc;

use gdal_sys::GDALGroupH;
use serde_json::{Map, Value};

use super::array::{self, Array, Dimension};
use super::{Shared, attribute, ffi};
use crate::error::Result;
use crate::store::Call;

/// A group; it may outlive its dataset object.
pub struct Group {
    handle: GDALGroupH,
    shared: Arc<Shared>,
    full_name: String,
}

// SAFETY: as for `Dataset`.
unsafe impl Send for Group {}
// SAFETY: as for `Dataset`.
unsafe impl Sync for Group {}

impl Group {
    /// `None` for NULL. The lock is held, or nobody else knows the handle yet.
    pub(super) fn new(handle: GDALGroupH, shared: &Arc<Shared>) -> Option<Self> {
        if handle.is_null() {
            return None;
        }
        // SAFETY: gdal.h: a live group; the text is copied at once.
        let full_name = unsafe { ffi::text(gdal_sys::GDALGroupGetFullName(handle)) }.unwrap_or_default();
        Some(Self { handle, shared: shared.clone(), full_name })
    }

    /// Path from the root: `/`, `/a/b`.
    pub fn full_name(&self) -> &str {
        &self.full_name
    }

    /// Names of the groups in it.
    pub fn group_names(&self, call: &Arc<Call>) -> Vec<String> {
        let _access = self.shared.enter(call);
        // SAFETY: gdal.h: the list is ours to destroy.
        unsafe { ffi::take_list(gdal_sys::GDALGroupGetGroupNames(self.handle, ptr::null_mut())) }
    }

    /// Names of the arrays in it.
    pub fn array_names(&self, call: &Arc<Call>) -> Vec<String> {
        let _access = self.shared.enter(call);
        // SAFETY: gdal.h: the list is ours to destroy.
        unsafe { ffi::take_list(gdal_sys::GDALGroupGetMDArrayNames(self.handle, ptr::null_mut())) }
    }

    /// The same, with arrays without dimensions that some of GDAL's drivers (netCDF) do not list otherwise.
    pub fn all_array_names(&self, call: &Arc<Call>) -> Vec<String> {
        let _access = self.shared.enter(call);
        let options = [c"SHOW_ZERO_DIM=YES".as_ptr(), ptr::null()];
        // SAFETY: gdal.h: the options are read; the list is ours to destroy.
        unsafe { ffi::take_list(gdal_sys::GDALGroupGetMDArrayNames(self.handle, options.as_ptr().cast_mut().cast())) }
    }

    /// A group in it.
    ///
    /// # Errors
    /// What GDAL says when there is none, or it cannot be opened.
    pub fn open_group(&self, call: &Arc<Call>, name: &str) -> Result<Self> {
        let text = ffi::c_string(name)?;
        let access = self.shared.enter(call);
        // SAFETY: gdal.h: gives a group to be released, or NULL.
        let handle = unsafe { gdal_sys::GDALGroupOpenGroup(self.handle, text.as_ptr(), ptr::null_mut()) };
        let place = || format!("there is no group {name} in {} of {}", self.full_name, self.shared.name);
        Self::new(handle, &self.shared).ok_or_else(|| access.failure(place))
    }

    /// An array in it.
    ///
    /// # Errors
    /// What GDAL says when there is none, or it cannot be opened; a type that this build does not know.
    pub fn open_array(&self, call: &Arc<Call>, name: &str) -> Result<Array> {
        let text = ffi::c_string(name)?;
        let access = self.shared.enter(call);
        // SAFETY: gdal.h: gives an array to be released, or NULL.
        let handle = unsafe { gdal_sys::GDALGroupOpenMDArray(self.handle, text.as_ptr(), ptr::null_mut()) };
        if handle.is_null() {
            let place = || format!("there is no array {name} in {} of {}", self.full_name, self.shared.name);
            return Err(access.failure(place));
        }
        Array::new(handle, &self.shared)
    }

    /// The dimensions that it defines.
    pub fn dimensions(&self, call: &Arc<Call>) -> Vec<Dimension> {
        let _access = self.shared.enter(call);
        let mut count = 0;
        // SAFETY: gdal.h: the list is ours to release, with its length.
        unsafe {
            let list = gdal_sys::GDALGroupGetDimensions(self.handle, &mut count, ptr::null_mut());
            array::take_dimensions(list, count)
        }
    }

    /// Its attributes.
    pub fn attributes(&self, call: &Arc<Call>) -> Map<String, Value> {
        let access = self.shared.enter(call);
        let mut count = 0;
        // SAFETY: gdal.h: the list is ours to release, with its length.
        unsafe {
            let list = gdal_sys::GDALGroupGetAttributes(self.handle, &mut count, ptr::null_mut());
            attribute::all(&access, list, count)
        }
    }

    /// What its driver says of how it is stored.
    pub fn structural_info(&self, call: &Arc<Call>) -> Vec<(String, String)> {
        let _access = self.shared.enter(call);
        // SAFETY: gdal.h: the list belongs to the group and is copied at once.
        unsafe { ffi::pairs(gdal_sys::GDALGroupGetStructuralInfo(self.handle).cast()) }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _lock = self.shared.lock();
        // SAFETY: gdal.h: ours, released once.
        unsafe { gdal_sys::GDALGroupRelease(self.handle) };
    }
}
