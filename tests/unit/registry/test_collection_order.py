"""A collection that is continued after the registry was reindexed, or after what its client may see was changed."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import islice

import pytest

from dci_cli.local.demo import Population
from dci_common.registries.social.catalogue import BIRTH_DATE, DISTRICT, REGION
from dci_common.registry.errors import InvalidQuery
from dci_common.registry.execute.collection import CollectionPosition
from dci_common.registry.execute.engine import SearchEngine
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Address, Person
from dci_common.registry.plan.search_plan import Visibility
from dci_common.registry.query.sort import Position
from dci_common.registry.query.tree import And, Compare, Node, Query
from dci_common.registry.storage.budget import Budget
from support.flaky_engine import SHARDS, engine_over, items_of
from support.registries import TODAY

IDS = [f"p{number}" for number in range(6)]
HERE = Address(sub_region_code="031", region_code="03")
PEOPLE = [Person(id=id_, birth_date=f"199{number}-01-01", addresses=(HERE,)) for number, id_ in enumerate(IDS)]
IN_DISTRICT = Compare(DISTRICT, "eq", ("031",))
IN_REGION = And((Compare(REGION, "eq", ("03",)), Compare(BIRTH_DATE, "ge", ("1900-01-01",))))
PLAIN, HIDDEN = Visibility(SHARDS), Visibility(SHARDS, hidden_orders=frozenset({"x06"}))


@pytest.fixture(scope="module")
def engine() -> SearchEngine:
    """Return the search engine over six people of one district."""
    items = items_of(Population(PEOPLE))
    return engine_over(random.Random(0), items, items)


def collected(
    engine: SearchEngine,
    tree: Node,
    visibility: Visibility,
    after: CollectionPosition | None = None,
    most: int | None = None,
) -> list[CollectionPosition]:
    """Return the places that follow another one."""
    query = Query(Kind.PERSON, tree, TODAY)
    return [*islice(engine.collect(query, visibility, (), Budget(1_000), after), most)]


def stored(place: CollectionPosition) -> CollectionPosition:
    """Return a place as it is after it was stored in ExchangeTable."""
    read = json.loads(json.dumps(asdict(place)))
    return CollectionPosition(
        **{**read, "position": Position(tuple(read["position"]["values"]), read["position"]["id"])}
    )


def ids(places: Sequence[CollectionPosition]) -> list[str]:
    """Return the records that places name."""
    return [place.position.id for place in places if place.is_match]


def test_a_reindex_changes_nothing_of_a_collection(engine: SearchEngine) -> None:
    """A collection goes on in its order, without the slots that a reindex has filled since it began."""
    first = collected(engine, IN_REGION, PLAIN._replace(unfilled=frozenset({"x11"})), most=3)
    assert stored(first[-1]) == first[-1]
    second = collected(engine, IN_REGION, PLAIN, stored(first[-1]), most=1)
    third = collected(engine, IN_REGION, PLAIN, stored(second[-1]))
    assert ids([*first, *second, *third]) == IDS


@pytest.mark.parametrize(("before", "now"), [(PLAIN, HIDDEN), (HIDDEN, PLAIN)])
def test_a_collection_in_another_order_is_not_continued(
    engine: SearchEngine, before: Visibility, now: Visibility
) -> None:
    """Where the client's disclosure decides the order, a change of it ends the collection; nothing is left out."""
    first = collected(engine, IN_DISTRICT, before, most=3)
    with pytest.raises(InvalidQuery, match="ask again in a new message"):
        collected(engine, IN_DISTRICT, now, first[-1])
    with pytest.raises(InvalidQuery):  # as an earlier version stored it
        collected(engine, IN_DISTRICT, before, replace(first[-1], order=""))
    assert ids([*first, *collected(engine, IN_DISTRICT, before, first[-1])]) == IDS
