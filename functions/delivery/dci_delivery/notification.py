"""Notifications: a page of events, as its client may see them now.

What a page stores are the names of its events. Whenever it is sent, an event with a record has the record as it is
then, and is dropped if the client does not find that any more; the end of a record has its identifiers alone, and is
dropped if the client finds the record again. What is dropped is counted nowhere that the client sees.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pydantic_core

from dci_common.exchange.audit import AuditedSearch, MessageIds
from dci_common.exchange.disclosed_records import disclosed_records
from dci_common.exchange.exchange_store import ExchangeStore
from dci_common.registry.model.views import related_entries
from dci_common.signatures.policy import Signatures
from dci_common.spdci.callback import NOTIFY, CallbackHeader, Participants, envelope, notification, unsigned_bytes
from dci_common.spdci.envelope import VERSION
from dci_common.subscriptions.event_types import Event, EventType
from dci_common.subscriptions.outbox import Outbox
from dci_common.subscriptions.stored_event import StoredEvent, event_of
from dci_common.timestamps import day, timestamp
from dci_delivery.outgoing import FRAME, Outgoing
from dci_delivery.subscribed_records import SubscribedRecords, SubscribedRecordsReader

if TYPE_CHECKING:
    from datetime import date

    from dci_common.clients.model import Callbacks, Client
    from dci_common.deadline import Deadline
    from dci_common.exchange.disclosure_session import DisclosureSession, DisclosureSessions
    from dci_common.exchange.exchanges import Exchange, Portion
    from dci_common.exchange.stored_answer import StoredAnswers
    from dci_common.registry.model.views import View
    from dci_common.runtime import Runtime
    from dci_common.spdci.callback import Signer

_UNNAMED = "registry"  # the sender where the deployment has no name
_IDENTIFIER, _RELATED = "identifier", "household"  # what discloses identifiers, and related records


@dataclass
class _Page:
    """The first events of a page that there is room for: what is reported, and those that are dropped."""

    count: int = 0
    texts: list[str] = field(default_factory=list)
    shown: dict[str, list[View]] = field(default_factory=lambda: defaultdict(list))  # by code
    ended: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # ids of records, by code
    dropped: list[StoredEvent] = field(default_factory=list)


class Notifications:
    """Makes the messages of pages of events."""

    def __init__(self, runtime: Runtime, answers: StoredAnswers, sessions: DisclosureSessions) -> None:
        self._runtime = runtime
        self._sessions = sessions
        self._store = ExchangeStore(runtime)
        self._reader = SubscribedRecordsReader(runtime, answers)
        self._signatures = Signatures(runtime)
        self._outbox = Outbox(runtime)

    @contextmanager
    def next(self, exchange: Exchange, client: Client, deadline: Deadline) -> Iterator[Outgoing]:
        """Make the next message of a page, without a body if there is nothing to report any more."""
        start, count = _wanted(exchange)
        events = [event_of(text) for text in self._store.keys(exchange, 0, start, count)]
        records = self._reader.read(client, events, deadline)
        signer = self._signatures.notifier(client)
        most = None if exchange.delivery.portions else unsigned_bytes(client.callbacks.max_bytes, signer) - FRAME
        page = self._compose(events, records, client.callbacks, most)
        portions: tuple[Portion, ...] = ((0, start, page.count if page.count < len(events) else count),)
        ids = MessageIds(exchange.correlation_id, _message_id(exchange), exchange.transaction_id)
        with self._sessions.open_notification(client, ids) as session:
            self._record(page, records, session)
            body = self._body(exchange, client, page.texts, signer) if page.texts else b""
            yield Outgoing(body, portions, session.wait, lambda: self._remember(page.dropped, records))

    def _compose(
        self,
        events: list[StoredEvent],
        records: dict[str, SubscribedRecords],
        callbacks: Callbacks,
        most_bytes: int | None,
    ) -> _Page:
        """Return what is reported of events: of all, or of those that have room where `most_bytes` is not None."""
        page, left, now = _Page(), most_bytes, self._runtime.clock()
        for event in events:
            subscribed = records.get(event.code)
            record = subscribed and _record_of(event, subscribed, day(now))
            if subscribed is None or record is None:
                page.dropped.append(event)
            else:
                text = _text(event, subscribed, record, callbacks, timestamp(now))
                if left is not None:
                    left -= len(text.encode()) + 1
                    if left < 0 and page.texts:
                        return page
                page.texts.append(text)
                if view := subscribed.matching.get(event.record_id):
                    page.shown[event.code].append(view)
                else:
                    page.ended[event.code].append(event.record_id)
            page.count += 1
        return page

    def _record(self, page: _Page, records: dict[str, SubscribedRecords], session: DisclosureSession) -> None:
        """Start recording what a page discloses, by subscription."""
        for code in dict.fromkeys((*page.shown, *page.ended)):
            subscribed = records[code]
            search, today = subscribed.compiled.search, day(self._runtime.clock())
            shown, ended, record_type = page.shown[code], page.ended[code], search.record_type
            keys = disclosed_records(record_type.kind, shown, search.disclosure, today, ended)
            reference_id, criteria = subscribed.subscription.reference_id, subscribed.criteria
            audited = AuditedSearch(reference_id, criteria, record_type.name, search.disclosure)
            session.record_disclosure(audited, keys, charge=0)

    def _body(self, exchange: Exchange, client: Client, texts: list[str], signer: Signer | None) -> bytes:
        """Return the message. Its id is the same in every attempt."""
        count, now = len(texts), timestamp(self._runtime.clock())
        header = CallbackHeader(NOTIFY, _message_id(exchange), now, count, count)
        own = min(self._runtime.settings.receiver_ids, default=_UNNAMED)
        text = header.text(Participants(sender_id=client.sender_id, receiver_id=own))
        return envelope(text, notification(exchange.transaction_id, texts), signer).encode()

    def _remember(self, dropped: list[StoredEvent], records: dict[str, SubscribedRecords]) -> None:
        """Remember the dropped events of which the client does not know, for what it is notified of later ones.

        A record that it was never sent has no end for it, and one whose end it was not sent has one still. Only
        subscriptions to updates are notified of both.
        """
        for event in dropped:
            subscribed = records.get(event.code)
            is_both = subscribed and subscribed.compiled.event_type is EventType.UPDATE
            if subscribed and is_both and {event.first, event.last} != {Event.UPDATED}:
                self._outbox.remember(subscribed.subscription, event)


def _message_id(exchange: Exchange) -> str:
    return f"{exchange.correlation_id}-{exchange.delivery.page + 1}"


def _wanted(exchange: Exchange) -> tuple[int, int]:
    """Return the first event that a message may have, by its number, and how many."""
    delivery, (outcome,) = exchange.delivery, exchange.outcomes
    for _, start, count in delivery.portions:  # one at most
        return start, count
    return delivery.start, min(outcome.keys - delivery.start, delivery.size)


def _record_of(event: StoredEvent, subscribed: SubscribedRecords, today: date) -> View | None:
    """Return what is reported of a record now, as it is sent; None if nothing is."""
    notified, search = event.notified, subscribed.compiled.search
    view = subscribed.matching.get(event.record_id)
    if notified is None:
        return None
    if notified is Event.JOINED and not (
        view and _RELATED in search.disclosure and _shows(view, event.joined, today)
    ):
        return None
    if notified.ends_sight:
        may_know = _IDENTIFIER in search.disclosure and (search.visibility.restricted or not event.restricted)
        return event.identified if view is None and may_know else None
    return search.record_type.render(view, search.disclosure, today) if view else None


def _shows(view: View, joined: list[str], today: date) -> bool:
    """Return whether a record shows one of these members or households."""
    return any(entry["id"] in joined for entry in related_entries(view, today))


def _text(event: StoredEvent, subscribed: SubscribedRecords, record: View, callbacks: Callbacks, now: str) -> str:
    subscription, search = subscribed.subscription, subscribed.compiled.search
    notified = event.notified
    data: dict[str, Any] = {
        "version": VERSION,
        "reg_type": search.reg_type,
        **({"reg_event_type": notified.notified_as.name_in(callbacks.notify_spelling)} if notified else {}),
        "reg_record_type": search.record_type.name,
        "reg_records": [record] if callbacks.notifies_lists else record,
    }
    locale = {"locale": subscription.locale} if subscription.locale else {}
    item = {"reference_id": subscription.reference_id, "timestamp": now, "data": data, **locale}
    return pydantic_core.to_json(item).decode()
