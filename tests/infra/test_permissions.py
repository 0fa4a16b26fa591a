"""What each function may do: reviewed here, no more than that in the template, and exactly what its work needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from support.deployment import deployed, functions, of_type, statements
from support.iam import ENCLOSING, LEADING_KEYS, Call, Statement, calls, is_allowed, policy

from .conftest import APPS, Work


def on(action: str, resource: str, *keys: str, transaction: bool = False) -> Statement:
    """Return a statement on the partitions named by `keys` alone, if there are any; their key is always stated."""
    conditions: dict[str, Any] = {}
    if keys:
        conditions = {"ForAllValues:StringLike": {LEADING_KEYS: list(keys)}}
        conditions |= (
            {"ForAnyValue:StringEquals": {ENCLOSING: "TransactWriteItems"}}
            if transaction
            else {"Null": {LEADING_KEYS: "false"}}
        )
    return Statement(frozenset(action.split()), frozenset(resource.split()), conditions)


GET, BATCH_GET, PUT, DELETE = (f"dynamodb:{verb}Item" for verb in ("Get", "BatchGet", "Put", "Delete"))
UPDATE, QUERY = "dynamodb:UpdateItem", "dynamodb:Query"
SEND = on("sqs:SendMessage", "WorkQueue DeliveryQueue")
RECEIVE = "sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes"
CALLBACKS = "${AWS::StackName}/callbacks/*"
LOG = "logs:CreateLogStream logs:PutLogEvents"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/of-our-own"
USE_KEY = "kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey kms:ReEncryptFrom kms:ReEncryptTo"

# A change here changes which functions can read people and secrets.
REVIEWED = {
    "TokenFunction": [
        on(GET, "ClientsTable", "KEYS"),
        on(BATCH_GET, "ClientsTable", "CLIENT#*", "SECRET#*", "USAGE#*", "REVOKED#*"),
        on(f"dynamodb:UpdateItem {DELETE}", "ClientsTable", "USAGE#*"),
        on(PUT, "ClientsTable", "REVOKED#*"),
        on(PUT, "ExchangeTable", "ASSERTION#*"),
        on("secretsmanager:GetSecretValue", "SigningKeys"),
        on(LOG, "TokenLogs"),
    ],
    "SearchFunction": [
        on(GET, "ClientsTable", "KEYS"),
        on(BATCH_GET, "ClientsTable", "CLIENT#*", "REVOKED#*"),
        on(f"{GET} {BATCH_GET}", "RegistryTable"),
        on("dynamodb:Query", "RegistryTable RegistryTable/index/*"),
        on("dynamodb:UpdateItem", "ExchangeTable", "RATE#*"),
        on(GET, "ExchangeTable", "EXCHANGE#*"),
        on(QUERY, "ExchangeTable", "EXCHANGE#*", "CLIENT#*"),
        on(PUT, "AuditTable", "DAY#*"),
        on("secretsmanager:GetSecretValue", "CursorKey"),
        on(LOG, "SearchLogs"),
    ],
    "ClientsFunction": [
        on(GET, "ClientsTable", "CLIENT#*", "NAME#*", "USAGE#*", "KEYS"),
        on(BATCH_GET, "ClientsTable", "CLIENT#*", "SECRET#*", "REVOKED#*", "LOG#*"),
        on(PUT, "ClientsTable", "CLIENT#*", "SECRET#*", "NAME#*", "LOG#*", transaction=True),
        on(DELETE, "ClientsTable", "CLIENT#*", "SECRET#*", "NAME#*", "USAGE#*", transaction=True),
        on("dynamodb:ConditionCheckItem", "ClientsTable", "CLIENT#*", "REVOKED#*", transaction=True),
        on("dynamodb:Query", "ClientsTable", "LOG#*"),
        on("dynamodb:Query", "ClientsTable/index/clients"),
        on(f"{GET} {BATCH_GET}", "ExchangeTable", "EXCHANGE#*"),
        on(QUERY, "ExchangeTable", "EXCHANGE#*", "CLIENT#*"),
        on(QUERY, "ExchangeTable/index/due"),
        on(
            "secretsmanager:CreateSecret secretsmanager:PutSecretValue secretsmanager:DeleteSecret",
            CALLBACKS,
        ),
        Statement(
            frozenset({"secretsmanager:RotateSecret"}),
            frozenset({"SigningKeys"}),
            {
                "ArnEqualsIfExists": {
                    "secretsmanager:RotationLambdaARN": {"Fn::GetAtt": ["RotationFunction", "Arn"]}
                },
                "BoolIfExists": {"secretsmanager:ModifyRotationRules": "false"},
            },
        ),
        on("lambda:InvokeFunction", "RotationFunction"),
        on(LOG, "ClientsLogs"),
    ],
    "ExchangeFunction": [
        on(GET, "ClientsTable", "KEYS"),
        on(BATCH_GET, "ClientsTable", "CLIENT#*", "REVOKED#*"),
        on(PUT, "ExchangeTable", "EXCHANGE#*", "MESSAGE#*", "CLIENT#*", transaction=True),
        on(UPDATE, "ExchangeTable", "OPEN#*", transaction=True),
        on(UPDATE, "ExchangeTable", "RATE#*"),
        SEND,
        on(LOG, "ExchangeLogs"),
    ],
    "DeliveryFunction": [
        on(GET, "ClientsTable", "CLIENT#*"),
        on(f"{GET} {BATCH_GET}", "RegistryTable"),
        on(QUERY, "RegistryTable RegistryTable/index/*"),
        on(GET, "ExchangeTable", "EXCHANGE#*"),
        on(QUERY, "ExchangeTable", "EXCHANGE#*", "CLIENT#*"),
        on(QUERY, "ExchangeTable/index/due"),
        on(PUT, "ExchangeTable", "EXCHANGE#*", transaction=True),
        on(UPDATE, "ExchangeTable", "OPEN#*", "RATE#*", transaction=True),
        on(UPDATE, "ExchangeTable", "OPEN#*"),
        on(PUT, "AuditTable", "DAY#*"),
        on("secretsmanager:GetSecretValue", "CursorKey"),
        on("secretsmanager:GetSecretValue", CALLBACKS),
        SEND,
        on(RECEIVE, "WorkQueue DeliveryQueue"),
        on(LOG, "DeliveryLogs"),
    ],
    "RotationFunction": [
        on(
            "secretsmanager:DescribeSecret secretsmanager:GetSecretValue secretsmanager:PutSecretValue"
            " secretsmanager:UpdateSecretVersionStage",
            "SigningKeys",
        ),
        on(f"{GET} {PUT}", "ClientsTable", "KEYS"),
        on(LOG, "RotationLogs"),
    ],
}
# The services for which a function uses the deployment's own key, if there is one.
KEY_SERVICES = {
    "TokenFunction": ["dynamodb", "lambda", "secretsmanager"],
    "SearchFunction": ["dynamodb", "lambda", "secretsmanager"],
    "ClientsFunction": ["dynamodb", "lambda", "secretsmanager"],
    "ExchangeFunction": ["dynamodb", "lambda", "sqs"],
    "DeliveryFunction": ["dynamodb", "lambda", "secretsmanager", "sqs"],
    "RotationFunction": ["dynamodb", "lambda", "secretsmanager"],
}


@pytest.mark.parametrize("function", REVIEWED)
def test_a_policy_is_as_reviewed(function: str) -> None:
    """A function has just the reviewed grants."""
    assert policy(function) == REVIEWED[function]
    assert all(statement["Effect"] == "Allow" for statement in statements(function))


@pytest.mark.parametrize("function", REVIEWED)
def test_a_key_of_ones_own_may_be_used(function: str) -> None:
    """With KmsKeyArn each function may use that key through the services that it calls, and gets nothing else."""
    services = [{"Fn::Sub": f"{name}.${{AWS::Region}}.amazonaws.com*"} for name in KEY_SERVICES[function]]
    use = Statement(
        frozenset(USE_KEY.split()), frozenset({"KmsKeyArn"}), {"StringLike": {"kms:ViaService": services}}
    )
    assert policy(function, KmsKeyArn=KEY) == [*REVIEWED[function], use]


ADOPTED = {
    "ClientsTable": "ClientsTableName",
    "RegistryTable": "RegistryTableName",
    "ExchangeTable": "ExchangeTableName",
    "AuditTable": "AuditTableName",
    "SigningKeys": "SigningKeysArn",
}


@pytest.mark.parametrize(("own", "parameter"), ADOPTED.items())
def test_an_existing_resource_takes_the_place_of_our_own(own: str, parameter: str) -> None:
    """With such a parameter the functions use that table or key ring in the same way, and there is no other."""
    given = {parameter: "given"}
    for function, reviewed in REVIEWED.items():
        renamed = (frozenset(name.replace(own, parameter) for name in one.resources) for one in reviewed)
        expected = [replace(one, resources=names) for one, names in zip(reviewed, renamed, strict=True)]
        assert policy(function, **given) == expected
    assert own in deployed()["Resources"]
    assert own not in deployed(**given)["Resources"]
    parts = str([deployed(**given), functions(**given)])
    references = (f"{{'Ref': '{own}'}}", f"['{own}'", f"${{{own}}}", f"${{{own}.")
    assert not any(reference in parts for reference in references)
    assert deployed(**given)["Outputs"][own]["Value"] == {"Ref": parameter}


def test_only_secrets_manager_calls_the_rotation() -> None:
    """It may, for the signing keys of this account alone, and the functions that answer HTTP are API Gateway's."""
    assert deployed()["Resources"]["RotationPermission"]["Properties"] == {
        "FunctionName": {"Fn::GetAtt": ["RotationFunction", "Arn"]},
        "Action": "lambda:InvokeFunction",
        "Principal": "secretsmanager.amazonaws.com",
        "SourceAccount": {"Ref": "AWS::AccountId"},
        "SourceArn": {"Ref": "SigningKeys"},
    }
    assert of_type("AWS::Lambda::Permission").keys() == {"RotationPermission"}


