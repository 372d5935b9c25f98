//! Resizing, renaming and deleting what is in a store, and changing what arrays say of themselves.

use std::sync::Arc;

use serde_json::{Value, json};

use super::array::Array;
use super::consolidated::is_name;
use super::editor::{Editor, is_reserved, none, normal};
use super::fill;
use super::metadata::ArrayMetadata;
use super::selection::AxisSelection;
use super::types::Stored;
use crate::error::{Context as _, Error, Result};
use crate::store::join;
use crate::store::{Call, VsiStore};

impl Editor {
    /// Gives an array another shape, of as many axes. Where it grows, the new elements are the fill value. Where it
    /// shrinks, chunks outside of it are deleted at once, and what is outside of it in the others becomes the fill value,
    /// so that it does not come back when the array grows again. Arrays of this path that were opened before can no longer
    /// be written.
    ///
    /// # Errors
    /// There is no such array; the file system fails.
    pub fn resize(&self, call: &Arc<Call>, path: &str, shape: &[u64]) -> Result<()> {
        let array = self.array(path)?;
        self.resize_array(call, path, &array, shape).context(|| format!("array /{}", normal(path)))
    }

    fn resize_array(&self, call: &Arc<Call>, path: &str, array: &Array, shape: &[u64]) -> Result<()> {
        let old = array.shape();
        if shape.len() != old.len() {
            return Err(Error::invalid(format!("the shape {shape:?} for an array of {} axes", old.len())));
        }
        if shape.iter().any(|&extent| i64::try_from(extent).is_err()) {
            return Err(Error::invalid(format!("the shape {shape:?}")));
        }
        for (axis, (&extent, &old_extent)) in shape.iter().zip(old).enumerate() {
            // what lies beyond the new end of its last chunk
            let chunk = array.block_size()[axis];
            let end = extent.next_multiple_of(chunk).min(old_extent);
            if extent < end {
                let mut beyond: Vec<AxisSelection<'_>> =
                    old.iter().map(|&extent| AxisSelection::all(extent)).collect::<Result<_>>()?;
                let count = usize::try_from(end - extent).map_err(|_| Error::invalid(format!("{end} positions")))?;
                beyond[axis] = AxisSelection::Strided { start: extent, count, step: 1 };
                array.erase(call, &beyond)?;
            }
        }
        if shape.iter().zip(old).any(|(extent, old)| extent < old) {
            delete_chunks_outside(&self.context.store.with_call(call), array, shape)?;
        }
        self.change(path, |node| {
            node.json["shape"] = json!(shape);
            Ok(())
        })?;
        self.context.node_changed(normal(path));
        Ok(())
    }

    /// Gives a group or array another name in its group; all that is in it moves along, in the store too.
    ///
    /// # Errors
    /// There is no such node, or it is the root; the name is taken or cannot be one; the file system fails.
    pub fn rename(&self, call: &Arc<Call>, path: &str, name: &str) -> Result<()> {
        let path = normal(path);
        self.rename_node(call, path, name).context(|| format!("renaming /{path} to {name}"))
    }

