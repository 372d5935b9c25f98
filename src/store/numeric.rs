//! Types of numbers: Zarr's, with GDAL's names, and which of them the host knows.

#![expect(unsafe_code, reason = "asks GDAL for its version")]

use std::sync::OnceLock;

use super::ffi;

/// A numeric type; the discriminants are GDAL's `GDALDataType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum NumericType {
    /// `GDT_Byte`; also Zarr's booleans.
    UInt8 = 1,
    /// `GDT_UInt16`
    UInt16 = 2,
    /// `GDT_Int16`
    Int16 = 3,
    /// `GDT_UInt32`
    UInt32 = 4,
    /// `GDT_Int32`
    Int32 = 5,
    /// `GDT_Float32`
    Float32 = 6,
    /// `GDT_Float64`
    Float64 = 7,
    /// `GDT_CInt16`: never stored in Zarr, but a caller may want it
    CInt16 = 8,
    /// `GDT_CInt32`: as [`NumericType::CInt16`]
    CInt32 = 9,
    /// `GDT_CFloat32`
    CFloat32 = 10,
    /// `GDT_CFloat64`
    CFloat64 = 11,
    /// `GDT_UInt64`
    UInt64 = 12,
    /// `GDT_Int64`
    Int64 = 13,
    /// `GDT_Int8`, from GDAL 3.7
    Int8 = 14,
    /// `GDT_Float16`, from GDAL 3.11
    Float16 = 15,
    /// `GDT_CFloat16`, from GDAL 3.11: as [`NumericType::CInt16`]
    CFloat16 = 16,
}

impl NumericType {
    /// Every type.
    pub const ALL: [Self; 16] = [
        Self::UInt8,
        Self::UInt16,
        Self::Int16,
        Self::UInt32,
        Self::Int32,
        Self::Float32,
        Self::Float64,
        Self::CInt16,
        Self::CInt32,
        Self::CFloat32,
        Self::CFloat64,
        Self::UInt64,
        Self::Int64,
        Self::Int8,
        Self::Float16,
        Self::CFloat16,
    ];

    /// The type with GDAL's number `code`.
    pub fn from_gdal(code: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|data_type| data_type.gdal() == code)
    }

    /// GDAL's number for it.
    pub fn gdal(self) -> i32 {
        self as i32
    }

    /// The type that Zarr has for it: complex numbers of other parts than float and double are stored as these.
    #[must_use]
    pub fn in_zarr(self) -> Self {
        match self {
            Self::CInt16 | Self::CFloat16 => Self::CFloat32,
            Self::CInt32 => Self::CFloat64,
            other => other,
        }
    }

    /// Bytes of one element.
    pub fn size(self) -> usize {
        match self {
            Self::UInt8 | Self::Int8 => 1,
            Self::UInt16 | Self::Int16 | Self::Float16 => 2,
            Self::UInt32 | Self::Int32 | Self::Float32 | Self::CInt16 | Self::CFloat16 => 4,
            Self::UInt64 | Self::Int64 | Self::Float64 | Self::CInt32 | Self::CFloat32 => 8,
            Self::CFloat64 => 16,
        }
    }

    /// Bytes that are swapped together: half an element for complex numbers.
    pub fn alignment(self) -> usize {
        match self {
            Self::CInt16 | Self::CInt32 | Self::CFloat16 | Self::CFloat32 | Self::CFloat64 => self.size() / 2,
            _ => self.size(),
        }
    }

    /// Integers of any width and sign.
    pub fn is_integer(self) -> bool {
        self.is_signed_integer() || matches!(self, Self::UInt8 | Self::UInt16 | Self::UInt32 | Self::UInt64)
    }

    /// Integers that can be negative.
    pub fn is_signed_integer(self) -> bool {
        matches!(self, Self::Int8 | Self::Int16 | Self::Int32 | Self::Int64)
    }

    /// The integer that `bytes` are, in native byte order.
    ///
    /// `None` for a type that is no integer's, and for another number of bytes.
    pub fn integer(self, bytes: &[u8]) -> Option<serde_json::Number> {
        macro_rules! integer {
            ($rust:ty) => {
                <$rust>::from_ne_bytes(bytes.try_into().ok()?).into()
            };
        }
        Some(match self {
            Self::UInt8 => integer!(u8),
            Self::Int8 => integer!(i8),
            Self::UInt16 => integer!(u16),
            Self::Int16 => integer!(i16),
            Self::UInt32 => integer!(u32),
            Self::Int32 => integer!(i32),
            Self::UInt64 => integer!(u64),
            Self::Int64 => integer!(i64),
            _ => return None,
        })
    }

    /// The bytes of an integer, in native byte order.
    ///
    /// `None` for a type that is no integer's, and where it does not hold `value`.
    pub fn integer_bytes(self, value: i128) -> Option<Vec<u8>> {
        macro_rules! bytes {
            ($rust:ty) => {
                <$rust>::try_from(value).ok()?.to_ne_bytes().to_vec()
            };
        }
        Some(match self {
            Self::UInt8 => bytes!(u8),
            Self::Int8 => bytes!(i8),
            Self::UInt16 => bytes!(u16),
            Self::Int16 => bytes!(i16),
            Self::UInt32 => bytes!(u32),
            Self::Int32 => bytes!(i32),
            Self::UInt64 => bytes!(u64),
            Self::Int64 => bytes!(i64),
            _ => return None,
        })
    }

    /// Pairs of numbers.
    pub fn is_complex(self) -> bool {
        self.alignment() != self.size()
    }

    /// The type as which the running GDAL sees it: the next wider one where it does not know this one.
    pub fn on_host(self) -> Self {
        match self {
            Self::Int8 if !host().has_int8 => Self::Int16,
            Self::Float16 if !host().has_float16 => Self::Float32,
            other => other,
        }
    }
}

/// Rust types that are a [`NumericType`].
pub trait Number: bytemuck::Pod {
    /// The type.
    const TYPE: NumericType;
}

macro_rules! numbers {
    ($($rust:ty => $name:ident),* $(,)?) => {
        $(impl Number for $rust { const TYPE: NumericType = NumericType::$name; })*
    };
}

numbers! {
    u8 => UInt8, i8 => Int8, u16 => UInt16, i16 => Int16, u32 => UInt32, i32 => Int32, u64 => UInt64, i64 => Int64,
    f32 => Float32, f64 => Float64,
}

/// What the running GDAL can do.
#[derive(Clone, Copy, Debug)]
pub struct Host {
    /// `GDALVersionInfo("VERSION_NUM")`, e.g. 3060200.
    pub version: u32,
    /// `GDT_Int8` exists.
    pub has_int8: bool,
    /// `GDT_Float16` exists.
    pub has_float16: bool,
}

/// The running GDAL, asked once.
pub fn host() -> Host {
    static HOST: OnceLock<Host> = OnceLock::new();
    *HOST.get_or_init(|| {
        // SAFETY: gdal.h: the request is a C string, the result a static or thread-local C string.
        let version = unsafe { ffi::text(gdal_sys::GDALVersionInfo(c"VERSION_NUM".as_ptr())) };
        let version = version.and_then(|text| text.parse().ok()).unwrap_or(0);
        Host { version, has_int8: version >= 3_070_000, has_float16: version >= 3_110_000 }
    })
}
