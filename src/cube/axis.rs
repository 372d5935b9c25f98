//! The zone axis: which zone lies at which position.
//!
//! A position is a place on the stored axis. What is shown may be a selection of positions ([`Positions`]); an
//! [`Axis`] joins the two and answers for shown indices. Nothing is read until asked for, and an id array is read in
//! blocks, so that memory stays bounded whatever its length.

use std::sync::{Arc, OnceLock};

use once_cell::sync::OnceCell;

use crate::cube::finder::{PointIndex, ZoneFinder, ZoneIndex};
use crate::cube::placed::Placed;
use crate::cube::positions::{Positions, RankedRanges};
use crate::cube::progression::{Chosen, Progression};
use crate::error::{Context, Error, Result};
use crate::grid::{Grid, Zone, ZoneId, ZoneSet};
use crate::hierarchy::{self, DataType};
use crate::store::{Call, NumericType};

/// Stands where a position holds no zone: padding of an id array.
pub const NO_ZONE: Zone = Zone(u64::MAX);

/// The id that computed arrays give for [`NO_ZONE`].
pub(super) const NO_ID: u64 = u64::MAX;

/// Positions read from an id array at a time.
const BLOCK: u64 = 1 << 20;

/// Id arrays up to this many positions are kept once they were read whole: 32 MiB.
const KEPT: u64 = 1 << 22;

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

/// A stored one-dimensional array of zone ids.
pub(super) struct IdArray {
    array: Arc<hierarchy::Array>,
    kept: OnceLock<Vec<Zone>>,
    /// Positions by zone, made when they are first asked for.
    index: OnceCell<ZoneIndex>,
}

impl IdArray {
    /// The ids of `array`.
    ///
    /// # Errors
    /// An array that is not one-dimensional, or of a type that cannot hold ids exactly.
    pub(super) fn new(array: Arc<hierarchy::Array>) -> Result<Self> {
        let exact = match array.data_type() {
            DataType::Text { .. } => true,
            DataType::Numeric(numeric) => numeric.is_integer(),
            DataType::Compound { .. } => false,
        };
        if array.shape().len() != 1 || !exact {
            return Err(Error::corrupt(format!(
                "array {}: zone ids need one dimension of integers or text",
                array.full_name()
            )));
        }
        Ok(Self { array, kept: OnceLock::new(), index: OnceCell::new() })
    }

    /// The integer ids at `positions`, as 64 bits: negative numbers of a signed array keep their bits.
    pub(super) fn read_ids(&self, call: &Arc<Call>, positions: &Chosen) -> Result<Vec<u64>> {
        let DataType::Numeric(numeric) = self.array.data_type() else {
            return Err(Error::invalid(format!("array {} holds text", self.array.full_name())));
        };
        let positions = [positions.selection()];
        Ok(if numeric.is_signed_integer() {
            self.array.read_vec::<i64>(call, &positions)?.into_iter().map(|id| id as u64).collect()
        } else {
            self.array.read_vec::<u64>(call, &positions)?
        })
    }

    fn read_zones(&self, call: &Arc<Call>, grid: &dyn Grid, level: u8, positions: &Chosen) -> Result<Vec<Zone>> {
        let place = || format!("array {}", self.array.full_name());
        if matches!(self.array.data_type(), DataType::Text { .. }) {
            let texts = self.array.read_texts(call, &[positions.selection()])?;
            return texts
                .iter()
                .map(|text| text_zone(grid, level, text.as_deref()))
                .collect::<Result<_>>()
                .context(place);
        }
        let ids = self.read_ids(call, positions)?;
        let padding = self.padding();
        let mut zones = vec![NO_ZONE; ids.len()];
        if let Some(padding) = padding.filter(|padding| ids.contains(padding)) {
            for (zone, id) in zones.iter_mut().zip(&ids).filter(|(_, id)| **id != padding) {
                grid.zones_of_ids(level, &[ZoneId(*id)], std::slice::from_mut(zone)).context(place)?;
            }
        } else {
            let ids: Vec<ZoneId> = ids.into_iter().map(ZoneId).collect();
            grid.zones_of_ids(level, &ids, &mut zones).context(place)?;
        }
        Ok(zones)
    }

    /// The id that means "no zone here": the fill value, when it is all ones or negative one. Zero is a zone.
    fn padding(&self) -> Option<u64> {
        let DataType::Numeric(numeric) = self.array.data_type() else { return None };
        let nodata = self.array.nodata()?;
        let all_ones = nodata.iter().all(|&byte| byte == 0xff);
        match (all_ones, numeric) {
            (true, NumericType::UInt64) => Some(u64::MAX),
            (true, numeric) if numeric.is_signed_integer() => Some(u64::MAX),
            (true, numeric) => Some(u64::MAX >> (64 - 8 * numeric.size())),
            _ => None,
        }
    }
}

