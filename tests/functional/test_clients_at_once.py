"""Concurrent changes by administrators, on DynamoDB Local: moto does not detect conflicts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import boto3
import pytest
from botocore.config import Config

from dci_cli.local import dynamodb_local
from dci_cli.local.rotation import rotate
from dci_cli.local.tables import create_tables
from dci_cli.template import read_template
from dci_rotation import app as rotation_app
from support.admin_client import Admin
from support.api import Api, Reply
from support.events import ROOT
from support.handover_officer import WRONG, handed_over

pytestmark = pytest.mark.dynamodb_local

AT_ONCE = 8
ROUNDS = 5
_PATIENT = Config(read_timeout=60, max_pool_connections=AT_ONCE)


@pytest.fixture(scope="module")
def local_api(new_api: Callable[..., Api]) -> Iterator[Api]:
    """Return an API on DynamoDB Local."""
    jar = dynamodb_local.fetch(ROOT / ".local" / "dynamodb-local")
    with dynamodb_local.running(jar) as endpoint, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_DYNAMODB", endpoint)
        dynamodb = boto3.client("dynamodb", config=_PATIENT)
        tables = {"ClientsTable": "clients-at-once", "ExchangeTable": "exchange-at-once"}
        create_tables(dynamodb, read_template(ROOT / "template.yaml").tables, tables)
        secret_id = "keys-at-once"
        boto3.client("secretsmanager").create_secret(Name=secret_id, SecretString="{}")
        made = new_api(
            clients_table="clients-at-once", exchange_table="exchange-at-once", signing_keys_secret=secret_id
        )
        vars(made.runtime)["dynamodb"] = dynamodb
        rotate(rotation_app.create_app(made.runtime), secret_id)
        yield made


@pytest.fixture
def admin(local_api: Api) -> Admin:
    """Return an administrator."""
    made = Admin(local_api)
    assert made.token
    return made


def at_once(*requests: Callable[[], Reply]) -> list[int]:
    """Send requests at once, and return their statuses, sorted."""
    with ThreadPoolExecutor(len(requests)) as pool:
        return sorted(reply.status for reply in pool.map(lambda request: request(), requests))


@pytest.mark.parametrize("number", range(ROUNDS))
def test_one_name_is_given_once(admin: Admin, number: int) -> None:
    """Of several that are registered under one name at once, one is."""
    create = partial(admin.create, name=f"Wanted {number} {admin.client.client_id}")
    assert at_once(*[create] * AT_ONCE) == [201, *[409] * (AT_ONCE - 1)]


@pytest.mark.parametrize("number", range(ROUNDS))
def test_one_version_is_changed_once(admin: Admin, number: int) -> None:
    """Of several changes of one version at once, one is made, and the others are rejected as stale."""
    client_id = admin.create().json["client_id"]
    updates = [
        partial(admin.update, client_id, '"1"', sender_id=f"{number}-{writer}.example.org")
        for writer in range(AT_ONCE)
    ]
    assert at_once(*updates) == [200, *[412] * (AT_ONCE - 1)]
    assert [entry["version"] for entry in admin.log(client_id)] == [2, 1]


@pytest.mark.parametrize("number", range(ROUNDS))
def test_one_new_name_is_given_once(admin: Admin, number: int) -> None:
    """Of several clients that are renamed alike at once, one is."""
    ids = [admin.create().json["client_id"] for _ in range(3)]
    name = f"Renamed {number} {admin.client.client_id}"
    assert at_once(*(partial(admin.update, id_, '"1"', name=name) for id_ in ids)) == [200, 409, 409]


def test_concurrent_secrets_never_exceed_two(admin: Admin) -> None:
    """Of several secrets that are added at once, one has room beside the old one."""
    client_id = admin.create().json["client_id"]
    statuses = at_once(*[partial(admin.send, "secrets_add", client_id)] * 4)
    assert statuses == [201, 409, 409, 409]
    assert len(admin.secrets(client_id)) == 2


def test_concurrent_changes_are_all_made(admin: Admin) -> None:
    """Acts that do not exclude each other are all made, one after the other, and each is logged."""
    client_id = admin.create().json["client_id"]
    acts = ["client_disable", "secrets_add", "client_revoke_tokens"]
    assert at_once(*(partial(admin.send, act, client_id) for act in acts)) == [200, 200, 201]
    assert {entry["act"] for entry in admin.log(client_id)} == {
        *("created", "disabled", "secret_added", "tokens_revoked")
    }
    assert admin.send("client_get", client_id).json["version"] == 4


def test_of_two_administrators_who_disable_each_other_one_wins(local_api: Api) -> None:
    """Whenever two administrators disable each other at once, one succeeds, and stays enabled."""
    for _ in range(ROUNDS):
        first, second = Admin(local_api), Admin(local_api)
        assert all(one.create().status == 201 for one in (first, second))
        statuses = at_once(
            partial(first.send, "client_disable", second.client.client_id),
            partial(second.send, "client_disable", first.client.client_id),
        )
        assert statuses == [200, 401]
        reader = Admin(local_api)
        shown = [reader.send("client_get", one.client.client_id).json["status"] for one in (first, second)]
        assert sorted(shown) == ["disabled", "enabled"]


def test_nothing_is_left_of_a_client_deleted_meanwhile(admin: Admin) -> None:
    """A secret added while the client is deleted either came before or is rejected: none is left."""
    for _ in range(ROUNDS):
        client_id = admin.create().json["client_id"]
        statuses = at_once(
            partial(admin.send, "client_delete", client_id), partial(admin.send, "secrets_add", client_id)
        )
        assert statuses in ([201, 204], [204, 404])
        left = admin.api.runtime.dynamodb.query(
            TableName="clients-at-once",
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"SECRET#{client_id}"}},
        )
        assert left["Items"] == []


def test_concurrent_tries_of_a_link_are_never_more_than_five(admin: Admin) -> None:
    """Of many wrong codes at once five are compared, of many right ones one makes the secret."""
    for _ in range(ROUNDS):
        client_id = admin.create().json["client_id"]
        officer = handed_over(admin, client_id)
        wrong = [partial(officer.send, WRONG, source=f"192.0.2.{number}") for number in range(AT_ONCE)]
        assert at_once(*wrong) == [*[403] * 4, *[404] * (AT_ONCE - 4)]
        assert officer.send().status == 404
        used = handed_over(admin, client_id)
        statuses = at_once(*[partial(used.send, source=f"192.0.2.{number + 100}") for number in range(4)])
        assert statuses == [200, 404, 404, 404]
        assert len(admin.secrets(client_id)) == 2
