//! The creation options of a data set, for `CreateMultiDimensional`, `CreateCopy` and overviews alike.
//!
//! ```
//! use gdal_dggs::cube::creation::{CreationOptions, LevelOption};
//!
//! let pairs = [("DGGRS", "healpix"), ("LEVEL", "auto")].map(|(key, value)| (key.to_string(), value.to_string()));
//! let options = CreationOptions::parse(&pairs)?;
//! assert_eq!((options.identity.dggrs, options.level), (Some("HEALPix"), Some(LevelOption::Auto)));
//! # Ok::<(), gdal_dggs::error::Error>(())
//! ```

use std::sync::Arc;

use crate::convention::{self, IdentityOptions};
use crate::cube::Resampling;
use crate::error::{Error, Result};
use crate::grid::{self, Grid, GridSpec, Surface};
use crate::hierarchy::{Compressor, Format, Shuffle};

/// The creation options; what is not given has the default of `docs/interface.md`.
#[derive(Clone, Debug)]
pub struct CreationOptions {
    /// `DGGRS`, `INDEXING`, `ELLIPSOID`, `LON_0`, `LAT_0`, `AZIMUTH`. Its level and convention are not set here.
    pub identity: IdentityOptions,
    /// `LEVEL`: `None` when it is not given.
    pub level: Option<LevelOption>,
    /// `RESAMPLING`.
    pub resampling: Resampling,
    /// `COVERAGE`.
    pub coverage: CoverageOption,
    /// `PYRAMID`.
    pub pyramid: PyramidOption,
    /// `PYRAMID_RESAMPLING`; `None`: by the kind of values. Never [`Resampling::Bilinear`].
    pub pyramid_resampling: Option<Resampling>,
    /// `CONVENTION`, canonically spelled; `AUTO` when it is not given.
    pub convention: &'static str,
    /// `FORMAT`.
    pub format: Format,
    /// `COMPRESS` and `COMPRESS_LEVEL`.
    pub compressor: Compressor,
    /// How zone ids are compressed: as `COMPRESS` says, if it is given.
    pub id_compressor: Compressor,
    /// `CHUNK_LEVEL`.
    pub chunk_level: Option<u8>,
    /// `SHARD_LEVEL`.
    pub shard_level: Option<u8>,
    /// `MAX_MEMORY`: bound of the working memory in bytes.
    pub max_memory: u64,
    /// `NUM_THREADS`: `None` when it is not given (then `GDAL_NUM_THREADS` counts).
    pub num_threads: Option<usize>,
    /// `RESUME`: continue a stopped copy.
    pub resume: bool,
}

/// The refinement level of what is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LevelOption {
    /// The coarsest level whose zones are not larger than the source's pixels.
    Auto,
    /// This level.
    At(u8),
}

/// Which zones a copy holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CoverageOption {
    /// All of the globe when the source is global, else as [`CoverageOption::Source`].
    #[default]
    Auto,
    /// All zones of the globe.
    Global,
    /// The zones that the source touches.
    Source,
}

/// Which coarser levels are made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PyramidOption {
    /// None.
    #[default]
    No,
    /// Down to level 0 or one chunk.
    Yes,
    /// These, ascending, each once.
    Levels(Vec<u8>),
}

/// `MAX_MEMORY` when it is not given.
const MAX_MEMORY: u64 = 512 << 20;

/// The least `MAX_MEMORY` that a copy can work with; what is below is a number without its unit.
const LEAST_MEMORY: u64 = 1 << 20;

