"""The bodies of requests and responses, as JSON Schema."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from dci_common.clients.log import LogEntry
from dci_common.clients.registration import NewClient, NewSecret
from dci_common.clients.views import ClientView, SecretView
from dci_common.exchange.exchange_views import ExchangeView, ShownExchange
from dci_common.spdci.envelope import SearchEnvelope

Schema = dict[str, Any]
_PREFIX = "#/components/schemas/"
_REQUESTS: tuple[type[BaseModel], ...] = (NewClient, NewSecret, SearchEnvelope)
_RESPONSES: tuple[type[BaseModel], ...] = (ClientView, SecretView, LogEntry, ExchangeView, ShownExchange)
_TEXT: Schema = {"type": "string"}


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
        "Clients": _page("clients", "ClientView"),
        "Secrets": _object({"secrets": {"type": "array", "items": ref("SecretView")}}),
        "Log": _page("entries", "LogEntry"),
        "Exchanges": _page("exchanges", "ExchangeView"),
        **_OTHER_SCHEMAS,
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
    properties = {**schema["properties"], "client_secret": {**_TEXT, "pattern": "^dcis_[A-Za-z0-9_-]{43}$"}}
    return {**schema, "properties": properties, "required": [*schema["required"], "client_secret"]}


def _page(member: str, of: str) -> Schema:
    return _object({member: {"type": "array", "items": ref(of)}}, {"next": _TEXT})


def _object(required: Schema, optional: Schema | None = None) -> Schema:
    properties = {**required, **(optional or {})}
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


_SIGNING_KEY = _object(
    {
        "kid": _TEXT,
        "alg": _TEXT,
        "state": {"enum": ["current", "next", "retired", "pending"]},
        "since": {**_TEXT, "format": "date-time"},
    },
    {"until": {**_TEXT, "format": "date-time"}},
)
_CODE = _object({"code": {**_TEXT, "pattern": "^err\\."}, "message": _TEXT})
_TOKEN_PARAMETER_NAMES = (
    *("client_id", "client_secret", "client_assertion", "client_assertion_type"),
    *("grant_type", "scope"),
)
_TOKEN_PARAMETERS = dict.fromkeys(_TOKEN_PARAMETER_NAMES, _TEXT)
_ERRORS: Schema = {"type": "array", "items": _CODE, "minItems": 1}
_ACKNOWLEDGEMENT: Schema = {
    "ack_status": {"const": "ERR"},
    "timestamp": {**_TEXT, "format": "date-time"},
    "correlation_id": _TEXT,
    "error": _CODE,
}
_NO_ANSWER: Schema = {"transaction_id": _TEXT, "search_response": {"type": "array", "maxItems": 0}}
_HEADER: Schema = {
    "type": "object",
    "properties": {
        "action": {"const": "on-search"},
        "status": {"enum": ["succ", "rjct"]},
        "message_id": _TEXT,
        "message_ts": {**_TEXT, "format": "date-time"},
    },
    "required": ["message_id", "message_ts", "action", "status"],
}
_OTHER_SCHEMAS: Schema = {
    "Error": _object({"errors": _ERRORS, "message": _object(_ACKNOWLEDGEMENT)}),
    "SearchError": _object(
        {"errors": _ERRORS, "header": _HEADER, "message": _object({**_ACKNOWLEDGEMENT, **_NO_ANSWER})}
    ),
    "OAuthError": _object({"error": _TEXT, "error_description": _TEXT}),
    "TokenRequest": {"type": "object", "properties": _TOKEN_PARAMETERS, "required": ["grant_type"]},
    "AboutToken": {
        "type": "object",
        "properties": {**_TOKEN_PARAMETERS, "token": _TEXT, "token_type_hint": _TEXT},
        "required": ["token"],
    },
    "Token": _object(
        {
            "access_token": _TEXT,
            "token_type": {"const": "Bearer"},
            "expires_in": {"type": "integer"},
            "scope": _TEXT,
        }
    ),
    "Introspection": {"type": "object", "properties": {"active": {"type": "boolean"}}, "required": ["active"]},
    "JwkSet": _object({"keys": {"type": "array", "items": {"type": "object", "required": ["kty", "kid", "alg"]}}}),
    "SigningKeys": _object({"keys": {"type": "array", "items": _SIGNING_KEY}}),
    "Rotation": _object({"status": {"const": "started"}}),
    "Metadata": {
        "type": "object",
        "properties": {"issuer": _TEXT, "token_endpoint": _TEXT, "jwks_uri": _TEXT},
        "required": ["issuer", "token_endpoint", "jwks_uri"],
    },
    "Health": _object({"status": {"const": "ok"}}),
    "SearchAnswer": {
        "type": "object",
        "properties": {
            "signature": _TEXT,
            "header": _HEADER,
            "message": {
                "type": "object",
                "properties": {
                    "transaction_id": _TEXT,
                    "correlation_id": _TEXT,
                    "search_response": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {"reference_id": _TEXT, "status": {"enum": ["succ", "rjct"]}},
                            "required": ["reference_id", "timestamp", "status"],
                        },
                    },
                },
                "required": ["transaction_id", "correlation_id", "search_response"],
            },
        },
        "required": ["header", "message"],
    },
}
