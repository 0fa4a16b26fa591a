"""The credentials of callbacks: bearer tokens, and OAuth's client credentials."""

from __future__ import annotations

from uuid import uuid4

import boto3
import pytest

from dci_common.clients.model import Client, held_secret
from dci_delivery.partner_tokens import NoCredentials
from support.partner_tokens import PREFIX, SECRET, TOKEN, Bench, changed, secret_name, with_secret


def test_a_client_without_credentials_gets_no_header(bench: Bench, partner: Client) -> None:
    """Where no credentials are registered there is no header, and no secret is read."""
    assert bench.tokens.authorization(changed(partner, auth="none", secret_version="")) is None


def test_a_bearer_token_is_the_secret(bench: Bench, partner: Client) -> None:
    """A bearer token is the secret itself, in the version that is registered, even if a newer one is stored."""
    bearer = changed(partner, auth="bearer")
    second = with_secret(bearer, "second")
    for client, secret in [(bearer, SECRET), (second, "second"), (bearer, SECRET)]:
        for renew in (False, True):
            assert bench.tokens.authorization(client, renew=renew) == f"Bearer {secret}"
    assert bench.endpoint.requests == []


def test_a_secret_is_kept_for_five_minutes(bench: Bench, partner: Client) -> None:
    """A secret that was deleted is used for five minutes at most."""
    bearer = changed(partner, auth="bearer")
    bench.tokens.authorization(bearer)
    boto3.client("secretsmanager").delete_secret(SecretId=secret_name(partner), ForceDeleteWithoutRecovery=True)
    bench.clock.advance(299)
    assert bench.tokens.authorization(bearer) == f"Bearer {SECRET}"
    bench.clock.advance(1)
    with pytest.raises(NoCredentials, match="no callback secret"):
        bench.tokens.authorization(bearer)


def test_an_oauth_token_is_requested_by_client_credentials(bench: Bench, partner: Client) -> None:
    """The token endpoint gets the id and the secret in a form, and the scope where there is one."""
    assert bench.tokens.authorization(partner) == f"Bearer {TOKEN}"
    scoped = changed(partner, scope="callbacks write")
    assert bench.tokens.authorization(scoped) == f"Bearer {TOKEN}"
    form = {"grant_type": ["client_credentials"], "client_id": ["registry&1"], "client_secret": [SECRET]}
    assert bench.forms() == [form, form | {"scope": ["callbacks write"]}]
    assert b"\r\ncontent-type: application/x-www-form-urlencoded\r\n" in bench.endpoint.requests[0].lower()
    assert b"authorization" not in bench.endpoint.requests[0].lower()


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
    assert bench.tokens.authorization(changed(partner, **{member: "http://localhost/other"})) == "Bearer new"


def test_a_new_endpoint_gets_the_new_secret_alone(bench: Bench, partner: Client) -> None:
    """After a change of the secret and the token URL, nothing of the old secret goes to the new host, nor back."""
    bench.tokens.authorization(partner)
    bench.answer(200, {"access_token": "new"})
    moved = with_secret(partner, "second", token_url="http://127.0.0.1/token")
    for client, token in [(moved, "new"), (partner, TOKEN), (moved, "new")]:
        assert bench.tokens.authorization(client) == f"Bearer {token}"
    bench.tokens.authorization(moved, renew=True)
    hosts = [request.split(b"ost: ")[1].split(b"\r\n")[0] for request in bench.endpoint.requests]
    secrets = [form["client_secret"] for form in bench.forms()]
    assert list(zip(hosts, secrets, strict=True)) == [
        (b"localhost", [SECRET]),
        (b"127.0.0.1", ["second"]),
        (b"127.0.0.1", ["second"]),
    ]


def test_the_token_endpoint_passes_the_same_checks(bench: Bench, partner: Client) -> None:
    """A token URL that leads to a private address, or is not https, gets no secret."""
    bench.network.resolutions = [["10.0.0.1"]]
    for url in ("https://partner.example/token", "http://partner.example/token", "https://10.0.0.1/token"):
        with pytest.raises(NoCredentials, match="token endpoint"):
            bench.tokens.authorization(changed(partner, token_url=url))
    assert bench.endpoint.requests == []


def test_a_secret_that_waited_for_approval_is_sent(bench: Bench, partner: Client) -> None:
    """The secret of a change that was approved is a secret of its own, beside the one that the client had before."""
    version = str(uuid4())
    name = PREFIX + held_secret(partner.client_id, version)
    boto3.client("secretsmanager").create_secret(Name=name, ClientRequestToken=version, SecretString="approved")
    approved = changed(partner, auth="bearer", secret_version=version)
    assert bench.tokens.authorization(approved) == "Bearer approved"


@pytest.mark.parametrize("auth", ["bearer", "oauth"])
@pytest.mark.parametrize("state", ["no version", "unknown version", "being deleted", "deleted"])
def test_a_missing_secret_is_reported(bench: Bench, partner: Client, auth: str, state: str) -> None:
    """A client without the version of the secret that is registered cannot be called back."""
    secrets, client = boto3.client("secretsmanager"), changed(partner, auth=auth)
    match state:
        case "no version":
            client = changed(client, secret_version="")
        case "unknown version":
            client = changed(client, secret_version=str(uuid4()))
        case "being deleted":
            secrets.delete_secret(SecretId=secret_name(client))
        case "deleted":
            secrets.delete_secret(SecretId=secret_name(client), ForceDeleteWithoutRecovery=True)
    with pytest.raises(NoCredentials, match="no callback secret"):
        bench.tokens.authorization(client)
    assert bench.endpoint.requests == []


@pytest.mark.parametrize("secret", ["two words", "PRIVATE\r\nX: 1", "PRIVATE\n", "ä"])
def test_a_secret_that_no_header_can_carry_is_reported(bench: Bench, partner: Client, secret: str) -> None:
    """A secret with spaces or line breaks is an error that does not quote it."""
    bearer = with_secret(partner, secret, auth="bearer")
    with pytest.raises(NoCredentials, match="header cannot carry") as raised:
        bench.tokens.authorization(bearer)
    assert secret not in raised.value.reason
