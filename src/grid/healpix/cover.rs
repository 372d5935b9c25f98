//! Zones of a region, exactly.
//!
//! In the coordinates (i, j) of a base zone the zones are squares and the region's edges, straight in longitude and
//! latitude, are curves. An edge is cut where it passes from one quadrant, belt, cap or hemisphere to another; within
//! such a part i and j each have at most one extremum (in the belt v is concave on a hemisphere; in a cap sigma and tau,
//! hence their product, are log-concave), and there it is cut again. A piece is then monotone in i and in j, and whether
//! it touches a square is decided by where it crosses the square's sides: no tolerance, no sampling, nothing but the
//! rounding of the projection itself.

use super::index::zone_count;
use super::latitude::Latitude;
use super::projection;
use crate::error::Result;
use crate::grid::descend::{Hierarchy, descend};
use crate::grid::region::{Edge, Outline};
use crate::grid::{Containment, LonLat, Region, Zone, ZoneSet};

/// The zones of `level` that `region` chooses.
pub(crate) fn zones_in(latitude: &Latitude, level: u8, region: &Region, containment: Containment) -> Result<ZoneSet> {
    let outline = region.outline()?;
    let search = Search { latitude, outline: &outline };
    let mut roots: Vec<_> = (0..12).map(|base| (Node { level: 0, zone: base }, Vec::new())).collect();
    for (edge, line) in outline.edges().iter().enumerate() {
        search.cut_edge(edge as u32, line, |base, piece| roots[base].1.push(piece));
    }
    Ok(descend(&search, roots, level, &outline, containment))
}

/// A zone of any level.
#[derive(Clone, Copy, Debug)]
struct Node {
    level: u8,
    zone: u64,
}

/// Part of an edge within one chart, monotone in both coordinates of a base zone.
#[derive(Clone, Copy, Debug)]
struct Piece {
    edge: u32,
    chart: Chart,
    /// Where on the edge its two ends are, in [0, 1].
    s: [f64; 2],
    /// i and j of its two ends.
    ends: [[f64; 2]; 2],
}

/// A quadrant's belt or cap, and the base zone whose coordinates are meant.
#[derive(Clone, Copy, Debug)]
struct Chart {
    /// West end of the quadrant, any multiple of 90.
    west_deg: f64,
    part: Part,
}

#[derive(Clone, Copy, Debug)]
enum Part {
    /// With what is to be added to (u, -w) to get (i, j).
    Belt(f64, f64),
    NorthCap,
    SouthCap,
}

struct Search<'a> {
    latitude: &'a Latitude,
    outline: &'a Outline,
}

impl Hierarchy for Search<'_> {
    type Node = Node;
    type Piece = Piece;

    fn level(&self, node: Node) -> u8 {
        node.level
    }

    fn zones(&self, node: Node, level: u8) -> std::ops::Range<u64> {
        let shift = 2 * (level - node.level);
        debug_assert!(node.zone < zone_count(node.level));
        node.zone << shift..(node.zone + 1) << shift
    }

    fn centroid(&self, node: Node) -> LonLat {
        projection::centroid(self.latitude, node.level, Zone(node.zone))
    }

    fn split(&self, node: Node, pieces: Vec<Piece>) -> Vec<(Node, Vec<Piece>)> {
        let level = node.level + 1;
        let mut children: Vec<_> =
            (0..4).map(|child| (Node { level, zone: 4 * node.zone + child }, Vec::new())).collect();
        let (_, i, j) = projection::part(node.level, Zone(node.zone));
        let size = 1.0 / (1u64 << level) as f64;
        let middle = [(2 * i + 1) as f64 * size, (2 * j + 1) as f64 * size];
        for piece in pieces {
            for (column, half) in self.cut(piece, 0, middle[0]).into_iter().enumerate() {
                let Some(half) = half else { continue };
                for (row, quarter) in self.cut(half, 1, middle[1]).into_iter().enumerate() {
                    children[2 * row + column].1.extend(quarter);
                }
            }
        }
        children
    }

    fn enters(&self, node: Node, piece: &Piece) -> bool {
        let (_, i, j) = projection::part(node.level, Zone(node.zone));
        let size = 1.0 / (1u64 << node.level) as f64;
        [i, j].iter().enumerate().all(|(axis, &low)| {
            let [a, b] = [piece.ends[0][axis], piece.ends[1][axis]];
            a != b || (a != low as f64 * size && a != (low + 1) as f64 * size)
        })
    }
}

