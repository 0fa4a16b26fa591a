"""An administrator that lost its access changes nothing more, although functions remember it for a minute."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from dci_common.clients.items import client_key
from dci_common.clients.model import Client
from support.admin_client import Admin
from support.call_trace import aws_calls, hooked
from support.events import event

if TYPE_CHECKING:
    from support.api import Api, Reply

Act = Callable[[Admin, str], "Reply"]
LOSSES = ["disabled", "deleted", "demoted", "tokens revoked", "token revoked"]
ACTS: dict[str, Act] = {
    "register a successor": lambda admin, _: admin.create(scopes=["clients.manage"]),
    "undo": lambda admin, _: admin.send("client_enable", admin.client.client_id),
    "regain the scope": lambda admin, _: admin.update(admin.client.client_id, "*", scopes=["clients.manage"]),
    "own secret": lambda admin, _: admin.send("secrets_add", admin.client.client_id),
    "update": lambda admin, other: admin.update(other, "*", sender_id="stolen.example.org"),
    "disable": lambda admin, other: admin.send("client_disable", other),
    "revoke tokens": lambda admin, other: admin.send("client_revoke_tokens", other),
    "add a secret": lambda admin, other: admin.send("secrets_add", other),
    "delete": lambda admin, other: admin.send("client_delete", other),
    "rotate keys": lambda admin, _: admin.api.send(event("keys_rotate", token=admin.token)),
    "revoke keys": lambda admin, _: admin.api.send(event("keys_revoke", token=admin.token)),
    "rotate message keys": lambda admin, _: admin.api.send(event("message_keys_rotate", token=admin.token)),
    "revoke message keys": lambda admin, _: admin.api.send(event("message_keys_revoke", token=admin.token)),
}

OTHERWISE = {
    **{("deleted", name): 404 for name in ("undo", "regain the scope", "own secret")},
    **{("token revoked", name): 200 for name in ("undo", "regain the scope")},  # which change nothing
}


def lose(admin: Admin, loss: str) -> None:
    """Take an administrator's access, as another one, or the client itself, does."""
    other, own = Admin(admin.api), admin.client.client_id
    if loss == "token revoked":
        form = {"client_id": own, "client_secret": admin.secret, "token": admin.token}
        assert admin.api.send(event("revoke", body=urlencode(form))).status == 200
        return
    if loss == "demoted":
        assert other.update(own, "*", scopes=["clients.read"]).status == 200
        return
    name = {"disabled": "client_disable", "deleted": "client_delete", "tokens revoked": "client_revoke_tokens"}
    assert other.send(name[loss], own).status in {200, 204}


def known(api: Api) -> Admin:
    """Return an administrator whom the functions have just read, and so remember."""
    admin = Admin(api)
    assert admin.create().status == 201
    return admin


@pytest.mark.exhaustive
@pytest.mark.parametrize("loss", LOSSES)
def test_an_administrator_that_lost_its_access_changes_nothing(api: Api, loss: str) -> None:
    """No act of a remembered administrator succeeds, and neither a client nor a log entry comes of it."""
    admin, other = known(api), Admin(api)
    target = other.create().json["client_id"]
    lose(admin, loss)
    state = [stored(api, target), stored(api, admin.client.client_id)]
    with aws_calls(api.runtime) as calls:
        replies = {name: act(admin, target) for name, act in ACTS.items()}
    usual = 403 if loss == "demoted" else 401
    assert {name: reply.status for name, reply in replies.items()} == {
        name: OTHERWISE.get((loss, name), usual) for name in ACTS
    }
    assert [stored(api, target), stored(api, admin.client.client_id)] == state
    assert not any(call.startswith("RotateSecret") for call in calls)
    assert len(other.log(target)) == 1


def stored(api: Api, client_id: str) -> Any:
    """Return a client's item."""
    table = api.runtime.settings.clients_table
    return api.runtime.dynamodb.get_item(TableName=table, Key=client_key(client_id)).get("Item")


