"""Sources that say in other words where they lie: points on the ground, longitudes and latitudes of pixels, turned, upside down
or from 0 to 360 degrees. Zones take the pixel that the formula says."""

import numpy as np
import pytest
from osgeo import gdal, osr
from support.gdalio import failures, messages, root, values

WGS84 = osr.SpatialReference()
WGS84.SetFromUserInput("EPSG:4326")
WGS84.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
ROWS, COLUMNS = 40, 60


def create(source, path, *options):
    made = gdal.GetDriverByName("DGGS").CreateCopy(str(path), source, options=list(options))
    assert made is not None
    return root(path)


def crs(name):
    made = osr.SpatialReference()
    made.SetFromUserInput(name)
    made.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return made


def bare(pixels):
    """A raster in memory that says nothing of its place."""
    rows, columns = pixels.shape
    dataset = gdal.GetDriverByName("MEM").Create("", columns, rows, 1, gdal.GDT_Float64)
    dataset.GetRasterBand(1).WriteRaster(0, 0, columns, rows, np.ascontiguousarray(pixels, "f8").tobytes())
    dataset.GetRasterBand(1).SetDescription("v")
    return dataset


def numbered(rows=ROWS, columns=COLUMNS):
    return np.arange(rows * columns, dtype="f8").reshape(rows, columns)


def centres(cube, target=None):
    lon, lat = values(cube, "lon"), values(cube, "lat")
    if target is None:
        return lon, lat
    found = np.array(osr.CoordinateTransformation(WGS84, crs(target)).TransformPoints(np.stack([lon, lat], 1).tolist()))
    return found[:, 0], found[:, 1]


def solved(affine, x, y):
    """Columns and rows of places in the plane of a geotransform."""
    matrix = np.array([[affine[1], affine[2]], [affine[4], affine[5]]])
    column, row = np.linalg.solve(matrix, np.stack([x - affine[0], y - affine[3]]))
    return column, row


def holds_its_pixels(cube, pixels, column, row, slack):
    """The zones hold the pixels that their centres lie in, apart from those nearer than `slack` pixels to an edge."""
    found = values(cube, "v")
    rows, columns = pixels.shape
    inside = (column > slack) & (row > slack) & (column < columns - slack) & (row < rows - slack)
    clear = inside & (abs(column - column.round()) > slack) & (abs(row - row.round()) > slack)
    expected = pixels[row[clear].astype(int), column[clear].astype(int)]
    np.testing.assert_array_equal(found[clear], expected)
    # All that the source touches is there, and little else.
    assert inside.all() or (~inside).sum() < 4 * (rows + columns)
    assert clear.sum() > 0.9 * (1 - 4 * slack) * len(found) and len(np.unique(found)) > 0.5 * pixels.size
    return clear


@pytest.mark.parametrize(
    "name, affine, level",
    [("EPSG:4326", [10, 0.1, -0.03, 50, 0.02, -0.08], 10), ("EPSG:32632", [4e5, 9000, 2000, 5.6e6, 1500, -8000], 10)],
)
def test_ground_control_points_place_the_pixels(name, affine, level, tmp_path):
    pixels = numbered()
    source = bare(pixels)
    points = []
    for row in np.linspace(0, ROWS, 5):
        for column in np.linspace(0, COLUMNS, 5):
            x, y = affine[0] + column * affine[1] + row * affine[2], affine[3] + column * affine[4] + row * affine[5]
            points.append(gdal.GCP(x, y, 0, column, row))
    source.SetGCPs(points, crs(name))
    cube = create(source, tmp_path / "g.zarr", "DGGRS=HEALPix", f"LEVEL={level}")
    # GDAL fits polynomials of the second degree to them.
    holds_its_pixels(cube, pixels, *solved(affine, *centres(cube, name)), 1e-4)
    assert cube.OpenMDArray("v").GetStructuralInfo()["ELLIPSOID"] == "WGS84"


