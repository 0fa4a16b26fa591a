"""Several events of a record are told as one."""

from __future__ import annotations

import pytest

from dci_common.subscriptions.event_types import Event
from dci_common.subscriptions.stored_event import merged

REGISTERED, ENTERED, UPDATED, JOINED, LEFT, DEREGISTERED = Event


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        (REGISTERED, REGISTERED, REGISTERED),
        (ENTERED, REGISTERED, REGISTERED),
        (ENTERED, UPDATED, ENTERED),
        (ENTERED, LEFT, None),
        (REGISTERED, DEREGISTERED, None),
        (UPDATED, UPDATED, UPDATED),
        (UPDATED, LEFT, LEFT),
        (UPDATED, ENTERED, ENTERED),
        (JOINED, JOINED, JOINED),
        (LEFT, ENTERED, UPDATED),
        (LEFT, UPDATED, UPDATED),
        (LEFT, DEREGISTERED, DEREGISTERED),
        (DEREGISTERED, LEFT, LEFT),
    ],
)
def test_first_and_last_event_are_told_as_one(first: Event, last: Event, told: Event | None) -> None:
    """What came and went is not told, what went and came is changed, and what came and changed is new."""
    assert merged(first, last) is told
