"""Administration leaks no secret, gives no unintended access, and rejects dangerous input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dci_common.oauth.key_ring import generate
from support.admin_client import Admin
from support.events import event
from support.leaks import spellings, tables

if TYPE_CHECKING:
    from support.api import Api, Reply
    from support.logs import Logs


def administered(admin: Admin, client_id: str, secret: str) -> list[Reply]:
    """Send everything about a client that an administrator may, with its secret wherever one could put it."""
    changed = {"name": secret, "sender_id": 1, "flags": {secret: secret}}
    return [
        admin.send("secrets_add", client_id, body={secret: secret}),
        admin.send("secrets_add", client_id, body={"old_expires_in": secret}),
        admin.send("secrets_add", client_id),
        admin.send("secrets_list", client_id),
        admin.update(client_id, secret, sender_id="other"),
        admin.update(client_id, "*", **changed),
        admin.update(client_id, "*", jwks={"keys": [{"kty": "oct", "k": secret}]}),
        admin.update(client_id, "*", jwks={"keys": [{**generate("ES256").public, "d": secret}]}),
        admin.update(client_id, "*", jwks={"keys": [generate("ES256").public]}),
        admin.send("client_revoke_tokens", client_id),
        admin.send("secret_delete", client_id, secret_id=secret),
        admin.send("client_log", client_id),
        admin.api.send(event("client_log", token=admin.token) | {"rawQueryString": f"next={secret}"}),
        admin.api.send(event("clients_list", token=admin.token) | {"rawQueryString": f"status={secret}"}),
        admin.api.send(event("clients_list", token=admin.token) | {"rawQueryString": f"name={secret}"}),
        admin.send("client_disable", client_id),
        admin.send("client_delete", client_id),
        admin.send("client_log", client_id),
        admin.api.send(event("clients_log", token=admin.token)),
        admin.api.send(event("clients_log", token=admin.token) | {"rawQueryString": f"next={secret}"}),
    ]


@pytest.mark.exhaustive
def test_no_secret_is_stored_or_logged(api: Api, logs: Logs) -> None:
    """Neither the first secret nor the second is in a table, the log, a log line, or an answer but its own."""
    admin = Admin(api)
    created = admin.create().json
    client_id, first = created["client_id"], created["client_secret"]
    added = admin.send("secrets_add", client_id, body={"old_expires_in": 0}).json
    second = added["client_secret"]
    texts = [tables()]
    for secret in (first, second):
        replies = administered(admin, client_id, secret)
        # A further secret is in its own response only.
        texts += [f"{reply.text}\n{reply.headers}" for reply in replies]
        texts.append(tables())
    texts += logs.lines
    everything = "\n".join(texts)
    assert client_id in everything  # so this client's items and entries were seen
    assert not [spelling for secret in (first, second) for spelling in spellings(secret) if spelling in everything]


@pytest.mark.parametrize(
    "name", ["x\r\nSet-Cookie: a=b", "x\nx", "x\u2028x", "x\u0000", "x\u202ex", "<script>\u0007"], ids=range(6)
)
def test_a_name_with_control_characters_is_rejected(api: Api, name: str) -> None:
    """Line breaks and other characters that do not print are in no name and no sender id, new or changed."""
    admin = Admin(api)
    client_id = admin.create().json["client_id"]
    for refused in (
        admin.create(name=name),
        admin.create(sender_id=name),
        admin.update(client_id, "*", name=name),
        admin.update(client_id, "*", sender_id=name),
    ):
        assert refused.status == 400
        assert name not in refused.text + str(refused.headers)


@pytest.mark.parametrize("header", ["x" * 100_000, '"1",' * 50_000, '"1"\r\n"2"', "\u0000", '"é"'], ids=range(5))
def test_an_invalid_if_match_matches_no_version(api: Api, header: str) -> None:
    """A header that names no version matches none, however long it is."""
    admin = Admin(api)
    client_id = admin.create().json["client_id"]
    assert admin.update(client_id, header, sender_id="other").status in {200, 412}
    assert admin.send("client_get", client_id).status == 200


def test_a_partner_administers_nothing(api: Api) -> None:
    """A client without the scope can neither see nor change even itself."""
    partner = Admin(api, ("registry.search",))
    own = partner.client.client_id
    for name in ("client_get", "secrets_list", "client_log", "secrets_add", "client_revoke_tokens", "client_delete"):
        assert partner.send(name, own).status == 403
    assert partner.update(own, "*", scopes=["clients.manage"]).status == 403


def test_a_reader_cannot_gain_scopes(api: Api) -> None:
    """A client with `clients.read` only cannot make itself an administrator."""
    reader = Admin(api, ("clients.read",))
    assert reader.update(reader.client.client_id, "*", scopes=["clients.manage"]).status == 403
    assert reader.create(scopes=["clients.manage"]).status == 403
