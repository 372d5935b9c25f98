//! Coordinates from one CRS to another, and what a CRS says of itself, by PROJ.

#![expect(unsafe_code, reason = "calls PROJ's and GDAL's C functions")]

use std::ptr;
use std::sync::{Mutex, PoisonError};

use proj_sys::{PJ, PJ_TYPE_PJ_TYPE_GEOGRAPHIC_2D_CRS, PJ_TYPE_PJ_TYPE_GEOGRAPHIC_3D_CRS};

use super::Call;
use super::ffi::{self, c_string};
use super::proj::{Context, Object, shorten};
use crate::error::{Error, Result};

/// WKT2:2019 of what a user calls a CRS, as GDAL's tools understand it: `EPSG:3035`, `+proj=moll`, WKT, a file, ...
///
/// # Errors
/// GDAL does not understand it.
pub fn user_crs_to_wkt(call: &Call, definition: &str) -> Result<String> {
    let text = c_string(definition)?;
    let entered = call.enter();
    // SAFETY: ogr_srs_api.h: a new object, released below; strings live through the calls; the WKT is freed by CPLFree.
    let wkt = unsafe {
        let object = gdal_sys::OSRNewSpatialReference(ptr::null());
        let mut wkt = None;
        if gdal_sys::OSRSetFromUserInput(object, text.as_ptr()) == gdal_sys::OGRErr::OGRERR_NONE {
            let options = [c"FORMAT=WKT2_2019".as_ptr(), ptr::null()];
            let mut made = ptr::null_mut();
            if gdal_sys::OSRExportToWktEx(object, &raw mut made, options.as_ptr()) == gdal_sys::OGRErr::OGRERR_NONE {
                wkt = ffi::text(made);
            }
            gdal_sys::VSIFree(made.cast());
        }
        gdal_sys::OSRRelease(object);
        wkt
    };
    wkt.ok_or_else(|| {
        let why = entered.take_errors().map(|why| format!(": {why}")).unwrap_or_default();
        Error::invalid(format!("GDAL does not understand the CRS \"{}\"{why}", shorten(definition)))
    })
}

/// WKT2:2019 of the projected CRS of `wkt` with axes in another unit of `metres`, the numbers of its parameters (false
/// easting and northing) as they are; another CRS stays as it is.
///
/// # Errors
/// GDAL does not understand it.
pub fn with_unit(wkt: &str, unit: &str, metres: f64) -> Result<String> {
    let (text, unit) = (c_string(wkt)?, c_string(unit)?);
    // SAFETY: ogr_srs_api.h: a new object, released below; strings live through the calls; the WKT is freed by VSIFree.
    let made = unsafe {
        let object = gdal_sys::OSRNewSpatialReference(text.as_ptr());
        let mut made = None;
        if !object.is_null() && gdal_sys::OSRIsProjected(object) != 0 {
            gdal_sys::OSRSetLinearUnits(object, unit.as_ptr(), metres);
            let options = [c"FORMAT=WKT2_2019".as_ptr(), ptr::null()];
            let mut text = ptr::null_mut();
            if gdal_sys::OSRExportToWktEx(object, &raw mut text, options.as_ptr()) == gdal_sys::OGRErr::OGRERR_NONE {
                made = ffi::text(text);
            }
            gdal_sys::VSIFree(text.cast());
        } else if !object.is_null() {
            made = Some(wkt.to_owned());
        }
        gdal_sys::OSRRelease(object);
        made
    };
    made.ok_or_else(|| Error::invalid(format!("GDAL does not understand the CRS \"{}\"", shorten(wkt))))
}

/// What a CRS says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct CrsFacts {
    /// Longitudes and latitudes, not places in a plane.
    pub is_geographic: bool,
    /// Radians or metres in a unit of its first axis.
    pub unit: f64,
    /// West, south, east, north in degrees; west may be greater than east.
    pub area_of_use_deg: Option<[f64; 4]>,
}

/// What the CRS of `wkt` says of itself.
///
/// # Errors
/// PROJ does not understand it, or its axes have no unit.
pub fn crs_facts(wkt: &str) -> Result<CrsFacts> {
    let context = Context::new();
    let crs = context.crs(wkt)?;
    // SAFETY: proj.h: a valid context and object; outputs are numbers of ours or NULL.
    unsafe {
        let kind = proj_sys::proj_get_type(crs.0);
        let is_geographic = [PJ_TYPE_PJ_TYPE_GEOGRAPHIC_2D_CRS, PJ_TYPE_PJ_TYPE_GEOGRAPHIC_3D_CRS].contains(&kind);
        let axes = proj_sys::proj_crs_get_coordinate_system(context.0, crs.0);
        if axes.is_null() {
            return Err(Error::unsupported(format!("\"{}\" has no horizontal axes", shorten(wkt))));
        }
        let axes = Object(axes);
        let mut unit = 0.0;
        let none = ptr::null_mut();
        let found =
            proj_sys::proj_cs_get_axis_info(context.0, axes.0, 0, none, none, none, &raw mut unit, none, none, none);
        if found == 0 || unit <= 0.0 || !unit.is_finite() {
            return Err(Error::unsupported(format!("the axes of \"{}\" have no unit", shorten(wkt))));
        }
        let mut area = [0.0; 4];
        let [west, south, east, north] = &mut area;
        let known = proj_sys::proj_get_area_of_use(context.0, crs.0, west, south, east, north, ptr::null_mut());
        // PROJ gives -1000 for what it does not know.
        let known = known != 0 && area.iter().all(|degrees| degrees.abs() <= 360.0);
        Ok(CrsFacts { is_geographic, unit, area_of_use_deg: known.then_some(area) })
    }
}

