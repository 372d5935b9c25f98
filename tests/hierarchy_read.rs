//! Values: stores written by hand into memory, read in every way, against what was written.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gdal_dggs::error::Kind;
use gdal_dggs::hierarchy::{Array, AxisSelection, DataType, Group, Node, looks_like_zarr, open};
use gdal_dggs::store::{Call, NumericType, Target, VsiStore, host};
use serde_json::{Value, json};

fn store() -> VsiStore {
    static COUNTER: AtomicUsize = AtomicUsize::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    VsiStore::new(&format!("/vsimem/hierarchy-read-{}-{number}", std::process::id()), &Call::capture())
}

fn put(store: &VsiStore, key: &str, json: &Value) {
    store.write(key, json.to_string().as_bytes()).unwrap();
}

fn array(store: &VsiStore) -> Arc<Array> {
    match open(store).unwrap() {
        Some(Node::Array(array)) => array,
        other => panic!("{other:?}"),
    }
}

fn group(store: &VsiStore) -> Arc<Group> {
    match open(store).unwrap() {
        Some(Node::Group(group)) => group,
        other => panic!("{other:?}"),
    }
}

fn all(array: &Array) -> Vec<AxisSelection<'static>> {
    array.shape().iter().map(|&extent| AxisSelection::all(extent).unwrap()).collect()
}

fn v2(dtype: &str, shape: &[u64], chunks: &[u64]) -> Value {
    json!({"zarr_format": 2, "shape": shape, "chunks": chunks, "dtype": dtype, "compressor": null, "fill_value": null,
           "order": "C", "filters": null})
}

