//! easy.gems: nside and order on a grid mapping, with and without an index.

mod convention_support;

use convention_support::*;
use gdal_dggs::convention::{Node, Selection, selected};
use gdal_dggs::error::Kind::{Corrupt, Unsupported};
use serde_json::{Value, json};

fn base() -> Value {
    json!({"arrays": {
        "crs": {"dims": {"crs": 1}, "kind": "float",
                "attributes": {"grid_mapping_name": "healpix", "healpix_nside": 32, "healpix_order": "nest"}},
        "tas": {"dims": {"time": 4, "cell": 12288}, "attributes": {"grid_mapping": "crs"}}
    }})
}

#[test]
fn the_header_s_example_is_read() {
    let mapping = header_example(include_str!("../src/convention/easygems.rs"));
    let group = changed(
        &base(),
        &[("/arrays/crs/attributes", Some(mapping)), ("/arrays/tas/dims/cell", Some(json!(12 * 1024 * 1024)))],
    );
    let axis = axis(&group);
    assert_eq!((axis.convention, axis.level, axis.spec.indexing), ("EASYGEMS", Some(10), "nested"));
    assert_eq!((axis.spec.surface, axis.id_array, axis.dimensions), (sphere(), None, vec!["cell".to_owned()]));
}

#[test]
fn orders_and_names_of_the_zone_dimension() {
    for (order, indexing) in [("nest", "nested"), ("nested", "nested"), ("ring", "ring")] {
        for dimension in ["cell", "value", "values", "anything"] {
            let group = changed(
                &base(),
                &[
                    ("/arrays/crs/attributes/healpix_order", Some(json!(order))),
                    ("/arrays/tas/dims", Some(json!({"time": 4, dimension: 12288}))),
                ],
            );
            let axis = axis(&group);
            assert_eq!((axis.spec.indexing, axis.dimensions[0].as_str(), axis.level), (indexing, dimension, Some(5)));
        }
    }
}

#[test]
fn a_part_of_the_globe_has_its_index() {
    let cell = json!({"dims": {"cell": 50}, "kind": "integer"});
    let by_name = changed(&base(), &[("/arrays/tas/dims/cell", Some(json!(50))), ("/arrays/cell", Some(cell))]);
    assert_eq!(axis(&by_name).id_array.as_deref(), Some("cell"));
    let index = json!({"dims": {"cell": 50}, "kind": "integer", "attributes": {"standard_name": "healpix_index"}});
    let by_standard_name =
        changed(&base(), &[("/arrays/tas/dims/cell", Some(json!(50))), ("/arrays/ids", Some(index))]);
    assert_eq!(axis(&by_standard_name).id_array.as_deref(), Some("ids"));
}

#[test]
fn cf_s_level_may_stand_in() {
    let group = changed(
        &base(),
        &[("/arrays/crs/attributes/healpix_nside", None), ("/arrays/crs/attributes/refinement_level", Some(json!(5)))],
    );
    assert_eq!((axis(&group).convention, axis(&group).level), ("EASYGEMS", Some(5)));
    let cf = changed(
        &base(),
        &[
            ("/arrays/crs/attributes/indexing_scheme", Some(json!("nested"))),
            ("/arrays/crs/attributes/refinement_level", Some(json!(5))),
        ],
    );
    assert_eq!(axis(&cf).convention, "CF");
}

#[test]
fn malformed_metadata_are_refused() {
    let nside = "/arrays/crs/attributes/healpix_nside";
    let order = "/arrays/crs/attributes/healpix_order";
    assert_refused(
        &base(),
        vec![
            (vec![(nside, None)], Corrupt, &["/crs", "healpix_nside", "missing"]),
            (vec![(nside, Some(json!(48)))], Corrupt, &["healpix_nside", "48", "power of two"]),
            (vec![(nside, Some(json!(32.0)))], Corrupt, &["healpix_nside", "integer"]),
            (vec![(nside, Some(json!(1u64 << 30)))], Corrupt, &["healpix_nside", "30"]),
            (vec![(order, None)], Corrupt, &["healpix_order", "missing"]),
            (vec![(order, Some(json!(1)))], Corrupt, &["healpix_order", "text"]),
            (vec![(order, Some(json!("peano")))], Unsupported, &["peano", "ring"]),
            (
                vec![("/arrays/crs/attributes/refinement_level", Some(json!(6)))],
                Corrupt,
                &["healpix_nside", "refinement_level"],
            ),
            (vec![("/arrays/tas/dims/cell", Some(json!(100)))], Corrupt, &["12288", "'cell'", "100"]),
        ],
    );
}

#[test]
fn a_selection_without_stored_index_carries_both_identities() {
    let before = axis(&base());
    let selection = Selection { axis: &before, id_array: "zone_id", dimension: "cell" };
    let ids = selected(&selection, Node::Ids, &Default::default());
    assert_eq!(
        (&ids["grid_name"], &ids["level"], &ids["standard_name"]),
        (&json!("healpix"), &json!(5), &json!("healpix_index"))
    );
    let data = selected(&selection, Node::Array("tas"), base()["arrays"]["tas"]["attributes"].as_object().unwrap());
    assert_eq!(data["coordinates"], "zone_id");
    // With the mapping variable and without it (a copy of one array) the grid is found again.
    let mut copy = json!({"arrays": {
        "crs": base()["arrays"]["crs"].clone(),
        "zone_id": {"dims": {"cell": 9}, "kind": "integer", "attributes": ids},
        "tas": {"dims": {"time": 4, "cell": 9}, "attributes": data}
    }});
    assert_eq!((axis(&copy).spec, axis(&copy).level), (before.spec.clone(), before.level));
    copy["arrays"].as_object_mut().unwrap().remove("crs");
    assert_eq!((axis(&copy).convention, axis(&copy).spec), ("XDGGS", before.spec.clone()));
    copy["arrays"]["zone_id"]["attributes"].as_object_mut().unwrap().remove("grid_name");
    assert_eq!(axes(&copy), []);
}
