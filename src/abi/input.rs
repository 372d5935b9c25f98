//! What C++ gives, as Rust has it.

use std::ffi::{CStr, c_char};
use std::slice;

use serde_json::Value;

use super::bindings::{
    DggsAttribute, DggsAttributeKind, DggsDataType, DggsDimension, DggsPairs, DggsStrings, DggsTypeClass, DggsWindow,
};
use crate::cube::{DataType, Dimension, Window};
use crate::error::{Error, Result};
use crate::hierarchy::Field;
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

/// A list of key and value pairs, empty for NULL.
///
/// # Safety
/// *Strings* and *Memory*: `list` is NULL or a list that lives through the call, with its strings.
pub(super) unsafe fn optional_pairs(list: *const DggsPairs) -> Result<Vec<(String, String)>> {
    // SAFETY: the caller's promise.
    unsafe { list.as_ref().map_or(Ok(Vec::new()), |list| pairs(list)) }
}

/// An axis.
///
/// # Safety
/// *Strings*: its strings live through the call.
pub(super) unsafe fn dimension(dimension: &DggsDimension) -> Result<Dimension> {
    // SAFETY: the caller's promise.
    unsafe {
        Ok(Dimension {
            name: text(dimension.name, "a dimension's name")?.to_owned(),
            group: text(dimension.group, "a dimension's group")?.to_owned(),
            kind: text(dimension.kind, "a dimension's type")?.to_owned(),
            direction: text(dimension.direction, "a dimension's direction")?.to_owned(),
            size: dimension.size,
            indexing_variable: None,
        })
    }
}

/// A type of elements.
///
/// # Safety
/// *Strings* and *Memory*: its fields and strings live through the call.
pub(super) unsafe fn data_type(given: &DggsDataType) -> Result<DataType> {
    match given.type_class {
        DggsTypeClass::DGGS_TYPE_NUMERIC => (i32::try_from(given.numeric_type).ok())
            .and_then(NumericType::from_gdal)
            .map(DataType::Numeric)
            .ok_or_else(|| Error::invalid(format!("GDAL's data type {} is unknown here", given.numeric_type))),
        DggsTypeClass::DGGS_TYPE_TEXT => Ok(DataType::Text { max_length: given.max_length }),
        DggsTypeClass::DGGS_TYPE_COMPOUND => {
            // SAFETY: the caller's promise.
            let (name, items) = unsafe {
                (text(given.name, "a type's name")?, list(given.fields, given.field_count, "the list of fields")?)
            };
            let field = |field: &super::bindings::DggsField| {
                // SAFETY: the caller's promise.
                let (name, data_type) = unsafe { (text(field.name, "a field's name")?, data_type(&field.data_type)?) };
                Ok(Field { name: name.to_owned(), offset: field.offset, data_type })
            };
            let fields = items.iter().map(field).collect::<Result<_>>()?;
            Ok(DataType::Compound { name: name.to_owned(), size: given.size, fields })
        }
        other => Err(Error::invalid(format!("class {} of types is unknown", other.0))),
    }
}

/// An attribute's name and value.
///
/// # Safety
/// *Strings* and *Memory*: its values live through the call.
pub(super) unsafe fn attribute(given: &DggsAttribute) -> Result<(String, Value)> {
    use DggsAttributeKind as Kind;
    // SAFETY: the caller's promise.
    let name = unsafe { text(given.name, "an attribute's name") }?.to_owned();
    // SAFETY: the caller's promise: the kind says of which type the values are.
    let mut values: Vec<Value> = unsafe {
        match given.kind {
            Kind::DGGS_ATTRIBUTE_TEXT | Kind::DGGS_ATTRIBUTE_JSON => {
                let is_json = given.kind == Kind::DGGS_ATTRIBUTE_JSON;
                let texts = list(given.texts, given.count, "the list of texts")?;
                let value = |item: &*const c_char| text(*item, "a text").map(|text| text_value(text, is_json));
                texts.iter().map(value).collect::<Result<_>>()?
            }
            Kind::DGGS_ATTRIBUTE_INT32 => numbers::<i32>(given, |number| number.into())?,
            Kind::DGGS_ATTRIBUTE_INT64 => numbers::<i64>(given, |number| number.into())?,
            Kind::DGGS_ATTRIBUTE_UINT64 => numbers::<u64>(given, |number| number.into())?,
            Kind::DGGS_ATTRIBUTE_FLOAT64 => numbers::<f64>(given, float_value)?,
            other => return Err(Error::invalid(format!("kind {} of attributes is unknown", other.0))),
        }
    };
    match (given.is_list, values.len()) {
        (true, _) => Ok((name, Value::Array(values))),
        (false, 1) => Ok((name, values.remove(0))),
        (false, count) => Err(Error::invalid(format!("attribute {name}: {count} values for one"))),
    }
}

/// A text, or what it says where it is a JSON document; one that is not JSON stays a text, as in GDAL's Zarr driver.
fn text_value(text: &str, is_json: bool) -> Value {
    let parsed = if is_json { serde_json::from_str(text).ok() } else { None };
    parsed.unwrap_or_else(|| text.into())
}

/// A number; those that JSON has not are spelled as Zarr spells fill values.
fn float_value(number: f64) -> Value {
    match number {
        _ if number.is_nan() => "NaN".into(),
        _ if number.is_infinite() => if number > 0.0 { "Infinity" } else { "-Infinity" }.into(),
        _ => number.into(),
    }
}

/// # Safety
/// *Memory*: the attribute's numbers are of type `T` and live through the call.
unsafe fn numbers<T: Copy>(given: &DggsAttribute, value: impl Fn(T) -> Value) -> Result<Vec<Value>> {
    // SAFETY: the caller's promise.
    let numbers = unsafe { list(given.numbers.cast::<T>(), given.count, "the list of numbers") }?;
    Ok(numbers.iter().map(|number| value(*number)).collect())
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
