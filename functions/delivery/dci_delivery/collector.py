"""Does what messages ask for, item by item, before anything is delivered, in slices that give others their turn.

What an item comes to is stored with where the exchange stands. A slice that is interrupted is continued from there,
so nothing is done or counted twice, and nothing is left out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from dci_common.clients.store import ClientStore
from dci_common.errors import Unavailable
from dci_common.exchange.exchange_store import ExchangeStore, QuotaUsedUp, Superseded
from dci_common.exchange.exchanges import Checkpoint, Exchange, Kind, Outcome
from dci_common.exchange.near_limits import mark_if_near, mark_near_limit
from dci_common.exchange.queues import Queues
from dci_common.exchange.worker_places import NoPlace, WorkerPlaces
from dci_common.logs import log_exchange_end, log_failure, log_item_failed
from dci_common.registry.errors import QueryError
from dci_common.spdci.rejections import MAX_MESSAGE, Rejection, rejection_of
from dci_common.subscriptions.deleted_clients import DeletedClients
from dci_common.timestamps import day
from dci_delivery.others import give_way

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dci_common.clients.model import Client
    from dci_common.deadline import Deadline
    from dci_common.runtime import Runtime

SLICE_SECONDS = 60
_HELD_SECONDS = 300  # no slice takes longer: Lambda ends it
_AGAIN_SECONDS = 60  # after a failure of AWS's
_MAX_TRIES = 6
_HOUR, _DAY = 3_600, 86_400
_FAILED = "The registry failed to answer this request; its operators have been informed. Ask again in a new message."
_OVERDUE = (
    "The answer was not complete after 14 days: its client is disabled or paused, its quota is used up, or "
    "the registry fails."
)


class OutOfTime(Exception):
    """The slice is over: what it did is stored in the exchange, and another one continues."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__()
        self.exchange = exchange


_TEMPORARY = (BotoCoreError, ClientError, Unavailable, Superseded, QuotaUsedUp, OutOfTime)


class Slice(NamedTuple):
    """A part of the work on an exchange, for its client: until when, as far as possible, and when it is ended."""

    exchange: Exchange
    client: Client
    stop_at: float
    deadline: Deadline


class Items(Protocol):
    """The items of an exchange of some kind."""

    def next(self, exchange: Exchange) -> Exchange:
        """Return the exchange with the outcome of its next item, which is stored.

        Raises Rejection or QueryError, OutOfTime, and QuotaUsedUp when the rest must wait for another day.
        """

    def rejected(self, exchange: Exchange, outcome: Outcome) -> Exchange:
        """Return the exchange with why its next item is rejected, which is stored."""

    def complete(self, exchange: Exchange) -> None:
        """Do what the outcomes of all items have decided, if it is not done yet. Raises OutOfTime."""


