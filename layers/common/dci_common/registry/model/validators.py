"""What the values of records must be like: validators of the models in records.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter, ValidatorFunctionWrapHandler
from pydantic_core import PydanticCustomError

from dci_common.registry.model import normalize
from dci_common.registry.model.characters import digits

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PLAIN_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_CACHED_DAYS = _CACHED_TEXTS = 8192  # as normalize.py caches
_DIGIT = re.compile(r"\d")
_LONGEST_CHARACTER = 4  # bytes
_MONTH_LENGTH = len("1990-01")
_date = TypeAdapter(date)


@lru_cache(_CACHED_TEXTS)
def check_text(text: str) -> str:
    """Reject control characters other than tabs and line ends, and lone surrogates.

    Other invisible characters are accepted: Sinhala, Persian and more are written with joiners.
    """
    return _check_characters(text)


def _check_characters(text: str) -> str:
    if not text.isprintable() and _CONTROL.search(text):  # most texts are printable, which is faster to check
        raise PydanticCustomError("rule", "must not hold control characters")
    return text


def read_date(value: object, read: Callable[[object], Any]) -> date:
    """Read a calendar date. A number is rejected: pydantic would take it for seconds since 1970."""
    value = digits(value) if isinstance(value, str) else value
    if isinstance(value, str) and (plain := _plain_day(value)):
        return plain
    if isinstance(value, date) or (isinstance(value, str) and _DATE.match(value)):
        with suppress(ValueError):
            day: date = read(value)
            return day
    raise PydanticCustomError("rule", "must be a date such as 1990-01-31")


def read_partial_date(value: object) -> str:
    """Read a calendar date, or the year or the month of one that is not known further."""
    text = digits(value) if isinstance(value, str) else ""
    if _plain_day(text):
        return text
    if text and len(text) <= _MONTH_LENGTH and normalize.partial_date(text):
        return text
    try:
        return read_date(value, _date.validate_python).isoformat()
    except PydanticCustomError:
        raise PydanticCustomError("rule", "must be a date such as 1990-01-31, 1990-01 or 1990") from None


@lru_cache(_CACHED_DAYS)
def _plain_day(text: str) -> date | None:
    """Return a calendar date in its usual form: as pydantic reads it, but faster."""
    with suppress(ValueError):
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    return None


def read_moment(value: object, read: ValidatorFunctionWrapHandler) -> datetime:
    """Read a date-time; one without an offset is in UTC."""
    value = digits(value) if isinstance(value, str) else value
    if isinstance(value, date) or (isinstance(value, str) and _DATE.match(value)):
        with suppress(ValueError, OverflowError):
            if isinstance(value, str) and _PLAIN_MOMENT.fullmatch(value):
                return datetime.fromisoformat(value)
            moment: datetime = read(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    raise PydanticCustomError("rule", "must be a moment such as 2026-01-31T09:30:00Z")


def check_size(text: str) -> str:
    """Reject what is too long to be a key."""
    if len(text) * _LONGEST_CHARACTER > normalize.MAX_VALUE_BYTES < len(text.encode()):
        raise PydanticCustomError("rule", "must have at most 512 bytes")
    return text


def check_identifier(text: str) -> str:
    """Reject an identifier of which nothing can be seen, or that is too long to be a key."""
    if not normalize.identifier(_check_characters(text)):
        raise PydanticCustomError("rule", "must not be empty")
    return check_size(text)


def check_identifier_type(text: str) -> str:
    """Reject `#`, which ends the type in the key of an identifier."""
    if "#" in check_text(text):  # of which a registry has few
        raise PydanticCustomError("rule", "must not hold #")
    return check_size(normalize.identifier_type(text)) and text


def check_phone(text: str) -> str:
    """Reject a phone number without a digit."""
    if not _DIGIT.search(_check_characters(text)):
        raise PydanticCustomError("rule", "must hold digits")
    return check_size(text)


def check_email(text: str) -> str:
    """Reject an e-mail address without its two parts."""
    local, at, domain = _check_characters(text).rpartition("@")
    if not (local and at and domain):
        raise PydanticCustomError("rule", "must be an e-mail address")
    return check_size(normalize.email(text)) and text
