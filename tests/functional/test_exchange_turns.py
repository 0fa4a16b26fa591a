"""Work on exchanges: the turns of clients, slices of time, and days of quota."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import pytest

from dci_common.exchange.exchange_store import ExchangeStore
from dci_common.exchange.exchange_table import ExchangeTable, opening
from dci_common.exchange.worker_places import WorkerPlaces
from support.admin_client import Admin
from support.api import Api, Clock, Reply, predicate
from support.exchanges import SWEEP, Partner, Queues, Receiver
from support.logs import collected
from support.stored_exchanges import exchange_table

pytestmark = pytest.mark.exhaustive  # what is rare takes long; `make check` runs it

EVERYBODY = ("birth_date", "ge", "1900-01-01")


class Slow:
    """A DynamoDB in which a call to read several items takes so many seconds."""

    def __init__(self, dynamodb: Any, clock: Clock, seconds: float) -> None:
        self._dynamodb, self._clock, self._seconds = dynamodb, clock, seconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dynamodb, name)

    def batch_get_item(self, **request: Any) -> Any:
        self._clock.advance(self._seconds)
        return self._dynamodb.batch_get_item(**request)

    def query(self, **request: Any) -> Any:
        self._clock.advance(self._seconds if "IndexName" in request else 0)
        return self._dynamodb.query(**request)


@dataclass
class Context:
    """Lambda's context of an invocation that starts now."""

    clock: Clock
    ends: float

    def get_remaining_time_in_millis(self) -> int:
        """Return what is left of the function's time."""
        return int(1000 * (self.ends - self.clock()))


def be_slow(api: Api, seconds: float) -> None:
    """Have each reading of the registry take so many seconds from now on."""
    vars(api.runtime)["dynamodb"] = cast("Any", Slow(api.runtime.dynamodb, api.clock, seconds))


def waiting(queues: Queues, reply: Reply) -> int:
    """Return how many messages of an exchange are queued; the sweep queues what other tests have left, too."""
    return sum(reply.json["message"]["correlation_id"] in message["MessageBody"] for message in queues.sent)


@pytest.mark.parametrize("work", ["collecting", "delivering"])
def test_an_exchange_that_gives_way_is_queued_once(partner: Partner, receiver: Receiver, work: Any) -> None:
    """However long all places of a client are taken, the sweep does not multiply what waits in the queue."""
    api, queues = partner.api, partner.queues
    reply = partner.search(predicate(EVERYBODY))
    if work == "delivering":
        partner.work(rounds=1, to_the_end=False)
    places = WorkerPlaces(api.runtime)
    taken = [places.take(partner.client.client_id, work, 86_400) for _ in range(2)]
    for _ in range(150):
        api.clock.advance(5)
        queues.pass_time()
        api.deliver(SWEEP, None)
        partner.work()
    assert waiting(queues, reply) == 1
    for place in taken:
        places.give_back(place)
    api.clock.advance(5)
    queues.pass_time()
    partner.work()
    assert partner.state(reply) == "answered"
    assert len(receiver.received) == 1


def test_what_was_queued_twice_gives_way_as_one(partner: Partner) -> None:
    """Several messages of an exchange that waits become one of them."""
    api, queues = partner.api, partner.queues
    reply = partner.search(predicate(EVERYBODY))
    queues.sent *= 5
    places = WorkerPlaces(api.runtime)
    assert all(places.take(partner.client.client_id, "collecting", 86_400) for _ in range(2))
    for _ in range(100):
        api.clock.advance(5)
        queues.pass_time()
        partner.work()
    assert waiting(queues, reply) == 1


