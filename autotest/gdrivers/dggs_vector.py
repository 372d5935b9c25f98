"""Layers: zones as features, with their fields, filters and outlines."""

import struct

import numpy as np
import pytest
from osgeo import gdal, ogr
from support import httpd, judges, stores
from support.gdalio import failures, forced, messages, root, values


KEPT = []


@pytest.fixture(autouse=True)
def kept():
    """A dataset that nobody holds dies under its layers: it is held until the test ends."""
    yield
    KEPT.clear()


def open_layers(name, *options):
    KEPT.append(gdal.OpenEx(forced(name), gdal.OF_VECTOR, open_options=list(options)))
    return KEPT[-1]


def dump(layer, path):
    """Writes features for support/outlines.py; answers their FIDs."""
    area = layer.GetLayerDefn().GetFieldIndex("area")
    fids = []
    with open(path, "wb") as file:
        for feature in layer:
            wkb = bytes(feature.GetGeometryRef().ExportToWkb())
            fids.append(feature.GetFID())
            file.write(struct.pack("<qdI", fids[-1], feature.GetField(area) if area >= 0 else 0, len(wkb)) + wkb)
    return fids


GRIDS = [
    ("HEALPix/0", 12), ("HEALPix/1", 48), ("HEALPix/4", 3072), ("rHEALPix/0", 6), ("rHEALPix/3", 4374), ("H3/0", 122),
    ("H3/2", 5882), ("ISEA3H/0", 12), ("ISEA3H/2", 92), ("ISEA3H/5", 2432), ("ISEA4H/3", 642), ("ISEA4H/4", 2562),
    ("ISEA7H/3", 3432), ("IGEO7/3", 3432), ("ISEA4T/1", 80), ("ISEA4T/4", 5120), ("ISEA4D/0", 10), ("ISEA4D/4", 2560),
]


@pytest.mark.parametrize("name, count", GRIDS, ids=lambda value: str(value))
def test_zones_are_valid_have_their_area_and_cover_the_globe_once(name, count, exchange):
    is_h3 = name.startswith("H3")
    options = ["COMPUTED=AREA"] + ([] if is_h3 else ["ELLIPSOID=WGS84"])
    dataset = open_layers(f"DGGS:{name}", *options)
    assert dataset.GetLayerCount() == 1
    layer = dataset.GetLayer(0)
    assert layer.GetName() == "zones" and layer.GetGeomType() == ogr.wkbMultiPolygon
    assert layer.GetSpatialRef().GetAuthorityCode(None) == "4326"
    assert layer.GetSpatialRef().GetDataAxisToSRSAxisMapping() == [2, 1]
    assert layer.GetFeatureCount() == count
    assert dump(layer, exchange / "zones") == list(range(count))
    told = judges.ask_outlines("check", exchange / "zones", "sphere" if is_h3 else "WGS84")
    assert told["invalid"] == [] and told["clockwise"] == 0 and told["holes"] == 0
    assert told["worst_area"] < 1e-3
    assert abs(told["sum_of_areas"]) < 1e-6
    assert told["zones_at_points"] == [1]
    assert told["bounds"] == [-180, -90, 180, 90]
    extent = layer.GetExtent()
    assert [extent[0], extent[2], extent[1], extent[3]] == told["bounds"]


def test_a_zone_over_a_pole_goes_around_the_globe_and_one_at_the_antimeridian_comes_in_two_parts():
    layer = open_layers("DGGS:rHEALPix/1").GetLayer(0)
    cap = [f.GetGeometryRef().Clone() for f in layer if f.GetField("zone_id") == "N4"][0]
    west, east, south, north = cap.GetEnvelope()
    assert (west, east, north) == (-180, 180, 90) and 70 < south < 80
    assert cap.GetGeometryCount() == 1
    layer = open_layers("DGGS:HEALPix/1").GetLayer(0)
    geometries = [feature.GetGeometryRef().Clone() for feature in layer]
    split = [one for one in geometries if one.GetGeometryCount() == 2]
    # Of the zones on the equator's two sides one each has its centre on the antimeridian.
    assert len(split) == 2
    for one in split:
        parts = sorted(one.GetGeometryRef(k).GetEnvelope()[:2] for k in range(2))
        np.testing.assert_allclose(parts, [(-180, -157.5), (157.5, 180)], atol=1e-12)


