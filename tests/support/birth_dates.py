"""What conditions on birth dates mean, day by day: they hold if they hold for every day that a birth date may be.

This shares nothing with how searches are planned and run.
"""

from __future__ import annotations

import operator
import random
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Any

from support.registries import TODAY

ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
# Around the day of the tests' clock, around ages of 18 and 26, and around ends of months and years.
KNOWN = (
    *("1999", "1999-12", "1999-12-31", "2000", "2000-01", "2000-01-01", "2000-01-02", "2000-02", "2000-03-01"),
    *("2007", "2008", "2008-01", "2008-02", "2008-02-29", "2008-03", "2008-03-01", "2008-03-02"),
    *("2025-12-31", "2026", "2026-01", "2026-02", "2026-03", "2026-03-01", "2026-03-02", "2026-04", "2027"),
)
_NEVER_BORN = ("1998-12-31", "2000-12", "2001", "2007-06-15", "2026-12-31")
VALUES = {
    "birth_date": (*KNOWN, *_NEVER_BORN),
    "age": ("0", "1", "17", "18", "25", "26", "200"),
    "YOB": ("1", "1999", "2000", "2008", "2025", "2026", "2027", "9999"),
}


@cache
def days_of(known: str) -> list[date]:
    """Return the days that a date may be of which so much is known."""
    year = date(int(known[:4]), 1, 1)
    days = (year + timedelta(days=number) for number in range(366))
    return [day for day in days if day.isoformat().startswith(known)]


def is_certain(known: str | None, name: str, sign: str, wanted: list[str]) -> bool:
    """Return whether a condition holds, whatever day a person of this birth date was born on."""
    if known is None:
        return False
    return any(all(_holds(day, name, sign, value) for day in days_of(known)) for value in wanted)


def random_condition(draw: random.Random) -> tuple[str, str, list[str]]:
    """Draw an attribute, an operator, and the values that it takes."""
    name, sign = draw.choice(("birth_date", *VALUES)), draw.choice((*ORDERS, "in"))
    return name, sign, draw.sample(VALUES[name], draw.randint(1, 5) if sign == "in" else 1)


def _holds(day: date, name: str, sign: str, value: str) -> bool:
    compare = ORDERS["eq" if sign == "in" else sign]
    if name == "YOB":
        return compare(day.year, int(value))
    if name == "age":
        return day <= TODAY and compare(_age(day), int(value))
    wanted = days_of(value)
    if sign in {"eq", "in"}:
        return day in wanted
    return compare(day, min(wanted) if sign in {"ge", "lt"} else max(wanted))


def _age(day: date) -> int:
    return TODAY.year - day.year - ((TODAY.month, TODAY.day) < (day.month, day.day))
