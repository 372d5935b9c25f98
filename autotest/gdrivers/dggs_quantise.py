"""Quantise and pyramids: what becomes of rasters on zones equals what NumPy makes of them."""

import json
import random

import numpy as np
import pytest
from osgeo import gdal, osr
from support import judges
from support.gdalio import grid, messages, open_cube, root, values, warnings

GEOID = "/usr/share/proj/egm96_15.gtx"


def create(source, target, *options, callback=None):
    """CreateCopy from a dataset or a file name."""
    if isinstance(source, str):
        flags = gdal.OF_MULTIDIM_RASTER if source.endswith(".nc") else gdal.OF_RASTER
        source = gdal.OpenEx(source, flags)
    driver = gdal.GetDriverByName("DGGS")
    return driver.CreateCopy(str(target), source, options=list(options), callback=callback)


def memory(pixels, west=-180.0, north=90.0, step=None, nodata=None, crs="EPSG:4326", affine=None):
    """A dataset in memory of the given pixels (bands, rows, columns)."""
    pixels = np.atleast_3d(pixels) if pixels.ndim == 3 else pixels[None]
    bands, rows, columns = pixels.shape
    codes = {"uint8": gdal.GDT_Byte, "int16": gdal.GDT_Int16, "int32": gdal.GDT_Int32, "float32": gdal.GDT_Float32}
    code = codes.get(pixels.dtype.name, gdal.GDT_Float64)
    dataset = gdal.GetDriverByName("MEM").Create("", columns, rows, bands, code)
    step = step or 360.0 / columns
    dataset.SetGeoTransform(affine or [west, step, 0, north, 0, -step])
    if crs:
        reference = osr.SpatialReference()
        reference.SetFromUserInput(crs)
        dataset.SetSpatialRef(reference)
    for band in range(bands):
        if nodata is not None:
            dataset.GetRasterBand(band + 1).SetNoDataValue(nodata)
        dataset.GetRasterBand(band + 1).WriteRaster(0, 0, columns, rows, np.ascontiguousarray(pixels[band]).tobytes())
    return dataset


def pixels_of(dataset, band=1):
    band = dataset.GetRasterBand(band)
    types = {
        gdal.GDT_Byte: "u1",
        gdal.GDT_UInt16: "u2",
        gdal.GDT_Int16: "i2",
        gdal.GDT_Float32: "f4",
        gdal.GDT_Float64: "f8",
    }
    raw = band.ReadRaster(0, 0, band.XSize, band.YSize)
    return np.frombuffer(raw, types[band.DataType]).reshape(band.YSize, band.XSize)


@pytest.fixture
def tmp_path(exchange):
    """What is made here the judges must see, also from another root."""
    return exchange


@pytest.fixture(scope="module")
def geoid():
    return gdal.Open(GEOID)


def ask_nearest(tmp_path, store, array, pixels, transform, dggrs, level):
    """What the judge says of NEAREST."""
    np.save(tmp_path / "pixels.npy", pixels)
    told = {
        "store": str(store),
        "array": array,
        "pixels": str(tmp_path / "pixels.npy"),
        "x0": float(transform[0]),
        "dx": float(transform[1]),
        "y0": float(transform[3]),
        "dy": float(transform[5]),
        "columns": pixels.shape[-1],
        "rows": pixels.shape[-2],
        "dggrs": dggrs,
        "level": level,
    }
    if dggrs not in ("HEALPix", "H3"):
        cube = root(store)
        for name in ("lon", "lat"):
            np.save(tmp_path / f"{name}.npy", values(cube, name))
            told[name] = str(tmp_path / f"{name}.npy")
    return judges.run("judge_quantise.py", "nearest", told, tmp_path)


def test_nearest_on_the_geoid_at_healpix_8_is_numpys_to_the_bit(geoid, tmp_path):
    create(geoid, tmp_path / "geoid.dggs.zarr", "DGGRS=HEALPix", "LEVEL=8")
    answer = ask_nearest(
        tmp_path, tmp_path / "geoid.dggs.zarr", "egm96_15", pixels_of(geoid), geoid.GetGeoTransform(), "HEALPix", 8
    )
    assert (answer["zones"], answer["different"], answer["outside"]) == (12 * 4**8, 0, 0)
    assert answer["looked"] > 0.98 * answer["zones"] and answer["values"] > 100_000


