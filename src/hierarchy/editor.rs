//! A store that is being written: its nodes in memory, their metadata written by [`Editor::flush`].
//!
//! Arrays write their chunks at once; groups, arrays and attributes are kept until they are flushed, children before
//! parents and the root last, so that a store is not found before it is complete. Consolidated metadata are kept in step:
//! always in a store that is created, and where they were in one that is opened. Keys that this driver does not know
//! survive. Metadata that were not changed are not written.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::array::Array;
use super::consolidated::{CONSOLIDATED, NodeMetadata, Tree, is_name};
use super::context::Context;
use super::group::{Group, Source};
use super::new_array::{self, Format, NewArray};
use super::open::{read_node, read_root};
use super::{Attributes, json, metadata};
use crate::error::{Context as _, Error, Result};
use crate::store::join;
use crate::store::{Call, VsiStore};

/// A store that is being written. Paths of nodes are those of [`Group::full_name`]: `/`, `/a`, `/a/b`.
#[derive(Debug)]
pub struct Editor {
    pub(super) context: Arc<Context>,
    format: Format,
    pub(super) state: Mutex<State>,
}

/// What is in the store, and what of it is not written yet.
#[derive(Debug)]
pub(super) struct State {
    /// Paths are without the first slash; the root is empty.
    pub(super) tree: Arc<Tree>,
    /// Nodes whose metadata are not as in the store.
    pub(super) changed: HashSet<String>,
    /// Those of them that are not in the store at all.
    pub(super) created: HashSet<String>,
    pub(super) is_consolidated: bool,
    /// V3: groups below the root that have consolidated metadata of their own.
    pub(super) consolidated: HashSet<String>,
    /// Whether the consolidated metadata are not as in the store.
    pub(super) is_outdated: bool,
}

impl Editor {
    /// Begins an empty store: a root group. A Zarr store that is there is replaced.
    ///
    /// # Errors
    /// There is a file, or a folder that is neither empty nor a Zarr store; or what is there cannot be deleted.
    pub fn create(store: &VsiStore, format: Format) -> Result<Arc<Self>> {
        if Self::is_replaceable(store)? {
            store.discard()?;
        }
        Ok(Self::begin(store, format))
    }

    /// Begins an empty store in a folder as it is. What lies there already counts where an array of the same name and
    /// shape is created: a job that was stopped continues so.
    pub fn begin(store: &VsiStore, format: Format) -> Arc<Self> {
        let context = Context::new(store, true);
        context.node_changed("");
        let mut tree = Tree::default();
        tree.insert("", NodeMetadata::new_group(format));
        Arc::new(Self {
            context,
            format,
            state: Mutex::new(State {
                tree: Arc::new(tree),
                changed: HashSet::from([String::new()]),
                created: HashSet::from([String::new()]),
                is_consolidated: true,
                consolidated: HashSet::new(),
                is_outdated: true,
            }),
        })
    }

    /// Whether there is a Zarr store, which a new one may replace; nothing, or an empty folder, is false.
    ///
    /// # Errors
    /// What is there must not be replaced, or nothing can be written there.
    pub fn is_replaceable(store: &VsiStore) -> Result<bool> {
        Self::look(store).context(|| store.path().to_string())
    }

    fn look(store: &VsiStore) -> Result<bool> {
        if !store.can_list() {
            return Err(Error::unsupported("this file system cannot be written"));
        }
        if store.is_file()? {
            return Err(Error::invalid("there is a file of that name already"));
        }
        if store.list("")?.is_empty() {
            return Ok(false);
        }
        if read_root(store).is_ok_and(|root| root.is_none()) {
            return Err(Error::invalid(
                "there is a folder of that name already, which is not empty and no Zarr store; delete it first",
            ));
        }
        Ok(true)
    }

    /// Opens a store for update; `None` where there is no Zarr node. What is in it is read at once: from the consolidated
    /// metadata, else from all folders.
    ///
    /// # Errors
    /// The store cannot be listed or read, or its root's metadata make no sense.
    pub fn open(call: &Arc<Call>, store: &VsiStore) -> Result<Option<Arc<Self>>> {
        let store = &store.with_call(call);
        let Some((root, consolidated)) = read_root(store).context(|| store.path().to_string())? else {
            return Ok(None);
        };
        if !store.can_list() {
            return Err(Error::unsupported("this file system cannot be written").context(store.path()));
        }
        let format = if root.version == 2 { Format::V2 } else { Format::V3 };
        let is_consolidated = consolidated.is_some();
        let mut own = HashSet::new();
        let tree = match consolidated {
            Some((tree, _)) => tree,
            None => {
                let mut tree = Tree::default();
                let is_array = root.is_array;
                tree.insert("", root);
                if !is_array {
                    read_folder(store, "", &mut tree, &mut own).context(|| store.path().to_string())?;
                }
                tree
            }
        };
        Ok(Some(Arc::new(Self {
            context: Context::new(store, true),
            format,
            state: Mutex::new(State {
                tree: Arc::new(tree),
                changed: HashSet::new(),
                created: HashSet::new(),
                is_consolidated,
                consolidated: own,
                is_outdated: false,
            }),
        })))
    }

