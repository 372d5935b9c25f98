//! Writing every type of element: converted as GDAL converts, and found by a reader.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gdal_dggs::error::Kind;
use gdal_dggs::hierarchy::{Array, AxisSelection, Compressor, DataType, Editor, Field, Format, NewArray, Node, open};
use gdal_dggs::store::{Call, Input, NumericType, Target, VsiStore};

fn store() -> VsiStore {
    static COUNTER: AtomicUsize = AtomicUsize::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    VsiStore::new(&format!("/vsimem/hierarchy-write-types-{}-{number}", std::process::id()), &Call::capture())
}

fn reopened(store: &VsiStore, name: &str) -> Arc<Array> {
    match open(&VsiStore::new(store.path(), store.call())).unwrap() {
        Some(Node::Group(group)) => group.open_array(store.call(), name).unwrap().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn all(array: &Array) -> Vec<AxisSelection<'static>> {
    array.shape().iter().map(|&extent| AxisSelection::all(extent).unwrap()).collect()
}

/// The three kinds of storage, for one array of 7 elements in chunks of 2.
fn formats(data_type: &DataType) -> [(Format, NewArray); 3] {
    let new = NewArray::new("u", data_type.clone(), vec!["x".to_string()], vec![7], vec![2]);
    [(Format::V2, new.clone()), (Format::V3, new.clone()), (Format::V3, NewArray { shard_shape: Some(vec![4]), ..new })]
}

const STORED: [NumericType; 13] = [
    NumericType::UInt8,
    NumericType::Int8,
    NumericType::UInt16,
    NumericType::Int16,
    NumericType::UInt32,
    NumericType::Int32,
    NumericType::UInt64,
    NumericType::Int64,
    NumericType::Float16,
    NumericType::Float32,
    NumericType::Float64,
    NumericType::CFloat32,
    NumericType::CFloat64,
];

#[test]
fn every_type_is_converted_to_every_other_as_gdal_does() {
    // beyond the range of most types, halves, and what is no number
    let values = [-1.5f64, 0.5, 2.5, 300.7, -70000.2, 1e20, f64::NAN];
    for stored in STORED {
        for (format, new) in formats(&DataType::Numeric(stored)) {
            for from in NumericType::ALL.into_iter().filter(|from| from.on_host() == *from) {
                let mut given = vec![0u8; 7 * from.size()];
                Target::from_bytes(&mut given, from, &[7]).unwrap().fill_each(&values);
                let store = store();
                let editor = Editor::create(&store, format).unwrap();
                let array = editor.create_array("/", &new).unwrap();
                let whole = [AxisSelection::all(7).unwrap()];
                array.write(store.call(), &whole, Input::from_bytes(&given, from, &[7]).unwrap()).unwrap();
                editor.flush(store.call()).unwrap();
                let shown = stored.on_host();
                // what GDAL makes of them
                let mut expected = vec![0u8; 7 * shown.size()];
                let runs = [gdal_dggs::store::Run::whole(0, 7)];
                Input::from_bytes(&given, from, &[7]).unwrap().copy_to(&mut expected, shown, &[7], &[&runs]).unwrap();
                let mut read = vec![0u8; expected.len()];
                let found = reopened(&store, "u");
                found.read(store.call(), &whole, Target::from_bytes(&mut read, shown, &[7]).unwrap()).unwrap();
                if stored != shown {
                    // a narrower type is stored than the host can show: what fits is the same
                    let mut first = [0f64; 3];
                    let three = [AxisSelection::Strided { start: 0, count: 3, step: 1 }];
                    found.read(store.call(), &three, Target::from_slice(&mut first, &[3]).unwrap()).unwrap();
                    let mut same = [0f64; 7];
                    let bytes = bytemuck::cast_slice_mut(&mut same);
                    Input::from_bytes(&expected, shown, &[7])
                        .unwrap()
                        .copy_to(bytes, NumericType::Float64, &[7], &[&runs])
                        .unwrap();
                    let clamp = |value: f64| if stored == NumericType::Int8 { value.clamp(-128., 127.) } else { value };
                    assert_eq!(
                        first.map(clamp),
                        [clamp(same[0]), clamp(same[1]), clamp(same[2])],
                        "{from:?} {stored:?}"
                    );
                    continue;
                }
                assert_eq!(read, expected, "{from:?} to {stored:?}, {format:?}");
            }
        }
    }
}

/// Fills a target with numbers, through GDAL's conversion.
trait FillEach {
    fn fill_each(self, values: &[f64]);
}

impl FillEach for Target<'_> {
    fn fill_each(self, values: &[f64]) {
        for ((_, mut one), value) in self.batches(0, 1).into_iter().zip(values) {
            one.fill(&value.to_ne_bytes(), NumericType::Float64).unwrap();
        }
    }
}

