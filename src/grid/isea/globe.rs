//! The globe around the icosahedron: longitude and latitude to unit vectors of the icosahedron's frame and back.
//!
//! On an ellipsoid latitudes go through the authalic sphere, so that zones keep equal areas.

use std::f64::consts::PI;

use super::icosahedron::{Place, places, point, vertex};
use crate::error::{Error, Result};
use crate::grid::authalic::Authalic;
use crate::grid::vector::{Vector, cross, dot};
use crate::grid::{LonLat, Orientation, Surface};

/// Points projected together: their intermediate values stay in the first-level cache.
const CHUNK: usize = 128;

/// Longitudes up to this are used as they are, others brought within a turn first.
const PLAIN_LON_DEG: f64 = 1e4;

/// The surface and how the icosahedron stands in it.
#[derive(Clone, Debug)]
pub(crate) struct Globe {
    /// `None` on a sphere, whose latitudes are used as they are.
    authalic: Option<Authalic>,
    /// Rows: the axes of the icosahedron's frame in the Earth's.
    rows: [Vector; 3],
    area_m2: f64,
}

impl Globe {
    /// The globe of a surface and an orientation.
    ///
    /// # Errors
    /// A size or angle that is none.
    pub(crate) fn new(surface: &Surface, orientation: &Orientation) -> Result<Self> {
        let (size_m, flattening) = surface.size_and_flattening()?;
        let authalic = (flattening > 0.0).then(|| Authalic::new(flattening));
        let radius_m = authalic.as_ref().map_or(size_m, |authalic| authalic.radius(size_m));
        Ok(Self { authalic, rows: rotation(orientation)?, area_m2: 4.0 * PI * radius_m * radius_m })
    }

    /// Area of the whole surface, in square metres.
    pub(crate) fn area_m2(&self) -> f64 {
        self.area_m2
    }

    /// Hands the places of `points` to `take`, some at a time: the position of the first, and the places.
    ///
    /// # Errors
    /// A latitude outside [-90, 90] or a number that is not finite.
    pub(crate) fn each_place(&self, points: &[LonLat], mut take: impl FnMut(usize, &[Place])) -> Result<()> {
        let mut vectors = [[0.0; 3]; CHUNK];
        let mut found = [Place::default(); CHUNK];
        for (chunk, points) in points.chunks(CHUNK).enumerate() {
            for (point, vector) in points.iter().zip(&mut vectors) {
                *vector = self.vector(*point)?;
            }
            places(&vectors[..points.len()], &mut found[..points.len()]);
            take(chunk * CHUNK, &found[..points.len()]);
        }
        Ok(())
    }

    /// The place of one point.
    ///
    /// # Errors
    /// As [`Globe::each_place`].
    pub(crate) fn place(&self, at: LonLat) -> Result<Place> {
        let mut found = [Place::default()];
        places(&[self.vector(at)?], &mut found);
        Ok(found[0])
    }

    /// Unit vector of a point in the icosahedron's frame.
    #[inline]
    fn vector(&self, LonLat { lon_deg, lat_deg }: LonLat) -> Result<Vector> {
        // Written so that NaN fails too.
        if !(lat_deg.abs() <= 90.0 && lon_deg.abs() < f64::INFINITY) {
            return Err(if lon_deg.is_finite() && lat_deg.is_finite() {
                Error::invalid(format!("point ({lon_deg}, {lat_deg}): latitude is outside [-90, 90]"))
            } else {
                Error::invalid(format!("point ({lon_deg}, {lat_deg}) is not finite"))
            });
        }
        let lon_deg = if lon_deg.abs() <= PLAIN_LON_DEG { lon_deg } else { lon_deg % 360.0 };
        let lat_rad = lat_deg.to_radians();
        let lat_rad = self.authalic.as_ref().map_or(lat_rad, |authalic| authalic.authalic_rad(lat_rad));
        let (sin_lat, cos_lat) = lat_rad.sin_cos();
        let (sin_lon, cos_lon) = lon_deg.to_radians().sin_cos();
        let earth = [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat];
        Ok(self.rows.map(|row| dot(row, earth)))
    }

