/* The border between the C++ shim (cpp/) and the Rust core (src/abi/): the one contract, written by hand.
 *
 * Rust's side is generated from this file by bindgen, so a function that does not fit its slot does not compile.
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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define DGGS_NOEXCEPT noexcept
extern "C" {
#else
#define DGGS_NOEXCEPT
#endif

/* ---- Status and report ---- */

/** How a call ended. */
typedef enum DggsStatus
{
    DGGS_OK = 0,
    DGGS_NOT_FOUND = 1,        /**< a file, array, group or zone does not exist */
    DGGS_INVALID_ARGUMENT = 2, /**< an option, argument or selection makes no sense */
    DGGS_CORRUPT = 3,          /**< stored metadata or data break their specification */
    DGGS_UNSUPPORTED = 4,      /**< well formed, but beyond this driver */
    DGGS_IO = 5,               /**< the system, the network or GDAL's virtual file system failed */
    DGGS_OUT_OF_MEMORY = 6,    /**< memory for a request of this size cannot be had */
    DGGS_CANCELLED = 7,        /**< the caller's progress function asked to stop */
    DGGS_PANIC = 8             /**< a defect of ours, stopped at the border */
} DggsStatus;

/** Room for a message, its final NUL included. */
#define DGGS_MESSAGE_SIZE 2048

/** What a call has to say to the user; made by the caller, filled by Rust. NULL where the caller does not care.
 *
 * `message` is written whenever the status is not DGGS_OK. `warnings` is written by every call: one warning a line,
 * empty when there are none. Both end in NUL and are cut between characters when too long. */
typedef struct DggsReport
{
    char message[DGGS_MESSAGE_SIZE];
    char warnings[DGGS_MESSAGE_SIZE];
} DggsReport;

/* ---- Lists ---- */

/** A list of strings. */
typedef struct DggsStrings
{
    const char *const *items;
    size_t count;
} DggsStrings;

/** A key and its value. */
typedef struct DggsPair
{
    const char *key;
    const char *value;
} DggsPair;

/** A list of key and value pairs: open options, structural information. */
typedef struct DggsPairs
{
    const DggsPair *items;
    size_t count;
} DggsPairs;

/* ---- Types ---- */

/** Which member of DggsDataType counts; the values of GDAL's GDALExtendedDataTypeClass. */
typedef enum DggsTypeClass
{
    DGGS_TYPE_NUMERIC = 0,
    DGGS_TYPE_TEXT = 1,
    DGGS_TYPE_COMPOUND = 2
} DggsTypeClass;

struct DggsField;

/** The type of an array's elements. */
typedef struct DggsDataType
{
    DggsTypeClass type_class;
    uint32_t numeric_type;          /**< numeric: GDAL's GDALDataType as this GDAL numbers it; else 0 */
    size_t size;                    /**< bytes of one element in memory; text: of a pointer */
    size_t max_length;              /**< text: most bytes of one, 0 where unknown; else 0 */
    const char *name;               /**< compound: a name for the type; else "" */
    const struct DggsField *fields; /**< compound: the fields in the order of their offsets */
    size_t field_count;
} DggsDataType;

/** A field of a compound type. Its type is numeric or compound. */
typedef struct DggsField
{
    const char *name;
    size_t offset; /**< bytes from the start of the element */
    DggsDataType data_type;
} DggsField;

/* ---- What groups and arrays consist of ---- */

/** An axis. `group` and `name` together identify it. */
typedef struct DggsDimension
{
    const char *name;
    const char *group;             /**< full name of the group that defines it: "/" or "/a/b" */
    const char *kind;              /**< GDAL's dimension type, "DGGS_ZONE", or "" */
    const char *direction;         /**< GDAL's direction or "" */
    uint64_t size;                 /**< number of positions */
    const char *indexing_variable; /**< full name of an array, or NULL */
} DggsDimension;

/** A list of axes. */
typedef struct DggsDimensions
{
    const DggsDimension *items;
    size_t count;
} DggsDimensions;

/** Which member of DggsAttribute holds the values. */
typedef enum DggsAttributeKind
{
    DGGS_ATTRIBUTE_TEXT = 0,
    DGGS_ATTRIBUTE_JSON = 1, /**< text that is a JSON document */
    DGGS_ATTRIBUTE_INT32 = 2,
    DGGS_ATTRIBUTE_INT64 = 3,
    DGGS_ATTRIBUTE_FLOAT64 = 4,
    DGGS_ATTRIBUTE_UINT64 = 5 /**< only from C++ */
} DggsAttributeKind;

/** An attribute: one value (`is_list` false, `count` 1) or a list of `count` values. */
typedef struct DggsAttribute
{
    const char *name;
    DggsAttributeKind kind;
    bool is_list;
    size_t count;
    const char *const *texts; /**< TEXT and JSON: the values; else NULL */
    const void *numbers;      /**< INT32, INT64, UINT64, FLOAT64: the values, aligned; else NULL */
} DggsAttribute;

/** A list of attributes. */
typedef struct DggsAttributes
{
    const DggsAttribute *items;
    size_t count;
} DggsAttributes;

