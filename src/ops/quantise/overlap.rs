//! Which pixels a zone overlaps, and how much of each.
//!
//! On a raster of meridians and parallels a zone is drawn in the plane of longitude and sine of the authalic latitude,
//! where equal areas of the surface are equal and pixels are rectangles. On any other raster it is drawn in the raster's
//! own plane of positions.
//!
//! A zone's edges are curves there. They are drawn through points, an even number of pieces an edge; what the parabola
//! through three points in a row has beyond its chords is added to the pixel of the middle one ([`Coverer::bend`]), as in
//! Simpson's rule. The number of pieces grows until more would change nothing. Zones that share an edge draw it through the
//! same points, so that the parts of a pixel add up to 1 however well or badly a curve is drawn.
//!
//! Most edges of fine levels are nearly straight: one chord and one bend are enough. They are told by their ends and middle
//! alone, a batch of zones at a time ([`Overlap::is_smooth`]); only zones with an edge that is not are drawn by [`Overlap::trace`].

use super::areas::{Areas, of_axes, sampled};
use super::axis::Axis;
use super::coverage::{Corner, Coverer, Lines, Point, Span, shoelace};
use super::lattice::{Lattice, NOWHERE, Position};
use crate::error::Result;
use crate::grid::healpix::latitude::Latitude;
use crate::grid::{Grid, LonLat, Surface, Zone};

/// Change of an edge's area by twice as many points, in parts of a zone's, from which on more are not needed: the error is
/// a fifteenth of it.
const AREA_TOLERANCE: f64 = 1e-9;

/// How far, in pixels, a drawn edge may lie from its curve before bends are added.
const BEND_PIXELS: f64 = 0.1;

/// Edges this many times farther from a pole than a zone is wide are smooth, unless they have a corner: a parabola has their
/// area to less than 1e-9 of a zone's (`tests/ops_overlap.rs` measures it).
const SMOOTH_DISTANCE: f64 = 100.0;

/// The triangle of ends and middle, in parts of a zone, that an edge at [`SMOOTH_DISTANCE`] may have; at larger distances it
/// may have as much less. A larger one is a corner's, where an edge crosses one of a polyhedron; a corner that makes a smaller
/// one adds no more than two thirds of it to the one zone and takes it from the other.
const SMOOTH_BEND: f64 = 2e-3;

/// Bends smaller than this part of a pixel are left out.
const NO_BEND: f64 = 1e-12;

/// What a parabola has beyond its chord, in parts of the triangle of its ends and middle.
const WHOLE_BEND: f64 = 4.0 / 3.0;

/// Pieces that an edge is drawn with at first, and at most.
const PIECES: u32 = 4;
const MOST_PIECES: u32 = 32;

/// At most near a pole, where a short way on the globe is a long one in longitude.
const MOST_PIECES_AT_POLE: u32 = 4096;

/// Sub-zones that stand for a zone that cannot be drawn: so many a pixel, within bounds.
const SAMPLES_A_PIXEL: f64 = 64.0;
const LEAST_SAMPLES: f64 = 256.0;
const MOST_SAMPLES: f64 = 262_144.0;

/// The overlaps of the zones of a level with the pixels of a raster.
pub struct Overlap<'a> {
    grid: &'a dyn Grid,
    level: u8,
    lattice: &'a Lattice,
    latitude: Latitude,
    /// Area of the sphere of radius 1, in square metres of the surface.
    unit_m2: f64,
    zone_count: f64,
    /// Of a zone in the plane of longitude and sine of latitude; infinite where areas of that plane mean nothing.
    mean_area: f64,
    /// One by the distance from a pole, in degrees, from which on edges may be smooth; none is where that is 90 or more.
    per_smooth_distance: f64,
    /// Steps along the first axis longer than this are no steps.
    jump: f64,
    columns: Lines,
    /// One by the width of the column in the middle.
    columns_per_unit: f64,
    rows: Lines,
    areas: Areas,
}

/// What a thread keeps from zone to zone.
#[derive(Debug)]
pub struct Pen<'a> {
    coverer: Coverer<'a>,
    /// The rings of a batch of zones, ends and middle of each edge, on the globe and in the plane, and where each ends.
    batch: (Vec<LonLat>, Vec<Point>, Vec<usize>),
    corners: Vec<Corner>,
    /// The rows of the corners of a ring.
    rows: Vec<u32>,
    places: Vec<LonLat>,
    ring: Vec<Point>,
    /// Pieces of each edge in the ring.
    pieces: usize,
    edges: Vec<Edge>,
}

