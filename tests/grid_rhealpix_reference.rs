//! rHEALPix against other software: rhealpixdggs (texts) and DGGAL (texts, centres, vertices, areas, children).
//!
//! The tables of `shared/oracle` are read where they are (`DGGS_SHARED`, else `../shared`); a small one is here.

#[path = "support/oracle.rs"]
#[allow(dead_code, reason = "each test uses some of it")]
mod support;

use gdal_dggs::grid::{self, Containment, Grid, LonLat, Orientation, Region, Surface, Zone, ZoneSet};
use serde_json::Value;
use std::sync::Arc;
use support::{close, oracle, points12};

fn rhealpix(lon_0_deg: f64) -> Arc<dyn Grid> {
    let (family, name) = grid::family_of("rHEALPix").unwrap();
    let mut spec = family.default_spec(name);
    spec.orientation = Some(Orientation { lon_0_deg, lat_0_deg: 0.0, azimuth_deg: 0.0 });
    family.grid(&spec).unwrap()
}

fn text_at(grid: &dyn Grid, level: u8, point: LonLat) -> String {
    grid.zone_text(level, grid.zone_at(level, point).unwrap()).unwrap()
}

/// lon_0, lon, lat, text, longitude and latitude of the square's centre: rhealpixdggs 0.11.0.
const TABLE: &[(f64, f64, f64, &str, f64, f64)] = include!("grid_rhealpix_table.in");

#[test]
fn zones_and_centres_are_those_of_rhealpixdggs() {
    for &(lon_0_deg, lon_deg, lat_deg, text, centre_lon_deg, centre_lat_deg) in TABLE {
        let grid = rhealpix(lon_0_deg);
        let level = text.len() as u8 - 1;
        assert_eq!(text_at(&*grid, level, LonLat { lon_deg, lat_deg }), text);
        let (level, zone) = grid.parse_zone(text, None).unwrap();
        let centre = grid.centroid(level, zone).unwrap();
        // rhealpixdggs' authalic latitude is a series that ends at 1e-11 degree.
        assert!(close(centre, centre_lon_deg, centre_lat_deg, 1e-9), "{text}: {centre:?}");
    }
}

#[test]
fn a_rank_is_a_zone_where_the_level_is_known() {
    let grid = rhealpix(0.0);
    let (level, zone) = grid.parse_zone("Q4356", None).unwrap();
    assert_eq!((level, zone), (4, Zone(3 * 6561 + ((4 * 9 + 3) * 9 + 5) * 9 + 6)));
    assert_eq!(grid.parse_zone("4/22893", None).unwrap(), (4, zone));
    assert_eq!(grid.parse_zone("22893", Some(4)).unwrap(), (4, zone));
    assert_eq!(grid.parse_zone(" q4356 ", Some(9)).unwrap(), (4, zone));
    assert!(grid.parse_zone("22893", Some(3)).is_err());
    assert!(grid.parse_zone("22893", None).unwrap_err().to_string().contains("4/22893"));
}

#[test]
fn twelve_points_agree_with_rhealpixdggs_and_dggal() {
    let Some(text) = oracle("points12.json") else { return };
    let root: Value = serde_json::from_str(&text).unwrap();
    let number = |value: &Value| value.as_f64().unwrap();
    let points = points12(&root);
    let mut compared = 0;
    for (tool, tables) in root["oracles"].as_object().unwrap() {
        let Some(tables) = tables.as_object() else { continue };
        for (key, rows) in tables {
            let (grid, level) = match key.split_once('/') {
                Some(("res", level)) if tool.ends_with("lon_0=0") => (rhealpix(0.0), level),
                Some(("res", level)) if tool.ends_with("lon_0=50") => (rhealpix(50.0), level),
                Some(("rHEALPix", level)) => (rhealpix(50.0), level),
                _ => continue,
            };
            let level: u8 = level.parse().unwrap();
            for (point, row) in points.iter().zip(rows.as_array().unwrap()) {
                let zone = grid.zone_at(level, *point).unwrap();
                let text = grid.zone_text(level, zone).unwrap();
                let texts = |zones: Vec<Zone>, level| -> Vec<Value> {
                    zones.into_iter().map(|zone| grid.zone_text(level, zone).unwrap().into()).collect()
                };
                compared += 1;
                if row.is_string() || row.get("text").is_some() {
                    assert_eq!(row.as_str().or(row["text"].as_str()), Some(&*text), "{tool} {key} {point:?}");
                    continue;
                }
                assert_eq!(row["zone"], text, "{tool} {key}");
                assert_eq!(row["children"], Value::from(texts(grid.children(level, zone).unwrap(), level + 1)));
                assert_eq!(row["parents"], Value::from(texts(grid.parents(level, zone).unwrap(), level - 1)));
                // DGGAL's are those across a side.
                let neighbours = texts(grid.neighbours(level, zone).unwrap(), level);
                assert!(row["neighbors"].as_array().unwrap().iter().all(|other| neighbours.contains(other)), "{row}");
                let area_m2 = grid.area_m2(level, zone).unwrap();
                assert!((area_m2 / number(&row["area_m2"]) - 1.0).abs() < 1e-9, "{area_m2} {row}");
                let ring = grid.boundary(level, zone, 1).unwrap();
                for vertex in row["vertices_lonlat"].as_array().unwrap() {
                    let [lon_deg, lat_deg] = [number(&vertex[0]), number(&vertex[1])];
                    assert!(ring.iter().any(|point| close(*point, lon_deg, lat_deg, 1e-8)), "{vertex} {ring:?}");
                }
            }
        }
    }
    assert!(compared >= 12 * 11, "{compared}");
}

