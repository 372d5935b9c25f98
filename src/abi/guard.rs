//! What stands around every function of the table: NULL, poison, panics, the report.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::ptr;
use std::sync::{Arc, Once};

use super::bindings::{DGGS_MESSAGE_SIZE, DggsReport, DggsStatus};
use super::handle::{self, Body};
use crate::error::{Error, Kind, Result};
use crate::store::Call;

thread_local! {
    /// Where the last panic of this thread happened.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Lets panics of this library print nothing: they are reported as errors. The hook belongs to our own copy of Rust's
/// standard library, so that other plugins keep theirs.
pub(super) fn silence_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        panic::set_hook(Box::new(|info| {
            let place = info.location().map(ToString::to_string);
            // The thread may be ending, its variables gone.
            let _ = PLACE.try_with(|cell| cell.replace(place));
        }));
    });
}

/// Calls `body`; its value goes to `out`.
///
/// # Safety
/// *Status*: `out` is NULL or writable, and so is `report`.
pub(super) unsafe fn call<O>(
    out: *mut O,
    report: *mut DggsReport,
    body: impl FnOnce(&Arc<Call>) -> Result<O>,
) -> DggsStatus {
    // SAFETY: the caller's promise.
    unsafe { run(out, report, || {}, body) }
}

/// Calls `body` with what `handle` is of; its value goes to `out`. A panic poisons the handle.
///
/// # Safety
/// *Handles*: `handle` is NULL or a live handle of `T`. *Status*: `out` is NULL or writable, and so is `report`.
pub(super) unsafe fn call_on<T: Body, O>(
    handle: *const T::Opaque,
    out: *mut O,
    report: *mut DggsReport,
    body: impl FnOnce(&T, &Arc<Call>) -> Result<O>,
) -> DggsStatus {
    // SAFETY: the caller's promise.
    let handle = unsafe { handle::borrow::<T>(handle) };
    let poison = || {
        if let Some(handle) = handle {
            handle.poison();
        }
    };
    let body = |call: &Arc<Call>| {
        let handle = handle.ok_or_else(|| Error::invalid("a NULL handle was given"))?;
        if handle.is_poisoned() {
            return Err(Error::new(Kind::Panic, "an internal error happened here before; open the data set again"));
        }
        body(handle.body(), call)
    };
    // SAFETY: the caller's promise.
    unsafe { run(out, report, poison, body) }
}

/// Ends something; a panic in a destructor has nobody to go to.
pub(super) fn free(body: impl FnOnce()) {
    let _ = panic::catch_unwind(AssertUnwindSafe(body));
}

/// # Safety
/// *Status*: `out` is NULL or writable, and so is `report`.
unsafe fn run<O>(
    out: *mut O,
    report: *mut DggsReport,
    poison: impl FnOnce(),
    body: impl FnOnce(&Arc<Call>) -> Result<O>,
) -> DggsStatus {
    let mut warnings = Vec::new();
    let caught = panic::catch_unwind(AssertUnwindSafe(|| {
        if out.is_null() {
            return Err(Error::invalid("a NULL output was given"));
        }
        let call = Call::capture();
        let result = body(&call);
        warnings = call.take_warnings();
        result
    }));
    let result = caught.unwrap_or_else(|payload| {
        poison();
        Err(panic_error(payload.as_ref()))
    });
    // SAFETY: the caller's promise. The fields are written through raw pointers: C++ leaves them uninitialised.
    unsafe {
        if !report.is_null() {
            write_text(&raw mut (*report).warnings, &warnings.join("\n"));
        }
        match result {
            Ok(value) => {
                ptr::write(out, value);
                DggsStatus::DGGS_OK
            }
            Err(error) => {
                if !report.is_null() {
                    write_text(&raw mut (*report).message, &error.to_string());
                }
                status(error.kind())
            }
        }
    }
}

fn panic_error(payload: &(dyn Any + Send)) -> Error {
    let what = (payload.downcast_ref::<&str>().copied())
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("unknown");
    let place = PLACE.try_with(|cell| cell.take()).ok().flatten();
    let place = place.map(|place| format!(" at {place}")).unwrap_or_default();
    Error::new(Kind::Panic, format!("internal error of the DGGS driver, please report it: {what}{place}"))
}

fn status(kind: Kind) -> DggsStatus {
    match kind {
        Kind::NotFound => DggsStatus::DGGS_NOT_FOUND,
        Kind::InvalidArgument => DggsStatus::DGGS_INVALID_ARGUMENT,
        Kind::Corrupt => DggsStatus::DGGS_CORRUPT,
        Kind::Unsupported => DggsStatus::DGGS_UNSUPPORTED,
        Kind::Io => DggsStatus::DGGS_IO,
        Kind::OutOfMemory => DggsStatus::DGGS_OUT_OF_MEMORY,
        Kind::Cancelled => DggsStatus::DGGS_CANCELLED,
        Kind::Panic => DggsStatus::DGGS_PANIC,
    }
}

/// Writes a C string, cut between characters when it is too long; a NUL inside becomes a space.
///
/// # Safety
/// `field` is writable; it need not be initialised.
unsafe fn write_text(field: *mut [std::ffi::c_char; DGGS_MESSAGE_SIZE as usize], text: &str) {
    let text = &text[..text.floor_char_boundary(DGGS_MESSAGE_SIZE as usize - 1)];
    let text = text.replace('\0', " ");
    // SAFETY: the caller's promise; the text and its NUL are at most as long as the field.
    unsafe {
        let start = field.cast::<u8>();
        ptr::copy_nonoverlapping(text.as_ptr(), start, text.len());
        *start.add(text.len()) = 0;
    }
}
