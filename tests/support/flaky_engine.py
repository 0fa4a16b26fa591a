"""The search engine over a random registry, in a DynamoDB that is slow, busy and late; and queries for it."""

from __future__ import annotations

import random
from typing import Any, cast

from dci_cli.local.demo import Population
from dci_common.aws.dynamodb import Item
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.execute.engine import SearchEngine
from dci_common.registry.model.views import views
from dci_common.registry.storage.facets import Indexing
from dci_common.registry.storage.items import all_items
from dci_common.registry.storage.store import RegistryStore
from dci_common.runtime import Runtime
from dci_common.settings import Settings
from support.flaky_dynamodb import FlakyDynamoDB
from support.oracle import Oracle
from support.query_generator import RandomQuery, selective_query, values_of
from support.registries import TODAY
from support.retry_pauses import NO_PAUSES

SHARDS = 2
INDEXING = Indexing(SOCIAL_CATALOGUE, SHARDS, TODAY)


def drawn(draw: random.Random, oracle: Oracle) -> RandomQuery:
    """Draw a query that selects some records and not others."""
    return selective_query(draw, values_of(oracle.views), lambda asked: oracle.is_selective(asked.kind, asked.tree))


def items_of(population: Population) -> dict[tuple[str, str], Item]:
    """Build the items of a registry that the search reads."""
    made = views(population.people, population.groups, population.memberships)
    items = (item for kind, view in made for item in all_items(INDEXING, kind, view))
    return {(item["pk"]["S"], item["sk"]["S"]): item for item in items}


def engine_over(draw: random.Random, items: dict[Any, Item], indexed: dict[Any, Item]) -> SearchEngine:
    """Return the search engine over a DynamoDB that is slow, busy and late."""
    runtime = Runtime(Settings(), retry=NO_PAUSES)
    flaky = FlakyDynamoDB(
        items.values(), indexed.values(), at_once=draw.choice((1, 2, 7, 1000)), busy=draw.choice((5, 11, 1000))
    )
    vars(runtime)["dynamodb"] = cast("Any", flaky)
    return SearchEngine(RegistryStore(runtime), SOCIAL_CATALOGUE)
