//! CF 1.13: the HEALPix grid mapping. <https://cfconventions.org/cf-conventions/cf-conventions.html#healpix>
//!
//! ```json
//! {"grid_mapping_name": "healpix", "indexing_scheme": "nested", "refinement_level": 5,
//!  "reference_ellipsoid_name": "WGS84", "semi_major_axis": 6378137.0, "inverse_flattening": 298.257223563}
//! ```
//!
//! Marker: `grid_mapping_name` is `healpix` on a variable that is not in the older style of
//! [`easygems`](super::easygems). `refinement_level` is mandatory for `nested` and `ring` and must be absent for
//! `nuniq` and `zuniq`; there it is taken as the level of all zones, with a warning. The index is the variable with
//! `standard_name` `healpix_index`; without one the data hold all zones in order. The figure of the Earth is
//! `earth_radius`, or `semi_major_axis` with `inverse_flattening` or `semi_minor_axis`, or `reference_ellipsoid_name`
//! alone, or xdggs' object `ellipsoid`. CF gives no figure when none is named; it is the sphere of 6370997 m of the
//! other HEALPix conventions.
//!
//! Limits: `crs_wkt` is not searched for a figure; see [`grid_mapping`](super::grid_mapping) for where variables may
//! be.

use serde_json::Value;

use super::attribute::Fields;
use super::grid_mapping::{self, Identity, Style};
use super::{Attributes, Convention, Description, GroupMeta, NewAxis, Node, Selection, ZoneAxis, ellipsoid, spec};
use crate::error::{Error, Result};

pub(super) struct Cf;

/// The convention.
pub(super) static CONVENTION: Cf = Cf;

impl Convention for Cf {
    fn name(&self) -> &'static str {
        "CF"
    }

    fn marks(&self, attributes: &Attributes) -> bool {
        is_healpix_mapping(attributes) && !super::easygems::in_older_style(attributes)
    }

    fn detect(&self, group: &GroupMeta<'_>) -> Result<Option<Vec<ZoneAxis>>> {
        let style = Style {
            convention: self.name(),
            is_mapping: |attributes| CONVENTION.marks(attributes),
            identity,
            usual_dimensions: &[],
        };
        grid_mapping::axes(group, &style)
    }

    /// On an axis of a grid mapping (easy.gems' too) the ids are a HEALPix index, and data on a dimension of another
    /// name list them as a coordinate. Elsewhere nothing is added: xdggs refuses an id array with a `standard_name`.
    fn select(&self, selection: &Selection<'_>, node: Node<'_>, attributes: &mut Attributes) {
        let Some(mapping) = &selection.axis.grid_mapping else { return };
        match node {
            Node::Ids => {
                attributes.insert("standard_name".into(), "healpix_index".into());
                attributes.insert("grid_mapping".into(), mapping.as_str().into());
            }
            Node::Array(_) if selection.id_array != selection.dimension => {
                add_coordinate(attributes, selection.id_array);
            }
            _ => {}
        }
    }

    /// Easy.gems' too.
    fn strip(&self, axis: &ZoneAxis, node: Node<'_>, attributes: &mut Attributes) {
        let is = |attributes: &Attributes, key: &str, value: &str| {
            attributes.get(key).and_then(Value::as_str) == Some(value)
        };
        if node == Node::Ids && is(attributes, "standard_name", "healpix_index") {
            attributes.shift_remove("standard_name");
        }
        let Some(mapping) = &axis.grid_mapping else { return };
        // xdggs' export to CF names the grid instead of the variable.
        if is(attributes, "grid_mapping", mapping) || is(attributes, "grid_mapping", "healpix") {
            attributes.shift_remove("grid_mapping");
        }
        if let (Some(ids), Some(listed)) = (&axis.id_array, attributes.get("coordinates").and_then(Value::as_str)) {
            let others: Vec<_> = listed.split_whitespace().filter(|name| name != ids).collect();
            match others.join(" ") {
                none if none.is_empty() => drop(attributes.shift_remove("coordinates")),
                others => drop(attributes.insert("coordinates".into(), others.into())),
            }
        }
    }

    fn written_as(&self) -> &'static [&'static str] {
        &["CF"]
    }

    fn describe(&self, dialect: &'static str, axis: &NewAxis<'_>) -> Result<Description> {
        let spec = axis.spec;
        if spec.dggrs != "HEALPix" {
            return Err(Error::unsupported(format!("CF 1.13 describes HEALPix alone, not {}", spec.dggrs)));
        }
        let mut mapping = Attributes::new();
        mapping.insert("grid_mapping_name".into(), "healpix".into());
        mapping.insert("indexing_scheme".into(), spec.indexing.into());
        if !spec::carries_level(spec.indexing) {
            mapping.insert("refinement_level".into(), axis.level.into());
        }
        mapping.extend(ellipsoid::to_grid_mapping(&spec.surface));
        let mut description = Description::of(dialect, axis)?.listed(axis);
        let name = format!("{}{}", axis.grid_mapping, axis.suffix);
        for attributes in [&mut description.ids, &mut description.data] {
            attributes.insert("grid_mapping".into(), name.as_str().into());
        }
        description.ids.insert("standard_name".into(), "healpix_index".into());
        description.ids.insert("units".into(), "1".into());
        description.data.insert("coordinates".into(), description.id_array.as_deref().into());
        description.group.insert("Conventions".into(), "CF-1.13".into());
        description.auxiliary.push((name, mapping));
        Ok(description)
    }
}

/// True for the attributes of any variable that is a HEALPix grid mapping.
pub(super) fn is_healpix_mapping(attributes: &Attributes) -> bool {
    attributes.get("grid_mapping_name").and_then(Value::as_str) == Some("healpix")
}

/// Adds a name to the attribute `coordinates`.
pub(super) fn add_coordinate(attributes: &mut Attributes, name: &str) {
    let coordinates = match attributes.get("coordinates").and_then(Value::as_str) {
        Some(known) if known.split_whitespace().any(|word| word == name) => return,
        Some(known) => format!("{known} {name}"),
        None => name.to_owned(),
    };
    attributes.insert("coordinates".into(), coordinates.into());
}

/// The identity that a mapping's attributes tell.
fn identity(place: &str, attributes: &Attributes) -> Result<Identity> {
    let mut warnings = Vec::new();
    let fields = Fields::new(place, attributes);
    let (family, dggrs) = spec::dggrs(&fields, "grid_mapping_name", fields.mandatory_text("grid_mapping_name")?)?;
    let indexing = spec::scheme(place, family, dggrs, fields.mandatory_text("indexing_scheme")?)?;
    let level = fields.unsigned("refinement_level")?;
    if let Some(level) = level.filter(|_| spec::carries_level(indexing)) {
        warnings.push(format!("{place}: 'refinement_level' {level} beside {indexing} ids, which carry theirs"));
    }
    let surface = match ellipsoid::of_grid_mapping(attributes, place, &mut warnings)? {
        Some(surface) => surface,
        None => ellipsoid::unspecified(dggrs)?,
    };
    let (spec, level, grid) = spec::checked(place, "refinement_level", (family, dggrs), indexing, surface, level)?;
    Ok(Identity { spec, level, grid, warnings })
}
