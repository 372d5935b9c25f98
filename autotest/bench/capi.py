"""GDAL's C API by ctypes: reads into memory that exists, without the zeroing and copying of Python's own calls."""

import ctypes
from pathlib import Path

from osgeo import gdal


def libgdal():
    """The libgdal that osgeo has loaded."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        if "/libgdal.so" in line:
            return ctypes.CDLL(line.split()[-1])
    raise RuntimeError("libgdal is not loaded")


LIB = libgdal()
LIB.GDALMDArrayRead.restype = ctypes.c_int
LIB.GDALMDArrayRead.argtypes = [ctypes.c_void_p] * 7 + [ctypes.c_void_p, ctypes.c_size_t]


def read_into(array, buffer, start, count, strides, kind):
    """GDALMDArrayRead of a window into a NumPy buffer; strides in elements."""
    n = len(start)
    done = LIB.GDALMDArrayRead(
        int(array.this),
        (ctypes.c_uint64 * n)(*start),
        (ctypes.c_size_t * n)(*count),
        (ctypes.c_int64 * n)(*[1] * n),
        (ctypes.c_ssize_t * n)(*strides),
        int(kind.this),
        buffer.ctypes.data,
        None,
        0,
    )
    if not done:
        raise RuntimeError(gdal.GetLastErrorMsg())


class Compressor(ctypes.Structure):
    """CPLCompressor of cpl_compressor.h."""

    _fields_ = [
        ("version", ctypes.c_int),
        ("id", ctypes.c_char_p),
        ("type", ctypes.c_int),
        ("metadata", ctypes.c_void_p),
        ("function", ctypes.CFUNCTYPE(
            ctypes.c_bool, ctypes.c_void_p, ctypes.c_size_t, ctypes.POINTER(ctypes.c_void_p),
            ctypes.POINTER(ctypes.c_size_t), ctypes.c_void_p, ctypes.c_void_p)),
        ("user_data", ctypes.c_void_p),
    ]  # fmt: skip


def decompressor(name):
    """GDAL's own decompressor: a function (data, address, size) that fills memory."""
    LIB.CPLGetDecompressor.restype = ctypes.POINTER(Compressor)
    found = LIB.CPLGetDecompressor(name.encode()).contents

    def run(data, address, size):
        target, length = ctypes.c_void_p(address), ctypes.c_size_t(size)
        source = (ctypes.c_char * len(data)).from_buffer(data)
        if not found.function(ctypes.addressof(source), len(data), target, length, None, found.user_data):
            raise RuntimeError(f"{name} failed")

    return run
