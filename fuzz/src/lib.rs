//! What takes bytes or text from outside, given any: it answers or refuses, and never panics, hangs or takes too much memory.
//!
//! `tests/fuzz.rs` runs each target on mutated seeds with every `cargo test`. libFuzzer seeks further, on nightly Rust with
//! [cargo-fuzz](https://rust-fuzz.github.io/book/cargo-fuzz.html):
//!
//! ```text
//! cargo +nightly fuzz run metadata -- -max_total_time=600
//! ```

#[path = "../../tests/convention_support/mod.rs"]
mod convention_support;

use std::sync::Arc;

use gdal_dggs::convention::{IdentityOptions, Node, Selection, detect, is_marked, selected};
use gdal_dggs::cube::creation::{ArrayOptions, CreationOptions};
use gdal_dggs::cube::{OpenRequest, open, split_name};
use gdal_dggs::grid::{FAMILIES, Grid, LonLat, family_of, grid};
use gdal_dggs::hierarchy::{self, Array, AxisSelection};
use gdal_dggs::store::{Call, VsiStore};
use serde_json::{Value, json};

use convention_support::Group;

/// A target: tells whether it understood its bytes.
pub type Run = fn(&[u8]) -> bool;

/// All targets by name, each with bytes that it understands.
pub fn targets() -> Vec<(&'static str, Run, Vec<Vec<u8>>)> {
    vec![
        ("metadata", metadata as Run, metadata_seeds()),
        ("conventions", conventions, convention_support::examples().iter().map(text).collect()),
        ("options", options, options_seeds()),
        ("zones", zones, zones_seeds()),
        ("shard", shard, shard_seeds()),
    ]
}

fn text(json: &Value) -> Vec<u8> {
    json.to_string().into_bytes()
}

/// An empty store in memory.
fn store(name: &str) -> VsiStore {
    VsiStore::new(
        &format!("/vsimem/fuzz-{}-{:?}/{name}", std::process::id(), std::thread::current().id()),
        &Call::capture(),
    )
}

/// Reads the first elements of an array along each axis.
fn read_corner(call: &Arc<Call>, array: &Array) -> bool {
    let corner: Vec<_> = array
        .shape()
        .iter()
        .map(|&extent| AxisSelection::Strided { start: 0, count: extent.min(3) as usize, step: 1 })
        .collect();
    match array.data_type().numeric() {
        Some(_) => array.read_vec::<f64>(call, &corner).is_ok(),
        None => array.read_texts(call, &corner).is_ok() || array.read_compounds(call, &corner).is_ok(),
    }
}

fn read_all(call: &Arc<Call>, group: &hierarchy::Group) -> bool {
    let names = group.array_names(call).unwrap_or_default();
    let arrays = names.iter().filter_map(|name| group.open_array(call, name).ok().flatten());
    // all of them, whatever the first ones give
    arrays.filter(|array| read_corner(call, array)).count() > 0
}

/// A metadata file of a Zarr store, of whichever name fits what it says.
pub fn metadata(bytes: &[u8]) -> bool {
    let says = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
    let key = match (says(b"node_type"), says(b"zarr_consolidated_format")) {
        (true, _) => "zarr.json",
        (false, true) => ".zmetadata",
        (false, false) => ".zarray",
    };
    let store = store("metadata.zarr");
    store.write(key, bytes).expect("memory is written");
    let call = store.call();
    let is_read = match hierarchy::open(&store) {
        Ok(Some(hierarchy::Node::Array(array))) => read_corner(call, &array),
        Ok(Some(hierarchy::Node::Group(group))) => read_all(call, &group),
        Ok(None) | Err(_) => false,
    };
    store.delete(key).expect("memory is freed");
    is_read
}

