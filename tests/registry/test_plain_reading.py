"""Items are read from DynamoDB's answers as they stand, without botocore's own parser."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from support.written import Registry

ITEM: dict[str, Any] = {
    "pk": {"S": "PERSON#Zoë"},
    "sk": {"S": "RECORD"},
    "text": {"S": 'quote " and \\ and 日本'},
    "number": {"N": "0.10"},
    "truth": {"BOOL": True},
    "nothing": {"NULL": True},
    "names": {"SS": ["a", "b"]},
    "list": {"L": [{"S": "x"}, {"M": {"deep": {"N": "1"}}}]},
}
KEY = {"pk": ITEM["pk"], "sk": ITEM["sk"]}
REQUESTS: dict[str, dict[str, Any]] = {
    "get_item": {"Key": KEY},
    "query": {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": KEY["pk"]}},
    "scan": {},
}


def asked_of(client: Any, registry: Registry, operation: str) -> dict[str, Any]:
    """Make the same call of any client; leave out what differs from call to call."""
    if operation == "batch_get_item":
        answer = client.batch_get_item(RequestItems={registry.table: {"Keys": [KEY]}})
    else:
        answer = getattr(client, operation)(TableName=registry.table, **REQUESTS[operation])
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


@pytest.mark.parametrize("operation", ["batch_get_item", "get_item", "query", "scan"])
def test_items_are_those_that_botocore_reads(registry: Registry, operation: str) -> None:
    """Every type that an item may have is read as botocore's own parser reads it."""
    registry.runtime.dynamodb.put_item(TableName=registry.table, Item=ITEM)
    plainly = asked_of(registry.runtime.dynamodb, registry, operation)
    assert plainly == asked_of(boto3.client("dynamodb"), registry, operation)
    assert "日本" in str(plainly)


def test_errors_are_botocores(registry: Registry) -> None:
    """What DynamoDB refuses is the exception that it always was, also where the client did not check it."""
    dynamodb: Any = registry.runtime.dynamodb
    with pytest.raises(dynamodb.exceptions.ResourceNotFoundException):
        dynamodb.get_item(TableName="no-such-table", Key=KEY)
    with pytest.raises(ClientError) as raised:
        dynamodb.query(TableName=registry.table, KeyConditionExpression="pk =")
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
