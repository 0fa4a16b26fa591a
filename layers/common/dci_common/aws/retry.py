"""The one retry policy: which calls may be repeated, how often, and how long to pause in between.

A failed call is one of three kinds.

| kind | examples | repeated |
|---|---|---|
| it did not happen | throttled, no connection | always |
| it may have happened | the answer was lost, HTTP 5xx | only where a repetition changes nothing |
| it was rejected | a condition does not hold, access denied | never |
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ProxyConnectionError,
    SSLError,
)

from dci_common.deadline import current_deadline

_THROTTLED = {
    "KmsThrottled",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "Throttling",
    "ThrottlingException",
}
_DID_NOT_HAPPEN = {*_THROTTLED, "ReplicatedWriteConflictException", "TransactionConflictException"}
_MAY_HAVE_HAPPENED = {"InternalServerError", "ServiceUnavailable", "TransactionInProgressException"}
_READS = {"BatchGetItem", "DescribeSecret", "GetItem", "GetSecretValue", "Query"}
# AWS recognises a repetition of these by the token that they carry.
WITH_TOKEN = {"CreateSecret", "PutSecretValue", "RotateSecret", "TransactWriteItems"}
# DeleteSecret may find none, or one that is to be deleted already.
_REPLACING = {"DeleteItem", "DeleteSecret", "PutItem", "RestoreSecret"}
# A repetition may add a second message, which changes nothing: SQS delivers messages more than once anyway, and who
# receives one does only what its item in ExchangeTable says is still to be done.
_REPEATABLE = {*_READS, *WITH_TOKEN, "BatchWriteItem", "SendMessage"}
_ASSIGNMENTS = re.compile(r"SET [#\w]+ = :\w+(, [#\w]+ = :\w+)*")


class Backoff(NamedTuple):
    """How often something is attempted, and how long the pauses are, in seconds.

    A pause is drawn between nothing and a bound, so that competing callers do not collide again. The bound is `first`
    before the second attempt, doubles with each further attempt, and stops growing at `longest`.
    """

    attempts: int
    first: float
    longest: float

    def bound(self, attempt: int) -> float:
        """Return the longest pause after this attempt; the first attempt is 1."""
        return min(self.longest, math.ldexp(self.first, min(attempt - 1, 64)))


class Retry:
    """Makes attempts with pauses: `sleep` waits so many seconds, `uniform` draws a number between two bounds."""

    def __init__(self, sleep: Callable[[float], object], uniform: Callable[[float, float], float]) -> None:
        self._sleep = sleep
        self.uniform = uniform

    def attempts(self, backoff: Backoff, seconds_left: Callable[[], float] | None = None) -> Iterator[int]:
        """Yield the number of each attempt, starting at 1, and pause before each further one.

        The iterator ends after the last attempt, or when less than the next pause is left: of the time for calls to
        AWS, unless `seconds_left` says otherwise. The caller then raises:

            for _ in retry.attempts(backoff):
                with suppress(WriteConflict):
                    return write()
            raise Unavailable(...)
        """
        for attempt in itertools.count(1):
            yield attempt
            if not self.pause(backoff, attempt, seconds_left):
                return

    def pause(self, backoff: Backoff, attempt: int, seconds_left: Callable[[], float] | None = None) -> bool:
        """Pause after a failed attempt; return False at once where no further attempt may follow it."""
        seconds = self.uniform(0, backoff.bound(attempt))
        left = seconds_left or current_deadline().call_seconds
        if attempt >= backoff.attempts or seconds >= left():
            return False
        self._sleep(seconds)
        return True


def is_throttled(error: BaseException) -> bool:
    """Return whether AWS rejected a call because too many are made."""
    return isinstance(error, ClientError) and _code(error) in _THROTTLED


def may_repeat(error: BotoCoreError | ClientError, operation: str, request: Mapping[str, Any]) -> bool:
    """Return whether a failed call may be made again: it did not happen, or a repetition changes nothing."""
    if _did_not_happen(error):
        return True
    return may_have_happened(error) and is_idempotent(operation, request)


def is_idempotent(operation: str, request: Mapping[str, Any]) -> bool:
    """Return whether a call that happens twice leaves and returns what it does when it happens once.

    A write with a condition is not idempotent: its repetition would fail on its own effect.
    """
    if operation in _REPEATABLE:
        return True
    if "ConditionExpression" in request or "ReturnValues" in request:
        return False
    if operation == "UpdateItem":
        return _ASSIGNMENTS.fullmatch(request.get("UpdateExpression", "")) is not None
    return operation in _REPLACING


def _did_not_happen(error: BotoCoreError | ClientError) -> bool:
    if isinstance(error, ClientError):
        return _code(error) in _DID_NOT_HAPPEN
    return isinstance(error, EndpointConnectionError | ConnectTimeoutError | ProxyConnectionError)


def may_have_happened(error: BotoCoreError | ClientError) -> bool:
    """Return whether a failed call may have had its effect: its answer was lost, or the service failed."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= HTTPStatus.INTERNAL_SERVER_ERROR or _code(error) in _MAY_HAVE_HAPPENED
    return isinstance(error, HTTPClientError | SSLError)


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
