"""The classic raster view: every pixel shows the zone that holds its centre, whatever is asked for and in whatever pieces."""

import csv
import shutil
import subprocess
from contextlib import contextmanager

import numpy as np
import pytest
from osgeo import gdal, osr
from support import judges, stores
from support.gdalio import array, failures, forced, messages, read, root, values
from support.httpd import serving

XDGGS = "data/xdggs/"
ESTONIA = ("data/pydggsapi/est_topo_dem_10m_elva_igeo7_multi_refinement_level_ds.zarr", "DGGRS=IGEO7", "ZONE_ID=zone_id")


def raster(path, *options, node=""):
    """A dataset of the raster view; options are NAME=VALUE."""
    name = forced(path) + (f":{node}" if node else "")
    return gdal.OpenEx(name, gdal.OF_RASTER, open_options=list(options))


def pixels(dataset, **window):
    """All bands, (band, row, column)."""
    got = dataset.ReadAsArray(**window)
    assert got is not None
    return got if got.ndim == 3 else got[None]


def centres(dataset, columns=None, rows=None):
    """Longitude and latitude of each pixel's centre, (row, column); infinite where there is none. With a size, those of a
    reduced raster."""
    left, width, _, top, _, height = dataset.GetGeoTransform()
    columns, rows = columns or dataset.RasterXSize, rows or dataset.RasterYSize
    x = left + (np.arange(columns) + 0.5) * (dataset.RasterXSize / columns) * width
    y = top + (np.arange(rows) + 0.5) * (dataset.RasterYSize / rows) * height
    x, y = np.meshgrid(x, y)
    crs = dataset.GetSpatialRef()
    if crs.IsGeographic():
        return x, y
    degrees = osr.SpatialReference()
    degrees.ImportFromEPSG(4326)
    degrees.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    with messages():
        found = np.array(osr.CoordinateTransformation(crs, degrees).TransformPoints(np.stack([x.ravel(), y.ravel()], -1)))[:, :2]
        there = np.isfinite(found).all(-1)
        back = np.full_like(found, np.inf)
        back[there] = np.array(osr.CoordinateTransformation(degrees, crs).TransformPoints(found[there]))[:, :2]
    lon, lat = found.T.reshape(2, *x.shape)
    # Beyond the map's edge some projections repeat what is inside.
    apart = np.abs(back - np.stack([x.ravel(), y.ravel()], -1)).max(-1).reshape(x.shape)
    return np.where(apart < 0.01 * width, lon, np.inf), np.where(apart < 0.01 * width, lat, np.inf)


def points_file(path, lon, lat):
    with open(path, "w") as file:
        file.writelines(f"{x!r},{y!r}\n" for x, y in zip(lon.tolist(), lat.tolist()))
    return f"POINTS=@{path}"


def peers_zones(peer, level, lon, lat, exchange):
    """The distinct zone texts that another library finds for points, and which of them each point has."""
    np.save(exchange / "points.npy", np.stack([lon, lat], -1))
    answer = judges.ask("zones", peer, level, exchange / "points.npy", exchange / "found.npz")
    if "absent" in answer:
        pytest.skip(f"{peer}: {answer['absent']}")
    return np.unique(np.load(exchange / "found.npz")["text"], return_inverse=True)


# Every pixel


def expected(got, group, texts, which):
    """What the zones `texts` hold in the cube `group`, (band, point); NaN outside the coverage."""
    own = {text: at for at, text in enumerate(values(group, "zone_text"))}
    at = np.array([own.get(text, -1) for text in texts.tolist()])
    data = read(array(group, got)).astype("f8")
    data = data.reshape(-1, data.shape[-1])
    found = np.where(at[None] < 0, np.nan, data[:, at])
    return found[:, which.ravel()]


VIEWS = ("", "EPSG:3857", "EPSG:3413")


@pytest.mark.parametrize("crs", VIEWS)
@pytest.mark.parametrize("peer, level, name, variable, options, res", [
    ("healpix-geo", 6, (XDGGS + "healpix6_global_xdggs_v2.zarr",), "u", (), {}),
    ("healpix-geo sphere", 7, (XDGGS + "healpix7_europe_xdggs_v3.zarr",), "u", (), {}),
    ("h3", 3, (XDGGS + "h3r3_global_zarr_v3.zarr",), "u", (), {"": "RES=1.25", "EPSG:3857": "RES=140000", "EPSG:3413": "RES=40000"}),
    ("dggal ISEA7H_Z7", 10, ESTONIA, "band_1", ("LEVEL=10",), {}),
], ids=["healpix-global", "healpix-europe", "h3", "igeo7"])
def test_every_pixel_shows_the_peers_zone(peer, level, name, variable, options, res, crs, exchange):
    path, *identity = name
    path = judges.shared(path)
    options = [*identity, *options]
    shape = [f"CRS={crs}"] if crs else []
    shape += [res[crs]] if crs in res else []
    if crs == "EPSG:3413" and name == ESTONIA:
        shape += ["BBOX=26.2,58.2,26.7,58.4"]
    node = f"/refinement_level_10/{variable}" if name == ESTONIA else ""
    dataset = raster(path, *options, *shape, node=node)
    lon, lat = centres(dataset)
    got = pixels(dataset).reshape(dataset.RasterCount, -1)
    lon, lat = lon.ravel(), lat.ravel()
    there = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lat) <= 90)
    assert there.sum() > 2000
    group = root(path, *options, "COMPUTED=ZONE_TEXT")
    group = group.OpenGroup("refinement_level_10") if name == ESTONIA else group
    texts, which = peers_zones(peer, level, lon[there], lat[there], exchange)
    wanted = np.full(got.shape, np.nan)
    wanted[:, there] = expected(variable, group, texts, which)
    nodata = dataset.GetRasterBand(1).GetNoDataValue()
    assert nodata is not None
    if not np.isnan(nodata):
        wanted[np.isnan(wanted)] = nodata
    np.testing.assert_array_equal(got, wanted)
    seen = np.isfinite(wanted) & (wanted != nodata)
    assert seen.sum() > 500 and len(np.unique(wanted[seen])) > 100


