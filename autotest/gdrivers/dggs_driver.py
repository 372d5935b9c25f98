"""The driver: how it registers, what it says about itself, what it opens and what it leaves alone."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal
from support import stores
from support.gdalio import VERSION, array, failures, forced, grid, identity, messages, root, values, warnings

PLUGIN = Path(os.environ["GDAL_DRIVER_PATH"].split(":")[0]) / "gdal_DGGS.so"
OPTION_TYPES = {"string", "integer", "int", "float", "boolean", "string-select", "unsigned int", "unsigned long", "long"}


@pytest.fixture
def driver():
    return gdal.GetDriverByName("DGGS")


# What it says about itself


def test_the_driver_says_what_it_is(driver):
    metadata = driver.GetMetadata()
    assert metadata["DMD_LONGNAME"]
    assert metadata["DCAP_MULTIDIM_RASTER"] == "YES"
    assert metadata["DCAP_OPEN"] == "YES"
    assert metadata["DCAP_VIRTUALIO"] == "YES"
    assert metadata["DMD_CONNECTION_PREFIX"] == "DGGS:"
    assert "dggs.zarr" in metadata["DMD_EXTENSIONS"].split() + metadata["DMD_EXTENSIONS"].split(",")
    # `zarr` is GDAL's own driver's ending: the first driver that declares it would win `gdal_translate x out.zarr`.
    assert "zarr" not in metadata["DMD_EXTENSIONS"].split()
    assert metadata.get("DMD_EXTENSION") != "zarr"


def test_no_driver_claims_more_than_it_does(driver):
    metadata = driver.GetMetadata()
    if "DCAP_VECTOR" in metadata:
        assert "DCAP_CREATE" not in metadata
    for key, value in metadata.items():
        if key.startswith("DCAP_"):
            assert value in ("YES", "NO"), key


@pytest.mark.parametrize("key", ["DMD_OPENOPTIONLIST"])
def test_the_list_of_options_is_there(driver, key):
    names = [o.get("name") for o in ET.fromstring(driver.GetMetadataItem(key))]
    assert {
        "DGGRS", "LEVEL", "INDEXING", "ELLIPSOID", "LON_0", "LAT_0", "AZIMUTH", "ZONE_ID", "CONVENTION", "BBOX", "POLYGON", "ZONES",
        "POINTS", "CONTAINMENT", "COMPUTED",
    } <= set(names)


def test_every_option_list_is_valid(driver):
    """The rules of GDAL's own test of the metadata of drivers."""
    lists = [(k, v) for k, v in driver.GetMetadata().items() if k.endswith("OPTIONLIST")]
    assert lists
    for key, text in lists:
        top = ET.fromstring(text)
        assert top.tag in (
            "OpenOptionList", "CreationOptionList", "LayerCreationOptionList", "MultiDimDatasetCreationOptionList",
            "MultiDimGroupCreationOptionList", "MultiDimDimensionCreationOptionList", "MultiDimArrayCreationOptionList",
            "MultiDimAttributeCreationOptionList", "MultiDimArrayOpenOptionList", "MultiDimGroupOpenOptionList",
        ), key
        seen = set()
        for option in top:
            assert option.tag == "Option", key
            name, kind = option.get("name"), option.get("type")
            assert name and name == name.strip() and " " not in name, key
            assert name not in seen, f"{key}: {name} twice"
            seen.add(name)
            assert kind in OPTION_TYPES, f"{key}: {name} has type {kind}"
            assert option.get("description"), f"{key}: {name} has no description"
            assert set(option.attrib) <= {"name", "type", "description", "default", "alias", "scope", "min", "max", "maxsize",
                                          "minsize", "alt_config_option", "required", "deprecated_alias", "api_name"}
            values_ = [v.text for v in option if v.tag == "Value"]
            assert bool(values_) == (kind == "string-select"), f"{key}: {name}"
            if values_ and option.get("default"):
                assert option.get("default") in values_, f"{key}: {name}"


