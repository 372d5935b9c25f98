"""Bad input: an error that names the file and the reason, or correct data; never a crash, a hang or a print."""

import base64
import copy
import json
import subprocess
import sys
import threading
import zlib

import numpy as np
import pytest
from osgeo import gdal
from support import judges, stores
from support.gdalio import array, failures, forced, messages, root

ATTACK = judges.AUTOTEST / "support" / "attack.py"
GIB_IN_KIB = 1 << 20


def files_of(folder, keep=None):
    """The files of a store, or only its root's and those of some arrays."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and (keep is None or "/" not in name or name.split("/")[0] in keep):
            found[name] = path.read_bytes()
    return found


def attack(files, damages, folder, seconds=120):
    """What came of each damage, in order; the process neither crashes, hangs, prints nor takes a gibibyte."""
    job, result = folder / "job.json", folder / "result.jsonl"
    encoded = {name: base64.b64encode(data).decode() for name, data in files.items()}
    job.write_text(json.dumps({"files": encoded, "damages": damages}))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", ATTACK, job, result],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=seconds,
    )  # fmt: skip
    lines = [json.loads(line) for line in result.read_text().splitlines()]
    at = damages[len(lines)] if len(lines) < len(damages) else "the end"
    assert done.returncode == 0, f"died with {done.returncode} at {json.dumps(at)[:500]}\n{done.stderr.decode(errors='replace')[-2000:]}"
    assert (done.stdout, done.stderr) == (b"", b"")
    assert lines[-1]["peak_kib"] < GIB_IN_KIB
    return lines[:-1]


def replace(file, content):
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return {"changes": [{"file": file, "how": "replace", "with": base64.b64encode(data).decode()}]}


def verdict(sound, damaged, may_differ=False):
    """Why a damaged store's outcome is not acceptable, or nothing."""
    said = [text for _, text in damaged["messages"]]
    if not damaged["opened"]:
        if not said:
            return "it did not open, and no word was said"
        return None if any("victim.zarr" in text for text in said) else f"the error does not name the file: {said}"
    for name, was in sound["arrays"].items():
        now = damaged["arrays"].get(name)
        if now is None:
            if not any("victim.zarr" in text for text in said):
                return f"array {name} is gone, and no message names the file: {said}"
        elif now["digest"] is None:
            told = [text for kind, text in now["messages"] if kind >= gdal.CE_Failure]
            if not told:
                return f"array {name} cannot be read, and no error was raised"
            if not any("victim.zarr" in text for text in told):
                return f"array {name}: the error does not name the file: {told}"
        elif now["digest"] != was["digest"] and not may_differ:
            if not any("victim.zarr" in text for text in said):
                return f"array {name} has other values, silently"
    return None


def summary(complaints):
    return f"{len(complaints)} complaints, of which the first are\n" + "\n".join(c[:300] for c in complaints[:5])


# Malformed metadata

GONE = object()
V3 = {"u": "u/zarr.json", "ids": "cell_ids/zarr.json", "root": "zarr.json"}
V2 = {"u": "u/.zarray", "ids": "cell_ids/.zarray", "attrs": "cell_ids/.zattrs", "u_attrs": "u/.zattrs", "root": ".zgroup"}

