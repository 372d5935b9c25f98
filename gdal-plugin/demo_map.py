"""Draw the demo's map from what GDAL copied to netCDF: demo_map.py GLOBAL.nc BOX.nc MAP.png

Both files hold the variable `geoid` and the driver's computed `lon`, `lat` and `boundary`: every polygon on the map is
a zone as the driver sees it.
"""

import sys

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import netCDF4
import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.colors import TwoSlopeNorm
from matplotlib.patches import Rectangle

BOX = (60, -10, 100, 25)


def read(path):
    """The geoid heights, and the zones as polygons whose longitudes are continuous around the zone's centre."""
    with netCDF4.Dataset(path) as nc:
        heights = np.ma.filled(nc["geoid"][:], np.nan)
        lon, lat = np.asarray(nc["lon"][:]), np.asarray(nc["lat"][:])
        boundary = np.ma.filled(nc["boundary"][:], np.nan)
    x = (boundary[..., 0] - lon[:, None] + 180) % 360 - 180 + lon[:, None]
    y = boundary[..., 1]
    polygons = [np.array([(a, b) for a, b in zip(xs, ys) if not np.isnan(b)]) for xs, ys in zip(x, y)]
    assert np.all(np.abs(lat) <= 90)
    return heights, polygons


def draw(axes, heights, polygons, **style):
    """Fill the zones; those that leave the map at one side come back at the other."""
    shown, values = [], []
    for height, ring in zip(heights, polygons):
        for turn in (-360, 0, 360):
            moved = ring + (turn, 0)
            if moved[:, 0].max() > -180 and moved[:, 0].min() < 180:
                shown.append(moved)
                values.append(height)
    collection = PolyCollection(shown, array=np.array(values), **style)
    axes.add_collection(collection)
    return collection


def degrees(axes, step):
    axes.set_aspect("equal")
    axes.xaxis.set_major_locator(plt.MultipleLocator(step))
    axes.yaxis.set_major_locator(plt.MultipleLocator(step))
    axes.xaxis.set_major_formatter(lambda v, _: f"{abs(v):g}°{'E' if v > 0 else 'W' if v < 0 else ''}")
    axes.yaxis.set_major_formatter(lambda v, _: f"{abs(v):g}°{'N' if v > 0 else 'S' if v < 0 else ''}")
    axes.tick_params(labelsize=8)


def main(globe, box, picture):
    norm = TwoSlopeNorm(0, -107, 87)
    style = {"cmap": "RdYlBu_r", "norm": norm}
    figure = plt.figure(figsize=(15, 5.6), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1.95, 1])

    heights, polygons = read(globe)
    filled = draw(left, heights, polygons, edgecolor="face", linewidth=0.2, **style)
    left.set(xlim=(-180, 180), ylim=(-90, 90))
    degrees(left, 30)
    left.grid(color="k", alpha=0.15, linewidth=0.5)
    left.add_patch(Rectangle(BOX[:2], BOX[2] - BOX[0], BOX[3] - BOX[1], fill=False, edgecolor="k", linewidth=1.2))
    left.set_title(f"The whole cube: {heights.size:,} zones", fontsize=10)

    heights, polygons = read(box)
    draw(right, heights, polygons, edgecolor="#00000055", linewidth=0.3, **style)
    right.add_patch(Rectangle(BOX[:2], BOX[2] - BOX[0], BOX[3] - BOX[1], fill=False, edgecolor="k", linewidth=1.2))
    right.set(xlim=(BOX[0] - 2, BOX[2] + 2), ylim=(BOX[1] - 2, BOX[3] + 2))
    degrees(right, 10)
    lowest = int(np.nanargmin(heights))
    at = polygons[lowest].mean(axis=0)
    right.annotate(
        f"{heights[lowest]:.1f} m", at, xytext=(at[0] + 6, at[1] - 7), fontsize=9,
        arrowprops={"arrowstyle": "->", "linewidth": 0.8},
    )
    right.set_title(f"BBOX={','.join(map(str, BOX))}: {heights.size:,} zones that touch the box", fontsize=10)

    bar = figure.colorbar(filled, ax=[left, right], shrink=0.78, pad=0.01)
    bar.set_label("height of the geoid above WGS84, m")
    figure.suptitle("EGM96 geoid on HEALPix level 6 (nested, WGS84), read by GDAL's DGGS driver", fontsize=13)
    figure.savefig(picture, dpi=110)


if __name__ == "__main__":
    main(*sys.argv[1:])
