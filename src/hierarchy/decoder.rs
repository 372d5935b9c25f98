//! From the bytes of a chunk to its elements.

use std::borrow::Cow;
use std::mem::MaybeUninit;
use std::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde_json::{Value, json};
use zarrs::array::codec::api::{ArrayToBytesCodecTraits, Codec, CodecOptions};
use zarrs::array::{ArrayBytes, CodecChain, DataType, FillValue};
use zarrs::metadata::v2::{DataTypeMetadataV2, MetadataV2};
use zarrs::metadata::v3::MetadataV3;

use super::metadata::{self, ArrayMetadata};
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
    way: Way,
}

/// How chunks are decoded.
#[derive(Clone, Debug)]
enum Way {
    /// The bytes of a chunk are its elements.
    Raw,
    /// So they are once GDAL has decompressed them: zarrs, which takes a thread and a millisecond to start, is not asked.
    Decompress(Decompressor),
    /// By zarrs.
    Zarrs(Box<Built>),
}

/// What zarrs makes of the metadata: types and codecs.
#[derive(Clone, Debug)]
pub(super) struct Built {
    pub(super) data_type: DataType,
    pub(super) fill_value: FillValue,
    pub(super) chain: Arc<CodecChain>,
    pub(super) options: CodecOptions,
}

/// Lets zarrs understand types and codecs. (Not through its `Array`, which would start rayon's global pool.)
///
/// `codecs`: those inside a shard, `None` for those of the array.
pub(super) fn build(metadata: &ArrayMetadata, codecs: Option<&[Value]>) -> Result<Built> {
    let options = codecs::prepare()?;
    let list = match (codecs, metadata.version) {
        (Some(codecs), _) => codecs.to_vec(),
        (None, 2) => codecs_of_v2(metadata)?,
        (None, _) => metadata.for_zarrs["codecs"].as_array().cloned().unwrap_or_default(),
    };
    let data_type = match metadata.version {
        2 => {
            let dtype = &metadata.for_zarrs["dtype"];
            DataType::from_metadata(&serde_json::from_value::<DataTypeMetadataV2>(dtype.clone()).map_err(bad(dtype))?)
        }
        _ => {
            let data_type = &metadata.for_zarrs["data_type"];
            DataType::from_metadata(&serde_json::from_value::<MetadataV3>(data_type.clone()).map_err(bad(data_type))?)
        }
    };
    let data_type = data_type.map_err(|error| Error::unsupported(error.to_string()))?;
    let zero = || vec![0; metadata.stored.size().unwrap_or(0)];
    let fill_value = FillValue::new(metadata.fill.clone().unwrap_or_else(zero));
    Ok(Built { data_type, fill_value, chain: chain(&list)?, options })
}

/// The filters and the compressor of V2 as one list, in the order in which they encode.
fn codecs_of_v2(metadata: &ArrayMetadata) -> Result<Vec<Value>> {
    let mut list = Vec::new();
    if metadata.for_zarrs["order"] == "F" {
        let order: Vec<usize> = (0..metadata.shape.len()).rev().collect();
        list.push(json!({"name": "transpose", "configuration": {"order": order}}));
    }
    let filters = metadata.for_zarrs["filters"].as_array().cloned().unwrap_or_default();
    let gives_bytes = filters.iter().any(|filter| filter["id"] == "vlen-utf8");
    list.extend(filters);
    if !gives_bytes {
        let is_big = metadata.for_zarrs["dtype"].as_str().is_some_and(|dtype| dtype.starts_with('>'));
        list.push(json!({"name": "bytes", "configuration": {"endian": if is_big { "big" } else { "little" }}}));
    }
    list.extend(Some(metadata.for_zarrs["compressor"].clone()).filter(|compressor| !compressor.is_null()));
    Ok(list)
}

/// The codecs of a list: those of V2 have an `id`, those of V3 a `name`.
pub(super) fn chain(list: &[Value]) -> Result<Arc<CodecChain>> {
    let (mut array_to_array, mut array_to_bytes, mut bytes_to_bytes) = (Vec::new(), None, Vec::new());
    for json in list {
        let codec = match json.get("id") {
            Some(_) => Codec::from_metadata(&serde_json::from_value::<MetadataV2>(json.clone()).map_err(bad(json))?),
            None => Codec::from_metadata(&serde_json::from_value::<MetadataV3>(json.clone()).map_err(bad(json))?),
        };
        match codec.map_err(|error| Error::unsupported(format!("codec {json}: {error}")))? {
            Codec::ArrayToArray(codec) => array_to_array.push(codec),
            Codec::BytesToBytes(codec) => bytes_to_bytes.push(codec),
            Codec::ArrayToBytes(codec) if array_to_bytes.is_none() => array_to_bytes = Some(codec),
            Codec::ArrayToBytes(_) => return Err(Error::corrupt("two codecs that turn elements into bytes")),
        }
    }
    let array_to_bytes = array_to_bytes.ok_or_else(|| Error::corrupt("no codec that turns elements into bytes"))?;
    Ok(Arc::new(CodecChain::new(array_to_array, array_to_bytes, bytes_to_bytes)))
}

fn bad(json: &Value) -> impl Fn(serde_json::Error) -> Error + '_ {
    move |error| Error::corrupt(format!("{json}: {error}"))
}

impl Decoder {
    /// For the chunks of an array.
    pub(super) fn of_chunks(metadata: &ArrayMetadata) -> Result<Self> {
        Self::new(metadata, &metadata.chunk_shape, plain_compressor(metadata), None)
    }

