//! H3 against the C library (h3 4.5.0 from Python): indexes, centres, areas, neighbours, ids of a real store.
//!
//! The tables of `shared` are read where they are (`DGGS_SHARED`, else `../shared`); a small one is here.

#[path = "support/oracle.rs"]
#[allow(dead_code, reason = "each test uses some of it")]
mod support;

use gdal_dggs::grid::{self, Containment, Grid, LonLat, Orientation, Region, Surface, Zone, ZoneId, ZoneSet};
use serde_json::Value;
use std::sync::Arc;
use support::{close, oracle, shared};
use zarrs_storage::WritableStorageTraits;

fn h3() -> Arc<dyn Grid> {
    let (family, name) = grid::family_of("H3").unwrap();
    family.grid(&family.default_spec(name)).unwrap()
}

/// lon, lat, index, longitude and latitude of its centre, area in m2, number of vertices, neighbours: h3 4.5.0.
type Row = (f64, f64, &'static str, f64, f64, f64, usize, &'static str);

/// The last four rows are pentagons.
const TABLE: &[Row] = include!("grid_h3_table.in");

#[test]
fn zones_are_those_of_the_c_library() {
    let grid = h3();
    for &(lon_deg, lat_deg, text, centre_lon_deg, centre_lat_deg, area_m2, vertices, neighbours) in TABLE {
        let (level, zone) = grid.parse_zone(text, None).unwrap();
        assert_eq!(grid.zone_at(level, LonLat { lon_deg, lat_deg }).unwrap(), zone, "{text}");
        assert_eq!(grid.zone_text(level, zone).unwrap(), text);
        // Near a pole H3's latitude is the arcsine of a number close to 1: it has eight digits less at the pole itself.
        let tolerance_deg = 1e-11 + 1e-14 / lat_deg.to_radians().cos().max(1e-9);
        let centre = grid.centroid(level, zone).unwrap();
        assert!(close(centre, centre_lon_deg, centre_lat_deg, tolerance_deg), "{text}: {centre:?}");
        let area = grid.area_m2(level, zone).unwrap();
        assert!((area / area_m2 - 1.0).abs() < 1e-7, "{text}: {area} {area_m2}");
        assert_eq!(grid.boundary(level, zone, 1).unwrap().len(), vertices, "{text}");
        let around = grid.neighbours(level, zone).unwrap();
        let around: Vec<_> = around.into_iter().map(|zone| grid.zone_text(level, zone).unwrap()).collect();
        assert_eq!(around.join(" "), neighbours, "{text}");
    }
}

#[test]
fn pentagons_have_five_neighbours_six_children_and_every_ancestor_a_pentagon() {
    let grid = h3();
    for row in &TABLE[TABLE.len() - 4..] {
        let (mut level, mut zone) = grid.parse_zone(row.2, None).unwrap();
        loop {
            assert_eq!(grid.neighbours(level, zone).unwrap().len(), 5);
            let children = grid.children(level, zone).unwrap();
            assert_eq!(children.len(), if level == 15 { 0 } else { 6 });
            let Some(parent) = grid.parents(level, zone).unwrap().first().copied() else { break };
            assert_eq!(grid.sub_zones(level - 1, parent, level).unwrap().len(), 6);
            (level, zone) = (level - 1, parent);
        }
    }
}

