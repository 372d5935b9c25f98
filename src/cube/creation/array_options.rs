//! The creation options of an array, named as in GDAL's Zarr driver where that has them.

use super::options::{self, choice, one_level};
use super::{Compressor, CreationOptions, Format};
use crate::error::{Error, Result};
use crate::hierarchy::Shuffle;

/// The creation options of an array; what is not given is as the data set's.
#[derive(Clone, Debug, Default)]
pub struct ArrayOptions {
    /// `COMPRESS` and its companions.
    pub compressor: Option<Compressor>,
    /// `BLOCKSIZE`: shape of a chunk.
    pub chunk_shape: Option<Vec<u64>>,
    /// `SHARDSIZE`: shape of a shard, or none.
    pub shard_shape: Option<Option<Vec<u64>>>,
    /// `CHUNK_LEVEL`.
    pub chunk_level: Option<u8>,
    /// `SHARD_LEVEL`.
    pub shard_level: Option<u8>,
}

/// The names of the options, as in the list of them that the driver gives GDAL (`cpp/dggs_dataset.cpp`).
const NAMES: [&str; 10] = [
    "COMPRESS",
    "ZSTD_LEVEL",
    "GZIP_LEVEL",
    "BLOSC_CNAME",
    "BLOSC_CLEVEL",
    "BLOSC_SHUFFLE",
    "BLOCKSIZE",
    "SHARDSIZE",
    "CHUNK_LEVEL",
    "SHARD_LEVEL",
];

impl ArrayOptions {
    /// What to tell the user of options that there are none of, which GDAL does not look for; `None` when all are known.
    pub fn unknown(pairs: &[(String, String)]) -> Option<String> {
        let is_known = |name: &str| NAMES.iter().any(|known| known.eq_ignore_ascii_case(name));
        let unknown: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).filter(|name| !is_known(name)).collect();
        let known = NAMES.join(", ");
        (!unknown.is_empty()).then(|| {
            format!("creation option {} is not known, and ignored; options of an array are {known}", unknown.join(", "))
        })
    }

    /// From GDAL's list of creation options, for an array of `rank` axes in a data set of `options`. Names and values are
    /// case insensitive; for options of other names see [`ArrayOptions::unknown`].
    ///
    /// # Errors
    /// A value that makes no sense, or two that contradict each other.
    pub fn parse(pairs: &[(String, String)], rank: usize, options: &CreationOptions) -> Result<Self> {
        let value = |name: &str| {
            let found = pairs.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.trim())
        };
        let shape = |name: &str| value(name).map(|text| extents(name, text, rank)).transpose();
        let parsed = Self {
            compressor: compressor(&value)?,
            chunk_shape: shape("BLOCKSIZE")?,
            shard_shape: match value("SHARDSIZE") {
                Some(text) if text.eq_ignore_ascii_case("NONE") => Some(None),
                Some(_) => shape("SHARDSIZE")?.map(Some),
                None => None,
            },
            chunk_level: value("CHUNK_LEVEL").map(|text| one_level("CHUNK_LEVEL", text)).transpose()?,
            shard_level: value("SHARD_LEVEL").map(|text| one_level("SHARD_LEVEL", text)).transpose()?,
        };
        let wants_shards = matches!(parsed.shard_shape, Some(Some(_))) || parsed.shard_level.is_some();
        if options.format == Format::V2 && wants_shards {
            return Err(Error::invalid("options SHARDSIZE, SHARD_LEVEL: Zarr V2 has no shards; FORMAT=ZARR_V3 has"));
        }
        for (shape, size, level, given) in [
            (parsed.chunk_shape.is_some(), "BLOCKSIZE", "CHUNK_LEVEL", parsed.chunk_level.is_some()),
            (parsed.shard_shape.is_some(), "SHARDSIZE", "SHARD_LEVEL", parsed.shard_level.is_some()),
        ] {
            if shape && given {
                return Err(Error::invalid(format!("options {size} and {level}: give one of them")));
            }
        }
        Ok(parsed)
    }
}

