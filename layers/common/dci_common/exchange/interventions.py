"""What operators do to exchanges: they redrive those that failed, and cancel those that are open.

A client whose receiver said that it is gone is paused: they have callbacks to it resumed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from dci_common.errors import Conflict, NotFound
from dci_common.exchange.exchange_lists import ExchangeLists
from dci_common.exchange.exchange_store import ExchangeStore, Superseded
from dci_common.exchange.exchange_table import CONFLICTS, ExchangeTable, busy
from dci_common.exchange.exchanges import DATA_SECONDS, FAILED, Exchange, State, transaction_key
from dci_common.exchange.worker_places import WorkerPlaces

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.runtime import Runtime

UNKNOWN = "There is no exchange with this correlation id. One that has ended is kept for 14 days."
_GONE = "The message of this exchange is kept no longer: the client must ask again in a new one."


class Interventions:
    """Changes exchanges on an operator's behalf, each on its version, as workers do."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._table = ExchangeTable(runtime)
        self._store = ExchangeStore(runtime)
        self._lists = ExchangeLists(runtime)
        self._places = WorkerPlaces(runtime)

    def failed(self, correlation_id: str) -> Exchange:
        """Return an exchange that can be redriven. Raises NotFound and Conflict."""
        exchange = self._get(correlation_id)
        if exchange.state not in FAILED:
            wanted = " or ".join(FAILED)
            raise Conflict(f"The exchange is {exchange.state}: only one that is {wanted} can be redriven.")
        return exchange

    def open(self, correlation_id: str) -> Exchange:
        """Return an exchange that can be cancelled. Raises NotFound and Conflict."""
        exchange = self._get(correlation_id)
        if not exchange.is_open:
            raise Conflict(f"The exchange is {exchange.state}: only one that is still open can be cancelled.")
        return exchange

    def dead(self, client_id: str) -> list[Exchange]:
        """Return a client's dead exchanges, the earliest end first."""
        return [*self._ended(client_id, "dead")]

    def failed_notifications(self, client_id: str, since: float) -> list[Exchange]:
        """Return the notifications that were not delivered to a client, or refused by it, since then."""
        ended = (exchange for state in FAILED for exchange in self._ended(client_id, state))
        return [exchange for exchange in ended if exchange.kind == "notify" and (exchange.ended or 0) >= since]

    def _ended(self, client_id: str, state: State) -> Iterator[Exchange]:
        """Yield a client's exchanges that ended in a state, one that is listed, the earliest end first."""
        now = self._runtime.clock()
        for correlation_id in self._lists.listed(state.upper()):
            exchange = self._store.get(correlation_id)
            if exchange and (exchange.client_id, exchange.state) == (client_id, state) and exchange.is_kept(now):
                yield exchange

    def redrive(self, exchange: Exchange) -> Exchange:
        """Have a failed exchange go on where it stopped; one that is called back ends a pause of its client.

        The sweep finds it within a minute. It has as much time as a new one. Raises NotFound when its message is kept
        no longer, and Conflict when the exchange has changed since it was read.
        """
        self._keep(exchange)
        if exchange.callback_url:
            self._places.resume(exchange.client_id)
        try:
            opened = 1 if exchange.is_asked_for else 0
            return self._store.save(_redriven(exchange, int(self._runtime.clock())), opened=opened)
        except Superseded as error:
            raise Conflict("The exchange was changed at the same time: look at it again.") from error

    def cancel(self, correlation_id: str) -> Exchange:
        """End an open exchange, also one that a worker has: it finds that out when it stores its next step.

        A page that is being sent may still arrive. Raises NotFound and Conflict.
        """
        for _ in self._runtime.retry.attempts(CONFLICTS):
            with suppress(Superseded):  # a worker has gone on meanwhile
                return self._store.end(replace(self.open(correlation_id), state="cancelled"))
        raise busy()

    def resume(self, client_id: str) -> None:
        """Deliver to a client again, and accept what would be delivered to it. Raises NotFound if it is not paused.

        What was accepted before the pause and not collected goes on within an hour; what is dead must be redriven.
        """
        if not self._places.resume(client_id):
            raise NotFound("Callbacks to this client are not paused: `dci exchange paused` lists those that are.")

    def _get(self, correlation_id: str) -> Exchange:
        exchange = self._store.get(correlation_id)
        if exchange is None or not exchange.is_kept(self._runtime.clock()):
            raise NotFound(UNKNOWN)
        return exchange

    def _keep(self, exchange: Exchange) -> None:
        """Keep what belongs to an exchange as long as if it was accepted now. Raises NotFound when it has expired.

        The message comes last: what was found expires after it, so that nothing is missing where there is a message.
        """
        now = int(self._runtime.clock())
        stored = [*self._lists.contents(exchange)]
        if not stored or stored[-1]["sk"]["S"] != "REQUEST" or int(stored[-1]["expires"]["N"]) <= now:
            raise NotFound(_GONE)
        listed = {
            "pk": {"S": f"CLIENT#{exchange.client_id}"},
            "sk": {"S": f"{exchange.accepted}#{exchange.correlation_id}"},
        }
        self._keep_transaction(exchange, now + DATA_SECONDS)
        names = [listed] if exchange.is_asked_for else []
        for key in (*names, *({"pk": item["pk"], "sk": item["sk"]} for item in stored)):
            self._keep_until(key, now + DATA_SECONDS)

    def _keep_transaction(self, exchange: Exchange, expires: int) -> None:
        """Keep what names the transaction's newest exchange: this one, where there is no other any more."""
        if exchange.kind in {"status", "notify"}:
            return
        self._runtime.dynamodb.update_item(
            TableName=self._runtime.settings.exchange_table,
            Key=transaction_key(exchange.client_id, exchange.transaction_id, exchange.kind),
            UpdateExpression="SET expires = :expires, correlation_id = if_not_exists(correlation_id, :id)",
            ExpressionAttributeValues={":expires": {"N": str(expires)}, ":id": {"S": exchange.correlation_id}},
        )

    def _keep_until(self, key: Item, expires: int) -> None:
        try:
            self._runtime.dynamodb.update_item(
                TableName=self._runtime.settings.exchange_table,
                Key=key,
                UpdateExpression="SET expires = :expires",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":expires": {"N": str(expires)}},
            )
        except self._runtime.dynamodb.exceptions.ConditionalCheckFailedException as error:
            raise NotFound(_GONE) from error


def _redriven(exchange: Exchange, now: int) -> Exchange:
    """Return a failed exchange as it goes on: where it stopped, with all of its attempts again."""
    is_collected = exchange.kind == "status" or len(exchange.outcomes) == len(exchange.references)
    is_done = is_collected and exchange.kind != "unsubscribe"  # which may have decided what is not done yet
    return replace(
        exchange,
        state="delivering" if is_done else "collecting",
        due=now,
        ended=None,
        held_until=0,
        tries=0,
        redriven=now,
        delivery=replace(exchange.delivery, attempts=0, first_attempt=0),
    )
