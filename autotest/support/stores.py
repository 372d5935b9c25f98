"""Small Zarr stores written by hand into /vsimem/ or a folder: every byte of their metadata is the test's own."""

import json
import os

import numpy as np
from osgeo import gdal

ZARR_DGGS_UUID = "7b255807-140c-42ca-97f6-7a1cfecdbc38"
WGS84 = {"name": "WGS84", "semimajor_axis": 6378137.0, "inverse_flattening": 298.257223563}
V3_TYPES = {"b1": "bool", "i": "int", "u": "uint", "f": "float", "c": "complex"}


def put(path, content):
    """Writes a file, with the folders above it."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    if path.startswith("/vsimem/"):
        gdal.MkdirRecursive(os.path.dirname(path), 0o755)
        gdal.FileFromMemBuffer(path, data)
    else:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)


class Array:
    """One array of a store: values, names of its dimensions, attributes, chunk shape (default: one chunk)."""

    def __init__(self, values, dims, attrs=None, chunks=None, fill=0):
        self.values, self.dims, self.attrs = np.asarray(values), list(dims), dict(attrs or {})
        self.chunks, self.fill = tuple(chunks or [max(n, 1) for n in self.values.shape]), fill

    def metadata_v3(self):
        kind = self.values.dtype
        name = "bool" if kind == bool else V3_TYPES[kind.kind] + str(kind.itemsize * 8)
        return {
            "zarr_format": 3,
            "node_type": "array",
            "shape": list(self.values.shape),
            "data_type": name,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(self.chunks)}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "fill_value": self.fill,
            "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
            "dimension_names": self.dims,
            "attributes": self.attrs,
        }

    def metadata_v2(self):
        return {
            "zarr_format": 2,
            "shape": list(self.values.shape),
            "chunks": list(self.chunks),
            "dtype": self.values.dtype.newbyteorder("<").str,
            "compressor": None,
            "fill_value": self.fill,
            "order": "C",
            "filters": None,
        }

    def chunk_files(self):
        """(index, bytes) of each chunk, edges padded with the fill value."""
        for index in np.ndindex(*[-(-n // c) for n, c in zip(self.values.shape, self.chunks)]):
            block = np.full(self.chunks, self.fill or 0, self.values.dtype)
            window = tuple(slice(i * c, min((i + 1) * c, n)) for i, c, n in zip(index, self.chunks, self.values.shape))
            part = self.values[window]
            block[tuple(slice(0, n) for n in part.shape)] = part
            yield index, block.tobytes()


def write(path, arrays, attrs=None, zarr_format=3, consolidated=False):
    """Writes a store; `arrays` maps paths (`u`, `group/u`) to `Array`. `attrs` are the root's attributes, or a mapping
    from group path to attributes when it has the key '/'."""
    by_group = dict(attrs or {}) if "/" in (attrs or {}) else {"/": attrs or {}}
    for name in arrays:
        parts = name.split("/")[:-1]
        for depth in range(len(parts)):
            by_group.setdefault("/".join(parts[: depth + 1]), {})
    known = {}
    for group, group_attrs in by_group.items():
        base = path if group == "/" else f"{path}/{group}"
        key = "" if group == "/" else group + "/"
        if zarr_format == 3:
            known[key] = {"zarr_format": 3, "node_type": "group", "attributes": group_attrs}
        else:
            known[key + ".zgroup"] = {"zarr_format": 2}
            known[key + ".zattrs"] = group_attrs
            put(f"{base}/.zgroup", {"zarr_format": 2})
            put(f"{base}/.zattrs", group_attrs)
    for name, one in arrays.items():
        base = f"{path}/{name}"
        if zarr_format == 3:
            known[name] = one.metadata_v3()
            put(f"{base}/zarr.json", known[name])
            for index, data in one.chunk_files():
                put(f"{base}/c/" + "/".join(map(str, index)) if index else f"{base}/c", data)
        else:
            known[name + "/.zarray"] = one.metadata_v2()
            known[name + "/.zattrs"] = dict(one.attrs, _ARRAY_DIMENSIONS=one.dims)
            put(f"{base}/.zarray", known[name + "/.zarray"])
            put(f"{base}/.zattrs", known[name + "/.zattrs"])
            for index, data in one.chunk_files():
                put(f"{base}/" + (".".join(map(str, index)) or "0"), data)
    if zarr_format == 2:
        if consolidated:
            put(f"{path}/.zmetadata", {"zarr_consolidated_format": 1, "metadata": known})
        return path
    for key in [k for k in known if k == "" or k.endswith("/")]:
        metadata = dict(known[key])
        if consolidated and key == "":
            below = {k.rstrip("/"): v for k, v in known.items() if k}
            metadata["consolidated_metadata"] = {"kind": "inline", "must_understand": False, "metadata": below}
        put(f"{path}/{key}zarr.json", metadata)
    return path


def xdggs_ids(level, scheme="nested", ellipsoid=WGS84):
    """The attributes that xdggs puts on the id coordinate."""
    attrs = {"grid_name": "healpix", "level": level, "indexing_scheme": scheme}
    if ellipsoid is not None:
        attrs["ellipsoid"] = ellipsoid
    return attrs


def healpix(path, level=3, ids=None, scheme="nested", ellipsoid=WGS84, steps=2, chunks=None, **how):
    """A cube in xdggs' convention: `u` (month, cells) = 1000 * month position + zone id, with its `cell_ids`."""
    ids = np.arange(12 * 4**level, dtype="u8") if ids is None else np.asarray(ids, "u8")
    u = (np.arange(steps)[:, None] * 1000.0 + (ids % 100000).astype("f8")[None, :]).astype("f8")
    arrays = {
        "cell_ids": Array(ids, ["cells"], xdggs_ids(level, scheme, ellipsoid)),
        "month": Array(np.arange(steps, dtype="i4"), ["month"]),
        "u": Array(u, ["month", "cells"], {"units": "m s**-1"}, chunks=chunks),
    }
    write(path, arrays, **how)
    return ids, u


