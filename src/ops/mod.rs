//! Operations that make cubes: copies of other datasets ([`copy`]), in a [`frame`] that lets none be seen half made; and
//! stores as [`files`].

pub mod copy;
pub mod files;
pub mod frame;

/// Told how much is done, in [0, 1]; answers whether to go on. Called in the caller's thread.
pub type Progress<'a> = &'a mut dyn FnMut(f64) -> bool;
