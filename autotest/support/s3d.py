"""A small server on loopback that speaks enough of S3 for /vsis3/, in memory; it can be told to fail.

    with s3d.serving() as server:
        with server.configured():            # AWS_* options of this process
            gdal.VSIFOpenL("/vsis3/bucket/key", "rb")
"""

import re
from contextlib import contextmanager
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from osgeo import gdal

from support import httpd


class Handler(httpd.Handler):
    """Objects by bucket/key: GET, HEAD, PUT, DELETE, and listing with prefix and delimiter."""

    def do_PUT(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.s3(body)

    def do_DELETE(self):
        self.s3()

    def do_POST(self):
        self.s3(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def serve(self):
        self.s3()

    def s3(self, body=b""):
        server = self.server
        url = urlsplit(self.path)
        key, query = unquote(url.path).lstrip("/"), parse_qs(url.query, keep_blank_values=True)
        with server.lock:
            server.requests.append((self.command, key))
            if server.fails(self.command, key):
                return self.answer(500, b"<Error><Code>InternalError</Code><Message>out of order</Message></Error>")
            if self.command == "PUT" and "uploadId" not in query:
                server.objects[key] = body
                return self.answer(200, headers=[("ETag", '"1"')])
            if self.command == "DELETE":
                server.objects.pop(key, None)
                return self.answer(204)
            if self.command == "POST" and "delete" in query:
                bucket = key.split("/")[0]
                for name in re.findall(r"<Key>(.*?)</Key>", body.decode()):
                    server.objects.pop(f"{bucket}/{name}", None)
                return self.answer(200, b"<DeleteResult></DeleteResult>")
            if self.command in ("GET", "HEAD") and ("/" not in key.rstrip("/") or "prefix" in query):
                return self.answer(200, server.listing(key.rstrip("/"), query), [("Content-Type", "application/xml")])
            data = server.objects.get(key)
        if data is None:
            return self.answer(404, b"<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>")
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if self.command == "HEAD":
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
        elif asked:
            first = int(asked[1])
            last = min(int(asked[2] or len(data) - 1), len(data) - 1)
            if first >= len(data):
                return self.answer(416)
            self.answer(206, data[first : last + 1], [("Content-Range", f"bytes {first}-{last}/{len(data)}")])
        else:
            self.answer(200, data)
        return None


class Server(httpd.Loopback):
    def __init__(self):
        super().__init__(Handler)
        self.objects = {}
        self.fails = lambda command, key: False

    def listing(self, bucket, query):
        prefix, delimiter = query.get("prefix", [""])[0], query.get("delimiter", [""])[0]
        keys, folders = [], set()
        for name in sorted(self.objects):
            if not name.startswith(f"{bucket}/{prefix}"):
                continue
            below = name[len(bucket) + 1 + len(prefix) :]
            if delimiter and delimiter in below:
                folders.add(prefix + below.split(delimiter)[0] + delimiter)
            else:
                keys.append((prefix + below, len(self.objects[name])))
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><Size>{size}</Size></Contents>"
            for key, size in keys
        )
        prefixes = "".join(f"<CommonPrefixes><Prefix>{escape(folder)}</Prefix></CommonPrefixes>" for folder in sorted(folders))
        head = f"<Name>{bucket}</Name><Prefix>{escape(prefix)}</Prefix><IsTruncated>false</IsTruncated>"
        return f'<?xml version="1.0"?><ListBucketResult>{head}{contents}{prefixes}</ListBucketResult>'.encode()

    def options(self):
        """The configuration options, or the environment, of a process that is to use it."""
        return {
            "AWS_S3_ENDPOINT": f"127.0.0.1:{self.server_port}",
            "AWS_HTTPS": "NO",
            "AWS_VIRTUAL_HOSTING": "FALSE",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
        }

    @contextmanager
    def configured(self):
        options = self.options()
        before = {name: gdal.GetConfigOption(name) for name in options}
        for name, value in options.items():
            gdal.SetConfigOption(name, value)
        gdal.VSICurlClearCache()
        try:
            yield
        finally:
            for name, value in before.items():
                gdal.SetConfigOption(name, value)
            gdal.VSICurlClearCache()


def serving():
    return httpd.running(Server())
