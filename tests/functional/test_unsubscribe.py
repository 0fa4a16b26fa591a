"""Partners unsubscribe: all codes of a message are ended, or none is; and what txn/status says of subscriptions."""

from __future__ import annotations

from typing import Any

import pytest

from support.admin_client import Admin
from support.api import Api
from support.exchanges import Queues, Receiver
from support.subscribe_messages import criteria, subscribe_item
from support.subscribing_partner import SubscribingPartner, codes

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def partner(own_exchange_api: tuple[Api, Queues], receiver: Receiver) -> SubscribingPartner:
    """Return a partner that subscribes."""
    return SubscribingPartner(*own_exchange_api, receiver)


@pytest.fixture
def other(own_exchange_api: tuple[Api, Queues], receiver: Receiver) -> SubscribingPartner:
    """Return another one."""
    return SubscribingPartner(*own_exchange_api, receiver)


def of(count: int) -> list[dict[str, Any]]:
    """Return items of different subscriptions."""
    filters = [{"type": "UIN", "value": str(number)} for number in range(count)]
    return [
        subscribe_item(f"r-{number}", subscribe_criteria=criteria(filter=filter_))
        for number, filter_ in enumerate(filters)
    ]


def test_subscriptions_end_together(partner: SubscribingPartner, receiver: Receiver) -> None:
    """The callback has one status for all, and the state of each; a code that is repeated counts once."""
    begun = codes(partner.begun(*of(3)))
    message = partner.ended(begun[0], begun[1], begun[0])
    header = receiver.received[-1]["header"]
    assert (header["action"], header["status"], header["sender_id"]) == ("on-unsubscribe", "succ", "registry")
    assert (header["total_count"], header["completed_count"]) == (2, 2)
    ended = [{"code": code, "status": "unsubscribe"} for code in begun[:2]]
    assert (message["status"], message["subscription_status"]) == ("succ", ended)
    assert message["timestamp"] == "2026-03-01T09:30:00.000Z"
    assert [stored.code for stored in partner.active()] == begun[2:]


def test_codes_of_others_look_as_if_they_did_not_exist(
    partner: SubscribingPartner, other: SubscribingPartner
) -> None:
    """With one among them nothing is ended, and the client is answered as for a code that nobody has."""
    (foreign,), (own,) = codes(other.begun()), codes(partner.begun())
    answers = [partner.ended(own, code) for code in (foreign, UNKNOWN)]
    for answer in answers:
        assert (answer["status"], answer["status_reason_code"]) == ("rjct", "rjct.subscription_code.invalid")
        assert answer["subscription_status"] == [{"code": own, "status": "subscribe"}]
    assert answers[0]["status_reason_message"] == answers[1]["status_reason_message"]
    alone = partner.ended(foreign)
    assert (alone["status_reason_code"], alone["subscription_status"]) == ("rjct.subscription_code.invalid", [])
    assert (len(partner.active()), len(other.active())) == (1, 1)


def test_what_has_ended_is_said_to_have_ended(partner: SubscribingPartner) -> None:
    """It is no error beside others that have not; alone it is, and keeps the time of its first end."""
    begun = codes(partner.begun(*of(2)))
    assert partner.ended(begun[0])["status"] == "succ"
    again = partner.ended(begun[0])
    assert (again["status"], again["status_reason_code"]) == ("rjct", "rjct.event.already_unsubscribed")
    assert again["subscription_status"] == [{"code": begun[0], "status": "unsubscribe"}]
    assert partner.ended(*begun)["status"] == "succ"
    assert partner.active() == []


def test_a_client_may_subscribe_again(partner: SubscribingPartner) -> None:
    """The new subscription has a code of its own, and the answer to the first one says that it has ended."""
    reply = partner.subscribe(subscribe_item(subscribe_criteria=criteria(frequency="daily")))
    (first,) = codes(partner.answer("subscribe_response"))
    partner.api.clock.advance(60)
    partner.ended(first)
    (second,) = codes(partner.begun())
    assert second != first
    (item,) = partner.status_of(reply)["txn_status"]["subscribe_response"]
    (info,) = item["subscriptions"]
    assert (info["code"], info["status"], info["timestamp"]) == (first, "unsubscribe", "2026-03-01T09:31:00.000Z")
    assert info["frequency"]["start_time"] == "2026-03-01T09:30:00.000Z"


@pytest.mark.parametrize("txn_type", ["", "subscribe", "on-subscribe"])
def test_the_status_of_a_subscribe(partner: SubscribingPartner, txn_type: str) -> None:
    """Before it is done its items are pending; afterwards it is what the callback was."""
    reply = partner.subscribe(*of(2))
    before = partner.status_of(reply, txn_type=txn_type)
    assert before["txn_type"] == "subscribe"
    items = before["txn_status"]["subscribe_response"]
    assert [(item["reference_id"], item["status"]) for item in items] == [("r-0", "pdng"), ("r-1", "pdng")]
    sent = partner.answer("subscribe_response")
    assert partner.status_of(reply, txn_type=txn_type)["txn_status"]["subscribe_response"] == sent


