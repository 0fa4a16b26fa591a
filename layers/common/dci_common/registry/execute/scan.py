"""Walking ranges of index slots over all partitions at once: the entries wanted, and an exact count of the rest."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from dci_common.registry.catalogue.catalogue import GROUP_SIZE
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View
from dci_common.registry.plan.filter import Facets, Filter, holds, plain_facets
from dci_common.registry.plan.planner import EVERYTHING, Range, Span
from dci_common.registry.query.tree import Node, Query
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import RegistryStore

Entry = tuple[str, str]  # slot value, record id
Decide = Callable[[list[str]], dict[str, View]]


@dataclass(frozen=True, slots=True)
class Turn:
    """Which entries of a walk are wanted: `size` of them after the first `offset` that come after `after`."""

    offset: int = 0
    size: int = 0
    after: str = ""
    descending: bool = False

    @property
    def wanted(self) -> int:
        """How many entries a partition must show so that the page is surely among them."""
        return self.offset + self.size if self.size else 0


class Scan:
    """Reads ranges for one query. `rest` is what they do not prove; None when they prove everything.

    Where facets can not decide, `decide` does: it reads records by id and returns those that match.
    """

    def __init__(self, store: RegistryStore, query: Query, rest: Node | None, partitions: Partitions) -> None:
        self._store = store
        self._query = query
        self._rest = rest
        self._filter = Filter(rest, query.kind) if rest is not None else None
        self._partitions = partitions

    def queries(self, ranges: Iterable[Range]) -> int:
        """Return how many queries it takes at least to read these ranges."""
        decided, undecided = len(self._partitions.decided), len(self._partitions.undecided)
        return sum(
            decided * len(range_.spans) + undecided * (1 if self._is_of_sizes(range_) else len(range_.spans))
            for range_ in ranges
        )

    def walk(
        self, range_: Range, turn: Turn, threads: Executor, budget: Budget, decide: Decide
    ) -> tuple[list[Entry], int]:
        """Return a page of one range's entries in the order of its slot, and how many there are in all."""
        decided = threads.map(lambda name: self._walk(name, range_, turn, budget), self._partitions.decided)
        others = threads.map(lambda name: self._undecided(name, range_, budget), self._partitions.undecided)
        walks, found = [*decided], self._matching(others, range_, decide)
        beyond = sorted((entry for entry in found if _is_after(entry[0], turn)), reverse=turn.descending)
        lists = [*(entries for entries, _ in walks), beyond]
        merged = heapq.merge(*lists, reverse=turn.descending)
        page = [entry for entry, _ in zip(merged, range(turn.wanted), strict=False)][turn.offset :]
        return page, sum(total for _, total in walks) + len(found)

    def collect(
        self, ranges: Iterable[Range], threads: Executor, budget: Budget, decide: Decide, *, with_facets: bool
    ) -> dict[str, Facets | None]:
        """Return all entries of several ranges by record id; None stands for one that only its body describes."""
        jobs = [(name, range_) for range_ in ranges for name in self._partitions.decided]
        others = [(name, range_) for range_ in ranges for name in self._partitions.undecided]
        found: dict[str, Facets | None] = {}
        for entries in threads.map(
            lambda job: self._everything(job[0], job[1], budget, with_facets=with_facets), jobs
        ):
            found |= entries
        undecided = threads.map(lambda job: self._undecided(job[0], job[1], budget), others)
        ids = [record_id for entries in undecided for _, record_id in entries]
        return found | dict.fromkeys(decide(ids))

    def _matching(self, undecided: Iterable[list[Entry]], range_: Range, decide: Decide) -> list[Entry]:
        """Keep the entries whose bodies match, each where it stands in the order of the range's slot."""
        entries = [entry for found in undecided for entry in found]
        matching = decide([record_id for _, record_id in entries])
        if self._is_of_sizes(range_):
            return [(self._size_position(view), record_id) for record_id, view in matching.items()]
        return [entry for entry in entries if entry[1] in matching]

    def _is_of_sizes(self, range_: Range) -> bool:
        """Tell whether a range is one of group sizes: those of another day, or without restricted members."""
        return self._query.kind is Kind.GROUP and range_.slot == GROUP_SIZE.slots[Kind.GROUP]

    def _size_position(self, view: View) -> str:
        (size,) = GROUP_SIZE.values(view, self._query.today)
        return keys.slot_value(size, view["id"])

    def _walk(self, partition: str, range_: Range, turn: Turn, budget: Budget) -> tuple[list[Entry], int]:
        """Collect a partition's first `wanted` entries after the turn's start, and count them all."""
        entries: list[Entry] = []
        counted = 0
        for span, is_listed in _split(range_.spans, turn):
            request = self._request(partition, range_.slot, span)
            request["ScanIndexForward"] = not turn.descending
            missing = turn.wanted - len(entries) if is_listed else 0
            self._aim(request, range_.slot, missing)
            for page in self._store.index_pages(request, budget):
                if request.get("Select") == "COUNT":
                    counted += page["Count"]
                else:
                    passed = [_entry(item, range_.slot) for item in page["Items"] if self._passes(item)]
                    listed = passed[:missing] if is_listed else []
                    entries += listed
                    counted += len(passed) - len(listed)
                missing = turn.wanted - len(entries) if is_listed else 0
                self._aim(request, range_.slot, missing)
        return entries, counted + len(entries)

    def _everything(
        self, partition: str, range_: Range, budget: Budget, *, with_facets: bool
    ) -> dict[str, Facets | None]:
        found: dict[str, Facets | None] = {}
        for span in range_.spans:
            request = self._request(partition, range_.slot, span)
            request["ProjectionExpression"] = "pk, facets" if with_facets or self._checks_in_python else "pk"
            for page in self._store.index_pages(request, budget):
                kept = (plain_facets(item) for item in page["Items"] if self._passes(item))
                found |= {facets["id"]: facets for facets in kept}
        return found

    def _undecided(self, partition: str, range_: Range, budget: Budget) -> list[Entry]:
        """Return the entries of a partition that facets can not decide."""
        entries: list[Entry] = []
        covering = EVERYTHING.ranges[0] if self._is_of_sizes(range_) else range_
        for span in covering.spans:
            request = self._request(partition, covering.slot, span, unfiltered=True)
            request["ProjectionExpression"] = f"pk, {covering.slot}"
            for page in self._store.index_pages(request, budget):
                entries += [_entry(item, covering.slot) for item in page["Items"]]
        return entries

    def _request(self, partition: str, slot: str, span: Span, *, unfiltered: bool = False) -> dict[str, Any]:
        request: dict[str, Any] = {
            "IndexName": f"i{slot}",
            "KeyConditionExpression": f"#shard = :shard AND {slot} BETWEEN :low AND :high",
            "ExpressionAttributeNames": {"#shard": "shard"},
            "ExpressionAttributeValues": {
                ":shard": {"S": partition},
                ":low": {"S": span.low},
                ":high": {"S": span.high},
            },
        }
        if self._filter is not None and self._filter.expression is not None and not unfiltered:
            request["FilterExpression"] = self._filter.expression
            request["ExpressionAttributeNames"] |= self._filter.names
            request["ExpressionAttributeValues"] |= self._filter.values
        return request

    def _aim(self, request: dict[str, Any], slot: str, missing: int) -> None:
        """Ask for the entries still missing, then only for their number: counting where the data is costs least."""
        request.pop("Limit", None)
        request.pop("Select", None)
        if missing <= 0 and not self._checks_in_python:
            request.pop("ProjectionExpression", None)
            request["Select"] = "COUNT"
            return
        request["ProjectionExpression"] = f"pk, {slot}" + (", facets" if self._checks_in_python else "")
        if self._filter is None:
            request["Limit"] = missing

    @property
    def _checks_in_python(self) -> bool:
        return self._filter is not None and self._filter.expression is None

    def _passes(self, item: dict[str, Any]) -> bool:
        if self._rest is None or not self._checks_in_python:
            return True
        return holds(self._rest, plain_facets(item))


