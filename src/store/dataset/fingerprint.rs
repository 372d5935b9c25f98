//! What tells a dataset from another one, or from itself before it was changed.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::mem::MaybeUninit;
use std::sync::Arc;

use super::{Dataset, ffi};
use crate::store::Call;

/// `VSI_STAT_*` flags: existence, kind, size.
const STAT_ALL: i32 = 7;

/// Files that are looked at: a mosaic may have many.
const MOST_FILES: usize = 1024;

impl Dataset {
    /// A number that is another one for other data, as far as can be told without reading them: its name, its files with
    /// their sizes and times, the size and place of its pixels, and of a VRT its document.
    pub fn fingerprint(&self, call: &Arc<Call>) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.name().hash(&mut hasher);
        let access = self.shared.enter(call);
        let handle = self.handle;
        // SAFETY: gdal.h: a live dataset; the metadata belong to it and are copied at once, the list of files is ours.
        let files = unsafe {
            let numbers = [
                gdal_sys::GDALGetRasterXSize(handle),
                gdal_sys::GDALGetRasterYSize(handle),
                gdal_sys::GDALGetRasterCount(handle),
            ];
            numbers.hash(&mut hasher);
            let mut transform = [0.0f64; 6];
            if gdal_sys::GDALGetGeoTransform(handle, transform.as_mut_ptr()) == 0 {
                transform.map(f64::to_bits).hash(&mut hasher);
            }
            let document = gdal_sys::GDALGetMetadata(handle.cast(), c"xml:VRT".as_ptr());
            if !document.is_null() {
                ffi::text(*document.cast()).hash(&mut hasher);
            }
            ffi::take_list(gdal_sys::GDALGetFileList(handle))
        };
        // Statistics beside a file change nothing in it.
        for file in files.iter().filter(|file| !file.ends_with(".aux.xml")).take(MOST_FILES) {
            (file, stamp(file)).hash(&mut hasher);
        }
        // Who has no files, or files that have no times, has said so without harm.
        let _ = access.entered.take_errors();
        hasher.finish()
    }
}

/// Size and time of a file.
fn stamp(file: &str) -> Option<(i64, i64, i64)> {
    let path = ffi::c_string(file).ok()?;
    let mut stat = MaybeUninit::<libc::stat>::zeroed();
    // SAFETY: cpl_vsi.h: VSIStatBufL is the platform's 64-bit stat structure (gdal-sys has it with size zero); zeroed is a value
    // of this plain structure.
    let (failed, stat) = unsafe {
        let failed = gdal_sys::VSIStatExL(path.as_ptr(), stat.as_mut_ptr().cast(), STAT_ALL) != 0;
        (failed, stat.assume_init())
    };
    (!failed).then_some((stat.st_size, stat.st_mtime, stat.st_mtime_nsec))
}
