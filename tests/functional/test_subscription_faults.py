"""Subscriptions begin and end once, wherever the delivery function is killed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from dci_common.exchange.exchange_store import ExchangeStore
from dci_common.exchange.interventions import Interventions
from support.admin_client import Admin
from support.api import Api, Reply
from support.call_trace import hooked
from support.example_counts import sampled
from support.exchanges import Queues, Receiver, change_client
from support.fault_injection import Killed
from support.lost_answers import WRITES
from support.stored_exchanges import open_count
from support.stored_items import stored_items
from support.subscribe_messages import criteria, subscribe_item
from support.subscribing_partner import SubscribingPartner, codes

TWO = [
    subscribe_item("r-1", subscribe_criteria=criteria(filter={"type": "*", "value": "*"})),
    subscribe_item("r-2", subscribe_criteria=criteria(filter={"type": "UIN", "value": "1"})),
]
KILLS = range(14)


@pytest.fixture
def partner(own_exchange_api: tuple[Api, Queues], receiver: Receiver) -> SubscribingPartner:
    """Return a partner that subscribes, whose exchanges are in a table of the test's own."""
    return SubscribingPartner(*own_exchange_api, receiver)


def work_until_killed(partner: SubscribingPartner, kill: int) -> None:
    """Have the delivery function work, which is killed before the write of this number; then time passes."""
    _kill(partner, kill)
    for _ in range(3):  # somebody else begins when the place of the one that was killed is free again
        partner.api.clock.advance(400)
        partner.sweep()


def counts(partner: SubscribingPartner) -> dict[str, int]:
    """Return what the table counts of subscriptions."""
    found: dict[str, int] = {}
    for item in stored_items(partner.api.runtime.settings.exchange_table):
        for name in ("conditions", "identifiers"):
            if name in item:
                found[f"{item['pk']['S'].partition('#')[0]} {name}"] = int(item[name]["N"])
    return found


@pytest.mark.parametrize("kill", sampled(KILLS))
def test_a_worker_that_is_killed_begins_nothing_twice(
    partner: SubscribingPartner, receiver: Receiver, kill: int
) -> None:
    """After each write, the next attempt finds what has begun, and the client is answered as usual."""
    reply = partner.subscribe(*TWO, subscribe_item("bad", subscribe_criteria=criteria(reg_event_type="NewFarmer")))
    work_until_killed(partner, kill)
    assert partner.state(reply) == "answered"
    answers = {str(message["message"]["subscribe_response"][0]["subscriptions"]) for message in receiver.received}
    assert len(answers) == 1
    items = receiver.received[-1]["message"]["subscribe_response"]
    assert [item["status"] for item in items] == ["succ", "succ", "rjct"]
    assert sorted(stored.code for stored in partner.active()) == sorted(codes(items))
    assert counts(partner) == {"SUBSCRIBED conditions": 1, "SUBSCRIBED identifiers": 1, "SUBSCRIPTIONS conditions": 1}
    assert open_count(partner.api.runtime, partner.client.client_id) == 0


@pytest.mark.parametrize("kill", sampled(KILLS))
def test_a_worker_that_is_killed_ends_everything(partner: SubscribingPartner, receiver: Receiver, kill: int) -> None:
    """A repeated unsubscribe does not take what it has ended itself for ended before."""
    reply = partner.unsubscribe(*codes(partner.begun(*TWO)))
    work_until_killed(partner, kill)
    assert partner.state(reply) == "answered"
    assert receiver.received[-1]["message"]["status"] == "succ"
    assert partner.active() == []
    assert set(counts(partner).values()) == {0}
    kept = {item["pk"]["S"].partition("#")[0] for item in stored_items(partner.api.runtime.settings.exchange_table)}
    assert "WATCH" not in kept  # its key is an identifier of somebody


