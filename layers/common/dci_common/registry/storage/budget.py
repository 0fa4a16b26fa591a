"""A bound on what one message may read, so that no query slows the registry for others or outlasts its function."""

from __future__ import annotations

import threading

from dci_common.deadline import Deadline
from dci_common.registry.errors import TooManyMatches


class Budget:
    """The index entries and records that a message may still read; shared by the threads of its searches."""

    def __init__(self, entries: int, deadline: Deadline | None = None) -> None:
        self._entries = self._left = entries
        self._units = 0.0
        self._lock = threading.Lock()
        self.deadline = deadline or Deadline()

    @property
    def examined(self) -> int:
        """The number of entries and records that were counted, up to the number that is allowed."""
        return self._entries - max(0, self._left)

    @property
    def read_units(self) -> float:
        """The read units that DynamoDB reported."""
        return self._units

    def consume(self, units: float) -> None:
        """Count read units."""
        with self._lock:
            self._units += units

    def check(self, entries: int) -> None:
        """Count nothing. Raises TooManyMatches when so many entries are more than may still be read."""
        with self._lock:
            if entries > self._left:
                raise TooManyMatches(
                    "The query looks for more values than one message may: ask for fewer values, or for fewer items "
                    "at once."
                )

    def examine(self, entries: int) -> None:
        """Count entries. Raises TooManyMatches when they are too many, or when the time for reading is over."""
        if self.deadline.left() < 0:
            raise TooManyMatches(
                "There is no time left to read all that the query asks for: ask for a narrower range of dates, for "
                "identifiers, or for fewer items at once."
            )
        with self._lock:
            self._left -= entries
            if self._left < 0:
                raise TooManyMatches(
                    "The query reads more of the registry than one message may: ask for a narrower range of dates, "
                    "for identifiers, or for fewer items at once."
                )