def test_subdataset_prefixes_and_lists_are_consistent(driver):
    if driver.GetMetadataItem("DMD_SUBDATASETS"):
        assert driver.GetMetadataItem("DMD_SUBDATASETS") == "YES"


def test_gdal_register_dggs_is_the_only_exported_symbol():
    listed = subprocess.run(["nm", "-D", "--defined-only", PLUGIN], stdout=subprocess.PIPE, text=True, check=True).stdout
    names = [line.split()[-1].split("@")[0] for line in listed.splitlines()]
    assert [n for n in names if n not in ("_init", "_fini", "_edata", "_end", "__bss_start")] == ["GDALRegister_DGGS"]


def test_no_second_copy_of_gdal_or_proj_is_linked():
    """The plugin's libgdal and libproj are the ones that GDAL itself has loaded."""
    maps = Path("/proc/self/maps").read_text()
    for library in ("libgdal.so", "libproj.so"):
        assert len({line.split()[-1] for line in maps.splitlines() if library in line}) == 1


def test_loading_the_plugin_starts_no_thread():
    code = "from osgeo import gdal; import os; print(gdal.GetDriverByName('DGGS') is not None, len(os.listdir('/proc/self/task')))"

    def threads(**environment):
        run = [sys.executable, "-W", "ignore", "-c", code]
        told = subprocess.run(run, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, **environment}).stdout
        return told.split()

    # Libraries under other drivers start threads of their own.
    assert threads(GDAL_DRIVER_PATH="disable")[0] == "False"
    assert threads() == ["True", threads(GDAL_DRIVER_PATH="disable")[1]]


# What it leaves alone


def plain_zarr(path, zarr_format):
    stores.write(path, {"t": stores.Array([[1.0, 2.0], [3.0, 4.0]], ["y", "x"])}, zarr_format=zarr_format, attrs={"title": "plain"})
    return path


@pytest.mark.parametrize("key, value", [("compressor", {"id": "magic"}), ("dtype", "<q9"), ("chunks", [2**40, 2])])
def test_a_plain_array_that_we_cannot_read_is_left_to_gdals_own_driver(key, value):
    """What is said of it is the Zarr driver's; with the prefix it is ours."""
    array = {"zarr_format": 2, "shape": [2, 2], "chunks": [2, 2], "dtype": "<f8", "compressor": None, "filters": None, "fill_value": 0, "order": "C"}
    gdal.FileFromMemBuffer("/vsimem/plain.zarr/.zarray", json.dumps(array | {key: value}).encode())
    with messages() as alone:
        gdal.OpenEx("/vsimem/plain.zarr", gdal.OF_MULTIDIM_RASTER, allowed_drivers=["Zarr"])
    with messages() as both:
        gdal.OpenEx("/vsimem/plain.zarr", gdal.OF_MULTIDIM_RASTER, allowed_drivers=["DGGS", "Zarr"])
    assert both == alone
    with messages() as seen:
        assert gdal.OpenEx(forced("/vsimem/plain.zarr"), gdal.OF_MULTIDIM_RASTER) is None
    assert failures(seen) and "plain.zarr" in str(failures(seen))


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_plain_zarr_store_opens_with_gdals_own_driver_silently(zarr_format):
    if zarr_format == 3 and VERSION < 308:
        path = plain_zarr("/vsimem/plain.zarr", 2)
    else:
        path = plain_zarr("/vsimem/plain.zarr", zarr_format)
    for flags in (gdal.OF_MULTIDIM_RASTER, gdal.OF_MULTIDIM_RASTER | gdal.OF_RASTER, gdal.OF_RASTER):
        told = []
        for drivers in ({"allowed_drivers": ["Zarr"]}, {}):
            with messages() as seen:
                opened = gdal.OpenEx(path, flags, **drivers)
                told.append((list(seen), gdal.GetLastErrorType(), gdal.GetLastErrorMsg()))
            assert opened.GetDriver().ShortName == "Zarr"
        # GDAL 3.10 has a word of its own to say about format 3 as a raster; we add none.
        assert told[1] == told[0]
        assert told[0] == ([], gdal.CE_None, "") or (flags == gdal.OF_RASTER and 308 <= VERSION < 313)
    with messages() as seen:
        opened = gdal.OpenEx(path, gdal.OF_MULTIDIM_RASTER, open_options=["CACHE_TILE_PRESENCE=NO"])
    assert opened.GetDriver().ShortName == "Zarr"
    assert seen == []


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("flags", [gdal.OF_RASTER, gdal.OF_VECTOR, gdal.OF_RASTER | gdal.OF_VECTOR], ids=["raster", "vector", "both"])
def test_a_store_opens_as_what_is_asked_for(zarr_format, flags):
    stores.healpix("/vsimem/cube.zarr", 2, zarr_format=zarr_format)
    for name in ("/vsimem/cube.zarr", 'DGGS:"/vsimem/cube.zarr"', "DGGS:HEALPix/3"):
        raster = flags & gdal.OF_RASTER and "HEALPix" not in name
        with messages() as seen:
            opened = gdal.OpenEx(name, flags, allowed_drivers=["DGGS"])
        if flags == gdal.OF_RASTER and not raster:
            assert opened is None and "no raster to show" in failures(seen)[0]
            continue
        assert seen == []
        assert opened.GetDriver().ShortName == "DGGS"
        assert opened.RasterCount == (2 if raster else 0)
        assert opened.GetLayerCount() == (1 if flags & gdal.OF_VECTOR else 0)
        assert opened.GetRootGroup() is None
    with messages() as seen:
        both = gdal.OpenEx("/vsimem/cube.zarr", flags | gdal.OF_MULTIDIM_RASTER, allowed_drivers=["DGGS"])
    assert both.GetRootGroup() is not None and (both.RasterCount, both.GetLayerCount()) == (0, 0)


