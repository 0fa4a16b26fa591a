"""Tokens of other audiences and issuers, and claims that are missing or malformed."""

from __future__ import annotations

from typing import Any

import pytest

from support.call_trace import aws_calls
from support.events import event
from support.example_counts import sampled
from support.forged_replies import CLAIMS, asked, is_refused
from support.token_forge import ABSENT, Forge, compact

STRANGERS = [
    "https://registry.example.com",
    "https://registry.example.org/",
    "https://registry.example.org.evil.com",
    "http://registry.example.org",
    "registry.example.org",
    "HTTPS://REGISTRY.EXAMPLE.ORG",
    "https://",
    "",
    "*",
]


@pytest.mark.parametrize("audience", [*STRANGERS, [], ["https://registry.example.com"]])
def test_another_audience_is_rejected(forge: Forge, audience: Any) -> None:
    """A token for another API is not for this one."""
    is_refused(asked(forge.api, forge.token(aud=audience)))


@pytest.mark.parametrize("issuer", [*STRANGERS, ["https://registry.example.org"]])
def test_another_issuer_is_rejected(forge: Forge, issuer: Any) -> None:
    """A token of another issuer is rejected, even when the registry's key signed it."""
    is_refused(asked(forge.api, forge.token(iss=issuer)))


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_missing_claim_is_rejected(forge: Forge, claim: str) -> None:
    """Every claim of RFC 9068 must be there."""
    is_refused(asked(forge.api, forge.token(**{claim: ABSENT})))


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "client_id", "jti", "scope"])
@pytest.mark.parametrize("value", sampled([None, True, 0, 1.5, 10**400, "", [], ["x", 1], {}, {"x": "y"}], 3))
def test_a_claim_that_is_no_text_is_rejected(forge: Forge, claim: str, value: Any) -> None:
    """A claim that must be a text and is not, or is empty, is rejected."""
    is_refused(asked(forge.api, forge.token(**{claim: value})))


@pytest.mark.parametrize("claim", ["iat", "exp"])
@pytest.mark.parametrize("value", [None, True, 1.5, 1e30, float("inf"), "1772358000", "", [], [1772358000], {}])
def test_a_time_that_is_no_number_is_rejected(forge: Forge, claim: str, value: Any) -> None:
    """A time that is no whole number of seconds is rejected, and never read as unlimited."""
    is_refused(asked(forge.api, forge.token(**{claim: value})))


def test_a_token_of_two_clients_is_rejected(forge: Forge) -> None:
    """Subject and client are one and the same, or else the token is rejected."""
    other = forge.api.client()[0].client_id
    is_refused(asked(forge.api, forge.token(sub=other)))
    is_refused(asked(forge.api, forge.token(client_id=other)))


def test_claims_that_are_no_object_are_rejected(forge: Forge) -> None:
    """Claims or a header of another JSON type are rejected."""
    for other in ([], "x", 1, None, [forge.claims()]):
        is_refused(asked(forge.api, compact(forge.header(), other, forge.sign)))
        is_refused(asked(forge.api, compact(other, forge.claims(), forge.sign)))


def test_a_token_outside_the_header_is_ignored(forge: Forge) -> None:
    """A token in the URL, the body or a cookie is ignored, and two headers are rejected."""
    token = forge.token()
    in_url = event("search", authorization="") | {"rawQueryString": f"access_token={token}"}
    in_cookie = event("search", authorization="", cookie=f"access_token={token}")
    for sent in (in_url, in_cookie, event("search", authorization=token), event("search", authorization="Bearer")):
        reply = forge.api.send(sent)
        assert (reply.status, reply.headers["WWW-Authenticate"]) == (401, "Bearer")
    is_refused(forge.api.send(event("search", authorization=f"Bearer {token}, Bearer {token}")))


def test_unknown_keys_cost_one_read(own_forge: Forge) -> None:
    """A flood of tokens with unknown keys reads the public set once, not once each."""
    tokens = [own_forge.token(own_forge.header(kid=f"unknown {number}")) for number in range(100)]
    with aws_calls(own_forge.api.runtime) as calls:
        for token in tokens:
            is_refused(asked(own_forge.api, token))
    assert calls == ["GetItem dci-clients"]
