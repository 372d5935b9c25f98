//! What is written is what is read: every family, scheme and surface in every convention.

mod convention_support;

use convention_support::*;
use gdal_dggs::convention::{
    Attributes, Description, NewAxis, Node, ZoneAxis, Zones, creation_names, describe, describe_pyramid,
    pyramid_places, stripped, usual_indexing,
};
use gdal_dggs::error::Kind;
use gdal_dggs::grid::{self, FAMILIES, GridSpec, Orientation, Surface};
use serde_json::{Map, Value, json};

/// The group that a description makes: the id array, `u` on (time, zones), and the variables beside them.
fn written(description: &Description, suffix: &str) -> Value {
    let mut arrays = Map::new();
    let dims: Map<_, _> = description.dimensions.iter().map(|(name, size)| (name.clone(), json!(size))).collect();
    if let Some(name) = &description.id_array {
        let mut attributes = Attributes::new();
        description.ids(&mut attributes);
        arrays.insert(name.clone(), json!({"dims": dims, "kind": "integer", "attributes": attributes}));
    }
    let mut attributes = Attributes::new();
    description.data(&mut attributes, &["time".into()]);
    let mut with_time = Map::new();
    with_time.insert("time".into(), json!(3));
    with_time.extend(dims);
    arrays.insert(format!("u{suffix}"), json!({"dims": with_time, "attributes": attributes}));
    for (name, attributes) in &description.auxiliary {
        arrays.insert(name.clone(), json!({"dims": {}, "kind": "integer", "attributes": attributes}));
    }
    let mut group = Attributes::new();
    description.group(&mut group);
    json!({"path": "/", "attributes": group, "arrays": arrays})
}

fn named(spec: &GridSpec) -> GridSpec {
    // Dialect b and xdggs may only name figures that PROJ knows.
    let surface = match &spec.surface {
        Surface::Ellipsoid { semi_major_m, inverse_flattening, .. } => {
            Surface::Ellipsoid { name: None, semi_major_m: *semi_major_m, inverse_flattening: *inverse_flattening }
        }
        sphere => sphere.clone(),
    };
    GridSpec { surface, ..spec.clone() }
}

/// Every DGGRS in every scheme, on every surface and in every orientation that its family has.
fn all_specs() -> Vec<GridSpec> {
    let surfaces = [
        wgs84(),
        sphere(),
        Surface::Sphere { radius_m: 6371229.0 },
        Surface::Ellipsoid { name: Some("Mars".into()), semi_major_m: 3396190.0, inverse_flattening: 169.894447 },
        Surface::Ellipsoid { name: None, semi_major_m: 6378140.0, inverse_flattening: 298.257 },
    ];
    let mut specs = Vec::new();
    for family in FAMILIES {
        for dggrs in family.dggrs_names() {
            let usual = family.default_spec(dggrs);
            for indexing in family.indexing_schemes(dggrs) {
                let scheme = GridSpec { indexing, ..usual.clone() };
                let mut all = vec![scheme.clone()];
                all.extend(surfaces.iter().map(|surface| GridSpec { surface: surface.clone(), ..scheme.clone() }));
                let orientation = Some(Orientation { lon_0_deg: 50.0, lat_0_deg: 0.0, azimuth_deg: 0.0 });
                all.push(GridSpec { orientation, ..scheme });
                specs.extend(all.into_iter().filter(|spec| grid::grid(spec).is_ok()));
            }
        }
    }
    specs
}

