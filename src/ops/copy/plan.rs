//! What the copy is to consist of: groups, arrays, and what fills them.

use std::sync::Arc;

use serde_json::Value;

use super::axis::CopyAxis;
use super::order::Order;
use super::source::{SourceArray, SourceGroup};
use crate::convention::{self, Attributes, Node, Placement};
use crate::cube::creation::{CreationOptions, ZoneCut, layout};
use crate::error::{Context, Result};
use crate::hierarchy::{DataType, Format, NewArray};
use crate::store::dataset::Array;
use crate::store::{Call, NumericType, proj};

/// A group of the copy.
pub(super) struct PlannedGroup<'s> {
    pub(super) path: String,
    pub(super) attributes: Attributes,
    pub(super) arrays: Vec<PlannedArray<'s>>,
}

/// An array of the copy.
pub(super) struct PlannedArray<'s> {
    pub(super) new: NewArray,
    /// The value that marks missing elements.
    pub(super) nodata: Option<Vec<u8>>,
    pub(super) content: Content<'s>,
}

/// Where the elements of an array come from.
pub(super) enum Content<'s> {
    /// The same positions of a source array.
    Same(&'s Array),
    /// A source array whose zones have other positions: the axes that are its zones', and how many they become.
    Moved(&'s Array, Arc<Order>, Vec<usize>, usize),
    /// The ids of zones.
    Ids(Arc<CopyAxis>),
    /// One zero.
    Scalar,
}

impl PlannedArray<'_> {
    /// Bytes of all its elements.
    pub(super) fn bytes(&self) -> u64 {
        let size = match &self.new.data_type {
            DataType::Numeric(number) => number.size(),
            DataType::Text { .. } => size_of::<&str>(),
            DataType::Compound { size, .. } => *size,
        };
        self.new.shape.iter().product::<u64>() * size as u64
    }
}

/// All groups of the copy of `root`. With `converts` the grid is told anew, in the convention and the scheme of ids that the
/// options name; else metadata and positions stay as they are.
///
/// # Errors
/// A convention that cannot tell a grid; what cannot be stored.
pub(super) fn plan<'s>(
    call: &Arc<Call>,
    root: &'s SourceGroup,
    options: &CreationOptions,
    converts: bool,
) -> Result<Vec<PlannedGroup<'s>>> {
    let groups = root.all();
    let some_axis = groups.iter().find_map(|group| group.axes.first());
    let planner = Planner { call, options };
    let mut planned = Vec::new();
    for group in groups {
        let place = || format!("group {}", group.path);
        let mut attributes = group.attributes.clone();
        let mut axes = Vec::new();
        if converts {
            for axis in group.axes.iter().chain(some_axis.filter(|_| group.axes.is_empty())) {
                attributes = convention::stripped(axis, Node::Group, &attributes);
            }
            for at in 0..group.axes.len() {
                let axis = CopyAxis::new(call, group, at, options).context(place)?;
                axis.description.group(&mut attributes);
                axes.push(Arc::new(axis));
            }
        }
        let arrays = match converts {
            true => planner.converted(group, &axes).context(place)?,
            false => group.arrays.iter().map(|array| planner.same(array)).collect::<Result<_>>().context(place)?,
        };
        planned.push(PlannedGroup { path: group.path.clone(), attributes, arrays });
    }
    if converts {
        tell_pyramids(root, &mut planned);
    }
    Ok(planned)
}

/// A layout of levels that was read stays true: names of groups do not change.
fn tell_pyramids(root: &SourceGroup, planned: &mut [PlannedGroup<'_>]) {
    for group in root.all().into_iter().filter(|group| group.attributes.contains_key("multiscales")) {
        let levels: Vec<(String, Value)> = planned
            .iter()
            .filter_map(|below| {
                let asset = below.path.strip_prefix(group.path.as_str())?.trim_start_matches('/').to_owned();
                Some((asset, below.attributes.get("dggs")?.clone()))
            })
            .collect();
        let Some(above) = planned.iter_mut().find(|planned| planned.path == group.path) else { continue };
        convention::retell_levels(&mut above.attributes, &levels);
    }
}

struct Planner<'a> {
    call: &'a Arc<Call>,
    options: &'a CreationOptions,
}

