//! The DGGS data spec (2023 draft, Daniel Loos): an attribute `grid` and dimensions whose positions are the zones'
//! addresses. <https://danlooo.github.io/dggs-data-spec/>
//!
//! ```json
//! {"grid": {
//!    "coordinate_conversions": [{"type": "dggrid", "version": "7.8", "address_type": "Q2DI"}],
//!    "aperture": 4,
//!    "grid_system": {"name": "ISEA4H", "polyhedron": "icosahedron", "polygon": "hexagon", "radius": 6371007.180918475,
//!      "rotation_lon": 11.25, "rotation_lat": 58.2825, "rotation_azimuth": 0, "projection": "+isea"},
//!    "resolutions": [{"name": "spatial", "resolution": 3, "dimensions": ["n", "i", "j"]},
//!                    {"name": "temporal", "resolution": 1, "dimensions": ["time"]}]}}
//! ```
//!
//! Marker: an object `grid` with one of `coordinate_conversions`, `grid_system`, `resolutions`; on an array, else on its
//! group, else on a group above (the root). The zone dimensions are those of the resolution `spatial`: quad, i and j for
//! Q2DI, face, x and y for Q2DD and PROJTRI, one for SEQNUM; one more for an array of linear conversions. Positions are
//! addresses, whatever a coordinate variable of the dimension says. Q2DD and PROJTRI need linear conversions (type
//! `linear`, gt0 to gt5) to become positions.
//!
//! The number of positions decides the level of Q2DI and SEQNUM: stores that count their levels from another origin are
//! in use. A contradiction is a warning that quotes both. A MUST of the spec that a store breaks is an error, or where
//! the data can still be read a warning, with the rule.
//!
//! The sphere of `radius` is meant, latitudes as they are. Missing values are not looked for.
//!
//! Limits: DGGRID's grids on an icosahedron; address type GEO; `temporal` resolutions are checked, not used.

mod conversions;
mod grid_system;
mod write;

use serde_json::Value;

use self::conversions::Sequence;
use super::attribute::{Fields, structured};
use super::placement::Placement;
use super::{
    ArrayMeta, Attributes, Compression, Convention, Coverage, GroupMeta, NewAxis, Node, Selection, ZoneAxis, creation,
};
use crate::error::{Error, Result};
use crate::grid::{self, Grid};

pub(super) use write::with_time;

pub(super) struct DggsSpec;

/// The convention.
pub(super) static CONVENTION: DggsSpec = DggsSpec;

const ATTRIBUTE: &str = "grid";

impl Convention for DggsSpec {
    fn name(&self) -> &'static str {
        "DGGS_SPEC"
    }

    fn marks(&self, attributes: &Attributes) -> bool {
        object(attributes).is_some()
    }

    fn detect(&self, group: &GroupMeta<'_>) -> Result<Option<Vec<ZoneAxis>>> {
        let mut axes: Vec<ZoneAxis> = Vec::new();
        for array in &group.arrays {
            let Some(grid) = object(array.attributes) else { continue };
            let mut description = Description::parse(&format!("'grid' of array {}", group.path_of(array.name)), &grid)?;
            if let Some(absent) = description.dimensions.iter().find(|name| !array.dimensions.contains(name)) {
                return Err(Error::corrupt(format!(
                    "{}: the array has no dimension '{absent}': \"there MUST be at least all spatial dimensions present needed \
                     for the selected zone identifier\"",
                    description.place
                )));
            }
            description.check_time(array);
            let mut axis = description.axis(array)?;
            let same = |known: &&mut ZoneAxis| {
                (&known.spec, known.level, &known.dimensions, &known.placement)
                    == (&axis.spec, axis.level, &axis.dimensions, &axis.placement)
            };
            match axes.iter_mut().find(same) {
                Some(ZoneAxis { arrays: Coverage::Only(known), .. }) => known.push(array.name.to_owned()),
                _ => {
                    axis.arrays = Coverage::Only(vec![array.name.to_owned()]);
                    axes.push(axis);
                }
            }
        }
        let own = object(group.attributes).map(|grid| (format!("'grid' of group {}", group.path), grid));
        let above = || {
            group.ancestors.iter().find_map(|above| object(above)).map(|grid| ("'grid' of a group above".into(), grid))
        };
        if let Some((place, grid)) = own.or_else(above) {
            let covered = |array: &&ArrayMeta<'_>| {
                axes.iter().any(|axis| matches!(&axis.arrays, Coverage::Only(n) if n.iter().any(|n| n == array.name)))
            };
            let mut free = group.arrays.iter().filter(|array| !covered(array) && array.dimensions.len() > 1);
            if let Some(first) = free.clone().next() {
                let mut description = Description::parse(&place, &grid)?;
                let fitting =
                    free.find(|array| description.dimensions.iter().all(|name| array.dimensions.contains(name)));
                match fitting {
                    Some(array) => {
                        description.check_time(array);
                        let on = |array: &&ArrayMeta<'_>| {
                            description.dimensions.iter().all(|name| array.dimensions.contains(name))
                        };
                        let names = free.filter(on).map(|array| array.name.to_owned());
                        let others = std::iter::once(array.name.to_owned()).chain(names).collect();
                        let arrays = if axes.is_empty() { Coverage::All } else { Coverage::Only(others) };
                        axes.push(ZoneAxis { arrays, ..description.axis(array)? });
                    }
                    None if axes.is_empty() && group.attributes.contains_key(ATTRIBUTE) => {
                        return Err(Error::corrupt(format!(
                            "{place}: no array of the group has the dimensions {}, array {} has {}: \"there MUST be at least all \
                             spatial dimensions present needed for the selected zone identifier\"",
                            description.dimensions.join(", "),
                            group.path_of(first.name),
                            first.dimensions.join(", "),
                        )));
                    }
                    None => {}
                }
            }
        }
        Ok(Some(axes).filter(|axes| !axes.is_empty()))
    }

    /// The spec has no lists of zones: a selection is told by its zone ids alone.
    fn select(&self, selection: &Selection<'_>, node: Node<'_>, attributes: &mut Attributes) {
        let ours = selection.axis.convention == self.name();
        if ours && node != Node::Ids && self.marks(attributes) {
            attributes.shift_remove(ATTRIBUTE);
        }
    }

    fn strip(&self, _axis: &ZoneAxis, _node: Node<'_>, attributes: &mut Attributes) {
        if self.marks(attributes) {
            attributes.shift_remove(ATTRIBUTE);
        }
    }

    fn written_as(&self) -> &'static [&'static str] {
        &["DGGS_SPEC"]
    }

    fn describe(&self, dialect: &'static str, axis: &NewAxis<'_>) -> Result<creation::Description> {
        write::describe(dialect, axis)
    }

    /// Cubes of one temporal resolution share a group.
    fn level_group(&self, _dggrs: &str, _level: u8) -> Option<String> {
        None
    }
}

