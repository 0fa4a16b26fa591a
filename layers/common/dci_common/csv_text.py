"""CSV (RFC 4180) for spreadsheets, which take some texts for formulas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# Also full width; and after spaces, which some spreadsheets take away. A spreadsheet whose list separator is no comma
# ends cells elsewhere: what follows a separator or a line break in one of ours may begin a cell there.
_FORMULA = re.compile(
    "((?:^|[;|\t\r\n])(?:[^\\S\t\r\n]|[\u200b\ufeff])*)(?=[=+\\-@\uff1d\uff0b\uff0d\uff20])|^(?=[\t\r\n])"
)


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Return a header, and a line for each row; a missing cell is empty.

    What may begin a formula gets an apostrophe before it: partners choose some of the texts.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(_harmless(str(row.get(name, ""))) for name in columns)
    return text.getvalue()


def _harmless(cell: str) -> str:
    return _FORMULA.sub(r"\1'", cell)
