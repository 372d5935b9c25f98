"""The driver's zones through GDAL on one thread and on two, as lines `WHAT SECONDS_1 SECONDS_2` (run by bench_zones.py).

Runs under GDAL's own Python. Each figure is the best of some rounds, in turn; `points` reads a file of points and finds
their zones, `centres` computes lon and lat of the zones of a level.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
ROOT = Path(__file__).resolve().parents[2]
os.environ.setdefault("GDAL_DRIVER_PATH", str(ROOT / "target" / "release" / "gdalplugins"))

import numpy as np
from osgeo import gdal

gdal.UseExceptions()
COUNT, ROUNDS = 2_000_000, 5
GRIDS = ("HEALPix/9", "H3/6", "ISEA3H/11", "ISEA4H/9", "ISEA7H/7", "ISEA4T/9", "ISEA4D/9", "IGEO7/7", "rHEALPix/6")


def seconds(action):
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def centres(name):
    group = gdal.OpenEx(f"DGGS:{name}", gdal.OF_MULTIDIM_RASTER).GetRootGroup()
    arrays = [group.OpenMDArray(which) for which in ("lon", "lat")]
    count = min(COUNT, arrays[0].GetDimensions()[0].GetSize())
    return lambda: [array.Read(array_start_idx=[0], count=[count]) for array in arrays]


def points(name, file):
    def read():
        opened = gdal.OpenEx(f"DGGS:{name}", gdal.OF_MULTIDIM_RASTER, open_options=[f"POINTS=@{file}"])
        opened.GetRootGroup().OpenMDArray("zone_id").Read()

    return read


def main():
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(-180, 180, COUNT // 4), np.degrees(np.arcsin(rng.uniform(-1, 1, COUNT // 4)))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "points.csv"
        np.savetxt(file, np.stack([lon, lat], -1), fmt="%.9f", delimiter=",")
        for name in GRIDS:
            for what, action in (("centres", centres(name)), ("points", points(name, file))):
                best = {}
                for _ in range(ROUNDS):
                    for threads in (1, 2):
                        gdal.SetConfigOption("GDAL_NUM_THREADS", str(threads))
                        best[threads] = min(best.get(threads, 9e9), seconds(action))
                print(f"{what}:{name} {best[1]:.4f} {best[2]:.4f}", flush=True)


if __name__ == "__main__":
    main()
