"""tensorstore, writing for bench_write.py in build/venv: writes FIELD to FOLDER each time a line comes in.

peer_write.py LAYOUT FIELD FOLDER; answers wall and CPU milliseconds
"""

import shutil
import sys
import time

import numpy as np
import tensorstore as ts
from make_store import SHAPE


ZSTD = {"name": "zstd", "configuration": {"level": 3}}


def v2(path, kind, fill, shape, chunks):
    metadata = {"shape": shape, "chunks": chunks, "dtype": kind, "compressor": {"id": "zstd", "level": 3}, "fill_value": fill}
    return {"driver": "zarr", "metadata": metadata, "kvstore": {"driver": "file", "path": f"{path}/"}, "create": True}


def v3(path, kind, fill, shape, shard, chunks):
    inner = {"chunk_shape": chunks, "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, ZSTD]}
    metadata = {
        "shape": shape, "data_type": kind, "fill_value": fill,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": shard}},
        "codecs": [{"name": "sharding_indexed", "configuration": inner}],
    }  # fmt: skip
    return {"driver": "zarr3", "metadata": metadata, "kvstore": {"driver": "file", "path": f"{path}/"}, "create": True}


def specs(layout, folder):
    """Of the field and of the zones' ids, cut as the driver cuts them."""
    u, ids = f"{folder}/u", f"{folder}/cell_ids"
    if layout == "v2_zstd":
        return v2(u, "<f4", "NaN", SHAPE, [1, 262144]), v2(ids, "<u8", None, SHAPE[1:], [32768])
    chunks = [1, 262144] if layout == "v3_shard_wide" else [12, 4096]
    return v3(u, "float32", "NaN", SHAPE, [12, 262144], chunks), v3(ids, "uint64", 0, SHAPE[1:], [2097152], [32768])


def main(layout, field, folder):
    arrays = np.fromfile(field, "f4").reshape(SHAPE), np.arange(SHAPE[1], dtype="u8")
    for _ in sys.stdin:
        shutil.rmtree(folder, ignore_errors=True)
        wall, cpu = time.perf_counter(), time.process_time()
        opened = [ts.open(spec).result() for spec in specs(layout, folder)]
        for written in [array.write(data) for array, data in zip(opened, arrays)]:
            written.result()
        print(1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
