//! Codecs that zarrs takes from elsewhere: GDAL's decompressors and compressors, and the delta filter.
//!
//! GDAL brings lz4 and lzma, which zarrs lacks, and inflates gzip and zlib twice as fast. For blosc and zstd it decodes
//! straight into memory of a known size, where zarrs trusts the size that a (possibly damaged) chunk announces. A codec
//! of this kind goes by the name `dggs.<id>` in the metadata that zarrs sees, see [`rename`]; where the host was built
//! without it, zarrs' own one works behind that name.
//!
//! Specification of the ids and their configuration: <https://numcodecs.readthedocs.io>.

#![expect(unsafe_code, reason = "calls GDAL's decompressors")]

use std::borrow::Cow;
use std::ffi::c_void;
use std::fmt;
use std::mem::MaybeUninit;
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value};
use zarrs::array::BytesRepresentation;
use zarrs::array::codec::api::{
    BytesToBytesCodecTraits, Codec, CodecOptions, CodecRuntimePluginV2, CodecRuntimePluginV3, register_codec_v2,
    register_codec_v3,
};
use zarrs::array::codec::bytes_to_bytes::blosc::{blosc_decompress_bytes_partial, blosc_typesize, blosc_validate};
use zarrs::metadata::v2::MetadataV2;
use zarrs::metadata::v3::MetadataV3;
use zarrs::plugin::PluginCreateError;

use super::bytes_codec::{Bridge, BytesCodec};
use super::compress::Compressor;
use super::delta::Delta;
use super::ffi::{self, c_string};
use super::{Call, pool};
use crate::error::{Error, Kind, Result};

/// What the name of a codec of ours begins with.
pub(super) const PREFIX: &str = "dggs.";
/// The ids that GDAL decompresses.
pub(super) const BORROWED: [&str; 6] = ["blosc", "zstd", "gzip", "zlib", "lz4", "lzma"];
/// The most that a chunk whose size is not known beforehand (text) may decode to.
const MAX_UNKNOWN_BYTES: usize = 256 << 20;

/// Registers the codecs, once in a process, and gives the options for decoding with zarrs in the calling thread alone.
///
/// # Errors
/// No thread can be started.
pub fn prepare() -> Result<CodecOptions> {
    static OPTIONS: OnceLock<CodecOptions> = OnceLock::new();
    if let Some(options) = OPTIONS.get() {
        return Ok(*options);
    }
    // the defaults of zarrs ask rayon for its number of threads: outside of a pool that would start the global one
    let options = pool::install(&Call::capture(), || {
        drop(zarrs::config::global_config());
        CodecOptions::default().with_concurrent_target(1).with_chunk_concurrent_minimum(1)
    })?;
    Ok(*OPTIONS.get_or_init(|| {
        register_codec_v2(CodecRuntimePluginV2::new(
            |name| name.starts_with(PREFIX),
            |metadata: &MetadataV2| create(metadata.id(), metadata.configuration()),
        ));
        register_codec_v3(CodecRuntimePluginV3::new(
            |name| name.starts_with(PREFIX),
            |metadata: &MetadataV3| create(metadata.name(), &metadata.configuration().cloned().unwrap_or_default()),
        ));
        options
    }))
}

/// Gives the codec `metadata` (`{"id": ...}` of V2 or `{"name": ..., "configuration": ...}` of V3) the name under which
/// it is found here, where it is one of these; looks into shards too.
pub fn rename(metadata: &mut Value) {
    if let Value::String(name) = metadata {
        // V3 allows a bare name
        *metadata = serde_json::json!({ "name": name.as_str() });
    }
    let Some(metadata) = metadata.as_object_mut() else { return };
    for key in ["id", "name"] {
        if let Some(Value::String(name)) = metadata.get_mut(key) {
            let id = name.strip_prefix("numcodecs.").unwrap_or(name).to_ascii_lowercase();
            if BORROWED.contains(&id.as_str()) || id == "delta" {
                *name = format!("{PREFIX}{id}");
            }
        }
    }
    if metadata.get("name").is_some_and(|name| name == "numcodecs.bz2") {
        // zarrs insists on the level, which only matters for writing
        let configuration = metadata.entry("configuration").or_insert_with(|| Value::Object(Map::new()));
        if let Some(configuration) = configuration.as_object_mut() {
            configuration.entry("level").or_insert(Value::from(1));
        }
    }
    if let Some(configuration) = metadata.get_mut("configuration").and_then(Value::as_object_mut) {
        for key in ["codecs", "index_codecs"] {
            if let Some(codecs) = configuration.get_mut(key).and_then(Value::as_array_mut) {
                codecs.iter_mut().for_each(rename);
            }
        }
    }
}

/// Bytes of a blosc header, without which there is nothing to look at.
const BLOSC_HEADER: usize = 16;

/// A decompressor of GDAL, for the codec `dggs.<id>`.
#[derive(Clone, Copy)]
pub struct Decompressor {
    id: &'static str,
    function: ffi::CompressionFunction,
    user_data: usize,
}

