"""Files with a part of the fields of memberships: a row changes what it gives of a period, or adds one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dci_common.registry.model.records import Group, Membership, Person
from support.import_files import import_into
from support.partial_rows import ALL, ANNA, HILL, MEMBER, NATIONAL_ID, changed, table
from support.registry_harness import Registry

pytestmark = pytest.mark.exhaustive  # what is rare takes long; `make check` runs it


@pytest.mark.parametrize(
    ("header", "row", "fields"),
    [
        ("person_id,group_id", "anna,hill", {}),
        ("person_id,group_id,roles", "anna,hill,principal_recipient", {"roles": ["principal_recipient"]}),
        ("person_id,group_id,start,ended_date", "anna,hill,2020-01-01,2027-01-01", {"end": "2027-01-01"}),
        ("person_id,group_id,ended_date", "anna,hill,", {"end": None}),
    ],
)
def test_a_membership_keeps_what_its_row_does_not_give(
    filled: Registry, tmp_path: Path, header: str, row: str, fields: dict[str, Any]
) -> None:
    """A row without end or roles leaves those of the period that it means."""
    assert import_into(filled, table(tmp_path / "memberships.csv", header, row)) == 0
    filled.assert_holds(ANNA, HILL, changed(MEMBER, **fields))


def test_replace_takes_a_membership_for_whole(filled: Registry, tmp_path: Path) -> None:
    """With --replace a row without end and roles removes both; the start stays, by which the period is known."""
    path = table(tmp_path / "memberships.csv", "person_id,group_id", "anna,hill")
    assert import_into(filled, path, "--replace") == 0
    filled.assert_holds(ANNA, HILL, Membership(person_id="anna", group_id="hill", start="2020-01-01"))


def test_a_new_period_is_added_after_the_one_that_ends(filled: Registry, tmp_path: Path) -> None:
    """A file ends the period in force and begins another one, in any order of its rows."""
    rows = "person_id,group_id,start,end", "anna,hill,2026-06-01,", "anna,hill,2020-01-01,2026-01-01"
    assert import_into(filled, path := table(tmp_path / "memberships.csv", *rows)) == 0
    ended = changed(MEMBER, end="2026-01-01")
    after = ANNA, HILL, ended, Membership(person_id="anna", group_id="hill", start="2026-06-01")
    filled.assert_holds(*after)
    before = filled.items()
    assert import_into(filled, path) == 0
    assert filled.items() == before


def test_periods_of_a_file_contradict_those_of_the_registry(
    filled: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row whose period overlaps one of the registry is rejected, in a dry run too."""
    path = table(tmp_path / "memberships.csv", "person_id,group_id,start", "anna,hill,2025-01-01")
    for how in (["--dry-run"], []):
        assert import_into(filled, path, *how) == 1
        assert "already, which overlaps" in capsys.readouterr().out
    filled.assert_holds(*ALL)


def test_a_rejected_row_leaves_its_memberships(filled: Registry, tmp_path: Path) -> None:
    """The membership of a person whose row is rejected is loaded if the registry has the person."""
    filled.put(Group(id="lake"), Person(id="beno", identifiers=(NATIONAL_ID,)))
    people = table(tmp_path / "individuals.csv", "id,reg_ids/id_type,reg_ids/value", "anna,NATIONAL_ID,7")
    memberships = table(tmp_path / "memberships.csv", "person_id,group_id", "anna,lake")
    assert import_into(filled, people, memberships) == 1
    joined = Membership(person_id="anna", group_id="lake")
    filled.assert_holds(*ALL, Group(id="lake"), Person(id="beno", identifiers=(NATIONAL_ID,)), joined)
