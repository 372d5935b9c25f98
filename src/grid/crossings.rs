//! Centroids as crossings of meridians and parallels.

use super::{Grid, LonLat, Zone};
use crate::error::Result;

/// Points, each on a meridian and on a parallel of a list.
///
/// Zones that lie together share both: what depends on a longitude or on a latitude alone is then found once for many.
#[derive(Debug, Default)]
pub struct Crossings {
    /// Longitudes in degrees, in [-180, 180).
    pub lons_deg: Vec<f64>,
    /// Latitudes in degrees, of the kind that the grid's surface says.
    pub lats_deg: Vec<f64>,
    /// Of each point its places in both lists.
    pub places: Vec<[u32; 2]>,
}

impl Crossings {
    /// No points.
    pub const NONE: Self = Self { lons_deg: Vec::new(), lats_deg: Vec::new(), places: Vec::new() };

    /// Removes what is in it.
    pub fn clear(&mut self) {
        self.lons_deg.clear();
        self.lats_deg.clear();
        self.places.clear();
    }

    /// Appends the centroids of `zones`, each on a meridian and a parallel of its own.
    ///
    /// # Errors
    /// As [`Grid::centroids`].
    pub fn push_apart<G: Grid + ?Sized>(&mut self, grid: &G, level: u8, zones: &[Zone]) -> Result<()> {
        let mut centroids = vec![LonLat::default(); zones.len()];
        grid.centroids(level, zones, &mut centroids)?;
        let first = [self.lons_deg.len() as u32, self.lats_deg.len() as u32];
        self.lons_deg.extend(centroids.iter().map(|centroid| centroid.lon_deg));
        self.lats_deg.extend(centroids.iter().map(|centroid| centroid.lat_deg));
        self.places.extend((0..zones.len() as u32).map(|at| first.map(|first| first + at)));
        Ok(())
    }
}
