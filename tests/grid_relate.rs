//! DE-9IM between zones of every family, and between zones and geometries: against containment and touching known from
//! elsewhere, against the sphere sampled by random points, and against planar geometry.

use std::sync::Arc;

use gdal_dggs::grid::relate;
use gdal_dggs::grid::{FAMILIES, Grid, LonLat, Zone, family_of};
use geo::{Geometry, LineString, MultiPolygon, Point, Polygon, Relate, polygon};

/// xorshift64*: the same points in every run.
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn point(&mut self) -> LonLat {
        let lon_deg = 360.0 * self.unit() - 180.0;
        LonLat { lon_deg, lat_deg: (2.0 * self.unit() - 1.0).asin().to_degrees() }
    }
}

fn grids() -> Vec<Arc<dyn Grid>> {
    let names = FAMILIES.iter().flat_map(|family| family.dggrs_names().iter().map(move |name| (family, *name)));
    names.map(|(family, name)| family.grid(&family.default_spec(name)).unwrap()).collect()
}

fn grid_named(name: &str) -> Arc<dyn Grid> {
    let (family, name) = family_of(name).unwrap();
    family.grid(&family.default_spec(name)).unwrap()
}

fn levels(grid: &dyn Grid, count: u64) -> Vec<u8> {
    (0..=grid.max_level()).take_while(|level| grid.zone_count(*level) <= count).collect()
}

fn all(grid: &dyn Grid, level: u8) -> Vec<Zone> {
    grid.all_zones(level).unwrap().iter().collect()
}

fn text(grid: &dyn Grid, a: (u8, Zone), b: (u8, Zone)) -> String {
    relate::zones(grid, a, b).unwrap().to_string()
}

#[test]
fn zones_of_one_level_are_equal_touch_or_are_disjoint() {
    for grid in grids() {
        for level in levels(&*grid, 250) {
            let zones = all(&*grid, level);
            for a in &zones {
                let neighbours = grid.neighbours(level, *a).unwrap();
                let mut edges = 0;
                for b in &zones {
                    let found = text(&*grid, (level, *a), (level, *b));
                    let relation = relate::zones(&*grid, (level, *b), (level, *a)).unwrap();
                    assert_eq!(relation.transposed().to_string(), found);
                    assert!(!relation.overlaps());
                    let at = || format!("{} {level} {a:?} {b:?} {found}", grid.spec().dggrs);
                    match found.as_str() {
                        "2FFF1FFF2" => assert!(a == b && relation.equals(), "{}", at()),
                        "FF2F11212" => edges += 1,
                        "FF2F01212" => assert!(!grid.spec().dggrs.ends_with('H'), "{}", at()),
                        _ => assert!(found == "FF2FF1212" && relation.disjoint(), "{}", at()),
                    }
                    assert_eq!(relation.touches(), neighbours.contains(b), "{}", at());
                }
                // Every edge has one zone on its other side; H3's and hexagons' edges bend at faces.
                let sides =
                    if grid.children_tile_parent() { grid.boundary(level, *a, 1).unwrap().len() } else { edges };
                assert!(edges <= sides && edges >= 3, "{} {level} {a:?}: {edges} of {sides}", grid.spec().dggrs);
            }
        }
    }
}

/// Relations of levels found by random points: what interiors have in common, and what each has outside the other.
#[test]
fn zones_of_two_levels_agree_with_random_points() {
    let mut random = Random(5);
    for grid in grids() {
        let fine_level = *levels(&*grid, 3000).last().unwrap();
        for level in 0..=fine_level {
            let points: Vec<_> = (0..60_000).map(|_| random.point()).collect();
            let (mut coarse, mut fine) = (vec![Zone(0); points.len()], vec![Zone(0); points.len()]);
            grid.zones_at(level, &points, &mut coarse).unwrap();
            grid.zones_at(fine_level, &points, &mut fine).unwrap();
            let mut pairs: Vec<_> = coarse.iter().zip(&fine).map(|(a, b)| (*b, *a)).collect();
            pairs.sort_unstable();
            let mut common = pairs.clone();
            common.dedup();
            for group in common.chunk_by(|x, y| x.0 == y.0) {
                for (b, a) in group {
                    let relation = relate::zones(&*grid, (level, *a), (fine_level, *b)).unwrap();
                    let at = || format!("{} {level} {a:?} {fine_level} {b:?}: {relation}", grid.spec().dggrs);
                    assert!(relation.matches("2********"), "{}", at());
                    if group.len() > 1 {
                        assert!(relation.overlaps() && relation.matches("2121*1212"), "{}", at());
                    }
                    if grid.children_tile_parent() {
                        assert!(relation.covers(), "{}", at());
                    }
                }
            }
        }
    }
}

