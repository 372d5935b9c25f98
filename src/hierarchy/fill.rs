//! Fill values: from JSON to one stored element in native byte order, and back.

use half::f16;
use serde_json::Value;

use super::new_array::Format;
use super::tiles;
use super::types::Stored;
use crate::error::{Error, Result};
use crate::store::NumericType;

/// The element that `json` spells, `None` for null.
///
/// V2: <https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html#fill-value-encoding>,
/// V3: <https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html#fill-value>
pub(super) fn element(stored: &Stored, json: &Value) -> Result<Option<Vec<u8>>> {
    let bad = || Error::corrupt(format!("fill value {json} does not fit the type"));
    match (stored, json) {
        (_, Value::Null) => Ok(None),
        (Stored::Number(number), _) => numeric(*number, json).map(Some).ok_or_else(bad),
        (Stored::Text, Value::String(text)) => Ok(Some(text.clone().into_bytes())),
        // numcodecs writes 0 for objects
        (Stored::Text | Stored::Utf32 { .. } | Stored::Bytes(_) | Stored::Record { .. }, Value::Number(number))
            if number.as_f64() == Some(0.0) =>
        {
            Ok(Some(vec![0; stored.size().unwrap_or(0)]))
        }
        (Stored::Utf32 { characters, swapped }, Value::String(text)) => {
            let mut bytes = Vec::new();
            for character in text.chars().take(*characters) {
                let code = u32::from(character);
                bytes.extend_from_slice(&(if *swapped { code.swap_bytes() } else { code }).to_ne_bytes());
            }
            bytes.resize(characters.checked_mul(4).ok_or_else(bad)?, 0);
            Ok(Some(bytes))
        }
        (Stored::Bytes(size) | Stored::Record { size, .. }, Value::String(text)) => {
            let mut bytes = match base64(text) {
                Some(bytes) if bytes.len() <= *size => bytes,
                // V2 stores written by hand have the text itself
                _ if matches!(stored, Stored::Bytes(_)) => text.clone().into_bytes(),
                _ => return Err(bad()),
            };
            if bytes.len() > *size {
                return Err(bad());
            }
            bytes.resize(*size, 0);
            Ok(Some(bytes))
        }
        (Stored::Bytes(size) | Stored::Record { size, .. }, Value::Array(items)) if items.len() == *size => {
            let bytes = items.iter().map(|item| item.as_u64().and_then(|byte| u8::try_from(byte).ok())).collect();
            Ok(Some(Option::<Vec<u8>>::ok_or_else(bytes, bad)?))
        }
        // a structured fill value given field by field
        (Stored::Record { size, .. }, Value::Object(_) | Value::Array(_)) => Ok(Some(vec![0; *size])),
        _ => Err(bad()),
    }
}

/// One number in native byte order.
pub(super) fn numeric(number: NumericType, json: &Value) -> Option<Vec<u8>> {
    if number.is_integer() {
        return match json {
            Value::String(text) if text == "NaT" && number == NumericType::Int64 => {
                number.integer_bytes(i64::MIN.into())
            }
            _ => number.integer_bytes(integer(json)?),
        };
    }
    match number {
        NumericType::Float16 => match hexadecimal(json) {
            Some(bits) => Some(u16::try_from(bits).ok()?.to_ne_bytes().to_vec()),
            None => Some(f16::from_f64(float(json)?).to_ne_bytes().to_vec()),
        },
        NumericType::Float32 => match hexadecimal(json) {
            Some(bits) => Some(u32::try_from(bits).ok()?.to_ne_bytes().to_vec()),
            None => Some((float(json)? as f32).to_ne_bytes().to_vec()),
        },
        NumericType::Float64 => match hexadecimal(json) {
            Some(bits) => Some(bits.to_ne_bytes().to_vec()),
            None => Some(float(json)?.to_ne_bytes().to_vec()),
        },
        NumericType::CFloat32 => complex(NumericType::Float32, json),
        NumericType::CFloat64 => complex(NumericType::Float64, json),
        _ => None,
    }
}

