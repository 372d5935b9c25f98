"""Cubes that are created and updated: what is written is what others read, and errors reach the caller.

The behaviours are those that GDAL's own tests of its Zarr driver name: create, update, partial writes, resize, rename,
delete, attributes, strings, CRS, errors on closing.
"""

import json
import os
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from osgeo import gdal, osr
from support.gdalio import VERSION, array, attributes, dims, failures, forced, identity, messages, root, values
from support.judges import reread

UPDATE = gdal.OF_MULTIDIM_RASTER | gdal.OF_UPDATE
FORMATS = ["ZARR_V2", "ZARR_V3"]
TYPES = {
    "u1": gdal.GDT_Byte, "u2": gdal.GDT_UInt16, "i2": gdal.GDT_Int16, "u4": gdal.GDT_UInt32, "i4": gdal.GDT_Int32,
    "u8": gdal.GDT_UInt64, "i8": gdal.GDT_Int64, "f4": gdal.GDT_Float32, "f8": gdal.GDT_Float64,
    "c8": gdal.GDT_CFloat32, "c16": gdal.GDT_CFloat64,
}
if VERSION >= 307:
    TYPES["i1"] = gdal.GDT_Int8
if VERSION >= 311:
    TYPES["f2"] = gdal.GDT_Float16


def number(name):
    return gdal.ExtendedDataType.Create(TYPES[name])


def text(length=0):
    return gdal.ExtendedDataType.CreateString(length)


def make(path, *options):
    """A new data set on HEALPix level 2 unless the options say otherwise."""
    driver = gdal.GetDriverByName("DGGS")
    grid = [] if any(o.startswith("DGGRS=") for o in options) else ["DGGRS=HEALPix", "LEVEL=2"]
    return driver.CreateMultiDimensional(str(path), [], grid + list(options))


def cells(group, size=192, name="cells", options=()):
    return group.CreateDimension(name, "DGGS_ZONE", "", size, list(options))


def numbers(*shape, kind="f4"):
    rng = np.random.default_rng(sum(shape) + 7)
    drawn = rng.integers(0, 100, shape) if np.dtype(kind).kind in "iu" else rng.standard_normal(shape)
    return (drawn + 1j * drawn[::-1] if np.dtype(kind).kind == "c" else drawn).astype(kind)


def update(path):
    return gdal.OpenEx(forced(path), UPDATE)


def series(path, *options, time=5):
    """A cube `u` (time, cells) with its values, closed."""
    ds = make(path, *options)
    group = ds.GetRootGroup()
    steps, zones = group.CreateDimension("time", "TEMPORAL", "", time), cells(group)
    held = numbers(time, 192)
    group.CreateMDArray("time", [steps], number("i4")).Write(np.arange(time, dtype="i4"))
    assert group.CreateMDArray("u", [steps, zones], number("f4")).Write(held) == gdal.CE_None
    return held


# ---- Creating


@pytest.mark.parametrize("zarr_format", FORMATS)
def test_a_new_cube_is_read_equal_by_zarr_xdggs_and_us(exchange, zarr_format):
    path = exchange / "new.dggs.zarr"
    ds = make(path, "LEVEL=4", "DGGRS=HEALPix", f"FORMAT={zarr_format}")
    group = ds.GetRootGroup()
    time, zones = group.CreateDimension("time", "TEMPORAL", "", 3), cells(group, 3072)
    assert [d.GetName() for d in group.GetDimensions()] == ["cells", "time"]
    assert zones.GetType() == "DGGS_ZONE" and zones.GetIndexingVariable().GetName() == "cell_ids"
    held, steps = numbers(3, 3072), np.array([10, 20, 40], "i4")
    group.CreateMDArray("time", [time], number("i4")).Write(steps)
    u = group.CreateMDArray("u", [time, zones], number("f4"))
    assert u.IsWritable() if hasattr(u, "IsWritable") else True
    u.Write(held)
    del u, group, time, zones, ds

    told = reread("zarr", path, exchange / "zarr.npz")
    got = np.load(exchange / "zarr.npz")
    np.testing.assert_array_equal(got["u"], held)
    np.testing.assert_array_equal(got["time"], steps)
    np.testing.assert_array_equal(got["cell_ids"], np.arange(3072, dtype="u8"))
    assert told["/"]["consolidated"]
    assert told["u"]["dtype"] == "float32" and told["cell_ids"]["dtype"] == "uint64"

    [told] = reread("xdggs", exchange / "xdggs.npz", path)
    assert told["grid"]["grid_name"] == "healpix" and told["grid"]["level"] == 4
    assert told["grid"]["indexing_scheme"] == "nested" and told["grid"]["ellipsoid"]["name"] == "WGS84"
    centres = np.load(exchange / "xdggs.npz")
    for name in (str(path), forced(path)):
        ours = gdal.OpenEx(name, gdal.OF_MULTIDIM_RASTER).GetRootGroup()
        np.testing.assert_array_equal(values(ours, "u"), held)
        np.testing.assert_array_equal(values(ours, "cell_ids"), centres["ids0"])
        np.testing.assert_allclose(values(ours, "lat"), centres["lat0"], atol=1e-11)
        apart = (values(ours, "lon") - centres["lon0"] + 180) % 360 - 180
        np.testing.assert_allclose(apart, 0, atol=1e-11)
        info = identity(ours, array(ours, "u"))
        assert (info["DGGRS"], info["REFINEMENT_LEVEL"], info["ELLIPSOID"]) == ("HEALPix", "4", "WGS84")
        assert array(ours, "u").GetDimensions()[0].GetType() == "TEMPORAL"


@pytest.mark.parametrize("zarr_format", FORMATS)
@pytest.mark.parametrize("kind", sorted(TYPES))
def test_every_type_is_read_back_equal(kind, zarr_format, exchange):
    path = exchange / "types.zarr"
    ds = make(path, f"FORMAT={zarr_format}", "COMPRESS=GZIP")
    group = ds.GetRootGroup()
    held = numbers(192, kind=kind)
    u = group.CreateMDArray("u", [cells(group)], number(kind))
    assert u.Write(held.tobytes(), buffer_datatype=number(kind)) == gdal.CE_None
    del u, group, ds
    reread("zarr", path, exchange / "zarr.npz")
    np.testing.assert_array_equal(np.load(exchange / "zarr.npz")["u"], held)
    assert bytes(array(root(path), "u").Read(buffer_datatype=number(kind))) == held.tobytes()
    if zarr_format == "ZARR_V2" and kind in ("u1", "i2", "f4", "f8", "c8"):
        plain = gdal.OpenEx(str(path), gdal.OF_MULTIDIM_RASTER, allowed_drivers=["Zarr"]).GetRootGroup()
        assert bytes(array(plain, "u").Read()) == held.tobytes()


