"""What each function may do: reviewed here, and no more than that in the template."""

from __future__ import annotations

from typing import Any

import pytest

from support.deployment import deployed, functions, of_type, statements
from support.iam import ENCLOSING, LEADING_KEYS, Call, Statement, policy


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
READ_STREAM = "dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator dynamodb:ListStreams"
ON_SECRETS = ("CreateSecret", "PutSecretValue", "DeleteSecret", "RestoreSecret")
OF_CLIENTS = ("CLIENT#*", "SECRET#*", "NAME#*")
OF_ACTS = ("LOG#*", "APPROVAL#*", "HANDOVER#*", "DELETED#*")
KEEP, CALLBACKS, METRICS = "s3:PutObject", "${AWS::StackName}/callbacks/*", "cloudwatch:GetMetricData"
LOG = "logs:CreateLogStream logs:PutLogEvents"

# A change here changes which functions can read people and secrets.
REVIEWED = {
    "TokenFunction": [
        on(GET, "ClientsTable", "KEYS"),
        on(BATCH_GET, "ClientsTable", "CLIENT#*", "SECRET#*", "USAGE#*", "REVOKED#*"),
        on(f"dynamodb:UpdateItem {DELETE}", "ClientsTable", "USAGE#*"),
        *(on(PUT, "ClientsTable", "REVOKED#*"), on(PUT, "ExchangeTable", "ASSERTION#*")),
        on("secretsmanager:GetSecretValue", "SigningKeys"),
        on(LOG, "TokenLogs"),
    ],
    "SearchFunction": [
        *(on(GET, "ClientsTable", "KEYS"), on(BATCH_GET, "ClientsTable", "CLIENT#*", "REVOKED#*")),
        on(f"{GET} {BATCH_GET}", "RegistryTable"),
        on("dynamodb:Query", "RegistryTable RegistryTable/index/*"),
        on("dynamodb:UpdateItem", "ExchangeTable", "RATE#*", "JWKS#*"),
        on(PUT, "ExchangeTable", "SIGNED#*"),
        on(GET, "ExchangeTable", "EXCHANGE#*"),
        on(BATCH_GET, "ExchangeTable", "TRANSACTION#*", "SUBSCRIPTION#*"),
        on(QUERY, "ExchangeTable", "EXCHANGE#*", "CLIENT#*"),
        on(PUT, "AuditTable", "DAY#*"),
        on("secretsmanager:GetSecretValue", "CursorKey MessageKeys"),
        on(LOG, "SearchLogs"),
    ],
    "ClientsFunction": [
        on(GET, "ClientsTable", "CLIENT#*", "NAME#*", "USAGE#*", "KEYS", "OPERATOR#*", "APPROVAL#*", "HANDOVERS"),
        on(BATCH_GET, "ClientsTable", "CLIENT#*", "SECRET#*", "USAGE#*", "REVOKED#*", *OF_ACTS),
        on(PUT, "ClientsTable", *OF_CLIENTS, *OF_ACTS, transaction=True),
        on(DELETE, "ClientsTable", *OF_CLIENTS, "USAGE#*", "HANDOVER#*", transaction=True),
        on(UPDATE, "ClientsTable", "OPERATOR#*", "HANDOVER#*", "HANDOVERS"),
        on(UPDATE, "ClientsTable", "OPERATOR#*", transaction=True),
        on("dynamodb:ConditionCheckItem", "ClientsTable", "CLIENT#*", "REVOKED#*", "OPERATOR#*", transaction=True),
        on("dynamodb:Query", "ClientsTable", "LOG#*"),
        *(on("dynamodb:Query", "ClientsTable/index/clients"), on(GET, "RegistryTable", "REGISTRY")),
        on(GET, "ExchangeTable", "EXCHANGE#*", "SUBSCRIPTION#*", "SUBSCRIBED#*", "SUBSCRIPTIONS", "OPEN#*"),
        on(BATCH_GET, "ExchangeTable", "EXCHANGE#*", "SUBSCRIPTION#*", "CHANNEL#*", "RATE#*"),
        on(QUERY, "ExchangeTable", "EXCHANGE#*", "CLIENT#*", "SUBSCRIBED#*", "SUBSCRIPTIONS"),
        on(QUERY, "ExchangeTable/index/due"),
        on(PUT, "ExchangeTable", "SUBSCRIPTION#*", "EXCHANGE#*", transaction=True),
        on(DELETE, "ExchangeTable", "SUBSCRIBED#*", "SUBSCRIPTIONS", "WATCH#*", transaction=True),
        on(UPDATE, "ExchangeTable", "SUBSCRIBED#*", "SUBSCRIPTIONS", "WATCH#*", "OPEN#*", transaction=True),
        on(UPDATE, "ExchangeTable", "EXCHANGE#*", "TRANSACTION#*", "CLIENT#*", "OPEN#*", "CHANNEL#*", "PROVIDER"),
        *(on(METRICS, "*"), on(" ".join(f"secretsmanager:{act}" for act in ON_SECRETS), CALLBACKS)),
        Statement(
            frozenset({"secretsmanager:RotateSecret"}),
            frozenset({"SigningKeys", "MessageKeys"}),
            {
                "ArnEqualsIfExists": {
                    "secretsmanager:RotationLambdaARN": {"Fn::GetAtt": ["RotationFunction", "Arn"]}
                },
                "BoolIfExists": {"secretsmanager:ModifyRotationRules": "false"},
            },
        ),
        *(on("lambda:InvokeFunction", "RotationFunction"), on(LOG, "ClientsLogs")),
    ],
    "ExchangeFunction": [
        *(on(GET, "ClientsTable", "KEYS"), on(BATCH_GET, "ClientsTable", "CLIENT#*", "REVOKED#*")),
        on(PUT, "ExchangeTable", "EXCHANGE#*", "MESSAGE#*", "TRANSACTION#*", "CLIENT#*", transaction=True),
        on(UPDATE, "ExchangeTable", "OPEN#*", transaction=True),
        on(UPDATE, "ExchangeTable", "RATE#*", "JWKS#*"),
        on(PUT, "ExchangeTable", "SIGNED#*"),
        SEND,
        on(LOG, "ExchangeLogs"),
    ],
    "DeliveryFunction": [
        on(GET, "ClientsTable", "CLIENT#*", "KEYS"),
        on(f"{GET} {BATCH_GET}", "RegistryTable"),
        on(QUERY, "RegistryTable RegistryTable/index/*"),
        on(GET, "ExchangeTable", "EXCHANGE#*", "SUBSCRIPTION#*", "CHANNEL#*", "OPEN#*"),
        on(BATCH_GET, "ExchangeTable", "TRANSACTION#*", "SUBSCRIPTION#*"),
        on(QUERY, "ExchangeTable", "EXCHANGE#*", "CLIENT#*", "CHANNEL#*", "SUBSCRIBED#*"),
        on(QUERY, "ExchangeTable/index/due"),
        on(PUT, "ExchangeTable", "EXCHANGE#*", "SUBSCRIPTION#*", "SUBSCRIBED#*", "SUBSCRIPTIONS", transaction=True),
        on(
            *(UPDATE, "ExchangeTable", "OPEN#*", "RATE#*", "SUBSCRIBED#*", "SUBSCRIPTIONS", "WATCH#*", "CHANNEL#*"),
            transaction=True,
        ),
        on(DELETE, "ExchangeTable", "SUBSCRIBED#*", "SUBSCRIPTIONS", "WATCH#*", "CHANNEL#*", transaction=True),
        on(UPDATE, "ExchangeTable", "OPEN#*", "CHANNEL#*", "RATE#*"),
        on(PUT, "AuditTable", "DAY#*"),
        on("secretsmanager:GetSecretValue", "CursorKey MessageKeys"),
        on("secretsmanager:GetSecretValue", CALLBACKS),
        SEND,
        on(RECEIVE, "WorkQueue DeliveryQueue"),
        on(LOG, "DeliveryLogs"),
    ],
    "ChangesFunction": [
        on(BATCH_GET, "ClientsTable", "CLIENT#*"),
        on(GET, "RegistryTable", "REGISTRY"),
        on(f"{GET} {QUERY}", "ExchangeTable", "SUBSCRIPTIONS"),
        on(BATCH_GET, "ExchangeTable", "SUBSCRIPTION#*", "WATCH#*"),
        on(UPDATE, "ExchangeTable", "CHANNEL#*"),
        on("sqs:SendMessage", "DeliveryQueue ChangesQueue"),
        on(READ_STREAM, "RegistryTable/stream"),
        on(RECEIVE, "ChangesQueue"),
        on(KEEP, "LostChanges/*"),
        on("s3:ListBucket", "LostChanges"),
        on(LOG, "ChangesLogs"),
    ],
    "AuditIndexFunction": [
        on(PUT, "AuditTable", "RECORD#*"),
        on(READ_STREAM, "AuditTable/stream"),
        on("sqs:SendMessage", "AuditIndexDeadLetters"),
        on(LOG, "AuditIndexLogs"),
    ],
    "OversightFunction": [
        on(GET, "ClientsTable", "KEYS", "OPERATOR#*"),
        on(BATCH_GET, "ClientsTable", "CLIENT#*", "REVOKED#*", "LOG#*"),
        *(on(UPDATE, "ClientsTable", "OPERATOR#*"), on(QUERY, "ClientsTable", "LOG#*")),
        *(on(QUERY, "ClientsTable/index/clients"), on(GET, "RegistryTable", "REGISTRY")),
        on(BATCH_GET, "RegistryTable", "PERSON#*", "GROUP#*", "IDENTIFIER#*"),
        on(QUERY, "RegistryTable", "PHONE#*", "EMAIL#*"),
        *(on(BATCH_GET, "ExchangeTable", "RATE#*"), on(UPDATE, "ExchangeTable", "PROVIDER")),
        *(on(QUERY, "AuditTable", "RECORD#*", "DAY#*", "INDEX"), on(BATCH_GET, "AuditTable", "DAY#*")),
        *(on(PUT, "AuditTable", "DAY#*"), on("dynamodb:DescribeTable", "AuditTable"), on(LOG, "OversightLogs")),
    ],
    "ConsoleFunction": [on(LOG, "ConsoleLogs")],
    "RotationFunction": [
        on(
            "secretsmanager:DescribeSecret secretsmanager:GetSecretValue secretsmanager:PutSecretValue"
            " secretsmanager:UpdateSecretVersionStage",
            "SigningKeys MessageKeys",
        ),
        *(on(f"{GET} {PUT}", "ClientsTable", "KEYS"), on(LOG, "RotationLogs")),
    ],
}


