//! Spatial relations by the dimensionally extended nine-intersection model (DE-9IM, OGC 06-103r4): between two zones
//! of a grid, of the same or of different levels, and between a zone and a geometry.
//!
//! A matrix has nine signs, row by row: interior, boundary and exterior of the first against interior, boundary and
//! exterior of the second, each `F` (nothing in common) or the dimension 0, 1, 2 of what they have in common.
//!
//! Zones that share an edge must touch and not overlap by slivers, so that between zones ([`zones`]) the grid decides:
//!
//! - on one level by equality, neighbours and their common vertices: exact;
//! - between levels of a grid whose children tile their parent ([`Grid::children_tile_parent`]) by ancestors and by the
//!   neighbours on the other side of each edge: exact;
//! - between levels of the other grids (hexagons) by asking of points on the finer zone's boundary on which side of
//!   the coarser zone's they lie, with the grid's own zones at points and never with chords. A point nearer to the
//!   coarser boundary than [`NEAR`] of the finer zone's size lies on it. Edges of hexagons of two levels of one grid
//!   either coincide or part by much more: vertices of the coarser are vertices or centres of the finer.
//!
//! A geometry ([`geometry`]) is compared in a local equal-area plane, see there.
//!
//! ```
//! use gdal_dggs::grid::{self, Zone, relate};
//! let (family, name) = grid::family_of("HEALPix")?;
//! let grid = family.grid(&family.default_spec(name))?;
//! let relation = relate::zones(&*grid, (1, Zone(0)), (1, Zone(1)))?;
//! assert_eq!(relation.to_string(), "FF2F11212");
//! assert!(relation.touches() && !relation.overlaps());
//! # Ok::<(), gdal_dggs::error::Error>(())
//! ```

mod frame;
mod geometry;
mod matrix;
mod window;

use frame::{Unit, chord, from_unit, unit};
pub use geometry::geometry;
pub use matrix::Relation;

use super::{Grid, LonLat, Zone};
use crate::error::{Error, Result};

/// Points of the finer zone's boundary that are asked, an edge.
const SAMPLES: u32 = 16;

/// How near to a boundary, in radii of the finer zone, a point lies on it.
pub const NEAR: f64 = 1e-3;

/// The relation of the zone `a` to the zone `b`, each given with its level.
///
/// # Errors
/// A level or zone that the grid does not have.
pub fn zones(grid: &dyn Grid, a: (u8, Zone), b: (u8, Zone)) -> Result<Relation> {
    for (level, zone) in [a, b] {
        // Levels and zones are checked by the cheapest verb that checks both.
        grid.centroid(level, zone)?;
    }
    match (a.0, b.0) {
        (level, other) if level == other => same_level(grid, level, a.1, b.1),
        (level, other) if level < other => coarser_and_finer(grid, a, b),
        _ => Ok(coarser_and_finer(grid, b, a)?.transposed()),
    }
}

fn same_level(grid: &dyn Grid, level: u8, a: Zone, b: Zone) -> Result<Relation> {
    if a == b {
        return Ok(Relation::EQUAL);
    }
    Ok(Relation::apart(contact(grid, level, a, b)?))
}

/// What two different zones of a level have in common: nothing, a vertex (0) or an edge (1).
fn contact(grid: &dyn Grid, level: u8, a: Zone, b: Zone) -> Result<Option<u8>> {
    if !grid.neighbours(level, a)?.contains(&b) {
        return Ok(None);
    }
    let (ring, other) = (ring(grid, level, a, 1)?, ring(grid, level, b, 1)?);
    let near = NEAR * radius(grid, level, a, &ring)?;
    let common = ring.iter().filter(|own| other.iter().any(|their| chord(**own, *their) <= near)).count();
    Ok(Some(u8::from(common > 1)))
}

fn coarser_and_finer(grid: &dyn Grid, a: (u8, Zone), b: (u8, Zone)) -> Result<Relation> {
    if grid.children_tile_parent() { by_hierarchy(grid, a, b) } else { by_boundary(grid, a, b) }
}

/// `b` is within `a` or outside as a whole; what lies across its edges and vertices says what it has of `a`'s boundary.
fn by_hierarchy(grid: &dyn Grid, a: (u8, Zone), b: (u8, Zone)) -> Result<Relation> {
    let is_within = |zone| grid.ancestor(b.0, zone, a.0).map(|ancestor| ancestor == a.1);
    let inside = is_within(b.1)?;
    let mut common = None;
    for other in grid.neighbours(b.0, b.1)? {
        if is_within(other)? != inside {
            common = common.max(contact(grid, b.0, b.1, other)?);
        }
    }
    Ok(if inside { Relation::holding(common) } else { Relation::apart(common) })
}

