"""Clients and what belongs to them, in tables for a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]


def table(columns: Sequence[str], records: Iterable[Record]) -> str:
    """Return the records' members of these names, each column as wide as it must be; what is not there is blank."""
    heading = [column.replace("_", " ") for column in columns]
    rows = [heading, *([_text(record.get(column, "")) for column in columns] for record in records)]
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def sheet(record: Record) -> str:
    """Return a record with a line for each member."""
    lines = list(_lines(record))
    width = max(len(name) for name, _ in lines)
    return "\n".join(f"{name.ljust(width)}  {text}".rstrip() for name, text in lines)


def _lines(record: Record) -> Iterator[tuple[str, str]]:
    for name, value in record.items():
        if name == "flags":
            yield from _lines(value)
        else:
            yield name.replace("_", " "), _text(value)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return " ".join(value)
    return json.dumps(value, ensure_ascii=False)
