"""The template's policies, and whether they allow a call to AWS, by IAM's own rules of evaluation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from support.deployment import listed, statements

LEADING_KEYS = "dynamodb:LeadingKeys"
ENCLOSING = "dynamodb:EnclosingOperation"
_TABLE_ARN = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/"
_SECRET_ARN = ":${AWS::AccountId}:secret:"
Context = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Statement:
    """A statement that allows actions on resources, by their logical ids, where its conditions hold."""

    actions: frozenset[str]
    resources: frozenset[str]
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False)

    @property
    def keys(self) -> set[str]:
        """The patterns of partition keys; none: the statement has no condition on them."""
        return set(self.conditions.get("ForAllValues:StringLike", {}).get(LEADING_KEYS, ()))

    def names(self, call: Call) -> bool:
        """Return whether the statement is about the action and the resource of a call."""
        return call.action in self.actions and any(fnmatchcase(call.resource, one) for one in self.resources)

    def allows(self, call: Call) -> bool:
        """Return whether the statement allows a call."""
        context = call.context()
        return self.names(call) and all(
            _holds(operator, context.get(key, frozenset()), listed(expected))
            for operator, conditions in self.conditions.items()
            for key, expected in conditions.items()
        )


@dataclass(frozen=True)
class Call:
    """One action on one resource.

    `keys` are the kinds of its partition keys (`CLIENT#`), empty where AWS states none; `enclosing` is the operation
    that the action is a part of: `TransactWriteItems`.
    """

    action: str
    resource: str
    keys: frozenset[str] = frozenset()
    enclosing: str = ""

    def context(self) -> Context:
        """Return the condition keys of the request that have a value."""
        return {
            name: values
            for name, values in ((LEADING_KEYS, self.keys), (ENCLOSING, frozenset({self.enclosing} - {""})))
            if values
        }


def _holds(operator: str, values: frozenset[str], expected: list[Any]) -> bool:
    """Return whether a condition holds for the values of its key, of which there are none when the key is absent."""
    match operator:
        case "Null":
            return [str(not values).lower()] == expected
        case "ForAllValues:StringLike":
            return all(any(fnmatchcase(value, pattern) for pattern in expected) for value in values)
        case "ForAnyValue:StringEquals":
            return not values.isdisjoint(expected)
        case "ArnEqualsIfExists" | "BoolIfExists":
            return all(value in expected for value in values)
    raise NotImplementedError(operator)


@cache
def policy(function: str, **parameters: str) -> list[Statement]:
    """Return the statements of a function's role."""
    return [
        Statement(
            frozenset(listed(statement["Action"])),
            frozenset(map(_resource, listed(statement["Resource"]))),
            statement.get("Condition", {}),
        )
        for statement in statements(function, **parameters)
        if statement["Effect"] == "Allow"
    ]


def _resource(value: Any) -> str:
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), "Arn"]}:
            return name
        case {"Fn::GetAtt": [str(name), "StreamArn"]}:
            return f"{name}/stream"
        case {"Fn::Sub": str(text)} if text.endswith(".Arn}/*"):  # the objects of a bucket
            return text.removeprefix("${").replace(".Arn}", "")
        case {"Fn::Sub": str(text)} if _SECRET_ARN in text:
            return text.partition(_SECRET_ARN)[2]
        case {"Fn::Sub": [str(text), {"Name": {"Ref": str(name)}}]}:
            return text.removeprefix(_TABLE_ARN).replace("${Name}", name)
    return str(value)


@cache
def is_allowed(function: str, call: Call) -> bool:
    """Return whether a function's role allows a call: one statement must allow all of it."""
    return any(statement.allows(call) for statement in policy(function))


def calls(operation: str, request: Mapping[str, Any], resources: Mapping[str, str]) -> Iterator[Call]:
    """Yield all calls as which IAM may evaluate an operation; each of them must be allowed.

    `resources` has the logical ids of tables, queues and secrets by their names, or by the folder that names begin
    with. A request for several items is evaluated for each of them and for all together. AWS does not document which
    keys it states for a part of a transaction: hence also without any.
    """
    match operation:
        case "RotateSecret":
            yield Call("secretsmanager:RotateSecret", resources[request["SecretId"]])
            yield Call("lambda:InvokeFunction", "RotationFunction")
        case _ if "SecretId" in request or operation == "CreateSecret":
            name = request.get("SecretId") or request["Name"]
            yield Call(f"secretsmanager:{operation}", resources.get(name) or resources[_folder(name)])
        case "SendMessage":
            yield Call("sqs:SendMessage", resources[request["QueueUrl"]])
        case "GetMetricData":
            yield Call("cloudwatch:GetMetricData", "*")
        case "BatchGetItem":
            for table, part in request["RequestItems"].items():
                yield from _on_items("BatchGetItem", resources[table], part["Keys"])
        case "TransactWriteItems":
            yield from _transaction(request["TransactItems"], resources)
        case "Query":
            index = f"/index/{request['IndexName']}" if "IndexName" in request else ""
            yield Call("dynamodb:Query", resources[request["TableName"]] + index, frozenset({_partition(request)}))
        case "Scan" | "DescribeTable":
            yield Call(f"dynamodb:{operation}", resources[request["TableName"]])
        case _:
            yield from _on_items(operation, resources[request["TableName"]], [request.get("Key") or request["Item"]])


def _folder(secret: str) -> str:
    """Return the prefix that the names of several secrets have in common."""
    return f"{secret.rpartition('/')[0]}/"


def _transaction(actions: list[dict[str, Any]], resources: Mapping[str, str]) -> Iterator[Call]:
    items: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for action in actions:
        [(verb, part)] = action.items()
        items[f"{verb}Item", resources[part["TableName"]]].append(part.get("Key") or part["Item"])
    for (name, table), keys in items.items():
        yield Call(f"dynamodb:{name}", table, enclosing="TransactWriteItems")
        yield from _on_items(name, table, keys, "TransactWriteItems")


def _on_items(name: str, table: str, items: list[Any], enclosing: str = "") -> Iterator[Call]:
    kinds = frozenset(_kind(item["pk"]["S"]) for item in items)
    for keys in {kinds, *(frozenset({kind}) for kind in kinds)}:
        yield Call(f"dynamodb:{name}", table, keys, enclosing)


def _partition(query: Mapping[str, Any]) -> str:
    """Return the kind of the partition that a query reads: its condition names the partition key first."""
    value = query["KeyConditionExpression"].split(" AND ")[0].split(" = ")[1]
    return _kind(query["ExpressionAttributeValues"][value]["S"])


def _kind(key: str) -> str:
    kind, hash_, _ = key.partition("#")
    return kind + hash_
