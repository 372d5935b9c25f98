"""Writing a store through GDAL: what is written is read, by whomever; and what fails leaves what was there.

Judges: zarr-python (tests/reference/judge_store.py in build/venv), GDAL's own Zarr driver (V2), the kernel (a full disk,
a read-only one, SIGKILL), and a server that answers 500.
"""

import contextlib
import json
import os
import random
import subprocess
import sys
import time

import numpy as np
import pytest
from osgeo import gdal
from support import disk, judges, s3d, writer
from support.gdalio import VERSION, array, failures, messages, root

WRITER = judges.AUTOTEST / "support" / "writer.py"
FORMATS = ["ZARR_V2", "ZARR_V3"]
LEVEL = 4
ZONES = 12 * 4**LEVEL
# Chunks of one month and of all; shards of all.
LAYOUTS = {
    "v2": ("ZARR_V2", ["BLOCKSIZE=1,768"]),
    "v2 deep": ("ZARR_V2", ["BLOCKSIZE=12,256"]),
    "v3": ("ZARR_V3", ["BLOCKSIZE=1,768"]),
    "v3 shards": ("ZARR_V3", ["BLOCKSIZE=4,256", "SHARDSIZE=12,1024"]),
}


def run(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", WRITER, *map(str, arguments)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options,
    )  # fmt: skip


def close(cube):
    """Closes a dataset and answers what was reported; older versions of GDAL only report when they flush."""
    with messages() as seen:
        cube.FlushCache()
        if hasattr(cube, "Close"):
            cube.Close()
    return failures(seen)


def new_cube(path, layout, months=12):
    kind, array_options = LAYOUTS[layout]
    cube, u = writer.create(path, LEVEL, months, f"FORMAT={kind}", array_options=array_options)
    for number in range(months):
        writer.month(u, number, 100 * number)
    del u
    assert close(cube) == []


def expected(months=12):
    return (100 * np.arange(months)[:, None] + np.arange(ZONES) % 97).astype("f4")


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def zarr_python(path):
    return json.loads(judges._run(judges.ROOT / "tests" / "reference" / "judge_store.py", path))[str(path)]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_windows_of_any_step_and_stride_equal_an_array_in_memory(tmp_path, layout):
    path = tmp_path / "cube.zarr"
    new_cube(path, layout)
    model = expected()
    chance = random.Random(7)
    cube = writer.update(path)
    u = cube.GetRootGroup().OpenMDArray("u")
    for _ in range(40):
        along = []
        for extent in model.shape:
            start, step = chance.randrange(extent), chance.choice([1, 1, -1, 2, -3, 7])
            room = (extent - 1 - start if step > 0 else start) // abs(step)
            along.append((start, 1 + chance.randrange(room + 1), step))
        counts = [count for _, count, _ in along]
        kind = chance.choice(["u1", "i2", "i4", "f4", "f8"])
        values = np.array([[chance.randrange(250) for _ in range(counts[1])] for _ in range(counts[0])], kind)
        # every second element of a larger block, or the transpose of one
        given = np.repeat(values, 2, axis=1)[:, ::2] if chance.random() < 0.5 else np.asfortranarray(values)
        u.WriteArray(given, [s for s, _, _ in along], [p for _, _, p in along])
        positions = [[s + i * p for i in range(c)] for s, c, p in along]
        model[np.ix_(*positions)] = values
        np.testing.assert_array_equal(u.ReadAsArray(), model)
    del u
    assert close(cube) == []
    np.testing.assert_array_equal(array(root(path), "u").ReadAsArray(), model)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_zarr_python_reads_what_was_written(exchange, layout):
    path = exchange / "cube.zarr"
    new_cube(path, layout)
    told = zarr_python(path)
    for way in ("consolidated", "listed"):
        assert told[way]["/u"]["shape"] == [12, ZONES]
        np.testing.assert_array_equal(told[way]["/u"]["values"], expected().reshape(-1))
        assert told[way]["/u"]["dimensions"] == ["time", "cells"]


