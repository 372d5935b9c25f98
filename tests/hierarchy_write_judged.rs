//! What is written is what zarr-python reads: types, codecs, shards, attributes, consolidated metadata of both formats.
//!
//! The judge runs in `build/venv` (`gdal-plugin/venv` makes it), or in the Python that `DGGS_JUDGE` names; without it the
//! test prints a line and proves nothing.

use std::path::{Path, PathBuf};
use std::process::Command;

use gdal_dggs::hierarchy::{AxisSelection, Compressor, DataType, Editor, Field, Format, NewArray, Shuffle};
use gdal_dggs::store::{Call, Input, NumericType, Run, VsiStore};
use serde_json::{Value, json};

fn judge() -> Option<PathBuf> {
    let given = std::env::var_os("DGGS_JUDGE").map(PathBuf::from);
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("build/venv/bin/python");
    Some(given.unwrap_or_else(own)).filter(|python| python.exists())
}

/// Numbers that fit into every type, as one of them has them in memory.
fn numbers(number: NumericType, count: usize) -> Vec<u8> {
    let values: Vec<f64> = (0..count).map(|index| (index % 100) as f64).collect();
    let shown = number.on_host();
    let mut bytes = vec![0; count * shown.size()];
    Input::from_slice(&values, &[count])
        .unwrap()
        .copy_to(&mut bytes, shown, &[count], &[&[Run::whole(0, count)]])
        .unwrap();
    bytes
}

const NUMBERS: [(NumericType, &str); 13] = [
    (NumericType::UInt8, "|u1"),
    (NumericType::Int8, "|i1"),
    (NumericType::UInt16, "<u2"),
    (NumericType::Int16, "<i2"),
    (NumericType::UInt32, "<u4"),
    (NumericType::Int32, "<i4"),
    (NumericType::UInt64, "<u8"),
    (NumericType::Int64, "<i8"),
    (NumericType::Float16, "<f2"),
    (NumericType::Float32, "<f4"),
    (NumericType::Float64, "<f8"),
    (NumericType::CFloat32, "<c8"),
    (NumericType::CFloat64, "<c16"),
];

/// A name, and what is different of an array that is stored so.
type Storage = (String, Box<dyn Fn(NewArray) -> NewArray>);

/// Ways to store arrays of 5 x 6 elements in chunks of 2 x 3.
fn storages(format: Format) -> Vec<Storage> {
    let blosc = |codec: &str, shuffle| Compressor::Blosc { codec: codec.into(), level: 5, shuffle, block_size: 0 };
    let mut compressors = vec![
        ("none", Compressor::None),
        ("zstd", Compressor::Zstd { level: 3 }),
        ("zstd19", Compressor::Zstd { level: 19 }),
        ("gzip", Compressor::Gzip { level: 6 }),
        ("blosc_lz4", blosc("lz4", Shuffle::Byte)),
        ("blosc_zstd", blosc("zstd", Shuffle::Bit)),
        ("blosc_zlib", blosc("zlib", Shuffle::None)),
    ];
    if format == Format::V2 {
        compressors.extend([
            ("zlib", Compressor::Zlib { level: 6 }),
            ("lz4", Compressor::Lz4 { acceleration: 1 }),
            ("lzma", Compressor::Lzma { preset: 1 }),
        ]);
    }
    let mut storages: Vec<Storage> = Vec::new();
    for (name, compressor) in compressors {
        let plain = compressor.clone();
        storages.push((name.to_string(), Box::new(move |new| NewArray { compressor: plain.clone(), ..new })));
        if format == Format::V3 {
            let shard_shape = Some(vec![4, 6]);
            storages.push((
                format!("shards_{name}"),
                Box::new(move |new| NewArray {
                    compressor: compressor.clone(),
                    shard_shape: shard_shape.clone(),
                    ..new
                }),
            ));
        }
    }
    match format {
        Format::V2 => {
            storages.push(("slash".into(), Box::new(|new| NewArray { separator: Some('/'), ..new })));
            storages.push(("fortran".into(), Box::new(|new| NewArray { fortran_order: true, ..new })));
            storages.push(("delta".into(), Box::new(|new| NewArray { delta: true, ..new })));
        }
        Format::V3 => storages.push(("dots".into(), Box::new(|new| NewArray { separator: Some('.'), ..new }))),
    }
    storages
}

