//! Which part of the globe a cube covers: the box around its zones.

use std::fmt;
use std::sync::Arc;

use crate::cube::ZoneFinder;
use crate::error::Result;
use crate::grid::{Grid, LonLat, Survey, Zone, ZoneSet, survey};
use crate::store::Call;

/// A box in degrees; `east_deg` is at least `west_deg`, and 360 or more beyond it for all longitudes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Extent {
    pub(super) west_deg: f64,
    pub(super) south_deg: f64,
    pub(super) east_deg: f64,
    pub(super) north_deg: f64,
}

impl Extent {
    /// From west, south, east, north, where west may be greater than east.
    pub(super) fn of_area([west_deg, south_deg, east_deg, north_deg]: [f64; 4]) -> Self {
        let east_deg = if east_deg < west_deg { east_deg + 360.0 } else { east_deg };
        Self { west_deg, south_deg, east_deg, north_deg }
    }

    /// West, south, east, north with longitudes in [-180, 180], as PROJ wants them: west may be greater than east.
    pub(super) fn as_box(&self) -> [f64; 4] {
        let turn = |lon: f64| (lon + 180.0).rem_euclid(360.0) - 180.0;
        let (west, east) = match self.east_deg - self.west_deg >= 360.0 {
            true => (-180.0, 180.0),
            // -180 as the last longitude is 180.
            false => (turn(self.west_deg), -turn(-self.east_deg)),
        };
        [west, self.south_deg, east, self.north_deg]
    }

    /// What lies in both; `None` when nothing does. Longitudes are near those of `self`.
    pub(super) fn intersection(&self, other: &Self) -> Option<Self> {
        let (south_deg, north_deg) = (self.south_deg.max(other.south_deg), self.north_deg.min(other.north_deg));
        let overlap = |turns: i32| {
            let shift = 360.0 * f64::from(turns);
            let west_deg = self.west_deg.max(other.west_deg + shift);
            let east_deg = self.east_deg.min(other.east_deg + shift);
            (west_deg < east_deg).then_some(Self { west_deg, south_deg, east_deg, north_deg })
        };
        let widest = |a: &Self, b: &Self| (a.east_deg - a.west_deg).total_cmp(&(b.east_deg - b.west_deg));
        (-2..=2).filter_map(overlap).max_by(widest).filter(|_| south_deg < north_deg)
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{},{}", self.west_deg, self.south_deg, self.east_deg, self.north_deg)
    }
}

/// About how wide a zone of `grid` is at `level`: the side of a square of its area, in degrees.
pub(super) fn zone_size_deg(grid: &dyn Grid, level: u8) -> f64 {
    (4.0 * std::f64::consts::PI / grid.zone_count(level) as f64).sqrt().to_degrees()
}

/// The box around the boundaries of the zones of `finder`; `None` when there are none.
///
/// # Errors
/// Zone ids that cannot be read.
pub(super) fn extent(call: &Arc<Call>, finder: &ZoneFinder) -> Result<Option<Extent>> {
    around(&**finder.grid(), finder.level(), |visit| finder.for_each_set(call, visit))
}

