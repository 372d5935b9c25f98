//! Writing: what was written is what is read, in every format and shape, through handles old and new.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gdal_dggs::hierarchy::{
    Array, AxisSelection, Compressor, DataType, Editor, Format, Group, NewArray, Node, Shuffle, open,
};
use gdal_dggs::store::{Call, Input, NumericType, VsiStore};
use serde_json::{Value, json};

fn store() -> VsiStore {
    static COUNTER: AtomicUsize = AtomicUsize::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    VsiStore::new(&format!("/vsimem/hierarchy-write-{}-{number}", std::process::id()), &Call::capture())
}

/// The store as it is found by somebody else.
fn reopened(store: &VsiStore) -> Arc<Group> {
    match open(&VsiStore::new(store.path(), store.call())).unwrap() {
        Some(Node::Group(group)) => group,
        other => panic!("{other:?}"),
    }
}

fn names(count: usize) -> Vec<String> {
    ["t", "z", "x"][..count].iter().map(|name| (*name).to_string()).collect()
}

fn numeric(name: &str, number: NumericType, shape: &[u64], chunks: &[u64]) -> NewArray {
    NewArray::new(name, DataType::Numeric(number), names(shape.len()), shape.to_vec(), chunks.to_vec())
}

fn all(array: &Array) -> Vec<AxisSelection<'static>> {
    array.shape().iter().map(|&extent| AxisSelection::all(extent).unwrap()).collect()
}

/// A small generator of numbers; the tests need no better one.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Every way to store an array of three axes with chunks of `chunks`.
fn layouts(number: NumericType, shape: &[u64], chunks: &[u64]) -> Vec<(Format, NewArray)> {
    let base = numeric("u", number, shape, chunks);
    let blosc = |codec: &str, shuffle| Compressor::Blosc { codec: codec.into(), level: 5, shuffle, block_size: 0 };
    let both = [
        Compressor::None,
        Compressor::Zstd { level: 3 },
        blosc("lz4", Shuffle::Byte),
        blosc("zstd", Shuffle::Bit),
        blosc("zlib", Shuffle::None),
        Compressor::Gzip { level: 6 },
    ];
    let mut layouts = Vec::new();
    for compressor in both {
        let plain = NewArray { compressor, ..base.clone() };
        let shards = chunks.iter().map(|chunk| chunk * 2).collect();
        layouts.push((Format::V2, plain.clone()));
        layouts.push((Format::V3, plain.clone()));
        layouts.push((Format::V3, NewArray { shard_shape: Some(shards), ..plain }));
    }
    for compressor in
        [Compressor::Zlib { level: 6 }, Compressor::Lz4 { acceleration: 1 }, Compressor::Lzma { preset: 1 }]
    {
        layouts.push((Format::V2, NewArray { compressor, ..base.clone() }));
    }
    layouts.push((Format::V2, NewArray { fortran_order: true, separator: Some('/'), ..base.clone() }));
    layouts.push((Format::V2, NewArray { delta: !number.is_complex(), ..base.clone() }));
    layouts.push((Format::V3, NewArray { separator: Some('.'), ..base }));
    layouts
}

