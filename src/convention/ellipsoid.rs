//! The figure of the Earth in attributes and options: a name, an object, or `a,invf`.
//!
//! Three dialects of one object are read:
//! - zarr-conventions/dggs since 2026-05, modelled on PROJJSON: `semi_major_axis` with `semi_minor_axis` or
//!   `inverse_flattening`, a sphere by `radius`; <https://github.com/zarr-conventions/dggs#ellipsoid-object>
//! - the same before, and xdggs: `semimajor_axis`, `semiminor_axis`, `inverse_flattening`;
//!   <https://xdggs.readthedocs.io>
//! - CF: the first without `radius`, but `earth_radius` and `reference_ellipsoid_name`;
//!   <https://cfconventions.org/cf-conventions/cf-conventions.html#appendix-grid-mappings>
//!
//! A figure that is there but incomplete is an error, never a sphere: data would be shifted by up to 21 km.
//!
//! ```
//! use gdal_dggs::convention::ellipsoid;
//! use gdal_dggs::grid::Surface;
//!
//! let object = serde_json::json!({"name": "wgs84", "semi_major_axis": 6378137.0, "inverse_flattening": 298.257223563});
//! let surface = ellipsoid::parse(&object, "'dggs' of group /", &mut Vec::new())?;
//! assert_eq!(Some(surface), ellipsoid::named("WGS 84"));
//! assert_eq!(ellipsoid::named("sphere"), Some(Surface::Sphere { radius_m: 6370997.0 }));
//! # Ok::<(), gdal_dggs::error::Error>(())
//! ```

use serde_json::{Value, json};

use super::Attributes;
use super::attribute::{Fields, structured};
use crate::error::{Error, Result};
use crate::grid::{self, Surface};

/// Radius of "the sphere" in metres: what zarr-conventions/dggs says for a missing ellipsoid and PROJ calls `sphere`
/// (so healpix-geo, and with it xdggs).
pub const SPHERE_RADIUS_M: f64 = 6_370_997.0;

/// Ellipsoids that may be given by name alone: name, semi-major axis in metres, inverse flattening (`proj -le`).
const NAMED: &[(&str, f64, f64)] = &[
    ("WGS84", 6_378_137.0, 298.257_223_563),
    ("GRS80", 6_378_137.0, 298.257_222_101),
    ("WGS72", 6_378_135.0, 298.26),
    ("intl", 6_378_388.0, 297.0),
    ("bessel", 6_377_397.155, 299.152_812_8),
    ("clrk66", 6_378_206.4, 294.978_698_213_898_2),
    ("krass", 6_378_245.0, 298.3),
];

/// The name, where one is mandatory, of a figure that has none.
const UNNAMED: &str = "unnamed";

/// The two spellings of each axis, the newer first.
const SEMI_MAJOR: [&str; 2] = ["semi_major_axis", "semimajor_axis"];
const SEMI_MINOR: [&str; 2] = ["semi_minor_axis", "semiminor_axis"];

/// The sphere that "no ellipsoid" means.
pub fn sphere() -> Surface {
    Surface::Sphere { radius_m: SPHERE_RADIUS_M }
}

/// The surface of a grid whose metadata are silent about it: for HEALPix what all its conventions say, [`sphere`]; for
/// other families their own default.
///
/// # Errors
/// An unknown DGGRS.
pub fn unspecified(dggrs: &str) -> Result<Surface> {
    let (family, name) = grid::family_of(dggrs)?;
    Ok(if name == "HEALPix" { sphere() } else { family.default_spec(name).surface })
}

/// The surface of a name: `sphere` or one of a few ellipsoids, whatever the case, spaces and underscores.
pub fn named(name: &str) -> Option<Surface> {
    let plain: String =
        name.chars().filter(|c| !matches!(c, ' ' | '_' | '-')).map(|c| c.to_ascii_lowercase()).collect();
    let plain = if plain == "grs1980" { "grs80" } else { &plain };
    if plain == "sphere" {
        return Some(sphere());
    }
    NAMED.iter().find(|(known, ..)| known.eq_ignore_ascii_case(plain)).map(
        |&(known, semi_major_m, inverse_flattening)| Surface::Ellipsoid {
            name: Some(known.to_owned()),
            semi_major_m,
            inverse_flattening,
        },
    )
}

