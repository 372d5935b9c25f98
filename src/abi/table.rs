//! The table: one row a slot. The macro puts the guard around each, so that a slot without one cannot be written.

use std::ffi::{c_char, c_void};
use std::ptr;

use super::bindings::*;
use super::handle::{self, ArrayBody, FeaturesBody, GroupBody, LayerBody, LayersBody, RasterBody};
use super::memory::Owned;
use super::{array, copy, edit, group, guard, layer, open, raster};

/// The rows of [`API`], by their kind:
/// - `plain`: a function of a call;
/// - `act`: the same without an output;
/// - `on`: a function of what a handle is of, and a call; its output goes to the last argument but one;
/// - `read`: the same without an output;
/// - `free_handle`, `free_struct`: the end of a handle, of a struct.
macro_rules! table {
    (
        plain { $($plain:ident: fn($($plain_arg:ident: $plain_type:ty),*) -> $plain_out:ty = $plain_body:path;)* }
        act { $($act:ident: fn($($act_arg:ident: $act_type:ty),*) = $act_body:path;)* }
        on { $($on:ident: fn($on_handle:ty $(, $on_arg:ident: $on_type:ty)*) -> $on_out:ty = $on_body:path;)* }
        read { $($read:ident: fn($read_handle:ty $(, $read_arg:ident: $read_type:ty)*) = $read_body:path;)* }
        free_handle { $($free:ident: $free_handle:ty;)* }
        free_struct { $($end:ident: $end_struct:ty;)* }
    ) => {
        pub(super) static API: DggsApi = DggsApi {
            $($plain: {
                unsafe extern "C" fn slot(
                    $($plain_arg: $plain_type,)*
                    out: *mut $plain_out,
                    report: *mut DggsReport,
                ) -> DggsStatus {
                    // SAFETY: C++ keeps what the header says of the slot, which the guard and the body rely on.
                    unsafe { guard::call(out, report, |call| $plain_body(call, $($plain_arg),*)) }
                }
                Some(slot)
            },)*
            $($act: {
                unsafe extern "C" fn slot($($act_arg: $act_type,)* report: *mut DggsReport) -> DggsStatus {
                    // SAFETY: C++ keeps what the header says of the slot, which the guard and the body rely on.
                    unsafe {
                        guard::call(ptr::from_mut(&mut ()), report, |call| $act_body(call, $($act_arg),*))
                    }
                }
                Some(slot)
            },)*
            $($on: {
                unsafe extern "C" fn slot(
                    handle: *const <$on_handle as handle::Body>::Opaque,
                    $($on_arg: $on_type,)*
                    out: *mut $on_out,
                    report: *mut DggsReport,
                ) -> DggsStatus {
                    // SAFETY: C++ keeps what the header says of the slot, which the guard and the body rely on.
                    unsafe {
                        guard::call_on::<$on_handle, _>(handle, out, report, |body, call| {
                            $on_body(body, call, $($on_arg),*)
                        })
                    }
                }
                Some(slot)
            },)*
            $($read: {
                unsafe extern "C" fn slot(
                    handle: *const <$read_handle as handle::Body>::Opaque,
                    $($read_arg: $read_type,)*
                    report: *mut DggsReport,
                ) -> DggsStatus {
                    // SAFETY: C++ keeps what the header says of the slot, which the guard and the body rely on.
                    unsafe {
                        guard::call_on::<$read_handle, ()>(handle, ptr::from_mut(&mut ()), report, |body, call| {
                            $read_body(body, call, $($read_arg),*)
                        })
                    }
                }
                Some(slot)
            },)*
            $($free: {
                unsafe extern "C" fn slot(handle: *mut <$free_handle as handle::Body>::Opaque) {
                    // SAFETY: *Handles*: the handle is NULL or live, and this is its end.
                    guard::free(|| unsafe { handle::free::<$free_handle>(handle) });
                }
                Some(slot)
            },)*
            $($end: {
                unsafe extern "C" fn slot(list: *mut $end_struct) {
                    // SAFETY: *Memory*: the struct is NULL or one that Rust made, and this is its end.
                    guard::free(|| unsafe { Owned::<$end_struct>::free(list) });
                }
                Some(slot)
            },)*
        };
    };
}

