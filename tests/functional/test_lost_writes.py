"""Every write of every function, once with its answer lost: nothing happens or counts twice, and nobody is barred."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from urllib.parse import urlencode

import pytest

from dci_cli.local.rotation import STEPS, rotate, rotating
from dci_common.clients.items import usage_key
from dci_common.oauth.key_ring import REPLACING, KeyRing
from dci_common.oauth.public_key_store import KeyUse, read_public_keys
from dci_rotation import app as rotation_app
from support.admin_client import Admin
from support.api import Api, Reply, predicate
from support.assertion_signer import Signer
from support.callback_secrets import FORMER, SECRET, URLS, in_use
from support.events import event
from support.example_counts import sampled
from support.lost_answers import functions_lose
from support.stored_items import disclosures, items_of

T = TypeVar("T")
FOUND = predicate(("UIN", "in", ["847951632", "TEST-001", "TEST-002"]))  # reserves three records, and finds one


def each_lost(
    api: Api, writes: list[str], prepare: Callable[[], T], act: Callable[[T], Reply]
) -> Iterator[tuple[int, T, Reply]]:
    """Act once for each write, whose answer is lost, and once undisturbed, each time on something newly prepared.

    `writes` are the operations of the undisturbed act. Yields the write's number, and what came of the act.
    """
    for number in range(len(writes) + 1):
        subject = prepare()
        with functions_lose(api, number) as answers:
            reply = act(subject)
        if number == len(writes):
            assert answers.writes == writes
        else:
            assert answers.is_lost
        yield number, subject, reply


def usage(api: Api, client_id: str) -> dict[str, list[int]]:
    """Return how many failures are counted of a client, for each address, and when it used each credential."""
    items = api.runtime.dynamodb.query(
        TableName=api.runtime.settings.clients_table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": usage_key(client_id)["pk"]},
    )["Items"]
    failures = [int(item["failures"]["N"]) for item in items if "failures" in item]
    used = [int(value["N"]) for item in items if "failures" not in item for value in item.values() if "N" in value]
    return {"failures": failures, "used": used}


def test_a_right_secret_gets_a_token(api: Api) -> None:
    """The use is recorded, an earlier failure is forgotten, and the client gets its token, whatever is lost."""

    def prepare() -> Any:
        client, secret = api.client()
        assert api.token(client, "wrong").status == 401
        return client, secret

    for _, (client, _), reply in each_lost(api, ["UpdateItem", "DeleteItem"], prepare, lambda it: api.token(*it)):
        assert reply.status == 200
        assert usage(api, client.client_id) == {"failures": [], "used": [int(api.clock())]}


def test_a_wrong_secret_counts_once(api: Api) -> None:
    """One wrong secret is one failure, also when the count's answer is lost."""
    for number, (client, _), reply in each_lost(
        api, ["UpdateItem"], api.client, lambda it: api.token(it[0], "wrong")
    ):
        assert reply.status == (503 if number == 0 else 401)
        assert usage(api, client.client_id)["failures"] == [1]


def test_an_assertion_is_never_its_own_replay(api: Api) -> None:
    """No assertion is reported as used before on its first use, and the next one gets a token."""
    for number, signer, reply in each_lost(
        api, ["PutItem", "UpdateItem"], lambda: Signer.of(api), lambda it: it.send(it.assertion())
    ):
        assert reply.status == (503 if number == 0 else 200)
        assert "used before" not in reply.text
        assert usage(api, signer.client.client_id)["failures"] == []
        assert signer.send(signer.assertion()).status == 200


def test_a_revoked_token_is_revoked(api: Api) -> None:
    """RFC 7009's endpoint answers 200, and the token is at its end."""

    def prepare() -> tuple[dict[str, str], str]:
        client, secret = api.client()
        token = str(api.token(client, secret).json["access_token"])
        return {"client_id": client.client_id, "client_secret": secret, "token": token}, token

    def revoke(prepared: tuple[dict[str, str], str]) -> Reply:
        return api.send(event("revoke", body=urlencode(prepared[0])))

    for _, (_, token), reply in each_lost(api, ["UpdateItem", "PutItem"], prepare, revoke):
        assert (reply.status, api.search(token=token).status) == (200, 401)


@pytest.mark.exhaustive
def test_a_search_is_counted_once_and_never_below_nothing(api: Api) -> None:
    """Requests and records are never counted twice, and nothing that is released makes a day negative."""
    client, secret = api.client(requests_a_minute=1000, records_a_day=1000)
    token = str(api.token(client, secret).json["access_token"])
    assert api.search(FOUND, token=token).status == 200
    before = counted(api, client.client_id)
    writes = ["UpdateItem", "PutItem", "UpdateItem"]  # reservation, audit, release
    for number, _, reply in each_lost(api, writes, lambda: None, lambda _: api.search(FOUND, token=token)):
        after = counted(api, client.client_id)
        assert reply.status == (503 if number == 0 else 200)
        assert after["requests"] == before["requests"] + 1
        assert after["records"] == before["records"] + (3 if number == 0 else 1)
        before = after
    audited = [item for item in audit(api) if item["client_id"]["S"] == client.client_id]
    assert len([item for item in audited if "withheld" not in item]) == 4  # the first, and three that were answered


def counted(api: Api, client_id: str) -> dict[str, int]:
    """Return what is counted of a client today."""
    [item] = items_of(api.runtime.settings.exchange_table, f"RATE#{client_id}")
    return {name: int(item[name]["N"]) for name in ("requests", "records")}


def audit(api: Api) -> list[dict[str, Any]]:
    """Return all audit items."""
    return disclosures(table=api.runtime.settings.audit_table)


