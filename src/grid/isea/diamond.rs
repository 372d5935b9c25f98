//! Diamonds: ISEA4D. Each quad is cut into 2^level x 2^level rhombi; Morton order within the quads numbers them.

use std::ops::Range;

use super::icosahedron::Place;
use super::morton;
use super::quad::Cell;
use super::quadtree;
use super::tiling::{Clip, Segment, Tiling, touch_tolerance};
use super::triangle::{crossed_triangles, polygon, triangles_around};
use crate::grid::Zone;

/// ISEA4D.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Diamonds;

impl Tiling for Diamonds {
    const CONGRUENT: bool = true;
    const MAX_NEIGHBOURS: usize = 9;
    const MAX_CHILDREN: usize = 4;
    const MAX_VERTICES: usize = 4;

    fn max_level(&self) -> u8 {
        30
    }

    fn side(&self, level: u8) -> i64 {
        1 << level
    }

    fn zone_count(&self, level: u8) -> u64 {
        10 << (2 * level)
    }

    fn zones_at(&self, level: u8, places: &[Place], zones: &mut [Zone]) {
        let side = 1u64 << level;
        let scale = side as f64;
        // A cast of what rounding left below 0 gives 0.
        let part = |coordinate: f64| ((coordinate * scale) as u64).min(side - 1);
        for (place, zone) in places.iter().zip(zones) {
            *zone = Zone(u64::from(place.quad - 1) << (2 * level) | morton::join(part(place.i), part(place.j)));
        }
    }

    fn contains(&self, level: u8, cell: Cell) -> bool {
        let side = self.side(level);
        (1..=10).contains(&cell.quad) && (0..side).contains(&cell.i) && (0..side).contains(&cell.j)
    }

    fn number(&self, level: u8, cell: Cell) -> u64 {
        u64::from(cell.quad - 1) << (2 * level) | morton::join(cell.i as u64, cell.j as u64)
    }

    fn cell(&self, level: u8, number: u64) -> Cell {
        let (i, j) = morton::part(number & ((1 << (2 * level)) - 1));
        Cell { quad: (number >> (2 * level)) as u8 + 1, i: i as i64, j: j as i64 }
    }

    fn descendants(&self, level: u8, number: u64, sub_level: u8) -> Range<u64> {
        quadtree::descendants(level, number, sub_level)
    }

    fn sequence(&self, level: u8, cell: Cell) -> u64 {
        (u64::from(cell.quad - 1) << (2 * level)) + ((cell.i << level) + cell.j) as u64
    }

    fn of_sequence(&self, level: u8, sequence: u64) -> Cell {
        let low = |x: u64| (x & ((1 << level) - 1)) as i64;
        Cell { quad: (sequence >> (2 * level)) as u8 + 1, i: low(sequence >> level), j: low(sequence) }
    }

    fn centre(&self, level: u8, cell: Cell) -> Place {
        let scale = self.side(level) as f64;
        Place { quad: cell.quad, i: (cell.i as f64 + 0.5) / scale, j: (cell.j as f64 + 0.5) / scale }
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
        around.map(|triangle| self.number(level, of_triangle(triangle))).filter(|other| *other != number).collect()
    }

    fn cross(&self, level: u8, segment: Segment, mark: &mut dyn FnMut(u64, bool)) {
        let side = self.side(level);
        let scale = side as f64;
        let tolerance = touch_tolerance(side);
        crossed_triangles(side, segment, &mut |triangle, enters| {
            let cell = of_triangle(triangle);
            // A line along the diagonal enters the diamond, though neither of its triangles.
            let enters = enters
                || cell.quad == segment.quad && {
                    let limits = |clip: Clip, from: f64, to: f64, at: i64| {
                        let at = at as f64;
                        clip.between(from * scale - at, to * scale - at, tolerance, 1.0 - tolerance)
                    };
                    let clip = limits(Clip::whole(), segment.from.0, segment.to.0, cell.i);
                    limits(clip, segment.from.1, segment.to.1, cell.j).is_left()
                };
            mark(self.number(level, cell), enters);
        });
    }
}

/// Counter-clockwise.
fn corners(Cell { i, j, .. }: Cell) -> [(i64, i64); 4] {
    [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)]
}

/// The diamond that holds a triangle of ISEA4T.
fn of_triangle(triangle: Cell) -> Cell {
    Cell { j: triangle.j >> 1, ..triangle }
}
