"""Cron expressions as Quartz writes them, in UTC: seconds, minutes, hours, day of month, month, day of week, year.

The standard's example is `0 0 0 5,15 * ? *`. Of Quartz's own characters `?` and `L`, the last day of the month, are
read. Libraries for Python read Unix's form, in which days of the week have other numbers.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIRST_YEAR, _LAST_YEAR = 1970, 2199
_END = datetime(_LAST_YEAR + 1, 1, 1, tzinfo=UTC).timestamp()
_FIELDS = 6, 7
_MAX_LENGTH = 500  # an expression that lists every second, minute and hour is shorter
_ANY = {"*", "?"}
_PART = re.compile(r"(?P<low>\*|\w+)(-(?P<high>\w+))?(/(?P<step>[1-9]\d?))?", re.ASCII)
_LAST_DAY = "L"


class Cron(NamedTuple):
    """The moments that an expression means; days of the week are numbered from 1, Sunday. Lists are sorted."""

    seconds: list[int]
    minutes: list[int]
    hours: list[int]
    days: list[int]
    months: list[int]
    weekdays: list[int]
    years: list[int]
    on_last_day: bool

    def following(self, after: float) -> int | None:
        """Return the first moment after another one, both in epoch seconds; None if there is none."""
        if after >= _END:  # which may be a year that Python has not
            return None
        start = datetime.fromtimestamp(int(after) + 1, UTC)
        day, earliest = start.date(), start.time()
        while day.year <= self.years[-1]:
            if self._has(day) and (found := self._time(earliest)):
                return int(datetime.combine(day, found, UTC).timestamp())
            day, earliest = self._day_after(day), time()
        return None

    def _has(self, day: date) -> bool:
        is_last = self.on_last_day and day.day == monthrange(day.year, day.month)[1]
        return (
            day.year in self.years
            and day.month in self.months
            and (day.day in self.days or is_last)
            and day.isoweekday() % 7 + 1 in self.weekdays
        )

    def _day_after(self, day: date) -> date:
        if day.year not in self.years:
            return date(day.year + 1, 1, 1)
        if day.month not in self.months:
            return day.replace(day=1) + timedelta(monthrange(day.year, day.month)[1])
        return day + timedelta(1)

    def _time(self, earliest: time) -> time | None:
        moments = (
            time(hour, minute, second)
            for hour in self.hours
            if hour >= earliest.hour
            for minute in self.minutes
            for second in self.seconds
        )
        return next((moment for moment in moments if moment >= earliest), None)


def read_cron(text: str) -> Cron:
    """Return what an expression means. Raises ValueError if it cannot be read."""
    fields = text.upper().split()
    if len(fields) not in _FIELDS or len(text) > _MAX_LENGTH:
        raise ValueError(text)
    seconds, minutes, hours, days, months, weekdays, *years = fields
    if days not in _ANY and weekdays not in _ANY:  # Quartz has no meaning for both
        raise ValueError(text)
    listed = days.split(",")
    others = [part for part in listed if part != _LAST_DAY]
    return Cron(
        seconds=_values(seconds, 0, 59),
        minutes=_values(minutes, 0, 59),
        hours=_values(hours, 0, 23),
        days=_values("*" if days == "?" else ",".join(others), 1, 31) if others else [],
        months=_values(months, 1, 12, _MONTHS),
        weekdays=_values("*" if weekdays == "?" else weekdays, 1, 7, _WEEKDAYS),
        years=_values(years[0] if years else "*", _FIRST_YEAR, _LAST_YEAR),
        on_last_day=_LAST_DAY in listed,
    )


def _values(field: str, low: int, high: int, names: tuple[str, ...] = ()) -> list[int]:
    """Return the values of a list of values, ranges and steps."""
    return sorted({value for part in field.split(",") for value in _part(part, low, high, names)})


def _part(part: str, low: int, high: int, names: tuple[str, ...]) -> list[int]:
    found = _PART.fullmatch(part)
    if found is None or (found["low"] == "*" and found["high"]):
        raise ValueError(part)
    start = low if found["low"] == "*" else _value(found["low"], low, high, names)
    is_single = found["low"] != "*" and not found["high"] and not found["step"]
    end = _value(found["high"], low, high, names) if found["high"] else start if is_single else high
    if end < start:  # as in FRI-MON
        end += high - low + 1
    return [low + (value - low) % (high - low + 1) for value in range(start, end + 1, int(found["step"] or 1))]


def _value(text: str, low: int, high: int, names: tuple[str, ...]) -> int:
    value = names.index(text) + low if text in names else int(text)
    if not low <= value <= high:
        raise ValueError(text)
    return value
