"""POST /clients/{client_id}/revoke-tokens, as often and as fast as an administrator likes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from support.admin_client import Admin
from support.example_counts import sampled

if TYPE_CHECKING:
    from support.api import Api

BURST = 124


@pytest.mark.exhaustive
@pytest.mark.parametrize("pause", sampled([0, 0.3]))
def test_a_burst_never_runs_ahead_of_the_clock(api: Api, pause: float) -> None:
    """After many revocations in a row, the client gets a token that is accepted everywhere at once."""
    admin = Admin(api)
    client, secret = api.client()
    for _ in range(BURST):
        reply = admin.send("client_revoke_tokens", client.client_id)
        assert reply.status == 200
        not_before = datetime.fromisoformat(reply.json["tokens_not_before"]).timestamp()
        assert not_before <= api.clock() + 1
        api.clock.advance(pause)
    token = api.token(client, secret).json["access_token"]
    assert api.search(token=token).status == 200


def test_revocations_within_a_second_revoke_the_tokens_in_between(api: Api) -> None:
    """Each revocation ends exactly the tokens issued before it, although all have the same time."""
    admin = Admin(api)
    client, secret = api.client()
    tokens = []
    for _ in range(3):
        tokens.append(str(api.token(client, secret).json["access_token"]))
        assert admin.send("client_revoke_tokens", client.client_id).status == 200
    tokens.append(str(api.token(client, secret).json["access_token"]))
    assert [api.search(token=token).status for token in tokens] == [401, 401, 401, 200]


@pytest.mark.parametrize("ahead", [2, 59])
def test_a_token_from_a_function_whose_clock_is_ahead_is_revoked(api: Api, ahead: float) -> None:
    """A token that claims to be issued after the revocation, because clocks differ, is revoked by it."""
    admin = Admin(api)
    client, secret = api.client()
    api.clock.advance(ahead)
    token = str(api.token(client, secret).json["access_token"])
    api.clock.advance(-ahead)
    assert admin.send("client_revoke_tokens", client.client_id).status == 200
    assert api.search(token=token).status == 401
