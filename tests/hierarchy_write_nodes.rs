//! Changing a store: resizing, renaming, deleting, attributes, consolidated metadata, what others wrote, and faults.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gdal_dggs::error::Kind;
use gdal_dggs::hierarchy::{
    Array, AxisSelection, Compressor, DataType, Editor, Format, Group, NewArray, Node, OpenShards, open,
};
use gdal_dggs::store::{Call, Input, NumericType, VsiStore};
use serde_json::{Value, json};

fn store() -> VsiStore {
    static COUNTER: AtomicUsize = AtomicUsize::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    VsiStore::new(&format!("/vsimem/hierarchy-write-nodes-{}-{number}", std::process::id()), &Call::capture())
}

fn reopened(store: &VsiStore) -> Arc<Group> {
    match open(&VsiStore::new(store.path(), store.call())).unwrap() {
        Some(Node::Group(group)) => group,
        other => panic!("{other:?}"),
    }
}

fn read(store: &VsiStore, key: &str) -> Value {
    serde_json::from_slice(&store.read(key).unwrap().unwrap_or_else(|| panic!("{key}"))).unwrap()
}

fn new(name: &str, shape: &[u64], chunks: &[u64]) -> NewArray {
    let names = ["t", "x", "y"][..shape.len()].iter().map(|name| (*name).to_string()).collect();
    let int = DataType::Numeric(NumericType::Int32);
    NewArray {
        fill: Some((-1i32).to_ne_bytes().to_vec()),
        ..NewArray::new(name, int, names, shape.to_vec(), chunks.to_vec())
    }
}

/// One array in each kind of storage.
fn layouts(shape: &[u64], chunks: &[u64]) -> Vec<(Format, NewArray)> {
    let plain = new("u", shape, chunks);
    let sharded = NewArray { shard_shape: Some(chunks.iter().map(|chunk| chunk * 2).collect()), ..plain.clone() };
    vec![
        (Format::V2, plain.clone()),
        (Format::V2, NewArray { separator: Some('/'), ..plain.clone() }),
        (Format::V3, plain.clone()),
        (Format::V3, NewArray { separator: Some('.'), ..plain }),
        (Format::V3, sharded),
    ]
}

fn all(array: &Array) -> Vec<AxisSelection<'static>> {
    array.shape().iter().map(|&extent| AxisSelection::all(extent).unwrap()).collect()
}

fn write_all(array: &Array, values: &[i32]) {
    let counts: Vec<usize> = array.shape().iter().map(|&extent| extent as usize).collect();
    array.write(&Call::capture(), &all(array), Input::from_slice(values, &counts).unwrap()).unwrap();
}

fn read_all(array: &Array) -> Vec<i32> {
    array.read_vec(&Call::capture(), &all(array)).unwrap()
}

/// Keys of all files below `key`.
fn files(store: &VsiStore, key: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in store.list(key).unwrap() {
        let below = format!("{key}/{}", entry.name).trim_start_matches('/').to_string();
        match entry.is_folder {
            true => found.extend(files(store, &below)),
            false => found.push(below),
        }
    }
    found
}

fn chunk_files(store: &VsiStore, key: &str) -> usize {
    let is_metadata = |file: &String| file.ends_with("zarr.json") || file.rsplit('/').next().unwrap().starts_with('.');
    files(store, key).iter().filter(|file| !is_metadata(file)).count()
}

