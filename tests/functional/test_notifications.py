"""Subscribers are notified of events, with the records as they may see them when a notification is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Group
from dci_common.subscriptions.event_types import Event
from dci_common.subscriptions.subscription_store import SubscriptionStore
from support.api import Api
from support.exchanges import change_client, receiving
from support.hill_household import ALL
from support.notification_scene import BORN, Scene, known, new_scene


@pytest.fixture
def scene(new_api: Callable[..., Api]) -> Iterator[Scene]:
    """Return a scene of its own."""
    with new_scene(new_api) as made:
        yield made


def test_an_event_has_the_record_as_it_is_now(scene: Scene) -> None:
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
    """The end of a record is sent with the identifiers that the client knew, and recorded."""
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
def test_what_may_not_be_disclosed_any_more_is_not_sent(scene: Scene, change: Callable[[Scene], None]) -> None:
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
        "Nothing of this page may be reported any more: it was not sent.",
    )
    assert scene.audited() == [(subscription.reference_id, False, {"PERSON#anna", *_households()})]


def test_a_page_waits_while_its_client_may_not_subscribe(scene: Scene) -> None:
    """A client that loses the scope is sent nothing, and receives what waited when it has the scope again."""
    subscription = scene.subscribed()
    scene.receiver.answer = lambda _: (503, {})
    scene.notify(subscription)
    scopes = list(scene.partner.client.scopes)
    change_client(scene.partner, scopes=["registry.search"])
    scene.receiver.answer = lambda _: (200, {})
    for _ in range(3):
        scene.later()
    assert len(scene.receiver.arrived) == 1  # before
    change_client(scene.partner, scopes=scopes)
    scene.later(7_200)
    assert scene.types == [["UPDATE"]]


def test_what_is_dropped_is_in_no_count(scene: Scene) -> None:
    """Somebody who was restricted leaves no trace in a notification of others."""
    subscription = scene.subscribed()
    scene.put(subscription, Event.UPDATED)
    scene.put(subscription, Event.UPDATED, record_id="beno")
    restrict(scene)
    scene.partner.work()
    (message,) = scene.receiver.received
    assert "anna" not in str(message).lower()
    assert (message["header"]["total_count"], message["header"]["completed_count"]) == (1, 1)
    assert len(scene.events[0]) == 1


def test_an_end_is_not_sent_for_a_record_that_is_back(scene: Scene) -> None:
    """A record that matches again when the end would be sent has not ended; without identifiers, no end is sent."""
    subscription = scene.subscribed("DEREGISTER")
    scene.put(subscription, Event.LEFT)
    scene.partner.work()
    delete(scene)
    change_client(scene.partner, disclosure=["name", "birth_date"])
    scene.put(subscription, Event.DEREGISTERED)
    scene.partner.work()
    assert scene.receiver.arrived == []


def test_a_record_that_was_never_sent_has_no_end(scene: Scene) -> None:
    """A person who came and went before a notification is not named in a later one; a person who was sent is."""
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


def test_an_end_that_was_not_sent_is_sent_later(scene: Scene) -> None:
    """A record that left, came back before that was sent and left again is reported as one that left."""
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
        scene.notify(scene.subscribed(), scene.subscribed(callback_url=""))
        assert (len(other.received), scene.receiver.arrived) == (2, [])