def test_files_that_are_no_stores_are_left_alone():
    gdal.FileFromMemBuffer("/vsimem/a.txt", b"hello")
    gdal.FileFromMemBuffer("/vsimem/b.json", b'{"zarr_format": 3}')
    gdal.Mkdir("/vsimem/folder", 0o755)
    for name in ("/vsimem/a.txt", "/vsimem/b.json", "/vsimem/folder", "/vsimem/not_there", "DGG", "", "dggs"):
        for flags in (gdal.OF_MULTIDIM_RASTER, gdal.OF_RASTER, gdal.OF_VECTOR):
            with messages():
                opened = gdal.OpenEx(name, flags, allowed_drivers=["DGGS"])
            assert opened is None, name
            assert getattr(gdal.IdentifyDriverEx(name, flags), "ShortName", None) != "DGGS"


# What it opens


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("consolidated", [False, True])
def test_a_store_with_a_convention_opens_without_a_prefix(zarr_format, consolidated):
    stores.healpix("/vsimem/cube.zarr", 2, zarr_format=zarr_format, consolidated=consolidated)
    with messages() as seen:
        opened = gdal.OpenEx("/vsimem/cube.zarr", gdal.OF_MULTIDIM_RASTER)
    assert seen == []
    assert opened.GetDriver().ShortName == "DGGS"
    assert values(opened.GetRootGroup(), "u").shape == (2, 192)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_who_asks_whose_a_store_is_hears_it(zarr_format):
    """GDAL 3.13 asks so before a copy takes the place of a store, as gdalmanage does, and then has its driver delete it."""
    stores.healpix("/vsimem/cube.zarr", 2, zarr_format=zarr_format)
    stores.write("/vsimem/plain.zarr", {"v": stores.Array(np.arange(4.0), ["x"])}, zarr_format=zarr_format)
    with messages() as seen:
        asked = {name: gdal.IdentifyDriver(f"/vsimem/{name}.zarr") for name in ("cube", "plain")}
    assert seen == []
    assert asked["cube"].ShortName == "DGGS"
    assert getattr(asked["plain"], "ShortName", None) != "DGGS"