fn text_zone(grid: &dyn Grid, level: u8, text: Option<&str>) -> Result<Zone> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(NO_ZONE) };
    match grid.parse_zone(text, Some(level))? {
        (found, zone) if found == level => Ok(zone),
        (found, _) => Err(Error::corrupt(format!("zone {text} is of level {found}, the cube's level is {level}"))),
    }
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
}

impl Axis {
    /// The whole stored axis of `source`.
    pub(super) fn new(grid: Arc<dyn Grid>, level: u8, source: Source) -> Self {
        let len = match &source {
            Source::Globe => grid.zone_count(level),
            Source::Set(set) => set.len(),
            Source::Ids(ids) => ids.array.shape()[0],
            Source::Placed(placed) => placed.len(),
        };
        Self {
            grid,
            level,
            source: Arc::new(source),
            positions: Positions::All(len),
            point_zones: Vec::new(),
            point_index: PointIndex::default(),
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
        }
    }

    /// True when a shown index may be padding, that is hold no zone.
    pub(super) fn may_pad(&self) -> bool {
        match (&*self.source, &self.positions) {
            (_, Positions::Points(_)) | (Source::Globe | Source::Set(_), _) => false,
            (Source::Placed(_), _) => true,
            (Source::Ids(ids), _) => matches!(ids.array.data_type(), DataType::Text { .. }) || ids.padding().is_some(),
        }
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
            Source::Set(stored) => {
                let both = set.intersection(&ZoneSet::from_ranges(stored.ranges().iter().cloned()));
                RankedRanges::new(both.ranges().iter().map(|range| {
                    let first = stored.rank(range.start).expect("the intersection lies in the set");
                    first..first + (range.end - range.start)
                }))
            }
            Source::Placed(placed) => {
                let mut positions = Vec::new();
                for zone in set.iter() {
                    positions.extend(placed.position(zone)?);
                }
                positions.sort_unstable();
                RankedRanges::from_sorted(positions)
            }
            Source::Ids(_) => {
                let mut kept = Vec::new();
                self.for_each_stored(call, |position, zone| {
                    if zone != NO_ZONE && set.contains(zone) {
                        kept.push(position);
                    }
                })?;
                RankedRanges::from_sorted(kept)
            }
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
            Source::Ids(_) => {
                let mut found: std::collections::HashMap<Zone, Option<u64>> =
                    zones.iter().map(|zone| (*zone, None)).collect();
                self.for_each_stored(call, |position, zone| {
                    if let Some(place) = found.get_mut(&zone) {
                        place.get_or_insert(position);
                    }
                })?;
                zones.iter().map(|zone| found[zone]).collect()
            }
        };
        self.positions = Positions::Points(stored);
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
                let index = ids.index.get_or_try_init(|| self.index(call))?;
                fill(&|zone| index.position(zone));
            }
        }
        if let Positions::Some(shown) = &self.positions {
            for place in positions.iter_mut().filter(|place| **place != ZoneFinder::NOWHERE) {
                *place = shown.rank(*place).unwrap_or(ZoneFinder::NOWHERE);
            }
        }
        Ok(())
    }

    /// Positions by zone of a stored id array.
    fn index(&self, call: &Arc<Call>) -> Result<ZoneIndex> {
        let mut zones = Vec::new();
        self.for_each_stored(call, |_, zone| zones.push(zone))?;
        Ok(ZoneIndex::new(&zones))
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
            Source::Ids(ids) => match ids.kept.get() {
                Some(kept) => Ok(self.stored_positions(indices).map(|position| kept[position as usize]).collect()),
                None => {
                    let (chosen, reversed) = self.chosen(indices);
                    let mut zones = ids.read_zones(call, &*self.grid, self.level, &chosen)?;
                    if reversed {
                        zones.reverse();
                    }
                    Ok(zones)
                }
            },
        }
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

    /// Calls `visit` with each position and zone of a stored id array, in storage order.
    fn for_each_stored(&self, call: &Arc<Call>, mut visit: impl FnMut(u64, Zone)) -> Result<()> {
        let Source::Ids(ids) = &*self.source else { unreachable!("only id arrays are searched") };
        let len = ids.array.shape()[0];
        if let Some(kept) = ids.kept.get() {
            kept.iter().enumerate().for_each(|(position, zone)| visit(position as u64, *zone));
            return Ok(());
        }
        let mut all = Vec::new();
        for start in (0..len).step_by(BLOCK as usize) {
            let count = BLOCK.min(len - start) as usize;
            let zones =
                ids.read_zones(call, &*self.grid, self.level, &Chosen::Strided(Progression { start, count, step: 1 }))?;
            zones.iter().enumerate().for_each(|(at, zone)| visit(start + at as u64, *zone));
            if len <= KEPT {
                all.extend(zones);
            }
        }
        if len <= KEPT {
            let _ = ids.kept.set(all);
        }
        Ok(())
    }
}
