//! Writing the metadata of an [`Editor`].

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::consolidated::{CONSOLIDATED, NodeMetadata, Tree};
use super::editor::{Editor, State};
use super::{Attributes, json};
use crate::error::Result;
use crate::store::join;
use crate::store::{Call, VsiStore};

impl Editor {
    /// Writes what has changed of the metadata: the deepest nodes first, the root and consolidated metadata last.
    ///
    /// # Errors
    /// A file cannot be written: it is as it was, and the next flush tries again.
    pub fn flush(&self, call: &Arc<Call>) -> Result<()> {
        let store = self.context.store.with_call(call);
        self.state().flush(&store)?;
        store.refresh()
    }
}

impl State {
    pub(super) fn flush(&mut self, store: &VsiStore) -> Result<()> {
        // a group that repeats the metadata of what is in it changes with them
        if self.is_outdated {
            self.changed.extend(self.consolidated.iter().cloned());
        }
        let mut paths: Vec<String> = self.changed.iter().filter(|path| !path.is_empty()).cloned().collect();
        paths.sort_by_key(|path| (std::cmp::Reverse(path.matches('/').count()), path.clone()));
        for path in paths {
            if let Some(node) = self.tree.node(&path) {
                let consolidated = self.consolidated.contains(&path).then(|| consolidated_v3(&self.tree, &path));
                write_node(store, &path, node, consolidated, self.created.contains(&path))?;
            }
            self.changed.remove(&path);
            self.created.remove(&path);
        }
        let Some(root) = self.tree.node("") else { return Ok(()) };
        let is_new = self.created.contains("");
        let consolidates = self.is_consolidated && self.is_outdated && !root.is_array;
        match (root.version, consolidates) {
            (2, true) => {
                if self.changed.contains("") {
                    write_node(store, "", root, None, is_new)?;
                }
                write_json(store, ".zmetadata", &consolidated_v2(&self.tree))?;
            }
            (_, true) => write_node(store, "", root, Some(consolidated_v3(&self.tree, "")), is_new)?,
            (_, false) if self.changed.contains("") => write_node(store, "", root, None, is_new)?,
            (_, false) => {}
        }
        self.changed.remove("");
        self.created.remove("");
        self.is_outdated = false;
        Ok(())
    }
}

/// Writes the metadata of one node; `consolidated` are those of all nodes in it.
fn write_node(
    store: &VsiStore,
    path: &str,
    node: &NodeMetadata,
    consolidated: Option<Value>,
    is_new: bool,
) -> Result<()> {
    if node.version != 2 {
        let mut json = node.json.clone();
        if let (Some(consolidated), Some(object)) = (consolidated, json.as_object_mut()) {
            object.insert(CONSOLIDATED.to_string(), consolidated);
        }
        return write_json(store, &join(path, "zarr.json"), &json);
    }
    // the attributes first: a node is there once its `.zarray` or `.zgroup` is
    let attributes = join(path, ".zattrs");
    match (node.attributes.is_empty(), is_new) {
        (false, _) => write_json(store, &attributes, &Value::Object(node.attributes.clone()))?,
        (true, false) => store.delete(&attributes)?,
        (true, true) => {}
    }
    match node.is_array {
        true => write_json(store, &join(path, ".zarray"), &node.json),
        false => write_json(store, &join(path, ".zgroup"), &group_v2(node)),
    }
}

fn group_v2(node: &NodeMetadata) -> Value {
    match node.json.is_object() {
        true => node.json.clone(),
        // so far it was only there because something was in it
        false => json!({"zarr_format": 2}),
    }
}

fn write_json(store: &VsiStore, key: &str, json: &Value) -> Result<()> {
    store.write(key, json::write(json).as_bytes())
}

/// Calls `visit` for each node below the group `path`, parents first.
fn for_each_below<'t>(tree: &'t Tree, path: &str, visit: &mut dyn FnMut(String, &'t NodeMetadata)) {
    for (name, node) in tree.children(path) {
        let below = join(path, name);
        visit(below.clone(), node);
        for_each_below(tree, &below, visit);
    }
}

/// The contents of `.zmetadata`.
fn consolidated_v2(tree: &Tree) -> Value {
    let mut metadata = Map::new();
    let mut add = |path: &str, node: &NodeMetadata| {
        if !node.attributes.is_empty() {
            metadata.insert(join(path, ".zattrs"), Value::Object(node.attributes.clone()));
        }
        match node.is_array {
            true => metadata.insert(join(path, ".zarray"), node.json.clone()),
            false => metadata.insert(join(path, ".zgroup"), group_v2(node)),
        };
    };
    if let Some(root) = tree.node("") {
        add("", root);
    }
    for_each_below(tree, "", &mut |path, node| {
        if node.version == 2 {
            add(&path, node);
        }
    });
    json!({"zarr_consolidated_format": 1, "metadata": metadata})
}

/// The member `consolidated_metadata` of the `zarr.json` of the group `path`.
fn consolidated_v3(tree: &Tree, path: &str) -> Value {
    let mut metadata = Map::new();
    for_each_below(tree, path, &mut |below, node| {
        if node.version == 2 {
            return;
        }
        let mut json = match node.json.is_object() {
            true => node.json.clone(),
            false => json!({"zarr_format": 3, "node_type": "group", "attributes": Attributes::new()}),
        };
        if let (false, Some(object)) = (node.is_array, json.as_object_mut()) {
            object.insert(CONSOLIDATED.to_string(), empty_v3());
        }
        metadata.insert(below.strip_prefix(path).unwrap_or(&below).trim_start_matches('/').to_string(), json);
    });
    let mut consolidated = empty_v3();
    consolidated["metadata"] = Value::Object(metadata);
    consolidated
}

fn empty_v3() -> Value {
    json!({"kind": "inline", "must_understand": false, "metadata": {}})
}