def test_roles_may_have_a_boundary() -> None:
    """With PermissionsBoundaryArn every role has it, else none."""
    boundary = "arn:aws:iam::111122223333:policy/boundary"
    for role in of_type("AWS::IAM::Role", PermissionsBoundaryArn=boundary).values():
        assert role["Properties"]["PermissionsBoundary"] == {"Ref": "PermissionsBoundaryArn"}
    assert not any("PermissionsBoundary" in role["Properties"] for role in of_type("AWS::IAM::Role").values())


def test_each_function_was_reviewed() -> None:
    """No function's policy goes unseen."""
    assert functions().keys() == REVIEWED.keys()


@pytest.mark.parametrize("function", REVIEWED)
def test_nothing_is_granted_by_wildcard(function: str) -> None:
    """Actions are named one by one, and resources too, but for the registry's indexes and secrets for callbacks."""
    for grant in policy(function):
        assert not any("*" in action for action in grant.actions)
        assert {resource for resource in grant.resources if "*" in resource} <= {"RegistryTable/index/*", CALLBACKS}


def test_functions_that_read_people_read_no_secret() -> None:
    """What reads people reads no client secret and no private key, and the other functions read no person.

    The partners' secrets for callbacks are read by the delivery alone, and written by what cannot read them.
    """
    for function in REVIEWED:
        resources = {resource for grant in policy(function) for resource in grant.resources}
        secrets = {
            resource
            for grant in policy(function)
            if "secretsmanager:GetSecretValue" in grant.actions
            for resource in grant.resources
        }
        searches = function in {"SearchFunction", "DeliveryFunction"}
        assert any(resource.startswith("RegistryTable") for resource in resources) == searches
        assert ("AuditTable" in resources) == searches
        assert ("SigningKeys" in secrets) == (function in {"TokenFunction", "RotationFunction"})
        assert ("CursorKey" in secrets) == searches
        assert (CALLBACKS in secrets) == (function == "DeliveryFunction")
        assert (CALLBACKS in resources) == (function in {"ClientsFunction", "DeliveryFunction"})
    for function, keys in (
        ("SearchFunction", [{"KEYS"}, {"CLIENT#*", "REVOKED#*"}]),
        ("ExchangeFunction", [{"KEYS"}, {"CLIENT#*", "REVOKED#*"}]),
        ("DeliveryFunction", [{"CLIENT#*"}]),
    ):
        assert [grant.keys for grant in policy(function) if "ClientsTable" in grant.resources] == keys


