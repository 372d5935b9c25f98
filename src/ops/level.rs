//! A level of a cube that is made: its zone axis and arrays in a store, and a [`Sink`] into them.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::frame::Frame;
use super::quantise::engine::{Part, Sink};
use super::quantise::zones::Zones;
use crate::convention::{self, Attributes, Description, LevelPlace, NewAxis, Placement};
use crate::cube::creation::{CreationOptions, Format, Layout, ZoneCut, layout, run_of, slabs, write_ids};
use crate::cube::{Placed, crs};
use crate::error::{Context, Error, Result};
use crate::grid::Grid;
use crate::hierarchy::{Array, AxisSelection, DataType, Editor, NewArray, OpenShards};
use crate::store::{Call, Input, NumericType};

/// An array over zones that is to be made.
#[derive(Clone, Debug)]
pub struct ArrayPlan {
    /// Its name in its group.
    pub name: String,
    /// Name and size of its dimensions beside the zones', slowest first.
    pub outer: Vec<(String, u64)>,
    /// Those of them that are time.
    pub temporal: Vec<String>,
    /// Type of its elements.
    pub data_type: NumericType,
    /// The value of zones without data, one element in native byte order; `None`: all have data.
    pub nodata: Option<Vec<u8>>,
    /// Its attributes, without those that tell of the grid.
    pub attributes: Attributes,
    /// How it is stored; `None`: as the creation options say.
    pub like: Option<Like>,
}

/// An array of another level, as which one is to be stored: its chunks, shards and codecs.
#[derive(Clone, Debug)]
pub struct Like {
    /// The array.
    pub array: Arc<Array>,
    /// Which of its axes each axis of the new one is.
    pub axes: Vec<usize>,
}

impl Like {
    /// The layout of an array of `shape`: chunks that are no larger than it.
    fn layout(&self, shape: &[u64]) -> Layout {
        let within = |extents: &[u64]| -> Vec<u64> {
            self.axes.iter().zip(shape).map(|(axis, size)| extents[*axis].min(*size).max(1)).collect()
        };
        let chunk = within(self.array.read_chunk_shape());
        let blocks = within(self.array.block_size()).into_iter().zip(&chunk);
        let shard: Vec<u64> = blocks.map(|(block, chunk)| block.next_multiple_of(*chunk)).collect();
        let has_shards = self.array.block_size() != self.array.read_chunk_shape() && shard != chunk;
        Layout { chunk, shard: has_shards.then_some(shard) }
    }
}

fn create_array(editor: &Editor, group: &str, new: &NewArray, like: Option<&Like>) -> Result<Arc<Array>> {
    match like {
        Some(like) => editor.create_array_like(group, new, &like.array),
        None => editor.create_array(group, new),
    }
}

/// What the dimension of zones and its companions are called, where the convention does not say or has them.
pub struct Names {
    /// The dimension.
    pub dimension: String,
    /// The array of zone ids.
    pub ids: String,
    /// The grid mapping variable.
    pub grid_mapping: String,
}

impl Names {
    /// The usual ones, or others where they are `taken`.
    pub fn usual(taken: &[&str]) -> Self {
        let free = |name: &str| super::source::untaken(name.to_owned(), |name| taken.contains(&name));
        Self { dimension: free("cells"), ids: free("cell_ids"), grid_mapping: free("crs") }
    }
}

/// A level that is to be made.
pub struct LevelPlan<'a> {
    /// The grid.
    pub grid: &'a Arc<dyn Grid>,
    /// The zones along the axis.
    pub zones: &'a Zones,
    /// Where it goes, below `group`.
    pub place: &'a LevelPlace,
    /// Path of the group that the pyramid, or the cube alone, is in.
    pub group: &'a str,
    /// The arrays.
    pub arrays: &'a [ArrayPlan],
    /// Names of what lies beside them.
    pub names: &'a Names,
    /// True when other arrays of the level are there, and with them its zone axis.
    pub joins: bool,
    /// How the array of zone ids is stored; `None`: as the options say.
    pub ids_like: Option<&'a Like>,
    /// The creation options.
    pub options: &'a CreationOptions,
}

