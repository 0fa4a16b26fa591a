"""Audit items as records that people read: who saw or did what, of whom, and when."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dci_common.aws.dynamodb import batch_get

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Access, Item

Record = dict[str, Any]  # `moment`, and the attributes of the item without its key

COLUMNS = (  # of CSV; the first members of the JSON too
    *("moment", "client_id", "client", "operator", "did", "record_type", "count", "records", "disclosed", "route"),
    *("transaction_id", "message_id", "correlation_id", "reference_id", "purpose", "query"),
    *("operator_name", "reason"),
)
_KEYS = {"pk", "sk", "item", "expires"}


def whole_items(access: Access, table: str, entries: Sequence[Item]) -> list[Item]:
    """Return the audit items of entries of the index, in their order.

    They are read as a whole; what has expired meanwhile is as the index has it.
    """
    keys = [{"pk": entry["item"], "sk": entry["sk"]} for entry in entries]
    items = batch_get(access, table, keys, consistent=False)
    whole = {(item["pk"]["S"], item["sk"]["S"]): item for item in items}
    return [{**entry, **whole.get((entry["item"]["S"], entry["sk"]["S"]), {})} for entry in entries]


def record_of(item: Item) -> Record:
    """Return the record of an audit item, or of an entry of the index."""
    return {
        "moment": item["sk"]["S"].partition("#")[0],
        **{name: next(iter(value.values())) for name, value in item.items() if name not in _KEYS},
    }


def act_of(record: Record) -> str:
    """Return what was done: an operator's command, or `saw`, or why a client saw nothing."""
    if "command" in record:
        return f"{record['command']}, in part" if record.get("incomplete") else str(record["command"])
    return next((name for name in ("rejected", "withheld") if name in record), "saw")


def keys_of(record: Record) -> list[str]:
    """Return the keys of the people and groups of a record."""
    return sorted(record.get("records", ()))


def cells_of(record: Record) -> Record:
    """Return the cells of a record's row of CSV, by the names of the columns."""
    keys = keys_of(record)
    return {**record, "did": act_of(record), "count": len(keys), "records": " ".join(keys)}


def as_json(record: Record) -> Record:
    """Return a record with its query and purpose as JSON, not as text."""
    parsed = {name: _parsed(record.get(name, "")) for name in ("query", "purpose")}
    return {**record, **{name: content for name, content in parsed.items() if content is not None}}


def _parsed(text: str) -> object:
    """Return the content of JSON; None of what is not: a very long query in part, or numbers such as NaN."""
    try:
        return json.loads(text, parse_constant=_not_json)
    except (ValueError, RecursionError):
        return None


def _not_json(constant: str) -> object:
    raise ValueError(constant)