@pytest.mark.parametrize(("others", "seconds"), [(0, 5), (1_000, 50), (100_000, 240)])
def test_the_more_exchanges_wait_the_longer_each_does(partner: Partner, others: int, seconds: int) -> None:
    """However many exchanges a client has open, about twenty a second come again while its places are taken."""
    api, queues, client_id = partner.api, partner.queues, partner.client.client_id
    reply = partner.search(predicate(EVERYBODY))
    ExchangeTable(api.runtime).transact([opening(client_id, others)])
    places = WorkerPlaces(api.runtime)
    taken = [places.take(client_id, "collecting", 86_400) for _ in range(2)]
    for _ in range(5):
        partner.work()
        own = [message for message in queues.sent if message["MessageGroupId"] == client_id]
        assert [message["DelaySeconds"] for message in own] == [seconds]
        for _ in range(seconds // 60):  # the sweep adds no other message
            api.clock.advance(60)
            api.deliver(SWEEP, None)
            assert waiting(queues, reply) == 1
        api.clock.advance(seconds % 60)
        queues.pass_time()
    for place in taken:
        places.give_back(place)
    partner.work()
    assert partner.state(reply) == "answered"


def test_no_day_has_more_than_its_quota(exchange_api: tuple[Api, Queues], receiver: Receiver) -> None:
    """A day on which nothing was counted yet has no more room than any other."""
    partner = Partner(*exchange_api, receiver.url, records_a_day=15)
    reply = partner.search(predicate(EVERYBODY))
    partner.work()
    partner.api.clock.advance(86_400)
    partner.sweep()
    assert (partner.state(reply), receiver.received) == ("collecting", [])
    partner.api.clock.advance(86_400)
    partner.sweep()
    assert partner.state(reply) == "answered"
    assert len(set(receiver.ids)) == 41


def test_a_slice_that_sorts_longer_than_it_lasts(partner: Partner) -> None:
    """What took the whole slice to sort is stored all the same, not one key of it in each slice."""
    be_slow(partner.api, 61)
    sort = [{"attribute_name": "family_name", "sort_order": "asc"}]
    reply = partner.search(predicate(EVERYBODY, sort=sort))
    partner.work(rounds=2, to_the_end=False)
    assert partner.state(reply) == "delivering"


def test_an_id_that_is_too_long_is_nobodys(partner: Partner) -> None:
    """An id that no key has room for is an error of the request, and not of the registry."""
    for attribute_type in ("correlation_id", "transaction_id"):
        assert partner.status(attribute_type, "x" * 3_000).status == 400


def test_a_status_without_time_says_so(partner: Partner) -> None:
    """Items whose records cannot be read in time are rejected, and the others are answered."""
    asked = [{**predicate(EVERYBODY), "reference_id": f"r-{number}"} for number in range(12)]
    partner.search(*asked, sender_uri=None)
    partner.work()
    be_slow(partner.api, 2.5)
    partner.api.context = Context(partner.api.clock, partner.api.clock() + 29)
    reply = partner.status("transaction_id", "t-1", pagination={"page_size": 1})
    assert reply.status == 200
    items = reply.json["message"]["txnstatus_response"]["txn_status"]["search_response"]
    statuses = [found["status"] for found in items]
    assert statuses == [*["succ"] * statuses.count("succ"), *["rjct"] * statuses.count("rjct")]
    assert set(statuses) == {"succ", "rjct"}
    assert items[-1]["status_reason_code"] == "rjct.search.too_many_records_found"


def test_an_answer_that_is_never_complete_is_reported(
    village_table: str, new_api: Callable[..., Api], receiver: Receiver
) -> None:
    """What could not be collected within 14 days is dead: operators see it, with the reason."""
    queues, own = Queues(), exchange_table()  # the sweep would find what other tests have left
    settings = {"work_queue": "work", "delivery_queue": "delivery", "exchange_table": own}
    partner = Partner(new_api(registry_table=village_table, **settings, sqs=lambda _: queues), queues, receiver.url)
    reply = partner.search(predicate(EVERYBODY))
    assert Admin(partner.api).send("client_disable", partner.client.client_id).status == 200
    partner.work()
    partner.api.clock.advance(14 * 86_400 + 1)
    with collected() as logs:
        partner.sweep()
    assert [line["deliveries_dead"] for line in logs.entries() if "deliveries_dead" in line] == [1]
    exchange = ExchangeStore(partner.api.runtime).get(reply.json["message"]["correlation_id"])
    assert exchange
    assert exchange.state == "dead"
    assert "14 days" in exchange.delivery.reason
