//! Cubes as programs see them that do not know GDAL's multidimensional API.
//!
//! - [`raster`] shows an array as pixels: each pixel's centre is looked up in the grid;
//! - [`slice`] takes one value of each dimension that is not the zones'.

pub mod raster;
pub mod slice;
