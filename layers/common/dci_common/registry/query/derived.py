"""Conditions on derived attributes, as conditions on the dates from which these follow."""

from __future__ import annotations

from datetime import date

from dci_common.registry.catalogue.attributes import Attribute
from dci_common.registry.catalogue.catalogue import DateMeasure, DerivedAttribute
from dci_common.registry.query.tree import NOTHING, Compare, Node, all_of


def derived_condition(derived: DerivedAttribute, operator: str, number: int, today: date) -> Node:
    """Return the condition on the source date that a comparison of the derived number with `number` means."""
    match derived.measure:
        case DateMeasure.YEARS_SINCE:
            return _years_since(derived.source, operator, number, today)
        case DateMeasure.YEAR:
            return _year(derived.source, operator, number)


def _years_since(source: Attribute, operator: str, years: int, today: date) -> Node:
    """Translate a condition on an age: a person of n years was born after the day n + 1 years ago."""
    match operator:
        case "lt":
            return _compare_day(source, "gt", years_before(today, years))
        case "le":
            return _compare_day(source, "gt", years_before(today, years + 1))
        case "gt":
            return _compare_day(source, "le", years_before(today, years + 1))
        case "ge":
            return _compare_day(source, "le", years_before(today, years))
    latest, too_early = years_before(today, years), years_before(today, years + 1)
    return all_of([_compare_day(source, "le", latest), _compare_day(source, "gt", too_early)])


def _compare_day(source: Attribute, operator: str, day: date | None) -> Node:
    if day is None:  # before all dates
        return NOTHING if operator == "le" else Compare(source, "gt", ("",))
    return Compare(source, operator, (day.isoformat(),))


def _year(source: Attribute, operator: str, year: int) -> Node:
    first, last = f"{year:04}-01-01", f"{year:04}-12-31"
    match operator:
        case "lt" | "ge":
            return Compare(source, operator, (first,))
        case "gt" | "le":
            return Compare(source, operator, (last,))
    return all_of([Compare(source, "ge", (first,)), Compare(source, "le", (last,))])


def years_before(today: date, years: int) -> date | None:
    """Return the latest date that is `years` completed years before `today`; None when it is before all dates."""
    year = today.year - years
    if year < 1:
        return None
    try:
        return today.replace(year=year)
    except ValueError:  # 29 February: the anniversary of that day is 1 March
        return date(year, 2, 28)
