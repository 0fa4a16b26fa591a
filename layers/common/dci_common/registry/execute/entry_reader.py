"""Reads the index entries that follow a position, in the order of their slot, and few beyond those that are taken.

All partitions of the index are read at once, some entries at a time. How many are read ahead of what is taken depends
on where records are stored. A client may not know that of groups (the partition of one reveals whether a restricted
person is in it), so of groups only the entries that are taken are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from itertools import repeat
from math import isqrt
from typing import NamedTuple

from dci_common.aws.dynamodb import Item
from dci_common.registry.execute.slices import Entry

_GROWTH = 4  # of what is read at a time, where a filter leaves too little of it


class Page(NamedTuple):
    """Entries of a partition and their items, how many were examined for them, and the last if more may follow."""

    entries: list[tuple[Entry, Item]]
    examined: int
    last: Entry | None


class Partition:
    """The entries of a partition that were read and not yet taken; `is_exact` says that they need not be verified.

    `read_pages` yields them, examining at most as many at a time as the function says that it is given.
    """

    def __init__(self, read_pages: Callable[[Callable[[], int]], Iterator[Page]], *, is_exact: bool) -> None:
        self.is_exact = is_exact
        self.entries: list[Entry] = []
        self._left = 0
        self._pages = read_pages(lambda: self._left)
        self._last: Entry | None = None
        self._is_read = False

    def has_reached(self, end: Entry | None, *, descending: bool) -> bool:
        """Return whether all entries of the partition up to this one, or all that there are, were read."""
        if self._is_read or end is None or self._last is None:
            return self._is_read
        return self._last <= end if descending else self._last >= end

    def read(self, count: int) -> None:
        """Examine about as many more entries."""
        self._left = count
        while self._left > 0:
            page = next(self._pages, None)
            if page is None:
                self._is_read = True
                return
            self.entries += (entry for entry, _ in page.entries)
            self._last = page.last or (page.entries[-1][0] if page.entries else self._last)
            self._left -= page.examined

    def take(self, end: Entry | None, *, descending: bool) -> list[Entry]:
        """Remove and return the entries up to this one, or all of them."""
        taken = [entry for entry in self.entries if end is None or (entry >= end if descending else entry <= end)]
        self.entries = self.entries[len(taken) :]
        return taken


class EntryReader:
    """Merges partitions of one range; a `filtered` one has fewer entries than are examined for them."""

    def __init__(
        self, partitions: Sequence[Partition], shards: int, threads: Executor, *, descending: bool, filtered: bool
    ) -> None:
        self._partitions = partitions
        self._shards = shards
        self._threads = threads
        self._descending = descending
        self._filtered = filtered

    def take(self, count: int) -> list[tuple[Entry, bool]]:
        """Return the next entries, at most so many: each with whether it is exact."""
        chunk = self._first_chunk(count)
        while behind := self._behind(end := self._end(count)):
            [*self._threads.map(Partition.read, behind, repeat(chunk))]
            chunk = chunk * _GROWTH if self._filtered else self._first_chunk(count) // _GROWTH + 1
        taken = [
            (entry, partition.is_exact)
            for partition in self._partitions
            for entry in partition.take(end, descending=self._descending)
        ]
        return sorted(taken, reverse=self._descending)

    def _first_chunk(self, count: int) -> int:
        """Return a partition's share of the next entries, and as many more as chance may give it."""
        share = -(-count // self._shards)
        return share + isqrt(share) + 1

    def _end(self, count: int) -> Entry | None:
        """Return the last entry to take, if that many are known; partitions may have others before it."""
        known = sorted((e for partition in self._partitions for e in partition.entries), reverse=self._descending)
        return known[count - 1] if len(known) >= count else None

    def _behind(self, end: Entry | None) -> list[Partition]:
        return [p for p in self._partitions if not p.has_reached(end, descending=self._descending)]
