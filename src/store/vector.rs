//! Polygons that a user names: well-known text, or any vector file that GDAL opens; and points of such files.
//!
//! Edges are straight in the geometry's own CRS. On the way to longitude and latitude an edge is therefore cut until
//! its parts are straight there too, to within [`TOLERANCE_DEG`].

#![expect(unsafe_code, reason = "calls OGR's C functions")]

use std::ffi::{CStr, c_int};
use std::ptr;
use std::sync::Arc;

use gdal_sys::{OGRwkbGeometryType, OSRAxisMappingStrategy};
use geo::{Coord, LineString, MultiPolygon, Polygon};

use super::Call;
use super::call::Entered;
use super::ffi::c_string;
use crate::error::{Error, Kind, Result};

/// How far, in degrees, the middle of a cut edge may lie from the straight line between its ends: a centimetre.
const TOLERANCE_DEG: f64 = 1e-7;

/// Flags of `gdal.h`.
const GDAL_OF_VECTOR: u32 = 0x04;
const GDAL_OF_VERBOSE_ERROR: u32 = 0x40;

/// How often an edge is halved at most.
const MAX_HALVINGS: u32 = 20;

/// The polygons of `text`, in longitude and latitude: WKT in degrees, or the name of a vector file, all of whose
/// polygons count. Rings that cross the antimeridian run on beyond 180 degrees; a ring around a pole is closed over it.
///
/// # Errors
/// Text that is neither; a file without polygons or with a CRS that cannot be transformed.
pub fn polygons(call: &Arc<Call>, text: &str) -> Result<MultiPolygon<f64>> {
    let entered = call.enter();
    let found = if is_wkt(text) { from_wkt(&entered, text) } else { from_file(&entered, text) }?;
    if found.0.is_empty() {
        return Err(Error::invalid(format!("there is no polygon in {text}")));
    }
    Ok(found)
}

/// The polygons within `distance_deg` of a geometry, WKT in degrees, in the plane of longitude and latitude.
///
/// # Errors
/// Text that is no WKT; what GEOS cannot do.
pub fn widened(call: &Arc<Call>, wkt: &str, distance_deg: f64) -> Result<MultiPolygon<f64>> {
    /// Corners of a quarter of a circle.
    const CORNERS: c_int = 4;
    let entered = call.enter();
    let geometry = read_wkt(&entered, wkt)?;
    // Corners lie on the circle, edges within it.
    // SAFETY: ogr_api.h: the geometry is valid and stays ours; the result is a new one or NULL.
    let wide = Geometry(unsafe { gdal_sys::OGR_G_Buffer(geometry.0, 1.05 * distance_deg, CORNERS) });
    if wide.0.is_null() {
        return Err(failure(&entered, "the geometry cannot be widened"));
    }
    let mut found = Vec::new();
    collect(wide.0, &mut Plain, &mut found)?;
    Ok(MultiPolygon(found))
}

/// WKT begins with a word and a parenthesis (or `EMPTY`), which no sensible path does.
fn is_wkt(text: &str) -> bool {
    let text = text.trim_start();
    let word: String = text.chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_ascii_uppercase();
    let rest = text[word.len()..].trim_start();
    !word.is_empty() && (rest.starts_with('(') || rest.to_ascii_uppercase().starts_with("EMPTY"))
}

/// What OGR said, or `otherwise`.
fn failure(entered: &Entered, otherwise: &str) -> Error {
    Error::invalid(entered.take_errors().unwrap_or_else(|| otherwise.to_owned()))
}

fn from_wkt(entered: &Entered, text: &str) -> Result<MultiPolygon<f64>> {
    let geometry = read_wkt(entered, text)?;
    let mut found = Vec::new();
    collect(geometry.0, &mut Plain, &mut found)?;
    Ok(MultiPolygon(found))
}

fn read_wkt(entered: &Entered, text: &str) -> Result<Geometry> {
    let wkt = c_string(text)?;
    let mut cursor = wkt.as_ptr().cast_mut();
    let mut geometry = ptr::null_mut();
    // SAFETY: ogr_api.h: OGR_G_CreateFromWkt advances the cursor over the text and gives a geometry that we own.
    let status = unsafe { gdal_sys::OGR_G_CreateFromWkt(&mut cursor, ptr::null_mut(), &mut geometry) };
    // SAFETY: the cursor stays within the NUL-terminated text.
    let rest = unsafe { super::ffi::text(cursor) }.unwrap_or_default();
    let geometry = Geometry(geometry);
    if status != 0 || geometry.0.is_null() || !rest.trim().is_empty() {
        return Err(failure(entered, &format!("'{text}' is not well-known text")));
    }
    Ok(geometry)
}

