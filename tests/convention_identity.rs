//! Identity by open options: parsing, silent stores, contradictions.

mod convention_support;

use convention_support::*;
use gdal_dggs::convention::{Compression, IdentityOptions, names};
use gdal_dggs::error::Kind::InvalidArgument;
use gdal_dggs::grid::Surface;
use serde_json::{Value, json};

fn silent() -> Value {
    json!({"arrays": {
        "ids": {"dims": {"cells": 50}, "kind": "integer"},
        "labels": {"dims": {"cells": 50}, "kind": "text"},
        "u": {"dims": {"time": 3, "cells": 50}},
        "v": {"dims": {"time": 3, "globe": 192}}
    }})
}

fn marked() -> Value {
    json!({"arrays": {
        "cell_ids": {"dims": {"cells": 50}, "kind": "integer", "attributes": {"grid_name": "healpix", "level": 6}},
        "others": {"dims": {"cells": 50}, "kind": "integer"},
        "u": {"dims": {"cells": 50}}
    }})
}

#[test]
fn options_are_read_in_any_case() {
    let options = IdentityOptions::parse([
        ("dggrs", "HEALPIX"),
        ("Level", " 7 "),
        ("INDEXING", "RING"),
        ("ELLIPSOID", "wgs84"),
        ("ZONE_ID", "ids"),
        ("CONVENTION", "xdggs"),
        ("BBOX", "1,2,3,4"),
        ("LON_0", "11.25"),
        ("LAT_0", "-58.2"),
        ("AZIMUTH", "0"),
    ])
    .unwrap();
    let expected = IdentityOptions {
        dggrs: Some("HEALPix"),
        level: Some(7),
        indexing: Some("RING".into()),
        surface: Some(wgs84()),
        lon_0_deg: Some(11.25),
        lat_0_deg: Some(-58.2),
        azimuth_deg: Some(0.0),
        zone_id: Some("ids".into()),
        convention: Some("XDGGS"),
    };
    assert_eq!(options, expected);
    let ellipsoids = [
        ("Sphere", sphere()),
        ("6378200, 300", Surface::Ellipsoid { name: None, semi_major_m: 6378200.0, inverse_flattening: 300.0 }),
        ("6371000,0", Surface::Sphere { radius_m: 6371000.0 }),
    ];
    for (text, surface) in ellipsoids {
        assert_eq!(IdentityOptions::parse([("ELLIPSOID", text)]).unwrap().surface, Some(surface));
    }
    assert_eq!(IdentityOptions::parse([("CONVENTION", "auto")]).unwrap(), IdentityOptions::default());
    assert_eq!(names().collect::<Vec<_>>(), ["ZARR_DGGS", "DGGS_SPEC", "DGGS_JL", "XDGGS", "CF", "EASYGEMS"]);
}

#[test]
fn senseless_values_are_refused() {
    for (name, value, kind, part) in [
        ("DGGRS", "quadsphere", InvalidArgument, "HEALPix"),
        ("LEVEL", "six", InvalidArgument, "six"),
        ("LEVEL", "6.0", InvalidArgument, "integer"),
        ("LEVEL", "-1", InvalidArgument, "-1"),
        ("LEVEL", "300", InvalidArgument, "300"),
        ("ELLIPSOID", "potato", InvalidArgument, "WGS84"),
        ("ELLIPSOID", "6378137", InvalidArgument, "a,invf"),
        ("ELLIPSOID", "6378137,0.5", InvalidArgument, "a,invf"),
        ("ELLIPSOID", "-1,300", InvalidArgument, "a,invf"),
        ("ELLIPSOID", "nan,300", InvalidArgument, "a,invf"),
        ("LON_0", "east", InvalidArgument, "LON_0"),
        ("LAT_0", "91", InvalidArgument, "LAT_0"),
        ("AZIMUTH", "inf", InvalidArgument, "AZIMUTH"),
        ("ZONE_ID", " ", InvalidArgument, "ZONE_ID"),
        ("CONVENTION", "geotiff", InvalidArgument, "ZARR_DGGS"),
        ("CONVENTION", "DGGS-SPEC", InvalidArgument, "DGGS_SPEC"),
    ] {
        let error = IdentityOptions::parse([(name, value)]).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(name) && error.to_string().contains(part), "{name}={value}: {error}");
    }
}

