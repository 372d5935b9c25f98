//! Makes the values of a cube, shard by shard.
//!
//! The axis of zones is cut into *runs*, of whole files of the sink, these into *pieces*, which the sink takes apart from each
//! other, and into *parts* as memory allows: of several pieces, or several to a piece. Threads take parts in the order of the
//! axis; for each they find the pixels of its zones once and use them for all variables and slices. Values go to the sink as
//! soon as there are those of a piece, while they are in the processor's cache; who makes a piece's or a run's last part
//! ends it: nobody waits for another. Source blocks are kept in a bounded cache that the threads share. What a run gives
//! depends on nothing but itself, so that a job that was stopped can go on with the runs that are missing.

use std::cell::Cell;
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
    /// Zones of a run: all but the last have this length.
    fn run_length(&self) -> u64;

    /// Zones of a piece, which can be written apart from the rest of its run: a run is a whole number of them.
    fn piece_length(&self) -> u64 {
        self.run_length()
    }

    /// Positions on the further dimensions of a variable that are written at once.
    fn outer_block(&self, variable: usize) -> Vec<u64>;

    /// Writes values of a variable: of a block of its further dimensions, and of a run or a piece of zones; in C order, zones
    /// last. Each comes once, in any order.
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

/// Parts that a thread takes at a time, at most: neighbours share source blocks, and threads that work side by side wait for
/// each other's. A power of four, as [`part_length`] is one of two.
const TOGETHER: u64 = 16;

/// Makes the values of all zones and gives them to `sink`.
///
/// # Errors
/// The source cannot be read or the sink not written; a type that cannot be resampled; the caller stopped it.
pub fn run(call: &Arc<Call>, job: &Job<'_>, sink: &dyn Sink, progress: Progress<'_>) -> Result<()> {
    for variable in job.raster.variables() {
        values::check(variable, job.resampling)?;
    }
    let footprints = Footprints::new(job.grid, job.level, job.lattice, job.resampling)?;
    let half = usize::try_from(job.max_memory / 2).unwrap_or(usize::MAX);
    let shape = [job.lattice.rows(), job.lattice.columns()];
    let blocks = Blocks::new(call, job.raster, shape, half);
    let threads = job.threads.clamp(1, call.threads());
    let (length, piece) = (sink.run_length().max(1), sink.piece_length().max(1));
    let mut cut = Cut::new(job.zones.len(), length, piece, part_length(job));
    let open = memory_of_all(job, length).saturating_mul(cut.open_runs(threads));
    let is_divided = open <= half;
    if !is_divided {
        cut = Cut::new(job.zones.len(), length, piece, length);
    }
    let rest = if is_divided { half - open } else { half };
    let wanted = memory_of_step(job, sink, cut.part.min(job.zones.len()));
    let threads = threads.min((rest / wanted.max(1)).max(1));
    let mut worker = Worker {
        call,
        job,
        sink,
        footprints: &footprints,
        blocks: &blocks,
        kept: (rest / threads).saturating_sub(wanted),
        cut,
        open: Mutex::default(),
    };
    if worker.steps().nth(1).is_none() {
        worker.kept = 0;
    }
    // No more runs shall be open at a time than if they took one part each.
    let together = (worker.cut.parts_a_run() / threads as u64).min(TOGETHER);
    runs::each(call, worker.cut.parts(), (threads, together), &|part| worker.part(part), progress)
}

/// How an axis is cut.
#[derive(Clone, Copy, Debug)]
struct Cut {
    /// Zones of all.
    zones: u64,
    /// Of a run; of a piece, whole numbers of which a run is.
    length: u64,
    piece: u64,
    /// Of a part: some pieces, or less than one.
    part: u64,
}

impl Cut {
    /// Parts of about `part` zones.
    fn new(zones: u64, length: u64, piece: u64, part: u64) -> Self {
        let piece = if length.is_multiple_of(piece) { piece } else { length };
        let part = if part < piece { part } else { part.min(length) / piece * piece };
        Self { zones, length, piece, part: part.max(1) }
    }

    /// Zones of the larger one of a part and a piece, and parts in it.
    fn unit(&self) -> (u64, u64) {
        (self.part.max(self.piece), self.piece.div_ceil(self.part))
    }

    /// Parts of `zones` zones from the first one of a run on.
    fn parts_of(&self, zones: u64) -> u64 {
        let (unit, parts) = self.unit();
        zones / unit * parts + (zones % unit).div_ceil(self.part)
    }

    fn parts_a_run(&self) -> u64 {
        self.parts_of(self.length)
    }

