"""The rejected rows of each file: FILE.rejected.jsonl beside it, readable by its owner only."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from dci_cli.command_error import CommandError


class Rejects:
    """Writes a line for each rejected row: `{"line": its number, "reason": a sentence, "row": the row}`."""

    def __init__(self, sources: Iterable[str]) -> None:
        self._counts = dict.fromkeys(sources, 0)
        self._files: dict[str, TextIO] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        """Delete the files of an earlier run. Raises CommandError."""
        for source in self._counts:
            try:
                _path(source).unlink(missing_ok=True)
            except OSError as error:
                raise CommandError(f"{_path(source)} cannot be replaced: {error.strerror}.") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.close()

    def add(self, source: str, line: int, reason: str, row: object) -> None:
        """Reject a row. Raises CommandError when the file cannot be written."""
        self._counts[source] += 1
        rejected: dict[str, Any] = {"line": line, "reason": reason, "row": row}
        try:
            self._file(source).write(json.dumps(rejected) + "\n")
        except OSError as error:
            raise CommandError(f"{_path(source)} cannot be written: {error.strerror}.") from error

    @property
    def total(self) -> int:
        """How many rows were rejected."""
        return sum(self._counts.values())

    def summary(self) -> list[str]:
        """Return a line for each file that has rejected rows."""
        return [
            f"{source}: {count:,} rejected (see {_path(source)})" for source, count in self._counts.items() if count
        ]

    def _file(self, source: str) -> TextIO:
        if source not in self._files:
            descriptor = os.open(_path(source), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._files[source] = self._open.enter_context(os.fdopen(descriptor, "w", encoding="utf-8"))
        return self._files[source]


def _path(source: str) -> Path:
    return Path(f"{source}.rejected.jsonl")
