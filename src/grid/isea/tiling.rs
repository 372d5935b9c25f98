//! What the tilings of the quads have in common: zones as positions on quads and as numbers.

use std::ops::Range;

use super::icosahedron::Place;
use super::quad::Cell;
use crate::grid::Zone;

/// A straight line on one face.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    /// The quad, 1 to 10.
    pub(crate) quad: u8,
    /// (i, j) of its ends in units of the quad's side.
    pub(crate) from: (f64, f64),
    /// See `from`.
    pub(crate) to: (f64, f64),
}

/// A way of cutting the quads into zones, at all levels.
///
/// A [`Cell`] given must be a zone's (see [`Tiling::contains`]) and a number below [`Tiling::zone_count`]; levels are at
/// most [`Tiling::max_level`]. Numbers are the family's internal zone numbers: without gaps, and so that the zones
/// within a coarser zone, by first parents, are consecutive.
pub(crate) trait Tiling: Send + Sync + 'static {
    /// Widths of padded arrays.
    const MAX_NEIGHBOURS: usize;
    /// See `MAX_NEIGHBOURS`.
    const MAX_CHILDREN: usize;
    /// Vertices of a zone away from the poles.
    const MAX_VERTICES: usize;

    /// The finest level: below a square centimetre, with zone numbers within 64 bits.
    fn max_level(&self) -> u8;

    /// Positions along the side of a quad.
    fn side(&self, level: u8) -> i64;

    /// Zones of the globe.
    fn zone_count(&self, level: u8) -> u64;

    /// Numbers of the zones that hold `places`. Both slices have the same length.
    fn zones_at(&self, level: u8, places: &[Place], zones: &mut [Zone]);

    /// True when `cell` is the position of a zone.
    fn contains(&self, level: u8, cell: Cell) -> bool;

    /// The number of a zone.
    fn number(&self, level: u8, cell: Cell) -> u64;

    /// The zone of a number.
    fn cell(&self, level: u8, number: u64) -> Cell;

    /// The numbers at `sub_level`, not below `level`, of the zones within a zone.
    fn descendants(&self, level: u8, number: u64, sub_level: u8) -> Range<u64>;

    /// The place of a zone in DGGRID's sequence, from 0: quads, then i, then j.
    fn sequence(&self, level: u8, cell: Cell) -> u64;

    /// The zone at a place of the sequence.
    fn of_sequence(&self, level: u8, sequence: u64) -> Cell;

    /// A zone's centre.
    fn centre(&self, level: u8, cell: Cell) -> Place;

    /// A zone's boundary, counter-clockwise, each edge in `segments` parts, 1 to [`MAX_SEGMENTS`].
    fn ring(&self, level: u8, cell: Cell, segments: i64) -> Vec<Place>;

    /// A zone's part of the globe's area.
    fn share(&self, level: u8, cell: Cell) -> f64;

    /// The zones of the level above, the first one being the one whose descendant this is; none at level 0.
    fn parents(&self, level: u8, number: u64) -> Vec<u64>;

    /// The zones of the level below, those whose first parent this is first, in ascending order.
    fn children(&self, level: u8, number: u64) -> Vec<u64>;

    /// The zones that share an edge or a vertex, in any order.
    fn neighbours(&self, level: u8, number: u64) -> Vec<u64>;

    /// Calls `mark` with each zone that a segment touches, and whether it goes through its inside. The segment is not
    /// much longer than a zone; a zone may come twice.
    fn cross(&self, level: u8, segment: Segment, mark: &mut dyn FnMut(u64, bool));
}

/// The most parts of an edge: positions in that many parts of a zone are exact.
pub(crate) const MAX_SEGMENTS: u32 = 1 << 16;

/// How close to a boundary, in units of a zone, a line is on it: 1e-9, or the rounding errors of the finest levels.
pub(crate) fn touch_tolerance(side: i64) -> f64 {
    (side as f64 * 1e-15).max(1e-9)
}

/// The part of a segment's way that lies between parallels: what [`Clip::between`] leaves of [0, 1].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clip {
    start: f64,
    end: f64,
}

impl Clip {
    /// The whole way.
    pub(crate) fn whole() -> Self {
        Self { start: 0.0, end: 1.0 }
    }

    /// Cuts off where a value that goes from `from` to `to` is outside [`low`, `high`].
    pub(crate) fn between(mut self, from: f64, to: f64, low: f64, high: f64) -> Self {
        let change = to - from;
        if change == 0.0 {
            if from < low || from > high {
                self.end = -1.0;
            }
        } else {
            let (a, b) = ((low - from) / change, (high - from) / change);
            self.start = self.start.max(a.min(b));
            self.end = self.end.min(a.max(b));
        }
        self
    }

    /// True when something is left.
    pub(crate) fn is_left(self) -> bool {
        self.start <= self.end
    }
}
