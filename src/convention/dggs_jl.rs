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

use super::attribute::Fields;
use super::placement::Placement;
use super::{ArrayMeta, Attributes, Compression, Convention, Coverage, GroupMeta, Node, Selection, ZoneAxis};
use crate::error::{Error, Result};
use crate::grid::{self, GridSpec};

pub(super) struct DggsJl;

/// The convention.
pub(super) static CONVENTION: DggsJl = DggsJl;

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

const VERSIONS: [Version; 2] = [
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
