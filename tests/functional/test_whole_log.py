"""/clients/log: the changes of all clients, also of deleted ones."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from support.admin_client import Admin
from support.api import Api, Reply
from support.events import event


def read(admin: Admin, query: str = "", name: str = "clients_log") -> Reply:
    """Read a page of the log, or of another list."""
    return admin.api.send(event(name, token=admin.token) | {"rawQueryString": query})


def walk(admin: Admin, limit: int, name: str = "clients_log", member: str = "entries") -> list[dict[str, Any]]:
    """Read the log, or another list, page by page."""
    entries, following = [], ""
    while following is not None:
        page = read(admin, f"limit={limit}&next={following}", name).json
        assert len(page[member]) <= limit
        entries += page[member]
        following = page.get("next")
    return entries


@pytest.mark.exhaustive
def test_changes_of_all_clients_are_listed_the_newest_first(api: Api, admin: Admin) -> None:
    """Each entry names its client, by id and by the name it had, and a deleted client's entries remain."""
    gone, other = admin.create(name="Whole log: gone").json, admin.create(name="Whole log: other").json
    api.clock.advance(1)
    admin.update(other["client_id"], "*", name="Whole log: renamed")
    api.clock.advance(1)
    admin.send("client_delete", gone["client_id"])
    own = {gone["client_id"], other["client_id"]}
    found = [entry for entry in walk(admin, 100) if entry["client_id"] in own]
    assert [(entry["act"], entry["name"]) for entry in found[:2]] == [
        ("deleted", "Whole log: gone"),
        ("updated", "Whole log: renamed"),
    ]
    assert {(entry["act"], entry["name"]) for entry in found[2:]} == {
        ("created", "Whole log: gone"),
        ("created", "Whole log: other"),
    }
    assert found[0] == admin.log(gone["client_id"])[0]


@pytest.mark.exhaustive
def test_every_entry_is_on_one_page(api: Api, admin: Admin) -> None:
    """Pages of any size have the same entries, each once, in the order of time, also those of one moment."""
    for _ in range(5):
        admin.send("client_disable", admin.create().json["client_id"])
    api.clock.advance(1)
    admin.create()
    entries = walk(admin, 2)
    assert [entry["at"] for entry in entries] == sorted((entry["at"] for entry in entries), reverse=True)
    assert len({json.dumps(entry) for entry in entries}) == len(entries) >= 11
    assert walk(admin, 100) == entries


@pytest.mark.parametrize(
    "position",
    [
        {"pk": "LOG#1", "sk": "1"},
        {"pk": "CLIENT#1", "sk": "CLIENT", "listed": "CLIENT", "name_key": "a"},
        {"pk": "LOG#1", "sk": "1", "listed": "LOG", "name_key": 1},
    ],
    ids=["of one client", "of the clients", "of no text"],
)
def test_the_position_of_another_list_is_rejected(admin: Admin, position: dict[str, object]) -> None:
    """A `next` that this list did not return is rejected, and the list of clients rejects one of the log."""
    following = base64.urlsafe_b64encode(json.dumps(position).encode()).decode()
    assert read(admin, f"next={following}").status == 400
    logged = base64.urlsafe_b64encode(
        json.dumps({"pk": "LOG#1", "sk": "1", "listed": "LOG", "name_key": "1"}).encode()
    ).decode()
    assert (
        admin.api.send(event("clients_list", token=admin.token) | {"rawQueryString": f"next={logged}"}).status == 400
    )


@pytest.mark.exhaustive
def test_the_log_is_not_in_the_list_of_clients(admin: Admin) -> None:
    """The index that lists the log does not show it among the clients, also where a client has several entries."""
    client_id = admin.create().json["client_id"]
    admin.send("client_disable", client_id)
    listed = [client["client_id"] for client in walk(admin, 100, "clients_list", "clients")]
    assert listed.count(client_id) == 1


def test_a_reader_sees_the_log(api: Api) -> None:
    """The scope `clients.read` is enough."""
    assert read(Admin(api, ("clients.read",))).status == 200
