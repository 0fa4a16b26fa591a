"""One follower at a time: a lease in the registry's item, which expires when its holder is gone.

Two followers would not harm the registry, since each write is made on a condition; but each would take the other's
for changes by hand.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from dci_cli.command_error import CommandError
from dci_cli.registry.support.follow_text import clock_time, duration
from dci_common.registry.storage import keys
from dci_common.registry.storage.follow_status import FollowStatus

if TYPE_CHECKING:
    from types import TracebackType

    from dci_cli.aws import OperatorRuntime

LEASE_SECONDS = 180
_RENEW_SECONDS = 30


class LeaseLost(CommandError):
    """Another follower holds the lease now."""


class Lease:
    """The lease of this process, which is held within the `with`. Raises CommandError when another holds it."""

    def __init__(self, runtime: OperatorRuntime) -> None:
        self._runtime = runtime
        # Two containers on one machine may share its name, and then the number of the process too.
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._is_lost = False

    def __enter__(self) -> Self:
        """Take the lease, and keep it while the process lives."""
        status = FollowStatus.read(self._runtime)
        now = self._runtime.clock()
        is_free = status.expires <= now or (status.holder and _is_dead(status.holder))
        free = [self._holder, *([status.holder] if is_free else [])]
        if status.holder and status.holder not in free:
            raise _held_by(status, now)
        if not self._update({}, if_held_by=free):
            raise _held_by(FollowStatus.read(self._runtime), now)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Give the lease back, unless AWS cannot be reached: then it expires."""
        self._is_over.set()
        self._thread.join()
        try:
            self._runtime.dynamodb.update_item(
                TableName=self._runtime.settings.registry_table,
                Key=keys.FOLLOW_KEY,
                UpdateExpression="REMOVE #holder, #expires",
                ConditionExpression="#holder = :own",
                ExpressionAttributeNames={"#holder": "holder", "#expires": "expires"},
                ExpressionAttributeValues={":own": {"S": self._holder}},
            )
        except (BotoCoreError, ClientError):
            return

    def check(self) -> None:
        """Raise LeaseLost when another follower has taken it: this process was away for minutes."""
        if self._is_lost:
            raise LeaseLost("Another follower has taken over, since this one was away for too long.")

    def note(self, **values: object) -> None:
        """Write members of the item: texts, numbers, sets, true, or None, which removes one. Raises LeaseLost."""
        if not self._update(values, if_held_by=[self._holder]):
            self._is_lost = True
            self.check()

    def _keep(self) -> None:
        while not self._is_over.wait(_RENEW_SECONDS):
            try:
                if not self._update({}, if_held_by=[self._holder]):
                    self._is_lost = True
                    return
            except (BotoCoreError, ClientError):  # until it expires
                continue

    def _update(self, values: dict[str, object], *, if_held_by: list[str]) -> bool:
        """Set members and hold the lease for a while; return whether one of these held it, or nobody."""
        now = self._runtime.clock()
        kept = {"holder": self._holder, "seen": now, "expires": now + LEASE_SECONDS} | {
            name: value for name, value in values.items() if value is not None
        }
        removed = [name for name, value in values.items() if value is None]
        holders = {f":holder{number}": {"S": holder} for number, holder in enumerate(if_held_by)}
        assignments = ", ".join(f"#{name} = :{name}" for name in kept)
        try:
            self._runtime.dynamodb.update_item(
                TableName=self._runtime.settings.registry_table,
                Key=keys.FOLLOW_KEY,
                UpdateExpression=f"SET {assignments}"
                + (f" REMOVE {', '.join(f'#{n}' for n in removed)}" if removed else ""),
                ConditionExpression=f"attribute_not_exists(#holder) OR #holder IN ({', '.join(holders)})",
                ExpressionAttributeNames={f"#{name}": name for name in (*kept, *removed)},
                ExpressionAttributeValues={f":{name}": _typed(value) for name, value in kept.items()} | holders,
            )
        except self._runtime.dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _typed(value: object) -> Any:  # noqa: ANN401 - DynamoDB's own
    match value:
        case bool():
            return {"BOOL": value}
        case int() | float():
            return {"N": str(value)}
        case frozenset():
            return {"SS": sorted(value)}
        case dict():
            return {"M": {name: _typed(one) for name, one in value.items()}}
    return {"S": str(value)}


def _is_dead(holder: str) -> bool:
    """Return whether a holder was a process of this machine that is gone; in a container, all have one number."""
    host, process = _host_and_process(holder)
    if host != socket.gethostname() or not process.isdecimal():
        return False
    if int(process) == os.getpid():
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _host_and_process(holder: str) -> tuple[str, str]:
    host, process, *_ = holder.split(":")
    return host, process


def _held_by(status: FollowStatus, now: float) -> CommandError:
    host, process = _host_and_process(status.holder)
    return CommandError(
        f"The process {process} of {host} follows a database into this registry already; it was seen "
        f"{duration(max(0.0, now - status.seen))} ago. Stop it first. If it is gone, its lease ends at "
        f"{clock_time(status.expires)}."
    )
