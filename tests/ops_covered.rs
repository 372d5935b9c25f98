//! The zones that a raster touches: those of a search that looks at every zone, on rasters in many projections.
//!
//! `DGGS_COVERED=1000000` compares levels of about a million zones, all grids by both ways of touching: minutes in a release build.

mod ops_support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gdal_dggs::cube::Resampling;
use gdal_dggs::cube::creation::CoverageOption;
use gdal_dggs::error::{Kind, Result};
use gdal_dggs::grid::{Containment, Grid, LonLat, Region, Zone};
use gdal_dggs::ops::quantise::axis::Axis;
use gdal_dggs::ops::quantise::covered::{Search, covered};
use gdal_dggs::ops::quantise::covers::Covers;
use gdal_dggs::ops::quantise::lattice::{Axes, Lattice, Map, Mapped, Position};
use gdal_dggs::ops::quantise::overlap::Overlap;
use gdal_dggs::ops::quantise::zones::Zones;
use gdal_dggs::ops::source::place::of_affine;
use gdal_dggs::store::{Call, Degrees};
use ops_support::grid_of;

const ALL: [&str; 9] = ["HEALPix", "H3", "rHEALPix", "ISEA3H", "ISEA4H", "ISEA7H", "ISEA4T", "ISEA4D", "IGEO7"];

/// A Sentinel-2 tile.
const UTM_TILE: [f64; 4] = [399_960.0, 5_090_220.0, 509_760.0, 5_200_020.0];

/// Pixels in a CRS between west, south, east and north.
fn projected(crs: &str, [west, south, east, north]: [f64; 4], columns: usize, rows: usize) -> Lattice {
    let (width, height) = ((east - west) / columns as f64, (north - south) / rows as f64);
    of_affine([west, width, 0.0, north, 0.0, -height], columns, rows, Some(degrees(crs))).unwrap().0
}

fn degrees(crs: &str) -> Degrees {
    Degrees::new(&Call::capture(), crs).unwrap_or_else(|error| panic!("{crs}: {error}"))
}

/// Pixels between meridians and parallels.
fn straight([west, south, east, north]: [f64; 4], columns: usize, rows: usize) -> Lattice {
    let lon = Axis::Regular { first: west, step: (east - west) / columns as f64, count: columns };
    let lat = Axis::Regular { first: north, step: (south - north) / rows as f64, count: rows };
    Lattice::Axes(Axes::new(lon, lat).unwrap())
}

/// A lattice that does not say that it is smooth: every zone near it is looked at.
struct Rough(Mapped);

impl Map for Rough {
    fn positions(&self, points: &[LonLat], positions: &mut [Position]) -> Result<()> {
        self.0.map().positions(points, positions)
    }

    fn places(&self, positions: &[Position], points: &mut [LonLat]) -> Result<()> {
        self.0.map().places(positions, points)
    }
}

fn rough(lattice: Lattice) -> Option<Lattice> {
    let (columns, rows) = (lattice.columns(), lattice.rows());
    match lattice {
        Lattice::Axes(_) => None,
        Lattice::Mapped(mapped) => Some(Lattice::Mapped(Mapped::new(columns, rows, Box::new(Rough(mapped))))),
    }
}

