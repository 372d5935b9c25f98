//! What the benches have in common.

use gdal_dggs::grid::LonLat;

/// Points on the globe: a spiral of equal steps in longitude and in the sine of the latitude, uniform, in no order.
pub(crate) fn scattered(count: usize) -> Vec<LonLat> {
    let golden = 137.507_764_050_037_85;
    let z = |k: usize| 2.0 * (k as f64 + 0.5) / count as f64 - 1.0;
    let point = |k: usize| LonLat {
        lon_deg: (k as f64 * golden) % 360.0 - 180.0,
        lat_deg: z(k * 7919 % count).asin().to_degrees(),
    };
    (0..count).map(point).collect()
}
