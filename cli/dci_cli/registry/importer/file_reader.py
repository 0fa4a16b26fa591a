"""The first pass of an import: the records of the files are staged, or rejected."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dci_cli.command_error import CommandError
from dci_cli.registry.importer.csv_file import CsvFile
from dci_cli.registry.importer.rejects import Rejects
from dci_cli.registry.importer.rows import Row
from dci_cli.registry.importer.staging import Staging, StagingConflict
from dci_cli.registry.support.json_lines import BadLine, read_line
from dci_cli.registry.support.progress import Progress

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_GC_THRESHOLD = 100_000  # objects; Python's own 700 are a few records


@contextmanager
def relaxed_gc() -> Iterator[None]:
    """Run the garbage collector rarely: records and items have no reference cycles."""
    first, *others = gc.get_threshold()
    gc.set_threshold(_GC_THRESHOLD, *others)
    try:
        yield
    finally:
        gc.set_threshold(first, *others)


def stage_files(paths: Sequence[Path], staging: Staging, rejects: Rejects) -> None:
    """Stage every file: `*.csv` as CSV, others as JSON Lines. Raises CommandError when a file cannot be read."""
    with Progress("Reading", "rows", sum(_size(path) for path in paths)) as progress:
        for path in paths:
            try:
                with path.open("rb") as file:
                    for row in _rows(path, _count_lines(file, progress, header=_is_csv(path))):
                        _stage(row, str(path), staging, rejects)
            except OSError as error:
                raise CommandError(f"{path} cannot be read: {error.strerror}.") from error


def _stage(row: Row, source: str, staging: Staging, rejects: Rejects) -> None:
    reason = row.reason
    if row.record is not None:
        try:
            staging.add(row.record, source, row.line)
        except StagingConflict as error:
            reason = str(error)
    if reason:
        rejects.add(source, row.line, reason, row.content)


def _rows(path: Path, lines: Iterable[bytes]) -> Iterator[Row]:
    if not _is_csv(path):
        yield from _json_rows(lines)
        return
    csv_file = CsvFile(path.name, _text(path, lines))
    if csv_file.ignored:
        print(f"{path.name}: ignored columns: {', '.join(csv_file.ignored)}", file=sys.stderr)
    yield from csv_file.rows()


def _json_rows(lines: Iterable[bytes]) -> Iterator[Row]:
    for number, raw in enumerate(lines, 1):
        line = raw.removeprefix(_BYTE_ORDER_MARK).strip()
        if not line:
            continue
        content = line.decode(errors="replace")
        try:
            yield Row(number, content, read_line(line), "")
        except BadLine as error:
            yield Row(number, content, None, str(error))


def _text(path: Path, lines: Iterable[bytes]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        try:
            yield line.decode()
        except UnicodeDecodeError as error:
            raise CommandError(f"{path}: line {number} is not UTF-8: save the file as CSV UTF-8.") from error


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() == ".csv"


def _count_lines(file: BinaryIO, progress: Progress, *, header: bool) -> Iterator[bytes]:
    """Yield the lines, and count the rows, which are neither the header nor empty."""
    for number, line in enumerate(file):
        progress.advance(len(line), int(bool(line.strip()) and not (header and number == 0)))
        yield line


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
