"""Operators redrive exchanges that failed, and cancel open ones, while the delivery function works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from dci_common.exchange.exchange_store import ExchangeStore
from dci_common.exchange.interventions import Interventions
from dci_common.exchange.worker_places import WorkerPlaces
from support.api import Api, Reply, predicate
from support.call_trace import hooked
from support.exchanges import Partner, Queues, Receiver, receiving
from support.stored_exchanges import exchange_table, open_count
from support.stored_items import items_of

EVERYBODY = predicate(("birth_date", "ge", "1900-01-01"))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Run a receiver of callbacks."""
    with receiving() as running:
        yield running


@pytest.fixture
def partner(village_table: str, new_api: Callable[..., Api], receiver: Receiver) -> Partner:
    """Return a partner whose exchanges are in a table of the test's own."""
    queues = Queues()
    names = {"work_queue": "work", "delivery_queue": "delivery", "exchange_table": exchange_table()}
    return Partner(new_api(registry_table=village_table, sqs=lambda _: queues, **names), queues, receiver.url)


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dci_common.exchange.exchanges.PAGE_RECORDS", 9)


def id_of(reply: Reply) -> str:
    """Return the correlation id of an acknowledgement."""
    return str(reply.json["message"]["correlation_id"])


def counted(partner: Partner) -> int:
    """Return how many records count for the partner's quota of any day."""
    own = items_of(partner.api.runtime.settings.exchange_table, f"RATE#{partner.client.client_id}")
    return sum(int(item.get("records", {"N": "0"})["N"]) for item in own)


def redrive(partner: Partner, reply: Reply) -> None:
    """Redrive an exchange, and have the schedule find it within a minute."""
    interventions = Interventions(partner.api.runtime)
    interventions.redrive(interventions.failed(id_of(reply)))
    partner.api.clock.advance(60)
    partner.sweep()


def fail_from_page_two(receiver: Receiver, status: int, body: Any) -> None:
    """Have a receiver take the first page only."""
    receiver.answer = lambda _: (status, body) if receiver.received else (200, {})


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [(200, {"message": {"ack_status": "ERR"}}, "refused"), (410, {}, "dead")],
    ids=["refused", "gone"],
)
def test_a_redrive_delivers_the_rest(
    partner: Partner, receiver: Receiver, status: int, body: Any, state: str
) -> None:
    """After a redrive the receiver gets the page that failed, and all that follow: each record is sent once."""
    fail_from_page_two(receiver, status, body)
    reply = partner.search(EVERYBODY)
    partner.work()
    assert partner.state(reply) == state
    sent_before = [message["header"]["message_id"] for message in receiver.received]
    receiver.received[1:], receiver.answer = [], lambda _: (200, {})
    redrive(partner, reply)
    assert partner.state(reply) == "answered"
    assert sent_before[0] == receiver.received[0]["header"]["message_id"]
    total = receiver.pages[0][0]["pagination"]["total_count"]
    assert len(receiver.ids) == len(set(receiver.ids)) == total > 9
    assert open_count(partner.api.runtime, partner.client.client_id) == 0


def test_a_paused_client_is_rejected_and_charged_nothing(partner: Partner, receiver: Receiver) -> None:
    """While a receiver is gone, what would be called back is rejected, and what was accepted waits uncounted."""
    receiver.answer = lambda _: (410, {})
    runtime, client_id = partner.api.runtime, partner.client.client_id
    gone = partner.message(EVERYBODY)
    first = partner.send(gone)
    partner.work()
    charged = counted(partner)
    rejected = partner.search(EVERYBODY)
    assert (rejected.status, rejected.code) == (403, "err.request.forbidden")
    assert rejected.json["message"]["ack_status"] == "ERR"
    assert "410" in rejected.text
    assert partner.send(gone).json == first.json
    assert (counted(partner), open_count(runtime, client_id), len(receiver.headers)) == (charged, 0, 1)
    assert partner.search(EVERYBODY, sender_uri=None).status == 200  # its answer waits for a status request
    partner.work()
    assert counted(partner) > charged
    receiver.answer = lambda _: (200, {})
    Interventions(runtime).resume(client_id)
    reply = partner.search(EVERYBODY)
    partner.work()
    assert partner.state(reply) == "answered"


