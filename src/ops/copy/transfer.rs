//! Elements from an array of the source to one of the copy, block by block.
//!
//! A block is as many of the copy's chunks (shards) as fit into the memory that is allowed, so that chunks are written
//! whole. While one is written the next is read.
//!
//! Where the zones come in another order, a block spans the whole zone axis of both sides if that fits; else its zones
//! are gathered from the source in runs. In memory an array is then three axes: what is before the zones, the zones, and
//! what is after them.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::order::{NOWHERE, Order};
use crate::error::{Context, Error, Kind, Result};
use crate::hierarchy::{self, AxisSelection, DataType};
use crate::store::dataset::Array;
use crate::store::{Call, Input, NumericType, Target, pool};

/// What is copied of one array.
pub(super) struct Transfer<'a> {
    pub(super) from: &'a Array,
    pub(super) to: &'a hierarchy::Array,
    /// Axes and their lengths of whole chunks or shards of the copy.
    pub(super) unit: Vec<u64>,
    /// Where the zones are, when they are not at the same positions.
    pub(super) zones: Option<Moved<'a>>,
    /// One element where the source has no zone.
    pub(super) fill: Vec<u8>,
    /// Bytes of one block, with all that is made of it.
    pub(super) block_bytes: u64,
}

/// Zone axes of both sides whose positions differ.
pub(super) struct Moved<'a> {
    pub(super) order: &'a Order,
    /// The axes of the source that are the zones', in storage order.
    pub(super) source_axes: Vec<usize>,
    /// How many axes of the copy they become; the first of them is where the source has its first.
    pub(super) copy_rank: usize,
}

/// Elements on their way.
enum Elements {
    Numbers(Vec<u8>, NumericType),
    Texts(Vec<Option<String>>),
    Structures(Vec<u8>),
}

/// A block of the copy: start and count along each of its axes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) start: Vec<u64>,
    pub(super) count: Vec<usize>,
}

/// Told the number of a block that is written and its elements; answers whether to go on.
pub(super) type Written<'w> = &'w mut dyn FnMut(usize, u64) -> Result<()>;