/// Which rule a store breaks whose cubes of this spec are in `groups`, by their full names from the root.
pub fn misplaced<'g>(convention: &str, groups: impl IntoIterator<Item = &'g str>) -> Option<String> {
    let mut groups: Vec<&str> = groups.into_iter().collect();
    groups.sort_unstable();
    groups.dedup();
    let rule = match groups[..] {
        _ if convention != CONVENTION.name() => return None,
        [] | ["/"] => return None,
        [_] => "DGGS data cubes with a single spatiotemporal resolution MUST be stored in the root group",
        _ => "DGGS data cubes having the same temporal resolution MUST be stored in the same CDM group",
    };
    Some(format!("the cubes are in {}: \"{rule}\"", groups.join(", ")))
}

/// The object `grid`, when it is this spec's.
fn object(attributes: &Attributes) -> Option<Attributes> {
    let grid = structured(attributes.get(ATTRIBUTE)?).into_owned();
    let ours = ["coordinate_conversions", "transformations", "grid_system", "resolutions"];
    grid.as_object().filter(|grid| ours.iter().any(|key| grid.contains_key(*key))).cloned()
}

/// A `grid`, read and checked.
struct Description {
    place: String,
    spec: grid::GridSpec,
    placement: Placement,
    /// The zone dimensions, in the order of the address.
    dimensions: Vec<String>,
    level: u64,
    /// All dimensions of all resolutions.
    known: Vec<String>,
    has_polygon: bool,
    warnings: Vec<String>,
}

impl Description {
    fn parse(place: &str, members: &Attributes) -> Result<Self> {
        let mut warnings = Vec::new();
        let grid = Fields::new(place, members);
        // The class diagram calls the list `transformations`.
        let list = grid.get("coordinate_conversions").or_else(|| grid.get("transformations"));
        let list = list.ok_or_else(|| grid.missing("coordinate_conversions"))?;
        let Sequence { indexing, placement } = conversions::parse(place, list, &mut warnings)?;
        let system = grid.get("grid_system").ok_or_else(|| grid.missing("grid_system"))?;
        let system = structured(system);
        let members = system.as_object().ok_or_else(|| grid.wrong("grid_system", "an object", &system))?;
        let system = Fields::new(format!("'grid_system' of {place}"), members);
        let spec = grid_system::parse(&system, grid.number("aperture")?, indexing, &mut warnings)?;
        let has_polygon = system.has("global_bounding_polygon");
        let resolutions = resolutions(&grid)?;
        let mut known: Vec<String> = Vec::new();
        for name in resolutions.iter().flat_map(|resolution| &resolution.dimensions) {
            if known.contains(name) {
                warnings.push(format!(
                    "{place}: dimension '{name}' stands twice in 'resolutions': \"each dimension MUST NOT be used multiple times in \
                     all resolution definitions\""
                ));
            }
            known.push(name.clone());
        }
        let named: Vec<_> = resolutions.iter().filter(|one| one.name.eq_ignore_ascii_case("spatial")).collect();
        let spatial = match (named[..].len(), resolutions.as_slice()) {
            (1, _) => named[0],
            (0, [only]) => only,
            (count, _) => {
                return Err(grid.broken(format!(
                    "{count} of 'resolutions' are called spatial: \"a DGGS grid MUST have one resolution on spatial dimensions defined\""
                )));
            }
        };
        if spatial.dimensions.len() != placement.rank() {
            return Err(grid.broken(format!(
                "the spatial resolution has the dimensions {}, but {indexing} with these conversions needs {}: \"there MUST be at \
                 least all spatial dimensions present needed for the selected zone identifier\"",
                spatial.dimensions.join(", "),
                placement.rank()
            )));
        }
        let (dimensions, level) = (spatial.dimensions.clone(), spatial.resolution);
        Ok(Self { place: place.to_owned(), spec, placement, dimensions, level, known, has_polygon, warnings })
    }

