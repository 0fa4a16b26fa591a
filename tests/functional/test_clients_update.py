"""PATCH /clients/{client_id}: changes of what was seen, and of nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from support.admin_client import Admin
from support.api import Api
from support.events import event
from support.example_counts import sampled

FLAGS = {
    "openspp17": False,
    "signature": "optional",
    "dialect": "openspp2",
    "restricted": False,
    "asynchronous": False,
}


def test_only_given_members_change(api: Api, admin: Admin) -> None:
    """Members that are sent are replaced, flags one by one; version, time and ETag go on."""
    created = admin.create(flags={"openspp17": True}, disclosure=["standard"])
    before = {name: value for name, value in created.json.items() if name != "client_secret"}
    assert created.headers["ETag"] == '"1"'
    api.clock.advance(5)
    changed = admin.update(before["client_id"], '"1"', scopes=["registry/status"], flags={"restricted": True})
    assert (changed.status, changed.headers["ETag"]) == (200, '"2"')
    assert changed.json == before | {
        "scopes": ["registry.status"],
        "flags": FLAGS | {"openspp17": True, "restricted": True},
        "updated": "2026-03-01T09:30:05.000Z",
        "version": 2,
    }
    shown = admin.send("client_get", before["client_id"])
    assert (shown.json, shown.headers["ETag"]) == (changed.json, '"2"')


def test_a_change_needs_the_etag(admin: Admin) -> None:
    """Without If-Match a change is 428, with that of another version 412, and nothing changes."""
    client_id = admin.create().json["client_id"]
    assert admin.update(client_id, "", sender_id="other").status == 428
    for stale in ('"2"', '"0"', 'W/"1"', "1", "nonsense", '"1', '"99999999999999999999"'):
        reply = admin.update(client_id, stale, sender_id="other")
        assert (reply.status, reply.code) == (412, "err.request.bad"), stale
    assert admin.send("client_get", client_id).json["sender_id"] == "health.example.org"
    assert admin.update(client_id, '"7", "1"', sender_id="other").status == 200
    assert admin.update(client_id, '"1"', sender_id="another").status == 412
    assert admin.update(client_id, "*", sender_id="another").json["version"] == 3


@pytest.mark.parametrize("name", ["client_disable", "client_revoke_tokens", "secrets_add", "client_delete"])
def test_every_change_may_be_conditional(admin: Admin, name: str) -> None:
    """A change that is sent with the ETag of another version is not made."""
    client_id = admin.create().json["client_id"]
    assert admin.send(name, client_id, if_match='"2"').status == 412
    assert admin.send("client_get", client_id).json["version"] == 1
    assert admin.send(name, client_id, if_match='"1"').status < 300


def test_a_change_without_effect_makes_no_version(admin: Admin) -> None:
    """A change without effect, or without members, does not change version and log."""
    client_id = admin.create().json["client_id"]
    nothing: list[dict[str, Any]] = [{}, {"scopes": ["registry.search", "registry/search"]}, {"flags": {}}]
    for changes in nothing:
        assert admin.update(client_id, '"1"', **changes).json["version"] == 1
    assert admin.send("client_enable", client_id).json["version"] == 1
    assert admin.send("client_disable", client_id).json["version"] == 2
    assert admin.send("client_disable", client_id).json["version"] == 2
    assert [entry["act"] for entry in admin.log(client_id)] == ["disabled", "created"]


def test_renaming_frees_the_old_name(api: Api, admin: Admin) -> None:
    """Names stay unique when clients are renamed."""
    salt = api.runtime.random_bytes(8).hex()
    first, second = (admin.create(name=f"{name} {salt}").json["client_id"] for name in ("first", "second"))
    taken = admin.update(second, '"1"', name=f"FIRST  {salt}")
    assert (taken.status, "another name" in taken.text) == (409, True)
    assert admin.update(first, '"1"', name=f"First {salt}").status == 200  # its own name, in another spelling
    assert admin.update(first, '"2"', name=f"third {salt}").status == 200
    assert admin.update(second, '"1"', name=f"First {salt}").status == 200
    assert admin.create(name=f"third {salt}").status == 409
    assert admin.create(name=f"second {salt}").status == 201


@pytest.mark.parametrize(
    ("changes", "place"),
    sampled(
        [
            ({"name": None}, "name"),
            ({"scopes": []}, "scopes"),
            ({"token_lifetime": 59}, "token_lifetime"),
            ({"flags": {"restricted": None}}, "flags.restricted"),
            ({"flags": 1}, "flags"),
            ({"sender_id": None}, "sender_id"),
            ({"scopes": None}, "scopes"),
            ({"other": None}, "unknown field"),
            ({"status": "disabled"}, "unknown field"),
            ({"client_id": "other"}, "unknown field"),
            ({"jwks": {}}, "jwks"),
        ],
        4,
    ),
    ids=str,
)
def test_a_bad_member_is_named(admin: Admin, changes: dict[str, Any], place: str) -> None:
    """The error says which member, and nothing changes."""
    client_id = admin.create().json["client_id"]
    reply = admin.update(client_id, '"1"', **changes)
    assert (reply.status, reply.code) == (400, "err.request.bad")
    assert place in reply.json["errors"][0]["message"]


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"name": "\\ud800"}'], ids=range(5))
def test_a_body_that_is_no_object_is_rejected(admin: Admin, body: str) -> None:
    """A body that is not a JSON object is rejected."""
    client_id = admin.create().json["client_id"]
    sent = event("client_update", token=admin.token) | {"body": body, "pathParameters": {"client_id": client_id}}
    assert admin.api.send(sent).status == 400


@pytest.mark.parametrize(
    ("member", "given", "default"),
    sampled(
        [
            ("token_lifetime", 61, 600),
            ("disclosure", ["full"], ["minimal"]),
            ("record_types", ["Group"], ["SRPerson", "Member", "Group"]),
            ("flags", {"openspp17": True, "asynchronous": True}, FLAGS),
            ("requests_a_minute", 5, None),
            ("records_a_day", 5, None),
            ("open_exchanges", 5, None),
            ("callbacks", {"urls": ["https://partner.example/"]}, None),
        ],
        2,
    ),
)
def test_null_resets_a_member(admin: Admin, member: str, given: object, default: object) -> None:
    """Null takes a member back to the default of a new client; the others stay."""
    created = admin.create(**{member: given}).json
    changed = admin.update(created["client_id"], '"1"', **{member: None}).json
    assert changed.get(member) == default
    kept = {"client_id", "name", "sender_id", "scopes", "token_lifetime", "disclosure"} - {member}
    assert {name: changed[name] for name in kept} == {name: created[name] for name in kept}


def test_null_widens_nothing_of_the_administrator_itself(admin: Admin) -> None:
    """A reset that widens its own access is rejected like any other change that does."""
    narrow = Admin(admin.api, ("clients.manage", "registry.search"))
    admin.update(narrow.client.client_id, "*", record_types=["Group"])
    assert narrow.update(narrow.client.client_id, "*", record_types=None).status == 409


@pytest.mark.parametrize("name", ["client_disable", "client_delete"])
def test_an_administrator_cannot_lock_itself_out(admin: Admin, name: str) -> None:
    """A client cannot disable or delete itself; another administrator can."""
    reply = admin.send(name, admin.client.client_id)
    assert (reply.status, "another" in reply.text) == (409, True)
    assert admin.update(admin.client.client_id, "*", scopes=["clients.read"]).status == 409
    assert admin.update(admin.client.client_id, "*", scopes=["clients.manage", "clients.read"]).status == 200
    assert Admin(admin.api).send(name, admin.client.client_id).status < 300


@pytest.mark.exhaustive
def test_the_list_is_filtered_by_status(api: Api, admin: Admin) -> None:
    """A list of one status has the clients of that status, on pages that may be short."""
    made = [admin.create().json["client_id"] for _ in range(4)]
    admin.send("client_disable", made[1])
    listed: dict[str, list[str]] = {}
    for status in ("enabled", "disabled"):
        listed[status], following = [], ""
        while following is not None:
            query = f"limit=20&status={status}&next={following}"
            page = api.send(event("clients_list", token=admin.token) | {"rawQueryString": query}).json
            assert {client["status"] for client in page["clients"]} <= {status}
            listed[status] += [client["client_id"] for client in page["clients"]]
            following = page.get("next")
    assert set(listed["disabled"]) & set(made) == {made[1]}
    assert set(listed["enabled"]) & set(made) == {made[0], made[2], made[3]}
    assert api.send(event("clients_list", token=admin.token) | {"rawQueryString": "status=gone"}).status == 400


def test_clients_read_allows_no_change(api: Api) -> None:
    """`clients.read` allows reading, and no change."""
    reader, client_id = Admin(api, ("clients.read",)), api.client()[0].client_id
    for name in ("client_get", "secrets_list", "client_log"):
        assert reader.send(name, client_id).status == 200
    for name in ("client_disable", "client_revoke_tokens", "secrets_add", "client_delete", "client_update"):
        assert reader.send(name, client_id).status == 403