impl CreationOptions {
    /// From GDAL's list of creation options. Names and values are case insensitive; options of other names are GDAL's
    /// own to warn of.
    ///
    /// # Errors
    /// A value that makes no sense, or two that contradict each other; the message names the option, the value and what
    /// would do.
    pub fn parse(pairs: &[(String, String)]) -> Result<Self> {
        let value = |name: &str| {
            let found = pairs.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.trim())
        };
        let own = |key: &str| ["LEVEL", "CONVENTION", "ZONE_ID"].iter().any(|own| key.eq_ignore_ascii_case(own));
        let identity = pairs.iter().filter(|(key, _)| !own(key));
        let compressor =
            compressor(value("COMPRESS").unwrap_or("ZSTD"), [("COMPRESS_LEVEL", value("COMPRESS_LEVEL")); 3])?;
        let options = Self {
            identity: IdentityOptions::parse(identity.map(|(key, value)| (key.as_str(), value.as_str())))?,
            level: value("LEVEL").map(level).transpose()?,
            resampling: Resampling::choose("RESAMPLING", value("RESAMPLING"), |_| true)?.unwrap_or_default(),
            coverage: choice("COVERAGE", value("COVERAGE"), COVERAGES)?.unwrap_or_default(),
            pyramid: value("PYRAMID").map(pyramid).transpose()?.unwrap_or_default(),
            pyramid_resampling: Resampling::choose(
                "PYRAMID_RESAMPLING",
                value("PYRAMID_RESAMPLING"),
                Resampling::is_for_levels,
            )?,
            convention: convention::creation_name(value("CONVENTION").unwrap_or("AUTO"))?,
            format: choice("FORMAT", value("FORMAT"), FORMATS)?.unwrap_or(Format::V3),
            id_compressor: if value("COMPRESS").is_some() { compressor.clone() } else { id_compressor() },
            compressor,
            chunk_level: value("CHUNK_LEVEL").map(|text| one_level("CHUNK_LEVEL", text)).transpose()?,
            shard_level: value("SHARD_LEVEL").map(|text| one_level("SHARD_LEVEL", text)).transpose()?,
            max_memory: value("MAX_MEMORY").map(memory).transpose()?.unwrap_or(MAX_MEMORY),
            num_threads: value("NUM_THREADS").map(threads).transpose()?.flatten(),
            resume: value("RESUME").map(|text| yes_or_no("RESUME", text)).transpose()?.unwrap_or(false),
        };
        if options.compressor == Compressor::None && value("COMPRESS_LEVEL").is_some() {
            return Err(Error::invalid("option COMPRESS_LEVEL: there is no level without compression (COMPRESS=NONE)"));
        }
        if value("APPEND_SUBDATASET").is_some_and(|text| yes_or_no("APPEND_SUBDATASET", text).unwrap_or(true)) {
            return Err(Error::unsupported(
                "option APPEND_SUBDATASET: a copy makes a store of its own and would replace the one that is there; open that for \
                 update (gdal.OF_MULTIDIM_RASTER | gdal.OF_UPDATE) to add arrays",
            ));
        }
        if options.pyramid_resampling.is_some() && options.pyramid == PyramidOption::No {
            return Err(Error::invalid("option PYRAMID_RESAMPLING says nothing without PYRAMID: give the levels too"));
        }
        options.check()?;
        Ok(options)
    }

    fn check(&self) -> Result<()> {
        if self.identity.dggrs.is_none() {
            let given = [
                ("LEVEL", self.level.is_some()),
                ("INDEXING", self.identity.indexing.is_some()),
                ("ELLIPSOID", self.identity.surface.is_some()),
                ("LON_0", self.identity.lon_0_deg.is_some()),
                ("LAT_0", self.identity.lat_0_deg.is_some()),
                ("AZIMUTH", self.identity.azimuth_deg.is_some()),
            ];
            // INDEXING alone asks a copy to convert the ids of its source.
            if let Some((name, _)) = given.iter().find(|(name, given)| *given && *name != "INDEXING") {
                return Err(Error::invalid(format!(
                    "option {name} says nothing without DGGRS: give the name of the grid too"
                )));
            }
        }
        if let (Some(shard), Some(chunk)) = (self.shard_level, self.chunk_level)
            && shard > chunk
        {
            return Err(Error::invalid(format!(
                "option SHARD_LEVEL={shard}: a shard holds whole chunks, so its level is at most CHUNK_LEVEL={chunk}"
            )));
        }
        if self.format == Format::V2 && self.shard_level.is_some() {
            return Err(Error::invalid(
                "option SHARD_LEVEL: Zarr V2 has no shards; leave it out or use FORMAT=ZARR_V3",
            ));
        }
        Ok(())
    }

    /// The grid that `DGGRS` and its companions name, what is not given by the defaults of the convention and
    /// the family; `None` without `DGGRS`.
    ///
    /// # Errors
    /// An option that does not fit the DGGRS.
    pub fn grid(&self) -> Result<Option<Arc<dyn Grid>>> {
        self.grid_on(None)
    }

    /// As [`CreationOptions::grid`], on the surface of a source where `ELLIPSOID` is not given and the family takes any
    /// (HEALPix).
    ///
    /// # Errors
    /// An option that does not fit the DGGRS.
    pub fn grid_on(&self, source: Option<&Surface>) -> Result<Option<Arc<dyn Grid>>> {
        let Some(dggrs) = self.identity.dggrs else { return Ok(None) };
        let base = grid::family_of(dggrs)?.0.default_spec(dggrs);
        let base = match source.filter(|_| dggrs == "HEALPix") {
            Some(surface) => GridSpec { surface: surface.clone(), ..base },
            None => base,
        };
        let mut spec = self.identity.spec(&base)?;
        if let (None, Some(usual)) = (&self.identity.indexing, convention::usual_indexing(self.convention, dggrs)) {
            spec.indexing = usual;
        }
        grid::grid(&spec).map(Some)
    }

    /// The level, when it is given as a number, checked against `grid`.
    ///
    /// # Errors
    /// A level, or a `CHUNK_LEVEL` or `SHARD_LEVEL` beside it, that the grid does not have.
    pub fn level_on(&self, grid: &dyn Grid) -> Result<Option<u8>> {
        let Some(LevelOption::At(level)) = self.level else { return Ok(None) };
        let (dggrs, finest) = (grid.spec().dggrs, grid.max_level());
        if level > finest {
            return Err(Error::invalid(format!("option LEVEL={level}: levels of {dggrs} are 0 to {finest}")));
        }
        for (name, coarser) in [("CHUNK_LEVEL", self.chunk_level), ("SHARD_LEVEL", self.shard_level)] {
            if let Some(coarser) = coarser.filter(|coarser| *coarser > level) {
                return Err(Error::invalid(format!(
                    "option {name}={coarser}: must be at most the cube's level {level}"
                )));
            }
        }
        Ok(Some(level))
    }
}

