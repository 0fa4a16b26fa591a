"""People, groups and memberships in CSV files, including OpenSPP's exports.

An export writes the first entry of a list (an identifier, a membership) into the row of its record, and each further
entry into a continuation row below it, in which the record's own columns are empty.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import ValidationError

from dci_cli.command_error import CommandError
from dci_cli.registry.importer import columns
from dci_cli.registry.importer.columns import Fields
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
_EMPTY = ("", "False")  # the second is Odoo's
_IS_GROUP = "is_group"
_CONTINUES_REJECTED = "The row continues a row that is rejected."


@dataclass(frozen=True, slots=True)
class _Block:
    """The rows of a record: its own, then its continuation rows, each with the number of its first line."""

    lines: list[int]
    rows: list[list[str]]


class CsvFile:
    """A CSV file, whose name begins with what it contains: individuals, groups or memberships."""

    def __init__(self, name: str, lines: Iterable[str]) -> None:
        """Read the header. Raises CommandError when it does not describe the rows."""
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
        self._columns = {what: [known.get(name) for name in self._names] for what, known in _COLUMNS.items()}
        self._has_is_group = what != "memberships" and _IS_GROUP in self._names
        self._continues = [
            "[]" in column.field if column else "/" in name
            for name, column in zip(self._names, self._columns[what], strict=True)
        ]
        missing = _REQUIRED[what] - {column.field for column in self._columns[what] if column}
        if missing:
            raise CommandError(f"{name} has no column {' and '.join(sorted(missing))}.")

    @property
    def ignored(self) -> list[str]:
        """The titles of the columns that are ignored."""
        read = ("individuals", "groups") if self._has_is_group else (self._what,)
        known = [any(columns) for columns in zip(*(self._columns[what] for what in read), strict=True)]
        return [
            title
            for title, name, is_known in zip(self._titles, self._names, known, strict=True)
            if not is_known and name != _IS_GROUP
        ]

    def rows(self) -> Iterator[Row]:
        """Yield the records, and the rows that are not records."""
        block: _Block | None = None
        without_block = "The row continues a record, but there is no record above it."
        for line, row in self._cells():
            if isinstance(row, Row):  # the record of the continuation rows below it is unknown
                yield from self._read(block)
                yield row
                block, without_block = None, _CONTINUES_REJECTED
            elif not self._is_continuation(row):
                yield from self._read(block)
                block = _Block([line], [row])
            elif block is not None:
                block.lines.append(line)
                block.rows.append(row)
            else:
                yield Row(line, self._content(row), None, without_block)
        yield from self._read(block)

    def _cells(self) -> Iterator[tuple[int, list[str] | Row]]:
        """Yield the cells of each row that is not empty, with the number of its first line."""
        while True:
            line = self._reader.line_num + 2  # the reader does not count the header
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

    def _is_continuation(self, row: list[str]) -> bool:
        return all(continues or not cell for cell, continues in zip(row, self._continues, strict=True))

    def _read(self, block: _Block | None) -> Iterator[Row]:
        """Yield the block's record, then its memberships; when the record is rejected, all of its rows are."""
        if block is None:
            return
        first, *further = zip(block.lines, map(self._content, block.rows), strict=True)
        what = self._kind_of(block)
        rows: Iterator[Row]
        if what:
            rows = (_validate(*first, *record) for record in self._records(what, block))
        else:
            rows = iter([Row(*first, None, f"{_IS_GROUP} must be true or false.")])
        record = next(rows)
        yield record
        rejected = (Row(line, content, None, _CONTINUES_REJECTED) for line, content in further)
        yield from rejected if record.reason else rows

    def _records(self, what: str, block: _Block) -> Iterator[tuple[type[AnyRecord], Fields]]:
        """Yield the model and fields of the block's record, and of its memberships."""
        fields = columns.record_fields(self._columns[what], block.rows)
        if what == "memberships":
            yield Membership, fields
            return
        is_group = what == "groups"
        display_name = fields.pop("display_name", None)
        if display_name and "name" not in fields:
            fields["name"] = {"given_name": display_name}
        memberships = fields.pop("memberships", [])
        yield (Group if is_group else Person), fields
        own = "group_id" if is_group else "person_id"
        for membership in memberships:
            yield Membership, {own: fields.get("id"), **membership}

    def _kind_of(self, block: _Block) -> str | None:
        """Return the kind of a block; None when the is_group column of an export is neither true nor false."""
        if self._what == "groups" or not self._has_is_group:
            return self._what
        is_group = columns.truth(block.rows[0][self._names.index(_IS_GROUP)])
        return None if is_group is None else "groups" if is_group else "individuals"

    def _content(self, row: list[str]) -> dict[str, str]:
        return {title: cell for title, cell in zip(self._titles, row, strict=True) if cell}


def _validate(line: int, content: object, model: type[AnyRecord], fields: Fields) -> Row:
    try:
        return Row(line, content, model.model_validate(fields), "")
    except ValidationError as error:
        return Row(line, content, None, describe(error, "The row"))
