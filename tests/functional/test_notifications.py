"""Events are told to their subscribers: as these may see the records when a notification is sent."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from dci_common.exchange.exchange_lists import ExchangeLists
from dci_common.exchange.exchange_store import ExchangeStore
from dci_common.exchange.exchanges import Exchange
from dci_common.exchange.interventions import Interventions
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Group, Person
from dci_common.registry.model.views import View
from dci_common.subscriptions.channels import Channel, Channels
from dci_common.subscriptions.event_types import Event
from dci_common.subscriptions.outbox import Outbox
from dci_common.subscriptions.subscribers import Subscribers
from dci_common.subscriptions.subscription import Subscription
from dci_common.subscriptions.subscription_store import SubscriptionStore
from support.admin_client import Admin
from support.api import Api
from support.example_counts import sampled
from support.exchanges import SWEEP, Queues, Receiver, change_client, receiving
from support.hill_household import ALL, ANNA, BENO
from support.misfortunes import Killed, Misfortunes
from support.registry_harness import Registry, registry_with
from support.stored_items import disclosures
from support.subscribing import SubscribingPartner
from support.subscriptions import EVERYBODY, put, subscribed

BORN = [person.model_copy(update={"birth_date": "1990-01-31"}) for person in (ANNA, BENO)]
BORN_LATER = [
    {"seq_num": 1, "expression1": {"attribute_name": "birth_date", "operator": "ge", "attribute_value": "1980-01-01"}}
]


def known(record_id: str) -> View:
    """Return a record with nothing but an identifier."""
    return {"identifier": [{"identifier_type": "UIN", "identifier_value": record_id}]}


@dataclass
class Scene:
    """A registry of two people that a test changes, and a partner that is notified."""

    registry: Registry
    partner: SubscribingPartner
    receiver: Receiver
    new_api: Callable[..., Api]
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 10**6)))

    def subscribed(self, event_type: str = "UPDATE", **criteria: Any) -> Subscription:
        """Store a subscription of the partner's, to all people born since 1980."""
        filter_ = {"filter_type": "predicate", "filter": BORN_LATER}
        url = criteria.pop("callback_url", self.receiver.url)
        client_id = self.partner.client.client_id
        return subscribed(
            self.partner.api.runtime, client_id, event_type, callback_url=url, **{**filter_, **criteria}
        )

    def put(self, subscription: Subscription, *events: Event, record_id: str = "anna", **more: Any) -> None:
        """Put events of a record."""
        for event in events:
            identified = known(record_id) if event.ends_sight else None
            put(
                self.partner.api.runtime,
                subscription,
                record_id,
                event,
                start=next(self.numbers),
                identified=identified,
                **more,
            )

    def restart(self) -> None:
        """Begin a new process, which knows nothing but the tables and the queues; another may have what one left."""
        clock = self.partner.api.clock
        self.partner.api = self.new_api()
        self.partner.api.clock = clock
        self.partner.api.runtime.clock = clock
        clock.advance(400)

    def told(self, *subscriptions: Subscription) -> None:
        """Tell of an update of Anna."""
        for subscription in subscriptions:
            self.put(subscription, Event.UPDATED)
        self.partner.work()

    def later(self, seconds: int = 90) -> None:
        """Let time pass, and what is due be done."""
        self.partner.api.clock.advance(seconds)
        self.partner.sweep()

    def born(self, year: int, person: Person = BORN[0]) -> None:
        """Change when a person was born."""
        self.registry.put(person.model_copy(update={"birth_date": f"{year}-01-31"}))

    def channel(self, subscription: Subscription) -> Channel:
        """Return the channel of a subscription."""
        channel = Channels(self.partner.api.runtime).get(subscription.channel)
        assert channel
        return channel

    def page(self, subscription: Subscription) -> Exchange:
        """Return the latest page of a channel."""
        page = ExchangeStore(self.partner.api.runtime).get(self.channel(subscription).page)
        assert page
        return page

    @property
    def events(self) -> list[list[dict[str, Any]]]:
        """The events of each notification that was taken."""
        return [message["message"]["notify_event"] for message in self.receiver.received]

    @property
    def types(self) -> list[list[str]]:
        """The types of the events of each notification that was taken."""
        return [[event["data"]["reg_event_type"] for event in events] for events in self.events]

    def audited(self) -> list[tuple[str, bool, set[str]]]:
        """Return the audit records of the partner: the reference id, whether it was withheld, and the keys."""
        own = [one for one in disclosures() if one.get("client_id", {}).get("S") == self.partner.client.client_id]
        return [
            (one["reference_id"]["S"], "withheld" in one, set(one.get("records", {"SS": ()})["SS"]))
            for one in sorted(own, key=lambda one: str(one["sk"]["S"]))
        ]


