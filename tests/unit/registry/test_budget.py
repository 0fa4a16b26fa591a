"""What one message may read: so many entries, and as long as time is left."""

from __future__ import annotations

import pytest

from dci_common.deadline import Deadline
from dci_common.registry.errors import TooManyMatches
from dci_common.registry.storage.budget import Budget
from support.api import Clock


def refusal(budget: Budget, entries: int) -> str:
    """Spend more than there is, and return what is said."""
    with pytest.raises(TooManyMatches) as raised:
        budget.examine(entries)
    return raised.value.message


def test_entries_are_counted() -> None:
    """All that was allowed can be read, and not one entry more."""
    budget = Budget(10)
    budget.examine(4)
    budget.examine(6)
    assert "more of the registry" in refusal(budget, 1)


def test_reading_ends_before_the_deadline() -> None:
    """When no time for reading is left, nothing more is read; enough is left to answer."""
    clock = Clock()
    budget = Budget(10, Deadline(clock() + 29, clock))
    clock.advance(20)
    budget.examine(1)
    clock.advance(8)
    assert "no time left" in refusal(budget, 1)


def test_without_a_deadline_time_does_not_count() -> None:
    """Where nothing stops the function, reading takes as long as it takes."""
    clock = Clock()
    budget = Budget(10, Deadline(None, clock))
    clock.advance(10**6)
    budget.examine(10)


def test_what_is_too_much_anyway_is_known_before() -> None:
    """A check rejects more than the rest of the budget, and consumes nothing."""
    budget = Budget(10)
    budget.check(10)
    with pytest.raises(TooManyMatches):
        budget.check(11)
    budget.examine(10)
    with pytest.raises(TooManyMatches):
        budget.check(1)