@pytest.mark.parametrize("crs", VIEWS)
@pytest.mark.parametrize("path, node", [
    ("data/pilot/example.dggs.zarr", "/cell_cube"),
    ("data/bluemarble/blue-marble.dggs.zarr", "/dggs_s5/Red"),
], ids=["isea4h", "blue-marble"])
def test_every_pixel_shows_what_its_point_holds(path, node, crs, tmp_path):
    """Zones on several dimensions, through the selection by points, which DGGRID's oracle judges."""
    path = judges.shared(path)
    shape = [f"CRS={crs}"] if crs else []
    shape += {"": [], "EPSG:3857": ["RES=250000"], "EPSG:3413": ["RES=60000"]}[crs]
    dataset = raster(path, *shape, "RES=1.5" if not crs and "pilot" not in str(path) else "X=", node=node)
    lon, lat = centres(dataset)
    got = pixels(dataset).reshape(dataset.RasterCount, -1).astype("f8")
    lon, lat = lon.ravel(), lat.ravel()
    there = np.isfinite(lon) & np.isfinite(lat)
    group, _, name = node.rpartition("/")
    held = root(path, points_file(tmp_path / "points.csv", lon[there], lat[there]))
    found = read(array(held, node)).astype("f8")
    zones = [d.GetName() for d in array(held, node).GetDimensions()].index("zone")
    found = np.moveaxis(found, zones, -1).reshape(got.shape[0], -1)
    assert there.sum() > 3000 and len(np.unique(found)) > 20
    np.testing.assert_array_equal(got[:, there], found)


@pytest.mark.parametrize("table, name, options", [
    ("dggrid902_sphere_11.25_ISEA4H_r9", "ISEA4H/9", ()),
    ("dggrid902_wgs84authalic_11.20_ISEA4H_r3", "ISEA4H/3", ("LON_0=11.20", "ELLIPSOID=WGS84")),
])
def test_a_raster_of_ids_shows_dggrids_zones(table, name, options):
    """A pixel around each of 40 points of the oracle."""
    with open(judges.shared(f"oracle/{table}.csv")) as file:
        rows = list(csv.DictReader(file))[::12]
    for row in rows:
        lon, lat = float(row["lon"]), float(row["lat_geodetic_input"])
        if abs(lat) > 89.9:
            continue
        half = 1e-6
        box = f"BBOX={lon - half!r},{lat - half!r},{lon + half!r},{lat + half!r}"
        one = gdal.OpenEx(f"DGGS:{name}:/zone_id", gdal.OF_RASTER, open_options=[*options, box, f"RES={2 * half}"])
        assert (one.RasterXSize, one.RasterYSize) == (1, 1)
        assert int.from_bytes(one.ReadRaster(), "little") == int(row["seqnum"])


# The frame


def test_the_global_raster_is_exactly_the_globe():
    for level in (0, 1, 4, 7):
        dataset = gdal.OpenEx(f"DGGS:HEALPix/{level}:/zone_id", gdal.OF_RASTER)
        left, width, a, top, b, height = dataset.GetGeoTransform()
        assert (left, top, a, b) == (-180, 90, 0, 0) and width == -height
        assert dataset.RasterXSize == 2 * dataset.RasterYSize
        assert left + dataset.RasterXSize * width == 180 and top + dataset.RasterYSize * height == -90
        zone = np.degrees(np.sqrt(4 * np.pi / (12 * 4**level)))
        assert 0.35 * zone < width <= zone / 2


def sparse(path, ids, level=5, **how):
    stores.healpix(path, level, ids=ids, **how)
    return path


def test_a_regional_raster_is_the_box_of_its_zones_on_the_global_pixels():
    group = gdal.OpenEx("DGGS:HEALPix/5", gdal.OF_MULTIDIM_RASTER, open_options=["BBOX=20,30,40,50", "COMPUTED=BOUNDARY"]).GetRootGroup()
    boundary = values(group, "boundary").reshape(-1, 2)
    boundary = boundary[~np.isnan(boundary[:, 0])]
    dataset = raster(sparse("/vsimem/part.zarr", values(group, "zone_id")))
    left, width, _, top, _, height = dataset.GetGeoTransform()
    right, bottom = left + dataset.RasterXSize * width, top + dataset.RasterYSize * height
    for edge, own, inwards in [
        (left, boundary[:, 0].min(), 1), (right, boundary[:, 0].max(), -1),
        (bottom, boundary[:, 1].min(), 1), (top, boundary[:, 1].max(), -1),
    ]:
        assert -1e-9 <= (own - edge) * inwards < width
    globe = gdal.OpenEx("DGGS:HEALPix/5:/zone_id", gdal.OF_RASTER).GetGeoTransform()
    assert width == globe[1]
    for offset in ((left + 180) / width, (90 - top) / width):
        assert abs(offset - round(offset)) < 1e-9


def test_a_region_across_the_antimeridian_and_a_cap_are_seen_whole():
    ids = values(gdal.OpenEx("DGGS:HEALPix/5", gdal.OF_MULTIDIM_RASTER, open_options=["BBOX=170,-20,-170,0"]).GetRootGroup(), "zone_id")
    dataset = raster(sparse("/vsimem/fiji.zarr", ids))
    left, width, *_ = dataset.GetGeoTransform()
    assert 167 < left <= 170 and 190 <= left + dataset.RasterXSize * width < 193
    assert np.isfinite(pixels(dataset)[0]).mean() > 0.7
    ids = values(gdal.OpenEx("DGGS:HEALPix/5", gdal.OF_MULTIDIM_RASTER, open_options=["BBOX=-180,80,180,90"]).GetRootGroup(), "zone_id")
    dataset = raster(sparse("/vsimem/cap.zarr", ids))
    left, width, _, top, _, _ = dataset.GetGeoTransform()
    assert (left, top) == (-180, 90) and abs(dataset.RasterXSize * width - 360) < 1e-9
    # In another CRS: the CRS' area as far as there are zones.
    dataset = raster("/vsimem/fiji.zarr", "CRS=EPSG:32760")
    assert np.isfinite(pixels(dataset)[0]).mean() > 0.3


