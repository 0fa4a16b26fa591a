"""Views: a record together with what it shows of others, as one JSON object.

A person's view carries a summary of each household, a group's view its member list, so that a page of records
costs one read each. What holds no value is absent; nothing is ever `null`.

    person: Person's fields, households: [{the group's summary, roles, start, end}]
    group:  Group's fields,  members:    [{Person's fields, roles, start, end}]

A group's summary is its fields but the additional ones, and `member_spans`: how many of its members, restricted ones
left out, belong to it from when to when (`[[start, end, number], ...]`, "" for an open side). So its size on any
day is known, and no view depends on the day on which it was written.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dci_common.registry.model.base import Kind, plain

if TYPE_CHECKING:
    from dci_common.registry.model.records import Group, Membership, Person

View = dict[str, Any]

_OF_MEMBERSHIP = ("roles", "start", "end")
_NOT_IN_ENTRY = {"households", *_OF_MEMBERSHIP}
_NOT_IN_SUMMARY = {"members", "additional_attributes", "registration_date", "last_updated"}


def views(
    people: Iterable[Person], groups: Iterable[Group], memberships: Iterable[Membership]
) -> Iterator[tuple[Kind, View]]:
    """Build the view of every record. Memberships must refer to the given people and groups (KeyError)."""
    people_by_id = {person.id: plain(person) for person in people}
    of_group: dict[str, list[Membership]] = defaultdict(list)
    of_person: dict[str, list[Membership]] = defaultdict(list)
    for membership in memberships:
        of_group[membership.group_id].append(membership)
        of_person[membership.person_id].append(membership)
    group_views = {
        group.id: group_view(
            plain(group), [member_entry(people_by_id[m.person_id], plain(m)) for m in of_group[group.id]]
        )
        for group in groups
    }
    for id_, person in people_by_id.items():
        homes = [household_entry(group_views[m.group_id], plain(m)) for m in of_person[id_]]
        yield Kind.PERSON, person_view(person, homes)
    for view in group_views.values():
        yield Kind.GROUP, view


def person_view(person: View, households: Iterable[View]) -> View:
    """Build a person's view; households in the order of their ids."""
    return {**person, "households": sorted(households, key=_by_id)}


def group_view(group: View, members: Iterable[View]) -> View:
    """Build a group's view; members in the order of their ids."""
    return {**group, "members": sorted(members, key=_by_id)}


def member_entry(person: Mapping[str, Any], membership: Mapping[str, Any]) -> View:
    """Build a group's entry of a member. `membership` may be any object that has the fields of one."""
    own = {name: value for name, value in person.items() if name not in _NOT_IN_ENTRY}
    return own | membership_fields(membership)


def household_entry(group: Mapping[str, Any], membership: Mapping[str, Any]) -> View:
    """Build a person's entry of a household, from the group's view."""
    return summary(group) | membership_fields(membership)


def summary(group: Mapping[str, Any]) -> View:
    """Return what the members of a group show of it."""
    spans = Counter(
        (member.get("start", ""), member.get("end", ""))
        for member in group["members"]
        if not member.get("restricted")
    )
    own = {name: value for name, value in group.items() if name not in _NOT_IN_SUMMARY}
    return {**own, "member_spans": [[start, end, number] for (start, end), number in sorted(spans.items())]}


def unrestricted(view: Mapping[str, Any]) -> View:
    """Return a view as clients see it that are entitled to restricted people: nobody in it is marked as one."""
    own = {name: value for name, value in view.items() if name != "restricted"}
    return own | ({"members": [unrestricted(member) for member in view["members"]]} if "members" in view else {})


def own_fields(view: Mapping[str, Any]) -> View:
    """Return a record's own fields: its view without what it shows of others."""
    return {name: value for name, value in view.items() if name not in {"households", "members"}}


def membership_fields(fields: Mapping[str, Any]) -> View:
    """Return what an entry or a membership says of the membership itself."""
    return {name: fields[name] for name in _OF_MEMBERSHIP if name in fields}


def _by_id(entry: View) -> str:
    return str(entry["id"])
