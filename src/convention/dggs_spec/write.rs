//! The attribute `grid` of a new cube, and the metadata that the spec asks of the root: ACDD 1.3
//! (<https://wiki.esipfed.org/Attribute_Convention_for_Data_Discovery_1-3>) and CF.

use serde_json::{Map, Value, json};

use super::{ATTRIBUTE, grid_system};
use crate::convention::placement::Placement;
use crate::convention::{Attributes, Description, NewAxis, Zones};
use crate::error::{Error, Result};
use crate::grid;

/// The version of DGGRID that the spec's example names; address types have not changed since.
const DGGRID: &str = "7.8";

/// The dimensions of Q2DI, as in the spec's example.
const Q2DI: [&str; 3] = ["n", "i", "j"];

/// Ids are not listed: SEQNUM lies along one dimension, Q2DI along quad, i and j, where positions that are no zone's (as most
/// of quads 0 and 11) are to hold the fill value.
pub(super) fn describe(dialect: &'static str, axis: &NewAxis<'_>) -> Result<Description> {
    let spec = axis.spec;
    let (system, aperture) = grid_system::to_attributes(spec)?;
    if axis.zones != Zones::Globe {
        return Err(Error::unsupported(
            "\"there MUST NOT be missing values within the global bounding box\", and these zones are not the whole globe; \
             give COVERAGE=GLOBAL",
        ));
    }
    let mut description = Description::of(dialect, axis)?;
    match spec.indexing {
        "SEQNUM" => {}
        "Q2DI" => {
            let extent = grid::grid(spec)?.address_extent(axis.level);
            let sizes = extent.ok_or_else(|| Error::unsupported(format!("{} has no addresses of Q2DI", spec.dggrs)))?;
            description.dimensions =
                Q2DI.iter().zip(sizes).map(|(name, size)| (format!("{name}{}", axis.suffix), size)).collect();
            description.placement = Placement::Address { linear: Vec::new(), whole: true };
            description.meaning = vec![0, 1, 2];
        }
        other => {
            return Err(Error::unsupported(format!(
                "the DGGS data spec is written with INDEXING=SEQNUM or Q2DI, not {other}, whose coordinates are no positions \
                 of an array"
            )));
        }
    }
    let names: Vec<_> = description.dimensions.iter().map(|(name, _)| name.as_str()).collect();
    let grid = json!({
        "coordinate_conversions": [{"type": "dggrid", "version": DGGRID, "address_type": spec.indexing}],
        "aperture": aperture,
        "grid_system": system,
        "resolutions": [{"name": "spatial", "resolution": axis.level, "dimensions": names}],
    });
    description.data.insert(ATTRIBUTE.into(), grid);
    description.group.insert("Conventions".into(), "CF-1.8, ACDD-1.3".into());
    description.group_defaults = discovery(spec.dggrs, axis.level);
    Ok(description)
}

/// `grid` with a resolution on the dimensions of time.
pub(in crate::convention) fn with_time(grid: &Value, temporal: &[String]) -> Value {
    let mut grid = grid.clone();
    if let (false, Some(list)) = (temporal.is_empty(), grid.get_mut("resolutions").and_then(Value::as_array_mut)) {
        list.push(json!({"name": "temporal", "resolution": 1, "dimensions": temporal}));
    }
    grid
}

/// What ACDD highly recommends and the whole globe tells by itself.
fn discovery(dggrs: &str, level: u8) -> Attributes {
    let mut attributes = Map::new();
    let mut set = |key: &str, value: Value| drop(attributes.insert(key.to_owned(), value));
    set("title", format!("{dggrs} data cube").into());
    set("summary", format!("Values on the zones of the DGGS {dggrs} at refinement level {level}.").into());
    set("keywords", format!("DGGS, {dggrs}").into());
    set("geospatial_lat_min", json!(-90.0));
    set("geospatial_lat_max", json!(90.0));
    set("geospatial_lat_units", "degrees_north".into());
    set("geospatial_lon_min", json!(-180.0));
    set("geospatial_lon_max", json!(180.0));
    set("geospatial_lon_units", "degrees_east".into());
    attributes
}
