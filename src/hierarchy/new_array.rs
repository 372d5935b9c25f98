//! What a new array is to be, and its metadata as they are stored.

use serde_json::{Map, Value, json};

use super::{Attributes, DataType, Field, dtype_v3, fill};
use crate::error::{Error, Result};
use crate::store::NumericType;

/// Which format of Zarr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Zarr V2.
    V2,
    /// Zarr V3.
    V3,
}

/// How chunks are compressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compressor {
    /// Not at all.
    None,
    /// Zstandard.
    Zstd {
        /// 1 to 22, and negative ones; 0 is 3.
        level: i32,
    },
    /// Blosc.
    Blosc {
        /// `lz4`, `lz4hc`, `zstd`, `zlib`, `blosclz` or `snappy`, as far as the host's library has it.
        codec: String,
        /// 0 to 9.
        level: u8,
        /// What is done before.
        shuffle: Shuffle,
        /// Bytes of a block, 0 for automatic.
        block_size: u32,
    },
    /// Gzip.
    Gzip {
        /// 0 to 9.
        level: u32,
    },
    /// Zlib; V2 only.
    Zlib {
        /// 0 to 9.
        level: u32,
    },
    /// LZ4 as numcodecs has it; V2 only.
    Lz4 {
        /// The higher, the faster and the less compressed.
        acceleration: u32,
    },
    /// LZMA (xz); V2 only.
    Lzma {
        /// 0 to 9.
        preset: u32,
    },
}

/// How blosc rearranges elements before it compresses them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shuffle {
    /// Not at all.
    None,
    /// Bytes of the same significance together.
    Byte,
    /// Bits of the same significance together.
    Bit,
}

/// An array to be created. The fields after `chunk_shape` have defaults: see [`NewArray::new`].
#[derive(Clone, Debug)]
pub struct NewArray {
    /// Name in its group.
    pub name: String,
    /// Type of the elements. Types of which the host knows only a wider one (`Int8`, `Float16`) can be had too.
    pub data_type: DataType,
    /// Names of the axes, as many as `shape` has.
    pub dimensions: Vec<String>,
    /// Number of elements along each axis, slowest first.
    pub shape: Vec<u64>,
    /// Shape of a chunk.
    pub chunk_shape: Vec<u64>,
    /// V3 only: shape of a shard, a multiple of `chunk_shape` along each axis.
    pub shard_shape: Option<Vec<u64>>,
    /// What missing elements are: one element of the type, native byte order (UTF-8 for text). Without one they are zero
    /// or empty, and in V2 undefined for other readers.
    pub fill: Option<Vec<u8>>,
    /// How chunks are compressed.
    pub compressor: Compressor,
    /// V2 only: store differences between elements (numcodecs' delta).
    pub delta: bool,
    /// V2 only: elements of a chunk lie first axis fastest.
    pub fortran_order: bool,
    /// What is between the indices in the key of a chunk: `.` or `/`; by default that of the format.
    pub separator: Option<char>,
    /// The attributes, without those that this module makes (`_ARRAY_DIMENSIONS`).
    pub attributes: Attributes,
}

impl NewArray {
    /// An array without shards, fill value or attributes, compressed by zstd.
    pub fn new(
        name: impl Into<String>,
        data_type: DataType,
        dimensions: Vec<String>,
        shape: Vec<u64>,
        chunk_shape: Vec<u64>,
    ) -> Self {
        Self {
            name: name.into(),
            data_type,
            dimensions,
            shape,
            chunk_shape,
            shard_shape: None,
            fill: None,
            compressor: Compressor::Zstd { level: 3 },
            delta: false,
            fortran_order: false,
            separator: None,
            attributes: Attributes::new(),
        }
    }

    /// The contents of its metadata file in `format` (V3: with the attributes), and its attributes as stored.
    pub(super) fn metadata(&self, format: Format) -> Result<(Value, Attributes)> {
        self.check()?;
        match format {
            Format::V2 => self.v2(),
            Format::V3 => self.v3(),
        }
    }

