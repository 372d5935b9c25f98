//! Types of elements, as GDAL's multidimensional arrays have them.

use super::NumericType;

/// The type of the elements of an array or an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataType {
    /// A number.
    Numeric(NumericType),
    /// Text in UTF-8.
    Text {
        /// Most bytes of one text, 0 where unknown.
        max_length: usize,
    },
    /// A structure, laid out as a C compiler would; those of a Zarr store hold no texts.
    Compound {
        /// A name for it; of a Zarr store's, made of its fields' names.
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
    /// Its type.
    pub data_type: DataType,
}

impl DataType {
    /// The numeric type, `None` for any other.
    pub fn numeric(&self) -> Option<NumericType> {
        match self {
            Self::Numeric(number) => Some(*number),
            Self::Text { .. } | Self::Compound { .. } => None,
        }
    }

    /// Bytes of one element in memory; of a text, of the pointer to it.
    pub fn size(&self) -> usize {
        match self {
            Self::Numeric(number) => number.size(),
            Self::Text { .. } => size_of::<*const u8>(),
            Self::Compound { size, .. } => *size,
        }
    }

    /// True when no part of an element is a pointer.
    pub fn is_plain(&self) -> bool {
        match self {
            Self::Numeric(_) => true,
            Self::Text { .. } => false,
            Self::Compound { fields, .. } => fields.iter().all(|field| field.data_type.is_plain()),
        }
    }
}