fn complex(half: NumericType, json: &Value) -> Option<Vec<u8>> {
    let zero = Value::from(0.0);
    let (real, imaginary) = match json.as_array().map(Vec::as_slice) {
        Some([real, imaginary]) => (real, imaginary),
        Some(_) => return None,
        None => match json {
            // V2: base64 of the element
            Value::String(text) if base64(text).is_some_and(|bytes| bytes.len() == 2 * half.size()) => {
                return base64(text);
            }
            _ => (json, &zero),
        },
    };
    Some([numeric(half, real)?, numeric(half, imaginary)?].concat())
}

/// An integer, also one written as a float, or as text: GDAL's Zarr driver does so beyond 53 bits.
fn integer(json: &Value) -> Option<i128> {
    match json {
        Value::Number(number) => {
            number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from)).or_else(|| {
                number.as_f64().filter(|value| value.fract() == 0.0 && value.abs() < 1e19).map(|value| value as i128)
            })
        }
        Value::Bool(flag) => Some(i128::from(*flag)),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn float(json: &Value) -> Option<f64> {
    match json {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            _ => text.parse().ok(),
        },
        _ => None,
    }
}

/// `"0x7fc00000"`: the bits of a float.
fn hexadecimal(json: &Value) -> Option<u64> {
    u64::from_str_radix(json.as_str()?.strip_prefix("0x")?, 16).ok()
}

/// The `_FillValue` attribute: a number, or base64 of a little-endian element as xarray writes it for V3.
pub(super) fn attribute(number: NumericType, json: &Value) -> Option<Vec<u8>> {
    let json = match json {
        Value::Array(items) if items.len() == 1 => &items[0],
        other => other,
    };
    if let Some(element) = numeric(number, json) {
        return Some(element);
    }
    let bytes = base64(json.as_str()?)?;
    // xarray packs a float64 whatever the type of the array
    match (bytes.len(), number) {
        (8, NumericType::Float16 | NumericType::Float32) => {
            numeric_from_f64(number, f64::from_le_bytes(bytes.try_into().ok()?))
        }
        (length, _) if length == number.size() => {
            let mut bytes = bytes;
            if cfg!(target_endian = "big") {
                bytes.chunks_exact_mut(number.alignment()).for_each(<[u8]>::reverse);
            }
            Some(bytes)
        }
        _ => None,
    }
}

/// The `_FillValue` attribute for one element of the type that the host shows: a number, or base64 where JSON has none, as
/// xarray writes it for V3.
pub(super) fn to_attribute(number: NumericType, shown: &[u8]) -> Result<Value> {
    if number.is_integer() {
        return to_json(number, shown, Format::V3);
    }
    let stored = tiles::narrow(number, shown);
    let wide = |bytes: &[u8]| match number {
        NumericType::Float16 => f16::from_ne_bytes(bytes.try_into().expect("two bytes")).to_f64(),
        NumericType::Float32 => f64::from(f32::from_ne_bytes(bytes.try_into().expect("four bytes"))),
        _ => f64::from_ne_bytes(bytes.try_into().expect("eight bytes")),
    };
    match number {
        NumericType::Float16 | NumericType::Float32 | NumericType::Float64 => {
            Ok(Value::from(to_base64(&wide(&stored).to_le_bytes())))
        }
        _ => to_json(number, shown, Format::V3),
    }
}

fn numeric_from_f64(number: NumericType, value: f64) -> Option<Vec<u8>> {
    match number {
        NumericType::Float16 => Some(f16::from_f64(value).to_ne_bytes().to_vec()),
        NumericType::Float32 => Some((value as f32).to_ne_bytes().to_vec()),
        _ => None,
    }
}

