"""The lists of clients: by the beginning of their names, by status, with their last use; and of deleted ones."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

from dci_common.clients.items import LISTED_DELETED
from dci_common.timestamps import timestamp
from support.own_clients import Own


def named(own: Own, *names: str) -> list[str]:
    """Register clients with these names, and return their ids."""
    return [own.api.client(name=name)[0].client_id for name in names]


def test_a_list_by_the_beginning_of_names(own: Own) -> None:
    """`name_begins` lists the clients whose names begin so, whatever their case and spacing, by pages."""
    named(own, "Ministry of Health", "ministry  of Education", "Ministries united", "A ministry", "\u00c9cole", "Z")
    for beginning, found in {
        "MINISTRY OF": ["ministry  of Education", "Ministry of Health"],
        " minist": ["Ministries united", "ministry  of Education", "Ministry of Health"],
        "\u00e9": ["\u00c9cole"],
        "z": ["Z"],
        "zz": [],
    }.items():
        for limit in (1, 2, 100):
            listed = own.entries("clients_list", "clients", name_begins=beginning, limit=limit)
            assert [client["name"] for client in listed] == found
    [page] = own.pages("clients_list", "clients", name_begins="minist", status="disabled")
    assert page == []


def test_what_no_name_begins_with_is_rejected(own: Own) -> None:
    """A beginning that no name can have is 400, and so is one beside a name."""
    for beginning in ("", " ", "x" * 513, "\ufdfa" * 100):
        reply = own.read("clients_list", name_begins=beginning)
        assert (reply.status, "name_begins must have" in reply.text) == (400, True)
    assert own.read("clients_list", name_begins="a", name="b").status == 400


def test_the_position_of_another_list_is_rejected(own: Own) -> None:
    """`next` of one list is none of another, whatever is done to it, and nothing fails."""
    named(own, "Ministry A", "Ministry B", "Office")
    for client_id in named(own, "Gone 1", "Gone 2"):
        assert own.amina.send("client_delete", client_id=client_id).status == 204
    of_all = own.read("clients_list", limit=2).json["next"]
    of_deleted = own.read("clients_deleted", limit=1).json["next"]
    assert own.read("clients_list", name_begins="office", next=of_all).status == 400
    assert own.read("clients_list", next=of_deleted).status == 400
    assert own.read("clients_deleted", next=of_all).status == 400
    assert own.read("clients_log", next=of_deleted).status == 400
    position = json.loads(base64.b64decode(of_all))
    for changes in ({"listed": LISTED_DELETED}, {"name_key": "\x00"}, {"name_key": ""}, {"pk": 1}, {"further": "x"}):
        changed = base64.urlsafe_b64encode(json.dumps(position | changes).encode()).decode()
        assert own.read("clients_list", next=changed).status == 400, changes


def test_a_page_by_status_is_whole(own: Own) -> None:
    """A page has as many clients with the status as were asked for, however many others lie between them."""
    ids = named(own, *(f"Client {number:03}" for number in range(230)))
    wanted = [ids[number] for number in (0, 5, 120, 121, 229)]
    for client_id in wanted:
        own.amina.send("client_disable", client_id=client_id)
    for limit, lengths in {2: [2, 2, 1], 5: [5], 100: [5]}.items():
        found = own.pages("clients_list", "clients", status="disabled", limit=limit)
        assert [len(page) for page in found] == lengths
        assert [client["client_id"] for page in found for client in page] == wanted
    assert len(own.entries("clients_list", "clients", status="enabled", limit=100)) == 225


def test_a_page_of_waiting_changes_is_whole(new_own: Callable[..., Own]) -> None:
    """A page of approvals with a status has as many of them as were asked for."""
    own = new_own(approvals="widening")
    owner = own.registered()
    asked = [own.waiting(owner, disclosure=["full"]) for _ in range(6)]
    for approval_id in asked[1:5]:
        own.amina.withdraw(approval_id)
        own.api.clock.advance(1)
    found = own.pages("approvals_list", "approvals", status="waiting", limit=2)
    # Others of the same moment may follow, in the order of their random ids.
    assert [len(page) for page in found if page] == [2]
    assert {one["approval_id"] for one in found[0]} == {asked[0], asked[5]}


def test_the_list_says_when_a_client_was_last_used(own: Own) -> None:
    """`last_used` is the newest use of any of a client's credentials; a client that never used one has none."""
    client, secret = own.api.client(name="Used", scopes=("registry.search",))
    named(own, "Unused")
    own.api.token(client, secret)
    own.api.clock.advance(3600)
    other = own.amina.send("secrets_add", body={}, client_id=client.client_id).json["client_secret"]
    own.api.token(client, other)
    listed = {one["name"]: one.get("last_used") for one in own.entries("clients_list", "clients")}
    assert listed == {"Used": timestamp(own.api.clock()), "Unused": None}
    [by_name] = own.entries("clients_list", "clients", name="used")
    assert by_name["last_used"] == timestamp(own.api.clock())


def test_deleted_clients_are_listed(own: Own) -> None:
    """The list of deleted clients says which, when and by whom, the last one first; no other client is in it."""
    first, second, third = named(own, "First", "Second", "Third")
    for client_id in (first, second):
        own.api.clock.advance(60)
        assert own.amina.send("client_delete", client_id=client_id).status == 204
    now = own.api.clock()
    by = {"by": own.amina.id, "by_name": "Amina"}
    assert own.entries("clients_deleted", "clients", limit=1) == [
        {"client_id": second, "name": "Second", "deleted": timestamp(now), **by},
        {"client_id": first, "name": "First", "deleted": timestamp(now - 60), **by},
    ]
    assert own.read("client_get", {"client_id": third}).status == 200
    [entry, *_] = own.read("client_log", {"client_id": first}).json["entries"]
    assert (entry["act"], entry["at"]) == ("deleted", timestamp(now - 60))
