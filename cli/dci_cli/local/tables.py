"""The deployment's tables in the local engines, where CloudFormation does not create them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.session import get_session
from botocore.validate import ParamValidator

from dci_cli.command_error import CommandError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def create_tables(dynamodb: DynamoDBClient, definitions: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """Create each table of `names` (logical id → name) as the template defines it. Raises CommandError."""
    for logical_id, name in names.items():
        if logical_id not in definitions:
            raise CommandError(f"The template has no table {logical_id}.")
        try:
            _check({"TableName": name, **definitions[logical_id]})
            dynamodb.create_table(TableName=name, **definitions[logical_id])
        except (BotoCoreError, ClientError) as error:
            raise CommandError(f"The template's {logical_id} cannot be created: {error}") from error


def add_indexes(dynamodb: DynamoDBClient, definitions: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """Add the indexes that the template has and tables lack, which an earlier version has created."""
    for logical_id, name in names.items():
        kept = _indexes(dynamodb, name)
        for index in definitions[logical_id].get("GlobalSecondaryIndexes", ()):
            if index["IndexName"] not in kept:
                dynamodb.update_table(
                    TableName=name,
                    AttributeDefinitions=definitions[logical_id]["AttributeDefinitions"],
                    GlobalSecondaryIndexUpdates=[{"Create": index}],
                )
                while _indexes(dynamodb, name)[index["IndexName"]] != "ACTIVE":
                    time.sleep(0.1)


def turn_on_streams(dynamodb: DynamoDBClient, definitions: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """Turn on the streams that the template has and tables lack, which an earlier version has created."""
    for logical_id, name in names.items():
        wanted = definitions[logical_id].get("StreamSpecification")
        if wanted and not dynamodb.describe_table(TableName=name)["Table"].get("StreamSpecification"):
            dynamodb.update_table(TableName=name, StreamSpecification=wanted)


def _indexes(dynamodb: DynamoDBClient, table: str) -> dict[str, str]:
    """Return the status of each index of a table."""
    found = dynamodb.describe_table(TableName=table)["Table"].get("GlobalSecondaryIndexes", [])
    return {index["IndexName"]: index["IndexStatus"] for index in found}


def _check(definition: Mapping[str, Any]) -> None:
    """Validate a definition, which the functions' client does not do."""
    report = ParamValidator().validate(definition, _shape())
    if report.has_errors():
        raise ParamValidationError(report=report.generate_report())


@cache
def _shape() -> Any:  # noqa: ANN401 - botocore's own
    return get_session().get_service_model("dynamodb").operation_model("CreateTable").input_shape
