//! Sources of pixels: GDAL's datasets, classic and multidimensional, as [`Raster`]s on a [`Lattice`].
//!
//! - [`classic`]: the bands of a raster;
//! - [`multidim`]: the arrays of a group that lie over its horizontal dimensions;
//! - [`kinds`]: which of them tell places, times and projections;
//! - [`place`]: where their pixels lie, whatever CRS and coordinates say so;
//! - [`curvilinear`]: pixels whose longitudes and latitudes are arrays themselves;
//! - [`unpacked`]: what packed numbers mean;
//! - [`distinct`]: what does not look like missing data.

pub mod classic;
pub mod curvilinear;
pub mod distinct;
mod expansion;
mod kinds;
pub mod multidim;
pub mod place;
pub mod unpacked;

use serde_json::{Map, Value};

use crate::grid::Surface;
use crate::ops::quantise::lattice::Lattice;
use crate::ops::quantise::raster::Raster;

/// Variables on one lattice, and what is to be told of them.
pub struct Source {
    /// Where the pixels lie.
    pub lattice: Lattice,
    /// What their longitudes and latitudes are on.
    pub surface: Surface,
    /// What is in them.
    pub raster: Box<dyn Raster>,
    /// Of each of the raster's variables, what a cube says of it.
    pub arrays: Vec<SourceArray>,
}

/// What is to be told of a variable.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceArray {
    /// Its name.
    pub name: String,
    /// Names of its dimensions beside the horizontal ones, slowest first.
    pub outer: Vec<String>,
    /// Those of them that are time.
    pub temporal: Vec<String>,
    /// Its attributes, unit, scale and offset among them.
    pub attributes: Map<String, Value>,
    /// Its numbers are classes, of which there is no mean.
    pub is_categorical: bool,
}

impl SourceArray {
    /// An attribute that is a number.
    pub fn number(&self, key: &str) -> Option<f64> {
        self.attributes.get(key).and_then(Value::as_f64)
    }
}

/// Attributes that told of pixels and are wrong of zones; `_CRS`, grid mappings and the like.
const OF_PIXELS: [&str; 7] =
    ["grid_mapping", "coordinates", "_CRS", "_ARRAY_DIMENSIONS", "_FillValue", "missing_value", "spatial_ref"];

/// `text` as a name that every format takes: letters, digits and underscores, not beginning with a digit.
pub fn identifier(text: &str) -> String {
    let mut name: String = text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert(0, '_');
    }
    name
}

/// `name`, or with a number after it where it is taken.
pub(crate) fn untaken(name: String, taken: impl Fn(&str) -> bool) -> String {
    if !taken(&name) {
        return name;
    }
    (2..).map(|number| format!("{name}_{number}")).find(|name| !taken(name)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_identifiers_and_untaken() {
        assert_eq!(identifier("Höhe (m)"), "H_he__m_");
        assert_eq!(identifier("2m temperature"), "_2m_temperature");
        assert_eq!(identifier(""), "_");
        assert_eq!(untaken("a".into(), |name| ["a", "a_2"].contains(&name)), "a_3");
    }
}
