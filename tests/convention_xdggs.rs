//! xdggs: identity on the id array, aliases, written and found again, malformed metadata.

mod convention_support;

use convention_support::*;
use gdal_dggs::convention::{Node, Selection, id_array_attributes, is_marked, selected};
use gdal_dggs::error::Kind::{Corrupt, Unsupported};
use gdal_dggs::grid::{GridSpec, Surface};
use serde_json::{Value, json};

fn base() -> Value {
    json!({"arrays": {
        "cell_ids": {
            "dims": {"cells": 50}, "kind": "integer",
            "attributes": {"grid_name": "healpix", "level": 6, "indexing_scheme": "nested"}
        },
        "u": {"dims": {"month": 2, "cells": 50}}
    }})
}

fn with(attributes: Value) -> Value {
    changed(&base(), &[("/arrays/cell_ids/attributes", Some(attributes))])
}

#[test]
fn the_header_s_example_is_read() {
    let axis = axis(&with(header_example(include_str!("../src/convention/xdggs.rs"))));
    assert_eq!((axis.convention, axis.level, axis.spec.indexing), ("XDGGS", Some(6), "nested"));
    assert_eq!(
        (axis.spec.surface, axis.id_array, axis.dimensions),
        (wgs84(), Some("cell_ids".into()), vec!["cells".to_owned()])
    );
}

#[test]
fn every_alias_is_the_same_grid() {
    let expected = axis(&base());
    assert_eq!(expected.spec.surface, sphere());
    for attributes in [
        json!({"grid_name": "healpix", "level": 6}),
        json!({"grid_name": "HEALPix", "resolution": 6}),
        json!({"grid_name": "healpix", "order": 6, "nest": true}),
        json!({"grid_name": "healpix", "depth": 6, "nest": 1}),
        json!({"grid_name": "healpix", "nside": 64, "indexing_scheme": "NESTED"}),
        json!({"grid_name": "healpix", "nside": 64, "level": 6, "nest": true, "indexing_scheme": "nested"}),
        json!({"grid_name": "healpix", "level": 6, "ellipsoid": "sphere"}),
        json!({"grid_name": "healpix", "level": 6, "ellipsoid": null}),
        json!({"grid_name": "healpix", "level": 6, "ellipsoid": {"radius": 6370997.0}}),
        json!({"grid_name": "healpix", "level": 6, "ellipsoid": "{\"radius\": 6370997.0, \"name\": \"sphere\"}"}),
    ] {
        assert_eq!(axis(&with(attributes.clone())), expected, "{attributes}");
    }
    assert_eq!(axis(&with(json!({"grid_name": "healpix", "level": 6, "nest": false}))).spec.indexing, "ring");
    for null in [Value::Null, json!("null")] {
        let zuniq = axis(&with(json!({"grid_name": "healpix", "level": (null.clone()), "indexing_scheme": "zuniq"})));
        assert_eq!((zuniq.level, zuniq.spec.indexing), (None, "zuniq"), "{null}");
    }
}

#[test]
fn any_array_of_ids_will_do_and_cell_ids_goes_first() {
    let attributes = base()["arrays"]["cell_ids"]["attributes"].clone();
    let text = changed(
        &base(),
        &[
            ("/arrays/cell_ids", None),
            ("/arrays/zones", Some(json!({"dims": {"cells": 50}, "kind": "text", "attributes": attributes.clone()}))),
        ],
    );
    assert_eq!(axis(&text).id_array.as_deref(), Some("zones"));
    let mut two = json!({"arrays": {"a": {"dims": {"cells": 50}, "kind": "integer", "attributes": attributes}}});
    two["arrays"]["cell_ids"] = base()["arrays"]["cell_ids"].clone();
    let axis = axis(&two);
    assert_eq!(axis.id_array.as_deref(), Some("cell_ids"));
    assert!(axis.warnings[0].contains("/a "), "{:?}", axis.warnings);
}

