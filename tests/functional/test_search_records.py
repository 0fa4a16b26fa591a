"""POST /registry/sync/search: the social registry's records, and which of them an item gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dci_cli.local.demo import Population
from dci_common.registry.model.records import Group, Identifier, Membership, Person
from support.api import Api, identified, predicate
from support.people import Json, known
from support.registries import registry_of

pytestmark = pytest.mark.usefixtures("over_the_wire")

CONTEXT = "https://schema.spdci.org/extensions/social/v1/data"


def identifiers(identifiers: tuple[Identifier, ...]) -> list[Json]:
    """Return identifiers as the standard has them."""
    return [
        {"@type": "Identifier", "identifier_type": each.identifier_type, "identifier_value": each.identifier_value}
        for each in identifiers
    ]


def demographic_info(person: Person) -> Json:
    """Return what an SRPerson says of the person themselves."""
    return {
        "@type": "SRPerson",
        "identifier": identifiers(person.identifiers),
        **known(
            {
                "name": {"@type": "Name", **person.name.model_dump(exclude_none=True)},
                "sex": person.sex,
                "birth_date": str(person.birth_date),
                "birth_place": {"@type": "Place", "name": person.birth_place},
                "phone_number": list(person.phone_numbers),
                "email": list(person.emails),
                "registration_date": str(person.registration_date),
                "last_updated": f"{person.last_updated:%Y-%m-%dT%H:%M:%SZ}",
            }
        ),
    }


def households(population: Population, person: Person) -> list[Json]:
    """Return a person's households as summaries."""
    groups = {group.id: group for group in population.groups}
    return [
        known(
            {
                "@type": "Group",
                "group_identifier": identifiers(groups[membership.group_id].identifiers),
                "name": groups[membership.group_id].name,
                "phone_number": list(groups[membership.group_id].phone_numbers),
                "roles": list(membership.roles),
            }
        )
        for membership in population.memberships
        if membership.person_id == person.id
    ]


def member(person: Person) -> Json:
    """Return a member of a group."""
    return {
        "@type": "Member",
        "member_identifier": identifiers(person.identifiers),
        "demographic_info": demographic_info(person),
    }


def household(population: Population, group: Group) -> Json:
    """Return a group as the standard has it."""
    by_id = {person.id: person for person in population.people}
    memberships = [membership for membership in population.memberships if membership.group_id == group.id]
    members = [
        {**member(by_id[membership.person_id]), **known({"roles": list(membership.roles)})}
        for membership in memberships
    ]
    (address,) = group.addresses
    return {
        "@context": f"{CONTEXT}/Group.jsonld",
        "@type": "Group",
        **known(
            {
                "group_identifier": identifiers(group.identifiers),
                "name": group.name,
                "group_type": group.group_type,
                "poverty_score": group.poverty_score,
                "poverty_score_type": group.poverty_score_type,
                "phone_number": list(group.phone_numbers),
                "address": [{"@type": "Address", **address.model_dump(exclude_none=True)}],
                "registration_date": str(group.registration_date),
                "last_updated": f"{group.last_updated:%Y-%m-%dT%H:%M:%SZ}",
            }
        ),
        "group_size": len(memberships),
        "group_head_info": next(entry for entry in members if "head" in entry.get("roles", ())),
        "member_list": members,
    }


def all_people(**criteria: Any) -> Json:
    """Ask for everybody."""
    return predicate(("birthdate", "gt", "1900-01-01"), **criteria)


def in_order(population: Population) -> list[Person]:
    """Return people in the order in which they are found."""
    return sorted(population.people, key=lambda person: (str(person.birth_date), person.id))


def test_every_person_is_returned_as_an_srperson(village_api: Api, village: Population) -> None:
    """All that the registry knows of a person, under the standard's names, with each household's summary."""
    assert village_api.search(all_people()).records == [
        {
            "@context": f"{CONTEXT}/SRPerson.jsonld",
            **demographic_info(person),
            "households": households(village, person),
        }
        for person in in_order(village)
    ]