impl Default for CreationOptions {
    fn default() -> Self {
        Self::parse(&[]).expect("no option is wrong when none is given")
    }
}

/// The words of an option, and what each means.
type Words<T> = &'static [(&'static str, T)];

const COVERAGES: Words<CoverageOption> =
    &[("AUTO", CoverageOption::Auto), ("GLOBAL", CoverageOption::Global), ("SOURCE", CoverageOption::Source)];

const FORMATS: Words<Format> = &[("ZARR_V3", Format::V3), ("ZARR_V2", Format::V2)];

/// What a word of an option means; `None` when the option is not given.
pub(in crate::cube) fn choice<T: Clone>(option: &str, value: Option<&str>, words: &[(&str, T)]) -> Result<Option<T>> {
    let Some(value) = value else { return Ok(None) };
    match words.iter().find(|(word, _)| word.eq_ignore_ascii_case(value)) {
        Some((_, meaning)) => Ok(Some(meaning.clone())),
        None => {
            let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            Err(Error::invalid(format!("option {option}={value}: must be one of {}", known.join(", "))))
        }
    }
}

fn level(text: &str) -> Result<LevelOption> {
    match text.eq_ignore_ascii_case("AUTO") {
        true => Ok(LevelOption::Auto),
        false => text
            .parse()
            .map(LevelOption::At)
            .map_err(|_| Error::invalid(format!("option LEVEL={text}: must be AUTO or an integer from 0 on"))),
    }
}

pub(super) fn one_level(option: &str, text: &str) -> Result<u8> {
    text.parse().map_err(|_| Error::invalid(format!("option {option}={text}: must be an integer from 0 on")))
}

fn pyramid(text: &str) -> Result<PyramidOption> {
    if let Ok(yes) = yes_or_no("PYRAMID", text) {
        // A lone 0 or 1 is a level.
        if text.parse::<u8>().is_err() {
            return Ok(if yes { PyramidOption::Yes } else { PyramidOption::No });
        }
    }
    let levels: Option<Vec<u8>> = text.split(',').map(|level| level.trim().parse().ok()).collect();
    let mut levels = levels
        .ok_or_else(|| Error::invalid(format!("option PYRAMID={text}: must be NO, YES, or levels such as 4,5,6")))?;
    levels.sort_unstable();
    levels.dedup();
    Ok(PyramidOption::Levels(levels))
}

