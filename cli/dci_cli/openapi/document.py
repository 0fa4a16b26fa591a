"""The document: each path with its methods, scopes and bodies; `python -m dci_cli.openapi.document` prints it."""

from __future__ import annotations

import json
from collections.abc import Set
from typing import Any

from dci_cli.openapi.approval_paths import APPROVAL_QUERY, approval_paths, may_wait
from dci_cli.openapi.callbacks import callback, webhooks
from dci_cli.openapi.examples import named_examples, with_examples
from dci_cli.openapi.exchange_paths import exchange_paths
from dci_cli.openapi.handover_paths import handover_paths
from dci_cli.openapi.introduction import INFO, SECURITY_SCHEMES
from dci_cli.openapi.json_lines import json_lines
from dci_cli.openapi.operations import described, tags
from dci_cli.openapi.oversight import oversight_paths
from dci_cli.openapi.overview import OVERVIEW_QUERY, overview_paths
from dci_cli.openapi.responses import ERRORS, JSON, OF_MESSAGES, OF_READS, error_responses, responses
from dci_cli.openapi.schemas import components, ref
from dci_common.clients.model import STATUSES
from dci_common.clients.store import MAX_PAGE
from dci_common.exchange.exchanges import STATES
from dci_common.scopes import (
    CLIENTS_MANAGE,
    CLIENTS_READ,
    REGISTRY_SEARCH,
    REGISTRY_STATUS,
    REGISTRY_SUBSCRIBE,
)

Tree = dict[str, Any]
_FORM = "application/x-www-form-urlencoded"
_QUERY: Tree = {
    "limit": {"type": "integer", "minimum": 1, "maximum": MAX_PAGE},
    "next": {"type": "string"},
    "name": {"type": "string"},
    "status": {"enum": list(STATUSES)},
    "client_id": {"type": "string"},
    "state": {"enum": list(STATES)},
    **APPROVAL_QUERY,
    **OVERVIEW_QUERY,
}


def document() -> Tree:
    """Return the whole document."""
    paths = (
        _public_paths()
        | _client_paths()
        | approval_paths(_read, _change)
        | _key_paths()
        | exchange_paths(_read, _change)
        | overview_paths(_read, _change)
        | oversight_paths(lambda name: responses(200, name, "Error", OF_READS))
    )
    errors = error_responses()
    paths = described(with_examples(paths, errors))
    used = json.dumps(paths)
    for path, item in paths.items():
        item |= {"parameters": [_parameter("path", name, {"type": "string"}) for name in _names(path)]}
    return {
        "openapi": "3.1.0",
        "info": INFO,
        "servers": [{"url": "/", "description": "The deployment that serves this document"}],
        "tags": tags(),
        "paths": {path: {key: part for key, part in item.items() if part} for path, item in paths.items()},
        "webhooks": webhooks(),
        "components": {
            "schemas": components(),
            "responses": {name: error for name, error in errors.items() if f'/{name}"' in used},
            "securitySchemes": SECURITY_SCHEMES,
            "examples": named_examples(),
        },
    }


def _public_paths() -> Tree:
    """Return the paths for partners."""
    registry = _registry_paths()
    return {
        "/oauth2/client/token": {"post": _oauth("Get an access token", "TokenRequest", "Token")},
        "/oauth2/client/revoke": {"post": _oauth("Revoke an access token", "AboutToken", None)},
        "/oauth2/client/introspect": {"post": _oauth("Introspect an access token", "AboutToken", "Introspection")},
        "/.well-known/jwks.json": {"get": _public("The keys that verify tokens", "JwkSet")},
        "/.well-known/oauth-authorization-server": {"get": _public("Authorization server metadata", "Metadata")},
        **{path: {"post": operation} for path, operation in registry.items()},
        **{f"/{{prefix}}{path}": {"post": _prefixed(operation)} for path, operation in registry.items()},
        **handover_paths(ERRORS),
        "/health": {"get": _public("Health of the API", "Health")},
        "/openapi.json": {"get": _public("This document", None)},
    }


def _registry_paths() -> Tree:
    """Return the operations of the registry itself, by path."""
    searching, subscribing, asking = (REGISTRY_SEARCH,), (REGISTRY_SUBSCRIBE,), (REGISTRY_STATUS,)
    search = _operation(
        "Search", 200, "SearchAnswer", searching, accepts="SearchEnvelope", errors=("SearchError", OF_MESSAGES)
    )
    later = _acknowledged("Search asynchronously", searching, "AsyncSearchEnvelope") | callback(
        "on-search", "The answer to a search, page by page", "SearchAnswer"
    )
    begin = _acknowledged("Subscribe", subscribing, "SubscribeEnvelope") | callback(
        "on-subscribe", "The subscriptions that have begun, with their codes", "SubscribeAnswer"
    )
    end = _acknowledged("Unsubscribe", subscribing, "UnsubscribeEnvelope") | callback(
        "on-unsubscribe", "Whether the subscriptions have ended", "UnsubscribeAnswer"
    )
    status = _operation(
        "Status of a transaction",
        200,
        "StatusAnswer",
        asking,
        accepts="TxnStatusEnvelope",
        errors=("StatusError", OF_MESSAGES),
    )
    status_later = _acknowledged("Status of a transaction, asynchronously", asking, "TxnStatusEnvelope") | callback(
        "txn-on-status", "The answer to a request for a status", "StatusAnswer"
    )
    return {
        "/registry/sync/search": search,
        "/registry/search": later,
        "/registry/subscribe": begin,
        "/registry/unsubscribe": end,
        "/registry/sync/txn/status": status,
        "/registry/txn/status": status_later,
    }


