"""A small HTTP server on loopback that knows byte ranges, keeps a log of requests and can be told to fail."""

import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self):
        self.serve()

    def do_GET(self):
        self.serve()

    def serve(self):
        server = self.server
        path = self.path.split("?")[0].lstrip("/")
        with server.lock:
            server.requests.append((self.command, path, self.headers.get("Range")))
        if server.fails(path):
            self.answer(500, b"out of order")
            return
        file = server.folder / path
        if not file.is_file():
            self.answer(404, b"no such file")
            return
        data = file.read_bytes()
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range") or "")
        if not asked:
            if self.command == "HEAD":
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.send_header("Accept-Ranges", "bytes")
                self.end_headers()
            else:
                self.answer(200, data, [("Accept-Ranges", "bytes")])
            return
        first, last = asked.groups()
        if first == "":
            first, last = max(0, len(data) - int(last)), len(data) - 1
        else:
            first, last = int(first), min(int(last or len(data) - 1), len(data) - 1)
        if first >= len(data):
            self.answer(416)
            return
        self.answer(206, data[first : last + 1], [("Content-Range", f"bytes {first}-{last}/{len(data)}")])


class Loopback(ThreadingHTTPServer):
    """A server on a free port of this machine, with a log of its requests."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.lock, self.requests = threading.Lock(), []

    def taken(self):
        """The requests since the last call."""
        with self.lock:
            requests, self.requests = self.requests, []
        return requests


class Server(Loopback):
    def __init__(self, folder):
        super().__init__(Handler)
        self.folder = Path(folder)
        self.fails = lambda path: False

    def url(self, path):
        return f"/vsicurl/http://127.0.0.1:{self.server_port}/{path}"


@contextmanager
def running(server):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def serving(folder):
    return running(Server(folder))
