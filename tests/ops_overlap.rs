//! Overlaps at fine levels, where edges are drawn by one chord and one bend.

mod ops_support;

use std::collections::BTreeMap;

use gdal_dggs::grid::{self, GridSpec, Surface, Zone};
use gdal_dggs::ops::quantise::axis::Axis;
use gdal_dggs::ops::quantise::covers::{Covers, Span};
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
            let (mut pen, mut covers) = (overlap.pen(), Covers::default());
            let zones: Vec<Zone> = zones.iter().copied().filter(|zone| zone.0 < count).collect();
            overlap.cover(&zones, &mut pen, &mut covers).unwrap();
            let mut worst = 0f64;
            for (at, zone) in zones.iter().enumerate() {
                let pixels = |span: Span| {
                    (span.start..span.end).map(|at| span.fraction * overlap.pixel_area(span.row, at)).sum::<f64>()
                };
                let area: f64 = covers.spans(at).map(pixels).sum();
                worst = worst.max((area / overlap.zone_area(*zone).unwrap() - 1.0).abs());
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
                let (mut pen, mut covers) = (overlap.pen(), Covers::default());
                overlap.cover(&zones, &mut pen, &mut covers).unwrap();
                let spans = (0..zones.len()).flat_map(|zone| covers.spans(zone));
                let of_pixel = spans.filter(|span| span.row == row && (span.start..span.end).contains(&column));
                let (count, sum) = of_pixel.fold((0, 0.0), |(count, sum), span| (count + 1, sum + span.fraction));
                println!("{dggrs} {level} ({lon_deg} {lat_deg}) {pixels_a_zone}: {count} zones, {:e}", sum - 1.0);
                assert!((sum - 1.0f64).abs() < 1e-9, "{dggrs} {lon_deg} {lat_deg}: {sum}");
            }
        }
    }
}

/// What each of `zones` covers, drawn `together` at a time.
fn drawn(overlap: &Overlap<'_>, zones: &[Zone], together: usize) -> Vec<Vec<Span>> {
    let (mut pen, mut found) = (overlap.pen(), Vec::new());
    for zones in zones.chunks(together) {
        let mut covers = Covers::default();
        overlap.cover(zones, &mut pen, &mut covers).unwrap();
        found.extend((0..zones.len()).map(|zone| covers.spans(zone).collect()));
    }
    found
}

/// Covered parts of pixels, those of several turns together.
fn parts(spans: &[Span]) -> Vec<(u32, u32, f64)> {
    let mut sums = BTreeMap::new();
    for span in spans {
        (span.start..span.end).for_each(|column| *sums.entry((span.row, column)).or_insert(0.0) += span.fraction);
    }
    sums.into_iter().map(|((row, column), part)| (row, column, part)).collect()
}

#[test]
fn zones_drawn_together_cover_what_each_covers_alone() {
    for (dggrs, level) in [("HEALPix", 7), ("rHEALPix", 5), ("H3", 4), ("ISEA4H", 8)] {
        let grid = grid_of(dggrs);
        let count = grid.zone_count(level);
        // Runs in all parts of the globe, also around poles and antimeridian, one with a gap.
        let starts = (0..12).map(|k| k * count / 12);
        let zones: Vec<Zone> =
            starts.flat_map(|z| (z..(z + 1024).min(count)).filter(|z| z % 1000 != 77)).map(Zone).collect();
        for step in [0.25, 1.0, 0.02] {
            let lattice = globe(step);
            let overlap = Overlap::new(&*grid, level, &lattice).unwrap();
            let (together, alone) = (drawn(&overlap, &zones, 1024), drawn(&overlap, &zones, 1));
            for ((zone, together), alone) in zones.iter().zip(&together).zip(&alone) {
                let (together, alone) = (parts(together), parts(alone));
                let sum = |parts: &[(u32, u32, f64)]| parts.iter().map(|part| part.2).sum::<f64>();
                assert!((sum(&together) / sum(&alone) - 1.0).abs() < 1e-11, "{dggrs} {step} {zone:?}");
                // Parts that rounding makes may be in one of them alone.
                for (one, other) in [(&together, &alone), (&alone, &together)] {
                    for (row, column, part) in one {
                        let at = other.binary_search_by_key(&(*row, *column), |(row, column, _)| (*row, *column));
                        let found = at.map_or(0.0, |at| other[at].2);
                        assert!((part - found).abs() < 1e-11, "{dggrs} {step} {zone:?} {row} {column}: {part} {found}");
                    }
                }
            }
        }
    }
}

#[test]
fn all_zones_of_a_globe_fill_each_pixel_in_whatever_order_they_are_drawn() {
    let (level, lattice) = (8, globe(0.25));
    for indexing in ["nested", "ring"] {
        let (family, dggrs) = grid::family_of("HEALPix").unwrap();
        let spec = GridSpec { indexing, ..family.default_spec(dggrs) };
        let grid = family.grid(&spec).unwrap();
        let mut zones = vec![Zone(0); grid.zone_count(level) as usize];
        grid.zones_of_positions(level, 0..zones.len() as u64, &mut zones).unwrap();
        let overlap = Overlap::new(&*grid, level, &lattice).unwrap();
        let mut sums = vec![0.0; lattice.columns() * lattice.rows()];
        for (row, column, part) in drawn(&overlap, &zones, 1024).iter().flat_map(|spans| parts(spans)) {
            sums[row as usize * lattice.columns() + column as usize] += part;
        }
        let worst = sums.iter().map(|sum| (sum - 1.0f64).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-9, "{indexing}: {worst:e}");
    }
}

