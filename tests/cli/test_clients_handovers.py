"""`dci clients hand-over`, `handovers` and `withdraw-handover`."""

from __future__ import annotations

import json
import re

from support.admin_client import Admin
from support.api import Api
from support.handover_officer import Officer

from .conftest import Clients, new


def test_a_secret_is_handed_over(api: Api, admin: Admin, clients: Clients) -> None:
    """The command prints a link and a code, whole, and how to send them; with both there is a secret."""
    client_id = new(clients, api)["client_id"]
    printed = clients("hand-over", client_id, "--old-expires-in", 0).out
    link, code = re.search(r"^Link: (\S+)\nCode: (\S+)$", printed, re.MULTILINE).groups()  # type: ignore[union-attr]
    assert "on separate ways" in printed
    [listed] = json.loads(clients("handovers", client_id, "--json").out)
    assert f"dci clients withdraw-handover {client_id} {listed['handover_id']}\n" in printed
    assert (listed["old_expires_in"], listed["made_by"]) == (0, admin.client.client_id)
    assert Officer(api, link, code).send().status == 200
    assert json.loads(clients("handovers", client_id, "--json").out) == []
    assert len(admin.secrets(client_id)) == 1


def test_a_handover_is_withdrawn(api: Api, clients: Clients) -> None:
    """A withdrawn handover is open no more, and an unknown one is an error that says so."""
    made = new(clients, api)
    handover = json.loads(clients("hand-over", made["client_id"], "--json").out)["handover_id"]
    done = clients("withdraw-handover", made["client_id"], handover, "--yes")
    assert done.out == f"Withdrew the handover {handover} of the client {made['name']} ({made['client_id']}).\n"
    again = clients("withdraw-handover", made["client_id"], handover, "--yes")
    assert (again.status, "no open handover" in again.err) == (2, True)
