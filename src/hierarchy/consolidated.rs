//! Consolidated metadata: all nodes of a store in one file.
//!
//! V2: `.zmetadata` (<https://zarr.readthedocs.io/en/stable/user-guide/consolidated_metadata.html>); V3: the
//! `consolidated_metadata` inside `zarr.json`, as zarr-python and zarrs write it.

use std::collections::HashMap;

use serde_json::Value;

use super::Attributes;
use crate::error::{Error, Result};
use crate::store::join;

/// The member of a group's `zarr.json` that has the metadata of all that is in it.
pub(super) const CONSOLIDATED: &str = "consolidated_metadata";

/// The metadata of a group or an array, as stored.
#[derive(Clone, Debug)]
pub(super) struct NodeMetadata {
    /// 2 or 3.
    pub(super) version: u8,
    pub(super) is_array: bool,
    /// `.zgroup`, `.zarray` or `zarr.json`.
    pub(super) json: Value,
    pub(super) attributes: Attributes,
}

/// The nodes of a store by their path (`a/b`, the root is empty).
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    nodes: HashMap<String, NodeMetadata>,
    /// Names of the children of each group, in the order of the file.
    children: HashMap<String, Vec<String>>,
}

impl NodeMetadata {
    /// From the contents of a `zarr.json`.
    pub(super) fn from_v3(json: Value) -> Result<Self> {
        let is_array = match (json["zarr_format"].as_u64(), json["node_type"].as_str()) {
            (Some(3), Some("array")) => true,
            (Some(3), Some("group")) if json.get("shape").is_some() => {
                return Err(Error::corrupt("zarr.json says \"group\", but has a shape"));
            }
            (Some(3), Some("group")) => false,
            _ => return Err(Error::corrupt("zarr.json is not that of a group or array of format 3")),
        };
        let attributes = json["attributes"].as_object().cloned().unwrap_or_default();
        Ok(Self { version: 3, is_array, json, attributes })
    }

    /// Puts the attributes into the JSON, where V3 keeps them.
    pub(super) fn sync_attributes(&mut self) {
        if self.version == 2 {
            return;
        }
        if !self.json.is_object() {
            self.json = serde_json::json!({"zarr_format": 3, "node_type": "group"});
        }
        self.json["attributes"] = Value::Object(self.attributes.clone());
    }

    /// A group that is only there because something is in it.
    fn implied(version: u8) -> Self {
        Self { version, is_array: false, json: Value::Null, attributes: Attributes::new() }
    }
}

impl Tree {
    /// From the contents of a `.zmetadata`.
    pub(super) fn from_v2(json: &Value) -> Result<Self> {
        let metadata = json["metadata"].as_object().ok_or_else(|| Error::corrupt(".zmetadata has no \"metadata\""))?;
        let mut tree = Self::default();
        tree.insert("", NodeMetadata::implied(2));
        for (key, value) in metadata {
            let (path, file) = key.rsplit_once('/').unwrap_or(("", key));
            if matches!(file, ".zgroup" | ".zarray") && is_path(path) {
                let is_array = file == ".zarray";
                let attributes = Attributes::new();
                tree.insert(path, NodeMetadata { version: 2, is_array, json: value.clone(), attributes });
            }
        }
        for (key, value) in metadata {
            let (path, file) = key.rsplit_once('/').unwrap_or(("", key));
            if let (".zattrs", Some(node), Value::Object(attributes)) = (file, tree.nodes.get_mut(path), value) {
                node.attributes = attributes.clone();
            }
        }
        Ok(tree)
    }

    /// From the contents of the `zarr.json` of a group, `None` where it is not consolidated.
    pub(super) fn from_v3(json: &Value) -> Option<Self> {
        let metadata = json[CONSOLIDATED]["metadata"].as_object()?;
        let mut tree = Self::default();
        let mut root = json.clone();
        root.as_object_mut()?.shift_remove(CONSOLIDATED);
        tree.insert("", NodeMetadata::from_v3(root).ok()?);
        for (path, value) in metadata {
            let path = path.trim_matches('/');
            if !is_path(path) || path.is_empty() {
                continue;
            }
            let mut value = value.clone();
            // the groups in it say that there is nothing in them: all is here
            value.as_object_mut().and_then(|object| object.shift_remove(CONSOLIDATED));
            // a node that makes no sense is shown, and is an error when it is opened
            let node = NodeMetadata::from_v3(value.clone()).unwrap_or_else(|_| NodeMetadata {
                version: 3,
                is_array: true,
                json: value,
                attributes: Attributes::new(),
            });
            tree.insert(path, node);
        }
        Some(tree)
    }

    /// Puts a node there, and groups above it where there are none.
    pub(super) fn insert(&mut self, path: &str, node: NodeMetadata) {
        let version = node.version;
        if self.nodes.insert(path.to_string(), node).is_some() || path.is_empty() {
            return;
        }
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        if !self.nodes.contains_key(parent) {
            self.insert(parent, NodeMetadata::implied(version));
        }
        self.children.entry(parent.to_string()).or_default().push(name.to_string());
    }

    /// The node at `path`.
    pub(super) fn node(&self, path: &str) -> Option<&NodeMetadata> {
        self.nodes.get(path)
    }

    /// As [`Tree::node`], to be changed.
    pub(super) fn node_mut(&mut self, path: &str) -> Option<&mut NodeMetadata> {
        self.nodes.get_mut(path)
    }

    /// Takes the node at `path` out, with all that is in it.
    pub(super) fn remove(&mut self, path: &str) {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        if let Some(names) = self.children.get_mut(parent) {
            names.retain(|other| other != name);
        }
        let is_below = |key: &str| key.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.nodes.retain(|key, _| !is_below(key));
        self.children.retain(|key, _| !is_below(key));
    }

    /// Gives the node at `path` the name `name`; it stays at its place among its siblings.
    pub(super) fn rename(&mut self, path: &str, name: &str) {
        let (parent, old) = path.rsplit_once('/').unwrap_or(("", path));
        let to = join(parent, name);
        for other in self.children.get_mut(parent).into_iter().flatten().filter(|other| *other == old) {
            *other = name.to_string();
        }
        let moved = |key: String| match key.strip_prefix(path) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{to}{rest}"),
            _ => key,
        };
        self.nodes = std::mem::take(&mut self.nodes).into_iter().map(|(key, node)| (moved(key), node)).collect();
        self.children =
            std::mem::take(&mut self.children).into_iter().map(|(key, names)| (moved(key), names)).collect();
    }

    /// Names and metadata of what is in the group at `path`.
    pub(super) fn children(&self, path: &str) -> impl Iterator<Item = (&str, &NodeMetadata)> {
        let names = self.children.get(path).map(Vec::as_slice).unwrap_or_default();
        names.iter().filter_map(move |name| Some((name.as_str(), self.nodes.get(&join(path, name))?)))
    }
}

/// Whether each part of a path can be the name of a folder below its group.
pub(super) fn is_path(path: &str) -> bool {
    path.is_empty() || path.split('/').all(is_name)
}

/// Whether `name` can be the name of a node.
pub(super) fn is_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\0'])
}