class Collector:
    """Works on exchanges that are to be collected; `open_items` by kind."""

    def __init__(self, runtime: Runtime, open_items: Mapping[Kind, Callable[[Slice], Items]]) -> None:
        self._runtime = runtime
        self._open_items = open_items
        self._store = ExchangeStore(runtime)
        self._clients = ClientStore(runtime)
        self._places = WorkerPlaces(runtime)
        self._queues = Queues(runtime)

    def work(self, exchange: Exchange, deadline: Deadline) -> None:
        """Collect for one slice, unless somebody else does. Raises errors that another attempt may not have."""
        now = int(self._runtime.clock())
        try:
            place = self._places.take(exchange.client_id, "collecting", _HELD_SECONDS)
        except NoPlace as taken:
            give_way(self._runtime, exchange, taken.open_exchanges)
            return
        try:
            until = now + _HELD_SECONDS
            held = self._store.save(replace(exchange, held_until=until, due=until, tries=exchange.tries + 1))
            self._try(held, deadline, is_paused=place.is_paused)
        except Superseded:
            pass
        finally:
            self._places.give_back(place)

    def _try(self, exchange: Exchange, deadline: Deadline, *, is_paused: bool) -> None:
        try:
            self._slice(exchange, deadline, is_paused=is_paused)
        except (BotoCoreError, ClientError, Unavailable) as error:
            log_failure(error, exchange.correlation_id)
            stored = self._store.get(exchange.correlation_id)
            if stored and stored.is_open:  # the attempt does not count: what failed is not the item's fault
                due = int(self._runtime.clock()) + _AGAIN_SECONDS
                self._store.save(replace(stored, held_until=due, due=due, tries=exchange.tries - 1))

    def _slice(self, exchange: Exchange, deadline: Deadline, *, is_paused: bool) -> None:
        client, now = self._clients.find(exchange.client_id, consistent=True), int(self._runtime.clock())
        if client is None:
            DeletedClients(self._runtime).mark(exchange.client_id)  # a slice before may have begun subscriptions
            self._store.end(replace(exchange, state="cancelled"))
        elif exchange.is_overdue(now):
            self._store.end(replace(exchange, state="dead", delivery=replace(exchange.delivery, reason=_OVERDUE)))
            log_exchange_end("dead", self._runtime.settings.stack_name, now)
        elif client.status != "enabled" or (
            is_paused and exchange.callback_url
        ):  # so nothing is counted without need
            self._wait(exchange, now + _HOUR)
        else:
            self._collect(Slice(exchange, client, self._runtime.clock() + SLICE_SECONDS, deadline))

    def _collect(self, current: Slice) -> None:
        items, exchange = self._open_items[current.exchange.kind](current), current.exchange
        try:
            while len(exchange.outcomes) < len(exchange.references):
                exchange = self._item(exchange, items)
                if self._runtime.clock() >= current.stop_at:
                    raise OutOfTime(exchange)
            items.complete(exchange)
        except OutOfTime as over:
            self._note(current)
            self._go_on(over.exchange)
        except QuotaUsedUp:
            now = int(self._runtime.clock())
            mark_near_limit(self._runtime, exchange.client_id, str(day(now)))
            self._wait(self._store.held(exchange), now - now % _DAY + _DAY)  # a part of the last block may be stored
        else:
            self._note(current)
            self._finish(exchange)

    def _note(self, current: Slice) -> None:
        """List the client of a search if it is near its limit."""
        if current.exchange.kind == "search":
            mark_if_near(self._runtime, current.client, str(day(self._runtime.clock())))

    def _item(self, exchange: Exchange, items: Items) -> Exchange:
        """Return the exchange with the outcome of its next item."""
        if exchange.tries > _MAX_TRIES:
            return self._failed(exchange, items)
        try:
            return items.next(exchange)
        except (Rejection, QueryError) as error:
            rejection = rejection_of(error)
            outcome = Outcome(code=rejection.code, reason=rejection.message[:MAX_MESSAGE])
            return items.rejected(self._store.held(exchange), outcome)
        except _TEMPORARY:
            raise
        except Exception as error:  # noqa: BLE001 - of this item alone: the others are answered
            log_failure(error, exchange.correlation_id)
            return self._failed(self._store.held(exchange), items)

    def _failed(self, exchange: Exchange, items: Items) -> Exchange:
        log_item_failed(self._runtime.settings.stack_name, self._runtime.clock())
        return items.rejected(exchange, Outcome(reason=_FAILED))

    def _finish(self, exchange: Exchange) -> None:
        """Deliver what was collected, if there is an address; else it waits for a status request."""
        if exchange.callback_url:
            self._go_on(replace(exchange, state="delivering", tries=0))
        else:
            self._store.end(replace(exchange, state="answered"))

    def _go_on(self, exchange: Exchange) -> None:
        due = int(self._runtime.clock()) + 60
        self._queues.put(self._store.save(replace(exchange, held_until=0, due=due)))

    def _wait(self, exchange: Exchange, until: int) -> None:
        self._store.save(replace(exchange, held_until=until, due=until, tries=0))


def finished(exchange: Exchange, *outcomes: Outcome) -> Exchange:
    """Return an exchange with the outcomes of its next items, one or all, as it begins with those that follow."""
    return replace(exchange, outcomes=(*exchange.outcomes, *outcomes), checkpoint=Checkpoint(), tries=1)