#[test]
fn an_array_that_shrinks_forgets_and_one_that_grows_is_filled() {
    for (format, new) in layouts(&[5, 7], &[2, 3]) {
        let store = store();
        let call = store.call();
        let editor = Editor::create(&store, format).unwrap();
        let array = editor.create_array("/", &new).unwrap();
        editor.flush(call).unwrap();
        let values: Vec<i32> = (0..35).collect();
        write_all(&array, &values);
        let before = chunk_files(&store, "u");
        editor.resize(call, "/u", &[3, 4]).unwrap();
        assert!(chunk_files(&store, "u") < before, "{format:?}");
        editor.resize(call, "/u", &[6, 8]).unwrap();
        editor.flush(call).unwrap();
        let expected = (0..6).flat_map(|t| (0..8).map(move |x| (t, x))).map(|(t, x)| match t < 3 && x < 4 {
            true => t * 7 + x,
            false => -1,
        });
        let expected: Vec<i32> = expected.collect();
        for found in [editor.array("/u").unwrap(), reopened(&store).open_array(call, "u").unwrap().unwrap()] {
            assert_eq!(read_all(&found), expected, "{format:?} {new:?}");
        }
        let error = array.write(call, &all(&array), Input::from_slice(&values, &[5, 7]).unwrap()).unwrap_err();
        assert!(error.to_string().contains("open it again"), "{error}");
        editor.resize(call, "/u", &[0, 8]).unwrap();
        assert_eq!(chunk_files(&store, "u"), 0);
        assert!(editor.resize(call, "/u", &[1]).is_err());
        assert_eq!(editor.resize(call, "/none", &[1]).unwrap_err().kind(), Kind::NotFound);
    }
}

#[test]
fn chunks_of_fill_are_not_stored_and_stored_ones_are_deleted() {
    for (format, new) in layouts(&[4, 6], &[2, 3]) {
        let store = store();
        let call = store.call();
        let editor = Editor::create(&store, format).unwrap();
        let array = editor.create_array("/", &new).unwrap();
        write_all(&array, &[-1; 24]);
        assert_eq!(chunk_files(&store, "u"), 0);
        write_all(&array, &[5; 24]);
        let full = chunk_files(&store, "u");
        assert_eq!(full, if new.shard_shape.is_some() { 1 } else { 4 });
        let corner = [2, 3].map(|count| AxisSelection::Strided { start: 0, count, step: 1 });
        array
            .write(call, &corner, Input::repeated(&(-1i32).to_ne_bytes(), NumericType::Int32, &[2, 3]).unwrap())
            .unwrap();
        assert_eq!(chunk_files(&store, "u"), if new.shard_shape.is_some() { 1 } else { full - 1 });
        write_all(&array, &[-1; 24]);
        assert_eq!(chunk_files(&store, "u"), 0);
        // without a fill value nothing says what a missing chunk is
        let bare = NewArray { fill: None, name: "bare".into(), ..new };
        let bare_array = editor.create_array("/", &bare).unwrap();
        write_all(&bare_array, &[0; 24]);
        assert_eq!(chunk_files(&store, "bare") > 0, format == Format::V2);
    }
}

#[test]
fn other_chunks_of_a_shard_keep_their_bytes() {
    let store = store();
    let call = store.call();
    let editor = Editor::create(&store, Format::V3).unwrap();
    let sharded = NewArray { shard_shape: Some(vec![8]), compressor: Compressor::None, ..new("u", &[8], &[2]) };
    let array = editor.create_array("/", &sharded).unwrap();
    write_all(&array, &[1, 2, 3, 4, 5, 6, 7, 8]);
    // an inner chunk of another writer that no codec of ours would encode so: it is too long
    let mut shard = store.read("u/c/0").unwrap().unwrap();
    let old_index = shard.split_off(32);
    assert_eq!(old_index.len(), 4 * 16 + 4);
    array
        .write(
            call,
            &[AxisSelection::Strided { start: 3, count: 1, step: 1 }],
            Input::from_slice(&[40i64], &[1]).unwrap(),
        )
        .unwrap();
    let changed = store.read("u/c/0").unwrap().unwrap();
    assert_eq!(changed[..8], shard[..8]);
    assert_eq!(changed[16..32], shard[16..32]);
    assert_eq!(read_all(&array), [1, 2, 3, 40, 5, 6, 7, 8]);
    // a damaged shard is not replaced by one that lacks what it held
    let cut = &changed[..changed.len() - 1];
    store.write("u/c/0", cut).unwrap();
    let one = [AxisSelection::Strided { start: 0, count: 1, step: 1 }];
    let error = array.write(call, &one, Input::from_slice(&[0i32], &[1]).unwrap()).unwrap_err();
    assert!(error.to_string().starts_with("array /u: chunk c/0: "), "{error}");
    assert_eq!(store.read("u/c/0").unwrap().unwrap(), cut);
}