impl Decompressor {
    /// The one for a renamed codec, `None` where the host has none.
    pub fn of(name: &str) -> Option<Self> {
        let id = BORROWED.into_iter().find(|id| name.strip_prefix(PREFIX) == Some(id))?;
        let c_id = c_string(id).ok()?;
        // SAFETY: cpl_compressor.h: NULL or a description that lives until GDAL is torn down.
        let compressor = unsafe { ffi::CPLGetDecompressor(c_id.as_ptr()).as_ref() }?;
        Some(Self { id, function: compressor.function?, user_data: compressor.user_data as usize })
    }

    /// Decodes `encoded` into `decoded`, and gives the number of bytes, at most all.
    ///
    /// # Errors
    /// The data are damaged, or decode to more.
    pub fn decompress(&self, encoded: &[u8], decoded: &mut [MaybeUninit<u8>]) -> Result<usize> {
        let mut output: *mut c_void = decoded.as_mut_ptr().cast();
        let mut size = decoded.len();
        if encoded.is_empty() || decoded.is_empty() {
            return Err(Error::corrupt(format!("{}: {} bytes for {size}", self.id, encoded.len())));
        }
        // SAFETY: cpl_compressor.h: with *output set, at most *output_size bytes are written there, and *output_size
        // becomes their number.
        let done = unsafe {
            (self.function)(
                encoded.as_ptr().cast(),
                encoded.len(),
                &raw mut output,
                &raw mut size,
                std::ptr::null(),
                self.user_data as *mut c_void,
            )
        };
        match done && size <= decoded.len() {
            true => Ok(size),
            false => Err(Error::corrupt(format!("damaged {} data, or not {} bytes", self.id, decoded.len()))),
        }
    }

    /// Whether [`Decompressor::decompress_part`] is for this codec.
    pub fn finds_parts(&self) -> bool {
        self.id == "blosc"
    }

    /// Decodes `length` bytes from `from` on of data that decode to `size` bytes, where the codec can find them without
    /// decoding what lies before: blosc, whose blocks stand alone. `None` where it cannot.
    ///
    /// # Errors
    /// The data are damaged, or decode to another size.
    pub fn decompress_part(&self, encoded: &[u8], size: usize, from: usize, length: usize) -> Result<Option<Vec<u8>>> {
        if !self.finds_parts() {
            return Ok(None);
        }
        let damaged = || Error::corrupt(format!("damaged blosc data, or not {size} bytes"));
        if encoded.len() < BLOSC_HEADER || blosc_validate(encoded) != Some(size) {
            return Err(damaged());
        }
        let item = blosc_typesize(encoded).ok_or_else(damaged)?;
        let first = from / item * item;
        let end = (from + length).next_multiple_of(item);
        if end > size {
            return Ok(None);
        }
        let items = blosc_decompress_bytes_partial(encoded, first, end - first, item).map_err(|_| damaged())?;
        items.get(from - first..from - first + length).map(|part| Some(part.to_vec())).ok_or_else(damaged)
    }

    /// As [`Decompressor::decompress`]; replaces the contents of `decoded` by at most `limit` bytes.
    ///
    /// # Errors
    /// Also when memory cannot be had.
    pub fn decompress_to(&self, encoded: &[u8], decoded: &mut Vec<u8>, limit: usize) -> Result<usize> {
        decoded.clear();
        decoded
            .try_reserve_exact(limit)
            .map_err(|_| Error::new(Kind::OutOfMemory, format!("no memory for a chunk of {limit} bytes")))?;
        let size = self.decompress(encoded, &mut decoded.spare_capacity_mut()[..limit])?;
        // SAFETY: so many bytes were written, and there is room for them.
        unsafe { decoded.set_len(size) };
        Ok(size)
    }

    fn to_vec(self, encoded: &[u8], limit: usize) -> Result<Vec<u8>> {
        let mut decoded = Vec::new();
        self.decompress_to(encoded, &mut decoded, limit)?;
        Ok(decoded)
    }
}

impl fmt::Debug for Decompressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decompressor({})", self.id)
    }
}

/// The codec of zarrs behind a name of ours.
#[derive(Debug)]
struct Borrowed {
    name: String,
    configuration: Map<String, Value>,
    gdal: Option<Decompressor>,
    own: Option<Arc<dyn BytesToBytesCodecTraits>>,
}

fn create(name: &str, configuration: &Map<String, Value>) -> std::result::Result<Codec, PluginCreateError> {
    let id = name.strip_prefix(PREFIX).unwrap_or(name);
    if id == "delta" {
        let delta = Delta::new(configuration).map_err(|error| PluginCreateError::Other(error.to_string()))?;
        return Ok(Codec::BytesToBytes(Arc::new(Bridge(delta))));
    }
    let gdal = Decompressor::of(name);
    let own = match gdal {
        Some(_) => None,
        None => Some(own_codec(id, configuration)?),
    };
    let borrowed = Borrowed { name: name.to_string(), configuration: configuration.clone(), gdal, own };
    Ok(Codec::BytesToBytes(Arc::new(Bridge(borrowed))))
}

