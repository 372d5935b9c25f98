//! The delta filter: each element is stored as its difference from the one before.
//!
//! <https://numcodecs.readthedocs.io/en/stable/filter/delta.html>. Differences are stored in the type of the elements
//! (`astype` = `dtype`, the default); another `astype` is refused.

use std::borrow::Cow;

use serde_json::{Map, Value};
use zarrs::array::BytesRepresentation;

use super::bytes_codec::BytesCodec;
use crate::error::{Error, Result};

/// The filter for one type of elements.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delta {
    kind: Kind,
    size: usize,
    big_endian: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Integer,
    Float,
}

impl Delta {
    /// From numcodecs' configuration: `{"dtype": "<i4", "astype": "<i4"}`.
    pub(super) fn new(configuration: &Map<String, Value>) -> Result<Self> {
        let text = |key: &str| configuration.get(key).and_then(Value::as_str);
        let data_type = text("dtype").ok_or_else(|| Error::corrupt("the delta filter has no dtype"))?;
        if text("astype").is_some_and(|stored| {
            stored.trim_start_matches(['<', '|', '=']) != data_type.trim_start_matches(['<', '|', '='])
        }) {
            return Err(Error::unsupported("the delta filter with an astype other than its dtype"));
        }
        let named = match data_type.trim_start_matches(['<', '>', '|', '=']) {
            "i1" | "u1" | "int8" | "uint8" | "b1" | "bool" => Some((Kind::Integer, 1)),
            "i2" | "u2" | "int16" | "uint16" => Some((Kind::Integer, 2)),
            "i4" | "u4" | "int32" | "uint32" => Some((Kind::Integer, 4)),
            "i8" | "u8" | "int64" | "uint64" => Some((Kind::Integer, 8)),
            other if other.starts_with("M8") || other.starts_with("m8") => Some((Kind::Integer, 8)),
            "f4" | "float32" => Some((Kind::Float, 4)),
            "f8" | "float64" => Some((Kind::Float, 8)),
            _ => None,
        };
        let (kind, size) =
            named.ok_or_else(|| Error::unsupported(format!("the delta filter with dtype \"{data_type}\"")))?;
        Ok(Self { kind, size, big_endian: data_type.starts_with('>') })
    }

    /// Replaces elements by differences (`forward`), or differences by elements.
    fn apply(self, bytes: &mut [u8], forward: bool) -> Result<()> {
        if !bytes.len().is_multiple_of(self.size) {
            return Err(Error::corrupt(format!("{} bytes are not elements of {} bytes", bytes.len(), self.size)));
        }
        macro_rules! run {
            ($number:ty, $add:expr, $subtract:expr) => {{
                let mut last = <$number>::default();
                for element in bytes.chunks_exact_mut(size_of::<$number>()) {
                    let raw = element.try_into().expect("as many bytes as the type has");
                    let read =
                        if self.big_endian { <$number>::from_be_bytes(raw) } else { <$number>::from_le_bytes(raw) };
                    let (add, subtract) = ($add, $subtract);
                    let written = if forward { subtract(read, last) } else { add(last, read) };
                    last = if forward { read } else { written };
                    let raw = if self.big_endian { written.to_be_bytes() } else { written.to_le_bytes() };
                    element.copy_from_slice(&raw);
                }
            }};
        }
        match (self.kind, self.size) {
            (Kind::Integer, 1) => run!(u8, u8::wrapping_add, u8::wrapping_sub),
            (Kind::Integer, 2) => run!(u16, u16::wrapping_add, u16::wrapping_sub),
            (Kind::Integer, 4) => run!(u32, u32::wrapping_add, u32::wrapping_sub),
            (Kind::Integer, _) => run!(u64, u64::wrapping_add, u64::wrapping_sub),
            (Kind::Float, 4) => run!(f32, |a: f32, b: f32| a + b, |a: f32, b: f32| a - b),
            (Kind::Float, _) => run!(f64, |a: f64, b: f64| a + b, |a: f64, b: f64| a - b),
        }
        Ok(())
    }
}

impl BytesCodec for Delta {
    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed("dggs.delta")
    }

    fn encoded_size(&self, decoded: BytesRepresentation) -> BytesRepresentation {
        decoded
    }

    fn decode(&self, encoded: Cow<'_, [u8]>, _decoded: &BytesRepresentation) -> Result<Vec<u8>> {
        let mut bytes = encoded.into_owned();
        self.apply(&mut bytes, false)?;
        Ok(bytes)
    }

    fn encode(&self, decoded: Cow<'_, [u8]>) -> Result<Vec<u8>> {
        let mut bytes = decoded.into_owned();
        self.apply(&mut bytes, true)?;
        Ok(bytes)
    }
}
