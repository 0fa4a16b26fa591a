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
from functools import lru_cache
from typing import get_args

from dci_common.registry.model import normalize
from dci_common.registry.model.base import MaritalStatus, Sex

_MAX_TEXT_BYTES = 256  # names are matched on this much of them
_REMEMBERED = 8192  # of each type: places, occupations, names and a household's values come again and again
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_FIRST_ACCENT = 10  # combining classes below it belong to the letters of their script, such as the virama
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(T[0-9:.]+(Z|[+-][0-9:]+)?)?")
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?")
# Letters that Unicode does not decompose, without their strokes and ligatures.
_PLAIN_LETTERS = str.maketrans(
    {"đ": "d", "ð": "d", "ø": "o", "ł": "l", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"}
)
_SEXES: dict[str, str] = {written: word for word in get_args(Sex) for written in (word, word[0])}
# The standard's codes and the words for them, as they are matched.
_MARITAL_STATUSES: dict[str, str] = {
    **{code.lower(): code.lower() for code in get_args(MaritalStatus)},
    "single": "s",
    "never-married": "s",
    "married": "m",
    "widow": "w",
    "widower": "w",
    "widowed": "w",
    "annulled": "a",
    "divorced": "d",
    "separated": "l",
    "legally-separated": "l",
    "unmarried": "u",
}
_TRUTHS = {"true": "true", "1": "true", "yes": "true", "false": "false", "0": "false", "no": "false"}


@lru_cache(_REMEMBERED)
def text(value: str) -> str:
    """Return a name or a word as it is matched: compatibility forms, accents, case and punctuation do not count."""
    if value.isascii():  # the same, faster: an import spent most of its time here
        return "-".join(_ASCII_WORD.findall(value.lower()))[:_MAX_TEXT_BYTES].removesuffix("-")
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", value).casefold())
    letters = (char for char in plain.translate(_PLAIN_LETTERS) if unicodedata.combining(char) < _FIRST_ACCENT)
    words = "".join(char if unicodedata.category(char)[0] in "LMN" else " " for char in letters).split()
    cut = "-".join(words).encode()[:_MAX_TEXT_BYTES].decode(errors="ignore")
    return cut.removesuffix("-")


@lru_cache(_REMEMBERED)
def number(value: str) -> str:
    """Return a number's 64 bits (IEEE 754) in hexadecimal, turned so that they sort as numbers do; "" for none."""
    if not _NUMBER.fullmatch(value) or not math.isfinite(float(value)):
        return ""
    (bits,) = struct.unpack(">Q", struct.pack(">d", float(value) + 0.0))  # -0.0 becomes 0.0
    return f"{bits ^ (0xFFFFFFFFFFFFFFFF if bits >> 63 else 1 << 63):016x}"


@lru_cache(_REMEMBERED)
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
    """Return the standard's word for a sex, also for its first letter; "" for what is none."""
    return _SEXES.get(text(value), "")


def marital_status(value: str) -> str:
    """Return the standard's code, in a small letter, for a marital status or a word for it; "" for what is none."""
    return _MARITAL_STATUSES.get(text(value), "")


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

    IDENTIFIER = Form(identifier, "a string, a number or a boolean", ordered=False)  # a lookup item with one owner
    PHONE = Form(normalize.phone, "a phone number", ordered=False)  # a lookup partition with any number of owners
    EMAIL = Form(normalize.email, "an e-mail address", ordered=False)
    DATE = Form(day, "a date such as 1990-01-31")
    MOMENT = Form(moment_day, "a date such as 2026-01-31")
    NUMBER = Form(
        number, "a number such as 2.5, with at most 18 digits on each side of the point and 2 in an exponent"
    )
    TEXT = Form(text, "letters or digits")
    SEX = Form(sex, "male, female, other or unknown")
    MARITAL_STATUS = Form(
        marital_status,
        "S (single), M (married), W (widowed), A (annulled), D (divorced), L (separated) or U (unmarried)",
    )
    TRUTH = Form(truth, "true or false", ordered=False)

    def __init__(self, form: Form) -> None:
        self.match = form.match  # at hand: an import asks for it some forty times a person, and `value` is slow

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
