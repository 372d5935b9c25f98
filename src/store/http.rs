//! One GET for an object behind `/vsicurl/`.
//!
//! GDAL's own `/vsicurl/` asks for the size with a HEAD before the first read, which doubles the requests for a store of
//! many small objects. `CPLHTTPFetch` is the same GDAL, with the same configuration options (`GDAL_HTTP_*`: proxies,
//! authentication, headers, retries, time-outs), and sends the GET alone.

#![expect(unsafe_code, reason = "calls CPLHTTPFetch")]

use std::ffi::CStr;
use std::process;
use std::sync::Mutex;

use super::Call;
use super::ffi::{self, StringList, c_string};
use super::read::{Range, Version, cut, reserve};
use crate::error::{Error, Result};

/// The URL of a `/vsicurl/http...` path; other forms of it are left to GDAL.
pub(super) fn url(path: &str) -> Option<&str> {
    let url = path.strip_prefix("/vsicurl/")?;
    (url.starts_with("http://") || url.starts_with("https://")).then_some(url)
}

/// Appends `range` of the object at `url` to `bytes`, and tells its version; false where the server says 404 or 410.
pub(super) fn fetch(
    call: &Call,
    url: &str,
    range: Range,
    bytes: &mut Vec<u8>,
    version: Option<&mut Version>,
) -> Result<bool> {
    let range_header = match range {
        Range::All => None,
        Range::Part { length: 0, .. } | Range::Last(0) => return Ok(true),
        Range::Part { offset, length } => Some(format!("Range: bytes={offset}-{}", offset.saturating_add(length) - 1)),
        Range::From(offset) => Some(format!("Range: bytes={offset}-")),
        Range::Last(length) => Some(format!("Range: bytes=-{length}")),
    };
    let session = Session::take();
    let mut options = vec![c_string(&format!("PERSISTENT={}", session.name()))?];
    if let Some(header) = range_header {
        let others = call.option("GDAL_HTTP_HEADERS").map_or_else(String::new, |others| format!("{others}\r\n"));
        options.push(c_string(&format!("HEADERS={others}{header}"))?);
    }
    let (url, options) = (c_string(url)?, StringList::new(options));
    let entered = call.enter();
    // SAFETY: cpl_http.h: NULL or a result for CPLHTTPDestroyResult, which `Response` sees to.
    let result = unsafe { ffi::CPLHTTPFetch(url.as_ptr(), options.as_ptr()) };
    if result.is_null() {
        return Err(Error::io(entered.take_errors().unwrap_or_else(|| "this GDAL has no HTTP support".into())));
    }
    let response = Response(result);
    if let Some(error) = response.error() {
        return match error.contains("404") || error.contains("410") {
            true => Ok(false),
            false => Err(Error::io(entered.take_errors().unwrap_or(error))),
        };
    }
    if let Some(error) = entered.take_errors() {
        return Err(Error::io(error));
    }
    let body = response.body();
    let content_range = response.header(c"Content-Range");
    if let Some(version) = version {
        let changed = response.header(c"Last-Modified").or_else(|| response.header(c"ETag"));
        let size = content_range.as_deref().and_then(|range| range.rsplit_once('/')).map(|(_, size)| size.to_owned());
        let size = size.unwrap_or_else(|| body.len().to_string());
        *version = Version::Object(format!("{} {size}", changed.unwrap_or_default()));
    }
    let wanted = match content_range.is_some() {
        // what was asked for, unless the object ends before
        true => match range {
            Range::Part { length, .. } | Range::Last(length) => cut(body, Range::Part { offset: 0, length }),
            Range::All | Range::From(_) => Some(body),
        },
        // a server that ignores ranges sends the whole object
        false => cut(body, range),
    };
    let wanted = wanted.ok_or_else(|| Error::io(format!("is too short for {range:?} ({} bytes)", body.len())))?;
    reserve(bytes, wanted.len() as u64)?;
    bytes.extend_from_slice(wanted);
    Ok(true)
}

struct Response(*mut ffi::HttpResult);

impl Response {
    fn error(&self) -> Option<String> {
        // SAFETY: cpl_http.h: a result of CPLHTTPFetch; the text is NULL or a C string.
        let (status, error) = unsafe { ((*self.0).status, ffi::text((*self.0).error)) };
        error.or_else(|| (status != 0).then(|| format!("cURL error {status}")))
    }

    fn body(&self) -> &[u8] {
        // SAFETY: cpl_http.h: `data_len` bytes at `data`, which live as long as the result.
        unsafe {
            match ((*self.0).data.is_null(), usize::try_from((*self.0).data_len)) {
                (false, Ok(length)) => std::slice::from_raw_parts((*self.0).data, length),
                _ => &[],
            }
        }
    }

    fn header(&self, name: &CStr) -> Option<String> {
        // SAFETY: cpl_string.h: the headers are a list of `name=value`, compared without case; the value is copied at once.
        unsafe { ffi::text(gdal_sys::CSLFetchNameValue((*self.0).headers as gdal_sys::CSLConstList, name.as_ptr())) }
    }
}

impl Drop for Response {
    fn drop(&mut self) {
        // SAFETY: cpl_http.h: frees a result of CPLHTTPFetch, once.
        unsafe { ffi::CPLHTTPDestroyResult(self.0) };
    }
}

/// A connection that GDAL keeps open under a name; only one thread may use it at a time.
struct Session {
    number: usize,
}

static FREE: Mutex<(u32, usize, Vec<usize>)> = Mutex::new((0, 0, Vec::new()));

impl Session {
    /// A free one; a forked child starts anew, for a connection cannot be shared with the parent.
    fn take() -> Self {
        let mut free = FREE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if free.0 != process::id() {
            *free = (process::id(), 0, Vec::new());
        }
        let number = free.2.pop().unwrap_or_else(|| {
            free.1 += 1;
            free.1
        });
        Self { number }
    }

    fn name(&self) -> String {
        format!("dggs-{}-{}", process::id(), self.number)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let mut free = FREE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        free.2.push(self.number);
    }
}
