"""Frugality: how many requests a store on a web server costs, counted by the server."""

import subprocess
import sys

import numpy as np
import pytest
from osgeo import gdal
from support import httpd, judges, stores
from support.gdalio import array, failures, forced, grid, messages, root, values

OPTIONS = {
    "GDAL_HTTP_MAX_RETRY": "0",
    "GDAL_HTTP_TIMEOUT": "20",
    "GDAL_HTTP_PROXY": "",
    "CPL_VSIL_CURL_NON_CACHED": None,
    "GDAL_DISABLE_READDIR_ON_OPEN": None,
}


@pytest.fixture
def server(tmp_path):
    with httpd.serving(tmp_path) as running:
        for name, value in OPTIONS.items():
            gdal.SetConfigOption(name, value)
        gdal.VSICurlClearCache()
        yield running
        gdal.VSICurlClearCache()
        for name in OPTIONS:
            gdal.SetConfigOption(name, None)


def make(server, zarr_format, **how):
    """A cube of 12,288 zones of level 5, 8 chunks of 1,536 zones each for two months; ids in one chunk."""
    path = str(server.folder / "cube.zarr")
    return stores.healpix(path, 5, zarr_format=zarr_format, consolidated=True, chunks=(1, 1536), **how)


def own(requests):
    """Without GDAL's own look at a name that has no prefix: a HEAD of it, and a listing of the folder that holds it."""
    return [r for r in requests if r[1].rstrip("/") not in ("", "cube.zarr")]


def is_metadata(request):
    return request[1].rsplit("/", 1)[-1].startswith((".z", "zarr.json"))


@pytest.mark.parametrize("prefix", [True, False], ids=["forced", "identified"])
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_opening_a_consolidated_store_costs_at_most_three_requests(zarr_format, prefix, server):
    make(server, zarr_format)
    url = server.url("cube.zarr")
    server.taken()
    opened = gdal.OpenEx(forced(url) if prefix else url, gdal.OF_MULTIDIM_RASTER)
    assert opened.GetDriver().ShortName == "DGGS"
    group = opened.GetRootGroup()
    assert {"u", "month", "cell_ids", "lon", "lat"} <= set(group.GetMDArrayNames())
    u = array(group, "u")
    assert [d.GetSize() for d in u.GetDimensions()] == [2, 12288]
    assert u.GetUnit() == "m s**-1"
    requests = own(server.taken())
    assert len(requests) <= 3, requests
    assert not [r for r in requests if not is_metadata(r)], requests


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_raster_and_layers_together_open_the_store_once(zarr_format, server):
    make(server, zarr_format)
    name = forced(server.url("cube.zarr"))
    option = ["SLICE=month:1", "ELLIPSOID=sphere"]  # the ellipsoid is not what the store says
    costs = {}
    for kind, flags in (("raster", gdal.OF_RASTER), ("both", gdal.OF_RASTER | gdal.OF_VECTOR)):
        gdal.VSICurlClearCache()
        server.taken()
        with messages() as seen:
            opened = gdal.OpenEx(name, flags, open_options=option)
            assert (opened.RasterCount, opened.GetLayerCount()) == (1, int(kind == "both"))
            del opened
        costs[kind] = len(own(server.taken()))
        assert [text for _, text in seen if "ELLIPSOID=sphere overrides" in text] == [text for _, text in seen] and len(seen) == 1
    assert costs["both"] == costs["raster"]


