"""The commands on people who left a group and came back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import AnyRecord, Group, Membership, Person
from dci_common.registry.model.views import View
from dci_common.registry.storage.items import all_items, sides
from support.commands import Commands
from support.events import ROOT
from support.import_files import jsonl
from support.registry_harness import INDEXING, Registry, expected_views

DOCUMENT = (ROOT / "docs" / "registry.md").read_text(encoding="utf-8")
ANNA, HILL = Person(id="anna"), Group(id="hill")
EARLIER = Membership(person_id="anna", group_id="hill", roles=("head",), start="2010-01-01", end="2015-01-01")
NOW = Membership(person_id="anna", group_id="hill", start="2020-01-01")
UNKNOWN = Membership(person_id="anna", group_id="hill", end="2001-01-01")
ALL: list[AnyRecord] = [ANNA, HILL, UNKNOWN, EARLIER, NOW]
SEVERAL = "without a start until 2001-01-01; from 2010-01-01 until 2015-01-01; from 2020-01-01"


@pytest.fixture
def filled(registry: Registry) -> Registry:
    """Return a registry with somebody who came back twice."""
    registry.put(*ALL)
    return registry


def test_show_lists_every_period(filled: Registry, dci: Commands) -> None:
    """A person and a group are shown with each period, the past ones too."""
    shown = dci("show", "anna").out
    assert shown.split("belongs to\n")[1].split("found by")[0].split("\n") == [
        "  hill                    until 2001-01-01",
        "  hill                    head, from 2010-01-01, until 2015-01-01",
        "  hill                    from 2020-01-01",
        "",
    ]
    assert dci("show", "hill").out.count("  anna   ") == 3
    assert filled.findings() == []


def test_an_export_has_every_period(filled: Registry, dci: Commands, tmp_path: Path) -> None:
    """An export has each period, and an import of it makes the same registry, and later changes nothing."""
    before = filled.items()
    exported = tmp_path / "all.jsonl"
    assert dci("export", "--output", exported).status == 0
    assert exported.read_text(encoding="utf-8").count('"membership"') == 3
    filled.clear()
    for _ in range(2):
        assert dci("import", exported).status == 0
        filled.assert_holds(*ALL)
    assert filled.items().keys() == before.keys()


def test_stats_count_periods_and_people(filled: Registry, dci: Commands) -> None:
    """Each period is a membership, and a person in several periods is one member."""
    out = dci("stats").out
    assert "the largest: hill with 1 members" in out
    assert "memberships                      3" in out
    assert filled.findings() == []


def test_a_put_says_which_period_is_in_the_way(filled: Registry, dci: Commands) -> None:
    """A membership that overlaps another period is rejected; when that has ended, it is written."""
    line = '{"membership":{"person_id":"anna","group_id":"hill","start":"2024-01-01"}}\n'
    assert dci("put", "-", stdin=line).problem == (
        "Line 1 is rejected: The person anna belongs to the group hill from 2020-01-01 already, which overlaps: end "
        "that membership first, or delete it by its start."
    )
    end = '{"membership":{"person_id":"anna","group_id":"hill","end":"2023-01-01"}}\n'  # of the period in force
    assert dci("put", "-", stdin=end + line).out == "2 records written.\n"
    ended = Membership(person_id="anna", group_id="hill", start="2020-01-01", end="2023-01-01")
    again = Membership(person_id="anna", group_id="hill", start="2024-01-01")
    filled.assert_holds(ANNA, HILL, UNKNOWN, EARLIER, ended, again)


def test_one_period_is_deleted(filled: Registry, dci: Commands) -> None:
    """One period is deleted by its start, `-` if it has none; the last one needs no start."""
    outs = [
        dci("delete", "--membership", "anna", "hill", *start, "--yes").out for start in (["2010-01-01"], ["-"], [])
    ]
    assert outs == [
        "Deleted the person anna's membership of the group hill from 2010-01-01.\n",
        "Deleted the person anna's membership of the group hill without a start.\n",
        "Deleted the person anna's membership of the group hill.\n",
    ]
    filled.assert_holds(ANNA, HILL)


def test_a_period_is_not_guessed(filled: Registry, dci: Commands) -> None:
    """Without a start, or with that of no period, nothing is deleted, and the periods are listed."""
    problem = dci("delete", "--membership", "anna", "hill", "--yes").problem
    assert problem == f"The membership has several periods: {SEVERAL}. Give the start of one."
    problem = dci("delete", "--membership", "anna", "hill", "2011-01-01", "--yes").problem
    assert problem == "The person anna does not belong to the group hill from 2011-01-01."
    for given in (["anna"], ["anna", "hill", "2010-01-01", "2015-01-01"]):
        assert dci("delete", "--membership", *given, "--yes").problem == (
            "--membership requires a person and a group, and a start if there are several periods."
        )
    filled.assert_holds(*ALL)


def test_a_record_is_deleted_with_every_period(filled: Registry, dci: Commands) -> None:
    """The deletion of a record counts its periods, and leaves none."""
    assert dci("delete", "anna", "--yes").out == "Deleted the person anna with 3 memberships.\n"
    filled.assert_holds(HILL)


def test_verify_finds_periods_that_overlap(filled: Registry, dci: Commands) -> None:
    """Overlapping periods, which no command writes, are found on both sides."""
    overlapping = Membership(person_id="anna", group_id="hill", start="2014-01-01", end="2016-01-01")
    views: dict[tuple[Kind, str], View] = expected_views([*ALL, overlapping])
    filled.write(item for (kind, _), view in views.items() for item in all_items(INDEXING, kind, view))
    filled.write(sides("anna", "hill", {"start": "2014-01-01", "end": "2016-01-01"}))
    periods = "from 2010-01-01 until 2015-01-01 and from 2014-01-01 until 2016-01-01: the periods overlap"
    assert sorted(dci("verify").out.splitlines()) == [
        f"{own} RECORD: shows {other} {periods}"
        for own, other in sorted((("GROUP#hill", "PERSON#anna"), ("PERSON#anna", "GROUP#hill")))
    ]


def test_files_may_hold_several_periods(registry: Registry, dci: Commands, tmp_path: Path) -> None:
    """Periods that do not overlap are loaded, whichever comes first; one that does is rejected."""
    overlapping = Membership(person_id="anna", group_id="hill", start="2021-01-01")
    done = dci("import", jsonl(tmp_path / "all.jsonl", [*reversed(ALL), overlapping]))
    assert done.status == 1
    assert "belongs to the group hill from 2020-01-01 already" in (tmp_path / "all.jsonl.rejected.jsonl").read_text()
    registry.assert_holds(*ALL)


@pytest.mark.exhaustive
def test_the_documented_periods_are_written_and_deleted_so(registry: Registry, dci: Commands) -> None:
    """The commands on periods in docs/registry.md print what it shows, one after the other."""
    shown = re.findall(
        r"^\$ (?:echo '(.*)' \| )?\./dci registry (put -|delete --membership .*)\n(.*)", DOCUMENT, re.MULTILINE
    )
    begun = Membership(person_id="p-0003", group_id="h-0001", start="2020-03-01")
    registry.put(Person(id="p-0003"), Group(id="h-0001"), begun)
    assert len(shown) == 6
    for line, command, printed in shown:
        done = dci(*command.split(), stdin=line)
        assert (done.out.strip() or f"dci: {done.problem}") == printed
    registry.assert_holds(Person(id="p-0003"), Group(id="h-0001"))
