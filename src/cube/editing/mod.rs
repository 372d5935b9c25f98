//! A cube that is created or updated: what is known beside the store while it is being written.
//!
//! The [`Editor`] keeps the nodes; an [`EditedGroup`] lays the grid over a group as it is at the moment, and turns what
//! the user creates into arrays, chunks and the attributes of a convention. A zone axis begins as a dimension: its id
//! array is there at once, and the ids of the whole globe are written when the store is flushed, unless the user wrote them.

mod axis;
mod group;
mod new_array;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::cube::creation::CreationOptions;
use crate::cube::{Attributes, Dimension};
use crate::error::{Error, Result};
use crate::grid::Grid;
use crate::hierarchy::Editor;
use crate::store::Call;
use axis::{Ids, NewZones};
pub(super) use group::EditedGroup;

/// What the groups and arrays of a store that is written share.
pub(super) struct Editing {
    editor: Arc<Editor>,
    options: CreationOptions,
    /// The grid of new zone axes.
    grid: Option<Arc<dyn Grid>>,
    /// Their level, where nothing nearer says it.
    level: Option<u8>,
    /// Counts what was changed of the metadata.
    changes: AtomicU64,
    made: Mutex<Made>,
}

/// What was made in this session and is not, or not only, in the store.
#[derive(Default)]
struct Made {
    /// Dimensions, whose kinds and directions Zarr does not keep.
    dimensions: Vec<Dimension>,
    zones: Vec<NewZones>,
    /// The option `LEVEL` of groups, by their full names.
    levels: BTreeMap<String, u8>,
}

/// Why the array of ids at `path` is neither renamed nor deleted.
pub(super) fn ids_stay(path: &str) -> Error {
    Error::invalid(format!(
        "{path} lists the zone ids, without which there is no grid: it keeps its place and its name"
    ))
}

impl Editing {
    /// Of a store that was just created.
    pub(super) fn of_new(
        editor: Arc<Editor>,
        options: CreationOptions,
        grid: Option<Arc<dyn Grid>>,
        level: Option<u8>,
    ) -> Self {
        Self { editor, options, grid, level, changes: AtomicU64::new(0), made: Mutex::default() }
    }

    /// Of a store that was opened for update.
    pub(super) fn of_old(editor: Arc<Editor>) -> Self {
        let options = CreationOptions { format: editor.format(), ..CreationOptions::default() };
        Self::of_new(editor, options, None, None)
    }

    /// The store's nodes.
    pub(super) fn editor(&self) -> &Editor {
        &self.editor
    }

    fn made(&self) -> MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something of the metadata is another now.
    pub(super) fn changed(&self) {
        self.changes.fetch_add(1, Ordering::Relaxed);
    }

    fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    /// A dimension that was made in this session.
    pub(super) fn dimension(&self, group: &str, name: &str) -> Option<Dimension> {
        self.made().dimensions.iter().find(|known| known.group == group && known.name == name).cloned()
    }

    /// Sets an attribute of the node at `path`, or deletes it.
    ///
    /// # Errors
    /// There is none of that name to be deleted; one that the store needs itself.
    pub(super) fn set_attribute(&self, path: &str, name: &str, value: Option<Value>) -> Result<()> {
        if name.is_empty() || name == "_ARRAY_DIMENSIONS" {
            return Err(Error::invalid(format!("{path}: \"{name}\" cannot be an attribute's name")));
        }
        if value.is_none() && !self.editor.attributes(path)?.contains_key(name) {
            return Err(Error::not_found(format!("{path}: there is no attribute \"{name}\"")));
        }
        self.editor.set_attribute(path, name, value)?;
        self.changed();
        Ok(())
    }

    /// Sets an attribute of the node at `path`, or sees to it that there is none.
    pub(super) fn put_attribute(&self, path: &str, name: &str, value: Option<Value>) -> Result<()> {
        self.editor.set_attribute(path, name, value)?;
        self.changed();
        Ok(())
    }

    /// Makes the attributes of the node at `path` what `change` makes of them.
    fn change_attributes(&self, path: &str, change: impl FnOnce(&mut Attributes)) -> Result<()> {
        let old = self.editor.attributes(path)?;
        let mut new = old.clone();
        change(&mut new);
        for (key, value) in &new {
            if old.get(key) != Some(value) {
                self.editor.set_attribute(path, key, Some(value.clone()))?;
            }
        }
        self.changed();
        Ok(())
    }

