"""What a table holds, read by a client of its own: the functions' client has no Scan."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

from dci_common.aws.dynamodb import pages
from dci_common.exchange.audit_index import AUDITED, merged

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def tests_client() -> DynamoDBClient:
    """Return the tests' own client of the engine that runs: to make one takes longer than most requests."""
    return _client_of(os.environ.get("AWS_ENDPOINT_URL_DYNAMODB"))


@cache
def _client_of(endpoint: str | None) -> DynamoDBClient:
    return boto3.Session().client("dynamodb", endpoint_url=endpoint)  # the default session keeps an engine's key


def stored_items(table: str) -> list[dict[str, Any]]:
    """Return every item of a table, as DynamoDB has it."""
    scanned = pages(tests_client().scan, TableName=table, ConsistentRead=True)
    return [item for page in scanned for item in page["Items"]]


def items_of(table: str, pk: str) -> list[dict[str, Any]]:
    """Return the items with a partition key, in the order of their sort keys."""
    request: Any = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": pk}}}
    found = pages(tests_client().query, TableName=table, ConsistentRead=True, **request)
    return [item for page in found for item in page["Items"]]


def disclosures(client_id: str = "", table: str = "dci-audit") -> list[dict[str, Any]]:
    """Return the records of searches in an AuditTable, of one client if it is named; not those of operators."""
    is_one: Any = {"FilterExpression": "client_id = :id", "ExpressionAttributeValues": {":id": {"S": client_id}}}
    found = pages(tests_client().scan, TableName=table, ConsistentRead=True, **(is_one if client_id else {}))
    items = (item for page in found for item in page["Items"] if item["pk"]["S"].startswith(AUDITED))
    return merged(sorted((item for item in items if "client_id" in item), key=lambda item: item["sk"]["S"]))
