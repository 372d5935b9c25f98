//! `grid_system` and `aperture` of the data spec: which DGGRS, and how it stands in the globe.

use serde_json::{Value, json};

use super::super::attribute::Fields;
use super::super::{Attributes, spec};
use crate::error::{Error, Result};
use crate::grid::{self, GridSpec, Orientation, Surface};

/// The spec's enumeration, in its spelling.
const POLYHEDRA: [&str; 5] = ["tetrahedron", "cube", "octahedron", "dodecahedron", "icosahedron"];

/// The spec's enumeration, with the usual spelling of its "quadliteral".
const POLYGONS: [&str; 5] = ["triangle", "quadliteral", "quadrilateral", "pentagon", "hexagon"];

/// The DGGRSs that this build knows by the spec's attributes: name, polygon, aperture; all on an icosahedron.
const KNOWN: [(&str, &str, f64); 6] = [
    ("ISEA3H", "hexagon", 3.0),
    ("ISEA4H", "hexagon", 4.0),
    ("ISEA7H", "hexagon", 7.0),
    ("ISEA4T", "triangle", 4.0),
    ("ISEA4D", "quadliteral", 4.0),
    ("ISEA4D", "quadrilateral", 4.0),
];

/// The identity that the members of `grid_system` and the aperture tell, in the scheme `indexing`.
///
/// # Errors
/// A value outside the spec's enumerations, attributes that contradict each other, a grid that this build does not know,
/// and what identity needs and is missing: the orientation, and a name or polygon and aperture.
pub(super) fn parse(
    system: &Fields<'_>,
    aperture: Option<f64>,
    indexing: &str,
    warnings: &mut Vec<String>,
) -> Result<GridSpec> {
    let polyhedron = one_of(system, "polyhedron", &POLYHEDRA)?;
    let polygon = one_of(system, "polygon", &POLYGONS)?;
    let (name, projection) = (system.text("name")?.unwrap_or_default(), system.text("projection")?.unwrap_or_default());
    if let Some(other) = polyhedron.filter(|polyhedron| *polyhedron != "icosahedron") {
        return Err(Error::unsupported(format!(
            "{}: 'polyhedron' is {other}; this build has grids on an icosahedron",
            system.place()
        )));
    }
    let said = [name, projection].map(str::to_ascii_lowercase);
    let is_isea = said.iter().any(|text| text.contains("isea") || text.contains("snyder"));
    let fits = |(_, known_polygon, known_aperture): &&(&str, &str, f64)| {
        polygon.is_none_or(|polygon| polygon == *known_polygon) && aperture.is_none_or(|a| a == *known_aperture)
    };
    let dggrs = match KNOWN.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name)) {
        Some((dggrs, ..)) if KNOWN.iter().filter(fits).any(|(known, ..)| known == dggrs) => *dggrs,
        Some((dggrs, ..)) => {
            return Err(system.broken(format!(
                "'name' is {dggrs}, which contradicts 'polygon' {} and 'aperture' {}",
                polygon.unwrap_or("(not given)"),
                shown(aperture)
            )));
        }
        None if is_isea && polygon.is_some() && aperture.is_some() => {
            KNOWN.iter().find(fits).map(|(dggrs, ..)| *dggrs).ok_or_else(|| {
                Error::unsupported(format!(
                    "{}: no grid that this build knows has 'polygon' {} and 'aperture' {}",
                    system.place(),
                    polygon.unwrap_or_default(),
                    shown(aperture)
                ))
            })?
        }
        None if is_isea => {
            return Err(system.broken("neither 'name' (as ISEA4H) nor 'polygon' and 'aperture' say which grid it is"));
        }
        None => {
            return Err(Error::unsupported(format!(
                "{}: 'name' {name:?} with 'projection' {projection:?} is no grid that this build knows",
                system.place()
            )));
        }
    };
    let given = [
        ("polyhedron", polyhedron.is_some()),
        ("polygon", polygon.is_some()),
        ("projection", !projection.is_empty()),
        ("name", !name.is_empty()),
        ("aperture", aperture.is_some()),
    ];
    for (key, _) in given.into_iter().filter(|(_, given)| !given) {
        warnings.push(format!(
            "{}: '{key}' is missing; the grid is {dggrs} by the others (\"required attributes MUST be stored as meta data\")",
            system.place()
        ));
    }
    let (family, dggrs) = grid::family_of(dggrs)?;
    let default = family.default_spec(dggrs);
    let angle = |key: &str, most: f64| match system.number(key)? {
        Some(degrees) if degrees.abs() <= most => Ok(degrees),
        Some(degrees) => Err(system.broken(format!("'{key}' is {degrees}; it must be degrees from -{most} to {most}"))),
        None => Err(system.missing(key)),
    };
    let orientation = Some(Orientation {
        lon_0_deg: angle("rotation_lon", 360.0)?,
        lat_0_deg: angle("rotation_lat", 90.0)?,
        azimuth_deg: angle("rotation_azimuth", 360.0)?,
    });
    let surface = match system.number("radius")? {
        Some(radius_m) if radius_m > 0.0 => Surface::Sphere { radius_m },
        Some(radius_m) => return Err(system.broken(format!("'radius' is {radius_m}; it must be positive"))),
        None => {
            warnings.push(format!(
                "{}: 'radius' is missing; the sphere is {}",
                system.place(),
                super::super::ellipsoid::describe(&default.surface)
            ));
            default.surface
        }
    };
    if let Some(polygon) = system.text("global_bounding_polygon")?
        && !polygon.trim_start().to_ascii_uppercase().starts_with("POLYGON")
    {
        return Err(system.broken(format!("'global_bounding_polygon' must be a WKT POLYGON, not {polygon:?}")));
    }
    let indexing = spec::scheme(system.place(), family, dggrs, indexing)?;
    Ok(GridSpec { dggrs, surface, orientation, indexing })
}

