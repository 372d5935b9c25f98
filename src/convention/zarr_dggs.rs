//! The DGGS convention of zarr-conventions: an object `dggs` on a group or an array.
//! <https://github.com/zarr-conventions/dggs>
//!
//! ```json
//! {"zarr_conventions": [{"uuid": "7b255807-140c-42ca-97f6-7a1cfecdbc38", "name": "dggs"}],
//!  "dggs": {"name": "healpix", "refinement_level": 10, "indexing_scheme": "nested", "spatial_dimension": "cells",
//!           "ellipsoid": {"name": "WGS84", "semi_major_axis": 6378137.0, "inverse_flattening": 298.257223563},
//!           "coordinate": "cell_ids", "compression": "none"}}
//! ```
//!
//! Marker: a declaration in `zarr_conventions` (by uuid, `schema_url` or `spec_url`; a list or, in the first dialect,
//! an object keyed by uuid), or an object `dggs` with `name` and `refinement_level`, which is used with a warning. A
//! group's object applies to the arrays directly in it, an array's own replaces it whole. A group without one takes its
//! entry of `multiscales.layout[]` of a group above it, see [`layout`]. A declaration with neither is ignored: it is
//! for others.
//!
//! Dialects (see [`ellipsoid`](super::ellipsoid)) may be mixed freely. No `ellipsoid` is a sphere of 6370997 m. No
//! `coordinate` is the whole globe in the order of its ids. Compressed coordinates are HEALPix' alone: `ranges` are
//! half-open and nested at level 29, `compacted` are zuniq of mixed levels, and both need the axis' own level.
//!
//! Limits: a `coordinate` in another group; one-level axes only (`refinement_level: null` needs ids that carry it).

mod layout;
mod write;

pub(super) use write::NEWEST;

use serde_json::{Map, Value, json};

use super::attribute::{Fields, structured};
use super::{
    ArrayMeta, Attributes, Compression, Convention, Coverage, Description, ElementKind, GroupMeta, NewAxis, Node,
    Placement, Selection, ZoneAxis,
};
use super::{creation, ellipsoid, spec};
use crate::error::{Error, Result};
use crate::grid::{Grid, GridSpec};

pub(super) struct ZarrDggs;

/// The convention.
pub(super) static CONVENTION: ZarrDggs = ZarrDggs;

/// What identifies the convention for ever.
const UUID: &str = "7b255807-140c-42ca-97f6-7a1cfecdbc38";
/// Every version's URLs begin with one of these.
const URL_STEMS: [&str; 3] = [
    "https://raw.githubusercontent.com/zarr-conventions/dggs/",
    "https://github.com/zarr-conventions/dggs/blob/",
    "https://github.com/zarr-conventions/dggs/tree/",
];

