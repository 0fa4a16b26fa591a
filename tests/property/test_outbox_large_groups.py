"""A group whose body is stored in parts has events like any other."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from dci_cli.local.demo import Population
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import AdditionalAttribute, Identifier, Name, Person
from dci_common.registry.write.writer import RegistryWriter
from dci_common.subscriptions.compiled_subscription import EVERYBODY
from dci_common.subscriptions.event_types import EventType
from support.crowded_hill import AFTER, HILL, on_hill
from support.event_harness import event_harness
from support.registry_harness import Registry
from support.subscribers import Subscriber

MEMBERS = 400


def person(number: int) -> Person:
    """Make a person of whom a group shows about 700 bytes."""
    return Person(
        id=f"p{number:03}",
        identifiers=(Identifier(identifier_type="UIN", identifier_value=f"{1_000 + number}"),),
        name=Name(surname="Hill", given_name=f"Given {number}"),
        additional_attributes=said("w" * 450),
    )


def said(*texts: str) -> tuple[AdditionalAttribute, ...]:
    """Return attributes with these texts."""
    return tuple(AdditionalAttribute(key=f"k{place}", value=text) for place, text in enumerate(texts))


def noise(number: int) -> tuple[AdditionalAttribute, ...]:
    """Return texts, a hundred of them, that cannot be compressed."""
    draw = random.Random(number)
    return said(*("".join(map(chr, draw.choices(range(0x4E00, 0x9000), k=300))) for _ in range(100)))


def parts(registry: Registry) -> int:
    """Return the number of the parts in which the group's body is stored."""
    return sum(pk == "GROUP#hill" and sk.startswith("BODY#") for pk, sk in registry.items())


CROWD = [person(number) for number in range(MEMBERS)]
Write = Callable[[RegistryWriter], Any]
# Each write, and the number of parts of the group after it.
WRITES: list[tuple[Write, int]] = [
    (lambda writer: writer.put(CROWD[0].model_copy(update={"additional_attributes": said(*["w" * 500] * 90)})), 5),
    (lambda writer: writer.put(CROWD[7].model_copy(update={"name": Name(surname="Vale")})), 5),
    (lambda writer: writer.put(CROWD[8].model_copy(update={"restricted": True})), 5),
    (lambda writer: writer.put(AFTER), 5),
    (lambda writer: writer.delete(Kind.PERSON, "p009"), 5),
    (lambda writer: writer.put(CROWD[0]), 0),
    (lambda writer: writer.put(CROWD[10].model_copy(update={"additional_attributes": said(*["w" * 500] * 90)})), 5),
    (lambda writer: writer.delete(Kind.GROUP, "hill"), 0),
]


def of_member(name: str, value: str) -> list[dict[str, Any]]:
    """Return a filter of groups with such a member."""
    return [{"expression1": {"attribute_name": name, "operator": "eq", "attribute_value": value}}]


# What is asked for, of which records, and whether the client may know of restricted people.
SUBSCRIPTIONS: list[tuple[EventType, Any, bool]] = [
    (EventType.UPDATE, EVERYBODY, False),
    (EventType.UPDATE, EVERYBODY, True),
    (EventType.DEREGISTER, EVERYBODY, False),
    (EventType.DEREGISTER, of_member("UIN", "1008"), False),  # who becomes restricted
    (EventType.UPDATE, of_member("given_name", "Given 9"), False),  # who is deleted
]


@pytest.mark.exhaustive
def test_a_large_group_has_events(engine: None) -> None:  # noqa: ARG001 - must be running
    """As its body grows, changes, shrinks and is deleted, each client receives the events of the oracle."""
    last_events = set[str]()
    with event_harness(Population(CROWD, [HILL], on_hill(CROWD)), random.Random(5)) as harness:
        for type_, filter_, restricted in SUBSCRIPTIONS:
            criteria = {"reg_event_type": type_, "filter": filter_, "notify_record_type": "Group"}
            harness.begin(criteria, Subscriber(disclosure=("full",), restricted=restricted))
        for write, number in WRITES:
            harness.change(lambda: write(harness.registry.writer))  # noqa: B023 - called at once
            assert parts(harness.registry) == number
            harness.deliver(0)
            assert harness.events() == harness.expected
            last_events |= {last for _, last, _ in harness.expected.values()}
        assert last_events == {"updated", "left", "deregistered"}
        assert harness.registry.findings() == []


@pytest.mark.exhaustive
def test_a_group_that_no_item_has_room_for_ends(engine: None) -> None:  # noqa: ARG001 - must be running
    """If a body cannot be compressed, changes of the group and its end are events, also for its members."""
    crowd = [one.model_copy(update={"additional_attributes": noise(place)}) for place, one in enumerate(CROWD[:5])]
    with event_harness(Population(crowd, [HILL], on_hill(crowd)), random.Random(5)) as harness:
        for type_, filter_, _ in SUBSCRIPTIONS[:3]:
            criteria = {"reg_event_type": type_, "filter": filter_, "notify_record_type": "Group"}
            harness.begin(criteria, Subscriber(disclosure=("full",)))
        of_members = of_member("surname", "Hill")
        harness.begin(
            {"reg_event_type": "DEREGISTER", "filter": of_members, "notify_record_type": "Group"}, Subscriber()
        )
        harness.change(lambda: harness.registry.writer.put(AFTER))
        harness.change(lambda: harness.registry.writer.delete(Kind.GROUP, "hill"))
        harness.deliver(0)
        assert harness.events() == harness.expected
        assert {last for _, last, _ in harness.expected.values()} == {"updated", "deregistered"}


@pytest.mark.exhaustive
def test_a_change_of_a_member_of_such_a_group_is_no_event(engine: None) -> None:  # noqa: ARG001 - must be running
    """What cannot be compared is no event: a client cannot learn that a hidden member has changed."""
    crowd = [one.model_copy(update={"additional_attributes": noise(place)}) for place, one in enumerate(CROWD[:5])]
    crowd[0] = crowd[0].model_copy(update={"restricted": True})
    with event_harness(Population(crowd, [HILL], on_hill(crowd)), random.Random(5)) as harness:
        harness.begin({"reg_event_type": "UPDATE", "filter": EVERYBODY, "notify_record_type": "Group"}, Subscriber())
        harness.registry.writer.put(crowd[0].model_copy(update={"name": Name(surname="Vale")}))
        harness.deliver(0)
        assert harness.events() == {}