/// zarrs' codec for `id`, where the host has none.
pub(super) fn own_codec(
    id: &str,
    configuration: &Map<String, Value>,
) -> std::result::Result<Arc<dyn BytesToBytesCodecTraits>, PluginCreateError> {
    // decoding takes everything from the data themselves; the configuration only has to be complete
    let given = |key: &str, default: Value| configuration.get(key).cloned().unwrap_or(default);
    let complete = match id {
        "blosc" => {
            let typesize = given("typesize", Value::from(1));
            let shuffle = match given("shuffle", Value::from(1)) {
                Value::Number(number) => match (number.as_i64(), typesize.as_i64()) {
                    (Some(0), _) => Value::from("noshuffle"),
                    (Some(2), _) | (Some(-1), Some(1)) => Value::from("bitshuffle"),
                    _ => Value::from("shuffle"),
                },
                name => name,
            };
            serde_json::json!({
                "cname": given("cname", Value::from("lz4")), "clevel": given("clevel", Value::from(5)),
                "shuffle": shuffle, "typesize": typesize, "blocksize": given("blocksize", Value::from(0)),
            })
        }
        "zstd" => serde_json::json!({"level": 3, "checksum": false}),
        "gzip" | "zlib" => serde_json::json!({"level": configuration.get("level").unwrap_or(&Value::from(6))}),
        _ => {
            return Err(PluginCreateError::Other(format!("this GDAL was built without the codec \"{id}\"")));
        }
    };
    let metadata = serde_json::json!({"name": id, "configuration": complete});
    let metadata: MetadataV3 =
        serde_json::from_value(metadata).map_err(|error| PluginCreateError::Other(error.to_string()))?;
    match Codec::from_metadata(&metadata)? {
        Codec::BytesToBytes(codec) => Ok(codec),
        _ => Err(PluginCreateError::Other(format!("\"{id}\" does not compress bytes"))),
    }
}

impl Borrowed {
    fn decode_at_most(&self, encoded: &[u8], size: Option<u64>) -> Result<Vec<u8>> {
        let announced = (self.name == "dggs.blosc").then(|| encoded.get(4..8)).flatten();
        let announced =
            announced.and_then(|bytes| bytes.try_into().ok()).map(|bytes| u32::from_le_bytes(bytes) as usize);
        let expected = match size {
            Some(size) => {
                Some(usize::try_from(size).map_err(|_| Error::unsupported(format!("a chunk of {size} bytes")))?)
            }
            None => announced,
        };
        let most = if size.is_some() { usize::MAX } else { MAX_UNKNOWN_BYTES };
        match (self.gdal, expected.filter(|&bytes| bytes > 0 && bytes <= most)) {
            (Some(gdal), Some(bytes)) => gdal.to_vec(encoded, bytes),
            (Some(gdal), None) => {
                let mut limit = encoded.len().saturating_mul(8).clamp(1 << 16, MAX_UNKNOWN_BYTES);
                loop {
                    match gdal.to_vec(encoded, limit) {
                        Err(error) if limit == MAX_UNKNOWN_BYTES => return Err(error),
                        Err(_) => limit = limit.saturating_mul(4).min(MAX_UNKNOWN_BYTES),
                        done => return done,
                    }
                }
            }
            (None, expected) => {
                if announced.is_some_and(|bytes| bytes > expected.unwrap_or(MAX_UNKNOWN_BYTES)) {
                    return Err(Error::corrupt("damaged blosc data"));
                }
                self.decode_own(encoded)
            }
        }
    }

    fn decode_own(&self, encoded: &[u8]) -> Result<Vec<u8>> {
        let own = self.own.as_ref().ok_or_else(|| Error::unsupported(format!("no codec {}", self.name)))?;
        let decoded = own
            .decode(Cow::Borrowed(encoded), &BytesRepresentation::UnboundedSize, &prepare()?)
            .map_err(|error| Error::corrupt(error.to_string()))?;
        Ok(decoded.into_owned())
    }
}

impl BytesCodec for Borrowed {
    fn name(&self) -> Cow<'static, str> {
        Cow::Owned(self.name.clone())
    }

    fn encoded_size(&self, _decoded: BytesRepresentation) -> BytesRepresentation {
        BytesRepresentation::UnboundedSize
    }

    fn decode(&self, encoded: Cow<'_, [u8]>, decoded: &BytesRepresentation) -> Result<Vec<u8>> {
        self.decode_at_most(&encoded, decoded.size())
    }

    fn encode(&self, decoded: Cow<'_, [u8]>) -> Result<Vec<u8>> {
        let unknown = || Error::unsupported(format!("writing with the codec {}", self.name));
        let compressor = Compressor::of(&self.name, &self.configuration)?.ok_or_else(unknown)?;
        let mut encoded = Vec::new();
        compressor.compress(&decoded, &mut encoded)?;
        Ok(encoded)
    }
}