@pytest.mark.parametrize("is_killed", [False, True])
@pytest.mark.parametrize("sender_uri", ["registered", ""])
def test_what_begins_while_its_client_is_deleted_ends(
    partner: SubscribingPartner, sender_uri: str, *, is_killed: bool
) -> None:
    """A deletion that saw no subscription, because it began after it, leaves none, also if its worker is killed."""
    partner.subscribe(*TWO, **({} if sender_uri else {"sender_uri": sender_uri}))
    admin = Admin(partner.api)
    deleted: list[int] = []

    def hook(operation: str, request: Any) -> None:
        if _begins(request) and not deleted:
            deleted.append(admin.send("client_delete", partner.client.client_id).status)
        elif is_killed and deleted and operation in WRITES:
            raise Killed

    with hooked(partner.api.runtime, hook), suppress(Killed):
        partner.work()
    assert deleted == [204]
    for _ in range(3):
        partner.api.clock.advance(400)
        partner.sweep()
    assert partner.active() == []
    assert set(counts(partner).values()) == {0}


def _begins(request: Any) -> bool:
    keys = [change["Put"]["Item"] for change in request.get("TransactItems", ()) if "Put" in change]
    return any(key["pk"]["S"].startswith("SUBSCRIPTION#") for key in keys)


def test_what_had_begun_is_returned_even_if_it_would_be_rejected_now(partner: SubscribingPartner) -> None:
    """The client loses the right between two attempts: the subscription exists, and its code is returned."""
    partner.subscribe(TWO[0])
    begun = _killed_after_beginning(partner)
    change_client(partner, record_types=["Group"])
    partner.api.clock.advance(400)
    partner.sweep()
    (item,) = partner.receiver.received[-1]["message"]["subscribe_response"]
    assert (item["status"], codes([item])) == ("succ", [begun])


def test_a_cancelled_subscribe_names_what_had_begun(partner: SubscribingPartner) -> None:
    """An operator cancels it in between: its status names what exists, and gives the reason for the rest."""
    reply = partner.subscribe(*TWO)
    begun = _killed_after_beginning(partner)
    Interventions(partner.api.runtime).cancel(reply.json["message"]["correlation_id"])
    partner.token = str(partner.api.token(partner.client, partner.secret).json["access_token"])
    first, second = partner.status_of(reply)["txn_status"]["subscribe_response"]
    assert (first["status"], codes([first])) == ("succ", [begun])
    assert (second["status"], "cancelled" in second["status_reason_message"]) == ("rjct", True)


def test_an_unsubscribe_that_is_redriven_ends_what_it_had_decided(partner: SubscribingPartner) -> None:
    """One that died after it had decided, before it had ended anything, is not answered before that is done."""
    reply = partner.unsubscribe(*codes(partner.begun(TWO[0])))
    _kill(partner, 3)
    store = ExchangeStore(partner.api.runtime)
    exchange = store.get(reply.json["message"]["correlation_id"])
    assert exchange
    assert len(exchange.outcomes) == len(partner.active()) == 1
    store.end(replace(exchange, state="dead"))
    assert _unanswered(partner, reply)["status"] == "rjct"
    interventions = Interventions(partner.api.runtime)
    interventions.redrive(interventions.failed(exchange.correlation_id))
    partner.api.clock.advance(400)
    partner.sweep()
    assert partner.receiver.received[-1]["message"]["status"] == "succ"
    assert partner.active() == []


def _unanswered(partner: SubscribingPartner, reply: Reply) -> dict[str, Any]:
    return dict(partner.status_of(reply)["txn_status"])


def _killed_after_beginning(partner: SubscribingPartner) -> str:
    """Have a worker be killed when the first subscription has begun, and return its code."""
    _kill(partner, 3)
    (begun,) = partner.active()
    return begun.code


def _kill(partner: SubscribingPartner, kill: int) -> None:
    writes = iter(range(1_000))

    def hook(operation: str, _: Any) -> None:
        if operation in WRITES and next(writes) >= kill:
            raise Killed

    with hooked(partner.api.runtime, hook), suppress(Killed):
        partner.work()
