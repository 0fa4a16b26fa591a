"""What came of one attempt to deliver a page."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

from pydantic_core import from_json

if TYPE_CHECKING:
    from dci_common.outbound.answers import HttpAnswer

Result = Literal["delivered", "refused", "gone", "too_large", "failed"]
_REFUSALS = {"NACK", "ERR"}


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt: its HTTP status, 0 without an answer; a sentence for operators; and how many milliseconds it took.

    `retry_after` is the pause that the receiver asked for, in seconds.
    """

    result: Result
    status: int = 0
    reason: str = ""
    latency: int = 0
    retry_after: int | None = None


def read_attempt(answer: HttpAnswer, latency: int) -> Attempt:
    """Return the attempt that an answer ends.

    Any 2xx is success, unless its body says explicitly that the message was refused: receivers answer many things.
    """
    status = answer.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        if _is_refusal(answer.body):
            return Attempt("refused", status, "The receiver answered with NACK or ERR.", latency)
        return Attempt("delivered", status, "", latency)
    result: Result = "failed"
    if status == HTTPStatus.GONE:
        result = "gone"
    elif status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        result = "too_large"
    return Attempt(result, status, f"The receiver answered with HTTP status {status}.", latency, answer.retry_after)


def _is_refusal(body: bytes) -> bool:
    try:
        content = from_json(body)
    except ValueError:
        return False
    message = content.get("message") if isinstance(content, dict) else None
    stated = [part.get("ack_status") for part in (content, message) if isinstance(part, dict)]
    return any(isinstance(status, str) and status.upper() in _REFUSALS for status in stated)
