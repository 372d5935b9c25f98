//! Views: the cube for programs that know maps but no zones.
//!
//! - [`vector`]: zones as features, a zone axis a layer.

pub mod vector;
