//! The few functions of GDAL that gdal-sys does not declare, and C strings.

#![expect(unsafe_code, reason = "declares C functions, and reads C strings")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};

use crate::error::{Error, Result};

/// `CPLCompressionFunc` of `cpl_compressor.h`.
pub(super) type CompressionFunction = unsafe extern "C" fn(
    input: *const c_void,
    input_size: usize,
    output: *mut *mut c_void,
    output_size: *mut usize,
    options: *const *const c_char,
    user_data: *mut c_void,
) -> bool;

/// `CPLCompressor` of `cpl_compressor.h`, structure version 1.
#[repr(C)]
pub(super) struct Compressor {
    pub(super) struct_version: c_int,
    pub(super) id: *const c_char,
    pub(super) kind: c_int,
    pub(super) metadata: *const *const c_char,
    pub(super) function: Option<CompressionFunction>,
    pub(super) user_data: *mut c_void,
}

/// The head of `CPLHTTPResult` of `cpl_http.h`; what follows is not read.
#[repr(C)]
pub(super) struct HttpResult {
    pub(super) status: c_int,
    pub(super) content_type: *mut c_char,
    pub(super) error: *mut c_char,
    pub(super) data_len: c_int,
    pub(super) data_alloc: c_int,
    pub(super) data: *mut u8,
    pub(super) headers: *mut *mut c_char,
}

unsafe extern "C" {
    pub(super) fn CPLGetNumCPUs() -> c_int;
    pub(super) fn CPLGetCompressor(id: *const c_char) -> *const Compressor;
    pub(super) fn CPLGetDecompressor(id: *const c_char) -> *const Compressor;
    pub(super) fn CPLHTTPFetch(url: *const c_char, options: *const *const c_char) -> *mut HttpResult;
    pub(super) fn CPLHTTPDestroyResult(result: *mut HttpResult);
    pub(super) fn VSIErrorReset();
    pub(super) fn VSIGetLastErrorNo() -> c_int;
    pub(super) fn VSIGetLastErrorMsg() -> *const c_char;
}

/// `text` for C; an interior NUL is an error.
pub(super) fn c_string(text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| Error::invalid(format!("\"{}\" holds a NUL character", text.escape_default())))
}

/// The text at `pointer`, `None` for NULL.
///
/// # Safety
/// `pointer` is NULL or points to a NUL-terminated string.
pub(super) unsafe fn text(pointer: *const c_char) -> Option<String> {
    // SAFETY: not NULL, and terminated as the caller promises.
    (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned())
}

/// The texts of a list that GDAL gave, which is destroyed.
///
/// # Safety
/// `list` is NULL or a string list that is ours to destroy.
pub(super) unsafe fn take_list(list: *mut *mut c_char) -> Vec<String> {
    // SAFETY: the caller's promise; the list ends in NULL.
    unsafe {
        let texts = texts(list.cast());
        gdal_sys::CSLDestroy(list);
        texts
    }
}

/// The pairs `KEY=value` of a list.
///
/// # Safety
/// `list` is NULL or a string list.
pub(super) unsafe fn pairs(list: *const *const c_char) -> Vec<(String, String)> {
    // SAFETY: the caller's promise.
    let texts = unsafe { texts(list) };
    texts
        .iter()
        .filter_map(|text| text.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

/// The texts of a list that stays GDAL's.
///
/// # Safety
/// `list` is NULL or a string list.
pub(super) unsafe fn texts(list: *const *const c_char) -> Vec<String> {
    let mut found = Vec::new();
    // SAFETY: the caller's promise; the list ends in NULL.
    unsafe {
        let mut item = list;
        while !item.is_null() {
            let Some(text) = text(*item) else { break };
            found.push(text);
            item = item.add(1);
        }
    }
    found
}

/// A list of strings as GDAL's `CSLConstList`: a NULL-terminated array of pointers.
pub(super) struct StringList {
    _strings: Vec<CString>,
    pointers: Vec<*const c_char>,
}

impl StringList {
    pub(super) fn new(strings: Vec<CString>) -> Self {
        let pointers = strings.iter().map(|s| s.as_ptr()).chain([std::ptr::null()]).collect();
        Self { _strings: strings, pointers }
    }

    /// Valid as long as the list lives; GDAL only reads it.
    pub(super) fn as_ptr(&self) -> *const *const c_char {
        self.pointers.as_ptr()
    }

    /// As the functions of gdal-sys want it; whether its pointers are const depends on GDAL's version.
    pub(super) fn as_list(&self) -> gdal_sys::CSLConstList {
        self.pointers.as_ptr() as gdal_sys::CSLConstList
    }
}
