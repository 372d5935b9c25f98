//! What is particular to the ISEA grids: the projection's precision, equal areas, pentagons, orientations, speed.

use std::f64::consts::PI;
use std::sync::Arc;
use std::time::Instant;

use gdal_dggs::grid::authalic::Authalic;
use gdal_dggs::grid::{self, Address, Containment, Grid, GridSpec, LonLat, Orientation, Region, Surface, Zone, ZoneId};

const NAMES: [&str; 6] = ["ISEA3H", "ISEA4H", "ISEA7H", "ISEA4T", "ISEA4D", "IGEO7"];
const HEXAGONS: [&str; 4] = ["ISEA3H", "ISEA4H", "ISEA7H", "IGEO7"];

fn spec(name: &str) -> GridSpec {
    let (family, name) = grid::family_of(name).unwrap();
    family.default_spec(name)
}

fn default_grid(name: &str) -> Arc<dyn Grid> {
    grid::grid(&spec(name)).unwrap()
}

fn in_scheme(name: &str, indexing: &'static str) -> Arc<dyn Grid> {
    grid::grid(&GridSpec { indexing, ..spec(name) }).unwrap()
}

/// Some ways to turn the icosahedron: the default, one vertex at the pole, one face's centre near it, any.
fn orientations() -> [Orientation; 4] {
    let turned = |lon_0_deg, lat_0_deg, azimuth_deg| Orientation { lon_0_deg, lat_0_deg, azimuth_deg };
    [turned(11.25, 58.282_525_59, 0.0), turned(0.0, 90.0, 0.0), turned(-40.0, 52.7, 36.0), turned(170.0, -13.0, 77.7)]
}

/// Unit vector of a point on the authalic sphere.
fn unit(grid: &dyn Grid, p: LonLat) -> [f64; 3] {
    let authalic = match grid.spec().surface {
        Surface::Sphere { .. } => Authalic::sphere(),
        Surface::Ellipsoid { inverse_flattening, .. } => Authalic::new(1.0 / inverse_flattening),
    };
    let (sin_lon, cos_lon) = p.lon_deg.to_radians().sin_cos();
    let (sin_lat, cos_lat) = authalic.authalic_rad(p.lat_deg.to_radians()).sin_cos();
    [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat]
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|k| a[k] * b[k]).sum()
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// Solid angle of a ring: the sum of the spherical triangles of its great-circle edges and its centre.
fn solid_angle(centre: [f64; 3], ring: &[[f64; 3]]) -> f64 {
    let pairs = ring.iter().zip(ring.iter().cycle().skip(1));
    let triangle = |a: [f64; 3], b: [f64; 3]| {
        2.0 * dot(centre, cross(a, b)).atan2(1.0 + dot(centre, a) + dot(a, b) + dot(b, centre))
    };
    pairs.map(|(a, b)| triangle(*a, *b)).sum()
}

#[test]
fn each_zone_has_its_area_and_pentagons_five_sixths() {
    // What is left are the chords, of 1/400 of an edge, where an edge has a cusp between two of them.
    for name in NAMES {
        for level in 0..=5 {
            let grid = default_grid(name);
            let globe: f64 = grid.all_zones(0).unwrap().iter().map(|zone| grid.area_m2(0, zone).unwrap()).sum::<f64>();
            let step = (grid.zone_count(level) / 1000).max(1);
            let (mut worst, mut pentagons) = (0.0f64, 0);
            let sampled = (0..grid.zone_count(level)).step_by(step as usize);
            for zone in sampled.map(Zone) {
                let ring = grid.boundary(level, zone, 400).unwrap();
                let ring: Vec<_> = ring.into_iter().map(|p| unit(&*grid, p)).collect();
                let found = solid_angle(unit(&*grid, grid.centroid(level, zone).unwrap()), &ring) / (4.0 * PI);
                let stated = grid.area_m2(level, zone).unwrap() / globe;
                worst = worst.max((found / stated - 1.0).abs());
                pentagons += u32::from((stated * (grid.zone_count(level) - 2) as f64 - 5.0 / 6.0).abs() < 1e-9);
            }
            println!("{name} {level}: {worst:.1e}");
            assert!(worst < 2e-6, "{name} level {level}: {worst:e}");
            if step == 1 && HEXAGONS.contains(&name) {
                assert_eq!(pentagons, 12, "{name} level {level}");
            }
        }
    }
}