#[test]
fn what_is_written_is_what_is_read() {
    let mut described: Map<String, Value> = Map::new();
    for spec in all_specs() {
        for convention in creation_names() {
            for zones in [Zones::Globe, Zones::Listed(7)] {
                let new = NewAxis::new(&spec, 3, zones);
                let description = match describe(convention, &new) {
                    Ok(description) => description,
                    Err(error) => {
                        assert_eq!(error.kind(), Kind::Unsupported, "{error}");
                        assert!(error.to_string().contains("XDGGS"), "{error}");
                        assert!(!matches!(convention, "AUTO" | "XDGGS" | "ZARR_DGGS" | "ZARR_DGGS_C"), "{error}");
                        continue;
                    }
                };
                *described.entry(format!("{convention} {}", spec.dggrs)).or_insert(json!(0)) = json!(1);
                let group = written(&description, "");
                let found: ZoneAxis = axis(&group);
                assert_eq!(named(&found.spec), named(&spec), "{convention} {group:#}");
                let carried = matches!(spec.indexing, "nuniq" | "zuniq");
                assert!(found.level == Some(3) || (carried && found.level.is_none()), "{convention} {found:?}");
                assert_eq!((&found.placement, &found.id_array), (&description.placement, &description.id_array));
                let mut names: Vec<_> = description.dimensions.iter().map(|(name, _)| name.as_str()).collect();
                let mut read: Vec<_> = found.dimensions.iter().map(String::as_str).collect();
                names.sort_unstable();
                read.sort_unstable();
                assert_eq!(names, read);
                assert_eq!(found.warnings, [""; 0], "{convention} {group:#}");
                assert!(zones == Zones::Globe || description.dimensions == [("cells".to_owned(), 7)]);
            }
        }
    }
    let mut pairs: Vec<_> = described.keys().map(String::as_str).collect();
    pairs.retain(|pair| !pair.starts_with("XDGGS") && !pair.starts_with("ZARR") && !pair.starts_with("AUTO"));
    pairs.sort_unstable();
    assert_eq!(
        pairs,
        [
            "CF HEALPix",
            "DGGS_JL ISEA4D",
            "DGGS_JL ISEA4H",
            "DGGS_SPEC ISEA3H",
            "DGGS_SPEC ISEA4D",
            "DGGS_SPEC ISEA4H",
            "DGGS_SPEC ISEA4T",
            "DGGS_SPEC ISEA7H"
        ]
    );
}

fn spec_of(dggrs: &str) -> GridSpec {
    let (family, name) = grid::family_of(dggrs).unwrap();
    family.default_spec(name)
}

#[test]
fn auto_is_what_the_family_s_readers_know() {
    for (dggrs, zones, expected) in [
        ("HEALPix", Zones::Globe, "ZARR_DGGS_C"),
        ("H3", Zones::Listed(5), "ZARR_DGGS_C"),
        ("rHEALPix", Zones::Globe, "XDGGS"),
        ("IGEO7", Zones::Globe, "XDGGS"),
        ("ISEA4H", Zones::Globe, "DGGS_SPEC"),
        ("ISEA4H", Zones::Listed(5), "XDGGS"),
    ] {
        let description = describe("auto", &NewAxis::new(&spec_of(dggrs), 4, zones)).unwrap();
        assert_eq!(description.convention, expected, "{dggrs} {zones:?}");
    }
}

#[test]
fn auto_is_understood_by_readers_of_either_half() {
    for dggrs in ["HEALPix", "H3"] {
        let spec = spec_of(dggrs);
        let group = written(&describe("AUTO", &NewAxis::new(&spec, 4, Zones::Globe)).unwrap(), "");
        let xdggs = axis(&changed(&group, &[("/attributes/dggs", None), ("/attributes/zarr_conventions", None)]));
        assert_eq!((xdggs.convention, &xdggs.spec, xdggs.level), ("XDGGS", &spec, Some(4)));
        let zarr = axis(&changed(&group, &[("/arrays/cell_ids/attributes", Some(json!({})))]));
        assert_eq!((zarr.convention, &zarr.spec, zarr.level), ("ZARR_DGGS", &spec, Some(4)));
    }
}

