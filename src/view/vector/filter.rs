//! From a layer's filters to places on its zone axis. What is found here holds all features that pass, and perhaps some
//! more at the edges: the exact test is made on the delivered polygons, by OGR.

use std::sync::Arc;

use super::Layer;
use super::outline::Outliner;
use crate::cube::Indices;
use crate::error::Result;
use crate::grid::{Containment, Grid, Region, Zone, ZoneSet};
use crate::store::{self, Call};

/// The widest margin of longitude around a filter, in degrees; nearer to a pole all longitudes are looked at.
const MAX_WIDENED_DEG: f64 = 10.0;

/// What features are asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// West, south, east, north in degrees.
    pub bbox: Option<[f64; 4]>,
    /// A geometry in longitude and latitude as WKT, within `bbox`.
    pub polygon: Option<String>,
    /// Zone texts.
    pub zones: Option<Vec<String>>,
}

impl Layer {
    /// The places of zones that may pass; `None`: all of them.
    pub(super) fn places_of(&self, call: &Arc<Call>, filter: &Filter) -> Result<Option<Indices>> {
        let (grid, level) = (&**self.line.grid(), self.line.level());
        let mut found: Option<ZoneSet> = None;
        if let Some(zones) = &filter.zones {
            let named = zones.iter().filter_map(|text| zone_named(grid, level, text));
            found = Some(ZoneSet::from_zones(named));
        }
        if let Some(bbox) = filter.bbox {
            match self.zones_near(call, bbox, filter.polygon.as_deref())? {
                Near::All => {}
                Near::None => return Ok(Some(Indices::default())),
                Near::Some(near) => {
                    found = Some(found.map_or(near.clone(), |named| named.intersection(&near)));
                }
            }
        }
        found.map(|set| self.line.indices_of(call, &set)).transpose()
    }

    fn zones_near(&self, call: &Arc<Call>, bbox: [f64; 4], polygon: Option<&str>) -> Result<Near> {
        let (grid, level) = (&**self.line.grid(), self.line.level());
        let [west, south, east, north] = bbox;
        // Polygons differ a little from the zones.
        let margin = Outliner::new(grid, level).tolerance_deg();
        let (south, north) = ((south - margin).max(-90.0), (north + margin).min(90.0));
        if !(west <= east && south <= north && west <= 180.0 && east >= -180.0) {
            return Ok(Near::None);
        }
        if west <= -180.0 && east >= 180.0 && south <= -90.0 && north >= 90.0 {
            return Ok(Near::All);
        }
        // All longitudes meet at a pole: beyond this latitude a margin has no end.
        let limit = (margin / MAX_WIDENED_DEG).min(1.0).acos().to_degrees();
        let widened = |latitude: f64| margin / latitude.to_radians().cos();
        let zones_in = |region: &Region| grid.zones_in(level, region, Containment::Intersects);
        let (low, high) = (south.max(-limit), north.min(limit));
        let mut set = ZoneSet::default();
        if low <= high {
            let widened = widened(low.abs().max(high.abs()));
            let polygon = polygon.filter(|_| low == south && high == north);
            let region = match polygon.and_then(|polygon| widened_region(call, polygon, widened)) {
                Some(region) => region,
                None => Region::bbox((west - widened).max(-180.0), low, (east + widened).min(180.0), high)?,
            };
            set = zones_in(&region)?;
        }
        for (low, high) in [(south, north.min(-limit)), (south.max(limit), north)] {
            if low < high {
                set = set.union(&zones_in(&Region::bbox(-180.0, low, 180.0, high)?)?);
            }
        }
        Ok(Near::Some(set))
    }
}

/// All within `widened` degrees of a geometry; `None` where that cannot be made, or reaches beyond the poles: then its box
/// has to do.
fn widened_region(call: &Arc<Call>, wkt: &str, widened: f64) -> Option<Region> {
    Region::polygons(store::vector::widened(call, wkt, widened).ok()?).ok()
}

enum Near {
    All,
    None,
    Some(ZoneSet),
}

/// The zone of this level that a text names. OGR compares texts without regard to case.
fn zone_named(grid: &dyn Grid, level: u8, text: &str) -> Option<Zone> {
    let spellings = [text.to_owned(), text.to_lowercase(), text.to_uppercase()];
    let found = spellings.iter().find_map(|text| grid.parse_zone(text, Some(level)).ok());
    found.filter(|(found, _)| *found == level).map(|(_, zone)| zone)
}
