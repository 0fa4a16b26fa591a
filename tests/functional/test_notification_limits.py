"""Notifications keep to the quota, the rate and the schedule of their client, and to what it takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from dci_common.exchange.exchange_lists import ExchangeLists
from dci_common.exchange.near_limits import near_limit_queue
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Group
from dci_common.subscriptions.event_types import Event
from dci_common.subscriptions.outbox import Outbox
from dci_common.timestamps import day
from support.admin_client import Admin
from support.api import Api
from support.exchanges import change_client
from support.hill_household import ALL
from support.notification_scene import BORN, Scene, new_scene
from support.subscriptions import EVERYBODY


@pytest.fixture
def scene(new_api: Callable[..., Api]) -> Iterator[Scene]:
    """Return a scene of its own."""
    with new_scene(new_api) as made:
        yield made


def test_records_are_counted_for_the_quota(scene: Scene) -> None:
    """Events beyond the records of a day wait for the next one, in UTC; the client is listed as near its limit."""
    change_client(scene.partner, records_a_day=1)
    subscription = scene.subscribed()
    scene.put(subscription, Event.UPDATED)
    scene.put(subscription, Event.UPDATED, record_id="beno")
    scene.partner.work()
    assert scene.types == [["UPDATE"]]
    api = scene.partner.api
    near = ExchangeLists(api.runtime).listed(near_limit_queue(str(day(api.clock()))))
    assert scene.partner.client.client_id in near
    scene.later(3_600)
    assert len(scene.types) == 1
    scene.later(14 * 3_600)
    assert scene.types == [["UPDATE"], ["UPDATE"]]


def test_a_client_is_near_its_limit_by_notifications_too(scene: Scene) -> None:
    """From 80 % of its records of a day on, a client is listed before anything has to wait."""
    change_client(scene.partner, records_a_day=2)
    subscription, api = scene.subscribed(), scene.partner.api
    for record_id, is_near in (("anna", False), ("beno", True)):
        scene.put(subscription, Event.UPDATED, record_id=record_id)
        scene.partner.work()
        near = ExchangeLists(api.runtime).listed(near_limit_queue(str(day(api.clock()))))
        assert (scene.partner.client.client_id in near) == is_near
    assert scene.types == [["UPDATE"], ["UPDATE"]]


def test_a_client_has_so_many_notifications_a_minute(scene: Scene) -> None:
    """Further pages wait for the next minute."""
    change_client(scene.partner, notifications_a_minute=1)
    subscription = scene.subscribed()
    scene.notify(subscription)
    scene.notify(subscription)
    assert len(scene.types) == 1
    scene.later(60)
    assert len(scene.types) == 2


def test_a_schedule_collects_until_its_time(scene: Scene) -> None:
    """Events of a day are sent together at its end."""
    subscription = scene.subscribed(frequency="daily")
    scene.notify(subscription)
    scene.put(subscription, Event.UPDATED, record_id="beno")
    scene.later(3_600)
    assert scene.receiver.arrived == []
    scene.later(14 * 3_600)
    assert scene.types == [["UPDATE", "UPDATE"]]
    scene.notify(subscription)
    scene.later(3_600)
    assert len(scene.types) == 1
    scene.later(24 * 3_600)
    assert len(scene.types) == 2


def test_a_client_that_may_not_be_notified_waits(scene: Scene) -> None:
    """Events of a disabled client are kept, and sent when it is enabled again; those of a deleted one are dropped."""
    subscription = scene.subscribed()
    admin, client_id = Admin(scene.partner.api), scene.partner.client.client_id
    admin.send("client_disable", client_id)
    scene.notify(subscription)
    assert scene.receiver.arrived == []
    admin.send("client_enable", client_id)
    scene.later(3_600)
    assert scene.types == [["UPDATE"]]
    scene.put(subscription, Event.UPDATED)
    assert admin.send("client_delete", client_id).status == 204
    scene.partner.work()
    assert len(scene.receiver.arrived) == 1
    assert [*Outbox(scene.partner.api.runtime).events(subscription.channel)] == []


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


def test_a_notification_fits_the_clients_largest_callback(scene: Scene) -> None:
    """Events that do not fit are sent in a further message of the page, with an id of its own."""
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
