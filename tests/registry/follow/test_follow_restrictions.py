"""`dci registry follow`: who restricts people, and what does not lift a restriction."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import pytest

from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Person
from dci_common.registry.storage.follow_status import FollowStatus
from support.follow_harness import FollowHarness
from support.import_files import import_into, jsonl
from support.memory_source import MemorySource

ORDERS = sorted(set(permutations(("database", "database", "operator", "operator"))))


def test_the_database_restricts_and_unrestricts_people(follow: FollowHarness, source: MemorySource) -> None:
    """A tag, which has no time of writing, is followed in each pass, and without the state as well."""
    follow(source)
    source.pass_time(hours=8)
    follow(source)
    source.person(4, silently=True, restricted=True)
    assert follow(source).out == "Memory 1: 1 person changed.\n"
    follow.lose_state()
    source.person(4, silently=True)
    assert follow(source).out == "Memory 1: 1 person changed.\n"
    assert "restricted" not in follow.registry.view(Kind.PERSON, "p4")
    assert follow.registry.findings() == []


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
def test_each_lifts_only_its_own_restriction(
    follow: FollowHarness, source: MemorySource, tmp_path: Path, order: Sequence[str]
) -> None:
    """In whichever order the database and an operator restrict and unrestrict, a person is as either of them says."""
    follow(source)
    says = {"database": False, "operator": False}
    for who in order:
        says[who] = not says[who]
        source.pass_time(minutes=1)
        if who == "database":
            source.person(4, restricted=says[who], income=float(says[who]))
        elif says["operator"] == (order[0] == "operator"):  # by put, then by import, or the other way round
            follow.registry.put(Person(id="p4", restricted=says[who]))
        else:
            import_into(follow.registry, jsonl(tmp_path / "p4.jsonl", [Person(id="p4", restricted=says[who])]))
        if who == "operator":
            assert bool(follow.registry.view(Kind.PERSON, "p4").get("restricted")) == any(says.values())
        for arguments in ((), ("--full",)):
            assert follow(source, *arguments).status == 0
            view = follow.registry.view(Kind.PERSON, "p4")
            assert bool(view.get("restricted")) == any(says.values())
        assert bool(view["source"].get("restricted")) == says["database"]
        assert follow(source, "--full").out == "Memory 1: nothing changed.\n"
    assert follow.registry.findings() == []


def test_an_operators_restriction_is_no_change_by_hand(follow: FollowHarness, source: MemorySource) -> None:
    """A restriction beside the database's is neither undone nor reported, also when the database lifts its own."""
    source.person(4, restricted=True)
    follow(source)
    follow.registry.put(source.rows[4].record)
    source.pass_time(minutes=1)
    source.person(4)
    for arguments in ((), ("--full",)):
        assert "changed in the registry" not in follow(source, *arguments).err
    assert follow.registry.view(Kind.PERSON, "p4")["restricted"]


def test_restrictions_are_not_lifted_by_a_forgotten_option(follow: FollowHarness, source: MemorySource) -> None:
    """Without the option that says who is restricted, or when nobody is any more, no restriction is lifted."""
    for number in (1, 4):
        source.person(number, restricted=True)
    follow(source)
    before = follow.versions()
    source.says_who_is_restricted, source.lists = False, "lists-2"
    for number in (1, 4):
        source.person(number, silently=True)
    for arguments in ((), ("--full",), ("--dry-run",)):
        problem = follow(source, *arguments).problem
        assert problem.startswith("2 people would not be restricted any more, so nothing was changed: give --restr")
    source.says_who_is_restricted = True
    assert "see that the tag and the table of tagged people are complete" in follow(source).problem
    assert follow(source, "--allow-unrestricted", 1).status == 2
    assert follow.versions() == before
    source.person(4, silently=True, restricted=True)
    assert follow(source).out == "Memory 1: 1 person changed.\n"
    source.person(4, silently=True)
    assert follow(source, "--allow-unrestricted", 1).out == "Memory 1: 1 person changed.\n"
    follow.assert_follows(source)


def test_an_operators_restriction_outlives_the_record(follow: FollowHarness, source: MemorySource) -> None:
    """A person whom an operator restricted is restricted when they come back, however they went."""
    follow(source)
    for number in (3, 4):
        follow.registry.put(Person(id=f"p{number}", restricted=True))
    rows = dict(source.rows)
    for number in (3, 4):
        source.delete(number)
    source.group(4)
    assert follow(source).status == 0
    assert FollowStatus.read(follow.registry.runtime).restrictions == {"p3", "p4"}
    follow.lose_state()
    assert follow(source).status == 0
    source.rows |= {number: rows[number] for number in (3, 4)}
    assert follow(source).status == 0
    for number in (3, 4):
        view = follow.registry.view(Kind.PERSON, f"p{number}")
        assert (view["restricted"], view["source"]) == (True, {"database": "database-1", "id": number})
    assert FollowStatus.read(follow.registry.runtime).restrictions == set()
    assert follow(source, "--full").out == "Memory 1: nothing changed.\n"
