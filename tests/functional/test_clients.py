"""/clients: administration of partner clients."""

from __future__ import annotations

from typing import Any

import pytest

from dci_common.clients.items import client_key
from dci_common.clients.model import name_key
from support.api import Api, Reply
from support.events import event
from support.example_counts import sampled

pytestmark = pytest.mark.usefixtures("over_the_wire")

NEW = {"name": "Ministry of Health", "sender_id": "health.example.org", "scopes": ["registry.search"]}


@pytest.fixture
def admin(api: Api) -> str:
    """Return an administrator's token."""
    return api.token_of(scopes=("clients.manage",))


def create(api: Api, admin: str, **changes: Any) -> Reply:
    """Create a client; its name is made unique unless it is given."""
    name = {"name": f"Ministry {api.runtime.random_bytes(8).hex()}"}
    return api.send(event("clients_create", body=NEW | name | changes, token=admin))


def on(name: str, client_id: str, admin: str) -> Any:
    """Return an event of a client's route."""
    sent = event(name, token=admin)
    sent["pathParameters"] = {"client_id": client_id}
    return sent


def test_creating_shows_the_secret_this_once(api: Api, admin: str) -> None:
    """The secret is in the answer to the creation and in no later one; it opens the token endpoint."""
    reply = create(api, admin)
    created = reply.json
    secret = created.pop("client_secret")
    assert reply.status == 201
    assert reply.headers["Location"] == f"/clients/{created['client_id']}"
    assert secret.startswith("dcis_")
    assert len(secret) > 40
    shown = api.send(on("client_get", created["client_id"], admin))
    assert shown.json == created
    listed = api.send(event("clients_list", token=admin))
    assert secret not in shown.text + listed.text


def test_missing_members_have_defaults(api: Api, admin: str) -> None:
    """A client that names no more than it must gets the least."""
    created = create(api, admin, name="  Ministry   of Defaults ").json
    assert created["disclosure"] == ["minimal"]
    assert created["token_lifetime"] == 600
    assert created["record_types"] == ["SRPerson", "Member", "Group"]
    assert created["flags"] == {
        "openspp17": False,
        "signature": "optional",
        "dialect": "openspp2",
        "restricted": False,
        "asynchronous": False,
    }
    assert created.keys().isdisjoint({"callbacks", "open_exchanges", "jwks", "jwks_uri"})
    assert created["status"] == "enabled"
    assert created["created"] == created["updated"] == "2026-03-01T09:30:00.000Z"
    assert created["version"] == 1


def test_given_members_are_kept(api: Api, admin: str) -> None:
    """Every field that can be said comes back, scopes in our spelling."""
    flags = {
        "openspp17": True,
        "signature": "ignore",
        "dialect": "opencrvs",
        "restricted": True,
        "asynchronous": True,
    }
    created = create(
        api,
        admin,
        scopes=["registry/search", "registry.status"],
        disclosure=["standard", "poverty_score"],
        token_lifetime=60,
        record_types=["Group", "SRPerson"],
        open_exchanges=0,
        flags=flags,
    ).json
    assert created["scopes"] == ["registry.search", "registry.status"]
    assert created["disclosure"] == ["standard", "poverty_score"]
    assert created["token_lifetime"] == 60
    assert created["record_types"] == ["SRPerson", "Group"]
    assert (created["flags"], created["open_exchanges"]) == (flags, 0)


@pytest.mark.parametrize(
    "again", ["Ministry of Truth", "ministry  OF truth", "Ｍinistry of Truth", "Minis\u200ctry  of Truth"]
)
def test_a_taken_name_is_a_conflict(api: Api, admin: str, again: str) -> None:
    """Names are unique whatever their case, spacing, joiners and compatibility forms."""
    create(api, admin, name="Ministry of Truth")
    reply = create(api, admin, name=again)
    assert reply.status == 409
    assert "another name" in reply.json["errors"][0]["message"]


@pytest.mark.parametrize(
    ("changes", "place"),
    sampled(
        [
            ({"name": ""}, "name"),
            ({"name": " \t"}, "name"),
            ({"name": "x" * 201}, "name"),
            ({"name": 5}, "name"),
            ({"name": "a\u0000b"}, "name"),
            ({"name": "\u200c\u200d"}, "name"),
            ({"name": "a\u202eb"}, "name"),
            ({"sender_id": None}, "sender_id"),
            ({"scopes": []}, "scopes"),
            ({"scopes": ["everything"]}, "scopes.0"),
            ({"token_lifetime": 59}, "token_lifetime"),
            ({"token_lifetime": 3601}, "token_lifetime"),
            ({"token_lifetime": True}, "token_lifetime"),
            ({"disclosure": ["everything"]}, "disclosure.0"),
            ({"record_types": []}, "record_types"),
            ({"record_types": ["Person"]}, "record_types.0"),
            ({"flags": {"openspp17": "yes"}}, "flags.openspp17"),
            ({"flags": {"restricted": "yes"}}, "flags.restricted"),
            ({"flags": {"signature": "verify"}}, "flags.signature"),
            ({"flags": {"dialect": "cavage"}}, "flags.dialect"),
            ({"jwks_uri": 1}, "jwks_uri"),
            ({"Secret": "x"}, "unknown field"),
        ],
        5,
    ),
)
def test_a_bad_field_is_named(api: Api, admin: str, changes: dict[str, object], place: str) -> None:
    """The error says which field, and what it must be."""
    reply = create(api, admin, **changes)
    assert (reply.status, reply.code) == (400, "err.request.bad")
    assert place in reply.json["errors"][0]["message"]


