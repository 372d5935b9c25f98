//! Interpolation in every family: weights, and what they reproduce.

use gdal_dggs::grid::{self, FAMILIES, Grid, Interpolation, LonLat, Zone};

fn vector(point: LonLat) -> [f64; 3] {
    let (lon, lat) = (point.lon_deg.to_radians(), point.lat_deg.to_radians());
    [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
}

fn every_grid(test: impl Fn(&dyn Grid, u8)) {
    for family in FAMILIES {
        for name in family.dggrs_names() {
            let grid = grid::grid(&family.default_spec(name)).unwrap();
            for level in [1, 4] {
                test(&*grid, level);
            }
        }
    }
}

/// Evenly scattered, poles and the antimeridian among them.
fn points(count: usize) -> Vec<LonLat> {
    let spiral = (0..count).map(|at| {
        let z = 1.0 - 2.0 * (at as f64 + 0.5) / count as f64;
        LonLat { lon_deg: (at as f64 * 137.507_764).rem_euclid(360.0) - 180.0, lat_deg: z.asin().to_degrees() }
    });
    let special = [(0.0, 90.0), (77.0, -90.0), (-180.0, 12.0), (180.0, -51.0), (0.0, 0.0), (45.0, 41.8)];
    spiral.chain(special.map(|(lon_deg, lat_deg)| LonLat { lon_deg, lat_deg })).collect()
}

#[test]
fn weights_are_shares_of_zones_near_the_point() {
    every_grid(|grid, level| {
        let points = points(3000);
        let mut found = vec![Interpolation::default(); points.len()];
        grid.interpolation(level, &points, &mut found).unwrap();
        let size = (4.0 * std::f64::consts::PI / grid.zone_count(level) as f64).sqrt();
        for (point, one) in points.iter().zip(&found) {
            let sum: f64 = one.weights.iter().sum();
            assert!((sum - 1.0).abs() < 1e-9, "{} {point:?} {one:?}", grid.spec().dggrs);
            for (zone, weight) in one.zones.iter().zip(one.weights) {
                assert!((0.0..=1.0 + 1e-12).contains(&weight), "{point:?} {one:?}");
                if weight > 0.0 && level > 1 {
                    let (a, b) = (vector(*point), vector(grid.centroid(level, *zone).unwrap()));
                    let apart: f64 = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum();
                    assert!(apart.sqrt() < 3.0 * size, "{} {point:?} {zone:?}", grid.spec().dggrs);
                }
            }
        }
    });
}

/// At a centroid its zone alone counts; in HEALPix because a centre lies on its ring.
#[test]
fn a_centroid_has_its_zones_own_value() {
    every_grid(|grid, level| {
        let count = grid.zone_count(level);
        let zones: Vec<Zone> = (0..count).step_by((count as usize / 500).max(1)).map(Zone).collect();
        let mut centroids = vec![LonLat::default(); zones.len()];
        grid.centroids(level, &zones, &mut centroids).unwrap();
        let mut found = vec![Interpolation::default(); zones.len()];
        grid.interpolation(level, &centroids, &mut found).unwrap();
        for (zone, one) in zones.iter().zip(&found) {
            let own: f64 = one.zones.iter().zip(one.weights).filter(|(other, _)| *other == zone).map(|(_, w)| w).sum();
            assert!(own > 1.0 - 1e-6, "{} level {level} {zone:?}: {one:?}", grid.spec().dggrs);
        }
    });
}

/// A function that is linear in space comes out as it is, up to the zones' curvature: the weighted mean of the centroids
/// points at the point. Triangles do that exactly; HEALPix' rings nearly.
#[test]
fn the_mean_of_the_centroids_points_at_the_point() {
    every_grid(|grid, level| {
        if level == 1 {
            return;
        }
        let points = points(3000);
        let mut found = vec![Interpolation::default(); points.len()];
        grid.interpolation(level, &points, &mut found).unwrap();
        let size = (4.0 * std::f64::consts::PI / grid.zone_count(level) as f64).sqrt();
        let mut off = 0;
        for (point, one) in points.iter().zip(&found) {
            let mut mean = [0.0; 3];
            for (zone, weight) in one.zones.iter().zip(one.weights).filter(|(_, weight)| *weight > 0.0) {
                let centroid = vector(grid.centroid(level, *zone).unwrap());
                mean.iter_mut().zip(centroid).for_each(|(mean, part)| *mean += weight * part);
            }
            let length = mean.iter().map(|part| part * part).sum::<f64>().sqrt();
            let apart: f64 = mean.iter().zip(vector(*point)).map(|(a, b)| (a / length - b) * (a / length - b)).sum();
            let bound = if grid.spec().dggrs == "HEALPix" { 0.35 * size } else { 1e-9 };
            off += usize::from(apart.sqrt() > bound);
        }
        // Where three zones meet at a vertex of the polyhedron the fan may not reach every corner of a zone.
        assert!(off * 200 <= points.len(), "{}: {off} of {}", grid.spec().dggrs, points.len());
    });
}
