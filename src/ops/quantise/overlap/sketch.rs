//! Many zones at a time, by edges that are one parabola each.

use super::curve::Bend;
use super::{NO_BEND, Overlap, WHOLE_BEND, is_tear, triangle};
use crate::error::Result;
use crate::grid::mesh::NO_ZONE;
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
    /// The mesh's corners and middles of edges in the plane, and the rows of the corners.
    corners: Vec<Point>,
    middles: Vec<Point>,
    rows: Vec<u32>,
    /// What each edge has beyond its chord.
    bends: Vec<Bend>,
    /// One a zone.
    outlines: Vec<Outline>,
    /// How far along the first axis the plane is moved, and what is drawn then.
    turns: Vec<(f64, Coverer<'a>)>,
    /// Those of them that are in use.
    turn_count: usize,
    scratch: Scratch,
}

/// What [`Sketch::draw`] keeps for its next call.
#[derive(Debug, Default)]
struct Scratch {
    corners: Vec<Corner>,
    /// Those between the ends of edges that bend.
    between: Vec<Corner>,
    windows: Vec<Window>,
}

/// What is known of a zone from its edges.
#[derive(Clone, Copy, Debug, Default)]
struct Outline {
    /// It has edges, and all of them are smooth.
    is_smooth: bool,
    is_rough: bool,
    /// On a mapped raster positive when it runs counter-clockwise; on axes all do.
    area: f64,
    /// On a mapped raster, which may be torn, lengths of the longest half of an edge and of all.
    longest: f64,
    length: f64,
}

impl<'a> Sketch<'a> {
    /// Of no zones.
    pub(super) fn new(overlap: &'a Overlap<'_>) -> Self {
        Self {
            lines: [&overlap.columns, &overlap.rows],
            mesh: Mesh::default(),
            corners: Vec::new(),
            middles: Vec::new(),
            rows: Vec::new(),
            bends: Vec::new(),
            outlines: Vec::new(),
            turns: Vec::new(),
            turn_count: 0,
            scratch: Scratch::default(),
        }
    }

    /// Draws those of `zones` whose edges are all smooth.
    pub(super) fn draw(&mut self, overlap: &Overlap<'_>, zones: &[Zone]) -> Result<()> {
        self.outlines.clear();
        self.outlines.resize(zones.len(), Outline::default());
        self.turn_count = 0;
        // Where no edge is far enough from a pole none is smooth.
        if 90.0 * overlap.per_smooth_distance <= 1.0 {
            return Ok(());
        }
        overlap.grid.mesh(overlap.level, zones, &mut self.mesh)?;
        overlap.project_all(&self.mesh.corners, &mut self.corners)?;
        overlap.project_all(&self.mesh.middles, &mut self.middles)?;
        self.look(overlap);
        for shift in overlap.turns(ends_of(self.corners.iter().chain(&self.middles))) {
            if self.turn_count == self.turns.len() {
                let [columns, rows] = self.lines;
                self.turns.push((shift, Coverer::new(columns, rows)));
            }
            self.turns[self.turn_count].0 = shift;
            self.draw_turn(self.turn_count);
            self.turn_count += 1;
        }
        Ok(())
    }

    /// Adds what the zone at this place among the batch covers; false where it is not drawn.
    #[inline]
    pub(super) fn cover(&self, zone: usize, covers: &mut Covers) -> bool {
        let outline = &self.outlines[zone];
        if outline.is_smooth {
            let turns = &self.turns[..self.turn_count];
            turns.iter().for_each(|(_, coverer)| coverer.parts(zone as u32, outline.area < 0.0, covers));
        }
        outline.is_smooth
    }

