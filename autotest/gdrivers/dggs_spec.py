"""Stores whose positions are the zones: the DGGS data spec, DGGS.jl; and pydggsapi's, which say nothing at all."""

import copy
import csv
import subprocess

import numpy as np
import pytest
from osgeo import gdal, osr
from support import judges, stores
from support.gdalio import VERSION, array, attributes, dims, failures, forced, identity, messages, read, root, values, warnings
from support.stores import Array

STORE = "/vsimem/cube.dggs.zarr"
NO_ID = 2**64 - 1
SPEC = {
    "grid": {
        "coordinate_conversions": [{"type": "dggrid", "version": "7.8", "address_type": "Q2DI"}],
        "aperture": 4,
        "grid_system": {
            "name": "ISEA4H",
            "polyhedron": "icosahedron",
            "polygon": "hexagon",
            "radius": 6371007.180918475,
            "rotation_lon": 11.25,
            "rotation_lat": 58.28252559,
            "rotation_azimuth": 0,
            "projection": "+isea",
        },
        "resolutions": [
            {"name": "spatial", "resolution": 3, "dimensions": ["n", "i", "j"]},
            {"name": "temporal", "resolution": 1, "dimensions": ["time"]},
        ],
    }
}


def opened(path, *options):
    """The root group, and the warnings of opening it."""
    with messages() as seen:
        group = root(path, *options)
    assert failures(seen) == []
    return group, warnings(seen)


def refused(path, *options):
    """Why a store does not open, or one of its groups."""
    with messages() as seen:
        dataset = gdal.OpenEx(forced(path), gdal.OF_MULTIDIM_RASTER, open_options=list(options))
    assert dataset is None
    (reason,) = failures(seen)
    return reason


def q2di(ids):
    """Quad, i and j of packed ids."""
    ids = np.asarray(ids, "u8")
    return ids >> np.uint64(60), ids >> np.uint64(30) & np.uint64(2**30 - 1), ids & np.uint64(2**30 - 1)


def isea4h(level=3, order=("time", "j", "i", "n"), chunks=None, quads=13, attrs=SPEC, **names):
    """A cube of the data spec: each value is 1e6 time + 1e4 n + 100 i + j, and -1 at padding."""
    side = 2**level
    sizes = {"time": 2, "n": quads, "i": side, "j": side}
    axes = dict(zip(order, np.meshgrid(*[np.arange(sizes[name]) for name in order], indexing="ij")))
    known = 1e4 * axes["n"] + 100 * axes["i"] + axes["j"] + (1e6 * axes["time"] if "time" in axes else 0)
    single = (axes["n"] == 0) | (axes["n"] == 11)
    padding = (axes["n"] > 11) | (single & (axes["i"] + axes["j"] > 0))
    return Array(np.where(padding, -1, known), [names.get(name, name) for name in order], attrs, chunks, fill=-1)


def expected(ids, time=0):
    """The values of [isea4h] by zone id."""
    quad, i, j = (part.astype("f8") for part in q2di(ids))
    return 1e6 * time + 1e4 * quad + 100 * i + j


# the pilot


@pytest.fixture
def pilot():
    return judges.shared("data/pilot/example.dggs.zarr")


def test_the_pilot_s_6420_values_are_its_documented_function(pilot, tmp_path):
    axes = np.round(np.arange(-180, 180.4, 0.8), 10), np.round(np.arange(-90, 90.4, 0.8), 10)
    lon, lat = (part.ravel() for part in np.meshgrid(*axes))
    (tmp_path / "points.csv").write_text("\n".join(f"{x!r},{y!r}" for x, y in zip(lon.tolist(), lat.tolist())))
    group, _ = opened(pilot, f"POINTS=@{tmp_path / 'points.csv'}")
    zones, zone = np.unique(values(group, "zone_id"), return_inverse=True)
    assert len(zones) == 642
    stored = values(group, "cell_cube")
    for t in range(10):
        field = np.exp(np.cos(np.radians(lon))) + (t + 1) * lat / 90
        mean = np.bincount(zone, weights=field) / np.bincount(zone)
        np.testing.assert_allclose(stored[t], mean[zone], rtol=0, atol=1e-9)


def test_the_pilot_s_side_decides_its_level_and_the_contradiction_is_a_warning(pilot):
    group, seen = opened(pilot)
    known = identity(group, array(group, "cell_cube"))
    assert (known["DGGRS"], known["REFINEMENT_LEVEL"], known["CONVENTION"]) == ("ISEA4H", "3", "DGGS_SPEC")
    (warning,) = seen
    assert "'resolution' is 4" in warning and "level 3" in warning


