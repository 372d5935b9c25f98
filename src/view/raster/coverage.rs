//! Which part of the globe a cube covers: the box around its zones.

use std::fmt;
use std::sync::Arc;

use crate::cube::ZoneFinder;
use crate::error::Result;
use crate::grid::{Grid, LonLat, Zone};
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
/// All centres are looked at, and the boundaries of those zones that may reach the box' edges.
///
/// # Errors
/// Zone ids that cannot be read.
pub(super) fn extent(call: &Arc<Call>, finder: &ZoneFinder) -> Result<Option<Extent>> {
    let (grid, level) = (&**finder.grid(), finder.level());
    // No part of a zone is further from its centre.
    let reach_deg = 2.0 * zone_size_deg(grid, level);
    let mut longitudes = Longitudes::default();
    let (mut south, mut north) = (f64::INFINITY, f64::NEG_INFINITY);
    let mut centres = Vec::new();
    let centres_of = |zones: &[Zone], centres: &mut Vec<LonLat>| {
        centres.resize(zones.len(), LonLat::default());
        grid.centroids(level, zones, centres)
    };
    finder.for_each_batch(call, |zones| {
        centres_of(zones, &mut centres)?;
        for centre in &centres {
            (south, north) = (south.min(centre.lat_deg), north.max(centre.lat_deg));
            longitudes.add(centre.lon_deg, reach_lon(centre.lat_deg, reach_deg));
        }
        Ok(())
    })?;
    if south > north {
        return Ok(None);
    }
    let cut = longitudes.gap_middle();
    // Longitudes going east from the cut.
    let east_of_cut = |lon: f64| cut.map_or(lon, |cut| cut + (lon - cut).rem_euclid(360.0));
    let (mut west, mut east) = (f64::INFINITY, f64::NEG_INFINITY);
    finder.for_each_batch(call, |zones| {
        centres_of(zones, &mut centres)?;
        for lon in centres.iter().map(|centre| east_of_cut(centre.lon_deg)) {
            (west, east) = (west.min(lon), east.max(lon));
        }
        Ok(())
    })?;
    let (inner_west, inner_south, inner_east, inner_north) = (west, south, east, north);
    finder.for_each_batch(call, |zones| {
        centres_of(zones, &mut centres)?;
        for (zone, centre) in zones.iter().zip(&centres) {
            let (lon, lat, wide) = (east_of_cut(centre.lon_deg), centre.lat_deg, reach_lon(centre.lat_deg, reach_deg));
            let is_edge = lat - reach_deg <= inner_south
                || lat + reach_deg >= inner_north
                || (cut.is_some() && (lon - wide <= inner_west || lon + wide >= inner_east));
            if !is_edge {
                continue;
            }
            for point in grid.boundary(level, *zone, 4)? {
                let beside = lon + ((point.lon_deg - centre.lon_deg + 180.0).rem_euclid(360.0) - 180.0);
                (west, east) = (west.min(beside), east.max(beside));
                (south, north) = (south.min(point.lat_deg), north.max(point.lat_deg));
            }
        }
        Ok(())
    })?;
    for (pole, edge) in [(-90.0, &mut south), (90.0, &mut north)] {
        let at_pole = [grid.zone_at(level, LonLat { lon_deg: 0.0, lat_deg: pole })?];
        let mut position = [ZoneFinder::NOWHERE];
        finder.positions(call, &at_pole, &mut position)?;
        if position[0] != ZoneFinder::NOWHERE {
            *edge = pole;
        }
    }
    let (west_deg, east_deg) = match cut {
        Some(_) => {
            let turns = ((west + 180.0) / 360.0).floor();
            (west - 360.0 * turns, east - 360.0 * turns)
        }
        None => (-180.0, 180.0),
    };
    Ok(Some(Extent { west_deg, south_deg: south, east_deg, north_deg: north }))
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

    fn add(&mut self, lon_deg: f64, reach_deg: f64) {
        let bin = |lon: f64| ((lon + 180.0) / 360.0 * Self::BINS as f64).floor() as i64;
        let (first, last) = (bin(lon_deg - reach_deg), bin(lon_deg + reach_deg));
        for at in first..=last.min(first + Self::BINS as i64 - 1) {
            self.0[at.rem_euclid(Self::BINS as i64) as usize] = true;
        }
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

    #[test]
    fn the_widest_gap_is_found_across_the_antimeridian_too() {
        let mut longitudes = Longitudes::default();
        (-10..=30).for_each(|lon| longitudes.add(f64::from(lon), 0.5));
        let middle = longitudes.gap_middle().unwrap();
        assert!((middle.rem_euclid(360.0) - 190.0).abs() < 0.2, "{middle}");
        (-180..180).for_each(|lon| longitudes.add(f64::from(lon), 0.5));
        assert_eq!(longitudes.gap_middle(), None);
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
