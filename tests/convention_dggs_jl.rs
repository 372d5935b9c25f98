//! DGGS.jl 1.x and 2.x.

mod convention_support;

use convention_support::*;
use gdal_dggs::convention::{Node, Placement, Selection, selected};
use gdal_dggs::error::Kind::{Corrupt, Unsupported};
use serde_json::{Value, json};

/// Attributes on the group, as on `dggs_s5` of a pyramid.
fn second() -> Value {
    let attributes = header_example(include_str!("../src/convention/dggs_jl.rs"));
    json!({"path": "/dggs_s5", "attributes": attributes,
           "arrays": {"Red": {"dims": {"dggs_n": 5, "dggs_j": 32, "dggs_i": 64}, "kind": "integer"}}})
}

fn first() -> Value {
    json!({"path": "/4", "arrays": {"t": {
        "dims": {"q2di_i": 8, "q2di_j": 8, "q2di_n": 12, "time": 3},
        "attributes": {"dggs_id": "DGGRID ISEA4H Q2DI", "dggs_level": 4}}}})
}

#[test]
fn the_header_s_example_is_version_2() {
    let axis = axis(&second());
    assert_eq!(
        (axis.convention, axis.spec.dggrs, axis.level, axis.spec.indexing),
        ("DGGS_JL", "ISEA4D", Some(5), "Q2DI")
    );
    assert_eq!((axis.placement, axis.id_array), (Placement::Penta, None));
    assert_eq!(axis.dimensions, ["dggs_n", "dggs_i", "dggs_j"]);
    assert_eq!(axis.spec.orientation.unwrap().lon_0_deg, 11.25);
}

#[test]
fn version_1_counts_its_levels_from_1() {
    let axis = axis(&first());
    assert_eq!((axis.spec.dggrs, axis.level), ("ISEA4H", Some(3)));
    assert_eq!(axis.placement, Placement::Address { linear: Vec::new(), whole: true });
    assert_eq!(axis.dimensions, ["q2di_n", "q2di_i", "q2di_j"]);
}

#[test]
fn the_name_of_the_grid_may_stand_on_the_root() {
    let group = changed(
        &second(),
        &[("/attributes/dggs_dggsrs", None), ("/ancestors", Some(json!([{"dggs_dggsrs": "ISEA4D.Penta"}])))],
    );
    assert_eq!(axis(&group).level, Some(5));
}

#[test]
fn blue_marble_has_eight_levels() {
    let Some(store) = real_store("bluemarble/blue-marble.dggs.zarr") else { return };
    for level in 1..=8 {
        let axes = read_group(&store.join(format!("dggs_s{level}"))).detect().unwrap();
        assert_eq!((axes.len(), axes[0].level, axes[0].convention), (1, Some(level), "DGGS_JL"));
        assert_eq!(axes[0].warnings, [""; 0]);
    }
    assert_eq!(read_group(&store).detect().unwrap(), []);
}

#[test]
fn malformed_metadata_are_refused() {
    assert_refused(
        &second(),
        vec![
            (vec![("/attributes/dggs_resolution", None)], Corrupt, &["'dggs_resolution' is missing"]),
            (vec![("/attributes/dggs_resolution", Some(json!("5")))], Corrupt, &["dggs_resolution", "integer"]),
            (vec![("/attributes/dggs_resolution", Some(json!(6)))], Corrupt, &["side of 64", "64 and 32"]),
            (vec![("/attributes/dggs_resolution", Some(json!(99)))], Corrupt, &["99", "must be 0 to"]),
            (
                vec![("/attributes/dggs_dggsrs", Some(json!("ISEA7H.Hex")))],
                Unsupported,
                &["ISEA7H.Hex", "ISEA4D.Penta"],
            ),
            (vec![("/attributes/dggs_dggsrs", Some(json!(5)))], Corrupt, &["must be a text"]),
            (vec![("/arrays/Red/dims/dggs_i", Some(json!(32)))], Corrupt, &["part of the globe"]),
            (vec![("/arrays/Red/attributes", Some(json!({"dggs_resolution": 4})))], Corrupt, &["5", "4"]),
        ],
    );
    assert_refused(
        &first(),
        vec![
            (
                vec![("/arrays/t/attributes/dggs_level", Some(json!(0)))],
                Corrupt,
                &["'dggs_level' is 0", "must be 1 to"],
            ),
            (vec![("/arrays/t/attributes/dggs_level", Some(json!(3)))], Corrupt, &["side of 4"]),
            (vec![("/arrays/t/attributes/dggs_id", Some(json!("H3")))], Unsupported, &["'H3'"]),
        ],
    );
}

#[test]
fn a_selection_is_told_by_its_ids_alone() {
    let group = second();
    let axis = axis(&group);
    let selection = Selection { axis: &axis, id_array: "zone_id", dimension: "zone" };
    assert!(selected(&selection, Node::Group, group["attributes"].as_object().unwrap()).is_empty());
    let ids = selected(&selection, Node::Ids, &Default::default());
    let copy = json!({"arrays": {"zone_id": {"dims": {"zone": 5}, "kind": "integer", "attributes": ids}},
                      "ancestors": [{"dggs_dggsrs": "ISEA4D.Penta"}]});
    let again = self::axis(&copy);
    assert_eq!((again.spec, again.level, again.convention), (axis.spec.clone(), Some(5), "XDGGS"));
}
