//! On-disk conventions: which grid a store is on, read from and written to plain JSON attributes.
//!
//! Everything here is pure: no input or output, no Zarr library, no GDAL. The cube describes a group by [`GroupMeta`],
//! [`detect`] answers with its [`ZoneAxis`]es, [`selected`] rewrites the attributes of a node so that a selection
//! of zones still tells the truth, and [`describe`] tells what a new store has to say. A convention is one file with a [`Convention`] in it and one word in
//! [`CONVENTIONS`].
//!
//! # Errors
//! Metadata that carry a marker but break their convention are [`Corrupt`](crate::error::Kind::Corrupt); metadata that
//! are well formed but on a grid or in a scheme that this build does not know are
//! [`Unsupported`](crate::error::Kind::Unsupported), so that a caller can still show the store without the overlay.
//! Nothing is guessed: a missing mandatory key is an error that names it.
//!
//! ```
//! use gdal_dggs::convention::{ArrayMeta, ElementKind, GroupMeta, IdentityOptions, detect};
//!
//! let attributes: gdal_dggs::convention::Attributes = serde_json::from_str(
//!     r#"{"grid_name": "healpix", "level": 5, "indexing_scheme": "nested", "ellipsoid": "WGS84"}"#,
//! )?;
//! let group = GroupMeta {
//!     path: "/",
//!     attributes: &Default::default(),
//!     arrays: vec![ArrayMeta {
//!         name: "cell_ids",
//!         dimensions: vec!["cells".into()],
//!         shape: vec![100],
//!         kind: ElementKind::Integer,
//!         attributes: &attributes,
//!     }],
//!     ancestors: vec![],
//! };
//! let axes = detect(&group, &IdentityOptions::default())?;
//! assert_eq!((axes[0].convention, axes[0].level, axes[0].spec.dggrs), ("XDGGS", Some(5), "HEALPix"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod attribute;
mod cf;
mod creation;
pub mod crs;
mod dggs_jl;
mod dggs_spec;
mod easygems;
pub mod ellipsoid;
pub mod flags;
mod grid_mapping;
mod identity;
mod multiscales;
mod placement;
mod pyramid;
mod spec;
mod xdggs;
mod zarr_dggs;

use serde_json::{Map, Value};

use crate::error::{Context, Error, Result};
use crate::grid::GridSpec;
pub use creation::{
    Description, NewAxis, Zones, creation_name, creation_names, describe, stripped, usual_indexing, written_as,
};
pub use dggs_spec::misplaced;
pub use identity::{IdentityOptions, axis_from_options, override_axis};
pub use placement::{Linear, Placement, Position};
pub use pyramid::{
    LevelPlace, describe_pyramid, forget_levels, level_group, level_suffix, pyramid_places, retell_levels,
};
pub use xdggs::id_array_attributes;

/// The attributes of a node, in the order of the file.
pub type Attributes = Map<String, Value>;

/// What an array's elements are, as far as zone ids are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementKind {
    /// Integers of any width and sign.
    Integer,
    /// Floating-point numbers.
    Float,
    /// Strings.
    Text,
    /// Anything else: booleans, complex numbers, structures.
    Other,
}

/// An array as a convention sees it.
#[derive(Clone, Debug)]
pub struct ArrayMeta<'a> {
    /// Its name in the group.
    pub name: &'a str,
    /// Names of its dimensions, slowest first.
    pub dimensions: Vec<String>,
    /// Number of positions along each dimension.
    pub shape: Vec<u64>,
    /// What its elements are.
    pub kind: ElementKind,
    /// Its attributes.
    pub attributes: &'a Attributes,
}

impl ArrayMeta<'_> {
    /// The one dimension of a one-dimensional array.
    fn only_dimension(&self) -> Option<&str> {
        match self.dimensions.as_slice() {
            [dimension] => Some(dimension),
            _ => None,
        }
    }

    /// True for a one-dimensional array of integers or texts: the shape of a list of zone ids.
    fn could_hold_ids(&self) -> bool {
        self.dimensions.len() == 1 && matches!(self.kind, ElementKind::Integer | ElementKind::Text)
    }

    /// Number of positions along `dimension`.
    fn size_of(&self, dimension: &str) -> Option<u64> {
        let axis = self.dimensions.iter().position(|name| name == dimension)?;
        self.shape.get(axis).copied()
    }
}

/// A group as a convention sees it: itself, its arrays, and the attributes of the groups above it.
#[derive(Clone, Debug)]
pub struct GroupMeta<'a> {
    /// Path from the opened root: `/`, `/a`, `/a/b`.
    pub path: &'a str,
    /// Its attributes.
    pub attributes: &'a Attributes,
    /// The arrays directly in it.
    pub arrays: Vec<ArrayMeta<'a>>,
    /// Attributes of its ancestors, the nearest first; for `multiscales.layout[]` and the data spec's `grid`. Nothing else
    /// is inherited.
    pub ancestors: Vec<&'a Attributes>,
}

