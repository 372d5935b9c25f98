//! Zones' values from rasters in memory: where pixels lie, how much of them a zone overlaps, what becomes of nodata.

mod ops_support;

use std::f64::consts::PI;
use std::sync::atomic::Ordering;

use gdal_dggs::cube::Resampling;
use gdal_dggs::cube::creation::CoverageOption;
use gdal_dggs::error::{Kind, Result};
use gdal_dggs::grid::{Grid, LonLat, Zone};
use gdal_dggs::ops::quantise::axis::Axis;
use gdal_dggs::ops::quantise::covered::{Search, covered};
use gdal_dggs::ops::quantise::covers::Covers;
use gdal_dggs::ops::quantise::engine::{self, Job, fill_of};
use gdal_dggs::ops::quantise::lattice::{Axes, Lattice, Map, Mapped, Position};
use gdal_dggs::ops::quantise::overlap::Overlap;
use gdal_dggs::ops::quantise::samples::level_of;
use gdal_dggs::ops::quantise::zones::Zones;
use gdal_dggs::store::Call;
use ops_support::{Kept, Memory, grid_of, quantised};

const ALL: [&str; 9] = ["HEALPix", "H3", "rHEALPix", "ISEA3H", "ISEA4H", "ISEA7H", "ISEA4T", "ISEA4D", "IGEO7"];

/// Pixels of `step` degrees from the north-western corner of the globe, their first meridian at `west`.
fn globe(west: f64, step: f64) -> Lattice {
    let (columns, rows) = ((360.0 / step).round() as usize, (180.0 / step).round() as usize);
    let lon = Axis::Regular { first: west, step, count: columns };
    let lat = Axis::Regular { first: 90.0, step: -step, count: rows };
    Lattice::Axes(Axes::new(lon, lat).unwrap())
}

/// Pixels of 5 degrees centred on multiples of 5: half of the first and last row lies beyond the poles.
fn nodes() -> Lattice {
    let lon = Axis::Regular { first: -182.5, step: 5.0, count: 72 };
    let lat = Axis::Regular { first: 92.5, step: -5.0, count: 37 };
    Lattice::Axes(Axes::new(lon, lat).unwrap())
}

/// A smooth field that has no symmetry, at the centre of each pixel.
fn field(lattice: &Lattice) -> Vec<f64> {
    let mut values = Vec::new();
    for row in 0..lattice.rows() {
        for column in 0..lattice.columns() {
            let mut place = [LonLat::default()];
            lattice.places(&[[column as f64 + 0.5, row as f64 + 0.5]], &mut place).unwrap();
            let (lon, lat) = (place[0].lon_deg.to_radians(), place[0].lat_deg.to_radians());
            values.push(3.0 + (2.0 * lon).sin() * lat.cos() + lat.sin() + 0.3 * (5.0 * lon + 3.0 * lat).cos());
        }
    }
    values
}

/// How much of each pixel all zones of a level cover together, and how far a zone's pixels are from its area at most.
fn covered_parts(grid: &dyn Grid, level: u8, lattice: &Lattice) -> (Vec<f64>, f64) {
    let overlap = Overlap::new(grid, level, lattice).unwrap();
    let (mut pen, mut covers) = (overlap.pen(), Covers::default());
    let mut parts = vec![0.0; lattice.columns() * lattice.rows()];
    let mut worst = 0f64;
    for zone in grid.all_zones(level).unwrap().iter() {
        covers.clear();
        overlap.cover(&[zone], &mut pen, &mut covers).unwrap();
        let mut area = 0.0;
        for span in covers.spans(0) {
            for column in span.start..span.end {
                parts[span.row as usize * lattice.columns() + column as usize] += span.fraction;
                area += span.fraction * overlap.pixel_area(span.row, column);
            }
        }
        worst = worst.max((area / overlap.zone_area(zone).unwrap() - 1.0).abs());
    }
    (parts, worst)
}

