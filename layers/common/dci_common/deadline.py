"""When a request must be answered, so that nobody meets a timeout instead."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

# What rendering and writing the largest answer takes, and a last call to DynamoDB that is slow.
_ANSWERING_SECONDS = 4


@dataclass(frozen=True, slots=True)
class Deadline:
    """The second of `clock` at which the function is stopped; None where nothing stops it, as on a laptop."""

    at: float | None = None
    clock: Callable[[], float] = time.time

    def left(self) -> float:
        """Return how many seconds reading may still take; what answering takes is not among them."""
        return math.inf if self.at is None else self.at - _ANSWERING_SECONDS - self.clock()
