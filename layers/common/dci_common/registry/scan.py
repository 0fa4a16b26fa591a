"""Walking the spans of an index slot over all shards: the ids of one page, and an exact count of the rest."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Any

from dci_common.registry.budget import Budget
from dci_common.registry.planner import Path, Span
from dci_common.registry.query import Node, Query, matches
from dci_common.registry.residual import Filter
from dci_common.registry.store import RegistryStore

Entry = tuple[str, str]  # slot value, record id


class Scan:
    """One walk. `rest` is what the path does not prove; None when it proves everything."""

    def __init__(self, store: RegistryStore, query: Query, path: Path, rest: Node | None, shards: int) -> None:
        self._store = store
        self._query = query
        self._path = path
        self._rest = rest
        self._filter = Filter(rest, query.kind) if rest is not None else None
        self._shards = [f"{query.kind}#{number}" for number in range(shards)]

    def run(self, threads: Executor, offset: int, size: int, budget: Budget) -> tuple[list[str], int]:
        """Return the ids at `offset` to `offset + size` in slot order, and how many there are in all."""
        wanted = offset + size if size else 0
        walks = list(threads.map(lambda shard: self._walk(shard, wanted, budget), self._shards))
        merged = heapq.merge(*(entries for entries, _ in walks))
        ids = [record_id for _, record_id in merged][offset : offset + size]
        return ids, sum(total for _, total in walks)

    def _walk(self, shard: str, wanted: int, budget: Budget) -> tuple[list[Entry], int]:
        """Collect a shard's first `wanted` entries, and count them all."""
        entries: list[Entry] = []
        counted = 0
        for span in self._path.spans:
            request = self._request(shard, span)
            self._aim(request, wanted - len(entries))
            for page in self._store.index_pages(request, budget):
                if request.get("Select") == "COUNT":
                    counted += page["Count"]
                else:
                    entries += self._entries(page)
                self._aim(request, wanted - len(entries))
        return entries[:wanted], counted + len(entries)

    def _request(self, shard: str, span: Span) -> dict[str, Any]:
        request: dict[str, Any] = {
            "IndexName": "i" + self._path.slot,
            "KeyConditionExpression": f"#shard = :shard AND {self._path.slot} BETWEEN :low AND :high",
            "ExpressionAttributeNames": {"#shard": "shard"},
            "ExpressionAttributeValues": {
                ":shard": {"S": shard},
                ":low": {"S": span.low},
                ":high": {"S": span.high},
            },
        }
        if self._filter is not None and self._filter.expression is not None:
            request["FilterExpression"] = self._filter.expression
            request["ExpressionAttributeNames"] |= self._filter.names
            request["ExpressionAttributeValues"] |= self._filter.values
        return request

    def _aim(self, request: dict[str, Any], missing: int) -> None:
        """Ask for the entries still missing, then only for their number: counting where the data is costs least."""
        request.pop("Limit", None)
        if missing <= 0 and not self._checks_in_python():
            request.pop("ProjectionExpression", None)
            request["Select"] = "COUNT"
            return
        request["ProjectionExpression"] = f"pk, {self._path.slot}" + (", facets" if self._checks_in_python() else "")
        if self._filter is None:
            request["Limit"] = missing

    def _checks_in_python(self) -> bool:
        return self._filter is not None and self._filter.expression is None

    def _entries(self, page: dict[str, Any]) -> Iterator[Entry]:
        for item in page["Items"]:
            record_id = item["pk"]["S"].partition("#")[2]
            facets = {name: value["S"] for name, value in item.get("facets", {}).get("M", {}).items()}
            view = {"id": record_id, **facets}
            if not self._checks_in_python() or matches(self._rest, view, self._query.today):  # type: ignore[arg-type]
                yield item[self._path.slot]["S"], record_id