    fn check(&self) -> Result<()> {
        let axes = self.shape.len();
        if self.dimensions.len() != axes || self.chunk_shape.len() != axes {
            return Err(Error::invalid(format!(
                "{} dimensions and chunks {:?} for the shape {:?}",
                self.dimensions.len(),
                self.chunk_shape,
                self.shape
            )));
        }
        if self.chunk_shape.contains(&0) {
            return Err(Error::invalid(format!("chunks {:?}", self.chunk_shape)));
        }
        if let Some(shard) = &self.shard_shape {
            let fits = shard.len() == axes
                && shard.iter().zip(&self.chunk_shape).all(|(&shard, &chunk)| shard > 0 && shard % chunk == 0);
            if !fits {
                return Err(Error::invalid(format!("shards {shard:?} of chunks {:?}", self.chunk_shape)));
            }
        }
        if self.separator.is_some_and(|separator| !matches!(separator, '.' | '/')) {
            return Err(Error::invalid("the separator of chunk keys is neither . nor /"));
        }
        Ok(())
    }

    fn v2(&self) -> Result<(Value, Attributes)> {
        if self.shard_shape.is_some() {
            return Err(Error::invalid("Zarr V2 has no shards; use V3"));
        }
        let mut filters = Vec::new();
        let dtype = match &self.data_type {
            DataType::Text { max_length: 0 } => {
                filters.push(json!({"id": "vlen-utf8"}));
                json!("|O")
            }
            other => dtype_v2(other)?,
        };
        if self.delta {
            match self.data_type.numeric().filter(|number| !number.is_complex()) {
                Some(_) => filters.push(json!({"id": "delta", "dtype": dtype})),
                None => return Err(Error::invalid("the delta filter is for numbers")),
            }
        }
        let compressor = match &self.compressor {
            Compressor::None => Value::Null,
            Compressor::Zstd { level } => json!({"id": "zstd", "level": level}),
            Compressor::Blosc { codec, level, shuffle, block_size } => {
                let shuffle = match shuffle {
                    Shuffle::None => 0,
                    Shuffle::Byte => 1,
                    Shuffle::Bit => 2,
                };
                json!({"id": "blosc", "cname": codec, "clevel": level, "shuffle": shuffle, "blocksize": block_size})
            }
            Compressor::Gzip { level } => json!({"id": "gzip", "level": level}),
            Compressor::Zlib { level } => json!({"id": "zlib", "level": level}),
            Compressor::Lz4 { acceleration } => json!({"id": "lz4", "acceleration": acceleration}),
            Compressor::Lzma { preset } => {
                json!({"id": "lzma", "format": 1, "check": -1, "preset": preset, "filters": null})
            }
        };
        let mut json = json!({
            "zarr_format": 2,
            "shape": self.shape,
            "chunks": self.chunk_shape,
            "dtype": dtype,
            "compressor": compressor,
            "fill_value": self.fill_json(Format::V2)?,
            "order": if self.fortran_order { "F" } else { "C" },
            "filters": if filters.is_empty() { Value::Null } else { Value::Array(filters) },
        });
        if let Some(separator) = self.separator {
            json["dimension_separator"] = Value::from(separator.to_string());
        }
        let mut attributes = self.attributes.clone();
        attributes.insert("_ARRAY_DIMENSIONS".to_string(), json!(self.dimensions));
        Ok((json, attributes))
    }