#[test]
fn random_windows_equal_an_array_in_memory_in_every_layout() {
    let shape = [7u64, 10, 9];
    let mut random = Random(3);
    for (format, mut new) in layouts(NumericType::Int32, &shape, &[2, 5, 3]) {
        new.fill = Some((-7i32).to_ne_bytes().to_vec());
        let store = store();
        let call = store.call();
        let editor = Editor::create(&store, format).unwrap();
        let array = editor.create_array("/", &new).unwrap();
        editor.flush(call).unwrap();
        let old = reopened(&store).open_array(call, "u").unwrap().unwrap();
        let mut model = vec![-7i32; 630];
        for _ in 0..60 {
            let mut selection = Vec::new();
            let mut along: Vec<Vec<u64>> = Vec::new();
            for &extent in &shape {
                let start = random.below(extent);
                let step = [1, -1, 2, -3, 1, 1][random.below(6) as usize];
                let room = if step > 0 { extent - 1 - start } else { start };
                let count = 1 + random.below(room / i64::unsigned_abs(step) + 1);
                selection.push(AxisSelection::Strided { start, count: count as usize, step });
                along.push((0..count as i64).map(|index| (start as i64 + index * step) as u64).collect());
            }
            let counts: Vec<usize> = along.iter().map(Vec::len).collect();
            let values: Vec<f64> = (0..counts.iter().product()).map(|_| random.below(1000) as f64).collect();
            array.write(call, &selection, Input::from_slice(&values, &counts).unwrap()).unwrap();
            let mut values = values.into_iter();
            for &t in &along[0] {
                for &z in &along[1] {
                    for &x in &along[2] {
                        model[((t * 10 + z) * 9 + x) as usize] = values.next().unwrap() as i32;
                    }
                }
            }
            assert_eq!(array.read_vec::<i32>(call, &all(&array)).unwrap(), model, "{format:?} {new:?}");
            assert_eq!(old.read_vec::<i32>(call, &all(&old)).unwrap(), model, "old handle, {format:?} {new:?}");
        }
        let found = reopened(&store).open_array(call, "u").unwrap().unwrap();
        assert_eq!(found.read_vec::<i32>(call, &all(&found)).unwrap(), model, "{format:?} {new:?}");
        assert_eq!(found.nodata(), Some(&(-7i32).to_ne_bytes()[..]));
    }
}

#[test]
fn what_is_created_is_found_in_both_formats() {
    for format in [Format::V2, Format::V3] {
        let store = store();
        let call = store.call();
        let editor = Editor::create(&store, format).unwrap();
        editor.set_attribute("/", "title", Some(json!("t"))).unwrap();
        editor.create_group("/g").unwrap();
        editor.create_group("/g/h").unwrap();
        let mut new = numeric("u", NumericType::Float32, &[4, 6], &[2, 3]);
        new.attributes.insert("units".into(), json!("K"));
        let array = editor.create_array("/g/h", &new).unwrap();
        array.write(call, &all(&array), Input::from_slice(&[1.5f32; 24], &[4, 6]).unwrap()).unwrap();
        assert!(open(&VsiStore::new(store.path(), call)).unwrap().is_none(), "nothing before the flush");
        editor.flush(call).unwrap();
        let root = reopened(&store);
        assert!(root.is_consolidated());
        assert_eq!(Value::Object(root.attributes().clone()), json!({"title": "t"}));
        let h = root.open_group(call, "g").unwrap().unwrap().open_group(call, "h").unwrap().unwrap();
        let found = h.open_array(call, "u").unwrap().unwrap();
        assert_eq!((found.unit(), found.dimensions()[1].name.as_str()), ("K", "z"));
        assert_eq!(found.read_vec::<f32>(call, &all(&found)).unwrap(), [1.5; 24]);
        for bad in ["", "..", "a/b", "zarr.json", ".zattrs"] {
            assert!(editor.create_array("/g/h", &NewArray { name: bad.into(), ..new.clone() }).is_err(), "{bad}");
        }
        assert!(editor.create_array("/g/h", &new).unwrap_err().to_string().contains("already"));
        assert!(editor.create_group("/none/x").is_err());
    }
}

#[test]
fn arrays_without_axes_and_without_elements() {
    for format in [Format::V2, Format::V3] {
        let store = store();
        let call = store.call();
        let editor = Editor::create(&store, format).unwrap();
        let scalar = editor.create_array("/", &numeric("scalar", NumericType::Int16, &[], &[])).unwrap();
        scalar.write(call, &[], Input::from_slice(&[7.6f64], &[]).unwrap()).unwrap();
        let empty = editor.create_array("/", &numeric("empty", NumericType::Int16, &[0, 3], &[1, 3])).unwrap();
        empty.write(call, &all(&empty), Input::from_slice::<i16>(&[], &[0, 3]).unwrap()).unwrap();
        editor.resize(call, "/empty", &[2, 3]).unwrap();
        editor.flush(call).unwrap();
        let root = reopened(&store);
        let found = root.open_array(call, "scalar").unwrap().unwrap();
        assert_eq!(found.read_vec::<i16>(call, &[]).unwrap(), [8], "GDAL rounds");
        let found = root.open_array(call, "empty").unwrap().unwrap();
        assert_eq!(found.read_vec::<i16>(call, &all(&found)).unwrap(), [0; 6]);
    }
}
