//! xdggs 0.6: the identity stands on the array of zone ids. <https://xdggs.readthedocs.io>
//!
//! ```json
//! {"grid_name": "healpix", "level": 6, "indexing_scheme": "nested",
//!  "ellipsoid": {"name": "WGS84", "semimajor_axis": 6378137.0, "inverse_flattening": 298.257223563}}
//! ```
//!
//! Marker: a text `grid_name` beside a level, or a `grid_name` that is a DGGRS of this build; any one-dimensional array
//! of integers or texts may carry it (usually `cell_ids`). Aliases of `level` are `resolution` and, for HEALPix,
//! `nside` (a power of two), `order` and `depth`; of `indexing_scheme`, `nest`. Two of them must agree. The scheme of
//! HEALPix is `nested` when not given, and no `ellipsoid` is a sphere (for HEALPix; other families: their own surface),
//! as in xdggs, whose sphere is PROJ's of 6370997 m. `zuniq` and `nuniq` ids carry their level: xdggs writes `null` for
//! it.
//!
//! Limits: a list of ids without a dimension (one zone) is refused.

use serde_json::{Value, json};

use super::attribute::{Fields, present};
use super::{
    ArrayMeta, Attributes, Compression, Convention, Coverage, Description, GroupMeta, NewAxis, Node, Placement,
    Selection, ZoneAxis,
};
use super::{ellipsoid, spec};
use crate::error::{Error, Result};
use crate::grid::{self, GridSpec};

pub(super) struct Xdggs;

/// The convention.
pub(super) static CONVENTION: Xdggs = Xdggs;

/// Spellings of the level that hold it as it is; `nside` is its power of two.
const LEVEL_KEYS: [&str; 4] = ["level", "resolution", "order", "depth"];

/// All attributes that are part of the identity.
const IDENTITY_KEYS: [&str; 10] = [
    "grid_name",
    "level",
    "resolution",
    "order",
    "depth",
    "nside",
    "indexing_scheme",
    "nest",
    "ellipsoid",
    spec::ORIENTATION,
];

impl Convention for Xdggs {
    fn name(&self) -> &'static str {
        "XDGGS"
    }

    fn marks(&self, attributes: &Attributes) -> bool {
        let Some(name) = attributes.get("grid_name").and_then(Value::as_str) else { return false };
        grid::family_of(name).is_ok()
            || attributes.contains_key("nside")
            || LEVEL_KEYS.iter().any(|key| attributes.contains_key(*key))
    }

    fn detect(&self, group: &GroupMeta<'_>) -> Result<Option<Vec<ZoneAxis>>> {
        let mut axes: Vec<ZoneAxis> = Vec::new();
        let mut marked: Vec<_> = group.arrays.iter().filter(|array| self.marks(array.attributes)).collect();
        // Of several id arrays on one dimension the usual name wins, else the first.
        marked.sort_by_key(|array| array.name != "cell_ids");
        for array in marked {
            let axis = axis(group, array)?;
            match axes.iter_mut().find(|known| known.dimensions == axis.dimensions) {
                None => axes.push(axis),
                Some(known) => known.warnings.push(format!(
                    "array {} holds zone ids of the same dimension as {}; the latter is used",
                    group.path_of(array.name),
                    group.path_of(known.id_array.as_deref().unwrap_or_default()),
                )),
            }
        }
        Ok(Some(axes).filter(|axes| !axes.is_empty()))
    }

    /// The id array of every selection carries xdggs' identity, whichever convention the store follows; identity
    /// attributes that already say the same stay as they are.
    fn select(&self, selection: &Selection<'_>, node: Node<'_>, attributes: &mut Attributes) {
        if node != Node::Ids {
            return;
        }
        let axis = selection.axis;
        let same = self.marks(attributes)
            && identity("", attributes, &mut Vec::new()).is_ok_and(|said| said == (axis.spec.clone(), axis.level));
        if !same {
            attributes.retain(|key, _| !IDENTITY_KEYS.contains(&key.as_str()));
            attributes.extend(id_array_attributes(&axis.spec, axis.level));
        }
    }

    fn strip(&self, _axis: &ZoneAxis, _node: Node<'_>, attributes: &mut Attributes) {
        if self.marks(attributes) {
            attributes.retain(|key, _| !IDENTITY_KEYS.contains(&key.as_str()));
        }
    }

    fn written_as(&self) -> &'static [&'static str] {
        &["XDGGS"]
    }

    /// Any grid: what xdggs does not know itself is told as its plug-ins do (`igeo7`).
    fn describe(&self, dialect: &'static str, axis: &NewAxis<'_>) -> Result<Description> {
        let mut description = Description::of(dialect, axis)?.listed(axis);
        description.ids = id_array_attributes(axis.spec, Some(axis.level));
        Ok(description)
    }
}

