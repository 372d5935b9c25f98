/* What crosses the border: status, lists, plain structures and opaque handles. Part of dggs_abi.h, which says the rules
 * for all of them and includes this file.
 */
#ifndef DGGS_ABI_TYPES_H_INCLUDED
#define DGGS_ABI_TYPES_H_INCLUDED

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
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

/** A class that a number stands for. */
typedef struct DggsClass
{
    int64_t value;
    const char *meaning; /**< "" when unknown */
    bool has_colour;
    uint8_t colour[4]; /**< red, green, blue, opacity */
} DggsClass;

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
    const DggsClass *classes; /**< what its numbers stand for */
    size_t class_count;
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

#ifdef __cplusplus
}
#endif

#endif /* DGGS_ABI_TYPES_H_INCLUDED */
