"""Conventions: the same grid is found however a store tells it, and copies still tell it."""

import json
import subprocess

import numpy as np
import pytest
from osgeo import gdal, osr
from support import judges, stores
from support.gdalio import array, attributes, dims, failures, forced, identity, messages, root, values, warnings
from support.stores import Array

LEVEL = 3
IDS = np.arange(12 * 4**LEVEL, dtype="u8")
SPARSE = np.array([3, 4, 5, 70, 71, 300, 301, 302, 767], "u8")
STORE = "/vsimem/cube.zarr"


@pytest.fixture
def centres(fixture_folder):
    """(lon, lat) by surface of all zones of LEVEL, from healpix-geo."""
    found = {}
    for surface in ("sphere", "WGS84"):
        data = np.load(fixture_folder / "zones" / f"{surface}_level_{LEVEL}.npz")
        found[surface] = data["lon"], data["lat"]
    return found


def field(ids=IDS, **how):
    return Array(np.asarray(ids).astype("f8") * 2, ["cells"], **how)


def check(group, centres, surface, convention=None, ids=IDS, scheme="nested", path="u"):
    """The grid found is the one that the store means: by its centres, which any mistake in identity moves."""
    u = array(group, path)
    (zones,) = [d for d in u.GetDimensions() if d.GetType() == "DGGS_ZONE"]
    index = zones.GetIndexingVariable()
    assert index.ReadAsArray().tolist() == np.asarray(ids).tolist()
    lon, lat = ({a.GetName(): a for a in u.GetCoordinateVariables()}[n].ReadAsArray() for n in ("lon", "lat"))
    expected_lon, expected_lat = centres[surface]
    if scheme == "nested":
        where = np.asarray(ids).astype("i8")
        assert np.abs((lon - expected_lon[where] + 180) % 360 - 180).max() < 1e-9
        np.testing.assert_allclose(lat, expected_lat[where], rtol=0, atol=1e-10)
    info = identity(group, u)
    assert info["DGGRS"] == "HEALPix"
    assert info["REFINEMENT_LEVEL"] == str(LEVEL)
    assert info["INDEXING_SCHEME"] == scheme
    if surface == "WGS84":
        assert info["ELLIPSOID"] == "WGS84"
    else:
        assert "298" not in info["ELLIPSOID"] and "WGS84" not in info["ELLIPSOID"]
    if convention:
        assert info["CONVENTION"] == convention


def quietly(path, *options):
    """The root group, opened without a word."""
    with messages() as seen:
        opened = gdal.OpenEx(forced(path), gdal.OF_MULTIDIM_RASTER, open_options=list(options))
        group = opened.GetRootGroup() if opened else None
    assert seen == []
    return group


# zarr-conventions


@pytest.mark.parametrize("consolidated", [False, True], ids=["plain", "consolidated"])
@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("coordinate", ["cell_ids", None], ids=["ids", "full_domain"])
@pytest.mark.parametrize("dialect,ellipsoid", [("a", "WGS84"), ("a", None), ("b", "WGS84"), ("b", None), ("c", "WGS84"), ("c", "sphere"), ("c", None)])
def test_zarr_conventions_in_all_dialects(dialect, ellipsoid, coordinate, zarr_format, consolidated, centres):
    attrs = stores.zarr_dggs(LEVEL, dialect, ellipsoid=ellipsoid, coordinate=coordinate)
    if coordinate is None:
        del attrs["dggs"]["compression"]
    arrays = {"u": field()}
    if coordinate:
        arrays["cell_ids"] = Array(IDS, ["cells"])
    stores.write(STORE, arrays, attrs, zarr_format, consolidated)
    check(quietly(STORE), centres, "WGS84" if ellipsoid == "WGS84" else "sphere", "ZARR_DGGS")
    # Without the prefix too.
    assert gdal.OpenEx(STORE, gdal.OF_MULTIDIM_RASTER).GetDriver().ShortName == "DGGS"