    fn parts(&self) -> u64 {
        self.zones / self.length * self.parts_a_run() + self.parts_of(self.zones % self.length)
    }

    /// Runs that have some of their parts at a time, at most, while `threads` threads work.
    fn open_runs(&self, threads: usize) -> usize {
        match (self.parts_a_run(), threads) {
            (1, _) => threads,
            (_, 1) => 1,
            (parts, _) => 1 + (threads as u64).div_ceil(parts) as usize,
        }
    }

    /// The run of part `number`, and the parts of the run.
    fn run(&self, number: u64) -> (u64, u64) {
        let run = number / self.parts_a_run();
        (run, self.parts_of(self.length.min(self.zones - run * self.length)))
    }

    /// The piece or pieces of part `number`, and which of how many parts of them it is.
    fn place(&self, number: u64) -> (Range<u64>, usize, usize) {
        let (run, within) = (number / self.parts_a_run(), number % self.parts_a_run());
        let (unit, parts) = self.unit();
        let start = run * self.length + within / parts * unit;
        let end = (start + unit).min((run + 1) * self.length).min(self.zones);
        (start..end, (within % parts) as usize, (end - start).div_ceil(self.part) as usize)
    }
}

/// About how many zones make a part: a power of two, so that in grids whose zones follow each other in squares batches are
/// squares, with few edges around them.
fn part_length(job: &Job<'_>) -> u64 {
    let pixels = match job.resampling {
        Resampling::Nearest | Resampling::Bilinear => 0.0,
        _ => (job.lattice.rows() * job.lattice.columns()) as f64 / job.zones.len() as f64,
    };
    1 << ((PART as f64 / (1.0 + ZONES_A_PIXEL * pixels)) as u64).max(1).ilog2()
}

/// Bytes of the values of a run of all variables.
fn memory_of_all(job: &Job<'_>, length: u64) -> usize {
    let variables = job.raster.variables().iter();
    let sizes = variables.map(|variable| {
        let size = output_type(job.resampling, variable.data_type).size() as u64;
        variable.slices().saturating_mul(size)
    });
    let all = sizes.fold(0u64, u64::saturating_add);
    usize::try_from(all.saturating_mul(length.min(job.zones.len()))).unwrap_or(usize::MAX)
}

/// Bytes of the values of `length` zones of the largest variable, as they are made and as they are encoded.
fn memory_of_step(job: &Job<'_>, sink: &dyn Sink, length: u64) -> usize {
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
    cut: Cut,
    /// Runs that have some of their parts.
    open: Mutex<HashMap<u64, Open>>,
}

/// A run that has some of its parts.
#[derive(Default)]
struct Open {
    /// Number of parts that were made.
    made: u64,
    /// The parts of pieces that have some of theirs, by the piece's first position.
    pieces: HashMap<u64, Vec<Option<Made>>>,
}

/// The pixels of some positions on the axis.
struct Batch {
    footprint: Footprint,
    /// The places of the zones that they are of, where other positions hold none.
    held: Option<Vec<usize>>,
}

/// The values of a part, of each of [`Worker::steps`].
type Made = Vec<Vec<u8>>;