#[test]
fn a_shard_that_comes_in_parts_from_several_threads_is_the_one_that_comes_at_once() {
    // Shards of 2 x 3 chunks, at the ends cut by the array; some chunks, and a whole shard, of nothing but fill.
    let (shape, chunk, extents) = ([21u64, 34], [4u64, 5], [8u64, 15]);
    let values: Vec<i32> = (0..21 * 34)
        .map(|at| if at / 34 < 8 && at % 34 < 15 || at / 34 / 4 == at % 34 / 5 { -1 } else { at * at })
        .collect();
    let store = store();
    let editor = Editor::create(&store, Format::V3).unwrap();
    let made = |name: &str| {
        let sharded = NewArray { shard_shape: Some(extents.to_vec()), ..new(name, &shape, &chunk) };
        editor.create_array("/", &sharded).unwrap()
    };
    let (once, parts) = (made("once"), made("parts"));
    write_all(&once, &values);
    let open = OpenShards::default();
    let write = |row: u64, column: u64, counts: [u64; 2]| {
        let axes = [(row, counts[0].min(21 - row)), (column, counts[1].min(34 - column))];
        let selection = axes.map(|(start, count)| AxisSelection::Strided { start, count: count as usize, step: 1 });
        let part: Vec<i32> = (axes[0].0..axes[0].0 + axes[0].1)
            .flat_map(|row| (axes[1].0..axes[1].0 + axes[1].1).map(move |column| (row * 34 + column) as usize))
            .map(|at| values[at])
            .collect();
        let input = Input::from_slice(&part, &axes.map(|(_, count)| count as usize)).unwrap();
        parts.write_part(&Call::capture(), &selection, input, &open)
    };
    let error = write(0, 0, [4, 4]).unwrap_err();
    assert!(error.to_string().contains("whole chunks"), "{error}");
    let last = (20, 30);
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let write = &write;
            scope.spawn(move || {
                // Bands of chunks, of two each: some lie in two shards.
                for row in (0..6).map(|at| at * 4) {
                    for (number, column) in [0, 10, 20, 30].into_iter().enumerate() {
                        if (row as usize / 4 + number) % 3 == thread && (row, column) != last {
                            write(row, column, [4, 10]).unwrap();
                        }
                    }
                }
            });
        }
    });
    let files_of = |array: &str| -> Vec<(String, Vec<u8>)> {
        let files = files(&store, array).into_iter().filter(|file| file.contains("/c/"));
        files.map(|file| (file[array.len()..].to_owned(), store.read(&file).unwrap().unwrap())).collect()
    };
    assert_eq!(files_of("once").len(), 3 * 3 - 1);
    assert_eq!(files_of("parts").len(), 3 * 3 - 2, "a shard that lacks a chunk is not written");
    write(last.0, last.1, [4, 10]).unwrap();
    assert_eq!(files_of("parts"), files_of("once"));
    assert_eq!(read_all(&parts), values);
}