    /// Looks at each edge: whether it is smooth, and what it adds to the outlines of its zones; and leaves those zones at the
    /// edges that are drawn.
    fn look(&mut self, overlap: &Overlap<'_>) {
        let Self { mesh, corners, middles, rows, bends, outlines, .. } = self;
        rows.clear();
        rows.extend(corners.iter().map(|[_, y]| overlap.rows.pixel_at(*y) as u32));
        bends.clear();
        let is_mapped = matches!(overlap.lattice, Lattice::Mapped(_));
        for ((edge, middle), place) in mesh.edges.iter().zip(middles.iter()).zip(&mesh.middles) {
            let [from, to] = edge.ends.map(|corner| corner as usize);
            let triple = [corners[from], *middle, corners[to]];
            let bend = triangle(&triple);
            let per_height = overlap.rows.per_height(rows[from], rows[to]);
            let latitudes_deg = [mesh.corners[from].lat_deg, place.lat_deg, mesh.corners[to].lat_deg];
            let is_smooth = overlap.is_smooth(latitudes_deg, triple, bend, per_height);
            let per_area = overlap.per_area(per_height);
            let is_bent = bend.abs() * per_area > NO_BEND;
            bends.push(if is_bent { Bend::new(WHOLE_BEND * bend, per_area) } else { Bend::default() });
            for zone in edge.zones {
                if let Some(outline) = outlines.get_mut(zone as usize) {
                    outline.is_smooth = true;
                    outline.is_rough |= !is_smooth;
                }
            }
            if is_mapped {
                let [[x0, y0], [x1, y1], [x2, y2]] = triple;
                let halves = [(x1 - x0).hypot(y1 - y0), (x2 - x1).hypot(y2 - y1)];
                for (zone, way) in edge.zones.into_iter().zip([0.5, -0.5]) {
                    if let Some(outline) = outlines.get_mut(zone as usize) {
                        outline.area += way * (x0 - x2) * (y0 + y2);
                        outline.longest = outline.longest.max(halves[0]).max(halves[1]);
                        outline.length += halves[0] + halves[1];
                    }
                }
            }
        }
        for outline in outlines.iter_mut() {
            outline.is_smooth &= !outline.is_rough && !is_tear(outline.longest, outline.length);
        }
        if !outlines.iter().all(|outline| outline.is_smooth) {
            let is_drawn = |zone: u32| outlines.get(zone as usize).is_some_and(|outline| outline.is_smooth);
            for edge in &mut mesh.edges {
                edge.zones = edge.zones.map(|zone| if is_drawn(zone) { zone } else { NO_ZONE });
            }
        }
    }

    /// Covers pixels with the zones that are drawn, moved along the first axis.
    fn draw_turn(&mut self, turn: usize) {
        let Self { mesh, bends, outlines, scratch: Scratch { corners, between, windows }, .. } = self;
        let (shift, coverer) = &mut self.turns[turn];
        let moved = |[x, y]: Point| [x + *shift, y];
        corners.clear();
        let places = self.corners.iter().zip(&self.rows);
        corners.extend(places.map(|(at, row)| coverer.corner_in(moved(*at), *row)));
        between.clear();
        windows.clear();
        windows.resize(outlines.len(), Window::EMPTY);
        for ((edge, bend), middle) in mesh.edges.iter().zip(bends.iter()).zip(&self.middles) {
            // Of its two ends each zone's outline begins the edge at another one.
            for (zone, corner) in edge.zones.into_iter().zip(edge.ends) {
                if let Some(window) = windows.get_mut(zone as usize) {
                    window.include(&corners[corner as usize]);
                }
            }
            if bend.count() > 0 && edge.zones != [NO_ZONE; 2] {
                let [from, to] = edge.ends.map(|corner| corner as usize);
                let first = between.len();
                let points = [self.corners[from], *middle, self.corners[to]].map(moved);
                bend.corners(points, &corners[from], coverer, between);
                for zone in edge.zones {
                    if let Some(window) = windows.get_mut(zone as usize) {
                        between[first..].iter().for_each(|corner| window.include(corner));
                    }
                }
            }
        }
        coverer.begin(windows);
        let mut rest = &between[..];
        for (edge, bend) in mesh.edges.iter().zip(bends.iter()) {
            if edge.zones == [NO_ZONE; 2] {
                continue;
            }
            let [from, to] = edge.ends.map(|corner| &corners[corner as usize]);
            let (own, others) = rest.split_at(bend.count());
            coverer.curve(from, own, to, bend.area, edge.zones);
            rest = others;
        }
        coverer.close();
    }
}

/// The smallest and the largest longitude, or column, of points.
fn ends_of<'p>(points: impl Iterator<Item = &'p Point>) -> (f64, f64) {
    points.fold((f64::MAX, f64::MIN), |(low, high), [x, _]| (low.min(*x), high.max(*x)))
}

impl Overlap<'_> {
    /// Puts places into the plane, each by itself: `points` become those of `places`.
    fn project_all(&self, places: &[LonLat], points: &mut Vec<Point>) -> Result<()> {
        points.clear();
        match self.lattice {
            Lattice::Axes(_) => {
                points.extend(places.iter().map(|at| [at.lon_deg, self.latitude.sin_authalic(at.lat_deg)]));
                Ok(())
            }
            Lattice::Mapped(mapped) => {
                points.resize(places.len(), NOWHERE);
                mapped.map().positions(places, points)
            }
        }
    }
}