fn from_file(entered: &Entered, path: &str) -> Result<MultiPolygon<f64>> {
    let mut found = Vec::new();
    each_feature(entered, path, &[], &mut |_, geometry, to_degrees| {
        if geometry.is_null() { Ok(()) } else { collect(geometry, to_degrees, &mut found) }
    })
    .map_err(|error| match error.kind() {
        Kind::NotFound => error.context("neither well-known text nor a vector file that GDAL opens"),
        _ => error,
    })?;
    Ok(MultiPolygon(found))
}

/// The points of a vector file in longitude and latitude, feature by feature. Of tables of text these are the columns `lon` and `lat`, or
/// as they are called besides.
///
/// # Errors
/// A file that GDAL does not open as vectors; a feature that is no point, or has none; a CRS that cannot be transformed.
pub fn points(call: &Arc<Call>, path: &str) -> Result<Vec<[f64; 2]>> {
    const OF_TABLES: [&CStr; 2] =
        [c"X_POSSIBLE_NAMES=lon,longitude,long,x,easting", c"Y_POSSIBLE_NAMES=lat,latitude,y,northing"];
    let entered = call.enter();
    let ending = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let options: &[&CStr] = if ["csv", "tsv", "psv"].contains(&ending.as_str()) { &OF_TABLES } else { &[] };
    let mut found = Vec::new();
    each_feature(&entered, path, options, &mut |number, geometry, to_degrees| {
        // SAFETY: ogr_api.h: a valid geometry or NULL; a point that is not empty has one vertex.
        let at = unsafe {
            let is_point = !geometry.is_null()
                && gdal_sys::OGR_GT_Flatten(gdal_sys::OGR_G_GetGeometryType(geometry)) == OGRwkbGeometryType::wkbPoint
                && gdal_sys::OGR_G_IsEmpty(geometry) == 0;
            is_point.then(|| Coord { x: gdal_sys::OGR_G_GetX(geometry, 0), y: gdal_sys::OGR_G_GetY(geometry, 0) })
        };
        let Some(at) = at else {
            return Err(Error::invalid(format!("{path}: feature {number} is no point")));
        };
        let Coord { x, y } = to_degrees.degrees(at)?;
        found.push([x, y]);
        Ok(())
    })?;
    Ok(found)
}

/// What is done with a feature: its number from 1 on, its geometry, which may be NULL, and the way from its CRS.
type Done<'a> = &'a mut dyn FnMut(usize, gdal_sys::OGRGeometryH, &mut ToDegrees) -> Result<()>;

/// Calls `done` for all features of all layers of a vector file.
fn each_feature(entered: &Entered, path: &str, options: &[&CStr], done: Done<'_>) -> Result<()> {
    let name = c_string(path)?;
    let flags = GDAL_OF_VECTOR | GDAL_OF_VERBOSE_ERROR;
    let list: Vec<_> = options.iter().map(|option| option.as_ptr()).chain([ptr::null()]).collect();
    // SAFETY: gdal.h: the lists are read, or NULL; the dataset is ours to close.
    let dataset =
        Dataset(unsafe { gdal_sys::GDALOpenEx(name.as_ptr(), flags, ptr::null(), list.as_ptr().cast(), ptr::null()) });
    if dataset.0.is_null() {
        let said = entered.take_errors().unwrap_or_else(|| "GDAL opens it as no vector file".into());
        return Err(Error::not_found(said).context(path));
    }
    let mut number = 0;
    // SAFETY: the dataset is open; layers belong to it, features are destroyed right after use.
    unsafe {
        for index in 0..gdal_sys::GDALDatasetGetLayerCount(dataset.0) {
            let layer = gdal_sys::GDALDatasetGetLayer(dataset.0, index);
            let mut to_degrees = ToDegrees::new(gdal_sys::OGR_L_GetSpatialRef(layer), entered, path)?;
            gdal_sys::OGR_L_ResetReading(layer);
            loop {
                let feature = gdal_sys::OGR_L_GetNextFeature(layer);
                if feature.is_null() {
                    break;
                }
                number += 1;
                let result = done(number, gdal_sys::OGR_F_GetGeometryRef(feature), &mut to_degrees);
                gdal_sys::OGR_F_Destroy(feature);
                result?;
            }
        }
    }
    match entered.take_errors() {
        Some(errors) => Err(Error::io(format!("{path}: {errors}"))),
        None => Ok(()),
    }
}