/// A level that is there: metadata are in the frame's editor, values come.
pub struct Level<'a> {
    /// Where what is done is remembered; `None`: nowhere.
    frame: Option<&'a Frame>,
    grid: Arc<dyn Grid>,
    zones: Cow<'a, Zones>,
    level: u8,
    /// What the convention says of it.
    pub description: Description,
    /// Path of the group of its arrays.
    pub path: String,
    ids: Option<Arc<Array>>,
    /// The arrays, in the order of the plan.
    pub arrays: Vec<Arc<Array>>,
    /// Shards of each that are not complete.
    open: Vec<OpenShards>,
    run_length: u64,
    piece_length: u64,
}

/// The path of a child.
pub(super) fn below(path: &str, name: &str) -> String {
    if name.is_empty() { path.to_owned() } else { format!("{}/{name}", path.trim_end_matches('/')) }
}

/// What the convention of `options` says of zones of a level.
///
/// # Errors
/// A convention that cannot describe these zones, or puts them where an option that is given means nothing.
pub fn describe(
    grid: &dyn Grid,
    level: u8,
    zones: &Zones,
    suffix: &str,
    options: &CreationOptions,
    names: &Names,
) -> Result<Description> {
    let listed = match zones.are_listed() {
        true => convention::Zones::Listed(zones.len()),
        false => convention::Zones::Globe,
    };
    let usual = NewAxis::new(grid.spec(), level, listed);
    let Names { dimension, ids, grid_mapping } = names;
    let axis = NewAxis { dimension, id_array: ids, grid_mapping, suffix, ..usual };
    let description = convention::describe(options.convention, &axis)?;
    if description.placement != Placement::Line && (options.chunk_level.is_some() || options.shard_level.is_some()) {
        return Err(Error::invalid(format!(
            "CHUNK_LEVEL and SHARD_LEVEL cut an axis of zones, and {} has them on {} dimensions, which are cut into runs of \
             positions: leave them out",
            options.convention,
            description.dimensions.len()
        )));
    }
    Ok(description)
}

/// True when there are positions that no zone is placed at.
pub fn pads(description: &Description, zones: &Zones) -> bool {
    description.dimensions.iter().map(|(_, size)| size).product::<u64>() != zones.len()
}

/// The zones along the axis of `description`, where they are told to be `zones`.
fn along<'a>(grid: &dyn Grid, level: u8, description: &Description, zones: &'a Zones) -> Result<Cow<'a, Zones>> {
    if description.placement == Placement::Line {
        return Ok(Cow::Borrowed(zones));
    }
    let sizes = description.dimensions.iter().map(|(_, size)| *size).collect();
    let (placement, meaning) = (description.placement.clone(), description.meaning.clone());
    let placed = Placed::new(grid.spec(), level, placement, sizes, meaning)?;
    Ok(Cow::Owned(Zones::Placed(Arc::new(placed))))
}

