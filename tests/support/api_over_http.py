"""The API of a test behind the local HTTP server, in this process: the same handlers, clock and engine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dci_cli.local.gateway import Routes
from dci_cli.local.server import GatewayServer
from support.deployment import routes

if TYPE_CHECKING:
    from support.api import Api
    from support.events import Event


@contextmanager
def api_over_http(api: Api, port: int = 0) -> Iterator[str]:
    """Serve it on a port, 0 for a free one, and yield its base URL."""

    def handle(event: Event, _context: object) -> dict[str, Any]:
        reply = api.send(event)
        sent = {"body": reply.text, "isBase64Encoded": reply.is_base64}
        return {"statusCode": reply.status, "headers": reply.headers, **sent}

    server = GatewayServer(port, Routes(dict.fromkeys(routes(), handle)))
    server.logs_requests = False  # commands print to the same streams
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.base_url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