@pytest.mark.parametrize("name, options", [("HEALPix/4", []), ("ISEA4H/4", []), ("H3/2", []), ("rHEALPix/3", []),
                                           ("IGEO7/4", ["BBOX=20,30,-170,90"])])
def test_a_spatial_filter_gives_what_geos_gives(name, options, exchange):
    dataset = open_layers(f"DGGS:{name}", *options)
    layer = dataset.GetLayer(0)
    dump(layer, exchange / "zones")
    rng = np.random.default_rng(7)
    filters = []
    for _ in range(25):
        lon, lat = rng.uniform(-180, 180), np.degrees(np.arcsin(rng.uniform(-1, 1)))
        width, height = rng.uniform(0, 40, 2) ** 2 / 40
        filters.append(f"POLYGON(({lon} {lat},{lon + width} {lat},{lon + width} {lat + height},{lon} {lat + height},{lon} {lat}))")
        corners = [(lon + width * np.cos(a), max(-89, min(89, lat + height * np.sin(a)))) for a in np.sort(rng.uniform(0, 2 * np.pi, 5))]
        filters.append("POLYGON((" + ",".join(f"{x} {y}" for x, y in corners + corners[:1]) + "))")
    filters += [
        "POLYGON((179 -5,180 -5,180 5,179 5,179 -5))", "POLYGON((-180 -5,-179 -5,-179 5,-180 5,-180 -5))",
        "POLYGON((-180 89.9,180 89.9,180 90,-180 90,-180 89.9))", "POLYGON((10 -90,11 -90,11 -89.99,10 -89.99,10 -90))",
        "POLYGON((180 -5,185 -5,185 5,180 5,180 -5))", "POLYGON((-200 -100,200 -100,200 100,-200 100,-200 -100))",
        "POINT(12 47)", "POINT(0 0)", "LINESTRING(-170 -60,170 85)", "POLYGON((5 5,30 5,30 30,5 30,5 5),(8 8,8 27,27 27,27 8,8 8))",
    ]
    geometries = [ogr.CreateGeometryFromWkt(text) for text in filters]
    with open(exchange / "filters", "wb") as file:
        for geometry in geometries:
            wkb = bytes(geometry.ExportToWkb())
            file.write(struct.pack("<qdI", 0, 0, len(wkb)) + wkb)
    expected = judges.ask_outlines("filter", exchange / "zones", exchange / "filters")
    assert sum(map(len, expected)) > 500
    for text, geometry, fids in zip(filters, geometries, expected):
        layer.SetSpatialFilter(geometry)
        assert [feature.GetFID() for feature in layer] == fids, text
        assert layer.GetFeatureCount() == len(fids), text
    layer.SetSpatialFilter(None)
    assert layer.GetFeatureCount() == len(values(root(f"DGGS:{name}", *options), "zone_id"))


@pytest.fixture
def cube():
    """A cube of level 3 with arrays of every sort."""
    ids = np.arange(100, 500, dtype="u8")
    count = len(ids)
    rows = np.arange(count)
    u = (np.arange(6).reshape(2, 3, 1) * 1000.0 + rows).astype("f4")
    u[1, 2, 5] = -9999
    u[0, 0, 6] = np.nan
    arrays = {
        "cell_ids": stores.Array(ids, ["cells"], stores.xdggs_ids(3)),
        "u": stores.Array(u, ["time", "depth", "cells"], {"units": "K"}, chunks=(1, 3, 64), fill=-9999),
        "byte": stores.Array((rows % 256).astype("u1"), ["cells"], fill=255),
        "short": stores.Array((rows - 200).astype("i2"), ["cells"], fill=-200),
        "word": stores.Array((rows * 100).astype("u2"), ["cells"], fill=65535),
        "long": stores.Array((rows * 10**7).astype("u4"), ["cells"], fill=1),
        "wide": stores.Array((-rows * 10**12).astype("i8"), ["cells"], fill=1),
        "packed": stores.Array(rows.astype("i2"), ["cells"], {"scale_factor": 0.5, "add_offset": 10.0}, fill=7),
        "U": stores.Array(rows.astype("f8"), ["cells"], fill="NaN"),
        "scalar": stores.Array(np.float64(1), []),
    }
    return stores.write("/vsimem/cube.zarr", arrays), ids