impl<'a> Level<'a> {
    /// Creates the level's arrays. Steps that are done are remembered in `frame`.
    ///
    /// # Errors
    /// A convention that cannot describe it; names that are taken; a surface that PROJ does not understand.
    pub fn create(editor: &Editor, frame: Option<&'a Frame>, plan: &LevelPlan<'a>) -> Result<Self> {
        let (grid, options, level) = (plan.grid, plan.options, plan.place.level);
        let description = describe(&**grid, level, plan.zones, &plan.place.suffix, options, plan.names)?;
        let path = below(plan.group, &plan.place.group);
        if !plan.place.group.is_empty() && !plan.joins {
            editor.create_group(&path)?;
        }
        // A level that shares a finer one's group finds it told.
        if plan.place.suffix.is_empty() && !plan.joins {
            let mut attributes = editor.attributes(&path)?;
            description.group(&mut attributes);
            for (key, value) in attributes {
                editor.set_attribute(&path, &key, Some(value))?;
            }
        }
        let zones = along(&**grid, level, &description, plan.zones)?;
        let (zone_names, zone_shape): (Vec<String>, Vec<u64>) = description.dimensions.iter().cloned().unzip();
        let cut = |axis: usize| ZoneCut {
            axis,
            grid: &**grid,
            level,
            chunk_level: options.chunk_level,
            shard_level: options.shard_level,
        };
        let ids = match description.id_array.as_ref().filter(|_| !plan.joins) {
            None => None,
            Some(name) => {
                let shape = vec![plan.zones.len()];
                let layout = match plan.ids_like {
                    Some(like) => like.layout(&shape),
                    None => layout(&shape, size_of::<u64>(), Some(cut(0)), options.format),
                };
                let data_type = DataType::Numeric(NumericType::UInt64);
                let mut ids = NewArray::new(name.clone(), data_type, zone_names.clone(), shape, layout.chunk);
                ids.shard_shape = layout.shard;
                ids.compressor = options.id_compressor.clone();
                // In V2 xarray would take the fill value for a mark, and ids for floats.
                ids.fill = (options.format == Format::V3).then(|| u64::MAX.to_ne_bytes().to_vec());
                description.ids(&mut ids.attributes);
                Some(create_array(editor, &path, &ids, plan.ids_like)?)
            }
        };
        for (name, attributes) in description.auxiliary.iter().filter(|_| !plan.joins) {
            let mut scalar = NewArray::new(name.clone(), DataType::Numeric(NumericType::Int8), vec![], vec![], vec![]);
            scalar.attributes = attributes.clone();
            scalar.fill = Some(vec![0; NumericType::Int8.on_host().size()]);
            editor.create_array(&path, &scalar)?;
        }
        let crs = crs::attribute_of_grid(grid.spec())?;
        let mut arrays = Vec::new();
        let (mut run_length, mut piece_length) = (ids.as_ref().map_or(1, |ids| ids.block_size()[0]), 1);
        for array in plan.arrays {
            let (mut names, mut shape): (Vec<String>, Vec<u64>) = array.outer.iter().cloned().unzip();
            names.extend_from_slice(&zone_names);
            shape.extend_from_slice(&zone_shape);
            let (rank, size) = (zone_shape.len(), array.data_type.size());
            let layout = match (&array.like, rank) {
                (Some(like), _) => like.layout(&shape),
                (None, 1) => layout(&shape, size, Some(cut(shape.len() - 1)), options.format),
                (None, _) => slabs(&shape, rank, size, options.format),
            };
            let name = format!("{}{}", array.name, plan.place.suffix);
            let mut new = NewArray::new(name, DataType::Numeric(array.data_type), names, shape, layout.chunk);
            new.shard_shape = layout.shard;
            new.compressor = options.compressor.clone();
            new.attributes = array.attributes.clone();
            description.data(&mut new.attributes, &array.temporal);
            new.attributes.insert(convention::crs::ATTRIBUTE.into(), crs.clone());
            new.fill = array.nodata.clone();
            let mut made = create_array(editor, &path, &new, array.like.as_ref())?;
            if let Some(nodata) = &array.nodata {
                let path = made.full_name().to_owned();
                editor.set_nodata(&path, Some(nodata))?;
                made = editor.array(&path)?;
            }
            let length = |block: &[u64]| run_of(&zone_shape, &block[block.len() - zone_shape.len()..]);
            run_length = least_common_multiple(run_length, length(made.block_size()));
            piece_length = least_common_multiple(piece_length, length(made.read_chunk_shape()));
            arrays.push(made);
        }
        let open = arrays.iter().map(|_| OpenShards::default()).collect();
        let grid = grid.clone();
        Ok(Self { frame, grid, zones, level, description, path, ids, arrays, open, run_length, piece_length })
    }