# (format, file, path to the value, its new value)
MALFORMED = [
    *[(3, "u", ["zarr_format"], v) for v in (GONE, 4, "3", None)],
    *[(3, "u", ["node_type"], v) for v in (GONE, "arrow", 3)],
    *[(3, "u", ["shape"], v) for v in (GONE, [], [2], [2, -192], [2, 1.5], "2,192", [2, 2**62], [2, 192, 1], [2**63, 2**63], None, [2, 10**30])],
    *[(3, "u", ["data_type"], v) for v in (GONE, "float65", "floaty", 64, {"name": "float64"}, {"name": 7}, None, "r-8", "r99999999999")],
    *[(3, "u", ["chunk_grid"], v) for v in (GONE, {}, "regular", {"name": "irregular", "configuration": {}})],
    *[(3, "u", ["chunk_grid", "configuration", "chunk_shape"], v) for v in (GONE, [0, 0], [1], [1, -5], [1, 2**60], [2**40, 2**40], "x")],
    *[(3, "u", ["chunk_key_encoding"], v) for v in (GONE, {"name": "secret"}, {"name": "default", "configuration": {"separator": "!"}})],
    *[(3, "u", ["fill_value"], v) for v in (GONE, "zero", [0], {"a": 1}, "0xzz", True)],
    *[(3, "u", ["codecs"], v) for v in (GONE, [], {}, [{"name": "magic"}], [{}], "bytes", [{"name": "gzip", "configuration": {"level": 5}}], [{"name": "bytes"}, {"name": "bytes"}])],
    *[(3, "u", ["codecs", 0, "configuration", "endian"], v) for v in ("middle", 5)],
    (3, "u", ["codecs"], [{"name": "transpose", "configuration": {"order": [0, 0]}}, {"name": "bytes", "configuration": {"endian": "little"}}]),
    (3, "u", ["codecs"], [{"name": "transpose", "configuration": {"order": [7]}}, {"name": "bytes", "configuration": {"endian": "little"}}]),
    (3, "u", ["codecs"], [{"name": "sharding_indexed", "configuration": {"chunk_shape": [0, 0], "codecs": [{"name": "bytes"}], "index_codecs": []}}]),
    (3, "u", ["codecs"], [{"name": "sharding_indexed", "configuration": {"chunk_shape": [2, 100], "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}], "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]}}]),
    *[(3, "u", ["dimension_names"], v) for v in (["month"], ["cells", "cells"], "cells", [1, 2], ["month", "cells", "x"], [None, None])],
    *[(3, "u", ["attributes"], v) for v in ([], "x", 5)],
    *[(3, "root", ["node_type"], v) for v in (GONE, "array", 1)],
    *[(3, "root", ["zarr_format"], v) for v in (GONE, 2, "x")],
    *[(3, "root", ["attributes"], v) for v in ([], "text", None)],
    *[(3, "root", ["attributes", "dggs"], v) for v in ("healpix", [], {}, 5)],
    *[(3, "root", ["attributes", "dggs", "refinement_level"], v) for v in (GONE, "two", 99, -1, 2.5, True, [2], 1, 3)],
    *[(3, "root", ["attributes", "dggs", "name"], v) for v in (GONE, "nogrid", 7, "")],
    *[(3, "root", ["attributes", "dggs", "indexing_scheme"], v) for v in ("zigzag", 5)],
    *[(3, "root", ["attributes", "dggs", "ellipsoid"], v) for v in (5, {"name": "x"}, {"name": "x", "semi_major_axis": -1, "inverse_flattening": 298}, {"name": "x", "semi_major_axis": "big", "inverse_flattening": 298}, {"name": "x", "semi_major_axis": 6378137.0, "inverse_flattening": 0.5}, {"name": "x", "radius": 0})],
    *[(3, "root", ["attributes", "dggs", "coordinate"], v) for v in ("nothing", 5, "u", "../x", "month")],
    *[(3, "root", ["attributes", "dggs", "spatial_dimension"], v) for v in (GONE, "nowhere", 5, "month")],
    *[(3, "root", ["attributes", "dggs", "compression"], v) for v in ("zip", 5, "ranges", "compacted")],
    *[(3, "root", ["attributes", "zarr_conventions"], v) for v in ("x", [5], [None])],
    *[(3, "ids", ["shape"], v) for v in ([191], [193], [192, 2], [0], [])],
    *[(3, "ids", ["data_type"], v) for v in ("float32", "string", "bool", "complex64")],
    *[(2, "u", ["zarr_format"], v) for v in (GONE, 3, "2")],
    *[(2, "u", ["shape"], v) for v in (GONE, [2], [2, -1], "x", [2**62, 2**62], None)],
    *[(2, "u", ["chunks"], v) for v in (GONE, [0, 0], [1], [2**40, 2**40], "x")],
    *[(2, "u", ["dtype"], v) for v in (GONE, "<f9", "q", 5, [["a"]], [["a", "<f4"], ["a", "<f4"]], "|O", "<U-1", "<U99999999999", "<M8[parsec]")],
    *[(2, "u", ["compressor"], v) for v in ({"id": "magic"}, {}, "gzip", {"id": "blosc", "cname": "nope"}, {"id": "zstd", "level": "x"})],
    *[(2, "u", ["filters"], v) for v in ([{"id": "magic"}], "x", [5], [{"id": "delta", "dtype": "zz"}])],
    *[(2, "u", ["order"], v) for v in (GONE, "D", 7)],
    *[(2, "u", ["fill_value"], v) for v in ("zero", [1], {"x": 1})],
    (2, "u", ["dimension_separator"], "!"),
    *[(2, "u_attrs", ["_ARRAY_DIMENSIONS"], v) for v in (GONE, ["cells"], "cells", [5, 6], ["cells", "cells"])],
    *[(2, "attrs", ["grid_name"], v) for v in (GONE, "nogrid", 5)],
    *[(2, "attrs", ["level"], v) for v in (GONE, "two", 30, -1, 2.5, 1)],
    *[(2, "attrs", ["indexing_scheme"], v) for v in ("zigzag", 5)],
    *[(2, "attrs", ["ellipsoid"], v) for v in ("potato", 5, {"semimajor_axis": 0, "inverse_flattening": 1})],
    (2, "root", ["zarr_format"], 7),
]  # fmt: skip

