"""Renders the social registry's records as the standard's JSON-LD: SRPerson, Member and Group.

`birth_place` is the CRVS Person's; `households`, `membership_kind` and a group's `name` and `phone_number` are
extensions, which the standard allows. A restricted person is shown in no group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from dci_common.registry.catalogue.attributes import Disclosure
from dci_common.registry.model.views import View, is_shown

_CONTEXT = "https://schema.spdci.org/extensions/social/v1/data/{}.jsonld"


class _Field(NamedTuple):
    """A field: its name in a view, the standard's, what discloses it, and how its value is shown if not as it is."""

    here: str
    there: str
    disclosed_by: str
    shown: Callable[[Any], Any] | None = None


class _Table:
    """Fields, in the order in which they are shown."""

    def __init__(self, *fields: _Field) -> None:
        self.fields = fields


def _own(*names: str) -> tuple[_Field, ...]:
    """Return fields that are named alike everywhere."""
    return tuple(_Field(name, name, name) for name in names)


def _typed(type_: str) -> Callable[[Iterable[Mapping[str, Any]]], list[View]]:
    return lambda values: [{"@type": type_, **value} for value in values]


def _place(place: View) -> View:
    inner = {"contained_in_place": _place(place["contained_in_place"])} if "contained_in_place" in place else {}
    return {"@type": "Place", **place, **inner}


_IDENTIFIERS = _typed("Identifier")
_ADDRESSES = _Field("addresses", "address", "address", _typed("Address"))
_CONTACTS = (_Field("emails", "email", "email"), _Field("phone_numbers", "phone_number", "phone_number"))
_DATES = _own("registration_date", "last_updated")
_ADDITIONAL = _own("additional_attributes")
_OF_PERSON = _Table(
    _Field("name", "name", "name", lambda name: {"@type": "Name", **name}),
    *_own("sex", "birth_date", "death_date"),
    _Field("birth_place", "birth_place", "birth_place", lambda name: {"@type": "Place", "name": name}),
    _ADDRESSES,
    *_CONTACTS,
    *_DATES,
)
_OF_MEMBER = _Table(
    *_own("marital_status", "employment_status", "occupation", "income_level", "education_level"),
    _Field("is_disabled", "is_disabled", "disability"),
    _Field("disability_info", "disability_info", "disability", _typed("DisabilityInfo")),
    _Field("language_codes", "language_code", "language_code"),
    *_ADDITIONAL,
)
_OF_SR_PERSON = _Table(*_OF_PERSON.fields, *_OF_MEMBER.fields)
_OF_GROUP = _Table(
    *_own("name", "group_type", "poverty_score"),
    _Field("poverty_score_type", "poverty_score_type", "poverty_score"),
    *_CONTACTS,
    _ADDRESSES,
    _Field("place", "geographical_location", "address", _place),
)
_AFTER_MEMBERS = _Table(*_DATES, *_ADDITIONAL)
_OF_HOUSEHOLD = _Table(*_own("name"), *_CONTACTS)


def sr_person(view: View, disclosure: Disclosure, today: date) -> View:
    """Render a person as an SRPerson."""
    return {
        "@context": _CONTEXT.format("SRPerson"),
        "@type": "SRPerson",
        **_identifiers("identifier", view, disclosure),
        **_fields(_OF_SR_PERSON, view, disclosure),
        **_households(view, disclosure, today),
    }


def member(view: View, disclosure: Disclosure, today: date) -> View:
    """Render a person as a Member, with the households they belong to."""
    return {
        "@context": _CONTEXT.format("Member"),
        **_member(view, disclosure),
        **_households(view, disclosure, today),
    }


def group(view: View, disclosure: Disclosure, today: date) -> View:
    """Render a group, its members and its head."""
    return {
        "@context": _CONTEXT.format("Group"),
        "@type": "Group",
        **_identifiers("group_identifier", view, disclosure),
        **_fields(_OF_GROUP, view, disclosure),
        **(_membership(view, disclosure, today) if "household" in disclosure else {}),
        **_fields(_AFTER_MEMBERS, view, disclosure),
    }


def _membership(view: View, disclosure: Disclosure, today: date) -> View:
    entries = [entry for entry in view["members"] if is_shown(entry, today)]
    members = [_member(entry, disclosure) | _kinds(entry) for entry in entries]
    heads = [shown for entry, shown in zip(entries, members, strict=True) if "head" in entry.get("roles", ())]
    head = {"group_head_info": heads[0]} if heads else {}
    return {"group_size": len(members), **head, "member_list": members}


def _member(view: View, disclosure: Disclosure) -> View:
    person = {
        "@type": "SRPerson",
        **_identifiers("identifier", view, disclosure),
        **_fields(_OF_PERSON, view, disclosure),
    }
    return {
        "@type": "Member",
        **_identifiers("member_identifier", view, disclosure),
        "demographic_info": person,
        **_fields(_OF_MEMBER, view, disclosure),
    }


def _households(view: View, disclosure: Disclosure, today: date) -> View:
    if "household" not in disclosure:
        return {}
    return {"households": [_household(home, disclosure) for home in view["households"] if is_shown(home, today)]}


def _household(home: View, disclosure: Disclosure) -> View:
    return {
        "@type": "Group",
        **_identifiers("group_identifier", home, disclosure),
        **_fields(_OF_HOUSEHOLD, home, disclosure),
        **_kinds(home),
    }


def _kinds(entry: View) -> View:
    return {"roles": entry["roles"]} if "roles" in entry else {}


def _identifiers(there: str, view: View, disclosure: Disclosure) -> View:
    return {there: _IDENTIFIERS(view.get("identifiers", ()))} if "identifier" in disclosure else {}


def _fields(table: _Table, view: View, disclosure: Disclosure) -> View:
    return {
        there: shown(view[here]) if shown else view[here]
        for here, there, _, shown in _disclosed(table, disclosure)
        if here in view
    }


@lru_cache(maxsize=256)  # as many as clients have different disclosures, for each of the tables
def _disclosed(table: _Table, disclosure: Disclosure) -> tuple[_Field, ...]:
    return tuple(field for field in table.fields if field.disclosed_by in disclosure)
