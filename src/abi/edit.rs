//! Slots that create and change groups and arrays.

use std::ffi::{c_char, c_void};
use std::slice;
use std::sync::Arc;

use serde_json::Value;

use super::array::{check_size, read_window};
use super::bindings::{
    DggsArray, DggsAttribute, DggsCreateRequest, DggsDimension, DggsDimensions, DggsGroup, DggsNewArray, DggsPairs,
    DggsWindow,
};
use super::handle::{self, ArrayBody, GroupBody};
use super::memory::Owned;
use super::{group_handle, input, output};
use crate::cube::{self, CreateRequest, NewArray};
use crate::error::{Error, Result};
use crate::store::{Call, Input, NumericType};

/// # Safety
/// *Strings* and *Memory*: `request` is NULL or a request that lives through the call.
pub(super) unsafe fn create_root(call: &Arc<Call>, request: *const DggsCreateRequest) -> Result<*mut DggsGroup> {
    // SAFETY: the caller's promise.
    let request = unsafe {
        let request = request.as_ref().ok_or_else(|| Error::invalid("the request is NULL"))?;
        CreateRequest {
            name: input::text(request.name, "the name")?.to_owned(),
            options: input::pairs(&request.options)?,
        }
    };
    Ok(group_handle(cube::create(call, &request)?))
}

/// # Safety
/// *Strings* and *Memory*: `name` is NULL or a C string, `options` NULL or a list of options.
pub(super) unsafe fn create_group(
    group: &GroupBody,
    call: &Arc<Call>,
    name: *const c_char,
    options: *const DggsPairs,
) -> Result<*mut DggsGroup> {
    // SAFETY: the caller's promise.
    let (name, options) = unsafe { (input::text(name, "the group's name")?, input::optional_pairs(options)?) };
    let created = group.group.create_group(call, name, &options)?;
    Ok(handle::into_raw(GroupBody::new(created, Arc::clone(&group.root))))
}

/// # Safety
/// *Strings* and *Memory*: `dimension` is NULL or a dimension, `options` NULL or a list of options.
pub(super) unsafe fn create_dimension(
    group: &GroupBody,
    call: &Arc<Call>,
    dimension: *const DggsDimension,
    options: *const DggsPairs,
) -> Result<*mut DggsDimensions> {
    // SAFETY: the caller's promise.
    let (dimension, options) = unsafe {
        let dimension = dimension.as_ref().ok_or_else(|| Error::invalid("the dimension is NULL"))?;
        (input::dimension(dimension)?, input::optional_pairs(options)?)
    };
    let created = group.group.create_dimension(call, &dimension, &options)?;
    Ok(Owned::into_raw(output::dimension_list(&[created])))
}

/// # Safety
/// *Strings* and *Memory*: `array` is NULL or the description of an array.
pub(super) unsafe fn create_array(
    group: &GroupBody,
    call: &Arc<Call>,
    array: *const DggsNewArray,
) -> Result<*mut DggsArray> {
    // SAFETY: the caller's promise.
    let array = unsafe {
        let array = array.as_ref().ok_or_else(|| Error::invalid("the array is NULL"))?;
        let dimensions = input::list(array.dimensions.items, array.dimensions.count, "the list of dimensions")?;
        NewArray {
            name: input::text(array.name, "the array's name")?.to_owned(),
            dimensions: dimensions.iter().map(|dimension| input::dimension(dimension)).collect::<Result<_>>()?,
            data_type: input::data_type(&array.data_type)?,
            options: input::pairs(&array.options)?,
        }
    };
    Ok(handle::into_raw(ArrayBody::new(group.group.create_array(call, &array)?)?))
}

/// # Safety
/// *Strings* and *Memory*: `attribute` is NULL or an attribute.
pub(super) unsafe fn set_group_attribute(
    group: &GroupBody,
    call: &Arc<Call>,
    attribute: *const DggsAttribute,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let (name, value) = unsafe { read_attribute(attribute) }?;
    group.group.set_attribute(call, &name, Some(value))
}

