//! Zones of a level numbered without gaps, in the order of their H3 indexes.
//!
//! An H3 index holds a base cell (0 to 121) and a digit 0 to 6 for each level. A hexagon has seven children; a pentagon,
//! and there is one under each of the twelve pentagonal base cells, has none of digit 1. So a hexagon has 7^d
//! descendants d levels below, a pentagon 1 + 5 (7^d - 1) / 6, and the rank of an index among those of its level is a
//! sum of three terms: its base cell's first rank, its digits read in base 7, less what the deleted children before it
//! would have held. Format of the index: <https://h3geo.org/docs/core-library/h3Indexing>.

use h3o::CellIndex;

use crate::grid::Zone;

/// The finest level of H3.
pub(crate) const MAX_LEVEL: u8 = 15;

/// Number of base cells.
const BASE_CELLS: u64 = 122;

/// The base cells that are pentagons.
const PENTAGONS: [u8; 12] = [4, 14, 24, 38, 49, 58, 63, 72, 83, 97, 107, 117];

/// Pentagons among the base cells below each.
static PENTAGONS_BELOW: [u8; BASE_CELLS as usize + 1] = {
    let mut table = [0; BASE_CELLS as usize + 1];
    let mut base = 0;
    let mut below = 0;
    while base < table.len() {
        table[base] = below as u8;
        if below < PENTAGONS.len() && PENTAGONS[below] as usize == base {
            below += 1;
        }
        base += 1;
    }
    table
};

/// Powers of 7, up to one beyond the finest level.
static POWERS: [u64; MAX_LEVEL as usize + 2] = {
    let mut table = [1; MAX_LEVEL as usize + 2];
    let mut power = 1;
    while power < table.len() {
        table[power] = 7 * table[power - 1];
        power += 1;
    }
    table
};

/// Descendants of a hexagon, `deeper` levels below, at most 16.
#[inline]
pub(crate) fn hexagon_size(deeper: u8) -> u64 {
    POWERS[usize::from(deeper)]
}

/// Descendants of a pentagon, `deeper` levels below, at most 16.
#[inline]
pub(crate) fn pentagon_size(deeper: u8) -> u64 {
    1 + 5 * ((hexagon_size(deeper) - 1) / 6)
}

/// Zones on the globe: 2 + 120 * 7^level.
#[inline]
pub(crate) fn zone_count(level: u8) -> u64 {
    2 + 120 * hexagon_size(level)
}

/// What the deleted children of a pentagon would hold before an index whose first digit above 0 is followed by `after`
/// digits: 7^after + ... + 7 + 1.
fn deleted(after: u8) -> u64 {
    (hexagon_size(after + 1) - 1) / 6
}

/// The first rank of a base cell, or for 122 the number of zones.
#[inline]
pub(crate) fn first_rank(level: u8, base: u64) -> u64 {
    let below = u64::from(PENTAGONS_BELOW[base as usize]);
    base * hexagon_size(level) - below * (hexagon_size(level) - pentagon_size(level))
}

#[inline]
pub(crate) fn is_pentagon(base: u64) -> bool {
    PENTAGONS_BELOW[base as usize] != PENTAGONS_BELOW[base as usize + 1]
}

/// The rank of a cell among those of its level.
#[inline]
pub(crate) fn zone_of_cell(cell: CellIndex) -> Zone {
    let bits = u64::from(cell);
    let level = ((bits >> 52) & 15) as u8;
    let base = (bits >> 45) & 127;
    let octal = (bits & ((1 << 45) - 1)) >> (3 * (MAX_LEVEL - level));
    let digits = from_octal(octal);
    let first = first_rank(level, base);
    if digits == 0 || !is_pentagon(base) {
        return Zone(first + digits);
    }
    Zone(first + digits - deleted((octal.ilog2() / 3) as u8))
}

