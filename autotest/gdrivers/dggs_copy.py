"""Copies: `gdalmdimtranslate -of DGGS` keeps what a cube holds, tells it in any convention, and is there whole or not at all."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from osgeo import gdal
from support import judges, s3d, stores
from support.gdalio import VERSION, array, attributes, dims, failures, grid, identity, messages, open_cube, read, root, values


def copy(source, target, *options, progress=None, oo=()):
    """CreateCopy by our driver; `source` is a path or a dataset."""
    dataset = open_cube(source, *oo) if isinstance(source, (str, os.PathLike)) else source
    made = gdal.GetDriverByName("DGGS").CreateCopy(str(target), dataset, options=list(options), callback=progress)
    del made, dataset
    return str(target)


def digest(path):
    """Every file of a folder with its bytes."""
    found = {}
    for folder, _, names in os.walk(path):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                found[os.path.relpath(os.path.join(folder, name), path)] = file.read()
    return found


@pytest.fixture
def cube(exchange):
    path = str(exchange / "cube.dggs.zarr")
    stores.healpix(path, 3, chunks=(1, 256))
    return path


CONVENTIONS = ["AUTO", "XDGGS", "ZARR_DGGS", "ZARR_DGGS_C", "CF"]


@pytest.mark.parametrize("zarr_format", ["ZARR_V2", "ZARR_V3"])
def test_every_convention_says_the_same_to_us_to_xdggs_and_to_zarr_python(cube, exchange, zarr_format):
    paths = [copy(cube, exchange / f"{name}.dggs.zarr", f"CONVENTION={name}", f"FORMAT={zarr_format}") for name in CONVENTIONS]
    u, ids = values(root(cube), "u"), np.arange(768)
    for path in paths:
        group = root(path)
        np.testing.assert_array_equal(values(group, "u"), u)
        known = identity(group, array(group, "u"))
        assert (known["DGGRS"], known["REFINEMENT_LEVEL"], known["INDEXING_SCHEME"]) == ("HEALPix", "3", "nested")
        assert known["ELLIPSOID"] == "WGS84"
        assert array(group, "u").GetUnit() == "m s**-1"
        np.testing.assert_allclose(values(group, "lat"), values(root(cube), "lat"), rtol=0, atol=0)
    for name, told in zip(CONVENTIONS, judges.stores_told(*paths)):
        assert set(told["arrays"]) == {"u", "month", "cell_ids"} | ({"crs"} if name == "CF" else set()), name
        np.testing.assert_array_equal(told["arrays"]["cell_ids"]["head"], ids[:5])
        assert told["arrays"]["cell_ids"]["dtype"] == "uint64"
        readers = {"AUTO": ["xdggs"], "XDGGS": ["xdggs"], "ZARR_DGGS": ["zarr"]}.get(name, [])
        for reader in readers:
            answer = told["xdggs"][reader]
            assert answer.get("ids") == ids.tolist(), (name, reader, answer)
            assert answer["u"] == u.ravel().tolist()
            assert (answer["grid"]["level"], answer["grid"]["indexing_scheme"]) == (3, "nested")
            assert answer["grid"]["ellipsoid"]["semimajor_axis"] == 6378137.0
    assert told is not None


def test_a_copy_keeps_attributes_types_chunks_and_groups(exchange):
    source = str(exchange / "mixed.dggs.zarr")
    ids = np.array([5, 6, 9], "u8")
    arrays = {
        "cell_ids": stores.Array(ids, ["cells"], stores.xdggs_ids(3)),
        "month": stores.Array(np.arange(4, dtype="i4"), ["month"], {"units": "months"}),
        "u": stores.Array(np.arange(12, dtype="f4").reshape(4, 3), ["month", "cells"],
                          {"units": "K", "scale_factor": 0.5, "note": {"a": [1, 2]}}, chunks=(2, 3)),
        "flags": stores.Array(np.array([1, 2, 250], "u1"), ["cells"], {"flag_values": [1, 2, 250]}),
        "deep/v": stores.Array(np.arange(3, dtype="i2"), ["x"], {"b": "c"}),
    }
    stores.write(source, arrays, {"/": {"title": "t", "list": [1, 2.5]}, "deep": {"d": 1}})
    target = copy(source, exchange / "copy.dggs.zarr")
    before, after = root(source), root(target)
    assert attributes(after) == attributes(before)
    assert sorted(after.GetMDArrayNames()) == sorted(before.GetMDArrayNames())
    for name in ("month", "u", "flags", "cell_ids", "deep/v"):
        old, new = array(before, name), array(after, name)
        assert new.GetDataType() == old.GetDataType(), name
        assert (dims(new), new.GetBlockSize()) == (dims(old), old.GetBlockSize()), name
        assert (new.GetUnit(), new.GetScale()) == (old.GetUnit(), old.GetScale())
        kept = {k: v for k, v in attributes(new).items() if k != "_FillValue"}
        assert kept == attributes(old), name
        np.testing.assert_array_equal(read(new), read(old))
    assert array(after, "u").GetSpatialRef().IsSame(array(before, "u").GetSpatialRef())
    (told,) = judges.stores_told(target)
    assert set(told["arrays"]) == {"cell_ids", "month", "u", "flags"}
    assert told["arrays"]["u"]["attrs"]["_CRS"]["url"] == "http://www.opengis.net/def/crs/EPSG/0/4326"
    assert told["arrays"]["u"]["attrs"]["_CRS"]["projjson"]["type"] == "GeographicCRS"


def test_a_selection_becomes_a_sparse_cube_that_lists_its_zones(cube, exchange):
    chosen = values(grid("HEALPix/3", "BBOX=0,0,40,30"), "zone_id")
    assert 10 < len(chosen) < 100
    for number, options in enumerate([[], ["CONVENTION=AUTO"], ["CONVENTION=CF"], ["CONVENTION=ZARR_DGGS"]]):
        target = copy(cube, exchange / f"box{number}.dggs.zarr", *options, oo=["BBOX=0,0,40,30"])
        group = root(target)
        np.testing.assert_array_equal(values(group, "cell_ids"), chosen)
        np.testing.assert_array_equal(values(group, "u"), [chosen, chosen + 1000.0])
        assert identity(group, array(group, "u"))["ELLIPSOID"] == "WGS84"
    (told,) = judges.stores_told(exchange / "box1.dggs.zarr")
    assert told["xdggs"]["xdggs"]["ids"] == chosen.tolist()


def test_nothing_that_is_computed_is_stored(cube, exchange):
    target = copy(cube, exchange / "all.dggs.zarr", oo=["COMPUTED=ALL"])
    (told,) = judges.stores_told(target)
    assert set(told["arrays"]) == {"cell_ids", "month", "u"}
    # Nor after a detour through another format, which had them stored.
    detour = str(exchange / "detour.nc")
    gdal.MultiDimTranslate(detour, open_cube(cube, "COMPUTED=AREA,ZONE_TEXT"))
    back = copy(gdal.OpenEx(detour, gdal.OF_MULTIDIM_RASTER), exchange / "back.dggs.zarr")
    (told,) = judges.stores_told(back)
    assert set(told["arrays"]) - {"crs", "crs_wkt"} == {"cell_ids", "month", "u"}
    np.testing.assert_array_equal(values(root(back), "u"), values(root(cube), "u"))


@pytest.mark.parametrize("scheme", ["ring", "nuniq", "zuniq"])
def test_a_global_cube_is_put_into_the_order_of_its_new_ids(cube, exchange, scheme):
    target = copy(cube, exchange / f"{scheme}.dggs.zarr", f"INDEXING={scheme}")
    group = root(target)
    assert identity(group, array(group, "u"))["INDEXING_SCHEME"] == scheme
    ids = values(group, "cell_ids")
    assert (np.diff(ids.astype("i8")) > 0).all()
    assert scheme != "ring" or (ids == np.arange(768)).all()
    # Each zone has kept its value: the nested number, by its place.
    nested = values(grid("HEALPix/3"), "zone_id")
    place = {(x, y): n for x, y, n in zip(*(values(grid("HEALPix/3"), k).round(9) for k in ("lon", "lat")), nested)}
    lon, lat = (values(group, name).round(9) for name in ("lon", "lat"))
    expected = np.array([place[(x, y)] for x, y in zip(lon, lat)], "f8")
    np.testing.assert_array_equal(values(group, "u"), [expected, expected + 1000])
    again = copy(target, exchange / f"{scheme}_back.dggs.zarr", "INDEXING=nested")
    np.testing.assert_array_equal(values(root(again), "u"), values(root(cube), "u"))


def test_a_sparse_cube_is_sorted_by_its_new_ids(exchange):
    source = str(exchange / "sparse.dggs.zarr")
    ids = np.random.default_rng(1).permutation(768)[:200].astype("u8")
    stores.healpix(source, 3, ids=ids)
    target = copy(source, exchange / "ring.dggs.zarr", "INDEXING=ring")
    ring = values(root(target), "cell_ids")
    assert len(ring) == 200 and (np.diff(ring.astype("i8")) > 0).all()
    back = root(copy(target, exchange / "nested.dggs.zarr", "INDEXING=nested"))
    np.testing.assert_array_equal(values(back, "cell_ids"), np.sort(ids))
    np.testing.assert_array_equal(values(back, "u")[0], np.sort(ids).astype("f8"))
    # Without a new scheme the order stays.
    same = root(copy(source, exchange / "same.dggs.zarr", "CONVENTION=AUTO"))
    np.testing.assert_array_equal(values(same, "cell_ids"), ids)


@pytest.mark.parametrize("memory", ["1MB", "512MB"])
def test_reordering_is_right_in_any_memory(exchange, memory):
    source = str(exchange / "large.dggs.zarr")
    stores.healpix(source, 6, steps=5, chunks=(2, 4096))
    ring = copy(source, exchange / "ring.dggs.zarr", "INDEXING=ring", f"MAX_MEMORY={memory}")
    back = copy(ring, exchange / "back.dggs.zarr", "INDEXING=nested", f"MAX_MEMORY={memory}")
    assert not np.array_equal(values(root(ring), "u"), values(root(source), "u"))
    np.testing.assert_array_equal(values(root(back), "u"), values(root(source), "u"))


def test_gdals_own_drivers_and_vrts_are_sources_too(cube, exchange):
    expected = values(root(cube), "u")
    v2 = copy(cube, exchange / "v2.dggs.zarr", "FORMAT=ZARR_V2", "COMPRESS=GZIP")
    zarr = gdal.OpenEx(v2, gdal.OF_MULTIDIM_RASTER, allowed_drivers=["Zarr"])
    assert zarr is not None
    by_zarr = root(copy(zarr, exchange / "by_zarr.dggs.zarr"))
    np.testing.assert_array_equal(values(by_zarr, "u"), expected)
    assert identity(by_zarr, array(by_zarr, "u"))["ELLIPSOID"] == "WGS84"
    run = subprocess.run(
        ["gdalmdimtranslate", "-q", "-of", "DGGS", "-array", "u", "-subset", "month(1)", cube,
         str(exchange / "by_vrt.dggs.zarr")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
    assert run.returncode == 0 and run.stderr == "", run.stderr
    by_vrt = root(exchange / "by_vrt.dggs.zarr")
    np.testing.assert_array_equal(values(by_vrt, "u"), expected[1])
    assert identity(by_vrt, array(by_vrt, "u"))["REFINEMENT_LEVEL"] == "3"


def test_a_store_without_metadata_becomes_one_with(exchange):
    plain = str(exchange / "plain.zarr")
    stores.write(plain, {"u": stores.Array(np.arange(768.0), ["cells"])})
    source = open_cube(plain, "DGGRS=HEALPix", "LEVEL=3", "ELLIPSOID=sphere")
    group = root(copy(source, exchange / "told.dggs.zarr"))
    np.testing.assert_array_equal(values(group, "u"), np.arange(768.0))
    assert identity(group, array(group, "u"))["ELLIPSOID"] == "sphere"
    (told,) = judges.stores_told(exchange / "told.dggs.zarr")
    assert told["xdggs"]["xdggs"]["grid"]["level"] == 3


@pytest.mark.parametrize("dggrs, level", [("ISEA4H", 3), ("ISEA3H", 3), ("ISEA4T", 2), ("ISEA4D", 3), ("ISEA7H", 2)])
def test_the_data_spec_and_dggs_jl_hold_every_zone_at_its_address(exchange, dggrs, level):
    plain = str(exchange / "plain.zarr")
    lon = values(grid(f"{dggrs}/{level}"), "lon")
    stores.write(plain, {"u": stores.Array(lon, ["cells"])})
    source = lambda: open_cube(plain, f"DGGRS={dggrs}", f"LEVEL={level}")  # noqa: E731
    wanted = [["CONVENTION=DGGS_SPEC"], ["CONVENTION=DGGS_SPEC", "INDEXING=Q2DI"], ["CONVENTION=XDGGS", "INDEXING=Q2DI"]]
    wanted += [["CONVENTION=DGGS_JL"]] if dggrs in ("ISEA4H", "ISEA4D") else []
    for number, options in enumerate(wanted):
        target = copy(source(), exchange / f"{number}.dggs.zarr", *options)
        group = root(target)
        known = identity(group, array(group, "u"))
        assert (known["DGGRS"], known["REFINEMENT_LEVEL"]) == (dggrs, str(level))
        held, centre = values(group, "u"), values(group, "lon")
        placed = ~np.isnan(centre)
        assert placed.sum() == len(lon)
        np.testing.assert_allclose(held[placed], centre[placed], rtol=0, atol=1e-9)
        back = root(copy(target, exchange / f"{number}_back.dggs.zarr", "CONVENTION=XDGGS", "INDEXING=SEQNUM"))
        np.testing.assert_array_equal(values(back, "u"), lon)


def test_what_a_convention_cannot_tell_is_refused_and_nothing_is_left(cube, exchange):
    target = exchange / "no.dggs.zarr"
    for options, words in [
        (["CONVENTION=DGGS_JL"], ["DGGS.jl", "XDGGS"]),
        (["CONVENTION=NOTHING"], ["CONVENTION", "XDGGS"]),
        (["INDEXING=Z7"], ["Z7", "nested"]),
        (["DGGRS=HEALPix", "LEVEL=4"], ["LEVEL=4", "level 3"]),
        (["DGGRS=HEALPix", "LEVEL=3", "ELLIPSOID=sphere"], ["WGS84", "another grid"]),
        (["PYRAMID=YES"], ["PYRAMID", "gdaladdo"]),
    ]:
        with messages() as seen:
            made = gdal.GetDriverByName("DGGS").CreateCopy(str(target), open_cube(cube), options=options)
        assert made is None, options
        (error,) = failures(seen)
        assert all(word in error for word in words), error
        assert not target.exists() and not os.path.exists(f"{target}.partial")


def test_real_stores_are_copied_and_equal(exchange):
    for name in ["xdggs/healpix6_global_xdggs_v2.zarr", "xdggs/healpix7_europe_xdggs_v3.zarr", "xdggs/h3r3_global_zarr_v3.zarr"]:
        source = judges.shared(f"data/{name}")
        kept = copy(str(source), exchange / ("kept_" + source.name))
        told = copy(str(source), exchange / ("told_" + source.name), "CONVENTION=AUTO")
        before, after, auto = judges.stores_told(source, kept, told)
        for one in (after, auto):
            assert set(one["arrays"]) == set(before["arrays"])
            for array_name, expected in before["arrays"].items():
                got = one["arrays"][array_name]
                assert (got["digest"], got["dtype"]) == (expected["digest"], expected["dtype"]), (name, array_name)
        by = [reader for reader, answer in before["xdggs"].items() if "ids" in answer]
        assert by, before["xdggs"]
        for reader in by:
            assert after["xdggs"][reader] == before["xdggs"][reader], (name, reader)
        assert auto["xdggs"]["xdggs"]["ids"] == before["xdggs"][by[0]]["ids"]


def test_the_pilot_store_is_copied_as_it_is_and_in_other_words(exchange):
    source = str(judges.shared("data/pilot/example.dggs.zarr"))
    with messages():
        kept = root(copy(source, exchange / "kept.dggs.zarr"))
        told = root(copy(source, exchange / "told.dggs.zarr", "CONVENTION=XDGGS", "INDEXING=SEQNUM"))
        before = root(source)
    np.testing.assert_array_equal(values(kept, "cell_cube"), values(before, "cell_cube"))
    assert dims(array(kept, "cell_cube")) == dims(array(before, "cell_cube"))
    held = values(before, "cell_cube").reshape(10, -1)
    zone = values(before, "zone_id").ravel()
    by_zone = held[:, zone != 2**64 - 1]
    assert values(told, "cell_cube").shape == by_zone.shape == (10, 642)
    np.testing.assert_array_equal(np.sort(values(told, "cell_cube"), axis=None), np.sort(by_zone, axis=None))
    centre = dict(zip(zip(values(told, "lon").round(9), values(told, "lat").round(9)), values(told, "cell_cube")[0]))
    lon, lat = (values(before, name).ravel().round(9) for name in ("lon", "lat"))
    for x, y, value in zip(lon, lat, held[0]):
        assert np.isnan(x) or centre[(x, y)] == value


def test_dggs_jl_s_pyramid_is_copied_level_by_level(exchange):
    source = judges.shared("data/bluemarble/blue-marble.dggs.zarr")
    small = exchange / "marble.dggs.zarr"
    shutil.copytree(source, small, ignore=shutil.ignore_patterns("dggs_s[5-8]"))
    for path in [small, *small.rglob("*")]:
        path.chmod(0o755)
    before, after = root(small), root(copy(str(small), exchange / "copy.dggs.zarr"))
    ring = root(copy(str(small), exchange / "list.dggs.zarr", "CONVENTION=XDGGS"))
    for level in range(1, 5):
        expected = values(before, f"dggs_s{level}/Red")
        np.testing.assert_array_equal(values(after, f"dggs_s{level}/Red"), expected)
        assert np.sort(values(ring, f"dggs_s{level}/Red")).tolist() == np.sort(expected.ravel()).tolist()


def test_progress_is_told_and_stopping_leaves_nothing(cube, exchange):
    seen = []
    copy(cube, exchange / "told.dggs.zarr", progress=lambda done, *_: seen.append(done) or 1)
    assert seen == sorted(seen) and seen[0] == 0 and seen[-1] == 1
    target = exchange / "stopped.dggs.zarr"
    with messages() as said:
        made = gdal.GetDriverByName("DGGS").CreateCopy(str(target), open_cube(cube), callback=lambda done, *_: done < 0.3)
    assert made is None and "stopped" in failures(said)[0]
    assert sorted(os.listdir(exchange)) == ["cube.dggs.zarr", "told.dggs.zarr"]


def test_a_stopped_copy_continues(exchange):
    source = str(exchange / "source.dggs.zarr")
    stores.healpix(source, 5, steps=8, chunks=(1, 4096))
    target = exchange / "target.dggs.zarr"
    options = ["RESUME=YES", "MAX_MEMORY=1MB"]
    with messages() as said:
        made = gdal.GetDriverByName("DGGS").CreateCopy(
            str(target), open_cube(source), options=options, callback=lambda done, *_: done < 0.5)  # fmt: skip
    assert made is None and failures(said)
    assert not target.exists() and os.path.isdir(f"{target}.partial")
    chunks = {name: content for name, content in digest(f"{target}.partial").items() if name.startswith("u/c")}
    assert 2 <= len(chunks) < 24
    before = {name: os.stat(f"{target}.partial/{name}").st_mtime_ns for name in chunks}
    with messages() as said:  # another job does not continue it
        copy(source, target, *options)
    assert not failures(said)
    kept = sum(os.stat(f"{target}/{name}").st_mtime_ns == when for name, when in before.items())
    assert kept >= len(chunks) - 2
    np.testing.assert_array_equal(values(root(target), "u"), values(root(source), "u"))
    assert not os.path.exists(f"{target}.partial") and not [n for n in digest(target) if "journal" in n]


def test_a_target_is_replaced_only_by_a_complete_copy(cube, exchange):
    other = str(exchange / "other.dggs.zarr")
    stores.healpix(other, 2)
    target = copy(cube, exchange / "target.dggs.zarr")
    before = digest(target)
    driver = gdal.GetDriverByName("DGGS")
    if VERSION < 313:  # GDAL 3.13 deletes the target before the driver is asked
        with messages() as said:
            assert driver.CreateCopy(target, open_cube(other), callback=lambda done, *_: done < 0.3) is None
        assert failures(said) and digest(target) == before
    copy(other, target)
    assert values(root(target), "cell_ids").size == 192
    assert sorted(os.listdir(exchange)) == ["cube.dggs.zarr", "other.dggs.zarr", "target.dggs.zarr"]


def test_folders_that_are_no_stores_and_prefixed_names_are_no_targets(cube, exchange):
    folder = exchange / "letters"
    folder.mkdir()
    (folder / "dear.txt").write_text("diary")
    driver = gdal.GetDriverByName("DGGS")
    for target, words in [(str(folder), "no Zarr store"), (f"DGGS:{exchange}/x.zarr", "DGGS:"), (f"{cube}/zarr.json", "file")]:
        with messages() as said:
            assert driver.CreateCopy(target, open_cube(cube)) is None
        assert words in failures(said)[0], said
    assert (folder / "dear.txt").read_text() == "diary" and os.listdir(folder) == ["dear.txt"]
    empty = exchange / "empty"
    empty.mkdir()
    copy(cube, empty)
    assert (empty / "zarr.json").exists()


def test_stores_are_deleted_renamed_and_copied_whole(cube, exchange):
    driver = gdal.GetDriverByName("DGGS")
    with messages() as said:
        assert driver.Delete(f'DGGS:"{cube}"') != gdal.CE_None
    assert "DGGS:" in failures(said)[0] and os.path.exists(cube)
    second, third = str(exchange / "second.dggs.zarr"), str(exchange / "third.dggs.zarr")
    assert driver.CopyFiles(second, cube) == gdal.CE_None
    assert digest(second) == digest(cube)
    assert driver.Rename(third, second) == gdal.CE_None
    assert not os.path.exists(second) and digest(third) == digest(cube)
    with messages() as said:
        assert driver.Rename(cube, third) != gdal.CE_None
    assert "already" in failures(said)[0]
    assert driver.Delete(third) == gdal.CE_None and not os.path.exists(third)
    (exchange / "letters").mkdir()
    (exchange / "letters" / "dear.txt").write_text("diary")
    with messages() as said:
        assert driver.Delete(str(exchange / "letters")) != gdal.CE_None
    assert failures(said) and (exchange / "letters" / "dear.txt").exists()


KILLED = """
import sys
from osgeo import gdal
gdal.UseExceptions()
source = gdal.OpenEx(sys.argv[1], gdal.OF_MULTIDIM_RASTER)
print("ready", flush=True)
gdal.GetDriverByName("DGGS").CreateCopy(sys.argv[2], source, options=["COMPRESS_LEVEL=9"])
print("done", flush=True)
"""


def test_kill_9_at_any_moment_leaves_the_old_or_the_new(exchange):
    old, new = str(exchange / "old.dggs.zarr"), str(exchange / "new.dggs.zarr")
    stores.healpix(old, 2, steps=1)
    stores.healpix(new, 6, steps=6, chunks=(1, 2048))
    target = str(exchange / "target.dggs.zarr")
    copy(old, target)
    expected = {192: values(root(old), "u"), 49152: values(root(new), "u")}
    chance, seen, duration = random.Random(7), set(), 0.3
    for attempt in range(50):
        run = subprocess.Popen([sys.executable, "-c", KILLED, new, target], stdout=subprocess.PIPE, text=True)
        assert run.stdout.readline() == "ready\n"
        began = time.monotonic()
        if attempt:
            time.sleep(chance.uniform(0, 1.1 * duration))
            run.send_signal(signal.SIGKILL)
        run.communicate()
        duration = duration if attempt else time.monotonic() - began
        if VERSION >= 313 and not os.path.exists(target):
            continue  # GDAL 3.13 deletes the target before the driver is asked
        held = values(root(target), "u")
        np.testing.assert_array_equal(held, expected[held.shape[1]])
        seen.add(held.shape[1])
        if held.shape[1] == 49152:
            copy(old, target)
    assert seen == {192, 49152}
    copy(new, target)
    assert not [name for name in os.listdir(exchange) if name.endswith(".partial")]


DELETED = """
import sys
from osgeo import gdal
gdal.UseExceptions()
print("ready", flush=True)
gdal.GetDriverByName("DGGS").Delete(sys.argv[1])
"""


def test_a_deletion_killed_at_any_moment_leaves_all_or_no_store(exchange):
    store, target = str(exchange / "store.dggs.zarr"), str(exchange / "target.dggs.zarr")
    stores.healpix(store, 5, steps=6, chunks=(1, 16))
    files = sum(len(names) for _, _, names in os.walk(store))
    chance, seen, duration = random.Random(3), set(), None
    for attempt in range(20):
        if not os.path.exists(target):
            shutil.copytree(store, target)
        run = subprocess.Popen([sys.executable, "-c", DELETED, target], stdout=subprocess.PIPE, text=True)
        assert run.stdout.readline() == "ready\n"
        began = time.monotonic()
        if duration:
            time.sleep(chance.uniform(0, duration))
            run.send_signal(signal.SIGKILL)
        run.communicate()
        duration = duration or time.monotonic() - began
        left = os.path.exists(target)
        assert not left or sum(len(names) for _, _, names in os.walk(target)) == files
        seen.add((left, run.returncode))
        for aside in exchange.glob("target.dggs.zarr.old-*"):
            with messages():
                assert (aside / "zarr.json").exists() or gdal.OpenEx(str(aside), gdal.OF_MULTIDIM_RASTER) is None
            shutil.rmtree(aside)
    assert (False, 0) in seen and (False, -signal.SIGKILL) in seen


MONTHS = """
import sys
import numpy as np
from osgeo import gdal
gdal.UseExceptions()
path, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
cube = gdal.OpenEx(path, gdal.OF_MULTIDIM_RASTER | gdal.OF_UPDATE)
u = cube.GetRootGroup().OpenMDArray("u")
for month in range(first, last):
    values = np.arange(768, dtype="f8") * (month + 1)
    assert u.Write(values.tobytes(), array_start_idx=[month, 0], count=[1, 768]) == gdal.CE_None
