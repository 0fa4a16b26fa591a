"""Views: a record and what it shows of related records, as one JSON object.

A person's view carries a summary of each household, a group's view its member list, so that a record of a page
costs one read. A field without a value is absent; nothing is ever `null`.

    person: Person's fields, households: [{the group's summary, roles, start, end}]
    group:  Group's fields,  members:    [{Person's fields, roles, start, end}]

A person who left a group and came back has an entry for each period (see periods.py). What a record follows
(`source`) is in its own view alone.

A group's summary is its fields except the additional ones, and `member_spans`: the number of its members, without
restricted ones, for each period of membership (`[[start, end, number], ...]`, "" for an open side). So the group's
size on any day is known, and no view depends on the day on which it was written.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from dci_common.registry.model.base import Kind, record_fields

if TYPE_CHECKING:
    from dci_common.registry.model.records import Group, Membership, Person

View = dict[str, Any]
AnyView = Mapping[str, Any]

NEVER = "9999-12-31"  # the end of a membership that has none

MEMBERSHIP_FIELDS = ("roles", "start", "end")
_NOT_IN_ENTRY = {"households", "source", *MEMBERSHIP_FIELDS}
_NOT_IN_SUMMARY = {"members", "additional_attributes", "registration_date", "last_updated", "source"}


def views(
    people: Iterable[Person], groups: Iterable[Group], memberships: Iterable[Membership]
) -> Iterator[tuple[Kind, View]]:
    """Build the view of every record. Raises KeyError when a membership names another person or group."""
    people_by_id = {person.id: record_fields(person) for person in people}
    by_group: dict[str, list[Membership]] = defaultdict(list)
    by_person: dict[str, list[Membership]] = defaultdict(list)
    for membership in memberships:
        by_group[membership.group_id].append(membership)
        by_person[membership.person_id].append(membership)
    group_views: dict[str, View] = {}
    for group in groups:
        members = [member_entry(people_by_id[m.person_id], record_fields(m)) for m in by_group[group.id]]
        group_views[group.id] = group_view(record_fields(group), members)
    for id_, person in people_by_id.items():
        households = [household_entry(group_views[m.group_id], record_fields(m)) for m in by_person[id_]]
        yield Kind.PERSON, person_view(person, households)
    for view in group_views.values():
        yield Kind.GROUP, view


def person_view(person: View, households: Iterable[View]) -> View:
    """Build a person's view, households in the order of their ids and starts."""
    return {**person, "households": sorted(households, key=entry_key)}


def group_view(group: View, members: Iterable[View]) -> View:
    """Build a group's view, members in the order of their ids and starts."""
    return {**group, "members": sorted(members, key=entry_key)}


def member_entry(person: AnyView, membership: AnyView) -> View:
    """Build the entry of a member in a group's view. `membership` may be any object with the fields of one."""
    own = {name: value for name, value in person.items() if name not in _NOT_IN_ENTRY}
    return own | membership_fields(membership)


def household_entry(group: AnyView, membership: AnyView) -> View:
    """Build the entry of a household in a person's view, from the group's view."""
    return summary(group) | membership_fields(membership)


def summary(group: AnyView) -> View:
    """Return what the views of a group's members show of it."""
    spans = Counter(
        (member.get("start", ""), member.get("end", ""))
        for member in group["members"]
        if not member.get("restricted")
    )
    own = {name: value for name, value in group.items() if name not in _NOT_IN_SUMMARY}
    return {**own, "member_spans": [[start, end, number] for (start, end), number in sorted(spans.items())]}


def unrestricted(view: AnyView) -> View:
    """Return a view without its marks of restricted people, as entitled clients see it."""
    own = {name: value for name, value in view.items() if name != "restricted"}
    return own | ({"members": [unrestricted(member) for member in view["members"]]} if "members" in view else {})


def own_fields(view: AnyView) -> View:
    """Return a record's own fields: its view without related records."""
    return {name: value for name, value in view.items() if name not in {"households", "members"}}


def membership_fields(fields: AnyView) -> View:
    """Return the fields of the membership itself, from an entry or a membership."""
    return {name: fields[name] for name in MEMBERSHIP_FIELDS if name in fields}


def entry_key(entry: AnyView) -> tuple[str, str]:
    """Return what identifies an entry in a record's view: the id of the other record, and the start or ""."""
    return entry["id"], entry.get("start", "")


def is_active(membership: AnyView, today: date) -> bool:
    """Return whether a membership, as a view holds it, is active on `today`."""
    day = today.isoformat()
    return bool(membership.get("start", day) <= day < membership.get("end", NEVER))


def is_shown(entry: AnyView, today: date) -> bool:
    """Return whether a member or a household, as a view holds it, is disclosed on `today`."""
    return is_active(entry, today) and not entry.get("restricted")


def related_entries(view: AnyView, today: date) -> list[AnyView]:
    """Return the households of a person, or the members of a group, that are disclosed on `today`."""
    entries = view["households"] if "households" in view else view.get("members", ())
    return [entry for entry in entries if is_shown(entry, today)]


def home_of(view: AnyView) -> AnyView:
    """Return the view that has a record's address: its own, or the first household of a person without one."""
    if "addresses" in view or "place" in view:
        return view
    for household in view.get("households", ()):
        if "end" not in household:
            return cast("AnyView", household)
    return {}
