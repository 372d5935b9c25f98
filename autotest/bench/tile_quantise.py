"""A projected tile, measured beside gdalwarp: HEALPix levels of its pixels' size; run by hand.

    GDAL_DRIVER_PATH=target/release/gdalplugins /usr/bin/python3 autotest/bench/tile_quantise.py [METHOD...]

The tile has the size of one of Sentinel-2's, 10980 x 10980 pixels of 10 m in UTM zone 32 north, and EGM96's geoid in it. The peer is
gdalwarp to a GeoTIFF in longitude and latitude of as many pixels as there are zones, compressed alike, with threads for warping and
compressing. Both take turns; the fastest of DGGS_BENCH_TIMES runs (2) counts. Prints wall and CPU seconds, the most memory, and the
ratio of times, peer / ours.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GEOID = "/usr/share/proj/egm96_15.gtx"
LEVELS = [int(level) for level in os.environ.get("DGGS_BENCH_LEVEL", "18").split(",")]
TIMES = int(os.environ.get("DGGS_BENCH_TIMES", "2"))
TILED = ["-co", "TILED=YES", "-co", "COMPRESS=ZSTD", "-co", "ZSTD_LEVEL=3", "-co", "NUM_THREADS=ALL_CPUS"]
PEER = {"NEAREST": "near", "BILINEAR": "bilinear", "AVERAGE": "average", "MODE": "mode"}


def measured(*command):
    """Wall seconds, CPU seconds and MiB of a process."""
    start = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)))
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, command
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    folder = Path(tempfile.mkdtemp(prefix="tile_quantise_", dir=os.environ.get("TMPDIR", "/tmp")))
    tile, store, warped = folder / "tile.tif", folder / "tile.dggs.zarr", folder / "warped.tif"
    where = ["-t_srs", "EPSG:32632", "-te", "300000", "5090220", "409800", "5200020", "-tr", "10", "10", "-r", "bilinear"]
    subprocess.run(["gdalwarp", "-q", *where, *TILED, GEOID, str(tile)], check=True)
    print("| level | zones | method | ours, s (CPU), MiB | gdalwarp, s (CPU), MiB | ratio (CPU) |")
    print("| --- | --- | --- | --- | --- | --- |")
    for level in LEVELS:
        zones = 109800**2 / 510065621724089 * 12 * 4**level
        width = round((1.5 * zones) ** 0.5)  # a degree of longitude is two thirds of one of latitude here
        for method in sys.argv[1:] or PEER:
            ours, theirs = [], []
            for _ in range(TIMES):
                shutil.rmtree(store, ignore_errors=True)
                options = ["-co", "DGGRS=HEALPix", "-co", f"LEVEL={level}", "-co", f"RESAMPLING={method}"]
                ours.append(measured("gdal_translate", "-q", "-of", "DGGS", *options, tile, store))
                warped.unlink(missing_ok=True)
                size = ["-t_srs", "EPSG:4326", "-ts", width, round(zones / width)]
                threads = ["-multi", "-wo", "NUM_THREADS=ALL_CPUS"]
                theirs.append(measured("gdalwarp", "-q", "-r", PEER[method], *size, *TILED, *threads, tile, warped))
            (wall, cpu, memory), (peer_wall, peer_cpu, peer_memory) = min(ours), min(theirs)
            print(
                f"| {level} | {zones / 1e6:.1f} million | {method} | {wall:.1f} ({cpu:.1f}), {memory:.0f} | "
                f"{peer_wall:.1f} ({peer_cpu:.1f}), {peer_memory:.0f} | {peer_wall / wall:.2f} ({peer_cpu / cpu:.2f}) |",
                flush=True,
            )
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