@pytest.mark.parametrize("box", ["-5,40,10,50", "170,-20,-170,-5", "-180,85,180,90", "12,47,12.01,47.01", "-60,-60,80,60"])
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_box_costs_one_request_a_chunk_and_two_more(zarr_format, box, server):
    ids, u = make(server, zarr_format)
    chosen = values(grid("HEALPix/5", f"BBOX={box}"), "zone_id").astype("i8")
    chunks = len(np.unique(chosen // 1536))
    # What opening without a box costs, to be taken off.
    root(server.url("cube.zarr"))
    opening = len(own(server.taken()))
    gdal.VSICurlClearCache()
    group = root(server.url("cube.zarr"), f"BBOX={box}")
    got = array(group, "u").ReadAsArray([1, 0], [1, len(chosen)])
    requests = own(server.taken())
    assert got[0].tolist() == u[1, chosen].tolist()
    assert len(requests) - opening <= chunks + 2, requests
    # Each chunk once, and no other chunk of the variable.
    of_variable = [r[1] for r in requests if r[1].startswith("cube.zarr/u/") and not is_metadata(r)]
    assert len(of_variable) == len(set(of_variable)) == chunks, of_variable


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_second_read_of_the_same_box_costs_no_metadata(zarr_format, server):
    make(server, zarr_format)
    group = root(server.url("cube.zarr"), "BBOX=-5,40,10,50")
    u = array(group, "u")
    u.ReadAsArray()
    server.taken()
    u.ReadAsArray()
    assert not [r for r in server.taken() if is_metadata(r)]


@pytest.mark.parametrize("name", ["healpix6_global_xdggs_v2.zarr", "healpix6_global_zarr_v3.zarr"])
def test_the_real_stores_cost_no_more(name, server, fixture_folder):
    """ERA-Interim wind: ids in 2 chunks, the wind in 12 a month; the ids' chunks are the two more."""
    judges.shared("data/xdggs")
    (server.folder / "cube.zarr").symlink_to(fixture_folder / "real" / f"consolidated_{name}")
    stored = np.load(fixture_folder / "real" / f"{name}.npz")
    chosen = values(grid("HEALPix/6", "BBOX=0,40,20,55"), "zone_id").astype("i8")
    chunks = len(np.unique(chosen // 4096))
    server.taken()
    group = root(server.url("cube.zarr"))
    array(group, "u")
    opening = own(server.taken())
    assert len(opening) <= 3, opening
    gdal.VSICurlClearCache()
    group = root(server.url("cube.zarr"), "BBOX=0,40,20,55")
    got = array(group, "u").ReadAsArray([0, 0], [1, len(chosen)])
    requests = own(server.taken())
    assert got[0].tolist() == stored["u"][0, chosen].tolist()
    assert len(requests) - len(opening) <= chunks + 2, requests


def test_one_zone_of_a_sharded_array_is_read_by_ranges(server, fixture_folder):
    (server.folder / "cube.zarr").symlink_to(fixture_folder / "deep.zarr")
    group = root(server.url("cube.zarr"))
    shards = array(group, "shards")
    server.taken()
    got = shards.ReadAsArray([0, 0, 0, 100], [1, 1, 1, 1])
    requests = own(server.taken())
    assert got.ravel()[0] == np.load(fixture_folder / "deep.npy")[0, 0, 0, 100]
    # The index and one inner chunk.
    assert len(requests) <= 3, requests


def test_nothing_is_listed_and_nothing_probed_beside_the_store(server):
    make(server, 2)
    group = root(server.url("cube.zarr"))
    for name in ("u", "cell_ids", "month", "lon", "lat"):
        array(group, name).Read()
    outside = [r for r in server.taken() if not r[1].startswith("cube.zarr")]
    assert outside == []


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_failing_server_gives_an_error_that_names_the_file(zarr_format, server):
    make(server, zarr_format)
    # The metadata.
    server.fails = lambda path: is_metadata(("GET", path, None))
    with messages() as seen:
        opened = gdal.OpenEx(forced(server.url("cube.zarr")), gdal.OF_MULTIDIM_RASTER)
    assert opened is None
    assert any("cube.zarr" in f for f in failures(seen)), seen
    # One chunk.
    gdal.VSICurlClearCache()
    bad = "u/1.3" if zarr_format == 2 else "u/c/1/3"
    server.fails = lambda path: path.endswith(bad)
    u = array(root(server.url("cube.zarr")), "u")
    with messages() as seen:
        assert u.Read() is None
    assert any(bad in f and "cube.zarr" in f for f in failures(seen)), seen
    # The others are still readable.
    gdal.VSICurlClearCache()
    assert u.ReadAsArray([0, 0], [1, 12288]).shape == (1, 12288)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_an_absent_chunk_on_a_server_is_the_fill_value(zarr_format, server):
    ids, u = make(server, zarr_format)
    bad = "u/1.3" if zarr_format == 2 else "u/c/1/3"
    (server.folder / "cube.zarr" / bad).unlink()
    got = array(root(server.url("cube.zarr")), "u").ReadAsArray()
    expected = u.copy()
    expected[1, 3 * 1536 : 4 * 1536] = 0
    np.testing.assert_array_equal(got, expected)


MILLIONS = 12_000_000


def sparse(path, indexing):
    """A cube of 12 million zones of level 13, three runs of ids, in chunks of 1,000,000 (12 files)."""
    options = ["DGGRS=HEALPix", "LEVEL=13", f"INDEXING={indexing}", "FORMAT=ZARR_V2"]
    cube = gdal.GetDriverByName("DGGS").CreateMultiDimensional(path, [], options)
    group = cube.GetRootGroup()
    cells = group.CreateDimension("cells", "DGGS_ZONE", "", MILLIONS)
    ids = np.arange(MILLIONS, dtype="u8") + 7_000_000
    ids[MILLIONS // 3 :] += 1000
    ids[MILLIONS // 2 :] += 5
    variable = cells.GetIndexingVariable()
    variable.Write(ids)
    group.CreateMDArray("u", [cells], gdal.ExtendedDataType.Create(gdal.GDT_Byte))
    del variable, cells, group, cube


OPENING = """
import resource, sys
from osgeo import gdal
gdal.UseExceptions()
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
gdal.OpenEx(sys.argv[1], gdal.OF_MULTIDIM_RASTER)
before = peak()
raster = gdal.OpenEx(sys.argv[1], gdal.OF_RASTER | gdal.OF_VECTOR)
raster.GetRasterBand(1).ReadRaster(raster.RasterXSize // 2, raster.RasterYSize // 2, 1, 1)
layer = raster.GetLayer(0)
assert layer.GetFeatureCount() == 12_000_000
layer.GetExtent()
layer.SetSpatialFilterRect(1, 1, 1.01, 1.01)
layer.GetNextFeature()
print(peak() - before)
"""


@pytest.mark.parametrize("indexing", ["nested", "ring"])
def test_millions_of_sorted_zones_are_opened_by_one_look_and_in_little_memory(indexing, server):
    """Of the zones' 96 MB, only blocks of 8 MB and what is made of them are held."""
    path = str(server.folder / "cube.zarr")
    sparse(path, indexing)
    server.taken()
    chunks = len([name for name in (server.folder / "cube.zarr" / "cell_ids").iterdir() if name.name[0] != "."])
    process = subprocess.run(
        [sys.executable, "-c", OPENING, forced(server.url("cube.zarr"))], capture_output=True, text=True, check=True
    )
    assert int(process.stdout) < 80_000, process.stdout
    of_ids = [r for r in server.taken() if r[1].startswith("cube.zarr/cell_ids/") and not is_metadata(r)]
    # The ends of a block may lie within a chunk.
    assert len(of_ids) < 1.5 * chunks, (len(of_ids), chunks)
