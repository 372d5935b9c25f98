//! Damaged stores: an error that says what and where, or data; never a panic, a hang or too much memory.

use std::sync::atomic::{AtomicUsize, Ordering};

use gdal_dggs::hierarchy::{Array, AxisSelection, Node, open};
use gdal_dggs::store::{Call, NumericType, VsiStore};
use serde_json::{Value, json};

fn store() -> VsiStore {
    static COUNTER: AtomicUsize = AtomicUsize::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    VsiStore::new(&format!("/vsimem/hierarchy-damaged-{}-{number}", std::process::id()), &Call::capture())
}

fn sound_v2() -> Value {
    json!({"zarr_format": 2, "shape": [4, 6], "chunks": [2, 3], "dtype": "<f4", "fill_value": 0, "order": "C",
           "compressor": {"id": "zstd", "level": 3}, "filters": null})
}

fn sound_v3() -> Value {
    json!({"zarr_format": 3, "node_type": "array", "shape": [4, 6], "data_type": "float32", "fill_value": 0,
           "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 3]}},
           "chunk_key_encoding": {"name": "default"},
           "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "zstd", "configuration": {"level": 3, "checksum": false}}]})
}

/// Opens the store, and reads a little where that works.
fn use_it(store: &VsiStore) -> Result<(), String> {
    let call = store.call();
    let text = |error: gdal_dggs::error::Error| error.to_string();
    let read = |array: &Array| {
        let corner: Vec<_> = array.shape().iter().map(|&extent| AxisSelection::Strided { start: 0, count: extent.min(3) as usize, step: 1 }).collect();
        match array.data_type().numeric() {
            Some(_) => array.read_vec::<f64>(call, &corner).map(drop).map_err(text),
            None => array.read_texts(call, &corner).map(drop).map_err(text),
        }
    };
    match open(store).map_err(text)? {
        None => Err("no Zarr store".to_string()),
        Some(Node::Array(array)) => read(&array),
        Some(Node::Group(group)) => {
            for name in group.array_names(call).map_err(text)? {
                let array = group.open_array(call, &name).map_err(text)?;
                read(array.ok_or("gone")?.as_ref())?;
            }
            Ok(())
        }
    }
}

#[test]
fn malformed_metadata_is_refused() {
    let huge = json!(u64::MAX);
    let v2: Vec<(&str, Value)> = vec![
        ("/zarr_format", json!(4)), ("/zarr_format", json!("2")), ("/shape", json!(null)), ("/shape", json!("4")),
        ("/shape", json!([4])), ("/shape", json!([4, -6])), ("/shape", json!([4, 1.5])), ("/shape", json!([huge, huge])),
        ("/chunks", json!([2])), ("/chunks", json!([0, 3])), ("/chunks", json!([2, "3"])), ("/chunks", json!({})),
        ("/chunks", json!([1u64 << 40, 1u64 << 40])), ("/chunks", json!([huge, 1])), ("/chunks", json!([i64::MAX, 3])),
        ("/dtype", json!("<f3")), ("/dtype", json!("")), ("/dtype", json!("<")), ("/dtype", json!("|O")), ("/dtype", json!("é4")),
        ("/dtype", json!("<f99999999999999999999")), ("/dtype", json!("|S0")), ("/dtype", json!("|S99999999")), ("/dtype", json!("<M8[")),
        ("/dtype", json!("<M8[99999999999999999999s]")), ("/dtype", json!([])), ("/dtype", json!([["a"]])), ("/dtype", json!([["a", "<f4"], ["a", "<f4"]])),
        ("/dtype", json!([["a", "|S3"]])), ("/dtype", json!(4)), ("/dtype", json!(null)), ("/order", json!("X")), ("/order", json!(null)),
        ("/compressor", json!({"id": "nonsense"})), ("/compressor", json!({})), ("/compressor", json!("zstd")), ("/compressor", json!([1])),
        ("/filters", json!({})), ("/filters", json!([{"id": "nonsense"}])), ("/filters", json!([{"id": "delta"}])),
        ("/filters", json!([{"id": "delta", "dtype": "<q9"}])), ("/filters", json!(["x"])), ("/fill_value", json!("x")), ("/fill_value", json!([])),
        ("/fill_value", json!({})), ("/dimension_separator", json!("-")), ("/dimension_separator", json!(7)),
    ];
    let v3: Vec<(&str, Value)> = vec![
        ("/zarr_format", json!(2)), ("/node_type", json!("thing")), ("/shape", json!([4])), ("/shape", json!([-1, 2])),
        ("/data_type", json!("float33")), ("/data_type", json!({})), ("/data_type", json!("r7")), ("/data_type", json!("r8000000000")),
        ("/data_type", json!({"name": "fixed_length_utf32", "configuration": {"length_bytes": 1u64 << 40}})),
        ("/data_type", json!({"name": "struct", "configuration": {"fields": [["a", "string"]]}})), ("/fill_value", json!("0xzz")),
        ("/chunk_grid", json!(null)), ("/chunk_grid", json!({"name": "rectilinear"})), ("/chunk_grid/configuration", json!({})),
        ("/chunk_grid/configuration/chunk_shape", json!([0, 3])), ("/chunk_grid/configuration/chunk_shape", json!([1u64 << 62, 1u64 << 62])),
        ("/chunk_key_encoding", json!({"name": "other"})), ("/chunk_key_encoding", json!({"name": "default", "configuration": {"separator": "x"}})),
        ("/codecs", json!([])), ("/codecs", json!(null)), ("/codecs", json!([{"name": "zstd"}])), ("/codecs", json!([{"name": "nonsense"}])), ("/codecs", json!([7])),
        ("/codecs", json!([{"name": "bytes"}, {"name": "bytes"}])), ("/codecs", json!([{"name": "bytes", "configuration": {"endian": "middle"}}])),
        ("/codecs", json!([{"name": "sharding_indexed"}])), ("/storage_transformers", json!([{"name": "x"}])),
        ("/codecs", json!([{"name": "sharding_indexed", "configuration": {"chunk_shape": [2, 2], "codecs": [{"name": "bytes"}], "index_codecs": [{"name": "bytes"}]}}])),
    ];
    assert!(v2.len() + v3.len() >= 60);
    let (sound_2, sound_3) = (store(), store());
    sound_2.write(".zarray", sound_v2().to_string().as_bytes()).unwrap();
    sound_3.write("zarr.json", sound_v3().to_string().as_bytes()).unwrap();
    assert_eq!((use_it(&sound_2), use_it(&sound_3)), (Ok(()), Ok(())));
    for (file, sound, cases) in [(".zarray", sound_v2(), v2), ("zarr.json", sound_v3(), v3)] {
        for (pointer, value) in cases {
            let mut metadata = sound.clone();
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            metadata.pointer_mut(parent).unwrap()[key] = value.clone();
            let store = store();
            store.write(file, metadata.to_string().as_bytes()).unwrap();
            let error = use_it(&store).expect_err(&format!("{file} with {pointer} = {value}"));
            assert!(error.contains("hierarchy-damaged"), "{pointer} = {value}: {error}");
        }
    }
    for text in ["", "{", "[]", "null", "{\"zarr_format\": 2", "\u{feff}", &"[".repeat(100_000)] {
        for file in [".zarray", ".zgroup", ".zmetadata", "zarr.json"] {
            let store = store();
            store.write(file, text.as_bytes()).unwrap();
            // a group needs no more than its file
            assert!(use_it(&store).is_err() || file == ".zgroup", "{file}: {text:.20}");
        }
    }
}

#[test]
fn flipped_bytes_are_errors_or_data() {
    let zstd = |bytes: &[u8]| {
        // a frame of one raw block: magic, size of the contents, header of the last block
        let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x20, bytes.len() as u8];
        frame.extend_from_slice(&(((bytes.len() as u32) << 3) | 1).to_le_bytes()[..3]);
        frame.extend_from_slice(bytes);
        frame
    };
    let mut seed = 99u64;
    let mut random = move |bound: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % bound
    };
    for round in 0..600 {
        let store = store();
        let (file, mut metadata) = match round % 2 {
            0 => (".zarray", sound_v2().to_string().into_bytes()),
            _ => ("zarr.json", sound_v3().to_string().into_bytes()),
        };
        let mut chunk = zstd(&[1; 24]);
        match round % 3 {
            0 => {
                let at = random(metadata.len());
                metadata[at] ^= 1 << random(8);
            }
            _ => {
                let at = random(chunk.len());
                chunk[at] ^= 1 << random(8);
            }
        }
        store.write(file, &metadata).unwrap();
        for key in ["0.0", "0.1", "1.0", "1.1", "c/0/0", "c/0/1", "c/1/0", "c/1/1"] {
            store.write(key, &chunk).unwrap();
        }
        if let Err(error) = use_it(&store) {
            assert!(!error.is_empty());
        }
    }
}

#[test]
fn every_numeric_type_survives_a_wrong_length() {
    for number in ["|u1", "<i2", "<f4", "<f8", "<c16", "|b1", "<f2"] {
        let store = store();
        let mut metadata = sound_v2();
        metadata["dtype"] = json!(number);
        metadata["compressor"] = Value::Null;
        store.write(".zarray", metadata.to_string().as_bytes()).unwrap();
        store.write("0.0", &[0; 5]).unwrap();
        assert!(use_it(&store).unwrap_err().contains("chunk 0.0"), "{number}");
    }
    assert_eq!(NumericType::ALL.map(|number| NumericType::from_gdal(number.gdal())), NumericType::ALL.map(Some));
}
