"""A DynamoDB that takes every write, has nothing, and keeps nothing: in a process of its own, over HTTP.

It stands in for an empty table, so that an import's CPU time is the importer's alone, with its real transport.
"""

from __future__ import annotations

import json
import socketserver
import subprocess
import sys
import urllib.request
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

_ANSWERS = {b"Scan": b'{"Items":[],"Count":0,"ScannedCount":0}', b"BatchWriteItem": b'{"UnprocessedItems":{}}'}
_COUNT = b"Count"  # no operation of DynamoDB: how many items were put
_PUT = b'"PutRequest"'


@contextmanager
def running_sink() -> Iterator[str]:
    """Run an empty table, and yield its address."""
    with subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE) as process:  # noqa: S603
        assert process.stdout  # noqa: S101 - it is a pipe
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def items_put(address: str) -> int:
    """Return how many items were put so far."""
    asked = urllib.request.Request(address, b"{}", {"X-Amz-Target": _COUNT.decode()})  # noqa: S310
    with urllib.request.urlopen(asked) as answer:  # noqa: S310 - an address of `running_sink`
        return int(json.load(answer))


class _Sink(socketserver.StreamRequestHandler):
    """Responds to the requests of one connection."""

    disable_nagle_algorithm = True
    put = 0

    def handle(self) -> None:
        while self.rfile.readline():
            headers = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(b":") for line in iter(self.rfile.readline, b"\r\n"))
            }
            body = self.rfile.read(int(headers[b"content-length"]))
            answer = self._answer(headers[b"x-amz-target"].rpartition(b".")[2], body)
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(answer)}\r\nx-amz-crc32: {zlib.crc32(answer)}\r\n"
            self.wfile.write(f"{head}Content-Type: application/x-amz-json-1.0\r\n\r\n".encode() + answer)

    def _answer(self, operation: bytes, body: bytes) -> bytes:
        if operation == _COUNT:
            return str(_Sink.put).encode()
        _Sink.put += body.count(_PUT)
        return _ANSWERS.get(operation, b"{}")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64


if __name__ == "__main__":
    with _Server(("127.0.0.1", 0), _Sink) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()
