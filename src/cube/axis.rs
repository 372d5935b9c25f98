//! The zone axis: which zone lies at which position.
//!
//! A position is a place on the stored axis. What is shown may be a selection of positions ([`Positions`]); an
//! [`Axis`] joins the two and answers for shown indices. Nothing is read until asked for, and an id array is read in
//! blocks, so that memory stays bounded whatever its length.

use std::collections::HashMap;
use std::sync::Arc;

use once_cell::sync::OnceCell;
use rayon::prelude::*;

use crate::cube::finder::{PointIndex, ZoneFinder};
use crate::cube::id_array::IdArray;
use crate::cube::placed::Placed;
use crate::cube::positions::{Positions, RankedRanges};
use crate::cube::progression::{Chosen, Progression};
use crate::error::Result;
use crate::grid::{Grid, Zone, ZoneSet};
use crate::store::{Call, pool};

/// Stands where a position holds no zone: padding of an id array.
pub const NO_ZONE: Zone = Zone(u64::MAX);

/// The id that computed arrays give for [`NO_ZONE`].
pub(super) const NO_ID: u64 = u64::MAX;

/// Zones that are sorted together.
const BATCH: u64 = 1 << 20;

/// Ranges of zones that are remembered: 16 MiB.
const FEW_RANGES: usize = 1 << 20;

/// Where the zones of a stored axis come from.
pub(super) enum Source {
    /// All zones of the level, in the order of their ids.
    Globe,
    /// A sorted set of zones that the store gives in compressed form.
    Set(RankedRanges),
    /// A stored array of zone ids, integers or text, in any order.
    Ids(IdArray),
    /// Positions on several dimensions, which tell the zones.
    Placed(Placed),
}

/// A zone axis as it is shown: a grid at a level, the stored order, and the positions that are shown.
pub(super) struct Axis {
    grid: Arc<dyn Grid>,
    level: u8,
    source: Arc<Source>,
    positions: Positions,
    /// The zones of the user's points, when `positions` are points.
    point_zones: Vec<Zone>,
    point_index: PointIndex,
    /// The zones that are shown, once they were asked for, where they are few ranges.
    set: OnceCell<ZoneSet>,
}

impl Axis {
    /// The whole stored axis of `source`.
    pub(super) fn new(grid: Arc<dyn Grid>, level: u8, source: Source) -> Self {
        let len = match &source {
            Source::Globe => grid.zone_count(level),
            Source::Set(set) => set.len(),
            Source::Ids(ids) => ids.len(),
            Source::Placed(placed) => placed.len(),
        };
        Self {
            grid,
            level,
            source: Arc::new(source),
            positions: Positions::All(len),
            point_zones: Vec::new(),
            point_index: PointIndex::default(),
            set: OnceCell::new(),
        }
    }

    /// The grid.
    pub(super) fn grid(&self) -> &Arc<dyn Grid> {
        &self.grid
    }

    /// The refinement level.
    pub(super) fn level(&self) -> u8 {
        self.level
    }

    /// The positions that are shown.
    pub(super) fn positions(&self) -> &Positions {
        &self.positions
    }

    /// Length of the axis that is shown.
    pub(super) fn len(&self) -> u64 {
        self.positions.len()
    }

    /// The dimensions, when there are several.
    pub(super) fn placed(&self) -> Option<&Placed> {
        match &*self.source {
            Source::Placed(placed) => Some(placed),
            _ => None,
        }
    }

    /// True when nothing is shown.
    pub(super) fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    /// True when the axis shows chosen zones, not the stored axis as it is.
    pub(super) fn is_selection(&self) -> bool {
        !matches!(self.positions, Positions::All(_))
    }

    /// Shows only the zones of `set`, in storage order.
    pub(super) fn select(&mut self, call: &Arc<Call>, set: &ZoneSet) -> Result<()> {
        self.positions = Positions::Some(self.stored_positions_of(call, set)?);
        self.set = OnceCell::new();
        Ok(())
    }

    /// Which of the shown indices hold zones of `set`.
    pub(super) fn indices_of(&self, call: &Arc<Call>, set: &ZoneSet) -> Result<RankedRanges> {
        Ok(match &self.positions {
            Positions::All(_) => self.stored_positions_of(call, set)?,
            Positions::Some(shown) => shown.ranks_of(&self.stored_positions_of(call, set)?),
            Positions::Points(_) => {
                let zones = self.point_zones.iter().enumerate();
                RankedRanges::from_sorted(zones.filter(|(_, zone)| set.contains(**zone)).map(|(index, _)| index as u64))
            }
        })
    }

