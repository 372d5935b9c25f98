//! The `dtype` of Zarr V2: NumPy's type strings.
//!
//! <https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html#data-type-encoding>

use serde_json::{Value, json};

use super::DataType;
use super::types::{Member, MemberKind, Stored, record};
use crate::error::{Context, Error, Result};
use crate::store::NumericType;

/// A `dtype`, understood.
#[derive(Clone, Debug)]
pub(super) struct Parsed {
    pub(super) stored: Stored,
    pub(super) shown: DataType,
    /// The type under which zarrs decodes it.
    pub(super) for_zarrs: Value,
    /// Whether the byte order is not the machine's; never for types that zarrs does not swap.
    pub(super) swapped: bool,
    /// Of `datetime64` and `timedelta64`.
    pub(super) time: Option<Time>,
}

/// What the integers of a `datetime64` or `timedelta64` count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Time {
    /// Since 1970 (`datetime64`), or a duration.
    pub(super) is_instant: bool,
    /// NumPy's code: `ns`, `s`, `D`, ...
    pub(super) unit: String,
    /// How many of these units one step is.
    pub(super) multiple: u64,
}

impl Time {
    /// The unit as CF writes it, empty for NumPy's generic unit.
    pub(super) fn cf_unit(&self) -> String {
        let name = match self.unit.as_str() {
            "Y" => "years",
            "M" => "months",
            "W" => "weeks",
            "D" => "days",
            "h" => "hours",
            "m" => "minutes",
            "s" => "seconds",
            "ms" => "milliseconds",
            "us" | "μs" => "microseconds",
            "ns" => "nanoseconds",
            "ps" => "picoseconds",
            "fs" => "femtoseconds",
            "as" => "attoseconds",
            _ => return String::new(),
        };
        match self.is_instant {
            true => format!("{name} since 1970-01-01T00:00:00"),
            false => name.to_string(),
        }
    }
}

/// Understands a `dtype`; `has_object_codec` where a filter gives `|O` its meaning.
pub(super) fn parse(dtype: &Value, has_object_codec: bool) -> Result<Parsed> {
    match dtype {
        Value::String(text) => simple(text, has_object_codec),
        Value::Array(members) => {
            let (size, members) = structure(members, 0)?;
            let (stored, shown) = record(size, &members)?;
            Ok(Parsed { stored, shown, for_zarrs: json!(format!("|V{size}")), swapped: false, time: None })
        }
        other => Err(Error::corrupt(format!("dtype {other} is neither text nor list"))),
    }
    .context(|| format!("dtype {dtype}"))
}

fn simple(text: &str, has_object_codec: bool) -> Result<Parsed> {
    let scalar = Scalar::parse(text)?;
    let number = |number: NumericType, code: &str| Parsed {
        stored: Stored::Number(number),
        shown: DataType::Numeric(number.on_host()),
        for_zarrs: json!(format!("{}{code}", scalar.order_for_zarrs(number.size()))),
        swapped: scalar.big_endian != cfg!(target_endian = "big") && number.size() > 1,
        time: None,
    };
    let opaque = |stored: Stored, for_zarrs: String| Parsed {
        shown: stored.shown(),
        stored,
        for_zarrs: Value::String(for_zarrs),
        swapped: false,
        time: None,
    };
    if let Some(found) = scalar.number() {
        return Ok(number(found, scalar.code));
    }
    match (scalar.kind, scalar.size) {
        ('M' | 'm', 8) => Ok(Parsed { time: Some(scalar.time()?), ..number(NumericType::Int64, "i8") }),
        ('S' | 'V', size) if size > 0 => Ok(opaque(Stored::Bytes(size), format!("|V{size}"))),
        ('U', characters) if characters > 0 => {
            // zarrs would not swap its bytes
            let swapped = scalar.big_endian != cfg!(target_endian = "big");
            Ok(opaque(Stored::Utf32 { characters, swapped }, format!("|V{}", characters.saturating_mul(4))))
        }
        ('O', _) if has_object_codec => Ok(opaque(Stored::Text, "|O".to_string())),
        ('O', _) => Err(Error::unsupported("objects without a filter vlen-utf8")),
        _ => Err(Error::unsupported("not a type that this driver knows")),
    }
}

