//! Pyramids: each coarser level from the next finer one, by the family's hierarchy.
//!
//! - [`weights`]: the finer zones that a zone is made of, and how much of each;
//! - [`fine`]: their values, wherever they lie in an array;
//! - this module: the values of a level, run by run as in [`engine`](super::quantise::engine).

mod fine;
pub mod weights;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use weights::{Member, Weights};

use super::quantise::apart;
use super::quantise::engine::{Part, Sink, blocks_of};
use super::quantise::reduce::{Reducer, Reduction, Sample};
use super::quantise::values::with_type;
use super::quantise::zones::Zones;
use super::{Progress, runs};
use crate::cube::{NO_ZONE, Resampling};
use crate::error::{Error, Result};
use crate::grid::{Grid, Zone, ZoneSet};
use crate::hierarchy::Array;
use crate::store::{Call, NumericType};

/// An array of the finer level, and how it is made coarser.
pub struct Layer {
    /// The array.
    pub array: Arc<Array>,
    /// Which of its axes are the zones', slowest first as the finer zones' positions count them.
    pub zone_axes: Vec<usize>,
    /// How values become one.
    pub resampling: Resampling,
    /// The value of zones without data, one element in native byte order; without one all zones have data.
    pub nodata: Option<Vec<u8>>,
}

/// The zones of a finer level, to be found by zone.
pub trait Finer: Sync {
    /// How many there are.
    fn count(&self) -> u64;

    /// The positions of `zones`; `None` for those that are not there.
    ///
    /// # Errors
    /// Zone ids that cannot be read; the grid has no such zones.
    fn positions(&self, call: &Arc<Call>, zones: &[Zone]) -> Result<Vec<Option<u64>>>;
}

/// Zones of a level that we wrote.
pub struct Written<'a> {
    /// The grid.
    pub grid: &'a dyn Grid,
    /// Their level.
    pub level: u8,
    /// Which.
    pub zones: &'a Zones,
}

impl Finer for Written<'_> {
    fn count(&self) -> u64 {
        self.zones.len()
    }

    fn positions(&self, _call: &Arc<Call>, zones: &[Zone]) -> Result<Vec<Option<u64>>> {
        self.zones.positions(self.grid, self.level, zones)
    }
}

/// A level that is made of a finer one.
pub struct Step<'a> {
    /// The grid.
    pub grid: &'a dyn Grid,
    /// The level that is made.
    pub level: u8,
    /// Its zones.
    pub coarse: &'a Zones,
    /// The finer level.
    pub fine_level: u8,
    /// Its zones.
    pub fine: &'a dyn Finer,
    /// Its arrays.
    pub layers: &'a [Layer],
    /// Bound of the working memory in bytes.
    pub max_memory: u64,
    /// Threads, at most those that the call grants.
    pub threads: usize,
}

/// The zones of `level` that are made of any of `fine`, zones of `fine_level`.
///
/// # Errors
/// The grid has no such level.
pub fn coarser(grid: &dyn Grid, level: u8, fine_level: u8, fine: &Zones) -> Result<Zones> {
    if !fine.are_listed() {
        return Ok(Zones::globe(grid, level));
    }
    let weights = Weights::new(grid, level, fine_level);
    let mut parents = Vec::new();
    let mut set = ZoneSet::default();
    for start in (0..fine.len()).step_by(BATCH) {
        for zone in fine.at(grid, fine_level, start..(start + BATCH as u64).min(fine.len()))? {
            weights.parents(zone, &mut parents)?;
        }
        set = set.union(&ZoneSet::from_zones(parents.drain(..)));
    }
    Zones::listed(grid, level, set)
}

/// Zones looked at together.
const BATCH: usize = 4096;

