//! Arrays of a dataset.

use std::ffi::{c_char, c_int};
use std::ptr;
use std::sync::Arc;

use gdal_sys::{GDALDimensionH, GDALMDArrayH};
use serde_json::{Map, Value};

use super::types::Type;
use super::{Shared, attribute, ffi};
use crate::error::{Context, Error, Result};
use crate::store::{Call, DataType, Target};

/// An axis of an array, or one that a group defines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dimension {
    /// Its name.
    pub name: String,
    /// Path of it from the root; equal for arrays that share it.
    pub full_name: String,
    /// GDAL's dimension type (`DGGS_ZONE`, `TEMPORAL`, `HORIZONTAL_X`, ...), or empty.
    pub kind: String,
    /// GDAL's direction (`EAST`, `UP`, ...), or empty.
    pub direction: String,
    /// Number of positions.
    pub size: u64,
    /// Path from the root of the array that holds its coordinates.
    pub indexing_variable: Option<String>,
}

/// An array; it may outlive its group and dataset objects.
pub struct Array {
    handle: GDALMDArrayH,
    shared: Arc<Shared>,
    name: String,
    full_name: String,
    dimensions: Vec<Dimension>,
    data_type: DataType,
    /// The same as GDAL's own.
    own_type: Type,
}

// SAFETY: as for `Dataset`; the type is never changed.
unsafe impl Send for Array {}
// SAFETY: as for `Dataset`.
unsafe impl Sync for Array {}

/// The dimensions in a list that GDAL gave, which is released.
///
/// # Safety
/// `list` is NULL or holds `count` live dimensions, and is ours to release.
pub(super) unsafe fn take_dimensions(list: *mut GDALDimensionH, count: usize) -> Vec<Dimension> {
    if list.is_null() {
        return Vec::new();
    }
    // SAFETY: the caller's promise; gdal.h: texts are copied at once, an indexing variable is released.
    unsafe {
        let text = |pointer: *const c_char| ffi::text(pointer).unwrap_or_default();
        let one = |at: usize| {
            let dimension = *list.add(at);
            let variable = gdal_sys::GDALDimensionGetIndexingVariable(dimension);
            let indexing_variable = (!variable.is_null()).then(|| {
                let name = text(gdal_sys::GDALMDArrayGetFullName(variable));
                gdal_sys::GDALMDArrayRelease(variable);
                name
            });
            Dimension {
                name: text(gdal_sys::GDALDimensionGetName(dimension)),
                full_name: text(gdal_sys::GDALDimensionGetFullName(dimension)),
                kind: text(gdal_sys::GDALDimensionGetType(dimension)),
                direction: text(gdal_sys::GDALDimensionGetDirection(dimension)),
                size: gdal_sys::GDALDimensionGetSize(dimension),
                indexing_variable,
            }
        };
        let found = (0..count).map(one).collect();
        gdal_sys::GDALReleaseDimensions(list, count);
        found
    }
}

impl Array {
    /// The lock is held. `handle` is not NULL and ours.
    pub(super) fn new(handle: GDALMDArrayH, shared: &Arc<Shared>) -> Result<Self> {
        let mut count = 0;
        // SAFETY: gdal.h: a live array; its dimensions and type are ours to release.
        let (name, full_name, dimensions, own_type) = unsafe {
            let dimensions = gdal_sys::GDALMDArrayGetDimensions(handle, &mut count);
            (
                ffi::text(gdal_sys::GDALMDArrayGetName(handle)).unwrap_or_default(),
                ffi::text(gdal_sys::GDALMDArrayGetFullName(handle)).unwrap_or_default(),
                take_dimensions(dimensions, count),
                Type(gdal_sys::GDALMDArrayGetDataType(handle)),
            )
        };
        let data_type = own_type.data_type();
        let place = || format!("array {full_name} of {}", shared.name);
        let array = match data_type.context(place) {
            Ok(data_type) => Self { handle, shared: shared.clone(), name, full_name, dimensions, data_type, own_type },
            Err(error) => {
                // SAFETY: ours, and nobody else knows it.
                unsafe { gdal_sys::GDALMDArrayRelease(handle) };
                return Err(error);
            }
        };
        Ok(array)
    }

    /// Last part of [`Array::full_name`].
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Path from the root.
    pub fn full_name(&self) -> &str {
        &self.full_name
    }

    /// Axes, slowest first.
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    /// Number of positions along each axis.
    pub fn shape(&self) -> Vec<u64> {
        self.dimensions.iter().map(|dimension| dimension.size).collect()
    }

    /// Type of the elements.
    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// How messages name it.
    fn place(&self) -> String {
        format!("array {} of {}", self.full_name, self.shared.name)
    }

    /// Its attributes.
    pub fn attributes(&self, call: &Arc<Call>) -> Map<String, Value> {
        let access = self.shared.enter(call);
        let mut count = 0;
        // SAFETY: gdal.h: the list is ours to release, with its length.
        unsafe {
            let list = gdal_sys::GDALMDArrayGetAttributes(self.handle, &mut count, ptr::null_mut());
            attribute::all(&access, list, count)
        }
    }

