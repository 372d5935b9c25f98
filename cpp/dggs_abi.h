/* The border between the C++ shim (cpp/) and the Rust core (src/abi/): the one contract, written by hand.
 *
 * Rust's side is generated from this file by bindgen, so a function that does not fit its slot does not compile. The
 * structures are in dggs_abi_types.h, which is a part of this file.
 *
 * Conventions
 *
 *  - Table. Every Rust function that C++ calls is a slot of DggsApi; no slot is NULL. GDALRegister_DGGS, written in
 *    Rust, is the plugin's only exported symbol; it hands the table to dggs_register_driver(), the only C++ function
 *    that Rust calls. Neither C++ exceptions nor Rust panics cross.
 *  - Handles. DggsGroup, DggsArray and so on are opaque. An `open_*` slot gives ownership of a handle to the caller, who
 *    ends it by exactly one call of the matching `free_*` slot. `free_*` accepts NULL. Handles are independent of each
 *    other: freeing one leaves those that were opened through it valid. Any number of threads may use one handle at the
 *    same time, except that nobody may use it during or after its `free_*`.
 *  - Status. Every slot that can fail returns a DggsStatus. Its outputs come last, before the DggsReport; they are
 *    written only when the status is DGGS_OK. A NULL handle, a NULL output and a NULL input where none is allowed are
 *    DGGS_INVALID_ARGUMENT.
 *  - Strings are UTF-8 and end in NUL. An input is read during the call only.
 *  - Memory behind a pointer inside a struct belongs to whoever made the struct and lives as long as it: Rust's structs
 *    until their `free_*` (or that of the handle they are said to belong to), C++'s until the call returns. A list of
 *    `count` 0 may have a NULL pointer. Structs made by Rust are never written again once the call has returned.
 *  - Writing. Handles of a store that was created or opened for update can be written through; others answer
 *    DGGS_UNSUPPORTED. A handle shows its group or array as it was when it was opened, names and existence of children
 *    apart: after a change of attributes, sizes or names a new handle shows the new state. Elements are stored when the
 *    call returns, metadata by `flush`; the end of the last handle does not flush.
 *  - Poison. A panic inside a slot becomes DGGS_PANIC; the handle it happened on answers DGGS_PANIC from then on.
 */
#ifndef DGGS_ABI_H_INCLUDED
#define DGGS_ABI_H_INCLUDED

#include "dggs_abi_types.h"

