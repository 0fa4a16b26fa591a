"""Every route on an AWS that is slow: an answer in JSON before Lambda stops the function, and nothing half done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from dci_cli.local.rotation import STEPS, rotate
from dci_common.clients.items import client_key, name_item_key, secret_keys
from dci_rotation import app as rotation_app
from support.admin_client import Admin
from support.api import Api, Reply, identified
from support.assertion_signer import Signer
from support.events import Event, body_of, event
from support.example_counts import sampled
from support.slow_aws import TIMEOUT, Context, slow_aws
from support.stored_items import stored_items

DELAYS = [4.9, 5.1, 1, 12, 100]
BY_TOKEN = ["search", "clients_list", "clients_log", "keys_list", "keys_rotate", "keys_revoke"]
ABOUT_CLIENT = [
    *("client_get", "client_update", "client_disable", "client_enable", "client_revoke_tokens", "client_log"),
    *("secrets_list", "secrets_add", "secret_delete", "client_delete"),
    *("handovers_create", "handovers_list", "handover_withdraw"),
]
PUBLIC = ["jwks", "metadata", "health", "openapi", "unknown", "handover_json"]


@pytest.fixture
def cold(new_api: Callable[..., Api]) -> Callable[[Api], Api]:
    """Return a maker of functions that remember nothing, at the time of an API."""

    def make(api: Api) -> Api:
        made = new_api(registry_table=api.runtime.settings.registry_table)
        made.clock.now = api.clock.now
        return made

    return make


def check(reply: Reply, took: float) -> None:
    """Check that a reply came in time, and is an error only if it says that it may be repeated."""
    assert took < TIMEOUT - 0.5
    assert reply.status < 300 or reply.status in {404, 503}
    if reply.status == 503:
        assert reply.json
        assert int(reply.headers["Retry-After"]) > 0


def sent_slowly(api: Api, sent: Event, delay: float) -> Reply:
    """Send an event on an AWS each of whose calls takes so long, and check the reply."""
    began = api.clock()
    with slow_aws(api, lambda *_: delay):
        reply = api.send(sent)
    check(reply, api.clock() - began)
    return reply


@pytest.mark.parametrize("delay", sampled(DELAYS))
@pytest.mark.parametrize("name", ["token_form", "revoke", "introspect", "token_assertion"])
def test_the_oauth_endpoints_answer_in_time(api: Api, cold: Callable[[Api], Api], name: str, delay: float) -> None:
    """With a secret, after a failure, as with an assertion, for each endpoint of the token function."""
    if name == "token_assertion":
        signer = Signer.of(api)
        other = cold(api)
        signer.api = other
        began = other.clock()
        with slow_aws(other, lambda *_: delay):
            reply = signer.send(signer.assertion())
        check(reply, other.clock() - began)
        return
    client, secret = api.client(scopes=("clients.manage",))
    assert api.token(client, "wrong").status == 401
    form = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": secret}
    token = api.token_of()
    sent = event(name, body=urlencode(form if name == "token_form" else {**form, "token": token}))
    if name == "revoke":
        sent = event(name, body=urlencode({**form, "token": str(api.token(client, secret).json["access_token"])}))
    sent_slowly(cold(api), sent, delay)


@pytest.mark.parametrize("delay", sampled(DELAYS))
@pytest.mark.parametrize("name", [*BY_TOKEN, *PUBLIC])
def test_routes_answer_in_time(api: Api, cold: Callable[[Api], Api], name: str, delay: float) -> None:
    """The search, the lists, the keys, and what needs no token."""
    token = api.token_of(scopes=("registry.search", "clients.manage"))
    body: Any = None
    if name == "search":
        body = body_of("search")
        body["message"]["search_request"] = [identified("UIN", "847951632")]
    sent = event(name, body=body, token=token) if name in BY_TOKEN else event(name)
    sent_slowly(cold(api), sent, delay)


@pytest.mark.exhaustive
@pytest.mark.parametrize("delay", sampled(DELAYS))
@pytest.mark.parametrize("name", ABOUT_CLIENT)
def test_the_routes_of_a_client_answer_in_time(api: Api, cold: Callable[[Api], Api], name: str, delay: float) -> None:
    """Each route below `/clients/{client_id}`."""
    admin = Admin(api)
    client_id = str(admin.create().json["client_id"])
    [secret] = admin.secrets(client_id)
    body = {"sender_id": "other.example.org"} if name == "client_update" else None
    sent = event(name, body=body, token=admin.token, if_match='"1"')
    sent["pathParameters"] = {"client_id": client_id, "secret_id": secret["secret_id"]}
    sent_slowly(cold(api), sent, delay)


@pytest.mark.parametrize("delay", sampled(DELAYS))
@pytest.mark.parametrize("step", STEPS)
def test_a_step_of_a_rotation_ends_in_time(own_api: Callable[..., Api], step: str, delay: float) -> None:
    """A step that cannot be done in time fails, so that Secrets Manager repeats it, before it is stopped."""
    api = own_api()
    secret_id, rotation = api.runtime.settings.signing_keys_secret, f"rotation-{0:032}"
    rotate(rotation_app.create_app(api.runtime), secret_id)
    for earlier in STEPS[: STEPS.index(step)]:
        rotation_app.create_app(api.runtime)(
            {"Step": earlier, "SecretId": secret_id, "ClientRequestToken": rotation}, None
        )
    began = api.clock()
    with slow_aws(api, lambda *_: delay):
        app = rotation_app.create_app(api.runtime)
        try:
            app({"Step": step, "SecretId": secret_id, "ClientRequestToken": rotation}, Context(api.clock))
        except Exception:  # noqa: BLE001 - whichever: the step is repeated
            assert delay > 1
    assert api.clock() - began < TIMEOUT - 0.5


NAMES = iter(range(10**6))


@pytest.mark.parametrize("delay", sampled([4.9, 5.1, 12, 100]))
@pytest.mark.parametrize("slow", ["TransactWriteItems", "all but the reads before"])
def test_no_client_exists_whose_secret_was_not_shown(api: Api, delay: float, slow: str) -> None:
    """A registration is answered with its secret, or nothing is left of it: no client, no name, no secret."""
    admin, name = Admin(api), f"Slow {next(NAMES)} {api.runtime.random_bytes(8).hex()}"
    assert admin.create().status == 201
    began = api.clock()
    with slow_aws(api, lambda operation, _: delay if operation == slow or slow.startswith("all") else 0.1):
        reply = admin.create(name=name)
    check(reply, api.clock() - began)
    made = [item for item in clients(api) if item["name"]["S"] == name]
    if reply.status == 201:
        assert [item["client_id"]["S"] for item in made] == [reply.json["client_id"]]
        return
    assert made == []
    assert not found(api, name_item_key(name.casefold()))
    assert Admin(api).create(name=name).status == 201


def clients(api: Api) -> list[dict[str, Any]]:
    """Return the items of all clients."""
    items = stored_items(api.runtime.settings.clients_table)
    return [item for item in items if item["sk"] == {"S": "CLIENT"}]


def found(api: Api, key: Any) -> Any:
    """Return an item, or None."""
    return api.runtime.dynamodb.get_item(TableName=api.runtime.settings.clients_table, Key=key).get("Item")


@pytest.mark.parametrize("overlap", [0, 600])
@pytest.mark.parametrize("delay", sampled([4.9, 5.1, 12, 100]))
def test_no_secret_exists_that_was_not_shown(api: Api, delay: float, overlap: int) -> None:
    """A further secret is shown, or not added, and then the old one is accepted as before."""
    admin = Admin(api)
    client, secret = api.client()
    before = [found(api, key) for key in secret_keys(client.client_id)]
    assert admin.token
    began = api.clock()
    with slow_aws(api, lambda operation, _: delay if operation == "TransactWriteItems" else 0.1):
        reply = admin.send("secrets_add", client.client_id, body={"old_expires_in": overlap})
    check(reply, api.clock() - began)
    if reply.status == 201:
        assert api.token(client, reply.json["client_secret"]).status == 200
        return
    assert [found(api, key) for key in secret_keys(client.client_id)] == before
    assert api.token(client, secret).status == 200
    assert Admin(api).send("secrets_add", client.client_id).status == 201
    assert datetime.fromisoformat(str(found(api, client_key(client.client_id))["updated"]["S"]))


def test_without_time_for_it_no_registration_begins(api: Api) -> None:
    """Where reading took most of the time, nothing is written, and the answer says so."""
    token = Admin(api).token
    body = {"name": f"Slow {next(NAMES)}", "sender_id": "x", "scopes": ["registry.search"]}
    with slow_aws(api, lambda operation, _: 0.1 if operation == "TransactWriteItems" else 4.9) as calls:
        api.clock.advance(12)
        reply = api.send(event("clients_create", body=body, token=token))
    assert (reply.status, "TransactWriteItems" in calls) == (503, False)
    assert "no time left" in reply.json["errors"][0]["message"]
