"""Changes that do not fit into one transaction: large groups, interrupted writers, large bodies."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from dci_common.registry.errors import NoSuchRecord
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import AnyRecord, Membership, Person
from dci_common.registry.write.writer import RegistryWriter
from support.crowded_hill import AFTER, HILL, on_hill, people
from support.example_counts import sampled
from support.registry_harness import Crash, Registry, registry_with

FEW_ACTIONS = 7
NEWCOMER = Person(id="newcomer")
CROWD = people(FEW_ACTIONS)
MEMBERS = on_hill(CROWD)
BEFORE: list[AnyRecord] = [*CROWD, NEWCOMER, HILL, *MEMBERS]
HIDDEN = Person(id="p000", phone_numbers=("555",), restricted=True)
JOINS = Membership(person_id="newcomer", group_id="hill")
Change = Callable[[RegistryWriter], None]
CHANGES: dict[str, tuple[Change, list[AnyRecord]]] = {
    "put group": (lambda writer: writer.put(AFTER), [*CROWD, NEWCOMER, AFTER, *MEMBERS]),
    "put person": (lambda writer: writer.put(HIDDEN), [HIDDEN, *CROWD[1:], NEWCOMER, HILL, *MEMBERS]),
    "put membership": (lambda writer: writer.put(JOINS), [*BEFORE, JOINS]),
    "end membership": (
        lambda writer: writer.delete_membership("p000", "hill"),
        [*CROWD, NEWCOMER, HILL, *MEMBERS[1:]],
    ),
    "delete person": (
        lambda writer: writer.delete(Kind.PERSON, "p000"),
        [*CROWD[1:], NEWCOMER, HILL, *MEMBERS[1:]],
    ),
    "delete group": (lambda writer: writer.delete(Kind.GROUP, "hill"), [*CROWD, NEWCOMER]),
}
each_change = pytest.mark.parametrize(("change", "after"), sampled(list(CHANGES.values()), quick=2), ids=CHANGES)


@pytest.fixture
def village(engine: None) -> Any:  # noqa: ARG001 - must be running
    """Return a registry with one group, which is large for a transaction of few actions."""
    with registry_with(*BEFORE) as registry:
        yield registry


@pytest.mark.exhaustive
@each_change
def test_an_interrupted_write_is_completed_later(village: Registry, change: Change, after: list[AnyRecord]) -> None:
    """A write that is interrupted after any of its transactions is whole once the group was completed."""
    loaded = list(village.items().values())
    for crash_after in count():
        village.clear()
        village.write(loaded)
        writer, client = village.disturbed(FEW_ACTIONS)
        client.crash(crash_after or 1, before=not crash_after)
        try:
            change(writer)
        except Crash:
            village.writer.finish(Kind.GROUP, "hill")
            village.assert_holds(*(after if crash_after else BEFORE))
        else:
            assert crash_after > 3
            break


@each_change
def test_many_transactions_write_what_one_does(village: Registry, change: Change, after: list[AnyRecord]) -> None:
    """A change in many transactions has the same result as in one."""
    writer, client = village.disturbed(FEW_ACTIONS)
    change(writer)
    assert client.transactions > 3
    village.assert_holds(*after)


@each_change
def test_a_long_write_with_a_conflict_is_completed_once(
    village: Registry, change: Change, after: list[AnyRecord]
) -> None:
    """A long write that meets a conflict midway is completed, or found complete, and not started again."""
    writer, client = village.disturbed(FEW_ACTIONS)
    other = Person(id="p006", phone_numbers=("555", "556"))

    def meanwhile(number: int) -> None:
        if number == 3:
            village.writer.put(other)
            village.writer.finish(Kind.GROUP, "hill")

    client.before = meanwhile
    change(writer)
    village.assert_holds(*(other if record == CROWD[6] else record for record in after))


def test_a_conflict_after_the_first_write_is_no_version_error(village: Registry) -> None:
    """After its first write at the expected version, a conflict is not reported as another version."""
    writer, client = village.disturbed(FEW_ACTIONS)

    def meanwhile(number: int) -> None:
        if number == 3:
            village.writer.finish(Kind.GROUP, "hill")

    client.before = meanwhile
    writer.put(AFTER, version=1)
    village.assert_holds(*CROWD, NEWCOMER, AFTER, *MEMBERS)


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("next_one", "result"),
    [
        (lambda writer: writer.put(HILL), BEFORE),
        (lambda writer: writer.put(AFTER), [*CROWD, NEWCOMER, AFTER, *MEMBERS]),
        (lambda writer: writer.put(HIDDEN), [HIDDEN, *CROWD[1:], NEWCOMER, AFTER, *MEMBERS]),
        (lambda writer: writer.put(JOINS), [*CROWD, NEWCOMER, AFTER, *MEMBERS, JOINS]),
        (lambda writer: writer.delete(Kind.PERSON, "p000"), [*CROWD[1:], NEWCOMER, AFTER, *MEMBERS[1:]]),
        (lambda writer: writer.delete(Kind.GROUP, "hill"), [*CROWD, NEWCOMER]),
    ],
)
def test_the_next_writer_completes_an_interrupted_change(
    village: Registry, next_one: Change, result: list[AnyRecord]
) -> None:
    """A group whose change was interrupted is marked, and the next writer completes it first."""
    writer, client = village.disturbed(FEW_ACTIONS)
    client.crash(3, before=False)
    with pytest.raises(Crash):
        writer.put(AFTER)
    assert "GROUP#hill RECORD: a long write of it (summaries) is in progress or was interrupted" in village.findings()
    next_one(village.writer)
    village.assert_holds(*result)


def test_a_group_under_deletion_shows_no_members(village: Registry) -> None:
    """A group whose deletion was interrupted does not show members as they were: they may have left it already."""
    writer, client = village.disturbed(FEW_ACTIONS)
    client.crash(2, before=False)
    with pytest.raises(Crash):
        writer.delete(Kind.GROUP, "hill")
    village.writer.put(HIDDEN)
    shown = village.view(Kind.GROUP, "hill")["members"]
    assert not [entry for entry in shown if "phone_numbers" in entry or not entry.get("restricted")]
    village.writer.finish(Kind.GROUP, "hill")
    village.assert_holds(HIDDEN, *CROWD[1:], NEWCOMER)


def test_a_group_under_deletion_rejects_members(village: Registry) -> None:
    """A group whose deletion was interrupted cannot be joined, and can be created again."""
    writer, client = village.disturbed(FEW_ACTIONS)
    client.crash(2, before=False)
    with pytest.raises(Crash):
        writer.delete(Kind.GROUP, "hill")
    with pytest.raises(NoSuchRecord):
        village.put(JOINS)
    village.assert_holds(*CROWD, NEWCOMER)
    village.put(HILL, JOINS)
    village.assert_holds(*CROWD, NEWCOMER, HILL, JOINS)
