"""A small cache with a time limit, for what a warm function may keep between requests."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_MAX_ENTRIES = 1024


class AgingCache(Generic[K, V]):
    """Keeps values for at most `seconds`. Two threads that need a value at once both load it."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._entries: dict[K, tuple[float, V]] = {}

    def get(self, key: K, load: Callable[[], V]) -> V:
        """Return the value of `key`, and load it when it is missing or too old. Raises what `load` raises."""
        now = self._clock()
        entry = self._entries.get(key)
        if entry is not None and 0 <= now - entry[0] < self._seconds:
            return entry[1]
        value = load()
        if len(self._entries) >= _MAX_ENTRIES:  # callers must not be able to fill the memory
            self._entries.clear()
        self._entries[key] = (now, value)
        return value

    def forget(self, key: K) -> None:
        """Remove `key`, so that the next `get` loads it."""
        self._entries.pop(key, None)
