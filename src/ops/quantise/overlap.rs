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

use super::axis::Axis;
use super::coverage::{Coverer, Point, Span, shoelace};
use super::lattice::{Axes, Lattice, Mapped, NOWHERE, Position, unit};
use crate::error::Result;
use crate::grid::authalic::Authalic;
use crate::grid::{Grid, LonLat, Surface, Zone};

/// Change of an edge's area by twice as many points, in parts of a zone's, from which on more are not needed: the error is
/// a fifteenth of it.
const AREA_TOLERANCE: f64 = 1e-9;

/// How far, in pixels, a drawn edge may lie from its curve before bends are added.
const BEND_PIXELS: f64 = 0.1;

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
    authalic: Authalic,
    /// Area of the sphere of radius 1, in square metres of the surface.
    unit_m2: f64,
    zone_count: f64,
    /// Of a zone in the plane of longitude and sine of latitude; infinite where areas of that plane mean nothing.
    mean_area: f64,
    columns: Axis,
    rows: Axis,
    areas: Areas,
}

/// Areas of pixels on the sphere of radius 1.
#[derive(Debug)]
enum Areas {
    /// The product of a column's and a row's.
    Axes { widths: Vec<f64>, heights: Vec<f64> },
    /// At every `step`-th pixel, in between by its neighbours.
    Sampled { step: usize, columns: usize, rows: usize, areas: Vec<f64> },
}

/// What a thread keeps from zone to zone.
#[derive(Debug)]
pub struct Pen<'a> {
    coverer: Coverer<'a>,
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
    /// In how many pieces it is drawn, no more than the ring has; 0 as long as that is open.
    pieces: usize,
}

impl<'a> Overlap<'a> {
    /// The overlaps of `grid`'s zones at `level` with the pixels of `lattice`.
    ///
    /// # Errors
    /// A surface without a size; the lattice's map fails.
    pub fn new(grid: &'a dyn Grid, level: u8, lattice: &'a Lattice) -> Result<Self> {
        let (size_m, flattening) = grid.spec().surface.size_and_flattening()?;
        let authalic = match grid.spec().surface {
            Surface::Sphere { .. } => Authalic::sphere(),
            Surface::Ellipsoid { .. } => Authalic::new(flattening),
        };
        let (columns, rows, areas) = match lattice {
            Lattice::Axes(axes) => of_axes(axes, &authalic),
            Lattice::Mapped(mapped) => {
                let areas = sampled(lattice, mapped, &authalic)?;
                (Axis::index(lattice.columns()), Axis::index(lattice.rows()), areas)
            }
        };
        let unit_m2 = authalic.radius(size_m).powi(2);
        let zone_count = grid.zone_count(level) as f64;
        let mean_area = match lattice {
            Lattice::Axes(_) => 720.0 / zone_count,
            Lattice::Mapped(_) => f64::INFINITY,
        };
        Ok(Self { grid, level, lattice, authalic, unit_m2, zone_count, mean_area, columns, rows, areas })
    }

