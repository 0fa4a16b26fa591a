"""Exchanges in ExchangeTable, with all that belongs to them.

| pk | sk | carries |
|---|---|---|
| `EXCHANGE#<correlation id>` | `EXCHANGE` | the exchange (exchanges.py), which the index `due` lists |
| | `REQUEST` | its message as it came |
| | `KEYS#<item>#<start>` | up to 2,000 ids of the records that an item found, from the start-th on |
| | `ATTEMPT#<timestamp>#<page>` | an attempt to deliver a page: its status, and when the next one is due |
| `MESSAGE#<client id>#<message id>` | `MESSAGE` | for 24 hours: the digest of a message, and its acknowledgement |
| `TRANSACTION#<client id>#<transaction id>` | `TRANSACTION` | the correlation id of the newest search with it |
| | `TRANSACTION#<kind>` | and of the newest exchange of another kind |
| `CLIENT#<client id>` | `<accepted>#<correlation id>` | the ids by which the client asks for the exchange |
| `OPEN#<client id>` | `OPEN` | how many of its exchanges are open, and its running workers (see worker_places.py) |

An exchange is changed only by a process that knows its current version, in the same transaction as what depends on
it. So a step that is repeated, late or interrupted either has its whole effect once, or none.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dci_common.aws.dynamodb import Item
from dci_common.errors import Unavailable
from dci_common.exchange.exchange_table import CONFLICTS, ExchangeTable, busy, number, opening
from dci_common.exchange.exchanges import DATA_SECONDS, Exchange, exchange_key, from_item, to_item
from dci_common.exchange.near_limits import rate_key

if TYPE_CHECKING:
    from dci_common.runtime import Runtime


class Superseded(Exception):
    """Somebody else has changed the exchange since it was read: they go on with it."""


class QuotaUsedUp(Exception):
    """The client may receive no such number of records today; `used` are those that it received."""

    def __init__(self, used: int) -> None:
        super().__init__()
        self.used = used


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
        self._table = ExchangeTable(runtime)

    def get(self, correlation_id: str) -> Exchange | None:
        """Return an exchange, read consistently, or None."""
        item = self._table.item(exchange_key(correlation_id))
        return from_item(item) if item else None

    def held(self, exchange: Exchange) -> Exchange:
        """Return an exchange with what was stored of it since. Raises Superseded if it is held by another."""
        stored = self.get(exchange.correlation_id)
        if stored is None or stored.held_until != exchange.held_until:
            raise Superseded
        return stored

    def request(self, exchange: Exchange) -> bytes:
        """Return the message of an exchange as it came. Raises Unavailable when it is missing."""
        item = self._table.item(exchange_key(exchange.correlation_id, "REQUEST"))
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
            "ExpressionAttributeValues": {":version": number(exchange.version)},
        }
        actions: list[Item] = [{"Put": {"Item": to_item(saved), **known}}]
        actions += [{"Put": {"Item": item}} for item in puts]
        actions += [opening(exchange.client_id, opened)] if opened else []
        actions += [charging(exchange.client_id, charge)] if charge else []
        for _ in self._runtime.retry.attempts(CONFLICTS):
            reasons = self._table.transact(actions)
            if not reasons:
                return saved
            if reasons[0].get("Code") == "ConditionalCheckFailed":
                raise Superseded
            if charge and reasons[-1].get("Code") == "ConditionalCheckFailed":
                raise QuotaUsedUp(int(reasons[-1].get("Item", {}).get("records", {"N": "0"})["N"]))
        raise busy()

    def end(self, exchange: Exchange, *puts: Item) -> Exchange:
        """Store that an exchange has ended, in its new state. Raises Superseded."""
        ended = replace(exchange, due=None, ended=int(self._runtime.clock()), held_until=0)
        return self.save(ended, *puts, opened=-1 if exchange.is_asked_for else 0)

    def keys_item(self, exchange: Exchange, item: int, start: int, ids: Sequence[str]) -> Item:
        """Return what stores a block of ids that an item found."""
        return {
            **exchange_key(exchange.correlation_id, _keys_sk(item, start)),
            "ids": {"S": json.dumps(ids, ensure_ascii=False)},
            "expires": number(int(self._runtime.clock()) + DATA_SECONDS),
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

    def _block(self, exchange: Exchange, item: int, at: int) -> tuple[int, list[str]] | None:
        """Return the block of ids that holds the at-th, and the number of its first one."""
        pk = exchange_key(exchange.correlation_id)["pk"]
        values = {":pk": pk, ":low": {"S": _keys_sk(item, 0)}, ":high": {"S": _keys_sk(item, at)}}
        request = {
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :low AND :high",
            "ExpressionAttributeValues": values,
            "ScanIndexForward": False,
            "ConsistentRead": True,
            "Limit": 1,
        }
        blocks, _ = self._table.page(request)
        for found in blocks:
            return int(found["sk"]["S"].rpartition("#")[2]), json.loads(found["ids"]["S"])
        return None


def charging(client_id: str, charge: Charge) -> Item:
    """Return the change of what a client received on a day, which must stay within its limit."""
    update: Item = {
        "Key": rate_key(client_id, charge.date),
        "UpdateExpression": "SET expires = if_not_exists(expires, :expires) ADD records :records",
        "ExpressionAttributeValues": {":records": number(charge.records), ":expires": number(charge.expires)},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    if charge.a_day and charge.records > 0:
        # The first step of a day finds no count, and must not exceed the limit either.
        first = "attribute_not_exists(records) OR " if charge.records <= charge.a_day else ""
        update["ConditionExpression"] = f"{first}records <= :room"
        update["ExpressionAttributeValues"][":room"] = number(charge.a_day - charge.records)
    return {"Update": update}


def _keys_sk(item: int, start: int) -> str:
    return f"KEYS#{item:03}#{start:012}"
