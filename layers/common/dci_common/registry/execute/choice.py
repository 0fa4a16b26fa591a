"""Takes one of the paths of a plan between which the query alone cannot decide: some entries of each are counted.

The next page must follow the same path, as its cursor is a place in the order of that path's slot. So the position at
which a page ends is marked with the slot, and a search that continues there counts nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any, NamedTuple

from dci_common.registry.execute.scan import IndexScan
from dci_common.registry.model.base import Kind
from dci_common.registry.plan.search_plan import AccessPlan
from dci_common.registry.query.sort import Position, SortKey
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import RegistryStore

MAX_COUNTED = 500  # entries of a range in each partition: DynamoDB returns their number as one page
SMALL = 100  # entries of a path beside which the other one need not be counted
_SLACK = 10  # entries by which a partition may have more than its share
_MARK = "@"  # with which no value of a slot begins


class Sample(NamedTuple):
    """Some entries of a range: how many were counted, how many of these pass the filter, and whether they are all."""

    counted: int
    passed: int
    complete: bool

    def is_at_most(self, other: Sample) -> bool:
        """Return whether the range is at most as large as the other, as far as the samples show.

        Both have the same matches. So where neither was counted to its end, that one is smaller of which more
        entries pass.
        """
        if self.complete or other.complete:
            return self.complete and not (other.complete and other.counted < self.counted)
        return self.passed * other.counted >= other.passed * self.counted


def take_path(access: AccessPlan, slot: str, store: RegistryStore, threads: Executor, budget: Budget) -> AccessPlan:
    """Return the plan that takes the path on this slot, or, without a slot, the smallest of its paths.

    They are counted in turn, at most `MAX_COUNTED` entries in each partition, which the budget pays for. None is
    counted much further than the smallest so far, nor after one that has few. Volatile paths are left out.
    """
    if len(access.paths) == 1 or access.volatile_attribute(access.path.ranges[0]):
        return access
    for path in access.paths:
        if path.ranges[0].slot == slot:
            return access.taking(path)
    taken, limit = access, MAX_COUNTED
    least = _sample(access, limit, store, threads, budget)
    for path in access.paths[1:]:
        if least.complete and least.counted <= SMALL:
            break
        if access.volatile_attribute(path.ranges[0]):
            continue
        limit = min(_enough(least, access), MAX_COUNTED) if least.complete else MAX_COUNTED
        other = access.taking(path)
        sample = _sample(other, limit, store, threads, budget)
        if not least.is_at_most(sample):
            taken, least = other, sample
    return taken


def _enough(least: Sample, access: AccessPlan) -> int:
    """Return so many entries of each partition that a range which has more is about as large as this one, or larger.

    A partition has about its share of the people in a range. Of groups the number in all partitions counts.
    """
    if access.search.query.kind is Kind.GROUP:
        return least.counted + 1
    return least.counted // len(access.partitions.exact) + _SLACK


def marked(position: Position, access: AccessPlan) -> Position:
    """Return a position that names the slot of the path that was taken, if there was a choice."""
    slot = access.chosen_slot
    return replace(position, values=(*position.values, _MARK + slot)) if slot else position


def unmarked(position: Position | None, sort: Sequence[SortKey]) -> tuple[Position | None, str]:
    """Return a position as it was before `marked`, and the slot that it names; empty if it names none."""
    if position is None or len(position.values) <= len(sort):
        return position, ""
    *values, last = position.values
    if last is None or not last.startswith(_MARK):
        return position, ""
    return replace(position, values=tuple(values)), last.removeprefix(_MARK)


def _sample(access: AccessPlan, limit: int, store: RegistryStore, threads: Executor, budget: Budget) -> Sample:
    """Count entries of the path's range in each partition: of each span as many as its part of `limit`.

    A group moves to another partition when a person in it is restricted, of whom not all clients may know. So of
    groups only their number in all partitions counts, up to the limit of one.
    """
    (range_,) = access.path.ranges
    scan, is_group = IndexScan(store, threads, access, budget), access.search.query.kind is Kind.GROUP
    exact, unverified = access.partitions
    partitions = (*exact, *unverified) if is_group else exact
    limit = max(1, limit // max(1, len(range_.spans)))

    requests = [scan.request(name, range_.slot, span) for span in range_.spans for name in partitions]
    counts = [*threads.map(lambda request: _count(request, limit, store, budget), requests)]
    if is_group:
        of_spans = (counts[start : start + len(partitions)] for start in range(0, len(counts), len(partitions)))
        totals = [min(limit, sum(counted for counted, _ in of_span)) for of_span in of_spans]
        sample = Sample(sum(totals), 0, complete=all(total < limit for total in totals))
    else:
        counted, passed = (sum(column) for column in zip(*counts, strict=True)) if counts else (0, 0)
        sample = Sample(counted, passed, complete=all(counted < limit for counted, _ in counts))
    budget.examine(sample.counted)
    return sample


def _count(request: dict[str, Any], limit: int, store: RegistryStore, budget: Budget) -> tuple[int, int]:
    """Return how many entries a request finds, up to a limit, and how many of these pass its filter."""
    request |= {"Select": "COUNT", "Limit": limit}
    counted = passed = 0
    for page in store.query_pages(request, budget, entry_cost=0):
        counted += page["ScannedCount"]
        passed += page["Count"]
        if counted >= limit:
            break
        request["Limit"] = limit - counted
    return counted, passed