/// What a zone covers, its overlaps' parts and what it only touches close around it: each point of the outline is met.
#[test]
fn the_finer_zones_at_a_zone_tile_it_and_its_edge() {
    for grid in grids() {
        for (level, fine_level) in [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3)] {
            if grid.zone_count(fine_level) > 1500 {
                continue;
            }
            let zones = all(&*grid, fine_level);
            let mut within = vec![0; zones.len()];
            let mut parts = vec![0; zones.len()];
            for a in all(&*grid, level).iter().take(80) {
                let children = grid.sub_zones(level, *a, fine_level).unwrap();
                let (mut touching, mut edges, mut covered) = (0, 0, 0.0);
                for (k, b) in zones.iter().enumerate() {
                    let relation = relate::zones(&*grid, (level, *a), (fine_level, *b)).unwrap();
                    let at = || format!("{} {level} {a:?} {fine_level} {b:?}: {relation}", grid.spec().dggrs);
                    within[k] += usize::from(relation.covers());
                    parts[k] += usize::from(relation.overlaps());
                    touching += usize::from(relation.touches());
                    edges += usize::from(relation.touches() && relation.matches("****1****"));
                    if relation.covers() {
                        covered += grid.area_m2(fine_level, *b).unwrap();
                    }
                    if grid.children_tile_parent() {
                        assert_eq!(relation.covers(), children.contains(*b), "{}", at());
                        assert!(!relation.overlaps(), "{}", at());
                    }
                }
                let share = covered / grid.area_m2(level, *a).unwrap();
                assert!(share < 1.0 + 1e-9);
                if grid.children_tile_parent() {
                    assert!((share - 1.0).abs() < 1e-9 && touching > 0 && edges > 0);
                }
            }
            if grid.zone_count(level) <= 80 {
                // A finer zone is within one zone, or has parts in two or more, never both.
                for (k, b) in zones.iter().enumerate() {
                    let ok = (within[k] == 1 && parts[k] == 0) || (within[k] == 0 && parts[k] >= 2);
                    assert!(ok, "{} {level} {fine_level} {b:?}: {} {}", grid.spec().dggrs, within[k], parts[k]);
                }
            }
        }
    }
}

/// Hexagons of ratio 4: a finer zone is centred on its parent or on the middle of an edge; it touches at a vertex the
/// two zones at whose common edge's ends it lies. Ratio 3, two levels: a third of each edge is a finer zone's edge.
#[test]
fn hexagons_meet_as_their_lattices_say() {
    let count = |name: &str, level: u8, fine: u8, pattern: &str| {
        let grid = grid_named(name);
        // A hexagon far from the icosahedron's vertices and from the poles, and its zones.
        let a = grid.zone_at(level, LonLat { lon_deg: 25.0, lat_deg: 12.0 }).unwrap();
        let zones = all(&*grid, fine);
        zones.iter().filter(|b| text(&*grid, (level, a), (fine, **b)) == pattern).count()
    };
    assert_eq!(count("ISEA4H", 3, 4, "212FF1FF2"), 1);
    assert_eq!(count("ISEA4H", 3, 4, "212101212"), 6);
    assert_eq!(count("ISEA4H", 3, 4, "FF2F01212"), 6);
    assert_eq!(count("ISEA3H", 4, 5, "212FF1FF2"), 1);
    assert_eq!(count("ISEA3H", 4, 5, "212101212"), 6);
    assert_eq!(count("ISEA3H", 4, 6, "212F11FF2"), 6);
    assert_eq!(count("ISEA3H", 4, 6, "FF2F11212"), 6);
    assert_eq!(count("ISEA3H", 4, 6, "212101212") + count("ISEA3H", 4, 6, "212111212"), 6);
}

#[test]
fn levels_far_apart_are_related_like_near_ones() {
    let mut random = Random(9);
    for grid in grids() {
        let fine = grid.max_level();
        for _ in 0..30 {
            let point = random.point();
            let b = grid.zone_at(fine, point).unwrap();
            for level in [0, fine / 2, fine - 1] {
                let a = grid.zone_at(level, point).unwrap();
                let relation = relate::zones(&*grid, (fine, b), (level, a)).unwrap();
                assert!(relation.intersects() && !relation.touches(), "{} {level}: {relation}", grid.spec().dggrs);
                let apart =
                    grid.zone_at(level, LonLat { lon_deg: point.lon_deg + 180.0, lat_deg: -point.lat_deg }).unwrap();
                assert_eq!(text(&*grid, (fine, b), (level, apart)), "FF2FF1212");
            }
        }
    }
}

fn plane_polygon(grid: &dyn Grid, level: u8, zone: Zone, segments: u32) -> Polygon {
    let ring = grid.boundary(level, zone, segments).unwrap();
    Polygon::new(ring.iter().map(|p| (p.lon_deg, p.lat_deg)).collect(), vec![])
}

fn boxed(west: f64, south: f64, east: f64, north: f64) -> Geometry {
    polygon![(x: west, y: south), (x: east, y: south), (x: east, y: north), (x: west, y: north)].into()
}