    /// The same axis, of which only `indices` of those shown now are shown.
    pub(super) fn part(&self, indices: &RankedRanges) -> Self {
        let listed = || indices.ranges().iter().cloned().flatten();
        let positions = match &self.positions {
            Positions::All(_) => Positions::Some(indices.clone()),
            Positions::Some(shown) => Positions::Some(shown.pick(indices)),
            Positions::Points(stored) => Positions::Points(listed().map(|index| stored[index as usize]).collect()),
        };
        let point_zones = match &self.positions {
            Positions::Points(_) => listed().map(|index| self.point_zones[index as usize]).collect(),
            _ => Vec::new(),
        };
        Self {
            grid: self.grid.clone(),
            level: self.level,
            source: self.source.clone(),
            positions,
            point_zones,
            point_index: PointIndex::default(),
            set: OnceCell::new(),
        }
    }

    /// True when a shown index may be padding, that is hold no zone.
    pub(super) fn may_pad(&self) -> bool {
        match (&*self.source, &self.positions) {
            (_, Positions::Points(_)) | (Source::Globe | Source::Set(_), _) => false,
            (Source::Placed(_), _) => true,
            (Source::Ids(ids), _) => ids.may_pad(),
        }
    }

    /// How many of the shown indices hold a zone.
    pub(super) fn zone_count(&self, call: &Arc<Call>) -> Result<u64> {
        let is_full = match &*self.source {
            _ if !self.may_pad() => true,
            // Runs have no padding.
            Source::Ids(ids) => ids.runs(call, &*self.grid, self.level)?.is_some(),
            _ => false,
        };
        if is_full {
            return Ok(self.len());
        }
        let mut found = 0;
        for start in (0..self.len()).step_by(BATCH as usize) {
            let count = BATCH.min(self.len() - start) as usize;
            let zones = self.zones(call, Progression { start, count, step: 1 })?;
            found += zones.iter().filter(|zone| **zone != NO_ZONE).count() as u64;
        }
        Ok(found)
    }

    fn stored_positions_of(&self, call: &Arc<Call>, set: &ZoneSet) -> Result<RankedRanges> {
        Ok(match &*self.source {
            Source::Globe if self.grid.ids_follow_zone_order() => RankedRanges::new(set.ranges().iter().cloned()),
            Source::Globe => {
                let zones: Vec<Zone> = set.iter().collect();
                let mut positions = vec![0; zones.len()];
                self.grid.positions(self.level, &zones, &mut positions)?;
                positions.sort_unstable();
                RankedRanges::from_sorted(positions)
            }
            Source::Set(stored) => stored.ranks_of(&RankedRanges::new(set.ranges().iter().cloned())),
            Source::Placed(placed) => {
                let mut positions = Vec::new();
                for zone in set.iter() {
                    positions.extend(placed.position(zone)?);
                }
                positions.sort_unstable();
                RankedRanges::from_sorted(positions)
            }
            Source::Ids(ids) => match ids.runs(call, &*self.grid, self.level)? {
                Some(runs) if self.grid.ids_follow_zone_order() => {
                    runs.ranks_of(&RankedRanges::new(set.ranges().iter().cloned()))
                }
                Some(runs) if set.len() <= BATCH => {
                    let zones: Vec<Zone> = set.iter().collect();
                    let mut ranks = vec![0; zones.len()];
                    self.grid.positions(self.level, &zones, &mut ranks)?;
                    ranks.sort_unstable();
                    runs.ranks_of(&RankedRanges::from_sorted(ranks))
                }
                _ => {
                    let mut found = RankedRanges::default();
                    ids.for_each(call, &*self.grid, self.level, |position, zone| {
                        if zone != NO_ZONE && set.contains(zone) {
                            found.push(position..position + 1);
                        }
                    })?;
                    found
                }
            },
        })
    }

