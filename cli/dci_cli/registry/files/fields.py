"""The fields of a record, from the rows of a table: a column that is there gives its field, also if it is empty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dci_cli.registry.files.cells import Notation, truth
from dci_cli.registry.files.columns import Column
from dci_cli.registry.files.header import EMPTY, Header
from dci_cli.registry.support.plausibility import Fields

_UNSET_IF_EMPTY = ("id", "restricted", "identifiers", "memberships", "person_id", "group_id", "start")
_GIVEN_OF_MEMBERSHIP = {"roles": (), "end": None}


class RecordFields:
    """Collects the fields of one record, and the contradictions between its columns."""

    def __init__(self, header: Header, what: str, notation: Notation) -> None:
        self._columns = header.columns[what]
        self._titles = header.titles
        self._notation = notation
        self._given_by: dict[str, str] = {}  # the title of the column that a value came from
        self.fields: Fields = {}
        self.contradictions: list[str] = []
        self._rows_of: dict[str, list[int]] = {}  # of each list, the row of each entry

    def read(self, rows: Sequence[Sequence[str]]) -> None:
        """Add the cells of the record's rows."""
        for index, row in enumerate(rows):
            entries: dict[str, Fields] = {}
            self._given_by.clear()
            for column, cell, title in zip(self._columns, row, self._titles, strict=True):
                if column and (cell not in EMPTY or (cell and column.read is truth)):
                    self._set_field(entries, column, cell, title)
            for name, entry in entries.items():
                if _append(self.fields.setdefault(name, []), entry):
                    self._rows_of.setdefault(name, []).append(index)
        self._set_empty()

    def rows_of(self, part: str) -> list[int]:
        """Return the index of the row of each entry of a list."""
        return self._rows_of.get(part, [])

    def _set_field(self, entries: dict[str, Fields], column: Column, cell: str, title: str) -> None:
        value = column.read(cell, self._notation)
        part, is_list, field = column.field.partition("[].")
        if is_list:
            self._set(entries.setdefault(part, {}), column, field.removesuffix("[]"), value, title)
        elif column.is_repeated:
            values = self.fields.setdefault(column.path, [])
            values += [new for new in value if new not in values]
        else:
            *parts, field = column.field.split(".")
            holder = self.fields
            for name in parts:
                holder = holder.setdefault(name, {})
            self._set(holder, column, field, value, title)

    def _set(self, holder: Fields, column: Column, field: str, value: Any, title: str) -> None:  # noqa: ANN401
        if field in holder and holder[field] != value:
            self.contradictions.append(f"{self._given_by[column.field]} and {title} have different values.")
        self._given_by[column.field] = title
        holder[field] = value

    def _set_empty(self) -> None:
        """Give each field that has a column and no value its empty value."""
        for column in filter(None, self._columns):
            part = column.path.partition(".")[0]
            if part in _UNSET_IF_EMPTY:
                continue
            if part == "name" and "." in column.path:
                self.fields.setdefault("name", {}).setdefault(column.path.removeprefix("name."), None)
            else:
                self.fields.setdefault(part, [] if column.is_repeated else None)
        place = self.fields.get("place")
        if place and not place.get("geo") and any(one and ".geo." in one.field for one in self._columns):
            place["geo"] = None


def given_membership(header: Header, what: str, fields: Fields) -> Fields:
    """Return the fields of a membership in a row of a person or group, with those that have an empty column."""
    given = {name: empty for name, empty in _GIVEN_OF_MEMBERSHIP.items() if header.gives(what, f"memberships.{name}")}
    return given | fields


def _append(entries: list[Fields], entry: Fields) -> bool:
    """Append an entry, and return True; an entry with nothing but roles adds them to the entry before."""
    if entries and entry.keys() == {"roles"}:
        entries[-1]["roles"] = [*entries[-1].get("roles", []), *entry["roles"]]
        return False
    entries.append(entry)
    return True