/// Where vertices come from and how an edge gets to degrees.
trait Vertices {
    /// `from` in degrees.
    fn degrees(&mut self, from: Coord<f64>) -> Result<Coord<f64>>;
    /// True when edges are straight in degrees as they are.
    fn edges_are_straight(&self) -> bool;
}

/// Coordinates that are degrees already.
struct Plain;

impl Vertices for Plain {
    fn degrees(&mut self, from: Coord<f64>) -> Result<Coord<f64>> {
        Ok(from)
    }

    fn edges_are_straight(&self) -> bool {
        true
    }
}

/// Coordinates of some CRS.
struct ToDegrees {
    /// NULL when the file does not say, or says longitude and latitude on WGS84.
    transformation: gdal_sys::OGRCoordinateTransformationH,
    path: String,
}

impl ToDegrees {
    /// # Safety
    /// `source` is NULL or a valid spatial reference.
    unsafe fn new(source: gdal_sys::OGRSpatialReferenceH, entered: &Entered, path: &str) -> Result<Self> {
        if source.is_null() {
            return Ok(Self { transformation: ptr::null_mut(), path: path.into() });
        }
        // SAFETY: ogr_srs_api.h: both references are ours and destroyed; the transformation keeps copies.
        let transformation = unsafe {
            let source = gdal_sys::OSRClone(source);
            let target = gdal_sys::OSRNewSpatialReference(ptr::null());
            gdal_sys::OSRImportFromEPSG(target, 4326);
            for reference in [source, target] {
                gdal_sys::OSRSetAxisMappingStrategy(reference, OSRAxisMappingStrategy::OAMS_TRADITIONAL_GIS_ORDER);
            }
            let same = gdal_sys::OSRIsSame(source, target) != 0;
            let made = if same { ptr::null_mut() } else { gdal_sys::OCTNewCoordinateTransformation(source, target) };
            gdal_sys::OSRDestroySpatialReference(source);
            gdal_sys::OSRDestroySpatialReference(target);
            if made.is_null() && !same {
                return Err(failure(
                    entered,
                    &format!("the CRS of {path} cannot be transformed to longitude and latitude"),
                ));
            }
            made
        };
        Ok(Self { transformation, path: path.into() })
    }
}

impl Vertices for ToDegrees {
    fn degrees(&mut self, from: Coord<f64>) -> Result<Coord<f64>> {
        let Coord { mut x, mut y } = from;
        if !self.transformation.is_null() {
            // SAFETY: ogr_srs_api.h: transforms one point in place; z may be NULL.
            let done = unsafe { gdal_sys::OCTTransform(self.transformation, 1, &mut x, &mut y, ptr::null_mut()) };
            if done == 0 || !x.is_finite() || !y.is_finite() {
                return Err(Error::invalid(format!(
                    "{}: the point {} {} has no longitude and latitude",
                    self.path, from.x, from.y
                )));
            }
        }
        Ok(Coord { x, y })
    }

    fn edges_are_straight(&self) -> bool {
        self.transformation.is_null()
    }
}

impl Drop for ToDegrees {
    fn drop(&mut self) {
        if !self.transformation.is_null() {
            // SAFETY: made by OCTNewCoordinateTransformation and not destroyed yet.
            unsafe { gdal_sys::OCTDestroyCoordinateTransformation(self.transformation) }
        }
    }
}

/// Adds the polygons of `geometry`, which stays the caller's, to `found`.
fn collect(
    geometry: gdal_sys::OGRGeometryH,
    vertices: &mut impl Vertices,
    found: &mut Vec<Polygon<f64>>,
) -> Result<()> {
    // SAFETY: ogr_api.h: the geometry is valid; the clone is converted, owned and destroyed here; parts belong to it.
    unsafe {
        let linear = Geometry(gdal_sys::OGR_G_GetLinearGeometry(geometry, 0.0, ptr::null_mut()));
        let kind = gdal_sys::OGR_GT_Flatten(gdal_sys::OGR_G_GetGeometryType(linear.0));
        if kind == OGRwkbGeometryType::wkbPolygon {
            let mut rings = Vec::new();
            for part in 0..gdal_sys::OGR_G_GetGeometryCount(linear.0) {
                rings.push(ring(gdal_sys::OGR_G_GetGeometryRef(linear.0, part), vertices)?);
            }
            if !rings.is_empty() {
                let exterior = rings.remove(0);
                found.push(Polygon::new(exterior, rings));
            }
            return Ok(());
        }
        for part in 0..gdal_sys::OGR_G_GetGeometryCount(linear.0) {
            collect(gdal_sys::OGR_G_GetGeometryRef(linear.0, part), vertices, found)?;
        }
    }
    Ok(())
}

