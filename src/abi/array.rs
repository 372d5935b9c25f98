//! Slots of arrays.

use std::ffi::{c_char, c_void};
use std::sync::Arc;
use std::{ptr, slice};

use super::bindings::{DggsArrayInfo, DggsAttributes, DggsPairs, DggsStrings, DggsWindow};
use super::handle::ArrayBody;
use super::memory::Owned;
use super::{input, output};
use crate::cube::Window;
use crate::error::{Error, Kind, Result};
use crate::store::{Call, Target};

pub(super) fn info(array: &ArrayBody, _call: &Arc<Call>) -> Result<*const DggsArrayInfo> {
    Ok(array.info.as_ptr())
}

pub(super) fn crs(array: &ArrayBody, _call: &Arc<Call>) -> Result<*mut DggsStrings> {
    Ok(Owned::into_raw(output::strings(array.array.crs_wkt())))
}

pub(super) fn attributes(array: &ArrayBody, _call: &Arc<Call>) -> Result<*mut DggsAttributes> {
    Ok(Owned::into_raw(output::attribute_list(array.array.attributes())))
}

/// # Safety
/// `array_read_numbers`: `window` is NULL or a window; `strides` has a stride for each of its axes; `buffer` is NULL or
/// the place of the first of the elements, all of which are the caller's.
pub(super) unsafe fn read_numbers(
    array: &ArrayBody,
    call: &Arc<Call>,
    window: *const DggsWindow,
    numeric_type: u32,
    strides: *const isize,
    buffer: *mut c_void,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let window = unsafe { read_window(array, window) }?;
    let numeric_type = input::numeric_type(numeric_type)?;
    if buffer.is_null() {
        return Err(Error::invalid("the buffer is NULL"));
    }
    // SAFETY: the caller's promise; `'_` ends with this call.
    let target = unsafe {
        let strides = input::list(strides, window.count.len(), "the list of strides")?;
        Target::new(buffer.cast(), numeric_type, &window.count, strides)?
    };
    array.array.read_numbers(call, &window, target)
}

/// # Safety
/// `array_read_texts`: `window` is NULL or a window; `texts` is NULL or has room for `text_count` pointers.
pub(super) unsafe fn read_texts(
    array: &ArrayBody,
    call: &Arc<Call>,
    window: *const DggsWindow,
    text_count: usize,
    texts: *mut *mut c_char,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let window = unsafe { read_window(array, window) }?;
    check_size("texts", text_count, input::element_count(&window)?)?;
    if texts.is_null() {
        return Err(Error::invalid("the buffer is NULL"));
    }
    let found = array.array.read_texts(call, &window)?;
    check_read_size(array, found.len(), text_count)?;
    let strings = found.iter().map(Option::as_deref).map(HostString::new).collect::<Result<Vec<_>>>()?;
    for (index, string) in strings.into_iter().enumerate() {
        // SAFETY: the caller's promise: `index` is below `text_count`.
        unsafe { texts.add(index).write(string.into_raw()) };
    }
    Ok(())
}

/// # Safety
/// `array_read_compounds`: `window` is NULL or a window; `bytes` is NULL or has room for `byte_count` bytes.
pub(super) unsafe fn read_compounds(
    array: &ArrayBody,
    call: &Arc<Call>,
    window: *const DggsWindow,
    byte_count: usize,
    bytes: *mut c_void,
) -> Result<()> {
    // SAFETY: the caller's promise; the description belongs to the handle.
    let (window, size) = unsafe { (read_window(array, window)?, (*array.info.as_ptr()).data_type.size) };
    let expected = input::element_count(&window)?.checked_mul(size);
    check_size("bytes", byte_count, expected.ok_or_else(|| Error::invalid("the window is too large"))?)?;
    if bytes.is_null() {
        return Err(Error::invalid("the buffer is NULL"));
    }
    let found = array.array.read_compounds(call, &window)?;
    check_read_size(array, found.len(), byte_count)?;
    // SAFETY: the caller's promise.
    unsafe { ptr::copy_nonoverlapping(found.as_ptr(), bytes.cast(), byte_count) };
    Ok(())
}

/// # Safety
/// `array_advise_read`: `window` is NULL or a window; *Strings* and *Memory*: `options` is NULL or a list of options.
pub(super) unsafe fn advise_read(
    array: &ArrayBody,
    call: &Arc<Call>,
    window: *const DggsWindow,
    options: *const DggsPairs,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let (window, options) = unsafe {
        let options = options.as_ref().map_or(Ok(Vec::new()), |options| input::pairs(options))?;
        (read_window(array, window)?, options)
    };
    array.array.advise_read(call, &window, &options)
}

/// # Safety
/// `DggsWindow`: `window` is NULL or a window.
pub(super) unsafe fn read_window(array: &ArrayBody, window: *const DggsWindow) -> Result<Window> {
    // SAFETY: the caller's promise.
    unsafe { input::window(window, array.array.dimensions().len()) }
}

pub(super) fn check_size(what: &str, given: usize, expected: usize) -> Result<()> {
    match given == expected {
        true => Ok(()),
        false => Err(Error::invalid(format!("a buffer of {given} {what} for a window of {expected}"))),
    }
}

fn check_read_size(array: &ArrayBody, found: usize, expected: usize) -> Result<()> {
    match found == expected {
        true => Ok(()),
        false => Err(Error::corrupt(format!("read {found} instead of {expected}")).context(array.array.full_name())),
    }
}

/// A string in memory of GDAL's allocator, or NULL.
struct HostString(*mut c_char);

impl HostString {
    /// A copy of `text`, which ends at its first NUL.
    fn new(text: Option<&str>) -> Result<Self> {
        let Some(text) = text else { return Ok(Self(ptr::null_mut())) };
        let text = text.split('\0').next().unwrap_or_default();
        // SAFETY: VSIMalloc() gives NULL or so many bytes, which are then initialised, the last one as NUL.
        unsafe {
            let start = gdal_sys::VSIMalloc(text.len() + 1).cast::<u8>();
            if start.is_null() {
                return Err(Error::new(Kind::OutOfMemory, format!("no memory for a string of {} bytes", text.len())));
            }
            let bytes = slice::from_raw_parts_mut(start.cast::<std::mem::MaybeUninit<u8>>(), text.len() + 1);
            for (byte, value) in bytes.iter_mut().zip(text.bytes().chain([0])) {
                byte.write(value);
            }
            Ok(Self(start.cast()))
        }
    }

    /// The string, owned by the caller.
    fn into_raw(self) -> *mut c_char {
        std::mem::ManuallyDrop::new(self).0
    }
}

impl Drop for HostString {
    fn drop(&mut self) {
        // SAFETY: the string comes from VSIMalloc(), and VSIFree() accepts NULL.
        unsafe { gdal_sys::VSIFree(self.0.cast()) }
    }
}
