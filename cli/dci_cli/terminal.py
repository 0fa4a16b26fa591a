"""Tables, sheets and questions. On a terminal rich draws them; piped output is plain text, a line for each row."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dci_cli.command_error import CommandError

_GAP = "  "


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. In plain text a fixed `width` cuts longer cells, but for the last column's width of 0."""

    heading: str
    width: int = 0
    is_number: bool = False


def print_table(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
    """Print rows below their columns' headings."""
    if sys.stdout.isatty():
        _draw(columns, rows)
        return
    for line in _plain(columns, [[column.heading for column in columns], *rows]):
        print(line)


def print_sheet(pairs: Sequence[tuple[str, str]]) -> None:
    """Print names with their values, a line for each."""
    for line in _plain([Column("name"), Column("value")], pairs):
        print(line)


def confirm(act: str, done: str, *, assumed: bool) -> None:
    """Ask about an act such as `Delete the person 1` (`deleted`). Raises CommandError unless the answer is yes."""
    if assumed:
        return
    print(f"{act}? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise CommandError(f"Nothing was {done}: answer y, or use --yes.")


def _plain(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    cells = zip(*rows, strict=True)
    widths = [column.width or max(map(len, found)) for column, found in zip(columns, cells, strict=True)]
    for row in rows:
        padded = (_pad(*one) for one in zip(row, widths, columns, strict=True))
        yield _GAP.join(padded).rstrip()


def _pad(cell: str, width: int, column: Column) -> str:
    cut = cell if len(cell) <= width else f"{cell[: width - 1]}…"
    return cut.rjust(width) if column.is_number else cut.ljust(width)


def _draw(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
    from rich.console import Console  # noqa: PLC0415 - imported when there is something to draw
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column.heading, justify="right" if column.is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))  # text of others, in which brackets are not markup
    Console().print(table)
