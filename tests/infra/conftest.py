"""Each function at work on its own routes, watched: which settings it reads, what it asks of AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import chain
from typing import Any, cast
from urllib.parse import urlencode

import pytest

from dci_audit_index import app as audit_index_app
from dci_changes import app as changes_app
from dci_cli.local.rotation import STEPS, rotate
from dci_clients import app as clients_app
from dci_common.oauth.assertions import TYPE
from dci_common.runtime import Event, Runtime
from dci_common.settings import Settings
from dci_console import app as console_app
from dci_delivery import app as delivery_app
from dci_exchange import app as exchange_app
from dci_oversight import app as oversight_app
from dci_rotation import app as rotation_app
from dci_search import app as search_app
from dci_token import app as token_app
from support.api import SENDER, Api
from support.assertion_signer import Signer
from support.call_trace import hooked
from support.events import body_of, event
from support.iam_enforcement import resources
from support.operator_provider import AUDIENCE, OpenIdProvider, open_id_provider
from support.own_deployment import own_deployment
from support.signing_partner import published_keys_message
from support.stored_exchanges import ended
from support.stored_subscriptions import begun, failing, watching
from support.subscribing_partner import SCOPES
from support.subscriptions import subscribed

from .approval_requests import operators
from .console_requests import files
from .exchange_requests import deliveries, exchanges, search_items, status_by_reference, worked_on
from .handover_requests import handovers
from .oversight_requests import looks
from .overview_requests import overviews

APPS = {
    "TokenFunction": token_app.create_app,
    "SearchFunction": search_app.create_app,
    "ClientsFunction": clients_app.create_app,
    "ExchangeFunction": exchange_app.create_app,
    "DeliveryFunction": delivery_app.create_app,
    "ChangesFunction": changes_app.create_app,
    "AuditIndexFunction": audit_index_app.create_app,
    "OversightFunction": oversight_app.create_app,
    "ConsoleFunction": console_app.create_app,
    "RotationFunction": rotation_app.create_app,
}


class WatchedSettings:
    """Settings that remember which of them were read."""

    def __init__(self, settings: Settings, read: set[str]) -> None:
        self._settings, self.read = settings, read

    def __getattr__(self, name: str) -> object:
        self.read.add(name)
        return getattr(self._settings, name)


@dataclass
class Work:
    """What a function did: the settings that it read, and its calls to AWS (operation and parameters).

    `resources` has the logical ids of tables, queues and secrets by their names.
    """

    settings: set[str]
    resources: dict[str, str]
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


@pytest.fixture(scope="session")
def work(new_api: Callable[..., Api]) -> Iterator[Callable[[str], Work]]:
    """Return what makes a function serve all its routes, or do all its steps, once for all tests."""
    with open_id_provider() as provider:
        make = partial(own_deployment(new_api), operator_issuer=provider.issuer, operator_audience=AUDIENCE)
        yield _serving(make(), make(approvals="widening"), provider)


def _serving(api: Api, waiting: Api, provider: OpenIdProvider) -> Callable[[str], Work]:
    for secret_id in (api.runtime.settings.signing_keys_secret, api.runtime.settings.message_keys_secret):
        rotate(rotation_app.create_app(api.runtime), secret_id)

    def work_on(done: Work, function: str, api: Api, requests: Iterator[tuple[int | None, Event]]) -> None:
        settings = WatchedSettings(api.runtime.settings, done.settings)
        runtime = Runtime(cast("Settings", settings), clock=api.clock, random_bytes=api.runtime.random_bytes)
        app = APPS[function](runtime)
        with hooked(runtime, lambda *call: done.calls.append(call)):
            for status, sent in requests:
                answer = app(sent, None)
                assert answer.get("statusCode") == status, answer

    @cache
    def serve(function: str) -> Work:
        done = Work(set(), resources(api.runtime.settings))
        work_on(done, function, api, chain(REQUESTS[function](api), OF_PEOPLE.get(function, _nobody)(api, provider)))
        if function == "ClientsFunction":
            work_on(done, function, waiting, operators(waiting, provider))
        return done

    return serve


def _tokens(api: Api) -> Iterator[tuple[int, Event]]:
    client, secret = api.client()
    form = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": secret}
    yield 401, event("token_form", body=urlencode(form | {"client_secret": "wrong"}))
    yield 200, event("token_form", body=urlencode(form))
    yield 401, event("token_form", body=urlencode(form | {"client_id": "nobody"}))
    signer = Signer.of(api, scopes=("clients.read",))
    signed = {"grant_type": "client_credentials", "client_assertion_type": TYPE}
    yield 200, event("token_assertion", body=urlencode(signed | {"client_assertion": signer.assertion()}))
    own = {"client_id": signer.client.client_id, "client_secret": signer.secret}
    token = api.token(signer.client, signer.secret).json["access_token"]
    yield 200, event("introspect", body=urlencode(own | {"token": token}))
    yield 200, event("revoke", body=urlencode(own | {"token": token}))
    yield 200, event("metadata")
    yield 200, event("jwks")


def _searches(api: Api) -> Iterator[tuple[int, Event]]:
    with published_keys_message(api, "search") as sent:
        yield 200, sent
    message = body_of("search")
    message["message"]["search_request"] = search_items()
    yield 200, event("search", body=message, token=api.token_of())
    token = api.token_of(scopes=SCOPES, flags={"asynchronous": True})
    asynchronous = body_of("exchange_search")
    asynchronous["message"] |= message["message"]
    del asynchronous["header"]["sender_uri"]
    for _, queued in worked_on(api, event("exchange_search", body=asynchronous, token=token)):
        api.deliver(queued, None)
    yield 200, event("status", body=status_by_reference("status"), token=token)
    yield 200, event("status", token=token)
    subscribe, status = body_of("subscribe"), body_of("status")
    del subscribe["header"]["sender_uri"]
    for _, queued in worked_on(api, event("subscribe", body=subscribe, token=token)):
        api.deliver(queued, None)
    asked = {"txn_type": "subscribe", "attribute_value": subscribe["message"]["transaction_id"]}
    status["header"]["message_id"] = "of-a-subscribe"
    status["message"]["txnstatus_request"] |= asked
    yield 200, event("status", body=status, token=token)
    yield 200, event("health")
    yield 404, event("unknown")


def _administration(api: Api) -> Iterator[tuple[int, Event]]:
    admin = api.token_of(scopes=("clients.manage",))
    name = f"Ministry {api.runtime.random_bytes(8).hex()}"
    body = {"name": name, "sender_id": SENDER, "scopes": ["registry.search"]}
    yield 201, event("clients_create", body=body, token=admin)
    yield 409, event("clients_create", body=body, token=admin)
    yield 200, event("clients_list", token=admin)
    yield 200, event("clients_list", token=admin) | {"rawQueryString": urlencode({"name": name})}
    yield 200, event("clients_log", token=admin)
    client, _ = api.client()
    path = {"client_id": client.client_id}
    added = api.send(event("secrets_add", token=admin) | {"pathParameters": path}).json
    for route, status in [
        ("client_get", 200),
        ("secrets_list", 200),
        ("secret_delete", 204),
        ("secrets_add", 201),
        ("client_disable", 200),
        ("client_enable", 200),
        ("client_revoke_tokens", 200),
        ("client_log", 200),
    ]:
        yield status, event(route, token=admin) | {"pathParameters": path | {"secret_id": added["secret_id"]}}
    callbacks = {"urls": ["https://partner.example.org/registry"], "auth": "bearer"}
    for number in range(2):  # the first secret for callbacks, and another one
        version = api.send(event("client_get", token=admin) | {"pathParameters": path}).headers["ETag"]
        changes = {
            "name": f"{name} {number}",
            "callbacks": callbacks | {"secret": f"of-the-partner-{number}"},
        }
        yield 200, event("client_update", body=changes, token=admin, if_match=version) | {"pathParameters": path}
    for begin in (begun, watching):  # by condition, and by identifier
        code = {"pathParameters": {"code": begin(api.runtime, client.client_id).code}}
        yield 200, event("subscription_get", token=admin) | code
        yield 200, event("subscription_cancel", token=admin) | code
    failing(api.runtime, client.client_id)
    yield 200, event("subscriptions_failing", token=admin)
    yield from overviews(api, admin, client.client_id)
    yield 200, event("subscriptions_list", token=admin)
    yield (
        200,
        event("subscriptions_list", token=admin) | {"rawQueryString": urlencode({"client_id": client.client_id})},
    )
    yield from handovers(api, admin, path)
    yield 204, event("client_delete", token=admin) | {"pathParameters": path}
    yield 200, event("clients_deleted", token=admin)
    answered = ended(api.runtime, client.client_id, "answered")
    shown = {"pathParameters": {"correlation_id": answered.correlation_id}}
    yield 200, event("exchanges_list", token=admin)
    yield 200, event("exchanges_list", token=admin) | {"rawQueryString": urlencode({"client_id": client.client_id})}
    yield 200, event("exchange_get", token=admin) | shown
    yield 200, event("keys_list", token=admin)
    yield 202, event("keys_rotate", token=admin)
    yield 202, event("keys_revoke", token=admin)
    yield 202, event("message_keys_rotate", token=admin)
    yield 202, event("message_keys_revoke", token=admin)


def _nobody(_: Api, __: OpenIdProvider) -> Iterator[tuple[int, Event]]:
    return iter(())


def _changes(api: Api) -> Iterator[tuple[None, Event]]:
    client, _ = api.client(scopes=("registry.search",))
    subscribed(api.runtime, client.client_id)
    watch = ("WATCH#UIN#847951632", "PERSON")
    subscribed(api.runtime, client.client_id, filter={"type": "UIN", "value": "847951632"}, watches=(watch,))
    yield None, event("changes")
    yield None, event("queued_changes")
    torn = event("changes")
    torn["Records"][0]["dynamodb"]["NewImage"]["body"]["S"] = "{"
    yield None, torn


def _steps(api: Api) -> Iterator[tuple[None, Event]]:
    for secret_id in (api.runtime.settings.signing_keys_secret, api.runtime.settings.message_keys_secret):
        named = {"SecretId": secret_id, "ClientRequestToken": api.runtime.random_bytes(16).hex()}
        for step in STEPS:
            yield None, {"Step": step, **named}


REQUESTS: dict[str, Callable[[Api], Iterator[tuple[int | None, Event]]]] = {
    "TokenFunction": _tokens,
    "SearchFunction": _searches,
    "ClientsFunction": _administration,
    "ExchangeFunction": exchanges,
    "DeliveryFunction": deliveries,
    "ChangesFunction": _changes,
    "AuditIndexFunction": lambda _: iter([(None, event("audited"))]),
    "OversightFunction": lambda _: iter(()),
    "ConsoleFunction": files,
    "RotationFunction": _steps,
}
OF_PEOPLE: dict[str, Callable[[Api, OpenIdProvider], Iterator[tuple[int, Event]]]] = {
    "OversightFunction": looks,
}
