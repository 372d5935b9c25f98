//! A group of a store: its attributes and its children.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::array::Array;
use super::consolidated::{NodeMetadata, Tree, is_name};
use super::context::Context;
use super::metadata::{self, ArrayMetadata};
use super::open::read_node;
use super::{Attributes, json};
use crate::error::{Context as _, Result};
use crate::store::join;
use crate::store::{Call, VsiStore};

/// An opened group.
#[derive(Debug)]
pub struct Group {
    context: Arc<Context>,
    name: String,
    full_name: String,
    /// The key of its folder below the store's root.
    key: String,
    version: u8,
    attributes: Attributes,
    raw_attributes: Attributes,
    source: Source,
    /// What a listing has found.
    listed: Mutex<Option<Arc<Vec<Child>>>>,
}

/// Where a group's children are known from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// Consolidated metadata, and the group's path in them.
    Tree { tree: Arc<Tree>, path: String },
    /// The folders of the store.
    Listing,
}

/// A child, or why it cannot be read.
#[derive(Clone, Debug)]
struct Child {
    name: String,
    node: Result<NodeMetadata>,
}

impl Child {
    /// What cannot be read is shown as an array: opening it tells why.
    fn is_array(&self) -> bool {
        self.node.as_ref().map_or(true, |node| node.is_array)
    }
}

impl Group {
    pub(super) fn new(
        context: &Arc<Context>,
        full_name: String,
        key: String,
        node: &NodeMetadata,
        source: Source,
    ) -> Arc<Self> {
        let mut raw_attributes = json::plain_attributes(&node.attributes);
        let mut attributes = raw_attributes.clone();
        attributes.retain(|key, _| !metadata::is_of_nczarr(key));
        // NCZarr of V2 keeps its own beside the attributes
        for key in ["_NCZARR_GROUP", "_nczarr_group", "_NCZARR_SUPERBLOCK", "_nczarr_superblock"] {
            if let Some(value) = node.json.get(key) {
                raw_attributes.insert(key.to_string(), json::plain(value).into_owned());
            }
        }
        let name = match full_name.rsplit('/').next() {
            Some(name) if !name.is_empty() => name.to_string(),
            _ => "/".to_string(),
        };
        Arc::new(Self {
            context: context.clone(),
            name,
            full_name,
            key,
            version: node.version,
            attributes,
            raw_attributes,
            source,
            listed: Mutex::new(None),
        })
    }

    /// Last part of [`Group::full_name`]; `/` for the root.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Path from the opened root: `/`, `/a`, `/a/b`.
    pub fn full_name(&self) -> &str {
        &self.full_name
    }

    /// 2 or 3.
    pub fn zarr_version(&self) -> u8 {
        self.version
    }

    /// Whether its children are known from consolidated metadata.
    pub fn is_consolidated(&self) -> bool {
        matches!(self.source, Source::Tree { .. })
    }

    /// The attributes that users see.
    pub fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    /// The attributes as stored.
    pub fn raw_attributes(&self) -> &Attributes {
        &self.raw_attributes
    }

    /// Names of the groups in it, in the order of the consolidated metadata, else sorted.
    ///
    /// # Errors
    /// The store cannot be listed or read.
    pub fn group_names(&self, call: &Arc<Call>) -> Result<Vec<String>> {
        self.names(call, false)
    }

    /// Names of the arrays in it, in the order of the consolidated metadata, else sorted.
    ///
    /// # Errors
    /// The store cannot be listed or read.
    pub fn array_names(&self, call: &Arc<Call>) -> Result<Vec<String>> {
        self.names(call, true)
    }

    /// A group in it, `None` when there is none of that name.
    ///
    /// # Errors
    /// Its metadata cannot be read or make no sense.
    pub fn open_group(&self, call: &Arc<Call>, name: &str) -> Result<Option<Arc<Self>>> {
        let full_name = self.child_name(name);
        let Some(node) = self.child(call, name).context(|| format!("group {full_name}"))? else { return Ok(None) };
        if node.is_array {
            return Ok(None);
        }
        let source = match &self.source {
            Source::Tree { tree, path } => Source::Tree { tree: tree.clone(), path: join(path, name) },
            Source::Listing => Source::Listing,
        };
        Ok(Some(Self::new(&self.context, full_name, join(&self.key, name), &node, source)))
    }

