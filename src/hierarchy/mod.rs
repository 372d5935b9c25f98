//! Any Zarr V2 or V3 store as groups, arrays, dimensions and attributes.
//! Stand-in until branch `store` is merged.

mod attributes;

use crate::store::NumericType;
pub use attributes::AttributeValue;

/// The attributes of a node, in the order of the file.
pub type Attributes = serde_json::Map<String, serde_json::Value>;

/// The type of an array's elements as GDAL shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataType {
    /// A number.
    Numeric(NumericType),
    /// Text in UTF-8.
    Text {
        /// Most bytes of one text, 0 where unknown.
        max_length: usize,
    },
    /// A structure of numbers, laid out as a C compiler would.
    Compound {
        /// A name for it, made of its fields' names.
        name: String,
        /// Bytes of one element.
        size: usize,
        /// The fields in order.
        fields: Vec<Field>,
    },
}

/// One field of a [`DataType::Compound`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Bytes from the start of the structure.
    pub offset: usize,
    /// Its type: a number or another structure.
    pub data_type: DataType,
}