/// Where a point lies with respect to a zone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Inside,
    On,
    Outside,
}

fn by_boundary(grid: &dyn Grid, a: (u8, Zone), b: (u8, Zone)) -> Result<Relation> {
    let fine = ring(grid, b.0, b.1, SAMPLES)?;
    let fine_radius = radius(grid, b.0, b.1, &fine)?;
    let coarse_radius = radius(grid, a.0, a.1, &ring(grid, a.0, a.1, 1)?)?;
    let [from, to] = [(a.0, a.1), (b.0, b.1)].map(|(level, zone)| grid.centroid(level, zone).map(unit));
    // A tenth more than the vertices' distance, for edges that bend.
    if chord(from?, to?) > 1.1 * (fine_radius + coarse_radius) {
        return Ok(Relation::apart(None));
    }
    let mut sides = Vec::with_capacity(fine.len());
    for point in &fine {
        sides.push(side(grid, a, *point, NEAR * fine_radius)?);
    }
    let (inside, outside) = (sides.contains(&Side::Inside), sides.contains(&Side::Outside));
    let next = sides.iter().cycle().skip(1);
    let along = sides.iter().zip(next).any(|(from, to)| *from == Side::On && *to == Side::On);
    let common = match (along, sides.contains(&Side::On)) {
        (true, _) => Some(1),
        (false, true) => Some(0),
        (false, false) => None,
    };
    Ok(match (inside, outside) {
        (true, true) => Relation::overlapping(common.unwrap_or(0)),
        (true, false) => Relation::holding(common),
        _ => Relation::apart(common),
    })
}

/// Where `point` lies with respect to the zone, by the zones at points around it.
fn side(grid: &dyn Grid, (level, zone): (u8, Zone), point: Unit, near: f64) -> Result<Side> {
    let around = frame::circle::<8>(point, near).map(from_unit);
    let mut zones = [Zone(0); 8];
    grid.zones_at(level, &around, &mut zones)?;
    Ok(match zones.iter().filter(|found| **found == zone).count() {
        0 => Side::Outside,
        8 => Side::Inside,
        _ => Side::On,
    })
}

/// A zone's boundary on the sphere: points that are different, in order, without the way to a pole and back by which a
/// ring around it is closed in the plane of longitude and latitude.
fn ring_places(grid: &dyn Grid, level: u8, zone: Zone, segments: u32) -> Result<Vec<LonLat>> {
    let points = grid.boundary(level, zone, segments)?;
    let centre = unit(grid.centroid(level, zone)?);
    let size = points.iter().map(|point| chord(unit(*point), centre)).fold(0.0, f64::max);
    let same = |a: LonLat, b: LonLat| chord(unit(a), unit(b)) <= 1e-6 * size;
    let mut ring: Vec<LonLat> = Vec::with_capacity(points.len());
    for point in points {
        if ring.last().is_none_or(|last| !same(*last, point)) {
            ring.push(point);
        }
    }
    // A point between two equal ones is the end of a way there and back.
    while let Some(spike) = (0..ring.len()).find(|k| {
        let (before, after) = (ring[(k + ring.len() - 1) % ring.len()], ring[(k + 1) % ring.len()]);
        ring.len() > 3 && same(before, after)
    }) {
        ring.remove(spike);
        ring.remove(spike % ring.len());
    }
    if ring.len() > 3 && same(ring[0], ring[ring.len() - 1]) {
        ring.pop();
    }
    if ring.len() < 3 {
        return Err(Error::invalid(format!("zone {} of level {level} has no boundary that can be told apart", zone.0)));
    }
    Ok(ring)
}

/// [`ring_places`] as points of the sphere.
fn ring(grid: &dyn Grid, level: u8, zone: Zone, segments: u32) -> Result<Vec<Unit>> {
    Ok(ring_places(grid, level, zone, segments)?.into_iter().map(unit).collect())
}

/// The distance from a zone's centre to the farthest point of its boundary, as a chord of the unit sphere.
fn radius(grid: &dyn Grid, level: u8, zone: Zone, ring: &[Unit]) -> Result<f64> {
    let centre = unit(grid.centroid(level, zone)?);
    Ok(ring.iter().map(|point| chord(*point, centre)).fold(0.0, f64::max))
}
