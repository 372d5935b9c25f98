"""A peer of bench_read.py in build/venv: reads STORE with LIBRARY each time a line comes in, answers milliseconds.

peer.py zarr|tensorstore|tensorstore_into STORE
"""

import sys
import time

import numpy as np


def reader(library, store):
    if library == "zarr":
        import zarr

        return lambda: zarr.open_group(store, mode="r")["t"], lambda array: array[...]
    import json
    from pathlib import Path

    import tensorstore as ts

    version = "zarr3" if Path(store, "zarr.json").exists() else "zarr"
    spec = {"driver": version, "kvstore": {"driver": "file", "path": f"{store}/t/"}}
    buffer = np.zeros(json.loads(Path(store, "t", "zarr.json" if version == "zarr3" else ".zarray").read_text())["shape"], "f4")

    def opened():
        return ts.open(spec, read=True, open=True).result()

    if library == "tensorstore":
        return opened, lambda array: array.read().result()
    return opened, lambda array: ts.array(buffer).write(array).result()


def main(library, store):
    opened, read = reader(library, store)
    for _ in sys.stdin:
        array = opened()
        wall, cpu = time.perf_counter(), time.process_time()
        read(array)
        print(1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
