//! Hexagons: ISEA3H, ISEA4H, ISEA7H.
//!
//! The centres of the zones of a level are a triangular lattice on the quads. ISEA4H, and ISEA3H and ISEA7H at even
//! levels, have all positions of quads whose side is the square root of the number of zones of a quad. At odd levels
//! ISEA3H and ISEA7H have every third or seventh position of the next even level's quads: multiples of a number of norm
//! 3 or 7 ([`ROOT_3`], [`ROOT_7`]), that is (i + j) mod 3 = 0 or (2i + j) mod 7 = 0. The twelve zones at the
//! icosahedron's vertices are pentagons.
//!
//! Children are the zone at the centre and the six (five) around it; in ISEA7H also the six (five) beyond, which lie in
//! two zones. Those on a vertex (ISEA3H), on an edge (ISEA4H) or over an edge (ISEA7H) have three, two or two parents.
//! The first parent is, of those that hold the centre, the one of the tree in which zones are numbered:
//!
//! - ISEA7H: Z7 ([`super::z7`]), each zone within the one that holds its centre;
//! - ISEA3H: Z3 ([`super::z3`]) within the quads;
//! - ISEA4H: Morton order within the quads: the parent is at (i / 2, j / 2).
//!
//! ISEA3H and ISEA4H have the zone of vertex 0 before and that of vertex 11 after the quads.

use std::ops::Range;

use super::eisenstein::{Eisenstein, ROOT_3, ROOT_7, UNITS, e, nearest};
use super::icosahedron::Place;
use super::quad::{BOTTOM, Cell, TOP, coordinates, fold, spokes};
use super::tiling::{Clip, Segment, Tiling, touch_tolerance};
use super::{morton, z3, z7};
use crate::grid::Zone;

/// Hexagons of refinement ratio `RATIO`: 3, 4 or 7.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hexagons<const RATIO: u64>;

/// The centres of one level.
#[derive(Clone, Copy, Debug)]
struct Lattice {
    /// Of a quad.
    side: i64,
    /// Centres are its multiples.
    root: Eisenstein,
    /// Of `root`.
    norm: i64,
}

impl Lattice {
    /// A position as a multiple of `root`: by its conjugate (i - j) - j w.
    #[inline(always)]
    fn coordinates(self, (x, y): (f64, f64)) -> (f64, f64) {
        if self.norm == 1 {
            return (x, y);
        }
        let (a, b) = ((self.root.i - self.root.j) as f64, -self.root.j as f64);
        let norm = self.norm as f64;
        ((a * x - b * y) / norm, (a * y + b * x - b * y) / norm)
    }
}

impl<const RATIO: u64> Hexagons<RATIO> {
    fn lattice(level: u8) -> Lattice {
        let (side, root) = match RATIO {
            4 => (1 << level, e(1, 0)),
            _ => {
                let odd = if RATIO == 3 { ROOT_3 } else { ROOT_7 };
                let side = (RATIO as i64).pow(u32::from(level).div_ceil(2));
                (side, if level % 2 == 1 { odd } else { e(1, 0) })
            }
        };
        Lattice { side, root, norm: if root == e(1, 0) { 1 } else { RATIO as i64 } }
    }

    /// Zones of one quad.
    fn per_quad(level: u8) -> u64 {
        RATIO.pow(level.into())
    }

    /// What lies at `offset` and its turns around a zone. `offset` is at 0 to 60 degrees.
    fn around(cell: Cell, offset: Eisenstein, side: i64) -> Vec<Cell> {
        match cell.vertex() {
            Some(vertex) => spokes(vertex).into_iter().filter_map(|spoke| spoke.fold(offset, side)).collect(),
            None => (0..6).filter_map(|k| fold(cell.quad, cell.z() + offset.turned(k), side)).collect(),
        }
    }

    /// The child at a zone's centre.
    fn central_child(level: u8, cell: Cell) -> Cell {
        let factor = Self::lattice(level + 1).side / Self::lattice(level).side;
        Cell { quad: cell.quad, i: cell.i * factor, j: cell.j * factor }
    }

    /// The parent whose central child is at `z`, as seen from a quad, if there is one.
    fn parent_with_centre(level: u8, quad: u8, z: Eisenstein) -> Option<Cell> {
        let own = Self::lattice(level);
        let factor = own.side / Self::lattice(level - 1).side;
        let is_centre = match RATIO {
            3 if factor == 1 => (z.i + z.j) % 3 == 0,
            7 if factor == 1 => (2 * z.i + z.j) % 7 == 0,
            _ => z.i % factor == 0 && z.j % factor == 0,
        };
        let cell = is_centre.then(|| fold(quad, z, own.side)).flatten()?;
        Some(Cell { quad: cell.quad, i: cell.i / factor, j: cell.j / factor })
    }
}

impl<const RATIO: u64> Tiling for Hexagons<RATIO> {
    const MAX_NEIGHBOURS: usize = 6;
    const MAX_CHILDREN: usize = if RATIO == 7 { 13 } else { 7 };
    const MAX_VERTICES: usize = 6;

