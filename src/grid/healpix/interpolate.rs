//! Interpolation between HEALPix zones along their rings, as healpy's `get_interp_weights` does.
//!
//! Of the ring of centres north of the point and the one south of it, the two zones on either side of the point's
//! longitude; linear in longitude along each ring and in colatitude between the rings. Beyond the first and the last
//! ring the value at the pole is the mean of that ring's four zones. Latitudes are authalic.

use std::f64::consts::{FRAC_PI_2, TAU};

use super::latitude::Latitude;
use crate::error::{Error, Result};
use crate::grid::{Interpolation, LonLat, Zone};

/// The rings of centres of a level, numbered from 1 in the north.
struct Rings {
    /// Zones along a base zone's side.
    side: u64,
}

/// One of them.
struct Ring {
    /// Ring index of its first zone.
    first: u64,
    count: u64,
    /// Longitude of the first zone's centre, as a share of a zone.
    shift: f64,
    /// Colatitude of the centres, radians.
    colatitude: f64,
}

impl Rings {
    fn last(&self) -> u64 {
        4 * self.side - 1
    }

    /// The last ring at or north of z, the sine of the latitude; 0 when there is none.
    fn above(&self, z: f64) -> u64 {
        let side = self.side as f64;
        if z.abs() <= 2.0 / 3.0 {
            return (side * (2.0 - 1.5 * z)) as u64;
        }
        let from_pole = (side * (3.0 * (1.0 - z.abs())).sqrt()) as u64;
        if z > 0.0 { from_pole } else { 4 * self.side - from_pole - 1 }
    }

    fn ring(&self, number: u64) -> Ring {
        let (side, n) = (self.side, self.side as f64);
        let zones = 12 * side * side;
        let cap = |ring: u64| 2.0 * (ring as f64 / (6f64.sqrt() * n)).asin();
        if number < side {
            Ring { first: 2 * number * (number - 1), count: 4 * number, shift: 0.5, colatitude: cap(number) }
        } else if number <= 3 * side {
            let shift = if (number - side).is_multiple_of(2) { 0.5 } else { 0.0 };
            let first = 2 * side * (side - 1) + (number - side) * 4 * side;
            let colatitude = (4.0 / 3.0 - 2.0 * number as f64 / (3.0 * n)).acos();
            Ring { first, count: 4 * side, shift, colatitude }
        } else {
            let from_pole = 4 * side - number;
            let first = zones - 2 * from_pole * (from_pole + 1);
            Ring { first, count: 4 * from_pole, shift: 0.5, colatitude: 2.0 * FRAC_PI_2 - cap(from_pole) }
        }
    }
}

impl Ring {
    /// The zones on either side of a longitude (radians, in [0, 2 pi)), as places along the ring, and the weight of the
    /// second.
    fn beside(&self, lon: f64) -> ([u64; 2], f64) {
        let place = lon / TAU * self.count as f64 - self.shift;
        let west = place.floor();
        let count = self.count as i64;
        let wrap = |at: i64| at.rem_euclid(count) as u64;
        ([wrap(west as i64), wrap(west as i64 + 1)], place - west)
    }
}

/// The zones around each point, and their weights. Both slices have the same length.
pub(crate) fn interpolation(
    latitude: &Latitude,
    level: u8,
    points: &[LonLat],
    found: &mut [Interpolation],
) -> Result<()> {
    let rings = Rings { side: 1 << level };
    let layer = cdshealpix::nested::get(level);
    for (point, found) in points.iter().zip(found) {
        if !(point.lon_deg.is_finite() && point.lat_deg.abs() <= 90.0) {
            return Err(Error::invalid(format!("({}, {}) is no point", point.lon_deg, point.lat_deg)));
        }
        let (lon, phi) = (point.lon_deg.to_radians().rem_euclid(TAU), point.lat_deg.to_radians());
        let authalic = latitude.authalic().authalic_rad(phi);
        let colatitude = FRAC_PI_2 - authalic;
        let above = rings.above(authalic.sin());
        let ring = |number: u64| {
            let ring = rings.ring(number);
            let (places, east) = ring.beside(lon);
            (ring, places, [1.0 - east, east])
        };
        let (indices, weights) = if above == 0 || above == rings.last() {
            let number = if above == 0 { 1 } else { rings.last() };
            let (ring, [west, east], [of_west, of_east]) = ring(number);
            // The share of the way from the pole to the ring.
            let share = match above {
                0 => colatitude / ring.colatitude,
                _ => (2.0 * FRAC_PI_2 - colatitude) / (2.0 * FRAC_PI_2 - ring.colatitude),
            };
            let pole = (1.0 - share) / 4.0;
            let places = [west, east, (west + 2) % 4, (east + 2) % 4];
            (places.map(|place| ring.first + place), [of_west * share + pole, of_east * share + pole, pole, pole])
        } else {
            let (north, [a, b], [of_a, of_b]) = ring(above);
            let (south, [c, d], [of_c, of_d]) = ring(above + 1);
            let down = (colatitude - north.colatitude) / (south.colatitude - north.colatitude);
            let indices = [north.first + a, north.first + b, south.first + c, south.first + d];
            (indices, [of_a * (1.0 - down), of_b * (1.0 - down), of_c * down, of_d * down])
        };
        // Rounding may leave a point a hair outside of its two rings.
        *found = Interpolation {
            zones: indices.map(|index| Zone(layer.from_ring(index))),
            weights: weights.map(|weight| weight.clamp(0.0, 1.0)),
        };
    }
    Ok(())
}