/// The compressor that `COMPRESS` names, at the level that the options for zstd, gzip and blosc (each with its value) give.
pub(super) fn compressor(name: &str, levels: [(&str, Option<&str>); 3]) -> Result<Compressor> {
    let words = [("ZSTD", 'z'), ("BLOSC", 'b'), ("GZIP", 'g'), ("NONE", 'n')];
    let level = |(option, value): (&str, Option<&str>), least: u8, usual: u8, most: u8| match value {
        None => Ok(usual),
        Some(text) => {
            let wrong = || Error::invalid(format!("option {option}={text}: must be an integer from {least} to {most}"));
            text.parse().ok().filter(|level| (least..=most).contains(level)).ok_or_else(wrong)
        }
    };
    let [zstd, gzip, blosc] = levels;
    Ok(match choice("COMPRESS", Some(name), &words)? {
        Some('z') => Compressor::Zstd { level: level(zstd, 1, 3, 22)?.into() },
        Some('g') => Compressor::Gzip { level: level(gzip, 0, 6, 9)?.into() },
        Some('b') => shuffled(level(blosc, 0, BLOSC_LEVEL, 9)?),
        _ => Compressor::None,
    })
}

/// blosc's own usual level.
const BLOSC_LEVEL: u8 = 5;

fn shuffled(level: u8) -> Compressor {
    Compressor::Blosc { codec: "lz4".into(), level, shuffle: Shuffle::Byte, block_size: 0 }
}

/// Zone ids ascend by small steps: shuffled, seven of their eight bytes are runs of equal ones, which costs a tenth of the
/// time that zstd takes over them as they are, and a tenth of the bytes.
fn id_compressor() -> Compressor {
    shuffled(BLOSC_LEVEL)
}

/// A number of bytes with a unit: `512MB`, `2 GiB`; MB and MiB are both 2^20, as for GDAL's cache.
fn memory(text: &str) -> Result<u64> {
    let wrong = || {
        Error::invalid(format!(
            "option MAX_MEMORY={text}: must be at least 1MB, as a number with a unit such as 512MB or 2GB"
        ))
    };
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..digits].parse().map_err(|_| wrong())?;
    let unit: u64 = match text[digits..].trim().to_ascii_uppercase().as_str() {
        "" | "B" => 1,
        "K" | "KB" | "KIB" => 1 << 10,
        "M" | "MB" | "MIB" => 1 << 20,
        "G" | "GB" | "GIB" => 1 << 30,
        _ => return Err(wrong()),
    };
    let bytes = (number * unit as f64) as u64;
    if bytes < LEAST_MEMORY { Err(wrong()) } else { Ok(bytes) }
}

/// `None` for all processors.
fn threads(text: &str) -> Result<Option<usize>> {
    if text.eq_ignore_ascii_case("ALL_CPUS") {
        return Ok(None);
    }
    match text.parse::<usize>() {
        Ok(count) if (1..=1024).contains(&count) => Ok(Some(count)),
        _ => Err(Error::invalid(format!("option NUM_THREADS={text}: must be ALL_CPUS or an integer from 1 to 1024"))),
    }
}

