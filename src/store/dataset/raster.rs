//! The classic view of a dataset: bands of pixels, and where they lie.
//!
//! GDAL allows one thread at a time in a dataset. Where that changes nothing (files of a few drivers whose open options do
//! not touch values) further threads open the same file again, each for itself.

mod locator;

use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};

use gdal_sys::{GDALColorInterp, GDALDatasetH, GDALRWFlag, GDALRasterBandH};

pub use locator::{Centres, Locator};

use super::{Dataset, Shared, ffi};
use crate::error::{Context, Error, Result};
use crate::store::{Call, NumericType};

/// Flags of `gdal.h`.
const GDAL_OF_RASTER: u32 = 0x02;
const GMF_ALL_VALID: c_int = 0x01;
const GMF_PER_DATASET: c_int = 0x02;
const GMF_NODATA: c_int = 0x08;

/// Drivers whose files may be opened once a thread.
const REOPENED: [&str; 2] = [GEOTIFF, "VRT"];

const GEOTIFF: &str = "GTiff";

/// A rectangle of pixels: first column and row, number of columns and rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First column.
    pub column: usize,
    /// First row.
    pub row: usize,
    /// Number of columns.
    pub columns: usize,
    /// Number of rows.
    pub rows: usize,
}

/// One band.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// GDAL's number of it, from 1.
    pub number: usize,
    /// Its description, empty where there is none.
    pub description: String,
    /// Type of its pixels, as they are read.
    pub data_type: NumericType,
    /// The nodata value, one element in native byte order.
    pub nodata: Option<Vec<u8>>,
    /// Rows and columns of a natural block.
    pub block: [usize; 2],
    /// Pixels may lack data for another reason than their value: a mask or an alpha band.
    pub masked: bool,
    /// It tells the opacity of others.
    pub is_alpha: bool,
    /// The names of its classes, by their numbers; empty where it has none.
    pub categories: Vec<String>,
    /// The colours of its numbers from 0 on, red, green, blue and opacity; empty where it has no palette.
    pub palette: Vec<[u8; 4]>,
    /// `value = stored * scale + offset`.
    pub scale: Option<f64>,
    /// See [`Band::scale`].
    pub offset: Option<f64>,
    /// Unit of the values, empty where unknown.
    pub unit: String,
    /// Metadata of the default domain.
    pub metadata: Vec<(String, String)>,
}

/// The classic view of a dataset.
pub struct Raster {
    shared: Arc<Shared>,
    handle: GDALDatasetH,
    /// The name to open it by once more, where that may be done.
    reopened: Option<std::ffi::CString>,
    /// It holds pixels in blocks of its own, which GDAL keeps when they were read.
    has_blocks: bool,
    idle: Mutex<Vec<Again>>,
    columns: usize,
    rows: usize,
    geo_transform: Option<[f64; 6]>,
    crs_wkt: Option<String>,
    bands: Vec<Band>,
    metadata: Vec<(String, String)>,
    has_points: bool,
    geolocation: Vec<(String, String)>,
    has_rpc: bool,
}

// SAFETY: as for `Dataset`: the handle is used under the lock; those opened again serve one thread at a time.
unsafe impl Send for Raster {}
// SAFETY: as above.
unsafe impl Sync for Raster {}

/// The same file, opened once more.
struct Again(GDALDatasetH);

impl Drop for Again {
    fn drop(&mut self) {
        // SAFETY: gdal.h: opened by us, closed once.
        unsafe { gdal_sys::GDALClose(self.0) };
    }
}

