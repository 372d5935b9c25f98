"""Quantise where a convention has the zones on several dimensions: each zone's value is at its address, and that of a cube
that lists the zones along one."""

import random
import shutil

import numpy as np
import pytest
from osgeo import gdal
from support import judges
from support.gdalio import array, dims, failures, grid, messages, open_cube, root, shape, values, warnings

GEOID = "/usr/share/proj/egm96_15.gtx"
SPEC = ["CONVENTION=DGGS_SPEC", "INDEXING=Q2DI"]
JL = ["CONVENTION=DGGS_JL"]
CASES = [
    ("ISEA4H", 4, SPEC),
    ("ISEA3H", 5, SPEC),
    ("ISEA7H", 3, SPEC),
    ("ISEA4T", 3, SPEC),
    ("ISEA4D", 4, SPEC),
    ("ISEA4D", 4, JL),
    ("ISEA4H", 4, JL),
]


@pytest.fixture
def tmp_path(exchange):
    """What is made here the judges must see, also from another root."""
    return exchange


def create(path, *options, source=GEOID, callback=None):
    if isinstance(source, str):
        source = gdal.OpenEx(source, gdal.OF_MULTIDIM_RASTER if source.endswith(".nc") else gdal.OF_RASTER)
    return gdal.GetDriverByName("DGGS").CreateCopy(str(path), source, options=list(options), callback=callback)


def group_of(path, name, level):
    """The group that holds an array of a level, all of its zones as one dimension."""
    group = root(path, f"LEVEL={level}", "BBOX=-180,-90,180,90")
    pending = [group]
    while pending:
        group = pending.pop()
        if any(found.startswith(name) for found in group.GetMDArrayNames() or []):
            return group
        pending += [group.OpenGroup(child) for child in group.GetGroupNames() or []]
    raise AssertionError(f"no {name} at level {level}")


def by_place(path, name, level):
    """The values of a level in the order of the zones' centres, and these."""
    group = group_of(path, name, level)
    (found,) = [n for n in group.GetMDArrayNames() if n in (name, f"{name}_{level}")]
    lon, lat = (values(group, next(n for n in group.GetMDArrayNames() if n.startswith(c))) for c in ("lon", "lat"))
    order = np.lexsort((lon, lat))
    return np.stack([lon, lat])[:, order], values(group, found)[..., order]


@pytest.mark.parametrize("dggrs, level, options", CASES)
@pytest.mark.parametrize("resampling, how", [("NEAREST", "AVERAGE"), ("AVERAGE", "MAX"), ("SUM", "SUM")])
def test_each_zone_of_each_level_has_the_value_it_has_along_one_dimension(dggrs, level, options, resampling, how, tmp_path):
    common = [f"DGGRS={dggrs}", f"LEVEL={level}", f"RESAMPLING={resampling}", "PYRAMID=2,1", f"PYRAMID_RESAMPLING={how}"]
    create(tmp_path / "line.zarr", *common, "CONVENTION=XDGGS", "FORMAT=ZARR_V2")
    create(tmp_path / "placed.dggs.zarr", *common, *options)
    for at in (level, 2, 1):
        places, line = by_place(tmp_path / "line.zarr", "egm96_15", at)
        placed_at, placed = by_place(tmp_path / "placed.dggs.zarr", "egm96_15", at)
        assert placed.shape == (grid(f"{dggrs}/{at}").GetDimensions()[0].GetSize(),) and len(np.unique(placed)) > 15
        np.testing.assert_array_equal(placed_at, places)
        # Zones are drawn in batches, and an edge between two of a batch once: other orders round otherwise.
        slack = {"NEAREST": 0, "AVERAGE": 3e-7, "SUM": 1e-12}[resampling]
        np.testing.assert_allclose(placed, line, rtol=slack, atol=100 * slack)


@pytest.mark.parametrize(
    "dggrs, level, options, zones",
    [("ISEA3H", 4, SPEC, 812), ("ISEA4D", 4, SPEC, 2560), ("ISEA4D", 4, JL, 2560), ("ISEA4H", 3, SPEC, 642), ("ISEA4H", 3, JL, 642)],
)
@pytest.mark.parametrize("zarr_format", ["ZARR_V2", "ZARR_V3"])
def test_zarr_python_finds_the_pixel_at_dggrids_centre_at_dggrids_address(dggrs, level, options, zones, zarr_format, tmp_path):
    oracle = judges.shared(f"oracle/dggrid902_sphere_11.25_{dggrs}_r{level}.csv")
    source = gdal.Open(GEOID)
    create(tmp_path / "a.dggs.zarr", f"DGGRS={dggrs}", f"LEVEL={level}", f"FORMAT={zarr_format}", *options)
    band = source.GetRasterBand(1)
    pixels = np.frombuffer(band.ReadRaster(), "f4").reshape(band.YSize, band.XSize)
    np.save(tmp_path / "pixels.npy", pixels)
    told = {
        "store": str(tmp_path / "a.dggs.zarr"),
        "array": "egm96_15",
        "oracle": str(oracle),
        "pixels": str(tmp_path / "pixels.npy"),
        "transform": source.GetGeoTransform(),
        "nodata": band.GetNoDataValue() if band.GetNoDataValue() is not None else "nan",
        "level": level,
        "penta": options is JL and dggrs == "ISEA4D",
        "transposed": options is JL,
    }
    answer = judges.run("judge_quantise.py", "addressed", told, tmp_path)
    assert answer["compared"] > 150 and answer["different"] == 0, answer
    assert answer["held"] == zones, "what is no zone's holds no value"


