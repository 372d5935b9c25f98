//! The extent of a layer: the envelope of its geometries.

use std::sync::Arc;

use super::Layer;
use super::options::Geometry;
use super::outline::Outliner;
use crate::error::Result;
use crate::grid::{LonLat, Survey, Zone, survey};
use crate::store::Call;

impl Layer {
    /// West, south, east and north end of all geometries, in degrees; `None` when there is none. Only zones at the edge
    /// are drawn.
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
        let (grid, level) = (&**self.line.grid(), self.line.level());
        let outliner = (self.geometry != Geometry::Point).then(|| Outliner::new(grid, level));
        let mut envelope = Envelope { outliner, extent: EMPTY };
        self.line.finder().for_each_set(call, |zones| survey(grid, level, zones, &mut envelope))?;
        let found = envelope.extent;
        Ok((found[0] <= found[2]).then_some(found))
    }
}

/// The envelope of zones' polygons, or without an outliner of their centres.
struct Envelope<'g> {
    outliner: Option<Outliner<'g>>,
    extent: [f64; 4],
}

impl Survey for Envelope<'_> {
    fn may_matter(&self, LonLat { lon_deg: lon, lat_deg: lat }: LonLat, reach_deg: f64) -> bool {
        let reach = reach_deg + self.outliner.as_ref().map_or(0.0, Outliner::reach_deg);
        let scale = (lat.abs() + reach).min(90.0).to_radians().cos();
        let wide = match scale > 1e-9 {
            _ if reach == 0.0 => 0.0,
            true => reach / scale,
            false => 360.0,
        };
        let may_cross = lon - wide < -180.0 || lon + wide > 180.0;
        let [west, east] = if may_cross { [-180.0, 180.0] } else { [lon - wide, lon + wide] };
        let around = [west, (lat - reach).max(-90.0), east, (lat + reach).min(90.0)];
        joined(self.extent, around) != self.extent
    }

    fn see(&mut self, zone: Zone, LonLat { lon_deg, lat_deg }: LonLat) -> Result<()> {
        let mut extent = self.extent;
        let mut add = |[lon, lat]: [f64; 2]| extent = joined(extent, [lon, lat, lon, lat]);
        match &self.outliner {
            None => add([lon_deg, lat_deg]),
            Some(outliner) => outliner.outlines(&[zone], |rings| {
                rings.iter().flatten().for_each(|place| add([place.lon_deg, place.lat_deg]));
            })?,
        }
        self.extent = extent;
        Ok(())
    }
}

const EMPTY: [f64; 4] = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];

fn joined(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}
