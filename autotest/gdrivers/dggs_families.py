"""Every family through GDAL: zones at points against other libraries and the oracles, and what is computed of zones."""

import csv

import numpy as np
import pytest
from osgeo import gdal
from support import judges, stores
from support.gdalio import array, failures, forced, grid, identity, messages, read, root, values

NO_ZONE = 2**64 - 1
RADIUS_M = 6371007.180918475
FAMILIES = ("HEALPix", "H3", "ISEA3H", "ISEA4H", "ISEA7H", "ISEA4T", "ISEA4D", "IGEO7", "rHEALPix")
TURNED = ("LON_0=11.20", "ELLIPSOID=WGS84")


def points_file(path, lon, lat):
    with open(path, "w") as file:
        file.writelines(f"{x!r},{y!r}\n" for x, y in zip(lon.tolist(), lat.tolist()))
    return f"POINTS=@{path}"


def random_points(seed, count):
    rng = np.random.default_rng(seed)
    return rng.uniform(-180, 180, count), np.degrees(np.arcsin(rng.uniform(-1, 1, count)))


def turn(difference):
    return np.abs((difference + 180) % 360 - 180)


def authalic(lat):
    """Authalic latitudes of WGS84's geodetic ones, in degrees: Snyder (1987), eqs. 3-11, 3-12, 3-18 near the poles."""
    e2 = (2 - 1 / 298.257223563) / 298.257223563
    e = np.sqrt(e2)

    def q(sin):
        return (1 - e2) * (sin / (1 - e2 * sin**2) + np.arctanh(e * sin) / e)

    phi = np.radians(lat)
    series = phi - (e2 / 3 + 31 * e2**2 / 180 + 59 * e2**3 / 560) * np.sin(2 * phi) + (17 * e2**2 / 360 + 61 * e2**3 / 1260) * np.sin(4 * phi)
    closed = np.arcsin(np.clip(q(np.sin(phi)) / q(1.0), -1, 1))
    return np.degrees(np.where(np.abs(lat) > 89.5, series, closed))


# Zones at points


@pytest.mark.parametrize("peer, name, options, levels", [
    ("h3", "H3", (), (0, 1, 5, 9, 15)),
    ("healpix-geo", "HEALPix", (), (0, 5, 12, 20)),
    ("rhealpixdggs", "rHEALPix", (), (1, 5, 9)),
    ("dggal rHEALPix", "rHEALPix", ("LON_0=50",), (1, 6, 12)),
    ("dggal ISEA7H_Z7", "IGEO7", (), (0, 1, 4, 7, 10)),
    ("dggal ISEA3H", "ISEA3H", TURNED, (1, 4, 9, 14)),
], ids=lambda value: value if isinstance(value, str) else "")
def test_points_fall_into_the_peers_zones(peer, name, options, levels, exchange):
    """1e5 random points, shared out over the levels: texts equal the peer's, and centres."""
    lon, lat = random_points(31, 100_000)
    for level, part in zip(levels, np.array_split(np.arange(len(lon)), len(levels))):
        np.save(exchange / "points.npy", np.stack([lon[part], lat[part]], -1))
        answer = judges.ask("zones", peer, level, exchange / "points.npy", exchange / "found.npz")
        if "absent" in answer:
            pytest.skip(f"{peer}: {answer['absent']}")
        found = np.load(exchange / "found.npz")
        points = points_file(exchange / "points.csv", lon[part], lat[part])
        group = grid(f"{name}/{level}", *options, points, "COMPUTED=ZONE_TEXT")
        text = np.array(values(group, "zone_text"))
        x, y = values(group, "lon"), values(group, "lat")
        if peer == "dggal ISEA3H":
            # The same zones under other names: centres tell.
            differ = np.flatnonzero((np.abs(y - found["lat"]) > 1e-8) | (turn(x - found["lon"]) * np.cos(np.radians(y)) > 1e-8))
        else:
            differ = np.flatnonzero(text != found["text"])
        same = np.setdiff1d(np.arange(len(part)), differ)
        # A point on an edge, within rounding, may fall to either side.
        assert len(differ) <= 2, (level, len(differ), text[differ][:5], found["text"][differ][:5], lon[part][differ][:5], lat[part][differ][:5])
        assert np.abs(y - found["lat"])[same].max() < 1e-8
        assert (turn(x - found["lon"]) * np.cos(np.radians(y)))[same].max() < 1e-8
        # The ids name the same zones as the texts.
        ids = values(group, "zone_id")
        chosen = grid(f"{name}/{level}", *options, "COMPUTED=ZONE_TEXT", "ZONES=" + ",".join(text[:50]))
        assert set(values(chosen, "zone_id").tolist()) == set(ids[:50].tolist())


