"""What comes of a request: an answer, or the reason why it is missing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime

MAX_RETRY_AFTER = 86_400
_MAX_DATE_CHARACTERS = 64
_SECONDS = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An HTTP response, whatever its status. `retry_after` is in seconds; None where the response does not say it.

    The body has what was read of it: an answer that is too long ends where the limit is.
    """

    status: int
    retry_after: int | None
    body: bytes = field(repr=False)


class RequestFailed(Exception):
    """There is no answer. `reason` is a sentence for operators: nothing that was sent or received is in it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotSent(RequestFailed):
    """Nothing of the body was sent: the request is malformed, or there is no connection that may be used."""


class NoAnswer(RequestFailed):
    """The body may have arrived, but no complete answer did."""


def read_retry_after(values: Iterable[str], now: float) -> int | None:
    """Return the seconds that the first of some Retry-After headers asks for, from 0 to MAX_RETRY_AFTER.

    It has seconds or a date (RFC 9110 §10.2.3); None where it has neither. `now` is in epoch seconds.
    """
    text = next(iter(values), "").strip()
    if _SECONDS.fullmatch(text):
        digits = text.lstrip("0")[: len(str(MAX_RETRY_AFTER)) + 1]  # more of them than int() accepts may be sent
        return min(int(digits or "0"), MAX_RETRY_AFTER)
    if len(text) > _MAX_DATE_CHARACTERS:
        return None
    try:
        date = parsedate_to_datetime(text)
        seconds = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return max(0, min(round(seconds), MAX_RETRY_AFTER))
