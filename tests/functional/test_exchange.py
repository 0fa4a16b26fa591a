"""Asynchronous searches are acknowledged, collected and delivered."""

from __future__ import annotations

from typing import Any

import pytest

from dci_common.exchange.exchange_lists import ExchangeLists
from dci_common.exchange.exchange_store import ExchangeStore
from dci_common.exchange.near_limits import near_limit_queue
from dci_common.timestamps import day
from support.api import Api, Reply, item, predicate
from support.exchanges import Partner, Queues, Receiver, records_of


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a page hold few records."""
    monkeypatch.setattr("dci_common.exchange.exchanges.PAGE_RECORDS", 9)


def response_of(reply: Reply) -> list[dict[str, Any]]:
    """Return the response items of the search that a status is about."""
    found: list[dict[str, Any]] = reply.json["message"]["txnstatus_response"]["txn_status"]["search_response"]
    return found


EVERYBODY = ("birth_date", "ge", "1900-01-01")


def test_a_search_is_acknowledged_and_answered_at_the_callback_address(partner: Partner, receiver: Receiver) -> None:
    """The acknowledgement's correlation id comes back in the callback, with all that the sync search finds."""
    reply = partner.search(predicate(EVERYBODY))
    assert (reply.status, reply.json["message"]["ack_status"]) == (200, "ACK")
    partner.work()
    expected = partner.api.search(
        predicate(EVERYBODY, pagination={"page_size": 2000}), token=partner.token, sender_id=partner.client.sender_id
    )
    (message,) = receiver.received
    assert message["message"]["correlation_id"] == reply.json["message"]["correlation_id"]
    (item,) = message["message"]["search_response"]
    assert item["status"] == "succ"
    assert item["pagination"]["total_count"] == expected.items[0]["pagination"]["total_count"] > 0
    assert sorted(map(str, records_of(item))) == sorted(map(str, expected.records))
    assert partner.state(reply) == "answered"


@pytest.mark.usefixtures("small_pages")
def test_pages_follow_each_other_with_the_total_first(partner: Partner, receiver: Receiver) -> None:
    """An answer of several pages is sent page by page: numbered, each record once, the total in each."""
    reply = partner.search(predicate(EVERYBODY))
    partner.work()
    items = [item for page in receiver.pages for item in page]
    assert [item["pagination"]["page_number"] for item in items] == [*range(1, len(items) + 1)]
    assert len({item["pagination"]["total_count"] for item in items}) == 1
    assert sum(item["pagination"]["page_size"] for item in items) == items[0]["pagination"]["total_count"]
    assert len(receiver.ids) == len(set(receiver.ids)) == items[0]["pagination"]["total_count"]
    assert len({message["header"]["message_id"] for message in receiver.received}) == len(items) > 2
    assert partner.state(reply) == "answered"
    exchange = ExchangeStore(partner.api.runtime).get(reply.json["message"]["correlation_id"])
    assert exchange
    attempts = ExchangeLists(partner.api.runtime).attempts(exchange, 100)
    assert [int(each["page"]["N"]) for each in attempts] == [*range(len(items), 0, -1)]


@pytest.mark.exhaustive
def test_a_receiver_that_is_down_for_an_hour_gets_everything_after(partner: Partner, receiver: Receiver) -> None:
    """What could not be delivered is attempted again by the schedule, with the same message id."""
    receiver.answer = lambda _: (503, {})
    reply = partner.search(predicate(EVERYBODY))
    partner.work()
    for _ in range(60):
        partner.api.clock.advance(60)
        partner.sweep()
    assert (receiver.received, partner.state(reply)) == ([], "delivering")
    receiver.answer = lambda _: (200, {})
    for _ in range(60 * 3):
        partner.api.clock.advance(60)
        partner.sweep()
    assert len(receiver.received) == 1
    assert partner.state(reply) == "answered"