@pytest.mark.parametrize("zarr_format", FORMATS)
@pytest.mark.parametrize(
    "options",
    (
        ["COMPRESS=NONE"], ["COMPRESS=ZSTD", "ZSTD_LEVEL=9"], ["COMPRESS=GZIP", "GZIP_LEVEL=1"],
        ["COMPRESS=BLOSC", "BLOSC_CNAME=zstd", "BLOSC_SHUFFLE=BIT"], ["BLOCKSIZE=2,50"],
    ),
)
def test_every_compressor_and_chunk_shape_is_read_by_gdals_zarr_driver(options, zarr_format, exchange):
    path = exchange / "store.zarr"
    ds = make(path, f"FORMAT={zarr_format}")
    group = ds.GetRootGroup()
    held = numbers(3, 192, kind="i2")
    u = group.CreateMDArray("u", [group.CreateDimension("time", "", "", 3), cells(group)], number("i2"), options)
    u.Write(held)
    if options[0].startswith("BLOCKSIZE"):
        assert u.GetBlockSize() == [2, 50]
    del u, group, ds
    reread("zarr", path, exchange / "zarr.npz")
    np.testing.assert_array_equal(np.load(exchange / "zarr.npz")["u"], held)
    if zarr_format == "ZARR_V2" or VERSION >= 313:
        plain = gdal.OpenEx(str(path), gdal.OF_MULTIDIM_RASTER, allowed_drivers=["Zarr"]).GetRootGroup()
        np.testing.assert_array_equal(values(plain, "u"), held)


@pytest.mark.parametrize("way, zarr_format", zip(["created", "quantised", "quantised in part", "copied"], FORMATS * 2))
def test_ids_are_shuffled_unless_an_option_compresses_them_and_all_read_them_alike(way, zarr_format, exchange):
    path = exchange / "ids.zarr"
    driver, options = gdal.GetDriverByName("DGGS"), [f"FORMAT={zarr_format}"]
    pixels = gdal.GetDriverByName("MEM").Create("", 36, 18, 1, gdal.GDT_Float32)
    pixels.SetGeoTransform([0, 1, 0, 18, 0, -1] if way == "quantised in part" else [-180, 10, 0, 90, 0, -10])
    pixels.SetProjection("EPSG:4326")

    def write(*more):
        if way == "created":
            ds = make(path, "DGGRS=HEALPix", "LEVEL=7", *options, *more)
            cells(ds.GetRootGroup(), 12 * 4**7)
        elif way == "copied":
            driver.CreateCopy(str(path), gdal.OpenEx("DGGS:HEALPix/7", gdal.OF_MULTIDIM_RASTER), options=[*options, *more])
        else:
            driver.CreateCopy(str(path), pixels, options=["DGGRS=HEALPix", "LEVEL=7", *options, *more])

    metadata = path / "cell_ids" / (".zarray" if zarr_format == "ZARR_V2" else "zarr.json")
    write("COMPRESS=ZSTD")
    assert "zstd" in metadata.read_text() and "blosc" not in metadata.read_text()
    write()
    assert "zstd" not in metadata.read_text() and "blosc" in metadata.read_text()
    reread("tensorstore", path, "cell_ids", exchange / "ids.npz")
    ids = np.load(exchange / "ids.npz")["values"]
    reread("zarr", path, exchange / "zarr.npz")
    reread("xdggs", exchange / "xdggs.npz", path)
    readers = {"zarr-python": np.load(exchange / "zarr.npz")["cell_ids"], "xdggs": np.load(exchange / "xdggs.npz")["ids0"]}
    readers["ours"] = values(root(path), "cell_ids")
    if zarr_format == "ZARR_V2" or VERSION >= 313:
        readers["Zarr"] = values(gdal.OpenEx(str(path), gdal.OF_MULTIDIM_RASTER, allowed_drivers=["Zarr"]).GetRootGroup(), "cell_ids")
    if way == "quantised in part":
        assert 0 < len(ids) < 12 * 4**7 and (np.diff(ids.astype("i8")) > 0).all()
    else:
        np.testing.assert_array_equal(ids, np.arange(12 * 4**7))
    for name, read in readers.items():
        np.testing.assert_array_equal(read, ids, name)
    stored = [file for file in (path / "cell_ids").rglob("*") if file.is_file() and not file.name.startswith((".z", "zarr.json"))]
    assert sum(file.stat().st_size for file in stored) < ids.nbytes / 25


FAMILIES = {
    "HEALPix": (3, 768), "H3": (1, 842), "rHEALPix": (2, 486), "ISEA3H": (3, 272), "ISEA4H": (3, 642), "ISEA7H": (2, 492),
    "ISEA4T": (2, 320), "ISEA4D": (3, 640), "IGEO7": (2, 492),
}


@pytest.mark.parametrize("dggrs", sorted(FAMILIES))
@pytest.mark.parametrize("convention", ["AUTO", "XDGGS"])
def test_every_family_is_told_and_found_again(dggrs, convention, exchange):
    level, count = FAMILIES[dggrs]
    path = exchange / "family.zarr"
    ds = make(path, f"DGGRS={dggrs}", f"LEVEL={level}", f"CONVENTION={convention}")
    group = ds.GetRootGroup()
    held = numbers(count, kind="f8")
    group.CreateMDArray("u", [cells(group, count)], number("f8")).Write(held)
    del group, ds
    ours, alone = root(path), gdal.OpenEx(f"DGGS:{dggrs}/{level}", gdal.OF_MULTIDIM_RASTER).GetRootGroup()
    known = identity(alone, array(alone, "zone_id"))
    told = identity(ours, array(ours, "u"))
    for key in ("DGGRS", "REFINEMENT_LEVEL", "INDEXING_SCHEME", "ELLIPSOID"):
        assert told[key] == known[key], key
    np.testing.assert_array_equal(values(ours, "lon"), values(alone, "lon"))
    np.testing.assert_array_equal(values(ours, "lat"), values(alone, "lat"))
    np.testing.assert_array_equal(values(ours, "u"), held)


