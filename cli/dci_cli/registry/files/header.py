"""The header of a table: what its columns are, and what they are called in the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dci_cli.command_error import CommandError
from dci_cli.registry.files import columns
from dci_cli.registry.files.columns import IS_GROUP, IS_GROUP_LABEL
from dci_cli.registry.support.plausibility import Path

_COLUMNS = {
    what: columns.by_name(known)
    for what, known in (
        ("individuals", columns.PERSON),
        ("groups", columns.GROUP),
        ("memberships", columns.MEMBERSHIP),
    )
}
EMPTY = ("", "False")  # the second is Odoo's
REASON = "reason"  # the column of rejects that says why, which is ignored when they are imported again


def content_of(name: str) -> str | None:
    """Return what a table of this name contains: individuals, groups or memberships."""
    return next((what for what in _COLUMNS if name.casefold().startswith(what)), None)


class Header:
    """The titles of a table of individuals, groups or memberships."""

    def __init__(self, name: str, titles: Sequence[str]) -> None:
        """Read the titles. Raises CommandError when they do not describe the rows."""
        self.what = content_of(name) or ""
        if not self.what:
            raise CommandError(f"{name}: the name of a table begins with individuals, groups or memberships.")
        self.titles = list(titles)
        self.names = [self._normalized(title) for title in titles]
        self.columns = {what: [known.get(name) for name in self.names] for what, known in _COLUMNS.items()}
        self.is_group = self.names.index(IS_GROUP) if IS_GROUP in self.names and self.what != "memberships" else None
        self._continues = [
            name == REASON or (column.is_repeated if column else "/" in name)
            for name, column in zip(self.names, self.columns[self.what], strict=True)
        ]
        self._check(name)

    @property
    def ignored(self) -> list[str]:
        """The titles of the columns that are ignored."""
        return [
            title or f"column {number}, which has no title"
            for number, (title, name) in enumerate(zip(self.titles, self.names, strict=True), 1)
            if not self._is_known(number - 1) and name != REASON
        ]

    def gives(self, what: str, path: str) -> bool:
        """Return whether a column fills this field of the records of a kind."""
        return any(column.path == path for column in self.columns[what] if column)

    def index_of(self, field: str) -> int | None:
        """Return where the column of a field is."""
        found = (index for index, column in enumerate(self.columns[self.what]) if column and column.field == field)
        return next(found, None)

    def is_continuation(self, row: Sequence[str]) -> bool:
        """Return whether a row has no value in the columns of which a record has one value only."""
        return all(continues or cell in EMPTY for cell, continues in zip(row, self._continues, strict=False))

    def title_of(self, what: str, path: Path, rows: Sequence[Sequence[str]]) -> str:
        """Return the title of the column of a field, by which its rows have a value if there are several."""
        field = ".".join(str(part) for part in path if not isinstance(part, int))
        found = self._titles_of(what, field, rows)
        if not found and field.startswith("name"):
            found = self._titles_of(what, "display_name", rows)
        return " or ".join(dict.fromkeys(found)) or field or "The row"

    def _titles_of(self, what: str, field: str, rows: Sequence[Sequence[str]]) -> list[str]:
        found = [
            index
            for index, column in enumerate(self.columns[what])
            if column and field and (column.path == field or column.path.startswith(f"{field}."))
        ]
        filled = [index for index in found if any(len(row) > index and row[index] for row in rows)]
        return [self.titles[index] for index in filled or found]

    def _normalized(self, title: str) -> str:
        name = "_".join(title.casefold().split())
        return IS_GROUP if name == IS_GROUP_LABEL and self.what != "memberships" else name

    def _is_known(self, index: int) -> bool:
        read = ("individuals", "groups") if self.is_group is not None else (self.what,)
        if self.names[index] == IS_GROUP and self.is_group is not None:
            return True
        return any(self.columns[what][index] for what in read)

    def _check(self, name: str) -> None:
        names = Counter(known for index, known in enumerate(self.names) if self._is_known(index))
        if twice := [self.titles[self.names.index(known)] for known, count in names.items() if count > 1]:
            raise CommandError(f"{name} has several columns {' and '.join(twice)}: keep one of each.")
        required = {"group_id", "person_id"} if self.what == "memberships" else set()
        if missing := [field for field in sorted(required) if not self.gives(self.what, field)]:
            raise CommandError(f"{name} has no column {' and '.join(missing)}.")
        if not any(self._is_known(index) for index in range(len(self.titles))):
            raise CommandError(f"{name} has no column that is known: its first line must name the columns.")
