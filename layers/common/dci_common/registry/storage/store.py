"""Reads RegistryTable: each method is one access path.

Lookups and queries count what they read and the client may see. A caller that reads records counts them, once it is
known which of them are not hidden from the client.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from dci_common.aws.dynamodb import Item, batch_get, query_page
from dci_common.registry.errors import RegistryBusy, RegistryNotLoaded
from dci_common.registry.model.base import Kind
from dci_common.registry.model.rules import Rules
from dci_common.registry.model.views import View
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.items import (
    FORMER_RULES,
    ID_KEY,
    IDENTIFIER_TYPES,
    RESTRICTED,
    RESTRICTED_TYPES,
    RULES,
    Marks,
    Ref,
    TornBody,
    body_view,
    part_keys,
    ref_of,
)

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

T = TypeVar("T")
Read = Callable[[Item, Mapping[Ref, Item]], T]

SETTINGS_SECONDS = 60  # for which the functions keep the registry's settings
_TORN_READS = 10
_VIEW_ATTRIBUTES = ("pk", "body", "parts", "digest")
QUERY_COST = 10  # entries that a query counts as beside those that it finds, so that their number is bounded too


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """The registry's own settings.

    `restricted_types` are the identifier types that only restricted people have had: other clients than entitled ones
    may not learn that these exist. `country` is the one whose phone numbers may be in national form. `former` are
    other rules than the registry's that some of its items may still follow, until it is reindexed. `id_key` is the
    secret key of the ids that imports gave, if there are any.
    """

    shards: int
    identifier_types: frozenset[str]
    restricted_types: frozenset[str] = frozenset()
    country: str = ""
    former: frozenset[Rules] = frozenset()
    id_key: str = field(default="", repr=False)

    @property
    def rules(self) -> Rules:
        """The rules by which the registry's values are matched."""
        return Rules(country=self.country)

    def known_types(self, *, restricted: bool) -> frozenset[str]:
        """Return the identifier types that an entitled client, or a restricted person, knows of; or all others."""
        return self.identifier_types | self.restricted_types if restricted else self.identifier_types

    def type_update(self, types: Set[str], restricted_types: Set[str]) -> Item:
        """Return the members of an UpdateItem that adds identifier types to the settings; none when all are known."""
        new = {
            IDENTIFIER_TYPES: types - self.identifier_types,
            RESTRICTED_TYPES: restricted_types - self.known_types(restricted=True) - types,
        }
        added = {name: sorted(some) for name, some in new.items() if some}
        if not added:
            return {}
        return {
            "UpdateExpression": "ADD " + ", ".join(f"{name} :{name}" for name in added),
            "ExpressionAttributeValues": {f":{name}": {"SS": some} for name, some in added.items()},
        }


