//! CF 1.13: HEALPix grid mapping, figures of the Earth, indices, malformed metadata.

mod convention_support;

use convention_support::*;
use gdal_dggs::convention::{Coverage, Node, Selection, selected};
use gdal_dggs::error::Kind::{Corrupt, Unsupported};
use gdal_dggs::grid::Surface;
use serde_json::{Value, json};

fn base() -> Value {
    json!({"arrays": {
        "crs": {"dims": {}, "kind": "integer",
                "attributes": {"grid_mapping_name": "healpix", "indexing_scheme": "nested", "refinement_level": 5}},
        "index": {"dims": {"cell": 50}, "kind": "integer", "attributes": {"standard_name": "healpix_index"}},
        "tas": {"dims": {"time": 4, "cell": 50}, "attributes": {"grid_mapping": "crs"}}
    }})
}

fn global() -> Value {
    changed(&base(), &[("/arrays/index", None), ("/arrays/tas/dims/cell", Some(json!(12288)))])
}

#[test]
fn the_header_s_example_is_read() {
    let mapping = header_example(include_str!("../src/convention/cf.rs"));
    let axis = axis(&changed(&base(), &[("/arrays/crs/attributes", Some(mapping))]));
    assert_eq!((axis.convention, axis.level, axis.spec.indexing), ("CF", Some(5), "nested"));
    assert_eq!((axis.spec.surface, axis.id_array.as_deref()), (wgs84(), Some("index")));
    assert_eq!((axis.grid_mapping.as_deref(), axis.dimensions), (Some("crs"), vec!["cell".to_owned()]));
    let _ = header_example(include_str!("../src/convention/grid_mapping.rs"));
}

#[test]
fn figures_of_the_earth() {
    let cases = [
        (json!({}), sphere()),
        (json!({"earth_radius": 6371229}), Surface::Sphere { radius_m: 6371229.0 }),
        (json!({"reference_ellipsoid_name": "WGS 84"}), wgs84()),
        (
            json!({"reference_ellipsoid_name": "GRS 1980"}),
            Surface::Ellipsoid {
                name: Some("GRS80".into()),
                semi_major_m: 6378137.0,
                inverse_flattening: 298.257222101,
            },
        ),
        (
            json!({"semi_major_axis": 6378137.0, "inverse_flattening": 298.257223563, "reference_ellipsoid_name": "wgs84"}),
            wgs84(),
        ),
        (json!({"semi_major_axis": 6371000.0, "semi_minor_axis": 6371000.0}), Surface::Sphere { radius_m: 6371000.0 }),
        (
            json!({"semi_major_axis": 6378137.0, "semi_minor_axis": 6356752.314245179, "inverse_flattening": 298.257223563}),
            Surface::Ellipsoid { name: None, semi_major_m: 6378137.0, inverse_flattening: 298.257223563 },
        ),
        (
            json!({"ellipsoid": {"name": "WGS84", "semimajor_axis": 6378137.0, "inverse_flattening": 298.257223563}}),
            wgs84(),
        ),
        (json!({"longitude_of_prime_meridian": 0.0}), sphere()),
    ];
    for (figure, surface) in cases {
        let mut group = base();
        group["arrays"]["crs"]["attributes"].as_object_mut().unwrap().extend(figure.as_object().unwrap().clone());
        assert_eq!(axis(&group).spec.surface, surface, "{figure}");
    }
}

/// GDAL's netCDF driver adds a variable of its own and points the data there.
#[test]
fn a_copy_by_gdal_to_netcdf_still_shows_its_grid() {
    for group in [base(), global()] {
        let copy = changed(
            &group,
            &[
                ("/arrays/tas/attributes/grid_mapping", Some(json!("crs_2"))),
                ("/arrays/crs_2", Some(json!({"dims": {}, "attributes": {"grid_mapping_name": "latitude_longitude"}}))),
            ],
        );
        assert_eq!(axis(&copy), axis(&group));
    }
}

/// xdggs' export names the grid where CF wants the variable.
#[test]
fn a_grid_mapping_that_does_not_exist_does_not_hide_the_one_that_does() {
    let group = changed(&base(), &[("/arrays/tas/attributes/grid_mapping", Some(json!("healpix")))]);
    assert_eq!(axis(&group), axis(&base()));
    let group = changed(&global(), &[("/arrays/tas/attributes", Some(json!({})))]);
    assert_eq!(axis(&group).dimensions, ["cell"]);
}

#[test]
fn without_index_the_data_hold_the_globe() {
    let axis = axis(&global());
    assert_eq!((axis.id_array, axis.dimensions), (None, vec!["cell".to_owned()]));
}

#[test]
fn the_extended_form_and_one_dimensional_mappings_are_read() {
    let group = changed(
        &base(),
        &[
            ("/arrays/tas/attributes/grid_mapping", Some(json!("other: x y crs: cell"))),
            ("/arrays/crs/dims", Some(json!({"crs": 1}))),
        ],
    );
    assert_eq!(axis(&group).level, Some(5));
}

#[test]
fn two_mappings_serve_their_own_data() {
    let group = changed(
        &base(),
        &[
            (
                "/arrays/crs_2",
                Some(json!({"dims": {}, "attributes":
            {"grid_mapping_name": "healpix", "indexing_scheme": "ring", "refinement_level": 1}})),
            ),
            ("/arrays/pr", Some(json!({"dims": {"coarse": 48}, "attributes": {"grid_mapping": "crs_2"}}))),
        ],
    );
    let axes = axes(&group);
    assert_eq!(axes.len(), 2);
    assert_eq!((axes[0].level, axes[0].id_array.as_deref()), (Some(5), Some("index")));
    assert_eq!((axes[1].level, &axes[1].arrays), (Some(1), &Coverage::Only(vec!["pr".into()])));
}

