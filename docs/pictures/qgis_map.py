"""A cube in QGIS, without a display: the raster under the outlines of its zones, drawn to PNG.

    GDAL_DRIVER_PATH=... python3 docs/pictures/qgis_map.py FOLDER [STORE]

Opens the container, an array as a raster and its zones as a layer the way QGIS' dialogs do, checks what they are, and
writes FOLDER/qgis-<version>-globe.png, -zones.png and -antimeridian.png. Needs QGIS' Python (Debian: python3-qgis). Without
STORE it makes a small HEALPix cube of its own. Prints what it checked; ends with an error where something is not so.
"""

import json
import math
import os
import struct
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("GDAL_PAM_ENABLED", "NO")

from qgis.core import (  # noqa: E402
    Qgis, QgsApplication, QgsColorRampShader, QgsFillSymbol, QgsMapRendererParallelJob, QgsMapSettings,
    QgsProviderRegistry, QgsRasterLayer, QgsRasterShader, QgsRectangle, QgsSingleBandPseudoColorRenderer,
    QgsSingleSymbolRenderer, QgsVectorLayer,
)  # fmt: skip
from osgeo import gdal  # noqa: E402
from qgis.PyQt.QtCore import QSize  # noqa: E402
from qgis.PyQt.QtGui import QColor  # noqa: E402

LEVEL = 4


def make_store(path):
    """A HEALPix cube in Zarr V3 with xdggs' attributes and two arrays: waves over the globe, and the zones' numbers."""
    count = 12 * 4**LEVEL
    grid = gdal.OpenEx(f"DGGS:HEALPix/{LEVEL}", gdal.OF_MULTIDIM_RASTER).GetRootGroup()
    lon, lat = (struct.unpack(f"<{count}d", bytes(grid.OpenMDArray(name).Read())) for name in ("lon", "lat"))

    def put(name, content):
        file = Path(path, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())

    def array(name, kind, data, attributes):
        put(f"{name}/zarr.json", {
            "zarr_format": 3, "node_type": "array", "shape": [count], "data_type": kind,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [count]}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "fill_value": "NaN" if kind.startswith("f") else 0,
            "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
            "dimension_names": ["cells"], "attributes": attributes,
        })  # fmt: skip
        put(f"{name}/c/0", data)

    put("zarr.json", {"zarr_format": 3, "node_type": "group", "attributes": {}})
    array("cell_ids", "uint64", struct.pack(f"<{count}Q", *range(count)),
          {"grid_name": "healpix", "level": LEVEL, "indexing_scheme": "nested", "ellipsoid": "WGS84"})  # fmt: skip
    turns = [(math.radians(x), math.radians(y)) for x, y in zip(lon, lat)]
    waves = [math.cos(y) ** 2 * math.sin(3 * x + 2 * y) + math.sin(2 * y) * math.cos(x - 1) for x, y in turns]
    array("wave", "float32", struct.pack(f"<{count}f", *waves), {"units": "m"})
    array("zone_number", "float32", struct.pack(f"<{count}f", *range(count)), {})


def check(what, is_so):
    print(("ok       " if is_so else "NOT SO   ") + what, flush=True)
    if not is_so:
        raise SystemExit(f"QGIS {Qgis.QGIS_VERSION}: {what}")


def sublayers(uri):
    """What `Select Items to Add` offers: names that open."""
    registry = QgsProviderRegistry.instance()
    return [(one.providerKey(), one.uri(), one.name()) for one in registry.querySublayers(uri)]