DENIED = {
    "the door reads no answer": ("ExchangeFunction", Call(GET, "ExchangeTable", frozenset({"EXCHANGE#"}))),
    "the door reads no people": ("ExchangeFunction", Call(GET, "RegistryTable", frozenset({"PERSON#"}))),
    "the door changes no place": ("ExchangeFunction", Call(UPDATE, "ExchangeTable", frozenset({"OPEN#"}))),
    "the delivery accepts nothing": (
        "DeliveryFunction",
        Call(PUT, "ExchangeTable", frozenset({"MESSAGE#"}), "TransactWriteItems"),
    ),
    "the delivery uses no assertion": ("DeliveryFunction", Call(PUT, "ExchangeTable", frozenset({"ASSERTION#"}))),
    "the delivery reads no client secret": ("DeliveryFunction", Call(GET, "ClientsTable", frozenset({"SECRET#"}))),
    "the delivery reads no audit": ("DeliveryFunction", Call(QUERY, "AuditTable", frozenset({"DAY#"}))),
    "the delivery writes no secret": (
        "DeliveryFunction",
        Call("secretsmanager:PutSecretValue", CALLBACKS),
    ),
    "the clients function reads no secret for callbacks": (
        "ClientsFunction",
        Call("secretsmanager:GetSecretValue", CALLBACKS),
    ),
    "the clients function writes no other secret": (
        "ClientsFunction",
        Call("secretsmanager:PutSecretValue", "SigningKeys"),
    ),
    "the clients function changes no exchange": (
        "ClientsFunction",
        Call(PUT, "ExchangeTable", frozenset({"EXCHANGE#"}), "TransactWriteItems"),
    ),
    "the search sends nothing": ("SearchFunction", Call("sqs:SendMessage", "WorkQueue")),
    "the search changes no exchange": ("SearchFunction", Call(UPDATE, "ExchangeTable", frozenset({"OPEN#"}))),
}


