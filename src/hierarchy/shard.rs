//! Shards: files that hold many chunks and an index of where each of them is.
//!
//! <https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/index.html>. The index is read once and
//! remembered, with the version of the shard; of the chunks only those that are wanted are read. A shard inside a shard is
//! decoded whole.

use std::num::NonZeroU64;
use std::sync::Arc;

use serde_json::Value;
use zarrs::array::codec::api::{ArrayToBytesCodecTraits, CodecOptions};
use zarrs::array::{ArrayBytes, BytesRepresentation, CodecChain, DataType, FillValue, data_type};

use super::decoder::{self, Decoder};
use super::metadata::ArrayMetadata;
use crate::error::{Error, Result};
use crate::store::VsiStore;
use crate::store::codecs;
use crate::store::read::{self, Range, Version};

/// Most chunks in one shard.
const MAX_CHUNKS: u64 = 1 << 24;

/// How the shards of an array are laid out.
#[derive(Clone, Debug)]
pub(super) struct Sharding {
    /// Shape of a chunk inside a shard.
    pub(super) chunk_shape: Vec<u64>,
    /// Decodes a chunk inside a shard.
    pub(super) decoder: Decoder,
    /// Chunks along each axis of a shard.
    per_shard: Vec<u64>,
    /// The codecs of a chunk inside a shard, as zarrs knows them.
    pub(super) codecs: Vec<Value>,
    index_chain: Arc<CodecChain>,
    index_bytes: u64,
    index_at_end: bool,
    options: CodecOptions,
}

/// Where the chunks of one shard are.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Index {
    /// Offset and length of each, both `u64::MAX` for a chunk that does not exist.
    places: Vec<[u64; 2]>,
    /// Of the shard that it was read from.
    version: Version,
}

impl Index {
    /// The version of the shard that it was read from.
    pub(super) fn version(&self) -> &Version {
        &self.version
    }

    /// Offset and length of each chunk, in C order.
    pub(super) fn places(&self) -> &[[u64; 2]] {
        &self.places
    }
}

impl Sharding {
    /// For an array whose only codec is sharding, `None` for any other.
    pub(super) fn of(metadata: &ArrayMetadata) -> Result<Option<Self>> {
        let codec = match metadata.for_zarrs["codecs"].as_array().map(Vec::as_slice) {
            Some([codec]) if codec["name"] == "sharding_indexed" => codec,
            _ => return Ok(None),
        };
        let configuration = &codec["configuration"];
        let bad = |what: &str| Error::corrupt(format!("the configuration of sharding: {what}"));
        let extents = configuration["chunk_shape"].as_array().ok_or_else(|| bad("there is no chunk_shape"))?;
        let chunk_shape: Option<Vec<u64>> =
            extents.iter().map(|extent| extent.as_u64().filter(|&extent| extent > 0)).collect();
        let chunk_shape = chunk_shape.filter(|shape| shape.len() == metadata.shape.len());
        let chunk_shape = chunk_shape.ok_or_else(|| bad("chunk_shape"))?;
        let fits = metadata.chunk_shape.iter().zip(&chunk_shape).all(|(&outer, &inner)| outer % inner == 0);
        if !fits {
            return Err(bad(&format!("chunks {chunk_shape:?} in shards {:?}", metadata.chunk_shape)));
        }
        let per_shard: Vec<u64> =
            metadata.chunk_shape.iter().zip(&chunk_shape).map(|(&outer, &inner)| outer / inner).collect();
        let chunks = per_shard.iter().try_fold(1u64, |product, &count| product.checked_mul(count));
        if chunks.is_none_or(|chunks| chunks > MAX_CHUNKS) {
            return Err(Error::unsupported(format!("shards of more than {MAX_CHUNKS} chunks")));
        }
        let list = |key: &str| configuration[key].as_array().cloned().ok_or_else(|| bad(key));
        let (inner, index) = (list("codecs")?, list("index_codecs")?);
        let options = codecs::prepare()?;
        let index_chain = decoder::chain(&index)?;
        let index_at_end = match &configuration["index_location"] {
            Value::Null => true,
            location if location == "end" => true,
            location if location == "start" => false,
            _ => return Err(bad("index_location")),
        };
        let index_shape: Vec<_> = per_shard.iter().copied().chain([2]).filter_map(NonZeroU64::new).collect();
        let (index_type, index_fill) = index_elements();
        let index_bytes = match index_chain.encoded_representation(&index_shape, &index_type, &index_fill) {
            Ok(BytesRepresentation::FixedSize(bytes)) => bytes,
            _ => return Err(bad("index_codecs do not encode to a fixed size")),
        };
        let decoder = Decoder::inside_shards(metadata, &chunk_shape, &inner)?;
        Ok(Some(Self {
            chunk_shape,
            decoder,
            per_shard,
            codecs: inner,
            index_chain,
            index_bytes,
            index_at_end,
            options,
        }))
    }

    /// The index of the shard `key`, `None` where there is no such shard.
    pub(super) fn index(&self, store: &VsiStore, key: &str) -> Result<Option<Index>> {
        let range = match self.index_at_end {
            true => Range::Last(self.index_bytes),
            false => Range::Part { offset: 0, length: self.index_bytes },
        };
        let Some(read) = store.read_remembered(key, range)? else { return Ok(None) };
        self.decode_index(&read.bytes, read.version.clone()).map(Some)
    }

    /// As [`Sharding::index`], after it turned out that the shard may not be the one that `old` was read from.
    pub(super) fn newer_index(&self, store: &VsiStore, key: &str, old: &Index) -> Result<Option<Index>> {
        match self.index(store, key)? {
            Some(index) if index == *old => {
                store.forget(key);
                self.index(store, key)
            }
            newer => Ok(newer),
        }
    }

