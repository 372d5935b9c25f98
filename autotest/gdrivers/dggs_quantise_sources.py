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
        # Near the poles a zone's edges bend over many pixels; a bend is counted where its middle is, from either side.
        slack = 6e-3 if name == "from east to west" else 1e-9
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
