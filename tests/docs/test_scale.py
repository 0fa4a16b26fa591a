"""That docs/scale.md has what `make scale` prints, and the limits that the code has."""

from __future__ import annotations

import re

import pytest

from dci_cli.registry.importer.command import _MAX_SHARDS
from dci_cli.registry.importer.target import shards_for
from dci_common.settings import Settings
from support.deployment import template
from support.events import ROOT
from support.printed_tables import printed_by

DOCUMENT = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
MILLIONS = (1, 10, 50, 100)


def row(name: str) -> list[str]:
    """Return the cells of a row of the first table, after its formula."""
    (line,) = (line for line in DOCUMENT.splitlines() if line.startswith(f"| {name} |"))
    return [cell.strip(" *") for cell in line.split("|")[3:-1]]


def met_at(limit: str) -> float:
    """Return the people at which a limit of the second table is met, in millions."""
    (line,) = (line for line in DOCUMENT.splitlines() if limit in line and re.match(r"\| [0-9.,]+ \|", line))
    return float(line.split("|")[1].replace(",", ""))


@pytest.mark.exhaustive
def test_the_tables_are_what_the_command_prints() -> None:
    """The figures are those of `make scale`, which counts the units of this checkout."""
    assert [table for table in printed_by("scale.py").strip().split("\n\n") if table not in DOCUMENT] == []


def test_shards_are_those_of_an_import() -> None:
    """Each size has the shards that an import chooses, and the people in each follow."""
    sizes = [millions * 1_000_000 for millions in MILLIONS]
    assert row("index shards") == [str(shards_for(size)) for size in sizes]
    assert row("people in a shard") == [f"{size // shards_for(size):,}" for size in sizes]
    assert f"`--shards` accepts up to {_MAX_SHARDS}" in DOCUMENT
    assert [shards_for(millions * 1_000_000) for millions in (5, 6, 20, 21)] == [4, 8, 8, 16]


def test_limits_are_those_of_the_code() -> None:
    """The limits are the defaults of the settings and of the template, in the order in which they are met."""
    settings, parameters = Settings(), template()["Parameters"]
    assert met_at("`MaxExamined`") == settings.max_examined / 1_000_000
    assert met_at("`MaxExaminedAsync`") == settings.max_examined_async / 1_000_000
    for name in ("MaxExamined", "MaxExaminedAsync", "ThrottlingRate"):
        assert f"{int(parameters[name]['Default']):,}" in DOCUMENT, name
    by_item = ("8 hours of one core", "`MaxExaminedAsync`", "8 hours at the table's quota")
    met = [met_at(limit) for limit in ("`MaxExamined`", "`ThrottlingRate`", *by_item)]
    assert met == sorted(met)


def test_totals_are_the_sums_of_their_rows() -> None:
    """What a month costs in all is the storage, the searches, and what a deployment costs without either."""
    stored, asked, total = (
        [int(cell.replace(",", "")) for cell in row(name)]
        for name in ("dollars a month for them", "dollars a month for these searches", "**dollars a month in all**")
    )
    idle = [whole - kept - searches for whole, kept, searches in zip(total, stored, asked, strict=True)]
    assert max(idle) - min(idle) <= 2  # each figure is rounded


def test_the_disk_of_staged_records_is_that_of_the_manual() -> None:
    """The size of staged records is the one in docs/registry.md."""
    assert "about 1.5 GB for a million people" in (ROOT / "docs" / "registry.md").read_text(encoding="utf-8")
    assert "about 1.5 GB of disk for a million people, so 150 GB for 100 million" in " ".join(DOCUMENT.split())
