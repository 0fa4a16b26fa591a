"""What token endpoints answer: how long a token is kept, and which answers have no token."""

from __future__ import annotations

from typing import Any

import pytest

from dci_common.clients.model import Client
from dci_delivery.partner_tokens import NoCredentials
from support.partner_tokens import SECRET, TOKEN, Bench


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
