"""Matching: what is read to find the subscriptions that a change concerns, and whose events are kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from dci_changes.matching import Matching
from dci_common.registry.model.base import Kind, record_fields
from dci_common.registry.model.records import Identifier, Person
from dci_common.registry.model.views import View, person_view
from dci_common.subscriptions.changed_record import ChangedRecord
from dci_common.subscriptions.outbox import Outbox
from dci_common.subscriptions.subscription import Subscription
from dci_common.subscriptions.subscription_store import SubscriptionStore
from support.api import START, Api
from support.call_trace import aws_calls
from support.logs import Logs
from support.stored_exchanges import exchange_table
from support.subscriptions import sequence, subscribed

UIN = "847951632"
BEFORE = Person(id="p1", occupation="weaver", identifiers=(Identifier(identifier_type="UIN", identifier_value=UIN),))
AFTER = BEFORE.model_copy(update={"occupation": "nurse"})
BY_UIN: dict[str, Any] = {"filter": {"type": "UIN", "value": UIN}, "watches": ((f"WATCH#UIN#{UIN}", "PERSON"),)}
NURSES: dict[str, Any] = {"filter": {"type": "occupation", "value": "nurse"}}


@pytest.fixture
def api(new_api: Callable[..., Api]) -> Api:
    """Return an API with an ExchangeTable of its own."""
    return new_api(exchange_table=exchange_table())


def view_of(person: Person) -> View:
    """Return the view of a person without a household."""
    return person_view(record_fields(person), [])


def change(before: Person | None = BEFORE, after: Person | None = AFTER, *, quiet: bool = False) -> ChangedRecord:
    """Return a change of the person."""
    views = [view_of(person) if person else None for person in (before, after)]
    return ChangedRecord(Kind.PERSON, "p1", views[0], views[1], sequence(1), START, is_quiet=quiet)


def announced(api: Api, *subscriptions: Subscription) -> list[str]:
    """Return the events of each subscription that are in the outbox."""
    outbox = Outbox(api.runtime)
    found = {event.code: event.last.value for one in subscriptions for event in outbox.events(one.channel)}
    return [found[one.code] for one in subscriptions if one.code in found]


def test_one_item_is_read_while_nobody_subscribes(api: Api) -> None:
    """Without subscriptions a batch of changes costs one read."""
    matching = Matching(api.runtime)
    with aws_calls(api.runtime) as calls:
        matching.put_events([change(), change(after=None)])
    assert calls == [f"GetItem {api.runtime.settings.exchange_table}"]


@pytest.mark.parametrize("criteria", [BY_UIN, NURSES])
def test_an_event_is_kept_for_the_subscription_that_it_concerns(api: Api, criteria: dict[str, Any]) -> None:
    """A change is an event for clients that asked for it, by identifier or by condition, and to nobody else."""
    client, _ = api.client()
    concerned = subscribed(api.runtime, client.client_id, **criteria)
    other_uin: dict[str, Any] = {"filter": {"type": "UIN", "value": "78"}, "watches": (("WATCH#UIN#78", "PERSON"),)}
    others = [
        subscribed(api.runtime, client.client_id, "NewHouseHoldMember", **criteria),
        subscribed(api.runtime, client.client_id, **other_uin),
        subscribed(api.runtime, client.client_id, filter={"type": "occupation", "value": "spy"}),
    ]
    Matching(api.runtime).put_events([change()])
    assert len(announced(api, concerned)) == 1
    assert announced(api, *others) == []


def test_conditions_are_read_when_one_begins_or_ends(api: Api) -> None:
    """Subscriptions by condition stay in memory until any of them begins or ends."""
    client, _ = api.client()
    matching, first = Matching(api.runtime), subscribed(api.runtime, client.client_id)
    matching.put_events([change()])
    with aws_calls(api.runtime) as calls:
        matching.put_events([change()])
    assert not [call for call in calls if call.startswith("Query")]
    second = subscribed(api.runtime, client.client_id)
    SubscriptionStore(api.runtime).end(first)
    matching.put_events([change()._replace(id="p2")])
    assert (announced(api, first), announced(api, second)) == (["updated"], ["updated"])


@pytest.mark.parametrize("criteria", [BY_UIN, NURSES])
def test_what_a_client_may_not_ask_any_more_is_no_event(api: Api, logs: Logs, criteria: dict[str, Any]) -> None:
    """A subscription that its client may not make now is left out, which is logged once, and nobody else's is."""
    client, _ = api.client(disclosure=["name"])
    other, _ = api.client()
    lost = subscribed(api.runtime, client.client_id, **criteria)
    kept = subscribed(api.runtime, other.client_id, **criteria)
    matching = Matching(api.runtime)
    matching.put_events([change()])
    matching.put_events([change()])
    assert announced(api, lost) == []
    assert len(announced(api, kept)) == 1
    [line] = [entry for entry in logs.entries() if entry["message"] == "subscription rejected"]
    assert (line["subscription_code"], line["reason"]) == (lost.code, "rjct.notify_details.invalid")
    assert UIN not in json.dumps(line)


def test_an_unknown_client_is_not_notified(api: Api) -> None:
    """A subscription without its client is left out."""
    lost = subscribed(api.runtime, "client-that-is-gone")
    Matching(api.runtime).put_events([change()])
    assert announced(api, lost) == []


def test_a_quiet_write_is_an_event_if_it_ends_a_clients_sight(api: Api) -> None:
    """Of a quiet write only an end is an event, with the identifiers by which the client knew the record."""
    client, _ = api.client()
    updates, ends = subscribed(api.runtime, client.client_id), subscribed(api.runtime, client.client_id, "DEREGISTER")
    matching = Matching(api.runtime)
    matching.put_events([change(quiet=True)])
    assert announced(api, updates, ends) == []
    hidden = AFTER.model_copy(update={"restricted": True})
    matching.put_events([change(after=hidden, quiet=True)])
    assert announced(api, updates, ends) == ["deregistered"]
    [event] = Outbox(api.runtime).events(ends.channel)
    assert event.identified is not None
    assert "nurse" not in json.dumps(event.identified)
