"""Views: a record together with what it shows of others, as one JSON object.

A person's view carries a summary of each household, a group's view its member list, so that a page of records
costs one read each. Members that are absent hold no value; nothing is ever `null`.

    person: Person's fields, households: [{id, name, identifiers, phone_numbers, roles, start, end}]
    group:  Group's fields,  members:    [{Person's fields, roles, start, end}]
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from dci_common.registry.model import Group, Kind, Membership, Person, Record

View = dict[str, Any]


def views(
    people: Iterable[Person], groups: Iterable[Group], memberships: Iterable[Membership]
) -> Iterator[tuple[Kind, View]]:
    """Build the view of every record. Memberships must refer to the given people and groups (KeyError)."""
    people_by_id = {person.id: person for person in people}
    groups_by_id = {group.id: group for group in groups}
    households: dict[str, list[View]] = defaultdict(list)
    members: dict[str, list[View]] = defaultdict(list)
    for membership in memberships:
        person, group = people_by_id[membership.person_id], groups_by_id[membership.group_id]
        households[person.id].append(_household_summary(group, membership))
        members[group.id].append({**plain(person), **_membership(membership)})
    for person in people_by_id.values():
        yield Kind.PERSON, {**plain(person), "households": households[person.id]}
    for group in groups_by_id.values():
        yield Kind.GROUP, {**plain(group), "members": members[group.id]}


def plain(record: Record) -> View:
    """Write a record as JSON has it, without the members that hold nothing."""
    fields = record.model_dump(mode="json", exclude_none=True)
    return {name: value for name, value in fields.items() if value not in ([], {})}


def _household_summary(group: Group, membership: Membership) -> View:
    fields = plain(group)
    shown = {"id", "name", "identifiers", "phone_numbers"}
    return {**{name: value for name, value in fields.items() if name in shown}, **_membership(membership)}


def _membership(membership: Membership) -> View:
    return {name: value for name, value in plain(membership).items() if name in {"roles", "start", "end"}}