#[test]
fn pentagons_have_five_vertices_neighbours_and_surroundings_that_close() {
    for name in HEXAGONS {
        let grid = default_grid(name);
        for level in 0..=grid.max_level() {
            let vertex_zones: Vec<Zone> = (0..12)
                .map(|base| {
                    let centre = grid.centroid(0, Zone(base)).unwrap();
                    grid.zone_at(level, centre).unwrap()
                })
                .collect();
            for (base, zone) in vertex_zones.into_iter().enumerate() {
                let at = format!("{name} level {level} vertex {base}");
                let own = unit(&*grid, grid.centroid(0, Zone(base as u64)).unwrap());
                assert!(dot(own, unit(&*grid, grid.centroid(level, zone).unwrap())) > 1.0 - 1e-15, "{at}");
                let neighbours = grid.neighbours(level, zone).unwrap();
                assert_eq!(neighbours.len(), 5, "{at}");
                let ring = grid.boundary(level, zone, 1).unwrap();
                assert_eq!(ring.iter().filter(|p| p.lat_deg.abs() < 90.0).count(), 5, "{at} {ring:?}");
                for neighbour in &neighbours {
                    let theirs = grid.neighbours(level, *neighbour).unwrap();
                    assert_eq!(theirs.len(), if level == 0 { 5 } else { 6 }, "{at}");
                    // Two of the pentagon's other neighbours are next to this one.
                    assert_eq!(theirs.iter().filter(|other| neighbours.contains(other)).count(), 2, "{at}");
                }
                if level < grid.max_level() {
                    let wanted = if grid.max_children() == 13 { 11 } else { 6 };
                    assert_eq!(grid.children(level, zone).unwrap().len(), wanted, "{at}");
                }
                assert_eq!(grid.parents(level, zone).unwrap().len(), usize::from(level > 0), "{at}");
            }
        }
    }
}

#[test]
fn parents_and_children_say_the_same() {
    let counts = [("ISEA3H", vec![1, 3]), ("ISEA4H", vec![1, 2]), ("ISEA7H", vec![1, 2]), ("ISEA4T", vec![1])];
    for (name, counts) in counts {
        let grid = default_grid(name);
        for level in 0..4 {
            let mut of_child = std::collections::BTreeMap::<Zone, Vec<Zone>>::new();
            for zone in grid.all_zones(level).unwrap().iter() {
                for child in grid.children(level, zone).unwrap() {
                    of_child.entry(child).or_default().push(zone);
                }
            }
            assert_eq!(of_child.len() as u64, grid.zone_count(level + 1));
            for (child, zones) in of_child {
                let mut parents = grid.parents(level + 1, child).unwrap();
                assert!(counts.contains(&parents.len()), "{name} level {level} {child:?} {parents:?}");
                parents.sort_unstable();
                assert_eq!(parents, zones, "{name} level {level} {child:?}");
            }
        }
    }
}

#[test]
fn any_orientation_and_surface_is_a_tiling() {
    let surfaces = [
        Surface::Sphere { radius_m: 1.0 },
        Surface::Ellipsoid { name: None, semi_major_m: 6_378_137.0, inverse_flattening: 298.257_222_101 },
        Surface::Ellipsoid { name: None, semi_major_m: 3.0, inverse_flattening: 5.0 },
    ];
    for name in NAMES {
        for surface in &surfaces {
            for orientation in orientations() {
                let spec = GridSpec { surface: surface.clone(), orientation: Some(orientation), ..spec(name) };
                let grid = grid::grid(&spec).unwrap();
                for level in 0..4 {
                    let at = format!("{spec:?} level {level}");
                    let zones: Vec<Zone> = grid.all_zones(level).unwrap().iter().collect();
                    let mut centroids = vec![LonLat::default(); zones.len()];
                    let mut back = vec![Zone(0); zones.len()];
                    grid.centroids(level, &zones, &mut centroids).unwrap();
                    grid.zones_at(level, &centroids, &mut back).unwrap();
                    assert_eq!(zones, back, "{at}");
                    let mut planar = 0.0;
                    for zone in zones {
                        let ring = grid.boundary(level, zone, 40).unwrap();
                        let sin = |p: &LonLat| unit(&*grid, *p)[2];
                        let pairs = ring.iter().zip(ring.iter().cycle().skip(1));
                        let area: f64 =
                            pairs.map(|(a, b)| -0.5 * (sin(a) + sin(b)) * (b.lon_deg - a.lon_deg).to_radians()).sum();
                        assert!(area > 0.0, "{at} {zone:?} {ring:?}");
                        planar += area;
                    }
                    // Rings closed over the poles cover the plane of longitude and latitude once.
                    assert!((planar / (4.0 * PI) - 1.0).abs() < 1e-3, "{at}: {planar}");
                }
            }
        }
    }
}

