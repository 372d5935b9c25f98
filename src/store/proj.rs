//! Definitions of coordinate reference systems as WKT2:2019, by the PROJ that libgdal itself uses.

#![expect(unsafe_code, reason = "calls PROJ's C functions")]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use proj_sys::{PJ, PJ_CONTEXT, PJ_WKT_TYPE_PJ_WKT2_2019};

use super::ffi::{self, c_string};
use crate::error::{Error, Result};

/// A CRS in every form that other programs read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrsTexts {
    /// WKT2:2019.
    pub wkt: String,
    /// PROJJSON, <https://proj.org/en/stable/specifications/projjson.html>; `None` where PROJ cannot write it.
    pub projjson: Option<String>,
    /// OGC's URL of its code, `http://www.opengis.net/def/crs/EPSG/0/4326`; `None` where it has none.
    pub url: Option<String>,
}

/// WKT2:2019 of a CRS given as an authority code (`EPSG:4326`), an OGC URN or URL
/// (`http://www.opengis.net/def/crs/EPSG/0/4326`), WKT of any kind, PROJJSON or a PROJ string.
///
/// # Errors
/// PROJ does not understand it, or it is no CRS.
pub fn crs_to_wkt(definition: &str) -> Result<String> {
    let context = Context::new();
    context.crs(definition)?.wkt(&context, definition)
}

/// All forms of a CRS given in any of them.
///
/// # Errors
/// As [`crs_to_wkt`].
pub fn crs_texts(definition: &str) -> Result<CrsTexts> {
    let context = Context::new();
    let object = context.crs(definition)?;
    let wkt = object.wkt(&context, definition)?;
    Ok(CrsTexts { wkt, projjson: object.projjson(&context), url: object.url() })
}

/// The head of a long definition, for a message.
pub(super) fn shorten(definition: &str) -> String {
    match definition.char_indices().nth(80) {
        Some((end, _)) => format!("{}...", &definition[..end]),
        None => definition.to_string(),
    }
}

/// A PROJ context of its own for each use: contexts are not to be shared by threads, and this one prints nothing.
#[derive(Debug)]
pub(super) struct Context(pub(super) *mut PJ_CONTEXT);

impl Context {
    pub(super) fn new() -> Self {
        // SAFETY: proj.h: a new context, destroyed on drop; the logger needs no data.
        unsafe {
            let context = proj_sys::proj_context_create();
            proj_sys::proj_log_func(context, ptr::null_mut(), Some(ignore));
            Self(context)
        }
    }

    /// The CRS of a definition.
    pub(super) fn crs(&self, definition: &str) -> Result<Object> {
        let text = c_string(definition)?;
        // SAFETY: proj.h: the context is valid, the string lives through the call; NULL means failure.
        let object = unsafe { proj_sys::proj_create(self.0, text.as_ptr()) };
        if object.is_null() {
            let (definition, error) = (shorten(definition), self.error());
            return Err(Error::invalid(format!("PROJ does not understand the CRS \"{definition}\": {error}")));
        }
        let object = Object(object);
        // SAFETY: proj.h: a valid object.
        if unsafe { proj_sys::proj_is_crs(object.0) } == 0 {
            return Err(Error::invalid(format!("\"{}\" is no CRS", shorten(definition))));
        }
        Ok(object)
    }

    pub(super) fn error(&self) -> String {
        // SAFETY: proj.h: a valid context; the text is static or lives until the next call.
        unsafe {
            let number = proj_sys::proj_context_errno(self.0);
            let text = proj_sys::proj_errno_string(number);
            match text.is_null() {
                true => "unknown definition".to_string(),
                false => CStr::from_ptr(text).to_string_lossy().into_owned(),
            }
        }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: proj.h: made by proj_context_create, destroyed once.
        unsafe { proj_sys::proj_context_destroy(self.0) };
    }
}

/// An object of PROJ; its context must outlive it.
#[derive(Debug)]
pub(super) struct Object(pub(super) *mut PJ);

impl Object {
    fn wkt(&self, context: &Context, definition: &str) -> Result<String> {
        let options = [ptr::null::<c_char>()];
        // SAFETY: proj.h: the text belongs to the object and lives until the next such call; it is copied at once.
        let wkt =
            unsafe { ffi::text(proj_sys::proj_as_wkt(context.0, self.0, PJ_WKT_TYPE_PJ_WKT2_2019, options.as_ptr())) };
        wkt.ok_or_else(|| {
            let (definition, error) = (shorten(definition), context.error());
            Error::invalid(format!("\"{definition}\" cannot be written as WKT2: {error}"))
        })
    }

    fn projjson(&self, context: &Context) -> Option<String> {
        let options = [c"MULTILINE=NO".as_ptr(), ptr::null()];
        // SAFETY: as for `wkt`.
        unsafe { ffi::text(proj_sys::proj_as_projjson(context.0, self.0, options.as_ptr())) }
    }

    /// By authority and code.
    fn url(&self) -> Option<String> {
        // SAFETY: proj.h: the texts belong to the object; NULL where it has none.
        let (authority, code) = unsafe {
            (ffi::text(proj_sys::proj_get_id_auth_name(self.0, 0)), ffi::text(proj_sys::proj_get_id_code(self.0, 0)))
        };
        let (authority, code) = (authority?, code?);
        Some(format!("http://www.opengis.net/def/crs/{authority}/0/{code}"))
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        // SAFETY: proj.h: made by proj_create, destroyed once.
        unsafe { proj_sys::proj_destroy(self.0) };
    }
}

unsafe extern "C" fn ignore(_data: *mut c_void, _level: c_int, _message: *const c_char) {}