def test_the_status_of_an_unsubscribe(partner: SubscribingPartner) -> None:
    """It has one status for all codes, and those that are the client's."""
    (code,) = codes(partner.begun())
    reply, wrong = partner.unsubscribe(code), partner.unsubscribe(UNKNOWN)
    before = partner.status_of(reply, txn_type="unsubscribe")
    assert (before["txn_type"], before["txn_status"]["status"]) == ("unsubscribe", "pdng")
    partner.work()
    after = partner.status_of(reply)["txn_status"]
    assert (after["status"], after["subscription_status"]) == ("succ", [{"code": code, "status": "unsubscribe"}])
    rejected = partner.status_of(wrong)["txn_status"]
    assert rejected["status_reason_code"] == "rjct.subscription_code.invalid"


@pytest.mark.parametrize("name", ["status", "exchange_status"])
def test_a_status_is_found_by_each_id(partner: SubscribingPartner, receiver: Receiver, name: str) -> None:
    """By transaction, correlation and reference id, at once and as a callback; without a type, of any kind."""
    message = partner.subscribe_message(*of(2))
    reply = partner.send(message, "subscribe")
    partner.work()
    asked = {
        "transaction_id": message["message"]["transaction_id"],
        "correlation_id": [reply.json["message"]["correlation_id"]],
        "reference_id": "r-1",
    }
    for attribute_type, value in asked.items():
        question = partner.message(name=name, sender_uri=receiver.url)
        question["message"]["txnstatus_request"] = {
            "reference_id": "q-1",
            "attribute_type": attribute_type,
            "attribute_value": value,
        }
        answer = partner.send(question, name).json
        if name == "exchange_status":
            partner.work()
            answer = receiver.received[-1]
        status = answer["message"]["txnstatus_response"]
        references = [item["reference_id"] for item in status["txn_status"]["subscribe_response"]]
        assert status["txn_type"] == "subscribe"
        assert references == (["r-1"] if attribute_type == "reference_id" else ["r-0", "r-1"])


def test_a_status_is_found_by_the_codes_of_subscriptions(
    partner: SubscribingPartner, other: SubscribingPartner
) -> None:
    """A code leads to the message that began its subscription, or ended it, of the client itself alone."""
    reply = partner.subscribe(*of(2))
    begun = codes(partner.answer("subscribe_response"))
    ended = partner.unsubscribe(begun[1])
    partner.work()
    for txn_type, wanted in (("", reply), ("on-subscribe", reply), ("unsubscribe", ended)):
        asked = partner.status("subscription_code_list", [UNKNOWN, begun[1]], txn_type=txn_type)
        found = asked.json["message"]["txnstatus_response"]["txn_status"]
        assert found["correlation_id"] == wanted.json["message"]["correlation_id"]
    asked = other.status("subscription_code_list", begun, txn_type="")
    (item,) = asked.json["message"]["txnstatus_response"]["txn_status"]["search_response"]
    assert item["status_reason_code"] == "rjct.reference_id.invalid"


def test_kinds_with_the_same_transaction_are_distinguished(partner: SubscribingPartner) -> None:
    """The type of the transaction says which one is meant; without it, the newest is."""
    sent = {}
    for name in ("exchange_search", "subscribe", "unsubscribe"):
        message = partner.message(name=name)
        message["message"]["transaction_id"] = "t-same"
        sent[name.removeprefix("exchange_")] = partner.send(message, name).json["message"]["correlation_id"]
        partner.api.clock.advance(1)
    for txn_type, wanted in [*sent.items(), ("", sent["unsubscribe"])]:
        status = partner.status("transaction_id", "t-same", txn_type=txn_type).json["message"]["txnstatus_response"]
        assert status["txn_status"]["correlation_id"] == wanted


def test_the_status_of_others_is_unknown(partner: SubscribingPartner, other: SubscribingPartner) -> None:
    """Another client's subscriptions, and one's own under another type, look as if they did not exist."""
    reply = partner.subscribe()
    for status in (
        other.status_of(reply),
        partner.status_of(reply, txn_type="search"),
        partner.status_of(reply, txn_type="receipt"),
    ):
        (item,) = status["txn_status"]["search_response"]
        assert item["status_reason_code"] == "rjct.reference_id.invalid"


def test_subscriptions_that_ended_long_ago_are_unknown(partner: SubscribingPartner) -> None:
    """A month after its end, a code is as unknown as one that nobody ever had."""
    (code,) = codes(partner.begun())
    partner.ended(code)
    partner.api.clock.advance(32 * 86_400)
    partner.token = str(partner.api.token(partner.client, partner.secret).json["access_token"])
    assert partner.ended(code)["status_reason_code"] == "rjct.subscription_code.invalid"


def test_a_deleted_client_is_not_answered(partner: SubscribingPartner, receiver: Receiver) -> None:
    """What it asked for before is not begun any more."""
    reply = partner.subscribe()
    assert Admin(partner.api).send("client_delete", partner.client.client_id).status == 204
    partner.work()
    assert (partner.state(reply), receiver.arrived, partner.active()) == ("cancelled", [], [])
