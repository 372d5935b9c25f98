//! Every verb of every DGGRS, one thread: the first table to look at after a change. Peers are in `zone_at`, `h3`,
//! `zone_at_isea` and `autotest/bench/run zones`.

#![expect(missing_docs, reason = "criterion's macro makes an undocumented function")]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gdal_dggs::grid::{Containment, FAMILIES, Grid, LonLat, Region, Zone, ZoneId, relate};

const COUNT: usize = 10_000;

/// Uniform on the globe, in no order.
fn scattered(count: usize) -> Vec<LonLat> {
    let golden = 137.507_764_050_037_85;
    let z = |k: usize| 2.0 * (k as f64 + 0.5) / count as f64 - 1.0;
    let point = |k: usize| LonLat {
        lon_deg: (k as f64 * golden) % 360.0 - 180.0,
        lat_deg: z(k * 7919 % count).asin().to_degrees(),
    };
    (0..count).map(point).collect()
}

fn grids() -> Vec<Arc<dyn Grid>> {
    let names = FAMILIES.iter().flat_map(|family| family.dggrs_names().iter().map(move |name| (family, *name)));
    names.map(|(family, name)| family.grid(&family.default_spec(name)).expect("the default specification")).collect()
}

/// The coarsest level of at least `count` zones.
fn level_of(grid: &dyn Grid, count: u64) -> u8 {
    (0..grid.max_level()).find(|level| grid.zone_count(*level) >= count).unwrap_or(grid.max_level())
}

fn verbs(criterion: &mut Criterion) {
    let points = scattered(COUNT);
    for grid in grids() {
        let level = level_of(&*grid, 100_000_000);
        let mut group = criterion.benchmark_group(format!("{}/{level}", grid.spec().dggrs));
        group.sample_size(10).throughput(Throughput::Elements(COUNT as u64));
        let mut zones = vec![Zone(0); COUNT];
        let mut centroids = points.clone();
        let mut ids = vec![ZoneId(0); COUNT];
        grid.zones_at(level, &points, &mut zones).expect("points of the globe");
        let own = zones.clone();
        group.bench_function("zones_at", |b| b.iter(|| grid.zones_at(level, black_box(&points), &mut zones)));
        group.bench_function("centroids", |b| b.iter(|| grid.centroids(level, black_box(&own), &mut centroids)));
        group.bench_function("ids", |b| b.iter(|| grid.ids(level, black_box(&own), &mut ids)));
        group.bench_function("zones_of_ids", |b| b.iter(|| grid.zones_of_ids(level, black_box(&ids), &mut zones)));
        let mut each = |name: &str, verb: &dyn Fn(Zone) -> usize| {
            group.bench_function(name, |b| b.iter(|| black_box(&own).iter().map(|zone| verb(*zone)).sum::<usize>()));
        };
        each("boundary", &|zone| grid.boundary(level, zone, 1).map_or(0, |ring| ring.len()));
        each("area_m2", &|zone| grid.area_m2(level, zone).map_or(0, |area| area as usize & 1));
        each("parents", &|zone| grid.parents(level, zone).map_or(0, |found| found.len()));
        each("children", &|zone| grid.children(level, zone).map_or(0, |found| found.len()));
        each("neighbours", &|zone| grid.neighbours(level, zone).map_or(0, |found| found.len()));
        each("k_ring of 2", &|zone| grid.k_ring(level, zone, 2).map_or(0, |found| found.len() as usize));
        each("ancestor at level 2", &|zone| grid.ancestor(level, zone, 2).map_or(0, |found| found.0 as usize & 1));
        each("zone_text", &|zone| grid.zone_text(level, zone).map_or(0, |text| text.len()));
        let texts: Vec<_> = own.iter().map(|zone| grid.zone_text(level, *zone).expect("a valid zone")).collect();
        group.bench_function("parse_zone", |b| {
            b.iter(|| black_box(&texts).iter().filter(|text| grid.parse_zone(text, None).is_ok()).count());
        });
        group.finish();
    }
}

fn relations(criterion: &mut Criterion) {
    let points = scattered(100);
    for grid in grids() {
        let level = level_of(&*grid, 1_000_000);
        let mut group = criterion.benchmark_group(format!("{} relate", grid.spec().dggrs));
        group.sample_size(10).throughput(Throughput::Elements(points.len() as u64));
        let mut fine = vec![Zone(0); points.len()];
        let mut coarse = fine.clone();
        grid.zones_at(level, &points, &mut fine).expect("points of the globe");
        grid.zones_at(level - 3, &points, &mut coarse).expect("points of the globe");
        group.bench_function("zones of two levels", |b| {
            b.iter(|| {
                let pairs = black_box(&coarse).iter().zip(&fine);
                pairs.filter(|(a, b)| relate::zones(&*grid, (level - 3, **a), (level, **b)).is_ok()).count()
            });
        });
        let area = Region::bbox(-10.0, -10.0, 20.0, 30.0).expect("a box");
        let Region::Box { west_deg, south_deg, east_deg, north_deg } = area else { return };
        let area = geo::Rect::new((west_deg, south_deg), (east_deg, north_deg)).into();
        group.bench_function("a zone and a box", |b| {
            b.iter(|| {
                let zones = black_box(&coarse).iter();
                zones.filter(|zone| relate::geometry(&*grid, level - 3, **zone, &area).is_ok()).count()
            });
        });
        group.finish();
    }
}

fn zones_in(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a million zones of a box");
    group.sample_size(10);
    for grid in grids() {
        let level = level_of(&*grid, 100_000_000);
        let share = 1e6 / grid.zone_count(level) as f64;
        let (width, south) = (360.0 * share.sqrt(), -7.3f64);
        let north = (south.to_radians().sin() + 2.0 * share.sqrt()).asin().to_degrees();
        let region = Region::bbox(-3.1, south, -3.1 + width, north).expect("a box");
        group.bench_function(format!("{}/{level}", grid.spec().dggrs), |b| {
            b.iter(|| grid.zones_in(level, black_box(&region), Containment::Intersects));
        });
    }
    group.finish();
}

criterion_group!(benches, zones_in, relations, verbs);
criterion_main!(benches);
