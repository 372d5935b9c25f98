//! How an array is cut into chunks, and chunks gathered in shards.
//!
//! Along the zones a chunk is one zone of a coarser level where the grid's order allows it (its sub-zones lie together), so
//! that a region falls into few chunks. Chunks span the other axes a little: a map then reads all of few chunks, a time
//! series little of few. A shard is a larger zone, one file; it does not reach further along the other axes than its chunks,
//! so that processes which write different steps do not meet in one file once they are more than a chunk apart.

use super::Format;
use crate::grid::{Grid, Zone};

/// The shapes of an array's chunks and shards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Shape of a chunk.
    pub chunk: Vec<u64>,
    /// Shape of a shard, a multiple of the chunk's; `None`: each chunk has its own file.
    pub shard: Option<Vec<u64>>,
}

/// The axis of an array along which its zones lie, one zone a position.
#[derive(Clone, Copy)]
pub struct ZoneCut<'g> {
    /// Which axis it is.
    pub axis: usize,
    /// The grid.
    pub grid: &'g dyn Grid,
    /// The refinement level.
    pub level: u8,
    /// `CHUNK_LEVEL`, if it was chosen.
    pub chunk_level: Option<u8>,
    /// `SHARD_LEVEL`, if it was chosen.
    pub shard_level: Option<u8>,
}

/// Bytes of a chunk in a shard.
const INNER_BYTES: u64 = 1 << 18;
/// Bytes of a chunk that is a file.
const FILE_BYTES: u64 = 1 << 20;
/// Bytes of a shard.
const SHARD_BYTES: u64 = 1 << 24;
/// Positions on the axes other than the zones' that a chunk spans, all together.
const SPAN: u64 = 16;

/// The layout of an array of `shape`, of elements of `element_size` bytes.
pub fn layout(shape: &[u64], element_size: usize, zones: Option<ZoneCut<'_>>, format: Format) -> Layout {
    let element = (element_size as u64).max(1);
    let Some(zones) = zones else { return Layout { chunk: halved(shape, FILE_BYTES / element), shard: None } };
    let mut chunk = spans(shape, zones.axis);
    let others: u64 =
        chunk.iter().enumerate().filter(|(axis, _)| *axis != zones.axis).map(|(_, extent)| extent).product();
    let size = shape[zones.axis].max(1);
    let bytes = if format == Format::V2 { FILE_BYTES } else { INNER_BYTES };
    let length = match zones.chunk_level {
        Some(level) => zones.length_of(level),
        None => zones.length_within((bytes / (element * others)).max(1), size),
    };
    chunk[zones.axis] = length.min(size);
    if format == Format::V2 || length >= size {
        return Layout { chunk, shard: None };
    }
    let wanted = match zones.shard_level {
        Some(level) => zones.length_of(level),
        None => zones.length_within((SHARD_BYTES / (element * others)).max(1), size),
    };
    let mut shard = chunk.clone();
    shard[zones.axis] = wanted.min(size).next_multiple_of(length);
    let shard = (shard[zones.axis] > length).then_some(shard);
    Layout { chunk, shard }
}

/// The layout of an array of `shape` whose last `zone_axes` axes are those of zones, counted as one in the order of storage: a
/// chunk, and a shard, is a run of positions, and each run of so many positions from the first on is one.
pub fn slabs(shape: &[u64], zone_axes: usize, element_size: usize, format: Format) -> Layout {
    let element = (element_size as u64).max(1);
    let (others, zones) = shape.split_at(shape.len() - zone_axes);
    let mut chunk = spans(others, others.len());
    let elements = |bytes: u64| (bytes / (element * chunk.iter().product::<u64>())).max(1);
    let bytes = if format == Format::V2 { FILE_BYTES } else { INNER_BYTES };
    let inner = slab(zones, elements(bytes), &vec![1; zone_axes]);
    let outer = slab(zones, elements(SHARD_BYTES), &inner);
    let shard = (format == Format::V3 && outer != inner).then(|| [&chunk[..], &outer].concat());
    chunk.extend(inner);
    Layout { chunk, shard }
}

