//! From zones back to places in an array: what a view of pixels asks.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use crate::cube::axis::{Axis, NO_ZONE};
use crate::cube::crs::{Crs, grid_definition};
use crate::error::{Context, Result};
use crate::grid::{Grid, Zone, ZoneSet};
use crate::store::Call;

/// The zones of an array, to be found by zone.
#[derive(Clone)]
pub struct ZoneFinder {
    axis: Arc<Axis>,
    dimensions: Vec<usize>,
    store: String,
}

impl ZoneFinder {
    /// The position of a zone that the array does not hold.
    pub const NOWHERE: u64 = u64::MAX;

    /// `dimensions` are the axes of the array that `axis` is, in the order in which its positions count them.
    pub(super) fn new(axis: Arc<Axis>, dimensions: Vec<usize>, store: String) -> Self {
        Self { axis, dimensions, store }
    }

    /// The grid.
    pub fn grid(&self) -> &Arc<dyn Grid> {
        self.axis.grid()
    }

    /// The refinement level.
    pub fn level(&self) -> u8 {
        self.axis.level()
    }

    /// The axes of the array that the zones are on, slowest first: a position is the rank when all places along them are
    /// counted in this order.
    pub fn dimensions(&self) -> &[usize] {
        &self.dimensions
    }

    /// Number of places for zones.
    pub fn count(&self) -> u64 {
        self.axis.len()
    }

    /// True when every zone of the level has its place.
    pub fn is_global(&self) -> bool {
        self.axis.is_global()
    }

    /// The CRS of the grid's longitudes and latitudes as WKT; `None` when PROJ does not understand it.
    pub fn crs_wkt(&self) -> Option<String> {
        Crs::new(vec![grid_definition(self.grid().spec())]).wkt().map(str::to_owned)
    }

    /// The positions of `zones`, which are valid at the level; [`ZoneFinder::NOWHERE`] where the array has none. Both
    /// slices have the same length.
    ///
    /// # Errors
    /// Zone ids that cannot be read.
    pub fn positions(&self, call: &Arc<Call>, zones: &[Zone], positions: &mut [u64]) -> Result<()> {
        self.axis.positions_of(call, zones, positions).context(|| self.store.clone())
    }

    /// Calls `visit` with sets of zones, which together are those of the array; with one, where that is few ranges.
    ///
    /// # Errors
    /// Zone ids that cannot be read; the first error of `visit`.
    pub fn for_each_set(&self, call: &Arc<Call>, mut visit: impl FnMut(&ZoneSet) -> Result<()>) -> Result<()> {
        self.axis.for_each_set(call, &mut visit).context(|| self.store.clone())
    }

    /// The zones of the array.
    ///
    /// # Errors
    /// Zone ids that cannot be read.
    pub fn zone_set(&self, call: &Arc<Call>) -> Result<ZoneSet> {
        let mut ranges = Vec::new();
        self.for_each_set(call, |set| {
            ranges.extend(set.ranges().iter().cloned());
            Ok(())
        })?;
        Ok(ZoneSet::from_ranges(ranges))
    }
}

/// Positions by zone, for zones that a store lists in any order, or so scattered that they are hardly any runs.
///
/// It is what takes the least memory: 8 bytes a zone where zones ascend, else 16, and 4 bytes a zone of the level between
/// the first and the last where that is less.
pub(super) enum ZoneIndex {
    /// Ascending zones at positions 0, 1, ...
    Ascending(Vec<Zone>),
    /// Positions of all zones from `first` on; [`ABSENT`] for those that are not there.
    Dense { first: u64, positions: Vec<u32> },
    /// Ascending zones, each with its position.
    Sorted(Vec<(Zone, u64)>),
}

const ABSENT: u32 = u32::MAX;

