"""`dci audit reindex`: index what was recorded before the table had a stream, or could not be indexed then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from dci_cli.audit.index import IndexedTable, mark_reindexed
from dci_cli.audit.records import Period, day_items
from dci_common.exchange.audit import PARTITIONS
from dci_common.exchange.audit_index import AuditIndex

if TYPE_CHECKING:
    from dci_cli.aws import OperatorRuntime

_THREADS = 16


def days_to_index(indexed: IndexedTable, since: date | None, until: date | None, *, again: bool) -> list[date]:
    """Return the days that are not in the index, or all of a period `again`, the newest first.

    Without a period they begin with the table's creation, and end with the last day that is not indexed as it is
    written, or `again` with today.
    """
    end = datetime.now(UTC).date() if again else indexed.last
    period = Period(since or indexed.created, min(until or end, end))
    return [day for day in reversed(list(period.days())) if again or not indexed.covers(day)]


def reindex(
    runtime: OperatorRuntime, table: str, days: Sequence[date], indexed: IndexedTable
) -> Iterator[tuple[date, int]]:
    """Index days, and yield each with the number of its entries. It may be interrupted and repeated.

    Days that are not indexed as they are written are then marked as indexed. Raises errors of AWS.
    """
    with ThreadPoolExecutor(_THREADS) as threads:
        index = AuditIndex(runtime, threads)
        for day in days:
            items = (item for number in range(PARTITIONS) for item in day_items(runtime, table, day, number))
            count = sum(map(index.add, items))
            if day <= indexed.last:
                mark_reindexed(runtime, table, day, indexed)
            yield day, count