/// The value of the option `ELLIPSOID`: `sphere`, `WGS84`, `GRS80` (and other names), or `a,invf` in metres.
///
/// # Errors
/// An unknown name; numbers that are no ellipsoid.
pub fn parse_option(text: &str) -> Result<Surface> {
    let wrong = || {
        Error::invalid(format!(
            "ELLIPSOID={text}: must be sphere, WGS84, GRS80, or a,invf such as 6378137,298.257223563"
        ))
    };
    match text.split_once(',') {
        None => named(text).ok_or_else(wrong),
        Some((semi_major, inverse_flattening)) => {
            let number = |text: &str| text.trim().parse::<f64>().ok();
            let (a, invf) = number(semi_major).zip(number(inverse_flattening)).ok_or_else(wrong)?;
            from_numbers(a, invf, None).ok_or_else(wrong)
        }
    }
}

/// The surface that an attribute `ellipsoid` at `place` tells: a name, an object, or a text that holds one.
///
/// `warnings` gets a line where a well-known name stands beside other numbers; the numbers count.
///
/// # Errors
/// An unknown name; an object without numbers, with half of them, or with contradicting ones.
pub fn parse(value: &Value, place: &str, warnings: &mut Vec<String>) -> Result<Surface> {
    let value = structured(value);
    match value.as_ref() {
        Value::String(name) => by_name(name, place, "ellipsoid"),
        Value::Object(members) => {
            let fields = Fields::new(format!("'ellipsoid' of {place}"), members);
            let name = fields.text("name")?;
            from_fields(&fields, "radius", name, warnings)?.ok_or_else(|| {
                fields.broken(
                    "has neither 'radius' nor 'semi_major_axis' (or 'semimajor_axis'); the name alone does not count",
                )
            })
        }
        other => {
            Err(Error::corrupt(format!("{place}: attribute 'ellipsoid' must be a name or an object, not {other}")))
        }
    }
}

/// The surface of a CF grid mapping variable: its `ellipsoid` object (xdggs), else CF's own attributes; `None`
/// where it has neither.
pub(super) fn of_grid_mapping(
    attributes: &Attributes,
    place: &str,
    warnings: &mut Vec<String>,
) -> Result<Option<Surface>> {
    let fields = Fields::new(place, attributes);
    if fields.number("longitude_of_prime_meridian")?.is_some_and(|longitude| longitude != 0.0) {
        return Err(Error::unsupported(format!(
            "{place}: attribute 'longitude_of_prime_meridian' is not 0; this driver knows Greenwich alone"
        )));
    }
    if let Some(object) = fields.get("ellipsoid") {
        return parse(object, place, warnings).map(Some);
    }
    let name = fields.text("reference_ellipsoid_name")?;
    match (from_fields(&fields, "earth_radius", name, warnings)?, name) {
        (Some(surface), _) => Ok(Some(surface)),
        (None, Some(name)) => by_name(name, place, "reference_ellipsoid_name").map(Some),
        (None, None) => Ok(None),
    }
}

/// The object that xdggs 0.6 and dialect (b) of zarr-conventions/dggs read.
///
/// It has a name only where that names these very numbers: xdggs looks the name up in PROJ's list, refuses one that it
/// does not find there, and never looks at the numbers beside it.
pub fn to_object(surface: &Surface) -> Value {
    let mut object = Attributes::new();
    match surface {
        Surface::Sphere { radius_m } => {
            if *radius_m == SPHERE_RADIUS_M {
                object.insert("name".into(), "sphere".into());
            }
            object.insert("radius".into(), json!(radius_m));
        }
        Surface::Ellipsoid { name, semi_major_m, inverse_flattening } => {
            if let Some(name) = name.as_deref().filter(|name| named(name).as_ref() == Some(surface)) {
                object.insert("name".into(), name.into());
            }
            object.insert("semimajor_axis".into(), json!(semi_major_m));
            object.insert("inverse_flattening".into(), json!(inverse_flattening));
        }
    }
    object.into()
}