@pytest.mark.exhaustive
def test_a_receiver_that_is_down_for_four_days_leaves_a_dead_letter(partner: Partner, receiver: Receiver) -> None:
    """After three days of attempts, each later than the one before, the exchange is dead, and listed."""
    receiver.answer = lambda _: (500, {})
    reply = partner.search(predicate(EVERYBODY))
    partner.work()
    for _ in range(4 * 24 * 2):
        partner.api.clock.advance(1800)
        partner.sweep()
    assert partner.state(reply) == "dead"
    assert 10 < len(receiver.headers) < 20


def test_an_item_that_asks_for_a_page_gets_that_page(partner: Partner, receiver: Receiver) -> None:
    """With `pagination` the answer is the page that the sync search gives, and its cursor."""
    asked = predicate(EVERYBODY, pagination={"page_size": 7, "page_number": 2})
    partner.search(asked)
    partner.work()
    sync = partner.api.search(asked, token=partner.token, sender_id=partner.client.sender_id)
    (item,) = receiver.pages[0]
    assert records_of(item) == sync.records
    assert item["pagination"].keys() == sync.items[0]["pagination"].keys()


def test_items_are_rejected_as_in_the_sync_search(partner: Partner, receiver: Receiver) -> None:
    """A query that cannot be asked is answered with its reason, beside those that can."""
    partner.search(
        predicate(("shoe_size", "eq", "44")),
        {**predicate(EVERYBODY), "reference_id": "r-2"},
        {**predicate(EVERYBODY), "reference_id": "r-2"},
        item({"any": "thing"}, "graphql", reference_id="r-3"),
    )
    partner.work()
    ((first, second, third, fourth),) = receiver.pages
    assert first["status_reason_code"] == "rjct.filter.invalid"
    assert second["status"] == "succ"
    assert third["status_reason_code"] == "rjct.reference_id.duplicate"
    assert (fourth["status"], fourth["status_reason_code"]) == ("rjct", "rjct.search_criteria.invalid")


def test_the_same_message_is_acknowledged_the_same_way_and_answered_once(
    partner: Partner, receiver: Receiver
) -> None:
    """A message that comes again, with another time, gets its first acknowledgement; with another body an error."""
    message = partner.message(predicate(EVERYBODY))
    first = partner.send(message)
    partner.api.clock.advance(60)
    again = partner.send({**message, "header": {**message["header"], "message_ts": "2026-03-01T10:00:00Z"}})
    other = partner.send({**message, "message": {**message["message"], "transaction_id": "other"}})
    partner.work()
    assert again.json == first.json
    assert (other.status, other.code) == (409, "err.request.bad")
    assert len(receiver.received) == 1


def test_status_before_and_after(partner: Partner, receiver: Receiver) -> None:
    """A client asks about its transaction by each of its ids: pending while it is collected, then the response."""
    reply = partner.search(predicate(EVERYBODY), sender_uri=None)
    ids = [
        ("correlation_id", reply.json["message"]["correlation_id"]),
        ("transaction_id", "t-1"),
        ("reference_id_list", ["r-1"]),
    ]
    for attribute_type, value in ids:
        before = partner.status(attribute_type, value)
        assert [item["status"] for item in response_of(before)] == ["pdng"]
    partner.work()
    assert partner.state(reply) == "answered"
    for attribute_type, value in ids:
        (found,) = response_of(partner.status(attribute_type, value))
        assert len(records_of(found)) == found["pagination"]["total_count"] > 0
    (page,) = response_of(partner.status("transaction_id", "t-1", pagination={"page_size": 5, "page_number": 2}))
    assert records_of(page) == records_of(found)[5:10]
    assert receiver.received == []


def test_another_clients_transaction_looks_unknown(
    partner: Partner, exchange_api: tuple[Api, Queues], receiver: Receiver
) -> None:
    """A correlation id of another client, a reference of it, and an id of nobody are answered alike."""
    reply = partner.search(predicate(EVERYBODY))
    partner.work()
    other = Partner(*exchange_api, receiver.url)
    asked = [("correlation_id", reply.json["message"]["correlation_id"]), ("transaction_id", "t-1")]
    for attribute_type, value in [*asked, ("transaction_id", "nobody's")]:
        (item,) = response_of(other.status(attribute_type, value))
        assert (item["status"], item["status_reason_code"]) == ("rjct", "rjct.reference_id.invalid")


