"""GET /overview about secrets that end."""

from __future__ import annotations

from typing import Any

from dci_common.oauth.key_ring import generate
from dci_common.timestamps import timestamp
from support.own_clients import Own


def overview(own: Own) -> Any:
    """Return the overview."""
    reply = own.read("overview")
    assert reply.status == 200, reply
    return reply.json


def test_secrets_that_end_soon(own: Own) -> None:
    """An old secret is there until its end, with the time when it was last used; another one that lasts is not."""
    client, secret = own.api.client(name="Ministry", scopes=("registry.search",))
    own.api.token(client, secret)
    [old] = own.read("secrets_list", {"client_id": client.client_id}).json["secrets"]
    overlap = {"old_expires_in": 40 * 86_400}
    assert own.amina.send("secrets_add", body=overlap, client_id=client.client_id).status == 201
    assert overview(own)["secrets"]["count"] == 0  # it is 40 days from now
    own.api.clock.advance(11 * 86_400)
    shown = overview(own)
    assert shown["secrets"]["ending"] == [
        {
            "client_id": client.client_id,
            "client": "Ministry",
            "is_last": False,
            "secret_id": old["secret_id"],
            "created": old["created"],
            "expires": timestamp(own.api.clock() + 29 * 86_400),
            "last_used": old["last_used"],
        }
    ]
    assert shown["health"] == {"status": "ok", "parts": []}  # the other one lasts
    own.api.clock.advance(29 * 86_400)
    assert overview(own)["secrets"]["count"] == 0


def test_the_last_secret_of_a_client_needs_somebody(own: Own) -> None:
    """A secret that ends needs somebody, and comes first, where its client has neither another one nor a key."""
    key = {"jwks": {"keys": [generate("ES256").public]}}
    clients = [own.api.client(name=name, **more)[0] for name, more in (("Rotated", {}), ("Last", {}), ("Key", key))]
    for number, client in enumerate(clients):
        own.api.clock.advance(number)
        added = own.amina.send("secrets_add", client_id=client.client_id)
        assert added.status == 201
        if client.name != "Rotated":
            path = {"client_id": client.client_id, "secret_id": added.json["secret_id"]}
            assert own.amina.send("secret_delete", **path).status == 204
    shown = overview(own)
    assert [(one["client"], one["is_last"]) for one in shown["secrets"]["ending"]] == [
        ("Last", True),
        ("Rotated", False),
        ("Key", False),
    ]
    assert shown["health"] == {"status": "attention", "parts": ["secrets"]}
