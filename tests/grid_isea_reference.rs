//! ISEA grids against the answers of DGGRID 9.02 and DGGAL 0.0.5 in `../shared/oracle`; skipped where that is absent.

#[path = "support/oracle.rs"]
#[allow(dead_code, reason = "each test uses some of it")]
mod support;

use std::collections::BTreeSet;
use std::sync::Arc;

use gdal_dggs::grid::authalic::Authalic;
use gdal_dggs::grid::{self, Grid, GridSpec, LonLat, Orientation, Surface, Zone, ZoneId};
use serde_json::Value;
use support::{oracle, shared};

/// The tables whose name begins with `prefix`: name, header, rows.
fn tables(prefix: &str) -> Vec<(String, Vec<String>, Vec<Vec<String>>)> {
    let Some(oracle) = shared("oracle") else { return vec![] };
    let mut found = vec![];
    for entry in std::fs::read_dir(oracle).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if name.starts_with(prefix) && path.extension().is_some_and(|extension| extension == "csv") {
            let text = std::fs::read_to_string(&path).unwrap();
            let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
            found.push((name, lines.next().unwrap(), lines.collect()));
        }
    }
    found
}

/// The grid as a table's name says: `sphere_11.25` or `wgs84authalic_11.20`.
fn grid_of(setup: &str, dggrs: &str, indexing: &'static str) -> Arc<dyn Grid> {
    let (family, name) = grid::family_of(dggrs).unwrap();
    let (surface, longitude) = setup.split_once('_').unwrap();
    let surface = match surface {
        "sphere" => Surface::Sphere { radius_m: 6_371_007.180_918_475 },
        _ => Surface::Ellipsoid { name: None, semi_major_m: 6_378_137.0, inverse_flattening: 298.257_223_563 },
    };
    let orientation = Orientation { lon_0_deg: longitude.parse().unwrap(), lat_0_deg: 58.282_525_59, azimuth_deg: 0.0 };
    family.grid(&GridSpec { dggrs: name, surface, orientation: Some(orientation), indexing }).unwrap()
}

/// Great-circle distance in degrees.
fn distance_deg(a: LonLat, b: LonLat) -> f64 {
    let half = |x: f64| (x.to_radians() / 2.0).sin();
    let (dlat, dlon) = (half(a.lat_deg - b.lat_deg), half(a.lon_deg - b.lon_deg));
    let h = dlat * dlat + a.lat_deg.to_radians().cos() * b.lat_deg.to_radians().cos() * dlon * dlon;
    2.0 * h.sqrt().asin().to_degrees()
}

/// DGGRID prints centres on the authalic sphere.
fn on_authalic_sphere(grid: &dyn Grid, point: LonLat) -> LonLat {
    match grid.spec().surface {
        Surface::Sphere { .. } => point,
        Surface::Ellipsoid { inverse_flattening, .. } => {
            let authalic = Authalic::new(1.0 / inverse_flattening);
            LonLat { lat_deg: authalic.authalic_rad(point.lat_deg.to_radians()).to_degrees(), ..point }
        }
    }
}

#[test]
fn zones_ids_and_centroids_are_dggrids() {
    let mut rows_checked = 0;
    for (name, header, rows) in tables("dggrid902_") {
        let parts: Vec<&str> = name.split('_').collect();
        let (setup, dggrs) = (format!("{}_{}", parts[1], parts[2]), parts[3]);
        let level: u8 = parts[4][1..].parse().unwrap();
        let column = |wanted: &str| header.iter().position(|column| column == wanted).unwrap();
        let seqnum = grid_of(&setup, dggrs, "SEQNUM");
        let q2di = grid_of(&setup, dggrs, "Q2DI");
        let digits = match dggrs {
            "ISEA3H" => Some(grid_of(&setup, dggrs, "Z3")),
            "ISEA7H" => Some(grid_of(&setup, dggrs, "Z7")),
            _ => None,
        };
        let mut ties = 0;
        for row in &rows {
            let number = |wanted: &str| row[column(wanted)].parse::<f64>().unwrap();
            let at = || format!("{name}: {row:?}");
            let point = LonLat { lon_deg: number("lon"), lat_deg: number("lat_geodetic_input") };
            let zone = seqnum.zone_at(level, point).unwrap();
            let mut id = [ZoneId(0)];
            seqnum.ids(level, &[zone], &mut id).unwrap();
            if id[0].0.to_string() != row[column("seqnum")] {
                ties += 1;
                continue;
            }
            let mut position = [0];
            seqnum.positions(level, &[zone], &mut position).unwrap();
            assert_eq!(position[0] + 1, id[0].0);
            let expected = format!("{level}/{} {} {}", row[column("quad")], row[column("i")], row[column("j")]);
            assert_eq!(q2di.zone_text(level, zone).unwrap(), expected, "{}", at());
            assert_eq!(q2di.parse_zone(&expected, None).unwrap(), (level, zone));
            if let Some(digits) = &digits {
                assert_eq!(digits.zone_text(level, zone).unwrap(), row[column("hier")], "{}", at());
            }
            let centre = LonLat { lon_deg: number("center_lon"), lat_deg: number("center_lat_sphere") };
            let own = on_authalic_sphere(&*seqnum, seqnum.centroid(level, zone).unwrap());
            assert!(distance_deg(own, centre) < 1e-8, "{}: {own:?} {:e}", at(), distance_deg(own, centre));
            rows_checked += 1;
        }
        assert!(ties == 0, "{name}: {ties} of {} rows differ", rows.len());
    }
    println!("{rows_checked} rows");
}

