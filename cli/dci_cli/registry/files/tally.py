"""Counts of reasons and warnings by kind, for the summary of an import."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

_SHOWN = 5
# What differs between rows with the same reason: ids of records, days of a period, and positions in lists.
_OWNER = re.compile(r"\b(person|group) (?!(?:is|in|has|and)\b)\S+?(?=\.?(?:\s|$))")
_KEY = re.compile(r"\b(?:PERSON|GROUP)#\S+?(?=\.?(?:\s|$))")
_PERIOD = re.compile(r"(?: (?:from|until) \d{4}-\d\d-\d\d)+(?= already)| without a start(?= already)")
_POSITION = re.compile(r"\.\d+(?=[.\s])")


class Tally:
    """How many rows, and of each kind."""

    def __init__(self) -> None:
        self.rows = 0
        self._kinds: Counter[str] = Counter()

    def add(self, kinds: Iterable[str], *, rows: int) -> None:
        """Count rows, and their kinds."""
        self.rows += rows
        self._kinds.update({_general(kind): 1 for kind in kinds})

    def __str__(self) -> str:
        """Return the most frequent kinds."""
        shown = [f"{count:,} {kind}" for kind, count in self._kinds.most_common(_SHOWN)]
        more = self._kinds.total() - sum(count for _, count in self._kinds.most_common(_SHOWN))
        return ", ".join([*shown, *([f"{more:,} of other kinds"] if more else [])])


def _general(kind: str) -> str:
    """Return a kind without ids and days, so that rows with the same reason are counted together."""
    plain = _KEY.sub("another record", _OWNER.sub(r"\1", _PERIOD.sub("", _POSITION.sub("", kind))))
    return plain.removesuffix(".")
