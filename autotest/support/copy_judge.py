"""What zarr-python and xdggs make of stores: copy_judge.py PATH... (runs in build/venv).

For each path: arrays (dimensions, data type, a digest of the values, attributes) of the root group as zarr-python reads
them, and what `xdggs.decode` makes of it by each of its conventions.
"""

import hashlib
import json
import sys

import numpy as np


def plain(value):
    return json.loads(json.dumps(value, default=lambda item: item.item() if isinstance(item, np.generic) else str(item)))


def arrays(group):
    found = {}
    for name, array in group.arrays():
        values = np.asarray(array[...])
        found[name] = {
            "dims": list(array.metadata.dimension_names or array.attrs.get("_ARRAY_DIMENSIONS") or [])
            if array.metadata.zarr_format == 3
            else list(array.attrs.get("_ARRAY_DIMENSIONS", [])),
            "dtype": str(values.dtype),
            "shape": list(values.shape),
            "digest": hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest(),
            "attrs": plain(dict(array.attrs)),
            "head": plain(values.ravel()[:5].tolist()),
        }
    return found


def decoded(path):
    import xarray as xr
    import xdggs

    answers = {}
    for convention in ("xdggs", "zarr", "cf"):
        try:
            with xr.open_zarr(path, chunks=None, decode_times=False, consolidated=None) as data:
                data = data.load()
                name = {"zarr": "cell_ids"}.get(convention)
                cube = xdggs.decode(data, convention=convention, name=name)
                grid = cube.dggs.grid_info.to_dict()
                answers[convention] = {"grid": plain(grid), "ids": cube["cell_ids"].values.astype("u8").tolist()}
                if "u" in cube:
                    answers[convention]["u"] = np.asarray(cube["u"].values, "f8").ravel().tolist()
        except Exception as error:  # what a convention cannot read is an answer too
            answers[convention] = {"error": f"{type(error).__name__}: {error}"[:300]}
    return answers


def main(paths):
    import zarr

    answers = {}
    for path in paths:
        group = zarr.open_group(path, mode="r")
        answers[path] = {"attrs": plain(dict(group.attrs)), "arrays": arrays(group), "xdggs": decoded(path)}
    print(json.dumps(answers))


if __name__ == "__main__":
    main(sys.argv[1:])