#[test]
fn types_that_zarr_lacks_are_refused() {
    for number in [NumericType::CInt16, NumericType::CInt32, NumericType::CFloat16] {
        for (format, new) in formats(&DataType::Numeric(number)) {
            let editor = Editor::create(&store(), format).unwrap();
            let error = editor.create_array("/", &new).unwrap_err();
            assert_eq!(error.kind(), Kind::Unsupported);
            assert!(error.to_string().starts_with("array /u: "), "{error}");
        }
    }
}

#[test]
fn fill_values_survive() {
    let special = [
        (NumericType::Float32, 0x7fc0_0001u32.to_ne_bytes().to_vec()),
        (NumericType::Float32, f32::NAN.to_ne_bytes().to_vec()),
        (NumericType::Float32, 0.1f32.to_ne_bytes().to_vec()),
        (NumericType::Float64, f64::NEG_INFINITY.to_ne_bytes().to_vec()),
        (NumericType::Float64, 1e-300f64.to_ne_bytes().to_vec()),
        (NumericType::UInt64, u64::MAX.to_ne_bytes().to_vec()),
        (NumericType::Int64, (i64::MIN + 1).to_ne_bytes().to_vec()),
        (NumericType::UInt8, vec![255]),
        (NumericType::CFloat64, [1.5f64.to_ne_bytes(), (-2.5f64).to_ne_bytes()].concat()),
    ];
    for (number, fill) in special {
        for (format, new) in formats(&DataType::Numeric(number)) {
            if format == Format::V2 && fill == 0x7fc0_0001u32.to_ne_bytes() {
                continue;
            }
            let store = store();
            let editor = Editor::create(&store, format).unwrap();
            editor.create_array("/", &NewArray { fill: Some(fill.clone()), ..new }).unwrap();
            editor.flush(store.call()).unwrap();
            let array = reopened(&store, "u");
            assert_eq!(array.nodata(), Some(fill.as_slice()), "{format:?}");
            let mut read = fill.repeat(7);
            read.iter_mut().for_each(|byte| *byte ^= 0xff);
            array.read(store.call(), &all(&array), Target::from_bytes(&mut read, number, &[7]).unwrap()).unwrap();
            assert_eq!(read, fill.repeat(7));
        }
    }
}

#[test]
fn texts_of_any_and_of_fixed_length() {
    for max_length in [0, 8] {
        for (format, new) in formats(&DataType::Text { max_length }) {
            let store = store();
            let call = store.call();
            let editor = Editor::create(&store, format).unwrap();
            let array = editor.create_array("/", &new).unwrap();
            editor.flush(call).unwrap();
            let texts: Vec<Option<String>> = ["a", "bc", "", "gr\u{fc}n", "x", "y", "12345678"]
                .iter()
                .map(|text| Some((*text).to_string()))
                .collect();
            array.write_texts(call, &all(&array), &texts).unwrap();
            // backwards, over every second one
            let some = [AxisSelection::Strided { start: 5, count: 3, step: -2 }];
            let new_texts = [Some("five".to_string()), None, Some("one".to_string())];
            array.write_texts(call, &some, &new_texts).unwrap();
            let found = reopened(&store, "u");
            let read: Vec<String> =
                found.read_texts(call, &all(&found)).unwrap().into_iter().map(Option::unwrap_or_default).collect();
            assert_eq!(read, ["a", "one", "", "", "x", "five", "12345678"], "{format:?} {max_length}");
            if max_length > 0 && format == Format::V2 {
                let error = array.write_texts(call, &all(&array), &vec![Some("123456789".into()); 7]).unwrap_err();
                assert!(error.to_string().contains("does not fit into 8 bytes"), "{error}");
            }
            assert!(array.write(call, &all(&array), Input::from_slice(&[0u8; 7], &[7]).unwrap()).is_err());
        }
    }
}

