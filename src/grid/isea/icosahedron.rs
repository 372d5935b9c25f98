//! The icosahedron: between unit vectors of its own frame and positions on the ten quads of [`super::quad`].
//!
//! In its own frame the vertices are (0, ±1, ±phi) and their cyclic turns (phi the golden ratio), so that the signs of a
//! point's components and four sums of their sizes say which of the twenty faces holds it.

use std::sync::LazyLock;

use super::eisenstein::e;
use super::quad::corner_vertex;
use super::snyder;
use crate::grid::vector::{Vector, cross, dot};

/// The golden ratio.
const PHI: f64 = 1.618_033_988_749_895;
const INVERSE_PHI: f64 = PHI - 1.0;
const SQRT_3_2: f64 = 0.866_025_403_784_438_6;

/// Vertices 0 to 11, of length sqrt(phi + 2); 1 to 5 counter-clockwise around 0 seen from outside.
const VERTICES: [Vector; 12] = [
    [0.0, 1.0, PHI],
    [0.0, -1.0, PHI],
    [PHI, 0.0, 1.0],
    [1.0, PHI, 0.0],
    [-1.0, PHI, 0.0],
    [-PHI, 0.0, 1.0],
    [1.0, -PHI, 0.0],
    [PHI, 0.0, -1.0],
    [0.0, 1.0, -PHI],
    [-PHI, 0.0, -1.0],
    [-1.0, -PHI, 0.0],
    [0.0, -1.0, -PHI],
];

/// The unit vector of a vertex.
pub(crate) fn vertex(number: usize) -> Vector {
    normalised(VERTICES[number])
}

/// A position on a quad, in units of its side.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Place {
    /// 1 to 10.
    pub(crate) quad: u8,
    /// In [0, 1] but for rounding.
    pub(crate) i: f64,
    /// In [0, 1] but for rounding; above `i` on the quad's upper face.
    pub(crate) j: f64,
}

/// A third of a face: its frame on the sphere, and what its plane's axes are on the quad.
#[derive(Clone, Copy, Debug)]
struct Sector {
    to_edge: Vector,
    along: Vector,
    centre: Vector,
    /// (i, j) of a step from the face's centre to the edge's middle, and from there to the edge's end.
    to_edge_ij: (f64, f64),
    along_ij: (f64, f64),
}

/// The face of `quad` below (0) or above (1) its diagonal.
const fn face_of(quad: u8, upper: bool) -> usize {
    2 * (quad as usize - 1) + upper as usize
}

struct Tables {
    /// By face and sector.
    sectors: [[Sector; 3]; 20],
    /// The face by the kind of its centre and the signs of a point in it, see [`face_at`].
    faces: [u8; 32],
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let sectors: [[Sector; 3]; 20] = std::array::from_fn(|face| {
        let quad = (face / 2 + 1) as u8;
        // Counter-clockwise.
        let corners = if face % 2 == 1 { [e(0, 0), e(1, 1), e(0, 1)] } else { [e(0, 0), e(1, 0), e(1, 1)] };
        let vertices = corners.map(|corner| VERTICES[usize::from(corner_vertex(quad, corner).unwrap_or(0))]);
        let centre = normalised(std::array::from_fn(|c| vertices.iter().map(|v| v[c]).sum()));
        let middle_ij = |k: usize| {
            let (a, b) = (corners[k], corners[(k + 1) % 3]);
            ((a.i + b.i) as f64 / 2.0, (a.j + b.j) as f64 / 2.0)
        };
        let sum = corners[0] + corners[1] + corners[2];
        let first: Vector = std::array::from_fn(|c| vertices[0][c] + vertices[1][c]);
        let height = dot(first, centre);
        let first = normalised(std::array::from_fn(|c| first[c] - height * centre[c]));
        let second = cross(centre, first);
        std::array::from_fn(|k| {
            let (cos, sin) = [(1.0, 0.0), (-0.5, SQRT_3_2), (-0.5, -SQRT_3_2)][k];
            let end = corners[(k + 1) % 3];
            let middle = middle_ij(k);
            Sector {
                to_edge: std::array::from_fn(|c| cos * first[c] + sin * second[c]),
                along: std::array::from_fn(|c| cos * second[c] - sin * first[c]),
                centre,
                to_edge_ij: (middle.0 - sum.i as f64 / 3.0, middle.1 - sum.j as f64 / 3.0),
                along_ij: (end.i as f64 - middle.0, end.j as f64 - middle.1),
            }
        })
    });
    let mut faces = [0; 32];
    for signs in 0..8usize {
        let sign = |bit: usize| if signs >> bit & 1 == 1 { -1.0 } else { 1.0 };
        let kinds = [[1.0, 1.0, 1.0], [INVERSE_PHI, 0.0, PHI], [PHI, INVERSE_PHI, 0.0], [0.0, PHI, INVERSE_PHI]];
        for (kind, centre) in kinds.iter().enumerate() {
            let centre: Vector = std::array::from_fn(|c| centre[c] * sign(c));
            let nearness = |face: usize| dot(sectors[face][0].centre, centre);
            let best = (0..20).max_by(|a, b| nearness(*a).total_cmp(&nearness(*b)));
            faces[8 * kind + signs] = best.unwrap_or(0) as u8;
        }
    }
    Tables { sectors, faces }
});

