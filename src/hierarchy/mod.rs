//! Any Zarr V2 or V3 store as groups, arrays, dimensions and attributes.

/// The attributes of a node, in the order of the file.
pub type Attributes = serde_json::Map<String, serde_json::Value>;
