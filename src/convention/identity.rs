//! Identity by open options: where the store is silent they say everything, else they override it with a warning.
//!
//! `DGGRS`, `LEVEL`, `INDEXING`, `ELLIPSOID`, `LON_0`, `LAT_0`, `AZIMUTH`, `ZONE_ID`, `CONVENTION`; values in any case.
//! What is not given takes the family's default for a grid named alone (`docs/interface.md`), not what a convention
//! assumes.
//!
//! ```
//! use gdal_dggs::convention::IdentityOptions;
//!
//! let options = IdentityOptions::parse([("DGGRS", "healpix"), ("LEVEL", "6"), ("ELLIPSOID", "sphere")])?;
//! assert_eq!((options.dggrs, options.level), (Some("HEALPix"), Some(6)));
//! # Ok::<(), gdal_dggs::error::Error>(())
//! ```

use super::{ArrayMeta, Compression, Coverage, GroupMeta, Placement, ZoneAxis};
use super::{ellipsoid, names, spec};
use crate::error::{Context, Error, Result};
use crate::grid::{self, Grid, GridSpec, Orientation, Surface};

/// The open options that say which grid a store is on. `None`: not given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IdentityOptions {
    /// Canonical name of the DGGRS.
    pub dggrs: Option<&'static str>,
    /// Refinement level.
    pub level: Option<u8>,
    /// Zone id scheme as given; checked when the DGGRS is known.
    pub indexing: Option<String>,
    /// What the zones tile.
    pub surface: Option<Surface>,
    /// See [`Orientation`].
    pub lon_0_deg: Option<f64>,
    /// See [`Orientation`].
    pub lat_0_deg: Option<f64>,
    /// See [`Orientation`].
    pub azimuth_deg: Option<f64>,
    /// Name of the array of zone ids.
    pub zone_id: Option<String>,
    /// The one convention to look for; `None` also for `AUTO`.
    pub convention: Option<&'static str>,
}

impl IdentityOptions {
    /// Reads the options among `options` that belong here, whatever their case; others are left alone.
    ///
    /// # Errors
    /// A value that makes no sense; the message names option and value, and what would.
    pub fn parse<'a>(options: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self> {
        let mut parsed = Self::default();
        for (name, value) in options {
            let value = value.trim();
            match name.to_ascii_uppercase().as_str() {
                "DGGRS" => parsed.dggrs = Some(grid::family_of(value).context(|| "option DGGRS".into())?.1),
                "LEVEL" => parsed.level = Some(level(value)?),
                "INDEXING" => parsed.indexing = Some(value.to_owned()),
                "ELLIPSOID" => parsed.surface = Some(ellipsoid::parse_option(value)?),
                "LON_0" => parsed.lon_0_deg = Some(degrees("LON_0", value, 360.0)?),
                "LAT_0" => parsed.lat_0_deg = Some(degrees("LAT_0", value, 90.0)?),
                "AZIMUTH" => parsed.azimuth_deg = Some(degrees("AZIMUTH", value, 360.0)?),
                "ZONE_ID" if value.is_empty() => return Err(Error::invalid("ZONE_ID: must be the name of an array")),
                "ZONE_ID" => parsed.zone_id = Some(value.to_owned()),
                "CONVENTION" => parsed.convention = convention(value)?,
                _ => {}
            }
        }
        Ok(parsed)
    }

    /// `base` with what the options say instead.
    ///
    /// # Errors
    /// An option that does not fit the DGGRS.
    pub fn spec(&self, base: &GridSpec) -> Result<GridSpec> {
        self.applied_to(base, &mut |_, _, _| ())
    }

    /// `base` with what the options say instead; one warning for each part that changes.
    fn applied_to(&self, base: &GridSpec, warn: &mut dyn FnMut(&str, String, String)) -> Result<GridSpec> {
        let mut spec = base.clone();
        if let Some(dggrs) = self.dggrs.filter(|dggrs| *dggrs != base.dggrs) {
            spec = grid::family_of(dggrs)?.0.default_spec(dggrs);
            warn("DGGRS", dggrs.into(), base.dggrs.into());
        }
        let (family, dggrs) = grid::family_of(spec.dggrs)?;
        if let Some(indexing) = &self.indexing {
            let indexing = spec::scheme(&format!("option INDEXING={indexing}"), family, dggrs, indexing)
                .map_err(|error| Error::invalid(error.to_string()))?;
            if indexing != spec.indexing {
                warn("INDEXING", indexing.into(), spec.indexing.into());
                spec.indexing = indexing;
            }
        }
        if let Some(surface) = self.surface.clone().filter(|surface| !same_surface(surface, &spec.surface)) {
            warn("ELLIPSOID", ellipsoid::describe(&surface), ellipsoid::describe(&spec.surface));
            spec.surface = surface;
        }
        let turned = [("LON_0", self.lon_0_deg), ("LAT_0", self.lat_0_deg), ("AZIMUTH", self.azimuth_deg)];
        for (option, wanted) in turned {
            let Some(wanted) = wanted else { continue };
            let Some(orientation) = &mut spec.orientation else {
                return Err(Error::invalid(format!("option {option}: {dggrs} cannot be turned")));
            };
            let said = angle(orientation, option);
            if *said != wanted {
                warn(option, wanted.to_string(), said.to_string());
                *said = wanted;
            }
        }
        Ok(spec)
    }
}

