"""GDAL as the tests use it: opening through the driver, collecting errors, reading arrays."""

from contextlib import contextmanager

import numpy as np
from osgeo import gdal

VERSION = int(gdal.VersionInfo("VERSION_NUM")) // 10000  # 306, 310, 313


@contextmanager
def messages():
    """Collects what GDAL reports, as (class, text) pairs, instead of printing or raising it."""
    seen = []
    raising = gdal.GetUseExceptions()
    gdal.DontUseExceptions()
    gdal.PushErrorHandler(lambda kind, _number, text: seen.append((kind, text)) if kind != gdal.CE_Debug else None)
    try:
        yield seen
    finally:
        gdal.PopErrorHandler()
        if raising:
            gdal.UseExceptions()
        gdal.ErrorReset()


def failures(seen):
    return [text for kind, text in seen if kind >= gdal.CE_Failure]


def warnings(seen):
    return [text for kind, text in seen if kind == gdal.CE_Warning]


def forced(path):
    """The connection string that forces our driver on a store."""
    path = str(path)
    return path if path.startswith("DGGS:") else f'DGGS:"{path}"'


def open_cube(path, *options):
    """The dataset of a store opened by our driver as multidimensional; options are NAME=VALUE."""
    return gdal.OpenEx(forced(path), gdal.OF_MULTIDIM_RASTER, open_options=list(options))


def root(path, *options):
    """The root group of a store; groups outlive their dataset."""
    return open_cube(path, *options).GetRootGroup()


def grid(name, *options):
    """The root group of a grid without data, `HEALPix/3`."""
    return gdal.OpenEx(f"DGGS:{name}", gdal.OF_MULTIDIM_RASTER, open_options=list(options)).GetRootGroup()


def array(group, path):
    """An array by its path below `group`."""
    *groups, name = path.strip("/").split("/")
    for part in groups:
        group = group.OpenGroup(part)
        assert group is not None, part
    found = group.OpenMDArray(name)
    assert found is not None, f"no array {name}"
    return found


def values(group, path, **arguments):
    """All values of an array: NumPy for numbers and structures, a list for text."""
    return read(array(group, path), **arguments)


def read(mdarray, **arguments):
    if mdarray.GetDataType().GetClass() == gdal.GEDTC_STRING:
        flat = mdarray.Read(**arguments)
        assert flat is not None
        return flat
    got = mdarray.ReadAsArray(**arguments)
    assert got is not None
    return got


def shape(mdarray):
    return tuple(d.GetSize() for d in mdarray.GetDimensions())


def dims(mdarray):
    return [d.GetName() for d in mdarray.GetDimensions()]


def attributes(holder):
    return {a.GetName(): a.Read() for a in holder.GetAttributes()}


def identity(group, mdarray=None):
    """The grid's identity as structural info tells it, of the group and of an array on its zone axis."""
    known = dict(group.GetStructuralInfo() or {})
    if mdarray is not None:
        known.update(mdarray.GetStructuralInfo() or {})
    return known


def same(got, expected):
    """Equal to the bit where both have one type, NaN payloads apart; equal in value where GDAL has no such type."""
    got, expected = np.asarray(got), np.asarray(expected)
    assert got.shape == expected.shape, (got.shape, expected.shape)
    if expected.dtype.kind == "b":
        expected = expected.astype("u1")
    if expected.dtype.kind in "Mm":
        expected = expected.view("i8")
    if expected.dtype.kind in "fc":
        assert got.dtype.kind == expected.dtype.kind
        assert got.dtype.itemsize >= expected.dtype.itemsize
        np.testing.assert_array_equal(got, expected.astype(got.dtype))
        # -0.0 equals 0.0 above, but it is another value.
        np.testing.assert_array_equal(np.signbit(got.real), np.signbit(expected.real))
    else:
        assert got.dtype.kind in "iu", got.dtype
        np.testing.assert_array_equal(got, expected)