/// Away from poles and the antimeridian the plane of longitude and latitude is as good a judge.
#[test]
fn geometries_relate_as_in_the_plane_of_degrees() {
    let mut random = Random(21);
    for grid in grids() {
        let level = *levels(&*grid, 20_000).last().unwrap();
        for _ in 0..60 {
            let (lon, lat) = (100.0 * random.unit() - 50.0, 80.0 * random.unit() - 40.0);
            let zone = grid.zone_at(level, LonLat { lon_deg: lon, lat_deg: lat }).unwrap();
            let own = plane_polygon(&*grid, level, zone, 64);
            let size = grid.area_m2(level, zone).unwrap().sqrt() / 111_000.0;
            let mut near = || (lon + size * (4.0 * random.unit() - 2.0), lat + size * (4.0 * random.unit() - 2.0));
            let (p, q) = (near(), near());
            let triangle = polygon![(x: lon, y: lat), (x: p.0, y: p.1), (x: q.0, y: q.1)];
            let geometries: [Geometry; 4] = [
                Point::from(p).into(),
                LineString::from(vec![p, q, near()]).into(),
                triangle.into(),
                boxed(p.0.min(q.0), p.1.min(q.1), p.0.max(q.0), p.1.max(q.1)),
            ];
            for geometry in geometries {
                let found = relate::geometry(&*grid, level, zone, &geometry).unwrap();
                let judged = own.relate(&geometry);
                assert!(
                    judged.matches(&found.to_string()).unwrap(),
                    "{} {level} {zone:?} {found} {judged:?} {geometry:?}",
                    grid.spec().dggrs
                );
            }
        }
    }
}

#[test]
fn poles_and_the_antimeridian_are_ordinary_places() {
    for grid in grids() {
        let name = grid.spec().dggrs;
        for level in [2, 5] {
            for lat_deg in [90.0, -90.0] {
                let pole = grid.zone_at(level, LonLat { lon_deg: 10.0, lat_deg }).unwrap();
                let relate = |geometry: &Geometry| relate::geometry(&*grid, level, pole, geometry).unwrap();
                let any_longitude = [-120.0, 0.0, 77.0].map(|lon| relate(&Point::new(lon, lat_deg).into()).to_string());
                assert!(any_longitude.iter().all(|text| *text == any_longitude[0]), "{name} {any_longitude:?}");
                assert!(relate(&Point::new(33.0, lat_deg).into()).covers(), "{name}");
                let (low, high) = if lat_deg > 0.0 { (30.0, 90.0) } else { (-90.0, -30.0) };
                // The cap as a box of all longitudes, and the same in two halves.
                let cap = relate(&boxed(-180.0, low, 180.0, high));
                assert!(cap.within(), "{name} {level} {lat_deg} {cap}");
                assert!(relate(&boxed(-80.0, low, 280.0, high)).within(), "{name} {level}");
                assert!(relate(&boxed(-180.0, -90.0, 180.0, 90.0)).within(), "{name} {level}");
                let cap_beyond = boxed(-180.0, -high, 180.0, -low);
                assert!(relate(&cap_beyond).disjoint(), "{name} {level}");
                let line: Geometry = LineString::from(vec![(0.0, lat_deg * 0.5), (0.0, -lat_deg)]).into();
                assert!(!relate(&line).contains());
            }
            let zone = grid.zone_at(level, LonLat { lon_deg: 179.999, lat_deg: 10.0 }).unwrap();
            let relate = |geometry: &Geometry| relate::geometry(&*grid, level, zone, geometry).unwrap();
            assert!(relate(&boxed(110.0, -60.0, 250.0, 80.0)).within(), "{name} {level}");
            assert!(relate(&boxed(-250.0, -60.0, -110.0, 80.0)).within(), "{name} {level}");
            let halves = MultiPolygon(vec![
                Polygon::try_from(boxed(110.0, -60.0, 180.0, 80.0)).unwrap(),
                Polygon::try_from(boxed(-180.0, -60.0, -110.0, 80.0)).unwrap(),
            ]);
            let halves = relate(&halves.into());
            assert!(halves.within(), "{name} {level} {halves}");
            assert!(relate(&boxed(-180.0, -60.0, 180.0, 80.0)).within(), "{name} {level}");
            assert!(relate(&boxed(0.0, -60.0, 10.0, 80.0)).disjoint(), "{name} {level}");
        }
    }
}

#[test]
fn what_is_no_zone_or_no_geometry_is_an_error() {
    for grid in grids() {
        let beyond = Zone(grid.zone_count(3));
        assert!(relate::zones(&*grid, (3, beyond), (3, Zone(0))).is_err());
        assert!(relate::zones(&*grid, (3, Zone(0)), (grid.max_level() + 1, Zone(0))).is_err());
        assert!(relate::geometry(&*grid, 3, beyond, &Point::new(0.0, 0.0).into()).is_err());
        for bad in [(f64::NAN, 0.0), (0.0, 90.1), (f64::INFINITY, 0.0)] {
            assert!(relate::geometry(&*grid, 3, Zone(0), &Point::from(bad).into()).is_err());
        }
        let bow = polygon![(x: 0.0, y: 0.0), (x: 9.0, y: 9.0), (x: 9.0, y: 0.0), (x: 0.0, y: 9.0)];
        assert!(relate::geometry(&*grid, 3, Zone(0), &bow.into()).is_err());
    }
}