/// A ring in degrees, its edges cut where they bend and its longitudes continuous.
///
/// # Safety
/// `ring` is a valid linear ring.
unsafe fn ring(ring: gdal_sys::OGRGeometryH, vertices: &mut impl Vertices) -> Result<LineString<f64>> {
    // SAFETY: as the caller promises.
    let count = unsafe { gdal_sys::OGR_G_GetPointCount(ring) };
    // SAFETY: the index is below the count.
    let at =
        |index: c_int| unsafe { Coord { x: gdal_sys::OGR_G_GetX(ring, index), y: gdal_sys::OGR_G_GetY(ring, index) } };
    if vertices.edges_are_straight() {
        return Ok(LineString((0..count).map(at).collect()));
    }
    let mut degrees: Vec<Coord<f64>> = Vec::new();
    for index in 0..count {
        let end = vertices.degrees(at(index))?;
        match degrees.last() {
            None => degrees.push(end),
            Some(&start) => {
                let end = continued(start, end);
                edge((at(index - 1), start), (at(index), end), vertices, &mut degrees, MAX_HALVINGS)?;
            }
        }
    }
    close_over_pole(&mut degrees);
    Ok(LineString(degrees))
}

/// Adds the edge from `a` (already there) to `b`; both in the own CRS and in degrees.
fn edge(
    a: (Coord<f64>, Coord<f64>),
    b: (Coord<f64>, Coord<f64>),
    vertices: &mut impl Vertices,
    degrees: &mut Vec<Coord<f64>>,
    halvings: u32,
) -> Result<()> {
    let middle = (a.0 + b.0) / 2.0;
    let bent = continued(a.1, vertices.degrees(middle)?);
    let straight = (a.1 + b.1) / 2.0;
    if halvings == 0 || (bent.x - straight.x).abs().max((bent.y - straight.y).abs()) < TOLERANCE_DEG {
        degrees.push(b.1);
        return Ok(());
    }
    edge(a, (middle, bent), vertices, degrees, halvings - 1)?;
    let b_degrees = continued(bent, b.1);
    edge((middle, bent), (b.0, b_degrees), vertices, degrees, halvings - 1)
}

/// `next` with the longitude that is nearest to that of `before`.
fn continued(before: Coord<f64>, next: Coord<f64>) -> Coord<f64> {
    Coord { x: next.x - 360.0 * ((next.x - before.x) / 360.0).round(), y: next.y }
}

/// A ring whose longitudes go once around the globe encloses the pole on its side: the way back leads over the pole.
fn close_over_pole(ring: &mut Vec<Coord<f64>>) {
    let (Some(&first), Some(&last)) = (ring.first(), ring.last()) else { return };
    if (last.x - first.x).abs() > 180.0 {
        let mean: f64 = ring.iter().map(|point| point.y).sum::<f64>() / ring.len() as f64;
        let pole = 90f64.copysign(mean);
        ring.extend([Coord { x: last.x, y: pole }, Coord { x: first.x, y: pole }, first]);
    }
}

struct Geometry(gdal_sys::OGRGeometryH);

impl Drop for Geometry {
    fn drop(&mut self) {
        // SAFETY: ogr_api.h: owned by us; NULL is accepted.
        unsafe { gdal_sys::OGR_G_DestroyGeometry(self.0) }
    }
}

struct Dataset(gdal_sys::GDALDatasetH);

impl Drop for Dataset {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: opened by us and not closed yet.
            unsafe { gdal_sys::GDALClose(self.0) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_paths_are_told_apart() {
        for text in ["POLYGON((0 0,1 0,1 1,0 0))", " MultiPolygon (((0 0,1 0,1 1,0 0)))", "POLYGON EMPTY"] {
            assert!(is_wkt(text), "{text}");
        }
        for path in ["/tmp/polygon.gpkg", "polygon.geojson", "/vsimem/a(1).json", "a.shp"] {
            assert!(!is_wkt(path), "{path}");
        }
    }

    #[test]
    fn well_known_text_becomes_polygons_and_bad_text_an_error() {
        let call = Call::capture();
        let found = polygons(&call, "POLYGON((0 0,10 0,10 10,0 0),(1 0.5,2 0.5,2 1,1 0.5))").unwrap();
        assert_eq!((found.0.len(), found.0[0].interiors().len()), (1, 1));
        for bad in ["POLYGON((0 0,", "POINT(1 2)", "POLYGON EMPTY", "POLYGON((0 0,1 0,1 1,0 0)) tail", "/no/such/file"]
        {
            assert!(polygons(&call, bad).is_err(), "{bad}");
        }
    }
}
