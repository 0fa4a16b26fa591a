"""The callbacks of a client: where its results may go, and with which credential."""

from __future__ import annotations

from typing import Any

import pytest

from dci_common.clients.store import ClientStore
from support.admin_client import Admin
from support.api import Api
from support.callback_secrets import OAUTH, SECRET, URLS, in_use, secrets_for_callbacks, stored
from support.example_counts import sampled
from support.logs import Logs


def test_callbacks_are_shown_without_the_secret(api: Api, admin: Admin) -> None:
    """All members that were given are shown but the secret, of which only the id of its version is."""
    notify = {"notify_url": f"{URLS[0]}/notify", "notify_spelling": "2026-02", "notify_records": "object"}
    urls = {"urls": [*URLS, "https://PARTNER.example:443/dci"], "default_url": f"{URLS[0]}/on-search"}
    callbacks = {**urls, **notify, **OAUTH}
    reply = admin.create(callbacks={**callbacks, "max_bytes": 100_000, "secret": SECRET}, open_exchanges=7)
    client_id, shown = reply.json["client_id"], dict(reply.json["callbacks"])
    version = shown.pop("secret_version")
    assert shown == {**callbacks, "urls": URLS, "max_bytes": 100_000}
    assert stored(client_id, VersionId=version) == in_use(api, client_id) == SECRET
    assert admin.send("client_get", client_id).json["callbacks"] == reply.json["callbacks"]
    assert (reply.status, reply.json["open_exchanges"], SECRET in reply.text) == (201, 7, False)


def test_members_of_callbacks_change_one_by_one(api: Api, admin: Admin) -> None:
    """A change replaces the given members of `callbacks`; null resets one, and so does another kind of credential."""
    client_id = admin.create(callbacks={"urls": URLS, **OAUTH, "secret": SECRET, "max_bytes": 200_000}).json[
        "client_id"
    ]
    more = [*URLS, "https://other.example/"]
    changed = admin.update(client_id, "*", callbacks={"urls": more, "scope": None, "max_bytes": None}).json
    assert (changed["callbacks"]["urls"], changed["callbacks"]["scope"]) == (more, "")
    assert (changed["callbacks"]["max_bytes"], changed["callbacks"]["client_id"]) == (900_000, "registry")
    assert in_use(api, client_id) == SECRET
    bearer = admin.update(client_id, "*", callbacks={"auth": "bearer", "secret": "a-token"}).json["callbacks"]
    assert (bearer["token_url"], bearer["client_id"], bearer["urls"]) == ("", "", more)
    assert (in_use(api, client_id), stored(client_id)) == ("a-token", "a-token")
    unchanged = admin.update(client_id, "*", sender_id="other").json
    assert unchanged["callbacks"] == bearer


