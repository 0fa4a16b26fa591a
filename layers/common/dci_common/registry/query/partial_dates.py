"""Conditions on dates that may be known in part: they hold if they hold for all days that the date may be.

A partial date is normalised to its first and last day, `1982-05-01~1982-05-31`. So it sorts by its first day, after
the whole date of that day, and a condition that bounds the first day is a plain comparison. One that bounds the last
day is that too, but for the year and the month that contain the bound: only these two begin before it and may be over
after it.
"""

from __future__ import annotations

from collections.abc import Sequence

from dci_common.registry.catalogue.attributes import EQUALITY_OPERATORS, Attribute
from dci_common.registry.model import normalize
from dci_common.registry.query.tree import Compare, Node, any_of

_JOIN = "~"  # sorts after every other character of a date
_YEAR, _MONTH = len("1982"), len("1982-05")


def compare_dates(attribute: Attribute, operator: str, values: Sequence[str]) -> Node:
    """Return a comparison with normalised dates, whole or partial: with one, or for `in` with several.

    What is after a year is after its last day, and what is before it is before its first. What lies within a year is
    equal to it.
    """
    if operator not in EQUALITY_OPERATORS:
        return _bounded(attribute, operator, values[0])
    whole = tuple(value for value in values if _JOIN not in value)
    nodes = [Compare(attribute, "in" if len(whole) > 1 else operator, whole)] if whole else []
    return any_of([*nodes, *(_within(attribute, value) for value in values if _JOIN in value)])


def _bounded(attribute: Attribute, operator: str, value: str) -> Compare:
    first, _, last = value.partition(_JOIN)
    last = last or first
    match operator:
        case "ge":
            return Compare(attribute, operator, (first,))
        case "gt":
            return Compare(attribute, operator, (last + 2 * _JOIN,))  # after the partial dates that begin on that day
        case "le":
            around = (part for part in _parts_around(last) if not part.endswith(last))
            return Compare(attribute, operator, (last,), tuple(around))
    return Compare(attribute, operator, (first,), _parts_around(first))


def _within(attribute: Attribute, value: str) -> Compare:
    year = normalize.partial_date(value[:_YEAR])
    if value == year:
        return Compare(attribute, "prefix", (value[:_YEAR],))
    month = value[:_MONTH]  # a year begins as its January does
    return Compare(attribute, "prefix", (month,), (year,) if year.startswith(month) else ())


def _parts_around(day: str) -> tuple[str, ...]:
    """Return the partial dates that begin before a day and do not end before it."""
    parts = (normalize.partial_date(day[:length]) for length in (_YEAR, _MONTH))
    return tuple(part for part in parts if part < day)
