"""Renders people in the dialect of OpenSPP 17's `spp_dci_api_server`, whose partners move over unchanged.

Its defects are not reproduced: a missing value is never `"False"`, people without an identifier are included, and
households, e-mail and phone numbers are sent as its documentation promises. Its importer stops at the first record
that lacks one of the fields that it reads, so these are always sent, empty where the value is not known or disclosed.
So is a birth date that is known in part.
"""

from __future__ import annotations

from datetime import date

from dci_common.registry.catalogue.attributes import Disclosure
from dci_common.registry.model.views import View, is_active
from dci_common.spdci.search_items import SearchCriteria

REG_TYPE = "SPP:RegistryType:Individual"
REG_RECORD_TYPE = "person"
_NAMES = (("givenName", "given_name"), ("familyName", "surname"), ("additionalName", "second_name"))
_ALWAYS = dict.fromkeys(("givenName", "familyName", "birthDate", "sex", "birthPlace"), "")
_WHOLE_DATE = len("1990-01-31")
_NO_IDENTIFIER = {"name": "", "identifier": ""}


def asks_everybody(criteria: SearchCriteria) -> bool:
    """Return whether the query is the one with which OpenSPP 17's own client asks for everybody."""
    return criteria.query_type == "predicate" and criteria.query == []


def render_person(view: View, disclosure: Disclosure, today: date) -> View:
    """Render a person as OpenSPP 17 does."""
    identifiers = _identifiers(view) if "identifier" in disclosure else []
    record: View = {"identifier": identifiers or [_NO_IDENTIFIER], **_ALWAYS}
    if "name" in disclosure:
        record |= {theirs: view["name"][ours] for theirs, ours in _NAMES if ours in view.get("name", {})}
    for theirs, ours, attribute in (
        ("birthDate", "birth_date", "birth_date"),
        ("sex", "sex", "sex"),
        ("birthPlace", "birth_place", "birth_place"),
        ("phoneNumbers", "phone_numbers", "phone_number"),
    ):
        if attribute in disclosure and ours in view:
            record[theirs] = view[ours]
    if len(record["birthDate"]) < _WHOLE_DATE:
        record["birthDate"] = ""
    if "email" in disclosure and "emails" in view:
        record["email"] = view["emails"][0]  # the dialect has room for one
    if "household" in disclosure:
        homes = [home for home in view.get("households", ()) if is_active(home, today)]
        record["households"] = [_household(home, disclosure) for home in homes]
    return record


def _household(home: View, disclosure: Disclosure) -> View:
    record: View = {}
    if "name" in disclosure and "name" in home:
        record["name"] = home["name"]
    if "identifier" in disclosure:
        record["identifier"] = _identifiers(home)
    if "phone_number" in disclosure and "phone_numbers" in home:
        record["phoneNumbers"] = home["phone_numbers"]
    return record | ({"role": ", ".join(home["roles"])} if "roles" in home else {})


def _identifiers(record: View) -> list[View]:
    return [
        {"name": identifier["identifier_type"], "identifier": identifier["identifier_value"]}
        for identifier in record.get("identifiers", ())
    ]
