"""CSV files that the import writes: readable by their owner only, and made for spreadsheets."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable
from pathlib import Path

from dci_cli.command_error import CommandError

# What a spreadsheet would run as a formula. Numbers and phone numbers may begin with a sign.
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d\s().-]*$)")


def beside(source: str, ending: str) -> Path:
    """Return the file of this kind beside a file."""
    return Path(f"{source}.{ending}")


class PrivateTable:
    """A CSV file that is created with the first row. Imports remove the apostrophe before a formula."""

    def __init__(self, path: Path, titles: Iterable[str], delimiter: str) -> None:
        """Replace the file. Raises CommandError, as does write()."""
        self.path = path
        try:
            path.unlink(missing_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
        # The mark makes a spreadsheet read UTF-8.
        self._file = os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="", errors="surrogateescape")
        self._writer = csv.writer(self._file, delimiter=delimiter)
        self.write(titles)

    def write(self, cells: Iterable[str]) -> None:
        """Write a row."""
        try:
            self._writer.writerow([f"'{cell}" if _FORMULA.match(cell) else cell for cell in cells])
        except OSError as error:
            raise CommandError(f"{self.path} cannot be written: {error.strerror}.") from error

    def close(self) -> None:
        """Complete the file."""
        self._file.close()