/// Makes the values of all zones of a level and gives them to `sink`.
///
/// # Errors
/// The finer level cannot be read or the sink not written; a type that cannot be resampled; the caller stopped it.
pub fn run(call: &Arc<Call>, step: &Step<'_>, sink: &dyn Sink, progress: Progress<'_>) -> Result<()> {
    let length = sink.run_length().max(1);
    let count = step.coarse.len().div_ceil(length);
    let wanted = memory_of_run(step, sink, length.min(step.coarse.len()));
    let most = usize::try_from(step.max_memory).unwrap_or(usize::MAX) / wanted.max(1);
    let threads = step.threads.clamp(1, call.threads()).min(most.max(1));
    let weights = Weights::new(step.grid, step.level, step.fine_level);
    let worker = Worker { call, step, sink, weights: &weights };
    let make = |run| if sink.is_done(run) { Ok(()) } else { worker.run(run, length) };
    runs::each(call, count, (threads, 1), &make, progress)
}

/// Bytes of a run of the largest array and of the finer zones under it.
fn memory_of_run(step: &Step<'_>, sink: &dyn Sink, length: u64) -> usize {
    let ratio = (step.fine.count() / step.coarse.len().max(1)).max(1) * 2;
    let sizes = step.layers.iter().enumerate().map(|(index, layer)| {
        let block: u64 = sink.outer_block(index).iter().product();
        block * layer.array.data_type().numeric().map_or(0, NumericType::size) as u64 * (2 + ratio)
    });
    let lists = if step.layers.iter().any(|layer| layer.zone_axes.len() > 1) { 72 } else { 32 };
    usize::try_from(length * (sizes.max().unwrap_or(0) + lists * ratio)).unwrap_or(usize::MAX)
}

struct Worker<'a> {
    call: &'a Arc<Call>,
    step: &'a Step<'a>,
    sink: &'a dyn Sink,
    weights: &'a Weights<'a>,
}

/// How the finer zones of a zone count.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Counted {
    /// The one in the middle alone.
    Central,
    /// By the part of them that lies in the zone.
    Parts,
    /// By the area of that part.
    Areas,
}

impl Counted {
    fn of(resampling: Resampling) -> Self {
        match resampling {
            Resampling::Nearest => Self::Central,
            Resampling::Sum => Self::Parts,
            _ => Self::Areas,
        }
    }
}

/// The finer zones of a run.
struct Members {
    /// Their positions on the finer axis, ascending.
    positions: Vec<u64>,
    /// Of each coarse zone in turn, places in `positions` and weights.
    members: Vec<(u32, f64)>,
    /// Where the members of each coarse zone end.
    ends: Vec<usize>,
}

impl Worker<'_> {
    fn run(&self, run: u64, length: u64) -> Result<()> {
        let _entered = self.call.enter();
        let zones = run * length..((run + 1) * length).min(self.step.coarse.len());
        let mut members: HashMap<Counted, Members> = HashMap::new();
        for (index, layer) in self.step.layers.iter().enumerate() {
            let counted = Counted::of(layer.resampling);
            let members = match members.entry(counted) {
                std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
                std::collections::hash_map::Entry::Vacant(none) => none.insert(self.members(zones.clone(), counted)?),
            };
            let shape = layer.array.shape().iter().enumerate();
            let outer: Vec<u64> =
                shape.filter(|(axis, _)| !layer.zone_axes.contains(axis)).map(|(_, extent)| *extent).collect();
            for (start, count) in blocks_of(&outer, &self.sink.outer_block(index)) {
                let values = self.values(layer, members, &start, &count)?;
                let part = Part { start, count, zones: zones.clone() };
                self.sink.write(self.call, index, &part, &values)?;
            }
        }
        self.sink.done(self.call, run)
    }

    fn members(&self, zones: Range<u64>, counted: Counted) -> Result<Members> {
        let Step { grid, level, coarse, fine, .. } = *self.step;
        let zones = coarse.at(grid, level, zones)?;
        let (mut found, mut ends) = (Vec::<Member>::new(), Vec::with_capacity(zones.len()));
        for zone in zones {
            match counted {
                _ if zone == NO_ZONE => {}
                Counted::Central => found.extend(self.weights.central(zone)?),
                _ => self.weights.children(zone, &mut found)?,
            }
            ends.push(found.len());
        }
        let members: Vec<Zone> = found.iter().map(|member| member.zone).collect();
        let places = fine.positions(self.call, &members)?;
        let mut positions: Vec<u64> = places.iter().flatten().copied().collect();
        positions.sort_unstable();
        positions.dedup();
        let (mut kept, mut kept_ends, mut from) = (Vec::with_capacity(found.len()), Vec::with_capacity(ends.len()), 0);
        for end in ends {
            for at in from..end {
                if let Some(position) = places[at] {
                    let place = positions.partition_point(|other| *other < position);
                    let Member { part, area, .. } = found[at];
                    kept.push((place as u32, if counted == Counted::Parts { part } else { part * area }));
                }
            }
            kept_ends.push(kept.len());
            from = end;
        }
        Ok(Members { positions, members: kept, ends: kept_ends })
    }

    fn values(&self, layer: &Layer, members: &Members, start: &[u64], count: &[u64]) -> Result<Vec<u8>> {
        let number = layer.array.data_type().numeric().ok_or_else(|| Error::invalid("an array that is not numeric"))?;
        let size = number.size();
        let slices = count.iter().product::<u64>() as usize;
        let fine = fine::read(self.call, layer, start, count, &members.positions)?;
        let mut values = vec![0; slices * members.ends.len() * size];
        let zero = vec![0; size];
        let fill = layer.nodata.as_ref().unwrap_or(&zero);
        if layer.resampling == Resampling::Nearest {
            pick(&fine, members, fill, &mut values);
            return Ok(values);
        }
        with_type!(number, reduce(layer.resampling, layer.nodata.as_deref(), &fine, members, &mut values))?;
        Ok(values)
    }
}

