//! Zone axes by way of a grid mapping variable: what CF 1.13 and easy.gems have in common.
//!
//! ```json
//! {"arrays": {
//!     "crs":  {"dimensions": [], "attributes": {"grid_mapping_name": "healpix", "...": "..."}},
//!     "cell": {"dimensions": ["cell"], "attributes": {"standard_name": "healpix_index"}},
//!     "tas":  {"dimensions": ["time", "cell"], "attributes": {"grid_mapping": "crs"}}}}
//! ```
//!
//! A mapping is found by its `grid_mapping_name`, for `grid_mapping` of the data may name a variable that is not there
//! (xdggs' export to CF names the grid instead of the variable) or another one (GDAL's netCDF driver adds its own): when
//! a group has one HEALPix mapping, it serves all arrays that have the zone dimension. That is the index's, else the
//! one whose size is the number of zones. Of several mappings each serves the arrays that name it.
//!
//! Limits: a mapping in a group above its data.

use std::sync::Arc;

use serde_json::Value;

use super::{ArrayMeta, Compression, Coverage, GroupMeta, Placement, ZoneAxis};
use crate::error::{Error, Result};
use crate::grid::{Grid, GridSpec};

/// The identity that a mapping's attributes tell.
pub(super) struct Identity {
    pub(super) spec: GridSpec,
    pub(super) level: Option<u8>,
    pub(super) grid: Arc<dyn Grid>,
    pub(super) warnings: Vec<String>,
}

/// What differs between the conventions.
pub(super) struct Style {
    pub(super) convention: &'static str,
    /// True for the attributes of a mapping of this convention.
    pub(super) is_mapping: fn(&super::Attributes) -> bool,
    /// Reads a mapping's attributes; the text is where they stand.
    pub(super) identity: fn(&str, &super::Attributes) -> Result<Identity>,
    /// Usual names of the zone dimension; a coordinate variable of such a name is the index.
    pub(super) usual_dimensions: &'static [&'static str],
}

/// The zone axes of a group, `None` where it has no mapping of this style.
pub(super) fn axes(group: &GroupMeta<'_>, style: &Style) -> Result<Option<Vec<ZoneAxis>>> {
    let mappings: Vec<_> = group.arrays.iter().filter(|array| (style.is_mapping)(array.attributes)).collect();
    let mut axes = Vec::new();
    for mapping in &mappings {
        let members: Vec<_> = group
            .arrays
            .iter()
            .filter(|array| array.name != mapping.name && (mappings.len() == 1 || belongs(group, array, mapping)))
            .collect();
        if let Some(mut axis) = axis(group, mapping, &members, style)? {
            if mappings.len() > 1 {
                axis.arrays = Coverage::Only(members.iter().map(|array| array.name.to_owned()).collect());
            }
            axes.push(axis);
        }
    }
    Ok(Some(axes).filter(|axes| !axes.is_empty()))
}

/// The variables that an attribute `grid_mapping` names, in its plain or its extended form (`crs: lat lon`).
pub(super) fn mapping_names(attribute: &str) -> Vec<&str> {
    let words = || attribute.split_whitespace();
    if attribute.contains(':') {
        words().filter_map(|word| word.strip_suffix(':')).collect()
    } else {
        words().collect()
    }
}

