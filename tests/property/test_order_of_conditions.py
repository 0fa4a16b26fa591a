"""The order and the grouping of conditions change neither what a search finds nor what it costs."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from dci_cli.local.demo import Population
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.execute.choice import SMALL
from dci_common.registry.execute.engine import SearchEngine
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Person
from dci_common.registry.model.views import View
from dci_common.registry.plan.search_plan import Visibility
from dci_common.registry.query.canonical import canonical
from dci_common.registry.query.sort import Window
from dci_common.registry.query.tree import And, Compare, Node, Query
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import RegistryStore
from support.example_counts import sampled, some
from support.flaky_engine import SHARDS, drawn, engine_over, items_of
from support.odd_registry import odd_population
from support.oracle import Oracle
from support.query_generator import RandomQuery, attribute_of
from support.rearranged import rearranged
from support.registries import TODAY, registry_of

if TYPE_CHECKING:
    from support.api import Api

POPULATION = odd_population(3, 30)
QUESTIONS, WRITINGS = 8, 3
SEEDS = range(max(10, some(1 / QUESTIONS)))
SHARED, OPEN = ("given_name", "occupation", "region", "district"), ("income", "registration_date", "birth_date")
NEARLY = 1.2  # by which a range may be larger than the least, as partitions do not have equal shares
CROWD = 400  # people, of whom more than `SMALL` share some values


class Walked(NamedTuple):
    """The pages of a search, and what they cost."""

    pages: list[list[str]]
    totals: list[int]
    examined: int
    read_units: float


@pytest.fixture(scope="module")
def engine_of_registry(new_api: Callable[..., Api]) -> Iterator[SearchEngine]:
    """Return the search engine over a registry of odd records."""
    with registry_of(POPULATION, SHARDS) as table:
        yield SearchEngine(RegistryStore(new_api(registry_table=table).runtime), SOCIAL_CATALOGUE)


def walk(engine: SearchEngine, asked: RandomQuery, size: int) -> Walked:
    """Ask for the first page, and for that which follows it."""
    budget, query = Budget(10**6), Query(asked.kind, asked.tree, TODAY)
    first = engine.search(query, Visibility(SHARDS), Window(0, size, asked.keys), budget)
    found = [first]
    if first.next_position:
        window = Window(0, size, asked.keys, first.next_position, first.total)
        found.append(engine.search(query, Visibility(SHARDS), window, budget))
    pages = [[view["id"] for view in page.views] for page in found]
    return Walked(pages, [page.total for page in found], budget.examined, budget.read_units)


@pytest.mark.parametrize("seed", sampled(SEEDS, 2))
def test_other_writings_of_a_query_find_and_cost_the_same(engine_of_registry: SearchEngine, seed: int) -> None:
    """What is joined by AND or OR is permuted and grouped otherwise: pages, totals and costs are the same."""
    draw, oracle = random.Random(seed), Oracle.of(POPULATION)
    for _ in range(QUESTIONS):
        asked, size = drawn(draw, oracle), draw.choice((1, 5, 50))
        expected = walk(engine_of_registry, asked, size)
        assert expected.totals[0] == len(oracle.found(asked.kind, asked.tree))
        for other in (rearranged(draw, asked) for _ in range(WRITINGS)):
            assert walk(engine_of_registry, other, size) == expected, (asked.query, other.query)


@pytest.mark.parametrize("seed", sampled(SEEDS, 2))
def test_other_writings_of_a_query_have_one_canonical_tree(seed: int) -> None:
    """The canonical tree is the same for all writings of a query and for itself, and finds the same records."""
    draw, oracle = random.Random(seed), Oracle.of(POPULATION)
    for _ in range(10 * QUESTIONS):
        asked = drawn(draw, oracle)
        tree = canonical(asked.tree)
        assert canonical(tree) == tree
        assert canonical(rearranged(draw, asked).tree) == tree
        assert oracle.found(asked.kind, tree) == oracle.found(asked.kind, asked.tree)


@pytest.mark.parametrize("seed", sampled(SEEDS, 2))
def test_the_smallest_range_is_read_of_those_that_only_counting_distinguishes(seed: int) -> None:
    """Values of few or of many, ranges that are bounded or open: the least is read, or one of few, in any order."""
    draw = random.Random(seed)
    population = Population([skewed_person(draw, number) for number in range(CROWD)])
    items, oracle = items_of(population), Oracle.of(population)
    engine = engine_over(random.Random(seed), items, items)
    for _ in range(QUESTIONS):
        names = draw.sample((*SHARED, *OPEN), draw.randint(2, 4))
        conditions = [_compare(draw, name, draw.choice(oracle.views)) for name in names]
        found, costs = set[tuple[str, ...]](), set[int]()
        for _ in range(WRITINGS):
            draw.shuffle(conditions)
            budget, query = Budget(10**6), Query(Kind.PERSON, And(tuple(conditions)), TODAY)
            page = engine.search(query, Visibility(SHARDS), Window(0, 5), budget)
            found.add(tuple(view["id"] for view in page.views))
            costs.add(budget.examined)
            (range_,) = page.access.path.ranges
            slots = [item[range_.slot]["S"] for item in items.values() if range_.slot in item]
            read = sum(span.low <= slot <= span.high for slot in slots for span in range_.spans)
            least = min(len(oracle.found(Kind.PERSON, condition)) for condition in conditions)
            assert read <= max(SMALL, NEARLY * least), conditions
            assert page.total == len(oracle.found(Kind.PERSON, query.tree))
        assert len(found) == len(costs) == 1, conditions


def skewed_person(draw: random.Random, number: int) -> Person:
    """Make a person whose values are shared by some or by many, as the squares of what is drawn evenly."""
    days, income, occupation, place, name = (int(1000 * draw.random() ** 2) for _ in range(5))
    address = {"region_code": "RSTU"[place // 250], "sub_region_code": f"D{place // 125}"}
    return Person.model_validate(
        {
            "id": f"p{number:03}",
            "name": {"given_name": f"N{name // 200}"},
            "birth_date": str(TODAY - timedelta(days=20 * days)),
            "registration_date": str(TODAY - timedelta(days=days)),
            "income": income,
            "occupation": f"O{occupation // 100}",
            "addresses": [address],
        }
    )


def _compare(draw: random.Random, name: str, person: View) -> Node:
    """Compare an attribute with the value of a person: the more people have it, the likelier it is."""
    attribute = attribute_of(name)
    operators = ("lt", "ge") if name in OPEN else ("eq",)
    return Compare(attribute, draw.choice(operators), tuple(attribute.values(person, TODAY)))


def test_conditions_on_members_cost_the_same_in_any_group(engine_of_registry: SearchEngine) -> None:
    """An OR of conditions on members and on the group is one search for people, however its parts are grouped."""
    women, born, named = {"sex": "female"}, {"birth_date": {"$gte": "2000-01-01"}}, {"name": "Ana"}
    writings: tuple[list[dict[str, Any]], ...] = (
        [women, named, born],
        [{"$or": [born, women]}, named],
        [named, {"$or": [women, {"$or": [born]}]}],
    )
    expected, *others = (
        walk(engine_of_registry, RandomQuery(Kind.GROUP, {}, "expression", _expression(parts), []), 50)
        for parts in writings
    )
    assert expected.totals[0] > 0
    assert others == [expected, expected]


def _expression(parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "expression", "value": {"expression": {"query": {"$or": parts}}}}
