#!/usr/bin/env python3
"""What zarr-python makes of stores, as JSON: judge_store.py STORE... (runs in build/venv).

For each store, read with and without its consolidated metadata: the attributes of each group, and of each array what its
metadata say and its values, in C order (bytes of structured elements as hexadecimal).
"""
import json
import sys

import numpy as np
import zarr
from zarr.core.metadata.v2 import ArrayV2Metadata


def plain(value):
    """A NumPy value as JSON."""
    if isinstance(value, np.void):
        return value.tobytes().hex()
    if isinstance(value, (bytes, np.bytes_)):
        return bytes(value).rstrip(b"\0").decode()
    if isinstance(value, (complex, np.complexfloating)):
        return [plain(float(value.real)), plain(float(value.imag))]
    if isinstance(value, (float, np.floating)):
        return repr(float(value)) if not np.isfinite(value) else float(value)
    if isinstance(value, np.generic):
        return value.item()
    return value


def dimensions(array):
    if isinstance(array.metadata, ArrayV2Metadata):
        return array.attrs.get("_ARRAY_DIMENSIONS")
    return list(array.metadata.dimension_names or [])


def tell(array):
    return {
        "dtype": array.dtype.str if array.dtype.kind != "V" else str(array.dtype.descr),
        "shape": list(array.shape),
        "chunks": list(array.chunks),
        "shards": list(array.shards) if array.shards else None,
        "dimensions": dimensions(array),
        "fill": plain(array.fill_value),
        "attributes": {k: v for k, v in array.attrs.asdict().items() if k != "_ARRAY_DIMENSIONS"},
        "values": [plain(value) for value in np.asarray(array[...]).reshape(-1)],
    }


def walk(group, path=""):
    told = {path or "/": {"attributes": group.attrs.asdict()}}
    for name, child in sorted(group.members()):
        below = f"{path}/{name}"
        told.update({below: tell(child)} if isinstance(child, zarr.Array) else walk(child, below))
    return told


def main(paths):
    answers = {}
    for path in paths:
        answers[path] = {
            "consolidated": walk(zarr.open_consolidated(path, mode="r")),
            "listed": walk(zarr.open_group(path, mode="r", use_consolidated=False)),
        }
    json.dump(answers, sys.stdout)


main(sys.argv[1:])
