"""Reading, beside GDAL's Zarr driver, tensorstore, zarr-python and the limit of reading and decompressing.

    autotest/bench/run read [--rounds 7] [--stores v2_zstd,v3_zstd]

All readers take turns in one run, each in a process that lives for the whole run; the median counts. Stores and page
cache are warm. Columns are wall and CPU milliseconds, and how many times the driver's time that is. Only ratios from
one run on one machine mean anything.
"""

import argparse
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from osgeo import gdal

sys.path.insert(0, str(Path(__file__).resolve().parent))
import capi  # noqa: E402
from turns import Peer  # noqa: E402

HERE = Path(__file__).resolve().parent
SHAPE = (12, 12 * 4**9)
CODECS = {"v2_blosc": "blosc", "v2_zstd": "zstd", "v2_gzip": "gzip", "v3_zstd": "zstd", "v3_blosc": "blosc"}
gdal.UseExceptions()
gdal.SetConfigOption("GDAL_PAM_ENABLED", "NO")


def timed(action):
    wall, cpu = time.perf_counter(), time.process_time()
    action()
    return 1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu)


class Gdal:
    """A driver of GDAL, by C, into memory that exists; the array is opened anew each time, outside the measure."""

    def __init__(self, driver, store, kind="f4", transposed=False, advise=False):
        self.name = f'DGGS:"{store}"' if driver == "DGGS" else str(store)
        self.driver, self.kind, self.transposed, self.advise = driver, kind, transposed, advise
        self.buffer = np.ones(SHAPE[::-1] if transposed else SHAPE, kind)

    def open(self):
        opened = gdal.OpenEx(self.name, gdal.OF_MULTIDIM_RASTER, allowed_drivers=[self.driver])
        return opened.GetRootGroup().OpenMDArray("t")

    def __call__(self):
        array = self.open()
        kind = gdal.ExtendedDataType.Create({"f4": gdal.GDT_Float32, "f8": gdal.GDT_Float64}[self.kind])
        strides = (1, SHAPE[0]) if self.transposed else (SHAPE[1], 1)

        def read():
            if self.advise:
                array.AdviseRead()
            capi.read_into(array, self.buffer, (0, 0), SHAPE, strides, kind)

        return timed(read)


class Limit:
    """Reading the files and decompressing them with GDAL's own decompressors, straight into place."""

    def __init__(self, store, codec, threads):
        self.buffer = np.ones(SHAPE, "f4")
        self.decompress = capi.decompressor(codec)
        v3 = (store / "zarr.json").exists()
        self.work = [
            (store / "t" / (f"c/{i}/{j}" if v3 else f"{i}.{j}"), self.buffer.ctypes.data + 4 * (i * SHAPE[1] + j * 262144))
            for i in range(12) for j in range(12)
        ]  # fmt: skip
        self.pool = ThreadPoolExecutor(threads)

    def one(self, job):
        path, address = job
        with open(path, "rb", buffering=0) as file:
            data = bytearray(path.stat().st_size)
            file.readinto(data)
        self.decompress(data, address, 4 * 262144)

    def __call__(self):
        return timed(lambda: list(self.pool.map(self.one, self.work)))


def attempt(reader):
    """The reader, or why it cannot read this store."""
    try:
        reader()
        return reader
    except Exception as error:  # noqa: BLE001
        return str(error).splitlines()[0][:70] if str(error) else type(error).__name__