/// The object of the newest dialect (c) of zarr-conventions/dggs, where a name is mandatory.
pub fn to_object_c(surface: &Surface) -> Value {
    match surface {
        Surface::Sphere { radius_m } => json!({"name": "sphere", "radius": radius_m}),
        Surface::Ellipsoid { name, semi_major_m, inverse_flattening } => json!({
            "name": name.as_deref().unwrap_or(UNNAMED),
            "semi_major_axis": semi_major_m,
            "inverse_flattening": inverse_flattening,
        }),
    }
}

/// CF's attributes of a grid mapping variable. The sphere that silence means has none: xdggs 0.6 refuses them.
pub(super) fn to_grid_mapping(surface: &Surface) -> Attributes {
    let mut attributes = Attributes::new();
    match surface {
        Surface::Sphere { radius_m } if *radius_m == SPHERE_RADIUS_M => {}
        Surface::Sphere { radius_m } => drop(attributes.insert("earth_radius".into(), json!(radius_m))),
        Surface::Ellipsoid { name, semi_major_m, inverse_flattening } => {
            if let Some(name) = name {
                attributes.insert("reference_ellipsoid_name".into(), name.as_str().into());
            }
            attributes.insert("semi_major_axis".into(), json!(semi_major_m));
            attributes.insert("inverse_flattening".into(), json!(inverse_flattening));
        }
    }
    attributes
}

/// A surface in words, as the option `ELLIPSOID` spells it: `WGS84`, `sphere`, `6378137,298.3`, `sphere of 6371229 m`.
pub fn describe(surface: &Surface) -> String {
    match surface {
        Surface::Sphere { radius_m } if *radius_m == SPHERE_RADIUS_M => "sphere".to_owned(),
        Surface::Sphere { radius_m } => format!("sphere of {radius_m} m"),
        Surface::Ellipsoid { name: Some(name), .. } => name.clone(),
        Surface::Ellipsoid { name: None, semi_major_m, inverse_flattening } => {
            format!("{semi_major_m},{inverse_flattening}")
        }
    }
}

fn by_name(name: &str, place: &str, key: &str) -> Result<Surface> {
    named(name).ok_or_else(|| {
        let known: Vec<_> = NAMED.iter().map(|(known, ..)| *known).collect();
        Error::unsupported(format!(
            "{place}: attribute '{key}' names '{name}', which this driver does not know (it knows sphere, {}); \
             give ELLIPSOID=a,invf",
            known.join(", ")
        ))
    })
}

/// The surface that numbers tell, `None` where there are none.
fn from_fields(
    fields: &Fields<'_>,
    radius_key: &str,
    name: Option<&str>,
    warnings: &mut Vec<String>,
) -> Result<Option<Surface>> {
    let radius = fields.number(radius_key)?;
    let major = either_spelling(fields, SEMI_MAJOR)?;
    let minor = either_spelling(fields, SEMI_MINOR)?;
    let inverse_flattening = fields.number("inverse_flattening")?;

    let surface = match (radius, major, minor, inverse_flattening) {
        (None, None, None, None) => return Ok(None),
        (Some(radius_m), None, None, None) if radius_m > 0.0 => Surface::Sphere { radius_m },
        (Some(_), None, None, None) => return Err(fields.broken(format!("attribute '{radius_key}' must be above 0"))),
        (Some(_), ..) => {
            return Err(
                fields.broken(format!("'{radius_key}' tells a sphere, the other attributes an ellipsoid; keep one"))
            );
        }
        (None, None, ..) => return Err(fields.broken("'semi_major_axis' is missing")),
        (None, Some(major), minor, inverse_flattening) => ellipsoid(fields, major, minor, inverse_flattening, name)?,
    };
    Ok(Some(checked_name(surface, name, fields, warnings)))
}

