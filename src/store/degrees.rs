//! Points between longitude and latitude and another CRS, by PROJ through OGR.

#![expect(unsafe_code, reason = "calls OGR's C functions for coordinate transformations")]

use std::ffi::c_int;
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};

use gdal_sys::{OGRCoordinateTransformationH, OGRSpatialReferenceH, OSRAxisMappingStrategy};

use super::Call;
use super::ffi::c_string;
use crate::error::{Error, Result};

/// How far, in degrees, a transformed point may lie from itself and the transformation still do nothing: 0.1 mm.
const SAME_DEG: f64 = 1e-9;

/// Between a CRS and longitude and latitude in degrees: on WGS 84, or, where PROJ knows no way there (other planets), on
/// the CRS' own datum.
#[derive(Debug)]
pub struct Degrees {
    call: Arc<Call>,
    source: Reference,
    degrees: Reference,
    /// From degrees to the CRS; a transformation serves one thread at a time.
    idle: Mutex<Vec<Transformation>>,
    idle_back: Mutex<Vec<Transformation>>,
    is_geographic: bool,
    /// The CRS is that of the degrees: there is nothing to transform.
    is_same: bool,
    /// Degrees are on WGS 84, not on the datum of the CRS.
    shifts: bool,
}

impl Degrees {
    /// To and from the CRS of a WKT text.
    ///
    /// # Errors
    /// It is no CRS on the globe: PROJ does not understand it, or it is local or vertical.
    pub fn new(call: &Arc<Call>, wkt: &str) -> Result<Self> {
        let entered = call.enter();
        let fails = |what: &str| {
            let reason = entered.take_errors().map(|errors| format!(": {errors}")).unwrap_or_default();
            Error::invalid(format!("the source's CRS {what}{reason}"))
        };
        let source = Reference::from_wkt(wkt)?.ok_or_else(|| fails("cannot be understood"))?;
        // SAFETY: ogr_srs_api.h: valid references; OSRCloneGeogCS gives a new one or NULL.
        let (is_geographic, own) =
            unsafe { (gdal_sys::OSRIsGeographic(source.0) != 0, Reference(gdal_sys::OSRCloneGeogCS(source.0))) };
        if own.0.is_null() {
            return Err(fails("has no longitude and latitude: it is not on the globe"));
        }
        own.longitude_first();
        let wgs84 = Reference::wgs84();
        let probe = [(0.0, 0.0), (7.0, 47.0), (-100.0, 40.0), (140.0, -35.0)];
        // To make a transformation costs milliseconds.
        let known = if own.is_same(&wgs84) { None } else { Transformation::between(&own, &wgs84) };
        let on_wgs84 = known.map(|transformation| {
            let same = |(lon, lat): &(f64, f64)| {
                let (mut x, mut y) = ([*lon], [*lat]);
                !transformation.apply(&mut x, &mut y)[0]
                    || ((x[0] - lon).abs() <= SAME_DEG && (y[0] - lat).abs() <= SAME_DEG)
            };
            !probe.iter().all(same)
        });
        let shifts = on_wgs84 == Some(true);
        let degrees = if shifts { wgs84 } else { own };
        let is_same = is_geographic && degrees.is_same(&source);
        let mut idle = Vec::new();
        if !is_same {
            idle.push(Transformation::between(&degrees, &source).ok_or_else(|| fails("cannot be transformed"))?);
        }
        drop(entered);
        let (call, idle, idle_back) = (call.clone(), Mutex::new(idle), Mutex::default());
        Ok(Self { call, source, degrees, idle, idle_back, is_geographic, is_same, shifts })
    }

    /// True when the coordinates of the CRS are the degrees themselves.
    pub fn is_identity(&self) -> bool {
        if self.is_same {
            return true;
        }
        let _entered = self.call.enter();
        if !self.is_geographic || self.shifts {
            return false;
        }
        let (mut x, mut y) = ([11.0, -73.5], [47.5, -12.25]);
        let (lon, lat) = (x, y);
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(transformation) = idle.first() else { return false };
        transformation.apply(&mut x, &mut y).iter().all(|good| *good)
            && (0..2).all(|k| (x[k] - lon[k]).abs() <= SAME_DEG && (y[k] - lat[k]).abs() <= SAME_DEG)
    }