table! {
    plain {
        identify: fn(name: *const c_char, is_directory: bool, for_sure: bool) -> DggsIdentified = open::identify;
        open_root: fn(request: *const DggsOpenRequest) -> *mut DggsGroup = open::open_root;
        create_root: fn(request: *const DggsCreateRequest) -> *mut DggsGroup = edit::create_root;
        split_name: fn(name: *const c_char) -> *mut DggsStrings = open::split_name;
        open_raster: fn(request: *const DggsOpenRequest) -> *mut DggsRaster = raster::open_raster;
    }
    act {
        create_copy: fn(request: *const DggsCopyRequest) = copy::create_copy;
        build_overviews: fn(request: *const DggsOverviewRequest) = copy::build_overviews;
        delete_store: fn(name: *const c_char) = copy::delete_store;
        rename_store: fn(old: *const c_char, new: *const c_char) = copy::rename_store;
        copy_store: fn(old: *const c_char, new: *const c_char) = copy::copy_store;
    }
    on {
        open_group: fn(GroupBody, name: *const c_char) -> *mut DggsGroup = group::open_group;
        open_array: fn(GroupBody, name: *const c_char) -> *mut DggsArray = group::open_array;
        group_info: fn(GroupBody) -> *const DggsGroupInfo = group::info;
        group_group_names: fn(GroupBody) -> *mut DggsStrings = group::group_names;
        group_array_names: fn(GroupBody) -> *mut DggsStrings = group::array_names;
        group_dimensions: fn(GroupBody) -> *mut DggsDimensions = group::dimensions;
        group_attributes: fn(GroupBody) -> *mut DggsAttributes = group::attributes;
        array_info: fn(ArrayBody) -> *const DggsArrayInfo = array::info;
        array_crs: fn(ArrayBody) -> *mut DggsStrings = array::crs;
        array_attributes: fn(ArrayBody) -> *mut DggsAttributes = array::attributes;
        group_create_group: fn(
            GroupBody, name: *const c_char, options: *const DggsPairs
        ) -> *mut DggsGroup = edit::create_group;
        group_create_dimension: fn(
            GroupBody, dimension: *const DggsDimension, options: *const DggsPairs
        ) -> *mut DggsDimensions = edit::create_dimension;
        group_create_array: fn(GroupBody, array: *const DggsNewArray) -> *mut DggsArray = edit::create_array;
        raster_info: fn(RasterBody) -> *const DggsRasterInfo = raster::info;
        raster_root: fn(RasterBody) -> *mut DggsGroup = raster::root;
        open_layers: fn(GroupBody) -> *mut DggsLayers = layer::open_all;
        layers_count: fn(LayersBody) -> usize = layer::count_all;
        layers_get: fn(LayersBody, index: usize) -> *mut DggsLayer = layer::get;
        layer_info: fn(LayerBody) -> *const DggsLayerInfo = layer::info;
        layer_count: fn(LayerBody) -> u64 = layer::count;
        layer_extent: fn(LayerBody) -> DggsExtent = layer::extent;
        layer_features: fn(LayerBody, request: *const DggsFeatureRequest) -> *mut DggsFeatures = layer::features;
        features_next: fn(FeaturesBody) -> *mut DggsFeatureBatch = layer::next;
    }
    read {
        array_read_numbers: fn(
            ArrayBody, window: *const DggsWindow, numeric_type: u32, strides: *const isize, buffer: *mut c_void
        ) = array::read_numbers;
        array_read_texts: fn(
            ArrayBody, window: *const DggsWindow, text_count: usize, texts: *mut *mut c_char
        ) = array::read_texts;
        array_read_compounds: fn(
            ArrayBody, window: *const DggsWindow, byte_count: usize, bytes: *mut c_void
        ) = array::read_compounds;
        array_advise_read: fn(ArrayBody, window: *const DggsWindow, options: *const DggsPairs) = array::advise_read;
        group_set_attribute: fn(GroupBody, attribute: *const DggsAttribute) = edit::set_group_attribute;
        group_delete_attribute: fn(GroupBody, name: *const c_char) = edit::delete_group_attribute;
        group_delete_group: fn(GroupBody, name: *const c_char) = edit::delete_group;
        group_delete_array: fn(GroupBody, name: *const c_char) = edit::delete_array;
        group_rename: fn(GroupBody, new_name: *const c_char) = edit::rename_group;
        flush: fn(GroupBody, is_closing: bool) = edit::flush;
        array_set_attribute: fn(ArrayBody, attribute: *const DggsAttribute) = edit::set_array_attribute;
        array_delete_attribute: fn(ArrayBody, name: *const c_char) = edit::delete_array_attribute;
        array_write_numbers: fn(
            ArrayBody, window: *const DggsWindow, numeric_type: u32, strides: *const isize, buffer: *const c_void
        ) = edit::write_numbers;
        array_write_texts: fn(
            ArrayBody, window: *const DggsWindow, text_count: usize, texts: *const *const c_char
        ) = edit::write_texts;
        array_write_compounds: fn(
            ArrayBody, window: *const DggsWindow, byte_count: usize, bytes: *const c_void
        ) = edit::write_compounds;
        array_set_nodata: fn(ArrayBody, byte_count: usize, value: *const c_void) = edit::set_nodata;
        array_set_unit: fn(ArrayBody, unit: *const c_char) = edit::set_unit;
        array_set_scale: fn(ArrayBody, scale: *const f64) = edit::set_scale;
        array_set_offset: fn(ArrayBody, offset: *const f64) = edit::set_offset;
        array_set_crs: fn(ArrayBody, definition: *const c_char) = edit::set_crs;
        array_resize: fn(ArrayBody, size_count: usize, sizes: *const u64) = edit::resize;
        array_rename: fn(ArrayBody, new_name: *const c_char) = edit::rename_array;
        raster_read: fn(
            RasterBody, pixels: *const DggsPixels, band_count: usize, bands: *const i32, numeric_type: u32,
            strides: *const isize, buffer: *mut c_void, progress: DggsProgress, data: *mut c_void
        ) = raster::read;
    }
    free_handle {
        free_group: GroupBody;
        free_array: ArrayBody;
        free_raster: RasterBody;
        free_layers: LayersBody;
        free_layer: LayerBody;
        free_features: FeaturesBody;
    }
    free_struct {
        free_feature_batch: DggsFeatureBatch;
        free_strings: DggsStrings;
        free_dimensions: DggsDimensions;
        free_attributes: DggsAttributes;
    }
}
