"""Where a command writes records: a private file, or standard output."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from dci_cli.command_error import CommandError


def add_output(parser: argparse.ArgumentParser) -> None:
    """Add `--output`."""
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="write to this file, which only you can read (default: standard output)",
    )


@contextmanager
def open_output(path: Path | None) -> Iterator[TextIO]:
    """Open the file of `--output`, which gets its name when it is complete. Raises CommandError."""
    if path is None:
        yield sys.stdout
        return
    if path.exists() and not path.is_file():
        raise CommandError(f"{path} is not a file: leave out --output to write to standard output.")
    part = path.with_name(f"{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            yield file
        part.replace(path)
    except OSError as error:
        if error.errno is None:
            raise  # an error of botocore, some of which are OSErrors too
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
    except KeyboardInterrupt:
        part.unlink(missing_ok=True)  # it holds personal data
        raise