@dataclass(frozen=True, slots=True)
class Partitions:
    """The index partitions that a query reads: those that facets decide, and those that only bodies do."""

    decided: list[str]
    undecided: list[str]

    @classmethod
    def of(cls, query: Query, shards: int, *, restricted: bool) -> Partitions:
        """Return the partitions of a kind of record; with `restricted` those of restricted people too."""
        undecided = [keys.body_shard(query.kind), *([keys.restricted_shard(query.kind)] if restricted else [])]
        return cls([f"{query.kind}#{number}" for number in range(shards)], undecided)


def _entry(item: dict[str, Any], slot: str) -> Entry:
    return item[slot]["S"], item["pk"]["S"].partition("#")[2]


def _is_after(position: str, turn: Turn) -> bool:
    if not turn.after:
        return True
    return position < turn.after if turn.descending else position > turn.after


def _split(spans: tuple[Span, ...], turn: Turn) -> Iterator[tuple[Span, bool]]:
    """Yield the spans in the order of the walk; those before its start are only counted (False)."""
    for span in reversed(spans) if turn.descending else spans:
        if not turn.after:
            yield span, True
            continue
        low = Span(span.low, min(span.high, turn.after))
        high = Span(max(span.low, turn.after + " "), span.high)  # no id goes on with a space
        if turn.descending:
            low = Span(span.low, min(span.high, turn.after[:-1] + chr(ord(turn.after[-1]) - 1) + "\U0010ffff"))
            high = Span(max(span.low, turn.after), span.high)
        for part in (high, low) if turn.descending else (low, high):
            if part.low < part.high:
                yield part, (part is low) if turn.descending else (part is high)
