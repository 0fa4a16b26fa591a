"""How audit records are printed: a table for people, CSV for a spreadsheet, JSON for programs."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Sequence

from dci_cli.audit.records import Record
from dci_cli.terminal import Column, print_table

_COLUMNS = (
    *map(Column, ("when", "who", "did", "type")),
    Column("count", is_number=True),
    *(Column(name, wraps=True) for name in ("records", "disclosed", "route", "transaction", "purpose", "query")),
)
_CSV = (
    *("moment", "client_id", "client", "operator", "did", "record_type", "count", "records", "disclosed", "route"),
    *("transaction_id", "message_id", "correlation_id", "reference_id", "purpose", "query"),
)
_SHOWN = 20  # keys of a record; an import has thousands
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with which a spreadsheet begins to calculate


def print_text(records: Iterable[Record]) -> None:
    """Print a table, or where it is too wide each record as a sheet, with the first of its keys."""
    print_table(_COLUMNS, list(map(_row, records)))


def print_csv(records: Iterable[Record]) -> None:
    """Print all members of each record. A cell never begins like a formula: partners choose some of the texts."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_CSV)
    for record in records:
        keys = " ".join(_keys(record))
        cells = {**record, "did": _did(record), "count": len(_keys(record)), "records": keys}
        writer.writerow(_harmless(str(cells.get(name, ""))) for name in _CSV)


def as_json(record: Record) -> Record:
    """Return a record with its query and purpose as JSON, not as text."""
    parsed = {name: json.loads(record[name]) for name in ("query", "purpose") if _is_json(record.get(name))}
    return {**record, **parsed}


def _row(record: Record) -> Sequence[str]:
    who = record.get("operator") or record.get("client") or record.get("client_id", "")
    keys = _keys(record)
    texts = (record.get(name, "") for name in ("disclosed", "route", "transaction_id", "purpose", "query"))
    first = " ".join(keys[:_SHOWN]) + (f" and {len(keys) - _SHOWN:,} more" if len(keys) > _SHOWN else "")
    shown = [record["moment"], who, _did(record), record.get("record_type", ""), str(len(keys)), first]
    return [*shown, *map(str, texts)]


def _did(record: Record) -> str:
    """Return what was done: an operator's command, or `saw`, or why a client saw nothing."""
    if "operator" in record:
        return f"{record['command']}, in part" if record.get("incomplete") else str(record["command"])
    return next((name for name in ("rejected", "withheld") if name in record), "saw")


def _keys(record: Record) -> list[str]:
    return sorted(record.get("records", ()))


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _is_json(text: str | None) -> bool:
    """Return whether a text is complete JSON: a very long query is recorded in part."""
    try:
        return bool(text) and json.loads(text or "") is not None
    except ValueError:
        return False