@pytest.mark.parametrize("dggrs, level", [("HEALPix", 7), ("H3", 3), ("ISEA4H", 7), ("IGEO7", 5)])
def test_nearest_on_a_part_of_the_globe_is_numpys_in_every_family(dggrs, level, tmp_path):
    source = gdal.Open(str(judges.shared("data/source/cleantopo_br.tif")))
    create(source, tmp_path / "part.dggs.zarr", f"DGGRS={dggrs}", f"LEVEL={level}")
    cube = open_cube(tmp_path / "part.dggs.zarr").GetRootGroup()
    (name, *others) = [n for n in cube.GetMDArrayNames() if n not in ("cell_ids", "lon", "lat", "zone_id", "crs")]
    pixels = np.stack([pixels_of(source, band + 1) for band in range(source.RasterCount)])
    for band, array in enumerate([name, *others]):
        answer = ask_nearest(
            tmp_path, tmp_path / "part.dggs.zarr", array, pixels[band], source.GetGeoTransform(), dggrs, level
        )
        assert answer["different"] == 0
        assert answer["outside"] == 0, "a part of the globe has no zones outside"
        assert 0 < answer["zones"] < 0.9 * grid(f"{dggrs}/{level}").GetDimensions()[0].GetSize()


@pytest.mark.parametrize("dggrs, level", [("HEALPix", 6), ("H3", 2), ("ISEA4H", 6), ("IGEO7", 4)])
def test_nearest_of_a_netcdf_keeps_dimensions_and_is_numpys(dggrs, level, tmp_path):
    path = str(judges.shared("data/source/eraint_uvz.nc"))
    create(path, tmp_path / "era.dggs.zarr", f"DGGRS={dggrs}", f"LEVEL={level}")
    source = gdal.OpenEx(path, gdal.OF_MULTIDIM_RASTER).GetRootGroup()
    cube = root(tmp_path / "era.dggs.zarr")
    lon, lat = values(source, "longitude"), values(source, "latitude")
    steps = [float(axis[-1] - axis[0]) / (len(axis) - 1) for axis in (lon, lat)]
    transform = [lon[0] - steps[0] / 2, steps[0], 0, lat[0] - steps[1] / 2, 0, steps[1]]
    for name in ("u", "v", "z"):
        array = source.OpenMDArray(name)
        found = cube.OpenMDArray(name)
        outer = [d.GetName() for d in array.GetDimensions()][:-2]
        assert [d.GetName() for d in found.GetDimensions()] == [*outer, found.GetDimensions()[-1].GetName()]
        assert found.GetDimensions()[-1].GetType() == "DGGS_ZONE"
        assert (found.GetScale(), found.GetOffset(), found.GetUnit()) == (
            array.GetScale(),
            array.GetOffset(),
            array.GetUnit(),
        )
        answer = ask_nearest(tmp_path, tmp_path / "era.dggs.zarr", name, values(source, name), transform, dggrs, level)
        assert (answer["different"], answer["outside"]) == (0, 0), name
    for name in set(outer):
        np.testing.assert_array_equal(values(cube, name), values(source, name))
    assert "latitude" not in cube.GetMDArrayNames() and "longitude" not in cube.GetMDArrayNames()


def test_averages_and_sums_conserve_what_is_on_the_globe(geoid, tmp_path):
    pixels = pixels_of(geoid).astype("f8")
    source = memory(pixels, -180.125, 90.125, 0.25)
    np.save(tmp_path / "pixels.npy", pixels)
    told = {"pixels": str(tmp_path / "pixels.npy"), "y0": 90.125, "dy": -0.25, "array": "n"}
    for method in ("AVERAGE", "SUM"):
        stores = {level: str(tmp_path / f"{method}{level}.zarr") for level in range(3, 10 if method == "AVERAGE" else 7)}
        for level, store in stores.items():
            source.GetRasterBand(1).SetDescription("n")
            create(source, store, "DGGRS=HEALPix", f"LEVEL={level}", f"RESAMPLING={method}")
        answer = judges.run("judge_quantise.py", "conservation", {**told, "stores": stores}, tmp_path)
        for level, found in answer["levels"].items():
            if method == "SUM":
                assert abs(found["sum"] / answer["sum"] - 1) < 1e-9, level
            else:
                assert abs(found["mean"] / answer["mean"] - 1) < 1e-9, level
                assert abs(found["mean"] - answer["mean"]) < 1e-6 * answer["deviation"], level


