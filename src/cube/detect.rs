//! From a stored group's metadata to its zone axes: what the conventions are told, and where the zones come from.

use std::sync::Arc;

use crate::convention::{self, ArrayMeta, Compression, ElementKind, GroupMeta, IdentityOptions, ZoneAxis};
use crate::cube::Attributes;
use crate::cube::axis::{Axis, Source};
use crate::cube::id_array::IdArray;
use crate::cube::options::SelectionOptions;
use crate::cube::positions::RankedRanges;
use crate::cube::progression::{Chosen, Progression};
use crate::cube::selection::Choice;
use crate::error::{Context, Error, Result};
use crate::grid::{self, Grid, GridSpec};
use crate::hierarchy::{self, AxisSelection, DataType};
use crate::store::Call;

/// An array of a stored group by its metadata alone.
pub(super) struct Described {
    /// Its name in the group.
    pub(super) name: String,
    /// Names of its dimensions, slowest first.
    pub(super) dimensions: Vec<String>,
    /// Its shape.
    pub(super) shape: Vec<u64>,
    /// Its attributes.
    pub(super) attributes: Attributes,
    /// True when its elements are text.
    pub(super) is_text: bool,
    /// Why its metadata cannot be used: the array is listed, and opening it is this error.
    pub(super) broken: Option<Error>,
    kind: ElementKind,
}

/// All arrays of `group`, by their metadata.
pub(super) fn describe(call: &Arc<Call>, group: &hierarchy::Group) -> Result<Vec<Described>> {
    let mut arrays = Vec::new();
    for name in group.array_names(call)? {
        let array = match group.array_metadata(call, &name) {
            Ok(Some(array)) => array,
            Ok(None) => continue,
            Err(error) => {
                arrays.push(Described::broken(name, error));
                continue;
            }
        };
        arrays.push(Described {
            name,
            broken: None,
            dimensions: array.dimensions().iter().map(|dimension| dimension.name.clone()).collect(),
            shape: array.shape().to_vec(),
            is_text: matches!(array.data_type(), DataType::Text { .. }),
            kind: array.data_type().into(),
            attributes: array.attributes().clone(),
        });
    }
    Ok(arrays)
}

impl Described {
    fn broken(name: String, error: Error) -> Self {
        let (dimensions, shape, attributes) = Default::default();
        Self { name, dimensions, shape, attributes, is_text: false, broken: Some(error), kind: ElementKind::Other }
    }

    /// Number of positions along `dimension`.
    pub(super) fn size_of(&self, dimension: &str) -> Option<u64> {
        let at = self.dimensions.iter().position(|name| name == dimension)?;
        self.shape.get(at).copied()
    }

    /// As a convention sees it.
    pub(super) fn meta(&self) -> ArrayMeta<'_> {
        ArrayMeta {
            name: &self.name,
            dimensions: self.dimensions.clone(),
            shape: self.shape.clone(),
            kind: self.kind,
            attributes: &self.attributes,
        }
    }
}

/// A group as a convention sees it; `ancestors` are the attributes of the groups above, nearest first.
pub(super) fn group_meta<'a>(
    path: &'a str,
    attributes: &'a Attributes,
    arrays: &'a [Described],
    ancestors: &'a [Attributes],
) -> GroupMeta<'a> {
    GroupMeta {
        path,
        attributes,
        arrays: arrays.iter().map(Described::meta).collect(),
        ancestors: ancestors.iter().collect(),
    }
}

/// The zone axes that the conventions or the open options give to a group.
pub(super) fn zone_axes(
    group: &hierarchy::Group,
    arrays: &[Described],
    ancestors: &[Attributes],
    identity: &IdentityOptions,
) -> Result<Vec<ZoneAxis>> {
    let meta = group_meta(group.full_name(), group.attributes(), arrays, ancestors);
    convention::detect(&meta, identity)
}

fn id_array(call: &Arc<Call>, group: &hierarchy::Group, name: &str) -> Result<Arc<hierarchy::Array>> {
    group
        .open_array(call, name)?
        .ok_or_else(|| Error::not_found(format!("group {}: there is no array '{name}' of zone ids", group.full_name())))
}

/// The level that the ids themselves carry, by the first of them.
pub(super) fn level_of_ids(
    call: &Arc<Call>,
    group: &hierarchy::Group,
    found: &ZoneAxis,
    grid: &dyn Grid,
) -> Result<u8> {
    let Some(name) = &found.id_array else {
        return Err(Error::corrupt(format!("group {}: neither a level nor an array of zone ids", group.full_name())));
    };
    let array = id_array(call, group, name)?;
    let place = || format!("array {}", array.full_name());
    if array.shape() == [0] {
        return Err(Error::corrupt("it is empty and no level is given: name it with the open option LEVEL"))
            .context(place);
    }
    let ids = IdArray::new(array.clone())?;
    let first = ids.read_ids(call, &Chosen::Strided(Progression { start: 0, count: 1, step: 1 }))?[0];
    grid.parse_zone(&first.to_string(), None).map(|(level, _)| level).context(place)
}

