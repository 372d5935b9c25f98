"""gdaladdo and BuildOverviews(): coarser levels of a cube that is there, which stays whole whatever happens."""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal
from support import judges, stores
from support.gdalio import VERSION, attributes, failures, grid, messages, root, shape, values

GEOID = "/usr/share/proj/egm96_15.gtx"
FORMATS = ["ZARR_V2", "ZARR_V3"]


@pytest.fixture
def tmp_path(exchange):
    """What is made here the judges must see, also from another root."""
    return exchange


def create(path, *options, source=GEOID):
    assert gdal.GetDriverByName("DGGS").CreateCopy(str(path), gdal.Open(source), options=list(options)) is not None
    return str(path)


def build(name, method, factors, callback=None):
    """BuildOverviews() of what is opened for update, as gdaladdo does."""
    dataset = gdal.OpenEx(str(name), gdal.OF_RASTER | gdal.OF_UPDATE)
    assert dataset is not None
    return dataset.BuildOverviews(method, factors, callback=callback)


def gdaladdo(*arguments):
    return subprocess.run(["gdaladdo", *map(str, arguments)], capture_output=True, text=True, stdin=subprocess.DEVNULL)


def files(folder):
    """Every file below a folder with its bytes."""
    folder = Path(folder)
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def metadata_of_groups(name):
    """Files that may tell of new levels: those of a group that was there, and the consolidated metadata."""
    return name in ("zarr.json", ".zattrs", ".zgroup", ".zmetadata")


def kept(before, after):
    """All that was there is there, byte for byte, but for what tells of the levels at the root."""
    assert set(before) <= set(after)
    assert [name for name in before if before[name] != after[name] and not metadata_of_groups(name)] == []


REDUCE = {
    "AVERAGE": lambda four: np.nanmean(four, -1),
    "SUM": lambda four: np.nansum(four, -1),
    "MIN": lambda four: np.nanmin(four, -1),
    "MAX": lambda four: np.nanmax(four, -1),
}


@pytest.mark.parametrize(
    "method, zarr_format",
    [("AVERAGE", "ZARR_V2"), ("AVERAGE", "ZARR_V3"), ("SUM", "ZARR_V3"), ("MIN", "ZARR_V2"), ("MAX", "ZARR_V3")],
)
def test_levels_are_numpys_reductions_of_the_finer_one_and_others_read_them(method, zarr_format, tmp_path):
    path = create(tmp_path / "g.zarr", "DGGRS=HEALPix", "LEVEL=6", "RESAMPLING=AVERAGE", f"FORMAT={zarr_format}")
    before = files(path)
    done = gdaladdo("-r", method.lower(), path, 2, 8)
    assert done.returncode == 0 and "100 - done" in done.stdout and done.stderr == "", done
    kept(before, files(path))
    raw = judges.reread("zarr", path, tmp_path / "found.npz")
    found = np.load(tmp_path / "found.npz")
    finer = found["egm96_15"].astype("f8")
    assert raw["/"]["consolidated"] and set(raw) >= {"5/egm96_15", "5/cell_ids", "3/egm96_15", "3/cell_ids"}
    for level, four in [(5, finer.reshape(-1, 4)), (3, None)]:
        four = found["5__egm96_15"].astype("f8").reshape(-1, 16) if four is None else four
        np.testing.assert_allclose(found[f"{level}__egm96_15"], REDUCE[method](four), rtol=2e-6)
        np.testing.assert_array_equal(found[f"{level}__cell_ids"], np.arange(12 * 4**level))
    told = raw["/"]["attributes"]
    assert [entry["asset"] for entry in told["multiscales"]["layout"]] == [".", "5", "3"]
    assert [entry["transform"]["scale"] for entry in told["multiscales"]["layout"]] == [[1.0], [2.0], [4.0]]
    assert told["multiscales"]["resampling_method"] == method.lower()
    # As xdggs has it, each level is a cube of its own, and so is the finest one still.
    if method == "AVERAGE":
        cubes = judges.reread("xdggs", tmp_path / "x.npz", path, path + "/5", path + "/3")
        assert [cube["grid"]["level"] for cube in cubes] == [6, 5, 3]
    # Levels that are gone leave the store as it was.
    assert gdaladdo("-clean", path).returncode == 0
    assert files(path) == before


