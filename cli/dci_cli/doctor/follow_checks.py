"""The check of a registry that follows a database: how old its data is."""

from __future__ import annotations

import time

from dci_cli.aws import aws_errors, check_table, dynamodb_client
from dci_cli.command_error import CommandError
from dci_cli.doctor.deployment import Finding
from dci_cli.registry.support.follow_text import clock_time, duration, problems_text
from dci_common.registry.storage import keys
from dci_common.registry.storage.follow_status import FollowStatus

_CHECK = "followed database"
_REMEDY = "Look at the output of dci registry follow, and see that it runs."


def examine_followed(table: str, now: float | None = None) -> Finding | None:
    """Return how old the data of a registry's table is; None when it follows no database."""
    try:
        check_table(table, "RegistryTable", "--table")
        with aws_errors("RegistryTable"):
            found = dynamodb_client().get_item(TableName=table, Key=keys.FOLLOW_KEY, ConsistentRead=True)
    except CommandError as error:
        return Finding(_CHECK, "skipped", str(error))
    if "Item" not in found:
        return None
    return _finding(FollowStatus.of(found["Item"]), time.time() if now is None else now)


def _finding(status: FollowStatus, now: float) -> Finding:
    if not status.moment:
        failed = f": {status.outcome}" if status.outcome else "."
        return Finding(_CHECK, "warning", f"No pass over the database has succeeded yet{failed}", _REMEDY)
    found = (
        f"The registry is {duration(max(0.0, now - status.moment))} old ({status.version})."
        if status.is_following
        else f"The registry was loaded once, as of {clock_time(status.moment)} ({status.version})."
    )
    if status.outcome:
        found += f" The last pass failed: {status.outcome}"
    found = f"{found} {problems_text(status.problems)}".rstrip()
    if not status.is_old(now):
        return Finding(_CHECK, "ok", found)
    if not status.holder or status.expires < now:
        found += f" Nobody has followed since {duration(now - max(status.seen, status.finished))}."
    return Finding(_CHECK, "warning", found, _REMEDY)
