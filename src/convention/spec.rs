//! From the words of a convention to a checked [`GridSpec`] and level.

use std::sync::Arc;

use serde_json::{Value, json};

use super::attribute::{Fields, structured};
use crate::error::{Context, Error, Result};
use crate::grid::{self, Family, Grid, GridSpec, Orientation, Surface};

/// Ours, beside the identity of xdggs and zarr-conventions/dggs, for grids that are turned from where their family has
/// them: `{"lon_0", "lat_0", "azimuth"}` in degrees. Neither convention has such a thing.
pub(super) const ORIENTATION: &str = "orientation";

/// The value of [`ORIENTATION`]; `None` where the grid stands as its family has it.
pub(super) fn turned(spec: &GridSpec) -> Option<Value> {
    let usual = grid::family_of(spec.dggrs).ok().and_then(|(family, name)| family.default_spec(name).orientation);
    let turned = spec.orientation.filter(|orientation| Some(*orientation) != usual)?;
    Some(json!({"lon_0": turned.lon_0_deg, "lat_0": turned.lat_0_deg, "azimuth": turned.azimuth_deg}))
}

/// `spec` and its grid, turned as [`ORIENTATION`] says.
///
/// # Errors
/// An orientation that is incomplete or that the grid cannot have.
pub(super) fn oriented(
    fields: &Fields<'_>,
    mut spec: GridSpec,
    grid: Arc<dyn Grid>,
) -> Result<(GridSpec, Arc<dyn Grid>)> {
    let Some(value) = fields.get(ORIENTATION) else { return Ok((spec, grid)) };
    let members = structured(value);
    let members = members.as_object().ok_or_else(|| fields.wrong(ORIENTATION, "an object", value))?;
    let fields = Fields::new(format!("'{ORIENTATION}' of {}", fields.place()), members);
    let angle = |key: &str| fields.number(key)?.ok_or_else(|| fields.missing(key));
    spec.orientation =
        Some(Orientation { lon_0_deg: angle("lon_0")?, lat_0_deg: angle("lat_0")?, azimuth_deg: angle("azimuth")? });
    let grid = grid::grid(&spec).context(|| fields.place().to_owned())?;
    Ok((spec, grid))
}

/// A DGGRS by the name that a convention uses, in any case.
///
/// # Errors
/// `Unsupported` for a grid that this build does not know; the message names it.
pub(super) fn dggrs(fields: &Fields<'_>, key: &str, name: &str) -> Result<(&'static dyn Family, &'static str)> {
    grid::family_of(name).map_err(|error| {
        let whose = if name.ends_with(".dggal") { " (a grid of xdggs' DGGAL plug-in)" } else { "" };
        Error::unsupported(format!(
            "{}: attribute '{key}' says the store is on '{name}'{whose}, which this build does not know ({error})",
            fields.place()
        ))
    })
}

/// The canonical spelling of an indexing scheme of `dggrs`.
///
/// # Errors
/// `Unsupported` for a scheme that the family does not have; the message lists those that it has.
pub(super) fn scheme(place: &str, family: &dyn Family, dggrs: &str, name: &str) -> Result<&'static str> {
    let known = family.indexing_schemes(dggrs);
    known.iter().find(|known| known.eq_ignore_ascii_case(name)).copied().ok_or_else(|| {
        Error::unsupported(format!(
            "{place}: unknown indexing scheme '{name}' of {dggrs}; this driver knows {}",
            known.join(", ")
        ))
    })
}

/// True for the schemes whose ids carry their level, so that metadata may leave it out.
pub(super) fn carries_level(indexing: &str) -> bool {
    matches!(indexing, "nuniq" | "zuniq" | "Z3" | "Z7")
}

/// The identity made of its parts, with the grid that proves it possible; `level` is checked against the grid.
///
/// # Errors
/// What the family refuses; a level beyond the finest; no level where the ids do not carry it.
pub(super) fn checked(
    place: &str,
    level_key: &str,
    (family, dggrs): (&dyn Family, &'static str),
    indexing: &'static str,
    surface: Surface,
    level: Option<u64>,
) -> Result<(GridSpec, Option<u8>, Arc<dyn Grid>)> {
    let spec = GridSpec { surface, indexing, ..family.default_spec(dggrs) };
    let grid = family.grid(&spec).context(|| place.to_owned())?;
    let Some(level) = level else {
        if carries_level(indexing) {
            return Ok((spec, None, grid));
        }
        return Err(Error::corrupt(format!("{place}: attribute '{level_key}' is missing")));
    };
    let finest = grid.max_level();
    match u8::try_from(level) {
        Ok(level) if level <= finest => Ok((spec, Some(level), grid)),
        _ => Err(Error::corrupt(format!(
            "{place}: attribute '{level_key}' is {level}; levels of {dggrs} are 0 to {finest}"
        ))),
    }
}
