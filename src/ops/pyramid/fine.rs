//! The values of finer zones, along one dimension of an array or several.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Layer;
use crate::error::{Error, Result};
use crate::hierarchy::AxisSelection;
use crate::store::{Call, NumericType, Target};

/// Indices along up to four axes of zones, slowest first.
type Indices = [u64; 4];

/// The positions that lie in one chunk.
struct Group {
    /// Place among the positions, and indices.
    members: Vec<(usize, Indices)>,
    low: Indices,
    high: Indices,
}

/// The elements of `layer` at `positions`, which ascend, and at `count` indices from `start` on along its other axes: in C
/// order, positions last.
///
/// # Errors
/// They cannot be read; an array that is not numeric.
pub(super) fn read(
    call: &Arc<Call>,
    layer: &Layer,
    start: &[u64],
    count: &[u64],
    positions: &[u64],
) -> Result<Vec<u8>> {
    let number = layer.array.data_type().numeric().ok_or_else(|| Error::invalid("an array that is not numeric"))?;
    let slices = count.iter().product::<u64>() as usize;
    let mut values = vec![0; slices * positions.len() * number.size()];
    let Some((&first, &last)) = positions.first().zip(positions.last()) else { return Ok(values) };
    if let [_] = layer.zone_axes[..] {
        let zones = match last - first + 1 == positions.len() as u64 {
            true => AxisSelection::Strided { start: first, count: positions.len(), step: 1 },
            false => AxisSelection::List(positions),
        };
        read_box(call, layer, number, start, count, &[zones], &mut values)?;
        return Ok(values);
    }
    let size = number.size();
    for group in groups(layer, positions) {
        let extents: Vec<usize> =
            (0..layer.zone_axes.len()).map(|k| (group.high[k] - group.low[k] + 1) as usize).collect();
        let zones = extents.iter().zip(group.low);
        let zones: Vec<AxisSelection<'_>> =
            zones.map(|(&count, start)| AxisSelection::Strided { start, count, step: 1 }).collect();
        let within = extents.iter().product::<usize>();
        let mut read = vec![0; slices * within * size];
        read_box(call, layer, number, start, count, &zones, &mut read)?;
        for (place, indices) in &group.members {
            let at = extents
                .iter()
                .enumerate()
                .fold(0, |at, (k, extent)| at * extent + (indices[k] - group.low[k]) as usize);
            for slice in 0..slices {
                let (from, to) = ((slice * within + at) * size, (slice * positions.len() + place) * size);
                values[to..to + size].copy_from_slice(&read[from..from + size]);
            }
        }
    }
    Ok(values)
}

/// The positions by the chunk that they lie in.
fn groups(layer: &Layer, positions: &[u64]) -> Vec<Group> {
    let along = |extents: &[u64]| -> Vec<u64> { layer.zone_axes.iter().map(|axis| extents[*axis].max(1)).collect() };
    let (sizes, chunk) = (along(layer.array.shape()), along(layer.array.read_chunk_shape()));
    let mut groups: BTreeMap<Indices, Group> = BTreeMap::new();
    for (place, position) in positions.iter().enumerate() {
        let (mut indices, mut key, mut rest) = (Indices::default(), Indices::default(), *position);
        for k in (0..sizes.len()).rev() {
            indices[k] = rest % sizes[k];
            key[k] = indices[k] / chunk[k];
            rest /= sizes[k];
        }
        let group = groups.entry(key).or_insert(Group { members: Vec::new(), low: indices, high: indices });
        group.members.push((place, indices));
        group.low = std::array::from_fn(|k| group.low[k].min(indices[k]));
        group.high = std::array::from_fn(|k| group.high[k].max(indices[k]));
    }
    groups.into_values().collect()
}

/// Reads what `zones` select along the axes of zones; these go last, wherever the array has them.
fn read_box(
    call: &Arc<Call>,
    layer: &Layer,
    number: NumericType,
    start: &[u64],
    count: &[u64],
    zones: &[AxisSelection<'_>],
    into: &mut [u8],
) -> Result<()> {
    let outer = start.iter().zip(count);
    let outer = outer.map(|(&start, &count)| AxisSelection::Strided { start, count: count as usize, step: 1 });
    let all: Vec<AxisSelection<'_>> = outer.chain(zones.iter().copied()).collect();
    let counts: Vec<usize> = all.iter().map(AxisSelection::count).collect();
    // Of each axis of the array, which of `all` it is.
    let mut others = 0..start.len();
    let mut order = Vec::with_capacity(all.len());
    for axis in 0..all.len() {
        order.push(match layer.zone_axes.iter().position(|zone_axis| *zone_axis == axis) {
            Some(k) => start.len() + k,
            None => others.next().ok_or_else(|| Error::invalid("an array with other axes"))?,
        });
    }
    let selection: Vec<AxisSelection<'_>> = order.iter().map(|at| all[*at]).collect();
    let target = Target::from_bytes(into, number, &counts)?.permuted(&order);
    layer.array.read(call, &selection, target)
}