/// The level of `found` as far as it is known without reading data; where open options say which grid it is, the ids are
/// asked whether they agree.
pub(super) fn level(call: &Arc<Call>, group: &hierarchy::Group, found: &ZoneAxis) -> Result<Option<u8>> {
    let Some(name) = found.id_array.as_deref().filter(|_| found.convention == convention::FROM_OPTIONS) else {
        return Ok(found.level);
    };
    let grid = grid::grid(&found.spec)?;
    let Some(level) = found.level else { return level_of_ids(call, group, found, &*grid).map(Some) };
    let ids = IdArray::new(id_array(call, group, name)?)?;
    Axis::new(grid, level, Source::Ids(ids)).check_ends(call)?;
    Ok(Some(level))
}

/// Where the zones of `found` come from.
pub(super) fn source(
    call: &Arc<Call>,
    group: &hierarchy::Group,
    found: &ZoneAxis,
    grid: &dyn Grid,
    level: u8,
) -> Result<Source> {
    let Some(name) = &found.id_array else { return Ok(Source::Globe) };
    let array = id_array(call, group, name)?;
    let place = || format!("array {}", array.full_name());
    match found.compression {
        Compression::None => Ok(Source::Ids(IdArray::new(array.clone())?)),
        Compression::Ranges => ranges(call, &array, grid, level).context(place),
        Compression::Compacted => compacted(call, &array, &found.spec, grid, level).context(place),
    }
}

/// All elements of a small integer array, in C order.
fn all_ids(call: &Arc<Call>, array: &hierarchy::Array) -> Result<Vec<u64>> {
    if !matches!(array.data_type(), DataType::Numeric(numeric) if numeric.is_integer()) {
        return Err(Error::corrupt("zone ids must be integers"));
    }
    let whole: Vec<AxisSelection<'_>> =
        array.shape().iter().map(|&size| AxisSelection::all(size)).collect::<Result<_>>()?;
    array.read_vec::<u64>(call, &whole)
}

/// (n, 2) half-open ranges of nested ids at HEALPix' finest level, each a whole number of zones of `level`.
fn ranges(call: &Arc<Call>, array: &hierarchy::Array, grid: &dyn Grid, level: u8) -> Result<Source> {
    if !matches!(array.shape(), [_, 2]) {
        return Err(Error::corrupt(format!("ranges need the shape (n, 2), not {:?}", array.shape())));
    }
    let shift = 2 * (grid.max_level() - level);
    let count = grid.zone_count(level);
    let mut ranges: Vec<std::ops::Range<u64>> = Vec::new();
    for pair in all_ids(call, array)?.chunks_exact(2) {
        let (first, last) = (pair[0], pair[1]);
        let whole = first.trailing_zeros().min(last.trailing_zeros()) >= u32::from(shift);
        let range = first >> shift..last >> shift;
        let after = ranges.last().is_none_or(|before| before.end <= range.start);
        if !whole || range.is_empty() || range.end > count || !after {
            return Err(Error::corrupt(format!(
                "range {first} to {last} is not an ascending range of whole zones of level {level}"
            )));
        }
        ranges.push(range);
    }
    Ok(Source::Set(RankedRanges::new(ranges)))
}

/// zuniq ids of `level` and coarser ones, ascending; the axis holds all zones of `level` within each.
fn compacted(
    call: &Arc<Call>,
    array: &hierarchy::Array,
    spec: &GridSpec,
    grid: &dyn Grid,
    level: u8,
) -> Result<Source> {
    let mixed = grid::grid(&GridSpec { indexing: "zuniq", ..spec.clone() })?;
    let mut ranges: Vec<std::ops::Range<u64>> = Vec::new();
    for id in all_ids(call, array)? {
        let (found, zone) = mixed.parse_zone(&id.to_string(), None)?;
        if found > level {
            return Err(Error::corrupt(format!("zone {id} is of level {found}, finer than the axis' level {level}")));
        }
        for range in grid.sub_zones(found, zone, level)?.ranges() {
            if ranges.last().is_some_and(|before| before.end > range.start) {
                return Err(Error::corrupt(format!("zone {id} is out of order: compacted ids ascend")));
            }
            ranges.push(range.clone());
        }
    }
    Ok(Source::Set(RankedRanges::new(ranges)))
}

/// Applies the open options that choose zones to `axis`.
///
/// # Errors
/// An option that cannot be read, or a choice without any zone of the cube.
pub(super) fn select(call: &Arc<Call>, options: &SelectionOptions, axis: &mut Axis) -> Result<()> {
    match Choice::new(call, options, &**axis.grid(), axis.level())? {
        Choice::All => return Ok(()),
        Choice::Set(set) => axis.select(call, &set)?,
        Choice::Points(zones) => axis.select_points(call, zones)?,
    }
    if axis.is_empty() {
        return Err(Error::invalid("the open options choose no zone of this cube"));
    }
    Ok(())
}

/// Only integers and text can be ids; the cube needs to know which.
impl From<&DataType> for ElementKind {
    fn from(data_type: &DataType) -> Self {
        match data_type {
            DataType::Text { .. } => Self::Text,
            DataType::Numeric(numeric) if numeric.is_integer() => Self::Integer,
            DataType::Numeric(numeric) if !numeric.is_complex() => Self::Float,
            _ => Self::Other,
        }
    }
}
