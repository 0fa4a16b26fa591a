"""The paths of oversight, and the bodies of their answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from dci_cli.openapi.messages import TEXT, Schema, closed
from dci_common.clients.store import MAX_PAGE
from dci_common.exchange.usage import KEPT_DAYS
from dci_common.scopes import CLIENTS_MANAGE, CLIENTS_READ

_NUMBER: Schema = {"type": "integer"}
_FLAG: Schema = {"type": "boolean"}
_AS_SENT: Schema = {}
_TEXTS: Schema = {"type": "array", "items": TEXT}
_MOMENT: Schema = {**TEXT, "format": "date-time"}
_RECORD = ("person", "group", "identifier_type", "identifier_value", "phone")
_FILTERS = ("client_id", "kind", "route", "operator")
_PERIOD = ("since", "until")
_PAGE = ("limit", "next", "format", "reason")
_QUERY: Schema = {
    "limit": {**_NUMBER, "minimum": 1, "maximum": MAX_PAGE},
    "format": {"enum": ["json", "csv"]},
    "date": {**TEXT, "format": "date"},
    "days": {**_NUMBER, "minimum": 1, "maximum": KEPT_DAYS},
    "unusual": {"enum": ["true"]},
}
_SUBJECTS: Schema = {"type": "array", "items": closed({"record": TEXT, "exists": {"type": "boolean"}})}
_AUDIT_ENTRY = closed(
    {"moment": _MOMENT, "did": TEXT, "count": _NUMBER, "records": _TEXTS},
    {
        **dict.fromkeys(("client_id", "client", "operator", "operator_name", "command", "reason", "route"), TEXT),
        **dict.fromkeys(("record_type", "disclosed", "rejected", "reference_id"), TEXT),
        **dict.fromkeys(("correlation_id", "message_id", "transaction_id"), TEXT),
        **dict.fromkeys(("withheld", "incomplete"), _FLAG),
        **dict.fromkeys(("query", "purpose"), _AS_SENT),
        "fields": _TEXTS,
    },
)
_DISCLOSURE = closed({"when": _MOMENT, "organisation": TEXT, "fields": _TEXTS, "purpose": TEXT})
_USAGE = closed(
    {
        **dict.fromkeys(("client_id", "client", "status"), TEXT),
        "date": {**TEXT, "format": "date"},
        **dict.fromkeys(("records", "records_a_day", "requests_a_minute", "known_days"), _NUMBER),
        "unusual": _FLAG,
    },
    {"usual": {"type": "number"}},
)
_LOG_ENTRY = closed(
    {"kind": TEXT, "id": TEXT, "at": _MOMENT, "by": TEXT, "act": TEXT},
    {
        **dict.fromkeys(("name", "by_name", "secret_id", "approval_id", "approved_by", "approved_by_name"), TEXT),
        "version": _NUMBER,
        "changes": {"type": "object"},
    },
)
_LAST = {"next": TEXT}
_ABOUT = {"identifier_type": TEXT, "is_complete": _FLAG, "complete_since": {**TEXT, "format": "date"}}
SCHEMAS: Schema = {
    "Audit": closed(
        {"entries": {"type": "array", "items": _AUDIT_ENTRY}},
        {"subjects": _SUBJECTS, **_ABOUT, **_LAST},
    ),
    "Statement": closed(
        {"disclosures": {"type": "array", "items": _DISCLOSURE}, "subjects": _SUBJECTS},
        {**_ABOUT, **_LAST},
    ),
    "Usage": closed({"usage": {"type": "array", "items": _USAGE}}, {**_LAST, "looked_at": _NUMBER}),
    "AdministrationLog": closed({"entries": {"type": "array", "items": _LOG_ENTRY}}, _LAST),
    "StoredRecord": closed(
        {
            "kind": {"enum": ["person", "group"]},
            "id": TEXT,
            "record": {"type": "object"},
            "memberships": {"type": "array", "items": {"type": "object"}},
        }
    ),
}


def oversight_paths(responses: Callable[[str], Schema]) -> Schema:
    """Return the paths. `responses` returns those of an operation by the name of its answer."""

    def get(summary: str, returns: str, *query: str, scopes: Iterable[str] = (), has_csv: bool = True) -> Schema:
        answers = responses(returns)
        if has_csv:
            answers["200"]["content"]["text/csv"] = {"schema": TEXT}
        parameters: list[dict[str, Any]] = [
            {"in": "query", "name": name, "schema": _QUERY.get(name, TEXT)} for name in query
        ]
        security = [*({"token": [scope]} for scope in scopes), {"operator": []}]
        return {"get": {"summary": summary, "security": security, "parameters": parameters, "responses": answers}}

    view = get("View a record", "StoredRecord", "reason", has_csv=False)
    view["get"]["parameters"][0]["required"] = True
    log_query = ("client_id", "kind", "act", "by", *_PERIOD, *_PAGE)
    log = get("Show who administered what", "AdministrationLog", *log_query, scopes=(CLIENTS_READ, CLIENTS_MANAGE))
    return {
        "/audit": get("Show who saw whom", "Audit", *_RECORD, *_FILTERS, *_PERIOD, *_PAGE),
        "/audit/statement": get("Make a statement for a citizen", "Statement", *_RECORD, *_PERIOD, *_PAGE),
        "/usage": get("Show what clients received", "Usage", "date", "client_id", "days", "unusual", *_PAGE),
        "/administration-log": log,
        "/records/{kind}/{id}": view,
    }
