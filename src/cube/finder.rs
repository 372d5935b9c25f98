//! From zones back to places in an array: what a view of pixels asks.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use crate::cube::axis::{Axis, NO_ZONE};
use crate::cube::crs::{Crs, grid_definition};
use crate::cube::positions::RankedRanges;
use crate::cube::progression::Progression;
use crate::error::{Context, Result};
use crate::grid::{Grid, Zone};
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

    /// Calls `visit` with the zones of the array, some at a time, in storage order; padding is left out.
    ///
    /// # Errors
    /// Zone ids that cannot be read; the first error of `visit`.
    pub fn for_each_batch(&self, call: &Arc<Call>, mut visit: impl FnMut(&[Zone]) -> Result<()>) -> Result<()> {
        const BATCH: u64 = 1 << 18;
        for start in (0..self.axis.len()).step_by(BATCH as usize) {
            let count = BATCH.min(self.axis.len() - start) as usize;
            let zones = self.axis.zones(call, Progression { start, count, step: 1 });
            let mut zones = zones.context(|| self.store.clone())?;
            zones.retain(|zone| *zone != NO_ZONE);
            visit(&zones)?;
        }
        Ok(())
    }
}

/// Positions by zone, for zones that a store lists in any order.
pub(super) enum ZoneIndex {
    /// Ascending zones in few runs: the rank is the position.
    Ranges(RankedRanges),
    /// Positions of all zones from `first` on; [`ABSENT`] for those that are not there.
    Dense { first: u64, positions: Vec<u32> },
    /// Ascending zones, and the position of each.
    Sorted { zones: Vec<u64>, positions: Vec<u64> },
}

const ABSENT: u32 = u32::MAX;

impl ZoneIndex {
    /// The index of `zones`, which lie at positions 0, 1, ...; [`NO_ZONE`] is padding. Of a zone that comes twice the first
    /// counts.
    pub(super) fn new(zones: &[Zone]) -> Self {
        const FEW_RUNS: usize = 1024;
        const SPREAD: u64 = 8;
        let ascends = zones.windows(2).all(|pair| pair[0] < pair[1]) && !zones.contains(&NO_ZONE);
        if ascends {
            let ranges = RankedRanges::from_sorted(zones.iter().map(|zone| zone.0));
            if ranges.ranges().len() <= FEW_RUNS {
                return Self::Ranges(ranges);
            }
        }
        let valid = || zones.iter().filter(|zone| **zone != NO_ZONE).map(|zone| zone.0);
        let (first, last) = (valid().min().unwrap_or(0), valid().max().unwrap_or(0));
        if last - first <= SPREAD.saturating_mul(zones.len() as u64) && (zones.len() as u64) < u64::from(ABSENT) {
            let mut positions = vec![ABSENT; (last - first + 1) as usize];
            for (position, zone) in zones.iter().enumerate().filter(|(_, zone)| **zone != NO_ZONE) {
                let place = &mut positions[(zone.0 - first) as usize];
                *place = (*place).min(position as u32);
            }
            return Self::Dense { first, positions };
        }
        let mut pairs: Vec<(u64, u64)> =
            zones.iter().zip(0..).filter(|(zone, _)| **zone != NO_ZONE).map(|(zone, at)| (zone.0, at)).collect();
        pairs.sort_unstable();
        pairs.dedup_by_key(|pair| pair.0);
        let (zones, positions) = pairs.into_iter().unzip();
        Self::Sorted { zones, positions }
    }

    /// The position of `zone`.
    pub(super) fn position(&self, zone: Zone) -> Option<u64> {
        match self {
            Self::Ranges(ranges) => ranges.rank(zone.0),
            Self::Dense { first, positions } => {
                let place = usize::try_from(zone.0.checked_sub(*first)?).ok()?;
                positions.get(place).filter(|position| **position != ABSENT).map(|position| u64::from(*position))
            }
            Self::Sorted { zones, positions } => zones.binary_search(&zone.0).ok().map(|at| positions[at]),
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
        let few: Vec<u64> = (10..30).chain(50..60).collect();
        let ring: Vec<u64> = (0..5000).map(|at| (at * 37) % 5000).collect();
        let scattered: Vec<u64> = (0..5000u64).map(|at| at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 8).collect();
        let padded = vec![7, u64::MAX, 3, 7, u64::MAX, 9];
        for (zones, kind) in [(few, 0), (ring, 1), (scattered, 2), (padded, 1)] {
            let zones: Vec<Zone> = zones.into_iter().map(Zone).collect();
            let index = ZoneIndex::new(&zones);
            let found = match &index {
                ZoneIndex::Ranges(_) => 0,
                ZoneIndex::Dense { .. } => 1,
                ZoneIndex::Sorted { .. } => 2,
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