/// Name of the dimension that holds the zones, with its index.
fn zone_dimension<'a>(
    group: &GroupMeta<'_>,
    members: &[&'a ArrayMeta<'_>],
    identity: &Identity,
    style: &Style,
    place: &str,
) -> Result<Option<(&'a str, Option<&'a ArrayMeta<'a>>)>> {
    let is_usual = |name: &str| style.usual_dimensions.contains(&name);
    let index = members.iter().copied().find(|array| is_healpix_index(array)).or_else(|| {
        members
            .iter()
            .copied()
            .find(|array| is_usual(array.name) && array.could_hold_ids() && array.only_dimension() == Some(array.name))
    });
    if let Some(index) = index {
        let dimension = index.only_dimension().filter(|_| index.could_hold_ids()).ok_or_else(|| {
            Error::corrupt(format!(
                "array {}: 'standard_name' makes it an index of zones, which must have one dimension and hold integers; \
                 this one has {} and holds {:?}",
                group.path_of(index.name),
                index.dimensions.len(),
                index.kind
            ))
        })?;
        return Ok(Some((dimension, Some(index))));
    }
    let Some(level) = identity.level else {
        return Err(Error::corrupt(format!(
            "{place}: neither a level nor an index of zones (standard_name healpix_index) is given"
        )));
    };
    let zones = identity.grid.zone_count(level);
    let mut fitting: Vec<&str> = Vec::new();
    let mut others = Vec::new();
    for array in members {
        for (name, size) in array.dimensions.iter().zip(&array.shape) {
            if *size == zones && !fitting.contains(&name.as_str()) {
                fitting.push(name);
            } else if *size != zones {
                others.push((name.as_str(), *size));
            }
        }
    }
    match fitting[..] {
        [dimension] => Ok(Some((dimension, None))),
        [] => match others.iter().find(|(name, _)| is_usual(name)) {
            // A mapping beside data that are not on its grid, or beside none.
            None if !members.iter().any(|array| array.attributes.contains_key("grid_mapping")) => Ok(None),
            unfit => {
                let (name, size) = unfit.copied().unwrap_or(("", 0));
                let which = if name.is_empty() { String::new() } else { format!(" ('{name}' has {size})") };
                Err(Error::corrupt(format!(
                    "{place}: there is no index of zones, so a dimension must hold all {zones} zones of level {level}, and \
                     none does{which}; if an array holds zone ids give DGGRS, LEVEL and ZONE_ID"
                )))
            }
        },
        _ => Err(Error::corrupt(format!(
            "{place}: there is no index of zones, and {} all hold {zones} positions, the number of zones of level {level}",
            fitting.join(", ")
        ))),
    }
}

fn axis(
    group: &GroupMeta<'_>,
    mapping: &ArrayMeta<'_>,
    members: &[&ArrayMeta<'_>],
    style: &Style,
) -> Result<Option<ZoneAxis>> {
    let place = format!("array {}", group.path_of(mapping.name));
    if mapping.dimensions.len() > 1 {
        return Err(Error::corrupt(format!(
            "{place}: a grid mapping variable must not have {} dimensions",
            mapping.dimensions.len()
        )));
    }
    let identity = (style.identity)(&place, mapping.attributes)?;
    let Some((dimension, index)) = zone_dimension(group, members, &identity, style, &place)? else { return Ok(None) };
    Ok(Some(ZoneAxis {
        convention: style.convention,
        dimensions: vec![dimension.to_owned()],
        id_array: index.map(|index| index.name.to_owned()),
        compression: Compression::None,
        grid_mapping: Some(mapping.name.to_owned()),
        placement: Placement::Line,
        arrays: Coverage::All,
        spec: identity.spec,
        level: identity.level,
        warnings: identity.warnings,
    }))
}

/// True when `array` names `mapping`, or is an index without `grid_mapping` whose dimension such an array uses.
fn belongs(group: &GroupMeta<'_>, array: &ArrayMeta<'_>, mapping: &ArrayMeta<'_>) -> bool {
    let names_it = |array: &ArrayMeta<'_>| {
        let attribute = array.attributes.get("grid_mapping").and_then(Value::as_str);
        attribute.is_some_and(|attribute| mapping_names(attribute).contains(&mapping.name))
    };
    let shares_dimension = |user: &ArrayMeta<'_>| array.dimensions.iter().all(|name| user.dimensions.contains(name));
    names_it(array)
        || (is_healpix_index(array)
            && !array.attributes.contains_key("grid_mapping")
            && group.arrays.iter().any(|user| names_it(user) && shares_dimension(user)))
}

fn is_healpix_index(array: &ArrayMeta<'_>) -> bool {
    array.attributes.get("standard_name").and_then(Value::as_str) == Some("healpix_index")
}