@pytest.mark.parametrize("convention", ["XDGGS", "ZARR_DGGS", "ZARR_DGGS_C", "CF"])
@pytest.mark.parametrize("indexing", ["nested", "ring"])
def test_every_convention_of_healpix_is_told_and_found_again(convention, indexing, exchange):
    path = exchange / "healpix.zarr"
    ds = make(path, f"CONVENTION={convention}", f"INDEXING={indexing}", "DGGRS=HEALPix", "LEVEL=2", "ELLIPSOID=sphere")
    group = ds.GetRootGroup()
    group.CreateMDArray("u", [cells(group)], number("f4")).Write(numbers(192))
    del group, ds
    alone = gdal.OpenEx("DGGS:HEALPix/2", gdal.OF_MULTIDIM_RASTER, open_options=[f"INDEXING={indexing}", "ELLIPSOID=sphere"])
    ours = root(path)
    told = identity(ours, array(ours, "u"))
    assert (told["INDEXING_SCHEME"], told["CONVENTION"]) == (indexing, convention.replace("_C", "") if convention != "CF" else "CF")
    assert told["ELLIPSOID"].startswith("sphere")
    np.testing.assert_array_equal(values(ours, "lat"), values(alone.GetRootGroup(), "lat"))


def test_the_data_spec_puts_zones_on_its_own_dimensions():
    ds = make("/vsimem/spec.dggs.zarr", "DGGRS=ISEA4H", "LEVEL=3", "CONVENTION=DGGS_SPEC", "INDEXING=Q2DI")
    group = ds.GetRootGroup()
    with messages() as seen:
        assert cells(group, 642) is None
    [said] = failures(seen)
    assert "CONVENTION=DGGS_SPEC" in said and "type DGGS_ZONE" in said
    wanted = [w.split(" ") for w in said.split("the dimensions ")[1].split(": create")[0].split(", ")]
    zones = [cells(group, int(size.strip("()")), name) for name, size in wanted]
    shape = [d.GetSize() for d in zones]
    held = numbers(*shape, kind="f8")
    group.CreateMDArray("u", zones, number("f8")).Write(held)
    del group, zones, ds
    ours = root("/vsimem/spec.dggs.zarr")
    assert identity(ours, array(ours, "u"))["CONVENTION"] == "DGGS_SPEC"
    assert [d.GetType() for d in array(ours, "u").GetDimensions()] == ["DGGS_ZONE"] * len(shape)
    np.testing.assert_array_equal(values(ours, "u"), held)


def test_a_sparse_cube_has_the_ids_that_were_written(exchange):
    path, ids = exchange / "sparse.zarr", np.array([3, 4, 90, 191], "u8")
    ds = make(path)
    group = ds.GetRootGroup()
    zones = cells(group, 4)
    group.CreateMDArray("u", [zones], number("f4")).Write(np.arange(4, dtype="f4"))
    assert zones.GetIndexingVariable().Write(ids) == gdal.CE_None
    del group, zones, ds
    ours = root(path)
    np.testing.assert_array_equal(values(ours, "cell_ids"), ids)
    alone = gdal.OpenEx("DGGS:HEALPix/2", gdal.OF_MULTIDIM_RASTER).GetRootGroup()
    np.testing.assert_array_equal(values(ours, "lat"), values(alone, "lat")[ids.astype(int)])
    [told] = reread("xdggs", exchange / "xdggs.npz", path)
    np.testing.assert_array_equal(np.load(exchange / "xdggs.npz")["ids0"], ids)


@pytest.mark.parametrize(
    "ids,said", [(None, "were not written"), ([1, 2, 3, 192], "no zone"), ([5], "3 of the 4 zone ids were not written")]
)
def test_a_sparse_cube_without_its_ids_is_an_error_on_closing(ids, said):
    ds = make("/vsimem/sparse.zarr")
    group = ds.GetRootGroup()
    zones = cells(group, 4)
    group.CreateMDArray("u", [zones], number("f4")).Write(np.arange(4, dtype="f4"))
    if ids:
        zones.GetIndexingVariable().Write(np.array(ids, "u8"), [0], [len(ids)])
    with messages() as seen:
        closed = ds.Close() if VERSION >= 308 else ds.FlushCache()
        del group, zones, ds
    assert any(said in message and "cell_ids" in message for message in failures(seen)), seen
    if VERSION >= 308:
        assert closed != gdal.CE_None


def test_a_level_comes_from_the_size_where_it_is_not_said_and_groups_may_have_their_own():
    ds = make("/vsimem/levels.zarr", "DGGRS=HEALPix", "LEVEL=3")
    group = ds.GetRootGroup()
    group.CreateMDArray("u", [cells(group, 768)], number("f4")).Write(numbers(768))
    coarse = group.CreateGroup("2", ["LEVEL=2"])
    coarse.CreateMDArray("u", [cells(coarse, 192)], number("f4")).Write(numbers(192))
    coarsest = group.CreateGroup("1")
    coarsest.CreateMDArray("u", [cells(coarsest, 48, options=["LEVEL=1"])], number("f4")).Write(numbers(48))
    del coarse, coarsest, group, ds
    ours = root("/vsimem/levels.zarr")
    for path, level in (("u", "3"), ("2/u", "2"), ("1/u", "1")):
        assert identity(ours, array(ours, path))["REFINEMENT_LEVEL"] == level
    ds = gdal.GetDriverByName("DGGS").CreateMultiDimensional("/vsimem/one.zarr", [], ["DGGRS=HEALPix"])
    group = ds.GetRootGroup()
    group.CreateMDArray("u", [cells(group, 48)], number("f4")).Write(numbers(48))
    with messages() as seen:
        assert cells(group, 50, "more") is None
    assert "LEVEL" in failures(seen)[0]


def test_a_group_has_one_zone_axis_unless_the_convention_can_tell_more(exchange):
    ds = make("/vsimem/two.zarr")
    group = ds.GetRootGroup()
    cells(group)
    with messages() as seen:
        assert cells(group, 48, "coarse", ["LEVEL=1"]) is None
    assert "XDGGS" in failures(seen)[0] and "cells" in failures(seen)[0]
    ds = make(exchange / "two.zarr", "CONVENTION=XDGGS")
    group = ds.GetRootGroup()
    for size, name, options in ((192, "cells", []), (48, "coarse", ["LEVEL=1"])):
        zones = cells(group, size, name, options)
        group.CreateMDArray(f"u_{name}", [zones], number("f4")).Write(numbers(size))
    del zones, group, ds
    ours = root(exchange / "two.zarr")
    for name, level in (("cells", "2"), ("coarse", "1")):
        assert identity(ours, array(ours, f"u_{name}"))["REFINEMENT_LEVEL"] == level
        np.testing.assert_array_equal(values(ours, f"u_{name}"), numbers(192 if level == "2" else 48))


