"""Slices: which entries of an index walk are wanted, the parts of its spans that hold them, and what it returns."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import NamedTuple

from dci_common.registry.plan.spans import HIGH, Span

Entry = tuple[str, str]  # slot value, record id


class Slice(NamedTuple):
    """The wanted entries of a walk: `size` of them, after the first `offset` that follow the slot value `after`."""

    offset: int = 0
    size: int = 0
    after: str = ""
    descending: bool = False

    @property
    def wanted(self) -> int:
        """How many entries a partition must list so that the slice is surely among them."""
        return self.offset + self.size if self.size else 0

    def follows(self, slot_value: str) -> bool:
        """Return whether an entry follows the value after which the slice begins."""
        if not self.after:
            return True
        return slot_value < self.after if self.descending else slot_value > self.after

    def ahead(self, spans: tuple[Span, ...]) -> Iterator[Span]:
        """Yield the parts of the spans after the start, in the order of the walk."""
        for span in reversed(spans) if self.descending else spans:
            part = self._following(span) if self.after else span
            if part.low < part.high:
                yield part

    def _following(self, span: Span) -> Span:
        """Return the part of a span after the start, in the order of the walk."""
        if self.descending:
            last = self.after[:-1] + chr(ord(self.after[-1]) - 1) + HIGH
            return Span(span.low, min(span.high, last))
        return Span(max(span.low, self.after + " "), span.high)


class Walk(NamedTuple):
    """A range as it was read: the entries listed of each exact partition, the number of all, and unverified ones."""

    listed: list[list[Entry]]
    counted: int
    unverified: list[Entry]

    def page(self, verified: list[Entry], slice_: Slice) -> tuple[list[Entry], int]:
        """Return the slice in the order of the slot, and how many entries match, given those that were verified."""
        following = sorted((entry for entry in verified if slice_.follows(entry[0])), reverse=slice_.descending)
        merged = heapq.merge(*self.listed, following, reverse=slice_.descending)
        entries = [entry for entry, _ in zip(merged, range(slice_.wanted), strict=False)][slice_.offset :]
        return entries, self.counted + len(verified)
