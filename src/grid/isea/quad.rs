//! The icosahedron unfolded into ten quads: moving over their edges, and around the twelve vertices.
//!
//! A quad is a rhombus of two faces with coordinates (i, j) in [0, side) whose axes are 120 degrees apart. Quads 1 to 5
//! (upper): origin at vertex q, i towards vertex q + 5, j towards vertex 0, far corner at vertex q + 1, cyclic in 1..=5.
//! Quads 6 to 10 (lower): origin at vertex q, i towards vertex 11, j towards vertex q - 4 (10: vertex 1), far corner at
//! vertex q + 1 (10: vertex 6). Vertices 0 and 11 belong to no quad; they are the single positions of "quads" 0 and 11.
//! This is DGGRID's numbering (Sahr, *DGGRID User Documentation*), checked against its answers.
//!
//! Only five of the six 60 degree sectors around a vertex exist: a position seen from a quad that would lie in the
//! sixth is nowhere.

use super::eisenstein::{Eisenstein, e};

/// An integer position on a quad. What a unit of (i, j) is, the user knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cell {
    /// 0 to 11.
    pub(crate) quad: u8,
    /// Along the first axis.
    pub(crate) i: i64,
    /// Along the second axis.
    pub(crate) j: i64,
}

impl Cell {
    /// (i, j) as a number.
    pub(crate) fn z(self) -> Eisenstein {
        e(self.i, self.j)
    }

    /// The vertex that this position is, if it is one.
    pub(crate) fn vertex(self) -> Option<u8> {
        (self.i == 0 && self.j == 0).then_some(self.quad)
    }

    /// The position of `vertex`.
    pub(crate) fn of_vertex(vertex: u8) -> Self {
        Self { quad: vertex, i: 0, j: 0 }
    }
}

/// Vertex 0, where the upper quads meet.
pub(crate) const TOP: u8 = 0;
/// Vertex 11, where the lower quads meet.
pub(crate) const BOTTOM: u8 = 11;

fn is_upper(quad: u8) -> bool {
    quad <= 5
}

/// The next quad of the same row, counter-clockwise around vertex 0.
fn next(quad: u8) -> u8 {
    if quad.is_multiple_of(5) { quad - 4 } else { quad + 1 }
}

/// The previous quad of the same row.
fn previous(quad: u8) -> u8 {
    if quad % 5 == 1 { quad + 4 } else { quad - 1 }
}

/// The lower quad beyond the edge j = 0 of an upper one.
fn below(upper: u8) -> u8 {
    5 + previous(upper)
}

/// The position on its own quad of a position seen from `quad`, whose corners are 0 and `side`.
///
/// The position may lie up to about a side beyond an edge; it is reached on the straight line from within the quad.
/// `None` where nothing is there.
pub(crate) fn fold(quad: u8, z: Eisenstein, side: i64) -> Option<Cell> {
    let (mut quad, mut i, mut j) = (quad, z.i, z.j);
    // Two steps reach every sector around a corner; each extra one guards against positions far away.
    for _ in 0..6 {
        if (0..side).contains(&i) && (0..side).contains(&j) {
            return Some(Cell { quad, i, j });
        }
        if (i < 0 && j > side) || (i > side && j < 0) {
            return None;
        }
        (quad, i, j) = if is_upper(quad) {
            if i == 0 && j == side {
                return Some(Cell::of_vertex(TOP));
            } else if i < 0 && (j >= 0 || i <= j) {
                (previous(quad), side + i - j, side + i)
            } else if j < 0 {
                if i < 0 {
                    return None;
                }
                (below(quad), i, side + j)
            } else if j >= side && (i < side || j >= i) {
                (next(quad), j - side, side - i + (j - side))
            } else if j > side {
                return None;
            } else {
                (quad + 5, i - side, j)
            }
        } else if i == side && j == 0 {
            return Some(Cell::of_vertex(BOTTOM));
        } else if j < 0 && (i >= 0 || j <= i) {
            (previous(quad), side + j, side + j - i)
        } else if i < 0 {
            if j < 0 {
                return None;
            }
            (quad - 5, side + i, j)
        } else if i >= side && (j < side || i >= j) {
            (next(quad), side - j + (i - side), i - side)
        } else if i > side {
            return None;
        } else {
            (next(quad - 5), i, j - side)
        };
    }
    None
}

/// One of the five directions from a vertex along an edge of the icosahedron, as a quad at that vertex sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spoke {
    /// The quad that sees it.
    pub(crate) quad: u8,
    /// The quad's corner at the vertex, in units of the quad's side.
    pub(crate) corner: Eisenstein,
    /// Its direction from there, in turns of 60 degrees.
    pub(crate) turn: u8,
}