@pytest.fixture
def scene(new_api: Callable[..., Api]) -> Iterator[Scene]:
    """Return a scene of its own."""
    queues = Queues()
    with registry_with(*BORN, *ALL[2:]) as registry, receiving() as receiver:

        def made(**changes: Any) -> Api:
            names = {"registry_table": registry.table, "work_queue": "work", "delivery_queue": "delivery"}
            return new_api(**names, sqs=lambda _: queues, **changes)

        partner = SubscribingPartner(made(), queues, receiver, disclosure=["full"])
        yield Scene(registry, partner, receiver, made)


def test_an_event_is_told_with_the_record_as_it_is_now(scene: Scene) -> None:
    """A notification has the record as a search would find it, and names the subscription by its reference."""
    subscription = scene.subscribed()
    scene.put(subscription, Event.UPDATED)
    scene.registry.put(BORN[0].model_copy(update={"phone_numbers": ("+99512",)}))
    scene.partner.work()
    (message,) = scene.receiver.received
    (event,) = message["message"]["notify_event"]
    page = scene.page(subscription)
    assert message["header"]["message_id"] == f"{page.correlation_id}-1"
    assert {name: message["header"][name] for name in ("action", "status", "total_count", "completed_count")} == {
        "action": "notify",
        "status": "succ",
        "total_count": 1,
        "completed_count": 1,
    }
    assert message["header"]["receiver_id"] == scene.partner.client.sender_id
    assert (event["reference_id"], event["locale"]) == (subscription.reference_id, "eng")
    record = event["data"].pop("reg_records")
    assert record["phone_number"] == ["+99512"]
    assert event["data"]["reg_event_type"] == "UPDATE"
    assert event["data"]["reg_record_type"] == "SRPerson"
    assert page.state == "answered"
    assert scene.audited() == [(subscription.reference_id, False, {"PERSON#anna", *_households()})]
    scene.later()
    assert scene.channel(subscription).due is None
    assert len(scene.receiver.arrived) == 1


def _households() -> set[str]:
    return {f"GROUP#{record.id}" for record in ALL if isinstance(record, Group)}


def test_the_end_of_a_record_has_its_identifiers_alone(scene: Scene) -> None:
    """Whoever is deleted, or matches no more, is told with the identifiers that the client knew, and recorded."""
    subscription = scene.subscribed("DEREGISTER")
    scene.registry.writer.delete(Kind.PERSON, "anna")
    scene.born(1970, BORN[1])
    scene.put(subscription, Event.DEREGISTERED)
    scene.put(subscription, Event.LEFT, record_id="beno")
    scene.partner.work()
    assert scene.types == [["DEREGISTER", "DEREGISTER"]]
    assert [event["data"]["reg_records"] for event in scene.events[0]] == [known("anna"), known("beno")]
    assert scene.audited() == [(subscription.reference_id, False, {"PERSON#anna", "PERSON#beno"})]


def restrict(scene: Scene) -> None:
    """Restrict Anna."""
    scene.registry.put(BORN[0].model_copy(update={"restricted": True}))


def delete(scene: Scene) -> None:
    """Delete Anna."""
    scene.registry.writer.delete(Kind.PERSON, "anna")


def leave(scene: Scene) -> None:
    """Have Anna match the filter no more."""
    scene.born(1970)


def forbid(scene: Scene) -> None:
    """Allow the client other record types only."""
    change_client(scene.partner, record_types=["Group"])


def end(scene: Scene) -> None:
    """End all subscriptions."""
    store, client_id = SubscriptionStore(scene.partner.api.runtime), scene.partner.client.client_id
    for subscription in store.many([*store.codes_of(client_id)]).values():
        store.end(subscription)