/// How `format` spells one element of the type that the host shows for `number`.
pub(super) fn to_json(number: NumericType, shown: &[u8], format: Format) -> Result<Value> {
    if shown.len() != number.on_host().size() {
        return Err(Error::invalid(format!("a fill value of {} bytes for {number:?}", shown.len())));
    }
    let stored = tiles::narrow(number, shown);
    let half = |bytes: &[u8]| match number {
        NumericType::Float16 => {
            let value = f16::from_ne_bytes(bytes.try_into().expect("two bytes"));
            float_to_json(value.to_f64(), u64::from(value.to_bits()), u64::from(f16::NAN.to_bits()), 4, format)
        }
        NumericType::Float32 | NumericType::CFloat32 => {
            let value = f32::from_ne_bytes(bytes.try_into().expect("four bytes"));
            // the shortest decimal that is this float32
            let decimal = value.to_string().parse().unwrap_or_else(|_| f64::from(value));
            float_to_json(decimal, u64::from(value.to_bits()), u64::from(f32::NAN.to_bits()), 8, format)
        }
        _ => {
            let value = f64::from_ne_bytes(bytes.try_into().expect("eight bytes"));
            float_to_json(value, value.to_bits(), f64::NAN.to_bits(), 16, format)
        }
    };
    Ok(match number {
        NumericType::Float16 | NumericType::Float32 | NumericType::Float64 => half(&stored),
        NumericType::CFloat32 | NumericType::CFloat64 => {
            let (real, imaginary) = stored.split_at(stored.len() / 2);
            Value::Array(vec![half(real), half(imaginary)])
        }
        _ => {
            let integer = number.integer(&stored);
            Value::Number(integer.ok_or_else(|| Error::unsupported(format!("Zarr has no type {number:?}")))?)
        }
    })
}

/// A float of these `bits`; `nan` are those of the usual NaN, of so many hexadecimal `digits`.
fn float_to_json(value: f64, bits: u64, nan: u64, digits: usize, format: Format) -> Value {
    match value {
        // V2 has no spelling for the other ones
        _ if value.is_nan() && format == Format::V3 && bits != nan => Value::from(format!("0x{bits:0digits$x}")),
        _ if value.is_nan() => Value::from("NaN"),
        f64::INFINITY => Value::from("Infinity"),
        f64::NEG_INFINITY => Value::from("-Infinity"),
        _ => Value::from(value),
    }
}

/// RFC 4648, with padding.
pub(super) fn to_base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0u32, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - three.len()));
        for digit in 0..4 {
            match digit <= three.len() {
                true => text.push(char::from(DIGITS[(bits >> (18 - 6 * digit)) as usize & 63])),
                false => text.push('='),
            }
        }
    }
    text
}

/// RFC 4648, with or without padding.
fn base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    if text.len() % 4 == 1 {
        return None;
    }
    let (mut bytes, mut bits, mut count) = (Vec::with_capacity(text.len() * 3 / 4), 0u32, 0);
    for character in text.bytes() {
        let digit = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn elements_from_json() {
        let number = |kind, json: Value| element(&Stored::Number(kind), &json).ok().flatten();
        assert_eq!(number(NumericType::Float32, json!("NaN")), Some(f32::NAN.to_ne_bytes().to_vec()));
        assert_eq!(number(NumericType::Float32, json!("0x7fc00001")), Some(0x7fc0_0001_u32.to_ne_bytes().to_vec()));
        assert_eq!(number(NumericType::UInt64, json!(u64::MAX)), Some(u64::MAX.to_ne_bytes().to_vec()));
        assert_eq!(number(NumericType::UInt64, json!(u64::MAX.to_string())), Some(u64::MAX.to_ne_bytes().to_vec()));
        assert_eq!(number(NumericType::UInt8, json!(256)), None);
        assert_eq!(number(NumericType::UInt8, json!(true)), Some(vec![1]));
        assert_eq!(number(NumericType::Int16, json!(null)), None);
        assert_eq!(
            attribute(NumericType::Float32, &json!("AAAAAAAA+H8="))
                .map(|b| f32::from_ne_bytes(b.try_into().unwrap()).is_nan()),
            Some(true)
        );
        assert_eq!(element(&Stored::Bytes(4), &json!("YWI=")).unwrap(), Some(b"ab\0\0".to_vec()));
    }
}