impl Dataset {
    /// The classic view; `None` for a dataset without bands. It must not outlive the dataset.
    ///
    /// # Errors
    /// Bands of a type that this build does not know.
    pub fn raster(&self, call: &Arc<Call>) -> Result<Option<Raster>> {
        let access = self.shared.enter(call);
        let handle = self.handle;
        // SAFETY: gdal.h: a live dataset; texts and lists belong to it and are copied at once.
        let raster = unsafe {
            let count = gdal_sys::GDALGetRasterCount(handle);
            if count == 0 {
                return Ok(None);
            }
            let mut numbers = [0.0; 6];
            let has_transform = gdal_sys::GDALGetGeoTransform(handle, numbers.as_mut_ptr()) == 0;
            let crs = gdal_sys::GDALGetSpatialRef(handle);
            let bands = (1..=count).map(|number| band(gdal_sys::GDALGetRasterBand(handle, number), number as usize));
            Raster {
                shared: self.shared.clone(),
                handle,
                reopened: reopened(handle),
                has_blocks: driver_name(handle).is_some_and(|name| name == GEOTIFF),
                idle: Mutex::default(),
                columns: gdal_sys::GDALGetRasterXSize(handle) as usize,
                rows: gdal_sys::GDALGetRasterYSize(handle) as usize,
                geo_transform: has_transform.then_some(numbers),
                crs_wkt: if crs.is_null() { None } else { wkt(crs) },
                bands: bands.collect::<Result<_>>().context(|| self.shared.name.clone())?,
                metadata: ffi::pairs(gdal_sys::GDALGetMetadata(handle.cast(), ptr::null()).cast()),
                has_points: gdal_sys::GDALGetGCPCount(handle) > 0,
                geolocation: ffi::pairs(gdal_sys::GDALGetMetadata(handle.cast(), c"GEOLOCATION".as_ptr()).cast()),
                has_rpc: !gdal_sys::GDALGetMetadata(handle.cast(), c"RPC".as_ptr()).is_null(),
            }
        };
        drop(access);
        Ok(Some(raster))
    }
}

/// The name by which a dataset can be opened again as it is; `None` where there is none.
///
/// # Safety
/// `handle` is a live dataset.
unsafe fn reopened(handle: GDALDatasetH) -> Option<std::ffi::CString> {
    // SAFETY: gdal.h: texts belong to the dataset or driver and are copied at once.
    unsafe {
        if gdal_sys::GDALGetAccess(handle) != 0 {
            return None;
        }
        let short = driver_name(handle)?;
        if !REOPENED.contains(&short.as_str()) {
            return None;
        }
        let mut name = ffi::text(gdal_sys::GDALGetDescription(handle))?;
        if short == "VRT" && name.is_empty() {
            // One that a tool made in memory: its own text says what it is.
            let list = gdal_sys::GDALGetMetadata(handle.cast(), c"xml:VRT".as_ptr());
            if list.is_null() {
                return None;
            }
            name = ffi::text(*list.cast::<*const c_char>())?;
        }
        if name.is_empty() { None } else { ffi::c_string(&name).ok() }
    }
}

/// The short name of a dataset's driver.
///
/// # Safety
/// `handle` is a live dataset.
unsafe fn driver_name(handle: GDALDatasetH) -> Option<String> {
    // SAFETY: gdal.h: the driver lives as long as GDAL, and the text as long as it.
    unsafe {
        let driver = gdal_sys::GDALGetDatasetDriver(handle);
        if driver.is_null() { None } else { ffi::text(gdal_sys::GDALGetDriverShortName(driver)) }
    }
}

/// WKT2 of a CRS; `None` where it cannot be written so.
///
/// # Safety
/// `crs` is live.
unsafe fn wkt(crs: gdal_sys::OGRSpatialReferenceH) -> Option<String> {
    let options = [c"FORMAT=WKT2_2019".as_ptr(), ptr::null()];
    let mut text = ptr::null_mut();
    // SAFETY: ogr_srs_api.h: the text is ours to free.
    unsafe {
        let status = gdal_sys::OSRExportToWktEx(crs, &mut text, options.as_ptr());
        let wkt = ffi::text(text);
        gdal_sys::VSIFree(text.cast());
        wkt.filter(|wkt| status == 0 && !wkt.is_empty())
    }
}