    /// The nodata value, one element of the array's type in native byte order; `None` where there is none, and for texts.
    pub fn nodata(&self, call: &Arc<Call>) -> Option<Vec<u8>> {
        let _access = self.shared.enter(call);
        let size = self.data_type.is_plain().then(|| self.data_type.size())?;
        // SAFETY: gdal.h: the value belongs to the array and is one element of its type; it is copied at once.
        unsafe {
            let value = gdal_sys::GDALMDArrayGetRawNoDataValue(self.handle).cast::<u8>();
            (!value.is_null()).then(|| std::slice::from_raw_parts(value, size).to_vec())
        }
    }

    /// `value = stored * scale + offset`: scale and offset, where they are given.
    pub fn scale_and_offset(&self, call: &Arc<Call>) -> (Option<f64>, Option<f64>) {
        let _access = self.shared.enter(call);
        let (mut has_scale, mut has_offset): (c_int, c_int) = (0, 0);
        // SAFETY: gdal.h: the storage type may be NULL.
        let (scale, offset) = unsafe {
            (
                gdal_sys::GDALMDArrayGetScaleEx(self.handle, &mut has_scale, ptr::null_mut()),
                gdal_sys::GDALMDArrayGetOffsetEx(self.handle, &mut has_offset, ptr::null_mut()),
            )
        };
        ((has_scale != 0).then_some(scale), (has_offset != 0).then_some(offset))
    }

    /// Unit of the values, empty when unknown.
    pub fn unit(&self, call: &Arc<Call>) -> String {
        let _access = self.shared.enter(call);
        // SAFETY: gdal.h: the text belongs to the array and is copied at once.
        unsafe { ffi::text(gdal_sys::GDALMDArrayGetUnit(self.handle)) }.unwrap_or_default()
    }

    /// The CRS as WKT2:2019; `None` where there is none.
    ///
    /// # Errors
    /// A CRS that cannot be written so.
    pub fn crs_wkt(&self, call: &Arc<Call>) -> Result<Option<String>> {
        let access = self.shared.enter(call);
        let options = [c"FORMAT=WKT2_2019".as_ptr(), ptr::null()];
        let mut text = ptr::null_mut();
        // SAFETY: gdal.h: the CRS is ours to release; ogr_srs_api.h: the text is ours to free.
        unsafe {
            let crs = gdal_sys::GDALMDArrayGetSpatialRef(self.handle);
            if crs.is_null() {
                return Ok(None);
            }
            let status = gdal_sys::OSRExportToWktEx(crs, &mut text, options.as_ptr());
            let wkt = ffi::text(text);
            gdal_sys::VSIFree(text.cast());
            gdal_sys::OSRRelease(crs);
            match wkt {
                Some(wkt) if status == 0 => Ok(Some(wkt)),
                _ => Err(access.failure(|| "its CRS cannot be written as WKT2".into())).context(|| self.place()),
            }
        }
    }

    /// Natural block (chunk) along each axis; 0 where unknown.
    pub fn block_size(&self, call: &Arc<Call>) -> Vec<u64> {
        let _access = self.shared.enter(call);
        let mut count = 0;
        // SAFETY: gdal.h: the list has `count` items and is ours to free.
        unsafe {
            let list = gdal_sys::GDALMDArrayGetBlockSize(self.handle, &mut count);
            let sizes = if list.is_null() { Vec::new() } else { std::slice::from_raw_parts(list, count).to_vec() };
            gdal_sys::VSIFree(list.cast());
            sizes
        }
    }

    /// What its driver says of how it is stored.
    pub fn structural_info(&self, call: &Arc<Call>) -> Vec<(String, String)> {
        let _access = self.shared.enter(call);
        // SAFETY: gdal.h: the list belongs to the array and is copied at once.
        unsafe { ffi::pairs(gdal_sys::GDALMDArrayGetStructuralInfo(self.handle).cast()) }
    }

    /// Full names of the coordinate variables.
    pub fn coordinate_variables(&self, call: &Arc<Call>) -> Vec<String> {
        let _access = self.shared.enter(call);
        let mut count = 0;
        // SAFETY: gdal.h: the list is ours to release, with its length; names are copied at once.
        unsafe {
            let list = gdal_sys::GDALMDArrayGetCoordinateVariables(self.handle, &mut count);
            if list.is_null() {
                return Vec::new();
            }
            let name = |at: usize| ffi::text(gdal_sys::GDALMDArrayGetFullName(*list.add(at))).unwrap_or_default();
            let names = (0..count).map(name).collect();
            gdal_sys::GDALReleaseArrays(list, count);
            names
        }
    }

