"""Writing, beside GDAL's Zarr driver and tensorstore.

    autotest/bench/run write [--rounds 5] [--layouts v2_zstd,v3_shard_deep]

12 x 3,145,728 float32 and the zones' ids from memory into a new store, until it is closed; the page cache takes it. The driver
makes the ids, the others are given them; all cut and compress them alike. All writers take turns in one run; the median counts. Columns are wall and CPU milliseconds, and how many times the driver's time that is; then the
driver's peak memory above the field itself, in shards (of 12.6 MB) a thread. Only ratios from one run on one machine mean
anything.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from osgeo import gdal

from turns import Peer

HERE = Path(__file__).resolve().parent
LEVEL = 9
SHAPE = (12, 12 * 4**LEVEL)
IDS = np.arange(SHAPE[1], dtype="u8")
SHARD_BYTES = 12 * 262144 * 4
LAYOUTS = {
    "v2_zstd": ("ZARR_V2", ["COMPRESS=ZSTD", "ZSTD_LEVEL=3", "BLOCKSIZE=1,262144"]),
    "v2_blosc": ("ZARR_V2", ["COMPRESS=BLOSC", "BLOCKSIZE=1,262144"]),
    "v3_shard_wide": ("ZARR_V3", ["COMPRESS=ZSTD", "ZSTD_LEVEL=3", "BLOCKSIZE=1,262144", "SHARDSIZE=12,262144"]),
    "v3_shard_deep": ("ZARR_V3", ["COMPRESS=ZSTD", "ZSTD_LEVEL=3", "BLOCKSIZE=12,4096", "SHARDSIZE=12,262144"]),
}
gdal.UseExceptions()
gdal.SetConfigOption("GDAL_PAM_ENABLED", "NO")


def write(driver, layout, field, folder):
    """Milliseconds of writing the field with a driver of GDAL."""
    shutil.rmtree(folder, ignore_errors=True)
    kind, array_options = LAYOUTS[layout]
    wall, cpu = time.perf_counter(), time.process_time()
    options = ["DGGRS=HEALPix", f"LEVEL={LEVEL}", "COMPRESS=ZSTD"] if driver == "DGGS" else []
    cube = gdal.GetDriverByName(driver).CreateMultiDimensional(str(folder), [], [*options, f"FORMAT={kind}"])
    root = cube.GetRootGroup()
    dimensions = [
        root.CreateDimension("time", "TEMPORAL", None, SHAPE[0]),
        root.CreateDimension("cells", "DGGS_ZONE", None, SHAPE[1]),
    ]
    array = root.CreateMDArray("u", dimensions, gdal.ExtendedDataType.Create(gdal.GDT_Float32), array_options)
    array.Write(field)
    if driver != "DGGS":
        cut = ["COMPRESS=ZSTD", "ZSTD_LEVEL=3", "BLOCKSIZE=32768"]
        root.CreateMDArray("cell_ids", dimensions[1:], gdal.ExtendedDataType.Create(gdal.GDT_UInt64), cut).Write(IDS)
    cube.FlushCache()
    del array, dimensions, root, cube
    return 1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu)


def peak_kib():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


def own(layout, field_path, folder):
    """Another process of this file, in which only the driver works: its memory tells something."""
    field = np.fromfile(field_path, "f4").reshape(SHAPE)
    before = peak_kib()
    for _ in sys.stdin:
        print(*write("DGGS", layout, field, folder), flush=True)
    Path(f"{folder}.peak").write_text(str(peak_kib() - before))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("python", help="the judges' Python")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--layouts", default=",".join(LAYOUTS))
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    field_path, folder = options.folder / "field.f32", options.folder / "written.zarr"
    if not field_path.exists():
        make = f"import sys; sys.path.insert(0, {str(HERE)!r}); import make_store; make_store.field().tofile({str(field_path)!r})"
        subprocess.run([options.python, "-c", make], check=True)
    field = np.fromfile(field_path, "f4").reshape(SHAPE)
    print(f"GDAL {gdal.VersionInfo('RELEASE_NAME')}; {os.cpu_count()} CPUs; median of {options.rounds}; wall / CPU; times the driver's wall")
    for layout in options.layouts.split(","):
        writers = {"driver": Peer(sys.executable, "-W", "ignore", __file__, "own", layout, field_path, folder)}
        if LAYOUTS[layout][0] == "ZARR_V2":
            writers["GDAL's Zarr"] = lambda layout=layout: write("Zarr", layout, field, folder)
        if layout != "v2_blosc":
            writers["tensorstore"] = Peer(options.python, HERE / "peer_write.py", layout, field_path, folder)
        took = {name: [] for name in writers}
        for turn in range(options.rounds + 1):
            for name, writer in writers.items():
                one = writer()
                if turn:  # the first one warms up
                    took[name].append(one)
        print(f"\n{layout}")
        median = {name: [statistics.median(column) for column in zip(*times)] for name, times in took.items()}
        for name, (wall, cpu) in median.items():
            print(f"  {name:14} {wall:8.1f} / {cpu:8.1f} ms   {wall / median['driver'][0]:5.2f} x")
        for writer in writers.values():
            if isinstance(writer, Peer):
                writer.close()
        peak = int(Path(f"{folder}.peak").read_text()) * 1024
        print(f"  peak memory of the driver: {peak / 1e6:.0f} MB, {peak / SHARD_BYTES / os.cpu_count():.1f} shards a thread")
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["own"]:
        own(*sys.argv[2:])
    else:
        main()
