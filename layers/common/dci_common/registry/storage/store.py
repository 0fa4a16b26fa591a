"""RegistryTable as readers see it: each method is one access path, and counts what it read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from dci_common.aws.dynamodb import batch_get, query_page
from dci_common.errors import ServiceUnavailable
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.items import Ref, TornBody, body_view, part_keys, ref_of

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

Item = dict[str, Any]

T = TypeVar("T")
Read = Callable[[Item, Mapping[Ref, Item]], T]

_TORN_READS = 10
# What a view is read from.
_VIEW = "pk, body, parts, digest"
# What a query costs in entries even when it finds nothing, or else a message could make any number of them.
QUERY_COST = 10


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """What the registry says of itself."""

    shards: int
    identifier_types: frozenset[str]


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as it stands in the table: its view, and what a writer must know of its items."""

    kind: Kind
    id: str
    view: View
    version: int
    digest: str  # of its body
    parts: int
    pending: str
    as_of: date  # the day on which its index attributes were made


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
        return RegistrySettings(int(item["shards"]["N"]), frozenset(item.get("identifier_types", {}).get("SS", ())))

    def identifier_owners(self, pks: Sequence[str], budget: Budget) -> dict[str, str]:
        """Read who owns each identifier; those that nobody owns are left out."""
        wanted = [{"pk": {"S": pk}, "sk": {"S": keys.RECORD}} for pk in dict.fromkeys(pks)]
        budget.spend(len(wanted))
        items = self._get(wanted, budget)
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

    def records(self, kind: Kind, ids: Sequence[str], budget: Budget) -> dict[str, Stored]:
        """Read records with all that a writer must know, strongly consistent; ids without a record are left out."""
        return {stored.id: stored for stored in self._whole(kind, ids, budget, read_record)}

    def views(self, kind: Kind, ids: Sequence[str], budget: Budget) -> dict[str, View]:
        """Read records' views alone, strongly consistent; ids without a record are left out.

        Facets are not fetched: botocore takes longer over those of a record than all else takes.
        """
        return {view["id"]: view for view in self._whole(kind, ids, budget, read_view, _VIEW)}

    def _whole(
        self, kind: Kind, ids: Sequence[str], budget: Budget, read: Read[T], projection: str = ""
    ) -> Iterator[T]:
        budget.spend(len(ids))
        missing = list(dict.fromkeys(ids))
        # A large body that changed between the reading of its record and of its parts is read again.
        for _ in range(_TORN_READS):
            items = self._get([keys.record_key(kind, id_) for id_ in missing], budget, projection)
            of_parts = [key for item in items for key in part_keys(item)]
            parts = {ref_of(part): part for part in self._get(of_parts, budget)}
            missing = []
            for item in items:
                try:
                    yield read(item, parts)
                except TornBody:
                    missing.append(item["pk"]["S"].partition("#")[2])
            if not missing:
                return
        raise ServiceUnavailable("The registry is busy; try again shortly.", retry_after=2)

    def _get(self, wanted: Sequence[Item], budget: Budget, projection: str = "") -> list[Item]:
        return batch_get(self._runtime.dynamodb, self._table, wanted, projection=projection, account=budget)

    def index_pages(self, request: dict[str, Any], budget: Budget) -> Iterator[dict[str, Any]]:
        """Query an index page by page; the caller may change `request` in between."""
        while True:
            budget.spend(QUERY_COST)
            answer = query_page(self._runtime.dynamodb, {"TableName": self._table, **request}, budget)
            budget.spend(max(0, answer["ScannedCount"] - QUERY_COST))
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


def read_view(record: Item, parts: Mapping[Ref, Item]) -> View:
    """Read a record's view from its item and what was found of its parts. Raises TornBody."""
    return body_view(record, [parts[ref] for key in part_keys(record) if (ref := ref_of(key)) in parts])


def read_record(record: Item, parts: Mapping[Ref, Item]) -> Stored:
    """Read a record from its item and what was found of its parts. Raises TornBody."""
    kind, _, record_id = record["pk"]["S"].partition("#")
    view = read_view(record, parts)
    pending = record.get("pending", {"S": ""})["S"]
    version, digest = int(record["version"]["N"]), record["digest"]["S"]
    as_of = date.fromisoformat(record["as_of"]["S"])
    return Stored(Kind(kind), record_id, view, version, digest, len(part_keys(record)), pending, as_of)