impl Convention for ZarrDggs {
    fn name(&self) -> &'static str {
        "ZARR_DGGS"
    }

    fn marks(&self, attributes: &Attributes) -> bool {
        declared(attributes) || undeclared_object(attributes)
    }

    fn detect(&self, group: &GroupMeta<'_>) -> Result<Option<Vec<ZoneAxis>>> {
        let mut axes = Vec::new();
        for array in group.arrays.iter().filter(|array| self.marks(array.attributes)) {
            let Some(object) = array.attributes.get("dggs") else { continue };
            let place = format!("'dggs' of array {}", group.path_of(array.name));
            let mut axis = Object::parse(&place, object)?.axis(group, std::slice::from_ref(array))?;
            axis.arrays = Coverage::Only(vec![array.name.to_owned()]);
            merge(&mut axes, axis);
        }
        // A group without arrays only passes its metadata on to groups below.
        if !group.arrays.is_empty()
            && let Some(object) = group_object(group)?
        {
            let mut axis = object.axis(group, &group.arrays)?;
            if group.attributes.contains_key("dggs") && !declared(group.attributes) {
                axis.warnings.push(format!("group {}: 'dggs' is not declared in 'zarr_conventions'", group.path));
            }
            axes.push(axis);
        }
        Ok(Some(axes).filter(|axes| !axes.is_empty()))
    }

    fn select(&self, selection: &Selection<'_>, node: Node<'_>, attributes: &mut Attributes) {
        let axis = selection.axis;
        let here = match (node, &axis.arrays) {
            (Node::Group, Coverage::All) => axis.convention == self.name() || self.marks(attributes),
            (Node::Array(name), Coverage::Only(names)) => names.iter().any(|covered| covered == name),
            _ => false,
        };
        // A level of a pyramid whose identity stands above it gets its own object: a copy may go without its parent.
        if !here || (node != Node::Group && !attributes.contains_key("dggs")) {
            return;
        }
        if node == Node::Group && !declared(attributes) {
            creation::declare(attributes, &[write::declaration()]);
        }
        let mut object = match attributes.get("dggs").map(structured).as_deref() {
            Some(Value::Object(members)) => members.clone(),
            _ => Map::new(),
        };
        rewrite(&mut object, selection);
        attributes.insert("dggs".into(), object.into());
    }

    fn strip(&self, _axis: &ZoneAxis, _node: Node<'_>, attributes: &mut Attributes) {
        write::strip(attributes);
    }

    fn written_as(&self) -> &'static [&'static str] {
        &[write::OLDER, NEWEST]
    }

    fn describe(&self, dialect: &'static str, axis: &NewAxis<'_>) -> Result<Description> {
        write::describe(dialect, axis)
    }
}

/// True when `zarr_conventions` declares the convention.
fn declared(attributes: &Attributes) -> bool {
    let ours = |entry: &Value| {
        let is = |key: &str| entry.get(key).and_then(Value::as_str);
        let url = |key: &str| is(key).is_some_and(|url| URL_STEMS.iter().any(|stem| url.starts_with(stem)));
        is("uuid") == Some(UUID) || ["schema_url", "spec_url", "schema", "spec"].into_iter().any(url)
    };
    match attributes.get("zarr_conventions").map(structured).as_deref() {
        Some(Value::Array(entries)) => entries.iter().any(ours),
        Some(Value::Object(entries)) => entries.iter().any(|(uuid, entry)| uuid == UUID || ours(entry)),
        _ => false,
    }
}

/// True for an object `dggs` that can be no other convention's.
fn undeclared_object(attributes: &Attributes) -> bool {
    attributes
        .get("dggs")
        .map(structured)
        .is_some_and(|object| object.get("name").is_some() && object.get("refinement_level").is_some())
}

/// The object that applies to the arrays of `group`: its own, else the one that a layout above gives it.
fn group_object(group: &GroupMeta<'_>) -> Result<Option<Object>> {
    let from_above = || layout::object_for(group);
    if !CONVENTION.marks(group.attributes) {
        return from_above();
    }
    let Some(own) = group.attributes.get("dggs") else { return from_above() };
    let mut own = Object::parse(&format!("'dggs' of group {}", group.path), own)?;
    // The layout is only compared: what it says wrongly must not keep the group from opening.
    if let Ok(Some(above)) = from_above()
        && let (Some(here), Some(there)) = (own.members.get("refinement_level"), above.members.get("refinement_level"))
        && here != there
    {
        own.warnings.push(format!(
            "{}: 'refinement_level' is {here}, but {there} in {}; the former is used",
            own.place, above.place
        ));
    }
    Ok(Some(own))
}

/// Adds `axis` to those found on arrays; arrays that say the same share one.
fn merge(axes: &mut Vec<ZoneAxis>, axis: ZoneAxis) {
    let same = |known: &&mut ZoneAxis| {
        (&known.spec, known.level, &known.dimensions, &known.id_array, known.compression)
            == (&axis.spec, axis.level, &axis.dimensions, &axis.id_array, axis.compression)
    };
    match (axes.iter_mut().find(same), &axis.arrays) {
        (Some(ZoneAxis { arrays: Coverage::Only(known), .. }), Coverage::Only(more)) => {
            known.extend(more.iter().cloned())
        }
        _ => axes.push(axis),
    }
}

