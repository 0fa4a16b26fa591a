"""Signed messages that are answered later: acknowledged without a signature, called back with one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.api import Api, predicate
from support.exchanges import Partner, Queues, Receiver, change_client
from support.signature_peers import timestamp
from support.signing_partner import DIALECTS, SigningPartner
from support.subscribing_partner import SCOPES

INVALID = "err.signature.invalid"
EVERYBODY = predicate(("birth_date", "ge", "1900-01-01"))


class SigningExchange(SigningPartner):
    """A signing partner that is called back."""

    def __init__(self, api: Api, queues: Queues, receiver: Receiver, dialect: str, mode: str = "required") -> None:
        flags = {"signature": mode, "dialect": dialect, "asynchronous": True}
        super().__init__(api, dialect, scopes=SCOPES, flags=flags, callbacks={"urls": ["http://127.0.0.1"]})
        self.exchanges = Partner.of(api, queues, receiver.url, self.client, self.secret)

    def question(self, name: str = "exchange_search", count: int = 1) -> dict[str, Any]:
        """Return an asynchronous message of so many searches, that is not signed."""
        items = [EVERYBODY | {"reference_id": f"r-{number}"} for number in range(count)]
        items = items if name == "exchange_search" else []
        made = self.exchanges.message(*items, name=name)
        made.pop("signature", None)
        made["header"] |= {"message_ts": timestamp(self.api.runtime.clock()), "receiver_id": "registry"}
        return made


@pytest.mark.parametrize("dialect", DIALECTS)
def test_callbacks_are_signed(exchange_api: tuple[Api, Queues], receiver: Receiver, dialect: str) -> None:
    """What was asked with a signature is called back with one, of each attempt's own, and acknowledged without."""
    partner = SigningExchange(*exchange_api, receiver, dialect)
    receiver.answer = lambda _: (503, {})
    reply = partner.send(partner.signed(partner.question()), "exchange_search")
    assert (reply.status, reply.json["message"]["ack_status"]) == (200, "ACK"), reply.text
    assert "signature" not in reply.json
    partner.exchanges.work()
    receiver.answer = lambda _: (200, {})
    partner.api.clock.advance(30)
    partner.exchanges.sweep()
    first, second = receiver.arrived
    assert partner.accepts(json.dumps(second))
    assert first["signature"] != second["signature"]


def test_status_is_called_back_signed(exchange_api: tuple[Api, Queues], receiver: Receiver) -> None:
    """So is the answer to a status request."""
    partner = SigningExchange(*exchange_api, receiver, "openspp2")
    partner.send(partner.signed(partner.question("exchange_status")), "exchange_status")
    partner.exchanges.work()
    (answer,) = receiver.received
    assert partner.accepts(json.dumps(answer))


@pytest.mark.parametrize("name", ["subscribe", "unsubscribe"])
def test_subscriptions_are_answered_signed(
    own_exchange_api: tuple[Api, Queues], receiver: Receiver, name: str
) -> None:
    """A signed message is called back with a signature, and one whose signature is wrong is rejected."""
    partner = SigningExchange(*own_exchange_api, receiver, "openspp2")
    signed = partner.signed(partner.question(name))
    forged = {**signed, "message": {**signed["message"], "transaction_id": "another"}}
    assert partner.send(forged, name).code == INVALID
    assert partner.send(signed, name).status == 200
    partner.exchanges.work()
    (answer,) = receiver.received
    assert answer["header"]["action"] == f"on-{name}"
    assert partner.accepts(json.dumps(answer))


def test_a_repeated_message_gets_the_same_acknowledgement(
    exchange_api: tuple[Api, Queues], receiver: Receiver
) -> None:
    """Sent again as it is, or signed again, it starts no second search; it is no sync search either."""
    partner = SigningExchange(*exchange_api, receiver, "openspp2")
    question = partner.question()
    signed = partner.signed(question)
    first = partner.send(signed, "exchange_search")
    partner.api.clock.advance(5)
    again = [partner.send(each, "exchange_search") for each in (signed, partner.signed(question))]
    assert {reply.json["message"]["correlation_id"] for reply in again} == {first.json["message"]["correlation_id"]}
    assert partner.send(signed, "search").code == INVALID
    partner.exchanges.work()
    assert len(receiver.received) == 1


def test_unsigned_and_forged_messages_are_not_accepted(exchange_api: tuple[Api, Queues], receiver: Receiver) -> None:
    """Nothing is acknowledged that is not signed where it must be, or whose signature is another message's."""
    partner = SigningExchange(*exchange_api, receiver, "openg2p")
    for name in ("exchange_search", "exchange_status"):
        assert partner.send(partner.question(name), name).code == "err.signature.missing"
        forged = partner.signed(partner.question(name)) | {"header": partner.question(name)["header"]}
        assert partner.send(forged, name).code == INVALID


def test_a_client_that_may_sign_is_answered_as_it_asked(exchange_api: tuple[Api, Queues], receiver: Receiver) -> None:
    """With `optional`, what was asked without a signature is called back without; demanded meanwhile, with one."""
    partner = SigningExchange(*exchange_api, receiver, "openg2p", "optional")
    partner.send(partner.question(), "exchange_search")
    partner.exchanges.work()
    assert "signature" not in receiver.received[0]
    partner.send(partner.question(), "exchange_search")
    change_client(partner.exchanges, flags={"signature": "required", "dialect": "openg2p", "asynchronous": True})
    partner.exchanges.work()
    assert partner.accepts(json.dumps(receiver.received[1]))


def test_signed_pages_are_as_small_as_the_receiver_wants(
    exchange_api: tuple[Api, Queues], receiver: Receiver
) -> None:
    """A signature that holds a copy of the message counts: no callback is larger than the client's largest body."""
    partner = SigningExchange(*exchange_api, receiver, "opencrvs")
    change_client(partner.exchanges, callbacks={"urls": ["http://127.0.0.1"], "max_bytes": 100_000})
    partner.send(partner.signed(partner.question(count=6)), "exchange_search")
    partner.exchanges.work()
    sizes = [int(headers["content-length"]) for headers in receiver.headers]
    assert len(sizes) > 1
    assert max(sizes) <= 100_000
    assert all(partner.accepts(json.dumps(message)) for message in receiver.received)