@pytest.mark.parametrize("dggrs", ["HEALPix", "H3", "rHEALPix", "ISEA3H", "ISEA4H", "ISEA7H", "ISEA4T", "ISEA4D", "IGEO7"])
@pytest.mark.parametrize("resampling", ["NEAREST", "BILINEAR", "AVERAGE", "MODE", "MIN", "MAX"])
def test_a_constant_stays_constant_on_every_level_of_a_pyramid(dggrs, resampling, tmp_path):
    source = memory(np.full((37, 72), 0.1), -182.5, 92.5, 5.0)
    source.GetRasterBand(1).SetDescription("c")
    create(source, tmp_path / "c.zarr", f"DGGRS={dggrs}", "LEVEL=2", f"RESAMPLING={resampling}", "PYRAMID=0,1")
    cube = root(tmp_path / "c.zarr")
    seen = []
    for group in [cube, *[cube.OpenGroup(name) for name in cube.GetGroupNames() or []]]:
        for name in group.GetMDArrayNames() or []:
            if name.startswith("c") and not name.startswith(("cell", "crs")):
                seen.append(values(group, name))
    assert len(seen) == 3
    assert all((found == 0.1).all() for found in seen)


NODATA = [
    # type, nodata, what is in pixels without data, resampling, what zones without data hold
    ("float32", -9999.0, -9999.0, "NEAREST", -9999.0),
    ("float32", -9999.0, -9999.0, "AVERAGE", -9999.0),
    ("float32", None, np.nan, "BILINEAR", np.nan),
    ("float64", None, np.nan, "SUM", np.nan),
    ("int16", -32768, -32768, "AVERAGE", -32768),
    ("int16", -1, -1, "MIN", -1),
    ("uint8", 255, 255, "MAX", 255),
    ("uint8", 0, 0, "MODE", 0),
    ("int32", 7, 7, "BILINEAR", 7),
]


@pytest.mark.parametrize("dtype, nodata, hole, resampling, empty", NODATA)
def test_nodata_never_bleeds_and_is_named(dtype, nodata, hole, resampling, empty, tmp_path):
    rng = np.random.default_rng(5)
    holes = rng.random((18, 36)).repeat(4, 0).repeat(4, 1) < 0.4
    pixels = np.where(holes, hole, rng.integers(100, 121, holes.shape)).astype(dtype)
    source = memory(pixels, nodata=nodata)
    source.GetRasterBand(1).SetDescription("v")
    create(source, tmp_path / "n.zarr", "DGGRS=HEALPix", "LEVEL=5", f"RESAMPLING={resampling}", "PYRAMID=4,3")
    cube = root(tmp_path / "n.zarr")
    for level in (5, 4, 3):
        array = cube.OpenGroup(str(level)).OpenMDArray("v")
        found = values(cube.OpenGroup(str(level)), "v").astype("f8")
        np.testing.assert_equal(array.GetNoDataValueAsDouble(), float(empty))
        none = np.isnan(found) if np.isnan(empty) else found == empty
        assert 0 < none.sum() < none.size or level == 3
        if resampling != "SUM":
            assert ((found >= 100) & (found <= 120))[~none].all(), level
        else:
            assert (found[~none] > 0).all()


def test_an_alpha_band_is_a_mask_and_no_array(tmp_path):
    pixels = np.full((4, 36, 72), 50, "u1")
    pixels[0, :, 30:40] = 255
    pixels[3] = 255
    pixels[3, :, :36] = 0
    source = memory(pixels)
    source.GetRasterBand(4).SetColorInterpretation(gdal.GCI_AlphaBand)
    with messages() as seen:
        create(source, tmp_path / "a.zarr", "DGGRS=HEALPix", "LEVEL=3", "RESAMPLING=NEAREST")
    assert any("nodata" in text for text in warnings(seen))
    cube = root(tmp_path / "a.zarr")
    assert {"band_1", "band_2", "band_3"} <= set(cube.GetMDArrayNames()) and "band_4" not in cube.GetMDArrayNames()
    west = values(cube, "lon") < 0
    assert (values(cube, "band_2") == np.where(west, 255, 50)).all()


