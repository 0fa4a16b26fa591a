"""Answers of thousands of records, collected in many slices, each ended by the clock."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from dci_common.registry.model.records import Person
from dci_common.registry.storage.items import settings_item
from support.api import Api, predicate
from support.exchanges import Partner, Queues, Receiver, receiving, records_of
from support.flaky_dynamodb import FlakyDynamoDB
from support.hill_household import uin
from support.registry_harness import INDEXING, items_of

TABLE = "canned"


class Canned:
    """DynamoDB with a canned registry; the other tables are the engine's."""

    def __init__(self, dynamodb: Any, people: int) -> None:
        self._dynamodb = dynamodb
        persons = (
            Person(id=f"p{number:05}", identifiers=uin(f"u{number:05}"), birth_date=f"{1950 + number % 60}-01-02")
            for number in range(people)
        )
        items = [*items_of(persons), settings_item(INDEXING.shards, set(), set())]
        self._registry = FlakyDynamoDB(items, items, at_once=50, busy=10**9)
        self._by_key = {(item["pk"]["S"], item["sk"]["S"]): item for item in items}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dynamodb, name)

    def query(self, **request: Any) -> Any:
        if request["TableName"] != TABLE:
            return self._dynamodb.query(**request)
        return self._registry.query(**{name: value for name, value in request.items() if name != "TableName"})

    def batch_get_item(self, **request: Any) -> Any:
        is_canned = TABLE in request["RequestItems"]
        return (self._registry if is_canned else self._dynamodb).batch_get_item(**request)

    def get_item(self, **request: Any) -> Any:
        if request["TableName"] != TABLE:
            return self._dynamodb.get_item(**request)
        item = self._by_key.get((request["Key"]["pk"]["S"], request["Key"]["sk"]["S"]))
        return {"Item": item} if item else {}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Run a receiver of callbacks."""
    with receiving() as running:
        yield running


@pytest.fixture
def partner_of(new_api: Callable[..., Api], receiver: Receiver) -> Callable[[int], Partner]:
    """Return a maker of partners of a registry of so many people."""

    def make(people: int) -> Partner:
        queues = Queues()
        settings = {"work_queue": "work", "delivery_queue": "delivery"}
        api = new_api(registry_table=TABLE, **settings, sqs=lambda _: queues)
        partner = Partner(api, queues, receiver.url)
        canned = cast("Any", Canned(api.runtime.dynamodb, people))
        vars(api.runtime)["dynamodb"] = canned
        return partner

    return make


def hurry(partner: Partner, seconds: float) -> None:
    """Have so many seconds pass each time that somebody looks at the clock."""
    clock = partner.api.clock

    def looked_at() -> float:
        clock.advance(seconds)
        return clock.now

    partner.api.runtime.clock = looked_at


@pytest.mark.exhaustive
def test_thousands_of_records_in_many_slices(partner_of: Callable[[int], Partner], receiver: Receiver) -> None:
    """Each slice ends by the clock, anywhere, and the next one goes on there: each record comes once, in order."""
    partner = partner_of(3_000)
    younger = predicate(("birth_date", "ge", "1960-01-01"))
    older = {**predicate(("birth_date", "lt", "1960-01-01")), "reference_id": "r-2"}
    reply = partner.search(younger, older)
    hurry(partner, 0.25)
    for _ in range(100):
        partner.work()
        if partner.state(reply) == "answered":
            break
        partner.sweep()
    items = [found for page in receiver.pages for found in page]
    for reference_id, count in (("r-1", 2_500), ("r-2", 500)):
        mine = [found for found in items if found["reference_id"] == reference_id]
        assert [found["pagination"]["page_number"] for found in mine] == [*range(1, len(mine) + 1)]
        assert {found["pagination"]["total_count"] for found in mine} == {count}
        ids = [record["identifier"][0]["identifier_value"] for found in mine for record in records_of(found)]
        assert len(ids) == len(set(ids)) == count


def temporary_memory(act: Callable[[], None]) -> int:
    """Return how many bytes an act needed at most, beside those that the engine keeps of what it wrote."""
    thresholds = gc.get_threshold()
    gc.set_threshold(500)  # the engine makes cycles
    tracemalloc.start()
    try:
        act()
        gc.collect()
        kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.set_threshold(*thresholds)
    return most - kept


@pytest.mark.exhaustive
def test_memory_does_not_grow_with_the_answer(
    partner_of: Callable[[int], Partner], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A collection of four times as many records needs no more memory, and neither does its delivery."""
    monkeypatch.setattr("dci_delivery.item_collection.BLOCK", 100)
    monkeypatch.setattr("dci_common.exchange.exchanges.PAGE_RECORDS", 100)
    peaks, received = list[int](), 0

    def answer(message: dict[str, Any]) -> tuple[int, object]:
        nonlocal received
        received += sum(len(records_of(found)) for found in message["message"]["search_response"])
        receiver.received.clear()  # the memory of the receiver is another's
        receiver.arrived.clear()
        return 200, {}

    receiver.answer = answer
    for people in (200, 200, 800):
        received, partner = 0, partner_of(people)
        partner.search(predicate(("birth_date", "ge", "1900-01-01")))
        peaks.append(temporary_memory(partner.work))
        assert received == people
    assert peaks[2] < 1.5 * peaks[1], peaks
