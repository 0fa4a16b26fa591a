"""What a hostile client, or a hostile receiver, can do with asynchronous messages: nothing to others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dci_common.exchange.exchange_store import ExchangeStore
from dci_common.exchange.worker_places import WorkerPlaces
from dci_exchange.service import MAX_BYTES
from support.admin_client import Admin
from support.api import Api, predicate
from support.example_counts import sampled
from support.exchanges import ACK, Partner, Queues, Receiver, records_of
from support.stored_items import stored_items

EVERYBODY = ("birth_date", "ge", "1900-01-01")
ODD_STATUSES: tuple[Any, ...] = (7, None, [], {"ERR": 1}, True, "ack", "ERR ", "")


def test_another_clients_message_id_is_no_message_of_ones_own(
    partner: Partner, exchange_api: tuple[Api, Queues], receiver: Receiver
) -> None:
    """A message that another client repeats is a new one of that client: each gets its own exchange and answer."""
    other = Partner(*exchange_api, receiver.url)
    message = partner.message(predicate(EVERYBODY))
    replayed = {**message, "header": {**message["header"], "sender_id": other.client.sender_id}}
    replies = [partner.send(message), other.send(message), other.send(replayed)]
    assert [reply.status for reply in replies] == [200, 400, 200]
    first, second = (replies[number].json["message"]["correlation_id"] for number in (0, 2))
    assert first != second
    partner.work()
    assert [sent["message"]["correlation_id"] for sent in receiver.received] == [first, second]


@pytest.mark.parametrize(
    "path",
    sampled(
        [
            *("/calls/../admin", "/calls/%2e%2e/admin", "/calls/..%2fadmin", "/calls\\..\\admin", "/callsign", "/"),
            *(
                "/calls/./x",
                "/calls%2fx",
                "/calls/\u202e",
                "/calls/#x",
                "/calls /x",
                "/calls/\r\nx: y",
                "/calls/" + "x" * 600,
            ),
            *("/calls/%252e%252e/admin", "/calls//admin", "/calls/;/../admin", "/CALLS/x"),
        ],
        3,
    ),
)
def test_paths_that_pretend_to_be_under_a_registered_one(
    exchange_api: tuple[Api, Queues], receiver: Receiver, path: str
) -> None:
    """A sender_uri is under a registered address by its normalised path alone; the rest is an error."""
    origin = receiver.url.removesuffix("/on-search")
    partner = Partner(*exchange_api, receiver.url, callbacks={"urls": [f"{origin}/calls"]})
    reply = partner.search(predicate(EVERYBODY), sender_uri=origin + path)
    if reply.status == 200:
        assert path in {"/calls/%252e%252e/admin", "/calls//admin"}, reply.text
        partner.work()
        return
    assert (reply.status, reply.code) == (400, "err.sender_uri.invalid")
    assert receiver.headers == []


@pytest.mark.exhaustive
def test_the_largest_message_is_answered(partner: Partner, receiver: Receiver) -> None:
    """A hundred items with the longest ids, of any characters, are acknowledged, answered and asked for again."""
    odd = ("'", '"', "\\", "\u00e9", "\u0001")
    ids = [f"{number:03}" + odd[number % 5] * (80 if number % 5 == 4 else 240) for number in range(100)]
    items = [{**predicate(("x" * 1_800, "eq", "y")), "reference_id": id_} for id_ in ids[:90]]
    items += [{**predicate(EVERYBODY), "reference_id": id_} for id_ in ids[90:]]
    message = partner.message(*items, message_id="\u00e9" * 256)
    message["message"]["transaction_id"] = "\u00e9" * 99
    assert 230_000 < len(json.dumps(message)) < MAX_BYTES
    reply = partner.send(message)
    assert reply.status == 200, reply.text
    partner.work()
    assert partner.state(reply) == "answered"
    answered = [found["reference_id"] for page in receiver.pages for found in page]
    assert list(dict.fromkeys(answered)) == ids
    asked = partner.status("reference_id_list", [ids[95]]).json["message"]["txnstatus_response"]["txn_status"]
    (found,) = asked["search_response"]
    assert (found["reference_id"], len(records_of(found))) == (ids[95], 41)


@pytest.mark.parametrize(
    "content",
    sampled(
        [
            *({"message": {"ack_status": status}} for status in ODD_STATUSES),
            *([], "NACK", {"message": "ERR"}, {"message": ["ERR"]}, {"ack_status": ["ERR"]}, None, 1e300),
        ],
        3,
    ),
)
def test_odd_acknowledgements_are_success(partner: Partner, receiver: Receiver, content: Any) -> None:
    """A 2xx whose body does not say NACK or ERR where it belongs is success."""
    receiver.answer = lambda _: (200, content)
    reply = partner.search(predicate(EVERYBODY))
    partner.work()
    assert partner.state(reply) == "answered"


@pytest.mark.parametrize(
    "body",
    sampled(
        [
            *(b"[" * 60_000, b'{"message":' * 9_000, b"\xff\xfe", b"1" * 60_000, b'{"ack_status": "\\ud800"}'),
            *(b"", b"NaN", b"x" * 1_000_000, b'{"message": {"ack_status": "ERR"' + b" " * 100_000 + b"}}"),
        ],
        3,
    ),
)
def test_bodies_that_are_no_acknowledgements_are_success(partner: Partner, receiver: Receiver, body: bytes) -> None:
    """A 2xx is success whatever its body is, however deep, long or broken."""
    receiver.answer = lambda _: (200, body)
    reply = partner.search(predicate(EVERYBODY))
    partner.work()
    assert partner.state(reply) == "answered"


def test_a_pause_lasts_as_long_as_the_receiver_asks(partner: Partner, receiver: Receiver) -> None:
    """Between two seconds too, a page is not attempted again before the time that Retry-After names."""
    receiver.answer_headers = {"Retry-After": "60"}
    receiver.answer = lambda _: (503, {})
    partner.api.clock.advance(0.75)
    reply = partner.search(predicate(EVERYBODY))
    partner.work()
    exchange = ExchangeStore(partner.api.runtime).get(reply.json["message"]["correlation_id"])
    assert exchange
    assert exchange.held_until >= partner.api.clock() + 60


@pytest.mark.parametrize(
    "after", sampled(["86400", "-5", "9" * 5_000, "0", "Thu, 01 Jan 1970 00:00:00 GMT", "soon", "1e9"])
)
def test_a_receiver_cannot_hold_its_answer_back_or_hurry_it(partner: Partner, receiver: Receiver, after: str) -> None:
    """Whatever Retry-After says, the next attempt follows within a day, and not before five seconds."""
    receiver.answer_headers = {"Retry-After": after}
    receiver.answer = lambda _: (503, {})
    partner.search(predicate(EVERYBODY))
    partner.work()
    partner.api.clock.advance(3)
    partner.sweep()
    assert len(receiver.headers) == 1
    receiver.answer = lambda _: (200, ACK)
    partner.api.clock.advance(86_400)
    partner.sweep()
    assert len(receiver.received) == 1


@pytest.mark.parametrize("stage", sampled(["attempted", "accepted", "collected"]))
def test_a_client_that_is_deleted_meanwhile(partner: Partner, receiver: Receiver, stage: str) -> None:
    """Nothing is sent to a client that does not exist any more: its exchanges are cancelled."""
    receiver.answer = lambda _: (503, {})
    reply = partner.search(predicate(EVERYBODY))
    if stage == "attempted":
        partner.work()
    if stage == "collected":
        partner.work(rounds=1, to_the_end=False)
    sent = len(receiver.headers)
    assert Admin(partner.api).send("client_delete", partner.client.client_id).status == 204
    partner.api.clock.advance(100)
    partner.sweep()
    assert (partner.state(reply), len(receiver.headers)) == ("cancelled", sent)
    items = stored_items(partner.api.runtime.settings.exchange_table)
    (open_,) = (item for item in items if item["pk"]["S"] == f"OPEN#{partner.client.client_id}")
    assert open_["open_exchanges"]["N"] == "0"


@pytest.mark.exhaustive
def test_a_flood_by_one_client_delays_another_by_at_most_two_slices(
    partner: Partner, exchange_api: tuple[Api, Queues], receiver: Receiver
) -> None:
    """While two slices of a client run, its others give way at once: another client's is the next to be worked on."""
    api, queues = exchange_api
    places, flooding = WorkerPlaces(api.runtime), partner.client.client_id
    running = [places.take(flooding, "collecting", 300) for _ in range(2)]
    assert all(running)
    flood = [partner.search(predicate(EVERYBODY)) for _ in range(20)]
    other = Partner(*exchange_api, receiver.url)
    reply = other.search(predicate(EVERYBODY))
    assert {message["MessageGroupId"] for message in queues.sent} == {flooding, other.client.client_id}
    other.work(rounds=2, to_the_end=False)
    assert other.state(reply) == "answered"
    store = ExchangeStore(api.runtime)
    exchanges = [store.get(sent.json["message"]["correlation_id"]) for sent in flood]
    assert {exchange.version for exchange in exchanges if exchange} == {1}
    assert {message["DelaySeconds"] for message in queues.sent} == {5}
    for place in running:
        places.give_back(place)
    queues.pass_time()
    partner.work()
    assert {partner.state(sent) for sent in flood} == {"answered"}
