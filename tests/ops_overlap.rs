//! Overlaps at fine levels, where edges are drawn by one chord and one bend.

mod ops_support;

use gdal_dggs::grid::Zone;
use gdal_dggs::ops::quantise::axis::Axis;
use gdal_dggs::ops::quantise::lattice::{Axes, Lattice};
use gdal_dggs::ops::quantise::overlap::Overlap;
use ops_support::grid_of;

/// Pixels of `step` degrees on the globe, from 180 degrees west.
fn globe(step: f64) -> Lattice {
    let (columns, rows) = ((360.0 / step).round() as usize, (180.0 / step).round() as usize);
    let lon = Axis::Regular { first: -180.0, step, count: columns };
    let lat = Axis::Regular { first: 90.0, step: -step, count: rows };
    Lattice::Axes(Axes::new(lon, lat).unwrap())
}

/// DGGRS, level, and how far a zone's pixels may be from its area: corners of edges in the plane count a little, and come
/// where an edge crosses one of the icosahedron's.
const LEVELS: [(&str, u8, f64); 9] = [
    ("HEALPix", 8, 1e-9),
    ("HEALPix", 11, 1e-9),
    ("H3", 4, 1e-9),
    ("H3", 6, 1e-9),
    ("rHEALPix", 6, 1e-9),
    ("ISEA4H", 9, 1e-3),
    ("ISEA3H", 13, 1e-3),
    ("IGEO7", 7, 1e-3),
    ("ISEA4T", 9, 1e-3),
];

#[test]
fn fine_zones_pixels_add_up_to_their_areas_however_large_pixels_are() {
    for (dggrs, level, bound) in LEVELS {
        let grid = grid_of(dggrs);
        let count = grid.zone_count(level);
        let width_deg = (41_253.0 / count as f64).sqrt();
        // All over the globe, in runs of neighbours.
        let zones: Vec<Zone> = (0..count).step_by((count / 400) as usize).flat_map(|z| (z..z + 5).map(Zone)).collect();
        for pixels_a_zone in [0.1, 1.7, 9.0] {
            let columns = (360.0 * pixels_a_zone / width_deg).round();
            let lattice = globe(360.0 / (2.0 * (columns / 2.0).round()));
            let overlap = Overlap::new(&*grid, level, &lattice).unwrap();
            let (mut pen, mut spans, mut ends) = (overlap.pen(), Vec::new(), Vec::new());
            let zones: Vec<Zone> = zones.iter().copied().filter(|zone| zone.0 < count).collect();
            overlap.spans_of(&zones, &mut pen, &mut spans, &mut ends).unwrap();
            let (mut first, mut worst) = (0, 0f64);
            for (zone, end) in zones.iter().zip(ends) {
                let pixels = |span: &gdal_dggs::ops::quantise::coverage::Span| {
                    (span.start..span.end).map(|at| span.fraction * overlap.pixel_area(span.row, at)).sum::<f64>()
                };
                let area: f64 = spans[first..end].iter().map(pixels).sum();
                worst = worst.max((area / overlap.zone_area(*zone).unwrap() - 1.0).abs());
                first = end;
            }
            println!("{dggrs} {level}, {} columns: {worst:e}", lattice.columns());
            assert!(worst < bound, "{dggrs} level {level}: a zone's area is off by {worst:e}");
        }
    }
}

#[test]
fn fine_zones_fill_pixels() {
    // A batch of zones around a pixel, whose neighbours all are among them.
    for (dggrs, level) in [("HEALPix", 8), ("H3", 5), ("rHEALPix", 6), ("ISEA4H", 9), ("IGEO7", 7), ("ISEA4T", 9)] {
        let grid = grid_of(dggrs);
        let width_deg = (41_253.0 / grid.zone_count(level) as f64).sqrt();
        for pixels_a_zone in [0.3, 2.3, 7.0] {
            let lattice = globe(360.0 / (360.0 * pixels_a_zone / width_deg / 2.0).round() / 2.0);
            let overlap = Overlap::new(&*grid, level, &lattice).unwrap();
            for (lon_deg, lat_deg) in [(10.3, 0.1), (-71.2, 41.7), (133.1, -63.9), (179.99, 80.5)] {
                let middle = grid.zone_at(level, gdal_dggs::grid::LonLat { lon_deg, lat_deg }).unwrap();
                let mut position = [[0.0; 2]];
                lattice.positions(&[grid.centroid(level, middle).unwrap()], &mut position).unwrap();
                let (column, row) = (position[0][0] as u32, position[0][1] as u32);
                let rings = 3 + (3.0 / pixels_a_zone) as u32;
                let zones: Vec<Zone> = grid.k_ring(level, middle, rings).unwrap().iter().collect();
                let (mut pen, mut spans) = (overlap.pen(), Vec::new());
                overlap.spans_of(&zones, &mut pen, &mut spans, &mut Vec::new()).unwrap();
                let of_pixel = spans.iter().filter(|span| span.row == row && (span.start..span.end).contains(&column));
                let (count, sum) = of_pixel.fold((0, 0.0), |(count, sum), span| (count + 1, sum + span.fraction));
                println!("{dggrs} {level} ({lon_deg} {lat_deg}) {pixels_a_zone}: {count} zones, {:e}", sum - 1.0);
                assert!((sum - 1.0f64).abs() < 1e-9, "{dggrs} {lon_deg} {lat_deg}: {sum}");
            }
        }
    }
}