def test_chunks_are_coarser_zones_and_shards_larger_ones(exchange):
    path = exchange / "chunks.zarr"
    ds = make(path, "DGGRS=HEALPix", "LEVEL=5", "CHUNK_LEVEL=3", "SHARD_LEVEL=1")
    group = ds.GetRootGroup()
    zones, steps = cells(group, 12288), group.CreateDimension("time", "", "", 40)
    u = group.CreateMDArray("u", [steps, zones], number("f4"))
    v = group.CreateMDArray("v", [zones, steps], number("f4"), ["CHUNK_LEVEL=2", "SHARDSIZE=NONE"])
    assert u.GetBlockSize() == [16, 256] and v.GetBlockSize() == [64, 16]
    for one in (u, v):
        one.Write(np.zeros([d.GetSize() for d in one.GetDimensions()], "f4"), [0, 0])
    del u, v, zones, steps, group, ds
    told = reread("zarr", path, exchange / "zarr.npz")
    assert (told["u"]["chunks"], told["u"]["shards"]) == ([16, 16], [16, 256])
    assert (told["v"]["chunks"], told["v"]["shards"]) == ([64, 16], None)


@pytest.mark.parametrize(
    "options,said",
    [
        (["DGGRS=Foo"], "Foo"), (["DGGRS=HEALPix", "LEVEL=99"], "LEVEL=99"), (["DGGRS=HEALPix", "LEVEL=AUTO"], "AUTO"),
        (["DGGRS=H3", "LEVEL=1", "ELLIPSOID=sphere"], "H3"), (["FORMAT=ZARR_V4"], "FORMAT=ZARR_V4"), (["COMPRESS=LZW"], "COMPRESS=LZW"),
        (["CONVENTION=X"], "CONVENTION"), (["FORMAT=ZARR_V2", "SHARD_LEVEL=1"], "SHARD_LEVEL"),
    ],
)
def test_creation_options_that_make_no_sense_are_errors_that_name_them(options, said):
    with messages() as seen:
        ds = gdal.GetDriverByName("DGGS").CreateMultiDimensional("/vsimem/bad.zarr", [], options)
    assert ds is None
    assert said in failures(seen)[-1]
    assert gdal.VSIStatL("/vsimem/bad.zarr") is None


def test_only_zarr_stores_and_empty_folders_are_replaced(exchange):
    other = exchange / "photos.zarr"
    other.mkdir()
    (other / "precious.txt").write_text("do not delete")
    file = exchange / "file.zarr"
    file.write_text("neither this")
    for path in (other, file, f"DGGS:{exchange}/new.zarr", f'DGGS:"{exchange}/new.zarr"'):
        with messages() as seen:
            assert make(path) is None
        assert failures(seen), path
    assert (other / "precious.txt").read_text() == "do not delete" and file.read_text() == "neither this"
    empty = exchange / "empty.zarr"
    empty.mkdir()
    series(empty)
    series(empty, time=2)
    assert values(root(empty), "u").shape == (2, 192)


def test_what_cannot_be_created_is_an_error_that_says_why():
    ds = make("/vsimem/errors.zarr")
    group = ds.GetRootGroup()
    zones, time = cells(group), group.CreateDimension("time", "", "", 2)
    group.CreateMDArray("u", [zones], number("f4"))
    below = group.CreateGroup("below")
    longer = make("/vsimem/other.zarr").GetRootGroup().CreateDimension("time", "", "", 5)
    complex_struct = gdal.ExtendedDataType.CreateCompound(
        "s", 16, [gdal.EDTComponent.Create("a", 0, text()), gdal.EDTComponent.Create("b", 8, number("f8"))]
    )
    for attempt, said in [
        (lambda: group.CreateDimension("time", "", "", 2), "time"),
        (lambda: cells(group, 200, "more"), "192 zones"),
        (lambda: group.CreateMDArray("u", [zones], number("f4")), "already"),
        (lambda: group.CreateGroup("u"), "already"),
        (lambda: group.CreateGroup("a/b"), "a/b"),
        (lambda: group.CreateMDArray("", [zones], number("f4")), "name"),
        (lambda: group.CreateMDArray("cell_ids", [time], number("u8")), "zone ids"),
        (lambda: group.CreateMDArray("v", [zones], number("f4"), ["BLOCKSIZE=1,2"]), "BLOCKSIZE"),
        (lambda: group.CreateMDArray("v", [zones], number("f4"), ["COMPRESS=X"]), "COMPRESS=X"),
        (lambda: group.CreateMDArray("v", [zones], complex_struct), "v"),
        (lambda: below.CreateMDArray("u", [zones], number("f4")), "cells"),
        (lambda: group.CreateMDArray("v", [longer], number("f4")), "time has 2 positions"),
        (lambda: group.CreateAttribute("a", [2, 2], number("f4")), "dimensions"),
        (lambda: group.CreateAttribute("a", [], number("c8")), "complex"),
    ]:
        with messages() as seen:
            assert attempt() is None
        assert said in " ".join(failures(seen)), seen
    plain = gdal.GetDriverByName("DGGS").CreateMultiDimensional("/vsimem/plain.zarr", [], [])
    with messages() as seen:
        assert cells(plain.GetRootGroup()) is None
    assert "DGGRS" in failures(seen)[0]


# ---- Writing elements