@pytest.mark.parametrize("layout", ["v2", "v2 deep"] + (["v3", "v3 shards"] if VERSION >= 313 else []))
def test_gdals_zarr_driver_reads_what_was_written(tmp_path, layout):
    path = tmp_path / "cube.zarr"
    new_cube(path, layout)
    opened = gdal.OpenEx(str(path), gdal.OF_MULTIDIM_RASTER, allowed_drivers=["Zarr"])
    np.testing.assert_array_equal(opened.GetRootGroup().OpenMDArray("u").ReadAsArray(), expected())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_writing_chunks_leaves_metadata_alone(tmp_path, layout):
    path = tmp_path / "cube.zarr"
    new_cube(path, layout)
    before = files(path)
    times = {name: (path / name).stat().st_mtime_ns for name in before}
    time.sleep(0.01)
    cube = writer.update(path)
    writer.month(cube.GetRootGroup().OpenMDArray("u"), 3, 5)
    assert close(cube) == []
    after = files(path)
    assert after.keys() == before.keys()
    touched = {name for name in after if (path / name).stat().st_mtime_ns != times[name]}
    assert touched and all(name.startswith("u/") and not name.endswith(("json", ".zarray", ".zattrs")) for name in touched)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_four_processes_write_months_of_one_cube(tmp_path, layout):
    """Also where the months share chunks and shards: each change is made whole."""
    path = tmp_path / "cube.zarr"
    kind, array_options = LAYOUTS[layout]
    cube, u = writer.create(path, LEVEL, 12, f"FORMAT={kind}", array_options=array_options)
    del u
    assert close(cube) == []
    processes = [run("months", path, first, first + 3) for first in (0, 3, 6, 9)]
    for process in processes:
        said = process.communicate(timeout=60)
        assert (process.returncode, said) == (0, ("", ""))
    np.testing.assert_array_equal(array(root(path), "u").ReadAsArray(), expected())
    assert not [name for name in files(path) if name.endswith(".partial")]


@pytest.mark.parametrize("layout", ["v2 deep", "v3 shards"])
def test_a_process_killed_at_any_moment_leaves_whole_chunks(tmp_path, layout):
    path = tmp_path / "cube.zarr"
    new_cube(path, layout)
    chance = random.Random(3)
    for _ in range(12):
        process = run("forever", path)
        assert process.stdout.readline() == "begins\n"
        time.sleep(chance.random() * 0.1)
        process.kill()
        process.communicate()
        got = array(root(path), "u").ReadAsArray()
        base = got - np.arange(ZONES) % 97
        # each month is of one version wherever a chunk holds it, and nothing is torn
        chunk = 256
        for begin in range(0, ZONES, chunk):
            assert (base[:, begin : begin + chunk] == base[:, begin : begin + 1]).all()
        assert set(np.unique(base % 100)) == {0}
    groups = root(path)
    assert groups.GetMDArrayNames().count("u") == 1
    assert not [name for name in groups.GetMDArrayNames() + (groups.GetGroupNames() or []) if "partial" in name]


# As fast as a file system can: each version is there, and only its name is moved.
REPLACER = """
import itertools, os, sys
shards, target = sys.argv[1:-1], sys.argv[-1]
print("begins", flush=True)
for shard in itertools.cycle(shards):
    os.link(shard, target + ".new")
    os.rename(target + ".new", target)
"""


