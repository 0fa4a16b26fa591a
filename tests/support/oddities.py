"""A small registry of odd records: what the demo registry is too tidy to hold."""

from __future__ import annotations

import random
from datetime import date, timedelta

from dci_cli.demo import Population
from dci_common.registry.model import Group, Identifier, Membership, Name, Person

TODAY = date(2026, 3, 1)  # the day of the tests' clock
PHONES = ("+15550001", "+15550002", "+15550003")
EMAILS = ("shared@example.org", "ß@example.org")
_WINDOWS = ((None, None), (-9, None), (-9, 0), (-9, 1), (0, None), (1, None), (-9, -1))  # days from today


def odd_population() -> Population:
    """Make people who share phones, lack birth dates, and belong to several households, past and future ones too."""
    draw = random.Random(7)
    people = [_person(draw, number) for number in range(40)]
    groups = [_group(number) for number in range(9)]
    pairs = draw.sample([(person.id, group.id) for person in people for group in groups], 60)
    return Population(people, groups, [_membership(draw, person, group) for person, group in pairs])


def _person(draw: random.Random, number: int) -> Person:
    identifiers = [("UIN", f"U{number}"), *(("Card No", f"{number}-{copy}") for copy in range(draw.randrange(3)))]
    return Person(
        id=f"p{number:02}",
        identifiers=tuple(Identifier(identifier_type=type_, identifier_value=value) for type_, value in identifiers),
        name=Name(given_name=f"Given {number}"),
        # Few dates for many people, so that ties are common.
        birth_date=draw.choice([None, *(date(1999, 12, 30) + timedelta(days=days) for days in range(5))]),
        phone_numbers=tuple(draw.sample(PHONES, draw.randrange(3))),
        emails=tuple(draw.sample(EMAILS, draw.randrange(2))),
    )


def _group(number: int) -> Group:
    identifiers = (Identifier(identifier_type="HOUSEHOLD_ID", identifier_value=f"H{number}"),)
    other = (Identifier(identifier_type="UIN", identifier_value=f"G{number}"),) if number % 2 else ()
    return Group(id=f"g{number}", identifiers=identifiers + other, phone_numbers=PHONES[: number % 3])


def _membership(draw: random.Random, person_id: str, group_id: str) -> Membership:
    start, end = (None if days is None else TODAY + timedelta(days=days) for days in draw.choice(_WINDOWS))
    return Membership(person_id=person_id, group_id=group_id, start=start, end=end)