#ifdef __cplusplus
#define DGGS_NOEXCEPT noexcept
extern "C" {
#else
#define DGGS_NOEXCEPT
#endif

/* ---- The table ---- */

/** Every function that C++ calls. */
typedef struct DggsApi
{
    /** Whether a name looks like ours, cheaply, or whether it is, `for_sure`, from its metadata; fails only by
     * DGGS_INVALID_ARGUMENT or DGGS_PANIC. */
    DggsStatus (*identify)(const char *name, bool is_directory, bool for_sure, DggsIdentified *out_identified,
                           DggsReport *report);

    /** The root of what `request` names; NULL with DGGS_OK when it is not ours and the request is not forced. */
    DggsStatus (*open_root)(const DggsOpenRequest *request, DggsGroup **out_root, DggsReport *report);

    /** A group by the name of a child of `group`, or by a full name ("/", "/a/b") of the same store; NULL with DGGS_OK
     * when there is none. */
    DggsStatus (*open_group)(const DggsGroup *group, const char *name, DggsGroup **out_group, DggsReport *report);

    /** An array by its name in `group`, or by a full name ("/a/u") of the same store; NULL with DGGS_OK when there is
     * none. */
    DggsStatus (*open_array)(const DggsGroup *group, const char *name, DggsArray **out_array, DggsReport *report);

    /** The group's description; it belongs to the handle. */
    DggsStatus (*group_info)(const DggsGroup *group, const DggsGroupInfo **out_info, DggsReport *report);

    /** Names of the child groups, in storage order; the caller ends the list by `free_strings`. */
    DggsStatus (*group_group_names)(const DggsGroup *group, DggsStrings **out_names, DggsReport *report);

    /** Names of the group's arrays, stored and computed; the caller ends the list by `free_strings`. */
    DggsStatus (*group_array_names)(const DggsGroup *group, DggsStrings **out_names, DggsReport *report);

    /** The axes that the group defines, each once; the caller ends the list by `free_dimensions`. */
    DggsStatus (*group_dimensions)(const DggsGroup *group, DggsDimensions **out_dimensions, DggsReport *report);

    /** The group's attributes; the caller ends the list by `free_attributes`. */
    DggsStatus (*group_attributes)(const DggsGroup *group, DggsAttributes **out_attributes, DggsReport *report);

    /** The array's description; it belongs to the handle. */
    DggsStatus (*array_info)(const DggsArray *array, const DggsArrayInfo **out_info, DggsReport *report);

    /** The array's CRS as WKT2, to be used with axes longitude, latitude: a list of one, or empty when there is none. The
     * caller ends it by `free_strings`. Not part of the description because PROJ has to be asked. */
    DggsStatus (*array_crs)(const DggsArray *array, DggsStrings **out_crs, DggsReport *report);

    /** The array's attributes; the caller ends the list by `free_attributes`. */
    DggsStatus (*array_attributes)(const DggsArray *array, DggsAttributes **out_attributes, DggsReport *report);

    /** Reads a window of a numeric array as numbers of `numeric_type` (a GDALDataType), converted as GDAL converts.
     *
     * `buffer` is where the window's first element goes; element (i, j, ...) goes to `buffer` + i * strides[0] +
     * j * strides[1] + ... bytes. Strides may be negative, zero or, when the array has no dimension, NULL. All these
     * places belong to the caller and hold one element each; Rust writes these and no others during the call. What they
     * hold after a failure is undefined. */
    DggsStatus (*array_read_numbers)(const DggsArray *array, const DggsWindow *window, uint32_t numeric_type,
                                     const ptrdiff_t *strides, void *buffer, DggsReport *report);

    /** Reads a window of a text array, in C order, into the `text_count` pointers of `texts`. Each is then NULL (a
     * missing value) or a string that the caller ends by VSIFree(). `text_count` is the window's number of elements. */
    DggsStatus (*array_read_texts)(const DggsArray *array, const DggsWindow *window, size_t text_count, char **texts,
                                   DggsReport *report);

    /** Reads a window of a compound array, in C order without gaps, into the `byte_count` bytes of `bytes`, which is the
     * window's number of elements times the size of one. */
    DggsStatus (*array_read_compounds)(const DggsArray *array, const DggsWindow *window, size_t byte_count, void *bytes,
                                       DggsReport *report);

    /** Fetches the window's chunks into the cache; its steps are 1. */
    DggsStatus (*array_advise_read)(const DggsArray *array, const DggsWindow *window, const DggsPairs *options,
                                    DggsReport *report);

    /** Copies a dataset to a new store; all of it is written, or nothing of it is there. */
    DggsStatus (*create_copy)(const DggsCopyRequest *request, DggsReport *report);

    /** Builds or removes coarser levels in a store; all of it is done, or the store is as it was. */
    DggsStatus (*build_overviews)(const DggsOverviewRequest *request, DggsReport *report);

    /** Deletes a store, which must not be named with the prefix. */
    DggsStatus (*delete_store)(const char *name, DggsReport *report);

    /** Renames a store; nothing may be at `new_name`. */
    DggsStatus (*rename_store)(const char *old_name, const char *new_name, DggsReport *report);

    /** Copies the files of a store; nothing may be at `new_name`. */
    DggsStatus (*copy_store)(const char *old_name, const char *new_name, DggsReport *report);

    /** The root of a new and empty store; an existing Zarr store of that name is deleted first. */
    DggsStatus (*create_root)(const DggsCreateRequest *request, DggsGroup **out_root, DggsReport *report);

    /** A new group in `group`. */
    DggsStatus (*group_create_group)(const DggsGroup *group, const char *name, const DggsPairs *options,
                                     DggsGroup **out_group, DggsReport *report);

    /** A new axis that `group` defines, as a list of one, which the caller ends by `free_dimensions`. `dimension`'s
     * `group` and `indexing_variable` are not looked at. An axis that no array lies on is not stored. */
    DggsStatus (*group_create_dimension)(const DggsGroup *group, const DggsDimension *dimension,
                                         const DggsPairs *options, DggsDimensions **out_dimensions,
                                         DggsReport *report);

    /** A new array in `group`, all its elements missing. */
    DggsStatus (*group_create_array)(const DggsGroup *group, const DggsNewArray *array, DggsArray **out_array,
                                     DggsReport *report);

    /** Sets an attribute of the group, new or not. */
    DggsStatus (*group_set_attribute)(const DggsGroup *group, const DggsAttribute *attribute, DggsReport *report);

    /** Deletes an attribute of the group; DGGS_NOT_FOUND when there is none of that name. */
    DggsStatus (*group_delete_attribute)(const DggsGroup *group, const char *name, DggsReport *report);

    /** Deletes a child group with all that is in it; DGGS_NOT_FOUND when there is none of that name. */
    DggsStatus (*group_delete_group)(const DggsGroup *group, const char *name, DggsReport *report);

    /** Deletes an array of the group; DGGS_NOT_FOUND when there is none of that name. */
    DggsStatus (*group_delete_array)(const DggsGroup *group, const char *name, DggsReport *report);

    /** Gives the group another name; not the root. This handle and those of what is in it are of no use afterwards. */
    DggsStatus (*group_rename)(const DggsGroup *group, const char *new_name, DggsReport *report);

    /** Stores all metadata of the whole store that have changed. With `is_closing` what was left to us is completed (ids of
     * a global axis that nobody wrote), and what is missing is an error. */
    DggsStatus (*flush)(const DggsGroup *group, bool is_closing, DggsReport *report);

    /** Sets an attribute of the array, new or not. */
    DggsStatus (*array_set_attribute)(const DggsArray *array, const DggsAttribute *attribute, DggsReport *report);

    /** Deletes an attribute of the array; DGGS_NOT_FOUND when there is none of that name. */
    DggsStatus (*array_delete_attribute)(const DggsArray *array, const char *name, DggsReport *report);

    /** Writes a window of a numeric array from numbers of `numeric_type`; the counterpart of `array_read_numbers`, whose
     * rules for `strides` and `buffer` hold. Rust only reads the buffer. */
    DggsStatus (*array_write_numbers)(const DggsArray *array, const DggsWindow *window, uint32_t numeric_type,
                                      const ptrdiff_t *strides, const void *buffer, DggsReport *report);

    /** Writes a window of a text array, in C order, from `text_count` strings, NULL for a missing value. */
    DggsStatus (*array_write_texts)(const DggsArray *array, const DggsWindow *window, size_t text_count,
                                    const char *const *texts, DggsReport *report);

    /** Writes a window of a compound array, in C order without gaps, from the `byte_count` bytes of `bytes`. */
    DggsStatus (*array_write_compounds)(const DggsArray *array, const DggsWindow *window, size_t byte_count,
                                        const void *bytes, DggsReport *report);

    /** Sets the nodata value to the element of `byte_count` bytes at `value`, which need not be aligned; NULL removes it.
     * Not for text. */
    DggsStatus (*array_set_nodata)(const DggsArray *array, size_t byte_count, const void *value, DggsReport *report);

    /** Sets the unit; "" removes it. */
    DggsStatus (*array_set_unit)(const DggsArray *array, const char *unit, DggsReport *report);

    /** Sets the scale; NULL removes it. */
    DggsStatus (*array_set_scale)(const DggsArray *array, const double *scale, DggsReport *report);

    /** Sets the offset; NULL removes it. */
    DggsStatus (*array_set_offset)(const DggsArray *array, const double *offset, DggsReport *report);

    /** Sets the CRS to any definition that PROJ takes; NULL leaves it to the grid. */
    DggsStatus (*array_set_crs)(const DggsArray *array, const char *definition, DggsReport *report);

    /** Changes the sizes of the array's `size_count` axes, and with them those of all arrays on the same axes. Axes of zones
     * keep theirs. */
    DggsStatus (*array_resize)(const DggsArray *array, size_t size_count, const uint64_t *sizes, DggsReport *report);

    /** Gives the array another name. This handle is of no use afterwards. */
    DggsStatus (*array_rename)(const DggsArray *array, const char *new_name, DggsReport *report);

    /** The path and the node of a name that names an array or a group in a store (`DGGS:"path":/group/array`): a list of
     * two, or empty for any other name. The caller ends it by `free_strings`. */
    DggsStatus (*split_name)(const char *name, DggsStrings **out_parts, DggsReport *report);

    /** What `request` names as a raster or a container of rasters; NULL with DGGS_OK when it is not ours and the request is
     * not forced. */
    DggsStatus (*open_raster)(const DggsOpenRequest *request, DggsRaster **out_raster, DggsReport *report);

    /** The raster's description; it belongs to the handle. */
    DggsStatus (*raster_info)(const DggsRaster *raster, const DggsRasterInfo **out_info, DggsReport *report);

    /** The root of the store, where what the raster was opened from names all of it and chooses the same zones (BBOX is a
     * raster's extent, but zones elsewhere); else NULL with DGGS_OK. */
    DggsStatus (*raster_root)(const DggsRaster *raster, DggsGroup **out_root, DggsReport *report);

    /** Reads pixels of `bands` (`band_count` numbers, counted from 1; 0 is the mask) as numbers of `numeric_type`, converted
     * as GDAL converts.
     *
     * `buffer` is where the first pixel of the first band goes; `strides` are the bytes from band to band, row to row and
     * column to column, of any sign; the rest is as for `array_read_numbers`. `progress` may be NULL; it is called in
     * this thread. */
    DggsStatus (*raster_read)(const DggsRaster *raster, const DggsPixels *pixels, size_t band_count,
                              const int32_t *bands, uint32_t numeric_type, const ptrdiff_t *strides, void *buffer,
                              DggsProgress progress, void *progress_data, DggsReport *report);

    /** The layers of the store that `group` belongs to, by its open options GEOMETRY and SLICE. */
    DggsStatus (*open_layers)(const DggsGroup *group, DggsLayers **out_layers, DggsReport *report);

    /** Number of layers. */
    DggsStatus (*layers_count)(const DggsLayers *layers, size_t *out_count, DggsReport *report);

    /** The layer `index`. */
    DggsStatus (*layers_get)(const DggsLayers *layers, size_t index, DggsLayer **out_layer, DggsReport *report);

    /** The layer's description; it belongs to the handle. */
    DggsStatus (*layer_info)(const DggsLayer *layer, const DggsLayerInfo **out_info, DggsReport *report);

    /** Number of features. */
    DggsStatus (*layer_count)(const DggsLayer *layer, uint64_t *out_count, DggsReport *report);

    /** Envelope of all features. */
    DggsStatus (*layer_extent)(const DggsLayer *layer, DggsExtent *out_extent, DggsReport *report);

    /** Begins to read features. */
    DggsStatus (*layer_features)(const DggsLayer *layer, const DggsFeatureRequest *request, DggsFeatures **out_features,
                                 DggsReport *report);

    /** The next features, in the order of their FIDs; NULL at the end. The caller ends them by `free_feature_batch`. */
    DggsStatus (*features_next)(const DggsFeatures *features, DggsFeatureBatch **out_batch, DggsReport *report);

    void (*free_group)(DggsGroup *group);
    void (*free_array)(DggsArray *array);
    void (*free_raster)(DggsRaster *raster);
    void (*free_layers)(DggsLayers *layers);
    void (*free_layer)(DggsLayer *layer);
    void (*free_features)(DggsFeatures *features);
    void (*free_feature_batch)(DggsFeatureBatch *batch);
    void (*free_strings)(DggsStrings *strings);
    void (*free_dimensions)(DggsDimensions *dimensions);
    void (*free_attributes)(DggsAttributes *attributes);
} DggsApi;

/** Implemented in C++, called once by GDALRegister_DGGS: registers the driver, which keeps `api` (never NULL) for the
 * life of the process. Refuses, with a CPLError, a GDAL of another minor version than the one compiled against. */
void dggs_register_driver(const DggsApi *api) DGGS_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif /* DGGS_ABI_H_INCLUDED */