/// Writes a store with everything in it; gives what a reader must find by path.
fn write(store: &VsiStore, format: Format) -> Value {
    let call = store.call();
    let editor = Editor::create(store, format).unwrap();
    let mut expected = json!({"/": {"attributes": {"title": "t", "nested": {"a": [1, null]}}}});
    editor.set_attribute("/", "title", Some(json!("t"))).unwrap();
    editor.set_attribute("/", "nested", Some(json!({"a": [1, null]}))).unwrap();
    let whole = [AxisSelection::all(5).unwrap(), AxisSelection::all(6).unwrap()];
    let axes = || vec!["time".to_string(), "cells".to_string()];
    let base = |name: &str, data_type| NewArray::new(name, data_type, axes(), vec![5, 6], vec![2, 3]);
    let values = |edit: &dyn Fn(u64) -> Value| (0..30).map(edit).collect::<Vec<_>>();
    let sharded = |name: &str| if name.starts_with("shards") { json!([4, 6]) } else { Value::Null };

    editor.create_group("/codecs").unwrap();
    expected["/codecs"] = json!({"attributes": {}});
    for (name, storage) in storages(format) {
        let mut new = storage(base(&name, DataType::Numeric(NumericType::Float32)));
        // numcodecs cannot undo what it does to the bytes of floats exactly
        new.data_type = if new.delta { DataType::Numeric(NumericType::Int32) } else { new.data_type };
        new.fill = Some(match new.delta {
            true => (-9i32).to_ne_bytes().to_vec(),
            false => f32::NAN.to_ne_bytes().to_vec(),
        });
        let dtype = if new.delta { "<i4" } else { "<f4" };
        let missing = if new.delta { json!(-9) } else { json!("nan") };
        new.attributes.insert("units".into(), json!("K"));
        let array = editor.create_array("/codecs", &new).unwrap();
        let numbers: Vec<f64> = (0..30).map(f64::from).collect();
        array.write(call, &whole, Input::from_slice(&numbers, &[5, 6]).unwrap()).unwrap();
        // part of a chunk, backwards; and a whole chunk that is then missing
        let part = [
            AxisSelection::Strided { start: 4, count: 2, step: -2 },
            AxisSelection::Strided { start: 1, count: 1, step: 1 },
        ];
        array.write(call, &part, Input::from_slice(&[100i16, 101], &[2, 1]).unwrap()).unwrap();
        let chunk = [
            AxisSelection::Strided { start: 0, count: 2, step: 1 },
            AxisSelection::Strided { start: 3, count: 3, step: 1 },
        ];
        let fill = new.fill.clone().unwrap();
        let number = new.data_type.numeric().unwrap();
        array.write(call, &chunk, Input::repeated(&fill, number, &[2, 3]).unwrap()).unwrap();
        expected[format!("/codecs/{name}")] = json!({
            "dtype": dtype, "shape": [5, 6], "chunks": [2, 3], "shards": sharded(&name),
            "dimensions": ["time", "cells"], "fill": missing, "attributes": {"units": "K"},
            "values": values(&|index| match index {
                3..=5 | 9..=11 => missing.clone(),
                25 => number_of(100.0, dtype),
                13 => number_of(101.0, dtype),
                _ => number_of(index as f64, dtype),
            }),
        });
    }

    editor.create_group("/types").unwrap();
    expected["/types"] = json!({"attributes": {}});
    for (number, dtype) in NUMBERS {
        let name = dtype[1..].to_string();
        let shard_shape = (format == Format::V3).then(|| vec![4, 6]);
        let new = NewArray { shard_shape, ..base(&name, DataType::Numeric(number)) };
        let array = editor.create_array("/types", &NewArray { fill: Some(numbers(number, 1)), ..new }).unwrap();
        let bytes = numbers(number, 30);
        array.write(call, &whole, Input::from_bytes(&bytes, number.on_host(), &[5, 6]).unwrap()).unwrap();
        expected[format!("/types/{name}")] = json!({
            "dtype": dtype, "shape": [5, 6], "chunks": [2, 3],
            "shards": if format == Format::V3 { json!([4, 6]) } else { Value::Null },
            "dimensions": ["time", "cells"], "fill": number_of(0.0, dtype), "attributes": {},
            "values": values(&|index| number_of(index as f64, dtype)),
        });
    }

    let texts: Vec<Option<String>> = (0..30).map(|index| Some("\u{e9}".repeat(index % 4))).collect();
    let told: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
    let text = |max_length| DataType::Text { max_length };
    let fixed = (format == Format::V2).then_some(("fixed", 8, "|S8"));
    for (name, max_length, dtype) in [Some(("texts", 0, "StringDType()")), fixed].into_iter().flatten() {
        let array =
            editor.create_array("/", &NewArray { fill: Some(Vec::new()), ..base(name, text(max_length)) }).unwrap();
        array.write_texts(call, &whole, &texts).unwrap();
        expected[format!("/{name}")] = json!({
            "dtype": dtype, "shape": [5, 6], "chunks": [2, 3], "shards": null, "dimensions": ["time", "cells"],
            "fill": "", "attributes": {}, "values": told,
        });
    }

    let fields = vec![
        Field { name: "a".into(), offset: 0, data_type: DataType::Numeric(NumericType::Int16) },
        Field { name: "b".into(), offset: 8, data_type: DataType::Numeric(NumericType::Float64) },
    ];
    let compound = DataType::Compound { name: "a_b".into(), size: 16, fields };
    let array = editor.create_array("/", &base("structures", compound)).unwrap();
    let element = |index: u64| {
        let (a, b) = (index as i16, index as f64 / 2.0);
        ([&a.to_ne_bytes()[..], &[0; 6], &b.to_ne_bytes()].concat(), [&a.to_le_bytes()[..], &b.to_le_bytes()].concat())
    };
    let bytes: Vec<u8> = (0..30).flat_map(|index| element(index).0).collect();
    array.write_compounds(call, &whole, &bytes).unwrap();
    let hexadecimal = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    expected["/structures"] = json!({
        "dtype": "[('a', '<i2'), ('b', '<f8')]", "shape": [5, 6], "chunks": [2, 3], "shards": null,
        "dimensions": ["time", "cells"],
        "fill": if format == Format::V3 { json!("0".repeat(20)) } else { Value::Null }, "attributes": {},
        "values": values(&|index| json!(hexadecimal(&element(index).1))),
    });

    // changed after it was written
    let array = editor.create_array("/", &base("resized", DataType::Numeric(NumericType::Int32))).unwrap();
    array.write(call, &whole, Input::repeated(&7i32.to_ne_bytes(), NumericType::Int32, &[5, 6]).unwrap()).unwrap();
    editor.flush(call).unwrap();
    editor.resize(call, "/resized", &[3, 4]).unwrap();
    editor.resize(call, "/resized", &[4, 5]).unwrap();
    editor.rename(call, "/resized", "renamed").unwrap();
    editor.set_attribute("/renamed", "note", Some(json!(1.5))).unwrap();
    editor.flush(call).unwrap();
    expected["/renamed"] = json!({
        "dtype": "<i4", "shape": [4, 5], "chunks": [2, 3], "shards": null, "dimensions": ["time", "cells"],
        "fill": if format == Format::V3 { json!(0) } else { Value::Null }, "attributes": {"note": 1.5},
        "values": (0..20).map(|index| if index < 15 && index % 5 < 4 { 7 } else { 0 }).collect::<Vec<_>>(),
    });
    expected
}