    /// Gives a group or array another name.
    pub(super) fn rename(&self, call: &Arc<Call>, path: &str, new_name: &str) -> Result<()> {
        self.editor.rename(call, path, new_name)?;
        let renamed = format!("{}/{new_name}", path.rsplit_once('/').map_or("", |(parent, _)| parent));
        let mut made = self.made();
        let moved = |group: &str| match group.strip_prefix(path) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{renamed}{rest}"),
            _ => group.to_owned(),
        };
        made.dimensions.iter_mut().for_each(|dimension| dimension.group = moved(&dimension.group));
        made.zones.iter_mut().for_each(|zones| zones.group = moved(&zones.group));
        made.levels =
            std::mem::take(&mut made.levels).into_iter().map(|(group, level)| (moved(&group), level)).collect();
        drop(made);
        self.changed();
        Ok(())
    }

    /// Deletes a group or array.
    pub(super) fn delete(&self, call: &Arc<Call>, path: &str) -> Result<()> {
        self.editor.delete(call, path)?;
        let mut made = self.made();
        let gone = |group: &str| group.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        made.dimensions.retain(|dimension| !gone(&dimension.group));
        made.zones.retain(|zones| !gone(&zones.group));
        made.levels.retain(|group, _| !gone(group));
        drop(made);
        self.changed();
        Ok(())
    }

    /// Changes the shape of the array at `path`, and with it that of all arrays of its group on the axes that change.
    pub(super) fn resize(&self, call: &Arc<Call>, path: &str, dimensions: &[Dimension], sizes: &[u64]) -> Result<()> {
        if sizes.len() != dimensions.len() {
            return Err(Error::invalid(format!("{} sizes for {} dimensions", sizes.len(), dimensions.len())));
        }
        let changed: Vec<(&Dimension, u64)> =
            dimensions.iter().zip(sizes.iter().copied()).filter(|(dimension, size)| dimension.size != *size).collect();
        if let Some((zone, _)) = changed.iter().find(|(dimension, _)| dimension.kind == super::layer::ZONE_DIMENSION) {
            return Err(Error::unsupported(format!(
                "{path}: dimension {} holds the zones of a grid: it keeps its size",
                zone.name
            )));
        }
        let group = path.rsplit_once('/').map_or("", |(group, _)| group);
        for name in self.editor.array_names(group)? {
            let other = format!("{group}/{name}");
            let array = self.editor.array(&other)?;
            let new_size = |(axis, size): (usize, &u64)| {
                let name = &array.dimensions()[axis];
                let is_same = |(dimension, _): &&(&Dimension, u64)| {
                    dimension.name == name.name && dimension.size == *size && (name.is_given || other == path)
                };
                changed.iter().find(is_same).map_or(*size, |(_, size)| *size)
            };
            let shape: Vec<u64> = array.shape().iter().enumerate().map(new_size).collect();
            if shape != array.shape() {
                self.editor.resize(call, &other, &shape)?;
            }
        }
        let mut made = self.made();
        for (dimension, size) in changed {
            let is_same = |known: &&mut Dimension| known.group == dimension.group && known.name == dimension.name;
            if let Some(known) = made.dimensions.iter_mut().find(is_same) {
                known.size = size;
            }
        }
        drop(made);
        self.changed();
        Ok(())
    }

    /// Writes all metadata, and the ids that were left to us; with `is_closing`, ids that are missing are an error.
    pub(super) fn flush(&self, call: &Arc<Call>, is_closing: bool) -> Result<()> {
        let zones: Vec<NewZones> = self.made().zones.clone();
        let mut problem = None;
        for zones in zones {
            match zones.complete(call, &self.editor, is_closing) {
                Ok(true) => self.set_ids(zones.ids_path().as_deref(), Ids::Ours),
                Ok(false) => {}
                Err(error) => drop(problem.get_or_insert(error)),
            }
        }
        self.editor.flush(call)?;
        problem.map_or(Ok(()), Err)
    }

    /// The elements of the array at `path` were written.
    pub(super) fn written(&self, path: &str) {
        self.set_ids(Some(path), Ids::Theirs);
    }

    /// The array at `path` holds ids now, if it is one for ids: which zones there are is another matter than before.
    fn set_ids(&self, path: Option<&str>, ids: Ids) {
        let mut made = self.made();
        if let Some(zones) = made.zones.iter_mut().find(|zones| path.is_some() && zones.ids_path().as_deref() == path) {
            zones.ids = ids;
            drop(made);
            self.changed();
        }
    }
}
