"""A group's fields and its memberships."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import islice

from dci_cli.registry.follow.openspp import terms
from dci_cli.registry.follow.openspp.checked import check
from dci_cli.registry.follow.openspp.connection import Row
from dci_cli.registry.follow.openspp.parts import Mapping, Remarks
from dci_cli.registry.follow.openspp.parts import Row as ChildRow
from dci_cli.registry.follow.openspp.places import place
from dci_cli.registry.follow.openspp.terms import Term, clean
from dci_cli.registry.support.plausibility import Fields
from dci_cli.registry.support.value_checks import is_usual_day
from dci_common.registry.model.records import Membership
from dci_common.registry.write.put_changes import MAX_MEMBERS

_MOST_ROLES = 10
_MOST_ROLE_CHARACTERS = 100  # of a usual one
_CACHED_DAYS = 8192
_LEFT_OUT = {
    "group": "A member is a group, which a group cannot have as a member: the membership is left out.",
    "hidden": "A member is not followed (archived, withdrawn or no registrant): the membership is left out.",
}


@dataclass(slots=True)
class _Period:
    """What several memberships of a person in a group say together."""

    starts: list[str] = field(default_factory=list)
    ends: list[str | None] = field(default_factory=list)
    roles: dict[str, None] = field(default_factory=dict)


def group_fields(row: Row, mapping: Mapping, score: ChildRow | None) -> Fields:
    """Return what the registrant's own columns say of a group."""
    kind = mapping.lists.group_kinds.get(row.get("kind") or row.get("group_type_id") or 0)
    fields: Fields = {
        "name": clean(row.get("name")),
        "group_type": _group_type(kind, mapping) if kind else "",
        "place": place(row, mapping),
    }
    fields = {name: value for name, value in fields.items() if value}
    points = score[1] if score else row.get("grp_pmt_score") if mapping.options.poverty else None
    if points is not None:
        fields |= {"poverty_score": points, "poverty_score_type": mapping.options.poverty}
    return fields


def memberships(
    group_id: str, rows: Sequence[ChildRow], mapping: Mapping, today: date, remarks: Remarks
) -> tuple[Membership, ...]:
    """Return the memberships of a group, one for each person."""
    periods = _periods(rows, mapping, remarks)
    if len(periods) > MAX_MEMBERS:
        remarks.add("members", f"The group has more than {MAX_MEMBERS:,} members: the others are left out.")
    found = []
    for person, period in islice(periods.items(), MAX_MEMBERS):
        fields = _membership(group_id, person, period, mapping, remarks)
        is_usual = all(_is_usual(fields[name], str(today.year)) for name in ("start", "end") if fields.get(name))
        if is_usual and all(map(_is_short, fields.get("roles", ()))):
            found.append(Membership.model_validate(fields))  # nothing in it can be wrong
        else:
            found.append(check(Membership, fields, today, remarks))
    return tuple(found)


def _periods(rows: Iterable[ChildRow], mapping: Mapping, remarks: Remarks) -> dict[int, _Period]:
    periods: dict[int, _Period] = {}
    for _, person, start, end, roles, _, member, is_beyond in rows:
        if member in _LEFT_OUT:
            remarks.add("members", _LEFT_OUT[member])
            continue
        if is_beyond:
            remarks.contested = True
            remarks.add("members", "A member belongs to too many groups: the membership is left out.")
            continue
        period = periods.setdefault(person, _Period())
        if start and end and end < start:
            remarks.add("start_date", "A membership ends before it starts: its start is left out.")
        elif start:
            period.starts.append(start)
        period.ends.append(end)
        for kind in roles or ():
            if (term := mapping.lists.roles.get(kind)) and (role := terms.role(term, mapping.options.names)):
                period.roles[role] = None
    return periods


def _membership(group_id: str, person: int, period: _Period, mapping: Mapping, remarks: Remarks) -> Fields:
    fields: Fields = {
        "person_id": f"{mapping.options.prefix}{person}",
        "group_id": group_id,
        "start": min(period.starts, default=None),  # an absent one would mean the period that is in the registry
    }
    if all(period.ends):
        fields["end"] = max(filter(None, period.ends))
    if len(period.ends) > 1:
        remarks.add("members", "A person has several memberships in the group, which became one.")
    if period.roles:
        fields["roles"] = list(period.roles)[:_MOST_ROLES]
    return fields


@lru_cache(_CACHED_DAYS)
def _is_usual(day: str, year: str) -> bool:
    return is_usual_day(day, year) and len(day) == len("2020-01-31")


def _is_short(role: str) -> bool:
    return len(role) <= _MOST_ROLE_CHARACTERS


def _group_type(kind: Term, mapping: Mapping) -> str:
    """Return the kind of a group: in lower case, as the registry's own synthetic data has it."""
    return kind.named(mapping.options.names).lower()