@pytest.mark.parametrize("kinds", [0, gdal.OF_RASTER, gdal.OF_VECTOR, gdal.OF_MULTIDIM_RASTER])
def test_options_explain_a_plain_store_whatever_kind_is_asked_for(kinds):
    stores.write("/vsimem/plain.zarr", {"v": stores.Array(np.arange(192.0), ["cells"])})
    options = ["DGGRS=HEALPix", "LEVEL=2", "INDEXING=nested", "ELLIPSOID=WGS84"]
    with messages() as seen:
        opened = gdal.OpenEx("/vsimem/plain.zarr", kinds, open_options=options)
    assert seen == []
    assert opened.GetDriver().ShortName == "DGGS"


@pytest.mark.parametrize("name", ["DGGS:/vsimem/cube.zarr", 'DGGS:"/vsimem/cube.zarr"', "dggs:/vsimem/cube.zarr", "/vsimem/cube.zarr/"])
def test_the_prefix_forces_the_driver_with_or_without_quotes(name):
    stores.healpix("/vsimem/cube.zarr", 2)
    opened = gdal.OpenEx(name, gdal.OF_MULTIDIM_RASTER)
    assert opened.GetDriver().ShortName == "DGGS"
    assert "u" in opened.GetRootGroup().GetMDArrayNames()


def test_if_dggs_opens_a_store():
    stores.healpix("/vsimem/cube.zarr", 2)
    opened = gdal.OpenEx("/vsimem/cube.zarr", gdal.OF_MULTIDIM_RASTER, allowed_drivers=["DGGS"])
    assert opened.GetDriver().ShortName == "DGGS"
    other = gdal.OpenEx("/vsimem/cube.zarr", gdal.OF_MULTIDIM_RASTER, allowed_drivers=["Zarr"]) if VERSION >= 308 else None
    assert other is None or other.GetDriver().ShortName == "Zarr"


def test_the_zone_dimension_is_marked_and_coordinates_are_known():
    stores.healpix("/vsimem/cube.zarr", 2)
    group = root("/vsimem/cube.zarr")
    u = array(group, "u")
    assert [d.GetName() for d in u.GetDimensions()] == ["month", "cells"]
    zones = u.GetDimensions()[1]
    assert zones.GetType() == "DGGS_ZONE"
    assert zones.GetIndexingVariable().GetName() == "cell_ids"
    assert {"lon", "lat"} <= {a.GetName() for a in u.GetCoordinateVariables()}
    assert {"cell_ids", "month", "u", "lon", "lat"} <= set(group.GetMDArrayNames())
    for name in ("lon", "lat"):
        assert array(group, name).GetDataType().GetNumericDataType() == gdal.GDT_Float64
    srs = u.GetSpatialRef()
    assert srs is not None and srs.IsGeographic()
    assert srs.GetAuthorityCode(None) == "4326"
    # Ids are no coordinates: with a CRS, GDAL's netCDF driver would call them longitudes in degrees.
    for name in ("cell_ids", "month"):
        assert array(group, name).GetSpatialRef() is None


def test_structural_info_tells_the_grid():
    stores.healpix("/vsimem/cube.zarr", 2)
    group = root("/vsimem/cube.zarr")
    info = identity(group, array(group, "u"))
    assert info["DGGRS"] == "HEALPix"
    assert info["REFINEMENT_LEVEL"] == "2"
    assert info["INDEXING_SCHEME"] == "nested"
    assert info["ELLIPSOID"] == "WGS84"
    assert info["CONVENTION"] == "XDGGS"


def test_block_size_is_the_chunk():
    stores.healpix("/vsimem/cube.zarr", 2, chunks=(1, 50))
    assert list(array(root("/vsimem/cube.zarr"), "u").GetBlockSize()) == [1, 50]


def test_groups_and_arrays_outlive_their_dataset():
    stores.healpix("/vsimem/cube.zarr", 2)
    u = root("/vsimem/cube.zarr").OpenMDArray("u")
    lon = u.GetCoordinateVariables()[0]
    assert u.ReadAsArray().shape == (2, 192)
    assert lon.ReadAsArray().shape == (192,)


