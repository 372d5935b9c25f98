//! Any Zarr V2 or V3 store as groups, arrays, dimensions and attributes.
//! Stand-in until branch `store` is merged.

use crate::store::NumericType;

/// The attributes of a node, in the order of the file.
pub type Attributes = serde_json::Map<String, serde_json::Value>;

/// Type of the elements of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataType {
    /// Numbers.
    Numeric(NumericType),
    /// Text.
    Text,
    /// Structures.
    Compound {
        /// Bytes of one element.
        size: usize,
        /// The fields.
        fields: Vec<Field>,
    },
}

/// A field of [`DataType::Compound`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name.
    pub name: String,
    /// Bytes from the start of the element.
    pub offset: usize,
    /// Type.
    pub data_type: DataType,
}

/// An attribute as GDAL shows it.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum AttributeValue {
    Text(String),
    Texts(Vec<String>),
    Int32(i32),
    Int32s(Vec<i32>),
    Int64(i64),
    Int64s(Vec<i64>),
    Float64(f64),
    Float64s(Vec<f64>),
    Json(String),
}

impl AttributeValue {
    /// Converts.
    pub fn from_json(value: &serde_json::Value) -> Self {
        use serde_json::Value;
        let ints = |list: &[Value]| list.iter().map(Value::as_i64).collect::<Option<Vec<_>>>();
        match value {
            Value::String(text) => Self::Text(text.clone()),
            Value::Number(number) if number.is_i64() => {
                let number = number.as_i64().unwrap_or_default();
                i32::try_from(number).map_or(Self::Int64(number), Self::Int32)
            }
            Value::Number(number) => Self::Float64(number.as_f64().unwrap_or(f64::NAN)),
            Value::Array(list) if !list.is_empty() => {
                if let Some(texts) = list.iter().map(|item| item.as_str().map(str::to_owned)).collect() {
                    Self::Texts(texts)
                } else if let Some(ints) = ints(list) {
                    match ints.iter().map(|&int| i32::try_from(int)).collect() {
                        Ok(ints) => Self::Int32s(ints),
                        Err(_) => Self::Int64s(ints),
                    }
                } else if let Some(numbers) = list.iter().map(Value::as_f64).collect() {
                    Self::Float64s(numbers)
                } else {
                    Self::Json(value.to_string())
                }
            }
            other => Self::Json(other.to_string()),
        }
    }
}