# Where some of the values above are valid, and mean another store.
VALID_TOO = {
    "fill_value", "shape", "endian", "ellipsoid", "indexing_scheme", "data_type", "dtype", "chunk_shape", "chunks", "level", "refinement_level",
}  # fmt: skip

RAW = [
    b"", b"{", b"null", b"[]", b"5", b'"text"', b"{} {}", b"\xff\xfe\x00", b"\x00" * 64, b"{" * 20000, b"[" * 50000, b'{"a":' * 5000,
    b'{"zarr_format": 3, "node_type": "array"}', b'{"zarr_format": 1e999}', b'{"shape": [1, 2, 3', "{\"ü\": \"\ud800\"}".encode("utf-8", "surrogatepass"),
]  # fmt: skip


def sound_store(folder, zarr_format):
    """A cube of 192 zones; format 3 in zarr-conventions' dialect, format 2 in xdggs'."""
    path = str(folder / "sound.zarr")
    if zarr_format == 2:
        stores.healpix(path, 2, zarr_format=2)
    else:
        ids = np.arange(192, dtype="u8")
        arrays = {
            "cell_ids": stores.Array(ids, ["cells"]),
            "month": stores.Array(np.arange(2, dtype="i4"), ["month"]),
            "u": stores.Array(np.arange(384.0).reshape(2, 192), ["month", "cells"], chunks=(1, 100)),
        }
        stores.write(path, arrays, attrs=stores.zarr_dggs(2))
    return files_of(folder / "sound.zarr")


def changed(files, file, path, value):
    document = json.loads(files[file])
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    if value is GONE:
        inner.pop(path[-1], None)
    else:
        inner[path[-1]] = copy.deepcopy(value)
    return document


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_malformed_metadata_is_an_error_that_names_file_and_reason_or_harmless(zarr_format, tmp_path):
    files = sound_store(tmp_path, zarr_format)
    names = V2 if zarr_format == 2 else V3
    cases = [case for case in MALFORMED if case[0] == zarr_format]
    damages = [{"changes": []}]
    damages += [replace(names[file], changed(files, names[file], path, value)) for _, file, path, value in cases]
    sound, *outcomes = attack(files, damages, tmp_path)
    assert sound["opened"] and sound["messages"] == []
    assert all(a["digest"] for a in sound["arrays"].values())
    assert {"/u", "/cell_ids", "/month", "/lon", "/lat"} <= set(sound["arrays"])
    bad = []
    for (_, file, path, value), outcome in zip(cases, outcomes):
        # A value that is valid and merely another one makes other data, rightly.
        other = value is GONE or path[-1] in VALID_TOO
        complaint = verdict(sound, outcome, may_differ=other)
        if complaint:
            bad.append(f"{file} {path} = {'gone' if value is GONE else value!r}: {complaint}")
    assert not bad, summary(bad)


