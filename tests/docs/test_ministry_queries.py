"""docs/search.md: the table of the queries of ministries has those of the bench, and sizes that follow from it."""

from __future__ import annotations

import re
import sys

from support.events import ROOT

sys.path.append(str(ROOT / "bench"))

from ministry_queries import MINISTRY_QUERIES, synchronous_sizes

_ROW = re.compile(r"^\| ([a-z ]+) \| ([^|]+) \| ([\d,]+) \| ([\d,]+) \| ([\d,.]+)( million)? \|$", re.MULTILINE)


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def test_the_sizes_follow_from_what_is_examined() -> None:
    """Each size is what MaxExamined allows, by what the query reads in two registries, rounded down."""
    document = (ROOT / "docs" / "search.md").read_text(encoding="utf-8")
    section = document.partition("### Queries of ministries")[2].partition("\n### ")[0]
    rows = {name: row for name, *row in _ROW.findall(section)}
    assert list(rows) == list(MINISTRY_QUERIES)
    figures = {
        size: {
            "queries": {
                name: {"read": _number(row[column]), "counted": ", counted" in row[0]} for name, row in rows.items()
            }
        }
        for column, size in enumerate((1_000, 4_000), 1)
    }
    for name, read, people in synchronous_sizes(figures):
        *_, size, unit = rows[name]
        shown = float(size.replace(",", "")) * (10**6 if unit else 1)
        assert read > 0
        assert 0.9 * people <= shown <= people, name