    fn v3(&self) -> Result<(Value, Attributes)> {
        if self.delta || self.fortran_order {
            return Err(Error::unsupported("the delta filter and F order are for Zarr V2"));
        }
        let (data_type, first) = match &self.data_type {
            DataType::Text { .. } => (json!("string"), json!({"name": "vlen-utf8"})),
            other => {
                let is_bytes = other.numeric().is_some_and(|number| number.size() == 1);
                let bytes = match is_bytes {
                    true => json!({"name": "bytes"}),
                    false => json!({"name": "bytes", "configuration": {"endian": "little"}}),
                };
                (data_type_v3(other)?, bytes)
            }
        };
        let mut codecs = vec![first];
        codecs.extend(match &self.compressor {
            Compressor::None => None,
            Compressor::Zstd { level } => {
                Some(json!({"name": "zstd", "configuration": {"level": level, "checksum": false}}))
            }
            Compressor::Blosc { codec, level, shuffle, block_size } => {
                let shuffle = match shuffle {
                    Shuffle::None => "noshuffle",
                    Shuffle::Byte => "shuffle",
                    Shuffle::Bit => "bitshuffle",
                };
                let typesize = self.data_type.numeric().map_or(1, NumericType::size);
                Some(json!({"name": "blosc", "configuration": {
                    "typesize": typesize, "cname": codec, "clevel": level, "shuffle": shuffle, "blocksize": block_size,
                }}))
            }
            Compressor::Gzip { level } => Some(json!({"name": "gzip", "configuration": {"level": level}})),
            Compressor::Zlib { .. } | Compressor::Lz4 { .. } | Compressor::Lzma { .. } => {
                return Err(Error::unsupported(
                    "zlib, lz4 and lzma are codecs of Zarr V2; V3 has zstd, blosc and gzip",
                ));
            }
        });
        let mut outer = &self.chunk_shape;
        if let Some(shard_shape) = &self.shard_shape {
            outer = shard_shape;
            codecs = vec![json!({"name": "sharding_indexed", "configuration": {
                "chunk_shape": self.chunk_shape,
                "codecs": codecs,
                "index_codecs": [
                    {"name": "bytes", "configuration": {"endian": "little"}},
                    {"name": "crc32c"},
                ],
                "index_location": "end",
            }})];
        }
        let separator = self.separator.unwrap_or('/').to_string();
        let json = json!({
            "zarr_format": 3,
            "node_type": "array",
            "shape": self.shape,
            "data_type": data_type,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": outer}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": separator}},
            "fill_value": self.fill_json(Format::V3)?,
            "codecs": codecs,
            "attributes": self.attributes,
            "dimension_names": self.dimensions,
            "storage_transformers": [],
        });
        Ok((json, self.attributes.clone()))
    }

    /// The fill value as the format spells it.
    fn fill_json(&self, format: Format) -> Result<Value> {
        match (&self.data_type, &self.fill, format) {
            (_, None, Format::V2) => Ok(Value::Null),
            (DataType::Numeric(number), fill, _) => {
                let zero = vec![0; number.on_host().size()];
                fill::to_json(*number, fill.as_deref().unwrap_or(&zero), format)
            }
            (DataType::Text { max_length: 0 }, fill, _) | (DataType::Text { .. }, fill, Format::V3) => {
                let text = String::from_utf8(fill.clone().unwrap_or_default());
                text.map(Value::from).map_err(|_| Error::invalid("a fill value that is not UTF-8"))
            }
            (DataType::Text { max_length }, Some(text), Format::V2) => {
                let mut bytes = text.clone();
                if bytes.len() > *max_length {
                    return Err(Error::invalid(format!("a fill value of more than {max_length} bytes")));
                }
                bytes.resize(*max_length, 0);
                Ok(Value::from(fill::to_base64(&bytes)))
            }
            (DataType::Compound { .. }, Some(fill), _) if fill.iter().any(|byte| *byte != 0) => {
                Err(Error::unsupported("a fill value of a structure that is not zero"))
            }
            (DataType::Compound { fields, .. }, _, _) => {
                let bytes = vec![0; fields.iter().try_fold(0, |sum, field| Ok(sum + stored_size(&field.data_type)?))?];
                Ok(Value::from(fill::to_base64(&bytes)))
            }
        }
    }
}