impl Search<'_> {
    /// Cuts an edge into monotone pieces and gives each to the base zones that it touches.
    fn cut_edge(&self, edge: u32, line: &Edge, mut give: impl FnMut(usize, Piece)) {
        let joint = self.latitude.transition_deg();
        let bands = [(-90.0, -joint), (-joint, 0.0), (0.0, joint), (joint, 90.0)];
        let first = (line.from.lon_deg.min(line.to.lon_deg) / 90.0).ceil() as i64 - 1;
        let last = (line.from.lon_deg.max(line.to.lon_deg) / 90.0).floor() as i64;
        for quadrant in first..=last {
            let west_deg = 90.0 * quadrant as f64;
            let Some(across) = span(line.from.lon_deg, line.to.lon_deg, west_deg, west_deg + 90.0) else { continue };
            for (band, (south, north)) in bands.into_iter().enumerate() {
                let Some(along) = span(line.from.lat_deg, line.to.lat_deg, south, north) else { continue };
                let s = [across[0].max(along[0]), across[1].min(along[1])];
                if s[0] > s[1] {
                    continue;
                }
                let charts = charts(quadrant.rem_euclid(4) as usize, band);
                let breaks = self.breaks(line, Chart { west_deg, part: charts[0].1 }, s);
                for (base, part) in charts {
                    let chart = Chart { west_deg, part };
                    for s in breaks.windows(2) {
                        let s = [s[0], s[1]];
                        let piece = Piece { edge, chart, s, ends: s.map(|s| self.at(line, chart, s)) };
                        if let Some(piece) = self.clipped(piece) {
                            give(base, piece);
                        }
                    }
                }
            }
        }
    }

    /// The ends of a part of an edge within one chart, and between them the places where i or j turns.
    fn breaks(&self, line: &Edge, chart: Chart, [from, to]: [f64; 2]) -> Vec<f64> {
        // A large flattening may bend the curves more than once: look in shorter parts.
        let parts = if self.latitude.authalic().has_series() { 1 } else { 64 };
        let place = |part: u32| from + (to - from) * f64::from(part) / f64::from(parts);
        let mut breaks = vec![from, to];
        for (axis, part) in (0..2).flat_map(|axis| (0..parts).map(move |part| (axis, part))) {
            let slope = |s| self.slopes(line, chart, s)[axis];
            let (mut low, mut high) = (place(part), place(part + 1));
            let start = slope(low);
            if start * slope(high) < 0.0 {
                // At an extremum the value is flat: half the digits of its place give all digits of the value.
                for _ in 0..40 {
                    let middle = 0.5 * (low + high);
                    if slope(middle) * start > 0.0 { low = middle } else { high = middle }
                }
                breaks.push(0.5 * (low + high));
            }
        }
        breaks.sort_unstable_by(f64::total_cmp);
        breaks
    }

    /// (i, j) of the point `s` of an edge.
    fn at(&self, line: &Edge, chart: Chart, s: f64) -> [f64; 2] {
        let LonLat { lon_deg, lat_deg } = line.at(s);
        let tau = ((lon_deg - chart.west_deg) / 90.0).clamp(0.0, 1.0);
        let sigma = || self.latitude.cap(90.0 - lat_deg.abs().min(90.0)).min(1.0);
        match chart.part {
            Part::Belt(to_i, to_j) => {
                let v = self.latitude.belt(lat_deg).clamp(-0.5, 0.5);
                [tau + v + to_i, to_j - (tau - v)]
            }
            Part::NorthCap => {
                let sigma = sigma();
                [1.0 - sigma * (1.0 - tau), 1.0 - sigma * tau]
            }
            Part::SouthCap => {
                let sigma = sigma();
                [sigma * tau, sigma * (1.0 - tau)]
            }
        }
    }

    /// The signs of the derivatives of i and j along an edge at `s` (in a cap times sigma, which is positive).
    fn slopes(&self, line: &Edge, chart: Chart, s: f64) -> [f64; 2] {
        let LonLat { lon_deg, lat_deg } = line.at(s);
        let tau = ((lon_deg - chart.west_deg) / 90.0).clamp(0.0, 1.0);
        let tau_slope = (line.to.lon_deg - line.from.lon_deg) / 90.0;
        let lat_slope = line.to.lat_deg - line.from.lat_deg;
        if let Part::Belt(..) = chart.part {
            let v_slope = self.latitude.belt_slope(lat_deg) * lat_slope;
            return [tau_slope + v_slope, v_slope - tau_slope];
        }
        // At the pole itself both terms vanish; their ratio does not.
        let colatitude_deg = (90.0 - lat_deg.abs()).max(1e-9);
        let sigma = self.latitude.cap(colatitude_deg);
        let towards_equator = -lat_slope.copysign(lat_slope * lat_deg);
        let sigma_slope = self.latitude.cap_slope(colatitude_deg) * towards_equator;
        let east = sigma_slope * tau + sigma * sigma * tau_slope;
        let west = sigma_slope * (1.0 - tau) - sigma * sigma * tau_slope;
        match chart.part {
            Part::NorthCap => [-west, -east],
            _ => [east, west],
        }
    }

    /// The part of a piece within its base zone.
    fn clipped(&self, piece: Piece) -> Option<Piece> {
        (0..2).try_fold(piece, |piece, axis| {
            let [_, above] = self.cut(piece, axis, 0.0);
            let [below, _] = self.cut(above?, axis, 1.0);
            below
        })
    }

    /// The parts of a piece on either side of a line of constant i (axis 0) or j (axis 1); what lies on the line is in
    /// both.
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

/// The base zones of a quadrant's band of latitude (0 the southern cap, 1 and 2 the belt, 3 the northern cap).
fn charts(quadrant: usize, band: usize) -> Vec<(usize, Part)> {
    match band {
        0 => vec![(8 + quadrant, Part::SouthCap)],
        3 => vec![(quadrant, Part::NorthCap)],
        _ => vec![
            (4 + quadrant, Part::Belt(0.5, 0.5)),
            (4 + (quadrant + 1) % 4, Part::Belt(-0.5, 1.5)),
            (quadrant, Part::Belt(-0.5, 0.5)),
            (8 + quadrant, Part::Belt(0.5, 1.5)),
        ],
    }
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