def test_each_variable_is_a_field_and_each_slice_of_further_dimensions_one(cube):
    path, ids = cube
    dataset = open_layers(path)
    layer = dataset.GetLayer(0)
    definition = layer.GetLayerDefn()
    fields = {definition.GetFieldDefn(i).GetName(): definition.GetFieldDefn(i) for i in range(definition.GetFieldCount())}
    slices = [f"u_{time}_{depth}" for time in range(2) for depth in range(3)]
    assert set(fields) == {"zone_id", "byte", "short", "word", "long", "wide", "packed", *slices, "U"}
    assert definition.GetFieldDefn(0).GetName() == "zone_id"
    kinds = {"byte": ogr.OFTInteger, "short": ogr.OFTInteger, "word": ogr.OFTInteger, "long": ogr.OFTInteger64,
             "wide": ogr.OFTInteger64, "packed": ogr.OFTReal, "U": ogr.OFTReal, "u_0_0": ogr.OFTReal}
    assert {name: fields[name].GetType() for name in kinds} == kinds
    assert fields["u_0_0"].GetSubType() == ogr.OFSTFloat32 and fields["short"].GetSubType() == ogr.OFSTInt16
    features = list(layer)
    assert [f.GetFID() for f in features] == list(range(400))
    assert [f.GetField("zone_id") for f in features] == [f"3/{zone}" for zone in ids]
    for row, feature in enumerate(features):
        assert feature.GetField("byte") == (None if row % 256 == 255 else row % 256)
        assert feature.GetField("short") == (None if row == 0 else row - 200)
        assert feature.GetField("word") == row * 100 and feature.GetField("long") == row * 10**7
        assert feature.GetField("wide") == -row * 10**12
        assert feature.GetField("packed") == (None if row == 7 else row * 0.5 + 10)
        for k, name in enumerate(slices):
            missing = (k, row) in ((5, 5), (0, 6))
            assert feature.GetField(name) == (None if missing else k * 1000 + row), (name, row)


def test_slice_fixes_dimensions_and_geometry_chooses_what_is_drawn(cube):
    path, _ = cube
    names = lambda layer: [layer.GetLayerDefn().GetFieldDefn(i).GetName() for i in range(layer.GetLayerDefn().GetFieldCount())]
    dataset = open_layers(path, "SLICE=time:1", "GEOMETRY=POINT")
    layer = dataset.GetLayer(0)
    assert [name for name in names(layer) if name.startswith("u_")] == ["u_0", "u_1", "u_2"]
    assert layer.GetGeomType() == ogr.wkbPoint
    lon, lat = (values(root(path), name) for name in ("lon", "lat"))
    for feature in layer:
        row = feature.GetFID()
        assert feature.GetField("u_1") == 4000 + row
        assert feature.GetGeometryRef().GetPoint_2D() == (lon[row], lat[row])
    extent = layer.GetExtent()
    assert extent == (lon.min(), lon.max(), lat.min(), lat.max())
    dataset = open_layers(path, "SLICE=time:1,depth:0", "geometry=none")
    layer = dataset.GetLayer(0)
    # `U` differs from the slice `u` in nothing but its case
    assert {"u", "U_2"} <= set(names(layer)) or {"U", "u_2"} <= set(names(layer))
    assert layer.GetGeomType() == ogr.wkbNone and layer.GetNextFeature().GetGeometryRef() is None


@pytest.mark.parametrize("option, word", [("SLICE=time:2", "time has 2"), ("SLICE=nothing:0", "nothing"), ("SLICE=time", "SLICE"),
                                          ("GEOMETRY=LINE", "GEOMETRY")])
def test_options_that_make_no_sense_are_errors(cube, option, word):
    with messages() as seen:
        assert open_layers(cube[0], option) is None
    assert word in " ".join(failures(seen))


def test_more_slices_than_fields_ask_for_slice():
    arrays = {
        "cell_ids": stores.Array(np.arange(12, dtype="u8"), ["cells"], stores.xdggs_ids(0)),
        "u": stores.Array(np.zeros((1500, 12), "f4"), ["time", "cells"]),
    }
    path = stores.write("/vsimem/long.zarr", arrays)
    with messages() as seen:
        assert open_layers(path) is None
    assert "SLICE=time:0" in " ".join(failures(seen))
    assert open_layers(path, "SLICE=time:1499").GetLayer(0).GetFeatureCount() == 12