/// [`extent`] of the zones of the sets that `for_each_set` calls its argument with, each time the same.
///
/// Centres are looked at where they may widen the box that is known, and boundaries where they may reach its edges.
fn around(
    grid: &dyn Grid,
    level: u8,
    for_each_set: impl Fn(&mut dyn FnMut(&ZoneSet) -> Result<()>) -> Result<()>,
) -> Result<Option<Extent>> {
    // No part of a zone is further from its centre.
    let reach_deg = 2.0 * zone_size_deg(grid, level);
    let mut places = Places { reach_deg, longitudes: Longitudes::default(), latitudes: Span::EMPTY };
    let pole = |lat_deg| grid.zone_at(level, LonLat { lon_deg: 0.0, lat_deg });
    let (poles, mut holds_pole) = ([pole(-90.0)?, pole(90.0)?], [false; 2]);
    for_each_set(&mut |zones| {
        for (holds, pole) in holds_pole.iter_mut().zip(poles) {
            *holds |= zones.contains(pole);
        }
        survey(grid, level, zones, &mut places)
    })?;
    if places.latitudes.is_empty() {
        return Ok(None);
    }
    let cut = places.longitudes.gap_middle();
    let mut centres = Centres { cut, longitudes: Span::EMPTY };
    if cut.is_some() {
        for_each_set(&mut |zones| survey(grid, level, zones, &mut centres))?;
    }
    let mut edges = Edges { grid, level, reach_deg, centres, latitudes: places.latitudes };
    for_each_set(&mut |zones| survey(grid, level, zones, &mut edges))?;
    let Span(west, east) = edges.centres.longitudes;
    let Span(south, north) = edges.latitudes;
    let (west_deg, east_deg) = match cut {
        Some(_) => {
            let turns = ((west + 180.0) / 360.0).floor();
            (west - 360.0 * turns, east - 360.0 * turns)
        }
        None => (-180.0, 180.0),
    };
    let south_deg = if holds_pole[0] { -90.0 } else { south };
    let north_deg = if holds_pole[1] { 90.0 } else { north };
    Ok(Some(Extent { west_deg, south_deg, east_deg, north_deg }))
}

/// The least and the greatest of some numbers.
#[derive(Clone, Copy)]
struct Span(f64, f64);

impl Span {
    const EMPTY: Self = Self(f64::INFINITY, f64::NEG_INFINITY);

    fn is_empty(&self) -> bool {
        self.0 > self.1
    }

    fn add(&mut self, number: f64) {
        *self = Self(self.0.min(number), self.1.max(number));
    }

    /// True when all within `reach` of `number` are between these.
    fn holds(&self, number: f64, reach: f64) -> bool {
        number - reach >= self.0 && number + reach <= self.1
    }
}

/// Which latitudes centres lie between, and which longitudes zones cover.
struct Places {
    reach_deg: f64,
    longitudes: Longitudes,
    latitudes: Span,
}

impl Survey for Places {
    fn may_matter(&self, LonLat { lon_deg, lat_deg }: LonLat, reach_deg: f64) -> bool {
        !self.latitudes.holds(lat_deg, reach_deg)
            || !self.longitudes.cover(lon_deg, reach_lon(lat_deg, reach_deg + self.reach_deg))
    }

    fn see(&mut self, _zone: Zone, LonLat { lon_deg, lat_deg }: LonLat) -> Result<()> {
        self.latitudes.add(lat_deg);
        self.longitudes.add(lon_deg, reach_lon(lat_deg, self.reach_deg));
        Ok(())
    }
}

/// Which longitudes centres lie between, where a meridian without zones is known: `cut`.
#[derive(Clone, Copy)]
struct Centres {
    cut: Option<f64>,
    longitudes: Span,
}

impl Centres {
    /// The longitude going east from the cut.
    fn east_of_cut(&self, lon_deg: f64) -> f64 {
        self.cut.map_or(lon_deg, |cut| cut + (lon_deg - cut).rem_euclid(360.0))
    }

    /// True when no longitude within `wide_deg` of `lon_deg` is new.
    fn hold(&self, lon_deg: f64, wide_deg: f64) -> bool {
        self.cut.is_none() || self.longitudes.holds(self.east_of_cut(lon_deg), wide_deg)
    }
}

impl Survey for Centres {
    fn may_matter(&self, LonLat { lon_deg, lat_deg }: LonLat, reach_deg: f64) -> bool {
        !self.hold(lon_deg, reach_lon(lat_deg, reach_deg))
    }

    fn see(&mut self, _zone: Zone, centre: LonLat) -> Result<()> {
        self.longitudes.add(self.east_of_cut(centre.lon_deg));
        Ok(())
    }
}

/// Between which longitudes and latitudes zones lie; those of their centres to begin with.
struct Edges<'g> {
    grid: &'g dyn Grid,
    level: u8,
    reach_deg: f64,
    centres: Centres,
    latitudes: Span,
}

