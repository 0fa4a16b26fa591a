"""The access path of a query: it covers every match, and no more than it must."""

from __future__ import annotations

import operator
import random
from datetime import date, timedelta
from typing import Any

import pytest

from dci_common.registry import keys
from dci_common.registry.catalogue import BIRTH_DATE, RECORD_SLOT
from dci_common.registry.model import Kind
from dci_common.registry.planner import Path, plan
from dci_common.registry.query import And, Compare, Node, Not, OneOf, Or, matches

SLOT = BIRTH_DATE.slots[Kind.PERSON]
TODAY = date(2026, 3, 1)
DAYS = [str(date(2000, 1, 1) + timedelta(days=number)) for number in range(8)]
PEOPLE: list[dict[str, Any]] = [
    {"id": f"p{number:02}", **({"birth_date": DAYS[number % 9]} if number % 9 < 8 else {})} for number in range(27)
]


def born(sign: str, *days: str) -> Compare:
    """Build a comparison of the birth date."""
    return Compare(BIRTH_DATE, sign, days)


def one_of(*ids: str) -> OneOf:
    """Build a lookup that found these records."""
    return OneOf(frozenset(ids))


def on_path(path: Path, person: dict[str, Any]) -> bool:
    """Tell whether a record is met on a path."""
    slots = {RECORD_SLOT: ""} | ({SLOT: person["birth_date"]} if "birth_date" in person else {})
    if path.slot not in slots:
        return person["id"] in path.ids
    value = keys.slot_value(slots[path.slot], person["id"])
    return person["id"] in path.ids or any(span.low <= value <= span.high for span in path.spans)


def met(node: Node) -> set[str]:
    """Return the ids of those who are met on the path of a tree."""
    path = plan(node, Kind.PERSON)
    return {person["id"] for person in PEOPLE if on_path(path, person)}


def found(node: Node) -> set[str]:
    """Return the ids of those who satisfy a tree."""
    return {person["id"] for person in PEOPLE if matches(node, person, TODAY)}


def random_tree(draw: random.Random, depth: int) -> Node:
    """Make any tree of resolved leaves."""
    match draw.randrange(6 if depth else 3):
        case 0:
            return OneOf(frozenset(draw.sample([person["id"] for person in PEOPLE], draw.randrange(4))))
        case 1 | 2:
            sign = draw.choice(BIRTH_DATE.operators)
            return born(sign, *draw.choices(DAYS, k=draw.randint(1, 4) if sign == "in" else 1))
        case 3:
            return Not(random_tree(draw, depth - 1))
        case kind:
            children = tuple(random_tree(draw, depth - 1) for _ in range(draw.randint(1, 3)))
            return And(children) if kind == 4 else Or(children)


@pytest.mark.parametrize("seed", range(20))
def test_a_path_covers_its_tree(seed: int) -> None:
    """Every match is on the path, an exact path holds nothing else, and its spans are disjoint and ascending."""
    draw = random.Random(seed)
    for _ in range(50):
        tree = random_tree(draw, 4)
        path = plan(tree, Kind.PERSON)
        assert met(tree) >= found(tree), tree
        if path.exact:
            assert met(tree) == found(tree), tree
        bounds = [bound for span in path.spans for bound in (span.low, span.high)]
        assert all(map(operator.lt, bounds, bounds[1:])), tree


def test_a_lookup_is_its_own_path() -> None:
    """What identifiers found is read by key, and nothing else is."""
    assert plan(one_of("p01", "p02"), Kind.PERSON) == Path(ids=frozenset({"p01", "p02"}))
    assert plan(one_of(), Kind.PERSON).spans == ()


@pytest.mark.parametrize("sign", ["eq", "lt", "le", "gt", "ge"])
def test_a_comparison_is_an_exact_range_of_its_slot(sign: str) -> None:
    """The bound's day belongs to the range where the operator says so, and only there."""
    for day in (DAYS[0], DAYS[3], DAYS[-1]):
        path = plan(born(sign, day), Kind.PERSON)
        assert (path.slot, path.ids, path.exact, len(path.spans)) == (SLOT, frozenset(), True, 1)
        assert met(born(sign, day)) == found(born(sign, day))


def test_ranges_narrow_each_other() -> None:
    """Two ranges of one slot become their intersection, also an empty one."""
    between = And((born("ge", DAYS[2]), born("lt", DAYS[5])))
    assert met(between) == found(between)
    assert plan(between, Kind.PERSON).exact
    assert plan(And((born("lt", DAYS[2]), born("gt", DAYS[5]))), Kind.PERSON).spans == ()
    picked = And((born("in", DAYS[1], DAYS[6], DAYS[4]), born("gt", DAYS[1])))
    assert len(plan(picked, Kind.PERSON).spans) == 2


def test_ranges_that_meet_are_read_once() -> None:
    """An OR of overlapping or touching ranges is one range."""
    assert len(plan(Or((born("lt", DAYS[4]), born("lt", DAYS[2]))), Kind.PERSON).spans) == 1
    assert len(plan(Or((born("lt", DAYS[4]), born("ge", DAYS[4]))), Kind.PERSON).spans) == 1
    assert len(plan(Or((born("lt", DAYS[2]), born("ge", DAYS[4]))), Kind.PERSON).spans) == 2


def test_the_narrowest_path_of_an_and() -> None:
    """Ids before ranges, several sets of ids by what they share, a range before everything."""
    assert plan(And((born("lt", DAYS[4]), one_of("p01"))), Kind.PERSON).ids == {"p01"}
    both = plan(And((one_of("p01", "p02"), one_of("p02", "p03"))), Kind.PERSON)
    assert (both.ids, both.exact) == (frozenset({"p02"}), True)
    assert plan(And((Not(one_of("p01")), born("lt", DAYS[4]))), Kind.PERSON).slot == SLOT
    mixed = plan(And((Or((one_of("p01"), born("lt", DAYS[4]))), Not(one_of("p02")))), Kind.PERSON)
    assert (mixed.ids, mixed.slot, mixed.exact) == (frozenset({"p01"}), SLOT, False)


def test_what_has_no_path_is_read_from_the_records_slot() -> None:
    """A NOT holds for those who lack the attribute, so everybody must be looked at."""
    for tree in (Not(born("eq", DAYS[0])), Or((born("eq", DAYS[0]), Not(one_of("p01"))))):
        path = plan(tree, Kind.PERSON)
        assert (path.slot, path.exact) == (RECORD_SLOT, False)
        assert met(tree) == {person["id"] for person in PEOPLE}
    assert plan(born("eq", DAYS[0]), Kind.GROUP).slot == RECORD_SLOT
