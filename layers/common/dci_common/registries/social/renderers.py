"""Renders the social registry's records as the standard's JSON-LD: SRPerson, Member and Group.

`birth_place` is the CRVS Person's; `households`, `membership_kind` and a group's `name` and `phone_number` are
extensions, which the standard allows. A restricted person is shown in no group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from dci_common.registry.catalogue.attributes import Disclosure
from dci_common.registry.model.views import View, is_shown

_CONTEXT = "https://schema.spdci.org/extensions/social/v1/data/{}.jsonld"
# Fields that are disclosed by their own name: ours, the standard's.
_DATES = (("registration_date", "registration_date"), ("last_updated", "last_updated"))
_OF_PERSON = (("sex", "sex"), ("birth_date", "birth_date"), ("death_date", "death_date"))
_OF_MEMBER = (
    ("marital_status", "marital_status"),
    ("employment_status", "employment_status"),
    ("occupation", "occupation"),
    ("income_level", "income_level"),
    ("education_level", "education_level"),
)
_OF_GROUP = (("name", "name"), ("group_type", "group_type"), ("poverty_score", "poverty_score"))


def sr_person(view: View, disclosure: Disclosure, today: date) -> View:
    """Render a person as an SRPerson."""
    record = {"@context": _CONTEXT.format("SRPerson"), "@type": "SRPerson", **_person(view, disclosure)}
    return record | _member_fields(view, disclosure) | _households(view, disclosure, today)


def member(view: View, disclosure: Disclosure, today: date) -> View:
    """Render a person as a Member, with the households they belong to."""
    return {
        "@context": _CONTEXT.format("Member"),
        **_member(view, disclosure),
        **_households(view, disclosure, today),
    }


def group(view: View, disclosure: Disclosure, today: date) -> View:
    """Render a group, its members and its head."""
    record: View = {"@context": _CONTEXT.format("Group"), "@type": "Group"}
    if "identifier" in disclosure:
        record |= {"group_identifier": _identifiers(view)}
    record |= _picked(view, disclosure, _OF_GROUP)
    if "poverty_score" in disclosure:
        record |= _picked(view, {"poverty_score_type"}, (("poverty_score_type", "poverty_score_type"),))
    record |= _contacts(view, disclosure) | _addresses(view, disclosure)
    if "address" in disclosure and "place" in view:
        record["geographical_location"] = _place(view["place"])
    if "household" in disclosure:
        record |= _membership(view, disclosure, today)
    return record | _picked(view, disclosure, _DATES) | _additional(view, disclosure)


def _membership(view: View, disclosure: Disclosure, today: date) -> View:
    entries = [entry for entry in view["members"] if is_shown(entry, today)]
    members = [_member(entry, disclosure) | _kinds(entry) for entry in entries]
    heads = [shown for entry, shown in zip(entries, members, strict=True) if "head" in entry.get("roles", ())]
    head = {"group_head_info": heads[0]} if heads else {}
    return {"group_size": len(members), **head, "member_list": members}


def _member(view: View, disclosure: Disclosure) -> View:
    identifiers = {"member_identifier": _identifiers(view)} if "identifier" in disclosure else {}
    person = {"@type": "SRPerson", **_person(view, disclosure)}
    return {"@type": "Member", **identifiers, "demographic_info": person, **_member_fields(view, disclosure)}


def _person(view: View, disclosure: Disclosure) -> View:
    record: View = {"identifier": _identifiers(view)} if "identifier" in disclosure else {}
    if "name" in disclosure and "name" in view:
        record["name"] = {"@type": "Name", **view["name"]}
    record |= _picked(view, disclosure, _OF_PERSON)
    if "birth_place" in disclosure and "birth_place" in view:
        record["birth_place"] = {"@type": "Place", "name": view["birth_place"]}
    return record | _addresses(view, disclosure) | _contacts(view, disclosure) | _picked(view, disclosure, _DATES)


def _member_fields(view: View, disclosure: Disclosure) -> View:
    record = _picked(view, disclosure, _OF_MEMBER)
    if "disability" in disclosure:
        record |= _picked(view, {"is_disabled"}, (("is_disabled", "is_disabled"),))
        if "disability_info" in view:
            record["disability_info"] = _typed("DisabilityInfo", view["disability_info"])
    if "language_code" in disclosure and "language_codes" in view:
        record["language_code"] = view["language_codes"]
    return record | _additional(view, disclosure)


def _households(view: View, disclosure: Disclosure, today: date) -> View:
    if "household" not in disclosure:
        return {}
    return {"households": [_household(home, disclosure) for home in view["households"] if is_shown(home, today)]}


def _household(home: View, disclosure: Disclosure) -> View:
    identifiers = {"group_identifier": _identifiers(home)} if "identifier" in disclosure else {}
    name = _picked(home, disclosure, (("name", "name"),))
    return {"@type": "Group", **identifiers, **name, **_contacts(home, disclosure), **_kinds(home)}


def _kinds(entry: View) -> View:
    return {"roles": entry["roles"]} if "roles" in entry else {}


def _contacts(view: View, disclosure: Disclosure) -> View:
    return _picked(view, {"emails"} if "email" in disclosure else set(), (("emails", "email"),)) | _picked(
        view, {"phone_numbers"} if "phone_number" in disclosure else set(), (("phone_numbers", "phone_number"),)
    )


def _addresses(view: View, disclosure: Disclosure) -> View:
    if "address" not in disclosure or "addresses" not in view:
        return {}
    return {"address": _typed("Address", view["addresses"])}


def _place(place: View) -> View:
    inner = {"contained_in_place": _place(place["contained_in_place"])} if "contained_in_place" in place else {}
    return {"@type": "Place", **place, **inner}


def _additional(view: View, disclosure: Disclosure) -> View:
    return _picked(view, disclosure, (("additional_attributes", "additional_attributes"),))


def _identifiers(record: View) -> list[dict[str, Any]]:
    return _typed("Identifier", record.get("identifiers", ()))


def _typed(type_: str, values: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{"@type": type_, **value} for value in values]


def _picked(view: View, disclosed: Disclosure | set[str], names: tuple[tuple[str, str], ...]) -> View:
    return {there: view[here] for here, there in names if here in view and here in disclosed}
