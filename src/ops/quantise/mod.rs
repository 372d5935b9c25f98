//! Quantise: from the pixels of a raster to the zones of a grid.
//!
//! - [`axis`], [`lattice`]: where pixels lie on the globe;
//! - [`raster`]: what is in them;
//! - [`lines`], [`coverage`], [`overlap`], [`areas`]: how much of each pixel a zone overlaps;
//! - [`footprint`], [`reduce`], [`apart`]: which pixels a zone takes its value from, and how;
//! - [`zones`]: which level and zones a raster becomes;
//! - [`engine`]: all of it in parallel, in bounded memory, into a [`Sink`](engine::Sink).
//!
//! Nothing here knows of Zarr or GDAL: sources are [`Raster`](raster::Raster)s, and what is made goes to a sink.

pub mod apart;
mod areas;
pub mod axis;
pub mod coverage;
pub mod engine;
pub mod footprint;
pub mod lattice;
pub mod lines;
pub mod overlap;
pub mod raster;
pub mod reduce;
pub(crate) mod values;
pub mod zones;
