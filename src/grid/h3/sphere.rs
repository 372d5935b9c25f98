//! Points on the unit sphere, and whether straight lines in longitude and latitude cross great-circle arcs.

use h3o::LatLng;

use crate::grid::LonLat;
use crate::grid::region::Edge;
use crate::grid::vector::{Vector, cross, dot};

#[inline]
pub(crate) fn unit(lat_rad: f64, lon_rad: f64) -> Vector {
    let (sin_lat, cos_lat) = lat_rad.sin_cos();
    let (sin_lon, cos_lon) = lon_rad.sin_cos();
    [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat]
}

#[inline]
pub(crate) fn unit_of(point: LatLng) -> Vector {
    unit(point.lat_radians(), point.lng_radians())
}

pub(crate) fn lon_lat_of(v: Vector) -> LonLat {
    LonLat { lon_deg: v[1].atan2(v[0]).to_degrees(), lat_deg: v[2].atan2(v[0].hypot(v[1])).to_degrees() }
}

fn minus(a: Vector, b: Vector) -> Vector {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

/// Part of a line below which a close approach counts as a touch. It is then nearer than an eighth of its bend, 1e-10 of
/// the line's length at most.
const SMALLEST_PART: f64 = 1.0 / 65_536.0;

/// The shorter great-circle arc between two points less than a quarter turn apart.
///
/// Everything is kept as differences from its first end, so that an arc of a metre has as many digits as one of a
/// thousand kilometres.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arc {
    from: Vector,
    along: Vector,
    /// Normal of its plane, to the left.
    normal: Vector,
    normal_length: f64,
}

impl Arc {
    pub(crate) fn new(from: Vector, to: Vector) -> Self {
        let along = minus(to, from);
        let normal = cross(from, along);
        Self { from, along, normal, normal_length: dot(normal, normal).sqrt() }
    }

    /// The point at `part` in [0, 1] of its length, on the sphere.
    pub(crate) fn at(&self, part: f64) -> Vector {
        // Both ends weighted by sines of the angles to the point; a chord is twice the sine of half its angle.
        let half = (0.5 * dot(self.along, self.along).sqrt()).min(1.0).asin();
        let sin_all = (2.0 * half).sin();
        let (near, far) = if sin_all > 0.0 {
            (((1.0 - part) * 2.0 * half).sin() / sin_all, (part * 2.0 * half).sin() / sin_all)
        } else {
            (1.0 - part, part)
        };
        let v: Vector = std::array::from_fn(|k| near * self.from[k] + far * (self.from[k] + self.along[k]));
        let length = dot(v, v).sqrt();
        v.map(|x| x / length)
    }

    /// Distance of a point from the arc's plane times `normal_length`, positive to the left.
    fn side(&self, point: Vector) -> f64 {
        dot(self.normal, minus(point, self.from))
    }

    /// True for a point of the arc's plane that lies on the arc, its ends included.
    fn covers(&self, point: Vector) -> bool {
        let length = dot(self.along, self.along);
        let reach = dot(minus(point, self.from), self.along);
        // A line through a vertex must not slip between the two arcs that meet there.
        let slack = 1e-9 * length;
        (-slack..=length + slack).contains(&reach) && dot(point, self.from) > 0.0
    }

    /// True when `line` meets the arc.
    pub(crate) fn meets(&self, line: &Line) -> bool {
        self.meets_within(line, [0.0, 1.0], [self.side(line.ends[0]), self.side(line.ends[1])])
    }

    /// [`Arc::meets`] for the part of the line between two places, where `sides` are known.
    ///
    /// The distance from the arc's plane differs from its linear interpolation by at most an eighth of the line's
    /// greatest acceleration: either that shows that it has no root or that it is monotone, or the part is halved. A
    /// part below [`SMALLEST_PART`] that comes so near is taken to touch.
    fn meets_within(&self, line: &Line, [from, to]: [f64; 2], sides: [f64; 2]) -> bool {
        let bend = self.normal_length * line.acceleration * (to - from) * (to - from);
        let nearest = sides[0].abs().min(sides[1].abs());
        let crosses = (sides[0] <= 0.0) != (sides[1] <= 0.0) || nearest == 0.0;
        if !crosses && nearest > bend / 8.0 {
            return false;
        }
        let smallest = to - from < SMALLEST_PART;
        if crosses && ((sides[1] - sides[0]).abs() > bend / 2.0 || smallest) {
            return self.covers(line.at(self.crossing(line, [from, to], sides)));
        }
        if smallest {
            return self.covers(line.at(0.5 * (from + to)));
        }
        let middle = 0.5 * (from + to);
        let side = self.side(line.at(middle));
        self.meets_within(line, [from, middle], [sides[0], side])
            || self.meets_within(line, [middle, to], [side, sides[1]])
    }

