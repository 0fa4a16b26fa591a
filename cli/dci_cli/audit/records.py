"""Reads AuditTable: the disclosures of searches, and the changes of operators."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain, product
from typing import TYPE_CHECKING, Any, NamedTuple

from dci_cli.audit.index import indexed_items, indexed_table
from dci_cli.parallel import THREADS, in_parallel
from dci_common.aws.dynamodb import pages
from dci_common.exchange.audit import PARTITIONS, WITHHELD
from dci_common.exchange.audit_index import AUDITED, merged
from dci_common.exchange.audit_records import Record, record_of

if TYPE_CHECKING:
    from dci_cli.aws import OperatorRuntime
    from dci_common.aws.dynamodb import Item


@dataclass(frozen=True, slots=True)
class Period:
    """Days, in UTC."""

    first: date
    last: date

    def days(self) -> Iterator[date]:
        """Yield each day."""
        return (self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1))


@dataclass(frozen=True, slots=True)
class Subject:
    """What the records are about: a condition for DynamoDB with its `value`.

    `is_record` says that this is a person or group: there is an index by these. `absence` begins the sentence that
    says that there are none, `unchecked` says what could not be checked of it.
    """

    condition: str
    value: str
    absence: str
    unchecked: str = ""
    is_record: bool = False


class Found(NamedTuple):
    """The records about a subject, the oldest first, and the days that were read completely, but could be indexed."""

    records: list[Record]
    unindexed: list[date]


def read_records(runtime: OperatorRuntime, table: str, period: Period, subject: Subject) -> Found:
    """Return the records of an AuditTable about a subject. Raises errors of AWS."""
    days = list(period.days())
    if not subject.is_record:
        return Found(_fields(_complete_days(runtime, table, days, subject)), [])
    index = indexed_table(runtime, table)
    covered, others = ([day for day in days if index.covers(day) is is_covered] for is_covered in (True, False))
    items = [
        *indexed_items(runtime, table, subject.value, covered),
        *(item for item in _complete_days(runtime, table, others, subject) if WITHHELD not in item),
    ]
    return Found(_fields(items), others)


def day_items(
    runtime: OperatorRuntime,
    table: str,
    day: date,
    number: int,
    **options: Any,  # noqa: ANN401 - DynamoDB's own
) -> Iterator[Item]:
    """Yield the items of one of a day's partitions; `options` are more parameters of the query."""
    values = {":pk": {"S": f"{AUDITED}{day}#{number}"}} | options.pop("ExpressionAttributeValues", {})
    found = pages(
        runtime.dynamodb.query,
        TableName=table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues=values,
        **options,
    )
    return (item for page in found for item in page["Items"])


def _complete_days(runtime: OperatorRuntime, table: str, days: Sequence[date], subject: Subject) -> list[Item]:
    """Return what days have of a subject, by reading all of each."""
    options: dict[str, Any] = {"FilterExpression": subject.condition}
    if subject.value:
        options["ExpressionAttributeValues"] = {":value": {"S": subject.value}}
    if "#command" in subject.condition:
        options["ExpressionAttributeNames"] = {"#command": "command"}

    def read(partition: tuple[date, int]) -> list[Item]:
        return merged(day_items(runtime, table, *partition, **options))

    with ThreadPoolExecutor(THREADS) as pool:
        parts = in_parallel(pool, read, product(days, range(PARTITIONS)))
        return list(chain.from_iterable(found for _, found in parts))


def _fields(items: Iterable[Item]) -> list[Record]:
    return sorted(map(record_of, items), key=lambda record: str(record["moment"]))
