//! Compressing chunks.
//!
//! zstd goes through the library that zarrs links, with one state a thread: a fresh one costs more than compressing a
//! small chunk. gzip, zlib, lz4, lzma and blosc are GDAL's, where the host has them: gzip and zlib are libdeflate's
//! there. What remains is zarrs' own.

#![expect(unsafe_code, reason = "calls GDAL's compressors")]

use std::borrow::Cow;
use std::cell::RefCell;
use std::ffi::c_void;
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};
use zarrs::array::codec::api::BytesToBytesCodecTraits;

use super::codecs::{self, PREFIX};
use super::ffi::{self, StringList, c_string};
use crate::error::{Error, Kind, Result};

/// The highest level of zstd whose state a thread keeps: above it takes tens of megabytes.
const MAX_KEPT_LEVEL: i32 = 12;

thread_local! {
    static ZSTD: RefCell<Option<(i32, bool, zstd::bulk::Compressor<'static>)>> = const { RefCell::new(None) };
}

/// Compresses the chunks of one array.
#[derive(Clone)]
pub struct Compressor {
    id: String,
    way: Way,
}

#[derive(Clone)]
enum Way {
    Zstd { level: i32, checksum: bool },
    Gdal { function: ffi::CompressionFunction, user_data: usize, options: Vec<String> },
    Zarrs(Arc<dyn BytesToBytesCodecTraits>),
}

impl Compressor {
    /// The one for the codec `dggs.<id>` with its configuration; `None` for a codec that is none of these.
    ///
    /// # Errors
    /// A configuration that cannot be honoured.
    pub fn of(name: &str, configuration: &Map<String, Value>) -> Result<Option<Self>> {
        let Some(id) = name.strip_prefix(PREFIX).filter(|id| codecs::BORROWED.contains(id)) else { return Ok(None) };
        let number = |key: &str| configuration.get(key).and_then(Value::as_i64);
        if id == "zstd" {
            let level = number("level").and_then(|level| i32::try_from(level).ok()).unwrap_or(0);
            let checksum = configuration.get("checksum").and_then(Value::as_bool).unwrap_or(false);
            return Ok(Some(Self { id: id.to_string(), way: Way::Zstd { level, checksum } }));
        }
        let options = options(id, configuration)?;
        let c_id = c_string(id)?;
        // SAFETY: cpl_compressor.h: NULL or a description that lives until GDAL is torn down.
        let found = unsafe { ffi::CPLGetCompressor(c_id.as_ptr()).as_ref() };
        let way = match found.and_then(|found| Some((found, found.function?))) {
            Some((found, function)) => {
                // asked for a compressor that it lacks, blosc prints
                let name = options.iter().find_map(|option| option.strip_prefix("CNAME="));
                // SAFETY: cpl_compressor.h: the metadata are NULL or a list of `name=value`.
                let described = unsafe {
                    let list = found.metadata as gdal_sys::CSLConstList;
                    ffi::text(gdal_sys::CSLFetchNameValue(list, c"OPTIONS".as_ptr())).unwrap_or_default()
                };
                if let Some(name) = name.filter(|name| !described.contains(&format!("<Value>{name}</Value>"))) {
                    return Err(Error::unsupported(format!("this GDAL was built without blosc's \"{name}\"")));
                }
                Way::Gdal { function, user_data: found.user_data as usize, options }
            }
            None => Way::Zarrs(
                codecs::own_codec(id, configuration)
                    .map_err(|error| Error::unsupported(format!("writing with the codec \"{id}\": {error}")))?,
            ),
        };
        Ok(Some(Self { id: id.to_string(), way }))
    }

    /// Replaces the contents of `encoded` by `decoded`, compressed.
    ///
    /// # Errors
    /// The library fails, or memory cannot be had.
    pub fn compress(&self, decoded: &[u8], encoded: &mut Vec<u8>) -> Result<()> {
        encoded.clear();
        match &self.way {
            Way::Zstd { level, checksum } => {
                reserve(encoded, zstd::zstd_safe::compress_bound(decoded.len()))?;
                self.zstd(*level, *checksum, decoded, encoded)
            }
            Way::Gdal { function, user_data, options } => {
                // more than any of them adds to what does not compress
                let bound = decoded.len().saturating_add(decoded.len() / 8).saturating_add(4096);
                reserve(encoded, bound)?;
                let options: Result<Vec<_>> = options.iter().map(|option| c_string(option)).collect();
                let options = StringList::new(options?);
                let mut output: *mut c_void = encoded.spare_capacity_mut().as_mut_ptr().cast();
                let mut size = bound;
                // SAFETY: cpl_compressor.h: with *output set, at most *output_size bytes are written there, and
                // *output_size becomes their number.
                let done = unsafe {
                    function(
                        decoded.as_ptr().cast(),
                        decoded.len(),
                        &raw mut output,
                        &raw mut size,
                        options.as_ptr(),
                        *user_data as *mut c_void,
                    )
                };
                if !done || size > bound || size == 0 {
                    return Err(self.failed(decoded.len(), "GDAL cannot do it"));
                }
                // SAFETY: so many bytes were written, and there is room for them.
                unsafe { encoded.set_len(size) };
                Ok(())
            }
            Way::Zarrs(codec) => {
                let bytes = codec.encode(Cow::Borrowed(decoded), &codecs::prepare()?);
                encoded.extend_from_slice(&bytes.map_err(|error| self.failed(decoded.len(), &error.to_string()))?);
                Ok(())
            }
        }
    }

    fn zstd(&self, level: i32, checksum: bool, decoded: &[u8], encoded: &mut Vec<u8>) -> Result<()> {
        let failed = |error: std::io::Error| self.failed(decoded.len(), &error.to_string());
        let kept = ZSTD.take().filter(|(kept, with, _)| (*kept, *with) == (level, checksum));
        let mut compressor = match kept {
            Some((_, _, compressor)) => compressor,
            None => {
                let mut compressor = zstd::bulk::Compressor::new(level).map_err(failed)?;
                compressor.include_checksum(checksum).map_err(failed)?;
                compressor
            }
        };
        compressor.compress_to_buffer(decoded, encoded).map_err(failed)?;
        if level <= MAX_KEPT_LEVEL {
            ZSTD.set(Some((level, checksum, compressor)));
        }
        Ok(())
    }

    fn failed(&self, length: usize, why: &str) -> Error {
        Error::new(Kind::Unsupported, format!("{length} bytes cannot be compressed with {}: {why}", self.id))
    }
}

impl fmt::Debug for Compressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Compressor({})", self.id)
    }
}