def test_a_group_below_the_root_opens_by_its_path():
    ids = stores.Array(range(48), ["cells"], stores.xdggs_ids(1))
    ids.values = ids.values.astype("u8")
    t = stores.Array([float(i) for i in range(48)], ["cells"])
    stores.write("/vsimem/deep.zarr", {"a/b/cell_ids": ids, "a/b/t": t})
    group = root("/vsimem/deep.zarr")
    assert values(group, "a/b/t").tolist() == t.values.tolist()
    assert "lon" in group.OpenGroup("a").OpenGroup("b").GetMDArrayNames()
    below = root("/vsimem/deep.zarr/a/b")
    assert values(below, "t").tolist() == t.values.tolist()
    assert group.OpenMDArrayFromFullname("/a/b/t").GetFullName() == "/a/b/t"
    assert group.OpenMDArray("nothing") is None if not gdal.GetUseExceptions() else True


# Errors that help


def error_of(name, *options, flags=gdal.OF_MULTIDIM_RASTER):
    with messages() as seen:
        opened = gdal.OpenEx(name, flags, open_options=list(options))
    assert opened is None, (name, options)
    assert failures(seen), (name, options, seen)
    return " | ".join(failures(seen))


def test_a_missing_file_is_an_error_that_names_it():
    assert "/vsimem/not_there.zarr" in error_of('DGGS:"/vsimem/not_there.zarr"')


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_store_without_dggs_metadata_is_told_which_options_to_give(zarr_format):
    plain_zarr("/vsimem/plain.zarr", zarr_format)
    text = error_of('DGGS:"/vsimem/plain.zarr"')
    assert "DGGRS" in text and "LEVEL" in text and "/vsimem/plain.zarr" in text


WRONG = [
    ("DGGRS=HEALPiks", "HEALPiks"), ("LEVEL=30", "30"), ("LEVEL=-1", "-1"), ("LEVEL=x", "x"), ("LEVEL=3.5", "3.5"),
    ("INDEXING=peano", "peano"), ("ELLIPSOID=potato", "potato"), ("ELLIPSOID=0,298", "ELLIPSOID"), ("ELLIPSOID=6378137", "ELLIPSOID"),
    ("CONVENTION=NOPE", "NOPE"), ("BBOX=1,2,3", "BBOX"), ("BBOX=a,b,c,d", "BBOX"), ("BBOX=0,50,10,40", "BBOX"),
    ("BBOX=0,-100,10,40", "BBOX"), ("BBOX=0,0,nan,40", "BBOX"), ("BBOX=0,0,inf,40", "BBOX"), ("POLYGON=POLYGON ((0 0,1 1", "POLYGON"),
    ("POLYGON=POINT (1 1)", "POLYGON"), ("POLYGON=/vsimem/none.gpkg", "none.gpkg"), ("ZONES=1,two", "two"), ("ZONES=99999999", "99999999"),
    ("ZONES=@/vsimem/none.txt", "none.txt"), ("ZONES=9/1", "9/1"), ("POINTS=1", "POINTS"), ("POINTS=1 2 3", "POINTS"),
    ("POINTS=1 91", "91"), ("POINTS=a b", "POINTS"), ("POINTS=@/vsimem/none.csv", "none.csv"), ("CONTAINMENT=AROUND", "AROUND"),
    ("COMPUTED=COLOUR", "COLOUR"), ("ZONE_ID=nothing", "nothing"),
]  # fmt: skip


@pytest.mark.parametrize("option,word", WRONG, ids=[o for o, _ in WRONG])
def test_a_wrong_option_value_is_an_error_that_says_so(option, word):
    stores.healpix("/vsimem/cube.zarr", 3)
    text = error_of('DGGS:"/vsimem/cube.zarr"', option)
    assert word.lower() in text.lower()


def test_points_stand_alone():
    stores.healpix("/vsimem/cube.zarr", 3)
    assert "POINTS" in error_of(forced("/vsimem/cube.zarr"), "POINTS=1 1", "BBOX=0,0,1,1")


