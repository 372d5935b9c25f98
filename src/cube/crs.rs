//! Which coordinate reference system an array is in: what the store says, else the grid's.

use std::sync::OnceLock;

use once_cell::sync::OnceCell;
use serde_json::Value;

use crate::convention;
use crate::error::Result;
use crate::grid::{GridSpec, Surface};
use crate::store::proj::{self, CrsTexts};

/// A CRS that is looked up in PROJ when it is first asked for.
pub(super) struct Crs {
    definitions: Vec<String>,
    wkt: OnceLock<Option<String>>,
}

impl Crs {
    /// The first of `definitions` that PROJ understands.
    pub(super) fn new(definitions: Vec<String>) -> Self {
        Self { definitions, wkt: OnceLock::new() }
    }

    /// As WKT2; `None` when PROJ understands none of the definitions.
    pub(super) fn wkt(&self) -> Option<&str> {
        let import = |definition: &String| match definition.as_str() {
            WGS84 => wgs84(),
            other => proj::crs_to_wkt(other).ok(),
        };
        self.wkt.get_or_init(|| self.definitions.iter().find_map(import)).as_deref()
    }
}

const WGS84: &str = "EPSG:4326";

/// Almost every grid is on it, and PROJ's database takes milliseconds to open.
fn wgs84() -> Option<String> {
    static WKT: OnceCell<String> = OnceCell::new();
    WKT.get_or_try_init(|| proj::crs_to_wkt(WGS84)).ok().cloned()
}

/// Radii in metres of spheres that stand for the Earth.
const EARTH_RADII_M: std::ops::Range<f64> = 6.3e6..6.4e6;

/// The CRS of a grid's centroids. Latitudes taken as they are must lie unshifted over a WGS84 base map, so a sphere is
/// EPSG:4326 too, unless it is another planet's; another ellipsoid is a geographic CRS of an unknown datum, which PROJ does
/// not shift.
pub(super) fn grid_definition(spec: &GridSpec) -> String {
    match &spec.surface {
        Surface::Sphere { radius_m } if !EARTH_RADII_M.contains(radius_m) => {
            format!("+proj=longlat +R={radius_m} +no_defs +type=crs")
        }
        Surface::Ellipsoid { name, semi_major_m, inverse_flattening }
            if !is_wgs84(*semi_major_m, *inverse_flattening) =>
        {
            let name = name.as_deref().unwrap_or("unknown").replace('"', "");
            format!(
                "GEOGCRS[\"Unknown datum based upon the {name} ellipsoid\",DATUM[\"Not specified (based on {name} ellipsoid)\",\
                 ELLIPSOID[\"{name}\",{semi_major_m},{inverse_flattening},LENGTHUNIT[\"metre\",1]]],PRIMEM[\"Greenwich\",0,\
                 ANGLEUNIT[\"degree\",0.0174532925199433]],CS[ellipsoidal,2],AXIS[\"geodetic latitude (Lat)\",north],\
                 AXIS[\"geodetic longitude (Lon)\",east],ANGLEUNIT[\"degree\",0.0174532925199433]]"
            )
        }
        _ => WGS84.into(),
    }
}

/// The attribute `_CRS` of a CRS that PROJ understands: `wkt` (WKT2:2019), `projjson`, and `url` where an authority of OGC's
/// register defines it (OGC 21-032, clause 5.2).
///
/// # Errors
/// PROJ does not understand it.
pub(super) fn attribute(definition: &str) -> Result<Value> {
    let made = |definition: &str| {
        let CrsTexts { wkt, projjson, url } = proj::crs_texts(definition)?;
        Ok(convention::crs::attribute(url.as_deref(), &wkt, projjson.as_deref()))
    };
    if definition != WGS84 {
        return made(definition);
    }
    static OF_WGS84: OnceCell<Value> = OnceCell::new();
    OF_WGS84.get_or_try_init(|| made(definition)).cloned()
}

/// The attribute [`convention::crs::ATTRIBUTE`] of arrays over the zones of a grid.
///
/// # Errors
/// A surface that PROJ does not understand.
pub(crate) fn attribute_of_grid(spec: &GridSpec) -> Result<Value> {
    attribute(&grid_definition(spec))
}

/// WGS84's figure: semi-major axis in metres and inverse flattening (EPSG ellipsoid 7030).
fn is_wgs84(semi_major_m: f64, inverse_flattening: f64) -> bool {
    (semi_major_m - 6_378_137.0).abs() < 1e-3 && (inverse_flattening - 298.257_223_563).abs() < 1e-9
}
