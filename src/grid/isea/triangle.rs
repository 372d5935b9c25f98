//! Triangles: ISEA4T. Each face is cut into 4^level triangles of the same shape on the plane.
//!
//! A zone's position has the column i and j' = 2 j + 1 for the triangle above the diagonal of the rhombus at (i, j), 2 j
//! for the one below. Zones are numbered by face (twice the quad's number less 1, plus 1 for its upper face), then as a
//! quadtree: of a triangle's four children, 0, 1 and 2 are at its corners (at the origin, at the corner off the diagonal,
//! at the far end of the diagonal) and 3 is the one between them, which points the other way.

use std::ops::Range;

use super::eisenstein::{ROOT_3, e};
use super::icosahedron::Place;
use super::quad::{Cell, coordinates, fold};
use super::quadtree;
use super::tiling::{Clip, Segment, Tiling, touch_tolerance};
use crate::grid::Zone;

/// ISEA4T.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Triangles;

/// The position on a quad's closed rhombus as a place; `scale` positions are its side.
pub(crate) fn place(quad: u8, i: i64, j: i64, scale: i64) -> Option<Place> {
    // Folding gives an edge's positions to one quad, so that all zones agree on them to the last bit.
    let (quad, i, j) = coordinates(fold(quad, e(i, j), scale)?, scale);
    Some(Place { quad, i, j })
}

/// The triangles, as zones of ISEA4T, around the corner (i, j) of a quad's rhombi: six, five at the icosahedron's
/// vertices.
pub(crate) fn triangles_around(quad: u8, i: i64, j: i64, side: i64) -> impl Iterator<Item = Cell> {
    // The middle of a triangle is at a third of the diagonal to the corner after the next.
    let middles = (0..6).filter_map(move |k| fold(quad, e(3 * i, 3 * j) + ROOT_3.turned(k), 3 * side));
    middles.map(triangle_of_middle)
}

/// The triangle whose middle is at a position in thirds.
pub(crate) fn triangle_of_middle(middle: Cell) -> Cell {
    let above = i64::from(middle.j % 3 > middle.i % 3);
    Cell { quad: middle.quad, i: middle.i / 3, j: 2 * (middle.j / 3) + above }
}

/// The corners of a triangle, counter-clockwise.
fn corners(cell: Cell) -> [(i64, i64); 3] {
    let (i, j) = (cell.i, cell.j >> 1);
    if cell.j & 1 == 1 { [(i, j), (i + 1, j + 1), (i, j + 1)] } else { [(i, j), (i + 1, j), (i + 1, j + 1)] }
}

/// The parent's position, and the digit that leads from there.
fn up(cell: Cell) -> (Cell, u64) {
    let (i, j, above) = (cell.i, cell.j >> 1, cell.j & 1);
    let (parent_above, digit) = match (i & 1, j & 1) {
        (0, 0) => (above, 0),
        (1, 1) => (above, 2),
        (odd_i, _) => {
            let parent_above = 1 - odd_i;
            (parent_above, if above == parent_above { 1 } else { 3 })
        }
    };
    (Cell { quad: cell.quad, i: i >> 1, j: (j >> 1 << 1) + parent_above }, digit)
}

/// The child at a digit; the inverse of [`up`].
fn down(cell: Cell, digit: u64) -> Cell {
    let (i, j, above) = (cell.i, cell.j >> 1, cell.j & 1);
    let (bit_i, bit_j, child_above) = match digit {
        0 => (0, 0, above),
        2 => (1, 1, above),
        1 => (1 - above, above, above),
        _ => (1 - above, above, 1 - above),
    };
    Cell { quad: cell.quad, i: 2 * i + bit_i, j: 2 * (2 * j + bit_j) + child_above }
}

/// The zone of a place.
#[inline(always)]
fn cell_at(place: &Place, side: i64) -> Cell {
    let scale = side as f64;
    let part = |coordinate: f64| {
        // A cast of what rounding left below 0 gives 0.
        let whole = ((coordinate * scale) as u64 as i64).min(side - 1);
        (whole, coordinate * scale - whole as f64)
    };
    let ((i, over_i), (j, over_j)) = (part(place.i), part(place.j));
    Cell { quad: place.quad, i, j: 2 * j + i64::from(over_j > over_i) }
}

impl Tiling for Triangles {
    const CONGRUENT: bool = true;
    const MAX_NEIGHBOURS: usize = 12;
    const MAX_CHILDREN: usize = 4;
    const MAX_VERTICES: usize = 3;

    fn max_level(&self) -> u8 {
        29
    }

    fn side(&self, level: u8) -> i64 {
        1 << level
    }

    fn zone_count(&self, level: u8) -> u64 {
        20 << (2 * level)
    }

    fn zones_at(&self, level: u8, places: &[Place], zones: &mut [Zone]) {
        for (place, zone) in places.iter().zip(zones) {
            *zone = Zone(self.number(level, cell_at(place, 1 << level)));
        }
    }

    fn contains(&self, level: u8, cell: Cell) -> bool {
        let side = self.side(level);
        (1..=10).contains(&cell.quad) && (0..side).contains(&cell.i) && (0..2 * side).contains(&cell.j)
    }

