//! Makes the values of a cube, shard by shard.
//!
//! The axis of zones is cut into *runs*, each as long as what the sink writes at once, and runs into *parts*, as memory allows.
//! Threads take parts in the order of the axis; for each they find the pixels of its zones once and use them for all
//! variables and slices. Who finishes a run's last part writes the run: nobody waits for another. Source blocks are kept
//! in a bounded cache that the threads share. What a run gives depends on nothing but itself, so that a job that was
//! stopped can go on with the runs that are missing.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::footprint::{Footprint, Footprints};
use super::lattice::Lattice;
use super::overlap::Pen;
use super::raster::{Blocks, Raster, Variable};
use super::values;
use super::zones::Zones;
use crate::cube::{NO_ZONE, Resampling};
use crate::error::Result;
use crate::grid::{Grid, Zone};
use crate::ops::{Progress, runs};
use crate::store::{Call, NumericType};

/// What is to be made.
pub struct Job<'a> {
    /// The grid.
    pub grid: &'a dyn Grid,
    /// The level.
    pub level: u8,
    /// The zones of the axis.
    pub zones: &'a Zones,
    /// Where the pixels are.
    pub lattice: &'a Lattice,
    /// The pixels.
    pub raster: &'a dyn Raster,
    /// How pixels become values of zones.
    pub resampling: Resampling,
    /// For each variable, the value of zones without data: one element of the type of its output.
    pub fills: &'a [Vec<u8>],
    /// Bound of the working memory in bytes.
    pub max_memory: u64,
    /// Threads, at most those that the call grants.
    pub threads: usize,
}

/// Where values go.
pub trait Sink: Send + Sync {
    /// Zones written at once: all runs but the last have this length.
    fn run_length(&self) -> u64;

    /// Positions on the further dimensions of a variable that are written at once.
    fn outer_block(&self, variable: usize) -> Vec<u64>;

    /// Writes values of a variable: of a block of its further dimensions, and of a run of zones; in C order, zones last.
    ///
    /// # Errors
    /// They cannot be written.
    fn write(&self, call: &Arc<Call>, variable: usize, part: &Part, values: &[u8]) -> Result<()>;

    /// True when a run was written in an earlier attempt.
    fn is_done(&self, _run: u64) -> bool {
        false
    }

    /// Remembers that all of a run is written.
    ///
    /// # Errors
    /// It cannot be remembered.
    fn done(&self, _call: &Arc<Call>, _run: u64) -> Result<()> {
        Ok(())
    }
}

/// A part of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// First position on each further dimension.
    pub start: Vec<u64>,
    /// Number of positions on each.
    pub count: Vec<u64>,
    /// Positions of zones.
    pub zones: Range<u64>,
}

/// The type of what a variable becomes: sums of whole numbers and of single precision are doubles.
pub fn output_type(resampling: Resampling, data_type: NumericType) -> NumericType {
    if resampling == Resampling::Sum { NumericType::Float64 } else { data_type }
}

/// Zones whose pixels are found together.
const BATCH: u64 = 1024;

/// Zones of a part, where each overlaps few pixels; where more, a pixel counts for [`ZONES_A_PIXEL`] zones.
const PART: u64 = 65_536;

/// See [`PART`].
const ZONES_A_PIXEL: f64 = 0.1;

/// Makes the values of all zones and gives them to `sink`.
///
/// # Errors
/// The source cannot be read or the sink not written; a type that cannot be resampled; the caller stopped it.
pub fn run(call: &Arc<Call>, job: &Job<'_>, sink: &dyn Sink, progress: Progress<'_>) -> Result<()> {
    for variable in job.raster.variables() {
        values::check(variable, job.resampling)?;
    }
    let footprints = Footprints::new(job.grid, job.level, job.lattice, job.resampling)?;
    let length = sink.run_length().max(1);
    let half = usize::try_from(job.max_memory / 2).unwrap_or(usize::MAX);
    let wanted = memory_of_run(job, sink, length.min(job.zones.len()));
    let threads = job.threads.clamp(1, call.threads()).min((half / wanted.max(1)).max(1));
    let shape = [job.lattice.rows(), job.lattice.columns()];
    let blocks = Blocks::new(call, job.raster, shape, half);
    let kept = (half / threads).saturating_sub(wanted);
    let is_divided = threads > 1 && memory_of_all(job, length) <= half / threads;
    let part = if is_divided { part_length(job).min(length) } else { length };
    let mut worker = Worker {
        call,
        job,
        sink,
        footprints: &footprints,
        blocks: &blocks,
        kept,
        length,
        part,
        open: Mutex::default(),
    };
    if worker.steps().nth(1).is_none() {
        worker.kept = 0;
    }
    let parts = job.zones.len() / length * length.div_ceil(part) + (job.zones.len() % length).div_ceil(part);
    runs::each(call, parts, threads, &|part| worker.part(part), progress)
}

/// About how many zones make a part.
fn part_length(job: &Job<'_>) -> u64 {
    let pixels = match job.resampling {
        Resampling::Nearest | Resampling::Bilinear => 0.0,
        _ => (job.lattice.rows() * job.lattice.columns()) as f64 / job.zones.len() as f64,
    };
    ((PART as f64 / (1.0 + ZONES_A_PIXEL * pixels)) as u64).max(1)
}

