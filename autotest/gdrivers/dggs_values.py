"""Values: what the driver reads is what zarr-python reads, to the bit."""

import json
import zipfile

import numpy as np
import pytest
from osgeo import gdal
from support import judges, table
from support.gdalio import VERSION, array, dims, read, root, same, shape, values

REAL = [
    "h3r3_global_zarr_v3.zarr",
    "healpix6_global_xdggs_v2.zarr",
    "healpix6_global_zarr_v3.zarr",
    "healpix7_europe_xdggs_v3.zarr",
]
# H3 comes with its own grid; HEALPix is what this driver must have.
HEALPIX = [name for name in REAL if name.startswith("healpix")]
CASES = {name: dtype for name, _, dtype, _ in table.cases()}
STRUCTURE = [("speed", "<f4"), ("count", "<i4"), ("flag", "u1"), ("when", "<i8")]


def real(name, fixture_folder):
    """A real store opened by the driver, and what zarr-python reads from it."""
    path = judges.shared(f"data/xdggs/{name}")
    return root(path), np.load(fixture_folder / "real" / f"{name}.npz")


def test_the_list_of_real_healpix_stores_is_complete(fixture_folder):
    judges.shared("data/xdggs")
    stores = json.loads((fixture_folder / "real" / "stores.json").read_text())
    assert [s for s in stores if s.startswith("healpix")] == HEALPIX


@pytest.mark.parametrize("name", HEALPIX)
@pytest.mark.parametrize("variable", ["cell_ids", "month", "u"])
def test_a_full_read_of_a_real_store_equals_zarr_python(name, variable, fixture_folder):
    group, expected = real(name, fixture_folder)
    same(values(group, variable), expected[variable])


@pytest.mark.parametrize("name", HEALPIX)
def test_a_strided_read_of_a_real_store_equals_zarr_python(name, fixture_folder):
    group, expected = real(name, fixture_folder)
    u, n = array(group, "u"), expected["u"].shape[1]
    for first, step in ((0, 2), (1, 7), (5, 333), (n - 1, 1), (17, 4096)):
        count = (n - first + step - 1) // step
        for month in (0, 1):
            got = u.ReadAsArray([month, first], [1, count], [1, step])
            same(got, expected["u"][month : month + 1, first::step])


@pytest.mark.parametrize("name", HEALPIX)
def test_a_negative_step_of_a_real_store_reads_backwards(name, fixture_folder):
    group, expected = real(name, fixture_folder)
    u, n = array(group, "u"), expected["u"].shape[1]
    same(u.ReadAsArray([1, n - 1], [2, n], [-1, -1]), expected["u"][::-1, ::-1])
    for step in (2, 5, 1000):
        count = (n - 1) // step + 1
        same(u.ReadAsArray([0, n - 1], [2, count], [1, -step]), expected["u"][:, ::-step])
        ids = array(group, "cell_ids").ReadAsArray([n - 1], [count], [-step])
        same(ids, expected["cell_ids"][::-step])