impl Transfer<'_> {
    /// Copies all blocks but those that `is_done`.
    ///
    /// # Errors
    /// The source cannot be read, the copy not written; what `written` says.
    pub(super) fn run(&self, call: &Arc<Call>, is_done: &dyn Fn(usize) -> bool, written: Written<'_>) -> Result<()> {
        let blocks = self.blocks()?;
        let todo: Vec<usize> = (0..blocks.len()).filter(|number| !is_done(*number)).collect();
        for number in (0..blocks.len()).filter(|number| is_done(*number)) {
            written(number, elements(&blocks[number]))?;
        }
        let mut next = todo.iter();
        let mut current = match next.next() {
            Some(&number) => Some((number, self.read(call, &blocks[number])?)),
            None => None,
        };
        while let Some((number, elements_of)) = current {
            let after = next.next().copied();
            let read = || after.map(|number| self.read(call, &blocks[number]).map(|read| (number, read))).transpose();
            let write = || self.write(call, &blocks[number], elements_of);
            let (done, following) = match call.threads() {
                1 => (write(), Ok(None)),
                _ => pool::install(call, || rayon::join(write, read))?,
            };
            done?;
            written(number, elements(&blocks[number]))?;
            current = match call.threads() {
                1 => read()?,
                _ => following?,
            };
        }
        Ok(())
    }

    fn element_size(&self) -> u64 {
        // A text of unknown length counts as a short one.
        self.from.data_type().size().max(16 * usize::from(self.from.data_type().numeric().is_none())) as u64
    }

    /// The blocks of the copy, in C order.
    fn blocks(&self) -> Result<Vec<Block>> {
        let shape = self.to.shape();
        let most = (self.block_bytes / self.element_size()).max(1);
        match &self.zones {
            None => Ok(tiled(shape, &grown(shape, &self.unit, most))),
            Some(moved) => {
                let first = moved.source_axes[0];
                let zone_axes = first..first + moved.copy_rank;
                let both = moved.order.len() + moved.order.source_len();
                let fits = |unit: &[u64]| {
                    let others: u64 =
                        (0..shape.len()).filter(|axis| !zone_axes.contains(axis)).map(|axis| unit[axis]).product();
                    others * both <= most
                };
                let mut unit = self.unit.clone();
                if fits(&unit) {
                    let others: Vec<u64> =
                        (0..shape.len()).map(|axis| if zone_axes.contains(&axis) { 1 } else { shape[axis] }).collect();
                    let mut grown = grown(&others, &with(&unit, &zone_axes, 1), most / both);
                    zone_axes.clone().for_each(|axis| grown[axis] = shape[axis].max(1));
                    return Ok(tiled(shape, &grown));
                }
                if moved.can_gather() {
                    return Ok(tiled(shape, &grown(shape, &unit, most / 2)));
                }
                // Fewer steps than a chunk spans: chunks are then written in parts.
                (0..shape.len()).filter(|axis| !zone_axes.contains(axis)).for_each(|axis| unit[axis] = 1);
                if !fits(&unit) {
                    let needed = both * self.element_size() * 8;
                    return Err(Error::new(
                        Kind::OutOfMemory,
                        format!(
                            "its zones are moved as a whole, which needs MAX_MEMORY={}MB or more",
                            (needed >> 20) + 1
                        ),
                    ));
                }
                zone_axes.for_each(|axis| unit[axis] = shape[axis].max(1));
                Ok(tiled(shape, &unit))
            }
        }
    }

    fn read(&self, call: &Arc<Call>, block: &Block) -> Result<Elements> {
        match &self.zones {
            None => self.read_window(call, &block.start, &block.count, None),
            Some(moved) => self.read_moved(call, moved, block),
        }
    }

    /// A window of the source, its axes in the order `axes`.
    fn read_window(
        &self,
        call: &Arc<Call>,
        start: &[u64],
        count: &[usize],
        axes: Option<&[usize]>,
    ) -> Result<Elements> {
        let Some(number) = self.from.data_type().numeric() else {
            if axes.is_some_and(|axes| !axes.iter().copied().eq(0..axes.len())) {
                return Err(Error::unsupported("texts and structures whose zone dimensions do not lie together")
                    .context(format!("array {}", self.from.full_name())));
            }
            return Ok(match self.to.data_type() {
                DataType::Text { .. } => Elements::Texts(self.from.read_texts(call, start, count)?),
                _ => Elements::Structures(self.from.read_compounds(call, start, count)?),
            });
        };
        let mut bytes = allocated(count.iter().product::<usize>() * number.size())?;
        let ordered: Vec<usize> = axes.map_or(count.to_vec(), |axes| axes.iter().map(|&axis| count[axis]).collect());
        let mut target = Target::from_bytes(&mut bytes, number, &ordered)?;
        if let Some(axes) = axes {
            // Axis k of the source is where `axes` has it.
            let mut back = vec![0; axes.len()];
            axes.iter().enumerate().for_each(|(at, &axis)| back[axis] = at);
            target = target.permuted(&back);
        }
        self.from.read_numbers(call, start, count, target)?;
        Ok(Elements::Numbers(bytes, number))
    }

    fn read_moved(&self, call: &Arc<Call>, moved: &Moved<'_>, block: &Block) -> Result<Elements> {
        let shape = self.from.shape();
        let first = moved.source_axes[0];
        let zone_axes = first..first + moved.copy_rank;
        // The copy's zone positions of this block: all, or a range of the only axis.
        let range = match moved.copy_rank {
            1 => block.start[first]..block.start[first] + block.count[first] as u64,
            _ => 0..moved.order.len(),
        };
        let others: Vec<usize> = (0..block.count.len()).filter(|axis| !zone_axes.contains(axis)).collect();
        let source_others: Vec<usize> = (0..shape.len()).filter(|axis| !moved.source_axes.contains(axis)).collect();
        let before: usize = others.iter().take(first).map(|&axis| block.count[axis]).product();
        let after: usize = others.iter().skip(first).map(|&axis| block.count[axis]).product();
        let axes: Vec<usize> =
            source_others[..first].iter().chain(&moved.source_axes).chain(&source_others[first..]).copied().collect();
        let window = |zones: Range<u64>| {
            let (mut start, mut count) = (vec![0; shape.len()], vec![0; shape.len()]);
            for (&source, &copy) in source_others.iter().zip(&others) {
                (start[source], count[source]) = (block.start[copy], block.count[copy]);
            }
            for &axis in &moved.source_axes {
                (start[axis], count[axis]) = match moved.source_axes.len() {
                    1 => (zones.start, (zones.end - zones.start) as usize),
                    _ => (0, shape[axis] as usize),
                };
            }
            (start, count)
        };
        let positions = moved.order.source_positions(call, range)?;
        let mut block = Moving::new(self, before, after, &positions)?;
        for run in moved.runs(&positions, self.block_bytes / 4 / self.element_size() / (before * after).max(1) as u64) {
            let (start, count) = window(run.clone());
            block.take(call, run, self.read_window(call, &start, &count, Some(&axes))?)?;
        }
        Ok(block.elements)
    }

    fn write(&self, call: &Arc<Call>, block: &Block, elements: Elements) -> Result<()> {
        let selection =
            block.start.iter().zip(&block.count).map(|(&start, &count)| strided(start, count)).collect::<Vec<_>>();
        match elements {
            Elements::Numbers(bytes, number) => {
                self.to.write(call, &selection, Input::from_bytes(&bytes, number, &block.count)?)
            }
            Elements::Texts(texts) => self.to.write_texts(call, &selection, &texts),
            Elements::Structures(bytes) => self.to.write_compounds(call, &selection, &bytes),
        }
    }
}