@pytest.mark.parametrize("body", ["", "{", "[]", "null", "1"])
def test_a_body_that_is_no_object_is_rejected(api: Api, admin: str, body: str) -> None:
    """A body that is not a JSON object is rejected."""
    assert api.send(event("clients_create", token=admin) | {"body": body}).status == 400


def test_a_disabled_client_can_be_enabled_again(api: Api, admin: str) -> None:
    """A disabled client gets no token until it is enabled again."""
    client, secret = api.client()
    api.clock.advance(5)
    disabled = api.send(on("client_disable", client.client_id, admin))
    assert (disabled.status, disabled.json["status"], disabled.json["version"]) == (200, "disabled", 2)
    assert disabled.json["updated"] == "2026-03-01T09:30:05.000Z"
    assert api.token(client, secret).status == 401
    assert api.send(on("client_enable", client.client_id, admin)).json["status"] == "enabled"
    assert api.token(client, secret).status == 200


def test_deleting_frees_the_name(api: Api, admin: str) -> None:
    """A deleted client is removed with its secret, and its name can be used again."""
    created = create(api, admin, name="Ministry of Passing").json
    client_id = created["client_id"]
    reply = api.send(on("client_delete", client_id, admin))
    assert (reply.status, reply.text) == (204, "")
    assert api.send(on("client_get", client_id, admin)).status == 404
    assert api.send(on("client_delete", client_id, admin)).status == 404
    assert create(api, admin, name="Ministry of Passing").status == 201


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ["client_get", "client_disable", "client_enable", "client_delete"])
@pytest.mark.parametrize("client_id", ["00000000-0000-0000-0000-000000000000", "x" * 3000, "ü", ""])
def test_an_unknown_client_is_not_found(api: Api, admin: str, name: str, client_id: str) -> None:
    """An unknown id is 404, whatever it looks like."""
    reply = api.send(on(name, client_id, admin))
    assert (reply.status, reply.code) == (404, "err.request.not_found")


@pytest.mark.exhaustive
def test_the_list_walks_page_by_page_in_the_order_of_names(api: Api, admin: str) -> None:
    """Every client is on one page, once, sorted by name."""
    for number in range(7):
        create(api, admin, name=f"Paged {number} {api.runtime.random_bytes(4).hex()}")
    names, following = [], ""
    while True:
        sent = event("clients_list", token=admin) | {"rawQueryString": f"limit=3&next={following}"}
        page = api.send(sent).json
        assert len(page["clients"]) <= 3
        names += [name_key(client["name"]) for client in page["clients"]]
        if "next" not in page:
            break
        following = page["next"]
    assert names == sorted(names)
    assert len(names) == len(set(names))
    assert sum(name.startswith("paged") for name in names) == 7


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "limit=-1", "next=x", "next=bnVsbA==", "next=%00"]
)
def test_an_invalid_page_is_rejected(api: Api, admin: str, query: str) -> None:
    """A limit out of bounds, or a place that no page gave, is the caller's fault."""
    reply = api.send(event("clients_list", token=admin) | {"rawQueryString": query})
    assert (reply.status, reply.code) == (400, "err.request.bad")


CHANGES = [
    *("clients_create", "client_update", "client_disable", "client_enable", "client_revoke_tokens", "client_delete"),
    *("secrets_add", "secret_delete"),
]
READS = ["clients_list", "clients_log", "client_get", "secrets_list", "client_log"]
ROUTES = CHANGES + READS


@pytest.mark.parametrize("name", ROUTES)
def test_every_route_needs_the_scope(api: Api, name: str) -> None:
    """A partner's token is forbidden, and no token is unauthorized."""
    forbidden = api.send(event(name, token=api.token_of()))
    assert (forbidden.status, forbidden.code) == (403, "err.request.forbidden")
    least = "clients.read" if event(name)["requestContext"]["http"]["method"] == "GET" else "clients.manage"
    assert forbidden.headers["WWW-Authenticate"] == f'Bearer error="insufficient_scope", scope="{least}"'
    unauthorized = api.send(event(name, authorization=""))
    assert (unauthorized.status, unauthorized.code) == (401, "err.request.unauthorized")


def test_other_methods_are_405_with_allow(api: Api, admin: str) -> None:
    """405 names the methods that the path takes."""
    sent = event("clients_list", token=admin)
    sent["requestContext"]["http"]["method"] = "PATCH"
    reply = api.send(sent)
    assert (reply.status, reply.code, reply.headers["Allow"]) == (405, "err.request.bad", "GET, POST")


def test_a_client_stored_without_a_new_field_is_read(api: Api, admin: str) -> None:
    """A client stored without the later fields has their defaults, and works."""
    client, secret = api.client()
    api.runtime.dynamodb.update_item(
        TableName=api.runtime.settings.clients_table,
        Key=client_key(client.client_id),
        UpdateExpression="REMOVE record_types, restricted, asynchronous",
    )
    shown = api.send(on("client_get", client.client_id, admin)).json
    assert shown["record_types"] == ["SRPerson", "Member", "Group"]
    assert (shown["flags"]["restricted"], shown["flags"]["asynchronous"]) == (False, False)
    assert api.token(client, secret).status == 200


def test_a_repeated_member_is_rejected(api: Api) -> None:
    """A repeated member is rejected, so that it cannot be read in two ways."""
    body = '{"name": "Twice", "sender_id": "x", "scopes": ["registry.search"], "scopes": ["clients.manage"]}'
    reply = api.send(event("clients_create", body=body, token=api.token_of(scopes=("clients.manage",))))
    assert (reply.status, "repeated" in reply.text) == (400, True)
