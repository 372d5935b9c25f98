//! Layers of zones: outlines tile the plane of longitude and latitude, filters and batches give the same features.

use std::sync::Arc;

use gdal_dggs::cube::{self, OpenRequest};
use gdal_dggs::store::Call;
use gdal_dggs::view::vector::{self, Batch, Filter, Layer, Request};
use geo::algorithm::Validation;
use geo::{Area, Coord, LineString, MultiPolygon, Polygon};

fn layer(call: &Arc<Call>, name: &str, options: &[(&str, &str)]) -> Arc<Layer> {
    let options = options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let request = OpenRequest { name: name.into(), options, forced: true, ..OpenRequest::default() };
    let root = cube::open(call, &request).unwrap().unwrap();
    let mut layers = vector::layers(call, &root).unwrap();
    assert_eq!(layers.len(), 1);
    Arc::new(layers.remove(0))
}

fn batches(call: &Arc<Call>, layer: &Arc<Layer>, filter: Filter) -> Vec<Batch> {
    let fields = vec![true; layer.fields().len()];
    let request = Request { filter, fields, zone_ids: true, geometry: true, start: 0, count: None };
    let features = layer.features(call, request).unwrap();
    std::iter::from_fn(|| features.next(call).unwrap()).collect()
}

/// A multipolygon of well-known binary.
fn geometry(wkb: &[u8]) -> MultiPolygon<f64> {
    let word = |at: usize| u32::from_le_bytes(wkb[at..at + 4].try_into().unwrap());
    let number = |at: usize| f64::from_le_bytes(wkb[at..at + 8].try_into().unwrap());
    assert_eq!((wkb[0], word(1)), (1, 6));
    let mut at = 9;
    let mut polygons = Vec::new();
    for _ in 0..word(5) {
        assert_eq!((wkb[at], word(at + 1), word(at + 5)), (1, 3, 1));
        let count = word(at + 9) as usize;
        at += 13;
        let points = (0..count).map(|k| Coord { x: number(at + 16 * k), y: number(at + 16 * k + 8) });
        polygons.push(Polygon::new(LineString(points.collect()), vec![]));
        at += 16 * count;
    }
    assert_eq!(at, wkb.len());
    MultiPolygon(polygons)
}

fn geometries(batches: &[Batch]) -> Vec<MultiPolygon<f64>> {
    let of = |batch: &Batch| -> Vec<MultiPolygon<f64>> {
        let texts = batch.geometries.as_ref().unwrap();
        (0..texts.len()).map(|k| geometry(texts.get(k))).collect()
    };
    batches.iter().flat_map(of).collect()
}

/// Valid, counter-clockwise, within the plane, and together as large as it: no gaps and no overlaps. However the
/// polyhedron is turned: with poles in zones, on edges and on vertices, and with edges along the antimeridian.
#[test]
fn outlines_tile_the_plane() {
    let call = Call::capture();
    let turned: &[&[(&str, &str)]] = &[
        &[],
        &[("LON_0", "0"), ("LAT_0", "90"), ("AZIMUTH", "0")],
        &[("LON_0", "180"), ("LAT_0", "58.28252559"), ("AZIMUTH", "0")],
        &[("LON_0", "-65.4"), ("LAT_0", "12.5"), ("AZIMUTH", "33")],
    ];
    let plain: &[&[(&str, &str)]] = &[&[]];
    let grids = [
        ("HEALPix", 4, plain),
        ("H3", 2, plain),
        ("rHEALPix", 3, &[&[], &[("LON_0", "50")]]),
        ("ISEA3H", 4, turned),
        ("ISEA4H", 3, turned),
        ("ISEA7H", 3, turned),
        ("ISEA4T", 3, turned),
        ("ISEA4D", 3, turned),
        ("IGEO7", 3, plain),
    ];
    for (dggrs, finest, orientations) in grids {
        for level in 0..=finest {
            for options in orientations {
                let layer = layer(&call, &format!("DGGS:{dggrs}/{level}"), options);
                let batches = batches(&call, &layer, Filter::default());
                let place = format!("{dggrs}/{level} {options:?}");
                let found = geometries(&batches);
                assert_eq!(found.len() as u64, layer.count(&call).unwrap(), "{place}");
                let mut sum = 0.0;
                for (zone, outline) in found.iter().enumerate() {
                    assert!(outline.check_validation().is_ok(), "{place}: {zone} {:?}", outline.check_validation());
                    for polygon in outline {
                        assert!(polygon.signed_area() > 0.0, "{place}: {zone}");
                        let within = |point: &Coord<f64>| point.x.abs() <= 180.0 && point.y.abs() <= 90.0;
                        assert!(polygon.exterior().0.iter().all(within), "{place}: {zone}");
                        sum += polygon.unsigned_area();
                    }
                }
                assert!((sum / 64800.0 - 1.0).abs() < 1e-9, "{place}: {sum}");
            }
        }
    }
}

