"""POST /registry/sync/search: present, past and future members of a household."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest

from dci_cli.local.demo import Population
from dci_common.registry.model.records import Group, Identifier, Membership, Person
from support.api import Api, identified, predicate
from support.example_counts import sampled
from support.registries import registry_of

TODAY, TOMORROW, AFTER = date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)
DAY = 86_400
ACTIVE = {TODAY: ["stays", "leaves"], TOMORROW: ["stays", "comes"]}


def identifier(type_: str, value: str) -> tuple[Identifier]:
    """Return a person's only identifier."""
    return (Identifier(identifier_type=type_, identifier_value=value),)


@pytest.fixture(scope="module")
def table(engine: None) -> Iterator[str]:  # noqa: ARG001 - must be running
    """Hold a registry of one household, in which membership changes between today and tomorrow."""
    people = [
        Person(id=f"p{number}", identifiers=identifier("UIN", name))
        for number, name in enumerate(("stays", "left", "leaves", "comes"))
    ]
    group = Group(id="g1", identifiers=identifier("HOUSEHOLD_ID", "home"))
    memberships = [
        Membership(person_id="p0", group_id="g1", start=date(2020, 1, 1)),
        Membership(person_id="p1", group_id="g1", roles=("head",), end=TODAY),
        Membership(person_id="p2", group_id="g1", start=TODAY, end=TOMORROW, roles=("head",)),
        Membership(person_id="p3", group_id="g1", start=TOMORROW),
    ]
    with registry_of(Population(people, [group], memberships)) as name:
        yield name


@pytest.fixture(params=ACTIVE, ids=str)
def today(request: pytest.FixtureRequest) -> date:
    """Be today, then tomorrow."""
    day: date = request.param
    return day


@pytest.fixture
def api(new_api: Callable[..., Api], table: str, today: date) -> Api:
    """Return an API on that day."""
    made = new_api(registry_table=table)
    made.clock.advance(DAY * (today - TODAY).days)
    return made


def test_a_household_shows_who_belongs_to_it_today(api: Api, today: date) -> None:
    """Former and future members are in neither list, size nor head."""
    (group,) = api.search(identified("HOUSEHOLD_ID", "home")).records
    members = [member["member_identifier"][0]["identifier_value"] for member in group["member_list"]]
    assert (members, group["group_size"]) == (ACTIVE[today], len(ACTIVE[today]))
    assert ("group_head_info" in group) == (today == TODAY)
    if today == TODAY:
        assert group["group_head_info"]["member_identifier"][0]["identifier_value"] == "leaves"


@pytest.mark.parametrize("reg_type", sampled(["ns:org:RegistryType:Social", "SPP:RegistryType:Individual"], 2))
def test_a_household_id_finds_its_members_of_today(api: Api, today: date, reg_type: str) -> None:
    """Membership counts on the day of the search."""
    asked = identified("HOUSEHOLD_ID", "home", reg_type=reg_type, response_entity="Member")
    reply = api.search(asked)
    assert [name for name in ("stays", "left", "leaves", "comes") if name in str(reply.records)] == ACTIVE[today]
    assert reply.items[0]["pagination"]["total_count"] == len(ACTIVE[today])


@pytest.mark.parametrize(
    "criteria", sampled([{}, {"reg_record_type": "Member"}, {"reg_type": "SPP:RegistryType:Individual"}], 2)
)
def test_a_person_shows_the_households_of_today(api: Api, today: date, criteria: dict[str, str]) -> None:
    """A household that a person has left, or not yet joined, is not shown with the person, in any dialect."""
    for name in ("stays", "left", "leaves", "comes"):
        (record,) = api.search(identified("UIN", name, **criteria)).records
        assert bool(record["households"]) == (name in ACTIVE[today])


def test_former_members_are_not_the_households(api: Api, today: date) -> None:
    """A condition on members ignores former members."""
    everybody = ("UIN", "in", ["stays", "left", "leaves", "comes"])
    reply = api.search(predicate(everybody, ("HOUSEHOLD_ID", "eq", "home"), condition="not"))
    others = {record["identifier"][0]["identifier_value"] for record in reply.records}
    assert others == {"stays", "left", "leaves", "comes"} - set(ACTIVE[today])


def test_a_household_is_found_by_its_size_of_today(new_api: Callable[..., Api]) -> None:
    """What the index says of a size that changes with the days is not believed."""
    homes = [Group(id=f"g{number}", poverty_score=number) for number in range(3)]
    memberships = [Membership(person_id="p0", group_id=home.id) for home in homes]
    memberships += [
        Membership(person_id="p1", group_id="g1", start=TOMORROW),
        Membership(person_id="p1", group_id="g2", end=TOMORROW),
    ]
    with registry_of(Population([Person(id="p0"), Person(id="p1")], homes, memberships)) as table:
        api = new_api(registry_table=table)
        for sizes in ({0: 1, 1: 1, 2: 2}, {0: 1, 1: 2, 2: 1}):
            for size in (1, 2):
                reply = api.search(predicate(("group_size", "eq", size), reg_record_type="Group"))
                found = [record["poverty_score"] for record in reply.records]
                assert found == [number for number, its in sizes.items() if its == size]
                assert reply.items[0]["pagination"]["total_count"] == len(found)
            api = new_api(registry_table=table)
            api.clock.advance(DAY)


@pytest.mark.exhaustive
def test_a_member_who_comes_back_counts_once(new_api: Callable[..., Api]) -> None:
    """Of a person's periods in a household the one in force counts, as head, member and household, on each day."""
    home = Group(id="g1", identifiers=identifier("HOUSEHOLD_ID", "home"), poverty_score=1)
    people = [Person(id=f"p{number}", identifiers=identifier("UIN", f"p{number}")) for number in range(2)]
    memberships = [
        Membership(person_id="p0", group_id="g1"),
        Membership(person_id="p1", group_id="g1", roles=("head",), start=date(2010, 1, 1), end=date(2015, 1, 1)),
        Membership(
            person_id="p1", group_id="g1", roles=("principal_recipient",), start=date(2020, 1, 1), end=TOMORROW
        ),
        Membership(person_id="p1", group_id="g1", roles=("head",), start=AFTER),
    ]
    with registry_of(Population(people, [home], memberships)) as table:
        api = new_api(registry_table=table)
        for roles in ([["principal_recipient"]], [], [["head"]]):
            (group,) = api.search(identified("HOUSEHOLD_ID", "home")).records
            (person,) = api.search(identified("UIN", "p1")).records
            assert [member["roles"] for member in group["member_list"] if "roles" in member] == roles
            assert [shown["roles"] for shown in person["households"]] == roles
            assert group["group_size"] == len(group["member_list"]) == 1 + len(roles)
            assert ("group_head_info" in group) == (roles == [["head"]])
            for criteria in (("group_size", "eq", 1 + len(roles)), ("role", "eq", roles[0][0] if roles else "none")):
                found = api.search(predicate(criteria, reg_record_type="Group")).records
                assert len(found) == (bool(roles) or criteria[0] == "group_size")
            api = new_api(registry_table=table)
            api.clock.advance(DAY * (2 if not roles else 1))
