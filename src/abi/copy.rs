//! Slots that copy, delete and rename whole stores, and add levels to them.

use std::ffi::{c_char, c_void};
use std::sync::Arc;

use super::bindings::{DggsCopyRequest, DggsOverviewRequest, DggsProgress};
use super::{input, open};
use crate::error::{Error, Result};
use crate::ops::{copy, files, overviews};
use crate::store::Call;
use crate::store::dataset::Dataset;

/// The caller's progress function; without one a job goes on.
///
/// # Safety
/// `DggsProgress`: it may be called with `data` in this thread during the call.
unsafe fn progress(function: DggsProgress, data: *mut c_void) -> impl FnMut(f64) -> bool {
    move |done| match function {
        // SAFETY: the caller's promise.
        Some(function) => unsafe { function(done, data) },
        None => true,
    }
}

/// # Safety
/// *Strings* and *Memory*: `request` is NULL or a request that lives through the call; its dataset is nobody else's meanwhile.
pub(super) unsafe fn create_copy(call: &Arc<Call>, request: *const DggsCopyRequest) -> Result<()> {
    // SAFETY: the caller's promise.
    unsafe {
        let request = request.as_ref().ok_or_else(|| Error::invalid("the request is NULL"))?;
        if request.source.is_null() {
            return Err(Error::invalid("the source is NULL"));
        }
        let source = Dataset::borrow(request.source);
        let (name, options) = (input::text(request.name, "the name")?, input::pairs(&request.options)?);
        let mut progress = progress(request.progress, request.progress_data);
        copy::create_copy(call, &source, name, &options, &mut progress).map_err(|error| error.context(name))
    }
}

/// # Safety
/// *Strings* and *Memory*: `request` is NULL or a request that lives through the call.
pub(super) unsafe fn build_overviews(call: &Arc<Call>, request: *const DggsOverviewRequest) -> Result<()> {
    // SAFETY: the caller's promise.
    unsafe {
        let request = request.as_ref().ok_or_else(|| Error::invalid("the request is NULL"))?;
        let what = open::request(&request.what)?;
        let method = input::text(request.method, "the resampling")?;
        let array = match request.array.is_null() {
            true => None,
            false => Some(input::text(request.array, "the array")?),
        };
        let factors = input::list(request.factors, request.factor_count, "the list of factors")?;
        let mut progress = progress(request.progress, request.progress_data);
        overviews::build(call, &what, array, method, factors, &mut progress)
    }
}

/// # Safety
/// *Strings*: `name` is NULL or a C string.
pub(super) unsafe fn delete_store(call: &Arc<Call>, name: *const c_char) -> Result<()> {
    // SAFETY: the caller's promise.
    files::delete(call, unsafe { input::text(name, "the name") }?)
}

/// # Safety
/// *Strings*: the names are NULL or C strings.
pub(super) unsafe fn rename_store(call: &Arc<Call>, old: *const c_char, new: *const c_char) -> Result<()> {
    // SAFETY: the caller's promise.
    let (old, new) = unsafe { (input::text(old, "the old name")?, input::text(new, "the new name")?) };
    files::rename(call, old, new)
}

/// # Safety
/// *Strings*: the names are NULL or C strings.
pub(super) unsafe fn copy_store(call: &Arc<Call>, old: *const c_char, new: *const c_char) -> Result<()> {
    // SAFETY: the caller's promise.
    let (old, new) = unsafe { (input::text(old, "the old name")?, input::text(new, "the new name")?) };
    files::copy(call, old, new, &mut |_| true)
}
