//! Attributes of a dataset's nodes as JSON.

use gdal_sys::GDALAttributeH;
use serde_json::{Map, Number, Value};

use super::types::Type;
use super::{Access, ffi};
use crate::store::{DataType, NumericType};

/// The attributes in a list that GDAL gave, which is released.
///
/// # Safety
/// `list` is NULL or holds `count` live attributes, and is ours to release.
pub(super) unsafe fn all(access: &Access<'_>, list: *mut GDALAttributeH, count: usize) -> Map<String, Value> {
    let mut found = Map::new();
    if list.is_null() {
        return found;
    }
    // SAFETY: the caller's promise; gdal.h: the list is released with its length, once.
    unsafe {
        for at in 0..count {
            let attribute = *list.add(at);
            let name = ffi::text(gdal_sys::GDALAttributeGetName(attribute)).unwrap_or_default();
            found.insert(name, value(attribute));
        }
        gdal_sys::GDALReleaseAttributes(list, count);
    }
    // An attribute that cannot be read is null; what GDAL said of it is not the copy's failure.
    let _ = access.entered.take_errors();
    found
}

/// The value of one attribute: alone for a scalar, else a list, flat whatever its dimensions.
///
/// # Safety
/// `attribute` is live.
unsafe fn value(attribute: GDALAttributeH) -> Value {
    // SAFETY: gdal.h: each list and text is released as its function says; raw values are read within the given size.
    unsafe {
        let data_type = Type(gdal_sys::GDALAttributeGetDataType(attribute));
        let is_scalar = gdal_sys::GDALAttributeGetDimensionCount(attribute) == 0;
        let items: Vec<Value> = match data_type.data_type() {
            Ok(DataType::Text { .. }) => {
                let list = gdal_sys::GDALAttributeReadAsStringArray(attribute);
                let texts = ffi::take_list(list);
                let item = |text: String| match data_type.is_json().then(|| serde_json::from_str(&text).ok()).flatten()
                {
                    Some(document) => document,
                    None => Value::String(text),
                };
                texts.into_iter().map(item).collect()
            }
            Ok(DataType::Numeric(number)) => {
                let mut size = 0;
                let raw = gdal_sys::GDALAttributeReadAsRaw(attribute, &mut size);
                if raw.is_null() {
                    return Value::Null;
                }
                let bytes = std::slice::from_raw_parts(raw, size);
                let items = bytes.chunks_exact(number.size()).map(|bytes| number_value(number, bytes)).collect();
                gdal_sys::GDALAttributeFreeRawResult(attribute, raw, size);
                items
            }
            // GDAL writes structures as text.
            _ => return ffi::text(gdal_sys::GDALAttributeReadAsString(attribute)).map_or(Value::Null, Value::String),
        };
        match (is_scalar, items.len()) {
            (true, 0) => Value::Null,
            (true, _) => items.into_iter().next().unwrap_or_default(),
            (false, _) => Value::Array(items),
        }
    }
}

/// One number in native byte order, complex ones as a list of two.
fn number_value(number: NumericType, bytes: &[u8]) -> Value {
    let pair = |part: NumericType| {
        let (re, im) = bytes.split_at(part.size());
        Value::Array(vec![number_value(part, re), number_value(part, im)])
    };
    match number {
        NumericType::Float16 => float(half::f16::from_ne_bytes([bytes[0], bytes[1]]).to_f64()),
        // The shortest decimal that is this number as Float32, so that 0.1 stays 0.1.
        NumericType::Float32 => {
            let value = bytemuck::pod_read_unaligned::<f32>(bytes);
            float(if value.is_finite() { value.to_string().parse().unwrap_or(f64::from(value)) } else { value.into() })
        }
        NumericType::Float64 => float(bytemuck::pod_read_unaligned(bytes)),
        NumericType::CInt16 => pair(NumericType::Int16),
        NumericType::CInt32 => pair(NumericType::Int32),
        NumericType::CFloat16 => pair(NumericType::Float16),
        NumericType::CFloat32 => pair(NumericType::Float32),
        NumericType::CFloat64 => pair(NumericType::Float64),
        _ => number.integer(bytes).map_or(Value::Null, Value::Number),
    }
}

fn float(value: f64) -> Value {
    match Number::from_f64(value) {
        Some(number) => number.into(),
        None if value.is_nan() => "NaN".into(),
        None if value > 0.0 => "Infinity".into(),
        None => "-Infinity".into(),
    }
}