/// # Safety
/// *Strings*: `name` is NULL or a C string.
pub(super) unsafe fn delete_group_attribute(group: &GroupBody, call: &Arc<Call>, name: *const c_char) -> Result<()> {
    // SAFETY: the caller's promise.
    group.group.set_attribute(call, unsafe { input::text(name, "the attribute's name") }?, None)
}

/// # Safety
/// *Strings*: `name` is NULL or a C string.
pub(super) unsafe fn delete_group(group: &GroupBody, call: &Arc<Call>, name: *const c_char) -> Result<()> {
    // SAFETY: the caller's promise.
    group.group.delete_group(call, unsafe { input::text(name, "the group's name") }?)
}

/// # Safety
/// *Strings*: `name` is NULL or a C string.
pub(super) unsafe fn delete_array(group: &GroupBody, call: &Arc<Call>, name: *const c_char) -> Result<()> {
    // SAFETY: the caller's promise.
    group.group.delete_array(call, unsafe { input::text(name, "the array's name") }?)
}

/// # Safety
/// *Strings*: `new_name` is NULL or a C string.
pub(super) unsafe fn rename_group(group: &GroupBody, call: &Arc<Call>, new_name: *const c_char) -> Result<()> {
    // SAFETY: the caller's promise.
    group.group.rename(call, unsafe { input::text(new_name, "the group's name") }?)
}

pub(super) fn flush(group: &GroupBody, call: &Arc<Call>, is_closing: bool) -> Result<()> {
    group.root.flush(call, is_closing)
}

/// # Safety
/// *Strings* and *Memory*: `attribute` is NULL or an attribute.
pub(super) unsafe fn set_array_attribute(
    array: &ArrayBody,
    call: &Arc<Call>,
    attribute: *const DggsAttribute,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let (name, value) = unsafe { read_attribute(attribute) }?;
    array.array.set_attribute(call, &name, Some(value))
}

/// # Safety
/// *Strings*: `name` is NULL or a C string.
pub(super) unsafe fn delete_array_attribute(array: &ArrayBody, call: &Arc<Call>, name: *const c_char) -> Result<()> {
    // SAFETY: the caller's promise.
    array.array.set_attribute(call, unsafe { input::text(name, "the attribute's name") }?, None)
}

/// # Safety
/// *Strings* and *Memory*: `attribute` is NULL or an attribute.
unsafe fn read_attribute(attribute: *const DggsAttribute) -> Result<(String, Value)> {
    // SAFETY: the caller's promise.
    unsafe { input::attribute(attribute.as_ref().ok_or_else(|| Error::invalid("the attribute is NULL"))?) }
}

/// # Safety
/// `array_write_numbers`: `window` is NULL or a window; `strides` has a stride for each of its axes; `buffer` is NULL or
/// the place of the first of the elements, all of which are initialised.
pub(super) unsafe fn write_numbers(
    array: &ArrayBody,
    call: &Arc<Call>,
    window: *const DggsWindow,
    numeric_type: u32,
    strides: *const isize,
    buffer: *const c_void,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let window = unsafe { read_window(array, window) }?;
    let numeric_type = (i32::try_from(numeric_type).ok().and_then(NumericType::from_gdal))
        .ok_or_else(|| Error::invalid(format!("GDAL's data type {numeric_type} is unknown to this driver")))?;
    if buffer.is_null() {
        return Err(Error::invalid("the buffer is NULL"));
    }
    // SAFETY: the caller's promise; `'_` ends with this call.
    let input = unsafe {
        let strides = input::list(strides, window.count.len(), "the list of strides")?;
        Input::new(buffer.cast(), numeric_type, &window.count, strides)?
    };
    array.array.write_numbers(call, &window, input)
}

