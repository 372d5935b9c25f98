//! A store that is being made takes its place as a whole, whatever an earlier job left behind.

use std::sync::Arc;

use gdal_dggs::hierarchy::{DataType, Format, NewArray};
use gdal_dggs::ops::frame::{Frame, target};
use gdal_dggs::store::{Call, Input, NumericType, VsiStore};

fn begin(call: &Arc<Call>, name: &str, resume: bool, job: &str) -> Frame {
    Frame::begin(call, name, Format::V3, resume, job).unwrap()
}

/// Makes an array of one number.
fn fill(call: &Arc<Call>, frame: &Frame, value: f32) {
    let number = DataType::Numeric(NumericType::Float32);
    let array = NewArray::new("u", number, vec!["x".into()], vec![1], vec![1]);
    let array = frame.editor().create_array("/", &array).unwrap();
    let all = gdal_dggs::hierarchy::AxisSelection::all(1).unwrap();
    array.write(call, &[all], Input::from_slice(&[value], &[1]).unwrap()).unwrap();
}

fn names(store: &VsiStore) -> Vec<String> {
    store.list("").unwrap().into_iter().map(|entry| entry.name).collect()
}

fn in_both(test: impl Fn(&Arc<Call>, &str)) {
    let call = Call::capture();
    let own = std::thread::current().name().unwrap_or_default().replace(':', "_");
    let folder = std::env::temp_dir().join(format!("dggs-{own}-{}", std::process::id()));
    test(&call, folder.to_str().unwrap());
    std::fs::remove_dir_all(folder).unwrap();
    test(&call, &format!("/vsimem/{own}"));
}

#[test]
fn a_store_appears_when_it_is_finished_and_replaces_the_old() {
    in_both(|call, folder| {
        let name = format!("{folder}/a.zarr");
        let (store, partial) = (VsiStore::new(&name, call), VsiStore::new(&format!("{name}.partial"), call));
        for value in [1.0, 2.0] {
            let before = names(&store);
            let frame = begin(call, &name, false, "job");
            fill(call, &frame, value);
            assert_eq!(names(&store), before);
            frame.finish(call).unwrap();
            assert_eq!(names(&store), ["u", "zarr.json"]);
            assert!(!partial.exists());
        }
        let frame = begin(call, &name, false, "job");
        fill(call, &frame, 3.0);
        frame.abandon();
        assert_eq!(names(&store), ["u", "zarr.json"]);
        assert!(!partial.exists());
    });
}

#[test]
fn what_a_killed_process_left_is_replaced_and_a_user_s_folder_is_not() {
    in_both(|call, folder| {
        for left in [".dggs_journal", ".dggs_journal.17-0.partial"] {
            let name = format!("{folder}/b.zarr");
            let partial = VsiStore::new(&format!("{name}.partial"), call);
            partial.write(left, b"job\n").unwrap();
            partial.write("u/c/0", b"half").unwrap();
            let frame = begin(call, &name, false, "other");
            fill(call, &frame, 1.0);
            frame.finish(call).unwrap();
            assert!(!partial.exists());
        }
        let name = format!("{folder}/c.zarr");
        VsiStore::new(&format!("{name}.partial"), call).write("letter.txt", b"dear").unwrap();
        let error = Frame::begin(call, &name, Format::V3, false, "job").err().unwrap();
        assert!(error.to_string().contains("no Zarr store"), "{error}");
    });
}

#[test]
fn steps_of_the_same_job_are_remembered() {
    in_both(|call, folder| {
        let name = format!("{folder}/d.zarr");
        let frame = begin(call, &name, true, "job");
        frame.done("u 1").unwrap();
        frame.abandon();
        let frame = begin(call, &name, true, "job");
        assert!(frame.is_done("u 1") && !frame.is_done("u 2"));
        frame.abandon();
        let frame = begin(call, &name, true, "another");
        assert!(!frame.is_done("u 1"));
        fill(call, &frame, 1.0);
        frame.finish(call).unwrap();
        assert_eq!(names(&VsiStore::new(&name, call)), ["u", "zarr.json"]);
    });
}

#[test]
fn connection_strings_are_no_targets() {
    let call = Call::capture();
    for name in ["DGGS:/a/b.zarr", "dggs:\"/a/b.zarr\"", " "] {
        assert!(target(&call, name).is_err(), "{name}");
    }
    assert_eq!(target(&call, "/a/b.zarr/").unwrap().path(), "/a/b.zarr");
}
