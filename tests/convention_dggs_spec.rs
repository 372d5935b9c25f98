//! The DGGS data spec: what it says is read, what it forbids is refused with its own words.

mod convention_support;

use convention_support::*;
use gdal_dggs::convention::{Coverage, Node, Placement, Selection, selected};
use gdal_dggs::error::Kind::{Corrupt, InvalidArgument, Unsupported};
use gdal_dggs::grid::{Orientation, Surface};
use serde_json::{Value, json};

const Q2DI: Placement = Placement::Address { linear: Vec::new(), whole: true };

fn base() -> Value {
    let grid = header_example(include_str!("../src/convention/dggs_spec.rs"));
    json!({"arrays": {"cube": {"dims": {"time": 10, "j": 8, "i": 8, "n": 12}, "attributes": grid}}})
}

/// Where the parts of `grid` stand in [`base`].
macro_rules! at {
    ($path:literal) => {
        concat!("/arrays/cube/attributes/grid", $path)
    };
}

#[test]
fn the_header_s_example_is_read() {
    let axis = axis(&base());
    assert_eq!(
        (axis.convention, axis.spec.dggrs, axis.level, axis.spec.indexing),
        ("DGGS_SPEC", "ISEA4H", Some(3), "Q2DI")
    );
    assert_eq!(axis.dimensions, ["n", "i", "j"]);
    assert_eq!(axis.placement, Q2DI);
    assert_eq!(axis.spec.surface, Surface::Sphere { radius_m: 6371007.180918475 });
    let orientation = Orientation { lon_0_deg: 11.25, lat_0_deg: 58.2825, azimuth_deg: 0.0 };
    assert_eq!(axis.spec.orientation, Some(orientation));
    assert_eq!(axis.arrays, Coverage::Only(vec!["cube".into()]));
    assert_eq!(axis.warnings, [""; 0]);
}

#[test]
fn the_spec_s_own_example_says_the_same() {
    let Some(store) = real_store("../seeds/002_c84d1e0d6717c03a.txt") else { return };
    let text = std::fs::read_to_string(store).unwrap();
    let example = &text[text.find("Example of attributes of one DGGS data cube").unwrap()..];
    let example: Value = serde_json::from_str(&example[example.find('{').unwrap()..]).unwrap();
    let group = changed(&base(), &[("/arrays/cube/attributes", Some(example))]);
    let axis = axis(&group);
    assert_eq!((axis.spec.dggrs, axis.level), ("ISEA4H", Some(3)));
    let [warning] = &axis.warnings[..] else { panic!("{:?}", axis.warnings) };
    assert!(warning.contains("'resolution' is 4") && warning.contains("level 3"), "{warning}");
}

#[test]
fn the_pilot_s_side_decides_the_level() {
    let Some(store) = real_store("pilot/example.dggs.zarr") else { return };
    let axes = read_group(&store).detect().unwrap();
    let [axis] = &axes[..] else { panic!("{axes:?}") };
    assert_eq!((axis.convention, axis.spec.dggrs, axis.level), ("DGGS_SPEC", "ISEA4H", Some(3)));
    assert_eq!((&axis.arrays, axis.id_array.as_ref()), (&Coverage::All, None));
    let [warning] = &axis.warnings[..] else { panic!("{:?}", axis.warnings) };
    assert!(warning.contains("'resolution' is 4") && warning.contains("n 13, i 8, j 8"), "{warning}");
}

#[test]
fn the_array_s_grid_wins_over_the_group_s_and_that_over_the_root_s() {
    let grid = |resolution: u64| changed(&header(), &[("/grid/resolutions", Some(resolutions(resolution)))]);
    let other = json!({"dims": {"n": 12, "i": 16, "j": 16}});
    let both = changed(&base(), &[("/arrays/other", Some(other.clone())), ("/attributes", Some(grid(4)))]);
    let found = axes(&both);
    assert_eq!(found.iter().map(|axis| axis.level).collect::<Vec<_>>(), [Some(3), Some(4)]);
    // A level of a pyramid whose root tells the grid.
    let below = json!({"path": "/4", "arrays": {"other": other}, "ancestors": [{}, grid(4)]});
    assert_eq!(axis(&below).level, Some(4));
}

