//! Creating a cube: the creation options of `docs/interface.md`, parsed in one place, and how arrays are cut into chunks.

mod array_options;
mod ids;
mod layout;
mod options;

pub use crate::hierarchy::{Compressor, Format};
pub use array_options::ArrayOptions;
pub use ids::write_ids;
pub use layout::{Layout, ZoneCut, layout, run_of, slabs};
pub(super) use options::choice;
pub use options::{CoverageOption, CreationOptions, LevelOption, PyramidOption};

/// `NAME=VALUE` by white space, as GDAL would give them.
#[cfg(test)]
fn pairs(text: &str) -> Vec<(String, String)> {
    let pair = |pair: &str| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    text.split_whitespace().map(|text| pair(text).expect("a pair")).collect()
}
