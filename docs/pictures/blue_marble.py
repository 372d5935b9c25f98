#!/usr/bin/env python3
"""The globe rebuilt from the zones of a DGGS.jl pyramid: each zone of a level is drawn as its own polygon.

    GDAL_DRIVER_PATH=target/release/gdalplugins docs/pictures/blue_marble.py \\
        ../shared/data/bluemarble/blue-marble.dggs.zarr docs/pictures/blue_marble.png [level]

Needs gdalmdimtranslate with the netCDF driver, netCDF4, numpy and matplotlib. The picture is NASA's Blue Marble of October
2004 (NASA Earth Observatory), in https://github.com/danlooo/blue-marble.dggs.zarr.
"""

import subprocess
import sys
import tempfile

import matplotlib
import netCDF4
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.collections import PolyCollection  # noqa: E402

VIEWS = [(10, 25), (-95, 20), (150, -25), (0, 90)]  # longitude and latitude of the middle


def zones(store, level):
    """Boundaries (zone, vertex, 2) in degrees, NaN padded, and colours (zone, 3) from 0 to 1."""
    with tempfile.TemporaryDirectory() as folder:
        copy = f"{folder}/level.nc"
        options = ["-oo", f"LEVEL={level}", "-oo", "COMPUTED=BOUNDARY", "-group", f"/dggs_s{level}"]
        subprocess.run(["gdalmdimtranslate", "-q", "-of", "netCDF", *options, f'DGGS:"{store}"', copy], check=True)
        with netCDF4.Dataset(copy) as data:
            data.set_auto_mask(False)
            group = data
            while "Red" not in group.variables:
                (group,) = group.groups.values()
            boundary = np.asarray(group["boundary"])
            colours = np.stack([np.asarray(group[band]) for band in ("Red", "Green", "Blue")], -1)
    return boundary.reshape(-1, *boundary.shape[-2:]), colours.reshape(-1, 3) / 255


def seen_from(boundary, lon, lat):
    """x and y of an orthographic view, and which zones face the viewer."""
    # Padding repeats the first vertex.
    boundary = np.where(np.isnan(boundary), boundary[:, :1], boundary)
    x, y = np.radians(boundary[..., 0] - lon), np.radians(boundary[..., 1])
    lat = np.radians(lat)
    right, up = np.cos(y) * np.sin(x), np.cos(lat) * np.sin(y) - np.sin(lat) * np.cos(y) * np.cos(x)
    near = np.sin(lat) * np.sin(y) + np.cos(lat) * np.cos(y) * np.cos(x)
    return np.stack([right, up], -1), near.min(-1) > 0


def main(store, picture, level=7):
    boundary, colours = zones(store, level)
    figure, axes = plt.subplots(1, len(VIEWS), figsize=(12, 3.1), facecolor="black")
    for view, axis in zip(VIEWS, axes):
        polygons, facing = seen_from(boundary, *view)
        shown = PolyCollection(polygons[facing], facecolors=colours[facing], edgecolors=colours[facing], linewidths=0.2)
        axis.add_collection(shown)
        axis.set(xlim=(-1.02, 1.02), ylim=(-1.02, 1.02), aspect="equal")
        axis.axis("off")
    figure.subplots_adjust(0, 0, 1, 1, 0.01, 0)
    figure.savefig(picture, dpi=72, facecolor="black")


if __name__ == "__main__":
    main(*sys.argv[1:3], *map(int, sys.argv[3:]))