#[test]
fn a_silent_store_takes_its_grid_from_options() {
    let group = Group::new(&silent());
    assert_eq!(group.detect().unwrap(), []);
    let axis = |options: &[(&str, &str)]| group.detect_with(options).unwrap().remove(0);
    let sparse = axis(&[("DGGRS", "healpix"), ("LEVEL", "6"), ("ZONE_ID", "ids")]);
    assert_eq!((sparse.convention, sparse.level, sparse.spec.indexing), ("OPTIONS", Some(6), "nested"));
    assert_eq!(
        (sparse.spec.surface, sparse.id_array.as_deref(), sparse.dimensions),
        (wgs84(), Some("ids"), vec!["cells".to_owned()])
    );
    let global = axis(&[("DGGRS", "healpix"), ("LEVEL", "2"), ("INDEXING", "Ring"), ("ELLIPSOID", "sphere")]);
    assert_eq!(
        (global.id_array, global.compression, global.dimensions),
        (None, Compression::None, vec!["globe".to_owned()])
    );
    assert_eq!((global.spec.indexing, global.spec.surface), ("ring", sphere()));
    let text = axis(&[("DGGRS", "healpix"), ("LEVEL", "6"), ("ZONE_ID", "labels")]);
    assert_eq!(text.id_array.as_deref(), Some("labels"));
    let zuniq = axis(&[("DGGRS", "healpix"), ("INDEXING", "zuniq"), ("ZONE_ID", "ids")]);
    assert_eq!(zuniq.level, None);
}

#[test]
fn options_that_do_not_fit_say_what_would() {
    let two = changed(&silent(), &[("/arrays/w", Some(json!({"dims": {"other": 192}})))]);
    type Row<'a> = (Value, Vec<(&'a str, &'a str)>, &'a [&'a str]);
    let rows: Vec<Row<'_>> = vec![
        (silent(), vec![("DGGRS", "healpix")], &["LEVEL"]),
        (silent(), vec![("DGGRS", "healpix"), ("ZONE_ID", "ids")], &["LEVEL"]),
        (silent(), vec![("DGGRS", "healpix"), ("LEVEL", "30"), ("ZONE_ID", "ids")], &["LEVEL=30", "29"]),
        (silent(), vec![("DGGRS", "healpix"), ("LEVEL", "6")], &["49152", "cells (50)", "ZONE_ID", "ids, labels"]),
        (two, vec![("DGGRS", "healpix"), ("LEVEL", "2")], &["192", "globe, other", "ZONE_ID"]),
        (silent(), vec![("DGGRS", "healpix"), ("LEVEL", "6"), ("ZONE_ID", "idx")], &["ZONE_ID=idx", "ids, labels"]),
        (silent(), vec![("DGGRS", "healpix"), ("LEVEL", "6"), ("ZONE_ID", "u")], &["ZONE_ID=u", "/u"]),
        (
            silent(),
            vec![("DGGRS", "healpix"), ("LEVEL", "6"), ("ZONE_ID", "ids"), ("INDEXING", "spiral")],
            &["INDEXING=spiral", "nested"],
        ),
        (
            silent(),
            vec![("DGGRS", "healpix"), ("LEVEL", "6"), ("ZONE_ID", "ids"), ("LON_0", "5")],
            &["LON_0", "turned"],
        ),
    ];
    for (group, options, parts) in rows {
        let error = Group::new(&group).detect_with(&options).unwrap_err();
        assert_eq!(error.kind(), InvalidArgument, "{options:?}: {error}");
        for part in parts {
            assert!(error.to_string().contains(part), "{options:?}: '{part}' is not in: {error}");
        }
    }
}

