"""The index of AuditTable by record, and the days that it covers: the others are read completely."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dci_cli.table_stream import AUDIT
from dci_common.aws.dynamodb import batch_get, pages
from dci_common.exchange.audit import WITHHELD
from dci_common.exchange.audit_index import AUDITED, index_pk

if TYPE_CHECKING:
    from dci_cli.aws import OperatorRuntime
    from dci_common.aws.dynamodb import Item

_REINDEXED = "INDEX"  # the partition with an item for each day that `dci audit reindex` has indexed


@dataclass(frozen=True, slots=True)
class IndexedDays:
    """The days whose audit items are in the index.

    Those after `streamed`, the day on which the table's stream was turned on, are indexed as they are written; None:
    the stream is off, or has no new images. `stream` is the very moment, which names the stream. `reindexed` are the
    days that were indexed later. `created` is the day of the table.
    """

    created: date
    stream: str
    reindexed: frozenset[date]

    @property
    def streamed(self) -> date | None:
        """The day on which the stream was turned on."""
        return date.fromisoformat(self.stream[:10]) if self.stream else None

    @property
    def last(self) -> date:
        """The last day that can be indexed later: yesterday while the stream is off, since today is not over."""
        return self.streamed or datetime.now(UTC).date() - timedelta(days=1)

    def covers(self, day: date) -> bool:
        """Return whether all of a day is in the index."""
        return day in self.reindexed or (self.streamed is not None and day > self.streamed)


def indexed_days(runtime: OperatorRuntime, table: str) -> IndexedDays:
    """Return the days that the index of an AuditTable covers. Raises errors of AWS."""
    described = runtime.dynamodb.describe_table(TableName=table)["Table"]
    specification = described.get("StreamSpecification", {})
    is_on = specification.get("StreamEnabled") and specification.get("StreamViewType") in AUDIT.view_types
    stream = described.get("LatestStreamLabel", "") if is_on else ""  # when it was turned on
    days = _query(runtime, table, "pk = :pk", {":pk": {"S": _REINDEXED}})
    return IndexedDays(
        created=described["CreationDateTime"].astimezone(UTC).date(),
        stream=stream,
        reindexed=frozenset(
            date.fromisoformat(item["sk"]["S"].removeprefix(AUDITED))
            for item in days
            if item.get("stream", {"S": stream})["S"] == stream
        ),
    )


def mark_reindexed(runtime: OperatorRuntime, table: str, day: date, indexed: IndexedDays) -> None:
    """Record that all of a day is in the index.

    Of the day on which the stream was turned on, the rest is indexed by this stream: it is recorded for this one.
    """
    moment = datetime.fromtimestamp(runtime.clock(), UTC).isoformat(timespec="seconds")
    item: Item = {"pk": {"S": _REINDEXED}, "sk": {"S": f"{AUDITED}{day}"}, "indexed": {"S": moment}}
    if day == indexed.streamed:
        item["stream"] = {"S": indexed.stream}
    runtime.dynamodb.put_item(TableName=table, Item=item)


def indexed_items(runtime: OperatorRuntime, table: str, record: str, days: Sequence[date]) -> list[Item]:
    """Return the audit items of a record on some days, given by its key in RegistryTable, without withheld ones.

    Items are read as a whole; what has expired meanwhile is as the index has it.
    """
    if not days:
        return []
    values = {
        ":pk": {"S": index_pk(record)},
        ":first": {"S": min(days).isoformat()},
        ":last": {"S": f"{max(days)}~"},  # after all moments of the day
    }
    wanted = {day.isoformat() for day in days}
    found = _query(runtime, table, "pk = :pk AND sk BETWEEN :first AND :last", values)
    entries = [entry for entry in found if WITHHELD not in entry and entry["sk"]["S"][:10] in wanted]
    keys = [{"pk": entry["item"], "sk": entry["sk"]} for entry in entries]
    items = batch_get(runtime, table, keys, consistent=False)
    whole = {(item["pk"]["S"], item["sk"]["S"]): item for item in items}
    return [{**entry, **whole.get((entry["item"]["S"], entry["sk"]["S"]), {})} for entry in entries]


def _query(runtime: OperatorRuntime, table: str, condition: str, values: dict[str, Any]) -> Iterator[Item]:
    found = pages(
        runtime.dynamodb.query,
        TableName=table,
        KeyConditionExpression=condition,
        ExpressionAttributeValues=values,
    )
    return (item for page in found for item in page["Items"])
