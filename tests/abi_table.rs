//! Drives the table of `cpp/dggs_abi.h` as C++ does, and as C++ must not: NULL, wrong numbers, panics.

#![expect(unsafe_code, reason = "calls the table of C functions")]

#[path = "support/mock.rs"]
mod mock;

use std::ffi::{CStr, CString, c_char, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Arc;

use gdal_dggs::abi::*;

/// Calls a slot; gives its status, message and warnings.
macro_rules! call {
    ($slot:ident($($argument:expr),* $(,)?)) => {{
        let mut report = Report::new();
        // SAFETY: each test keeps what the header says of the slot, or breaks it in a way that the header defines.
        let status = unsafe { (api().$slot.unwrap())($($argument,)* report.as_mut_ptr()) };
        report.end(status)
    }};
}

/// Calls a slot that must succeed; gives its output.
macro_rules! get {
    ($slot:ident($($argument:expr),* $(,)?)) => {{
        let mut out = MaybeUninit::uninit();
        let end = call!($slot($($argument,)* out.as_mut_ptr()));
        assert_eq!(end.status, DggsStatus::DGGS_OK, "{}: {}", stringify!($slot), end.message);
        // SAFETY: *Status*: the output is written on success.
        unsafe { out.assume_init() }
    }};
}

/// Ends something by its slot.
macro_rules! free {
    ($slot:ident($pointer:expr)) => {
        // SAFETY: the pointer is NULL or owned by the test.
        unsafe { (api().$slot.unwrap())($pointer) }
    };
}

/// A report that is not initialised, as C++ gives it.
struct Report(Box<MaybeUninit<DggsReport>>);

struct End {
    status: DggsStatus,
    message: String,
    warnings: String,
}

impl Report {
    fn new() -> Self {
        Self(Box::new(MaybeUninit::uninit()))
    }
    fn as_mut_ptr(&mut self) -> *mut DggsReport {
        self.0.as_mut_ptr()
    }
    fn end(mut self, status: DggsStatus) -> End {
        // SAFETY: `DggsReport`: the warnings are always written, the message on failure; both end in NUL.
        unsafe {
            let report = self.as_mut_ptr();
            let warnings = text((&raw const (*report).warnings).cast());
            let failed = status != DggsStatus::DGGS_OK;
            let message = if failed { text((&raw const (*report).message).cast()) } else { String::new() };
            End { status, message, warnings }
        }
    }
}

/// # Safety
/// `pointer` is a C string.
unsafe fn text(pointer: *const c_char) -> String {
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(pointer) }.to_str().expect("UTF-8").to_owned()
}

/// # Safety
/// `items` are `count` C strings.
unsafe fn texts(items: *const *const c_char, count: usize) -> Vec<String> {
    // SAFETY: the caller's promise.
    (0..count).map(|index| unsafe { text(*items.add(index)) }).collect()
}

fn root() -> *mut DggsGroup {
    group_handle(mock::root())
}

fn open_array(name: &CStr) -> *mut DggsArray {
    let root = root();
    let array = get!(open_array(root, name.as_ptr()));
    assert!(!array.is_null());
    free!(free_group(root));
    array
}

/// The lists of a window, kept alive beside it.
struct Window {
    start: Vec<u64>,
    count: Vec<usize>,
    step: Vec<i64>,
}

impl Window {
    fn new(start: &[u64], count: &[usize], step: &[i64]) -> Self {
        Self { start: start.to_vec(), count: count.to_vec(), step: step.to_vec() }
    }
    fn get(&self) -> DggsWindow {
        DggsWindow {
            dimension_count: self.start.len(),
            start: self.start.as_ptr(),
            count: self.count.as_ptr(),
            step: self.step.as_ptr(),
        }
    }
}

const GDT_FLOAT64: u32 = 7;