    fn number(&self, level: u8, mut cell: Cell) -> u64 {
        let mut within = 0;
        for digit_at in 0..level {
            let (parent, digit) = up(cell);
            within |= digit << (2 * digit_at);
            cell = parent;
        }
        (2 * u64::from(cell.quad - 1) + cell.j as u64) << (2 * level) | within
    }

    fn cell(&self, level: u8, number: u64) -> Cell {
        let face = number >> (2 * level);
        let face = Cell { quad: (face / 2 + 1) as u8, i: 0, j: (face % 2) as i64 };
        (0..level).rev().fold(face, |cell, digit_at| down(cell, number >> (2 * digit_at) & 3))
    }

    fn descendants(&self, level: u8, number: u64, sub_level: u8) -> Range<u64> {
        quadtree::descendants(level, number, sub_level)
    }

    fn sequence(&self, level: u8, cell: Cell) -> u64 {
        let side = 1 << level;
        2 * u64::from(cell.quad - 1) * side * side + 2 * side * cell.i as u64 + cell.j as u64
    }

    fn of_sequence(&self, level: u8, sequence: u64) -> Cell {
        let side = 1u64 << level;
        let (quad, within) = (sequence / (2 * side * side) + 1, sequence % (2 * side * side));
        Cell { quad: quad as u8, i: (within / (2 * side)) as i64, j: (within % (2 * side)) as i64 }
    }

    fn centre(&self, level: u8, cell: Cell) -> Place {
        let scale = 3.0 * self.side(level) as f64;
        let above = cell.j & 1;
        let (i, j) = (3 * cell.i + 2 - above, 3 * (cell.j >> 1) + 1 + above);
        Place { quad: cell.quad, i: i as f64 / scale, j: j as f64 / scale }
    }

    fn ring(&self, level: u8, cell: Cell, segments: i64) -> Vec<Place> {
        polygon(cell.quad, &corners(cell), self.side(level), segments)
    }

    fn share(&self, level: u8, _cell: Cell) -> f64 {
        1.0 / self.zone_count(level) as f64
    }

    fn parents(&self, level: u8, number: u64) -> Vec<u64> {
        quadtree::parents(level, number)
    }

    fn children(&self, level: u8, number: u64) -> Vec<u64> {
        quadtree::children(level, number, self.max_level())
    }

    fn neighbours(&self, level: u8, number: u64) -> Vec<u64> {
        let cell = self.cell(level, number);
        let side = self.side(level);
        let around = corners(cell).into_iter().flat_map(|(i, j)| triangles_around(cell.quad, i, j, side));
        around.map(|other| self.number(level, other)).filter(|other| *other != number).collect()
    }

    fn cross(&self, level: u8, segment: Segment, mark: &mut dyn FnMut(u64, bool)) {
        crossed_triangles(self.side(level), segment, &mut |cell, enters| mark(self.number(level, cell), enters));
    }
}

/// A polygon's boundary with each edge in `segments` parts; corners are in positions of a quad.
pub(crate) fn polygon(quad: u8, corners: &[(i64, i64)], side: i64, segments: i64) -> Vec<Place> {
    let edges = corners.iter().zip(corners.iter().cycle().skip(1));
    let points = edges.flat_map(|(a, b)| {
        let along = move |a: i64, b: i64, part: i64| a * (segments - part) + b * part;
        (0..segments).map(move |part| (along(a.0, b.0, part), along(a.1, b.1, part)))
    });
    points.filter_map(|(i, j)| place(quad, i, j, side * segments)).collect()
}

/// Calls `mark` with the triangles that a segment touches, also those over the quad's edges, and whether it goes
/// through their inside.
pub(crate) fn crossed_triangles(side: i64, segment: Segment, mark: &mut dyn FnMut(Cell, bool)) {
    let scale = side as f64;
    let tolerance = touch_tolerance(side);
    let scaled = |(i, j): (f64, f64)| (i * scale, j * scale);
    let (from, to) = (scaled(segment.from), scaled(segment.to));
    let (low, high) =
        (|a: f64, b: f64| (a.min(b) - 0.5).floor() as i64, |a: f64, b: f64| (a.max(b) + 0.5).floor() as i64);
    for i in low(from.0, to.0)..=high(from.0, to.0) {
        for j in low(from.1, to.1)..=high(from.1, to.1) {
            for above in [0, 1] {
                // Below: 0 <= j <= i <= 1; above: 0 <= i <= j <= 1.
                let forms = |(x, y): (f64, f64)| {
                    let (x, y) = (x - i as f64, y - j as f64);
                    if above == 1 { [x, y - x, 1.0 - y] } else { [y, x - y, 1.0 - x] }
                };
                let (from, to) = (forms(from), forms(to));
                let clip = |margin: f64| {
                    (0..3).fold(Clip::whole(), |clip, form| clip.between(from[form], to[form], margin, f64::INFINITY))
                };
                if clip(-tolerance).is_left() {
                    let middle = e(3 * i + 2 - above, 3 * j + 1 + above);
                    if let Some(middle) = fold(segment.quad, middle, 3 * side) {
                        mark(triangle_of_middle(middle), clip(tolerance).is_left());
                    }
                }
            }
        }
    }
}
