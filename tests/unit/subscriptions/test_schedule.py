"""Schedules of subscriptions: when an event is sent that comes at some moment."""

from __future__ import annotations

from datetime import datetime

import pytest

from dci_common.spdci.subscriptions import Frequency
from dci_common.subscriptions.schedule import read_schedule, schedule_of

NOW = "2026-03-01T09:30:00"  # a Sunday


def seconds(moment: str) -> int:
    """Return a moment, in UTC, in epoch seconds."""
    return int(datetime.fromisoformat(f"{moment}+00:00").timestamp())


@pytest.mark.parametrize(
    ("frequency", "due"),
    [
        ("immediate", NOW),
        ("realtime", NOW),
        ("hourly", "2026-03-01T10:00:00"),
        ("Daily", "2026-03-02T00:00:00"),
        ("weekly", "2026-03-02T00:00:00"),
        ("monthly", "2026-04-01T00:00:00"),
        ("0 0 0 5,15 * ? *", "2026-03-05T00:00:00"),
        ("* * * * * ?", "2026-03-01T09:30:01"),
        ("0 30 9 * * ?", "2026-03-02T09:30:00"),
        ("0 0/20 * * * ?", "2026-03-01T09:40:00"),
        ("0 */7 9-17 * * ?", "2026-03-01T09:35:00"),
        ("15,45 31 * * * ?", "2026-03-01T09:31:15"),
        ("0 0 6 ? * MON-FRI", "2026-03-02T06:00:00"),
        ("0 0 6 ? * FRI-MON", "2026-03-02T06:00:00"),
        ("0 0 10 ? * 1", "2026-03-01T10:00:00"),
        ("0 0 6 ? * sat", "2026-03-07T06:00:00"),
        ("0 0 6 L * ?", "2026-03-31T06:00:00"),
        ("0 0 6 15,L 2 ? 2027-2030", "2027-02-15T06:00:00"),
        ("0 0 6 L 2 ? 2028", "2028-02-29T06:00:00"),
        ("0 0 0 29 2 ?", "2028-02-29T00:00:00"),
        ("0 0 0 1 JAN/3 ?", "2026-04-01T00:00:00"),
        ("0 0 0 1 NOV-FEB ?", "2026-11-01T00:00:00"),
    ],
)
def test_an_event_is_sent_at_the_next_time_of_its_schedule(frequency: str, due: str) -> None:
    """Words and cron expressions mean their next moment in UTC."""
    assert schedule_of(frequency).following(seconds(NOW)) == seconds(due)
    assert schedule_of({"frequency": frequency}).following(seconds(NOW)) == seconds(due)


@pytest.mark.parametrize(
    "frequency",
    [
        "sometimes",
        "0 0 * * *",
        "0 0 0 1 * MON",
        "60 * * * * ?",
        "0 0 0 32 * ?",
        "0 0 0 15W * ?",
        "0 0 0 ? * 6#3",
        "0 0 0 ? * FRIDAY",
        "0 0 0 * * ? 1969",
        "0 0/0 * * * ?",
        "0 0 0 * * ? * *",
        "0 0 *-3 * * ?",
        "0 0 ٣ * * ?",
        "0 0 ,1 * * ?",
        "0 0 0 ? * MON" + ",MON" * 200,
    ],
)
def test_a_schedule_that_cannot_be_read_says_what_is_served(frequency: str) -> None:
    """Other schedules are errors that name the words and the form of expressions that are read."""
    with pytest.raises(ValueError, match="daily, weekly, monthly, or a cron expression of six or seven fields"):
        read_schedule(Frequency(frequency=frequency))


def test_events_are_sent_within_the_span_of_a_schedule() -> None:
    """Before the start they wait for it, or the first time from it on; after the end they are not sent."""
    span = {"start_time": "2026-03-05T06:00:00Z", "end_time": "2026-03-06t07:00:00z"}
    daily, at_once = schedule_of({**span, "frequency": "0 0 6 * * ?"}), schedule_of(span)
    assert daily.following(seconds(NOW)) == at_once.following(seconds(NOW)) == seconds("2026-03-05T06:00:00")
    assert daily.following(seconds("2026-03-05T06:00:00")) == seconds("2026-03-06T06:00:00")
    assert daily.following(seconds("2026-03-06T06:00:00")) is None
    assert at_once.following(seconds("2026-03-06T06:30:00")) == seconds("2026-03-06T06:30:00")
    assert at_once.following(seconds("2026-03-06T07:00:01")) is None
    with pytest.raises(ValueError, match="end_time must follow"):
        read_schedule(Frequency(start_time=span["end_time"], end_time=span["start_time"]))


def test_a_schedule_that_never_comes_is_never_due() -> None:
    """A day that no month has, years that have passed, and a start after the last year of all, are no times."""
    assert schedule_of("0 0 0 31 2 ?").following(seconds(NOW)) is None
    assert schedule_of("0 0 0 1 1 ? 2020").following(seconds(NOW)) is None
    late = {"start_time": "9999-12-31T23:59:59-23:59", "frequency": "daily"}
    assert schedule_of(late).following(seconds(NOW)) is None