/// From one CRS to another, axes in the order longitude, latitude or east, north; used by any number of threads.
#[derive(Debug)]
pub struct Transform {
    from: String,
    to: String,
    /// PROJ's objects belong to one thread at a time: as many as threads have asked at once.
    idle: Mutex<Vec<Operation>>,
}

/// One PROJ object with a context of its own.
#[derive(Debug)]
struct Operation {
    // Dropped in this order.
    object: Object,
    context: Context,
}

// SAFETY: proj.h: an object and its context may be used by any thread, by one at a time.
unsafe impl Send for Operation {}

impl Transform {
    /// From the CRS `from` to the CRS `to`, both as WKT.
    ///
    /// # Errors
    /// PROJ finds no way.
    pub fn new(from: &str, to: &str) -> Result<Self> {
        let first = Operation::new(from, to)?;
        Ok(Self { from: from.into(), to: to.into(), idle: Mutex::new(vec![first]) })
    }

    /// Transforms points in place; those that have no image become infinite.
    ///
    /// # Errors
    /// Slices of different lengths; PROJ cannot make another object for this thread.
    pub fn forward(&self, xs: &mut [f64], ys: &mut [f64]) -> Result<()> {
        self.trans(proj_sys::PJ_DIRECTION_PJ_FWD, xs, ys)
    }

    /// The other way round.
    ///
    /// # Errors
    /// As [`Transform::forward`].
    pub fn inverse(&self, xs: &mut [f64], ys: &mut [f64]) -> Result<()> {
        self.trans(proj_sys::PJ_DIRECTION_PJ_INV, xs, ys)
    }

    fn trans(&self, direction: proj_sys::PJ_DIRECTION, xs: &mut [f64], ys: &mut [f64]) -> Result<()> {
        if xs.len() != ys.len() {
            return Err(Error::invalid(format!("{} x and {} y", xs.len(), ys.len())));
        }
        self.with(|operation| {
            let (step, count) = (size_of::<f64>(), xs.len());
            // SAFETY: proj.h: a valid object; so many numbers lie so many bytes apart; NULL where there are none.
            unsafe {
                proj_sys::proj_errno_reset(operation.object.0);
                let (x, y, none) = (xs.as_mut_ptr(), ys.as_mut_ptr(), ptr::null_mut());
                proj_sys::proj_trans_generic(
                    operation.object.0,
                    direction,
                    x,
                    step,
                    count,
                    y,
                    step,
                    count,
                    none,
                    0,
                    0,
                    none,
                    0,
                    0,
                );
            }
            Ok(())
        })
    }

    /// The smallest box in the source CRS that holds the image of a box of the target CRS: west, south, east, north, the
    /// box's edges densified. From degrees west may be greater than east.
    ///
    /// # Errors
    /// No part of the box has an image.
    pub fn bounds_of(&self, target: [f64; 4]) -> Result<[f64; 4]> {
        const POINTS_AN_EDGE: i32 = 21;
        self.with(|operation| {
            let [west, south, east, north] = target;
            let mut bounds = [f64::NAN; 4];
            let [left, bottom, right, top] = &mut bounds;
            // SAFETY: proj.h: a valid context and object; outputs are numbers of ours.
            let done = unsafe {
                proj_sys::proj_errno_reset(operation.object.0);
                proj_sys::proj_trans_bounds(
                    operation.context.0,
                    operation.object.0,
                    proj_sys::PJ_DIRECTION_PJ_INV,
                    west,
                    south,
                    east,
                    north,
                    left,
                    bottom,
                    right,
                    top,
                    POINTS_AN_EDGE,
                )
            };
            if done == 0 || !bounds.iter().all(|bound| bound.is_finite()) {
                return Err(Error::invalid(format!("the box {target:?} has no image: {}", operation.context.error())));
            }
            Ok(bounds)
        })
    }

    fn with<R>(&self, work: impl FnOnce(&Operation) -> Result<R>) -> Result<R> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let found = idle().pop();
        let operation = match found {
            Some(operation) => operation,
            None => Operation::new(&self.from, &self.to)?,
        };
        let result = work(&operation);
        idle().push(operation);
        result
    }
}

impl Operation {
    fn new(from: &str, to: &str) -> Result<Self> {
        let context = Context::new();
        let (source, target) = (context.crs(from)?, context.crs(to)?);
        // SAFETY: proj.h: valid objects; NULL means failure; results are new objects.
        unsafe {
            let found =
                proj_sys::proj_create_crs_to_crs_from_pj(context.0, source.0, target.0, ptr::null_mut(), ptr::null());
            if !found.is_null() {
                let found = Object(found);
                let normal: *mut PJ = proj_sys::proj_normalize_for_visualization(context.0, found.0);
                if !normal.is_null() {
                    return Ok(Self { object: Object(normal), context });
                }
            }
        }
        let (from, to, why) = (shorten(from), shorten(to), context.error());
        Err(Error::invalid(format!("PROJ knows no way from \"{from}\" to \"{to}\": {why}")))
    }
}