def style(raster, zones):
    statistics = raster.dataProvider().bandStatistics(1)
    low, high = statistics.minimumValue, statistics.maximumValue
    ramp = QgsColorRampShader(low, high)
    ramp.setColorRampType(QgsColorRampShader.Interpolated)
    colours = ["#2c1e5f", "#2a6f97", "#52b69a", "#d9ed92", "#fff3b0"]
    ramp.setColorRampItemList([
        QgsColorRampShader.ColorRampItem(low + (high - low) * k / (len(colours) - 1), QColor(colour))
        for k, colour in enumerate(colours)
    ])  # fmt: skip
    shader = QgsRasterShader()
    shader.setRasterShaderFunction(ramp)
    raster.setRenderer(QgsSingleBandPseudoColorRenderer(raster.dataProvider(), 1, shader))
    outline = {"color": "0,0,0,0", "outline_color": "20,20,20,160", "outline_width": "0.2"}
    zones.setRenderer(QgsSingleSymbolRenderer(QgsFillSymbol.createSimple(outline)))


def render(layers, extent, size, path):
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(layers[-1].crs())
    settings.setExtent(QgsRectangle(*extent))
    settings.setOutputSize(QSize(*size))
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    check(f"drawn without errors: {path.name}", not job.errors())
    image = job.renderedImage()
    colours = {image.pixel(x, y) for x in range(4, size[0], 9) for y in range(4, size[1], 9)}
    check(f"{len(colours)} colours", len(colours) > 20)
    image.save(str(path))


def main(folder, store=None):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if store is None:
        store = folder / "cube.dggs.zarr"
        make_store(store)
    store = str(store)
    found = sublayers(store)
    check(f"the container offers {found}", {key for key, _, _ in found} >= {"gdal", "ogr"} and len(found) >= 3)
    uris = {key: [uri for provider, uri, _ in found if provider == key] for key in ("gdal", "ogr")}
    for uri in uris["gdal"]:
        check(f"opens as a raster: {uri}", QgsRasterLayer(uri, "raster", "gdal").isValid())
    for uri in uris["ogr"]:
        zones = QgsVectorLayer(uri, "zones", "ogr")
        check(f"opens as a layer: {uri}", zones.isValid())
        del zones
    # As the dialog writes it, without quotes.
    raster = QgsRasterLayer(f"DGGS:{store}:/wave", "wave", "gdal")
    check("an array without quotes opens", raster.isValid() and raster.bandCount() == 1)
    check("it is the globe in degrees", raster.extent() == QgsRectangle(-180, -90, 180, 90))
    zones = QgsVectorLayer(f"DGGS:{store}", "zones", "ogr")
    check("zones open by the prefix", zones.isValid() and zones.featureCount() == 12 * 4**LEVEL)
    check("zones cannot be edited", not zones.startEditing())
    check(f"both are in {zones.crs().authid()}", zones.crs().authid() == raster.crs().authid() == "EPSG:4326")
    grid = QgsVectorLayer("DGGS:ISEA4H/3", "grid", "ogr")
    check("a grid without data opens", grid.isValid() and grid.featureCount() == 642)
    del grid
    zone = next(zones.getFeatures(f"\"zone_id\" = '{LEVEL}/1234'"))
    check("a zone is found by its id", zone.id() == 1234 and zone["zone_number"] == 1234)
    centre = zone.geometry().centroid().asPoint()
    value, is_there = raster.dataProvider().sample(centre, 1)
    check("the raster has the zone's value at its centre", is_there and abs(value - zone["wave"]) < 1e-6)
    del zone
    style(raster, zones)
    version = ".".join(Qgis.QGIS_VERSION.split(".")[:2])
    layers = [zones, raster]
    render(layers, (-180, -90, 180, 90), (1080, 540), folder / f"qgis-{version}-globe.png")
    render(layers, (-120, 5, -60, 40), (960, 560), folder / f"qgis-{version}-zones.png")
    render(layers, (150, 55, 180, 90), (600, 700), folder / f"qgis-{version}-antimeridian.png")
    return 0


if __name__ == "__main__":
    application = QgsApplication([], False)
    application.initQgis()
    try:
        status = main(*sys.argv[1:])
    finally:
        application.exitQgis()
    sys.exit(status)
