"""Pages of events: one at a time for a channel, delivered as callbacks are."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dci_common.exchange.exchange_lists import ExchangeLists
from dci_common.exchange.interventions import Interventions
from dci_common.subscriptions.channels import Channels
from dci_common.subscriptions.event_types import Event
from dci_common.subscriptions.outbox import Outbox
from dci_common.subscriptions.subscribers import Subscribers
from support.api import Api
from support.example_counts import sampled
from support.exchanges import SWEEP, change_client, receiving
from support.fault_injection import FaultInjector, Killed
from support.notification_scene import BORN, Scene, known, new_scene


@pytest.fixture
def scene(new_api: Callable[..., Api]) -> Iterator[Scene]:
    """Return a scene of its own."""
    with new_scene(new_api) as made:
        yield made


def test_changes_meanwhile_are_one_event(scene: Scene) -> None:
    """While a page is open no other is made, and all that happens to a record meanwhile is one event."""
    subscription = scene.subscribed()
    scene.receiver.answer = lambda _: (503, {})
    scene.notify(subscription)
    for _ in range(3):
        scene.notify(subscription)
    scene.receiver.answer = lambda _: (200, {})
    for _ in range(3):
        scene.later()
    assert scene.types == [["UPDATE"], ["UPDATE"]]
    assert len({message["header"]["message_id"] for message in scene.receiver.arrived}) == 2


def test_a_queued_channel_is_packed_once(scene: Scene) -> None:
    """A channel that is queued twice, or swept at once, has each event in one page."""
    subscription = scene.subscribed()
    scene.put(subscription, Event.UPDATED)
    scene.partner.queues.sent *= 3
    scene.partner.api.deliver(SWEEP, None)
    scene.partner.work()
    assert scene.types == [["UPDATE"]]


@pytest.mark.exhaustive
def test_many_events_are_sent_in_pages(scene: Scene) -> None:
    """Up to 90 events are a page, and the next follows when it has ended; none is lost or sent twice."""
    people = [BORN[0].model_copy(update={"id": f"p-{number:03}", "identifiers": ()}) for number in range(100)]
    scene.registry.put(*people)
    subscription = scene.subscribed()
    for person in people:
        scene.put(subscription, Event.UPDATED, record_id=person.id)
    scene.partner.work()
    assert [len(events) for events in scene.events] == [90, 10]


def test_a_notification_that_is_too_large_is_halved(scene: Scene) -> None:
    """A 413 halves a page; each event still comes once, and each part has its own id."""
    people = [BORN[0].model_copy(update={"id": f"p-{number:03}", "identifiers": ()}) for number in range(10)]
    scene.registry.put(*people)
    subscription = scene.subscribed()
    for person in people:
        scene.put(subscription, Event.UPDATED, record_id=person.id)
    scene.receiver.answer = lambda message: (413 if len(message["message"]["notify_event"]) > 3 else 200, {})
    scene.partner.work()
    assert [len(events) for events in scene.events] == [2, 2, 2, 2, 2]
    assert len({message["header"]["message_id"] for message in scene.receiver.received}) == 5


@pytest.mark.exhaustive
def test_a_channel_is_paused_when_a_page_is_given_up(scene: Scene) -> None:
    """After three days of failures nothing is packed until an operator resumes the client; the events are kept."""
    subscription = scene.subscribed()
    scene.receiver.answer = lambda _: (503, {})
    scene.notify(subscription)
    for _ in range(40):
        scene.later(7_200)
    channels = Channels(scene.partner.api.runtime)
    assert scene.page(subscription).state == "dead"
    assert [channel.id for channel in channels.paused() if channel.client_id == subscription.client_id] == [
        subscription.channel
    ]
    scene.receiver.answer = lambda _: (200, {})
    scene.notify(subscription)
    scene.later()
    assert scene.receiver.received == []
    assert channels.resume(subscription.client_id) == 1
    scene.later()
    assert scene.types == [["UPDATE"]]
    assert channels.resume(subscription.client_id) == 0


@pytest.mark.exhaustive
@pytest.mark.parametrize("status", [503, 410])
def test_what_failed_is_sent_again_with_what_came_later(scene: Scene, status: int) -> None:
    """After an operator redrives a client, it receives what could not be delivered, and what was kept meanwhile."""
    subscription, runtime = scene.subscribed(), scene.partner.api.runtime
    scene.receiver.answer = lambda _: (status, {})
    scene.notify(subscription)
    for _ in range(14):
        scene.later(21_600)
    scene.receiver.answer = lambda _: (200, {})
    scene.put(subscription, Event.UPDATED, record_id=BORN[1].id)
    scene.later()
    assert scene.receiver.received == []
    interventions, day_ago = Interventions(runtime), runtime.clock() - 86_400
    (failed,) = interventions.failed_notifications(subscription.client_id, 0)
    assert interventions.failed_notifications(subscription.client_id, failed.ended or 0) == [failed]
    assert interventions.failed_notifications(subscription.client_id, (failed.ended or 0) + 1) == []
    assert bool(interventions.failed_notifications(subscription.client_id, day_ago)) == (status == 503)
    Subscribers(runtime).resume(subscription.client_id)
    interventions.redrive(failed)
    scene.later(3_600)
    scene.later()
    assert scene.types == [["UPDATE"], ["UPDATE"]]
    assert Channels(runtime).paused() == []


def test_a_receiver_that_is_gone_is_notified_after_it_is_resumed(scene: Scene) -> None:
    """A 410 pauses the client as in other callbacks: later events wait for `dci exchange resume`."""
    subscription = scene.subscribed()
    scene.receiver.answer = lambda _: (410, {})
    scene.notify(subscription)
    scene.receiver.answer = lambda _: (200, {})
    scene.notify(subscription)
    scene.later()
    assert scene.receiver.received == []
    Interventions(scene.partner.api.runtime).resume(subscription.client_id)
    scene.later(3_600)
    assert scene.types == [["UPDATE"]]


def test_a_failed_page_can_be_redriven(scene: Scene) -> None:
    """An operator has a refused page sent again; it was never one of the client's open exchanges."""
    subscription = scene.subscribed()
    scene.receiver.answer = lambda _: (200, {"message": {"ack_status": "NACK"}})
    scene.notify(subscription)
    page = scene.page(subscription)
    assert page.state == "refused"
    assert page.correlation_id in ExchangeLists(scene.partner.api.runtime).listed("REFUSED")
    scene.receiver.answer = lambda _: (200, {})
    Interventions(scene.partner.api.runtime).redrive(page)
    scene.later()
    assert scene.page(subscription).state == "answered"


