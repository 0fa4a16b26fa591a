"""Reading people, groups and memberships from CSV files, OpenSPP's exports among them.

An export writes the first entry of a list (an identifier, a membership) into the record's own row, and each further
one into a row of its own below it, in which the record's own columns are empty.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from dci_cli.command_error import CommandError
from dci_cli.registry.importer import columns
from dci_cli.registry.importer.columns import Column
from dci_cli.registry.importer.rows import Row
from dci_common.registry.model.records import AnyRecord, Group, Membership, Person
from dci_common.validation import describe

_COLUMNS = {
    what: columns.by_name(known)
    for what, known in (
        ("individuals", columns.PERSON),
        ("groups", columns.GROUP),
        ("memberships", columns.MEMBERSHIP),
    )
}
_REQUIRED = {"individuals": {"id"}, "groups": {"id"}, "memberships": {"group_id", "person_id"}}
_EMPTY = ("", "False")  # Odoo's word for nothing
_IS_GROUP = "is_group"
_GOES_ON_REJECTED = "The row goes on with a row that is rejected."
Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Block:
    """A record's own row, and those that go on with it, each with the number of its first line."""

    lines: list[int]
    rows: list[list[str]]


class CsvFile:
    """One CSV file, whose name begins with what it holds: individuals, groups or memberships."""

    def __init__(self, name: str, lines: Iterable[str]) -> None:
        """Read the header. Raises CommandError when the rows can not be understood with it."""
        what = next((what for what in _COLUMNS if name.casefold().startswith(what)), None)
        if what is None:
            raise CommandError(f"{name}: the name of a CSV file begins with individuals, groups or memberships.")
        rest = iter(lines)
        first = next(rest, "").removeprefix("\ufeff")
        delimiter = ";" if first.count(";") > first.count(",") else ","
        self._reader = csv.reader(rest, delimiter=delimiter)
        try:
            self._titles = next(csv.reader([first], delimiter=delimiter), [])
        except csv.Error as error:
            raise CommandError(f"{name}: the header is not CSV: {error}.") from error
        self._what = what
        self._names = ["_".join(title.casefold().split()) for title in self._titles]
        self._placed = {what: [known.get(name) for name in self._names] for what, known in _COLUMNS.items()}
        self._says_is_group = what != "memberships" and _IS_GROUP in self._names
        self._continues = [
            "[]" in column.field if column else "/" in name
            for name, column in zip(self._names, self._placed[what], strict=True)
        ]
        missing = _REQUIRED[what] - {column.field for column in self._placed[what] if column}
        if missing:
            raise CommandError(f"{name} has no column {' and '.join(sorted(missing))}.")

    @property
    def ignored(self) -> list[str]:
        """The titles of columns that are not understood."""
        read = ("individuals", "groups") if self._says_is_group else (self._what,)
        understood = [any(columns) for columns in zip(*(self._placed[what] for what in read), strict=True)]
        return [
            title
            for title, name, known in zip(self._titles, self._names, understood, strict=True)
            if not known and name != _IS_GROUP
        ]

    def rows(self) -> Iterator[Row]:
        """Read the records, and what can not be read as one."""
        block: _Block | None = None
        without_block = "The row goes on with a record, but follows none."
        for line, row in self._cells():
            if isinstance(row, Row):  # nobody can say any more whose the rows below it are
                yield from self._read(block)
                yield row
                block, without_block = None, _GOES_ON_REJECTED
            elif not self._goes_on(row):
                yield from self._read(block)
                block = _Block([line], [row])
            elif block is not None:
                block.lines.append(line)
                block.rows.append(row)
            else:
                yield Row(line, self._told(row), None, without_block)
        yield from self._read(block)

    def _cells(self) -> Iterator[tuple[int, list[str] | Row]]:
        """Yield the cells of each row that is not empty, with the number of its first line."""
        while True:
            line = self._reader.line_num + 2  # the header is not the reader's
            try:
                cells = [cell.strip() for cell in next(self._reader)]
            except StopIteration:
                return
            except csv.Error as error:
                yield line, Row(line, "", None, f"The row is not CSV: {error}.")
                continue
            if not any(cells):
                continue
            if len(cells) == len(self._titles):
                yield line, ["" if cell in _EMPTY else cell for cell in cells]
            else:
                reason = f"The row has {len(cells)} cells, the header {len(self._titles)}."
                yield line, Row(line, cells, None, reason)

    def _goes_on(self, row: list[str]) -> bool:
        return all(continues or not cell for cell, continues in zip(row, self._continues, strict=True))

    def _read(self, block: _Block | None) -> Iterator[Row]:
        """Read the block's record, then its memberships; where the record is rejected, all of its rows are."""
        if block is None:
            return
        first, *further = zip(block.lines, map(self._told, block.rows), strict=True)
        what = self._what_of(block)
        rows: Iterator[Row]
        if what:
            rows = (_validated(*first, *record) for record in self._records(what, block))
        else:
            rows = iter([Row(*first, None, f"{_IS_GROUP} must be true or false.")])
        record = next(rows)
        yield record
        yield from (Row(line, told, None, _GOES_ON_REJECTED) for line, told in further) if record.reason else rows

    def _records(self, what: str, block: _Block) -> Iterator[tuple[type[AnyRecord], Fields]]:
        """Yield the fields of the block's record, and of its memberships."""
        fields = self._fields(what, block)
        if what == "memberships":
            yield Membership, fields
            return
        is_group = what == "groups"
        whole_name = fields.pop("display_name", None)
        if whole_name and "name" not in fields:
            fields["name"] = {"given_name": whole_name}
        memberships = fields.pop("memberships", [])
        yield (Group if is_group else Person), fields
        own = "group_id" if is_group else "person_id"
        for membership in memberships:
            yield Membership, {own: fields.get("id"), **membership}

    def _what_of(self, block: _Block) -> str | None:
        """Tell what a registrant is: an export of individuals says it of each; None where it says neither."""
        if self._what == "groups" or not self._says_is_group:
            return self._what
        is_group = columns.truth(block.rows[0][self._names.index(_IS_GROUP)])
        return None if is_group is None else "groups" if is_group else "individuals"

    def _fields(self, what: str, block: _Block) -> Fields:
        fields: Fields = {}
        for row in block.rows:
            entries: dict[str, Fields] = {}
            for column, cell in zip(self._placed[what], row, strict=True):
                if column and cell:
                    _place(fields, entries, column, cell)
            for name, entry in entries.items():
                _append(fields.setdefault(name, []), entry)
        return fields

    def _told(self, row: list[str]) -> dict[str, str]:
        return {title: cell for title, cell in zip(self._titles, row, strict=True) if cell}


def _validated(line: int, told: object, model: type[AnyRecord], fields: Fields) -> Row:
    try:
        return Row(line, told, model.model_validate(fields), "")
    except ValidationError as error:
        return Row(line, told, None, describe(error, "The row"))


def _place(fields: Fields, entries: dict[str, Fields], column: Column, cell: str) -> None:
    value = column.read(cell)
    part, _, field = column.field.rpartition(".")
    if part.endswith("[]"):
        entries.setdefault(part.removesuffix("[]"), {})[field.removesuffix("[]")] = value
    elif part:
        fields.setdefault(part, {})[field] = value
    elif field.endswith("[]"):
        there = fields.setdefault(field.removesuffix("[]"), [])
        there += [one for one in value if one not in there]
    else:
        fields[field] = value


def _append(entries: list[Fields], entry: Fields) -> None:
    """Add an entry; further roles alone belong to the one before."""
    if entries and entry.keys() == {"roles"}:
        entries[-1]["roles"] = [*entries[-1].get("roles", []), *entry["roles"]]
    else:
        entries.append(entry)
