"""All matches of a search, one after the other: for answers that are too large for one response.

A collection reads each index entry once and keeps none, so its memory does not grow with the number of matches. It
may end at any place and continue there later, in another process. It discloses nothing: a caller that reads the
records that it names must check them again.

It goes through stages. The first are the records that lookups found, by id. Then follow the ranges of the access
path, each in the order of its slot; an entry that an earlier range has too is left out. The last stage, by id, are
entries that only bodies can verify, unless they have a place in the order of the only range. A search whose order is
not that of its only range is sorted in memory, so it may read a limited number of entries. Where it asks for no
order, but must not have that of a slot, the whole registry is read by id.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice

from dci_common.aws.dynamodb import Item
from dci_common.registry.errors import InvalidQuery, TooManyMatches
from dci_common.registry.execute.choice import marked, unmarked
from dci_common.registry.execute.positions import is_slot_order
from dci_common.registry.execute.scan import IndexScan, Streamed
from dci_common.registry.execute.search import Search
from dci_common.registry.execute.slices import Entry, Slice
from dci_common.registry.plan.access_path import whole_registry
from dci_common.registry.plan.ranges import Range
from dci_common.registry.plan.search_plan import AccessPlan, SearchPlan, Visibility
from dci_common.registry.query.sort import Position, SortKey, positions_after
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.facets import Facets, facet_values, read_facets

Step = tuple[Position, bool]  # the place of a match, or of something that is none
Stage = Callable[[Position | None], Iterator[Step]]

MAX_SORTED = 100_000  # entries and records that a search may read that is sorted in memory
_CHUNK = 100  # records that one call reads
_TOO_MANY_TO_SORT = (
    f"The query reads more than the {MAX_SORTED:,} entries that can be sorted: ask for a narrower range of dates, or "
    "leave out sort."
)
_REORDERED = (
    "What this client may see, or how the registry is indexed, was changed after this search had begun: ask again in "
    "a new message."
)


@dataclass(frozen=True, slots=True)
class CollectionPosition:
    """A place in a collection: the stage, and the position in it. All matches before it have been named.

    Where much is read without a match, places that are none say how far the collection has come. A position means
    something only in the `order` in which the collection began, without the slots that were `unfilled` then.
    """

    stage: int
    position: Position
    is_match: bool = True
    order: str = ""
    unfilled: str = ""


class Collection:
    """The matches of one search; `new_search` makes a search with a budget, which keeps the records that it read."""

    def __init__(
        self, plan: SearchPlan, visibility: Visibility, new_search: Callable[[Budget], Search], budget: Budget
    ) -> None:
        self._plan = plan
        self._hidden = visibility.hidden_orders
        self._unfilled = " ".join(sorted(visibility.unfilled))
        self._new_search = new_search
        self._budget = budget

    def places(self, sort: tuple[SortKey, ...], after: CollectionPosition | None) -> Iterator[CollectionPosition]:
        """Yield the places that follow another one, or all of them.

        Raises InvalidQuery when the matches no longer have the order in which that one is a place.
        """
        position, slot = unmarked(after.position if after else None, sort)
        access, scan = self._new_search(self._budget).locate(slot, streamed=True)
        order, stages = self._stages(access, scan, sort)
        if after is not None and after.order != order:
            raise InvalidQuery(_REORDERED)
        for number, stage in enumerate(stages):
            if after is None or number >= after.stage:
                start = position if after and number == after.stage else None
                for found, is_match in stage(start):
                    yield CollectionPosition(number, marked(found, access), is_match, order, self._unfilled)

    def _stages(self, access: AccessPlan, scan: IndexScan, sort: tuple[SortKey, ...]) -> tuple[str, list[Stage]]:
        """Return what the order of the matches depends on, beside the query, and the stages."""
        ranges = access.path.ranges
        is_volatile = any(access.volatile_attribute(range_) for range_ in ranges)
        if sort and (is_volatile or not is_slot_order(sort, access.path, self._plan.query.kind, self._hidden)):
            return "sorted", [partial(self._sorted, access, sort)]
        if self._hidden.intersection(range_.slot for range_ in ranges):
            access = access._replace(paths=(whole_registry(self._plan.catalogue),))
            scan = scan.of(access)
        streams = _Streams(access, scan, partial(self._new_search, self._budget), descending=_is_descending(sort))
        return " ".join(range_.slot for range_ in access.path.ranges), [*streams.stages()]

    def _sorted(self, access: AccessPlan, sort: tuple[SortKey, ...], after: Position | None) -> Iterator[Step]:
        """Yield the positions in the order of sort keys, which takes all of them at once."""
        budget = Budget(MAX_SORTED, self._budget.deadline)
        search = self._new_search(budget)
        try:
            positions = search.in_order(*search.locate(access.chosen_slot), sort)
        except TooManyMatches as error:
            raise TooManyMatches(_TOO_MANY_TO_SORT) from error
        self._budget.examine(budget.examined)
        return ((position, True) for position in (positions_after(positions, after, sort) if after else positions))


class _Streams:
    """The stages of a collection that is not sorted in memory."""

    def __init__(
        self, access: AccessPlan, scan: IndexScan, new_search: Callable[[], Search], *, descending: bool
    ) -> None:
        self._access = access
        self._scan = scan
        self._new_search = new_search
        self._descending = descending
        ranges = access.path.ranges
        self._is_mergeable = len(ranges) == 1 and not access.volatile_attribute(ranges[0])

    def stages(self) -> Iterator[Stage]:
        """Yield the stages in their order."""
        yield self._looked_up
        for number in range(len(self._access.path.ranges)):
            yield partial(self._range, number)
        if self._access.path.ranges and not self._is_mergeable:
            yield self._unverified

    def _looked_up(self, after: Position | None) -> Iterator[Step]:
        ids = (id_ for id_ in sorted(self._access.path.ids) if after is None or id_ > after.id)
        while chunk := list(islice(ids, _CHUNK)):
            yield from ((Position((None,), id_), True) for id_ in self._new_search().matching(chunk))

    def _range(self, number: int, after: Position | None) -> Iterator[Step]:
        range_, slice_ = self._access.path.ranges[number], self._slice(after)
        earlier, partitions = self._access.path.ranges[:number], self._access.partitions
        streams = [
            self._scan.stream(partition, range_, slice_, facets=bool(earlier)) for partition in partitions.exact
        ]
        if self._is_mergeable:
            streams += [self._verified(partition, range_, slice_) for partition in partitions.unverified]
        for (slot_value, id_), item in heapq.merge(*streams, key=_entry, reverse=self._descending):
            is_match = item is not None and not (earlier and self._is_in(earlier, item))
            yield Position((slot_value,), id_), is_match

    def _unverified(self, after: Position | None) -> Iterator[Step]:
        everything, slice_ = whole_registry(self._access.search.catalogue).ranges[0], self._slice(after)
        streams = [self._verified(partition, everything, slice_) for partition in self._access.partitions.unverified]
        merged = heapq.merge(*streams, key=_entry)
        return ((Position((slot_value,), id_), item is not None) for (slot_value, id_), item in merged)

    def _verified(self, partition: str, range_: Range, slice_: Slice) -> Iterator[Streamed]:
        """Yield the entries of an unverified partition; those whose records do not match have no item."""
        entries = self._scan.stream_unverified(partition, range_, slice_)
        while chunk := list(islice(entries, _CHUNK)):
            ids = [id_ for (_, id_), _ in chunk]
            matching = self._new_search().verify(self._scan, self._access, range_, ids)
            yield from ((entry, item if entry[1] in matching else None) for entry, item in chunk)

    def _slice(self, after: Position | None) -> Slice:
        return Slice(after=(after.values[0] or "") if after else "", descending=self._descending)

    def _is_in(self, ranges: tuple[Range, ...], item: Item) -> bool:
        """Return whether the record of an index entry, which is of an exact partition, is in one of these ranges."""
        facets = read_facets(item)
        return any(
            span.low <= value <= span.high
            for range_ in ranges
            if (value := self._slot_value(range_.slot, facets))
            for span in range_.spans
        )

    def _slot_value(self, slot: str, facets: Facets) -> str:
        """Return the value of a slot of a record, from its facets; empty when it has none."""
        plan = self._access.search
        held = plan.catalogue.slot_attributes(plan.query.kind, slot)
        values = [facet_values(facets, attribute.name)[:1] for attribute in held]
        if held and not values[0]:
            return ""
        return keys.slot_value("#".join("".join(found) for found in values), facets["id"])


def _entry(found: Streamed) -> Entry:
    return found[0]


def _is_descending(sort: tuple[SortKey, ...]) -> bool:
    return bool(sort) and sort[0].descending
