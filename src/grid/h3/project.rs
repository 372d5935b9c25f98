//! Points to zones, the frequent path: the same steps as H3's own, with vectors where H3 has angles.
//!
//! A point lies on the face of the icosahedron whose centre is nearest. Its gnomonic projection there, in the face's
//! axes, is a point of the plane; the nearest hexagon of the level's lattice is the zone. From level to coarser level
//! the nearest hexagon of each next lattice is the parent, and the step between the two centres the digit. At level 0
//! the face and the hexagon say which base cell that is and how its own axes are turned against the face's. What is
//! rare, the zones of pentagonal base cells, is left to h3o. H3's algorithm is described at
//! <https://h3geo.org/docs/core-library/latLngToCellDesc>; a test compares both at a million points.

use std::sync::LazyLock;

use h3o::{LatLng, Resolution};

use super::rank::{first_rank, is_pentagon, zone_of_cell};
use super::sphere::unit_of;
use crate::grid::Zone;
use crate::grid::vector::{Vector, cross, dot};

/// Centres of the faces on the unit sphere (H3, `faceCenterPoint`).
const CENTRES: [Vector; 20] = [
    [0.2199307791404606, 0.6583691780274996, 0.7198475378926182],
    [-0.2139234834501421, 0.1478171829550703, 0.9656017935214205],
    [0.1092625278784797, -0.481195157287321, 0.8697775121287253],
    [0.7428567301586791, -0.3593941678278028, 0.5648005936517033],
    [0.8112534709140969, 0.3448953237639384, 0.472138773641393],
    [-0.1055498149613921, 0.9794457296411413, 0.1718874610009365],
    [-0.8075407579970092, 0.1533552485898818, 0.5695261994882688],
    [-0.2846148069787907, -0.8644080972654206, 0.4144792552473539],
    [0.7405621473854482, -0.6673299564565524, -0.0789837646326737],
    [0.8512303986474293, 0.4722343788582681, -0.2289137388687808],
    [-0.7405621473854481, 0.6673299564565524, 0.0789837646326737],
    [-0.8512303986474292, -0.4722343788582682, 0.2289137388687808],
    [0.1055498149613919, -0.9794457296411413, -0.1718874610009365],
    [0.8075407579970092, -0.1533552485898819, -0.5695261994882688],
    [0.2846148069787908, 0.8644080972654204, -0.4144792552473539],
    [-0.7428567301586791, 0.3593941678278027, -0.5648005936517033],
    [-0.811253470914097, -0.3448953237639382, -0.472138773641393],
    [-0.2199307791404607, -0.6583691780274996, -0.7198475378926182],
    [0.213923483450142, -0.1478171829550704, -0.9656017935214205],
    [-0.1092625278784796, 0.481195157287321, -0.8697775121287253],
];

/// Azimuths of the faces' first axes at even levels, in radians clockwise from north (H3, `faceAxesAzRadsCII`).
const AZIMUTHS_RAD: [f64; 20] = [
    5.6199582685239395,
    5.7603390817141875,
    0.78021365439343,
    0.4304693639799999,
    6.130269123335111,
    2.692877706530643,
    2.982963003477244,
    3.532912002790141,
    3.494305004259568,
    3.0032141694995382,
    5.930472956509812,
    0.13837848409025486,
    0.4487149470591504,
    0.15862965011254937,
    5.891865957979238,
    2.711123289609793,
    3.294508837434268,
    3.80481969224544,
    3.6644388790551923,
    2.361378999196363,
];

/// Distance between neighbouring centres of level 0 in the plane that touches the unit sphere at a face's centre.
const UNIT: f64 = 0.381_966_011_250_105;

/// What the axes of odd levels are turned by, counter-clockwise: asin(sqrt(3 / 28)).
const ODD_LEVEL_TURN_RAD: f64 = 0.333_473_172_251_832_1;

/// Axes of the faces' planes, in units of level 0.
struct Axes {
    even: [(Vector, Vector); 20],
    odd: [(Vector, Vector); 20],
}

static AXES: LazyLock<Axes> = LazyLock::new(|| {
    let turned = |turn_rad: f64| {
        std::array::from_fn(|face| {
            let centre = CENTRES[face];
            let level = (centre[0] * centre[0] + centre[1] * centre[1]).sqrt();
            let east = [-centre[1] / level, centre[0] / level, 0.0];
            let north = cross(centre, east);
            let (sin, cos) = (AZIMUTHS_RAD[face] - turn_rad).sin_cos();
            let combined = |a: f64, b: f64| std::array::from_fn(|k| (a * north[k] + b * east[k]) / UNIT);
            (combined(cos, sin), combined(sin, -cos))
        })
    };
    Axes { even: turned(0.0), odd: turned(ODD_LEVEL_TURN_RAD) }
});