impl Survey for Edges<'_> {
    fn may_matter(&self, LonLat { lon_deg, lat_deg }: LonLat, reach_deg: f64) -> bool {
        let reach_deg = reach_deg + self.reach_deg;
        !self.latitudes.holds(lat_deg, reach_deg) || !self.centres.hold(lon_deg, reach_lon(lat_deg, reach_deg))
    }

    fn see(&mut self, zone: Zone, centre: LonLat) -> Result<()> {
        let lon = self.centres.east_of_cut(centre.lon_deg);
        for point in self.grid.boundary(self.level, zone, 4)? {
            self.centres.longitudes.add(lon + ((point.lon_deg - centre.lon_deg + 180.0).rem_euclid(360.0) - 180.0));
            self.latitudes.add(point.lat_deg);
        }
        Ok(())
    }
}

/// How many degrees of longitude `reach_deg` degrees are at most at a latitude, 180 near a pole.
fn reach_lon(lat_deg: f64, reach_deg: f64) -> f64 {
    let furthest = lat_deg.abs() + reach_deg;
    if furthest >= 90.0 { 180.0 } else { (reach_deg / furthest.to_radians().cos()).min(180.0) }
}

/// Which longitudes are covered, in tenths of a degree.
struct Longitudes(Vec<bool>);

impl Default for Longitudes {
    fn default() -> Self {
        Self(vec![false; Self::BINS])
    }
}

impl Longitudes {
    const BINS: usize = 3600;

    /// A gap of less than two degrees is none: the whole parallel is then shown.
    const LEAST_GAP: usize = 20;

    fn bins(lon_deg: f64, reach_deg: f64) -> impl Iterator<Item = usize> {
        let bin = |lon: f64| ((lon + 180.0) / 360.0 * Self::BINS as f64).floor() as i64;
        let (first, last) = (bin(lon_deg - reach_deg), bin(lon_deg + reach_deg));
        let bins = first..=last.min(first + Self::BINS as i64 - 1);
        bins.map(|at| at.rem_euclid(Self::BINS as i64) as usize)
    }

    fn add(&mut self, lon_deg: f64, reach_deg: f64) {
        Self::bins(lon_deg, reach_deg).for_each(|bin| self.0[bin] = true);
    }

    /// True when all is covered that [`Longitudes::add`] would add.
    fn cover(&self, lon_deg: f64, reach_deg: f64) -> bool {
        Self::bins(lon_deg, reach_deg).all(|bin| self.0[bin])
    }