#[test]
fn nodes_are_renamed_and_deleted_in_the_store_too() {
    for format in [Format::V2, Format::V3] {
        let store = store();
        let call = store.call();
        let editor = Editor::create(&store, format).unwrap();
        editor.create_group("/g").unwrap();
        let array = editor.create_array("/g", &new("u", &[4], &[2])).unwrap();
        write_all(&array, &[1, 2, 3, 4]);
        // before anything is flushed, after, and the group around it
        editor.rename(call, "/g/u", "v").unwrap();
        editor.flush(call).unwrap();
        editor.rename(call, "/g/v", "w").unwrap();
        editor.rename(call, "/g", "h").unwrap();
        for error in [
            editor.rename(call, "/", "x").unwrap_err(),
            editor.rename(call, "/h/w", "a/b").unwrap_err(),
            editor.rename(call, "/g", "x").unwrap_err(),
        ] {
            assert!(error.to_string().starts_with("renaming "), "{error}");
        }
        let root = reopened(&store);
        assert_eq!((root.group_names(call).unwrap(), root.array_names(call).unwrap()), (vec!["h".to_string()], vec![]));
        let found = root.open_group(call, "h").unwrap().unwrap().open_array(call, "w").unwrap().unwrap();
        assert_eq!(read_all(&found), [1, 2, 3, 4]);
        assert_eq!(read_all(&editor.array("/h/w").unwrap()), [1, 2, 3, 4]);
        editor.create_group("/other").unwrap();
        assert!(editor.rename(call, "/h", "other").unwrap_err().to_string().contains("already"));
        editor.delete(call, "/h").unwrap();
        assert_eq!(reopened(&store).group_names(call).unwrap(), ["other"]);
        assert!(files(&store, "").iter().all(|file| !file.contains("h/")), "{:?}", files(&store, ""));
        assert!(editor.delete(call, "/").is_err());
        assert_eq!(editor.delete(call, "/h").unwrap_err().kind(), Kind::NotFound);
        // the name is free again, and nothing of the old one comes back
        editor.create_group("/h").unwrap();
        let array = editor.create_array("/h", &new("w", &[4], &[2])).unwrap();
        assert_eq!(read_all(&array), [-1; 4]);
    }
}

#[test]
fn attributes_and_consolidated_metadata_are_in_step() {
    for format in [Format::V2, Format::V3] {
        let store = store();
        let call = store.call();
        let editor = Editor::create(&store, format).unwrap();
        editor.create_group("/g").unwrap();
        editor.create_array("/g", &new("u", &[4], &[2])).unwrap();
        editor.set_attribute("/g/u", "long_name", Some(json!("air"))).unwrap();
        editor.flush(call).unwrap();
        let editor = Editor::open(call, &VsiStore::new(store.path(), call)).unwrap().unwrap();
        editor.set_attribute("/g/u", "list", Some(json!([1, {"a": null}]))).unwrap();
        editor.set_attribute("/g/u", "long_name", None).unwrap();
        editor.set_attribute("/g", "note", Some(json!(2.5))).unwrap();
        editor.flush(call).unwrap();
        let (alone, together) = match format {
            Format::V2 => {
                let all = read(&store, ".zmetadata");
                (
                    [read(&store, "g/.zattrs"), read(&store, "g/u/.zattrs"), read(&store, "g/u/.zarray")],
                    ["g/.zattrs", "g/u/.zattrs", "g/u/.zarray"].map(|key| all["metadata"][key].clone()),
                )
            }
            Format::V3 => {
                let all = &read(&store, "zarr.json")["consolidated_metadata"]["metadata"];
                let (g, u) = (read(&store, "g/zarr.json"), read(&store, "g/u/zarr.json"));
                (
                    [g["attributes"].clone(), u["attributes"].clone(), u],
                    [all["g"]["attributes"].clone(), all["g/u"]["attributes"].clone(), all["g/u"].clone()],
                )
            }
        };
        assert_eq!(alone, together);
        assert_eq!(alone[0], json!({"note": 2.5}));
        assert_eq!(alone[1]["list"], json!([1, {"a": null}]));
        assert!(alone[1].get("long_name").is_none());
        assert!(editor.set_attribute("/none", "a", None).is_err());
    }
}

