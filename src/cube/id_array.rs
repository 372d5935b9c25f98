//! A stored array of zone ids.
//!
//! Looking for zones in it begins with reading it once. The ids of most cubes ascend, in whatever scheme, and of a region
//! they are runs without gaps: then these runs are kept, and nothing is read again. Their memory is that of the region's
//! outline. Other arrays are kept as they are where they are small ([`KEPT`]), and otherwise read again for each selection;
//! only looking up positions makes a [`ZoneIndex`].

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use once_cell::sync::OnceCell;
use rayon::prelude::*;

use crate::cube::axis::NO_ZONE;
use crate::cube::finder::ZoneIndex;
use crate::cube::positions::RankedRanges;
use crate::cube::progression::{Chosen, Progression};
use crate::error::{Context, Error, Result};
use crate::grid::{Grid, Zone, ZoneId};
use crate::hierarchy::{self, DataType};
use crate::store::{Call, NumericType, pool};

/// Positions read at a time.
const BLOCK: u64 = 1 << 20;

/// Positions whose ids one thread makes zones of at a time.
const SHARE: usize = 1 << 15;

/// Arrays up to this many positions are kept once they were read whole, where they are not few runs: 32 MiB.
const KEPT: u64 = 1 << 22;

/// Runs that are always few: 1.5 MiB.
const FEW_RUNS: u64 = 1 << 16;

/// From this many zones a run on, runs (24 bytes each) take no more memory than a list of zones.
const FEWEST_ZONES_A_RUN: u64 = 3;

