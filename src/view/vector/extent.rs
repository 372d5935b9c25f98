//! The extent of a layer: the envelope of its geometries.

use std::sync::Arc;

use rayon::prelude::*;

use super::options::Geometry;
use super::outline::Outliner;
use super::{BLOCK, Layer};
use crate::error::Result;
use crate::grid::{LonLat, Zone};
use crate::store::{self, Call};

/// Zones that one thread looks at at a time.
const BATCH: usize = 4096;

impl Layer {
    /// West, south, east and north end of all geometries, in degrees; `None` when there is none. All zones are looked at,
    /// once, but only those at the edge are drawn.
    pub fn extent(&self, call: &Arc<Call>) -> Result<Option<[f64; 4]>> {
        if let Some(extent) = self.extent.get() {
            return Ok(*extent);
        }
        let found = match self.geometry {
            Geometry::None => None,
            Geometry::Polygon if self.line.is_global() => Some([-180.0, -90.0, 180.0, 90.0]),
            _ => self.measured(call)?,
        };
        Ok(*self.extent.get_or_init(|| found))
    }

    /// True when [`Layer::extent`] costs nothing.
    pub fn knows_extent(&self) -> bool {
        self.extent.get().is_some() || (self.geometry == Geometry::Polygon && self.line.is_global())
    }

    fn measured(&self, call: &Arc<Call>) -> Result<Option<[f64; 4]>> {
        let mut found = EMPTY;
        for start in (0..self.line.len()).step_by(BLOCK as usize) {
            let count = BLOCK.min(self.line.len() - start) as usize;
            let zones: Vec<Zone> = self.line.zones(call, start, count)?.into_iter().flatten().collect();
            let parts = || {
                let parts = zones.par_chunks(BATCH).map(|zones| self.grown(found, zones));
                parts.try_reduce(|| EMPTY, |a, b| Ok(joined(a, b)))
            };
            found = joined(found, store::pool::install(call, parts)??);
        }
        Ok((found[0] <= found[2]).then_some(found))
    }

    /// `extent` with the geometries of `zones`.
    fn grown(&self, mut extent: [f64; 4], zones: &[Zone]) -> Result<[f64; 4]> {
        let (grid, level) = (&**self.line.grid(), self.line.level());
        let outliner = Outliner::new(grid, level);
        let reach = outliner.reach_deg();
        let mut centres = vec![LonLat::default(); zones.len()];
        grid.centroids(level, zones, &mut centres)?;
        for (zone, centre) in zones.iter().zip(&centres) {
            let LonLat { lon_deg: lon, lat_deg: lat } = *centre;
            if self.geometry == Geometry::Point {
                extent = joined(extent, [lon, lat, lon, lat]);
                continue;
            }
            let scale = (lat.abs() + reach).min(90.0).to_radians().cos();
            let wide = if scale > 1e-9 { reach / scale } else { 360.0 };
            let may_cross = lon - wide < -180.0 || lon + wide > 180.0;
            let around = if may_cross {
                [-180.0, lat - reach, 180.0, lat + reach]
            } else {
                [lon - wide, lat - reach, lon + wide, lat + reach]
            };
            let around = [around[0], around[1].max(-90.0), around[2], around[3].min(90.0)];
            if joined(extent, around) == extent {
                continue;
            }
            outliner.outlines(std::slice::from_ref(zone), |rings| {
                for place in rings.iter().flatten() {
                    extent = joined(extent, [place.lon_deg, place.lat_deg, place.lon_deg, place.lat_deg]);
                }
            })?;
        }
        Ok(extent)
    }
}

const EMPTY: [f64; 4] = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];

fn joined(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}
