"""What was rejected of each file, and what was warned of: files beside it, readable by their owner only.

The rejects of a table are its own rows with their reasons, to be corrected and imported again. They are written at
the end, when the table is read once more: a row may be rejected long after it was read.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from dci_cli.command_error import CommandError
from dci_cli.registry.files.private_table import PrivateTable, beside
from dci_cli.registry.files.rows import Warned
from dci_cli.registry.files.tally import Tally

Reasons = Iterable[tuple[int, str]]  # the line of each rejected row, in order, and why
WriteRejects = Callable[[Path, Reasons], None]

_SCHEMA = """
CREATE TABLE reasons (source TEXT, line INTEGER, reason TEXT, PRIMARY KEY (source, line)) WITHOUT ROWID;
CREATE TABLE records (kind TEXT, id TEXT, source TEXT, line INTEGER, PRIMARY KEY (kind, id)) WITHOUT ROWID;
BEGIN;
"""


class Rejects:
    """The rejected rows and the warnings of an import."""

    def __init__(self, sources: Iterable[str]) -> None:
        self._tallies = {source: Tally() for source in sources}
        self._warned = {source: Tally() for source in self._tallies}
        self._tables: dict[str, WriteRejects] = {}
        self._files: dict[str, TextIO] = {}
        self._warnings: dict[str, PrivateTable] = {}
        self._notes: list[str] = []
        self._has_records = False  # most files have no rejected one, and so need no search
        self._open = ExitStack()

    def __enter__(self) -> Self:
        """Delete the files of an earlier run. Raises CommandError."""
        _check_outputs(self._tallies)
        for path in (path for source in self._tallies for path in _outputs(source)):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise CommandError(f"{path} cannot be replaced: {error.strerror}.") from error
        self._db = sqlite3.connect("", isolation_level=None)  # no name: a temporary file
        self._open.callback(self._db.close)
        self._db.executescript(_SCHEMA)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Write the rejects of the tables, also when the import failed."""
        with self._open:
            query = "SELECT line, reason FROM reasons WHERE source = ? ORDER BY line"
            for source, write in self._tables.items():
                if self._tallies[source].rows:
                    write(_path(source, is_table=True), self._db.execute(query, (source,)))

    def add_table(self, source: str, write: WriteRejects) -> None:
        """Say how the rejects of a table are written: as its own rows."""
        self._tables[source] = write

    def add(self, source: str, line: int, reason: str, row: object, kinds: Sequence[str] = ()) -> None:
        """Reject a row; `kinds` are its reasons one by one. Raises CommandError when a file cannot be written."""
        is_new = True
        if source in self._tables:
            is_new = self._keep(source, line, reason)
        else:
            self._write(source, {"line": line, "reason": reason, "row": row})
        self._tallies[source].add(kinds or [reason], rows=int(is_new))

    def add_record(self, key: tuple[str, str], source: str, line: int) -> None:
        """Remember that the person or group with this kind and id is rejected."""
        self._has_records = True
        self._db.execute("INSERT OR IGNORE INTO records VALUES (?, ?, ?, ?)", (*key, source, line))

    def find_record(self, key: tuple[str, str]) -> tuple[str, int] | None:
        """Return the file and line of a rejected person or group."""
        if not self._has_records:
            return None
        found = self._db.execute("SELECT source, line FROM records WHERE kind = ? AND id = ?", key).fetchone()
        return found or None

    def warn(self, source: str, line: int, warning: Warned) -> None:
        """Record a warning. Raises CommandError when the file cannot be written."""
        if source not in self._warnings:
            table = PrivateTable(_warnings_path(source), ("line", "column", "warning", "detail"), ",")
            self._open.callback(table.close)
            self._warnings[source] = table
        self._warnings[source].write([str(line), *warning])
        self._warned[source].add([f"{warning.column} {warning.what}"], rows=1)

    def note(self, line: str) -> None:
        """Add a line to the summary."""
        self._notes.append(line)

    @property
    def total(self) -> int:
        """How many rows were rejected."""
        return sum(tally.rows for tally in self._tallies.values())

    def summary(self) -> list[str]:
        """Return the notes, and a line for each file that has rejected rows, or warnings."""
        rejected = [
            f"{source}: {tally.rows:,} rejected: {tally} (see {_path(source, is_table=source in self._tables)})"
            for source, tally in self._tallies.items()
            if tally.rows
        ]
        warned = [
            f"{source}: {tally.rows:,} warnings: {tally} (see {_warnings_path(source)})"
            for source, tally in self._warned.items()
            if tally.rows
        ]
        return [*self._notes, *rejected, *warned]

    def _keep(self, source: str, line: int, reason: str) -> bool:
        """Keep the reason of a row of a table; return whether it is the row's first."""
        values = {"source": source, "line": line, "reason": reason}
        query = "UPDATE reasons SET reason = reason || ' ' || :reason WHERE source = :source AND line = :line"
        if self._db.execute(query, values).rowcount:
            return False
        self._db.execute("INSERT INTO reasons VALUES (:source, :line, :reason)", values)
        return True

    def _write(self, source: str, rejected: dict[str, Any]) -> None:
        try:
            self._file(source).write(json.dumps(rejected) + "\n")
        except OSError as error:
            raise CommandError(f"{_path(source, is_table=False)} cannot be written: {error.strerror}.") from error

    def _file(self, source: str) -> TextIO:
        if source not in self._files:
            descriptor = os.open(_path(source, is_table=False), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._files[source] = self._open.enter_context(os.fdopen(descriptor, "w", encoding="utf-8"))
        return self._files[source]


def _outputs(source: str) -> list[Path]:
    return [_path(source, is_table=True), _path(source, is_table=False), _warnings_path(source)]


def _path(source: str, *, is_table: bool) -> Path:
    return beside(source, "rejected.csv" if is_table else "rejected.jsonl")


def _warnings_path(source: str) -> Path:
    return beside(source, "warnings.csv")


def _check_outputs(sources: Iterable[str]) -> None:
    """Raise CommandError when an import would overwrite one of its own files."""
    paths = [Path(source) for source in sources]
    for path in paths:
        others = [
            beside(str(path), ending) for ending in ("rejected.csv", "rejected.jsonl", "warnings.csv", "ids.csv")
        ]
        if overwritten := next((other for other in others if other in paths), None):
            raise CommandError(f"The import of {path} would replace {overwritten}: import it alone, or rename it.")