    /// The format of what is created in it: that of its root.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The store.
    pub fn store(&self) -> &VsiStore {
        &self.context.store
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Creates a group, in one that is there.
    ///
    /// # Errors
    /// The group that it is to be in is not there, the name is taken or cannot be one.
    pub fn create_group(&self, path: &str) -> Result<()> {
        let path = normal(path);
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let format = self.format;
        self.add(parent, name, || Ok(NodeMetadata::new_group(format))).context(|| format!("group /{path}"))
    }

    /// Creates an array in a group that is there. Its elements are its fill value until they are written.
    ///
    /// # Errors
    /// There is no such group; the name is taken or cannot be one; what is wanted cannot be had in the store's format.
    pub fn create_array(&self, group_path: &str, array: &NewArray) -> Result<Arc<Array>> {
        self.add_array(group_path, array, None)
    }

    /// The same, but that its chunks are encoded as those of `like`, an array of the store and of the same type, are:
    /// compressor, filters, names of chunks.
    ///
    /// # Errors
    /// As [`Editor::create_array`].
    pub fn create_array_like(&self, group_path: &str, array: &NewArray, like: &Array) -> Result<Arc<Array>> {
        let node = self.state().tree.node(&like.key).filter(|node| node.version == self.format.version()).cloned();
        self.add_array(group_path, array, node.map(|node| node.json))
    }

    fn add_array(&self, group_path: &str, array: &NewArray, like: Option<Value>) -> Result<Arc<Array>> {
        let group = normal(group_path);
        let path = join(group, &array.name);
        let created = || {
            let (mut json, attributes) = array.metadata(self.format)?;
            if let Some(like) = &like {
                new_array::encode_like(&mut json, like, self.format);
            }
            let version = self.format.version();
            let metadata = metadata::parse(version, &json, &attributes, &format!("/{path}"))?;
            // codecs that cannot be used are an error now, not when data come
            let opened = Array::new(&self.context, format!("/{path}"), path.clone(), metadata)?;
            opened.encoder()?;
            Ok((NodeMetadata { version, is_array: true, json, attributes }, opened))
        };
        let mut opened = None;
        let added = self.add(group, &array.name, || {
            let (node, array) = created()?;
            opened = Some(array);
            Ok(node)
        });
        added.context(|| format!("array /{path}"))?;
        opened.ok_or_else(|| Error::invalid(format!("array /{path}: not created")))
    }

    pub(super) fn add(&self, parent: &str, name: &str, node: impl FnOnce() -> Result<NodeMetadata>) -> Result<()> {
        let state = &mut *self.state();
        if !is_name(name) || is_reserved(name) {
            return Err(Error::invalid(format!("\"{name}\" cannot be the name of a group or array")));
        }
        match state.tree.node(parent) {
            Some(group) if !group.is_array => {}
            Some(_) => return Err(Error::invalid(format!("/{parent} is an array, not a group"))),
            None => return Err(Error::not_found(format!("there is no group /{parent}"))),
        }
        let path = join(parent, name);
        if state.tree.node(&path).is_some() {
            return Err(Error::invalid("there is a group or array of that name already"));
        }
        let node = node()?;
        Arc::make_mut(&mut state.tree).insert(&path, node);
        state.touch(&path);
        state.created.insert(path);
        Ok(())
    }

    /// The attributes of a node, as stored.
    ///
    /// # Errors
    /// There is no such node.
    pub fn attributes(&self, path: &str) -> Result<Attributes> {
        let path = normal(path);
        let state = self.state();
        state.tree.node(path).map(|node| json::plain_attributes(&node.attributes)).ok_or_else(|| none(path))
    }

    /// Sets an attribute of a node; `None` deletes it.
    ///
    /// # Errors
    /// There is no such node.
    pub fn set_attribute(&self, path: &str, key: &str, value: Option<Value>) -> Result<()> {
        self.change(path, |node| {
            match value {
                Some(value) => drop(node.attributes.insert(key.to_string(), value)),
                None => drop(node.attributes.shift_remove(key)),
            }
            Ok(())
        })
    }

    /// Changes the metadata of a node; V3 keeps the attributes in its JSON, which is seen to here.
    pub(super) fn change(&self, path: &str, change: impl FnOnce(&mut NodeMetadata) -> Result<()>) -> Result<()> {
        let path = normal(path);
        let state = &mut *self.state();
        if state.tree.node(path).is_none() {
            return Err(none(path));
        }
        let node = Arc::make_mut(&mut state.tree).node_mut(path).ok_or_else(|| none(path))?;
        change(node)?;
        node.sync_attributes();
        state.touch(path);
        Ok(())
    }

    /// Names of the groups in the group `path`.
    ///
    /// # Errors
    /// There is no such node.
    pub fn group_names(&self, path: &str) -> Result<Vec<String>> {
        self.names(path, false)
    }

    /// Names of the arrays in the group `path`.
    ///
    /// # Errors
    /// There is no such node.
    pub fn array_names(&self, path: &str) -> Result<Vec<String>> {
        self.names(path, true)
    }

    fn names(&self, path: &str, arrays: bool) -> Result<Vec<String>> {
        let path = normal(path);
        let state = self.state();
        if state.tree.node(path).is_none() {
            return Err(none(path));
        }
        let children = state.tree.children(path).filter(|(_, node)| node.is_array == arrays);
        Ok(children.map(|(name, _)| name.to_string()).collect())
    }

    /// The group `path` as it is now, with what is in it: later changes do not show in it, but data that are written do.
    ///
    /// # Errors
    /// There is no such group.
    pub fn group(&self, path: &str) -> Result<Arc<Group>> {
        let path = normal(path);
        let state = self.state();
        let node = state.tree.node(path).filter(|node| !node.is_array).ok_or_else(|| none(path))?;
        let source = Source::Tree { tree: state.tree.clone(), path: path.to_string() };
        Ok(Group::new(&self.context, format!("/{path}"), path.to_string(), node, source))
    }

    /// The array `path` as it is now, for reading and writing.
    ///
    /// # Errors
    /// There is no such array, or its metadata make no sense or ask for what this driver cannot do.
    pub fn array(&self, path: &str) -> Result<Arc<Array>> {
        let path = normal(path);
        let node = {
            let state = self.state();
            state.tree.node(path).filter(|node| node.is_array).cloned().ok_or_else(|| none(path))?
        };
        let full_name = match path {
            "" => format!("/{}", self.context.store.path().rsplit('/').next().unwrap_or_default()),
            _ => format!("/{path}"),
        };
        let metadata = metadata::parse(node.version, &node.json, &node.attributes, &full_name)?;
        Array::new(&self.context, full_name, path.to_string(), metadata)
    }
}

impl State {
    /// Notes that the metadata of a node are not as in the store.
    pub(super) fn touch(&mut self, path: &str) {
        self.changed.insert(path.to_string());
        self.is_outdated = true;
    }
}

impl Format {
    pub(super) fn version(self) -> u8 {
        match self {
            Self::V2 => 2,
            Self::V3 => 3,
        }
    }
}

impl NodeMetadata {
    fn new_group(format: Format) -> Self {
        let json = match format {
            Format::V2 => json!({"zarr_format": 2}),
            Format::V3 => json!({"zarr_format": 3, "node_type": "group", "attributes": {}}),
        };
        Self { version: format.version(), is_array: false, json, attributes: Attributes::new() }
    }
}

/// Reads what is in the folder `key`, and in the groups below it.
fn read_folder(store: &VsiStore, key: &str, tree: &mut Tree, consolidated: &mut HashSet<String>) -> Result<()> {
    let version = tree.node(key).map_or(3, |node| node.version);
    for entry in store.list(key)?.into_iter().filter(|entry| entry.is_folder && is_name(&entry.name)) {
        let path = join(key, &entry.name);
        let Some(mut node) = read_node(store, &path, version).context(|| format!("/{path}"))? else { continue };
        let is_array = node.is_array;
        if node.json.as_object_mut().and_then(|json| json.shift_remove(CONSOLIDATED)).is_some_and(|own| own.is_object())
        {
            consolidated.insert(path.clone());
        }
        tree.insert(&path, node);
        if !is_array {
            read_folder(store, &path, tree, consolidated)?;
        }
    }
    Ok(())
}

/// `a/b` of `/a/b`.
pub(super) fn normal(path: &str) -> &str {
    path.trim_matches('/')
}

pub(super) fn none(path: &str) -> Error {
    Error::not_found(format!("there is no /{path} of that kind"))
}

/// Names that are files of a store.
pub(super) fn is_reserved(name: &str) -> bool {
    matches!(name, "zarr.json" | ".zgroup" | ".zarray" | ".zattrs" | ".zmetadata")
}
