//! The zones along the axis of a cube that is made, and which they are.

use std::ops::Range;
use std::sync::Arc;

use crate::cube::{Placed, RankedRanges, ZoneFinder};
use crate::error::Result;
use crate::grid::{Grid, Zone, ZoneSet};

/// The zones of a level along an axis, in the order of their ids, or by their addresses.
#[derive(Clone, Debug, PartialEq)]
pub enum Zones {
    /// All of them.
    Globe {
        /// Number of zones of the level.
        count: u64,
    },
    /// Those at some positions of the axis of all.
    Ranges(RankedRanges),
    /// All of them on several dimensions, whose positions are counted as one; at some there may be
    /// [`NO_ZONE`](crate::cube::NO_ZONE).
    Placed(Arc<Placed>),
}

/// Zones whose positions are sorted together. In a grid's own order so many make a patch as long as it is wide, whose positions
/// are a few thousand ranges.
const SORTED: usize = 1 << 20;

impl Zones {
    /// All zones of a level.
    pub fn globe(grid: &dyn Grid, level: u8) -> Self {
        Self::Globe { count: grid.zone_count(level) }
    }

    /// The zones of `set`.
    ///
    /// # Errors
    /// The grid has no such zones.
    pub fn listed(grid: &dyn Grid, level: u8, set: ZoneSet) -> Result<Self> {
        if grid.ids_follow_zone_order() {
            return Ok(Self::Ranges(RankedRanges::new(set.ranges().iter().cloned())));
        }
        let (mut zones, mut positions, mut ranges) = (Vec::new(), Vec::new(), Vec::new());
        let mut all = set.iter();
        loop {
            zones.clear();
            zones.extend(all.by_ref().take(SORTED));
            if zones.is_empty() {
                break;
            }
            positions.resize(zones.len(), 0);
            grid.positions(level, &zones, &mut positions)?;
            positions.sort_unstable();
            ranges.extend(positions.chunk_by(|a, b| a + 1 == *b).map(|run| run[0]..run[run.len() - 1] + 1));
        }
        ranges.sort_unstable_by_key(|range: &Range<u64>| range.start);
        Ok(Self::Ranges(RankedRanges::new(ranges)))
    }

    /// Number of zones, or of positions for them.
    pub fn len(&self) -> u64 {
        match self {
            Self::Globe { count } => *count,
            Self::Ranges(ranges) => ranges.len(),
            Self::Placed(placed) => placed.len(),
        }
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// True when ids must be listed to tell which zones these are.
    pub fn are_listed(&self) -> bool {
        matches!(self, Self::Ranges(_))
    }

    /// The zones at `positions`, which are on the axis; [`NO_ZONE`](crate::cube::NO_ZONE) at those of no zone.
    ///
    /// # Errors
    /// The grid has no such level.
    pub fn at(&self, grid: &dyn Grid, level: u8, positions: Range<u64>) -> Result<Vec<Zone>> {
        let mut zones = vec![Zone(0); (positions.end - positions.start) as usize];
        match self {
            Self::Globe { .. } => grid.zones_of_positions(level, positions, &mut zones)?,
            Self::Placed(placed) => return placed.zones(positions),
            Self::Ranges(ranges) => {
                let follow = grid.ids_follow_zone_order();
                let mut rest = &mut zones[..];
                for range in ranges.part(positions) {
                    let (now, later) = rest.split_at_mut((range.end - range.start) as usize);
                    if follow {
                        now.iter_mut().zip(range).for_each(|(zone, number)| *zone = Zone(number));
                    } else {
                        grid.zones_of_positions(level, range, now)?;
                    }
                    rest = later;
                }
            }
        }
        Ok(zones)
    }

    /// The positions of `zones` on the axis, `None` for those not on it.
    ///
    /// # Errors
    /// The grid has no such zones.
    pub fn positions(&self, grid: &dyn Grid, level: u8, zones: &[Zone]) -> Result<Vec<Option<u64>>> {
        let mut global = vec![0; zones.len()];
        match self {
            Self::Placed(placed) => placed.positions(zones, &mut global)?,
            Self::Ranges(_) if grid.ids_follow_zone_order() => {
                zones.iter().zip(&mut global).for_each(|(zone, position)| *position = zone.0);
            }
            Self::Globe { .. } | Self::Ranges(_) => grid.positions(level, zones, &mut global)?,
        }
        Ok(match self {
            Self::Globe { .. } => global.into_iter().map(Some).collect(),
            Self::Placed(_) => {
                global.into_iter().map(|place| (place != ZoneFinder::NOWHERE).then_some(place)).collect()
            }
            Self::Ranges(ranges) => global.into_iter().map(|position| ranges.rank(position)).collect(),
        })
    }
}
