"""Zones at points: the driver's own verb beside healpy and healpix-geo, one thread each, in one run.

    autotest/bench/run zones

The driver's time comes from `cargo bench --bench zone_at -- peers` where that bench prints `SURFACE LEVEL NANOSECONDS`
a line; the others are timed here (in build/venv) on as many random points. Rounds alternate. Then every family through
GDAL on one thread and on two (`bench_threads.py`), and DGGAL's rHEALPix and ISEA3H, Python's share of a call taken off.
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

os.environ["RAYON_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import healpy
import numpy as np
from healpix_geo import nested

COUNT, LEVELS, ROUNDS = 1_000_000, (5, 9, 15, 25, 29), 5


def nanoseconds(action):
    began = time.perf_counter()
    action()
    return 1e9 * (time.perf_counter() - began) / COUNT


def driver(binary):
    """{(surface, level): ns a point} of one run of the Rust bench."""
    done = subprocess.run([binary], stdout=subprocess.PIPE, text=True, check=True, env=dict(os.environ, DGGS_BENCH_POINTS=str(COUNT)))
    rows = (line.split() for line in done.stdout.splitlines())
    return {(row[0], int(row[1])): float(row[2]) for row in rows if len(row) == 3}


def threads():
    """Prints what a second thread brings, in another Python: GDAL's own."""
    script = Path(__file__).resolve().parent / "bench_threads.py"
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(["/usr/bin/python3", script], stdout=subprocess.PIPE, text=True, check=True, env=kept)
    print("through GDAL, best of some rounds, seconds: one thread, two threads, times")
    for line in done.stdout.splitlines():
        what, one, two = line.split()
        print(f"  {what:20} {float(one):7.3f} {float(two):7.3f}   {float(one) / float(two):4.2f} x")


def dggal():
    """DGGAL's zones at points, less the time of a call that does next to nothing."""
    try:
        import dggal
    except ImportError as error:
        print(f"DGGAL is left out: {error}")
        return
    app = dggal.Application(appGlobals={})
    dggal.pydggal_setup(app)
    rng = np.random.default_rng(1)
    places = [dggal.GeoPoint(lat, lon) for lat, lon in rng.uniform(-80, 80, (COUNT // 10, 2)).tolist()]

    def each(action):
        began = time.perf_counter()
        for place in places:
            action(place)
        return 1e9 * (time.perf_counter() - began) / len(places)

    for name in ("rHEALPix", "ISEA3H", "ISEA7H_Z7"):
        grid = getattr(dggal, name)()
        zone = grid.getZoneFromWGS84Centroid(9, places[0])
        idle = min(each(lambda place: grid.getZoneLevel(zone)) for _ in range(ROUNDS))
        busy = min(each(lambda place: grid.getZoneFromWGS84Centroid(9, place)) for _ in range(ROUNDS))
        print(f"  dggal {name:10} level 9: {busy - idle:6.1f} ns a point")


def main(binary):
    rng = np.random.default_rng(1)
    lon = rng.uniform(-180, 180, COUNT)
    lat = np.degrees(np.arcsin(rng.uniform(-1, 1, COUNT)))
    took = {}
    for _ in range(ROUNDS):
        for key, value in driver(binary).items():
            took.setdefault(("driver", *key), []).append(value)
        for level in LEVELS:
            runs = {("healpy", "sphere", level): lambda: healpy.ang2pix(2**level, lon, lat, nest=True, lonlat=True)}
            for surface in ("sphere", "WGS84"):
                runs["healpix-geo", surface, level] = lambda s=surface: nested.lonlat_to_healpix(lon, lat, level, s, num_threads=1)
            for key, action in runs.items():
                took.setdefault(key, []).append(nanoseconds(action))
    median = {key: statistics.median(values) for key, values in took.items()}
    print(f"{COUNT:,} points, one thread, median of {ROUNDS}, nanoseconds a point; times the driver's")
    for surface in ("sphere", "WGS84"):
        for level in LEVELS:
            own = median.get(("driver", surface, level))
            others = [(n, median[n, surface, level]) for n in ("healpy", "healpix-geo") if (n, surface, level) in median]
            line = f"  {surface:6} level {level:2}: driver {own:6.1f}" if own else f"  {surface:6} level {level:2}: driver      -"
            for name, value in others:
                line += f"   {name} {value:6.1f}" + (f" ({value / own:4.2f} x)" if own else "")
            print(line)
    dggal()
    threads()


if __name__ == "__main__":
    main(*sys.argv[1:])
