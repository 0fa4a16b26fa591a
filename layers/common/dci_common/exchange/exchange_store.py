"""Exchanges in ExchangeTable, with all that belongs to them.

| pk | sk | carries |
|---|---|---|
| `EXCHANGE#<correlation id>` | `EXCHANGE` | the exchange (exchanges.py), which `queue` and `due` list in the index `due` |
| | `REQUEST` | its message as it came |
| | `KEYS#<item>#<start>` | up to 2,000 ids of the records that an item found, from the start-th on |
| | `ATTEMPT#<timestamp>#<page>` | an attempt to deliver a page: its status, and when the next one is due |
| `MESSAGE#<client id>#<message id>` | `MESSAGE` | for 24 hours: the digest of a message, and its acknowledgement |
| `CLIENT#<client id>` | `<accepted>#<correlation id>` | the ids by which the client asks for the exchange |
| `OPEN#<client id>` | `OPEN` | how many of its exchanges are open, and its running workers (see worker_places.py) |

An exchange is changed only by whoever knows its current version, and in the same transaction as what depends on it:
so a step that is repeated, late or interrupted either has its whole effect once, or none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from dci_common.aws.dynamodb import Item, Unmetered, query_page
from dci_common.aws.retry import Backoff
from dci_common.deadline import current_deadline
from dci_common.errors import Conflict, LimitExceeded, Unavailable
from dci_common.exchange.exchanges import KEPT_SECONDS, Exchange, exchange_key, from_item, to_item

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

MESSAGE_SECONDS = 86_400  # that a message id is remembered
SWEPT_AFTER = 60  # seconds after which an exchange is queued again that nobody works on
_WAIT_SECONDS = 60
_CONFLICTS = Backoff(attempts=8, first=0.02, longest=0.5)


class Superseded(Exception):
    """Somebody else has changed the exchange since it was read: they go on with it."""


class QuotaUsedUp(Exception):
    """The client may receive no such number of records today; `used` are those that it received."""

    def __init__(self, used: int) -> None:
        super().__init__()
        self.used = used


@dataclass(frozen=True, slots=True)
class Names:
    """The ids by which a client knows one of its exchanges."""

    correlation_id: str
    transaction_id: str
    references: frozenset[str]


@dataclass(frozen=True, slots=True)
class Charge:
    """What a step adds to the records that a client received on a day; `a_day` is its limit, 0 for none."""

    date: str
    records: int
    a_day: int
    expires: int  # epoch seconds


class ExchangeStore:
    """Reads and changes exchanges."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._table = runtime.settings.exchange_table

    def accept(self, exchange: Exchange, body: str, digest: str, limit: int) -> tuple[str, str]:
        """Store a new exchange, and return its correlation id and when it was accepted.

        A message that was accepted within 24 hours is not stored again: its own are returned. Raises Conflict when
        its id had another content, and LimitExceeded when so many of the client's exchanges are open.
        """
        now = int(self._runtime.clock())
        for _ in self._runtime.retry.attempts(_CONFLICTS):
            reasons = self._transact(self._accepting(exchange, body, digest, limit, now))
            if not reasons:
                return exchange.correlation_id, exchange.accepted
            if known := reasons[1].get("Item"):
                if known["digest"]["S"] != digest:
                    raise Conflict(
                        "header.message_id was used in another message within 24 hours: give each message an id "
                        "of its own, and repeat one only unchanged."
                    )
                return known["correlation_id"]["S"], known["accepted"]["S"]
            if reasons[4].get("Code") == "ConditionalCheckFailed":
                raise LimitExceeded(
                    f"This client has {limit} exchanges that are not answered yet, and may have no more: wait until "
                    "some are, and ask for several things in one message.",
                    retry_after=_WAIT_SECONDS,
                )
        raise _busy()

    def get(self, correlation_id: str) -> Exchange | None:
        """Return an exchange, read consistently, or None."""
        item = self._item(exchange_key(correlation_id))
        return from_item(item) if item else None

    def request(self, exchange: Exchange) -> bytes:
        """Return the message of an exchange as it came. Raises Unavailable when it is missing."""
        item = self._item(exchange_key(exchange.correlation_id, "REQUEST"))
        if item is None:
            raise Unavailable("The message of the exchange is missing.", retry_after=5)
        return str(item["body"]["S"]).encode()

    def save(self, exchange: Exchange, *puts: Item, charge: Charge | None = None, opened: int = 0) -> Exchange:
        """Store what a step changed of an exchange, with further items, and return it with its new version.

        `opened` is added to the number of the client's open exchanges. Raises Superseded, and QuotaUsedUp when the
        client may not receive what the step charges: then nothing is stored.
        """
        saved = replace(exchange, version=exchange.version + 1)
        known = {
            "ConditionExpression": "version = :version",
            "ExpressionAttributeValues": {":version": _n(exchange.version)},
        }
        actions: list[Item] = [{"Put": {"Item": to_item(saved), **known}}]
        actions += [{"Put": {"Item": item}} for item in puts]
        actions += [self._opening(exchange.client_id, opened)] if opened else []
        actions += [_charging(exchange.client_id, charge)] if charge else []
        for _ in self._runtime.retry.attempts(_CONFLICTS):
            reasons = self._transact(actions)
            if not reasons:
                return saved
            if reasons[0].get("Code") == "ConditionalCheckFailed":
                raise Superseded
            if charge and reasons[-1].get("Code") == "ConditionalCheckFailed":
                raise QuotaUsedUp(int(reasons[-1].get("Item", {}).get("records", {"N": "0"})["N"]))
        raise _busy()

    def end(self, exchange: Exchange, *puts: Item) -> Exchange:
        """Store that an exchange has ended, in its new state. Raises Superseded."""
        ended = replace(exchange, due=None, ended=int(self._runtime.clock()), lease_until=0)
        return self.save(ended, *puts, opened=-1)

    def keys_item(self, exchange: Exchange, item: int, start: int, ids: Sequence[str]) -> Item:
        """Return what stores a block of ids that an item found."""
        return {
            **exchange_key(exchange.correlation_id, _keys_sk(item, start)),
            "ids": {"S": json.dumps(ids, ensure_ascii=False)},
            "expires": _n(int(self._runtime.clock()) + 2 * KEPT_SECONDS),
        }

    def keys(self, exchange: Exchange, item: int, start: int, count: int) -> list[str]:
        """Return the ids that an item found, from the start-th on. Blocks may be of any size."""
        found: list[str] = []
        while len(found) < count:
            at = start + len(found)
            block = self._block(exchange, item, at)
            if block is None:
                break
            first, ids = block
            wanted = ids[at - first :]
            if not wanted:
                break
            found += wanted
        return found[:count]

    def of_client(self, client_id: str) -> Iterator[Names]:
        """Yield what names a client's exchanges, the newest first."""
        request = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": f"CLIENT#{client_id}"}},
            "ScanIndexForward": False,
            "ConsistentRead": True,
        }
        for item in self._query(request):
            transaction_id, references = json.loads(item["ids"]["S"])
            yield Names(item["sk"]["S"].partition("#")[2], transaction_id, frozenset(references))

    def listed(self, queue: str, until: int | None = None) -> Iterator[str]:
        """Yield the correlation ids of a partition of the index `due`, the earliest first, those due until then."""
        condition, values = "#queue = :queue", {":queue": {"S": queue}}
        if until is not None:
            condition, values = f"{condition} AND due <= :until", {**values, ":until": _n(until)}
        request = {
            "TableName": self._table,
            "IndexName": "due",
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": {"#queue": "queue"},
            "ExpressionAttributeValues": values,
        }
        return (item["pk"]["S"].partition("#")[2] for item in self._query(request))

    def attempts(self, exchange: Exchange) -> Iterator[Item]:
        """Yield the attempts to deliver an exchange, the oldest first."""
        request = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :sk)",
            "ExpressionAttributeValues": {
                ":pk": exchange_key(exchange.correlation_id)["pk"],
                ":sk": {"S": "ATTEMPT#"},
            },
            "ConsistentRead": True,
        }
        return self._query(request)

    def _query(self, request: dict[str, Any]) -> Iterator[Item]:
        while True:
            page = query_page(self._runtime, request, Unmetered(current_deadline()))
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            request = {**request, "ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _block(self, exchange: Exchange, item: int, at: int) -> tuple[int, list[str]] | None:
        """Return the block of ids that holds the at-th, and the number of its first one."""
        pk = exchange_key(exchange.correlation_id)["pk"]
        values = {":pk": pk, ":low": {"S": _keys_sk(item, 0)}, ":high": {"S": _keys_sk(item, at)}}
        request = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :low AND :high",
            "ExpressionAttributeValues": values,
            "ScanIndexForward": False,
            "ConsistentRead": True,
            "Limit": 1,
        }
        page = query_page(self._runtime, request, Unmetered(current_deadline()))
        for found in page["Items"]:
            return int(found["sk"]["S"].rpartition("#")[2]), json.loads(found["ids"]["S"])
        return None

    def _item(self, key: Item) -> Item | None:
        answer = self._runtime.dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return answer.get("Item")

    def _accepting(self, exchange: Exchange, body: str, digest: str, limit: int, now: int) -> list[Item]:
        """Return the changes that accept an exchange; the second tells of a known message, the last of the limit."""
        client_id, correlation_id = exchange.client_id, exchange.correlation_id
        expires = {"expires": _n(now + 2 * KEPT_SECONDS)}
        names = [exchange.transaction_id, exchange.references]
        known = {
            "pk": {"S": f"MESSAGE#{client_id}#{exchange.message_id}"},
            "sk": {"S": "MESSAGE"},
            "digest": {"S": digest},
            "correlation_id": {"S": correlation_id},
            "accepted": {"S": exchange.accepted},
            "expires": _n(now + MESSAGE_SECONDS),
        }
        is_new = {
            "ConditionExpression": "attribute_not_exists(pk) OR expires < :now",
            "ExpressionAttributeValues": {":now": _n(now)},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        listed = {
            "pk": {"S": f"CLIENT#{client_id}"},
            "sk": {"S": f"{exchange.accepted}#{correlation_id}"},
            "ids": {"S": json.dumps(names, ensure_ascii=False)},
            **expires,
        }
        request = {**exchange_key(correlation_id, "REQUEST"), "body": {"S": body}, **expires}
        return [
            {"Put": {"Item": to_item(exchange), "ConditionExpression": "attribute_not_exists(pk)"}},
            {"Put": {"Item": known, **is_new}},
            {"Put": {"Item": listed}},
            {"Put": {"Item": request}},
            self._opening(client_id, 1, limit),
        ]

    def _opening(self, client_id: str, count: int, limit: int = 0) -> Item:
        """Return the change of the number of a client's open exchanges, which must stay within the limit."""
        update: Item = {
            "Key": {"pk": {"S": f"OPEN#{client_id}"}, "sk": {"S": "OPEN"}},
            "UpdateExpression": "ADD open_exchanges :count",
            "ExpressionAttributeValues": {":count": _n(count)},
        }
        if limit:
            update["ConditionExpression"] = "attribute_not_exists(open_exchanges) OR open_exchanges < :limit"
            update["ExpressionAttributeValues"][":limit"] = _n(limit)
        return {"Update": update}

    def _transact(self, actions: list[Item]) -> list[Item]:
        """Make changes together. Return the reasons, one for each change, when none of them was made."""
        for action in actions:
            for change in action.values():
                change["TableName"] = self._table
        try:
            self._runtime.dynamodb.transact_write_items(TransactItems=actions)  # type: ignore[arg-type] # AWS's JSON
        except ClientError as error:
            reasons: Any = error.response.get("CancellationReasons")
            if not reasons:
                raise
            return list(reasons)
        return []


def _charging(client_id: str, charge: Charge) -> Item:
    update: Item = {
        "Key": {"pk": {"S": f"RATE#{client_id}"}, "sk": {"S": f"DAY#{charge.date}"}},
        "UpdateExpression": "SET expires = if_not_exists(expires, :expires) ADD records :records",
        "ExpressionAttributeValues": {":records": _n(charge.records), ":expires": _n(charge.expires)},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    if charge.a_day and charge.records > 0:
        update["ConditionExpression"] = "attribute_not_exists(records) OR records <= :room"
        update["ExpressionAttributeValues"][":room"] = _n(charge.a_day - charge.records)
    return {"Update": update}


def _keys_sk(item: int, start: int) -> str:
    return f"KEYS#{item:03}#{start:012}"


def _n(value: int) -> Item:
    return {"N": str(value)}


def _busy() -> Unavailable:
    return Unavailable("The registry is busy; try again shortly.", retry_after=2)
