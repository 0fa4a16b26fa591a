"""Collects what the items of a message find, slice by slice: the keys of all matches, before anything is delivered.

Up to 2,000 keys, where the collection stands, and what they count for the client's quota are stored together. A slice
that is interrupted is continued from there, so no key is stored or counted twice, and none is left out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from dci_common.clients.store import ClientStore
from dci_common.errors import Unavailable
from dci_common.exchange.cursor import Cursors
from dci_common.exchange.exchange_store import ExchangeStore, QuotaUsedUp, Superseded
from dci_common.exchange.exchanges import Exchange, Outcome
from dci_common.exchange.queues import Queues
from dci_common.exchange.worker_places import NoPlace, WorkerPlaces
from dci_common.logs import log_exchange_end, log_failure, log_item_failed
from dci_common.registry.errors import QueryError, TooManyMatches
from dci_common.spdci.rejections import Rejection, rejection_of
from dci_delivery.item_collection import ItemCollection, OutOfTime
from dci_delivery.others import give_way

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from dci_common.deadline import Deadline
    from dci_common.exchange.compiled_search import CompiledSearch
    from dci_common.exchange.disclosure_session import DisclosureSessions
    from dci_common.exchange.stored_answer import StoredAnswer, StoredAnswers
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
_TEMPORARY = (BotoCoreError, ClientError, Unavailable, Superseded, QuotaUsedUp, OutOfTime)


class Collector:
    """Works on exchanges that are to be collected."""

    def __init__(self, runtime: Runtime, answers: StoredAnswers, sessions: DisclosureSessions) -> None:
        self._runtime = runtime
        self._answers = answers
        self._sessions = sessions
        self._store = ExchangeStore(runtime)
        self._clients = ClientStore(runtime)
        self._places = WorkerPlaces(runtime)
        self._queues = Queues(runtime)
        self._cursors = Cursors(runtime)

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
            self._store.end(replace(exchange, state="cancelled"))
        elif exchange.is_overdue(now):
            self._store.end(replace(exchange, state="dead", delivery=replace(exchange.delivery, reason=_OVERDUE)))
            log_exchange_end("dead", self._runtime.settings.stack_name, now)
        elif client.status != "enabled" or (is_paused and exchange.callback_url):  # nothing is counted in vain
            self._wait(exchange, now + _HOUR)
        else:
            self._collect(exchange, client, deadline)

    def _collect(self, exchange: Exchange, client: Client, deadline: Deadline) -> None:
        answer = self._answers.open(exchange, client)
        stop_at = self._runtime.clock() + SLICE_SECONDS
        items = ItemCollection(self._runtime, self._store, self._answers.engine, client, answer, stop_at)
        try:
            while len(exchange.outcomes) < len(answer.items):
                exchange = self._item(exchange, client, answer, items, deadline)
                if self._runtime.clock() >= stop_at:
                    raise OutOfTime(exchange)
        except OutOfTime as over:
            self._go_on(over.exchange)
        except QuotaUsedUp:
            now = int(self._runtime.clock())
            self._wait(self._stored(exchange), now - now % _DAY + _DAY)  # a part of the last block may be stored
        else:
            self._finish(exchange)

    def _item(
        self, exchange: Exchange, client: Client, answer: StoredAnswer, items: ItemCollection, deadline: Deadline
    ) -> Exchange:
        """Return the exchange with the outcome of its next item."""
        number = len(exchange.outcomes)
        if exchange.tries > _MAX_TRIES:
            return self._failed(exchange, items)
        try:
            if exchange.checkpoint.restricted:
                answer.check_entitled()
            search = answer.compiled(number)
            return self._search(exchange, client, answer, search, items, deadline)
        except (Rejection, QueryError) as error:
            rejection = rejection_of(error)
            return items.rejected(self._stored(exchange), Outcome(code=rejection.code, reason=rejection.message))
        except _TEMPORARY:
            raise
        except Exception as error:  # noqa: BLE001 - of this item alone: the others are answered
            log_failure(error, exchange.correlation_id)
            return self._failed(self._stored(exchange), items)

    def _stored(self, exchange: Exchange) -> Exchange:
        """Return an exchange with what was stored of its next item. Raises Superseded if it is held by another."""
        stored = self._store.get(exchange.correlation_id)
        if stored is None or stored.held_until != exchange.held_until:
            raise Superseded
        return stored

    def _failed(self, exchange: Exchange, items: ItemCollection) -> Exchange:
        log_item_failed(self._runtime.settings.stack_name, self._runtime.clock())
        return items.rejected(exchange, Outcome(reason=_FAILED))

    def _search(
        self,
        exchange: Exchange,
        client: Client,
        answer: StoredAnswer,
        search: CompiledSearch,
        items: ItemCollection,
        deadline: Deadline,
    ) -> Exchange:
        try:
            if search.page.size is None:
                return items.collect(exchange, search, deadline)
            return items.page(exchange, search, self._cursors, deadline)
        except TooManyMatches as error:
            number, rejection = len(exchange.outcomes), rejection_of(error)
            with self._sessions.open_charged(client, answer.envelope, exchange.correlation_id) as session:
                answer.record_probe(number, rejection.code, session)
            return items.rejected(
                self._stored(exchange), Outcome(code=rejection.code, reason=rejection.message), is_probe=True
            )

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
