//! Points on the sphere, and the Lambert azimuthal equal-area plane around one of them.

use crate::grid::authalic::Authalic;
pub(super) use crate::grid::vector::{Vector as Unit, chord, unit};
use crate::grid::{LonLat, Surface};

/// The inverse of [`unit`].
pub(super) fn from_unit([x, y, z]: Unit) -> LonLat {
    LonLat { lon_deg: y.atan2(x).to_degrees(), lat_deg: z.atan2(x.hypot(y)).to_degrees() }
}

fn normalised(vector: Unit) -> Unit {
    let length = chord(vector, [0.0; 3]);
    vector.map(|x| x / length)
}

/// Points at the distance `radius` from `centre`, small beside the sphere.
pub(super) fn circle<const N: usize>(centre: Unit, radius: f64) -> [Unit; N] {
    let cross = |a: Unit, b: Unit| -> Unit {
        std::array::from_fn(|k| a[(k + 1) % 3] * b[(k + 2) % 3] - a[(k + 2) % 3] * b[(k + 1) % 3])
    };
    let across = if centre[2].abs() < 0.7 { [0.0, 0.0, 1.0] } else { [1.0, 0.0, 0.0] };
    let east = normalised(cross(across, centre));
    let north = cross(centre, east);
    std::array::from_fn(|step| {
        // Half a step off the axes, along which grids like to have their edges.
        let (sin, cos) = (std::f64::consts::TAU * (step as f64 + 0.5) / N as f64).sin_cos();
        normalised(std::array::from_fn(|k| centre[k] + radius * (cos * east[k] + sin * north[k])))
    })
}

/// The equal-area plane around a place, on the sphere of the surface's area and of radius 1.
///
/// Snyder (1987), *Map Projections: A Working Manual*, eqs. 24-2 to 24-4. The whole globe lies within a distance of 2;
/// the antipode of the centre is the circle at that distance.
pub(super) struct Frame {
    authalic: Authalic,
    lon_0_deg: f64,
    lat_0_rad: f64,
}

impl Frame {
    pub(super) fn new(surface: &Surface, centre: LonLat) -> Self {
        let authalic = match surface {
            Surface::Sphere { .. } => Authalic::sphere(),
            Surface::Ellipsoid { inverse_flattening, .. } => Authalic::new(1.0 / inverse_flattening),
        };
        let lat_0_rad = authalic.authalic_rad(centre.lat_deg.to_radians());
        Self { authalic, lon_0_deg: centre.lon_deg, lat_0_rad }
    }

    /// The place in the plane. The meridian of the centre and the one opposite are exactly `x = 0`.
    pub(super) fn project(&self, place: LonLat) -> (f64, f64) {
        let from_centre_deg = (place.lon_deg - self.lon_0_deg) % 360.0;
        let (sin, cos) = match from_centre_deg.abs() {
            180.0 => (0.0, -1.0),
            _ => from_centre_deg.to_radians().sin_cos(),
        };
        let lat = self.authalic.authalic_rad(place.lat_deg.to_radians());
        let cos_lat = if place.lat_deg.abs() == 90.0 { 0.0 } else { lat.cos() };
        let (sin_0, cos_0) = self.lat_0_rad.sin_cos();
        // 2 sin^2 of half the longitude: 1 - cos without the loss of digits.
        let versine = if from_centre_deg.abs() < 90.0 {
            2.0 * (from_centre_deg / 2.0).to_radians().sin().powi(2)
        } else {
            1.0 - cos
        };
        let north = (lat - self.lat_0_rad).sin() + sin_0 * cos_lat * versine;
        let cos_distance = sin_0 * lat.sin() + cos_0 * cos_lat * cos;
        let scale = (2.0 / (1.0 + cos_distance).max(1e-30)).sqrt();
        (scale * cos_lat * sin, scale * north)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_kept_and_the_centre_is_the_origin() {
        let surface = Surface::Ellipsoid { name: None, semi_major_m: 6_378_137.0, inverse_flattening: 298.257_223_563 };
        for (lon_deg, lat_deg) in [(0.0, 0.0), (179.9, 89.0), (-30.0, -90.0), (77.0, -45.0)] {
            let frame = Frame::new(&surface, LonLat { lon_deg, lat_deg });
            let (x, y) = frame.project(LonLat { lon_deg: lon_deg + 360.0, lat_deg });
            assert!(x.hypot(y) < 1e-15);
            // A small box far away: its area is that between authalic parallels.
            let at = |east: f64, north: f64| frame.project(LonLat { lon_deg: 100.0 + east, lat_deg: 20.0 + north });
            let ring = [at(0.0, 0.0), at(0.01, 0.0), at(0.01, 0.01), at(0.0, 0.01)];
            let pairs = ring.iter().zip(ring.iter().cycle().skip(1));
            let area = 0.5 * pairs.map(|(a, b)| a.0 * b.1 - a.1 * b.0).sum::<f64>();
            let z = |lat: f64| frame.authalic.sin_authalic(lat.to_radians().sin());
            let expected = 0.01f64.to_radians() * (z(20.01) - z(20.0));
            assert!((area / expected - 1.0).abs() < 1e-6, "{area} {expected}");
        }
    }

    #[test]
    fn circles_have_their_radius() {
        for place in [LonLat { lon_deg: 10.0, lat_deg: 90.0 }, LonLat { lon_deg: -170.0, lat_deg: -3.0 }] {
            for point in circle::<8>(unit(place), 1e-4) {
                assert!((chord(point, unit(place)) - 1e-4).abs() < 1e-9);
                assert!(chord(unit(from_unit(point)), point) < 1e-15);
            }
        }
    }
}
