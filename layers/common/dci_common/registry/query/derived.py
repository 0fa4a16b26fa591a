"""Conditions on derived attributes, as conditions on the dates from which these follow."""

from __future__ import annotations

from datetime import date

from dci_common.registry.catalogue.attributes import Attribute
from dci_common.registry.catalogue.catalogue import DateMeasure, DerivedAttribute
from dci_common.registry.query.partial_dates import compare_dates
from dci_common.registry.query.tree import NOTHING, Compare, Node, all_of


def derived_condition(derived: DerivedAttribute, operator: str, number: int, today: date) -> Node:
    """Return the condition on the source date that a comparison of the derived number with `number` means."""
    match derived.measure:
        case DateMeasure.YEARS_SINCE:
            return _years_since(derived.source, operator, number, today)
        case DateMeasure.YEAR:
            return compare_dates(derived.source, operator, (derived.source.type.normalize(f"{number:04}"),))


def _years_since(source: Attribute, operator: str, years: int, today: date) -> Node:
    """Translate a condition on an age: a person of n years was born after the day n + 1 years ago.

    A person who is born after today has no age.
    """
    match operator:
        case "lt":
            return _between(source, years_before(today, years), today)
        case "le":
            return _between(source, years_before(today, years + 1), today)
        case "gt":
            return _compare_day(source, "le", years_before(today, years + 1))
        case "ge":
            return _compare_day(source, "le", years_before(today, years))
    return _between(source, years_before(today, years + 1), years_before(today, years))


def _between(source: Attribute, after: date | None, latest: date | None) -> Node:
    return all_of([_compare_day(source, "le", latest), _compare_day(source, "gt", after)])


def _compare_day(source: Attribute, operator: str, day: date | None) -> Node:
    if day is None:  # before all dates
        return NOTHING if operator == "le" else Compare(source, "gt", ("",))
    return compare_dates(source, operator, (day.isoformat(),))


def years_before(today: date, years: int) -> date | None:
    """Return the latest date that is `years` completed years before `today`; None when it is before all dates."""
    year = today.year - years
    if year < 1:
        return None
    try:
        return today.replace(year=year)
    except ValueError:  # 29 February: the anniversary of that day is 1 March
        return date(year, 2, 28)