#[test]
fn finest_levels_are_below_a_square_centimetre_or_at_the_limit_of_the_id() {
    for (name, indexing, level) in [
        ("ISEA3H", "SEQNUM", 38),
        ("ISEA3H", "Q2DI", 36),
        ("ISEA3H", "Z3", 30),
        ("ISEA4H", "SEQNUM", 30),
        ("ISEA4H", "Q2DI", 30),
        ("ISEA7H", "SEQNUM", 21),
        ("ISEA7H", "PROJTRI", 20),
        ("IGEO7", "Z7", 20),
        ("ISEA4T", "Q2DI", 29),
        ("ISEA4D", "Q2DD", 30),
    ] {
        let grid = in_scheme(name, indexing);
        assert_eq!(grid.max_level(), level, "{name} {indexing}");
        if indexing == "SEQNUM" {
            assert!(grid.area_m2(level, Zone(1)).unwrap() < 1e-4);
        }
    }
}

#[test]
fn wrong_identities_and_addresses_are_refused_with_a_reason() {
    let (family, name) = grid::family_of("ISEA3H").unwrap();
    let spec = family.default_spec(name);
    let refused = |spec: GridSpec| family.grid(&spec).err().map(|error| error.to_string()).unwrap();
    assert!(refused(GridSpec { orientation: None, ..spec.clone() }).contains("orientation"));
    assert!(refused(GridSpec { indexing: "Z7", ..spec.clone() }).contains("SEQNUM, Q2DI, Q2DD, PROJTRI, Z3"));
    assert!(refused(GridSpec { surface: Surface::Sphere { radius_m: -1.0 }, ..spec.clone() }).contains("-1"));
    let flat = Surface::Ellipsoid { name: None, semi_major_m: 1.0, inverse_flattening: 0.5 };
    assert!(refused(GridSpec { surface: flat, ..spec.clone() }).contains("0.5"));
    let nowhere = Orientation { lon_0_deg: f64::NAN, lat_0_deg: 0.0, azimuth_deg: 0.0 };
    assert!(refused(GridSpec { orientation: Some(nowhere), ..spec }).contains("NaN"));

    for (name, indexing, level, bad) in [
        ("ISEA3H", "SEQNUM", 2, vec![0, 93]),
        // Quad 12; i beyond the side; off the lattice of level 3; quad 0 has one position.
        ("ISEA3H", "Q2DI", 3, vec![12 << 60, 1 << 60 | 9 << 30, 1 << 60 | 1, 3]),
        ("ISEA3H", "Z3", 2, vec![0x1267_ffff_ffff_ffff, 0xc0ff_ffff_ffff_ffff, 0x05ff_ffff_ffff_ffff]),
        // The missing direction 2 of base 0; 5 of base 11; a level-5 id; bits after an unused digit.
        (
            "IGEO7",
            "Z7",
            1,
            vec![0x05ff_ffff_ffff_ffff, 0xbbff_ffff_ffff_ffff, 0x00e6_7fff_ffff_ffff, 0x0fbf_ffff_ffff_ffff],
        ),
        ("ISEA4T", "SEQNUM", 0, vec![0, 21]),
    ] {
        let grid = in_scheme(name, indexing);
        for id in bad {
            let error = grid.zones_of_ids(level, &[ZoneId(id)], &mut [Zone(0)]).unwrap_err().to_string();
            assert!(error.contains(indexing) && error.contains(&id.to_string()), "{error}");
        }
    }
}

#[test]
fn an_outline_through_more_zones_than_memory_holds_is_refused() {
    let belt = Region::bbox(-180.0, -80.0, 180.0, 80.0).unwrap();
    let error = default_grid("IGEO7").zones_in(20, &belt, Containment::Within).unwrap_err().to_string();
    assert!(error.contains("choose a coarser level"), "{error}");
}

