"""POST /registry/sync/search: what a message makes the function compute is bounded, as what it reads is."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dci_cli.local.demo import Population
from dci_common.registry.model.records import Group, Membership, Person
from dci_common.registry.query import conditions
from dci_common.registry.query.derived import derived_condition
from dci_common.registry.query.tree import Compare, Node
from support.api import Api, item, predicate
from support.events import body_of, event
from support.logs import Logs
from support.registries import registry_of
from support.tiny_registry import expressed

PEOPLE = 60
# More than a filter expression holds, so that it is checked in Python.
EXCLUDED = {
    "$and": [{"birth_place": {"$nin": [f"{number}x{place}" for place in range(100)]}} for number in range(99)]
}
TOO_MANY = "rjct.search.too_many_records_found"


@pytest.fixture(scope="module")
def table(engine: None) -> Iterator[str]:  # noqa: ARG001 - must be running
    """Return the table of people in one large household."""
    people = [Person(id=f"p{number:02}", birth_date="1990-01-01", birth_place="here") for number in range(PEOPLE)]
    memberships = [Membership(person_id=person.id, group_id="g", roles=("head",)) for person in people]
    with registry_of(Population(people, [Group(id="g", name="Hill")], memberships)) as name:
        yield name


def excluded(**criteria: Any) -> dict[str, Any]:
    """Ask for those who were born in none of ten thousand places."""
    return item(expressed(EXCLUDED), "expression", pagination={"page_size": 1}, **criteria)


@pytest.mark.exhaustive
def test_comparisons_in_python_count_in_the_budget(table: str, new_api: Callable[..., Api], logs: Logs) -> None:
    """Entries that the function must check itself count more, and too many are rejected with what to do about it."""
    api = new_api(registry_table=table)
    assert api.search(excluded()).items[0]["pagination"]["total_count"] == PEOPLE
    queries, comparisons = 3 * 10, 99 // 20
    assert logs.entries()[-1]["examined"] == queries + (PEOPLE + 1) * (1 + comparisons)
    small = new_api(registry_table=table, max_examined=queries + PEOPLE * 2)
    (answered,) = small.search(excluded()).items
    assert answered["status_reason_code"] == TOO_MANY
    assert "narrower" in answered["status_reason_message"]


def test_an_attribute_with_several_values_counts_several_times(
    table: str, new_api: Callable[..., Api], logs: Logs
) -> None:
    """A condition on places, of which a record has one at each level, is compared with all of them."""
    elsewhere = [{"location": {"$ne": f"{place}*"}} for place in range(15)]
    asked = item(expressed({"$and": elsewhere}), "expression", pagination={"page_size": 1})
    assert new_api(registry_table=table).search(asked).items[0]["pagination"]["total_count"] == PEOPLE
    assert logs.entries()[-1]["examined"] == 3 * 10 + (PEOPLE + 1) * (1 + 15 * 4 // 20)


def test_a_value_is_looked_up_among_those_of_a_condition() -> None:
    """However many values a condition has, a record's value is compared once with them."""
    compared = 0

    class Place(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    condition = Compare(None, "in", tuple(f"{place}" for place in range(100)))  # type: ignore[arg-type]
    assert not condition.accepts(Place("elsewhere"))
    assert compared <= 1


def test_the_members_of_a_large_group_count(table: str, new_api: Callable[..., Api], logs: Logs) -> None:
    """A condition on members is checked for each member, which counts too."""
    api = new_api(registry_table=table)
    asked = predicate(("birth_place", "eq", "here"), reg_record_type="Group", pagination={"page_size": 1})
    assert len(api.search(asked).records) == 1
    queries = 3 * 10
    assert logs.entries()[-1]["examined"] == queries + PEOPLE + 1 + PEOPLE // 20


def test_members_that_decide_the_order_count(table: str, new_api: Callable[..., Api], logs: Logs) -> None:
    """Sorting groups by an attribute of their members looks at each member, which counts too."""
    api = new_api(registry_table=table)
    examined = []
    for name in ("HOUSEHOLD_ID", "birth_date"):
        sort = [{"attribute_name": name, "sort_order": "asc"}]
        asked = predicate(("name", "eq", "Hill"), reg_record_type="Group", sort=sort, pagination={"page_size": 1})
        assert len(api.search(asked).records) == 1
        examined.append(logs.entries()[-1]["examined"])
    by_own, by_members = examined
    assert by_members == by_own + PEOPLE // 20


def test_conditions_beyond_the_limit_are_not_made(shared_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A query with thousands of conditions is rejected at the first one that is too many."""
    made = 0

    def counted(*arguments: Any) -> Node:
        nonlocal made
        made += 1
        return derived_condition(*arguments)

    monkeypatch.setattr(conditions, "derived_condition", counted)
    ages = [("age", "in", ",".join(map(str, range(100))))] * 900
    (answered,) = shared_api.search(predicate(*ages, condition="or")).items
    assert answered["status_reason_code"] == "rjct.search_criteria.invalid"
    assert made == 100


def test_a_list_of_faults_is_read_up_to_the_limit(shared_api: Api) -> None:
    """A body of many invalid items is rejected without the time and the memory to say what is wrong with each."""
    message = json.dumps(body_of("search") | {"message": {"transaction_id": "1", "search_request": [{}] * 50_000}})
    shared_api.partner_token  # noqa: B018 - made before memory is measured
    tracemalloc.start()
    reply = shared_api.send(event("search", body=message, token=shared_api.partner_token))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reply.json["header"]["status_reason_code"] == "rjct.total_count.limit_exceeded"
    assert most < 20_000_000