@pytest.mark.parametrize("change", [restrict, delete, leave, forbid, end])
def test_what_may_be_told_no_more_is_not_sent(scene: Scene, change: Callable[[Scene], None]) -> None:
    """What changes between packing and an attempt, of people or their client, is seen by the attempt."""
    subscription = scene.subscribed()
    scene.receiver.answer = lambda _: (503, {})
    scene.put(subscription, Event.UPDATED)
    scene.partner.work()
    change(scene)
    scene.receiver.answer = lambda _: (200, {})
    for _ in range(3):
        scene.later()
    assert len(scene.receiver.arrived) == 1  # before
    page = scene.page(subscription)
    assert (page.state, page.delivery.reason) == (
        "answered",
        "Nothing of this page may be told any more: it was not sent.",
    )
    assert scene.audited() == [(subscription.reference_id, False, {"PERSON#anna", *_households()})]


def test_what_is_dropped_is_in_no_count(scene: Scene) -> None:
    """Somebody who was restricted leaves no trace in a notification that tells of others."""
    subscription = scene.subscribed()
    scene.put(subscription, Event.UPDATED)
    scene.put(subscription, Event.UPDATED, record_id="beno")
    restrict(scene)
    scene.partner.work()
    (message,) = scene.receiver.received
    assert "anna" not in str(message).lower()
    assert (message["header"]["total_count"], message["header"]["completed_count"]) == (1, 1)
    assert len(scene.events[0]) == 1


def test_an_end_is_not_told_of_a_record_that_is_back(scene: Scene) -> None:
    """What matches again when the end would be sent has not ended; nor is it told without identifiers."""
    subscription = scene.subscribed("DEREGISTER")
    scene.put(subscription, Event.LEFT)
    scene.partner.work()
    delete(scene)
    change_client(scene.partner, disclosure=["name", "birth_date"])
    scene.put(subscription, Event.DEREGISTERED)
    scene.partner.work()
    assert scene.receiver.arrived == []


def test_a_record_that_was_never_sent_has_no_end(scene: Scene) -> None:
    """Who came and went before a notification was sent is not named in a later one; who was sent is."""
    subscription = scene.subscribed()
    leave(scene)
    scene.put(subscription, Event.ENTERED)
    scene.partner.work()
    scene.put(subscription, Event.LEFT)
    scene.partner.work()
    assert scene.receiver.arrived == []
    scene.born(1990)
    scene.put(subscription, Event.ENTERED)
    scene.partner.work()
    leave(scene)
    scene.put(subscription, Event.LEFT)
    scene.partner.work()
    assert scene.types == [["REGISTER"], ["DEREGISTER"]]


def test_an_end_that_was_not_told_is_told_later(scene: Scene) -> None:
    """A record that left, came back before that was sent and left again is told as one that left."""
    subscription = scene.subscribed()
    scene.put(subscription, Event.LEFT)
    scene.partner.work()  # it is back already
    assert scene.receiver.arrived == []
    leave(scene)
    scene.put(subscription, Event.ENTERED, Event.LEFT)
    scene.partner.work()
    assert scene.types == [["DEREGISTER"]]


@pytest.mark.parametrize(
    ("callbacks", "types", "form"),
    [
        ({}, ["NewHouseHoldMember", "REGISTER", "UPDATE"], dict),
        ({"notify_spelling": "2026-02"}, ["NewHouseHoldMember", "register", "update"], list),
        (
            {"notify_spelling": "2026-02", "notify_records": "object"},
            ["NewHouseHoldMember", "register", "update"],
            dict,
        ),
        ({"notify_records": "list"}, ["NewHouseHoldMember", "REGISTER", "UPDATE"], list),
    ],
)
def test_notifications_are_spelt_as_the_client_reads_them(
    scene: Scene, callbacks: dict[str, str], types: list[str], form: type
) -> None:
    """Names of events and the form of their record follow the generation of the standard, or the client's wish."""
    change_client(scene.partner, callbacks=callbacks)
    for event_type, event in (("REGISTER", Event.REGISTERED), ("UPDATE", Event.UPDATED)):
        scene.put(scene.subscribed(event_type), event)
    scene.put(scene.subscribed("NewHouseHoldMember"), Event.JOINED)
    scene.partner.work()
    found = [event for events in scene.events for event in events]
    assert sorted(event["data"]["reg_event_type"] for event in found) == types
    assert {type(event["data"]["reg_records"]) for event in found} == {form}


def test_notifications_go_to_the_clients_own_address(scene: Scene) -> None:
    """The client's `notify_url` comes before the address of a subscription."""
    with receiving() as other:
        change_client(scene.partner, callbacks={"notify_url": other.url})
        scene.told(scene.subscribed(), scene.subscribed(callback_url=""))
        assert (len(other.received), scene.receiver.arrived) == (2, [])