def oracle_rows(table):
    with open(judges.shared(f"oracle/{table}")) as file:
        return list(csv.DictReader(file))


DGGRID = [
    (surface, name, level)
    for surface in ("sphere_11.25", "wgs84authalic_11.20")
    for name, levels in (("ISEA3H", (4, 9, 14)), ("ISEA4H", (3, 9, 14)), ("ISEA7H", (3, 8, 11)), ("ISEA4T", (4, 12, 18)), ("ISEA4D", (4, 12, 18)))
    for level in levels
]


@pytest.mark.parametrize("surface, name, level", DGGRID)
def test_points_fall_into_dggrids_zones(surface, name, level, tmp_path):
    """Every row: SEQNUM, Q2DI, hierarchical text, centre."""
    rows = oracle_rows(f"dggrid902_{surface}_{name}_r{level}.csv")
    lon = np.array([float(row["lon"]) for row in rows])
    lat = np.array([float(row["lat_geodetic_input"]) for row in rows])
    points = points_file(tmp_path / "points.csv", lon, lat)
    options = TURNED if surface.startswith("wgs84") else ()
    group = grid(f"{name}/{level}", *options, points)
    assert values(group, "zone_id").tolist() == [int(row["seqnum"]) for row in rows]
    x, y = values(group, "lon"), values(group, "lat")
    y = authalic(y) if options else y
    expected_x = np.array([float(row["center_lon"]) for row in rows])
    expected_y = np.array([float(row["center_lat_sphere"]) for row in rows])
    assert np.abs(y - expected_y).max() < 1e-8
    assert (turn(x - expected_x) * np.cos(np.radians(y))).max() < 1e-8
    scheme = {"ISEA3H": "Z3", "ISEA7H": "Z7"}.get(name)
    if scheme and rows[0].get("hier"):
        text = values(grid(f"{name}/{level}", *options, f"INDEXING={scheme}", "COMPUTED=ZONE_TEXT", points), "zone_text")
        assert text == [row["hier"] for row in rows]
    if "quad" in rows[0] and not name.endswith("T"):
        text = values(grid(f"{name}/{level}", *options, "INDEXING=Q2DI", "COMPUTED=ZONE_TEXT", points), "zone_text")
        assert text == [f"{level}/{row['quad']} {row['i']} {row['j']}" for row in rows]


@pytest.mark.parametrize("table, name, options", [
    ("rHEALPix_r3", "rHEALPix/3", ("LON_0=50",)),
    ("rHEALPix_r7", "rHEALPix/7", ("LON_0=50",)),
    ("ISEA7H_Z7_r4", "IGEO7/4", ()),
    ("ISEA7H_Z7_r9", "IGEO7/9", ()),
    ("ISEA3H_r4", "ISEA3H/4", TURNED),
    ("ISEA3H_r9", "ISEA3H/9", TURNED),
    ("HEALPix_r5", "HEALPix/5", ()),
    ("HEALPix_r12", "HEALPix/12", ()),
], ids=lambda value: value if isinstance(value, str) else "")
def test_points_fall_into_dggals_zones(table, name, options, tmp_path):
    rows = oracle_rows(f"dggal005_{table}.csv")
    lon, lat = (np.array([float(row[key]) for row in rows]) for key in ("lon", "lat"))
    group = grid(name, *options, "COMPUTED=ZONE_TEXT", points_file(tmp_path / "points.csv", lon, lat))
    if name.startswith(("rHEALPix", "IGEO7")):
        assert values(group, "zone_text") == [row["text"] for row in rows]
    x, y = values(group, "lon"), values(group, "lat")
    assert np.abs(y - [float(row["center_lat"]) for row in rows]).max() < 1e-8
    assert (turn(x - [float(row["center_lon"]) for row in rows]) * np.cos(np.radians(y))).max() < 1e-8


# What is computed of zones


def sphere_area(name):
    """Area of the surface of a family's default identity."""
    if name in ("HEALPix", "IGEO7", "rHEALPix"):
        return 510065621724088.44
    return 4 * np.pi * RADIUS_M**2


def ring_of(boundary):
    return boundary[~np.isnan(boundary[:, 0])]


