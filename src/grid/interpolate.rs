//! Interpolation between zones: which zones around a point count, and how much.
//!
//! The general way, for grids that have none of their own: the centroids of the zone that holds the point and of its
//! neighbours make a fan of triangles around that zone's centroid. The point lies in one of them, and the zones at its
//! corners weigh what the point's barycentric coordinates are.

use std::collections::HashMap;

use super::vector::{Vector, cross, dot};
use super::{Grid, LonLat, Zone};
use crate::error::Result;

/// The zones that a value at a point is interpolated from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Interpolation {
    /// The zones; those without weight mean nothing.
    pub zones: [Zone; Self::ZONES],
    /// Their weights: not negative, 1 together.
    pub weights: [f64; Self::ZONES],
}

impl Interpolation {
    /// Zones that count at most.
    pub const ZONES: usize = 4;
}

/// A zone and those around it.
struct Fan {
    centre: Vector,
    /// The neighbours and their centroids, in the order of their azimuth.
    around: Vec<(Zone, Vector)>,
}

/// See the module's documentation. `points` and `found` have the same length.
pub(crate) fn barycentric(grid: &dyn Grid, level: u8, points: &[LonLat], found: &mut [Interpolation]) -> Result<()> {
    let mut zones = vec![Zone(0); points.len()];
    grid.zones_at(level, points, &mut zones)?;
    let mut fans: HashMap<Zone, Fan> = HashMap::new();
    for ((point, zone), found) in points.iter().zip(zones).zip(found) {
        let fan = match fans.entry(zone) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => place.insert(Fan::new(grid, level, zone)?),
        };
        *found = fan.interpolation(zone, vector(*point));
    }
    Ok(())
}

impl Fan {
    fn new(grid: &dyn Grid, level: u8, zone: Zone) -> Result<Self> {
        let neighbours = grid.neighbours(level, zone)?;
        let mut centroids = vec![LonLat::default(); neighbours.len()];
        grid.centroids(level, &neighbours, &mut centroids)?;
        let centre = vector(grid.centroid(level, zone)?);
        // Two directions on the plane that touches the sphere at the centre.
        let axis = if centre[2].abs() < 0.9 { [0.0, 0.0, 1.0] } else { [1.0, 0.0, 0.0] };
        let east = cross(axis, centre);
        let north = cross(centre, east);
        let azimuth = |place: Vector| dot(place, north).atan2(dot(place, east));
        let mut around: Vec<(Zone, Vector)> = neighbours.into_iter().zip(centroids.into_iter().map(vector)).collect();
        around.sort_by(|a, b| azimuth(a.1).total_cmp(&azimuth(b.1)));
        Ok(Self { centre, around })
    }

    /// The weights at `point`, which lies in the zone.
    fn interpolation(&self, zone: Zone, point: Vector) -> Interpolation {
        let alone = Interpolation { zones: [zone; Interpolation::ZONES], weights: [1.0, 0.0, 0.0, 0.0] };
        let volume = |a: Vector, b: Vector, c: Vector| dot(a, cross(b, c));
        let count = self.around.len();
        let mut best = (f64::NEG_INFINITY, alone);
        for at in 0..count {
            let ((left, a), (right, b)) = (self.around[at], self.around[(at + 1) % count]);
            let whole = volume(self.centre, a, b);
            if whole <= 0.0 {
                continue;
            }
            let parts = [volume(point, a, b), volume(self.centre, point, b), volume(self.centre, a, point)];
            let sum: f64 = parts.iter().sum();
            let least = parts.iter().copied().fold(f64::INFINITY, f64::min) / sum;
            if sum > 0.0 && least > best.0 {
                let kept = parts.map(|part| part.max(0.0));
                let sum: f64 = kept.iter().sum();
                let weights = [kept[0] / sum, kept[1] / sum, kept[2] / sum, 0.0];
                best = (least, Interpolation { zones: [zone, left, right, zone], weights });
            }
        }
        best.1
    }
}

fn vector(point: LonLat) -> Vector {
    let (lon, lat) = (point.lon_deg.to_radians(), point.lat_deg.to_radians());
    [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
}
