//! easy.gems: HEALPix output of the nextGEMS models at DKRZ, a grid mapping older than CF's.
//! <https://easy.gems.dkrz.de/Processing/healpix/>
//!
//! ```json
//! {"grid_mapping_name": "healpix", "healpix_nside": 1024, "healpix_order": "nest"}
//! ```
//!
//! Marker: `grid_mapping_name` is `healpix` beside `healpix_nside` or `healpix_order`, without CF's `indexing_scheme`.
//! `healpix_nside` is a power of two (`refinement_level` may stand in its place; both must agree); `healpix_order` is
//! `nest`, `nested` or `ring`. The zone dimension is usually called `cell`, `value` or `values`. Global data have no
//! index; an index is a coordinate variable of that name, or has `standard_name` `healpix_index`. The Earth is the
//! sphere of 6370997 m unless the mapping has CF's attributes of a figure.
//!
//! Limits: attributes on the group instead of a variable are not a marker.

use super::attribute::Fields;
use super::cf::is_healpix_mapping;
use super::grid_mapping::{self, Identity, Style};
use super::{Attributes, Convention, GroupMeta, Node, Selection, ZoneAxis, ellipsoid, spec, xdggs};
use crate::error::Result;

pub(super) struct EasyGems;

/// The convention.
pub(super) static CONVENTION: EasyGems = EasyGems;

impl Convention for EasyGems {
    fn name(&self) -> &'static str {
        "EASYGEMS"
    }

    fn marks(&self, attributes: &Attributes) -> bool {
        is_healpix_mapping(attributes) && in_older_style(attributes)
    }

    fn detect(&self, group: &GroupMeta<'_>) -> Result<Option<Vec<ZoneAxis>>> {
        let style = Style {
            convention: self.name(),
            is_mapping: |attributes| CONVENTION.marks(attributes),
            identity,
            usual_dimensions: &["cell", "value", "values"],
        };
        grid_mapping::axes(group, &style)
    }

    /// Nothing beyond what CF does: the mapping variable stays true for a part of the globe.
    fn select(&self, _selection: &Selection<'_>, _node: Node<'_>, _attributes: &mut Attributes) {}

    /// As for CF.
    fn strip(&self, _axis: &ZoneAxis, _node: Node<'_>, _attributes: &mut Attributes) {}
}

/// True for a mapping with easy.gems' attributes and without those of CF 1.13.
pub(super) fn in_older_style(attributes: &Attributes) -> bool {
    ["healpix_nside", "healpix_order"].iter().any(|key| attributes.contains_key(*key))
        && !attributes.contains_key("indexing_scheme")
}

/// The identity that a mapping's attributes tell.
fn identity(place: &str, attributes: &Attributes) -> Result<Identity> {
    let mut warnings = Vec::new();
    let fields = Fields::new(place, attributes);
    let (family, dggrs) = spec::dggrs(&fields, "grid_mapping_name", fields.mandatory_text("grid_mapping_name")?)?;
    let nside = fields.unsigned("healpix_nside")?;
    let level = nside.map(|nside| xdggs::level_of_nside(&fields, "healpix_nside", nside)).transpose()?;
    let level = match (level, fields.unsigned("refinement_level")?) {
        (Some(level), Some(other)) if level != other => {
            return Err(
                fields.broken(format!("'healpix_nside' means level {level}, but 'refinement_level' is {other}"))
            );
        }
        (level, other) => level.or(other).ok_or_else(|| fields.missing("healpix_nside"))?,
    };
    let order = match fields.mandatory_text("healpix_order")? {
        "nest" => "nested",
        order => order,
    };
    let indexing = spec::scheme(place, family, dggrs, order)?;
    let surface = match ellipsoid::of_grid_mapping(attributes, place, &mut warnings)? {
        Some(surface) => surface,
        None => ellipsoid::unspecified(dggrs)?,
    };
    let (spec, level, grid) = spec::checked(place, "healpix_nside", (family, dggrs), indexing, surface, Some(level))?;
    Ok(Identity { spec, level, grid, warnings })
}
