"""The social registry's records: SRPerson, Member and Group, in the standard's JSON-LD.

`birth_place` is the CRVS Person's; `households` and a group's `name` and `phone_number` are our extensions,
which the standard allows for.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from dci_common.registry.disclosure import Disclosure
from dci_common.registry.keys import is_active
from dci_common.registry.views import View

_CONTEXT = "https://schema.spdci.org/extensions/social/v1/data/{}.jsonld"


def sr_person(view: View, disclosure: Disclosure, today: date) -> View:
    """Render a person as an SRPerson."""
    record = {"@context": _CONTEXT.format("SRPerson"), "@type": "SRPerson", **_person(view, disclosure)}
    if "household" in disclosure:
        homes = [home for home in view.get("households", ()) if is_active(home, today)]
        record["households"] = [_household(home, disclosure) for home in homes]
    return record


def member(view: View, disclosure: Disclosure, today: date) -> View:
    """Render a person as a Member: who she is, and of which households."""
    person = sr_person(view, disclosure, today)
    del person["@context"]
    households = {"households": person.pop("households")} if "households" in person else {}
    return {"@context": _CONTEXT.format("Member"), **_member(person), **households}


def group(view: View, disclosure: Disclosure, today: date) -> View:
    """Render a group, its members and its head."""
    record: View = {"@context": _CONTEXT.format("Group"), "@type": "Group"}
    if "identifier" in disclosure:
        record |= {"group_identifier": _identifiers(view)}
    record |= _picked(view, disclosure, ("name", "group_type", "poverty_score"))
    if "poverty_score" in disclosure:
        record |= _picked(view, {"poverty_score_type"}, ("poverty_score_type",))
    if "phone_number" in disclosure and "phone_numbers" in view:
        record["phone_number"] = view["phone_numbers"]
    if "address" in disclosure and "addresses" in view:
        record["address"] = [{"@type": "Address", **address} for address in view["addresses"]]
    if "household" in disclosure:
        record |= _membership(view, disclosure, today)
    return record | _picked(view, disclosure, ("registration_date", "last_updated"))


def _membership(view: View, disclosure: Disclosure, today: date) -> View:
    active = [person for person in view["members"] if is_active(person, today) and not person.get("restricted")]
    members = [_member({"@type": "SRPerson", **_person(person, disclosure)}) for person in active]
    heads = [rendered for person, rendered in zip(active, members, strict=True) if "head" in person.get("roles", ())]
    head = {"group_head_info": heads[0]} if heads else {}
    return {"group_size": len(members), **head, "member_list": members}


def _member(person: View) -> View:
    identifiers = {"member_identifier": person["identifier"]} if "identifier" in person else {}
    return {"@type": "Member", **identifiers, "demographic_info": person}


def _person(view: View, disclosure: Disclosure) -> View:
    record: View = {}
    if "identifier" in disclosure:
        record["identifier"] = _identifiers(view)
    if "name" in disclosure and "name" in view:
        record["name"] = {"@type": "Name", **view["name"]}
    record |= _picked(view, disclosure, ("sex", "birth_date"))
    if "birth_place" in disclosure and "birth_place" in view:
        record["birth_place"] = {"@type": "Place", "name": view["birth_place"]}
    if "phone_number" in disclosure and "phone_numbers" in view:
        record["phone_number"] = view["phone_numbers"]
    if "email" in disclosure and "emails" in view:
        record["email"] = view["emails"]
    return record | _picked(view, disclosure, ("registration_date", "last_updated"))


def _household(home: View, disclosure: Disclosure) -> View:
    record: View = {"@type": "Group"}
    if "identifier" in disclosure:
        record["group_identifier"] = _identifiers(home)
    record |= _picked(home, disclosure, ("name",))
    if "phone_number" in disclosure and "phone_numbers" in home:
        record["phone_number"] = home["phone_numbers"]
    return record | _picked(home, {"roles"}, ("roles",))


def _identifiers(record: View) -> list[dict[str, Any]]:
    return [{"@type": "Identifier", **identifier} for identifier in record.get("identifiers", ())]


def _picked(view: View, disclosed: Disclosure | set[str], names: tuple[str, ...]) -> View:
    return {name: view[name] for name in names if name in view and name in disclosed}
