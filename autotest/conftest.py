"""What all tests share: the plugin under test, the judges, and where the real stores are.

The tests run under the Python that GDAL's own module `osgeo` belongs to. The judges (zarr-python, xdggs, healpix-geo,
shapely, ...) need another NumPy and live in `build/venv`; they are asked through files, see `support/judges.py`.

Environment: `GDAL_DRIVER_PATH` the folder of gdal_DGGS.so (default: target/release/gdalplugins), `DGGS_SHARED` the
folder of the real stores and the oracles (default: ../shared beside the repository), `DGGS_JUDGE` the command that
starts the judges' Python (default: made by gdal-plugin/venv).
"""

import os
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE))

# Before osgeo is imported: drivers register themselves then.
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
os.environ.setdefault("GDAL_DRIVER_PATH", str(TARGET / "release" / "gdalplugins"))
os.environ.setdefault("GDAL_PAM_ENABLED", "NO")
for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
    os.environ.pop(name, None)

import pytest  # noqa: E402
from osgeo import gdal  # noqa: E402

from support import gdalio, judges  # noqa: E402

gdal.UseExceptions()


def pytest_report_header():
    return [
        f"GDAL {gdal.VersionInfo('RELEASE_NAME')}, plugins from {os.environ['GDAL_DRIVER_PATH']}",
        f"real stores and oracles: {judges.SHARED}" + ("" if judges.SHARED.is_dir() else " (absent)"),
    ]


def pytest_sessionstart(session):
    if gdal.GetDriverByName("DGGS") is None and not session.config.option.collectonly:
        pytest.exit(
            f"GDAL {gdal.VersionInfo('RELEASE_NAME')} has no driver DGGS: is gdal_DGGS.so, built for this GDAL, in "
            f"GDAL_DRIVER_PATH={os.environ['GDAL_DRIVER_PATH']}? (gdal-plugin/build makes it)",
            returncode=1,
        )


@pytest.fixture(scope="session")
def fixture_folder():
    """The folder of stores and expected values that the judges made."""
    return judges.fixture_folder()


@pytest.fixture(autouse=True)
def clean_state():
    """Each test starts without an error and leaves nothing in /vsimem/."""
    gdal.ErrorReset()
    yield
    with gdalio.messages():
        below = ["/vsimem/" + entry for entry in gdal.ReadDirRecursive("/vsimem/") or []]
        for path in sorted(below, key=len, reverse=True):
            if path.endswith("/"):
                gdal.Rmdir(path.rstrip("/"))
            else:
                gdal.Unlink(path)
    gdal.ErrorReset()


@pytest.fixture
def exchange():
    """A folder that test and judge both see, also where they run in different roots."""
    judges.BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="exchange-", dir=judges.BUILD) as folder:
        yield Path(folder)