def test_further_dimensions_stay_and_their_coordinates_too(tmp_path):
    path = str(judges.shared("data/source/eraint_uvz.nc"))
    create(tmp_path / "line.zarr", "DGGRS=ISEA4H", "LEVEL=4", "CONVENTION=XDGGS", "RESAMPLING=BILINEAR", source=path)
    create(tmp_path / "placed.dggs.zarr", "DGGRS=ISEA4H", "LEVEL=4", "RESAMPLING=BILINEAR", *SPEC, source=path)
    cube = root(tmp_path / "placed.dggs.zarr")
    source = gdal.OpenEx(path, gdal.OF_MULTIDIM_RASTER).GetRootGroup()
    for name in ("u", "v", "z"):
        outer = dims(source.OpenMDArray(name))[:-2]
        assert dims(cube.OpenMDArray(name)) == [*outer, "n", "i", "j"]
        places, line = by_place(tmp_path / "line.zarr", name, 4)
        placed_at, placed = by_place(tmp_path / "placed.dggs.zarr", name, 4)
        np.testing.assert_array_equal(placed_at, places)
        np.testing.assert_array_equal(placed, line)
    for name in outer:
        np.testing.assert_array_equal(values(cube, name), values(source, name))


def test_a_job_that_is_stopped_leaves_nothing_or_resumes_to_the_same(tmp_path):
    # Chunks of V2 are small enough for several runs.
    options = ["DGGRS=ISEA4H", "LEVEL=9", *SPEC, "FORMAT=ZARR_V2", "PYRAMID=8,6"]
    create(tmp_path / "whole.dggs.zarr", *options)
    target = tmp_path / "stopped.dggs.zarr"
    with messages() as seen:
        assert create(target, *options, callback=lambda part, *_: part < 0.4) is None
    assert any("stopped" in text for text in failures(seen))
    assert not target.exists() and not (tmp_path / "stopped.dggs.zarr.partial").exists()
    moments, reached = random.Random(3), []
    for _ in range(5):
        stop = moments.random()
        with messages():
            done = create(target, *options, "RESUME=YES", callback=lambda part, *_: reached.append(part) or part < stop)
        assert done is None and not target.exists()
    create(target, *options, "RESUME=YES")
    told = {"stores": [str(tmp_path / "whole.dggs.zarr"), str(target)]}
    answer = judges.run("judge_quantise.py", "same", told, tmp_path)
    assert answer["different"] == [] and answer["arrays"] >= 3
    assert len(set(reached)) > 5, "a job of several runs"


@pytest.mark.parametrize("options", [SPEC, JL])
@pytest.mark.parametrize("option", ["CHUNK_LEVEL=2", "SHARD_LEVEL=1"])
def test_options_that_cut_an_axis_of_zones_are_refused(options, option, tmp_path):
    target = tmp_path / "c.dggs.zarr"
    with messages() as seen:
        assert create(target, "DGGRS=ISEA4H", "LEVEL=4", *options, option) is None
    assert option.split("=")[0] in failures(seen)[0] and options[0].split("=")[1] in failures(seen)[0], seen
    assert list(tmp_path.iterdir()) == []


def test_a_part_of_the_globe_is_refused_or_fills_the_rest(tmp_path):
    source = gdal.GetDriverByName("MEM").Create("", 40, 20, 1, gdal.GDT_Byte)
    source.SetGeoTransform([0, 1, 0, 50, 0, -1])
    source.GetRasterBand(1).Fill(7)
    source.GetRasterBand(1).SetDescription("v")
    for options in (SPEC, JL):
        target = tmp_path / f"{options[0]}.dggs.zarr"
        with messages() as seen:
            assert create(target, "DGGRS=ISEA4H", "LEVEL=5", *options, source=source) is None
        assert "COVERAGE=GLOBAL" in failures(seen)[0] and not target.exists()
        with messages() as seen:
            create(target, "DGGRS=ISEA4H", "LEVEL=5", "COVERAGE=GLOBAL", *options, source=source)
        assert any("255" in text or "highest" in text for text in warnings(seen)), seen
        cube = root(target)
        assert array(cube, "v").GetNoDataValueAsDouble() == 255
        held, lon, lat = values(cube, "v"), values(cube, "lon"), values(cube, "lat")
        inside = (lon >= 0) & (lon < 40) & (lat > 30) & (lat <= 50)
        assert (held == np.where(inside, 7, 255)).all() and 50 < inside.sum() < 500


def test_large_arrays_are_cut_into_runs_of_positions(tmp_path):
    for zarr_format, block in [("ZARR_V2", (1, 256, 1024)), ("ZARR_V3", (4, 1024, 1024))]:
        target = tmp_path / f"{zarr_format}.dggs.zarr"
        create(target, "DGGRS=ISEA4H", "LEVEL=10", *SPEC, f"FORMAT={zarr_format}")
        found = array(root(target), "egm96_15")
        assert shape(found) == (12, 1024, 1024) and tuple(found.GetBlockSize()) == block
        shutil.rmtree(target) if zarr_format == "ZARR_V2" else None
    line = tmp_path / "line.zarr"
    create(line, "DGGRS=ISEA4H", "LEVEL=10", "CONVENTION=XDGGS")
    # By points, which are found by zone in either.
    rng = np.random.default_rng(8)
    points = ",".join(f"{x} {y}" for x, y in zip(rng.uniform(-180, 180, 300), rng.uniform(-90, 90, 300)))
    read = lambda path: values(open_cube(path, f"POINTS={points}").GetRootGroup(), "egm96_15")  # noqa: E731
    np.testing.assert_array_equal(read(target), read(line))
