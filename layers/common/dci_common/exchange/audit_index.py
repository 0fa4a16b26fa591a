"""The index of AuditTable by record: who saw or changed one person or group, whatever else was recorded.

| pk | sk | carries |
|---|---|---|
| `RECORD#<key of the record>` | that of the audit item | `item`, its partition; what a statement for a citizen says |

The query is not in it: it may name others. Entries are written in any order and more than once, by the function that
reads the table's stream and by `dci audit reindex`, and the last state remains: what says that a disclosure was
`withheld`, or that a change is `incomplete`, replaces an entry, and everything else is only added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from dci_common.deadline import with_deadline
from dci_common.exchange.audit import WITHHELD

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from dci_common.aws.dynamodb import Item
    from dci_common.runtime import Runtime

AUDITED = "DAY#"  # with which the partition keys of audit items begin
_COPIED = (
    *("client_id", "operator", "command", "route", "record_type", "disclosed", "incomplete", WITHHELD, "expires"),
    *("rejected", "correlation_id", "transaction_id", "operator_name", "reason"),
)
_MAX_PURPOSE = 300  # characters: an entry that costs one write


class AuditIndex:
    """Writes the index, with the threads of an executor."""

    def __init__(self, runtime: Runtime, threads: Executor) -> None:
        self._runtime = runtime
        self._threads = threads

    def add(self, item: Item) -> int:
        """Index an audit item under each of its records, and return how many these are. Raises errors of AWS."""
        return sum(self._threads.map(with_deadline(self._put), index_entries(item)))

    def _put(self, entry: Item) -> int:
        ends = WITHHELD in entry or "incomplete" in entry
        dynamodb = self._runtime.dynamodb
        condition: Any = {} if ends else {"ConditionExpression": "attribute_not_exists(pk)"}
        with suppress(dynamodb.exceptions.ConditionalCheckFailedException):
            dynamodb.put_item(TableName=self._runtime.settings.audit_table, Item=entry, **condition)
        return 1


def index_entries(item: Item) -> Iterator[Item]:
    """Yield the entries of an audit item, one for each of its records."""
    copied = {name: item[name] for name in _COPIED if name in item}
    if "purpose" in item:
        copied["purpose"] = {"S": item["purpose"]["S"][:_MAX_PURPOSE]}
    common = {"sk": {"S": audit_sk(item)}, "item": item["pk"], **copied}
    for key in item.get("records", {}).get("SS", ()):
        yield {"pk": {"S": index_pk(key)}, **common}


def index_pk(key: str) -> str:
    """Return the partition of the index with the entries of a record, by its key in RegistryTable."""
    return f"RECORD#{key}"


def audit_sk(item: Item) -> str:
    """Return the sort key of an audit item, also of one that says that its records were withheld."""
    return str(item["sk"]["S"]).removesuffix(f"#{WITHHELD}")


def merged(items: Iterable[Item]) -> list[Item]:
    """Return audit items, each one time: what was withheld has no records, but `withheld`."""
    found: dict[tuple[str, str], Item] = {}
    for item in items:
        key = item["pk"]["S"], audit_sk(item)
        found[key] = {**found.get(key, {}), **item, "sk": {"S": key[1]}}
        if WITHHELD in found[key]:
            found[key].pop("records", None)
    return list(found.values())