class Stored(NamedTuple):
    """A record as it is stored: its view, and what a writer must know of its items."""

    kind: Kind
    id: str
    view: View
    version: int
    digest: str  # of its body
    parts: int
    marks: Marks
    as_of: date  # the day from which on its index attributes hold

    @property
    def pending(self) -> str:
        """What is left of a long write of it; empty if there is none."""
        return self.marks.pending


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
        types, restricted = (
            frozenset(item.get(name, {}).get("SS", ())) for name in (IDENTIFIER_TYPES, RESTRICTED_TYPES)
        )
        rules = Rules.read(item.get(RULES, {"S": "1"})["S"])
        former = {rules, *map(Rules.read, item.get(FORMER_RULES, {}).get("SS", ()))} - {Rules(country=rules.country)}
        id_key = item.get(ID_KEY, {}).get("S", "")
        shards = int(item["shards"]["N"])
        return RegistrySettings(shards, types, restricted, rules.country, frozenset(former), id_key)

    def identifier_owners(self, pks: Sequence[str], budget: Budget, *, entitled: bool) -> dict[str, str]:
        """Read the owner of each identifier; those without an owner that the client may know of are left out."""
        wanted = [{"pk": {"S": pk}, "sk": {"S": keys.RECORD}} for pk in dict.fromkeys(pks)]
        budget.examine(len(wanted))
        items = self._get(wanted, budget)
        hidden = set() if entitled else self._hidden_owners(items, budget)
        owners = {item["pk"]["S"]: item["owner"]["S"] for item in items}
        return {pk: owner for pk, owner in owners.items() if owner not in hidden}

    def shared_owners(self, pk: str, budget: Budget, *, entitled: bool) -> list[str]:
        """Read the owners of a phone number or an e-mail address that the client may know of."""
        request = {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeNames": {"#owner": "owner"},
            "ExpressionAttributeValues": {":pk": {"S": pk}},
            "ProjectionExpression": f"#owner, {RESTRICTED}",
            "ConsistentRead": True,
        }
        found: list[str] = []
        for page in self.query_pages(request, budget, entry_cost=0):
            hidden = set() if entitled else self._hidden_owners(page["Items"], budget)
            owners = [owner for item in page["Items"] if (owner := item["owner"]["S"]) not in hidden]
            budget.examine(len(owners))
            found += owners
        return found

    def _hidden_owners(self, lookups: Sequence[Item], budget: Budget) -> set[str]:
        """Return the restricted owners of lookup items.

        Those that older versions wrote are not marked: then the index partition of the owner's record shows it, at no
        cost, as a hidden owner must cost nothing.
        """
        marked = {item["owner"]["S"] for item in lookups if item.get(RESTRICTED, {}).get("BOOL")}
        unmarked = {item["owner"]["S"] for item in lookups if RESTRICTED not in item}
        if not unmarked:
            return marked
        people = keys.record_pk(Kind.PERSON, "")
        wanted = [{"pk": {"S": pk}, "sk": {"S": keys.RECORD}} for pk in sorted(unmarked) if pk.startswith(people)]
        hidden = {"S": keys.restricted_shard(Kind.PERSON)}
        records = self._get(wanted, budget, ("pk", "shard"))
        return marked | {record["pk"]["S"] for record in records if record["shard"] == hidden}

    def records(self, kind: Kind, ids: Sequence[str], budget: Budget) -> dict[str, Stored]:
        """Read records for a writer, strongly consistent; ids without a record are left out."""
        return {stored.id: stored for stored in self._whole(kind, ids, budget, read_record)}

    def views(self, kind: Kind, ids: Sequence[str], budget: Budget) -> dict[str, View]:
        """Read records' views, strongly consistent, and count nothing; ids without a record are left out.

        Facets are not fetched: parsing those of a record takes longer than everything else.
        """
        return {view["id"]: view for view in self._whole(kind, ids, budget, read_view, _VIEW_ATTRIBUTES)}

    def _whole(
        self, kind: Kind, ids: Sequence[str], budget: Budget, read: Read[T], projection: Sequence[str] = ()
    ) -> list[T]:
        missing, found = list(dict.fromkeys(ids)), list[T]()
        # A large body that changed between the reads of its record and of its parts is read again.
        for _ in range(_TORN_READS):
            items = self._get([keys.record_key(kind, id_) for id_ in missing], budget, projection)
            of_parts = [key for item in items for key in part_keys(item)]
            parts = {ref_of(part): part for part in self._get(of_parts, budget)} if of_parts else {}
            missing = []
            for item in items:
                try:
                    found.append(read(item, parts))
                except TornBody:
                    missing.append(item["pk"]["S"].partition("#")[2])
            if not missing:
                return found
        raise RegistryBusy

    def _get(self, wanted: Sequence[Item], budget: Budget, projection: Sequence[str] = ()) -> list[Item]:
        return batch_get(self._runtime, self._table, wanted, projection=projection, meter=budget)

    def query_pages(
        self, request: dict[str, Any], budget: Budget, *, entry_cost: int = 1
    ) -> Iterator[dict[str, Any]]:
        """Query page by page; the caller may change `request` between the pages.

        The query and each of its entries cost; where DynamoDB ends a page costs nothing, as the sizes of entries and
        their partitions say more than a client may know. Entries that may be hidden are counted by the caller
        (`entry_cost=0`).
        """
        budget.examine(QUERY_COST)
        while True:
            answer = query_page(self._runtime, {"TableName": self._table, **request}, budget)
            budget.examine(answer["ScannedCount"] * entry_cost)
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
    version, digest = int(record["version"]["N"]), record["digest"]["S"]
    as_of = date.fromisoformat(record["as_of"]["S"])
    return Stored(Kind(kind), record_id, view, version, digest, len(part_keys(record)), Marks.of(record), as_of)
