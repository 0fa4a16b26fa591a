"""Python's garbage collector, which finds nothing in an import."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_OBJECTS = 100_000  # made and not yet gone, before it looks; Python's own 700 are a few records


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Let it look seldom: records and items hold no cycles, and go when they are no longer needed."""
    first, *others = gc.get_threshold()
    gc.set_threshold(_OBJECTS, *others)
    try:
        yield
    finally:
        gc.set_threshold(first, *others)
