"""The secret that a partner gave for its callbacks is shown nowhere, and sent to nobody else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.admin_client import Admin
from support.api import Api
from support.callback_secrets import FORMER, OAUTH, SECRET, URLS, in_use, stored
from support.leaks import tables
from support.logs import Logs


@pytest.fixture
def admin(api: Api) -> Admin:
    """Return an administrator."""
    return Admin(api)


def test_a_secret_stays_where_it_was_given_for(api: Api, admin: Admin) -> None:
    """A stored secret cannot be sent to another host by a change: then the change must carry the secret again."""
    oauth = admin.create(callbacks={"urls": URLS, **OAUTH, "secret": SECRET}).json["client_id"]
    bearer = admin.create(callbacks={"urls": URLS, "auth": "bearer", "secret": SECRET}).json["client_id"]
    moved = {"urls": [*URLS, "https://evil.example/"]}
    attempts: list[tuple[str, dict[str, Any]]] = [
        (oauth, {"token_url": "https://evil.example/token"}),
        (oauth, {"auth": "bearer"}),
        (bearer, OAUTH),
        (bearer, moved),
        (bearer, {"urls": ["https://partner.example:8443/dci"]}),
    ]
    for client_id, changes in attempts:
        reply = admin.update(client_id, "*", callbacks=changes)
        assert (reply.status, "must be sent again" in reply.text) == (400, True), changes
    assert admin.update(bearer, "*", callbacks={"urls": ["https://partner.example/other"]}).status == 200
    assert admin.update(oauth, "*", callbacks=moved).status == 200  # these get a token, and no secret
    assert admin.update(bearer, "*", callbacks={**moved, "secret": "another"}).status == 200
    assert (in_use(api, oauth), in_use(api, bearer)) == (SECRET, "another")


def test_a_secret_is_logged_only_as_changed(admin: Admin, logs: Logs) -> None:
    """A new secret shows by the id of its version, also in the client's log; its value is in no log and no table."""
    client_id = admin.create(callbacks={"urls": URLS, "auth": "bearer", "secret": FORMER}).json["client_id"]
    reply = admin.update(client_id, '"1"', callbacks={"secret": SECRET})
    assert (reply.status, reply.json["version"], stored(client_id)) == (200, 2, SECRET)
    [updated, _] = entries = admin.log(client_id)
    changed = updated["changes"]["callbacks"]
    assert {name for name, value in changed["before"].items() if value != changed["after"][name]} == {
        "secret_version"
    }
    answers = [reply.text, admin.send("client_get", client_id).text, json.dumps(entries)]
    everything = "\n".join([*answers, *logs.lines, tables()])
    assert (SECRET in everything, FORMER in everything) == (False, False)
