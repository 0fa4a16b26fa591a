"""The endpoints that return clients, their secrets and their log."""

from __future__ import annotations

from dci_clients.requests import (
    CLIENT_POSITION,
    LOG_POSITION,
    client_id,
    etag,
    invalid_next,
    next_page,
    read_page,
    read_status,
)
from dci_common.clients.items import log_key
from dci_common.clients.model import is_client_id
from dci_common.clients.store import ClientStore
from dci_common.clients.views import client_view, secret_view
from dci_common.edge.http import Request, Response
from dci_common.runtime import Runtime


class ReadEndpoints:
    """Endpoints that read."""

    def __init__(self, runtime: Runtime) -> None:
        self._clients = ClientStore(runtime)

    def clients(self, request: Request) -> Response:
        """Return a page of clients."""
        limit, position = read_page(request.query, CLIENT_POSITION)
        clients, following = self._clients.page(limit, position, read_status(request.query))
        return Response.of(200, {"clients": list(map(client_view, clients)), **next_page(following)})

    def client(self, request: Request) -> Response:
        """Return a client."""
        client = self._clients.get(client_id(request))
        return Response.of(200, client_view(client), etag(client))

    def secrets(self, request: Request) -> Response:
        """Return what is stored of a client's secrets."""
        owner = self._clients.get(client_id(request)).client_id
        used = self._clients.last_used(owner)
        live = self._clients.live_secrets(owner)
        return Response.of(200, {"secrets": [secret_view(secret, used.get(secret.secret_id)) for secret in live]})

    def log(self, request: Request) -> Response:
        """Return a page of a client's log, which outlives the client."""
        limit, position = read_page(request.query, LOG_POSITION)
        owner = client_id(request)
        if position and position["pk"] != log_key(owner, "")["pk"]["S"]:
            raise invalid_next()
        entries, following = self._clients.log_page(owner, limit, position) if is_client_id(owner) else ([], None)
        if not entries and not position:
            self._clients.get(owner)
        return Response.of(200, {"entries": entries, **next_page(following)})
