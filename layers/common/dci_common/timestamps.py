"""Timestamps as the standard writes them: ISO 8601, in UTC, with the offset."""

from __future__ import annotations

from datetime import UTC, date, datetime


def timestamp(epoch_seconds: float) -> str:
    """Return a timestamp with milliseconds, such as `2026-03-01T09:30:00.000Z`."""
    moment = datetime.fromtimestamp(epoch_seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def day(epoch_seconds: float) -> date:
    """Return the date in UTC."""
    return datetime.fromtimestamp(epoch_seconds, UTC).date()
