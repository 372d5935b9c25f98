//! The zones along the axis of a cube that is made, and which they are.

use std::ops::Range;
use std::sync::Arc;

use super::lattice::{Lattice, NOWHERE};
use super::overlap::Overlap;
use crate::cube::creation::CoverageOption;
use crate::cube::{Placed, Resampling, ZoneFinder};
use crate::error::{Error, Kind, Result};
use crate::grid::{Grid, LonLat, Zone, ZoneSet};

/// The zones of a level along an axis, in the order of their ids, or by their addresses.
#[derive(Clone, Debug, PartialEq)]
pub enum Zones {
    /// All of them.
    Globe {
        /// Number of zones of the level.
        count: u64,
    },
    /// Some, whose order is that of their numbers.
    Ranges {
        /// Which.
        set: ZoneSet,
        /// Position of the first zone of each range, and the number of all.
        starts: Vec<u64>,
    },
    /// Some, one by one.
    List(Vec<Zone>),
    /// All of them on several dimensions, whose positions are counted as one; at some there may be
    /// [`NO_ZONE`](crate::cube::NO_ZONE).
    Placed(Arc<Placed>),
}

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
            let mut starts = vec![0];
            starts.extend(set.ranges().iter().scan(0, |count, range| {
                *count += range.end - range.start;
                Some(*count)
            }));
            return Ok(Self::Ranges { set, starts });
        }
        let zones: Vec<Zone> = set.iter().collect();
        let mut positions = vec![0; zones.len()];
        grid.positions(level, &zones, &mut positions)?;
        let mut order: Vec<(u64, Zone)> = positions.into_iter().zip(zones).collect();
        order.sort_unstable();
        Ok(Self::List(order.into_iter().map(|(_, zone)| zone).collect()))
    }

    /// Number of zones, or of positions for them.
    pub fn len(&self) -> u64 {
        match self {
            Self::Globe { count } => *count,
            Self::Ranges { starts, .. } => *starts.last().unwrap_or(&0),
            Self::List(zones) => zones.len() as u64,
            Self::Placed(placed) => placed.len(),
        }
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// True when ids must be listed to tell which zones these are.
    pub fn are_listed(&self) -> bool {
        matches!(self, Self::Ranges { .. } | Self::List(_))
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
            Self::List(list) => {
                zones.copy_from_slice(&list[positions.start as usize..positions.end as usize]);
            }
            Self::Ranges { set, starts } => {
                let mut at = starts.partition_point(|start| *start <= positions.start) - 1;
                let mut position = positions.start;
                let mut rest = &mut zones[..];
                while !rest.is_empty() {
                    let range = &set.ranges()[at];
                    let first = range.start + (position - starts[at]);
                    let count = ((range.end - first) as usize).min(rest.len());
                    let (now, later) = rest.split_at_mut(count);
                    now.iter_mut().zip(first..).for_each(|(zone, number)| *zone = Zone(number));
                    (rest, position, at) = (later, position + count as u64, at + 1);
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
            Self::Ranges { .. } => {}
            Self::Placed(placed) => placed.positions(zones, &mut global)?,
            Self::Globe { .. } | Self::List(_) => grid.positions(level, zones, &mut global)?,
        }
        Ok(match self {
            Self::Globe { .. } => global.into_iter().map(Some).collect(),
            Self::Placed(_) => {
                global.into_iter().map(|place| (place != ZoneFinder::NOWHERE).then_some(place)).collect()
            }
            Self::Ranges { set, starts } => {
                let find = |zone: &Zone| {
                    let at = set.ranges().partition_point(|range| range.start <= zone.0).checked_sub(1)?;
                    let range = &set.ranges()[at];
                    (zone.0 < range.end).then(|| starts[at] + zone.0 - range.start)
                };
                zones.iter().map(find).collect()
            }
            Self::List(list) => {
                let mut own = vec![0; list.len()];
                grid.positions(level, list, &mut own)?;
                global.iter().map(|position| own.binary_search(position).ok().map(|at| at as u64)).collect()
            }
        })
    }
}

/// The coarsest level whose zones are not larger than the raster's largest pixels.
///
/// # Errors
/// A raster without a pixel on the globe; the lattice's map fails.
pub fn level_of(grid: &dyn Grid, lattice: &Lattice) -> Result<u8> {
    let mut largest = 0f64;
    let samples = Samples::of(lattice)?;
    let overlap = Overlap::new(grid, 0, lattice)?;
    for (position, _) in samples.inside() {
        largest = largest.max(overlap.pixel_area(position[1] as u32, position[0] as u32));
    }
    if largest == 0.0 {
        return Err(Error::invalid("the source has no pixel on the globe"));
    }
    let globe = 4.0 * std::f64::consts::PI;
    // A hair more: a level whose zones are as large as pixels, to rounding, will do.
    let fits = |level: &u8| globe / grid.zone_count(*level) as f64 <= largest * (1.0 + 1e-6);
    Ok((0..=grid.max_level()).find(fits).unwrap_or(grid.max_level()))
}

/// The zones that a cube of `lattice` holds.
///
/// `COVERAGE=SOURCE` are the zones that the raster touches: whose centroid lies in a pixel where a value is taken at the
/// centroid, else those that overlap a pixel.
///
/// `go_on` is asked from time to time: of a fine level there are many zones to look at.
///
/// # Errors
/// A raster that touches no zone; the lattice's map fails; `go_on` says no.
pub fn covered(
    grid: &dyn Grid,
    level: u8,
    lattice: &Lattice,
    coverage: CoverageOption,
    resampling: Resampling,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Zones> {
    let global = match coverage {
        CoverageOption::Global => true,
        CoverageOption::Source => false,
        CoverageOption::Auto => lattice.is_global(),
    };
    if global {
        return Ok(Zones::globe(grid, level));
    }
    let candidates = candidates(grid, level, lattice)?;
    let by_centroid = matches!(resampling, Resampling::Nearest | Resampling::Bilinear);
    let overlap = Overlap::new(grid, level, lattice)?;
    let (mut pen, mut spans) = (overlap.pen(), Vec::new());
    let mut found = ZoneSet::default();
    let mut zones = Vec::with_capacity(BATCH);
    let mut places = vec![LonLat::default(); BATCH];
    let mut positions = vec![NOWHERE; BATCH];
    let mut all = candidates.iter();
    loop {
        zones.clear();
        zones.extend(all.by_ref().take(BATCH));
        if zones.is_empty() {
            break;
        }
        if !go_on() {
            return Err(Error::new(Kind::Cancelled, "stopped by the user"));
        }
        let count = zones.len();
        grid.centroids(level, &zones, &mut places[..count])?;
        lattice.positions(&places[..count], &mut positions[..count])?;
        for (zone, position) in zones.iter().zip(&positions) {
            let touched = position[0].is_finite()
                || (!by_centroid && {
                    spans.clear();
                    overlap.spans(*zone, &mut pen, &mut spans)?;
                    !spans.is_empty()
                });
            if touched {
                found.push(zone.0..zone.0 + 1);
            }
        }
    }
    if found.is_empty() {
        let dggrs = grid.spec().dggrs;
        return Err(Error::invalid(format!(
            "the source touches no zone of {dggrs} level {level}: take a finer LEVEL, or COVERAGE=GLOBAL"
        )));
    }
    Zones::listed(grid, level, found)
}

/// Zones looked at together.
const BATCH: usize = 4096;

/// Zones that may touch the raster: all sub-zones of coarser ones near a sample of its pixels.
fn candidates(grid: &dyn Grid, level: u8, lattice: &Lattice) -> Result<ZoneSet> {
    let samples = Samples::of(lattice)?;
    let mut coarse = 0;
    // Zones at least twice as wide as samples are apart, so that none between two samples is further than a neighbour.
    let spacing_sr = (2.0 * samples.spacing_rad()).powi(2);
    let area_sr = |level: u8| 4.0 * std::f64::consts::PI / grid.zone_count(level) as f64;
    while coarse < level && area_sr(coarse + 1) > spacing_sr {
        coarse += 1;
    }
    if coarse == 0 {
        return grid.all_zones(level);
    }
    let places: Vec<LonLat> = samples.places().collect();
    let mut zones = vec![Zone(0); places.len()];
    grid.zones_at(coarse, &places, &mut zones)?;
    let touched = ZoneSet::from_zones(zones);
    let mut around: Vec<Zone> = touched.iter().collect();
    for zone in touched.iter() {
        around.extend(grid.neighbours(coarse, zone)?);
    }
    let mut ranges = Vec::new();
    for zone in ZoneSet::from_zones(around).iter() {
        ranges.extend(grid.sub_zones(coarse, zone, level)?.ranges().iter().cloned());
    }
    Ok(ZoneSet::from_ranges(ranges))
}

/// Corners of pixels, evenly spread, and where they lie.
struct Samples {
    columns: usize,
    positions: Vec<[f64; 2]>,
    places: Vec<LonLat>,
    shape: [f64; 2],
}

/// Most samples along a side.
const SAMPLES: usize = 256;

impl Samples {
    fn of(lattice: &Lattice) -> Result<Self> {
        let (columns, rows) = (lattice.columns(), lattice.rows());
        let steps = |count: usize| {
            let parts = count.min(SAMPLES);
            (0..=parts).map(move |part| (count * part / parts) as f64).collect::<Vec<f64>>()
        };
        let (xs, ys) = (steps(columns), steps(rows));
        let positions: Vec<[f64; 2]> = ys.iter().flat_map(|y| xs.iter().map(move |x| [*x, *y])).collect();
        let mut places = vec![LonLat::default(); positions.len()];
        lattice.places(&positions, &mut places)?;
        Ok(Self { columns: xs.len(), positions, places, shape: [columns as f64, rows as f64] })
    }

    /// The places that are on the globe.
    fn places(&self) -> impl Iterator<Item = LonLat> + '_ {
        self.places.iter().copied().filter(|place| place.lon_deg.is_finite() && place.lat_deg.abs() <= 90.0)
    }

    /// The samples that are a pixel's first corner on the globe.
    fn inside(&self) -> impl Iterator<Item = ([f64; 2], LonLat)> + '_ {
        let all = self.positions.iter().copied().zip(self.places.iter().copied());
        all.filter(|(position, place)| {
            position[0] < self.shape[0] && position[1] < self.shape[1] && place.lon_deg.is_finite()
        })
    }

    /// The largest angle between a sample and the next in its row or column.
    fn spacing_rad(&self) -> f64 {
        let sphere = crate::grid::authalic::Authalic::sphere();
        let units: Vec<[f64; 3]> = self.places.iter().map(|place| super::lattice::unit(&sphere, *place)).collect();
        let apart = |a: usize, b: usize| (0..3).map(|k| (units[a][k] - units[b][k]).powi(2)).sum::<f64>().sqrt();
        let mut widest = 0f64;
        for at in 0..units.len() {
            for other in [at + 1, at + self.columns] {
                let same_row = other != at + 1 || other % self.columns != 0;
                if other < units.len() && same_row && apart(at, other).is_finite() {
                    widest = widest.max(apart(at, other));
                }
            }
        }
        widest
    }
}
