//! Slots of groups.

use std::ffi::c_char;
use std::ptr;
use std::sync::Arc;

use super::bindings::{DggsArray, DggsAttributes, DggsDimensions, DggsGroup, DggsGroupInfo, DggsStrings};
use super::handle::{self, ArrayBody, GroupBody};
use super::memory::Owned;
use super::{input, output};
use crate::cube;
use crate::error::Result;
use crate::store::Call;

/// # Safety
/// *Strings*: `name` is NULL or a C string.
pub(super) unsafe fn open_group(group: &GroupBody, call: &Arc<Call>, name: *const c_char) -> Result<*mut DggsGroup> {
    // SAFETY: the caller's promise.
    let name = unsafe { input::text(name, "the group's name") }?;
    let found = match name.strip_prefix('/') {
        Some("") => Some(group.root.reopened(call)?.unwrap_or_else(|| Arc::clone(&group.root))),
        Some(path) => cube::group_at(&group.root, call, path)?,
        None => group.group.open_group(call, name)?,
    };
    Ok(found.map_or(ptr::null_mut(), |found| handle::into_raw(GroupBody::new(found, Arc::clone(&group.root)))))
}

/// # Safety
/// *Strings*: `name` is NULL or a C string.
pub(super) unsafe fn open_array(group: &GroupBody, call: &Arc<Call>, name: *const c_char) -> Result<*mut DggsArray> {
    // SAFETY: the caller's promise.
    let name = unsafe { input::text(name, "the array's name") }?;
    let found = match name.strip_prefix('/') {
        Some(path) => cube::array_at(&group.root, call, path)?,
        None => group.group.open_array(call, name)?,
    };
    match found {
        Some(array) => Ok(handle::into_raw(ArrayBody::new(array)?)),
        None => Ok(ptr::null_mut()),
    }
}

pub(super) fn info(group: &GroupBody, _call: &Arc<Call>) -> Result<*const DggsGroupInfo> {
    Ok(group.info.as_ptr())
}

pub(super) fn group_names(group: &GroupBody, call: &Arc<Call>) -> Result<*mut DggsStrings> {
    Ok(Owned::into_raw(output::strings(group.group.group_names(call)?.iter().map(String::as_str))))
}

pub(super) fn array_names(group: &GroupBody, call: &Arc<Call>) -> Result<*mut DggsStrings> {
    Ok(Owned::into_raw(output::strings(group.group.array_names(call)?.iter().map(String::as_str))))
}

pub(super) fn dimensions(group: &GroupBody, call: &Arc<Call>) -> Result<*mut DggsDimensions> {
    Ok(Owned::into_raw(output::dimension_list(&group.group.dimensions(call)?)))
}

pub(super) fn attributes(group: &GroupBody, _call: &Arc<Call>) -> Result<*mut DggsAttributes> {
    Ok(Owned::into_raw(output::attribute_list(group.group.attributes())))
}
