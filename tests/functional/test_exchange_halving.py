"""What a receiver answers with 413 is sent again in smaller parts."""

from __future__ import annotations

from typing import Any

import pytest

from dci_common.exchange.exchange_store import ExchangeStore
from support.api import identified, predicate
from support.example_counts import sampled
from support.exchanges import Partner, Receiver, records_of

EVERYBODY = ("birth_date", "ge", "1900-01-01")
SOMEBODY = identified("UIN", "847951632")


def test_a_page_that_is_too_large_is_halved(partner: Partner, receiver: Receiver) -> None:
    """A 413 halves the pages from there on; each record still comes once."""

    def answer(message: dict[str, object]) -> tuple[int, object]:
        return (413, {}) if len(str(message)) > 20_000 else (200, {})

    receiver.answer = answer
    reply = partner.search(predicate(EVERYBODY))
    partner.work()
    assert partner.state(reply) == "answered"
    assert len(receiver.received) > 2
    assert len(receiver.ids) == len(set(receiver.ids)) == receiver.pages[0][0]["pagination"]["total_count"]


@pytest.mark.exhaustive
def test_a_page_of_many_items_is_halved(partner: Partner, receiver: Receiver) -> None:
    """A 413 halves a page of items with at most one record each, too; each item still comes once, in its order."""
    receiver.answer = lambda message: (413 if len(message["message"]["search_response"]) > 7 else 200, {})
    nobody = ("birth_date", "lt", "1800-01-01")
    asked = [{**predicate(nobody), "reference_id": f"r-{number}"} for number in range(40)]
    asked[9] |= {"reference_id": "r-one", "search_criteria": SOMEBODY["search_criteria"]}
    reply = partner.search(*asked)
    partner.work()
    assert partner.state(reply) == "answered"
    sent = [item["reference_id"] for page in receiver.pages for item in page]
    assert sent == [item["reference_id"] for item in asked]
    assert len(receiver.ids) == 1
    assert max(map(len, receiver.pages)) > 1


@pytest.mark.parametrize("asked", [{}, {"pagination": {"page_size": 30}}], ids=["default", "of a size"])
def test_a_status_that_is_too_large_is_made_smaller(partner: Partner, receiver: Receiver, asked: Any) -> None:
    """A 413 shortens the pages of a status; a page that was asked for is rejected, with what to do."""
    partner.search(predicate(EVERYBODY), sender_uri=None)
    partner.work()
    receiver.answer = lambda message: (413 if len(str(message)) > 20_000 else 200, {})
    message = partner.message(name="exchange_status", sender_uri=receiver.url)
    message["message"]["txnstatus_request"] |= {"attribute_value": "t-1", **asked}
    reply = partner.send(message, "exchange_status")
    partner.work()
    assert partner.state(reply) == "answered"
    (sent,) = receiver.received
    (found,) = sent["message"]["txnstatus_response"]["txn_status"]["search_response"]
    if asked:
        assert found["status_reason_code"] == "rjct.search.too_many_records_found"
    else:
        assert 0 < len(records_of(found)) == found["pagination"]["page_size"] < found["pagination"]["total_count"]


@pytest.mark.parametrize("name", sampled(["exchange_search", "exchange_status"]))
def test_what_cannot_be_halved_is_attempted_again_and_then_dead(
    partner: Partner, receiver: Receiver, name: str
) -> None:
    """A receiver that takes nothing is asked by the schedule for three days: then operators see why."""
    partner.search(SOMEBODY, sender_uri=None)
    partner.work()
    receiver.answer = lambda _: (413, {})
    message = partner.message(SOMEBODY, name=name, sender_uri=receiver.url)
    reply = partner.send(message, name)
    partner.work()
    attempts = len(receiver.headers)
    assert (partner.state(reply), attempts) == ("delivering", 1 if name == "exchange_search" else 11)
    partner.api.clock.advance(10)
    partner.sweep()
    assert len(receiver.headers) == attempts + 1
    partner.api.clock.advance(4 * 86_400)
    partner.sweep()
    exchange = ExchangeStore(partner.api.runtime).get(reply.json["message"]["correlation_id"])
    assert exchange
    assert (exchange.state, exchange.delivery.reason) == ("dead", "The receiver answered with HTTP status 413.")
