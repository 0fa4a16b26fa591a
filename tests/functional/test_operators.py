"""Operators in ClientsTable: recorded when they come, named in the log, and disabled at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dci_common.operators.store import OperatorStore, StoredOperator, operator_key
from support.admin_client import Admin
from support.api import START, Api
from support.call_trace import aws_calls, hooked
from support.events import event
from support.operator_provider import OpenIdProvider, create_client, list_clients

DAY = 86_400


def stored(api: Api, provider: OpenIdProvider, subject: str = "f3a1-amina") -> StoredOperator | None:
    """Return an operator as they are stored."""
    return OperatorStore(api.runtime).find(f"{provider.issuer}#{subject}")


def set_status(api: Api, provider: OpenIdProvider, status: str) -> None:
    """Disable or enable Amina, as an administrator of the table does."""
    api.runtime.dynamodb.update_item(
        TableName=api.runtime.settings.clients_table,
        Key=operator_key(f"{provider.issuer}#f3a1-amina"),
        UpdateExpression="SET #status = :status",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":status": {"S": status}},
    )


@pytest.mark.parametrize("name", ["Amina Diallo", "زهرا نیک\u200cنام"])  # Persian has joiners inside of words
def test_a_change_is_logged_under_a_name(operators_api: Api, provider: OpenIdProvider, name: str) -> None:
    """An entry of the log has the person's issuer and subject, and the name of their token."""
    token = provider.token("client-manager", name=name)
    client_id = create_client(operators_api, token).json["client_id"]
    path = {"pathParameters": {"client_id": client_id}}
    assert operators_api.send(event("client_disable", token=token) | path).status == 200
    log = operators_api.send(event("client_log", token=provider.token("auditor")) | path).json["entries"]
    by = (f"{provider.issuer}#f3a1-amina", name)
    assert [(entry["act"], entry["by"], entry["by_name"]) for entry in log] == [
        ("disabled", *by),
        ("created", *by),
    ]


def test_the_log_of_clients_names_no_person(operators_api: Api) -> None:
    """An entry of a change by a client has the client's id, and no name of a person."""
    admin = Admin(operators_api)
    [entry] = admin.log(admin.create().json["client_id"])
    assert entry["by"] == admin.client.client_id
    assert "by_name" not in entry


def test_an_operator_is_recorded(operators_api: Api, provider: OpenIdProvider) -> None:
    """A person with a role is recorded: name, e-mail address, roles, and the days of the first and last visit."""
    token = provider.token("auditor", "approver", "staff", email="amina@example.org")
    assert list_clients(operators_api, token).status == 200
    operators_api.clock.advance(DAY)
    later: dict[str, Any] = {"iat": int(START) + DAY, "exp": int(START) + DAY + 60}
    assert list_clients(operators_api, provider.token("auditor", name=None, **later)).status == 200
    operator_id = f"{provider.issuer}#f3a1-amina"
    assert stored(operators_api, provider) == StoredOperator(
        operator_id, "enabled", "", "", ("auditor",), "2026-03-01", "2026-03-02", 0
    )
    assert operator_id in [one.id for one in OperatorStore(operators_api.runtime).all()]


def test_a_person_without_a_role_is_not_recorded(operators_api: Api, provider: OpenIdProvider) -> None:
    """The rest of the organisation cannot fill the table."""
    assert list_clients(operators_api, provider.token("staff", sub="visitor")).status == 403
    assert stored(operators_api, provider, "visitor") is None


def test_an_operator_is_recorded_once_a_day(new_operators_api: Callable[[], Api], provider: OpenIdProvider) -> None:
    """Further visits of a day write nothing, whichever function they come to."""
    token = provider.token("auditor")
    assert list_clients(new_operators_api(), token).status == 200
    other = new_operators_api()
    with aws_calls(other.runtime) as calls:
        assert [list_clients(other, token).status for _ in range(3)] == [200] * 3
    assert [call for call in calls if call.startswith(("Update", "Put", "Transact")) and "clients" in call] == []


def test_a_disabled_operator_is_rejected(operators_api: Api, provider: OpenIdProvider) -> None:
    """Whatever the token says, a disabled operator changes nothing at once, and reads nothing after 60 seconds."""
    token = provider.token("client-manager")
    client_id = create_client(operators_api, token).json["client_id"]
    set_status(operators_api, provider, "disabled")
    path = {"pathParameters": {"client_id": client_id}}
    replies = [operators_api.send(event(name, token=token) | path) for name in ("client_disable", "secrets_add")]
    replies += [operators_api.send(event(name, token=token)) for name in ("keys_rotate", "message_keys_revoke")]
    replies.append(create_client(operators_api, token))
    assert [reply.status for reply in replies] == [401] * 5
    assert "disabled" in replies[0].json["errors"][0]["message"]
    assert Admin(operators_api).send("client_get", client_id).json["status"] == "enabled"
    operators_api.clock.advance(60)
    assert list_clients(operators_api, token).status == 401
    record = stored(operators_api, provider)
    assert record
    assert record.status == "disabled"
    set_status(operators_api, provider, "enabled")
    operators_api.clock.advance(60)
    assert create_client(operators_api, token).status == 201


def test_an_operator_who_is_disabled_during_a_change_does_not_make_it(
    operators_api: Api, provider: OpenIdProvider
) -> None:
    """A change that was under way when its operator was disabled is not made: the transaction checks it."""
    token = provider.token("client-manager")
    admin = Admin(operators_api)
    target = admin.create().json["client_id"]
    assert list_clients(operators_api, token).status == 200
    disabled: list[str] = []

    def overtake(operation: str, _: Any) -> None:
        if operation == "TransactWriteItems" and not disabled:
            disabled.append(operation)
            set_status(operators_api, provider, "disabled")

    with hooked(operators_api.runtime, overtake):
        reply = operators_api.send(event("client_disable", token=token) | {"pathParameters": {"client_id": target}})
    assert (disabled, reply.status) == (["TransactWriteItems"], 401)
    assert admin.send("client_get", target).json["status"] == "enabled"
    assert len(admin.log(target)) == 1


def test_an_operator_who_lost_the_role_is_denied(operators_api: Api, provider: OpenIdProvider) -> None:
    """The roles of a person are those of their token, not of an earlier one."""
    assert create_client(operators_api, provider.token("client-manager")).status == 201
    assert create_client(operators_api, provider.token("auditor")).status == 403


def test_a_person_disabled_in_advance_stays_so(operators_api: Api, provider: OpenIdProvider) -> None:
    """An operator may be disabled before the first visit, which does not enable them."""
    set_status(operators_api, provider, "disabled")
    assert list_clients(operators_api, provider.token("client-manager")).status == 401
