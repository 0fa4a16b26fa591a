"""/clients/{client_id}/log: the changes of a client."""

from __future__ import annotations

from support.admin_client import Admin
from support.api import Api
from support.events import event


def test_every_change_is_logged(api: Api, admin: Admin) -> None:
    """Each change is logged with actor, time, version and changes; the log outlives the client."""
    created = admin.create().json
    client_id = created["client_id"]
    added = admin.send("secrets_add", client_id).json["secret_id"]
    admin.update(client_id, "*", scopes=["registry.status"])
    admin.send("client_disable", client_id)
    admin.send("client_enable", client_id)
    admin.send("client_revoke_tokens", client_id)
    admin.send("secret_delete", client_id, secret_id=added)
    api.clock.advance(60)
    other = Admin(api)
    other.send("client_delete", client_id)
    log = admin.log(client_id)
    acts = [
        "created",
        "secret_added",
        "updated",
        "disabled",
        "enabled",
        "tokens_revoked",
        "secret_deleted",
        "deleted",
    ]
    assert [entry["act"] for entry in reversed(log)] == acts
    assert [entry["version"] for entry in reversed(log)] == list(range(1, 9))
    assert {entry["by"] for entry in log[1:]} == {admin.client.client_id}
    assert (log[0]["by"], log[0]["at"]) == (other.client.client_id, "2026-03-01T09:31:00.000Z")
    changes = {entry["act"]: entry["changes"] for entry in log}
    assert changes["updated"] == {"scopes": {"before": ["registry.search"], "after": ["registry.status"]}}
    assert changes["disabled"] == {"status": {"before": "enabled", "after": "disabled"}}
    assert changes["created"]["name"] == {"after": created["name"]}
    assert changes["deleted"]["name"] == {"before": created["name"]}
    ended = {"after": "2026-03-08T09:30:00.000Z"}
    assert list(changes["secret_added"].values()) == [ended]
    assert {entry["secret_id"] for entry in log if entry["act"].startswith("secret")} == {added}


def test_a_rejected_change_is_not_logged(admin: Admin) -> None:
    """Only changes that were made are in the log."""
    client_id = admin.create().json["client_id"]
    admin.update(client_id, '"9"', sender_id="other")
    admin.update(client_id, "*", sender_id="")
    admin.send("secret_delete", client_id, secret_id="none")
    assert [entry["act"] for entry in admin.log(client_id)] == ["created"]


def test_the_log_walks_page_by_page(api: Api, admin: Admin) -> None:
    """Every entry is on one page, once, the newest first."""
    client_id = admin.create().json["client_id"]
    for _ in range(3):
        admin.send("client_disable", client_id)
        admin.send("client_enable", client_id)
    versions, following = [], ""
    while following is not None:
        sent = event("client_log", token=admin.token) | {"pathParameters": {"client_id": client_id}}
        page = api.send(sent | {"rawQueryString": f"limit=2&next={following}"}).json
        versions += [entry["version"] for entry in page["entries"]]
        following = page.get("next")
        if following:
            foreign = sent | {"rawQueryString": f"next={following}"}
            foreign["pathParameters"] = {"client_id": admin.client.client_id}
            assert api.send(foreign).status == 400
    assert versions == [7, 6, 5, 4, 3, 2, 1]


def test_an_unknown_client_has_no_log(admin: Admin) -> None:
    """The log of an unknown id is 404."""
    for client_id in ("00000000-0000-4000-8000-000000000000", "ü", ""):
        assert admin.send("client_log", client_id).status == 404


def test_changes_by_the_operator_are_logged(api: Api, admin: Admin) -> None:
    """A client that was created without the API has the operator in its log."""
    client, _ = api.client()
    assert [(entry["act"], entry["by"]) for entry in admin.log(client.client_id)] == [("created", "operator")]
