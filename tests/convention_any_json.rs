//! Whatever stands in an attribute, detection answers or says what is wrong; it never panics.

mod convention_support;

use convention_support::*;
use gdal_dggs::convention::{IdentityOptions, Node, Selection, detect, is_marked, selected};
use gdal_dggs::error::Kind;
use serde_json::{Value, json};

/// Pointers to everything in a document.
fn pointers(value: &Value, here: String, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(key, value)| pointers(value, format!("{here}/{key}"), found));
        }
        Value::Array(entries) => {
            entries.iter().enumerate().for_each(|(index, value)| pointers(value, format!("{here}/{index}"), found));
        }
        _ => {}
    }
    found.push(here);
}

#[test]
fn odd_values_are_answered_without_panic() {
    let odd = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(30),
        json!(64),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(0.5),
        json!(1e308),
        json!(""),
        json!("null"),
        json!("healpix"),
        json!("{"),
        json!("[{}]"),
        json!("crs: : x"),
        json!([]),
        json!([[[]]]),
        json!({}),
        json!({"name": {}}),
        json!("\u{0}é"),
    ];
    let overrides = IdentityOptions::parse([("LEVEL", "29"), ("INDEXING", "ring"), ("ELLIPSOID", "GRS80")]).unwrap();
    let (mut answers, mut refusals) = (0, 0);
    for base in examples() {
        assert_eq!(axes(&base).len(), 1, "{base:#}");
        let mut all = Vec::new();
        pointers(&base, String::new(), &mut all);
        for pointer in all.iter().filter(|pointer| !pointer.contains("/dims") && !pointer.ends_with("/path")) {
            for value in &odd {
                let mut document = base.clone();
                *document.pointer_mut(pointer).unwrap() = value.clone();
                let group = Group::new(&document);
                let meta = group.meta();
                for options in [&IdentityOptions::default(), &overrides] {
                    match detect(&meta, options) {
                        Ok(axes) => answers += axes.len(),
                        Err(error) => {
                            let kinds = [Kind::Corrupt, Kind::Unsupported, Kind::InvalidArgument];
                            assert!(kinds.contains(&error.kind()), "{pointer} = {value}: {error}");
                            refusals += 1;
                        }
                    }
                }
                for axis in &axes(&base) {
                    let selection = Selection { axis, id_array: "zone_id", dimension: "zone" };
                    for (node, attributes) in [(Node::Group, meta.attributes)].into_iter().chain(
                        meta.arrays
                            .iter()
                            .flat_map(|a| [(Node::Ids, a.attributes), (Node::Array(a.name), a.attributes)]),
                    ) {
                        is_marked(&selected(&selection, node, attributes));
                    }
                }
            }
        }
    }
    println!("{answers} axes, {refusals} refusals");
    assert!(answers > 1000 && refusals > 500);
}
