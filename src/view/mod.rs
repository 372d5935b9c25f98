//! Views: the cube for programs that know maps but no zones.
//!
//! - [`raster`]: an array as pixels, each pixel's centre looked up in the grid;
//! - [`vector`]: zones as features, a zone axis a layer;
//! - [`slice`]: one value of each dimension that is not the zones'.

pub mod raster;
pub mod slice;
pub mod vector;
