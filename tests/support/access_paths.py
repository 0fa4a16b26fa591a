"""Access paths of queries over made-up people: what each covers, and what matches."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

from dci_common.registries.social.catalogue import BIRTH_DATE, DISTRICT, SOCIAL_CATALOGUE
from dci_common.registry.catalogue.attributes import Attribute
from dci_common.registry.model.base import Kind
from dci_common.registry.plan.access_path import AccessPath, PathPlanner
from dci_common.registry.plan.spans import Span
from dci_common.registry.query.partial_dates import compare_dates
from dci_common.registry.query.tree import And, Compare, IdIn, Node, Not, Or, matches
from dci_common.registry.storage import keys


def attribute(name: str) -> Attribute:
    """Return the catalogue's attribute."""
    found = SOCIAL_CATALOGUE.find(name)
    assert found is not None
    return found


SURNAME, SEX = attribute("surname"), attribute("sex")
SLOT, NAMES, PLACES = (
    BIRTH_DATE.slots[Kind.PERSON],
    SURNAME.slots[Kind.PERSON],
    SOCIAL_CATALOGUE.composites[Kind.PERSON][0].slot,
)
TODAY = date(2026, 3, 1)
DAYS = [str(date(2000, 1, 1) + timedelta(days=number)) for number in range(8)]
PARTS = ["2000", "2000-01", "1999-12", "1999"]
SURNAMES, DISTRICTS = ["ana", "ana-x", "an", "bo"], ["d", "d1", "e"]


def person(number: int) -> dict[str, Any]:
    """Make a person; some have no birth date, or a part of one, some no name, some no district."""
    born = {"birth_date": ([*DAYS, *PARTS] * 4)[number % 13]} if number % 13 < 12 else {}
    named = {"name": {"surname": SURNAMES[number % 5]}} if number % 5 < 4 else {}
    home = {"addresses": [{"sub_region_code": DISTRICTS[number % 4]}]} if number % 4 < 3 else {}
    return {"id": f"p{number:02}", **born, **named, **home}


PEOPLE = [person(number) for number in range(60)]
KNOWN_IN_PART = {person["id"] for person in PEOPLE if person.get("birth_date") in PARTS}


def compare(attribute: Attribute, sign: str, *values: str) -> Compare:
    """Build a comparison."""
    return Compare(attribute, sign, values)


def born(sign: str, *days: str) -> Compare:
    """Build a comparison of the birth date."""
    return compare(BIRTH_DATE, sign, *days)


def one_of(*ids: str) -> IdIn:
    """Build a lookup that found these records."""
    return IdIn(frozenset(ids))


def slot_values(person: dict[str, Any]) -> dict[str, str]:
    """Return what the slots hold of a person, without the id."""
    day = BIRTH_DATE.type.normalize(person.get("birth_date", ""))
    slots = {SOCIAL_CATALOGUE.record_slot: "", **({SLOT: day} if day else {})}
    slots |= {NAMES: person["name"]["surname"]} if "name" in person else {}
    return slots | ({PLACES: f"{person['addresses'][0]['sub_region_code']}#{day}"} if "addresses" in person else {})


def path_of(node: Node) -> AccessPath:
    """Return the access path of a tree about people."""
    return PathPlanner(Kind.PERSON, SOCIAL_CATALOGUE).path(node)


def on_path(path: AccessPath, person: dict[str, Any]) -> bool:
    """Return whether a path covers a record."""
    slots = slot_values(person)
    return person["id"] in path.ids or any(
        span.low <= keys.slot_value(slots[range_.slot], person["id"]) <= span.high
        for range_ in path.ranges
        if range_.slot in slots
        for span in range_.spans
    )


def met(node: Node) -> set[str]:
    """Return the ids of the records that a tree's path covers."""
    path = path_of(node)
    return {person["id"] for person in PEOPLE if on_path(path, person)}


def found(node: Node) -> set[str]:
    """Return the ids of the records that satisfy a tree."""
    return {person["id"] for person in PEOPLE if matches(node, person, TODAY)}


def slots(node: Node) -> set[str]:
    """Return the slots of a tree's path."""
    return {range_.slot for range_ in path_of(node).ranges}


def spans(node: Node) -> tuple[Span, ...]:
    """Return the spans of a path that is one range."""
    (range_,) = path_of(node).ranges
    return range_.spans


def random_leaf(draw: random.Random) -> Node:
    """Make a resolved leaf."""
    match draw.randrange(5):
        case 0:
            return IdIn(frozenset(draw.sample([person["id"] for person in PEOPLE], draw.randrange(4))))
        case 1:
            return compare(DISTRICT, *draw.choice((("eq", "d"), ("eq", "d1"), ("in", "e", "d"), ("gt", "d"))))
        case 2:
            return compare(SURNAME, draw.choice(("eq", "prefix", "lt", "le", "gt", "ge")), draw.choice(SURNAMES))
    sign = draw.choice(BIRTH_DATE.operators)
    days = draw.choices([*DAYS, *PARTS], k=draw.randint(1, 4) if sign == "in" else 1)
    return compare_dates(BIRTH_DATE, sign, [BIRTH_DATE.type.normalize(day) for day in days])


def random_tree(draw: random.Random, depth: int) -> Node:
    """Make any tree of resolved leaves."""
    kind = draw.randrange(6) if depth else 0
    if kind < 2:
        return random_leaf(draw)
    if kind == 2:
        return Not(random_tree(draw, depth - 1))
    children = tuple(random_tree(draw, depth - 1) for _ in range(draw.randint(1, 3)))
    return Or(children) if kind == 3 else And(children)
