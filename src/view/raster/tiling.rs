//! An array as tiles: blocks of chunk shape, read whole and kept for a while.

use std::sync::Arc;

use crate::cube::{Array, Window, ZoneFinder};
use crate::error::{Error, Result};
use crate::store::{Call, NumericType, Target};

/// The most bytes of a tile that holds several slices; beyond that a tile holds one.
const SLICES_BYTES: u64 = 32 << 20;

/// The most zones of a tile: what [`Tiling::split`] can count, and a bound on memory where chunks are huge.
const MOST_ZONES: u64 = 1 << 28;

/// How an array's zones, and the slices across them, fall into tiles.
#[derive(Clone, Debug)]
pub(super) struct Tiling {
    /// Axes of the array that are the zones', in the order in which positions count them.
    zone_axes: Vec<usize>,
    /// Their sizes, and how much of each one tile holds.
    zone_sizes: Vec<u64>,
    zone_extents: Vec<u64>,
    /// The other axes, slowest first.
    other_axes: Vec<usize>,
    other_sizes: Vec<u64>,
    other_extents: Vec<u64>,
    /// Bit shift that divides by the extent of the only zone axis, where there is such.
    shift: Option<u32>,
}

/// What is wanted of the zones of a tile: its number, and the first and the last zone in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) number: u64,
    pub(super) first: u32,
    pub(super) last: u32,
}

/// The values of a tile, slice by slice.
#[derive(Debug)]
pub(super) struct Tile {
    /// Elements in native byte order: for each slice of the tile those of `count` zones.
    bytes: Vec<u8>,
    size: usize,
    /// The first zone that is here.
    first: u32,
    count: usize,
}

impl Tile {
    /// The elements of the tile's slice `number`, and which zone of the tile the first one is of.
    pub(super) fn slice(&self, number: usize) -> (&[u8], u32) {
        let length = self.count * self.size;
        (&self.bytes[number * length..(number + 1) * length], self.first)
    }

    /// Bytes it takes.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }
}

impl Tiling {
    /// The tiles of `array`, whose zones are those of `finder`.
    pub(super) fn new(array: &dyn Array, finder: &ZoneFinder) -> Self {
        let shape: Vec<u64> = array.dimensions().iter().map(|dimension| dimension.size).collect();
        let block: Vec<u64> = array
            .read_block_size()
            .iter()
            .zip(&shape)
            .map(|(block, size)| if *block == 0 { *size } else { *block }.clamp(1, (*size).max(1)))
            .collect();
        let zone_axes = finder.dimensions().to_vec();
        let other_axes: Vec<usize> = (0..shape.len()).filter(|axis| !zone_axes.contains(axis)).collect();
        let pick = |from: &[u64], axes: &[usize]| axes.iter().map(|axis| from[*axis]).collect::<Vec<u64>>();
        let mut zone_extents = pick(&block, &zone_axes);
        let mut room = MOST_ZONES;
        for extent in zone_extents.iter_mut().rev() {
            *extent = (*extent).min(room).max(1);
            room /= *extent;
        }
        let size = array.data_type().numeric().map_or(8, NumericType::size).max(8) as u64;
        let mut other_extents = pick(&block, &other_axes);
        let bytes = zone_extents.iter().chain(&other_extents).fold(size, |bytes, extent| bytes.saturating_mul(*extent));
        if bytes > SLICES_BYTES {
            other_extents.fill(1);
        }
        let shift = match zone_extents[..] {
            [only] if only.is_power_of_two() => Some(only.trailing_zeros()),
            _ => None,
        };
        let (zone_sizes, other_sizes) = (pick(&shape, &zone_axes), pick(&shape, &other_axes));
        Self { zone_axes, zone_sizes, zone_extents, other_axes, other_sizes, other_extents, shift }
    }

