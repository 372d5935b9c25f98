//! Zones of large boxes on every DGGRS: how many, and how fast.

use std::time::Instant;

use gdal_dggs::grid::{Containment, FAMILIES, Region};

#[test]
fn a_million_zones_of_a_box_take_less_than_half_a_second() {
    for family in FAMILIES {
        for name in family.dggrs_names() {
            let grid = family.grid(&family.default_spec(name)).unwrap();
            let level = (0..).find(|level| grid.zone_count(*level) > 100_000_000).unwrap();
            let share = 1e6 / grid.zone_count(level) as f64;
            // A box of that share of the globe around the equator, off every symmetry.
            let (width, south) = (360.0 * share.sqrt(), -7.3f64);
            let north = (south.to_radians().sin() + 2.0 * share.sqrt()).asin().to_degrees();
            let region = Region::bbox(-3.1, south, -3.1 + width, north).unwrap();
            for containment in [Containment::Intersects, Containment::Centroid, Containment::Within] {
                let mut seconds = f64::INFINITY;
                let mut count = 0;
                // The best of three: other processes may run.
                for _ in 0..3 {
                    let started = Instant::now();
                    count = grid.zones_in(level, &region, containment).unwrap().len();
                    seconds = seconds.min(started.elapsed().as_secs_f64());
                }
                println!("{name}/{level} {containment:?}: {count} zones, {seconds:.3} s");
                // H3's zones differ in area; the box's corners are in authalic latitude on some grids.
                assert!((800_000..1_250_000).contains(&count), "{name}: {count}");
            }
        }
    }
}
