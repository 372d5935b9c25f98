//! Zones of a region, exactly, in the way of [`healpix::cover`](crate::grid::healpix::cover).
//!
//! On a face the zones are squares. An edge of the region, straight in longitude and latitude, is cut where it passes
//! from one quadrant or from the belt to a polar square. In the belt x and y are then monotone along it. In a polar
//! square the distance from the pole is monotone and the other coordinate, sigma (tau - 1/2), turns at most once: its
//! derivative vanishes where tau - 1/2, linear along the edge, equals a multiple of sigma / sigma', which moves the
//! opposite way. There the edge is cut again. Whether a monotone piece touches a square is decided by where it crosses
//! the square's sides: no tolerance, no sampling, nothing but the rounding of the projection itself.

use std::ops::Range;

use super::address::{MAX_LEVEL, Square, face_count, part, side};
use super::projection::{Projection, in_polar_square};
use crate::error::Result;
use crate::grid::descend::{Hierarchy, descend};
use crate::grid::healpix::cover::{crossing, span};
use crate::grid::region::{Edge, Outline};
use crate::grid::{Containment, LonLat, Region, Zone, ZoneSet};

/// The zones of `level` that `region` chooses.
pub(crate) fn zones_in(
    projection: &Projection,
    level: u8,
    region: &Region,
    containment: Containment,
) -> Result<ZoneSet> {
    let outline = region.outline()?;
    let search = Search { projection, outline: &outline };
    let mut roots: Vec<_> = (0..6).map(|face| (Node { level: 0, zone: face }, Vec::new())).collect();
    for (edge, line) in outline.edges().iter().enumerate() {
        search.cut_edge(edge as u32, line, |face, piece| roots[usize::from(face)].1.push(piece));
    }
    Ok(descend(&search, roots, level, &outline, containment))
}

/// A zone of any level.
#[derive(Clone, Copy, Debug)]
struct Node {
    level: u8,
    zone: u64,
}

/// Part of an edge within one chart, monotone in x and in y.
#[derive(Clone, Copy, Debug)]
struct Piece {
    edge: u32,
    chart: Chart,
    /// Where on the edge its two ends are, in [0, 1].
    s: [f64; 2],
    /// x and y of its two ends on the chart's face.
    ends: [[f64; 2]; 2],
}

/// A quadrant's part of a face.
#[derive(Clone, Copy, Debug)]
struct Chart {
    /// West end of the quadrant, any multiple of 90 east of the grid's central meridian.
    west_deg: f64,
    /// Quarter turns east of face O, below 4.
    turns: u8,
    part: Part,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    North,
    Belt,
    South,
}

struct Search<'a> {
    projection: &'a Projection,
    outline: &'a Outline,
}

impl Hierarchy for Search<'_> {
    type Node = Node;
    type Piece = Piece;

    fn level(&self, node: Node) -> u8 {
        node.level
    }

    fn zones(&self, node: Node, level: u8) -> Range<u64> {
        let each = face_count(level.min(MAX_LEVEL) - node.level);
        node.zone * each..(node.zone + 1) * each
    }

    fn centroid(&self, node: Node) -> LonLat {
        self.projection.centroid(node.level, Zone(node.zone))
    }

    fn split(&self, node: Node, pieces: Vec<Piece>) -> Vec<(Node, Vec<Piece>)> {
        let level = node.level + 1;
        let mut children: Vec<_> =
            (0..9).map(|child| (Node { level, zone: 9 * node.zone + child }, Vec::new())).collect();
        let Square { column, row, .. } = part(node.level, Zone(node.zone));
        let n = side(level) as f64;
        let thirds = |index: u64| [(3 * index + 1) as f64 / n, (3 * index + 2) as f64 / n];
        let (columns, rows) = (thirds(column), thirds(row));
        for piece in pieces {
            for (column, strip) in self.cut_in_three(piece, 0, columns).into_iter().enumerate() {
                let Some(strip) = strip else { continue };
                for (row, part) in self.cut_in_three(strip, 1, rows).into_iter().enumerate() {
                    children[3 * row + column].1.extend(part);
                }
            }
        }
        children
    }

    fn enters(&self, node: Node, piece: &Piece) -> bool {
        if piece.chart.part != Part::Belt && piece.ends == [[0.5; 2]; 2] {
            // Along the pole, a line of the region's plane and no more than a point here.
            return false;
        }
        let Square { column, row, .. } = part(node.level, Zone(node.zone));
        let n = side(node.level) as f64;
        [column, row].iter().enumerate().all(|(axis, &low)| {
            let [a, b] = piece.ends.map(|end| end[axis]);
            a != b || (a != low as f64 / n && a != (low + 1) as f64 / n)
        })
    }
}

