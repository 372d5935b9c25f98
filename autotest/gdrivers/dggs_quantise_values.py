"""What pixels are beside numbers: masks, classes with names and colours, complex numbers, values that look like missing data."""

import struct

import numpy as np
import pytest
from osgeo import gdal, osr
from support.gdalio import failures, messages, root, values, warnings


@pytest.fixture
def tmp_path(exchange):
    return exchange


def memory(pixels, kind=gdal.GDT_Byte, affine=(0, 1, 0, 30, 0, -1)):
    bands, rows, columns = pixels.shape
    dataset = gdal.GetDriverByName("MEM").Create("", columns, rows, bands, kind)
    dataset.SetGeoTransform(affine)
    crs = osr.SpatialReference()
    crs.SetFromUserInput("EPSG:4326")
    dataset.SetSpatialRef(crs)
    for number, band in enumerate(pixels, 1):
        dataset.GetRasterBand(number).WriteRaster(0, 0, columns, rows, np.ascontiguousarray(band).tobytes())
    return dataset


def create(source, target, *options):
    with messages() as seen:
        made = gdal.GetDriverByName("DGGS").CreateCopy(str(target), source, options=["DGGRS=HEALPix", *options])
    return (root(target) if made is not None else None), seen


def rows_of(cube, north=30, step=1):
    return np.floor((north - values(cube, "lat")) / step).astype(int)


@pytest.mark.parametrize("resampling", ["NEAREST", "AVERAGE", "MODE", "MAX"])
def test_white_pixels_beside_transparent_ones_are_not_missing(resampling, tmp_path):
    pixels = np.full((4, 60, 60), 255, "u1")
    pixels[3, :30] = 0
    source = memory(pixels)
    for number, meaning in enumerate([gdal.GCI_RedBand, gdal.GCI_GreenBand, gdal.GCI_BlueBand, gdal.GCI_AlphaBand], 1):
        source.GetRasterBand(number).SetColorInterpretation(meaning)
    cube, seen = create(source, tmp_path / "w.zarr", "LEVEL=5", f"RESAMPLING={resampling}", "PYRAMID=4")
    fine = cube.OpenGroup("5")
    found, lat = values(fine, "band_2"), values(fine, "lat")
    assert fine.OpenMDArray("band_2").GetNoDataValueAsDouble() == 255
    assert (found[lat > 3] == 255).all() and (found[lat < -3] == 254).all() and (lat > 3).sum() > 100 < (lat < -3).sum()
    coarse = cube.OpenGroup("4")
    assert (values(coarse, "band_2")[values(coarse, "lat") < -6] == 254).all()
    assert len(warnings(seen)) == 3 and all("highest but one" in text for text in warnings(seen))


def test_signed_numbers_keep_clear_of_the_lowest(tmp_path):
    pixels = np.full((1, 60, 60), -32768, "i2")
    cube, _ = create(memory(pixels, gdal.GDT_Int16), tmp_path / "s.zarr", "LEVEL=4", "COVERAGE=GLOBAL")
    lon, lat, found = (values(cube, name) for name in ("lon", "lat", cube.GetMDArrayNames()[1]))
    inside = (lon > 0) & (lon < 60) & (abs(lat) < 29)
    assert (found[inside] == -32767).all() and (found[(lon > 61) | (lon < -1)] == -32768).all() and inside.sum() > 50


def test_values_of_all_bands_together_may_be_missing(tmp_path):
    pixels = np.zeros((3, 60, 60), "u1")
    pixels[:, 30:] = 7
    pixels[1, :10] = 5  # not all three are nought
    source = memory(pixels)
    source.SetMetadataItem("NODATA_VALUES", "0 0 0")
    cube, _ = create(source, tmp_path / "n.zarr", "LEVEL=6")
    found, row = values(cube, "band_1"), rows_of(cube)
    assert (found[(row >= 10) & (row < 30)] == 255).all() and (found[row < 10] == 0).all() and (found[row >= 30] == 7).all()


