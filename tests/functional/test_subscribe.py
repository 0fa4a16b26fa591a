"""Partners subscribe: what is acknowledged, what begins, and what on-subscribe says of it."""

from __future__ import annotations

from typing import Any

import pytest

from support.api import Api
from support.exchanges import Queues, Receiver, change_client
from support.subscribe_messages import FILTER, POOR, SCHOOL_AGE, TIMESTAMP, by, criteria, subscribe_item
from support.subscribing_partner import SubscribingPartner, codes


@pytest.fixture
def partner(own_exchange_api: tuple[Api, Queues], receiver: Receiver) -> SubscribingPartner:
    """Return a partner that subscribes, whose exchanges are in a table of the test's own."""
    return SubscribingPartner(*own_exchange_api, receiver)


def test_a_subscription_is_acknowledged_and_answered(partner: SubscribingPartner, receiver: Receiver) -> None:
    """The code of the only one is the correlation id of the acknowledgement, which a known client stores."""
    message = partner.subscribe_message(subscribe_item(locale="eng"))
    reply = partner.send(message, "subscribe")
    assert (reply.status, reply.json["message"]["ack_status"]) == (200, "ACK")
    partner.work()
    (sent,) = receiver.received
    correlation_id = reply.json["message"]["correlation_id"]
    header, answer = sent["header"], sent["message"]
    assert (header["action"], header["status"]) == ("on-subscribe", "succ")
    assert (header["total_count"], header["completed_count"], header["message_id"]) == (1, 1, f"{correlation_id}-1")
    assert (header["sender_id"], header["receiver_id"]) == ("registry", partner.client.sender_id)
    assert answer["transaction_id"] == message["message"]["transaction_id"]
    assert answer["correlation_id"] == correlation_id
    now = "2026-03-01T09:30:00.000Z"
    info = {"code": correlation_id, "status": "subscribe", "timestamp": now, **criteria()}
    (item,) = answer["subscribe_response"]
    assert item == {
        "reference_id": "r-1",
        "timestamp": now,
        "locale": "eng",
        "status": "succ",
        "subscriptions": [info],
    }
    assert partner.state(reply) == "answered"


def test_what_is_stored_is_what_was_asked_for(partner: SubscribingPartner) -> None:
    """A subscription keeps its criteria, its purpose, its language, and where it is to be answered."""
    purpose = {"purpose": {"text": "enrolment"}}
    item = subscribe_item("r-7", subscribe_criteria=criteria(authorize=purpose, frequency="daily"), locale="fra")
    (code,) = codes(partner.begun(item))
    stored = partner.store.get(code)
    assert stored
    assert (stored.client_id, stored.reference_id, stored.locale) == (partner.client.client_id, "r-7", "fra")
    assert (stored.callback_url, stored.state) == (partner.url, "active")
    assert stored.criteria["filter"] == FILTER
    assert stored.criteria["authorize"] == purpose
    assert stored.criteria["frequency"]["frequency"] == "daily"
    assert stored.watches


@pytest.mark.parametrize(
    ("members", "is_by_condition"),
    [
        ({}, False),
        ({"filter": {"type": "*", "value": "*"}}, True),
        ({"filter": SCHOOL_AGE}, True),
        ({"filter": SCHOOL_AGE, "filter_type": "predicate", "reg_event_type": "UPDATE"}, True),
        ({"filter": POOR, "notify_record_type": "Group"}, True),
        ({"reg_type": "ns:org:RegistryType:Social", "notify_record_type": "spdci-extensions-dci:Member"}, False),
    ],
)
def test_each_kind_of_filter_begins_a_subscription(
    partner: SubscribingPartner, members: dict[str, Any], *, is_by_condition: bool
) -> None:
    """By identifier it is found by index entries, else by comparing; it comes back as it was written."""
    (item,) = partner.begun(by(**members))
    (info,) = item["subscriptions"]
    assert {name: info[name] for name in members} == members
    (stored,) = partner.active()
    assert stored.is_by_condition is is_by_condition


@pytest.mark.parametrize("name", ["REGISTER", "register", "spdci-common:RegistryEventType:Register", "registration"])
def test_an_event_type_comes_back_as_it_was_written(partner: SubscribingPartner, name: str) -> None:
    """Any spelling begins the same subscription: there is one of each meaning."""
    (item,) = partner.begun(by(reg_event_type=name))
    assert item["subscriptions"][0]["reg_event_type"] == name
    (again,) = partner.begun(by(reg_event_type="REGISTER"))
    assert again["status_reason_code"] == "rjct.event.already_subscribed"