/// The zone axis of a group whose metadata say nothing.
///
/// The zones lie along the dimension of the array `ZONE_ID`, or, when that is not given, along the one dimension whose
/// size is the number of zones of the globe.
///
/// # Errors
/// `DGGRS` or `LEVEL` missing (`LEVEL` may be when the ids of `ZONE_ID` carry it); no array `ZONE_ID`, or one that
/// cannot hold ids; no dimension, or more than one, that could hold the globe. The message lists the candidates.
pub fn axis_from_options(group: &GroupMeta<'_>, options: &IdentityOptions) -> Result<ZoneAxis> {
    let dggrs = options.dggrs.ok_or_else(|| {
        Error::invalid(format!(
            "group {} does not say which grid it is on; give DGGRS and LEVEL, and ZONE_ID unless it covers the globe",
            group.path
        ))
    })?;
    let family = grid::family_of(dggrs)?.0;
    let spec = options.applied_to(&family.default_spec(dggrs), &mut |_, _, _| {})?;
    let grid = family.grid(&spec)?;
    check_level(grid.as_ref(), options.level)?;

    let ids = options.zone_id.as_deref().map(|name| id_array(group, name)).transpose()?;
    let dimension = match (ids, options.level) {
        (Some(ids), level) if level.is_some() || spec::carries_level(spec.indexing) => ids.dimensions[0].clone(),
        (None, Some(level)) => global_dimension(group, dggrs, level, grid.zone_count(level))?,
        (None, None) if spec::carries_level(spec.indexing) => {
            return Err(Error::invalid(format!(
                "group {}: give ZONE_ID, the array of {} ids ({}), or LEVEL when the whole globe is there",
                group.path,
                spec.indexing,
                candidates(group)
            )));
        }
        _ => return Err(Error::invalid(format!("open option LEVEL is missing: give the refinement level of {dggrs}"))),
    };
    Ok(ZoneAxis {
        convention: super::FROM_OPTIONS,
        spec,
        level: options.level,
        dimensions: vec![dimension],
        id_array: options.zone_id.clone(),
        compression: Compression::None,
        grid_mapping: None,
        placement: Placement::Line,
        arrays: Coverage::All,
        warnings: Vec::new(),
    })
}

