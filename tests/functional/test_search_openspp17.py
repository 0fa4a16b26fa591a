"""POST /registry/sync/search in the dialect of OpenSPP 17, whose partners move over unchanged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from dci_cli.local.demo import Population
from dci_common.registry.model.records import Group, Identifier, Membership, Name, Person
from support.api import Api, identified, predicate
from support.people import Json, known
from support.registries import registry_of

REG_TYPE = "SPP:RegistryType:Individual"


def identifiers(identifiers: tuple[Identifier, ...]) -> list[Json]:
    """Return identifiers as OpenSPP 17 has them."""
    return [{"name": each.identifier_type, "identifier": each.identifier_value} for each in identifiers]


def household(group: Group, membership: Membership) -> Json:
    """Return a person's household as OpenSPP 17 documents it."""
    return {
        "identifier": identifiers(group.identifiers),
        **known({"name": group.name, "phoneNumbers": list(group.phone_numbers)}),
        **({"role": ", ".join(membership.roles)} if membership.roles else {}),
    }


ALWAYS = {"givenName": "", "familyName": "", "birthDate": "", "sex": "", "birthPlace": ""}
NO_IDENTIFIER = [{"name": "", "identifier": ""}]


def individual(population: Population, person: Person) -> Json:
    """Return a person as OpenSPP 17 documents it."""
    groups = {group.id: group for group in population.groups}
    return {
        "identifier": identifiers(person.identifiers) or NO_IDENTIFIER,
        **ALWAYS,
        **known(
            {
                "givenName": person.name.given_name,
                "familyName": person.name.surname,
                "additionalName": person.name.second_name,
                "birthDate": str(person.birth_date),
                "sex": person.sex,
                "birthPlace": person.birth_place,
                "phoneNumbers": list(person.phone_numbers),
                "email": next(iter(person.emails), None),
            }
        ),
        "households": [
            household(groups[membership.group_id], membership)
            for membership in population.memberships
            if membership.person_id == person.id
        ],
    }


@pytest.mark.parametrize("reg_type", [REG_TYPE, "spp:registrytype:individual"])
def test_every_person_is_returned_in_the_dialect(village_api: Api, village: Population, reg_type: str) -> None:
    """Every person, with the households, e-mail and phone numbers that its documentation promises."""
    (response,) = village_api.search(predicate(("birthdate", "gt", "1900-01-01"), reg_type=reg_type)).items
    people = sorted(village.people, key=lambda person: (str(person.birth_date), person.id))
    data = response["data"]
    assert (data["reg_type"], data["reg_record_type"]) == (reg_type, "person")
    assert data["reg_records"] == [individual(village, person) for person in people]


@pytest.mark.parametrize("record_type", ["", "person", "PERSON", "SRPerson", "Member"])
def test_every_record_type_is_a_person(village_api: Api, village: Population, record_type: str) -> None:
    """The dialect knows people alone, under whatever name."""
    uin = village.people[0].identifiers[0].identifier_value
    asked = identified("UIN", uin, reg_type=REG_TYPE, reg_record_type=record_type)
    (response,) = village_api.search(asked).items
    assert response["data"]["reg_record_type"] == "person"
    assert response["data"]["reg_records"] == [individual(village, village.people[0])]


def test_a_household_id_returns_the_people(village_api: Api, village: Population) -> None:
    """Where only people are known, HOUSEHOLD_ID means its members."""
    group = village.groups[0]
    members = {membership.person_id for membership in village.memberships if membership.group_id == group.id}
    asked = identified("HOUSEHOLD_ID", group.identifiers[0].identifier_value, reg_type=REG_TYPE)
    expected = [individual(village, person) for person in village.people if person.id in members]
    assert village_api.search(asked).records == expected


def test_a_marked_client_gets_the_dialect_without_asking(village_api: Api, village: Population) -> None:
    """A client marked openspp17 need not name a reg_type, and may still ask for the social registry."""
    token = village_api.token_of(flags={"openspp17": True})
    uin = village.people[0].identifiers[0].identifier_value
    (unsaid,) = village_api.search(identified("UIN", uin), token=token).items
    assert unsaid["data"]["reg_type"] == REG_TYPE
    assert unsaid["data"]["reg_records"] == [individual(village, village.people[0])]
    (social,) = village_api.search(identified("UIN", uin, reg_type="ns:org:RegistryType:Social"), token=token).items
    assert social["data"]["reg_record_type"] == "SRPerson"


def test_the_fields_of_its_importer_are_always_sent(new_api: Callable[..., Api]) -> None:
    """A registrant without identifiers, names or a birth date has them empty; what it does not read is left out."""
    unknown = Person(id="p1", emails=("a@example.org", "b@example.org"))
    named = Person(id="p2", name=Name(second_name="Luz"), birth_date=date(1990, 1, 31))
    with registry_of(Population([unknown, named])) as table:
        api = new_api(registry_table=table)
        (first,) = api.search(identified("EMAIL", "b@example.org", reg_type=REG_TYPE)).records
        (second,) = api.search(predicate(("DOB", "eq", "1990-01-31"), reg_type=REG_TYPE)).records
    assert first == {"identifier": NO_IDENTIFIER, **ALWAYS, "email": "a@example.org", "households": []}
    born = {"additionalName": "Luz", "birthDate": "1990-01-31"}
    assert second == {"identifier": NO_IDENTIFIER, **ALWAYS, **born, "households": []}


def test_what_is_not_disclosed_is_empty(village_api: Api, village: Population) -> None:
    """A client that may see nothing but names gets a record that its importer can still read."""
    token = village_api.token_of(disclosure=["name", "identifier"])
    uin = village.people[0].identifiers[0].identifier_value
    (record,) = village_api.search(identified("UIN", uin, reg_type=REG_TYPE), token=token).records
    assert record.keys() == {"identifier", *ALWAYS} | ({"additionalName"} & record.keys())
    assert (record["birthDate"], record["sex"], record["birthPlace"]) == ("", "", "")


def test_no_match_is_answered(village_api: Api) -> None:
    """An item that finds nothing is not left out."""
    (response,) = village_api.search(identified("UIN", "TEST-001", reg_type=REG_TYPE)).items
    assert (response["status"], response["data"]["reg_records"]) == ("succ", [])
    assert response["pagination"] == {"page_size": 0, "page_number": 1, "total_count": 0}