def test_without_a_selection_dimensions_stay_and_padding_has_no_zone(pilot):
    group, _ = opened(pilot, "COMPUTED=ALL")
    cube = array(group, "cell_cube")
    assert dims(cube) == ["time", "j", "i", "n"]
    assert [d.GetType() for d in cube.GetDimensions()] == ["TEMPORAL", "DGGS_ZONE", "DGGS_ZONE", "DGGS_ZONE"]
    assert [c.GetName() for c in cube.GetCoordinateVariables()] == ["lon", "lat"]
    stored, ids = values(group, "cell_cube")[0], values(group, "zone_id")
    assert dims(array(group, "zone_id")) == ["j", "i", "n"]
    padding = stored > 1e31
    assert padding.sum() == 8 * 8 * 13 - 642
    np.testing.assert_array_equal(ids == NO_ID, padding)
    for name in ("lon", "lat", "area"):
        np.testing.assert_array_equal(np.isnan(values(group, name)), padding)
    texts = np.array(values(group, "zone_text"), dtype=object).reshape(8, 8, 13)
    np.testing.assert_array_equal((texts == None) | (texts == ""), padding)  # noqa: E711
    assert texts[2, 5, 7] == "3/7 5 2"
    assert values(group, "neighbours").shape == (8, 8, 13, 6)
    part = array(group, "lon").ReadAsArray([7, 1, 2], [2, 3, 4], [-3, 2, 1])
    np.testing.assert_array_equal(part, values(group, "lon")[7:3:-3, 1:6:2, 2:6])


# selections


ORDERS = [("time", "j", "i", "n"), ("n", "i", "j", "time"), ("i", "time", "n", "j")]


@pytest.mark.parametrize("order", ORDERS, ids=["-".join(order) for order in ORDERS])
@pytest.mark.parametrize("side", [8, 3, 1])
def test_a_selection_makes_one_dimension_of_several(order, side):
    sizes = {"time": 1, "n": 5, "i": side, "j": side}
    stores.write(STORE, {"u": isea4h(order=order, chunks=[sizes[name] for name in order])})
    group, seen = opened(STORE, "BBOX=-30,-80,100,75")
    assert seen == []
    u = array(group, "u")
    assert dims(u) == (["time", "zone"] if order[0] == "time" else ["zone", "time"])
    assert [d.GetType() for d in u.GetDimensions() if d.GetName() == "zone"] == ["DGGS_ZONE"]
    ids = values(group, "zone_id")
    stored = values(group, "u")
    stored = stored if order[0] == "time" else stored.T
    for time in range(2):
        np.testing.assert_array_equal(stored[time], expected(ids, time))
    whole, _ = opened("DGGS:ISEA4H/3", "INDEXING=Q2DI", "BBOX=-30,-80,100,75")
    assert sorted(ids.tolist()) == sorted(values(whole, "zone_id").tolist())
    places = dict(zip(order, [None] * 4), **dict(zip("nij", q2di(ids))))
    ranks = np.zeros(len(ids), "u8")
    for name in order:
        if name != "time":
            ranks = ranks * np.uint64(13) + places[name]
    assert (np.diff(ranks.astype("i8")) > 0).all(), "storage order"
    start, count, step = len(ids) - 1, len(ids) // 3, -3
    where = slice(start, None, step)
    picked = u.ReadAsArray(*[[v if d == "zone" else w for d, v in zip(dims(u), [s] * 2)] for s, w in ((start, 1), (count, 1), (step, 1))])
    np.testing.assert_array_equal(picked.ravel(), expected(ids[where][:count], 1))


def test_points_keep_their_order_and_repeats():
    stores.write(STORE, {"u": isea4h(chunks=[1, 4, 4, 3])})
    random = np.random.default_rng(5)
    points = np.column_stack([random.uniform(-180, 180, 300), np.degrees(np.arcsin(random.uniform(-1, 1, 300)))])
    points = np.concatenate([points, points[:50]])
    text = ",".join(f"{x} {y}" for x, y in points)
    group, _ = opened(STORE, f"POINTS={text}")
    ids = values(group, "zone_id")
    np.testing.assert_array_equal(ids[-50:], ids[:50])
    grid, _ = opened("DGGS:ISEA4H/3", "INDEXING=Q2DI", f"POINTS={text}")
    np.testing.assert_array_equal(ids, values(grid, "zone_id"))
    np.testing.assert_array_equal(values(group, "u")[1], expected(ids, 1))


