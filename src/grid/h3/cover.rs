//! Zones of a region, exactly, although H3's children do not tile their parent.
//!
//! First the outline is followed at the level asked for. It is cut into lines no longer than a zone. A line lies in the
//! zones that hold its ends, and in those that it enters over a common edge; so from zone to neighbouring zone all zones
//! that the outline touches are found. Then the hierarchy is descended. The zones below one index form one connected
//! patch, whatever its ragged edge: where none of them is touched, all are inside or all outside, and the centre, which
//! the patch's middle zone shares, says which. The cost grows with the length of the outline in zones.
//!
//! Zones are the polygons of H3's own vertices and great-circle edges, which is where H3's indexing of points has its
//! borders. An edge of the region that passes a zone at less than about 1e-9 of its size may count as touching it.

use std::collections::HashMap;

use h3o::{CellIndex, LatLng, Resolution};

use super::rank::zone_of_cell;
use super::sphere::{Arc, Line, unit_of, widest_parallel};
use crate::error::Result;
use crate::grid::region::{Edge, Outline};
use crate::grid::{Containment, LonLat, Region, ZoneSet};

/// The zones of `resolution` that `region` chooses.
pub(crate) fn zones_in(resolution: Resolution, region: &Region, containment: Containment) -> Result<ZoneSet> {
    let outline = region.outline()?;
    let mut tracer = Tracer { resolution, shapes: HashMap::new(), touched: Vec::new() };
    // A pole is a line of the region's plane: to reach it is to touch the zone there, not to leave it.
    let along_pole = |edge: &Edge| edge.from.lat_deg.abs() == 90.0 && edge.from.lat_deg == edge.to.lat_deg;
    for edge in outline.edges() {
        if containment != Containment::Within || !along_pole(edge) {
            tracer.follow(edge);
        }
    }
    let mut touched: Vec<u64> = tracer.touched.into_iter().map(|cell| zone_of_cell(cell).0).collect();
    touched.sort_unstable();
    touched.dedup();
    let search = Search { resolution, outline: &outline, containment };
    let mut found = ZoneSet::default();
    for base in CellIndex::base_cells() {
        let own = within(&touched, search.range(base));
        search.descend(base, own, &mut found);
    }
    Ok(found)
}

/// Shapes kept from line to line; more would fall out of the cache.
const KEPT_SHAPES: usize = 1 << 12;

/// Longitude that a line spans at most, in radians: its bend stays small near a pole too.
const LONGEST_TURN: f64 = 0.2;

/// Finds the zones that an outline touches.
struct Tracer {
    resolution: Resolution,
    shapes: HashMap<CellIndex, Shape>,
    /// In the order found, with repeats.
    touched: Vec<CellIndex>,
}

struct Shape {
    arcs: Vec<Arc>,
    /// Found when first asked for.
    neighbours: Option<Vec<CellIndex>>,
}

impl Tracer {
    fn follow(&mut self, edge: &Edge) {
        let lon = (edge.to.lon_deg - edge.from.lon_deg).to_radians().abs();
        let [from, to] = [edge.from, edge.to].map(|end| end.lat_deg.to_radians());
        let length = (to - from).hypot(lon * widest_parallel(from, to));
        let lines = (length / self.resolution.edge_length_rads()).max(lon / LONGEST_TURN).ceil().max(1.0);
        let mut start = cell_at(edge.at(0.0), self.resolution);
        self.touched.extend(start);
        let mut step = 0.0;
        while step < lines {
            let s = [step / lines, (step + 1.0) / lines];
            let end = cell_at(edge.at(s[1]), self.resolution);
            self.trace(&Line::new(edge, s), start, end);
            start = end;
            step += 1.0;
        }
    }

    /// Finds all zones that a line touches; `start` and `end` hold its ends.
    fn trace(&mut self, line: &Line, start: Option<CellIndex>, end: Option<CellIndex>) {
        if self.shapes.len() > KEPT_SHAPES {
            self.shapes.clear();
        }
        let (Some(start), Some(end)) = (start, end) else { return };
        if start == end && !self.touches(start, line) {
            return;
        }
        let mut seen = vec![start];
        let mut open = vec![start];
        if end != start {
            seen.push(end);
            open.push(end);
            self.touched.push(end);
        }
        while let Some(cell) = open.pop() {
            for beside in self.neighbours(cell) {
                if seen.contains(&beside) {
                    continue;
                }
                seen.push(beside);
                if self.touches(beside, line) {
                    self.touched.push(beside);
                    open.push(beside);
                }
            }
        }
    }

    fn shape(&mut self, cell: CellIndex) -> &mut Shape {
        self.shapes.entry(cell).or_insert_with(|| {
            let corners: Vec<_> = cell.boundary().iter().map(|&corner| unit_of(corner)).collect();
            let next = corners.iter().cycle().skip(1);
            let arcs = corners.iter().zip(next).map(|(&from, &to)| Arc::new(from, to)).collect();
            Shape { arcs, neighbours: None }
        })
    }

    /// True when a line meets a zone's boundary.
    fn touches(&mut self, cell: CellIndex, line: &Line) -> bool {
        self.shape(cell).arcs.iter().any(|arc| arc.meets(line))
    }

    fn neighbours(&mut self, cell: CellIndex) -> Vec<CellIndex> {
        let find = || cell.grid_disk_safe(1).filter(|&other| other != cell).collect();
        self.shape(cell).neighbours.get_or_insert_with(find).clone()
    }
}

fn cell_at(point: LonLat, resolution: Resolution) -> Option<CellIndex> {
    Some(LatLng::new(point.lat_deg, point.lon_deg % 360.0).ok()?.to_cell(resolution))
}

struct Search<'a> {
    resolution: Resolution,
    outline: &'a Outline,
    containment: Containment,
}

impl Search<'_> {
    /// The zones of the level asked for below a cell.
    fn range(&self, cell: CellIndex) -> std::ops::Range<u64> {
        super::descendants(cell, self.resolution)
    }

    /// Adds what is chosen below a cell; `touched` are those of its descendants that the outline touches, ascending.
    fn descend(&self, cell: CellIndex, touched: &[u64], found: &mut ZoneSet) {
        let range = self.range(cell);
        let inside = || {
            let centre = LatLng::from(cell);
            self.outline.contains(LonLat { lon_deg: centre.lng(), lat_deg: centre.lat() })
        };
        if touched.is_empty() {
            if inside() {
                found.push(range);
            }
        } else if cell.resolution() == self.resolution {
            let chosen = match self.containment {
                Containment::Intersects => true,
                Containment::Centroid => inside(),
                Containment::Within => false,
            };
            if chosen {
                found.push(range);
            }
        } else if let Some(finer) = cell.resolution().succ() {
            for child in cell.children(finer) {
                self.descend(child, within(touched, self.range(child)), found);
            }
        }
    }
}

/// The part of sorted `zones` that lies in `range`.
fn within(zones: &[u64], range: std::ops::Range<u64>) -> &[u64] {
    let first = zones.partition_point(|&zone| zone < range.start);
    let last = zones.partition_point(|&zone| zone < range.end);
    &zones[first..last]
}