/// An edge of a ring.
#[derive(Clone, Copy, Debug, Default)]
struct Edge {
    /// Its first point.
    start: usize,
    /// In how many pieces it is drawn, no more than the ring has; 1 where it is smooth, 0 as long as that is open.
    pieces: usize,
}

/// A ring whose edges all are smooth.
#[derive(Clone, Copy, Debug)]
struct Smooth {
    /// Positive when it runs counter-clockwise.
    area: f64,
    /// Smallest and largest longitude, or column.
    ends: (f64, f64),
    /// It has edges that are curves.
    bends: bool,
}

impl<'a> Overlap<'a> {
    /// The overlaps of `grid`'s zones at `level` with the pixels of `lattice`.
    ///
    /// # Errors
    /// A surface without a size; the lattice's map fails.
    pub fn new(grid: &'a dyn Grid, level: u8, lattice: &'a Lattice) -> Result<Self> {
        let (size_m, flattening) = grid.spec().surface.size_and_flattening()?;
        let latitude = match grid.spec().surface {
            Surface::Sphere { .. } => Latitude::new(0.0),
            Surface::Ellipsoid { .. } => Latitude::new(flattening),
        };
        let (columns, rows, areas) = match lattice {
            Lattice::Axes(axes) => of_axes(axes, &latitude),
            Lattice::Mapped(mapped) => {
                let areas = sampled(lattice, mapped, &latitude)?;
                (Lines::new(&Axis::index(lattice.columns())), Lines::new(&Axis::index(lattice.rows())), areas)
            }
        };
        let unit_m2 = latitude.authalic().radius(size_m).powi(2);
        let zone_count = grid.zone_count(level) as f64;
        let mean_area = match lattice {
            Lattice::Axes(_) => 720.0 / zone_count,
            Lattice::Mapped(_) => f64::INFINITY,
        };
        let width_deg = (4.0 * std::f64::consts::PI / zone_count).sqrt().to_degrees();
        let per_smooth_distance = 1.0 / (SMOOTH_DISTANCE * width_deg);
        let (columns_per_unit, jump) = match lattice {
            Lattice::Axes(axes) => (1.0 / axes.lon().pixel_size(), 90.0),
            Lattice::Mapped(_) => (1.0, f64::INFINITY),
        };
        Ok(Self {
            grid,
            level,
            lattice,
            latitude,
            unit_m2,
            zone_count,
            mean_area,
            per_smooth_distance,
            jump,
            columns,
            columns_per_unit,
            rows,
            areas,
        })
    }