/// numcodecs' or Zarr V3's configuration as options of GDAL's compressor; what has no option must be the default.
fn options(id: &str, configuration: &Map<String, Value>) -> Result<Vec<String>> {
    let refuse = |key: &str| {
        let value = configuration.get(key).unwrap_or(&Value::Null);
        Error::unsupported(format!("writing with the codec \"{id}\" whose {key} is {value}"))
    };
    let number = |key: &str, option: &str, default: i64| -> Result<String> {
        match configuration.get(key) {
            None | Some(Value::Null) => Ok(format!("{option}={default}")),
            Some(value) => value.as_i64().map(|number| format!("{option}={number}")).ok_or_else(|| refuse(key)),
        }
    };
    match id {
        "gzip" => Ok(vec![number("level", "LEVEL", 6)?]),
        "zlib" => Ok(vec![number("level", "LEVEL", 6)?]),
        "lz4" => Ok(vec![number("acceleration", "ACCELERATION", 1)?]),
        "lzma" => {
            // GDAL writes the xz format with one filter; what numcodecs writes by default is read alike
            let is_xz = configuration.get("format").is_none_or(|format| format.as_i64() == Some(1));
            if !is_xz {
                return Err(refuse("format"));
            }
            if configuration.get("check").and_then(Value::as_i64).is_some_and(|check| check >= 0) {
                return Err(refuse("check"));
            }
            if configuration.get("filters").is_some_and(|filters| !filters.is_null()) {
                return Err(refuse("filters"));
            }
            Ok(vec![number("preset", "PRESET", 6)?])
        }
        "blosc" => {
            let typesize = configuration.get("typesize").and_then(Value::as_i64).unwrap_or(1);
            let shuffle = match configuration.get("shuffle").unwrap_or(&Value::from(1)) {
                Value::String(name) => match name.as_str() {
                    "noshuffle" => "NONE",
                    "shuffle" => "BYTE",
                    "bitshuffle" => "BIT",
                    _ => return Err(refuse("shuffle")),
                },
                Value::Number(number) => match number.as_i64() {
                    Some(0) => "NONE",
                    Some(1) => "BYTE",
                    Some(2) => "BIT",
                    // numcodecs' "automatic"
                    Some(-1) if typesize == 1 => "BIT",
                    Some(-1) => "BYTE",
                    _ => return Err(refuse("shuffle")),
                },
                _ => return Err(refuse("shuffle")),
            };
            let name = configuration.get("cname").map_or(Some("lz4"), Value::as_str);
            let Some(name) = name else { return Err(refuse("cname")) };
            Ok(vec![
                format!("CNAME={name}"),
                number("clevel", "CLEVEL", 5)?,
                format!("SHUFFLE={shuffle}"),
                number("blocksize", "BLOCKSIZE", 0)?,
                format!("TYPESIZE={typesize}"),
            ])
        }
        _ => Err(Error::unsupported(format!("writing with the codec \"{id}\""))),
    }
}

fn reserve(bytes: &mut Vec<u8>, length: usize) -> Result<()> {
    bytes
        .try_reserve(length)
        .map_err(|_| Error::new(Kind::OutOfMemory, format!("no memory for a chunk of {length} bytes")))
}