#[test]
fn structures_of_numbers() {
    let inner = DataType::Compound {
        name: "c_d".into(),
        size: 16,
        fields: vec![
            Field { name: "c".into(), offset: 0, data_type: DataType::Numeric(NumericType::UInt8) },
            Field { name: "d".into(), offset: 8, data_type: DataType::Numeric(NumericType::Float64) },
        ],
    };
    let outer = DataType::Compound {
        name: "a_b".into(),
        size: 24,
        fields: vec![
            Field { name: "a".into(), offset: 0, data_type: DataType::Numeric(NumericType::Int16) },
            Field { name: "b".into(), offset: 8, data_type: inner },
        ],
    };
    for (format, new) in formats(&outer) {
        let store = store();
        let call = store.call();
        let editor = Editor::create(&store, format).unwrap();
        let array = editor.create_array("/", &new).unwrap();
        editor.flush(call).unwrap();
        let element = |index: i16| {
            let mut bytes = vec![0u8; 24];
            bytes[..2].copy_from_slice(&index.to_ne_bytes());
            bytes[8] = index as u8;
            bytes[16..].copy_from_slice(&(f64::from(index) / 3.0).to_ne_bytes());
            bytes
        };
        let elements: Vec<u8> = (0..7).flat_map(element).collect();
        array.write_compounds(call, &all(&array), &elements).unwrap();
        array.write_compounds(call, &[AxisSelection::Strided { start: 3, count: 1, step: 1 }], &element(99)).unwrap();
        let expected: Vec<u8> = [0, 1, 2, 99, 4, 5, 6].into_iter().flat_map(element).collect();
        let found = reopened(&store, "u");
        assert_eq!(found.read_compounds(call, &all(&found)).unwrap(), expected, "{format:?}");
        let DataType::Compound { size: 24, fields, .. } = found.data_type() else { panic!("{:?}", found.data_type()) };
        assert_eq!(fields[1].name, "b");
        assert!(array.write_compounds(call, &all(&array), &elements[..100]).is_err());
    }
    let with_text = DataType::Compound {
        name: "t".into(),
        size: 8,
        fields: vec![Field { name: "t".into(), offset: 0, data_type: DataType::Text { max_length: 0 } }],
    };
    for (format, new) in formats(&with_text) {
        let error = Editor::create(&store(), format).unwrap().create_array("/", &new).unwrap_err();
        assert!(error.to_string().contains("text"), "{error}");
    }
}

#[test]
fn booleans_stay_booleans() {
    for metadata in [
        r#"{"zarr_format":2,"shape":[4],"chunks":[4],"dtype":"|b1","compressor":null,"fill_value":false,"order":"C","filters":null}"#,
        r#"{"zarr_format":3,"node_type":"array","shape":[4],"data_type":"bool","fill_value":false,
            "chunk_grid":{"name":"regular","configuration":{"chunk_shape":[4]}},"chunk_key_encoding":{"name":"default"},
            "codecs":[{"name":"bytes"}],"attributes":{}}"#,
    ] {
        let store = store();
        let is_v3 = metadata.contains("node_type");
        store.write(if is_v3 { "zarr.json" } else { ".zarray" }, metadata.as_bytes()).unwrap();
        let editor = Editor::open(store.call(), &store).unwrap().unwrap();
        let array = editor.array("/").unwrap();
        array.write(store.call(), &all(&array), Input::from_slice(&[0u16, 1, 2, 300], &[4]).unwrap()).unwrap();
        let chunk = store.read(if is_v3 { "c/0" } else { "0" }).unwrap().unwrap();
        assert_eq!(chunk, [0, 1, 1, 1]);
    }
}

#[test]
fn an_unknown_codec_of_blosc_is_an_error_when_the_array_is_created() {
    let new = NewArray {
        compressor: Compressor::Blosc {
            codec: "nonsense".into(),
            level: 5,
            shuffle: gdal_dggs::hierarchy::Shuffle::None,
            block_size: 0,
        },
        ..formats(&DataType::Numeric(NumericType::Int16))[0].1.clone()
    };
    let store = store();
    let editor = Editor::create(&store, Format::V2).unwrap();
    let error = editor.create_array("/", &new).unwrap_err();
    assert!(error.to_string().starts_with("array /u: this GDAL was built without"), "{error}");
}