/// What a band says of itself.
///
/// # Safety
/// `handle` is a live band.
unsafe fn band(handle: GDALRasterBandH, number: usize) -> Result<Band> {
    let (mut width, mut height): (c_int, c_int) = (0, 0);
    // SAFETY: gdal.h: a live band; texts and lists belong to it and are copied at once.
    unsafe {
        let code = gdal_sys::GDALGetRasterDataType(handle);
        let data_type =
            data_type(handle).ok_or_else(|| Error::unsupported(format!("band {number}: GDAL's data type {code}")))?;
        gdal_sys::GDALGetBlockSize(handle, &mut width, &mut height);
        let flags = gdal_sys::GDALGetMaskFlags(handle);
        let (mut has_scale, mut has_offset): (c_int, c_int) = (0, 0);
        let scale = gdal_sys::GDALGetRasterScale(handle, &mut has_scale);
        let offset = gdal_sys::GDALGetRasterOffset(handle, &mut has_offset);
        let categories = gdal_sys::GDALGetRasterCategoryNames(handle);
        Ok(Band {
            number,
            description: ffi::text(gdal_sys::GDALGetDescription(handle)).unwrap_or_default(),
            data_type,
            nodata: nodata(handle, data_type),
            block: [height as usize, width as usize],
            // The values of several bands together may be nodata (NODATA_VALUES), which is a mask of the dataset.
            masked: flags & GMF_ALL_VALID == 0 && (flags & GMF_NODATA == 0 || flags & GMF_PER_DATASET != 0),
            is_alpha: gdal_sys::GDALGetRasterColorInterpretation(handle) == GDALColorInterp::GCI_AlphaBand,
            categories: ffi::texts(categories.cast()),
            palette: palette(handle),
            scale: (has_scale != 0 && scale != 1.0).then_some(scale),
            offset: (has_offset != 0 && offset != 0.0).then_some(offset),
            unit: ffi::text(gdal_sys::GDALGetRasterUnitType(handle)).unwrap_or_default(),
            metadata: ffi::pairs(gdal_sys::GDALGetMetadata(handle.cast(), ptr::null()).cast()),
        })
    }
}

/// The colours of a band's palette.
///
/// # Safety
/// `handle` is a live band.
unsafe fn palette(handle: GDALRasterBandH) -> Vec<[u8; 4]> {
    // SAFETY: gdal.h: a live band; the table belongs to it, and entries are copied into ours.
    unsafe {
        let table = gdal_sys::GDALGetRasterColorTable(handle);
        if table.is_null() {
            return vec![];
        }
        let colour = |at: c_int| {
            let mut entry = std::mem::zeroed::<gdal_sys::GDALColorEntry>();
            gdal_sys::GDALGetColorEntryAsRGB(table, at, &mut entry);
            [entry.c1, entry.c2, entry.c3, entry.c4].map(|part| part.clamp(0, 255) as u8)
        };
        (0..gdal_sys::GDALGetColorEntryCount(table)).map(colour).collect()
    }
}

/// The type that a band's pixels are read as; `None` for one that this build does not know.
///
/// # Safety
/// `handle` is a live band.
unsafe fn data_type(handle: GDALRasterBandH) -> Option<NumericType> {
    // SAFETY: gdal.h: a live band.
    NumericType::from_gdal(unsafe { gdal_sys::GDALGetRasterDataType(handle) } as i32).map(NumericType::in_zarr)
}