/// # Safety
/// `array_write_texts`: `window` is NULL or a window; `texts` is NULL or has `text_count` pointers to strings or NULL.
pub(super) unsafe fn write_texts(
    array: &ArrayBody,
    call: &Arc<Call>,
    window: *const DggsWindow,
    text_count: usize,
    texts: *const *const c_char,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let (window, texts) =
        unsafe { (read_window(array, window)?, input::list(texts, text_count, "the buffer of texts")?) };
    check_size("texts", text_count, input::element_count(&window)?)?;
    let text = |text: &*const c_char| match text.is_null() {
        true => Ok(None),
        // SAFETY: the caller's promise.
        false => unsafe { input::text(*text, "a text") }.map(|text| Some(text.to_owned())),
    };
    let texts = texts.iter().map(text).collect::<Result<Vec<_>>>()?;
    array.array.write_texts(call, &window, &texts)
}

/// # Safety
/// `array_write_compounds`: `window` is NULL or a window; `bytes` is NULL or has `byte_count` bytes.
pub(super) unsafe fn write_compounds(
    array: &ArrayBody,
    call: &Arc<Call>,
    window: *const DggsWindow,
    byte_count: usize,
    bytes: *const c_void,
) -> Result<()> {
    // SAFETY: the caller's promise; the description belongs to the handle.
    let (window, size) = unsafe { (read_window(array, window)?, (*array.info.as_ptr()).data_type.size) };
    let expected = input::element_count(&window)?.checked_mul(size);
    check_size("bytes", byte_count, expected.ok_or_else(|| Error::invalid("the window is too large"))?)?;
    // SAFETY: the caller's promise.
    let bytes: &[u8] = unsafe { input::list(bytes.cast(), byte_count, "the buffer") }?;
    array.array.write_compounds(call, &window, bytes)
}

/// # Safety
/// `array_set_nodata`: `value` is NULL or has `byte_count` bytes.
pub(super) unsafe fn set_nodata(
    array: &ArrayBody,
    call: &Arc<Call>,
    byte_count: usize,
    value: *const c_void,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let value = (!value.is_null()).then(|| unsafe { slice::from_raw_parts(value.cast::<u8>(), byte_count) });
    array.array.set_nodata(call, value)
}

/// # Safety
/// *Strings*: `unit` is NULL or a C string.
pub(super) unsafe fn set_unit(array: &ArrayBody, call: &Arc<Call>, unit: *const c_char) -> Result<()> {
    // SAFETY: the caller's promise.
    array.array.set_unit(call, unsafe { input::text(unit, "the unit") }?)
}

/// # Safety
/// `array_set_scale`: `scale` is NULL or a number.
pub(super) unsafe fn set_scale(array: &ArrayBody, call: &Arc<Call>, scale: *const f64) -> Result<()> {
    // SAFETY: the caller's promise.
    array.array.set_scale(call, unsafe { scale.as_ref() }.copied())
}

/// # Safety
/// `array_set_offset`: `offset` is NULL or a number.
pub(super) unsafe fn set_offset(array: &ArrayBody, call: &Arc<Call>, offset: *const f64) -> Result<()> {
    // SAFETY: the caller's promise.
    array.array.set_offset(call, unsafe { offset.as_ref() }.copied())
}

/// # Safety
/// *Strings*: `definition` is NULL or a C string.
pub(super) unsafe fn set_crs(array: &ArrayBody, call: &Arc<Call>, definition: *const c_char) -> Result<()> {
    // SAFETY: the caller's promise.
    let definition = (!definition.is_null()).then(|| unsafe { input::text(definition, "the CRS") }).transpose()?;
    array.array.set_crs(call, definition)
}

/// # Safety
/// `array_resize`: `sizes` is NULL or has `size_count` sizes.
pub(super) unsafe fn resize(array: &ArrayBody, call: &Arc<Call>, size_count: usize, sizes: *const u64) -> Result<()> {
    // SAFETY: the caller's promise.
    array.array.resize(call, unsafe { input::list(sizes, size_count, "the list of sizes") }?)
}

/// # Safety
/// *Strings*: `new_name` is NULL or a C string.
pub(super) unsafe fn rename_array(array: &ArrayBody, call: &Arc<Call>, new_name: *const c_char) -> Result<()> {
    // SAFETY: the caller's promise.
    array.array.rename(call, unsafe { input::text(new_name, "the array's name") }?)
}