/// A raster, and a box around it for levels of which the globe is too much.
type Case = (&'static str, Lattice, Bounds);

/// West, south, east, north.
type Bounds = Option<[f64; 4]>;

fn in_projections() -> Vec<Case> {
    let disc = 6.37e6;
    let world = [-20_037_508.342789244, -20_037_508.342789244, 20_037_508.342789244, 20_037_508.342789244];
    let globe = |crs: &'static str, bounds: [f64; 4]| (crs, projected(crs, bounds, 360, 180), None);
    vec![
        globe("EPSG:3413", [-3e6, -3e6, 3e6, 3e6]),
        globe("EPSG:3035", [2.5e6, 1.5e6, 6.5e6, 5.5e6]),
        globe("+proj=ortho +lat_0=40 +lon_0=-100 +R=6371000", [-1.1 * disc, -1.1 * disc, 1.1 * disc, 1.1 * disc]),
        globe("+proj=ortho +lat_0=-20 +lon_0=179 +R=6371000", [-1.1 * disc, -0.2 * disc, 0.3 * disc, 1.1 * disc]),
        globe("+proj=geos +h=35785831 +lon_0=9.5 +ellps=WGS84", [-5.57e6, -5.57e6, 5.57e6, 5.57e6]),
        globe("EPSG:3857", world),
        globe("EPSG:3857", [world[0], -1e7, 0.9997 * world[2], 1e7]),
        globe("EPSG:3857", [1.9e7, -1e7, 2.1e7, 1e7]),
        globe("+proj=sinu +R=6371007.181", [-20_015_109.354, -10_007_554.677, 20_015_109.354, 10_007_554.677]),
        globe("+proj=sinu +R=6371007.181", [-20_005_109.0, -9_990_000.0, 20_005_109.0, 10_007_554.677]),
        globe("+proj=sinu +R=6371007.181", [15_567_307.28, 4_447_802.08, 16_679_258.8, 5_559_752.6]),
        globe("+proj=igh +R=6371000", [-2.1e7, -9e6, 2.1e7, 9e6]),
        globe("+proj=igh +R=6371000", [-1.2e7, -7e6, 4e6, 6e6]),
        globe("EPSG:8857", [-17_243_959.06, -8_392_927.6, 17_243_959.06, 8_392_927.6]),
        globe("+proj=moll +lon_0=170 +R=6371000", [-1.81e7, -9.1e6, 1.79e7, 9.1e6]),
        globe("+proj=laea +lat_0=90 +R=6371000", [-1.28e7, -1.28e7, 1.28e7, 1.28e7]),
        globe("+proj=aeqd +lat_0=50 +lon_0=10 +R=6371000", [-1.9e7, -1.9e7, 1.9e7, 1.9e7]),
        globe("+proj=stere +lat_0=10 +lon_0=-175 +R=6371000", [-2e7, -3e7, 4e7, 2e7]),
        globe("+proj=lcc +lat_1=30 +lat_2=60 +lon_0=0 +R=6371000", [-1.5e7, -8e6, 1.5e7, 1.2e7]),
        globe("+proj=gnom +lat_0=80 +lon_0=0 +R=6371000", [-2e7, -2e7, 2e7, 3e7]),
        globe("+proj=cea +lat_ts=30 +R=6371228", [-1.7334e7, -7e6, 1.7334e7, 7.34e6]),
        globe("+proj=ob_tran +o_proj=eqc +o_lat_p=39.25 +lon_0=18 +R=6371000", [-2.5e6, -2.5e6, 2e6, 2e6]),
        globe("EPSG:4267", [-130.0, 20.0, -60.0, 55.0]),
        ("UTM tile", projected("EPSG:32632", UTM_TILE, 10980, 10980), Some([7.2, 45.5, 9.6, 47.4])),
        (
            "UTM, one column",
            projected("EPSG:32632", [399_960.0, 5_090_220.0, 399_970.0, 5_200_020.0], 1, 10980),
            Some([7.2, 45.5, 8.0, 47.4]),
        ),
        ("UTM, turned", turned(), Some([7.0, 45.0, 14.0, 50.0])),
        ("UTM, few pixels", projected("EPSG:32601", [100_000.0, 0.0, 900_000.0, 900_000.0], 2, 3), None),
    ]
}

/// Pixels that are no rectangles of their CRS.
fn turned() -> Lattice {
    let affine = [500_000.0, 80.0, 60.0, 5_300_000.0, 50.0, -90.0];
    of_affine(affine, 2000, 2000, Some(degrees("EPSG:32632"))).unwrap().0
}

fn in_degrees() -> Vec<Case> {
    vec![
        ("over the antimeridian", straight([170.0, -20.0, 190.0, 10.0], 200, 300), None),
        ("nearly around", straight([-180.0, -90.0, 179.9, 90.0], 3599, 1800), None),
        ("nearly around, from 0", straight([0.0, -60.0, 359.97, 60.0], 720, 240), None),
        ("more than around", straight([-190.0, -30.0, 190.3, 60.0], 760, 180), None),
        ("a cap", straight([-180.0, 70.0, 180.0, 90.0], 360, 20), None),
        ("part of a cap", straight([-20.0, -95.0, 100.0, -70.0], 120, 25), None),
        ("all but a hole at a pole", straight([-180.0, -90.0, 180.0, 88.0], 360, 178), None),
        ("a column", straight([10.0, -20.0, 10.01, 20.0], 1, 4000), None),
        ("a row", straight([-180.0, 45.0, 180.0, 45.05], 7200, 1), None),
        ("few huge pixels", straight([-60.0, -45.0, 120.0, 45.0], 2, 1), None),
        ("a tile", straight([10.0, 45.0, 11.0, 46.0], 3600, 3600), Some([9.5, 44.5, 11.5, 46.5])),
        ("smaller than a zone", straight([10.0, 45.0, 10.002, 45.002], 2, 2), Some([9.0, 44.0, 11.0, 46.0])),
    ]
}

/// The zones that are touched, by looking at every one of the globe or of a box.
fn judged(grid: &dyn Grid, level: u8, (lattice, bounds): (&Lattice, &Bounds), resampling: Resampling) -> Vec<Zone> {
    let all = match bounds {
        None => grid.all_zones(level).unwrap(),
        Some([west, south, east, north]) => {
            let region = Region::bbox(*west, *south, *east, *north).unwrap();
            grid.zones_in(level, &region, Containment::Intersects).unwrap()
        }
    };
    let all: Vec<Zone> = all.iter().collect();
    let mut centroids = vec![LonLat::default(); all.len()];
    grid.centroids(level, &all, &mut centroids).unwrap();
    let mut positions = vec![[0.0; 2]; all.len()];
    lattice.positions(&centroids, &mut positions).unwrap();
    let overlap = Overlap::new(grid, level, lattice).unwrap();
    let (mut pen, mut covers) = (overlap.pen(), Covers::default());
    let mut touches = |(zone, position): (Zone, Position)| {
        if position[0].is_finite() || resampling == Resampling::Nearest {
            return position[0].is_finite().then_some(zone);
        }
        covers.clear();
        overlap.cover(&[zone], &mut pen, &mut covers).unwrap();
        covers.spans(0).next().map(|_| zone)
    };
    all.into_iter().zip(positions).filter_map(&mut touches).collect()
}

/// The zones that are found, ascending.
fn found(grid: &dyn Grid, level: u8, lattice: &Lattice, resampling: Resampling, threads: usize) -> Vec<Zone> {
    let call = Call::capture();
    let search = Search { call: &call, grid, level, lattice, resampling, threads };
    match covered(&search, CoverageOption::Source, &mut || true) {
        Ok(zones) => {
            assert!(zones.are_listed());
            let mut zones = zones.at(grid, level, 0..zones.len()).unwrap();
            zones.sort_unstable();
            zones
        }
        Err(error) => {
            assert!(error.to_string().contains("touches no zone"), "{error}");
            Vec::new()
        }
    }
}

/// The finest level with at most so many zones in the box of a case, or on the globe.
fn level_with(grid: &dyn Grid, bounds: &Bounds, zones: f64) -> u8 {
    let part = bounds.map_or(1.0, |[west, south, east, north]| {
        let height = north.to_radians().sin() - south.to_radians().sin();
        height / 2.0 * (east - west).rem_euclid(360.0) / 360.0
    });
    (0..grid.max_level()).take_while(|level| grid.zone_count(*level) as f64 * part <= zones).last().unwrap_or(0)
}

/// Compares on every case and some grids, more of them by centroids than by overlaps, which take longer.
fn compare(cases: Vec<Case>) {
    let wanted = std::env::var("DGGS_COVERED").ok().and_then(|count| count.parse().ok());
    let zones: f64 = wanted.unwrap_or(60_000.0);
    let (mut hits, mut wrong) = (0, Vec::new());
    for (number, (name, lattice, bounds)) in cases.into_iter().enumerate() {
        // Zones that the end of a map tears apart are drawn from very many sub-zones.
        let is_torn = ["ortho", "geos", "gnom"].iter().any(|projection| name.contains(projection));
        let mut results = Vec::new();
        for (which, dggrs) in ALL.iter().enumerate() {
            let grid = grid_of(dggrs);
            let ways = [
                (Resampling::Nearest, zones, 4),
                (Resampling::Nearest, zones / 20.0, 9),
                (Resampling::Average, zones, 18),
            ];
            for (resampling, zones, one_in) in ways {
                let is_slow = is_torn && resampling == Resampling::Average;
                if wanted.is_none() && (is_slow || (which + number) % one_in != 0) {
                    continue;
                }
                let level = level_with(&*grid, &bounds, zones);
                let found = found(&*grid, level, &lattice, resampling, 1 + number % 2);
                // A zone that is torn apart at a projection's far end may be taken to touch a raster that it is nowhere near.
                let is_judged = resampling == Resampling::Nearest || matches!(lattice, Lattice::Axes(_));
                let expected = is_judged.then(|| judged(&*grid, level, (&lattice, &bounds), resampling));
                results.push((grid.clone(), level, resampling, found, expected));
            }
        }
        let rough = rough(lattice);
        for (grid, level, resampling, found, expected) in results {
            let near = rough.as_ref().map(|lattice| self::found(&*grid, level, lattice, resampling, 2));
            for expected in expected.into_iter().chain(near) {
                let not_in = |some: &[Zone], others: &[Zone]| {
                    some.iter().filter(|zone| others.binary_search(zone).is_err()).count()
                };
                let (missing, added) = (not_in(&expected, &found), not_in(&found, &expected));
                if missing + added > 0 {
                    let dggrs = grid.spec().dggrs;
                    wrong.push(format!(
                        "{name}, {dggrs} level {level}, {resampling:?}: {missing} missing, {added} too many"
                    ));
                }
                hits += expected.len();
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(hits > 1000);
}

#[test]
fn the_zones_found_are_those_that_every_zone_looked_at_tells_in_projections() {
    compare(in_projections());
}

#[test]
fn the_zones_found_are_those_that_every_zone_looked_at_tells_in_degrees() {
    compare(in_degrees());
}

#[test]
fn a_global_raster_in_a_projection_makes_a_global_cube_and_one_with_a_gap_does_not() {
    let call = Call::capture();
    let half = 17_243_959.06;
    for (dggrs, level) in [("HEALPix", 6), ("ISEA3H", 9), ("H3", 4)] {
        let grid = grid_of(dggrs);
        let zones = |east: f64, coverage| {
            let lattice = projected("EPSG:8857", [-half, -8_392_927.6, east, 8_392_927.6], 400, 200);
            assert!(!lattice.is_global());
            let resampling = Resampling::Nearest;
            covered(
                &Search { call: &call, grid: &*grid, level, lattice: &lattice, resampling, threads: 2 },
                coverage,
                &mut || true,
            )
            .unwrap()
        };
        assert_eq!(zones(half, CoverageOption::Auto), Zones::globe(&*grid, level));
        let listed = zones(half, CoverageOption::Source);
        assert!(listed.are_listed() && listed.len() == grid.zone_count(level));
        let with_gap = zones(0.99 * half, CoverageOption::Auto);
        assert!(with_gap.are_listed() && with_gap.len() < grid.zone_count(level), "{dggrs}");
    }
}

#[test]
fn few_zones_are_looked_at_and_the_search_can_be_stopped() {
    /// Counts the points whose positions are asked for.
    struct Counted(Mapped, Arc<AtomicU64>);
    impl Map for Counted {
        fn positions(&self, points: &[LonLat], positions: &mut [Position]) -> Result<()> {
            self.1.fetch_add(points.len() as u64, Ordering::Relaxed);
            self.0.map().positions(points, positions)
        }

        fn places(&self, positions: &[Position], points: &mut [LonLat]) -> Result<()> {
            self.0.map().places(positions, points)
        }

        fn is_smooth(&self) -> bool {
            true
        }
    }
    let call = Call::capture();
    for (dggrs, level) in [("HEALPix", 16), ("H3", 10), ("ISEA4H", 17), ("IGEO7", 11), ("rHEALPix", 11)] {
        let grid = grid_of(dggrs);
        let looked = Arc::new(AtomicU64::new(0));
        let Lattice::Mapped(mapped) = projected("EPSG:32632", UTM_TILE, 10980, 10980) else { panic!("a projection") };
        let lattice = Lattice::Mapped(Mapped::new(10980, 10980, Box::new(Counted(mapped, looked.clone()))));
        let search =
            Search { call: &call, grid: &*grid, level, lattice: &lattice, resampling: Resampling::Nearest, threads: 2 };
        let zones = covered(&search, CoverageOption::Auto, &mut || true).unwrap();
        let looked = looked.load(Ordering::Relaxed);
        assert!(looked * 3 < zones.len(), "{dggrs}: {looked} for {}", zones.len());
        let mut left = 2;
        let mut go_on = || {
            left -= 1;
            left > 0
        };
        assert_eq!(covered(&search, CoverageOption::Auto, &mut go_on).unwrap_err().kind(), Kind::Cancelled);
    }
}