    /// Reads the window of `count` elements from `start` on, step 1, as numbers of the target's type, as GDAL converts.
    ///
    /// # Errors
    /// A window outside the array, elements that are no numbers, what the driver says; strides that are no multiple of the
    /// element's size.
    pub fn read_numbers(&self, call: &Arc<Call>, start: &[u64], count: &[usize], target: Target<'_>) -> Result<()> {
        self.check(start, count)?;
        if target.counts() != count {
            let message = format!("a target of {:?} elements for a window of {count:?}", target.counts());
            return Err(Error::invalid(message).context(self.place()));
        }
        let (pointer, number, strides) = target.into_raw();
        let size = number.size() as isize;
        if strides.iter().any(|stride| stride % size != 0) {
            return Err(Error::invalid("strides must be multiples of the element's size").context(self.place()));
        }
        let strides: Vec<_> = strides.iter().map(|stride| stride / size).collect();
        // SAFETY: the target is exclusively ours, and holds the elements that its counts and strides address.
        unsafe { self.read(call, start, count, &strides, &Type::of_number(number), pointer) }
    }

    /// Reads a window of texts, in C order; `None` is a missing value.
    ///
    /// # Errors
    /// As [`Array::read_numbers`].
    pub fn read_texts(&self, call: &Arc<Call>, start: &[u64], count: &[usize]) -> Result<Vec<Option<String>>> {
        self.check(start, count)?;
        let mut pointers: Vec<*mut c_char> = vec![ptr::null_mut(); count.iter().product()];
        // SAFETY: the buffer has one pointer an element, in C order.
        let done =
            unsafe { self.read(call, start, count, &c_order(count), &Type::of_text(), pointers.as_mut_ptr().cast()) };
        let take = |pointer: *mut c_char| {
            // SAFETY: NULL or a C string that GDAL made for us, freed once.
            unsafe {
                let text = ffi::text(pointer);
                gdal_sys::VSIFree(pointer.cast());
                text
            }
        };
        let texts = pointers.into_iter().map(take).collect();
        done.map(|()| texts)
    }

    /// Reads a window of structures, in C order, each as its [`DataType`] says.
    ///
    /// # Errors
    /// As [`Array::read_numbers`]; structures with texts in them.
    pub fn read_compounds(&self, call: &Arc<Call>, start: &[u64], count: &[usize]) -> Result<Vec<u8>> {
        self.check(start, count)?;
        if !self.data_type.is_plain() {
            return Err(Error::unsupported("structures that hold texts").context(self.place()));
        }
        let mut bytes = vec![0; count.iter().product::<usize>() * self.data_type.size()];
        // SAFETY: the buffer has room for each element, in C order.
        unsafe { self.read(call, start, count, &c_order(count), &self.own_type, bytes.as_mut_ptr()) }?;
        Ok(bytes)
    }

    fn check(&self, start: &[u64], count: &[usize]) -> Result<()> {
        let fits = |((start, count), dimension): ((&u64, &usize), &Dimension)| {
            start.checked_add(*count as u64).is_some_and(|end| end <= dimension.size)
        };
        let rank = self.dimensions.len();
        if start.len() != rank || count.len() != rank || !start.iter().zip(count).zip(&self.dimensions).all(fits) {
            let message = format!("a window of {count:?} from {start:?} on in the shape {:?}", self.shape());
            return Err(Error::invalid(message).context(self.place()));
        }
        Ok(())
    }

    /// # Safety
    /// `buffer` is writable at each place that `count` and `strides`, in elements of `data_type`, address.
    unsafe fn read(
        &self,
        call: &Arc<Call>,
        start: &[u64],
        count: &[usize],
        strides: &[isize],
        data_type: &Type,
        buffer: *mut u8,
    ) -> Result<()> {
        if count.contains(&0) {
            return Ok(());
        }
        let strides: Vec<gdal_sys::GPtrDiff_t> = strides.iter().map(|stride| *stride as gdal_sys::GPtrDiff_t).collect();
        let steps = vec![1; count.len()];
        let access = self.shared.enter(call);
        // SAFETY: gdal.h: one item an axis in each list; the allocation's bounds may be unknown: NULL and 0.
        let done = unsafe {
            gdal_sys::GDALMDArrayRead(
                self.handle,
                start.as_ptr(),
                count.as_ptr(),
                steps.as_ptr(),
                strides.as_ptr(),
                data_type.0,
                buffer.cast(),
                ptr::null(),
                0,
            )
        };
        match done {
            0 => Err(access.failure(|| "it cannot be read".into())).context(|| self.place()),
            _ => Ok(()),
        }
    }
}

/// Strides of C order, in elements.
fn c_order(count: &[usize]) -> Vec<isize> {
    let mut strides = vec![1; count.len()];
    for at in (1..count.len()).rev() {
        strides[at - 1] = strides[at] * count[at] as isize;
    }
    strides
}

impl Drop for Array {
    fn drop(&mut self) {
        let _lock = self.shared.lock();
        // SAFETY: gdal.h: ours, released once.
        unsafe { gdal_sys::GDALMDArrayRelease(self.handle) };
    }
}