/// Bytes of the values of a run of all variables, as they are made and as they are written.
fn memory_of_all(job: &Job<'_>, length: u64) -> usize {
    let variables = job.raster.variables().iter();
    let sizes = variables.map(|variable| {
        let size = output_type(job.resampling, variable.data_type).size() as u64;
        variable.slices().saturating_mul(size)
    });
    let all = sizes.fold(0u64, u64::saturating_add);
    usize::try_from(all.saturating_mul(2 * length.min(job.zones.len()))).unwrap_or(usize::MAX)
}

/// Bytes of the values of a run of the largest variable, as they are made and as they are encoded.
fn memory_of_run(job: &Job<'_>, sink: &dyn Sink, length: u64) -> usize {
    let variables = job.raster.variables().iter().enumerate();
    let sizes = variables.map(|(index, variable)| {
        let block: u64 = sink.outer_block(index).iter().product();
        block * output_type(job.resampling, variable.data_type).size() as u64
    });
    usize::try_from(2 * length * sizes.max().unwrap_or(0) + 8 * length).unwrap_or(usize::MAX)
}

/// What the threads share.
struct Worker<'a> {
    call: &'a Arc<Call>,
    job: &'a Job<'a>,
    sink: &'a dyn Sink,
    footprints: &'a Footprints<'a>,
    blocks: &'a Blocks<'a>,
    /// Bytes of footprints that a thread may keep for the next variable or slice.
    kept: usize,
    /// Zones of a run and of a part.
    length: u64,
    part: u64,
    /// Runs that have some of their parts.
    open: Mutex<HashMap<u64, Vec<Option<Made>>>>,
}

/// The pixels of some positions on the axis.
struct Batch {
    footprint: Footprint,
    /// The places of the zones that they are of, where other positions hold none.
    held: Option<Vec<usize>>,
}

/// The values of a part, of each of [`Worker::steps`].
type Made = Vec<Vec<u8>>;

/// Values that are written at once: of a variable, a block of its further dimensions.
struct Step {
    variable: usize,
    start: Vec<u64>,
    count: Vec<u64>,
    slices: Vec<u64>,
}

