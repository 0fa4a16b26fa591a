"""The HTTP server of the local API: HTTP/1.1 with persistent connections, and a thread for each."""

from __future__ import annotations

import base64
import math
import re
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from dci_cli.local.access_log import log_line
from dci_cli.local.gateway import Routes, event_of

MAX_BODY_BYTES = 10 * 1024 * 1024  # API Gateway's own limit
REQUEST_SECONDS = 30  # that a request may take to arrive; API Gateway has the same limit
MAX_CONNECTIONS = 1000
_JSON = {"Content-Type": "application/json"}
_OWN_NAMES = {"127.0.0.1", "localhost", "[::1]"}
_PORT = re.compile(r":\d*$")


class GatewayServer(ThreadingHTTPServer):
    """The local API. The constructor binds the port, and raises OSError when it is in use."""

    daemon_threads = False  # so that closing waits for the requests in progress
    request_queue_size = 512
    max_body_bytes = MAX_BODY_BYTES
    logs_requests = True

    def __init__(self, port: int, routes: Routes, request_seconds: float = REQUEST_SECONDS) -> None:
        self.routes = routes
        self._request_seconds = request_seconds
        self._connections: dict[socket.socket, float] = {}  # with the time by which the request must have arrived
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def base_url(self) -> str:
        """The URL of the API."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection."""
        connection, address = super().get_request()
        self.expect(connection)
        return connection, address

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ANN401, ARG002 - socketserver's
        """Return whether there is a thread for one more connection."""
        return len(self._connections) <= MAX_CONNECTIONS

    def expect(self, connection: socket.socket) -> None:
        """Expect the next request of a connection, which must have arrived in time."""
        self._connections[connection] = time.monotonic() + self._request_seconds

    def arrived(self, connection: socket.socket) -> None:
        """Note that a request has arrived: responding has other limits."""
        self._connections[connection] = math.inf

    def service_actions(self) -> None:
        """Close connections whose request does not arrive in time, however many bytes of it come."""
        now = time.monotonic()
        for connection, deadline in list(self._connections.items()):
            if deadline < now:
                with suppress(OSError):  # it may be closed already
                    connection.shutdown(socket.SHUT_RDWR)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - socketserver's signature
        """Close a connection."""
        self._connections.pop(request, None)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Complete the requests in progress, and accept no more: idle connections get the end of the stream."""
        for connection in list(self._connections):
            with suppress(OSError):  # it may be closed already
                connection.shutdown(socket.SHUT_RD)
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's signature
        """Print the traceback of an error, unless the client has closed the connection."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a body must not wait for the acknowledgement of its headers
    default_request_version = "HTTP/1.1"  # a malformed request line gets a status line too
    timeout = REQUEST_SECONDS  # for each read and write
    server: GatewayServer

    def _answer(self) -> None:
        started = time.perf_counter()
        if not self._is_sound():
            return
        body = self._body()
        if body is None:
            return
        self.server.arrived(self.connection)
        match = self.server.routes.find(self.path.partition("?")[0])
        event = event_of(self, match, body)
        try:
            response = match.handler(event, None)
        except Exception:
            self._send(500, _JSON, b'{"message":"Internal Server Error"}')
            raise
        if self.server.logs_requests:
            sys.stderr.write(log_line(event, response, match.template, time.perf_counter() - started))
        sent = response["body"].encode()
        self._send(
            response["statusCode"],
            response["headers"],
            base64.b64decode(sent) if response.get("isBase64Encoded") else sent,
        )
        self.server.expect(self.connection)

    # http.server's names
    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_TRACE = _answer  # noqa: N815

    def _is_sound(self) -> bool:
        """Return whether the headers have one meaning, and the request is meant for this machine; else reject it.

        Two lengths, folded headers and a space before the colon are read in different ways by different servers
        (RFC 9112 §5, §11.2). A foreign Host is a web page whose name leads here.
        """
        lines = self.headers.items()
        hosts = self.headers.get_all("Host", [])
        if (
            self.headers.defects
            or any("\r" in value or "\n" in value for _, value in lines)
            or max(len(hosts), len(self.headers.get_all("Content-Length", []))) > 1
        ):
            self.send_error(HTTPStatus.BAD_REQUEST)
        elif not all(_PORT.sub("", host).lower() in _OWN_NAMES for host in hosts):
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
        else:
            return True
        return False

    def _body(self) -> bytes | None:
        """Return the body; None when the request was rejected."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdigit()):
            self.send_error(HTTPStatus.LENGTH_REQUIRED)
        elif len(length) > len(str(self.server.max_body_bytes)) or int(length) > self.server.max_body_bytes:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        elif len(body := self.rfile.read(int(length))) < int(length):
            self.send_error(HTTPStatus.BAD_REQUEST)
        else:
            return body
        return None

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Reject a request that does not become an event, as API Gateway does, and close the connection.

        http.server's own messages contain the request, and report an unknown method or version as a server error.
        """
        status = HTTPStatus(code if code < HTTPStatus.INTERNAL_SERVER_ERROR else HTTPStatus.BAD_REQUEST)
        self._send(status, {**_JSON, "Connection": "close"}, f'{{"message":"{status.phrase}"}}'.encode())
        # Closing with unread data would reset the connection, and the response could be lost.
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            for _ in range(self.server.max_body_bytes // 1024):
                if not self.rfile.read1(64 * 1024):
                    break

    def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status not in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
        """Write nothing: `_answer` writes a line for each request, with its route and none of its content."""
