//! Operations that make cubes: copies of cubes ([`copy`]), cubes of rasters ([`from_raster`]), in a [`frame`] that lets none
//! be seen half made; and stores as [`files`].
//!
//! - [`quantise`]: from pixels to zones; [`source`]: pixels from GDAL's datasets;
//! - [`pyramid`]: from zones to coarser zones; [`level`]: a level of a cube, as it is written; [`runs`]: in parallel;
//! - [`overviews`]: coarser levels of a cube that is there.

pub mod copy;
pub mod files;
pub mod frame;
pub mod from_raster;
pub mod level;
pub mod overviews;
pub mod pyramid;
pub mod quantise;
mod runs;
pub mod source;

/// Told how much is done, in [0, 1]; answers whether to go on. Called in the caller's thread.
pub type Progress<'a> = &'a mut dyn FnMut(f64) -> bool;