#[test]
fn texts_are_read_in_every_form() {
    let igeo7 = default_grid("IGEO7");
    let zone = igeo7.parse_zone("0003463", None).unwrap();
    for same in ["0x00e67fffffffffff", "64879982131806207", " 0003463 "] {
        assert_eq!(igeo7.parse_zone(same, None).unwrap(), zone, "{same}");
    }
    // Signed storage makes bases from 8 on negative.
    assert_eq!(igeo7.parse_zone("-5746593124524752897", None).unwrap(), igeo7.parse_zone("1100", None).unwrap());
    for bad in ["0002", "12x", "00034637", "+0", "0x", "0003463/5"] {
        assert!(igeo7.parse_zone(bad, Some(5)).is_err(), "{bad}");
    }
    let q2di = in_scheme("ISEA4H", "Q2DI");
    for bad in ["5/1 32 0", "5/1 -1 0", "5/13 0 0", "5/0 0 1", "5/1 0", "5/1 0 0 0"] {
        assert!(q2di.parse_zone(bad, None).is_err(), "{bad}");
    }
    for scheme in ["Q2DD", "PROJTRI"] {
        let grid = in_scheme("ISEA4H", scheme);
        for bad in ["5/1 nan 0", "5/20 0 0", "5/1 7 7", "5/1 0.5 -0.1", "5/-1 0 0"] {
            assert!(grid.parse_zone(bad, None).is_err(), "{scheme} {bad}");
        }
    }
}

#[test]
fn a_million_zones_of_a_box_take_less_than_half_a_second() {
    for name in NAMES {
        let grid = default_grid(name);
        let level = (0..).find(|level| grid.zone_count(*level) > 100_000_000).unwrap();
        let share = 1e6 / grid.zone_count(level) as f64;
        // A box of that share of the globe around the equator, off every symmetry.
        let width = 360.0 * share.sqrt();
        let south = -7.3f64;
        let north = (south.to_radians().sin() + 2.0 * share.sqrt()).asin().to_degrees();
        let region = Region::bbox(-3.1, south, -3.1 + width, north).unwrap();
        let started = Instant::now();
        let found = grid.zones_in(level, &region, Containment::Intersects).unwrap();
        let seconds = started.elapsed().as_secs_f64();
        println!("{name}/{level}: {} zones in {} ranges, {seconds:.3} s", found.len(), found.ranges().len());
        assert!((900_000..1_200_000).contains(&found.len()), "{name}: {}", found.len());
    }
}

/// xorshift64*: the same numbers in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[test]
fn nothing_panics() {
    let mut random = Random(11);
    for name in NAMES {
        let (family, name) = grid::family_of(name).unwrap();
        for &indexing in family.indexing_schemes(name) {
            let grid = in_scheme(name, indexing);
            for _ in 0..3000 {
                let level = (random.next() % 45) as u8;
                let count = grid.zone_count(level);
                let any = random.next() >> (random.next() % 64);
                for zone in [Zone(any), Zone(any % count), Zone(count - 1), Zone(count), Zone(0)] {
                    let _ = grid.centroid(level, zone);
                    let _ = grid.boundary(level, zone, (random.next() % 3) as u32);
                    let _ = (grid.area_m2(level, zone), grid.zone_text(level, zone));
                    let _ = (grid.parents(level, zone), grid.children(level, zone), grid.neighbours(level, zone));
                    let _ = grid.sub_zones(level, zone, (random.next() % 45) as u8);
                    let _ = (grid.ids(level, &[zone], &mut [ZoneId(0)]), grid.positions(level, &[zone], &mut [0]));
                }
                let _ = grid.zones_of_ids(level, &[ZoneId(any)], &mut [Zone(0)]);
                let _ = grid.zones_of_ids(level, &[ZoneId(any | u64::MAX >> (random.next() % 64))], &mut [Zone(0)]);
                let _ = grid.zones_of_positions(level, any..any.saturating_add(1), &mut [Zone(0)]);
                let _ = grid.parse_zone(&any.to_string(), Some(level));
                let _ = grid.parse_zone(&format!("{level}/{} {} -{}", any % 13, any % 99, any % 7), None);
                let _ = grid.parse_zone(&format!("{level}/{} 0.{} 1e{}", any % 13, any % 99, any % 700), None);
            }
            for text in
                ["", "/", "é", "日本0", "5/", "0x", "0xg", "00é", "1/1 1 99999999999999999999", "255/0", "256/0"]
            {
                let _ = (grid.parse_zone(text, None), grid.parse_zone(text, Some(255)));
            }
        }
    }
}