impl Planner<'_> {
    /// An array as it is.
    fn same<'s>(&self, array: &'s SourceArray) -> Result<PlannedArray<'s>> {
        let names = array.dimensions().to_vec();
        let new = self.new_array(array, names, array.array.shape(), array.attributes.clone(), None)?;
        let nodata = self.nodata(array);
        Ok(PlannedArray { new, nodata, content: Content::Same(&array.array) })
    }

    fn converted<'s>(&self, group: &'s SourceGroup, axes: &[Arc<CopyAxis>]) -> Result<Vec<PlannedArray<'s>>> {
        let mut planned = Vec::new();
        for (axis, found) in axes.iter().zip(&group.axes) {
            if let Some(name) = &axis.description.id_array {
                let stored = found.id_array.as_deref().and_then(|name| group.array(name));
                let stored = stored.map(|array| convention::stripped(found, Node::Ids, &array.attributes));
                planned.push(self.ids(axis, name, stored.unwrap_or_default()));
            }
            planned.extend(axis.description.auxiliary.iter().map(|(name, attributes)| scalar(name, attributes)));
        }
        for array in &group.arrays {
            let name = array.array.name();
            let is_ids = group.axes.iter().any(|axis| axis.id_array.as_deref() == Some(name));
            if is_ids || (convention::is_grid_mapping(&array.attributes) && array.dimensions().len() <= 1) {
                continue;
            }
            match group.axis_of(array) {
                Some(at) => planned.push(self.on_axis(group, at, &axes[at], array)?),
                // What lies along some of the dimensions that become others has no place any more.
                None if axes.iter().any(|axis| axis.loses(array)) => {}
                None => planned.push(self.same(array)?),
            }
        }
        Ok(planned)
    }

    /// An array on a zone axis.
    fn on_axis<'s>(
        &self,
        group: &SourceGroup,
        at: usize,
        axis: &Arc<CopyAxis>,
        array: &'s SourceArray,
    ) -> Result<PlannedArray<'s>> {
        let Some((order, zone_axes)) = axis.order_of(array) else { return self.same(array) };
        let description = &axis.description;
        let (mut names, mut shape) = (Vec::new(), Vec::new());
        for (at, (name, size)) in array.dimensions().iter().zip(array.array.shape()).enumerate() {
            if !zone_axes.contains(&at) {
                names.push(name.clone());
                shape.push(size);
            } else if at == zone_axes[0] {
                names.extend(description.dimensions.iter().map(|(name, _)| name.clone()));
                shape.extend(description.dimensions.iter().map(|(_, size)| *size));
            }
        }
        let node = Node::Array(array.array.name());
        let mut attributes = convention::stripped(&group.axes[at], node, &array.attributes);
        let is_time = |dimension: &&crate::store::dataset::Dimension| {
            dimension.kind == "TEMPORAL" || dimension.name.eq_ignore_ascii_case("time")
        };
        let temporal: Vec<String> =
            array.array.dimensions().iter().filter(is_time).map(|dimension| dimension.name.clone()).collect();
        description.data(&mut attributes, &temporal);
        let new = self.new_array(array, names, shape, attributes, Some((axis, zone_axes[0])))?;
        let mut nodata = self.nodata(array);
        if description.placement != Placement::Line && nodata.is_none() {
            nodata = padding(&new.data_type);
        }
        let content = match **order {
            Order::Same(_) => Content::Same(&array.array),
            _ => Content::Moved(&array.array, order.clone(), zone_axes, description.dimensions.len()),
        };
        Ok(PlannedArray { new: NewArray { fill: nodata.clone().or(new.fill.clone()), ..new }, nodata, content })
    }

    /// The array of zone ids.
    fn ids<'s>(&self, axis: &Arc<CopyAxis>, name: &str, mut attributes: Attributes) -> PlannedArray<'s> {
        axis.description.ids(&mut attributes);
        let (names, shape): (Vec<_>, Vec<_>) = axis.description.dimensions.iter().cloned().unzip();
        let cut = layout(&shape, 8, Some(self.zone_cut(axis, 0)), self.options.format);
        let number = DataType::Numeric(NumericType::UInt64);
        let mut new = NewArray::new(name, number, names, shape, cut.chunk);
        new.shard_shape = cut.shard;
        new.compressor = self.options.id_compressor.clone();
        new.attributes = attributes;
        PlannedArray { new, nodata: None, content: Content::Ids(axis.clone()) }
    }

    fn zone_cut<'g>(&self, axis: &'g CopyAxis, at: usize) -> ZoneCut<'g> {
        let (chunk_level, shard_level) = (self.options.chunk_level, self.options.shard_level);
        ZoneCut { axis: at, grid: &*axis.grid, level: axis.level, chunk_level, shard_level }
    }

    fn nodata(&self, array: &SourceArray) -> Option<Vec<u8>> {
        array.array.data_type().numeric()?;
        array.array.nodata(self.call)
    }

    /// An array of the copy but for its zones: type, chunks, unit, scale, CRS of the source's.
    fn new_array(
        &self,
        array: &SourceArray,
        names: Vec<String>,
        shape: Vec<u64>,
        mut attributes: Attributes,
        axis: Option<(&CopyAxis, usize)>,
    ) -> Result<NewArray> {
        let source = &array.array;
        let place = || format!("array {}", source.full_name());
        let data_type = source.data_type().clone();
        let unit = source.unit(self.call);
        if !unit.is_empty() {
            attributes.entry("units").or_insert_with(|| unit.into());
        }
        let (scale, offset) = source.scale_and_offset(self.call);
        for (key, value) in [("scale_factor", scale), ("add_offset", offset)] {
            if let Some(value) = value {
                attributes.entry(key).or_insert_with(|| value.into());
            }
        }
        if let Some(wkt) = source.crs_wkt(self.call)? {
            let texts = proj::crs_texts(&wkt).context(place)?;
            let crs = convention::crs::attribute(texts.url.as_deref(), &texts.wkt, texts.projjson.as_deref());
            attributes.insert(convention::crs::ATTRIBUTE.into(), crs);
        }
        let (chunk, shard) = self.chunks(source, &data_type, &shape, axis);
        let mut new = NewArray::new(source.name(), data_type, names, shape, chunk);
        new.shard_shape = shard;
        new.fill = self.nodata(array);
        new.compressor = self.options.compressor.clone();
        new.attributes = attributes;
        Ok(new)
    }

    /// Chunks and shards: the source's, unless the options say otherwise, the source has none, or other axes.
    fn chunks(
        &self,
        source: &Array,
        data_type: &DataType,
        shape: &[u64],
        axis: Option<(&CopyAxis, usize)>,
    ) -> (Vec<u64>, Option<Vec<u64>>) {
        let options = self.options;
        let block = source.block_size(self.call);
        let fits = block.len() == shape.len() && !block.contains(&0);
        let asked = axis.is_some() && (options.chunk_level.is_some() || options.shard_level.is_some());
        if !fits || asked {
            let size = match data_type {
                DataType::Numeric(number) => number.size(),
                DataType::Text { .. } => 16,
                DataType::Compound { size, .. } => *size,
            };
            let on_line = axis.filter(|(axis, _)| axis.description.placement == Placement::Line);
            let cut = layout(shape, size, on_line.map(|(axis, at)| self.zone_cut(axis, at)), options.format);
            return (cut.chunk, cut.shard);
        }
        let within = |extents: &[u64]| -> Vec<u64> {
            extents.iter().zip(shape).map(|(extent, size)| (*extent).clamp(1, (*size).max(1))).collect()
        };
        let inner = inner_chunk(&source.structural_info(self.call))
            .filter(|inner| options.format == Format::V3 && inner.len() == shape.len() && !inner.contains(&0));
        match inner.map(|inner| within(&inner)) {
            Some(chunk) => {
                let block = within(&block);
                let shard: Vec<u64> =
                    block.iter().zip(&chunk).map(|(block, chunk)| block.next_multiple_of(*chunk)).collect();
                let is_shard = shard != chunk;
                (chunk, is_shard.then_some(shard))
            }
            None => (within(&block), None),
        }
    }
}