#[test]
fn each_pixels_parts_add_up_to_one_and_each_zones_pixels_to_its_area() {
    for dggrs in ALL {
        let grid = grid_of(dggrs);
        // Zones larger and smaller than pixels.
        for (level, lattice) in [(1, globe(-180.0, 3.0)), (2, globe(0.0, 10.0)), (3, globe(-17.0, 30.0)), (2, nodes())]
        {
            let (parts, worst) = covered_parts(&*grid, level, &lattice);
            let off = parts.iter().map(|part| (part - 1.0).abs()).fold(0.0, f64::max);
            println!("{dggrs} {level} {} columns: parts {off:e}, areas {worst:e}", lattice.columns());
            // Rings of ISEA grids that go through a pole are drawn otherwise than those beside them.
            let exact = ["HEALPix", "H3", "rHEALPix"].contains(&dggrs);
            let bound = if exact { 1e-9 } else { 1e-3 };
            assert!(off < bound, "{dggrs} level {level}: parts of a pixel are off by {off:e}");
            // Edges of ISEA grids have a bend where they cross an edge of the icosahedron.
            let bound = if exact { 1e-8 } else { 1e-3 };
            assert!(worst < bound, "{dggrs} level {level}: a zone's area is off by {worst:e}");
        }
    }
}

#[test]
fn averages_conserve_the_sum_and_sums_do_too() {
    let (grid, lattice) = (grid_of("HEALPix"), nodes());
    let values = field(&lattice);
    let raster = Memory::new(lattice.columns(), &values, None);
    let overlap = Overlap::new(&*grid, 0, &lattice).unwrap();
    let area = |at: usize| overlap.pixel_area((at / lattice.columns()) as u32, (at % lattice.columns()) as u32);
    let expected: f64 = values.iter().enumerate().map(|(at, value)| value * area(at)).sum();
    assert!(((0..values.len()).map(area).sum::<f64>() / (4.0 * PI) - 1.0).abs() < 1e-12, "pixels fill the globe");
    for level in [0, 2, 5] {
        let means: Vec<f64> = quantised(&*grid, level, &lattice, &raster, Resampling::Average);
        let sum = means.iter().sum::<f64>() * 4.0 * PI / means.len() as f64;
        assert!((sum / expected - 1.0).abs() < 1e-9, "level {level}: {:e}", sum / expected - 1.0);
        let sums: Vec<f64> = quantised(&*grid, level, &lattice, &raster, Resampling::Sum);
        let (sum, all) = (sums.iter().sum::<f64>(), values.iter().sum::<f64>());
        assert!((sum / all - 1.0).abs() < 1e-9, "level {level}: {:e}", sum / all - 1.0);
    }
}

#[test]
fn a_constant_stays_constant_in_every_way_and_family() {
    let lattice = nodes();
    let raster = Memory::new(lattice.columns(), &vec![0.1; 72 * 37], None);
    for dggrs in ALL {
        let grid = grid_of(dggrs);
        for resampling in [
            Resampling::Nearest,
            Resampling::Bilinear,
            Resampling::Average,
            Resampling::Mode,
            Resampling::Min,
            Resampling::Max,
        ] {
            for level in [0, 2] {
                let values: Vec<f64> = quantised(&*grid, level, &lattice, &raster, resampling);
                assert!(values.iter().all(|value| *value == 0.1), "{dggrs} {level} {resampling:?}");
            }
        }
    }
}