/// An object `dggs` and where it stands.
struct Object {
    place: String,
    members: Attributes,
    warnings: Vec<String>,
}

impl Object {
    fn parse(place: &str, value: &Value) -> Result<Self> {
        match structured(value).into_owned() {
            Value::Object(members) => Ok(Self { place: place.to_owned(), members, warnings: Vec::new() }),
            other => Err(Error::corrupt(format!("{place} must be an object, not {other}"))),
        }
    }

    /// Identity and level.
    fn identity(&self, warnings: &mut Vec<String>) -> Result<(GridSpec, Option<u8>, std::sync::Arc<dyn Grid>)> {
        let fields = Fields::new(self.place.as_str(), &self.members);
        let name = fields.mandatory_text("name")?;
        let (family, dggrs) = spec::dggrs(&fields, "name", name)?;
        if !fields.has("refinement_level") {
            return Err(fields.missing("refinement_level"));
        }
        let level = fields.unsigned("refinement_level")?;
        let indexing = match fields.text("indexing_scheme")? {
            Some(name) => spec::scheme(&self.place, family, dggrs, name)?,
            None if dggrs == "HEALPix" => return Err(fields.missing("indexing_scheme")),
            None => family.default_spec(dggrs).indexing,
        };
        let surface = match fields.get("ellipsoid") {
            Some(value) => ellipsoid::parse(value, &self.place, warnings)?,
            None => ellipsoid::unspecified(dggrs)?,
        };
        let (spec, level, grid) =
            spec::checked(&self.place, "refinement_level", (family, dggrs), indexing, surface, level)?;
        let (spec, grid) = spec::oriented(&fields, spec, grid)?;
        Ok((spec, level, grid))
    }

