//! The size and shape of the surface that a grid stands on.

use super::Surface;
use crate::error::{Error, Result};

impl Surface {
    /// The ellipsoid of WGS 84.
    pub(crate) fn wgs84() -> Self {
        Self::Ellipsoid { name: Some("WGS84".into()), semi_major_m: 6_378_137.0, inverse_flattening: 298.257_223_563 }
    }

    /// Radius or semi-major axis in metres, and flattening: 0 for a sphere, above 0 for an ellipsoid.
    ///
    /// # Errors
    /// A size that is not positive; an inverse flattening of 1 or less; a number that is not finite.
    pub(crate) fn size_and_flattening(&self) -> Result<(f64, f64)> {
        let (size_m, flattening) = match *self {
            Self::Sphere { radius_m } => (radius_m, 0.0),
            Self::Ellipsoid { semi_major_m, inverse_flattening, .. } => {
                if !(inverse_flattening.is_finite() && inverse_flattening > 1.0) {
                    let message = format!("inverse flattening {inverse_flattening} is not a finite number above 1");
                    return Err(Error::invalid(message));
                }
                (semi_major_m, 1.0 / inverse_flattening)
            }
        };
        if !(size_m.is_finite() && size_m > 0.0) {
            return Err(Error::invalid(format!("radius or semi-major axis {size_m} m is not a positive number")));
        }
        Ok((size_m, flattening))
    }
}
