//! Zones of a region: the zones along its outline are marked, the rest is filled by descent.
//!
//! The outline's edges are straight in longitude and latitude; they are cut until each piece is straight on one face of
//! the icosahedron to within [`FLATNESS`] of a zone. The pieces mark the zones that they touch. A coarser zone without
//! marks within is inside or outside as a whole, since the zones within it hang together.

use std::ops::Range;

use super::IseaGrid;
use super::icosahedron::Place;
use super::tiling::{Segment, Tiling};
use crate::error::{Error, Kind, Result};
use crate::grid::descend::{Hierarchy, descend};
use crate::grid::region::{Edge, Region};
use crate::grid::{Containment, Grid, LonLat, Zone, ZoneSet};

/// How far a piece of the outline may be from a straight line on the plane, in units of a zone.
const FLATNESS: f64 = 1e-6;

/// Pieces are at most this long, in units of a zone.
const LONGEST: f64 = 2.0;

/// Edges are first cut into parts of this many degrees, so that no curve looks straight by its two ends and middle.
const FIRST_CUT_DEG: f64 = 1.0;

/// Halvings of a first part after which it is a point.
const DEEPEST: u32 = 48;

/// Zones along an outline, at most: some gigabytes while they are sorted.
const MOST_MARKS: f64 = 1e8;

/// A zone that the outline touches, and whether it goes through its inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    zone: u64,
    enters: bool,
}

/// The zones of `level` that `region` chooses.
pub(crate) fn zones_in<T: Tiling>(
    grid: &IseaGrid<T>,
    level: u8,
    region: &Region,
    containment: Containment,
) -> Result<ZoneSet> {
    let outline = region.outline()?;
    check_size(grid.tiling.side(level), outline.edges())?;
    let mut tracer = Tracer { grid, level, marks: Vec::new() };
    for edge in outline.edges() {
        tracer.trace(edge)?;
    }
    let mut marks = tracer.marks;
    marks.sort_unstable();
    // Of two marks of a zone the one that enters it comes last.
    marks.dedup_by(|later, earlier| {
        let same = later.zone == earlier.zone;
        if same {
            earlier.enters |= later.enters;
        }
        same
    });
    let search = Search { grid, level };
    let roots = search.share_out((0..grid.tiling.zone_count(0)).map(|zone| (0, zone)), marks);
    Ok(descend(&search, roots, level, &outline, containment))
}

/// Refuses an outline through more zones than memory can hold.
fn check_size(side: i64, edges: &[Edge]) -> Result<()> {
    let length_deg = |edge: &Edge| {
        let (a, b) = (edge.from, edge.to);
        let cos = a.lat_deg.to_radians().cos().max(b.lat_deg.to_radians().cos());
        ((b.lon_deg - a.lon_deg) * cos).abs() + (b.lat_deg - a.lat_deg).abs()
    };
    // An edge of the icosahedron is 63.4 degrees long.
    let zones = edges.iter().map(length_deg).sum::<f64>() / 63.4 * side as f64;
    if zones > MOST_MARKS {
        return Err(Error::new(
            Kind::OutOfMemory,
            format!(
                "the region's outline goes through about {zones:.0e} zones; choose a coarser level or a smaller region"
            ),
        ));
    }
    Ok(())
}

struct Tracer<'a, T: Tiling> {
    grid: &'a IseaGrid<T>,
    level: u8,
    marks: Vec<Mark>,
}

