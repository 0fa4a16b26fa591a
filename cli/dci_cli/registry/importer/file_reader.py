"""Pass one of an import: files into the staging, and what can not be staged among the rejects."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from dci_cli.command_error import CommandError
from dci_cli.registry.importer.csv_file import CsvFile
from dci_cli.registry.importer.rejects import Rejects
from dci_cli.registry.importer.rows import Row
from dci_cli.registry.importer.staging import Staging, Unstageable
from dci_cli.registry.support.json_lines import BadLine, read_line
from dci_cli.registry.support.progress import Progress

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def stage_files(paths: Sequence[Path], staging: Staging, rejects: Rejects) -> None:
    """Read every file: `*.csv` as CSV, others as JSON Lines. Raises CommandError when one can not be read at all."""
    progress = Progress("Reading", "rows", sum(_size(path) for path in paths))
    for path in paths:
        try:
            with path.open("rb") as file:
                for row in _rows(path, _counted(file, progress, header=_is_csv(path))):
                    _stage(row, str(path), staging, rejects)
        except OSError as error:
            raise CommandError(f"{path} can not be read: {error.strerror}.") from error
    progress.finish()


def _stage(row: Row, source: str, staging: Staging, rejects: Rejects) -> None:
    reason = row.reason
    if row.record is not None:
        try:
            staging.add(row.record, source, row.line)
        except Unstageable as error:
            reason = str(error)
    if reason:
        rejects.add(source, row.line, reason, row.told)


def _rows(path: Path, lines: Iterable[bytes]) -> Iterator[Row]:
    if not _is_csv(path):
        yield from _json_rows(lines)
        return
    csv_file = CsvFile(path.name, _text(path, lines))
    if csv_file.ignored:
        print(f"{path.name}: columns left out: {', '.join(csv_file.ignored)}", file=sys.stderr)
    yield from csv_file.rows()


def _json_rows(lines: Iterable[bytes]) -> Iterator[Row]:
    for number, raw in enumerate(lines, 1):
        line = raw.removeprefix(_BYTE_ORDER_MARK).strip()
        if not line:
            continue
        told = line.decode(errors="replace")
        try:
            yield Row(number, told, read_line(line), "")
        except BadLine as error:
            yield Row(number, told, None, str(error))


def _text(path: Path, lines: Iterable[bytes]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        try:
            yield line.decode()
        except UnicodeDecodeError as error:
            raise CommandError(f"{path}: line {number} is not UTF-8: save the file as CSV UTF-8.") from error


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() == ".csv"


def _counted(file: BinaryIO, progress: Progress, *, header: bool) -> Iterator[bytes]:
    """Yield the lines, and count those that are rows: neither a header nor empty."""
    for number, line in enumerate(file):
        progress.advance(len(line), int(bool(line.strip()) and not (header and number == 0)))
        yield line


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise CommandError(f"{path} can not be read: {error.strerror}.") from error
