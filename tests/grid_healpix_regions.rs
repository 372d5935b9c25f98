//! Regions on HEALPix: what touches, what is within, and polygons against brute force.

use gdal_dggs::error::Kind;
use gdal_dggs::grid::{self, Containment, Grid, LonLat, Region, Surface, Zone, ZoneSet};
use geo::{LineString, MultiPolygon, Polygon};
use std::sync::Arc;

fn healpix(surface: Surface) -> Arc<dyn Grid> {
    let (family, name) = grid::family_of("HEALPix").unwrap();
    family.grid(&grid::GridSpec { surface, ..family.default_spec(name) }).unwrap()
}

fn flattened(inverse_flattening: f64) -> Surface {
    Surface::Ellipsoid { name: None, semi_major_m: 6_378_137.0, inverse_flattening }
}

fn surfaces() -> Vec<Surface> {
    let sphere = Surface::Sphere { radius_m: 1.0 };
    vec![sphere, flattened(298.257_223_563), flattened(10.0), flattened(2.0)]
}

fn polygon(ring: &[(f64, f64)]) -> Region {
    Region::polygons(MultiPolygon(vec![Polygon::new(LineString::from(ring.to_vec()), vec![])])).unwrap()
}

fn within(grid: &dyn Grid, level: u8, region: &Region) -> Vec<u64> {
    grid.zones_in(level, region, Containment::Within).unwrap().iter().map(|zone| zone.0).collect()
}

fn intersecting(grid: &dyn Grid, level: u8, region: &Region) -> Vec<u64> {
    grid.zones_in(level, region, Containment::Intersects).unwrap().iter().map(|zone| zone.0).collect()
}

#[test]
fn a_quadrant_holds_the_base_zones_that_it_bounds() {
    for surface in surfaces() {
        let grid = healpix(surface);
        for quadrant in 0..4 {
            let west = 90.0 * f64::from(quadrant);
            let north = Region::bbox(west, 0.0, west + 90.0, 90.0).unwrap();
            let south = Region::bbox(west, -90.0, west + 90.0, 0.0).unwrap();
            assert_eq!(within(&*grid, 0, &north), [quadrant as u64]);
            assert_eq!(within(&*grid, 0, &south), [8 + quadrant as u64]);
        }
        // Touching counts: the equator at longitude 45 is a corner of four base zones.
        let corner = Region::bbox(45.0, 0.0, 45.0, 0.0).unwrap();
        assert_eq!(intersecting(&*grid, 0, &corner), [0, 4, 5, 8]);
        assert!(within(&*grid, 0, &corner).is_empty());
        let meridian = Region::bbox(180.0, 80.0, 180.0, 89.0).unwrap();
        assert_eq!(intersecting(&*grid, 0, &meridian), [1, 2]);
        let pole = Region::bbox(10.0, 90.0, 20.0, 90.0).unwrap();
        assert_eq!(intersecting(&*grid, 0, &pole), [0]);
    }
}

#[test]
fn a_point_chooses_the_zone_that_holds_it_at_every_level() {
    for surface in surfaces() {
        let grid = healpix(surface);
        for (lon_deg, lat_deg) in [(13.4, 52.5), (-179.3, -16.2), (100.1, 89.5), (5.0, -71.0), (200.3, 0.1)] {
            for level in 0..=29 {
                let zone = grid.zone_at(level, LonLat { lon_deg, lat_deg }).unwrap();
                let point = Region::bbox(lon_deg, lat_deg, lon_deg, lat_deg).unwrap();
                assert_eq!(intersecting(&*grid, level, &point), [zone.0], "{lon_deg} {lat_deg} level {level}");
            }
        }
    }
}

#[test]
fn a_polar_cap_as_a_polygon_is_the_box_of_all_longitudes() {
    for surface in surfaces() {
        let grid = healpix(surface);
        let cap = polygon(&[(-180.0, 55.5), (180.0, 55.5), (180.0, 90.0), (-180.0, 90.0), (-180.0, 55.5)]);
        let bounds = Region::bbox(-180.0, 55.5, 180.0, 90.0).unwrap();
        for containment in [Containment::Intersects, Containment::Centroid, Containment::Within] {
            let found = grid.zones_in(4, &cap, containment).unwrap();
            assert_eq!(found, grid.zones_in(4, &bounds, containment).unwrap());
            // The zones around the pole: the seam at the antimeridian parts nothing.
            assert!((0..4).all(|base| found.contains(Zone(256 * base + 255))));
        }
    }
}

/// Polygons whose edges run in every direction, over the antimeridian and to the poles among them.
const RINGS: &[&[(f64, f64)]] = &[
    &[(-20.0, -35.0), (52.0, -20.0), (40.0, 60.0), (3.0, 30.0), (-20.0, -35.0)],
    &[(150.0, 10.0), (215.0, -30.0), (230.0, 70.0), (190.0, 20.0), (150.0, 10.0)],
    &[(-50.0, 60.0), (70.0, 50.0), (70.0, 90.0), (20.0, 90.0), (-50.0, 60.0)],
    &[(-200.0, -50.0), (150.0, -70.0), (100.0, -90.0), (-100.0, -90.0), (-200.0, -50.0)],
    &[(0.0, -89.0), (1.0, 89.0), (-1.0, 89.0), (0.0, -89.0)],
    &[(-179.0, 0.3), (179.0, -0.2), (10.0, 0.9), (-179.0, 0.3)],
];

