"""Zones to GeoPackage: this driver and ogr2ogr beside xdggs (HEALPix) and h3 with geopandas, in one run.

    autotest/bench/run vector

Three cubes with one variable: HEALPix level 7 and 8 on WGS84, H3 resolution 4. Each way is a process of its own, from the
store to the GeoPackage with its index, timed by the wall; rounds alternate, the median counts. Peers run in build/venv,
with geopandas and pyogrio in build/bench/peers; they draw each zone by its corners alone, the driver by as many points
as the zone's curved edges need.
"""

import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 3
CUBES = {"healpix7": ("healpix", 7), "healpix8": ("healpix", 8), "h3_4": ("h3", 4)}

PEER = """
import sys, warnings
warnings.filterwarnings("ignore")
import xarray as xr, xdggs, geopandas
kind, store, target = sys.argv[1:]
data = xr.open_zarr(store, consolidated=False).load()
if kind == "healpix":
    data = data.pipe(xdggs.decode)
    outlines = data.dggs.cell_boundaries().values
else:
    import h3, shapely
    texts = [h3.int_to_str(int(one)) for one in data["cell_ids"].values]
    outlines = [shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(text)]) for text in texts]
columns = {"zone_id": data["cell_ids"].values.astype("i8"), "u": data["u"].values}
geopandas.GeoDataFrame(columns, geometry=outlines, crs=4326).to_file(target, driver="GPKG", engine="pyogrio")
"""

MAKE = """
import sys
import numpy as np, zarr
kind, level, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
if kind == "healpix":
    ids = np.arange(12 * 4**level, dtype="u8")
    attributes = {"grid_name": "healpix", "level": level, "indexing_scheme": "nested", "ellipsoid": "WGS84"}
else:
    import h3
    ids = np.sort(np.array([int(h3.str_to_int(c)) for r in h3.get_res0_cells() for c in h3.cell_to_children(r, level)], "u8"))
    attributes = {"grid_name": "h3", "level": level}
group = zarr.open_group(path, mode="w", zarr_format=3)
group.create_array("cell_ids", data=ids, dimension_names=["cells"], attributes=attributes)
u = np.random.default_rng(0).normal(15, 5, len(ids)).astype("f4")
group.create_array("u", data=u, dimension_names=["cells"], chunks=(65536,), fill_value=float("nan"))
print(len(ids))
"""


def seconds(command, target, env):
    if target.exists():
        target.unlink()
    began = time.perf_counter()
    subprocess.run(command, check=True, env=env, stdin=subprocess.DEVNULL)
    took = time.perf_counter() - began
    assert target.stat().st_size > 1 << 20
    return took


def main(folder, python):
    folder = Path(folder)
    own = dict(os.environ, GDAL_PAM_ENABLED="NO")
    # The peers bring their own GDAL, which must not look for our plugin.
    peer = {k: v for k, v in os.environ.items() if not k.startswith(("GDAL_", "PYTHON"))}
    peer["PYTHONPATH"] = str(folder / "peers")
    print("GeoPackage of all zones, seconds (median), times the driver's")
    for name, (kind, level) in CUBES.items():
        store = folder / f"vector_{name}.zarr"
        shutil.rmtree(store, ignore_errors=True)
        made = subprocess.run([python, "-c", MAKE, kind, str(level), store], check=True, stdout=subprocess.PIPE, env=peer, text=True)
        took = {"driver": [], "peer": []}
        for _ in range(ROUNDS):
            target = folder / f"vector_{name}.gpkg"
            took["driver"].append(seconds(["ogr2ogr", "-f", "GPKG", target, store], target, own))
            took["peer"].append(seconds([python, "-c", PEER, kind, store, target], target, peer))
        median = {who: statistics.median(values) for who, values in took.items()}
        who = "xdggs + geopandas" if kind == "healpix" else "h3 + geopandas"
        print(f"  {name:9} {int(made.stdout):9,} zones: driver {median['driver']:6.2f}   {who} {median['peer']:6.2f} "
              f"({median['peer'] / median['driver']:4.1f} x)", flush=True)
        target.unlink()


if __name__ == "__main__":
    main(*sys.argv[1:])
