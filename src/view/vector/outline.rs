//! A zone as polygons in the plane of longitude and latitude, as simple features have them.
//!
//! Edges are cut until straight lines between the points, whether of that plane or great circles, stay as near to the true
//! boundary as [`MAX_SAG`] and [`MAX_AREA`] say. How often depends on the edge alone, so that two zones cut the edge that
//! they share alike, and no gap opens between them. Then the ring is closed over the pole where it goes around one, and
//! split where it crosses the antimeridian. All rings are counter-clockwise.

use crate::error::Result;
use crate::grid::vector::{Vector, chord, cross, dot, unit};
use crate::grid::{Grid, LonLat, Zone};

/// How far a straight part of an edge may be from the boundary, in sides of a square of the zones' mean area.
const MAX_SAG: f64 = 1.0 / 40.0;

/// How much area may lie between an edge and its straight parts, in zones' mean areas: all edges stay below 1e-3.
const MAX_AREA: f64 = 6e-5;

/// Parts of an edge that are looked at to tell how many are needed.
const PROBED: u32 = 4;

/// The most parts of an edge.
const MAX_PARTS: u32 = 128;

/// Draws the zones of one level.
pub(crate) struct Outliner<'g> {
    grid: &'g dyn Grid,
    level: u8,
    /// Side of a square of the zones' mean area, in radians.
    size_rad: f64,
}

/// Rings, each the outside of a polygon, closed: the first point comes again at the end.
pub(crate) type Rings = Vec<Vec<LonLat>>;

impl<'g> Outliner<'g> {
    pub(crate) fn new(grid: &'g dyn Grid, level: u8) -> Self {
        let size_rad = (4.0 * std::f64::consts::PI / grid.zone_count(level) as f64).sqrt();
        Self { grid, level, size_rad }
    }

    /// How far the polygons may be from the true zones, in degrees of a great circle.
    pub(crate) fn tolerance_deg(&self) -> f64 {
        2.0 * MAX_SAG * self.size_rad.to_degrees()
    }

    /// A distance from a zone's centre within which all of it lies, in degrees of a great circle.
    pub(crate) fn reach_deg(&self) -> f64 {
        // A zone at a pole of HEALPix reaches 1.3 sides of the square far, all others less.
        2.5 * self.size_rad.to_degrees()
    }

    /// Calls `visit` with the polygons of each zone, within [-180, 180] and [-90, 90].
    pub(crate) fn outlines(&self, zones: &[Zone], mut visit: impl FnMut(Rings)) -> Result<()> {
        let (mut places, mut ends) = (Vec::new(), Vec::with_capacity(zones.len()));
        self.grid.boundaries(self.level, zones, PROBED, &mut places, &mut ends)?;
        let mut start = 0;
        for (zone, end) in zones.iter().zip(ends) {
            let ring = self.ring(*zone, &places[start..end])?;
            visit(self.polygons(&ring));
            start = end;
        }
        Ok(())
    }

    fn polygons(&self, ring: &[LonLat]) -> Rings {
        // A millionth of the zone, and at most 0.1 mm: what is so near to the antimeridian lies on it.
        let snap_deg = (1e-6 * self.size_rad.to_degrees()).min(1e-9);
        let mut rings = match around_pole(ring) {
            Some(ring) => window(&ring, 0.0, snap_deg),
            None => {
                let turns = ring.iter().map(|point| ((point.lon_deg + 180.0) / 360.0).floor());
                let (first, last) =
                    turns.fold((f64::MAX, f64::MIN), |(low, high), turn| (low.min(turn), high.max(turn)));
                (first as i32..=last as i32).flat_map(|turn| window(ring, 360.0 * f64::from(turn), snap_deg)).collect()
            }
        };
        for ring in &mut rings {
            ring.push(ring[0]);
        }
        rings
    }