#[test]
fn a_pyramid_in_one_group_is_an_axis_a_level() {
    let cube = |side: u64, level: u64, names: [&str; 3]| {
        let list = json!([{"name": "spatial", "resolution": level, "dimensions": names}]);
        json!({"dims": {names[0]: 12, names[1]: side, names[2]: side},
               "attributes": changed(&header(), &[("/grid/resolutions", Some(list))])})
    };
    let group = json!({"arrays": {
        "a3": cube(8, 3, ["n", "i3", "j3"]), "b3": cube(8, 3, ["n", "i3", "j3"]), "a4": cube(16, 4, ["n", "i4", "j4"])
    }});
    let found = axes(&group);
    assert_eq!(found.iter().map(|axis| axis.level).collect::<Vec<_>>(), [Some(3), Some(4)]);
    assert_eq!(found[0].arrays, Coverage::Only(vec!["a3".into(), "b3".into()]));
}

fn header() -> Value {
    header_example(include_str!("../src/convention/dggs_spec.rs"))
}

fn resolutions(level: u64) -> Value {
    json!([{"name": "spatial", "resolution": level, "dimensions": ["n", "i", "j"]}])
}

#[test]
fn a_grid_is_known_by_name_or_by_polygon_and_aperture() {
    let size = |dggrs: &str| match dggrs {
        "ISEA3H" => json!({"n": 12, "i": 9, "j": 9}),
        "ISEA7H" => json!({"n": 12, "i": 49, "j": 49}),
        "ISEA4T" => json!({"n": 12, "i": 8, "j": 16}),
        _ => json!({"n": 12, "i": 8, "j": 8}),
    };
    for (dggrs, polygon, aperture) in [
        ("ISEA3H", "hexagon", 3),
        ("ISEA4H", "hexagon", 4),
        ("ISEA7H", "hexagon", 7),
        ("ISEA4T", "triangle", 4),
        ("ISEA4D", "quadliteral", 4),
        ("ISEA4D", "quadrilateral", 4),
    ] {
        for (name, projection) in [(dggrs, "+isea"), ("+isea", "Snyder Equal Area")] {
            let group = changed(
                &base(),
                &[
                    ("/arrays/cube/dims", Some(size(dggrs))),
                    (at!("/resolutions"), Some(resolutions(3))),
                    (at!("/aperture"), Some(json!(aperture))),
                    (at!("/grid_system/polygon"), Some(json!(polygon))),
                    (at!("/grid_system/name"), Some(json!(name))),
                    (at!("/grid_system/projection"), Some(json!(projection))),
                ],
            );
            let axis = axis(&group);
            assert_eq!((axis.spec.dggrs, axis.level, axis.warnings.len()), (dggrs, Some(3), 0), "{name}");
        }
    }
}

#[test]
fn conversions_are_a_sequence_and_their_last_step_may_be_several() {
    let linear = |gt: [f64; 6]| {
        let members = gt.iter().enumerate().map(|(at, number)| (format!("gt{at}"), json!(number)));
        Value::Object(members.chain([("type".to_owned(), json!("linear"))]).collect())
    };
    let dggrid = json!({"type": "dggrid", "version": "8.1", "address_type": "Q2DI"});
    let (first, second) = (linear([0.0, 2.0, 0.0, 0.0, 0.0, 2.0]), linear([0.5, 1.0, 0.0, 0.5, 0.0, 1.0]));
    let found = axis(&changed(&base(), &[(at!("/coordinate_conversions"), Some(json!([dggrid, first, second])))]));
    let Placement::Address { linear: conversions, whole: true } = &found.placement else { panic!("{found:?}") };
    assert_eq!(conversions[0].centre(3.0, 4.0), (8.0, 10.0));
    let group = changed(
        &base(),
        &[
            (at!("/coordinate_conversions"), Some(json!([dggrid, [second, second]]))),
            (
                at!("/resolutions"),
                Some(json!([{"name": "spatial", "resolution": 3, "dimensions": ["n", "i", "j", "time"]}])),
            ),
        ],
    );
    assert_eq!((axis(&group).placement.rank(), axis(&group).level), (4, Some(3)));
}

#[test]
fn sequence_numbers_are_one_dimension() {
    let group = changed(
        &base(),
        &[
            ("/arrays/cube/dims", Some(json!({"time": 10, "zone": 642}))),
            (
                at!("/coordinate_conversions"),
                Some(json!([{"type": "dggrid", "version": "7.8", "address_type": "SEQNUM"}])),
            ),
            (
                at!("/resolutions"),
                Some(json!([{"name": "spatial", "resolution": 3, "dimensions": ["zone"]},
                                              {"name": "temporal", "resolution": 1, "dimensions": ["time"]}])),
            ),
        ],
    );
    let axis = axis(&group);
    assert_eq!((axis.spec.indexing, axis.placement, axis.level), ("SEQNUM", Placement::Line, Some(3)));
}