impl<'a> GroupMeta<'a> {
    /// The array called `name`.
    fn array(&self, name: &str) -> Option<&ArrayMeta<'a>> {
        self.arrays.iter().find(|array| array.name == name)
    }

    /// Names and sizes of all dimensions of the group's arrays, in order of appearance, each pair once.
    fn dimensions(&self) -> Vec<(&str, u64)> {
        let mut found = Vec::new();
        for array in &self.arrays {
            for (name, size) in array.dimensions.iter().zip(&array.shape) {
                if !found.contains(&(name.as_str(), *size)) {
                    found.push((name.as_str(), *size));
                }
            }
        }
        found
    }

    /// How messages name an array of this group: its path from the opened root.
    fn path_of(&self, array: &str) -> String {
        format!("{}/{array}", self.path.trim_end_matches('/'))
    }
}

/// How the id array tells which zones lie along the axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// One id a position, in the grid's indexing scheme.
    None,
    /// Shape (n, 2): half-open ranges of nested HEALPix ids of level 29, ascending.
    ///
    /// The axis holds the zones of its own level that the ranges cover, in that order.
    Ranges,
    /// Shape (n): HEALPix zuniq ids of this level and coarser ones.
    ///
    /// The axis holds, in the order of the list, all zones of its own level within each.
    Compacted,
}

/// The arrays that a zone axis covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// Every array of the group that has the axis' dimensions, unless another axis names it.
    All,
    /// These arrays alone.
    Only(Vec<String>),
}

/// A zone axis of a group: the grid, the level, and where the ids are.
#[derive(Clone, Debug, PartialEq)]
pub struct ZoneAxis {
    /// Name of the convention that said so, as the open option `CONVENTION` spells it; `OPTIONS` when open options did.
    pub convention: &'static str,
    /// The grid's identity.
    pub spec: GridSpec,
    /// The refinement level; `None` where each id carries its own (`nuniq`, `zuniq`) and the metadata do not repeat
    /// it: the level of the ids, which must then all be of one level.
    pub level: Option<u8>,
    /// The dimensions that number the zones; several in the order of [`Placement`], which need not be the arrays'.
    pub dimensions: Vec<String>,
    /// How positions along several dimensions tell the zone.
    pub placement: Placement,
    /// The array of zone ids; `None`: the axis holds the whole globe in the order of the ids.
    pub id_array: Option<String>,
    /// How the id array is to be read.
    pub compression: Compression,
    /// The variable that carries a CF grid mapping, where that is how the grid is described.
    pub grid_mapping: Option<String>,
    /// The arrays on this axis.
    pub arrays: Coverage,
    /// What a user should hear of: contradictions that were settled by a rule, each quoting both sides.
    pub warnings: Vec<String>,
}

impl ZoneAxis {
    /// The axis that an array lies on. An axis that names the array wins over one that covers the group.
    pub fn of_array<'z>(axes: &'z [ZoneAxis], name: &str, dimensions: &[String]) -> Option<&'z ZoneAxis> {
        let on = |axis: &&ZoneAxis| axis.dimensions.iter().all(|zone| dimensions.contains(zone));
        let named = |axis: &&ZoneAxis| matches!(&axis.arrays, Coverage::Only(names) if names.iter().any(|n| n == name));
        axes.iter().filter(on).find(named).or_else(|| axes.iter().filter(on).find(|axis| axis.arrays == Coverage::All))
    }
}

/// The node whose attributes [`selected`] rewrites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node<'a> {
    /// The group itself.
    Group,
    /// The array that lists the selected ids; its attributes are those of the stored id array, or empty when computed.
    Ids,
    /// Any other array of this name that lies on the axis.
    Array(&'a str),
}

/// A selection of zones of one axis, at the axis' level, its ids explicit and not compressed.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a> {
    /// The axis that was selected from.
    pub axis: &'a ZoneAxis,
    /// The array that lists the selected ids.
    pub id_array: &'a str,
    /// The dimension of that array and of the selected data.
    pub dimension: &'a str,
}

/// One on-disk convention.
trait Convention: Sync {
    /// Its value of the open option `CONVENTION`.
    fn name(&self) -> &'static str;

    /// True when the attributes of a node, group or array, carry this convention's marker. Cheap: identify calls it.
    fn marks(&self, attributes: &Attributes) -> bool;

