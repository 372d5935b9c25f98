//! What a new store says of its grid: the attributes of a zone axis in each convention that can be written.
//!
//! [`describe`] answers a [`NewAxis`] with a [`Description`]: the zone dimensions, whether ids are listed, and the attributes
//! of the group, the id array, the data arrays and the variables beside them. What it says is what [`detect`](super::detect)
//! reads. What stands above the levels of a pyramid is in [`pyramid`](super::pyramid).
//!
//! ```
//! use gdal_dggs::convention::{Attributes, NewAxis, Zones, describe};
//! use gdal_dggs::grid;
//!
//! let (family, name) = grid::family_of("HEALPix")?;
//! let spec = family.default_spec(name);
//! let description = describe("AUTO", &NewAxis::new(&spec, 5, Zones::Globe))?;
//! assert_eq!(description.dimensions, [("cells".to_owned(), 12288)]);
//! let mut ids = Attributes::new();
//! description.ids(&mut ids);
//! assert_eq!((&ids["grid_name"], &ids["level"]), (&"healpix".into(), &5.into()));
//! # Ok::<(), gdal_dggs::error::Error>(())
//! ```

use serde_json::{Value, json};

use super::attribute::structured;
use super::placement::Placement;
use super::{Attributes, CONVENTIONS, Convention, Node, ZoneAxis, zarr_dggs};
use crate::error::{Error, Result};
use crate::grid::{self, GridSpec};

/// The creation option's value that leaves the choice to us.
const AUTO: &str = "AUTO";

/// Which zones a new axis holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zones {
    /// All of the level, in the order of their ids.
    Globe,
    /// So many, listed by their ids.
    Listed(u64),
}

/// A zone axis to be described.
#[derive(Clone, Copy, Debug)]
pub struct NewAxis<'a> {
    /// The grid.
    pub spec: &'a GridSpec,
    /// The refinement level.
    pub level: u8,
    /// The zones along the axis.
    pub zones: Zones,
    /// The dimension, where the convention does not name its own.
    pub dimension: &'a str,
    /// The array of zone ids, where the convention has one.
    pub id_array: &'a str,
    /// The grid mapping variable, where the convention has one.
    pub grid_mapping: &'a str,
    /// What the names of dimensions and the id array end in: [`LevelPlace::suffix`](super::LevelPlace::suffix).
    pub suffix: &'a str,
}

impl<'a> NewAxis<'a> {
    /// An axis with the usual names: `cells`, `cell_ids`, `crs`.
    pub fn new(spec: &'a GridSpec, level: u8, zones: Zones) -> Self {
        let (dimension, id_array, grid_mapping, suffix) = ("cells", "cell_ids", "crs", "");
        Self { spec, level, zones, dimension, id_array, grid_mapping, suffix }
    }
}

/// How a zone axis is told in one convention.
#[derive(Clone, Debug)]
pub struct Description {
    /// Which convention it is, as the creation option `CONVENTION` spells it; never `AUTO`.
    pub convention: &'static str,
    /// The zone dimensions in storage order, with their sizes.
    pub dimensions: Vec<(String, u64)>,
    /// How positions along them tell the zone: [`Placement::Line`] for one.
    pub placement: Placement,
    /// What each of them counts where there are several: an index into [`Position`](super::Position) (face, x, y).
    pub meaning: Vec<usize>,
    /// The array that lists the ids, one UInt64 a position; `None`: positions tell.
    pub id_array: Option<String>,
    /// Further arrays without dimensions, by name: one Int8 each, its value 0.
    pub auxiliary: Vec<(String, Attributes)>,
    /// Number of zones of the level on the globe.
    pub(super) globe: u64,
    /// Set on the group.
    pub(super) group: Attributes,
    /// Set on the group where it says nothing of its own.
    pub(super) group_defaults: Attributes,
    /// Entries of the group's `zarr_conventions`.
    pub(super) declarations: Vec<Value>,
    /// Set on the id array.
    pub(super) ids: Attributes,
    /// Set on each array on the axis.
    pub(super) data: Attributes,
}

impl Description {
    /// A list of zones along one dimension, or the globe; nothing said yet.
    ///
    /// # Errors
    /// A grid that cannot be.
    pub(super) fn of(convention: &'static str, axis: &NewAxis<'_>) -> Result<Self> {
        let globe = grid::grid(axis.spec)?.zone_count(axis.level);
        let size = match axis.zones {
            Zones::Globe => globe,
            Zones::Listed(count) => count,
        };
        Ok(Self {
            convention,
            globe,
            dimensions: vec![(format!("{}{}", axis.dimension, axis.suffix), size)],
            placement: Placement::Line,
            meaning: vec![0],
            id_array: None,
            auxiliary: Vec::new(),
            group: Attributes::new(),
            group_defaults: Attributes::new(),
            declarations: Vec::new(),
            ids: Attributes::new(),
            data: Attributes::new(),
        })
    }

