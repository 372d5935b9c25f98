//! DGGS.jl: cubes on DGGRID's ISEA4H (1.x) and on "ISEA4D.Penta" (2.x). <https://github.com/danlooo/DGGS.jl>
//!
//! ```json
//! {"dggs_dggsrs": "ISEA4D.Penta", "dggs_resolution": 5, "dggs_bbox": {"X": [-180.0, 180.0], "Y": [-90.0, 90.0]}}
//! ```
//!
//! 2.x: groups `dggs_s1`, `dggs_s2`, ... with the attributes above on the group or its arrays; arrays of `dggs_n`, `dggs_j`
//! and `dggs_i`, 5 x 2^r x 2^(r+1): five matrices, each two quads of ISEA4D side by side. From Q2DI (q, I, J):
//! n = (q - 1) mod 5, j = J, i = I, and I + 2^r for q from 6 to 10. Zones are those of exact ISEA4D on a sphere, geodetic
//! latitudes as they are. DGGS.jl's own writer moved its extents by 1e-3 degree: what it stored differs from exact ISEA4D
//! at 0.05 % of points at level 5, 1.8 % at level 10, 26 % at level 14, always by a neighbour.
//!
//! 1.x: `dggs_id` is `DGGRID ISEA4H Q2DI`; dimensions `q2di_n` (12), `q2di_i`, `q2di_j`. `dggs_level` counts from 1, so that
//! DGGRID's resolution, the level here, is one less: a side has 2^(dggs_level - 1) zones.
//!
//! Limits: arrays of a part of the globe; other grids than these two.

use serde_json::{Value, json};

use super::attribute::Fields;
use super::placement::Placement;
use super::{
    ArrayMeta, Attributes, Compression, Convention, Coverage, Description, GroupMeta, NewAxis, Node, Selection,
    ZoneAxis, Zones,
};
use crate::error::{Error, Result};
use crate::grid::{self, GridSpec};

pub(super) struct DggsJl;

/// The convention.
pub(super) static CONVENTION: DggsJl = DggsJl;

/// Above the levels of a pyramid of 1.x: the numbers of their groups.
const LEVELS: &str = "dggs_levels";

/// One version of the convention.
struct Version {
    /// The attribute that names the grid, and its value.
    name: (&'static str, &'static str),
    level: &'static str,
    /// What `level` is at level 0.
    first_level: u64,
    dggrs: &'static str,
    /// Face, i, j.
    dimensions: [&'static str; 3],
    placement: Placement,
}

static VERSIONS: [Version; 2] = [
    Version {
        name: ("dggs_dggsrs", "ISEA4D.Penta"),
        level: "dggs_resolution",
        first_level: 0,
        dggrs: "ISEA4D",
        dimensions: ["dggs_n", "dggs_i", "dggs_j"],
        placement: Placement::Penta,
    },
    Version {
        name: ("dggs_id", "DGGRID ISEA4H Q2DI"),
        level: "dggs_level",
        first_level: 1,
        dggrs: "ISEA4H",
        dimensions: ["q2di_n", "q2di_i", "q2di_j"],
        placement: Placement::Address { linear: Vec::new(), whole: true },
    },
];

impl Convention for DggsJl {
    fn name(&self) -> &'static str {
        "DGGS_JL"
    }

    fn marks(&self, attributes: &Attributes) -> bool {
        VERSIONS.iter().any(|version| attributes.contains_key(version.name.0))
    }

