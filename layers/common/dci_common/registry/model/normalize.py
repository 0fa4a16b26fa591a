"""The forms in which identifiers, phone numbers and e-mail addresses are matched, and what values must be like."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import lru_cache

from pydantic import ValidatorFunctionWrapHandler
from pydantic_core import PydanticCustomError

MAX_VALUE_BYTES = 512
_REMEMBERED_TYPES = 256  # a registry has few
_PHONE_PUNCTUATION = re.compile(r"[\s().\-/]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@lru_cache(_REMEMBERED_TYPES)
def identifier_type(text: str) -> str:
    """Return an identifier type as it is matched: case and spacing do not count."""
    return " ".join(text.split()).upper()


def phone(text: str) -> str:
    """Return a phone number as it is matched: no punctuation, and `+` for an international `00`."""
    digits = _PHONE_PUNCTUATION.sub("", text)
    return "+" + digits[2:] if digits.startswith("00") else digits


def email(text: str) -> str:
    """Return an e-mail address as it is matched: case does not count."""
    return text.strip().casefold()


def check_text(text: str) -> str:
    """Refuse control characters but tabs and line ends, and lone surrogates: no name has them.

    Other invisible characters stay: Sinhala, Persian and more are written with joiners.
    """
    if not text.isprintable() and _CONTROL.search(text):  # most texts are printable, which is known sooner
        raise PydanticCustomError("rule", "must not hold control characters")
    return text


def read_date(value: object, read: ValidatorFunctionWrapHandler) -> date:
    """Read a calendar date. A number is refused, it would be taken for seconds since 1970."""
    if isinstance(value, date) or (isinstance(value, str) and _DATE.match(value)):
        with suppress(ValueError):
            day: date = read(value)
            return day
    raise PydanticCustomError("rule", "must be a date such as 1990-01-31")


def read_moment(value: object, read: ValidatorFunctionWrapHandler) -> datetime:
    """Read a moment; one without a time zone is in UTC."""
    if isinstance(value, date) or (isinstance(value, str) and _DATE.match(value)):
        with suppress(ValueError, OverflowError):
            moment: datetime = read(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    raise PydanticCustomError("rule", "must be a moment such as 2026-01-31T09:30:00Z")


def check_size(text: str) -> str:
    """Refuse what is too long to be a key."""
    if len(text.encode()) > MAX_VALUE_BYTES:
        raise PydanticCustomError("rule", "must have at most 512 bytes")
    return text


def check_identifier_type(text: str) -> str:
    """Refuse `#`, which ends the type in the key of an identifier."""
    if "#" in text:
        raise PydanticCustomError("rule", "must not hold #")
    return check_size(identifier_type(text)) and text


def check_phone(text: str) -> str:
    """Refuse a phone number without a digit."""
    if not any(char.isdecimal() for char in text):
        raise PydanticCustomError("rule", "must hold digits")
    return check_size(phone(text)) and text


def check_email(text: str) -> str:
    """Refuse an e-mail address without its two parts."""
    local, at, domain = text.rpartition("@")
    if not (local and at and domain):
        raise PydanticCustomError("rule", "must be an e-mail address")
    return check_size(email(text)) and text