def in_ring(ring, lon, lat):
    """Even-odd rule in the plane of longitude and latitude; a ring around a pole is closed over it."""
    gap = ring[-1, 0] - ring[0, 0]
    if abs(gap) > 180:
        pole = np.copysign(90, gap)
        end = ring[0, 0] + np.copysign(360, gap)
        ring = np.vstack([ring, [[end, ring[0, 1]], [end, pole], [ring[0, 0], pole]]])
    x, y = ring[:, 0], ring[:, 1]
    u, v = np.roll(x, -1), np.roll(y, -1)
    lat = np.clip(lat, -90 + 1e-9, 90 - 1e-9)
    for shift in (-360, 0, 360):
        spans = (y <= lat) != (v <= lat)
        if np.count_nonzero(spans & (lon + shift < x + (lat - y) / np.where(v == y, 1, v - y) * (u - x))) % 2:
            return True
    return False


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("level", [0, 1, 2])
def test_what_is_computed_of_zones_is_right(name, level):
    group = grid(f"{name}/{level}", "COMPUTED=ALL")
    ids, lon, lat = (values(group, which) for which in ("zone_id", "lon", "lat"))
    places = {zone: k for k, zone in enumerate(ids.tolist())}
    assert len(places) == len(ids)

    text = values(group, "zone_text")
    assert len(set(text)) == len(ids)
    chosen = grid(f"{name}/{level}", f"ZONES={text[3]},{text[5]}")
    assert sorted(values(chosen, "zone_id").tolist()) == sorted([ids[3], ids[5]])

    area = values(group, "area")
    assert abs(area.sum() / sphere_area(name) - 1) < 1e-9
    if name.endswith("H") or name == "IGEO7":
        assert np.count_nonzero(area < 0.9 * area.max()) == (12 if level else 0)
    elif name != "H3":
        assert np.ptp(area) < 1e-9 * area.mean()

    neighbours = values(group, "neighbours")
    for k, row in enumerate(neighbours.tolist()):
        around = [other for other in row if other != NO_ZONE]
        assert around == row[: len(around)] and len(set(around)) == len(around) and around
        assert all(ids[k] in neighbours[places[other]] for other in around), k

    boundary = values(group, "boundary")
    if level:
        for k in range(len(ids)):
            assert in_ring(ring_of(boundary[k]), lon[k], lat[k]), (k, text[k])

    children = values(group, "children")
    finer = grid(f"{name}/{level + 1}", "COMPUTED=PARENT")
    own = {zone for zone in children.ravel().tolist() if zone != NO_ZONE}
    finer_ids = values(finer, "zone_id")
    assert own == set(finer_ids.tolist())
    # Children under their first parent; others of a hexagon grid have several.
    for child, parent in zip(finer_ids.tolist(), values(finer, "parent").tolist()):
        assert child in children[places[parent]], child
    if level == 0:
        assert "parent" not in group.GetMDArrayNames()


@pytest.mark.parametrize("name", FAMILIES)
def test_computed_arrays_of_points_are_those_of_the_level(name, tmp_path):
    """A selection has the same values as the whole; windows have the same values as a selection."""
    level = 3
    whole = grid(f"{name}/{level}", "COMPUTED=ALL")
    ids = values(whole, "zone_id")
    lon, lat = random_points(17, 40)
    some = grid(f"{name}/{level}", "COMPUTED=ALL", points_file(tmp_path / "points.csv", lon, lat))
    order = np.argsort(ids)
    at = order[np.searchsorted(ids, values(some, "zone_id"), sorter=order)]
    for which in ("lon", "lat", "area", "parent", "children", "neighbours", "boundary"):
        np.testing.assert_array_equal(values(some, which), values(whole, which)[at])
    text = values(whole, "zone_text")
    assert values(some, "zone_text") == [text[k] for k in at]
    for which in ("boundary", "neighbours"):
        full = values(whole, which)
        start = [5] + [0] * (full.ndim - 1)
        count = [7, *full.shape[1:]]
        np.testing.assert_array_equal(read(array(whole, which), array_start_idx=start, count=count), full[5:12])


# A real store


def h3_store():
    return judges.shared("data/xdggs/h3r3_global_zarr_v3.zarr")


