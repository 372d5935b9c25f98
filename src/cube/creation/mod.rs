//! Creating a cube: the creation options of `docs/interface.md`, parsed in one place.

mod options;

pub use options::{Compressor, CoverageOption, CreationOptions, Format, LevelOption, PyramidOption, Resampling};