/// A band's nodata value as one element of its type; `None` where there is none, or the type cannot hold it.
///
/// # Safety
/// `handle` is a live band.
unsafe fn nodata(handle: GDALRasterBandH, data_type: NumericType) -> Option<Vec<u8>> {
    let mut has: c_int = 0;
    // SAFETY: gdal.h: a live band, of the type whose function is called.
    unsafe {
        match data_type {
            NumericType::UInt64 => {
                let value = gdal_sys::GDALGetRasterNoDataValueAsUInt64(handle, &mut has);
                return (has != 0).then(|| value.to_ne_bytes().to_vec());
            }
            NumericType::Int64 => {
                let value = gdal_sys::GDALGetRasterNoDataValueAsInt64(handle, &mut has);
                return (has != 0).then(|| value.to_ne_bytes().to_vec());
            }
            _ => {}
        }
        let value = gdal_sys::GDALGetRasterNoDataValue(handle, &mut has);
        if has == 0 {
            return None;
        }
        let mut bytes = vec![0u8; data_type.size()];
        let mut back = 0f64;
        let code = data_type.gdal() as gdal_sys::GDALDataType::Type;
        let double = NumericType::Float64.gdal() as gdal_sys::GDALDataType::Type;
        let from: *const f64 = &value;
        let to: *mut f64 = &mut back;
        gdal_sys::GDALCopyWords64(from.cast(), double, 0, bytes.as_mut_ptr().cast(), code, 0, 1);
        gdal_sys::GDALCopyWords64(bytes.as_ptr().cast(), code, 0, to.cast(), double, 0, 1);
        // Whole numbers that the type does not hold never occur; a float is the nearest one.
        let held = !data_type.is_integer() || back == value;
        held.then_some(bytes)
    }
}

impl Raster {
    /// How messages name the dataset.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// From columns and rows to the CRS: x = g0 + column g1 + row g2, y = g3 + column g4 + row g5.
    pub fn geo_transform(&self) -> Option<[f64; 6]> {
        self.geo_transform
    }

    /// The CRS as WKT2:2019.
    pub fn crs_wkt(&self) -> Option<&str> {
        self.crs_wkt.as_deref()
    }

    /// True when rational polynomials tell where pixels lie, at a height.
    pub fn has_rpc(&self) -> bool {
        self.has_rpc
    }

    /// True when ground control points or geolocation arrays tell where pixels lie: see [`Locator`].
    pub fn is_located(&self) -> bool {
        self.has_points || !self.geolocation.is_empty()
    }

    /// Its bands.
    pub fn bands(&self) -> &[Band] {
        &self.bands
    }

    /// Metadata of the default domain.
    pub fn metadata(&self) -> &[(String, String)] {
        &self.metadata
    }

    /// Reads a window of a band into `values`, row by row, in the band's own type.
    ///
    /// # Errors
    /// A window outside the raster, another number of bytes, what the driver says.
    pub fn read(&self, call: &Arc<Call>, band: usize, window: Window, values: &mut [u8]) -> Result<()> {
        let data_type = self.band(band)?.data_type;
        self.read_window(call, band, window, data_type, false, values)
    }

    /// Reads which pixels of a window have data: 0 for none.
    ///
    /// # Errors
    /// As [`Raster::read`].
    pub fn read_valid(&self, call: &Arc<Call>, band: usize, window: Window, valid: &mut [u8]) -> Result<()> {
        self.read_window(call, band, window, NumericType::UInt8, true, valid)
    }

    fn band(&self, number: usize) -> Result<&Band> {
        let found = number.checked_sub(1).and_then(|index| self.bands.get(index));
        found.ok_or_else(|| Error::invalid(format!("{}: there is no band {number}", self.shared.name)))
    }

