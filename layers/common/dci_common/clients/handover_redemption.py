"""The redemption of a handover: a visitor with its link and its code makes the client's secret, once.

A try is counted by one conditional write before its code is compared, so that concurrent tries are never more than
MAX_TRIES. The secret is made in a transaction that also deletes the handover, on the condition that the client and
the maker of the handover are enabled.
"""

from __future__ import annotations

import hmac
import math
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from botocore.exceptions import ClientError

from dci_common.clients.administration import Administration
from dci_common.clients.changes import Caller, ClientChange, put
from dci_common.clients.handover_items import (
    MAX_TRIES,
    Handover,
    code_digest,
    handover_from_item,
    handover_id,
    handover_item,
    handover_key,
    is_token,
)
from dci_common.clients.handover_makers import is_permitted, maker_check
from dci_common.clients.handovers import Handovers, logged, used_up
from dci_common.clients.items import log_item
from dci_common.clients.log import HANDOVER, Change, LogAct, LogEntry
from dci_common.clients.model import Client
from dci_common.clients.secrets import Secret
from dci_common.clients.store import ClientStore
from dci_common.errors import Conflict, DomainError, LimitExceeded, NotEntitled, NotFound
from dci_common.oauth.throttle import Failures, count_failure, failures_from, failures_key
from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

_BY_LINK = Caller(HANDOVER)
_FAILURES = "HANDOVERS"  # the partition of the addresses that sent wrong links and codes, in the form of throttle.py


class RedeemedSecret(NamedTuple):
    """The secret that a handover made, what is stored of it, and its client."""

    client: Client
    secret: str
    stored: Secret


class Redemption:
    """Redeems handovers."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._table = runtime.settings.clients_table
        self._clients = ClientStore(runtime)
        self._handovers = Handovers(runtime)
        self._administration = Administration(runtime)

    def redeem(self, token: str, code: str, source: str) -> RedeemedSecret:
        """Make the secret of the handover that a link's token and a code open.

        `source` is the address that sent them. Raises NotFound, whether there never was such a handover or it has
        ended, and after the same steps (none for what cannot be a token); NotEntitled for a wrong code, while tries
        are left; or LimitExceeded.
        """
        if not is_token(token):
            raise _ended()
        failures = self._failures(source)
        handover = self._count_try(handover_id(token))
        if handover is None:
            count_failure(self._runtime, failures, self._runtime.clock())
            raise _ended()
        if not hmac.compare_digest(code_digest(token, code), handover.code_digest):
            self._reject(handover, failures)
        try:
            return self._use(handover)
        except DomainError:
            self._record(handover, "handover_refused")
            raise

    def _failures(self, source: str) -> Failures:
        now, key = self._runtime.clock(), {**failures_key("", source), "pk": {"S": _FAILURES}}
        answer = self._runtime.dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        failures = failures_from(key, answer.get("Item"), now)
        if now < failures.blocked_until:
            raise LimitExceeded(
                "Too many wrong links and codes from your address: wait, then try again.",
                retry_after=math.ceil(failures.blocked_until - now),
            )
        return failures

    def _count_try(self, handover_id: str) -> Handover | None:
        """Count a try, and return the handover with it; None where it is not open, whatever the reason."""
        try:
            answer = self._runtime.dynamodb.update_item(
                TableName=self._table,
                Key=handover_key(handover_id),
                UpdateExpression="ADD tries :one",
                ConditionExpression="tries < :most AND expires > :now",
                ExpressionAttributeValues={
                    ":one": {"N": "1"},
                    ":most": {"N": str(MAX_TRIES)},
                    ":now": {"N": str(int(self._runtime.clock()))},
                },
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
                raise
            return None
        return handover_from_item(answer["Attributes"])

    def _reject(self, handover: Handover, failures: Failures) -> NoReturn:
        count_failure(self._runtime, failures, self._runtime.clock())
        left = MAX_TRIES - handover.tries
        self._record(handover, "handover_failed" if left else "handover_ended")
        raise NotEntitled(f"The code is wrong. Tries left: {left}.") if left else _ended()

    def _use(self, handover: Handover) -> RedeemedSecret:
        used: list[Client] = []

        def adapt(client: Client, change: ClientChange) -> ClientChange:
            if client.status != "enabled" or not self._is_usable(handover):
                raise _ended()
            used[:] = [client]
            return ClientChange(
                "handover_used",
                client,
                change.actions,
                change.secret_id,
                {**change.changes, **_by_link(handover)},
                [*(change.undo or []), put(handover_item(handover))],
                conditions=[used_up(handover), *maker_check(handover)],
            )

        try:
            overlap = handover.old_expires_in
            secret, stored = self._administration.add_secret(_BY_LINK, handover.owner, overlap, adapt)
        except (NotFound, Conflict) as error:
            if isinstance(error, NotFound) or not self._is_usable(handover):
                raise _ended() from error
            raise Conflict(f"{error} Tries left: {MAX_TRIES - handover.tries}.") from error
        return RedeemedSecret(used[0], secret, stored)

    def _is_usable(self, handover: Handover) -> bool:
        return self._handovers.find(handover.handover_id) is not None and is_permitted(self._runtime, handover)

    def _record(self, handover: Handover, act: LogAct) -> None:
        """Record what was tried with a link, and leave the client at its version."""
        client = self._clients.find(handover.owner, consistent=True)
        entry = LogEntry(
            client_id=handover.owner,
            at=timestamp(self._runtime.clock()),
            by=HANDOVER,
            act=act,
            version=client.version if client else 0,
            name=client.name if client else None,
            changes=_by_link(handover),
        )
        item = log_item(entry, f"#{handover.handover_id}#{handover.tries}")
        self._runtime.dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": self._table, "Item": item}}])


def _ended() -> NotFound:
    return NotFound(
        "The link is not valid, or not any more: it works once, within 24 hours and five tries. Ask for a new one."
    )


def _by_link(handover: Handover) -> dict[str, Change]:
    made_by = {"made_by": handover.made_by, "made_by_name": handover.made_by_name}
    named = {name: Change(after=value) for name, value in made_by.items() if value is not None}
    return logged(handover, tries=Change(before=handover.tries - 1, after=handover.tries), **named)
