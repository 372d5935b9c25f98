//! The zones that a raster touches.
//!
//! Those near samples of its pixels are looked at, from coarse ones to fine ones. Of each the centroid is in a pixel or not,
//! and the raster's border, in samples closer to each other than a zone is wide, goes through it or not. Where that is the same for a
//! zone, its neighbours and their neighbours, and no border is among them, it is so for all of its sub-zones: they need not be
//! looked at. Two rings of neighbours, because sub-zones of hexagons stick out of them. So the cost grows with the length of the
//! border in zones, and not with the area. The samples tell what lies between centroids: a gap between a raster's first
//! and last column that is narrower than a zone.
//!
//! Where a map is not [smooth](super::lattice::Map::is_smooth), each zone of the level is looked at.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::border::Border;
use super::covers::Covers;
use super::lattice::{Lattice, NOWHERE, Position};
use super::overlap::Overlap;
use super::samples::Samples;
use super::zones::Zones;
use crate::cube::creation::CoverageOption;
use crate::cube::{RankedRanges, Resampling};
use crate::error::{Error, Result};
use crate::grid::{Grid, LonLat, Zone, ZoneSet};
use crate::ops::runs;
use crate::store::Call;

/// Zones looked at together.
const BATCH: u64 = 4096;

/// Batches that a thread takes at a time, at most.
const TOGETHER: u64 = 16;

/// Levels with fewer zones than this tell nothing: where a map ends, and the border does not show it, is wider than a zone of others.
const FEWEST: u64 = 2048;

/// How far samples of the border lie apart, in parts of a zone's mean width; the smallest zones of H3 are half as large as the mean.
const APART: f64 = 1.0 / 3.0;

/// What is looked for.
pub struct Search<'a> {
    /// The call.
    pub call: &'a Arc<Call>,
    /// The grid.
    pub grid: &'a dyn Grid,
    /// The level.
    pub level: u8,
    /// Where the pixels are.
    pub lattice: &'a Lattice,
    /// How pixels become values of zones: at their centroids, or over all of them.
    pub resampling: Resampling,
    /// Threads, at most those that the call grants.
    pub threads: usize,
}

/// Where a zone lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// Its centroid is in a pixel.
    Inside,
    /// Its centroid is in none.
    Outside,
    /// The raster's border goes through it.
    Border,
}

/// Makes something of zones that follow each other among those looked at, the first of which has this rank.
type Make<'a, T> = &'a (dyn Fn(usize, &[Zone]) -> Result<Vec<T>> + Sync);

/// Asked whether to go on.
type GoOn<'a> = &'a mut dyn FnMut() -> bool;

/// The zones that a cube of a raster holds.
///
/// `COVERAGE=SOURCE` are the zones that the raster touches: whose centroid lies in a pixel where a value is taken at the
/// centroid, else those that overlap a pixel. `AUTO` are these, too, but not listed where they are all zones of the globe.
///
/// `go_on` is asked from time to time.
///
/// # Errors
/// A raster that touches no zone; the lattice's map fails; `go_on` says no.
pub fn covered(search: &Search<'_>, coverage: CoverageOption, go_on: GoOn<'_>) -> Result<Zones> {
    let (grid, level) = (search.grid, search.level);
    let is_global = match coverage {
        CoverageOption::Global => true,
        CoverageOption::Source => false,
        CoverageOption::Auto => search.lattice.is_global(),
    };
    if is_global {
        return Ok(Zones::globe(grid, level));
    }
    let found = search.touched(go_on)?;
    if found.is_empty() {
        let dggrs = grid.spec().dggrs;
        return Err(Error::invalid(format!(
            "the source touches no zone of {dggrs} level {level}: take a finer LEVEL, or COVERAGE=GLOBAL"
        )));
    }
    if coverage == CoverageOption::Auto && found.len() == grid.zone_count(level) {
        return Ok(Zones::globe(grid, level));
    }
    Zones::listed(grid, level, found)
}