/// The area of what a convex polygon and a rectangle share (Sutherland and Hodgman 1974).
fn clipped_area(ring: &[[f64; 2]], low: [f64; 2], high: [f64; 2]) -> f64 {
    let mut ring = ring.to_vec();
    for (axis, line, sign) in [(0, low[0], 1.0), (0, high[0], -1.0), (1, low[1], 1.0), (1, high[1], -1.0)] {
        let inside = |p: &[f64; 2]| sign * (p[axis] - line);
        let mut cut = Vec::new();
        for (a, b) in ring.iter().zip(ring.iter().cycle().skip(1)) {
            let (from, to) = (inside(a), inside(b));
            if from >= 0.0 {
                cut.push(*a);
            }
            if (from < 0.0) != (to < 0.0) {
                let s = from / (from - to);
                cut.push([a[0] + s * (b[0] - a[0]), a[1] + s * (b[1] - a[1])]);
            }
        }
        ring = cut;
    }
    let Some(origin) = ring.first().copied() else { return 0.0 };
    let from_origin = |p: &[f64; 2]| [p[0] - origin[0], p[1] - origin[1]];
    let next = ring.iter().cycle().skip(1);
    ring.iter()
        .zip(next)
        .map(|(a, b)| (from_origin(a), from_origin(b)))
        .map(|(a, b)| a[0] * b[1] - b[0] * a[1])
        .sum::<f64>()
        / 2.0
}

#[test]
fn parts_are_those_of_clipped_polygons_where_edges_are_straight() {
    // On a sphere HEALPix' edges between latitudes of 41.8 degrees are straight in longitude and sine of latitude.
    let (family, dggrs) = grid::family_of("HEALPix").unwrap();
    let surface = Surface::Sphere { radius_m: 6_371_000.0 };
    let grid = family.grid(&GridSpec { surface, ..family.default_spec(dggrs) }).unwrap();
    let level = 7;
    let first = 5 * (1 << (2 * level)) + 4096;
    let zones: Vec<Zone> = (first..first + 1024).map(Zone).collect();
    for step in [0.1, 0.5, 2.0] {
        let lattice = globe(step);
        let overlap = Overlap::new(&*grid, level, &lattice).unwrap();
        for (zone, spans) in zones.iter().zip(drawn(&overlap, &zones, 1024)) {
            let ring = grid.boundary(level, *zone, 1).unwrap();
            let ring: Vec<[f64; 2]> = ring.iter().map(|at| [at.lon_deg, at.lat_deg.to_radians().sin()]).collect();
            let mut sum = 0.0;
            for (row, column, part) in parts(&spans) {
                let west = -180.0 + step * f64::from(column);
                let sine = |row: u32| (90.0 - step * f64::from(row)).to_radians().sin();
                let (low, high) = ([west, sine(row + 1)], [west + step, sine(row)]);
                let expected = clipped_area(&ring, low, high) / (step * (high[1] - low[1]));
                assert!((part - expected).abs() < 1e-10, "{step} {zone:?} {row} {column}: {part} {expected}");
                sum += part * overlap.pixel_area(row, column);
            }
            assert!((sum / overlap.zone_area(*zone).unwrap() - 1.0).abs() < 1e-9, "nothing is left out");
        }
    }
}

#[test]
fn parts_are_those_of_clipped_polygons_of_many_points_where_edges_are_curves() {
    let (family, dggrs) = grid::family_of("HEALPix").unwrap();
    let surface = Surface::Sphere { radius_m: 6_371_000.0 };
    let grid = family.grid(&GridSpec { surface, ..family.default_spec(dggrs) }).unwrap();
    let level = 8;
    // In a cap, from near the pole on.
    let count = 1 << (2 * level);
    let zones: Vec<Zone> = (count - 1000..count - 20).step_by(3).chain((0..count).step_by(97)).map(Zone).collect();
    for step in [0.1, 0.5, 2.0] {
        let lattice = globe(step);
        let overlap = Overlap::new(&*grid, level, &lattice).unwrap();
        let (mut worst, mut sum, mut compared) = (0f64, 0.0, 0);
        for (zone, spans) in zones.iter().zip(drawn(&overlap, &zones, 1024)) {
            let ring = grid.boundary(level, *zone, 64).unwrap();
            let ring: Vec<[f64; 2]> = ring.iter().map(|at| [at.lon_deg, at.lat_deg.to_radians().sin()]).collect();
            let area = overlap.zone_area(*zone).unwrap();
            for (row, column, part) in parts(&spans) {
                let west = -180.0 + step * f64::from(column);
                let sine = |row: u32| (90.0 - step * f64::from(row)).to_radians().sin();
                let (low, high) = ([west, sine(row + 1)], [west + step, sine(row)]);
                let expected = clipped_area(&ring, low, high) / (step * (high[1] - low[1]));
                // In parts of the pixel or of the zone, whichever is smaller.
                let scale = overlap.pixel_area(row, column) / area.min(overlap.pixel_area(row, column));
                let off = (part - expected).abs() * scale;
                (worst, sum, compared) = (worst.max(off), sum + off, compared + 1);
            }
        }
        let mean = sum / f64::from(compared);
        println!("{step}: {compared} parts, at most {worst:e} off, {mean:e} in the mean");
        assert!(compared > 1000 && worst < 1e-3 && mean < 3e-5, "pixels of {step} degrees: {worst:e}, {mean:e}");
    }
}
