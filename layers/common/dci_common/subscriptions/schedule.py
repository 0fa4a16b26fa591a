"""Schedules: when the events of a subscription are sent, by its `frequency`."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from dci_common.spdci.subscriptions import Frequency
from dci_common.subscriptions.cron import Cron, read_cron

_AT_ONCE = {"", "immediate", "immediately", "instant", "realtime", "real-time"}
_WORDS = {
    "hourly": "0 0 * * * ?",
    "daily": "0 0 0 * * ?",
    "weekly": "0 0 0 ? * MON",
    "monthly": "0 0 0 1 * ?",
}
_SERVED = (
    "frequency must be absent, immediate, hourly, daily, weekly, monthly, or a cron expression of six or seven "
    "fields in UTC such as `0 0 6 ? * MON-FRI`, without W and #."
)
_ENDS = "frequency.end_time must follow frequency.start_time."


class Schedule(NamedTuple):
    """When events are sent, in epoch seconds: from `start` to `end`, at once where there is no `cron`."""

    cron: Cron | None = None
    start: int | None = None
    end: int | None = None

    def following(self, now: float) -> int | None:
        """Return when an event that comes now is sent; None if it is not, since that would be after the end."""
        begun = now if self.start is None else max(now, self.start)
        if self.cron is None:
            due: int | None = int(begun)
        else:
            due = self.cron.following(begun if begun == now else begun - 1)
        return None if due is None or (self.end is not None and due > self.end) else due


def read_schedule(frequency: Frequency | None) -> Schedule:
    """Return the schedule that a frequency means. Raises ValueError with a sentence that says what is served."""
    if frequency is None:
        return Schedule()
    start, end = _seconds(frequency.start_time), _seconds(frequency.end_time)
    if start is not None and end is not None and end <= start:
        raise ValueError(_ENDS)
    word = (frequency.frequency or "").strip().lower()
    try:
        cron = None if word in _AT_ONCE else read_cron(_WORDS.get(word, word))
    except ValueError as error:
        raise ValueError(_SERVED) from error
    return Schedule(cron, start, end)


def schedule_of(written: Any) -> Schedule:  # noqa: ANN401 - JSON
    """Return the schedule of a frequency as a subscription has it written, which was read before."""
    if not written:
        return Schedule()
    given = {"frequency": written} if isinstance(written, str) else written
    return _read(Frequency.model_validate(given).model_dump_json())


@lru_cache(maxsize=1_000)
def _read(frequency: str) -> Schedule:
    return read_schedule(Frequency.model_validate_json(frequency))


def _seconds(moment: str | None) -> int | None:
    return int(datetime.fromisoformat(moment.upper()).timestamp()) if moment else None
