"""The tools on top: gdalmdiminfo and gdalmdimtranslate, on the command line."""

import json
import subprocess

import numpy as np
import pytest
from osgeo import gdal
from support import judges, stores
from support.gdalio import VERSION, attributes, grid, root, values


def run(*command, ok=True):
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert (done.returncode == 0) == ok, done.stderr
    return done


@pytest.fixture
def cube(tmp_path):
    path = str(tmp_path / "cube.dggs.zarr")
    stores.healpix(path, 3)
    return path


def test_gdalmdiminfo_tells_arrays_dimensions_and_structure(cube):
    done = run("gdalmdiminfo", cube)
    assert done.stderr == ""
    info = json.loads(done.stdout)
    assert info["driver"] == "DGGS"
    assert {"u", "month", "cell_ids", "lon", "lat"} <= set(info["arrays"])
    u = info["arrays"]["u"]
    assert u["datatype"] == "Float64"
    assert u["unit"] == "m s**-1"
    assert {d["name"]: d["size"] for d in info["dimensions"]} == {"month": 2, "cells": 768}
    (zones,) = [d for d in info["dimensions"] if d["name"] == "cells"]
    assert zones["type"] == "DGGS_ZONE"
    assert zones["indexing_variable"] in ("/cell_ids", "cell_ids") or "cell_ids" in str(zones["indexing_variable"])
    assert u["structural_info"]["DGGRS"] == "HEALPix"
    assert u["structural_info"]["REFINEMENT_LEVEL"] == "3"


def test_gdalmdiminfo_detailed_prints_values(cube):
    info = json.loads(run("gdalmdiminfo", "-detailed", "-oo", "ZONES=4,5", cube).stdout)
    assert info["arrays"]["cell_ids"]["values"] == [4, 5]
    assert info["arrays"]["u"]["values"] == [[4, 5], [1004, 1005]]
    lon = values(grid("HEALPix/3", "ZONES=4,5"), "lon")
    np.testing.assert_allclose(info["arrays"]["lon"]["values"], lon, rtol=0, atol=1e-9)


def test_gdalmdiminfo_of_one_array(cube):
    info = json.loads(run("gdalmdiminfo", "-array", "u", cube).stdout)
    assert info["name"] == "u" or "u" in json.dumps(info)[:200]


def test_gdalmdiminfo_of_a_grid_without_data():
    info = json.loads(run("gdalmdiminfo", "DGGS:HEALPix/29").stdout)
    told = [holder.get("structural_info", {}).get("DGGRS") for holder in (info, info["arrays"]["zone_id"])]
    assert "HEALPix" in told
    assert info["dimensions"][0]["size"] == 12 * 4**29


def test_gdalmdiminfo_says_what_is_wrong(cube):
    done = run("gdalmdiminfo", "-oo", "BBOX=1,2,3", cube, ok=False)
    assert "BBOX" in done.stderr


def test_gdalinfo_lists_the_format():
    listed = [line for line in run("gdalinfo", "--formats").stdout.splitlines() if line.strip().startswith("DGGS ")]
    assert len(listed) == 1 and "multidimensional" in listed[0]
    details = run("gdalinfo", "--format", "DGGS").stdout
    assert "BBOX" in details and "DGGS:" in details


def test_a_box_becomes_netcdf(cube, tmp_path):
    target = str(tmp_path / "box.nc")
    run("gdalmdimtranslate", "-q", "-oo", "BBOX=0,0,40,30", cube, target)
    chosen = values(grid("HEALPix/3", "BBOX=0,0,40,30"), "zone_id")
    group = gdal.OpenEx(target, gdal.OF_MULTIDIM_RASTER).GetRootGroup()
    assert values(group, "cell_ids").tolist() == chosen.tolist()
    assert values(group, "u")[1].tolist() == (1000.0 + chosen).tolist()
    assert {"lon", "lat"} <= set(group.GetMDArrayNames())
    np.testing.assert_allclose(values(group, "lon"), values(grid("HEALPix/3", "BBOX=0,0,40,30"), "lon"), rtol=0, atol=1e-12)


@pytest.mark.parametrize("ending,name", [("nc", "netCDF"), ("zarr", "Zarr"), ("vrt", "VRT")])
@pytest.mark.parametrize("options", [(), ("-oo", "BBOX=0,0,40,30"), ("-oo", "ZONES=700,3,5"), ("-oo", "POINTS=10 50,-70 -33,10 50")], ids=["all", "box", "zones", "points"])
def test_copies_hold_the_same_values_and_the_identity(ending, name, options, cube, tmp_path):
    target = str(tmp_path / f"copy.{ending}")
    run("gdalmdimtranslate", "-q", "-of", name, *options, cube, target)
    mine = root(cube, *[o for o in options if "=" in o])
    group = gdal.OpenEx(target, gdal.OF_MULTIDIM_RASTER, allowed_drivers=[name] if ending != "zarr" or VERSION >= 308 else ["Zarr"]).GetRootGroup()
    for variable in ("u", "month", "cell_ids", "lon", "lat"):
        np.testing.assert_array_equal(values(group, variable), values(mine, variable))
    ids = group.OpenMDArray("cell_ids")
    told = attributes(ids)
    assert told["grid_name"] == "healpix" and int(told["level"]) == 3 and told["indexing_scheme"] == "nested"
    assert "298.257" in json.dumps(told["ellipsoid"])


