//! Groups and arrays by their path from a root.

use std::sync::Arc;

use crate::cube::{Array, Group};
use crate::error::Result;
use crate::store::Call;

/// The group at `path` (`a/b`, `/a/b`, or empty) below `root`.
pub fn group_at(root: &Arc<dyn Group>, call: &Arc<Call>, path: &str) -> Result<Option<Arc<dyn Group>>> {
    let mut group = Arc::clone(root);
    for name in path.split('/').filter(|name| !name.is_empty()) {
        match group.open_group(call, name)? {
            Some(child) => group = child,
            None => return Ok(None),
        }
    }
    Ok(Some(group))
}

/// The array at `path` (`a/u` or `/a/u`) below `root`.
pub fn array_at(root: &Arc<dyn Group>, call: &Arc<Call>, path: &str) -> Result<Option<Arc<dyn Array>>> {
    let (groups, name) = path.rsplit_once('/').unwrap_or(("", path));
    match group_at(root, call, groups)? {
        Some(group) => group.open_array(call, name),
        None => Ok(None),
    }
}
