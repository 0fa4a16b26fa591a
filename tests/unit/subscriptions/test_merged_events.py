"""Several events of a record are merged into one."""

from __future__ import annotations

import pytest

from dci_common.subscriptions.event_types import Event
from dci_common.subscriptions.stored_event import merged

REGISTERED, ENTERED, UPDATED, JOINED, LEFT, DEREGISTERED = Event


@pytest.mark.parametrize(
    ("first", "last", "expected"),
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
def test_first_and_last_event_are_merged(first: Event, last: Event, expected: Event | None) -> None:
    """A record that came and went is no event, one that came back has changed, and a new one that changed is new."""
    assert merged(first, last) is expected