thread_local! {
    /// Memory for the values of the next piece: fresh memory would have to be fetched from the system.
    static VALUES: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Bytes of it that a thread keeps.
const KEPT_BYTES: usize = 4 << 20;

/// Takes values of a step at some positions, and may keep them.
type Give<'a> = &'a mut dyn FnMut(&Step, Range<u64>, &mut Vec<u8>) -> Result<()>;

/// Values that are written at once: of a variable, a block of its further dimensions.
struct Step {
    variable: usize,
    start: Vec<u64>,
    count: Vec<u64>,
    slices: Vec<u64>,
}

impl Worker<'_> {
    /// Makes a part, and ends its run if that is the last one.
    fn part(&self, number: u64) -> Result<()> {
        let _entered = self.call.enter();
        let (run, parts) = self.cut.run(number);
        if self.sink.is_done(run) {
            return Ok(());
        }
        let (zones, at, of) = self.cut.place(number);
        match of {
            1 => self.make(zones, &mut |step, zones, values| self.write(step, zones, values))?,
            _ => self.part_of_piece(run, zones, at, of)?,
        }
        let is_last = {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            let known = open.entry(run).or_default();
            known.made += 1;
            let is_last = known.made == parts;
            if is_last {
                open.remove(&run);
            }
            is_last
        };
        if is_last { self.sink.done(self.call, run) } else { Ok(()) }
    }

    /// Makes one of several parts of a piece, and writes the piece if that is the last one.
    fn part_of_piece(&self, run: u64, piece: Range<u64>, at: usize, of: usize) -> Result<()> {
        let start = piece.start + at as u64 * self.cut.part;
        let mut made = Made::new();
        self.make(start..(start + self.cut.part).min(piece.end), &mut |_, _, values| {
            made.push(std::mem::take(values));
            Ok(())
        })?;
        let made = {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            let pieces = &mut open.entry(run).or_default().pieces;
            let parts = pieces.entry(piece.start).or_insert_with(|| vec![None; of]);
            parts[at] = Some(made);
            if parts.iter().any(Option::is_none) {
                return Ok(());
            }
            pieces.remove(&piece.start).unwrap_or_default()
        };
        for (at, step) in self.steps().enumerate() {
            let of_parts: Vec<&Vec<u8>> = made.iter().flatten().map(|values| &values[at]).collect();
            let mut values = Vec::with_capacity(of_parts.iter().map(|part| part.len()).sum());
            let slices = step.slices.len();
            for slice in 0..slices {
                for part in &of_parts {
                    let bytes = part.len() / slices;
                    values.extend_from_slice(&part[slice * bytes..(slice + 1) * bytes]);
                }
            }
            self.write(&step, piece.clone(), &values)?;
        }
        Ok(())
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

    /// Makes the values of the zones at `positions`, and gives those of each step to `give`, by pieces: the zones, and the values.
    fn make(&self, positions: Range<u64>, give: Give<'_>) -> Result<()> {
        let mut pen = self.footprints.pen();
        let mut kept: HashMap<u64, Batch> = HashMap::new();
        let mut kept_bytes = 0;
        let mut values = VALUES.take();
        for step in self.steps() {
            let variable = &self.job.raster.variables()[step.variable];
            let size = output_type(self.job.resampling, variable.data_type).size();
            for piece in cut(positions.clone(), self.cut.piece) {
                let count = (piece.end - piece.start) as usize;
                // All of it is filled.
                values.resize(step.slices.len() * count * size, 0);
                for of_batch in cut(piece.clone(), BATCH) {
                    let made;
                    let batch = match kept.get(&of_batch.start) {
                        Some(batch) => batch,
                        None => {
                            made = self.batch(of_batch.clone(), &mut pen)?;
                            if kept_bytes + made.footprint.bytes() <= self.kept {
                                kept_bytes += made.footprint.bytes();
                                kept.entry(of_batch.start).or_insert(made)
                            } else {
                                &made
                            }
                        }
                    };
                    let first = (of_batch.start - piece.start) as usize;
                    let length = (of_batch.end - of_batch.start) as usize;
                    for (at, slice) in step.slices.iter().enumerate() {
                        let from = (at * count + first) * size;
                        self.fill_in(step.variable, *slice, batch, &mut values[from..from + length * size])?;
                    }
                }
                give(&step, piece, &mut values)?;
            }
        }
        if values.capacity() <= KEPT_BYTES {
            VALUES.set(values);
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

/// `positions` by `length`.
fn cut(positions: Range<u64>, length: u64) -> impl Iterator<Item = Range<u64>> {
    positions.clone().step_by(length as usize).map(move |start| start..(start + length).min(positions.end))
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
    fn parts_cover_an_axis_once_and_in_order() {
        for zones in [1, 7, 64, 100, 1000] {
            for (length, piece) in [(1000, 1000), (64, 16), (100, 25), (7, 7), (90, 40)] {
                for part in [1, 5, 16, 50, 64, 10_000] {
                    let axis = Cut::new(zones, length, piece, part);
                    let what = format!("{axis:?}");
                    let (mut at, mut of_runs) = (0, HashMap::<u64, (u64, u64)>::new());
                    for number in 0..axis.parts() {
                        let (run, parts) = axis.run(number);
                        let (pieces, part, of) = axis.place(number);
                        assert!(
                            part < of && pieces.start / length == run && (pieces.end - 1) / length == run,
                            "{what}"
                        );
                        assert!(pieces.start % length % axis.piece == 0, "{what}");
                        let start = pieces.start + part as u64 * axis.part;
                        assert_eq!(start, at, "{what}");
                        at = (start + axis.part).min(pieces.end);
                        assert!(at == pieces.end || part + 1 < of, "{what}");
                        let seen = of_runs.entry(run).or_insert((0, parts));
                        seen.0 += 1;
                    }
                    assert_eq!(at, zones, "{what}");
                    assert!(of_runs.values().all(|(made, parts)| made == parts), "{what}");
                }
            }
        }
    }

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