def test_of_two_who_disable_each_other_one_wins(api: Api) -> None:
    """The second to commit is rejected, although both were administrators when they were read."""
    first, second = known(api), known(api)
    replies: list[Reply] = []

    def overtake(operation: str, _: Any) -> None:
        if operation == "TransactWriteItems" and not replies:
            replies.append(first)  # type: ignore[arg-type] # taken at once, so that it happens once
            replies[0] = second.send("client_disable", first.client.client_id)

    assert first.token
    assert second.token
    with hooked(api.runtime, overtake):
        reply = first.send("client_disable", second.client.client_id)
    assert (replies[0].status, reply.status) == (200, 401)
    reader = Admin(api)
    states = [reader.send("client_get", one.client.client_id).json["status"] for one in (first, second)]
    assert states == ["disabled", "enabled"]


def test_a_change_of_the_administrator_itself_costs_no_access(api: Api) -> None:
    """An administrator whose registration changed, and that still holds the scope, goes on at once."""
    admin = known(api)
    assert Admin(api).update(admin.client.client_id, "*", sender_id="new.example.org").status == 200
    assert admin.create().status == 201
    assert admin.update(admin.client.client_id, '"2"', sender_id="newer.example.org").status == 200
    assert admin.send("secrets_add", admin.client.client_id).status == 201
    assert admin.send("client_revoke_tokens", admin.client.client_id).status == 200
    assert admin.create().status == 401


WIDENINGS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"scopes": ["clients.manage", "registry.search"]}),
    ({}, {"disclosure": ["standard"]}),
    ({"disclosure": ["minimal"]}, {"disclosure": ["minimal", "income"]}),
    ({"record_types": ["Group"]}, {"record_types": ["Group", "Member"]}),
    ({}, {"flags": {"restricted": True}}),
    ({"token_lifetime": 60}, {"token_lifetime": 61}),
    ({"token_lifetime": 60}, {"token_lifetime": None}),
    *(
        ({limit: before}, {limit: after})
        for limit in ("requests_a_minute", "records_a_day")
        for before, after in [(5, 6), (5, 0), (5, None), (None, 5), (None, 0)]
    ),
]


@pytest.mark.exhaustive
@pytest.mark.parametrize(("before", "after"), WIDENINGS)
def test_an_administrator_cannot_widen_its_own_access(
    api: Api, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Each permission and limit of an administrator is widened by another one only."""
    admin, own = admin_with(api, **before)
    reply = admin.update(own.client_id, "*", **after)
    assert (reply.status, reply.code) == (409, "err.request.bad")
    assert "another one must do it" in reply.json["errors"][0]["message"]
    assert Admin(api).update(own.client_id, '"1"', **after).status == 200


NARROWINGS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"scopes": ["clients.manage", "clients.read"]}, {"scopes": ["clients.manage"]}),
    ({"disclosure": ["full"]}, {"disclosure": ["standard", "income"]}),
    ({"requests_a_minute": 0}, {"requests_a_minute": None}),
    ({"requests_a_minute": 0}, {"requests_a_minute": 5}),
    ({"records_a_day": 5}, {"records_a_day": 4}),
    ({"flags": {"restricted": True}}, {"flags": {"restricted": False}}),
    ({}, {"name": "renamed", "flags": {"openspp17": True}}),
]


@pytest.mark.parametrize(("before", "after"), NARROWINGS)
def test_an_administrator_can_narrow_its_own_access(api: Api, before: dict[str, Any], after: dict[str, Any]) -> None:
    """What takes permissions away, or changes none, an administrator may do to itself."""
    admin, own = admin_with(api, **before)
    if "name" in after:
        after = {**after, "name": f"renamed {own.client_id}"}
    assert admin.update(own.client_id, "*", **after).status == 200


def admin_with(api: Api, **fields: Any) -> tuple[Admin, Client]:
    """Return an administrator with these members."""
    admin = Admin(api)
    admin.client, admin.secret = api.client(**{"scopes": ("clients.manage",), "disclosure": ("minimal",), **fields})
    return admin, admin.client