#[test]
fn zones_of_a_polygon_are_those_of_brute_force() {
    for surface in surfaces() {
        let grid = healpix(surface.clone());
        for ring in RINGS {
            for winding in [ring.to_vec(), ring.iter().rev().copied().collect()] {
                let region = polygon(&winding);
                let outline = region.outline().unwrap();
                for level in 0..=3 {
                    let [intersects, centroid, within] =
                        [Containment::Intersects, Containment::Centroid, Containment::Within]
                            .map(|containment| grid.zones_in(level, &region, containment).unwrap());
                    let at = |zone: Zone| format!("{surface:?} level {level} {zone:?} {ring:?}");
                    // Zones that the outline passes through, by points along it
                    // (the line at a pole runs along boundaries).
                    let open =
                        outline.edges().iter().filter(|edge| edge.from.lat_deg.abs() + edge.to.lat_deg.abs() < 180.0);
                    let along =
                        open.flat_map(|edge| (0..20_000).map(|step| edge.at((f64::from(step) + 0.5) / 20_000.0)));
                    let points: Vec<_> = along.collect();
                    let mut zones = vec![Zone(0); points.len()];
                    grid.zones_at(level, &points, &mut zones).unwrap();
                    let crossed = ZoneSet::from_zones(zones);
                    for zone in grid.all_zones(level).unwrap().iter() {
                        let middle = outline.contains(grid.centroid(level, zone).unwrap());
                        assert_eq!(centroid.contains(zone), middle, "{}", at(zone));
                        if crossed.contains(zone) {
                            assert!(intersects.contains(zone) && !within.contains(zone), "{}", at(zone));
                        } else if !intersects.contains(zone) || within.contains(zone) {
                            assert_eq!(intersects.contains(zone), middle, "{}", at(zone));
                            assert_eq!(within.contains(zone), middle, "{}", at(zone));
                        } else {
                            // The outline clips it by less than two points' distance: near a corner.
                            assert!(near_boundary(&*grid, level, zone, &points), "{}", at(zone));
                        }
                    }
                }
            }
        }
    }
}

/// True when one of `points` is within 0.1 degree of the zone's boundary, in the plane.
fn near_boundary(grid: &dyn Grid, level: u8, zone: Zone, points: &[LonLat]) -> bool {
    let ring = grid.boundary(level, zone, 500).unwrap();
    ring.iter().any(|a| {
        points.iter().any(|b| {
            let lon = (a.lon_deg - b.lon_deg).rem_euclid(360.0);
            lon.min(360.0 - lon) < 0.1 && (a.lat_deg - b.lat_deg).abs() < 0.1
        })
    })
}

#[test]
fn adjoining_boxes_share_the_globe_between_them() {
    let grid = healpix(flattened(298.257_223_563));
    let level = 6;
    let mut within = 0;
    let mut centroid = 0;
    for column in 0..36 {
        for row in 0..18 {
            let (west, south) = (-177.3 + 10.0 * f64::from(column), -90.0 + 10.0 * f64::from(row));
            let region = Region::bbox(west, south, west + 10.0, south + 10.0).unwrap();
            within += grid.zones_in(level, &region, Containment::Within).unwrap().len();
            centroid += grid.zones_in(level, &region, Containment::Centroid).unwrap().len();
        }
    }
    let on_the_equator = 4 << level;
    assert_eq!(centroid, grid.zone_count(level) + on_the_equator, "centroids on a shared side are in both");
    assert!(within < grid.zone_count(level));
}

#[test]
fn box_texts_that_make_no_sense_are_refused() {
    for (text, says) in [
        ("1,2,3", "has 3 numbers"),
        ("1,2,3,4,5", "has 5 numbers"),
        ("", "not four numbers"),
        ("a,b,c,d", "not four numbers"),
        ("1,2,nan,4", "not finite"),
        ("1,inf,3,4", "not finite"),
        ("0,-90.5,1,1", "outside [-90, 90]"),
        ("0,10,1,5", "south 10 lies north of north 5"),
        ("1e300,0,2,1", "longitude"),
    ] {
        let error = Region::parse_bbox(text).unwrap_err();
        assert_eq!(error.kind(), Kind::InvalidArgument);
        assert!(error.to_string().contains(says), "{text}: {error}");
    }
    assert_eq!(Region::parse_bbox(" 170, -10 ,-170,10").unwrap(), Region::bbox(170.0, -10.0, 190.0, 10.0).unwrap());
    assert!("centroid".parse::<Containment>().is_ok() && "nearby".parse::<Containment>().is_err());
    let bad = MultiPolygon(vec![Polygon::new(LineString::from(vec![(0.0, 0.0), (1.0, 91.0), (2.0, 0.0)]), vec![])]);
    assert!(Region::polygons(bad).is_err());
    let by_hand = Region::Box { west_deg: 0.0, south_deg: f64::NAN, east_deg: 1.0, north_deg: 1.0 };
    assert!(healpix(flattened(300.0)).zones_in(3, &by_hand, Containment::Within).is_err());
}

#[test]
fn an_empty_region_holds_nothing() {
    let nothing = Region::polygons(MultiPolygon(vec![])).unwrap();
    assert!(healpix(flattened(300.0)).zones_in(3, &nothing, Containment::Intersects).unwrap().is_empty());
}
