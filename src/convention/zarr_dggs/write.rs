//! The object `dggs` of a new group, in the two dialects that are written.

use serde_json::{Map, Value, json};

use super::{UUID, declared, undeclared_object};
use crate::convention::attribute::structured;
use crate::convention::multiscales;
use crate::convention::{Attributes, Description, NewAxis, creation, ellipsoid, spec};
use crate::error::Result;

/// Dialect b, which xdggs 0.6 reads: `semimajor_axis`; no level beside ids that carry it.
pub(super) const OLDER: &str = "ZARR_DGGS";
/// Dialect c, since 2026-05: `semi_major_axis`.
pub(in crate::convention) const NEWEST: &str = "ZARR_DGGS_C";

const SCHEMA_URL: &str = "https://raw.githubusercontent.com/zarr-conventions/dggs/refs/tags/v1/schema.json";
const SPEC_URL: &str = "https://github.com/zarr-conventions/dggs/blob/v1/README.md";

/// The entry of `zarr_conventions`.
pub(super) fn declaration() -> Value {
    json!({
        "uuid": UUID,
        "schema_url": SCHEMA_URL,
        "spec_url": SPEC_URL,
        "name": "dggs",
        "description": "Discrete Global Grid Systems convention for zarr",
    })
}

/// Any grid; ids are listed, of the globe too: xdggs 0.6 does not open a store without them.
pub(super) fn describe(dialect: &'static str, axis: &NewAxis<'_>) -> Result<Description> {
    let mut description = Description::of(dialect, axis)?.listed(axis);
    let spec = axis.spec;
    let level = Some(axis.level).filter(|_| dialect == NEWEST || !matches!(spec.indexing, "nuniq" | "zuniq"));
    let mut object = Map::new();
    object.insert("name".into(), spec.dggrs.to_lowercase().into());
    object.insert("refinement_level".into(), json!(level));
    // xdggs refuses members that a grid does not have.
    if dialect == NEWEST || spec.dggrs != "H3" {
        object.insert("indexing_scheme".into(), spec.indexing.into());
        let write = if dialect == NEWEST { ellipsoid::to_object_c } else { ellipsoid::to_object };
        object.insert("ellipsoid".into(), write(&spec.surface));
    }
    object.extend(spec::turned(spec).map(|turned| (spec::ORIENTATION.to_owned(), turned)));
    object.insert("spatial_dimension".into(), description.dimensions[0].0.as_str().into());
    object.insert("coordinate".into(), description.id_array.as_deref().into());
    object.insert("compression".into(), "none".into());
    // An axis that shares its group with others is told on its arrays.
    if axis.suffix.is_empty() {
        description.group.insert("dggs".into(), object.into());
    } else {
        description.data.insert("dggs".into(), object.into());
    }
    description.declarations.push(declaration());
    Ok(description)
}

/// Takes objects and declarations out; a layout of levels stays, without their objects.
pub(super) fn strip(attributes: &mut Attributes) {
    if declared(attributes) || undeclared_object(attributes) {
        attributes.shift_remove("dggs");
    }
    creation::undeclare(attributes, UUID);
    if let Some(mut layout) = attributes.get(multiscales::KEY).map(|object| structured(object).into_owned()) {
        let entries = layout.get_mut("layout").and_then(Value::as_array_mut).into_iter().flatten();
        entries.filter_map(Value::as_object_mut).for_each(|entry| drop(entry.shift_remove("dggs")));
        attributes.insert(multiscales::KEY.into(), layout);
    }
}
