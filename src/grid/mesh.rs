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
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeshPoint {
    /// Its longitude, in degrees.
    pub lon_deg: f64,
    /// The place of its latitude in [`Mesh::lats_deg`].
    pub parallel: u32,
}

/// Zones by their edges.
///
/// Each edge of a zone is in it once. A zone whose boundary cannot be told edge by edge, as it goes through a pole, has
/// none. Longitudes may be any number; they are continuous along the boundary of each zone, unless it goes around a pole.
#[derive(Debug, Default)]
pub struct Mesh {
    /// Latitudes in degrees, of the kind that the grid's surface says; many points may share one.
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
        self.lats_deg.clear();
        self.corners.clear();
        self.edges.clear();
        self.middles.clear();
    }

    /// Where a point of it is.
    #[inline]
    pub fn place(&self, point: &MeshPoint) -> LonLat {
        LonLat { lon_deg: point.lon_deg, lat_deg: self.lats_deg[point.parallel as usize] }
    }

    /// Becomes the mesh of `zones` by the boundary of each: no edge is shared.
    ///
    /// # Errors
    /// As [`Grid::boundaries`].
    pub fn set_rings<G: Grid + ?Sized>(&mut self, grid: &G, level: u8, zones: &[Zone]) -> Result<()> {
        let (mut places, mut ends) = (Vec::new(), Vec::with_capacity(zones.len()));
        grid.boundaries(level, zones, 2, &mut places, &mut ends)?;
        self.clear();
        let mut first = 0;
        for (zone, end) in ends.into_iter().enumerate() {
            let ring = &places[first..end];
            first = end;
            let (corner, count) = (self.corners.len() as u32, ring.len() as u32 / 2);
            if !ring.len().is_multiple_of(2) {
                continue;
            }
            let parallel = self.lats_deg.len() as u32;
            self.lats_deg.extend(ring.iter().map(|place| place.lat_deg));
            let points = ring.iter().zip(parallel..);
            let mut points = points.map(|(place, parallel)| MeshPoint { lon_deg: place.lon_deg, parallel });
            while let (Some(corner), Some(middle)) = (points.next(), points.next()) {
                self.corners.push(corner);
                self.middles.push(middle);
            }
            let next = |at: u32| if at + 1 == count { 0 } else { at + 1 };
            let edge = |at| MeshEdge { ends: [corner + at, corner + next(at)], zones: [zone as u32, NO_ZONE] };
            self.edges.extend((0..count).map(edge));
        }
        Ok(())
    }
}