@pytest.mark.parametrize("function", REVIEWED)
def test_a_policy_is_as_reviewed(function: str) -> None:
    """A function has just the reviewed grants."""
    assert policy(function) == REVIEWED[function]
    assert all(statement["Effect"] == "Allow" for statement in statements(function))


def test_only_secrets_manager_calls_the_rotation() -> None:
    """It may, for the two rings of this account alone, and the functions that answer HTTP are API Gateway's."""
    rings = {"RotationPermission": "SigningKeys", "MessageKeysPermission": "MessageKeys"}
    for permission, secret in rings.items():
        assert deployed()["Resources"][permission]["Properties"] == {
            "FunctionName": {"Fn::GetAtt": ["RotationFunction", "Arn"]},
            "Action": "lambda:InvokeFunction",
            "Principal": "secretsmanager.amazonaws.com",
            "SourceAccount": {"Ref": "AWS::AccountId"},
            "SourceArn": {"Ref": secret},
        }
    assert of_type("AWS::Lambda::Permission").keys() == rings.keys()


def test_each_function_was_reviewed() -> None:
    """No function's policy goes unseen."""
    assert functions().keys() == REVIEWED.keys()


@pytest.mark.parametrize("function", REVIEWED)
def test_nothing_is_granted_by_wildcard(function: str) -> None:
    """Actions are named one by one, and resources too, but for indexes, objects, callback secrets and metrics."""
    for grant in policy(function):
        assert not any("*" in action for action in grant.actions)
        everything = {resource for resource in grant.resources if "*" in resource}
        assert everything <= {"RegistryTable/index/*", CALLBACKS, "LostChanges/*"} or grant.actions == {METRICS}
        assert "LostChanges/*" not in everything or grant.actions == {KEEP}