#[test]
fn two_dimensions_are_two_axes() {
    let coarse = json!({"dims": {"coarse": 5}, "kind": "integer", "attributes": {"grid_name": "healpix", "level": 2}});
    let levels: Vec<_> =
        axes(&changed(&base(), &[("/arrays/coarse_ids", Some(coarse))])).iter().map(|axis| axis.level).collect();
    assert_eq!(levels, [Some(6), Some(2)]);
}

#[test]
fn a_grid_name_alone_that_no_one_knows_is_no_marker() {
    let foreign = json!({"grid_name": "tripolar"});
    assert!(!is_marked(foreign.as_object().unwrap()));
    assert_eq!(axes(&with(foreign)), []);
    assert_eq!(axes(&with(json!({"grid_name": 7, "level": 3}))), []);
}

#[test]
fn malformed_metadata_are_refused() {
    let attributes = "/arrays/cell_ids/attributes";
    let row = |value: Value| vec![(attributes, Some(value))];
    let healpix = |more: Value| {
        let mut all = json!({"grid_name": "healpix"});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        row(all)
    };
    assert_refused(
        &base(),
        vec![
            (healpix(json!({})), Corrupt, &["/cell_ids", "'level'", "missing"]),
            (healpix(json!({"level": null})), Corrupt, &["'level'", "missing"]),
            (healpix(json!({"level": 6.0})), Corrupt, &["'level'", "integer", "6.0"]),
            (healpix(json!({"level": "6"})), Corrupt, &["'level'", "integer"]),
            (healpix(json!({"level": -6})), Corrupt, &["'level'", "-6"]),
            (healpix(json!({"level": 30})), Corrupt, &["'level'", "30"]),
            (healpix(json!({"level": true})), Corrupt, &["'level'", "true"]),
            (healpix(json!({"nside": 63})), Corrupt, &["'nside'", "63", "power of two"]),
            (healpix(json!({"nside": 0})), Corrupt, &["'nside'", "power of two"]),
            (healpix(json!({"nside": 64.0})), Corrupt, &["'nside'", "integer"]),
            (healpix(json!({"level": 6, "nside": 32})), Corrupt, &["'level'", "'nside'", "5"]),
            (healpix(json!({"level": 6, "order": 5})), Corrupt, &["'level'", "'order'"]),
            (
                healpix(json!({"level": 6, "indexing_scheme": "ring", "nest": true})),
                Corrupt,
                &["indexing_scheme", "nest"],
            ),
            (healpix(json!({"level": 6, "nest": "yes"})), Corrupt, &["'nest'", "yes"]),
            (healpix(json!({"level": 6, "indexing_scheme": "unique"})), Unsupported, &["unique", "zuniq"]),
            (healpix(json!({"level": 6, "indexing_scheme": 0})), Corrupt, &["indexing_scheme"]),
            (healpix(json!({"level": 6, "ellipsoid": {"semi_major": 1}})), Corrupt, &["ellipsoid", "semi_major_axis"]),
            (healpix(json!({"level": 6, "ellipsoid": "{not json"})), Unsupported, &["ellipsoid", "not json"]),
            (row(json!({"grid_name": "ivea7h.dggal", "level": 6})), Unsupported, &["ivea7h.dggal", "DGGAL"]),
            (row(json!({"grid_name": "quadsphere", "level": 6})), Unsupported, &["quadsphere", "HEALPix"]),
            (vec![("/arrays/cell_ids/kind", Some(json!("float")))], Corrupt, &["/cell_ids", "Float"]),
            (vec![("/arrays/cell_ids/dims", Some(json!({"y": 5, "x": 10})))], Corrupt, &["/cell_ids", "one dimension"]),
            (vec![("/arrays/cell_ids/dims", Some(json!({})))], Corrupt, &["/cell_ids", "one dimension"]),
        ],
    );
}

