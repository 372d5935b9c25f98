//! Levels of a pyramid: `multiscales.layout[]` of a group above, whose entries may hold a `dggs` object.
//! <https://github.com/zarr-conventions/multiscales>
//!
//! ```json
//! {"multiscales": {"layout": [
//!     {"asset": "10", "dggs": {"name": "healpix", "refinement_level": 10, "indexing_scheme": "nested",
//!                              "spatial_dimension": "cells", "coordinate": "cell_ids", "compression": "none"}},
//!     {"asset": "8", "derived_from": "10", "transform": {"scale": [4.0]}, "dggs": {"refinement_level": 8}}]}}
//! ```
//!
//! `asset` is the path of a group below the one with the layout. An entry says what differs from the one that it is
//! `derived_from`: keys that it lacks are taken from there, and so on. A key that is `null` is not taken.
//!
//! Limits: assets that are arrays.

use serde_json::Value;

use super::{Object, declared};
use crate::convention::attribute::structured;
use crate::convention::{Attributes, GroupMeta};
use crate::error::{Error, Result};

/// The object that a layout above gives to `group`, the nearest layout first.
pub(super) fn object_for(group: &GroupMeta<'_>) -> Result<Option<Object>> {
    let parts: Vec<_> = group.path.split('/').filter(|part| !part.is_empty()).collect();
    for (distance, ancestor) in group.ancestors.iter().enumerate() {
        let Some(first) = parts.len().checked_sub(distance + 1) else { break };
        let layout = Layout::of(ancestor);
        let Some(index) = layout.find(&parts[first..].join("/")) else { continue };
        let place = format!("'dggs' of multiscales.layout[{index}] of group /{}", parts[..first].join("/"));
        // Without a declaration the entry must be a whole object of its own, as anywhere.
        let members = layout.members(index, &place)?;
        if !members.is_empty() && (declared(ancestor) || members.contains_key("name")) {
            return Ok(Some(Object { place, members, warnings: Vec::new() }));
        }
    }
    Ok(None)
}

/// The entries of one layout.
struct Layout {
    entries: Vec<Value>,
}

impl Layout {
    fn of(attributes: &Attributes) -> Self {
        let layout = attributes.get("multiscales").map(structured);
        let entries = layout.as_deref().and_then(|object| object.get("layout")).and_then(Value::as_array);
        Self { entries: entries.cloned().unwrap_or_default() }
    }

    fn find(&self, asset: &str) -> Option<usize> {
        self.entries.iter().position(|entry| {
            entry.get("asset").and_then(Value::as_str).is_some_and(|path| path.trim_matches('/') == asset)
        })
    }

    /// The `dggs` members of an entry, completed from the entries that it is derived from.
    fn members(&self, index: usize, place: &str) -> Result<Attributes> {
        let mut members = Attributes::new();
        let mut next = Some(index);
        // A chain longer than the layout goes round in circles.
        for _ in 0..self.entries.len() {
            let Some(entry) = next.map(|index| &self.entries[index]) else { return Ok(members) };
            match entry.get("dggs").map(structured).as_deref() {
                None => {}
                Some(Value::Object(own)) => {
                    for (key, value) in own {
                        members.entry(key.clone()).or_insert_with(|| value.clone());
                    }
                }
                Some(other) => return Err(Error::corrupt(format!("{place} must be an object, not {other}"))),
            }
            next =
                entry.get("derived_from").and_then(Value::as_str).and_then(|asset| self.find(asset.trim_matches('/')));
        }
        match next {
            None => Ok(members),
            Some(_) => Err(Error::corrupt(format!("{place}: 'derived_from' goes round in circles"))),
        }
    }
}
