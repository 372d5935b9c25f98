//! The delta filter: each element is stored as its difference from the one before.
//!
//! <https://numcodecs.readthedocs.io/en/stable/filter/delta.html>. Differences are stored in the type of the elements
//! (`astype` = `dtype`, the default); another `astype` is refused.

use std::borrow::Cow;

use serde_json::{Map, Value};
use zarrs::array::BytesRepresentation;

use super::decode_only::Decode;
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

    fn undo(self, bytes: &mut [u8]) -> Result<()> {
        if !bytes.len().is_multiple_of(self.size) {
            return Err(Error::corrupt(format!("{} bytes are not elements of {} bytes", bytes.len(), self.size)));
        }
        macro_rules! sum {
            ($number:ty, $add:expr) => {{
                let mut sum = <$number>::default();
                for element in bytes.chunks_exact_mut(size_of::<$number>()) {
                    let raw = element.try_into().expect("as many bytes as the type has");
                    let add = $add;
                    if self.big_endian {
                        sum = add(sum, <$number>::from_be_bytes(raw));
                        element.copy_from_slice(&sum.to_be_bytes());
                    } else {
                        sum = add(sum, <$number>::from_le_bytes(raw));
                        element.copy_from_slice(&sum.to_le_bytes());
                    }
                }
            }};
        }
        match (self.kind, self.size) {
            (Kind::Integer, 1) => sum!(u8, u8::wrapping_add),
            (Kind::Integer, 2) => sum!(u16, u16::wrapping_add),
            (Kind::Integer, 4) => sum!(u32, u32::wrapping_add),
            (Kind::Integer, _) => sum!(u64, u64::wrapping_add),
            (Kind::Float, 4) => sum!(f32, |a: f32, b: f32| a + b),
            (Kind::Float, _) => sum!(f64, |a: f64, b: f64| a + b),
        }
        Ok(())
    }
}

impl Decode for Delta {
    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed("dggs.delta")
    }

    fn no_encoder(&self) -> String {
        "the delta filter only decodes".into()
    }

    fn encoded_size(&self, decoded: BytesRepresentation) -> BytesRepresentation {
        decoded
    }

    fn decode(&self, encoded: Cow<'_, [u8]>, _decoded: &BytesRepresentation) -> Result<Vec<u8>> {
        let mut bytes = encoded.into_owned();
        self.undo(&mut bytes)?;
        Ok(bytes)
    }
}