    /// Semi-major axis in metres and inverse flattening (0 for a sphere) of the ellipsoid that the degrees are on.
    pub fn ellipsoid(&self) -> (f64, f64) {
        let mut error = Default::default();
        // SAFETY: ogr_srs_api.h: a valid reference; the error is written.
        unsafe {
            (
                gdal_sys::OSRGetSemiMajor(self.degrees.0, &mut error),
                gdal_sys::OSRGetInvFlattening(self.degrees.0, &mut error),
            )
        }
    }

    /// Turns longitudes and latitudes into coordinates of the CRS, NaN where there are none.
    ///
    /// # Errors
    /// The transformation cannot be set up.
    pub fn from_degrees(&self, x: &mut [f64], y: &mut [f64]) -> Result<()> {
        self.with(&self.idle, &self.degrees, &self.source, x, y)
    }

    /// Turns coordinates of the CRS into longitudes and latitudes, NaN where there are none.
    ///
    /// # Errors
    /// The transformation cannot be set up.
    pub fn to_degrees(&self, x: &mut [f64], y: &mut [f64]) -> Result<()> {
        self.with(&self.idle_back, &self.source, &self.degrees, x, y)
    }

    fn with(
        &self,
        idle: &Mutex<Vec<Transformation>>,
        from: &Reference,
        to: &Reference,
        x: &mut [f64],
        y: &mut [f64],
    ) -> Result<()> {
        if x.len() != y.len() {
            return Err(Error::invalid(format!("{} x for {} y", x.len(), y.len())));
        }
        let entered = self.call.enter();
        let taken = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let transformation = match taken {
            Some(transformation) => transformation,
            None => Transformation::between(from, to).ok_or_else(|| {
                let reason = entered.take_errors().unwrap_or_default();
                Error::invalid(format!("the source's CRS cannot be transformed to longitude and latitude: {reason}"))
            })?,
        };
        let good = transformation.apply(x, y);
        for (at, good) in good.into_iter().enumerate() {
            if !good || !x[at].is_finite() || !y[at].is_finite() {
                (x[at], y[at]) = (f64::NAN, f64::NAN);
            }
        }
        idle.lock().unwrap_or_else(PoisonError::into_inner).push(transformation);
        Ok(())
    }
}

/// A CRS of OGR's, ours; NULL only between being made and being looked at.
#[derive(Debug)]
struct Reference(OGRSpatialReferenceH);

// SAFETY: ogr_spatialref.h: a reference that nobody changes may be read by several threads; cloning it is a read.
unsafe impl Send for Reference {}
// SAFETY: as above.
unsafe impl Sync for Reference {}

impl Reference {
    /// `None` where OGR does not understand the text.
    fn from_wkt(wkt: &str) -> Result<Option<Self>> {
        let text = c_string(wkt)?;
        // SAFETY: ogr_srs_api.h: a new reference from a C string, NULL for an empty one; SetFromUserInput takes any WKT.
        let reference = unsafe {
            let reference = Self(gdal_sys::OSRNewSpatialReference(ptr::null()));
            (gdal_sys::OSRSetFromUserInput(reference.0, text.as_ptr()) == 0).then_some(reference)
        };
        if let Some(reference) = &reference {
            reference.longitude_first();
        }
        Ok(reference)
    }

    fn wgs84() -> Self {
        // SAFETY: ogr_srs_api.h: a new reference.
        let reference = unsafe {
            let reference = Self(gdal_sys::OSRNewSpatialReference(ptr::null()));
            gdal_sys::OSRImportFromEPSG(reference.0, 4326);
            reference
        };
        reference.longitude_first();
        reference
    }

    /// True when both say the same, the order of their axes too.
    fn is_same(&self, other: &Self) -> bool {
        // SAFETY: ogr_srs_api.h: valid references.
        unsafe { gdal_sys::OSRIsSame(self.0, other.0) != 0 }
    }

    fn longitude_first(&self) {
        // SAFETY: ogr_srs_api.h: a valid reference.
        unsafe {
            gdal_sys::OSRSetAxisMappingStrategy(self.0, OSRAxisMappingStrategy::OAMS_TRADITIONAL_GIS_ORDER);
        }
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // SAFETY: ogr_srs_api.h: ours; NULL is accepted.
        unsafe { gdal_sys::OSRDestroySpatialReference(self.0) }
    }
}

