"""What the document says first: what the API is, how to begin, and how to authenticate."""

from __future__ import annotations

from typing import Any

from dci_common.scopes import CLIENTS_MANAGE, CLIENTS_READ, REGISTRY_SEARCH, REGISTRY_STATUS, REGISTRY_SUBSCRIBE

Tree = dict[str, Any]
_DESCRIPTION = """\
Partner systems search the registry through this API. It implements the SPDCI registry API v1.0.0.

1. The operators of the registry register your system as a client, and give you its `client_id` and its secret, or a
   link and a code with which you make the secret yourself.
2. Get a token at `POST /oauth2/client/token`. It is valid for some minutes.
3. Send it as `Authorization: Bearer TOKEN` with a message, such as `POST /registry/sync/search`. The `sender_id` of
   every message is the one that your client is registered with.

A response never contains `null`: a member without a value is left out. Errors have a code and say what to change. The
examples are for the demo registry, whose people are fictional. They work there as they are, with the `sender_id`
`test-client`.
"""
INFO: Tree = {
    "title": "SPDCI registry API",
    "version": "1.0.0",
    "description": _DESCRIPTION,
    "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
}
_SCOPES = {
    REGISTRY_SEARCH: "search, at once or asynchronously",
    REGISTRY_SUBSCRIBE: "subscribe to changes, and end subscriptions",
    REGISTRY_STATUS: "ask for the status of asynchronous messages",
    CLIENTS_MANAGE: "administer clients and keys",
    CLIENTS_READ: "read the registrations of clients",
}
SECURITY_SCHEMES: Tree = {
    "token": {
        "type": "oauth2",
        "description": "For all messages to the registry: the id and the secret of your client get an access token."
        " Where no scope is chosen, it has all scopes of the client.",
        "flows": {"clientCredentials": {"tokenUrl": "/oauth2/client/token", "scopes": _SCOPES}},
    },
    "client": {
        "type": "http",
        "scheme": "basic",
        "description": "Only for getting, revoking and introspecting tokens, if you leave the id and the secret out"
        " of the form.",
    },
    "operator": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Only for people who operate the registry: their access token, from the OpenID provider that"
        " OperatorIssuer names.",
    },
}
