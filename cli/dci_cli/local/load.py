"""The demo registry's items, written into an empty RegistryTable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.model.views import views
from dci_common.registry.storage.facets import Indexing
from dci_common.registry.storage.items import all_items, identifier_types, membership_items, settings_item

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from mypy_boto3_dynamodb import DynamoDBClient

    from dci_cli.local.demo import Population

_BATCH = 25  # BatchWriteItem's own limit


def load(dynamodb: DynamoDBClient, table: str, population: Population, shards: int, today: date) -> None:
    """Write every item of the population, the registry's settings last: without them no search is answered."""
    items = list(_items(population, shards, today))
    for start in range(0, len(items), _BATCH):
        pending: Any = {table: [{"PutRequest": {"Item": item}} for item in items[start : start + _BATCH]]}
        while pending:
            pending = dynamodb.batch_write_item(RequestItems=pending)["UnprocessedItems"]


def _items(population: Population, shards: int, today: date) -> Iterator[dict[str, Any]]:
    records = list(views(population.people, population.groups, population.memberships))
    indexing = Indexing(SOCIAL_CATALOGUE, shards, today)
    for kind, view in records:
        yield from all_items(indexing, kind, view)
    for membership in population.memberships:
        yield from membership_items(membership)
    yield settings_item(shards, *identifier_types(view for _, view in records))
