"""Where a command writes records: a file of one's own, or standard output."""

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
        "--output", type=Path, metavar="FILE", help="write to this file, which only you can read; default: to stdout"
    )


@contextmanager
def opened(path: Path | None) -> Iterator[TextIO]:
    """Open the file of `--output`, which gets its name when it is whole. Raises CommandError."""
    if path is None:
        yield sys.stdout
        return
    if path.exists() and not path.is_file():
        raise CommandError(f"{path} is not a file: without --output, standard output is written to.")
    part = path.with_name(f"{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            yield file
        part.replace(path)
    except OSError as error:
        if error.errno is None:
            raise  # botocore's own, of which some are OSErrors too
        raise CommandError(f"{path} can not be written: {error.strerror}.") from error