def test_there_are_enough_malformed_metadata_files():
    assert len(MALFORMED) >= 60


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_metadata_that_is_no_metadata_is_an_error_that_names_the_file(zarr_format, tmp_path):
    files = sound_store(tmp_path, zarr_format)
    names = [V2["u"], V2["attrs"], V2["ids"], V2["root"]] if zarr_format == 2 else list(V3.values())
    cases = [(name, content) for name in names for content in RAW]
    damages = [{"changes": []}] + [replace(name, content) for name, content in cases]
    sound, *outcomes = attack(files, damages, tmp_path)
    bad = []
    for (name, content), outcome in zip(cases, outcomes):
        # Attributes of `{}` kind are sound ones that say nothing.
        complaint = verdict(sound, outcome)
        if complaint and not (name.endswith(".zattrs") and content.startswith(b'{"') and "silently" in complaint):
            bad.append(f"{name} = {content[:30]!r}: {complaint}")
    assert not bad, summary(bad)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_missing_and_short_files_are_errors_or_fill_values(zarr_format, tmp_path):
    files = sound_store(tmp_path, zarr_format)
    chunks = [n for n in files if n.startswith(("u/", "cell_ids/")) and not n.rsplit("/", 1)[1].startswith(("z", ".z"))]
    damages = [{"changes": []}]
    for chunk in chunks:
        damages.append(replace(chunk, files[chunk][:-1]))
        damages.append(replace(chunk, files[chunk] + b"\0"))
        damages.append(replace(chunk, b""))
        damages.append(replace(chunk, b"\0" * 7))
    sound, *outcomes = attack(files, damages, tmp_path)
    for damage, outcome in zip(damages[1:], outcomes):
        complaint = verdict(sound, outcome)
        assert not complaint, (damage["changes"][0]["file"], complaint)
    metadata = [n for n in files if n not in chunks]
    sound, *outcomes = attack(files, [{"changes": []}] + [{"changes": [{"file": n, "how": "delete"}]} for n in metadata], tmp_path)
    for name, outcome in zip(metadata, outcomes):
        assert outcome["opened"] or outcome["messages"], name


# Flipped bytes

CHECKED = {2: ["v2_codec_zlib", "v2_codec_gzip", "v2_codec_bz2", "v2_codec_lzma", "v2_filter_fletcher32"], 3: ["v3_codec_crc32c", "v3_codec_zstd_checksum", "v3_codec_zstd_crc32c", "v3_codec_gzip"]}
UNCHECKED = {2: ["v2_codec_lz4", "v2_codec_zstd", "v2_codec_blosc_lz4_shuffle", "v2_filter_delta", "v2_text_vlen", "v2_text_U", "v2_codec_blosc_zstd_bitshuffle"], 3: ["v3_shard", "v3_shard_start", "v3_text_vlen", "v3_codec_zstd", "v3_codec_blosc_lz4_shuffle", "v3_transpose"]}
FLIPS = 500


