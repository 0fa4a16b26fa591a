"""Tables, sheets, JSON and questions. What is printed for people fits the terminal, or 80 columns in a pipe."""

from __future__ import annotations

import argparse
import getpass
import json
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dci_cli.command_error import CommandError


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. Only where the table is too wide, cells of a column that `wraps` get several lines."""

    heading: str
    is_number: bool = field(default=False, kw_only=True)
    wraps: bool = field(default=False, kw_only=True)


_SHEET = (Column("name"), Column("value", wraps=True))


def print_table(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
    """Print rows below their columns' headings, or each as a sheet where a table is too wide. Nothing is cut."""
    from dci_cli.table_layout import table_lines  # noqa: PLC0415 - imported when there is something to lay out

    listed = list(rows)
    lines = table_lines(columns, listed, _width())
    if lines is None:
        for number, row in enumerate(listed):
            print("\n" if number else "", end="")
            print_sheet([(column.heading, cell) for column, cell in zip(columns, row, strict=True) if cell])
        return
    _print_heading(lines[0])
    for line in lines[1:]:
        print(line)


def print_sheet(pairs: Sequence[tuple[str, str]]) -> None:
    """Print names with their values, which wrap where they are long."""
    from dci_cli.table_layout import sheet_lines  # noqa: PLC0415 - imported when there is something to lay out

    for line in sheet_lines(_SHEET, pairs, _width()):
        print(line)


def add_json_option(parser: argparse.ArgumentParser) -> None:
    """Add `--json`: one JSON document, which is a list of things, or an object that is one thing."""
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of text")


def print_json(content: object) -> None:
    """Print a JSON document."""
    print(json.dumps(content, indent=2, ensure_ascii=False))


def confirm(act: str, done: str, *, assumed: bool) -> None:
    """Ask about an act such as `Delete the person 1` (`deleted`). Raises CommandError unless the answer is yes."""
    if assumed:
        return
    print(f"{act}? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise CommandError(f"Nothing was {done}: answer y, or use --yes.")


def ask(question: str, *, is_secret: bool = False) -> str:
    """Return an answer: typed, a secret without echo, or a line of stdin. Raises CommandError without an answer."""
    if is_secret and sys.stdin.isatty():
        answer = getpass.getpass(question)
    else:
        if sys.stdin.isatty():
            print(question, end="", file=sys.stderr, flush=True)
        answer = sys.stdin.readline()
    if not answer.strip():
        raise CommandError(f"{question.rstrip(': ')} is missing: type it, or give it on standard input.")
    return answer.strip()


def _width() -> int:
    return shutil.get_terminal_size().columns  # that of the terminal; in a pipe COLUMNS, or 80


def _print_heading(line: str) -> None:
    if not sys.stdout.isatty():
        print(line)
        return
    from rich.console import Console  # noqa: PLC0415 - imported when there is something to draw

    Console().print(line, style="bold", markup=False, highlight=False, soft_wrap=True)
