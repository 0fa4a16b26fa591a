"""What is acknowledged: by which clients, for which addresses, and how much at once."""

from __future__ import annotations

import pytest

from support.api import Api, predicate
from support.exchanges import Partner, Queues, Receiver
from support.logs import collected

EVERYBODY = ("birth_date", "ge", "1900-01-01")


def test_the_log_line_has_the_correlation_id_of_the_acknowledgement(partner: Partner) -> None:
    """Operators find the request by the id that the partner was given, and again when it is repeated."""
    message = partner.message(predicate(EVERYBODY))
    with collected() as logs:
        replies = [partner.send(message), partner.send(message)]
    assert [entry["exchange"] for entry in logs.entries() if entry["message"] == "request"] == [
        reply.json["message"]["correlation_id"] for reply in replies
    ]


def test_too_many_open_exchanges(exchange_api: tuple[Api, Queues], receiver: Receiver) -> None:
    """A client over its limit of open exchanges is rejected until some are answered."""
    partner = Partner(*exchange_api, receiver.url, open_exchanges=2)
    replies = [partner.search(predicate(EVERYBODY)) for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 429]
    assert replies[2].code == "err.request.too_many_requests"
    partner.work()
    assert partner.search(predicate(EVERYBODY)).status == 200


def test_a_message_that_is_not_queued_is_swept(partner: Partner, receiver: Receiver) -> None:
    """What was accepted while SQS failed is done a minute later."""
    partner.queues.fails = True
    reply = partner.search(predicate(EVERYBODY))
    assert reply.status == 200
    partner.queues.fails = False
    partner.api.clock.advance(61)
    partner.sweep()
    assert partner.state(reply) == "answered"
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    "uri",
    ["https://elsewhere.example/on-search", "http://127.0.0.2/on-search", "{namespace}", "http://user@127.0.0.1/"],
)
def test_an_address_that_is_not_registered(partner: Partner, uri: str) -> None:
    """A sender_uri that is not under a registered address is an error of the acknowledgement."""
    reply = partner.search(predicate(EVERYBODY), sender_uri=uri)
    assert (reply.status, reply.code) == (400, "err.sender_uri.invalid")
    assert reply.json["message"]["ack_status"] == "ERR"


def test_a_client_without_the_flag(exchange_api: tuple[Api, Queues], receiver: Receiver) -> None:
    """A client that is not registered for asynchronous messages may send none."""
    partner = Partner(*exchange_api, receiver.url, flags={"asynchronous": False})
    reply = partner.search(predicate(EVERYBODY))
    assert (reply.status, reply.code) == (403, "err.request.forbidden")


def test_an_error_names_the_remedy(partner: Partner) -> None:
    """The error about an address that is not registered names who registers it."""
    reply = partner.search(sender_uri="https://other.example.org/on-search")
    assert "ask the registry's operators to register it" in reply.text
