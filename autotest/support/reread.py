"""What others read of stores that we wrote, as JSON and .npz: reread.py QUESTION ARGUMENT... (runs in build/venv)."""

import json
import sys
from pathlib import Path

import numpy as np


def zarr(path, found):
    """Every array as zarr-python reads it, written to `found`; answers with the metadata of each node."""
    import zarr

    root = zarr.open_group(path, mode="r")
    told, values = {"/": {"attributes": dict(root.attrs), "consolidated": root.metadata.consolidated_metadata is not None}}, {}
    for name, node in root.members(max_depth=None):
        told[name] = {"attributes": dict(node.attrs)}
        if isinstance(node, zarr.Array):
            told[name].update(
                shape=node.shape, chunks=node.chunks, shards=node.shards, dtype=str(node.dtype),
                fill=str(node.fill_value), dims=node.metadata.dimension_names if node.metadata.zarr_format == 3 else None,
            )
            held = node[...]
            values[name.replace("/", "__")] = np.array(held.tolist()) if held.dtype.kind in "OT" else held
    np.savez(found, **values)
    return told


def xdggs(found, *paths):
    """The grid that xdggs makes of each store, and in `found` its ids and centres."""
    import xarray as xr
    import xdggs

    told, values = [], {}
    for at, path in enumerate(paths):
        with xr.open_zarr(path) as data:
            cube = xdggs.decode(data.load())
            info = cube.dggs.grid_info.to_dict()
            centres = cube.dggs.cell_centers()
            told.append({"grid": json.loads(json.dumps(info, default=str)), "sizes": dict(data.sizes)})
            values[f"ids{at}"] = cube["cell_ids"].values
            values[f"lon{at}"] = centres["longitude"].values
            values[f"lat{at}"] = centres["latitude"].values
    np.savez(found, **values)
    return told


def xarray(path, group, found):
    """The variables of a group as xarray decodes them, in `found`; answers with their attributes."""
    import xarray as xr

    with xr.open_zarr(path, group=group) as data:
        values = {name: variable.values for name, variable in data.variables.items()}
        np.savez(found, **values)
        return {name: json.loads(json.dumps(dict(v.attrs), default=str)) for name, v in data.variables.items()}


def tensorstore(path, array, found):
    """An array as tensorstore reads it, in `found` as `values`."""
    import tensorstore as ts

    driver = "zarr3" if (Path(path) / array / "zarr.json").exists() else "zarr"
    opened = ts.open({"driver": driver, "kvstore": {"driver": "file", "path": f"{path}/{array}/"}}, read=True).result()
    np.savez(found, values=opened.read().result())


if __name__ == "__main__":
    questions = {"zarr": zarr, "xdggs": xdggs, "xarray": xarray, "tensorstore": tensorstore}
    print(json.dumps(questions[sys.argv[1]](*sys.argv[2:])))
