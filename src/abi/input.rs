//! What C++ gives, as Rust has it.

use std::ffi::{CStr, c_char};
use std::slice;

use super::bindings::{DggsPairs, DggsStrings, DggsWindow};
use crate::cube::Window;
use crate::error::{Error, Result};
use crate::store::NumericType;

/// A string.
///
/// # Safety
/// *Strings*: `text` is NULL or a C string that lives through the call.
pub(super) unsafe fn text<'a>(text: *const c_char, what: &str) -> Result<&'a str> {
    if text.is_null() {
        return Err(Error::invalid(format!("{what} is NULL")));
    }
    // SAFETY: the caller's promise.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().map_err(|_| Error::invalid(format!("{what} is not UTF-8: {}", text.to_string_lossy())))
}

/// A list of key and value pairs.
///
/// # Safety
/// *Strings* and *Memory*: the list and its strings live through the call.
pub(super) unsafe fn pairs(pairs: &DggsPairs) -> Result<Vec<(String, String)>> {
    // SAFETY: the caller's promise.
    let items = unsafe { list(pairs.items, pairs.count, "a list of options") }?;
    let pair = |pair: &super::DggsPair| {
        // SAFETY: the caller's promise.
        unsafe {
            Ok((text(pair.key, "an option's name")?.to_owned(), text(pair.value, "an option's value")?.to_owned()))
        }
    };
    items.iter().map(pair).collect()
}

/// A list of strings.
///
/// # Safety
/// *Strings* and *Memory*: the list and its strings live through the call.
pub(super) unsafe fn strings(strings: &DggsStrings) -> Result<Vec<String>> {
    // SAFETY: the caller's promise.
    let items = unsafe { list(strings.items, strings.count, "a list of strings") }?;
    // SAFETY: the caller's promise.
    items.iter().map(|item| unsafe { text(*item, "a string of a list") }.map(str::to_owned)).collect()
}

/// A window on an array of `rank` dimensions.
///
/// # Safety
/// `DggsWindow`: `window` is NULL or a window, whose lists live through the call.
pub(super) unsafe fn window(window: *const DggsWindow, rank: usize) -> Result<Window> {
    // SAFETY: the caller's promise.
    let window = unsafe { window.as_ref() }.ok_or_else(|| Error::invalid("the window is NULL"))?;
    if window.dimension_count != rank {
        return Err(Error::invalid(format!("a window of {} axes on an array of {rank}", window.dimension_count)));
    }
    // SAFETY: the caller's promise.
    unsafe {
        Ok(Window {
            start: list(window.start, rank, "the window's start")?.to_vec(),
            count: list(window.count, rank, "the window's count")?.to_vec(),
            step: list(window.step, rank, "the window's step")?.to_vec(),
        })
    }
}

/// A type of numbers.
pub(super) fn numeric_type(number: u32) -> Result<NumericType> {
    (i32::try_from(number).ok().and_then(NumericType::from_gdal))
        .ok_or_else(|| Error::invalid(format!("GDAL's data type {number} is unknown to this driver")))
}

/// Number of elements of a window.
pub(super) fn element_count(window: &Window) -> Result<usize> {
    (window.count.iter().try_fold(1usize, |product, &count| product.checked_mul(count)))
        .ok_or_else(|| Error::invalid("the window has more elements than memory has addresses"))
}

/// A list of `count` items; it may be NULL when it is empty.
///
/// # Safety
/// *Memory*: the items live through the call and are not written meanwhile.
pub(super) unsafe fn list<'a, T>(items: *const T, count: usize, what: &str) -> Result<&'a [T]> {
    match (items.is_null(), count) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(Error::invalid(format!("{what} is NULL"))),
        // SAFETY: the caller's promise.
        (false, _) => Ok(unsafe { slice::from_raw_parts(items, count) }),
    }
}
