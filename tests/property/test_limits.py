"""Queries as large as they may be, against DynamoDB's limits on requests, keys and expressions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from dci_cli.local.demo import demo_population
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.execute.engine import SearchEngine
from dci_common.registry.model.base import Kind
from dci_common.registry.plan.search_plan import Visibility
from dci_common.registry.query.sort import Window
from dci_common.registry.query.tree import And, Compare, Node, Not, Or, Query
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import RegistryStore
from support.api import item
from support.oracle import Oracle
from support.query_generator import attribute_of, values_of
from support.registries import TODAY

if TYPE_CHECKING:
    from support.api import Api

ORACLE = Oracle.of(demo_population())
UINS = values_of(ORACLE.views)["UIN"]
DAYS = [str(date(1970, 1, 1) + timedelta(days=40 * number)) for number in range(500)]
EVERYBODY = Compare(attribute_of("birth_date"), "gt", ("1900-01-01",))


def equal(name: str, *values: str) -> Compare:
    """Compare an attribute with values."""
    return Compare(attribute_of(name), "in", values)


def agree(api: Api, tree: Node) -> None:
    """Check that the registry finds what the oracle finds."""
    engine = SearchEngine(RegistryStore(api.runtime), SOCIAL_CATALOGUE)
    found = engine.search(Query(Kind.PERSON, tree, TODAY), Visibility(2), Window(0, 1000), Budget(100_000))
    expected = ORACLE.found(Kind.PERSON, tree)
    assert sorted(view["id"] for view in found.views) == sorted(expected)
    assert found.total == len(expected)


def test_more_ids_than_an_in_takes_are_excluded(shared_api: Api) -> None:
    """Found ids that are more than DynamoDB's 100 for an IN are all left out of the index walk."""
    agree(shared_api, Or((equal("UIN", *UINS[:150]), EVERYBODY)))


def test_a_residual_over_4_kilobytes_finds_the_same(shared_api: Api) -> None:
    """A residual beyond DynamoDB's 4 KB for an expression finds the same."""
    parts = [Not(equal("birth_date", *DAYS[first : first + 100])) for first in range(0, 500, 100)]
    agree(shared_api, And((EVERYBODY, *parts, *parts)))


@pytest.mark.exhaustive
@pytest.mark.parametrize("number", [97, 98, 99, 100])
def test_a_residual_over_300_operators_finds_the_same(shared_api: Api, number: int) -> None:
    """A residual beyond DynamoDB's 300 operators for an expression finds the same."""
    known = Or((equal("UIN", "847951632"), EVERYBODY))
    agree(shared_api, And((known, *(Not(equal("UIN", value)) for value in UINS[:number]))))


def predicate(*expressions: tuple[str, list[str]], reference_id: str = "r-1") -> dict[str, Any]:
    """Build an item that asks for any of these attributes' values."""
    sent = {
        f"expression{number}": {"attribute_name": name, "operator": "in", "attribute_value": values}
        for number, (name, values) in enumerate(expressions, 1)
    }
    return item([{"condition": "or" if len(expressions) > 1 else "", **sent}], "predicate", reference_id)


@pytest.mark.exhaustive
def test_ten_thousand_identifiers_are_looked_up(shared_api: Api) -> None:
    """Nearly ten thousand identifiers are looked up at once, and the one that exists is found."""
    asked = [("UIN", [f"{number}-{place}" for place in range(100)]) for number in range(98)]
    reply = shared_api.search(predicate(*asked, ("UIN", ["847951632"])))
    assert reply.items[0]["pagination"]["total_count"] == 1


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ["UIN", "MOBILE", "EMAIL", "HOUSEHOLD_ID"])
@pytest.mark.parametrize("letter", ["x", "#", "\0", "ß", "ΐ", "\U0010ffff"])
def test_a_value_of_512_bytes_is_the_longest(shared_api: Api, name: str, letter: str) -> None:
    """A value of 512 bytes is accepted, whatever they are; a longer one is rejected."""
    longest = letter * (512 // len(letter.encode()))
    longer = predicate((name, [longest + letter]), reference_id="r-2")
    found, refused = shared_api.search(predicate((name, [longest])), longer).items
    assert found["pagination"]["total_count"] == 0
    assert refused["status_reason_code"] == "rjct.filter.invalid"