    /// The same with its ids listed.
    pub(super) fn listed(mut self, axis: &NewAxis<'_>) -> Self {
        self.id_array = Some(format!("{}{}", axis.id_array, axis.suffix));
        self
    }

    /// Says it in the attributes of the group.
    pub fn group(&self, attributes: &mut Attributes) {
        declare(attributes, &self.declarations);
        for (key, value) in &self.group {
            match key.as_str() {
                CONVENTIONS_KEY => claim(attributes, value.as_str().unwrap_or_default()),
                _ => drop(attributes.insert(key.clone(), value.clone())),
            }
        }
        for (key, value) in &self.group_defaults {
            attributes.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }

    /// Says it in the attributes of the id array.
    pub fn ids(&self, attributes: &mut Attributes) {
        attributes.extend(self.ids.clone());
    }

    /// Says it in the attributes of an array on the axis, whose dimensions of time are called `temporal`.
    pub fn data(&self, attributes: &mut Attributes, temporal: &[String]) {
        for (key, value) in &self.data {
            match key.as_str() {
                "coordinates" => super::cf::add_coordinate(attributes, value.as_str().unwrap_or_default()),
                "grid" => drop(attributes.insert(key.clone(), super::dggs_spec::with_time(value, temporal))),
                _ => drop(attributes.insert(key.clone(), value.clone())),
            }
        }
    }
}

/// Which documents the metadata follow, by CF and ACDD.
const CONVENTIONS_KEY: &str = "Conventions";

/// Adds entries to `zarr_conventions`, whichever dialect it is in.
pub(super) fn declare(attributes: &mut Attributes, entries: &[Value]) {
    for entry in entries {
        let key = "zarr_conventions";
        let uuid = entry.get("uuid").and_then(Value::as_str).unwrap_or_default();
        let known = |other: &Value| other.get("uuid").and_then(Value::as_str) == Some(uuid);
        let list = match attributes.get(key).map(|list| structured(list).into_owned()) {
            Some(Value::Array(mut list)) => {
                if !list.iter().any(known) {
                    list.push(entry.clone());
                }
                list.into()
            }
            Some(Value::Object(mut list)) => {
                list.entry(uuid).or_insert_with(|| entry.clone());
                list.into()
            }
            _ => json!([entry]),
        };
        attributes.insert(key.into(), list);
    }
}

/// Takes the entry of `uuid` out of `zarr_conventions`, whichever dialect it is in.
pub(super) fn undeclare(attributes: &mut Attributes, uuid: &str) {
    let key = "zarr_conventions";
    let left = match attributes.get(key).map(|list| structured(list).into_owned()) {
        Some(Value::Array(mut entries)) => {
            entries.retain(|entry| entry.get("uuid").and_then(Value::as_str) != Some(uuid));
            (!entries.is_empty()).then(|| entries.into())
        }
        Some(Value::Object(mut entries)) => {
            entries.shift_remove(uuid);
            (!entries.is_empty()).then(|| entries.into())
        }
        other => other,
    };
    match left {
        Some(left) => drop(attributes.insert(key.into(), left)),
        None => drop(attributes.shift_remove(key)),
    }
}

/// Puts `claims` (`CF-1.13`, several separated by commas) into `Conventions`, in the place of other versions of the same.
fn claim(attributes: &mut Attributes, claims: &str) {
    let words = |text: &str| text.split([',', ' ']).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let claims: Vec<String> = words(claims);
    let name = |claim: &str| claim.split('-').next().unwrap_or_default().to_ascii_uppercase();
    let said = attributes.get(CONVENTIONS_KEY).and_then(Value::as_str).unwrap_or_default();
    // Anything but a list of names and versions is prose, which is replaced.
    let said: Vec<String> = words(said);
    let is_list = said.iter().all(|word| word.contains('-'));
    let others = said.into_iter().filter(|word| is_list && !claims.iter().any(|claim| name(claim) == name(word)));
    let all: Vec<String> = claims.iter().cloned().chain(others).collect();
    attributes.insert(CONVENTIONS_KEY.into(), all.join(", ").into());
}

/// The values of the creation option `CONVENTION`.
pub fn creation_names() -> impl Iterator<Item = &'static str> {
    std::iter::once(AUTO).chain(CONVENTIONS.iter().flat_map(|convention| convention.written_as()).copied())
}

