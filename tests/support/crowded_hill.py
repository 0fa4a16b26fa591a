"""A group before and after a change, and the people in it."""

from __future__ import annotations

from collections.abc import Iterable

from dci_common.registry.model.records import Group, Identifier, Membership, Person

HILL = Group(id="hill", identifiers=(Identifier(identifier_type="HOUSEHOLD_ID", identifier_value="1"),))
AFTER = Group(id="hill", name="Hill", identifiers=(Identifier(identifier_type="HOUSEHOLD_ID", identifier_value="2"),))


def people(number: int) -> list[Person]:
    """Make people."""
    return [Person(id=f"p{place:03}", phone_numbers=("555",)) for place in range(number)]


def on_hill(members: Iterable[Person]) -> list[Membership]:
    """Make them members of one group."""
    return [Membership(person_id=person.id, group_id="hill", start="2020-01-01") for person in members]
