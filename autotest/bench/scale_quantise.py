"""The large job, measured once: HEALPix level 12 (201 million zones) from 43200 x 21600 pixels; run by hand.

    GDAL_DRIVER_PATH=target/release/gdalplugins /usr/bin/python3 autotest/bench/scale_quantise.py [FOLDER]

The raster is a VRT that refines EGM96's geoid by nearest neighbour. Prints seconds, zones a second and the most memory that
the process had, for one thread and for two, and the ratio of both.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GEOID = "/usr/share/proj/egm96_15.gtx"
LEVEL = 12
VRT = """<VRTDataset rasterXSize="43200" rasterYSize="21600">
<SRS>EPSG:4326</SRS><GeoTransform>-180, 0.008333333333333333, 0, 90, 0, -0.008333333333333333</GeoTransform>
<VRTRasterBand dataType="Float32" band="1" blockXSize="512" blockYSize="512"><SimpleSource>
<SourceFilename>{}</SourceFilename><SourceBand>1</SourceBand>
<SrcRect xOff="0.5" yOff="0.5" xSize="1439" ySize="720"/><DstRect xOff="0" yOff="0" xSize="43200" ySize="21600"/>
</SimpleSource></VRTRasterBand></VRTDataset>"""


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="scale_quantise_"))
    source = folder / "large.vrt"
    source.write_text(VRT.format(GEOID))
    seconds = {}
    for threads in (1, 2):
        target = folder / "large.dggs.zarr"
        shutil.rmtree(target, ignore_errors=True)
        options = ["DGGRS=HEALPix", f"LEVEL={LEVEL}", "MAX_MEMORY=512MB", f"NUM_THREADS={threads}"]
        command = ["gdal_translate", "-q", "-of", "DGGS", "--config", "GDAL_CACHEMAX", "128"]
        command += [word for option in options for word in ("-co", option)] + [source, target]
        start = time.perf_counter()
        process = subprocess.Popen(list(map(str, command)))
        _, status, usage = os.wait4(process.pid, 0)
        assert status == 0
        seconds[threads] = time.perf_counter() - start
        zones = 12 * 4**LEVEL
        print(
            f"{threads} threads: {seconds[threads]:.1f} s, {zones / seconds[threads] / 1e6:.1f} million zones a second, "
            f"at most {usage.ru_maxrss / 1024:.0f} MiB"
        )
    print(f"two threads are {seconds[1] / seconds[2]:.2f} times as fast as one")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
