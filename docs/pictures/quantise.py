"""Draws quantise.png: EGM96's geoid as pixels, its mean on zones of HEALPix levels 4 and 6, and what level 4 leaves out.

    GDAL_DRIVER_PATH=target/release/gdalplugins /usr/bin/python3 docs/pictures/quantise.py [PYTHON WITH MATPLOTLIB]

The cube is made by the driver, with a pyramid; each pixel of a map shows the zone that holds it.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
GEOID = "/usr/share/proj/egm96_15.gtx"

DRAW = """
import sys
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np, zarr
from healpix_geo import nested

source, store, picture = sys.argv[1:]
geoid = np.load(source)[:720]
lon, lat = np.meshgrid(np.arange(-180, 180, 0.25) + 1e-3, 90 - 0.25 * np.arange(720) - 1e-3)
group = zarr.open_group(store, mode="r")

def level(number):
    zones = nested.lonlat_to_healpix(lon.ravel(), lat.ravel(), number, ellipsoid="WGS84")
    return group[str(number)]["geoid"][:][zones].reshape(lon.shape)

maps = {4: level(4), 6: level(6)}
panels = [
    ("source: 1440 x 721 pixels", geoid, "viridis", (-100, 85)),
    ("HEALPix level 4: 3,072 zones", maps[4], "viridis", (-100, 85)),
    ("HEALPix level 6: 49,152 zones", maps[6], "viridis", (-100, 85)),
    ("level 4 minus source", maps[4] - geoid, "RdBu_r", (-12, 12)),
]
figure, axes = plt.subplots(2, 2, figsize=(12, 6.6), layout="constrained")
for axis, (title, values, colours, (low, high)) in zip(axes.flat, panels):
    image = axis.imshow(values, extent=(-180, 180, -90, 90), cmap=colours, vmin=low, vmax=high, interpolation="nearest")
    axis.set_title(title, fontsize=10)
    axis.set_xticks(range(-180, 181, 60)), axis.set_yticks(range(-90, 91, 30))
    axis.tick_params(labelsize=7)
    figure.colorbar(image, ax=axis, shrink=0.8, label="metres")
figure.savefig(picture, dpi=110)
"""


def main():
    judge = sys.argv[1] if len(sys.argv) > 1 else str(HERE.parents[1] / "build" / "venv" / "bin" / "python")
    folder = Path(tempfile.mkdtemp())
    options = ["DGGRS=HEALPix", "LEVEL=6", "RESAMPLING=AVERAGE", "PYRAMID=4,5"]
    command = ["gdal_translate", "-q", "-of", "DGGS", *[word for option in options for word in ("-co", option)]]
    source = folder / "geoid.tif"
    subprocess.run(["gdal_translate", "-q", GEOID, source], check=True)
    subprocess.run([*command, source, folder / "geoid.dggs.zarr"], check=True)
    read = "import sys, numpy as np; from osgeo import gdal; np.save(sys.argv[2], gdal.Open(sys.argv[1]).ReadAsArray())"
    subprocess.run(["/usr/bin/python3", "-c", read, source, folder / "geoid.npy"], check=True)
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("GDAL_", "PYTHON", "LD_"))}
    drawn = [judge, "-c", DRAW, folder / "geoid.npy", folder / "geoid.dggs.zarr", HERE / "quantise.png"]
    subprocess.run(list(map(str, drawn)), check=True, env=clean)


if __name__ == "__main__":
    main()