/// What <https://github.com/zarr-conventions/dggs> `schema.json` demands of a node's attributes.
fn breaks_schema(attributes: &Value) -> Option<String> {
    let entries = attributes["zarr_conventions"].as_array()?;
    let expected = json!({
        "schema_url": "https://raw.githubusercontent.com/zarr-conventions/dggs/refs/tags/v1/schema.json",
        "spec_url": "https://github.com/zarr-conventions/dggs/blob/v1/README.md",
        "uuid": "7b255807-140c-42ca-97f6-7a1cfecdbc38",
        "name": "dggs",
        "description": "Discrete Global Grid Systems convention for zarr",
    });
    if !entries.contains(&expected) {
        return Some("zarr_conventions must contain the convention's metadata and nothing else in it".into());
    }
    let object = attributes["dggs"].as_object()?;
    for (key, fits) in [
        ("name", object.get("name").is_some_and(|name| name.as_str().is_some_and(|name| name == name.to_lowercase()))),
        ("refinement_level", object.get("refinement_level").is_some_and(|level| level.is_u64() || level.is_null())),
        ("spatial_dimension", object.get("spatial_dimension").is_some_and(Value::is_string)),
        ("coordinate", object.get("coordinate").is_none_or(Value::is_string)),
        (
            "compression",
            object
                .get("compression")
                .is_none_or(|text| ["none", "compacted", "ranges"].iter().any(|known| text == known)),
        ),
    ] {
        if !fits {
            return Some(format!("{key} of {object:?}"));
        }
    }
    let ellipsoid = object.get("ellipsoid")?;
    let mut keys: Vec<_> = ellipsoid.as_object()?.keys().map(String::as_str).collect();
    keys.sort_unstable();
    let allowed: [&[&str]; 3] = [
        &["name", "radius"],
        &["name", "semi_major_axis", "semi_minor_axis"],
        &["inverse_flattening", "name", "semi_major_axis"],
    ];
    let numbers = ellipsoid.as_object()?.iter().all(|(key, value)| (key == "name") == value.is_string());
    (!allowed.contains(&keys.as_slice()) || !numbers).then(|| format!("ellipsoid {ellipsoid}"))
}

#[test]
fn dggs_objects_validate_against_the_published_schema() {
    let mut checked = 0;
    for spec in all_specs() {
        for convention in ["AUTO", "ZARR_DGGS_C"] {
            let description = describe(convention, &NewAxis::new(&spec, 3, Zones::Listed(9))).unwrap();
            let group = written(&description, "");
            if convention == "AUTO" && !matches!(spec.dggrs, "HEALPix" | "H3") {
                continue;
            }
            assert_eq!(breaks_schema(&group["attributes"]), None, "{group:#}");
            assert!(group["attributes"]["dggs"].is_object());
            checked += 1;
        }
    }
    assert!(checked > 100);
    let older = written(&describe("ZARR_DGGS", &NewAxis::new(&spec_of("HEALPix"), 3, Zones::Globe)).unwrap(), "");
    assert!(breaks_schema(&older["attributes"]).unwrap().starts_with("ellipsoid"));
}

#[test]
fn the_data_spec_s_example_is_written_key_by_key() {
    let example = json!({
        "coordinate_conversions": [{"version": "7.8", "address_type": "Q2DI", "type": "dggrid"}],
        "aperture": 4,
        "grid_system": {
            "rotation_lon": 11.25, "polyhedron": "icosahedron", "name": "ISEA4H", "radius": 6371007.180918475,
            "polygon": "hexagon", "rotation_lat": 58.2825, "projection": "+isea", "rotation_azimuth": 0
        },
        "resolutions": [
            {"name": "spatial", "resolution": 4, "dimensions": ["n", "i", "j"]},
            {"name": "temporal", "resolution": 1, "dimensions": ["time"]}
        ]
    });
    let orientation = Some(Orientation { lon_0_deg: 11.25, lat_0_deg: 58.2825, azimuth_deg: 0.0 });
    let spec = GridSpec { indexing: "Q2DI", orientation, ..spec_of("ISEA4H") };
    let description = describe("DGGS_SPEC", &NewAxis::new(&spec, 4, Zones::Globe)).unwrap();
    let group = written(&description, "");
    assert_eq!(group["arrays"]["u"]["attributes"]["grid"], example);
    assert_eq!(description.dimensions, [("n".to_owned(), 12), ("i".to_owned(), 16), ("j".to_owned(), 16)]);
    for key in ["title", "summary", "keywords", "Conventions"] {
        assert!(group["attributes"][key].is_string(), "{key}");
    }
    assert_eq!(group["attributes"]["Conventions"], "CF-1.8, ACDD-1.3");
    let mut own = Attributes::new();
    own.insert("title".into(), "mine".into());
    own.insert("Conventions".into(), "CF-1.6, UGRID-1.0".into());
    description.group(&mut own);
    assert_eq!((&own["title"], &own["Conventions"]), (&json!("mine"), &json!("CF-1.8, ACDD-1.3, UGRID-1.0")));
}

