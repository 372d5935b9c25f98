"""Quantise beside its peers, on one machine in one run; run by `autotest/bench/run quantise`.

The job: EGM96's geoid, refined to pixels of 1/16 degree, on the zones of HEALPix level 10 (12.6 million; DGGS_BENCH_LEVEL says
another), written as Zarr V3 with zstd level 3 and with their ids, these with blosc, on all processors. Peers: healpix-geo + NumPy +
zarr-python in build/venv, which writes the same arrays in the same chunks and shards and compresses them alike; and gdalwarp to
a GeoTIFF in longitude and latitude of as many pixels, tiled and compressed alike, without ids, with threads for warping and
compressing. The driver and gdalwarp are measured as processes, the libraries without starting Python and importing them. All take
turns, DGGS_BENCH_TIMES times; the fastest counts. Prints wall and CPU seconds and ratios, peer / ours.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
GEOID = "/usr/share/proj/egm96_15.gtx"
LEVEL = int(os.environ.get("DGGS_BENCH_LEVEL", "10"))
TIMES = int(os.environ.get("DGGS_BENCH_TIMES", "3"))
ZONES = 12 * 4**LEVEL
LIBRARIES = "healpix-geo + NumPy + zarr-python"

PEER = """
import json, sys, time
import numpy as np, zarr
from healpix_geo import nested

pixels, level, target, chunk, shard, id_chunk, id_shard = sys.argv[1], int(sys.argv[2]), sys.argv[3], *map(int, sys.argv[4:8])
method = sys.argv[8]
start, cpu = time.perf_counter(), time.process_time()
a = np.load(pixels, mmap_mode="r")
rows, columns = a.shape
group = zarr.open_group(target, mode="w", zarr_format=3)
size = 12 * 4**level
codec = dict(compressors=zarr.codecs.ZstdCodec(level=3))
v = group.create_array("v", shape=(size,), dtype=a.dtype, fill_value=np.nan, chunks=(chunk,), shards=(shard,), **codec)
ids = group.create_array(
    "cell_ids", shape=(size,), dtype="u8", fill_value=2**64 - 1, chunks=(id_chunk,), shards=(id_shard,),
    compressors=zarr.codecs.BloscCodec(typesize=8, cname="lz4", clevel=5, shuffle="shuffle"),
)
for first in range(0, size, shard):
    cells = np.arange(first, min(first + shard, size), dtype="u8")
    lon, lat = nested.healpix_to_lonlat(cells, level, ellipsoid="WGS84")
    x = ((np.asarray(lon) + 180) % 360) * (columns / 360)
    y = (90 - np.asarray(lat)) * (rows / 180)
    if method == "NEAREST":
        found = a[np.clip(y.astype("i8"), 0, rows - 1), x.astype("i8")]
    else:
        left, top = np.floor(x - 0.5), np.floor(y - 0.5)
        across, down = x - 0.5 - left, y - 0.5 - top
        left, top = left.astype("i8"), top.astype("i8")
        right, bottom = (left + 1) % columns, np.minimum(top + 1, rows - 1)
        left, top = left % columns, np.maximum(top, 0)
        above = a[top, left] * (1 - across) + a[top, right] * across
        found = above * (1 - down) + (a[bottom, left] * (1 - across) + a[bottom, right] * across) * down
    v[first : first + shard] = found
    ids[first : first + shard] = cells
print(json.dumps([time.perf_counter() - start, time.process_time() - cpu]))
"""


def measured(*command):
    """Wall and CPU seconds of a process."""
    start = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)))
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    assert status == 0, command
    return seconds, usage.ru_utime + usage.ru_stime


def layout(store, array):
    """Zones in a chunk and in a shard."""
    info = json.loads((store / array / "zarr.json").read_text())
    (codec,) = [c for c in info["codecs"] if c["name"] == "sharding_indexed"]
    return codec["configuration"]["chunk_shape"][0], info["chunk_grid"]["configuration"]["chunk_shape"][0]


def main():
    folder = Path(tempfile.mkdtemp(prefix="bench_quantise_", dir=os.environ.get("TMPDIR", "/tmp")))
    call = lambda *command, **kind: subprocess.run(list(map(str, command)), check=True, **kind)
    source, raw = folder / "geoid.tif", folder / "geoid.npy"
    tiles = ["-co", "TILED=YES", "-co", "BLOCKXSIZE=512", "-co", "BLOCKYSIZE=512"]
    whole = ["-te", "-180", "-90", "180", "90", "-ts", "5760", "2880", "-r", "bilinear"]
    call("gdalwarp", "-q", "-overwrite", *whole, *tiles, GEOID, source)
    read = (
        "import sys, numpy as np; from osgeo import gdal; d = gdal.Open(sys.argv[1]); "
        "np.save(sys.argv[2], np.frombuffer(d.ReadRaster(), 'f4').reshape(d.RasterYSize, d.RasterXSize))"
    )
    call("/usr/bin/python3", "-c", read, source, raw)
    judge = os.environ.get("DGGS_JUDGE") or subprocess.run(
        [HERE.parents[1] / "gdal-plugin" / "venv"], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("GDAL_", "PYTHON", "LD_"))}
    width = round((2 * ZONES) ** 0.5)
    store, tif = folder / "ours.dggs.zarr", folder / "warped.tif"

    def ours(method):
        shutil.rmtree(store, ignore_errors=True)
        options = ["-co", "DGGRS=HEALPix", "-co", f"LEVEL={LEVEL}", "-co", f"RESAMPLING={method}"]
        return measured("gdal_translate", "-q", "-of", "DGGS", *options, source, store)

    def warped(method):
        tif.unlink(missing_ok=True)
        encoded = ["-co", "TILED=YES", "-co", "COMPRESS=ZSTD", "-co", "ZSTD_LEVEL=3", "-co", "NUM_THREADS=ALL_CPUS"]
        threads = ["-multi", "-wo", "NUM_THREADS=ALL_CPUS"]
        return measured("gdalwarp", "-q", "-r", method, "-ts", width, width // 2, *encoded, *threads, source, tif)

    def libraries(method):
        cut = [*layout(store, "geoid"), *layout(store, "cell_ids")]
        asked = [judge, "-c", PEER, raw, LEVEL, folder / "peer.zarr", *cut, method]
        return tuple(json.loads(call(*asked, stdout=subprocess.PIPE, text=True, env=clean).stdout))

    print(f"| HEALPix {LEVEL}, {ZONES / 1e6:.1f} million zones | ours, s (CPU) | peer | peer, s (CPU) | ratio (CPU) |")
    print("| --- | --- | --- | --- | --- |")
    for method, theirs in [("NEAREST", "near"), ("BILINEAR", "bilinear"), ("AVERAGE", "average"), ("MODE", "mode")]:
        seconds = {}
        for _ in range(TIMES):
            runs = {"ours": ours(method), "gdalwarp": warped(theirs)}
            if method in ("NEAREST", "BILINEAR"):
                runs[LIBRARIES] = libraries(method)
            for name, run in runs.items():
                seconds.setdefault(name, []).append(run)
        best = {name: tuple(map(min, zip(*runs))) for name, runs in seconds.items()}
        wall, cpu = best.pop("ours")
        for peer, (peer_wall, peer_cpu) in best.items():
            ratios = f"{peer_wall / wall:.1f} ({peer_cpu / cpu:.1f})"
            print(f"| {method} | {wall:.2f} ({cpu:.2f}) | {peer} | {peer_wall:.2f} ({peer_cpu:.2f}) | {ratios} |")
    shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
