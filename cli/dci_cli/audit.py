"""`dci audit`: who saw a person, or what a client saw, from the records that every search leaves behind.

It reads the days asked for, whole: AWS reckons their size, whatever of it is shown. What it prints is personal data.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import chain, product
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from dci_cli.command_error import CommandError
from dci_cli.registry.support.parallel import THREADS, in_parallel
from dci_cli.registry.support.table import OperatorRuntime
from dci_common.aws.dynamodb import pages
from dci_common.exchange.audit import PARTITIONS
from dci_common.registry.model.base import Kind
from dci_common.registry.storage.keys import record_pk
from dci_common.settings import Settings

_DAYS = 30
_COLUMNS = (
    ("when", "moment", 24),
    ("client", "client_id", 36),
    ("transaction", "transaction_id", 20),
    ("type", "record_type", 8),
    ("records", "count", 7),
    ("purpose", "purpose", 30),
    ("query", "query", 60),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add whom it is about, and of which days."""
    about = parser.add_mutually_exclusive_group(required=True)
    about.add_argument("--person", metavar="ID", help="who saw this person, alone or as a member of a group")
    about.add_argument("--group", metavar="ID", help="who saw this group")
    about.add_argument("--client", metavar="ID", help="what this client saw")
    today = datetime.now(UTC).date()
    parser.add_argument(
        "--since", type=_date, metavar="DATE", help=f"the first day, in UTC (default: {_DAYS} days before the last)"
    )
    parser.add_argument("--until", type=_date, metavar="DATE", default=today, help="the last day (default: today)")
    parser.add_argument("--json", action="store_true", help="as JSON Lines, with the records' keys")
    parser.add_argument(
        "--table",
        default=os.environ.get("AUDIT_TABLE", ""),
        help="the deployment's AuditTable (an output of the stack); default: AUDIT_TABLE",
    )


def run(options: argparse.Namespace) -> int:
    """Print the disclosures, the oldest first. Raises CommandError."""
    if not options.table:
        raise CommandError("Name the audit's table: --table NAME, or AUDIT_TABLE in the environment.")
    since = options.since or date.fromordinal(max(1, options.until.toordinal() - _DAYS))
    if since > options.until:
        raise CommandError("--since must not be after --until.")
    try:
        found = sorted(_disclosures(options, since), key=lambda disclosure: str(disclosure["moment"]))
    except (BotoCoreError, ClientError, ValueError) as error:  # the last is a malformed endpoint
        raise CommandError(f"The audit's table can not be read: {error}") from error
    lines = map(_json, found) if options.json else _table(found, since, options.until)
    for line in lines:
        print(line)
    return 0


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("must be a date such as 2026-01-31") from error


def _disclosures(options: argparse.Namespace, since: date) -> Iterator[dict[str, Any]]:
    runtime = OperatorRuntime(Settings(audit_table=options.table))
    condition, value = _condition(options)
    days = (since + timedelta(days=number) for number in range((options.until - since).days + 1))

    def read(partition: tuple[date, int]) -> list[dict[str, Any]]:
        found = pages(
            runtime.dynamodb.query,
            TableName=options.table,
            KeyConditionExpression="pk = :pk",
            FilterExpression=condition,
            ExpressionAttributeValues={":pk": {"S": f"DAY#{partition[0]}#{partition[1]}"}, ":value": {"S": value}},
        )
        return [_plain(item) for page in found for item in page["Items"]]

    with ThreadPoolExecutor(THREADS) as pool:
        yield from chain.from_iterable(
            found for _, found in in_parallel(pool, read, product(days, range(PARTITIONS)))
        )


def _condition(options: argparse.Namespace) -> tuple[str, str]:
    if options.client:
        return "client_id = :value", options.client
    kind, record_id = (Kind.PERSON, options.person) if options.person else (Kind.GROUP, options.group)
    return "contains(records, :value)", record_pk(kind, record_id)


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    fields = {name: next(iter(value.values())) for name, value in item.items() if name not in {"pk", "sk", "expires"}}
    return {"moment": item["sk"]["S"].partition("#")[0], **fields}


def _json(disclosure: dict[str, Any]) -> str:
    written = {name: json.loads(disclosure[name]) for name in ("query", "purpose") if _is_json(disclosure.get(name))}
    return json.dumps({**disclosure, **written}, ensure_ascii=False)


def _is_json(text: str | None) -> bool:
    """Tell whether a text is whole: a very long query is kept in part."""
    try:
        return bool(text) and json.loads(text or "") is not None
    except ValueError:
        return False


def _table(found: list[dict[str, Any]], since: date, until: date) -> Iterator[str]:
    if not found:
        yield f"Nothing was disclosed from {since} to {until}."
        return
    yield _row([title for title, _, _ in _COLUMNS])
    for disclosure in found:
        counted = {
            **disclosure,
            "count": "withheld" if "withheld" in disclosure else len(disclosure.get("records", ())),
        }
        yield _row([str(counted.get(name, "")) for _, name, _ in _COLUMNS])


def _row(cells: list[str]) -> str:
    written = (
        (cell if len(cell) <= width else cell[: width - 1] + "…").ljust(width)
        for cell, (_, _, width) in zip(cells, _COLUMNS, strict=True)
    )
    return "  ".join(written).rstrip()