    /// The zone axis of `arrays`, which are `group`'s or one of them.
    fn axis(mut self, group: &GroupMeta<'_>, arrays: &[ArrayMeta<'_>]) -> Result<ZoneAxis> {
        let mut warnings = std::mem::take(&mut self.warnings);
        let (spec, level, grid) = self.identity(&mut warnings)?;
        let fields = Fields::new(self.place.as_str(), &self.members);
        let dimension = fields.mandatory_text("spatial_dimension")?;
        let size = arrays.iter().find_map(|array| array.size_of(dimension)).ok_or_else(|| {
            let known: Vec<_> = group.dimensions().into_iter().map(|(name, _)| name).collect();
            fields.broken(format!(
                "'spatial_dimension' is '{dimension}', which no array has; the dimensions are {}",
                known.join(", ")
            ))
        })?;
        let coordinate = fields.text("coordinate")?;
        let compression = match coordinate {
            Some(name) => self.coordinate(group, name, dimension, size, level, &mut warnings)?,
            None => self.whole_globe(dimension, size, level, grid.as_ref(), &mut warnings)?,
        };
        Ok(ZoneAxis {
            convention: CONVENTION.name(),
            spec,
            level,
            dimensions: vec![dimension.to_owned()],
            id_array: coordinate.map(str::to_owned),
            compression,
            grid_mapping: None,
            placement: Placement::Line,
            arrays: Coverage::All,
            warnings,
        })
    }

    /// Checks the array of ids against its compression.
    fn coordinate(
        &self,
        group: &GroupMeta<'_>,
        name: &str,
        dimension: &str,
        size: u64,
        level: Option<u8>,
        warnings: &mut Vec<String>,
    ) -> Result<Compression> {
        let fields = Fields::new(self.place.as_str(), &self.members);
        let array = group.array(name).ok_or_else(|| {
            fields.broken(format!("'coordinate' names the array '{name}', which is not in group {}", group.path))
        })?;
        let one_id_each = array.could_hold_ids() && array.shape == [size];
        let compression = match fields.text("compression")? {
            Some("none") => Compression::None,
            Some("ranges") => Compression::Ranges,
            Some("compacted") => Compression::Compacted,
            None if one_id_each => {
                warnings.push(format!("{}: 'compression' is missing; '{name}' holds one id a position", self.place));
                Compression::None
            }
            None => return Err(fields.missing("compression")),
            Some(other) => {
                return Err(Error::unsupported(format!(
                    "{}: unknown 'compression' '{other}'; this driver knows none, ranges, compacted",
                    self.place
                )));
            }
        };
        let fits = match compression {
            Compression::None => one_id_each && array.only_dimension() == Some(dimension),
            Compression::Ranges => array.kind == ElementKind::Integer && matches!(array.shape[..], [_, 2]),
            Compression::Compacted => array.kind == ElementKind::Integer && array.shape.len() == 1,
        };
        if !fits {
            let wanted = match compression {
                Compression::None => format!("one id for each of the {size} positions of '{dimension}'"),
                Compression::Ranges => "integers of shape (n, 2)".to_owned(),
                Compression::Compacted => "integers of shape (n)".to_owned(),
            };
            return Err(fields.broken(format!(
                "'coordinate' '{name}' must hold {wanted}; it holds {:?} elements of shape {:?} on ({})",
                array.kind,
                array.shape,
                array.dimensions.join(", ")
            )));
        }
        if compression != Compression::None && level.is_none() {
            return Err(fields.broken("'refinement_level' is null, which a compressed 'coordinate' does not allow"));
        }
        let healpix = fields.text("name")?.is_some_and(|name| name.eq_ignore_ascii_case("healpix"));
        if compression != Compression::None && !healpix {
            return Err(Error::unsupported(format!("{}: compressed ids are defined for HEALPix alone", self.place)));
        }
        Ok(compression)
    }

    /// Checks an axis without ids.
    fn whole_globe(
        &self,
        dimension: &str,
        size: u64,
        level: Option<u8>,
        grid: &dyn Grid,
        warnings: &mut Vec<String>,
    ) -> Result<Compression> {
        let fields = Fields::new(self.place.as_str(), &self.members);
        match fields.text("compression")? {
            None => {}
            Some("none") => warnings.push(format!("{}: 'compression' without 'coordinate' is ignored", self.place)),
            Some(other) => {
                return Err(fields.broken(format!("'compression' is '{other}', but 'coordinate' is missing")));
            }
        }
        let Some(level) = level else {
            return Err(fields.broken("'refinement_level' is null and 'coordinate' is missing; one of them is needed"));
        };
        let zones = grid.zone_count(level);
        if size != zones {
            return Err(fields.broken(format!(
                "there is no 'coordinate', so '{dimension}' must hold all {zones} zones of level {level}; it has {size} \
                 positions"
            )));
        }
        Ok(Compression::None)
    }
}

/// Makes an object say what a selection holds. What is right already keeps its spelling.
fn rewrite(object: &mut Attributes, selection: &Selection<'_>) {
    let axis = selection.axis;
    let said = Object { place: String::new(), members: object.clone(), warnings: Vec::new() };
    let same =
        said.identity(&mut Vec::new()).is_ok_and(|(spec, level, _)| (spec, level) == (axis.spec.clone(), axis.level));
    if !same {
        object.insert("name".into(), axis.spec.dggrs.to_lowercase().into());
        object.insert("refinement_level".into(), json!(axis.level));
        object.insert("indexing_scheme".into(), axis.spec.indexing.into());
        let old_spelling =
            object.get("ellipsoid").map(structured).is_some_and(|old| old.get("semimajor_axis").is_some());
        let write = if old_spelling { ellipsoid::to_object } else { ellipsoid::to_object_c };
        object.insert("ellipsoid".into(), write(&axis.spec.surface));
        object.shift_remove(spec::ORIENTATION);
        object.extend(spec::turned(&axis.spec).map(|turned| (spec::ORIENTATION.to_owned(), turned)));
    }
    object.insert("spatial_dimension".into(), selection.dimension.into());
    object.insert("coordinate".into(), selection.id_array.into());
    object.insert("compression".into(), "none".into());
}