    /// The zone axes of `group`; `None` where it has no marker of this convention.
    ///
    /// # Errors
    /// Metadata with a marker that break the convention; a grid that this build does not know.
    fn detect(&self, group: &GroupMeta<'_>) -> Result<Option<Vec<ZoneAxis>>>;

    /// Makes `attributes` of `node` match `selection`. Called whichever convention the axis was found by; attributes
    /// without this convention's marker must stay as they are.
    fn select(&self, selection: &Selection<'_>, node: Node<'_>, attributes: &mut Attributes);

    /// Takes what this convention says of a grid out of `attributes` of `node`, which lies on `axis`, found by any convention.
    fn strip(&self, axis: &ZoneAxis, node: Node<'_>, attributes: &mut Attributes);

    /// Its values of the creation option `CONVENTION`, a name a dialect; none: it is not written.
    fn written_as(&self) -> &'static [&'static str] {
        &[]
    }

    /// What a new store says of `axis` in one of those dialects.
    ///
    /// # Errors
    /// An axis that the convention cannot describe, and why.
    fn describe(&self, dialect: &'static str, _axis: &NewAxis<'_>) -> Result<Description> {
        Err(Error::unsupported(format!("{dialect} is read, not written")))
    }

    /// The zone id scheme that it alone knows for `dggrs`.
    fn usual_indexing(&self, _dggrs: &str) -> Option<&'static str> {
        None
    }

    /// The group of a level in a pyramid, below the pyramid's own; `None`: all levels share that.
    fn level_group(&self, _dggrs: &str, level: u8) -> Option<String> {
        Some(level.to_string())
    }

    /// Adds what it says of a whole pyramid to the attributes of the group above.
    fn describe_levels(&self, _attributes: &mut Attributes, _finest: &Description, _levels: &[u8]) {}

    /// Takes the levels of `groups`, which are no more, out of what it says there.
    fn forget_levels(&self, _attributes: &mut Attributes, _groups: &[&str]) {}
}

macro_rules! conventions {
    ($($module:ident),+ $(,)?) => {
        /// Every convention of this build, in the order of detection: the first whose marker is present wins.
        static CONVENTIONS: &[&dyn Convention] = &[$(&$module::CONVENTION),+];
    };
}

conventions! { zarr_dggs, dggs_spec, dggs_jl, xdggs, cf, easygems }

/// Stands for a convention's name where the open options say which grid it is.
pub const FROM_OPTIONS: &str = "OPTIONS";

/// Names of the conventions of this build, in the order of detection.
pub fn names() -> impl Iterator<Item = &'static str> {
    CONVENTIONS.iter().map(|convention| convention.name())
}

/// True when the attributes of a node, group or array, carry the marker of any convention.
pub fn is_marked(attributes: &Attributes) -> bool {
    CONVENTIONS.iter().any(|convention| convention.marks(attributes))
}

/// The zone axes of a group, by its metadata and the open options; empty when neither says anything.
///
/// Options that contradict the metadata win, with a warning in the axis that quotes both. `LEVEL` selects in a pyramid:
/// there the caller chooses the group and passes options without a level.
///
/// # Errors
/// [`Corrupt`](crate::error::Kind::Corrupt) for metadata that break their convention,
/// [`Unsupported`](crate::error::Kind::Unsupported) for a grid that this build does not know (both unless `DGGRS` and
/// `LEVEL` say what it is), [`InvalidArgument`](crate::error::Kind::InvalidArgument) for options that do not fit.
pub fn detect(group: &GroupMeta<'_>, options: &IdentityOptions) -> Result<Vec<ZoneAxis>> {
    let said = CONVENTIONS
        .iter()
        .filter(|convention| options.convention.is_none_or(|wanted| wanted == convention.name()))
        .find_map(|convention| convention.detect(group).transpose())
        .transpose()
        .context(|| format!("group {}", group.path));
    match said {
        Ok(Some(axes)) => axes.into_iter().map(|axis| override_axis(axis, group, options)).collect(),
        Ok(None) if options.dggrs.is_some() && !group.arrays.is_empty() => Ok(vec![axis_from_options(group, options)?]),
        Ok(None) => Ok(Vec::new()),
        Err(error) if options.dggrs.is_some() && options.level.is_some() => {
            let mut axis = axis_from_options(group, options)?;
            axis.warnings.push(format!("the open options replace what the store says, which cannot be used: {error}"));
            Ok(vec![axis])
        }
        Err(error) => Err(error),
    }
}

/// True for the attributes of a variable that tells a grid as a CF grid mapping.
pub fn is_grid_mapping(attributes: &Attributes) -> bool {
    cf::is_healpix_mapping(attributes)
}

/// The attributes of `node`, rewritten for a selection; conventions other than the one that was detected are kept true
/// as well, since many stores carry two.
pub fn selected(selection: &Selection<'_>, node: Node<'_>, attributes: &Attributes) -> Attributes {
    let mut attributes = attributes.clone();
    for convention in CONVENTIONS {
        convention.select(selection, node, &mut attributes);
    }
    attributes
}
