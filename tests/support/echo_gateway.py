"""A local gateway whose handlers answer with the event that they got."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any

from dci_cli.local.gateway import Routes
from dci_cli.local.server import REQUEST_SECONDS, GatewayServer
from dci_common.runtime import Event, LambdaHandler

HANGING_UP = "Connection: close\r\n\r\n"


def echo(name: str) -> LambdaHandler:
    """Make a handler that answers with its name and its event."""

    def handler(event: Event, _context: Any) -> dict[str, Any]:
        body = json.dumps({"handler": name, "event": event})
        return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": body}

    return handler


def empty(_event: Event, _context: Any) -> dict[str, Any]:
    """Answer that there is nothing to say."""
    return {"statusCode": 204, "headers": {"X-Note": "nothing"}, "body": ""}


def binary(_event: Event, _context: Any) -> dict[str, Any]:
    """Answer with bytes that are no text."""
    body = base64.b64encode(bytes(range(256))).decode()
    return {"statusCode": 200, "headers": {"Content-Type": "image/png"}, "body": body, "isBase64Encoded": True}


def broken(_event: Event, _context: Any) -> dict[str, Any]:
    """Fail, as no handler should."""
    raise RuntimeError("what only the developer may read")


ROUTES = {
    "$default": echo("default"),
    "/clients/{client_id}": echo("client"),
    "/clients/mine": echo("mine"),
    "/clients": echo("clients"),
    "/clients/{client_id}/disable": echo("disable"),
    "/v1.0/{a}/of/{b}": echo("two"),
    "/files/{path+}": echo("files"),
    "/files/{name}": echo("file"),
    "/empty": empty,
    "/binary": binary,
    "/broken": broken,
}


@contextmanager
def echoing(request_seconds: float = REQUEST_SECONDS) -> Iterator[GatewayServer]:
    """Run a gateway with the routes above."""
    with GatewayServer(0, Routes(ROUTES), request_seconds) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield server
        server.shutdown()
        serving.join()


def raw(server: GatewayServer, request: str | bytes) -> bytes:
    """Send bytes, then nothing more, and return all that is answered."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as client:
        client.sendall(request.encode("latin-1") if isinstance(request, str) else request)
        client.shutdown(socket.SHUT_WR)
        return client.makefile("rb").read()


def ask(connection: HTTPConnection, path: str, body: bytes = b"", content_type: str = "") -> Any:
    """Send a request, and return the handler's name and event as the handler saw them."""
    headers = {"Content-Type": content_type} if content_type else {}
    connection.request("POST" if body else "GET", path, body or None, headers)
    return json.loads(connection.getresponse().read())