def test_a_frequency_comes_back_with_what_its_schema_demands(partner: SubscribingPartner) -> None:
    """The standard's own samples have no end, and OpenSPP2 sends a word."""
    sample = {"start_time": "2024-08-18T00:00:00.000Z", "frequency": "daily"}
    sent = [by("r-1", frequency=sample), by("r-2", frequency="daily", reg_event_type="UPDATE")]
    frequencies = [item["subscriptions"][0]["frequency"] for item in partner.begun(*sent)]
    end = {"end_time": "9999-12-31T23:59:59Z"}
    assert frequencies == [sample | end, {"start_time": "2026-03-01T09:30:00.000Z", "frequency": "daily"} | end]


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"reg_event_type": "NewFarmer"}, "rjct.notify_types.invalid"),
        ({"reg_event_type": "spdci-common:RegistryEventType:NewDisabledNewborn"}, "rjct.notify_types.invalid"),
        ({"filter": {"type": "SHOE_SIZE", "value": "44"}}, "rjct.notify_details.invalid"),
        ({"filter": "me.age < 25", "filter_type": "graphql"}, "rjct.notify_details.invalid"),
        ({"notify_record_type": "Farmer"}, "rjct.notify_details.invalid"),
        ({"reg_type": "ns:org:RegistryType:FR"}, "rjct.notify_details.invalid"),
        ({"version": "1" * 20_000}, "rjct.notify_details.invalid"),
        ({"frequency": "whenever"}, "rjct.notify_details.invalid"),
        ({"frequency": {"start_time": TIMESTAMP, "end_time": TIMESTAMP}}, "rjct.notify_details.invalid"),
        ({"frequency": {"end_time": "2026-02-28T00:00:00Z"}}, "rjct.notify_details.invalid"),
        ({"frequency": "0 0 0 31 2 ?"}, "rjct.notify_details.invalid"),
        (
            {"frequency": {"start_time": "9999-12-31T23:59:59-23:59", "frequency": "daily"}},
            "rjct.notify_details.invalid",
        ),
    ],
)
def test_what_cannot_be_subscribed_to_is_rejected_alone(
    partner: SubscribingPartner, members: dict[str, Any], code: str
) -> None:
    """A rejected item says why, and the good one beside it begins."""
    rejected, good = partner.begun(by("bad", **members), by("good"))
    assert (rejected["reference_id"], rejected["status"], rejected["status_reason_code"]) == ("bad", "rjct", code)
    assert rejected["status_reason_message"]
    assert "subscriptions" not in rejected
    assert good["status"] == "succ"
    assert [stored.code for stored in partner.active()] == codes([good])


def test_the_codes_of_several_have_numbers(partner: SubscribingPartner) -> None:
    """Each item has a code of its own, by its place in the message."""
    message = [by(f"r-{number}", filter={"type": "UIN", "value": str(number)}) for number in range(1, 4)]
    reply = partner.subscribe(*message)
    correlation_id = reply.json["message"]["correlation_id"]
    items = partner.answer("subscribe_response")
    assert [item["reference_id"] for item in items] == ["r-1", "r-2", "r-3"]
    assert codes(items) == [f"{correlation_id}-{number}" for number in range(1, 4)]


def test_duplicates_within_a_message(partner: SubscribingPartner) -> None:
    """A reference id counts once, and so does what a subscription asks for."""
    first, repeated, same = partner.begun(by("r-1"), by("r-1", reg_event_type="UPDATE"), by("r-2"))
    assert first["status"] == "succ"
    assert repeated["status_reason_code"] == "rjct.reference_id.duplicate"
    assert same["status_reason_code"] == "rjct.event.already_subscribed"
    assert codes([first])[0] in same["status_reason_message"]
    assert len(partner.active()) == 1


def test_duplicates_across_messages(partner: SubscribingPartner, receiver: Receiver) -> None:
    """Another schedule or another address is the same subscription; another event, record type or filter is not."""
    (code,) = codes(partner.begun())
    (again,) = partner.begun(by(frequency="daily"), sender_uri=f"{receiver.url}/elsewhere")
    assert (again["status"], code in again["status_reason_message"]) == ("rjct", True)
    different: list[dict[str, Any]] = [
        {"reg_event_type": "UPDATE"},
        {"notify_record_type": "Member"},
        {"filter": {**FILTER, "value": "1"}},
    ]
    for members in different:
        assert partner.begun(by(**members))[0]["status"] == "succ"


