"""Small registries of unusual records that the demo registry does not have."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from dci_cli.local.demo import Population
from dci_common.registry.model.records import Group, Membership, Person
from support.birth_dates import KNOWN
from support.registries import TODAY

T = TypeVar("T")
PHONES = ("+15550001", "+15550002", "+15550003")
EMAILS = ("shared@example.org", "ß@example.org")
# Few values for many people, so that ties are common; some begin with others, or are the same when accents are gone.
NAMES = ("Ana", "ÁNA", "Ana Bo", "Anah", "Bo", "Đặng", "მარი", "O'Neil-Ana")
DISTRICTS = ("D", "D1", "d 1", "É")
SCORES = (None, 0, -1.5, 2.5, 10, 1e9)
RETURNING = 0.4  # of the memberships that begin or end
_SPANS = ((None, None), (None, None), (-9, None), (-9, 0), (-9, 1), (0, None), (1, None), (-9, -1))  # days from today
_DAYS = [date(1999, 12, 30) + timedelta(days=days) for days in range(4)] + [date(2008, 2, 29), date(2008, 3, 1)]


def odd_population(seed: int = 7, people: int = 40, groups: int = 9) -> Population:
    """Make people who share phones and belong to several households, past and future ones too.

    Birth dates are missing, known in part, or still to come. Some left a household and come back to it.
    """
    draw = random.Random(seed)
    persons = [_person(draw, number) for number in range(people)]
    households = [_group(draw, number) for number in range(groups)]
    pairs = [(person.id, group.id) for person in persons for group in households]
    chosen = draw.sample(pairs, min(len(pairs), people * 3 // 2))
    memberships = [_membership(draw, person, group) for person, group in chosen]
    returns = [found for one in memberships if draw.random() < RETURNING and (found := _other_period(draw, one))]
    return Population(persons, households, [*memberships, *returns])


def _person(draw: random.Random, number: int) -> Person:
    cards = [("Card No", f"{number}-{copy}") for copy in range(draw.randrange(3))]
    name = {"given_name": _maybe(draw, NAMES), "surname": _maybe(draw, NAMES)}
    return Person.model_validate(
        {
            "id": f"p{number:02}",
            "identifiers": _identifiers(("UIN", f"U{number}"), *cards),
            "name": {part: text for part, text in name.items() if text},
            "sex": _maybe(draw, ("male", "female")),
            "birth_date": _maybe(draw, KNOWN),
            "birth_place": _maybe(draw, NAMES),
            "phone_numbers": draw.sample(PHONES, draw.randrange(3)),
            "emails": draw.sample(EMAILS, draw.randrange(2)),
            "marital_status": _maybe(draw, ("S", "M")),
            "is_disabled": _maybe(draw, (True, False)),
            "occupation": _maybe(draw, ("weaver", "Weaver of silk")),
            "income": draw.choice(SCORES),
            "restricted": draw.random() < 0.1,
            **_registered(draw),
        }
    )


def _group(draw: random.Random, number: int) -> Group:
    other = [("UIN", f"G{number}")] if number % 2 else []
    return Group.model_validate(
        {
            "id": f"g{number}",
            "identifiers": _identifiers(("HOUSEHOLD_ID", f"H{number}"), *other),
            "name": _maybe(draw, NAMES),
            "group_type": _maybe(draw, ("household", "family")),
            "phone_numbers": PHONES[: number % 3],
            "poverty_score": draw.choice(SCORES),
            "place": draw.choice((None, {"name": "Hill", "contained_in_place": {"name": "R"}})),
            **_registered(draw),
        }
    )


def _registered(draw: random.Random) -> dict[str, Any]:
    district = _maybe(draw, DISTRICTS)
    region = "Q" if district == DISTRICTS[-1] else "R"
    address = {"sub_region_code": district, "region_code": region, "postal_code": "1"}
    return {
        "addresses": [{part: text for part, text in address.items() if text}] if draw.random() < 0.5 else [],
        "registration_date": _maybe(draw, _DAYS),
        "last_updated": _maybe(draw, [datetime(2026, 1, day, 23, tzinfo=UTC) for day in (1, 2)]),
    }


def _membership(draw: random.Random, person_id: str, group_id: str) -> Membership:
    start, end = (None if days is None else TODAY + timedelta(days=days) for days in draw.choice(_SPANS))
    roles = draw.sample(("head", "alternative recipient"), draw.randrange(3))
    return Membership(person_id=person_id, group_id=group_id, start=start, end=end, roles=tuple(roles))


def _other_period(draw: random.Random, one: Membership) -> Membership | None:
    """Make another period of a membership, before it or after it; None if it has no bound."""
    roles = draw.choice(((), ("head",)))
    gap = timedelta(days=draw.choice((0, 0, 1, 2)))
    if one.start:
        return one.model_copy(update={"start": None, "end": one.start - gap, "roles": roles})
    return one.model_copy(update={"start": one.end + gap, "end": None, "roles": roles}) if one.end else None


def _identifiers(*identifiers: tuple[str, str]) -> list[dict[str, str]]:
    return [{"identifier_type": type_, "identifier_value": value} for type_, value in identifiers]


def _maybe(draw: random.Random, values: tuple[T, ...] | list[T]) -> T | None:
    chosen: T | None = draw.choice((None, *values))
    return chosen
