//! Many zones at a time, by edges that are one parabola each.

use super::curve::Bend;
use super::{NO_BEND, Overlap, SMOOTH_BEND, WHOLE_BEND, is_tear, triangle};
use crate::error::Result;
use crate::grid::mesh::{MeshPoint, NO_ZONE};
use crate::grid::{LonLat, Mesh, Zone};
use crate::ops::quantise::coverage::{Corner, Coverer, Point, Window};
use crate::ops::quantise::covers::Covers;
use crate::ops::quantise::lattice::{Lattice, NOWHERE};
use crate::ops::quantise::lines::Lines;

/// The zones of a batch in the plane.
#[derive(Debug)]
pub(super) struct Sketch<'a> {
    /// The lines of columns and rows.
    lines: [&'a Lines; 2],
    mesh: Mesh,
    plane: Plane,
    /// What each edge has beyond its chord.
    bends: Vec<Bend>,
    /// Zones that have an edge which is not smooth, or that are torn.
    is_rough: Vec<bool>,
    /// Zones that have edges which are drawn, where nothing is drawn as all of them lie beside the raster.
    is_beside: Vec<bool>,
    /// One a zone, on a mapped raster.
    outlines: Vec<Outline>,
    /// How far along the first axis the plane is moved, and what is drawn then.
    turns: Vec<(f64, Coverer<'a>)>,
    /// Those of them that are in use.
    turn_count: usize,
    scratch: Scratch,
}

/// The mesh's meridians and parallels in the plane. On a mapped raster, where they are none, each point has its own.
#[derive(Debug, Default)]
struct Plane {
    xs: Vec<f64>,
    ys: Vec<f64>,
    /// The rows that hold them.
    rows: Vec<u32>,
}

/// What [`Sketch::draw`] keeps for its next call.
#[derive(Debug, Default)]
struct Scratch {
    corners: Vec<Corner>,
    /// Those between the chords of edges that bend.
    joints: Vec<Corner>,
    windows: Vec<Window>,
}

/// The outline of a zone on a mapped raster.
#[derive(Clone, Copy, Debug, Default)]
struct Outline {
    /// Positive when it runs counter-clockwise; on axes all do.
    area: f64,
    /// Lengths of the longest half of an edge and of all: the raster may be torn there.
    longest: f64,
    length: f64,
}

impl<'a> Sketch<'a> {
    /// Of no zones.
    pub(super) fn new(overlap: &'a Overlap<'_>) -> Self {
        Self {
            lines: [&overlap.columns, &overlap.rows],
            mesh: Mesh::default(),
            plane: Plane::default(),
            bends: Vec::new(),
            is_rough: Vec::new(),
            is_beside: Vec::new(),
            outlines: Vec::new(),
            turns: Vec::new(),
            turn_count: 0,
            scratch: Scratch::default(),
        }
    }

    /// Draws those of `zones` whose edges are all smooth.
    pub(super) fn draw(&mut self, overlap: &Overlap<'_>, zones: &[Zone]) -> Result<()> {
        self.is_rough.clear();
        self.is_rough.resize(zones.len(), false);
        self.outlines.clear();
        if matches!(overlap.lattice, Lattice::Mapped(_)) {
            self.outlines.resize(zones.len(), Outline::default());
        }
        self.turn_count = 0;
        self.is_beside.clear();
        // Where no edge is far enough from a pole none is smooth.
        if 90.0 * overlap.per_smooth_distance <= 1.0 {
            return Ok(());
        }
        overlap.grid.mesh(overlap.level, zones, &mut self.mesh)?;
        self.plane.project(overlap, &mut self.mesh)?;
        self.look(overlap);
        for shift in overlap.turns(self.plane.ends()) {
            if self.turn_count == self.turns.len() {
                let [columns, rows] = self.lines;
                self.turns.push((shift, Coverer::new(columns, rows)));
            }
            self.turns[self.turn_count].0 = shift;
            self.draw_turn(self.turn_count);
            self.turn_count += 1;
        }
        if self.turn_count == 0 {
            self.is_beside.resize(zones.len(), false);
            for zone in self.mesh.edges.iter().flat_map(|edge| edge.zones) {
                if let Some(is_beside) = self.is_beside.get_mut(zone as usize) {
                    *is_beside = true;
                }
            }
        }
        Ok(())
    }

    /// Adds what the zone at this place among the batch covers; false where it is not drawn.
    #[inline]
    pub(super) fn cover(&self, zone: usize, covers: &mut Covers) -> bool {
        let clockwise = self.outlines.get(zone).is_some_and(|outline| outline.area < 0.0);
        let mut is_drawn = self.is_beside.get(zone) == Some(&true);
        for (_, coverer) in &self.turns[..self.turn_count] {
            is_drawn |= coverer.parts(zone as u32, clockwise, covers);
        }
        is_drawn
    }

    /// Looks at each edge: whether it is smooth, and what it adds to the outlines of its zones; and takes zones that are not
    /// drawn from the edges.
    fn look(&mut self, overlap: &Overlap<'_>) {
        let Self { mesh: Mesh { lats_deg, corners, middles, edges, .. }, plane, bends, is_rough, outlines, .. } = self;
        bends.clear();
        let is_mapped = matches!(overlap.lattice, Lattice::Mapped(_));
        let straight = overlap.straight_bend(lats_deg, plane);
        for (edge, middle) in edges.iter().zip(middles.iter()) {
            let [from, to] = edge.ends.map(|corner| &corners[corner as usize]);
            let points = [from, middle, to];
            let triple = points.map(|point| plane.at(point));
            let bend = triangle(&triple);
            let (mut is_smooth, mut drawn) = (true, Bend::default());
            if bend.abs() > straight || is_mapped {
                let [first, last] = [from, to].map(|corner| plane.rows[corner.parallel as usize]);
                let per_height = overlap.rows.per_height(first, last);
                let latitudes_deg = points.map(|point| lats_deg[point.parallel as usize]);
                is_smooth = overlap.is_smooth(latitudes_deg, triple, bend, per_height);
                let per_area = overlap.per_area(per_height);
                if bend.abs() * per_area > NO_BEND {
                    drawn = Bend::new(WHOLE_BEND * bend, per_area);
                }
            }
            bends.push(drawn);
            if !is_smooth {
                for zone in edge.zones {
                    if let Some(is_rough) = is_rough.get_mut(zone as usize) {
                        *is_rough = true;
                    }
                }
            }
            if is_mapped {
                let [[x0, y0], [x1, y1], [x2, y2]] = triple;
                let length = |x: f64, y: f64| (x * x + y * y).sqrt();
                let halves = [length(x1 - x0, y1 - y0), length(x2 - x1, y2 - y1)];
                for (zone, way) in edge.zones.into_iter().zip([0.5, -0.5]) {
                    if let Some(outline) = outlines.get_mut(zone as usize) {
                        outline.area += way * (x0 - x2) * (y0 + y2);
                        outline.longest = outline.longest.max(halves[0]).max(halves[1]);
                        outline.length += halves[0] + halves[1];
                    }
                }
            }
        }
        for (outline, is_rough) in outlines.iter().zip(is_rough.iter_mut()) {
            *is_rough |= is_tear(outline.longest, outline.length);
        }
        if is_rough.contains(&true) {
            let is_drawn = |zone: u32| is_rough.get(zone as usize) == Some(&false);
            for edge in edges {
                edge.zones = edge.zones.map(|zone| if is_drawn(zone) { zone } else { NO_ZONE });
            }
        }
    }

    /// Covers pixels with the zones that are drawn, moved along the first axis.
    fn draw_turn(&mut self, turn: usize) {
        let Self { mesh, plane, bends, is_rough, .. } = self;
        let Scratch { corners, joints, windows } = &mut self.scratch;
        let (shift, coverer) = &mut self.turns[turn];
        let moved = |[x, y]: Point| [x + *shift, y];
        corners.clear();
        corners.extend(mesh.corners.iter().map(|point| {
            let row = plane.rows[point.parallel as usize];
            coverer.corner_in(moved(plane.at(point)), row)
        }));
        joints.clear();
        windows.clear();
        windows.resize(is_rough.len(), Window::EMPTY);
        for ((edge, bend), middle) in mesh.edges.iter().zip(bends.iter()).zip(&mesh.middles) {
            // Of its two ends each zone's outline begins the edge at another one.
            for (zone, corner) in edge.zones.into_iter().zip(edge.ends) {
                if let Some(window) = windows.get_mut(zone as usize) {
                    window.include(&corners[corner as usize]);
                }
            }
            if bend.count() > 0 && edge.zones != [NO_ZONE; 2] {
                let [from, to] = edge.ends.map(|end| &mesh.corners[end as usize]);
                let first = joints.len();
                bend.joints([from, middle, to].map(|point| moved(plane.at(point))), coverer, joints);
                for zone in edge.zones {
                    if let Some(window) = windows.get_mut(zone as usize) {
                        joints[first..].iter().for_each(|joint| window.include(joint));
                    }
                }
            }
        }
        coverer.begin(windows);
        let mut rest = &joints[..];
        for (edge, bend) in mesh.edges.iter().zip(bends.iter()) {
            if edge.zones == [NO_ZONE; 2] {
                continue;
            }
            let [from, to] = edge.ends.map(|corner| &corners[corner as usize]);
            let (own, others) = rest.split_at(bend.count());
            bend.draw(from, own, to, edge.zones, coverer);
            rest = others;
        }
        coverer.close();
    }
}

impl Plane {
    /// Becomes that of `mesh`.
    fn project(&mut self, overlap: &Overlap<'_>, mesh: &mut Mesh) -> Result<()> {
        let Self { xs, ys, rows } = self;
        xs.clear();
        ys.clear();
        match overlap.lattice {
            Lattice::Axes(_) => {
                xs.extend_from_slice(&mesh.lons_deg);
                ys.extend(mesh.lats_deg.iter().map(|lat_deg| overlap.latitude.sin_authalic(*lat_deg)));
            }
            Lattice::Mapped(mapped) => {
                mesh.separate();
                let places = mesh.lons_deg.iter().zip(&mesh.lats_deg);
                let places: Vec<LonLat> = places.map(|(&lon_deg, &lat_deg)| LonLat { lon_deg, lat_deg }).collect();
                let mut positions = vec![NOWHERE; places.len()];
                mapped.map().positions(&places, &mut positions)?;
                xs.extend(positions.iter().map(|[x, _]| x));
                ys.extend(positions.iter().map(|[_, y]| y));
            }
        }
        rows.clear();
        rows.extend(ys.iter().map(|y| overlap.rows.pixel_at(*y) as u32));
        Ok(())
    }

    #[inline]
    fn at(&self, point: &MeshPoint) -> Point {
        [self.xs[point.meridian as usize], self.ys[point.parallel as usize]]
    }

    /// The smallest and the largest longitude, or column.
    fn ends(&self) -> (f64, f64) {
        self.xs.iter().fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(*x), high.max(*x)))
    }
}

