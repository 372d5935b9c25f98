//! Bytes through GDAL, and what is borrowed from GDAL.
//!
//! - [`Call`] carries one caller's configuration options and errors into whichever thread does the work;
//! - [`VsiStore`] reads, lists and writes a store below one path of GDAL's virtual file system;
//! - [`pool`] is the crate's own thread pool, safe across `fork()`;
//! - [`Target`] is the caller's strided memory to be filled, [`Input`] that to be stored, [`NumericType`] the type of
//!   what is in it;
//! - [`dataset`] is a dataset of any GDAL driver, as a source;
//! - [`codecs`] lends GDAL's compressors to zarrs, [`Compressor`] compresses chunks;
//! - [`transform`] takes coordinates from one CRS to another;
//! - [`proj`] turns any definition of a CRS into WKT, [`vector`] text and vector files into polygons.
//!
//! Everything that needs `unsafe` for GDAL, PROJ or the caller's memory is here, and nothing of it leaves.

mod bytes_codec;
mod call;
mod compress;
mod data_type;
mod degrees;
mod delta;
mod ffi;
mod http;
mod input;
pub(crate) mod lock;
mod numeric;
pub(crate) mod read;
mod replace;
mod source;
mod storage;
mod target;
mod vsi;
mod words;
mod write;

pub mod cache;
pub mod codecs;
pub mod dataset;
pub mod pool;
pub mod proj;
pub mod transform;
pub mod vector;

pub use call::{Call, Entered};
pub use compress::Compressor;
pub use data_type::{DataType, Field};
pub use degrees::Degrees;
pub use input::Input;
pub use numeric::{Host, Number, NumericType, host};
pub use source::{Run, Source};
pub use target::Target;
pub use vsi::{Entry, VsiStore, join};
