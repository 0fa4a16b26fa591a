"""Reads ranges of index slots in all partitions at once: the entries wanted, and an exact count of the others.

Entries of unverified partitions are returned apart: only the records' bodies show which of them match.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from functools import partial
from typing import Any

from dci_common.aws.dynamodb import Item
from dci_common.registry.execute.entry_reader import EntryReader, Page, Partition
from dci_common.registry.execute.slices import Entry, Slice, Walk
from dci_common.registry.model.base import Kind
from dci_common.registry.plan.filter import ALL_FACETS, Filter, Projection, holds
from dci_common.registry.plan.ranges import Proof, Range
from dci_common.registry.plan.search_plan import AccessPlan
from dci_common.registry.plan.spans import Span
from dci_common.registry.query.tree import Effort
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.facets import Facets, read_facets
from dci_common.registry.storage.store import RegistryStore

# An entry and its item; or None for its item, where the stream only says how far it has come.
Streamed = tuple[Entry, Item | None]


class IndexScan:
    """Reads the ranges of one access plan."""

    def __init__(self, store: RegistryStore, threads: Executor, access: AccessPlan, budget: Budget) -> None:
        self._store = store
        self._threads = threads
        self._access = access
        self._budget = budget
        self._residual = access.residual if access.path.ranges else None
        self._filter = Filter(self._residual, access.search.query.kind) if self._residual is not None else None
        self._checks_in_python = self._filter is not None and self._filter.expression is None
        # Unverified entries of groups are counted when they are verified.
        self._unverified_cost = 0 if access.search.query.kind is Kind.GROUP else 1
        self.entry_cost = 1 + (Effort.of(access.tree).of_facets if self._checks_in_python else 0)

    def of(self, access: AccessPlan) -> IndexScan:
        """Return what reads the ranges of another access plan."""
        return IndexScan(self._store, self._threads, access, self._budget)

    def walk(self, range_: Range, slice_: Slice) -> Walk:
        """Read a range in the order of its slot, listing the entries of a slice and counting those that follow."""
        partitions = self._access.partitions
        exact = self._threads.map(lambda name: self._walk(name, range_, slice_), partitions.exact)
        unverified = self._threads.map(lambda name: self._unverified(name, range_), partitions.unverified)
        walks = [*exact]
        return Walk(
            [entries for entries, _ in walks],
            sum(count for _, count in walks),
            [entry for entries in unverified for entry in entries],
        )

    def can_start_anywhere(self, range_: Range) -> bool:
        """Return whether the entries after a position can be read alone (see `reader`).

        Those of groups cannot be if that would count how many a partition has, of which clients may not know.
        """
        if self._access.volatile_attribute(range_):
            return False
        is_group = self._access.search.query.kind is Kind.GROUP
        return not is_group or (self._residual is None and len(range_.spans) == 1)

    def reader(self, range_: Range, slice_: Slice) -> EntryReader:
        """Return what reads the entries of a range after the start of a slice, in the order of its slot.

        Entries of groups are not counted here, but by the caller that takes them.
        """
        (exact, unverified), unknown = self._access.partitions, keys.restricted_shard(self._access.search.query.kind)
        pages = partial(self.pages, range_=range_, slice_=slice_)
        return EntryReader(
            [Partition(partial(pages, name, exact=True), is_exact=True) for name in exact]
            + [Partition(partial(pages, name, exact=False), is_exact=False) for name in unverified],
            shards=sum(name != unknown for name in exact),
            threads=self._threads,
            descending=slice_.descending,
            filtered=self._residual is not None,
        )

    def collect(
        self, ranges: Iterable[Range], projection: Projection | None
    ) -> tuple[dict[str, Facets], list[tuple[Range, list[str]]]]:
        """Read all entries of several ranges: facets by record id, and the ids of each range's unverified entries."""
        partitions, ranges = self._access.partitions, list(ranges)
        jobs = [(name, range_) for range_ in ranges for name in partitions.exact]
        others = [(name, range_) for range_ in ranges for name in partitions.unverified]
        found: dict[str, Facets] = {}
        for entries in self._threads.map(lambda job: self._entries(projection, *job), jobs):
            found |= entries
        unverified = self._threads.map(lambda job: self._unverified(*job), others)
        return found, [
            (range_, [record_id for _, record_id in entries])
            for (_, range_), entries in zip(others, unverified, strict=True)
        ]

    def stream(self, partition: str, range_: Range, slice_: Slice, *, facets: bool) -> Iterator[Streamed]:
        """Yield an exact partition's entries after the start of a slice, in the order of the slot, and their items.

        The items have facets if these are wanted, or needed to check the entries. After each page of DynamoDB's the
        stream says how far it has come.
        """
        for page in self.pages(partition, range_=range_, slice_=slice_, exact=True, facets=facets):
            yield from page.entries
            if page.last:
                yield page.last, None

    def stream_unverified(self, partition: str, range_: Range, slice_: Slice) -> Iterator[tuple[Entry, Item]]:
        """Yield an unverified partition's entries in the same way, with facets: bodies show which of them match."""
        for page in self.pages(partition, range_=range_, slice_=slice_, exact=False, facets=True):
            yield from page.entries

    def pages(
        self,
        partition: str,
        limit: Callable[[], int] | None = None,
        *,
        range_: Range,
        slice_: Slice,
        exact: bool,
        facets: bool = False,
    ) -> Iterator[Page]:
        """Yield pages of the entries after the start of a slice, `limit` at most if it is set.

        Those of an exact partition are checked.
        """
        is_checked = exact and self._checks_in_python
        request_of, cost = (self.request, self.entry_cost) if exact else (_range_request, self._unverified_cost)
        if limit and self._access.search.query.kind is Kind.GROUP:
            cost = 0
        projection = f"pk, {range_.slot}" + (", facets" if facets or is_checked else "")
        for span in slice_.ahead(range_.spans):
            request = request_of(partition, range_.slot, span) | {"ScanIndexForward": not slice_.descending}
            request["ProjectionExpression"] = projection
            request |= {"Limit": limit()} if limit else {}
            for page in self._store.query_pages(request, self._budget, entry_cost=cost):
                last = page.get("LastEvaluatedKey")
                yield Page(
                    [(_entry(item, range_.slot), item) for item in page["Items"] if not exact or self._passes(item)],
                    page["ScannedCount"],
                    _entry(last, range_.slot) if last else None,
                )
                request |= {"Limit": limit()} if limit else {}

    def _walk(self, partition: str, range_: Range, slice_: Slice) -> tuple[list[Entry], int]:
        """Return a partition's first `wanted` entries of the slice, and the number of all after its start."""
        entries: list[Entry] = []
        counted = 0
        for span in slice_.ahead(range_.spans):
            request = self.request(partition, range_.slot, span)
            request["ScanIndexForward"] = not slice_.descending
            missing = slice_.wanted - len(entries)
            self._set_projection(request, range_.slot, missing, limited=self._access.path.proof is not Proof.NOTHING)
            for page in self._store.query_pages(request, self._budget, entry_cost=self.entry_cost):
                if request.get("Select") == "COUNT":
                    counted += page["Count"]
                else:
                    passed = [_entry(item, range_.slot) for item in page["Items"] if self._passes(item)]
                    listed = passed[:missing]
                    entries += listed
                    counted += len(passed) - len(listed)
                missing = slice_.wanted - len(entries)
                self._set_projection(request, range_.slot, missing, limited=self._filter is None)
        return entries, counted + len(entries)

    def _entries(self, projection: Projection | None, partition: str, range_: Range) -> dict[str, Facets]:
        """Return all entries of a partition: their facets, if they are wanted, by record id."""
        found: dict[str, Facets] = {}
        for span in range_.spans:
            request = self.request(partition, range_.slot, span)
            wanted = ALL_FACETS if self._checks_in_python else projection
            request["ProjectionExpression"] = f"pk, {wanted.expression}" if wanted else "pk"
            request["ExpressionAttributeNames"] |= wanted.names if wanted else {}
            for page in self._store.query_pages(request, self._budget, entry_cost=self.entry_cost):
                kept = (read_facets(item) for item in page["Items"] if self._passes(item))
                found |= {facets["id"]: facets for facets in kept}
        return found

    def _unverified(self, partition: str, range_: Range) -> list[Entry]:
        """Return the entries of an unverified partition that may belong to a range."""
        entries: list[Entry] = []
        covering = self._access.unverified_range(range_)
        for span in covering.spans:
            request = _range_request(partition, covering.slot, span)
            request["ProjectionExpression"] = f"pk, {covering.slot}"
            for page in self._store.query_pages(request, self._budget, entry_cost=self._unverified_cost):
                entries += [_entry(item, covering.slot) for item in page["Items"]]
        return entries

    def request(self, partition: str, slot: str, span: Span) -> dict[str, Any]:
        """Build the request for the entries of a span that the residual filter lets pass."""
        request = _range_request(partition, slot, span)
        if self._filter is not None and self._filter.expression is not None:
            request["FilterExpression"] = self._filter.expression
            request["ExpressionAttributeNames"] |= self._filter.names
            request["ExpressionAttributeValues"] |= self._filter.values
        return request

    def _set_projection(self, request: dict[str, Any], slot: str, missing: int, *, limited: bool) -> None:
        """Ask for the entries that are missing, or else only for their number, which costs DynamoDB and us least.

        `limited` asks for no more entries than that: where nearly all pass, at first, and where all pass, always.
        """
        request.pop("Limit", None)
        request.pop("Select", None)
        if missing <= 0 and not self._checks_in_python:
            request.pop("ProjectionExpression", None)
            request["Select"] = "COUNT"
            return
        request["ProjectionExpression"] = f"pk, {slot}" + (", facets" if self._checks_in_python else "")
        if limited:
            request["Limit"] = missing

    def _passes(self, item: Item) -> bool:
        if self._residual is None or not self._checks_in_python:
            return True
        return holds(self._residual, read_facets(item))


def _range_request(partition: str, slot: str, span: Span) -> dict[str, Any]:
    return {
        "IndexName": f"i{slot}",
        "KeyConditionExpression": f"#shard = :shard AND {slot} BETWEEN :low AND :high",
        "ExpressionAttributeNames": {"#shard": "shard"},
        "ExpressionAttributeValues": {
            ":shard": {"S": partition},
            ":low": {"S": span.low},
            ":high": {"S": span.high},
        },
    }


def _entry(item: Item, slot: str) -> Entry:
    return item[slot]["S"], item["pk"]["S"].partition("#")[2]