def swath(folder, step):
    """Longitudes and latitudes of the centres of blocks of `step` x `step` pixels, as files; over the antimeridian."""
    row, column = step * (np.mgrid[0 : ROWS // step, 0 : COLUMNS // step] + 0.5)
    lon, lat = 176 + 0.2 * column - 0.06 * row, 20 + 0.05 * column + 0.2 * row
    names = []
    for name, field in (("lon", lon), ("lat", lat)):
        path = str(folder / f"{name}{step}.tif")
        made = gdal.GetDriverByName("GTiff").Create(path, lon.shape[1], lon.shape[0], 1, gdal.GDT_Float64)
        made.GetRasterBand(1).WriteRaster(0, 0, lon.shape[1], lon.shape[0], np.ascontiguousarray(field).tobytes())
        names.append(path)
    return names


@pytest.mark.parametrize("step, slack", [(1, 0.05), (4, 0.05)])
def test_geolocation_arrays_place_the_pixels(step, slack, tmp_path):
    pixels = numbered()
    source = bare(pixels)
    x, y = swath(tmp_path, step)
    told = {"X_DATASET": x, "X_BAND": "1", "Y_DATASET": y, "Y_BAND": "1", "PIXEL_OFFSET": "0", "LINE_OFFSET": "0"}
    told.update(PIXEL_STEP=str(step), LINE_STEP=str(step), SRS=WGS84.ExportToWkt(), GEOREFERENCING_CONVENTION="PIXEL_CENTER")
    source.SetMetadata(told, "GEOLOCATION")
    cube = create(source, tmp_path / "s.zarr", "DGGRS=HEALPix", "LEVEL=10")
    lon, lat = centres(cube)
    column, row = solved([176, 0.2, -0.06, 20, 0.05, 0.2], np.where(lon < 0, lon + 360, lon), lat)
    holds_its_pixels(cube, pixels, column, row, slack)
    assert (lon < 0).any() and (lon > 0).any()


@pytest.mark.parametrize("name, affine", [("EPSG:4326", [5, 0.12, 0.05, 55, 0.04, -0.1]), ("EPSG:3035", [4.2e6, 8e3, 3e3, 3.4e6, -2e3, -9e3])])
def test_a_turned_raster_lies_where_its_geotransform_says_and_nothing_is_lost(name, affine, tmp_path):
    pixels = numbered()
    source = bare(pixels)
    source.SetGeoTransform(affine)
    source.SetSpatialRef(crs(name))
    cube = create(source, tmp_path / "t.zarr", "DGGRS=HEALPix", "LEVEL=10")
    holds_its_pixels(cube, pixels, *solved(affine, *centres(cube, name)), 1e-6)
    total = values(create(source, tmp_path / "sum.zarr", "DGGRS=HEALPix", "LEVEL=8", "RESAMPLING=SUM"), "v")
    assert abs(total.sum() / pixels.sum() - 1) < 1e-9


@pytest.mark.parametrize("resampling", ["NEAREST", "BILINEAR", "AVERAGE", "SUM", "MODE"])
def test_south_up_and_0_to_360_are_the_same_raster(resampling, tmp_path):
    # Steps that are exact in binary, so that edges are the same to the bit.
    rows, columns = 90, 180
    pixels = np.random.default_rng(2).integers(0, 9, (rows, columns)).astype("f8")
    found = {}
    for name, field, affine in [
        ("usual", pixels, [-180, 2, 0, 90, 0, -2]),
        ("south up", pixels[::-1], [-180, 2, 0, -90, 0, 2]),
        ("from 0", np.roll(pixels, columns // 2, 1), [0, 2, 0, 90, 0, -2]),
        ("from east to west", pixels[:, ::-1], [180, -2, 0, 90, 0, -2]),
        ("from 0, south up", np.roll(pixels, columns // 2, 1)[::-1], [0, 2, 0, -90, 0, 2]),
    ]:
        source = bare(field)
        source.SetGeoTransform(affine)
        source.SetSpatialRef(WGS84)
        cube = create(source, tmp_path / f"{name}.zarr", "DGGRS=HEALPix", "LEVEL=4", f"RESAMPLING={resampling}")
        found[name] = values(cube, "v")
        assert found[name].size == 12 * 4**4, "global, told from any edge"
    usual, lon, lat = found.pop("usual"), values(cube, "lon"), values(cube, "lat")
    # Centres on an edge lie in the pixel that begins there, which is another one when the raster is turned round.
    clear = (abs(lon / 2 - (lon / 2).round()) > 1e-9) & (abs(lat / 2 - (lat / 2).round()) > 1e-9)
    clear |= resampling != "NEAREST"
    # Equal areas of two values are a draw.
    most = 0.01 if resampling == "MODE" else 0
    for name, other in found.items():
        # Edges bend; what a chord leaves of a bend is counted where its middle is, from either side.
        slack = 3e-4 if name == "from east to west" else 1e-9
        off = ~np.isclose(other, usual, rtol=slack, atol=slack) & clear
        assert off.mean() <= most, (name, off.sum())
    assert clear.mean() > 0.9 and len(np.unique(usual)) >= 8


def test_a_part_from_0_to_360_over_the_antimeridian_is_sparse_and_whole(tmp_path):
    pixels = numbered(40, 60)
    source = bare(pixels)
    affine = [165, 0.5, 0, 10, 0, -0.5]  # to 195 degrees
    source.SetGeoTransform(affine)
    source.SetSpatialRef(WGS84)
    cube = create(source, tmp_path / "p.zarr", "DGGRS=H3", "LEVEL=4")
    lon, lat = centres(cube)
    column, row = solved(affine, np.where(lon < 0, lon + 360, lon), lat)
    holds_its_pixels(cube, pixels, column, row, 1e-6)
    assert (lon < -165).any() and (lon > 165).any() and (abs(lon) > 164).all()


def test_rational_polynomials_are_an_error_that_names_gdalwarp(tmp_path):
    source = bare(numbered())
    source.SetMetadata({"LINE_OFF": "20", "SAMP_OFF": "30", "LAT_OFF": "50", "LONG_OFF": "10", "HEIGHT_OFF": "0"}, "RPC")
    with messages() as seen:
        assert gdal.GetDriverByName("DGGS").CreateCopy(str(tmp_path / "r.zarr"), source, options=["DGGRS=H3", "LEVEL=3"]) is None
    assert "RPC" in failures(seen)[0] and "gdalwarp" in failures(seen)[0]
    assert not (tmp_path / "r.zarr").exists()


def packed(path, scale, offset, dtype=gdal.GDT_Int16, nodata=-32768):
    """A netCDF file of whole numbers with scale and offset; uneven longitudes and latitudes. Answers with what they mean."""
    rng = np.random.default_rng(6)
    lon = np.cumsum(rng.uniform(2, 6, 91))
    lon = lon / lon[-1] * 356 + 2.0  # 2 degrees short of a turn
    lat = np.sort(rng.uniform(-89, 89, 46))
    stored = rng.integers(-100, 100, (46, 91)).astype("i2")
    stored[10:14, 20:30] = nodata
    dataset = gdal.GetDriverByName("netCDF").CreateMultiDimensional(str(path))
    group = dataset.GetRootGroup()
    y, x = (group.CreateDimension(name, "", "", size) for name, size in (("lat", 46), ("lon", 91)))
    for name, dimension, held, unit in (("lat", y, lat, "degrees_north"), ("lon", x, lon, "degrees_east")):
        array = group.CreateMDArray(name, [dimension], gdal.ExtendedDataType.Create(gdal.GDT_Float64))
        array.SetUnit(unit)
        array.Write(np.ascontiguousarray(held).tobytes())
    array = group.CreateMDArray("v", [y, x], gdal.ExtendedDataType.Create(dtype))
    array.SetNoDataValueDouble(nodata)
    array.SetScale(scale), array.SetOffset(offset)
    array.Write(stored.tobytes())
    del array, x, y, dimension, group, dataset
    return lon, lat, stored, np.where(stored == nodata, np.nan, stored * scale + offset)


def meant(cube, path="v"):
    """What the numbers of an array mean; NaN where there are none."""
    group = cube
    for part in path.split("/")[:-1]:
        group = group.OpenGroup(part)
    array = group.OpenMDArray(path.split("/")[-1])
    held = array.ReadAsArray().astype("f8")
    nodata = array.GetNoDataValueAsDouble()
    none = np.isnan(held) if nodata is None or np.isnan(nodata) else held == nodata
    scale, offset = (1.0 if array.GetScale() is None else array.GetScale()), array.GetOffset() or 0.0
    return np.where(none, np.nan, held * scale + offset)


def test_uneven_longitudes_and_latitudes_have_their_edges_midway(tmp_path):
    lon, lat, _, expected = packed(tmp_path / "p.nc", 0.5, 7)
    source = gdal.OpenEx(str(tmp_path / "p.nc"), gdal.OF_MULTIDIM_RASTER)
    cube = create(source, tmp_path / "u.zarr", "DGGRS=HEALPix", "LEVEL=6")
    at_lon, at_lat = centres(cube)
    edges = lambda c: np.concatenate([[1.5 * c[0] - c[1] / 2], (c[1:] + c[:-1]) / 2, [1.5 * c[-1] - c[-2] / 2]])  # noqa: E731
    x, y = edges(lon), edges(lat)
    at_lon = x[0] + (at_lon - x[0]) % 360
    column, row = np.searchsorted(x, at_lon, "right") - 1, np.searchsorted(y, at_lat, "right") - 1
    inside = (column >= 0) & (column < 91) & (row >= 0) & (row < 46)
    clear = inside & (np.abs(x[:, None] - at_lon).min(0) > 1e-9) & (np.abs(y[:, None] - at_lat).min(0) > 1e-9)
    found = meant(cube)
    np.testing.assert_array_equal(found[clear], expected[row[clear], column[clear]])
    assert clear.sum() > 0.9 * len(found) and np.isnan(found).any() and (~np.isnan(found)).any()


@pytest.mark.parametrize("scale, offset", [(0.5, 7.0), (-0.25, 100.0)])
def test_packed_numbers_are_resampled_by_what_they_mean(scale, offset, tmp_path):
    # Doubles and packed numbers must become the same, whichever way a negative scale turns them.
    _, _, _, values_meant = packed(tmp_path / "p.nc", scale, offset)
    source = gdal.OpenEx(str(tmp_path / "p.nc"), gdal.OF_MULTIDIM_RASTER)
    plain = gdal.GetDriverByName("netCDF").CreateMultiDimensional(str(tmp_path / "d.nc"))
    group = plain.GetRootGroup()
    y, x = (group.CreateDimension(name, "", "", size) for name, size in (("lat", 46), ("lon", 91)))
    for name, dimension, unit in (("lat", y, "degrees_north"), ("lon", x, "degrees_east")):
        array = group.CreateMDArray(name, [dimension], gdal.ExtendedDataType.Create(gdal.GDT_Float64))
        array.SetUnit(unit)
        array.Write(source.GetRootGroup().OpenMDArray(name).Read())
    array = group.CreateMDArray("v", [y, x], gdal.ExtendedDataType.Create(gdal.GDT_Float64))
    array.Write(np.ascontiguousarray(values_meant).tobytes())
    del array, x, y, dimension, group, plain
    plain = gdal.OpenEx(str(tmp_path / "d.nc"), gdal.OF_MULTIDIM_RASTER)
    for method in ("MIN", "MAX", "SUM", "AVERAGE"):
        options = ["DGGRS=HEALPix", "LEVEL=4", f"RESAMPLING={method}", "PYRAMID=3", f"PYRAMID_RESAMPLING={method}"]
        one = create(source, tmp_path / f"packed{method}.zarr", *options)
        other = create(plain, tmp_path / f"plain{method}.zarr", *options)
        for path in ("4/v", "3/v"):
            expected = meant(other, path)
            slack = abs(scale) * 1.01 if method == "AVERAGE" else 1e-9  # means of packed numbers are rounded
            np.testing.assert_allclose(meant(one, path), expected, rtol=1e-12, atol=slack)
            assert np.nanstd(expected) > 1
    assert one.OpenGroup("4").OpenMDArray("v").GetDataType().GetNumericDataType() == gdal.GDT_Int16
    # A sum of finer packed zones is none of theirs.
    with messages() as seen:
        options = ["DGGRS=HEALPix", "LEVEL=4", "PYRAMID=3", "PYRAMID_RESAMPLING=SUM"]
        assert gdal.GetDriverByName("DGGS").CreateCopy(str(tmp_path / "n.zarr"), source, options=options) is None
        assert gdal.GetDriverByName("DGGS").CreateCopy(str(tmp_path / "b.zarr"), source, options=options[:2]) is not None
        cube = gdal.OpenEx(str(tmp_path / "b.zarr"), gdal.OF_RASTER | gdal.OF_UPDATE)
        assert cube.BuildOverviews("SUM", [2]) != 0 and cube.BuildOverviews("MAX", [2]) == 0
    assert len(failures(seen)) == 2 and all("add_offset" in text and "v" in text for text in failures(seen))


def test_sums_that_their_type_cannot_hold_are_an_error(tmp_path):
    source = gdal.GetDriverByName("MEM").Create("", 36, 18, 1, gdal.GDT_Byte)
    source.SetGeoTransform([-180, 10, 0, 90, 0, -10])
    source.GetRasterBand(1).SetDescription("v")
    options = ["DGGRS=HEALPix", "LEVEL=3", "PYRAMID=2", "PYRAMID_RESAMPLING=SUM"]
    source.GetRasterBand(1).Fill(60)
    cube = create(source, tmp_path / "fits.zarr", *options)
    assert (values(cube.OpenGroup("2"), "v") == 240).all()
    source.GetRasterBand(1).Fill(70)
    with messages() as seen:
        assert gdal.GetDriverByName("DGGS").CreateCopy(str(tmp_path / "more.zarr"), source, options=options) is None
    assert "280" in failures(seen)[0] and "Float64" in failures(seen)[0]


def test_a_mask_band_tells_where_there_are_no_data(tmp_path):
    pixels = np.full((36, 72), 5.0)
    pixels[:, 36:] = 9.0
    source = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "m.tif"), 72, 36, 1, gdal.GDT_Float64)
    source.SetGeoTransform([-180, 5, 0, 90, 0, -5])
    source.SetSpatialRef(WGS84)
    source.GetRasterBand(1).WriteRaster(0, 0, 72, 36, pixels.tobytes())
    source.CreateMaskBand(gdal.GMF_PER_DATASET)
    source.GetRasterBand(1).GetMaskBand().WriteRaster(0, 0, 72, 36, np.where(pixels == 5, 0, 255).astype("u1").tobytes())
    source = None
    for resampling in ("NEAREST", "BILINEAR", "AVERAGE", "SUM", "MIN", "MODE"):
        cube = create(gdal.Open(str(tmp_path / "m.tif")), tmp_path / f"{resampling}.zarr", "DGGRS=HEALPix", "LEVEL=3", f"RESAMPLING={resampling}")
        found, lon, lat = values(cube, "m"), *centres(cube)
        # Away from where a zone lies on either side of the masked half.
        clear = (abs(lat) < 75) & (abs(lon) > 10) & (abs(lon) < 170)
        np.testing.assert_array_equal(np.isnan(found)[clear], (lon < 0)[clear])
        if resampling != "SUM":
            assert set(found[~np.isnan(found)]) == {9.0}, resampling


def test_a_resumed_job_is_not_taken_for_that_of_another_source(tmp_path):
    # Both have no name but their documents.
    rng = np.random.default_rng(1)
    path = str(tmp_path / "s.tif")
    gdal.GetDriverByName("GTiff").CreateCopy(path, bare(rng.uniform(0, 1, (90, 180))))
    first, second = (
        gdal.Translate("", path, format="VRT", outputBounds=bounds, outputSRS="EPSG:4326") for bounds in ([-180, 90, 180, -90], [180, 90, 540, -90])
    )
    options = ["DGGRS=HEALPix", "LEVEL=7", "FORMAT=ZARR_V2", "CHUNK_LEVEL=2", "RESUME=YES"]
    driver, target = gdal.GetDriverByName("DGGS"), str(tmp_path / "r.zarr")
    with messages():
        assert driver.CreateCopy(target, first, options=options, callback=lambda part, *_: part < 0.5) is None
    assert driver.CreateCopy(target, second, options=options) is not None
    assert driver.CreateCopy(str(tmp_path / "w.zarr"), second, options=options[:-1]) is not None
    found, expected = values(root(target), "v"), values(root(tmp_path / "w.zarr"), "v")
    np.testing.assert_array_equal(found, expected)
    # Threads and memory may be others.
    with messages():
        assert driver.CreateCopy(target, first, options=options, callback=lambda part, *_: part < 0.5) is None
    begun = []
    options += ["NUM_THREADS=1", "MAX_MEMORY=64MB"]
    assert driver.CreateCopy(target, first, options=options, callback=lambda part, *_: begun.append(part) or 1) is not None
    journal = values(root(target), "v")
    assert driver.CreateCopy(str(tmp_path / "w2.zarr"), first, options=options[:4]) is not None
    np.testing.assert_array_equal(journal, values(root(tmp_path / "w2.zarr"), "v"))
