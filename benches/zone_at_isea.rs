//! `zones_at` of the ISEA grids beside the forward projection alone of PROJ's isea, a million points, one thread.

#![expect(missing_docs, reason = "criterion's macro makes an undocumented function")]
#![expect(unsafe_code, reason = "PROJ's C functions, for comparison")]

mod support;

use std::ffi::{CString, c_char, c_double, c_int, c_void};
use std::hint::black_box;
use std::ptr::null_mut;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gdal_dggs::grid::{self, LonLat, Zone};

/// PROJ's `PJ_COORD`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Coordinate([c_double; 4]);

#[link(name = "proj")]
// SAFETY: declared as in proj.h of PROJ 6 and later.
unsafe extern "C" {
    fn proj_create(context: *mut c_void, definition: *const c_char) -> *mut c_void;
    fn proj_trans(transformation: *mut c_void, direction: c_int, coordinate: Coordinate) -> Coordinate;
    fn proj_destroy(transformation: *mut c_void) -> *mut c_void;
}

fn zones_at(criterion: &mut Criterion) {
    let points = support::scattered(1_000_000);
    let mut zones = vec![Zone(0); points.len()];
    let mut group = criterion.benchmark_group("zones_at_isea");
    group.throughput(Throughput::Elements(points.len() as u64)).sample_size(10);
    for (name, level) in
        [("ISEA3H", 15), ("ISEA4H", 12), ("ISEA7H", 9), ("IGEO7", 9), ("IGEO7", 20), ("ISEA4T", 12), ("ISEA4D", 12)]
    {
        let (family, name) = grid::family_of(name).expect("a DGGRS of this build");
        let grid = family.grid(&family.default_spec(name)).expect("the default specification");
        group.bench_function(format!("{name}/{level}"), |bencher| {
            bencher.iter(|| grid.zones_at(level, black_box(&points), &mut zones));
        });
    }
    let definition = CString::new("+proj=isea +R=6371007.180918475").expect("no zero byte");
    // SAFETY: a null context is the default one; the string outlives the call.
    let isea = unsafe { proj_create(null_mut(), definition.as_ptr()) };
    assert!(!isea.is_null(), "PROJ knows isea");
    group.bench_function("PROJ isea forward alone", |bencher| {
        bencher.iter(|| {
            let forward = |sum: f64, point: &LonLat| {
                let at = Coordinate([point.lon_deg.to_radians(), point.lat_deg.to_radians(), 0.0, 0.0]);
                // SAFETY: `isea` is live until proj_destroy below; 1 is PJ_FWD.
                sum + unsafe { proj_trans(isea, 1, at) }.0[0]
            };
            black_box(&points).iter().fold(0.0, forward)
        });
    });
    // SAFETY: destroyed once, not used after.
    unsafe { proj_destroy(isea) };
    group.finish();
}

criterion_group!(benches, zones_at);
criterion_main!(benches);
