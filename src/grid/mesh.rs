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

/// Zones by their edges.
///
/// Each edge of a zone is in it once. A zone whose boundary cannot be told edge by edge, as it goes through a pole, has
/// none. Longitudes may be any number; they are continuous along the boundary of each zone, unless it goes around a pole.
#[derive(Debug, Default)]
pub struct Mesh {
    /// Where edges begin and end.
    pub corners: Vec<LonLat>,
    /// The edges.
    pub edges: Vec<MeshEdge>,
    /// The middle of each edge.
    pub middles: Vec<LonLat>,
}

impl Mesh {
    /// Removes what is in it.
    pub fn clear(&mut self) {
        self.corners.clear();
        self.edges.clear();
        self.middles.clear();
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
            self.corners.extend(ring.iter().step_by(2));
            self.middles.extend(ring.iter().skip(1).step_by(2));
            let next = |at: u32| if at + 1 == count { 0 } else { at + 1 };
            let edge = |at| MeshEdge { ends: [corner + at, corner + next(at)], zones: [zone as u32, NO_ZONE] };
            self.edges.extend((0..count).map(edge));
        }
        Ok(())
    }
}
