"""Callbacks carry the credential by which their receiver recognises the registry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import pytest

from dci_common.exchange.exchange_store import ExchangeStore
from dci_common.exchange.exchanges import Delivery
from support import leaks, partner_server
from support.admin_client import Admin
from support.api import Api, Reply, predicate
from support.callback_secrets import SECRET, failing
from support.example_counts import sampled
from support.exchanges import ACK, Partner, Queues, Receiver, receiving
from support.logs import collected
from support.stored_items import disclosures

EVERYBODY = predicate(("birth_date", "ge", "1900-01-01"))


@dataclass
class Setting:
    """A receiver that accepts some tokens, and a token endpoint that gives the first one, the second one ..."""

    exchange_api: tuple[Api, Queues]
    receiver: Receiver
    endpoint: partner_server.Receiver
    accepted: set[str]

    def partner(self, auth: str) -> Partner:
        """Return a partner whose callbacks have a credential."""
        token_url = f"http://127.0.0.1:{self.endpoint.port}/token"
        oauth = {"token_url": token_url, "client_id": "registry"} if auth == "oauth" else {}
        callbacks = {"auth": auth, "secret": SECRET, **oauth}
        return Partner(*self.exchange_api, self.receiver.url, callbacks=callbacks)

    def answer(self, _: object) -> tuple[int, Any]:
        """Accept a callback by its token."""
        return (200, ACK) if self.sent[-1] in self.accepted else (401, {})

    @property
    def sent(self) -> list[str]:
        """The credentials of all callbacks."""
        return [headers.get("authorization", "") for headers in self.receiver.headers]

    def give_tokens(self) -> None:
        """Have the endpoint give another token each time, which is good for an hour."""

        def answer(connection: Any) -> None:
            self.endpoint.requests.append(partner_server.read_request(connection))
            connection.sendall(token_answer(f"token-{len(self.endpoint.requests)}"))

        self.endpoint.answer = answer


def token_answer(token: str) -> bytes:
    """Return what a token endpoint answers."""
    body = json.dumps({"access_token": token, "token_type": "Bearer", "expires_in": 3600}).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


@pytest.fixture
def setting(exchange_api: tuple[Api, Queues]) -> Iterator[Setting]:
    """Return a receiver and a token endpoint that run."""
    with receiving() as receiver, partner_server.receiver() as endpoint:
        setting = Setting(exchange_api, receiver, endpoint, {"Bearer token-1", f"Bearer {SECRET}"})
        receiver.answer = setting.answer
        setting.give_tokens()
        yield setting


def delivery_of(partner: Partner, reply: Reply) -> Delivery:
    """Return what is stored of the delivery of an exchange."""
    exchange = ExchangeStore(partner.api.runtime).get(reply.json["message"]["correlation_id"])
    assert exchange
    return exchange.delivery


@pytest.mark.parametrize(("auth", "sent"), sampled([("oauth", "token-1"), ("bearer", SECRET)]))
def test_a_callback_carries_its_credential(
    setting: Setting, monkeypatch: pytest.MonkeyPatch, auth: str, sent: str
) -> None:
    """Each page is sent with the token; one token of the partner's serves all pages, and nothing of it is kept."""
    monkeypatch.setattr("dci_common.exchange.exchanges.PAGE_RECORDS", 9)
    with collected() as logs:
        partner = setting.partner(auth)
        reply = partner.search(EVERYBODY)
        partner.work()
    assert partner.state(reply) == "answered"
    assert setting.sent == [f"Bearer {sent}"] * len(setting.receiver.received)
    assert len(setting.sent) > 2
    forms = [parse_qs(request.partition(b"\r\n\r\n")[2].decode()) for request in setting.endpoint.requests]
    form = {"grant_type": ["client_credentials"], "client_id": ["registry"], "client_secret": [SECRET]}
    assert forms == ([form] if auth == "oauth" else [])
    assert not [credential for credential in (SECRET, "token-1") if credential in leaks.tables() + str(logs.lines)]


def test_a_token_that_is_not_accepted_is_renewed_once(setting: Setting) -> None:
    """A 401 gets a new token at once; the page is delivered with it, in the same attempt."""
    setting.accepted = {"Bearer token-2"}
    partner = setting.partner("oauth")
    reply = partner.search(EVERYBODY)
    partner.work()
    assert setting.sent == ["Bearer token-1", "Bearer token-2"]
    assert partner.state(reply) == "answered"
    partner.search(EVERYBODY)
    partner.work()
    assert setting.sent[2:] == ["Bearer token-2"]