    /// The zones along the axis, or at the positions of several counted as one.
    pub fn zones(&self) -> &Zones {
        &self.zones
    }

    /// The axes of array number `at` that are the zones', slowest first.
    pub fn zone_axes(&self, at: usize) -> Vec<usize> {
        let rank = self.arrays[at].shape().len();
        (rank - self.description.dimensions.len()..rank).collect()
    }

    /// The first position and the number of positions along each axis of zones, of a run.
    fn extents(&self, zones: &Range<u64>) -> Vec<(u64, u64)> {
        let Zones::Placed(placed) = &*self.zones else { return vec![(zones.start, zones.end - zones.start)] };
        let mut left = zones.end - zones.start;
        let mut counts: Vec<u64> = Vec::with_capacity(placed.sizes().len());
        for size in placed.sizes().iter().rev() {
            let count = left.min(*size);
            counts.push(count);
            left /= count.max(1);
        }
        placed.indices(zones.start).into_iter().zip(counts.into_iter().rev()).collect()
    }

    /// The level.
    pub fn level(&self) -> u8 {
        self.level
    }

    fn step(&self, run: u64) -> String {
        format!("{}:{}:{run}", self.path, self.level)
    }

    fn positions(&self, run: u64) -> Range<u64> {
        let length = self.run_length();
        run * length..((run + 1) * length).min(self.zones.len())
    }

    /// Writes the ids of the zones at `positions`.
    fn write_ids(&self, call: &Arc<Call>, ids: &Array, positions: Range<u64>) -> Result<()> {
        write_ids(call, ids, (&*self.grid, self.level), positions, &|positions, zones| {
            zones.copy_from_slice(&self.zones.at(&*self.grid, self.level, positions)?);
            Ok(())
        })
    }
}

fn least_common_multiple(a: u64, b: u64) -> u64 {
    let gcd = |mut a: u64, mut b: u64| {
        while b != 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    (a / gcd(a, b).max(1)).saturating_mul(b)
}

impl Sink for Level<'_> {
    fn run_length(&self) -> u64 {
        self.run_length.clamp(1, self.zones.len().max(1))
    }

    fn piece_length(&self) -> u64 {
        // Chunks of several arrays may not end together before the run does.
        let run = self.run_length();
        if run.is_multiple_of(self.piece_length) { self.piece_length } else { run }
    }

    fn outer_block(&self, variable: usize) -> Vec<u64> {
        let block = self.arrays[variable].block_size();
        block[..block.len() - self.description.dimensions.len()].to_vec()
    }

    fn write(&self, call: &Arc<Call>, variable: usize, part: &Part, values: &[u8]) -> Result<()> {
        let array = &self.arrays[variable];
        let number = array.data_type().numeric().ok_or_else(|| Error::invalid("an array that is not numeric"))?;
        let axes = part.start.iter().zip(&part.count).map(|(&start, &count)| (start, count));
        let axes: Vec<(u64, u64)> = axes.chain(self.extents(&part.zones)).collect();
        let counts: Vec<usize> = axes.iter().map(|(_, count)| *count as usize).collect();
        let select = |&(start, count): &(u64, u64)| AxisSelection::Strided { start, count: count as usize, step: 1 };
        let selection: Vec<AxisSelection<'_>> = axes.iter().map(select).collect();
        array.write_part(call, &selection, Input::from_bytes(values, number, &counts)?, &self.open[variable])
    }

    fn is_done(&self, run: u64) -> bool {
        self.frame.is_some_and(|frame| frame.is_done(&self.step(run)))
    }

    fn done(&self, call: &Arc<Call>, run: u64) -> Result<()> {
        if let Some(ids) = &self.ids {
            self.write_ids(call, ids, self.positions(run)).context(|| self.path.clone())?;
        }
        self.frame.map_or(Ok(()), |frame| frame.done(&self.step(run)))
    }
}
