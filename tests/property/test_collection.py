"""A collection finds what the brute-force oracle finds, each record once, wherever it is interrupted."""

from __future__ import annotations

import random
from itertools import islice

import pytest

from dci_common.registry.execute.collection import CollectionPosition
from dci_common.registry.execute.engine import SearchEngine
from dci_common.registry.model.base import Kind
from dci_common.registry.plan.search_plan import Visibility
from dci_common.registry.query.tree import Query
from dci_common.registry.storage.budget import Budget
from support.example_counts import sampled, some
from support.flaky_engine import SHARDS, drawn, engine_over, items_of
from support.odd_registry import odd_population
from support.oracle import Oracle
from support.query_generator import RandomQuery
from support.registries import TODAY

pytestmark = pytest.mark.exhaustive  # it explores; `make check` runs it

QUESTIONS = 10  # of each random registry
REGISTRIES = range(max(10, some(1 / QUESTIONS)))


def collected(
    engine: SearchEngine, asked: RandomQuery, visibility: Visibility, portion: int, budget: int = 10**6
) -> list[str]:
    """Return the ids of all matches, collected in portions, each of which begins after the last place before it."""
    query, found = Query(asked.kind, asked.tree, TODAY), list[CollectionPosition]()
    while True:
        after = found[-1] if found else None
        places = engine.collect(query, visibility, asked.keys, Budget(budget), after)
        more = list(islice(places, portion))
        found += more
        if len(more) < portion:
            return [place.position.id for place in found if place.is_match]


@pytest.mark.parametrize("seed", sampled(REGISTRIES, 2))
def test_each_match_is_collected_once(seed: int) -> None:
    """Any query to any registry collects what the oracle says, each record once and in its order."""
    draw = random.Random(seed)
    population = odd_population(seed, draw.randint(1, 30), draw.randint(1, 9))
    items = items_of(population)
    engine, entitled = engine_over(draw, items, items), draw.random() < 0.2
    oracle, visibility = Oracle.of(population, entitled=entitled), Visibility(SHARDS, restricted=entitled)
    for _ in range(QUESTIONS):
        asked = drawn(draw, oracle)
        expected = oracle.found(asked.kind, asked.tree)
        whole = collected(engine, asked, visibility, 10**6)
        assert sorted(whole) == sorted(expected)
        assert not asked.keys or oracle.is_ordered(asked.kind, whole, asked.keys)
        for portion in (1, 3):
            assert collected(engine, asked, visibility, portion) == whole


@pytest.mark.parametrize("seed", sampled(REGISTRIES, 1))
def test_a_record_in_two_ranges_is_collected_once(seed: int) -> None:
    """A person who was born before some day or has some name, or both, is collected once."""
    draw = random.Random(seed)
    population = odd_population(seed, 30, 9)
    items, oracle = items_of(population), Oracle.of(population)
    engine = engine_over(draw, items, items)
    for _ in range(QUESTIONS):
        view = draw.choice([*oracle.records[Kind.PERSON].values()])
        surname = view.get("name", {}).get("surname") or "x"
        born = f"{view.get('birth_date', '')[:4] or 1990}-06-30"
        expressions = {
            "expression1": {"attribute_name": "surname", "operator": "eq", "attribute_value": surname},
            "expression2": {"attribute_name": "birth_date", "operator": "le", "attribute_value": born},
        }
        query = [{"seq_num": 1, "condition": "or", **expressions}]
        asked = RandomQuery(Kind.PERSON, {}, "predicate", query, [])
        whole = collected(engine, asked, Visibility(SHARDS), 10**6)
        assert sorted(whole) == sorted(oracle.found(Kind.PERSON, asked.tree))
        assert collected(engine, asked, Visibility(SHARDS), 2) == whole
