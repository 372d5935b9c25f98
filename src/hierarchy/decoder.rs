//! From the bytes of a chunk to its elements.

use std::borrow::Cow;
use std::mem::MaybeUninit;
use std::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde_json::Value;
use zarrs::array::codec::api::{ArrayToBytesCodecTraits, CodecOptions};
use zarrs::array::{Array, ArrayBytes, ArrayMetadata as ZarrsMetadata, CodecChain, DataType, FillValue};

use super::metadata::{self, ArrayMetadata};
use super::types::Stored;
use crate::error::{Error, Result};
use crate::store::codecs::{self, Decompressor};

/// Most bytes of a decoded chunk.
const MAX_CHUNK_BYTES: u64 = 2 << 30;

/// Decodes chunks of one shape.
#[derive(Clone, Debug)]
pub(super) struct Decoder {
    shape: Vec<NonZeroU64>,
    /// The same, as far as memory goes.
    counts: Vec<usize>,
    elements: usize,
    data_type: DataType,
    fill_value: FillValue,
    chain: Arc<CodecChain>,
    shortcut: Shortcut,
    options: CodecOptions,
}

/// A way past zarrs for chunks whose bytes are their elements.
#[derive(Clone, Copy, Debug)]
enum Shortcut {
    None,
    Raw,
    Decompress(Decompressor),
}

/// What zarrs makes of the metadata: types and codecs.
pub(super) struct Built {
    pub(super) data_type: DataType,
    pub(super) fill_value: FillValue,
    pub(super) chain: Arc<CodecChain>,
}

/// Lets zarrs understand the metadata.
pub(super) fn build(metadata: &ArrayMetadata) -> Result<Built> {
    codecs::prepare()?;
    let unsupported = |error: String| Error::unsupported(error);
    let for_zarrs: ZarrsMetadata =
        serde_json::from_value(metadata.for_zarrs.clone()).map_err(|error| Error::corrupt(error.to_string()))?;
    // storage is ours; zarrs only gets to see the metadata
    let array = Array::<()>::new_with_metadata(Arc::new(()), "/", for_zarrs).map_err(|error| unsupported(error.to_string()))?;
    Ok(Built { data_type: array.data_type().clone(), fill_value: array.fill_value().clone(), chain: array.codecs() })
}

impl Decoder {
    /// For chunks of `shape` that `chain` decodes; `compressor` is the one codec where `is_plain` says that there is at
    /// most one.
    pub(super) fn new(
        built: &Built,
        chain: Arc<CodecChain>,
        shape: &[u64],
        fill: Option<&[u8]>,
        stored: &Stored,
        plain: Option<&Value>,
    ) -> Result<Self> {
        let too_large = || Error::unsupported(format!("chunks {shape:?} of more than {MAX_CHUNK_BYTES} bytes"));
        let size = stored.size().unwrap_or(1) as u64;
        let elements = shape.iter().try_fold(1u64, |product, &extent| product.checked_mul(extent));
        let elements = elements.filter(|&elements| elements.checked_mul(size).is_some_and(|bytes| bytes <= MAX_CHUNK_BYTES));
        let elements = usize::try_from(elements.ok_or_else(too_large)?).map_err(|_| too_large())?;
        let nonzero: Option<Vec<NonZeroU64>> = shape.iter().map(|&extent| NonZeroU64::new(extent)).collect();
        let fill_value = match (fill, stored) {
            (Some(fill), _) => FillValue::new(fill.to_vec()),
            (None, _) => built.fill_value.clone(),
        };
        let shortcut = match plain {
            None => Shortcut::None,
            Some(Value::Null) => Shortcut::Raw,
            Some(codec) => {
                let name = codec["id"].as_str().or_else(|| codec["name"].as_str()).unwrap_or_default();
                Decompressor::of(name).map_or(Shortcut::None, Shortcut::Decompress)
            }
        };
        Ok(Self {
            shape: nonzero.ok_or_else(|| Error::corrupt(format!("chunks {shape:?}")))?,
            counts: shape.iter().map(|&extent| extent as usize).collect(),
            elements,
            data_type: built.data_type.clone(),
            fill_value,
            chain,
            shortcut,
            options: codecs::prepare()?,
        })
    }

