"""Delivers exchanges: page after page, each until its receiver takes or refuses it, or does not for three days."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from math import ceil
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from dci_common.clients.callback_urls import is_registered
from dci_common.clients.store import ClientStore
from dci_common.errors import Unavailable
from dci_common.exchange.exchange_store import ExchangeStore, Superseded
from dci_common.exchange.queues import Queues
from dci_common.exchange.worker_places import NoPlace, WorkerPlaces
from dci_common.logs import log_attempt, log_exchange_end, log_failure
from dci_common.outbound.answers import NotSent, RequestFailed
from dci_common.scopes import REGISTRY_SUBSCRIBE
from dci_delivery.attempt import Attempt, read_attempt
from dci_delivery.attempts import attempt_item
from dci_delivery.messages import Messages
from dci_delivery.others import give_way
from dci_delivery.page import following, halved
from dci_delivery.schedule import next_attempt

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.clients.model import Client
    from dci_common.deadline import Deadline
    from dci_common.exchange.exchanges import Exchange, Portion, State
    from dci_common.outbound.http_client import HttpClient
    from dci_common.runtime import Runtime
    from dci_delivery.partner_tokens import PartnerTokens

_TURN_SECONDS = 20  # after which others have their turn
_HELD_SECONDS = 120  # no attempt takes longer
_AGAIN_SECONDS = 60
_MAX_TRIES = 1_500  # without an outcome: two minutes or more each, where the process is killed, so about three days
_PAUSED = "The client's receiver answered 410: nothing is sent to it until `dci exchange resume`."
_OVERDUE = "The exchange was not complete after 17 days."
_NOTHING = "Nothing of this page may be reported any more: it was not sent."
_STUCK = "The registry began this attempt again and again without an outcome: see the log of the delivery function."


class Deliverer:
    """Works on exchanges that are to be delivered."""

    def __init__(self, runtime: Runtime, messages: Messages, http_client: HttpClient, tokens: PartnerTokens) -> None:
        self._runtime = runtime
        self._messages = messages
        self._http_client = http_client
        self._tokens = tokens
        self._store = ExchangeStore(runtime)
        self._clients = ClientStore(runtime)
        self._places = WorkerPlaces(runtime)
        self._queues = Queues(runtime)

    def work(self, exchange: Exchange, deadline: Deadline) -> None:
        """Deliver pages for one turn, unless somebody else does."""
        if not exchange.callback_url:  # of a status request: it has nobody to be answered to
            self._store.end(replace(exchange, state="answered"))
            return
        try:
            place = self._places.take(exchange.client_id, "delivering", _HELD_SECONDS + _TURN_SECONDS)
        except NoPlace as taken:
            give_way(self._runtime, exchange, taken.open_exchanges)
            return
        try:
            self._turn(exchange, deadline, is_paused=place.is_paused)
        except Superseded:
            pass
        except (BotoCoreError, ClientError, Unavailable) as error:
            log_failure(error, exchange.correlation_id)
            self._again(exchange)
        finally:
            self._places.give_back(place)

    def _turn(self, exchange: Exchange, deadline: Deadline, *, is_paused: bool) -> None:
        stop_at = self._runtime.clock() + _TURN_SECONDS
        next_page: Exchange | None = exchange
        while next_page:
            next_page = self._page(next_page, deadline, is_paused=is_paused)
            if next_page and self._runtime.clock() >= stop_at:
                self._queues.put(next_page)
                return

    def _page(self, exchange: Exchange, deadline: Deadline, *, is_paused: bool) -> Exchange | None:
        """Attempt to deliver the next page; return the exchange if another page follows at once."""
        client = self._clients.find(exchange.client_id, consistent=True)
        if client is None:
            self._store.end(replace(exchange, state="cancelled"))
            return None
        if exchange.kind == "notify" and client.callbacks.notify_url:  # it may have another one since
            exchange = replace(exchange, callback_url=client.callbacks.notify_url)
        if is_paused:
            return self._end(exchange, "dead", Attempt("gone", reason=_PAUSED))
        if exchange.is_overdue(self._runtime.clock()):
            return self._end(exchange, "dead", Attempt("failed", reason=_OVERDUE))
        if exchange.tries >= _MAX_TRIES:
            return self._end(exchange, "dead", Attempt("failed", reason=_STUCK))
        if reason := _unsendable(exchange, client):
            return self._after(self._claim(exchange, exchange.delivery.portions), Attempt("failed", reason=reason))
        return self._after(*self._attempt(exchange, client, deadline))

    def _attempt(self, exchange: Exchange, client: Client, deadline: Deadline) -> tuple[Exchange, Attempt]:
        """Send the next page once, and return what came of it, and the exchange with what was decided before."""
        claimed = exchange
        try:
            authorization = self._tokens.authorization(client)
            with self._messages.next(exchange, client, deadline) as outgoing:
                claimed = self._claim(exchange, outgoing.portions)
                outgoing.wait()
                attempt = self._sent(claimed, client, outgoing.body, authorization)
            if attempt.result == "delivered":
                outgoing.delivered()
        except NotSent as error:
            attempt = Attempt("failed", reason=error.reason)
        except (BotoCoreError, ClientError, Unavailable, Superseded):
            raise
        except Exception as error:  # noqa: BLE001 - it is attempted again, and listed in the end
            log_failure(error, exchange.correlation_id)
            attempt = Attempt("failed", reason="The page could not be made: see the log of the delivery function.")
        if claimed is exchange:  # it was not made
            claimed = self._claim(exchange, exchange.delivery.portions)
        return claimed, attempt

    def _sent(self, exchange: Exchange, client: Client, body: bytes, authorization: str | None) -> Attempt:
        """Send a page, once more with a new token where the token was not accepted, and return what came of it.

        Raises NotSent, and nothing else: once a page may have arrived it is disclosed, whatever follows.
        """
        if not body:
            return Attempt("delivered", reason=_NOTHING)
        started, status, url = self._runtime.clock(), 0, exchange.callback_url
        try:
            answer = self._http_client.post(url, body, _headers(authorization))
            status = answer.status
            if status == HTTPStatus.UNAUTHORIZED and client.callbacks.auth == "oauth":
                authorization = self._tokens.authorization(client, renew=True)
                answer = self._http_client.post(url, body, _headers(authorization))
            return read_attempt(answer, self._latency(started))
        except RequestFailed as error:
            if isinstance(error, NotSent) and not status:
                raise
            reason = error.reason
        except Exception as error:  # noqa: BLE001 - see above
            log_failure(error, exchange.correlation_id)
            reason = "The attempt failed: see the log of the delivery function."
        return Attempt("failed", status, reason, self._latency(started))

    def _claim(self, exchange: Exchange, portions: tuple[Portion, ...]) -> Exchange:
        """Store what is in the page, and that it is attempted: nobody else does, and every attempt sends the same."""
        now = int(self._runtime.clock())
        delivery = exchange.delivery
        attempted = replace(
            delivery,
            portions=portions,
            attempts=delivery.attempts + 1,
            first_attempt=delivery.first_attempt or now,
        )
        until = now + _HELD_SECONDS
        begun = replace(exchange, delivery=attempted, held_until=until, due=until, tries=exchange.tries + 1)
        return self._store.save(begun)

    def _after(self, exchange: Exchange, attempt: Attempt) -> Exchange | None:
        """Store what came of an attempt; return the exchange if another page follows at once."""
        match attempt.result:
            case "delivered":
                return self._advance(exchange, attempt)
            case "refused":
                return self._end(exchange, "refused", attempt)
            case "gone":
                self._places.pause(exchange.client_id)
                return self._end(exchange, "dead", attempt)
            case "too_large" if smaller := halved(exchange):
                return self._go_on(replace(exchange, delivery=smaller), self._record(exchange, attempt))
        return self._later(exchange, attempt)

    def _advance(self, exchange: Exchange, attempt: Attempt) -> Exchange | None:
        if exchange.kind == "status":
            return self._end(exchange, "answered", attempt)
        record = self._record(exchange, attempt)  # of the page that was sent, not of the next one
        delivery = following(exchange, exchange.delivery.portions)
        is_first = exchange.delivery.attempts == 1 and not exchange.redriven
        if attempt.reason == _NOTHING and is_first:  # no message had this page's number
            delivery = replace(delivery, page=exchange.delivery.page)
        advanced = replace(exchange, delivery=delivery)
        if advanced.delivery.item == len(exchange.outcomes):
            return self._end(advanced, "answered", attempt, record)
        return self._go_on(advanced, record)

    def _go_on(self, exchange: Exchange, record: Item) -> Exchange:
        due = int(self._runtime.clock()) + _AGAIN_SECONDS
        return self._store.save(replace(exchange, held_until=0, due=due, tries=0), record)

    def _later(self, exchange: Exchange, attempt: Attempt) -> Exchange | None:
        now, delivery = ceil(self._runtime.clock()), exchange.delivery  # never earlier than the receiver asked for
        uniform = self._runtime.retry.uniform
        due = next_attempt(delivery.attempts, delivery.first_attempt, now, attempt.retry_after, uniform)
        if due is None:
            return self._end(exchange, "dead", attempt)
        reasoned = replace(delivery, reason=attempt.reason)
        waiting = replace(exchange, held_until=due, due=due, tries=0, delivery=reasoned)
        saved = self._store.save(waiting, self._record(exchange, attempt, due))
        self._queues.put(saved, due - int(self._runtime.clock()))
        return None

    def _end(self, exchange: Exchange, state: State, attempt: Attempt, record: Item | None = None) -> Exchange | None:
        ended = replace(exchange, state=state, tries=0, delivery=replace(exchange.delivery, reason=attempt.reason))
        self._store.end(ended, record or self._record(exchange, attempt))
        if exchange.kind == "notify":  # further events of its channel can be packed now
            self._queues.put_channel(exchange.references[0], exchange.client_id)
        log_exchange_end(state, self._runtime.settings.stack_name, self._runtime.clock())
        return None

    def _again(self, exchange: Exchange) -> None:
        """Have an exchange queued again soon: what failed was not the receiver's fault."""
        stored = self._store.get(exchange.correlation_id)
        if stored and stored.is_open:
            due = int(self._runtime.clock()) + _AGAIN_SECONDS
            self._store.save(replace(stored, held_until=due, due=due, tries=stored.tries + 1))

    def _record(self, exchange: Exchange, attempt: Attempt, due: int | None = None) -> Item:
        now = self._runtime.clock()
        log_attempt(attempt.result, attempt.latency, self._runtime.settings.stack_name, now)
        return attempt_item(exchange, attempt, due, now)

    def _latency(self, started: float) -> int:
        return round(1000 * (self._runtime.clock() - started))


def _unsendable(exchange: Exchange, client: Client) -> str:
    """Return why nothing may be sent to a client now; empty when it may."""
    if client.status != "enabled":
        return "The client is disabled."
    if not client.asynchronous:
        return "The client is not registered for asynchronous messages any more."
    if exchange.kind == "notify" and REGISTRY_SUBSCRIBE not in client.scopes:
        return "The client may not subscribe any more."
    if not is_registered(exchange.callback_url, client.callbacks.urls):
        return "The address is not registered for the client any more."
    return ""


def _headers(authorization: str | None) -> dict[str, str]:
    return {"authorization": authorization} if authorization else {}
