"""A process that writes, for the tests that kill it, starve it or run several of it.

    writer.py months PATH FIRST LAST       opens the cube for update and writes these months of "u": 100 * month + zone % 97
    writer.py forever PATH                 the same with every month, over and over, each time with a larger version:
                                           values are version + zone % 97; prints a line when it begins
    writer.py create PATH LEVEL MONTHS     a new cube of that level, written month by month
"""

import itertools
import os
import sys

import numpy as np
from osgeo import gdal

gdal.UseExceptions()


def update(path):
    return gdal.OpenEx(f'DGGS:"{path}"', gdal.OF_MULTIDIM_RASTER | gdal.OF_UPDATE)


def create(path, level, months, *options, array_options=()):
    """A cube "u" (time, cells) of float32, and its dataset."""
    driver = gdal.GetDriverByName("DGGS")
    cube = driver.CreateMultiDimensional(str(path), [], ["DGGRS=HEALPix", f"LEVEL={level}", *options])
    root = cube.GetRootGroup()
    time = root.CreateDimension("time", "TEMPORAL", None, months)
    cells = root.CreateDimension("cells", "DGGS_ZONE", None, 12 * 4**level)
    kind = gdal.ExtendedDataType.Create(gdal.GDT_Float32)
    return cube, root.CreateMDArray("u", [time, cells], kind, list(array_options))


def month(array, number, base):
    zones = array.GetDimensions()[1].GetSize()
    values = (base + np.arange(zones) % 97).astype("f4")
    status = array.Write(values, array_start_idx=[number, 0], count=[1, zones])
    assert status == gdal.CE_None, gdal.GetLastErrorMsg()


def main(what, path, *arguments):
    if what == "months":
        cube = update(path)
        array = cube.GetRootGroup().OpenMDArray("u")
        for number in range(*map(int, arguments)):
            month(array, number, 100 * number)
    elif what == "forever":
        cube = update(path)
        array = cube.GetRootGroup().OpenMDArray("u")
        months = array.GetDimensions()[0].GetSize()
        print("begins", flush=True)
        for version in itertools.count(1):
            for number in range(months):
                month(array, number, 1000 * version)
    elif what == "create":
        cube, array = create(path, *map(int, arguments))
        for number in range(int(arguments[1])):
            month(array, number, 100 * number)
    del array
    if hasattr(cube, "Close"):
        cube.Close()
    else:
        cube.FlushCache()
        if gdal.GetLastErrorType() >= gdal.CE_Failure:
            raise RuntimeError(gdal.GetLastErrorMsg())


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (RuntimeError, AssertionError) as error:
        print(error, file=sys.stderr)
        sys.stderr.flush()
        os._exit(3)
