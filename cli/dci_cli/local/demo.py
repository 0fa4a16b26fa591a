"""The demo registry: a synthetic population, always the same."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from dci_cli.local.demo_names import COMMUNITIES, Community
from dci_common.registry.model.base import Sex
from dci_common.registry.model.records import Address, Group, Identifier, Membership, Name, Person

HOUSEHOLDS = 60
KNOWN_UIN = "847951632"  # of the person that the first search finds
_TODAY = date(2026, 1, 15)  # a fixed day for the ages, so that each run gives the same dates
_ADULT = 18 * 365


@dataclass(frozen=True, slots=True)
class Population:
    """People, households, and the memberships between them."""

    people: list[Person] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    memberships: list[Membership] = field(default_factory=list)


def demo_population() -> Population:
    """Return about 60 households and 250 people."""
    population = Population()
    draw = random.Random(2015)  # noqa: S311 - synthetic data
    for number in range(1, HOUSEHOLDS + 1):
        _add_household(population, draw, number)
    return population


def _add_household(population: Population, draw: random.Random, number: int) -> None:
    community = COMMUNITIES[number % len(COMMUNITIES)]
    surname = draw.choice(community.surnames)
    group_id = f"h{number:04}"
    head_age = draw.randint(22 * 365, 78 * 365)
    ages = [head_age, *_ages_of_others(draw, head_age)]
    first = len(population.people) + 1
    members = [_person(draw, community, surname, age, number) for number, age in enumerate(ages, first)]
    registered = _TODAY - timedelta(days=draw.randint(30, 2000))
    population.people.extend(members)
    population.groups.append(_group(draw, community, surname, group_id, registered))
    for index, person in enumerate(members):
        roles = ("head", "principal_recipient") if index == 0 else ("alternative_recipient",) if index == 1 else ()
        population.memberships.append(
            Membership(person_id=person.id, group_id=group_id, roles=roles, start=registered)
        )


def _ages_of_others(draw: random.Random, head: int) -> list[int]:
    """Return the ages, in days, of the other members: a partner in some households, then children."""
    partner = [max(_ADULT, head + draw.randint(-3000, 3000))] if _chance(draw, 80) else []
    oldest_child = max(1, min(head - _ADULT, 30 * 365))
    return partner + [draw.randint(0, oldest_child) for _ in range(draw.choice((0, 1, 1, 2, 2, 2, 3, 3, 4, 6)))]


def _person(draw: random.Random, community: Community, surname: str, age: int, number: int) -> Person:
    known = number == 1
    sex: Sex = draw.choice(("male", "female"))
    adult = age >= _ADULT
    given = draw.choice(community.given_names[sex])
    identifiers = [("UIN", KNOWN_UIN if known else f"{draw.randint(10**8, 10**9 - 1)}")]
    identifiers += [("NIN", f"N{draw.randint(10**9, 10**10 - 1)}")] if adult and _chance(draw, 70) else []
    identifiers += [("National ID", f"{draw.randint(10**11, 10**12 - 1)}")] if adult and _chance(draw, 20) else []
    identifiers += [("BRN", f"BR-{draw.randint(10**6, 10**7 - 1)}")] if not adult else []
    phoned = known or (adult and _chance(draw, 60))
    mailed = known or (adult and _chance(draw, 25))
    return Person(
        id=f"p{number:04}",
        identifiers=tuple(Identifier(identifier_type=type_, identifier_value=value) for type_, value in identifiers),
        name=Name(surname=surname, given_name=given),
        sex=sex,
        birth_date=_TODAY - timedelta(days=age),
        birth_place=draw.choice(community.places),
        phone_numbers=(f"{community.phone_prefix}{draw.randint(10**6, 10**7 - 1)}",) if phoned else (),
        emails=(f"person{number}@example.org",) if mailed else (),
        registration_date=_TODAY - timedelta(days=draw.randint(0, 30)),
        last_updated=datetime(2026, 1, 15, draw.randint(0, 23), draw.randint(0, 59), tzinfo=UTC),
    )


def _group(draw: random.Random, community: Community, surname: str, group_id: str, registered: date) -> Group:
    place = draw.choice(community.places)
    phoned = _chance(draw, 50)
    return Group(
        id=group_id,
        identifiers=(Identifier(identifier_type="HOUSEHOLD_ID", identifier_value=f"HH-{group_id[1:]}"),),
        name=surname,
        group_type="household",
        phone_numbers=(f"{community.phone_prefix}{draw.randint(10**6, 10**7 - 1)}",) if phoned else (),
        addresses=(
            Address(
                address_line_1=f"{draw.randint(1, 200)} {draw.choice(('Market', 'River', 'School', 'Mill'))} Road",
                locality=place,
                region_code=community.region,
                postal_code=f"{draw.randint(10000, 99999)}",
                country_code="XX",
            ),
        ),
        poverty_score=round(draw.uniform(0, 10), 1),
        poverty_score_type="PMT",
        registration_date=registered,
        last_updated=datetime(2026, 1, 15, draw.randint(0, 23), draw.randint(0, 59), tzinfo=UTC),
    )


def _chance(draw: random.Random, percent: int) -> bool:
    return draw.randrange(100) < percent
