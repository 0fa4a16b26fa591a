"""The index of AuditTable by record, and the days that it covers: the others are read completely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from dci_cli.table_stream import AUDIT
from dci_common.aws.dynamodb import pages
from dci_common.exchange.audit import WITHHELD
from dci_common.exchange.audit_days import REINDEXED, IndexedDays, reindexed_days
from dci_common.exchange.audit_index import AUDITED, index_pk
from dci_common.exchange.audit_records import whole_items

if TYPE_CHECKING:
    from dci_cli.aws import OperatorRuntime
    from dci_common.aws.dynamodb import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedTable(IndexedDays):
    """The days that the index covers, of a table that was `created` on a day."""

    created: date

    @property
    def last(self) -> date:
        """The last day that can be indexed later: yesterday while the stream is off, since today is not over."""
        return self.streamed or datetime.now(UTC).date() - timedelta(days=1)


def indexed_table(runtime: OperatorRuntime, table: str) -> IndexedTable:
    """Return the days that the index of an AuditTable covers. Raises errors of AWS."""
    described = runtime.dynamodb.describe_table(TableName=table)["Table"]
    specification = described.get("StreamSpecification", {})
    is_on = specification.get("StreamEnabled") and specification.get("StreamViewType") in AUDIT.view_types
    stream = described.get("LatestStreamLabel", "") if is_on else ""  # when it was turned on
    created = described["CreationDateTime"].astimezone(UTC).date()
    return IndexedTable(created=created, stream=stream, reindexed=reindexed_days(runtime, table, stream))


def mark_reindexed(runtime: OperatorRuntime, table: str, day: date, indexed: IndexedTable) -> None:
    """Record that all of a day is in the index.

    Of the day on which the stream was turned on, the rest is indexed by this stream: it is recorded for this one.
    """
    moment = datetime.fromtimestamp(runtime.clock(), UTC).isoformat(timespec="seconds")
    item: Item = {"pk": {"S": REINDEXED}, "sk": {"S": f"{AUDITED}{day}"}, "indexed": {"S": moment}}
    if day == indexed.streamed:
        item["stream"] = {"S": indexed.stream}
    runtime.dynamodb.put_item(TableName=table, Item=item)


def indexed_items(runtime: OperatorRuntime, table: str, record: str, days: Sequence[date]) -> list[Item]:
    """Return the audit items of a record on some days, given by its key in RegistryTable, without withheld ones."""
    if not days:
        return []
    values = {
        ":pk": {"S": index_pk(record)},
        ":first": {"S": min(days).isoformat()},
        ":last": {"S": f"{max(days)}~"},  # after all moments of the day
    }
    wanted = {day.isoformat() for day in days}
    found = pages(
        runtime.dynamodb.query,
        TableName=table,
        KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
        ExpressionAttributeValues=values,
    )
    entries = [entry for page in found for entry in page["Items"]]
    shown = [entry for entry in entries if WITHHELD not in entry and entry["sk"]["S"][:10] in wanted]
    return whole_items(runtime, table, shown)