    fn detect(&self, group: &GroupMeta<'_>) -> Result<Option<Vec<ZoneAxis>>> {
        for version in &VERSIONS {
            let on = |array: &&ArrayMeta<'_>| {
                version.dimensions.iter().all(|name| array.dimensions.iter().any(|d| d == name))
            };
            let Some(array) = group.arrays.iter().find(on) else { continue };
            // The array's own attributes, its group's, and for the name of the grid the groups' above.
            let here = [
                (format!("array {}", group.path_of(array.name)), array.attributes),
                (format!("group {}", group.path), group.attributes),
            ];
            let above = group.ancestors.iter().map(|above| ("a group above".to_owned(), *above));
            let places: Vec<_> =
                here.into_iter().chain(above).map(|(place, members)| Fields::new(place, members)).collect();
            let Some(named) = places.iter().find(|fields| fields.has(version.name.0)) else { continue };
            let name = named.mandatory_text(version.name.0)?;
            if name != version.name.1 {
                return Err(Error::unsupported(format!(
                    "{}: attribute '{}' is '{name}'; this driver reads {}",
                    named.place(),
                    version.name.0,
                    version.name.1
                )));
            }
            let levels: Vec<_> = places[..2]
                .iter()
                .filter_map(|fields| fields.unsigned(version.level).transpose().map(|level| (fields, level)))
                .collect();
            let Some((_, said)) = levels.first() else { return Err(places[1].missing(version.level)) };
            let said = said.clone()?;
            for (fields, other) in &levels {
                if let Ok(other) = other
                    && *other != said
                {
                    return Err(
                        fields.broken(format!("'{}' is {other}, but {said} on array {}", version.level, array.name))
                    );
                }
            }
            return Ok(Some(vec![version.axis(&group.path_of(array.name), array, said)?]));
        }
        Ok(None)
    }

    /// DGGS.jl has no lists of zones: a selection is told by its zone ids alone.
    fn select(&self, selection: &Selection<'_>, node: Node<'_>, attributes: &mut Attributes) {
        if selection.axis.convention == self.name() && node != Node::Ids {
            attributes.retain(|key, _| !key.starts_with("dggs_"));
        }
    }

    fn strip(&self, axis: &ZoneAxis, _node: Node<'_>, attributes: &mut Attributes) {
        if axis.convention == self.name() || self.marks(attributes) {
            attributes.retain(|key, _| !key.starts_with("dggs_"));
        }
    }

    fn written_as(&self) -> &'static [&'static str] {
        &["DGGS_JL"]
    }

    fn usual_indexing(&self, dggrs: &str) -> Option<&'static str> {
        VERSIONS.iter().any(|version| version.dggrs == dggrs).then_some("Q2DI")
    }

    fn describe(&self, dialect: &'static str, axis: &NewAxis<'_>) -> Result<Description> {
        let spec = axis.spec;
        let Some(version) = VERSIONS.iter().find(|version| version.dggrs == spec.dggrs) else {
            return Err(Error::unsupported(format!("DGGS.jl describes ISEA4D and ISEA4H alone, not {}", spec.dggrs)));
        };
        let (family, dggrs) = grid::family_of(version.dggrs)?;
        let its_own = GridSpec { indexing: "Q2DI", ..family.default_spec(dggrs) };
        if *spec != its_own {
            return Err(Error::unsupported(format!(
                "DGGS.jl has {dggrs} in scheme Q2DI on the sphere of its area, vertex 0 at 11.25, 58.28252559, alone: leave \
                 INDEXING, ELLIPSOID, LON_0, LAT_0 and AZIMUTH out"
            )));
        }
        if axis.zones != Zones::Globe {
            return Err(Error::unsupported(
                "DGGS.jl has no lists of zones, and these are not the whole globe; give COVERAGE=GLOBAL",
            ));
        }
        let side = 1u64 << axis.level;
        let faces_and_i = if version.placement == Placement::Penta { [5, 2 * side] } else { [12, side] };
        let [n, i, j] = version.dimensions.map(str::to_owned);
        let mut description = Description::of(dialect, axis)?;
        description.dimensions = vec![(n, faces_and_i[0]), (j, side), (i, faces_and_i[1])];
        description.placement = version.placement.clone();
        description.meaning = vec![0, 2, 1];
        let level = u64::from(axis.level) + version.first_level;
        for attributes in [&mut description.group, &mut description.data] {
            attributes.insert(version.name.0.into(), version.name.1.into());
            attributes.insert(version.level.into(), level.into());
            if version.placement == Placement::Penta {
                attributes.insert("dggs_bbox".into(), json!({"X": [-180.0, 180.0], "Y": [-90.0, 90.0]}));
            }
        }
        Ok(description)
    }

    /// 2.x: `dggs_s5`; 1.x: its own number of the level.
    fn level_group(&self, dggrs: &str, level: u8) -> Option<String> {
        let first = VERSIONS.iter().find(|version| version.dggrs == dggrs).map_or(0, |version| version.first_level);
        Some(if first == 0 { format!("dggs_s{level}") } else { (u64::from(level) + first).to_string() })
    }

    fn describe_levels(&self, attributes: &mut Attributes, finest: &Description, levels: &[u8]) {
        for version in VERSIONS.iter().filter(|version| finest.group.contains_key(version.name.0)) {
            for key in [version.name.0, "dggs_bbox"] {
                attributes.extend(finest.group.get(key).map(|value| (key.to_owned(), value.clone())));
            }
            if version.first_level > 0 {
                let mut numbers: Vec<u64> =
                    levels.iter().map(|level| u64::from(*level) + version.first_level).collect();
                numbers.sort_unstable();
                attributes.insert(LEVELS.into(), numbers.into());
            }
        }
    }

    fn forget_levels(&self, attributes: &mut Attributes, groups: &[&str]) {
        let Some(numbers) = attributes.get_mut(LEVELS).and_then(Value::as_array_mut) else { return };
        numbers.retain(|number| !groups.contains(&number.to_string().as_str()));
        // One level in the group itself is no pyramid.
        if numbers.len() < 2 {
            attributes.shift_remove(LEVELS);
        }
    }
}

impl Version {
    fn axis(&self, path: &str, array: &ArrayMeta<'_>, said: u64) -> Result<ZoneAxis> {
        let (family, dggrs) = grid::family_of(self.dggrs)?;
        let spec = GridSpec { indexing: "Q2DI", ..family.default_spec(dggrs) };
        let finest = u64::from(family.grid(&spec)?.max_level());
        let level = said.checked_sub(self.first_level).filter(|level| *level <= finest).ok_or_else(|| {
            Error::corrupt(format!(
                "array {path}: '{}' is {said}; it must be {} to {}",
                self.level,
                self.first_level,
                finest + self.first_level
            ))
        })?;
        let side = 1u64 << level;
        let sizes = self.dimensions.map(|name| array.size_of(name).unwrap_or(0));
        let fits = match self.placement {
            Placement::Penta => sizes == [5, 2 * side, side],
            _ => sizes[0] >= 12 && sizes[1..] == [side, side],
        };
        if !fits {
            return Err(Error::corrupt(format!(
                "array {path}: '{}' {said} means a side of {side} zones, but {} are {}, {} and {} long; an array of a part of the globe \
                 is not read in this version",
                self.level,
                self.dimensions.join(", "),
                sizes[0],
                sizes[1],
                sizes[2]
            )));
        }
        Ok(ZoneAxis {
            convention: CONVENTION.name(),
            spec,
            level: Some(level as u8),
            dimensions: self.dimensions.map(str::to_owned).into(),
            placement: self.placement.clone(),
            id_array: None,
            compression: Compression::None,
            grid_mapping: None,
            arrays: Coverage::All,
            warnings: Vec::new(),
        })
    }
}
