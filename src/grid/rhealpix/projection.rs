//! Points to squares and back: the rHEALPix projection, with both polar squares at face O.
//!
//! On a face, x grows to the right and y downwards, both in [0, 1]. With tau in [0, 1) from west to east within the
//! quadrant of longitude, and v and sigma of [`Latitude`]:
//!
//! - around the equator: x = tau, y = 1/2 - v;
//! - in a polar square, the pole its centre, each quadrant is one of the four triangles that the diagonals cut off:
//!   sigma / 2 away from the centre, sigma (tau - 1/2) across. O's triangle is N's bottom one and S's top one; the
//!   others follow eastwards, around N against the clock and around S with it.
//!
//! So parallels are straight lines on every face, and zones have equal areas. HEALPix projection: Calabretta & Roukema
//! (2007), MNRAS 381, 865; rearranged: Gibb, Raichev, Speth (2013), *The rHEALPix discrete global grid system*.

use super::address::{Square, join, part, side};
use crate::error::{Error, Result};
use crate::grid::healpix::latitude::Latitude;
use crate::grid::longitude::nearest_turn;
use crate::grid::{LonLat, Zone};

/// The projection on one surface, turned by one longitude.
#[derive(Clone, Debug)]
pub(crate) struct Projection {
    /// Latitudes as HEALPix wants them.
    pub(crate) latitude: Latitude,
    /// Of the meridian between faces P and Q.
    pub(crate) lon_0_deg: f64,
}

/// Where a point lies on a polar square of N, given sigma and tau: x and y. For S, y is mirrored.
#[inline]
pub(crate) fn in_polar_square(turns: u8, sigma: f64, tau: f64) -> [f64; 2] {
    let (out, across) = (0.5 * sigma, sigma * (tau - 0.5));
    match turns {
        0 => [0.5 + across, 0.5 + out],
        1 => [0.5 + out, 0.5 - across],
        2 => [0.5 - across, 0.5 - out],
        _ => [0.5 - out, 0.5 + across],
    }
}

/// The column or row of a coordinate in [0, 1]: the last one whose own line, `index / n` as rounded, is not beyond it.
#[inline]
fn index(coordinate: f64, n: f64) -> u64 {
    let index = (coordinate * n) as i64 as f64;
    let index = if (index + 1.0) / n <= coordinate { index + 1.0 } else { index };
    index.min(n - 1.0).max(0.0) as i64 as u64
}

impl Projection {
    /// The zones of `points`, whose lengths are equal.
    pub(crate) fn zones_at(&self, level: u8, points: &[LonLat], zones: &mut [Zone]) -> Result<()> {
        let n = side(level) as f64;
        for (point, zone) in points.iter().zip(zones) {
            let LonLat { lon_deg, lat_deg } = *point;
            // Written so that NaN fails.
            if !(lat_deg.abs() <= 90.0 && lon_deg.is_finite()) {
                let reason = "is no longitude, latitude in [-90, 90]";
                return Err(Error::invalid(format!("point ({lon_deg}, {lat_deg}) {reason}")));
            }
            let (face, [x, y]) = self.on_face(lon_deg, lat_deg);
            *zone = join(level, Square { face, column: index(x, n), row: index(y, n) });
        }
        Ok(())
    }

    /// The face of a point, and x and y on it.
    #[inline]
    fn on_face(&self, lon_deg: f64, lat_deg: f64) -> (u8, [f64; 2]) {
        let mut east_deg = lon_deg - self.lon_0_deg;
        if east_deg.abs() > 720.0 {
            east_deg %= 360.0;
        }
        let quadrant = (east_deg / 90.0 + 16.0) as i64 - 16;
        // The division above may round up to a whole quadrant what lies just below it.
        let quadrant = if east_deg < 90.0 * quadrant as f64 { quadrant - 1 } else { quadrant };
        let tau = (east_deg - 90.0 * quadrant as f64) / 90.0;
        let turns = ((quadrant + 2) & 3) as u8;
        if lat_deg.abs() <= self.latitude.transition_deg() {
            (1 + turns, [tau, 0.5 - self.latitude.belt(lat_deg)])
        } else {
            let [x, y] = in_polar_square(turns, self.latitude.cap(90.0 - lat_deg.abs()), tau);
            if lat_deg > 0.0 { (0, [x, y]) } else { (5, [x, 1.0 - y]) }
        }
    }