def test_the_h3_store_reads_as_by_zarr_python_and_lies_where_h3_says(exchange):
    path = h3_store()
    judges.ask("h3_store", path, exchange / "found.npz")
    found = np.load(exchange / "found.npz")
    group = root(path)
    for name in ("cell_ids", "month", "u"):
        np.testing.assert_array_equal(values(group, name), found[name])
    assert np.abs(values(group, "lat") - found["centre_lat"]).max() < 1e-10
    assert turn(values(group, "lon") - found["centre_lon"]).max() < 1e-9
    assert group.GetStructuralInfo()["DGGRS"] == "H3"


@pytest.mark.parametrize("west, south, east, north", [(-10, 35, 30, 60), (170, -30, -160, 10), (-180, 70, 180, 90)])
def test_a_box_of_the_h3_store_is_that_of_brute_force(west, south, east, north):
    path = h3_store()
    whole = root(path)
    ids, lon, lat = (values(whole, name) for name in ("cell_ids", "lon", "lat"))
    u = values(whole, "u")
    between = (lon >= west) & (lon <= east) if west <= east else (lon >= west) | (lon <= east)
    expected = between & (lat >= south) & (lat <= north)
    box = f"BBOX={west},{south},{east},{north}"
    part = root(path, box, "CONTAINMENT=CENTROID")
    np.testing.assert_array_equal(values(part, "cell_ids"), ids[expected])
    axis = [d.GetName() for d in array(whole, "u").GetDimensions()].index("cells")
    np.testing.assert_array_equal(values(part, "u"), np.compress(expected, u, axis=axis))
    # Zones that intersect hold those whose centre is inside, and touch the box with a corner or an edge.
    touching = set(values(root(path, box), "cell_ids").tolist())
    assert set(ids[expected].tolist()) < touching
    within = set(values(root(path, box, "CONTAINMENT=WITHIN"), "cell_ids").tolist())
    assert within < set(ids[expected].tolist())


# Wrong identity


@pytest.mark.parametrize("connection, option", [
    ("H3/3", "LON_0=10"),
    ("H3/3", "ELLIPSOID=WGS84"),
    ("H3/3", "INDEXING=nested"),
    ("H3/16", ""),
    ("HEALPix/3", "LON_0=10"),
    ("HEALPix/3", "INDEXING=SEQNUM"),
    ("ISEA4T/3", "INDEXING=Z7"),
    ("ISEA4H/3", "LAT_0=91"),
    ("ISEA4H/3", "AZIMUTH=nan"),
    ("rHEALPix/3", "INDEXING=ring"),
    ("rHEALPix/3", "AZIMUTH=10"),
    ("ISEA9H/3", ""),
])
def test_an_identity_that_a_family_cannot_have_is_refused(connection, option):
    with messages() as seen:
        opened = gdal.OpenEx(f"DGGS:{connection}", gdal.OF_MULTIDIM_RASTER, open_options=[option] if option else [])
    assert opened is None, option
    assert failures(seen), option


@pytest.mark.parametrize("option", ["LON_0=10", "ELLIPSOID=WGS84", "DGGRS=ISEA4H", "LEVEL=4"])
def test_a_wrong_identity_on_the_h3_store_is_refused(option):
    with messages() as seen:
        opened = gdal.OpenEx(forced(h3_store()), gdal.OF_MULTIDIM_RASTER, open_options=[option])
        if opened is not None:
            opened.GetRootGroup().OpenMDArray("lon").ReadAsArray()
    assert failures(seen), option


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("name, level", [("H3", 3), ("IGEO7", 4)])
def test_stores_of_xdggs_open_on_their_grid(name, level, zarr_format):
    """The attributes that xdggs and its plug-in igeo7 write on `cell_ids`."""
    own = grid(f"{name}/{level}", "BBOX=0,40,10,50")
    ids, lon = values(own, "zone_id"), values(own, "lon")
    cube = {
        "cell_ids": stores.Array(ids, ["cells"], attrs={"grid_name": name.lower(), "level": level}),
        "u": stores.Array(lon, ["cells"]),
    }
    stores.write("/vsimem/xdggs.zarr", cube, zarr_format=zarr_format)
    group = root("/vsimem/xdggs.zarr")
    assert identity(group, array(group, "u"))["DGGRS"] == name
    assert len(ids) > 10 and values(group, "cell_ids").tolist() == ids.tolist()
    np.testing.assert_array_equal(values(group, "lon"), values(group, "u"))
    chosen = root("/vsimem/xdggs.zarr", "BBOX=2,42,6,46")
    assert 0 < len(values(chosen, "u")) < len(ids)
    np.testing.assert_array_equal(values(chosen, "lon"), values(chosen, "u"))
