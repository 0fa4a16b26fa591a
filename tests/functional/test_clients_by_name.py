"""GET /clients?name=: the client with a name."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from dci_common.printable import without_joiners
from support.admin_client import Admin
from support.events import event
from support.example_counts import sampled


def found(admin: Admin, name: str, **query: str) -> list[str]:
    """Return the ids of the clients that are listed by a name."""
    sent = event("clients_list", token=admin.token) | {"rawQueryString": urlencode({"name": name, **query})}
    return [client["client_id"] for client in admin.api.send(sent).json["clients"]]


@pytest.mark.parametrize("spelling", ["{}", " {} ", "\uff2d{}"])
def test_a_client_is_found_by_its_name(admin: Admin, spelling: str) -> None:
    """The list by name has the one client whose name is the same, in any case, spacing and compatibility form."""
    made = admin.create().json
    name = made["name"].upper().replace(" ", "  ")
    name = name[1:] if spelling.startswith("\uff2d") else name
    assert found(admin, spelling.format(name)) == [made["client_id"]]
    assert found(admin, spelling.format(name), status="enabled") == [made["client_id"]]
    assert found(admin, spelling.format(name), status="disabled") == []


@pytest.mark.parametrize("name", ["سازمان\u200cهای رفاه", "ශ්\u200dරී ලංකා"])
def test_a_name_has_the_joiners_of_its_script(admin: Admin, name: str) -> None:
    """Persian and Sinhala are written with joiners: a name keeps them, is found without, and a sender id has none."""
    made = admin.create(name=name)
    assert (made.status, made.json["name"]) == (201, name)
    assert found(admin, without_joiners(name)) == found(admin, name) == [made.json["client_id"]]
    assert admin.create(sender_id=name).status == 400


@pytest.mark.parametrize(
    "name", sampled(["", " ", "nobody", "Ministry", "x" * 5000, "\x00", "\ufdfa" * 100], 3), ids=map(str, range(7))
)
def test_a_name_of_nobody_finds_nobody(admin: Admin, name: str) -> None:
    """A name that no client has, or could have, finds no client, and not the list of all."""
    admin.create()
    assert found(admin, name) == []


def test_a_former_name_finds_nobody(admin: Admin) -> None:
    """A renamed client is found by its new name only, and a deleted one not at all."""
    made = admin.create().json
    admin.update(made["client_id"], "*", name=f"{made['name']} renamed")
    assert found(admin, made["name"]) == []
    assert found(admin, f"{made['name']} renamed") == [made["client_id"]]
    admin.send("client_delete", made["client_id"])
    assert found(admin, f"{made['name']} renamed") == []
