"""What each function may do: reviewed here, no more than that in the template, and enough for its work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import pytest

from support.deployment import deployed, functions, listed, of_type, statements

from .conftest import APPS, Work


class Statement(NamedTuple):
    """One statement: actions on resources, on the partitions named by `keys` alone if there are any."""

    actions: set[str]
    resources: set[str]
    keys: set[str] = set()  # noqa: RUF012 - never changed


READ = {"dynamodb:GetItem", "dynamodb:BatchGetItem"}
LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}
DECRYPT = {"kms:Decrypt", "kms:DescribeKey"}
ENCRYPT = DECRYPT | {"kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"}
KEY = "arn:aws:kms:eu-west-1:111122223333:key/of-our-own"

# A change here changes which functions can read people and secrets.
REVIEWED = {
    "TokenFunction": [
        Statement(READ, {"ClientsTable"}, {"CLIENT#*", "SECRET#*", "USAGE#*", "REVOKED#*", "KEYS"}),
        Statement({"dynamodb:UpdateItem", "dynamodb:DeleteItem"}, {"ClientsTable"}, {"USAGE#*"}),
        Statement({"dynamodb:PutItem"}, {"ClientsTable"}, {"REVOKED#*"}),
        Statement({"dynamodb:PutItem"}, {"ExchangeTable"}, {"ASSERTION#*"}),
        Statement({"secretsmanager:GetSecretValue"}, {"SigningKeys"}),
        Statement(LOG, {"TokenLogs"}),
    ],
    "SearchFunction": [
        Statement(READ, {"ClientsTable"}, {"CLIENT#*", "REVOKED#*", "KEYS"}),
        Statement(READ | {"dynamodb:Query"}, {"RegistryTable", "RegistryTable/index/*"}),
        Statement({"dynamodb:UpdateItem"}, {"ExchangeTable"}, {"RATE#*"}),
        Statement({"dynamodb:PutItem"}, {"AuditTable"}),
        Statement({"secretsmanager:GetSecretValue"}, {"CursorKey"}),
        Statement(LOG, {"SearchLogs"}),
    ],
    "ClientsFunction": [
        Statement(READ, {"ClientsTable"}, {"CLIENT#*", "SECRET#*", "USAGE#*", "REVOKED#*", "KEYS"}),
        Statement({"dynamodb:PutItem", "dynamodb:DeleteItem"}, {"ClientsTable"}, {"CLIENT#*", "SECRET#*", "NAME#*"}),
        Statement({"dynamodb:DeleteItem"}, {"ClientsTable"}, {"USAGE#*"}),
        Statement({"dynamodb:ConditionCheckItem"}, {"ClientsTable"}, {"CLIENT#*", "REVOKED#*"}),
        Statement({"dynamodb:PutItem", "dynamodb:Query"}, {"ClientsTable"}, {"LOG#*"}),
        Statement({"dynamodb:Query"}, {"ClientsTable/index/clients"}),
        Statement({"secretsmanager:RotateSecret"}, {"SigningKeys"}),
        Statement({"lambda:InvokeFunction"}, {"RotationFunction"}),
        Statement(LOG, {"ClientsLogs"}),
    ],
    "RotationFunction": [
        Statement(
            {
                "secretsmanager:DescribeSecret",
                "secretsmanager:GetSecretValue",
                "secretsmanager:PutSecretValue",
                "secretsmanager:UpdateSecretVersionStage",
            },
            {"SigningKeys"},
        ),
        Statement({"dynamodb:GetItem", "dynamodb:PutItem"}, {"ClientsTable"}, {"KEYS"}),
        Statement(LOG, {"RotationLogs"}),
    ],
}
# What a deployment that brings its own key adds.
WITH_KEY = {
    "TokenFunction": ENCRYPT,
    "SearchFunction": ENCRYPT,
    "ClientsFunction": ENCRYPT,
    "RotationFunction": ENCRYPT,
}


def grants(function: str, **parameters: str) -> list[Statement]:
    """Read a function's policy."""
    return [
        Statement(
            set(listed(statement["Action"])), set(map(_resource, listed(statement["Resource"]))), _keys(statement)
        )
        for statement in statements(function, **parameters)
    ]


def _resource(value: Any) -> str:
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), "Arn"]}:
            return name
        case {"Fn::Sub": str(text)}:
            return text.replace(".Arn}", "").replace("${", "")
    return str(value)