fn yes_or_no(option: &str, text: &str) -> Result<bool> {
    match text.to_ascii_uppercase().as_str() {
        "YES" | "TRUE" | "ON" | "1" => Ok(true),
        "NO" | "FALSE" | "OFF" | "0" => Ok(false),
        _ => Err(Error::invalid(format!("option {option}={text}: must be YES or NO"))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::pairs;
    use super::*;

    fn parse(text: &str) -> Result<CreationOptions> {
        CreationOptions::parse(&pairs(text))
    }

    #[test]
    fn what_is_not_given_has_its_default() {
        let options = CreationOptions::default();
        assert_eq!(
            (options.level, options.resampling, options.coverage),
            (None, Resampling::Nearest, CoverageOption::Auto)
        );
        assert_eq!((options.format, options.compressor), (Format::V3, Compressor::Zstd { level: 3 }));
        assert_eq!(options.id_compressor, parse("COMPRESS=BLOSC").unwrap().compressor);
        assert_eq!((options.max_memory, options.num_threads, options.resume), (512 << 20, None, false));
        assert_eq!((options.pyramid, options.pyramid_resampling), (PyramidOption::No, None));
        assert_eq!(options.convention, "AUTO");
    }

    #[test]
    fn values_are_case_insensitive() {
        let options = parse(
            "dggrs=isea4h Level=7 indexing=q2di RESAMPLING=average coverage=source pyramid=5,3,5 \
             pyramid_resampling=mode convention=dggs_spec format=zarr_v2 compress=gzip compress_level=9 chunk_level=2 \
             max_memory=1.5gb num_threads=3 resume=yes",
        )
        .unwrap();
        assert_eq!((options.identity.dggrs, options.level), (Some("ISEA4H"), Some(LevelOption::At(7))));
        assert_eq!((options.resampling, options.coverage), (Resampling::Average, CoverageOption::Source));
        assert_eq!(options.pyramid, PyramidOption::Levels(vec![3, 5]));
        assert_eq!((options.pyramid_resampling, options.convention), (Some(Resampling::Mode), "DGGS_SPEC"));
        assert_eq!((options.format, &options.compressor), (Format::V2, &Compressor::Gzip { level: 9 }));
        assert_eq!(options.id_compressor, options.compressor);
        assert_eq!((options.chunk_level, options.max_memory), (Some(2), 3 << 29));
        assert_eq!((options.num_threads, options.resume), (Some(3), true));
        let grid = options.grid().unwrap().unwrap();
        assert_eq!((grid.spec().dggrs, grid.spec().indexing), ("ISEA4H", "Q2DI"));
        assert_eq!(options.level_on(&*grid).unwrap(), Some(7));
    }

    #[test]
    fn healpix_stands_on_the_surface_of_its_source_unless_told_otherwise() {
        let sphere = Surface::Sphere { radius_m: 6_371_229.0 };
        let surface = |text: &str| parse(text).unwrap().grid_on(Some(&sphere)).unwrap().unwrap().spec().surface.clone();
        assert_eq!(surface("DGGRS=HEALPix"), sphere);
        assert_eq!(surface("DGGRS=HEALPix ELLIPSOID=WGS84"), Surface::wgs84());
        assert_eq!(surface("DGGRS=rHEALPix"), Surface::wgs84());
    }

    #[test]
    fn an_error_names_the_option_and_what_would_do() {
        for (text, parts) in [
            ("DGGRS=X", ["DGGRS", "HEALPix"]),
            ("DGGRS=H3 LEVEL=x", ["LEVEL=x", "AUTO"]),
            ("LEVEL=3", ["LEVEL", "DGGRS"]),
            ("LON_0=3", ["LON_0", "DGGRS"]),
            ("DGGRS=ISEA4H LON_0=x", ["LON_0=x", "degrees"]),
            ("RESAMPLING=CUBIC", ["RESAMPLING=CUBIC", "BILINEAR"]),
            ("PYRAMID_RESAMPLING=BILINEAR", ["PYRAMID_RESAMPLING=BILINEAR", "MODE"]),
            ("COVERAGE=ALL", ["COVERAGE=ALL", "GLOBAL"]),
            ("PYRAMID=x", ["PYRAMID=x", "YES"]),
            ("CONVENTION=EASYGEMS", ["CONVENTION=EASYGEMS", "ZARR_DGGS_C"]),
            ("FORMAT=ZARR", ["FORMAT=ZARR", "ZARR_V3"]),
            ("COMPRESS=LZW", ["COMPRESS=LZW", "ZSTD"]),
            ("COMPRESS_LEVEL=23", ["COMPRESS_LEVEL=23", "22"]),
            ("COMPRESS=NONE COMPRESS_LEVEL=3", ["COMPRESS_LEVEL", "NONE"]),
            ("CHUNK_LEVEL=-1", ["CHUNK_LEVEL=-1", "integer"]),
            ("SHARD_LEVEL=4 CHUNK_LEVEL=3", ["SHARD_LEVEL=4", "CHUNK_LEVEL=3"]),
            ("FORMAT=ZARR_V2 SHARD_LEVEL=1", ["SHARD_LEVEL", "ZARR_V3"]),
            ("MAX_MEMORY=512", ["MAX_MEMORY=512", "512MB"]),
            ("MAX_MEMORY=2TBX", ["MAX_MEMORY=2TBX", "unit"]),
            ("NUM_THREADS=0", ["NUM_THREADS=0", "ALL_CPUS"]),
            ("RESUME=maybe", ["RESUME=maybe", "YES"]),
        ] {
            let message = parse(text).unwrap_err().to_string();
            assert!(parts.iter().all(|part| message.contains(part)), "{text}: {message}");
        }
    }

    #[test]
    fn levels_are_held_against_the_grid() {
        for text in ["DGGRS=H3 LEVEL=16", "DGGRS=HEALPix LEVEL=4 CHUNK_LEVEL=5", "DGGRS=HEALPix LEVEL=4 SHARD_LEVEL=5"]
        {
            let options = parse(text).unwrap();
            let grid = options.grid().unwrap().unwrap();
            assert!(options.level_on(&*grid).is_err(), "{text}");
        }
    }
}
