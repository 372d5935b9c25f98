//! Chosen zones of an array with several zone dimensions, as one dimension: only the chunks that hold them are read, of
//! each the part around them, a few at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use crate::cube::axis::Axis;
use crate::cube::progression::{Chosen, Progression};
use crate::error::{Error, Result};
use crate::hierarchy;
use crate::store::{self, Call, NumericType, Run, Source, Target};

/// Chunks worked on at a time.
const AT_ONCE: usize = 8;

/// How large the part of a chunk may be that is read at once; more is read in parts of the other dimensions.
const PART_BYTES: u64 = 64 << 20;

/// Zones that are sorted by chunk at a time.
const ZONES_AT_ONCE: usize = 1 << 20;

/// How the zones of a selection lie in a stored array.
pub(super) struct Gather {
    axis: Arc<Axis>,
    /// Which of the shown axes is the one of the zones.
    zone_at: usize,
    /// The stored axes of the zone dimensions, in the order of the axis' own indices.
    stored: Vec<usize>,
    /// The other stored axes, ascending: as the other shown axes.
    others: Vec<usize>,
    /// Extents of a chunk along `stored`.
    chunk: Vec<u64>,
}

/// The zones of one chunk.
struct Group {
    /// Index along the shown axis, and indices along the stored ones.
    members: Vec<(usize, [u64; 4])>,
    /// Smallest and largest indices.
    low: [u64; 4],
    high: [u64; 4],
}

impl Gather {
    /// `stored` are the axes of `array` that the zone dimensions of `axis` are.
    pub(super) fn new(axis: Arc<Axis>, stored: Vec<usize>, array: &hierarchy::Array) -> Self {
        let others: Vec<usize> = (0..array.shape().len()).filter(|at| !stored.contains(at)).collect();
        let first = stored.iter().copied().min().unwrap_or(0);
        let zone_at = others.iter().filter(|at| **at < first).count();
        let chunk = stored.iter().map(|at| array.read_chunk_shape()[*at].max(1)).collect();
        Self { axis, zone_at, stored, others, chunk }
    }

    /// Which of the shown axes is the one of the zones.
    pub(super) fn zone_at(&self) -> usize {
        self.zone_at
    }

    /// Natural block along the shown axes.
    pub(super) fn block_size(&self, stored: &[u64]) -> Vec<u64> {
        let mut block: Vec<u64> = self.others.iter().map(|at| stored[*at]).collect();
        let zones = self.stored.iter().map(|at| stored[*at]).product::<u64>();
        block.insert(self.zone_at, zones.min(self.axis.len()));
        block
    }

    /// The shown zones `shown` by chunk.
    fn groups(&self, shown: Progression) -> Vec<Group> {
        let placed = self.axis.placed().expect("an axis of several dimensions");
        let mut groups: BTreeMap<[u64; 4], Group> = BTreeMap::new();
        for (index, at) in shown.iter().enumerate() {
            let Some(position) = self.axis.positions().stored(at) else { continue };
            let indices = placed.indices(position);
            let mut key = [0; 4];
            for (key, (index, extent)) in key.iter_mut().zip(indices.iter().zip(&self.chunk)) {
                *key = index / extent;
            }
            let group = groups.entry(key).or_insert(Group { members: Vec::new(), low: indices, high: indices });
            group.members.push((index, indices));
            group.low = std::array::from_fn(|axis| group.low[axis].min(indices[axis]));
            group.high = std::array::from_fn(|axis| group.high[axis].max(indices[axis]));
        }
        groups.into_values().collect()
    }

    /// What to read of a group, axis by axis as stored.
    fn chosen(&self, progressions: &[Progression], group: &Group) -> Vec<Chosen> {
        let mut others = progressions.iter().enumerate().filter(|(at, _)| *at != self.zone_at).map(|(_, axis)| *axis);
        (0..self.stored.len() + self.others.len())
            .map(|at| match self.stored.iter().position(|stored| *stored == at) {
                Some(k) => {
                    let count = (group.high[k] - group.low[k] + 1) as usize;
                    Chosen::Strided(Progression { start: group.low[k], count, step: 1 })
                }
                None => Chosen::Strided(others.next().expect("as many shown axes as stored ones that are no zones'")),
            })
            .collect()
    }

    /// The members of `group` out of what was read of it, `width` items an element, in the order of the shown axes.
    fn dense<T: Clone>(&self, group: &Group, counts: &[usize], width: usize, values: &[T]) -> Vec<T> {
        let mut strides = vec![width; counts.len()];
        for at in (1..counts.len()).rev() {
            strides[at - 1] = strides[at] * counts[at];
        }
        let offsets = |axes: &[usize]| {
            axes.iter().fold(vec![0], |before: Vec<usize>, axis| {
                let (count, stride) = (counts[*axis], strides[*axis]);
                before.iter().flat_map(|at| (0..count).map(move |i| at + i * stride)).collect()
            })
        };
        let (outer, inner) = self.others.split_at(self.zone_at);
        let (outer, inner) = (offsets(outer), offsets(inner));
        let mut dense = Vec::with_capacity(outer.len() * group.members.len() * inner.len() * width);
        for outer in &outer {
            for (_, indices) in &group.members {
                let place = self
                    .stored
                    .iter()
                    .enumerate()
                    .map(|(k, axis)| (indices[k] - group.low[k]) as usize * strides[*axis]);
                let first = outer + place.sum::<usize>();
                for inner in &inner {
                    dense.extend_from_slice(&values[first + inner..first + inner + width]);
                }
            }
        }
        dense
    }