fn v3(data_type: &Value, shape: &[u64], chunks: &[u64]) -> Value {
    json!({"zarr_format": 3, "node_type": "array", "shape": shape, "data_type": data_type, "fill_value": 0,
           "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunks}},
           "chunk_key_encoding": {"name": "default"},
           "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}], "attributes": {}})
}

/// The number at a position of the test arrays.
fn value(position: &[u64]) -> i32 {
    position.iter().fold(7, |value, &index| value * 31 + index as i32)
}

/// Writes every chunk of an array of i32, with `bytes` making the bytes of a number.
fn fill(store: &VsiStore, shape: &[u64], chunks: &[u64], fortran: bool, key: &dyn Fn(&[u64]) -> String, bytes: &dyn Fn(i32) -> [u8; 4]) {
    let grid: Vec<u64> = shape.iter().zip(chunks).map(|(s, c)| s.div_ceil(*c)).collect();
    for chunk in positions(&grid) {
        let mut data = Vec::new();
        let mut inside = positions(chunks);
        if fortran {
            inside.sort_by_key(|position| position.iter().rev().copied().collect::<Vec<_>>());
        }
        for within in inside {
            let position: Vec<u64> = (0..shape.len()).map(|axis| chunk[axis] * chunks[axis] + within[axis]).collect();
            data.extend(bytes(value(&position)));
        }
        store.write(&key(&chunk), &data).unwrap();
    }
}

fn positions(shape: &[u64]) -> Vec<Vec<u64>> {
    shape.iter().fold(vec![Vec::new()], |heads, &extent| {
        heads.iter().flat_map(|head| (0..extent).map(|index| [head.as_slice(), &[index]].concat())).collect()
    })
}

fn expected(shape: &[u64]) -> Vec<i32> {
    positions(shape).iter().map(|position| value(position)).collect()
}

fn dotted(chunk: &[u64]) -> String {
    chunk.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}

/// A small generator of numbers; the tests need no better one.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

#[test]
fn orders_and_separators() {
    let (shape, chunks) = ([7, 10, 5], [3, 4, 5]);
    for big in [false, true] {
        for fortran in [false, true] {
            for separator in [".", "/"] {
                let store = store();
                let mut metadata = v2(if big { ">i4" } else { "<i4" }, &shape, &chunks);
                metadata["order"] = json!(if fortran { "F" } else { "C" });
                metadata["dimension_separator"] = json!(separator);
                put(&store, ".zarray", &metadata);
                let key = |chunk: &[u64]| dotted(chunk).replace('.', separator);
                fill(&store, &shape, &chunks, fortran, &key, &|v| if big { v.to_be_bytes() } else { v.to_le_bytes() });
                let array = array(&store);
                let call = Call::capture();
                assert_eq!(array.read_vec::<i32>(&call, &all(&array)).unwrap(), expected(&shape));
            }
        }
    }
}

#[test]
fn a_thousand_random_regions_equal_the_full_read() {
    let (shape, chunks) = ([13, 40, 6], [5, 8, 6]);
    let store = store();
    put(&store, "zarr.json", &v3(&json!("int32"), &shape, &chunks));
    let key = |chunk: &[u64]| format!("c/{}", dotted(chunk).replace('.', "/"));
    fill(&store, &shape, &chunks, false, &key, &i32::to_le_bytes);
    let array = array(&store);
    let call = Call::capture();
    let mut random = Random(1);
    for _ in 0..1000 {
        let lists: Vec<Vec<u64>> = (shape.iter())
            .map(|&extent| {
                let mut list: Vec<u64> = (0..random.below(6)).map(|_| random.below(extent)).collect();
                list.sort_unstable();
                list
            })
            .collect();
        let mut wanted = vec![Vec::new()];
        let mut selection = Vec::new();
        for (&extent, list) in shape.iter().zip(&lists) {
            let along: Vec<u64> = if list.is_empty() {
                let start = random.below(extent);
                let step = [1, -1, 2, -3, 5, -7][random.below(6) as usize];
                let room = if step > 0 { extent - 1 - start } else { start };
                let count = 1 + random.below(room / i64::unsigned_abs(step) + 1);
                selection.push(AxisSelection::Strided { start, count: count as usize, step });
                (0..count as i64).map(|index| (start as i64 + index * step) as u64).collect()
            } else {
                selection.push(AxisSelection::List(list));
                list.clone()
            };
            wanted = wanted.iter().flat_map(|head| along.iter().map(|&i| [head.as_slice(), &[i]].concat())).collect();
        }
        let wanted: Vec<f64> = wanted.iter().map(|position| f64::from(value(position))).collect();
        assert_eq!(array.read_vec::<f64>(&call, &selection).unwrap(), wanted, "{selection:?}");
    }
}

#[test]
fn a_transposed_target_gets_the_transpose() {
    let (shape, chunks) = ([9, 11], [4, 4]);
    let store = store();
    put(&store, ".zarray", &v2("<i4", &shape, &chunks));
    fill(&store, &shape, &chunks, false, &|chunk| dotted(chunk), &i32::to_le_bytes);
    let array = array(&store);
    let mut memory = vec![0i32; 99];
    // positions along the first axis are neighbours
    let pointer = memory.as_mut_ptr().cast();
    #[expect(unsafe_code, reason = "the test's own memory")]
    // SAFETY: 9 x 11 elements of the vector, which nothing else touches.
    let target = unsafe { Target::new(pointer, NumericType::Int32, &[9, 11], &[4, 36]) }.unwrap();
    array.read(&Call::capture(), &all(&array), target).unwrap();
    let full = expected(&shape);
    (0..9).for_each(|i| (0..11).for_each(|j| assert_eq!(memory[j * 9 + i], full[i * 11 + j])));
}

#[test]
fn shards_with_holes() {
    let store = store();
    let mut metadata = v3(&json!("int16"), &[8], &[4]);
    metadata["fill_value"] = json!(-3);
    metadata["codecs"] = json!([{"name": "sharding_indexed", "configuration": {
        "chunk_shape": [2], "index_location": "end",
        "codecs": [{"name": "bytes", "configuration": {"endian": "big"}}],
        "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]}}]);
    put(&store, "zarr.json", &metadata);
    let index: [u64; 4] = [u64::MAX, u64::MAX, 0, 4];
    let mut shard = vec![0, 5, 0, 6];
    shard.extend(index.iter().flat_map(|number| number.to_le_bytes()));
    store.write("c/1", &shard).unwrap();
    let array = array(&store);
    let call = Call::capture();
    assert_eq!((array.block_size(), array.read_chunk_shape()), (&[4][..], &[2][..]));
    assert_eq!(array.read_vec::<i16>(&call, &all(&array)).unwrap(), [-3, -3, -3, -3, -3, -3, 5, 6]);
    assert_eq!(array.nodata(), Some(&(-3i16).to_ne_bytes()[..]));
    // an index that points outside
    shard[20..28].copy_from_slice(&1000u64.to_le_bytes());
    store.write("c/1", &shard).unwrap();
    let error = self::array(&store).read_vec::<i16>(&call, &[AxisSelection::all(8).unwrap()]).unwrap_err();
    assert!(error.to_string().contains("chunk c/1"), "{error}");
}

#[test]
fn absent_chunks_are_the_fill_value_and_errors_name_the_chunk() {
    let store = store();
    let mut metadata = v2("<f4", &[4, 4], &[2, 2]);
    metadata["fill_value"] = json!("NaN");
    put(&store, "g/.zgroup", &json!({"zarr_format": 2}));
    put(&store, "g/u/.zarray", &metadata);
    store.write("g/u/1.0", &[0; 15]).unwrap();
    let group = group(&VsiStore::new(&store.path_of("g"), store.call()));
    let call = Call::capture();
    let array = group.open_array(&call, "u").unwrap().unwrap();
    let top = [AxisSelection::Strided { start: 1, count: 2, step: -1 }, AxisSelection::all(4).unwrap()];
    assert!(array.read_vec::<f64>(&call, &top).unwrap().iter().all(|value| value.is_nan()));
    let error = array.read_vec::<f32>(&call, &all(&array)).unwrap_err();
    assert_eq!(error.kind(), Kind::Corrupt);
    assert!(error.to_string().starts_with("array /u: chunk 1.0: "), "{error}");
}

#[test]
fn texts_structures_and_times() {
    let call = Call::capture();
    let fixed = store();
    put(&fixed, ".zarray", &v2("|S3", &[3], &[2]));
    fixed.write("0", b"ab\0xyz").unwrap();
    let texts = array(&fixed);
    assert_eq!(texts.data_type(), &DataType::Text { max_length: 3 });
    let read = texts.read_texts(&call, &[AxisSelection::Strided { start: 2, count: 3, step: -1 }]).unwrap();
    assert_eq!(read, [None, Some("xyz".to_string()), Some("ab".to_string())]);

    let compound = store();
    let mut metadata = v2("", &[2], &[2]);
    metadata["dtype"] = json!([["a", "|u1"], ["b", ">f8"], ["c", "<i2"]]);
    put(&compound, ".zarray", &metadata);
    let stored = [&[1][..], &2.5f64.to_be_bytes(), &3i16.to_le_bytes(), &[4], &5.5f64.to_be_bytes(), &6i16.to_le_bytes()];
    compound.write("0", &stored.concat()).unwrap();
    let structures = array(&compound);
    let DataType::Compound { size: 24, fields, .. } = structures.data_type() else { panic!("{:?}", structures.data_type()) };
    assert_eq!(fields.iter().map(|field| field.offset).collect::<Vec<_>>(), [0, 8, 16]);
    let bytes = structures.read_compounds(&call, &all(&structures)).unwrap();
    assert_eq!((bytes[24], &bytes[32..40], &bytes[40..42]), (4, &5.5f64.to_ne_bytes()[..], &6i16.to_ne_bytes()[..]));

    let times = store();
    put(&times, ".zarray", &v2("<M8[s]", &[1], &[1]));
    let times = array(&times);
    assert_eq!(times.data_type(), &DataType::Numeric(NumericType::Int64));
    assert_eq!(times.unit(), "seconds since 1970-01-01T00:00:00");
    assert_eq!(times.nodata(), Some(&i64::MIN.to_ne_bytes()[..]));

    let bytes = store();
    put(&bytes, ".zarray", &v2("|i1", &[2], &[2]));
    bytes.write("0", &[0xff, 5]).unwrap();
    let bytes = array(&bytes);
    let shown = if host().has_int8 { NumericType::Int8 } else { NumericType::Int16 };
    assert_eq!(bytes.data_type(), &DataType::Numeric(shown));
    assert_eq!(bytes.read_vec::<f32>(&call, &all(&bytes)).unwrap(), [-1.0, 5.0]);
}

#[test]
fn attributes_with_a_meaning_are_taken_out() {
    let store = store();
    put(&store, ".zarray", &v2("<i2", &[2], &[2]));
    put(&store, ".zattrs", &json!({"_ARRAY_DIMENSIONS": ["time"], "units": "K", "scale_factor": 0.5, "add_offset": 10,
        "_FillValue": -9, "long_name": "air", "_nczarr_array": {}}));
    let array = array(&store);
    assert_eq!((array.unit(), array.scale(), array.offset()), ("K", Some(0.5), Some(10.0)));
    assert_eq!(array.nodata(), Some(&(-9i16).to_ne_bytes()[..]));
    assert_eq!(Value::Object(array.attributes().clone()), json!({"long_name": "air"}));
    assert_eq!(array.raw_attributes().len(), 7);
    assert_eq!((array.dimensions()[0].name.as_str(), array.dimensions()[0].is_given), ("time", true));
}

#[test]
fn consolidated_stores_of_both_versions() {
    let call = Call::capture();
    let old = store();
    put(&old, ".zmetadata", &json!({"zarr_consolidated_format": 1, "metadata": {
        ".zgroup": {"zarr_format": 2}, ".zattrs": {"title": "t"},
        "z/.zarray": v2("<i4", &[2], &[2]), "z/.zattrs": {"_ARRAY_DIMENSIONS": ["x"]},
        "a/b/.zarray": v2("<i4", &[2], &[2]), "../evil/.zarray": v2("<i4", &[2], &[2])}}));
    let new = store();
    let mut root = json!({"zarr_format": 3, "node_type": "group", "attributes": {"title": "t"}});
    root["consolidated_metadata"] = json!({"kind": "inline", "must_understand": false, "metadata": {
        "z": v3(&json!("int32"), &[2], &[2]), "a": {"zarr_format": 3, "node_type": "group"},
        "a/b": v3(&json!("int32"), &[2], &[2])}});
    put(&new, "zarr.json", &root);
    for store in [old, new] {
        assert!(looks_like_zarr(&store));
        let root = group(&store);
        assert!(root.is_consolidated());
        assert_eq!(root.attributes()["title"], "t");
        assert_eq!(root.array_names(&call).unwrap(), ["z"]);
        assert_eq!(root.group_names(&call).unwrap(), ["a"]);
        let inner = root.open_group(&call, "a").unwrap().unwrap();
        assert_eq!(inner.open_array(&call, "b").unwrap().unwrap().full_name(), "/a/b");
        assert!(root.open_array(&call, "none").unwrap().is_none());
        assert!(root.open_array(&call, "a").unwrap().is_none());
    }
}

#[test]
fn listed_stores_show_what_is_there() {
    let call = Call::capture();
    let store = store();
    put(&store, ".zgroup", &json!({"zarr_format": 2}));
    put(&store, "b/.zarray", &v2("<i4", &[2], &[2]));
    put(&store, "a/.zarray", &json!("nonsense"));
    put(&store, "g/.zgroup", &json!({"zarr_format": 2}));
    store.write("plain/readme.txt", b"hello").unwrap();
    let root = group(&store);
    assert_eq!(root.array_names(&call).unwrap(), ["a", "b"]);
    assert_eq!(root.group_names(&call).unwrap(), ["g"]);
    assert!(root.open_array(&call, "a").unwrap_err().to_string().starts_with("array /a: "));
    assert!(open(&VsiStore::new(&store.path_of("plain"), &call)).unwrap().is_none());
    assert!(!looks_like_zarr(&VsiStore::new(&store.path_of("plain"), &call)));
    for name in ["", "..", ".", "a/b"] {
        assert!(root.open_array(&call, name).unwrap().is_none());
    }
}

#[test]
fn advised_chunks_are_not_read_again() {
    let (shape, chunks) = ([6, 6], [2, 3]);
    let store = store();
    put(&store, ".zarray", &v2("<i4", &shape, &chunks));
    fill(&store, &shape, &chunks, false, &|chunk| dotted(chunk), &i32::to_le_bytes);
    let array = array(&store);
    let call = Call::capture();
    array.advise(&call, &all(&array), 0).unwrap();
    for chunk in positions(&[3, 2]) {
        store.delete(&dotted(&chunk)).unwrap();
    }
    assert_eq!(array.read_vec::<i32>(&call, &all(&array)).unwrap(), expected(&shape));
}
