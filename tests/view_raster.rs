//! The raster view of grids without data: pixels are the ids of the zones at their centres, in every family and in pieces.

use gdal_dggs::cube::OpenRequest;
use gdal_dggs::error::Kind;
use gdal_dggs::grid::{self, FAMILIES, LonLat, Zone, ZoneId};
use gdal_dggs::store::transform::Transform;
use gdal_dggs::store::{Call, Target};
use gdal_dggs::view::raster::{self, Pixels, Raster};

fn open(name: &str, options: &[(&str, &str)]) -> Raster {
    let options = options.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    let request = OpenRequest { name: name.into(), options, is_directory: false, forced: true, update: false };
    raster::open(&Call::capture(), &request).unwrap().unwrap().raster.unwrap()
}

fn whole(raster: &Raster) -> Pixels {
    let (columns, rows) = raster.size();
    Pixels { first_column: 0.0, first_row: 0.0, column_step: 1.0, row_step: 1.0, columns, rows }
}

fn ids(raster: &Raster, pixels: &Pixels) -> Vec<u64> {
    let mut values = vec![0u64; pixels.columns * pixels.rows];
    let target = Target::from_slice(&mut values, &[1, pixels.rows, pixels.columns]).unwrap();
    raster.read(&Call::capture(), pixels, &[1], target, &mut |_| true).unwrap();
    values
}

/// The ids at the centres of all pixels by the grid itself; `None` where a centre lies nowhere.
fn wanted(raster: &Raster, dggrs: &str, level: u8) -> Vec<Option<u64>> {
    let (family, name) = grid::family_of(dggrs).unwrap();
    let grid = grid::grid(&family.default_spec(name)).unwrap();
    let [left, width, _, top, _, height] = raster.geotransform();
    let (columns, rows) = raster.size();
    let (mut xs, mut ys) = (Vec::new(), Vec::new());
    for row in 0..rows {
        for column in 0..columns {
            xs.push(left + (column as f64 + 0.5) * width);
            ys.push(top + (row as f64 + 0.5) * height);
        }
    }
    let degrees = gdal_dggs::store::proj::crs_to_wkt("EPSG:4326").unwrap();
    let transform = Transform::new(raster.crs_wkt(), &degrees).unwrap();
    let asked = (xs.clone(), ys.clone());
    transform.forward(&mut xs, &mut ys).unwrap();
    // What lies beyond the map's edge is not repeated.
    let mut back = (xs.clone(), ys.clone());
    transform.inverse(&mut back.0, &mut back.1).unwrap();
    let is_there = |at: usize| (back.0[at] - asked.0[at]).abs().max((back.1[at] - asked.1[at]).abs()) < 1.0;
    let lies = (0..xs.len()).map(|at| raster.crs_wkt().starts_with("GEOG") || is_there(at));
    for (x, lies) in xs.iter_mut().zip(lies.collect::<Vec<_>>()) {
        *x = if lies { *x } else { f64::INFINITY };
    }
    let id = |(lon_deg, lat_deg): (f64, f64)| {
        if !lon_deg.is_finite() || lat_deg.abs() > 90.0 {
            return None;
        }
        let (mut zone, mut id) = ([Zone(0)], [ZoneId(0)]);
        grid.zones_at(level, &[LonLat { lon_deg, lat_deg }], &mut zone).unwrap();
        grid.ids(level, &zone, &mut id).unwrap();
        Some(id[0].0)
    };
    xs.into_iter().zip(ys).map(id).collect()
}

#[test]
fn every_pixel_of_every_family_is_the_zone_at_its_centre() {
    for family in FAMILIES {
        for name in family.dggrs_names() {
            for options in
                [&[][..], &[("CRS", "EPSG:3857"), ("RES", "400000")], &[("CRS", "EPSG:3031"), ("RES", "100000")]]
            {
                let raster = open(&format!("DGGS:{name}/3:/zone_id"), options);
                let wanted = wanted(&raster, name, 3);
                let found = ids(&raster, &whole(&raster));
                assert_eq!(found.len(), wanted.len());
                let differ =
                    found.iter().zip(&wanted).filter(|(id, wanted)| wanted.is_some_and(|wanted| **id != wanted));
                assert_eq!(differ.count(), 0, "{name} {options:?}");
            }
        }
    }
}

#[test]
fn pieces_are_parts_of_the_whole() {
    let raster = open("DGGS:ISEA7H/4:/zone_id", &[("CRS", "EPSG:3857")]);
    let all = whole(&raster);
    let found = ids(&raster, &all);
    for (column, row, columns, rows) in [(0, 0, 1, 1), (17, 3, 40, 71), (100, 100, 33, 1), (0, 50, all.columns, 2)] {
        let (first_column, first_row) = (column as f64, row as f64);
        let part = ids(&raster, &Pixels { first_column, first_row, columns, rows, ..all });
        for (at, line) in part.chunks(columns).enumerate() {
            let start = (row + at) * all.columns + column;
            assert_eq!(line, &found[start..start + columns]);
        }
    }
    // Enlarged three times each pixel is there nine times.
    let large = Pixels {
        first_column: 30.0,
        first_row: 60.0,
        column_step: 1.0 / 3.0,
        row_step: 1.0 / 3.0,
        columns: 30,
        rows: 30,
    };
    for (at, id) in ids(&raster, &large).into_iter().enumerate() {
        assert_eq!(id, found[(20 + at / 30 / 3) * all.columns + 10 + at % 30 / 3]);
    }
}

#[test]
fn reading_is_refused_or_cancelled_with_a_kind() {
    let raster = open("DGGS:HEALPix/8:/zone_id", &[]);
    let call = Call::capture();
    let mut values = vec![0u64; 12];
    let pixels = Pixels { columns: 4, rows: 3, ..whole(&raster) };
    let mut read = |pixels: &Pixels, bands: &[usize], go_on: bool| {
        let target = Target::from_slice(&mut values, &[1, 3, 4]).unwrap();
        raster.read(&call, pixels, bands, target, &mut |_| go_on).map_err(|error| error.kind())
    };
    assert_eq!(read(&pixels, &[1], true), Ok(()));
    assert_eq!(read(&pixels, &[1], false), Err(Kind::Cancelled));
    assert_eq!(read(&pixels, &[2], true), Err(Kind::InvalidArgument));
    assert_eq!(read(&Pixels { rows: 4, ..pixels }, &[1], true), Err(Kind::InvalidArgument));
    for bad in [f64::NAN, 0.0, -1.0, f64::INFINITY] {
        assert_eq!(read(&Pixels { row_step: bad, ..pixels }, &[1], true), Err(Kind::InvalidArgument));
    }
}
