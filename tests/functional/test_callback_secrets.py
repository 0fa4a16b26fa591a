"""The secret for the callbacks of a client: stored before the client, and deleted with it."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from support.admin_client import Admin
from support.api import Api
from support.call_trace import hooked
from support.callback_secrets import FORMER, OAUTH, SECRET, URLS, failing, in_use, secrets_for_callbacks, stored


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