    /// The boundary, its edges cut as often as they need; `probed` is the same cut into [`PROBED`] parts.
    fn ring(&self, zone: Zone, probed: &[LonLat]) -> Result<Vec<LonLat>> {
        let corners = self.corners(zone, probed, PROBED)?;
        let places: Vec<Vector> = probed.iter().map(|point| unit(*point)).collect();
        let pieces = pieces(probed, &corners);
        let parts = pieces.iter().zip(&corners).map(|(piece, from)| {
            let places = (*from..from + piece.len()).map(|index| places[index % places.len()]);
            self.parts(piece, &places.collect::<Vec<_>>())
        });
        let parts: Vec<u32> = parts.collect();
        // A piece may be a part of an edge: where the edge goes through a pole.
        let needed = parts.iter().zip(&pieces).map(|(parts, piece)| {
            let share = (piece.len() as u32 - 1).max(1);
            (parts * PROBED.div_ceil(share)).next_power_of_two()
        });
        let segments = needed.max().unwrap_or(1).min(MAX_PARTS);
        if segments <= PROBED {
            return Ok(thinned(&pieces, &parts));
        }
        let fine = self.grid.boundary(self.level, zone, segments)?;
        let corners = self.corners(zone, &fine, segments)?;
        let fine_pieces = self::pieces(&fine, &corners);
        Ok(if fine_pieces.len() == parts.len() { thinned(&fine_pieces, &parts) } else { fine })
    }

    /// Indices of a ring's corners: where its edges meet, and all points at a pole.
    fn corners(&self, zone: Zone, ring: &[LonLat], segments: u32) -> Result<Vec<usize>> {
        if !ring.iter().any(at_pole) {
            return Ok((0..ring.len()).step_by(segments as usize).collect());
        }
        let corners: Vec<_> = self.grid.boundary(self.level, zone, 1)?.into_iter().map(unit).collect();
        let near = 1e-6 * self.size_rad;
        let is_corner = |point: &LonLat| {
            let place = unit(*point);
            at_pole(point) || corners.iter().any(|corner| chord(place, *corner) <= near)
        };
        Ok((0..ring.len()).filter(|index| is_corner(&ring[*index])).collect())
    }

    /// Into how many parts an edge is to be cut: a power of two. `points` lie on it, its ends among them; `places` are the
    /// same on the unit sphere.
    fn parts(&self, points: &[LonLat], places: &[Vector]) -> u32 {
        let ([from, inner @ .., to], [begin, inner_places @ .., end]) = (points, places) else { return 1 };
        if at_pole(from) && at_pole(to) {
            return 1;
        }
        let normal = cross(*begin, *end);
        let normal_length = dot(normal, normal).sqrt();
        let mut sum = 0.0;
        let mut largest: f64 = 0.0;
        for (point, place) in inner.iter().zip(inner_places) {
            let by_arc = if normal_length > 1e-15 { (dot(*place, normal) / normal_length).abs() } else { 0.0 };
            let distance = by_arc.max(distance_to_chord(*from, *to, *point, *place)) / self.size_rad;
            sum += distance;
            largest = largest.max(distance);
        }
        let edge: f64 = places.windows(2).map(|pair| chord(pair[0], pair[1])).sum();
        let area = edge / self.size_rad * sum / (points.len() - 1) as f64;
        // Less a little, so that rounding does not part the zones on both sides of an edge.
        let parts = ((area / MAX_AREA).sqrt().max(largest / MAX_SAG) - 1e-6).ceil().max(1.0);
        (parts.min(f64::from(MAX_PARTS)) as u32).next_power_of_two()
    }
}

fn at_pole(point: &LonLat) -> bool {
    point.lat_deg.abs() == 90.0
}

/// The ring cut at its corners: each piece with both its ends.
fn pieces(ring: &[LonLat], corners: &[usize]) -> Vec<Vec<LonLat>> {
    let count = ring.len();
    let ends = corners.iter().skip(1).copied().chain(corners.first().map(|first| first + count));
    corners
        .iter()
        .zip(ends)
        .map(|(&from, to)| {
            let mut piece: Vec<LonLat> = (from..=to).map(|index| ring[index % count]).collect();
            // The end of the last piece is the ring's beginning, a turn away where it goes around a pole.
            if let [.., before, end] = &mut piece[..]
                && !at_pole(end)
                && !at_pole(before)
            {
                end.lon_deg -= 360.0 * ((end.lon_deg - before.lon_deg) / 360.0).round();
            }
            piece
        })
        .collect()
}