    /// Where a line crosses the arc's plane, between two places on different sides: the Illinois form of regula falsi.
    fn crossing(&self, line: &Line, [mut s0, mut s1]: [f64; 2], [mut f0, mut f1]: [f64; 2]) -> f64 {
        for _ in 0..60 {
            if f0 == 0.0 || f1 == f0 {
                return s0;
            }
            let s = s1 - f1 * (s1 - s0) / (f1 - f0);
            let value = self.side(line.at(s));
            if value == 0.0 || value.abs() < 1e-17 * self.normal_length || s == s1 {
                return s;
            }
            if (value > 0.0) == (f1 > 0.0) {
                f0 *= 0.5
            } else {
                (s0, f0) = (s1, f1)
            }
            (s1, f1) = (s, value);
        }
        s1
    }
}

/// A short part of a region's edge, straight in longitude and latitude.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    from_rad: [f64; 2],
    delta_rad: [f64; 2],
    ends: [Vector; 2],
    /// Bound of the second derivative by the parameter, in radii.
    acceleration: f64,
}

impl Line {
    /// The part of `edge` between two places in [0, 1].
    pub(crate) fn new(edge: &Edge, s: [f64; 2]) -> Self {
        let [from, to] = s.map(|s| edge.at(s)).map(|point| [point.lon_deg.to_radians(), point.lat_deg.to_radians()]);
        let delta_rad = [to[0] - from[0], to[1] - from[1]];
        let [lon, lat] = delta_rad.map(f64::abs);
        // Of (cos lat cos lon, cos lat sin lon, sin lat), with both angles linear.
        let acceleration = lat * lat + 2.0 * lat * lon + lon * lon * widest_parallel(from[1], to[1]);
        Self { from_rad: from, delta_rad, ends: [from, to].map(|[lon, lat]| unit(lat, lon)), acceleration }
    }

    fn at(&self, s: f64) -> Vector {
        unit(self.from_rad[1] + s * self.delta_rad[1], self.from_rad[0] + s * self.delta_rad[0])
    }
}

/// The greatest radius of a parallel between two latitudes, on the unit sphere.
pub(crate) fn widest_parallel(lat_0_rad: f64, lat_1_rad: f64) -> f64 {
    if lat_0_rad * lat_1_rad <= 0.0 { 1.0 } else { lat_0_rad.abs().min(lat_1_rad.abs()).cos() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(lon_deg: f64, lat_deg: f64) -> Vector {
        unit(lat_deg.to_radians(), lon_deg.to_radians())
    }

    fn line(from: (f64, f64), to: (f64, f64)) -> Line {
        let [from, to] = [from, to].map(|(lon_deg, lat_deg)| LonLat { lon_deg, lat_deg });
        Line::new(&Edge { from, to }, [0.0, 1.0])
    }

    #[test]
    fn lines_meet_arcs() {
        let arc = Arc::new(point(-10.0, 50.0), point(10.0, 50.0));
        // A parallel is crossed twice by the arc that bulges over it, or touched, or missed.
        assert!(arc.meets(&line((-20.0, 50.1), (20.0, 50.1))));
        assert!(arc.meets(&line((-20.0, 50.1), (0.0, 50.1))));
        assert!(!arc.meets(&line((-20.0, 49.9), (20.0, 49.9))));
        let top = lon_lat_of(arc.at(0.5)).lat_deg;
        assert!(top > 50.4 && top < 50.5);
        assert!(arc.meets(&line((-20.0, top - 1e-9), (20.0, top - 1e-9))));
        assert!(!arc.meets(&line((-20.0, top + 1e-9), (20.0, top + 1e-9))));
        assert!(!arc.meets(&line((11.0, 40.0), (11.0, 60.0))));
        assert!(arc.meets(&line((9.0, 40.0), (9.5, 60.0))));
        assert!(arc.meets(&line((-10.0, 50.0), (-20.0, 50.0))), "an end that touches");
        assert!(!arc.meets(&line((170.0, -55.0), (171.0, -45.0))), "the other side of the globe");
    }

    #[test]
    fn arcs_of_a_metre_keep_their_digits() {
        let metre = 1e-5;
        let arc = Arc::new(point(7.0, 50.0), point(7.0 + metre, 50.0));
        for (south, meets) in [(-1e-3, true), (-1e-5, true), (1e-5, false), (1e-3, false)] {
            let lat = 50.0 + south * metre;
            assert_eq!(arc.meets(&line((7.0 + 0.5 * metre, lat), (7.0 + 0.6 * metre, lat + metre))), meets, "{south}");
        }
    }
}
