"""A disk that fills up while levels are added or a cube is made with its pyramid: an error, and what was there is there."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal
from support import disk
from support.gdalio import root, values

GEOID = "/usr/share/proj/egm96_15.gtx"


def files(folder):
    folder = Path(folder)
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def run(*arguments):
    return subprocess.run([str(a) for a in arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)


@pytest.fixture
def small_disk(tmp_path):
    with disk.small(tmp_path / "disk", "8m") as folder:
        yield folder


@pytest.mark.parametrize("zarr_format", ["ZARR_V2", "ZARR_V3"])
@pytest.mark.parametrize("dggrs, options", [("HEALPix", []), ("ISEA4H", ["CONVENTION=DGGS_SPEC", "INDEXING=Q2DI"])])
def test_gdaladdo_on_a_full_disk_fails_and_the_store_is_as_it_was(zarr_format, dggrs, options, small_disk):
    path = small_disk / "cube.dggs.zarr"
    made = gdal.GetDriverByName("DGGS").CreateCopy(
        str(path), gdal.Open(GEOID), options=[f"DGGRS={dggrs}", "LEVEL=7", f"FORMAT={zarr_format}", "COMPRESS=NONE", *options]
    )
    assert made is not None
    del made
    before, expected = files(path), values(root(path), "egm96_15")
    level = "6" if dggrs == "HEALPix" else "_6"
    outcomes = set()
    # From nothing at all to nearly enough: chunks fail, then metadata.
    for leaving in (0, 8192, 100_000, 205_000, 240_000, 4_000_000):
        ballast = small_disk / "ballast"
        disk.fill(ballast, leaving)
        done = run("gdaladdo", "-r", "average", path, 2)
        ballast.unlink()
        outcomes.add(done.returncode == 0)
        if done.returncode:
            assert "space" in done.stderr, done
            assert files(path) == before, leaving
        else:
            assert leaving > 100_000
            assert any(level in name for name in files(path))
            assert run("gdaladdo", "-clean", path).returncode == 0 and files(path) == before
    assert outcomes == {False, True}
    np.testing.assert_array_equal(values(root(path), "egm96_15"), expected)


@pytest.mark.parametrize("resume", [[], ["-co", "RESUME=YES"]])
@pytest.mark.parametrize("options", [["DGGRS=HEALPix"], ["DGGRS=ISEA4H", "CONVENTION=DGGS_SPEC", "INDEXING=Q2DI"]])
def test_quantise_with_a_pyramid_on_a_full_disk_fails_and_nothing_can_be_read(options, resume, small_disk):
    path = small_disk / "cube.dggs.zarr"
    said = [word for option in [*options, "LEVEL=7", "PYRAMID=6,5,4", "COMPRESS=NONE"] for word in ("-co", option)]
    command = ["gdal_translate", "-q", "-of", "DGGS", *said, *resume, GEOID, path]
    ballast = small_disk / "ballast"
    for leaving in (0, 8192, 300_000, 700_000):
        disk.fill(ballast, leaving)
        done = run(*command)
        ballast.unlink()
        assert done.returncode != 0 and "space" in done.stderr, (leaving, done)
        assert not path.exists(), leaving
        assert run("gdalmdiminfo", path).returncode != 0
        partial = small_disk / "cube.dggs.zarr.partial"
        # What may be resumed stays, and is no store that anybody would take for a whole one.
        assert partial.exists() <= bool(resume), leaving
        assert not any((partial / name).exists() for name in ("zarr.json", ".zgroup", ".zmetadata")), leaving
    done = run(*command)
    assert done.returncode == 0, done
    assert not (small_disk / "cube.dggs.zarr.partial").exists()
    whole = small_disk.parent / "whole.dggs.zarr"
    assert run(*command[:-1], whole).returncode == 0
    assert files(path) == files(whole)
