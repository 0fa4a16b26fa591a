"""What each function may do: reviewed here, no more than that in the template, and enough for its work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import pytest

from support.deployment import functions, listed, statements

from .conftest import APPS, Work


class Grant(NamedTuple):
    """One statement: actions on resources, on the partitions named by `keys` alone if there are any."""

    actions: set[str]
    resources: set[str]
    keys: set[str] = set()  # noqa: RUF012 - never changed


READ = {"dynamodb:GetItem", "dynamodb:BatchGetItem"}
WRITE = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}
LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}

# Whoever changes this changes who can see people and secrets.
REVIEWED = {
    "TokenFunction": [
        Grant(READ, {"ClientsTable"}, {"CLIENT#*", "SECRET#*", "KEYS"}),
        Grant({"secretsmanager:GetSecretValue"}, {"SigningKeys"}),
        Grant(LOG, {"TokenLogs"}),
    ],
    "SearchFunction": [
        Grant(READ, {"ClientsTable"}, {"CLIENT#*", "KEYS"}),
        Grant(READ | {"dynamodb:Query"}, {"RegistryTable", "RegistryTable/index/*"}),
        Grant({"secretsmanager:GetSecretValue"}, {"CursorKey"}),
        Grant(LOG, {"SearchLogs"}),
    ],
    "ClientsFunction": [
        Grant(READ, {"ClientsTable"}, {"CLIENT#*", "KEYS"}),
        Grant(WRITE, {"ClientsTable"}, {"CLIENT#*", "SECRET#*", "NAME#*"}),
        Grant({"dynamodb:Query"}, {"ClientsTable/index/clients"}),
        Grant(LOG, {"ClientsLogs"}),
    ],
}


def grants(function: str) -> list[Grant]:
    """Read a function's policy."""
    return [
        Grant(set(listed(statement["Action"])), set(map(_resource, listed(statement["Resource"]))), _keys(statement))
        for statement in statements(function)
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


def test_each_function_was_reviewed() -> None:
    """No function's policy goes unseen."""
    assert functions().keys() == REVIEWED.keys()


@pytest.mark.parametrize("function", REVIEWED)
def test_nothing_is_granted_by_wildcard(function: str) -> None:
    """Actions are named one by one, and resources too, but for the registry's own indexes."""
    for grant in grants(function):
        assert not any("*" in action for action in grant.actions)
        assert {resource for resource in grant.resources if "*" in resource} <= {"RegistryTable/index/*"}


def test_who_reads_people_reads_no_secret() -> None:
    """The search function reads no client secret and no private key; the others read no person."""
    for function in REVIEWED:
        resources = {resource for grant in grants(function) for resource in grant.resources}
        searches = function == "SearchFunction"
        assert any(resource.startswith("RegistryTable") for resource in resources) == searches
        assert ("SigningKeys" in resources) == (function == "TokenFunction")
        assert ("CursorKey" in resources) == searches
    read = [grant.keys for grant in grants("SearchFunction") if "ClientsTable" in grant.resources]
    assert read == [{"CLIENT#*", "KEYS"}]


def test_nobody_scans() -> None:
    """No function may read a whole table, where leading keys would not hold it."""
    assert not any("dynamodb:Scan" in grant.actions for function in REVIEWED for grant in grants(function))


class Call(NamedTuple):
    """One action on one resource, and the partition that it is on where that is a single one."""

    action: str
    resource: str
    key: str | None = None


@pytest.mark.parametrize("function", APPS)
def test_a_policy_is_enough(function: str, work: Callable[[str], Work]) -> None:
    """All that a function asks of AWS while it serves its routes is granted to it."""
    calls = {call for operation, asked in work(function).calls for call in _calls(operation, asked)}
    assert calls
    assert [call for call in calls if not any(_covers(grant, call) for grant in grants(function))] == []


def _covers(grant: Grant, call: Call) -> bool:
    return (
        call.action in grant.actions
        and any(fnmatchcase(call.resource, resource) for resource in grant.resources)
        and (not grant.keys or (call.key is not None and any(fnmatchcase(call.key, key) for key in grant.keys)))
    )


_TABLES = {"dci-clients": "ClientsTable", "dci-registry": "RegistryTable"}
_SECRETS = {"dci-signing-keys": "SigningKeys", "dci-cursor-key": "CursorKey"}


def _calls(operation: str, asked: dict[str, Any]) -> Iterator[Call]:
    match operation:
        case "GetSecretValue":
            yield Call("secretsmanager:GetSecretValue", _SECRETS[asked["SecretId"]])
        case "BatchGetItem":
            for table, request in asked["RequestItems"].items():
                yield from (_on_item("BatchGetItem", table, key) for key in request["Keys"])
        case "TransactWriteItems":
            for part in asked["TransactItems"]:
                [(verb, request)] = part.items()
                yield _on_item(f"{verb}Item", request["TableName"], request.get("Key") or request["Item"])
        case "Query":
            index = f"/index/{asked['IndexName']}" if "IndexName" in asked else ""
            yield Call("dynamodb:Query", _TABLES[asked["TableName"]] + index)
        case _:
            yield _on_item(operation, asked["TableName"], asked.get("Key") or asked["Item"])


def _on_item(action: str, table: str, key: dict[str, Any]) -> Call:
    return Call(f"dynamodb:{action}", _TABLES[table], key["pk"]["S"])