def test_nearest_is_the_child_in_the_middle_and_mode_the_most_frequent(tmp_path):
    classes = np.random.default_rng(4).integers(1, 4, 12 * 4**4).astype("u1")
    for method in ("MODE", "NEAREST"):
        path = f"{tmp_path}/{method}.zarr"
        ids = stores.Array(np.arange(12 * 4**4, dtype="u8"), ["cells"], stores.xdggs_ids(4))
        stores.write(path, {"cell_ids": ids, "c": stores.Array(classes, ["cells"], fill=None)}, zarr_format=2)
        assert build(path, method, [2]) == 0
        got, four = values(root(path).OpenGroup("3"), "c"), classes.reshape(-1, 4)
        counts = (four[:, :, None] == np.arange(1, 4)).sum(1)
        if method == "MODE":
            clear = (counts == counts.max(1)[:, None]).sum(1) == 1
            assert (got == 1 + counts.argmax(1))[clear].all() and clear.sum() > 400
        else:
            assert ((four == got[:, None]).any(1)).all() and (got != 1 + counts.argmax(1)).any()


def test_the_levels_of_h3_and_of_hexagons_that_share_children_are_numpys(tmp_path):
    h3 = create(tmp_path / "h3.zarr", "DGGRS=H3", "LEVEL=3", "RESAMPLING=AVERAGE")
    assert build(h3, "AVERAGE", [3]) == 0
    fine, coarse = values(root(h3), "egm96_15").astype("f8"), values(root(h3).OpenGroup("2"), "egm96_15")
    parents = values(root(h3, "COMPUTED=PARENT"), "parent")
    ids = values(root(h3).OpenGroup("2"), "cell_ids")
    place = np.searchsorted(ids, parents)
    means = np.bincount(place, fine, len(ids)) / np.bincount(place, minlength=len(ids))
    np.testing.assert_allclose(coarse, means, rtol=1e-5, atol=1e-4)

    # A child on an edge lies half in each of two zones.
    hexagons = create(tmp_path / "isea.zarr", "DGGRS=ISEA4H", "LEVEL=4", "RESAMPLING=AVERAGE")
    before = files(hexagons)
    assert build(hexagons, "AVERAGE", [2]) == 0
    kept(before, files(hexagons))
    cube = root(hexagons)
    fine, coarse = values(cube, "egm96_15").astype("f8"), values(cube, "egm96_15_3").astype("f8")
    told = grid("ISEA4H/3", "COMPUTED=CHILDREN")
    children = values(told, "children")
    valid = children != np.iinfo("u8").max
    places = np.where(valid, children, 1).astype("i8") - 1
    lon, lat = np.radians(values(grid("ISEA4H/4"), "lon")), np.radians(values(grid("ISEA4H/4"), "lat"))
    points = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], -1)
    lon, lat = np.radians(values(told, "lon")), np.radians(values(told, "lat"))
    own = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], -1)
    central = np.linalg.norm(points[places] - own[:, None], axis=-1) < 1e-6
    central &= valid
    assert (central.sum(1) == 1).all() and valid.sum(1).min() == 6
    areas = values(grid("ISEA4H/4", "COMPUTED=AREA"), "area")
    areas = np.where(areas < 0.9 * areas.max(), 5 / 6, 1.0)
    weights = np.where(central, 1, 0.5) * areas[places] * valid
    np.testing.assert_allclose(coarse, (weights * fine[places]).sum(1) / weights.sum(1), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("dggrs, convention", [("ISEA7H", "XDGGS"), ("IGEO7", "AUTO"), ("HEALPix", "CF"), ("H3", "ZARR_DGGS")])
def test_levels_are_those_that_the_pyramid_option_makes(dggrs, convention, tmp_path):
    level = {"HEALPix": 5}.get(dggrs, 3)
    options = [f"DGGRS={dggrs}", f"LEVEL={level}", "RESAMPLING=AVERAGE", f"CONVENTION={convention}"]
    levels = {"HEALPix": [4, 3, 2]}.get(dggrs, [2, 1])
    both = create(tmp_path / "both.zarr", *options, f"PYRAMID={','.join(map(str, levels))}")
    one = create(tmp_path / "one.zarr", *options)
    assert build(one, "AVERAGE", [2, 4, 6]) == 0
    assert sorted(root(one).GetGroupNames()) == sorted(map(str, levels))
    for name in map(str, levels):
        mine, theirs = root(one).OpenGroup(name), root(both).OpenGroup(name)
        np.testing.assert_array_equal(values(mine, "egm96_15"), values(theirs, "egm96_15"))
        assert attributes(mine.OpenMDArray("egm96_15")) == attributes(theirs.OpenMDArray("egm96_15"))
        assert attributes(mine) == attributes(theirs)
        assert dict(mine.GetStructuralInfo()) == dict(theirs.GetStructuralInfo())


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("consolidated", [False, True])
def test_a_sparse_cube_in_any_order_with_zones_first_keeps_its_dimensions_and_coordinates(zarr_format, consolidated, tmp_path):
    path, level = str(tmp_path / "s.zarr"), 4
    ring = np.random.default_rng(1).permutation(12 * 4**level)[:1500].astype("u8")
    month = np.array([10, 20, 30], "i4")
    u = ring[:, None] * 10.0 + np.arange(3)
    u[ring % 7 == 0, 1] = np.nan
    packed = (ring % 1000).astype("i2")
    stores.write(
        path,
        {
            "cell_ids": stores.Array(ring, ["zones"], stores.xdggs_ids(level, "ring")),
            "month": stores.Array(month, ["month"], {"units": "months since 2000-01-01"}),
            "u": stores.Array(u, ["zones", "month"], {"units": "m s-1"}, chunks=(100, 2), fill="NaN"),
            "p": stores.Array(packed, ["zones"], {"scale_factor": 0.5, "add_offset": 7.0, "_FillValue": -1}, fill=-1),
            "name": stores.Array(np.array([5], "u1"), ["other"]),
        },
        zarr_format=zarr_format,
        consolidated=consolidated,
    )
    before = files(path)
    with messages() as seen:
        assert build(path, "AVERAGE", [2, 4]) == 0
    assert failures(seen) == []
    kept(before, files(path))
    assert judges.reread("zarr", path, tmp_path / "found.npz")["/"]["consolidated"] == consolidated
    found = np.load(tmp_path / "found.npz")
    centres = grid(f"HEALPix/{level}", "INDEXING=ring")
    parents = values(grid(f"HEALPix/{level}", "INDEXING=ring", "COMPUTED=PARENT"), "parent")[ring.astype("i8")]
    assert values(centres, "zone_id")[5] == 5
    ids = found["3__cell_ids"]
    np.testing.assert_array_equal(ids, np.unique(parents))
    place = np.searchsorted(ids, parents)
    got = np.moveaxis(found["3__u"], -1, 0)
    assert found["3__u"].shape == (3, len(ids))
    for step in range(3):
        ok = np.isfinite(u[:, step])
        with np.errstate(invalid="ignore"):
            mean = np.bincount(place[ok], u[ok, step], len(ids)) / np.bincount(place[ok], minlength=len(ids))
        np.testing.assert_allclose(got[:, step], mean, rtol=1e-12)
    np.testing.assert_array_equal(found["3__month"], month)
    assert "3__name" not in found.files
    coarse = root(path).OpenGroup("2")
    assert (coarse.OpenMDArray("p").GetScale(), coarse.OpenMDArray("p").GetOffset()) == (0.5, 7.0)
    assert coarse.OpenMDArray("p").GetNoDataValueAsDouble() == -1
    assert coarse.OpenMDArray("u").GetUnit() == "m s-1" and shape(coarse.OpenMDArray("u"))[0] == 3
    # The raster of the finest level draws its overviews from these.
    dataset = gdal.Open(f'DGGS:"{path}":/u')
    overview = dataset.GetRasterBand(1).ReadAsArray(buf_xsize=24, buf_ysize=12)
    inside = np.isfinite(overview)
    assert inside.sum() > 20 and np.isin(overview[inside], found["2__u"][0]).all()


def test_one_array_gets_levels_and_another_joins_them(tmp_path):
    path = str(tmp_path / "two.zarr")
    n = 12 * 4**4
    ids = stores.Array(np.arange(n, dtype="u8"), ["cells"], stores.xdggs_ids(4))
    a, b = np.arange(n, dtype="f8"), np.arange(n, dtype="f8")[::-1].copy()
    stores.write(path, {"x/cell_ids": ids, "x/a": stores.Array(a, ["cells"]), "x/b": stores.Array(b, ["cells"])})
    dataset = gdal.OpenEx(f'DGGS:"{path}":/x/a', gdal.OF_RASTER | gdal.OF_UPDATE)
    band = dataset.GetRasterBand(1)
    window = dict(buf_xsize=24, buf_ysize=12)
    assert not np.isin(band.ReadAsArray(**window), a.reshape(-1, 16).mean(1)).all()
    assert dataset.BuildOverviews("AVERAGE", [2, 4]) == 0
    # The open dataset shows them at once.
    assert np.isin(band.ReadAsArray(**window), a.reshape(-1, 16).mean(1)).all()
    assert root(path).OpenGroup("x").OpenGroup("3").GetMDArrayNames().count("b") == 0
    # From the store's root: a is there already.
    with messages() as seen:
        assert build(path, "AVERAGE", [4]) != 0
    assert "/x/2/a" in failures(seen)[0] and "-clean" in failures(seen)[0]
    assert build(f'DGGS:"{path}":/x/b', "MAX", [4, 8]) == 0
    x = root(path).OpenGroup("x")
    np.testing.assert_array_equal(values(x.OpenGroup("2"), "b"), b.reshape(-1, 16).max(1))
    np.testing.assert_array_equal(values(x.OpenGroup("2"), "a"), a.reshape(-1, 16).mean(1))
    np.testing.assert_array_equal(values(x.OpenGroup("1"), "b"), b.reshape(-1, 64).max(1))
    layout = json.loads(Path(f"{path}/x/zarr.json").read_text())["attributes"]["multiscales"]["layout"]
    assert [entry["asset"] for entry in layout] == [".", "3", "2", "1"]
    assert layout[-1]["resampling_method"] == "max" and "resampling_method" not in layout[1]
    # Removing those of one array leaves the other's.
    assert build(f'DGGS:"{path}":/x/a', "NONE", []) == 0
    x = root(path).OpenGroup("x")
    assert "b" in x.OpenGroup("2").GetMDArrayNames() and "a" not in x.OpenGroup("2").GetMDArrayNames()
    assert sorted(x.GetGroupNames()) == ["1", "2"] and "a" in x.GetMDArrayNames()
    if VERSION >= 313:
        assert x.OpenMDArray("b").GetOverviewCount() == 2


def test_processes_that_add_levels_to_one_store_take_turns(tmp_path):
    path, n, names = str(tmp_path / "turns.zarr"), 12 * 4**6, "abcd"
    arrays = {"cell_ids": stores.Array(np.arange(n, dtype="u8"), ["cells"], stores.xdggs_ids(6))}
    arrays |= {name: stores.Array(np.arange(n) * (k + 1.0), ["cells"], chunks=[64]) for k, name in enumerate(names)}
    stores.write(path, arrays, consolidated=True)
    jobs = [subprocess.Popen(["gdaladdo", "-q", "-r", "max", f'DGGS:"{path}":/{name}', "2", "4"]) for name in names]
    assert [job.wait() for job in jobs] == [0] * 4
    for k, name in enumerate(names):
        fine = arrays[name].values
        for level, several in [("5", 4), ("4", 16)]:
            np.testing.assert_array_equal(values(root(path).OpenGroup(level), name), fine.reshape(-1, several).max(1))
    assert not any("dggs_" in name for name in files(path))


def test_levels_of_a_pyramid_of_groups_go_beside_the_others(tmp_path):
    path = create(tmp_path / "p.zarr", "DGGRS=HEALPix", "LEVEL=5", "PYRAMID=4", "RESAMPLING=AVERAGE")
    before = files(path)
    assert build(path, "AVERAGE", [4, 8]) == 0
    kept(before, files(path))
    cube = root(path)
    assert set(cube.GetGroupNames()) == {"5", "4", "3", "2"}
    four = values(cube.OpenGroup("4"), "egm96_15").astype("f8").reshape(-1, 4)
    np.testing.assert_allclose(values(cube.OpenGroup("3"), "egm96_15"), four.mean(1), rtol=2e-6)
    assert build(path, "NONE", []) == 0
    assert root(path).GetGroupNames() == ["5"]


def test_a_cube_of_the_data_spec_keeps_its_levels_in_its_group(tmp_path):
    path = create(tmp_path / "s.zarr", "DGGRS=ISEA4H", "LEVEL=4", "CONVENTION=DGGS_SPEC", "RESAMPLING=AVERAGE")
    before = files(path)
    assert build(path, "AVERAGE", [2]) == 0 and build(path, "AVERAGE", [4]) == 0
    assert root(path).GetGroupNames() is None or root(path).GetGroupNames() == []
    raw = judges.reread("zarr", path, tmp_path / "found.npz")
    assert [raw[f"egm96_15_{level}"]["shape"] for level in (3, 2)] == [[642], [162]]
    assert raw["egm96_15_2"]["attributes"]["grid"]["resolutions"][0]["resolution"] == 2
    assert raw["/"]["attributes"]["resampling_method"] == "average"
    dataset = gdal.Open(path)
    assert dataset.RasterCount == 1 and len(dataset.GetSubDatasets()) == 3
    small = dataset.ReadAsArray(buf_xsize=16, buf_ysize=8)
    assert np.isin(small, np.load(tmp_path / "found.npz")["egm96_15_2"]).all()
    assert build(path, "NONE", []) == 0 and files(path) == before


@pytest.mark.parametrize("zarr_format", FORMATS)
def test_what_fails_or_is_stopped_leaves_the_store_as_it_was(zarr_format, tmp_path):
    path = create(tmp_path / "f.zarr", "DGGRS=HEALPix", "LEVEL=6", f"FORMAT={zarr_format}", "CHUNK_LEVEL=2")
    before = files(path)
    told = []
    with messages() as seen:
        assert build(path, "AVERAGE", [2, 4], callback=lambda done, *_: told.append(done) or (0 if done > 0.5 else 1)) != 0
    assert any("stopped" in text for text in failures(seen)) and told == sorted(told) and told[-1] < 1
    assert files(path) == before
    # A folder that is nobody's level is in the way of the second one.
    os.mkdir(f"{path}/4")
    Path(f"{path}/4/mine.txt").write_text("mine")
    with messages() as seen:
        assert build(path, "AVERAGE", [2, 4]) != 0
    assert "/4" in failures(seen)[0] and "delete it first" in failures(seen)[0]
    assert files(path) == dict(before, **{"4/mine.txt": b"mine"})
    shutil.rmtree(f"{path}/4")
    assert build(path, "AVERAGE", [2, 4]) == 0


def test_kill_at_any_moment_leaves_what_was_readable(tmp_path):
    path = create(tmp_path / "k.zarr", "DGGRS=HEALPix", "LEVEL=8", "CHUNK_LEVEL=3", "SHARD_LEVEL=3", "RESAMPLING=AVERAGE")
    before = files(path)
    expected = values(root(path), "egm96_15")
    start = time.monotonic()
    assert gdaladdo("-r", "average", path, 2, 4, 8).returncode == 0
    whole, took = files(path), time.monotonic() - start
    assert gdaladdo("-clean", path).returncode == 0 and files(path) == before
    moments = random.Random(7)
    seen = set()
    for _ in range(8):
        job = subprocess.Popen(["gdaladdo", "-q", "-r", "average", path, "2", "4", "8"], stdin=subprocess.DEVNULL)
        time.sleep(moments.uniform(0.3, 1.02) * took)
        job.send_signal(signal.SIGKILL)
        job.wait()
        after = files(path)
        kept(before, after)
        # Whoever reads the consolidated metadata sees all levels or none.
        known = {name for name in json.loads(after["zarr.json"])["consolidated_metadata"]["metadata"] if "/" not in name}
        assert known in ({"cell_ids", "egm96_15"}, {"cell_ids", "egm96_15", "7", "6", "5"})
        assert (after["zarr.json"] == before["zarr.json"]) == (len(known) == 2)
        seen.add(len(known))
        np.testing.assert_array_equal(values(root(path), "egm96_15"), expected)
        if len(known) == 5:
            assert gdaladdo("-clean", path).returncode == 0
            assert files(path) == before
    assert 2 in seen
    # The next job finds what was left behind, and does not mind.
    assert gdaladdo("-r", "average", path, 2, 4, 8).returncode == 0
    assert files(path) == whole
    judges.reread("zarr", path, tmp_path / "found.npz")
    np.testing.assert_array_equal(np.load(tmp_path / "found.npz")["egm96_15"], expected)


def test_a_container_gets_levels_of_all_its_arrays_and_text_is_left_out_with_a_warning(tmp_path):
    path = str(tmp_path / "c.zarr")
    n = 12 * 4**3
    ids = stores.Array(np.arange(n, dtype="u8"), ["cells"], stores.xdggs_ids(3))
    a, b = np.arange(n, dtype="f4"), np.arange(n, dtype="i4")
    stores.write(path, {"cell_ids": ids, "a": stores.Array(a, ["cells"]), "b": stores.Array(b, ["cells"], fill=-1)})
    done = gdaladdo("-r", "max", path, 2)
    assert done.returncode == 0, done
    level = root(path).OpenGroup("2")
    np.testing.assert_array_equal(values(level, "a"), a.reshape(-1, 4).max(1))
    np.testing.assert_array_equal(values(level, "b"), b.reshape(-1, 4).max(1))
    told = json.loads(subprocess.run(["gdalmdiminfo", path], capture_output=True, text=True).stdout)
    assert set(told["groups"]) == {"2"} and set(told["groups"]["2"]["arrays"]) >= {"a", "b"}


def refused(name, method="AVERAGE", factors=(2,), **how):
    with messages() as seen:
        dataset = gdal.OpenEx(str(name), gdal.OF_RASTER | gdal.OF_UPDATE, **how)
        if dataset is not None:
            assert dataset.BuildOverviews(method, list(factors)) != 0
    (text,) = failures(seen)
    return text


def test_what_cannot_be_built_is_an_error_that_says_what_to_do(tmp_path):
    path = str(tmp_path / "e.zarr")
    stores.healpix(path, 3)
    before = files(path)
    for method, factors, words in [
        ("AVERAGE", [1], ["factor 1", "2, 4, 8"]),
        ("AVERAGE", [2, 16], ["factor 16", "HEALPix", "factors up to 8"]),
        ("CUBIC", [2], ["CUBIC", "AVERAGE"]),
        ("GAUSS", [2], ["GAUSS", "NEAREST"]),
    ]:
        text = refused(path, method, factors)
        assert all(word in text for word in [path, *words]), text
    assert "ZONES" in refused(path, open_options=["ZONES=1,2"])
    text = refused(path, open_options=["DGGRS=HEALPix", "LEVEL=3", "INDEXING=ring"])
    assert "DGGRS" in text or "LEVEL" in text, text
    with messages() as seen:
        dataset = gdal.OpenEx(path, gdal.OF_RASTER | gdal.OF_UPDATE)
        assert dataset.GetRasterBand(1).WriteRaster(0, 0, 1, 1, b"\0" * 8) != 0
        assert dataset.SetGeoTransform([0, 1, 0, 0, 0, -1]) != 0
        assert dataset.GetRasterBand(1).SetNoDataValue(3) != 0
        assert gdal.OpenEx(path, gdal.OF_RASTER).BuildOverviews("AVERAGE", [2]) != 0
        assert gdal.OpenEx(path, gdal.OF_RASTER | gdal.OF_VECTOR | gdal.OF_UPDATE) is None
        assert gdal.OpenEx("DGGS:HEALPix/3:/zone_id", gdal.OF_RASTER | gdal.OF_UPDATE) is None
    assert len(failures(seen)) == 6 and "-ro" in failures(seen)[3] and all("only" in text for text in failures(seen)[:5])
    assert gdaladdo("-ro", path, 2).returncode != 0
    assert gdaladdo("-b", 1, path, 2).returncode != 0
    # easy.gems is read, not written.
    n = 12 * 4**3
    gems = str(tmp_path / "gems.zarr")
    crs = {"grid_mapping_name": "healpix", "healpix_nside": 8, "healpix_order": "nest"}
    data = stores.Array(np.arange(n, dtype="f4"), ["cell"], {"grid_mapping": "crs"})
    stores.write(gems, {"crs": stores.Array(np.zeros(1, "i4"), ["crs"], crs), "t": data}, zarr_format=2)
    text = refused(gems)
    assert "EASYGEMS" in text and "CONVENTION" in text, text
    assert files(path) == before


@pytest.mark.skipif(VERSION < 313, reason="arrays have BuildOverviews() from GDAL 3.13 on")
def test_an_array_builds_its_own_overviews_in_a_store_that_is_open(tmp_path):
    path = str(tmp_path / "m.zarr")
    ids, u = stores.healpix(path, 4)
    dataset = gdal.OpenEx(path, gdal.OF_MULTIDIM_RASTER | gdal.OF_UPDATE)
    array = dataset.GetRootGroup().OpenMDArray("u")
    array.SetUnit("K")
    assert array.GetOverviewCount() == 0
    assert array.BuildOverviews("AVERAGE", [2, 4]) == gdal.CE_None
    assert [array.GetOverview(k).GetFullName() for k in range(array.GetOverviewCount())] == ["/3/u", "/2/u"]
    np.testing.assert_allclose(array.GetOverview(0).ReadAsArray(), u.reshape(2, -1, 4).mean(2))
    assert array.GetOverview(1).GetUnit() == "K"
    # What is changed afterwards does not bring old metadata back.
    array.SetUnit("m")
    del array
    dataset.Close()
    assert sorted(root(path).GetGroupNames()) == ["2", "3"] and root(path).OpenMDArray("u").GetUnit() == "m"
    dataset = gdal.OpenEx(path, gdal.OF_MULTIDIM_RASTER | gdal.OF_UPDATE)
    array = dataset.GetRootGroup().OpenMDArray("u")
    assert array.BuildOverviews("NONE", []) == gdal.CE_None and array.GetOverviewCount() == 0
    with messages() as seen:
        reading = gdal.OpenEx(path, gdal.OF_MULTIDIM_RASTER)
        assert reading.GetRootGroup().OpenMDArray("u").BuildOverviews("AVERAGE", [2]) != gdal.CE_None
    assert "update" in failures(seen)[0]


def test_gdaladdo_without_factors_chooses_them_and_twice_is_an_error(tmp_path):
    path = create(tmp_path / "a.zarr", "DGGRS=HEALPix", "LEVEL=7")
    done = gdaladdo("-r", "average", path)
    assert done.returncode == 0, done
    assert sorted(root(path).GetGroupNames()) == ["4", "5", "6"]
    again = gdaladdo("-r", "average", path)
    assert again.returncode != 0 and "-clean" in again.stderr