def _keys(statement: dict[str, Any]) -> set[str]:
    condition = statement.get("Condition", {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": []}})
    assert condition.keys() == {"ForAllValues:StringLike"}
    assert condition["ForAllValues:StringLike"].keys() == {"dynamodb:LeadingKeys"}
    return set(condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"])


@pytest.mark.parametrize("function", REVIEWED)
def test_a_policy_is_as_reviewed(function: str) -> None:
    """A function has just the reviewed grants."""
    assert grants(function) == REVIEWED[function]
    assert all(statement["Effect"] == "Allow" for statement in statements(function))


@pytest.mark.parametrize("function", REVIEWED)
def test_a_key_of_ones_own_may_be_used(function: str) -> None:
    """With KmsKeyArn each function may use that key, and gets nothing else."""
    assert grants(function, KmsKeyArn=KEY) == [*REVIEWED[function], Statement(WITH_KEY[function], {"KmsKeyArn"})]


def test_a_registry_from_outside_takes_the_place_of_our_own() -> None:
    """With RegistryTableName the search function reads that table, and there is no other."""
    named = {"RegistryTableName": "people"}
    table = "arn:AWS::Partition}:dynamodb:AWS::Region}:AWS::AccountId}:table/RegistryTableName}"
    [read] = [grant for grant in grants("SearchFunction", **named) if "dynamodb:Query" in grant.actions]
    assert read == Statement(READ | {"dynamodb:Query"}, {table, f"{table}/index/*"})
    assert "RegistryTable" not in deployed(**named)["Resources"]
    resources = str(deployed(**named)["Resources"])
    references = ("{'Ref': 'RegistryTable'}", "['RegistryTable'", "${RegistryTable}", "${RegistryTable.")
    assert not any(reference in resources for reference in references)
    variables = functions(**named)["SearchFunction"]["Environment"]["Variables"]
    assert variables["REGISTRY_TABLE"] == deployed(**named)["Outputs"]["RegistryTable"]["Value"]
    assert variables["REGISTRY_TABLE"] == {"Ref": "RegistryTableName"}


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
    """Actions are named one by one, and resources too, but for the registry's own indexes."""
    for grant in grants(function):
        assert not any("*" in action for action in grant.actions)
        assert {resource for resource in grant.resources if "*" in resource} <= {"RegistryTable/index/*"}


def test_functions_that_read_people_read_no_secret() -> None:
    """The search function reads no client secret and no private key; the others read no person."""
    for function in REVIEWED:
        resources = {resource for grant in grants(function) for resource in grant.resources}
        secrets = {
            resource
            for grant in grants(function)
            if "secretsmanager:GetSecretValue" in grant.actions
            for resource in grant.resources
        }
        searches = function == "SearchFunction"
        assert any(resource.startswith("RegistryTable") for resource in resources) == searches
        assert ("SigningKeys" in secrets) == (function in {"TokenFunction", "RotationFunction"})
        assert ("CursorKey" in secrets) == searches
    read = [grant.keys for grant in grants("SearchFunction") if "ClientsTable" in grant.resources]
    assert read == [{"CLIENT#*", "REVOKED#*", "KEYS"}]


def test_no_function_may_scan() -> None:
    """No function may read a whole table, where leading keys would not hold it."""
    assert not any("dynamodb:Scan" in grant.actions for function in REVIEWED for grant in grants(function))


class Call(NamedTuple):
    """One action on one resource, and the partition that it is on where that is a single one."""

    action: str
    resource: str
    key: str | None = None


@pytest.mark.parametrize("function", APPS)
def test_a_policy_allows_every_call_made(function: str, work: Callable[[str], Work]) -> None:
    """All that a function asks of AWS while it serves its routes is granted to it."""
    calls = {call for operation, asked in work(function).calls for call in _calls(operation, asked)}
    assert calls
    assert [call for call in calls if not any(_covers(grant, call) for grant in grants(function))] == []


def _covers(grant: Statement, call: Call) -> bool:
    return (
        call.action in grant.actions
        and any(fnmatchcase(call.resource, resource) for resource in grant.resources)
        and (not grant.keys or (call.key is not None and any(fnmatchcase(call.key, key) for key in grant.keys)))
    )


_TABLES = {
    "dci-clients": "ClientsTable",
    "dci-registry": "RegistryTable",
    "dci-exchange": "ExchangeTable",
    "dci-audit": "AuditTable",
}
_SECRETS = {"dci-signing-keys": "SigningKeys", "dci-cursor-key": "CursorKey"}
_NUMBER = "-0123456789"  # which tells a test's own from the others


def _calls(operation: str, asked: dict[str, Any]) -> Iterator[Call]:
    match operation:
        case "RotateSecret":
            yield Call("secretsmanager:RotateSecret", _SECRETS[asked["SecretId"].rstrip(_NUMBER)])
            yield Call("lambda:InvokeFunction", "RotationFunction")
        case _ if "SecretId" in asked:
            yield Call(f"secretsmanager:{operation}", _SECRETS[asked["SecretId"].rstrip(_NUMBER)])
        case "BatchGetItem":
            for table, request in asked["RequestItems"].items():
                yield from (_on_item("BatchGetItem", table, key) for key in request["Keys"])
        case "TransactWriteItems":
            for part in asked["TransactItems"]:
                [(verb, request)] = part.items()
                yield _on_item(f"{verb}Item", request["TableName"], request.get("Key") or request["Item"])
        case "Query":
            index = f"/index/{asked['IndexName']}" if "IndexName" in asked else ""
            key = asked["ExpressionAttributeValues"].get(":pk", {}).get("S")
            yield Call("dynamodb:Query", _TABLES[asked["TableName"].rstrip(_NUMBER)] + index, key)
        case _:
            yield _on_item(operation, asked["TableName"], asked.get("Key") or asked["Item"])


def _on_item(action: str, table: str, key: dict[str, Any]) -> Call:
    return Call(f"dynamodb:{action}", _TABLES[table.rstrip(_NUMBER)], key["pk"]["S"])
