"""The local tables, where an earlier version has created them."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import boto3
import pytest

from dci_cli.local.tables import add_indexes
from support.registries import tables


@pytest.fixture
def old_table(engine: None) -> Iterator[str]:  # noqa: ARG001 - must be running
    """Return an ExchangeTable without its index."""
    dynamodb, name = boto3.client("dynamodb"), f"dci-exchange-{uuid4()}"
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    yield name
    dynamodb.delete_table(TableName=name)


def test_a_kept_table_gets_its_new_index(old_table: str) -> None:
    """What is in a table of an earlier version is found by the index that it lacked, from then on."""
    dynamodb = boto3.client("dynamodb")
    item = {"pk": {"S": "EXCHANGE#1"}, "sk": {"S": "EXCHANGE"}, "queue": {"S": "OPEN#0"}, "due": {"N": "1"}}
    dynamodb.put_item(TableName=old_table, Item=item)
    for _ in range(2):
        add_indexes(dynamodb, tables(), {"ExchangeTable": old_table})
    found = dynamodb.query(
        TableName=old_table,
        IndexName="due",
        KeyConditionExpression="#queue = :queue",
        ExpressionAttributeNames={"#queue": "queue"},
        ExpressionAttributeValues={":queue": {"S": "OPEN#0"}},
    )
    assert [listed["pk"]["S"] for listed in found["Items"]] == ["EXCHANGE#1"]
