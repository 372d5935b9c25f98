"""Draw the demo's map from what GDAL's tools made: demo_map.py FOLDER MAP.png

`map.nc` is the raster view of the whole cube; `box.nc` and `hexagons.nc` hold zones of a box with the driver's computed
`lon`, `lat` and `boundary`: every polygon on the map is a zone as the driver sees it.
"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import netCDF4
import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.colors import TwoSlopeNorm
from matplotlib.patches import Rectangle

BOX = (60, -10, 100, 25)
STYLE = {"cmap": "RdYlBu_r", "norm": TwoSlopeNorm(0, -107, 87)}


def read(path):
    """The geoid heights, and the zones as polygons whose longitudes are continuous around the zone's centre."""
    with netCDF4.Dataset(path) as file:
        # A level of a pyramid is a group.
        nc = next(iter(file.groups.values()), file)
        heights = np.ma.filled(nc["egm96_15"][:], np.nan)
        lon = np.asarray(nc["lon"][:])
        boundary = np.ma.filled(nc["boundary"][:], np.nan)
    x = (boundary[..., 0] - lon[:, None] + 180) % 360 - 180 + lon[:, None]
    y = boundary[..., 1]
    return heights, [np.array([(a, b) for a, b in zip(xs, ys) if not np.isnan(b)]) for xs, ys in zip(x, y)]


def frame(axes, west, south, east, north, step):
    """Limits, and degrees along the edges."""
    axes.set(xlim=(west, east), ylim=(south, north), aspect="equal")
    axes.xaxis.set_major_locator(plt.MultipleLocator(step))
    axes.yaxis.set_major_locator(plt.MultipleLocator(step))
    axes.xaxis.set_major_formatter(lambda v, _: f"{abs(v):g}°{'E' if v > 0 else 'W' if v < 0 else ''}")
    axes.yaxis.set_major_formatter(lambda v, _: f"{abs(v):g}°{'N' if v > 0 else 'S' if v < 0 else ''}")
    axes.tick_params(labelsize=8)


def box(axes):
    axes.add_patch(Rectangle(BOX[:2], BOX[2] - BOX[0], BOX[3] - BOX[1], fill=False, edgecolor="k", linewidth=1.2))


def zones(axes, path, title):
    """The zones of the box, and the lowest of them."""
    heights, polygons = read(path)
    axes.add_collection(PolyCollection(polygons, array=heights, edgecolor="#00000055", linewidth=0.3, **STYLE))
    box(axes)
    frame(axes, BOX[0] - 2, BOX[1] - 2, BOX[2] + 2, BOX[3] + 2, 10)
    lowest = int(np.nanargmin(heights))
    at = polygons[lowest].mean(axis=0)
    arrow = {"arrowstyle": "->", "linewidth": 0.8}
    axes.annotate(f"{heights[lowest]:.1f} m", at, xytext=(at[0] + 6, at[1] - 7), fontsize=9, arrowprops=arrow)
    axes.set_title(f"{title}: {heights.size:,} zones", fontsize=10)


def main(folder, picture):
    folder = Path(folder)
    figure = plt.figure(figsize=(16, 5), layout="constrained")
    whole, left, right = figure.subplots(1, 3, width_ratios=[2, 1, 1])

    with netCDF4.Dataset(folder / "map.nc") as nc:
        heights = np.ma.filled(nc["Band1"][:], np.nan)
        south_first = nc["lat"][0] < nc["lat"][-1]
    origin = "lower" if south_first else "upper"
    image = whole.imshow(heights, extent=(-180, 180, -90, 90), origin=origin, interpolation="nearest", **STYLE)
    frame(whole, -180, -90, 180, 90, 30)
    whole.grid(color="k", alpha=0.15, linewidth=0.5)
    box(whole)
    whole.set_title(f"The cube as a raster: HEALPix level 7, {12 * 4**7:,} zones", fontsize=10)
    zones(left, folder / "box.nc", "Level 5 of the pyramid")
    zones(right, folder / "hexagons.nc", "ISEA3H level 8")

    bar = figure.colorbar(image, ax=[whole, left, right], shrink=0.78, pad=0.01)
    bar.set_label("height of the geoid above WGS84, m")
    figure.suptitle("EGM96 geoid, from a raster to zones and back by GDAL's DGGS driver", fontsize=13)
    figure.savefig(picture, dpi=110)


if __name__ == "__main__":
    main(*sys.argv[1:])
