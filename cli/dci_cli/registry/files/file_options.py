"""How files are to be read: the options of the commands that load files."""

from __future__ import annotations

import argparse
import codecs
import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from dci_cli.command_error import CommandError
from dci_cli.registry.files.cells import Notation
from dci_cli.registry.support.plausibility import latest_today


@dataclass(frozen=True, slots=True)
class FileOptions:
    """The options: how cells are written, the encoding if it is not UTF-8, and whether warnings reject.

    `id_key` returns the key of the ids that records without id are given. If it is empty, these ids are not kept.
    """

    notation: Notation = field(default_factory=Notation)
    encoding: str = ""
    strict: bool = False
    today: date = field(default_factory=latest_today)
    id_key: Callable[[], str] = str


def add_file_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of files."""
    parser.add_argument("--strict", action="store_true", help="reject what is improbable too, instead of warning")
    parser.add_argument(
        "--date-format", default="", metavar="FORMAT", help="how dates are written in tables, such as %%d/%%m/%%Y"
    )
    parser.add_argument("--encoding", default="", metavar="NAME", help="the encoding of tables that are not UTF-8")
    parser.add_argument(
        "--decimal", choices=(".", ","), default=".", help="the decimal mark of numbers in tables (default: .)"
    )
    parser.add_argument(
        "--map", type=Path, metavar="FILE", help="a CSV file with the columns value and name: a name for each code"
    )


def read_file_options(options: argparse.Namespace) -> FileOptions:
    """Return the options that were given. Raises CommandError."""
    try:
        encoding = codecs.lookup(options.encoding).name if options.encoding else ""
    except LookupError as error:
        raise CommandError(f"--encoding {options.encoding} is unknown: name one such as cp1252 or utf-16.") from error
    if options.date_format and "%" not in options.date_format:
        raise CommandError("--date-format has no field: name the parts of a date, such as %d/%m/%Y.")
    names = read_names(options.map) if options.map else {}
    return FileOptions(Notation(options.date_format, options.decimal, names), encoding, options.strict)


def read_names(path: Path) -> dict[str, str]:
    """Return the name of each value of a mapping file. Raises CommandError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [[cell.strip() for cell in row] for row in csv.reader(file) if any(row)]
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise CommandError(f"{path} is not CSV in UTF-8.") from error
    if not rows or rows[0] != ["value", "name"]:
        raise CommandError(f"{path} must begin with the line value,name.")
    names: dict[str, str] = {}
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(rows[0]) or not all(row):
            raise CommandError(f"{path}: row {number} must have a value and its name.")
        if names.setdefault(row[0], row[1]) != row[1]:
            raise CommandError(f"{path} gives two names to {row[0]}.")
    return names