/// sqrt(7)^level.
static SCALES: LazyLock<[f64; 16]> = LazyLock::new(|| {
    let whole = |level: usize| 7f64.powi(level as i32 / 2);
    std::array::from_fn(|level| if level % 2 == 1 { whole(level) * 7f64.sqrt() } else { whole(level) })
});

/// Marks a hexagon of level 0 in which no point of the face lies.
const NOWHERE: u8 = 255;

/// Base cell, and how many sixths of a turn its digits are ahead of the face's, by face and hexagon of level 0:
/// 25 face + 5 (i + 2) + (j + 2). H3's `faceIjkBaseCells` for the points that can occur; pentagons are turned by 0.
static HOMES: [[u8; 2]; 500] = include!("homes.in");

/// The digits after so many sixths of a turn, counter-clockwise: 1, 5, 4, 6, 2, 3.
const TURNED: [[u8; 7]; 6] = [
    [0, 1, 2, 3, 4, 5, 6],
    [0, 5, 3, 1, 6, 4, 2],
    [0, 4, 1, 5, 2, 6, 3],
    [0, 6, 5, 4, 3, 2, 1],
    [0, 2, 4, 6, 1, 3, 5],
    [0, 3, 6, 2, 5, 1, 4],
];

/// The digit of a step (i, j) between neighbours: 3 (i + 1) + (j + 1). H3 calls 1 to 6 K, J, JK, I, IK, IJ.
const DIGITS: [u8; 9] = [1, 3, 0, 5, 0, 2, 0, 4, 6];

/// The zone that holds a point.
#[inline]
pub(crate) fn zone_at(resolution: Resolution, point: LatLng) -> Zone {
    let level = u8::from(resolution);
    let mut digits = [0; 15];
    let (face, i, j) = trace(level, unit_of(point), &mut digits);
    let inside = (-2..=2).contains(&i) && (-2..=2).contains(&j);
    let [base, turns] = if inside { HOMES[(25 * face as i64 + 5 * (i + 2) + j + 2) as usize] } else { [NOWHERE; 2] };
    if base == NOWHERE || is_pentagon(u64::from(base)) {
        return zone_of_cell(point.to_cell(resolution));
    }
    let turned = TURNED[usize::from(turns % 6)];
    let digits = digits[..usize::from(level)].iter().fold(0, |n, &digit| 7 * n + u64::from(turned[usize::from(digit)]));
    Zone(first_rank(level, u64::from(base)) + digits)
}

/// The face of a point and the hexagon (i, j) of level 0 there; in `digits` the steps to the level, coarsest first, in
/// the face's axes.
#[inline]
fn trace(level: u8, point: Vector, digits: &mut [u8; 15]) -> (usize, i64, i64) {
    let mut face = 0;
    let mut height = f64::MIN;
    for (candidate, centre) in CENTRES.iter().enumerate() {
        let dot = dot(point, *centre);
        if dot > height {
            (face, height) = (candidate, dot);
        }
    }
    let axes = if level.is_multiple_of(2) { &AXES.even } else { &AXES.odd };
    let (right, up) = &axes[face];
    let scale = SCALES[usize::from(level)] / height;
    let (mut i, mut j) = nearest(dot(point, *right) * scale, dot(point, *up) * scale);
    for finer in (1..=level).rev() {
        let (from_i, from_j) = (i, j);
        if finer % 2 == 1 {
            (i, j) = (seventh(3 * i - j), seventh(i + 2 * j));
            digits[usize::from(finer) - 1] = digit(from_i - (2 * i + j), from_j - (3 * j - i));
        } else {
            (i, j) = (seventh(2 * i + j), seventh(3 * j - i));
            digits[usize::from(finer) - 1] = digit(from_i - (3 * i - j), from_j - (i + 2 * j));
        }
    }
    (face, i, j)
}

#[inline]
fn digit(i: i64, j: i64) -> u8 {
    DIGITS[(3 * (i + 1) + (j + 1)).clamp(0, 8) as usize]
}