    /// Number of elements along each axis.
    pub(super) fn counts(&self) -> &[usize] {
        &self.counts
    }

    /// Decodes straight into `memory`, which has the size of a chunk; false where there is no such way.
    pub(super) fn decode_into(&self, encoded: &[u8], memory: &mut [MaybeUninit<u8>]) -> Result<bool> {
        let length = match self.shortcut {
            Shortcut::None => return Ok(false),
            Shortcut::Raw if encoded.len() == memory.len() => {
                memory.iter_mut().zip(encoded).for_each(|(to, from)| { to.write(*from); });
                return Ok(true);
            }
            Shortcut::Raw => encoded.len(),
            Shortcut::Decompress(decompressor) => decompressor.decompress(encoded, memory)?,
        };
        match length == memory.len() {
            true => Ok(true),
            false => Err(wrong_length(length, memory.len())),
        }
    }

    /// Decodes elements of `size` bytes.
    pub(super) fn decode(&self, encoded: &[u8], size: usize, decoded: &mut Vec<u8>) -> Result<()> {
        let expected = self.elements * size;
        decoded.clear();
        let length = match self.shortcut {
            Shortcut::Decompress(decompressor) if expected > 0 => decompressor.decompress_to(encoded, decoded, expected)?,
            Shortcut::Raw => {
                decoded.extend_from_slice(encoded);
                encoded.len()
            }
            Shortcut::None | Shortcut::Decompress(_) => {
                *decoded = self.decode_fixed(encoded)?;
                decoded.len()
            }
        };
        match length == expected {
            true => Ok(()),
            false => Err(wrong_length(length, expected)),
        }
    }

    fn decode_fixed(&self, encoded: &[u8]) -> Result<Vec<u8>> {
        match self.decode_with_zarrs(encoded)? {
            ArrayBytes::Fixed(bytes) => Ok(bytes.into_owned()),
            ArrayBytes::Variable(_) | ArrayBytes::Optional(_) => Err(Error::corrupt("elements of varying size")),
        }
    }

    /// Decodes text of any length: one after the other.
    pub(super) fn decode_texts(&self, encoded: &[u8]) -> Result<Vec<Vec<u8>>> {
        let ArrayBytes::Variable(texts) = self.decode_with_zarrs(encoded)? else {
            return Err(Error::corrupt("elements of a fixed size"));
        };
        let (bytes, offsets) = (texts.bytes(), texts.offsets());
        if offsets.len() != self.elements + 1 {
            return Err(wrong_length(offsets.len().saturating_sub(1), self.elements));
        }
        let text = |pair: &[usize]| bytes.get(pair[0]..pair[1]).map(<[u8]>::to_vec);
        let texts: Option<Vec<_>> = offsets.windows(2).map(text).collect();
        texts.ok_or_else(|| Error::corrupt("texts beyond the end of their chunk"))
    }

    fn decode_with_zarrs<'a>(&self, encoded: &'a [u8]) -> Result<ArrayBytes<'a>> {
        let decode = || {
            self.chain.decode(Cow::Borrowed(encoded), &self.shape, &self.data_type, &self.fill_value, &self.options)
        };
        // damaged data may violate what a codec takes for granted
        match catch_unwind(AssertUnwindSafe(decode)) {
            Ok(decoded) => decoded.map_err(|error| Error::corrupt(error.to_string())),
            Err(_) => Err(Error::corrupt("damaged data")),
        }
    }
}

fn wrong_length(length: usize, expected: usize) -> Error {
    Error::corrupt(format!("the chunk decodes to {length} bytes or elements instead of {expected}"))
}

/// The compressor of a plain chunk (null for none), `None` where zarrs has to decode.
pub(super) fn plain_compressor(metadata: &ArrayMetadata) -> Option<Value> {
    match metadata.is_plain {
        false => None,
        true if metadata.version == 2 => Some(metadata.for_zarrs["compressor"].clone()),
        true => Some(metadata.for_zarrs["codecs"][1].clone()),
    }
}

/// As [`plain_compressor`], for the codecs inside a shard.
pub(super) fn plain_inner_compressor(codecs: &[Value], stored: &Stored) -> Option<Value> {
    metadata::is_plain(codecs, stored).then(|| codecs.get(1).cloned().unwrap_or(Value::Null))
}
