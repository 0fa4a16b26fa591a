"""How audit records are printed: a table for people, CSV for a spreadsheet."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from dci_cli.terminal import Column, print_table
from dci_common.csv_text import csv_text
from dci_common.exchange.audit_records import COLUMNS, Record, act_of, cells_of, keys_of

_COLUMNS = (
    *map(Column, ("when", "who", "did", "type")),
    Column("count", is_number=True),
    *(Column(name, wraps=True) for name in ("records", "disclosed", "route", "transaction", "purpose", "query")),
)
_SHOWN = 20  # keys of a record; an import has thousands


def print_text(records: Iterable[Record]) -> None:
    """Print a table, or where it is too wide each record as a sheet, with the first of its keys."""
    print_table(_COLUMNS, list(map(_row, records)))


def print_csv(records: Iterable[Record]) -> None:
    """Print all members of each record. A cell never begins like a formula: partners choose some of the texts."""
    sys.stdout.write(csv_text(COLUMNS, map(cells_of, records)))


def _row(record: Record) -> Sequence[str]:
    who = next((record[name] for name in ("operator_name", "operator", "client", "client_id") if name in record), "")
    keys = keys_of(record)
    why = record.get("purpose") or record.get("reason", "")
    texts = (
        *(record.get(name, "") for name in ("disclosed", "route", "transaction_id")),
        why,
        record.get("query", ""),
    )
    first = " ".join(keys[:_SHOWN]) + (f" and {len(keys) - _SHOWN:,} more" if len(keys) > _SHOWN else "")
    shown = [record["moment"], who, act_of(record), record.get("record_type", ""), str(len(keys)), first]
    return [*shown, *map(str, texts)]