def test_zones_by_text_come_in_storage_order():
    stores.write(STORE, {"u": isea4h(order=("n", "i", "j"))})
    group, _ = opened(STORE, "ZONES=3/11 0 0,3/4 7 6,3/0 0 0,2/5 1 1", "COMPUTED=ZONE_TEXT")
    texts = values(group, "zone_text")
    assert texts[0] == "3/0 0 0" and texts[-1] == "3/11 0 0" and "3/4 7 6" in texts
    np.testing.assert_array_equal(values(group, "u"), expected(values(group, "zone_id")))
    assert "out of" not in refused(STORE, "ZONES=3/12 0 0")


def test_only_chunks_that_hold_the_zones_are_read():
    stores.write(STORE, {"u": isea4h(level=5, order=("n", "i", "j"), chunks=[1, 8, 8], attrs=spec(resolution=5))})
    chosen = "ZONES=5/4 9 9,5/4 15 8,5/7 31 31"
    before = values(opened(STORE, chosen)[0], "u")
    needed = {"4/1/1", "7/3/3"}
    for name in gdal.ReadDirRecursive(STORE + "/u/c"):
        if name.count("/") == 2 and not name.endswith("/") and name not in needed:
            stores.put(f"{STORE}/u/c/{name}", b"broken")
    np.testing.assert_array_equal(values(opened(STORE, chosen)[0], "u"), before)
    with messages() as seen:
        array(opened(STORE, "ZONES=5/4 0 0")[0], "u").ReadAsArray()
    assert failures(seen)


@pytest.mark.parametrize("suffix,driver", [(".nc", "netCDF"), (".zarr", "Zarr"), (".vrt", "VRT")])
def test_a_copy_of_a_selection_tells_the_truth(suffix, driver, tmp_path):
    if gdal.GetDriverByName(driver) is None:
        pytest.skip(f"this GDAL has no driver {driver}")
    system = dict(SPEC["grid"]["grid_system"], rotation_lon=11.2)
    stores.write(str(tmp_path / "cube.zarr"), {"u": isea4h(attrs=spec(grid_system=system))})
    target = str(tmp_path / ("copy" + suffix))
    options = ["-oo", "BBOX=0,30,40,60", "-of", driver]
    subprocess.run(["gdalmdimtranslate", *options, str(tmp_path / "cube.zarr"), target], check=True, capture_output=True)
    before, _ = opened(tmp_path / "cube.zarr", "BBOX=0,30,40,60")
    if suffix == ".zarr":
        after, seen = opened(target)
        assert seen == []
        first, second = identity(before), identity(after)
        for key in ("DGGRS", "REFINEMENT_LEVEL", "INDEXING_SCHEME"):
            assert first[key] == second[key]
    else:
        after = gdal.OpenEx(target, gdal.OF_MULTIDIM_RASTER).GetRootGroup()
        assert "grid" not in attributes(array(after, "u"))
    for name in ("zone_id", "lon", "lat", "u"):
        np.testing.assert_array_equal(values(after, name), values(before, name))


@pytest.mark.parametrize("driver,suffix", [("Zarr", ".zarr"), ("netCDF", ".nc")])
def test_a_copy_of_everything_still_has_its_grid(driver, suffix, pilot, tmp_path):
    if gdal.GetDriverByName(driver) is None:
        pytest.skip(f"this GDAL has no driver {driver}")
    target = str(tmp_path / ("copy.dggs" + suffix))
    done = subprocess.run(["gdalmdimtranslate", "-of", driver, forced(pilot), target], check=True, capture_output=True)
    assert b"ERROR" not in done.stderr, done.stderr
    if driver == "Zarr":
        before, _ = opened(pilot, "BBOX=0,30,40,60")
        after, _ = opened(target, "BBOX=0,30,40,60")
        assert identity(after)["CONVENTION"] == "DGGS_SPEC"
        for name in ("zone_id", "lon", "cell_cube"):
            np.testing.assert_array_equal(values(after, name), values(before, name))


# pyramids and conversions


def spec(resolution=3, dimensions=("n", "i", "j"), **changes):
    made = copy.deepcopy(SPEC)
    made["grid"].update(changes)
    made["grid"]["resolutions"] = [{"name": "spatial", "resolution": resolution, "dimensions": list(dimensions)}]
    return made


