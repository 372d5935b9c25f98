"""A peer of bench_raster.py in build/venv: bench_raster_peer.py healpix-geo|healpy|healpy-bilinear|pyramid STORE COLUMNS ROWS

Draws one time step of STORE on a lon/lat raster each time a line comes in, and answers milliseconds. With `pyramid`, writes
STORE: levels 0 to 11, a group a level, and ends.
"""

import shutil
import sys
import time
from pathlib import Path

import numpy as np
import zarr


def healpix_geo(store, columns, rows):
    from healpix_geo import nested

    values = zarr.open_group(store, mode="r")["t"][3]
    lon = -180 + (np.arange(columns) + 0.5) * (360 / columns)
    lat = 90 - (np.arange(rows) + 0.5) * (180 / rows)
    lon, lat = (axis.ravel() for axis in np.meshgrid(lon, lat))
    return values[nested.lonlat_to_healpix(lon, lat, 9, "WGS84")].reshape(rows, columns)


def healpy(store, columns, rows):
    """The projection inside healpy's cartview, without its figure."""
    import healpy as hp

    values = zarr.open_group(store, mode="r")["t"][3]
    projection = hp.projector.CartesianProj(xsize=columns, ysize=rows, lonra=[-180, 180], latra=[-90, 90])
    return projection.projmap(values, lambda x, y, z: hp.vec2pix(512, x, y, z, nest=True))


def healpy_bilinear(store, columns, rows):
    import healpy as hp

    values = zarr.open_group(store, mode="r")["t"][3]
    lon = -180 + (np.arange(columns) + 0.5) * (360 / columns)
    lat = 90 - (np.arange(rows) + 0.5) * (180 / rows)
    lon, lat = (axis.ravel() for axis in np.meshgrid(lon, lat))
    return hp.get_interp_val(values, lon, lat, nest=True, lonlat=True).reshape(rows, columns)


def pyramid(store):
    if (Path(store) / "done").exists():
        return
    shutil.rmtree(store, ignore_errors=True)
    root = zarr.open_group(store, mode="w", zarr_format=3)
    for level in range(12):
        group = root.create_group(f"level_{level}")
        zones = 12 * 4**level
        group.attrs.update({
            "zarr_conventions": [{"uuid": "7b255807-140c-42ca-97f6-7a1cfecdbc38", "name": "dggs"}],
            "dggs": {
                "name": "healpix", "refinement_level": level, "indexing_scheme": "nested", "spatial_dimension": "cells",
                "ellipsoid": {"name": "WGS84", "semi_major_axis": 6378137.0, "inverse_flattening": 298.257223563},
            },
        })  # fmt: skip
        array = group.create_array("t", shape=(zones,), chunks=(min(zones, 65536),), dtype="f4", dimension_names=["cells"])
        position = np.arange(zones, dtype="f4") / zones
        array[...] = np.round(15 + 20 * np.sin(40 * position) + 5 * np.cos(900 * position), 2)
    (Path(store) / "done").touch()


def main(library, store, columns, rows):
    if library == "pyramid":
        return pyramid(store)
    draw = {"healpix-geo": healpix_geo, "healpy": healpy, "healpy-bilinear": healpy_bilinear}[library]
    for _ in sys.stdin:
        began = time.perf_counter()
        draw(store, int(columns), int(rows))
        print(1000 * (time.perf_counter() - began), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