    /// For chunks of `shape` inside the shards of an array, which `codecs` encode.
    pub(super) fn inside_shards(metadata: &ArrayMetadata, shape: &[u64], codecs: &[Value]) -> Result<Self> {
        let plain = metadata::is_plain(codecs, &metadata.stored);
        let compressor = plain.then(|| codecs.get(1).cloned().unwrap_or(Value::Null));
        Self::new(metadata, shape, compressor, Some(codecs))
    }

    /// `plain` is the compressor (null: none) of chunks that consist of nothing but their elements.
    fn new(metadata: &ArrayMetadata, shape: &[u64], plain: Option<Value>, codecs: Option<&[Value]>) -> Result<Self> {
        let stored = &metadata.stored;
        let too_large = || Error::unsupported(format!("chunks {shape:?} of more than {MAX_CHUNK_BYTES} bytes"));
        let size = stored.size().unwrap_or(1) as u64;
        let elements = shape.iter().try_fold(1u64, |product, &extent| product.checked_mul(extent));
        let elements =
            elements.filter(|&elements| elements.checked_mul(size).is_some_and(|bytes| bytes <= MAX_CHUNK_BYTES));
        let elements = usize::try_from(elements.ok_or_else(too_large)?).map_err(|_| too_large())?;
        let nonzero: Option<Vec<NonZeroU64>> = shape.iter().map(|&extent| NonZeroU64::new(extent)).collect();
        let way = match plain {
            Some(Value::Null) => Some(Way::Raw),
            Some(codec) => {
                let name = codec["id"].as_str().or_else(|| codec["name"].as_str()).unwrap_or_default();
                Decompressor::of(name).map(Way::Decompress)
            }
            None => None,
        };
        let way = match way.filter(|_| size > 0) {
            Some(way) => way,
            None => Way::Zarrs(Box::new(build(metadata, codecs)?)),
        };
        Ok(Self {
            shape: nonzero.ok_or_else(|| Error::corrupt(format!("chunks {shape:?}")))?,
            counts: shape.iter().map(|&extent| extent as usize).collect(),
            elements,
            way,
        })
    }

    /// Number of elements along each axis.
    pub(super) fn counts(&self) -> &[usize] {
        &self.counts
    }

    /// Number of elements.
    pub(super) fn elements(&self) -> usize {
        self.elements
    }

    /// The same as zarrs wants it.
    pub(super) fn shape(&self) -> &[NonZeroU64] {
        &self.shape
    }

    /// Decodes straight into `memory`, which has the size of a chunk; false where there is no such way.
    pub(super) fn decode_into(&self, encoded: &[u8], memory: &mut [MaybeUninit<u8>]) -> Result<bool> {
        let length = match &self.way {
            Way::Zarrs(_) => return Ok(false),
            Way::Raw if encoded.len() == memory.len() => {
                memory.iter_mut().zip(encoded).for_each(|(to, from)| {
                    to.write(*from);
                });
                return Ok(true);
            }
            Way::Raw => encoded.len(),
            Way::Decompress(decompressor) => decompressor.decompress(encoded, memory)?,
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
        let length = match &self.way {
            Way::Decompress(decompressor) => decompressor.decompress_to(encoded, decoded, expected)?,
            Way::Raw => {
                decoded.extend_from_slice(encoded);
                encoded.len()
            }
            Way::Zarrs(built) => {
                *decoded = self.decode_fixed(built, encoded)?;
                decoded.len()
            }
        };
        match length == expected {
            true => Ok(()),
            false => Err(wrong_length(length, expected)),
        }
    }

    /// Whether [`Decoder::decode_part`] can be hoped for.
    pub(super) fn finds_parts(&self) -> bool {
        matches!(self.way, Way::Decompress(decompressor) if decompressor.finds_parts())
    }

    /// Decodes `count` elements of `size` bytes from the one at `from` on, where that is less work than decoding all.
    pub(super) fn decode_part(
        &self,
        encoded: &[u8],
        size: usize,
        from: usize,
        count: usize,
    ) -> Result<Option<Vec<u8>>> {
        match &self.way {
            Way::Decompress(decompressor) => {
                decompressor.decompress_part(encoded, self.elements * size, from * size, count * size)
            }
            Way::Raw | Way::Zarrs(_) => Ok(None),
        }
    }

    fn decode_fixed(&self, built: &Built, encoded: &[u8]) -> Result<Vec<u8>> {
        match self.decode_with_zarrs(built, encoded)? {
            ArrayBytes::Fixed(bytes) => Ok(bytes.into_owned()),
            ArrayBytes::Variable(_) | ArrayBytes::Optional(_) => Err(Error::corrupt("elements of varying size")),
        }
    }

    /// Decodes text of any length: one after the other.
    pub(super) fn decode_texts(&self, encoded: &[u8]) -> Result<Vec<Vec<u8>>> {
        let Way::Zarrs(built) = &self.way else { return Err(Error::corrupt("elements of a fixed size")) };
        let ArrayBytes::Variable(texts) = self.decode_with_zarrs(built, encoded)? else {
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

    fn decode_with_zarrs<'a>(&self, built: &Built, encoded: &'a [u8]) -> Result<ArrayBytes<'a>> {
        let Built { data_type, fill_value, chain, options } = built;
        let decode = || chain.decode(Cow::Borrowed(encoded), &self.shape, data_type, fill_value, options);
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