impl Worker<'_> {
    /// Makes a part, and writes its run if that is the last one.
    fn part(&self, number: u64) -> Result<()> {
        let _entered = self.call.enter();
        let parts_a_run = self.length.div_ceil(self.part);
        let (run, part) = (number / parts_a_run, number % parts_a_run);
        if self.sink.is_done(run) {
            return Ok(());
        }
        let zones = run * self.length..((run + 1) * self.length).min(self.job.zones.len());
        let start = zones.start + part * self.part;
        let positions = start..(start + self.part).min(zones.end);
        let parts = (zones.end - zones.start).div_ceil(self.part) as usize;
        if parts == 1 {
            self.make(positions, &mut |step, values| self.write(step, zones.clone(), &values))?;
            return self.sink.done(self.call, run);
        }
        let mut made = Vec::new();
        self.make(positions, &mut |_, values| {
            made.push(values);
            Ok(())
        })?;
        let run_values = {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            let of_run = open.entry(run).or_insert_with(|| vec![None; parts]);
            of_run[part as usize] = Some(made);
            if of_run.iter().any(Option::is_none) {
                return Ok(());
            }
            open.remove(&run).unwrap_or_default()
        };
        for (at, step) in self.steps().enumerate() {
            let of_parts: Vec<&Vec<u8>> = run_values.iter().flatten().map(|values| &values[at]).collect();
            let mut values = Vec::with_capacity(of_parts.iter().map(|part| part.len()).sum());
            let slices = step.slices.len();
            for slice in 0..slices {
                for part in &of_parts {
                    let bytes = part.len() / slices;
                    values.extend_from_slice(&part[slice * bytes..(slice + 1) * bytes]);
                }
            }
            self.write(&step, zones.clone(), &values)?;
        }
        self.sink.done(self.call, run)
    }

    fn write(&self, step: &Step, zones: Range<u64>, values: &[u8]) -> Result<()> {
        let part = Part { start: step.start.clone(), count: step.count.clone(), zones };
        self.sink.write(self.call, step.variable, &part, values)
    }

    /// What is written of a run, in this order.
    fn steps(&self) -> impl Iterator<Item = Step> {
        self.job.raster.variables().iter().enumerate().flat_map(|(variable, description)| {
            let blocks = blocks_of(&description.outer, &self.sink.outer_block(variable));
            blocks.into_iter().map(move |(start, count)| {
                let slices = slices_of(&description.outer, &start, &count);
                Step { variable, start, count, slices }
            })
        })
    }

    /// Makes the values of the zones at `positions`, and gives those of each step to `give`.
    fn make(&self, positions: Range<u64>, give: &mut dyn FnMut(&Step, Vec<u8>) -> Result<()>) -> Result<()> {
        let count = (positions.end - positions.start) as usize;
        let batches: Vec<Range<u64>> = (positions.start..positions.end)
            .step_by(BATCH as usize)
            .map(|start| start..(start + BATCH).min(positions.end))
            .collect();
        let mut pen = self.footprints.pen();
        let mut kept: Vec<Option<Batch>> = batches.iter().map(|_| None).collect();
        let mut kept_bytes = 0;
        for step in self.steps() {
            let variable = &self.job.raster.variables()[step.variable];
            let size = output_type(self.job.resampling, variable.data_type).size();
            let mut values = vec![0; step.slices.len() * count * size];
            for (positions_of_batch, kept) in batches.iter().zip(&mut kept) {
                let made;
                let batch = match kept {
                    Some(batch) => &*batch,
                    None => {
                        made = self.batch(positions_of_batch.clone(), &mut pen)?;
                        if kept_bytes + made.footprint.bytes() <= self.kept {
                            kept_bytes += made.footprint.bytes();
                            kept.insert(made)
                        } else {
                            &made
                        }
                    }
                };
                let first = (positions_of_batch.start - positions.start) as usize;
                let length = (positions_of_batch.end - positions_of_batch.start) as usize;
                for (at, slice) in step.slices.iter().enumerate() {
                    let from = (at * count + first) * size;
                    self.fill_in(step.variable, *slice, batch, &mut values[from..from + length * size])?;
                }
            }
            give(&step, values)?;
        }
        Ok(())
    }

    /// The pixels of the zones at `positions`.
    fn batch(&self, positions: Range<u64>, pen: &mut Option<Pen<'_>>) -> Result<Batch> {
        let mut zones = self.job.zones.at(self.job.grid, self.job.level, positions)?;
        let is_zone = |zone: &Zone| *zone != NO_ZONE;
        let held = (!zones.iter().all(is_zone))
            .then(|| (0..zones.len()).filter(|place| is_zone(&zones[*place])).collect::<Vec<_>>());
        zones.retain(is_zone);
        Ok(Batch { footprint: self.footprints.of(&zones, pen)?, held })
    }

    /// Fills `into` with the values at the positions of a batch, of one slice of a variable.
    fn fill_in(&self, variable: usize, slice: u64, batch: &Batch, into: &mut [u8]) -> Result<()> {
        let fill = &self.job.fills[variable];
        let of_zones = |into: &mut [u8]| {
            values::fill_in(self.blocks, variable, slice, self.footprints, &batch.footprint, fill, into)
        };
        let Some(held) = &batch.held else { return of_zones(into) };
        let size = fill.len();
        let mut values = vec![0; held.len() * size];
        of_zones(&mut values)?;
        into.chunks_exact_mut(size).for_each(|value| value.copy_from_slice(fill));
        for (place, value) in held.iter().zip(values.chunks_exact(size)) {
            into[place * size..(place + 1) * size].copy_from_slice(value);
        }
        Ok(())
    }
}

/// The blocks of `block` positions of an array of `shape`: the start and the count of each, in C order.
pub(crate) fn blocks_of(shape: &[u64], block: &[u64]) -> Vec<(Vec<u64>, Vec<u64>)> {
    let mut blocks = vec![(Vec::new(), Vec::new())];
    for (&extent, &step) in shape.iter().zip(block) {
        let step = step.max(1);
        blocks = blocks
            .into_iter()
            .flat_map(|(start, count): (Vec<u64>, Vec<u64>)| {
                (0..extent).step_by(step as usize).map(move |at| {
                    let with = |list: &[u64], item| list.iter().copied().chain([item]).collect();
                    (with(&start, at), with(&count, step.min(extent - at)))
                })
            })
            .collect();
    }
    blocks
}

/// The slices of a block, in C order.
fn slices_of(shape: &[u64], start: &[u64], count: &[u64]) -> Vec<u64> {
    let mut slices = vec![0];
    for ((&extent, &start), &count) in shape.iter().zip(start).zip(count) {
        slices =
            slices.into_iter().flat_map(|slice| (start..start + count).map(move |at| slice * extent + at)).collect();
    }
    slices
}

/// What a variable becomes in zones without data: its own nodata value, NaN, or, for whole numbers without either, the
/// value least likely to be one of its own: the lowest of signed types, the highest of unsigned ones.
pub fn fill_of(variable: &Variable, resampling: Resampling) -> Vec<u8> {
    let output = output_type(resampling, variable.data_type);
    match &variable.nodata {
        Some(nodata) if output == variable.data_type => nodata.clone(),
        _ => values::default_fill(output),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_slices_cover_an_array_once() {
        let shape = [3, 4];
        let mut seen = Vec::new();
        for (start, count) in blocks_of(&shape, &[2, 3]) {
            seen.extend(slices_of(&shape, &start, &count));
        }
        assert_eq!(seen.len(), 12);
        assert_eq!(seen[..6], [0, 1, 2, 4, 5, 6]);
        seen.sort_unstable();
        assert_eq!(seen, (0..12).collect::<Vec<_>>());
        assert_eq!(blocks_of(&[], &[]), [(vec![], vec![])]);
        assert_eq!(slices_of(&[], &[], &[]), [0]);
    }
}