impl Moved<'_> {
    /// Whether a part of the zones can be read and written alone.
    fn can_gather(&self) -> bool {
        self.source_axes.len() == 1 && self.copy_rank == 1
    }

    /// The parts of the source axis to be read for `positions`, each at most `most` long where it can be cut.
    fn runs(&self, positions: &[u64], most: u64) -> Vec<Range<u64>> {
        let whole = 0..self.order.source_len();
        if !self.can_gather() || positions.len() as u64 == self.order.len() && self.order.source_len() <= 2 * most {
            return vec![whole];
        }
        let mut sorted: Vec<u64> = positions.iter().copied().filter(|position| *position != NOWHERE).collect();
        sorted.sort_unstable();
        let mut runs: Vec<Range<u64>> = Vec::new();
        for position in sorted {
            match runs.last_mut() {
                Some(run) if position < run.end + GAP && position - run.start < most.max(1) => run.end = position + 1,
                _ => runs.push(position..position + 1),
            }
        }
        runs
    }
}

/// Positions that are read in vain rather than ask twice.
const GAP: u64 = 512;

/// The elements of a block while its zones come in.
struct Moving<'p> {
    elements: Elements,
    before: usize,
    after: usize,
    positions: &'p [u64],
}

impl<'p> Moving<'p> {
    fn new(transfer: &Transfer<'_>, before: usize, after: usize, positions: &'p [u64]) -> Result<Self> {
        let count = before * positions.len() * after;
        let filled = |size: usize| -> Result<Vec<u8>> {
            let mut bytes = allocated(count * size)?;
            if positions.contains(&NOWHERE) && transfer.fill.iter().any(|byte| *byte != 0) {
                bytes.chunks_exact_mut(size).for_each(|element| element.copy_from_slice(&transfer.fill));
            }
            Ok(bytes)
        };
        let elements = match (transfer.from.data_type().numeric(), transfer.to.data_type()) {
            (Some(number), _) => Elements::Numbers(filled(number.size())?, number),
            (None, DataType::Text { .. }) => Elements::Texts(vec![None; count]),
            (None, _) => Elements::Structures(filled(transfer.from.data_type().size())?),
        };
        Ok(Self { elements, before, after, positions })
    }

    /// Takes from the source's zones `run` those that are wanted.
    fn take(&mut self, call: &Arc<Call>, run: Range<u64>, read: Elements) -> Result<()> {
        let (width, length) = (self.positions.len(), (run.end - run.start) as usize);
        let place = |position: u64| run.contains(&position).then(|| (position - run.start) as usize);
        let (before, after, positions) = (self.before, self.after, self.positions);
        match (&mut self.elements, read) {
            (Elements::Numbers(to, number), Elements::Numbers(from, _)) => {
                let row = after * number.size();
                move_rows(call, to, &from, row, width, length, positions, &place)
            }
            (Elements::Structures(to), Elements::Structures(from)) => {
                let row = from.len() / (before * length).max(1);
                move_rows(call, to, &from, row, width, length, positions, &place)
            }
            (Elements::Texts(to), Elements::Texts(mut from)) => {
                for outer in 0..before {
                    for (at, position) in positions.iter().enumerate() {
                        let Some(source) = place(*position) else { continue };
                        for inner in 0..after {
                            let text = &mut from[(outer * length + source) * after + inner];
                            to[(outer * width + at) * after + inner] = text.take();
                        }
                    }
                }
                Ok(())
            }
            _ => Err(Error::invalid("elements of two kinds")),
        }
    }
}

