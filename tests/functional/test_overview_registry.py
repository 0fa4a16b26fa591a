"""GET /overview: how old the data of a registry is that follows a database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dci_cli.local.demo import Population
from dci_common.registry.storage.keys import FOLLOW_KEY
from dci_common.timestamps import timestamp
from support import stored_items
from support.own_clients import Own
from support.registries import registry_of


def overview(own: Own) -> Any:
    """Return the overview."""
    reply = own.read("overview")
    assert reply.status == 200, reply
    return reply.json


def test_how_old_a_followed_registry_is(new_own: Callable[..., Own]) -> None:
    """What is followed is there, with the last failure; 15 minutes are too old, unless it was loaded once."""
    with registry_of(Population([])) as table:
        own = new_own(registry_table=table)
        assert "registry" not in overview(own)
        now = own.api.clock()

        def note(**members: dict[str, Any]) -> None:
            item: Any = {**FOLLOW_KEY, "database": {"S": "an-id"}, "holder": {"S": "host:1"}, **members}
            stored_items.tests_client().put_item(TableName=table, Item=item)

        note(loading={"S": "yes"}, version={"S": "OpenSPP 17"})
        shown = overview(own)
        assert shown["registry"] == {
            "follows": "OpenSPP 17",
            "outcome": "loading",
            "records_apart": 0,
            "is_following": False,
            "is_old": True,
        }
        passed = {"moment": {"N": f"{now - 900}"}, "finished": {"N": f"{now}"}, "problems": {"N": "2"}}
        note(version={"S": "OpenSPP 17"}, following={"BOOL": True}, **passed)
        shown = overview(own)
        assert shown["health"] == {"status": "ok", "parts": []}
        read = {
            "follows": "OpenSPP 17",
            "as_of": timestamp(now - 900),
            "last_pass": timestamp(now),
            "records_apart": 2,
            "is_following": True,
        }
        assert shown["registry"] == read | {"outcome": "succeeded", "is_old": False}
        own.api.clock.advance(1)
        assert overview(own)["health"] == {"status": "attention", "parts": ["registry"]}
        note(version={"S": "OpenSPP 17"}, **passed)
        assert overview(own)["registry"] == read | {"outcome": "succeeded", "is_following": False, "is_old": False}
        assert overview(own)["health"] == {"status": "ok", "parts": []}
        note(outcome={"S": "OpenSPP's database stopped answering."})
        assert overview(own)["registry"] == {
            "outcome": "failed",
            "reason": "OpenSPP's database stopped answering.",
            "records_apart": 0,
            "is_following": False,
            "is_old": True,
        }
