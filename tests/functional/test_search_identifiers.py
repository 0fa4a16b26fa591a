"""POST /registry/sync/search: finding records by identifier, phone number, e-mail address and household."""

from __future__ import annotations

import re

import pytest

from dci_cli.local.demo import KNOWN_UIN, Population
from dci_common.registry.model.records import Identifier, Person
from support.api import Api, Reply, identified, item, predicate
from support.people import uin, uins

pytestmark = pytest.mark.usefixtures("over_the_wire")


def found(reply: Reply) -> list[str]:
    """Return the UIN of each person of the first item, in order, and check that all are counted."""
    assert reply.items[0]["status"] == "succ"
    assert reply.items[0]["pagination"]["total_count"] == len(reply.records)
    return uins(reply.records)


@pytest.fixture(scope="session")
def known(population: Population) -> Person:
    """Return the person of the README's first search."""
    (person,) = [person for person in population.people if uin(person) == KNOWN_UIN]
    return person


def one_of_each_type(population: Population) -> dict[str, tuple[Identifier, Person]]:
    """Return an identifier of each type in the demo registry, with its owner."""
    return {
        identifier.identifier_type: (identifier, person)
        for person in population.people
        for identifier in person.identifiers
    }


def test_every_identifier_type_of_the_registry_finds_its_owner(shared_api: Api, population: Population) -> None:
    """Standard types and the registry's own alike."""
    owners = one_of_each_type(population)
    assert owners.keys() >= {"UIN", "NIN", "BRN", "National ID"}
    for type_, (identifier, person) in owners.items():
        assert found(shared_api.search(identified(type_, identifier.identifier_value))) == [uin(person)]


@pytest.mark.parametrize("type_", ["UIN", "uin", " Uin ", "ns:org:IdType:UIN", "SPP:uin"])
def test_the_case_of_a_type_does_not_count(shared_api: Api, type_: str) -> None:
    """A type is known in any case, and behind a namespace."""
    assert found(shared_api.search(identified(type_, KNOWN_UIN))) == [KNOWN_UIN]


@pytest.mark.parametrize("type_", ["national id", "NATIONAL  ID", "ns:org:IdType:National ID"])
def test_the_registrys_own_types_are_as_tolerant(shared_api: Api, population: Population, type_: str) -> None:
    """Case and spacing do not count for a type that only this registry has."""
    identifier, person = one_of_each_type(population)["National ID"]
    assert found(shared_api.search(identified(type_, identifier.identifier_value))) == [uin(person)]


@pytest.mark.parametrize("value", [KNOWN_UIN, int(KNOWN_UIN), f" {KNOWN_UIN} "], ids=repr)
def test_a_value_may_be_a_string_or_a_number(shared_api: Api, value: object) -> None:
    """An identifier is compared as text, however it was sent."""
    assert found(shared_api.search(identified("UIN", value))) == [KNOWN_UIN]


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("UIN", "TEST-001"),
        ("UIN", True),
        ("UIN", -1.5),
        ("NIN", KNOWN_UIN),
        ("MRN", KNOWN_UIN),
        ("MOBILE", "+0"),
        ("EMAIL", "nobody@example.org"),
        ("HOUSEHOLD_ID", "HH-9999"),
        ("UIN", "#"),
        ("UIN", "\x00"),
        ("UIN", "9" * 512),
        ("birthdate", "1800-01-01"),
    ],
    ids=repr,
)
def test_no_match_is_a_success_with_nothing_in_it(shared_api: Api, type_: str, value: object) -> None:
    """Nothing found is an item with an empty list and a total of 0, never an item left out."""
    (response,) = shared_api.search(identified(type_, value)).items
    assert response["status"] == "succ"
    assert response["data"]["reg_records"] == []
    assert response["pagination"]["total_count"] == 0


@pytest.mark.parametrize("type_", ["MOBILE", "mobile", "phone", "PHONE_NUMBER", "Mobile_Number"])
def test_a_phone_number_is_found_by_any_type_name(shared_api: Api, known: Person, type_: str) -> None:
    """MOBILE and its aliases, in any case."""
    assert found(shared_api.search(identified(type_, known.phone_numbers[0]))) == [KNOWN_UIN]