#[test]
fn what_cannot_be_described_is_an_error_that_names_what_can() {
    let refused = |convention: &str, spec: &GridSpec, zones: Zones| {
        describe(convention, &NewAxis::new(spec, 3, zones)).unwrap_err().to_string()
    };
    let error = refused("CF", &spec_of("ISEA4H"), Zones::Globe);
    assert_eq!(
        error,
        "CONVENTION=CF: CF 1.13 describes HEALPix alone, not ISEA4H; ZARR_DGGS, ZARR_DGGS_C, DGGS_SPEC, XDGGS can"
    );
    assert!(refused("DGGS_SPEC", &spec_of("ISEA4H"), Zones::Listed(4)).contains("COVERAGE=GLOBAL"));
    let on_wgs84 = GridSpec { surface: wgs84(), ..spec_of("ISEA4H") };
    assert!(refused("DGGS_SPEC", &on_wgs84, Zones::Globe).contains("on an ellipsoid"));
    let z3 = GridSpec { indexing: "Z3", ..spec_of("ISEA3H") };
    assert!(refused("DGGS_SPEC", &z3, Zones::Globe).contains("INDEXING=SEQNUM or Q2DI, not Z3"));
    assert!(refused("DGGS_JL", &spec_of("ISEA4D"), Zones::Globe).contains("scheme Q2DI"));
    assert_eq!(usual_indexing("DGGS_JL", "ISEA4D"), Some("Q2DI"));
    assert!(refused("EASYGEMS", &spec_of("HEALPix"), Zones::Globe).contains("must be one of AUTO, ZARR_DGGS"));
    let deep = describe("AUTO", &NewAxis::new(&spec_of("HEALPix"), 30, Zones::Globe)).unwrap_err();
    assert_eq!(deep.to_string(), "LEVEL=30: levels of HEALPix in scheme nested are 0 to 29");
}

#[test]
fn one_convention_takes_the_place_of_another() {
    let specs = [spec_of("HEALPix"), GridSpec { indexing: "Q2DI", ..spec_of("ISEA4D") }];
    for spec in specs {
        let able: Vec<_> = creation_names()
            .filter_map(|name| describe(name, &NewAxis::new(&spec, 3, Zones::Globe)).ok().map(|found| (name, found)))
            .collect();
        assert!(able.len() >= 5, "{able:?}");
        for (_, first) in &able {
            let group = written(first, "");
            let found = axis(&group);
            for (name, second) in &able {
                let clean = |pointer: &str, node: Node<'_>| {
                    stripped(&found, node, group.pointer(pointer).and_then(Value::as_object).unwrap_or(&Map::new()))
                };
                let mut group_s = clean("/attributes", Node::Group);
                let mut data_s = clean("/arrays/u/attributes", Node::Array("u"));
                let mut ids_s = clean("/arrays/cell_ids/attributes", Node::Ids);
                for left in [&group_s, &data_s, &ids_s] {
                    let known = ["Conventions", "units", "title", "summary", "keywords"];
                    let rest: Vec<_> =
                        left.keys().filter(|key| !known.contains(&key.as_str()) && !key.starts_with("geo")).collect();
                    assert!(rest.is_empty(), "{} leaves {rest:?}", first.convention);
                }
                second.group(&mut group_s);
                second.data(&mut data_s, &[]);
                second.ids(&mut ids_s);
                let mut again = written(second, "");
                again["attributes"] = group_s.into();
                again["arrays"]["u"]["attributes"] = data_s.into();
                if second.id_array.is_some() {
                    again["arrays"]["cell_ids"]["attributes"] = ids_s.into();
                }
                let read = axis(&again);
                assert_eq!((&read.spec, read.level), (&spec, Some(3)), "{} to {name}", first.convention);
            }
        }
    }
}