#[test]
fn written_attributes_are_found_again_also_as_a_netcdf_copy_keeps_them() {
    let surfaces = [
        wgs84(),
        sphere(),
        Surface::Sphere { radius_m: 6371229.0 },
        Surface::Ellipsoid { name: None, semi_major_m: 6378200.0, inverse_flattening: 300.0 },
    ];
    // xdggs takes the name for the truth, so it is written only where it is.
    let named = |surface: &Surface| {
        id_array_attributes(
            &GridSpec { dggrs: "HEALPix", surface: surface.clone(), orientation: None, indexing: "nested" },
            Some(6),
        )["ellipsoid"]
            .get("name")
            .cloned()
    };
    assert_eq!(surfaces.each_ref().map(named), [Some(json!("WGS84")), Some(json!("sphere")), None, None]);
    let own = Surface::Ellipsoid { name: Some("Own".into()), semi_major_m: 6378200.0, inverse_flattening: 300.0 };
    assert_eq!(named(&own), None);
    for surface in surfaces {
        for indexing in ["nested", "ring", "nuniq", "zuniq"] {
            let spec = GridSpec { dggrs: "HEALPix", surface: surface.clone(), orientation: None, indexing };
            let attributes = id_array_attributes(&spec, Some(6));
            let level = Some(6).filter(|_| ["nested", "ring"].contains(&indexing));
            // GDAL turns objects into JSON texts, and drops null or makes it a text.
            let mut as_text = attributes.clone();
            as_text["ellipsoid"] = attributes["ellipsoid"].to_string().into();
            let mut without_null = as_text.clone();
            without_null.retain(|_, value| !value.is_null());
            let mut with_text_null = as_text.clone();
            for value in with_text_null.values_mut().filter(|value| value.is_null()) {
                *value = "null".into();
            }
            for attributes in [attributes, as_text, without_null, with_text_null] {
                assert!(is_marked(&attributes));
                let found = axis(&with(attributes.into()));
                assert_eq!((found.spec, found.level), (spec.clone(), level));
            }
        }
    }
}

#[test]
fn a_selection_leaves_what_is_true_and_replaces_what_is_not() {
    let axis = axis(&base());
    let selection = Selection { axis: &axis, id_array: "cell_ids", dimension: "cells" };
    let rewrite = |attributes: &Value| selected(&selection, Node::Ids, attributes.as_object().unwrap());
    let true_ones = json!({"grid_name": "healpix", "nside": 64, "nest": true, "long_name": "kept"});
    assert_eq!(Value::from(rewrite(&true_ones)), true_ones);
    // xdggs refuses a parameter that is given twice, so no alias may stay beside its canonical key.
    let rewritten = rewrite(&json!({"grid_name": "healpix", "nside": 32, "nest": true, "long_name": "kept"}));
    assert!(!rewritten.contains_key("nside") && !rewritten.contains_key("nest"), "{rewritten:?}");
    assert_eq!((&rewritten["level"], &rewritten["long_name"]), (&json!(6), &json!("kept")));
    let computed = rewrite(&json!({}));
    // And nothing else: xdggs refuses every attribute that it does not know.
    assert_eq!(computed.keys().collect::<Vec<_>>(), ["grid_name", "level", "indexing_scheme", "ellipsoid"]);
}

#[test]
fn the_real_stores_are_read() {
    for (store, level, surface) in
        [("healpix6_global_xdggs_v2.zarr", 6, wgs84()), ("healpix7_europe_xdggs_v3.zarr", 7, sphere())]
    {
        let Some(path) = real_store(&format!("xdggs/{store}")) else { continue };
        let axes = read_group(&path).detect().unwrap();
        assert_eq!(axes.len(), 1, "{store}");
        assert_eq!(
            (axes[0].convention, axes[0].level, &axes[0].spec.surface),
            ("XDGGS", Some(level), &surface),
            "{store}"
        );
    }
}
