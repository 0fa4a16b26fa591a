"""The days whose audit items are in the index of AuditTable by record.

| pk | sk | carries |
|---|---|---|
| `INDEX` | `DAY#<date>` | `indexed`, when `dci audit reindex` did it; `stream`, on the stream's first day |
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from dci_common.aws.dynamodb import pages
from dci_common.exchange.audit_index import AUDITED

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Access

REINDEXED = "INDEX"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedDays:
    """The days that the index covers.

    Those after `streamed`, the day on which the table's stream was turned on, are indexed as they are written; None:
    the stream is off, or has no new images. `stream` is the very moment, which names the stream. `reindexed` are the
    days that were indexed later.
    """

    stream: str
    reindexed: frozenset[date]

    @property
    def streamed(self) -> date | None:
        """The day on which the stream was turned on."""
        return date.fromisoformat(self.stream[:10]) if self.stream else None

    @property
    def complete_since(self) -> date | None:
        """The first of the days up to now that are all in the index; None while the stream is off."""
        if self.streamed is None:
            return None
        first = self.streamed + timedelta(days=1)
        while first - timedelta(days=1) in self.reindexed:
            first -= timedelta(days=1)
        return first

    def covers(self, day: date) -> bool:
        """Return whether all of a day is in the index."""
        return day in self.reindexed or (self.streamed is not None and day > self.streamed)


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
