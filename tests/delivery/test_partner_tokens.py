"""The credentials of callbacks: bearer tokens, and OAuth's client credentials."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import parse_qs
from uuid import uuid4

import boto3
import pytest

from dci_common.runtime import Runtime
from dci_common.settings import Settings
from dci_delivery.partner_tokens import NoCredentials, PartnerTokens
from support.api import Clock
from support.callback_receiver import Receiver, TestNetwork, client, receiver
from support.retry_pauses import NO_PAUSES

PREFIX = "dci-callback-tests/"
SECRET = "s3cret&=+%"
TOKEN = "eyJ.partner-token"


@dataclass(frozen=True)
class Callbacks:
    """A client's registration of its callbacks."""

    auth: Literal["none", "bearer", "oauth"] = "oauth"
    token_url: str = "http://localhost/token"
    client_id: str = "registry&1"
    scope: str = ""


@dataclass(frozen=True)
class Partner:
    """A client."""

    client_id: str
    callbacks: Callbacks = field(default_factory=Callbacks)


@dataclass
class Bench:
    """The tokens of partners whose token endpoint is `endpoint`, by a clock that stands."""

    endpoint: Receiver
    network: TestNetwork
    clock: Clock
    tokens: PartnerTokens

    def answer(self, status: int, body: Any) -> None:
        """Have the token endpoint answer so."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.endpoint.answer = f"HTTP/1.1 {status} .\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data

    def forms(self) -> list[dict[str, list[str]]]:
        """Return the forms that the token endpoint got."""
        return [parse_qs(request.partition(b"\r\n\r\n")[2].decode()) for request in self.endpoint.requests]


@pytest.fixture
def bench(engine: None) -> Iterator[Bench]:  # noqa: ARG001 - must be running
    """Return tokens with a token endpoint that gives one for an hour."""
    clock = Clock()
    with receiver() as endpoint:
        network = TestNetwork(endpoint)
        runtime = Runtime(Settings(callback_secrets=PREFIX), clock=clock, retry=NO_PAUSES)
        bench = Bench(endpoint, network, clock, PartnerTokens(runtime, client(network, clock=clock)))
        bench.answer(200, {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600})
        yield bench


@pytest.fixture
def partner(engine: None) -> Partner:  # noqa: ARG001 - must be running
    """Return a client with a callback secret of its own."""
    client_id = f"client-{uuid4()}"
    boto3.client("secretsmanager").create_secret(Name=PREFIX + client_id, SecretString=SECRET)
    return Partner(client_id)


def _replace_secret(partner: Partner, secret: str) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId=PREFIX + partner.client_id, SecretString=secret)


def test_a_client_without_credentials_gets_no_header(bench: Bench) -> None:
    """Where no credentials are registered there is no header, and no secret is read."""
    assert bench.tokens.authorization(Partner("unknown", Callbacks("none"))) is None


def test_a_bearer_token_is_the_secret(bench: Bench, partner: Partner) -> None:
    """A bearer token is the secret itself, read at most every five minutes and when it is renewed."""
    bearer = Partner(partner.client_id, Callbacks("bearer"))
    assert bench.tokens.authorization(bearer) == f"Bearer {SECRET}"
    _replace_secret(partner, "second")
    bench.clock.advance(299)
    assert bench.tokens.authorization(bearer) == f"Bearer {SECRET}"
    bench.clock.advance(1)
    assert bench.tokens.authorization(bearer) == "Bearer second"
    _replace_secret(partner, "third")
    assert bench.tokens.authorization(bearer, renew=True) == "Bearer third"
    assert bench.endpoint.requests == []


def test_an_oauth_token_is_requested_by_client_credentials(bench: Bench, partner: Partner) -> None:
    """The token endpoint gets the id and the secret in a form, and the scope where there is one."""
    assert bench.tokens.authorization(partner) == f"Bearer {TOKEN}"
    scoped = Partner(partner.client_id, Callbacks(scope="callbacks write"))
    assert bench.tokens.authorization(scoped) == f"Bearer {TOKEN}"
    form = {"grant_type": ["client_credentials"], "client_id": ["registry&1"], "client_secret": [SECRET]}
    assert bench.forms() == [form, form | {"scope": ["callbacks write"]}]
    assert b"\r\ncontent-type: application/x-www-form-urlencoded\r\n" in bench.endpoint.requests[0].lower()
    assert b"authorization" not in bench.endpoint.requests[0].lower()


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        ({"expires_in": 120}, 60),
        ({"expires_in": "120"}, 60),
        ({"expires_in": 3600}, 3540),
        ({"expires_in": 10**9}, 3540),
        ({"expires_in": 10**30}, 240),
        ({"expires_in": "soon"}, 240),
        ({"expires_in": -5}, 240),
        ({}, 240),
    ],
)
def test_a_token_is_kept_until_a_minute_before_its_end(
    bench: Bench, partner: Partner, answer: dict[str, object], seconds: int
) -> None:
    """A token is used again until a minute before its end: an hour at most, five minutes where no end is stated."""
    bench.answer(200, {"access_token": TOKEN, "token_type": "bearer"} | answer)
    for pause, requests in [(0, 1), (seconds - 1, 1), (1, 2)]:
        bench.clock.advance(pause)
        assert bench.tokens.authorization(partner) == f"Bearer {TOKEN}"
        assert len(bench.endpoint.requests) == requests


def test_a_token_that_ends_within_a_minute_is_used_once(bench: Bench, partner: Partner) -> None:
    """A token that is too short-lived to be kept is requested for each callback."""
    bench.answer(200, {"access_token": TOKEN, "expires_in": 60})
    for requests in (1, 2):
        assert bench.tokens.authorization(partner) == f"Bearer {TOKEN}"
        assert len(bench.endpoint.requests) == requests


def test_a_renewed_token_replaces_the_old_one(bench: Bench, partner: Partner) -> None:
    """After a renewal, the token that was kept is not used any more, and the secret was read again."""
    bench.tokens.authorization(partner)
    _replace_secret(partner, "second")
    bench.answer(200, {"access_token": "new"})
    assert bench.tokens.authorization(partner) == f"Bearer {TOKEN}"
    assert bench.tokens.authorization(partner, renew=True) == "Bearer new"
    assert bench.tokens.authorization(partner) == "Bearer new"
    assert [form["client_secret"] for form in bench.forms()] == [[SECRET], ["second"]]


def test_a_failed_renewal_leaves_no_token(bench: Bench, partner: Partner) -> None:
    """A token that its receiver rejected is not used again, even where no new one could be had."""
    bench.tokens.authorization(partner)
    bench.answer(503, {})
    for renew in (True, False):
        with pytest.raises(NoCredentials):
            bench.tokens.authorization(partner, renew=renew)


@pytest.mark.parametrize("member", ["token_url", "client_id", "scope"])
def test_a_changed_registration_needs_a_new_token(bench: Bench, partner: Partner, member: str) -> None:
    """A token is used only with the registration for which it was issued."""
    bench.tokens.authorization(partner)
    bench.answer(200, {"access_token": "new"})
    changed = replace(partner.callbacks, **{member: "http://localhost/other"})  # type: ignore[arg-type]
    assert bench.tokens.authorization(Partner(partner.client_id, changed)) == "Bearer new"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {"error": "invalid_client", "error_description": f"PRIVATE {SECRET}"}),
        (201, {"access_token": TOKEN}),
        (302, {"access_token": TOKEN}),
        (500, b"PRIVATE"),
        (200, b"PRIVATE"),
        (200, b"\xff"),
        (200, b"[" * 60_000),
        (200, []),
        (200, {}),
        (200, {"access_token": ""}),
        (200, {"access_token": 7}),
        (200, {"access_token": "PRIVATE\r\nX-Injected: 1"}),
        (200, {"access_token": "PRIVATE ä"}),
        (200, {"access_token": "x" * 20_000}),
        (200, {"access_token": "PRIVATE", "token_type": "mac"}),
        (200, {"access_token": "PRIVATE", "token_type": ["bearer"]}),
    ],
)
def test_an_answer_without_a_token_is_reported(bench: Bench, partner: Partner, status: int, body: Any) -> None:
    """An answer that is not a bearer token is an error that quotes neither the answer nor the secret."""
    bench.answer(status, body)
    with pytest.raises(NoCredentials, match="token endpoint") as raised:
        bench.tokens.authorization(partner)
    for text in (repr(raised.value), raised.value.reason):
        assert "PRIVATE" not in text
        assert SECRET not in text
        assert TOKEN not in text


def test_the_token_endpoint_passes_the_same_checks(bench: Bench, partner: Partner) -> None:
    """A token URL that leads to a private address, or is not https, gets no secret."""
    bench.network.resolutions = [["10.0.0.1"]]
    for url in ("https://partner.example/token", "http://partner.example/token", "https://10.0.0.1/token"):
        with pytest.raises(NoCredentials, match="token endpoint"):
            bench.tokens.authorization(Partner(partner.client_id, Callbacks(token_url=url)))
    assert bench.endpoint.requests == []


@pytest.mark.parametrize("auth", ["bearer", "oauth"])
def test_a_missing_secret_is_reported(bench: Bench, auth: Literal["bearer", "oauth"]) -> None:
    """A client whose secret does not exist cannot be called back."""
    with pytest.raises(NoCredentials, match="no callback secret"):
        bench.tokens.authorization(Partner("unknown", Callbacks(auth)))
    assert bench.endpoint.requests == []


@pytest.mark.parametrize("secret", ["two words", "PRIVATE\r\nX: 1", "PRIVATE\n", "ä"])
def test_a_secret_that_no_header_can_carry_is_reported(bench: Bench, partner: Partner, secret: str) -> None:
    """A secret with spaces or line breaks is an error that does not quote it."""
    _replace_secret(partner, secret)
    with pytest.raises(NoCredentials, match="header cannot carry") as raised:
        bench.tokens.authorization(Partner(partner.client_id, Callbacks("bearer")))
    assert secret not in raised.value.reason