@pytest.mark.parametrize("marker", ["uuid", "schema_url", "spec_url"])
def test_any_of_three_keys_declares_the_convention(marker, centres):
    attrs = stores.zarr_dggs(LEVEL)
    attrs["zarr_conventions"] = [{"name": "x", "uuid": "00000000-0000-0000-0000-000000000000"}, {marker: attrs["zarr_conventions"][0][marker]}]
    stores.write(STORE, {"u": field(), "cell_ids": Array(IDS, ["cells"])}, attrs)
    check(root(STORE), centres, "WGS84", "ZARR_DGGS")


def test_an_ellipsoid_by_its_semi_minor_axis(centres):
    attrs = stores.zarr_dggs(LEVEL)
    attrs["dggs"]["ellipsoid"] = {"name": "WGS84", "semi_major_axis": 6378137.0, "semi_minor_axis": 6356752.314245179}
    stores.write(STORE, {"u": field(), "cell_ids": Array(IDS, ["cells"])}, attrs)
    group = root(STORE)
    lat = values(group, "lat")
    np.testing.assert_allclose(lat, centres["WGS84"][1], rtol=0, atol=1e-9)


def test_sparse_and_unsorted_ids(centres):
    ids = SPARSE[::-1]
    stores.write(STORE, {"u": field(ids), "cell_ids": Array(ids, ["cells"])}, stores.zarr_dggs(LEVEL))
    check(quietly(STORE), centres, "WGS84", "ZARR_DGGS", ids)


def ranges_of(ids):
    """Half-open ranges of nested ids of level 29."""
    shift = 2 * (29 - LEVEL)
    out = []
    for i in map(int, ids):
        if out and out[-1][1] == i << shift:
            out[-1][1] = (i + 1) << shift
        else:
            out.append([i << shift, (i + 1) << shift])
    return np.array(out, "u8")


