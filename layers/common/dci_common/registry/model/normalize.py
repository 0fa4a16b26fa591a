"""How values are normalised, so that those that are equal match, and sort as the values do.

Records and queries are normalised alike; docs/search.md shows which forms are equal. A change of either raises
`rules.VERSION`, and keeps the former normalisation for tables that have it (former_rules.py). An empty string says
that the value is not of the type. Everything sorts as its UTF-8 bytes do, as DynamoDB sorts it.
"""

from __future__ import annotations

import calendar
import math
import re
import struct
import traceback
import unicodedata
from collections.abc import Collection
from datetime import UTC, date, datetime
from functools import lru_cache

from dci_common.registry.model.characters import DIALLED, LETTERS, VISIBLE, digits

MAX_VALUE_BYTES = 512
_MAX_TEXT_BYTES = 256  # names are matched on this much of them
_CACHED_VALUES = 8192  # of each type: places, occupations, names and a household's values repeat
_CACHED_TYPES = 256  # a registry has few identifier types
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(T[0-9:.]+(Z|[+-][0-9:]+)?)?")
_PART_OF_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?")
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?")
_DIALLED = re.compile(r"\+?[0-9]+")
_NO_COUNTRY = "ZZ"  # as phonenumbers calls it
_BOOLEANS = {"true": "true", "1": "true", "yes": "true", "false": "false", "0": "false", "no": "false"}


@lru_cache(_CACHED_TYPES)
def identifier_type(value: str) -> str:
    """Return an identifier type in upper case, with single spaces."""
    return " ".join(value.split()).upper()


def identifier(value: str) -> str:
    """Return an identifier's value without invisible characters and surrounding spaces, with the digits 0 to 9."""
    return value.strip() if value.isascii() else value.translate(VISIBLE).strip()


def phone(value: str, country: str = "") -> str:
    """Return a phone number in its international form (E.164), without punctuation.

    A number in national form has one if `country` (ISO 3166-1 alpha-2) is given. What is not just a number, or has a
    length that no such number has, only loses its punctuation.
    """
    dialled = value.translate(DIALLED)
    dialled = "+" + dialled[2:] if dialled.startswith("00") else dialled
    return _international(dialled, country) if _DIALLED.fullmatch(dialled) else dialled


@lru_cache(_CACHED_VALUES)
def _international(dialled: str, country: str) -> str:
    written = _e164(dialled, country)
    # Of some numbers that nobody has, a zero would be dropped again and again.
    return written if written == dialled or written == _e164(written, country) else dialled


def _e164(dialled: str, country: str) -> str:
    import phonenumbers  # noqa: PLC0415 - a cold start without a phone number must not wait for it

    if not country and not _may_have_calling_code(dialled, phonenumbers.COUNTRY_CODE_TO_REGION_CODE):
        return dialled  # as parse() would find, more slowly
    try:
        number = phonenumbers.parse(dialled, country or _NO_COUNTRY)
    except phonenumbers.NumberParseException as error:
        traceback.clear_frames(error.__traceback__)  # one holds the error: a cycle, with all that our callers hold
        return dialled
    if not phonenumbers.is_possible_number(number):
        return dialled
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _may_have_calling_code(dialled: str, known: Collection[int]) -> bool:
    """Return whether a number may begin with a plus and the calling code of a country, of up to three digits."""
    return dialled[0] == "+" and any(int(dialled[1:end]) in known for end in range(2, len(dialled[:4]) + 1))


def email(value: str) -> str:
    """Return an e-mail address without differences of case."""
    return value.strip().casefold()


@lru_cache(_CACHED_VALUES)
def name(value: str) -> str:
    """Return a person's name, or another text, without differences of accents, case, punctuation, spacing or script.

    The script's differences are those of digits, and of the letters that keyboards for Arabic, Persian and Urdu have.
    """
    if value.isascii():  # the same, faster: imports spend most of their time here
        return "-".join(_ASCII_WORD.findall(value.lower()))[:_MAX_TEXT_BYTES].removesuffix("-")
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", value).casefold())
    words = unicodedata.normalize("NFKD", decomposed.translate(LETTERS)).split()
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
    written = _DATE.fullmatch(digits(value))
    try:
        return date.fromisoformat(written[1] if written else "").isoformat()
    except ValueError:
        return ""


@lru_cache(_CACHED_VALUES)
def partial_date(value: str) -> str:
    """Return a date as `day` does; a year or a month as its first and last day: `1982-05-01~1982-05-31`."""
    part = _PART_OF_DATE.fullmatch(digits(value))
    if part is None:
        return day(value)
    year, first, last = int(part[1]), int(part[2] or 1), int(part[2] or 12)
    try:
        return f"{date(year, first, 1)}~{date(year, last, calendar.monthrange(year, last)[1])}"
    except ValueError:
        return ""


def utc_day(value: str) -> str:
    """Return the date, in UTC, of a date-time with an offset, or of a date."""
    value = digits(value)
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