/// The five spokes of a vertex, counter-clockwise. What lies up to 60 degrees to the left of a spoke can be folded.
pub(crate) fn spokes(vertex: u8) -> [Spoke; 5] {
    let spoke = |quad, corner, turn| Spoke { quad, corner, turn };
    let (origin, far) = (e(0, 0), e(1, 1));
    match vertex {
        TOP => [1, 2, 3, 4, 5].map(|quad| spoke(quad, e(0, 1), 5)),
        BOTTOM => [10, 9, 8, 7, 6].map(|quad| spoke(quad, e(1, 0), 3)),
        upper if is_upper(upper) => [
            spoke(upper, origin, 0),
            spoke(upper, origin, 1),
            spoke(previous(upper), far, 3),
            spoke(previous(upper), far, 4),
            spoke(previous(upper), far, 5),
        ],
        lower => [
            spoke(lower, origin, 0),
            spoke(lower, origin, 1),
            spoke(lower, origin, 2),
            spoke(previous(lower), far, 3),
            spoke(previous(lower), far, 4),
        ],
    }
}

impl Spoke {
    /// The position at `offset` from the vertex, which lies at 0 to 60 degrees to the left of the spoke.
    pub(crate) fn fold(self, offset: Eisenstein, side: i64) -> Option<Cell> {
        fold(self.quad, self.corner * side + offset.turned(self.turn), side)
    }
}

/// The vertex at a corner (0 or 1, 0 or 1) of a quad.
pub(crate) fn corner_vertex(quad: u8, corner: Eisenstein) -> Option<u8> {
    fold(quad, corner, 1).and_then(Cell::vertex)
}

/// A position of [`fold`] as a quad of 1 to 10 and coordinates in units of its side, in [0, 1].
pub(crate) fn coordinates(cell: Cell, side: i64) -> (u8, f64, f64) {
    match cell.quad {
        TOP => (1, 0.0, 1.0),
        BOTTOM => (6, 1.0, 0.0),
        quad => (quad, cell.i as f64 / side as f64, cell.j as f64 / side as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::super::eisenstein::UNITS;
    use super::*;

    const SIDE: i64 = 5;

    /// The neighbours of a position, counter-clockwise.
    fn around(cell: Cell) -> Vec<Cell> {
        match cell.vertex() {
            Some(vertex) => spokes(vertex).map(|spoke| spoke.fold(e(1, 0), SIDE).unwrap()).to_vec(),
            None => UNITS.map(|unit| fold(cell.quad, cell.z() + unit, SIDE).unwrap()).to_vec(),
        }
    }

    fn all() -> Vec<Cell> {
        let within = (1..=10u8).flat_map(|quad| (0..SIDE * SIDE).map(move |n| Cell { quad, i: n / SIDE, j: n % SIDE }));
        [Cell::of_vertex(TOP), Cell::of_vertex(BOTTOM)].into_iter().chain(within).collect()
    }

    #[test]
    fn corners_are_the_documented_vertices() {
        for q in 1..=5 {
            assert_eq!(
                [e(0, 0), e(1, 0), e(0, 1), e(1, 1)].map(|c| corner_vertex(q, c).unwrap()),
                [q, q + 5, 0, next(q)]
            );
            let low = q + 5;
            let expected = [low, 11, if q == 5 { 1 } else { low - 4 }, if q == 5 { 6 } else { low + 1 }];
            assert_eq!([e(0, 0), e(1, 0), e(0, 1), e(1, 1)].map(|c| corner_vertex(low, c).unwrap()), expected);
        }
    }

    #[test]
    fn neighbours_are_symmetric_and_in_a_closed_ring() {
        for cell in all() {
            let ring = around(cell);
            for (k, &neighbour) in ring.iter().enumerate() {
                let back = around(neighbour);
                assert!(back.contains(&cell), "{cell:?} -> {neighbour:?}");
                assert!(back.contains(&ring[(k + 1) % ring.len()]), "{cell:?}: {ring:?}");
                assert_eq!(ring.iter().filter(|&&other| other == neighbour).count(), 1);
            }
        }
    }

    #[test]
    fn positions_of_the_missing_sector_are_nowhere() {
        for (quad, z) in [(1, e(-1, -2)), (1, e(6, -1)), (2, e(7, 6)), (3, e(-1, 6)), (6, e(-2, -1)), (8, e(6, 7))] {
            assert_eq!(fold(quad, z, SIDE), None);
        }
    }
}