/// The identity of a grid as attributes of an array of its zone ids, as xdggs 0.6 reads and this driver detects it.
///
/// xdggs has neither orientations nor `nuniq`; they are written all the same, an orientation as
/// `{"lon_0", "lat_0", "azimuth"}` where it is not the family's own.
pub fn id_array_attributes(spec: &GridSpec, level: Option<u8>) -> Attributes {
    let mut attributes = Attributes::new();
    attributes.insert("grid_name".into(), spec.dggrs.to_lowercase().into());
    // xdggs wants the level of these schemes to be there and null.
    let level = level.filter(|_| !matches!(spec.indexing, "nuniq" | "zuniq"));
    attributes.insert("level".into(), json!(level));
    // xdggs refuses attributes that a grid does not have.
    if spec.dggrs != "H3" {
        attributes.insert("indexing_scheme".into(), spec.indexing.into());
        attributes.insert("ellipsoid".into(), ellipsoid::to_object(&spec.surface));
    }
    if let Some(turned) = spec::turned(spec) {
        attributes.insert(spec::ORIENTATION.into(), turned);
    }
    attributes
}

/// The axis whose ids `array` holds.
fn axis(group: &GroupMeta<'_>, array: &ArrayMeta<'_>) -> Result<ZoneAxis> {
    let path = group.path_of(array.name);
    if !array.could_hold_ids() {
        return Err(Error::corrupt(format!(
            "array {path}: attribute 'grid_name' makes it an array of zone ids, which must have one dimension and hold \
             integers or texts; this one has {} and holds {:?}",
            array.dimensions.len(),
            array.kind
        )));
    }
    let mut warnings = Vec::new();
    let (spec, level) = identity(&format!("array {path}"), array.attributes, &mut warnings)?;
    Ok(ZoneAxis {
        convention: CONVENTION.name(),
        spec,
        level,
        dimensions: array.dimensions.clone(),
        id_array: Some(array.name.to_owned()),
        compression: Compression::None,
        grid_mapping: None,
        placement: Placement::Line,
        arrays: Coverage::All,
        warnings,
    })
}

/// The identity that the attributes of an id array tell.
fn identity(place: &str, attributes: &Attributes, warnings: &mut Vec<String>) -> Result<(GridSpec, Option<u8>)> {
    let fields = Fields::new(place, attributes);
    let name = fields.mandatory_text("grid_name")?;
    let (family, dggrs) = spec::dggrs(&fields, "grid_name", name)?;
    let level = level(&fields)?;
    let indexing = match scheme_name(&fields)? {
        Some(name) => spec::scheme(place, family, dggrs, name)?,
        None => family.default_spec(dggrs).indexing,
    };
    let surface = match present(attributes.get("ellipsoid")) {
        Some(value) => ellipsoid::parse(value, place, warnings)?,
        None => ellipsoid::unspecified(dggrs)?,
    };
    let (spec, level, grid) = spec::checked(place, "level", (family, dggrs), indexing, surface, level)?;
    Ok((spec::oriented(&fields, spec, grid)?.0, level))
}

/// The level in any of its spellings.
fn level(fields: &Fields<'_>) -> Result<Option<u64>> {
    let mut said: Option<(&str, u64)> = None;
    let nside = fields.unsigned("nside")?.map(|nside| level_of_nside(fields, "nside", nside)).transpose()?;
    let others = LEVEL_KEYS.iter().map(|key| fields.unsigned(key).map(|level| (*key, level)));
    for spelling in others.chain([Ok(("nside", nside))]) {
        let (key, Some(level)) = spelling? else { continue };
        match said {
            Some((first, known)) if known != level => {
                return Err(
                    fields.broken(format!("'{first}' means level {known}, but '{key}' level {level}; keep one"))
                );
            }
            _ => said = said.or(Some((key, level))),
        }
    }
    Ok(said.map(|(_, level)| level))
}

/// The level of an `nside`, which must be a power of two.
pub(super) fn level_of_nside(fields: &Fields<'_>, key: &str, nside: u64) -> Result<u64> {
    if nside.is_power_of_two() {
        Ok(u64::from(nside.trailing_zeros()))
    } else {
        Err(fields.broken(format!("attribute '{key}' must be a power of two, not {nside}")))
    }
}

/// The scheme in either spelling.
fn scheme_name<'a>(fields: &Fields<'a>) -> Result<Option<&'a str>> {
    let nest = fields.truth("nest")?.map(|nest| if nest { "nested" } else { "ring" });
    match (fields.text("indexing_scheme")?, nest) {
        (Some(scheme), Some(nest)) if !scheme.eq_ignore_ascii_case(nest) => {
            Err(fields.broken(format!("'indexing_scheme' is {scheme}, but 'nest' means {nest}; keep one")))
        }
        (scheme, nest) => Ok(scheme.or(nest)),
    }
}
