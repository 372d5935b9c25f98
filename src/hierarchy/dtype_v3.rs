//! The `data_type` of Zarr V3: the core types, and the extensions of zarr-python and zarr-extensions.
//!
//! <https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html#data-types>,
//! <https://github.com/zarr-developers/zarr-extensions/tree/main/data-types>

use serde_json::{Map, Value, json};

use super::dtype_v2::{Parsed, Time};
use super::types::{Member, MemberKind, Stored, record};
use crate::error::{Context, Error, Result};
use crate::store::NumericType;

/// Understands a `data_type`; numbers are decoded to the machine's byte order, so none is swapped.
pub(super) fn parse(data_type: &Value) -> Result<Parsed> {
    let (name, configuration) = name_and_configuration(data_type)?;
    understand(name, &configuration).context(|| format!("data type {data_type}"))
}

fn name_and_configuration(data_type: &Value) -> Result<(&str, Map<String, Value>)> {
    match data_type {
        Value::String(name) => Ok((name, Map::new())),
        Value::Object(object) => {
            let name = object.get("name").and_then(Value::as_str);
            let name = name.ok_or_else(|| Error::corrupt(format!("data type {data_type} without a name")))?;
            let configuration = object.get("configuration").and_then(Value::as_object).cloned().unwrap_or_default();
            Ok((name, configuration))
        }
        other => Err(Error::corrupt(format!("data type {other}"))),
    }
}

fn understand(name: &str, configuration: &Map<String, Value>) -> Result<Parsed> {
    let parsed = |stored: Stored, for_zarrs: Value| Parsed {
        shown: stored.shown(),
        stored,
        for_zarrs,
        swapped: false,
        time: None,
    };
    if let Some(number) = number(name) {
        return Ok(parsed(
            Stored::Number(number),
            json!(if number.is_complex() { name_of(number).unwrap_or(name) } else { name }),
        ));
    }
    let length = || {
        let length =
            configuration.get("length_bytes").and_then(Value::as_u64).filter(|length| (1..1 << 30).contains(length));
        length.map(|length| length as usize).ok_or_else(|| Error::corrupt("no length_bytes"))
    };
    match name {
        "string" | "numcodecs.vlen-utf8" => Ok(parsed(Stored::Text, json!("string"))),
        "null_terminated_bytes" | "raw_bytes" => {
            let length = length()?;
            Ok(parsed(Stored::Bytes(length), json!(format!("r{}", length * 8))))
        }
        "fixed_length_utf32" => {
            let length = length()?;
            let for_zarrs = json!({"name": name, "configuration": {"length_bytes": length}});
            Ok(parsed(Stored::Utf32 { characters: length / 4, swapped: false }, for_zarrs))
        }
        "numpy.datetime64" | "numpy.timedelta64" => {
            let unit = configuration.get("unit").and_then(Value::as_str).unwrap_or("generic").to_string();
            let multiple = configuration.get("scale_factor").and_then(Value::as_u64).unwrap_or(1);
            let time = Time { is_instant: name == "numpy.datetime64", unit, multiple };
            Ok(Parsed { time: Some(time), ..parsed(Stored::Number(NumericType::Int64), json!("int64")) })
        }
        "struct" | "structured" => {
            let (size, members) = structure(configuration, 0)?;
            let (stored, shown) = record(size, &members)?;
            Ok(Parsed { shown, ..parsed(stored, json!(format!("r{}", size.saturating_mul(8)))) })
        }
        _ => match name.strip_prefix('r').and_then(|bits| bits.parse::<usize>().ok()) {
            Some(bits) if bits > 0 && bits % 8 == 0 && bits < 1 << 33 => {
                Ok(parsed(Stored::Bytes(bits / 8), json!(name)))
            }
            _ => Err(Error::unsupported("not a type that this driver knows")),
        },
    }
}

/// The numbers of the core specification, and complex ones, as they are written.
const NUMBERS: [(&str, NumericType); 13] = [
    ("uint8", NumericType::UInt8),
    ("int8", NumericType::Int8),
    ("uint16", NumericType::UInt16),
    ("int16", NumericType::Int16),
    ("uint32", NumericType::UInt32),
    ("int32", NumericType::Int32),
    ("uint64", NumericType::UInt64),
    ("int64", NumericType::Int64),
    ("float16", NumericType::Float16),
    ("float32", NumericType::Float32),
    ("float64", NumericType::Float64),
    ("complex64", NumericType::CFloat32),
    ("complex128", NumericType::CFloat64),
];

/// What a number is called; `None` where Zarr has none such.
pub(super) fn name_of(number: NumericType) -> Option<&'static str> {
    NUMBERS.iter().find(|(_, known)| *known == number).map(|(name, _)| *name)
}

fn number(name: &str) -> Option<NumericType> {
    match name {
        "bool" => Some(NumericType::UInt8),
        "complex_float32" => Some(NumericType::CFloat32),
        "complex_float64" => Some(NumericType::CFloat64),
        _ => NUMBERS.iter().find(|(known, _)| *known == name).map(|(_, number)| *number),
    }
}

/// The fields of a structured type, `[name, type]` (zarr-python) or `{"name", "data_type"}` (zarr-extensions).
fn structure(configuration: &Map<String, Value>, depth: usize) -> Result<(usize, Vec<Member>)> {
    if depth > 16 {
        return Err(Error::unsupported("structures nested more than 16 deep"));
    }
    let fields = configuration.get("fields").and_then(Value::as_array).ok_or_else(|| Error::corrupt("no fields"))?;
    let (mut offset, mut members) = (0usize, Vec::new());
    for field in fields {
        let (field_name, data_type) = match (field.as_array().map(Vec::as_slice), field.as_object()) {
            (Some([Value::String(name), data_type]), _) => (name.clone(), data_type),
            (_, Some(object)) => match (object.get("name"), object.get("data_type")) {
                (Some(Value::String(name)), Some(data_type)) => (name.clone(), data_type),
                _ => return Err(Error::corrupt(format!("field {field}"))),
            },
            _ => return Err(Error::corrupt(format!("field {field}"))),
        };
        let (name, configuration) = name_and_configuration(data_type)?;
        let (size, kind) = match (number(name), name) {
            (Some(number), _) => (number.size(), MemberKind::Number { number, swapped: cfg!(target_endian = "big") }),
            (None, "struct" | "structured") => {
                let (size, members) = structure(&configuration, depth + 1)?;
                (size, MemberKind::Record(members))
            }
            (None, "numpy.datetime64" | "numpy.timedelta64") => {
                (8, MemberKind::Number { number: NumericType::Int64, swapped: cfg!(target_endian = "big") })
            }
            _ => return Err(Error::unsupported(format!("field \"{field_name}\" of type {name}"))),
        };
        members.push(Member { name: field_name, from: offset, kind });
        offset = offset.saturating_add(size);
    }
    Ok((offset, members))
}