/// An ellipsoid from its major axis and either or both of the others.
fn ellipsoid(
    fields: &Fields<'_>,
    major: f64,
    minor: Option<f64>,
    inverse_flattening: Option<f64>,
    name: Option<&str>,
) -> Result<Surface> {
    // Zarr-conventions/dggs before 2026-05: the major axis alone is a sphere. The newer spelling asks for a second
    // number.
    let alone = minor.is_none() && inverse_flattening.is_none();
    let named_otherwise = name.and_then(named).is_some_and(|known| matches!(known, Surface::Ellipsoid { .. }));
    if alone && (fields.has(SEMI_MAJOR[0]) || named_otherwise) {
        return Err(fields.broken("'inverse_flattening' (or 'semi_minor_axis') is missing"));
    }
    let from_minor = match minor {
        None => None,
        Some(minor) if minor > 0.0 && minor <= major => {
            Some(if minor == major { 0.0 } else { major / (major - minor) })
        }
        Some(minor) => {
            return Err(fields.broken(format!("the semi-minor axis must be above 0 and at most {major}, not {minor}")));
        }
    };
    if let (Some(given), Some(derived)) = (inverse_flattening, from_minor)
        && (given - derived).abs() > 1e-6 * derived.abs().max(1.0)
    {
        return Err(fields.broken(format!(
            "'inverse_flattening' is {given}, but the semi-minor axis makes it {derived}; keep one of them"
        )));
    }
    let inverse_flattening = inverse_flattening.or(from_minor).unwrap_or(0.0);
    from_numbers(major, inverse_flattening, name).ok_or_else(|| {
        fields.broken(format!(
            "semi-major axis {major} with inverse flattening {inverse_flattening} is no ellipsoid: the axis must be above \
             0 and the inverse flattening above 1, or 0 for a sphere"
        ))
    })
}

/// The value of a key in either spelling; both must agree.
fn either_spelling(fields: &Fields<'_>, [newer, older]: [&str; 2]) -> Result<Option<f64>> {
    match (fields.number(newer)?, fields.number(older)?) {
        (Some(a), Some(b)) if a != b => Err(fields.broken(format!("'{newer}' is {a}, but '{older}' is {b}; keep one"))),
        (a, b) => Ok(a.or(b)),
    }
}

/// A sphere for inverse flattening 0 (as in WKT), an ellipsoid above 1, else nothing.
fn from_numbers(semi_major_m: f64, inverse_flattening: f64, name: Option<&str>) -> Option<Surface> {
    if !(semi_major_m.is_finite() && semi_major_m > 0.0) {
        None
    } else if inverse_flattening == 0.0 {
        Some(Surface::Sphere { radius_m: semi_major_m })
    } else if inverse_flattening.is_finite() && inverse_flattening > 1.0 {
        let name = name.filter(|name| *name != UNNAMED).map(str::to_owned);
        Some(Surface::Ellipsoid { name, semi_major_m, inverse_flattening })
    } else {
        None
    }
}

/// `surface` with the canonical spelling of a well-known name, or without a well-known name that its numbers belie.
fn checked_name(surface: Surface, name: Option<&str>, fields: &Fields<'_>, warnings: &mut Vec<String>) -> Surface {
    let Some((name, known)) = name.and_then(|name| Some((name, named(name)?))) else { return surface };
    match (surface, known) {
        (
            Surface::Ellipsoid { semi_major_m: a, inverse_flattening: invf, .. },
            Surface::Ellipsoid { name: Some(canonical), semi_major_m, inverse_flattening },
        ) => {
            // Half a unit in the ninth digit: a difference below a micrometre, as of a minor axis given to 10 digits.
            let same = a == semi_major_m && (invf - inverse_flattening).abs() <= 5e-7;
            if same {
                return Surface::Ellipsoid { name: Some(canonical), semi_major_m, inverse_flattening };
            }
            warnings
                .push(format!("{}: is named {name} but its numbers are {a},{invf}; the numbers count", fields.place()));
            Surface::Ellipsoid { name: None, semi_major_m: a, inverse_flattening: invf }
        }
        (surface, Surface::Ellipsoid { .. }) => {
            warnings
                .push(format!("{}: is named {name} but its numbers are a sphere's; the numbers count", fields.place()));
            surface
        }
        (surface, Surface::Sphere { .. }) => surface,
    }
}
