//! What bands and rasters say of themselves.

use std::sync::Arc;

use crate::cube::{Array, AttributeValue, Group};
use crate::error::Result;
use crate::store::{Call, NumericType};
use crate::view::slice::Slices;

/// A band: one slice of the array.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Band {
    /// Coordinate values of the slice (`time=6, level=850`); empty when the array has no other dimensions.
    pub description: String,
    /// The same as pairs, named as GDAL's `AsClassicDataset` names them: `DIM_<name>_INDEX`, `DIM_<name>_VALUE`,
    /// `DIM_<name>_UNIT`.
    pub metadata: Vec<(String, String)>,
}

/// The bands of `slices`, arrays of the store with root `root`.
pub(super) fn bands(call: &Arc<Call>, root: &Arc<dyn Group>, slices: &Slices) -> Result<Vec<Band>> {
    let coordinates = slices.coordinates(call, root)?;
    let band = |number: u64| {
        let (mut words, mut metadata) = (Vec::new(), Vec::new());
        let axes = slices.dimensions().iter().zip(slices.indices(number)).zip(&coordinates);
        for ((dimension, index), coordinates) in axes {
            let name = &dimension.name;
            metadata.push((format!("DIM_{name}_INDEX"), index.to_string()));
            match coordinates.value(index) {
                Some(value) => {
                    words.push(format!("{name}={value}"));
                    metadata.push((format!("DIM_{name}_VALUE"), value.to_owned()));
                    if !coordinates.unit.is_empty() {
                        metadata.push((format!("DIM_{name}_UNIT"), coordinates.unit.clone()));
                    }
                }
                None => words.push(format!("{name}={index}")),
            }
        }
        Band { description: words.join(", "), metadata }
    };
    Ok((0..slices.count()).map(band).collect())
}

/// The grid and the attributes of `array` that are text or one number.
pub(super) fn metadata(array: &dyn Array) -> Vec<(String, String)> {
    const GRID: [&str; 5] = ["DGGRS", "REFINEMENT_LEVEL", "INDEXING_SCHEME", "ELLIPSOID", "CONVENTION"];
    let mut pairs = array.structural_info();
    pairs.retain(|(key, _)| GRID.contains(&key.as_str()));
    for (name, value) in array.attributes() {
        let text = match AttributeValue::from_json(value) {
            AttributeValue::Text(text) => text,
            AttributeValue::Int(number) => number.to_string(),
            AttributeValue::Long(number) => number.to_string(),
            AttributeValue::Float(number) => number.to_string(),
            _ => continue,
        };
        // GDAL's metadata are NAME=VALUE in one line each.
        if !name.contains('=') && !pairs.iter().any(|(known, _)| known == name) {
            pairs.push((name.clone(), text));
        }
    }
    pairs
}

/// Not-a-number in a type that has it.
pub(super) fn not_a_number(number: NumericType) -> Option<Vec<u8>> {
    match number {
        NumericType::Float16 => Some(half::f16::NAN.to_ne_bytes().to_vec()),
        NumericType::Float32 => Some(f32::NAN.to_ne_bytes().to_vec()),
        NumericType::Float64 => Some(f64::NAN.to_ne_bytes().to_vec()),
        _ => None,
    }
}
