//! `zones_at` on random points, one thread, as lines `SURFACE LEVEL NANOSECONDS`: the driver's part of
//! `autotest/bench/run zones`, which times healpy and healpix-geo in turn with it.

#![expect(clippy::print_stdout, reason = "its output is its result")]

use std::hint::black_box;
use std::time::Instant;

use gdal_dggs::grid::{self, LonLat, Surface, Zone};

/// Uniform random points on the sphere, by a 64-bit linear congruential generator.
fn points(count: usize) -> Vec<LonLat> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut unit = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..count)
        .map(|_| LonLat { lon_deg: 360.0 * unit() - 180.0, lat_deg: (2.0 * unit() - 1.0).asin().to_degrees() })
        .collect()
}

fn main() {
    let count = std::env::var("DGGS_BENCH_POINTS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let points = points(count);
    let mut zones = vec![Zone(0); count];
    let (family, name) = grid::family_of("HEALPix").expect("a family of this build");
    for (surface, figure) in [("sphere", Some(Surface::Sphere { radius_m: 6_370_997.0 })), ("WGS84", None)] {
        let mut spec = family.default_spec(name);
        spec.surface = figure.unwrap_or(spec.surface);
        let grid = family.grid(&spec).expect("the default specification");
        for level in [5, 9, 15, 25, 29] {
            grid.zones_at(level, &points, &mut zones).expect("points on the globe");
            let began = Instant::now();
            grid.zones_at(level, black_box(&points), &mut zones).expect("points on the globe");
            println!("{surface} {level} {:.2}", began.elapsed().as_secs_f64() * 1e9 / count as f64);
            black_box(&zones);
        }
    }
}
