"""Making the deployment's tables where CloudFormation does not: in the local engines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def create_tables(dynamodb: DynamoDBClient, definitions: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """Make each table of `names` (logical id → name) as the template defines it."""
    for logical_id, name in names.items():
        dynamodb.create_table(TableName=name, **definitions[logical_id])