/// The canonical spelling of a value of the creation option `CONVENTION`.
///
/// # Errors
/// A convention that is not written; the message lists those that are.
pub fn creation_name(value: &str) -> Result<&'static str> {
    creation_names().find(|name| name.eq_ignore_ascii_case(value)).ok_or_else(|| {
        let known: Vec<_> = creation_names().collect();
        Error::invalid(format!("creation option CONVENTION={value}: must be one of {}", known.join(", ")))
    })
}

/// The zone id scheme that `convention` alone knows for `dggrs`, where nobody chose one; `None`: the family's own.
pub fn usual_indexing(convention: &str, dggrs: &str) -> Option<&'static str> {
    writer(convention).and_then(|(convention, _)| convention.usual_indexing(dggrs))
}

/// `axis` in `convention`, any of [`creation_names`].
///
/// `AUTO` is, for HEALPix and H3, what xdggs 0.6 and readers of the newest zarr-conventions/dggs both understand; for
/// grids that the DGGS data spec can describe, that; for the others xdggs' attributes.
///
/// # Errors
/// A level that the grid does not have; a convention that cannot describe the axis: the message names those that can.
pub fn describe(convention: &str, axis: &NewAxis<'_>) -> Result<Description> {
    let convention = creation_name(convention)?;
    let finest = grid::grid(axis.spec)?.max_level();
    if axis.level > finest {
        return Err(Error::invalid(format!(
            "LEVEL={}: levels of {} in scheme {} are 0 to {finest}",
            axis.level, axis.spec.dggrs, axis.spec.indexing
        )));
    }
    let in_one = |name: &str| match writer(name) {
        Some((convention, dialect)) => convention.describe(dialect, axis),
        None => Err(Error::invalid(format!("{name} is not a convention to be written"))),
    };
    if convention == AUTO {
        if matches!(axis.spec.dggrs, "HEALPix" | "H3") {
            let mut both = in_one(zarr_dggs::NEWEST)?;
            both.ids = in_one("XDGGS")?.ids;
            return Ok(both);
        }
        return in_one("DGGS_SPEC").or_else(|_| in_one("XDGGS"));
    }
    in_one(convention).map_err(|error| {
        let able: Vec<_> = creation_names().filter(|name| *name != AUTO && in_one(name).is_ok()).collect();
        Error::new(error.kind(), format!("CONVENTION={convention}: {error}; {} can", able.join(", ")))
    })
}

/// The creation name under which `found`, an axis of a store that is there, would be described as it is: `axis` are its
/// names, `group` and `ids` the attributes that tell it. Where no description is the very same, the newest dialect of
/// its convention.
///
/// # Errors
/// A convention that is not written; open options, and not the store, tell the grid.
pub fn written_as(
    found: &ZoneAxis,
    axis: &NewAxis<'_>,
    group: &Attributes,
    ids: Option<&Attributes>,
) -> Result<&'static str> {
    let convention = CONVENTIONS.iter().find(|convention| convention.name() == found.convention);
    let dialects = convention.map_or(&[][..], |convention| convention.written_as());
    let Some(newest) = dialects.last() else {
        let message = format!("the grid is told by {}, in which nothing new is written", found.convention);
        return Err(Error::unsupported(message));
    };
    let says = |attributes: Option<&Attributes>, wanted: &Attributes| {
        let of = |key: &str| attributes.and_then(|attributes| attributes.get(key));
        wanted.iter().all(|(key, value)| key == CONVENTIONS_KEY || of(key) == Some(value))
    };
    let is_same = |name: &&&'static str| {
        describe(name, axis).is_ok_and(|description| {
            let its = writer(description.convention).map(|(convention, _)| convention.name());
            its == Some(found.convention) && says(Some(group), &description.group) && says(ids, &description.ids)
        })
    };
    Ok(std::iter::once(&AUTO).chain(dialects).find(is_same).unwrap_or(newest))
}

/// The convention and dialect of a creation name other than `AUTO`.
pub(super) fn writer(name: &str) -> Option<(&'static dyn Convention, &'static str)> {
    CONVENTIONS.iter().find_map(|convention| {
        let dialect = convention.written_as().iter().find(|dialect| dialect.eq_ignore_ascii_case(name))?;
        Some((*convention, *dialect))
    })
}

/// `attributes` of a node without what any convention says of a grid, `axis` being the one it lies on: what a copy starts
/// from that tells the grid in another convention.
pub fn stripped(axis: &ZoneAxis, node: Node<'_>, attributes: &Attributes) -> Attributes {
    let mut attributes = attributes.clone();
    for convention in CONVENTIONS {
        convention.strip(axis, node, &mut attributes);
    }
    attributes
}
