//! Types of elements, as a dataset's driver tells them.

use gdal_sys::{GDALExtendedDataTypeClass, GDALExtendedDataTypeH};

use crate::error::{Error, Result};
use crate::store::NumericType;
use crate::store::ffi;

/// The type of the elements of an array or an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ElementType {
    /// A number, as this GDAL knows it.
    Numeric(NumericType),
    /// Text.
    Text {
        /// Most bytes of one, 0 where unknown.
        max_length: usize,
    },
    /// A structure.
    Compound {
        /// Its name.
        name: String,
        /// Bytes of one element.
        size: usize,
        /// Its fields, in order.
        fields: Vec<Field>,
    },
}

/// One field of an [`ElementType::Compound`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Bytes from the start of the structure.
    pub offset: usize,
    /// Its type.
    pub element_type: ElementType,
}

impl ElementType {
    /// Bytes of one element in memory; of a text, of the pointer to it.
    pub fn size(&self) -> usize {
        match self {
            Self::Numeric(number) => number.size(),
            Self::Text { .. } => size_of::<*const u8>(),
            Self::Compound { size, .. } => *size,
        }
    }

    /// The numeric type, `None` for any other.
    pub fn numeric(&self) -> Option<NumericType> {
        match self {
            Self::Numeric(number) => Some(*number),
            _ => None,
        }
    }

    /// True when no part of an element is a pointer.
    pub fn is_plain(&self) -> bool {
        match self {
            Self::Numeric(_) => true,
            Self::Text { .. } => false,
            Self::Compound { fields, .. } => fields.iter().all(|field| field.element_type.is_plain()),
        }
    }
}

/// A type of GDAL that we own.
pub(super) struct Type(pub(super) GDALExtendedDataTypeH);

impl Type {
    /// GDAL's type of a number.
    pub(super) fn of_number(number: NumericType) -> Self {
        // SAFETY: gdal.h: makes a type, to be released.
        Self(unsafe { gdal_sys::GDALExtendedDataTypeCreate(number.gdal() as gdal_sys::GDALDataType::Type) })
    }

    /// GDAL's type of a text of any length.
    pub(super) fn of_text() -> Self {
        // SAFETY: gdal.h: makes a type, to be released.
        Self(unsafe { gdal_sys::GDALExtendedDataTypeCreateString(0) })
    }

    /// True for a text that is a JSON document.
    pub(super) fn is_json(&self) -> bool {
        // SAFETY: a live type.
        unsafe {
            gdal_sys::GDALExtendedDataTypeGetSubType(self.0) == gdal_sys::GDALExtendedDataTypeSubType::GEDTST_JSON
        }
    }

    /// As we know it.
    ///
    /// # Errors
    /// A number that this build has no name for.
    pub(super) fn element_type(&self) -> Result<ElementType> {
        // SAFETY: gdal.h: a live type; names are copied at once, the list of components is released with its length.
        unsafe {
            match gdal_sys::GDALExtendedDataTypeGetClass(self.0) {
                GDALExtendedDataTypeClass::GEDTC_NUMERIC => {
                    let code = gdal_sys::GDALExtendedDataTypeGetNumericDataType(self.0);
                    let number = NumericType::from_gdal(code as i32);
                    let number = number.ok_or_else(|| Error::unsupported(format!("GDAL's data type {code}")))?;
                    Ok(ElementType::Numeric(number))
                }
                GDALExtendedDataTypeClass::GEDTC_STRING => {
                    Ok(ElementType::Text { max_length: gdal_sys::GDALExtendedDataTypeGetMaxStringLength(self.0) })
                }
                _ => {
                    let mut count = 0;
                    let list = gdal_sys::GDALExtendedDataTypeGetComponents(self.0, &mut count);
                    let fields = (0..count)
                        .map(|at| {
                            let component = *list.add(at);
                            Ok(Field {
                                name: ffi::text(gdal_sys::GDALEDTComponentGetName(component)).unwrap_or_default(),
                                offset: gdal_sys::GDALEDTComponentGetOffset(component),
                                element_type: Type(gdal_sys::GDALEDTComponentGetType(component)).element_type()?,
                            })
                        })
                        .collect::<Result<Vec<_>>>();
                    gdal_sys::GDALExtendedDataTypeFreeComponents(list, count);
                    Ok(ElementType::Compound {
                        name: ffi::text(gdal_sys::GDALExtendedDataTypeGetName(self.0)).unwrap_or_default(),
                        size: gdal_sys::GDALExtendedDataTypeGetSize(self.0),
                        fields: fields?,
                    })
                }
            }
        }
    }
}

impl Drop for Type {
    fn drop(&mut self) {
        // SAFETY: gdal.h: ours, released once.
        unsafe { gdal_sys::GDALExtendedDataTypeRelease(self.0) };
    }
}
