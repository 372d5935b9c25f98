"""The raster view beside healpy, healpix-geo with NumPy, and gdalwarp, in one run; rounds alternate.

    autotest/bench/run raster

bench_raster.py FOLDER PYTHON: FOLDER holds what make_store.py and bench_raster_peer.py wrote, PYTHON is the judges'. Times are of
opening, reading and looking up, everything in the page cache.
"""

import random
import statistics
import sys
import time
from pathlib import Path

import numpy as np
from osgeo import gdal

from turns import Peer

gdal.UseExceptions()
gdal.SetConfigOption("GDAL_PAM_ENABLED", "NO")
COLUMNS, ROWS, ROUNDS = 4096, 2048, 7
RES = f"RES={360 / COLUMNS!r}"


def milliseconds(action):
    began = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - began)


def globe(folder, python):
    store = folder / "v3_zstd.zarr"
    out = np.empty((ROWS, COLUMNS), "f4")

    def view(*options):
        dataset = gdal.OpenEx(f'DGGS:"{store}":/t', gdal.OF_RASTER, open_options=[RES, "SLICE=time:3", *options])
        dataset.GetRasterBand(1).ReadAsArray(buf_obj=out)

    source, target = str(folder / "globe.tif"), str(folder / "out.tif")
    gdal.Translate(source, gdal.OpenEx(f'DGGS:"{store}":/t', gdal.OF_RASTER, open_options=[RES, "SLICE=time:3"]))

    def translate():
        dataset = gdal.OpenEx(f'DGGS:"{store}":/t', gdal.OF_RASTER, open_options=[RES, "SLICE=time:3"])
        gdal.Translate(target, dataset).FlushCache()

    def warp():
        gdal.Warp(target, source, outputBounds=[-180, -90, 180, 90], width=COLUMNS, height=ROWS).FlushCache()

    runs = {
        "driver": lambda: milliseconds(view),
        "driver, bilinear": lambda: milliseconds(lambda: view("RESAMPLING=BILINEAR")),
        "driver, EPSG:3857, as many": lambda: milliseconds(projected),
        "driver to GeoTIFF": lambda: milliseconds(translate),
        "gdalwarp, GeoTIFF to GeoTIFF": lambda: milliseconds(warp),
    }
    for library in ("healpix-geo", "healpy", "healpy-bilinear"):
        peer = Peer(python, Path(__file__).with_name("bench_raster_peer.py"), library, store, str(COLUMNS), str(ROWS))
        runs[library] = lambda peer=peer: peer()[0]

    def projected():
        side = 20037508.342789244 * 2 / 2896
        dataset = gdal.OpenEx(f'DGGS:"{store}":/t', gdal.OF_RASTER, open_options=["CRS=EPSG:3857", f"RES={side!r}", "SLICE=time:3"])
        dataset.GetRasterBand(1).ReadAsArray()

    took = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            took[name].append(run())
    median = {name: statistics.median(values[1:]) for name, values in took.items()}
    print(f"{COLUMNS} x {ROWS} view of HEALPix level 9, float32, one time step of 12: median of {ROUNDS - 1}, milliseconds")
    for name, value in median.items():
        against = {"healpy-bilinear": "driver, bilinear", "gdalwarp, GeoTIFF to GeoTIFF": "driver to GeoTIFF"}.get(name, "driver")
        ratio = "" if name.startswith("driver") else f"   {value / median[against]:5.2f} x {against}"
        print(f"  {name:30} {value:8.1f}{ratio}")


def pyramid(folder):
    dataset = gdal.OpenEx(str(folder / "pyramid.zarr"), gdal.OF_RASTER)
    columns, rows = dataset.RasterXSize, dataset.RasterYSize
    rng = random.Random(1)
    print(f"512 x 512 windows of a pyramid of 12 levels, {columns} x {rows} pixels: median (worst) of 20, milliseconds")
    for step in (1, 4, 16, 44):
        size = min(512 * step, rows)
        windows = [(rng.randrange(columns - size + 1), rng.randrange(rows - size + 1)) for _ in range(20)]
        for what in ("first", "again"):
            times = [
                milliseconds(lambda: dataset.GetRasterBand(1).ReadAsArray(x, y, size, size, buf_xsize=512, buf_ysize=512))
                for x, y in windows
            ]
            print(f"  reduced {step:2} times, {what}: {statistics.median(times):6.1f} ({max(times):.1f})")


def main(folder, python):
    folder = Path(folder)
    globe(folder, python)
    pyramid(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
