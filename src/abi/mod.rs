//! The border to C++: converts, calls [`cube`](crate::cube), converts back; nothing else.
//!
//! `cpp/dggs_abi.h` is the contract: ownership, NULL, strings, status and poison are said there. Its types are made by
//! bindgen, so that each function of [`table`] is checked against its slot. SAFETY comments name the paragraph of the
//! header that they rely on: *Table*, *Handles*, *Status*, *Strings*, *Memory*, or a slot.
//!
//! - [`table`] is [`api()`]: one row a slot, each with its guard;
//! - [`guard`] stops panics, poisons handles, fills the report;
//! - [`handle`] is what an opaque pointer points to; [`memory`] is a C struct with what its pointers point to;
//! - [`input`] and [`output`] convert; [`open`], [`group`], [`array`], [`edit`], [`raster`] and [`layer`] are the bodies of
//!   the slots.

#![expect(unsafe_code, reason = "the border to C++: raw pointers come in and go out")]

mod array;
#[expect(missing_docs, reason = "made by bindgen from a documented header")]
mod bindings {
    include!(concat!(env!("OUT_DIR"), "/dggs_abi.rs"));
}
mod copy;
mod edit;
mod group;
mod guard;
mod handle;
mod input;
mod layer;
mod memory;
mod open;
mod output;
mod raster;
mod table;

use std::panic;
use std::sync::Arc;

pub use bindings::*;

use crate::cube::{Array, Group};
use handle::{ArrayBody, GroupBody};

/// What GDAL calls when it has loaded `gdal_DGGS.so`; it registers the driver and does nothing else.
#[unsafe(no_mangle)]
pub extern "C" fn GDALRegister_DGGS() {
    guard::silence_panics();
    // A panic cannot be reported here; without its driver the plugin is harmless.
    let _ = panic::catch_unwind(|| {
        // SAFETY: dggs_register_driver: `api` is not NULL and lives as long as the process.
        unsafe { bindings::dggs_register_driver(api()) }
    });
}

/// The table of functions that C++ calls.
pub fn api() -> &'static DggsApi {
    &table::API
}

/// A handle of `group`, for the root of a store or for tests; `DggsApi::free_group` ends it.
pub fn group_handle(group: Arc<dyn Group>) -> *mut DggsGroup {
    handle::into_raw(GroupBody::of_root(group))
}

/// A handle of `array`; `DggsApi::free_array` ends it.
///
/// # Errors
/// The array's description cannot be shown to GDAL.
pub fn array_handle(array: Arc<dyn Array>) -> crate::error::Result<*mut DggsArray> {
    Ok(handle::into_raw(ArrayBody::new(array)?))
}