def table(title, readers, rounds):
    readers = {name: attempt(reader) for name, reader in readers.items()}
    took = {name: [] for name, reader in readers.items() if not isinstance(reader, str)}
    for _ in range(rounds):
        for name in took:
            took[name].append(readers[name]())
    median = {name: (statistics.median(w for w, _ in t), statistics.median(c for _, c in t)) for name, t in took.items()}
    own = median.get("driver")
    print(f"\n{title}")
    for name, reader in readers.items():
        if isinstance(reader, str):
            print(f"  {name:28} -  ({reader})")
        else:
            wall, cpu = median[name]
            print(f"  {name:28} {wall:8.1f} / {cpu:8.1f} ms" + (f"   {wall / own[0]:5.2f} x" if own else ""))
    if own and "driver" in took:
        buffers = {n: r.buffer for n, r in readers.items() if hasattr(r, "buffer")}
        first = buffers.get("driver")
        for name, buffer in buffers.items():
            assert np.array_equal(buffer, first), f"{name} read other values"
    for reader in readers.values():
        if isinstance(reader, Peer):
            reader.close()


COLD = """
import sys, time
from osgeo import gdal
gdal.UseExceptions()
gdal.GetDriverCount()
began = time.perf_counter()
opened = gdal.OpenEx(sys.argv[1], gdal.OF_MULTIDIM_RASTER, allowed_drivers=[sys.argv[2]])
array = opened.GetRootGroup().OpenMDArray("t")
got = array.Read([0, 1234567], [12, 1])
print(1000 * (time.perf_counter() - began), 0)
"""
COLD_TENSORSTORE = """
import sys, time
import numpy, tensorstore as ts
began = time.perf_counter()
array = ts.open({"driver": sys.argv[2], "kvstore": {"driver": "file", "path": sys.argv[1] + "/t/"}}, read=True, open=True).result()
array[:, 1234567].read().result()
print(1000 * (time.perf_counter() - began), 0)
"""


def cold(python, code, *arguments):
    def run():
        done = subprocess.run([python, "-W", "ignore", "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise RuntimeError((done.stderr.strip().splitlines() or ["failed"])[-1])
        return tuple(map(float, done.stdout.split()))

    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("python", help="the judges' Python")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--stores", default="v2_blosc,v2_zstd,v2_gzip,v3_zstd,v3_blosc,v3_shard_wide,v3_shard_deep")
    options = parser.parse_args()
    print(f"GDAL {gdal.VersionInfo('RELEASE_NAME')}; 12 x 3,145,728 float32; median of {options.rounds}; wall / CPU; times the driver's wall")
    for name in options.stores.split(","):
        store = options.folder / f"{name}.zarr"
        readers = {
            "driver": Gdal("DGGS", store),
            "GDAL's Zarr": Gdal("Zarr", store),
            "GDAL's Zarr, AdviseRead": Gdal("Zarr", store, advise=True),
            "tensorstore": Peer(options.python, HERE / "peer.py", "tensorstore", store),
            "tensorstore, preallocated": Peer(options.python, HERE / "peer.py", "tensorstore_into", store),
            "zarr-python": Peer(options.python, HERE / "peer.py", "zarr", store),
        }
        if name in CODECS:
            readers["limit, 1 thread"] = Limit(store, CODECS[name], 1)
            readers["limit, 2 threads"] = Limit(store, CODECS[name], 2)
        table(f"{name}: full read", readers, options.rounds)
    for name in [n for n in ("v2_zstd", "v2_blosc") if n in options.stores.split(",")]:
        store = options.folder / f"{name}.zarr"
        for title, how in (("read as float64", {"kind": "f8"}), ("transposed", {"transposed": True})):
            table(f"{name}: {title}", {"driver": Gdal("DGGS", store, **how), "GDAL's Zarr": Gdal("Zarr", store, **how)}, options.rounds)
    for name in options.stores.split(","):
        store = options.folder / f"{name}.zarr"
        version = "zarr3" if name.startswith("v3") else "zarr"
        readers = {
            "driver": cold(sys.executable, COLD, f'DGGS:"{store}"', "DGGS"),
            "GDAL's Zarr": cold(sys.executable, COLD, store, "Zarr"),
            "tensorstore": cold(options.python, COLD_TENSORSTORE, store, version),
        }
        table(f"{name}: 12 steps of one zone, a fresh process, from opening on", readers, max(3, options.rounds))


if __name__ == "__main__":
    main()
