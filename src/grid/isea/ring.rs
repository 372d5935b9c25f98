//! A zone's boundary in the plane of longitude and latitude.
//!
//! Longitudes run on beyond ±180 where the ring does. A ring around a pole is closed over it: along the meridian of its
//! first point to the pole, back along the pole's line, and down again. A ring through a pole (the icosahedron's edge
//! between vertices 0 and 1 may cross it, and zones' edges with it) takes the pole's line between the two meridians. Both
//! are then simple polygons of that plane.

use crate::grid::LonLat;
use crate::grid::longitude::nearest_turn;

/// Beyond this, in degrees (1 mm), or a hundredth of the ring's size, a ring does not pass through a pole.
const THROUGH_POLE_DEG: f64 = 1e-8;

/// Points that [`unrolled`] may add.
pub(crate) const MAX_ADDED: usize = 3;

/// The ring of `points`, counter-clockwise seen from outside, whose longitudes are in [-180, 180). It begins near
/// `centre`, a point inside.
pub(crate) fn unrolled(points: &[LonLat], centre: LonLat) -> Vec<LonLat> {
    let pole_lat = 90f64.copysign(centre.lat_deg);
    let size = points.iter().map(|p| (p.lat_deg - centre.lat_deg).abs()).fold(0.0, f64::max);
    let tolerance = THROUGH_POLE_DEG.min(0.01 * size);
    let colatitude = |p: &LonLat| (pole_lat - p.lat_deg).abs();
    let at_pole = |p: &LonLat| colatitude(p) <= tolerance;
    let Some(start) = points.iter().position(|p| !at_pole(p)) else {
        return points.to_vec();
    };
    let first = LonLat { lon_deg: nearest_turn(points[start].lon_deg, centre.lon_deg), ..points[start] };
    let mut ring = vec![first];
    let mut last = first;
    let mut over_pole = false;
    for step in 1..=points.len() {
        let point = points[(start + step) % points.len()];
        if at_pole(&point) {
            over_pole = true;
            continue;
        }
        let lon_deg = if over_pole || passes_pole(last, point, colatitude, tolerance) {
            // The zone is to the left: west of here at the north pole, east at the south pole.
            let turn = (point.lon_deg - last.lon_deg) / 360.0;
            let turn = if pole_lat > 0.0 { turn.ceil() } else { turn.floor() };
            let lon_deg = point.lon_deg - 360.0 * turn;
            ring.push(LonLat { lat_deg: pole_lat, ..last });
            ring.push(LonLat { lon_deg, lat_deg: pole_lat });
            lon_deg
        } else {
            nearest_turn(point.lon_deg, last.lon_deg)
        };
        over_pole = false;
        last = LonLat { lon_deg, ..point };
        ring.push(last);
    }
    // The last point is the first again, perhaps a turn away.
    let turns = ((last.lon_deg - first.lon_deg) / 360.0).round();
    if turns == 0.0 {
        ring.pop();
    } else {
        let lat_deg = 90f64.copysign(turns);
        ring.push(LonLat { lat_deg, ..last });
        ring.push(LonLat { lat_deg, ..first });
    }
    ring
}

/// True when the line from `a` to `b` goes through the pole, by the plane that has the pole at its middle and
/// colatitudes as distances.
fn passes_pole(a: LonLat, b: LonLat, colatitude: impl Fn(&LonLat) -> f64, tolerance: f64) -> bool {
    let (sin, cos) = (b.lon_deg - a.lon_deg).to_radians().sin_cos();
    let (from_a, from_b) = (colatitude(&a), colatitude(&b));
    let length = (from_a * from_a + from_b * from_b - 2.0 * from_a * from_b * cos).sqrt();
    cos < 0.0 && from_a + from_b < 100.0 && from_a * from_b * sin.abs() <= tolerance * length
}
