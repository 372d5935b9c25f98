//! rHEALPix, one thread: points to zones, zones to centroids; zones of a box. (DGGAL, 5.6 million points a second, is
//! not a Rust library.)

#![expect(missing_docs, reason = "criterion's macro makes an undocumented function")]

mod support;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gdal_dggs::grid::{self, Containment, LonLat, Region, Zone};
use std::hint::black_box;

fn rhealpix(criterion: &mut Criterion) {
    let (family, name) = grid::family_of("rHEALPix").expect("a family of this build");
    let grid = family.grid(&family.default_spec(name)).expect("the default specification");
    let count = 1_000_000usize;
    let points = support::scattered(count);
    let mut zones = vec![Zone(0); count];
    let mut centroids = vec![LonLat::default(); count];
    let mut group = criterion.benchmark_group("rhealpix");
    group.sample_size(10).throughput(Throughput::Elements(count as u64));
    for level in [5, 9, 19] {
        group.bench_function(format!("zones_at/{level}"), |bencher| {
            bencher.iter(|| grid.zones_at(level, black_box(&points), &mut zones));
        });
        group.bench_function(format!("centroids/{level}"), |bencher| {
            bencher.iter(|| grid.centroids(level, black_box(&zones), &mut centroids));
        });
    }
    // A million zones at level 7.
    let region = Region::bbox(-170.3, 5.3, -20.7, 35.7).expect("a box");
    group.bench_function("a million zones of a box", |bencher| {
        bencher.iter(|| grid.zones_in(7, black_box(&region), Containment::Intersects));
    });
}

criterion_group!(benches, rhealpix);
criterion_main!(benches);