@pytest.mark.parametrize(
    ("callbacks", "reason"),
    sampled(
        [
            (1, "callbacks must be an object"),
            ({"url": URLS}, "callbacks holds an unknown field"),
            ({"secret_version": "x"}, "callbacks holds an unknown field"),
            ({"urls": ["https://partner.example/" + str(number) for number in range(21)]}, "at most 20 entries"),
            (
                {"urls": [URLS[0], "http://partner.example/"]},
                "callbacks.urls.1 is not accepted: the URL must use https",
            ),
            ({"urls": ["https://192.0.2.1/"]}, "callbacks.urls.0 is not accepted: the URL must name its host"),
            ({"urls": ["https://partner.example/?a=b"]}, "callbacks.urls must not have a query"),
            ({"urls": [5]}, "callbacks.urls.0 must be a string"),
            ({"urls": URLS, "default_url": "https://partner.example/dcix"}, "must be below one of callbacks.urls"),
            ({"default_url": URLS[0]}, "must be below one of callbacks.urls"),
            ({"urls": URLS, "notify_url": "https://partner.example/dcix"}, "callbacks.notify_url must be below"),
            ({"notify_url": "nonsense"}, "callbacks.notify_url is not accepted: the URL must be absolute"),
            ({"notify_spelling": "2024"}, "callbacks.notify_spelling must be"),
            ({"notify_records": "array"}, "callbacks.notify_records must be"),
            ({"default_url": "nonsense"}, "callbacks.default_url is not accepted: the URL must be absolute"),
            ({"auth": "basic"}, "callbacks.auth must be 'none', 'bearer' or 'oauth'"),
            ({"auth": "bearer"}, "callbacks.auth bearer needs callbacks.secret"),
            (OAUTH, "callbacks.auth oauth needs callbacks.secret"),
            (
                {"auth": "oauth", "client_id": "x", "secret": SECRET},
                "needs callbacks.token_url and callbacks.client_id",
            ),
            ({**OAUTH, "client_id": "", "secret": SECRET}, "needs callbacks.token_url and callbacks.client_id"),
            (
                {**OAUTH, "token_url": "http://id.example/", "secret": SECRET},
                "token_url is not accepted: the URL must",
            ),
            ({**OAUTH, "token_url": "https://[::1]/", "secret": SECRET}, "token_url is not accepted: the URL must"),
            ({**OAUTH, "auth": "bearer", "secret": SECRET}, "are for callbacks.auth oauth only"),
            ({"scope": "x"}, "are for callbacks.auth oauth only"),
            ({**OAUTH, "scope": "a\r\nb", "secret": SECRET}, "callbacks.scope must have printable ASCII"),
            ({**OAUTH, "client_id": "é", "secret": SECRET}, "callbacks.client_id must have printable ASCII"),
            ({"secret": SECRET}, "callbacks.secret is for callbacks.auth bearer and oauth only"),
            ({"auth": "bearer", "secret": ""}, "callbacks.secret must have 1 to 4096 characters"),
            ({"auth": "bearer", "secret": f"{SECRET}\r\nHost: x"}, "callbacks.secret must have 1 to 4096 characters"),
            ({"auth": "bearer", "secret": f"{SECRET} {SECRET}"}, "callbacks.secret must have 1 to 4096 characters"),
            ({"auth": "bearer", "secret": SECRET * 500}, "callbacks.secret must have 1 to 4096 characters"),
            ({"auth": "bearer", "secret": {"of": SECRET}}, "callbacks.secret must be a string"),
            ({"max_bytes": 99_999}, "callbacks.max_bytes must be at least 100000"),
            ({"max_bytes": 5_000_001}, "callbacks.max_bytes must be at most 5000000"),
            ({"max_bytes": "100000"}, "callbacks.max_bytes must be a whole number"),
        ],
        12,
    ),
)
def test_invalid_callbacks_are_rejected(api: Api, admin: Admin, logs: Logs, callbacks: Any, reason: str) -> None:
    """Invalid callbacks are rejected in a new client and in a change, which store and repeat no secret."""
    client_id = admin.create().json["client_id"]
    before = secrets_for_callbacks()
    for reply in (admin.create(callbacks=callbacks), admin.update(client_id, '"1"', callbacks=callbacks)):
        assert (reply.status, reply.code) == (400, "err.request.bad"), reply.text
        assert reason in reply.json["errors"][0]["message"]
        assert SECRET not in reply.text
    assert secrets_for_callbacks() == before
    assert ClientStore(api.runtime).get(client_id).version == 1
    assert SECRET not in "\n".join(logs.lines)


def test_an_administrator_cannot_widen_its_own_exchange(admin: Admin) -> None:
    """An administrator cannot allow itself asynchronous exchange, more open exchanges or further addresses."""
    for changes in ({"flags": {"asynchronous": True}}, {"open_exchanges": 5}, {"callbacks": {"urls": URLS}}):
        reply = admin.update(admin.client.client_id, "*", **changes)
        assert (reply.status, "widen" in reply.text) == (409, True)
