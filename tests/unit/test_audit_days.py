"""Since when the index of audit records has all that was recorded."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from dci_common.exchange.audit_days import IndexedDays

STREAM = "2026-03-01T08:00:00.123"
AT_ONCE = datetime(2026, 3, 1, 8, 0, 0, 900_000, UTC)
LATER = AT_ONCE + timedelta(seconds=60)
BEFORE = AT_ONCE - timedelta(days=2)
FIRST = date(2026, 3, 1)
ALL = frozenset(FIRST - timedelta(days=days) for days in range(3))


@pytest.mark.parametrize(
    ("empty_until", "reindexed", "since", "is_complete"),
    [
        (AT_ONCE, frozenset(), FIRST, True),
        (BEFORE, frozenset(), FIRST + timedelta(days=1), False),
        (BEFORE, ALL, FIRST - timedelta(days=2), True),
        (BEFORE, ALL - {FIRST - timedelta(days=2)}, FIRST - timedelta(days=1), False),
        (None, ALL, FIRST - timedelta(days=2), False),
        (LATER - timedelta(seconds=120), frozenset(), FIRST + timedelta(days=1), False),
    ],
    ids=("born with its stream", "older", "indexed later", "in part", "restored", "a stream a minute later"),
)
def test_the_index_is_complete_from_the_table_on(
    empty_until: datetime | None, reindexed: frozenset[date], since: date, *, is_complete: bool
) -> None:
    """Nothing is missing where all days since the table's creation are indexed; of a restored table nobody knows."""
    days = IndexedDays(stream=STREAM, reindexed=reindexed, empty_until=empty_until)
    assert (days.complete_since, days.is_complete) == (since, is_complete)


def test_without_a_stream_nothing_is_complete() -> None:
    """Days that were indexed later say nothing about those to come."""
    days = IndexedDays(stream="", reindexed=ALL, empty_until=BEFORE)
    assert (days.complete_since, days.is_complete) == (None, False)