def test_level_selects_in_a_pyramid_in_one_group():
    names = {level: {"i": f"i{level}", "j": f"j{level}"} for level in (2, 3)}
    cubes = {
        f"u{level}": isea4h(level, ("n", "i", "j"), attrs=spec(level, ("n", f"i{level}", f"j{level}")), **names[level])
        for level in (2, 3)
    }
    stores.write(STORE, dict(cubes, i3=Array(np.arange(8), ["i3"])))
    group, _ = opened(STORE)
    assert {"u2", "u3", "lon_n_i2_j2", "lat_n_i3_j3"} <= set(group.GetMDArrayNames())
    for level in (2, 3):
        group, _ = opened(STORE, f"LEVEL={level}", "BBOX=0,0,90,90")
        assert identity(group)["REFINEMENT_LEVEL"] == str(level)
        assert f"u{5 - level}" not in group.GetMDArrayNames()
        np.testing.assert_array_equal(values(group, f"u{level}"), expected(values(group, "zone_id")))
    assert "LEVEL" in refused(STORE, "LEVEL=4")


@pytest.mark.parametrize("where", ["root", "array"])
def test_level_selects_in_a_pyramid_of_groups(where):
    cubes = {
        f"{level}/u": isea4h(level, ("n", "i", "j"), attrs=spec(level) if where == "array" else {}) for level in (2, 3)
    }
    stores.write(STORE, cubes, {"/": spec(3) if where == "root" else {}})
    group, seen = opened(STORE, "LEVEL=2", "BBOX=0,0,90,90")
    assert group.GetGroupNames() == ["2"]
    assert "MUST be stored in the same CDM group" in seen[0]
    np.testing.assert_array_equal(values(group, "2/u"), expected(values(group, "2/zone_id")))


def test_coarser_levels_of_a_pyramid_are_overviews():
    if VERSION < 313:
        pytest.skip("arrays have overviews from GDAL 3.13 on")
    cubes = {f"{level}/u": isea4h(level, ("n", "i", "j"), attrs=spec(level)) for level in (1, 2, 3)}
    cubes["2/v"] = isea4h(2, ("n", "i", "j"), attrs=spec(2))
    stores.write(STORE, cubes, {"/": {}})
    group, _ = opened(STORE, "BBOX=0,0,90,90")
    for level, coarser in ((3, (2, 1)), (2, (1,)), (1, ())):
        u = array(group, f"{level}/u")
        assert u.GetOverviewCount() == len(coarser)
        assert u.GetOverview(len(coarser)) is None
        for index, other in enumerate(coarser):
            assert u.GetOverview(index).GetFullName() == f"/{other}/u"
            np.testing.assert_array_equal(read(u.GetOverview(index)), values(group, f"{other}/u"))
    assert array(group, "2/v").GetOverviewCount() == 0


def test_a_linear_conversion_places_the_zones():
    """i and j counted from the far corner of their quad."""
    turned = isea4h(order=("n", "i", "j"))
    turned.values = turned.values[:, ::-1, ::-1].copy()
    linear = {"type": "linear", "gt0": 7.5, "gt1": -1, "gt2": 0, "gt3": 7.5, "gt4": 0, "gt5": -1}
    turned.attrs = spec(coordinate_conversions=SPEC["grid"]["coordinate_conversions"] + [linear])
    stores.write(STORE, {"u": turned})
    group, _ = opened(STORE)
    ids, u = values(group, "zone_id"), values(group, "u")
    np.testing.assert_array_equal(ids == NO_ID, u == -1)
    np.testing.assert_array_equal(u[u != -1], expected(ids[u != -1]))
    group, _ = opened(STORE, "BBOX=0,0,90,90")
    np.testing.assert_array_equal(values(group, "u"), expected(values(group, "zone_id")))


@pytest.mark.parametrize(
    "change,reason",
    [
        ({"coordinate_conversions": [{"version": "7.8"}]}, "MUST be provided in every coordinate conversion"),
        ({"coordinate_conversions": [{"type": "s2"}]}, "unknown conversion type 's2'"),
        ({"aperture": 3}, "contradicts"),
        ({"grid_system": {"name": "ISEA4H"}}, "'rotation_lon' is missing"),
    ],
)
def test_a_broken_must_is_an_error_that_quotes_it(change, reason):
    stores.write(STORE, {"u": isea4h(attrs=spec(**change))})
    assert reason in refused(STORE)