/** What is known of a group without further reading. */
typedef struct DggsGroupInfo
{
    const char *name;      /**< last part of the full name; "/" for the root */
    const char *full_name; /**< path from the opened root: "/", "/a/b" */
    DggsPairs structural_info;
    /** What opens the same store with the same open options, for a VRT that only keeps names; "" when the name that was
     * opened does. */
    const char *connection;
    bool is_writable; /**< created or opened for update */
} DggsGroupInfo;

/** What is known of an array without further reading. */
typedef struct DggsArrayInfo
{
    const char *name;
    const char *full_name;
    DggsDimensions dimensions; /**< slowest first */
    DggsDataType data_type;
    const void *nodata; /**< one element of `data_type`, aligned, or NULL; always NULL for text */
    bool has_scale;
    double scale; /**< value = stored * scale + offset */
    bool has_offset;
    double offset;
    const char *unit;                 /**< "" when unknown */
    DggsStrings coordinate_variables; /**< full names */
    DggsStrings overviews; /**< full names of the array on coarser levels, the finest first; some may not exist */
    const uint64_t *block_size;       /**< one a dimension, 0 where unknown */
    DggsPairs structural_info;
    bool is_writable; /**< its elements are stored, in a store that was created or opened for update */
} DggsArrayInfo;

/** A window on an array: for each of its `dimension_count` axes the first position, the number of positions (at least
 * 1) and the step between them, which may be negative, and zero where the number is 1. The three pointers may be NULL
 * when `dimension_count` is 0. */
typedef struct DggsWindow
{
    size_t dimension_count;
    const uint64_t *start;
    const size_t *count;
    const int64_t *step;
} DggsWindow;

/* ---- The classic raster view ---- */

/** A band: one slice of an array. */
typedef struct DggsBandInfo
{
    const char *description; /**< coordinate values of the slice, or the array's name */
    DggsPairs metadata;
} DggsBandInfo;

/** The size of an overview. */
typedef struct DggsSize
{
    int32_t columns;
    int32_t rows;
} DggsSize;

/** What is known of a raster without reading its pixels. */
typedef struct DggsRasterInfo
{
    const char *connection; /**< what opens the same with the same open options; "" when the name that was opened does */
    const char *path;       /**< of the store, without prefix and array */
    const char *view;       /**< what tells this raster from the store's others: array and options; "" for a container */
    DggsPairs subdatasets;  /**< names and descriptions; empty when one array is all there is */
    DggsSize size;          /**< 0 by 0 when no array is chosen: then nothing that follows counts */
    DggsSize block;         /**< natural block */
    double geotransform[6]; /**< as GDAL's */
    const char *crs;        /**< WKT2, to be used with axes longitude, latitude or east, north */
    uint32_t numeric_type;  /**< GDALDataType */
    const DggsBandInfo *bands;
    size_t band_count;
    const void *nodata; /**< one element of `numeric_type`, aligned, or NULL */
    bool has_mask;      /**< pixels may lie outside the coverage, and no value says so: band 0 is a mask, 255 inside */
    bool has_scale;
    double scale; /**< value = stored * scale + offset */
    bool has_offset;
    double offset;
    const char *unit;    /**< "" when unknown */
    DggsPairs metadata;  /**< of the whole raster */
    const DggsSize *overviews;
    size_t overview_count;
} DggsRasterInfo;

/** Pixels to read: the centre of column i lies (first_column + i + 0.5) * column_step columns of the raster from its left
 * edge, and rows likewise. A step above 1 reads a reduced raster, from a coarser level where there is one. With a step
 * below 1 each pixel shows the raster's pixel that holds its centre. */
typedef struct DggsPixels
{
    double first_column;
    double first_row;
    double column_step;
    double row_step;
    size_t columns;
    size_t rows;
} DggsPixels;

/** Hears from time to time which share (0 to 1) is done; false asks to stop. */
typedef bool (*DggsProgress)(double share, void *data);

/* ---- The vector view ---- */

/** Type of a field, and of the numbers in its columns. */
typedef enum DggsFieldKind
{
    DGGS_FIELD_INT16 = 0,
    DGGS_FIELD_INT32 = 1,
    DGGS_FIELD_INT64 = 2,
    DGGS_FIELD_FLOAT32 = 3,
    DGGS_FIELD_FLOAT64 = 4,
    DGGS_FIELD_TEXT = 5
} DggsFieldKind;

/** A field of a layer: a slice of a variable. */
typedef struct DggsFieldInfo
{
    const char *name;
    DggsFieldKind kind;
    const char *unit; /**< "" when unknown */
} DggsFieldInfo;

/** What the features of a layer are drawn as. */
typedef enum DggsGeometryKind
{
    DGGS_GEOMETRY_NONE = 0,
    DGGS_GEOMETRY_POINT = 1,
    DGGS_GEOMETRY_MULTI_POLYGON = 2
} DggsGeometryKind;