/// Copies rows of `row` bytes from (outer, source position) to (outer, position).
#[expect(clippy::too_many_arguments, reason = "two shapes and what joins them")]
fn move_rows(
    call: &Arc<Call>,
    to: &mut [u8],
    from: &[u8],
    row: usize,
    width: usize,
    length: usize,
    positions: &[u64],
    place: &(dyn Fn(u64) -> Option<usize> + Sync),
) -> Result<()> {
    if row == 0 || width == 0 {
        return Ok(());
    }
    /// Rows of one task.
    const ROWS: usize = 1 << 15;
    let work = || {
        to.par_chunks_mut(row * ROWS).enumerate().for_each(|(task, rows)| {
            for (index, row_to) in rows.chunks_exact_mut(row).enumerate() {
                let at = task * ROWS + index;
                let (outer, position) = (at / width, positions[at % width]);
                if let Some(source) = place(position) {
                    let start = (outer * length + source) * row;
                    row_to.copy_from_slice(&from[start..start + row]);
                }
            }
        });
    };
    pool::install(call, work)
}

/// `len` zero bytes, or an error instead of an abort.
fn allocated(len: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len).map_err(|_| Error::new(Kind::OutOfMemory, format!("no memory for {len} bytes")))?;
    bytes.resize(len, 0);
    Ok(bytes)
}

fn strided(start: u64, count: usize) -> AxisSelection<'static> {
    AxisSelection::Strided { start, count, step: 1 }
}

fn elements(block: &Block) -> u64 {
    block.count.iter().map(|count| *count as u64).product()
}

fn with(unit: &[u64], axes: &Range<usize>, value: u64) -> Vec<u64> {
    unit.iter().enumerate().map(|(axis, extent)| if axes.contains(&axis) { value } else { *extent }).collect()
}

/// `unit` times a whole number along each axis, from the fastest on, while it has at most `most` elements.
fn grown(shape: &[u64], unit: &[u64], most: u64) -> Vec<u64> {
    let mut extent: Vec<u64> = unit.iter().zip(shape).map(|(unit, size)| (*unit).clamp(1, (*size).max(1))).collect();
    for axis in (0..shape.len()).rev() {
        let others: u64 = (0..shape.len()).filter(|other| *other != axis).map(|other| extent[other]).product();
        let times = (most / others.max(1) / extent[axis]).max(1);
        let whole = shape[axis].max(1);
        if extent[axis].saturating_mul(times) >= whole {
            extent[axis] = whole;
        } else {
            extent[axis] *= times;
            break;
        }
    }
    extent
}

/// The blocks of `extent` that cover `shape`, in C order.
fn tiled(shape: &[u64], extent: &[u64]) -> Vec<Block> {
    if shape.contains(&0) {
        return Vec::new();
    }
    let mut blocks = vec![Block { start: Vec::new(), count: Vec::new() }];
    for (&size, &step) in shape.iter().zip(extent) {
        blocks = blocks
            .into_iter()
            .flat_map(|block| {
                (0..size).step_by(step as usize).map(move |start| {
                    let mut block = block.clone();
                    block.start.push(start);
                    block.count.push(step.min(size - start) as usize);
                    block
                })
            })
            .collect();
    }
    blocks
}

/// Copies ids of zones in the order of the copy.
///
/// # Errors
/// As [`Transfer::run`].
pub(super) fn write_ids(
    call: &Arc<Call>,
    to: &hierarchy::Array,
    ids: &mut dyn FnMut(Range<u64>) -> Result<Vec<u64>>,
    unit: u64,
    written: Written<'_>,
) -> Result<()> {
    let shape = to.shape();
    for (number, block) in tiled(shape, &grown(shape, &[unit], 1 << 20)).into_iter().enumerate() {
        let (start, count) = (block.start[0], block.count[0]);
        let values = ids(start..start + count as u64)?;
        to.write(call, &[strided(start, count)], Input::from_slice(&values, &[count])?)
            .context(|| format!("array {}", to.full_name()))?;
        written(number, count as u64)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_whole_chunks_and_cover_the_array() {
        assert_eq!(grown(&[12, 1000], &[1, 100], 250), [1, 200]);
        assert_eq!(grown(&[12, 1000], &[1, 100], 5000), [5, 1000]);
        assert_eq!(grown(&[12, 1000], &[1, 100], 1), [1, 100]);
        assert_eq!(grown(&[12, 30], &[4, 100], 1 << 20), [12, 30]);
        let blocks = tiled(&[5, 7], &[2, 4]);
        assert_eq!(blocks.len(), 6);
        assert_eq!(blocks.iter().map(elements).sum::<u64>(), 35);
        assert_eq!(blocks[5], Block { start: vec![4, 4], count: vec![1, 3] });
        assert!(tiled(&[5, 0], &[1, 1]).is_empty());
        assert_eq!(tiled(&[], &[]).len(), 1);
    }
}
