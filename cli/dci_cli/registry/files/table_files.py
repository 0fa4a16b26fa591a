"""Tables in files: CSV with any of the usual delimiters, and workbooks of spreadsheets. Cells are texts."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple

from dci_cli.command_error import CommandError
from dci_cli.registry.files import encodings, workbooks
from dci_cli.registry.files.file_options import FileOptions

Advance = Callable[[int, int], None]  # bytes, rows

_EXTENSIONS = (".csv", ".tsv", ".txt", ".xlsx")
_DELIMITERS = ",;\t|"
_SEPARATOR_LINE = "sep="  # a line that names the delimiter to Excel


class TableRow(NamedTuple):
    """A row with the number of its first line, or what keeps it from being read."""

    line: int
    cells: list[str]
    problem: str = ""


class Table(NamedTuple):
    """An open table; its rows can be read once."""

    titles: list[str]
    delimiter: str
    rows: Iterator[TableRow]


def is_table(path: Path) -> bool:
    """Return whether a file is read as a table, by its extension."""
    return path.suffix.lower() in _EXTENSIONS


@contextmanager
def open_table(
    path: Path, file_options: FileOptions, advance: Advance = lambda _bytes, _rows: None
) -> Iterator[Table]:
    """Open a table. Raises CommandError when it cannot be read, also while it is read."""
    if path.suffix.lower() == ".xlsx":
        advance(path.stat().st_size, 0)
        yield _as_table(path, (TableRow(*row) for row in workbooks.rows(path, file_options.notation)), ",", advance)
        return
    with path.open("rb") as file, encodings.reported(path, file_options.encoding) as encoding:
        text = io.TextIOWrapper(file, encoding=encoding, newline="")
        yield _csv_table(path, file, text, advance)
        text.detach()


def _csv_table(path: Path, file: BinaryIO, text: io.TextIOWrapper, advance: Advance) -> Table:
    first = next(text, "")
    encodings.check_header(path, first)
    start = first.rstrip("\r\n")
    names_delimiter = start.casefold().startswith(_SEPARATOR_LINE) and len(start) == len(_SEPARATOR_LINE) + 1
    delimiter = start[-1] if names_delimiter else _delimiter(first)
    rows = _csv_rows(chain([] if names_delimiter else [first], text), delimiter, int(names_delimiter))
    return _as_table(path, rows, delimiter, _of_file(file, advance))


def _csv_rows(lines: Iterator[str], delimiter: str, skipped: int) -> Iterator[TableRow]:
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        line = reader.line_num + skipped + 1
        try:
            yield TableRow(line, [cell.strip() for cell in next(reader)])
        except StopIteration:
            return
        except csv.Error as error:
            yield TableRow(line, [], f"The row is not CSV: {error}.")


def _as_table(path: Path, rows: Iterator[TableRow], delimiter: str, advance: Advance) -> Table:
    """Return the table below a header, without empty rows."""
    filled = (row for row in rows if row.problem or any(row.cells))
    header = next(filled, TableRow(1, []))
    if header.problem:
        raise CommandError(f"{path.name}: the header cannot be read. {header.problem}")
    return Table(header.cells, delimiter, _checked(filled, len(header.cells), advance))


def _checked(rows: Iterator[TableRow], width: int, advance: Advance) -> Iterator[TableRow]:
    for row in rows:
        advance(0, 1)
        if row.problem or len(row.cells) == width:
            yield row
        else:
            yield row._replace(problem=f"The row has {len(row.cells)} cells, the header {width}.")
    advance(0, 0)


def _of_file(file: BinaryIO, advance: Advance) -> Advance:
    """Return a function that counts rows, and the bytes of the file that were read for them."""
    position = 0

    def advance_to(_: int, rows: int) -> None:
        nonlocal position
        before, position = position, file.tell()
        advance(position - before, rows)

    return advance_to


def _delimiter(header: str) -> str:
    """Return the delimiter that a header has most of, outside of quotes."""
    unquoted = "".join(header.split('"')[::2])
    return max(_DELIMITERS, key=unquoted.count)
