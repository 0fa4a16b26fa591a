"""Audit records of what an operator changes: who, when, by which command, and which records, in AuditTable.

Like those of searches they are written before: a change that cannot be recorded is not made. One that fails after
that, or is interrupted, is marked `incomplete`: perhaps some of its records were not changed.
"""

from __future__ import annotations

import argparse
import os
import pwd
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from dci_cli.aws import add_table_option, aws_errors, check_table
from dci_cli.command_error import CommandError
from dci_cli.parallel import chunks
from dci_cli.registry.support.batch_writer import BATCH, write_batch
from dci_common.exchange.audit import audit_key, key_portions

if TYPE_CHECKING:
    from dci_cli.aws import OperatorRuntime
    from dci_common.aws.dynamodb import Item

Command = Literal[
    "put",
    "delete",
    "import",
    "follow",
    "exchange redrive",
    "exchange resume",
    "exchange cancel",
    "subscriptions redrive",
    "subscriptions resume",
]
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def add_audit(parser: argparse.ArgumentParser) -> None:
    """Add `--audit-table` and `--no-audit`, which `OperatorAudit.of` reads."""
    add_table_option(parser, "--audit-table", "AuditTable", "in which the change is recorded")
    parser.add_argument("--no-audit", action="store_true", help="change the registry without an audit record")


class OperatorAudit:
    """Records the changes of one command. Without a `table` it records nothing."""

    def __init__(self, runtime: OperatorRuntime, table: str, operator: str, command: Command) -> None:
        self._runtime = runtime
        self._table = table
        self._fields: Item = {"operator": {"S": operator}, "command": {"S": command}}

    @classmethod
    def of(cls, options: argparse.Namespace, runtime: OperatorRuntime, command: Command) -> OperatorAudit:
        """Return the audit that the options ask for. Raises CommandError when they name no table."""
        if options.no_audit:
            print("This change of the registry is not recorded (--no-audit).", file=sys.stderr)
            return cls(runtime, "", "", command)
        check_table(options.audit_table, "AuditTable", "--audit-table or AUDIT_TABLE (--no-audit records nothing)")
        with aws_errors("AuditTable"):
            return cls(runtime, options.audit_table, _operator(runtime, options), command)

    @contextmanager
    def recorded(self, records: Iterable[str]) -> Iterator[None]:
        """Record that the records with these distinct keys are changed, before they are.

        Raises CommandError when it cannot be recorded: then nothing was changed.
        """
        written: list[Item] = []
        try:
            self._write(records, written)
            yield
        except BaseException:
            with suppress(BotoCoreError, ClientError):
                self._mark_incomplete(written)
            raise

    def _write(self, records: Iterable[str], written: list[Item]) -> None:
        if not self._table:
            return
        try:
            with aws_errors("AuditTable"):
                for items in chunks(self._items(records), BATCH):
                    write_batch(self._runtime, self._table, items)
                    written += [{"pk": item["pk"], "sk": item["sk"]} for item in items]
        except CommandError as error:
            raise CommandError(f"The change cannot be recorded, so nothing was changed: {error}") from error

    def _items(self, records: Iterable[str]) -> Iterator[Item]:
        pk, sk = audit_key(self._runtime.clock(), self._runtime.random_bytes(9))
        for part, keys in enumerate(key_portions(records)):
            if keys:
                yield {"pk": {"S": pk}, "sk": {"S": f"{sk}#{part}"}, **self._fields, "records": {"SS": keys}}

    def _mark_incomplete(self, written: Iterable[Item]) -> None:
        for key in written:
            self._runtime.dynamodb.update_item(
                TableName=self._table,
                Key=key,
                UpdateExpression="SET incomplete = :true",
                ExpressionAttributeValues={":true": {"BOOL": True}},
            )


def _operator(runtime: OperatorRuntime, options: argparse.Namespace) -> str:
    """Return who runs the command: the ARN of the AWS identity, or on an engine of this machine the user's name."""
    host = urlsplit(runtime.dynamodb.meta.endpoint_url).hostname
    if options.local or host in _LOOPBACK:
        return f"local:{_user()}"
    import boto3  # noqa: PLC0415 - imported when there is something to call

    return str(boto3.client("sts").get_caller_identity()["Arn"])


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a user of a container, without a name
        return str(os.getuid())
