"""What people read of each operation: its id, its tag and its description, and the order of the tags."""

from __future__ import annotations

from typing import Any, NamedTuple

Tree = dict[str, Any]
TOKENS, SEARCH, LATER, STATUS = "Tokens", "Search", "Asynchronous search", "Status of a message"
SUBSCRIPTIONS, SECRET, SERVICE, PREFIXED = "Subscriptions", "Your secret", "The service", "With a route prefix"
CLIENTS, SECRETS, APPROVALS = "Administration: clients", "Administration: secrets", "Administration: approvals"
KEYS, EXCHANGES = "Administration: signing keys", "Administration: exchanges and subscriptions"
OVERSIGHT = "Administration: oversight"
# In the order of the pages that show the document: what partners need first, then what operators do.
TAGS = {
    TOKENS: "A client authenticates and gets an access token, which every message to the registry needs (OAuth 2.0).",
    SEARCH: "Ask for people or households, and get them in the response.",
    LATER: "Ask for any number of records: the answer follows in callbacks to your own server.",
    SUBSCRIPTIONS: "Be notified of changes of records.",
    STATUS: "What became of an asynchronous message.",
    SECRET: "Make your client's secret with the link and the code that an operator of the registry sent you.",
    SERVICE: "Health, public keys and descriptions; they need no token.",
    PREFIXED: "The same operations for a deployment with a `RoutePrefix`: their paths begin with it.",
    CLIENTS: "For operators: which partners there are, and what each may see.",
    SECRETS: "For operators: secrets of clients, and links with which partners make them.",
    APPROVALS: "For operators: changes that wait for a second person.",
    KEYS: "For operators: the keys that sign tokens and messages.",
    EXCHANGES: "For operators: asynchronous exchanges and subscriptions of all clients.",
    OVERSIGHT: "For people who sign in: who saw whom, who administered what, and single records.",
}


class Operation(NamedTuple):
    """What the document says of an operation beside its bodies; an empty description is its summary's alone."""

    id: str
    tag: str
    description: str = ""


