"""Opens damaged stores in a process of its own: attack.py JOB.json RESULT.jsonl

The job holds files of a sound store and a list of damages, each a list of changes to its files. Every damaged store is
made in /vsimem/victim.zarr, opened, listed and read; what came of it is one line of RESULT. The last line is the
process's peak memory. Nothing is written to stdout or stderr.
"""

import base64
import hashlib
import json
import resource
import sys

from osgeo import gdal

VICTIM = "/vsimem/victim.zarr"
LIMIT = 60  # positions read along an axis


def clear():
    for entry in sorted(gdal.ReadDirRecursive("/vsimem/") or [], key=len, reverse=True):
        if entry.endswith("/"):
            gdal.Rmdir("/vsimem/" + entry.rstrip("/"))
        else:
            gdal.Unlink("/vsimem/" + entry)


def place(files):
    for name, data in files.items():
        path = f"{VICTIM}/{name}"
        gdal.MkdirRecursive(path.rsplit("/", 1)[0], 0o755)
        gdal.FileFromMemBuffer(path, data)


def digest(mdarray):
    counts = [min(d.GetSize(), LIMIT) for d in mdarray.GetDimensions()]
    got = mdarray.Read([0] * len(counts), counts) if counts else mdarray.Read()
    if got is None:
        return None
    data = bytes(got) if not isinstance(got, (list, str)) else repr(got).encode()
    return hashlib.sha256(repr(counts).encode() + data).hexdigest()


def exercise(options):
    messages = []
    gdal.PushErrorHandler(lambda kind, _, text: messages.append([kind, text]) if kind >= gdal.CE_Warning else None)
    arrays, opened = {}, False
    try:
        dataset = gdal.OpenEx(f'DGGS:"{VICTIM}"', gdal.OF_MULTIDIM_RASTER, open_options=options)
        opened = dataset is not None
        if opened:
            pending = [dataset.GetRootGroup()]
            while pending:
                group = pending.pop()
                for attribute in group.GetAttributes() or []:
                    attribute.Read()
                group.GetStructuralInfo()
                for name in group.GetGroupNames() or []:
                    below = group.OpenGroup(name)
                    if below is not None:
                        pending.append(below)
                for name in group.GetMDArrayNames() or []:
                    before = len(messages)
                    mdarray = group.OpenMDArray(name)
                    value = None
                    if mdarray is not None:
                        for attribute in mdarray.GetAttributes() or []:
                            attribute.Read()
                        mdarray.GetStructuralInfo()
                        mdarray.GetSpatialRef()
                        mdarray.GetCoordinateVariables()
                        value = digest(mdarray)
                    arrays[f"{group.GetFullName().rstrip('/')}/{name}"] = {"digest": value, "messages": messages[before:]}
    finally:
        gdal.PopErrorHandler()
    return {"opened": opened, "arrays": arrays, "messages": messages}


def main(job_path, result_path):
    gdal.DontUseExceptions()
    with open(job_path) as file:
        job = json.load(file)
    files = {name: base64.b64decode(text) for name, text in job["files"].items()}
    with open(result_path, "w") as result:
        for damage in job["damages"]:
            damaged = dict(files)
            for change in damage["changes"]:
                name = change["file"]
                if change["how"] == "delete":
                    damaged.pop(name, None)
                elif change["how"] == "replace":
                    damaged[name] = base64.b64decode(change["with"])
                else:
                    data = bytearray(damaged[name])
                    data[change["at"]] ^= change["xor"]
                    damaged[name] = bytes(data)
            place(damaged)
            print(json.dumps(exercise(damage.get("options", []))), file=result, flush=True)
            clear()
        print(json.dumps({"peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}), file=result, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