/// `axis` with what the open options say instead, and a warning that quotes both sides for each contradiction.
///
/// # Errors
/// Options that do not fit the grid or the group; an axis without ids whose size is not that of the level given.
pub fn override_axis(mut axis: ZoneAxis, group: &GroupMeta<'_>, options: &IdentityOptions) -> Result<ZoneAxis> {
    let (store, mut warnings) = (axis.convention, Vec::new());
    let mut warn = |option: &str, given: String, said: String| {
        warnings.push(format!(
            "group {}: open option {option}={given} overrides {said}, which the store's {store} metadata say",
            group.path
        ));
    };
    let spec = options.applied_to(&axis.spec, &mut warn)?;
    let changed_grid = spec.dggrs != axis.spec.dggrs || spec.indexing != axis.spec.indexing;
    let grid = grid::grid(&spec)?;
    check_level(grid.as_ref(), options.level.or(axis.level))?;

    let changed_level = options.level.is_some() && options.level != axis.level;
    if let (true, Some(wanted)) = (changed_level, options.level) {
        if let Some(said) = axis.level {
            warn("LEVEL", wanted.to_string(), said.to_string());
        }
        axis.level = Some(wanted);
    }
    if let Some(name) = options.zone_id.as_deref().filter(|name| axis.id_array.as_deref() != Some(name)) {
        let ids = id_array(group, name)?;
        warn("ZONE_ID", name.into(), axis.id_array.as_deref().unwrap_or("the whole globe").into());
        axis.dimensions = ids.dimensions.clone();
        axis.placement = Placement::Line;
        axis.id_array = Some(name.to_owned());
        axis.compression = Compression::None;
    }
    let compressed = axis.compression != Compression::None;
    if compressed && changed_grid {
        return Err(Error::invalid(format!(
            "group {}: the store's ids are compressed HEALPix ids; DGGRS and INDEXING cannot override that",
            group.path
        )));
    }
    if axis.placement != Placement::Line {
        axis.spec = spec;
        placed(&axis, group, &*grid)?;
        axis.warnings.extend(warnings);
        return Ok(axis);
    }
    if axis.id_array.is_none()
        && (changed_grid || changed_level)
        && let Some(level) = axis.level
    {
        let (zones, dimension) = (grid.zone_count(level), &axis.dimensions[0]);
        if let Some(size) = group.arrays.iter().find_map(|array| array.size_of(dimension)).filter(|size| *size != zones)
        {
            return Err(Error::invalid(format!(
                "group {}: dimension '{dimension}' has {size} positions, but {} has {zones} zones at level {level}; give \
                 another DGGRS or LEVEL, or ZONE_ID",
                group.path, spec.dggrs
            )));
        }
    }
    axis.spec = spec;
    axis.warnings.extend(warnings);
    Ok(axis)
}

/// Checks that an axis of several dimensions can hold the grid's addresses.
fn placed(axis: &ZoneAxis, group: &GroupMeta<'_>, grid: &dyn Grid) -> Result<()> {
    let level = axis.level.unwrap_or_default();
    let on_axis = |array: &&ArrayMeta<'_>| {
        ZoneAxis::of_array(std::slice::from_ref(axis), array.name, &array.dimensions).is_some()
    };
    let array = group.arrays.iter().find(on_axis);
    let size = |name: &String| array.and_then(|array| array.size_of(name)).unwrap_or_default();
    let sizes: Vec<u64> = axis.dimensions.iter().map(size).collect();
    let fits = match (&axis.placement, grid.address_extent(level)) {
        (Placement::Penta, Some([11, side, _])) => axis.spec.dggrs == "ISEA4D" && sizes == [5, 2 * side, side],
        (Placement::Address { linear, whole: true }, Some([faces, x, y])) => {
            !linear.is_empty() || (sizes[0] >= faces && sizes[1..] == [x, y])
        }
        (Placement::Address { whole: false, .. }, _) => matches!(axis.spec.indexing, "Q2DD" | "PROJTRI"),
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "group {}: {} in scheme {} at level {level} does not fit on the dimensions {} of {sizes:?} positions",
        group.path,
        axis.spec.dggrs,
        axis.spec.indexing,
        axis.dimensions.join(", ")
    )))
}

