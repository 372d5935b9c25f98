//! From elements to the bytes of a chunk.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Map, Value};
use zarrs::array::codec::api::ArrayToBytesCodecTraits;
use zarrs::array::{ArrayBytes, ArrayBytesOffsets, ArrayBytesVariableLength};

use super::decoder::{self, Built, Decoder};
use super::metadata::{self, ArrayMetadata};
use crate::error::{Error, Result};
use crate::store::Compressor;

/// Encodes chunks of one shape.
#[derive(Clone, Debug)]
pub(super) struct Encoder {
    way: Way,
}

/// How chunks are encoded.
#[derive(Clone, Debug)]
enum Way {
    /// The bytes of a chunk are its elements.
    Raw,
    /// So they are before they are compressed.
    Compress(Compressor),
    /// By zarrs.
    Zarrs(Box<Built>),
}

impl Encoder {
    /// For the chunks of an array.
    pub(super) fn of_chunks(metadata: &ArrayMetadata) -> Result<Self> {
        Self::new(metadata, decoder::plain_compressor(metadata), None)
    }

    /// For the chunks inside the shards of an array, which `codecs` encode.
    pub(super) fn inside_shards(metadata: &ArrayMetadata, codecs: &[Value]) -> Result<Self> {
        let plain = metadata::is_plain(codecs, &metadata.stored);
        Self::new(metadata, plain.then(|| codecs.get(1).cloned().unwrap_or(Value::Null)), Some(codecs))
    }

    /// `plain` is the compressor (null: none) of chunks that consist of nothing but their elements.
    fn new(metadata: &ArrayMetadata, plain: Option<Value>, codecs: Option<&[Value]>) -> Result<Self> {
        let way = match plain {
            Some(Value::Null) => Some(Way::Raw),
            Some(codec) => compressor(&codec)?.map(Way::Compress),
            None => None,
        };
        let way = match way {
            Some(way) => way,
            None => Way::Zarrs(Box::new(decoder::build(metadata, codecs)?)),
        };
        Ok(Self { way })
    }

    /// Encodes the elements of one chunk, of a fixed size and in native byte order.
    pub(super) fn encode(&self, decoder: &Decoder, decoded: &[u8], encoded: &mut Vec<u8>) -> Result<()> {
        match &self.way {
            Way::Raw => {
                encoded.clear();
                encoded.extend_from_slice(decoded);
            }
            Way::Compress(compressor) => compressor.compress(decoded, encoded)?,
            Way::Zarrs(built) => {
                *encoded = encode_with_zarrs(built, decoder, ArrayBytes::Fixed(Cow::Borrowed(decoded)))?;
            }
        }
        Ok(())
    }

    /// Encodes the texts of one chunk.
    pub(super) fn encode_texts(&self, decoder: &Decoder, texts: &[Vec<u8>]) -> Result<Vec<u8>> {
        let Way::Zarrs(built) = &self.way else { return Err(Error::corrupt("elements of a fixed size")) };
        let mut offsets = Vec::with_capacity(texts.len() + 1);
        let mut end = 0;
        offsets.push(end);
        for text in texts {
            end += text.len();
            offsets.push(end);
        }
        let internal = |error: &dyn std::fmt::Display| Error::invalid(error.to_string());
        let offsets = ArrayBytesOffsets::new(offsets).map_err(|error| internal(&error))?;
        let variable = ArrayBytesVariableLength::new(texts.concat(), offsets).map_err(|error| internal(&error))?;
        encode_with_zarrs(built, decoder, ArrayBytes::Variable(variable))
    }
}

fn encode_with_zarrs(built: &Built, decoder: &Decoder, elements: ArrayBytes<'_>) -> Result<Vec<u8>> {
    let Built { data_type, fill_value, chain, options } = built;
    let encode = || chain.encode(elements, decoder.shape(), data_type, fill_value, options);
    match catch_unwind(AssertUnwindSafe(encode)) {
        Ok(encoded) => {
            encoded.map(Cow::into_owned).map_err(|error| Error::unsupported(format!("cannot be encoded: {error}")))
        }
        Err(_) => Err(Error::unsupported("cannot be encoded")),
    }
}

/// The compressor of a codec in the form of V2 or V3.
fn compressor(codec: &Value) -> Result<Option<Compressor>> {
    let empty = Map::new();
    match (codec["id"].as_str(), codec["name"].as_str()) {
        (Some(id), _) => Compressor::of(id, codec.as_object().unwrap_or(&empty)),
        (None, Some(name)) => Compressor::of(name, codec["configuration"].as_object().unwrap_or(&empty)),
        (None, None) => Ok(None),
    }
}
