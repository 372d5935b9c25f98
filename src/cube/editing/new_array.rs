//! From what the user asks of a new array to what is stored.

use super::axis::NewZones;
use crate::convention;
use crate::cube::creation::{ArrayOptions, CreationOptions, ZoneCut, layout};
use crate::cube::crs;
use crate::cube::layer::ZONE_DIMENSION;
use crate::cube::{Attributes, DataType, Dimension, NewArray};
use crate::error::Result;
use crate::grid::Grid;
use crate::hierarchy;
use crate::store::NumericType;

/// The axis of zones that a new array lies on.
pub(super) enum OnZones<'a> {
    /// None.
    No,
    /// One that was made in this session.
    New(&'a NewZones),
    /// One that the store had before: its grid and level, and an array on it to say the same as.
    Old { grid: &'a dyn Grid, level: u8, like: Option<Attributes> },
}

/// What an array says of the zone axis that it lies on, and is said again by another one on the same axis.
const SAID_OF_ZONES: [&str; 4] = ["grid", "grid_mapping", "coordinates", convention::crs::ATTRIBUTE];

/// The array to be stored.
///
/// # Errors
/// Options that make no sense; a CRS that PROJ does not know.
pub(super) fn stored(new: &NewArray, zones: &OnZones<'_>, options: &CreationOptions) -> Result<hierarchy::NewArray> {
    let chosen = ArrayOptions::parse(&new.options, new.dimensions.len(), options)?;
    let shape: Vec<u64> = new.dimensions.iter().map(|dimension| dimension.size).collect();
    let mut zone_axes = new.dimensions.iter().enumerate().filter(|(_, dimension)| dimension.kind == ZONE_DIMENSION);
    let (chunk_level, shard_level) =
        (chosen.chunk_level.or(options.chunk_level), chosen.shard_level.or(options.shard_level));
    // Only a single axis of zones is cut by zones.
    let line = zone_axes.next().filter(|_| zone_axes.next().is_none()).map(|(axis, _)| axis);
    let cut = match (zones, line) {
        (OnZones::New(zones), Some(axis)) => Some(zones.cut(axis, chunk_level, shard_level)),
        (OnZones::Old { grid, level, .. }, Some(axis)) => {
            Some(ZoneCut { axis, grid: *grid, level: *level, chunk_level, shard_level })
        }
        _ => None,
    };
    let layout = layout(&shape, element_size(&new.data_type), cut, options.format);
    let names = new.dimensions.iter().map(|dimension| dimension.name.clone()).collect();
    let chunk = chosen.chunk_shape.clone().unwrap_or(layout.chunk);
    let mut array = hierarchy::NewArray::new(new.name.clone(), new.data_type.clone(), names, shape, chunk);
    // A chunk that was chosen without a shard is a file.
    array.shard_shape = match (chosen.shard_shape, chosen.chunk_shape) {
        (Some(shard), _) => shard,
        (None, Some(_)) => None,
        (None, None) => layout.shard,
    };
    array.compressor = chosen.compressor.unwrap_or_else(|| options.compressor.clone());
    array.attributes = attributes(new, zones)?;
    array.fill = missing(&new.data_type, zones);
    Ok(array)
}

/// Bytes of an element; texts are of a few words.
fn element_size(data_type: &DataType) -> usize {
    match data_type {
        DataType::Numeric(number) => number.size(),
        DataType::Text { max_length } => (*max_length).max(32),
        DataType::Compound { size, .. } => *size,
    }
}

/// What elements on zones are that were not written: NaN where there is one. Other types keep Zarr's zero until the user
/// names a nodata value.
fn missing(data_type: &DataType, zones: &OnZones<'_>) -> Option<Vec<u8>> {
    if matches!(zones, OnZones::No) {
        return None;
    }
    match data_type.numeric()? {
        NumericType::Float16 => Some(half::f16::NAN.to_ne_bytes().into()),
        NumericType::Float32 => Some(f32::NAN.to_ne_bytes().into()),
        NumericType::Float64 => Some(f64::NAN.to_ne_bytes().into()),
        _ => None,
    }
}

fn attributes(new: &NewArray, zones: &OnZones<'_>) -> Result<Attributes> {
    let mut attributes = Attributes::new();
    match zones {
        OnZones::No => {
            if let [dimension] = new.dimensions.as_slice()
                && dimension.name == new.name
            {
                attributes.extend(axis_attributes(dimension));
            }
        }
        OnZones::New(zones) => {
            let of_time = |dimension: &&Dimension| dimension.kind == "TEMPORAL";
            let temporal: Vec<String> = new.dimensions.iter().filter(of_time).map(|time| time.name.clone()).collect();
            zones.description.data(&mut attributes, &temporal);
            attributes.insert(convention::crs::ATTRIBUTE.into(), crs::attribute_of_grid(zones.grid.spec())?);
        }
        OnZones::Old { grid, like, .. } => {
            let said = like.iter().flatten().filter(|(key, _)| SAID_OF_ZONES.contains(&key.as_str()));
            attributes.extend(said.map(|(key, value)| (key.clone(), value.clone())));
            if !attributes.contains_key(convention::crs::ATTRIBUTE) {
                attributes.insert(convention::crs::ATTRIBUTE.into(), crs::attribute_of_grid(grid.spec())?);
            }
        }
    }
    Ok(attributes)
}

/// CF's attributes for the kind and direction of an axis, where its name does not tell them.
fn axis_attributes(dimension: &Dimension) -> Attributes {
    let mut attributes = Attributes::new();
    let axis = match dimension.kind.as_str() {
        "TEMPORAL" if dimension.name != "time" => Some("T"),
        "VERTICAL" => Some("Z"),
        "HORIZONTAL_X" => Some("X"),
        "HORIZONTAL_Y" => Some("Y"),
        _ => None,
    };
    attributes.extend(axis.map(|axis| ("axis".to_owned(), axis.into())));
    let positive = match (dimension.kind.as_str(), dimension.direction.as_str()) {
        ("VERTICAL", "UP") => Some("up"),
        ("VERTICAL", "DOWN") => Some("down"),
        _ => None,
    };
    attributes.extend(positive.map(|positive| ("positive".to_owned(), positive.into())));
    attributes
}