#[test]
fn what_is_not_changed_is_not_written_and_what_is_not_known_survives() {
    let store = store();
    let call = store.call();
    // not consolidated, with keys of some other program
    let text = |json: Value| json.to_string().into_bytes();
    let group = json!({"zarr_format": 3, "node_type": "group", "attributes": {"a": 1}, "made_by": {"x": [1, 2]}});
    let array = json!({"zarr_format": 3, "node_type": "array", "shape": [4], "data_type": "int16", "fill_value": 0,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2], "note": "kept"}},
        "chunk_key_encoding": {"name": "default"}, "codecs": [{"name": "bytes", "configuration": {"endian": "big"}}],
        "attributes": {"b": 2}, "extra": {"must_understand": false}});
    store.write("zarr.json", &text(group.clone())).unwrap();
    store.write("u/zarr.json", &text(array.clone())).unwrap();
    store.write("v/zarr.json", &text(array.clone())).unwrap();
    let editor = Editor::open(call, &store).unwrap().unwrap();
    let (u, v) = (editor.array("/u").unwrap(), editor.array("/v").unwrap());
    write_all(&u, &[1, 2, 3, 4]);
    write_all(&v, &[5, 6, 7, 8]);
    editor.flush(call).unwrap();
    assert_eq!(store.read("zarr.json").unwrap().unwrap(), text(group.clone()), "only chunks were written");
    assert_eq!(store.read("v/c/1").unwrap().unwrap(), [0, 7, 0, 8]);
    editor.set_attribute("/u", "c", Some(json!(3))).unwrap();
    editor.resize(call, "/u", &[6]).unwrap();
    editor.flush(call).unwrap();
    let mut expected = array.clone();
    expected["attributes"] = json!({"b": 2, "c": 3});
    expected["shape"] = json!([6]);
    assert_eq!(read(&store, "u/zarr.json"), expected);
    assert_eq!(store.read("v/zarr.json").unwrap().unwrap(), text(array));
    assert_eq!(store.read("zarr.json").unwrap().unwrap(), text(group), "it is not consolidated and shall not be");
    assert_eq!(read_all(&reopened(&store).open_array(call, "u").unwrap().unwrap()), [1, 2, 3, 4, 0, 0]);
}

#[test]
fn groups_with_consolidated_metadata_of_their_own_stay_in_step() {
    let store = store();
    let call = store.call();
    let empty = json!({"kind": "inline", "must_understand": false, "metadata": {}});
    let group = |consolidated: &Value| {
        let json =
            json!({"zarr_format": 3, "node_type": "group", "attributes": {}, "consolidated_metadata": consolidated});
        json.to_string().into_bytes()
    };
    store.write("zarr.json", &group(&Value::Null)).unwrap();
    store.write("g/zarr.json", &group(&empty)).unwrap();
    store.write("h/zarr.json", &group(&Value::Null)).unwrap();
    let editor = Editor::open(call, &store).unwrap().unwrap();
    editor.create_array("/g", &new("u", &[4], &[2])).unwrap();
    editor.create_array("/h", &new("v", &[4], &[2])).unwrap();
    editor.flush(call).unwrap();
    assert_eq!(read(&store, "g/zarr.json")["consolidated_metadata"]["metadata"]["u"]["shape"], json!([4]));
    assert!(read(&store, "zarr.json")["consolidated_metadata"].is_null());
    let g = reopened(&VsiStore::new(&store.path_of("g"), call));
    assert_eq!(g.array_names(call).unwrap(), ["u"]);
    // a store consolidated at its root says of the groups in it that they are empty; the groups must not say so
    store.delete_folder("").unwrap();
    let editor = Editor::create(&store, Format::V3).unwrap();
    editor.create_group("/g").unwrap();
    editor.create_array("/g", &new("u", &[4], &[2])).unwrap();
    editor.flush(call).unwrap();
    assert_eq!(read(&store, "zarr.json")["consolidated_metadata"]["metadata"]["g"]["consolidated_metadata"], empty);
    let editor = Editor::open(call, &VsiStore::new(store.path(), call)).unwrap().unwrap();
    editor.set_attribute("/g", "a", Some(json!(1))).unwrap();
    editor.flush(call).unwrap();
    assert!(read(&store, "g/zarr.json").get("consolidated_metadata").is_none());
    assert_eq!(reopened(&store).open_group(call, "g").unwrap().unwrap().array_names(call).unwrap(), ["u"]);
}