#[test]
fn what_can_be_read_in_spite_of_a_broken_rule_is_a_warning_with_the_rule() {
    for (changes, rule) in [
        (vec![(at!("/resolutions"), Some(resolutions(3)))], "MUST have one resolution on a temporal dimension"),
        (
            vec![(
                at!("/resolutions"),
                Some(json!([{"name": "spatial", "resolution": 3, "dimensions": ["n", "i", "j"]},
                            {"name": "temporal", "resolution": 1, "dimensions": ["time", "n"]}])),
            )],
            "MUST NOT be used multiple times",
        ),
        (vec![(at!("/grid_system/polyhedron"), None)], "MUST be stored as meta data"),
        (vec![(at!("/aperture"), None)], "'aperture' is missing"),
        (vec![(at!("/grid_system/radius"), None)], "'radius' is missing"),
    ] {
        let axis = axis(&changed(&base(), &changes));
        assert_eq!((axis.level, axis.warnings.len()), (Some(3), 1), "{:?}", axis.warnings);
        assert!(axis.warnings[0].contains(rule), "{}", axis.warnings[0]);
    }
}

#[test]
fn malformed_metadata_are_refused() {
    let step = |step: Value| vec![(at!("/coordinate_conversions"), Some(json!([step])))];
    let steps = |steps: Value| vec![(at!("/coordinate_conversions"), Some(steps))];
    let q2di = || json!({"type": "dggrid", "version": "7.8", "address_type": "Q2DI"});
    assert_refused(
        &base(),
        vec![
            (vec![(at!("/coordinate_conversions"), None)], Corrupt, &["coordinate_conversions", "missing"]),
            (steps(json!([])), Corrupt, &["at least one"]),
            (steps(json!("Q2DI")), Corrupt, &["must be a list"]),
            (step(json!({"version": "7.8", "address_type": "Q2DI"})), Corrupt, &["type MUST be provided"]),
            (step(json!({"type": "h3", "version": "4"})), Unsupported, &["unknown conversion type 'h3'"]),
            (step(json!({"type": "dggrid", "address_type": "Q2DI"})), Corrupt, &["'version' is missing"]),
            (step(json!({"type": "dggrid", "version": "7.8"})), Corrupt, &["'address_type' is missing"]),
            (step(json!({"type": "dggrid", "version": "7.8", "address_type": "Z7"})), Corrupt, &["'Z7'", "SEQNUM"]),
            (
                step(json!({"type": "dggrid", "version": "7.8", "address_type": "GEO"})),
                Unsupported,
                &["points, not zones"],
            ),
            (
                step(json!({"type": "dggrid", "version": "7.8", "address_type": "PROJTRI"})),
                Corrupt,
                &["non-negative integers"],
            ),
            (step(json!({"type": "linear", "gt0": 0})), Corrupt, &["cannot come first"]),
            (steps(json!([q2di(), q2di()])), Corrupt, &["step 2", "only come first"]),
            (steps(json!([q2di(), {"type": "linear", "gt0": 0}])), Corrupt, &["'gt1' is missing"]),
            (
                steps(json!([q2di(), {"type": "linear", "gt0": 0, "gt1": 0, "gt2": 0, "gt3": 0, "gt4": 0, "gt5": 1}])),
                Corrupt,
                &["no inverse"],
            ),
            (steps(json!([q2di(), [], q2di()])), Corrupt, &["last step"]),
            (vec![(at!("/grid_system"), None)], Corrupt, &["'grid_system' is missing"]),
            (vec![(at!("/grid_system/rotation_lon"), None)], Corrupt, &["'rotation_lon' is missing"]),
            (vec![(at!("/grid_system/rotation_lat"), Some(json!(91)))], Corrupt, &["'rotation_lat' is 91"]),
            (vec![(at!("/grid_system/radius"), Some(json!(-1)))], Corrupt, &["'radius' is -1"]),
            (vec![(at!("/grid_system/polyhedron"), Some(json!("ball")))], Corrupt, &["'ball'", "dodecahedron"]),
            (vec![(at!("/grid_system/polyhedron"), Some(json!("cube")))], Unsupported, &["cube"]),
            (vec![(at!("/grid_system/polygon"), Some(json!("square")))], Corrupt, &["'square'", "hexagon"]),
            (
                vec![(at!("/grid_system/polygon"), Some(json!("triangle")))],
                Corrupt,
                &["ISEA4H", "contradicts", "triangle"],
            ),
            (vec![(at!("/aperture"), Some(json!(3)))], Corrupt, &["ISEA4H", "contradicts", "3"]),
            (vec![(at!("/aperture"), Some(json!("four")))], Corrupt, &["'aperture' must be a number"]),
            (
                vec![(at!("/grid_system/name"), Some(json!("IVEA4H"))), (at!("/grid_system/projection"), None)],
                Unsupported,
                &["IVEA4H"],
            ),
            (
                vec![(at!("/grid_system/global_bounding_polygon"), Some(json!("BOX(1 2,3 4)")))],
                Corrupt,
                &["WKT POLYGON"],
            ),
            (vec![(at!("/resolutions"), None)], Corrupt, &["'resolutions' is missing"]),
            (vec![(at!("/resolutions"), Some(json!([])))], Corrupt, &["at least one"]),
            (
                vec![(
                    at!("/resolutions"),
                    Some(json!([{"name": "time", "resolution": 1, "dimensions": ["time"]},
                                                       {"name": "t", "resolution": 1, "dimensions": ["t"]}])),
                )],
                Corrupt,
                &["MUST have one resolution on spatial dimensions"],
            ),
            (
                vec![(
                    at!("/resolutions"),
                    Some(json!([{"name": "spatial", "resolution": 3, "dimensions": ["n", "i"]}])),
                )],
                Corrupt,
                &["needs 3", "MUST be at least all spatial dimensions"],
            ),
            (
                vec![(
                    at!("/resolutions"),
                    Some(json!([{"name": "spatial", "resolution": 3, "dimensions": ["n", "x", "y"]}])),
                )],
                Corrupt,
                &["no dimension 'x'"],
            ),
            (
                vec![(at!("/resolutions"), Some(json!([{"name": "spatial", "resolution": -3, "dimensions": ["n"]}])))],
                Corrupt,
                &["'resolution' must be an integer"],
            ),
            (vec![("/arrays/cube/dims/i", Some(json!(7)))], Corrupt, &["i 7", "none has so many"]),
            (vec![("/arrays/cube/dims/n", Some(json!(11)))], Corrupt, &["n 11"]),
        ],
    );
}

