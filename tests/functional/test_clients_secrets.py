"""/clients/{client_id}/secrets: two slots, so that a secret is replaced without an interruption."""

from __future__ import annotations

import re

import pytest

from support.admin_client import Admin
from support.api import Api
from support.example_counts import sampled

pytestmark = pytest.mark.usefixtures("over_the_wire")

DAY = 86_400


def test_a_secret_is_replaced_without_an_interruption(api: Api, admin: Admin) -> None:
    """The new secret works at once, the old one for seven days more, and then another one has room."""
    client, old = api.client()
    added = admin.send("secrets_add", client.client_id, body={})
    new = added.json["client_secret"]
    assert added.status == 201
    assert added.json.keys() == {"secret_id", "created", "client_secret"}
    assert re.fullmatch(r"dcis_[A-Za-z0-9_-]{43}", new)
    assert [api.token(client, secret).status for secret in (old, new)] == [200, 200]
    listed = admin.secrets(client.client_id)
    assert sorted(secret.get("expires", "") for secret in listed) == ["", "2026-03-08T09:30:00.000Z"]
    api.clock.advance(7 * DAY - 1)
    assert [api.token(client, secret).status for secret in (old, new)] == [200, 200]
    api.clock.advance(1)
    assert [api.token(client, secret).status for secret in (old, new)] == [401, 200]
    assert [secret["secret_id"] for secret in admin.secrets(client.client_id)] == [added.json["secret_id"]]
    assert admin.send("secrets_add", client.client_id).status == 201


def test_the_list_says_when_a_secret_was_used(api: Api, admin: Admin) -> None:
    """Each secret is listed with its last use, so that one sees when the old one is needed no more."""
    client, old = api.client()
    added = admin.send("secrets_add", client.client_id).json
    assert not [secret for secret in admin.secrets(client.client_id) if "last_used" in secret]
    api.clock.advance(60)
    api.token(client, old)
    api.clock.advance(60)
    api.token(client, added["client_secret"])
    used = {secret["secret_id"]: secret["last_used"] for secret in admin.secrets(client.client_id)}
    assert used.pop(added["secret_id"]) == "2026-03-01T09:32:00.000Z"
    assert list(used.values()) == ["2026-03-01T09:31:00.000Z"]


def test_a_third_secret_is_a_conflict(api: Api, admin: Admin) -> None:
    """Two secrets are the most: the answer says what to do, and after that there is room."""
    client, _ = api.client()
    admin.send("secrets_add", client.client_id)
    third = admin.send("secrets_add", client.client_id)
    assert (third.status, "delete one" in third.text) == (409, True)
    old = next(secret for secret in admin.secrets(client.client_id) if "expires" in secret)
    assert admin.send("secret_delete", client.client_id, secret_id=old["secret_id"]).status == 204
    assert admin.send("secret_delete", client.client_id, secret_id=old["secret_id"]).status == 404
    assert admin.send("secrets_add", client.client_id).status == 201


def test_a_leaked_secret_ends_at_once(api: Api, admin: Admin) -> None:
    """With no overlap the old secret is gone with the same request."""
    client, old = api.client()
    new = admin.send("secrets_add", client.client_id, body={"old_expires_in": 0}).json["client_secret"]
    assert [api.token(client, secret).status for secret in (old, new)] == [401, 200]


def test_a_further_secret_does_not_prolong_the_old(api: Api, admin: Admin) -> None:
    """A secret that is to end sooner than the overlap ends when it was to."""
    client, old = api.client()
    first = admin.send("secrets_add", client.client_id, body={"old_expires_in": 60}).json
    admin.send("secret_delete", client.client_id, secret_id=first["secret_id"])
    admin.send("secrets_add", client.client_id, body={"old_expires_in": DAY})
    api.clock.advance(60)
    assert api.token(client, old).status == 401


@pytest.mark.parametrize("overlap", sampled([-1, 90 * DAY + 1, "60", None, True, 1.5], 3), ids=str)
def test_an_overlap_has_bounds(api: Api, admin: Admin, overlap: object) -> None:
    """From none to ninety days."""
    reply = admin.send("secrets_add", api.client()[0].client_id, body={"old_expires_in": overlap})
    assert (reply.status, "old_expires_in" in reply.text) == (400, True)


def test_a_deleted_secret_opens_nothing(api: Api, admin: Admin) -> None:
    """A deleted secret is rejected at once, also when it was the last."""
    client, secret = api.client()
    [listed] = admin.secrets(client.client_id)
    assert admin.send("secret_delete", client.client_id, secret_id=listed["secret_id"]).status == 204
    assert api.token(client, secret).status == 401
    assert admin.secrets(client.client_id) == []


def test_an_administrator_keeps_a_secret_that_lasts(admin: Admin) -> None:
    """A secret that is about to end is not enough to keep."""
    added = admin.send("secrets_add", admin.client.client_id, body={"old_expires_in": 2})
    assert admin.send("secret_delete", admin.client.client_id, secret_id=added.json["secret_id"]).status == 409


def test_an_administrator_keeps_a_secret(admin: Admin) -> None:
    """An administrator cannot delete its own last secret."""
    [own] = admin.secrets(admin.client.client_id)
    reply = admin.send("secret_delete", admin.client.client_id, secret_id=own["secret_id"])
    assert (reply.status, "add another" in reply.text) == (409, True)
    admin.send("secrets_add", admin.client.client_id)
    assert admin.send("secret_delete", admin.client.client_id, secret_id=own["secret_id"]).status == 204


def test_all_tokens_of_a_client_are_ended(api: Api, admin: Admin) -> None:
    """Tokens from before are rejected within a minute, those of the same second too, and a new one holds."""
    client, secret = api.client()
    tokens = []
    for _ in range(2):
        tokens.append(api.token(client, secret).json["access_token"])
        assert api.search(token=tokens[-1]).status == 200
        revoked = admin.send("client_revoke_tokens", client.client_id)
        assert (revoked.status, "tokens_not_before" in revoked.json) == (200, True)
    tokens.append(api.token(client, secret).json["access_token"])
    api.clock.advance(60)
    assert [api.search(token=token).status for token in tokens] == [401, 401, 200]
