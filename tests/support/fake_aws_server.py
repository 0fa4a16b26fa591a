"""An HTTP server in place of AWS that answers or fails as a test configures it."""

from __future__ import annotations

import threading
import zlib
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from dci_common.aws.transport import MAX_RESPONSE_BYTES, Endpoint

GOOD = b'{"Item": {}}'
REQUEST_ID = "4BM5JQ0L6TPCHNVU"


def http_response(status: int, body: bytes, *headers: str) -> bytes:
    """Write a response."""
    lines = [f"HTTP/1.1 {status} .", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


ANSWERS = {
    "good": http_response(200, GOOD, f"x-amz-crc32: {zlib.crc32(GOOD)}"),
    "last": http_response(200, GOOD),  # and then the connection is closed
    "damaged": http_response(200, GOOD, f"x-amz-crc32: {zlib.crc32(GOOD) + 1}"),
    "cut": http_response(200, GOOD)[:-1],
    "dropped": b"",
    "silent": b"",
    "garbage": b"what?\r\n\r\n",
    "html": http_response(503, b"<html>busy</html>"),
    "throttled": http_response(400, b'{"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException"}'),
    "denied": http_response(
        400, b'{"__type": "AccessDeniedException", "Message": "no"}', f"x-amzn-RequestId: {REQUEST_ID}"
    ),
    "empty": http_response(200, b"[]"),
    "endless": b"HTTP/1.1 200 .\r\nTransfer-Encoding: chunked\r\n\r\n",
    "huge": f"HTTP/1.1 200 .\r\nContent-Length: {MAX_RESPONSE_BYTES + 1}\r\n\r\n".encode(),
    "dripping": b"HTTP/1.1 200 .\r\nTransfer-Encoding: chunked\r\n\r\n",
}
STAYING = {"good", "damaged", "html", "throttled", "denied", "empty"}


class Server(ThreadingHTTPServer):
    """Answers each request with the next of `answers`, and repeats the last one; `seen` are the requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[str] = ["good"]
        self.seen: list[tuple[int, dict[str, str], bytes]] = []  # the client's port, the headers, the body
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
        with suppress(BrokenPipeError, ConnectionResetError):  # the client may have closed the connection
            self.wfile.write(ANSWERS[name])
            self._go_on(name)
        self.close_connection = name not in STAYING

    def _go_on(self, name: str) -> None:
        while name == "endless":
            self.wfile.write(b"100000\r\n" + b"x" * 0x100000 + b"\r\n")
        while name == "dripping":
            self.wfile.write(b"1\r\nx\r\n")
            self.server.held.wait(0.02)

    def log_message(self, *_: object) -> None:
        """Log nothing."""