#[test]
fn another_object_called_grid_is_none_of_ours() {
    for grid in [json!("regular"), json!({"type": "latlon"}), json!(5)] {
        assert_eq!(axes(&changed(&base(), &[(at!(""), Some(grid))])), []);
    }
}

#[test]
fn open_options_override_and_must_fit() {
    let group = Group::new(&base());
    let turned = &group.detect_with(&[("LON_0", "11.2")]).unwrap()[0];
    assert_eq!(turned.spec.orientation.unwrap().lon_0_deg, 11.2);
    assert!(turned.warnings[0].contains("LON_0=11.2 overrides 11.25"), "{:?}", turned.warnings);
    let error = group.detect_with(&[("DGGRS", "ISEA3H"), ("INDEXING", "Q2DI")]).unwrap_err();
    assert_eq!(error.kind(), InvalidArgument);
    assert!(error.to_string().contains("does not fit"), "{error}");
    assert_eq!(group.detect_with(&[("CONVENTION", "dggs_spec")]).unwrap().len(), 1);
    assert_eq!(group.detect_with(&[("CONVENTION", "DGGS_JL")]).unwrap(), []);
}

#[test]
fn a_selection_is_told_by_its_ids_alone() {
    let group = base();
    let axis = axis(&group);
    let selection = Selection { axis: &axis, id_array: "zone_id", dimension: "zone" };
    let attributes = group["arrays"]["cube"]["attributes"].as_object().unwrap();
    assert!(!selected(&selection, Node::Array("cube"), attributes).contains_key("grid"));
    let ids = selected(&selection, Node::Ids, &Default::default());
    let copy = json!({"arrays": {"zone_id": {"dims": {"zone": 5}, "kind": "integer", "attributes": ids},
                                 "cube": {"dims": {"time": 10, "zone": 5}}}});
    let again = self::axis(&copy);
    assert_eq!((again.spec, again.level, again.convention), (axis.spec.clone(), Some(3), "XDGGS"));
}