/// A transformation of OGR's, never NULL.
#[derive(Debug)]
struct Transformation(OGRCoordinateTransformationH);

// SAFETY: ogr_spatialref.h: a transformation serves one thread at a time, whichever; nothing of it belongs to a thread.
unsafe impl Send for Transformation {}

impl Transformation {
    fn between(from: &Reference, to: &Reference) -> Option<Self> {
        // SAFETY: ogr_srs_api.h: valid references, which the transformation copies; NULL on failure.
        let made = unsafe { gdal_sys::OCTNewCoordinateTransformation(from.0, to.0) };
        (!made.is_null()).then_some(Self(made))
    }

    /// Transforms points in place; which of them could be.
    fn apply(&self, x: &mut [f64], y: &mut [f64]) -> Vec<bool> {
        let mut good = vec![0 as c_int; x.len()];
        let mut done = 0;
        // GDAL counts with 32 bits.
        for count in x.chunks(1 << 20).map(<[f64]>::len).collect::<Vec<_>>() {
            // SAFETY: ogr_srs_api.h: `count` coordinates and flags each, in place; z may be NULL.
            unsafe {
                gdal_sys::OCTTransformEx(
                    self.0,
                    count as c_int,
                    x[done..].as_mut_ptr(),
                    y[done..].as_mut_ptr(),
                    ptr::null_mut(),
                    good[done..].as_mut_ptr(),
                );
            }
            done += count;
        }
        good.into_iter().map(|good| good != 0).collect()
    }
}

impl Drop for Transformation {
    fn drop(&mut self) {
        // SAFETY: ogr_srs_api.h: ours, not destroyed yet.
        unsafe { gdal_sys::OCTDestroyCoordinateTransformation(self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn geographic_crs_are_degrees_as_they_are() {
        let call = Call::capture();
        for (crs, semi_major) in
            [("EPSG:4326", 6_378_137.0), ("OGC:CRS84", 6_378_137.0), ("+proj=longlat +R=6371229 +no_defs", 6_371_229.0)]
        {
            let transform = Degrees::new(&call, crs).unwrap();
            assert!(transform.is_identity(), "{crs}");
            assert!((transform.ellipsoid().0 - semi_major).abs() < 1e-6, "{crs}");
        }
    }

    #[test]
    fn projected_crs_go_there_and_back() {
        let call = Call::capture();
        for crs in ["EPSG:3857", "EPSG:32632", "EPSG:3031", "EPSG:31370"] {
            let transform = Degrees::new(&call, crs).unwrap();
            assert!(!transform.is_identity());
            let places = if crs == "EPSG:3031" { ([0.0, 170.0], [-80.0, -70.0]) } else { ([4.5, 5.5], [50.5, 51.0]) };
            let (mut x, mut y) = places;
            transform.from_degrees(&mut x, &mut y).unwrap();
            assert!(x[0].abs() + y[0].abs() > 1000.0);
            transform.to_degrees(&mut x, &mut y).unwrap();
            for k in 0..2 {
                assert!((x[k] - places.0[k]).abs() < 1e-8 && (y[k] - places.1[k]).abs() < 1e-8, "{crs} {x:?} {y:?}");
            }
        }
    }

    #[test]
    fn what_has_no_image_is_not_a_number_and_what_is_no_crs_an_error() {
        let call = Call::capture();
        let transform = Degrees::new(&call, "+proj=ortho +lat_0=0 +lon_0=0 +datum=WGS84").unwrap();
        let (mut x, mut y) = ([180.0, 0.0], [0.0, 0.0]);
        transform.from_degrees(&mut x, &mut y).unwrap();
        assert!(x[0].is_nan() && x[1] == 0.0);
        assert!(Degrees::new(&call, "LOCAL_CS[\"wall\"]").is_err());
        assert!(Degrees::new(&call, "nonsense").is_err());
        let moon = Degrees::new(&call, "+proj=eqc +R=1737400 +no_defs").unwrap();
        assert_eq!(moon.ellipsoid(), (1_737_400.0, 0.0));
    }
}
