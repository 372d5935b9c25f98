//! Longitudes, in degrees, that differ by whole turns.

/// A longitude of [-180, 540) in [-180, 180).
#[inline]
pub(crate) fn wrapped(lon_deg: f64) -> f64 {
    if lon_deg >= 180.0 { lon_deg - 360.0 } else { lon_deg }
}

/// `lon_deg`, turned to within 180 degrees of `near_deg`.
#[inline]
pub(crate) fn nearest_turn(lon_deg: f64, near_deg: f64) -> f64 {
    lon_deg - 360.0 * ((lon_deg - near_deg) / 360.0).round()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longitudes_are_turned_by_whole_turns() {
        assert_eq!([-180.0, 179.0, 180.0, 539.0].map(wrapped), [-180.0, 179.0, -180.0, 179.0]);
        assert_eq!(nearest_turn(-179.0, 179.0), 181.0);
        assert_eq!(nearest_turn(350.0, 10.0), -10.0);
        assert_eq!(nearest_turn(730.0, 0.0), 10.0);
    }
}
