//! Zones of a region, exactly, by the search of [`squares`](crate::grid::squares).
//!
//! On a face the zones are squares. An edge of the region, straight in longitude and latitude, is cut where it passes
//! from one quadrant or from the belt to a polar square. In the belt x and y are then monotone along it. In a polar
//! square the distance from the pole is monotone and the other coordinate, sigma (tau - 1/2), turns at most once: its
//! derivative vanishes where tau - 1/2, linear along the edge, equals a multiple of sigma / sigma', which moves the
//! opposite way. There the edge is cut again.

use super::address::{Square, part};
use super::projection::{Projection, in_polar_square};
use crate::error::Result;
use crate::grid::region::Edge;
use crate::grid::squares::{self, Node, Piece, Squares, quadrants, turn, within_band};
use crate::grid::{Containment, LonLat, Region, ZoneSet};

/// The zones of `level` that `region` chooses.
pub(crate) fn zones_in(
    projection: &Projection,
    level: u8,
    region: &Region,
    containment: Containment,
) -> Result<ZoneSet> {
    squares::zones_in(&Faces { projection }, level, region, containment)
}

/// The faces, each with its x and y.
struct Faces<'a> {
    projection: &'a Projection,
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

impl Squares for Faces<'_> {
    const BASES: u64 = 6;
    const PARTS: u64 = 3;
    type Chart = Chart;

    fn square(&self, node: Node) -> [u64; 2] {
        let Square { column, row, .. } = part(node.level, node.zone);
        [column, row]
    }

    fn centroid(&self, node: Node) -> LonLat {
        self.projection.centroid(node.level, node.zone)
    }

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

    /// A part on a line between two faces is given to both.
    fn cut_edge(&self, line: &Edge, mut give: impl FnMut(usize, Chart, [f64; 2])) {
        let joint = self.projection.latitude.transition_deg();
        let [from, to] = [line.from, line.to].map(|end| end.lon_deg - self.projection.lon_0_deg);
        for (quadrant, west_deg, across) in quadrants(from, to) {
            let turns = (quadrant + 2).rem_euclid(4) as u8;
            for (south, north, part, face) in
                [(-90.0, -joint, Part::South, 5), (-joint, joint, Part::Belt, 1 + turns), (joint, 90.0, Part::North, 0)]
            {
                let Some(s) = within_band(line, across, south, north) else { continue };
                let chart = Chart { west_deg, turns, part };
                for s in self.breaks(line, chart, s).windows(2) {
                    give(face.into(), chart, [s[0], s[1]]);
                }
            }
        }
    }

    fn is_pole(&self, piece: &Piece<Chart>) -> bool {
        piece.chart.part != Part::Belt && piece.ends == [[0.5; 2]; 2]
    }
}

impl Faces<'_> {
    /// The ends of a part of an edge within one chart, and between them the place where a coordinate turns, if any.
    fn breaks(&self, line: &Edge, chart: Chart, [from, to]: [f64; 2]) -> Vec<f64> {
        let turns = chart.part != Part::Belt;
        match turns.then(|| turn([from, to], |s| self.slope_across(line, chart, s))).flatten() {
            Some(place) => vec![from, place, to],
            None => vec![from, to],
        }
    }

    /// tau of a longitude within a chart's quadrant.
    fn tau(&self, lon_deg: f64, chart: Chart) -> f64 {
        ((lon_deg - self.projection.lon_0_deg - chart.west_deg) / 90.0).clamp(0.0, 1.0)
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
}
