"""The streams of the registry table and the audit table, which a function reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient


class TableStream(NamedTuple):
    """What a function needs of a table's stream, and what it cannot do without it.

    `view_types` are those that it can read, of which the first is the template's own. `parameter` is that of the
    template which names the stream of an existing table, `table` that which names the table.
    """

    table: str
    parameter: str
    view_types: tuple[str, ...]
    images: str
    consequence: str


_BOTH = "NEW_AND_OLD_IMAGES"
REGISTRY = TableStream(
    *("RegistryTableName", "RegistryStreamArn", (_BOTH,), "new and old images"),
    "so no change of the registry is reported to subscribers.",
)
AUDIT = TableStream(
    *("AuditTableName", "AuditStreamArn", ("NEW_IMAGE", _BOTH), "new images"),
    "so disclosures are not indexed, and dci audit reads whole days.",
)


class StreamIsOff(Exception):
    """The table has no stream that can be read: what is wrong, and how to fix it."""

    def __init__(self, wanted: TableStream, table: str, stream: Mapping[str, Any]) -> None:
        is_other = bool(stream.get("StreamEnabled"))
        self.found = (
            f"The stream of the table {table} has no {wanted.images}"
            if is_other
            else f"The stream of the table {table} is off"
        ) + f", {wanted.consequence}"
        update = f"aws dynamodb update-table --table-name {table} --stream-specification"
        off = f"Turn it off: {update} StreamEnabled=false. Then turn it on" if is_other else "Turn it on"
        view_type = wanted.view_types[0]
        self.remedy = f"{off}: {update} StreamEnabled=true,StreamViewType={view_type}, and run make deploy."
        super().__init__(f"{self.found} {self.remedy}")


def stream_arn(dynamodb: DynamoDBClient, wanted: TableStream, table: str) -> str:
    """Return the ARN of a table's stream. Raises StreamIsOff, or errors of AWS's."""
    described = dynamodb.describe_table(TableName=table)["Table"]
    stream: Mapping[str, Any] = described.get("StreamSpecification", {})
    if not stream.get("StreamEnabled") or stream.get("StreamViewType") not in wanted.view_types:
        raise StreamIsOff(wanted, table, stream)
    return described["LatestStreamArn"]
