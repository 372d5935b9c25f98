//! Polygons that go around the globe, cut to what lies near a zone.
//!
//! Their copies 360 degrees away are cut to a box of longitude and latitude around the zone and joined, so that a seam
//! at the antimeridian vanishes. Near a pole the box is a cap in two halves, which meet in the plane on the exactly
//! straight meridian of the zone's centre.

use geo::algorithm::bool_ops::unary_union;
use geo::{BooleanOps, BoundingRect, MapCoords, MultiPolygon, Rect};

use super::geometry::Plane;

/// A box of more degrees of longitude is a cap.
const MAX_WIDTH_DEG: f64 = 170.0;

/// How far a cap stays from the centre's antipode, in degrees.
const FROM_ANTIPODE_DEG: f64 = 5.0;

/// The parts of `polygons` near the plane's zone, in the plane.
pub(super) fn cut(plane: &Plane, polygons: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    let fold = |of: &dyn Fn(usize) -> f64, pick: fn(f64, f64) -> f64| {
        (0..plane.places.len()).map(of).reduce(pick).unwrap_or_default()
    };
    let (lon, lat) = (|k: usize| plane.places[k].lon_deg, |k: usize| plane.places[k].lat_deg);
    let (west, east) = (fold(&lon, f64::min), fold(&lon, f64::max));
    let (south, north) = (fold(&lat, f64::min), fold(&lat, f64::max));
    let margin = (east - west).max(north - south);
    let (low, high) = ((south - margin).max(-90.0), (north + margin).min(90.0));
    if east - west + 2.0 * margin <= MAX_WIDTH_DEG && north.abs().max(south.abs()) < 90.0 {
        let window = Rect::new((west - margin, low), (east + margin, high));
        return plane.polygons(&within(polygons, window));
    }
    let centre = plane.centre;
    let (low, high) = if centre.lat_deg >= 0.0 {
        (low.max(FROM_ANTIPODE_DEG - centre.lat_deg), 90.0)
    } else {
        (-90.0, high.min(-FROM_ANTIPODE_DEG - centre.lat_deg))
    };
    let half = |west: f64| {
        let window = Rect::new((west, low), (west + 180.0, high));
        // A pole's line becomes a point and the lines to it its copies; joining the halves drops what has no area.
        plane.polygons(&within(polygons, window))
    };
    half(centre.lon_deg - 180.0).union(&half(centre.lon_deg))
}

/// What lies in a window of polygons and their copies, joined.
fn within(polygons: &MultiPolygon<f64>, window: Rect<f64>) -> MultiPolygon<f64> {
    let Some(bounds) = polygons.bounding_rect() else { return MultiPolygon(vec![]) };
    let first = ((window.min().x - bounds.max().x) / 360.0).ceil() as i32;
    let last = ((window.max().x - bounds.min().x) / 360.0).floor() as i32;
    let area = MultiPolygon(vec![window.to_polygon()]);
    // Joined before they are cut: parts that share a seam share its numbers only as they came.
    let copies = (first..=last)
        .flat_map(|turn| polygons.map_coords(|place| (place.x + 360.0 * f64::from(turn), place.y).into()).0);
    let found = unary_union(&copies.collect::<Vec<_>>()).intersection(&area);
    // Cutting moves points a little: what was on the window's sides, and on a pole, is put back there.
    let snapped = |value: f64, to: [f64; 2]| to.into_iter().find(|to| (value - to).abs() < SNAP_DEG).unwrap_or(value);
    found.map_coords(|place| {
        (snapped(place.x, [window.min().x, window.max().x]), snapped(place.y, [-90.0, 90.0])).into()
    })
}

/// Beyond the rounding of coordinates by the cutting, in degrees.
const SNAP_DEG: f64 = 1e-5;