    /// The number of the tile that holds the zone at `position`, and its place in it.
    pub(super) fn split(&self, position: u64) -> (u64, u32) {
        match (self.shift, &self.zone_extents[..]) {
            (Some(shift), _) => (position >> shift, (position & ((1 << shift) - 1)) as u32),
            (None, [extent]) => (position / extent, (position % extent) as u32),
            (None, extents) => {
                let (mut rest, mut number, mut tiles, mut place, mut places) = (position, 0, 1, 0, 1);
                for (size, extent) in self.zone_sizes.iter().zip(extents).rev() {
                    let index = rest % size;
                    rest /= size;
                    number += index / extent * tiles;
                    tiles *= size.div_ceil(*extent);
                    place += index % extent * places;
                    places *= extent;
                }
                (number, place as u32)
            }
        }
    }

    /// Zones of a tile, where the zones are on one axis: position p is in tile p / extent.
    pub(super) fn extent(&self) -> Option<u64> {
        match self.zone_extents[..] {
            [extent] => Some(extent),
            _ => None,
        }
    }

    /// Zones of a whole tile.
    fn zones(&self) -> u64 {
        self.zone_extents.iter().product()
    }

    /// What to read for `wanted`: where little of a tile is wanted that part, else all of it.
    pub(super) fn worth_reading(&self, wanted: Wanted) -> Wanted {
        const LITTLE: u64 = 8;
        let zones = self.zones();
        if self.zone_extents.len() == 1 && u64::from(wanted.last - wanted.first + 1) * LITTLE <= zones {
            return wanted;
        }
        Wanted { first: 0, last: (zones - 1) as u32, ..wanted }
    }

    /// Whether `wanted` is a whole tile.
    pub(super) fn is_whole(&self, wanted: Wanted) -> bool {
        u64::from(wanted.last - wanted.first) + 1 == self.zones()
    }

    /// Along the other axes, which tile holds the slice at `indices`, and the slice's number in that tile.
    pub(super) fn slice(&self, indices: &[u64]) -> (Vec<u64>, usize) {
        let tile: Vec<u64> = indices.iter().zip(&self.other_extents).map(|(index, extent)| index / extent).collect();
        let number = (0..tile.len()).fold(0, |number, at| {
            let (first, extent) = (tile[at] * self.other_extents[at], self.other_extents[at]);
            number * extent.min(self.other_sizes[at] - first) + (indices[at] - first)
        });
        (tile, number as usize)
    }

    /// The indices of the tile `others` along the other axes: first and count of each.
    fn others(&self, others: &[u64]) -> impl Iterator<Item = (u64, usize)> {
        let axes = others.iter().zip(&self.other_extents).zip(&self.other_sizes);
        axes.map(|((tile, extent), size)| (tile * extent, (*extent).min(size - tile * extent) as usize))
    }

    /// Bytes that reading `wanted` of the tiles `others` takes, `size` bytes an element.
    pub(super) fn bytes(&self, wanted: Wanted, others: &[u64], size: usize) -> u64 {
        let zones = u64::from(wanted.last - wanted.first) + 1;
        self.others(others).fold(zones * size as u64, |bytes, (_, count)| bytes.saturating_mul(count as u64))
    }