impl ZoneIndex {
    /// The index of `zones`, which lie at positions 0, 1, ...; [`NO_ZONE`] is padding. Of a zone that comes twice the first
    /// counts.
    pub(super) fn new(zones: Vec<Zone>) -> Self {
        let ascends = zones.windows(2).all(|pair| pair[0] < pair[1]) && zones.last() != Some(&NO_ZONE);
        let valid = || zones.iter().zip(0u64..).filter(|(zone, _)| **zone != NO_ZONE);
        let (mut first, mut last) = (u64::MAX, 0);
        valid().for_each(|(zone, _)| (first, last) = (first.min(zone.0), last.max(zone.0)));
        let span = last.saturating_sub(first).saturating_add(1);
        let others = (zones.len() as u64).saturating_mul(if ascends { 8 } else { 16 });
        if span.saturating_mul(4) <= others && (zones.len() as u64) < u64::from(ABSENT) {
            let mut positions = vec![ABSENT; span as usize];
            for (zone, position) in valid() {
                let place = &mut positions[(zone.0 - first) as usize];
                *place = (*place).min(position as u32);
            }
            return Self::Dense { first, positions };
        }
        if ascends {
            return Self::Ascending(zones);
        }
        let mut pairs: Vec<(Zone, u64)> = Vec::with_capacity(zones.len());
        pairs.extend(valid().map(|(zone, position)| (*zone, position)));
        pairs.sort_unstable();
        pairs.dedup_by_key(|pair| pair.0);
        Self::Sorted(pairs)
    }

    /// The position of `zone`.
    pub(super) fn position(&self, zone: Zone) -> Option<u64> {
        match self {
            Self::Ascending(zones) => zones.binary_search(&zone).ok().map(|at| at as u64),
            Self::Dense { first, positions } => {
                let place = usize::try_from(zone.0.checked_sub(*first)?).ok()?;
                positions.get(place).filter(|position| **position != ABSENT).map(|position| u64::from(*position))
            }
            Self::Sorted(pairs) => pairs.binary_search_by_key(&zone, |pair| pair.0).ok().map(|at| pairs[at].1),
        }
    }
}

/// The first index at which each of the user's points' zones is shown.
#[derive(Default)]
pub(super) struct PointIndex(OnceLock<HashMap<Zone, u64>>);

impl PointIndex {
    /// The index of `zone` among `zones`, which are always the same.
    pub(super) fn position(&self, zones: &[Zone], zone: Zone) -> Option<u64> {
        let make = || {
            let mut found = HashMap::new();
            zones.iter().zip(0..).for_each(|(zone, at)| {
                found.entry(*zone).or_insert(at);
            });
            found
        };
        self.0.get_or_init(make).get(&zone).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every kind of index finds each zone at its first position, and no other zone.
    #[test]
    fn zones_are_found_where_they_are_first() {
        let apart: Vec<u64> = (0..5000).map(|at| 10 + at * 5).collect();
        let thinned: Vec<u64> = (0..5000).filter(|at| at % 4 != 3).collect();
        let ring: Vec<u64> = (0..5000).map(|at| (at * 37) % 5000).collect();
        let scattered: Vec<u64> = (0..5000u64).map(|at| at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 8).collect();
        let padded = vec![7, u64::MAX, 3, 7, u64::MAX, 9];
        for (zones, kind) in [
            (apart, 0),
            (thinned, 1),
            (ring, 1),
            (scattered, 2),
            (padded, 1),
            (vec![u64::MAX, u64::MAX], 1),
            (vec![], 0),
        ] {
            let zones: Vec<Zone> = zones.into_iter().map(Zone).collect();
            let index = ZoneIndex::new(zones.clone());
            let found = match &index {
                ZoneIndex::Ascending(_) => 0,
                ZoneIndex::Dense { .. } => 1,
                ZoneIndex::Sorted(_) => 2,
            };
            assert_eq!(found, kind);
            for zone in zones.iter().filter(|zone| **zone != NO_ZONE) {
                let first = zones.iter().position(|other| other == zone).unwrap() as u64;
                assert_eq!(index.position(*zone), Some(first));
            }
            for absent in [5, 45, 5001, u64::MAX - 1].map(Zone).into_iter().filter(|zone| !zones.contains(zone)) {
                assert_eq!(index.position(absent), None, "{absent:?}");
            }
            assert_eq!(index.position(NO_ZONE), None);
        }
    }
}
