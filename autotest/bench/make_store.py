"""Write the stores of bench_read.py, or those named: make_store.py FOLDER [NAME...] (runs in build/venv).

A smooth field with noise, 12 steps on HEALPix level 9: 12 x 3,145,728 float32, 151 MB. Each store carries
zarr-conventions' attributes of a full domain, so that the driver opens it; other readers ignore them.
"""

import shutil
import sys
from pathlib import Path

import numcodecs
import numpy as np
import zarr
from zarr.codecs import BloscCodec, ZstdCodec

LEVEL, STEPS = 9, 12
SHAPE = (STEPS, 12 * 4**LEVEL)
STORES = {
    "v2_blosc": (2, (1, 262144), None, numcodecs.Blosc("lz4", 5, numcodecs.Blosc.SHUFFLE)),
    "v2_zstd": (2, (1, 262144), None, numcodecs.Zstd(3)),
    "v2_gzip": (2, (1, 262144), None, numcodecs.GZip(5)),
    "v3_zstd": (3, (1, 262144), None, ZstdCodec(level=3)),
    "v3_blosc": (3, (1, 262144), None, BloscCodec(typesize=4, cname="lz4", clevel=5, shuffle="shuffle")),
    "v3_shard_wide": (3, (1, 262144), (12, 262144), ZstdCodec(level=3)),
    "v3_shard_deep": (3, (12, 4096), (12, 262144), ZstdCodec(level=3)),
}


def field():
    rng = np.random.default_rng(0)
    position = np.arange(SHAPE[1]) / SHAPE[1]
    out = np.empty(SHAPE, "f4")
    for step in range(STEPS):
        smooth = 15 + 20 * np.sin(40 * position + step / 2) + 5 * np.cos(900 * position)
        out[step] = np.round(smooth + rng.normal(0, 0.05, SHAPE[1]), 2)
    return out


def main(folder, *names):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [n for n in names or STORES if not (folder / f"{n}.zarr" / "done").exists()]
    data = field() if wanted else None
    for name in wanted:
        zarr_format, chunks, shards, codec = STORES[name]
        path = folder / f"{name}.zarr"
        shutil.rmtree(path, ignore_errors=True)
        group = zarr.open_group(path, mode="w", zarr_format=zarr_format)
        group.attrs.update({
            "zarr_conventions": [{"uuid": "7b255807-140c-42ca-97f6-7a1cfecdbc38", "name": "dggs"}],
            "dggs": {
                "name": "healpix", "refinement_level": LEVEL, "indexing_scheme": "nested", "spatial_dimension": "cells",
                "ellipsoid": {"name": "WGS84", "semi_major_axis": 6378137.0, "inverse_flattening": 298.257223563},
            },
        })  # fmt: skip
        names = {"dimension_names": ["time", "cells"]} if zarr_format == 3 else {}
        array = group.create_array("t", shape=SHAPE, chunks=chunks, shards=shards, dtype="f4", compressors=codec, **names)
        if zarr_format == 2:
            array.attrs["_ARRAY_DIMENSIONS"] = ["time", "cells"]
        array[...] = data
        (path / "done").touch()
        print(name, sum(f.stat().st_size for f in path.rglob("*") if f.is_file()) // 1000, "kB", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
