"""The messages that answer an exchange, made anew for each attempt within a disclosure session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dci_common.exchange.exchange_store import ExchangeStore
from dci_common.exchange.status import StatusAnswers
from dci_common.signatures.policy import Signatures
from dci_common.spdci.asynchronous import TxnStatusEnvelope
from dci_common.spdci.callback import TXN_ON_STATUS, CallbackHeader, envelope, unsigned_bytes
from dci_common.spdci.envelope import read_envelope
from dci_common.subscriptions.subscription_answer import SubscriptionAnswers
from dci_common.timestamps import timestamp
from dci_delivery.notification import Notifications
from dci_delivery.outgoing import FRAME, Outgoing
from dci_delivery.page import compose, compose_small

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from dci_common.deadline import Deadline
    from dci_common.exchange.disclosure_session import DisclosureSessions
    from dci_common.exchange.exchanges import Exchange
    from dci_common.exchange.stored_answer import StoredAnswers
    from dci_common.runtime import Runtime


class Messages:
    """Makes the next message of an exchange."""

    def __init__(self, runtime: Runtime, answers: StoredAnswers, sessions: DisclosureSessions) -> None:
        self._runtime = runtime
        self._answers = answers
        self._sessions = sessions
        self._subscriptions = SubscriptionAnswers(runtime)
        self._status = StatusAnswers(runtime, answers, sessions, self._subscriptions.open)
        self._store = ExchangeStore(runtime)
        self._signatures = Signatures(runtime)
        self._make = {
            "search": self._search,
            "status": self._txn_status,
            "subscribe": self._subscription,
            "unsubscribe": self._subscription,
            "notify": Notifications(runtime, answers, sessions).next,
        }

    @contextmanager
    def next(self, exchange: Exchange, client: Client, deadline: Deadline) -> Iterator[Outgoing]:
        """Make the next message. If the block raises, all that it would have disclosed is recorded as withheld."""
        with self._make[exchange.kind](exchange, client, deadline) as outgoing:
            yield outgoing

    @contextmanager
    def _search(self, exchange: Exchange, client: Client, deadline: Deadline) -> Iterator[Outgoing]:
        answer = self._answers.open(exchange, client)
        with self._sessions.open_charged(client, answer.envelope, exchange.correlation_id, "search") as session:
            signer = self._signatures.signer(client, answer.envelope.signature)
            most = unsigned_bytes(client.callbacks.max_bytes, signer)
            page = compose(exchange, answer, most, session, deadline)
            yield Outgoing(page.message(exchange, answer, self._now(), signer), page.portions, session.wait)

    @contextmanager
    def _subscription(self, exchange: Exchange, client: Client, _: Deadline) -> Iterator[Outgoing]:
        answer = self._subscriptions.open(exchange)
        signer = self._signatures.signer(client, answer.envelope.signature)
        page = compose_small(exchange, answer, unsigned_bytes(client.callbacks.max_bytes, signer))
        yield Outgoing(page.message(exchange, answer, self._now(), signer), page.portions, lambda: None)

    @contextmanager
    def _txn_status(self, exchange: Exchange, client: Client, deadline: Deadline) -> Iterator[Outgoing]:
        request = read_envelope(TxnStatusEnvelope, self._store.request(exchange))
        signer = self._signatures.signer(client, request.signature)
        most = unsigned_bytes(client.callbacks.max_bytes, signer) - FRAME
        correlation_id, found = exchange.correlation_id, self._status.find(client, request.message)
        header = CallbackHeader(TXN_ON_STATUS, f"{correlation_id}-1", self._now(), 1, 1).text(request.header)
        if found is None or found.kind != "search":
            message = self._status.without_records(request, correlation_id, found)
            yield Outgoing(envelope(header, message, signer).encode(), (), lambda: None)
            return
        asked = self._status.asked(client, request.message, found, int(most * exchange.delivery.share))
        with self._status.session(client, asked, "txn/status") as session:
            message = self._status.found(request, correlation_id, asked, session, deadline)
            yield Outgoing(envelope(header, message, signer).encode(), (), session.wait)

    def _now(self) -> str:
        return timestamp(self._runtime.clock())