def test_a_client_is_registered_once(api: Api) -> None:
    """The one answer has the secret of the one client."""
    admin = Admin(api)
    assert admin.token
    for _, _, reply in each_lost(api, ["TransactWriteItems"], lambda: None, lambda _: admin.create()):
        assert reply.status == 201
        made = api.runtime.dynamodb.query(
            TableName=api.runtime.settings.clients_table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"CLIENT#{reply.json['client_id']}"}},
        )
        assert made["Count"] == 1
        assert [entry["act"] for entry in admin.log(reply.json["client_id"])] == ["created"]


@pytest.mark.parametrize(
    ("name", "status"),
    sampled(
        [
            ("client_update", 200),
            ("client_disable", 200),
            ("client_revoke_tokens", 200),
            ("secrets_add", 201),
            ("secret_delete", 204),
            ("client_delete", 204),
        ],
        2,
    ),
)
def test_a_change_is_made_once(api: Api, name: str, status: int) -> None:
    """Each administrative write takes one version and one log entry, and its answer is that of its success."""
    admin = Admin(api)

    def prepare() -> tuple[str, str]:
        created = str(admin.create().json["client_id"])
        return created, admin.secrets(created)[0]["secret_id"]

    def act(created: tuple[str, str]) -> Reply:
        body = {"sender_id": "other.example.org"} if name == "client_update" else None
        return admin.send(name, created[0], body=body, secret_id=created[1], if_match='"1"')

    writes = ["TransactWriteItems"]
    if name == "client_delete":  # beside the client's: the mark for its subscriptions, and their end
        writes = ["TransactWriteItems", "DeleteSecret", *writes, "TransactWriteItems"]
    for _, (client_id, _), reply in each_lost(api, writes, prepare, act):
        assert reply.status == status
        assert [entry["version"] for entry in admin.log(client_id)] == [2, 1]
        if status == 200:
            assert reply.json["version"] == 2


def test_a_secret_for_callbacks_is_stored_once(api: Api) -> None:
    """The secret of a new client, and a changed one, are stored and used, whatever is lost."""
    admin = Admin(api)
    callbacks = {"urls": URLS, "auth": "bearer", "secret": FORMER}

    def change(client_id: str) -> Reply:
        return admin.update(client_id, '"1"', callbacks={"secret": SECRET})

    for _, _, created in each_lost(
        api, ["CreateSecret", "TransactWriteItems"], lambda: None, lambda _: admin.create(callbacks=callbacks)
    ):
        assert (created.status, in_use(api, created.json["client_id"])) == (201, FORMER)
    for _, client_id, changed in each_lost(
        api,
        # The first is rejected: there is one.
        ["CreateSecret", "PutSecretValue", "TransactWriteItems", "DeleteSecret"],
        lambda: str(admin.create(callbacks=callbacks).json["client_id"]),
        change,
    ):
        assert (changed.status, changed.json["version"], in_use(api, client_id)) == (200, 2, SECRET)


@pytest.mark.parametrize("name", ["keys_rotate", "keys_revoke"])
def test_keys_are_rotated_once(own_api: Callable[..., Api], name: str) -> None:
    """A rotation whose start, or whose entry in the log, is not confirmed is started once, and logged once."""
    api = own_api()
    rotation, started = rotation_app.create_app(api.runtime), []
    rotate(rotation, api.runtime.settings.signing_keys_secret)
    token = Admin(api).token
    with rotating(lambda sent, _: started.append(sent["ClientRequestToken"]) or {}):  # type: ignore[func-returns-value]
        calls = ["TransactWriteItems", "RotateSecret"]
        for _, _, reply in each_lost(
            api, calls, lambda: api.clock.advance(1), lambda _: api.send(event(name, token=token))
        ):
            assert reply.status == 202
    assert len(started) == len(STEPS) * 3
    assert len(items_of(api.runtime.settings.clients_table, "LOG#keys#tokens")) == 3


@pytest.mark.parametrize("prefix", ["", REPLACING])
def test_a_rotation_is_completed_by_its_repeated_step(own_api: Callable[..., Api], prefix: str) -> None:
    """Secrets Manager repeats a step that failed: the ring is then whole, and rotated once."""
    api = own_api()
    secret_id = api.runtime.settings.signing_keys_secret
    rotate(rotation_app.create_app(api.runtime), secret_id)
    for lost in range(4):
        before, name = ring(api), f"{prefix}rotation-{lost:032}"
        with functions_lose(api, lost) as answers:
            app = rotation_app.create_app(api.runtime)
            for step in STEPS:
                until_done(lambda: app({"Step": step, "SecretId": secret_id, "ClientRequestToken": name}, None))  # noqa: B023
        assert answers.is_lost
        after = ring(api)
        published = {key.kid: key.state for key in read_public_keys(api.runtime, KeyUse.TOKENS, consistent=True).keys}
        assert published == {jwk["kid"]: state for jwk, state in after.public_keys()}
        assert (after.current == before.next) == (not prefix)


def until_done(act: Callable[[], object]) -> None:
    """Act again after a failure, once, as Secrets Manager does."""
    try:
        act()
    except Exception:  # noqa: BLE001 - of any kind
        act()


def ring(api: Api) -> KeyRing:
    """Return the ring in force."""
    secret_id = api.runtime.settings.signing_keys_secret
    secret = api.runtime.secrets.get_secret_value(SecretId=secret_id, VersionStage="AWSCURRENT")
    found = KeyRing.from_secret(secret["SecretString"])
    assert found is not None
    return found
