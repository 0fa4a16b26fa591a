"""Values as they are matched: strings that are equal when the values are, and sort as the values do.

Records and queries are brought into these forms alike. Everything sorts as its UTF-8 bytes do, as DynamoDB sorts it.
"""

from __future__ import annotations

import math
import re
import struct
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum

from dci_common.registry import forms

_MAX_TEXT_BYTES = 256  # names are matched on this much of them
_FIRST_ACCENT = 10  # combining classes below it belong to the letters of their script, such as the virama
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(T[0-9:.]+(Z|[+-][0-9:]+)?)?")
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?")
_SEXES = {"m": "male", "f": "female", "o": "other", "u": "unknown"}
_TRUTHS = {"true": "true", "1": "true", "yes": "true", "false": "false", "0": "false", "no": "false"}


def text(value: str) -> str:
    """Return a name or a word as it is matched: compatibility forms, accents, case and punctuation do not count."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", value).casefold())
    letters = (char for char in plain if unicodedata.combining(char) < _FIRST_ACCENT)
    words = "".join(char if unicodedata.category(char)[0] in "LMN" else " " for char in letters).split()
    joined = "-".join(words)
    return joined.encode()[:_MAX_TEXT_BYTES].decode(errors="ignore")


def number(value: str) -> str:
    """Return a number's 64 bits (IEEE 754) in hexadecimal, turned so that they sort as numbers do; "" for none."""
    if not _NUMBER.fullmatch(value) or not math.isfinite(float(value)):
        return ""
    (bits,) = struct.unpack(">Q", struct.pack(">d", float(value) + 0.0))  # -0.0 becomes 0.0
    return f"{bits ^ (0xFFFFFFFFFFFFFFFF if bits >> 63 else 1 << 63):016x}"


def day(value: str) -> str:
    """Return the date of a date or date-time, as written; "" for none."""
    written = _DATE.fullmatch(value)
    try:
        return date.fromisoformat(written[1] if written else "").isoformat()
    except ValueError:
        return ""


def moment_day(value: str) -> str:
    """Return the date, in UTC, of a moment with an offset or of a date; "" for none."""
    try:
        if len(value) <= len("2026-01-31"):
            return day(value)
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC).date().isoformat() if moment.tzinfo else ""
    except (ValueError, OverflowError):
        return ""


def sex(value: str) -> str:
    """Return the standard's word for a sex, also for its first letter."""
    word = text(value)
    return _SEXES.get(word, word)


def truth(value: str) -> str:
    """Return `true` or `false`; "" for what is neither."""
    return _TRUTHS.get(value.casefold(), "")


def identifier(value: str) -> str:
    """Return an identifier's value as it is matched: as it is."""
    return value.strip()


@dataclass(frozen=True, slots=True)
class Form:
    """A type of values: how one is matched ("" when it is not of the type), and what a partner may send."""

    match: Callable[[str], str]
    expected: str
    ordered: bool = True


class Type(Enum):
    """The types of the catalogue's attributes."""

    IDENTIFIER = Form(identifier, "a string or a number", ordered=False)  # a lookup item with one owner
    PHONE = Form(forms.phone, "a phone number", ordered=False)  # a lookup partition with any number of owners
    EMAIL = Form(forms.email, "an e-mail address", ordered=False)
    DATE = Form(day, "a date such as 1990-01-31")
    MOMENT = Form(moment_day, "a date such as 2026-01-31")
    NUMBER = Form(number, "a number such as 2.5")
    TEXT = Form(text, "letters or digits")
    SEX = Form(sex, "male, female, other or unknown")
    TRUTH = Form(truth, "true or false", ordered=False)

    @property
    def is_lookup(self) -> bool:
        """Whether values of this type have items of their own, in which their owners are looked up."""
        return self in {Type.IDENTIFIER, Type.PHONE, Type.EMAIL}


def years_before(today: date, years: int) -> date | None:
    """Return the latest birth date of those who are `years` old on `today`; None when it is before all dates."""
    year = today.year - years
    if year < 1:
        return None
    try:
        return today.replace(year=year)
    except ValueError:  # 29 February: who was born on it has a birthday on 1 March
        return date(year, 2, 28)


def next_day(value: str) -> str:
    """Return the day after."""
    return (date.fromisoformat(value) + timedelta(days=1)).isoformat()
