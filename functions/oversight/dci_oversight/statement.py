"""A statement for a citizen: who saw the record, in words that name nobody else and show no query."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from dci_common.registries.social.disclosure import disclosure, sent

if TYPE_CHECKING:
    from dci_common.exchange.audit_records import Record

STATEMENT_COLUMNS = ("when", "organisation", "fields", "purpose")
VIEWED = "records/"  # with which the routes of operators who see a record begin
_STAFF = "The registry's own staff"
_STAFF_PURPOSE = "The registry has recorded a reason."  # without which staff see no record
_UNKNOWN = "An organisation that is not registered any more"
_WHOLE_RECORD = "the whole record"
# The words of a purpose as JSON of which the end is missing.
_WORDS = re.compile(
    r"""
    "(?: consent | authorize | text | code | ref_uri )":"
    ( (?: [^"\\\x00-\x1f] | \\["\\/bfnrt] | \\u[0-9a-f]{4} )* )
    """,
    re.VERBOSE,
)
_NOT_RECORDED = "not recorded"  # by the version that recorded the disclosure


def is_disclosure(record: Record) -> bool:
    """Return whether a client or an operator saw the record: not who changed it, nor who looked up who saw it."""
    return "client_id" in record or str(record.get("route", "")).startswith(VIEWED)


def stated(record: Record) -> dict[str, Any]:
    """Return a disclosure as a citizen reads it: no operator, no ids, and neither a query nor a reason."""
    by_staff = "operator" in record
    return {
        "when": record["moment"],
        "organisation": _STAFF if by_staff else record.get("client", _UNKNOWN).removesuffix(" (deleted)"),
        "fields": [_WHOLE_RECORD] if by_staff else sent_fields(record),
        "purpose": _STAFF_PURPOSE if by_staff else _purpose(record.get("purpose", "")),
    }


def sent_fields(record: Record) -> list[str]:
    """Return the attributes that a disclosure sent of a record that has them."""
    if "disclosed" not in record:
        return [_NOT_RECORDED]
    return sorted(sent(disclosure(str(record["disclosed"]).split()), str(record.get("record_type", ""))))


def _purpose(text: str) -> str:
    """Return the purposes that the client stated, as texts or codes; the index has the beginning of long ones."""
    try:
        stated = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        parts = [json.loads(f'"{part}"') for part in _WORDS.findall(text)]
        return f"{'; '.join(dict.fromkeys(filter(None, parts))) or text} ..."
    return "; ".join(dict.fromkeys(filter(None, map(_words, stated.values())))) if isinstance(stated, dict) else text


def _words(purpose: object) -> str:
    if not isinstance(purpose, dict):
        return str(purpose)
    return str(purpose.get("text") or purpose.get("code") or purpose.get("ref_uri") or "")
