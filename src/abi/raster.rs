//! Slots of rasters.

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

use super::bindings::{DggsGroup, DggsOpenRequest, DggsPixels, DggsProgress, DggsRaster, DggsRasterInfo};
use super::handle::{self, RasterBody};
use super::{group_handle, input, open};
use crate::error::{Error, Result};
use crate::store::{Call, Target};
use crate::view::raster::{self, Pixels};

/// # Safety
/// *Strings* and *Memory*: `request` is NULL or a request that lives through the call.
pub(super) unsafe fn open_raster(call: &Arc<Call>, request: *const DggsOpenRequest) -> Result<*mut DggsRaster> {
    // SAFETY: the caller's promise.
    let request = unsafe { open::request(request) }?;
    match raster::open(call, &request)? {
        Some(view) => Ok(handle::into_raw(RasterBody::new(view)?)),
        None if request.forced => Err(Error::not_found("no store with a grid").context(request.name)),
        None => Ok(ptr::null_mut()),
    }
}

pub(super) fn root(raster: &RasterBody, _call: &Arc<Call>) -> Result<*mut DggsGroup> {
    Ok(raster.view.root.as_ref().map_or(ptr::null_mut(), |root| group_handle(root.clone())))
}

pub(super) fn info(raster: &RasterBody, _call: &Arc<Call>) -> Result<*const DggsRasterInfo> {
    Ok(raster.info.as_ptr())
}

/// # Safety
/// `raster_read`: `pixels` is NULL or readable, `bands` has `band_count` numbers and `strides` three; `buffer` is NULL or
/// the place of the first of the pixels, all of which are the caller's; `progress` is NULL or a function for `data`.
#[expect(clippy::too_many_arguments, reason = "a slot of the table")]
pub(super) unsafe fn read(
    raster: &RasterBody,
    call: &Arc<Call>,
    pixels: *const DggsPixels,
    band_count: usize,
    bands: *const i32,
    numeric_type: u32,
    strides: *const isize,
    buffer: *mut c_void,
    progress: DggsProgress,
    data: *mut c_void,
) -> Result<()> {
    let view = raster.view.raster.as_ref().ok_or_else(|| Error::invalid("there is no raster, only subdatasets"))?;
    // SAFETY: the caller's promise.
    let (pixels, bands, strides) = unsafe {
        let pixels = pixels.as_ref().ok_or_else(|| Error::invalid("the pixels are NULL"))?;
        (pixels, input::list(bands, band_count, "the list of bands")?, input::list(strides, 3, "the list of strides")?)
    };
    let pixels = Pixels {
        first_column: pixels.first_column,
        first_row: pixels.first_row,
        column_step: pixels.column_step,
        row_step: pixels.row_step,
        columns: pixels.columns,
        rows: pixels.rows,
    };
    let number = |band: &i32| usize::try_from(*band).map_err(|_| Error::invalid(format!("there is no band {band}")));
    let bands: Vec<usize> = bands.iter().map(number).collect::<Result<_>>()?;
    let numeric_type = input::numeric_type(numeric_type)?;
    if buffer.is_null() {
        return Err(Error::invalid("the buffer is NULL"));
    }
    // SAFETY: the caller's promise; the target ends with this call.
    let target =
        unsafe { Target::new(buffer.cast(), numeric_type, &[bands.len(), pixels.rows, pixels.columns], strides)? };
    // SAFETY: the caller's promise; called in the caller's thread.
    let mut report = |share| progress.is_none_or(|progress| unsafe { progress(share, data) });
    view.read(call, &pixels, &bands, target, &mut report)
}