def test_functions_that_read_people_read_no_secret() -> None:
    """What reads people reads no client secret and no key of tokens, and the other functions read no person.

    What discloses people to partners also signs messages, as nothing else does. Oversight shows people to operators,
    adds that to the audit, and alone reads this. Changes are read of the stream, and disclosed by the delivery. The
    partners' secrets for callbacks are read by the delivery alone, and written by what cannot read them.
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
        is_oversight = function == "OversightFunction"
        reads = searches or is_oversight or function == "ChangesFunction"
        assert function == "ClientsFunction" or any(one.startswith("RegistryTable") for one in resources) == reads
        assert ("AuditTable" in resources) == (searches or is_oversight or function == "AuditIndexFunction")
        assert is_oversight or all(one.actions == {PUT} for one in policy(function) if "AuditTable" in one.resources)
        assert not is_oversight or not secrets
        assert ("SigningKeys" in secrets) == (function in {"TokenFunction", "RotationFunction"})
        assert ("MessageKeys" in secrets) == (searches or function == "RotationFunction")
        assert ("CursorKey" in secrets) == searches
        assert (CALLBACKS in secrets) == (function == "DeliveryFunction")
        assert (CALLBACKS in resources) == (function in {"ClientsFunction", "DeliveryFunction"})
    for function, keys in (
        ("SearchFunction", [{"KEYS"}, {"CLIENT#*", "REVOKED#*"}]),
        ("ExchangeFunction", [{"KEYS"}, {"CLIENT#*", "REVOKED#*"}]),
        ("DeliveryFunction", [{"CLIENT#*", "KEYS"}]),
    ):
        assert [grant.keys for grant in policy(function) if "ClientsTable" in grant.resources] == keys


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