def test_update_is_refused_with_one_error(cube):
    with messages() as seen:
        assert gdal.OpenEx(forced(cube[0]), gdal.OF_VECTOR | gdal.OF_UPDATE) is None
    assert len(failures(seen)) == 1 and "read" in failures(seen)[0]


def test_features_are_found_by_fid_by_index_and_by_zone(cube):
    path, ids = cube
    dataset = open_layers(path)
    layer = dataset.GetLayer(0)
    assert layer.TestCapability(ogr.OLCRandomRead) and layer.TestCapability(ogr.OLCFastSetNextByIndex)
    assert layer.GetFeature(17).GetField("zone_id") == "3/117"
    assert layer.GetFeature(17).GetField("u_1_0") == 3017
    for absent in (-1, 400, 2**40):
        with messages():
            assert layer.GetFeature(absent) is None
    assert layer.SetNextByIndex(399) == 0
    assert layer.GetNextFeature().GetFID() == 399 and layer.GetNextFeature() is None
    for query, expected in [
        ("zone_id = '3/200'", [100]), ("'3/200' = zone_id", [100]), ("zone_id IN ('3/499','3/100','3/99')", [0, 399]),
        ("zone_id = '3/200' AND byte > 100", []), ("byte < 3 AND zone_id IN ('3/101','3/300')", [1]),
        ("zone_id = '2/50'", []), ("zone_id = 'nonsense'", []), ("zone_id = '3/200' OR byte = 5", [5, 100, 261]),
        ("zone_id LIKE '3/20_'", list(range(100, 110))), ("NOT zone_id = '3/100' AND byte = 0", [256]),
        ("packed IS NULL", [7]),
    ]:
        layer.SetAttributeFilter(query)
        assert [f.GetFID() for f in layer] == expected, query
        assert layer.GetFeatureCount() == len(expected), query
    layer.SetAttributeFilter("zone_id IN ('3/101','3/200','3/300')")
    feature = layer.GetFeature(100)
    layer.SetSpatialFilter(feature.GetGeometryRef().Centroid())
    assert [f.GetField("zone_id") for f in layer] == ["3/200"]


def test_points_keep_their_order_and_a_selection_counts_anew(cube):
    path, _ = cube
    lon, lat = (values(root(path), name) for name in ("lon", "lat"))
    points = ",".join(f"{lon[k]} {lat[k]}" for k in (30, 4, 30, 399))
    layer = open_layers(path, f"POINTS={points}").GetLayer(0)
    assert [(f.GetFID(), f.GetField("byte")) for f in layer] == [(0, 30), (1, 4), (2, 30), (3, 399 % 256)]
    layer.SetAttributeFilter("zone_id = '3/130'")
    assert [f.GetFID() for f in layer] == [0, 2]
    layer = open_layers(path, "ZONES=3/120,3/140,3/141").GetLayer(0)
    assert [(f.GetFID(), f.GetField("byte")) for f in layer] == [(0, 20), (1, 40), (2, 41)]
    layer.SetAttributeFilter("zone_id = '3/141'")
    assert [f.GetFID() for f in layer] == [2]
    assert layer.GetFeature(1).GetField("byte") == 40


def test_extents_are_those_of_the_outlines(cube):
    path, _ = cube
    for options in [[], ["BBOX=-10,30,20,50"], ["BBOX=170,-20,-170,10"], ["BBOX=0,80,10,90"]]:
        for name in (path, "DGGS:ISEA7H/4", "DGGS:H3/2"):
            layer = open_layers(name, *options).GetLayer(0)
            envelopes = np.array([f.GetGeometryRef().GetEnvelope() for f in layer])
            if len(envelopes) == 0:
                continue
            low, high = envelopes.min(0), envelopes.max(0)
            assert layer.GetExtent() == (low[0], high[1], low[2], high[3]), (name, options)


