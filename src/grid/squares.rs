//! Zones of a region, exactly, where zones are squares on the plane: one search for the families of that kind.
//!
//! Every base zone is the square [0, 1] x [0, 1]; each refinement cuts a square into [`Squares::PARTS`] columns and as
//! many rows. The region's edges, straight in longitude and latitude, are curves on the plane. A family cuts them where
//! they pass from one chart to another and where a coordinate turns. A piece is then monotone in both coordinates, and
//! whether it touches a square is decided by where it crosses the square's sides: no tolerance, no sampling, nothing but
//! the rounding of the projection itself.

use std::ops::Range;

use super::descend::{Hierarchy, descend};
use super::region::{Edge, Outline};
use super::{Containment, LonLat, Region, Zone, ZoneSet};
use crate::error::Result;

/// A grid whose zones are squares, numbered base zone by base zone, then refinement by refinement row by row.
pub(crate) trait Squares {
    /// Zones of level 0.
    const BASES: u64;
    /// Columns, and rows, that a refinement makes of one.
    const PARTS: u64;
    /// A part of the plane on which the projection is smooth.
    type Chart: Copy;

    /// A zone's column and row on its base zone.
    fn square(&self, node: Node) -> [u64; 2];

    /// A zone's centroid.
    fn centroid(&self, node: Node) -> LonLat;

    /// Both coordinates of the point `s` of an edge.
    fn at(&self, line: &Edge, chart: Self::Chart, s: f64) -> [f64; 2];

    /// Calls `give` with the parts of an edge that are monotone in both coordinates: a base zone that the part may
    /// touch, the chart, and where on the edge it begins and ends.
    fn cut_edge(&self, line: &Edge, give: impl FnMut(usize, Self::Chart, [f64; 2]));

    /// True for a piece that is a line of the region's plane only: no more than a point, at the pole, on this one.
    fn is_pole(&self, _piece: &Piece<Self::Chart>) -> bool {
        false
    }
}

/// A zone of any level.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    /// Its level.
    pub(crate) level: u8,
    /// Its number.
    pub(crate) zone: Zone,
}

/// Part of an edge within one chart, monotone in both coordinates.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece<C> {
    edge: u32,
    /// The chart that it lies on.
    pub(crate) chart: C,
    /// Where on the edge its two ends are, in [0, 1].
    s: [f64; 2],
    /// The coordinates of its two ends.
    pub(crate) ends: [[f64; 2]; 2],
}

/// The zones of `level` that `region` chooses.
pub(crate) fn zones_in<S: Squares>(
    squares: &S,
    level: u8,
    region: &Region,
    containment: Containment,
) -> Result<ZoneSet> {
    let outline = region.outline()?;
    let search = Search { squares, outline: &outline };
    let mut roots: Vec<_> = (0..S::BASES).map(|base| (Node { level: 0, zone: Zone(base) }, Vec::new())).collect();
    for (edge, line) in outline.edges().iter().enumerate() {
        squares.cut_edge(line, |base, chart, s| {
            let piece = Piece { edge: edge as u32, chart, s, ends: s.map(|s| squares.at(line, chart, s)) };
            roots[base].1.extend(search.clipped(piece));
        });
    }
    Ok(descend(&search, roots, level, &outline, containment))
}

struct Search<'a, S> {
    squares: &'a S,
    outline: &'a Outline,
}

impl<S: Squares> Hierarchy for Search<'_, S> {
    type Node = Node;
    type Piece = Piece<S::Chart>;

    fn level(&self, node: Node) -> u8 {
        node.level
    }

    fn zones(&self, node: Node, level: u8) -> Range<u64> {
        let each = (S::PARTS * S::PARTS).pow((level - node.level).into());
        node.zone.0 * each..(node.zone.0 + 1) * each
    }

    fn centroid(&self, node: Node) -> LonLat {
        self.squares.centroid(node)
    }

    fn split(&self, node: Node, pieces: Vec<Self::Piece>) -> Vec<(Node, Vec<Self::Piece>)> {
        let level = node.level + 1;
        let count = S::PARTS * S::PARTS;
        let child = |child| Node { level, zone: Zone(count * node.zone.0 + child) };
        let mut children: Vec<_> = (0..count).map(|number| (child(number), Vec::new())).collect();
        let square = self.squares.square(node);
        for piece in pieces {
            self.strips(piece, 0, level, square[0], |column, strip| {
                self.strips(strip, 1, level, square[1], |row, part| {
                    children[S::PARTS as usize * row + column].1.push(part);
                });
            });
        }
        children
    }

    fn enters(&self, node: Node, piece: &Self::Piece) -> bool {
        if self.squares.is_pole(piece) {
            return false;
        }
        let n = side::<S>(node.level);
        self.squares.square(node).iter().enumerate().all(|(axis, &low)| {
            let [a, b] = piece.ends.map(|end| end[axis]);
            a != b || (a != low as f64 / n && a != (low + 1) as f64 / n)
        })
    }
}

/// Squares along the side of a base zone.
fn side<S: Squares>(level: u8) -> f64 {
    S::PARTS.pow(level.into()) as f64
}