impl Search<'_> {
    /// Cuts an edge into monotone pieces and gives each to the face that it lies on; on a line between two faces, to
    /// both.
    fn cut_edge(&self, edge: u32, line: &Edge, mut give: impl FnMut(u8, Piece)) {
        let joint = self.projection.latitude.transition_deg();
        let [from, to] = [line.from, line.to].map(|end| end.lon_deg - self.projection.lon_0_deg);
        let first = (from.min(to) / 90.0).ceil() as i64 - 1;
        let last = (from.max(to) / 90.0).floor() as i64;
        for quadrant in first..=last {
            let west_deg = 90.0 * quadrant as f64;
            let Some(across) = span(from, to, west_deg, west_deg + 90.0) else { continue };
            let turns = (quadrant + 2).rem_euclid(4) as u8;
            for (south, north, part, face) in [
                (-90.0, -joint, Part::South, 5),
                (-joint, joint, Part::Belt, 1 + turns),
                (joint, 90.0, Part::North, 0),
            ] {
                let Some(along) = span(line.from.lat_deg, line.to.lat_deg, south, north) else { continue };
                let s = [across[0].max(along[0]), across[1].min(along[1])];
                if s[0] > s[1] {
                    continue;
                }
                let chart = Chart { west_deg, turns, part };
                for s in self.breaks(line, chart, s).windows(2) {
                    let s = [s[0], s[1]];
                    give(face, Piece { edge, chart, s, ends: s.map(|s| self.at(line, chart, s)) });
                }
            }
        }
    }

    /// The ends of a part of an edge within one chart, and between them the place where a coordinate turns, if any.
    fn breaks(&self, line: &Edge, chart: Chart, [from, to]: [f64; 2]) -> Vec<f64> {
        let slope = |s| self.slope_across(line, chart, s);
        let start = slope(from);
        if chart.part == Part::Belt || start * slope(to) >= 0.0 {
            return vec![from, to];
        }
        let (mut low, mut high) = (from, to);
        // At an extremum the value is flat: half the digits of its place give all digits of the value.
        for _ in 0..40 {
            let middle = 0.5 * (low + high);
            if slope(middle) * start > 0.0 { low = middle } else { high = middle }
        }
        vec![from, 0.5 * (low + high), to]
    }

    /// tau of a longitude within a chart's quadrant.
    fn tau(&self, lon_deg: f64, chart: Chart) -> f64 {
        ((lon_deg - self.projection.lon_0_deg - chart.west_deg) / 90.0).clamp(0.0, 1.0)
    }

    /// x and y of the point `s` of an edge.
    fn at(&self, line: &Edge, chart: Chart, s: f64) -> [f64; 2] {
        let LonLat { lon_deg, lat_deg } = line.at(s);
        let tau = self.tau(lon_deg, chart);
        if chart.part == Part::Belt {
            return [tau, (0.5 - self.projection.latitude.belt(lat_deg)).clamp(0.0, 1.0)];
        }
        let sigma = self.projection.latitude.cap(90.0 - lat_deg.abs().min(90.0)).min(1.0);
        let [x, y] = in_polar_square(chart.turns, sigma, tau);
        if chart.part == Part::North { [x, y] } else { [x, 1.0 - y] }
    }

    /// The sign of the derivative of sigma (tau - 1/2) along an edge in a polar square (times sigma, which is positive).
    fn slope_across(&self, line: &Edge, chart: Chart, s: f64) -> f64 {
        let LonLat { lon_deg, lat_deg } = line.at(s);
        let tau_slope = (line.to.lon_deg - line.from.lon_deg) / 90.0;
        let lat_slope = line.to.lat_deg - line.from.lat_deg;
        let towards_equator = if lat_deg < 0.0 { lat_slope } else { -lat_slope };
        // At the pole itself both terms vanish; their ratio does not.
        let colatitude_deg = (90.0 - lat_deg.abs()).max(1e-9);
        let sigma = self.projection.latitude.cap(colatitude_deg);
        let sigma_slope = self.projection.latitude.cap_slope(colatitude_deg) * towards_equator;
        sigma_slope * (self.tau(lon_deg, chart) - 0.5) + sigma * sigma * tau_slope
    }

    /// The parts of a piece below, between and above two lines of constant x (axis 0) or y (axis 1); what lies on a
    /// line is on both sides of it.
    fn cut_in_three(&self, piece: Piece, axis: usize, [low, high]: [f64; 2]) -> [Option<Piece>; 3] {
        let [first, rest] = self.cut(piece, axis, low);
        let [second, third] = rest.map_or([None; 2], |rest| self.cut(rest, axis, high));
        [first, second, third]
    }

    /// The parts of a piece on either side of a line.
    fn cut(&self, piece: Piece, axis: usize, value: f64) -> [Option<Piece>; 2] {
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
        let s = crossing(piece.s, [a, b], |s| self.at(line, piece.chart, s)[axis] - value);
        let other = 1 - axis;
        let [from, to] = piece.ends.map(|end| end[other]);
        let mut end = [value; 2];
        end[other] = self.at(line, piece.chart, s)[other].clamp(from.min(to), from.max(to));
        let first = Piece { s: [piece.s[0], s], ends: [piece.ends[0], end], ..piece };
        let second = Piece { s: [s, piece.s[1]], ends: [end, piece.ends[1]], ..piece };
        if a < 0.0 { [Some(first), Some(second)] } else { [Some(second), Some(first)] }
    }
}
