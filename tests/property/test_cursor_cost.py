"""What pages by cursor examine: each about its own entries and records, however many pages come before it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, cast

import pytest

from dci_cli.local.demo import Population
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.execute.engine import SearchEngine
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Group, Person
from dci_common.registry.plan.search_plan import Visibility
from dci_common.registry.query.sort import Window
from dci_common.registry.query.tree import And, Compare, Node, Query
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import RegistryStore
from dci_common.runtime import Runtime
from dci_common.settings import Settings
from support.flaky_dynamodb import FlakyDynamoDB
from support.flaky_engine import SHARDS, items_of
from support.registries import TODAY

PEOPLE, PAGE = 1_145, 200
QUERIES = 10 * (SHARDS + 2)  # what the queries of a page count as, in all partitions
OVERHEAD = 1.3


@pytest.fixture(scope="module")
def engine() -> SearchEngine:
    """Return the engine over people of different days of birth, every second of whom is a woman, and households."""
    first = date(1980, 1, 1)
    people = [
        Person(id=f"p{n:05}", birth_date=first + timedelta(days=n), sex="female" if n % 2 else "male")
        for n in range(PEOPLE)
    ]
    groups = [Group(id=f"g{n:05}", poverty_score=n) for n in range(PEOPLE)]
    items = items_of(Population(people, groups, []))
    runtime = Runtime(Settings())
    dynamodb = FlakyDynamoDB(items.values(), items.values(), at_once=10**6, busy=10**6)
    vars(runtime)["dynamodb"] = cast("Any", dynamodb)
    return SearchEngine(RegistryStore(runtime), SOCIAL_CATALOGUE)


def compare(name: str, operator: str, value: str) -> Node:
    """Compare an attribute of the catalogue with a value."""
    attribute = SOCIAL_CATALOGUE.find(name)
    assert attribute
    return Compare(attribute, operator, (attribute.normalized([value])[0],))


BORN = compare("birth_date", "ge", "1980-01-01")
WOMEN = And((BORN, compare("sex", "eq", "female")))
SCORED = compare("poverty_score", "ge", "0")


def pages(engine: SearchEngine, kind: Kind, tree: Node) -> Iterator[tuple[int, int]]:
    """Follow the cursors; yield how many records each page has, and how many entries and records it examined."""
    after, total = None, None
    while True:
        budget = Budget(10**6)
        window = Window(0, PAGE, after=after, total=total)
        found = engine.search(Query(kind, tree, TODAY), Visibility(SHARDS), window, budget)
        yield len(found.views), budget.examined
        after, total = found.next_position, found.total
        if after is None:
            return


@pytest.mark.parametrize(("kind", "tree"), [(Kind.PERSON, BORN), (Kind.GROUP, SCORED)], ids=["people", "groups"])
def test_a_page_by_cursor_examines_its_own_entries_and_records(engine: SearchEngine, kind: Kind, tree: Node) -> None:
    """Only the first page counts all matches, so all pages together cost a count, and each match once."""
    (_, counting), *following = pages(engine, kind, tree)
    assert counting <= PEOPLE + PAGE + QUERIES
    for records, examined in following:
        assert examined <= OVERHEAD * 2 * records + QUERIES
    assert sum(records for records, _ in following) == PEOPLE - PAGE


def test_a_filtered_page_by_cursor_examines_what_lies_between_its_records(engine: SearchEngine) -> None:
    """Where half of the entries match, a page examines about twice its size, and the last one what is left."""
    _, *following = pages(engine, Kind.PERSON, WOMEN)
    assert sum(records for records, _ in following) == PEOPLE // 2 - PAGE
    for records, examined in following:
        assert examined <= records + 4 * OVERHEAD * 2 * PAGE + QUERIES
    assert sum(examined for _, examined in following) < 3 * PEOPLE
