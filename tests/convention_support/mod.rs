//! What the convention tests share: groups described in JSON, or by the metadata of a real store.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::path::{Path, PathBuf};

use gdal_dggs::convention::{ArrayMeta, Attributes, ElementKind, GroupMeta, IdentityOptions, ZoneAxis, detect};
use gdal_dggs::error::{Error, Kind, Result};
use serde_json::{Value, json};

/// `{"path", "attributes", "ancestors": [], "arrays": {name: {"dims": {name: size}, "kind", "attributes"}}}`.
pub(crate) struct Group {
    path: String,
    attributes: Attributes,
    ancestors: Vec<Attributes>,
    arrays: Vec<StoredArray>,
}

/// Name, dimensions, shape, kind of elements, attributes.
type StoredArray = (String, Vec<String>, Vec<u64>, ElementKind, Attributes);

fn object(value: Option<&Value>) -> Attributes {
    value.and_then(Value::as_object).cloned().unwrap_or_default()
}

impl Group {
    pub(crate) fn new(group: &Value) -> Self {
        let arrays = object(group.get("arrays"));
        Self {
            path: group.get("path").and_then(Value::as_str).unwrap_or("/").to_owned(),
            attributes: object(group.get("attributes")),
            ancestors: group
                .get("ancestors")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .map(|a| object(Some(a)))
                .collect(),
            arrays: arrays
                .iter()
                .map(|(name, array)| {
                    let dims = object(array.get("dims"));
                    let kind = match array.get("kind").and_then(Value::as_str) {
                        Some("integer") => ElementKind::Integer,
                        Some("text") => ElementKind::Text,
                        Some("other") => ElementKind::Other,
                        _ => ElementKind::Float,
                    };
                    let shape = dims.values().map(|size| size.as_u64().unwrap_or(1)).collect();
                    (name.clone(), dims.keys().cloned().collect(), shape, kind, object(array.get("attributes")))
                })
                .collect(),
        }
    }

    pub(crate) fn meta(&self) -> GroupMeta<'_> {
        GroupMeta {
            path: &self.path,
            attributes: &self.attributes,
            ancestors: self.ancestors.iter().collect(),
            arrays: self
                .arrays
                .iter()
                .map(|(name, dimensions, shape, kind, attributes)| ArrayMeta {
                    name,
                    dimensions: dimensions.clone(),
                    shape: shape.clone(),
                    kind: *kind,
                    attributes,
                })
                .collect(),
        }
    }

    pub(crate) fn detect(&self) -> Result<Vec<ZoneAxis>> {
        detect(&self.meta(), &IdentityOptions::default())
    }

    pub(crate) fn detect_with(&self, options: &[(&str, &str)]) -> Result<Vec<ZoneAxis>> {
        detect(&self.meta(), &IdentityOptions::parse(options.iter().copied())?)
    }
}

/// The axes of a group in JSON.
pub(crate) fn axes(group: &Value) -> Vec<ZoneAxis> {
    Group::new(group).detect().unwrap_or_else(|error| panic!("{error}\n{group:#}"))
}

/// The only axis of a group in JSON.
pub(crate) fn axis(group: &Value) -> ZoneAxis {
    let mut axes = axes(group);
    assert_eq!(axes.len(), 1, "{group:#}");
    axes.remove(0)
}

/// A change of a JSON document: the value at a pointer, `None` to remove it.
pub(crate) type Change = (&'static str, Option<Value>);

pub(crate) fn changed(document: &Value, changes: &[Change]) -> Value {
    let mut document = document.clone();
    for (pointer, value) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("no {pointer}"));
        let parent = parent.as_object_mut().unwrap_or_else(|| panic!("no object above {pointer}"));
        match value {
            Some(value) => drop(parent.insert(key.to_owned(), value.clone())),
            None => drop(parent.remove(key).unwrap_or_else(|| panic!("no {pointer}"))),
        }
    }
    document
}

/// Each row changes `base` and must give an error of this kind whose message has all these parts.
pub(crate) fn assert_refused(base: &Value, rows: Vec<(Vec<Change>, Kind, &[&str])>) {
    for (changes, kind, parts) in rows {
        let error: Error = match Group::new(&changed(base, &changes)).detect() {
            Ok(axes) => panic!("{changes:?} gave {axes:?}"),
            Err(error) => error,
        };
        assert_eq!(error.kind(), kind, "{changes:?}: {error}");
        for part in parts {
            assert!(error.to_string().contains(part), "{changes:?}: '{part}' is not in: {error}");
        }
    }
}