#[test]
fn the_levels_of_a_pyramid_are_found_and_their_method_is_told() {
    for (dggrs, convention, groups) in [
        ("HEALPix", "AUTO", ["5", "4", "3"]),
        ("HEALPix", "CF", ["5", "4", "3"]),
        ("IGEO7", "XDGGS", ["5", "4", "3"]),
        ("ISEA4D", "DGGS_JL", ["dggs_s5", "dggs_s4", "dggs_s3"]),
        ("ISEA4H", "DGGS_JL", ["6", "5", "4"]),
        ("ISEA4H", "DGGS_SPEC", ["", "", ""]),
    ] {
        let indexing = usual_indexing(convention, dggrs).unwrap_or(spec_of(dggrs).indexing);
        let spec = GridSpec { indexing, ..spec_of(dggrs) };
        let first = describe(convention, &NewAxis::new(&spec, 5, Zones::Globe)).unwrap();
        let places = pyramid_places(first.convention, dggrs, &[5, 4, 3]);
        assert_eq!(places.iter().map(|place| place.group.as_str()).collect::<Vec<_>>(), groups);
        let descriptions: Vec<_> = places
            .iter()
            .map(|place| {
                let axis = NewAxis { suffix: &place.suffix, ..NewAxis::new(&spec, place.level, Zones::Globe) };
                describe(convention, &axis).unwrap()
            })
            .collect();
        let mut root = Attributes::new();
        let levels: Vec<_> = places.iter().zip(&descriptions).collect();
        describe_pyramid(&mut root, &levels, "AVERAGE");
        if convention == "DGGS_SPEC" {
            assert_eq!(root["resampling_method"], "average");
            let mut group = json!({"attributes": root, "arrays": {}});
            for (place, description) in &levels {
                let arrays = written(description, &place.suffix)["arrays"].clone();
                group["arrays"].as_object_mut().unwrap().extend(arrays.as_object().unwrap().clone());
            }
            let mut found: Vec<_> = axes(&group).iter().map(|axis| axis.level.unwrap()).collect();
            found.sort_unstable();
            assert_eq!(found, [3, 4, 5]);
            continue;
        }
        assert_eq!(root["multiscales"]["resampling_method"], "average");
        let layout = root["multiscales"]["layout"].as_array().unwrap();
        let ratio = layout[1]["transform"]["scale"][0].as_f64().unwrap();
        let expected = if dggrs == "IGEO7" { 7f64.sqrt() } else { 2.0 };
        assert!((ratio - expected).abs() < 2e-3, "{dggrs} {ratio}");
        assert_eq!((&layout[2]["asset"], &layout[2]["derived_from"]), (&json!(groups[2]), &json!(groups[1])));
        for (place, description) in &levels {
            let mut group = written(description, "");
            group["path"] = format!("/{}", place.group).into();
            group["ancestors"] = json!([root]);
            let found = axis(&group);
            assert_eq!((&found.spec, found.level), (&spec, Some(place.level)), "{convention}");
            assert_eq!(found.warnings, [""; 0]);
            if convention == "AUTO" {
                // The layout alone tells it too.
                let alone = changed(&group, &[("/attributes", Some(json!({}))), ("/arrays/cell_ids/attributes", None)]);
                assert_eq!((axis(&alone).spec, axis(&alone).level), (spec.clone(), Some(place.level)));
            }
        }
    }
}

#[test]
fn a_crs_is_written_in_all_its_forms() {
    use gdal_dggs::convention::crs;
    use gdal_dggs::store::proj;
    let texts = proj::crs_texts("EPSG:4326").unwrap();
    let attribute = crs::attribute(texts.url.as_deref(), &texts.wkt, texts.projjson.as_deref());
    assert_eq!(attribute["url"], "http://www.opengis.net/def/crs/EPSG/0/4326");
    assert!(attribute["wkt"].as_str().unwrap().starts_with("GEOGCRS[\"WGS 84\""));
    assert_eq!(attribute["projjson"]["id"], json!({"authority": "EPSG", "code": 4326}));
    for definition in crs::definitions(&attribute) {
        // WKT does not keep the members' codes, which PROJJSON has.
        let again = proj::crs_texts(&definition.text).unwrap();
        assert_eq!((again.wkt, again.url), (texts.wkt.clone(), texts.url.clone()), "{}", definition.key);
    }
    let own = proj::crs_texts("+proj=laea +lat_0=52 +lon_0=10 +ellps=GRS80 +type=crs").unwrap();
    let attribute = crs::attribute(own.url.as_deref(), &own.wkt, own.projjson.as_deref());
    assert_eq!(attribute.as_object().unwrap().keys().collect::<Vec<_>>(), ["wkt", "projjson"]);
}
