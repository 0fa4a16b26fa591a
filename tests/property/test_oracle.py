"""What a search finds is what the brute-force oracle finds: the same records, counted and paged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dci_cli.demo import demo_population
from dci_common.registry.budget import Budget
from dci_common.registry.engine import SearchEngine, Window
from dci_common.registry.model import Kind
from dci_common.registry.query import Node, Query
from dci_common.registry.store import RegistryStore
from support.api import item
from support.oddities import TODAY, odd_population
from support.oracle import Oracle
from support.questions import Question, questions, trees, values_of
from support.registries import registry_of

if TYPE_CHECKING:
    from support.api import Api

DEMO, ODD = demo_population(), odd_population()
SHARDS = 2


@pytest.fixture(scope="module")
def odd_api(new_api: Callable[..., Api]) -> Iterator[Api]:
    """Return an API over the registry of odd records."""
    with registry_of(ODD, SHARDS) as table:
        yield new_api(registry_table=table)


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


@settings(max_examples=120)
@given(asked=questions(values_of(ODD)), size=st.integers(1, 50))
def test_odd_records(odd_api: Api, asked: Question, size: int) -> None:
    """Missing dates, shared phones and past households are found, or not, as the oracle says."""
    check(odd_api, Oracle.of(ODD), asked, size)


@settings(max_examples=15)
@given(asked=questions(values_of(DEMO)), size=st.integers(1, 50))
def test_the_demo_registry(shared_api: Api, asked: Question, size: int) -> None:
    """The demo registry answers as the oracle says."""
    check(shared_api, Oracle.of(DEMO), asked, size)


@pytest.fixture(scope="module")
def engine_of_odds(odd_api: Api) -> SearchEngine:
    """Return the engine below the API, which takes deeper trees than a predicate can be."""
    return SearchEngine(RegistryStore(odd_api.runtime))


@given(tree=trees(values_of(ODD), Kind.PERSON), offset=st.integers(0, 20), size=st.integers(1, 20))
def test_any_tree(engine_of_odds: SearchEngine, tree: Node, offset: int, size: int) -> None:
    """A tree of any depth finds in each window what it finds in the whole, and that is what the oracle finds."""
    query = Query(Kind.PERSON, tree, TODAY)
    whole = engine_of_odds.search(query, SHARDS, Window(0, 1000), Budget(100_000))
    ids = [view["id"] for view in whole.views]
    assert sorted(ids) == sorted(Oracle.of(ODD).found(Kind.PERSON, tree))
    part = engine_of_odds.search(query, SHARDS, Window(offset, size), Budget(100_000))
    assert [view["id"] for view in part.views] == ids[offset:][:size]
    assert part.total == whole.total == len(ids)
