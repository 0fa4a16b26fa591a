"""The endpoints that change clients."""

from __future__ import annotations

from contextlib import suppress

from botocore.exceptions import BotoCoreError, ClientError

from dci_clients.requests import (
    check_conditional,
    client_id,
    etag,
    read_changes,
    read_new_client,
    read_new_secret,
)
from dci_common.clients.administration import Administration
from dci_common.clients.changes import Caller
from dci_common.clients.model import Client, is_client_id
from dci_common.clients.proposal import Proposal, waiting_view
from dci_common.clients.proposals import who_may_approve
from dci_common.clients.registration import register_or_propose, update
from dci_common.clients.views import client_view, secret_view
from dci_common.edge.http import Request, Response
from dci_common.errors import DomainError
from dci_common.runtime import Runtime


class WriteEndpoints:
    """Endpoints that change clients."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._administration = Administration(runtime)

    def create(self, request: Request, caller: Caller) -> Response:
        """Register a client, and return it with its secret, which cannot be read again."""
        registered = register_or_propose(self._runtime, read_new_client(request), caller)
        if isinstance(registered, Proposal):
            return self._waiting(registered, caller)
        client, secret = registered
        headers = {"Location": f"/clients/{client.client_id}", **etag(client)}
        return Response.of(201, {**client_view(client), "client_secret": secret}, headers)

    def update(self, request: Request, caller: Caller) -> Response:
        """Change members of a client."""
        changes = read_changes(request)
        check_conditional(request)
        return self._changed(update(self._runtime, client_id(request), changes, caller), caller)

    def disable(self, request: Request, caller: Caller) -> Response:
        """Disable a client."""
        return self._changed(self._administration.set_status(caller, client_id(request), "disabled"), caller)

    def enable(self, request: Request, caller: Caller) -> Response:
        """Enable a client."""
        return self._changed(self._administration.set_status(caller, client_id(request), "enabled"), caller)

    def revoke_tokens(self, request: Request, caller: Caller) -> Response:
        """Revoke every token of a client."""
        return _client_response(self._administration.revoke_tokens(caller, client_id(request)))

    def delete(self, request: Request, caller: Caller) -> Response:
        """Delete a client, and end its subscriptions; the sweep ends those for which there is no time."""
        from dci_common.subscriptions.deleted_clients import DeletedClients  # noqa: PLC0415 - few requests delete

        deleted, clients = client_id(request), DeletedClients(self._runtime)
        if is_client_id(deleted):  # any other is never looked up
            clients.mark(deleted)
        self._administration.delete(caller, deleted)
        with suppress(BotoCoreError, ClientError, DomainError):
            clients.end_in_time(deleted)
        return Response(204)

    def add_secret(self, request: Request, caller: Caller) -> Response:
        """Add a secret, and return it; it cannot be read again."""
        overlap = read_new_secret(request).old_expires_in
        secret, stored = self._administration.add_secret(caller, client_id(request), overlap)
        return Response.of(201, {**secret_view(stored), "client_secret": secret})

    def delete_secret(self, request: Request, caller: Caller) -> Response:
        """Delete a client's secret."""
        self._administration.delete_secret(caller, client_id(request), request.parameters.get("secret_id", ""))
        return Response(204)

    def _changed(self, changed: Client | Proposal, caller: Caller) -> Response:
        return self._waiting(changed, caller) if isinstance(changed, Proposal) else _client_response(changed)

    def _waiting(self, proposal: Proposal, caller: Caller) -> Response:
        view = waiting_view(proposal, self._runtime.clock(), who_may_approve(proposal, caller))
        return Response.of(202, view, {"Location": f"/approvals/{proposal.approval_id}"})


def _client_response(client: Client) -> Response:
    return Response.of(200, client_view(client), etag(client))