#[test]
fn igeo7_is_dggals_isea7h_z7() {
    for (name, header, rows) in tables("dggal005_ISEA7H_Z7") {
        let level: u8 = name.rsplit_once("_r").unwrap().1.parse().unwrap();
        let (family, igeo7) = grid::family_of("IGEO7").unwrap();
        let grid = family.grid(&family.default_spec(igeo7)).unwrap();
        assert_eq!(header.join(","), "lon,lat,text,int,center_lon,center_lat");
        for row in &rows {
            let number = |column: usize| row[column].parse::<f64>().unwrap();
            let zone = grid.zone_at(level, LonLat { lon_deg: number(0), lat_deg: number(1) }).unwrap();
            assert_eq!(grid.zone_text(level, zone).unwrap(), row[2], "{name}: {row:?}");
            let mut id = [ZoneId(0)];
            grid.ids(level, &[zone], &mut id).unwrap();
            assert_eq!(id[0].0.to_string(), row[3]);
            assert_eq!(grid.parse_zone(&row[2], None).unwrap(), (level, zone));
            assert_eq!(grid.parse_zone(&row[3], None).unwrap(), (level, zone));
            let own = grid.centroid(level, zone).unwrap();
            assert!(
                distance_deg(own, LonLat { lon_deg: number(4), lat_deg: number(5) }) < 1e-8,
                "{name}: {row:?} {own:?}"
            );
        }
    }
}

#[test]
fn centroids_of_isea3h_are_dggals() {
    for (name, _, rows) in tables("dggal005_ISEA3H") {
        let level: u8 = name.rsplit_once("_r").unwrap().1.parse().unwrap();
        let grid = grid_of("wgs84authalic_11.20", "ISEA3H", "SEQNUM");
        for row in &rows {
            let number = |column: usize| row[column].parse::<f64>().unwrap();
            let zone = grid.zone_at(level, LonLat { lon_deg: number(0), lat_deg: number(1) }).unwrap();
            let own = grid.centroid(level, zone).unwrap();
            assert!(
                distance_deg(own, LonLat { lon_deg: number(4), lat_deg: number(5) }) < 1e-8,
                "{name}: {row:?} {own:?}"
            );
        }
    }
}

/// `points12.json`: its points, and the answers of the tool whose name begins with `tool`.
fn points12(tool: &str) -> Option<(Vec<LonLat>, Value)> {
    let all: Value = serde_json::from_str(&oracle("points12.json")?).unwrap();
    let points = support::points12(&all);
    let answers = all["oracles"].as_object().unwrap().iter().find(|(name, _)| name.starts_with(tool)).unwrap().1;
    Some((points, answers.clone()))
}

#[test]
fn every_address_type_of_the_twelve_points_is_dggrids() {
    let Some((points, answers)) = points12("DGGRID") else { return };
    for (setup, grids) in answers.as_object().unwrap() {
        for (name, types) in grids.as_object().unwrap() {
            let (dggrs, level) = name.split_once('/').unwrap();
            let level: u8 = level.parse().unwrap();
            for (address, scheme) in [
                ("Q2DI", "Q2DI"),
                ("SEQNUM", "SEQNUM"),
                ("Q2DD", "Q2DD"),
                ("PROJTRI", "PROJTRI"),
                ("Z3_INT64", "Z3"),
                ("Z3_DIGIT_STRING", "Z3"),
                ("Z7_INT64", "Z7"),
                ("Z7_DIGIT_STRING", "Z7"),
            ] {
                let Some(expected) = types[address].as_array() else { continue };
                let grid = grid_of(setup, dggrs, scheme);
                for (point, expected) in points.iter().zip(expected) {
                    let expected = expected.as_str().unwrap();
                    let zone = grid.zone_at(level, *point).unwrap();
                    let text = grid.zone_text(level, zone).unwrap();
                    let at = || format!("{setup} {name} {address} {point:?}: {text} {expected}");
                    match address {
                        "Z3_DIGIT_STRING" | "Z7_DIGIT_STRING" => assert_eq!(text, expected, "{}", at()),
                        "Z3_INT64" | "Z7_INT64" => {
                            let mut id = [ZoneId(0)];
                            grid.ids(level, &[zone], &mut id).unwrap();
                            assert_eq!(format!("{:x}", id[0].0), expected.trim_start_matches('0'), "{}", at());
                        }
                        "Q2DI" | "SEQNUM" => assert_eq!(text, format!("{level}/{expected}"), "{}", at()),
                        _ => {
                            // Six decimals of the same point; on a triangle's edge DGGRID may name either triangle.
                            let numbers = |text: &str| -> Vec<f64> {
                                text.split_whitespace().map(|number| number.parse().unwrap()).collect()
                            };
                            let (own, theirs) = (numbers(text.split_once('/').unwrap().1), numbers(expected));
                            assert!(own.iter().zip(&theirs).all(|(a, b)| (a - b).abs() < 6e-7), "{}", at());
                            if level <= 12 {
                                assert_eq!(grid.parse_zone(expected, Some(level)).unwrap().1, zone, "{}", at());
                            }
                        }
                    }
                }
            }
        }
    }
}