impl Search<'_> {
    /// The zones that the raster touches.
    fn touched(&self, go_on: GoOn<'_>) -> Result<ZoneSet> {
        let (mut level, mut open) = self.candidates()?;
        let mut inside = ZoneSet::default();
        if self.lattice.is_smooth() {
            let mut border = Border::new(self.lattice)?;
            while level < self.level {
                if self.grid.zone_count(level) >= FEWEST {
                    let width = (4.0 * std::f64::consts::PI / self.grid.zone_count(level) as f64).sqrt();
                    border.refine(APART * width)?;
                    let (all_inside, mixed) = self.sort_out(level, &open, &inside, &border, go_on)?;
                    inside = inside.union(&all_inside);
                    open = mixed;
                }
                inside = self.finer(level, &inside, level + 1)?;
                open = self.finer(level, &open, level + 1)?;
                level += 1;
            }
        }
        open = self.finer(level, &open, self.level)?;
        Ok(inside.union(&self.test(&open, go_on)?))
    }

    /// Zones of a coarse level without which the raster touches none: those near a sample of its pixels.
    fn candidates(&self) -> Result<(u8, ZoneSet)> {
        let samples = Samples::of(self.lattice)?;
        let mut coarse = 0;
        // Zones at least twice as wide as samples are apart, so that none between two samples is further than a neighbour.
        let spacing_sr = (2.0 * samples.spacing_rad()).powi(2);
        let area_sr = |level: u8| 4.0 * std::f64::consts::PI / self.grid.zone_count(level) as f64;
        while coarse < self.level && area_sr(coarse + 1) > spacing_sr {
            coarse += 1;
        }
        if coarse == 0 {
            return Ok((0, self.grid.all_zones(0)?));
        }
        let places: Vec<LonLat> = samples.places().collect();
        let touched = self.zones_of(coarse, &places)?;
        let mut around: Vec<Zone> = touched.iter().collect();
        for zone in touched.iter() {
            around.extend(self.grid.neighbours(coarse, zone)?);
        }
        Ok((coarse, ZoneSet::from_zones(around)))
    }

    /// The zones that hold `places`.
    fn zones_of(&self, level: u8, places: &[LonLat]) -> Result<ZoneSet> {
        let mut zones = vec![Zone(0); places.len()];
        self.grid.zones_at(level, places, &mut zones)?;
        Ok(ZoneSet::from_zones(zones))
    }

    /// All sub-zones of `zones` at `to`: of zones that follow each other they do so, too.
    fn finer(&self, level: u8, zones: &ZoneSet, to: u8) -> Result<ZoneSet> {
        let ends = |range: &Range<u64>| -> Result<Range<u64>> {
            let of = |zone: u64| self.grid.sub_zones(level, Zone(zone), to);
            let (first, last) = (of(range.start)?, of(range.end - 1)?);
            let (first, last) = (first.ranges().first(), last.ranges().last());
            Ok(first.map_or(0, |range| range.start)..last.map_or(0, |range| range.end))
        };
        Ok(ZoneSet::from_ranges(zones.ranges().iter().map(ends).collect::<Result<Vec<_>>>()?))
    }

    /// Of the `open` zones of a level those whose sub-zones are all touched, and those whose sub-zones may be or not. Zones that are
    /// not open are `inside`, or outside.
    fn sort_out(
        &self,
        level: u8,
        open: &ZoneSet,
        inside: &ZoneSet,
        border: &Border<'_>,
        go_on: GoOn<'_>,
    ) -> Result<(ZoneSet, ZoneSet)> {
        let zones = RankedRanges::new(open.ranges().iter().cloned());
        let mut sides = self.in_batches(&zones, go_on, &|_, batch| {
            let positions = self.positions(level, batch)?;
            Ok(positions.iter().map(|at| if at[0].is_finite() { Side::Inside } else { Side::Outside }).collect())
        })?;
        let places: Vec<LonLat> = border.places().collect();
        for zone in self.zones_of(level, &places)?.iter() {
            if let Some(rank) = zones.rank(zone.0) {
                sides[rank as usize] = Side::Border;
            }
        }
        let side_of = |zone: &Zone| match zones.rank(zone.0) {
            Some(rank) => sides[rank as usize],
            None if inside.contains(*zone) => Side::Inside,
            None => Side::Outside,
        };
        let differ = self.in_batches(&zones, go_on, &|first, batch| {
            let differs = |(zone, side): (&Zone, &Side)| {
                let is_other = |zone: &Zone| side_of(zone) != *side;
                Ok(*side == Side::Border || self.grid.neighbours(level, *zone)?.iter().any(is_other))
            };
            batch.iter().zip(&sides[first..]).map(differs).collect()
        })?;
        let near = self.in_batches(&zones, go_on, &|first, batch| {
            let mut near = Vec::new();
            for (zone, _) in batch.iter().zip(&differ[first..]).filter(|(_, differs)| **differs) {
                near.extend(self.grid.neighbours(level, *zone)?.iter().filter_map(|zone| zones.rank(zone.0)));
            }
            Ok(near)
        })?;
        let mut mixed = differ;
        near.into_iter().for_each(|rank| mixed[rank as usize] = true);
        let (mut all_inside, mut others) = (ZoneSet::default(), ZoneSet::default());
        for (zone, (side, is_mixed)) in open.iter().zip(sides.iter().zip(mixed)) {
            match side {
                _ if is_mixed => others.push(zone.0..zone.0 + 1),
                Side::Inside => all_inside.push(zone.0..zone.0 + 1),
                Side::Outside | Side::Border => {}
            }
        }
        Ok((all_inside, others))
    }

    /// Those of `open`, zones of the level, that the raster touches.
    fn test(&self, open: &ZoneSet, go_on: GoOn<'_>) -> Result<ZoneSet> {
        let by_centroid = matches!(self.resampling, Resampling::Nearest | Resampling::Bilinear);
        let overlap = Overlap::new(self.grid, self.level, self.lattice)?;
        let zones = RankedRanges::new(open.ranges().iter().cloned());
        let touched = self.in_batches(&zones, go_on, &|_, batch| {
            let (mut pen, mut covers) = (overlap.pen(), Covers::default());
            let mut touched = ZoneSet::default();
            for (zone, position) in batch.iter().zip(self.positions(self.level, batch)?) {
                let is_touched = position[0].is_finite()
                    || (!by_centroid && {
                        covers.clear();
                        overlap.cover(&[*zone], &mut pen, &mut covers)?;
                        covers.spans(0).next().is_some()
                    });
                if is_touched {
                    touched.push(zone.0..zone.0 + 1);
                }
            }
            Ok(touched.ranges().to_vec())
        })?;
        Ok(ZoneSet::from_ranges(touched))
    }

    /// The positions of zones' centroids.
    fn positions(&self, level: u8, zones: &[Zone]) -> Result<Vec<Position>> {
        let mut centroids = vec![LonLat::default(); zones.len()];
        self.grid.centroids(level, zones, &mut centroids)?;
        let mut positions = vec![NOWHERE; zones.len()];
        self.lattice.positions(&centroids, &mut positions)?;
        Ok(positions)
    }

    /// What `make` gives of all `zones`, in their order.
    fn in_batches<T: Send>(&self, zones: &RankedRanges, go_on: GoOn<'_>, make: Make<'_, T>) -> Result<Vec<T>> {
        let batches = zones.len().div_ceil(BATCH);
        let made: Mutex<Vec<Vec<T>>> = Mutex::new((0..batches).map(|_| Vec::new()).collect());
        let make_batch = |batch: u64| {
            let first = batch * BATCH;
            let numbers = zones.part(first..(first + BATCH).min(zones.len())).flatten();
            let part = make(first as usize, &numbers.map(Zone).collect::<Vec<_>>())?;
            made.lock().unwrap_or_else(PoisonError::into_inner)[batch as usize] = part;
            Ok(())
        };
        let threads = self.threads.clamp(1, self.call.threads());
        runs::each(self.call, batches, (threads, TOGETHER), &make_batch, &mut |_| go_on())?;
        Ok(made.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().flatten().collect())
    }
}
