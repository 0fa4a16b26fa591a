"""What is said of a database that is followed: durations, moments and problems, for people."""

from __future__ import annotations

from datetime import UTC, datetime

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def problems_text(number: int) -> str:
    """Return how many records are not as the source has them, as a sentence; nothing for none."""
    if not number:
        return ""
    return (
        f"{number:,} records are not as the database has them."
        if number > 1
        else "1 record is not as the database has it."
    )


def duration(seconds: float) -> str:
    """Return a duration in its largest unit that fits: `40 s`, `12 min`, `3 h`, `4 days`."""
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    if seconds < 2 * _DAY:
        return f"{seconds / _HOUR:.0f} h"
    return f"{seconds / _DAY:.0f} days"


def clock_time(epoch_seconds: float) -> str:
    """Return a moment for people, in UTC: `2026-03-01 09:30:00 UTC`."""
    return datetime.fromtimestamp(epoch_seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