    /// What a thread draws with.
    pub fn pen(&self) -> Pen<'_> {
        let coverer = Coverer::new(&self.columns, &self.rows);
        Pen {
            coverer,
            batch: Default::default(),
            corners: Vec::new(),
            rows: Vec::new(),
            places: Vec::new(),
            ring: Vec::new(),
            pieces: 0,
            edges: Vec::new(),
        }
    }

    /// The area of a zone on the sphere of radius 1.
    ///
    /// # Errors
    /// A zone that the grid does not have.
    pub fn zone_area(&self, zone: Zone) -> Result<f64> {
        Ok(self.grid.area_m2(self.level, zone)? / self.unit_m2)
    }

    /// The area of a pixel on the sphere of radius 1.
    #[inline]
    pub fn pixel_area(&self, row: u32, column: u32) -> f64 {
        self.areas.of(row, column)
    }

    /// Appends the pixels that `zone` overlaps to `spans`: of each row from west to east, but once for each turn of
    /// longitude.
    ///
    /// # Errors
    /// A zone that the grid does not have; the lattice's map fails.
    pub fn spans(&self, zone: Zone, pen: &mut Pen<'_>, spans: &mut Vec<Span>) -> Result<()> {
        self.spans_of(&[zone], pen, spans, &mut Vec::new())
    }

    /// Appends those of `zones` to `spans`, and to `ends` how many spans there are after each zone.
    ///
    /// # Errors
    /// As [`Overlap::spans`].
    pub fn spans_of(
        &self,
        zones: &[Zone],
        pen: &mut Pen<'_>,
        spans: &mut Vec<Span>,
        ends: &mut Vec<usize>,
    ) -> Result<()> {
        let (mut places, mut points, mut rings) = std::mem::take(&mut pen.batch);
        places.clear();
        points.clear();
        rings.clear();
        if 90.0 * self.per_smooth_distance > 1.0 {
            self.grid.boundaries(self.level, zones, 2, &mut places, &mut rings)?;
            match self.lattice {
                Lattice::Axes(_) => {
                    points.extend(places.iter().map(|at| [at.lon_deg, self.latitude.sin_authalic(at.lat_deg)]));
                }
                Lattice::Mapped(mapped) => {
                    points.resize(places.len(), NOWHERE);
                    mapped.map().positions(&places, &mut points)?;
                }
            }
        }
        let mut first = 0;
        for (at, zone) in zones.iter().enumerate() {
            let ring = rings.get(at).map(|end| (&places[first..*end], &points[first..*end]));
            first = rings.get(at).copied().unwrap_or(first);
            let smooth = ring.and_then(|(places, points)| Some((points, self.smooth(places, points, &mut pen.rows)?)));
            match smooth {
                Some((points, smooth)) => {
                    self.turns(smooth.ends).for_each(|shift| pen.draw_smooth(points, &smooth, shift, spans));
                }
                None if self.trace(*zone, pen)? => {
                    let is_clockwise = shoelace(&pen.ring) < 0.0;
                    let ends = (f64::MAX, f64::MIN);
                    let ends = pen.ring.iter().fold(ends, |(low, high), [x, _]| (low.min(*x), high.max(*x)));
                    for shift in self.turns(ends) {
                        pen.draw(shift);
                        pen.coverer.finish(is_clockwise, spans);
                    }
                }
                None => self.sample(*zone, spans)?,
            }
            ends.push(spans.len());
        }
        pen.batch = (places, points, rings);
        Ok(())
    }

    /// A ring of ends and middles of edges, where all of them are smooth; `rows` becomes those of the ends.
    fn smooth(&self, places: &[LonLat], points: &[Point], rows: &mut Vec<u32>) -> Option<Smooth> {
        let count = points.len();
        let is_mapped = matches!(self.lattice, Lattice::Mapped(_));
        if !count.is_multiple_of(2)
            || (is_mapped && (points.iter().any(|point| !point[0].is_finite()) || is_torn(points)))
        {
            return None;
        }
        rows.clear();
        rows.extend(points.iter().step_by(2).map(|point| self.rows.pixel_at(point[1]) as u32));
        let origin = points[0];
        let mut found = Smooth { area: 0.0, ends: (origin[0], origin[0]), bends: false };
        for start in (0..count).step_by(2) {
            let end = if start + 2 == count { 0 } else { start + 2 };
            let triple = [points[start], points[start + 1], points[end]];
            let bend = triangle(&triple);
            let per_height = self.rows.per_height(rows[start / 2], rows[end / 2]);
            let latitudes_deg = [places[start].lat_deg, places[start + 1].lat_deg, places[end].lat_deg];
            if !self.is_smooth(latitudes_deg, triple, bend, per_height) {
                return None;
            }
            let [from, middle, to] = triple;
            let chord = (from[0] - origin[0]) * (to[1] - origin[1]) - (to[0] - origin[0]) * (from[1] - origin[1]);
            found.area += 0.5 * chord + WHOLE_BEND * bend;
            found.bends |= bend.abs() * self.columns_per_unit * per_height > NO_BEND;
            let (low, high) = found.ends;
            found.ends = (low.min(from[0]).min(middle[0]), high.max(from[0]).max(middle[0]));
        }
        Some(found)
    }

    /// Whether an edge may be drawn by a chord and a bend, by the latitudes and points of its ends and middle, the area
    /// between these, and one by the height of a row.
    ///
    /// This depends on nothing but the edge, so that both zones that share it draw it alike.
    #[inline]
    fn is_smooth(&self, latitudes_deg: [f64; 3], triple: [Point; 3], bend: f64, per_height: f64) -> bool {
        let [from_deg, middle_deg, to_deg] = latitudes_deg;
        let farthest_deg = from_deg.abs().max(middle_deg.abs()).max(to_deg.abs());
        let distance = (90.0 - farthest_deg) * self.per_smooth_distance;
        // A jump of a turn is no edge.
        let is_jump = (triple[2][0] - triple[0][0]).abs() > self.jump;
        distance >= 1.0
            && !is_jump
            && bend.abs() * distance <= SMOOTH_BEND * self.mean_area
            && self.squared_deviation(triple, bend, per_height) <= BEND_PIXELS * BEND_PIXELS
    }

    /// How far a ring with these ends along the first axis must be moved to lie on the raster: by each of some turns.
    #[inline]
    fn turns(&self, (low, high): (f64, f64)) -> impl Iterator<Item = f64> + use<> {
        let (first, last) = match self.lattice {
            Lattice::Mapped(_) => (0, 0),
            Lattice::Axes(_) => {
                let (west, east) = self.columns.ends();
                (((west - high) / 360.0).ceil() as i64, ((east - low) / 360.0).floor() as i64)
            }
        };
        (first..=last).map(|turn| 360.0 * turn as f64)
    }

    /// Draws the zone's ring in the plane, each edge through as many points as it needs; false where it cannot be drawn.
    ///
    /// What an edge needs depends on nothing but the edge, so that both zones that share it draw it alike.
    fn trace(&self, zone: Zone, pen: &mut Pen<'_>) -> Result<bool> {
        let mut pieces = PIECES;
        pen.edges.clear();
        loop {
            pen.places = self.grid.boundary(self.level, zone, pieces)?;
            if !self.project(pen)? {
                return Ok(false);
            }
            pen.pieces = pieces as usize;
            let Some(starts) = starts_of_edges(&pen.places, pen.pieces) else {
                // A ring whose edges cannot be told apart, as it goes through a pole: through many points, without bends.
                if pieces < MOST_PIECES_AT_POLE {
                    pieces = MOST_PIECES_AT_POLE;
                    continue;
                }
                pen.edges.clear();
                break;
            };
            if pen.edges.len() != starts.len() {
                pen.edges = starts.iter().map(|_| Edge::default()).collect();
            }
            let mut is_done = true;
            for (at, start) in starts.into_iter().enumerate() {
                pen.edges[at].start = start;
                if pen.edges[at].pieces != 0 {
                    continue;
                }
                if pieces == PIECES && self.is_smooth_in(pen, start) {
                    pen.edges[at].pieces = 1;
                } else if self.is_drawn_well(pen, start) {
                    pen.edges[at].pieces = pen.pieces;
                } else {
                    is_done = false;
                }
            }
            if is_done {
                break;
            }
            pieces *= 2;
        }
        Ok(true)
    }

    /// Puts the places into the plane, longitudes without jumps; false where they are not all on it.
    fn project(&self, pen: &mut Pen<'_>) -> Result<bool> {
        match self.lattice {
            Lattice::Axes(_) => {
                pen.ring.clear();
                let mut before = pen.places.first().map_or(0.0, |place| place.lon_deg);
                for place in &pen.places {
                    let turns = ((place.lon_deg - before) / 360.0).round();
                    before = place.lon_deg - 360.0 * turns;
                    pen.ring.push([before, self.latitude.sin_authalic(place.lat_deg)]);
                }
                close_over_pole(&mut pen.ring);
                Ok(true)
            }
            Lattice::Mapped(mapped) => {
                pen.ring.resize(pen.places.len(), NOWHERE);
                mapped.map().positions(&pen.places, &mut pen.ring)?;
                Ok(pen.ring.iter().all(|position| position[0].is_finite()) && !is_torn(&pen.ring))
            }
        }
    }

    /// Whether the edge from a point of the ring on needs no more points: half as many would give the same area, and
    /// between them the curve lies within [`BEND_PIXELS`]; or it has as many as an edge may have.
    fn is_drawn_well(&self, pen: &Pen<'_>, start: usize) -> bool {
        let point = |at: usize| pen.ring[(start + at) % pen.ring.len()];
        let triple = |at: usize, step: usize| [point(at), point(at + step), point(at + 2 * step)];
        // The area beyond the edge's chord, by Simpson's rule.
        let area = |step: usize| {
            let ends = [point(0), point(pen.pieces)];
            let under = |a: Point, b: Point| (b[0] - a[0]) * ((a[1] - ends[0][1]) + (b[1] - ends[0][1])) / 2.0;
            let chords: f64 = (0..pen.pieces).step_by(step).map(|at| under(point(at), point(at + step))).sum();
            let bends: f64 = (0..pen.pieces).step_by(2 * step).map(|at| shoelace(&triple(at, step))).sum();
            under(ends[0], ends[1]) - chords + bends / 3.0
        };
        let squared_deviation = |at: usize| {
            let triple = triple(at, 1);
            let row = self.rows.pixel_at(triple[1][1]) as u32;
            self.squared_deviation(triple, shoelace(&triple), self.rows.per_height(row, row))
        };
        let deviation = (0..pen.pieces).step_by(2).map(squared_deviation).fold(0.0, f64::max).sqrt();
        if (area(1) - area(2)).abs() <= AREA_TOLERANCE * self.mean_area && deviation <= BEND_PIXELS {
            return true;
        }
        // The end of the last edge is the first point, or it again where a ring was closed over a pole.
        let places = (0..=pen.pieces).map(|at| pen.places[(start + at) % pen.places.len()]);
        let nearest_pole = places.map(|place| 90.0 - place.lat_deg.abs()).fold(90.0, f64::min).to_radians();
        let near_pole = nearest_pole.powi(2) < 8.0 * 4.0 * std::f64::consts::PI / self.zone_count;
        pen.pieces as u32 >= if near_pole { MOST_PIECES_AT_POLE } else { MOST_PIECES }
    }

    /// [`Overlap::is_smooth`] of an edge of the pen's ring.
    fn is_smooth_in(&self, pen: &Pen<'_>, start: usize) -> bool {
        let at = [0, pen.pieces / 2, pen.pieces].map(|step| (start + step) % pen.ring.len());
        let triple = at.map(|at| pen.ring[at]);
        let [from, to] = [triple[0], triple[2]].map(|point| self.rows.pixel_at(point[1]) as u32);
        let latitudes_deg = at.map(|at| pen.places.get(at).map_or(90.0, |place| place.lat_deg));
        self.is_smooth(latitudes_deg, triple, triangle(&triple), self.rows.per_height(from, to))
    }

    /// The square of how far from its chord, in pixels, the middle of three points lies that have this area; `per_height`
    /// is one by the height of a row.
    #[inline]
    fn squared_deviation(&self, [a, _, c]: [Point; 3], area: f64, per_height: f64) -> f64 {
        let per_width = self.columns_per_unit;
        let (width, height) = ((c[0] - a[0]) * per_width, (c[1] - a[1]) * per_height);
        let squared_length = width * width + height * height;
        let twice = 2.0 * area * per_width * per_height;
        if squared_length > 0.0 { twice * twice / squared_length } else { 0.0 }
    }

    /// The pixels of a zone that the raster's plane tears apart, or that is not all on it: those that hold the centroids
    /// of its sub-zones, each sub-zone a share of the zone's area.
    fn sample(&self, zone: Zone, spans: &mut Vec<Span>) -> Result<()> {
        let zone_area = self.zone_area(zone)?;
        let middle = self.pixel_area(self.lattice.rows() as u32 / 2, self.lattice.columns() as u32 / 2);
        let wanted = (zone_area / middle * SAMPLES_A_PIXEL).clamp(LEAST_SAMPLES, MOST_SAMPLES);
        let finer = |level: u8| self.grid.zone_count(level) as f64 / self.zone_count;
        let finest = self.grid.max_level();
        let sub_level = (self.level..finest).find(|level| finer(*level) >= wanted).unwrap_or(finest);
        let zones: Vec<Zone> = self.grid.sub_zones(self.level, zone, sub_level)?.iter().collect();
        let mut places = vec![LonLat::default(); zones.len()];
        self.grid.centroids(sub_level, &zones, &mut places)?;
        let mut positions = vec![NOWHERE; zones.len()];
        self.lattice.positions(&places, &mut positions)?;
        let share = zone_area / zones.len() as f64;
        let inside = positions.iter().filter(|position| position[0].is_finite());
        let mut pixels: Vec<(u32, u32)> = inside.map(|&[column, row]| (row as u32, column as u32)).collect();
        pixels.sort_unstable();
        for run in pixels.chunk_by(|a, b| a == b) {
            let (row, column) = run[0];
            let fraction = (share * run.len() as f64 / self.pixel_area(row, column)).min(1.0);
            spans.push(Span { row, start: column, end: column + 1, fraction });
        }
        Ok(())
    }
}

