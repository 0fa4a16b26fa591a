"""How much one message may read, so that no query can make the registry slow for others, or outlast its function."""

from __future__ import annotations

import threading

from dci_common.deadline import Deadline
from dci_common.errors import Rejection


def too_many(message: str) -> Rejection:
    """Make the standard's own answer to a query that finds too much."""
    return Rejection("rjct.search.too_many_records_found", message)


class Budget:
    """The index entries and records that a message may still read; shared by the threads of its searches."""

    def __init__(self, entries: int, deadline: Deadline | None = None) -> None:
        self._entries = self._left = entries
        self._units = 0.0
        self._lock = threading.Lock()
        self.deadline = deadline or Deadline()

    @property
    def examined(self) -> int:
        """How many entries and records were counted, at most as many as were allowed."""
        return self._entries - max(0, self._left)

    @property
    def read_units(self) -> float:
        """What DynamoDB reckoned for the reading."""
        return self._units

    def consume(self, units: float) -> None:
        """Count read units."""
        with self._lock:
            self._units += units

    def check(self, entries: int) -> None:
        """Spend nothing. Raises Rejection when at least so many entries would be read, and are too many."""
        with self._lock:
            if entries > self._left:
                raise too_many(
                    "The query looks for more values than one message may: ask for fewer values, or for fewer items "
                    "at once."
                )

    def spend(self, entries: int) -> None:
        """Count what is read. Raises Rejection when it is too much, or when the time for reading is over."""
        if self.deadline.left() < 0:
            raise too_many(
                "There is no time left to read all that the query asks for: ask for a narrower range of dates, for "
                "identifiers, or for fewer items at once."
            )
        with self._lock:
            self._left -= entries
            if self._left < 0:
                raise too_many(
                    "The query reads more of the registry than one message may: ask for a narrower range of dates, "
                    "for identifiers, or for fewer items at once."
                )