#[test]
fn every_slot_is_filled() {
    let slots = size_of::<DggsApi>() / size_of::<*const ()>();
    // SAFETY: the table consists of optional function pointers only, NULL being None.
    let table = unsafe { std::slice::from_raw_parts(ptr::from_ref(api()).cast::<*const c_void>(), slots) };
    assert!(table.iter().all(|slot| !slot.is_null()));
}

#[test]
fn null_is_an_error_and_leaves_outputs_alone() {
    let mut names: *mut DggsStrings = ptr::dangling_mut();
    let end = call!(group_array_names(ptr::null(), &raw mut names));
    assert_eq!((end.status, end.message.as_str()), (DggsStatus::DGGS_INVALID_ARGUMENT, "a NULL handle was given"));
    assert_eq!(names, ptr::dangling_mut());

    let root = root();
    assert_eq!(call!(group_array_names(root, ptr::null_mut())).message, "a NULL output was given");
    let mut array = ptr::null_mut();
    assert_eq!(call!(open_array(root, ptr::null(), &raw mut array)).message, "the array's name is NULL");
    let mut opened = ptr::null_mut();
    assert_eq!(call!(open_root(ptr::null(), &raw mut opened)).message, "the request is NULL");
    free!(free_group(root));

    let array = open_array(c"u");
    let mut value = 0.0f64;
    let buffer = (&raw mut value).cast();
    let end = call!(array_read_numbers(array, ptr::null(), GDT_FLOAT64, ptr::null(), buffer));
    assert_eq!(end.message, "the window is NULL");
    let window = Window::new(&[0, 0], &[1, 1], &[1, 1]);
    let end = call!(array_read_numbers(array, &window.get(), GDT_FLOAT64, ptr::null(), buffer));
    assert_eq!(end.message, "the list of strides is NULL");
    let end = call!(array_read_numbers(array, &window.get(), GDT_FLOAT64, [8, 8].as_ptr(), ptr::null_mut()));
    assert_eq!(end.message, "the buffer is NULL");
    free!(free_array(array));
}

#[test]
fn stores_are_not_copied_deleted_or_renamed_by_null_or_by_connection_string() {
    let invalid = |end: End, word: &str| {
        assert_eq!(end.status, DggsStatus::DGGS_INVALID_ARGUMENT, "{}", end.message);
        assert!(end.message.contains(word), "{}", end.message);
    };
    invalid(call!(create_copy(ptr::null())), "NULL");
    let mut request = DggsCopyRequest {
        source: ptr::null_mut(),
        name: c"/vsimem/copy.zarr".as_ptr(),
        options: DggsPairs { items: ptr::null(), count: 0 },
        progress: None,
        progress_data: ptr::null_mut(),
    };
    invalid(call!(create_copy(&raw const request)), "source");
    request.name = ptr::null();
    invalid(call!(create_copy(&raw const request)), "NULL");
    invalid(call!(delete_store(ptr::null())), "NULL");
    invalid(call!(delete_store(c"DGGS:/vsimem/a.zarr".as_ptr())), "DGGS:");
    invalid(call!(rename_store(ptr::null(), c"/vsimem/b.zarr".as_ptr())), "old name");
    invalid(call!(copy_store(c"/vsimem/a.zarr".as_ptr(), ptr::null())), "new name");
    let absent = call!(delete_store(c"/vsimem/absent.zarr".as_ptr()));
    assert_eq!(absent.status, DggsStatus::DGGS_NOT_FOUND, "{}", absent.message);
}

#[test]
fn null_may_be_freed_and_reports_may_be_null() {
    free!(free_group(ptr::null_mut()));
    free!(free_array(ptr::null_mut()));
    free!(free_strings(ptr::null_mut()));
    free!(free_dimensions(ptr::null_mut()));
    free!(free_attributes(ptr::null_mut()));
    let mut info = ptr::null();
    // SAFETY: NULL is defined for both.
    let status = unsafe { (api().group_info.unwrap())(ptr::null(), &raw mut info, ptr::null_mut()) };
    assert_eq!(status, DggsStatus::DGGS_INVALID_ARGUMENT);
}