@pytest.mark.parametrize("name", ["DGGS:HEALPix/30", "DGGS:HEALPix/-1", "DGGS:HEALPix/", "DGGS:HEALPix/x", "DGGS:NoGrid/3", "DGGS:", 'DGGS:""', "DGGS:HEALPix"])
def test_a_wrong_connection_string_is_an_error(name):
    error_of(name)


def test_a_file_of_the_grids_name_wins(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stores.healpix(str(tmp_path / "HEALPix" / "3"), 1)
    assert "u" in gdal.OpenEx("DGGS:HEALPix/3", gdal.OF_MULTIDIM_RASTER).GetRootGroup().GetMDArrayNames()


def test_the_names_of_grids_and_options_may_be_in_any_case():
    a = values(grid("HEALPix/4", "BBOX=0,0,10,10"), "zone_id")
    b = gdal.OpenEx("DGGS:healpix/4", gdal.OF_MULTIDIM_RASTER, open_options=["bbox=0,0,10,10", "containment=intersects", "indexing=NESTED"])
    assert values(b.GetRootGroup(), "zone_id").tolist() == a.tolist()


def test_a_grid_alone_stands_on_wgs84():
    group = grid("HEALPix/0")
    info = identity(group, array(group, "zone_id"))
    assert (info["DGGRS"], info["REFINEMENT_LEVEL"], info["INDEXING_SCHEME"], info["ELLIPSOID"]) == ("HEALPix", "0", "nested", "WGS84")
    # CF 1.13: the centre of zone 0 of WGS84 lies at 41.938 N.
    assert abs(values(group, "lat")[0] - 41.938) < 5e-4


@pytest.mark.parametrize("options", (["BBOX=0,0,10,10"], ["ZONES=1,2"], ["POINTS=1 2"]))
def test_a_selection_is_not_opened_for_update(options):
    stores.healpix("/vsimem/cube.zarr", 2)
    flags = gdal.OF_MULTIDIM_RASTER | gdal.OF_UPDATE
    with messages() as seen:
        opened = gdal.OpenEx(forced("/vsimem/cube.zarr"), flags, open_options=options)
    assert opened is None
    assert options[0].split("=")[0] in failures(seen)[0]
    with messages() as seen:
        assert gdal.OpenEx("DGGS:HEALPix/3", flags) is None
    assert "written" in failures(seen)[0]


def test_an_array_window_outside_is_an_error():
    stores.healpix("/vsimem/cube.zarr", 2)
    u = array(root("/vsimem/cube.zarr"), "u")
    for start, count, step in (([0, 190], [1, 5], [1, 1]), ([2, 0], [1, 1], [1, 1]), ([0, 3], [1, 5], [1, -1])):
        with messages() as seen:
            assert u.Read(start, count, step) is None
        assert failures(seen)


def test_no_warning_is_given_for_a_sound_store():
    stores.healpix("/vsimem/cube.zarr", 2)
    with messages() as seen:
        opened = gdal.OpenEx("/vsimem/cube.zarr", gdal.OF_MULTIDIM_RASTER)
        group = opened.GetRootGroup()
        for name in group.GetMDArrayNames():
            group.OpenMDArray(name).Read()
    assert warnings(seen) == [] and failures(seen) == []


def test_nothing_is_printed(tmp_path):
    """Opening, reading and failing, with the errors taken by a handler, writes nothing on stdout or stderr."""
    stores.healpix(str(tmp_path / "cube.zarr"), 2)
    code = f"""
from osgeo import gdal
gdal.DontUseExceptions()
gdal.PushErrorHandler(lambda *a: None)
assert gdal.OpenEx({str(tmp_path / "cube.zarr")!r}, gdal.OF_MULTIDIM_RASTER, open_options=["LEVEL=77"]) is None
assert gdal.OpenEx('DGGS:"/nowhere.zarr"', gdal.OF_MULTIDIM_RASTER) is None
group = gdal.OpenEx({str(tmp_path / "cube.zarr")!r}, gdal.OF_MULTIDIM_RASTER, open_options=["COMPUTED=ALL"]).GetRootGroup()
for name in group.GetMDArrayNames():
    assert group.OpenMDArray(name).Read() is not None
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
