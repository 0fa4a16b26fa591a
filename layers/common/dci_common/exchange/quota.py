"""How much a client may search: requests a minute and records a day, counted in ExchangeTable.

| pk | sk | carries |
|---|---|---|
| `RATE#<client id>` | `DAY#<date>` | `records` disclosed or reserved, `requests` of the minute `of_minute` |

A count only grows where it stays within the limit, by one conditional write: that is exact however many functions
count at once. The counting runs beside the search, and is looked at before anything is disclosed.
"""

from __future__ import annotations

from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from dci_common.edge.logs import log_failure
from dci_common.errors import ServiceUnavailable, TooManyRequests
from dci_common.timestamps import day

if TYPE_CHECKING:
    from dci_common.clients.store import Client
    from dci_common.runtime import Runtime

_MINUTE, _DAY = 60, 86_400
_NO_LIMIT = 10**15
_ATTEMPTS = 10  # a count changes between two looks at it only when somebody else counted

_WITHIN_A_MINUTE = {
    "UpdateExpression": "ADD requests :one, records :records",
    "ConditionExpression": "of_minute = :minute AND requests < :limit AND records <= :room",
}
_FIRST_OF_A_MINUTE = {
    "UpdateExpression": "SET of_minute = :minute, requests = :one, expires = :expires ADD records :records",
    "ConditionExpression": "(attribute_not_exists(of_minute) OR of_minute < :minute)"
    " AND (attribute_not_exists(records) OR records <= :room) AND :limit >= :one",
}


@dataclass(frozen=True, slots=True)
class Reservation:
    """What a request may disclose, while it is being counted: `refusal` says why it may not, None that it may."""

    client_id: str
    date: str
    records: int
    refusal: Future[TooManyRequests | None] | None


class Quotas:
    """Counts what clients use."""

    def __init__(self, runtime: Runtime, threads: Executor) -> None:
        self._runtime = runtime
        self._threads = threads
        # By client, the minute in which it has no request left, and the limit that says so.
        self._full: dict[str, tuple[int, int]] = {}

    def reserve(self, client: Client, records: int) -> Reservation:
        """Begin to count a request that may disclose so many records. Raises TooManyRequests."""
        settings, now = self._runtime.settings, int(self._runtime.clock())
        a_minute = settings.requests_a_minute if client.requests_a_minute is None else client.requests_a_minute
        a_day = settings.records_a_day if client.records_a_day is None else client.records_a_day
        if self._full.get(client.client_id) == (now // _MINUTE, a_minute):
            raise _too_often(a_minute, now)
        if a_day and records > a_day:
            raise TooManyRequests(
                f"This client may be given {a_day} records a day, and this request may find {records}: ask for "
                "smaller pages, and for fewer items at once.",
                retry_after=None,
            )
        counting = (
            self._threads.submit(self._count, client.client_id, records, a_minute, a_day, now)
            if a_minute or a_day
            else None
        )
        return Reservation(client.client_id, str(day(now)), records, counting)

    def check(self, reserved: Reservation) -> None:
        """Wait until a reservation is counted. Raises TooManyRequests where it is over a limit."""
        refusal = reserved.refusal.result() if reserved.refusal else None
        if refusal:
            raise refusal

    def settle(self, reserved: Reservation, disclosed: int) -> None:
        """Give back what was reserved and not disclosed; what can not be given back is lost until tomorrow."""
        unused = reserved.records - disclosed
        try:
            if unused and reserved.refusal and reserved.refusal.result() is None:
                self._update(
                    reserved.client_id,
                    reserved.date,
                    {":records": -unused},
                    {"UpdateExpression": "ADD records :records"},
                )
        except (BotoCoreError, ClientError, ServiceUnavailable) as error:
            log_failure(error, "")

    def _count(self, client_id: str, records: int, a_minute: int, a_day: int, now: int) -> TooManyRequests | None:
        """Count, unless that would go over a limit: then return what says so."""
        minute, limit, room = now // _MINUTE, a_minute or _NO_LIMIT, (a_day or _NO_LIMIT) - records
        values = {":one": 1, ":records": records, ":limit": limit, ":room": room, ":minute": minute}
        rule = _WITHIN_A_MINUTE
        for _ in range(_ATTEMPTS):
            expires = {":expires": now + 2 * _DAY} if rule is _FIRST_OF_A_MINUTE else {}
            found = self._update(client_id, str(day(now)), values | expires, rule)
            if found is None:
                return None
            # Another function's clock may have begun the next minute already: then that one counts.
            values[":minute"] = max(minute, found.get("of_minute", 0))
            is_begun = found.get("of_minute", 0) == values[":minute"]
            if is_begun and found["requests"] >= limit:
                self._full[client_id] = values[":minute"], a_minute
                return _too_often(a_minute, now)
            if found.get("records", 0) > room:
                return _too_many(a_day, records, now)
            rule = _WITHIN_A_MINUTE if is_begun else _FIRST_OF_A_MINUTE
        raise ServiceUnavailable("The registry is busy; try again shortly.", retry_after=2)

    def _update(
        self, client_id: str, date: str, values: dict[str, int], rule: dict[str, str]
    ) -> dict[str, int] | None:
        """Change a day's counts; where the condition does not hold, return them as they are."""
        request: dict[str, Any] = {**rule, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        try:
            self._runtime.dynamodb.update_item(
                TableName=self._runtime.settings.exchange_table,
                Key={"pk": {"S": f"RATE#{client_id}"}, "sk": {"S": f"DAY#{date}"}},
                ExpressionAttributeValues={name: {"N": str(value)} for name, value in values.items()},
                **request,
            )
        except self._runtime.dynamodb.exceptions.ConditionalCheckFailedException as error:
            item: dict[str, Any] = error.response.get("Item", {})  # type: ignore[assignment] # the old item
            return {name: int(value["N"]) for name, value in item.items() if "N" in value}
        return None


def _too_often(a_minute: int, now: int) -> TooManyRequests:
    return TooManyRequests(
        f"This client may make {a_minute} requests a minute: wait, or ask for several things in one message.",
        retry_after=_MINUTE - now % _MINUTE,
    )


def _too_many(a_day: int, records: int, now: int) -> TooManyRequests:
    return TooManyRequests(
        f"This client may be given {a_day} records a day, and this request, which may find {records}, is over it: "
        "ask for smaller pages, or tomorrow.",
        retry_after=_DAY - now % _DAY,
    )