/// As many sizes as there are axes, each at least 1.
fn extents(option: &str, text: &str, rank: usize) -> Result<Vec<u64>> {
    let sizes: Option<Vec<u64>> =
        text.split(',').map(|size| size.trim().parse().ok().filter(|&size| size > 0)).collect();
    match sizes {
        Some(sizes) if sizes.len() == rank => Ok(sizes),
        _ => Err(Error::invalid(format!(
            "option {option}={text}: must be {rank} sizes from 1 on, separated by commas, one for each dimension"
        ))),
    }
}

fn compressor<'v>(value: &dyn Fn(&str) -> Option<&'v str>) -> Result<Option<Compressor>> {
    let Some(name) = value("COMPRESS") else { return Ok(None) };
    let levels = ["ZSTD_LEVEL", "GZIP_LEVEL", "BLOSC_CLEVEL"].map(|option| (option, value(option)));
    let mut compressor = options::compressor(name, levels)?;
    if let Compressor::Blosc { codec, shuffle, .. } = &mut compressor {
        let codecs = ["blosclz", "lz4", "lz4hc", "zlib", "zstd"].map(|name| (name, name));
        let shuffles = [
            ("NONE", Shuffle::None),
            ("0", Shuffle::None),
            ("BYTE", Shuffle::Byte),
            ("1", Shuffle::Byte),
            ("BIT", Shuffle::Bit),
            ("2", Shuffle::Bit),
        ];
        if let Some(chosen) = choice("BLOSC_CNAME", value("BLOSC_CNAME"), &codecs)? {
            chosen.clone_into(codec);
        }
        if let Some(chosen) = choice("BLOSC_SHUFFLE", value("BLOSC_SHUFFLE"), &shuffles)? {
            *shuffle = chosen;
        }
    }
    Ok(Some(compressor))
}

#[cfg(test)]
mod tests {
    use super::super::pairs;
    use super::*;

    fn parse(text: &str) -> Result<ArrayOptions> {
        ArrayOptions::parse(&pairs(text), 2, &CreationOptions::default())
    }

    #[test]
    fn options_are_named_as_in_gdals_zarr_driver() {
        let options =
            parse("compress=blosc BLOSC_CNAME=zstd BLOSC_SHUFFLE=2 blosc_clevel=9 BLOCKSIZE=1,64 SHARDSIZE=2,64");
        let options = options.unwrap();
        let blosc = Compressor::Blosc { codec: "zstd".into(), level: 9, shuffle: Shuffle::Bit, block_size: 0 };
        assert_eq!(options.compressor, Some(blosc));
        assert_eq!((options.chunk_shape, options.shard_shape), (Some(vec![1, 64]), Some(Some(vec![2, 64]))));
        assert_eq!(parse("SHARDSIZE=none").unwrap().shard_shape, Some(None));
        assert_eq!(parse("").unwrap().compressor, None);
    }

    #[test]
    fn an_error_names_the_option_and_what_would_do() {
        for (text, parts) in [
            ("COMPRESS=LZW", ["COMPRESS=LZW", "ZSTD"]),
            ("COMPRESS=ZSTD ZSTD_LEVEL=0", ["ZSTD_LEVEL=0", "22"]),
            ("COMPRESS=BLOSC BLOSC_CNAME=x", ["BLOSC_CNAME=x", "lz4hc"]),
            ("BLOCKSIZE=1", ["BLOCKSIZE=1", "2 sizes"]),
            ("BLOCKSIZE=0,1", ["BLOCKSIZE=0,1", "from 1"]),
            ("BLOCKSIZE=1,1 CHUNK_LEVEL=2", ["BLOCKSIZE", "CHUNK_LEVEL"]),
        ] {
            let message = parse(text).unwrap_err().to_string();
            assert!(parts.iter().all(|part| message.contains(part)), "{text}: {message}");
        }
    }
}
