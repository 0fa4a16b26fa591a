"""A synthetic population: households, the people in them, and the associations that they join."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from dci_cli.local.demo_names import COMMUNITIES
from dci_cli.synthetic import odds
from dci_cli.synthetic.household import inhabitants
from dci_cli.synthetic.odds import chance, pick
from dci_cli.synthetic.person import (
    ADULT,
    TODAY,
    YEAR,
    Home,
    Inhabitant,
    iso,
    make_person,
    person_id,
    phone_number,
    stamps,
)

Fields = dict[str, Any]
Line = tuple[str, Fields]  # `person`, `group` or `membership`, and its fields

_VILLAGES = 12  # of a district
_NEIGHBOURS = 1000  # adults who may join another group
_HOUSEHOLDS_AN_ASSOCIATION = 500
_ROLES: dict[bool, dict[int, list[str]]] = {  # by whether the head's partner receives the benefits, then by position
    False: {0: ["head", "principal_recipient"], 1: ["alternative_recipient"]},
    True: {0: ["head", "alternative_recipient"], 1: ["principal_recipient"]},
}


def population(households: int, seed: int) -> Iterator[Line]:
    """Draw a population; each membership comes after its person and its group.

    A larger population begins with the households of a smaller one.
    """
    town = _Town(random.Random(seed))  # noqa: S311 - synthetic data
    for number in range(1, households + 1):
        yield from town.household(number)
        if number % _HOUSEHOLDS_AN_ASSOCIATION == 0:
            yield from town.association(number // _HOUSEHOLDS_AN_ASSOCIATION)


class _Town:
    """The state from one household to the next, of a constant size."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self._people = 0
        self._neighbours: list[str] = []
        self._earlier = ""  # the previous household

    def household(self, number: int) -> Iterator[Line]:
        """Draw a household."""
        home, group_id, first = self._home(), f"h{number:08}", self._people + 1
        found = dict(enumerate(inhabitants(self._draw, home, person_id(first)), first))
        self._people += len(found)
        for who_number, who in found.items():
            yield "person", make_person(self._draw, who_number, home, who)
        yield "group", _household(self._draw, number, home)
        for membership in self._memberships(group_id, home, found):
            yield "membership", membership
        self._earlier = group_id
        for who_number, who in found.items():
            if who.age >= ADULT and not who.died:
                self._remember(person_id(who_number))

    def _memberships(self, group_id: str, home: Home, found: dict[int, Inhabitant]) -> Iterator[Fields]:
        """Draw the memberships of a household: some people have left another one, and some live elsewhere."""
        draw = self._draw
        head, second = min(found), found.get(min(found) + 1)
        partner_receives = second is not None and second.marital_status == "M" and chance(draw, 60)
        for number, who in found.items():
            roles = _ROLES[partner_receives].get(number - head, [])
            yield _membership(person_id(number), group_id, home, who, roles)
            if number != head and who.age >= ADULT and self._earlier and chance(draw, 4):
                yield _former(draw, person_id(number), self._earlier, home)
        if self._neighbours and chance(draw, 6):
            other = pick(draw, self._neighbours)
            yield {"person_id": other, "group_id": group_id, "start": iso(home.registered)}

    def association(self, number: int) -> Iterator[Line]:
        """Draw a group of people from many households, with a few members to some hundreds."""
        draw, home = self._draw, self._home()
        group_id = f"a{number:08}"
        yield "group", _group(draw, home, group_id, "association", home.district)
        size = min(len(self._neighbours), int(draw.lognormvariate(4.2, 0.7)))
        for index, member in enumerate(draw.sample(self._neighbours, size)):
            start = home.registered + int(draw.random() * (TODAY - home.registered))
            roles = {"roles": ["head"]} if index == 0 else {}
            yield "membership", {"person_id": member, "group_id": group_id, "start": iso(start), **roles}

    def _home(self) -> Home:
        draw = self._draw
        community = COMMUNITIES[pick(draw, odds.COMMUNITIES)]
        registered = TODAY - 1 - int(draw.random() * 8 * YEAR)
        return Home(
            community, pick(draw, community.places), pick(draw, community.surnames), draw.gauss(0, 1), registered
        )

    def _remember(self, person_id: str) -> None:
        if len(self._neighbours) < _NEIGHBOURS:
            self._neighbours.append(person_id)
        else:
            self._neighbours[int(self._draw.random() * _NEIGHBOURS)] = person_id


def _household(draw: random.Random, number: int, home: Home) -> Fields:
    kind = "household" if chance(draw, 92) else "family"
    group = _group(draw, home, f"h{number:08}", kind, home.surname)
    group["identifiers"] = [{"identifier_type": "HOUSEHOLD_ID", "identifier_value": f"HH-{number:08}"}]
    if chance(draw, 94):  # the others have not been surveyed
        score = draw.lognormvariate(1.1 + 0.5 * home.welfare, 0.25)
        group |= {"poverty_score": round(score, 2), "poverty_score_type": "PMT"}
    if chance(draw, 45):
        group["phone_numbers"] = [phone_number(draw, home.community)]
    roof = pick(draw, odds.ROOFS[home.welfare > 0])
    return group | {"additional_attributes": [{"key": "roof", "value": roof}]}


def _group(draw: random.Random, home: Home, group_id: str, kind: str, name: str) -> Fields:
    village = f"{home.district} {int(draw.random() * _VILLAGES) + 1}"
    region = {"name": home.community.region}
    address = {
        "address_line_1": f"{int(draw.random() * 200) + 1} {pick(draw, odds.STREETS)}",
        "locality": village,
        "sub_region_code": home.district,
        "region_code": home.community.region,
        "postal_code": f"{int(draw.random() * 90_000) + 10_000}",
        "country_code": "XX",
    }
    return {
        "id": group_id,
        "name": name,
        "group_type": kind,
        "place": {"name": village, "contained_in_place": {"name": home.district, "contained_in_place": region}},
        "addresses": [address],
        **stamps(draw, home.registered),
    }


def _membership(member: str, group_id: str, home: Home, who: Inhabitant, roles: list[str]) -> Fields:
    start = max(home.registered, who.born)
    fields: Fields = {"person_id": member, "group_id": group_id, "start": iso(start)}
    if roles:
        fields["roles"] = roles
    if who.died:
        fields["end"] = iso(who.died)
    return fields


def _former(draw: random.Random, member: str, group_id: str, home: Home) -> Fields:
    start = home.registered - 100 - int(draw.random() * 2000)
    return {"person_id": member, "group_id": group_id, "start": iso(start), "end": iso(home.registered)}
