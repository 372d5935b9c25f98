"""netCDF files as they come: units of projected coordinates, bounds in any case, coordinates without dimensions or of an outer group."""

import numpy as np
import pytest
from osgeo import gdal, osr
from support.gdalio import failures, messages, root, values, warnings

F64 = gdal.ExtendedDataType.Create(gdal.GDT_Float64)
DEGREES = ["DGGRS=HEALPix", "LEVEL=4"]


@pytest.fixture
def tmp_path(exchange):
    return exchange


def create(source, target, *options):
    """What becomes of a file, and what GDAL says of it."""
    dataset = gdal.OpenEx(str(source), gdal.OF_MULTIDIM_RASTER)
    with messages() as seen:
        made = gdal.GetDriverByName("DGGS").CreateCopy(str(target), dataset, options=list(options))
    return (root(target) if made is not None else None), seen


class File:
    """A netCDF file that is made."""

    def __init__(self, path):
        self.dataset = gdal.GetDriverByName("netCDF").CreateMultiDimensional(str(path))
        self.group = self.dataset.GetRootGroup()
        self.dimensions = {}

    def axis(self, name, held, unit=None, **attributes):
        self.dimensions[name] = self.group.CreateDimension(name, "", "", len(held))
        return self.array(name, [name], np.asarray(held, "f8"), unit, **attributes)

    def array(self, name, axes, held, unit=None, group=None, **attributes):
        array = (group or self.group).CreateMDArray(name, [self.dimensions[axis] for axis in axes], F64)
        if unit:
            array.SetUnit(unit)
        text = gdal.ExtendedDataType.CreateString()
        for key, value in attributes.items():
            array.CreateAttribute(key, [], text).Write(value)
        array.Write(np.ascontiguousarray(held, "f8").tobytes())
        return array

    def close(self):
        del self.dimensions, self.group, self.dataset


def degrees(file, rows=18, columns=36, **attributes):
    file.axis("lat", 90 - 180 / rows * (np.arange(rows) + 0.5), "degrees_north", **attributes)
    file.axis("lon", -180 + 360 / columns * (np.arange(columns) + 0.5), "degrees_east", **attributes)
    return np.arange(rows * columns, dtype="f8").reshape(rows, columns)


def test_bounds_in_any_case_are_no_arrays_on_zones_and_scalars_stay(tmp_path):
    file = File(tmp_path / "b.nc")
    file.dimensions["j"], file.dimensions["i"] = (file.group.CreateDimension(name, "", "", 20) for name in "ji")
    file.dimensions["corner"] = file.group.CreateDimension("corner", "", "", 4)
    y, x = np.mgrid[0:20, 0:20]
    for name, field, unit in [("nav_lon", x + 0.1 * y, "degrees_east"), ("nav_lat", y - 0.1 * x, "degrees_north")]:
        file.array(name, "ji", field, unit, bounds=f"Bounds_{name}")
        file.array(f"Bounds_{name}", ["j", "i", "corner"], np.zeros((20, 20, 4)))
    file.array("v", "ji", x + 100 * y)
    file.array("height", [], np.float64(2.5), "m")
    file.close()
    cube, _ = create(tmp_path / "b.nc", tmp_path / "b.zarr", "DGGRS=HEALPix", "LEVEL=6")
    names = set(cube.GetMDArrayNames())
    assert names == {"cell_ids", "lon", "lat", "v", "height"}
    height = cube.OpenMDArray("height")
    assert np.frombuffer(height.Read(), "f8")[0] == 2.5 and height.GetUnit() == "m"


def test_what_lies_along_one_horizontal_dimension_is_left_out_with_a_warning(tmp_path):
    file = File(tmp_path / "z.nc")
    field = degrees(file)
    file.array("v", ["lat", "lon"], field)
    file.array("zonal", ["lat"], field.mean(1))
    file.close()
    cube, seen = create(tmp_path / "z.nc", tmp_path / "z.zarr", *DEGREES)
    assert "zonal" not in cube.GetMDArrayNames() and "v" in cube.GetMDArrayNames()
    (warning,) = warnings(seen)
    assert "zonal" in warning and "lat" in warning and "left out" in warning


