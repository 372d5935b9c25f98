//! zarr-conventions/dggs: three dialects, inheritance, compression, layouts, selections, malformed metadata.

mod convention_support;

use convention_support::*;
use gdal_dggs::convention::{Attributes, Compression, Coverage, Node, Selection, ZoneAxis, is_marked, selected};
use gdal_dggs::error::Kind::{Corrupt, Unsupported};
use gdal_dggs::grid::Surface;
use serde_json::{Value, json};

const UUID: &str = "7b255807-140c-42ca-97f6-7a1cfecdbc38";

fn base() -> Value {
    json!({
        "attributes": {
            "zarr_conventions": [{"uuid": UUID, "name": "dggs"}],
            "dggs": {
                "name": "healpix", "refinement_level": 2, "indexing_scheme": "nested", "spatial_dimension": "cells",
                "ellipsoid": {"name": "WGS84", "semi_major_axis": 6378137.0, "inverse_flattening": 298.257223563},
                "coordinate": "cell_ids", "compression": "none"
            }
        },
        "arrays": {
            "cell_ids": {"dims": {"cells": 50}, "kind": "integer"},
            "u": {"dims": {"time": 3, "cells": 50}},
            "time": {"dims": {"time": 3}, "kind": "integer"}
        }
    })
}

#[test]
fn the_header_s_example_is_read() {
    let attributes = header_example(include_str!("../src/convention/zarr_dggs.rs"));
    let group = changed(&base(), &[("/attributes", Some(attributes))]);
    let axis = axis(&group);
    assert_eq!((axis.convention, axis.level, axis.spec.indexing), ("ZARR_DGGS", Some(10), "nested"));
    assert_eq!((axis.spec.surface.clone(), axis.dimensions.clone()), (wgs84(), vec!["cells".to_owned()]));
    assert_eq!(
        (axis.id_array.as_deref(), axis.compression, axis.arrays.clone()),
        (Some("cell_ids"), Compression::None, Coverage::All)
    );
    assert_eq!(axis.warnings, [""; 0]);
}