/// The largest run of at most `most` positions that is a box, and a multiple of `unit`: whole along the fastest axes, a divisor of
/// the extent along the next one, `unit` (one) along the slowest.
fn slab(shape: &[u64], most: u64, unit: &[u64]) -> Vec<u64> {
    let mut slab = unit.to_vec();
    for axis in (0..shape.len()).rev() {
        let inner: u64 = slab[axis + 1..].iter().product();
        let (parts, wanted) = ((shape[axis] / unit[axis]).max(1), most / inner / unit[axis]);
        let divisor = (1..=parts.min(wanted)).rev().find(|divisor| parts.is_multiple_of(*divisor)).unwrap_or(1);
        slab[axis] = unit[axis] * divisor;
        if slab[axis] < shape[axis] {
            break;
        }
    }
    slab
}

/// The length of the runs of positions on zone axes of `shape`, counted as one, that are whole chunks of `chunk`, each run a box.
pub fn run_of(shape: &[u64], chunk: &[u64]) -> u64 {
    let mut axis = 0;
    while axis + 1 < shape.len() && chunk[axis] == 1 && shape[axis + 1].is_multiple_of(chunk[axis + 1]) {
        axis += 1;
    }
    shape[axis + 1..].iter().fold(chunk[axis].min(shape[axis]), |product, extent| product.saturating_mul(*extent))
}

/// The shape with its slowest axes halved until it has at most `elements`.
fn halved(shape: &[u64], elements: u64) -> Vec<u64> {
    let mut chunk: Vec<u64> = shape.iter().map(|&extent| extent.max(1)).collect();
    for axis in 0..chunk.len() {
        let inner: u64 = chunk[axis + 1..].iter().fold(1, |product, &extent| product.saturating_mul(extent));
        if inner.saturating_mul(chunk[axis]) <= elements {
            break;
        }
        chunk[axis] = (elements / inner).clamp(1, chunk[axis]);
    }
    chunk
}

/// What a chunk spans of the axes other than `zone_axis`: of each, from the slowest on, what is left of [`SPAN`].
fn spans(shape: &[u64], zone_axis: usize) -> Vec<u64> {
    let mut left = SPAN;
    let span = |(axis, &extent): (usize, &u64)| match axis == zone_axis {
        true => 1,
        false => {
            let span = extent.clamp(1, left);
            left = (left / span).max(1);
            span
        }
    };
    shape.iter().enumerate().map(span).collect()
}

