"""POST /registry/sync/search: what a client sees is what its disclosure list names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dci_cli.local.demo import Population
from dci_common.registries.social.disclosure import FULL, MINIMAL, STANDARD, sent
from dci_common.registry.model.records import Group, Membership, Person
from support.api import Api, identified, predicate
from support.example_counts import sampled
from support.people import EVERYBODY
from support.registries import registry_of

PERSON, EMPTY = {"@context", "@type"}, ("", [{"name": "", "identifier": ""}])
# What each attribute adds to an SRPerson, to a Group, and to OpenSPP 17's person.
ADDS: dict[str, tuple[set[str], set[str], set[str]]] = {
    "identifier": ({"identifier"}, {"group_identifier"}, {"identifier"}),
    "name": ({"name"}, {"name"}, {"givenName", "familyName"}),
    "birth_date": ({"birth_date"}, set(), {"birthDate"}),
    "sex": ({"sex"}, set(), {"sex"}),
    "birth_place": ({"birth_place"}, set(), {"birthPlace"}),
    "phone_number": ({"phone_number"}, {"phone_number"}, {"phoneNumbers"}),
    "email": ({"email"}, set(), {"email"}),
    "address": ({"address"}, {"address", "geographical_location"}, set()),
    "household": ({"households"}, {"group_size", "group_head_info", "member_list"}, {"households"}),
    "group_type": (set(), {"group_type"}, set()),
    "poverty_score": (set(), {"poverty_score", "poverty_score_type"}, set()),
    "death_date": ({"death_date"}, set(), set()),
    "marital_status": ({"marital_status"}, set(), set()),
    "disability": ({"is_disabled", "disability_info"}, set(), set()),
    "employment_status": ({"employment_status"}, set(), set()),
    "occupation": ({"occupation"}, set(), set()),
    "income_level": ({"income_level"}, set(), set()),
    "income": (set(), set(), set()),  # the standard has no such member: it can be asked, and is not sent
    "education_level": ({"education_level"}, set(), set()),
    "language_code": ({"language_code"}, set(), set()),
    "related_person": (set(), set(), set()),  # it would disclose the registry's internal ids
    "additional_attributes": ({"additional_attributes"}, {"additional_attributes"}, set()),
    "registration_date": ({"registration_date"}, {"registration_date"}, set()),
    "last_updated": ({"last_updated"}, {"last_updated"}, set()),
}


@pytest.fixture(scope="module")
def known_api(new_api: Callable[..., Api]) -> Iterator[Api]:
    """Return an API over a registry of one person and their household, with every field."""
    shared = {
        "phone_numbers": ["+1"],
        "addresses": [{"region_code": "r"}],
        "additional_attributes": [{"key": "k", "value": "v"}],
        "registration_date": "2020-01-01",
        "last_updated": "2026-01-01T00:00:00Z",
    }
    person = Person.model_validate(
        {
            "id": "p1",
            "identifiers": [{"identifier_type": "UIN", "identifier_value": "1"}],
            "name": {"surname": "Hill", "given_name": "Anna"},
            "sex": "female",
            "birth_date": "1990-01-31",
            "death_date": "2025-01-01",
            "birth_place": "Hilltown",
            "emails": ["anna@example.org"],
            "marital_status": "S",
            "is_disabled": True,
            "disability_info": [{"disability_limitation_type": "VIS_SS"}],
            "related_persons": [{"relationship_type": "mother", "person_id": "p2"}],
            "employment_status": "employed",
            "occupation": "weaver",
            "income_level": "low",
            "income": 100,
            "language_codes": ["eng"],
            "education_level": "primary",
            **shared,
        }
    )
    group = Group.model_validate(
        {
            "id": "g1",
            "identifiers": [{"identifier_type": "HOUSEHOLD_ID", "identifier_value": "H1"}],
            "name": "Hill",
            "group_type": "household",
            "place": {"name": "Hilltown"},
            "poverty_score": 2.5,
            "poverty_score_type": "PMT",
            **shared,
        }
    )
    membership = Membership(person_id="p1", group_id="g1", roles=("head",))
    with registry_of(Population([person], [group], [membership])) as table:
        yield new_api(registry_table=table)


def asked_for(disclosure: set[str], place: int) -> set[str]:
    """Return the members that these attributes add to a kind of record."""
    return {name for attribute in disclosure for name in ADDS[attribute][place]}


def members_of(records: list[dict[str, Any]]) -> set[str]:
    """Return the names of all members of the records that are not empty; OpenSPP 17's importer needs empty ones."""
    assert records
    return {name for record in records for name, value in record.items() if value not in EMPTY} - PERSON