#[test]
fn five_hundred_points_agree_with_dggal() {
    for (file, level) in [("dggal005_rHEALPix_r3.csv", 3), ("dggal005_rHEALPix_r7.csv", 7)] {
        let Some(table) = oracle(file) else { return };
        let grid = rhealpix(50.0);
        for row in table.lines().skip(1) {
            let cells: Vec<&str> = row.split(',').collect();
            let number = |k: usize| cells[k].parse::<f64>().unwrap();
            let point = LonLat { lon_deg: number(0), lat_deg: number(1) };
            let zone = grid.zone_at(level, point).unwrap();
            assert_eq!(grid.zone_text(level, zone).unwrap(), cells[2]);
            assert!(close(grid.centroid(level, zone).unwrap(), number(4), number(5), 1e-8), "{row}");
        }
    }
}

#[test]
fn points_on_round_meridians_belong_to_the_zone_east_of_them() {
    // Ninths of a quadrant, which tau as a double cannot hold exactly.
    let grid = rhealpix(0.0);
    for level in 2..=16 {
        for lon_deg in (-18..18).map(|tens| f64::from(10 * tens)) {
            let at = |lon_deg| grid.zone_at(level, LonLat { lon_deg, lat_deg: 1.0 }).unwrap();
            assert_eq!(at(lon_deg), at(lon_deg + 1e-7), "level {level}, {lon_deg}");
            assert_ne!(at(lon_deg), at(lon_deg - 1e-7), "level {level}, {lon_deg}");
        }
    }
}

#[test]
fn a_box_on_zone_lines_touches_both_sides_and_holds_one() {
    let grid = rhealpix(0.0);
    let region = Region::bbox(0.0, -5.0, 10.0, 5.0).unwrap();
    let found = |containment| grid.zones_in(2, &region, containment).unwrap();
    let columns = |set: &ZoneSet| -> Vec<f64> {
        let mut lons: Vec<f64> = set.iter().map(|zone| grid.centroid(2, zone).unwrap().lon_deg.round()).collect();
        lons.sort_by(f64::total_cmp);
        lons.dedup();
        lons
    };
    assert_eq!(columns(&found(Containment::Intersects)), [-5.0, 5.0, 15.0]);
    assert_eq!(columns(&found(Containment::Within)), [5.0]);
    assert_eq!(found(Containment::Within).len(), 1);
}

