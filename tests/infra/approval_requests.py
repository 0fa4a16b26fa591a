"""The requests of people to the clients function: what one of them asks for, another one decides."""

from __future__ import annotations

from collections.abc import Iterator

from dci_common.clients.proposals import propose_operator
from dci_common.exchange.worker_places import WorkerPlaces
from dci_common.operators.operator import Operator
from dci_common.operators.store import OperatorStore
from dci_common.runtime import Event
from support.api import SENDER, Api
from support.events import event
from support.operator_provider import OpenIdProvider
from support.stored_exchanges import ended
from support.stored_subscriptions import failing


def operators(api: Api, provider: OpenIdProvider) -> Iterator[tuple[int, Event]]:
    """Yield requests with the statuses of their answers; in `api` changes wait."""
    manager, approver = provider.token("client-manager"), provider.token("approver", sub="another")
    callbacks = {"urls": ["https://partner.example.org/dci"], "auth": "bearer", "secret": "s3cret"}
    body: dict[str, object] = {"name": "Registered by a person", "sender_id": SENDER, "scopes": ["registry.search"]}
    body |= {"callbacks": callbacks}
    create = event("clients_create", body=body, token=manager)
    yield 403, event("clients_create", body=body, token=provider.token("auditor"))
    yield 202, create
    first, second = (_about(api.send(create).json["approval_id"]) for _ in range(2))
    yield 200, event("approvals_list", token=manager)
    yield 200, event("approval_withdraw", token=manager) | first
    yield 200, event("approval_get", token=approver) | second
    yield 200, _approve(api, approver, second)
    yield from _asked_by_client(api, approver)
    yield from _sent_again(api, manager)
    store = OperatorStore(api.runtime)
    store.admit(Operator(provider.issuer, "disabled", "", "", frozenset()))
    disabled = store.find(f"{provider.issuer}#disabled")
    assert disabled
    yield 200, _approve(api, approver, _about(propose_operator(api.runtime, disabled).approval_id))


def _asked_by_client(api: Api, approver: str) -> Iterator[tuple[int, Event]]:
    body, token = {"scopes": ["registry.search", "registry.status"]}, api.token_of(scopes=("clients.manage",))
    path = {"pathParameters": {"client_id": api.client()[0].client_id}}
    update = event("client_update", body=body, token=token, if_match="*") | path
    yield 202, update
    first, second = (_about(api.send(update).json["approval_id"]) for _ in range(2))
    yield 200, event("approval_reject", token=approver) | first
    yield 200, _approve(api, approver, second)


def _sent_again(api: Api, manager: str) -> Iterator[tuple[int, Event]]:
    """Yield what is redriven, and resumed: callbacks and notifications."""
    client, _ = api.client()
    dead = {"pathParameters": {"correlation_id": ended(api.runtime, client.client_id, "dead").correlation_id}}
    yield 200, event("exchange_redrive", token=manager) | dead
    ended(api.runtime, client.client_id, "dead")
    own = {"pathParameters": {"client_id": client.client_id}}
    yield 200, event("client_redrive", token=manager) | own
    failing(api.runtime, client.client_id)
    WorkerPlaces(api.runtime).pause(client.client_id)
    yield 200, event("client_resume", token=manager) | own


def _about(approval_id: str) -> Event:
    return {"pathParameters": {"approval_id": approval_id}}


def _approve(api: Api, token: str, about: Event) -> Event:
    etag = api.send(event("approval_get", token=token) | about).headers["ETag"]
    return event("approval_approve", token=token, if_match=etag) | about
