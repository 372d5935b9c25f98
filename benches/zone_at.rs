//! `zones_at` beside cdshealpix, a million points on the globe, one thread.

#![expect(missing_docs, reason = "criterion's macro makes an undocumented function")]

mod support;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gdal_dggs::grid::{self, Grid, Surface, Zone};
use std::hint::black_box;
use std::sync::Arc;

fn healpix(surface: Option<Surface>) -> Arc<dyn Grid> {
    let (family, name) = grid::family_of("HEALPix").expect("a family of this build");
    let mut spec = family.default_spec(name);
    spec.surface = surface.unwrap_or(spec.surface);
    family.grid(&spec).expect("the default specification")
}

fn zones_at(criterion: &mut Criterion) {
    let points = support::scattered(1_000_000);
    let mut zones = vec![Zone(0); points.len()];
    let mut group = criterion.benchmark_group("zones_at");
    group.throughput(Throughput::Elements(points.len() as u64)).sample_size(10);
    let grids = [("sphere", healpix(Some(Surface::Sphere { radius_m: 6_370_997.0 }))), ("WGS84", healpix(None))];
    for level in [5, 10, 20, 29] {
        for (surface, grid) in &grids {
            group.bench_function(format!("{surface}/{level}"), |bencher| {
                bencher.iter(|| grid.zones_at(level, black_box(&points), &mut zones));
            });
        }
        group.bench_function(format!("cdshealpix sphere/{level}"), |bencher| {
            let layer = cdshealpix::nested::get(level);
            bencher.iter(|| {
                for (point, zone) in black_box(&points).iter().zip(&mut zones) {
                    *zone = Zone(layer.hash(point.lon_deg.to_radians(), point.lat_deg.to_radians()));
                }
            });
        });
    }
}

criterion_group!(benches, zones_at);
criterion_main!(benches);
