"""How zarr-python stores arrays, and says that they are stored; run in build/venv, see `judges.run`."""

import json
import sys

import numpy as np
import zarr


def write(told):
    """A HEALPix cube with codecs that our driver would not choose: `u` (cells) is the zone's number, for V2 and V3."""
    count = 12 * 4 ** told["level"]
    group = zarr.open_group(told["store"], mode="w", zarr_format=told["format"])
    v3 = told["format"] == 3
    how = {"compressors": zarr.codecs.GzipCodec(level=7)} if v3 else {}
    if v3:
        u = {"shards": (2, 2048), "compressors": zarr.codecs.BloscCodec(cname="zlib", clevel=9, shuffle="bitshuffle", typesize=4)}
    else:
        from numcodecs import Blosc, Delta, GZip

        how = {"compressors": GZip(level=7)}
        u = {"filters": [Delta(dtype="<i4")], "compressors": Blosc(cname="zlib", clevel=9, shuffle=Blosc.BITSHUFFLE)}
    names = lambda *dims: {"dimension_names": dims} if v3 else {"attributes": {"_ARRAY_DIMENSIONS": list(dims)}}  # noqa: E731
    ids = group.create_array("cell_ids", shape=(count,), dtype="u8", chunks=(300,), **how, **names("cells"))
    ids[...] = np.arange(count, dtype="u8")
    ids.attrs.update({"grid_name": "healpix", "level": told["level"], "indexing_scheme": "nested"})
    data = group.create_array("u", shape=(3, count), dtype="i4", chunks=(1, 512), fill_value=-1, **u, **names("time", "cells"))
    data[...] = np.arange(count) * np.array([[1], [2], [3]])
    return {}


def codecs(told):
    """Of each array: chunks, shards, and the codecs as its metadata have them."""
    group, answer = zarr.open_group(told["store"], mode="r"), {}
    for name, node in group.members(max_depth=None):
        if not isinstance(node, zarr.Array):
            continue
        metadata = node.metadata.to_dict()
        if node.metadata.zarr_format == 3:
            chain = list(metadata["codecs"])
            inner = [codec for codec in chain if codec["name"] == "sharding_indexed"]
            how = json.dumps(inner[0]["configuration"]["codecs"] if inner else chain, default=str)
        else:
            configuration = lambda codec: codec.get_config() if codec is not None else None  # noqa: E731
            how = json.dumps([configuration(node.metadata.compressor), [configuration(f) for f in node.metadata.filters or []]])
        answer[name] = {"chunks": node.chunks, "shards": node.shards, "codecs": how}
    return answer


if __name__ == "__main__":
    question, told = sys.argv[1], json.loads(open(sys.argv[2]).read())
    print(json.dumps(globals()[question](told)))
