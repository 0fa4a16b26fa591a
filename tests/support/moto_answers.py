"""What moto answers to requests of all kinds, with and without the project's shortcuts; run in its own process."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

from dci_cli.local import moto_engine

Request = tuple[str, dict[str, Any]]

_NAMES = ("pk", "sk", "shard")
_WIDE: dict[str, Any] = {
    "TableName": "wide",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        *({"AttributeName": name, "AttributeType": "S"} for name in _NAMES),
        {"AttributeName": "score", "AttributeType": "N"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-score",
            "KeySchema": [
                {"AttributeName": "shard", "KeyType": "HASH"},
                {"AttributeName": "score", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["held"]},
        }
    ],
}
_SMALL: dict[str, Any] = {
    "TableName": "small",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "N"}],
}
# One of a set at most: moto has no order for more.
_HELD: dict[str, Any] = {
    "M": {
        "name": {"S": "Ünal"},
        "many": {"L": [{"N": "1.50"}, {"M": {"deep": {"BOOL": True}, "none": {"NULL": True}}}]},
        "numbers": {"NS": ["1"]},
        "texts": {"SS": ["a"]},
        "bytes": {"B": b"\x00\xff"},
        "more": {"BS": [b"\x01"]},
    }
}
_KEY = {"pk": {"S": "p1"}, "sk": {"S": "s1"}}
_OF_ONE = {
    "TableName": "wide",
    "KeyConditionExpression": "pk = :pk",
    "ExpressionAttributeValues": {":pk": {"S": "p1"}},
}
_OF_INDEX = {
    "TableName": "wide",
    "IndexName": "by-score",
    "KeyConditionExpression": "#shard = :shard AND score > :low",
    "ExpressionAttributeNames": {"#shard": "shard"},
    "ExpressionAttributeValues": {":shard": {"S": "a"}, ":low": {"N": "9"}},
}
_WINDOWS: list[dict[str, Any]] = [
    {},
    {"Limit": 2},
    {"ScanIndexForward": False},
    {"Select": "COUNT"},
    {"ExclusiveStartKey": _KEY},
]
_CHANGE = {
    "TableName": "wide",
    "Key": _KEY,
    "UpdateExpression": "SET held.#name = :new, many = :many ADD score :one REMOVE held.numbers",
    "ExpressionAttributeNames": {"#name": "name"},
    "ExpressionAttributeValues": {":new": {"S": "new"}, ":many": {"L": [{"S": "x"}]}, ":one": {"N": "1"}},
    "ReturnValues": "ALL_OLD",
}
_NEW = {"TableId", "CreationDateTime"}


def requests() -> Iterator[Request]:
    """Return operations and their parameters."""
    yield "create_table", _WIDE
    yield "create_table", _SMALL
    for number in range(24):
        item = {"pk": {"S": f"p{number % 3}"}, "sk": {"S": f"s{number}"}, "held": _HELD}
        indexed = {"shard": {"S": "ab"[number % 2]}, "score": {"N": str(number * 3)}} if number % 4 else {}
        yield "put_item", {"TableName": "wide", "Item": item | indexed}
        yield "put_item", {"TableName": "small", "Item": {"pk": {"N": str(number * 5 % 24)}, "held": _HELD}}
    yield (
        "put_item",
        {"TableName": "wide", "Item": {"pk": {"S": "large"}, "sk": {"S": "x"}, "held": {"S": "é" * 205_000}}},
    )
    for expression in ("held", "pk, held.#name", "held.many[1].deep, sk", "nothing", "held.many"):
        names = {"ExpressionAttributeNames": {"#name": "name"}} if "#" in expression else {}
        yield "get_item", {"TableName": "wide", "Key": _KEY, "ProjectionExpression": expression, **names}
        yield "query", {**_OF_ONE, "ProjectionExpression": expression, **names}
    for window in _WINDOWS:
        yield "query", {**_OF_ONE, **window}
        yield "query", {**_OF_INDEX, **{name: window[name] for name in window if name != "ExclusiveStartKey"}}
        yield "scan", {"TableName": "wide", **{name: window[name] for name in window if name != "ScanIndexForward"}}
    yield "query", {**_OF_INDEX, "FilterExpression": "attribute_exists(held.many)"}
    yield "query", {**_OF_ONE, "ExpressionAttributeValues": {":pk": {"S": "nobody"}}}
    yield "query", {**_OF_ONE, "TableName": "small", "ExpressionAttributeValues": {":pk": {"N": "8"}}}
    yield "scan", {"TableName": "small"}
    yield "update_item", _CHANGE
    yield "get_item", {"TableName": "wide", "Key": _KEY}
    put = {"TableName": "wide", "Item": _KEY, "ConditionExpression": "attribute_exists(pk)"}
    missing = {**put, "Item": {**_KEY, "sk": {"S": "none"}}}
    new = {"TableName": "wide", "Item": {"pk": {"S": "new"}, "sk": {"S": "s"}}}
    gone = {"TableName": "wide", "Key": {"pk": {"S": "p2"}, "sk": {"S": "s2"}}}
    yield "transact_write_items", {"TransactItems": [{"Put": put}, {"Put": missing}]}
    yield "get_item", {"TableName": "wide", "Key": _KEY}
    yield "transact_write_items", {"TransactItems": [{"Put": put}]}
    yield "transact_write_items", {"TransactItems": [{"Put": new}, {"Delete": gone}, {"Put": missing}]}
    yield "scan", {"TableName": "wide"}
    counting = {
        "TableName": "wide",
        "Key": _KEY,
        "UpdateExpression": "ADD counted :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    yield "transact_write_items", {"TransactItems": [{"Update": counting}, {"Put": missing}]}
    yield "get_item", {"TableName": "wide", "Key": _KEY}
    yield "transact_write_items", {"TransactItems": [{"Update": counting}, {"Put": new}]}
    yield "get_item", {"TableName": "wide", "Key": _KEY}
    yield "transact_write_items", {"TransactItems": [{"Put": new}, {"Delete": gone}]}
    yield "scan", {"TableName": "wide"}
    yield "batch_get_item", {"RequestItems": {"wide": {"Keys": [_KEY], "ProjectionExpression": "sk, held"}}}


def answers() -> Iterator[Any]:
    """Ask moto, which must be running."""
    dynamodb = boto3.client("dynamodb", region_name="eu-west-1")
    for operation, parameters in requests():
        try:
            answer = getattr(dynamodb, operation)(**parameters)
        except ClientError as error:
            answer = error.response
        yield (
            operation,
            {name: _untimed(answer[name]) for name in answer if name != "ResponseMetadata"},
        )


def _untimed(answer: Any) -> Any:
    """Return a member of an answer without what differs each time."""
    return {name: answer[name] for name in answer if name not in _NEW} if isinstance(answer, dict) else answer


if __name__ == "__main__":
    with moto_engine.running() if sys.argv[1:] == ["shorter"] else mock_aws():
        json.dump(list(answers()), sys.stdout, default=repr)