    /// What a thread draws with.
    pub fn pen(&self) -> Pen<'_> {
        let coverer = Coverer::new(&self.columns, &self.rows);
        Pen { coverer, places: Vec::new(), ring: Vec::new(), pieces: 0, edges: Vec::new() }
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
        match &self.areas {
            Areas::Axes { widths, heights } => widths[column as usize] * heights[row as usize],
            Areas::Sampled { step, columns, rows, areas } => {
                let node = |at: u32, count: usize| {
                    let at = f64::from(at) / *step as f64;
                    let first = (at as usize).min(count - 2);
                    (first, at - first as f64)
                };
                let ((c, x), (r, y)) = (node(column, *columns), node(row, *rows));
                let at = |r: usize, c: usize| areas[r * columns + c];
                let line = |r: usize| at(r, c) + x * (at(r, c + 1) - at(r, c));
                line(r) + y * (line(r + 1) - line(r))
            }
        }
    }

    /// Appends the pixels that `zone` overlaps to `spans`: of each row from west to east, but once for each turn of
    /// longitude.
    ///
    /// # Errors
    /// A zone that the grid does not have; the lattice's map fails.
    pub fn spans(&self, zone: Zone, pen: &mut Pen<'_>, spans: &mut Vec<Span>) -> Result<()> {
        match self.lattice {
            Lattice::Axes(_) => self.on_axes(zone, pen, spans),
            Lattice::Mapped(_) => self.on_map(zone, pen, spans),
        }
    }

    fn on_axes(&self, zone: Zone, pen: &mut Pen<'_>, spans: &mut Vec<Span>) -> Result<()> {
        self.trace(zone, pen)?;
        let clockwise = shoelace(&pen.ring) < 0.0;
        let ends = pen.ring.iter().fold((f64::MAX, f64::MIN), |(low, high), [x, _]| (low.min(*x), high.max(*x)));
        let (west, east) = self.columns.ends();
        let first_turn = ((west - ends.1) / 360.0).ceil() as i64;
        let last_turn = ((east - ends.0) / 360.0).floor() as i64;
        for turn in first_turn..=last_turn {
            pen.draw(360.0 * turn as f64);
            pen.coverer.finish(clockwise, spans);
        }
        Ok(())
    }

    fn on_map(&self, zone: Zone, pen: &mut Pen<'_>, spans: &mut Vec<Span>) -> Result<()> {
        if !self.trace(zone, pen)? {
            return self.sample(zone, spans);
        }
        pen.draw(0.0);
        pen.coverer.finish(shoelace(&pen.ring) < 0.0, spans);
        Ok(())
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
            for at in 0..starts.len() {
                pen.edges[at].start = starts[at];
                if pen.edges[at].pieces == 0 {
                    match self.is_drawn_well(pen, starts[at]) {
                        true => pen.edges[at].pieces = pen.pieces,
                        false => is_done = false,
                    }
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
                    pen.ring.push([before, sin_authalic(&self.authalic, place.lat_deg)]);
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
        let deviation = (0..pen.pieces).step_by(2).map(|at| self.deviation(triple(at, 1))).fold(0.0, f64::max);
        if (area(1) - area(2)).abs() <= AREA_TOLERANCE * self.mean_area && deviation <= BEND_PIXELS {
            return true;
        }
        // The end of the last edge is the first point, or it again where a ring was closed over a pole.
        let places = (0..=pen.pieces).map(|at| pen.places[(start + at) % pen.places.len()]);
        let nearest_pole = places.map(|place| 90.0 - place.lat_deg.abs()).fold(90.0, f64::min).to_radians();
        let near_pole = nearest_pole.powi(2) < 8.0 * 4.0 * std::f64::consts::PI / self.zone_count;
        pen.pieces as u32 >= if near_pole { MOST_PIECES_AT_POLE } else { MOST_PIECES }
    }

    /// How far from its chord, in pixels, the middle of three points lies.
    fn deviation(&self, [a, b, c]: [Point; 3]) -> f64 {
        let (width, height) = match self.lattice {
            Lattice::Mapped(_) => (1.0, 1.0),
            Lattice::Axes(axes) => {
                let row = (self.rows.position(b[1]).max(0.0) as usize).min(self.rows.count() - 1);
                (axes.lon().pixel_size(), (self.rows.edge(row + 1) - self.rows.edge(row)).abs())
            }
        };
        let length = ((c[0] - a[0]) / width).hypot((c[1] - a[1]) / height);
        if length > 0.0 { (2.0 * shoelace(&[a, b, c]) / (width * height * length)).abs() } else { 0.0 }
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
    /// Gives the ring to the coverer, moved along the first axis.
    fn draw(&mut self, shift: f64) {
        let Self { coverer, ring, edges, pieces, .. } = self;
        let count = ring.len();
        let point = |at: usize| {
            let [x, y] = ring[at % count];
            [x + shift, y]
        };
        let mut drawn = 0;
        for edge in edges.iter() {
            // What lies between edges is a pole's line.
            (drawn..edge.start).for_each(|at| coverer.edge(point(at), point(at + 1)));
            drawn = edge.start + *pieces;
            let step = *pieces / edge.pieces;
            for at in (edge.start..drawn).step_by(2 * step) {
                let triple = [point(at), point(at + step), point(at + 2 * step)];
                coverer.edge(triple[0], triple[1]);
                coverer.edge(triple[1], triple[2]);
                coverer.bend(triple[1], shoelace(&triple) / 3.0);
            }
        }
        (drawn..count).for_each(|at| coverer.edge(point(at), point(at + 1)));
    }
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

/// Sine of the authalic latitude, exact at the poles.
fn sin_authalic(authalic: &Authalic, lat_deg: f64) -> f64 {
    if lat_deg.abs() >= 90.0 { 1f64.copysign(lat_deg) } else { authalic.sin_authalic(lat_deg.to_radians().sin()) }
}

/// Columns in degrees, no more than a turn of them; rows in sines of authalic latitudes, cut at the poles.
fn of_axes(axes: &Axes, authalic: &Authalic) -> (Axis, Axis, Areas) {
    let columns = axes.lon().clone().truncated(axes.turn_columns());
    let first = columns.edge(0);
    let (low, high) = columns.ends();
    let columns = if high - low > 360.0 || axes.is_whole_turn() {
        // The last line is the first one, a turn on.
        let last = first + if columns.ascends() { 360.0 } else { -360.0 };
        let mut edges: Vec<f64> = (0..=columns.count()).map(|index| columns.edge(index)).collect();
        *edges.last_mut().expect("an axis has edges") = last;
        Axis::Edges(edges)
    } else {
        columns
    };
    // Rows wholly beyond a pole have no height; they keep their place by a hair, so that lines still ascend.
    let rows = axes.lat().map(|lat| match lat.abs() > 90.0 {
        true => (1.0 + (lat.abs() - 89.0) * 4.0 * f64::EPSILON).copysign(lat),
        false => sin_authalic(authalic, lat),
    });
    let clipped = |z: f64| z.clamp(-1.0, 1.0);
    let widths = (0..columns.count()).map(|k| (columns.edge(k + 1) - columns.edge(k)).abs().to_radians()).collect();
    let heights = (0..rows.count()).map(|k| (clipped(rows.edge(k + 1)) - clipped(rows.edge(k))).abs()).collect();
    (columns, rows, Areas::Axes { widths, heights })
}

/// How many pixels along the longer axis have their area measured.
const MEASURED: usize = 256;

/// The areas of pixels of a mapped raster, by the quadrilaterals of their corners.
fn sampled(lattice: &Lattice, mapped: &Mapped, authalic: &Authalic) -> Result<Areas> {
    let step = lattice.columns().max(lattice.rows()).div_ceil(MEASURED);
    let nodes = |count: usize| count.div_ceil(step) + 1;
    let (columns, rows) = (nodes(lattice.columns()), nodes(lattice.rows()));
    let mut areas = Vec::with_capacity(columns * rows);
    let mut positions = Vec::with_capacity(4 * columns);
    let mut places = vec![LonLat::default(); 4 * columns];
    for row in 0..rows {
        positions.clear();
        for column in 0..columns {
            // The last nodes lie beyond the raster; the pixel at its end stands for them.
            let x = (column * step).min(lattice.columns() - 1) as f64;
            let y = (row * step).min(lattice.rows() - 1) as f64;
            positions.extend([[x, y], [x + 1.0, y], [x + 1.0, y + 1.0], [x, y + 1.0]]);
        }
        mapped.map().places(&positions, &mut places)?;
        areas.extend(places.chunks(4).map(|corners| {
            let [a, b, c, d] = std::array::from_fn(|k| unit(authalic, corners[k]));
            let minus = |p: [f64; 3], q: [f64; 3]| -> [f64; 3] { std::array::from_fn(|k| p[k] - q[k]) };
            let (u, v) = (minus(c, a), minus(d, b));
            let cross: [f64; 3] =
                std::array::from_fn(|k| u[(k + 1) % 3] * v[(k + 2) % 3] - u[(k + 2) % 3] * v[(k + 1) % 3]);
            0.5 * cross.iter().map(|x| x * x).sum::<f64>().sqrt()
        }));
    }
    // Corners that are not on the globe: the mean area stands for theirs.
    let (sum, known) =
        areas.iter().filter(|area| area.is_finite()).fold((0.0, 0), |(sum, n), area| (sum + area, n + 1));
    let mean = if known > 0 { sum / f64::from(known) } else { 1.0 };
    areas.iter_mut().filter(|area| !area.is_finite()).for_each(|area| *area = mean);
    Ok(Areas::Sampled { step, columns, rows, areas })
}
