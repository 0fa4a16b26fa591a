"""Large changes: groups of many or of large members, and bodies that are stored in parts."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from dci_common.registry.errors import RegistryBusy
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Group, Membership, Person
from dci_common.registry.write.transaction import MAX_ACTIONS
from support.crowded_hill import AFTER, HILL, on_hill, people
from support.registry_harness import Registry, items_of, registry_with


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