#[test]
fn small_polygons_are_those_of_brute_force() {
    // Level 6, zones of 14 km: a corner of the cube, a diagonal of a polar square, both poles, a joint, the antimeridian.
    let grid = rhealpix(50.0);
    let mut state = 5u64;
    let mut random = move |low: f64, high: f64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        low + (high - low) * (state >> 11) as f64 / (1u64 << 53) as f64
    };
    for (lon_deg, lat_deg) in [(50.0, 41.9), (-40.1, 60.0), (10.0, 89.5), (77.0, -88.9), (20.0, -41.95), (179.9, 1.0)] {
        for _ in 0..6 {
            let stretch = 1.0 / f64::cos(f64::to_radians(lat_deg));
            let mut corner = |k: u32| {
                let (sin, cos) = (51.0 * f64::from(k)).to_radians().sin_cos();
                let radius = random(0.1, 0.9);
                (lon_deg + radius * cos * stretch, (lat_deg + radius * sin).clamp(-90.0, 90.0))
            };
            let ring: Vec<_> = (0..7).map(&mut corner).collect();
            let polygon = geo::Polygon::new(ring.into(), vec![]);
            let region = Region::polygons(geo::MultiPolygon(vec![polygon])).unwrap();
            let outline = region.outline().unwrap();
            let [intersects, centroid, within] = [Containment::Intersects, Containment::Centroid, Containment::Within]
                .map(|containment| grid.zones_in(6, &region, containment).unwrap());
            assert_eq!(within.intersection(&centroid), within);
            assert_eq!(centroid.intersection(&intersects), centroid);
            // The zones of many points of the outline are touched; those of points a little off it prove the rest.
            let mut touched = Vec::new();
            for edge in outline.edges() {
                touched.extend((0..=4000).map(|k| grid.zone_at(6, edge.at(f64::from(k) / 4000.0)).unwrap()));
            }
            let touched = ZoneSet::from_zones(touched);
            assert_eq!(touched.intersection(&intersects), touched, "({lon_deg}, {lat_deg})");
            let not_within = |zone: &Zone| !within.contains(*zone);
            assert!(touched.iter().filter(not_within).count() as u64 >= touched.len() * 99 / 100);
            // What is chosen beyond those is inside as a whole, or touched between two of the points.
            let rest = intersects.iter().filter(|zone| !touched.contains(*zone) && !within.contains(*zone));
            assert!(rest.count() <= 4, "({lon_deg}, {lat_deg})");
            for zone in intersects.iter() {
                let ring = grid.boundary(6, zone, 20).unwrap();
                let inside = ring.iter().filter(|point| outline.contains(**point)).count();
                assert_eq!(centroid.contains(zone), outline.contains(grid.centroid(6, zone).unwrap()));
                assert!(inside == ring.len() || !within.contains(zone), "({lon_deg}, {lat_deg}) {zone:?}");
                assert!(inside < ring.len() || touched.contains(zone) || within.contains(zone));
            }
            for zone in grid.k_ring(6, touched.iter().next().unwrap(), 12).unwrap().iter() {
                let ring = grid.boundary(6, zone, 20).unwrap();
                let inside = ring.iter().any(|point| outline.contains(*point));
                assert!(!inside || intersects.contains(zone), "({lon_deg}, {lat_deg}) {zone:?}");
            }
        }
    }
}

#[test]
fn the_four_shapes_have_their_vertices_on_parallels() {
    let grid = rhealpix(0.0);
    let lats = |text: &str| -> Vec<f64> {
        let (level, zone) = grid.parse_zone(text, None).unwrap();
        let ring = grid.boundary(level, zone, 1).unwrap();
        ring.iter().map(|point| (point.lat_deg * 1e9).round() / 1e9).collect()
    };
    let cap = lats("N4");
    assert!(cap.iter().all(|lat| *lat == cap[0] && *lat > 74.0), "{cap:?}");
    let mut dart = lats("N0");
    dart.sort_by(f64::total_cmp);
    assert!(dart[0] == dart[2] && dart[3] > dart[2], "{dart:?}");
    let skew = lats("N1");
    assert!(skew[0] == skew[3] && skew[1] == skew[2], "{skew:?}");
    let quad = lats("P4");
    assert!(quad[0] == quad[3] && quad[1] == quad[2] && quad[0] == -quad[1], "{quad:?}");
    // A corner of the cube: three zones meet, seven neighbours.
    let (level, corner) = grid.parse_zone("N00", None).unwrap();
    assert_eq!(grid.neighbours(level, corner).unwrap().len(), 7);
}

#[test]
fn what_the_family_cannot_do_is_an_error() {
    let (family, name) = grid::family_of("rhealpix").unwrap();
    let spec = family.default_spec(name);
    let turned = |orientation| family.grid(&grid::GridSpec { orientation, ..spec.clone() });
    let orientation = Orientation { lon_0_deg: 0.0, lat_0_deg: 0.0, azimuth_deg: 0.0 };
    assert!(turned(None).is_err());
    assert!(turned(Some(Orientation { lat_0_deg: 1.0, ..orientation })).is_err());
    assert!(turned(Some(Orientation { azimuth_deg: 1.0, ..orientation })).is_err());
    assert!(turned(Some(Orientation { lon_0_deg: f64::NAN, ..orientation })).is_err());
    for radius_m in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(family.grid(&grid::GridSpec { surface: Surface::Sphere { radius_m }, ..spec.clone() }).is_err());
    }
    assert!(family.grid(&grid::GridSpec { indexing: "nested", ..spec }).is_err());
}
