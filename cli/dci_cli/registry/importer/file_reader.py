"""The first pass of an import: the records of the files are staged, or rejected."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from dci_cli.command_error import CommandError
from dci_cli.registry.files.blocks import blocks
from dci_cli.registry.files.file_options import FileOptions
from dci_cli.registry.files.given_ids import IdsFile
from dci_cli.registry.files.header import Header
from dci_cli.registry.files.rejects import Rejects
from dci_cli.registry.files.rows import Row, Warned
from dci_cli.registry.files.table_files import is_table, open_table
from dci_cli.registry.files.table_records import TableRecords
from dci_cli.registry.files.table_rejects import write_rejects
from dci_cli.registry.importer.staging import Staging, StagingConflict
from dci_cli.registry.support.json_lines import BadLine, parse_line
from dci_cli.registry.support.plausibility import Path as FieldPath
from dci_cli.registry.support.progress import Progress
from dci_cli.registry.support.record_check import check_record, dotted, sentences
from dci_common.registry.model.base import Kind

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_KINDS = {kind.lower(): kind for kind in Kind}
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


def stage_files(
    paths: Sequence[Path], staging: Staging, rejects: Rejects, file_options: FileOptions | None = None
) -> None:
    """Stage every file: tables by their extension, others as JSON Lines. Raises CommandError."""
    with Progress("Reading", "rows", sum(_size(path) for path in paths)) as progress:
        stage = _Stage(staging, rejects, file_options or FileOptions(), progress)
        for path in paths:
            try:
                stage.table(path) if is_table(path) else stage.json_lines(path)
            except OSError as error:
                raise CommandError(f"{path} cannot be read: {error.strerror}.") from error


class _Stage:
    """Stages the rows of files."""

    def __init__(self, staging: Staging, rejects: Rejects, file_options: FileOptions, progress: Progress) -> None:
        self._staging, self._rejects, self._file_options, self._progress = staging, rejects, file_options, progress

    def table(self, path: Path) -> None:
        """Stage the records of a table."""
        with open_table(path, self._file_options, self._progress.advance) as table, ExitStack() as stack:
            header = Header(path.name, table.titles)
            if ignored := header.ignored:
                print(f"{path.name}: ignored columns: {', '.join(ignored)}", file=sys.stderr)
            self._rejects.add_table(str(path), partial(write_rejects, path, self._file_options))
            records, ids = TableRecords(header, self._file_options), None
            for block in blocks(header, table.rows):
                rows, given_id = records.read(block)
                if self._add(str(path), rows) and given_id and self._file_options.id_key():
                    if not ids:
                        ids = IdsFile(str(path), header, table.delimiter)
                        stack.callback(ids.close)
                    ids.add(block, given_id)
        if ids:
            self._rejects.note(f"{path}: {ids.count:,} records were given an id (see {ids.path})")

    def json_lines(self, path: Path) -> None:
        """Stage the records of a file in JSON Lines."""
        with path.open("rb") as file:
            for number, raw in enumerate(file, 1):
                line = raw.removeprefix(_BYTE_ORDER_MARK).strip()
                self._progress.advance(len(raw), int(bool(line)))
                if line:
                    self._add(str(path), [_json_row(number, line, self._file_options)])

    def _add(self, source: str, rows: list[Row]) -> bool:
        """Stage a record and then its memberships, or reject it with them; return whether the record is staged."""
        is_record_staged = self._add_row(source, rows[0])
        for row in rows[1:] if is_record_staged or rows[0].record is None else []:
            self._add_row(source, row)
        return is_record_staged

    def _add_row(self, source: str, row: Row) -> bool:
        reasons = row.reasons or self._conflicts(source, row)
        for warning in row.warnings:
            self._rejects.warn(source, row.line, warning)
        if reasons:
            content = row.content.decode(errors="replace") if isinstance(row.content, bytes) else row.content
            self._rejects.add(source, row.line, " ".join(reasons), content, reasons)
            if row.key:
                self._rejects.add_record(row.key, source, row.line)
        return not reasons

    def _conflicts(self, source: str, row: Row) -> list[str]:
        """Stage a record, and return why it cannot be."""
        assert row.record is not None  # noqa: S101 - a row without a reason has a record
        if row.key and (earlier := self._rejects.find_record(row.key)):
            kind, id_ = row.key
            where = f"{Path(earlier[0]).name}, line {earlier[1]:,}"
            return [f"The {kind.lower()} {id_} is in the files twice, and the first one is rejected ({where})."]
        try:
            self._staging.add(row.record, source, row.line)
        except StagingConflict as error:
            return [str(error)]
        return []


def _json_row(number: int, line: bytes, file_options: FileOptions) -> Row:
    try:
        name, model, fields = parse_line(line)
    except BadLine as error:
        return Row(number, None, [str(error)], content=line)
    id_ = fields.get("id")
    key = (_KINDS[name], id_) if name in _KINDS and isinstance(id_, str) else None
    checked = check_record(model, fields, file_options.today, strict=file_options.strict, size=len(line))
    if not (checked.reasons or checked.warnings):  # as mostly
        return Row(number, checked.record, [], content=line, key=key)

    def name_of(path: FieldPath) -> str:
        return dotted((name, *path))

    warnings = [
        Warned(name_of(one.path), one.what, f"{one.value} was read as {one.repaired}" if one.repaired else "")
        for one in checked.warnings
    ]
    return Row(number, checked.record, sentences(checked.reasons, name_of), warnings, line, key)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