    fn rename_node(&self, call: &Arc<Call>, path: &str, name: &str) -> Result<()> {
        let (parent, old) = path.rsplit_once('/').unwrap_or(("", path));
        let to = join(parent, name);
        let state = &mut *self.state();
        if path.is_empty() {
            return Err(Error::invalid("the root of a store cannot be renamed"));
        }
        if state.tree.node(path).is_none() {
            return Err(none(path));
        }
        if old == name {
            return Ok(());
        }
        if !is_name(name) || is_reserved(name) {
            return Err(Error::invalid(format!("\"{name}\" cannot be the name of a group or array")));
        }
        if state.tree.node(&to).is_some() {
            return Err(Error::invalid("there is a group or array of that name already"));
        }
        let store = self.context.store.with_call(call);
        store.rename_folder(path, &to)?;
        Arc::make_mut(&mut state.tree).rename(path, name);
        let moved = |changed: &String| match changed.strip_prefix(path) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{to}{rest}"),
            _ => changed.clone(),
        };
        state.changed = state.changed.iter().map(moved).collect();
        state.created = state.created.iter().map(moved).collect();
        state.consolidated = state.consolidated.iter().map(moved).collect();
        state.is_outdated = true;
        self.context.node_changed(path);
        // a root that is stored would name what is there no more
        match state.created.contains("") {
            true => Ok(()),
            false => state.flush(&store),
        }
    }

    /// Deletes a group or array with all that is in it, in the store too.
    ///
    /// # Errors
    /// There is no such node, or it is the root; the file system fails.
    pub fn delete(&self, call: &Arc<Call>, path: &str) -> Result<()> {
        let path = normal(path);
        let state = &mut *self.state();
        if path.is_empty() {
            return Err(Error::invalid("the root of a store cannot be deleted"));
        }
        if state.tree.node(path).is_none() {
            return Err(none(path));
        }
        let store = self.context.store.with_call(call);
        let mut deleted = || {
            Arc::make_mut(&mut state.tree).remove(path);
            let is_below =
                |key: &String| key.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            state.changed.retain(|key| !is_below(key));
            state.created.retain(|key| !is_below(key));
            state.consolidated.retain(|key| !is_below(key));
            state.is_outdated = true;
            // first it is no longer named, then no longer there
            if !state.created.contains("") {
                state.flush(&store)?;
            }
            store.delete_folder(path)
        };
        let deleted = deleted();
        self.context.node_changed(path);
        deleted.context(|| format!("deleting /{path}"))
    }

    /// Puts the same array, as it is stored, into the group `group` under the same name.
    ///
    /// # Errors
    /// There is no such array or group; the name is taken there; the file system fails.
    pub fn duplicate(&self, call: &Arc<Call>, path: &str, group: &str) -> Result<()> {
        let path = normal(path);
        let node = self.state().tree.node(path).filter(|node| node.is_array).cloned().ok_or_else(|| none(path))?;
        let name = path.rsplit('/').next().unwrap_or_default();
        let to = join(normal(group), name);
        self.add(normal(group), name, || Ok(node)).context(|| format!("array /{to}"))?;
        copy_chunks(&self.context.store.with_call(call), path, &to).context(|| format!("array /{to}"))
    }

    /// Gives the axes of an array other names.
    ///
    /// # Errors
    /// There is no such array, or it has another number of axes.
    pub fn set_dimensions(&self, path: &str, names: &[String]) -> Result<()> {
        self.change(path, |node| {
            let axes = node.json["shape"].as_array().map_or(0, Vec::len);
            if !node.is_array || axes != names.len() {
                return Err(Error::invalid(format!("{} names for {axes} axes", names.len())));
            }
            match node.version {
                2 => drop(node.attributes.insert("_ARRAY_DIMENSIONS".to_string(), json!(names))),
                _ => node.json["dimension_names"] = json!(names),
            }
            Ok(())
        })
    }

    /// Makes `nodata` (one element of the type that users see, native byte order) the value that marks missing elements;
    /// `None` takes the mark away. Chunks keep their elements. Elements that are not stored become `nodata` while the
    /// array is new, that is until it is flushed; later they keep their value, and the mark is the attribute `_FillValue`.
    ///
    /// # Errors
    /// There is no such array of numbers; not one element.
    pub fn set_nodata(&self, path: &str, nodata: Option<&[u8]>) -> Result<()> {
        let path = normal(path);
        let array = self.array(path)?;
        let ArrayMetadata { stored: Stored::Number(number), fill: old_fill, .. } = &array.metadata else {
            return Err(Error::invalid("only arrays of numbers have a nodata value").context(format!("array /{path}")));
        };
        let is_new = self.state().created.contains(path) && !self.has_chunks(&array)?;
        let format = self.format();
        self.change(path, |node| {
            let Some(nodata) = nodata else {
                drop(node.attributes.shift_remove("_FillValue"));
                if node.version == 2 && is_new {
                    node.json["fill_value"] = Value::Null;
                }
                return Ok(());
            };
            let json = fill::to_json(*number, nodata, format)?;
            if is_new {
                node.json["fill_value"] = json.clone();
            }
            // xarray takes the mark of V2 from the fill value, that of V3 from the attribute
            let says_it = node.version == 2 && (is_new || fill::numeric(*number, &json).as_ref() == old_fill.as_ref());
            match says_it {
                true => drop(node.attributes.shift_remove("_FillValue")),
                false => drop(node.attributes.insert("_FillValue".to_string(), fill::to_attribute(*number, nodata)?)),
            }
            Ok(())
        })?;
        self.context.node_changed(path);
        Ok(())
    }

    fn has_chunks(&self, array: &Array) -> Result<bool> {
        Ok(!self.context.store.list(&array.key)?.is_empty())
    }
}

/// Copies what is in a folder, but the files of metadata.
fn copy_chunks(store: &VsiStore, from: &str, to: &str) -> Result<()> {
    for entry in store.list(from)?.into_iter().filter(|entry| !is_reserved(&entry.name)) {
        let (from, to) = (join(from, &entry.name), join(to, &entry.name));
        match entry.is_folder {
            true => copy_chunks(store, &from, &to)?,
            false => store.write(&to, &store.read(&from)?.unwrap_or_default())?,
        }
    }
    Ok(())
}

/// Deletes the chunks that are outside of `shape`.
fn delete_chunks_outside(store: &VsiStore, array: &Array, shape: &[u64]) -> Result<()> {
    let counts: Vec<u64> =
        shape.iter().zip(array.block_size()).map(|(extent, chunk)| extent.div_ceil(*chunk)).collect();
    let (prefix, separator) = (array.metadata.keys.prefix, array.metadata.keys.separator);
    let is_index = |text: &str| text.parse::<u64>().ok().filter(|index| index.to_string() == text);
    if separator == '/' {
        let folder = join(&array.key, prefix);
        return delete_below(store, folder.trim_end_matches('/'), &counts, &is_index);
    }
    for entry in store.list(&array.key)?.into_iter().filter(|entry| !entry.is_folder) {
        let mut parts: Vec<&str> = entry.name.split(separator).collect();
        if !prefix.is_empty() {
            if parts.first() != Some(&prefix) {
                continue;
            }
            parts.remove(0);
        }
        let indices: Option<Vec<u64>> = parts.into_iter().map(is_index).collect();
        let is_outside = indices.is_some_and(|indices| {
            indices.len() == counts.len() && indices.iter().zip(&counts).any(|(index, count)| index >= count)
        });
        if is_outside {
            store.delete(&join(&array.key, &entry.name))?;
        }
    }
    Ok(())
}

/// As [`delete_chunks_outside`], for folders within folders: `counts` are those of the axes from here on.
fn delete_below(store: &VsiStore, folder: &str, counts: &[u64], is_index: &dyn Fn(&str) -> Option<u64>) -> Result<()> {
    let Some((&count, inner)) = counts.split_first() else { return Ok(()) };
    let is_empty = counts.contains(&0);
    for entry in store.list(folder)? {
        let Some(index) = is_index(&entry.name) else { continue };
        let key = join(folder, &entry.name);
        match (index >= count || is_empty, entry.is_folder) {
            (true, true) => store.delete_folder(&key)?,
            (true, false) => store.delete(&key)?,
            (false, true) => delete_below(store, &key, inner, is_index)?,
            (false, false) => {}
        }
    }
    Ok(())
}