@pytest.mark.parametrize(("function", "call"), DENIED.values(), ids=DENIED)
def test_what_a_function_does_not_need_is_denied(function: str, call: Call) -> None:
    """No statement allows what lies outside of a function's part of an exchange."""
    assert not is_allowed(function, call)


def test_no_function_may_scan() -> None:
    """No function may read a whole table, where leading keys would not hold it."""
    assert not any("dynamodb:Scan" in grant.actions for function in REVIEWED for grant in policy(function))


@pytest.mark.parametrize("function", REVIEWED)
def test_an_action_stands_in_one_statement_per_table(function: str) -> None:
    """IAM may evaluate a request with all its keys at once, and then one statement must allow all of them.

    A transaction is another request than a call alone, so that an action may stand in one statement for each.
    """
    named = [
        (action, one, ENCLOSING in grant.conditions.get("ForAnyValue:StringEquals", {}))
        for grant in policy(function)
        for action in grant.actions
        for one in grant.resources
    ]
    assert len(named) == len(set(named))


@pytest.mark.parametrize("function", REVIEWED)
def test_a_condition_on_keys_does_not_hold_without_keys(function: str) -> None:
    """A call for which AWS states no partition key, such as a Scan, is denied, except in a transaction."""
    for grant in policy(function):
        for action, resource in ((action, one) for action in grant.actions for one in grant.resources if grant.keys):
            assert not grant.allows(Call(action, resource))


@pytest.fixture
def made(work: Callable[[str], Work]) -> Callable[[str], set[Call]]:
    """Return what returns the calls that a function makes while it serves all its routes."""

    def serve(function: str) -> set[Call]:
        done = work(function)
        return {call for operation, request in done.calls for call in calls(operation, request, done.resources)}

    return serve


@pytest.mark.parametrize("function", APPS)
def test_a_policy_allows_every_call_made(function: str, made: Callable[[str], set[Call]]) -> None:
    """All that a function asks of AWS while it serves its routes is granted to it."""
    asked = made(function)
    assert asked
    assert [call for call in asked if not any(grant.allows(call) for grant in policy(function))] == []


@pytest.mark.parametrize("function", APPS)
def test_every_grant_is_used(function: str, made: Callable[[str], set[Call]]) -> None:
    """Each action of a policy is needed on each of its tables and secrets, and for each kind of partition key."""
    asked = made(function)
    assert [str(one) for one in _parts(function) if not any(one.allows(call) for call in asked)] == []


def _parts(function: str) -> Iterator[Statement]:
    """Yield each action of a policy on each resource and each pattern of keys.

    Lambda itself writes the logs, and receives and deletes the messages.
    """
    for grant in policy(function):
        for action in grant.actions - {*LOG.split(), *RECEIVE.split()}:
            for resource in grant.resources:
                for key in grant.keys or {"*"}:
                    narrowed = {"ForAllValues:StringLike": {LEADING_KEYS: [key]}}
                    yield Statement(frozenset({action}), frozenset({resource}), {**grant.conditions, **narrowed})