def test_an_open_page_is_not_one_of_the_clients_exchanges(scene: Scene) -> None:
    """A client whose notifications wait may still send as many messages as its limit allows."""
    change_client(scene.partner, open_exchanges=1)
    scene.receiver.answer = lambda _: (503, {})
    scene.notify(scene.subscribed())
    assert scene.partner.search().status == 200
    assert scene.partner.search().status == 429


@pytest.mark.parametrize("call", sampled(range(24)))
def test_a_killed_process_loses_no_event(scene: Scene, call: int) -> None:
    """Wherever a process is killed, all events are sent in the end, and a repetition has the id of the first."""
    subscription, draw = scene.subscribed(), random.Random(call)
    scene.put(subscription, Event.UPDATED)
    scene.put(subscription, Event.DEREGISTERED, record_id="gone")
    faults = FaultInjector(draw)
    faults.attach(scene.partner.api)
    faults.kill_in = call
    try:
        scene.partner.work()
    except Killed:
        scene.restart()
        scene.put(subscription, Event.UPDATED, record_id="beno")
    else:
        assert call > 20
        faults.kill_in = None
    for _ in range(4):
        scene.later(400)
    sent = {
        (event["data"]["reg_event_type"], str(event["data"]["reg_records"])): message["header"]["message_id"]
        for message in scene.receiver.received
        for event in message["message"]["notify_event"]
    }
    assert len(sent) == (3 if faults.is_killed else 2)
    ids = {message["header"]["message_id"] for message in scene.receiver.received}
    assert set(sent.values()) == ids
    assert [*Outbox(scene.partner.api.runtime).events(subscription.channel)] == []
    assert scene.channel(subscription).due is None


def test_each_record_has_its_turn(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records that change all the time keep no other one from being sent."""
    monkeypatch.setattr("dci_delivery.packer.MAX_EVENTS", 1)
    subscription = scene.subscribed("DEREGISTER")
    for record_id in ("a", "b", "c"):
        scene.put(subscription, Event.DEREGISTERED, record_id=record_id)

    def answer(_: dict[str, Any]) -> tuple[int, object]:
        if len(scene.receiver.received) < 4:
            scene.put(subscription, Event.DEREGISTERED, record_id="a")
        return 200, {}

    scene.receiver.answer = answer
    scene.partner.work()
    sent = [event["data"]["reg_records"] for (event,) in scene.events]
    assert sent[:4] == [known("a"), known("b"), known("c"), known("a")]


def test_a_page_goes_to_the_address_that_is_registered_now(scene: Scene) -> None:
    """A new `notify_url` is used for pages that wait for another attempt, too."""
    scene.receiver.answer = lambda _: (503, {})
    scene.notify(scene.subscribed())
    with receiving() as other:
        change_client(scene.partner, callbacks={"notify_url": other.url})
        scene.later()
        assert len(other.received) == 1
