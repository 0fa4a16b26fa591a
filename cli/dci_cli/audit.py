"""`dci audit`: who saw a person, or what a client saw, from the audit records that every search writes.

It reads every day of the period completely: AWS charges for all of it, whatever is printed. The output is personal
data.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import chain, product
from typing import Any

from dci_cli.aws import OperatorRuntime, aws_errors, check_table
from dci_cli.command_error import CommandError
from dci_cli.parallel import THREADS, in_parallel
from dci_cli.terminal import Column, print_table
from dci_common.aws.dynamodb import pages
from dci_common.exchange.audit import PARTITIONS
from dci_common.registry.model.base import Kind
from dci_common.registry.storage.keys import record_pk
from dci_common.settings import Settings

Disclosure = dict[str, Any]

_DAYS = 30
_COLUMNS = {
    "moment": Column("when"),
    "client_id": Column("client"),
    "transaction_id": Column("transaction", wraps=True),
    "record_type": Column("type"),
    "count": Column("records"),
    "purpose": Column("purpose", wraps=True),
    "query": Column("query", wraps=True),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subject, the days, and the table."""
    about = parser.add_mutually_exclusive_group(required=True)
    about.add_argument("--person", metavar="ID", help="show who saw this person, alone or as a member of a group")
    about.add_argument("--group", metavar="ID", help="show who saw this group")
    about.add_argument("--client", metavar="ID", help="show what this client saw")
    today = datetime.now(UTC).date()
    parser.add_argument(
        "--since", type=_date, metavar="DATE", help=f"the first day, in UTC (default: {_DAYS} days before the last)"
    )
    parser.add_argument("--until", type=_date, metavar="DATE", default=today, help="the last day (default: today)")
    parser.add_argument(
        "--json", action="store_true", help="print JSON Lines, with the records' keys, instead of a table"
    )
    parser.add_argument(
        "--table",
        default=os.environ.get("AUDIT_TABLE", ""),
        help="the deployment's AuditTable, an output of the stack (default: AUDIT_TABLE)",
    )


def run(options: argparse.Namespace) -> int:
    """Print the disclosures, the oldest first. Raises CommandError."""
    check_table(options.table, "AuditTable", "--table or AUDIT_TABLE")
    since = options.since or date.fromordinal(max(1, options.until.toordinal() - _DAYS))
    if since > options.until:
        raise CommandError("--since must not be after --until.")
    with aws_errors("AuditTable"):
        found = sorted(_disclosures(options, since), key=lambda disclosure: str(disclosure["moment"]))
    if options.json:
        for disclosure in found:
            print(_json(disclosure))
    elif found:
        print_table(list(_COLUMNS.values()), map(_row, found))
    else:
        print(f"Nothing was disclosed from {since} to {options.until}.")
    return 0


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("must be a date such as 2026-01-31") from error


def _disclosures(options: argparse.Namespace, since: date) -> Iterator[Disclosure]:
    runtime = OperatorRuntime(Settings(audit_table=options.table))
    condition, value = _condition(options)
    days = (since + timedelta(days=number) for number in range((options.until - since).days + 1))

    def read(partition: tuple[date, int]) -> list[Disclosure]:
        found = pages(
            runtime.dynamodb.query,
            TableName=options.table,
            KeyConditionExpression="pk = :pk",
            FilterExpression=condition,
            ExpressionAttributeValues={":pk": {"S": f"DAY#{partition[0]}#{partition[1]}"}, ":value": {"S": value}},
        )
        return [_fields(item) for page in found for item in page["Items"]]

    with ThreadPoolExecutor(THREADS) as pool:
        yield from chain.from_iterable(
            found for _, found in in_parallel(pool, read, product(days, range(PARTITIONS)))
        )


def _condition(options: argparse.Namespace) -> tuple[str, str]:
    if options.client:
        return "client_id = :value", options.client
    kind, record_id = (Kind.PERSON, options.person) if options.person else (Kind.GROUP, options.group)
    return "contains(records, :value)", record_pk(kind, record_id)


def _fields(item: dict[str, Any]) -> Disclosure:
    fields = {name: next(iter(value.values())) for name, value in item.items() if name not in {"pk", "sk", "expires"}}
    return {"moment": item["sk"]["S"].partition("#")[0], **fields}


def _json(disclosure: Disclosure) -> str:
    parsed = {name: json.loads(disclosure[name]) for name in ("query", "purpose") if _is_json(disclosure.get(name))}
    return json.dumps({**disclosure, **parsed}, ensure_ascii=False)


def _is_json(text: str | None) -> bool:
    """Return whether a text is complete JSON: a very long query is recorded in part."""
    try:
        return bool(text) and json.loads(text or "") is not None
    except ValueError:
        return False


def _row(disclosure: Disclosure) -> Sequence[str]:
    unsent = next((name for name in ("withheld", "rejected") if name in disclosure), None)
    count = unsent or len(disclosure.get("records", ()))
    return [str({**disclosure, "count": count}.get(name, "")) for name in _COLUMNS]