impl ZoneCut<'_> {
    /// Positions of one zone of `coarser`.
    fn length_of(&self, coarser: u8) -> u64 {
        let coarser = coarser.min(self.level);
        let (all, zones) = (self.grid.zone_count(self.level), self.grid.zone_count(coarser));
        self.exact(coarser).unwrap_or_else(|| (all / zones).max(1))
    }

    /// The number of positions of a zone of `coarser`, where each zone of that level is as many consecutive positions.
    fn exact(&self, coarser: u8) -> Option<u64> {
        let (all, zones) = (self.grid.zone_count(self.level), self.grid.zone_count(coarser));
        if !self.grid.ids_follow_zone_order() || !all.is_multiple_of(zones) {
            return None;
        }
        let length = all / zones;
        let lies_together = |zone: u64| {
            let sub_zones = self.grid.sub_zones(coarser, Zone(zone), self.level);
            sub_zones.is_ok_and(|set| matches!(set.ranges(), [only] if *only == (zone * length..(zone + 1) * length)))
        };
        [0, zones / 2, zones - 1].into_iter().all(lies_together).then_some(length)
    }

    /// The largest length that is at most `most`: all `size` positions, a few of the coarsest zones, one zone, or a power of
    /// two.
    fn length_within(&self, most: u64, size: u64) -> u64 {
        if size <= most {
            return size;
        }
        if let Some(coarsest) = self.exact(0).filter(|&length| length <= most) {
            let count = self.grid.zone_count(0);
            let several = (1..=(most / coarsest).min(count)).rev().find(|several| count.is_multiple_of(*several));
            return coarsest * several.unwrap_or(1);
        }
        let zone = (1..self.level).find_map(|level| self.exact(level).filter(|&length| length <= most));
        zone.unwrap_or(1 << most.ilog2())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid;

    fn cut(dggrs: &str, indexing: Option<&'static str>, level: u8, others: &[u64], format: Format) -> Layout {
        let (family, name) = grid::family_of(dggrs).unwrap();
        let mut spec = family.default_spec(name);
        spec.indexing = indexing.unwrap_or(spec.indexing);
        let grid = family.grid(&spec).unwrap();
        let shape: Vec<u64> = others.iter().copied().chain([grid.zone_count(level)]).collect();
        let zones = ZoneCut { axis: others.len(), grid: &*grid, level, chunk_level: None, shard_level: None };
        layout(&shape, 4, Some(zones), format)
    }

    #[test]
    fn a_chunk_is_a_coarser_zone_and_spans_the_steps_a_little() {
        let monthly = cut("HEALPix", None, 9, &[12], Format::V3);
        assert_eq!(monthly, Layout { chunk: vec![12, 4096], shard: Some(vec![12, 262_144]) });
        let daily = cut("HEALPix", None, 9, &[365, 37], Format::V3);
        assert_eq!(daily, Layout { chunk: vec![16, 1, 4096], shard: Some(vec![16, 1, 262_144]) });
        assert_eq!(cut("HEALPix", None, 9, &[], Format::V2), Layout { chunk: vec![262_144], shard: None });
    }

    #[test]
    fn an_order_without_zones_in_it_gets_powers_of_two() {
        let rings = cut("HEALPix", Some("ring"), 9, &[12], Format::V3);
        assert_eq!(rings, Layout { chunk: vec![12, 4096], shard: Some(vec![12, 262_144]) });
        let hexagons = cut("H3", None, 5, &[], Format::V3);
        assert_eq!(hexagons.chunk, [65_536]);
    }

    #[test]
    fn a_small_array_is_one_chunk() {
        assert_eq!(cut("HEALPix", None, 3, &[2], Format::V3), Layout { chunk: vec![2, 768], shard: None });
        let base_zones = cut("HEALPix", None, 5, &[12], Format::V3);
        assert_eq!(base_zones, Layout { chunk: vec![12, 4096], shard: Some(vec![12, 12_288]) });
        assert_eq!(layout(&[], 8, None, Format::V3), Layout { chunk: vec![], shard: None });
        assert_eq!(layout(&[0], 8, None, Format::V3), Layout { chunk: vec![1], shard: None });
        assert_eq!(layout(&[100, 1000, 1000], 8, None, Format::V3).chunk, [1, 131, 1000]);
    }

    #[test]
    fn slabs_are_runs_of_positions_that_fill_the_axes() {
        let cut = |shape: &[u64], format| slabs(shape, 3, 4, format);
        let large = cut(&[12, 1024, 1024], Format::V3);
        assert_eq!(large, Layout { chunk: vec![1, 64, 1024], shard: Some(vec![4, 1024, 1024]) });
        assert_eq!(cut(&[12, 1024, 1024], Format::V2).chunk, [1, 256, 1024]);
        assert_eq!(cut(&[12, 9, 9], Format::V3), Layout { chunk: vec![12, 9, 9], shard: None });
        let stepped = cut(&[40, 12, 2187, 2187], Format::V3);
        assert_eq!(stepped, Layout { chunk: vec![16, 1, 1, 2187], shard: Some(vec![16, 1, 81, 2187]) });
        for (shape, chunk, run) in [
            ([12, 1024, 1024], [1, 64, 1024], 64 * 1024),
            ([5, 512, 1024], [1, 128, 128], 128 * 1024),
            ([5, 512, 1024], [1, 100, 128], 512 * 1024),
            ([12, 8, 8], [5, 8, 8], 5 * 64),
            ([12, 8, 8], [1, 1, 8], 8),
            ([12, 8, 8], [16, 16, 16], 12 * 64),
        ] {
            assert_eq!(run_of(&shape, &chunk), run, "{shape:?} {chunk:?}");
        }
    }

    #[test]
    fn a_chosen_level_is_kept() {
        let (family, name) = grid::family_of("HEALPix").unwrap();
        let grid = family.grid(&family.default_spec(name)).unwrap();
        let zones = ZoneCut { axis: 0, grid: &*grid, level: 6, chunk_level: Some(4), shard_level: Some(2) };
        let cut = layout(&[49_152], 4, Some(zones), Format::V3);
        assert_eq!(cut, Layout { chunk: vec![16], shard: Some(vec![256]) });
    }
}