#[test]
fn the_three_dialects_name_the_same_grid() {
    let object_of_uuids = json!({UUID: {"version": "0.1.0", "name": "dggs"}});
    let by_url =
        json!([{"schema_url": "https://raw.githubusercontent.com/zarr-conventions/dggs/refs/tags/v1/schema.json"}]);
    let by_spec = json!([{"spec_url": "https://github.com/zarr-conventions/dggs/blob/v1/README.md"}]);
    let old = json!({"name": "wgs84", "semimajor_axis": 6378137.0, "inverse_flattening": 298.257223563});
    let minor = json!({"name": "WGS 84", "semi_major_axis": 6378137, "semi_minor_axis": 6356752.314245179});
    let text = json!(r#"{"name": "WGS84", "semimajor_axis": 6378137.0, "inverse_flattening": 298.257223563}"#);
    let expected = axis(&base());
    for declaration in [object_of_uuids, by_url, by_spec] {
        for ellipsoid in [&old, &minor, &text] {
            let group = changed(
                &base(),
                &[
                    ("/attributes/zarr_conventions", Some(declaration.clone())),
                    ("/attributes/dggs/ellipsoid", Some(ellipsoid.clone())),
                ],
            );
            assert_eq!(axis(&group), expected, "{declaration} {ellipsoid}");
        }
    }
}

/// A reader that knows one spelling alone takes the other for a sphere, and data move by up to 21 km.
#[test]
fn both_spellings_of_the_axis_are_the_ellipsoid_and_never_the_sphere() {
    for key in ["semi_major_axis", "semimajor_axis"] {
        let ellipsoid = json!({"name": "x", key: 6378200.0, "inverse_flattening": 300.0});
        let axis = axis(&changed(&base(), &[("/attributes/dggs/ellipsoid", Some(ellipsoid))]));
        let expected =
            Surface::Ellipsoid { name: Some("x".into()), semi_major_m: 6378200.0, inverse_flattening: 300.0 };
        assert_eq!(axis.spec.surface, expected, "{key}");
    }
}

#[test]
fn spheres() {
    let cases = [
        (None, 6370997.0),
        (Some(json!({"name": "sphere", "radius": 6371000})), 6371000.0),
        (Some(json!("sphere")), 6370997.0),
        // The first dialect: the major axis alone is a sphere.
        (Some(json!({"name": "ball", "semimajor_axis": 6371229.0})), 6371229.0),
        (Some(json!({"name": "ball", "semi_major_axis": 6371229.0, "inverse_flattening": 0})), 6371229.0),
    ];
    for (ellipsoid, radius_m) in cases {
        let axis = axis(&changed(&base(), &[("/attributes/dggs/ellipsoid", ellipsoid.clone().or(Some(Value::Null)))]));
        assert_eq!(axis.spec.surface, Surface::Sphere { radius_m }, "{ellipsoid:?}");
    }
}

#[test]
fn numbers_count_more_than_a_name() {
    let axis = axis(&changed(&base(), &[("/attributes/dggs/ellipsoid/inverse_flattening", Some(json!(298.257)))]));
    let expected = Surface::Ellipsoid { name: None, semi_major_m: 6378137.0, inverse_flattening: 298.257 };
    assert_eq!(axis.spec.surface, expected);
    assert!(axis.warnings[0].contains("WGS84") && axis.warnings[0].contains("298.257"), "{:?}", axis.warnings);
}

#[test]
fn without_coordinate_the_axis_is_the_globe() {
    let global = changed(
        &base(),
        &[
            ("/attributes/dggs/coordinate", None),
            ("/attributes/dggs/compression", None),
            ("/arrays/u/dims/cells", Some(json!(192))),
            ("/arrays/cell_ids", None),
        ],
    );
    assert_eq!((axis(&global).id_array, axis(&global).compression), (None, Compression::None));
    assert_refused(
        &global,
        vec![
            (vec![("/arrays/u/dims/cells", Some(json!(191)))], Corrupt, &["coordinate", "192", "191"]),
            (vec![("/attributes/dggs/compression", Some(json!("ranges")))], Corrupt, &["coordinate"]),
            (
                vec![
                    ("/attributes/dggs/refinement_level", Some(Value::Null)),
                    ("/attributes/dggs/indexing_scheme", Some(json!("zuniq"))),
                ],
                Corrupt,
                &["refinement_level", "coordinate"],
            ),
        ],
    );
}

#[test]
fn compressed_ids_have_their_own_shape() {
    let ranges = changed(
        &base(),
        &[
            ("/attributes/dggs/compression", Some(json!("ranges"))),
            ("/arrays/cell_ids/dims", Some(json!({"ranges": 4, "bounds": 2}))),
        ],
    );
    assert_eq!(axis(&ranges).compression, Compression::Ranges);
    let compacted = changed(
        &base(),
        &[
            ("/attributes/dggs/compression", Some(json!("compacted"))),
            ("/arrays/cell_ids/dims", Some(json!({"compacted": 17}))),
        ],
    );
    assert_eq!(axis(&compacted).compression, Compression::Compacted);
    assert_refused(
        &ranges,
        vec![
            (
                vec![("/arrays/cell_ids/dims", Some(json!({"ranges": 4, "bounds": 3})))],
                Corrupt,
                &["cell_ids", "(n, 2)"],
            ),
            (vec![("/arrays/cell_ids/kind", Some(json!("float")))], Corrupt, &["cell_ids", "integers"]),
            (
                vec![
                    ("/attributes/dggs/refinement_level", Some(Value::Null)),
                    ("/attributes/dggs/indexing_scheme", Some(json!("zuniq"))),
                ],
                Corrupt,
                &["refinement_level"],
            ),
        ],
    );
}

#[test]
fn ids_that_carry_their_level_need_none_in_the_metadata() {
    let group = changed(
        &base(),
        &[
            ("/attributes/dggs/refinement_level", Some(Value::Null)),
            ("/attributes/dggs/indexing_scheme", Some(json!("zuniq"))),
        ],
    );
    assert_eq!((axis(&group).level, axis(&group).spec.indexing), (None, "zuniq"));
}

#[test]
fn an_array_s_object_replaces_the_group_s_whole() {
    let own =
        json!({"name": "healpix", "refinement_level": 1, "indexing_scheme": "ring", "spatial_dimension": "coarse"});
    let group = changed(
        &base(),
        &[
            ("/arrays/v", Some(json!({"dims": {"coarse": 48}, "attributes": {"dggs": own.clone()}}))),
            ("/arrays/w", Some(json!({"dims": {"time": 3, "coarse": 48}, "attributes": {"dggs": own}}))),
        ],
    );
    let axes = axes(&group);
    assert_eq!(axes.len(), 2);
    let of = |name: &str, dimensions: &[&str]| {
        let dimensions: Vec<_> = dimensions.iter().map(|name| (*name).to_owned()).collect();
        ZoneAxis::of_array(&axes, name, &dimensions)
            .map(|axis| (axis.level, axis.spec.indexing, axis.spec.surface.clone()))
    };
    assert_eq!(of("u", &["time", "cells"]), Some((Some(2), "nested", wgs84())));
    assert_eq!(of("v", &["coarse"]), Some((Some(1), "ring", sphere())));
    assert_eq!(of("w", &["time", "coarse"]), Some((Some(1), "ring", sphere())));
    assert_eq!(of("time", &["time"]), None);
}

fn pyramid() -> Value {
    json!({
        "path": "/pyramid/8",
        "ancestors": [{
            "zarr_conventions": [{"uuid": UUID}, {"uuid": "d35379db-88df-4056-af3a-620245f8e347"}],
            "multiscales": header_example(include_str!("../src/convention/zarr_dggs/layout.rs"))["multiscales"]
        }, {}],
        "arrays": {"cell_ids": {"dims": {"cells": 50}, "kind": "integer"}, "u": {"dims": {"cells": 50}}}
    })
}

#[test]
fn a_layout_gives_the_levels_of_a_pyramid_their_grid() {
    let axis = axis(&pyramid());
    assert_eq!((axis.level, axis.id_array.as_deref(), axis.spec.indexing), (Some(8), Some("cell_ids"), "nested"));
    let other = changed(&pyramid(), &[("/path", Some(json!("/pyramid/9")))]);
    assert_eq!(axes(&other), []);
}

#[test]
fn an_asset_may_be_a_path_below_a_farther_group() {
    let mut layout = pyramid()["ancestors"][0].clone();
    layout["multiscales"]["layout"][1]["asset"] = json!("pyramid/8");
    let group = changed(&pyramid(), &[("/ancestors", Some(json!([{}, layout])))]);
    assert_eq!(axis(&group).level, Some(8));
}

#[test]
fn a_group_s_own_object_wins_over_the_layout_with_a_warning() {
    let own = json!({"zarr_conventions": [{"uuid": UUID}], "dggs": {"name": "healpix", "refinement_level": 7,
        "indexing_scheme": "nested", "spatial_dimension": "cells", "coordinate": "cell_ids", "compression": "none"}});
    let axis = axis(&changed(&pyramid(), &[("/attributes", Some(own))]));
    assert_eq!(axis.level, Some(7));
    assert!(axis.warnings[0].contains('7') && axis.warnings[0].contains('8'), "{:?}", axis.warnings);
}

#[test]
fn what_is_for_others_is_ignored() {
    let no_object = changed(&base(), &[("/attributes/dggs", None)]);
    let no_arrays = changed(&base(), &[("/arrays", Some(json!({})))]);
    let foreign = changed(
        &base(),
        &[
            ("/attributes/zarr_conventions", Some(json!([{"uuid": "another"}]))),
            ("/attributes/dggs", Some(json!({"name": "a name alone"}))),
        ],
    );
    for group in [no_object, no_arrays, foreign] {
        assert_eq!(axes(&group), [], "{group:#}");
    }
}

#[test]
fn an_object_without_declaration_is_used_with_a_warning() {
    let axis = axis(&changed(&base(), &[("/attributes/zarr_conventions", None)]));
    assert!(axis.warnings[0].contains("zarr_conventions"), "{:?}", axis.warnings);
}

#[test]
fn malformed_metadata_are_refused() {
    let text = |text: &str| Some(json!(text));
    assert_refused(
        &base(),
        vec![
            (vec![("/attributes/dggs", Some(json!(5)))], Corrupt, &["dggs", "object"]),
            (vec![("/attributes/dggs", text("{broken"))], Corrupt, &["dggs", "object"]),
            (vec![("/attributes/dggs/name", None)], Corrupt, &["dggs", "'name'", "missing"]),
            (vec![("/attributes/dggs/name", Some(json!(1)))], Corrupt, &["'name'"]),
            (vec![("/attributes/dggs/name", text("quadsphere"))], Unsupported, &["quadsphere", "HEALPix"]),
            (vec![("/attributes/dggs/refinement_level", None)], Corrupt, &["refinement_level", "missing"]),
            (vec![("/attributes/dggs/refinement_level", Some(Value::Null))], Corrupt, &["refinement_level"]),
            (
                vec![("/attributes/dggs/refinement_level", Some(json!(2.0)))],
                Corrupt,
                &["refinement_level", "integer", "2.0"],
            ),
            (vec![("/attributes/dggs/refinement_level", text("2"))], Corrupt, &["refinement_level", "integer"]),
            (vec![("/attributes/dggs/refinement_level", Some(json!(-1)))], Corrupt, &["refinement_level", "-1"]),
            (vec![("/attributes/dggs/refinement_level", Some(json!(30)))], Corrupt, &["refinement_level", "30", "29"]),
            (vec![("/attributes/dggs/refinement_level", Some(json!(258)))], Corrupt, &["refinement_level", "258"]),
            (vec![("/attributes/dggs/indexing_scheme", None)], Corrupt, &["indexing_scheme", "missing"]),
            (vec![("/attributes/dggs/indexing_scheme", text("spiral"))], Unsupported, &["spiral", "nested"]),
            (
                vec![("/attributes/dggs/indexing_scheme", Some(json!(["nested"])))],
                Corrupt,
                &["indexing_scheme", "text"],
            ),
            (vec![("/attributes/dggs/spatial_dimension", None)], Corrupt, &["spatial_dimension", "missing"]),
            (
                vec![("/attributes/dggs/spatial_dimension", text("zones"))],
                Corrupt,
                &["spatial_dimension", "zones", "cells"],
            ),
            (vec![("/attributes/dggs/coordinate", text("ids"))], Corrupt, &["coordinate", "ids"]),
            (vec![("/attributes/dggs/coordinate", text("u"))], Corrupt, &["coordinate", "'u'"]),
            (vec![("/attributes/dggs/coordinate", text("time"))], Corrupt, &["coordinate", "time", "50"]),
            (vec![("/arrays/cell_ids/kind", text("float"))], Corrupt, &["coordinate", "cell_ids", "Float"]),
            (vec![("/attributes/dggs/compression", text("zip"))], Unsupported, &["compression", "zip", "ranges"]),
            (vec![("/attributes/dggs/compression", text("ranges"))], Corrupt, &["cell_ids", "(n, 2)"]),
            (vec![("/attributes/dggs/ellipsoid", text("Klingon"))], Unsupported, &["ellipsoid", "Klingon", "WGS84"]),
            (vec![("/attributes/dggs/ellipsoid", Some(json!(6378137)))], Corrupt, &["ellipsoid"]),
            (
                vec![("/attributes/dggs/ellipsoid", Some(json!({"name": "WGS84"})))],
                Corrupt,
                &["ellipsoid", "semi_major_axis"],
            ),
            (vec![("/attributes/dggs/ellipsoid/semi_major_axis", None)], Corrupt, &["semi_major_axis", "missing"]),
            (
                vec![("/attributes/dggs/ellipsoid/inverse_flattening", None)],
                Corrupt,
                &["inverse_flattening", "missing"],
            ),
            (
                vec![("/attributes/dggs/ellipsoid", Some(json!({"name": "WGS84", "semimajor_axis": 6378137.0})))],
                Corrupt,
                &["inverse_flattening"],
            ),
            (
                vec![("/attributes/dggs/ellipsoid/semi_major_axis", text("6378137"))],
                Corrupt,
                &["semi_major_axis", "number"],
            ),
            (vec![("/attributes/dggs/ellipsoid/semi_major_axis", Some(json!(-6378137)))], Corrupt, &["-6378137"]),
            (
                vec![("/attributes/dggs/ellipsoid/semimajor_axis", Some(json!(6378000)))],
                Corrupt,
                &["semi_major_axis", "semimajor_axis"],
            ),
            (vec![("/attributes/dggs/ellipsoid/radius", Some(json!(6371000)))], Corrupt, &["radius"]),
            (
                vec![("/attributes/dggs/ellipsoid/inverse_flattening", Some(json!(0.5)))],
                Corrupt,
                &["inverse flattening", "0.5"],
            ),
            (
                vec![("/attributes/dggs/ellipsoid/semi_minor_axis", Some(json!(6300000)))],
                Corrupt,
                &["inverse_flattening", "semi-minor"],
            ),
            (vec![("/attributes/dggs/ellipsoid", Some(json!({"radius": 0})))], Corrupt, &["radius"]),
        ],
    );
}

#[test]
fn malformed_layouts_are_refused() {
    let with = |entry: usize, key: &str, value: Value| {
        let mut ancestors = pyramid()["ancestors"].clone();
        ancestors[0]["multiscales"]["layout"][entry][key] = value;
        vec![("/ancestors", Some(ancestors))]
    };
    assert_refused(
        &pyramid(),
        vec![
            (with(0, "derived_from", json!("8")), Corrupt, &["layout[1]", "derived_from"]),
            (with(1, "dggs", json!("eight")), Corrupt, &["layout[1]", "object"]),
            (with(1, "derived_from", json!("11")), Corrupt, &["layout[1]", "'name'"]),
            (with(1, "dggs", json!({"refinement_level": "8"})), Corrupt, &["layout[1]", "refinement_level"]),
        ],
    );
}

fn rewritten(group: &Value, node: Node<'_>, attributes: &Value) -> Attributes {
    let axis = axis(group);
    let selection = Selection { axis: &axis, id_array: "zone_id", dimension: "zone" };
    selected(&selection, node, attributes.as_object().unwrap())
}

#[test]
fn a_selection_says_where_its_ids_are_and_keeps_the_rest() {
    let compacted = changed(
        &base(),
        &[
            ("/attributes/title", Some(json!("kept"))),
            ("/attributes/dggs/compression", Some(json!("compacted"))),
            ("/arrays/cell_ids/dims", Some(json!({"compacted": 17}))),
        ],
    );
    let attributes = rewritten(&compacted, Node::Group, &compacted["attributes"]);
    let expected = changed(
        &compacted["attributes"],
        &[
            ("/dggs/compression", Some(json!("none"))),
            ("/dggs/coordinate", Some(json!("zone_id"))),
            ("/dggs/spatial_dimension", Some(json!("zone"))),
        ],
    );
    assert_eq!(Value::from(attributes.clone()), expected);
    // And it is found again.
    let copy = json!({"attributes": attributes, "arrays": {"zone_id": {"dims": {"zone": 9}, "kind": "integer"}}});
    assert_eq!(axis(&copy).spec, axis(&compacted).spec);
    assert_eq!(Value::from(rewritten(&compacted, Node::Array("u"), &json!({"a": 1}))), json!({"a": 1}));
}

#[test]
fn a_selected_level_of_a_pyramid_gets_its_own_object() {
    let attributes = rewritten(&pyramid(), Node::Group, &json!({}));
    assert!(is_marked(&attributes));
    let copy = json!({"attributes": attributes, "arrays": {"zone_id": {"dims": {"zone": 9}, "kind": "integer"}}});
    assert_eq!((axis(&copy).level, axis(&copy).spec, axis(&copy).warnings), (Some(8), axis(&pyramid()).spec, vec![]));
}

#[test]
fn the_spelling_of_an_ellipsoid_is_kept_when_options_change_it() {
    let old = json!({"name": "WGS84", "semimajor_axis": 6378137.0, "inverse_flattening": 298.257223563});
    for (ellipsoid, key) in
        [(old, "semimajor_axis"), (base()["attributes"]["dggs"]["ellipsoid"].clone(), "semi_major_axis")]
    {
        let group = changed(&base(), &[("/attributes/dggs/ellipsoid", Some(ellipsoid))]);
        let axis = &Group::new(&group).detect_with(&[("ELLIPSOID", "GRS80")]).unwrap()[0];
        assert!(axis.warnings[0].contains("GRS80") && axis.warnings[0].contains("WGS84"), "{:?}", axis.warnings);
        let selection = Selection { axis, id_array: "cell_ids", dimension: "cells" };
        let attributes = selected(&selection, Node::Group, group["attributes"].as_object().unwrap());
        assert_eq!(attributes["dggs"]["ellipsoid"][key], 6378137.0);
        assert_eq!(attributes["dggs"]["ellipsoid"]["inverse_flattening"], 298.257222101);
    }
}

#[test]
fn the_real_stores_are_read() {
    let Some(store) = real_store("xdggs/healpix6_global_zarr_v3.zarr") else { return };
    let axes = read_group(&store).detect().unwrap();
    assert_eq!(
        (axes[0].convention, axes[0].level, axes[0].id_array.as_deref()),
        ("ZARR_DGGS", Some(6), Some("cell_ids"))
    );
    assert_eq!((&axes[0].spec.surface, axes[0].spec.indexing), (&wgs84(), "nested"));
    let Some(store) = real_store("xdggs/h3r3_global_zarr_v3.zarr") else { return };
    match read_group(&store).detect() {
        Ok(axes) => assert_eq!((axes[0].spec.dggrs, axes[0].level), ("H3", Some(3))),
        Err(error) => {
            assert_eq!(error.kind(), Unsupported);
            assert!(error.to_string().contains("'h3'"), "{error}");
        }
    }
}