#[test]
fn ids_that_carry_their_level() {
    let group = changed(
        &base(),
        &[
            ("/arrays/crs/attributes/indexing_scheme", Some(json!("nuniq"))),
            ("/arrays/crs/attributes/refinement_level", None),
        ],
    );
    assert_eq!((axis(&group).level, axis(&group).spec.indexing), (None, "nuniq"));
    let both = changed(&base(), &[("/arrays/crs/attributes/indexing_scheme", Some(json!("zuniq")))]);
    assert_eq!(axis(&both).level, Some(5));
    assert!(axis(&both).warnings[0].contains("refinement_level"));
}

#[test]
fn mappings_that_are_no_business_of_ours_are_ignored() {
    let other =
        changed(&base(), &[("/arrays/crs/attributes/grid_mapping_name", Some(json!("rotated_latitude_longitude")))]);
    assert_eq!(axes(&other), []);
    let alone = json!({"arrays": {"crs": base()["arrays"]["crs"].clone()}});
    assert_eq!(axes(&alone), []);
}

#[test]
fn malformed_metadata_are_refused() {
    let level = "/arrays/crs/attributes/refinement_level";
    let scheme = "/arrays/crs/attributes/indexing_scheme";
    assert_refused(
        &base(),
        vec![
            (vec![(level, None)], Corrupt, &["/crs", "refinement_level", "missing"]),
            (vec![(level, Some(json!(5.5)))], Corrupt, &["/crs", "refinement_level", "5.5"]),
            (vec![(level, Some(json!(30)))], Corrupt, &["refinement_level", "30"]),
            (vec![(level, Some(json!("five")))], Corrupt, &["refinement_level", "five"]),
            (vec![(scheme, None)], Corrupt, &["indexing_scheme", "missing"]),
            (vec![(scheme, Some(json!("nested_unique")))], Unsupported, &["nested_unique", "nuniq"]),
            (
                vec![("/arrays/crs/attributes/semi_major_axis", Some(json!(6378137)))],
                Corrupt,
                &["/crs", "inverse_flattening"],
            ),
            (vec![("/arrays/crs/attributes/inverse_flattening", Some(json!(298.25)))], Corrupt, &["semi_major_axis"]),
            (vec![("/arrays/crs/attributes/earth_radius", Some(json!("big")))], Corrupt, &["earth_radius", "number"]),
            (
                vec![("/arrays/crs/attributes/reference_ellipsoid_name", Some(json!("Potato")))],
                Unsupported,
                &["reference_ellipsoid_name", "Potato"],
            ),
            (
                vec![("/arrays/crs/attributes/longitude_of_prime_meridian", Some(json!(2.3)))],
                Unsupported,
                &["longitude_of_prime_meridian"],
            ),
            (vec![("/arrays/crs/dims", Some(json!({"a": 1, "b": 1})))], Corrupt, &["/crs", "2 dimensions"]),
            (vec![("/arrays/index/dims", Some(json!({"a": 5, "b": 10})))], Corrupt, &["/index", "standard_name"]),
            (vec![("/arrays/index/kind", Some(json!("float")))], Corrupt, &["/index", "Float"]),
            (vec![("/arrays/index", None)], Corrupt, &["/crs", "12288", "ZONE_ID"]),
        ],
    );
    assert_refused(
        &global(),
        vec![
            (vec![("/arrays/tas/dims/cell", Some(json!(12287)))], Corrupt, &["12288"]),
            (vec![("/arrays/tas/dims/ocean", Some(json!(12288)))], Corrupt, &["cell, ocean"]),
            (vec![(scheme, Some(json!("zuniq"))), (level, None)], Corrupt, &["level", "healpix_index"]),
        ],
    );
}

#[test]
fn a_selection_is_indexed_and_found_again() {
    for (group, dimension) in [(base(), "cell"), (global(), "cell"), (base(), "zone_id")] {
        let before = axis(&group);
        let selection = Selection { axis: &before, id_array: "zone_id", dimension };
        let rewrite = |node, attributes: &Value| selected(&selection, node, attributes.as_object().unwrap());
        let ids = rewrite(Node::Ids, &json!({}));
        assert_eq!((&ids["standard_name"], &ids["grid_mapping"]), (&json!("healpix_index"), &json!("crs")));
        let data = rewrite(Node::Array("tas"), &json!({"grid_mapping": "crs", "coordinates": "time"}));
        let expected = if dimension == "zone_id" { "time" } else { "time zone_id" };
        assert_eq!((&data["grid_mapping"], &data["coordinates"]), (&json!("crs"), &json!(expected)));
        let mut ids_of_cf_alone = ids.clone();
        ids_of_cf_alone.retain(|key, _| ["standard_name", "grid_mapping"].contains(&key.as_str()));
        let copy = json!({"arrays": {
            "crs": group["arrays"]["crs"].clone(),
            "zone_id": {"dims": {dimension: 9}, "kind": "integer", "attributes": ids_of_cf_alone},
            "tas": {"dims": {"time": 4, dimension: 9}, "attributes": data}
        }});
        let after = axis(&copy);
        assert_eq!(
            (after.convention, after.spec, after.level, after.id_array.as_deref()),
            ("CF", before.spec.clone(), before.level, Some("zone_id"))
        );
    }
}
