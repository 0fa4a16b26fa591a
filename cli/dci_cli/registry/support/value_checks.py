"""Checks of a single value: dates, numbers that a spreadsheet has changed, phone numbers, placeholders."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from dci_common.registry.model.characters import digits

_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?(?!\d)")
_BUDDHIST_YEARS, _PERSIAN_YEARS = 543, 621  # ahead of, and behind, the Gregorian calendar
_OLDEST = 130
_FIRST_PERSIAN, _FIRST_PROBABLE = 1300, 1900
_EXPONENT = re.compile(r"[+-]?\d(?:[.,]\d+E[+-]?|E\+)\d{1,3}", re.IGNORECASE)
_WHOLE_DECIMAL = re.compile(r"(\d+)[.,]0+")
EXACT_DIGITS = 15  # which a spreadsheet keeps of a number
_FORMULA = "=+-@\t\r"
PLACEHOLDERS = {
    *("null", "(null)", "\\n", "n/a", "none", "undefined"),
    *("#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#num!", "#null!"),
}
_EXTERNAL_ID = re.compile(r"[a-z_][a-z0-9_]*\.[A-Za-z0-9_]*[A-Za-z][A-Za-z0-9_]*")
_NUMBERS = re.compile(r"[0-9][0-9\s.,/()-]*")
_SEPARATORS = re.compile(r"\s*(?:[/;,|\r\n&]|\bor\b|\band\b)\s*", re.IGNORECASE)
_USUAL_PHONE = re.compile(r"\+?[0-9](?: ?[0-9]){5,13}")
_CACHED_WORDS = 8192  # codes and names repeat
_PHONE_DIGITS = range(7, 16)  # of a whole number; E.164 has at most 15


class Issue(NamedTuple):
    """What is wrong with a value; `repaired` is what is read instead."""

    what: str
    is_impossible: bool = True
    repaired: str = ""


def is_usual(text: str) -> bool:
    """Return whether a text is neither a placeholder nor marked as a text by a spreadsheet, for certain."""
    return text[:1].isalnum() and text.rstrip().casefold() not in PLACEHOLDERS


@lru_cache(_CACHED_WORDS)
def is_usual_word(text: str) -> bool:
    """Return whether a text is certainly not a number, nor an external id."""
    return text[:1].isalpha() and "." not in text and text.rstrip().casefold() not in PLACEHOLDERS


def is_usual_key(text: str) -> bool:
    """Return whether a key is certainly not a number that a spreadsheet has changed."""
    is_exact = text[:1].isalpha() or (text.isalnum() and len(text) <= EXACT_DIGITS)
    return is_exact and text.rstrip().casefold() not in PLACEHOLDERS


def is_usual_day(text: str, before: str) -> bool:
    """Return whether a date is one of a year that is near, and before this one."""
    return "1900" <= text[:4] < before


def is_usual_phone(text: str) -> bool:
    """Return whether a text is certainly one phone number."""
    return _USUAL_PHONE.fullmatch(text) is not None


def is_usual_email(text: str) -> bool:
    """Return whether a text is certainly at most one e-mail address."""
    return is_usual(text) and text.count("@") == 1


def day(text: str, today: date, *, is_past: bool) -> Iterator[Issue]:
    """Check the year of a date, which may be known in part; one that is past cannot lie in the future."""
    found = _DATE.match(digits(text))
    if not found:
        return
    year = int(found[1])
    is_future = tuple(int(part) for part in found.groups() if part) > (today.year, today.month, today.day)
    looks_buddhist = today.year + _BUDDHIST_YEARS - _OLDEST <= year <= today.year + _BUDDHIST_YEARS
    if is_future and looks_buddhist:
        yield Issue("is in the future: a year of the Buddhist calendar is 543 too high", is_impossible=is_past)
    elif is_future and is_past:
        yield Issue("is in the future")
    elif _FIRST_PERSIAN <= year <= today.year - _PERSIAN_YEARS:
        yield Issue("looks like a year of the Persian or Islamic calendar", is_impossible=False)
    elif year < _FIRST_PROBABLE:
        yield Issue("is before 1900", is_impossible=False)


def is_before(first: str, second: str) -> bool:
    """Return whether a date is before another one for certain, as far as both are known."""
    known = min(len(first), len(second))
    is_date = _DATE.match(first) and _DATE.match(second)
    return bool(is_date) and first[:known] < second[:known]


def number(text: str, *, is_key: bool) -> Iterator[Issue]:
    """Check an identifier or phone number for the marks of a spreadsheet that took it for a number."""
    plain = digits(text.strip())
    if _EXPONENT.fullmatch(plain):
        yield Issue("is a number that a spreadsheet has rounded: format the column as text, and enter it again")
    elif found := _WHOLE_DECIMAL.fullmatch(plain):
        yield Issue("had decimals, which were removed", is_impossible=False, repaired=found[1])
    elif is_key and plain.isdecimal() and len(plain) > EXACT_DIGITS and not plain[EXACT_DIGITS:].strip("0"):
        yield Issue("may be a number that a spreadsheet has rounded", is_impossible=False)


def phone(text: str) -> Iterator[Issue]:
    """Check a phone number, of which number() has found nothing."""
    if _EXPONENT.fullmatch(digits(text.strip())):
        return
    count = sum(char.isdecimal() for char in text)
    if any(char.isalpha() for char in text):
        yield Issue("must not hold letters")
    elif count >= _PHONE_DIGITS.stop:
        yield Issue("has more than 15 digits", is_impossible=False)
    elif _is_abbreviated(text):
        yield Issue("may hold two numbers", is_impossible=False)


def _is_abbreviated(text: str) -> bool:
    """Return whether an end such as /8 may stand for a second number; 030/12345 is one with its area code."""
    start, _, end = text.rpartition("/")
    return 0 < sum(char.isdecimal() for char in end) < sum(char.isdecimal() for char in start)


def split_phones(text: str) -> list[str]:
    """Return the numbers of a text with several whole ones; others, such as 030/123456, stay as they are."""
    if is_usual_phone(text):
        return [text]
    return _split(text, lambda part: sum(char.isdecimal() for char in part) in _PHONE_DIGITS)


def split_emails(text: str) -> list[str]:
    """Return the addresses of a text with several."""
    return _split(text, lambda part: part.count("@") == 1) if text.count("@") > 1 else [text]


def email(text: str) -> Iterator[Issue]:
    """Check an e-mail address that split_emails() has not split."""
    if text.count("@") > 1:
        yield Issue("must hold one e-mail address")


def is_placeholder(text: str) -> bool:
    """Return whether a text is what is written where a value is missing, such as `N/A` or `--`."""
    plain = text.strip().casefold()
    is_blank = not any(char.isalnum() for char in plain) and not any(
        unicodedata.category(char)[0] in "LMN" for char in plain
    )
    return bool(plain) and (plain in PLACEHOLDERS or is_blank)


def name(text: str) -> Iterator[Issue]:
    """Check a person's name, which in the row of totals below a table is a number."""
    if _NUMBERS.fullmatch(digits(text)):
        yield Issue("is a number", is_impossible=False)


def external_id(text: str, *, is_impossible: bool) -> Iterator[Issue]:
    """Check a code for an external id of Odoo, which is impossible where a code has fixed values."""
    if _EXTERNAL_ID.fullmatch(text.strip()):
        yield Issue("is an external id of Odoo: give its name with --map", is_impossible=is_impossible)


def apostrophe(text: str, *, anywhere: bool) -> Issue | None:
    """Return the issue of a text with the apostrophe by which a spreadsheet marks a text.

    Names may begin with one: there it is a mark only before what a spreadsheet would take for a formula.
    """
    rest = text.strip().removeprefix("'")
    if rest != text.strip() and rest and (anywhere or rest[0] in _FORMULA):
        return Issue("had an apostrophe before it, which was removed", is_impossible=False, repaired=rest)
    return None


def _split(text: str, is_whole: Callable[[str], bool]) -> list[str]:
    parts = [part for part in _SEPARATORS.split(text.strip()) if part]
    return parts if len(parts) > 1 and all(map(is_whole, parts)) else [text]