_IF_MATCH = "Send the `ETag` that you read as `If-Match`, or `*` for any version."
_OPERATIONS = {
    "POST /oauth2/client/token": Operation(
        "getToken",
        TOKENS,
        "Client credentials grant (RFC 6749). Authenticate with the id and secret of your client, in the form or"
        " with HTTP Basic, or with a JWT that your own key signed (`private_key_jwt`, RFC 7523). Without `scope`, the"
        " token has all scopes of the client. It is valid for `expires_in` seconds: keep it until then.",
    ),
    "POST /oauth2/client/revoke": Operation(
        "revokeToken", TOKENS, "RFC 7009. A client revokes a token of its own; it is rejected within 60 seconds."
    ),
    "POST /oauth2/client/introspect": Operation(
        "introspectToken", TOKENS, "RFC 7662. Needs a client with the scope `clients.read`."
    ),
    "POST /registry/sync/search": Operation(
        "search",
        SEARCH,
        "Sends one or more search items, each of which is answered on its own. `header.sender_id` is the one that"
        " your client is registered with. An item that is not served has `status` `rjct` with the reason, and the"
        " response is 200. You receive only the attributes that your client may see.",
    ),
    "POST /registry/search": Operation(
        "searchAsynchronously",
        LATER,
        "The message is acknowledged at once. The answer is sent to `header.sender_uri`, which must be registered for"
        " your client, or to its default address; without either, it waits for a request for its status. The same"
        " message may be sent again within 24 hours, and is answered once.",
    ),
    "POST /registry/subscribe": Operation(
        "subscribe",
        SUBSCRIPTIONS,
        "The codes of the subscriptions follow in a callback, and then notifications, whenever a record changes.",
    ),
    "POST /registry/unsubscribe": Operation(
        "unsubscribe", SUBSCRIPTIONS, "Ends subscriptions by their codes. Which have ended follows in a callback."
    ),
    "POST /registry/sync/txn/status": Operation(
        "getStatus",
        STATUS,
        "Your own messages are found by `transaction_id`, `correlation_id`, reference ids or subscription codes.",
    ),
    "POST /registry/txn/status": Operation(
        "getStatusAsynchronously", STATUS, "The same, acknowledged at once and answered in a callback."
    ),
    "GET /handover": Operation("getHandoverPage", SECRET),
    "POST /handover": Operation(
        "redeemHandover", SECRET, "Makes the secret and shows it, once. A link works once, and for five tries."
    ),
    "GET /handover/handover.js": Operation("getHandoverScript", SECRET),
    "GET /health": Operation("getHealth", SERVICE, "Answers 200 while the service runs. It needs no token."),
    "GET /openapi.json": Operation("getDescription", SERVICE),
    "GET /.well-known/jwks.json": Operation(
        "getKeys",
        SERVICE,
        "The public keys as a JWK set (RFC 7517). A `kid` with `|` in it is that of a key that signs messages; the"
        " others sign access tokens. You may keep the set for five minutes.",
    ),
    "GET /.well-known/oauth-authorization-server": Operation("getMetadata", SERVICE, "RFC 8414."),
    "GET /clients": Operation("listClients", CLIENTS),
    "POST /clients": Operation("createClient", CLIENTS, "The secret is in the response, and is not shown again."),
    "GET /overview": Operation("getOverview", CLIENTS, "What needs somebody: the first of each kind, and how many."),
    "GET /clients/log": Operation("getLog", CLIENTS, "Newest first."),
    "GET /clients/deleted": Operation("listDeletedClients", CLIENTS, "Newest first."),
    "GET /clients/preview": Operation(
        "previewDisclosure", CLIENTS, "What a disclosure list shows of an invented person and household."
    ),
    "GET /clients/{client_id}/usage": Operation("getClientUsage", CLIENTS, "Of today (UTC), with its limits."),
    "GET /clients/{client_id}": Operation("getClient", CLIENTS),
    "PATCH /clients/{client_id}": Operation(
        "updateClient", CLIENTS, f"Changes the members that are sent; `null` resets one to its default. {_IF_MATCH}"
    ),
    "DELETE /clients/{client_id}": Operation("deleteClient", CLIENTS, f"Cannot be undone. {_IF_MATCH}"),
    "POST /clients/{client_id}/disable": Operation(
        "disableClient", CLIENTS, "It gets no new token, and its tokens are rejected within 60 seconds."
    ),
    "POST /clients/{client_id}/enable": Operation("enableClient", CLIENTS),
    "POST /clients/{client_id}/revoke-tokens": Operation("revokeClientTokens", CLIENTS),
    "GET /clients/{client_id}/log": Operation("getClientLog", CLIENTS, "Newest first."),
    "GET /clients/{client_id}/secrets": Operation("listSecrets", SECRETS, "When each was made and last used."),
    "POST /clients/{client_id}/secrets": Operation(
        "createSecret",
        SECRETS,
        "The older secret expires after `old_expires_in` seconds; seven days, if it is absent.",
    ),
    "DELETE /clients/{client_id}/secrets/{secret_id}": Operation("deleteSecret", SECRETS),
    "GET /clients/{client_id}/handovers": Operation("listHandovers", SECRETS),
    "POST /clients/{client_id}/handovers": Operation(
        "createHandover", SECRETS, "Send the link and the code to the partner by two different ways."
    ),
    "DELETE /clients/{client_id}/handovers/{handover_id}": Operation("withdrawHandover", SECRETS),
    "GET /approvals": Operation("listApprovals", APPROVALS, "Newest first."),
    "GET /approvals/{approval_id}": Operation("getApproval", APPROVALS, "Each member, before and after."),
    "POST /approvals/{approval_id}/approve": Operation(
        "approveChange", APPROVALS, f"For people who did not ask for the change. {_IF_MATCH}"
    ),
    "POST /approvals/{approval_id}/reject": Operation("rejectChange", APPROVALS),
    "POST /approvals/{approval_id}/withdraw": Operation("withdrawChange", APPROVALS),
    "GET /keys": Operation("listSigningKeys", KEYS),
    "POST /keys/rotate": Operation("rotateTokenKeys", KEYS, "Tokens that were issued before stay valid."),
    "POST /keys/revoke": Operation("revokeTokenKeys", KEYS, "For a stolen key: all tokens become invalid."),
    "POST /keys/messages/rotate": Operation("rotateMessageKeys", KEYS),
    "POST /keys/messages/revoke": Operation("revokeMessageKeys", KEYS, "For a stolen key."),
    "GET /exchanges": Operation("listExchanges", EXCHANGES),
    "GET /exchanges/paused": Operation("listPausedClients", EXCHANGES),
    "GET /exchanges/{correlation_id}": Operation("getExchange", EXCHANGES),
    "POST /exchanges/{correlation_id}/redrive": Operation(
        "redriveExchange", EXCHANGES, "Sends again what could not be delivered."
    ),
    "POST /exchanges/{correlation_id}/cancel": Operation("cancelExchange", EXCHANGES),
    "POST /clients/{client_id}/redrive": Operation(
        "redriveClient", EXCHANGES, "A page at a time: repeat it with `next` until the response has no `next`."
    ),
    "POST /clients/{client_id}/resume": Operation(
        "resumeClient", EXCHANGES, "Callbacks and notifications that were paused, or failed, go on."
    ),
    "GET /subscriptions": Operation("listSubscriptions", EXCHANGES),
    "GET /subscriptions/failing": Operation("listFailingSubscribers", EXCHANGES),
    "GET /subscriptions/{code}": Operation("getSubscription", EXCHANGES),
    "POST /subscriptions/{code}/cancel": Operation("cancelSubscription", EXCHANGES),
    "GET /audit": Operation("getAudit", OVERSIGHT, "Of a person, a household or a client. The look is recorded."),
    "GET /audit/statement": Operation("getStatement", OVERSIGHT, "Which organisation received what about a person."),
    "GET /usage": Operation("getUsage", OVERSIGHT),
    "GET /administration-log": Operation("getAdministrationLog", OVERSIGHT, "Newest first."),
    "GET /records/{kind}/{id}": Operation(
        "getRecord", OVERSIGHT, "The whole record. The look is recorded, with its `reason`."
    ),
}
_PREFIX = "/{prefix}"


def described(paths: Tree) -> Tree:
    """Return the paths, each operation with what is known of it here. Raises KeyError for one that is not."""
    return {
        path: {method: _described(method, path, operation) for method, operation in item.items()}
        for path, item in paths.items()
    }


def operation_of(route: str) -> Operation:
    """Return what is known of an operation, such as `GET /health`. Raises KeyError."""
    return _OPERATIONS[route]


def tags() -> list[Tree]:
    """Return the tags in their order."""
    return [{"name": name, "description": description} for name, description in TAGS.items()]


def _described(method: str, path: str, operation: Tree) -> Tree:
    known = operation_of(f"{method.upper()} {path.removeprefix(_PREFIX)}")
    if path.startswith(_PREFIX):
        known = Operation(f"{known.id}WithPrefix", PREFIXED, known.description)
    text = {"description": known.description} if known.description else {}
    return {"operationId": known.id, "tags": [known.tag], **operation, **text}
