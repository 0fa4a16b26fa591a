"""Paths that only counting distinguishes: some entries of each are counted, and the smallest one is taken."""

from __future__ import annotations

import random
from typing import Any, cast

import pytest

from dci_cli.local.demo import Population
from dci_common.registries.social.catalogue import BIRTH_DATE, SOCIAL_CATALOGUE
from dci_common.registry.execute.choice import SMALL, Sample, unmarked
from dci_common.registry.execute.engine import SearchEngine
from dci_common.registry.execute.search import Found
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Person
from dci_common.registry.plan.search_plan import Visibility
from dci_common.registry.query.sort import Position, SortKey, Window
from dci_common.registry.query.tree import And, Compare, Query
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import QUERY_COST, RegistryStore
from dci_common.runtime import Runtime
from dci_common.settings import Settings
from support.access_paths import attribute
from support.flaky_dynamodb import FlakyDynamoDB
from support.flaky_engine import SHARDS, items_of
from support.registries import TODAY

GIVEN_NAME = attribute("given_name")
NAMED, BORN = Compare(GIVEN_NAME, "eq", ("ana",)), Compare(BIRTH_DATE, "eq", ("1980-01-01",))
BY_NAME, BY_BIRTH = GIVEN_NAME.slots[Kind.PERSON], BIRTH_DATE.slots[Kind.PERSON]
INCOME = attribute("income")
HELD = (("region", "r"), ("occupation", "farmer"))
BOTH = 6  # people who are called so and were born on that day


def registry_of(named: int, born: int) -> SearchEngine:
    """Return an engine over so many other people of this name, and of this birth date."""
    facts = [("Ana", "1980-01-01")] * BOTH + [("Ana", "1970-05-05")] * named + [("Bo", "1980-01-01")] * born
    return engine_over([{"name": {"given_name": name}, "birth_date": day} for name, day in facts])


def engine_over(people: list[dict[str, Any]]) -> SearchEngine:
    """Return an engine over people, whose ids are in their order."""
    persons = [Person.model_validate({"id": f"p{number:04}", **person}) for number, person in enumerate(people)]
    items = items_of(Population(persons))
    runtime = Runtime(Settings())
    dynamodb = FlakyDynamoDB(items.values(), items.values(), at_once=1000, busy=10**6)
    vars(runtime)["dynamodb"] = cast("Any", dynamodb)
    return SearchEngine(RegistryStore(runtime), SOCIAL_CATALOGUE)


def ask(engine: SearchEngine, window: Window, *, swapped: bool = False) -> tuple[Found, int]:
    """Return what the two conditions find, and what was examined."""
    budget = Budget(10**6)
    tree = And((BORN, NAMED) if swapped else (NAMED, BORN))
    return engine.search(Query(Kind.PERSON, tree, TODAY), Visibility(SHARDS), window, budget), budget.examined


def slot_of(found: Found) -> str:
    """Return the slot of the path that was taken."""
    (range_,) = found.access.path.ranges
    return range_.slot


@pytest.mark.parametrize(("named", "born", "slot"), [(200, 10, BY_BIRTH), (10, 200, BY_NAME), (300, 200, BY_BIRTH)])
def test_the_smaller_range_is_read(named: int, born: int, slot: str) -> None:
    """The range with fewer entries is taken, however the conditions are written, after both are counted at most."""
    engine = registry_of(named, born)
    (found, examined), swapped = (ask(engine, Window(0, 50), swapped=order) for order in (False, True))
    assert (slot_of(found), found.total) == (slot, BOTH)
    assert (slot_of(swapped[0]), swapped[1]) == (slot, examined)
    counted, read = named + born + 2 * BOTH, min(named, born) + 2 * BOTH
    assert examined <= counted + read + 7 * QUERY_COST


def test_an_open_range_of_a_number_is_read_where_it_is_smaller_than_a_place() -> None:
    """Of a region, an occupation and a low income, the one is taken that fewest people have, though it ranks last."""
    poor, farmers, rest = ("r", "weaver", 1), ("q", "farmer", 900), ("r", "weaver", 900)
    facts = [("r", "farmer", 1)] * BOTH + [poor] * 20 + [farmers] * 150 + [rest] * 200
    engine = engine_over(
        [
            {"addresses": [{"region_code": region}], "occupation": job, "income": income}
            for region, job, income in facts
        ]
    )
    region, occupation = (Compare(attribute(name), "eq", (value,)) for name, value in HELD)
    income = Compare(INCOME, "lt", tuple(INCOME.normalized([500])))
    costs = set[int]()
    for tree in (And((region, occupation, income)), And((income, And((occupation, region))))):
        budget = Budget(10**6)
        found = engine.search(Query(Kind.PERSON, tree, TODAY), Visibility(SHARDS), Window(0, 50), budget)
        assert (slot_of(found), found.total) == (INCOME.slots[Kind.PERSON], BOTH)
        costs.add(budget.examined)
    assert len(costs) == 1


@pytest.mark.parametrize("sort", [(), (SortKey(BIRTH_DATE, related=False, descending=False),)])
def test_the_next_page_follows_the_same_path(sort: tuple[SortKey, ...]) -> None:
    """A cursor leads on along the path of its page, which counts nothing, also when the other one is smaller now."""
    first, _ = ask(registry_of(10, 200), Window(0, 2, sort))
    assert first.next_position is not None
    later, examined = ask(registry_of(200, 10), Window(0, BOTH, sort, first.next_position, first.total))
    assert slot_of(first) == slot_of(later) == BY_NAME
    assert [view["id"] for view in (*first.views, *later.views)] == [f"p{number:04}" for number in range(BOTH)]
    assert later.total == BOTH
    assert examined < 2 * (200 + BOTH)  # its range is read once, and nothing else


def test_a_sort_value_is_no_mark() -> None:
    """A position whose last value looks like a mark, but is that of a sort key, stays as it is."""
    key = SortKey(attribute("UIN"), related=False, descending=False)
    assert unmarked(Position(("@x02",), "p1"), (key,)) == (Position(("@x02",), "p1"), "")
    assert unmarked(Position(("a", "@x02"), "p1"), (key,)) == (Position(("a",), "p1"), "x02")
    assert unmarked(Position((None,), "p1"), ()) == (Position((None,), "p1"), "")


def test_samples_that_do_not_end_are_compared_by_what_passes() -> None:
    """Of two ranges with the same matches, that one is smaller of which more entries are matches."""
    crowded, sparse = Sample(1000, 40, complete=False), Sample(1000, 4, complete=False)
    assert crowded.is_at_most(sparse)
    assert not sparse.is_at_most(crowded)
    assert sparse.is_at_most(sparse)  # then the query decides
    counted = Sample(SMALL + 1, 0, complete=True)
    assert counted.is_at_most(crowded)
    assert not crowded.is_at_most(counted)
    assert not counted.is_at_most(Sample(SMALL, 0, complete=True))


@pytest.mark.parametrize("seed", range(3))
def test_a_page_of_any_size_is_part_of_the_whole(seed: int) -> None:
    """Walking by cursors through a path that was chosen finds each match once."""
    size, engine, found = random.Random(seed).randint(1, 4), registry_of(150, 160), list[str]()
    window: Window | None = Window(0, size)
    while window:
        page, _ = ask(engine, window)
        found += [view["id"] for view in page.views]
        window = Window(0, size, (), page.next_position, page.total) if page.next_position else None
    assert found == [f"p{number:04}" for number in range(BOTH)]
