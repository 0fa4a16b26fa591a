"""Quota: how many requests a minute and records a day a client may use, counted in ExchangeTable.

A request reserves the records that it may find. The people whom groups show as their members are known only later, so
they are added before the answer is sent.

| pk | sk | carries |
|---|---|---|
| `RATE#<client id>` | `DAY#<date>` | `records` disclosed or reserved, `requests` of the minute `of_minute` |
| | | `queue` and `due` near the limit (near_limits.py) |

One conditional write adds to the counts only if they stay within the limits, so they are exact however many functions
count concurrently. The write runs in parallel with the search; its result is checked before anything is disclosed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from dci_common.aws.retry import Backoff
from dci_common.deadline import with_deadline
from dci_common.errors import LimitExceeded, Unavailable
from dci_common.exchange.near_limits import KEPT_SECONDS, is_near, mark_near_limit, rate_key
from dci_common.logs import log_failure
from dci_common.timestamps import day

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from dci_common.runtime import Runtime

P = ParamSpec("P")
R = TypeVar("R")
_MINUTE, _DAY = 60, 86_400
_NO_LIMIT = 10**15
# An attempt fails only when a concurrent request was counted. There is no pause: the first request of each minute
# always needs a second attempt.
_CONFLICTS = Backoff(attempts=10, first=0, longest=0)

_WITHIN_A_MINUTE = {
    "UpdateExpression": "ADD requests :one, records :records",
    "ConditionExpression": "of_minute = :minute AND requests < :limit AND records <= :room",
}
_MORE_RECORDS = {
    "UpdateExpression": "ADD records :records",
    "ConditionExpression": "records <= :room",
}
_FIRST_OF_A_MINUTE = {
    "UpdateExpression": "SET of_minute = :minute, requests = :one, expires = :expires ADD records :records",
    "ConditionExpression": "(attribute_not_exists(of_minute) OR of_minute < :minute)"
    " AND (attribute_not_exists(records) OR records <= :room) AND :limit >= :one",
}


class Reservation(NamedTuple):
    """The records that a request may disclose, and `a_day`, the client's limit of them; 0 means no limit.

    `counting` results in the limit that they exceed, or None. It is None itself where the client has no limits.
    """

    client_id: str
    date: str
    records: int
    a_day: int
    counting: Future[LimitExceeded | None] | None


class OwnThread(Executor):
    """Does what it is given at once, where nothing else is to be done meanwhile."""

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Return what has been done. Errors are raised here."""
        done: Future[R] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