def test_the_spelling_of_a_phone_number_does_not_count(shared_api: Api, known: Person) -> None:
    """Punctuation is not compared, and 00 is +."""
    number = known.phone_numbers[0]
    grouped = re.sub(r"(\d{3})", r"(\1) ", number.removeprefix("+"))
    for spelled in (f"+{grouped}", f"00{number[1:]}", f" {number[:5]}-{number[5:8]}.{number[8:]}/"):
        assert found(shared_api.search(identified("MOBILE", spelled))) == [KNOWN_UIN]


def test_a_households_phone_number_finds_it(shared_api: Api, population: Population) -> None:
    """A group's phone finds the group where groups are asked for, and not its members."""
    group = next(group for group in population.groups if group.phone_numbers)
    asked = identified("MOBILE", group.phone_numbers[0], reg_record_type="Group")
    (record,) = shared_api.search(asked).records
    assert record["group_identifier"][0]["identifier_value"] == group.identifiers[0].identifier_value
    assert shared_api.search(identified("MOBILE", group.phone_numbers[0])).records == []


def test_an_email_address_is_case_insensitive(shared_api: Api, known: Person) -> None:
    """The case of an address is ignored."""
    for address in (known.emails[0], known.emails[0].upper()):
        for type_ in ("EMAIL", "Email"):
            assert found(shared_api.search(identified(type_, address))) == [KNOWN_UIN]


@pytest.mark.parametrize("type_", ["HOUSEHOLD_ID", "household_id", "ns:org:IdType:HOUSEHOLD_ID"])
def test_a_household_id_returns_the_group(shared_api: Api, population: Population, type_: str) -> None:
    """Where no record type is named, HOUSEHOLD_ID means the household."""
    for group in population.groups[:3]:
        reply = shared_api.search(identified(type_, group.identifiers[0].identifier_value))
        assert reply.items[0]["data"]["reg_record_type"] == "Group"
        (record,) = reply.records
        assert record["group_identifier"][0]["identifier_value"] == group.identifiers[0].identifier_value


@pytest.mark.parametrize(
    "criteria",
    [
        {"response_entity": "Member"},
        {"reg_record_type": "SRMember"},
        {"reg_record_type": "SRPerson", "response_entity": "Group"},
    ],
    ids=repr,
)
def test_a_household_id_returns_its_members_when_they_are_asked_for(
    shared_api: Api, population: Population, criteria: dict[str, str]
) -> None:
    """The household's members, and no others, in the order of their ids."""
    for group in population.groups[:3]:
        ids = sorted(member.person_id for member in population.memberships if member.group_id == group.id)
        by_id = {person.id: uin(person) for person in population.people}
        reply = shared_api.search(identified("HOUSEHOLD_ID", group.identifiers[0].identifier_value, **criteria))
        assert found(reply) == [by_id[id_] for id_ in ids]
        assert reply.items[0]["pagination"]["total_count"] == len(ids)


def test_several_identifiers_are_looked_up_at_once(shared_api: Api, population: Population) -> None:
    """`in` takes a list, or one string with commas; what is there twice is found once."""
    wanted = [uin(person) for person in population.people[::50]]
    for value in ([*wanted, "TEST-001", wanted[0]], ", ".join([*wanted, "TEST-001"])):
        reply = shared_api.search(predicate(("UIN", "in", value)))
        assert found(reply) == wanted
        assert reply.items[0]["pagination"]["total_count"] == len(wanted)


def test_a_single_number_is_a_list_of_one(shared_api: Api) -> None:
    """`in` with something that is no list looks for just that."""
    assert found(shared_api.search(predicate(("UIN", "in", int(KNOWN_UIN))))) == [KNOWN_UIN]


def test_the_households_of_several_ids(shared_api: Api, population: Population) -> None:
    """`in` on HOUSEHOLD_ID returns the members of each household."""
    groups = population.groups[3:6]
    members = {member.person_id for member in population.memberships if member.group_id in {g.id for g in groups}}
    asked = predicate(("HOUSEHOLD_ID", "in", [group.identifiers[0].identifier_value for group in groups]))
    assert found(shared_api.search(asked)) == [uin(person) for person in population.people if person.id in members]


def test_an_idtype_value_query_on_any_attribute(shared_api: Api, known: Person) -> None:
    """What a predicate can compare for equality, an idtype-value query can name as its type."""
    reply = shared_api.search(item({"type": "birthdate", "value": str(known.birth_date)}))
    assert KNOWN_UIN in found(reply)