fn metadata_seeds() -> Vec<Vec<u8>> {
    let v2 = json!({"zarr_format": 2, "shape": [4, 6], "chunks": [2, 3], "dtype": "<f4", "fill_value": "NaN", "order": "C",
        "compressor": {"id": "zstd", "level": 3}, "filters": [{"id": "delta", "dtype": "<f4"}], "dimension_separator": "/"});
    let structured = json!({"zarr_format": 2, "shape": [4], "chunks": [2], "dtype": [["a", "<f4"], ["b", "<M8[s]"]],
        "fill_value": "AAAAAAAAAAAAAAAA", "order": "F", "compressor": {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1},
        "filters": null});
    let consolidated = json!({"zarr_consolidated_format": 1, "metadata": {".zgroup": {"zarr_format": 2}, "u/.zarray": v2,
        "u/.zattrs": {"_ARRAY_DIMENSIONS": ["time", "cells"], "units": "m"}}});
    let v3 = json!({"zarr_format": 3, "node_type": "array", "shape": [4, 6], "data_type": "float32", "fill_value": "0x7fc00001",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [4, 6]}},
        "chunk_key_encoding": {"name": "v2", "configuration": {"separator": "."}}, "dimension_names": ["time", null],
        "codecs": [{"name": "sharding_indexed", "configuration": {"chunk_shape": [2, 3], "index_location": "start",
            "codecs": [{"name": "transpose", "configuration": {"order": [1, 0]}},
                       {"name": "bytes", "configuration": {"endian": "big"}}, {"name": "gzip", "configuration": {"level": 6}}],
            "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}]}}]});
    let text_v3 = json!({"zarr_format": 3, "node_type": "array", "shape": [4], "data_type": "string", "fill_value": "x",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2]}}, "chunk_key_encoding": {"name": "default"},
        "codecs": [{"name": "vlen-utf8"}, {"name": "zstd", "configuration": {"level": 1, "checksum": true}}]});
    let group = json!({"zarr_format": 3, "node_type": "group", "attributes": {"a": [1, "NaN"]},
        "consolidated_metadata": {"kind": "inline", "must_understand": false, "metadata": {"u": v3}}});
    [v2, structured, consolidated, v3, text_v3, group].iter().map(text).collect()
}

/// A group's attributes and arrays as JSON, as `tests/convention_support` has it: each convention is asked.
pub fn conventions(bytes: &[u8]) -> bool {
    let Ok(document) = serde_json::from_slice::<Value>(bytes) else { return false };
    let group = Group::new(&document);
    let meta = group.meta();
    let mut is_found = false;
    for options in [&[][..], &[("LEVEL", "29"), ("INDEXING", "ring"), ("ELLIPSOID", "GRS80")]] {
        let options = IdentityOptions::parse(options.iter().copied()).expect("they are fine");
        for axis in &detect(&meta, &options).unwrap_or_default() {
            is_found = true;
            let selection = Selection { axis, id_array: "zone_id", dimension: "zone" };
            is_marked(&selected(&selection, Node::Group, meta.attributes));
            for array in &meta.arrays {
                is_marked(&selected(&selection, Node::Ids, array.attributes));
                is_marked(&selected(&selection, Node::Array(array.name), array.attributes));
            }
        }
    }
    is_found
}

/// A connection string in the first line, an option in each other: as open options, and as creation options.
pub fn options(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    // neither networks nor other people's files
    if text.to_ascii_lowercase().contains("/vsi") || text.contains('@') {
        return false;
    }
    let mut lines = text.lines();
    split_name(lines.next().unwrap_or_default());
    let pair = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    let pairs: Vec<_> = lines.filter_map(pair).collect();
    let created = CreationOptions::parse(&pairs).and_then(|options| {
        if let Some(grid) = options.grid()? {
            options.level_on(&*grid)?;
        }
        ArrayOptions::parse(&pairs, 2, &options)
    });
    let request = OpenRequest {
        name: "DGGS:HEALPix/3".into(),
        options: pairs,
        is_directory: false,
        forced: false,
        update: false,
    };
    open(&Call::capture(), &request).is_ok() || created.is_ok()
}

