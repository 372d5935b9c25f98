"""The judges: Python libraries that live in build/venv and are asked through files.

`fixture_folder()` is what `fixtures/make.py` wrote: it is made once, kept under build/ and made again when a script in
fixtures/ or support/table.py changes. `ask(...)` runs `fixtures/judge.py` on files that a test has written.
"""

import hashlib
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

AUTOTEST = Path(__file__).resolve().parent.parent
ROOT = AUTOTEST.parent
BUILD = ROOT / "build"
SHARED = Path(os.environ.get("DGGS_SHARED", ROOT.parent / "shared")).resolve()


def shared(path):
    """A file or folder of ../shared; where that folder is absent the test is left out, with a line that says so."""
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is absent (real stores and oracles)")
    assert (SHARED / path).exists(), f"{SHARED / path} is missing"
    return SHARED / path


def in_another_root():
    """Whether the judges are in another root (of .ci/run) than this process: what they start has another GDAL."""
    return shlex.split(os.environ.get("DGGS_JUDGE", ""))[:1] == ["chroot"]


def _command():
    command = os.environ.get("DGGS_JUDGE")
    if command:
        return shlex.split(command)
    made = subprocess.run([ROOT / "gdal-plugin" / "venv"], stdout=subprocess.PIPE, text=True, check=True)
    os.environ["DGGS_JUDGE"] = made.stdout.strip()
    return [made.stdout.strip()]


def _environment():
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "GDAL_", "LD_"))}
    return dict(kept, DGGS_SHARED=str(SHARED), MPLBACKEND="Agg")


def _run(*arguments):
    done = subprocess.run(
        [*_command(), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env=_environment(),
        timeout=900,
    )
    assert done.returncode == 0, f"{arguments[0]} failed:\n{done.stderr}"
    return done.stdout


def ask(question, *arguments):
    """The answer of `fixtures/judge.py QUESTION ARGUMENT...`, which is JSON."""
    return json.loads(_run(AUTOTEST / "fixtures" / "judge.py", question, *arguments))


def ask_outlines(question, *arguments):
    """The answer of `support/outlines.py QUESTION ARGUMENT...`, which is JSON."""
    return json.loads(_run(AUTOTEST / "support" / "outlines.py", question, *arguments))


def run(script, question, told, folder):
    """The answer of a judge's script in support/ to a question about `told`, which is passed as JSON in `folder`."""
    asked = Path(folder) / "asked.json"
    asked.write_text(json.dumps(told))
    return json.loads(_run(AUTOTEST / "support" / script, question, asked))


def stores_told(*paths):
    """What zarr-python and xdggs make of stores, a mapping from path: see copy_judge.py."""
    told = json.loads(_run(AUTOTEST / "support" / "copy_judge.py", *paths))
    return [told[str(path)] for path in paths]


def dask_map(script, path, jobs):
    """Runs `script PATH FIRST LAST` under this Python for each of `jobs`, on the workers of a Dask cluster."""
    own = {key: value for key, value in os.environ.items() if key.startswith(("GDAL_", "PYTHON", "LD_"))}
    command = json.dumps([sys.executable, str(script), str(path)])
    return json.loads(_run(AUTOTEST / "support" / "dask_months.py", command, json.dumps(jobs), json.dumps(own)))


def reread(question, *arguments):
    """The answer of `support/reread.py QUESTION ARGUMENT...`, which is JSON: what others read of a store of ours."""
    return json.loads(_run(AUTOTEST / "support" / "reread.py", question, *arguments))


def fixture_folder():
    """Makes the fixtures if they are not there, and answers where they are."""
    key = hashlib.sha256()
    for script in sorted((AUTOTEST / "fixtures").glob("*.py")) + [AUTOTEST / "support" / "table.py"]:
        key.update(script.read_bytes())
    key.update(b"shared" if SHARED.is_dir() else b"alone")
    folder = BUILD / "fixtures" / key.hexdigest()[:16]
    if not (folder / "done").exists():
        print(f"Making {folder}", file=sys.stderr)
        _run(AUTOTEST / "fixtures" / "make.py", folder)
        (folder / "done").touch()
    return folder