    /// The point of a face whose distances from its centre, right and down, are `right` / n and `down` / n half sides.
    ///
    /// Whole `right` and `down` are exact however large `n`, so that zones which share a vertex agree on it to the last
    /// bit (up to whole turns). Longitudes are not wrapped; a pole is given longitude 0.
    pub(crate) fn point_of(&self, face: u8, n: f64, right: f64, down: f64) -> LonLat {
        let (turns, offset, lat_deg) = if (1..=4).contains(&face) {
            let lat_deg = match down.abs() >= n {
                true => self.latitude.transition_deg().copysign(-down),
                false => self.latitude.of_belt(-0.5 * down / n),
            };
            (face - 1, right / n, lat_deg)
        } else {
            // On N as on S mirrored: O's triangle below the centre.
            let below = if face == 0 { down } else { -down };
            let out = right.abs().max(below.abs());
            if out == 0.0 {
                return LonLat { lon_deg: 0.0, lat_deg: if face == 0 { 90.0 } else { -90.0 } };
            }
            let (turns, across) = if below == out {
                (0, right)
            } else if right == out {
                (1, -below)
            } else if below == -out {
                (2, -right)
            } else {
                (3, below)
            };
            let colatitude_deg = self.latitude.of_cap(out / n);
            let lat_deg = if out >= n { self.latitude.transition_deg() } else { 90.0 - colatitude_deg };
            (turns, across / out, if face == 0 { lat_deg } else { -lat_deg })
        };
        let middle_deg = 90.0 * f64::from(turns) - 135.0;
        LonLat { lon_deg: self.lon_0_deg + (middle_deg + 45.0 * offset), lat_deg }
    }

    /// The centre of a zone's square, in [-180, 180); 0 at a pole.
    pub(crate) fn centroid(&self, level: u8, zone: Zone) -> LonLat {
        let n = side(level) as f64;
        let Square { face, column, row } = part(level, zone);
        let point = self.point_of(face, n, (2 * column + 1) as f64 - n, (2 * row + 1) as f64 - n);
        LonLat { lon_deg: wrapped(point.lon_deg), ..point }
    }

    /// The boundary of a zone from its top left corner, over the bottom left; see [`crate::grid::Grid::boundary`].
    ///
    /// On the globe the four sides are arcs of parallels and curves towards a pole. A zone that has the pole inside is
    /// bounded by one parallel, its ring goes around the pole.
    pub(crate) fn boundary(&self, level: u8, zone: Zone, segments: u32) -> Vec<LonLat> {
        let n = side(level);
        let Square { face, column, row } = part(level, zone);
        let corners = [(0, 0), (0, 1), (1, 1), (1, 0)].map(|(right, down)| {
            let from_centre = |index: u64| (2 * index) as f64 - n as f64;
            (from_centre(column + right), from_centre(row + down))
        });
        let mut ring: Vec<LonLat> = Vec::with_capacity(4 * segments as usize);
        let mut before_deg = self.centroid(level, zone).lon_deg;
        for (corner, from) in corners.into_iter().enumerate() {
            let to = corners[(corner + 1) % 4];
            for step in 0..segments {
                let s = f64::from(step) / f64::from(segments);
                let (right, down) = (from.0 + s * (to.0 - from.0), from.1 + s * (to.1 - from.1));
                let mut point = self.point_of(face, n as f64, right, down);
                point.lon_deg = nearest_turn(point.lon_deg, before_deg);
                before_deg = point.lon_deg;
                ring.push(point);
            }
        }
        ring
    }
}

/// A longitude in [-180, 180).
fn wrapped(lon_deg: f64) -> f64 {
    if (-180.0..180.0).contains(&lon_deg) {
        lon_deg
    } else {
        let turned = (lon_deg + 180.0).rem_euclid(360.0) - 180.0;
        if turned < 180.0 { turned } else { -180.0 }
    }
}
