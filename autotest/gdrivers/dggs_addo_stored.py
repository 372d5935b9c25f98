"""gdaladdo, where levels go and how they are stored: zones on several dimensions, chunks and codecs of the finer level."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal
from support import judges
from support.gdalio import failures, identity, messages, open_cube, root, values

GEOID = "/usr/share/proj/egm96_15.gtx"
SPEC = ["CONVENTION=DGGS_SPEC", "INDEXING=Q2DI"]
JL = ["CONVENTION=DGGS_JL"]


@pytest.fixture
def tmp_path(exchange):
    """What is made here the judges must see, also from another root."""
    return exchange


def create(path, *options):
    made = gdal.GetDriverByName("DGGS").CreateCopy(str(path), gdal.Open(GEOID), options=list(options))
    assert made is not None
    return path


def gdaladdo(*arguments):
    return subprocess.run(["gdaladdo", *map(str, arguments)], capture_output=True, text=True, stdin=subprocess.DEVNULL)


def files(folder):
    folder = Path(folder)
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def arrays(path, tmp_path):
    """Every array of a store as zarr-python reads it, by its path."""
    judges.reread("zarr", path, tmp_path / "found.npz")
    return {name.replace("__", "/"): held for name, held in np.load(tmp_path / "found.npz").items()}


@pytest.mark.parametrize(
    "dggrs, options, home, levels",
    [
        ("ISEA4H", SPEC, "egm96_15", {4: "egm96_15_4", 2: "egm96_15_2"}),
        ("ISEA4D", JL, "dggs_s5/egm96_15", {4: "dggs_s4/egm96_15", 2: "dggs_s2/egm96_15"}),
        ("ISEA4H", JL, "6/egm96_15", {4: "5/egm96_15", 2: "3/egm96_15"}),
        ("ISEA4T", SPEC, "egm96_15", {4: "egm96_15_4", 2: "egm96_15_2"}),
    ],
)
@pytest.mark.parametrize("zarr_format", ["ZARR_V2", "ZARR_V3"])
def test_levels_on_several_dimensions_are_those_that_the_pyramid_option_makes(dggrs, options, home, levels, zarr_format, tmp_path):
    common = [f"DGGRS={dggrs}", "LEVEL=5", "RESAMPLING=AVERAGE", f"FORMAT={zarr_format}", *options]
    whole = arrays(create(tmp_path / "whole.dggs.zarr", *common, "PYRAMID=4,2"), tmp_path)
    path = create(tmp_path / "a.dggs.zarr", *common)
    before, values_before = files(path), values(root(path), "egm96_15")
    done = gdaladdo("-r", "average", path, 2, 8)
    assert done.returncode == 0 and done.stderr == "", done
    found = arrays(path, tmp_path)
    np.testing.assert_array_equal(found["egm96_15"], whole[home])
    for level, name in levels.items():
        assert whole[name].ndim == 3 and len(np.unique(whole[name])) > 100
        np.testing.assert_array_equal(found[name], whole[name])
        known = open_cube(path, f"LEVEL={level}").GetRootGroup()
        place = "/".join(name.split("/")[:-1])
        for part in filter(None, place.split("/")):
            known = known.OpenGroup(part)
        assert identity(known, known.OpenMDArray(name.split("/")[-1]))["REFINEMENT_LEVEL"] == str(level)
    np.testing.assert_array_equal(values(root(path), "egm96_15"), values_before)
    assert gdaladdo("-clean", path).returncode == 0 and files(path) == before


def test_the_pilot_s_levels_are_those_of_its_zones_along_one_dimension(tmp_path):
    pilot, line = tmp_path / "pilot.dggs.zarr", tmp_path / "line.zarr"
    shutil.copytree(judges.shared("data/pilot/example.dggs.zarr"), pilot)
    with messages():  # of its contradictions
        gdal.MultiDimTranslate(str(line), str(pilot), format="DGGS", creationOptions=["CONVENTION=XDGGS"])
        kept = values(root(pilot), "cell_cube")
        for path in (pilot, line):
            done = gdaladdo("-r", "average", path, 2, 4)
            assert done.returncode == 0, done
        np.testing.assert_array_equal(values(root(pilot), "cell_cube"), kept)
        for level in (2, 1):
            placed = root(pilot, f"LEVEL={level}", "BBOX=-180,-90,180,90")
            listed = root(line).OpenGroup(str(level))
            (lon, lat), (other_lon, other_lat) = ([values(g, c) for c in ("lon", "lat")] for g in (placed, listed))
            order, other = np.lexsort((lon, lat)), np.lexsort((other_lon, other_lat))
            np.testing.assert_array_equal(lon[order], other_lon[other])
            (name,) = [n for n in placed.GetMDArrayNames() if n.startswith("cell_cube")]
            np.testing.assert_array_equal(
                np.moveaxis(values(placed, name), placed.OpenMDArray(name).GetDimensionCount() - 1, -1)[..., order],
                values(listed, "cell_cube")[..., other],
            )


def test_dggs_jl_s_blue_marble_gets_its_coarsest_level(tmp_path):
    path = tmp_path / "marble.dggs.zarr"
    shutil.copytree(judges.shared("data/bluemarble/blue-marble.dggs.zarr"), path, ignore=shutil.ignore_patterns("dggs_s[4-8]"))
    done = gdaladdo("-r", "average", path, 8)  # level 3 to 0
    assert done.returncode == 0, done
    cube = root(path)
    for colour in ("Red", "Green", "Blue"):
        finer = values(cube.OpenGroup("dggs_s1"), colour).astype("f8")
        assert finer.shape == (5, 2, 4)
        nodata = cube.OpenGroup("dggs_s1").OpenMDArray(colour).GetNoDataValueAsDouble()
        four = finer.reshape(5, 1, 2, 2, 2)
        valid = four != nodata if nodata is not None else np.ones_like(four, bool)
        mean = np.where(valid, four, 0).sum((2, 4)) / np.maximum(valid.sum((2, 4)), 1)
        found = values(cube.OpenGroup("dggs_s0"), colour)
        assert found.shape == (5, 1, 2) and valid.any()
        assert (abs(found - mean) <= 0.5).all() and len(np.unique(found)) > 3


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_levels_are_stored_as_zarr_python_stored_the_level_they_are_made_from(zarr_format, tmp_path):
    path, level = tmp_path / "foreign.zarr", 5
    judges.run("judge_addo.py", "write", {"store": str(path), "format": zarr_format, "level": level}, tmp_path)
    done = gdaladdo("-r", "max", path, 2, 4, 16)
    assert done.returncode == 0 and done.stderr == "", done
    told = judges.run("judge_addo.py", "codecs", {"store": str(path)}, tmp_path)
    found = arrays(path, tmp_path)
    for coarse in (4, 3, 1):
        count = 12 * 4**coarse
        for name in ("u", "cell_ids"):
            new, old = told[f"{coarse}/{name}"], told[name]
            assert new["codecs"] == old["codecs"] and ("zlib" in old["codecs"] or "gzip" in old["codecs"])
            assert new["chunks"] == [min(chunk, size) for chunk, size in zip(old["chunks"], (3, count) if name == "u" else (count,))]
        shards = {4: [2, 2048], 3: [2, 1024], 1: [2, 48]} if zarr_format == 3 else {}
        assert told[f"{coarse}/u"]["shards"] == shards.get(coarse)
        expected = (np.arange(12 * 4**5).reshape(count, -1)).max(1) * np.array([[1], [2], [3]])
        np.testing.assert_array_equal(found[f"{coarse}/u"], expected)
        np.testing.assert_array_equal(found[f"{coarse}/cell_ids"], np.arange(count))
    # And we read it too.
    np.testing.assert_array_equal(values(root(path).OpenGroup("3"), "u"), found["3/u"])


@pytest.mark.parametrize("zarr_format", ["ZARR_V2", "ZARR_V3"])
def test_levels_keep_the_creation_options_of_the_cube(zarr_format, tmp_path):
    options = ["DGGRS=HEALPix", "LEVEL=6", f"FORMAT={zarr_format}", "COMPRESS=BLOSC", "CHUNK_LEVEL=2"]
    options += ["SHARD_LEVEL=0"] if zarr_format == "ZARR_V3" else []
    path = create(tmp_path / "o.zarr", *options)
    assert gdaladdo("-r", "average", path, 2, 8).returncode == 0
    told = judges.run("judge_addo.py", "codecs", {"store": str(path)}, tmp_path)
    for name in ("egm96_15", "cell_ids"):
        assert "blosc" in told[name]["codecs"].lower()
        for level, chunks, shards in [(5, [256], [4096]), (3, [256], [768])]:
            new = told[f"{level}/{name}"]
            assert (new["codecs"], new["chunks"]) == (told[name]["codecs"], chunks)
            assert new["shards"] == (shards if zarr_format == "ZARR_V3" else None)


def test_what_would_not_be_told_is_refused_with_the_way_round(tmp_path):
    plain = tmp_path / "plain.zarr"
    create(tmp_path / "h.zarr", "DGGRS=HEALPix", "LEVEL=3", "FORMAT=ZARR_V2")
    shutil.copytree(tmp_path / "h.zarr", plain)
    for name in plain.rglob(".zattrs"):
        name.write_text('{"_ARRAY_DIMENSIONS": ["cells"]}' if name.parent != plain else "{}")
    (plain / ".zmetadata").unlink()
    with messages() as seen:
        opened = ["DGGRS=HEALPix", "LEVEL=3"]
        dataset = gdal.OpenEx(f'DGGS:"{plain}"', gdal.OF_RASTER | gdal.OF_UPDATE, open_options=opened)
        assert dataset is None or dataset.BuildOverviews("AVERAGE", [2]) != 0
    assert "gdalmdimtranslate -of DGGS" in failures(seen)[0], seen