def test_every_person_is_returned_as_a_member(village_api: Api, village: Population) -> None:
    """A Member carries the person as its demographic_info, which has no context of its own."""
    assert village_api.search(all_people(reg_record_type="Member")).records == [
        {"@context": f"{CONTEXT}/Member.jsonld", **member(person), "households": households(village, person)}
        for person in in_order(village)
    ]


def test_every_household_is_returned_as_a_group(village_api: Api, village: Population) -> None:
    """A Group carries its head and its members, and its size is their number."""
    ids = [group.identifiers[0].identifier_value for group in village.groups]
    asked = predicate(("HOUSEHOLD_ID", "in", ids), reg_record_type="Group")
    assert village_api.search(asked).records == [household(village, group) for group in village.groups]


@pytest.mark.parametrize(
    ("criteria", "record_type"),
    [
        ({}, "SRPerson"),
        ({"reg_record_type": "SRPerson"}, "SRPerson"),
        ({"reg_record_type": "person"}, "SRPerson"),
        ({"reg_record_type": "spdci-extensions-social:SRPerson"}, "SRPerson"),
        ({"reg_record_type": "Member"}, "Member"),
        ({"reg_record_type": "SRMEMBER"}, "Member"),
        ({"response_entity": "Member"}, "Member"),
        ({"reg_record_type": "SRPerson", "response_entity": "Member"}, "SRPerson"),
        ({"reg_record_type": "", "response_entity": "Member"}, "Member"),
        ({"reg_record_type": "Group"}, "Group"),
        ({"reg_record_type": "HouseHold"}, "Group"),
        ({"response_entity": "Group"}, "Group"),
    ],
    ids=repr,
)
def test_the_record_type_follows_the_request(
    village_api: Api, village: Population, criteria: Json, record_type: str
) -> None:
    """reg_record_type, else response_entity, else people; in any case, under any of its names."""
    group = next(group for group in village.groups if group.phone_numbers)
    person = next(person for person in village.people if person.phone_numbers)
    number = (group if record_type == "Group" else person).phone_numbers[0]
    (response,) = village_api.search(identified("MOBILE", number, **criteria)).items
    assert response["data"]["reg_record_type"] == record_type
    assert [record["@type"] for record in response["data"]["reg_records"]] == [record_type]


@pytest.mark.parametrize(
    "reg_type", ["ns:org:RegistryType:Social", "RegistryType:Social", "spp:registrytype:SOCIAL", ""]
)
def test_the_social_registry_is_served_under_every_name(village_api: Api, reg_type: str) -> None:
    """Anything that ends in RegistryType:Social is this registry, and nothing at all is too."""
    (response,) = village_api.search(all_people(reg_type=reg_type)).items
    data = {**response["data"], "reg_records": []}
    expected = reg_type or "ns:org:RegistryType:Social"
    assert data == {"version": "1.0.0", "reg_type": expected, "reg_record_type": "SRPerson", "reg_records": []}


def test_missing_values_are_left_out(new_api: Callable[..., Api]) -> None:
    """Missing values are left out, and every record is returned."""
    nobody = Person(id="p1", phone_numbers=("+1",))
    alone, empty = Group(id="g1", phone_numbers=("+1",)), Group(id="g2", phone_numbers=("+2",))
    with registry_of(Population([nobody], [alone, empty], [Membership(person_id="p1", group_id="g1")])) as table:
        api = new_api(registry_table=table)
        (person,) = api.search(identified("MOBILE", "+1")).records
        (member_,) = api.search(identified("MOBILE", "+1", reg_record_type="Member")).records
        groups = [
            api.search(identified("MOBILE", number, reg_record_type="Group")).records[0] for number in ("+1", "+2")
        ]
    home = {"@type": "Group", "group_identifier": [], "phone_number": ["+1"]}
    bare = {"@type": "SRPerson", "identifier": [], "phone_number": ["+1"]}
    assert person == {"@context": f"{CONTEXT}/SRPerson.jsonld", **bare, "households": [home]}
    assert member_["demographic_info"] == bare
    assert groups[0]["member_list"] == [{"@type": "Member", "member_identifier": [], "demographic_info": bare}]
    assert "group_head_info" not in groups[0]
    assert (groups[1]["group_size"], groups[1]["member_list"]) == (0, [])
