//! Slots that open a store.

use std::ffi::c_char;
use std::ptr;
use std::sync::Arc;

use super::bindings::{DggsGroup, DggsIdentified, DggsOpenRequest, DggsStrings};
use super::memory::Owned;
use super::{group_handle, input, output};
use crate::cube::{self, Identified, OpenRequest};
use crate::error::{Error, Result};
use crate::store::Call;

/// # Safety
/// *Strings*: `name` is NULL or a C string.
pub(super) unsafe fn identify(
    call: &Arc<Call>,
    name: *const c_char,
    is_directory: bool,
    for_sure: bool,
) -> Result<DggsIdentified> {
    // SAFETY: the caller's promise.
    let name = unsafe { input::text(name, "the name") }?;
    Ok(match cube::identify(call, name, is_directory, for_sure) {
        Identified::No => DggsIdentified::DGGS_IDENTIFIED_NO,
        Identified::Maybe => DggsIdentified::DGGS_IDENTIFIED_MAYBE,
        Identified::Yes => DggsIdentified::DGGS_IDENTIFIED_YES,
    })
}

/// # Safety
/// *Strings* and *Memory*: `request` is NULL or a request that lives through the call.
pub(super) unsafe fn open_root(call: &Arc<Call>, request: *const DggsOpenRequest) -> Result<*mut DggsGroup> {
    // SAFETY: the caller's promise.
    let request = unsafe { self::request(request) }?;
    match cube::open(call, &request)? {
        Some(root) => Ok(group_handle(root)),
        None if request.forced => Err(Error::not_found("no store with a grid").context(request.name)),
        None => Ok(ptr::null_mut()),
    }
}

/// # Safety
/// *Strings*: `name` is NULL or a C string.
pub(super) unsafe fn split_name(_call: &Arc<Call>, name: *const c_char) -> Result<*mut DggsStrings> {
    // SAFETY: the caller's promise.
    let name = unsafe { input::text(name, "the name") }?;
    let parts = cube::split_name(name).map_or(Vec::new(), |(path, node)| vec![path, node]);
    Ok(Owned::into_raw(output::strings(parts.iter().map(String::as_str))))
}

/// # Safety
/// *Strings* and *Memory*: `request` is NULL or a request that lives through the call.
pub(super) unsafe fn request(request: *const DggsOpenRequest) -> Result<OpenRequest> {
    // SAFETY: the caller's promise.
    unsafe {
        let request = request.as_ref().ok_or_else(|| Error::invalid("the request is NULL"))?;
        Ok(OpenRequest {
            name: input::text(request.name, "the name")?.to_owned(),
            options: input::pairs(&request.options)?,
            is_directory: request.is_directory,
            forced: request.forced,
            update: request.update,
        })
    }
}
