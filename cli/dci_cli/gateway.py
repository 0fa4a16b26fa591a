"""API Gateway on a laptop: HTTP requests become HTTP API events (payload 2.0) for the real handlers.

As API Gateway does it: header names in lower case, repeated headers joined by a comma, a body that is not text or
JSON in base64 (form bodies too), `routeKey` and `pathParameters` from the matching route.
"""

from __future__ import annotations

import base64
import re
import sys
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from dci_common.runtime import LambdaHandler

MAX_BODY_BYTES = 10 * 1024 * 1024  # API Gateway's own limit
_TEXT = re.compile(r"text/.*|application/(json|javascript|xml|.*\+json|.*\+xml)")


class Routes:
    """The routes of the deployment template: path templates such as `/clients/{client_id}`, and `$default`."""

    def __init__(self, handlers: Mapping[str, LambdaHandler]) -> None:
        self._handlers = handlers
        # Literal paths win over those with parameters.
        paths = sorted((path for path in handlers if path != "$default"), key=lambda path: path.count("{"))
        self._patterns = [
            (path, re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path)))) for path in paths
        ]

    def find(self, path: str) -> tuple[str, dict[str, str], LambdaHandler]:
        """Return the route's path template, the path parameters, and the handler."""
        for template, pattern in self._patterns:
            if match := pattern.fullmatch(path):
                return (
                    template,
                    {name: unquote(value) for name, value in match.groupdict().items()},
                    self._handlers[template],
                )
        return "$default", {}, self._handlers["$default"]


class GatewayServer(ThreadingHTTPServer):
    """The local API: bound at once, so that a taken port is told early (OSError); serves after `routes` is set."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 512

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.routes = Routes({})

    @property
    def base_url(self) -> str:
        """Where the API answers."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30  # seconds that a silent client may keep a thread
    server: GatewayServer

    def _answer(self) -> None:
        started = time.perf_counter()
        body = self._body()
        if body is None:
            return
        parts = urlsplit(self.path)
        template, parameters, handler = self.server.routes.find(parts.path)
        event = _event(self, template, parameters, parts.path, parts.query, body)
        response = handler(event, None)
        self._send(response["statusCode"], response["headers"], response["body"].encode())
        milliseconds = (time.perf_counter() - started) * 1000
        print(f"{self.command} {template} {response['statusCode']} {milliseconds:.0f} ms", file=sys.stderr)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _answer  # noqa: N815 - http.server's names

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdigit()):
            self._refuse(411, "Length Required")
            return None
        if len(length) > len(str(MAX_BODY_BYTES)) or int(length) > MAX_BODY_BYTES:
            self._refuse(413, "Request Entity Too Large")
            return None
        return self.rfile.read(int(length))

    def _refuse(self, status: int, message: str) -> None:
        self.close_connection = True
        self._send(status, {"Content-Type": "application/json"}, f'{{"message":"{message}"}}'.encode())

    def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
        """Stay silent: `_answer` writes the line of a request, which names its route and nothing that was sent."""


def _event(
    http: BaseHTTPRequestHandler, template: str, parameters: dict[str, str], path: str, query: str, body: bytes
) -> dict[str, Any]:
    content_type = http.headers.get("Content-Type", "").split(";")[0].strip().lower()
    is_text = bool(_TEXT.fullmatch(content_type)) and _is_utf8(body)
    now = datetime.now(UTC)
    route_key = "$default" if template == "$default" else f"ANY {template}"
    return {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "rawQueryString": query,
        "headers": {name.lower(): ",".join(http.headers.get_all(name, [])) for name in http.headers},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": "localhost",
            "http": {
                "method": http.command,
                "path": path,
                "protocol": http.request_version,
                "sourceIp": http.client_address[0],
                "userAgent": http.headers.get("User-Agent", ""),
            },
            "requestId": uuid.uuid4().hex,
            "routeKey": route_key,
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now.timestamp() * 1000),
        },
        **({"pathParameters": parameters} if parameters else {}),
        **({"body": body.decode() if is_text else base64.b64encode(body).decode()} if body else {}),
        "isBase64Encoded": bool(body) and not is_text,
    }


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
