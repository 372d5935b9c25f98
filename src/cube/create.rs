//! Creating a cube: from a path and creation options to the root of an empty store that is being written.

use std::sync::Arc;

use crate::cube::Group;
use crate::cube::connection::{self, PREFIX};
use crate::cube::creation::{CreationOptions, LevelOption};
use crate::cube::editing::{EditedGroup, Editing};
use crate::cube::group::Shared;
use crate::error::{Context, Error, Result};
use crate::hierarchy::Editor;
use crate::store::{Call, VsiStore};

/// What GDAL asks to create.
#[derive(Clone, Debug, Default)]
pub struct CreateRequest {
    /// Path of the store.
    pub name: String,
    /// Creation options.
    pub options: Vec<(String, String)>,
}

/// The root of a new store. It is found by readers once it was flushed.
///
/// # Errors
/// A name with the prefix of connection strings; options that make no sense; a file, or a folder with something else than
/// a Zarr store, in the way; a file system that cannot be written.
pub fn create(call: &Arc<Call>, request: &CreateRequest) -> Result<Arc<dyn Group>> {
    create_store(call, request).context(|| request.name.clone())
}

fn create_store(call: &Arc<Call>, request: &CreateRequest) -> Result<Arc<dyn Group>> {
    if connection::strip_prefix(&request.name).is_some() {
        return Err(Error::invalid(format!(
            "a store is created by its path alone: leave {PREFIX} and what belongs to it out"
        )));
    }
    if request.name.trim_matches('/').is_empty() {
        return Err(Error::invalid("a store needs a name"));
    }
    let options = CreationOptions::parse(&request.options)?;
    if options.level == Some(LevelOption::Auto) {
        return Err(Error::invalid(
            "option LEVEL=AUTO takes the level from a source; name the level of a new data set",
        ));
    }
    let grid = options.grid()?;
    let level = grid.as_ref().map(|grid| options.level_on(&**grid)).transpose()?.flatten();
    let store = VsiStore::new(&request.name, call);
    let editor = Editor::create(&store, options.format)?;
    let editing = Editing::of_new(editor, options, grid, level);
    let shared = Arc::new(Shared::of_new(request.name.trim_end_matches('/').to_owned(), Arc::new(editing)));
    Ok(Arc::new(EditedGroup::root(call, "/", shared)?))
}