#[test]
fn wrong_numbers_are_errors() {
    let array = open_array(c"u");
    let mut value = 0.0f64;
    let window = Window::new(&[0, 0], &[1, 1], &[1, 1]);
    for wrong in [0, 999, u32::MAX] {
        let end = call!(array_read_numbers(array, &window.get(), wrong, [8, 8].as_ptr(), (&raw mut value).cast()));
        assert_eq!(end.status, DggsStatus::DGGS_INVALID_ARGUMENT);
        assert_eq!(end.message, format!("GDAL's data type {wrong} is unknown to this driver"));
    }
    let short = Window::new(&[0], &[1], &[1]);
    let end = call!(array_read_numbers(array, &short.get(), GDT_FLOAT64, [8].as_ptr(), (&raw mut value).cast()));
    assert_eq!(end.message, "a window of 1 axes on an array of 2");
    let outside = Window::new(&[3, 0], &[1, 1], &[1, 1]);
    let end = call!(array_read_numbers(array, &outside.get(), GDT_FLOAT64, [8, 8].as_ptr(), (&raw mut value).cast()));
    assert_eq!(end.status, DggsStatus::DGGS_INVALID_ARGUMENT);
    free!(free_array(array));

    let names = open_array(c"names");
    let all = Window::new(&[0], &[4], &[1]);
    let mut found = [ptr::null_mut(); 3];
    let end = call!(array_read_texts(names, &all.get(), 3, found.as_mut_ptr()));
    assert_eq!(end.message, "a buffer of 3 texts for a window of 4");
    let huge = Window::new(&[0], &[usize::MAX], &[1]);
    let pairs = open_array(c"pairs");
    let end = call!(array_read_compounds(pairs, &huge.get(), 16, found.as_mut_ptr().cast()));
    assert_eq!(end.message, "the window is too large");
    free!(free_array(pairs));
    free!(free_array(names));

    let not_utf8 = CString::new([0xff, 0x41]).unwrap();
    let mut identified = DggsIdentified::DGGS_IDENTIFIED_NO;
    let end = call!(identify(not_utf8.as_ptr(), false, false, &raw mut identified));
    assert_eq!(end.status, DggsStatus::DGGS_INVALID_ARGUMENT);
    assert!(end.message.contains("not UTF-8"), "{}", end.message);
}

#[test]
fn a_panic_becomes_a_status_and_poisons_its_handle_only() {
    let root = root();
    let boom = get!(open_array(root, c"boom".as_ptr()));
    let other = get!(open_array(root, c"boom".as_ptr()));
    let window = Window::new(&[0], &[1], &[1]);
    let mut value = 0.0f64;
    let buffer = (&raw mut value).cast();
    let end = call!(array_read_numbers(boom, &window.get(), GDT_FLOAT64, [8].as_ptr(), buffer));
    assert_eq!(end.status, DggsStatus::DGGS_PANIC);
    assert!(end.message.contains("the mock exploded"), "{}", end.message);

    let mut info = ptr::null();
    let end = call!(array_info(boom, &raw mut info));
    assert_eq!(end.status, DggsStatus::DGGS_PANIC);
    assert!(end.message.contains("open the data set again") && info.is_null(), "{}", end.message);

    assert!(!get!(array_info(other)).is_null());
    assert!(!get!(group_info(root)).is_null());
    free!(free_array(boom));
    free!(free_array(other));
    free!(free_group(root));
}

#[test]
fn handles_are_independent_of_each_other() {
    let root = root();
    let sub = get!(open_group(root, c"/sub".as_ptr()));
    free!(free_group(root));
    let again = get!(open_group(sub, c"/".as_ptr()));
    let first = get!(open_array(sub, c"v".as_ptr()));
    let second = get!(open_array(again, c"/sub/v".as_ptr()));
    free!(free_group(sub));
    free!(free_group(again));
    free!(free_array(first));
    let info = get!(array_info(second));
    // SAFETY: the description belongs to `second`, which is live.
    let full_name = unsafe { text((*info).full_name) };
    assert_eq!(full_name, "/sub/v");
    free!(free_array(second));
}