def test_a_redrive_of_what_nobody_is_called_for_ends_no_pause(partner: Partner) -> None:
    """An exchange whose answer waits for a status request is redriven, and its client's receiver is still gone."""
    runtime, client_id = partner.api.runtime, partner.client.client_id
    reply = partner.search(EVERYBODY, sender_uri=None)
    store = ExchangeStore(runtime)
    exchange = store.get(id_of(reply))
    assert exchange
    store.end(replace(exchange, state="dead"))
    WorkerPlaces(runtime).pause(client_id)
    redrive(partner, reply)
    assert partner.state(reply) == "answered"
    assert WorkerPlaces(runtime).is_paused(client_id)


def test_what_was_accepted_before_a_pause_waits_for_its_end(partner: Partner, receiver: Receiver) -> None:
    """A search that is not collected yet when its receiver is gone is collected after the pause, and delivered."""
    runtime, client_id = partner.api.runtime, partner.client.client_id
    reply = partner.search(EVERYBODY)
    WorkerPlaces(runtime).pause(client_id)
    partner.work()
    for _ in range(24):
        partner.api.clock.advance(3600)
        partner.sweep()
    assert (partner.state(reply), counted(partner), receiver.headers) == ("collecting", 0, [])
    Interventions(runtime).resume(client_id)
    partner.api.clock.advance(3600)
    partner.sweep()
    assert partner.state(reply) == "answered"


@pytest.mark.exhaustive
def test_a_redriven_delivery_has_three_days_again(partner: Partner, receiver: Receiver) -> None:
    """A receiver that is still down after a redrive is called for three more days."""
    receiver.answer = lambda _: (500, {})
    reply = partner.search(EVERYBODY)
    partner.work()
    for _ in range(4 * 24):
        partner.api.clock.advance(3600)
        partner.sweep()
    assert partner.state(reply) == "dead"
    attempts = len(receiver.headers)
    redrive(partner, reply)
    assert (partner.state(reply), len(receiver.headers)) == ("delivering", attempts + 1)
    partner.api.clock.advance(2 * 86_400)
    partner.sweep()
    assert partner.state(reply) == "delivering"


def test_nothing_of_a_cancelled_exchange_is_sent(partner: Partner, receiver: Receiver) -> None:
    """An exchange that is cancelled before it is worked on is neither collected nor delivered."""
    reply = partner.search(EVERYBODY)
    Interventions(partner.api.runtime).cancel(id_of(reply))
    partner.work()
    partner.api.clock.advance(3600)
    partner.sweep()
    assert (receiver.headers, partner.state(reply)) == ([], "cancelled")


def test_no_further_page_is_sent(partner: Partner, receiver: Receiver) -> None:
    """A cancellation while a page is being sent is the end: the page arrives, and no other one follows."""

    def cancel(_: dict[str, Any]) -> tuple[int, Any]:
        Interventions(partner.api.runtime).cancel(id_of(reply))
        return 200, {}

    receiver.answer = cancel
    reply = partner.search(EVERYBODY)
    partner.work()
    assert (len(receiver.received), partner.state(reply)) == (1, "cancelled")
    assert open_count(partner.api.runtime, partner.client.client_id) == 0


@pytest.mark.parametrize("max_examined", [1, 50_000_000], ids=["too many", "found"])
def test_a_collection_that_is_running_ends(
    village_table: str, new_api: Callable[..., Api], receiver: Receiver, max_examined: int
) -> None:
    """A worker that collects while its exchange is cancelled does not bring it back, whatever it finds."""
    queues, names = Queues(), {"work_queue": "work", "delivery_queue": "delivery", "exchange_table": exchange_table()}
    api = new_api(registry_table=village_table, sqs=lambda _: queues, max_examined_async=max_examined, **names)
    partner = Partner(api, queues, receiver.url)
    reply = partner.search(EVERYBODY)
    cancelled: list[str] = []
    moments = {("Query", village_table), ("PutItem", api.runtime.settings.audit_table)}  # a rejection is recorded

    def cancel_once(operation: str, request: dict[str, Any]) -> None:
        if not cancelled and (operation, request.get("TableName")) in moments:
            cancelled.append(id_of(reply))
            Interventions(api.runtime).cancel(cancelled[0])

    with hooked(api.runtime, cancel_once):
        partner.work()
    partner.api.clock.advance(3600)
    partner.sweep()
    assert cancelled
    exchange = ExchangeStore(api.runtime).get(cancelled[0])
    assert exchange
    assert (exchange.state, exchange.outcomes, receiver.headers) == ("cancelled", (), [])
    assert open_count(api.runtime, partner.client.client_id) == 0