#[test]
fn nearest_is_the_pixel_that_holds_the_centroid_whatever_way_the_axes_run() {
    let grid = grid_of("ISEA4H");
    let level = 5;
    let zones: Vec<Zone> = grid.all_zones(level).unwrap().iter().collect();
    let mut centroids = vec![LonLat::default(); zones.len()];
    grid.centroids(level, &zones, &mut centroids).unwrap();
    let mut by_position = vec![Zone(0); zones.len()];
    grid.zones_of_positions(level, 0..zones.len() as u64, &mut by_position).unwrap();
    for (west, lon_step, north, lat_step) in
        [(-180.0, 2.0, 90.0, -2.0), (0.0, 2.0, -90.0, 2.0), (180.0, -2.0, 90.0, -2.0), (100.0, 2.0, 90.0, -2.0)]
    {
        let lon = Axis::Regular { first: west, step: lon_step, count: 180 };
        let lat = Axis::Regular { first: north, step: lat_step, count: 90 };
        let lattice = Lattice::Axes(Axes::new(lon, lat).unwrap());
        let raster = Memory::new(180, &(0..180 * 90).collect::<Vec<u16>>(), None);
        let values: Vec<u16> = quantised(&*grid, level, &lattice, &raster, Resampling::Nearest);
        for (zone, value) in by_position.iter().zip(values) {
            let place = grid.centroid(level, *zone).unwrap();
            let column = (((place.lon_deg - west) / lon_step).floor() as i64).rem_euclid(180);
            let row = ((place.lat_deg - north) / lat_step).floor().clamp(0.0, 89.0) as i64;
            assert_eq!(i64::from(value), row * 180 + column, "{place:?} {west}");
        }
    }
}

#[test]
fn nodata_and_masks_never_bleed() {
    let (grid, lattice) = (grid_of("HEALPix"), globe(-180.0, 6.0));
    let (columns, rows) = (60, 30);
    // A third of the pixels, in clumps, have no data; the value there would be seen at once.
    let empty = |at: usize| (at % columns / 4 + at / columns / 3).is_multiple_of(3);
    let values: Vec<f32> =
        (0..columns * rows).map(|at| if empty(at) { -9999.0 } else { 100.0 + (at % 7) as f32 }).collect();
    let by_value = Memory::new(columns, &values, Some(-9999f32));
    let not_a_number: Vec<f32> = values.iter().map(|v| if *v < 0.0 { f32::NAN } else { *v }).collect();
    let by_nan = Memory::new(columns, &not_a_number, None);
    let mut by_mask = Memory::new(columns, &values, None);
    by_mask.variables[0].masked = true;
    by_mask.valid = (0..columns * rows).map(|at| u8::from(!empty(at))).collect();
    for level in [2, 5] {
        let nearest: Vec<f32> = quantised(&*grid, level, &lattice, &by_value, Resampling::Nearest);
        for resampling in [
            Resampling::Nearest,
            Resampling::Bilinear,
            Resampling::Average,
            Resampling::Mode,
            Resampling::Min,
            Resampling::Max,
        ] {
            let values: Vec<f32> = quantised(&*grid, level, &lattice, &by_value, resampling);
            let (none, some): (Vec<f32>, Vec<f32>) = values.iter().partition(|value| **value == -9999.0);
            assert!(!none.is_empty() || level == 2, "{resampling:?}");
            assert!(some.iter().all(|value| (100.0..=106.0).contains(value)), "{resampling:?} {level}");
            if resampling == Resampling::Bilinear {
                let same = values.iter().zip(&nearest).all(|(a, b)| (*a == -9999.0) == (*b == -9999.0));
                assert!(same, "the pixel of the centroid decides");
            }
            for other in [&by_nan, &by_mask] {
                let other: Vec<f32> = quantised(&*grid, level, &lattice, other, resampling);
                let same = |(a, b): (&f32, &f32)| a == b || (*a == -9999.0 && b.is_nan());
                assert!(values.iter().zip(&other).all(same), "{resampling:?} {level}");
            }
        }
    }
}

#[test]
fn bilinear_is_exact_on_a_plane_and_wraps_around() {
    let (grid, lattice) = (grid_of("HEALPix"), globe(0.0, 4.0));
    let rows = 45;
    let values: Vec<f64> = (0..rows * 90).map(|at| 88.0 - 4.0 * (at / 90) as f64).collect();
    let raster = Memory::new(90, &values, None);
    let found: Vec<f64> = quantised(&*grid, 4, &lattice, &raster, Resampling::Bilinear);
    for (zone, value) in found.iter().enumerate() {
        let place = grid.centroid(4, Zone(zone as u64)).unwrap();
        assert!((value - place.lat_deg.clamp(-88.0, 88.0)).abs() < 1e-9, "{place:?} {value}");
    }
    // Around the antimeridian of a raster from 0 to 360: a mean of the first and the last column.
    let values: Vec<f64> = (0..rows * 90).map(|at| (at % 90) as f64).collect();
    let found: Vec<f64> = quantised(&*grid, 6, &lattice, &Memory::new(90, &values, None), Resampling::Bilinear);
    for (zone, value) in found.iter().enumerate() {
        let lon = grid.centroid(6, Zone(zone as u64)).unwrap().lon_deg;
        if (0.0..2.0).contains(&lon) {
            let part = 0.5 - lon / 4.0;
            assert!((value - part * 89.0).abs() < 1e-9, "{lon} {value}");
        }
    }
}

