"""How values are normalised, so that those that are equal match, and sort as the values do.

Records and queries are normalised alike. An empty string says that the value is not of the type. Everything sorts as
its UTF-8 bytes do, as DynamoDB sorts it.
"""

from __future__ import annotations

import math
import re
import struct
import unicodedata
from datetime import UTC, date, datetime
from functools import lru_cache

MAX_VALUE_BYTES = 512
_MAX_TEXT_BYTES = 256  # names are matched on this much of them
_CACHED_VALUES = 8192  # of each type: places, occupations, names and a household's values repeat
_CACHED_TYPES = 256  # a registry has few identifier types
_PHONE_PUNCTUATION = re.compile(r"[\s().\-/]+")
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_FIRST_ACCENT = 10  # combining classes below it belong to the letters of their script, such as the virama
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(T[0-9:.]+(Z|[+-][0-9:]+)?)?")
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?")
# Letters that Unicode does not decompose, without their strokes and ligatures.
_BASE_LETTERS = str.maketrans(
    {"đ": "d", "ð": "d", "ø": "o", "ł": "l", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"}
)
_BOOLEANS = {"true": "true", "1": "true", "yes": "true", "false": "false", "0": "false", "no": "false"}


@lru_cache(_CACHED_TYPES)
def identifier_type(value: str) -> str:
    """Return an identifier type in upper case, with single spaces."""
    return " ".join(value.split()).upper()


def identifier(value: str) -> str:
    """Return an identifier's value as it is, without surrounding spaces."""
    return value.strip()


def phone(value: str) -> str:
    """Return a phone number without punctuation, an international `00` written as `+`."""
    digits = _PHONE_PUNCTUATION.sub("", value)
    return "+" + digits[2:] if digits.startswith("00") else digits


def email(value: str) -> str:
    """Return an e-mail address without differences of case."""
    return value.strip().casefold()


@lru_cache(_CACHED_VALUES)
def name(value: str) -> str:
    """Return a person's name, or another text, without differences of accents, case, punctuation or spacing."""
    if value.isascii():  # the same, faster: imports spend most of their time here
        return "-".join(_ASCII_WORD.findall(value.lower()))[:_MAX_TEXT_BYTES].removesuffix("-")
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", value).casefold())
    letters = (char for char in decomposed.translate(_BASE_LETTERS) if unicodedata.combining(char) < _FIRST_ACCENT)
    words = "".join(char if unicodedata.category(char)[0] in "LMN" else " " for char in letters).split()
    cut = "-".join(words).encode()[:_MAX_TEXT_BYTES].decode(errors="ignore")
    return cut.removesuffix("-")


@lru_cache(_CACHED_VALUES)
def number(value: str) -> str:
    """Return a number's 64 bits (IEEE 754) in hexadecimal, changed so that they sort as the numbers do."""
    if not _NUMBER.fullmatch(value) or not math.isfinite(float(value)):
        return ""
    (bits,) = struct.unpack(">Q", struct.pack(">d", float(value) + 0.0))  # -0.0 becomes 0.0
    return f"{bits ^ (0xFFFFFFFFFFFFFFFF if bits >> 63 else 1 << 63):016x}"


@lru_cache(_CACHED_VALUES)
def day(value: str) -> str:
    """Return the date of a date or date-time, as written."""
    written = _DATE.fullmatch(value)
    try:
        return date.fromisoformat(written[1] if written else "").isoformat()
    except ValueError:
        return ""


def utc_day(value: str) -> str:
    """Return the date, in UTC, of a date-time with an offset, or of a date."""
    try:
        if len(value) <= len("2026-01-31"):
            return day(value)
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC).date().isoformat() if moment.tzinfo else ""
    except (ValueError, OverflowError):
        return ""


def boolean(value: str) -> str:
    """Return `true` or `false`."""
    return _BOOLEANS.get(value.casefold(), "")