@pytest.mark.parametrize("zarr_format", FORMATS)
def test_any_window_of_any_type_and_stride_is_written_as_numpy_would(zarr_format):
    ds = make("/vsimem/windows.zarr", f"FORMAT={zarr_format}")
    group = ds.GetRootGroup()
    zones, steps = cells(group), group.CreateDimension("time", "", "", 7)
    u = group.CreateMDArray("u", [steps, zones], number("f4"), ["BLOCKSIZE=3,40"])
    expected = np.zeros((7, 192), "f4")
    assert u.Write(expected) == gdal.CE_None
    rng = np.random.default_rng(5)
    for _ in range(30):
        index, start, count, step = [], [], [], []
        for size in expected.shape:
            n = int(rng.integers(1, 6))
            s = int(rng.integers(1, max(2, size // n)))
            first = int(rng.integers(0, size - (n - 1) * s))
            positions = first + s * np.arange(n)
            if rng.random() < 0.4:
                positions = positions[::-1]
            index.append(positions)
            start.append(int(positions[0]))
            count.append(n)
            step.append(int(positions[1] - positions[0]) if n > 1 else 1)
        kind = rng.choice(["f8", "i2", "u1", "f4"])
        block = rng.integers(0, 100, count).astype(kind)
        # elements lie transposed in the buffer
        stride = [1, count[0]]
        assert u.Write(np.ascontiguousarray(block.T).tobytes(), start, count, step, stride, number(kind)) == gdal.CE_None
        expected[np.ix_(*index)] = block
    np.testing.assert_array_equal(u.ReadAsArray(), expected)
    del u, zones, steps, group, ds
    np.testing.assert_array_equal(values(root("/vsimem/windows.zarr"), "u"), expected)


def test_a_window_outside_the_array_is_an_error_and_writes_nothing():
    ds = make("/vsimem/outside.zarr")
    group = ds.GetRootGroup()
    u = group.CreateMDArray("u", [cells(group)], number("i4"))
    u.Write(np.ones(192, "i4"))
    for start, count, step in (([190], [5], [1]), ([3], [5], [-1]), ([0], [3], [100])):
        with messages() as seen:
            assert u.Write(np.full(count, 9, "i4"), start, count, step) != gdal.CE_None
        assert failures(seen)
    assert (u.ReadAsArray() == 1).all()


@pytest.mark.parametrize("zarr_format", FORMATS)
def test_texts_are_written(exchange, zarr_format):
    path = exchange / "texts.zarr"
    ds = make(path, f"FORMAT={zarr_format}")
    group = ds.GetRootGroup()
    few = group.CreateDimension("few", "", "", 3)
    words = ["Grüße", "", "a longer text than the others"]
    any_length = group.CreateMDArray("any", [few], text())
    assert any_length.Write(words) == gdal.CE_None
    assert any_length.Write(["x"], [1], [1]) == gdal.CE_None
    fixed = group.CreateMDArray("fixed", [few], text(10))
    assert fixed.Write(["ab", "1234567890", ""]) == gdal.CE_None
    if fixed.GetDataType().GetMaxStringLength():
        with messages() as seen:
            assert fixed.Write(["12345678901"], [0], [1]) != gdal.CE_None
        assert "fixed" in failures(seen)[0]
    else:
        # Zarr V3 has no texts of fixed length that others read
        assert zarr_format == "ZARR_V3"
    cells_made = cells(group)
    group.CreateMDArray("u", [cells_made], number("f4"))
    del any_length, fixed, cells_made, few, group, ds
    ours = root(path)
    assert values(ours, "any") == [words[0], "x", words[2]]
    assert values(ours, "fixed") == ["ab", "1234567890", ""]
    reread("zarr", path, exchange / "zarr.npz")
    got = np.load(exchange / "zarr.npz")
    assert got["any"].tolist() == [words[0], "x", words[2]]
    assert [w.decode() if isinstance(w, bytes) else w for w in got["fixed"].tolist()] == ["ab", "1234567890", ""]


@pytest.mark.parametrize("zarr_format", FORMATS)
def test_structures_are_written(zarr_format):
    kind = np.dtype([("a", "i4"), ("b", "f8")], align=True)
    compound = gdal.ExtendedDataType.CreateCompound(
        "pair", 16, [gdal.EDTComponent.Create("a", 0, number("i4")), gdal.EDTComponent.Create("b", 8, number("f8"))]
    )
    ds = make("/vsimem/pairs.zarr", f"FORMAT={zarr_format}")
    group = ds.GetRootGroup()
    with messages() as seen:
        pairs = group.CreateMDArray("pairs", [cells(group)], compound)
    if pairs is None:
        # Zarr V3 has no structures that others read.
        assert zarr_format == "ZARR_V3" and "pairs" in failures(seen)[0]
        return
    held = np.zeros(192, kind)
    held["a"], held["b"] = np.arange(192), np.arange(192) / 4
    assert pairs.Write(held.tobytes(), buffer_datatype=compound) == gdal.CE_None
    assert pairs.Write(held[:2].tobytes(), [7], [2], buffer_datatype=compound) == gdal.CE_None
    held[7:9] = held[:2]
    del pairs, group, ds
    got = array(root("/vsimem/pairs.zarr"), "pairs")
    assert np.frombuffer(got.Read(), kind).tolist() == held.tolist()


# ---- Attributes and properties


@pytest.mark.parametrize("zarr_format", FORMATS)
def test_attributes_of_all_types_are_written_and_read(exchange, zarr_format):
    path = exchange / "attributes.zarr"
    ds = make(path, f"FORMAT={zarr_format}")
    group = ds.GetRootGroup()
    u = group.CreateMDArray("u", [cells(group)], number("f4"))
    as_json = gdal.ExtendedDataType.CreateString(0, gdal.GEDTST_JSON)
    written = {
        "text": ("Grüße", text(), []), "texts": (["a", "bc", ""], text(), [3]), "int": (-7, number("i4"), []),
        "byte": (200, number("u1"), []), "ints": ([1, 2, 3], number("i2"), [3]), "double": (1.5, number("f8"), []),
        "doubles": ([0.5, 1e300], number("f8"), [2]), "float": (0.25, number("f4"), []),
        "object": ('{"a":[1,{"b":null}]}', as_json, []), "one": ([5], number("i4"), [1]), "none": ("not json", as_json, []),
    }
    for holder in (group, u):
        for name, (value, kind, shape) in written.items():
            attribute = holder.CreateAttribute(name, shape, kind)
            assert attribute.Write(value) == gdal.CE_None, name
        with messages() as seen:
            assert holder.CreateAttribute("text", [], text()) is None
        assert "text" in failures(seen)[0]
    u.GetAttribute("int").Write(8)
    del attribute, holder, u, group, ds
    ours = root(path)
    raw = reread("zarr", path, exchange / "zarr.npz")
    for holder, stored, number_of in ((ours, raw["/"]["attributes"], -7), (array(ours, "u"), raw["u"]["attributes"], 8)):
        got = attributes(holder)
        assert got["text"] == "Grüße" and got["texts"] == ["a", "bc", ""] and got["int"] == number_of
        assert got["byte"] == 200 and tuple(got["ints"]) == (1, 2, 3) and tuple(got["doubles"]) == (0.5, 1e300)
        assert json.loads(got["object"] if isinstance(got["object"], str) else json.dumps(got["object"])) == {"a": [1, {"b": None}]}
        assert stored["object"] == {"a": [1, {"b": None}]} and stored["one"] == [5] and stored["none"] == "not json"
        assert isinstance(stored["int"], int) and isinstance(stored["double"], float)


@pytest.mark.skipif(VERSION < 308, reason="this GDAL cannot delete or rename attributes")
def test_attributes_are_deleted_and_renamed():
    series("/vsimem/attributes.zarr")
    ds = update("/vsimem/attributes.zarr")
    group = ds.GetRootGroup()
    u = group.OpenMDArray("u")
    for holder in (group, u):
        for name in ("stays", "goes", "old"):
            holder.CreateAttribute(name, [], text()).Write(name)
        assert holder.DeleteAttribute("goes") == gdal.CE_None
        with messages() as seen:
            assert holder.DeleteAttribute("goes") != gdal.CE_None
        assert "goes" in failures(seen)[0]
        renamed = holder.GetAttribute("old")
        assert renamed.Rename("new") == gdal.CE_None and renamed.GetName() == "new"
    del renamed, holder, u, group, ds
    ours = root("/vsimem/attributes.zarr")
    for holder in (ours, array(ours, "u")):
        got = attributes(holder)
        assert got["stays"] == "stays" and got["new"] == "old" and "goes" not in got and "old" not in got


@pytest.mark.parametrize("zarr_format", FORMATS)
def test_unit_scale_offset_and_nodata_are_kept_and_decoded_by_xarray(exchange, zarr_format):
    path = exchange / "properties.zarr"
    ds = make(path, f"FORMAT={zarr_format}")
    group = ds.GetRootGroup()
    packed = group.CreateMDArray("packed", [cells(group)], number("i2"))
    assert packed.GetNoDataValue() is None and packed.GetScale() is None and packed.GetUnit() == ""
    for call in (lambda: packed.SetNoDataValueDouble(-99), lambda: packed.SetUnit("K"), lambda: packed.SetScale(0.5), lambda: packed.SetOffset(200)):
        assert call() == gdal.CE_None
    assert (packed.GetNoDataValue(), packed.GetUnit(), packed.GetScale(), packed.GetOffset()) == (-99, "K", 0.5, 200)
    packed.Write(np.array([10, -99, 30], "i2"), [0], [3])
    del packed, group, ds
    ours = array(root(path), "packed")
    assert (ours.GetNoDataValue(), ours.GetUnit(), ours.GetScale(), ours.GetOffset()) == (-99, "K", 0.5, 200)
    assert ours.ReadAsArray()[:4].tolist() == [10, -99, 30, -99]
    told = reread("xarray", path, "/", exchange / "x.npz")
    got = np.load(exchange / "x.npz")["packed"]
    np.testing.assert_array_equal(got[:4], [205, np.nan, 215, np.nan])
    assert told["packed"]["units"] == "K"


def test_floats_that_were_not_written_are_nan_and_say_so():
    ds = make("/vsimem/missing.zarr")
    group = ds.GetRootGroup()
    zones = cells(group)
    for name in ("f4", "f8", "i2"):
        group.CreateMDArray(name, [zones], number(name))
    del zones, group, ds
    ours = root("/vsimem/missing.zarr")
    assert np.isnan(values(ours, "f4")).all() and np.isnan(array(ours, "f8").GetNoDataValue())
    # zero is a value: nobody chose it to mark what is missing
    assert (values(ours, "i2") == 0).all() and array(ours, "i2").GetNoDataValue() is None


@pytest.mark.parametrize("zarr_format", FORMATS)
def test_the_crs_is_the_grids_until_another_is_set(exchange, zarr_format):
    path = exchange / "crs.zarr"
    ds = make(path, f"FORMAT={zarr_format}")
    group = ds.GetRootGroup()
    zones = cells(group)
    u, v, w = (group.CreateMDArray(name, [zones], number("f4")) for name in "uvw")
    other = osr.SpatialReference()
    other.ImportFromEPSG(4258)
    assert v.SetSpatialRef(other) == gdal.CE_None
    assert w.SetSpatialRef(other) == gdal.CE_None and w.SetSpatialRef(None) == gdal.CE_None
    assert v.GetSpatialRef().GetAuthorityCode(None) == "4258"
    del u, v, w, zones, group, ds
    raw = reread("zarr", path, exchange / "zarr.npz")
    for name, code in (("u", "4326"), ("v", "4258"), ("w", "4326")):
        crs = raw[name]["attributes"]["_CRS"]
        assert crs["url"] == f"http://www.opengis.net/def/crs/EPSG/0/{code}"
        assert crs["wkt"].startswith("GEOGCRS[") and crs["projjson"]["id"] == {"authority": "EPSG", "code": int(code)}
        found = array(root(path), name).GetSpatialRef()
        assert found.GetAuthorityCode(None) == code
        if zarr_format == "ZARR_V2":
            plain = gdal.OpenEx(str(path), gdal.OF_MULTIDIM_RASTER, allowed_drivers=["Zarr"]).GetRootGroup()
            assert array(plain, name).GetSpatialRef().GetAuthorityCode(None) == code
    assert "_CRS" not in raw["cell_ids"]["attributes"]


def test_an_array_option_that_there_is_none_of_is_named_with_those_that_there_are():
    group = make("/vsimem/unknown-option.zarr").GetRootGroup()
    zones = cells(group)
    with messages() as seen:
        group.CreateMDArray("u", [zones], number("f4"), ["compress=gzip", "TILED=YES", "Blocksize=192"])
    (said,) = [text for _, text in seen]
    listed = gdal.GetDriverByName("DGGS").GetMetadataItem("DMD_MULTIDIM_ARRAY_CREATIONOPTIONLIST")
    names = [option.get("name") for option in ET.fromstring(listed)]
    told, known = said.split(";")
    assert "/u" in told and "TILED" in told and "BLOCKSIZE" not in told.upper()
    assert known.split(" are ")[1].split(", ") == names
    with messages() as seen:
        group.CreateMDArray("v", [zones], number("f4"), ["compress=gzip", "Blocksize=192"])
    assert seen == []


# ---- Updating


@pytest.mark.parametrize("zarr_format", FORMATS)
def test_a_cube_is_updated_in_place_and_keeps_its_grid(exchange, zarr_format):
    path = exchange / "update.zarr"
    held = series(path, f"FORMAT={zarr_format}")
    ds = update(path)
    group = ds.GetRootGroup()
    u = group.OpenMDArray("u")
    assert group.GetStructuralInfo()["DGGRS"] == "HEALPix" and u.GetCoordinateVariables()[0].GetName() == "lon"
    held[2, 5:9] = [1, 2, 3, 4]
    assert u.Write(held[2, 5:9], [2, 5], [1, 4]) == gdal.CE_None
    u.CreateAttribute("long_name", [], text()).Write("updated")
    group.CreateAttribute("title", [], text()).Write("a cube")
    v = group.CreateMDArray("v", u.GetDimensions(), number("i2"))
    v.Write(np.full((5, 192), 7, "i2"))
    assert v.GetSpatialRef().GetAuthorityCode(None) == "4326"
    with messages() as seen:
        assert array(group, "lon").Write(np.zeros(192)) != gdal.CE_None
    assert "lon" in failures(seen)[0]
    del u, v, group, ds
    ours = root(path)
    np.testing.assert_array_equal(values(ours, "u"), held)
    assert attributes(array(ours, "u"))["long_name"] == "updated" and attributes(ours)["title"] == "a cube"
    assert (values(ours, "v") == 7).all() and identity(ours, array(ours, "v"))["DGGRS"] == "HEALPix"
    told = reread("zarr", path, exchange / "zarr.npz")
    got = np.load(exchange / "zarr.npz")
    np.testing.assert_array_equal(got["u"], held)
    assert told["/"]["consolidated"] and told["u"]["attributes"]["long_name"] == "updated" and "v" in told


def test_a_store_that_is_found_by_its_metadata_is_updated(exchange):
    ds = make(exchange / "plain.zarr", "CONVENTION=XDGGS")
    group = ds.GetRootGroup()
    group.CreateMDArray("u", [cells(group)], number("f4")).Write(numbers(192))
    del group, ds
    with messages() as seen:
        ds = gdal.OpenEx(str(exchange / "plain.zarr"), UPDATE)
    assert ds.GetDriver().ShortName == "DGGS" and failures(seen) == []


def test_without_update_nothing_is_written():
    held = series("/vsimem/readonly.zarr")
    ours = root("/vsimem/readonly.zarr")
    u = array(ours, "u")
    attempts = [
        lambda: u.Write(held), lambda: u.SetUnit("m"), lambda: u.SetNoDataValueDouble(1), lambda: u.SetScale(2),
        lambda: u.CreateAttribute("a", [], text()), lambda: ours.CreateAttribute("a", [], text()),
        lambda: ours.CreateGroup("g"), lambda: ours.CreateDimension("d", "", "", 1), lambda: u.SetOffset(2),
        lambda: ours.CreateMDArray("v", u.GetDimensions(), number("f4")), lambda: u.SetSpatialRef(None),
    ]
    for attempt in attempts:
        with messages() as seen:
            assert attempt() not in (gdal.CE_None,)
        assert "reading only" in failures(seen)[0], seen


@pytest.mark.skipif(VERSION < 307, reason="this GDAL cannot resize arrays")
@pytest.mark.parametrize("zarr_format", FORMATS)
def test_time_grows_and_shrinks_for_all_arrays_on_it_and_zones_do_not(exchange, zarr_format):
    path = exchange / "resize.zarr"
    held = series(path, f"FORMAT={zarr_format}")
    ds = update(path)
    group = ds.GetRootGroup()
    u, time = group.OpenMDArray("u"), group.OpenMDArray("time")
    dimension = u.GetDimensions()[0]
    assert u.Resize([8, 192]) == gdal.CE_None
    assert dimension.GetSize() == 8 and time.GetDimensions()[0].GetSize() == 8
    u.Write(np.full((3, 192), 5, "f4"), [5, 0], [3, 192])
    time.Write(np.array([5, 6, 7], "i4"), [5], [3])
    for sizes in ([8, 193], [8], [8, 192, 1]):
        with messages() as seen:
            assert u.Resize(sizes) != gdal.CE_None
        assert failures(seen)
    del u, time, dimension, group, ds
    ours = root(path)
    np.testing.assert_array_equal(values(ours, "u"), np.concatenate([held, np.full((3, 192), 5, "f4")]))
    assert values(ours, "time").tolist() == list(range(8))
    ds = update(path)
    group = ds.GetRootGroup()
    assert group.OpenMDArray("time").Resize([2]) == gdal.CE_None
    del group, ds
    reread("zarr", path, exchange / "zarr.npz")
    got = np.load(exchange / "zarr.npz")
    np.testing.assert_array_equal(got["u"], held[:2])
    assert got["time"].tolist() == [0, 1]


@pytest.mark.skipif(VERSION < 308, reason="this GDAL cannot rename or delete")
@pytest.mark.parametrize("zarr_format", FORMATS)
def test_groups_and_arrays_are_renamed_and_deleted(exchange, zarr_format):
    path = exchange / "rename.zarr"
    held = series(path, f"FORMAT={zarr_format}")
    ds = update(path)
    group = ds.GetRootGroup()
    u = group.OpenMDArray("u")
    assert u.Rename("wind") == gdal.CE_None
    assert (u.GetName(), u.GetFullName()) == ("wind", "/wind")
    np.testing.assert_array_equal(u.ReadAsArray(), held)
    below = group.CreateGroup("below")
    few = below.CreateDimension("few", "", "", 2)
    inner = below.CreateMDArray("inner", [few], number("i4"))
    inner.Write(np.array([4, 5], "i4"))
    assert below.Rename("above") == gdal.CE_None
    assert (below.GetFullName(), inner.GetFullName()) == ("/above", "/above/inner")
    assert inner.ReadAsArray().tolist() == [4, 5]
    group.CreateGroup("empty")
    assert group.DeleteGroup("empty") == gdal.CE_None and group.GetGroupNames() == ["above"]
    spare = group.CreateMDArray("spare", [group.GetDimensions()[0]], number("f4"))
    assert group.DeleteMDArray("spare") == gdal.CE_None
    for attempt in (
        lambda: spare.Write(np.zeros(192, "f4")), lambda: group.DeleteMDArray("spare"), lambda: group.DeleteGroup("spare"),
        lambda: u.Rename("time"), lambda: group.Rename("x"), lambda: u.Rename("a/b"), lambda: group.DeleteMDArray("lon"),
    ):
        with messages() as seen:
            assert attempt() != gdal.CE_None
        assert failures(seen)
    del u, below, few, inner, spare, group, ds
    ours = root(path)
    np.testing.assert_array_equal(values(ours, "wind"), held)
    assert values(ours, "above/inner").tolist() == [4, 5]
    assert "u" not in ours.GetMDArrayNames() and "spare" not in ours.GetMDArrayNames()
    told = reread("zarr", path, exchange / "zarr.npz")
    assert {"wind", "above", "above/inner"} < set(told) and not {"u", "below", "spare", "empty"} & set(told)


@pytest.mark.skipif(VERSION < 308, reason="this GDAL cannot rename or delete")
def test_zone_ids_are_neither_renamed_nor_deleted():
    ds = make("/vsimem/ids.zarr")
    ds.GetRootGroup().CreateMDArray("u", [cells(ds.GetRootGroup())], number("f4"))
    for group in (ds.GetRootGroup(), None):
        if group is None:
            del ds, ids
            group = update("/vsimem/ids.zarr").GetRootGroup()
        ids = group.OpenMDArray("cell_ids")
        for attempt in (lambda: ids.Rename("x"), lambda: group.DeleteMDArray("cell_ids")):
            with messages() as seen:
                assert attempt() != gdal.CE_None
            assert "zone ids" in failures(seen)[0]


def test_arrays_outlive_their_data_set_and_are_flushed_by_the_last():
    ds = make("/vsimem/outlive.zarr")
    group = ds.GetRootGroup()
    u = group.CreateMDArray("u", [cells(group)], number("f4"))
    del group, ds
    u.Write(np.arange(192, dtype="f4"))
    u.SetUnit("late")
    del u
    ours = root("/vsimem/outlive.zarr")
    assert values(ours, "u").tolist() == list(range(192)) and array(ours, "u").GetUnit() == "late"


def test_a_flushed_cube_is_readable_while_it_is_still_open():
    ds = make("/vsimem/open.zarr")
    group = ds.GetRootGroup()
    u = group.CreateMDArray("u", [cells(group)], number("f4"))
    u.Write(np.ones(192, "f4"))
    with messages() as seen:
        assert gdal.OpenEx("/vsimem/open.zarr", gdal.OF_MULTIDIM_RASTER, allowed_drivers=["DGGS"]) is None
    assert failures(seen)
    ds.FlushCache()
    assert (values(root("/vsimem/open.zarr"), "u") == 1).all()
    assert values(root("/vsimem/open.zarr"), "cell_ids").tolist() == list(range(192))


@pytest.mark.skipif(os.geteuid() == 0 and not os.path.exists("/dev/full"), reason="no device that is always full")
def test_an_error_in_writing_reaches_the_caller(exchange):
    series(exchange / "broken.zarr")
    ds = update(exchange / "broken.zarr")
    u = ds.GetRootGroup().OpenMDArray("u")
    u.SetUnit("m")
    # what was a folder of chunks is a file now: nothing can be written below it
    import shutil

    shutil.rmtree(exchange / "broken.zarr" / "u")
    (exchange / "broken.zarr" / "u").write_text("")
    with messages() as seen:
        assert u.Write(numbers(5, 192)) != gdal.CE_None
    assert "broken.zarr" in failures(seen)[0]
    with messages() as seen:
        closed = ds.Close() if VERSION >= 308 else ds.FlushCache()
        del u, ds
    assert any("broken.zarr" in message for message in failures(seen))
    if VERSION >= 308:
        assert closed != gdal.CE_None


def test_gdals_own_copy_from_another_driver_makes_a_cube(exchange):
    """GDALGroup::CopyFrom() is what programs use that copy group by group."""
    series(exchange / "source.zarr")
    source = root(exchange / "source.zarr")
    target = make(exchange / "target.zarr")
    group = target.GetRootGroup()
    u = array(source, "u")
    dimensions = [group.CreateDimension(d.GetName(), d.GetType(), d.GetDirection(), d.GetSize()) for d in u.GetDimensions()]
    group.CreateMDArray("u", dimensions, u.GetDataType()).Write(u.ReadAsArray())
    del dimensions, group, target
    np.testing.assert_array_equal(values(root(exchange / "target.zarr"), "u"), u.ReadAsArray())


# ---- What the driver says of itself


def test_the_driver_declares_what_can_be_created():
    driver = gdal.GetDriverByName("DGGS")
    told = driver.GetMetadata()
    assert told["DCAP_CREATE_MULTIDIMENSIONAL"] == "YES" and "DCAP_CREATE" not in told
    for what in ("DATASET", "GROUP", "DIMENSION", "ARRAY", "ATTRIBUTE"):
        ET.fromstring(told[f"DMD_MULTIDIM_{what}_CREATIONOPTIONLIST"])
    names = {option.get("name") for option in ET.fromstring(told["DMD_CREATIONOPTIONLIST"])}
    assert names == {
        "DGGRS", "LEVEL", "INDEXING", "ELLIPSOID", "LON_0", "LAT_0", "AZIMUTH", "RESAMPLING", "COVERAGE", "PYRAMID",
        "PYRAMID_RESAMPLING", "CONVENTION", "FORMAT", "COMPRESS", "COMPRESS_LEVEL", "CHUNK_LEVEL", "SHARD_LEVEL", "MAX_MEMORY",
        "NUM_THREADS", "RESUME",
    }
    # options that are listed raise no warning of GDAL's, others do
    with messages() as seen:
        make("/vsimem/listed.zarr", "DGGRS=ISEA4H", "LEVEL=2", "LON_0=11.25", "COMPRESS=ZSTD", "COMPRESS_LEVEL=5")
    assert seen == []


def test_dims_are_kept_in_order():
    ds = make("/vsimem/order.zarr")
    group = ds.GetRootGroup()
    a, b, zones = group.CreateDimension("a", "", "", 2), group.CreateDimension("b", "VERTICAL", "UP", 3), cells(group)
    group.CreateMDArray("u", [a, zones, b], number("f4"))
    group.CreateMDArray("b", [b], number("f8")).Write(np.array([0.5, 1, 2]))
    del a, b, zones, group, ds
    u = array(root("/vsimem/order.zarr"), "u")
    assert dims(u) == ["a", "cells", "b"]
    level = u.GetDimensions()[2]
    assert (level.GetType(), level.GetDirection()) == ("VERTICAL", "UP")
    assert level.GetIndexingVariable().ReadAsArray().tolist() == [0.5, 1, 2]
