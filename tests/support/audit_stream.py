"""AuditTable's stream in tests: what is in the table, as Lambda gives it to the audit index function."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from dci_audit_index import app
from dci_cli.local.tables import create_tables
from dci_common.aws.dynamodb import Item
from dci_common.exchange.audit_index import AUDITED
from dci_common.runtime import Runtime
from dci_common.settings import Settings
from support.registries import tables
from support.stored_items import items_of, stored_items, tests_client

_numbers = itertools.count(1)


def audit_items(runtime: Runtime) -> list[Item]:
    """Return the audit items, without entries of the index."""
    return [item for item in stored_items(runtime.settings.audit_table) if item["pk"]["S"].startswith(AUDITED)]


@contextmanager
def own_audit_table() -> Iterator[Runtime]:
    """Yield a runtime with an empty AuditTable, on the engine that runs."""
    table = f"dci-audit-{next(_numbers)}"
    create_tables(tests_client(), tables(), {"AuditTable": table})
    yield Runtime(Settings(audit_table=table))
    tests_client().delete_table(TableName=table)


def put(runtime: Runtime, item: Item) -> None:
    """Put an item, whatever is there."""
    tests_client().put_item(TableName=runtime.settings.audit_table, Item=item)


def delete(runtime: Runtime, item: Item) -> None:
    """Delete an item, given at least by its key."""
    key = {name: item[name] for name in ("pk", "sk")}
    tests_client().delete_item(TableName=runtime.settings.audit_table, Key=key)


def stream_record(item: Item, number: int = 1, event: str = "INSERT") -> dict[str, Any]:
    """Return the record of a write of an item."""
    keys = {"pk": item["pk"], "sk": item["sk"]}
    image = {} if event == "REMOVE" else {"NewImage": item}
    change = {"Keys": keys, "SequenceNumber": str(number), "StreamViewType": "NEW_IMAGE", **image}
    return {"eventName": event, "eventSource": "aws:dynamodb", "dynamodb": change}


def index(runtime: Runtime, items: Sequence[Item] | None = None) -> list[str]:
    """Have the function index some items, or all that there are, and return the numbers of those that failed."""
    given = audit_items(runtime) if items is None else items
    records = [stream_record(item, number) for number, item in enumerate(given)]
    failures = app.create_app(runtime)({"Records": records}, None)["batchItemFailures"]
    return [failure["itemIdentifier"] for failure in failures]


def entries(runtime: Runtime, key: str) -> list[Item]:
    """Return the entries of a record in the index, the oldest first."""
    return items_of(runtime.settings.audit_table, f"RECORD#{key}")