def test_dggs_jl_1_counts_levels_from_1():
    names = {"i": "q2di_i", "j": "q2di_j", "n": "q2di_n"}
    attrs = {"dggs_id": "DGGRID ISEA4H Q2DI", "dggs_level": 4}
    stores.write(STORE, {"4/u": isea4h(3, ("i", "j", "n"), quads=12, attrs=attrs, **names)}, {"/": {"dggs_levels": [4]}})
    group, seen = opened(STORE, "BBOX=0,0,90,90")
    assert seen == []
    known = identity(group.OpenGroup("4"))
    assert (known["DGGRS"], known["REFINEMENT_LEVEL"], known["CONVENTION"]) == ("ISEA4H", "3", "DGGS_JL")
    np.testing.assert_array_equal(values(group, "4/u"), expected(values(group, "4/zone_id")))


# Blue Marble: DGGS.jl 2.x


@pytest.fixture
def marble():
    return judges.shared("data/bluemarble/blue-marble.dggs.zarr")


def colours(group, path="dggs_s8"):
    return np.stack([values(group, f"{path}/{band}") for band in ("Red", "Green", "Blue")], -1)


def penta(quad, i, j, level=8):
    """Indices of DGGS.jl's matrices from DGGRID's quad, i and j."""
    return (quad - 1) % 5, j, i + np.where(quad >= 6, 2**level, 0)


@pytest.fixture
def matrices(marble):
    """Level 8 as stored, by GDAL's own driver."""
    stored = gdal.OpenEx(f'ZARR:"{marble}"', gdal.OF_MULTIDIM_RASTER, allowed_drivers=["Zarr"])
    return colours(stored.GetRootGroup()) if stored else colours(root(marble))


def test_blue_marble_has_its_colours(marble):
    places = {
        (-141.72, 14.52): (2, 7, 23),
        (10.0, 25.0): (163, 133, 97),
        (-44.79, 79.99): (250, 253, 254),
        (-62.0, -5.0): (23, 40, 10),
        (130.9, -24.4): (119, 76, 50),
    }
    group, seen = opened(marble, "LEVEL=8", "POINTS=" + ",".join(f"{x} {y}" for x, y in places))
    assert seen == [] and group.GetGroupNames() == ["dggs_s8"]
    got = colours(group)
    np.testing.assert_array_equal(got, list(places.values()))


def test_blue_marble_at_points_is_where_dggrid_says(marble, matrices):
    rows = list(csv.DictReader(open(judges.shared("oracle/dggrid902_sphere_11.25_ISEA4D_r12.csv"))))
    text = ",".join(f"{row['lon']} {row['lat_geodetic_input']}" for row in rows)
    group, _ = opened(marble, "LEVEL=8", f"POINTS={text}")
    quad, i, j = (np.array([int(row[key]) for row in rows]) for key in ("quad", "i", "j"))
    np.testing.assert_array_equal(colours(group), matrices[penta(quad, i >> 4, j >> 4)])


def test_blue_marble_read_back_at_ten_thousand_points(marble, matrices, tmp_path):
    random = np.random.default_rng(11)
    lon, lat = random.uniform(-180, 180, 10_000), np.degrees(np.arcsin(random.uniform(-1, 1, 10_000)))
    (tmp_path / "points.csv").write_text("\n".join(f"{x},{y}" for x, y in zip(lon, lat)))
    group, _ = opened(marble, "LEVEL=8", f"POINTS=@{tmp_path / 'points.csv'}")
    got = colours(group)
    ids = values(group, "dggs_s8/zone_id")
    np.testing.assert_array_equal(got, matrices[penta(*(part.astype("i8") for part in q2di(ids)))])
    # What is at a point is within a zone's reach of it.
    def vectors(x, y):
        x, y = np.radians(x), np.radians(y)
        return np.stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)], -1)

    centres = vectors(values(group, "dggs_s8/lon"), values(group, "dggs_s8/lat"))
    assert np.degrees(np.linalg.norm(centres - vectors(lon, lat), axis=-1)).max() < 0.3
    # The coarser levels show the same Earth: their colours differ little from the finest's.
    for level, most in ((7, 4), (5, 9)):
        coarse, _ = opened(marble, f"LEVEL={level}", f"POINTS=@{tmp_path / 'points.csv'}")
        difference = np.abs(colours(coarse, f"dggs_s{level}").astype(int) - got.astype(int))
        assert np.median(difference) <= most and difference.mean() < 4 * most, (level, difference.mean())


