"""`dci registry follow`: many new records are loaded by the importer, also beside records of others."""

from __future__ import annotations

import pytest

from dci_cli.registry.follow import follow_pass
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Group, Membership, Person
from support.follow_harness import FollowHarness
from support.memory_source import MemorySource


@pytest.fixture
def by_the_importer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have new records loaded by the importer, however few they are."""
    monkeypatch.setattr(follow_pass, "MOST_APART", 0)


def others(follow: FollowHarness) -> list[Person | Group | Membership]:
    """Put records of another origin, which are in the way of the source's household."""
    taken = [{"identifier_type": "UIN", "identifier_value": "847951632"}]
    theirs: list[Person | Group | Membership] = [
        Person(id="p2", name={"surname": "Theirs"}),
        Person.model_validate({"id": "file-1", "identifiers": taken}),
        Group(id="file-2"),
        Membership(person_id="p2", group_id="file-2"),
    ]
    follow.registry.put(*theirs)
    return theirs


@pytest.mark.usefixtures("by_the_importer")
def test_a_load_goes_around_records_of_others(follow: FollowHarness, source: MemorySource) -> None:
    """Ids and identifiers of others are reported and left out; everybody else is loaded, with the household."""
    others(follow)
    before = follow.registry.view(Kind.PERSON, "p2")
    outcome = follow(source)
    assert "person p2: the registry's record with this id is another one" in outcome.err
    assert "person p1: left out, because another record has it: an identifier of type UIN" in outcome.err
    assert outcome.out.splitlines()[-1] == (
        "Memory 1: 3 people new; 1 group changed. 2 records are not as the database has them."
    )
    assert follow.registry.view(Kind.PERSON, "p2") == before
    assert [one["id"] for one in follow.registry.view(Kind.GROUP, "p9")["members"]] == ["p1", "p3"]
    assert follow.registry.findings() == []
    assert follow(source).out == "Memory 1: nothing changed. 2 records are not as the database has them.\n"


@pytest.mark.usefixtures("by_the_importer")
def test_many_new_people_join_households_that_are_there(follow: FollowHarness, source: MemorySource) -> None:
    """New people and groups are loaded with memberships on both sides, while others change and go."""
    follow(source)
    source.pass_time(minutes=1)
    for number in range(20, 30):
        source.person(number)
    source.group(9, 1, 2, 20, 21, name="Okafor")
    source.group(31, 22, 23, 4)
    source.delete(3)
    assert follow(source).status == 0
    follow.assert_follows(source)


@pytest.mark.usefixtures("by_the_importer")
def test_a_load_without_notifications_says_so(new: FollowHarness, source: MemorySource) -> None:
    """With --no-notify, subscribers hear nothing of what a load writes, and of the next changes they do."""
    new(source, "--no-notify")
    assert all("quiet" in new.registry.items()[f"PERSON#p{number}", "RECORD"] for number in range(1, 5))
    source.pass_time(minutes=1)
    source.person(4, income=1.0)
    new(source, "--no-notify")
    assert "quiet" not in new.registry.items()["PERSON#p4", "RECORD"]


def test_millions_are_not_written_one_by_one_unasked(
    new: FollowHarness, source: MemorySource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above two million new records, the command names the way by S3, and stops."""
    monkeypatch.setattr(follow_pass, "MOST_LOADED", 4)
    problem = new(source).problem
    assert problem.startswith(
        "The registry lacks 5 people and groups of the database: load them by DynamoDB's import"
    )
    assert new.registry.views() == {}
    assert new(source, "--load-all").status == 0
    new.assert_follows(source)
