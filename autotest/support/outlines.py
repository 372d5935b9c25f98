"""What shapely and pyproj say of features, as JSON (runs in build/venv):

    outlines.py check FEATURES ELLIPSOID     are they valid, how large, do they cover the globe once
    outlines.py filter FEATURES FILTERS      the FIDs that intersect each filter

FEATURES is a list of records: FID (int64), area in square metres (float64), length (uint32), well-known binary. FILTERS
is the same, its FIDs and areas without meaning.
"""

import json
import struct
import sys

import numpy as np
import shapely


def read(path):
    data = open(path, "rb").read()
    at, fids, areas, wkbs = 0, [], [], []
    while at < len(data):
        fid, area, length = struct.unpack_from("<qdI", data, at)
        at += 20
        fids.append(fid)
        areas.append(area)
        wkbs.append(data[at : at + length])
        at += length
    return np.array(fids), np.array(areas), shapely.from_wkb(wkbs)


def check(path, ellipsoid):
    import pyproj

    _, areas, geometries = read(path)
    geod = pyproj.Geod(a=6371007.180918475, f=0) if ellipsoid == "sphere" else pyproj.Geod(ellps=ellipsoid)
    own = np.array([geod.geometry_area_perimeter(geometry)[0] for geometry in geometries])
    rng = np.random.default_rng(20261125)
    lon, lat = rng.uniform(-180, 180, 3000), np.degrees(np.arcsin(rng.uniform(-1, 1, 3000)))
    hits = shapely.STRtree(geometries).query(shapely.points(lon, lat), predicate="intersects")
    rings = [part.exterior for geometry in geometries for part in geometry.geoms]
    bounds = shapely.bounds(geometries)
    return {
        "invalid": [shapely.is_valid_reason(g) for g in geometries[~shapely.is_valid(geometries)]][:5],
        "clockwise": sum(not shapely.is_ccw(ring) for ring in rings),
        "holes": sum(len(part.interiors) for geometry in geometries for part in geometry.geoms),
        "worst_area": float(np.abs(own / areas - 1).max()),
        "sum_of_areas": float(own.sum() / areas.sum() - 1),
        "zones_at_points": sorted(set(np.bincount(hits[0], minlength=3000).tolist())),
        "split": int((shapely.get_num_geometries(geometries) > 1).sum()),
        "bounds": [*bounds[:, :2].min(0).tolist(), *bounds[:, 2:].max(0).tolist()],
        "widest": float((bounds[:, 2] - bounds[:, 0])[shapely.get_num_geometries(geometries) == 1].max()),
    }


def filters(path, filter_path):
    fids, _, geometries = read(path)
    return [fids[shapely.intersects(geometries, one)].tolist() for one in read(filter_path)[2]]


if __name__ == "__main__":
    print(json.dumps({"check": check, "filter": filters}[sys.argv[1]](*sys.argv[2:])))