@pytest.mark.parametrize(
    "filter_",
    [
        {"type": "uin", "value": " 847951632"},
        {"type": "UIN", "value": "847951632\u200b"},
        [{"expression1": {"attribute_name": "UIN", "operator": "in", "attribute_value": ["847951632", "847951632"]}}],
    ],
)
def test_the_same_identifier_in_another_spelling_is_the_same(partner: SubscribingPartner, filter_: object) -> None:
    """One client cannot use up the subscriptions that all may have of an identifier."""
    (code,) = codes(partner.begun())
    (again,) = partner.begun(by(filter=filter_))
    assert (again["status_reason_code"], code in again["status_reason_message"]) == (
        "rjct.event.already_subscribed",
        True,
    )


def test_another_clients_subscription_is_not_ones_own(partner: SubscribingPartner, receiver: Receiver) -> None:
    """Two clients may subscribe to the same, and neither learns of the other."""
    other = SubscribingPartner(partner.api, partner.queues, receiver)
    assert [made.begun()[0]["status"] for made in (partner, other)] == ["succ", "succ"]


def test_openspp2s_client_subscribes_and_unsubscribes(partner: SubscribingPartner, receiver: Receiver) -> None:
    """It keeps the correlation id as the code, asks for everybody, and sends the codes by another name."""
    message = partner.subscribe_message(by(filter={"type": "*", "value": "*"}), meta={}, sender_uri="")
    code = partner.send(message, "subscribe").json["message"]["correlation_id"]
    partner.work()
    assert receiver.received == []
    assert [stored.code for stored in partner.active()] == [code]
    ending = partner.message(name="unsubscribe")
    ending["message"] = {"transaction_id": "t", "timestamp": TIMESTAMP, "subscription_code": [code]}
    assert partner.send(ending, "unsubscribe").status == 200
    partner.work()
    assert receiver.received[-1]["message"]["subscription_status"] == [{"code": code, "status": "unsubscribe"}]
    assert partner.active() == []


def test_a_callback_to_nowhere_waits_for_a_status_request(partner: SubscribingPartner, receiver: Receiver) -> None:
    """Without an address, the subscription begins, and its answer is there for who asks."""
    reply = partner.subscribe(sender_uri=None)
    partner.work()
    assert (partner.state(reply), receiver.arrived) == ("answered", [])
    status = partner.status_of(reply)
    assert (status["txn_type"], status["txn_status"]["subscribe_response"][0]["status"]) == ("subscribe", "succ")


@pytest.mark.exhaustive
def test_a_client_has_a_hundred_subscriptions_by_condition(partner: SubscribingPartner) -> None:
    """The one after that is rejected, and one by identifier is not."""
    items = [
        by(f"r-{number}", filter=[{"expression1": {**SCHOOL_AGE[0]["expression1"], "attribute_value": day}}])
        for number, day in enumerate(f"20{year}-01-0{day}" for year in range(10, 21) for day in range(1, 10))
    ]
    assert {item["status"] for item in partner.begun(*items)} == {"succ"}
    last, over, identified = partner.begun(
        by("r-1", filter=SCHOOL_AGE), by("r-2", reg_event_type="UPDATE", filter=SCHOOL_AGE), by("r-3")
    )
    assert [item["status"] for item in (last, over, identified)] == ["succ", "rjct", "succ"]
    assert over["status_reason_code"] == "rjct.notify_details.invalid"


def test_an_answer_that_is_too_large_comes_in_pages(partner: SubscribingPartner, receiver: Receiver) -> None:
    """Nothing is larger than the receiver takes, and every item is answered once."""
    change_client(partner, callbacks={"urls": ["http://127.0.0.1"], "max_bytes": 100_000})
    filters = [{"type": "UIN", "value": str(number)} for number in range(8)]
    items = [by(f"r-{number}", filter=filter_, version="1" * 15_000) for number, filter_ in enumerate(filters)]
    receiver.answer = lambda body: (413 if len(body["message"]["subscribe_response"]) > 3 else 200, {})
    partner.subscribe(*items)
    partner.work()
    tried = [message["message"]["subscribe_response"] for message in receiver.arrived]
    assert len(tried[0]) == 6
    pages = [message["message"]["subscribe_response"] for message in receiver.received]
    assert [item["reference_id"] for page in pages for item in page] == [f"r-{number}" for number in range(8)]
    assert max(map(len, pages)) == 3
    assert receiver.received[-1]["header"]["completed_count"] == 8
