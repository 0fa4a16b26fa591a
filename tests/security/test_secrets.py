"""Secrets are where they belong and nowhere else: not in a table, a log line or an answer."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from dci_common.clients.authentication import ClientAssertion, ClientSecret
from dci_common.oauth.assertions import TYPE
from dci_common.oauth.key_ring import KeyRing, SigningKey
from support.call_trace import hooked
from support.events import Event, event
from support.leaks import spellings, tables

if TYPE_CHECKING:
    from support.api import Api, Reply
    from support.logs import Logs

_SIGNED = urlencode({"grant_type": "client_credentials", "client_assertion_type": TYPE})


def later(api: Api, created: dict[str, Any], secret: str, admin: str) -> list[Reply]:
    """Send everything that a client and its administrator may send afterwards, good and bad."""
    client_id = created["client_id"]
    form = f"grant_type=client_credentials&client_id={client_id}&client_secret={secret}"

    def on(name: str) -> Event:
        return event(name, token=admin) | {"pathParameters": {"client_id": client_id}}

    token = api.send(event("token_form", body=form)).json["access_token"]
    return [
        api.send(event("search", token=token)),
        api.send(event("search", token=secret)),
        api.send(event("search", body={"signature": secret}, token=token)),
        api.send(event("clients_create", body=secret, token=admin)),
        api.send(event("clients_create", body={"name": created["name"], "sender_id": secret}, token=admin)),
        api.send(event("token_form", body=form, content_type="text/plain")),
        api.send(event("token_form", body=f"{form}&client_secret={secret}")),
        api.send(event("token_form", body=f"{form}&scope={secret}")),
        api.send(event("token_form", body=f"grant_type={secret}&client_id={client_id}&client_secret={secret}")),
        api.send(event("token_form", body=form) | {"rawQueryString": form}),
        api.send(event("token_assertion", body=f"{form}&client_assertion={secret}")),
        api.send(event("token_assertion", body=f"grant_type=client_credentials&client_assertion={secret}")),
        api.send(event("token_assertion", body=f"{_SIGNED}&client_assertion={secret}&client_id={secret}")),
        api.send(event("token_assertion", body=f"{_SIGNED}&client_assertion={token}&client_id={client_id}")),
        api.send(event("introspect", body=f"{form}&token={token}")),
        api.send(event("introspect", body=f"{form}&token={secret}")),
        api.send(event("revoke", body=f"{form}&token={secret}")),
        api.send(event("revoke", body=f"{form}&token={token}&token_type_hint={secret}")),
        api.send(event("revoke", body=f"{form}&token={token}") | {"rawQueryString": f"token={token}"}),
        api.send(event("token_json", body={"client_id": client_id, "client_secret": [secret]})),
        api.send(event("token_basic", authorization=f"Basic {secret}")),
        api.send(event("unknown", authorization=secret)),
        api.send(on("client_get")),
        api.send(event("clients_list", token=admin) | {"rawQueryString": "limit=100"}),
        api.send(event("clients_list", token=admin) | {"rawQueryString": f"next={secret}"}),
        api.send(on("client_disable")),
        api.send(event("token_form", body=form)),
        api.send(on("client_enable")),
        api.send(on("client_delete")),
        api.send(on("client_get")),
    ]


@pytest.mark.exhaustive
def test_a_clients_secret_is_returned_once(api: Api, logs: Logs) -> None:
    """After a client was created its secret is in no table, no log line and no later answer."""
    admin = api.token_of(scopes=("clients.manage",))
    name = f"Ministry {api.runtime.random_bytes(4).hex()}"
    body = {"name": name, "sender_id": "test-client", "scopes": ["registry.search"]}
    created = api.send(event("clients_create", body=body, token=admin)).json
    secret = created.pop("client_secret")
    stored = tables()
    assert hashlib.sha256(secret.encode()).hexdigest() in stored  # so the scan has seen this client
    answers = later(api, created, secret, admin)
    assert len(logs.lines) > len(answers)
    everything = "\n".join([stored, *logs.lines, *(f"{reply.text}\n{reply.headers}" for reply in answers)])
    assert not [spelling for spelling in spellings(secret) if spelling in everything]


def test_a_token_is_not_logged(api: Api, logs: Logs) -> None:
    """Neither a good token nor one that was rejected stands in a log line or in another answer."""
    token = api.token_of()
    answers = [api.search(token=token), api.search(token=f"{token}x"), api.send(event("clients_list", token=token))]
    everything = "\n".join([*logs.lines, *(f"{reply.text}{reply.headers}" for reply in answers)])
    assert not [part for part in token.split(".") if part in everything]


@pytest.fixture
def private(api: Api) -> list[str]:
    """Return every line and number of the private signing keys."""
    secret_id = api.runtime.settings.signing_keys_secret
    version = api.runtime.secrets.get_secret_value(SecretId=secret_id, VersionStage="AWSCURRENT")
    ring = KeyRing.from_secret(version["SecretString"])
    assert ring is not None
    lines = [line for key in (*ring.current, *ring.next) for line in key.private_key.splitlines()]
    return [line for line in lines if not line.startswith("-----")]


@pytest.mark.exhaustive
def test_private_keys_stay_in_their_secret(api: Api, logs: Logs, private: list[str]) -> None:
    """No private key stands in a table, a log line or an answer."""
    answers = [api.token(*api.client()), api.token(api.client()[0], "wrong"), api.send(event("jwks"))]
    everything = "\n".join([tables(), *logs.lines, *(reply.text for reply in answers)])
    assert len(private) >= 4
    assert not [line for line in private if line in everything]
    assert "PRIVATE" not in everything
    assert not {name for key in answers[-1].json["keys"] for name in key} & {"d", "p", "q", "dp", "dq", "qi", "k"}


def test_a_failure_does_not_quote_what_failed(api: Api, logs: Logs, private: list[str]) -> None:
    """An unforeseen error's text, which may quote anything, is neither logged nor returned."""
    client, secret = api.client()

    def fail(*_: Any) -> None:
        raise RuntimeError(f"{secret} {private}")

    with hooked(api.runtime, fail):
        reply = api.token(client, secret)
    assert (reply.status, reply.json["error"]) == (500, "server_error")
    assert any(entry.get("exception_type") == "RuntimeError" for entry in logs.entries())
    everything = "\n".join([reply.text, *logs.lines])
    assert not [text for text in (secret, *private) if text in everything]


def test_repr_shows_no_secret() -> None:
    """An object that holds a secret does not show it where it is printed."""
    assert "s3cret" not in repr(ClientSecret("client", "s3cret"))
    assert "s3cret" not in repr(ClientAssertion("client", "s3cret"))
    assert "s3cret" not in repr(SigningKey("ES256", "s3cret", {"kid": "1"}))