#[test]
fn what_is_absent_is_null_and_what_is_broken_an_error() {
    let root = root();
    assert!(get!(open_array(root, c"absent".as_ptr())).is_null());
    assert!(get!(open_array(root, c"/absent/u".as_ptr())).is_null());
    assert!(get!(open_group(root, c"absent".as_ptr())).is_null());
    let mut group = ptr::null_mut();
    let end = call!(open_group(root, c"bad".as_ptr(), &raw mut group));
    assert_eq!((end.status, end.message.as_str()), (DggsStatus::DGGS_CORRUPT, "/bad: zarr.json is not JSON"));
    free!(free_group(root));
}

#[test]
fn warnings_come_with_success() {
    let root = root();
    let mut array = ptr::null_mut();
    let end = call!(open_array(root, c"/sub/v".as_ptr(), &raw mut array));
    assert_eq!((end.status, end.warnings.as_str()), (DggsStatus::DGGS_OK, "v is deprecated"));
    free!(free_array(array));
    free!(free_group(root));
}

#[test]
fn lists_and_descriptions_arrive() {
    let root = root();
    let names = get!(group_array_names(root));
    let dimensions = get!(group_dimensions(root));
    let attributes = get!(group_attributes(root));
    let array = get!(open_array(root, c"u".as_ptr()));
    let info = get!(array_info(array));
    // SAFETY: *Memory*: the structs live until they are freed below.
    unsafe {
        assert_eq!(texts((*names).items, (*names).count)[..2], ["u", "cell_ids"]);
        let cells = &*(*dimensions).items.add(1);
        assert_eq!((text(cells.name), text(cells.kind), cells.size), ("cells".into(), "DGGS_ZONE".into(), 4));
        assert_eq!(text(cells.indexing_variable), "/cell_ids");
        let ints = &*(*attributes).items.add(3);
        assert_eq!(
            (text(ints.name), ints.kind, ints.count),
            ("ints".into(), DggsAttributeKind::DGGS_ATTRIBUTE_INT32, 3)
        );
        assert_eq!(std::slice::from_raw_parts(ints.numbers.cast::<i32>(), 3), [1, 2, 3]);
        assert!(ints.texts.is_null() && ints.is_list);
        let object = &*(*attributes).items.add(7);
        assert_eq!(object.kind, DggsAttributeKind::DGGS_ATTRIBUTE_JSON);
        assert_eq!(texts(object.texts, 1), [r#"{"a":[1,{"b":null}]}"#]);

        let info = &*info;
        assert_eq!((info.has_scale, info.scale, info.has_offset, info.offset), (true, 0.5, true, 100.0));
        assert_eq!((*info.nodata.cast::<f32>(), text(info.unit)), (-9999.0, "m".into()));
        assert_eq!(texts(info.coordinate_variables.items, info.coordinate_variables.count), ["/lon", "/lat"]);
        assert_eq!(std::slice::from_raw_parts(info.block_size, 2), [2, 2]);
    }
    free!(free_array(array));
    free!(free_attributes(attributes));
    free!(free_dimensions(dimensions));
    free!(free_strings(names));
    free!(free_group(root));
}

#[test]
fn numbers_go_where_the_strides_say() {
    let array = open_array(c"u");
    // Times 2, 1 and cells 3, 1; the time axis runs backwards through the buffer, with a gap between elements.
    let window = Window::new(&[2, 3], &[2, 2], &[-1, -2]);
    let mut buffer = [-1.0f64; 8];
    let strides = [-32isize, 16];
    let end = call!(array_read_numbers(
        array,
        &window.get(),
        GDT_FLOAT64,
        strides.as_ptr(),
        buffer.as_mut_ptr().wrapping_add(4).cast()
    ));
    assert_eq!(end.status, DggsStatus::DGGS_OK, "{}", end.message);
    assert_eq!(buffer, [13.0, -1.0, 11.0, -1.0, 23.0, -1.0, 21.0, -1.0]);
    free!(free_array(array));

    let scalar = open_array(c"scalar");
    let nothing = DggsWindow { dimension_count: 0, start: ptr::null(), count: ptr::null(), step: ptr::null() };
    let mut value = 0i16;
    let end = call!(array_read_numbers(scalar, &nothing, 3, ptr::null(), (&raw mut value).cast()));
    assert_eq!((end.status, value), (DggsStatus::DGGS_OK, 42));
    free!(free_array(scalar));
}

#[test]
fn texts_are_gdals_to_free_and_compounds_are_dense() {
    let names = open_array(c"names");
    let window = Window::new(&[3], &[4], &[-1]);
    let mut found = [ptr::null_mut::<c_char>(); 4];
    let end = call!(array_read_texts(names, &window.get(), 4, found.as_mut_ptr()));
    assert_eq!(end.status, DggsStatus::DGGS_OK, "{}", end.message);
    assert!(found[2].is_null());
    for (pointer, expected) in [(found[0], "zone 3"), (found[1], "zone 2"), (found[3], "zone 0")] {
        // SAFETY: `array_read_texts`: a string, ended by VSIFree().
        unsafe {
            assert_eq!(text(pointer), expected);
            gdal_sys::VSIFree(pointer.cast());
        }
    }
    free!(free_array(names));

    let pairs = open_array(c"pairs");
    let window = Window::new(&[2], &[2], &[1]);
    let mut bytes = [0u8; 32];
    let end = call!(array_read_compounds(pairs, &window.get(), 32, bytes.as_mut_ptr().cast()));
    assert_eq!(end.status, DggsStatus::DGGS_OK, "{}", end.message);
    assert_eq!(bytes[..4], 2i32.to_ne_bytes());
    assert_eq!(bytes[24..], 1.5f64.to_ne_bytes());
    free!(free_array(pairs));
}

#[test]
fn long_messages_are_cut_between_characters() {
    // 3 bytes a character, so that 2047 bytes end inside one.
    let name = CString::new("DGGS:".to_owned() + &"€".repeat(1000)).unwrap();
    let options = DggsPairs { items: ptr::null(), count: 0 };
    let request = DggsOpenRequest { name: name.as_ptr(), options, is_directory: false, forced: true, update: false };
    let mut opened = ptr::null_mut();
    let end = call!(open_root(&request, &raw mut opened));
    assert_eq!(end.status, DggsStatus::DGGS_NOT_FOUND);
    assert!(end.message.len() > 2040 && end.message.ends_with('€'), "{}", end.message);
}

#[test]
fn one_handle_serves_many_threads() {
    struct Shared(*mut DggsArray);
    // SAFETY: *Handles*: any number of threads may use one handle at the same time.
    unsafe impl Send for Shared {}
    // SAFETY: as for Send.
    unsafe impl Sync for Shared {}
    let array = Arc::new(Shared(open_array(c"u")));
    let threads = (0..8).map(|_| {
        let array = Arc::clone(&array);
        std::thread::spawn(move || {
            for _ in 0..200 {
                let window = Window::new(&[0, 0], &[3, 4], &[1, 1]);
                let mut values = [0.0f64; 12];
                let end = call!(array_read_numbers(
                    array.0,
                    &window.get(),
                    GDT_FLOAT64,
                    [32, 8].as_ptr(),
                    values.as_mut_ptr().cast()
                ));
                assert_eq!((end.status, values[11]), (DggsStatus::DGGS_OK, 23.0));
            }
        })
    });
    threads.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
    free!(free_array(array.0));
}