@pytest.mark.parametrize("part", range(5))
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_flipped_byte_is_an_error_that_names_the_file_or_correct_data(zarr_format, part, fixture_folder, tmp_path):
    """500 flips in all: half in data that carry a checksum, the rest in other data and in metadata."""
    keep = ["cell_ids", *CHECKED[zarr_format], *UNCHECKED[zarr_format]]
    files = files_of(fixture_folder / f"table_v{zarr_format}.zarr", keep)
    rng = np.random.default_rng(1000 * zarr_format + part)
    metadata = [n for n in files if n.rsplit("/", 1)[-1].startswith((".z", "zarr.json"))]
    checked = [n for n in files if n.split("/")[0] in CHECKED[zarr_format] and n not in metadata]
    unchecked = [n for n in files if n.split("/")[0] not in CHECKED[zarr_format] and n not in metadata]
    damages, kinds = [{"changes": []}], []
    for i in range(FLIPS // 10):
        kind, among = (("checked", checked), ("unchecked", unchecked), ("checked", checked), ("metadata", metadata))[i % 4]
        name = among[rng.integers(len(among))]
        change = {"file": name, "how": "flip", "at": int(rng.integers(len(files[name]))), "xor": int(rng.integers(1, 256))}
        damages.append({"changes": [change]})
        kinds.append((kind, change))
    sound, *outcomes = attack(files, damages, tmp_path)
    assert sound["messages"] == [] and all(a["digest"] for a in sound["arrays"].values()), sound["messages"]
    bad = []
    for (kind, change), outcome in zip(kinds, outcomes):
        may_differ = kind == "unchecked"
        if kind == "metadata":
            # A flip that leaves JSON is another, sound store: its values may be others, and arrays may be gone.
            data = bytearray(files[change["file"]])
            data[change["at"]] ^= change["xor"]
            try:
                json.loads(bytes(data).decode())
                continue
            except ValueError:
                pass
        complaint = verdict(sound, outcome, may_differ)
        if complaint:
            bad.append(f"{kind} {change}: {complaint}")
    assert not bad, summary(bad)


# Greed


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_decompression_bomb_is_an_error_and_not_a_gibibyte(zarr_format, tmp_path):
    """Chunks that unpack to far more than the metadata say."""
    files = sound_store(tmp_path, zarr_format)
    bomb = zlib.compress(b"\0" * (1 << 28), 9)
    import gzip

    packed = gzip.compress(b"\0" * (1 << 28), 9)
    if zarr_format == 2:
        document = json.loads(files["u/.zarray"])
        document["compressor"] = {"id": "zlib", "level": 1}
        changes = replace("u/.zarray", document)["changes"] + replace("u/0.0", bomb)["changes"]
    else:
        document = json.loads(files["u/zarr.json"])
        document["codecs"].append({"name": "gzip", "configuration": {"level": 1}})
        changes = replace("u/zarr.json", document)["changes"] + replace("u/c/0/0", packed)["changes"]
    sound, outcome = attack(files, [{"changes": []}, {"changes": changes}], tmp_path)
    assert outcome["arrays"]["/u"]["digest"] is None
    assert not verdict(sound, outcome)


# Options that do not fit the store


def test_ids_that_are_no_zones_are_an_error_that_gives_the_id():
    stores.healpix("/vsimem/cube.zarr", 2, np.array([1, 2, 192, 3], "u8"))
    with messages() as seen:
        opened = gdal.OpenEx(forced("/vsimem/cube.zarr"), gdal.OF_MULTIDIM_RASTER, open_options=["BBOX=0,0,90,90"])
        if opened is not None:
            opened.GetRootGroup().OpenMDArray("lon").Read()
    assert any("192" in text for text in failures(seen)), seen


# Processes and threads


def test_a_forked_child_reads_after_its_parent_has_read(fixture_folder):
    code = f"""
import os, signal, sys
from osgeo import gdal
gdal.UseExceptions()
group = gdal.OpenEx({forced(fixture_folder / "deep.zarr")!r}, gdal.OF_MULTIDIM_RASTER).GetRootGroup()
arrays = [group.OpenMDArray(n) for n in ("plain", "shards", "lon")]
before = [bytes(a.Read()) for a in arrays]
child = os.fork()
if child == 0:
    signal.alarm(60)
    again = [bytes(a.Read()) for a in arrays]
    fresh = gdal.OpenEx({forced(fixture_folder / "deep.zarr")!r}, gdal.OF_MULTIDIM_RASTER).GetRootGroup().OpenMDArray("shards")
    os._exit(0 if again == before and bytes(fresh.Read()) == before[1] else 3)
_, status = os.waitpid(child, 0)
assert [bytes(a.Read()) for a in arrays] == before
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 100 + os.WTERMSIG(status))
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_eight_threads_read_one_array(fixture_folder):
    group = root(fixture_folder / "deep.zarr")
    expected = np.load(fixture_folder / "deep.npy")
    arrays = {name: array(group, name) for name in ("plain", "shards", "transposed")}
    wrong = []

    def work(seed):
        rng = np.random.default_rng(seed)
        for _ in range(40):
            start = [int(rng.integers(n)) for n in expected.shape]
            count = [int(rng.integers(1, n - s + 1)) for n, s in zip(expected.shape, start)]
            window = tuple(slice(s, s + c) for s, c in zip(start, count))
            for name, mdarray in arrays.items():
                got = mdarray.ReadAsArray(start, count)
                if not np.array_equal(got, expected[window]):
                    wrong.append((name, start, count))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(t.is_alive() for t in threads)
    assert wrong == []


@pytest.mark.parametrize("threads", ["1", "2", "ALL_CPUS", "8"])
def test_any_number_of_threads_reads_the_same(threads, fixture_folder):
    code = f"""
from osgeo import gdal
gdal.UseExceptions()
gdal.SetConfigOption("GDAL_NUM_THREADS", {threads!r})
group = gdal.OpenEx({forced(fixture_folder / "deep.zarr")!r}, gdal.OF_MULTIDIM_RASTER).GetRootGroup()
import hashlib
print(hashlib.sha256(bytes(group.OpenMDArray("shards").Read())).hexdigest())
"""
    import hashlib

    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
    expected = hashlib.sha256(np.load(fixture_folder / "deep.npy").tobytes()).hexdigest()
    assert (done.stderr, done.stdout.strip()) == ("", expected)
