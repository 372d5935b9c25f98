//! Quantise: from the pixels of a raster to the zones of a grid.
//!
//! - [`axis`], [`lattice`]: where pixels lie on the globe;
//! - [`raster`]: what is in them;
//! - [`lines`], [`coverage`], [`covers`], [`overlap`], [`areas`]: how much of each pixel a zone overlaps;
//! - [`footprint`], [`reduce`], [`apart`]: which pixels a zone takes its value from, and how;
//! - [`samples`], [`covered`], [`border`]: which level and zones a raster becomes; [`zones`]: these along an axis;
//! - [`engine`]: all of it in parallel, in bounded memory, into a [`Sink`](engine::Sink).
//!
//! Nothing here knows of Zarr or GDAL: sources are [`Raster`](raster::Raster)s, and what is made goes to a sink.

pub mod apart;
mod areas;
pub mod axis;
mod border;
pub mod coverage;
pub mod covered;
pub mod covers;
pub mod engine;
pub mod footprint;
pub mod lattice;
pub mod lines;
pub mod overlap;
pub mod raster;
pub mod reduce;
pub mod samples;
pub(crate) mod values;
pub mod zones;
