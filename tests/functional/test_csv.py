"""CSV of the audit, as spreadsheets read it."""

from __future__ import annotations

import csv
import io
import re

import pytest

from support.api import START
from support.audit_stream import index
from support.oversight import Oversight, disclosed


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_no_cell_is_a_formula_where_separators_are_others(oversight: Oversight, separator: str) -> None:
    """A spreadsheet whose separator is no comma splits the lines elsewhere, and finds no formula there either."""
    purpose = " and".join(f"{sign}=1+1" for sign in ("a;", "a; ", "a\t", "a\n", "a\r\n ", "a|", " ", "\ufeff"))
    disclosed(oversight.runtime, START, 1, "PERSON#a", purpose={"S": f"=2 {purpose}"}, query={"S": purpose})
    index(oversight.runtime)
    text = oversight.ask("audit", person="a", format="csv").text
    cells = [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for cell in row]
    assert any("1+1" in cell for cell in cells)
    assert [cell for cell in cells if re.match(r"[\s\ufeff]*[=+\-@]", cell)] == []
