"""What a notification leaves out: what its client may not know any more, or was sent before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from dci_changes.matching import Matching
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Membership
from dci_common.registry.model.views import View
from dci_common.subscriptions.changed_record import ChangedRecord
from dci_common.subscriptions.event_types import Event
from support.api import Api
from support.exchanges import change_client
from support.hill_household import HILL
from support.notification_scene import BORN, Scene, new_scene
from support.subscriptions import EVERYBODY, sequence


@pytest.fixture
def scene(new_api: Callable[..., Api]) -> Iterator[Scene]:
    """Return a scene of its own."""
    with new_scene(new_api) as made:
        yield made


def change(scene: Scene, kind: Kind, record_id: str, write: Callable[[], object], ago: float = 0) -> None:
    """Make a change of a record, and have its events be put, by so many seconds later."""

    def view() -> View | None:
        stored = scene.registry.stored(kind, record_id)
        return stored.view if stored else None

    before = view()
    write()
    number = sequence(next(scene.numbers))
    changed = ChangedRecord(kind, record_id, before, view(), number, scene.partner.api.clock() - ago, is_quiet=False)
    Matching(scene.partner.api.runtime).put_events([changed])


@pytest.mark.parametrize("event_type", ["DEREGISTER", "UPDATE"])
@pytest.mark.parametrize(("entitlement", "sent"), [({}, 1), ({"restricted": False}, 0)])
def test_the_end_of_a_restricted_person_is_sent_to_the_entitled(
    scene: Scene, event_type: str, entitlement: dict[str, bool], sent: int
) -> None:
    """A client without entitlement to restricted people learns no identifier of one who is deleted or leaves."""
    change_client(scene.partner, flags={"restricted": True})
    scene.registry.put(BORN[0].model_copy(update={"restricted": True}))
    scene.subscribed(event_type)
    left = BORN[0].model_copy(update={"restricted": True, "birth_date": "1970-01-31"})
    change(scene, Kind.PERSON, "anna", lambda: scene.registry.put(left))
    change_client(scene.partner, flags=entitlement)
    scene.partner.work()
    assert len(scene.receiver.arrived) == sent


@pytest.mark.parametrize(("hidden_after", "number"), [(413, 1), (503, 2)])
def test_messages_are_numbered_as_they_are_sent(scene: Scene, hidden_after: int, number: int) -> None:
    """A part of a page leaves no gap in the ids of messages if it was never sent; else its id is not used again."""
    people = [BORN[0].model_copy(update={"id": f"p-{number}", "identifiers": ()}) for number in range(4)]
    scene.registry.put(*people)
    subscription = scene.subscribed()
    for person in people:
        scene.put(subscription, Event.UPDATED, record_id=person.id)
    answers = iter([413, 503, 200] if hidden_after == 503 else [413, 200])

    def answer(_: object) -> tuple[int, object]:
        status = next(answers)
        if status == hidden_after:
            for person in people[:2]:
                scene.registry.put(person.model_copy(update={"restricted": True}))
        return status, {}

    scene.receiver.answer = answer
    scene.partner.work()
    scene.later()
    page = scene.page(subscription).correlation_id
    assert [message["header"]["message_id"] for message in scene.receiver.received] == [f"{page}-{number}"]


@pytest.mark.parametrize(
    ("hidden", "sent"), [([], ["NewHouseHoldMember"]), (["p-0"], ["NewHouseHoldMember"]), (["p-0", "p-1"], [])]
)
def test_a_new_member_is_sent_if_one_is_still_shown(scene: Scene, hidden: list[str], sent: list[str]) -> None:
    """New members who are restricted or have left before that is sent are no news; others who joined then are."""
    people = {f"p-{number}": BORN[0].model_copy(update={"id": f"p-{number}", "identifiers": ()}) for number in (0, 1)}
    scene.registry.put(*people.values())
    scene.subscribed("NewHouseHoldMember", filter_type="", filter=EVERYBODY, notify_record_type="Group")
    for id_ in people:
        joining = Membership(person_id=id_, group_id=HILL.id)
        change(scene, Kind.GROUP, HILL.id, partial(scene.registry.put, joining))
    for id_ in hidden:
        scene.registry.put(people[id_].model_copy(update={"restricted": True}))
    scene.partner.work()
    assert [type_ for types in scene.types for type_ in types] == sent


def test_a_new_member_is_not_sent_to_a_client_without_households(scene: Scene) -> None:
    """That somebody joined is no news to a client that may not see households when it would be sent."""
    subscription = scene.subscribed(
        "NewHouseHoldMember", filter_type="", filter=EVERYBODY, notify_record_type="Group"
    )
    change_client(scene.partner, disclosure=["name", "identifier"])
    scene.put(subscription, Event.JOINED, record_id=HILL.id, kind=Kind.GROUP)
    scene.partner.work()
    assert scene.receiver.arrived == []


@pytest.mark.parametrize("sent", [[Event.ENTERED], [Event.ENTERED, Event.UPDATED], [Event.LEFT, Event.ENTERED]])
@pytest.mark.parametrize("order", [1, -1])
def test_what_was_sent_and_comes_again_undoes_no_later_event(scene: Scene, sent: list[Event], order: int) -> None:
    """A batch that is put again after its events were sent does not withhold the end of a record."""
    subscription = scene.subscribed()
    start = next(scene.numbers)

    def put(number: int, *events: Event) -> None:
        scene.numbers = iter(range(number, 10**6))
        scene.put(subscription, *events)

    put(start, *sent)
    scene.partner.work()
    scene.born(1970)
    for number, events in [(start, sent), (start + len(sent), [Event.LEFT])][::order]:
        put(number, *events)
    scene.partner.work()
    assert [types for (types,) in scene.types] == [scene.types[0][0], "DEREGISTER"]


@pytest.mark.parametrize("frequency", ["monthly", {"start_time": "2026-03-31T00:00:00Z"}])
def test_events_wait_for_the_time_of_their_schedule(scene: Scene, frequency: object) -> None:
    """A change of the beginning of a month is sent at its end."""
    scene.notify(scene.subscribed(frequency=frequency))
    for _ in range(31):
        scene.later(86_400)
    assert scene.types == [["UPDATE"]]


@pytest.mark.parametrize(("ago", "sent"), [(1_801, 0), (1_800, 1)])
def test_nothing_from_before_a_subscription_is_sent(scene: Scene, ago: float, sent: int) -> None:
    """A client that subscribes while a change waits learns no identifier of a person who was restricted before."""
    scene.subscribed("DEREGISTER")  # half an hour ago
    hidden = BORN[0].model_copy(update={"restricted": True})
    change(scene, Kind.PERSON, "anna", lambda: scene.registry.put(hidden), ago=ago)
    scene.partner.work()
    assert len(scene.receiver.arrived) == sent
