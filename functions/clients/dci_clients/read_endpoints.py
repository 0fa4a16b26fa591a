"""The endpoints that show clients, their secrets and their log."""

from __future__ import annotations

from dci_clients.messages import CLIENT_PLACE, LOG_PLACE, etag, next_page, not_a_place, read_page, read_status
from dci_common.clients.log import log_key, log_page
from dci_common.clients.secrets import last_used, live_secrets
from dci_common.clients.store import ClientStore, is_id
from dci_common.clients.views import client_view, secret_view
from dci_common.edge.http import Request, Response
from dci_common.runtime import Runtime


class Reading:
    """Reads for whoever was admitted."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._clients = ClientStore(runtime)

    def clients(self, request: Request) -> Response:
        """List a page of clients."""
        limit, place = read_page(request.query, CLIENT_PLACE)
        clients, following = self._clients.page(limit, place, read_status(request.query))
        return Response.of(200, {"clients": list(map(client_view, clients)), **next_page(following)})

    def client(self, request: Request) -> Response:
        """Show a client."""
        client = self._clients.get(client_id(request))
        return Response.of(200, client_view(client), etag(client))

    def secrets(self, request: Request) -> Response:
        """List a client's secrets, without the secrets."""
        owner = self._clients.get(client_id(request)).client_id
        used = last_used(self._runtime, owner)
        secrets = [secret_view(secret, used.get(secret.secret_id)) for secret in live_secrets(self._runtime, owner)]
        return Response.of(200, {"secrets": secrets})

    def log(self, request: Request) -> Response:
        """List a page of a client's log, which is there also when the client is no more."""
        limit, place = read_page(request.query, LOG_PLACE)
        owner = client_id(request)
        if place and place["pk"] != log_key(owner, "")["pk"]["S"]:
            raise not_a_place()
        entries, following = log_page(self._runtime, owner, limit, place) if is_id(owner) else ([], None)
        if not entries and not place:
            self._clients.get(owner)
        return Response.of(200, {"entries": entries, **next_page(following)})


def client_id(request: Request) -> str:
    """Return the client id of the path."""
    return request.parameters.get("client_id", "")
