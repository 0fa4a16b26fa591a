"""Slices: which entries of an index walk are wanted, and the parts of its spans that hold them."""

from __future__ import annotations

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
        return (span for span, is_ahead in self.split(spans) if is_ahead)

    def split(self, spans: tuple[Span, ...]) -> Iterator[tuple[Span, bool]]:
        """Yield the spans in the order of the walk; those before its start with False: they are only counted."""
        for span in reversed(spans) if self.descending else spans:
            if not self.after:
                yield span, True
                continue
            before, following = self._cut(span)
            for part, is_listed in ((before, False), (following, True)):
                if part.low < part.high:
                    yield part, is_listed

    def _cut(self, span: Span) -> tuple[Span, Span]:
        """Return the parts of a span before and after the start, in the order of the walk."""
        if self.descending:
            last = self.after[:-1] + chr(ord(self.after[-1]) - 1) + HIGH
            return Span(max(span.low, self.after), span.high), Span(span.low, min(span.high, last))
        return Span(span.low, min(span.high, self.after)), Span(max(span.low, self.after + " "), span.high)
