"""The endpoints that return clients, their secrets and their log."""

from __future__ import annotations

from dci_clients.requests import client_id, etag, read_beginning, read_name, read_page, read_status
from dci_common.clients.items import LISTED, LISTED_DELETED, LISTED_LOG, log_key
from dci_common.clients.model import is_client_id
from dci_common.clients.store import ClientStore
from dci_common.clients.views import client_view, deleted_client, listed_client, secret_view
from dci_common.edge.http import Request, Response
from dci_common.edge.positions import INDEX_POSITION, LOG_POSITION, invalid_next, next_page
from dci_common.runtime import Runtime


class ReadEndpoints:
    """Endpoints that read."""

    def __init__(self, runtime: Runtime) -> None:
        self._clients = ClientStore(runtime)

    def clients(self, request: Request) -> Response:
        """Return a page of clients, or the one client with a name."""
        limit, position = read_page(request.query, INDEX_POSITION, LISTED)
        status, name, begins = read_status(request.query), read_name(request.query), read_beginning(request.query)
        if position and not position["name_key"].startswith(begins):
            raise invalid_next()
        if name is None:
            clients, following = self._clients.page(limit, position, status, begins)
        else:
            found = self._clients.named(name)
            clients, following = [found] if found and status in {None, found.status} else [], None
        used = self._clients.last_uses(client.client_id for client in clients)
        listed = [listed_client(client, used.get(client.client_id)) for client in clients]
        return Response.of(200, {"clients": listed, **next_page(following)})

    def deleted(self, request: Request) -> Response:
        """Return a page of the clients that were deleted, and not restored since, the last one first."""
        entries, following = self._clients.deleted_page(*read_page(request.query, INDEX_POSITION, LISTED_DELETED))
        restored = self._clients.many(entry["client_id"] for entry in entries)
        deleted = [deleted_client(entry) for entry in entries if entry["client_id"] not in restored]
        return Response.of(200, {"clients": deleted, **next_page(following)})

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

    def whole_log(self, request: Request) -> Response:
        """Return a page of the log of all clients, also of deleted ones."""
        entries, following = self._clients.whole_log_page(*read_page(request.query, INDEX_POSITION, LISTED_LOG))
        return Response.of(200, {"entries": entries, **next_page(following)})

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
