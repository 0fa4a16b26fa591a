"""What the values of records say about themselves: some are impossible, some improbable, and some can be repaired.

A check looks at the fields of a record before they are validated, so that it is the same for every format of files.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple

from dci_cli.registry.support import value_checks
from dci_cli.registry.support.value_checks import Issue

Fields = dict[str, Any]
Path = tuple[str | int, ...]

_FIRST_TIME_ZONE = timedelta(hours=14)  # where a day begins first
_PERSONS_NAMES = ("surname", "given_name", "second_name", "maiden_name")
_NAMES = (*_PERSONS_NAMES, "name")
_KEYS = ("id", "person_id", "group_id", "identifier_value")
_DATES = {
    "birth_date": True,
    "death_date": True,
    "registration_date": True,
    "start": False,
    "end": False,
}  # in the past
_CODES = (
    "identifier_type",
    "group_type",
    "roles",
    "occupation",
    "education_level",
    "employment_status",
    "income_level",
    "relationship_type",
    "sub_region_code",
    "region_code",
    "country_code",
)
_FIXED_CODES = ("sex", "marital_status")  # of which the model accepts its own only
_CONTAINERS = (dict, list)  # a union takes longer to compare with
_CACHED_DAYS = 8192
_DEEPEST = 20  # of the containers that are checked; places may contain one another
_LISTS: dict[str, Callable[[str], list[str]]] = {
    "phone_numbers": value_checks.split_phones,
    "emails": value_checks.split_emails,
}


class Finding(NamedTuple):
    """What is wrong with a value. `repaired` is the value that is read instead, or empty."""

    path: Path
    what: str
    is_impossible: bool
    value: str = ""
    repaired: str = ""


def latest_today() -> date:
    """Return the day it is where a day begins first: a child that was born there today is born."""
    return (datetime.fromtimestamp(time.time(), UTC) + _FIRST_TIME_ZONE).date()


def check(fields: Fields, today: date) -> list[Finding]:
    """Return what is wrong with the fields of a record, and repair in place what has one meaning only."""
    if _is_usual(fields, _usual_checks(today.year)):
        return []
    walk = _Walk(today)
    walk.check(fields, ())
    birth, death = fields.get("birth_date"), fields.get("death_date")
    if isinstance(birth, str) and isinstance(death, str) and value_checks.is_before(death, birth):
        walk.findings.append(Finding(("death_date",), "is before the birth", is_impossible=True, value=death))
    return walk.findings


class _Walk:
    """Collects the findings of one record."""

    def __init__(self, today: date) -> None:
        self._today, self._is_usual = today, _usual_checks(today.year)
        self.findings: list[Finding] = []

    def check(self, value: Fields | list[Any], path: Path) -> None:
        """Check every text below a value, depth first."""
        of_list = str(path[-1]) if isinstance(value, list) else None
        is_usual, usually = self._is_usual, value_checks.is_usual
        entries: Iterable[tuple[Any, Any]] = value.items() if isinstance(value, dict) else enumerate(value)
        for key, entry in entries:
            if isinstance(entry, str):
                name = key if of_list is None else of_list
                if not is_usual.get(name, usually)(entry):
                    self.findings += _check_text(value, name, (*path, key), self._today)
            elif isinstance(entry, _CONTAINERS) and len(path) < _DEEPEST:
                if key in _LISTS and isinstance(entry, list):
                    self.findings += _split(entry, (*path, key), _LISTS[key])
                self.check(entry, (*path, key))


def _is_usual(fields: Fields, usual: Mapping[str, Callable[[str], bool]]) -> bool:
    """Return whether nothing is wrong with a record for certain: most are, which is seen faster than by a walk."""
    if "death_date" in fields:
        return False
    for name, value in fields.items():
        if isinstance(value, str):
            if not usual.get(name, value_checks.is_usual)(value):
                return False
        elif isinstance(value, dict):
            if not _are_usual_texts(value, usual):
                return False
        elif isinstance(value, list) and not _are_usual_entries(value, name, usual):
            return False
    return True


def _are_usual_entries(entries: list[Any], name: str, usual: Mapping[str, Callable[[str], bool]]) -> bool:
    check = usual.get(name, value_checks.is_usual)
    for entry in entries:
        if isinstance(entry, str):
            if not check(entry) or entries.count(entry) > 1:  # of which one is left out
                return False
        elif not isinstance(entry, dict) or not _are_usual_texts(entry, usual):
            return False
    return True


def _are_usual_texts(fields: Fields, usual: Mapping[str, Callable[[str], bool]]) -> bool:
    for name, value in fields.items():
        if isinstance(value, str):
            if not usual.get(name, value_checks.is_usual)(value):
                return False
        elif isinstance(value, _CONTAINERS):
            return False
    return True


@cache
def _usual_checks(year: int) -> Mapping[str, Callable[[str], bool]]:
    """Return, by the name of a field, whether a text certainly has no issue, as most do."""
    return {
        **dict.fromkeys((*_PERSONS_NAMES, *_CODES, *_FIXED_CODES), value_checks.is_usual_word),
        **dict.fromkeys(_KEYS, value_checks.is_usual_key),
        **dict.fromkeys(_DATES, lru_cache(_CACHED_DAYS)(partial(value_checks.is_usual_day, before=str(year)))),
        "phone_numbers": value_checks.is_usual_phone,
        "emails": value_checks.is_usual_email,
    }


def _check_text(holder: Any, name: str, path: Path, today: date) -> Iterator[Finding]:  # noqa: ANN401 - dict or list
    """Yield what is wrong with a text, and put its repaired value in its place."""
    key = path[-1]
    for issue in _issues(name, holder[key], today):
        value = holder[key]
        if issue.repaired:
            holder[key] = issue.repaired
        yield Finding(path, issue.what, issue.is_impossible, value, issue.repaired)


def _issues(name: str, text: str, today: date) -> Iterator[Issue]:
    is_number, is_date = name in _KEYS or name == "phone_numbers", name in _DATES
    if issue := value_checks.apostrophe(text, anywhere=is_number or is_date):
        yield issue
        text = issue.repaired
    is_impossible = is_number or name in _NAMES or name == "identifier_type"
    if value_checks.is_placeholder(text) and (is_impossible or text.casefold() != "none"):  # an education, say
        yield Issue("holds a placeholder instead of a value: leave it empty", is_impossible=is_impossible)
    elif is_date:
        yield from value_checks.day(text, today, is_past=_DATES[name])
    elif is_number:
        yield from value_checks.number(text, is_key=name in _KEYS)
        if name == "phone_numbers":
            yield from value_checks.phone(text)
    elif name == "emails":
        yield from value_checks.email(text)
    elif name in _PERSONS_NAMES:
        yield from value_checks.name(text)
    elif name in _CODES or name in _FIXED_CODES:
        yield from value_checks.external_id(text, is_impossible=name in _FIXED_CODES)


def _split(entries: list[Any], path: Path, split: Callable[[str], list[str]]) -> Iterator[Finding]:
    """Split the entries that hold several values."""
    whole = list(entries)
    entries.clear()
    for index, entry in enumerate(whole):
        parts = split(entry) if isinstance(entry, str) else [entry]
        if len(parts) > 1:
            repaired = ", ".join(parts)
            what = "held several values, which were split"
            yield Finding((*path, index), what, is_impossible=False, value=entry, repaired=repaired)
        entries += [part for part in parts if part not in entries]
