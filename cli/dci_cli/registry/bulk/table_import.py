"""A new table from files in S3: DynamoDB's ImportTable, from the request to a protected table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from dci_cli.command_error import CommandError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from dci_cli.registry.bulk.s3_files import S3Prefix

_POLL_SECONDS = 15.0
_ATTEMPTS = 20
_STREAM = "StreamSpecification"
_LOG_GROUP = "/aws-dynamodb/imports"


def exists(dynamodb: DynamoDBClient, table: str) -> bool:
    """Return whether a table has this name."""
    try:
        dynamodb.describe_table(TableName=table)
    except dynamodb.exceptions.ResourceNotFoundException:
        return False
    return True


def start(dynamodb: DynamoDBClient, table: str, definition: Mapping[str, Any], prefix: S3Prefix) -> str:
    """Start the import into a new table, defined as for CreateTable, and return the import's ARN.

    The table has the encryption key of the files, or else AWS's own key, and no stream: an import cannot set it.
    """
    definition = {name: value for name, value in definition.items() if name != _STREAM}
    encryption = {"Enabled": True, "SSEType": "KMS"} | ({"KMSMasterKeyId": prefix.kms_key} if prefix.kms_key else {})
    parameters: Any = {**definition, "TableName": table, "SSESpecification": encryption}
    answer = dynamodb.import_table(
        S3BucketSource={"S3Bucket": prefix.bucket, "S3KeyPrefix": prefix.key},
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
    """Wait until the import has ended; `advance` gets the number of items of each interval.

    Raises CommandError unless all items were imported.
    """
    done = 0
    while True:
        state = dynamodb.describe_import(ImportArn=import_arn)["ImportTableDescription"]
        advance(state.get("ProcessedItemCount", 0) - done)
        done = state.get("ProcessedItemCount", 0)
        if state["ImportStatus"] not in {"IN_PROGRESS", "CANCELLING"}:
            break
        sleep(_POLL_SECONDS)
    imported, status = state.get("ImportedItemCount", 0), state["ImportStatus"].lower()
    if status == "completed" and not state.get("ErrorCount") and imported == items:
        return
    why = ": ".join(filter(None, (state.get("FailureCode"), state.get("FailureMessage"))))
    raise CommandError(
        f"The import {status} with {imported:,} of {items:,} items{f' ({why})' if why else ''}: see the CloudWatch "
        f"log group {_LOG_GROUP}, then delete the table and the files, and run the command again."
    )


def turn_on_stream(
    dynamodb: DynamoDBClient, table: str, definition: Mapping[str, Any], sleep: Callable[[float], None]
) -> None:
    """Turn on the stream of a definition, which an import cannot set.

    Raises CommandError when the table stays busy with another change of it.
    """
    for _ in range(_ATTEMPTS):
        try:
            dynamodb.update_table(TableName=table, StreamSpecification=definition[_STREAM])
        except dynamodb.exceptions.ResourceInUseException:
            sleep(_POLL_SECONDS)
        else:
            return
    raise CommandError(
        f"The table {table} is complete, but its stream cannot be turned on yet: turn it on before you use the table "
        f"(aws dynamodb update-table --stream-specification)."
    )


def protect(dynamodb: DynamoDBClient, table: str, sleep: Callable[[float], None]) -> None:
    """Turn on what an import cannot set: deletion protection and point-in-time recovery.

    Raises CommandError when point-in-time recovery stays unavailable.
    """
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=True)
    for _ in range(_ATTEMPTS):
        if _turn_on_recovery(dynamodb, table):
            return
        sleep(_POLL_SECONDS)
    raise CommandError(
        f"The table {table} is complete, but its point-in-time recovery cannot be turned on yet: turn it on "
        f"before you use the table (aws dynamodb update-continuous-backups)."
    )


def _turn_on_recovery(dynamodb: DynamoDBClient, table: str) -> bool:
    """Turn on point-in-time recovery; return False while the table is too new for it."""
    try:
        dynamodb.update_continuous_backups(
            TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
    except dynamodb.exceptions.ContinuousBackupsUnavailableException:
        return False
    return True