def test_changes_meanwhile_are_one_event(scene: Scene) -> None:
    """While a page is open no other is made, and all that happens to a record meanwhile is told once."""
    subscription = scene.subscribed()
    scene.receiver.answer = lambda _: (503, {})
    scene.told(subscription)
    for _ in range(3):
        scene.told(subscription)
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


def test_many_events_are_told_in_pages(scene: Scene) -> None:
    """Up to 90 events are a page, and the next follows when it has ended; none is lost or told twice."""
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


def test_a_channel_is_paused_when_a_page_is_given_up(scene: Scene) -> None:
    """After three days of failures nothing is packed until an operator resumes the client; the events are kept."""
    subscription = scene.subscribed()
    scene.receiver.answer = lambda _: (503, {})
    scene.told(subscription)
    for _ in range(40):
        scene.later(7_200)
    channels = Channels(scene.partner.api.runtime)
    assert scene.page(subscription).state == "dead"
    assert [channel.id for channel in channels.paused() if channel.client_id == subscription.client_id] == [
        subscription.channel
    ]
    scene.receiver.answer = lambda _: (200, {})
    scene.told(subscription)
    scene.later()
    assert scene.receiver.received == []
    assert channels.resume(subscription.client_id) == 1
    scene.later()
    assert scene.types == [["UPDATE"]]
    assert channels.resume(subscription.client_id) == 0


@pytest.mark.exhaustive
@pytest.mark.parametrize("status", [503, 410])
def test_what_failed_is_told_again_with_what_came_later(scene: Scene, status: int) -> None:
    """An operator who redrives a client has it told what could not be delivered, and what was kept meanwhile."""
    subscription, runtime = scene.subscribed(), scene.partner.api.runtime
    scene.receiver.answer = lambda _: (status, {})
    scene.told(subscription)
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
    scene.told(subscription)
    scene.receiver.answer = lambda _: (200, {})
    scene.told(subscription)
    scene.later()
    assert scene.receiver.received == []
    Interventions(scene.partner.api.runtime).resume(subscription.client_id)
    scene.later(3_600)
    assert scene.types == [["UPDATE"]]


def test_a_failed_page_can_be_redriven(scene: Scene) -> None:
    """An operator has a refused page sent again; it was never one of the client's open exchanges."""
    subscription = scene.subscribed()
    scene.receiver.answer = lambda _: (200, {"message": {"ack_status": "NACK"}})
    scene.told(subscription)
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
    scene.told(scene.subscribed())
    assert scene.partner.search().status == 200
    assert scene.partner.search().status == 429


def test_records_are_counted_for_the_quota(scene: Scene) -> None:
    """Events beyond the records of a day wait for the next one, in UTC."""
    change_client(scene.partner, records_a_day=1)
    subscription = scene.subscribed()
    scene.put(subscription, Event.UPDATED)
    scene.put(subscription, Event.UPDATED, record_id="beno")
    scene.partner.work()
    assert scene.types == [["UPDATE"]]
    scene.later(3_600)
    assert len(scene.types) == 1
    scene.later(14 * 3_600)
    assert scene.types == [["UPDATE"], ["UPDATE"]]


def test_a_client_has_so_many_notifications_a_minute(scene: Scene) -> None:
    """Further pages wait for the next minute."""
    change_client(scene.partner, notifications_a_minute=1)
    subscription = scene.subscribed()
    scene.told(subscription)
    scene.told(subscription)
    assert len(scene.types) == 1
    scene.later(60)
    assert len(scene.types) == 2


def test_a_schedule_collects_until_its_time(scene: Scene) -> None:
    """Events of a day are told together at its end."""
    subscription = scene.subscribed(frequency="daily")
    scene.told(subscription)
    scene.put(subscription, Event.UPDATED, record_id="beno")
    scene.later(3_600)
    assert scene.receiver.arrived == []
    scene.later(14 * 3_600)
    assert scene.types == [["UPDATE", "UPDATE"]]
    scene.told(subscription)
    scene.later(3_600)
    assert len(scene.types) == 1
    scene.later(24 * 3_600)
    assert len(scene.types) == 2