def test_a_shard_is_read_as_it_was_or_as_it_is_while_another_process_replaces_it(tmp_path):
    chosen = ["BLOCKSIZE=1,64", f"SHARDSIZE=1,{ZONES}", "COMPRESS=ZSTD"]
    # version, and which inner chunks are missing: the places of the others differ
    versions, shards = [(1, []), (2, [0, 1]), (3, [0, 5, 11]), (4, range(1, 30, 2))], []
    for version, missing in versions:
        cube, u = writer.create(tmp_path / f"{version}.zarr", LEVEL, 1, array_options=chosen)
        field = np.arange(ZONES, dtype="f4") + 10000 * version
        for chunk in missing:
            field[64 * chunk : 64 * chunk + 64] = np.nan
        u.Write(field.reshape(1, ZONES))
        del u
        assert close(cube) == []
        shards.append(tmp_path / f"{version}.zarr" / "u" / "c" / "0" / "0")
    read_at = tmp_path / "1.zarr"
    replaced = shards.pop(0)
    os.link(replaced, tmp_path / "first")
    shards.append(tmp_path / "first")
    zones, seen = np.arange(ZONES), set()
    kept = array(root(read_at), "u")
    command = [sys.executable, "-c", REPLACER, *map(str, shards), str(replaced)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "begins\n"
        until, chance = time.monotonic() + 4, random.Random(2)
        while time.monotonic() < until:
            opened = kept if chance.random() < 0.8 else array(root(read_at), "u")
            first = 64 * chance.randrange(ZONES // 64)
            count = chance.choice([64, ZONES - first])
            got = opened.ReadAsArray([0, first], [1, count])[0]
            base = (got - zones[first : first + count]).reshape(-1, 64)
            # an inner chunk is of one version, or missing in one
            assert ((base == base[:, :1]) | np.isnan(base)).all() and (np.isnan(base).all(1) | ~np.isnan(base).any(1)).all()
            assert set(base[~np.isnan(base)]) <= {10000, 20000, 30000, 40000}
            seen.update(base[~np.isnan(base)])
        assert process.poll() is None
    finally:
        process.kill()
        process.communicate()
    assert seen == {10000, 20000, 30000, 40000}


@pytest.fixture
def small_disk(tmp_path):
    with disk.small(tmp_path / "disk", "600k") as folder:
        yield folder


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_full_disk_is_an_error_and_the_chunks_that_were_there_stay(small_disk, layout):
    path = small_disk / "cube.zarr"
    new_cube(path, layout, months=12)
    cube = writer.update(path)
    u = cube.GetRootGroup().OpenMDArray("u")
    (small_disk / "ballast").write_bytes(b"0" * 2000)
    with contextlib.suppress(OSError), open(small_disk / "ballast", "ab", buffering=0) as ballast:
        while ballast.write(b"0" * 4096) == 4096:
            pass
    noise = np.random.default_rng(1).normal(size=(12, ZONES)).astype("f4")
    with messages() as seen:
        assert u.Write(noise) != gdal.CE_None
    said = failures(seen)
    assert said and all("u" in text and str(path) in text for text in said), said
    assert "space" in said[0], said
    got = u.ReadAsArray()
    old = expected()
    assert ((got == old) | (got == noise)).all()
    assert (got == old).any()
    (small_disk / "ballast").unlink()
    u.Write(old)
    del u
    assert close(cube) == []
    np.testing.assert_array_equal(array(root(path), "u").ReadAsArray(), old)
    assert not [name for name in files(path) if name.endswith(".partial")]


def test_a_full_disk_while_a_cube_is_made_is_an_error_and_no_cube(small_disk):
    path = small_disk / "cube.zarr"
    (small_disk / "ballast").write_bytes(b"0" * 560_000)
    process = run("create", path, 6, 12)
    said = process.communicate(timeout=60)[1]
    assert process.returncode not in (0, None) and "space" in said, said
    with messages():
        assert gdal.OpenEx(str(path), gdal.OF_MULTIDIM_RASTER) is None


# A cube that could not be written says so again when its object goes, where Python cannot raise.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_folder_that_may_not_be_written_is_an_error(small_disk):
    path = small_disk / "cube.zarr"
    new_cube(path, "v3")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with messages() as seen:
        cube = writer.update(path)
        if cube is not None:
            status = cube.GetRootGroup().OpenMDArray("u").Write(np.zeros((12, ZONES), "f4"))
            assert status != gdal.CE_None
    assert any("Read-only" in text and str(path) in text for text in failures(seen)), seen
    np.testing.assert_array_equal(array(root(path), "u").ReadAsArray(), expected())
    with messages() as seen, contextlib.suppress(RuntimeError):
        made = gdal.GetDriverByName("DGGS").CreateMultiDimensional(str(small_disk / "other.zarr"), [], ["DGGRS=HEALPix", "LEVEL=2"])
        assert made is None or close(made)
    np.testing.assert_array_equal(array(root(path), "u").ReadAsArray(), expected())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_cube_on_an_object_store_is_written_with_one_put_a_file(layout):
    with s3d.serving() as server, server.configured():
        new_cube("/vsis3/bucket/cube.zarr", layout)
        requests = server.taken()
        puts = [key for command, key in requests if command == "PUT"]
        if "deep" not in layout and "shards" not in layout:
            assert len(puts) == len(set(puts)), "each object once"
        root_keys = [key.rsplit("/", 1)[1] for key in puts if key.count("/") == 2]
        assert puts[-1].rsplit("/", 1)[1] == root_keys[-1] and root_keys[-1] in ("zarr.json", ".zmetadata")
        np.testing.assert_array_equal(array(root("/vsis3/bucket/cube.zarr"), "u").ReadAsArray(), expected())
        cube = writer.update("/vsis3/bucket/cube.zarr")
        u = cube.GetRootGroup().OpenMDArray("u")
        writer.month(u, 5, 7)
        np.testing.assert_array_equal(u.ReadAsArray()[5], 7 + np.arange(ZONES) % 97)
        del u
        assert close(cube) == []


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_server_that_fails_at_the_nth_request_is_an_error_and_nothing_is_torn(layout):
    name = "/vsis3/bucket/cube.zarr"
    with s3d.serving() as server, server.configured():
        new_cube(name, layout)
        sound = dict(server.objects)
        old, new = expected(), expected() + 1000
        chance = random.Random(5)
        for turn in range(10):
            server.objects = dict(sound)
            gdal.VSICurlClearCache()
            count, limit = [0], chance.randrange(1, 12)

            def fails(command, key):
                count[0] += command == "PUT"
                return command == "PUT" and count[0] == limit

            cube = writer.update(name)
            u = cube.GetRootGroup().OpenMDArray("u")
            server.fails = fails
            with messages() as seen:
                status = u.Write(new)
                if turn % 2:
                    u.CreateAttribute("note", [], gdal.ExtendedDataType.Create(gdal.GDT_Int32)).Write(turn)
                del u
                cube.FlushCache()
                if hasattr(cube, "Close"):
                    cube.Close()
                del cube
            server.fails = lambda command, key: False
            assert (count[0] >= limit) == bool(failures(seen)), (count, limit, seen)
            if failures(seen):
                assert any("cube.zarr" in text or "/u" in text for text in failures(seen)), seen
            gdal.VSICurlClearCache()
            got = array(root(name), "u").ReadAsArray()
            assert ((got == old) | (got == new)).all()
            if status == gdal.CE_None:
                np.testing.assert_array_equal(got, new)


def test_a_user_is_told_once_where_processes_cannot_be_kept_apart(tmp_path):
    path = tmp_path / "cube.zarr"
    new_cube(path, "v3 shards")
    known = path / "u" / "zarr.json"
    mounts = [["mount", "--bind", known, known], ["mount", "-o", "remount,ro,bind", known]]
    if subprocess.run(mounts[0], capture_output=True).returncode:
        pytest.skip("no mount")
    try:
        subprocess.run(mounts[1], check=True)
        cube = writer.update(path)
        u = cube.GetRootGroup().OpenMDArray("u")
        with messages() as seen:
            writer.month(u, 3, 7)
            writer.month(u, 4, 8)
        said = [text for _, text in seen]
        assert len(said) == 1 and all(word in said[0] for word in ("/u", str(known), "Read-only", "no two processes")), said
        np.testing.assert_array_equal(u.ReadAsArray()[4], 8 + np.arange(ZONES) % 97)
        del u
        assert close(cube) == []
    finally:
        subprocess.run(["umount", "-l", known], check=True)


def test_creation_refuses_a_folder_that_is_no_store(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with messages() as seen:
        assert gdal.GetDriverByName("DGGS").CreateMultiDimensional(str(tmp_path / "mine"), [], ["DGGRS=HEALPix", "LEVEL=2"]) is None
    assert any("no Zarr store" in text for text in failures(seen)), seen
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"
    assert os.listdir(tmp_path / "mine") == ["thesis.txt"]
