"""The table of arrays that zarr-python writes and the driver reads: codec, type, order, fill and separator.

Pure data, read by fixtures/make.py (in build/venv) and by gdrivers/dggs_values.py. A case is (name, zarr format, dtype,
options); the options are those of `write_case` in fixtures/make.py.
"""

SHAPE = (7, 48)  # time, zones: HEALPix level 1, global
CHUNKS = (3, 10)  # neither divides its axis

NUMBERS = ["b1", "i1", "u1", "<i2", ">i2", "<u2", "<i4", ">u4", "<i8", ">i8", "<u8", "<f2", ">f4", "<f4", ">f8", "<f8", "<c8", ">c16"]

V2_COMPRESSORS = {
    "none": None,
    "zlib": ("Zlib", {"level": 5}),
    "gzip": ("GZip", {"level": 5}),
    "bz2": ("BZ2", {"level": 5}),
    "lzma": ("LZMA", {}),
    "lz4": ("LZ4", {}),
    "zstd": ("Zstd", {"level": 3}),
    "blosc_lz4_shuffle": ("Blosc", {"cname": "lz4", "shuffle": 1}),
    "blosc_lz4hc_none": ("Blosc", {"cname": "lz4hc", "shuffle": 0}),
    "blosc_zstd_bitshuffle": ("Blosc", {"cname": "zstd", "shuffle": 2}),
    "blosc_zlib_shuffle": ("Blosc", {"cname": "zlib", "shuffle": 1}),
    "blosc_blosclz_shuffle": ("Blosc", {"cname": "blosclz", "shuffle": 1}),
}

V3_COMPRESSORS = {
    "none": [],
    "gzip": [("gzip", {"level": 5})],
    "zstd": [("zstd", {"level": 3, "checksum": False})],
    "zstd_checksum": [("zstd", {"level": 3, "checksum": True})],
    "blosc_lz4_shuffle": [("blosc", {"cname": "lz4", "shuffle": "shuffle", "clevel": 5, "typesize": 4, "blocksize": 0})],
    "blosc_zstd_bitshuffle": [("blosc", {"cname": "zstd", "shuffle": "bitshuffle", "clevel": 5, "typesize": 4, "blocksize": 0})],
    "blosc_lz4hc_none": [("blosc", {"cname": "lz4hc", "shuffle": "noshuffle", "clevel": 5, "typesize": 4, "blocksize": 0})],
    "blosc_zlib_shuffle": [("blosc", {"cname": "zlib", "shuffle": "shuffle", "clevel": 5, "typesize": 4, "blocksize": 0})],
    "crc32c": [("crc32c", {})],
    "zstd_crc32c": [("zstd", {"level": 3, "checksum": False}), ("crc32c", {})],
}


def cases():
    """(name, zarr format, dtype, options) of every array."""
    table = []

    def add(zarr_format, name, dtype, **options):
        table.append((f"v{zarr_format}_{name}", zarr_format, dtype, options))

    def spelt(dtype):
        return dtype.replace("<", "").replace(">", "be_").replace("|", "")

    for dtype in NUMBERS:
        add(2, f"type_{spelt(dtype)}", dtype, compressor="blosc_lz4_shuffle")
        add(3, f"type_{spelt(dtype)}", dtype, compressors="zstd")
    for name in V2_COMPRESSORS:
        add(2, f"codec_{name}", "<f4", compressor=name)
    for name in V3_COMPRESSORS:
        add(3, f"codec_{name}", "<f4", compressors=name)
    # Filters of format 2.
    add(2, "filter_delta", "<i4", filters=["delta"], compressor="zlib")
    add(2, "filter_delta_u8", "<u8", filters=["delta"], compressor="zstd")
    add(2, "filter_shuffle", "<f4", filters=["shuffle"], compressor="zlib")
    add(2, "filter_fletcher32", "<f4", filters=["fletcher32"], compressor=None)
    add(2, "filter_shuffle_fletcher32", "<i2", filters=["shuffle", "fletcher32"], compressor="zlib")
    add(2, "filter_fixedscaleoffset", "<f8", filters=["fixedscaleoffset"], compressor="zlib")
    # Order, fill, separator.
    add(2, "order_f", "<f4", order="F", compressor="zstd")
    add(2, "order_f_i2", ">i2", order="F", compressor="gzip")
    add(2, "separator_slash", "<f4", separator="/", compressor="zstd")
    add(2, "fill_null", "<f4", fill=None, compressor="zstd")
    add(2, "fill_nan", "<f4", fill="NaN", compressor="zstd", sparse=True)
    add(2, "fill_infinity", "<f8", fill="-Infinity", compressor="zstd", sparse=True)
    add(2, "fill_number", "<i2", fill=-9999, compressor="zlib", sparse=True)
    add(2, "fill_big", "<u8", fill=2**64 - 1, compressor="zlib", sparse=True)
    add(3, "separator_dot", "<f4", separator=".", compressors="zstd")
    add(3, "encoding_v2", "<f4", encoding="v2", separator=".", compressors="gzip")
    add(3, "fill_nan", "<f4", fill="NaN", compressors="zstd", sparse=True)
    add(3, "fill_number", "<i2", fill=-9999, compressors="zstd", sparse=True)
    add(3, "fill_big", "<u8", fill=2**64 - 1, compressors="zstd", sparse=True)
    add(3, "transpose", "<f4", transpose=[1, 0], compressors="zstd")
    add(3, "transpose_blosc", "<i2", transpose=[1, 0], compressors="blosc_lz4_shuffle")
    # Shards, index at either end, with codecs inside.
    add(3, "shard", "<f4", shards=(6, 20), compressors="zstd")
    add(3, "shard_gzip", "<f8", shards=(9, 30), compressors="gzip")
    add(3, "shard_start", "<i4", shards=(6, 20), compressors="blosc_lz4_shuffle", index_location="start")
    add(3, "shard_sparse", "<f4", shards=(6, 20), compressors="zstd", fill="NaN", sparse=True)
    add(3, "shard_transpose", "<u2", shards=(6, 20), compressors="zstd", transpose=[1, 0])
    # Text, time, structures.
    add(2, "text_U", "<U7", compressor="zstd")
    add(2, "text_U_be", ">U7", compressor="zlib")
    add(2, "text_S", "|S9", compressor="zstd")
    add(2, "text_vlen", "vlen-utf8", compressor="zstd")
    add(3, "text_vlen", "vlen-utf8", compressors="zstd")
    add(2, "datetime64_s", "<M8[s]", compressor="zstd")
    add(2, "datetime64_ns", "<M8[ns]", compressor="blosc_lz4_shuffle")
    add(2, "timedelta64_h", "<m8[h]", compressor="zlib")
    add(3, "datetime64_s", "<M8[s]", compressors="zstd")
    add(2, "structured", "structured", compressor="zstd")
    # Numcodecs' codecs in format 3.
    add(3, "numcodecs_zlib", "<f4", numcodecs=["Zlib"])
    add(3, "numcodecs_bz2", "<f4", numcodecs=["BZ2"])
    add(3, "numcodecs_shuffle_zlib", "<f4", numcodecs=["Shuffle", "Zlib"])
    return table
