"""What a search finds is what the brute-force oracle finds: the same records, in order, counted, paged and walked."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from dci_cli.local.demo import Population, demo_population
from dci_common.registry.execute.engine import SearchEngine
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Person
from dci_common.registry.plan.search_plan import Visibility
from dci_common.registry.query.sort import Window
from dci_common.registry.query.tree import AnyRelated, Node, Not, Query
from dci_common.registry.storage.budget import Budget
from support.api import item
from support.example_counts import sampled, some
from support.flaky_engine import SHARDS, drawn, engine_over, items_of
from support.odd_registry import odd_population
from support.oracle import Oracle
from support.query_generator import RandomQuery
from support.registries import TODAY, registry_of

if TYPE_CHECKING:
    from support.api import Api

DEMO, ODD = demo_population(), odd_population()
QUESTIONS = 10  # of each random registry
REGISTRIES = range(max(10, some(1 / QUESTIONS)))


@pytest.fixture(scope="module")
def odd_api(new_api: Callable[..., Api]) -> Iterator[Api]:
    """Return an API over the registry of odd records."""
    with registry_of(ODD, SHARDS) as table:
        yield new_api(registry_table=table)


def check(api: Api, oracle: Oracle, asked: RandomQuery, size: int) -> None:
    """Ask for all matches, for every page of them, and from cursor to cursor, and compare with the oracle."""
    expected = oracle.found(asked.kind, asked.tree)
    size = max(size, -(-len(expected) // 3))
    pages = [{"page_size": size, "page_number": number} for number in range(1, -(-len(expected) // size) + 1)]
    reply = api.search(
        item(asked.query, asked.query_type, "all", **asked.criteria),
        *(
            item(asked.query, asked.query_type, f"page {place}", pagination=page, **asked.criteria)
            for place, page in enumerate(pages)
        ),
    )
    whole, *parts = [oracle.ids(asked.kind, answered["data"]["reg_records"]) for answered in reply.items]
    assert sorted(whole) == sorted(expected)
    assert oracle.is_ordered(asked.kind, whole, asked.keys)
    assert parts == [whole[place * size :][:size] for place in range(len(pages))]
    assert {answered["pagination"]["total_count"] for answered in reply.items} == {len(expected)}
    walked = [answered["data"]["reg_records"] for answered in walk(api, asked, size)]
    assert [oracle.ids(asked.kind, records) for records in walked] == (parts or [[]])


def walk(api: Api, asked: RandomQuery, size: int) -> Iterator[dict[str, Any]]:
    """Follow the cursors to the last page."""
    page: dict[str, Any] = {"page_size": size}
    while True:
        (answered,) = api.search(item(asked.query, asked.query_type, pagination=page, **asked.criteria)).items
        yield answered
        if "next_cursor" not in answered["pagination"]:
            return
        page["cursor"] = answered["pagination"]["next_cursor"]


@pytest.mark.parametrize("seed", sampled(range(30), 3))
def test_odd_records_are_found_as_the_oracle_says(odd_api: Api, seed: int) -> None:
    """Missing dates, shared phones and past households are found, or not, as the oracle says."""
    draw, oracle = random.Random(seed), Oracle.of(ODD)
    check(odd_api, oracle, drawn(draw, oracle), draw.randint(1, 20))


@pytest.mark.parametrize("seed", sampled(range(2)))
def test_the_demo_registry_answers_as_the_oracle_says(shared_api: Api, seed: int) -> None:
    """The demo registry answers as the oracle says."""
    draw, oracle = random.Random(seed), Oracle.of(DEMO)
    check(shared_api, oracle, drawn(draw, oracle), 200)


@pytest.mark.parametrize("seed", sampled(REGISTRIES, 2))
def test_any_registry_answers_as_the_oracle_says(seed: int) -> None:
    """Any query to any registry is answered as the oracle says, however DynamoDB divides its pages."""
    draw = random.Random(seed)
    population = odd_population(seed, draw.randint(1, 30), draw.randint(1, 9))
    items = items_of(population)
    engine, entitled = engine_over(draw, items, items), draw.random() < 0.2
    oracle, visibility = Oracle.of(population, entitled=entitled), Visibility(SHARDS, restricted=entitled)
    for _ in range(QUESTIONS):
        asked, size = drawn(draw, oracle), draw.choice((1, 2, 5, 50))
        query, expected = Query(asked.kind, asked.tree, TODAY), oracle.found(asked.kind, asked.tree)
        walked: list[str] = []
        for ids, total in cursor_walk(engine, query, visibility, asked, size):
            walked += ids
            assert total == len(expected)
        assert sorted(walked) == sorted(expected)
        assert oracle.is_ordered(asked.kind, walked, asked.keys)
        for offset in range(0, len(expected) + 1, size):
            found = engine.search(query, visibility, Window(offset, size, asked.keys), Budget(10**6))
            assert [view["id"] for view in found.views] == walked[offset:][:size]
            assert found.total == len(expected)


def cursor_walk(
    engine: SearchEngine, query: Query, visibility: Visibility, asked: RandomQuery, size: int
) -> Iterator[tuple[list[str], int]]:
    """Walk from page to page, each beginning after the last record of the one before, with the total of the first."""
    after, total = None, None
    while True:
        found = engine.search(query, visibility, Window(0, size, asked.keys, after, total), Budget(10**6))
        yield [view["id"] for view in found.views], found.total
        if found.next_position is None:
            return
        assert found.next_position != after
        after, total = found.next_position, found.total


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", sampled(REGISTRIES, 2))
def test_a_lagging_index_discloses_nothing_outdated(seed: int) -> None:
    """Records changed, deleted or restricted since are never disclosed by old values; the others are found."""
    draw = random.Random(seed)
    before = odd_population(seed, draw.randint(1, 30), draw.randint(1, 9))
    after = changed_since(draw, before)
    items, old = items_of(after), items_of(before)
    late = {ref for ref in items.keys() | old.keys() if ref[1] == "RECORD" and draw.random() < 0.7}
    indexed = {ref: item for ref, item in items.items() if ref not in late}
    indexed |= {ref: item for ref, item in old.items() if ref in late}
    engine, oracle = engine_over(draw, items, indexed), Oracle.of(after)
    for _ in range(QUESTIONS):
        asked = drawn(draw, oracle)
        query, expected = Query(asked.kind, asked.tree, TODAY), oracle.found(asked.kind, asked.tree)
        pages = cursor_walk(engine, query, Visibility(SHARDS), asked, draw.choice((1, 5, 50)))
        walked = [id_ for ids, _ in pages for id_ in ids]
        assert set(walked) <= expected
        if asked.kind is Kind.PERSON or not is_related(asked.tree):
            fresh = {id_ for id_ in expected if indexed.get(ref := (f"{asked.kind}#{id_}", "RECORD")) == items[ref]}
            assert fresh <= set(walked)


def changed_since(draw: random.Random, before: Population) -> Population:
    """Give some people another's data, restrict some, delete some with their memberships."""
    others = {person.id: person for person in odd_population(draw.randrange(10**6), 30).people}
    people: list[Person] = []
    for person in before.people:
        fate = draw.randrange(6)
        if fate == 0:
            people.append(others[person.id].model_copy(update={"identifiers": person.identifiers}))
        elif fate == 1:
            people.append(person.model_copy(update={"restricted": True}))
        elif fate > 2:
            people.append(person)
    ids = {person.id for person in people}
    memberships = [membership for membership in before.memberships if membership.person_id in ids]
    return Population(people, before.groups, memberships)


def is_related(node: Node) -> bool:
    """Return whether a tree asks about members or households."""
    match node:
        case AnyRelated():
            return True
        case Not(child):
            return is_related(child)
    return any(map(is_related, getattr(node, "children", ())))