fn texts(value: &Value) -> BTreeSet<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// The vertices of a boundary, in any order, are those of the answer.
fn assert_vertices(grid: &dyn Grid, level: u8, zone: Zone, expected: &Value) {
    let mut own = grid.boundary(level, zone, 1).unwrap();
    // What closes the ring over a pole is no vertex.
    own.retain(|vertex| vertex.lat_deg.abs() < 90.0);
    own.dedup_by(|a, b| distance_deg(*a, *b) < 1e-9);
    let expected: Vec<LonLat> = expected
        .as_array()
        .unwrap()
        .iter()
        .map(|p| LonLat { lon_deg: p[0].as_f64().unwrap(), lat_deg: p[1].as_f64().unwrap() })
        .collect();
    assert!(
        own.len() == expected.len()
            || own.len() == expected.len() + 1 && distance_deg(own[0], own[own.len() - 1]) < 1e-9
    );
    for vertex in expected {
        let nearest = own.iter().map(|own| distance_deg(*own, vertex)).fold(f64::INFINITY, f64::min);
        assert!(nearest < 2e-8, "{vertex:?} {nearest:e}: {own:?}");
    }
}

#[test]
fn the_topology_of_igeo7_is_dggals() {
    let Some((points, answers)) = points12("dggal 0.0.5 topology") else { return };
    let grid = grid_of("wgs84authalic_11.20", "ISEA7H", "Z7");
    for (point, zone_answer) in points.iter().zip(answers["ISEA7H_Z7/5"].as_array().unwrap()) {
        let zone = grid.zone_at(5, *point).unwrap();
        let text_of = |level: u8| move |zone: &Zone| (level, *zone);
        let named = |zones: Vec<(u8, Zone)>| -> BTreeSet<String> {
            zones.into_iter().map(|(level, zone)| grid.zone_text(level, zone).unwrap()).collect()
        };
        assert_eq!(grid.zone_text(5, zone).unwrap(), zone_answer["zone"].as_str().unwrap());
        let parents = grid.parents(5, zone).unwrap();
        assert_eq!(grid.zone_text(4, parents[0]).unwrap(), zone_answer["parents"][0].as_str().unwrap());
        assert_eq!(named(parents.iter().map(text_of(4)).collect()), texts(&zone_answer["parents"]));
        let children = grid.children(5, zone).unwrap();
        assert_eq!(named(children.iter().map(text_of(6)).collect()), texts(&zone_answer["children"]));
        let neighbours = grid.neighbours(5, zone).unwrap();
        assert_eq!(named(neighbours.iter().map(text_of(5)).collect()), texts(&zone_answer["neighbors"]));
        assert_vertices(&*grid, 5, zone, &zone_answer["vertices_lonlat"]);
        let area = zone_answer["area_m2"].as_f64().unwrap();
        assert!((grid.area_m2(5, zone).unwrap() / area - 1.0).abs() < 1e-7);
    }
}

#[test]
fn the_topology_of_isea3h_is_dggals() {
    let Some((points, answers)) = points12("dggal 0.0.5 topology") else { return };
    let grid = grid_of("wgs84authalic_11.20", "ISEA3H", "SEQNUM");
    for (point, zone_answer) in points.iter().zip(answers["ISEA3H/5"].as_array().unwrap()) {
        let zone = grid.zone_at(5, *point).unwrap();
        assert_eq!(grid.parents(5, zone).unwrap().len(), zone_answer["parents"].as_array().unwrap().len());
        assert_eq!(grid.children(5, zone).unwrap().len(), zone_answer["children"].as_array().unwrap().len());
        assert_eq!(grid.neighbours(5, zone).unwrap().len(), zone_answer["neighbors"].as_array().unwrap().len());
        assert_vertices(&*grid, 5, zone, &zone_answer["vertices_lonlat"]);
        let area = zone_answer["area_m2"].as_f64().unwrap();
        assert!((grid.area_m2(5, zone).unwrap() / area - 1.0).abs() < 1e-7);
    }
}
