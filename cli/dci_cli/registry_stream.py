"""The stream of a registry table, from which subscribers are notified of changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

VIEW_TYPE = "NEW_AND_OLD_IMAGES"


class StreamIsOff(Exception):
    """The table has no stream that can be read: what is wrong, and how to mend it."""

    def __init__(self, table: str, stream: Mapping[str, Any]) -> None:
        is_other = bool(stream.get("StreamEnabled"))
        self.found = (
            f"The stream of the table {table} has no new and old images"
            if is_other
            else f"The stream of the table {table} is off"
        ) + ", so no change of the registry is reported to subscribers."
        update = f"aws dynamodb update-table --table-name {table} --stream-specification"
        off = f"Turn it off: {update} StreamEnabled=false. Then turn it on" if is_other else "Turn it on"
        self.remedy = f"{off}: {update} StreamEnabled=true,StreamViewType={VIEW_TYPE}, and run make deploy."
        super().__init__(f"{self.found} {self.remedy}")


def stream_arn(dynamodb: DynamoDBClient, table: str) -> str:
    """Return the ARN of a table's stream. Raises StreamIsOff, or errors of AWS's."""
    described = dynamodb.describe_table(TableName=table)["Table"]
    stream: Mapping[str, Any] = described.get("StreamSpecification", {})
    if not stream.get("StreamEnabled") or stream.get("StreamViewType") != VIEW_TYPE:
        raise StreamIsOff(table, stream)
    return described["LatestStreamArn"]
