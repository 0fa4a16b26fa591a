"""The end of the subscriptions of deleted clients: at once, as far as there is time, and of the others by the sweep.

A client is marked before it is deleted, so that nothing is left behind where its deletion is interrupted:

| pk | sk | carries |
|---|---|---|
| `SUBSCRIBED#<client id>` | `COUNT` | `due`, when it was marked; the index lists it in `DELETED_CLIENT` |
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from dci_common.deadline import current_deadline
from dci_common.exchange.exchange_lists import ExchangeLists
from dci_common.exchange.exchange_table import ExchangeTable, number
from dci_common.subscriptions.subscription_store import SubscriptionStore

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.runtime import Runtime
    from dci_common.subscriptions.subscription import Subscription

_QUEUE = "DELETED_CLIENT"
_AT_ONCE = 100  # read


class DeletedClients:
    """Marks clients that are to be deleted, and ends their subscriptions."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._table = ExchangeTable(runtime)
        self._lists = ExchangeLists(runtime)
        self._store = SubscriptionStore(runtime)

    def mark(self, client_id: str) -> None:
        """Have the sweep end a client's subscriptions once it is deleted; nothing happens if it never subscribed."""
        update = {
            "Key": _key(client_id),
            "UpdateExpression": "SET due = :now, #queue = :queue",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeNames": {"#queue": "queue"},
            "ExpressionAttributeValues": {":now": number(int(self._runtime.clock())), ":queue": {"S": _QUEUE}},
        }
        self._table.transact([{"Update": update}])

    def unmark(self, client_id: str) -> None:
        """Leave the subscriptions of a client that was not deleted."""
        names = {"#queue": "queue"}
        update = {"Key": _key(client_id), "UpdateExpression": "REMOVE due, #queue", "ExpressionAttributeNames": names}
        self._table.transact([{"Update": update}])

    def marked(self) -> Iterator[tuple[str, int]]:
        """Yield the ids of the marked clients, and since when they are."""
        return self._lists.in_queue(_QUEUE)

    def end_in_time(self, client_id: str) -> None:
        """End a deleted client's subscriptions while there is time, those by condition, which cost most, first."""
        by_condition = self._store.conditions() if self._store.watched().conditions else []
        own = (subscription for subscription in by_condition if subscription.client_id == client_id)
        self._end(own)
        self.end(client_id)

    def end(self, client_id: str, most: int | None = None) -> None:
        """End so many of a deleted client's subscriptions, while there is time; after the last, nothing is left."""
        codes = islice(self._store.codes_of(client_id), most)
        while some := [*islice(codes, _AT_ONCE)]:
            if not self._end(iter(self._store.many(some).values())):
                return
        if not any(self._store.codes_of(client_id)):
            self._table.transact([{"Delete": {"Key": _key(client_id)}}])

    def _end(self, subscriptions: Iterator[Subscription]) -> bool:
        """End subscriptions, and return whether there was time for all."""
        for subscription in subscriptions:
            if current_deadline().left() < 0:
                return False
            self._store.end(subscription)
        return True


def _key(client_id: str) -> Item:
    return {"pk": {"S": f"SUBSCRIBED#{client_id}"}, "sk": {"S": "COUNT"}}