    /// An array in it, `None` when there is none of that name.
    ///
    /// # Errors
    /// Its metadata cannot be read, make no sense, or ask for what this driver cannot do.
    pub fn open_array(&self, call: &Arc<Call>, name: &str) -> Result<Option<Arc<Array>>> {
        let Some(metadata) = self.array_metadata(call, name)? else { return Ok(None) };
        Array::new(&self.context, self.child_name(name), join(&self.key, name), metadata).map(Some)
    }

    /// The metadata of an array in it, without opening it; `None` when there is none of that name.
    ///
    /// # Errors
    /// As [`Group::open_array`], short of codecs that are not known.
    pub fn array_metadata(&self, call: &Arc<Call>, name: &str) -> Result<Option<ArrayMetadata>> {
        let full_name = self.child_name(name);
        match self.child(call, name).context(|| format!("array {full_name}"))? {
            Some(node) if node.is_array => {
                metadata::parse(node.version, &node.json, &node.attributes, &full_name).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn child_name(&self, name: &str) -> String {
        match self.full_name.as_str() {
            "/" => format!("/{name}"),
            full_name => format!("{full_name}/{name}"),
        }
    }

    fn names(&self, call: &Arc<Call>, arrays: bool) -> Result<Vec<String>> {
        if let Source::Tree { tree, path } = &self.source {
            let children = tree.children(path).filter(|(_, node)| node.is_array == arrays);
            return Ok(children.map(|(name, _)| name.to_string()).collect());
        }
        let children = self.list(call).context(|| format!("group {}", self.full_name))?;
        Ok(children.iter().filter(|child| child.is_array() == arrays).map(|child| child.name.clone()).collect())
    }

    fn child(&self, call: &Arc<Call>, name: &str) -> Result<Option<NodeMetadata>> {
        if !is_name(name) {
            return Ok(None);
        }
        if let Source::Tree { tree, path } = &self.source {
            return Ok(tree.node(&join(path, name)).cloned());
        }
        let listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(child) = listed.and_then(|children| children.iter().find(|child| child.name == name).cloned()) {
            return child.node.map(Some);
        }
        read_node(&self.store(call), &join(&self.key, name), self.version)
    }

    fn store(&self, call: &Arc<Call>) -> VsiStore {
        self.context.store.with_call(call)
    }

    /// The children that are found in folders, or that NCZarr names; remembered.
    fn list(&self, call: &Arc<Call>) -> Result<Arc<Vec<Child>>> {
        if let Some(children) = self.listed.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Ok(children);
        }
        let store = self.store(call);
        let names = match store.can_list() {
            true => {
                let entries = store.list(&self.key)?;
                entries.into_iter().filter(|entry| entry.is_folder).map(|entry| entry.name).collect()
            }
            false => self.names_of_nczarr(),
        };
        let mut children = Vec::new();
        for name in names.into_iter().filter(|name| is_name(name)) {
            match read_node(&store, &join(&self.key, &name), self.version) {
                Ok(None) => {}
                Ok(Some(node)) => children.push(Child { name, node: Ok(node) }),
                Err(error) => children.push(Child { name, node: Err(error) }),
            }
        }
        let children = Arc::new(children);
        *self.listed.lock().unwrap_or_else(PoisonError::into_inner) = Some(children.clone());
        Ok(children)
    }

    /// `_NCZARR_GROUP` lists what is in a group.
    fn names_of_nczarr(&self) -> Vec<String> {
        let group = ["_NCZARR_GROUP", "_nczarr_group"].into_iter().find_map(|key| self.raw_attributes.get(key));
        let lists = ["vars", "arrays", "groups"].into_iter().filter_map(|key| group?.get(key)?.as_array());
        lists.flatten().filter_map(Value::as_str).map(str::to_string).collect()
    }
}
