"""Reads AuditTable: the disclosures of searches, and the changes of operators."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain, product
from typing import Any

from dci_cli.aws import OperatorRuntime
from dci_cli.parallel import THREADS, in_parallel
from dci_common.aws.dynamodb import pages
from dci_common.exchange.audit import PARTITIONS
from dci_common.settings import Settings

Record = dict[str, Any]
_KEYS = {"pk", "sk", "expires"}


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

    `absence` begins the sentence that says that there are none, `unchecked` says what could not be checked of it.
    """

    condition: str
    value: str
    absence: str
    unchecked: str = ""


def read_records(table: str, period: Period, subject: Subject) -> list[Record]:
    """Return the records about a subject, the oldest first."""
    runtime = OperatorRuntime(Settings(audit_table=table))

    def read(partition: tuple[date, int]) -> list[Record]:
        values = {":pk": {"S": f"DAY#{partition[0]}#{partition[1]}"}}
        found = pages(
            runtime.dynamodb.query,
            TableName=table,
            KeyConditionExpression="pk = :pk",
            FilterExpression=subject.condition,
            ExpressionAttributeValues=values | ({":value": {"S": subject.value}} if subject.value else {}),
            **({"ExpressionAttributeNames": {"#operator": "operator"}} if "#operator" in subject.condition else {}),
        )
        return [_fields(item) for page in found for item in page["Items"]]

    with ThreadPoolExecutor(THREADS) as pool:
        parts = in_parallel(pool, read, product(period.days(), range(PARTITIONS)))
        return sorted(chain.from_iterable(found for _, found in parts), key=lambda record: str(record["moment"]))


def _fields(item: dict[str, Any]) -> Record:
    fields = {name: next(iter(value.values())) for name, value in item.items() if name not in _KEYS}
    return {"moment": item["sk"]["S"].partition("#")[0], **fields}
