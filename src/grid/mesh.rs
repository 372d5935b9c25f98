//! The edges of many zones, an edge between two of them once.

use super::{Grid, LonLat, Zone};
use crate::error::Result;

/// On that side of an edge lies no zone that was asked for.
pub const NO_ZONE: u32 = u32::MAX;

/// An edge from one corner to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeshEdge {
    /// The corners that it runs from and to, as places in [`Mesh::corners`].
    pub ends: [u32; 2],
    /// The zones to its left and right, seen from outside the globe, as places among those asked for; or [`NO_ZONE`].
    pub zones: [u32; 2],
}

/// A point of a mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeshPoint {
    /// The place of its longitude in [`Mesh::lons_deg`].
    pub meridian: u32,
    /// The place of its latitude in [`Mesh::lats_deg`].
    pub parallel: u32,
}

/// Zones by their edges.
///
/// Each edge of a zone is in it once, perhaps with some of other zones; one between two zones is in it once or twice. A zone
/// whose boundary cannot be told edge by edge, as it goes through a pole, has none. Points share longitudes and latitudes where
/// the grid can tell cheaply that they are the same.
#[derive(Debug, Default)]
pub struct Mesh {
    /// Longitudes in degrees, any number; they are continuous along the boundary of each zone, unless it goes around a pole.
    pub lons_deg: Vec<f64>,
    /// Latitudes in degrees, of the kind that the grid's surface says.
    pub lats_deg: Vec<f64>,
    /// Where edges begin and end.
    pub corners: Vec<MeshPoint>,
    /// The edges.
    pub edges: Vec<MeshEdge>,
    /// The middle of each edge.
    pub middles: Vec<MeshPoint>,
}

impl Mesh {
    /// Removes what is in it.
    pub fn clear(&mut self) {
        self.lons_deg.clear();
        self.lats_deg.clear();
        self.corners.clear();
        self.edges.clear();
        self.middles.clear();
    }

    /// Where a point of it is.
    #[inline]
    pub fn place(&self, point: &MeshPoint) -> LonLat {
        let MeshPoint { meridian, parallel } = *point;
        LonLat { lon_deg: self.lons_deg[meridian as usize], lat_deg: self.lats_deg[parallel as usize] }
    }

    /// Gives each point a longitude and a latitude of its own, those of corners first.
    pub fn separate(&mut self) {
        let places: Vec<LonLat> = self.corners.iter().chain(&self.middles).map(|point| self.place(point)).collect();
        self.lons_deg.clear();
        self.lons_deg.extend(places.iter().map(|place| place.lon_deg));
        self.lats_deg.clear();
        self.lats_deg.extend(places.iter().map(|place| place.lat_deg));
        for (point, at) in self.corners.iter_mut().chain(&mut self.middles).zip(0..) {
            *point = MeshPoint { meridian: at, parallel: at };
        }
    }

    /// Becomes the mesh of `zones` by the boundary of each: no edge is shared.
    ///
    /// # Errors
    /// As [`Grid::boundaries`].
    pub fn set_rings<G: Grid + ?Sized>(&mut self, grid: &G, level: u8, zones: &[Zone]) -> Result<()> {
        self.clear();
        self.push_rings(grid, level, zones, 0)
    }

    /// Adds `zones`, the first of which is the one of this `number`, by the boundary of each: no edge is shared.
    ///
    /// # Errors
    /// As [`Grid::boundaries`].
    pub fn push_rings<G: Grid + ?Sized>(&mut self, grid: &G, level: u8, zones: &[Zone], number: u32) -> Result<()> {
        let (mut places, mut ends) = (Vec::new(), Vec::with_capacity(zones.len()));
        grid.boundaries(level, zones, 2, &mut places, &mut ends)?;
        let mut first = 0;
        for (zone, end) in (number..).zip(ends) {
            let ring = &places[first..end];
            first = end;
            let (corner, count) = (self.corners.len() as u32, ring.len() as u32 / 2);
            if !ring.len().is_multiple_of(2) {
                continue;
            }
            let (meridian, parallel) = (self.lons_deg.len() as u32, self.lats_deg.len() as u32);
            self.lons_deg.extend(ring.iter().map(|place| place.lon_deg));
            self.lats_deg.extend(ring.iter().map(|place| place.lat_deg));
            let point = |at: u32| MeshPoint { meridian: meridian + at, parallel: parallel + at };
            self.corners.extend((0..count).map(|at| point(2 * at)));
            self.middles.extend((0..count).map(|at| point(2 * at + 1)));
            let next = |at: u32| if at + 1 == count { 0 } else { at + 1 };
            let edge = |at| MeshEdge { ends: [corner + at, corner + next(at)], zones: [zone, NO_ZONE] };
            self.edges.extend((0..count).map(edge));
        }
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Asserts that the edges of each zone that has an even ring of corners and middles are that ring's; returns how many
    /// edges are between two of `zones`.
    pub(in crate::grid) fn assert_edges(mesh: &Mesh, zones: &[Zone], ring: impl Fn(Zone) -> Vec<LonLat>) -> usize {
        let same = |a: &LonLat, b: &LonLat| {
            let turns = (a.lon_deg - b.lon_deg) / 360.0;
            a.lat_deg == b.lat_deg && (turns - turns.round()).abs() < 1e-15
        };
        let shared = mesh.edges.iter().filter(|edge| !edge.zones.contains(&NO_ZONE)).count();
        for (number, zone) in zones.iter().enumerate() {
            let ring = ring(*zone);
            if !ring.len().is_multiple_of(2) {
                continue;
            }
            let mut seen = 0;
            for (edge, middle) in mesh.edges.iter().zip(&mesh.middles) {
                let Some(which) = edge.zones.iter().position(|zone| *zone == number as u32) else { continue };
                let mut ends = edge.ends.map(|corner| mesh.place(&mesh.corners[corner as usize]));
                if which == 1 {
                    ends.reverse();
                }
                let corner = |at: usize| &ring[2 * at % ring.len()];
                let at = (0..ring.len() / 2).find(|at| same(corner(*at), &ends[0])).expect("a corner of the ring");
                assert!(same(&ring[2 * at + 1], &mesh.place(middle)) && same(corner(at + 1), &ends[1]), "{zone:?}");
                let is_around_a_pole = (ring[0].lon_deg - ring[ring.len() - 1].lon_deg).abs() > 180.0;
                assert!((ends[0].lon_deg - ends[1].lon_deg).abs() < 91.0 || is_around_a_pole, "{zone:?}");
                seen += 1;
            }
            assert_eq!(2 * seen, ring.len(), "{zone:?}");
        }
        shared
    }
}