/// A stored one-dimensional array of zone ids of one level.
pub(super) struct IdArray {
    array: Arc<hierarchy::Array>,
    /// All of it, where it is small.
    kept: OnceLock<Vec<Zone>>,
    /// See [`IdArray::runs`].
    runs: OnceCell<Option<RankedRanges>>,
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
        Ok(Self { array, kept: OnceLock::new(), runs: OnceCell::new(), index: OnceCell::new() })
    }

    /// Number of positions.
    pub(super) fn len(&self) -> u64 {
        self.array.shape()[0]
    }

    /// True when positions may be padding.
    pub(super) fn may_pad(&self) -> bool {
        matches!(self.array.data_type(), DataType::Text { .. }) || self.padding().is_some()
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

    /// The zones at `positions`, [`NO_ZONE`] at padding: those that are known, or else read.
    ///
    /// # Errors
    /// An id that names no zone of `level`, or that cannot be read.
    pub(super) fn zones(&self, call: &Arc<Call>, grid: &dyn Grid, level: u8, positions: &Chosen) -> Result<Vec<Zone>> {
        if let Some(kept) = self.kept.get() {
            return Ok(positions.iter().map(|position| kept[position as usize]).collect());
        }
        let Some(Some(runs)) = self.runs.get() else { return self.read_zones(call, grid, level, positions) };
        let mut zones = vec![Zone(0); positions.len()];
        let mut parts = Vec::new();
        let mut rest = &mut zones[..];
        for mut ranks in runs.ranges_at(positions.iter()) {
            while !ranks.is_empty() {
                let end = ranks.end.min(ranks.start + SHARE as u64);
                let (part, others) = rest.split_at_mut((end - ranks.start) as usize);
                parts.push((ranks.start..end, part));
                (ranks.start, rest) = (end, others);
            }
        }
        let convert = |(ranks, part): (Range<u64>, &mut [Zone])| grid.zones_of_positions(level, ranks, part);
        if positions.len() > SHARE {
            pool::install(call, || parts.into_par_iter().try_for_each(convert))??;
        } else {
            parts.into_iter().try_for_each(convert)?;
        }
        Ok(zones)
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
        let ids: Vec<ZoneId> = self.read_ids(call, positions)?.into_iter().map(ZoneId).collect();
        let padding = self.padding().map(ZoneId);
        let mut zones = vec![NO_ZONE; ids.len()];
        let convert = |ids: &[ZoneId], zones: &mut [Zone]| match padding.filter(|padding| ids.contains(padding)) {
            None => grid.zones_of_ids(level, ids, zones),
            Some(padding) => {
                let mut valid = zones.iter_mut().zip(ids).filter(|(_, id)| **id != padding);
                valid.try_for_each(|(zone, id)| grid.zones_of_ids(level, &[*id], std::slice::from_mut(zone)))
            }
        };
        let shares = || {
            let shares = ids.par_chunks(SHARE).zip(zones.par_chunks_mut(SHARE));
            shares.try_for_each(|(ids, zones)| convert(ids, zones))
        };
        if ids.len() > SHARE { pool::install(call, shares)? } else { convert(&ids, &mut zones) }.context(place)?;
        Ok(zones)
    }

    /// The zones at all positions as runs of their ranks on the globe, that is as [`Grid::positions`] counts them, where
    /// these ascend and are few runs: a position is a rank's rank. Read when they are first asked for.
    ///
    /// # Errors
    /// As [`IdArray::zones`].
    pub(super) fn runs(&self, call: &Arc<Call>, grid: &dyn Grid, level: u8) -> Result<Option<&RankedRanges>> {
        Ok(self.runs.get_or_try_init(|| self.read_runs(call, grid, level))?.as_ref())
    }

    fn read_runs(&self, call: &Arc<Call>, grid: &dyn Grid, level: u8) -> Result<Option<RankedRanges>> {
        let is_small = self.len() <= KEPT;
        let (mut found, mut all) = (Some(RankedRanges::default()), Vec::new());
        for positions in blocks(self.len()) {
            let zones = self.read_zones(call, grid, level, &Chosen::Strided(positions))?;
            if let Some(mut runs) = found.take() {
                let added = pool::install(call, || {
                    let shares: Result<Option<Vec<_>>> =
                        zones.par_chunks(SHARE).map(|zones| runs_of(grid, level, zones)).collect();
                    shares
                })??;
                let ascend = added.is_some_and(|added| added.iter().all(|share| runs.append(share)));
                let few = (runs.len() / FEWEST_ZONES_A_RUN).max(FEW_RUNS);
                found = (ascend && runs.ranges().len() as u64 <= few).then_some(runs);
            }
            if is_small {
                all.extend(zones);
            } else if found.is_none() {
                break;
            }
        }
        if is_small && found.is_none() {
            let _ = self.kept.set(all);
        }
        Ok(found)
    }

    /// The position of each of `zones`, `nowhere` where there is none.
    ///
    /// # Errors
    /// As [`IdArray::zones`].
    pub(super) fn positions_of(
        &self,
        call: &Arc<Call>,
        grid: &dyn Grid,
        level: u8,
        zones: &[Zone],
        positions: &mut [u64],
        nowhere: u64,
    ) -> Result<()> {
        if let Some(runs) = self.runs(call, grid, level)? {
            grid.positions(level, zones, positions)?;
            positions.iter_mut().for_each(|place| *place = runs.rank(*place).unwrap_or(nowhere));
            return Ok(());
        }
        let index = self.index.get_or_try_init(|| -> Result<ZoneIndex> {
            let mut all = Vec::with_capacity(self.len() as usize);
            self.for_each(call, grid, level, |_, zone| all.push(zone))?;
            Ok(ZoneIndex::new(all))
        })?;
        for (zone, place) in zones.iter().zip(positions) {
            *place = index.position(*zone).unwrap_or(nowhere);
        }
        Ok(())
    }

    /// Calls `visit` with each position and its zone, in order.
    ///
    /// # Errors
    /// As [`IdArray::zones`].
    pub(super) fn for_each(
        &self,
        call: &Arc<Call>,
        grid: &dyn Grid,
        level: u8,
        mut visit: impl FnMut(u64, Zone),
    ) -> Result<()> {
        for positions in blocks(self.len()) {
            let zones = self.zones(call, grid, level, &Chosen::Strided(positions))?;
            zones.into_iter().zip(positions.start..).for_each(|(zone, position)| visit(position, zone));
        }
        Ok(())
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

fn blocks(len: u64) -> impl Iterator<Item = Progression> {
    let starts = (0..len).step_by(BLOCK as usize);
    starts.map(move |start| Progression { start, count: BLOCK.min(len - start) as usize, step: 1 })
}

/// Zones as runs of their ranks on the globe; `None` where these do not ascend.
fn runs_of(grid: &dyn Grid, level: u8, zones: &[Zone]) -> Result<Option<RankedRanges>> {
    if zones.contains(&NO_ZONE) {
        return Ok(None);
    }
    let mut ranks = vec![0; zones.len()];
    grid.positions(level, zones, &mut ranks)?;
    let ascend = ranks.windows(2).all(|pair| pair[0] < pair[1]);
    Ok(ascend.then(|| RankedRanges::from_sorted(ranks)))
}
