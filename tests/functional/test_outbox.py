"""Events wait in the outbox of their channel, one item a record and subscription."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from dci_common.registry.model.base import Kind
from dci_common.runtime import Runtime
from dci_common.subscriptions.channels import Channel, Channels
from dci_common.subscriptions.event_types import Event
from dci_common.subscriptions.outbox import Outbox, SubscribedEvent
from dci_common.subscriptions.stored_event import StoredEvent
from dci_common.subscriptions.subscription import Subscription
from support.api import Api
from support.exchanges import Queues
from support.subscriptions import put, sequence, subscribed


@pytest.fixture
def runtime(exchange_api: tuple[Api, Queues]) -> Runtime:
    """Return the functions' environment."""
    return exchange_api[0].runtime


@pytest.fixture
def subscription(runtime: Runtime) -> Subscription:
    """Return a subscription that has a channel of its own."""
    client_id = f"client-{runtime.random_bytes(6).hex()}"
    return subscribed(runtime, client_id, callback_url="https://partner.example/notify")


def channel_of(runtime: Runtime, subscription: Subscription) -> Channel:
    """Return the channel of a subscription."""
    channel = Channels(runtime).get(subscription.channel)
    assert channel
    return channel


def events_of(runtime: Runtime, subscription: Subscription) -> list[StoredEvent]:
    """Return the events in the channel of a subscription."""
    return [*Outbox(runtime).events(subscription.channel)]


def test_an_event_makes_its_channel_due_and_queues_it(
    exchange_api: tuple[Api, Queues], runtime: Runtime, subscription: Subscription
) -> None:
    """A batch queues each channel once, and the sweep would find it too."""
    events = [
        SubscribedEvent(subscription, Kind.PERSON, f"P#{number}", Event.UPDATED, None, sequence(number))
        for number in range(3)
    ]
    Outbox(runtime).put(events)
    (queued,) = exchange_api[1].sent
    assert json.loads(queued["MessageBody"]) == {"channel": subscription.channel}
    assert queued["MessageGroupId"] == subscription.client_id
    assert subscription.channel in Channels(runtime).due()
    assert [event.record_id for event in events_of(runtime, subscription)] == ["P#0", "P#1", "P#2"]
    assert channel_of(runtime, subscription).callback_url == subscription.callback_url


def test_events_of_a_record_become_one_in_any_order(runtime: Runtime, subscription: Subscription) -> None:
    """However often and in which order changes of a record come, the first and the last of them are stored."""
    events = [Event.ENTERED, Event.UPDATED, Event.LEFT, Event.ENTERED, Event.UPDATED, Event.LEFT]
    identified: dict[str, Any] = {"identifier": [{"identifier_type": "UIN", "identifier_value": "Å-1"}]}
    changes = [
        SubscribedEvent(
            subscription, Kind.PERSON, "P-1", event, identified if event.ends_sight else None, sequence(number)
        )
        for number, event in enumerate(events, 1)
    ]
    draw = random.Random(7)
    for _ in range(5):
        Outbox(runtime).put([draw.choice(changes)])
    for change in draw.sample(changes, len(changes)):
        Outbox(runtime).put([change])
    (stored,) = events_of(runtime, subscription)
    assert (stored.first, stored.first_sequence) == (Event.ENTERED, sequence(1))
    assert (stored.last, stored.sequence) == (Event.LEFT, sequence(6))
    assert stored.identified == identified
    assert stored.notified is None


def test_a_record_that_is_back_has_no_identifiers_in_the_outbox(runtime: Runtime, subscription: Subscription) -> None:
    """The identifiers of an end are not kept when another event follows."""
    put(runtime, subscription, "P-1", Event.LEFT, Event.ENTERED, identified={"identifier": []} | {"name": "x"})
    (stored,) = events_of(runtime, subscription)
    assert stored.identified is None


def test_a_remembered_event_is_not_sent_until_another_follows(runtime: Runtime, subscription: Subscription) -> None:
    """An event that a page left out is the first of those that follow, and by itself none."""
    put(runtime, subscription, "P-1", Event.ENTERED)
    (entered,) = events_of(runtime, subscription)
    another = replace(subscription, callback_url="https://another.example/notify")
    Outbox(runtime).remember(another, entered)
    assert events_of(runtime, another) == []
    put(runtime, subscription, "P-2", Event.LEFT, start=5)
    Outbox(runtime).remember(subscription, entered._replace(record_id="P-2"))
    left = events_of(runtime, subscription)[-1]
    assert (left.first, left.last) == (Event.ENTERED, Event.LEFT)


def test_a_channel_with_a_schedule_is_due_at_its_time(exchange_api: tuple[Api, Queues], runtime: Runtime) -> None:
    """Events of a schedule wait for its next time, and those after its end make nothing due."""
    daily = subscribed(runtime, f"client-{runtime.random_bytes(6).hex()}", frequency="daily")
    put(runtime, daily, "P-1", Event.UPDATED, Event.UPDATED)
    assert channel_of(runtime, daily).due == 1_772_409_600  # midnight
    assert exchange_api[1].sent == []
    assert daily.channel not in Channels(runtime).due()
    ended = subscribed(runtime, daily.client_id, frequency={"end_time": "2026-03-01T00:00:00Z"})
    put(runtime, ended, "P-1", Event.UPDATED)
    assert Channels(runtime).get(ended.channel) is None


def test_a_channel_rests_only_while_no_event_has_come(runtime: Runtime, subscription: Subscription) -> None:
    """A worker that saw no event does not put the channel to rest once another event has come."""
    put(runtime, subscription, "P-1", Event.UPDATED)
    seen = channel_of(runtime, subscription)
    put(runtime, subscription, "P-2", Event.UPDATED)
    channels = Channels(runtime)
    channels.rest(seen)
    assert channel_of(runtime, subscription).due is not None
    channels.rest(channel_of(runtime, subscription))
    assert channel_of(runtime, subscription).due is None
    assert subscription.channel not in channels.due()
