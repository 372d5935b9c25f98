//! Opening a store at any level of its hierarchy.

use std::sync::Arc;

use serde_json::Value;

use super::array::Array;
use super::consolidated::{NodeMetadata, Tree};
use super::context::Context;
use super::group::{Group, Source};
use super::{Attributes, json, metadata};
use crate::error::{Context as _, Result};
use crate::store::VsiStore;
use crate::store::join;

/// What a store's root is.
#[derive(Clone, Debug)]
pub enum Node {
    /// A group.
    Group(Arc<Group>),
    /// An array.
    Array(Arc<Array>),
}

/// Opens the group or array at the root of `store`; `None` where there is no Zarr node.
///
/// # Errors
/// The store cannot be read, or its root's metadata make no sense.
pub fn open(store: &VsiStore) -> Result<Option<Node>> {
    let context = Context::new(store, false);
    let Some((root, tree)) = read_root(store).context(|| store.path().to_string())? else { return Ok(None) };
    if root.is_array {
        let name = store.path().split(['?', '#']).next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        let full_name = format!("/{name}");
        let array = metadata::parse(root.version, &root.json, &root.attributes, &full_name)
            .and_then(|metadata| Array::new(&context, full_name, String::new(), metadata))
            .context(|| store.path().to_string())?;
        return Ok(Some(Node::Array(array)));
    }
    let source = match tree {
        Some((tree, path)) => Source::Tree { tree: Arc::new(tree), path },
        None => Source::Listing,
    };
    Ok(Some(Node::Group(Group::new(&context, "/".to_string(), String::new(), &root, source))))
}

/// Whether there is a Zarr node at the root of `store`, with at most two requests over a network.
pub fn looks_like_zarr(store: &VsiStore) -> bool {
    let exists = |key: &str| match store.is_remote() {
        true => store.read(key).is_ok_and(|found| found.is_some()),
        false => store.size(key).is_ok_and(|size| size.is_some()),
    };
    match store.is_remote() {
        true => exists("zarr.json") || exists(".zmetadata"),
        false => ["zarr.json", ".zgroup", ".zarray", ".zmetadata"].into_iter().any(exists),
    }
}

/// The consolidated metadata, and the path of the opened node in them.
pub(super) type Consolidated = Option<(Tree, String)>;

pub(super) fn read_root(store: &VsiStore) -> Result<Option<(NodeMetadata, Consolidated)>> {
    if let Some(json) = read_json(store, "zarr.json")? {
        let tree = Tree::from_v3(&json);
        let root = NodeMetadata::from_v3(json)?;
        let consolidated = match tree {
            Some(tree) => Some((tree, String::new())),
            None if root.is_array => None,
            None => consolidated_above(store, 3)?,
        };
        return Ok(Some((root, consolidated)));
    }
    if let Some(json) = read_json(store, ".zmetadata")? {
        let tree = Tree::from_v2(&json)?;
        let root = tree.node("").cloned();
        return Ok(root.map(|root| (root, Some((tree, String::new())))));
    }
    let Some(root) = read_v2(store, "")? else { return Ok(None) };
    let consolidated = if root.is_array { None } else { consolidated_above(store, 2)? };
    Ok(Some((root, consolidated)))
}

/// Where folders cannot be listed, the consolidated metadata of a group further up say what is in this one.
fn consolidated_above(store: &VsiStore, version: u8) -> Result<Consolidated> {
    const LEVELS: usize = 3;
    if store.can_list() {
        return Ok(None);
    }
    let mut path = String::new();
    let mut root = store.path().to_string();
    for _ in 0..LEVELS {
        let Some((above, name)) = root.rsplit_once('/').filter(|(above, _)| !above.ends_with('/')) else { break };
        path = if path.is_empty() { name.to_string() } else { format!("{name}/{path}") };
        let above = VsiStore::new(above, store.call());
        let tree = match version {
            2 => read_json(&above, ".zmetadata").ok().flatten().and_then(|json| Tree::from_v2(&json).ok()),
            _ => read_json(&above, "zarr.json").ok().flatten().and_then(|json| Tree::from_v3(&json)),
        };
        if let Some(tree) = tree.filter(|tree| tree.node(&path).is_some()) {
            return Ok(Some((tree, path)));
        }
        root = above.path().to_string();
    }
    Ok(None)
}

/// Reads a node that is not consolidated; `None` where there is none. `first` is the version of its group.
pub(super) fn read_node(store: &VsiStore, key: &str, first: u8) -> Result<Option<NodeMetadata>> {
    let v3 = || match read_json(store, &join(key, "zarr.json"))? {
        Some(json) => NodeMetadata::from_v3(json).map(Some),
        None => Ok(None),
    };
    let v2 = || read_v2(store, key);
    match first {
        2 => v2()?.map_or_else(v3, |node| Ok(Some(node))),
        _ => v3()?.map_or_else(v2, |node| Ok(Some(node))),
    }
}

fn read_v2(store: &VsiStore, key: &str) -> Result<Option<NodeMetadata>> {
    let array = read_json(store, &join(key, ".zarray"))?;
    let (is_array, json) = match array {
        Some(json) => (true, json),
        None => match read_json(store, &join(key, ".zgroup"))? {
            Some(json) => (false, json),
            None => return Ok(None),
        },
    };
    let attributes = match read_json(store, &join(key, ".zattrs"))? {
        Some(Value::Object(attributes)) => attributes,
        _ => Attributes::new(),
    };
    Ok(Some(NodeMetadata { version: 2, is_array, json, attributes }))
}

fn read_json(store: &VsiStore, key: &str) -> Result<Option<Value>> {
    let Some(bytes) = store.read(key)? else { return Ok(None) };
    json::parse(&bytes).map(Some).context(|| key.to_string())
}