def test_coordinates_of_an_outer_group_place_the_arrays_of_an_inner_one(tmp_path):
    file = File(tmp_path / "o.nc")
    field = degrees(file)
    file.array("v", ["lat", "lon"], field, group=file.group.CreateGroup("data"))
    file.close()
    cube, _ = create(tmp_path / "o.nc", tmp_path / "o.zarr", *DEGREES)
    data = cube.OpenGroup("data")
    lon, lat, found = (values(data, name) for name in ("lon", "lat", "v"))
    column, row = (lon + 180) / 10, (90 - lat) / 10
    clear = (np.abs(column - column.round()) > 1e-9) & (np.abs(row - row.round()) > 1e-9)
    np.testing.assert_array_equal(found[clear], field[row[clear].astype(int), column[clear].astype(int)])
    assert clear.sum() > 0.9 * 12 * 4**4


# Polar stereographic as sea ice products have it, in kilometres; a view from a satellite, in radians.
@pytest.mark.parametrize(
    "name, unit, in_metres, x, y",
    [
        ("EPSG:3411", "km", 1e3, np.linspace(-3e6, 3e6, 61), np.linspace(3e6, -3e6, 61)),
        ("+proj=geos +h=35786023 +lon_0=-75 +sweep=x", "rad", 35786023.0, np.linspace(-4e6, 4e6, 81), np.linspace(4e6, -4e6, 81)),
    ],
)
def test_coordinates_in_another_unit_than_the_crs_lie_where_they_say(name, unit, in_metres, x, y, tmp_path):
    crs = osr.SpatialReference()
    crs.SetFromUserInput(name)
    crs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    field = np.arange(x.size * y.size, dtype="f8").reshape(y.size, x.size)
    found = {}
    for key, metres in (("m", 1.0), (unit, in_metres)):
        file = File(tmp_path / f"{key}.nc")
        # Steps of whole numbers in metres, which are shared to the bit only nearly.
        file.axis("y", y / metres, key, standard_name="projection_y_coordinate")
        file.axis("x", x / metres, key, standard_name="projection_x_coordinate")
        file.array("v", "yx", field).SetSpatialRef(crs)
        file.close()
        cube, seen = create(tmp_path / f"{key}.nc", tmp_path / f"{key}.zarr", "DGGRS=HEALPix", "LEVEL=5")
        assert cube is not None, seen
        found[key] = values(cube, "v")
        lat = values(cube, "lat")
    assert len(found["m"]) > 800 and np.ptp(lat) > 20
    np.testing.assert_array_equal(found[unit], found["m"])


def test_numbers_that_cannot_be_degrees_are_refused_without_a_crs(tmp_path):
    file = File(tmp_path / "n.nc")
    file.axis("y", np.arange(10) * 1000.0)
    file.axis("x", np.arange(10) * 1000.0)
    file.array("v", "yx", np.ones((10, 10)))
    file.close()
    cube, seen = create(tmp_path / "n.nc", tmp_path / "n.zarr", *DEGREES)
    assert cube is None and "has no CRS" in failures(seen)[0]


def test_bounds_of_time_and_depth_stay_on_a_curvilinear_grid(tmp_path):
    file = File(tmp_path / "c.nc")
    for name, size in (("j", 20), ("i", 20), ("bnds", 2)):
        file.dimensions[name] = file.group.CreateDimension(name, "", "", size)
    file.axis("lev", [1, 2, 3], "m", bounds="lev_bnds", axis="Z")
    bounds = np.array([[0, 1.5], [1.5, 2.5], [2.5, 4]])
    file.array("lev_bnds", ["lev", "bnds"], bounds)
    y, x = np.mgrid[0:20, 0:20]
    # Names alone tell what these are.
    file.array("lon", "ji", x + 0.1 * y)
    file.array("lat", "ji", y - 0.1 * x)
    file.array("v", ["lev", "j", "i"], np.stack([x + 100 * y + 1e4 * lev for lev in range(3)]))
    file.close()
    cube, seen = create(tmp_path / "c.nc", tmp_path / "c.zarr", "DGGRS=HEALPix", "LEVEL=6")
    assert cube is not None, seen
    assert set(cube.GetMDArrayNames()) == {"cell_ids", "lon", "lat", "v", "lev", "lev_bnds"}
    np.testing.assert_array_equal(values(cube, "lev_bnds"), bounds)
    lon, lat = values(cube, "lon"), values(cube, "lat")
    column, row = (lon - 0.1 * lat) / 1.01, (lat + 0.1 * lon) / 1.01
    clear = (np.abs(column - column.round()) < 0.45) & (np.abs(row - row.round()) < 0.45)
    expected = column.round() + 100 * row.round() + 1e4 * np.arange(3)[:, None]
    np.testing.assert_array_equal(values(cube, "v")[:, clear], expected[:, clear])
    assert clear.sum() > 0.7 * len(lon) > 200