impl Pen<'_> {
    /// Covers pixels with a ring of ends and middles of edges, each drawn by a chord and a bend, moved along the first axis.
    fn draw_smooth(&mut self, points: &[Point], smooth: &Smooth, shift: f64, spans: &mut Vec<Span>) {
        let Self { coverer, corners, rows, .. } = self;
        corners.clear();
        let ends = points.iter().step_by(2).zip(rows.iter());
        corners.extend(ends.map(|([x, y], row)| coverer.corner_in([x + shift, *y], *row)));
        let count = corners.len();
        if smooth.bends {
            corners.extend(points.iter().skip(1).step_by(2).map(|[x, y]| coverer.corner([x + shift, *y])));
        }
        coverer.begin(corners);
        if let Some(span) = coverer.only_pixel(corners, smooth.area.abs()) {
            spans.push(span);
            return;
        }
        for start in 0..count {
            let end = if start + 1 == count { 0 } else { start + 1 };
            coverer.edge(&corners[start], &corners[end]);
            if smooth.bends {
                let triple = [points[2 * start], points[2 * start + 1], points[2 * end]];
                coverer.bend(&corners[count + start], WHOLE_BEND * triangle(&triple));
            }
        }
        coverer.finish(smooth.area < 0.0, spans);
    }

    /// Gives the ring to the coverer, moved along the first axis.
    fn draw(&mut self, shift: f64) {
        let Self { coverer, corners, ring, edges, pieces, .. } = self;
        corners.clear();
        corners.extend(ring.iter().map(|[x, y]| coverer.corner([x + shift, *y])));
        coverer.begin(corners);
        let count = ring.len();
        let mut drawn = 0;
        for edge in edges.iter() {
            // What lies between edges is a pole's line.
            (drawn..edge.start).for_each(|at| coverer.edge(&corners[at % count], &corners[(at + 1) % count]));
            drawn = edge.start + *pieces;
            if edge.pieces == 1 {
                let [from, middle, to] = [edge.start, edge.start + *pieces / 2, drawn].map(|at| at % count);
                coverer.edge(&corners[from], &corners[to]);
                coverer.bend(&corners[middle], WHOLE_BEND * triangle(&[ring[from], ring[middle], ring[to]]));
                continue;
            }
            let step = *pieces / edge.pieces;
            for at in (edge.start..drawn).step_by(2 * step) {
                let [from, middle, to] = [at, at + step, at + 2 * step].map(|at| at % count);
                coverer.edge(&corners[from], &corners[middle]);
                coverer.edge(&corners[middle], &corners[to]);
                coverer.bend(&corners[middle], shoelace(&[ring[from], ring[middle], ring[to]]) / 3.0);
            }
        }
        (drawn..count).for_each(|at| coverer.edge(&corners[at], &corners[(at + 1) % count]));
    }
}

