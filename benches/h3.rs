//! H3 beside h3o called directly, one thread: points to zones, zones to centroids, ids; zones of a box.

#![expect(missing_docs, reason = "criterion's macro makes an undocumented function")]

mod support;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gdal_dggs::grid::{self, Containment, Grid, LonLat, Region, Zone, ZoneId};
use h3o::{CellIndex, LatLng, Resolution};
use std::hint::black_box;
use std::sync::Arc;
use support::scattered;

fn h3() -> Arc<dyn Grid> {
    let (family, name) = grid::family_of("H3").expect("a family of this build");
    family.grid(&family.default_spec(name)).expect("the default specification")
}

/// The pixels of a raster of 0.01 degree, row by row.
fn raster(side: usize) -> Vec<LonLat> {
    let degrees = |k: usize| k as f64 * 0.01;
    let row = |y: usize| (0..side).map(move |x| LonLat { lon_deg: degrees(x), lat_deg: 50.0 - degrees(y) });
    (0..side).flat_map(row).collect()
}

fn zones_at(criterion: &mut Criterion) {
    let grid = h3();
    let mut group = criterion.benchmark_group("h3 zones_at");
    group.sample_size(10);
    for (kind, points) in [("scattered", scattered(200_000)), ("raster", raster(450))] {
        group.throughput(Throughput::Elements(points.len() as u64));
        let mut zones = vec![Zone(0); points.len()];
        let mut cells = vec![0u64; points.len()];
        for level in [5u8, 9, 15] {
            group.bench_function(format!("{kind}/{level}"), |bencher| {
                bencher.iter(|| grid.zones_at(level, black_box(&points), &mut zones));
            });
            let resolution = Resolution::try_from(level).expect("a level of H3");
            group.bench_function(format!("h3o {kind}/{level}"), |bencher| {
                bencher.iter(|| {
                    for (point, cell) in black_box(&points).iter().zip(&mut cells) {
                        let point = LatLng::new(point.lat_deg, point.lon_deg).expect("finite");
                        *cell = point.to_cell(resolution).into();
                    }
                });
            });
        }
    }
}

fn zones(criterion: &mut Criterion) {
    let grid = h3();
    let points = scattered(200_000);
    let mut zones = vec![Zone(0); points.len()];
    let mut ids = vec![ZoneId(0); points.len()];
    let mut centroids = vec![LonLat::default(); points.len()];
    let mut group = criterion.benchmark_group("h3 zones");
    group.sample_size(10).throughput(Throughput::Elements(points.len() as u64));
    for level in [5, 9, 15] {
        grid.zones_at(level, &points, &mut zones).expect("points of the globe");
        grid.ids(level, &zones, &mut ids).expect("valid zones");
        let cells: Vec<CellIndex> = ids.iter().map(|id| CellIndex::try_from(id.0).expect("valid ids")).collect();
        group.bench_function(format!("centroids/{level}"), |bencher| {
            bencher.iter(|| grid.centroids(level, black_box(&zones), &mut centroids));
        });
        group.bench_function(format!("h3o centroids/{level}"), |bencher| {
            bencher.iter(|| {
                for (cell, centroid) in black_box(&cells).iter().zip(&mut centroids) {
                    let point = LatLng::from(*cell);
                    *centroid = LonLat { lon_deg: point.lng(), lat_deg: point.lat() };
                }
            });
        });
        group.bench_function(format!("ids/{level}"), |bencher| {
            bencher.iter(|| grid.ids(level, black_box(&zones), &mut ids));
        });
        group.bench_function(format!("zones_of_ids/{level}"), |bencher| {
            let ids = ids.clone();
            bencher.iter(|| grid.zones_of_ids(level, black_box(&ids), &mut zones));
        });
    }
}

fn zones_in(criterion: &mut Criterion) {
    let grid = h3();
    // A million zones at level 7.
    let region = Region::bbox(0.3, 25.3, 24.7, 49.7).expect("a box");
    let mut group = criterion.benchmark_group("h3 zones_in");
    group.sample_size(10);
    group.bench_function("a million zones of a box", |bencher| {
        bencher.iter(|| grid.zones_in(7, black_box(&region), Containment::Intersects));
    });
}

criterion_group!(benches, zones_at, zones, zones_in);
criterion_main!(benches);