/// The cell of a rank; none where the rank is none of `level`.
#[inline]
pub(crate) fn cell_of_zone(level: u8, zone: Zone) -> Option<CellIndex> {
    if level > MAX_LEVEL || zone.0 >= zone_count(level) {
        return None;
    }
    // Pentagons are small, all twelve lack less than two hexagons: at most two base cells are passed over.
    let mut base = zone.0 / hexagon_size(level);
    while first_rank(level, base + 1) <= zone.0 {
        base += 1;
    }
    let mut digits = zone.0 - first_rank(level, base);
    if digits > 0 && is_pentagon(base) {
        let after = (0..level).rev().find(|&after| digits >= pentagon_size(after)).unwrap_or(0);
        digits += deleted(after);
    }
    let unused = 3 * (MAX_LEVEL - level);
    let octal = (to_octal(digits) << unused) | ((1 << unused) - 1);
    CellIndex::try_from((1 << 59) | (u64::from(level) << 52) | (base << 45) | octal).ok()
}

/// Up to 15 digits, three bits each, as a number of base 7: neighbouring digits, then pairs, fours and eights are
/// joined, in all places at once.
#[inline]
fn from_octal(octal: u64) -> u64 {
    let pairs = octal - ((octal >> 3) & 0o7_0707_0707_0707); // times 8 - 7
    let fours = pairs - ((pairs >> 6) & 0o77_0077_0077_0077) * (64 - 49);
    let eights = fours - ((fours >> 12) & 0o7777_0000_7777) * (4096 - 2401);
    eights - (eights >> 24) * ((1 << 24) - 5_764_801)
}

/// Base-7 digits that [`OCTAL`] takes at once, and numbers of so many digits.
const OCTAL_COUNT: u64 = 7u64.pow(4);

/// Four base-7 digits, three bits each.
static OCTAL: [u16; OCTAL_COUNT as usize] = {
    let mut table = [0; OCTAL_COUNT as usize];
    let mut number = 0;
    while number < table.len() {
        let (mut rest, mut shift) = (number as u16, 0);
        while rest > 0 {
            table[number] |= (rest % 7) << shift;
            rest /= 7;
            shift += 3;
        }
        number += 1;
    }
    table
};

/// The inverse of [`from_octal`].
#[inline]
fn to_octal(mut number: u64) -> u64 {
    let (mut octal, mut shift) = (0, 0);
    while number > 0 {
        octal |= u64::from(OCTAL[(number % OCTAL_COUNT) as usize]) << shift;
        number /= OCTAL_COUNT;
        shift += 12;
    }
    octal
}

#[cfg(test)]
mod tests {
    use super::*;
    use h3o::{BaseCell, Resolution};

    #[test]
    fn pentagons_and_counts_are_those_of_h3o() {
        for base in BaseCell::iter() {
            assert_eq!(is_pentagon(u64::from(u8::from(base))), base.is_pentagon());
        }
        for resolution in Resolution::range(Resolution::Zero, Resolution::Fifteen) {
            let level = u8::from(resolution);
            assert_eq!(zone_count(level), resolution.cell_count());
            assert_eq!(first_rank(level, BASE_CELLS), zone_count(level));
        }
    }

    #[test]
    fn ranks_count_the_indexes_of_a_level() {
        for (level, resolution) in (0..=4).zip(Resolution::range(Resolution::Zero, Resolution::Four)) {
            let cells = CellIndex::base_cells().flat_map(|base| base.children(resolution));
            let mut count = 0;
            for (rank, cell) in cells.enumerate() {
                assert_eq!(zone_of_cell(cell), Zone(rank as u64), "{cell}");
                assert_eq!(cell_of_zone(level, Zone(rank as u64)), Some(cell));
                count += 1;
            }
            assert_eq!(count, zone_count(level));
            assert_eq!(cell_of_zone(level, Zone(count)), None);
        }
    }

    #[test]
    fn ranks_and_indexes_are_inverse_and_ordered_at_all_levels() {
        for level in 0..=MAX_LEVEL {
            let last = zone_count(level) - 1;
            let mut before = 0;
            for step in 0..20_000 {
                let rank = (u128::from(last) * step / 19_999) as u64;
                let cell = cell_of_zone(level, Zone(rank)).unwrap();
                assert_eq!(zone_of_cell(cell), Zone(rank));
                assert!(u64::from(cell) >= before);
                before = u64::from(cell);
            }
            let resolution = Resolution::try_from(level).unwrap();
            assert_eq!(cell_of_zone(level, Zone(0)), Some(CellIndex::first(resolution)));
            assert_eq!(cell_of_zone(level, Zone(last)), Some(CellIndex::last(resolution)));
        }
        assert_eq!(cell_of_zone(16, Zone(0)), None);
    }
}