@pytest.mark.parametrize("method", ["AVERAGE", "MIN", "MAX", "SUM"])
@pytest.mark.parametrize("dggrs, ratio", [("HEALPix", 4), ("rHEALPix", 9)])
def test_levels_of_a_pyramid_are_numpys_reductions(method, dggrs, ratio, geoid, tmp_path):
    pixels = pixels_of(geoid).astype("f8").copy()
    pixels[200:300, 100:400] = np.nan
    source = memory(pixels, -180.125, 90.125, 0.25)
    source.GetRasterBand(1).SetDescription("n")
    level = {4: 6, 9: 4}[ratio]
    options = [f"DGGRS={dggrs}", f"LEVEL={level}", f"PYRAMID={level - 1},{level - 3}", f"PYRAMID_RESAMPLING={method}"]
    create(source, tmp_path / "p.zarr", *options, "CONVENTION=XDGGS" if ratio == 9 else "CONVENTION=AUTO")
    told = {
        "store": str(tmp_path / "p.zarr"),
        "array": "n",
        "ratio": ratio,
        "method": {"AVERAGE": "mean"}.get(method, method.lower()),
    }
    answer = judges.run("judge_quantise.py", "pyramid", told, tmp_path)
    assert answer["levels"] == [level, level - 1, level - 3]
    scale = 1e-9 if method == "SUM" else 1e-12
    assert max(answer["worst"]) < 100 * scale
    if ratio == 4:
        assert method.lower() in json.dumps(answer["attributes"]["multiscales"])


@pytest.mark.parametrize("dggrs", ["ISEA3H", "ISEA4H", "ISEA7H"])
def test_hexagons_that_share_children_conserve_the_mean(dggrs, geoid, tmp_path):
    source = memory(pixels_of(geoid).astype("f8"), -180.125, 90.125, 0.25)
    source.GetRasterBand(1).SetDescription("n")
    level = {"ISEA3H": 6, "ISEA4H": 5, "ISEA7H": 4}[dggrs]
    create(source, tmp_path / "h.zarr", f"DGGRS={dggrs}", f"LEVEL={level}", f"PYRAMID={level - 1},1,2")
    cube = root(tmp_path / "h.zarr")
    means = {}
    for found in (level, level - 1, 2, 1):
        name = "n" if found == level else f"n_{found}"
        areas = values(grid(f"{dggrs}/{found}", "COMPUTED=AREA"), "area")
        means[found] = (values(cube, name) * areas).sum() / areas.sum()
    deviation = pixels_of(geoid).std()
    assert all(abs(mean - means[level]) < 1e-6 * deviation for mean in means.values()), means


@pytest.mark.parametrize("dggrs, level, size", [("H3", 4, 25e3), ("HEALPix", 14, 1e3), ("ISEA4H", 15, 500.0)])
def test_a_projected_source_lies_where_proj_says(dggrs, level, size, tmp_path):
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 30000, (60, 80)).astype("i2")
    source = memory(pixels, crs="EPSG:3035", affine=[3e6, size, 0, 4.5e6, 0, -size])
    create(source, tmp_path / "l.zarr", f"DGGRS={dggrs}", f"LEVEL={level}")
    cube = root(tmp_path / "l.zarr")
    (name,) = [n for n in cube.GetMDArrayNames() if n not in ("cell_ids", "lon", "lat")]
    lonlat, laea = osr.SpatialReference(), osr.SpatialReference()
    lonlat.ImportFromEPSG(4326), laea.ImportFromEPSG(3035)
    for reference in (lonlat, laea):
        reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    points = np.stack([values(cube, "lon"), values(cube, "lat")], axis=1)
    places = np.array(osr.CoordinateTransformation(lonlat, laea).TransformPoints(points.tolist()))
    column, row = (places[:, 0] - 3e6) / size, (4.5e6 - places[:, 1]) / size
    assert (column >= 0).all() and (column < 80).all() and (row >= 0).all() and (row < 60).all()
    near = (abs(column - column.round()) < 1e-6) | (abs(row - row.round()) < 1e-6)
    expected = pixels[row.astype(int), column.astype(int)]
    assert (values(cube, name) == expected)[~near].all() and near.sum() < 5
    assert len(points) > 1000