#[test]
fn twelve_points_agree_with_the_c_library() {
    let Some(text) = oracle("points12.json") else { return };
    let root: Value = serde_json::from_str(&text).unwrap();
    let grid = h3();
    let mut compared = 0;
    for (tool, tables) in root["oracles"].as_object().unwrap() {
        let Some(tables) = tables.as_object().filter(|_| tool.starts_with("h3 ")) else { continue };
        for (key, rows) in tables {
            let Some(level) = key.strip_prefix("res/") else { continue };
            let level: u8 = level.parse().unwrap();
            for (point, row) in root["points"].as_array().unwrap().iter().zip(rows.as_array().unwrap()) {
                let point = LonLat { lon_deg: point["lon"].as_f64().unwrap(), lat_deg: point["lat"].as_f64().unwrap() };
                let zone = grid.zone_at(level, point).unwrap();
                assert_eq!(row.as_str(), Some(&*grid.zone_text(level, zone).unwrap()), "{key} {point:?}");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 48);
}

#[test]
fn texts_are_hexadecimal_and_integers_decimal() {
    let grid = h3();
    let (level, zone) = grid.parse_zone("831f1dfffffffff", None).unwrap();
    assert_eq!(level, 3);
    let mut id = [ZoneId(0)];
    grid.ids(3, &[zone], &mut id).unwrap();
    assert_eq!(id[0].0, 0x0831_f1df_ffff_ffff);
    for text in
        ["831F1DFFFFFFFFF", "0x831f1dfffffffff", "0831f1dfffffffff", " 3/831f1dfffffffff ", "590518970537213951"]
    {
        assert_eq!(grid.parse_zone(text, Some(9)).map_err(|error| error.to_string()), Ok((3, zone)), "{text}");
    }
    for text in ["831f1dfffffffffff", "831f1dffffffff", "4/831f1dfffffffff", "83", "h3", "821f1dfffffffff"] {
        assert!(grid.parse_zone(text, Some(3)).is_err(), "{text}");
    }
    let wrong = grid.zones_of_ids(4, &id, &mut [Zone(0)]).unwrap_err().to_string();
    assert_eq!(wrong, "H3 index 831f1dfffffffff is a zone of level 3, not of level 4");
    let edge = grid.zones_of_ids(3, &[ZoneId(0x1131_f1df_ffff_ffff)], &mut [Zone(0)]).unwrap_err().to_string();
    assert!(edge.contains("no H3 index"), "{edge}");
}

#[test]
fn ids_of_a_store_that_xdggs_wrote_are_the_whole_globe_in_order() {
    let Some(path) = shared("data/xdggs/h3r3_global_zarr_v3.zarr") else { return };
    let store = Arc::new(zarrs_storage::store::MemoryStore::new());
    for key in ["zarr.json", "c/0", "c/1"] {
        let bytes = std::fs::read(path.join("cell_ids").join(key)).unwrap();
        store.set(&zarrs_storage::StoreKey::new(format!("cell_ids/{key}")).unwrap(), bytes.into()).unwrap();
    }
    let array = zarrs::array::Array::open(store, "/cell_ids").unwrap();
    let ids: Vec<u64> = array.retrieve_array_subset(&array.subset_all()).unwrap();
    let ids: Vec<ZoneId> = ids.into_iter().map(ZoneId).collect();
    let grid = h3();
    let mut zones = vec![Zone(0); ids.len()];
    grid.zones_of_ids(3, &ids, &mut zones).unwrap();
    assert_eq!(ZoneSet::from_zones(zones.iter().copied()), grid.all_zones(3).unwrap());
    let mut positions = vec![0; ids.len()];
    grid.positions(3, &zones, &mut positions).unwrap();
    assert_eq!(positions, (0..41_162).collect::<Vec<u64>>());
}

#[test]
fn small_polygons_are_those_of_brute_force() {
    // Level 7, zones of 1.4 km: around a pentagon, over an edge of the icosahedron, at the antimeridian and a pole.
    let grid = h3();
    let mut state = 9u64;
    let mut random = move |low: f64, high: f64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        low + (high - low) * (state >> 11) as f64 / (1u64 << 53) as f64
    };
    for (lon_deg, lat_deg) in
        [(10.536, 64.7), (-11.0, 20.0), (179.99, -17.0), (30.0, 89.9), (-70.0, -50.0), (13.4, 52.5)]
    {
        for _ in 0..6 {
            let stretch = 1.0 / f64::cos(f64::to_radians(lat_deg));
            let corner = |angle: f64, radius: f64| {
                let (sin, cos) = angle.to_radians().sin_cos();
                (lon_deg + radius * cos * stretch, (lat_deg + radius * sin).min(90.0))
            };
            let ring: Vec<_> = (0..7).map(|k| corner(51.0 * f64::from(k), random(0.01, 0.09))).collect();
            let polygon = geo::Polygon::new(ring.into(), vec![]);
            let region = Region::polygons(geo::MultiPolygon(vec![polygon])).unwrap();
            let outline = region.outline().unwrap();
            let sets = [Containment::Intersects, Containment::Centroid, Containment::Within]
                .map(|containment| grid.zones_in(7, &region, containment).unwrap());
            assert_eq!(sets[2].intersection(&sets[1]), sets[2]);
            assert_eq!(sets[1].intersection(&sets[0]), sets[1]);
            // All zones around, with some to spare.
            let mut near: Vec<Zone> = sets[0].iter().collect();
            for _ in 0..3 {
                near = near.iter().flat_map(|zone| grid.neighbours(7, *zone).unwrap()).chain(near.clone()).collect();
                near.sort_unstable();
                near.dedup();
            }
            let corners: Vec<Zone> = outline
                .edges()
                .iter()
                .flat_map(|edge| (0..200).map(|k| edge.at(f64::from(k) / 199.0)).collect::<Vec<_>>())
                .map(|point| grid.zone_at(7, point).unwrap())
                .collect();
            assert!(corners.iter().all(|zone| sets[0].contains(*zone) && !sets[2].contains(*zone)));
            for zone in near {
                let ring = grid.boundary(7, zone, 60).unwrap();
                let inside = ring.iter().filter(|point| outline.contains(**point)).count();
                let crossed = corners.contains(&zone);
                let centroid = outline.contains(grid.centroid(7, zone).unwrap());
                assert_eq!(sets[1].contains(zone), centroid);
                assert!(inside == 0 || sets[0].contains(zone));
                assert!(inside == ring.len() || !sets[2].contains(zone));
                assert!(inside != ring.len() || crossed || sets[2].contains(zone));
                if inside == 0 && !crossed && !centroid {
                    // Only a corner between two of the sixty points of an edge could touch it.
                    assert!(!sets[0].contains(zone) || touches_narrowly(&outline, &ring), "{zone:?}");
                }
            }
        }
    }
}

/// True when an edge of the outline crosses the ring, both as fine polylines in the plane.
fn touches_narrowly(outline: &grid::region::Outline, ring: &[LonLat]) -> bool {
    let side = |a: LonLat, b: LonLat, c: LonLat| {
        (b.lon_deg - a.lon_deg) * (c.lat_deg - a.lat_deg) - (b.lat_deg - a.lat_deg) * (c.lon_deg - a.lon_deg)
    };
    let pairs = || ring.iter().zip(ring.iter().cycle().skip(1));
    outline.edges().iter().any(|edge| {
        let turn = 360.0 * ((edge.from.lon_deg - ring[0].lon_deg) / 360.0).round();
        let moved = |p: LonLat| LonLat { lon_deg: p.lon_deg + turn, ..p };
        pairs().map(|(a, b)| (moved(*a), moved(*b))).any(|(a, b)| {
            side(a, b, edge.from) * side(a, b, edge.to) <= 0.0
                && side(edge.from, edge.to, a) * side(edge.from, edge.to, b) <= 0.0
        })
    })
}

#[test]
fn a_million_zones_of_a_box_take_less_than_half_a_second() {
    let grid = h3();
    // 5.16 km2 a zone at level 7: about a million in this box.
    let region = Region::bbox(0.3, 30.3, 24.7, 49.7).unwrap();
    for containment in [Containment::Intersects, Containment::Centroid, Containment::Within] {
        let started = std::time::Instant::now();
        let found = grid.zones_in(7, &region, containment).unwrap();
        let seconds = started.elapsed().as_secs_f64();
        println!("{containment:?}: {} zones in {} ranges, {seconds:.3} s", found.len(), found.ranges().len());
        assert!((800_000..1_300_000).contains(&found.len()), "{}", found.len());
    }
}

#[test]
fn areas_of_a_level_differ_by_almost_two() {
    let grid = h3();
    for level in 1..=3 {
        let areas: Vec<f64> =
            grid.all_zones(level).unwrap().iter().map(|zone| grid.area_m2(level, zone).unwrap()).collect();
        let mut hexagons: Vec<f64> = areas.into_iter().collect();
        hexagons.sort_by(f64::total_cmp);
        let hexagons = &hexagons[12..];
        let ratio = hexagons[hexagons.len() - 1] / hexagons[0];
        println!("level {level}: {ratio}");
        assert!((1.5..2.0).contains(&ratio), "level {level}: {ratio}");
    }
}

#[test]
fn what_the_family_cannot_do_is_an_error() {
    let (family, name) = grid::family_of("h3").unwrap();
    let spec = family.default_spec(name);
    let on = |surface| family.grid(&grid::GridSpec { surface, ..spec.clone() });
    let wgs84 = Surface::Ellipsoid { name: None, semi_major_m: 6_378_137.0, inverse_flattening: 298.257_223_563 };
    assert!(on(wgs84).is_err());
    assert!(on(Surface::Sphere { radius_m: 6_370_997.0 }).is_err());
    assert!(on(Surface::Sphere { radius_m: f64::NAN }).is_err());
    let orientation = Some(Orientation { lon_0_deg: 0.0, lat_0_deg: 0.0, azimuth_deg: 0.0 });
    assert!(family.grid(&grid::GridSpec { orientation, ..spec.clone() }).is_err());
    assert!(family.grid(&grid::GridSpec { indexing: "nested", ..spec }).is_err());
}