def test_classes_keep_their_names_and_colours(tmp_path):
    source = memory((np.arange(3600) % 4).reshape(1, 60, 60).astype("u1"))
    band = source.GetRasterBand(1)
    table = gdal.ColorTable()
    for value, colour in enumerate([(0, 0, 0, 0), (10, 120, 20, 255), (200, 200, 20, 255), (120, 1, 2, 255)]):
        table.SetColorEntry(value, colour)
    band.SetColorTable(table)
    band.SetCategoryNames(["no data", "forest", "open grass"])
    band.SetDescription("cover")
    cube, _ = create(source, tmp_path / "c.zarr", "LEVEL=6", "PYRAMID=5")
    for level in ("6", "5"):
        cover = cube.OpenGroup(level).OpenMDArray("cover")
        told = {item.GetName(): item.Read() for item in cover.GetAttributes()}
        assert tuple(told["flag_values"]) == (0, 1, 2, 3)
        assert told["flag_meanings"] == "no_data forest open_grass class_3"
        assert told["flag_colors"] == "#00000000 #0a7814 #c8c814 #780102"
        assert set(np.unique(cover.ReadAsArray())) <= {0, 1, 2, 3}
    raster = gdal.OpenEx(f'DGGS:"{tmp_path}/c.zarr":/6/cover', gdal.OF_RASTER)
    shown = raster.GetRasterBand(1)
    assert shown.GetColorInterpretation() == gdal.GCI_PaletteIndex
    assert shown.GetCategoryNames() == ["no_data", "forest", "open_grass", "class_3"]
    assert [shown.GetColorTable().GetColorEntry(value) for value in range(4)] == [table.GetColorEntry(value) for value in range(4)]
    # A raster of it is one with that palette again, and becomes the same cube.
    again, _ = create(gdal.Translate("", raster, format="MEM"), tmp_path / "d.zarr", "LEVEL=5")
    told = {item.GetName(): item.Read() for item in again.OpenMDArray("cover").GetAttributes()}
    assert told["flag_colors"] == "#00000000 #0a7814 #c8c814 #780102"


@pytest.mark.parametrize("kind, code, stored", [(gdal.GDT_CInt16, "2h", gdal.GDT_CFloat32), (gdal.GDT_CInt32, "2i", gdal.GDT_CFloat64)])
def test_complex_integers_become_complex_floats(kind, code, stored, tmp_path):
    held = b"".join(struct.pack(code, row * 60 + column, -row) for row in range(60) for column in range(60))
    source = memory(np.frombuffer(held, f"V{struct.calcsize(code)}").reshape(1, 60, 60), kind)
    source.GetRasterBand(1).SetDescription("z")
    cube, _ = create(source, tmp_path / "z.zarr", "LEVEL=6")
    array = cube.OpenMDArray("z")
    assert array.GetDataType().GetNumericDataType() == stored
    found = np.frombuffer(array.Read(), "c8" if stored == gdal.GDT_CFloat32 else "c16")
    lon, row = values(cube, "lon"), rows_of(cube)
    clear = (abs(lon - lon.round()) > 1e-9) & (abs(values(cube, "lat") - values(cube, "lat").round()) > 1e-9)
    expected = row * 60 + np.floor(lon) - 1j * row
    np.testing.assert_array_equal(found[clear], expected[clear])
    cube, seen = create(source, tmp_path / "p.zarr", "LEVEL=6", "PYRAMID=YES")
    assert cube is None and "array z" in failures(seen)[0] and "PYRAMID" in failures(seen)[0]


def test_a_cube_of_the_moon_does_not_say_that_it_is_the_earth(tmp_path):
    source = memory(np.ones((1, 90, 180), "u1"), affine=(-180, 2, 0, 90, 0, -2))
    crs = osr.SpatialReference()
    crs.SetFromUserInput("+proj=longlat +R=1737400 +no_defs")
    source.SetSpatialRef(crs)
    source.GetRasterBand(1).SetDescription("m")
    cube, _ = create(source, tmp_path / "m.zarr", "LEVEL=3")
    found = cube.OpenMDArray("m").GetSpatialRef()
    assert found.IsGeographic() and found.GetSemiMajor() == 1737400 and found.GetAuthorityCode(None) is None
    shown = gdal.OpenEx(f'DGGS:"{tmp_path}/m.zarr":/m', gdal.OF_RASTER)
    assert shown.GetSpatialRef().GetSemiMajor() == 1737400
    assert shown.GetRasterBand(1).ReadAsArray().min() == 1


def test_what_a_file_says_as_text_does_not_become_what_a_store_means(tmp_path):
    # As GDAL leaves them in a GeoTIFF of a netCDF file.
    source = memory(np.arange(3600, dtype="i2").reshape(1, 60, 60), gdal.GDT_Int16)
    band = source.GetRasterBand(1)
    band.SetDescription("t")
    text = {"_FillValue": "5", "missing_value": "5", "scale_factor": "2", "add_offset": "1", "grid_mapping": "crs"}
    band.SetMetadata({**text, "coordinates": "lon lat", "grid_name": "h3", "level": "500", "long_name": "temperature"})
    band.SetScale(0.5), band.SetOffset(-3)
    source.SetMetadata({"dggs": "x", "multiscales": "y", "title": "z"})
    for convention in ("AUTO", "XDGGS", "CF"):
        cube, _ = create(source, tmp_path / f"{convention}.zarr", "LEVEL=5", f"CONVENTION={convention}")
        array = cube.OpenMDArray("t")
        assert array.GetNoDataValueAsDouble() is None and (array.GetScale(), array.GetOffset()) == (0.5, -3)
        told = {item.GetName(): item.Read() for item in array.GetAttributes()}
        assert told["long_name"] == "temperature" and told["level"] == "500" and not set(told) & {*text, "grid_name"} - {"grid_mapping"}
        told = {item.GetName(): item.Read() for item in cube.GetAttributes()}
        assert told["title"] == "z" and "multiscales" not in told and told.get("dggs") != "x"


