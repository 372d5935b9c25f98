//! Vectors in space.

use super::LonLat;

/// A point on the unit sphere, or a difference of two.
pub(crate) type Vector = [f64; 3];

/// The unit vector of a place, its latitude taken as it is.
pub(crate) fn unit(place: LonLat) -> Vector {
    let (sin_lon, cos_lon) = place.lon_deg.to_radians().sin_cos();
    let (sin_lat, cos_lat) = place.lat_deg.to_radians().sin_cos();
    // The cosine of 90 degrees is not quite zero: both forms of a pole are one point.
    let cos_lat = if place.lat_deg.abs() == 90.0 { 0.0 } else { cos_lat };
    [cos_lon * cos_lat, sin_lon * cos_lat, sin_lat]
}

/// The distance of two points through the sphere.
#[inline]
pub(crate) fn chord(a: Vector, b: Vector) -> f64 {
    let difference = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    dot(difference, difference).sqrt()
}

/// The inner product.
#[inline]
pub(crate) fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// The vector product.
#[inline]
pub(crate) fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}