#[test]
fn creation_replaces_stores_and_empty_folders_and_nothing_else() {
    let folder = std::env::temp_dir().join(format!("dggs-create-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("full")).unwrap();
    std::fs::create_dir_all(folder.join("empty")).unwrap();
    std::fs::write(folder.join("full/readme.txt"), "mine").unwrap();
    std::fs::write(folder.join("file"), "mine").unwrap();
    let call = Call::capture();
    let at = |name: &str| VsiStore::new(folder.join(name).to_str().unwrap(), &call);
    for name in ["full", "file"] {
        let error = Editor::create(&at(name), Format::V3).unwrap_err();
        assert!(error.to_string().contains(&format!("{name}: there is a ")), "{error}");
    }
    assert_eq!(std::fs::read_to_string(folder.join("full/readme.txt")).unwrap(), "mine");
    for format in [Format::V2, Format::V3, Format::V2] {
        for name in ["empty", "new"] {
            let editor = Editor::create(&at(name), format).unwrap();
            let array = editor.create_array("/", &new("u", &[4], &[2])).unwrap();
            assert_eq!(read_all(&array), [-1; 4]);
            write_all(&array, &[1, 2, 3, 4]);
            editor.flush(&call).unwrap();
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_write_that_fails_leaves_the_old_chunk_and_says_where() {
    let folder = std::env::temp_dir().join(format!("dggs-fail-{}", std::process::id()));
    let call = Call::capture();
    let store = VsiStore::new(folder.to_str().unwrap(), &call);
    let editor = Editor::create(&store, Format::V3).unwrap();
    let array = editor.create_array("/", &new("u", &[4], &[2])).unwrap();
    write_all(&array, &[1, 2, 3, 4]);
    editor.flush(&call).unwrap();
    // a folder where the second chunk's file should go
    std::fs::remove_file(folder.join("u/c/1")).unwrap();
    std::fs::create_dir_all(folder.join("u/c/1/x")).unwrap();
    let error = array.write(&call, &all(&array), Input::from_slice(&[9i32; 4], &[4]).unwrap()).unwrap_err().to_string();
    assert!(error.starts_with("array /u: chunk c/1: ") && error.contains(folder.to_str().unwrap()), "{error}");
    // and one where metadata should go
    editor.create_group("/g").unwrap();
    std::fs::create_dir_all(folder.join("g/zarr.json/x")).unwrap();
    let root = std::fs::read(folder.join("zarr.json")).unwrap();
    assert!(editor.flush(&call).unwrap_err().to_string().contains("g/zarr.json"));
    assert_eq!(std::fs::read(folder.join("zarr.json")).unwrap(), root, "the root comes after what is in it");
    std::fs::remove_dir_all(folder.join("g")).unwrap();
    editor.flush(&call).unwrap();
    assert_eq!(reopened(&store).group_names(&call).unwrap(), ["g"]);
    let is_partial = |file: &String| file.ends_with(".partial");
    assert!(!files(&store, "").iter().any(is_partial), "{:?}", files(&store, ""));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_a_killed_process_left_is_no_node_and_no_chunk() {
    for format in [Format::V2, Format::V3] {
        let store = store();
        let call = store.call();
        let editor = Editor::create(&store, format).unwrap();
        let array = editor.create_array("/", &NewArray { separator: Some('.'), ..new("u", &[8], &[2]) }).unwrap();
        write_all(&array, &[1; 8]);
        editor.flush(call).unwrap();
        for name in ["u/3.77-1.partial", "u/c.3.77-1.partial", "zarr.json.77-2.partial", ".zmetadata.77-3.partial"] {
            store.write(name, b"half").unwrap();
        }
        store.delete(if format == Format::V2 { ".zmetadata" } else { "none" }).unwrap();
        let root = reopened(&store);
        assert_eq!((root.array_names(call).unwrap(), root.group_names(call).unwrap()), (vec!["u".to_string()], vec![]));
        editor.resize(call, "/u", &[4]).unwrap();
        assert_eq!(read_all(&editor.array("/u").unwrap()), [1; 4]);
    }
}

#[test]
fn threads_that_write_to_the_same_chunks_lose_nothing() {
    for (format, new) in layouts(&[16, 24], &[4, 12]) {
        let store = store();
        let editor = Editor::create(&store, format).unwrap();
        let array = editor.create_array("/", &new).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4i32 {
                let array = &array;
                scope.spawn(move || {
                    let call = Call::capture();
                    // every fourth column: no chunk belongs to one thread
                    for column in (thread as u64..24).step_by(4) {
                        let selection = [
                            AxisSelection::all(16).unwrap(),
                            AxisSelection::Strided { start: column, count: 1, step: 1 },
                        ];
                        let values: Vec<i32> = (0..16).map(|row| row * 100 + column as i32).collect();
                        array.write(&call, &selection, Input::from_slice(&values, &[16, 1]).unwrap()).unwrap();
                    }
                });
            }
        });
        let expected: Vec<i32> = (0..16).flat_map(|row| (0..24).map(move |column| row * 100 + column)).collect();
        assert_eq!(read_all(&array), expected, "{format:?}");
    }
}

#[test]
fn nodata_marks_new_arrays_and_old_ones() {
    let nodata = f32::NAN.to_ne_bytes();
    for format in [Format::V2, Format::V3] {
        let store = store();
        let call = store.call();
        let editor = Editor::create(&store, format).unwrap();
        let float = DataType::Numeric(NumericType::Float32);
        editor.create_array("/", &NewArray::new("u", float, vec!["x".into()], vec![4], vec![2])).unwrap();
        editor.set_nodata("/u", Some(&nodata)).unwrap();
        editor.flush(call).unwrap();
        let found = reopened(&store).open_array(call, "u").unwrap().unwrap();
        assert_eq!(found.nodata(), Some(&nodata[..]));
        assert!(found.read_vec::<f32>(call, &all(&found)).unwrap().iter().all(|value| value.is_nan()));
        // later the elements that are not stored keep their value
        let editor = Editor::open(call, &store).unwrap().unwrap();
        editor.set_nodata("/u", Some(&9f32.to_ne_bytes())).unwrap();
        editor.flush(call).unwrap();
        let found = reopened(&store).open_array(call, "u").unwrap().unwrap();
        assert_eq!(found.nodata(), Some(&9f32.to_ne_bytes()[..]));
        assert!(found.read_vec::<f32>(call, &all(&found)).unwrap().iter().all(|value| value.is_nan()));
        editor.set_nodata("/u", Some(&nodata)).unwrap();
        editor.flush(call).unwrap();
        let found = reopened(&store).open_array(call, "u").unwrap().unwrap();
        assert!(f32::from_ne_bytes(found.nodata().unwrap().try_into().unwrap()).is_nan());
        assert!(editor.set_nodata("/", None).is_err());
    }
}

#[test]
fn arrays_opened_for_reading_are_not_written() {
    let store = store();
    let call = store.call();
    let editor = Editor::create(&store, Format::V2).unwrap();
    editor.create_array("/", &new("u", &[4], &[2])).unwrap();
    editor.flush(call).unwrap();
    let array = reopened(&store).open_array(call, "u").unwrap().unwrap();
    let error = array.write(call, &all(&array), Input::from_slice(&[1i32; 4], &[4]).unwrap()).unwrap_err();
    assert!(error.to_string().contains("reading only"), "{error}");
    let array = editor.array("/u").unwrap();
    for (selection, counts) in [
        (AxisSelection::Strided { start: 2, count: 3, step: 1 }, 3),
        (AxisSelection::Strided { start: 0, count: 4, step: 1 }, 3),
        (AxisSelection::List(&[1, 1]), 2),
    ] {
        assert!(array.write(call, &[selection], Input::from_slice(&vec![1i32; counts], &[counts]).unwrap()).is_err());
    }
    array.write(call, &[AxisSelection::List(&[0, 3])], Input::from_slice(&[7u8, 8], &[2]).unwrap()).unwrap();
    assert_eq!(read_all(&array), [7, -1, -1, 8]);
}

#[test]
fn numbers_that_json_does_not_know_stay_numbers_for_others() {
    let odd = r#"{"_ARRAY_DIMENSIONS": ["t"], "odd": [NaN, -Infinity, {"a": Infinity}], "text": "NaN"}"#;
    for format in [Format::V2, Format::V3] {
        let store = store();
        let call = store.call();
        let editor = Editor::create(&store, format).unwrap();
        for name in ["u", "v"] {
            let mut array = new(name, &[4], &[2]);
            array.attributes = serde_json::from_str(r#"{"odd": "!"}"#).unwrap();
            editor.create_array("/", &array).unwrap();
        }
        editor.flush(call).unwrap();
        drop(editor);
        for key in files(&store, "") {
            let text = String::from_utf8(store.read(&key).unwrap().unwrap()).unwrap();
            let odd = odd.split_once("\"odd\": ").unwrap().1.trim_end_matches('}');
            store.write(&key, text.replace("\"!\"", odd).as_bytes()).unwrap();
        }
        let editor = Editor::open(call, &store).unwrap().unwrap();
        assert_eq!(editor.attributes("/u").unwrap()["odd"], json!(["NaN", "-Infinity", {"a": "Infinity"}]));
        editor.set_attribute("/u", "title", Some("t".into())).unwrap();
        editor.set_attribute("/u", "text", Some("NaN".into())).unwrap();
        editor.flush(call).unwrap();
        let (root, node) = match format {
            Format::V2 => (".zmetadata", "u/.zattrs"),
            Format::V3 => ("zarr.json", "u/zarr.json"),
        };
        for (key, times) in [(root, 2), (node, 1)] {
            let text: String = String::from_utf8(store.read(key).unwrap().unwrap()).unwrap();
            let text: String = text.split_whitespace().collect();
            assert_eq!(text.matches(r#""odd":[NaN,-Infinity,{"a":Infinity}]"#).count(), times, "{key}: {text}");
            assert!(text.contains(r#""title":"t""#) && text.contains(r#""text":"NaN""#), "{key}: {text}");
        }
        let u = reopened(&store).open_array(call, "u").unwrap().unwrap();
        assert_eq!(u.attributes()["odd"], json!(["NaN", "-Infinity", {"a": "Infinity"}]));
    }
}

/// Chunks of ten, in shards of forty, as another process would leave them: chunk `n` holds ten times the `values[n]`.
fn write_shard(folder: &std::path::Path, values: [i32; 4]) {
    let path = folder.to_str().unwrap();
    let editor = Editor::create(&VsiStore::new(path, &Call::capture()), Format::V3).unwrap();
    let mut array = new("u", &[40], &[10]);
    array.shard_shape = Some(vec![40]);
    array.compressor = Compressor::None;
    let array = editor.create_array("/", &array).unwrap();
    write_all(&array, &values.map(|value| [value; 10]).concat());
    editor.flush(&Call::capture()).unwrap();
}

#[test]
fn a_shard_that_another_process_replaced_is_not_read_by_the_index_of_the_old_one() {
    let folder = std::env::temp_dir().join(format!("dggs-replaced-shard-{}", std::process::id()));
    let call = Call::capture();
    // where a chunk of nothing but fill is not stored, the others lie elsewhere
    let versions = [[1, 2, 3, 4], [-1, 12, 13, 14], [-1, -1, 23, -1], [31, 32, 33, 34]];
    for (number, values) in versions.into_iter().enumerate() {
        write_shard(&folder.join(number.to_string()), values);
    }
    let read_at = folder.join("read");
    write_shard(&read_at, versions[0]);
    let Some(Node::Group(group)) = open(&VsiStore::new(read_at.to_str().unwrap(), &call)).unwrap() else { panic!() };
    let u = group.open_array(&call, "u").unwrap().unwrap();
    let chunk = |number: u64| {
        let selection = AxisSelection::Strided { start: 10 * number, count: 10, step: 1 };
        u.read_vec::<i32>(&call, &[selection]).unwrap()
    };
    assert_eq!(chunk(1), [2; 10]);
    for (number, values) in versions.into_iter().enumerate().skip(1) {
        // not through this library, which would be told
        std::fs::rename(folder.join(number.to_string()).join("u/c/0"), read_at.join("u/c/0")).unwrap();
        assert_eq!(chunk(2), [values[2]; 10], "{values:?}");
        assert_eq!(chunk(1), [values[1]; 10], "{values:?}");
    }
    std::fs::remove_file(read_at.join("u/c/0")).unwrap();
    assert_eq!(chunk(3), [-1; 10]);
    std::fs::remove_dir_all(folder).unwrap();
}