/// The face whose centre is nearest: by size of components one of four kinds of centre, by signs one of its kind.
#[inline(always)]
fn face_at(faces: &[u8; 32], p: Vector) -> usize {
    let [a, b, c] = p.map(f64::abs);
    let sums = [a + b + c, INVERSE_PHI * a + PHI * c, PHI * a + INVERSE_PHI * b, PHI * b + INVERSE_PHI * c];
    let (low, low_sum) = if sums[1] > sums[0] { (1, sums[1]) } else { (0, sums[0]) };
    let (high, high_sum) = if sums[3] > sums[2] { (3, sums[3]) } else { (2, sums[2]) };
    let kind = if high_sum > low_sum { high } else { low };
    let signs = usize::from(p[0] < 0.0) | usize::from(p[1] < 0.0) << 1 | usize::from(p[2] < 0.0) << 2;
    usize::from(faces[8 * kind + signs])
}

/// Positions of unit vectors. Both slices have the same length.
pub(crate) fn places(points: &[Vector], places: &mut [Place]) {
    let tables = &*TABLES;
    for (p, place) in points.iter().zip(places) {
        let face = face_at(&tables.faces, *p);
        let sectors = &tables.sectors[face];
        let z = dot(sectors[0].centre, *p);
        let (x, y) = (dot(sectors[0].to_edge, *p), dot(sectors[0].along, *p));
        // The components towards the three edges sum to 0; the largest names the sector.
        let (second, third) = (-0.5 * x + SQRT_3_2 * y, -0.5 * x - SQRT_3_2 * y);
        let (sector, x, y) = if x >= second && x >= third {
            (&sectors[0], x, y)
        } else if second >= third {
            (&sectors[1], second, -SQRT_3_2 * x - 0.5 * y)
        } else {
            (&sectors[2], third, SQRT_3_2 * x - 0.5 * y)
        };
        let (t, st) = snyder::forward(x, y, z);
        let upper = face % 2;
        let (i, j) = ((2 - upper) as f64 / 3.0, (1 + upper) as f64 / 3.0);
        *place = Place {
            quad: (face / 2 + 1) as u8,
            i: i + t * sector.to_edge_ij.0 + st * sector.along_ij.0,
            j: j + t * sector.to_edge_ij.1 + st * sector.along_ij.1,
        };
    }
}

/// The unit vector of a position; the inverse of [`places`].
pub(crate) fn point(place: Place) -> Vector {
    let upper = place.j > place.i;
    let face = face_of(place.quad.clamp(1, 10), upper);
    let third = |near: bool| if near { 2.0 / 3.0 } else { 1.0 / 3.0 };
    let (di, dj) = (place.i - third(!upper), place.j - third(upper));
    // Steps to an edge and along it are orthogonal where the axes are 120 degrees apart: (i, j) has the squared length
    // i^2 - ij + j^2, a face's centre is sqrt(1/12) from its edges, and half an edge is 1/2.
    let product = |(i, j): (f64, f64)| di * i + dj * j - 0.5 * (di * j + dj * i);
    let sectors = &TABLES.sectors[face];
    let mut best = (f64::NEG_INFINITY, &sectors[0]);
    for sector in sectors {
        let t = 12.0 * product(sector.to_edge_ij);
        if t > best.0 {
            best = (t, sector);
        }
    }
    let (t, sector) = best;
    let (x, y, z) = snyder::inverse(t, 4.0 * product(sector.along_ij));
    std::array::from_fn(|c| x * sector.to_edge[c] + y * sector.along[c] + z * sector.centre[c])
}

pub(crate) fn normalised(a: Vector) -> Vector {
    let length = dot(a, a).sqrt();
    a.map(|c| c / length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place_of(p: Vector) -> Place {
        let mut found = [Place::default()];
        places(&[p], &mut found);
        found[0]
    }

    #[test]
    fn places_and_points_are_inverse_on_every_face() {
        for quad in 1..=10 {
            for step in 0..40 * 40 {
                let place =
                    Place { quad, i: f64::from(step / 40) / 39.7 + 1e-3, j: f64::from(step % 40) / 39.7 + 2e-3 };
                let p = point(place);
                assert!((dot(p, p) - 1.0).abs() < 2e-15);
                let back = place_of(p);
                assert!(back.quad == quad, "{place:?} {back:?}");
                assert!((back.i - place.i).abs() < 2e-15 && (back.j - place.j).abs() < 2e-15, "{place:?} {back:?}");
            }
        }
    }

    #[test]
    fn corners_of_quads_are_vertices() {
        for quad in 1..=10u8 {
            for (i, j) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                let expected = vertex(usize::from(corner_vertex(quad, e(i, j)).unwrap()));
                let p = point(Place { quad, i: i as f64, j: j as f64 });
                assert!((0..3).all(|c| (p[c] - expected[c]).abs() < 1e-15), "{quad} {i} {j}");
            }
        }
    }

    #[test]
    fn faces_meet_along_their_edges() {
        for step in 1..50 {
            let s = f64::from(step) / 50.0;
            // Over the diagonal, and from quad 1 to its neighbours at i = 1 and j = 1.
            let pairs = [
                ((1, s, s), (1, s, s + 1e-15)),
                ((1, 1.0, s), (6, 0.0, s)),
                ((1, s, 1.0), (2, 0.0, 1.0 - s)),
                ((6, 1.0, s), (7, 1.0 - s, 0.0)),
                ((6, s, 1.0), (2, s, 0.0)),
            ];
            for (a, b) in pairs {
                let [p, q] = [a, b].map(|(quad, i, j)| point(Place { quad, i, j }));
                assert!((0..3).all(|c| (p[c] - q[c]).abs() < 4e-15), "{a:?} {b:?}: {p:?} {q:?}");
            }
        }
    }
}