/// The one dimension that has `zones` positions.
fn global_dimension(group: &GroupMeta<'_>, dggrs: &str, level: u8, zones: u64) -> Result<String> {
    let dimensions = group.dimensions();
    let mut fitting: Vec<_> = dimensions.iter().filter(|(_, size)| *size == zones).map(|(name, _)| *name).collect();
    fitting.dedup();
    let problem = match fitting[..] {
        [dimension] => return Ok(dimension.to_owned()),
        [] => {
            let all: Vec<_> = dimensions.iter().map(|(name, size)| format!("{name} ({size})")).collect();
            format!("no dimension has that size: {}", all.join(", "))
        }
        _ => format!("{} all have that size", fitting.join(", ")),
    };
    Err(Error::invalid(format!(
        "group {}: {dggrs} has {zones} zones at level {level}; {problem}. Give ZONE_ID, the array of zone ids ({})",
        group.path,
        candidates(group)
    )))
}

/// The arrays that could hold ids.
fn candidates(group: &GroupMeta<'_>) -> String {
    let ids: Vec<_> = group.arrays.iter().filter(|array| array.could_hold_ids()).map(|array| array.name).collect();
    if ids.is_empty() { "there is none".to_owned() } else { format!("candidates: {}", ids.join(", ")) }
}

/// The array that `ZONE_ID` names.
fn id_array<'g, 'a>(group: &'g GroupMeta<'a>, name: &str) -> Result<&'g ArrayMeta<'a>> {
    match group.array(name) {
        Some(array) if array.could_hold_ids() => Ok(array),
        Some(array) => Err(Error::invalid(format!(
            "open option ZONE_ID={name}: array {} has {} dimensions and holds {:?}; zone ids must be integers or texts \
             along one dimension",
            group.path_of(name),
            array.dimensions.len(),
            array.kind
        ))),
        None => {
            let known: Vec<_> =
                group.arrays.iter().filter(|array| array.could_hold_ids()).map(|array| array.name).collect();
            Err(Error::invalid(format!(
                "open option ZONE_ID={name}: group {} has no such array; candidates: {}",
                group.path,
                known.join(", ")
            )))
        }
    }
}

fn check_level(grid: &dyn Grid, level: Option<u8>) -> Result<()> {
    let finest = grid.max_level();
    match level {
        Some(level) if level > finest => {
            Err(Error::invalid(format!("option LEVEL={level}: levels of {} are 0 to {finest}", grid.spec().dggrs)))
        }
        _ => Ok(()),
    }
}

fn level(value: &str) -> Result<u8> {
    value.parse().map_err(|_| Error::invalid(format!("option LEVEL={value}: must be an integer from 0 on")))
}

fn degrees(option: &str, value: &str, most: f64) -> Result<f64> {
    value
        .parse::<f64>()
        .ok()
        .filter(|degrees| degrees.abs() <= most)
        .ok_or_else(|| Error::invalid(format!("option {option}={value}: must be degrees from -{most} to {most}")))
}

fn convention(value: &str) -> Result<Option<&'static str>> {
    if value.eq_ignore_ascii_case("AUTO") {
        return Ok(None);
    }
    if let Some(known) = names().find(|known| known.eq_ignore_ascii_case(value)) {
        return Ok(Some(known));
    }
    let known: Vec<_> = names().collect();
    Err(Error::invalid(format!("open option CONVENTION={value}: must be AUTO or one of {}", known.join(", "))))
}

fn angle<'o>(orientation: &'o mut Orientation, option: &str) -> &'o mut f64 {
    match option {
        "LON_0" => &mut orientation.lon_0_deg,
        "LAT_0" => &mut orientation.lat_0_deg,
        _ => &mut orientation.azimuth_deg,
    }
}

/// Equality of numbers: a name is no difference.
fn same_surface(a: &Surface, b: &Surface) -> bool {
    match (a, b) {
        (
            Surface::Ellipsoid { semi_major_m: a, inverse_flattening: f, .. },
            Surface::Ellipsoid { semi_major_m: b, inverse_flattening: g, .. },
        ) => a == b && f == g,
        _ => a == b,
    }
}