def test_a_projected_source_of_the_whole_globe_makes_a_global_cube(tmp_path):
    half, top = 17_243_959.06, 8_392_927.6
    pixels = np.arange(80 * 160.0).reshape(80, 160)
    affine = [-half, half / 80, 0, top, 0, -top / 40]
    source = memory(pixels, crs="EPSG:8857", affine=affine)
    # A convention without lists of zones.
    options = ["DGGRS=ISEA4D", "LEVEL=4", "CONVENTION=DGGS_JL"]
    create(source, tmp_path / "auto.zarr", *options)
    found = values(root(tmp_path / "auto.zarr"), "auto")
    assert found.size >= 2560 and np.isfinite(found).all()
    with pytest.raises(RuntimeError, match="not the whole globe"):
        create(source, tmp_path / "source.zarr", *options, "COVERAGE=SOURCE")


def test_a_curvilinear_netcdf_lies_where_its_longitudes_and_latitudes_say(tmp_path):
    rows, columns = 40, 50
    y, x = np.mgrid[0:rows, 0:columns] * 0.5
    lon, lat = 170 + x - 0.3 * y, 30 + y + 0.2 * x  # over the antimeridian
    dataset = gdal.GetDriverByName("netCDF").CreateMultiDimensional(str(tmp_path / "c.nc"))
    group = dataset.GetRootGroup()
    dimensions = [group.CreateDimension("j", "", "", rows), group.CreateDimension("i", "", "", columns)]
    for name, field, unit in [("lon", lon, "degrees_east"), ("lat", lat, "degrees_north"), ("v", x + 100 * y, "1")]:
        array = group.CreateMDArray(name, dimensions, gdal.ExtendedDataType.Create(gdal.GDT_Float64))
        array.Write(np.ascontiguousarray(field).tobytes())
        array.SetUnit(unit)
    del array, group, dataset
    create(str(tmp_path / "c.nc"), tmp_path / "c.zarr", "DGGRS=HEALPix", "LEVEL=7", "RESAMPLING=NEAREST")
    cube = root(tmp_path / "c.zarr")
    # The parallelograms around the centres are those of an affine map.
    at_lon, at_lat = values(cube, "lon") % 360 - 170, values(cube, "lat") - 30
    j = (at_lat - 0.2 * at_lon) / (1 + 0.2 * 0.3) / 0.5
    i = (at_lon + 0.3 * j * 0.5) / 0.5
    found = values(cube, "v")
    off = np.abs(found - (np.round(i) + 100 * np.round(j)) * 0.5) > 1e-9
    inner = (np.abs(i - np.round(i)) < 0.45) & (np.abs(j - np.round(j)) < 0.45)
    assert len(found) > 1000 and not off[inner].any() and inner.sum() > 0.7 * len(found)


def test_the_level_is_found_and_the_ellipsoid_is_the_sources(geoid, tmp_path):
    create(geoid, tmp_path / "auto.zarr", "DGGRS=HEALPix", "LEVEL=AUTO")
    info = root(tmp_path / "auto.zarr").OpenMDArray("egm96_15").GetStructuralInfo()
    assert (info["REFINEMENT_LEVEL"], info["ELLIPSOID"]) == ("8", "WGS84")
    source = memory(np.zeros((18, 36)), crs="+proj=longlat +R=6371229 +no_defs")
    create(source, tmp_path / "sphere.zarr", "DGGRS=HEALPix", "LEVEL=2")
    cube = root(tmp_path / "sphere.zarr")
    assert "6371229" in cube.OpenMDArray("sphere").GetStructuralInfo()["ELLIPSOID"]


