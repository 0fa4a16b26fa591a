"""The callbacks of a client: where its results may go, and the secret for them, which is never shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from dci_common.clients.store import ClientStore
from support.admin_client import Admin
from support.api import Api
from support.call_trace import hooked
from support.example_counts import sampled
from support.leaks import tables
from support.logs import Logs

URLS = ["https://partner.example/dci"]
OAUTH = {"auth": "oauth", "token_url": "https://id.example/token", "client_id": "registry", "scope": "callbacks"}
SECRET = "s3cret-of-the-partner"
FORMER = "former-s3cret-of-the-partner"


@pytest.fixture
def admin(api: Api) -> Admin:
    """Return an administrator."""
    return Admin(api)


def stored(client_id: str, **version: str) -> str | None:
    """Return what Secrets Manager has for a client."""
    secrets = boto3.client("secretsmanager")
    try:
        return str(secrets.get_secret_value(SecretId=f"dci/callbacks/{client_id}", **version)["SecretString"])
    except secrets.exceptions.ResourceNotFoundException:
        return None


def in_use(api: Api, client_id: str) -> str | None:
    """Return the secret that the delivery uses for a client, by its registration."""
    version = ClientStore(api.runtime).get(client_id).callbacks.secret_version
    return stored(client_id, VersionId=version) if version else None


def secrets_for_callbacks() -> set[str]:
    """Return the names of all secrets for callbacks."""
    pages = boto3.client("secretsmanager").get_paginator("list_secrets").paginate()
    names = {secret["Name"] for page in pages for secret in page["SecretList"]}
    return {name for name in names if name.startswith("dci/callbacks/")}


@contextmanager
def failing(api: Api, *operations: str, code: str = "InternalServiceError") -> Iterator[None]:
    """Have Secrets Manager reject operations."""

    def fail(operation: str, _: Any) -> None:
        if operation in operations:
            raise ClientError({"Error": {"Code": code, "Message": SECRET}}, operation)

    with hooked(api.runtime, fail):
        yield


def test_callbacks_are_shown_without_the_secret(api: Api, admin: Admin) -> None:
    """All members that were given are shown but the secret, of which only the id of its version is."""
    callbacks = {"urls": [*URLS, "https://PARTNER.example:443/dci"], "default_url": f"{URLS[0]}/on-search", **OAUTH}
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
    told = "\n".join([*answers, *logs.lines, tables()])
    assert (SECRET in told, FORMER in told) == (False, False)


@pytest.mark.parametrize("changes", [{"callbacks": {"auth": "none"}}, {"callbacks": None}])
def test_without_a_credential_the_secret_is_deleted(api: Api, admin: Admin, changes: dict[str, Any]) -> None:
    """Where callbacks need no secret any more, it is deleted; if that fails, the same change deletes it."""
    client_id = admin.create(callbacks={"urls": URLS, **OAUTH, "secret": SECRET}).json["client_id"]
    with failing(api, "DeleteSecret"):
        assert admin.update(client_id, "*", **changes).status == 503
    assert in_use(api, client_id) is None
    assert admin.update(client_id, "*", **changes).status == 200
    assert stored(client_id) is None


def test_a_secret_is_deleted_with_its_client(api: Api, admin: Admin) -> None:
    """A client is deleted only after its secret, so that both can be deleted again where Secrets Manager fails."""
    client_id = admin.create(callbacks={"urls": URLS, "auth": "bearer", "secret": SECRET}).json["client_id"]
    assert admin.send("client_delete", client_id, if_match='"2"').status == 412
    assert stored(client_id) == SECRET
    with failing(api, "DeleteSecret"):
        reply = admin.send("client_delete", client_id)
        assert (reply.status, "Retry-After" in reply.headers, SECRET in reply.text) == (503, True, False)
    assert admin.send("client_get", client_id).status == 200
    assert admin.send("client_delete", client_id).status == 204
    assert (stored(client_id), admin.send("client_get", client_id).status) == (None, 404)


def test_an_administrator_that_cannot_delete_itself_keeps_its_secret(admin: Admin) -> None:
    """A deletion that is rejected deletes no secret."""
    own = admin.client.client_id
    boto3.client("secretsmanager").create_secret(Name=f"dci/callbacks/{own}", SecretString=SECRET)
    assert admin.send("client_delete", own).status == 409
    assert stored(own) == SECRET


def test_a_client_that_cannot_be_stored_leaves_no_secret(api: Api, admin: Admin) -> None:
    """A new client whose name is taken, or whose secret cannot be stored, leaves neither client nor secret."""
    before = secrets_for_callbacks()
    name = admin.create().json["name"]
    callbacks = {"urls": URLS, "auth": "bearer", "secret": SECRET}
    assert admin.create(name=name, callbacks=callbacks).status == 409
    with failing(api, "CreateSecret"):
        assert admin.create(name=f"{name} 2", callbacks=callbacks).status == 503
    with failing(api, "TransactWriteItems", "DeleteSecret"):
        assert admin.create(name=f"{name} 3", callbacks=callbacks).status == 503
    [orphan] = secrets_for_callbacks() - before  # no client names it
    with failing(api, "TransactWriteItems"):
        assert admin.create(name=f"{name} 4", callbacks=callbacks).status == 503
    assert secrets_for_callbacks() - before == {orphan}
    assert admin.create(name=f"{name} 2", callbacks=callbacks).status == 201


def test_a_secret_of_a_change_that_fails_is_not_used(api: Api, admin: Admin) -> None:
    """A secret that was stored before its change failed does not replace the one in use, which goes on being used."""
    client_id = admin.create(callbacks={"urls": URLS, **OAUTH, "secret": FORMER}).json["client_id"]
    changes = {"token_url": "https://other.example/token", "secret": SECRET}
    for operation in ("PutSecretValue", "TransactWriteItems"):
        with failing(api, operation):
            assert admin.update(client_id, '"1"', callbacks=changes).status == 503
        assert in_use(api, client_id) == FORMER
    assert admin.update(client_id, '"2"', callbacks=changes).status == 412
    assert admin.update(client_id, '"1"', callbacks=changes).status == 200
    assert in_use(api, client_id) == SECRET


@pytest.mark.parametrize("code", ["InvalidRequestException", "ResourceNotFoundException"])
def test_a_secret_that_is_being_deleted_can_be_stored_soon(api: Api, admin: Admin, code: str) -> None:
    """While Secrets Manager still deletes a client's former secret, the answer says when to repeat the request."""
    client_id = admin.create(callbacks={"urls": URLS, "auth": "bearer", "secret": FORMER}).json["client_id"]
    error = {"Error": {"Code": code, "Message": SECRET}}
    raised = getattr(api.runtime.secrets.exceptions, code)(error, "PutSecretValue")

    def fail(operation: str, _: Any) -> None:
        if operation == "PutSecretValue":
            raise raised

    with hooked(api.runtime, fail):
        reply = admin.update(client_id, "*", callbacks={"secret": SECRET})
    assert (reply.status, reply.headers["Retry-After"]) == (503, "5")
    assert admin.update(client_id, "*", callbacks={"secret": SECRET}).status == 200


def test_a_deployments_own_key_encrypts_the_secret(api: Api, new_api: Any) -> None:
    """With a KMS key of the deployment, the secret is encrypted with it."""
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    admin = Admin(new_api(callback_secrets_key=key))
    client_id = admin.create(callbacks={"urls": URLS, "auth": "bearer", "secret": SECRET}).json["client_id"]
    described = boto3.client("secretsmanager").describe_secret(SecretId=f"dci/callbacks/{client_id}")
    assert (described["KmsKeyId"], in_use(api, client_id)) == (key, SECRET)


def test_an_administrator_cannot_widen_its_own_exchange(admin: Admin) -> None:
    """An administrator cannot allow itself asynchronous exchange, more open exchanges or further addresses."""
    for changes in ({"flags": {"asynchronous": True}}, {"open_exchanges": 5}, {"callbacks": {"urls": URLS}}):
        reply = admin.update(admin.client.client_id, "*", **changes)
        assert (reply.status, "widen" in reply.text) == (409, True)
