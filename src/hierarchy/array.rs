//! An array of a store.

use std::sync::{Arc, Once, OnceLock};

use super::context::Context;
use super::decoder::Decoder;
use super::encoder::Encoder;
use super::metadata::{ArrayMetadata, DimensionName};
use super::shard::Sharding;
use super::{Attributes, DataType};
use crate::error::{Context as _, Result};
use crate::store::{Call, VsiStore};

/// An opened array: its metadata, and how to read its elements (see `read` and `read_elements`).
#[derive(Debug)]
pub struct Array {
    pub(super) context: Arc<Context>,
    pub(super) name: String,
    pub(super) full_name: String,
    /// The key of its folder below the store's root.
    pub(super) key: String,
    /// Distinguishes it from the store's other arrays, in the cache of chunks.
    pub(super) number: u64,
    pub(super) metadata: ArrayMetadata,
    pub(super) chunks: Chunks,
    /// Made for the first write.
    encoder: OnceLock<Encoder>,
    /// Whether the user knows that other processes cannot be kept away from its chunks.
    pub(super) is_told_of_locks: Once,
}

/// How an array's chunks are read.
#[derive(Debug)]
pub(super) enum Chunks {
    /// One file each.
    Files(Decoder),
    /// Many in one file.
    Shards(Box<Sharding>),
}

impl Array {
    pub(super) fn new(
        context: &Arc<Context>,
        full_name: String,
        key: String,
        metadata: ArrayMetadata,
    ) -> Result<Arc<Self>> {
        let chunks = Chunks::of(&metadata).context(|| format!("array {full_name}"))?;
        let name = full_name.rsplit('/').next().unwrap_or_default().to_string();
        let number = context.number_of(&full_name);
        Ok(Arc::new(Self {
            context: context.clone(),
            name,
            full_name,
            key,
            number,
            metadata,
            chunks,
            encoder: OnceLock::new(),
            is_told_of_locks: Once::new(),
        }))
    }

    /// Last part of [`Array::full_name`].
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Path from the opened root.
    pub fn full_name(&self) -> &str {
        &self.full_name
    }

    /// 2 or 3.
    pub fn zarr_version(&self) -> u8 {
        self.metadata.version
    }

    /// Number of elements along each axis, slowest first.
    pub fn shape(&self) -> &[u64] {
        &self.metadata.shape
    }

    /// Names of the axes.
    pub fn dimensions(&self) -> &[DimensionName] {
        &self.metadata.dimensions
    }

    /// Type of the elements as users see them.
    pub fn data_type(&self) -> &DataType {
        &self.metadata.data_type
    }

    /// The attributes that users see.
    pub fn attributes(&self) -> &Attributes {
        &self.metadata.attributes
    }

    /// The attributes as stored.
    pub fn raw_attributes(&self) -> &Attributes {
        &self.metadata.raw_attributes
    }

    /// All the metadata.
    pub fn metadata(&self) -> &ArrayMetadata {
        &self.metadata
    }

    /// The nodata value: one element of [`Array::data_type`], native byte order.
    pub fn nodata(&self) -> Option<&[u8]> {
        self.metadata.nodata.as_deref()
    }

    /// `value = stored * scale + offset`.
    pub fn scale(&self) -> Option<f64> {
        self.metadata.scale
    }

    /// See [`Array::scale`].
    pub fn offset(&self) -> Option<f64> {
        self.metadata.offset
    }

    /// Unit of the values, empty when unknown.
    pub fn unit(&self) -> &str {
        &self.metadata.unit
    }

    /// Shape of a chunk of the store (of a shard, where there are such), as GDAL's Zarr driver gives it.
    pub fn block_size(&self) -> &[u64] {
        &self.metadata.chunk_shape
    }

    /// Shape of the smallest block that can be read alone: differs from [`Array::block_size`] in shards.
    pub fn read_chunk_shape(&self) -> &[u64] {
        match &self.chunks {
            Chunks::Files(_) => &self.metadata.chunk_shape,
            Chunks::Shards(sharding) => &sharding.chunk_shape,
        }
    }

    /// `COMPRESSOR`, `FILTERS` (V2) or `CODECS` (V3), as JSON.
    pub fn structural_info(&self) -> &[(String, String)] {
        &self.metadata.structural_info
    }

    /// # Errors
    /// Its codecs cannot encode what is written.
    pub fn check_encoder(&self) -> Result<()> {
        self.encoder().map(drop)
    }

    /// The store, for `call`.
    pub(super) fn store(&self, call: &Arc<Call>) -> VsiStore {
        self.context.store.with_call(call)
    }

    /// The key of the file that holds the chunk or shard at `indices`.
    pub(super) fn chunk_key(&self, indices: &[u64]) -> String {
        let key = self.metadata.keys.key(indices);
        match self.key.is_empty() {
            true => key,
            false => format!("{}/{key}", self.key),
        }
    }

    /// The key of its metadata.
    pub(super) fn metadata_key(&self) -> String {
        crate::store::join(&self.key, if self.metadata.version == 2 { ".zarray" } else { "zarr.json" })
    }

    /// Decodes the blocks of [`Array::read_chunk_shape`].
    pub(super) fn decoder(&self) -> &Decoder {
        match &self.chunks {
            Chunks::Files(decoder) => decoder,
            Chunks::Shards(sharding) => &sharding.decoder,
        }
    }

    /// Encodes the blocks of [`Array::read_chunk_shape`].
    pub(super) fn encoder(&self) -> Result<&Encoder> {
        if let Some(encoder) = self.encoder.get() {
            return Ok(encoder);
        }
        let encoder = match &self.chunks {
            Chunks::Files(_) => Encoder::of_chunks(&self.metadata)?,
            Chunks::Shards(sharding) => Encoder::inside_shards(&self.metadata, &sharding.codecs)?,
        };
        Ok(self.encoder.get_or_init(|| encoder))
    }
}

impl Chunks {
    fn of(metadata: &ArrayMetadata) -> Result<Self> {
        match Sharding::of(metadata)? {
            Some(sharding) => Ok(Self::Shards(Box::new(sharding))),
            None => Decoder::of_chunks(metadata).map(Self::Files),
        }
    }
}
