"""The secrets for callbacks of changes that wait: nobody can read them, and they go where a change is not made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest

from dci_common.clients.model import held_secret
from dci_common.timestamps import timestamp
from support.callback_secrets import FORMER, SECRET, failing, in_use, secrets_for_callbacks

if TYPE_CHECKING:
    from support.api import Reply
    from support.approvals import Office

CALLBACKS: dict[str, Any] = {"urls": ["https://partner.example.org/dci"], "auth": "bearer", "secret": SECRET}
MOVED: dict[str, Any] = {**CALLBACKS, "urls": ["https://other.example.org/dci"]}
WEEK = 7 * 86_400


def asked(office: Office, kind: str) -> Reply:
    """Ask for a new client, or for an update of one that has a secret or none."""
    if kind == "new":
        return office.amina.create(callbacks=CALLBACKS)
    has = {"callbacks": {**CALLBACKS, "secret": FORMER}} if kind == "with a secret" else {}
    return office.amina.update(office.registered(**has), callbacks=MOVED)


def waiting(office: Office, reply: Reply) -> dict[str, Any] | None:
    """Return what Secrets Manager has of the secret of a change; None if it is gone."""
    shown = office.bo.send("approval_get", approval_id=reply.json["approval_id"])
    assert SECRET not in reply.text + shown.text
    version = shown.json["after"]["callbacks"]["secret_version"]
    secrets = boto3.client("secretsmanager")
    try:
        return dict(
            secrets.describe_secret(SecretId=f"dci/callbacks/{held_secret(reply.json['client_id'], version)}")
        )
    except secrets.exceptions.ResourceNotFoundException:
        return None


KINDS = pytest.mark.parametrize("kind", ["new", "without a secret", "with a secret"])


@KINDS
def test_a_secret_is_used_from_the_approval_on(office: Office, kind: str) -> None:
    """Nobody can read a secret that waits; from the approval on it is used, and it goes with its client."""
    before = secrets_for_callbacks()
    reply = asked(office, kind)
    approval_id, client_id = reply.json["approval_id"], reply.json["client_id"]
    described = waiting(office, reply)
    assert described
    with pytest.raises(boto3.client("secretsmanager").exceptions.InvalidRequestException):
        boto3.client("secretsmanager").get_secret_value(SecretId=described["Name"])
    if kind != "new":
        assert in_use(office.api, client_id) == (FORMER if kind == "with a secret" else None)
    assert office.bo.approve(approval_id).status == 200
    assert in_use(office.api, client_id) == SECRET
    assert "DeletedDate" not in (waiting(office, reply) or {})
    assert office.amina.send("client_delete", client_id=client_id).status == 204
    assert secrets_for_callbacks() == before


@KINDS
@pytest.mark.parametrize("end", ["reject", "withdraw"])
def test_a_secret_goes_with_the_change_that_is_not_made(office: Office, kind: str, end: str) -> None:
    """The secret of a change that is rejected or withdrawn is deleted at once, and the one in use stays."""
    before = secrets_for_callbacks()
    reply = asked(office, kind)
    client_id = reply.json["client_id"]
    with failing(office.api, "DeleteSecret"):
        assert getattr(office.bo if end == "reject" else office.amina, end)(reply.json["approval_id"]).status == 503
    assert waiting(office, reply)
    assert getattr(office.bo if end == "reject" else office.amina, end)(reply.json["approval_id"]).status == 200
    assert waiting(office, reply) is None
    if kind == "with a secret":
        assert secrets_for_callbacks() - before == {f"dci/callbacks/{client_id}"}
        assert in_use(office.api, client_id) == FORMER
    else:
        assert secrets_for_callbacks() == before


@KINDS
def test_a_secret_dies_with_the_change_that_expires(office: Office, kind: str) -> None:
    """Of a change that nobody approves, AWS deletes the secret a day after the proposal has expired."""
    reply = asked(office, kind)
    described = waiting(office, reply)
    assert described
    assert round((described["DeletedDate"] - described["CreatedDate"]).total_seconds() / 86_400) == 8
    assert reply.json["expires"] == timestamp(office.api.clock() + WEEK)


def test_each_change_that_waits_has_its_own_secret(office: Office) -> None:
    """Of two changes of a client that wait, the one that is approved brings its secret, and not the other one."""
    client_id = office.registered(callbacks={**CALLBACKS, "secret": FORMER})
    first, second = (office.waiting(client_id, callbacks=MOVED | {"secret": text}) for text in ("first", "second"))
    assert office.bo.reject(first).status == 200
    assert office.bo.approve(second).status == 200
    assert in_use(office.api, client_id) == "second"


@pytest.mark.parametrize("after", [{"secret": "next"}, {"auth": "none"}])
def test_a_secret_that_was_approved_is_deleted_when_it_is_replaced(office: Office, after: dict[str, str]) -> None:
    """A secret that came with an approval goes when another one, or none, is used; if that fails, at the next try."""
    before = secrets_for_callbacks()
    reply = asked(office, "without a secret")
    client_id = reply.json["client_id"]
    assert office.bo.approve(reply.json["approval_id"]).status == 200
    with failing(office.api, "DeleteSecret"):
        assert office.amina.update(client_id, callbacks=after).status == 503
    assert office.amina.update(client_id, callbacks={"auth": after.get("auth", "bearer")}).status == 200
    assert waiting(office, reply) is None
    assert in_use(office.api, client_id) == after.get("secret")
    assert secrets_for_callbacks() - before == ({f"dci/callbacks/{client_id}"} if "secret" in after else set())
