#!/usr/bin/env python3
"""Cubes as rasters, drawn by gdal_translate alone: one store in three CRSs, one place in three ways of resampling.

    GDAL_DRIVER_PATH=target/release/gdalplugins docs/pictures/raster.py ../shared/data docs/pictures/raster.png

Needs gdal_translate, numpy and matplotlib. Above: NASA's Blue Marble of October 2004 (NASA Earth Observatory), ISEA4D level 8, in
https://github.com/danlooo/blue-marble.dggs.zarr. Below: ERA-Interim wind on H3 resolution 3.
"""

import subprocess
import sys
import tempfile

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

PICTURES = [
    ("EPSG:8857", "RES=35000", "BBOX=-180,-90,180,90"),
    ("EPSG:3413", "RES=20000", "BBOX=-180,45,180,90"),
    ("EPSG:3031", "RES=20000", "BBOX=-180,-90,180,-50"),
]


def draw(name, *options):
    """One band as an array, NaN outside."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["gdal_translate", "-q", "-of", "ENVI", "-ot", "Float32", "-b", "1"]
        for option in options:
            command += ["-oo", option]
        subprocess.run([*command, name, f"{folder}/band"], check=True)
        with open(f"{folder}/band.hdr") as header:
            facts = dict(line.split("=", 1) for line in header if "=" in line)
        facts = {key.strip(): value.strip() for key, value in facts.items()}
        values = np.fromfile(f"{folder}/band", "f4").reshape(int(facts["lines"]), int(facts["samples"]))
    return values


def main(data, picture):
    figure = plt.figure(figsize=(12, 6.4), facecolor="white")
    rows = figure.add_gridspec(2, 1, height_ratios=[1, 0.95], left=0.01, right=0.99, top=0.96, bottom=0.01, hspace=0.12)
    above = rows[0].subgridspec(1, 3, width_ratios=[2.05, 1, 1], wspace=0.03)
    store = f"{data}/bluemarble/blue-marble.dggs.zarr"
    for place, (crs, *options) in zip(above, PICTURES):
        colours = [draw(f'DGGS:"{store}":/dggs_s8/{band}', f"CRS={crs}", *options) for band in ("Red", "Green", "Blue")]
        colours = np.stack(colours, -1) / 255
        colours[(colours == 0).all(-1)] = 1  # outside
        axis = figure.add_subplot(place)
        axis.imshow(np.nan_to_num(colours, nan=1.0))
        axis.set_title(f"CRS={crs}", fontsize=9)
        axis.axis("off")
    below = rows[1].subgridspec(1, 3, wspace=0.03)
    for place, how in zip(below, ("NEAREST", "BILINEAR", "AVERAGE")):
        size = "RES=0.5" if how == "AVERAGE" else "RES=0.025"
        wind = draw(f'DGGS:"{data}/xdggs/h3r3_global_zarr_v3.zarr":/u', f"RESAMPLING={how}", "BBOX=-5,42,15,55", size)
        axis = figure.add_subplot(place)
        axis.imshow(wind, cmap="viridis", vmin=0, vmax=12, interpolation="nearest", aspect=1.5)
        axis.set_title(f"RESAMPLING={how}, {size}", fontsize=9)
        axis.axis("off")
    figure.savefig(picture, dpi=80)


if __name__ == "__main__":
    main(*sys.argv[1:])