@pytest.mark.parametrize("store", ["bluemarble/blue-marble.dggs.zarr", "pilot/example.dggs.zarr"])
def test_stores_whose_positions_tell_the_zones_have_a_feature_a_zone(store):
    path = judges.shared("data/" + store)
    with messages():
        dataset = open_layers(path)
    for index in range(min(dataset.GetLayerCount(), 4)):
        layer = dataset.GetLayer(index)
        assert not layer.TestCapability(ogr.OLCFastFeatureCount)
        features = list(layer)
        assert layer.GetFeatureCount() == len(features)
        zones = {f.GetField("zone_id") for f in features}
        assert len(zones) == len(features)
        group = root(path)
        for part in [] if layer.GetName() == "zones" else layer.GetName().split("/"):
            group = group.OpenGroup(part)
        ids = values(group, "zone_id")
        assert [f.GetFID() for f in features] == np.flatnonzero(ids.ravel() != 2**64 - 1).tolist()
        # The last array is on the zones and perhaps on more: each of its values, place by place.
        name = group.GetMDArrayNames()[-1]
        stored = group.OpenMDArray(name)
        on_zones = [d.GetType() == "DGGS_ZONE" for d in stored.GetDimensions()]
        held = np.moveaxis(stored.ReadAsArray(), np.flatnonzero(on_zones), np.arange(sum(on_zones)))
        assert ids.shape == held.shape[: ids.ndim]
        first = held.reshape(ids.size, -1)[:, 0]
        definition = layer.GetLayerDefn()
        fields = [definition.GetFieldDefn(k).GetName() for k in range(definition.GetFieldCount())]
        field = next(one for one in fields if one == name or one.startswith(name + "_0"))
        for feature in features:
            value, expected = feature.GetField(field), first[feature.GetFID()]
            assert value == expected or value is None


def test_a_layer_for_each_level_of_a_pyramid():
    path = judges.shared("data/bluemarble/blue-marble.dggs.zarr")
    dataset = open_layers(path)
    names = [dataset.GetLayer(k).GetName() for k in range(dataset.GetLayerCount())]
    assert len(names) > 3 and names == [f"dggs_s{level}" for level in range(1, len(names) + 1)]
    assert open_layers(path, "LEVEL=3").GetLayerCount() == 1


@pytest.fixture
def server(tmp_path):
    with httpd.serving(tmp_path) as running:
        gdal.SetConfigOption("GDAL_HTTP_MAX_RETRY", "0")
        gdal.VSICurlClearCache()
        yield running
        gdal.VSICurlClearCache()
        gdal.SetConfigOption("GDAL_HTTP_MAX_RETRY", None)


