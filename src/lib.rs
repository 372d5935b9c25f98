//! `gdal_DGGS.so`: Discrete Global Grid System data cubes for GDAL.
//!
//! A map of the crate, in the direction in which data flows:
//!
//! - [`abi`] fills the table of functions that the C++ shim (`cpp/`) calls: convert, call, convert back;
//! - [`ops`] makes cubes of other datasets;
//! - [`view`] shows the cube as maps do: an array as pixels, zones as features;
//! - [`cube`] lays the grid over a store: zone axes, computed arrays, selections;
//! - [`convention`] reads and writes the on-disk conventions that say which grid a store is on;
//! - [`grid`] is the mathematics of the grids;
//! - [`hierarchy`] shows any Zarr V2 or V3 store as groups, arrays, dimensions and attributes;
//! - [`store`] reaches bytes through GDAL's virtual file system, and holds what is borrowed from GDAL;
//! - [`error`] is the one error type.

pub mod abi;
pub mod convention;
pub mod cube;
pub mod error;
pub mod grid;
pub mod hierarchy;
pub mod ops;
pub mod store;
pub mod view;