def _acknowledged(summary: str, scopes: tuple[str, ...], accepts: str) -> Tree:
    return _operation(summary, 200, "Acknowledgement", scopes, accepts=accepts, errors=("Error", OF_MESSAGES | {409}))


def _prefixed(operation: Tree) -> Tree:
    no_such_prefix = {"404": {"$ref": "#/components/responses/Error404"}}
    summary = f"{operation['summary']}, by RoutePrefix"
    return operation | {"summary": summary, "responses": operation["responses"] | no_such_prefix}


def _client_paths() -> Tree:
    """Return the paths for the administration of clients."""
    client = "/clients/{client_id}"
    return {
        "/clients": {
            "get": _read("List clients", "Clients", "limit", "next", "status", "name", "name_begins"),
            "post": may_wait(_change("Register a client", 201, "CreatedClient", accepts="NewClient")),
        },
        "/clients/log": {"get": _read("Show the log of all clients", "Log", "limit", "next")},
        client: {
            "get": _read("Show a client", "ClientView"),
            "patch": may_wait(_change("Change members of a client", 200, "ClientView", accepts="ClientChanges")),
            "delete": _change("Delete a client", 204),
        },
        f"{client}/disable": {"post": _change("Disable a client", 200, "ClientView")},
        f"{client}/enable": {"post": may_wait(_change("Enable a client", 200, "ClientView"))},
        f"{client}/revoke-tokens": {"post": _change("Revoke all tokens of a client", 200, "ClientView")},
        f"{client}/secrets": {
            "get": _read("List a client's secrets", "Secrets"),
            "post": _change("Add a secret", 201, "CreatedSecret", accepts="NewSecret"),
        },
        f"{client}/secrets/{{secret_id}}": {"delete": _change("Delete a secret", 204)},
        f"{client}/handovers": {
            "get": _read("List a client's open handovers", "Handovers", "limit", "next"),
            "post": _change("Make a link and a code for a secret", 201, "CreatedHandover", accepts="NewSecret"),
        },
        f"{client}/handovers/{{handover_id}}": {"delete": _change("Withdraw a handover", 204)},
        f"{client}/log": {"get": _read("Show a client's log", "Log", "limit", "next")},
    }


def _key_paths() -> Tree:
    """Return the paths for the administration of signing keys."""
    return {
        "/keys": {"get": _read("List the signing keys", "SigningKeys")},
        "/keys/rotate": _starts("Rotate the keys that sign tokens"),
        "/keys/revoke": _starts("Replace all keys that sign tokens"),
        "/keys/messages/rotate": _starts("Rotate the keys that sign messages"),
        "/keys/messages/revoke": _starts("Replace all keys that sign messages"),
    }


def _starts(summary: str) -> Tree:
    return {
        "post": _for_operators(
            _operation(summary, 202, "Rotation", (CLIENTS_MANAGE,), errors=("Error", ERRORS.keys()))
        )
    }


def _names(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def _parameter(where: str, name: str, schema: Tree) -> Tree:
    return {"in": where, "name": name, "schema": schema, **({"required": True} if where == "path" else {})}


def _read(summary: str, returns: str, *query: str) -> Tree:
    operation = _for_operators(
        _operation(summary, 200, returns, (CLIENTS_READ, CLIENTS_MANAGE), errors=("Error", OF_READS))
    )
    return operation | (
        {"parameters": [_parameter("query", name.partition(" ")[0], _QUERY[name]) for name in query]} if query else {}
    )


def _change(summary: str, status: int, returns: str | None = None, *, accepts: str = "") -> Tree:
    operation = _for_operators(
        _operation(summary, status, returns, (CLIENTS_MANAGE,), accepts=accepts, errors=("Error", ERRORS.keys()))
    )
    return operation | {"parameters": [_parameter("header", "If-Match", {"type": "string"})]}


def _for_operators(operation: Tree) -> Tree:
    return operation | {"security": [*operation["security"], {"operator": []}]}


def _operation(
    summary: str,
    status: int,
    returns: str | None,
    scopes: tuple[str, ...],
    *,
    accepts: str = "",
    errors: tuple[str, Set[int]] = ("Error", OF_MESSAGES),
) -> Tree:
    body = {"content": {JSON: {"schema": ref(accepts)}}, "required": accepts != "NewSecret"}
    return {
        "summary": summary,
        "security": [{"token": [scope]} for scope in scopes],
        **({"requestBody": body} if accepts else {}),
        "responses": responses(status, returns, *errors),
    }


def _oauth(summary: str, accepts: str, returns: str | None) -> Tree:
    return {
        "summary": summary,
        "security": [{"client": []}, {}],
        "requestBody": {"content": {_FORM: {"schema": ref(accepts)}}, "required": True},
        "responses": responses(200, returns, "OAuthError", OF_MESSAGES),
    }


def _public(summary: str, returns: str | None) -> Tree:
    return {"summary": summary, "responses": responses(200, returns or "", "Error", {500, 503})}


if __name__ == "__main__":
    print(json_lines(document(), 3))