/// Changes the metadata `json` of a new array to those of one whose chunks are encoded as the ones of `like` are. How elements
/// lie in a chunk stays: the axes may be others.
pub(super) fn encode_like(json: &mut Value, like: &Value, format: Format) {
    let keys: &[&str] = match format {
        Format::V2 => &["compressor", "filters", "dimension_separator"],
        Format::V3 => &["chunk_key_encoding"],
    };
    for key in keys {
        if let Some(value) = like.get(key) {
            json[*key] = value.clone();
        }
    }
    if format == Format::V2 {
        return;
    }
    const SHARDS: &str = "sharding_indexed";
    let kept = |codecs: &Value| -> Vec<Value> {
        codecs.as_array().into_iter().flatten().filter(|codec| codec["name"] != "transpose").cloned().collect()
    };
    let own = json["codecs"][0].clone();
    let mut codecs = Vec::new();
    for mut codec in kept(&like["codecs"]) {
        match (codec["name"] == SHARDS, own["name"] == SHARDS) {
            (true, true) => {
                let inner = kept(&codec["configuration"]["codecs"]);
                codec["configuration"]["codecs"] = inner.into();
                codec["configuration"]["chunk_shape"] = own["configuration"]["chunk_shape"].clone();
                codecs.push(codec);
            }
            (true, false) => codecs.extend(kept(&codec["configuration"]["codecs"])),
            (false, _) => codecs.push(codec),
        }
    }
    json["codecs"] = codecs.into();
}

/// Bytes of an element as stored: fields follow one another without gaps.
fn stored_size(data_type: &DataType) -> Result<usize> {
    match data_type {
        DataType::Numeric(number) => Ok(number.size()),
        DataType::Text { .. } => Err(text_in_structure()),
        DataType::Compound { fields, .. } => {
            fields.iter().try_fold(0, |sum, field| Ok(sum + stored_size(&field.data_type)?))
        }
    }
}

fn text_in_structure() -> Error {
    Error::unsupported(
        "a structure with text in it cannot be stored; give it a field of numbers, or an array of its own",
    )
}

fn unknown(number: NumericType) -> Error {
    Error::unsupported(format!("Zarr has no type {number:?}; use a floating point one"))
}

fn dtype_v2(data_type: &DataType) -> Result<Value> {
    Ok(match data_type {
        DataType::Numeric(number) => Value::from(match number {
            NumericType::UInt8 => "|u1",
            NumericType::Int8 => "|i1",
            NumericType::UInt16 => "<u2",
            NumericType::Int16 => "<i2",
            NumericType::UInt32 => "<u4",
            NumericType::Int32 => "<i4",
            NumericType::UInt64 => "<u8",
            NumericType::Int64 => "<i8",
            NumericType::Float16 => "<f2",
            NumericType::Float32 => "<f4",
            NumericType::Float64 => "<f8",
            NumericType::CFloat32 => "<c8",
            NumericType::CFloat64 => "<c16",
            NumericType::CInt16 | NumericType::CInt32 | NumericType::CFloat16 => return Err(unknown(*number)),
        }),
        DataType::Text { max_length } => Value::from(format!("|S{max_length}")),
        DataType::Compound { fields, .. } => {
            let field = |field: &Field| match &field.data_type {
                DataType::Text { .. } => Err(text_in_structure()),
                other => Ok(json!([field.name, dtype_v2(other)?])),
            };
            Value::Array(fields.iter().map(field).collect::<Result<_>>()?)
        }
    })
}

fn data_type_v3(data_type: &DataType) -> Result<Value> {
    Ok(match data_type {
        DataType::Numeric(number) => Value::from(dtype_v3::name_of(*number).ok_or_else(|| unknown(*number))?),
        DataType::Text { .. } => return Err(text_in_structure()),
        DataType::Compound { fields, .. } => {
            let field = |field: &Field| Ok(json!([field.name, data_type_v3(&field.data_type)?]));
            let fields = fields.iter().map(field).collect::<Result<Vec<_>>>()?;
            let mut configuration = Map::new();
            configuration.insert("fields".to_string(), Value::Array(fields));
            json!({"name": "structured", "configuration": configuration})
        }
    })
}