#[test]
fn values_are_the_same_to_the_bit_wherever_blocks_of_the_source_end() {
    let (grid, lattice) = (grid_of("HEALPix"), globe(-180.0, 0.25));
    let noise = |at: u64| (at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as f32 / 1e3;
    let mut raster = Memory::new(1440, &(0..1440 * 720).map(noise).collect::<Vec<f32>>(), Some(noise(77)));
    for resampling in [Resampling::Nearest, Resampling::Bilinear, Resampling::Average] {
        let mut seen = Vec::new();
        for block in [[0, 0], [300, 300], [720, 1440]] {
            raster.variables[0].block = block;
            seen.push(quantised::<u32>(&*grid, 7, &lattice, &raster, resampling));
        }
        assert!(seen[1] == seen[0] && seen[2] == seen[0], "{resampling:?}");
    }
}

#[test]
fn mode_min_and_max_are_of_the_pixels_that_overlap() {
    // Pixels of 45 degrees. rHEALPix' equatorial faces end at latitudes of 41.9: they hold rows 1 and 2 alike, and the polar
    // faces the outer row and a strip of the next.
    let grid = grid_of("rHEALPix");
    let lattice = globe(-180.0, 45.0);
    let values: Vec<i32> = (0..32).map(|at| at / 8).collect();
    let raster = Memory::new(8, &values, None);
    let of = |resampling| quantised::<i32>(&*grid, 0, &lattice, &raster, resampling);
    assert_eq!(of(Resampling::Min), [0, 1, 1, 1, 1, 2]);
    assert_eq!(of(Resampling::Max), [1, 2, 2, 2, 2, 3]);
    let modes = of(Resampling::Mode);
    assert_eq!((modes[0], modes[5]), (0, 3));
    assert!(modes[1..5].iter().all(|value| [1, 2].contains(value)), "{modes:?}");
}

/// Mercator on the sphere, rows of `size` units from the north.
struct Mercator {
    size: f64,
    west: f64,
    north: f64,
}

impl Map for Mercator {
    fn positions(&self, points: &[LonLat], positions: &mut [Position]) -> Result<()> {
        for (point, position) in points.iter().zip(positions) {
            // Torn 140 degrees west and 220 degrees east of the raster's edge.
            let lon = ((point.lon_deg - self.west + 140.0).rem_euclid(360.0) - 140.0).to_radians();
            let y = point.lat_deg.to_radians().tan().asinh();
            *position = match y.is_finite() {
                true => [lon / self.size, (self.north - y) / self.size],
                false => [f64::NAN; 2],
            };
        }
        Ok(())
    }

    fn places(&self, positions: &[Position], points: &mut [LonLat]) -> Result<()> {
        for ([column, row], point) in positions.iter().zip(points) {
            let lat_deg = (self.north - row * self.size).sinh().atan().to_degrees();
            *point = LonLat { lon_deg: self.west + (column * self.size).to_degrees(), lat_deg };
        }
        Ok(())
    }
}

/// A band of Mercator around Europe and Africa.
fn mercator() -> Lattice {
    let map = Mercator { size: 0.05, west: -40.0, north: 1.0 };
    Lattice::Mapped(Mapped::new(40, 40, Box::new(map)))
}

#[test]
fn on_a_projected_raster_parts_add_up_to_one_too() {
    let lattice = mercator();
    for dggrs in ["H3", "HEALPix", "ISEA7H"] {
        let grid = grid_of(dggrs);
        for level in [1, 2] {
            let (parts, _) = covered_parts(&*grid, level, &lattice);
            let off = parts.iter().map(|part| (part - 1.0).abs()).fold(0.0, f64::max);
            // At level 1 zones with a corner at the pole, which Mercator tears off, reach the raster: they are sampled.
            let bound = if (dggrs, level) == ("HEALPix", 1) { 0.25 } else { 1e-9 };
            assert!(off < bound, "{dggrs} level {level}: {off:e}");
        }
        // The areas of pixels are those of the surface: their sum is that between the meridians and parallels.
        let overlap = Overlap::new(&*grid, 0, &lattice).unwrap();
        let sum: f64 = (0..1600).map(|at| overlap.pixel_area(at / 40, at % 40)).sum();
        let ends = 1f64.tanh() + 1f64.tanh();
        let tolerance = if dggrs == "H3" { 1e-3 } else { 1e-2 };
        assert!((sum / (2.0 * ends) - 1.0).abs() < tolerance, "{dggrs}: {sum} {}", 2.0 * ends);
    }
}

fn zones_of(grid: &dyn Grid, level: u8, lattice: &Lattice, coverage: CoverageOption, resampling: Resampling) -> Zones {
    let call = Call::capture();
    covered(&Search { call: &call, grid, level, lattice, resampling, threads: 2 }, coverage, &mut || true).unwrap()
}

#[test]
fn the_zones_that_a_raster_touches_are_found_by_their_centroids_or_overlaps() {
    let box_of = |west: f64| {
        let lon = Axis::Regular { first: west, step: 0.5, count: 60 };
        let lat = Axis::Regular { first: 20.0, step: -0.5, count: 40 };
        Lattice::Axes(Axes::new(lon, lat).unwrap())
    };
    for lattice in [box_of(5.0), box_of(165.0), box_of(350.0), mercator()] {
        for dggrs in ["HEALPix", "H3", "ISEA3H", "rHEALPix"] {
            let grid = grid_of(dggrs);
            let level = 3;
            let all: Vec<Zone> = grid.all_zones(level).unwrap().iter().collect();
            let mut centroids = vec![LonLat::default(); all.len()];
            grid.centroids(level, &all, &mut centroids).unwrap();
            let mut positions = vec![[0.0; 2]; all.len()];
            lattice.positions(&centroids, &mut positions).unwrap();
            let overlap = Overlap::new(&*grid, level, &lattice).unwrap();
            let mut pen = overlap.pen();
            let mut touches = |zone: Zone| {
                let mut covers = Covers::default();
                overlap.cover(&[zone], &mut pen, &mut covers).unwrap();
                covers.spans(0).next().is_some()
            };
            let by_centroid: Vec<Zone> =
                all.iter().zip(&positions).filter(|(_, at)| at[0].is_finite()).map(|(zone, _)| *zone).collect();
            let by_overlap: Vec<Zone> = all.iter().copied().filter(|zone| touches(*zone)).collect();
            assert!(by_overlap.len() > by_centroid.len() && !by_centroid.is_empty());
            for (resampling, expected) in [(Resampling::Nearest, by_centroid), (Resampling::Average, by_overlap)] {
                let found = zones_of(&*grid, level, &lattice, CoverageOption::Auto, resampling);
                let mut zones = found.at(&*grid, level, 0..found.len()).unwrap();
                let mut ids = vec![Default::default(); zones.len()];
                grid.ids(level, &zones, &mut ids).unwrap();
                assert!(ids.is_sorted(), "{dggrs}: ids ascend");
                let places = found.positions(&*grid, level, &zones).unwrap();
                assert!(places.iter().enumerate().all(|(at, place)| *place == Some(at as u64)));
                zones.sort_unstable();
                assert_eq!(zones, expected, "{dggrs} {resampling:?}");
            }
        }
    }
    let everywhere = zones_of(&*grid_of("H3"), 1, &box_of(5.0), CoverageOption::Global, Resampling::Nearest);
    assert_eq!(everywhere, Zones::globe(&*grid_of("H3"), 1));
    assert!(!zones_of(&*grid_of("H3"), 1, &nodes(), CoverageOption::Auto, Resampling::Nearest).are_listed());
}

#[test]
fn the_automatic_level_is_the_coarsest_whose_zones_are_not_larger_than_pixels() {
    // A pixel of one degree on the equator has 3.046e-4 sr; 12 * 4^l zones: 2.56e-4 at level 6.
    assert_eq!(level_of(&*grid_of("HEALPix"), &globe(-180.0, 1.0)).unwrap(), 6);
    assert_eq!(level_of(&*grid_of("HEALPix"), &globe(-180.0, 180.0)).unwrap(), 0);
    // 0.05 x 0.05 in Mercator: 2.5e-3 sr at the equator; 12 * 4^5 zones have 1.02e-3, 12 * 4^4 have 4.09e-3.
    assert_eq!(level_of(&*grid_of("HEALPix"), &mercator()).unwrap(), 5);
}

#[test]
fn further_dimensions_and_variables_keep_their_places_whatever_is_written_at_once() {
    let (grid, lattice) = (grid_of("HEALPix"), globe(-180.0, 10.0));
    let pixels = 36 * 18;
    let mut raster = Memory::new(36, &(0..6 * pixels).collect::<Vec<i32>>(), None);
    raster.variables[0].outer = vec![2, 3];
    let second: Vec<u8> = (0..6 * pixels).map(|at| (at / pixels) as u8).collect();
    raster.variables.push(raster.variables[0].clone());
    raster.variables[1].data_type = gdal_dggs::store::NumericType::UInt8;
    raster.values.push(second);
    let zones = Zones::globe(&*grid, 3);
    let fills: Vec<Vec<u8>> = raster.variables.iter().map(|v| fill_of(v, Resampling::Nearest)).collect();
    let job = Job {
        grid: &*grid,
        level: 3,
        zones: &zones,
        lattice: &lattice,
        raster: &raster,
        resampling: Resampling::Nearest,
        fills: &fills,
        max_memory: 1 << 20,
        threads: 2,
    };
    let mut seen = Vec::new();
    let cuts = [
        (768, 768, [1, 1]),
        (100, 100, [2, 3]),
        (7, 7, [2, 2]),
        (100, 25, [1, 2]),
        (300, 100, [2, 3]),
        (90, 50, [1, 1]),
    ];
    for (run_length, piece_length, outer_block) in cuts {
        let mut sink = Kept::new(&job, run_length, &outer_block);
        sink.piece_length = piece_length;
        engine::run(&Call::capture(), &job, &sink, &mut |_| true).unwrap();
        seen.push((sink.values::<i32>(0), sink.values::<u8>(1)));
    }
    assert!(seen.iter().all(|found| *found == seen[0]));
    let (first, second) = &seen[0];
    for slice in 0..6 {
        assert!(second[slice * 768..(slice + 1) * 768].iter().all(|value| usize::from(*value) == slice));
        for zone in 0..768 {
            assert_eq!(first[slice * 768 + zone], first[zone] + (slice * pixels as usize) as i32);
        }
    }
}

#[test]
fn parts_of_several_pieces_and_pieces_of_several_parts_give_the_same() {
    // Zones of 21,600 pixels, 16 to a part, and of 5400, 64 to a part.
    let (grid, lattice) = (grid_of("HEALPix"), globe(-180.0, 0.25));
    let raster = Memory::new(1440, &field(&lattice), None);
    let fills = [fill_of(&raster.variables[0], Resampling::Max)];
    for level in [1, 2] {
        let zones = Zones::globe(&*grid, level);
        let job = |max_memory, threads| Job {
            grid: &*grid,
            level,
            zones: &zones,
            lattice: &lattice,
            raster: &raster,
            resampling: Resampling::Max,
            fills: &fills,
            max_memory,
            threads,
        };
        let mut seen = Vec::new();
        for (run_length, piece_length, job) in [
            (zones.len(), zones.len(), job(0, 1)),
            (zones.len(), 1, job(1 << 24, 1)),
            (zones.len(), 48, job(1 << 24, 2)),
            (100, 25, job(1 << 24, 2)),
            (40, 8, job(1 << 24, 2)),
            (40, 20, job(1 << 24, 2)),
            (40, 20, job(1 << 10, 2)),
        ] {
            let mut sink = Kept::new(&job, run_length, &[]);
            sink.piece_length = piece_length;
            engine::run(&Call::capture(), &job, &sink, &mut |_| true).unwrap();
            let mut finished = sink.finished.lock().unwrap().clone();
            finished.sort_unstable();
            assert_eq!(finished, (0..zones.len().div_ceil(run_length)).collect::<Vec<_>>());
            seen.push(sink.values::<u64>(0));
        }
        assert!(seen.iter().all(|values| *values == seen[0]), "level {level}");
    }
}

#[test]
fn a_job_that_was_stopped_goes_on_where_it_was_and_errors_end_it() {
    let (grid, lattice) = (grid_of("HEALPix"), globe(-180.0, 5.0));
    let raster = Memory::new(72, &field(&lattice), None);
    let zones = Zones::globe(&*grid, 4);
    let fills = [fill_of(&raster.variables[0], Resampling::Average)];
    let job = Job {
        grid: &*grid,
        level: 4,
        zones: &zones,
        lattice: &lattice,
        raster: &raster,
        resampling: Resampling::Average,
        fills: &fills,
        max_memory: 1 << 20,
        threads: 2,
    };
    let call = Call::capture();
    let whole = Kept::new(&job, 64, &[]);
    engine::run(&call, &job, &whole, &mut |_| true).unwrap();
    for stop_after in [1, 3, 20] {
        let sink = Kept::new(&job, 64, &[]);
        let mut told = 0;
        let error = engine::run(&call, &job, &sink, &mut |_| {
            told += 1;
            told < stop_after
        })
        .unwrap_err();
        assert_eq!(error.kind(), Kind::Cancelled);
        let before = sink.finished.lock().unwrap().len();
        assert!(before >= stop_after && before < 48, "{before}");
        engine::run(&call, &job, &sink, &mut |_| true).unwrap();
        assert_eq!(sink.finished.lock().unwrap().len(), 48, "no run is done twice");
        assert_eq!(sink.values::<u64>(0), whole.values::<u64>(0));
    }
    let sink = Kept::new(&job, 64, &[]);
    sink.broken.store(true, Ordering::Relaxed);
    let error = engine::run(&call, &job, &sink, &mut |_| true).unwrap_err();
    assert_eq!(error.kind(), Kind::Io);
}

#[test]
fn source_blocks_are_read_once_where_memory_allows() {
    let (grid, lattice) = (grid_of("HEALPix"), globe(-180.0, 0.25));
    let raster = Memory::new(1440, &vec![1u8; 1440 * 720], None);
    let _: Vec<u8> = quantised(&*grid, 7, &lattice, &raster, Resampling::Nearest);
    assert_eq!(raster.read.load(Ordering::Relaxed), 1440 * 720);
}

#[test]
fn what_cannot_be_resampled_is_refused() {
    let (grid, lattice) = (grid_of("HEALPix"), globe(-180.0, 10.0));
    let mut raster = Memory::new(36, &vec![0f32; 36 * 18 * 2], None);
    raster.variables[0].data_type = gdal_dggs::store::NumericType::CFloat32;
    let zones = Zones::globe(&*grid, 0);
    for (resampling, good) in [(Resampling::Nearest, true), (Resampling::Average, false), (Resampling::Bilinear, false)]
    {
        let fills = [fill_of(&raster.variables[0], resampling)];
        let job = Job {
            grid: &*grid,
            level: 0,
            zones: &zones,
            lattice: &lattice,
            raster: &raster,
            resampling,
            fills: &fills,
            max_memory: 1 << 20,
            threads: 1,
        };
        let sink = Kept::new(&job, 12, &[]);
        let result = engine::run(&Call::capture(), &job, &sink, &mut |_| true);
        assert_eq!(result.is_ok(), good, "{resampling:?}");
        assert!(good || result.unwrap_err().to_string().contains("RESAMPLING=NEAREST"));
    }
}
