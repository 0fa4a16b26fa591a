"""Packs events: those of a channel that are due become a page, which is delivered as an answer is.

One transaction makes the page, takes its events out of the outbox as they were read, and counts them for the client's
quota. While a page of a channel is open no other is made, so that further changes of a record become one event.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, islice
from typing import TYPE_CHECKING

from dci_common.clients.store import ClientStore
from dci_common.exchange.exchange_store import Charge, ExchangeStore, charging
from dci_common.exchange.exchange_table import CONFLICTS, ExchangeTable, busy, number
from dci_common.exchange.exchanges import DATA_SECONDS, Exchange, Outcome, exchange_key, to_item
from dci_common.exchange.near_limits import KEPT_SECONDS, mark_if_near, mark_near_limit
from dci_common.exchange.queues import Queues
from dci_common.exchange.worker_places import WorkerPlaces
from dci_common.scopes import REGISTRY_SUBSCRIBE
from dci_common.subscriptions.channels import Channel, Channels, paging
from dci_common.subscriptions.outbox import Outbox, taking
from dci_common.subscriptions.subscription_store import SubscriptionStore
from dci_common.timestamps import day, timestamp
from dci_delivery.event_charges import EventCharges
from dci_delivery.schedule import GIVEN_UP_AFTER

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.clients.model import Client
    from dci_common.deadline import Deadline
    from dci_common.exchange.stored_answer import StoredAnswers
    from dci_common.runtime import Runtime
    from dci_common.subscriptions.stored_event import StoredEvent

MAX_EVENTS = 90  # of a page: a transaction has 100 changes at most
_MAX_BYTES = 200_000  # of their names in one item, which DynamoDB takes up to 400 KB
_EARLY_SECONDS = 1  # that the clocks of two functions may differ
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_SOON = 60  # seconds until the sweep queues a page that was not queued
_FAILED = "ConditionalCheckFailed"
_PAGE, _CHARGE, _RATE = 3, 4, 5  # the numbers of the changes that make a page the channel's, and that count it


class Packer:
    """Makes pages of events."""

    def __init__(self, runtime: Runtime, answers: StoredAnswers) -> None:
        self._runtime = runtime
        self._table = ExchangeTable(runtime)
        self._store = ExchangeStore(runtime)
        self._queues = Queues(runtime)
        self._clients = ClientStore(runtime)
        self._places = WorkerPlaces(runtime)
        self._channels = Channels(runtime)
        self._outbox = Outbox(runtime)
        self._subscriptions = SubscriptionStore(runtime)
        self._charges = EventCharges(runtime, answers)

    def pack(self, channel_id: str, deadline: Deadline) -> None:
        """Make the next page of a channel, if that is due. Raises Unavailable."""
        for _ in self._runtime.retry.attempts(CONFLICTS):
            channel = self._channels.get(channel_id)
            if channel is None or not self._is_due(channel) or self._pack(channel, deadline):
                return
        raise busy()

    def _is_due(self, channel: Channel) -> bool:
        now = self._runtime.clock()
        if channel.due is None or channel.due > now + _EARLY_SECONDS or channel.paused is not None:
            return False
        page = self._store.get(channel.page) if channel.page else None
        if page and _is_given_up(page):
            self._channels.pause(channel)
            return False
        return page is None or not page.is_open

    def _pack(self, channel: Channel, deadline: Deadline) -> bool:
        """Pack the first events of a channel; return False if they have changed meanwhile."""
        events = [*islice(self._outbox.events(channel.id, channel.last), MAX_EVENTS)]
        if not events:
            self._channels.rest(channel)
            return True
        client, now = self._clients.find(channel.client_id, consistent=True), int(self._runtime.clock())
        url = client and (client.callbacks.notify_url or channel.callback_url or client.callbacks.default_url)
        if client and not (url and self._may_be_notified(client)):
            self._channels.postpone(channel, now + _HOUR)
            return True
        notified = self._notified(client, events) if client else []
        void = [event for event in events if event not in notified]
        if not (client and url and notified):
            return self._drop(channel, void)
        page = self._page(client, channel, url)
        draft = _Draft(page, channel, client, notified, void, is_last=len(events) < MAX_EVENTS)
        return self._make(draft, self._charges.of(client, notified, deadline))

    def _may_be_notified(self, client: Client) -> bool:
        is_allowed = client.status == "enabled" and client.asynchronous and REGISTRY_SUBSCRIBE in client.scopes
        return is_allowed and not self._places.is_paused(client.client_id)

    def _notified(self, client: Client, events: Sequence[StoredEvent]) -> list[StoredEvent]:
        """Return the events that the client is notified of: of active subscriptions, and not undone by another."""
        subscriptions = self._subscriptions.many([event.code for event in events])
        own = {code for code, one in subscriptions.items() if one.is_active and one.client_id == client.client_id}
        return [event for event in events if event.code in own and event.notified]

    def _drop(self, channel: Channel, events: Iterable[StoredEvent]) -> bool:
        """Take events out that nobody is notified of; return False if one of them has changed meanwhile."""
        now = int(self._runtime.clock())
        if self._table.transact([taking(channel.id, event, now) for event in events]):
            return False
        self._channels.queue(channel)
        return True

    def _page(self, client: Client, channel: Channel, url: str) -> Exchange:
        """Return a page without events."""
        now = self._runtime.clock()
        correlation_id = str(uuid.UUID(bytes=self._runtime.random_bytes(16), version=4))
        return Exchange(
            correlation_id=correlation_id,
            client_id=client.client_id,
            kind="notify",
            transaction_id=correlation_id,
            message_id=correlation_id,
            references=(channel.id,),
            accepted=timestamp(now),
            today=day(now),
            callback_url=url,
            state="delivering",
            due=int(now) + _SOON,
        )

    def _make(self, draft: _Draft, charges: Sequence[int]) -> bool:
        """Make a page of as many events as the client's quota allows; return False if one has changed meanwhile."""
        now, a_day = int(self._runtime.clock()), self._charges.a_day(draft.client)
        fitting = draft.of(min(_fitting(charges, a_day) if a_day else len(charges), _that_fit(draft.notified)))
        charge = Charge(str(day(now)), sum(charges[: len(fitting.notified)]), a_day, now + KEPT_SECONDS)
        page = replace(draft.page, outcomes=(Outcome(len(fitting.notified), len(fitting.notified)),))
        reasons = self._table.transact(self._changes(fitting, page, charge))
        failed = [reason.get("Code") == _FAILED for reason in reasons]
        if not reasons:
            mark_if_near(self._runtime, draft.client, charge.date)
            self._queues.put(page)
        elif failed[_PAGE]:  # somebody else has made one
            return True
        elif failed[_CHARGE]:
            used = int(reasons[_CHARGE].get("Item", {}).get("records", {"N": "0"})["N"])
            room = _fitting(charges, a_day - used)
            if room:
                return self._make(draft.of(room), charges[:room])
            mark_near_limit(self._runtime, draft.client.client_id, charge.date)
            self._channels.postpone(draft.channel, now - now % _DAY + _DAY)
        elif draft.client.notifications_a_minute and failed[_RATE]:
            self._channels.postpone(draft.channel, now - now % _MINUTE + _MINUTE)
        else:
            return False
        return True

    def _changes(self, draft: _Draft, page: Exchange, charge: Charge) -> list[Item]:
        now = int(self._runtime.clock())
        belonging = {"expires": number(now + DATA_SECONDS)}
        request = {**exchange_key(page.correlation_id, "REQUEST"), "body": {"S": "{}"}, **belonging}
        is_new = {"ConditionExpression": "attribute_not_exists(pk)"}
        due = draft.channel.next_due(now) if draft.is_last else now
        a_minute = draft.client.notifications_a_minute
        return [
            {"Put": {"Item": to_item(page), **is_new}},
            {"Put": {"Item": self._store.keys_item(page, 0, 0, [event.text() for event in draft.notified])}},
            {"Put": {"Item": request}},
            paging(draft.channel, page.correlation_id, draft.notified[-1].sk, due or now),
            charging(page.client_id, charge),
            *([_counting(page.client_id, a_minute, now)] if a_minute else []),
            *(taking(draft.channel.id, event, now) for event in (*draft.notified, *draft.void)),
        ]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A page to be made of events that the client is `notified` of; `void` ones are taken out with them.

    It `is_last` if the outbox has no others.
    """

    page: Exchange
    channel: Channel
    client: Client
    notified: Sequence[StoredEvent]
    void: Sequence[StoredEvent]
    is_last: bool

    def of(self, count: int) -> _Draft:
        """Return the page of the first events."""
        return self if count == len(self.notified) else replace(self, notified=self.notified[:count], is_last=False)


def _is_given_up(page: Exchange) -> bool:
    """Return whether a page was attempted for three days; one whose receiver is gone pauses the client itself."""
    begun, ended = page.delivery.first_attempt, page.ended or 0
    return page.state == "dead" and bool(begun) and ended - begun > GIVEN_UP_AFTER - _HOUR


def _fitting(sizes: Sequence[int], room: int) -> int:
    """Return how many of the first sizes fit together."""
    return sum(total <= room for total in accumulate(sizes))


def _that_fit(events: Sequence[StoredEvent]) -> int:
    return max(1, _fitting([len(event.text().encode()) for event in events], _MAX_BYTES))


def _counting(client_id: str, a_minute: int, now: int) -> Item:
    """Return the change that counts a notification, of which a minute has so many at most."""
    return {
        "Update": {
            "Key": {"pk": {"S": f"RATE#{client_id}"}, "sk": {"S": f"NOTIFY#{now // _MINUTE}"}},
            "UpdateExpression": "SET expires = :expires ADD messages :one",
            "ConditionExpression": "attribute_not_exists(messages) OR messages < :limit",
            "ExpressionAttributeValues": {
                ":one": number(1),
                ":limit": number(a_minute),
                ":expires": number(now + _HOUR),
            },
        }
    }
