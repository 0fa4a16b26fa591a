"""Reads RegistryTable: each method is one access path, and counts what it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from dci_common.aws.dynamodb import Item, batch_get, query_page
from dci_common.registry.errors import RegistryBusy, RegistryNotLoaded
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.items import Ref, TornBody, body_view, part_keys, ref_of

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

T = TypeVar("T")
Read = Callable[[Item, Mapping[Ref, Item]], T]

_TORN_READS = 10
_VIEW_ATTRIBUTES = "pk, body, parts, digest"
QUERY_COST = 10  # entries that a query counts as even when it finds nothing, so that their number is bounded too


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """The registry's own settings."""

    shards: int
    identifier_types: frozenset[str]


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as it is stored: its view, and what a writer must know of its items."""

    kind: Kind
    id: str
    view: View
    version: int
    digest: str  # of its body
    parts: int
    pending: str
    as_of: date  # the day from which on its index attributes hold


class RegistryStore:
    """Reads records, their lookup items and the indexes."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._table = runtime.settings.registry_table

    def settings(self) -> RegistrySettings:
        """Read the registry's settings. Raises RegistryNotLoaded."""
        item = self._runtime.dynamodb.get_item(TableName=self._table, Key=keys.REGISTRY_KEY).get("Item")
        if item is None:
            raise RegistryNotLoaded
        return RegistrySettings(int(item["shards"]["N"]), frozenset(item.get("identifier_types", {}).get("SS", ())))

    def identifier_owners(self, pks: Sequence[str], budget: Budget) -> dict[str, str]:
        """Read the owner of each identifier; those without an owner are left out."""
        wanted = [{"pk": {"S": pk}, "sk": {"S": keys.RECORD}} for pk in dict.fromkeys(pks)]
        budget.examine(len(wanted))
        items = self._get(wanted, budget)
        return {item["pk"]["S"]: item["owner"]["S"] for item in items}

    def shared_owners(self, pk: str, budget: Budget) -> list[str]:
        """Read the owners of a phone number or an e-mail address."""
        request = {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": pk}},
            "ProjectionExpression": "sk",
            "ConsistentRead": True,
        }
        return [item["sk"]["S"] for page in self.query_pages(request, budget) for item in page["Items"]]

    def records(self, kind: Kind, ids: Sequence[str], budget: Budget) -> dict[str, Stored]:
        """Read records for a writer, strongly consistent; ids without a record are left out."""
        return {stored.id: stored for stored in self._whole(kind, ids, budget, read_record)}

    def views(self, kind: Kind, ids: Sequence[str], budget: Budget) -> dict[str, View]:
        """Read records' views, strongly consistent; ids without a record are left out.

        Facets are not fetched: parsing those of a record takes longer than everything else.
        """
        return {view["id"]: view for view in self._whole(kind, ids, budget, read_view, _VIEW_ATTRIBUTES)}

    def _whole(
        self, kind: Kind, ids: Sequence[str], budget: Budget, read: Read[T], projection: str = ""
    ) -> Iterator[T]:
        budget.examine(len(ids))
        missing = list(dict.fromkeys(ids))
        # A large body that changed between the reads of its record and of its parts is read again.
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
        raise RegistryBusy

    def _get(self, wanted: Sequence[Item], budget: Budget, projection: str = "") -> list[Item]:
        return batch_get(self._runtime, self._table, wanted, projection=projection, meter=budget)

    def query_pages(self, request: dict[str, Any], budget: Budget) -> Iterator[dict[str, Any]]:
        """Query page by page; the caller may change `request` between the pages."""
        while True:
            budget.examine(QUERY_COST)
            answer = query_page(self._runtime, {"TableName": self._table, **request}, budget)
            budget.examine(max(0, answer["ScannedCount"] - QUERY_COST))
            yield answer
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def read_view(record: Item, parts: Mapping[Ref, Item]) -> View:
    """Return a record's view, from its item and those of its parts that were found. Raises TornBody."""
    return body_view(record, [parts[ref] for key in part_keys(record) if (ref := ref_of(key)) in parts])


def read_record(record: Item, parts: Mapping[Ref, Item]) -> Stored:
    """Return a record, from its item and those of its parts that were found. Raises TornBody."""
    kind, _, record_id = record["pk"]["S"].partition("#")
    view = read_view(record, parts)
    pending = record.get("pending", {"S": ""})["S"]
    version, digest = int(record["version"]["N"]), record["digest"]["S"]
    as_of = date.fromisoformat(record["as_of"]["S"])
    return Stored(Kind(kind), record_id, view, version, digest, len(part_keys(record)), pending, as_of)