    fn max_level(&self) -> u8 {
        match RATIO {
            3 => 38,
            4 => 30,
            _ => 21,
        }
    }

    fn side(&self, level: u8) -> i64 {
        Self::lattice(level).side
    }

    fn zone_count(&self, level: u8) -> u64 {
        10 * Self::per_quad(level) + 2
    }

    fn zones_at(&self, level: u8, places: &[Place], zones: &mut [Zone]) {
        let lattice = Self::lattice(level);
        let side = lattice.side as f64;
        for (place, zone) in places.iter().zip(zones) {
            let (x, y) = lattice.coordinates((place.i * side, place.j * side));
            let z = nearest(x, y);
            let z = if lattice.norm == 1 { z } else { lattice.root * z };
            // What holds a place of a quad is never in a missing sector; a vertex stands in.
            let cell = fold(place.quad, z, lattice.side).unwrap_or(Cell::of_vertex(place.quad));
            *zone = Zone(self.number(level, cell));
        }
    }

    fn contains(&self, level: u8, cell: Cell) -> bool {
        let Lattice { side, norm, .. } = Self::lattice(level);
        let on_lattice = match (RATIO, norm) {
            (_, 1) => true,
            (3, _) => (cell.i + cell.j) % 3 == 0,
            _ => (2 * cell.i + cell.j) % 7 == 0,
        };
        match cell.quad {
            TOP | BOTTOM => cell.vertex().is_some(),
            1..=10 => (0..side).contains(&cell.i) && (0..side).contains(&cell.j) && on_lattice,
            _ => false,
        }
    }

    fn number(&self, level: u8, cell: Cell) -> u64 {
        if RATIO == 7 {
            return z7::address(level, cell).map_or(0, |address| z7::number(level, address));
        }
        match cell.quad {
            TOP => 0,
            BOTTOM => 10 * Self::per_quad(level) + 1,
            quad => {
                let within =
                    if RATIO == 3 { z3::number(level, cell.z()) } else { morton::join(cell.i as u64, cell.j as u64) };
                1 + u64::from(quad - 1) * Self::per_quad(level) + within
            }
        }
    }

    fn cell(&self, level: u8, number: u64) -> Cell {
        if RATIO == 7 {
            let address = z7::of_number(level, number);
            return z7::cell(level, address, self.side(level)).unwrap_or(Cell::of_vertex(address.base));
        }
        let per_quad = Self::per_quad(level);
        if number == 0 {
            return Cell::of_vertex(TOP);
        } else if number > 10 * per_quad {
            return Cell::of_vertex(BOTTOM);
        }
        let (quad, within) = (((number - 1) / per_quad + 1) as u8, (number - 1) % per_quad);
        let z = if RATIO == 3 {
            z3::position(level, within)
        } else {
            let (i, j) = morton::part(within);
            e(i as i64, j as i64)
        };
        Cell { quad, i: z.i, j: z.j }
    }

    fn descendants(&self, level: u8, number: u64, sub_level: u8) -> Range<u64> {
        let deeper = sub_level - level;
        let scale = RATIO.pow(deeper.into());
        if RATIO == 7 {
            let address = z7::of_number(level, number);
            let first = z7::number(sub_level, z7::Address { base: address.base, digits: address.digits * scale });
            return first..first + if address.digits == 0 { z7::per_base(deeper) } else { scale };
        }
        if number == 0 {
            0..1
        } else if number > 10 * Self::per_quad(level) {
            let last = 10 * Self::per_quad(sub_level) + 1;
            last..last + 1
        } else {
            let first = 1 + (number - 1) * scale;
            first..first + scale
        }
    }

    fn sequence(&self, level: u8, cell: Cell) -> u64 {
        let Lattice { side, norm, .. } = Self::lattice(level);
        match cell.quad {
            TOP => 0,
            BOTTOM => 10 * Self::per_quad(level) + 1,
            quad => 1 + u64::from(quad - 1) * Self::per_quad(level) + (cell.i * (side / norm) + cell.j / norm) as u64,
        }
    }

    fn of_sequence(&self, level: u8, sequence: u64) -> Cell {
        let Lattice { side, norm, .. } = Self::lattice(level);
        let per_quad = Self::per_quad(level);
        if sequence == 0 {
            return Cell::of_vertex(TOP);
        } else if sequence > 10 * per_quad {
            return Cell::of_vertex(BOTTOM);
        }
        let (quad, within) = (((sequence - 1) / per_quad + 1) as u8, ((sequence - 1) % per_quad) as i64);
        let (i, row) = (within / (side / norm), within % (side / norm));
        let offset = match norm {
            1 => 0,
            3 => (-i).rem_euclid(3),
            _ => (-2 * i).rem_euclid(7),
        };
        Cell { quad, i, j: row * norm + offset }
    }

    fn centre(&self, level: u8, cell: Cell) -> Place {
        let (quad, i, j) = coordinates(cell, self.side(level));
        Place { quad, i, j }
    }