/// The first JSON block of a module's header.
pub(crate) fn header_example(source: &str) -> Value {
    let block: String = source
        .lines()
        .skip_while(|line| !line.starts_with("//! ```json"))
        .skip(1)
        .take_while(|line| !line.starts_with("//! ```"))
        .map(|line| line.trim_start_matches("//!"))
        .collect();
    serde_json::from_str(&block).unwrap_or_else(|error| panic!("{error} in the header's example: {block}"))
}

/// A group of each convention: what its module's header shows.
pub(crate) fn examples() -> Vec<Value> {
    let arrays = |crs: Value| {
        json!({
            "crs": {"dims": {}, "kind": "integer", "attributes": crs},
            "cell_ids": {"dims": {"cells": 50}, "kind": "integer", "attributes": {"standard_name": "healpix_index"}},
            "u": {"dims": {"time": 3, "cells": 50}, "attributes": {"grid_mapping": "crs", "_CRS": {"wkt": "GEOGCRS[]"}}}
        })
    };
    let mut xdggs = arrays(json!({}));
    xdggs["cell_ids"]["attributes"] = header_example(include_str!("../../src/convention/xdggs.rs"));
    vec![
        json!({"attributes": header_example(include_str!("../../src/convention/zarr_dggs.rs")), "arrays": arrays(json!({}))}),
        json!({"path": "/8", "ancestors": [header_example(include_str!("../../src/convention/zarr_dggs/layout.rs"))],
               "arrays": arrays(json!({}))}),
        json!({"arrays": xdggs}),
        json!({"arrays": arrays(header_example(include_str!("../../src/convention/cf.rs")))}),
        json!({"arrays": arrays(header_example(include_str!("../../src/convention/easygems.rs")))}),
        json!({"arrays": {"u": {"dims": {"time": 3, "i": 8, "j": 8, "n": 12},
                                "attributes": header_example(include_str!("../../src/convention/dggs_spec.rs"))}}}),
        json!({"attributes": header_example(include_str!("../../src/convention/dggs_spec.rs")),
               "arrays": {"u": {"dims": {"n": 13, "i": 8, "j": 8}}}}),
        json!({"attributes": header_example(include_str!("../../src/convention/dggs_jl.rs")),
               "arrays": {"Red": {"dims": {"dggs_n": 5, "dggs_j": 32, "dggs_i": 64}, "kind": "integer"}}}),
    ]
}

/// A store of `../shared/data` (`DGGS_SHARED` overrides), `None` with a printed reason where it is absent.
pub(crate) fn real_store(path: &str) -> Option<PathBuf> {
    let shared = std::env::var("DGGS_SHARED")
        .map_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let store = shared.join("data").join(path);
    if !store.exists() {
        println!("skipped: {} is absent; DGGS_SHARED=folder says where to look", store.display());
        return None;
    }
    Some(store)
}

/// The metadata of a real store's root group.
pub(crate) fn read_group(store: &Path) -> Group {
    let json = |path: PathBuf| -> Value {
        std::fs::read(path).map_or(Value::Null, |bytes| serde_json::from_slice(&bytes).unwrap())
    };
    let v3 = store.join("zarr.json").exists();
    let mut arrays = serde_json::Map::new();
    for entry in std::fs::read_dir(store).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let meta = json(path.join(if v3 { "zarr.json" } else { ".zarray" }));
        let attributes = if v3 { meta["attributes"].clone() } else { json(path.join(".zattrs")) };
        let names = if v3 { &meta["dimension_names"] } else { &attributes["_ARRAY_DIMENSIONS"] };
        let (Some(names), Some(shape)) = (names.as_array(), meta["shape"].as_array()) else { continue };
        let dims: serde_json::Map<_, _> =
            names.iter().zip(shape).map(|(name, size)| (name.as_str().unwrap().to_owned(), size.clone())).collect();
        let data_type = meta[if v3 { "data_type" } else { "dtype" }].as_str().unwrap_or("");
        let kind =
            if data_type.contains("int") || data_type[1..].starts_with(['i', 'u']) { "integer" } else { "float" };
        arrays.insert(name, json!({"dims": dims, "kind": kind, "attributes": attributes}));
    }
    let attributes = if v3 { json(store.join("zarr.json"))["attributes"].clone() } else { json(store.join(".zattrs")) };
    Group::new(&json!({"attributes": attributes, "arrays": arrays}))
}

/// WGS84 as every convention must read it.
pub(crate) fn wgs84() -> gdal_dggs::grid::Surface {
    gdal_dggs::grid::Surface::Ellipsoid {
        name: Some("WGS84".into()),
        semi_major_m: 6378137.0,
        inverse_flattening: 298.257223563,
    }
}

/// The sphere of silent metadata.
pub(crate) fn sphere() -> gdal_dggs::grid::Surface {
    gdal_dggs::grid::Surface::Sphere { radius_m: 6370997.0 }
}
