"""The paths of the overview, and of what is read or done about clients at a glance; and the bodies of answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dci_cli.openapi.messages import TEXT, Schema, closed

Tree = dict[str, Any]
_NUMBER: Schema = {"type": "integer"}
_FLAG: Schema = {"type": "boolean"}
_MOMENT: Schema = {**TEXT, "format": "date-time"}
_TEXTS: Schema = {"type": "array", "items": TEXT}
_SHARE: Schema = {"type": "number", "minimum": 0}
_REF = "#/components/schemas/"
OVERVIEW_QUERY: Tree = {
    "name_begins": TEXT,
    "disclosure": TEXT,
    "record_types": TEXT,
    "openspp17": {"enum": ["true", "false"]},
}


def _some(shown: str, entry: Schema, **further: Schema) -> Schema:
    """Return the schema of a list of which so many were counted, and the first are shown."""
    return closed({"count": _NUMBER, "more": _FLAG, shown: {"type": "array", "items": entry}}, further)


_PAUSED = closed({"client_id": TEXT, "since": _MOMENT}, {"client": TEXT})
_FAILED = closed(
    {"correlation_id": TEXT, "client_id": TEXT, "kind": TEXT}, {"client": TEXT, "ended": _MOMENT, "reason": TEXT}
)
_OLDEST = closed(
    {"correlation_id": TEXT, "client_id": TEXT, "kind": TEXT, "state": TEXT, "accepted": _MOMENT},
    {"client": TEXT, "due": _MOMENT},
)
_OPEN = closed({"count": _NUMBER, "more": _FLAG}, {"oldest": _OLDEST, "overdue_since": _MOMENT})
_FAILING = closed(
    {"client_id": TEXT, "since": _MOMENT, "cause": TEXT},
    {"client": TEXT, "correlation_id": TEXT, "callback_url": TEXT, "frequency": {"type": "object"}},
)
_ENDING = closed(
    {"client_id": TEXT, "is_last": _FLAG, "secret_id": TEXT, "created": _MOMENT, "expires": _MOMENT},
    {"client": TEXT, "last_used": _MOMENT},
)
_LIMITS = closed(
    {
        "client_id": TEXT,
        "date": {**TEXT, "format": "date"},
        "records": _NUMBER,
        "records_a_day": _NUMBER,
        "share": _SHARE,
    },
    {"client": TEXT},
)
_COUNTS = closed(
    {
        "since": _MOMENT,
        "until": _MOMENT,
        "seconds": _NUMBER,
        "times": {"type": "array", "items": _MOMENT},
        "outcomes": {
            "type": "array",
            "items": closed({"outcome": TEXT, "total": _NUMBER, "counts": {"type": "array", "items": _NUMBER}}),
        },
    }
)
_FOLLOWED = closed(
    {
        "outcome": {"enum": ["succeeded", "failed", "loading"]},
        "records_apart": _NUMBER,
        "is_following": _FLAG,
        "is_old": _FLAG,
    },
    {"follows": TEXT, "as_of": _MOMENT, "last_pass": _MOMENT, "reason": TEXT},
)
_USED = closed({"used": _NUMBER, "most": _NUMBER})
SCHEMAS: Schema = {
    "Overview": closed(
        {
            "at": _MOMENT,
            "health": closed({"status": {"enum": ["ok", "attention", "failing"]}, "parts": _TEXTS}),
        },
        {
            "requests": _COUNTS,
            "exchanges": closed(
                {
                    "open": _OPEN,
                    "dead": _some("latest", _FAILED),
                    "refused": _some("latest", _FAILED),
                    "paused": _some("clients", _PAUSED),
                }
            ),
            "subscribers": _some("failing", _FAILING, events_due_since=_MOMENT),
            "secrets": _some("ending", _ENDING),
            "keys": {"type": "array", "items": {"$ref": f"{_REF}SigningKey"}},
            "limits": _some("clients", _LIMITS),
            "approvals": _some("waiting", {"$ref": f"{_REF}ApprovalView"}),
            "registry": _FOLLOWED,
            "unavailable": {"type": "object", "additionalProperties": TEXT},
        },
    ),
    "Preview": closed(
        {
            "records": {
                "type": "array",
                "items": closed({"record_type": TEXT, "record": {"type": "object"}}),
            },
            "disclosed": _TEXTS,
            "sets": {"type": "array", "items": closed({"name": TEXT, "attributes": _TEXTS})},
            "attributes": {
                "type": "array",
                "items": closed({"name": TEXT, "description": TEXT, "record_types": _TEXTS, "disclosed": _FLAG}),
            },
        }
    ),
    "ClientUsage": closed(
        {
            "client_id": TEXT,
            "date": {**TEXT, "format": "date"},
            **dict.fromkeys(("records", "records_a_day", "requests_a_minute"), _NUMBER),
            "open_exchanges": _USED,
            "credentials": {"type": "array", "items": closed({"id": TEXT, "last_used": _MOMENT})},
        },
        {"share": _SHARE, "paused": _MOMENT, "last_used": _MOMENT},
    ),
    "PausedClients": closed({"clients": {"type": "array", "items": _PAUSED}}, {"next": TEXT}),
    "Redriven": closed(
        {
            "redriven": _TEXTS,
            "failed": {"type": "array", "items": closed({"correlation_id": TEXT, "message": TEXT})},
        },
        {"next": TEXT},
    ),
    "Resumed": closed(
        {"client_id": TEXT, "resumed": {"type": "array", "items": {"enum": ["callbacks", "notifications"]}}}
    ),
}


def overview_paths(read: Callable[..., Tree], change: Callable[..., Tree]) -> Tree:
    """Return the paths; `read` and `change` make operations for administrators."""
    people: Tree = {"security": [{"operator": []}]}
    client, exchange = "/clients/{client_id}", "/exchanges/{correlation_id}"
    preview = read("Show what a client would see", "Preview", "disclosure", "record_types", "openspp17")
    paused = read("List clients whose callbacks are paused", "PausedClients", "limit", "next")
    redrive = change("Redrive the dead exchanges of a client", 200, "Redriven") | people
    redrive["parameters"] = [*redrive["parameters"], *paused["parameters"]]
    return {
        "/overview": {"get": read("Show what needs somebody", "Overview")},
        "/clients/deleted": {"get": read("List deleted clients", "DeletedClients", "limit", "next")},
        "/clients/preview": {"get": preview},
        f"{client}/usage": {"get": read("Show what a client uses of its limits", "ClientUsage")},
        f"{client}/redrive": {"post": redrive},
        f"{client}/resume": {"post": change("Resume what is sent to a client", 200, "Resumed") | people},
        "/exchanges/paused": {"get": paused},
        f"{exchange}/redrive": {"post": change("Redrive a failed exchange", 200, "ExchangeView") | people},
        f"{exchange}/cancel": {"post": change("Cancel an open exchange", 200, "ExchangeView")},
    }
