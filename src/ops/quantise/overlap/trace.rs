//! One zone at a time, each edge through as many points as it needs.

use super::curve::Bend;
use super::{Overlap, WHOLE_BEND, is_tear, triangle};
use crate::error::Result;
use crate::grid::{LonLat, Zone};
use crate::ops::quantise::coverage::{Corner, Coverer, NO_POLYGON, Point, Window, shoelace};
use crate::ops::quantise::covers::Covers;
use crate::ops::quantise::lattice::{Lattice, NOWHERE, Position};

/// Change of an edge's area by twice as many points, in parts of a zone's, from which on more are not needed: the error is
/// a fifteenth of it.
const AREA_TOLERANCE: f64 = 1e-9;

/// Pieces that an edge is drawn with at first, and at most.
const PIECES: u32 = 4;
const MOST_PIECES: u32 = 32;

/// At most near a pole, where a short way on the globe is a long one in longitude.
const MOST_PIECES_AT_POLE: u32 = 4096;

/// The sides of a zone's own edges.
const INSIDE: [u32; 2] = [0, NO_POLYGON];

/// A zone's ring in the plane.
#[derive(Debug)]
pub(super) struct Trace<'a> {
    coverer: Coverer<'a>,
    corners: Vec<Corner>,
    strokes: Vec<Stroke>,
    /// Corners between the chords of strokes.
    joints: Vec<Corner>,
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

/// A part of the ring that is drawn as one parabola, or straight.
#[derive(Clone, Copy, Debug)]
struct Stroke {
    /// Points of the ring.
    ends: [usize; 2],
    bend: Bend,
}

impl<'a> Trace<'a> {
    /// Of no zone.
    pub(super) fn new(overlap: &'a Overlap<'_>) -> Self {
        Self {
            coverer: Coverer::new(&overlap.columns, &overlap.rows),
            corners: Vec::new(),
            strokes: Vec::new(),
            joints: Vec::new(),
            places: Vec::new(),
            ring: Vec::new(),
            pieces: 0,
            edges: Vec::new(),
        }
    }

    /// Adds what a zone covers; false where it cannot be drawn.
    pub(super) fn cover(&mut self, overlap: &Overlap<'_>, zone: Zone, covers: &mut Covers) -> Result<bool> {
        if !overlap.trace(zone, self)? {
            return Ok(false);
        }
        let is_clockwise = shoelace(&self.ring) < 0.0;
        let ends = self.ring.iter().fold((f64::MAX, f64::MIN), |(low, high), [x, _]| (low.min(*x), high.max(*x)));
        for shift in overlap.turns(ends) {
            self.draw(overlap, shift);
            self.coverer.parts(0, is_clockwise, covers);
        }
        Ok(true)
    }

    /// Gives the ring to the coverer, moved along the first axis.
    fn draw(&mut self, overlap: &Overlap<'_>, shift: f64) {
        let Self { coverer, corners, strokes, joints, ring, edges, pieces, .. } = self;
        let moved = |[x, y]: Point| [x + shift, y];
        corners.clear();
        corners.extend(ring.iter().map(|at| coverer.corner(moved(*at))));
        strokes.clear();
        joints.clear();
        let count = ring.len();
        let straight = |at: usize| Stroke { ends: [at % count, (at + 1) % count], bend: Bend::default() };
        let mut drawn = 0;
        for edge in edges.iter() {
            // What lies between edges is a pole's line.
            strokes.extend((drawn..edge.start).map(straight));
            drawn = edge.start + *pieces;
            // One parabola over a smooth edge, one over two pieces of any other.
            let length = if edge.pieces == 1 { *pieces } else { 2 * *pieces / edge.pieces };
            for at in (edge.start..drawn).step_by(length) {
                let [from, middle, to] = [at, at + length / 2, at + length].map(|at| at % count);
                let points = [ring[from], ring[middle], ring[to]];
                let [first, last] = [points[0], points[2]].map(|point| overlap.rows.pixel_at(point[1]) as u32);
                let per_area = overlap.per_area(overlap.rows.per_height(first, last));
                let bend = Bend::new(WHOLE_BEND * triangle(&points), per_area);
                bend.joints(points.map(moved), coverer, joints);
                strokes.push(Stroke { ends: [from, to], bend });
            }
        }
        strokes.extend((drawn..count).map(straight));
        let mut window = Window::around(corners);
        joints.iter().for_each(|corner| window.include(corner));
        coverer.begin(&[window]);
        let mut rest = &joints[..];
        for Stroke { ends: [from, to], bend } in strokes.iter() {
            let (own, others) = rest.split_at(bend.count());
            bend.draw(&corners[*from], own, &corners[*to], INSIDE, coverer);
            rest = others;
        }
        coverer.close();
    }
}

