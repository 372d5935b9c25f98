//! HEALPix against other software: healpix-geo and healpy (ids, centres, vertices, neighbours), DGGAL (centres).
//!
//! The tables of `shared/oracle` are read where they are (`DGGS_SHARED`, else `../shared`); a small one is here.

#[path = "support/oracle.rs"]
#[allow(dead_code, reason = "each test uses some of it")]
mod support;

use gdal_dggs::grid::{self, Grid, LonLat, Surface, Zone, ZoneId};
use serde_json::Value;
use std::sync::Arc;
use support::{close, oracle, points12};

fn healpix(surface: &str, indexing: &'static str) -> Arc<dyn Grid> {
    let (family, name) = grid::family_of("HEALPix").unwrap();
    let mut spec = family.default_spec(name);
    spec.indexing = indexing;
    if surface == "sphere" {
        spec.surface = Surface::Sphere { radius_m: 6_370_997.0 };
    }
    family.grid(&spec).unwrap()
}

fn id_at(grid: &dyn Grid, level: u8, point: LonLat) -> u64 {
    let mut id = [ZoneId(0)];
    grid.ids(level, &[grid.zone_at(level, point).unwrap()], &mut id).unwrap();
    id[0].0
}

/// lon, lat, level, nested id on the sphere, on WGS84, ring id on WGS84: healpix-geo 0.4.1.
const TABLE: &[(f64, f64, u8, u64, u64, u64)] = include!("grid_healpix_table.in");

#[test]
fn ids_are_those_of_healpix_geo() {
    let grids = [healpix("sphere", "nested"), healpix("WGS84", "nested"), healpix("WGS84", "ring")];
    for &(lon_deg, lat_deg, level, sphere, wgs84, ring) in TABLE {
        let found = [0, 1, 2].map(|k| id_at(&*grids[k], level, LonLat { lon_deg, lat_deg }));
        assert_eq!(found, [sphere, wgs84, ring], "({lon_deg}, {lat_deg}) level {level}");
    }
}

#[test]
fn the_centre_of_wgs84_zone_0_is_that_of_cf() {
    let centre = healpix("WGS84", "nested").centroid(0, Zone(0)).unwrap();
    assert!((centre.lat_deg - 41.938).abs() < 5e-4 && centre.lon_deg == 45.0, "{centre:?}");
}

#[test]
fn twelve_points_agree_with_healpix_geo_and_healpy() {
    let Some(text) = oracle("points12.json") else { return };
    let root: Value = serde_json::from_str(&text).unwrap();
    let number = |value: &Value| value.as_f64().unwrap();
    let points = points12(&root);
    let mut compared = 0;
    for (tool, tables) in root["oracles"].as_object().unwrap() {
        let surface = match tool.as_str() {
            tool if tool.starts_with("healpy") || tool.ends_with("ellipsoid=sphere") => "sphere",
            tool if tool.starts_with("healpix-geo") && tool.ends_with("ellipsoid=WGS84") => "WGS84",
            _ => continue,
        };
        for (key, rows) in tables.as_object().unwrap() {
            let (what, level) = key.split_once('/').unwrap();
            let level: u8 = level.parse().unwrap();
            for (point, row) in points.iter().zip(rows.as_array().unwrap()) {
                let scheme = ["nested", "ring", "zuniq"].into_iter().find(|scheme| *scheme == what);
                if let Some(scheme) = scheme {
                    let found = id_at(&*healpix(surface, scheme), level, *point);
                    assert_eq!(Some(found), row.as_u64(), "{tool} {key} {point:?}");
                } else {
                    assert_eq!(what, "nested_center");
                    let grid = healpix(surface, "nested");
                    let centre = grid.centroid(level, grid.zone_at(level, *point).unwrap()).unwrap();
                    assert!(close(centre, number(&row[0]), number(&row[1]), 1e-13), "{tool} {key} {centre:?} {row}");
                }
                compared += 1;
            }
        }
    }
    assert!(compared > 300);

    let topology = &root["oracles"]["healpix-geo 0.4.1 WGS84 nested/5 topology"];
    let grid = healpix("WGS84", "nested");
    for (k, id) in topology["ids"].as_array().unwrap().iter().enumerate() {
        let zone = Zone(id.as_u64().unwrap());
        let ring = grid.boundary(5, zone, 1).unwrap();
        let (lons, lats) = (&topology["vertices_lon"][k], &topology["vertices_lat"][k]);
        if ring.len() == 4 {
            for (corner, vertex) in ring.iter().enumerate() {
                assert!(
                    close(*vertex, number(&lons[corner]), number(&lats[corner]), 1e-13),
                    "{vertex:?} {lons} {lats}"
                );
            }
        }
        let mut theirs: Vec<u64> =
            topology["kth_neighbours_ring1"][k].as_array().unwrap().iter().filter_map(Value::as_u64).collect();
        theirs.retain(|other| *other != zone.0);
        theirs.sort_unstable();
        let ours: Vec<u64> = grid.neighbours(5, zone).unwrap().iter().map(|zone| zone.0).collect();
        assert_eq!(ours, theirs);
    }
}

#[test]
fn five_hundred_points_agree_with_dggal() {
    for (file, level) in [("dggal005_HEALPix_r5.csv", 5), ("dggal005_HEALPix_r12.csv", 12)] {
        let Some(text) = oracle(file) else { continue };
        let grid = healpix("WGS84", "nested");
        let mut names = std::collections::HashMap::new();
        for row in text.lines().skip(1) {
            let cells: Vec<&str> = row.split(',').collect();
            let [lon_deg, lat_deg, lon, lat] = [0, 1, 4, 5].map(|k| cells[k].parse::<f64>().unwrap());
            let zone = grid.zone_at(level, LonLat { lon_deg, lat_deg }).unwrap();
            let centre = grid.centroid(level, zone).unwrap();
            assert!(close(centre, lon, lat, 1e-10), "{file}: {row}: {centre:?}");
            assert_eq!(*names.entry(cells[2].to_owned()).or_insert(zone), zone, "one name, one zone");
        }
        assert!(names.len() > 300);
    }
}
