"""What a change of a record is to a subscription, by examples."""

from __future__ import annotations

from typing import Any

from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View
from dci_common.registry.storage.store import RegistrySettings
from dci_common.spdci.subscriptions import SubscribeCriteria
from dci_common.subscriptions.change import Change
from dci_common.subscriptions.compiled_subscription import CompiledSubscription, compile_subscription
from dci_common.subscriptions.event_types import Event
from support.registries import TODAY
from support.subscribers import Subscriber

EVERYBODY = {"type": "*", "value": "*"}
UIN = {"type": "UIN", "value": "1"}
SETTINGS = RegistrySettings(2, frozenset({"UIN"}))
ANA: View = {
    "id": "p1",
    "identifiers": [{"identifier_type": "UIN", "identifier_value": "1"}],
    "name": {"given_name": "Ana"},
    "occupation": "weaver",
    "households": [],
}
WEAVERS = [
    {"expression1": {"attribute_name": "occupation", "operator": "eq", "attribute_value": "weaver"}},
]


def subscription(asked: str, filter_: Any = EVERYBODY, **client: Any) -> CompiledSubscription:
    """Return a subscription to people."""
    criteria = {"reg_event_type": asked, "filter": filter_, "notify_record_type": "SRPerson"}
    return compile_subscription(SubscribeCriteria.model_validate(criteria), Subscriber(**client), SETTINGS, TODAY)


def event(before: View | None, after: View | None, asked: str, *args: Any, **client: Any) -> Event | None:
    """Return the event that a person's change is to a subscription."""
    asked_type, search = subscription(asked, *args, **client)
    return Change(Kind.PERSON, before, after).event(search, asked_type)


def test_a_new_record_is_registered() -> None:
    """A record that appears is a registration, to who asks for registrations."""
    assert event(None, ANA, "REGISTER") is Event.REGISTERED
    assert event(None, ANA, "REGISTER", UIN) is Event.REGISTERED
    assert event(None, ANA, "UPDATE") is None


def test_an_update_must_be_visible() -> None:
    """A value that the client does not see is no event when it changes, and neither is a record written unchanged."""
    after = ANA | {"occupation": "spy"}
    assert event(ANA, after, "UPDATE") is Event.UPDATED
    assert event(ANA, after, "UPDATE", disclosure=("standard",)) is None
    assert event(ANA, dict(ANA), "UPDATE") is None


def test_a_filter_is_entered_and_left() -> None:
    """A record that begins or ceases to match is such an event for subscribers of registrations, updates and ends."""
    spy = ANA | {"occupation": "spy"}
    assert event(spy, ANA, "REGISTER", WEAVERS) is Event.ENTERED
    assert event(spy, ANA, "UPDATE", WEAVERS) is Event.ENTERED
    assert event(ANA, spy, "UPDATE", WEAVERS) is Event.LEFT
    assert event(ANA, spy, "DEREGISTER", WEAVERS) is Event.LEFT
    assert event(ANA, spy, "NewHouseHoldMember", WEAVERS) is None


def test_to_be_restricted_is_to_be_deregistered() -> None:
    """A client that may not know of restricted people receives the same as for a deletion, and nothing afterwards."""
    hidden = ANA | {"restricted": True}
    assert event(ANA, hidden, "DEREGISTER") is event(ANA, None, "DEREGISTER") is Event.DEREGISTERED
    assert event(hidden, hidden | {"occupation": "spy"}, "UPDATE") is None
    assert event(hidden, None, "DEREGISTER") is None
    assert event(ANA, hidden, "DEREGISTER", restricted=True) is None
    assert event(ANA, hidden, "UPDATE", restricted=True) is None
    assert event(hidden, ANA, "REGISTER") is Event.REGISTERED


def test_an_end_has_identifiers_alone() -> None:
    """A record that ends is shown by the identifiers that the client knew, those before the change."""
    asked, search = subscription("DEREGISTER", disclosure=("full",))
    change = Change(Kind.PERSON, ANA, ANA | {"identifiers": [], "restricted": True})
    assert change.event(search, asked) is Event.DEREGISTERED
    assert change.identified(search) == {
        "@context": "https://schema.spdci.org/extensions/social/v1/data/SRPerson.jsonld",
        "@type": "SRPerson",
        "identifier": [{"@type": "Identifier", "identifier_type": "UIN", "identifier_value": "1"}],
    }


def test_an_end_without_identifiers_is_not_sent() -> None:
    """A client that knew no identifier of the record is not notified of its end: it could not know whose it is."""
    assert event(ANA, None, "DEREGISTER", disclosure=("name",)) is None
    assert event(ANA | {"identifiers": []}, None, "DEREGISTER") is None


def test_a_person_joins_a_household() -> None:
    """A household that the client sees from now on is an event; one that ended or is not disclosed is not."""
    home = {"id": "g1", "member_spans": [], "roles": ["head"]}
    joined, past = ANA | {"households": [home]}, ANA | {"households": [home | {"end": TODAY.isoformat()}]}
    assert event(ANA, joined, "NewHouseHoldMember") is Event.JOINED
    assert event(past, joined, "NewHouseHoldMember") is Event.JOINED
    assert event(joined, past, "NewHouseHoldMember") is None
    assert event(ANA, past, "NewHouseHoldMember") is None
    assert event(ANA, joined, "NewHouseHoldMember", disclosure=("minimal",)) is None


def test_each_subscriber_is_asked_for_itself() -> None:
    """What was shown to one subscriber of a change is not what another one may see, in either order."""
    member = {"id": "p1", "restricted": True, "occupation": "weaver"}
    home = {"id": "g1", "identifiers": ANA["identifiers"], "members": [member]}
    moved = home | {"members": [member | {"occupation": "spy"}]}
    asked = [
        (Subscriber(restricted=True), Event.UPDATED),
        (Subscriber(), None),
        (Subscriber(restricted=True, disclosure=("standard",)), None),
    ]
    criteria = {"reg_event_type": "UPDATE", "filter": EVERYBODY, "notify_record_type": "Group"}
    read = SubscribeCriteria.model_validate(criteria)
    for some in (asked, asked[::-1]):
        change = Change(Kind.GROUP, home, moved)
        for client, expected in some:
            asked_type, search = compile_subscription(read, client, SETTINGS, TODAY)
            assert change.event(search, asked_type) is expected


def test_a_record_of_another_kind_is_no_event() -> None:
    """A subscription to people receives no event of a household."""
    asked, search = subscription("REGISTER")
    group = {"id": "g1", "identifiers": ANA["identifiers"], "members": []}
    assert Change(Kind.GROUP, None, group).event(search, asked) is None