    /// Shows the given zones in the given order, repeats kept; zones outside the coverage have no stored position.
    pub(super) fn select_points(&mut self, call: &Arc<Call>, zones: Vec<Zone>) -> Result<()> {
        let stored = match &*self.source {
            Source::Globe => {
                let mut positions = vec![0; zones.len()];
                self.grid.positions(self.level, &zones, &mut positions)?;
                positions.into_iter().map(Some).collect()
            }
            Source::Set(set) => zones.iter().map(|zone| set.rank(zone.0)).collect(),
            Source::Placed(placed) => zones.iter().map(|zone| placed.position(*zone)).collect::<Result<_>>()?,
            Source::Ids(ids) if ids.runs(call, &*self.grid, self.level)?.is_some() => {
                let mut positions = vec![0; zones.len()];
                ids.positions_of(call, &*self.grid, self.level, &zones, &mut positions, ZoneFinder::NOWHERE)?;
                positions.into_iter().map(|position| (position != ZoneFinder::NOWHERE).then_some(position)).collect()
            }
            Source::Ids(ids) => {
                let mut found: HashMap<Zone, Option<u64>> = zones.iter().map(|zone| (*zone, None)).collect();
                ids.for_each(call, &*self.grid, self.level, |position, zone| {
                    if let Some(place) = found.get_mut(&zone) {
                        place.get_or_insert(position);
                    }
                })?;
                zones.iter().map(|zone| found[zone]).collect()
            }
        };
        self.positions = Positions::Points(stored);
        self.set = OnceCell::new();
        self.point_zones = zones;
        Ok(())
    }

    /// True when every zone of the level is shown.
    pub(super) fn is_global(&self) -> bool {
        !self.is_selection()
            && match &*self.source {
                Source::Globe | Source::Placed(_) => true,
                Source::Set(_) | Source::Ids(_) => self.len() == self.grid.zone_count(self.level),
            }
    }

    /// The indices at which `zones` are shown, [`ZoneFinder::NOWHERE`] where they are not.
    pub(super) fn positions_of(&self, call: &Arc<Call>, zones: &[Zone], positions: &mut [u64]) -> Result<()> {
        let mut fill = |position: &dyn Fn(Zone) -> Option<u64>| {
            for (zone, place) in zones.iter().zip(positions.iter_mut()) {
                *place = position(*zone).unwrap_or(ZoneFinder::NOWHERE);
            }
        };
        if let Positions::Points(_) = &self.positions {
            fill(&|zone| self.point_index.position(&self.point_zones, zone));
            return Ok(());
        }
        match &*self.source {
            Source::Globe => self.grid.positions(self.level, zones, positions)?,
            Source::Set(set) => fill(&|zone| set.rank(zone.0)),
            Source::Placed(placed) => placed.positions(zones, positions)?,
            Source::Ids(ids) => {
                ids.positions_of(call, &*self.grid, self.level, zones, positions, ZoneFinder::NOWHERE)?;
            }
        }
        if let Positions::Some(shown) = &self.positions {
            for place in positions.iter_mut().filter(|place| **place != ZoneFinder::NOWHERE) {
                *place = shown.rank(*place).unwrap_or(ZoneFinder::NOWHERE);
            }
        }
        Ok(())
    }

    /// The zones shown at `indices`; [`NO_ZONE`] where the store pads.
    pub(super) fn zones(&self, call: &Arc<Call>, indices: Progression) -> Result<Vec<Zone>> {
        if matches!(self.positions, Positions::Points(_)) {
            return Ok(indices.iter().map(|index| self.point_zones[index as usize]).collect());
        }
        match &*self.source {
            Source::Globe => {
                let mut zones = vec![NO_ZONE; indices.count];
                let mut done = 0;
                for run in self.runs(indices) {
                    let length = (run.end - run.start) as usize;
                    self.grid.zones_of_positions(self.level, run, &mut zones[done..done + length])?;
                    done += length;
                }
                Ok(zones)
            }
            Source::Set(set) => Ok(self.stored_positions(indices).map(|position| Zone(set.nth(position))).collect()),
            Source::Placed(placed) => placed.zones(self.stored_positions(indices)),
            Source::Ids(ids) => {
                let (chosen, reversed) = self.chosen(indices);
                let mut zones = ids.zones(call, &*self.grid, self.level, &chosen)?;
                if reversed {
                    zones.reverse();
                }
                Ok(zones)
            }
        }
    }

