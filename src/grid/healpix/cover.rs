//! Zones of a region, exactly, by the search of [`squares`](crate::grid::squares).
//!
//! In the coordinates (i, j) of a base zone the zones are squares. An edge of the region is cut where it passes from one
//! quadrant, belt, cap or hemisphere to another; within such a part i and j each have at most one extremum (in the belt
//! v is concave on a hemisphere; in a cap sigma and tau, hence their product, are log-concave), and there it is cut again.

use super::latitude::Latitude;
use super::projection;
use crate::error::Result;
use crate::grid::region::Edge;
use crate::grid::squares::{self, Node, Squares, quadrants, turn, within_band};
use crate::grid::{Containment, LonLat, Region, ZoneSet};

/// The zones of `level` that `region` chooses.
pub(crate) fn zones_in(latitude: &Latitude, level: u8, region: &Region, containment: Containment) -> Result<ZoneSet> {
    squares::zones_in(&Plane { latitude }, level, region, containment)
}

/// The base zones in their coordinates (i, j).
struct Plane<'a> {
    latitude: &'a Latitude,
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

impl Squares for Plane<'_> {
    const BASES: u64 = 12;
    const PARTS: u64 = 2;
    type Chart = Chart;

    fn square(&self, node: Node) -> [u64; 2] {
        let (_, i, j) = projection::part(node.level, node.zone);
        [i, j]
    }

    fn centroid(&self, node: Node) -> LonLat {
        projection::centroid(self.latitude, node.level, node.zone)
    }

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

    fn cut_edge(&self, line: &Edge, mut give: impl FnMut(usize, Chart, [f64; 2])) {
        let joint = self.latitude.transition_deg();
        let bands = [(-90.0, -joint), (-joint, 0.0), (0.0, joint), (joint, 90.0)];
        for (quadrant, west_deg, across) in quadrants(line.from.lon_deg, line.to.lon_deg) {
            for (band, (south, north)) in bands.into_iter().enumerate() {
                let Some(s) = within_band(line, across, south, north) else { continue };
                let charts = charts(quadrant.rem_euclid(4) as usize, band);
                let breaks = self.breaks(line, Chart { west_deg, part: charts[0].1 }, s);
                for (base, part) in charts {
                    for s in breaks.windows(2) {
                        give(base, Chart { west_deg, part }, [s[0], s[1]]);
                    }
                }
            }
        }
    }
}

impl Plane<'_> {
    /// The ends of a part of an edge within one chart, and between them the places where i or j turns.
    fn breaks(&self, line: &Edge, chart: Chart, [from, to]: [f64; 2]) -> Vec<f64> {
        // A large flattening may bend the curves more than once: look in shorter parts.
        let parts = if self.latitude.authalic().has_series() { 1 } else { 64 };
        let place = |part: u32| from + (to - from) * f64::from(part) / f64::from(parts);
        let mut breaks = vec![from, to];
        for (axis, part) in (0..2).flat_map(|axis| (0..parts).map(move |part| (axis, part))) {
            breaks.extend(turn([place(part), place(part + 1)], |s| self.slopes(line, chart, s)[axis]));
        }
        breaks.sort_unstable_by(f64::total_cmp);
        breaks
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