/// The ring of `pieces`, each cut into as many parts as `parts` says.
fn thinned(pieces: &[Vec<LonLat>], parts: &[u32]) -> Vec<LonLat> {
    let mut ring = Vec::with_capacity(parts.iter().sum::<u32>() as usize);
    for (piece, parts) in pieces.iter().zip(parts) {
        let intervals = piece.len() - 1;
        let step = if intervals % *parts as usize == 0 { intervals / *parts as usize } else { 1 };
        ring.extend(piece[..intervals].iter().step_by(step));
    }
    meet_pole_straight(&mut ring);
    ring
}

/// Gives each point at a pole the longitude of the point beside it: both zones of an edge that ends at a pole then end it
/// on one meridian.
fn meet_pole_straight(ring: &mut [LonLat]) {
    let count = ring.len();
    for at in (0..count).filter(|at| at_pole(&ring[*at])).collect::<Vec<_>>() {
        let beside = [ring[(at + count - 1) % count], ring[(at + 1) % count]];
        if let [other] = beside.iter().filter(|other| !at_pole(other)).collect::<Vec<_>>()[..] {
            ring[at].lon_deg = other.lon_deg;
        }
    }
}

/// How far `point`, which is `place` on the unit sphere, is from the straight line from `from` to `to` in the plane of
/// longitude and latitude, in radians by the scale at `point`.
fn distance_to_chord(from: LonLat, to: LonLat, point: LonLat, place: Vector) -> f64 {
    let length = |x: f64, y: f64| (x * x + y * y).sqrt();
    let scale = length(place[0], place[1]);
    let along = ((to.lon_deg - from.lon_deg) * scale, to.lat_deg - from.lat_deg);
    let off = ((point.lon_deg - from.lon_deg) * scale, point.lat_deg - from.lat_deg);
    let whole = length(along.0, along.1);
    let distance = if whole > 0.0 { (along.0 * off.1 - along.1 * off.0).abs() / whole } else { length(off.0, off.1) };
    distance.to_radians()
}

/// Where the ring goes around a pole: what lies between it and the pole, over five turns, the middle one around 0.
fn around_pole(ring: &[LonLat]) -> Option<Vec<LonLat>> {
    // Families may have closed it already, by the pole's line.
    let count = ring.len();
    let closing = (0..count).find(|&at| {
        let (a, b) = (ring[at], ring[(at + 1) % count]);
        at_pole(&a) && at_pole(&b) && (a.lon_deg - b.lon_deg).abs() > 359.0
    });
    let mut open: Vec<LonLat> = match closing {
        Some(at) => (2..count).map(|step| ring[(at + step) % count]).collect(),
        None => ring.to_vec(),
    };
    let (first, last) = (*open.first()?, *open.last()?);
    let turn = if closing.is_some() {
        open.pop();
        (last.lon_deg - first.lon_deg).signum()
    } else if (first.lon_deg - last.lon_deg).abs() > 180.0 {
        (last.lon_deg - first.lon_deg).signum()
    } else {
        return None;
    };
    let shift = -360.0 * ((first.lon_deg + 180.0) / 360.0).floor();
    let mut around = Vec::with_capacity(5 * open.len() + 3);
    for copy in -2..=2 {
        let shift = shift + turn * 360.0 * f64::from(copy);
        around.extend(open.iter().map(|point| LonLat { lon_deg: point.lon_deg + shift, ..*point }));
    }
    let start = around[0];
    let end = LonLat { lon_deg: start.lon_deg + turn * 5.0 * 360.0, ..start };
    let pole = |lon_deg| LonLat { lon_deg, lat_deg: turn * 90.0 };
    around.extend([end, pole(end.lon_deg), pole(start.lon_deg)]);
    Some(around)
}

/// The parts of a ring within half a turn of the meridian `middle`, turned to within half a turn of 0.
fn window(ring: &[LonLat], middle: f64, snap_deg: f64) -> Rings {
    let turned = ring.iter().map(|point| {
        let lon_deg = point.lon_deg - middle;
        let edge = 180f64.copysign(lon_deg);
        LonLat { lon_deg: if (lon_deg - edge).abs() <= snap_deg { edge } else { lon_deg }, ..*point }
    });
    let turned: Vec<LonLat> = turned.collect();
    if turned.iter().all(|point| point.lon_deg.abs() <= 180.0) {
        return simplified(turned).into_iter().collect();
    }
    let east = clipped(&turned, 180.0, -1.0);
    east.iter().flat_map(|ring| clipped(ring, -180.0, 1.0)).collect()
}

