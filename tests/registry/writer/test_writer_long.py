"""Changes that do not fit into one transaction: large groups, interrupted writers, large bodies."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

import pytest

from dci_common.registry.errors import NoSuchRecord, RegistryBusy
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import AnyRecord, Group, Identifier, Membership, Person
from dci_common.registry.write.transaction import MAX_ACTIONS
from dci_common.registry.write.writer import RegistryWriter
from support.example_counts import sampled
from support.registry_harness import Crash, Registry, items_of, registry_with

FEW_ACTIONS = 7
HILL = Group(id="hill", identifiers=(Identifier(identifier_type="HOUSEHOLD_ID", identifier_value="1"),))
AFTER = Group(id="hill", name="Hill", identifiers=(Identifier(identifier_type="HOUSEHOLD_ID", identifier_value="2"),))
NEWCOMER = Person(id="newcomer")


def people(number: int) -> list[Person]:
    """Make people."""
    return [Person(id=f"p{place:03}", phone_numbers=("555",)) for place in range(number)]


def on_hill(members: Iterable[Person]) -> list[Membership]:
    """Make them members of one group."""
    return [Membership(person_id=person.id, group_id="hill", start="2020-01-01") for person in members]


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


def test_a_group_of_seventy_changes_in_one_transaction(engine: None) -> None:  # noqa: ARG001 - must be running
    """A group of 70 changes in one transaction, so that no reader sees half of it."""
    crowd = people(70)
    with registry_with(*crowd, HILL, *on_hill(crowd)) as registry:
        writer, client = registry.disturbed()
        writer.put(AFTER)
        assert client.transactions == 1
        registry.assert_holds(*crowd, AFTER, *on_hill(crowd))


@pytest.mark.exhaustive
def test_a_group_over_the_action_limit_takes_several_transactions(engine: None) -> None:  # noqa: ARG001 - must be running
    """A group with more members than a transaction has actions is changed, and left, in several."""
    crowd = people(MAX_ACTIONS + 1)
    with registry_with(*crowd, HILL, *on_hill(crowd)) as registry:
        writer, client = registry.disturbed()
        writer.put(AFTER)
        assert client.transactions > 2
        writer.delete_membership("p000", "hill")
        registry.assert_holds(*crowd, AFTER, *on_hill(crowd[1:]))


def talkative(id_: str, size: int) -> Person:
    """Make a person with so much to say, in characters of three bytes each."""
    said = [{"key": f"k{number}", "value": "ක" * 500} for number in range(size // 1500)]
    return Person.model_validate({"id": id_, "additional_attributes": said})


@pytest.mark.exhaustive
def test_large_members_are_changed_a_few_at_a_time(registry: Registry) -> None:
    """Members so large that few fit into a transaction are changed a few at a time."""
    street = {"address_line_1": "ක" * 500, "address_line_2": "ක" * 500}
    wide = [Group.model_validate({"id": "hill", "name": name, "addresses": [street] * 10}) for name in ("a", "b")]
    crowd = [talkative(f"p{number}", 96_000) for number in range(33)]
    registry.write(items_of([*crowd, wide[0], *on_hill(crowd)]))
    writer, client = registry.disturbed()
    writer.put(wide[1])
    assert client.transactions == 4  # the group, twice half of them, the group again
    registry.assert_holds(*crowd, wide[1], *on_hill(crowd))


@pytest.mark.exhaustive
def test_a_large_body_is_stored_in_parts(registry: Registry) -> None:
    """A group whose body is too large for an item is stored in as many parts as it needs."""
    large = [talkative(f"p{number}", 96_000) for number in range(5)]
    memberships = [Membership(person_id=person.id, group_id="hill") for person in large]
    registry.put(*large, HILL)
    parts = []
    for membership in memberships:
        registry.put(membership)
        parts.append(sum(sk.startswith("BODY#") for _, sk in registry.items()))
    assert parts == [0, 0, 0, 2, 3]
    registry.assert_holds(*large, HILL, *memberships)
    small = Person(id="p0")
    registry.put(small)
    registry.writer.delete(Kind.PERSON, "p1")
    assert not any(sk.startswith("BODY#") for _, sk in registry.items())
    registry.assert_holds(small, *large[2:], HILL, memberships[0], *memberships[2:])


@pytest.fixture
def torn(registry: Registry) -> tuple[Registry, Registry, Callable[[], None]]:
    """Return a registry with a body in parts, another reader of it, and what tears that one's next read."""
    large = [talkative(f"p{number}", 96_000) for number in range(4)]
    registry.put(*large, HILL, *on_hill(large))
    reader = Registry(registry.table)
    _, client = registry.disturbed()
    vars(reader.runtime)["dynamodb"] = client
    names = count()

    def tear() -> None:
        def between(request: dict[str, Any]) -> None:
            if any(key["sk"]["S"].startswith("BODY#") for key in request["RequestItems"][registry.table]["Keys"]):
                client.calm()
                registry.put(Group(id="hill", name=f"Hill {next(names)}"))

        client.reading = between

    return registry, reader, tear


def test_a_body_that_changes_during_a_read_is_read_again(torn: tuple[Registry, Registry, Callable[[], None]]) -> None:
    """A body that changes between the reads of its record and of its parts is read again."""
    registry, reader, tear = torn
    tear()
    assert reader.view(Kind.GROUP, "hill")["name"] == "Hill 0"
    assert reader.view(Kind.GROUP, "hill") == registry.view(Kind.GROUP, "hill")


def test_a_missing_part_is_a_busy_registry(torn: tuple[Registry, Registry, Callable[[], None]]) -> None:
    """A body with a missing part is not returned: the registry is reported as busy."""
    registry, reader, _ = torn
    registry.runtime.dynamodb.delete_item(
        TableName=registry.table, Key={"pk": {"S": "GROUP#hill"}, "sk": {"S": "BODY#2"}}
    )
    with pytest.raises(RegistryBusy):
        reader.view(Kind.GROUP, "hill")