#[test]
fn fine_zones_of_boxes_hold_what_points_and_boundaries_prove() {
    let mut random = Random(12);
    // Over the icosahedron's vertices 0 and 8, a face's edge, both poles, the antimeridian, and anywhere.
    let mut places =
        vec![(11.25, 58.28), (11.25, -58.28), (-168.75, 70.0), (0.0, 89.99), (50.0, -89.99), (180.0, 10.0)];
    places.extend((0..10).map(|_| (random.between(-180.0, 180.0), random.between(-80.0, 80.0))));
    for name in NAMES {
        let grid = default_grid(name);
        let level = (0..).find(|level| grid.zone_count(*level) > 3_000_000).unwrap();
        for &(lon, lat) in &places {
            let (width, height) = (random.between(0.1, 3.0), random.between(0.05, 1.5));
            let north = f64::min(lat + height, 90.0);
            let region = Region::bbox(lon - width, f64::max(lat - height, -90.0), lon + width, north).unwrap();
            let [touched, centred, within] = [Containment::Intersects, Containment::Centroid, Containment::Within]
                .map(|containment| grid.zones_in(level, &region, containment).unwrap());
            let outline = region.outline().unwrap();
            let at = format!("{name}/{level} {region:?}");
            for _ in 0..3000 {
                let point = LonLat {
                    lon_deg: random.between(lon - width, lon + width),
                    lat_deg: random.between(f64::max(lat - height, -90.0), north),
                };
                assert!(touched.contains(grid.zone_at(level, point).unwrap()), "{at} {point:?}");
            }
            for zone in touched.iter() {
                let ring = grid.boundary(level, zone, 8).unwrap();
                let inside = ring.iter().filter(|point| outline.contains(**point)).count();
                assert_eq!(within.contains(zone), inside == ring.len(), "{at} {zone:?} {inside}: {ring:?}");
                let centroid = grid.centroid(level, zone).unwrap();
                assert_eq!(centred.contains(zone), outline.contains(centroid), "{at} {zone:?}");
                // Zones around a touched one that have a point inside are touched.
                for other in grid.neighbours(level, zone).unwrap() {
                    let ring = grid.boundary(level, other, 2).unwrap();
                    assert!(
                        touched.contains(other) || !ring.iter().any(|point| outline.contains(*point)),
                        "{at} {other:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn addresses_are_inverse_and_other_numbers_are_no_zone() {
    for (dggrs, quads) in [("ISEA3H", 12), ("ISEA4H", 12), ("ISEA7H", 12), ("ISEA4T", 11), ("ISEA4D", 11)] {
        for indexing in ["Q2DI", "Q2DD", "PROJTRI"] {
            let grid = in_scheme(dggrs, indexing);
            for level in 0..=3 {
                let zones: Vec<Zone> = grid.all_zones(level).unwrap().iter().collect();
                let mut addresses = vec![Address::default(); zones.len()];
                grid.addresses(level, &zones, &mut addresses).unwrap();
                let mut again = vec![None; zones.len()];
                grid.zones_of_addresses(level, &addresses, &mut again).unwrap();
                assert!(zones.iter().map(|zone| Some(*zone)).eq(again), "{dggrs} {indexing} {level}");
                if let Some(extent) = grid.address_extent(level) {
                    let most = |part: fn(&Address) -> f64| addresses.iter().map(part).fold(0.0, f64::max) as u64 + 1;
                    assert_eq!((extent[0], extent[1]), (quads, most(|address| address.x).max(extent[1])), "{dggrs}");
                    assert!(most(|address| address.y) <= extent[2] && most(|address| address.face as f64) <= quads);
                }
            }
            let odd =
                [(0, 1.0, 1.0), (25, 0.0, 0.0), (3, -1.0, 0.0), (3, 1e300, 0.0), (3, f64::NAN, 0.0), (99, 0.5, 0.5)];
            let odd = odd.map(|(face, x, y)| Address { face, x, y });
            let mut found = [None; 6];
            grid.zones_of_addresses(2, &odd, &mut found).unwrap();
            assert_eq!(found[1..], [None; 5], "{dggrs} {indexing}");
        }
    }
    let error = default_grid("ISEA4H").addresses(2, &[Zone(0)], &mut [Address::default()]).unwrap_err();
    assert!(error.to_string().contains("SEQNUM"), "{error}");
}