def zarr_dggs(refinement_level, dialect="c", scheme="nested", ellipsoid="WGS84", coordinate="cell_ids",
              compression="none", dimension="cells"):
    """The attributes of zarr-conventions/dggs for a group, in dialect a, b or c."""
    shapes = {
        ("WGS84", "a"): WGS84,
        ("WGS84", "b"): WGS84,
        ("WGS84", "c"): {"name": "WGS84", "semi_major_axis": 6378137.0, "inverse_flattening": 298.257223563},
        ("sphere", "a"): {"name": "sphere", "semimajor_axis": 6370997.0, "inverse_flattening": 0},
        ("sphere", "b"): {"name": "sphere", "radius": 6370997.0},
        ("sphere", "c"): {"name": "sphere", "radius": 6370997.0},
    }
    dggs = {
        "name": "healpix",
        "refinement_level": refinement_level,
        "indexing_scheme": scheme,
        "spatial_dimension": dimension,
        "compression": compression,
    }
    if ellipsoid is not None:
        dggs["ellipsoid"] = shapes[(ellipsoid, dialect)]
    if coordinate is not None:
        dggs["coordinate"] = coordinate
    entry = {
        "schema_url": "https://raw.githubusercontent.com/zarr-conventions/dggs/refs/tags/v1/schema.json",
        "spec_url": "https://github.com/zarr-conventions/dggs/blob/v1/README.md",
        "name": "dggs",
        "description": "Discrete Global Grid Systems convention for zarr",
    }
    if dialect == "a":
        return {"zarr_conventions": {ZARR_DGGS_UUID: entry}, "dggs": dggs}
    return {"zarr_conventions": [dict(entry, uuid=ZARR_DGGS_UUID)], "dggs": dggs}