impl<T: Tiling> Tracer<'_, T> {
    fn trace(&mut self, edge: &Edge) -> Result<()> {
        if edge.from.lat_deg.abs() == 90.0 && edge.from.lat_deg == edge.to.lat_deg {
            // The pole's line parts nothing: what leads there on either side, other edges say.
            let pole = self.grid.globe.place(edge.from)?;
            let before = self.marks.len();
            self.mark(pole, pole);
            self.marks[before..].iter_mut().for_each(|mark| mark.enters = false);
            return Ok(());
        }
        let length = (edge.to.lon_deg - edge.from.lon_deg).abs().max((edge.to.lat_deg - edge.from.lat_deg).abs());
        let parts = (length / FIRST_CUT_DEG).ceil().max(1.0);
        let mut from = self.grid.globe.place(edge.from)?;
        for part in 1..=parts as u32 {
            let (start, end) = (f64::from(part - 1) / parts, f64::from(part) / parts);
            let to = self.grid.globe.place(edge.at(end))?;
            self.cut(edge, (start, from), (end, to), 0)?;
            from = to;
        }
        Ok(())
    }

    /// Marks the zones between two points of an edge, each given by its part of the edge's length and its place.
    fn cut(&mut self, edge: &Edge, from: (f64, Place), to: (f64, Place), depth: u32) -> Result<()> {
        let side = self.grid.tiling.side(self.level) as f64;
        if depth == DEEPEST {
            self.mark(from.1, from.1);
            self.mark(to.1, to.1);
            return Ok(());
        }
        let middle = 0.5 * (from.0 + to.0);
        let place = self.grid.globe.place(edge.at(middle))?;
        if on_one_face(&from.1, &to.1) && on_one_face(&from.1, &place) {
            let length = (to.1.i - from.1.i).abs().max((to.1.j - from.1.j).abs()) * side;
            let bow_i = place.i - 0.5 * (from.1.i + to.1.i);
            let bow_j = place.j - 0.5 * (from.1.j + to.1.j);
            // At the finest levels rounding is more than the tolerance.
            if length <= LONGEST && bow_i.abs().max(bow_j.abs()) <= (FLATNESS / side).max(4e-15) {
                self.mark(from.1, to.1);
                return Ok(());
            }
        }
        self.cut(edge, from, (middle, place), depth + 1)?;
        self.cut(edge, (middle, place), to, depth + 1)
    }

    fn mark(&mut self, from: Place, to: Place) {
        let segment = Segment { quad: from.quad, from: (from.i, from.j), to: (to.i, to.j) };
        let marks = &mut self.marks;
        self.grid.tiling.cross(self.level, segment, &mut |zone, enters| {
            let mark = Mark { zone, enters };
            if marks.last() != Some(&mark) {
                marks.push(mark);
            }
        });
    }
}

fn on_one_face(a: &Place, b: &Place) -> bool {
    a.quad == b.quad && (a.j > a.i) == (b.j > b.i)
}

struct Search<'a, T: Tiling> {
    grid: &'a IseaGrid<T>,
    /// Of the marks.
    level: u8,
}

impl<T: Tiling> Search<'_, T> {
    /// Gives each node the marks within it; both are in ascending order.
    fn share_out(&self, nodes: impl Iterator<Item = (u8, u64)>, marks: Vec<Mark>) -> Vec<((u8, u64), Vec<Mark>)> {
        let mut rest = &marks[..];
        nodes
            .map(|node| {
                let end = self.zones(node, self.level).end;
                let (own, others) = rest.split_at(rest.partition_point(|mark| mark.zone < end));
                rest = others;
                (node, own.to_vec())
            })
            .collect()
    }
}

impl<T: Tiling> Hierarchy for Search<'_, T> {
    /// Level and number.
    type Node = (u8, u64);
    type Piece = Mark;

    fn level(&self, node: Self::Node) -> u8 {
        node.0
    }

    fn zones(&self, (node_level, number): Self::Node, level: u8) -> Range<u64> {
        self.grid.tiling.descendants(node_level, number, level)
    }

    fn centroid(&self, (level, number): Self::Node) -> LonLat {
        self.grid.centroid(level, Zone(number)).unwrap_or_default()
    }

    fn split(&self, (level, number): Self::Node, marks: Vec<Mark>) -> Vec<(Self::Node, Vec<Mark>)> {
        let children = self.grid.tiling.descendants(level, number, level + 1);
        self.share_out(children.map(|child| (level + 1, child)), marks)
    }

    fn enters(&self, _node: Self::Node, mark: &Mark) -> bool {
        mark.enters
    }
}