# pydggsapi


@pytest.fixture
def estonia():
    return judges.shared("data/pydggsapi/est_topo_dem_10m_elva_igeo7_multi_refinement_level_ds.zarr")


def test_the_estonian_terrain_lies_in_estonia(estonia):
    group, seen = opened(estonia, "DGGRS=IGEO7", "ZONE_ID=zone_id", "LEVEL=10", "COMPUTED=ZONE_TEXT")
    assert seen == [] and group.GetGroupNames() == ["refinement_level_10"]
    level = group.OpenGroup("refinement_level_10")
    assert identity(level)["REFINEMENT_LEVEL"] == "10"
    lon, lat, texts = (values(level, name) for name in ("lon", "lat", "zone_text"))
    (first,) = [at for at, text in enumerate(texts) if text == "000102244600"]
    assert values(level, "zone_id")[first] == 0x004252603FFFFFFF
    assert lon[first] == pytest.approx(26.5801, abs=6e-5) and lat[first] == pytest.approx(58.3066, abs=6e-5)
    # The raster that it was made from: its upper left corner, in the Estonian system.
    described = attributes(array(level, "spatial_ref"))
    west, _, _, north, _, _ = map(float, described["GeoTransform"].split())
    grid, world = osr.SpatialReference(wkt=described["crs_wkt"]), osr.SpatialReference()
    world.ImportFromEPSG(4326)
    for system in (grid, world):
        system.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    transform = osr.CoordinateTransformation(world, grid)
    x, y, _ = np.array(transform.TransformPoints(np.column_stack([lon, lat]).tolist())).T
    assert np.hypot(x - west, y - north).min() < 300
    assert (x > west - 300).all() and (y < north + 300).all()


def test_each_group_s_level_is_that_of_its_ids(estonia):
    group, seen = opened(estonia, "DGGRS=IGEO7", "ZONE_ID=zone_id")
    assert seen == []
    for name in group.GetGroupNames():
        assert identity(group.OpenGroup(name))["REFINEMENT_LEVEL"] == name.rsplit("_", 1)[1]


@pytest.mark.parametrize(
    "options,reason",
    [
        ([], "no DGGS metadata"),
        (["DGGRS=IGEO7"], "ZONE_ID"),
        (["DGGRS=IGEO7", "LEVEL=11", "ZONE_ID=zone_id"], "no level 11"),
        (["DGGRS=IGEO7", "LEVEL=10", "INDEXING=SEQNUM", "ZONE_ID=zone_id"], "names no zone"),
        (["DGGRS=H3", "LEVEL=10", "ZONE_ID=zone_id"], "no H3 index"),
        (["DGGRS=HEALPix", "LEVEL=10", "ZONE_ID=zone_id"], "beyond the last zone"),
        (["DGGRS=rHEALPix", "LEVEL=10", "ZONE_ID=zone_id"], "beyond the last zone"),
        (["DGGRS=ISEA3H", "INDEXING=Z3", "ZONE_ID=zone_id"], "no ISEA3H zone"),
        (["DGGRS=IGEO7", "LEVEL=10", "ZONE_ID=band_1"], "band_1"),
        (["DGGRS=IGEO7", "LEVEL=10", "ZONE_ID=cell_ids"], "no such array"),
    ],
)
def test_the_wrong_identity_is_refused_and_not_guessed(estonia, options, reason):
    assert reason in refused(estonia, *options)


def test_xdggs_igeo7_has_the_same_zones(estonia):
    level, _ = opened(estonia, "DGGRS=IGEO7", "ZONE_ID=zone_id", "LEVEL=10")
    ids = values(level, "refinement_level_10/zone_id")
    attrs = {"grid_name": "igeo7", "level": 10}
    stores.write(STORE, {"zone_id": Array(ids.astype("i8"), ["zone"], attrs), "u": Array(np.arange(len(ids)), ["zone"])})
    group, seen = opened(STORE)
    assert seen == [] and identity(group)["DGGRS"] == "IGEO7"
    for name in ("lon", "lat"):
        np.testing.assert_array_equal(values(group, name), values(level, f"refinement_level_10/{name}"))


def test_a_store_without_identity_is_left_to_others(estonia):
    with messages() as seen:
        other = gdal.OpenEx(str(estonia), gdal.OF_MULTIDIM_RASTER)
    assert other is None or other.GetDriver().ShortName == "Zarr"
    assert not [text for text in failures(seen) if "DGGS" in text and "metadata" in text]
