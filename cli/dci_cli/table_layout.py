"""Lays out tables and sheets in columns, in the cells of a terminal: characters of some scripts take two, or none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len, chop_cells, set_cell_size

from dci_common.printable import is_printable

if TYPE_CHECKING:
    from dci_cli.terminal import Column

_GAP = "  "
_NARROWEST = 12  # of a column whose cells wrap


def table_lines(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[str] | None:
    """Return the lines of a table, the first of which has its headings; None when it does not fit the width."""
    cells = [[column.heading for column in columns], *([_on_one_line(cell) for cell in row] for row in rows)]
    widths = _widths(columns, cells, width)
    return [line for row in cells for line in _lines(columns, widths, row)] if widths else None


def sheet_lines(columns: Sequence[Column], pairs: Sequence[tuple[str, str]], width: int) -> Iterator[str]:
    """Yield the lines of names with their values, which wrap."""
    widest = max((cell_len(name) for name, _ in pairs), default=0)
    widths = [widest, max(_NARROWEST, width - widest - len(_GAP))]
    for name, value in pairs:
        yield from _lines(columns, widths, [name, _on_one_line(value)])


def _on_one_line(text: str) -> str:
    """Return a text of others without line breaks, and without what a terminal would obey."""
    return "".join(each if is_printable(each) else " " for each in text)


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[int] | None:
    """Return the width of each column, or None. Columns that wrap share what the others leave."""
    widths = [max(map(cell_len, cells)) for cells in zip(*rows, strict=True)]
    wrapping = sorted((number for number, column in enumerate(columns) if column.wraps), key=widths.__getitem__)
    fixed = sum(each for number, each in enumerate(widths) if number not in wrapping)
    left = width - len(_GAP) * (len(columns) - 1) - fixed
    for place, number in enumerate(wrapping):
        share = left // (len(wrapping) - place)
        if widths[number] > share < max(_NARROWEST, cell_len(columns[number].heading)):
            return None
        widths[number] = min(widths[number], share)
        left -= widths[number]
    return widths if left >= 0 else None


def _lines(columns: Sequence[Column], widths: Sequence[int], row: Sequence[str]) -> Iterator[str]:
    """Yield the lines of a row."""
    wrapped = [_wrapped(cell, width) for cell, width in zip(row, widths, strict=True)]
    for number in range(max(map(len, wrapped))):
        cells = [lines[number] if number < len(lines) else "" for lines in wrapped]
        padded = (_padded(*each) for each in zip(cells, widths, columns, strict=True))
        yield _GAP.join(padded).rstrip()


def _padded(cell: str, width: int, column: Column) -> str:
    return " " * (width - cell_len(cell)) + cell if column.is_number else set_cell_size(cell, width)


def _wrapped(text: str, width: int) -> list[str]:
    """Return the lines of a text: it is broken at spaces, and inside a word only where the word is longer."""
    if cell_len(text) <= width:
        return [text]
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if cell_len(longer) <= width:
            lines[-1] = longer
        else:
            lines += chop_cells(word, width)
    return [line for line in lines if line]
