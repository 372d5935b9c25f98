//! The bands of a classic raster.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{OF_PIXELS, Source, SourceArray, identifier, place, untaken};
use crate::convention::flags;
use crate::error::Result;
use crate::ops::quantise::raster::{Block, Raster, Variable};
use crate::store::dataset::{self, Band, Window};
use crate::store::{Call, NumericType};

/// The most bands that become an array each; more become one array with a dimension `band`.
const MOST_ARRAYS: usize = 64;

/// The dimension of bands that are one array.
const BAND: &str = "band";

/// Metadata that tell of the file, not of what is in it.
const OF_THE_FILE: [&str; 5] =
    ["AREA_OR_POINT", "TIFFTAG_SOFTWARE", "TIFFTAG_RESOLUTIONUNIT", "TIFFTAG_XRESOLUTION", "TIFFTAG_YRESOLUTION"];

/// What a raster that was once netCDF or a cube has as text of its bands, and means something else in a store: what GDAL knows of
/// it is told by the band itself.
const OF_STORES: [&str; 4] = ["scale_factor", "add_offset", "grid_name", "indexing_scheme"];

/// The same of the whole raster.
const OF_GROUPS: [&str; 4] = ["dggs", "grid", "multiscales", "zarr_conventions"];

/// The bands of `raster` as a source: an array each, of the band's description, else `band_1` and so on; a band alone is
/// `name`. A band of opacity that masks the others is no array: where it is nought, they have no data. Many bands of one type without
/// descriptions of their own become one array with a dimension `band`.
///
/// # Errors
/// A raster that does not say where it lies.
pub fn source(call: &Arc<Call>, raster: dataset::Raster, name: &str) -> Result<Source> {
    let (lattice, surface) = place::of_raster(call, &raster)?;
    // GDAL takes a band of opacity for a mask where it is the second or the fourth and last; else it is one like others.
    let is_mask = raster.bands().iter().any(|band| !band.is_alpha && band.masked);
    let bands: Vec<Band> = raster.bands().iter().filter(|band| !(band.is_alpha && is_mask)).cloned().collect();
    let is_alike = |band: &Band| {
        let first = &bands[0];
        let numbers = |band: &Band| (band.data_type, band.nodata.clone(), band.scale, band.offset, band.unit.clone());
        let classes = |band: &Band| (band.categories.clone(), band.palette.clone());
        numbers(band) == numbers(first) && classes(band) == classes(first) && band.description.is_empty()
    };
    if bands.len() > MOST_ARRAYS && bands.iter().all(is_alike) {
        return Ok(stacked(raster, lattice, surface, bands, name));
    }
    let mut arrays: Vec<SourceArray> = Vec::new();
    for band in &bands {
        let wanted = match (band.description.trim(), bands.len()) {
            ("", 1) => identifier(name),
            ("", _) => format!("band_{}", band.number),
            (description, _) => identifier(description),
        };
        let taken = |name: &str| arrays.iter().any(|array| array.name == name);
        let name = untaken(wanted, taken);
        arrays.push(SourceArray {
            name,
            attributes: attributes(band),
            is_categorical: is_categorical(band),
            ..SourceArray::default()
        });
    }
    let variable = |(band, array): (&Band, &SourceArray)| variable(band, array.name.clone(), vec![]);
    let variables = bands.iter().zip(&arrays).map(variable).collect();
    let bands = bands.iter().map(|band| vec![band.number]).collect();
    Ok(Source { lattice, surface, raster: Box::new(Bands { raster, variables, bands }), arrays })
}

/// One array of all bands.
fn stacked(
    raster: dataset::Raster,
    lattice: crate::ops::quantise::lattice::Lattice,
    surface: crate::grid::Surface,
    bands: Vec<Band>,
    name: &str,
) -> Source {
    // What one band alone says is not true of the others.
    let mut told = attributes(&bands[0]);
    for band in &bands[1..] {
        let other = attributes(band);
        told.retain(|key, value| other.get(key) == Some(value));
    }
    let array = SourceArray {
        name: identifier(name),
        outer: vec![BAND.into()],
        attributes: told,
        is_categorical: is_categorical(&bands[0]),
        ..SourceArray::default()
    };
    let mut variable = variable(&bands[0], array.name.clone(), vec![bands.len() as u64]);
    variable.masked = bands.iter().any(|band| band.masked);
    let bands = vec![bands.iter().map(|band| band.number).collect()];
    Source {
        lattice,
        surface,
        raster: Box::new(Bands { raster, variables: vec![variable], bands }),
        arrays: vec![array],
    }
}

fn variable(band: &Band, name: String, outer: Vec<u64>) -> Variable {
    Variable {
        name,
        data_type: band.data_type,
        nodata: band.nodata.clone(),
        outer,
        block: band.block,
        masked: band.masked,
        descends: band.scale.is_some_and(|scale| scale < 0.0),
    }
}

/// True when a band's numbers are classes.
fn is_categorical(band: &Band) -> bool {
    !band.palette.is_empty() || !band.categories.is_empty() || band.metadata.iter().any(|(key, _)| key == "flag_values")
}

/// What a band says of itself, as attributes.
fn attributes(band: &Band) -> Map<String, Value> {
    let mut attributes = Map::new();
    for (key, value) in band.metadata.iter().filter(|(key, _)| !key.starts_with("STATISTICS_")) {
        if ![&OF_THE_FILE[..], &OF_PIXELS, &OF_STORES].concat().contains(&key.as_str()) {
            attributes.insert(key.clone(), value.clone().into());
        }
    }
    if !band.unit.is_empty() {
        attributes.insert("units".into(), band.unit.clone().into());
    }
    for (key, value) in [("scale_factor", band.scale), ("add_offset", band.offset)] {
        if let Some(value) = value {
            attributes.insert(key.into(), json!(value));
        }
    }
    for (key, value) in flags::attributes(&band.categories, &band.palette) {
        attributes.entry(key).or_insert(value);
    }
    attributes
}

/// Metadata of the whole raster that are worth telling of a cube.
pub fn global_attributes(raster: &dataset::Raster) -> Map<String, Value> {
    let kept =
        raster.metadata().iter().filter(|(key, _)| ![&OF_THE_FILE[..], &OF_GROUPS].concat().contains(&key.as_str()));
    kept.map(|(key, value)| (key.clone(), value.clone().into())).collect()
}

/// Bands as variables: `bands[variable][slice]` is the number of a band.
struct Bands {
    raster: dataset::Raster,
    variables: Vec<Variable>,
    bands: Vec<Vec<usize>>,
}

impl Bands {
    fn band(&self, variable: usize, slice: u64) -> usize {
        self.bands[variable][slice as usize]
    }
}

fn window(block: Block) -> Window {
    Window { column: block.column, row: block.row, columns: block.columns, rows: block.rows }
}

impl Raster for Bands {
    fn variables(&self) -> &[Variable] {
        &self.variables
    }

    fn read(&self, call: &Arc<Call>, variable: usize, slice: u64, block: Block, values: &mut [u8]) -> Result<()> {
        self.raster.read(call, self.band(variable, slice), window(block), values)
    }

    fn read_valid(&self, call: &Arc<Call>, variable: usize, slice: u64, block: Block, valid: &mut [u8]) -> Result<()> {
        debug_assert_eq!(valid.len() / NumericType::UInt8.size(), block.rows * block.columns);
        self.raster.read_valid(call, self.band(variable, slice), window(block), valid)
    }
}