    /// A dimension of time needs a resolution.
    fn check_time(&mut self, array: &ArrayMeta<'_>) {
        for name in
            array.dimensions.iter().filter(|name| name.eq_ignore_ascii_case("time") && !self.known.contains(name))
        {
            self.warnings.push(format!(
                "{}: dimension '{name}' of array {} has no resolution: \"spatiotemporal DGGS grid MUST have one resolution on a \
                 temporal dimension defined\"",
                self.place, array.name
            ));
        }
    }

    fn axis(mut self, array: &ArrayMeta<'_>) -> Result<ZoneAxis> {
        let sizes: Vec<u64> = self.dimensions.iter().map(|name| array.size_of(name).unwrap_or(0)).collect();
        let grid = grid::grid(&self.spec)?;
        let level = self.level_of(&*grid, &sizes)?;
        Ok(ZoneAxis {
            convention: CONVENTION.name(),
            spec: self.spec,
            level: Some(level),
            dimensions: self.dimensions,
            placement: self.placement,
            id_array: None,
            compression: Compression::None,
            grid_mapping: None,
            arrays: Coverage::All,
            warnings: self.warnings,
        })
    }

    /// The level whose zones the array has room for, where positions are zones; else the one that is said.
    fn level_of(&mut self, grid: &dyn Grid, sizes: &[u64]) -> Result<u8> {
        let said = self.level;
        let levels = 0..=grid.max_level();
        let fitting: Vec<u8> = match &self.placement {
            Placement::Line => levels.clone().filter(|level| grid.zone_count(*level) == sizes[0]).collect(),
            placement if placement.is_exact() => {
                levels.clone().filter(|level| fills(grid.address_extent(*level), sizes)).collect()
            }
            _ => levels.clone().filter(|level| u64::from(*level) == said).collect(),
        };
        let shape =
            || self.dimensions.iter().zip(sizes).map(|(name, size)| format!("{name} {size}")).collect::<Vec<_>>();
        match fitting[..] {
            _ if fitting.iter().any(|level| u64::from(*level) == said) => Ok(said as u8),
            [level] => {
                self.warnings.push(format!(
                    "{}: 'resolution' is {said}, but the array has {}, as {} at level {level} has; level {level} is used",
                    self.place,
                    shape().join(", "),
                    self.spec.dggrs
                ));
                Ok(level)
            }
            _ => {
                let partial = if self.has_polygon { "; a part of the globe is not read in this version" } else { "" };
                Err(Error::corrupt(format!(
                    "{}: 'resolution' is {said} and the array has {}: {} has levels 0 to {}, and none has so many positions{partial}",
                    self.place,
                    shape().join(", "),
                    self.spec.dggrs,
                    grid.max_level()
                )))
            }
        }
    }
}

/// True when x and y are just as long as addresses need, and faces at least.
fn fills(extent: Option<[u64; 3]>, sizes: &[u64]) -> bool {
    matches!((extent, sizes), (Some([faces, x, y]), [n, i, j]) if *n >= faces && (*i, *j) == (x, y))
}

struct Resolution {
    name: String,
    dimensions: Vec<String>,
    resolution: u64,
}

/// The list `resolutions`.
fn resolutions(grid: &Fields<'_>) -> Result<Vec<Resolution>> {
    let value = grid.get("resolutions").ok_or_else(|| grid.missing("resolutions"))?;
    let list = structured(value);
    let list = list.as_array().filter(|list| !list.is_empty());
    let list = list.ok_or_else(|| grid.wrong("resolutions", "a list with at least one resolution", value))?;
    let one = |(at, value): (usize, &Value)| {
        let place = format!("{}: resolution {}", grid.place(), at + 1);
        let Some(members) = value.as_object() else {
            return Err(Error::corrupt(format!("{place} must be an object, not {value}")));
        };
        let fields = Fields::new(place, members);
        let names = fields.get("dimensions").ok_or_else(|| fields.missing("dimensions"))?;
        let texts =
            names.as_array().map(|list| list.iter().map_while(Value::as_str).map(str::to_owned).collect::<Vec<_>>());
        let dimensions = texts
            .filter(|texts| !texts.is_empty() && names.as_array().is_some_and(|list| list.len() == texts.len()))
            .ok_or_else(|| fields.wrong("dimensions", "a list of names", names))?;
        let resolution = fields.unsigned("resolution")?.ok_or_else(|| fields.missing("resolution"))?;
        Ok(Resolution { name: fields.mandatory_text("name")?.to_owned(), dimensions, resolution })
    };
    list.iter().enumerate().map(one).collect()
}