def test_only_the_chunks_that_are_needed_are_read(server):
    ids = np.arange(12 * 4**4, dtype="u8")
    arrays = {
        "cell_ids": stores.Array(ids, ["cells"], stores.xdggs_ids(4)),
        "u": stores.Array(ids.astype("f4"), ["cells"], chunks=(64,)),
        "v": stores.Array(ids.astype("f8"), ["cells"], chunks=(64,)),
    }
    stores.write(str(server.folder / "cube.zarr"), arrays, consolidated=True)
    layer = open_layers(server.url("cube.zarr")).GetLayer(0)
    layer.GetFeatureCount()
    layer.GetExtent()
    server.taken()
    layer.SetSpatialFilterRect(5, 40, 12, 47)
    found = [f.GetFID() for f in layer]
    assert 0 < len(found) < 40
    near = {fid // 64 for fid in found}
    requests = server.taken()
    for name in "uv":
        read = [r[1] for r in requests if f"/{name}/c/" in r[1]]
        assert len(read) == len(set(read))
        # Zones next to the box may be looked at too.
        assert {int(path.rsplit("/", 1)[1]) for path in read} >= near and len(read) <= len(near) + 2, read
    gdal.VSICurlClearCache()
    layer = open_layers(server.url("cube.zarr")).GetLayer(0)
    layer.SetIgnoredFields(["v"])
    layer.SetAttributeFilter("zone_id = '4/1000'")
    server.taken()
    feature = layer.GetNextFeature()
    assert feature.GetField("u") == 1000 and not feature.IsFieldSet("v")
    assert layer.GetNextFeature() is None
    requests = server.taken()
    assert [r[1] for r in requests if "/u/c/" in r[1]] == ["cube.zarr/u/c/15"]
    assert not [r for r in requests if "/v/c/" in r[1]]
    layer.SetAttributeFilter(None)
    assert layer.GetFeatureCount() == len(ids)
    assert not [r for r in server.taken() if "/c/" in r[1] and "/cell_ids/" not in r[1]]


def test_a_chunk_that_cannot_be_read_is_an_error_and_the_next_call_goes_on(cube):
    path, _ = cube
    gdal.FileFromMemBuffer(f"{path}/wide/c/0", b"\x01\x02\x03")
    with messages() as seen:
        layer = open_layers(path).GetLayer(0)
        assert layer.GetNextFeature() is None
        assert layer.GetFeature(3) is None
    assert "wide" in " ".join(failures(seen))
    layer.SetIgnoredFields(["wide"])
    layer.ResetReading()
    assert len(list(layer)) == 400


@pytest.mark.parametrize("driver, ending", [("GPKG", "gpkg"), ("GeoJSON", "geojson"), ("Parquet", "parquet"), ("FlatGeobuf", "fgb")])
def test_ogr2ogr_copies_zones_and_values(cube, driver, ending, tmp_path):
    if gdal.GetDriverByName(driver) is None:
        pytest.skip(f"this GDAL has no driver {driver}")
    path, ids = cube
    target = str(tmp_path / f"zones.{ending}")
    options = gdal.VectorTranslateOptions(format=driver, layerCreationOptions=["SPATIAL_INDEX=NO"] if ending == "fgb" else [])
    dataset = open_layers(path, "SLICE=time:0,depth:1")
    # A field `U` beside a field `u` is one name in SQL: the layer has made them two.
    with messages():
        assert gdal.VectorTranslate(target, dataset, options=options) is not None
    copy = gdal.OpenEx(target)
    layer = copy.GetLayer(0)
    assert layer.GetFeatureCount() == 400
    own = dataset.GetLayer(0)
    own.ResetReading()
    for feature, expected in zip(layer, own):
        assert feature.GetField("zone_id") == expected.GetField("zone_id")
        assert feature.GetField("packed") == expected.GetField("packed")
        assert feature.GetGeometryRef().Equals(expected.GetGeometryRef()) or driver == "GeoJSON"
    assert layer.GetSpatialRef().IsSame(own.GetSpatialRef())


def test_arrow_streams_hold_what_features_hold(cube):
    path, _ = cube
    for options in [[], ["INCLUDE_FID=NO"], ["MAX_FEATURES_IN_BATCH=100"]]:
        layer = open_layers(path).GetLayer(0)
        stream = layer.GetArrowStreamAsNumPy(["USE_MASKED_ARRAYS=NO"] + options)
        batches = list(stream)
        joined = {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}
        features = list(layer)
        assert len(joined["zone_id"]) == len(features)
        assert [z.decode() if isinstance(z, bytes) else z for z in joined["zone_id"]] == [f.GetField("zone_id") for f in features]
        geometry = joined.get("wkb_geometry")
        for row, feature in enumerate(features):
            assert bytes(geometry[row]) == bytes(feature.GetGeometryRef().ExportToWkb(ogr.wkbNDR))
            assert joined["word"][row] == feature.GetField("word")
        for name in ("u_0_1", "packed", "wide"):
            own = [f.GetField(name) for f in features]
            for value, expected in zip(joined[name], own):
                assert expected is None or value == expected
        assert ("OGC_FID" in joined) == (options != ["INCLUDE_FID=NO"])


def test_computed_arrays_are_fields_when_asked_for():
    layer = open_layers("DGGS:HEALPix/2", "COMPUTED=AREA,PARENT,CHILDREN", "BBOX=0,0,20,20").GetLayer(0)
    names = [layer.GetLayerDefn().GetFieldDefn(i).GetName() for i in range(layer.GetLayerDefn().GetFieldCount())]
    assert names == ["zone_id", "area", "parent", *(f"children_{k}" for k in range(4))]
    for feature in layer:
        zone = int(feature.GetField("zone_id").split("/")[1])
        assert int(feature.GetField("parent")) == zone // 4
        assert [int(feature.GetField(f"children_{k}")) for k in range(4)] == [4 * zone + k for k in range(4)]