def test_a_subset_by_position_and_one_array(cube, tmp_path):
    target = str(tmp_path / "one.nc")
    # A slice of an axis of 768 to less is written wrongly by GDAL 3.6 itself, from any driver.
    run("gdalmdimtranslate", "-q", "-array", "name=u,view=[1,:]", cube, target)
    group = gdal.OpenEx(target, gdal.OF_MULTIDIM_RASTER).GetRootGroup()
    assert values(group, "u").ravel().tolist() == [1000.0 + i for i in range(768)]


def test_a_subset_by_a_coordinates_value(cube, tmp_path):
    target = str(tmp_path / "month.nc")
    run("gdalmdimtranslate", "-q", "-subset", "month(1)", cube, target)
    group = gdal.OpenEx(target, gdal.OF_MULTIDIM_RASTER).GetRootGroup()
    assert values(group, "u").ravel().tolist() == [1000.0 + i for i in range(768)]


def test_a_vrt_of_one_array_reads_through_the_driver(cube, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # GDAL 3.6 does not join the relative name of such a VRT's source to the VRT's folder
    target = str(tmp_path / "u.vrt")
    run("gdalmdimtranslate", "-q", "-of", "VRT", "-array", "u", cube, target)
    assert cube.rsplit("/", 1)[1] in open(target).read()
    group = gdal.OpenEx(target, gdal.OF_MULTIDIM_RASTER).GetRootGroup()
    assert values(group, "u").tolist() == values(root(cube), "u").tolist()


def test_a_netcdf_copy_decoded_by_xdggs_is_the_same_grid(cube, tmp_path):
    """xdggs reads grid, ids and centres from GDAL's netCDF copies: whole, a box, and a copy of one array."""
    judges.BUILD.mkdir(exist_ok=True)
    work = judges.BUILD / f"exchange-{gdal.VersionInfo('VERSION_NUM')}"
    work.mkdir(exist_ok=True)
    cases = {"all": (), "box": ("-oo", "BBOX=0,0,40,30"), "points": ("-oo", "POINTS=10 50,-70 -33")}
    for name, options in cases.items():
        (work / f"{name}.nc").unlink(missing_ok=True)
        run("gdalmdimtranslate", "-q", *options, cube, work / f"{name}.nc")
    for name, answer in judges.ask("netcdf", *[work / f"{n}.nc" for n in cases]).items():
        options = cases[name]
        assert answer["grid"] == {"grid_name": "healpix", "level": 3, "indexing_scheme": "nested"}, name
        assert abs(answer["ellipsoid"]["inverse_flattening"] - 298.257223563) < 1e-9
        mine = root(cube, *[o for o in options if "=" in o])
        assert answer["cell_ids"] == values(mine, "cell_ids").tolist()
        np.testing.assert_allclose((np.array(answer["lon"]) + 180) % 360 - 180, values(mine, "lon"), rtol=0, atol=1e-9)
        np.testing.assert_allclose(answer["lat"], values(mine, "lat"), rtol=0, atol=1e-9)


RASTERIO = """
import json, sys
import numpy as np, rasterio
import rasterio.warp
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window
with rasterio.open(sys.argv[1], RES="2", SLICE="month:1") as cube:
    facts = [cube.driver, cube.crs.to_epsg(), list(cube.transform)[:6], list(cube.bounds), cube.dtypes[0], cube.units[0]]
    window = cube.read(1, window=Window(10, 20, 5, 4))
    sampled = [float(value[0]) for value in cube.sample([(13.4, 52.5), (-70.7, -33.4)])]
    with WarpedVRT(cube, crs="EPSG:3857") as warped:
        (x,), (y,) = rasterio.warp.transform("EPSG:4326", "EPSG:3857", [13.4], [52.5])
        place = warped.index(x, y)
        row, column = (int(np.ravel(at)[0]) for at in place)
        centre = rasterio.warp.transform("EPSG:3857", "EPSG:4326", *([float(at)] for at in warped.xy(row, column)))
        facts += [float(warped.read(1)[row, column]), [one[0] for one in centre]]
print(json.dumps([facts, window.tolist(), sampled]))
"""


def test_rasterio_reads_a_cube_as_a_raster(cube):
    """The rasterio of Debian is made for the system's GDAL; wheels from PyPI bring a GDAL of their own, without us."""
    asked = subprocess.run(["/usr/bin/python3", "-c", "import rasterio; print(rasterio.__gdal_version__)"], capture_output=True, text=True)
    if asked.returncode != 0:
        pytest.skip("python3-rasterio is not installed (gdal-plugin/install-packages run)")
    if asked.stdout.split(".")[:2] != gdal.__version__.split(".")[:2]:
        pytest.skip(f"rasterio has GDAL {asked.stdout.strip()} of its own")
    facts, window, sampled = json.loads(run("/usr/bin/python3", "-c", RASTERIO, cube).stdout)
    driver, epsg, transform, bounds, dtype, unit, warped, (lon, lat) = facts
    assert (driver, epsg, dtype, unit) == ("DGGS", 4326, "float64", "m s**-1")
    assert (transform, bounds) == ([2, 0, -180, 0, -2, 90], [-180, -90, 180, 90])
    points = [f"{-180 + 2 * x + 1} {90 - 2 * y - 1}" for y in range(20, 24) for x in range(10, 15)]
    assert np.ravel(window).tolist() == values(root(cube, f"POINTS={','.join(points)}"), "u")[1].tolist()
    # The centres of the pixels that hold the places.
    holder = f"{2 * (lon // 2) + 1} {2 * (lat // 2) + 1}"
    *at, at_warped = values(root(cube, f"POINTS=13 53,-71 -33,{holder}"), "u")[1].tolist()
    assert sampled == at and warped == at_warped and abs(lon - 13.4) < 2 and abs(lat - 52.5) < 2
