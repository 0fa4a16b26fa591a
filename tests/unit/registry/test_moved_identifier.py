"""Pages of an identifier or a range, while the identifier moves from one record to another between them."""

from __future__ import annotations

from typing import Any, cast

import pytest

from dci_cli.local.demo import Population
from dci_common.registries.social.catalogue import REGION, SOCIAL_CATALOGUE
from dci_common.registry.execute.engine import SearchEngine
from dci_common.registry.execute.search import Found
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Person
from dci_common.registry.plan.search_plan import Visibility
from dci_common.registry.query.sort import Window
from dci_common.registry.query.tree import Compare, Or, Query
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import RegistryStore
from dci_common.runtime import Runtime
from dci_common.settings import Settings
from support.access_paths import attribute
from support.flaky_dynamodb import FlakyDynamoDB
from support.flaky_engine import SHARDS, items_of
from support.registries import TODAY

UIN = attribute("UIN")
RESIDENTS = [f"p{number}" for number in range(9)]
ELSEWHERE = ["q0", "q1"]


def registry_where(owner: str | None) -> SearchEngine:
    """Return an engine over residents of a region, born one after the other, and others; one has the identifier."""
    people = [
        Person.model_validate(
            {
                "id": id_,
                "birth_date": f"198{number}-01-01",
                "addresses": [{"region_code": "r" if id_ in RESIDENTS else "q"}],
                "identifiers": [{"identifier_type": "UIN", "identifier_value": "x"}] if id_ == owner else [],
            }
        )
        for number, id_ in enumerate(RESIDENTS)
    ] + [
        Person.model_validate(
            {
                "id": id_,
                "identifiers": [{"identifier_type": "UIN", "identifier_value": "x"}] if id_ == owner else [],
            }
        )
        for id_ in ELSEWHERE
    ]
    items = items_of(Population(people))
    runtime = Runtime(Settings())
    dynamodb = FlakyDynamoDB(items.values(), items.values(), at_once=1000, busy=10**6)
    vars(runtime)["dynamodb"] = cast("Any", dynamodb)
    return SearchEngine(RegistryStore(runtime), SOCIAL_CATALOGUE)


def ask(engine: SearchEngine, window: Window) -> Found:
    """Return a page of those who have the identifier or live in the region."""
    tree = Or((Compare(UIN, "eq", tuple(UIN.normalized(["x"]))), Compare(REGION, "eq", ("r",))))
    return engine.search(Query(Kind.PERSON, tree, TODAY), Visibility(SHARDS), window, Budget(10**6))


def ids(found: Found) -> list[str]:
    """Return the ids of a page."""
    return [view["id"] for view in found.views]


@pytest.mark.parametrize("owner", [None, "p1", "p7", "q0"])
@pytest.mark.parametrize("later_owner", [None, "p1", "p7", "q0", "q1"])
def test_residents_are_listed_once_whoever_has_the_identifier(owner: str | None, later_owner: str | None) -> None:
    """Each record that matches all the time is on one page: neither its old nor its new owner is lost or repeated."""
    before, after = registry_where(owner), registry_where(later_owner)
    found = ask(before, Window(0, 4))
    assert found.total == len(ids(ask(before, Window(0, 50))))
    listed, always = ids(found), {*RESIDENTS, *({owner} & {later_owner} - {None})}
    while found.next_position:
        found = ask(after, Window(0, 4, (), found.next_position, found.total))
        listed += ids(found)
    assert len(listed) == len(set(listed))
    assert always <= set(listed) <= {*always, owner}


def test_a_page_by_number_has_the_same_order() -> None:
    """Of records that an identifier found, those of the region are among its residents; others come first."""
    for owner, expected in (("p7", RESIDENTS), ("q0", ["q0", *RESIDENTS])):
        engine = registry_where(owner)
        assert [id_ for start in range(0, 12, 3) for id_ in ids(ask(engine, Window(start, 3)))] == expected