/// A ring without points that repeat the one before; `None` when nothing with an area is left.
fn simplified(mut ring: Vec<LonLat>) -> Option<Vec<LonLat>> {
    ring.dedup();
    while ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    let spread = |of: fn(&LonLat) -> f64| ring.iter().any(|point| of(point) != of(&ring[0]));
    (ring.len() > 2 && spread(|point| point.lon_deg) && spread(|point| point.lat_deg)).then_some(ring)
}

/// The parts of a simple ring on one side of a meridian, the side where `sign` times the longitude is larger. Rings keep
/// their direction; points on the meridian count as beyond.
fn clipped(ring: &[LonLat], meridian: f64, sign: f64) -> Rings {
    let is_inside = |point: &LonLat| sign * (point.lon_deg - meridian) > 0.0;
    let count = ring.len();
    let Some(start) = (0..count).find(|&at| is_inside(&ring[at]) && !is_inside(&ring[(at + count - 1) % count])) else {
        let all = ring.first().is_some_and(is_inside);
        return if all { simplified(ring.to_vec()).into_iter().collect() } else { Vec::new() };
    };
    let crossing = |a: LonLat, b: LonLat| {
        // From west to east, so that both rings of a shared edge cross at the same place.
        let (west, east) = if a.lon_deg <= b.lon_deg { (a, b) } else { (b, a) };
        let part = (meridian - west.lon_deg) / (east.lon_deg - west.lon_deg);
        let lat_deg = match part {
            0.0 => west.lat_deg,
            1.0 => east.lat_deg,
            part => west.lat_deg + part * (east.lat_deg - west.lat_deg),
        };
        LonLat { lon_deg: meridian, lat_deg }
    };
    let mut chains: Vec<Vec<LonLat>> = Vec::new();
    let mut is_open = false;
    for step in 0..=count {
        let (before, point) = (ring[(start + step + count - 1) % count], ring[(start + step) % count]);
        match (is_inside(&before), is_inside(&point)) {
            (false, true) if step < count => {
                chains.push(vec![crossing(before, point), point]);
                is_open = true;
            }
            (true, false) if is_open => {
                chains.last_mut().expect("an open chain").push(crossing(before, point));
                is_open = false;
            }
            (true, true) if is_open => chains.last_mut().expect("an open chain").push(point),
            _ => {}
        }
    }
    joined(chains)
}

/// Rings of chains that begin and end on a meridian: along it, every second stretch between their ends lies inside.
fn joined(chains: Vec<Vec<LonLat>>) -> Rings {
    // (latitude, chain, whether the chain begins here)
    let mut ends: Vec<(f64, usize, bool)> = Vec::with_capacity(2 * chains.len());
    for (at, chain) in chains.iter().enumerate() {
        ends.push((chain[0].lat_deg, at, true));
        ends.push((chain[chain.len() - 1].lat_deg, at, false));
    }
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut next = vec![0; chains.len()];
    for at in (0..ends.len()).step_by(2) {
        // Where chains touch, their ends may stand in the wrong order.
        if ends[at].2 == ends[at + 1].2
            && let Some(other) = (at + 2..ends.len()).find(|other| ends[*other].2 != ends[at].2)
        {
            ends.swap(at + 1, other);
        }
        let (from, to) = if ends[at].2 { (ends[at + 1].1, ends[at].1) } else { (ends[at].1, ends[at + 1].1) };
        next[from] = to;
    }
    let mut used = vec![false; chains.len()];
    let mut rings = Vec::new();
    for first in 0..chains.len() {
        let mut ring = Vec::new();
        let mut at = first;
        while !used[at] {
            used[at] = true;
            ring.extend_from_slice(&chains[at]);
            at = next[at];
        }
        rings.extend(simplified(ring));
    }
    rings
}