"""


def empty_year(exchange):
    """A cube of 12 months without values, one chunk a month."""
    path = str(exchange / "year.dggs.zarr")
    stores.healpix(path, 3, steps=12, chunks=(1, 768))
    shutil.rmtree(f"{path}/u/c")
    return path


def test_processes_write_disjoint_months_of_one_cube(exchange):
    path = empty_year(exchange)
    jobs = [subprocess.Popen([sys.executable, "-c", MONTHS, path, str(m), str(m + 3)]) for m in range(0, 12, 3)]
    assert [job.wait() for job in jobs] == [0, 0, 0, 0]
    np.testing.assert_array_equal(values(root(path), "u"), np.outer(np.arange(1, 13), np.arange(768)))


@pytest.mark.skipif(judges.in_another_root(), reason="Dask's workers are in another root than this GDAL")
def test_dask_s_distributed_scheduler_writes_through_workers(exchange):
    path, script = empty_year(exchange), exchange / "months.py"
    script.write_text(MONTHS)
    told = judges.dask_map(script, path, [(month, month + 3) for month in range(0, 12, 3)])
    if "absent" in told:
        pytest.skip(f"dask[distributed] is absent: {told['absent']}")
    assert told["workers"] == 2
    np.testing.assert_array_equal(values(root(path), "u"), np.outer(np.arange(1, 13), np.arange(768)))


def test_the_documents_of_a_detour_are_documents_again(exchange):
    source = str(exchange / "source.dggs.zarr")
    ids, _ = stores.healpix(source, 3, ids=[4, 5, 9])
    with open(f"{source}/zarr.json") as file:
        meta = json.load(file)
    meta["attributes"] = stores.zarr_dggs(3)
    stores.put(f"{source}/zarr.json", meta)
    detour = str(exchange / "detour.nc")
    gdal.MultiDimTranslate(detour, open_cube(source))
    back = copy(gdal.OpenEx(detour, gdal.OF_MULTIDIM_RASTER), exchange / "back.dggs.zarr")
    (told,) = judges.stores_told(back)
    assert told["attrs"]["dggs"]["ellipsoid"]["semi_major_axis"] == 6378137.0
    assert told["arrays"]["cell_ids"]["attrs"]["ellipsoid"]["semimajor_axis"] == 6378137.0
    assert told["xdggs"]["xdggs"]["ids"] == [4, 5, 9]


def test_a_copy_on_an_object_store_is_equal_and_never_takes_the_place_of_another(cube):
    target = "/vsis3/bucket/copy.dggs.zarr"
    with s3d.serving() as server, server.configured():
        copy(cube, target)
        np.testing.assert_array_equal(values(root(target), "u"), values(root(cube), "u"))
        if VERSION < 313:  # GDAL 3.13 deletes the target before it calls a driver
            with pytest.raises(RuntimeError, match="delete it first"):
                copy(cube, target)
            np.testing.assert_array_equal(values(root(target), "u"), values(root(cube), "u"))
        assert gdal.GetDriverByName("DGGS").Delete(target) == gdal.CE_None
        assert not server.objects


STOPPED = """
import sys
from osgeo import gdal
gdal.UseExceptions()
source = gdal.OpenEx(sys.argv[1], gdal.OF_MULTIDIM_RASTER)
gdal.GetDriverByName("DGGS").CreateCopy(sys.argv[2], source, options=sys.argv[3:])
"""


def copy_to(server, source, target, *options):
    """A process that copies to an object store."""
    command = [sys.executable, "-c", STOPPED, source, target, *options]
    return subprocess.Popen(command, env=os.environ | server.options(), stderr=subprocess.PIPE, text=True)


def opens(path):
    gdal.VSICurlClearCache()
    with messages():
        return gdal.OpenEx(path, gdal.OF_MULTIDIM_RASTER) is not None


@pytest.mark.parametrize("resume", ["NO", "YES"])
def test_a_copy_killed_at_any_put_to_an_object_store_begins_anew_or_is_resumed(exchange, resume):
    source, target = str(exchange / "source.dggs.zarr"), "/vsis3/bucket/copy.dggs.zarr"
    stores.healpix(source, 3, chunks=(1, 256))
    with s3d.serving() as server, server.configured():
        killed, puts, last = 0, 0, None
        while last != 0:
            # each time one PUT later; what is left behind stays for the next one
            run, count = copy_to(server, source, target, f"RESUME={resume}"), [0]

            def fails(command, key, run=run, count=count):
                count[0] += command == "PUT"
                if command == "PUT" and count[0] == killed + 1:
                    run.kill()
                    return True
                return False

            server.fails = fails
            said = run.communicate(timeout=60)[1]
            last = run.returncode
            assert last in (0, -signal.SIGKILL), said
            assert opens(target) == (last == 0)
            killed, puts = killed + 1, count[0]
        assert killed > puts > 5
        server.fails = lambda command, key: False
        np.testing.assert_array_equal(values(root(target), "u"), values(root(source), "u"))
        assert not [key for key in server.objects if "journal" in key]


def test_a_put_that_fails_during_a_copy_to_an_object_store_is_an_error_and_no_store(cube):
    target = "/vsis3/bucket/copy.dggs.zarr"
    with s3d.serving() as server, server.configured():
        failed, last = 0, None
        while last != 0:
            count = [0]

            def fails(command, key, count=count):
                count[0] += command == "PUT"
                return command == "PUT" and count[0] == failed + 1

            server.fails = fails
            run = copy_to(server, cube, target)
            said = run.communicate(timeout=60)[1]
            last = run.returncode
            assert (last == 0) == (count[0] <= failed) and (last == 0 or "copy.dggs.zarr" in said), said
            assert opens(target) == (last == 0)
            assert last == 0 or not server.objects, "what was made is removed"
            failed += 1
        assert failed > 5
        np.testing.assert_array_equal(values(root(target), "u"), values(root(cube), "u"))
