"""tensorstore, writing for bench_write.py in build/venv: writes FIELD to FOLDER each time a line comes in.

peer_write.py LAYOUT FIELD FOLDER; answers wall and CPU milliseconds
"""

import shutil
import sys
import time

import numpy as np
import tensorstore as ts
from make_store import SHAPE


def spec(layout, path):
    common = {"kvstore": {"driver": "file", "path": f"{path}/u/"}, "create": True}
    if layout == "v2_zstd":
        codec = {"id": "zstd", "level": 3}
        metadata = {"shape": SHAPE, "chunks": [1, 262144], "dtype": "<f4", "compressor": codec, "fill_value": "NaN"}
        return {"driver": "zarr", "metadata": metadata, **common}
    inner = {
        "chunk_shape": [1, 262144] if layout == "v3_shard_wide" else [12, 4096],
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "zstd", "configuration": {"level": 3}}],
    }
    metadata = {
        "shape": SHAPE, "data_type": "float32", "fill_value": "NaN",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [12, 262144]}},
        "codecs": [{"name": "sharding_indexed", "configuration": inner}],
    }  # fmt: skip
    return {"driver": "zarr3", "metadata": metadata, **common}


def main(layout, field, folder):
    data = np.fromfile(field, "f4").reshape(SHAPE)
    for _ in sys.stdin:
        shutil.rmtree(folder, ignore_errors=True)
        wall, cpu = time.perf_counter(), time.process_time()
        ts.open(spec(layout, folder)).result().write(data).result()
        print(1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
