"""A new table out of files in S3: DynamoDB's ImportTable, from the request to a protected table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from dci_cli.command_error import CommandError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from dci_cli.registry.bulk.s3_files import Place

_POLL_SECONDS = 15.0
_BACKUP_ATTEMPTS = 20
_LOG_GROUP = "/aws-dynamodb/imports"


def exists(dynamodb: DynamoDBClient, table: str) -> bool:
    """Tell whether there is a table of this name."""
    try:
        dynamodb.describe_table(TableName=table)
    except dynamodb.exceptions.ResourceNotFoundException:
        return False
    return True


def start(dynamodb: DynamoDBClient, table: str, definition: Mapping[str, Any], place: Place) -> str:
    """Ask for the import into a new table, defined as CreateTable takes it, and return the import's ARN."""
    parameters: Any = {**definition, "TableName": table, "SSESpecification": {"Enabled": True}}
    answer = dynamodb.import_table(
        S3BucketSource={"S3Bucket": place.bucket, "S3KeyPrefix": place.prefix},
        InputFormat="DYNAMODB_JSON",
        InputCompressionType="GZIP",
        TableCreationParameters=parameters,
    )
    return answer["ImportTableDescription"]["ImportArn"]


def wait(
    dynamodb: DynamoDBClient,
    import_arn: str,
    items: int,
    advance: Callable[[int], None],
    sleep: Callable[[float], None],
) -> None:
    """Wait until the import has ended; `advance` hears of each further number of items.

    Raises CommandError unless all the items were imported.
    """
    done = 0
    while True:
        told = dynamodb.describe_import(ImportArn=import_arn)["ImportTableDescription"]
        advance(told.get("ProcessedItemCount", 0) - done)
        done = told.get("ProcessedItemCount", 0)
        if told["ImportStatus"] not in {"IN_PROGRESS", "CANCELLING"}:
            break
        sleep(_POLL_SECONDS)
    imported, status = told.get("ImportedItemCount", 0), told["ImportStatus"].lower()
    if status == "completed" and not told.get("ErrorCount") and imported == items:
        return
    why = ": ".join(filter(None, (told.get("FailureCode"), told.get("FailureMessage"))))
    raise CommandError(
        f"The import {status} with {imported:,} of {items:,} items{f' ({why})' if why else ''}: see the CloudWatch "
        f"log group {_LOG_GROUP}, then delete the table and the files, and start again."
    )


def protect(dynamodb: DynamoDBClient, table: str, sleep: Callable[[float], None]) -> None:
    """Turn on what the template wants and an import can not set: deletion protection, point-in-time recovery.

    Raises CommandError when the table's backups are not to be had for long.
    """
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=True)
    for _ in range(_BACKUP_ATTEMPTS):
        if _recoverable(dynamodb, table):
            return
        sleep(_POLL_SECONDS)
    raise CommandError(
        f"The table {table} is whole, but its point-in-time recovery can not be turned on yet: do it before you use "
        f"the table (aws dynamodb update-continuous-backups)."
    )


def _recoverable(dynamodb: DynamoDBClient, table: str) -> bool:
    """Turn on point-in-time recovery; False while the table is too young for it."""
    try:
        dynamodb.update_continuous_backups(
            TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
    except dynamodb.exceptions.ContinuousBackupsUnavailableException:
        return False
    return True