    /// Reads numbers of type `numeric` into `target`; zones outside the coverage stay as they are.
    pub(super) fn read_numbers(
        &self,
        call: &Arc<Call>,
        array: &hierarchy::Array,
        numeric: NumericType,
        progressions: &[Progression],
        mut target: Target<'_>,
    ) -> Result<()> {
        let halves = |at: usize, target: Target<'_>| {
            let half = progressions[at].count / 2;
            let mut part = progressions.to_vec();
            part[at] = progressions[at].part(0, half);
            let (before, after) = target.split_at(at, half);
            self.read_numbers(call, array, numeric, &part, before)?;
            part[at] = progressions[at].part(half, progressions[at].count - half);
            self.read_numbers(call, array, numeric, &part, after)
        };
        if progressions[self.zone_at].count > ZONES_AT_ONCE {
            return halves(self.zone_at, target);
        }
        let groups = self.groups(progressions[self.zone_at]);
        let size = numeric.size();
        let others = (0..progressions.len()).filter(|at| *at != self.zone_at);
        let zones = |group: &Group| (0..4).map(|at| group.high[at] - group.low[at] + 1).product::<u64>();
        let largest = groups.iter().map(zones).max().unwrap_or(0).saturating_mul(size as u64);
        let bytes = others.clone().fold(largest, |bytes, at| bytes.saturating_mul(progressions[at].count as u64));
        let longest = others.max_by_key(|at| progressions[*at].count).filter(|at| progressions[*at].count > 1);
        if let Some(at) = longest.filter(|_| bytes > PART_BYTES) {
            return halves(at, target);
        }
        let read = |group: &Group| -> Result<Vec<u8>> {
            let chosen = self.chosen(progressions, group);
            let selections = Chosen::selections(&chosen);
            let counts: Vec<usize> = selections.iter().map(hierarchy::AxisSelection::count).collect();
            let mut values = vec![0u8; counts.iter().product::<usize>() * size];
            if values.is_empty() {
                return Ok(values);
            }
            array.read(call, &selections, Target::from_bytes(&mut values, numeric, &counts)?)?;
            Ok(self.dense(group, &counts, size, &values))
        };
        for wave in groups.chunks(AT_ONCE) {
            let found: Vec<Vec<u8>> = match wave {
                [only] => vec![read(only)?],
                several => store::pool::install(call, || several.par_iter().map(read).collect::<Result<_>>())??,
            };
            for (group, dense) in wave.iter().zip(&found) {
                let mut shape: Vec<usize> = progressions.iter().map(|axis| axis.count).collect();
                shape[self.zone_at] = group.members.len();
                let every: Vec<[Run; 1]> = shape.iter().map(|count| [Run::whole(0, *count)]).collect();
                let zones = group.runs();
                let mut runs: Vec<&[Run]> = every.iter().map(|run| &run[..]).collect();
                runs[self.zone_at] = &zones;
                target.copy_from(&Source { bytes: dense, data_type: numeric, shape: &shape }, &runs)?;
            }
        }
        Ok(())
    }

    /// Reads elements that are no numbers, `width` items each, in C order of the shown axes.
    pub(super) fn read_elements<T: Clone>(
        &self,
        progressions: &[Progression],
        missing: &[T],
        read: impl Fn(&[hierarchy::AxisSelection<'_>]) -> Result<Vec<T>>,
    ) -> Result<Vec<T>> {
        let width = missing.len();
        let counts = |axes: &[Progression]| axes.iter().map(|axis| axis.count).product::<usize>();
        let (outer, zones) = (counts(&progressions[..self.zone_at]), progressions[self.zone_at].count);
        let row = counts(&progressions[self.zone_at + 1..]) * width;
        let mut elements: Vec<T> = missing.iter().cycle().take(outer * zones * row).cloned().collect();
        for group in self.groups(progressions[self.zone_at]) {
            let chosen = self.chosen(progressions, &group);
            let selections = Chosen::selections(&chosen);
            let counts: Vec<usize> = selections.iter().map(hierarchy::AxisSelection::count).collect();
            let values = read(&selections)?;
            if values.len() != counts.iter().product::<usize>() * width {
                return Err(Error::corrupt("a read of another size than was asked for"));
            }
            let dense = self.dense(&group, &counts, width, &values);
            for outer in 0..outer {
                for (rank, (to, _)) in group.members.iter().enumerate() {
                    let (from, to) = ((outer * group.members.len() + rank) * row, (outer * zones + to) * row);
                    elements[to..to + row].clone_from_slice(&dense[from..from + row]);
                }
            }
        }
        Ok(elements)
    }

    /// Fetches the chunks of the window.
    pub(super) fn advise(
        &self,
        call: &Arc<Call>,
        array: &hierarchy::Array,
        progressions: &[Progression],
        max_bytes: usize,
    ) -> Result<()> {
        self.groups(progressions[self.zone_at])
            .iter()
            .try_for_each(|group| array.advise(call, &Chosen::selections(&self.chosen(progressions, group)), max_bytes))
    }
}

impl Group {
    /// From the members to their places along the shown axis.
    fn runs(&self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for (from, (to, _)) in self.members.iter().enumerate() {
            match runs.last_mut() {
                Some(run) if run.to + run.count == *to => run.count += 1,
                _ => runs.push(Run { from, step: 1, to: *to, count: 1 }),
            }
        }
        runs
    }
}