@pytest.mark.parametrize("name", HEALPIX)
def test_a_transposed_read_of_a_real_store_equals_zarr_python(name, fixture_folder):
    group, expected = real(name, fixture_folder)
    u, (steps, n) = array(group, "u"), expected["u"].shape
    got = np.frombuffer(u.Read([0, 0], [steps, n], [1, 1], [1, steps]), "f8").reshape(n, steps)
    same(got, expected["u"].T)
    got = np.frombuffer(u.Read([0, 3], [steps, n // 2 - 3], [1, 2], [1, steps]), "f8").reshape(-1, steps)
    same(got, expected["u"][:, 3 : 2 * (n // 2 - 3) + 3 : 2].T)
    same(u.Transpose([1, 0]).ReadAsArray(), expected["u"].T)


TYPES = [
    gdal.GDT_Byte, gdal.GDT_UInt16, gdal.GDT_Int16, gdal.GDT_UInt32, gdal.GDT_Int32, gdal.GDT_UInt64, gdal.GDT_Int64,
    gdal.GDT_Float32, gdal.GDT_Float64, gdal.GDT_CFloat32, gdal.GDT_CFloat64,
]


@pytest.mark.parametrize("kind", TYPES, ids=gdal.GetDataTypeName)
@pytest.mark.parametrize("name", HEALPIX)
def test_a_typed_read_of_a_real_store_converts_as_gdal_does(name, kind, fixture_folder):
    group, expected = real(name, fixture_folder)
    buffer_type = gdal.ExtendedDataType.Create(kind)
    memory = gdal.GetDriverByName("MEM").CreateMultiDimensional("").GetRootGroup()
    for variable, storage in (("u", gdal.GDT_Float64), ("cell_ids", gdal.GDT_UInt64), ("month", gdal.GDT_Int32)):
        wanted = expected[variable]
        axes = [memory.CreateDimension(f"{variable}{i}", "", "", n) for i, n in enumerate(wanted.shape)]
        judge = memory.CreateMDArray(variable, axes, gdal.ExtendedDataType.Create(storage))
        judge.Write(np.ascontiguousarray(wanted))
        got = array(group, variable).Read(buffer_datatype=buffer_type)
        assert bytes(got) == bytes(judge.Read(buffer_datatype=buffer_type))


@pytest.mark.parametrize("name", HEALPIX)
def test_reading_after_advise_read_gives_the_same_values(name, fixture_folder):
    group, expected = real(name, fixture_folder)
    u = array(group, "u")
    assert u.AdviseRead() == gdal.CE_None
    same(u.ReadAsArray(), expected["u"])
    n = expected["u"].shape[1]
    assert u.AdviseRead([1, 100], [1, n - 200]) == gdal.CE_None
    same(u.ReadAsArray([1, 150], [1, 77]), expected["u"][1:2, 150:227])


@pytest.mark.parametrize("consolidated", [False, True], ids=["plain", "consolidated"])
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_every_array_of_the_table_is_listed(zarr_format, consolidated, fixture_folder):
    suffix = "_consolidated" if consolidated else ""
    group = root(fixture_folder / f"table_v{zarr_format}{suffix}.zarr")
    expected = {name for name, its_format, _, _ in table.cases() if its_format == zarr_format}
    listed = set(group.GetMDArrayNames())
    assert expected <= listed
    assert "cell_ids" in listed


def test_the_table_is_long_enough():
    assert len(CASES) >= 60


@pytest.mark.parametrize("name", CASES)
def test_an_array_of_the_table_equals_zarr_python(name, fixture_folder):
    expected = np.load(fixture_folder / "table.npz")[name]
    mdarray = array(root(fixture_folder / f"table_{name[:2]}.zarr"), name)
    assert shape(mdarray) == table.SHAPE
    assert dims(mdarray) == ["time", "cells"]
    got = read(mdarray)
    if expected.dtype.kind in "US":
        text = expected.ravel().tolist()
        assert got == [t.decode() if isinstance(t, bytes) else t for t in text]
    elif expected.dtype.names:
        assert got.dtype.names == expected.dtype.names
        for field in expected.dtype.names:
            same(got[field], expected[field])
    else:
        same(got, expected)


@pytest.mark.parametrize("name", [n for n, dtype in CASES.items() if "type_" in n or "shard" in n or "order" in n or "transpose" in n])
def test_strided_and_transposed_reads_of_the_table_equal_the_full_read(name, fixture_folder):
    expected = np.load(fixture_folder / "table.npz")[name]
    mdarray = array(root(fixture_folder / f"table_{name[:2]}.zarr"), name)
    same(mdarray.ReadAsArray([6, 47], [4, 16], [-2, -3]), expected[::-2, ::-3])
    same(mdarray.ReadAsArray([1, 2], [3, 9], [2, 5]), expected[1::2, 2::5][:3, :9])
    kind = mdarray.ReadAsArray([0, 0], [1, 1]).dtype
    if kind == np.float16:  # Read() has no such buffer in Python
        kind = np.dtype("f4")
    got = mdarray.Read([0, 0], [7, 48], [1, 1], [1, 7])
    same(np.frombuffer(got, kind).reshape(48, 7), expected.T)


@pytest.mark.parametrize(
    "name,nodata",
    [
        ("v2_fill_number", -9999), ("v3_fill_number", -9999), ("v2_fill_big", 2**64 - 1), ("v3_fill_big", 2**64 - 1),
        ("v2_fill_infinity", -np.inf), ("v2_fill_nan", np.nan), ("v3_fill_nan", np.nan), ("v2_fill_null", None),
    ],
)
def test_the_fill_value_is_the_nodata_value(name, nodata, fixture_folder):
    mdarray = array(root(fixture_folder / f"table_{name[:2]}.zarr"), name)
    got = mdarray.GetNoDataValueAsUInt64() if name.endswith("big") else mdarray.GetNoDataValueAsDouble()
    if nodata is None:
        assert got is None
    else:
        np.testing.assert_equal(got, nodata)


@pytest.mark.parametrize("name", [n for n in CASES if "delta64" in n or "datetime64" in n])
def test_times_are_integers_with_a_unit(name, fixture_folder):
    mdarray = array(root(fixture_folder / f"table_{name[:2]}.zarr"), name)
    assert mdarray.GetDataType().GetNumericDataType() == gdal.GDT_Int64
    assert mdarray.GetUnit() != ""


@pytest.mark.parametrize("name", ["v2_type_f2", "v3_type_f2"])
def test_float16_is_float32_before_gdal_3_13(name, fixture_folder):
    mdarray = array(root(fixture_folder / f"table_{name[:2]}.zarr"), name)
    kind = gdal.GetDataTypeName(mdarray.GetDataType().GetNumericDataType())
    assert kind == ("Float16" if VERSION >= 313 else "Float32")


def windows(shape_, count, rng):
    """Random windows with steps of either sign."""
    for _ in range(count):
        start, number, step, index = [], [], [], []
        for n in shape_:
            a, b = sorted(rng.integers(0, n, 2))
            s = int(rng.integers(1, max(2, (b - a + 1) // 2 + 1)))
            k = int((b - a) // s + 1)
            if rng.random() < 0.4:
                start.append(int(a + (k - 1) * s))
                step.append(-s)
            else:
                start.append(int(a))
                step.append(s)
            number.append(k)
            index.append(start[-1] + step[-1] * np.arange(k))
        yield start, number, step, np.ix_(*index)


DEEP = ["plain", "shards", "transposed", "cells_first"]


@pytest.mark.parametrize("name", DEEP)
def test_a_thousand_random_sub_regions_equal_the_full_read(name, fixture_folder):
    """250 windows on each of four layouts."""
    mdarray = array(root(fixture_folder / "deep.zarr"), name)
    expected = np.load(fixture_folder / "deep.npy")
    if name == "cells_first":
        expected = np.moveaxis(expected, 3, 0)
    whole = mdarray.ReadAsArray()
    same(whole, expected)
    rng = np.random.default_rng(100 + DEEP.index(name))
    for start, number, step, index in windows(whole.shape, 250, rng):
        got = mdarray.ReadAsArray(start, number, step)
        assert np.array_equal(got, whole[index]), (start, number, step)
        # The same into a buffer whose axes are in another order.
        order = rng.permutation(len(number))
        strides, size = [0] * len(number), 1
        for axis in reversed(order):
            strides[axis], size = size, size * number[axis]
        flat = np.frombuffer(mdarray.Read(start, number, step, strides), "f4")
        assert np.array_equal(flat.reshape([number[a] for a in order]), whole[index].transpose(order)), (start, number, step, order)


@pytest.mark.parametrize("name", HEALPIX)
def test_random_sub_regions_of_a_selection_equal_its_full_read(name):
    path = judges.shared(f"data/xdggs/{name}")
    u = array(root(path, "BBOX=-10,35,30,60"), "u")
    whole = u.ReadAsArray()
    assert whole.shape[1] > 100
    for start, number, step, index in windows(whole.shape, 100, np.random.default_rng(3)):
        assert np.array_equal(u.ReadAsArray(start, number, step), whole[index], equal_nan=True), (start, number, step)


def test_a_store_inside_a_zip_file_reads_the_same(fixture_folder, tmp_path):
    packed = tmp_path / "table_v3.zip"
    folder = fixture_folder / "table_v3.zarr"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and file.relative_to(folder).parts[0] in ("zarr.json", "cell_ids", "v3_shard"):
                archive.write(file, f"table_v3.zarr/{file.relative_to(folder)}")
    expected = np.load(fixture_folder / "table.npz")["v3_shard"]
    same(values(root(f"/vsizip/{packed}/table_v3.zarr"), "v3_shard"), expected)