impl Overlap<'_> {
    /// The bend up to which all edges of a mesh are smooth and straight, whatever else there is to know of them; negative where
    /// there is none.
    fn straight_bend(&self, lats_deg: &[f64], plane: &Plane) -> f64 {
        let farthest_deg = lats_deg.iter().fold(0f64, |farthest, lat_deg| farthest.max(lat_deg.abs()));
        let distance = (90.0 - farthest_deg) * self.per_smooth_distance;
        let per_height = plane.rows.iter().fold(0f64, |most, row| most.max(self.rows.per_height(*row, *row)));
        let per_area = self.per_area(per_height);
        let bend = NO_BEND / per_area;
        let (low, high) = plane.ends();
        // So small a bend is near its chord, unless pixels are nothing beside a zone.
        let is_smooth = distance >= 1.0 && high - low <= self.jump && self.mean_area * per_area <= 1e12;
        let is_flat = 90.0 * self.per_smooth_distance * bend <= SMOOTH_BEND * self.mean_area;
        if is_smooth && is_flat { bend } else { -1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid;
    use crate::ops::quantise::axis::Axis;
    use crate::ops::quantise::lattice::Axes;

    #[test]
    fn zones_beside_the_raster_are_drawn_and_cover_nothing() {
        let (family, dggrs) = grid::family_of("HEALPix").unwrap();
        let grid = family.grid(&family.default_spec(dggrs)).unwrap();
        let lon = Axis::Regular { first: 10.0, step: 0.5, count: 20 };
        let lat = Axis::Regular { first: 10.0, step: -0.5, count: 20 };
        let lattice = Lattice::Axes(Axes::new(lon, lat).unwrap());
        let level = 7;
        let overlap = Overlap::new(&*grid, level, &lattice).unwrap();
        let mut sketch = Sketch::new(&overlap);
        // Around 90, 180 and 270 degrees east of it, and around the pole, whose zones are not smooth.
        for (base, expected) in [(5, true), (6, true), (7, true), (1, false)] {
            let last = (base + 1) << (2 * level);
            let zones = if expected { last - 5000..last - 4900 } else { last - 10..last };
            let zones: Vec<Zone> = zones.map(Zone).collect();
            sketch.draw(&overlap, &zones).unwrap();
            let mut covers = Covers::default();
            for zone in 0..zones.len() {
                assert_eq!(sketch.cover(zone, &mut covers), expected, "base zone {base}");
                covers.end_zone();
                assert_eq!(covers.spans(zone).count(), 0);
            }
        }
    }
}
