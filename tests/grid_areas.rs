//! How equal areas are, measured from boundaries and not from what the grids state: the numbers of `docs/conformance.md`.

use std::f64::consts::PI;

use gdal_dggs::grid::authalic::Authalic;
use gdal_dggs::grid::{FAMILIES, Grid, LonLat, Surface, Zone};

fn authalic_of(grid: &dyn Grid) -> Authalic {
    match grid.spec().surface {
        Surface::Sphere { .. } => Authalic::sphere(),
        Surface::Ellipsoid { inverse_flattening, .. } => Authalic::new(1.0 / inverse_flattening),
    }
}

/// The part of the globe within a boundary whose edges are cut in `segments` parts, by triangles on the sphere.
fn share(grid: &dyn Grid, authalic: &Authalic, level: u8, zone: Zone, segments: u32) -> f64 {
    let unit = |p: LonLat| {
        let (sin_lon, cos_lon) = p.lon_deg.to_radians().sin_cos();
        let (sin_lat, cos_lat) = authalic.authalic_rad(p.lat_deg.to_radians()).sin_cos();
        [cos_lon * cos_lat, sin_lon * cos_lat, sin_lat]
    };
    let dot = |a: [f64; 3], b: [f64; 3]| (0..3).map(|k| a[k] * b[k]).sum::<f64>();
    let minus = |a: [f64; 3], b: [f64; 3]| -> [f64; 3] { std::array::from_fn(|k| a[k] - b[k]) };
    let centre = unit(grid.centroid(level, zone).unwrap());
    let ring: Vec<_> = grid.boundary(level, zone, segments).unwrap().into_iter().map(unit).collect();
    let triangle = |(a, b): (&[f64; 3], &[f64; 3])| {
        // Van Oosterom and Strackee (1983); differences keep the digits of small triangles.
        let (p, q) = (minus(*a, centre), minus(*b, centre));
        let volume: f64 =
            (0..3).map(|k| centre[k] * (p[(k + 1) % 3] * q[(k + 2) % 3] - p[(k + 2) % 3] * q[(k + 1) % 3])).sum();
        2.0 * volume.atan2(1.0 + dot(*a, *b) + dot(*a, centre) + dot(*b, centre))
    };
    ring.iter().zip(ring.iter().cycle().skip(1)).map(triangle).sum::<f64>() / (4.0 * PI)
}

/// The limit of ever more segments, from two numbers of them.
fn share_of_the_curve(grid: &dyn Grid, authalic: &Authalic, level: u8, zone: Zone) -> f64 {
    let [few, many] = [300, 600].map(|segments| share(grid, authalic, level, zone, segments));
    many + (many - few) / 3.0
}

fn sample(grid: &dyn Grid, level: u8) -> Vec<Zone> {
    let count = grid.zone_count(level);
    let step = (count / 150).max(1);
    (0..count).step_by(step as usize).map(Zone).collect()
}

#[test]
fn areas_are_equal_to_the_stated_precision() {
    for grid in FAMILIES.iter().flat_map(|family| {
        family.dggrs_names().iter().map(move |name| family.grid(&family.default_spec(name)).unwrap())
    }) {
        let name = grid.spec().dggrs;
        let authalic = authalic_of(&*grid);
        let (mut worst, mut least, mut most) = (0.0f64, f64::INFINITY, 0.0f64);
        for level in 0..=5 {
            let mean = 1.0 / grid.zone_count(level) as f64;
            let surface: f64 = match grid.spec().surface {
                Surface::Sphere { radius_m } => 4.0 * PI * radius_m * radius_m,
                Surface::Ellipsoid { semi_major_m, .. } => 4.0 * PI * authalic.radius(semi_major_m).powi(2),
            };
            for zone in sample(&*grid, level) {
                let measured = share_of_the_curve(&*grid, &authalic, level, zone);
                let stated = grid.area_m2(level, zone).unwrap() / surface;
                worst = worst.max((measured / stated - 1.0).abs());
                (least, most) = (least.min(stated / mean), most.max(stated / mean));
            }
        }
        println!(
            "{name}: measured / stated area - 1 is at most {worst:.1e}; stated / mean from {least:.4} to {most:.4}"
        );
        assert!(worst < 1e-9, "{name}: {worst}");
        let hexagons = !grid.children_tile_parent();
        if name == "H3" {
            // Pentagons are the least; hexagons differ by a factor of almost two (tests/grid_h3_reference.rs).
            assert!(least < 0.8 && most > 1.2);
        } else {
            // Twelve pentagons of five sixths: the others are a little larger than the mean on coarse levels.
            let expected = if hexagons { 5.0 / 6.0 } else { 1.0 };
            assert!(
                least > expected - 1e-9 && most < if hexagons { 1.07 } else { 1.0 + 1e-9 },
                "{name} {least} {most}"
            );
        }
    }
}

/// Where latitudes are taken as they are (H3, and ISEA on its sphere) and the data's are geodetic ones of WGS84, what
/// lies within zones of one area on the sphere has this area on the ellipsoid.
#[test]
fn geodetic_latitudes_taken_as_they_are_make_areas_vary_by_a_percent() {
    let authalic = Authalic::new(1.0 / 298.257_223_563);
    let ratio = |lat_deg: f64| {
        let z = |lat: f64| lat.to_radians().sin();
        let (south, north) = (lat_deg - 0.01, lat_deg + 0.01);
        (authalic.sin_authalic(z(north)) - authalic.sin_authalic(z(south))) / (z(north) - z(south)) - 1.0
    };
    let (equator, pole) = (100.0 * ratio(0.0), 100.0 * ratio(89.9));
    println!("at the equator {equator:.2} %, at the poles {pole:+.2} %");
    assert!((equator + 0.45).abs() < 0.005 && (pole - 0.90).abs() < 0.005);
}