/// A number as the judge spells one of this type.
fn number_of(value: f64, dtype: &str) -> Value {
    match dtype.as_bytes()[1] {
        b'f' => json!(value),
        b'c' => json!([value, 0.0]),
        _ => json!(value as i64),
    }
}

#[test]
fn zarr_python_reads_what_was_written() {
    let Some(python) = judge() else {
        println!("no build/venv: nothing is proven here");
        return;
    };
    let folder = std::env::temp_dir().join(format!("dggs-judged-{}", std::process::id()));
    let call = Call::capture();
    let mut expected = Vec::new();
    for format in [Format::V2, Format::V3] {
        let path = folder.join(format!("{format:?}.zarr")).to_str().unwrap().to_string();
        let told = write(&VsiStore::new(&path, &call), format);
        expected.push((path, told));
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/judge_store.py");
    let output = Command::new(python).arg(script).args(expected.iter().map(|(path, _)| path)).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers: Value = serde_json::from_slice(&output.stdout).unwrap();
    for (path, expected) in &expected {
        for way in ["consolidated", "listed"] {
            let told = answers[path][way].as_object().unwrap();
            let expected = expected.as_object().unwrap();
            let names = |map: &serde_json::Map<String, Value>| {
                let mut names: Vec<String> = map.keys().cloned().collect();
                names.sort();
                names
            };
            assert_eq!(names(told), names(expected), "{path} {way}");
            for (name, expected) in expected {
                assert_eq!(&told[name], expected, "{path} {way} {name}");
            }
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}