#[test]
fn options_override_the_store_with_a_warning_that_quotes_both() {
    let group = Group::new(&marked());
    let with = |options: &[(&str, &str)]| group.detect_with(options).unwrap().remove(0);
    let same = with(&[
        ("DGGRS", "HEALPix"),
        ("LEVEL", "6"),
        ("INDEXING", "nested"),
        ("ELLIPSOID", "sphere"),
        ("ZONE_ID", "cell_ids"),
    ]);
    assert_eq!(same.warnings, [""; 0]);
    for (option, given, said) in [
        ("LEVEL", "7", "6"),
        ("INDEXING", "ring", "nested"),
        ("ELLIPSOID", "WGS84", "sphere"),
        ("ZONE_ID", "others", "cell_ids"),
    ] {
        let axis = with(&[(option, given)]);
        assert_eq!(axis.warnings.len(), 1, "{:?}", axis.warnings);
        for part in [option, given, said, "XDGGS"] {
            assert!(axis.warnings[0].contains(part), "{:?}", axis.warnings);
        }
    }
    let all = with(&[("LEVEL", "7"), ("INDEXING", "ring"), ("ELLIPSOID", "WGS84"), ("ZONE_ID", "others")]);
    assert_eq!((all.level, all.spec.indexing, all.spec.surface), (Some(7), "ring", wgs84()));
    assert_eq!((all.id_array.as_deref(), all.warnings.len()), (Some("others"), 4));
}

#[test]
fn an_implicit_axis_cannot_be_given_a_level_of_another_size() {
    let group = Group::new(&json!({"arrays": {
        "crs": {"dims": {}, "attributes": {"grid_mapping_name": "healpix", "healpix_nside": 4, "healpix_order": "nest"}},
        "u": {"dims": {"cell": 192}}
    }}));
    let error = group.detect_with(&[("LEVEL", "3")]).unwrap_err();
    assert!(error.to_string().contains("768") && error.to_string().contains("192"), "{error}");
    let compressed = Group::new(&json!({
        "attributes": {"dggs": {"name": "healpix", "refinement_level": 2, "indexing_scheme": "nested",
            "spatial_dimension": "cells", "coordinate": "cell_ids", "compression": "ranges"}},
        "arrays": {"cell_ids": {"dims": {"n": 3, "two": 2}, "kind": "integer"}, "u": {"dims": {"cells": 50}}}
    }));
    let error = compressed.detect_with(&[("INDEXING", "ring")]).unwrap_err();
    assert!(error.to_string().contains("compressed"), "{error}");
}

#[test]
fn options_open_what_the_metadata_spoil() {
    for attributes in [json!({"grid_name": "quadsphere", "level": 6}), json!({"grid_name": "healpix", "level": "six"})]
    {
        let group = Group::new(&changed(&marked(), &[("/arrays/cell_ids/attributes", Some(attributes))]));
        assert!(group.detect().is_err());
        assert!(group.detect_with(&[("DGGRS", "healpix")]).is_err());
        let axis = &group.detect_with(&[("DGGRS", "healpix"), ("LEVEL", "6"), ("ZONE_ID", "cell_ids")]).unwrap()[0];
        assert_eq!(axis.convention, "OPTIONS");
        assert!(axis.warnings[0].contains("cell_ids"), "{:?}", axis.warnings);
    }
}

#[test]
fn one_convention_can_be_asked_for() {
    let mut both = marked();
    both["attributes"] = json!({"dggs": {"name": "healpix", "refinement_level": 5, "indexing_scheme": "nested",
        "spatial_dimension": "cells", "coordinate": "cell_ids", "compression": "none"}});
    let group = Group::new(&both);
    let found = |convention: &str| group.detect_with(&[("CONVENTION", convention)]).unwrap();
    assert_eq!((found("AUTO")[0].convention, found("AUTO")[0].level), ("ZARR_DGGS", Some(5)));
    assert_eq!((found("XDGGS")[0].convention, found("XDGGS")[0].level), ("XDGGS", Some(6)));
    assert_eq!(found("CF"), []);
}
