//! Whole stores as files: deleted, renamed, copied.

use std::sync::Arc;

use super::Progress;
use super::frame;
use crate::error::{Context, Error, Kind, Result};
use crate::hierarchy::Editor;
use crate::store::{Call, VsiStore, join};

/// The store at `name`.
///
/// # Errors
/// There is none; a connection string with the driver's prefix.
fn existing(call: &Arc<Call>, name: &str) -> Result<VsiStore> {
    let store = frame::target(call, name)?;
    match Editor::is_replaceable(&store)? {
        true => Ok(store),
        false => Err(Error::not_found("there is no Zarr store").context(name)),
    }
}

/// A path where nothing is.
fn vacant(call: &Arc<Call>, name: &str) -> Result<VsiStore> {
    let store = frame::target(call, name)?;
    match store.exists() {
        true => Err(Error::invalid("there is something of that name already").context(name)),
        false => Ok(store),
    }
}

/// Deletes the store `name`.
///
/// # Errors
/// There is no store of that name, or it is named by a connection string; the file system fails.
pub fn delete(call: &Arc<Call>, name: &str) -> Result<()> {
    existing(call, name)?.discard()
}

/// Renames the store `old`.
///
/// # Errors
/// As [`delete`]; something is at `new` already.
pub fn rename(call: &Arc<Call>, old: &str, new: &str) -> Result<()> {
    let (from, to) = (existing(call, old)?, vacant(call, new)?);
    from.replace(&to).map(drop)
}

/// Copies the files of the store `old`.
///
/// # Errors
/// As [`rename`]; what was copied until then is deleted.
pub fn copy(call: &Arc<Call>, old: &str, new: &str, progress: Progress<'_>) -> Result<()> {
    let (from, to) = (existing(call, old)?, vacant(call, new)?);
    let mut roots = Vec::new();
    let copied = copy_folder(&from, &to, "", &mut roots, progress)
        .and_then(|()| roots.iter().try_for_each(|key| copy_file(&from, &to, key)));
    if copied.is_err() {
        // What went wrong first counts.
        let _ = to.delete_folder("");
    }
    copied
}

/// The files of the root, which come last, go to `roots`.
fn copy_folder(
    from: &VsiStore,
    to: &VsiStore,
    key: &str,
    roots: &mut Vec<String>,
    progress: &mut dyn FnMut(f64) -> bool,
) -> Result<()> {
    let entries = from.list(key)?;
    let count = entries.len() as f64;
    for (at, entry) in entries.into_iter().enumerate() {
        if key.is_empty() && !progress(at as f64 / count) {
            return Err(Error::new(Kind::Cancelled, "stopped by the user"));
        }
        let below = join(key, &entry.name);
        match (entry.is_folder, key.is_empty()) {
            (true, _) => copy_folder(from, to, &below, roots, progress)?,
            (false, true) => roots.push(below),
            (false, false) => copy_file(from, to, &below)?,
        }
    }
    Ok(())
}

fn copy_file(from: &VsiStore, to: &VsiStore, key: &str) -> Result<()> {
    let bytes = from.read(key)?.ok_or_else(|| Error::not_found("it has gone")).context(|| from.path_of(key))?;
    to.write(key, &bytes)
}