/// The chunks within shards, as the structural information of an array tells its codecs.
fn inner_chunk(info: &[(String, String)]) -> Option<Vec<u64>> {
    let (_, codecs) = info.iter().find(|(key, _)| key == "CODECS")?;
    let codecs: Value = serde_json::from_str(codecs).ok()?;
    let sharding = codecs.as_array()?.iter().find(|codec| codec["name"] == "sharding_indexed")?;
    sharding["configuration"]["chunk_shape"].as_array()?.iter().map(Value::as_u64).collect()
}

/// An array without dimensions that is there for its attributes.
fn scalar<'s>(name: &str, attributes: &Attributes) -> PlannedArray<'s> {
    let number = DataType::Numeric(NumericType::UInt8);
    let mut new = NewArray::new(name, number, Vec::new(), Vec::new(), Vec::new());
    new.attributes = attributes.clone();
    PlannedArray { new, nodata: None, content: Content::Scalar }
}

/// What stands where no zone is, in an array without a nodata value: not a number, or the largest number.
fn padding(data_type: &DataType) -> Option<Vec<u8>> {
    use NumericType::{Float32, Float64, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64};
    Some(match data_type.numeric()? {
        Float32 => f32::NAN.to_ne_bytes().to_vec(),
        Float64 => f64::NAN.to_ne_bytes().to_vec(),
        UInt8 => u8::MAX.to_ne_bytes().to_vec(),
        Int8 => i8::MAX.to_ne_bytes().to_vec(),
        UInt16 => u16::MAX.to_ne_bytes().to_vec(),
        Int16 => i16::MAX.to_ne_bytes().to_vec(),
        UInt32 => u32::MAX.to_ne_bytes().to_vec(),
        Int32 => i32::MAX.to_ne_bytes().to_vec(),
        UInt64 => u64::MAX.to_ne_bytes().to_vec(),
        Int64 => i64::MAX.to_ne_bytes().to_vec(),
        _ => return None,
    })
}
