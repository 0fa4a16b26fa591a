"""The document: each path with its methods, what they need, take and answer.

`python -m dci_cli.openapi.document` prints it, as `/openapi.json` serves it.
"""

from __future__ import annotations

import json
from typing import Any

from dci_cli.openapi.schemas import components, ref
from dci_common.clients.model import STATUSES
from dci_common.clients.store import MAX_PAGE
from dci_common.oauth.scopes import CLIENTS_MANAGE, CLIENTS_READ, REGISTRY_SEARCH, SCOPES

Tree = dict[str, Any]
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_ERRORS = {
    400: "The request is malformed; the message says where",
    401: "Who asks is not known",
    403: "The token does not carry the scope",
    404: "There is nothing here",
    409: "It contradicts what is there; the message says what to do",
    412: "The client was changed since",
    413: "The body is too large",
    415: "The Content-Type is not the right one",
    428: "If-Match is missing",
    429: "Too many requests or failures: wait Retry-After seconds",
    500: "A fault of ours",
    503: "Try again after Retry-After seconds",
}
_QUERY: Tree = {
    "limit": {"type": "integer", "minimum": 1, "maximum": MAX_PAGE},
    "next": {"type": "string"},
    "status": {"enum": list(STATUSES)},
}


def document() -> Tree:
    """Return the whole document."""
    client = "/clients/{client_id}"
    paths: Tree = {
        "/oauth2/client/token": {"post": _oauth("Get an access token", "TokenRequest", "Token")},
        "/oauth2/client/revoke": {"post": _oauth("End an access token", "AboutToken", None)},
        "/oauth2/client/introspect": {"post": _oauth("Ask about an access token", "AboutToken", "Introspection")},
        "/.well-known/jwks.json": {"get": _open("The keys that verify tokens", "JwkSet")},
        "/.well-known/oauth-authorization-server": {"get": _open("What the token endpoints offer", "Metadata")},
        "/registry/sync/search": {
            "post": _operation("Search", 200, "SearchAnswer", (REGISTRY_SEARCH,), takes="SearchEnvelope")
        },
        "/health": {"get": _open("Whether the API answers", "Health")},
        "/openapi.json": {"get": _open("This document", None)},
        "/clients": {
            "get": _read("List clients", "Clients", "limit", "next", "status"),
            "post": _change("Register a client", 201, "CreatedClient", takes="NewClient"),
        },
        client: {
            "get": _read("Show a client", "ClientView"),
            "patch": _change("Change members of a client", 200, "ClientView", takes="ClientChanges"),
            "delete": _change("Delete a client", 204),
        },
        f"{client}/disable": {"post": _change("Disable a client", 200, "ClientView")},
        f"{client}/enable": {"post": _change("Enable a client", 200, "ClientView")},
        f"{client}/revoke-tokens": {"post": _change("End all tokens of a client", 200, "ClientView")},
        f"{client}/secrets": {
            "get": _read("List a client's secrets", "Secrets"),
            "post": _change("Add a secret", 201, "CreatedSecret", takes="NewSecret"),
        },
        f"{client}/secrets/{{secret_id}}": {"delete": _change("Delete a secret", 204)},
        f"{client}/log": {"get": _read("Show a client's log", "Log", "limit", "next")},
        "/keys": {"get": _read("List the signing keys", "SigningKeys")},
        "/keys/rotate": {"post": _operation("Rotate the signing keys", 202, "Rotation", (CLIENTS_MANAGE,))},
    }
    for path, item in paths.items():
        item |= {"parameters": [_parameter("path", name, {"type": "string"}) for name in _names(path)]}
    return {
        "openapi": "3.1.0",
        "info": {"title": "SPDCI registry API", "version": "1.0.0"},
        "paths": {path: {key: part for key, part in item.items() if part} for path, item in paths.items()},
        "components": {"schemas": components(), "responses": _error_responses(), "securitySchemes": _SECURITY},
    }


_FLOW = {"tokenUrl": "/oauth2/client/token", "scopes": dict.fromkeys(SCOPES, "")}
_SECURITY = {
    "token": {"type": "oauth2", "flows": {"clientCredentials": _FLOW}},
    "client": {"type": "http", "scheme": "basic"},
}


def _names(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def _parameter(where: str, name: str, schema: Tree) -> Tree:
    return {"in": where, "name": name, "schema": schema, **({"required": True} if where == "path" else {})}


def _read(summary: str, gives: str, *query: str) -> Tree:
    operation = _operation(summary, 200, gives, (CLIENTS_READ, CLIENTS_MANAGE))
    return operation | ({"parameters": [_parameter("query", name, _QUERY[name]) for name in query]} if query else {})


def _change(summary: str, status: int, gives: str | None = None, *, takes: str = "") -> Tree:
    operation = _operation(summary, status, gives, (CLIENTS_MANAGE,), takes=takes)
    return operation | {"parameters": [_parameter("header", "If-Match", {"type": "string"})]}


def _operation(summary: str, status: int, gives: str | None, scopes: tuple[str, ...], *, takes: str = "") -> Tree:
    body = {"content": {_JSON: {"schema": ref(takes)}}, "required": takes != "NewSecret"}
    return {
        "summary": summary,
        "security": [{"token": [scope]} for scope in scopes],
        **({"requestBody": body} if takes else {}),
        "responses": _responses(status, gives, "Error", set(_ERRORS)),
    }


def _oauth(summary: str, takes: str, gives: str | None) -> Tree:
    return {
        "summary": summary,
        "security": [{"client": []}, {}],
        "requestBody": {"content": {_FORM: {"schema": ref(takes)}}, "required": True},
        "responses": _responses(200, gives, "OAuthError", set(_ERRORS)),
    }


def _open(summary: str, gives: str | None) -> Tree:
    return {"summary": summary, "responses": _responses(200, gives or "", "Error", {500, 503})}


def _responses(status: int, gives: str | None, error: str, statuses: set[int]) -> Tree:
    shape = {"schema": ref(gives) if gives else {"type": "object"}}
    success = {"description": "Done", **({"content": {_JSON: shape}} if gives is not None else {})}
    return {
        str(status): success,
        **{str(code): {"$ref": f"#/components/responses/{error}{code}"} for code in sorted(statuses)},
    }


def _error_responses() -> Tree:
    return {
        f"{error}{code}": {"description": told, "content": {_JSON: {"schema": ref(error)}}}
        for error in ("Error", "OAuthError")
        for code, told in _ERRORS.items()
    }


if __name__ == "__main__":
    print(json.dumps(document(), indent=1, ensure_ascii=False))
