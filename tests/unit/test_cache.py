"""The cache with a time limit."""

from __future__ import annotations

import pytest

from dci_common.cache import AgingCache
from support.api import Clock


class Loads:
    """Counts how often each value was loaded."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> int:
        self.count += 1
        return self.count


def test_a_value_is_loaded_once_until_it_is_too_old() -> None:
    """A value is kept for less than its seconds, and then loaded again."""
    clock, load = Clock(), Loads()
    cache: AgingCache[str, int] = AgingCache(60, clock)
    assert [cache.get("a", load) for _ in range(3)] == [1, 1, 1]
    clock.advance(59.9)
    assert cache.get("a", load) == 1
    clock.advance(0.1)
    assert cache.get("a", load) == 2


def test_keys_do_not_share_their_values() -> None:
    """Each key has a value of its own."""
    cache: AgingCache[str, int] = AgingCache(60, Clock())
    load = Loads()
    assert (cache.get("a", load), cache.get("b", load), cache.get("a", load)) == (1, 2, 1)


def test_a_clock_that_was_set_back_keeps_nothing_alive() -> None:
    """An entry from the future is loaded again, and not kept until then."""
    clock, load = Clock(), Loads()
    cache: AgingCache[str, int] = AgingCache(60, clock)
    cache.get("a", load)
    clock.advance(-3600)
    assert cache.get("a", load) == 2


def test_an_error_is_not_cached() -> None:
    """A load that raised is made again at the next call."""

    def fail() -> int:
        raise LookupError

    cache: AgingCache[str, int] = AgingCache(60, Clock())
    with pytest.raises(LookupError):
        cache.get("a", fail)
    assert cache.get("a", Loads()) == 1


def test_a_value_can_be_forgotten() -> None:
    """A removed key is loaded again, and removing an unknown key does nothing."""
    load = Loads()
    cache: AgingCache[str, int] = AgingCache(60, Clock())
    cache.get("a", load)
    cache.forget("a")
    cache.forget("b")
    assert cache.get("a", load) == 2


def test_the_number_of_entries_is_bounded() -> None:
    """However many keys are requested, only the newest are kept."""
    load = Loads()
    cache: AgingCache[int, int] = AgingCache(60, Clock())
    for key in range(5000):
        cache.get(key, load)
    before = load.count
    for key in range(5000):
        cache.get(key, load)
    assert load.count > before + 3000