def test_every_attribute_is_tested() -> None:
    """An attribute that can be disclosed is one of those tested below."""
    assert ADDS.keys() == FULL


@pytest.mark.parametrize("attribute", sampled(sorted(FULL), quick=8))
def test_an_attribute_discloses_itself_and_nothing_else(known_api: Api, attribute: str) -> None:
    """Each attribute of the list adds its own members, in every kind of record."""
    token = known_api.token_of(disclosure=(attribute, "birth_date", "identifier"))
    people = predicate(EVERYBODY, reference_id="people")
    groups = predicate(("HOUSEHOLD_ID", "eq", "H1"), reg_record_type="Group", reference_id="groups")
    dialect = predicate(EVERYBODY, reg_type="SPP:RegistryType:Individual", reference_id="dialect")
    reply = known_api.search(people, groups, dialect, token=token)
    for place, response in enumerate(reply.items):
        shown = members_of(response["data"]["reg_records"])
        assert shown == asked_for({attribute, "birth_date", "identifier"}, place), response["reference_id"]


@pytest.mark.parametrize("attribute", sorted(FULL))
def test_a_statement_names_what_records_have(attribute: str) -> None:
    """What a statement says was sent in a type of record is what such records show of the attribute."""
    for place, record_type in enumerate(("SRPerson", "Group", "person")):
        is_sent = attribute in sent(frozenset({attribute}), record_type)
        assert is_sent == bool(ADDS[attribute][place]), record_type


@pytest.mark.parametrize(
    ("name", "attributes"),
    [("minimal", MINIMAL), ("standard", STANDARD), ("full", FULL)],
    ids=("minimal", "standard", "full"),
)
def test_the_named_sets_disclose_their_attributes(known_api: Api, name: str, attributes: frozenset[str]) -> None:
    """A set stands for its attributes; minimal is the default."""
    token = known_api.token_of(disclosure=(name,))
    assert members_of(known_api.search(predicate(EVERYBODY), token=token).records) == asked_for(set(attributes), 0)
    assert {"identifier", "name", "birth_date", "sex"} == MINIMAL


@pytest.mark.parametrize("name", ["household", "name"])
def test_the_limits_hold_inside_of_records_too(village_api: Api, village: Population, name: str) -> None:
    """Members of households and households of members show no more than records of their own would."""
    token = village_api.token_of(disclosure=("identifier", "household", name))
    uin = next(person for person in village.people if person.phone_numbers).identifiers[0].identifier_value
    (person,) = village_api.search(identified("UIN", uin), token=token).records
    more = {"name"} - {"household"} if name == "name" else set()
    assert {key for home in person["households"] for key in home} == {"@type", "group_identifier", "roles", *more}
    household_id = person["households"][0]["group_identifier"][0]["identifier_value"]
    (group,) = village_api.search(identified("HOUSEHOLD_ID", household_id), token=token).records
    for member in (group["group_head_info"], *group["member_list"]):
        member.pop("roles", None)  # what the membership is like belongs to the household
        assert member.keys() == {"@type", "member_identifier", "demographic_info"}
        assert member["demographic_info"].keys() == {"@type", "identifier", *more}


def test_members_are_shown_without_hidden_identifiers(village_api: Api, village: Population) -> None:
    """A client with households but without identifiers sees neither the household's nor the members'."""
    number = next(group for group in village.groups if group.phone_numbers).phone_numbers[0]
    token = village_api.token_of(disclosure=("household", "phone_number"))
    (group,) = village_api.search(identified("MOBILE", number, reg_record_type="Group"), token=token).records
    assert "group_identifier" not in group
    assert all(member.keys() - {"roles"} == {"@type", "demographic_info"} for member in group["member_list"])
    number = next(person for person in village.people if person.phone_numbers).phone_numbers[0]
    for criteria in ({}, {"reg_type": "SPP:RegistryType:Individual"}):
        (person,) = village_api.search(identified("MOBILE", number, **criteria), token=token).records
        assert person["households"]
        assert "identifier" not in str([value for item in person.items() if item[1] not in EMPTY for value in item])
