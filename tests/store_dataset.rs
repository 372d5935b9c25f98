//! Datasets of other drivers as sources: what GDAL's Zarr driver shows of a store is what was put into it.

use std::sync::{Arc, Once};

use gdal_dggs::error::Kind;
use gdal_dggs::hierarchy::{AxisSelection, Compressor, DataType, Editor, Format, NewArray};
use gdal_dggs::store::dataset::Dataset;
use gdal_dggs::store::{Call, Input, NumericType, Target, VsiStore};
use serde_json::{Value, json};

fn call() -> Arc<Call> {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // SAFETY: gdal.h: registers the drivers; in one thread, as GDAL 3.6 guards not all of its tables.
        #[expect(unsafe_code, reason = "a test process has no drivers yet")]
        unsafe {
            gdal_sys::GDALAllRegister();
        }
    });
    Call::capture()
}

/// A V2 store of two groups, written by us.
fn store(call: &Arc<Call>, path: &str) {
    let editor = Editor::create(&VsiStore::new(path, call), Format::V2).unwrap();
    editor.create_group("/deep").unwrap();
    let shape = vec![3, 4];
    let names = vec!["time".to_owned(), "x".to_owned()];
    let number = DataType::Numeric(NumericType::Float32);
    let mut array = NewArray::new("u", number, names, shape.clone(), vec![2, 3]);
    array.fill = Some((-9.0f32).to_ne_bytes().into());
    array.compressor = Compressor::Gzip { level: 1 };
    let attributes = json!({"units": "m s-1", "scale_factor": 0.5, "add_offset": 2, "note": "a", "list": [1, 2.5],
                            "texts": ["a", "b"], "object": {"a": [1]}, "big": 1_i64 << 40});
    array.attributes = attributes.as_object().unwrap().clone();
    let array = editor.create_array("/deep", &array).unwrap();
    let values: Vec<f32> = (0..12).map(|value| value as f32).collect();
    let whole: Vec<AxisSelection<'_>> = shape.iter().map(|size| AxisSelection::all(*size).unwrap()).collect();
    array.write(call, &whole, Input::from_slice(&values, &[3, 4]).unwrap()).unwrap();
    editor.set_attribute("/", "title", Some("test".into())).unwrap();
    editor.flush(call).unwrap();
}

#[test]
fn groups_arrays_and_attributes_are_those_of_the_store() {
    let call = call();
    store(&call, "/vsimem/dataset_tree.zarr");
    let dataset = Dataset::open(&call, "/vsimem/dataset_tree.zarr", &[]).unwrap();
    assert!(!dataset.is_ours());
    let root = dataset.root(&call).unwrap();
    assert_eq!((root.full_name(), root.group_names(&call)), ("/", vec!["deep".to_owned()]));
    assert_eq!(root.attributes(&call).get("title"), Some(&Value::from("test")));
    let deep = root.open_group(&call, "deep").unwrap();
    assert_eq!(deep.array_names(&call), ["u"]);
    drop((dataset, root));
    let array = deep.open_array(&call, "u").unwrap();
    assert_eq!((array.name(), array.full_name(), array.shape()), ("u", "/deep/u", vec![3, 4]));
    assert_eq!(array.dimensions()[1].name, "x");
    assert_eq!(array.data_type(), &DataType::Numeric(NumericType::Float32));
    assert_eq!(array.nodata(&call), Some((-9.0f32).to_ne_bytes().to_vec()));
    assert_eq!((array.unit(&call), array.scale_and_offset(&call)), ("m s-1".to_owned(), (Some(0.5), Some(2.0))));
    assert_eq!(array.block_size(&call), [2, 3]);
    assert_eq!(array.crs_wkt(&call).unwrap(), None);
    let attributes = Value::Object(array.attributes(&call));
    for (key, value) in
        [("note", json!("a")), ("list", json!([1.0, 2.5])), ("texts", json!(["a", "b"])), ("object", json!({"a": [1]}))]
    {
        assert_eq!(attributes[key], value, "{key}");
    }
    assert_eq!(attributes["big"].as_f64(), Some((1_i64 << 40) as f64));

    let missing = deep.open_array(&call, "v").err().unwrap();
    assert!(missing.to_string().contains('v'), "{missing}");
    assert!(Dataset::open(&call, "/vsimem/nothing.zarr", &[]).is_err());
}

#[test]
fn windows_are_read_from_many_threads() {
    let call = call();
    store(&call, "/vsimem/dataset_window.zarr");
    let dataset = Dataset::open(&call, "/vsimem/dataset_window.zarr", &[]).unwrap();
    let array = dataset.root(&call).unwrap().open_group(&call, "deep").unwrap().open_array(&call, "u").unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let mut values = [0f64; 4];
                    let target = Target::from_slice(&mut values, &[2, 2]).unwrap();
                    array.read_numbers(&call, &[1, 2], &[2, 2], target).unwrap();
                    assert_eq!(values, [6.0, 7.0, 10.0, 11.0]);
                }
            });
        }
    });
    let mut values = [0f64; 4];
    let target = Target::from_slice(&mut values, &[2, 2]).unwrap();
    let outside = array.read_numbers(&call, &[2, 2], &[2, 2], target).unwrap_err();
    assert_eq!(outside.kind(), Kind::InvalidArgument);
    // GDAL writes numbers as texts where texts are asked for.
    assert_eq!(array.read_texts(&call, &[1, 2], &[1, 1]).unwrap(), [Some("6".to_owned())]);
}
