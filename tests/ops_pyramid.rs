//! What a zone is made of on finer levels: every finer zone counts once, by its share.

use std::collections::BTreeMap;

use gdal_dggs::grid::{self, Zone};
use gdal_dggs::ops::pyramid::coarser;
use gdal_dggs::ops::pyramid::weights::{TWELFTHS, Weights};
use gdal_dggs::ops::quantise::zones::Zones;

const ALL: [&str; 9] = ["HEALPix", "H3", "rHEALPix", "ISEA3H", "ISEA4H", "ISEA7H", "ISEA4T", "ISEA4D", "IGEO7"];

type Point = [f64; 2];

/// The part of the polygon `cut` on the left of each edge of the convex `by`.
fn clipped(cut: &[Point], by: &[Point]) -> Vec<Point> {
    let mut found = cut.to_vec();
    for (a, b) in by.iter().zip(by.iter().cycle().skip(1)) {
        let side = |p: &Point| (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]);
        let ring = std::mem::take(&mut found);
        for (p, q) in ring.iter().zip(ring.iter().cycle().skip(1)) {
            let (s, t) = (side(p), side(q));
            if s >= 0.0 {
                found.push(*p);
            }
            if (s > 0.0) != (t > 0.0) && s != t {
                let part = s / (s - t);
                found.push([p[0] + part * (q[0] - p[0]), p[1] + part * (q[1] - p[1])]);
            }
        }
    }
    found
}

fn area(ring: &[Point]) -> f64 {
    let next = ring.iter().cycle().skip(1);
    0.5 * ring.iter().zip(next).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum::<f64>()
}

/// A hexagon around `centre` whose neighbours lie at `towards` and its turns by 60 degrees.
fn hexagon(centre: Point, towards: Point) -> Vec<Point> {
    let (length, angle) = (towards[0].hypot(towards[1]) / 3f64.sqrt(), towards[1].atan2(towards[0]));
    let corner = |k: i32| {
        let (sin, cos) = (angle + (f64::from(k) + 0.5) * std::f64::consts::FRAC_PI_3).sin_cos();
        [centre[0] + length * cos, centre[1] + length * sin]
    };
    (0..6).map(corner).collect()
}

#[test]
fn the_parts_of_a_child_are_those_of_the_planes_hexagons() {
    // Unit hexagons; the next coarser ones have their neighbours at 2 + w, w a turn by 60 degrees: ratio 7.
    let half_root = 3f64.sqrt() / 2.0;
    let parent = hexagon([0.0, 0.0], [2.5, half_root]);
    assert!((area(&parent) / half_root - 7.0).abs() < 1e-12);
    let part = |centre: Point| area(&clipped(&hexagon(centre, [1.0, 0.0]), &parent)) / half_root;
    assert!((part([0.0, 0.0]) - 1.0).abs() < 1e-12);
    assert!((part([1.0, 0.0]) - TWELFTHS[0]).abs() < 1e-12, "{}", part([1.0, 0.0]));
    let ring = (0..6).map(|k| {
        let (sin, cos) = (f64::from(k) * std::f64::consts::FRAC_PI_3 + std::f64::consts::FRAC_PI_6).sin_cos();
        part([3f64.sqrt() * cos, 3f64.sqrt() * sin])
    });
    assert!(ring.into_iter().all(|part| (part - TWELFTHS[1]).abs() < 1e-12));
}

#[test]
fn every_finer_zone_is_shared_out_whole_and_areas_add_up() {
    for dggrs in ALL {
        let (family, name) = grid::family_of(dggrs).unwrap();
        let grid = family.grid(&family.default_spec(name)).unwrap();
        for (level, fine) in [(0, 1), (1, 2), (1, 3)] {
            let weights = Weights::new(&*grid, level, fine);
            let mut parts: BTreeMap<Zone, f64> = BTreeMap::new();
            for zone in grid.all_zones(level).unwrap().iter() {
                let mut members = Vec::new();
                weights.children(zone, &mut members).unwrap();
                let shares = ["ISEA3H", "ISEA4H", "ISEA7H"].contains(&dggrs);
                if shares {
                    let own = grid.area_m2(level, zone).unwrap();
                    let regular = grid.area_m2(fine, members[0].zone).unwrap() / members[0].area;
                    let sum: f64 = members.iter().map(|member| member.part * member.area).sum();
                    assert!((sum * regular / own - 1.0).abs() < 1e-9, "{dggrs} {level} zone {}", zone.0);
                }
                for member in members {
                    *parts.entry(member.zone).or_default() += member.part;
                }
                let central = weights.central(zone).unwrap().unwrap();
                assert_eq!(grid.ancestor(fine, central.zone, level).unwrap(), zone, "{dggrs}");
            }
            assert_eq!(parts.len() as u64, grid.zone_count(fine), "{dggrs} {level} {fine}");
            let worst = parts.values().map(|part| (part - 1.0).abs()).fold(0.0, f64::max);
            assert!(worst < 1e-12, "{dggrs} {level} {fine}: {worst:e}");
        }
    }
}

#[test]
fn the_coarser_zones_are_those_that_have_a_member() {
    for dggrs in ALL {
        let (family, name) = grid::family_of(dggrs).unwrap();
        let grid = family.grid(&family.default_spec(name)).unwrap();
        assert!(!coarser(&*grid, 1, 3, &Zones::globe(&*grid, 3)).unwrap().are_listed());
        let some = grid.sub_zones(1, Zone(3), 3).unwrap();
        let fine = Zones::listed(&*grid, 3, some.clone()).unwrap();
        let found = coarser(&*grid, 2, 3, &fine).unwrap();
        let found = found.at(&*grid, 2, 0..found.len()).unwrap();
        let weights = Weights::new(&*grid, 2, 3);
        let mut expected = Vec::new();
        for zone in grid.all_zones(2).unwrap().iter() {
            let mut members = Vec::new();
            weights.children(zone, &mut members).unwrap();
            if members.iter().any(|member| some.contains(member.zone)) {
                expected.push(zone);
            }
        }
        let mut found = found;
        found.sort_unstable();
        assert_eq!(found, expected, "{dggrs}");
    }
}