impl<S: Squares> Search<'_, S> {
    /// The part of a piece within its base zone.
    fn clipped(&self, piece: Piece<S::Chart>) -> Option<Piece<S::Chart>> {
        (0..2).try_fold(piece, |piece, axis| {
            let [_, above] = self.cut(piece, axis, 0.0);
            let [below, _] = self.cut(above?, axis, 1.0);
            below
        })
    }

    /// Calls `give` with the parts of a piece within the columns (axis 0) or rows (axis 1) of `level` that the one at
    /// `index` is cut into, in their order; what lies on a line between two is in both.
    fn strips(
        &self,
        piece: Piece<S::Chart>,
        axis: usize,
        level: u8,
        index: u64,
        mut give: impl FnMut(usize, Piece<S::Chart>),
    ) {
        let n = side::<S>(level);
        let mut rest = piece;
        for strip in 1..S::PARTS {
            let [below, above] = self.cut(rest, axis, (S::PARTS * index + strip) as f64 / n);
            if let Some(below) = below {
                give(strip as usize - 1, below);
            }
            let Some(above) = above else { return };
            rest = above;
        }
        give(S::PARTS as usize - 1, rest);
    }

    /// The parts of a piece on either side of a line of constant first (axis 0) or second (axis 1) coordinate; what
    /// lies on the line is in both.
    fn cut(&self, piece: Piece<S::Chart>, axis: usize, value: f64) -> [Option<Piece<S::Chart>>; 2] {
        let [a, b] = piece.ends.map(|end| end[axis] - value);
        if a == 0.0 && b == 0.0 {
            return [Some(piece); 2];
        }
        if (a < 0.0) == (b < 0.0) && a != 0.0 && b != 0.0 {
            return if a < 0.0 { [Some(piece), None] } else { [None, Some(piece)] };
        }
        if a == 0.0 || b == 0.0 {
            let on = usize::from(b == 0.0);
            let touch = Piece { s: [piece.s[on]; 2], ends: [piece.ends[on]; 2], ..piece };
            return if a + b < 0.0 { [Some(piece), Some(touch)] } else { [Some(touch), Some(piece)] };
        }
        let line = &self.outline.edges()[piece.edge as usize];
        let s = crossing(piece.s, [a, b], |s| self.squares.at(line, piece.chart, s)[axis] - value);
        let other = 1 - axis;
        let [from, to] = piece.ends.map(|end| end[other]);
        let mut end = [value; 2];
        end[other] = self.squares.at(line, piece.chart, s)[other].clamp(from.min(to), from.max(to));
        let first = Piece { s: [piece.s[0], s], ends: [piece.ends[0], end], ..piece };
        let second = Piece { s: [s, piece.s[1]], ends: [end, piece.ends[1]], ..piece };
        if a < 0.0 { [Some(first), Some(second)] } else { [Some(second), Some(first)] }
    }
}

/// The quadrants that a line between two longitudes touches: number, west end in degrees, and the s within.
pub(crate) fn quadrants(from_deg: f64, to_deg: f64) -> impl Iterator<Item = (i64, f64, [f64; 2])> {
    let first = (from_deg.min(to_deg) / 90.0).ceil() as i64 - 1;
    let last = (from_deg.max(to_deg) / 90.0).floor() as i64;
    (first..=last).filter_map(move |quadrant| {
        let west_deg = 90.0 * quadrant as f64;
        Some((quadrant, west_deg, span(from_deg, to_deg, west_deg, west_deg + 90.0)?))
    })
}

/// The s within `across` where a line between two latitudes is within a band; none where it is nowhere.
pub(crate) fn within_band(line: &Edge, across: [f64; 2], south_deg: f64, north_deg: f64) -> Option<[f64; 2]> {
    let along = span(line.from.lat_deg, line.to.lat_deg, south_deg, north_deg)?;
    let s = [across[0].max(along[0]), across[1].min(along[1])];
    (s[0] <= s[1]).then_some(s)
}

/// The s in [0, 1] where a line from `a` to `b` is within [`low`, `high`]; none where it is nowhere.
fn span(a: f64, b: f64, low: f64, high: f64) -> Option<[f64; 2]> {
    if a.max(b) < low || a.min(b) > high {
        return None;
    }
    let at = |value: f64| ((value - a) / (b - a)).clamp(0.0, 1.0);
    let (enter, leave) = if a <= b { (low, high) } else { (high, low) };
    let inside = |value: f64| (low..=high).contains(&value);
    Some([if inside(a) { 0.0 } else { at(enter) }, if inside(b) { 1.0 } else { at(leave) }])
}

/// Where a coordinate turns between two places, told by the sign of its derivative; none where it does not.
pub(crate) fn turn([mut low, mut high]: [f64; 2], slope: impl Fn(f64) -> f64) -> Option<f64> {
    let start = slope(low);
    if start * slope(high) >= 0.0 {
        return None;
    }
    // At an extremum the value is flat: half the digits of its place give all digits of the value.
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if slope(middle) * start > 0.0 { low = middle } else { high = middle }
    }
    Some(0.5 * (low + high))
}

/// The root of `f` between two places where it has opposite signs: regula falsi, in its Illinois form.
fn crossing([mut s0, mut s1]: [f64; 2], [mut f0, mut f1]: [f64; 2], f: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..100 {
        let s = s1 - f1 * (s1 - s0) / (f1 - f0);
        let s = if s > s0.min(s1) && s < s0.max(s1) { s } else { 0.5 * (s0 + s1) };
        if s == s0 || s == s1 {
            break;
        }
        let value = f(s);
        if value == 0.0 {
            return s;
        }
        if (value > 0.0) == (f1 > 0.0) {
            f0 *= 0.5
        } else {
            (s0, f0) = (s1, f1)
        }
        (s1, f1) = (s, value);
    }
    if f0.abs() < f1.abs() { s0 } else { s1 }
}