/// The members of a structured type, one after the other without gaps, and the bytes they take.
fn structure(items: &[Value], depth: usize) -> Result<(usize, Vec<Member>)> {
    if depth > 16 {
        return Err(Error::unsupported("structures nested more than 16 deep"));
    }
    let (mut offset, mut members) = (0usize, Vec::new());
    for item in items {
        let (name, dtype) = match item.as_array().map(Vec::as_slice) {
            Some([Value::String(name), dtype]) => (name.clone(), dtype),
            Some([_, _, _]) => return Err(Error::unsupported("a field that is an array")),
            _ => return Err(Error::corrupt(format!("field {item} is not [name, type]"))),
        };
        let (size, kind) = match dtype {
            Value::Array(items) => {
                let (size, members) = structure(items, depth + 1)?;
                (size, MemberKind::Record(members))
            }
            Value::String(text) => {
                let scalar = Scalar::parse(text)?;
                let number = scalar
                    .number()
                    .or(matches!((scalar.kind, scalar.size), ('M' | 'm', 8)).then_some(NumericType::Int64));
                let number = number.ok_or_else(|| Error::unsupported(format!("field \"{name}\" of type {text}")))?;
                (
                    number.size(),
                    MemberKind::Number { number, swapped: scalar.big_endian != cfg!(target_endian = "big") },
                )
            }
            other => return Err(Error::corrupt(format!("field \"{name}\" of type {other}"))),
        };
        members.push(Member { name, from: offset, kind });
        offset = offset.saturating_add(size);
    }
    Ok((offset, members))
}

/// A type string taken apart: `>f8`, `|S10`, `<M8[ns]`.
struct Scalar<'a> {
    big_endian: bool,
    kind: char,
    size: usize,
    /// Without the byte order.
    code: &'a str,
    bracket: Option<&'a str>,
}

impl<'a> Scalar<'a> {
    fn parse(text: &'a str) -> Result<Self> {
        let bad = || Error::corrupt("not a NumPy type");
        let (order, rest) = match text.chars().next() {
            Some(order @ ('<' | '>' | '|' | '=')) => (order, &text[1..]),
            Some(_) => ('=', text),
            None => return Err(bad()),
        };
        let (code, bracket) = match rest.split_once('[') {
            Some((code, bracket)) => (code, Some(bracket.strip_suffix(']').ok_or_else(bad)?)),
            None => (rest, None),
        };
        let kind = code.chars().next().filter(char::is_ascii).ok_or_else(bad)?;
        let size = match &code[1..] {
            "" => 0,
            digits if digits.len() <= 9 && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().map_err(|_| bad())?
            }
            _ => return Err(bad()),
        };
        let big_endian = order == '>' || (order != '<' && cfg!(target_endian = "big"));
        Ok(Self { big_endian, kind, size, code, bracket })
    }

    fn number(&self) -> Option<NumericType> {
        Some(match (self.kind, self.size) {
            ('b', 1) | ('u', 1) => NumericType::UInt8,
            ('i', 1) => NumericType::Int8,
            ('u', 2) => NumericType::UInt16,
            ('i', 2) => NumericType::Int16,
            ('u', 4) => NumericType::UInt32,
            ('i', 4) => NumericType::Int32,
            ('u', 8) => NumericType::UInt64,
            ('i', 8) => NumericType::Int64,
            ('f', 2) => NumericType::Float16,
            ('f', 4) => NumericType::Float32,
            ('f', 8) => NumericType::Float64,
            ('c', 8) => NumericType::CFloat32,
            ('c', 16) => NumericType::CFloat64,
            _ => return None,
        })
    }

    /// zarrs insists on `|` for single bytes, and on a byte order for the others.
    fn order_for_zarrs(&self, size: usize) -> char {
        match (size, self.big_endian) {
            (1, _) => '|',
            (_, true) => '>',
            (_, false) => '<',
        }
    }

    fn time(&self) -> Result<Time> {
        let unit = self.bracket.unwrap_or("generic");
        let digits = unit.bytes().take_while(u8::is_ascii_digit).count();
        let multiple = match &unit[..digits] {
            "" => 1,
            number => number.parse().map_err(|_| Error::corrupt("not a unit of time"))?,
        };
        Ok(Time { is_instant: self.kind == 'M', unit: unit[digits..].to_string(), multiple })
    }
}
