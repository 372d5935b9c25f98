//! Types of elements, as a dataset's driver tells them.

use gdal_sys::{GDALExtendedDataTypeClass, GDALExtendedDataTypeH};

use crate::error::{Error, Result};
use crate::store::{DataType, Field, NumericType, ffi};

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
    pub(super) fn data_type(&self) -> Result<DataType> {
        // SAFETY: gdal.h: a live type; names are copied at once, the list of components is released with its length.
        unsafe {
            match gdal_sys::GDALExtendedDataTypeGetClass(self.0) {
                GDALExtendedDataTypeClass::GEDTC_NUMERIC => {
                    let code = gdal_sys::GDALExtendedDataTypeGetNumericDataType(self.0);
                    let number = NumericType::from_gdal(code as i32);
                    let number = number.ok_or_else(|| Error::unsupported(format!("GDAL's data type {code}")))?;
                    Ok(DataType::Numeric(number))
                }
                GDALExtendedDataTypeClass::GEDTC_STRING => {
                    Ok(DataType::Text { max_length: gdal_sys::GDALExtendedDataTypeGetMaxStringLength(self.0) })
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
                                data_type: Type(gdal_sys::GDALEDTComponentGetType(component)).data_type()?,
                            })
                        })
                        .collect::<Result<Vec<_>>>();
                    gdal_sys::GDALExtendedDataTypeFreeComponents(list, count);
                    Ok(DataType::Compound {
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