    /// The middle of the widest gap, in degrees.
    fn gap_middle(&self) -> Option<f64> {
        let (mut widest, mut start) = (0, None::<usize>);
        let mut end_of_widest = 0;
        // Twice around, so that a gap across the ends is seen whole.
        for at in 0..2 * Self::BINS {
            if self.0[at % Self::BINS] {
                start = None;
                continue;
            }
            let length = at + 1 - *start.get_or_insert(at);
            if length > widest && length <= Self::BINS {
                (widest, end_of_widest) = (length, at + 1);
            }
        }
        let middle = end_of_widest as f64 - widest as f64 / 2.0;
        (widest >= Self::LEAST_GAP).then(|| middle * 360.0 / Self::BINS as f64 - 180.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Containment, FAMILIES, Region};

    #[test]
    fn the_widest_gap_is_found_across_the_antimeridian_too() {
        let mut longitudes = Longitudes::default();
        (-10..=30).for_each(|lon| longitudes.add(f64::from(lon), 0.5));
        let middle = longitudes.gap_middle().unwrap();
        assert!((middle.rem_euclid(360.0) - 190.0).abs() < 0.2, "{middle}");
        (-180..180).for_each(|lon| longitudes.add(f64::from(lon), 0.5));
        assert_eq!(longitudes.gap_middle(), None);
    }

    /// The box around all boundaries, the longitudes that all zones cover, and the poles.
    fn around_all(grid: &dyn Grid, level: u8, zones: &ZoneSet) -> Option<Extent> {
        let reach_deg = 2.0 * zone_size_deg(grid, level);
        let mut longitudes = Longitudes::default();
        let centre = |zone: Zone| grid.centroid(level, zone).unwrap();
        zones.iter().map(centre).for_each(|at| longitudes.add(at.lon_deg, reach_lon(at.lat_deg, reach_deg)));
        let mut edges = Centres { cut: longitudes.gap_middle(), longitudes: Span::EMPTY };
        let mut latitudes = Span::EMPTY;
        for zone in zones.iter() {
            let centre = centre(zone);
            let lon = edges.east_of_cut(centre.lon_deg);
            for point in grid.boundary(level, zone, 4).unwrap() {
                edges.longitudes.add(lon + ((point.lon_deg - centre.lon_deg + 180.0).rem_euclid(360.0) - 180.0));
                latitudes.add(point.lat_deg);
            }
        }
        for lat_deg in [-90.0, 90.0] {
            if zones.contains(grid.zone_at(level, LonLat { lon_deg: 0.0, lat_deg }).unwrap()) {
                latitudes.add(lat_deg);
            }
        }
        let (Span(west, east), Span(south_deg, north_deg)) = (edges.longitudes, latitudes);
        let turn = 360.0 * ((west + 180.0) / 360.0).floor();
        let (west_deg, east_deg) = if edges.cut.is_some() { (west - turn, east - turn) } else { (-180.0, 180.0) };
        (!zones.is_empty()).then_some(Extent { west_deg, south_deg, east_deg, north_deg })
    }

    #[test]
    fn the_box_is_that_of_all_zones() {
        let boxes = [
            [6.3, 45.9, 7.8, 46.9],
            [170.0, -20.0, -170.0, -5.0],
            [-180.0, 70.0, 180.0, 90.0],
            [-180.0, -90.0, 180.0, -60.0],
            [100.0, 40.0, 190.0, 89.0],
            [-179.0, -30.0, 179.0, 30.0],
            [20.0, -90.0, 60.0, -40.0],
            [0.0, 0.0, 0.0, 0.0],
        ];
        let names = FAMILIES.iter().flat_map(|family| family.dggrs_names().iter().map(move |name| (family, *name)));
        for (family, name) in names {
            let grid = family.grid(&family.default_spec(name)).unwrap();
            let finest = (0..).find(|level| grid.zone_count(*level) > 4000).unwrap();
            for level in [0, 1, finest] {
                let count = grid.zone_count(level);
                let scattered = |step: u64| {
                    (0..count).filter(move |zone| zone.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32 & 0xffff < step)
                };
                let some = |step: u64| ZoneSet::from_zones(scattered(step).map(Zone));
                let mut sets = vec![ZoneSet::default(), ZoneSet::from(0..count), some(20), some(400), some(30_000)];
                sets.extend((0..16).map(|at| ZoneSet::from_zones([Zone(at * (count - 1) / 15)])));
                for [west, south, east, north] in boxes {
                    let region = Region::bbox(west, south, east, north).unwrap();
                    sets.push(grid.zones_in(level, &region, Containment::Intersects).unwrap());
                    sets.push(sets.last().unwrap().intersection(&sets[4]));
                }
                for zones in &sets {
                    let expected = around_all(&*grid, level, zones);
                    let whole = around(&*grid, level, |visit| visit(zones)).unwrap();
                    assert_eq!(whole, expected, "{name} {level} {zones:?}");
                    // The same in parts, in any order.
                    let parts = around(&*grid, level, |visit| {
                        (0..7).rev().try_for_each(|part| {
                            visit(&ZoneSet::from_zones(zones.iter().filter(|zone| zone.0 % 7 == part)))
                        })
                    });
                    assert_eq!(parts.unwrap(), expected, "{name} {level} {zones:?}");
                }
            }
        }
    }

    #[test]
    fn boxes_meet_whatever_turn_they_are_written_in() {
        let area = |west, east| Extent { west_deg: west, south_deg: -10.0, east_deg: east, north_deg: 10.0 };
        assert_eq!(area(170.0, 190.0).intersection(&area(-180.0, -175.0)), Some(area(180.0, 185.0)));
        assert_eq!(area(0.0, 10.0).intersection(&area(20.0, 30.0)), None);
        assert_eq!(area(170.0, 190.0).as_box(), [170.0, -10.0, -170.0, 10.0]);
        assert_eq!(area(0.0, 180.0).as_box(), [0.0, -10.0, 180.0, 10.0]);
        assert_eq!(Extent::of_area([166.0, -50.0, -176.0, -30.0]).east_deg, 184.0);
    }
}
