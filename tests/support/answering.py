"""An HTTP server in the place of AWS that answers, or fails to, as a test says."""

from __future__ import annotations

import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from dci_common.aws.transport import Endpoint

GOOD = b'{"Item": {}}'


def written(status: int, body: bytes, *headers: str) -> bytes:
    """Write a response."""
    lines = [f"HTTP/1.1 {status} .", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


ANSWERS = {
    "good": written(200, GOOD, f"x-amz-crc32: {zlib.crc32(GOOD)}"),
    "last": written(200, GOOD),  # and then the connection is closed
    "damaged": written(200, GOOD, f"x-amz-crc32: {zlib.crc32(GOOD) + 1}"),
    "cut": written(200, GOOD)[:-1],
    "dropped": b"",
    "silent": b"",
    "garbage": b"what?\r\n\r\n",
    "html": written(503, b"<html>busy</html>"),
    "throttled": written(400, b'{"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException"}'),
    "denied": written(400, b'{"__type": "AccessDeniedException", "Message": "no"}'),
    "empty": written(200, b"[]"),
}
STAYING = {"good", "damaged", "html", "throttled", "denied", "empty"}


class Server(ThreadingHTTPServer):
    """Answers each request by the next of `answers`, and the last one again and again; `seen` is what came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[str] = ["good"]
        self.seen: list[tuple[int, dict[str, str], bytes]] = []  # the client's port, headers, body
        self.held = threading.Event()

    def endpoint(self) -> Endpoint:
        """Return the endpoint that this is."""
        return Endpoint("dynamodb", f"http://127.0.0.1:{self.server_port}", "eu-west-1")


class Handler(BaseHTTPRequestHandler):
    """Does as the server's list says."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.client_address[1], dict(self.headers), body))
        answers = self.server.answers
        name = answers.pop(0) if len(answers) > 1 else answers[0]
        if name == "silent":
            self.server.held.wait(30)
        self.wfile.write(ANSWERS[name])
        self.close_connection = name not in STAYING

    def log_message(self, *_: object) -> None:
        """Say nothing."""