    fn read_window(
        &self,
        call: &Arc<Call>,
        band: usize,
        window: Window,
        data_type: NumericType,
        mask: bool,
        into: &mut [u8],
    ) -> Result<()> {
        let Window { column, row, columns, rows } = window;
        let inside = column + columns <= self.columns && row + rows <= self.rows && columns > 0 && rows > 0;
        if !inside || into.len() != columns * rows * data_type.size() {
            let message =
                format!("a window of {columns} x {rows} pixels from {column}, {row} on, {} bytes", into.len());
            return Err(Error::invalid(message).context(self.shared.name.clone()));
        }
        let mut read = |handle: GDALDatasetH| {
            // SAFETY: gdal.h: a live dataset that no other thread uses; the buffer holds the window, as just checked.
            unsafe {
                let mut band = gdal_sys::GDALGetRasterBand(handle, band as c_int);
                if mask && !band.is_null() {
                    band = gdal_sys::GDALGetMaskBand(band);
                }
                let code = data_type.gdal() as gdal_sys::GDALDataType::Type;
                let [column, row, columns, rows] = [column, row, columns, rows].map(|number| number as c_int);
                !band.is_null()
                    && gdal_sys::GDALRasterIOEx(
                        band,
                        GDALRWFlag::GF_Read,
                        column,
                        row,
                        columns,
                        rows,
                        into.as_mut_ptr().cast::<c_void>(),
                        columns,
                        rows,
                        code,
                        0,
                        0,
                        ptr::null_mut(),
                    ) == 0
            }
        };
        let place = || format!("band {band} of {}", self.shared.name);
        let said = |entered: &crate::store::Entered| {
            Error::io(entered.take_errors().unwrap_or_else(|| "it cannot be read".into()))
        };
        if let Some(name) = &self.reopened {
            let entered = call.enter();
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            if let Some(again) = idle.or_else(|| self.open_again(name)) {
                let done = read(again.0);
                if self.has_blocks && !mask && self.is_of_blocks(band, window) {
                    // SAFETY: gdal.h: a live dataset that no other thread uses, and that nobody writes to.
                    unsafe { gdal_sys::GDALFlushRasterCache(gdal_sys::GDALGetRasterBand(again.0, band as c_int)) };
                }
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(again);
                return if done { Ok(()) } else { Err(said(&entered)).context(place) };
            }
        }
        let access = self.shared.enter(call);
        if read(self.handle) { Ok(()) } else { Err(said(&access.entered)).context(place) }
    }

    /// Whether a window consists of whole natural blocks of a band. The caller then has all of them, and GDAL need not keep them
    /// too: the next ones find their memory at hand.
    fn is_of_blocks(&self, band: usize, window: Window) -> bool {
        let is_whole = |from: usize, count: usize, extent: usize, natural: usize| {
            natural > 0 && from.is_multiple_of(natural) && (count.is_multiple_of(natural) || from + count == extent)
        };
        self.band(band).is_ok_and(|band| {
            is_whole(window.row, window.rows, self.rows, band.block[0])
                && is_whole(window.column, window.columns, self.columns, band.block[1])
        })
    }

    /// The dataset opened once more; `None` where that gives another one.
    fn open_again(&self, name: &std::ffi::CStr) -> Option<Again> {
        let drivers = [c"GTiff".as_ptr(), c"VRT".as_ptr(), ptr::null()];
        // SAFETY: gdal.h: the list is read; the dataset is ours.
        let handle = unsafe {
            gdal_sys::GDALOpenEx(name.as_ptr(), GDAL_OF_RASTER, drivers.as_ptr().cast(), ptr::null(), ptr::null())
        };
        if handle.is_null() {
            return None;
        }
        let again = Again(handle);
        // SAFETY: gdal.h: a live dataset that nobody else knows.
        let same = unsafe {
            let mut numbers = [0.0; 6];
            let has_transform = gdal_sys::GDALGetGeoTransform(handle, numbers.as_mut_ptr()) == 0;
            gdal_sys::GDALGetRasterXSize(handle) as usize == self.columns
                && gdal_sys::GDALGetRasterYSize(handle) as usize == self.rows
                && gdal_sys::GDALGetRasterCount(handle) as usize == self.bands.len()
                && has_transform.then_some(numbers) == self.geo_transform
                && self.bands.iter().all(|band| {
                    let handle = gdal_sys::GDALGetRasterBand(handle, band.number as c_int);
                    data_type(handle) == Some(band.data_type) && nodata(handle, band.data_type) == band.nodata
                })
        };
        same.then_some(again)
    }
}