def test_a_box_a_pixel_size_and_a_crs_shape_the_raster():
    stores.healpix("/vsimem/cube.zarr", 4)
    dataset = raster("/vsimem/cube.zarr", "BBOX=10,20,35,40", "RES=0.5")
    assert dataset.GetGeoTransform() == (10, 0.5, 0, 40, 0, -0.5)
    assert (dataset.RasterXSize, dataset.RasterYSize) == (50, 40)
    dataset = raster("/vsimem/cube.zarr", "BBOX=170,-10,-170,10", "RES=1,2")
    assert dataset.GetGeoTransform() == (170, 1, 0, 10, 0, -2)
    assert (dataset.RasterXSize, dataset.RasterYSize) == (20, 10)
    dataset = raster("/vsimem/cube.zarr", "CRS=EPSG:3857", "RES=100000")
    left, width, _, top, _, _ = dataset.GetGeoTransform()
    assert abs(left + 20037508.342789244) < 1e-3 and abs(top - 20048966.1) < 1 and width == 100000
    assert dataset.GetSpatialRef().GetAuthorityCode(None) == "3857"
    dataset = raster("/vsimem/cube.zarr", "CRS=+proj=moll +type=crs", "BBOX=-180,-90,180,90")
    assert abs(dataset.GetGeoTransform()[0] + 18040095.7) < 1
    # Corners lie on no part of the globe.
    got = pixels(dataset)[1]
    assert np.isnan(dataset.GetRasterBand(2).GetNoDataValue())
    assert np.isnan(got[0, 0]) and got[got.shape[0] // 2, got.shape[1] // 2] >= 1000
    # The same CRS by name is the default one.
    assert raster("/vsimem/cube.zarr", "CRS=EPSG:4326").GetGeoTransform()[0] == -180


@pytest.mark.parametrize("options, word", [
    (["CRS=EPSG:0"], "CRS"),
    (["CRS=+proj=moll +type=crs"], "BBOX"),
    (["RES=0"], "RES"),
    (["RES=0.0000000001"], "RES"),
    (["BBOX=1,2,3"], "BBOX"),
    (["RESAMPLING=MODE"], "RESAMPLING"),
    (["SLICE=month:2"], "2 positions"),
    (["SLICE=week:0"], "month"),
    (["SLICE=month"], "SLICE"),
])
def test_options_that_make_no_sense_are_errors(options, word):
    stores.healpix("/vsimem/cube.zarr", 2)
    with messages() as seen:
        assert raster("/vsimem/cube.zarr", *options) is None
    assert len(failures(seen)) == 1 and word in failures(seen)[0] and "cube.zarr" in failures(seen)[0]


# Bands


def deep(path, shape, dims=("time", "level"), **how):
    """A cube at level 2 with dimensions before the zones; the value tells band and zone."""
    zones = 12 * 4**2
    u = np.arange(np.prod(shape, dtype=int) * zones, dtype="f4").reshape(*shape, zones)
    arrays = {
        "cell_ids": stores.Array(np.arange(zones, dtype="u8"), ["cells"], stores.xdggs_ids(2)),
        "u": stores.Array(u, [*dims, "cells"], {"units": "m", "scale_factor": 0.5, "add_offset": 3.0}, **how),
        "level": stores.Array(np.array([850.5, 500.0, 250.0], "f8")[: shape[-1]], ["level"], {"units": "hPa"}),
    }
    stores.write(path, arrays)
    return u


def test_a_band_is_a_slice_and_says_which():
    u = deep("/vsimem/deep.zarr", (2, 3), chunks=(1, 2, 50))
    dataset = raster("/vsimem/deep.zarr")
    assert dataset.RasterCount == 6
    band = dataset.GetRasterBand(5)
    assert band.GetDescription() == "time=1, level=500"
    assert band.GetMetadata() == {"DIM_time_INDEX": "1", "DIM_level_INDEX": "1", "DIM_level_VALUE": "500", "DIM_level_UNIT": "hPa"}
    assert (band.GetUnitType(), band.GetScale(), band.GetOffset()) == ("m", 0.5, 3.0)
    assert dataset.GetMetadata()["DGGRS"] == "HEALPix" and dataset.GetMetadata()["REFINEMENT_LEVEL"] == "2"
    got = pixels(dataset)
    zone = got[0].astype(int)
    np.testing.assert_array_equal(got, u.reshape(6, -1)[:, zone])
    one = raster("/vsimem/deep.zarr", "SLICE=level:1")
    assert [one.GetRasterBand(i + 1).GetDescription() for i in range(2)] == ["time=0, level=500", "time=1, level=500"]
    np.testing.assert_array_equal(pixels(one), got[[1, 4]])
    np.testing.assert_array_equal(pixels(raster("/vsimem/deep.zarr", "SLICE=level:2,time:1")), got[[5]])


def test_zones_may_be_on_any_axis():
    u = np.arange(192 * 3, dtype="i2").reshape(192, 3)
    stores.write("/vsimem/first.zarr", {
        "cell_ids": stores.Array(np.arange(192, dtype="u8")[::-1], ["cells"], stores.xdggs_ids(2)),
        "u": stores.Array(u, ["cells", "time"], chunks=(50, 2), fill=None),
    }, zarr_format=2)  # fmt: skip
    ids = gdal.OpenEx("DGGS:HEALPix/2:/zone_id", gdal.OF_RASTER).ReadAsArray().astype(int)
    got = pixels(raster("/vsimem/first.zarr"))
    np.testing.assert_array_equal(got, np.moveaxis(u[191 - ids], -1, 0))


def test_more_slices_than_bands_need_slice():
    deep("/vsimem/deep.zarr", (21846, 3))
    with messages() as seen:
        assert raster("/vsimem/deep.zarr") is None
    assert "65538" in failures(seen)[0] and "SLICE" in failures(seen)[0] and "[time, level]" in failures(seen)[0]
    assert raster("/vsimem/deep.zarr", "SLICE=level:0").RasterCount == 21846


def test_what_is_outside_is_nodata_or_masked():
    ids = np.arange(300, 420, dtype="u8")
    zones = stores.Array(ids, ["cells"], stores.xdggs_ids(4))
    stores.write("/vsimem/part.zarr", {
        "cell_ids": zones,
        "byte": stores.Array(np.full(120, 7, "u1"), ["cells"], fill=None),
        "float": stores.Array(np.full(120, 7, "f4"), ["cells"], fill=None),
        "filled": stores.Array(np.where(np.arange(120) < 60, 7, -5).astype("i2"), ["cells"], {"_FillValue": -5}, fill=-5),
    }, zarr_format=2)  # fmt: skip
    inside = None
    for name, nodata in [("float", np.nan), ("byte", None), ("filled", -5)]:
        dataset = raster("/vsimem/part.zarr", node=f"/{name}")
        band = dataset.GetRasterBand(1)
        got, mask = band.ReadAsArray(), band.GetMaskBand().ReadAsArray()
        if name == "float":
            assert np.isnan(band.GetNoDataValue())
            inside = np.isfinite(got)
            assert 0.2 < inside.mean() < 0.95
            assert band.GetMaskFlags() == gdal.GMF_NODATA
        elif name == "byte":
            assert band.GetNoDataValue() is None and band.GetMaskFlags() == gdal.GMF_PER_DATASET
            assert set(np.unique(got)) == {0, 7} and ((got == 7) == inside).all()
        else:
            assert band.GetNoDataValue() == nodata and band.GetMaskFlags() == gdal.GMF_NODATA
            inside = inside & (got == 7)
        np.testing.assert_array_equal(mask == 255, inside)
    # The whole globe in degrees needs neither.
    stores.write("/vsimem/all.zarr", {
        "cell_ids": stores.Array(np.arange(192, dtype="u8"), ["cells"], stores.xdggs_ids(2)),
        "byte": stores.Array(np.full(192, 7, "u1"), ["cells"], fill=None),
    }, zarr_format=2)  # fmt: skip
    assert raster("/vsimem/all.zarr").GetRasterBand(1).GetMaskFlags() == gdal.GMF_ALL_VALID


# Pieces


@pytest.fixture(scope="module")
def wide():
    """HEALPix level 6, three steps, in chunks that no block fits; a store of its own in a folder."""
    path = judges.BUILD / "raster_wide.zarr"
    shutil.rmtree(path, ignore_errors=True)
    rng = np.random.default_rng(6)
    u = rng.integers(-30000, 30000, (3, 12 * 4**6)).astype("i2")
    attrs = stores.zarr_dggs(6, coordinate=None)
    attrs["dggs"].pop("compression")
    stores.write(str(path), {"u": stores.Array(u, ["time", "cells"], chunks=(2, 1000), fill=-32768)}, attrs, consolidated=True)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.mark.parametrize("options", [(), ("CRS=EPSG:3413",), ("RESAMPLING=BILINEAR",), ("RESAMPLING=AVERAGE", "RES=2")], ids=str)
def test_windows_blocks_and_buffers_show_the_same_pixels(wide, options):
    dataset = raster(wide, *options)
    columns, rows = dataset.RasterXSize, dataset.RasterYSize
    whole = pixels(dataset)
    rng = np.random.default_rng(3)
    for _ in range(25):
        x, y = rng.integers(0, columns), rng.integers(0, rows)
        w, h = rng.integers(1, min(columns - x, 300) + 1), rng.integers(1, min(rows - y, 300) + 1)
        bands = rng.permutation(3)[: rng.integers(1, 4)] + 1
        want = whole[bands - 1, y : y + h, x : x + w]
        got = dataset.ReadRaster(int(x), int(y), int(w), int(h), band_list=bands.tolist(), buf_type=gdal.GDT_Float64)
        np.testing.assert_array_equal(np.frombuffer(got).reshape(want.shape), want)
        band = dataset.GetRasterBand(int(bands[0]))
        np.testing.assert_array_equal(band.ReadAsArray(int(x), int(y), int(w), int(h)), want[0])
        # Pixel interleaved, bottom up.
        packed = dataset.ReadRaster(int(x), int(y), int(w), int(h), band_list=bands.tolist(), buf_pixel_space=2 * len(bands),
                                    buf_line_space=2 * len(bands) * int(w), buf_band_space=2)  # fmt: skip
        np.testing.assert_array_equal(np.frombuffer(packed, "i2").reshape(h, w, len(bands)), np.moveaxis(want, 0, -1))
    # Block by block.
    fresh = raster(wide, *options)
    band = fresh.GetRasterBand(2)
    width, height = band.GetBlockSize()
    for j in range(-(-rows // height)):
        for i in range(-(-columns // width)):
            block = np.frombuffer(band.ReadBlock(i, j), "i2").reshape(height, width)
            part = whole[1, j * height : (j + 1) * height, i * width : (i + 1) * width]
            np.testing.assert_array_equal(block[: part.shape[0], : part.shape[1]], part)


def test_enlarged_windows_repeat_pixels(wide):
    dataset = raster(wide)
    small = dataset.ReadAsArray(100, 50, 20, 10)
    large = dataset.ReadAsArray(100, 50, 20, 10, buf_xsize=60, buf_ysize=20)
    np.testing.assert_array_equal(large, small.repeat(2, axis=1).repeat(3, axis=2))


def pyramid(path, levels=(6, 5, 4, 3), steps=2):
    """A group a level; the value is 100000 * level + 1000000 * step + zone."""
    arrays, attrs = {}, {"/": {}}
    for level in levels:
        zones = np.arange(12 * 4**level, dtype="f8")
        u = np.arange(steps)[:, None] * 1e6 + level * 1e5 + zones
        arrays[f"l{level}/u"] = stores.Array(u, ["time", "cells"], chunks=(1, 3000))
        attrs[f"l{level}"] = stores.zarr_dggs(level, coordinate=None)
    stores.write(path, arrays, attrs)
    return path


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857"])
def test_overviews_show_the_coarser_levels_of_a_pyramid(crs, tmp_path):
    path = pyramid("/vsimem/pyramid.zarr")
    dataset = raster(path, f"CRS={crs}")
    assert dataset.RasterCount == 2
    band = dataset.GetRasterBand(2)
    sizes = [(band.GetOverview(i).XSize, band.GetOverview(i).YSize) for i in range(band.GetOverviewCount())]
    assert sizes[0] == (-(-dataset.RasterXSize // 2), -(-dataset.RasterYSize // 2)) and max(sizes[-1]) <= 256
    assert (band.ReadAsArray()[3:-3, 3:-3] // 1e5 % 10 == 6).all()
    for at, (columns, rows) in enumerate(sizes):
        overview = band.GetOverview(at).ReadAsArray()
        assert np.unique(overview // 1e5 % 10).tolist() == [max(3, 5 - at)]
        # A reduced window of the band is the overview.
        np.testing.assert_array_equal(band.ReadAsArray(buf_xsize=columns, buf_ysize=rows), overview)
        # And each of its pixels is the zone that holds its centre.
        lon, lat = centres(dataset, columns, rows)
        ids = gdal.OpenEx(f"DGGS:HEALPix/{max(3, 5 - at)}", gdal.OF_MULTIDIM_RASTER, open_options=[
            points_file(tmp_path / "points.csv", lon.ravel(), lat.ravel())
        ]).GetRootGroup()  # fmt: skip
        np.testing.assert_array_equal(overview.ravel() % 1e5, values(ids, "zone_id"))
    # Other resampling than by the centre goes through the overviews too.
    small = band.ReadAsArray(buf_xsize=sizes[-1][0] // 2, buf_ysize=sizes[-1][1] // 2, resample_alg=gdal.GRIORA_Average)
    assert (small // 1e5 % 10 == max(3, 6 - len(sizes))).all()


def test_overviews_without_a_pyramid_are_sampled(wide):
    dataset = raster(wide)
    band = dataset.GetRasterBand(1)
    overview = band.GetOverview(1)
    x = np.floor((np.arange(overview.XSize) + 0.5) * dataset.RasterXSize / overview.XSize).astype(int)
    got = overview.ReadAsArray()
    # The pixel around the same place shows the same zone where both centres lie in it: nearly always.
    y = np.floor((np.arange(overview.YSize) + 0.5) * dataset.RasterYSize / overview.YSize).astype(int)
    around = band.ReadAsArray()[np.ix_(y, x)]
    assert (around == got).mean() > 0.7
    np.testing.assert_array_equal(band.ReadAsArray(buf_xsize=overview.XSize, buf_ysize=overview.YSize), got)


# Interpolation and means


@pytest.mark.parametrize("level", [0, 1, 5])
def test_bilinear_is_healpys_interpolation(level, exchange):
    rng = np.random.default_rng(level)
    zones = 12 * 4**level
    u = rng.normal(size=zones)
    attrs = stores.xdggs_ids(level, ellipsoid={"name": "sphere", "semimajor_axis": 6370997.0, "inverse_flattening": 0})
    stores.write("/vsimem/cube.zarr", {"cell_ids": stores.Array(np.arange(zones, dtype="u8"), ["cells"], attrs), "u": stores.Array(u, ["cells"])})
    dataset = raster("/vsimem/cube.zarr", "RESAMPLING=BILINEAR", "RES=0.7" if level == 5 else "RES=2.5", "CRS=EPSG:4326")
    lon, lat = centres(dataset)
    got = pixels(dataset)[0]
    there = np.abs(lat.ravel()) <= 90
    np.save(exchange / "u.npy", u)
    np.save(exchange / "points.npy", np.stack([lon.ravel()[there], lat.ravel()[there]], -1))
    judges.ask("interpolated", exchange / "u.npy", exchange / "points.npy", exchange / "found.npy")
    np.testing.assert_allclose(got.ravel()[there], np.load(exchange / "found.npy"), rtol=0, atol=2e-6)


@pytest.mark.parametrize("name", ["H3/3", "ISEA4H/5", "ISEA4T/4", "rHEALPix/3", "IGEO7/4"])
def test_bilinear_on_other_grids_is_exact_for_what_is_linear_in_space(name):
    """Longitudes and latitudes of centres, as vectors: interpolated they point at the pixel's centre."""
    dggrs, level = name.split("/")
    cube = gdal.OpenEx(f"DGGS:{name}", gdal.OF_MULTIDIM_RASTER).GetRootGroup()
    found = []
    for coordinate in ("lon", "lat"):
        with messages() as seen:
            dataset = gdal.OpenEx(f"DGGS:{name}:/{coordinate}", gdal.OF_RASTER, open_options=["RESAMPLING=BILINEAR", "BBOX=20,20,60,50"])
        assert seen == []
        found.append(pixels(dataset)[0])
    lon, lat = centres(dataset)
    zone = np.degrees(np.sqrt(4 * np.pi / cube.GetDimensions()[0].GetSize()))
    # Longitude is not linear in space; over one zone it is nearly.
    assert np.abs(found[0] - lon).max() < 0.12 * zone and np.abs(found[1] - lat).max() < 0.12 * zone
    nearest = [pixels(gdal.OpenEx(f"DGGS:{name}:/{c}", gdal.OF_RASTER, open_options=["BBOX=20,20,60,50"]))[0] for c in ("lon", "lat")]
    assert np.abs(nearest[1] - lat).max() > 0.3 * zone


def test_average_is_the_mean_of_what_nearest_shows_within(wide):
    """Two by two points a pixel, where a zone is as wide as a pixel."""
    zone = np.degrees(np.sqrt(4 * np.pi / (12 * 4**6)))
    res = 180 / np.ceil(180 / zone)
    mean = pixels(raster(wide, "RESAMPLING=AVERAGE", f"RES={float(res)!r}"))
    fine = pixels(raster(wide, f"RES={float(res / 2)!r}")).astype("f8")
    bands, rows, columns = mean.shape
    blocks = fine.reshape(bands, rows, 2, columns, 2).mean(axis=(2, 4))
    assert np.abs(mean - blocks).max() <= 0.5 + 1e-9


def test_means_leave_nodata_out():
    u = np.where(np.arange(768) % 3 == 0, -99, 10).astype("i2")
    stores.write("/vsimem/gaps.zarr", {
        "cell_ids": stores.Array(np.arange(768, dtype="u8"), ["cells"], stores.xdggs_ids(3)),
        "u": stores.Array(u, ["cells"], {"_FillValue": -99}, fill=-99),
    }, zarr_format=2)  # fmt: skip
    for how in ("BILINEAR", "AVERAGE"):
        got = pixels(raster("/vsimem/gaps.zarr", f"RESAMPLING={how}"))[0]
        assert set(np.unique(got)) == {-99, 10}, how


# Names


@contextmanager
def sidecars():
    gdal.SetConfigOption("GDAL_PAM_ENABLED", "YES")
    try:
        yield
    finally:
        gdal.SetConfigOption("GDAL_PAM_ENABLED", None)


@pytest.mark.skipif(not hasattr(gdal, "GetSubdatasetInfo"), reason="from GDAL 3.8 on")
@pytest.mark.parametrize("name, path, node", [
    ('DGGS:"/a b/c.zarr":/g/u', "/a b/c.zarr", "/g/u"),
    ("DGGS:/vsicurl/http://host:80/c.zarr:/u", "/vsicurl/http://host:80/c.zarr", "/u"),
    ("DGGS:C:/data/c.zarr:/u", "C:/data/c.zarr", "/u"),
])
def test_names_of_subdatasets_are_taken_apart(name, path, node):
    info = gdal.GetSubdatasetInfo(name)
    assert (info.GetPathComponent(), info.GetSubdatasetComponent()) == (path, node)
    assert info.ModifyPathComponent("/new.zarr").replace('"', "") == f"DGGS:/new.zarr:{node}"
    for other in ("DGGS:/c.zarr", "/c.zarr", "DGGS:HEALPix/3"):
        assert gdal.GetSubdatasetInfo(other) is None


def test_pixels_beyond_the_edge_of_a_map_repeat_nothing():
    dataset = gdal.OpenEx("DGGS:HEALPix/4:/lat", gdal.OF_RASTER, open_options=["CRS=EPSG:8857", "BBOX=-180,-90,180,90"])
    lat = dataset.ReadAsArray()
    assert np.isnan(lat[[0, 0, -1, -1], [0, -1, 0, -1]]).all()
    # The map is as wide as the globe at the equator, and three fifths of that at the poles.
    seen = np.isfinite(lat).mean(axis=1)
    assert seen[len(seen) // 2] > 0.99 and 0.55 < seen[1] < 0.65
    assert dataset.GetRasterBand(1).GetMaskFlags() == gdal.GMF_NODATA


def test_a_store_lists_its_arrays_and_opens_the_only_one():
    stores.healpix("/vsimem/cube.zarr", 2)
    for name in ("/vsimem/cube.zarr", 'DGGS:"/vsimem/cube.zarr"', "DGGS:/vsimem/cube.zarr", 'DGGS:"/vsimem/cube.zarr":/u', "DGGS:/vsimem/cube.zarr:/u"):
        dataset = gdal.Open(name)
        assert dataset.RasterCount == 2 and not dataset.GetSubDatasets(), name
    stores.write("/vsimem/two.zarr", {
        "cell_ids": stores.Array(np.arange(48, dtype="u8"), ["cells"], stores.xdggs_ids(1)),
        "a": stores.Array(np.arange(48.0), ["cells"]),
        "b": stores.Array(np.arange(96).reshape(2, 48), ["time", "cells"]),
        "other": stores.Array(np.arange(5), ["x"]),
    })  # fmt: skip
    dataset = gdal.Open("/vsimem/two.zarr")
    assert dataset.RasterCount == 0
    assert dataset.GetSubDatasets() == [
        ('DGGS:"/vsimem/two.zarr":/a', "[48] /a (Float64), HEALPix level 1"),
        ('DGGS:"/vsimem/two.zarr":/b', "[2x48] /b (Int64), HEALPix level 1"),
    ]
    assert [gdal.Open(name).RasterCount for name, _ in dataset.GetSubDatasets()] == [1, 2]
    for node, word in [("/c", "no group or array"), ("/other", "no zone axis")]:
        with messages() as seen:
            assert gdal.OpenEx(f'DGGS:"/vsimem/two.zarr":{node}', gdal.OF_RASTER) is None
        assert word in failures(seen)[0]


def test_a_pyramid_of_one_array_opens_at_its_finest_level():
    pyramid("/vsimem/pyramid.zarr", levels=(3, 5, 4))
    dataset = gdal.Open("/vsimem/pyramid.zarr")
    assert dataset.GetMetadata()["REFINEMENT_LEVEL"] == "5"
    assert [name.rpartition(":")[2] for name, _ in dataset.GetSubDatasets()] == ["/l5/u", "/l4/u", "/l3/u"]
    assert gdal.Open(dataset.GetSubDatasets()[1][0]).GetMetadata()["REFINEMENT_LEVEL"] == "4"
    one = raster("/vsimem/pyramid.zarr", "LEVEL=4")
    assert one.GetMetadata()["REFINEMENT_LEVEL"] == "4" and (one.ReadAsArray() // 1e5 % 10 == 4).all()


def test_a_vrt_of_a_raster_with_options_shows_the_same():
    stores.healpix("/vsimem/cube.zarr", 4)
    dataset = raster("/vsimem/cube.zarr", "CRS=EPSG:3035", "RES=200000", "SLICE=month:1")
    vrt = gdal.Translate("/vsimem/cube.vrt", dataset, format="VRT")
    want = dataset.ReadAsArray()
    del vrt, dataset
    np.testing.assert_array_equal(gdal.Open("/vsimem/cube.vrt").ReadAsArray(), want)


def test_selections_and_identity_options_work_here_too():
    stores.write("/vsimem/cube.zarr", {
        "cell_ids": stores.Array(np.arange(3072, dtype="u8"), ["cells"], stores.xdggs_ids(4)),
        "u": stores.Array(np.arange(3072.0), ["cells"], fill="NaN"),
    })  # fmt: skip
    whole = raster("/vsimem/cube.zarr", "RES=1").ReadAsArray()
    part = raster("/vsimem/cube.zarr", "ZONES=1/20,1/21", "BBOX=-180,-90,180,90", "RES=1").ReadAsArray()
    inside = np.isfinite(part)
    np.testing.assert_array_equal(part[inside], whole[inside])
    assert set(np.unique(part[inside]).tolist()) == set(range(20 * 64, 22 * 64))
    stores.write("/vsimem/plain.zarr", {"u": stores.Array(np.arange(48.0), ["x"])})
    got = raster("/vsimem/plain.zarr", "DGGRS=HEALPix", "LEVEL=1", "INDEXING=ring", "ELLIPSOID=sphere", node="/u").ReadAsArray()
    assert got[0].max() <= 3 and got[-1].min() >= 44


@pytest.mark.parametrize("kind", [gdal.OF_VECTOR, gdal.OF_RASTER | gdal.OF_VECTOR])
def test_update_is_refused_with_a_reason(kind):
    stores.healpix("/vsimem/cube.zarr", 2)
    with messages() as seen:
        assert gdal.OpenEx("/vsimem/cube.zarr", kind | gdal.OF_UPDATE) is None
    assert any("reading only" in text for text in failures(seen))


def test_a_raster_opens_for_update_and_refuses_whatever_is_not_a_level():
    stores.healpix("/vsimem/cube.zarr", 2)
    with messages() as seen:
        dataset = gdal.OpenEx("/vsimem/cube.zarr", gdal.OF_RASTER | gdal.OF_UPDATE)
        band = dataset.GetRasterBand(1)
        before = band.ReadAsArray()
        assert band.WriteArray(before) != 0 and band.Fill(1) != 0 and band.SetUnitType("m") != 0
        assert dataset.WriteRaster(0, 0, 1, 1, b"\0" * 16) != 0
        assert dataset.SetProjection("EPSG:3857") != 0
        del band, dataset
    assert len(failures(seen)) == 5 and all("reading only" in text and "gdaladdo" in text for text in failures(seen))


def test_layers_are_shown_where_no_raster_can_be_and_a_wrong_option_stays_an_error():
    both = gdal.OF_RASTER | gdal.OF_VECTOR
    ids = stores.Array(np.arange(48, dtype="u8"), ["cells"], stores.xdggs_ids(1))
    none = stores.Array(np.zeros((0, 48), "f4"), ["time", "cells"], chunks=(1, 48))
    stores.write("/vsimem/none.zarr", {"cell_ids": ids, "none": none})
    with messages() as seen:
        opened = gdal.OpenEx('DGGS:"/vsimem/none.zarr":/none', both)
        assert (opened.RasterCount, opened.GetLayerCount(), opened.GetLayer(0).GetFeatureCount()) == (0, 1, 48)
        assert gdal.OpenEx('DGGS:"/vsimem/none.zarr":/none', gdal.OF_RASTER) is None
    assert [kind for kind, _ in seen] == [gdal.CE_Warning, gdal.CE_Failure]
    assert seen[0][1] == f"There is no raster: {seen[1][1]}" and "it is empty" in seen[1][1]
    many = stores.Array(np.zeros((70, 70, 20, 48), "u1"), ["a", "b", "c", "cells"])
    stores.write("/vsimem/many.zarr", {"cell_ids": ids, "u": many})
    for name, options, word in [
        ('DGGS:"/vsimem/many.zarr":/u', [], "98000 slices are more than the 65535 bands"),
        ('DGGS:"/vsimem/many.zarr":/u', ["CRS=EPSG:1", "SLICE=a:0,b:0,c:0"], "EPSG:1"),
        ("/vsimem/many.zarr", ["INDEXING=Z7"], "INDEXING=Z7"),
    ]:
        with messages() as seen:
            assert gdal.OpenEx(name, both, open_options=options) is None
        assert len(seen) == 1 and word in failures(seen)[0], seen
    with messages() as seen:
        assert gdal.OpenEx("/vsimem/many.zarr", gdal.OF_VECTOR) is None
    assert "u has 98000 slices" in failures(seen)[0] and "SLICE=b:0" in failures(seen)[0]


def test_the_store_and_its_sidecar_are_its_files(tmp_path):
    path = str(tmp_path / "cube.zarr")
    stores.healpix(path, 3)
    with sidecars():
        dataset = gdal.Open(path)
        assert dataset.GetFileList() == [path]
        want = dataset.GetRasterBand(2).ComputeStatistics(False)
        del dataset
        assert (tmp_path / "cube.zarr.aux.xml").exists()
        again = gdal.Open(path)
        assert again.GetRasterBand(2).GetStatistics(False, False) == pytest.approx(want)
        assert sorted(again.GetFileList()) == [path, path + ".aux.xml"]
        # Another raster of the same store has statistics of its own.
        other = raster(path, "CRS=EPSG:3035", node="/u")
        assert other.GetRasterBand(2).GetMetadataItem("STATISTICS_MEAN") is None
        assert again.GetRasterBand(2).GetMetadataItem("STATISTICS_MEAN") is not None


# Trouble


def test_a_damaged_chunk_is_an_error_and_the_rest_is_read(wide, tmp_path):
    path = tmp_path / "hurt.zarr"
    shutil.copytree(wide, path)
    whole = pixels(raster(wide))
    # Zones 3000 to 3999 of the first two steps.
    (path / "u" / "c" / "0" / "3").write_bytes(b"short")
    dataset = raster(path)
    with messages() as seen:
        assert dataset.ReadAsArray() is None
    assert len(failures(seen)) >= 1 and "chunk c/0/3" in failures(seen)[0] and "/u" in failures(seen)[0] and "hurt.zarr" in failures(seen)[0]
    with messages() as seen:
        assert dataset.GetRasterBand(2).Checksum() in (-1, 0)
    # The third step lies in other chunks; so does the south pole.
    np.testing.assert_array_equal(dataset.GetRasterBand(3).ReadAsArray(), whole[2])
    rows = dataset.RasterYSize
    np.testing.assert_array_equal(dataset.ReadAsArray(0, rows - 50, 100, 50), whole[:, rows - 50 :, :100])


def test_reading_stops_when_the_caller_says_so(wide):
    dataset = raster(wide, "RES=0.05")
    heard = []

    def stop(share, *_):
        heard.append(share)
        return 0 if share > 0.2 else 1

    with messages() as seen:
        got = dataset.GetRasterBand(1).ReadRaster(buf_xsize=7200, buf_ysize=3600, callback=stop)
    assert got is None and 1 <= len(heard) <= 5
    assert any("cancel" in text.lower() for text in failures(seen))
    # And goes on to the end otherwise.
    heard.clear()
    assert dataset.GetRasterBand(1).ReadRaster(callback=lambda share, *_: heard.append(share) or 1) is not None
    assert heard == sorted(heard) and heard[-1] == 1.0


# Frugality


def test_each_chunk_is_read_once_and_only_where_pixels_are(wide):
    with serving(wide.parent) as server:
        url = server.url(wide.name)
        gdal.VSICurlClearCache()
        dataset = gdal.OpenEx(f'DGGS:"{url}":/u', gdal.OF_RASTER)
        server.taken()

        def chunks():
            asked = [path for method, path, _ in server.taken() if method == "GET" and "/c/" in path]
            assert len(asked) == len(set(asked)), "a chunk was read twice"
            return asked

        # Both steps of a chunk at once, then again without a request.
        dataset.ReadAsArray(0, 0, 40, 20, band_list=[1, 2])
        corner = chunks()
        assert 1 <= len(corner) <= 4 and all("/c/0/" in path for path in corner)
        dataset.GetRasterBand(1).ReadAsArray()
        rest = chunks()
        # 50 chunks of 1000 zones; those of which little was wanted may come again.
        assert 46 <= len(rest) <= 50
        dataset.GetRasterBand(2).ReadAsArray()
        assert chunks() == []
        dataset.GetRasterBand(3).ReadAsArray()
        assert len(chunks()) == 50


# Tools


def test_the_tools_work_on_it(wide, tmp_path):
    info = gdal.Info(f'DGGS:"{wide}"', format="json", computeMinMax=True)
    assert info["size"] == [786, 393] and info["bands"][2]["computedMax"] > 29900
    tif = gdal.Translate(str(tmp_path / "u.tif"), f'DGGS:"{wide}":/u', creationOptions=["COMPRESS=DEFLATE"])
    whole = pixels(raster(wide))
    np.testing.assert_array_equal(tif.ReadAsArray(), whole)
    assert tif.GetGeoTransform() == raster(wide).GetGeoTransform()
    tif.FlushCache()
    compared = subprocess.run(["gdalcompare.py", tmp_path / "u.tif", f'DGGS:"{wide}":/u'], capture_output=True, text=True)
    assert "hecksum" not in compared.stdout and "Pixels Differing" not in compared.stdout, compared.stdout
    warped = gdal.Warp("", f'DGGS:"{wide}":/u', format="MEM", dstSRS="EPSG:3035", outputBounds=[2500000, 1500000, 6500000, 5500000], width=80, height=80, overviewLevel="NONE")
    own = raster(wide, "CRS=EPSG:3035", "BBOX=-20,30,60,70", "RES=50000")
    assert np.isfinite(own.ReadAsArray()).all()
    lon, lat = centres(warped)
    # Each warped pixel is a pixel of the raster at that place.
    left, width, _, top, _, height = raster(wide).GetGeoTransform()
    x, y = np.floor((lon - left) / width).astype(int), np.floor((lat - top) / height).astype(int)
    assert (warped.ReadAsArray()[0] == whole[0][y, x]).mean() > 0.97
    found = subprocess.run(["gdallocationinfo", "-valonly", "-wgs84", f'DGGS:"{wide}":/u', "12.3", "45.6"], capture_output=True, text=True, check=True)
    at = whole[:, int((45.6 - top) / height), int((12.3 - left) / width)]
    assert [int(line) for line in found.stdout.split()] == at.tolist()