/// One batch after the other, whatever is made ahead, and from any start.
#[test]
fn batches_hold_every_zone_once_in_order() {
    let call = Call::capture();
    let layer = layer(&call, "DGGS:HEALPix/6", &[("COMPUTED", "AREA,PARENT"), ("INDEXING", "ring")]);
    let all = batches(&call, &layer, Filter::default());
    assert!(all.len() > 3);
    let fids: Vec<i64> = all.iter().flat_map(|batch| batch.fids.clone()).collect();
    assert_eq!(fids, (0..12 << 12).collect::<Vec<i64>>());
    for batch in &all {
        let texts = batch.zone_ids.as_ref().unwrap();
        for (k, fid) in batch.fids.iter().enumerate() {
            assert_eq!(texts.get(k), format!("6/{fid}").as_bytes());
        }
        assert!(batch.columns.iter().all(|column| column.as_ref().is_some_and(|column| column.nulls == 0)));
    }
    let fields = vec![true; layer.fields().len()];
    let request =
        Request { fields, zone_ids: true, geometry: true, start: 49_000, count: Some(100), ..Request::default() };
    let part = layer.features(&call, request).unwrap();
    let mut fids = Vec::new();
    while let Some(batch) = part.next(&call).unwrap() {
        fids.extend(batch.fids);
    }
    assert_eq!(fids, (49_000..49_100).collect::<Vec<i64>>());
}

/// A filter leaves out what is far, and nothing that touches.
#[test]
fn filters_leave_what_touches_and_little_more() {
    let call = Call::capture();
    for name in ["DGGS:HEALPix/5", "DGGS:ISEA7H/5", "DGGS:H3/2"] {
        let layer = layer(&call, name, &[]);
        let all = batches(&call, &layer, Filter::default());
        let outlines = geometries(&all);
        for bbox in [[10.0, 40.0, 20.0, 50.0], [-180.0, -90.0, -150.0, -70.0], [170.0, 80.0, 180.0, 90.0]] {
            let filter = Filter { bbox: Some(bbox), ..Filter::default() };
            let chosen: Vec<i64> = batches(&call, &layer, filter).iter().flat_map(|batch| batch.fids.clone()).collect();
            let [west, south, east, north] = bbox;
            let corners = [(west, south), (east, south), (east, north), (west, north), (west, south)];
            let region = Polygon::new(LineString::from(corners.to_vec()), vec![]);
            let touching: Vec<i64> = (outlines.iter().zip(0..))
                .filter(|(outline, _)| geo::Intersects::intersects(*outline, &region))
                .map(|(_, fid)| fid)
                .collect();
            assert!(touching.iter().all(|fid| chosen.binary_search(fid).is_ok()), "{name} {bbox:?}");
            assert!(chosen.len() < 2 * touching.len() + 10, "{name} {bbox:?}: {} {}", chosen.len(), touching.len());
        }
        let text = String::from_utf8(all[0].zone_ids.as_ref().unwrap().get(7).to_vec()).unwrap();
        let zones = Some(vec![text, "nonsense".into()]);
        let named = batches(&call, &layer, Filter { zones, ..Filter::default() });
        assert_eq!(named.iter().flat_map(|batch| batch.fids.clone()).collect::<Vec<i64>>(), [7]);
    }
}

/// The extent is that of the outlines, though few of them are drawn for it.
#[test]
fn extents_are_those_of_the_outlines() {
    let call = Call::capture();
    for (name, bbox) in [
        ("DGGS:HEALPix/6", "-10,30,20,50"),
        ("DGGS:ISEA4T/5", "0,60,40,90"),
        ("DGGS:rHEALPix/4", "170,-20,-170,-5"),
        ("DGGS:IGEO7/5", "-60,-89,-50,-80"),
    ] {
        let layer = layer(&call, name, &[("BBOX", bbox)]);
        let points = geometries(&batches(&call, &layer, Filter::default()));
        let points: Vec<Coord<f64>> = points.iter().flatten().flat_map(|part| part.exterior().0.clone()).collect();
        let fold = |of: fn(&Coord<f64>) -> f64, pick: fn(f64, f64) -> f64| points.iter().map(of).reduce(pick).unwrap();
        let expected =
            [fold(|p| p.x, f64::min), fold(|p| p.y, f64::min), fold(|p| p.x, f64::max), fold(|p| p.y, f64::max)];
        assert_eq!(layer.extent(&call).unwrap(), Some(expected), "{name}");
    }
}