impl Overlap<'_> {
    /// Draws the zone's ring in the plane, each edge through as many points as it needs; false where it cannot be drawn.
    ///
    /// What an edge needs depends on nothing but the edge, so that both zones that share it draw it alike.
    fn trace(&self, zone: Zone, trace: &mut Trace<'_>) -> Result<bool> {
        let mut pieces = PIECES;
        trace.edges.clear();
        loop {
            trace.places = self.grid.boundary(self.level, zone, pieces)?;
            if !self.project(trace)? {
                return Ok(false);
            }
            trace.pieces = pieces as usize;
            let Some(starts) = starts_of_edges(&trace.places, trace.pieces) else {
                // A ring whose edges cannot be told apart, as it goes through a pole: through many points, without bends.
                if pieces < MOST_PIECES_AT_POLE {
                    pieces = MOST_PIECES_AT_POLE;
                    continue;
                }
                trace.edges.clear();
                break;
            };
            if trace.edges.len() != starts.len() {
                trace.edges = starts.iter().map(|_| Edge::default()).collect();
            }
            let mut is_done = true;
            for (at, start) in starts.into_iter().enumerate() {
                trace.edges[at].start = start;
                if trace.edges[at].pieces != 0 {
                    continue;
                }
                if pieces == PIECES && self.is_smooth_in(trace, start) {
                    trace.edges[at].pieces = 1;
                } else if self.is_drawn_well(trace, start) {
                    trace.edges[at].pieces = trace.pieces;
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
    fn project(&self, trace: &mut Trace<'_>) -> Result<bool> {
        match self.lattice {
            Lattice::Axes(_) => {
                trace.ring.clear();
                let mut before = trace.places.first().map_or(0.0, |place| place.lon_deg);
                for place in &trace.places {
                    let turns = ((place.lon_deg - before) / 360.0).round();
                    before = place.lon_deg - 360.0 * turns;
                    trace.ring.push([before, self.latitude.sin_authalic(place.lat_deg)]);
                }
                close_over_pole(&mut trace.ring);
                Ok(true)
            }
            Lattice::Mapped(mapped) => {
                trace.ring.resize(trace.places.len(), NOWHERE);
                mapped.map().positions(&trace.places, &mut trace.ring)?;
                Ok(trace.ring.iter().all(|position| position[0].is_finite()) && !is_torn(&trace.ring))
            }
        }
    }

    /// Whether the edge from a point of the ring on needs no more points: half as many would give the same area, and
    /// between them the curve lies near; or it has as many as an edge may have.
    fn is_drawn_well(&self, trace: &Trace<'_>, start: usize) -> bool {
        let point = |at: usize| trace.ring[(start + at) % trace.ring.len()];
        let triple = |at: usize, step: usize| [point(at), point(at + step), point(at + 2 * step)];
        // The area beyond the edge's chord, by Simpson's rule.
        let area = |step: usize| {
            let ends = [point(0), point(trace.pieces)];
            let under = |a: Point, b: Point| (b[0] - a[0]) * ((a[1] - ends[0][1]) + (b[1] - ends[0][1])) / 2.0;
            let chords: f64 = (0..trace.pieces).step_by(step).map(|at| under(point(at), point(at + step))).sum();
            let bends: f64 = (0..trace.pieces).step_by(2 * step).map(|at| shoelace(&triple(at, step))).sum();
            under(ends[0], ends[1]) - chords + bends / 3.0
        };
        let is_near = |at: usize| {
            let triple = triple(at, 1);
            let row = self.rows.pixel_at(triple[1][1]) as u32;
            self.is_near_chord(triple, shoelace(&triple), self.rows.per_height(row, row))
        };
        let are_near = (0..trace.pieces).step_by(2).all(is_near);
        if (area(1) - area(2)).abs() <= AREA_TOLERANCE * self.mean_area && are_near {
            return true;
        }
        // The end of the last edge is the first point, or it again where a ring was closed over a pole.
        let places = (0..=trace.pieces).map(|at| trace.places[(start + at) % trace.places.len()]);
        let nearest_pole = places.map(|place| 90.0 - place.lat_deg.abs()).fold(90.0, f64::min).to_radians();
        let near_pole = nearest_pole.powi(2) < 8.0 * 4.0 * std::f64::consts::PI / self.zone_count;
        trace.pieces as u32 >= if near_pole { MOST_PIECES_AT_POLE } else { MOST_PIECES }
    }

    /// [`Overlap::is_smooth`] of an edge of the trace's ring.
    fn is_smooth_in(&self, trace: &Trace<'_>, start: usize) -> bool {
        let at = [0, trace.pieces / 2, trace.pieces].map(|step| (start + step) % trace.ring.len());
        let triple = at.map(|at| trace.ring[at]);
        let [from, to] = [triple[0], triple[2]].map(|point| self.rows.pixel_at(point[1]) as u32);
        let latitudes_deg = at.map(|at| trace.places.get(at).map_or(90.0, |place| place.lat_deg));
        self.is_smooth(latitudes_deg, triple, triangle(&triple), self.rows.per_height(from, to))
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
    is_tear(longest, all)
}
