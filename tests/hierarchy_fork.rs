//! A child that is forked after a read can read too, and rayon's global pool is never started.

#![expect(unsafe_code, reason = "forks")]

use gdal_dggs::hierarchy::{AxisSelection, Node, open};
use gdal_dggs::store::{Call, VsiStore};
use serde_json::json;

/// Names of this process' threads, as far as they live long enough to tell.
fn thread_names() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok()).collect()
}

#[test]
fn a_forked_child_reads() {
    let call = Call::capture();
    let store = VsiStore::new(&format!("/vsimem/hierarchy-fork-{}", std::process::id()), &call);
    let metadata = json!({"zarr_format": 2, "shape": [64], "chunks": [4], "dtype": "|u1", "compressor": null, "filters": null,
        "fill_value": 7, "order": "C"});
    store.write(".zarray", metadata.to_string().as_bytes()).unwrap();
    let read = || {
        let Ok(Some(Node::Array(array))) = open(&store) else { return false };
        array
            .read_vec::<i32>(&Call::capture(), &[AxisSelection::all(64).unwrap()])
            .is_ok_and(|values| values == [7; 64])
    };
    assert!(read());
    // A thread gives itself its name some time after it was made.
    let mut names = Vec::new();
    for _ in 0..500 {
        names = thread_names();
        if names.iter().filter(|name| name.starts_with("dggs-")).count() == call.threads() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    // The pool's, the main thread and that of the test: rayon's global pool would have more.
    assert_eq!(names.iter().filter(|name| name.starts_with("dggs-")).count(), call.threads(), "{names:?}");
    assert_eq!(names.len(), call.threads() + 2, "{names:?}");
    // SAFETY: the child only reads, and leaves without running anything of its parent's.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let code = i32::from(!read());
        // SAFETY: ends the child.
        unsafe { libc::_exit(code) };
    }
    for _ in 0..500 {
        let mut status = 0;
        // SAFETY: waits for our own child.
        if unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) } == child {
            assert_eq!(status, 0);
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    // SAFETY: ends our own child.
    unsafe { libc::kill(child, libc::SIGKILL) };
    panic!("the child hangs");
}
