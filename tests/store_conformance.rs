//! The store against zarrs' own conformance suite, and what it owes to its host: options, errors, threads, `fork()`.

#![expect(
    unsafe_code,
    clippy::undocumented_unsafe_blocks,
    reason = "tests drive C functions with strings that live long enough"
)]

use std::ffi::CString;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gdal_dggs::error::Kind;
use gdal_dggs::store::{Call, NumericType, Run, Source, Target, VsiStore, pool, proj};
use zarrs_storage::store_test;

/// A name that no other test uses.
fn unique(stem: &str) -> String {
    static COUNTER: AtomicUsize = AtomicUsize::new(0);
    format!("{stem}-{}-{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed))
}

/// A folder that is deleted at the end.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new(stem: &str) -> Self {
        let path = std::env::temp_dir().join(unique(stem));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn set_thread_option(name: &str, value: Option<&str>) {
    let name = CString::new(name).unwrap();
    let value = value.map(|value| CString::new(value).unwrap());
    unsafe {
        gdal_sys::CPLSetThreadLocalConfigOption(name.as_ptr(), value.as_ref().map_or(std::ptr::null(), |v| v.as_ptr()))
    };
}

fn conformance(root: &str) {
    let store = VsiStore::new(root, &Call::capture());
    store_test::store_write(&store).unwrap();
    store_test::store_read(&store).unwrap();
    store_test::store_list(&store).unwrap();
    store_test::store_list_size(&store).unwrap();
}

#[test]
fn zarrs_suite_in_memory() {
    conformance(&format!("/vsimem/{}", unique("suite")));
}

#[test]
fn zarrs_suite_in_a_folder() {
    let folder = Folder::new("suite");
    conformance(folder.path());
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("partial")), "{left:?}");
}

#[test]
fn a_missing_key_is_no_error_and_leaves_no_trace() {
    let folder = Folder::new("missing");
    std::fs::create_dir(folder.0.join("sub")).unwrap();
    let store = VsiStore::new(folder.path(), &Call::capture());
    unsafe { gdal_sys::CPLErrorReset() };
    for key in ["none", "none/deeper", "sub"] {
        assert_eq!(store.read(key).unwrap(), None, "{key}");
        assert_eq!(store.size(key).unwrap(), None, "{key}");
    }
    for root in ["/vsimem/nowhere-at-all", "/vsizip/nowhere.zip"] {
        assert!(matches!(VsiStore::new(root, &Call::capture()).read("key"), Ok(None) | Err(_)));
    }
    assert_eq!(unsafe { gdal_sys::CPLGetLastErrorType() }, gdal_sys::CPLErr::CE_None);
}

#[test]
fn a_damaged_archive_is_an_error_with_its_name() {
    let folder = Folder::new("archive");
    let path = folder.0.join("broken.zip");
    std::fs::write(&path, b"PK\x03\x04 this is no archive").unwrap();
    let store = VsiStore::new(&format!("/vsizip/{}", path.display()), &Call::capture());
    match store.read("zarr.json") {
        Ok(found) => assert_eq!(found, None),
        Err(error) => assert!(error.to_string().contains("broken.zip"), "{error}"),
    }
}

#[test]
fn too_short_an_object_is_an_error() {
    use zarrs_storage::{ReadableStorageTraits, StoreKey, byte_range::ByteRange};
    let store = VsiStore::new(&format!("/vsimem/{}", unique("short")), &Call::capture());
    store.write("a", &[1, 2, 3]).unwrap();
    let key = StoreKey::new("a").unwrap();
    for range in [ByteRange::FromStart(2, Some(2)), ByteRange::Suffix(4), ByteRange::FromStart(4, None)] {
        assert!(store.get_partial(&key, range).is_err(), "{range}");
    }
}

#[test]
fn options_of_the_caller_reach_the_workers() {
    set_thread_option("DGGS_TEST_OPTION", Some("from the caller"));
    set_thread_option("GDAL_NUM_THREADS", Some("3"));
    let call = Call::capture();
    set_thread_option("DGGS_TEST_OPTION", None);
    set_thread_option("GDAL_NUM_THREADS", None);
    assert_eq!(call.threads(), 3);
    let seen = pool::install(&call, || {
        assert_eq!(rayon::current_num_threads(), 3);
        let inside = call.option("DGGS_TEST_OPTION");
        let before = Call::capture().option("DGGS_TEST_OPTION");
        (inside, before)
    });
    assert_eq!(seen.unwrap(), (Some("from the caller".to_string()), None));
}