def test_an_asynchronous_status_request_is_called_back(partner: Partner, receiver: Receiver) -> None:
    """The status of a transaction is sent to the callback address, as txn-on-status."""
    partner.search(predicate(EVERYBODY), sender_uri=None)
    partner.work()
    message = partner.message(name="exchange_status", sender_uri=receiver.url)
    message["message"]["txnstatus_request"]["attribute_value"] = "t-1"
    assert partner.send(message, "exchange_status").status == 200
    partner.work()
    (sent,) = receiver.received
    assert sent["header"]["action"] == "txn-on-status"
    status = sent["message"]["txnstatus_response"]
    assert status["txn_type"] == "search"
    assert records_of(status["txn_status"]["search_response"][0])


def test_a_refusal_ends_the_exchange(partner: Partner, receiver: Receiver) -> None:
    """A 2xx that says ERR or NACK is not attempted again; one that says anything else is success."""
    receiver.answer = lambda _: (200, {"message": {"ack_status": "ERR"}})
    reply = partner.search(predicate(EVERYBODY))
    partner.work()
    assert partner.state(reply) == "refused"
    assert len(receiver.received) == 1


def test_a_receiver_that_is_gone_pauses_its_client(partner: Partner, receiver: Receiver) -> None:
    """A 410 ends the exchange, and further ones without a callback."""
    receiver.answer = lambda _: (410, {})
    replies = [partner.search(predicate(EVERYBODY)) for _ in range(3)]
    partner.work()
    partner.api.clock.advance(100)
    partner.sweep()
    assert [partner.state(reply) for reply in replies] == ["dead"] * 3
    assert len(receiver.headers) == 1


def test_a_quota_that_is_used_up_waits_for_the_next_day(exchange_api: tuple[Api, Queues], receiver: Receiver) -> None:
    """The keys that the day allows are collected; the rest follow on the days after, and nothing is sent before.

    The client is listed as near its limit.
    """
    partner = Partner(*exchange_api, receiver.url, records_a_day=15)
    reply = partner.search(predicate(EVERYBODY))
    partner.work()
    assert (partner.state(reply), receiver.received) == ("collecting", [])
    near = ExchangeLists(partner.api.runtime).listed(near_limit_queue(str(day(partner.api.clock()))))
    assert partner.client.client_id in near
    for _ in range(3):
        partner.api.clock.advance(86_400)
        partner.sweep()
    assert partner.state(reply) == "answered"
    assert len(set(receiver.ids)) == receiver.pages[0][0]["pagination"]["total_count"] == 41


@pytest.mark.parametrize(("a_day", "is_near"), [(51, True), (52, False)])
def test_a_client_is_near_its_limit_by_asynchronous_searches_too(
    exchange_api: tuple[Api, Queues], receiver: Receiver, a_day: int, *, is_near: bool
) -> None:
    """From 80 % of its records of a day on, a client is listed, as by searches that are answered at once."""
    partner = Partner(*exchange_api, receiver.url, records_a_day=a_day)
    reply = partner.search(predicate(EVERYBODY))
    partner.work()
    assert (partner.state(reply), len(set(receiver.ids))) == ("answered", 41)
    near = ExchangeLists(partner.api.runtime).listed(near_limit_queue(str(day(partner.api.clock()))))
    assert (partner.client.client_id in near) == is_near


def test_a_group_that_no_day_has_room_for_is_rejected_at_once(
    exchange_api: tuple[Api, Queues], receiver: Receiver
) -> None:
    """A household of more people than the quota of a day is not waited for, whatever else was counted that day."""
    partner = Partner(*exchange_api, receiver.url, records_a_day=2)
    partner.search(predicate(EVERYBODY, pagination={"page_size": 1}))
    partner.work()
    reply = partner.search(predicate(("poverty_score", "ge", 0), reg_record_type="Group"))
    partner.work()
    assert partner.state(reply) == "answered"
    (found,) = receiver.pages[-1]
    assert (found["status"], found["status_reason_code"]) == ("rjct", "rjct.search.too_many_records_found")