@pytest.mark.parametrize(("auth", "first", "second"), sampled([("oauth", 2, 2), ("bearer", 1, 1)]))
def test_a_receiver_that_accepts_no_token_is_asked_by_the_schedule(
    setting: Setting, auth: str, first: int, second: int
) -> None:
    """After a 401 to the new token, or to a bearer token, the attempt has failed; the next one may succeed."""
    setting.accepted = set()
    partner = setting.partner(auth)
    reply = partner.search(EVERYBODY)
    partner.work()
    assert len(setting.sent) == first
    assert (partner.state(reply), delivery_of(partner, reply).attempts) == ("delivering", 1)
    assert delivery_of(partner, reply).reason == "The receiver answered with HTTP status 401."
    partner.api.clock.advance(6)
    partner.sweep()
    assert len(setting.sent) == first + second
    assert delivery_of(partner, reply).attempts == 2
    setting.accepted = {*setting.sent, "Bearer token-4"}
    partner.api.clock.advance(70)
    partner.sweep()
    assert partner.state(reply) == "answered"
    assert len(setting.receiver.received) == 1


@pytest.mark.parametrize("auth", sampled(["oauth", "bearer"]))
def test_secrets_manager_away_is_not_the_receivers_failure(setting: Setting, auth: str) -> None:
    """Without the secret nothing is sent, and no attempt counted: it is made a minute after."""
    partner = setting.partner(auth)
    reply = partner.search(EVERYBODY)
    with failing(partner.api, "GetSecretValue"):
        for _ in range(3):
            partner.work()
            partner.api.clock.advance(61)
            partner.sweep()
            assert (partner.state(reply), delivery_of(partner, reply)) == ("delivering", Delivery())
    assert (setting.sent, setting.endpoint.requests) == ([], [])
    partner.api.clock.advance(61)
    partner.sweep()
    assert partner.state(reply) == "answered"


def test_what_a_receiver_without_a_new_token_was_sent_is_recorded(setting: Setting) -> None:
    """If Secrets Manager is away when a token is to be renewed, the attempt counts: what was sent is not withheld."""
    partner = setting.partner("oauth")
    partner.search(EVERYBODY)
    partner.work()
    partner.api.clock.advance(400)  # the token is kept for longer than the secret
    setting.accepted = set()
    reply = partner.search(EVERYBODY)
    with failing(partner.api, "GetSecretValue"):
        partner.work()
    assert delivery_of(partner, reply).attempts == 1
    assert delivery_of(partner, reply).reason == "The attempt failed: see the log of the delivery function."
    own = disclosures(partner.client.client_id)
    assert len(own) == 2
    assert [found for found in own if "withheld" in found] == []


def test_a_token_endpoint_that_fails_is_a_failed_attempt(setting: Setting) -> None:
    """A partner whose token endpoint gives no token is sent nothing, until it does; operators see the reason."""
    setting.endpoint.answer = b"HTTP/1.1 503 .\r\nContent-Length: 0\r\n\r\n"
    partner = setting.partner("oauth")
    reply = partner.search(EVERYBODY)
    partner.work()
    assert (setting.sent, delivery_of(partner, reply).attempts) == ([], 1)
    assert delivery_of(partner, reply).reason.startswith("The token endpoint gave no token: ")
    setting.accepted = {"Bearer token-2"}
    setting.give_tokens()
    partner.api.clock.advance(6)
    partner.sweep()
    assert partner.state(reply) == "answered"


def test_a_partner_that_moves_gives_a_new_secret(setting: Setting) -> None:
    """What is still to be delivered is sent with a token of the new endpoint, which gets the new secret alone."""
    setting.accepted = set()
    partner = setting.partner("oauth")
    reply = partner.search(EVERYBODY)
    partner.work()
    before = len(setting.sent), len(setting.endpoint.requests)
    setting.accepted = {"Bearer moved"}
    with partner_server.receiver(token_answer("moved")) as moved:
        callbacks = {"token_url": f"http://localhost:{moved.port}/token", "secret": "the-new-secret"}
        Admin(partner.api).update(partner.client.client_id, '"1"', callbacks=callbacks)
        partner.api.clock.advance(6)
        partner.sweep()
    assert partner.state(reply) == "answered"
    assert setting.sent[before[0] :] == ["Bearer moved"]
    assert len(setting.endpoint.requests) == before[1]
    (request,) = moved.requests
    assert b"client_secret=the-new-secret" in request
    assert SECRET.encode() not in request
