//! Numbers of tilings whose zones are cut in four: two bits a level, so that the zones within a zone are consecutive.

use std::ops::Range;

/// The numbers at `sub_level`, not below `level`, of the zones within a zone.
pub(crate) fn descendants(level: u8, number: u64, sub_level: u8) -> Range<u64> {
    let shift = 2 * (sub_level - level);
    number << shift..(number + 1) << shift
}

/// The zone of the level above; none at level 0.
pub(crate) fn parents(level: u8, number: u64) -> Vec<u64> {
    if level == 0 { vec![] } else { vec![number >> 2] }
}

/// The zones of the level below; none at the finest.
pub(crate) fn children(level: u8, number: u64, max_level: u8) -> Vec<u64> {
    if level >= max_level { vec![] } else { descendants(level, number, level + 1).collect() }
}