class Quotas:
    """Counts the requests and records of all clients, as one function instance sees them."""

    def __init__(self, runtime: Runtime, threads: Executor) -> None:
        self._runtime = runtime
        self._threads = threads
        # By client: the minute that has no request left, and the limit that was reached.
        self._exhausted: dict[str, tuple[int, int]] = {}
        self._near: dict[str, str] = {}  # by client: the last day on which it was near its limit

    def reserve(self, client: Client, records: int) -> Reservation:
        """Start counting a request that may disclose so many records. Raises LimitExceeded."""
        settings, now = self._runtime.settings, int(self._runtime.clock())
        a_minute = settings.requests_a_minute if client.requests_a_minute is None else client.requests_a_minute
        a_day = settings.records_a_day if client.records_a_day is None else client.records_a_day
        if self._exhausted.get(client.client_id) == (now // _MINUTE, a_minute):
            raise _too_many_requests(a_minute, now)
        if a_day and records > a_day:
            raise LimitExceeded(
                f"This client may receive {a_day} records a day, and this request asks for up to {records}: ask for "
                "smaller pages, and for fewer items at once.",
                retry_after=None,
            )
        counting = (
            self._threads.submit(with_deadline(self._count), client.client_id, records, a_minute, a_day, now)
            if a_minute or a_day
            else None
        )
        return Reservation(client.client_id, str(day(now)), records, a_day, counting)

    def check(self, reservation: Reservation) -> None:
        """Wait until a reservation is counted. Raises LimitExceeded when it exceeds a limit."""
        exceeded = reservation.counting.result() if reservation.counting else None
        if exceeded:
            raise exceeded

    def reserve_more(self, reservation: Reservation, disclosed: int) -> None:
        """Count what a request discloses beyond its reservation.

        Raises LimitExceeded: then no more is counted; and Unavailable.
        """
        more = disclosed - reservation.records
        if more <= 0 or reservation.counting is None:
            return
        room = (reservation.a_day or _NO_LIMIT) - more
        try:
            values = {":records": more, ":room": room}
            is_counted, counts = self._update(reservation.client_id, reservation.date, values, _MORE_RECORDS)
        except (BotoCoreError, ClientError) as error:
            raise Unavailable("The disclosure cannot be counted; try again shortly.", retry_after=5) from error
        self._note(reservation.client_id, reservation.date, counts, reservation.a_day)
        if not is_counted:
            raise _too_many_members(reservation.a_day, int(self._runtime.clock()))

    def release_unused(self, reservation: Reservation, disclosed: int) -> None:
        """Release what was reserved and not disclosed; when that fails, it stays counted until the day ends."""
        unused = reservation.records - disclosed
        try:
            if unused > 0 and reservation.counting and reservation.counting.result() is None:
                self._update(
                    reservation.client_id,
                    reservation.date,
                    {":records": -unused},
                    {"UpdateExpression": "ADD records :records"},
                )
        except (BotoCoreError, ClientError, Unavailable) as error:
            log_failure(error, "")

    def _count(self, client_id: str, records: int, a_minute: int, a_day: int, now: int) -> LimitExceeded | None:
        """Count the request; where that would exceed a limit, return the error instead."""
        minute, limit, room = now // _MINUTE, a_minute or _NO_LIMIT, (a_day or _NO_LIMIT) - records
        values = {":one": 1, ":records": records, ":limit": limit, ":room": room, ":minute": minute}
        rule = _WITHIN_A_MINUTE
        for _ in self._runtime.retry.attempts(_CONFLICTS):
            expires = {":expires": now + KEPT_SECONDS} if rule is _FIRST_OF_A_MINUTE else {}
            is_counted, found = self._update(client_id, str(day(now)), values | expires, rule)
            self._note(client_id, str(day(now)), found, a_day)
            if is_counted:
                return None
            # A function whose clock is ahead may have started the next minute: then this request counts in it.
            values[":minute"] = max(minute, found.get("of_minute", 0))
            is_begun = found.get("of_minute", 0) == values[":minute"]
            if is_begun and found["requests"] >= limit:
                self._exhausted[client_id] = values[":minute"], a_minute
                return _too_many_requests(a_minute, now)
            if found.get("records", 0) > room:
                return _too_many_records(a_day, records, now)
            rule = _WITHIN_A_MINUTE if is_begun else _FIRST_OF_A_MINUTE
        raise Unavailable("The registry is busy; try again shortly.", retry_after=2)

    def _note(self, client_id: str, date: str, counts: dict[str, int], a_day: int) -> None:
        """List a client that is near its limit, once a day."""
        if is_near(counts.get("records", 0), a_day) and self._near.get(client_id) != date:
            self._near[client_id] = date
            mark_near_limit(self._runtime, client_id, date)

    def _update(
        self, client_id: str, date: str, values: dict[str, int], rule: dict[str, str]
    ) -> tuple[bool, dict[str, int]]:
        """Change a day's counts if the condition holds; return whether it does, and the counts as they are then."""
        request: dict[str, Any] = {**rule, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        try:
            answer = self._runtime.dynamodb.update_item(
                TableName=self._runtime.settings.exchange_table,
                Key=rate_key(client_id, date),
                ExpressionAttributeValues={name: {"N": str(value)} for name, value in values.items()},
                ReturnValues="UPDATED_NEW",
                **request,
            )
        except self._runtime.dynamodb.exceptions.ConditionalCheckFailedException as error:
            item: dict[str, Any] = error.response.get("Item", {})  # type: ignore[assignment] # the old item
            return False, _numbers(item)
        return True, _numbers(answer.get("Attributes", {}))


def _numbers(item: Mapping[str, Any]) -> dict[str, int]:
    return {name: int(value["N"]) for name, value in item.items() if "N" in value}


def _too_many_requests(a_minute: int, now: int) -> LimitExceeded:
    return LimitExceeded(
        f"This client may make {a_minute} requests a minute: wait, or ask for several things in one message.",
        retry_after=_MINUTE - now % _MINUTE,
    )


def _too_many_members(a_day: int, now: int) -> LimitExceeded:
    return LimitExceeded(
        f"This client may receive {a_day} records a day, and the members that the groups show exceed that: ask for "
        "smaller pages, or try again tomorrow.",
        retry_after=_DAY - now % _DAY,
    )


def _too_many_records(a_day: int, records: int, now: int) -> LimitExceeded:
    return LimitExceeded(
        f"This client may receive {a_day} records a day, and this request, which asks for up to {records}, exceeds "
        "that: ask for smaller pages, or try again tomorrow.",
        retry_after=_DAY - now % _DAY,
    )