/// The one member's value.
fn pick(fine: &[u8], members: &Members, fill: &[u8], values: &mut [u8]) {
    let (size, width) = (fill.len(), members.positions.len() * fill.len());
    for (slice, values) in values.chunks_exact_mut(members.ends.len() * size).enumerate() {
        let mut from = 0;
        for (&end, value) in members.ends.iter().zip(values.chunks_exact_mut(size)) {
            match members.members[from..end].first() {
                Some((place, _)) => {
                    let at = slice * width + *place as usize * size;
                    value.copy_from_slice(&fine[at..at + size]);
                }
                None => value.copy_from_slice(fill),
            }
            from = end;
        }
    }
}

/// A sum as a number of the array's type.
fn sum_within<T: Sample>(sum: f64) -> Result<T> {
    let within = T::of_f64(sum);
    // Sums of whole numbers are told from rounded ones: shares of children have fractions.
    match sum.is_finite() && (within.to_f64() - sum).abs() > 0.5f64.max(sum.abs() * 1e-6) {
        true => Err(Error::invalid(format!(
            "a sum of {sum} is beyond what the type of the array holds: make the levels of a copy in doubles (gdal_translate -ot \
             Float64)"
        ))),
        false => Ok(within),
    }
}

fn reduce<T: Sample>(
    resampling: Resampling,
    nodata: Option<&[u8]>,
    fine: &[u8],
    members: &Members,
    values: &mut [u8],
) -> Result<()> {
    let size = size_of::<T>();
    let marked = nodata;
    let nodata: Option<T> = nodata.map(bytemuck::pod_read_unaligned);
    let mut reducer = Reducer::<T>::new(Reduction::of(resampling));
    let width = members.positions.len() * size;
    for (slice, values) in values.chunks_exact_mut(members.ends.len() * size).enumerate() {
        let mut from = 0;
        for (&end, value) in members.ends.iter().zip(values.chunks_exact_mut(size)) {
            for (place, weight) in &members.members[from..end] {
                let at = slice * width + *place as usize * size;
                let member: T = bytemuck::pod_read_unaligned(&fine[at..at + size]);
                if member.is_number() && Some(member) != nodata {
                    reducer.add(member, *weight);
                }
            }
            from = end;
            let reduced = match resampling {
                Resampling::Sum => reducer.finish_sum().map(sum_within).transpose()?,
                _ => reducer.finish(),
            };
            let is_mean = reduced.is_some() && resampling == Resampling::Average;
            if let Some(reduced) = reduced.or(nodata) {
                value.copy_from_slice(bytemuck::bytes_of(&reduced));
            }
            if is_mean {
                apart::keep::<T>(value, marked);
            }
        }
    }
    Ok(())
}