def compacted_of(ids):
    """zuniq ids, coarser where four siblings are all there."""
    cells, level = {LEVEL: set(map(int, ids))}, LEVEL
    while level > 0:
        cells[level - 1] = {i // 4 for i in cells[level] if i % 4 == 0 and {i + 1, i + 2, i + 3} <= cells[level]}
        cells[level] = {i for i in cells[level] if i // 4 not in cells[level - 1]}
        level -= 1
    found = [(i << 2 * (29 - lv), ((2 * i + 1) << (2 * (29 - lv))) ) for lv, some in cells.items() for i in some]
    return np.array([z for _, z in sorted(found)], "u8")


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("ids", [SPARSE, IDS, np.arange(64, 200, dtype="u8")], ids=["sparse", "global", "run"])
@pytest.mark.parametrize("compression", ["ranges", "compacted"])
def test_compressed_coordinates(compression, ids, zarr_format, centres):
    packed = Array(ranges_of(ids), ["ranges", "bounds"]) if compression == "ranges" else Array(compacted_of(ids), ["compacted"])
    attrs = stores.zarr_dggs(LEVEL, compression=compression, scheme="nested" if compression == "ranges" else "zuniq")
    if compression == "compacted":
        attrs["dggs"]["indexing_scheme"] = "nested"
    stores.write(STORE, {"u": field(ids), "cell_ids": packed}, attrs, zarr_format)
    group = root(STORE)
    u = array(group, "u")
    zones = u.GetDimensions()[0]
    assert zones.GetType() == "DGGS_ZONE"
    lat = {a.GetName(): a for a in u.GetCoordinateVariables()}["lat"].ReadAsArray()
    np.testing.assert_allclose(lat, centres["WGS84"][1][ids.astype("i8")], rtol=0, atol=1e-10)
    # A selection takes the right values.
    group = root(STORE, "ZONES=5,301,71")
    lat = values(group, "lat")
    wanted = [i for i in (5, 71, 301) if i in ids.tolist()]
    np.testing.assert_allclose(lat, centres["WGS84"][1][wanted], rtol=0, atol=1e-10)
    assert values(group, "u").tolist() == [2.0 * i for i in wanted]


def test_an_arrays_own_object_replaces_the_groups_whole(centres):
    own = stores.zarr_dggs(LEVEL, coordinate=None, dimension="cells", ellipsoid=None)
    del own["dggs"]["compression"]
    stores.write(STORE, {"u": field(), "v": field(attrs=own), "cell_ids": Array(IDS, ["cells"])}, stores.zarr_dggs(LEVEL))
    with messages():
        group = root(STORE)
        u, v = array(group, "u"), array(group, "v")
    assert identity(group, u)["ELLIPSOID"] == "WGS84"
    assert identity(group, v)["ELLIPSOID"] != "WGS84"


def test_a_groups_object_covers_its_own_arrays_alone(centres):
    two = {"a/u": field(), "a/cell_ids": Array(IDS, ["cells"]), "b/u": field(IDS[:192]), "b/cell_ids": Array(IDS[:192], ["cells"])}
    attrs = {"/": {}, "a": stores.zarr_dggs(LEVEL), "b": stores.zarr_dggs(2)}
    stores.write(STORE, two, attrs, consolidated=True)
    group = root(STORE)
    check(group.OpenGroup("a"), centres, "WGS84", "ZARR_DGGS")
    b = group.OpenGroup("b")
    assert identity(b, array(b, "u"))["REFINEMENT_LEVEL"] == "2"


@pytest.mark.parametrize("scheme", ["nested", "ring", "nuniq", "zuniq"])
def test_every_indexing_scheme_is_read(scheme, centres, fixture_folder):
    ring = np.argsort(np.argsort(values(root_of_grid("ring"), "zone_id")))  # ids of the grid alone, ascending
    assert len(ring) == len(IDS)
    ids = values(root_of_grid(scheme), "zone_id")
    attrs = stores.zarr_dggs(LEVEL, scheme=scheme)
    stores.write(STORE, {"u": field(IDS), "cell_ids": Array(ids, ["cells"])}, attrs)
    group = root(STORE)
    check(group, centres, "WGS84", "ZARR_DGGS", ids, scheme)
    np.testing.assert_allclose(values(group, "lat"), values(root_of_grid(scheme), "lat"), rtol=0, atol=1e-12)


def root_of_grid(scheme):
    return gdal.OpenEx(f"DGGS:HEALPix/{LEVEL}", gdal.OF_MULTIDIM_RASTER, open_options=[f"INDEXING={scheme}"]).GetRootGroup()


# xdggs


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize(
    "attrs,surface",
    [
        ({"grid_name": "healpix", "level": 3, "indexing_scheme": "nested", "ellipsoid": stores.WGS84}, "WGS84"),
        ({"grid_name": "healpix", "level": 3, "indexing_scheme": "nested"}, "sphere"),
        ({"grid_name": "healpix", "level": 3, "indexing_scheme": "nested", "ellipsoid": "WGS84"}, "WGS84"),
        ({"grid_name": "healpix", "level": 3, "indexing_scheme": "nested", "ellipsoid": "sphere"}, "sphere"),
        ({"grid_name": "healpix", "nside": 8, "indexing_scheme": "nested"}, "sphere"),
        ({"grid_name": "healpix", "order": 3, "nest": True}, "sphere"),
        ({"grid_name": "healpix", "resolution": 3, "indexing_scheme": "nested"}, "sphere"),
        ({"grid_name": "healpix", "depth": 3, "indexing_scheme": "nested"}, "sphere"),
    ],
    ids=["WGS84", "none", "named", "sphere", "nside", "order_nest", "resolution", "depth"],
)
def test_xdggs_and_its_aliases(attrs, surface, zarr_format, centres):
    stores.write(STORE, {"u": field(), "cell_ids": Array(IDS, ["cells"], attrs)}, zarr_format=zarr_format)
    check(quietly(STORE), centres, surface, "XDGGS")


def test_xdggs_ids_under_another_name_and_signed(centres):
    ids = Array(SPARSE.astype("i8"), ["pix"], stores.xdggs_ids(LEVEL))
    stores.write(STORE, {"u": Array(SPARSE * 2.0, ["pix"]), "healpix_index": ids})
    check(quietly(STORE), centres, "WGS84", "XDGGS", SPARSE)


@pytest.mark.parametrize("name", ["healpix6_global_xdggs_v2.zarr", "healpix6_global_zarr_v3.zarr", "healpix7_europe_xdggs_v3.zarr"])
def test_the_real_stores_are_recognised(name):
    path = judges.shared(f"data/xdggs/{name}")
    with messages() as seen:
        opened = gdal.OpenEx(str(path), gdal.OF_MULTIDIM_RASTER)
        group = opened.GetRootGroup()
        info = identity(group, array(group, "u"))
    assert seen == []
    assert opened.GetDriver().ShortName == "DGGS"
    assert info["CONVENTION"] == ("ZARR_DGGS" if name == "healpix6_global_zarr_v3.zarr" else "XDGGS")
    assert info["REFINEMENT_LEVEL"] == ("7" if "europe" in name else "6")
    assert ("WGS84" in info["ELLIPSOID"]) == ("europe" not in name)


# CF and easy.gems


def cf_store(mapping, index=True, zarr_format=3, ids=IDS, crs=None, name="crs", **how):
    arrays = {"u": field(ids, attrs={"grid_mapping": name}), name: crs or Array(np.int32(0), [], mapping)}
    if index:
        arrays["index"] = Array(ids, ["cells"], {"standard_name": "healpix_index"})
    stores.write(STORE, arrays, zarr_format=zarr_format, **how)


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize(
    "figure,surface",
    [
        ({"reference_ellipsoid_name": "WGS84", "semi_major_axis": 6378137.0, "inverse_flattening": 298.257223563}, "WGS84"),
        ({"semi_major_axis": 6378137.0, "inverse_flattening": 298.257223563}, "WGS84"),
        ({"earth_radius": 6371000.0}, "sphere"),
        ({"ellipsoid": stores.WGS84}, "WGS84"),
    ],
    ids=["ellipsoid", "numbers", "radius", "xdggs_export"],
)
def test_cf_healpix(figure, surface, index, zarr_format, centres):
    mapping = {"grid_mapping_name": "healpix", "indexing_scheme": "nested", "refinement_level": LEVEL, **figure}
    cf_store(mapping, index, zarr_format)
    group = root(STORE)
    lat = {a.GetName(): a for a in array(group, "u").GetCoordinateVariables()}["lat"].ReadAsArray()
    np.testing.assert_allclose(lat, centres[surface][1], rtol=0, atol=1e-9)
    assert identity(group, array(group, "u"))["CONVENTION"] == "CF"


def test_a_cf_mapping_is_found_by_its_grid_mapping_name(centres):
    """xdggs' CF export names a grid mapping `healpix` and calls the variable `crs`."""
    mapping = {"grid_mapping_name": "healpix", "indexing_scheme": "nested", "refinement_level": LEVEL, "ellipsoid": stores.WGS84}
    cf_store(mapping)
    stores.write(STORE, {
        "u": field(attrs={"grid_mapping": "healpix"}),
        "crs": Array(np.int32(0), [], mapping),
        "cell_ids": Array(IDS, ["cells"], {"standard_name": "healpix_index"}),
    })  # fmt: skip
    check(root(STORE), centres, "WGS84", "CF")


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("dimension", ["cell", "value", "values"])
@pytest.mark.parametrize("scalar", [True, False])
def test_easy_gems(scalar, dimension, zarr_format, centres):
    mapping = {"grid_mapping_name": "healpix", "healpix_nside": 8, "healpix_order": "nest"}
    crs = Array(np.int32(0), [], mapping) if scalar else Array(np.zeros(1, "i4"), ["crs"], mapping)
    stores.write(STORE, {"u": Array(IDS * 2.0, [dimension], {"grid_mapping": "crs"}), "crs": crs}, zarr_format=zarr_format)
    check(root(STORE), centres, "sphere", "EASYGEMS")


def test_easy_gems_in_ring_order():
    mapping = {"grid_mapping_name": "healpix", "healpix_nside": 8, "healpix_order": "ring"}
    stores.write(STORE, {"u": Array(IDS * 2.0, ["cell"], {"grid_mapping": "crs"}), "crs": Array(np.int32(0), [], mapping)})
    group = root(STORE)
    lat = {a.GetName(): a for a in array(group, "u").GetCoordinateVariables()}["lat"].ReadAsArray()
    assert np.all(np.diff(lat) <= 1e-12)  # rings run from north to south
    assert identity(group, array(group, "u"))["INDEXING_SCHEME"] == "ring"


# Open options


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_identity_by_options_on_a_store_that_does_not_say(zarr_format, centres):
    stores.write(STORE, {"u": Array(np.stack([IDS * 2.0] * 3), ["time", "cells"])}, zarr_format=zarr_format)
    group = root(STORE, "DGGRS=HEALPix", f"LEVEL={LEVEL}", "ELLIPSOID=WGS84")
    assert dims(array(group, "u")) == ["time", "cells"]
    check(group, centres, "WGS84")
    group = root(STORE, "DGGRS=healpix", f"LEVEL={LEVEL}", "ELLIPSOID=sphere", "INDEXING=ring")
    assert identity(group, array(group, "u"))["INDEXING_SCHEME"] == "ring"


def test_ids_named_by_an_option(centres):
    stores.write(STORE, {"u": field(SPARSE), "my_zones": Array(SPARSE.astype("i8"), ["cells"])})
    group = root(STORE, "DGGRS=HEALPix", f"LEVEL={LEVEL}", "ELLIPSOID=WGS84", "ZONE_ID=my_zones")
    check(group, centres, "WGS84", ids=SPARSE)


@pytest.mark.parametrize("option,key,value", [("ELLIPSOID=sphere", "ELLIPSOID", None), ("INDEXING=ring", "INDEXING_SCHEME", "ring")])
def test_an_option_against_the_store_overrides_it_with_a_warning(option, key, value):
    stores.healpix(STORE, LEVEL)
    with messages() as seen:
        group = gdal.OpenEx(forced(STORE), gdal.OF_MULTIDIM_RASTER, open_options=[option]).GetRootGroup()
        info = identity(group, array(group, "u"))
    assert failures(seen) == []
    assert any(option.split("=")[0] in text for text in warnings(seen)), seen
    assert info[key] == value if value else info[key] != "WGS84"


def test_options_that_agree_with_the_store_are_silent():
    stores.healpix(STORE, LEVEL)
    quietly(STORE, "DGGRS=HEALPix", f"LEVEL={LEVEL}", "INDEXING=nested", "ELLIPSOID=WGS84", "ZONE_ID=cell_ids", "CONVENTION=XDGGS")


def test_the_convention_can_be_chosen(centres):
    """A store that says WGS84 in one convention and a sphere in another."""
    arrays = {"u": field(), "cell_ids": Array(IDS, ["cells"], stores.xdggs_ids(LEVEL, ellipsoid=None))}
    stores.write(STORE, arrays, stores.zarr_dggs(LEVEL))
    with messages():
        check(root(STORE, "CONVENTION=ZARR_DGGS"), centres, "WGS84", "ZARR_DGGS")
        check(root(STORE, "CONVENTION=xdggs"), centres, "sphere", "XDGGS")


def test_a_chosen_convention_that_is_not_there_is_an_error():
    stores.healpix(STORE, LEVEL)
    with messages() as seen:
        assert gdal.OpenEx(forced(STORE), gdal.OF_MULTIDIM_RASTER, open_options=["CONVENTION=EASYGEMS"]) is None
    assert any("EASYGEMS" in text for text in failures(seen))


# Coordinate reference systems


def crs_texts():
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(4258)
    return {"url": "http://www.opengis.net/def/crs/EPSG/0/4258", "wkt": srs.ExportToWkt(["FORMAT=WKT2_2019"]), "projjson": json.loads(srs.ExportToPROJJSON())}


@pytest.mark.parametrize("where", ["array", "group"])
@pytest.mark.parametrize("how", ["url", "wkt", "projjson", "all", "string", "wkt_after_a_bad_url", "projjson_after_two_bad_ones"])
def test_crs_attribute_in_all_its_forms(how, where):
    texts = crs_texts()
    value = {
        "all": texts,
        "string": texts["wkt"],
        "wkt_after_a_bad_url": dict(texts, url="http://nowhere.example/crs"),
        "projjson_after_two_bad_ones": dict(texts, url="http://nowhere.example/crs", wkt="GEOGCRS[broken"),
    }.get(how) or {how: texts[how]}
    attrs = {"_CRS": value}
    arrays = {"u": field(attrs=attrs if where == "array" else {}), "cell_ids": Array(IDS, ["cells"], stores.xdggs_ids(LEVEL))}
    stores.write(STORE, arrays, attrs if where == "group" else {})
    with messages() as seen:
        group = root(STORE)
        u = array(group, "u")
        srs = u.GetSpatialRef()
    assert failures(seen) == []
    assert srs.GetAuthorityCode(None) == "4258"
    assert "_CRS" not in attributes(u)
    assert list(srs.GetDataAxisToSRSAxisMapping()) == [2, 1]


def test_without_crs_the_grid_gives_one():
    for ellipsoid in (stores.WGS84, None):
        stores.healpix(STORE, LEVEL, ellipsoid=ellipsoid)
        srs = array(root(STORE), "u").GetSpatialRef()
        assert srs.GetAuthorityCode(None) == "4326"
        assert list(srs.GetDataAxisToSRSAxisMapping()) == [2, 1]
    stores.healpix(STORE, LEVEL, ellipsoid={"name": "airy", "semimajor_axis": 6377563.396, "inverse_flattening": 299.3249646})
    srs = array(root(STORE), "u").GetSpatialRef()
    assert srs.IsGeographic()
    assert abs(srs.GetSemiMajor() - 6377563.396) < 1e-3


# Selections and copies still tell the truth


SELECTIONS = {"box": "BBOX=0,-20,60,30", "zones": "ZONES=5,2/100,700", "points": "POINTS=10 50,-70 -33,10 50"}


def convention_store(kind, folder="/vsimem"):
    """A global cube in one convention, without explicit ids where the convention allows it."""
    path = f"{folder}/{kind}.zarr"
    if kind == "xdggs":
        stores.write(path, {"u": field(), "cell_ids": Array(IDS, ["cells"], stores.xdggs_ids(LEVEL))})
    elif kind == "zarr_dggs_ids":
        stores.write(path, {"u": field(), "cell_ids": Array(IDS, ["cells"])}, stores.zarr_dggs(LEVEL, "b"))
    elif kind == "zarr_dggs_full":
        attrs = stores.zarr_dggs(LEVEL, coordinate=None)
        del attrs["dggs"]["compression"]
        stores.write(path, {"u": field()}, attrs)
    elif kind == "zarr_dggs_ranges":
        stores.write(path, {"u": field(), "cell_ids": Array(ranges_of(IDS), ["ranges", "bounds"])}, stores.zarr_dggs(LEVEL, compression="ranges"))
    elif kind == "cf":
        mapping = {"grid_mapping_name": "healpix", "indexing_scheme": "nested", "refinement_level": LEVEL, "semi_major_axis": 6378137.0, "inverse_flattening": 298.257223563}
        stores.write(path, {"u": field(attrs={"grid_mapping": "crs"}), "crs": Array(np.int32(0), [], mapping)})
    else:
        mapping = {"grid_mapping_name": "healpix", "healpix_nside": 8, "healpix_order": "nest"}
        stores.write(path, {"u": field(attrs={"grid_mapping": "crs"}), "crs": Array(np.int32(0), [], mapping)})
    return path


KINDS = ["xdggs", "zarr_dggs_ids", "zarr_dggs_full", "zarr_dggs_ranges", "cf", "easygems"]


@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_selection_lists_its_ids_whatever_the_convention(kind, selection, centres):
    path = convention_store(kind)
    group = root(path, SELECTIONS[selection])
    u = array(group, "u")
    (zones,) = u.GetDimensions()
    ids = zones.GetIndexingVariable().ReadAsArray()
    assert 0 < len(ids) < len(IDS)
    assert u.ReadAsArray().tolist() == (2.0 * ids).tolist()
    assert zones.GetName() == "cells"
    surface = "sphere" if kind == "easygems" else "WGS84"
    np.testing.assert_allclose(values(group, "lat"), centres[surface][1][ids.astype("i8")], rtol=0, atol=1e-10)
    told = attributes(group)
    if kind.startswith("zarr_dggs"):
        dggs = told["dggs"] if isinstance(told["dggs"], dict) else json.loads(told["dggs"])
        assert dggs["coordinate"] in group.GetMDArrayNames()
        assert values(group, dggs["coordinate"]).tolist() == ids.tolist()
        assert dggs.get("compression", "none") == "none"


@pytest.mark.parametrize("selection", [None, *SELECTIONS])
@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_to_zarr_by_gdal_opens_as_the_same_grid(kind, selection, tmp_path):
    """Copied by gdalmdimtranslate with GDAL's own Zarr driver, opened by ours: same ids, centres, values."""
    source = convention_store(kind, str(tmp_path))
    target = str(tmp_path / "copy.zarr")
    options = ["-oo", SELECTIONS[selection]] if selection else []
    done = subprocess.run(["gdalmdimtranslate", "-q", "-of", "Zarr", *options, source, target], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr
    mine, copied = root(source, *options[1:]), root(target)
    with messages() as seen:
        for name in ("u", "lon", "lat"):
            np.testing.assert_array_equal(values(copied, name), values(mine, name))
        a, b = ({**identity(g, array(g, "u"))} for g in (mine, copied))
    assert failures(seen) == []
    for key in ("DGGRS", "REFINEMENT_LEVEL", "INDEXING_SCHEME", "ELLIPSOID"):
        assert a[key] == b[key], key
    # Not by the copied lon and lat alone: the grid itself is there.
    again = root(target, "POINTS=10 50")
    assert values(again, "u").tolist() == values(root(source, "POINTS=10 50"), "u").tolist() or selection in ("box", "zones")


@pytest.mark.parametrize("ending,name", [("nc", "netCDF"), ("vrt", "VRT")])
@pytest.mark.parametrize("kind", KINDS)
def test_copies_to_other_formats_carry_the_identity_as_attributes(kind, ending, name, tmp_path):
    source, target = convention_store(kind, str(tmp_path)), str(tmp_path / f"copy.{ending}")
    done = subprocess.run(
        ["gdalmdimtranslate", "-q", "-of", name, "-oo", SELECTIONS["box"], source, target],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    group = gdal.OpenEx(target, gdal.OF_MULTIDIM_RASTER).GetRootGroup()
    mine = root(source, SELECTIONS["box"])
    index = array(mine, "u").GetDimensions()[0].GetIndexingVariable().GetName()
    assert values(group, index).tolist() == values(mine, index).tolist()
    np.testing.assert_array_equal(values(group, "u"), values(mine, "u"))
    told = json.dumps([attributes(group), *(attributes(array(group, n)) for n in group.GetMDArrayNames())], default=str)
    assert "healpix" in told.lower(), told
    assert "nest" in told
    # What GDAL's netCDF driver makes of an array with a CRS must not fall on the ids.
    ids = attributes(array(group, index))
    assert ids.get("standard_name") != "longitude"
    if ending == "nc":
        assert "grid_mapping" not in ids
    assert array(group, index).GetUnit() in ("", "1")