/// `grid_system` and `aperture` of a grid.
///
/// # Errors
/// A grid that is none of DGGRID's on a sphere.
pub(super) fn to_attributes(spec: &GridSpec) -> Result<(Attributes, Value)> {
    let Some((name, polygon, aperture)) = KNOWN.iter().find(|(name, ..)| *name == spec.dggrs) else {
        let names: Vec<_> = KNOWN[..5].iter().map(|(name, ..)| *name).collect();
        return Err(Error::unsupported(format!(
            "the DGGS data spec describes {} alone, not {}",
            names.join(", "),
            spec.dggrs
        )));
    };
    let Surface::Sphere { radius_m } = spec.surface else {
        return Err(Error::unsupported(format!(
            "the DGGS data spec has a sphere's radius alone, and this {name} is on an ellipsoid"
        )));
    };
    let orientation = spec.orientation.ok_or_else(|| Error::invalid(format!("{name} needs an orientation")))?;
    let mut system = Attributes::new();
    system.insert("name".into(), (*name).into());
    system.insert("polyhedron".into(), "icosahedron".into());
    system.insert("polygon".into(), (*polygon).into());
    system.insert("radius".into(), number(radius_m));
    system.insert("rotation_lon".into(), number(orientation.lon_0_deg));
    system.insert("rotation_lat".into(), number(orientation.lat_0_deg));
    system.insert("rotation_azimuth".into(), number(orientation.azimuth_deg));
    system.insert("projection".into(), PROJECTION.into());
    Ok((system, number(*aperture)))
}

/// As the spec's example has it.
const PROJECTION: &str = "+isea";

/// A number without a fraction where it has none, as in the spec's example.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e15 { json!(value as i64) } else { json!(value) }
}

/// The member `key`, which must be one of `known`.
fn one_of(system: &Fields<'_>, key: &str, known: &[&'static str]) -> Result<Option<&'static str>> {
    let Some(value) = system.text(key)? else { return Ok(None) };
    let found = known.iter().find(|known| known.eq_ignore_ascii_case(value)).copied();
    found.map(Some).ok_or_else(|| system.broken(format!("'{key}' is '{value}'; the spec has {}", known.join(", "))))
}

fn shown(number: Option<f64>) -> String {
    number.map_or("(not given)".into(), |number| number.to_string())
}
