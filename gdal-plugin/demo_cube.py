"""Write the EGM96 geoid as a HEALPix cube, with zarr-python and xdggs: demo_cube.py GEOID.img CUBE.dggs.zarr

GEOID.img is GDAL's raw copy of PROJ's egm96_15.gtx: float32, 721 rows of 1440 pixels of a quarter of a degree whose
centres lie at whole quarters of a degree, the first at 90 N, 180 W. Each zone gets the mean of the pixels whose centre
it holds, weighted by their area.
"""

import shutil
import sys

import healpix_geo.nested
import numpy as np
import xarray as xr
import xdggs

LEVEL = 6


def main(source, target):
    heights = np.fromfile(source, "<f4").reshape(721, 1440).astype("f8")
    lat, lon = np.meshgrid(90 - np.arange(721) / 4, np.arange(1440) / 4 - 180, indexing="ij")
    zones = healpix_geo.nested.lonlat_to_healpix(lon.ravel(), lat.ravel(), LEVEL, ellipsoid="WGS84").astype("i8")
    count = 12 * 4**LEVEL
    # The pixels at the very poles have no area; a trace of weight keeps the arithmetic defined.
    weight = np.maximum(np.cos(np.radians(lat.ravel())), 1e-9)
    total = np.bincount(zones, weight, count)
    if not total.all():
        raise SystemExit(f"level {LEVEL} is finer than the geoid's pixels")
    mean = np.bincount(zones, weight * heights.ravel(), count) / total

    cube = xr.Dataset(
        {
            "geoid": (
                "cells",
                mean.astype("f4"),
                {
                    "long_name": "EGM96 geoid height above the WGS84 ellipsoid",
                    "standard_name": "geoid_height_above_reference_ellipsoid",
                    "units": "m",
                },
            )
        },
        coords={
            "cell_ids": (
                "cells",
                np.arange(count, dtype="u8"),
                {
                    "grid_name": "healpix",
                    "level": LEVEL,
                    "indexing_scheme": "nested",
                    "ellipsoid": {
                        "name": "WGS84",
                        "semimajor_axis": 6378137.0,
                        "inverse_flattening": 298.257223563,
                    },
                },
            )
        },
        attrs={"title": "EGM96 geoid on HEALPix", "source": "PROJ's egm96_15.gtx"},
    )
    grid = xdggs.decode(cube).dggs.grid_info
    print(f"  {grid}")
    shutil.rmtree(target, ignore_errors=True)
    encoding = {"geoid": {"chunks": (4**LEVEL,)}, "cell_ids": {"chunks": (count,)}}
    cube.to_zarr(target, zarr_format=3, consolidated=False, encoding=encoding)


if __name__ == "__main__":
    main(*sys.argv[1:])