    /// Calls `visit` with sets of zones, which together are those that are shown; with one, where that is few ranges.
    pub(super) fn for_each_set(&self, call: &Arc<Call>, visit: &mut dyn FnMut(&ZoneSet) -> Result<()>) -> Result<()> {
        if let Some(set) = self.set.get() {
            return visit(set);
        }
        if let Some(set) = self.set_by_ranges(call)? {
            return visit(self.set.get_or_init(|| set));
        }
        let mut whole = Some(Vec::new());
        for start in (0..self.len()).step_by(BATCH as usize) {
            let count = BATCH.min(self.len() - start) as usize;
            let mut zones = self.zones(call, Progression { start, count, step: 1 })?;
            pool::install(call, || zones.par_sort_unstable())?;
            let mut set = ZoneSet::default();
            let valid = zones.iter().take_while(|zone| **zone != NO_ZONE);
            valid.for_each(|zone| set.push(zone.0..zone.0 + 1));
            whole = whole.filter(|ranges| ranges.len() + set.ranges().len() <= FEW_RANGES);
            if let Some(ranges) = &mut whole {
                ranges.extend(set.ranges().iter().cloned());
            }
            visit(&set)?;
        }
        if let Some(ranges) = whole {
            let _ = self.set.set(ZoneSet::from_ranges(ranges));
        }
        Ok(())
    }

    /// The zones that are shown, where ranges of positions are ranges of zones, or it is all zones.
    fn set_by_ranges(&self, call: &Arc<Call>) -> Result<Option<ZoneSet>> {
        let follow = self.grid.ids_follow_zone_order();
        let stored = match (&*self.source, &self.positions) {
            (_, Positions::Points(_)) => return Ok(Some(ZoneSet::from_zones(self.point_zones.iter().copied()))),
            (Source::Globe | Source::Placed(_), Positions::All(_)) => return self.grid.all_zones(self.level).map(Some),
            (Source::Globe, Positions::Some(shown)) if follow => {
                return Ok(Some(ZoneSet::from_ranges(shown.ranges().iter().cloned())));
            }
            (Source::Set(set), _) => Some(set),
            // Where there are runs, ids are not read again.
            (Source::Ids(ids), _) => ids.runs(call, &*self.grid, self.level)?.filter(|_| follow),
            _ => None,
        };
        let set = |ranges: &RankedRanges| ZoneSet::from_ranges(ranges.ranges().iter().cloned());
        Ok(stored.map(|stored| match &self.positions {
            Positions::Some(shown) => set(&stored.pick(shown)),
            _ => set(stored),
        }))
    }

    /// Reads the first and the last zone: ids of another grid or level are seen at once.
    pub(super) fn check_ends(&self, call: &Arc<Call>) -> Result<()> {
        let ends = [0, self.len().saturating_sub(1)];
        let one = |start| self.zones(call, Progression { start, count: 1, step: 1 }).map(drop);
        ends.into_iter().filter(|_| !self.is_empty()).try_for_each(one)
    }

    /// The zones at `indices` along the dimensions of an axis of several that is shown whole, in C order.
    pub(super) fn zones_on(&self, indices: &[Progression]) -> Result<Vec<Zone>> {
        let placed = self.placed().expect("an axis of several dimensions");
        let count = indices.iter().map(|progression| progression.count).product();
        let mut positions: Vec<u64> = Vec::with_capacity(count);
        positions.extend((count > 0).then_some(0));
        for (progression, size) in indices.iter().zip(placed.sizes()) {
            positions =
                positions.iter().flat_map(|at| progression.iter().map(move |index| at * size + index)).collect();
        }
        placed.zones(positions.into_iter())
    }

    /// The stored positions at `indices`, as the hierarchy reads them, and whether they come out in reverse order. Not
    /// for points.
    pub(super) fn chosen(&self, indices: Progression) -> (Chosen, bool) {
        if let Positions::All(_) = self.positions {
            return (Chosen::Strided(indices), false);
        }
        let (ascending, reversed) = indices.ascending();
        (Chosen::List(self.stored_positions(ascending).collect()), reversed)
    }

    fn stored_positions(&self, indices: Progression) -> impl Iterator<Item = u64> + '_ {
        indices.iter().map(|index| self.positions.stored(index).expect("only points lie outside the coverage"))
    }

    /// The stored positions at `indices`, joined into ascending runs, in order.
    fn runs(&self, indices: Progression) -> impl Iterator<Item = std::ops::Range<u64>> + '_ {
        let mut positions = self.stored_positions(indices).peekable();
        std::iter::from_fn(move || {
            let start = positions.next()?;
            let mut end = start + 1;
            while positions.next_if_eq(&end).is_some() {
                end += 1;
            }
            Some(start..end)
        })
    }
}