    /// Longitude in [-180, 180) and latitude of a place.
    pub(crate) fn lon_lat(&self, place: Place) -> LonLat {
        let p = point(place);
        let earth: Vector = std::array::from_fn(|c| (0..3).map(|row| self.rows[row][c] * p[row]).sum());
        let distance = earth[0].hypot(earth[1]);
        let lat_rad = earth[2].atan2(distance);
        let lat_rad = self.authalic.as_ref().map_or(lat_rad, |authalic| authalic.geodetic_rad(lat_rad));
        let lon_deg = earth[1].atan2(earth[0]).to_degrees();
        LonLat {
            lon_deg: if lon_deg >= 180.0 { lon_deg - 360.0 } else { lon_deg },
            lat_deg: lat_rad.to_degrees().clamp(-90.0, 90.0),
        }
    }
}

/// The rotation that brings vertex 0 and the direction to vertex 1 from the Earth to the icosahedron's frame.
fn rotation(orientation: &Orientation) -> Result<[Vector; 3]> {
    let Orientation { lon_0_deg, lat_0_deg, azimuth_deg } = *orientation;
    if !(lon_0_deg.is_finite() && azimuth_deg.is_finite() && lat_0_deg.abs() <= 90.0) {
        return Err(Error::invalid(format!(
            "orientation ({lon_0_deg}, {lat_0_deg}), azimuth {azimuth_deg} is not a place and a direction"
        )));
    }
    let ((sin_lon, cos_lon), (sin_lat, cos_lat)) = (lon_0_deg.to_radians().sin_cos(), lat_0_deg.to_radians().sin_cos());
    let (sin_azimuth, cos_azimuth) = azimuth_deg.to_radians().sin_cos();
    let up = [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat];
    let north = [-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat];
    let east = [-sin_lon, cos_lon, 0.0];
    let ahead: Vector = std::array::from_fn(|c| cos_azimuth * north[c] + sin_azimuth * east[c]);
    let earth = [up, ahead, cross(up, ahead)];

    let zero = vertex(0);
    let one = vertex(1);
    let along = dot(zero, one);
    let tangent = super::icosahedron::normalised(std::array::from_fn(|c| one[c] - along * zero[c]));
    let own = [zero, tangent, cross(zero, tangent)];
    Ok(std::array::from_fn(|row| std::array::from_fn(|c| (0..3).map(|axis| own[axis][row] * earth[axis][c]).sum())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// lon, lat, quad, i, j on the default orientation's sphere: Snyder's own equations in 40 digits.
    const TABLE: &[(f64, f64, u8, f64, f64)] = &include!("../../../tests/grid_isea_table.in");

    #[test]
    fn places_are_snyders_to_2e_15_of_a_side_and_points_to_1e_13_degree() {
        let orientation = Orientation { lon_0_deg: 11.25, lat_0_deg: 58.282_525_59, azimuth_deg: 0.0 };
        let globe = Globe::new(&Surface::Sphere { radius_m: 1.0 }, &orientation).unwrap();
        let (mut forward, mut inverse) = (0.0f64, 0.0f64);
        for &(lon_deg, lat_deg, quad, i, j) in TABLE {
            let place = globe.place(LonLat { lon_deg, lat_deg }).unwrap();
            assert_eq!(place.quad, quad);
            forward = forward.max((place.i - i).abs()).max((place.j - j).abs());
            let point = globe.lon_lat(Place { quad, i, j });
            let east = (point.lon_deg - lon_deg) * lat_deg.to_radians().cos();
            inverse = inverse.max(east.abs()).max((point.lat_deg - lat_deg).abs());
        }
        println!("{forward:e} of a side, {inverse:e} degree");
        assert!(forward < 2e-15 && inverse < 1e-13, "{forward:e} {inverse:e}");
    }
}
