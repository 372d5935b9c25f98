//! Rasters that ground control points or geolocation arrays place on the globe.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};

use gdal_sys::GDALRWFlag;

use super::super::ffi;
use super::{Again, GDAL_OF_RASTER, Raster, nodata};
use crate::error::{Context, Error, Kind, Result};
use crate::store::{Call, NumericType};

/// See `gdal.h`.
const GDAL_OF_VERBOSE_ERROR: u32 = 0x40;

/// Coordinates of the centre of each pixel, row by row; NaN where they are missing.
pub struct Centres {
    /// Longitudes, or eastings.
    pub x: Vec<f64>,
    /// Latitudes, or northings.
    pub y: Vec<f64>,
    /// What they are in, as GDAL's users write a CRS.
    pub crs: Option<String>,
}

impl Raster {
    /// What geolocation arrays say of the pixels' centres; `None` where they say it of other places than each centre, or there
    /// are none. <https://gdal.org/en/stable/development/rfc/rfc4_geolocate.html>
    ///
    /// # Errors
    /// They cannot be read.
    pub fn centres(&self, call: &Arc<Call>) -> Result<Option<Centres>> {
        let told = |key: &str| self.geolocation.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str());
        let number = |key: &str| told(key).and_then(|text| text.trim().parse::<f64>().ok());
        let is_each = number("PIXEL_STEP") == Some(1.0)
            && number("LINE_STEP") == Some(1.0)
            && number("PIXEL_OFFSET") == Some(0.0)
            && number("LINE_OFFSET") == Some(0.0)
            && told("GEOREFERENCING_CONVENTION") == Some("PIXEL_CENTER");
        let (Some(x), Some(y)) = (told("X_DATASET").filter(|_| is_each), told("Y_DATASET")) else { return Ok(None) };
        let band = |key: &str| number(key).map_or(1, |number| number as c_int);
        let place = |name: &str| format!("geolocation array {name}");
        let Some(x) = self.coordinates(call, x, band("X_BAND")).context(|| place(x))? else { return Ok(None) };
        let Some(y) = self.coordinates(call, y, band("Y_BAND")).context(|| place(y))? else { return Ok(None) };
        Ok(Some(Centres { x, y, crs: told("SRS").map(str::to_owned) }))
    }

    /// The numbers of a band of another dataset; `None` where it has other pixels than this one.
    fn coordinates(&self, call: &Arc<Call>, name: &str, number: c_int) -> Result<Option<Vec<f64>>> {
        let path = ffi::c_string(name)?;
        let entered = call.enter();
        let said = |what: &str| Error::io(entered.take_errors().unwrap_or_else(|| what.to_owned()));
        let flags = GDAL_OF_RASTER | GDAL_OF_VERBOSE_ERROR;
        // SAFETY: gdal.h: GDALOpenEx reads the name; lists may be NULL.
        let handle = unsafe { gdal_sys::GDALOpenEx(path.as_ptr(), flags, ptr::null(), ptr::null(), ptr::null()) };
        if handle.is_null() {
            return Err(said("it cannot be opened"));
        }
        let dataset = Again(handle);
        let (mut values, count) = (Vec::<f64>::new(), self.columns.saturating_mul(self.rows));
        // SAFETY: gdal.h: a live dataset that nobody else knows; the buffer holds all pixels, as is checked before.
        unsafe {
            let size = [gdal_sys::GDALGetRasterXSize(dataset.0), gdal_sys::GDALGetRasterYSize(dataset.0)];
            if size.map(|size| size as usize) != [self.columns, self.rows] {
                return Ok(None);
            }
            let refused = |_| Error::new(Kind::OutOfMemory, format!("no memory for {count} coordinates"));
            values.try_reserve_exact(count).map_err(refused)?;
            values.resize(count, 0.0);
            let band = gdal_sys::GDALGetRasterBand(dataset.0, number);
            let [columns, rows] = size;
            let done = !band.is_null()
                && gdal_sys::GDALRasterIOEx(
                    band,
                    GDALRWFlag::GF_Read,
                    0,
                    0,
                    columns,
                    rows,
                    values.as_mut_ptr().cast::<c_void>(),
                    columns,
                    rows,
                    NumericType::Float64.gdal() as gdal_sys::GDALDataType::Type,
                    0,
                    0,
                    ptr::null_mut(),
                ) == 0;
            if !done {
                return Err(said("it cannot be read"));
            }
            if let Some(missing) = nodata(band, NumericType::Float64) {
                let missing: f64 = bytemuck::pod_read_unaligned(&missing);
                values.iter_mut().filter(|value| **value == missing).for_each(|value| *value = f64::NAN);
            }
        }
        Ok(Some(values))
    }
}

/// Where the pixels of a raster lie that is located by ground control points or geolocation arrays, by GDAL's own
/// transformer between images.
pub struct Locator {
    transformer: Mutex<Transformer>,
    call: Arc<Call>,
}

struct Transformer(*mut c_void);

// SAFETY: gdal_alg.h: a transformer serves one thread at a time, whichever.
unsafe impl Send for Transformer {}

impl Drop for Transformer {
    fn drop(&mut self) {
        // SAFETY: gdal_alg.h: ours, destroyed once.
        unsafe { gdal_sys::GDALDestroyGenImgProjTransformer(self.0) };
    }
}

impl Locator {
    /// Of a raster, which must outlive it.
    ///
    /// # Errors
    /// What GDAL says when it cannot be made.
    pub fn new(call: &Arc<Call>, raster: &Raster) -> Result<Self> {
        let access = raster.shared.enter(call);
        let options = ffi::StringList::new(vec![ffi::c_string("DST_SRS=OGC:CRS84")?]);
        // SAFETY: gdal_alg.h: a live source, no destination, options that are read.
        let made = unsafe {
            gdal_sys::GDALCreateGenImgProjTransformer2(
                raster.handle,
                ptr::null_mut(),
                options.as_ptr() as *mut *mut c_char,
            )
        };
        if made.is_null() {
            return Err(access.failure(|| "GDAL cannot tell where its pixels lie".into()).context(raster.name()));
        }
        Ok(Self { transformer: Mutex::new(Transformer(made)), call: call.clone() })
    }

    /// Turns columns and rows into longitudes and latitudes, or back where `to_pixels`; NaN where there are none.
    pub fn transform(&self, to_pixels: bool, x: &mut [f64], y: &mut [f64]) {
        let transformer = self.transformer.lock().unwrap_or_else(PoisonError::into_inner);
        let _entered = self.call.enter();
        let count = x.len().min(y.len());
        let (mut z, mut good) = (vec![0.0; count], vec![0 as c_int; count]);
        // SAFETY: gdal_alg.h: `count` coordinates and flags each, in place.
        unsafe {
            gdal_sys::GDALGenImgProjTransform(
                transformer.0,
                c_int::from(to_pixels),
                count as c_int,
                x.as_mut_ptr(),
                y.as_mut_ptr(),
                z.as_mut_ptr(),
                good.as_mut_ptr(),
            );
        }
        for at in (0..count).filter(|at| good[*at] == 0) {
            (x[at], y[at]) = (f64::NAN, f64::NAN);
        }
    }
}