#[test]
fn errors_are_collected_and_do_not_leak() {
    let call = Call::capture();
    unsafe {
        gdal_sys::CPLErrorReset();
        let entered = call.enter();
        let message = CString::new("%s").unwrap();
        gdal_sys::CPLError(gdal_sys::CPLErr::CE_Failure, 1, message.as_ptr(), c"told".as_ptr());
        gdal_sys::CPLError(gdal_sys::CPLErr::CE_Warning, 1, message.as_ptr(), c"only warned".as_ptr());
        assert_eq!(entered.take_errors().as_deref(), Some("told"));
        assert_eq!(entered.take_errors(), None);
        drop(entered);
        assert_eq!(gdal_sys::CPLGetLastErrorType(), gdal_sys::CPLErr::CE_None);
    }
}

#[test]
fn a_forked_child_makes_a_pool_of_its_own() {
    let call = Call::capture();
    let sum = || {
        pool::install(&call, || {
            let (a, b) = rayon::join(|| 1, || 2);
            a + b
        })
        .unwrap()
    };
    assert_eq!(sum(), 3);
    unsafe {
        let child = libc::fork();
        if child == 0 {
            let ok = sum() == 3;
            libc::_exit(if ok { 0 } else { 1 });
        }
        for _ in 0..500 {
            let mut status = 0;
            if libc::waitpid(child, &mut status, libc::WNOHANG) == child {
                assert_eq!(status, 0);
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        libc::kill(child, libc::SIGKILL);
    }
    panic!("the child hangs");
}

#[test]
fn targets_split_reverse_and_convert() {
    let mut memory = vec![0f64; 12];
    let mut target = Target::from_slice(&mut memory, &[3, 4]).unwrap();
    assert!(target.is_disjoint());
    target.fill(&7i16.to_ne_bytes(), NumericType::Int16).unwrap();
    target.reverse(1);
    let (left, right) = target.split_at(1, 1);
    assert_eq!((left.counts(), right.counts()), (&[3, 1][..], &[3, 3][..]));
    let mut corner = right.narrow(0, 1, 2);
    let source: Vec<u8> = (0..12u8).collect();
    let source = Source { bytes: &source, data_type: NumericType::UInt8, shape: &[3, 4] };
    let rows = [Run { from: 0, step: 2, to: 0, count: 2 }];
    let columns = [Run { from: 3, step: 1, to: 0, count: 1 }, Run { from: 0, step: 1, to: 1, count: 2 }];
    corner.copy_from(&source, &[&rows, &columns]).unwrap();
    assert_eq!(memory, [7., 7., 7., 7., 1., 0., 3., 7., 9., 8., 11., 7.]);
    let mut memory = [0u8; 4];
    let overlapping = unsafe { Target::new(memory.as_mut_ptr(), NumericType::UInt8, &[2, 3], &[1, 1]) }.unwrap();
    assert!(!overlapping.is_disjoint());
    let outside = [Run { from: 2, step: 2, to: 0, count: 2 }];
    let mut target = Target::from_slice(&mut memory, &[4]).unwrap();
    let source = Source { bytes: &[1, 2, 3], data_type: NumericType::UInt8, shape: &[3] };
    assert_eq!(target.copy_from(&source, &[&outside]).unwrap_err().kind(), Kind::InvalidArgument);
}

#[test]
fn definitions_of_crs() {
    let projjson = proj::crs_to_wkt("EPSG:4326").unwrap();
    assert!(projjson.starts_with("GEOGCRS"), "{projjson}");
    for definition in ["http://www.opengis.net/def/crs/EPSG/0/4326", "urn:ogc:def:crs:EPSG::4326", &projjson] {
        assert!(proj::crs_to_wkt(definition).unwrap().contains("4326"), "{definition}");
    }
    assert!(proj::crs_to_wkt("+proj=longlat +R=6370997 +no_defs +type=crs").is_ok());
    for definition in ["", "EPSG:nothing", "{\"type\": 1}", "EPSG:9122", "a\0b"] {
        assert!(proj::crs_to_wkt(definition).is_err(), "{definition:?}");
    }
}

#[test]
fn many_threads_share_a_store() {
    let call = Call::capture();
    let store = Arc::new(VsiStore::new(&format!("/vsimem/{}", unique("threads")), &call));
    store.write("a/b", &[9; 1000]).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            let store = store.clone();
            scope.spawn(move || (0..200).for_each(|_| assert_eq!(store.read("a/b").unwrap().unwrap(), [9; 1000])));
        }
    });
}
