"""/keys: the signing keys, as administrators see and rotate them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dci_cli.local.rotation import rotate, rotating
from dci_common.oauth.public_key_store import KeyUse
from dci_rotation import app as rotation_app
from support.api import START, Api
from support.call_trace import hooked
from support.events import event


@pytest.fixture
def own(own_api: Callable[..., Api]) -> Iterator[Api]:
    """Return an API whose keys are its own, rotated once, on an engine that rotates when it is asked to."""
    api = own_api()
    rotation = rotation_app.create_app(api.runtime)
    rotate(rotation, api.runtime.settings.signing_keys_secret)
    with rotating(rotation):
        yield api


def admin(api: Api) -> str:
    """Return an administrator's token."""
    return api.token_of(scopes=("clients.manage",))


def test_the_keys_are_listed(own: Api) -> None:
    """Each key has its id, algorithm, state and its time, and a retired one the end of its tokens."""
    own.clock.advance(60)
    reply = own.send(event("keys_rotate", token=admin(own)))
    assert (reply.status, reply.json, reply.headers["Location"]) == (202, {"status": "started"}, "/keys")
    listed = own.send(event("keys_list", token=admin(own)))
    assert listed.status == 200
    assert [(key["state"], key["alg"], key["since"]) for key in listed.json["keys"]] == [
        ("current", "ES256", "2026-03-01T09:31:00.000Z"),
        ("next", "ES256", "2026-03-01T09:31:00.000Z"),
        ("retired", "ES256", "2026-03-01T09:31:00.000Z"),
    ]
    assert [key.get("until") for key in listed.json["keys"]] == [None, None, "2026-03-01T10:37:00.000Z"]
    assert {key["kid"] for key in listed.json["keys"]} == {
        key["kid"] for key in own.send(event("jwks")).json["keys"]
    } | {listed.json["keys"][1]["kid"]}
    own.clock.now = START + 60 + KeyUse.TOKENS.kept_seconds
    assert [key["state"] for key in own.send(event("keys_list", token=admin(own))).json["keys"]] == [
        "current",
        "next",
    ]


@pytest.mark.parametrize(
    "name", ["keys_list", "keys_rotate", "keys_revoke", "message_keys_rotate", "message_keys_revoke"]
)
def test_keys_need_the_administrators_scope(own: Api, name: str) -> None:
    """Other clients can neither list nor rotate nor revoke keys."""
    assert own.send(event(name, authorization="")).status == 401
    assert own.send(event(name, token=own.token_of())).status == 403
    assert len(own.send(event("keys_list", token=admin(own))).json["keys"]) == 2


@pytest.mark.parametrize("name", ["keys_rotate", "keys_revoke", "message_keys_rotate", "message_keys_revoke"])
def test_a_rotation_under_way_is_a_conflict(own: Api, name: str) -> None:
    """While Secrets Manager is at a rotation another is rejected, with the reason."""

    def refuse(operation: str, _: Any) -> None:
        if operation == "RotateSecret":
            raise own.runtime.secrets.exceptions.InvalidRequestException(
                {"Error": {"Code": "InvalidRequestException", "Message": "A previous rotation isn't complete."}},
                operation,
            )

    token = admin(own)
    with hooked(own.runtime, refuse):
        reply = own.send(event(name, token=token))
    assert (reply.status, reply.code) == (409, "err.request.bad")
    assert "is running" in reply.json["errors"][0]["message"]


@pytest.mark.exhaustive
def test_the_keys_of_messages_are_listed_and_rotated_apart(own: Api) -> None:
    """Their rotation and their revocation leave the keys of tokens as they are, and are listed after these."""

    def keys() -> list[dict[str, str]]:
        listed: list[dict[str, str]] = own.send(event("keys_list", token=admin(own))).json["keys"]
        return listed

    tokens = keys()
    for number, name in enumerate(("message_keys_rotate", "message_keys_rotate", "message_keys_revoke")):
        reply = own.send(event(name, token=admin(own)))
        assert (reply.status, reply.headers["Location"]) == (202, "/keys")
        assert keys()[:2] == tokens
        messages = [(key["signs"], key["state"], key["alg"]) for key in keys()[2:]]
        states = ["current", "next", "retired"] if number == 1 else ["current", "next"]
        assert messages == [("messages", state, alg) for state in states for alg in ("EdDSA", "RS256")]
        assert [key.get("until") for key in keys()[6:]] == ["2026-03-02T09:36:00.000Z"] * len(keys()[6:])
    assert [key["signs"] for key in tokens] == ["tokens", "tokens"]


def test_a_rotation_that_cannot_start_is_503(own: Api) -> None:
    """A rotation that cannot start, for example without permission, is 503."""

    def fail(operation: str, _: Any) -> None:
        if operation == "RotateSecret":
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, operation)

    token = admin(own)
    with hooked(own.runtime, fail):
        assert own.send(event("keys_rotate", token=token)).status == 503
