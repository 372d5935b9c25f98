"""What a raster is on zones, by NumPy, healpix-geo, h3 and zarr-python; run in build/venv, see `judges.run`.

The first argument names a question, the second is a file of JSON with what it asks about; answers are JSON.
"""

import json
import sys

import numpy as np
import zarr


def centroids(told, ids):
    """Longitudes and latitudes of zones, by somebody else than the driver where there is somebody."""
    if told["dggrs"] == "HEALPix":
        from healpix_geo import nested

        lon, lat = nested.healpix_to_lonlat(ids, told["level"], ellipsoid=told.get("ellipsoid", "WGS84"))
        return np.asarray(lon), np.asarray(lat)
    if told["dggrs"] == "H3":
        import h3.api.basic_int as h3

        places = np.array([h3.cell_to_latlng(int(cell)) for cell in ids])
        return places[:, 1], places[:, 0]
    return np.load(told["lon"]), np.load(told["lat"])


def positions(told, lon, lat):
    """Columns and rows with fractions, the columns of a whole turn wrapped, and which lie on the raster."""
    column = (lon - told["x0"]) / told["dx"]
    turn = abs(360 / told["dx"])
    column = column - turn * np.floor(column / turn)
    row = (lat - told["y0"]) / told["dy"]
    inside = (column >= 0) & (column < told["columns"]) & (row >= 0) & (row < told["rows"])
    return column, row, inside


def nearest(told):
    """How many zones hold another value than the half-open pixel with their centroid in it."""
    group = zarr.open_group(told["store"], mode="r")
    pixels = np.load(told["pixels"])
    found = group[told["array"]][...]
    ids = group["cell_ids"][...] if "cell_ids" in group else np.arange(found.shape[-1])
    lon, lat = centroids(told, ids)
    column, row, inside = positions(told, lon, lat)
    near = (np.abs(column - np.round(column)) < 1e-9) | (np.abs(row - np.round(row)) < 1e-9)
    looked = inside & ~near
    expected = pixels[..., row[looked].astype(int), column[looked].astype(int)]
    assert expected.dtype == found.dtype, (expected.dtype, found.dtype)
    return {
        "zones": int(found.shape[-1]),
        "outside": int((~inside).sum()),
        "looked": int(looked.sum()),
        "different": int((expected != found[..., looked]).sum()),
        "values": int(np.unique(found).size),
    }


def sin_authalic(lat, ellipsoid):
    """Snyder, eqs. 3-11 and 3-12."""
    sine = np.sin(np.radians(np.clip(lat, -90, 90)))
    if ellipsoid == "sphere":
        return sine
    flattening = 1 / 298.257223563
    e2 = flattening * (2 - flattening)
    e = np.sqrt(e2)
    q = (1 - e2) * (sine / (1 - e2 * sine**2) + np.arctanh(e * sine) / e)
    return q / (1 + (1 - e2) * np.arctanh(e) / e)


def conservation(told):
    """Sums over the globe: of pixels by their area, and of HEALPix zones, which are equal; and those of SUM."""
    pixels = np.load(told["pixels"]).astype("f8")
    edges = told["y0"] + told["dy"] * np.arange(pixels.shape[0] + 1)
    heights = np.abs(np.diff(sin_authalic(edges, "WGS84")))
    assert abs(heights.sum() - 2) < 1e-12, "the pixels fill the globe"
    mean = (pixels.mean(axis=1) * heights).sum() / 2
    deviation = np.sqrt((((pixels - mean) ** 2).mean(axis=1) * heights).sum() / 2)
    answer = {"mean": mean, "deviation": deviation, "levels": {}}
    for level, path in told["stores"].items():
        zones = zarr.open_group(path, mode="r")[told["array"]][...]
        assert zones.size == 12 * 4 ** int(level) and zones.dtype == "f8"
        answer["levels"][level] = {"mean": float(zones.mean()), "sum": float(zones.sum())}
    answer["sum"] = float(pixels.sum())
    return answer


def pyramid(told):
    """The largest difference of each level of a HEALPix or rHEALPix pyramid from NumPy's reduction of the next finer one."""
    group = zarr.open_group(told["store"], mode="r")
    levels = sorted((int(name) for name, _ in group.groups()), reverse=True)
    reduce = getattr(np, "nan" + told["method"])
    worst = []
    for fine, coarse in zip(levels, levels[1:]):
        a, b = (group[str(level)][told["array"]][...].astype("f8") for level in (fine, coarse))
        children = told["ratio"] ** (fine - coarse)
        members = a.reshape(*a.shape[:-1], -1, children)
        # The sum of nothing is nothing, too.
        expected = np.where(np.isnan(members).all(axis=-1), np.nan, reduce(members, axis=-1))
        assert expected.shape == b.shape
        assert np.array_equal(np.isnan(expected), np.isnan(b))
        worst.append(float(np.nanmax(np.abs(expected - b))))
    return {"levels": levels, "worst": worst, "attributes": dict(group.attrs)}


def addressed(told):
    """How many zones of DGGRID's table hold, at their address (quad, i, j), another value than the half-open pixel with their
    centre in it; and how many positions hold a value."""
    import csv

    found = zarr.open_group(told["store"], mode="r")[told["array"]][...]
    pixels, (x0, dx, _, y0, _, dy) = np.load(told["pixels"]), told["transform"]
    zones = set()
    for row in csv.DictReader(open(told["oracle"])):
        place = tuple(float(row[name]) for name in ("center_lon", "center_lat_sphere"))
        zones.add((*(int(row[name]) for name in ("quad", "i", "j")), *place))
    compared = different = 0
    for quad, i, j, lon, lat in zones:
        column, line = ((lon - x0) / dx) % abs(360 / dx), (lat - y0) / dy
        # The table has ten digits.
        if min(abs(column - round(column)), abs(line - round(line))) < 1e-6:
            continue
        n = quad
        if told["penta"]:
            n, i = (quad - 1) % 5, i + (2 ** told["level"] if quad >= 6 else 0)
        at = (n, j, i) if told["transposed"] else (n, i, j)
        compared += 1
        different += int(found[at] != pixels[int(line), int(column)])
    return {"compared": compared, "different": different, "held": int((~np.isnan(found) & (found != np.float32(told["nodata"]))).sum())}


def same(told):
    """Whether two stores hold the same arrays, values and attributes."""
    a, b = (zarr.open_group(path, mode="r") for path in told["stores"])
    members = [dict(group.members(max_depth=None)) for group in (a, b)]
    names = [sorted(group) for group in members]
    different = [] if names[0] == names[1] else ["names"]
    for name in set(names[0]) & set(names[1]):
        one, other = (group[name] for group in members)
        if dict(one.attrs) != dict(other.attrs):
            different.append(f"{name} attributes")
        if isinstance(one, zarr.Array) and one[...].tobytes() != other[...].tobytes():
            different.append(name)
    return {"arrays": len(names[0]), "different": different}


if __name__ == "__main__":
    question, told = sys.argv[1], json.loads(open(sys.argv[2]).read())
    print(json.dumps(globals()[question](told)))