def test_many_bands_are_one_array_only_where_their_numbers_mean_the_same(tmp_path):
    pixels = np.arange(70 * 18 * 36, dtype="i2").reshape(70, 18, 36)
    source = memory(pixels, gdal.GDT_Int16, affine=(-180, 10, 0, 90, 0, -10))
    for number in range(1, 71):
        source.GetRasterBand(number).SetMetadata({"step": str(number), "long_name": "n"})
    cube, _ = create(source, tmp_path / "one.zarr", "LEVEL=2")
    (name,) = set(cube.GetMDArrayNames()) - {"cell_ids", "lon", "lat"}
    told = {item.GetName() for item in cube.OpenMDArray(name).GetAttributes()}
    assert values(cube, name).shape == (70, 192) and "long_name" in told and "step" not in told
    source.GetRasterBand(7).SetScale(0.5)
    cube, _ = create(source, tmp_path / "all.zarr", "LEVEL=2")
    assert cube.OpenMDArray("band_7").GetScale() == 0.5 and cube.OpenMDArray("band_70").GetScale() is None


@pytest.mark.parametrize("method", ["AVERAGE", "BILINEAR", "PYRAMID"])
def test_a_mean_that_looks_like_missing_data_is_data(method, tmp_path):
    # As many -1 as 1, and 0 for what is missing: half of the globe.
    pixels = np.where(np.indices((180, 360)).sum(0) % 2 == 0, -1, 1).astype("i2")
    pixels[:, :180] = 0
    source = memory(pixels[None], gdal.GDT_Int16, affine=(-180, 1, 0, 90, 0, -1))
    source.GetRasterBand(1).SetNoDataValue(0)
    source.GetRasterBand(1).SetDescription("v")
    options = ["LEVEL=6", "PYRAMID=2"] if method == "PYRAMID" else ["LEVEL=3", f"RESAMPLING={method}"]
    cube, _ = create(source, tmp_path / "a.zarr", *options)
    cube = cube.OpenGroup("2") if method == "PYRAMID" else cube
    lon, found = values(cube, "lon"), values(cube, "v")
    clear = (np.abs(np.abs(lon) - 90) < 60) & (np.abs(values(cube, "lat")) < 40)
    west, east = found[clear & (lon < 0)], found[clear & (lon > 0)]
    assert (west == 0).all() and (np.abs(east) == 1).all() and len(west) > 30 < len(east)


def test_a_part_of_a_file_gives_its_name(tmp_path):
    dataset = gdal.GetDriverByName("netCDF").CreateMultiDimensional(str(tmp_path / "a.nc"))
    group = dataset.GetRootGroup()
    kind = gdal.ExtendedDataType.Create(gdal.GDT_Float64)
    y, x = (group.CreateDimension(name, "", "", size) for name, size in (("lat", 18), ("lon", 36)))
    for name, dimension, held, unit in (("lat", y, np.arange(85, -90, -10.0), "degrees_north"), ("lon", x, np.arange(-175, 180, 10.0), "degrees_east")):
        array = group.CreateMDArray(name, [dimension], kind)
        array.SetUnit(unit)
        array.Write(held.tobytes())
    for name in ("t2m", "u10"):
        group.CreateMDArray(name, [y, x], kind).Write(np.ones((18, 36)).tobytes())
    del array, x, y, dimension, group, dataset
    cube, _ = create(gdal.Open(f'NETCDF:"{tmp_path}/a.nc":u10'), tmp_path / "u.zarr", "LEVEL=3")
    assert "u10" in cube.GetMDArrayNames()


def test_the_search_for_the_zones_of_a_part_of_the_globe_can_be_stopped(tmp_path):
    source = memory(np.ones((1, 100, 100), "u1"))
    asked = []
    with messages() as seen:
        made = gdal.GetDriverByName("DGGS").CreateCopy(
            str(tmp_path / "s.zarr"),
            source,
            options=["DGGRS=HEALPix", "LEVEL=16"],  # more than a billion zones
            callback=lambda share, *_: asked.append(share) or len(asked) < 3,
        )
    assert made is None and "stopped" in failures(seen)[0] and asked == [0, 0, 0]
    assert not (tmp_path / "s.zarr").exists() and not (tmp_path / "s.zarr.partial").exists()