/** What is known of a layer without reading data. */
typedef struct DggsLayerInfo
{
    const char *name;
    DggsGeometryKind geometry;
    const char *crs;             /**< WKT2, to be used with axes longitude, latitude; "" when unknown */
    const DggsFieldInfo *fields; /**< those after `zone_id` */
    size_t field_count;
    uint64_t place_count; /**< FIDs are below it */
    bool is_dense;        /**< every place is a feature */
    bool extent_is_known; /**< `layer_extent` costs nothing */
} DggsLayerInfo;

/** Envelope in degrees. */
typedef struct DggsExtent
{
    bool is_empty; /**< then the numbers do not count */
    double west;
    double south;
    double east;
    double north;
} DggsExtent;

/** Which features are asked for, and what of them. Filters leave all features that pass them, and perhaps more. */
typedef struct DggsFeatureRequest
{
    const bool *fields; /**< whether each field of the layer is wanted */
    size_t field_count; /**< as many as the layer has */
    bool zone_ids;      /**< whether texts of zones are wanted */
    bool geometry;      /**< whether geometries are wanted */
    const DggsExtent *extent; /**< spatial filter, or NULL */
    const char *polygon;      /**< the same as a geometry within the extent, WKT, or NULL */
    const DggsStrings *zones; /**< texts of zones, or NULL */
    uint64_t start;           /**< how many of the places that the filters leave are skipped */
    uint64_t count;           /**< at most how many of them are read */
} DggsFeatureRequest;

/** The values of a column, laid out as Arrow does. */
typedef struct DggsColumn
{
    const void *values;      /**< numbers, or the bytes of all texts; NULL when not asked for, or empty */
    const int32_t *offsets;  /**< texts: text k is between bytes `offsets[k]` and `offsets[k + 1]`; else NULL */
    const uint8_t *validity; /**< bit k, the lowest first, is set where value k is not null; NULL: none is null */
    size_t null_count;
    bool is_given; /**< false when the column was not asked for */
} DggsColumn;

/** Some features, at least one and at most 32768. */
typedef struct DggsFeatureBatch
{
    size_t count;
    const int64_t *fids;
    DggsColumn zone_ids;
    DggsColumn geometries; /**< well-known binary, little-endian */
    const DggsColumn *columns; /**< one a field of the layer */
} DggsFeatureBatch;

/* ---- Handles ---- */

/** A raster over an array of a store, or the container of several. */
typedef struct DggsRaster DggsRaster;

/** A zone axis as a layer. */
typedef struct DggsLayer DggsLayer;

/** All layers of a store. */
typedef struct DggsLayers DggsLayers;

/** Features of a layer that are being read. */
typedef struct DggsFeatures DggsFeatures;

/** A group of an opened store. */
typedef struct DggsGroup DggsGroup;

/** An array of an opened store: stored, selected or computed. */
typedef struct DggsArray DggsArray;

/* ---- Opening ---- */

/** Answer of `identify`. */
typedef enum DggsIdentified
{
    DGGS_IDENTIFIED_NO = 0,
    DGGS_IDENTIFIED_MAYBE = 1, /**< only `open` can tell */
    DGGS_IDENTIFIED_YES = 2
} DggsIdentified;

/** What the user asks to be opened. */
typedef struct DggsOpenRequest
{
    const char *name;  /**< as the user typed it, prefix and all */
    DggsPairs options; /**< open options */
    bool is_directory; /**< GDAL saw a directory of that name */
    bool forced;       /**< the user asked for this driver by prefix or by name: anything else than a group is an error */
    bool update;       /**< the store is to be written */
} DggsOpenRequest;

/* ---- Copying ---- */

/** What the user asks to be copied. */
typedef struct DggsCopyRequest
{
    void *source;     /**< a GDALDatasetH; nobody else uses it during the call */
    const char *name; /**< of the store to be made */
    DggsPairs options; /**< creation options */
    DggsProgress progress; /**< may be NULL */
    void *progress_data;
} DggsCopyRequest;

/** What the user asks to be built of, or removed from, a store: coarser levels. */
typedef struct DggsOverviewRequest
{
    DggsOpenRequest what; /**< an array, or all those of a group or a store */
    const char *array;    /**< full name of one array of what is named; NULL for what is named */
    const char *method;   /**< as GDAL calls it */
    const int32_t *factors;
    size_t factor_count; /**< 0: the coarser levels are to be removed */
    DggsProgress progress; /**< may be NULL */
    void *progress_data;
} DggsOverviewRequest;

/** What the user asks to be created. */
typedef struct DggsCreateRequest
{
    const char *name;  /**< path of the store */
    DggsPairs options; /**< creation options */
} DggsCreateRequest;

/** An array to be created in a group. */
typedef struct DggsNewArray
{
    const char *name;
    DggsDimensions dimensions; /**< slowest first; `indexing_variable` is not looked at */
    DggsDataType data_type;
    DggsPairs options; /**< creation options of arrays */
} DggsNewArray;

/* ---- The table ---- */

/** Every function that C++ calls. */
typedef struct DggsApi
{
    /** Whether a name looks like ours; cheap, and fails only by DGGS_INVALID_ARGUMENT or DGGS_PANIC. */
    DggsStatus (*identify)(const char *name, bool is_directory, DggsIdentified *out_identified, DggsReport *report);

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
