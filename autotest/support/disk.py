"""Small file systems that fill up."""

import contextlib
import subprocess

import pytest


@contextlib.contextmanager
def small(folder, size):
    """A disk of `size` (`600k`) at a new folder; the test is left out where this process may not mount one."""
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], capture_output=True)
    if done.returncode:
        pytest.skip(f"no mount: {done.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(path, leaving):
    """Fills the disk with a file but for about `leaving` bytes."""
    with open(path, "ab", buffering=0) as ballast:
        with contextlib.suppress(OSError):
            while ballast.write(b"0" * 4096) == 4096:
                pass
        ballast.truncate(max(0, ballast.tell() - leaving))