/// The signed area of a triangle, as [`shoelace`] has it; of one that is run the other way the same but for the sign.
#[inline]
fn triangle([a, b, c]: &[Point; 3]) -> f64 {
    // From the middle point on: both ways it is the same two differences.
    0.5 * ((c[0] - b[0]) * (a[1] - b[1]) - (a[0] - b[0]) * (c[1] - b[1]))
}

/// Where the edges of a ring begin that has `pieces` pieces in each; `None` where that cannot be told.
fn starts_of_edges(ring: &[LonLat], pieces: usize) -> Option<Vec<usize>> {
    let at_pole = |at: usize| ring[at].lat_deg.abs() == 90.0;
    let edges = ring.len() / pieces;
    match ring.len() % pieces {
        0 => Some((0..edges).map(|edge| edge * pieces).collect()),
        // A corner at a pole is two points.
        1 => {
            let corner = (0..ring.len() - 1).find(|at| at_pole(*at) && at_pole(at + 1))?;
            let start = |edge: usize| edge * pieces + usize::from(edge * pieces >= corner && corner > 0);
            match corner {
                0 => Some((0..edges).map(|edge| edge * pieces + 1).collect()),
                _ if corner % pieces == 0 => Some((0..edges).map(start).collect()),
                _ => None,
            }
        }
        // A ring that was closed over a pole: its first point again, and the pole's line.
        3 if at_pole(ring.len() - 1) && at_pole(ring.len() - 2) => Some((0..edges).map(|edge| edge * pieces).collect()),
        _ => None,
    }
}

/// Closes a ring that goes around a pole over the pole's line.
fn close_over_pole(ring: &mut Vec<Point>) {
    let (Some(&[first, height]), Some(&[last, _])) = (ring.first(), ring.last()) else { return };
    let turns = ((last - first) / 360.0).round();
    if turns == 0.0 {
        return;
    }
    let lon = first + 360.0 * turns;
    // Counter-clockwise seen from outside: eastward around the north pole.
    let pole = 1f64.copysign(turns);
    ring.extend([[lon, height], [lon, pole], [first, pole]]);
}

/// True when a step from one point of a ring to the next is much of the whole way around: the plane is torn there.
fn is_torn(ring: &[Position]) -> bool {
    let steps = ring.iter().zip(ring.iter().cycle().skip(1)).map(|(a, b)| (b[0] - a[0]).hypot(b[1] - a[1]));
    let (longest, all) = steps.fold((0.0f64, 0.0), |(longest, all), step| (longest.max(step), all + step));
    longest > 0.25 * all && longest > 2.0
}
