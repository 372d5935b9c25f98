//! Any Zarr V2 or V3 store as groups, arrays, dimensions and attributes.
//!
//! [`open`] answers a store, at any level of its hierarchy, with a [`Node`]. A [`Group`] lists and opens its children,
//! from consolidated metadata where there are any, else by listing folders. An [`Array`] reads any [`AxisSelection`] of
//! its elements, chunk by chunk in parallel, straight into the caller's memory.
//!
//! [`Editor`] creates and changes stores; the [`Array`]s that it gives write what they read.
//!
//! Specifications: <https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html>,
//! <https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html>. Beside them: the conventions of xarray
//! (`_ARRAY_DIMENSIONS`, `_FillValue`) and of NCZarr.
//!
//! Limits: regular chunk grids; no storage transformers; structured types of numbers only; chunks of at most
//! 2 GiB.

mod array;
mod attributes;
mod consolidated;
mod context;
mod decoder;
mod dtype_v2;
mod dtype_v3;
mod editor;
mod encoder;
mod fill;
mod flush;
mod group;
mod json;
mod metadata;
mod new_array;
mod open;
mod read;
mod read_elements;
mod restructure;
mod selection;
mod shard;
mod tiles;
mod types;
mod write;
mod write_computed;
mod write_elements;
mod write_in_parts;

pub use crate::store::{DataType, Field};
pub use array::Array;
pub use attributes::AttributeValue;
pub use editor::Editor;
pub use group::Group;
pub use metadata::{ArrayMetadata, DimensionName};
pub use new_array::{Compressor, Format, NewArray, Shuffle};
pub use open::{Node, looks_like_zarr, open};
pub use selection::AxisSelection;
pub use write_computed::Compute;
pub use write_in_parts::OpenShards;

/// The attributes of a node, in the order of the file.
pub type Attributes = serde_json::Map<String, serde_json::Value>;
