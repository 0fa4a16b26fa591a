"""The days whose audit items are in the index of AuditTable by record.

| pk | sk | carries |
|---|---|---|
| `INDEX` | `DAY#<date>` | `indexed`, when `dci audit reindex` did it; `stream`, on the stream's first day |
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dci_common.aws.dynamodb import pages
from dci_common.exchange.audit_index import AUDITED

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Access

REINDEXED = "INDEX"
_AT_ONCE = timedelta(seconds=5)  # between a table and its stream that are created together, before it can be written


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedDays:
    """The days that the index covers.

    Those after `streamed`, the day on which the table's stream was turned on, are indexed as they are written; None:
    the stream is off, or has no new images. `stream` is the very moment, which names the stream. `reindexed` are the
    days that were indexed later. Nothing was recorded before `empty_until`; None: it is not known until when.
    """

    stream: str
    reindexed: frozenset[date]
    empty_until: datetime | None = None

    @property
    def streamed(self) -> date | None:
        """The day on which the stream was turned on."""
        return date.fromisoformat(self.stream[:10]) if self.stream else None

    @property
    def complete_since(self) -> date | None:
        """The first of the days up to now that are all in the index; None while the stream is off."""
        if self.streamed is None:
            return None
        if self.empty_until and abs(_moment(self.stream) - self.empty_until) < _AT_ONCE:
            return self.empty_until.date()
        first = self.streamed + timedelta(days=1)
        while first - timedelta(days=1) in self.reindexed:
            first -= timedelta(days=1)
        return first

    @property
    def is_complete(self) -> bool:
        """Whether all that was ever recorded is in the index."""
        since = self.complete_since
        return since is not None and self.empty_until is not None and since <= self.empty_until.date()

    def covers(self, day: date) -> bool:
        """Return whether all of a day is in the index."""
        return day in self.reindexed or (self.streamed is not None and day > self.streamed)


def empty_until(access: Access, table: str) -> datetime | None:
    """Return when a table was created; None for one that was restored, whose records are older."""
    described: Any = access.dynamodb.describe_table(TableName=table)["Table"]
    if "RestoreSummary" in described:
        return None
    created = described["CreationDateTime"]  # a number in the answers of the functions' own client
    return created.astimezone(UTC) if isinstance(created, datetime) else datetime.fromtimestamp(created, UTC)


def _moment(stream: str) -> datetime:
    return datetime.fromisoformat(stream).replace(tzinfo=UTC)


def reindexed_days(access: Access, table: str, stream: str) -> frozenset[date]:
    """Return the days that were indexed later; the stream's first day counts only for this stream."""
    found = pages(
        access.dynamodb.query,
        TableName=table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": REINDEXED}},
    )
    return frozenset(
        date.fromisoformat(item["sk"]["S"].removeprefix(AUDITED))
        for page in found
        for item in page["Items"]
        if item.get("stream", {"S": stream})["S"] == stream
    )