    /// Reads the chunk `tile` of the shard `key`, where `index` says that it is; false where there is none. A shard that
    /// was replaced since its index was read (by another process: our own are told) is looked at anew; one that is replaced
    /// faster than index and chunk can be read, or whose servers disagree about its version, is read as a whole.
    pub(super) fn read_chunk(
        &self,
        store: &VsiStore,
        key: &str,
        index: &Index,
        tile: &[u64],
        bytes: &mut Vec<u8>,
    ) -> Result<bool> {
        const ATTEMPTS: usize = 3;
        let mut newer: Option<Index> = None;
        for _ in 0..ATTEMPTS {
            let index = newer.as_ref().unwrap_or(index);
            let Some(place) = self.place(index, tile) else { return Ok(false) };
            let read = store.read_version(key, Range::Part { offset: place.0, length: place.1 }, bytes);
            if read.as_ref().is_ok_and(|read| read.as_ref().is_none_or(|version| *version == index.version)) {
                return Ok(read?.is_some());
            }
            let Some(now) = self.newer_index(store, key, index)? else { return Ok(false) };
            let is_of_now = matches!(&read, Ok(Some(version)) if *version == now.version);
            if is_of_now && self.place(&now, tile) == Some(place) {
                return Ok(true);
            }
            newer = Some(now);
        }
        let mut shard = Vec::new();
        if !store.read_into(key, Range::All, &mut shard)? {
            return Ok(false);
        }
        let named = |error: Error| error.context(store.path_of(key));
        let Some((offset, length)) = self.place(&self.index_in(&shard).map_err(named)?, tile) else { return Ok(false) };
        let chunk = read::cut(&shard, Range::Part { offset, length });
        let beyond = || {
            let index = format!("the index of the shard: {length} bytes at {offset}");
            named(Error::corrupt(format!("{index}, beyond its {} bytes", shard.len())))
        };
        let chunk = chunk.ok_or_else(beyond)?;
        bytes.clear();
        bytes.extend_from_slice(chunk);
        Ok(true)
    }

    /// The index of a shard that is in memory.
    pub(super) fn index_in(&self, shard: &[u8]) -> Result<Index> {
        let length = usize::try_from(self.index_bytes).ok().filter(|&length| length <= shard.len());
        let length = length.ok_or_else(|| Error::corrupt(format!("a shard of {} bytes", shard.len())))?;
        match self.index_at_end {
            true => self.decode_index(&shard[shard.len() - length..], Version::Unknown),
            false => self.decode_index(&shard[..length], Version::Unknown),
        }
    }

    fn index_shape(&self) -> Vec<NonZeroU64> {
        self.per_shard.iter().copied().chain([2]).filter_map(NonZeroU64::new).collect()
    }

    fn decode_index(&self, bytes: &[u8], version: Version) -> Result<Index> {
        let (index_type, index_fill) = index_elements();
        let decoded =
            self.index_chain.decode(bytes.into(), &self.index_shape(), &index_type, &index_fill, &self.options);
        match decoded {
            Ok(ArrayBytes::Fixed(bytes)) => {
                let number = |bytes: &[u8]| u64::from_ne_bytes(bytes.try_into().expect("eight bytes"));
                let places = bytes.chunks_exact(16).map(|pair| [number(&pair[..8]), number(&pair[8..])]).collect();
                Ok(Index { places, version })
            }
            Ok(_) => Err(Error::corrupt("the index of the shard")),
            Err(error) => Err(Error::corrupt(format!("the index of the shard: {error}"))),
        }
    }

    /// The index, encoded, of a shard that holds `chunks` one after the other, and whether it goes to the end.
    pub(super) fn assemble(&self, chunks: &[Option<&[u8]>]) -> Result<(Vec<u8>, bool)> {
        let mut offset = if self.index_at_end { 0 } else { self.index_bytes };
        let mut numbers = Vec::with_capacity(chunks.len() * 2);
        for chunk in chunks {
            match chunk {
                None => numbers.extend([u64::MAX, u64::MAX]),
                Some(bytes) => {
                    numbers.extend([offset, bytes.len() as u64]);
                    offset += bytes.len() as u64;
                }
            }
        }
        let (index_type, index_fill) = index_elements();
        let numbers = ArrayBytes::Fixed(bytemuck::cast_slice(&numbers).into());
        let encoded = self.index_chain.encode(numbers, &self.index_shape(), &index_type, &index_fill, &self.options);
        let encoded = encoded.map_err(|error| Error::unsupported(format!("the index of the shard: {error}")))?;
        match encoded.len() as u64 == self.index_bytes {
            true => Ok((encoded.into_owned(), self.index_at_end)),
            false => Err(Error::unsupported("the index of the shard has no fixed size")),
        }
    }

    /// Chunks in one shard.
    pub(super) fn chunks_per_shard(&self) -> usize {
        self.per_shard.iter().product::<u64>() as usize
    }

    /// The place of the chunk `tile` (its indices in the whole array) in the index of its shard.
    pub(super) fn linear(&self, tile: &[u64]) -> usize {
        tile.iter().zip(&self.per_shard).fold(0, |linear, (&tile, &count)| linear * count + tile % count) as usize
    }

    /// Where the chunk `tile` (its indices in the whole array) is in its shard: offset and length.
    pub(super) fn place(&self, index: &Index, tile: &[u64]) -> Option<(u64, u64)> {
        match index.places.get(self.linear(tile))? {
            [u64::MAX, u64::MAX] => None,
            [offset, length] => Some((*offset, *length)),
        }
    }
}

fn index_elements() -> (DataType, FillValue) {
    (data_type::uint64(), FillValue::from(u64::MAX))
}
