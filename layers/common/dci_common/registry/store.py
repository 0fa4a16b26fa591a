"""RegistryTable as readers see it: each method is one access path, and counts what it read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from dci_common.dynamo import batch_get
from dci_common.errors import ServiceUnavailable
from dci_common.registry import keys
from dci_common.registry.budget import Budget
from dci_common.registry.model import Kind
from dci_common.registry.views import View

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

Item = dict[str, Any]

# What a query costs in entries even when it finds nothing, or else a message could make any number of them.
_QUERY_COST = 10


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """What the registry says of itself."""

    shards: int
    identifier_types: frozenset[str]


class RegistryStore:
    """Reads people, groups and the ways to find them."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._table = runtime.settings.registry_table

    def settings(self) -> RegistrySettings:
        """Read the registry's settings. Raises ServiceUnavailable while nothing has been loaded."""
        item = self._runtime.dynamodb.get_item(TableName=self._table, Key=keys.REGISTRY_KEY).get("Item")
        if item is None:
            raise ServiceUnavailable("The registry has not been loaded yet.", retry_after=60)
        types = frozenset(type_["S"] for type_ in item["identifier_types"]["L"])
        return RegistrySettings(int(item["shards"]["N"]), types)

    def identifier_owners(self, pks: Sequence[str], budget: Budget) -> dict[str, str]:
        """Read who owns each identifier; those that nobody owns are left out."""
        wanted = [{"pk": {"S": pk}, "sk": {"S": keys.RECORD}} for pk in dict.fromkeys(pks)]
        budget.spend(len(wanted))
        items = batch_get(self._runtime.dynamodb, self._table, wanted)
        return {item["pk"]["S"]: item["owner"]["S"] for item in items}

    def shared_owners(self, pk: str, budget: Budget) -> list[str]:
        """Read the owners of a phone number or an e-mail address."""
        return [item["sk"]["S"] for item in self._partition(pk, "", budget)]

    def members(self, group_id: str, today: date, budget: Budget) -> list[str]:
        """Read the ids of those who belong to a group on `today`."""
        items = self._partition(keys.record_pk(Kind.GROUP, group_id), "MEMBER#", budget)
        return [
            item["sk"]["S"].removeprefix("MEMBER#")
            for item in items
            if keys.is_active(json.loads(item["body"]["S"]), today)
        ]

    def bodies(self, kind: Kind, ids: Sequence[str], budget: Budget) -> dict[str, View]:
        """Read the views of records, strongly consistent; ids without a record are left out."""
        budget.spend(len(ids))
        items = batch_get(self._runtime.dynamodb, self._table, [keys.record_key(kind, id_) for id_ in ids])
        views = (json.loads(item["body"]["S"]) for item in items)
        return {view["id"]: view for view in views}

    def index_pages(self, request: dict[str, Any], budget: Budget) -> Iterator[dict[str, Any]]:
        """Query an index page by page; the caller may change `request` in between."""
        while True:
            answer: Any = self._runtime.dynamodb.query(TableName=self._table, **request)
            budget.spend(max(_QUERY_COST, answer["ScannedCount"]))
            yield answer
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _partition(self, pk: str, prefix: str, budget: Budget) -> Iterator[Item]:
        condition, values = "pk = :pk", {":pk": {"S": pk}}
        if prefix:
            condition, values = "pk = :pk AND begins_with(sk, :prefix)", {**values, ":prefix": {"S": prefix}}
        request = {
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ProjectionExpression": "sk, body",
            "ConsistentRead": True,
        }
        for page in self.index_pages(request, budget):
            yield from page["Items"]
