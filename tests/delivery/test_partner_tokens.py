"""The credentials of callbacks: bearer tokens, and OAuth's client credentials."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import boto3
import pytest

from dci_common.clients.model import Callbacks, Client
from dci_common.runtime import Runtime
from dci_common.settings import Settings
from dci_delivery.partner_tokens import NoCredentials, PartnerTokens
from support import callback_receiver
from support.api import Clock
from support.callback_receiver import Receiver, TestNetwork, receiver
from support.retry_pauses import NO_PAUSES

PREFIX = "dci-callback-tests/"
SECRET = "s3cret&=+%"
TOKEN = "eyJ.partner-token"


OAUTH = Callbacks(auth="oauth", token_url="http://localhost/token", client_id="registry&1")


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
        bench = Bench(
            endpoint, network, clock, PartnerTokens(runtime, callback_receiver.client(network, clock=clock))
        )
        bench.answer(200, {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600})
        yield bench


@pytest.fixture
def partner(engine: None) -> Client:  # noqa: ARG001 - must be running
    """Return a client with a callback secret of its own."""
    partner = Client(
        client_id=f"client-{uuid4()}",
        name="",
        sender_id="",
        scopes=(),
        token_lifetime=0,
        disclosure=(),
        openspp17=False,
        signature="unsigned",
        callbacks=OAUTH,
        status="enabled",
        created="",
        updated="",
        version=1,
    )
    version = boto3.client("secretsmanager").create_secret(Name=_name(partner), SecretString=SECRET)["VersionId"]
    return _changed(partner, secret_version=version)


def _changed(partner: Client, **callbacks: str) -> Client:
    """Return the client after a change of its callbacks."""
    return partner.model_copy(update={"callbacks": partner.callbacks.model_copy(update=callbacks)})


def _with_secret(partner: Client, secret: str, **callbacks: str) -> Client:
    """Return the client after it gave another secret, and other changes of its callbacks."""
    version = boto3.client("secretsmanager").put_secret_value(SecretId=_name(partner), SecretString=secret)
    return _changed(partner, secret_version=version["VersionId"], **callbacks)


def _name(partner: Client) -> str:
    return PREFIX + partner.client_id


def test_a_client_without_credentials_gets_no_header(bench: Bench, partner: Client) -> None:
    """Where no credentials are registered there is no header, and no secret is read."""
    assert bench.tokens.authorization(_changed(partner, auth="none", secret_version="")) is None


def test_a_bearer_token_is_the_secret(bench: Bench, partner: Client) -> None:
    """A bearer token is the secret itself, in the version that is registered, even if a newer one is stored."""
    bearer = _changed(partner, auth="bearer")
    second = _with_secret(bearer, "second")
    for client, secret in [(bearer, SECRET), (second, "second"), (bearer, SECRET)]:
        for renew in (False, True):
            assert bench.tokens.authorization(client, renew=renew) == f"Bearer {secret}"
    assert bench.endpoint.requests == []


def test_a_secret_is_kept_for_five_minutes(bench: Bench, partner: Client) -> None:
    """A secret that was deleted is used for five minutes at most."""
    bearer = _changed(partner, auth="bearer")
    bench.tokens.authorization(bearer)
    boto3.client("secretsmanager").delete_secret(SecretId=_name(partner), ForceDeleteWithoutRecovery=True)
    bench.clock.advance(299)
    assert bench.tokens.authorization(bearer) == f"Bearer {SECRET}"
    bench.clock.advance(1)
    with pytest.raises(NoCredentials, match="no callback secret"):
        bench.tokens.authorization(bearer)


def test_an_oauth_token_is_requested_by_client_credentials(bench: Bench, partner: Client) -> None:
    """The token endpoint gets the id and the secret in a form, and the scope where there is one."""
    assert bench.tokens.authorization(partner) == f"Bearer {TOKEN}"
    scoped = _changed(partner, scope="callbacks write")
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
    bench: Bench, partner: Client, answer: dict[str, object], seconds: int
) -> None:
    """A token is used again until a minute before its end: an hour at most, five minutes where no end is stated."""
    bench.answer(200, {"access_token": TOKEN, "token_type": "bearer"} | answer)
    for pause, requests in [(0, 1), (seconds - 1, 1), (1, 2)]:
        bench.clock.advance(pause)
        assert bench.tokens.authorization(partner) == f"Bearer {TOKEN}"
        assert len(bench.endpoint.requests) == requests


def test_a_token_that_ends_within_a_minute_is_used_once(bench: Bench, partner: Client) -> None:
    """A token that is too short-lived to be kept is requested for each callback."""
    bench.answer(200, {"access_token": TOKEN, "expires_in": 60})
    for requests in (1, 2):
        assert bench.tokens.authorization(partner) == f"Bearer {TOKEN}"
        assert len(bench.endpoint.requests) == requests


def test_a_renewed_token_replaces_the_old_one(bench: Bench, partner: Client) -> None:
    """After a renewal, the token that was kept is not used any more."""
    bench.tokens.authorization(partner)
    bench.answer(200, {"access_token": "new"})
    assert bench.tokens.authorization(partner) == f"Bearer {TOKEN}"
    assert bench.tokens.authorization(partner, renew=True) == "Bearer new"
    assert bench.tokens.authorization(partner) == "Bearer new"
    assert len(bench.endpoint.requests) == 2


def test_a_failed_renewal_leaves_no_token(bench: Bench, partner: Client) -> None:
    """A token that its receiver rejected is not used again, even where no new one could be had."""
    bench.tokens.authorization(partner)
    bench.answer(503, {})
    for renew in (True, False):
        with pytest.raises(NoCredentials):
            bench.tokens.authorization(partner, renew=renew)


@pytest.mark.parametrize("member", ["token_url", "client_id", "scope"])
def test_a_changed_registration_needs_a_new_token(bench: Bench, partner: Client, member: str) -> None:
    """A token is used only with the registration for which it was issued."""
    bench.tokens.authorization(partner)
    bench.answer(200, {"access_token": "new"})
    assert bench.tokens.authorization(_changed(partner, **{member: "http://localhost/other"})) == "Bearer new"


def test_a_new_endpoint_gets_the_new_secret_alone(bench: Bench, partner: Client) -> None:
    """After a change of the secret and the token URL, nothing of the old secret goes to the new host, nor back."""
    bench.tokens.authorization(partner)
    bench.answer(200, {"access_token": "new"})
    changed = _with_secret(partner, "second", token_url="http://127.0.0.1/token")
    for client, token in [(changed, "new"), (partner, TOKEN), (changed, "new")]:
        assert bench.tokens.authorization(client) == f"Bearer {token}"
    bench.tokens.authorization(changed, renew=True)
    hosts = [request.split(b"ost: ")[1].split(b"\r\n")[0] for request in bench.endpoint.requests]
    secrets = [form["client_secret"] for form in bench.forms()]
    assert list(zip(hosts, secrets, strict=True)) == [
        (b"localhost", [SECRET]),
        (b"127.0.0.1", ["second"]),
        (b"127.0.0.1", ["second"]),
    ]


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
def test_an_answer_without_a_token_is_reported(bench: Bench, partner: Client, status: int, body: Any) -> None:
    """An answer that is not a bearer token is an error that quotes neither the answer nor the secret."""
    bench.answer(status, body)
    with pytest.raises(NoCredentials, match="token endpoint") as raised:
        bench.tokens.authorization(partner)
    for text in (repr(raised.value), raised.value.reason):
        assert "PRIVATE" not in text
        assert SECRET not in text
        assert TOKEN not in text


def test_the_token_endpoint_passes_the_same_checks(bench: Bench, partner: Client) -> None:
    """A token URL that leads to a private address, or is not https, gets no secret."""
    bench.network.resolutions = [["10.0.0.1"]]
    for url in ("https://partner.example/token", "http://partner.example/token", "https://10.0.0.1/token"):
        with pytest.raises(NoCredentials, match="token endpoint"):
            bench.tokens.authorization(_changed(partner, token_url=url))
    assert bench.endpoint.requests == []


@pytest.mark.parametrize("auth", ["bearer", "oauth"])
@pytest.mark.parametrize("state", ["no version", "unknown version", "being deleted", "deleted"])
def test_a_missing_secret_is_reported(bench: Bench, partner: Client, auth: str, state: str) -> None:
    """A client without the version of the secret that is registered cannot be called back."""
    secrets, client = boto3.client("secretsmanager"), _changed(partner, auth=auth)
    match state:
        case "no version":
            client = _changed(client, secret_version="")
        case "unknown version":
            client = _changed(client, secret_version=str(uuid4()))
        case "being deleted":
            secrets.delete_secret(SecretId=_name(client))
        case "deleted":
            secrets.delete_secret(SecretId=_name(client), ForceDeleteWithoutRecovery=True)
    with pytest.raises(NoCredentials, match="no callback secret"):
        bench.tokens.authorization(client)
    assert bench.endpoint.requests == []


@pytest.mark.parametrize("secret", ["two words", "PRIVATE\r\nX: 1", "PRIVATE\n", "ä"])
def test_a_secret_that_no_header_can_carry_is_reported(bench: Bench, partner: Client, secret: str) -> None:
    """A secret with spaces or line breaks is an error that does not quote it."""
    bearer = _with_secret(partner, secret, auth="bearer")
    with pytest.raises(NoCredentials, match="header cannot carry") as raised:
        bench.tokens.authorization(bearer)
    assert secret not in raised.value.reason