    fn ring(&self, level: u8, cell: Cell, segments: i64) -> Vec<Place> {
        let Lattice { side, root, .. } = Self::lattice(level);
        // In thirds of `segments` parts of a position, the vertices and the parts of edges are integers.
        let scale = 3 * segments;
        let (first, second) = (root * ROOT_3, (root * ROOT_3).turned(1));
        let edge = |part: i64| first * (segments - part) + second * part;
        let mut ring = Vec::with_capacity(6 * segments as usize);
        let mut push = |cell: Option<Cell>| {
            ring.extend(cell.map(|cell| {
                let (quad, i, j) = coordinates(cell, side * scale);
                Place { quad, i, j }
            }));
        };
        if let Some(vertex) = cell.vertex() {
            let spokes = spokes(vertex);
            for k in 0..5 {
                for part in 0..segments {
                    let offset = edge(part);
                    // Left of the next spoke when the angle is above 60 degrees.
                    let (spoke, offset) = if offset.j > offset.i { (k + 1, offset.turned(5)) } else { (k, offset) };
                    push(spokes[spoke % 5].fold(offset, side * scale));
                }
            }
        } else {
            for k in 0..6 {
                for part in 0..segments {
                    push(fold(cell.quad, cell.z() * scale + edge(part).turned(k), side * scale));
                }
            }
        }
        ring
    }

    fn share(&self, level: u8, cell: Cell) -> f64 {
        let hexagon = 0.1 / Self::per_quad(level) as f64;
        if cell.vertex().is_some() { hexagon * 5.0 / 6.0 } else { hexagon }
    }

    fn parents(&self, level: u8, number: u64) -> Vec<u64> {
        if level == 0 {
            return vec![];
        }
        let cell = self.cell(level, number);
        if let Some(vertex) = cell.vertex() {
            return vec![self.number(level - 1, Cell::of_vertex(vertex))];
        }
        let root = Self::lattice(level).root;
        let ring = |offset: Eisenstein| UNITS.map(|unit| offset * unit);
        let mut places = vec![e(0, 0)];
        places.extend(ring(root));
        if RATIO == 7 {
            places.extend(ring(root * ROOT_3));
        }
        let found = places.into_iter().filter_map(|place| Self::parent_with_centre(level, cell.quad, cell.z() + place));
        let mut parents: Vec<u64> = found.map(|parent| self.number(level - 1, parent)).collect();
        parents.dedup();
        // In ISEA7H the one that holds the centre was found first.
        if RATIO != 7 {
            let first = (number - 1) / RATIO + 1;
            parents.sort_unstable_by_key(|parent| (*parent != first, *parent));
        }
        parents
    }

    fn children(&self, level: u8, number: u64) -> Vec<u64> {
        if level >= self.max_level() {
            return vec![];
        }
        let centre = Self::central_child(level, self.cell(level, number));
        let Lattice { side, root, .. } = Self::lattice(level + 1);
        let mut cells = vec![centre];
        cells.extend(Self::around(centre, root, side));
        if RATIO == 7 {
            cells.extend(Self::around(centre, root * ROOT_3, side));
        }
        let own = self.descendants(level, number, level + 1);
        let mut children: Vec<u64> = cells.into_iter().map(|cell| self.number(level + 1, cell)).collect();
        children.sort_unstable_by_key(|child| (!own.contains(child), *child));
        children
    }

    fn neighbours(&self, level: u8, number: u64) -> Vec<u64> {
        let Lattice { side, root, .. } = Self::lattice(level);
        let cells = Self::around(self.cell(level, number), root, side);
        cells.into_iter().map(|cell| self.number(level, cell)).collect()
    }

    fn cross(&self, level: u8, segment: Segment, mark: &mut dyn FnMut(u64, bool)) {
        let lattice = Self::lattice(level);
        let side = lattice.side as f64;
        let scaled = |(i, j): (f64, f64)| lattice.coordinates((i * side, j * side));
        let (from, to) = (scaled(segment.from), scaled(segment.to));
        let tolerance = touch_tolerance(lattice.side);
        let (low, high) = (|a: f64, b: f64| a.min(b).floor() as i64, |a: f64, b: f64| a.max(b).ceil() as i64);
        for a in low(from.0, to.0) - 1..=high(from.0, to.0) + 1 {
            for b in low(from.1, to.1) - 1..=high(from.1, to.1) + 1 {
                // The distances from the three pairs of opposite edges, which are at ±1.
                let forms = |(x, y): (f64, f64)| {
                    let (x, y) = (x - a as f64, y - b as f64);
                    [2.0 * x - y, x + y, 2.0 * y - x]
                };
                let (from, to) = (forms(from), forms(to));
                let clip = |limit: f64| {
                    (0..3).fold(Clip::whole(), |clip, form| clip.between(from[form], to[form], -limit, limit))
                };
                let touched = clip(1.0 + tolerance).is_left();
                let cell = touched.then(|| fold(segment.quad, lattice.root * e(a, b), lattice.side)).flatten();
                if let Some(cell) = cell {
                    mark(self.number(level, cell), clip(1.0 - tolerance).is_left());
                }
            }
        }
    }
}