/// n / 7 to the nearest integer.
#[inline]
fn seventh(n: i64) -> i64 {
    (2 * n + 7 + (14 << 32)) / 14 - (1 << 32)
}

/// The nearest point i (1, 0) + j (-1/2, sqrt(3)/2) of the hexagonal lattice.
#[inline]
fn nearest(x: f64, y: f64) -> (i64, i64) {
    // Three coordinates whose sum is 0: rounded each, the one that moved most is set by the others.
    let b = y * (2.0 / 3f64.sqrt());
    let a = x - 0.5 * b;
    let c = -a - b;
    let [whole_a, whole_b, whole_c] = [a, b, c].map(rounded);
    let [da, db, dc] = [whole_a - a, whole_b - b, whole_c - c].map(f64::abs);
    let (q, j) = if da > db && da > dc {
        (-whole_b - whole_c, whole_b)
    } else if db > dc {
        (whole_a, -whole_a - whole_c)
    } else {
        (whole_a, whole_b)
    };
    ((q + j) as i64, j as i64)
}

/// The nearest integer of a number below 2^51 in size; `f64::round` would be a call.
#[inline]
fn rounded(x: f64) -> f64 {
    const ROUNDER: f64 = 6_755_399_441_055_744.0;
    (x + ROUNDER) - ROUNDER
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Uniform on the sphere.
    fn points(count: usize) -> impl Iterator<Item = LatLng> {
        (0..count).map(move |k| {
            let z = 2.0 * (k as f64 + 0.5) / count as f64 - 1.0;
            LatLng::from_radians(z.asin(), (k as f64 * 2.399_963_229_728_653) % std::f64::consts::TAU).unwrap()
        })
    }

    #[test]
    fn homes_are_those_of_h3o() {
        let mut found = BTreeMap::new();
        for point in points(200_000) {
            let mut digits = [0; 15];
            let (face, i, j) = trace(1, unit_of(point), &mut digits);
            let cell = point.to_cell(Resolution::One);
            let own = ((u64::from(cell) >> 42) & 7) as u8;
            let base = u8::from(cell.base_cell());
            let key = (25 * face as i64 + 5 * (i + 2) + j + 2) as usize;
            let turns = (0..6).find(|&turns| TURNED[turns][usize::from(digits[0])] == own);
            if is_pentagon(u64::from(base)) {
                found.insert(key, [base, 0]);
            } else if let (true, Some(turns)) = (digits[0] != 0, turns) {
                assert_eq!(*found.entry(key).or_insert([base, turns as u8]), [base, turns as u8]);
            }
        }
        let table: Vec<_> = (0..500).map(|key| found.get(&key).copied().unwrap_or([NOWHERE; 2])).collect();
        assert_eq!(table, HOMES);
    }

    #[test]
    fn zones_at_the_edges_and_vertices_of_the_icosahedron_are_those_of_h3o() {
        let near = |a: Vector, b: Vector| dot(a, b) > 0.7 && a != b;
        let edges: Vec<_> =
            CENTRES.iter().flat_map(|a| CENTRES.iter().filter(|b| near(*a, **b)).map(move |b| (*a, *b))).collect();
        assert_eq!(edges.len(), 60);
        for (k, (a, b)) in edges.into_iter().enumerate() {
            let along = cross(a, b);
            for step in 0..2000 {
                // From the middle of the edge to beyond both vertices, at distances down to a centimetre.
                let part = (f64::from(step) / 1999.0 - 0.5) * 1.8;
                let off = 10f64.powi(-(step % 9) - 1) * if k % 2 == 0 { 1.0 } else { -1.0 };
                let v: Vector = std::array::from_fn(|c| a[c] + b[c] + part * along[c] * 1.5 + off * (a[c] - b[c]));
                let point = LatLng::from_radians(v[2].atan2(v[0].hypot(v[1])), v[1].atan2(v[0])).unwrap();
                for resolution in Resolution::range(Resolution::Zero, Resolution::Fifteen) {
                    let own = zone_of_cell(point.to_cell(resolution));
                    assert_eq!(zone_at(resolution, point), own, "{point} {resolution}");
                }
            }
        }
    }

    #[test]
    fn zones_are_those_of_h3o() {
        for resolution in Resolution::range(Resolution::Zero, Resolution::Fifteen) {
            for point in points(65_000) {
                assert_eq!(zone_at(resolution, point), zone_of_cell(point.to_cell(resolution)), "{point} {resolution}");
            }
        }
    }
}
