//! The CRS that attributes carry, as texts for PROJ to try one after another; importing them is the caller's.
//!
//! `_CRS` (OGC 21-032, clause 5.2, <https://docs.ogc.org/per/21-032.html>) on an array or a group is an object with any
//! of `url`, `wkt`, `projjson`, tried in that order, the next when an import fails:
//!
//! ```json
//! {"_CRS": {"url": "http://www.opengis.net/def/crs/EPSG/0/4326",
//!           "projjson": {"type": "GeographicCRS", "name": "WGS 84"}}}
//! ```
//!
//! Seen in the field as well: a bare text (WKT, a code, a PROJ text or PROJJSON), and all of it as one JSON text after
//! a copy by GDAL. Else the CF way: `grid_mapping` names a variable with `crs_wkt` (or GDAL's `spatial_ref`). A HEALPix
//! grid mapping is a grid, not a CRS, and is passed over.
//!
//! Limits: CF grid mappings without WKT.

use serde_json::Value;

use super::attribute::structured;
use super::cf::is_healpix_mapping;
use super::grid_mapping::mapping_names;
use super::{ArrayMeta, Attributes, GroupMeta};

/// One definition of a CRS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The attribute or member that held it: `url`, `wkt`, `projjson`, `text` (a bare text), `crs_wkt`, `spatial_ref`.
    pub key: &'static str,
    /// What `proj_create` takes.
    pub text: String,
}

/// The attribute of an array or a group.
pub const ATTRIBUTE: &str = "_CRS";

/// The attribute `_CRS` of a CRS, in all the forms that there are of it.
pub fn attribute(url: Option<&str>, wkt: &str, projjson: Option<&str>) -> Value {
    let mut members = Attributes::new();
    if let Some(url) = url {
        members.insert("url".into(), url.into());
    }
    members.insert("wkt".into(), wkt.into());
    if let Some(projjson) = projjson.and_then(|text| serde_json::from_str::<Attributes>(text).ok()) {
        members.insert("projjson".into(), projjson.into());
    }
    members.into()
}

/// The definitions that an attribute `_CRS` holds, in the order in which to try them; empty when it holds none.
pub fn definitions(attribute: &Value) -> Vec<Definition> {
    match structured(attribute).as_ref() {
        Value::String(text) if !text.trim().is_empty() => {
            vec![Definition { key: "text", text: text.trim().to_owned() }]
        }
        Value::Object(members) => {
            let found: Vec<_> =
                ["url", "wkt", "projjson"].into_iter().filter_map(|key| definition(members, key)).collect();
            // PROJJSON itself in place of the object that should hold it.
            if found.is_empty() && members.contains_key("type") {
                return vec![Definition { key: "projjson", text: Value::Object(members.clone()).to_string() }];
            }
            found
        }
        _ => Vec::new(),
    }
}

/// Every definition that applies to an array, the first to try first: its own `_CRS`, its group's, its CF grid mapping.
pub fn of_array(group: &GroupMeta<'_>, array: &ArrayMeta<'_>) -> Vec<Definition> {
    let own = array.attributes.get(ATTRIBUTE).map(definitions).unwrap_or_default();
    let group_s = group.attributes.get(ATTRIBUTE).map(definitions).unwrap_or_default();
    own.into_iter().chain(group_s).chain(of_grid_mapping(group, array)).collect()
}

/// The WKT of the grid mapping variables that an array names.
pub fn of_grid_mapping(group: &GroupMeta<'_>, array: &ArrayMeta<'_>) -> Vec<Definition> {
    let Some(attribute) = array.attributes.get("grid_mapping").and_then(Value::as_str) else { return Vec::new() };
    mapping_names(attribute)
        .into_iter()
        .filter_map(|name| group.array(name))
        .filter(|mapping| !is_healpix_mapping(mapping.attributes))
        .flat_map(|mapping| {
            ["crs_wkt", "spatial_ref"].into_iter().filter_map(|key| definition(mapping.attributes, key))
        })
        .collect()
}

/// The member `key` as a text: a text as it is, an object as JSON.
fn definition(members: &Attributes, key: &'static str) -> Option<Definition> {
    let text = match members.get(key)? {
        Value::String(text) => text.trim().to_owned(),
        object @ Value::Object(_) if key == "projjson" => object.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(Definition { key, text })
}