@pytest.mark.parametrize("zarr_format", ["ZARR_V2", "ZARR_V3"])
def test_arrays_say_their_crs_to_readers_that_know_no_grid(geoid, tmp_path, zarr_format):
    path = tmp_path / "crs.zarr"
    create(geoid, path, "DGGRS=HEALPix", "LEVEL=2", "PYRAMID=1", "COVERAGE=GLOBAL", f"FORMAT={zarr_format}")
    raw = judges.reread("zarr", path, tmp_path / "zarr.npz")
    levels = [name for name in raw if name.split("/")[-1].startswith("egm96_15")]
    assert len(levels) == 2
    for name in levels:
        crs = raw[name]["attributes"]["_CRS"]
        assert crs["url"] == "http://www.opengis.net/def/crs/EPSG/0/4326"
        assert crs["wkt"].startswith("GEOGCRS[") and crs["projjson"]["id"] == {"authority": "EPSG", "code": 4326}
    assert not any("_CRS" in node["attributes"] for name, node in raw.items() if name not in levels)
    if zarr_format == "ZARR_V2":
        plain = gdal.OpenEx(str(path), gdal.OF_MULTIDIM_RASTER, allowed_drivers=["Zarr"]).GetRootGroup()
        for name in levels:
            assert plain.OpenMDArrayFromFullname(f"/{name}").GetSpatialRef().GetAuthorityCode(None) == "4326"
    # Another ellipsoid is no CRS of a register's: its axes are told.
    bessel = memory(np.zeros((18, 36)), crs="+proj=longlat +a=6377397.155 +rf=299.1528128 +no_defs")
    create(bessel, tmp_path / "bessel.zarr", "DGGRS=HEALPix", "LEVEL=2", f"FORMAT={zarr_format}")
    crs = judges.reread("zarr", tmp_path / "bessel.zarr", tmp_path / "zarr.npz")["bessel"]["attributes"]["_CRS"]
    assert "url" not in crs and "6377397.155" in crs["wkt"] and "6377397.155" in str(crs["projjson"])


def test_a_job_that_is_stopped_at_random_moments_resumes_to_the_same(geoid, tmp_path):
    options = ["DGGRS=HEALPix", "LEVEL=6", "RESAMPLING=AVERAGE", "PYRAMID=4,5", "SHARD_LEVEL=2", "CHUNK_LEVEL=4"]
    create(geoid, tmp_path / "whole.zarr", *options)
    rng = random.Random(11)
    target = tmp_path / "stopped.zarr"
    for _ in range(10):
        stop = rng.random()
        with messages():
            done = create(geoid, target, *options, "RESUME=YES", callback=lambda part, *_: part < stop)
        assert done is None and not target.exists()
    create(geoid, target, *options, "RESUME=YES")
    told = {"stores": [str(tmp_path / "whole.zarr"), str(target)]}
    answer = judges.run("judge_quantise.py", "same", told, tmp_path)
    assert answer["different"] == [] and answer["arrays"] >= 9
    assert not (tmp_path / "stopped.zarr.partial").exists()


@pytest.mark.parametrize(
    "options, parts",
    [
        (["DGGRS=HEALPix"], ["LEVEL", "AUTO"]),
        (["DGGRS=HEALPix", "LEVEL=40"], ["LEVEL=40", "29"]),
        (["DGGRS=H3", "LEVEL=2", "PYRAMID=2"], ["PYRAMID", "coarser"]),
        (["DGGRS=ISEA4H", "LEVEL=2", "CONVENTION=CF"], ["CF", "DGGS_SPEC"]),
        (["DGGRS=ISEA4H", "LEVEL=2", "INDEXING=PROJTRI", "CONVENTION=DGGS_SPEC"], ["PROJTRI", "Q2DI"]),
        ([], ["DGGRS", "LEVEL=AUTO"]),
        (["DGGRS=H3", "LEVEL=2", "PYRAMID_RESAMPLING=MIN"], ["PYRAMID_RESAMPLING", "without PYRAMID"]),
        (["DGGRS=H3", "LEVEL=2", "APPEND_SUBDATASET=YES"], ["APPEND_SUBDATASET", "update"]),
    ],
)
def test_errors_name_the_option_and_what_to_do(options, parts, tmp_path):
    with messages() as seen:
        assert create(memory(np.zeros((18, 36))), tmp_path / "e.zarr", *options) is None
    text = " ".join(text for _, text in seen)
    assert all(part in text for part in parts), text
    assert not (tmp_path / "e.zarr").exists() and not (tmp_path / "e.zarr.partial").exists()


def test_a_source_without_a_place_is_refused(tmp_path):
    bare = gdal.GetDriverByName("MEM").Create("", 10, 10)
    metres = memory(np.zeros((4, 4)), crs=None, affine=[5e5, 30, 0, 4e6, 0, -30])
    for source, part in [(bare, "-a_ullr"), (metres, "-a_srs")]:
        with messages() as seen:
            assert create(source, tmp_path / "e.zarr", "DGGRS=H3", "LEVEL=2") is None
        assert part in " ".join(text for _, text in seen)