fn options_seeds() -> Vec<Vec<u8>> {
    [
        "DGGS:\"cube.zarr\":/group/u\nBBOX=-10,35,30,60\nCONTAINMENT=CENTROID\nCOMPUTED=BOUNDARY,ZONE_TEXT",
        "DGGS:\"cube.zarr\"?://BBOX=1%2C2,3,4&LEVEL=3\nZONES=3/100,1/7\nSLICE=time:3",
        "DGGS:ISEA4H/5\nPOLYGON=POLYGON((5 45,11 45,11 48,5 45))\nCONTAINMENT=WITHIN",
        "DGGS:cube.zarr\nPOINTS=13.4 52.5,-0.1 51.5\nCOMPUTED=NONE",
        "\nDGGRS=ISEA7H\nLEVEL=4\nINDEXING=Z7\nLON_0=11.25\nLAT_0=58.2825\nAZIMUTH=0\nCHUNK_LEVEL=2\nSHARD_LEVEL=1",
        "\nDGGRS=HEALPix\nLEVEL=AUTO\nELLIPSOID=6378137,298.257\nCOMPRESS=BLOSC\nBLOSC_CNAME=zstd\nBLOSC_SHUFFLE=2\nBLOCKSIZE=1,64",
        "\nDGGRS=H3\nRESAMPLING=AVERAGE\nPYRAMID=3,2,1\nMAX_MEMORY=1.5GiB\nNUM_THREADS=2\nFORMAT=ZARR_V2\nRESUME=YES",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect()
}

/// A grid of each DGGRS with its usual identity.
fn grids() -> Vec<Arc<dyn Grid>> {
    let names = FAMILIES.iter().flat_map(|family| family.dggrs_names());
    names.map(|name| grid(&family_of(name).expect("a name").0.default_spec(name)).expect("a grid")).collect()
}

/// The number of a DGGRS, the cube's level, then a zone's text.
pub fn zones(bytes: &[u8]) -> bool {
    let [dggrs, level, text @ ..] = bytes else { return false };
    let grids = grids();
    let grid = &*grids[usize::from(*dggrs) % grids.len()];
    let level = Some(*level).filter(|level| *level <= grid.max_level());
    let Ok((level, zone)) = grid.parse_zone(&String::from_utf8_lossy(text), level) else { return false };
    let again = grid.zone_text(level, zone).expect("what was parsed is a zone");
    let parsed = grid.parse_zone(&again, Some(level)).unwrap_or_else(|error| panic!("{again}: {error}"));
    assert_eq!(parsed, (level, zone), "{} writes {again}", grid.spec().dggrs);
    grid.centroid(level, zone).expect("a zone has a centroid");
    true
}

fn zones_seeds() -> Vec<Vec<u8>> {
    let berlin = LonLat { lon_deg: 13.4, lat_deg: 52.5 };
    let seed = |(number, grid): (usize, &Arc<dyn Grid>)| {
        let zone = grid.zone_at(5, berlin).expect("all grids have a level 5");
        let mut bytes = vec![number as u8, 5];
        bytes.extend(grid.zone_text(5, zone).expect("it is a zone").bytes());
        bytes
    };
    grids().iter().enumerate().map(seed).collect()
}

/// The one shard of an array of eight numbers in chunks of two, its index at the end (even first byte) or the start.
pub fn shard(bytes: &[u8]) -> bool {
    let [location, shard @ ..] = bytes else { return false };
    let location = if location % 2 == 0 { "end" } else { "start" };
    let little = json!({"name": "bytes", "configuration": {"endian": "little"}});
    let metadata = json!({"zarr_format": 3, "node_type": "array", "shape": [8], "data_type": "float32", "fill_value": 0,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [8]}}, "chunk_key_encoding": {"name": "default"},
        "codecs": [{"name": "sharding_indexed", "configuration": {"chunk_shape": [2], "index_location": location,
            "codecs": [little], "index_codecs": [little]}}]});
    let store = store("shard.zarr");
    store.write("zarr.json", &text(&metadata)).expect("memory is written");
    store.write("c/0", shard).expect("memory is written");
    let Ok(Some(hierarchy::Node::Array(array))) = hierarchy::open(&store) else { panic!("the metadata are sound") };
    let is_read =
        |start, count| array.read_vec::<f32>(store.call(), &[AxisSelection::Strided { start, count, step: 1 }]).is_ok();
    // what stands in one chunk's place must not keep others from being read
    let parts = [is_read(0, 2), is_read(3, 2), is_read(6, 2)];
    is_read(0, 8) && parts == [true; 3]
}

fn shard_seeds() -> Vec<Vec<u8>> {
    let chunks: Vec<u8> = (1..=8u8).flat_map(|number| f32::from(number).to_le_bytes()).collect();
    let index = |from: u64| -> Vec<u8> {
        let places = [[from, 8], [from + 8, 8], [u64::MAX; 2], [from + 24, 8]];
        places.iter().flatten().flat_map(|number| number.to_le_bytes()).collect()
    };
    vec![[&[0], &chunks[..], &index(0)].concat(), [&[1], &index(64)[..], &chunks].concat()]
}