    /// Reads `wanted`, whose bounds come from [`Tiling::worth_reading`], across the slices of `others`, as numbers of `number`.
    ///
    /// # Errors
    /// A chunk that cannot be read.
    pub(super) fn read(
        &self,
        call: &Arc<Call>,
        array: &dyn Array,
        wanted: Wanted,
        others: &[u64],
        number: NumericType,
    ) -> Result<Tile> {
        let rank = self.zone_axes.len() + self.other_axes.len();
        let mut window = Window { start: vec![0; rank], count: vec![0; rank], step: vec![1; rank] };
        // The buffer's axes: the others, then the zones'.
        let mut counts = Vec::with_capacity(rank);
        for (axis, (first, count)) in self.other_axes.iter().zip(self.others(others)) {
            (window.start[*axis], window.count[*axis]) = (first, count);
            counts.push(count);
        }
        let count = (wanted.last - wanted.first) as usize + 1;
        match (&self.zone_axes[..], &self.zone_extents[..]) {
            ([axis], [extent]) => {
                let first = wanted.number * extent + u64::from(wanted.first);
                let inside = count.min((self.zone_sizes[0] - first) as usize);
                (window.start[*axis], window.count[*axis]) = (first, inside);
                counts.push(count);
            }
            (axes, extents) => {
                let mut number = wanted.number;
                for (at, axis) in axes.iter().enumerate().rev() {
                    let tiles = self.zone_sizes[at].div_ceil(extents[at]);
                    let first = number % tiles * extents[at];
                    number /= tiles;
                    (window.start[*axis], window.count[*axis]) =
                        (first, extents[at].min(self.zone_sizes[at] - first) as usize);
                }
                counts.extend(extents.iter().map(|extent| *extent as usize));
            }
        }
        let elements = counts.iter().try_fold(number.size(), |bytes, count| bytes.checked_mul(*count));
        let bytes = elements.ok_or_else(|| Error::invalid("a tile larger than memory"))?;
        let mut tile = Tile { bytes: vec![0; bytes], size: number.size(), first: wanted.first, count };
        let mut target = Target::from_bytes(&mut tile.bytes, number, &counts)?;
        let order: Vec<usize> = self.other_axes.iter().chain(&self.zone_axes).copied().collect();
        for (at, axis) in order.iter().enumerate() {
            target = target.narrow(at, 0, window.count[*axis]);
        }
        let place = |axis: usize| order.iter().position(|other| *other == axis).unwrap_or(axis);
        let target = target.permuted(&(0..rank).map(place).collect::<Vec<usize>>());
        array.read_numbers(call, &window, target)?;
        Ok(tile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiling(zone_sizes: &[u64], zone_extents: &[u64], other_sizes: &[u64], other_extents: &[u64]) -> Tiling {
        let shift = match zone_extents {
            [only] if only.is_power_of_two() => Some(only.trailing_zeros()),
            _ => None,
        };
        let (zones, others) = (zone_sizes.len(), other_sizes.len());
        Tiling {
            zone_axes: (others..others + zones).collect(),
            zone_sizes: zone_sizes.into(),
            zone_extents: zone_extents.into(),
            other_axes: (0..others).collect(),
            other_sizes: other_sizes.into(),
            other_extents: other_extents.into(),
            shift,
        }
    }

    #[test]
    fn every_position_has_a_place_of_its_own() {
        for tiling in
            [tiling(&[100], &[16], &[], &[]), tiling(&[100], &[7], &[], &[]), tiling(&[3, 10, 9], &[1, 4, 5], &[], &[])]
        {
            let count: u64 = tiling.zone_sizes.iter().product();
            let mut places: Vec<(u64, u32)> = (0..count).map(|position| tiling.split(position)).collect();
            assert!(places.iter().all(|(_, place)| u64::from(*place) < tiling.zones()));
            places.sort_unstable();
            places.dedup();
            assert_eq!(places.len() as u64, count);
        }
        // Row 5, column 6 of face 2: tiles of 4 by 5 are 3 by 2 a face.
        assert_eq!(tiling(&[3, 10, 9], &[1, 4, 5], &[], &[]).split(2 * 90 + 5 * 9 + 6), (2 * 6 + 2 + 1, 5 + 1));
    }

    #[test]
    fn slices_are_counted_within_what_the_tile_holds() {
        let tiling = tiling(&[10], &[10], &[5, 4], &[2, 3]);
        assert_eq!(tiling.slice(&[1, 1]), (vec![0, 0], 4));
        // The last tile along the second axis holds one position.
        assert_eq!(tiling.slice(&[3, 3]), (vec![1, 1], 1));
        assert_eq!(tiling.bytes(Wanted { number: 0, first: 0, last: 9 }, &[2, 1], 4), 40);
    }
}
