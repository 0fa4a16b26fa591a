"""What a search finds is what the brute-force oracle finds: the same records, counted and paged."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

import pytest

from dci_cli.demo import demo_population
from dci_common.registry.budget import Budget
from dci_common.registry.engine import SearchEngine, Window
from dci_common.registry.model import Kind
from dci_common.registry.query import Query
from dci_common.registry.store import RegistryStore
from support.api import item
from support.oddities import TODAY, odd_population
from support.oracle import Oracle
from support.questions import Question, question, tree, values_of
from support.registries import registry_of

if TYPE_CHECKING:
    from support.api import Api

T = TypeVar("T")
DEMO, ODD = demo_population(), odd_population()
SHARDS = 2


@pytest.fixture(scope="module")
def odd_api(new_api: Callable[..., Api]) -> Iterator[Api]:
    """Return an API over the registry of odd records."""
    with registry_of(ODD, SHARDS) as table:
        yield new_api(registry_table=table)


def telling(make: Callable[[], T], tells: Callable[[T], bool]) -> T:
    """Draw until something tells, but not for ever: what finds nobody must be right too."""
    drawn = [make()]
    while len(drawn) < 10 and not tells(drawn[-1]):
        drawn.append(make())
    return drawn[-1]


def check(api: Api, oracle: Oracle, asked: Question, size: int) -> None:
    """Ask for all matches and for every page of them in one message, and compare with the oracle."""
    expected = oracle.found(asked.kind, asked.tree)
    size = max(size, -(-len(expected) // 3))
    pages = [{"page_size": size, "page_number": number} for number in range(1, -(-len(expected) // size) + 1)]
    reply = api.search(
        item(asked.query, asked.query_type, "all", **asked.record_type),
        *(
            item(asked.query, asked.query_type, f"page {place}", pagination=page, **asked.record_type)
            for place, page in enumerate(pages)
        ),
    )
    whole, *parts = [oracle.ids(asked.kind, answered["data"]["reg_records"]) for answered in reply.items]
    assert sorted(whole) == sorted(expected)
    assert oracle.is_ordered(asked.kind, whole)
    assert parts == [whole[place * size :][:size] for place in range(len(pages))]
    assert {answered["pagination"]["total_count"] for answered in reply.items} == {len(expected)}


@pytest.mark.parametrize("seed", range(60))
def test_odd_records(odd_api: Api, seed: int) -> None:
    """Missing dates, shared phones and past households are found, or not, as the oracle says."""
    draw, oracle, values = random.Random(seed), Oracle.of(ODD), values_of(ODD)
    asked = telling(lambda: question(draw, values), lambda drawn: oracle.telling(drawn.kind, drawn.tree))
    check(odd_api, oracle, asked, draw.randint(1, 20))


@pytest.mark.parametrize("seed", range(6))
def test_the_demo_registry(shared_api: Api, seed: int) -> None:
    """The demo registry answers as the oracle says."""
    draw, oracle, values = random.Random(seed), Oracle.of(DEMO), values_of(DEMO)
    asked = telling(lambda: question(draw, values), lambda drawn: oracle.telling(drawn.kind, drawn.tree))
    check(shared_api, oracle, asked, draw.randint(1, 100))


@pytest.fixture(scope="module")
def engine_of_odds(odd_api: Api) -> SearchEngine:
    """Return the engine below the API, which takes deeper trees than a predicate can be."""
    return SearchEngine(RegistryStore(odd_api.runtime))


@pytest.mark.parametrize("seed", range(60))
def test_any_tree(engine_of_odds: SearchEngine, seed: int) -> None:
    """A tree of any depth finds in a window what it finds in the whole, and that is what the oracle finds."""
    draw, oracle, values = random.Random(seed), Oracle.of(ODD), values_of(ODD)
    if seed % 2:
        values = {"birth_date": values["birth_date"]}  # ranges alone, whose paths are unions and intersections
    asked = telling(lambda: tree(draw, values, Kind.PERSON), lambda drawn: oracle.telling(Kind.PERSON, drawn))
    query, window = Query(Kind.PERSON, asked, TODAY), Window(draw.randrange(20), draw.randint(1, 20))
    whole = engine_of_odds.search(query, SHARDS, Window(0, 1000), Budget(100_000))
    ids = [view["id"] for view in whole.views]
    assert sorted(ids) == sorted(oracle.found(Kind.PERSON, asked))
    part = engine_of_odds.search(query, SHARDS, window, Budget(100_000))
    assert [view["id"] for view in part.views] == ids[window.offset :][: window.size]
    assert part.total == whole.total == len(ids)
