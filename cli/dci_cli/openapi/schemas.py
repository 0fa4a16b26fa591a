"""The bodies of requests and responses, as JSON Schema."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from dci_cli.openapi import oversight, overview
from dci_cli.openapi.messages import MESSAGES, TEXT, Schema, closed
from dci_common.clients.handover_items import HandedOver, HandoverView
from dci_common.clients.log import LogEntry
from dci_common.clients.proposal import ApprovalView, ShownApproval, WaitingChange
from dci_common.clients.registration import NewClient, NewSecret
from dci_common.clients.views import ClientView, DeletedClient, ListedClient, SecretView
from dci_common.exchange.exchange_views import ExchangeView, ShownExchange
from dci_common.settings import APPROVALS
from dci_common.spdci.asynchronous import AsyncSearchEnvelope, TxnStatusEnvelope
from dci_common.spdci.envelope import SearchEnvelope
from dci_common.spdci.subscriptions import SubscribeEnvelope, UnsubscribeEnvelope
from dci_common.subscriptions.subscription_views import FailingSubscriberView, SubscriptionView

_PREFIX = "#/components/schemas/"
_REQUESTS: tuple[type[BaseModel], ...] = (
    NewClient,
    NewSecret,
    SearchEnvelope,
    AsyncSearchEnvelope,
    TxnStatusEnvelope,
    SubscribeEnvelope,
    UnsubscribeEnvelope,
)
_RESPONSES: tuple[type[BaseModel], ...] = (
    *(ClientView, ListedClient, DeletedClient, SecretView, HandoverView, HandedOver, LogEntry),
    *(ApprovalView, ShownApproval, WaitingChange),
    *(ExchangeView, ShownExchange),
    *(SubscriptionView, FailingSubscriberView),
)


def ref(name: str) -> Schema:
    """Return a reference to a schema."""
    return {"$ref": f"{_PREFIX}{name}"}


def components() -> Schema:
    """Return all schemas by name."""
    requests = _of(_REQUESTS, "validation")
    responses = {name: _never_null(schema) for name, schema in _of(_RESPONSES, "serialization").items()}
    client = responses["ClientView"]
    return {
        **requests,
        **responses,
        "ClientChanges": _changes(requests["NewClient"]),
        "CreatedClient": _with_secret(client),
        "CreatedSecret": _with_secret(responses["SecretView"]),
        "CreatedHandover": _with(responses["HandoverView"], link={**TEXT, "format": "uri"}, code=_CODE),
        "RedeemedSecret": _with_secret(responses["HandedOver"]),
        "Handovers": _page("handovers", "HandoverView"),
        "Clients": _page("clients", "ListedClient"),
        "DeletedClients": _page("clients", "DeletedClient"),
        "Secrets": closed({"secrets": {"type": "array", "items": ref("SecretView")}}),
        "Log": _page("entries", "LogEntry"),
        "Approvals": _page("approvals", "ApprovalView", {"mode": {"enum": list(APPROVALS)}}),
        "Exchanges": _page("exchanges", "ExchangeView"),
        "FailingSubscribers": _page("subscribers", "FailingSubscriberView"),
        "Subscriptions": _page("subscriptions", "SubscriptionView", {"limits": _LIMITS}),
        **_OTHER_SCHEMAS,
        **oversight.SCHEMAS,
        **overview.SCHEMAS,
    }


def _changes(created: Schema) -> Schema:
    """Return the schema of a change: every member is optional, and null resets one that is so in a new client too."""
    members = {
        name: schema if name in created["required"] else {"anyOf": [schema, {"type": "null"}]}
        for name, schema in created["properties"].items()
    }
    return {**created, "title": "ClientChanges", "required": [], "properties": members}


def _of(models: tuple[type[BaseModel], ...], mode: Any) -> Schema:  # noqa: ANN401 - pydantic's own literal
    _, found = models_json_schema([(model, mode) for model in models], ref_template=_PREFIX + "{model}")
    return dict(found["$defs"])


def _never_null(schema: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a schema without null: members that the model has as None are left out of a response."""
    if isinstance(schema, list):
        return [_never_null(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    rest = {name: part for name, part in schema.items() if name != "anyOf" and (name, part) != ("default", None)}
    whole = {**rest, **options[0]} if len(options) == 1 else {**rest, **({"anyOf": options} if options else {})}
    return {name: _never_null(part) for name, part in whole.items()}


def _with_secret(schema: Schema) -> Schema:
    return _with(schema, client_secret={**TEXT, "pattern": "^dcis_[A-Za-z0-9_-]{43}$"})


def _with(schema: Schema, **members: Schema) -> Schema:
    required = [*schema["required"], *members]
    return {**schema, "properties": {**schema["properties"], **members}, "required": required}


def _page(member: str, of: str, further: Schema | None = None) -> Schema:
    return closed({member: {"type": "array", "items": ref(of)}, **(further or {})}, {"next": TEXT})


_CODE = {**TEXT, "pattern": "^[0-9A-Z]{4}-[0-9A-Z]{4}$"}
_USED = closed({"used": {"type": "integer"}, "most": {"type": "integer"}})
_LIMITS = closed({"conditions": _USED}, {"identifiers": _USED})

_SIGNING_KEY = closed(
    {
        "kid": TEXT,
        "signs": {"enum": ["tokens", "messages"]},
        "alg": TEXT,
        "state": {"enum": ["current", "next", "retired", "pending"]},
        "since": {**TEXT, "format": "date-time"},
    },
    {"until": {**TEXT, "format": "date-time"}},
)
_TOKEN_PARAMETER_NAMES = (
    *("client_id", "client_secret", "client_assertion", "client_assertion_type"),
    *("grant_type", "scope"),
)
# A page that shows the document fills in examples, where a form is to be empty but for its only grant.
_TOKEN_PARAMETERS = {
    **{name: {**TEXT, "examples": [""]} for name in _TOKEN_PARAMETER_NAMES},
    "grant_type": {**TEXT, "examples": ["client_credentials"]},
}
_OTHER_SCHEMAS: Schema = {
    **MESSAGES,
    "OAuthError": closed({"error": TEXT, "error_description": TEXT}),
    "TokenRequest": {"type": "object", "properties": _TOKEN_PARAMETERS, "required": ["grant_type"]},
    "AboutToken": {
        "type": "object",
        "properties": {**_TOKEN_PARAMETERS, "token": TEXT, "token_type_hint": {**TEXT, "examples": [""]}},
        "required": ["token"],
    },
    "LinkAndCode": closed(
        {
            "link": {**TEXT, "minLength": 1, "maxLength": 2000},
            "code": {**TEXT, "minLength": 1, "maxLength": 50},
        }
    ),
    "Token": closed(
        {
            "access_token": TEXT,
            "token_type": {"const": "Bearer"},
            "expires_in": {"type": "integer"},
            "scope": TEXT,
        }
    ),
    "Introspection": {"type": "object", "properties": {"active": {"type": "boolean"}}, "required": ["active"]},
    "JwkSet": closed({"keys": {"type": "array", "items": {"type": "object", "required": ["kty", "kid", "alg"]}}}),
    "SigningKeys": closed({"keys": {"type": "array", "items": ref("SigningKey")}}),
    "SigningKey": _SIGNING_KEY,
    "Rotation": closed({"status": {"const": "started"}}),
    "Metadata": {
        "type": "object",
        "properties": {"issuer": TEXT, "token_endpoint": TEXT, "jwks_uri": TEXT},
        "required": ["issuer", "token_endpoint", "jwks_uri"],
    },
    "Health": closed({"status": {"const": "ok"}}),
}