def test_a_client_that_may_not_be_notified_waits(scene: Scene) -> None:
    """Events of a disabled client are kept, and told when it is enabled again; those of a deleted one are dropped."""
    subscription = scene.subscribed()
    admin, client_id = Admin(scene.partner.api), scene.partner.client.client_id
    admin.send("client_disable", client_id)
    scene.told(subscription)
    assert scene.receiver.arrived == []
    admin.send("client_enable", client_id)
    scene.later(3_600)
    assert scene.types == [["UPDATE"]]
    scene.put(subscription, Event.UPDATED)
    assert admin.send("client_delete", client_id).status == 204
    scene.partner.work()
    assert len(scene.receiver.arrived) == 1
    assert [*Outbox(scene.partner.api.runtime).events(subscription.channel)] == []


@pytest.mark.parametrize("call", sampled(range(24)))
def test_a_killed_process_loses_no_event(scene: Scene, call: int) -> None:
    """Wherever a process is killed, all events are told in the end, and a repetition has the id of the first."""
    subscription, draw = scene.subscribed(), random.Random(call)
    scene.put(subscription, Event.UPDATED)
    scene.put(subscription, Event.DEREGISTERED, record_id="gone")
    misfortunes = Misfortunes(draw)
    misfortunes.attach(scene.partner.api)
    misfortunes.kill_in = call
    try:
        scene.partner.work()
    except Killed:
        scene.restart()
        scene.put(subscription, Event.UPDATED, record_id="beno")
    else:
        assert call > 20
        misfortunes.kill_in = None
    for _ in range(4):
        scene.later(400)
    told = {
        (event["data"]["reg_event_type"], str(event["data"]["reg_records"])): message["header"]["message_id"]
        for message in scene.receiver.received
        for event in message["message"]["notify_event"]
    }
    assert len(told) == (3 if misfortunes.is_killed else 2)
    ids = {message["header"]["message_id"] for message in scene.receiver.received}
    assert set(told.values()) == ids
    assert [*Outbox(scene.partner.api.runtime).events(subscription.channel)] == []
    assert scene.channel(subscription).due is None


def test_each_record_has_its_turn(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records that change all the time keep no other one from being told."""
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
    told = [event["data"]["reg_records"] for (event,) in scene.events]
    assert told[:4] == [known("a"), known("b"), known("c"), known("a")]


def test_members_that_a_group_shows_are_counted(scene: Scene) -> None:
    """A household counts with the members that it shows; one that exceeds a whole day counts as a day."""
    change_client(scene.partner, records_a_day=2)
    subscription = scene.subscribed(filter_type="", filter=EVERYBODY, notify_record_type="Group")
    household = next(record for record in ALL if isinstance(record, Group))
    scene.put(subscription, Event.UPDATED, record_id=household.id, kind=Kind.GROUP)
    scene.put(subscription, Event.UPDATED, record_id="unknown", kind=Kind.GROUP)
    scene.partner.work()
    assert scene.types == [["UPDATE"]]
    assert len(scene.events[0][0]["data"]["reg_records"]["member_list"]) > 1
    assert len([*Outbox(scene.partner.api.runtime).events(subscription.channel)]) == 1
    scene.later(15 * 3_600)
    assert [*Outbox(scene.partner.api.runtime).events(subscription.channel)] == []


def test_a_page_goes_to_the_address_that_is_registered_now(scene: Scene) -> None:
    """A new `notify_url` is used for pages that wait for another attempt, too."""
    scene.receiver.answer = lambda _: (503, {})
    scene.told(scene.subscribed())
    with receiving() as other:
        change_client(scene.partner, callbacks={"notify_url": other.url})
        scene.later()
        assert len(other.received) == 1


def test_a_notification_fits_the_clients_largest_callback(scene: Scene) -> None:
    """Events that do not fit are told in a further message of the page, with an id of its own."""
    change_client(scene.partner, callbacks={"max_bytes": 100_000})
    people = [
        BORN[0].model_copy(update={"id": f"p-{number}", "identifiers": (), "birth_place": "x" * 20_000})
        for number in range(6)
    ]
    scene.registry.put(*people)
    subscription = scene.subscribed()
    for person in people:
        scene.put(subscription, Event.UPDATED, record_id=person.id)
    scene.partner.work()
    assert sum(map(len, scene.events)) == 6
    assert len(scene.events) > 1
    assert max(len(json.dumps(message)) for message in scene.receiver.received) < 100_000
    assert scene.page(subscription).delivery.page == len(scene.events)
