"""Writes ClientsTable: each change of a client is one transaction.

It holds the client, the reservation of its name, other items that change with it, and the log entry. It also checks
that the caller's token was not revoked, and that the caller's own registration is still the version that was read;
of an operator, that they are not disabled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from dci_common.clients.access import Bearer
from dci_common.clients.items import client_item, client_key, deleted_item, log_item, name_item_key
from dci_common.clients.log import Change, LogAct, LogEntry, changes_between
from dci_common.clients.model import Client, name_key
from dci_common.clients.views import client_view
from dci_common.deadline import calls_end_by, current_deadline
from dci_common.errors import Conflict, Unavailable
from dci_common.oauth.revocation import revocation_key
from dci_common.operators.access import OperatorBearer
from dci_common.operators.store import IS_ENABLED, operator_key
from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_common.clients.callback_secrets import NewCallbackSecret
    from dci_common.clients.proposal import Proposal
    from dci_common.runtime import Runtime

Action = dict[str, dict[str, Any]]
_ABSENT = {"ConditionExpression": "attribute_not_exists(pk)"}
_UNDO_SECONDS = 6  # a call that is given up, and a further one
_UNLOGGED = {"client_id", "created", "updated", "version"}  # the entry itself carries them


@dataclass(frozen=True, slots=True)
class Caller:
    """The author of a change, and the versions of the client that it may be made to; None is any version.

    `id` is a client's, or that of a person who signed in, whose `name` it has then. An author who changes the table
    itself, as their own AWS credentials allow, has no `bearer`.
    """

    id: str
    versions: frozenset[int] | None = None
    bearer: Bearer | OperatorBearer | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class ClientChange:
    """A change: its name in the log, the client after it (None: deleted), and other writes of the transaction.

    `changes` are logged beside those of the client. `undo` takes `actions` back: it is given where the answer shows a
    secret, so that no secret exists that was never shown. `prepare` is called before the transaction, for what a
    transaction cannot do, and `callback_secret` is stored then: nothing may depend on it until the change is made.
    `proposal` is what the caller approves by the change, and `conditions` are further actions, each with a condition
    that must hold.
    """

    name: LogAct
    after: Client | None
    actions: list[Action] = field(default_factory=list)
    secret_id: str | None = None
    changes: dict[str, Change] = field(default_factory=dict)
    undo: list[Action] | None = None
    prepare: Callable[[], None] | None = None
    callback_secret: NewCallbackSecret | None = None
    conditions: list[Action] = field(default_factory=list)
    proposal: Proposal | None = None


def put(item: Item) -> Action:
    """Return the action that writes an item."""
    return {"Put": {"Item": item}}


def delete(key: Item) -> Action:
    """Return the action that deletes an item."""
    return {"Delete": {"Key": key}}


class ClientChanges:
    """Commits changes, each as a whole or not at all."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._table = runtime.settings.clients_table

    def commit(self, by: Caller, before: Client | None, change: ClientChange) -> bool:
        """Commit a change; False when the client, or the caller's access, was changed since it was read.

        It is also False where another of its conditions does not hold.

        `before` is None for a new client. Raises Conflict when the new name is taken. A change with `undo` is taken
        back where it is not known whether it happened. Raises Unavailable, and does nothing, without time for both.
        """
        if change.undo is None:
            return self._commit(by, before, change)
        deadline = current_deadline().earlier(_UNDO_SECONDS)
        if deadline.call_seconds() < _UNDO_SECONDS:
            raise Unavailable("There is no time left to make this change: try again shortly.", retry_after=2)
        try:
            with calls_end_by(deadline):
                return self._commit(by, before, change)
        except (BotoCoreError, ClientError):
            with suppress(BotoCoreError, ClientError, Conflict):
                self._commit(by, change.after, _undoing(before, change))
            raise

    def commit_proposal(self, by: Caller, entry: LogEntry, checks: list[Action], about: Client | None = None) -> bool:
        """Commit what happens to a proposal: `checks`, of which one writes it, and a log entry; False as `commit`.

        `about` is the client that must not have changed since it was read.
        """
        versions = [*([check_unchanged(about)] if about else []), *_caller_checks(by, about), *checks]
        return self._transact(versions, [put(log_item(entry))])

    def record(self, by: Caller, about: str, act: LogAct, number: int) -> bool:
        """Record an act on what is no client, such as `keys#tokens`.

        False when the caller's access was changed, or another entry of this millisecond has the number.
        """
        now = timestamp(self._runtime.clock())
        entry = LogEntry(client_id=about, at=now, by=by.id, by_name=by.name, act=act, version=number)
        try:
            self._runtime.dynamodb.transact_write_items(
                TransactItems=self._addressed([*_caller_checks(by, None), _put_new(log_item(entry))])
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "TransactionCanceledException":
                return False
            raise
        return True

    def _addressed(self, actions: list[Action]) -> Any:  # noqa: ANN401 - as AWS takes it
        return [
            {verb: {"TableName": self._table, **request}} for action in actions for verb, request in action.items()
        ]

    def _commit(self, by: Caller, before: Client | None, change: ClientChange) -> bool:
        entry = _entry(by, timestamp(self._runtime.clock()), before, change)
        log = [put(log_item(entry)), *([put(deleted_item(entry))] if change.after is None else [])]
        versions = [_client_action(before, change.after), *_caller_checks(by, before), *change.conditions]
        return self._transact(versions, [*_name_actions(before, change.after), *change.actions, *log])

    def _transact(self, versions: list[Action], others: list[Action]) -> bool:
        """Write all of it or nothing; False where a condition of `versions` does not hold, or others write too."""
        actions = [*versions, *others]
        try:
            self._runtime.dynamodb.transact_write_items(TransactItems=self._addressed(actions))
        except ClientError as error:
            response: Any = error.response
            reasons = [reason["Code"] for reason in response.get("CancellationReasons", [])]
            if "ConditionalCheckFailed" in reasons[: len(versions)] or "TransactionConflict" in reasons:
                return False
            if "ConditionalCheckFailed" in reasons:  # the name's, the only other condition
                raise Conflict("A client with this name exists: choose another name.") from error
            raise
        return True


def _undoing(before: Client | None, change: ClientChange) -> ClientChange:
    """Return the change that takes a change back: of a new client, its deletion."""
    after, actions = change.after, change.undo or []
    if before is None or after is None:
        return ClientChange("deleted", None, actions)
    restored = after._replace(version=after.version + 1)
    return ClientChange("secret_deleted", restored, actions, change.secret_id)


def _entry(by: Caller, at: str, before: Client | None, change: ClientChange) -> LogEntry:
    known = change.after or before
    if known is None:
        raise ValueError
    return LogEntry(
        client_id=known.client_id,
        at=at,
        **authors(by, change.proposal),
        act=change.name,
        version=known.version if change.after else known.version + 1,
        name=known.name,
        secret_id=change.secret_id,
        changes=logged_changes(before, change.after) | change.changes,
    )


def logged_changes(before: Client | None, after: Client | None) -> dict[str, Change]:
    """Return the members of a client in which it differs, but for those that an entry of the log has itself."""
    old, new = (
        {name: value for name, value in client_view(client).items() if name not in _UNLOGGED} if client else {}
        for client in (before, after)
    )
    return changes_between(old, new)


def authors(by: Caller, approved: Proposal | None) -> dict[str, Any]:
    """Return the members of a log entry for the author of a change: of an approved one, requester and approver."""
    if approved is None:
        return {"by": by.id, "by_name": by.name}
    asked = {"by": approved.asked_by, "by_name": approved.asked_by_name, "approval_id": approved.approval_id}
    return {**asked, "approved_by": by.id, "approved_by_name": by.name}


def _client_action(before: Client | None, after: Client | None) -> Action:
    if before is None:
        return _put_new(client_item(after)) if after else {}
    if after is None:
        return {"Delete": {"Key": client_key(before.client_id), **_unchanged(before)}}
    return {"Put": {"Item": client_item(after), **_unchanged(before)}}


def _caller_checks(by: Caller, before: Client | None) -> Iterator[Action]:
    match by.bearer:
        case OperatorBearer(operator):
            yield {"ConditionCheck": {"Key": operator_key(operator.id), **IS_ENABLED}}
        case Bearer(token, client):
            yield {"ConditionCheck": {"Key": revocation_key(token.token_id), **_ABSENT}}
            # A transaction has one action for each item: a caller that changes itself is checked by the change.
            if before is None or before.client_id != client.client_id:
                yield check_unchanged(client)


def check_unchanged(client: Client) -> Action:
    """Return the action that checks that a client still has the version that was read."""
    return {"ConditionCheck": {"Key": client_key(client.client_id), **_unchanged(client)}}


def _unchanged(client: Client) -> dict[str, Any]:
    return {
        "ConditionExpression": "version = :version",
        "ExpressionAttributeValues": {":version": {"N": str(client.version)}},
    }


def _name_actions(before: Client | None, after: Client | None) -> Iterator[Action]:
    old = name_key(before.name) if before else None
    new = name_key(after.name) if after else None
    if after and new and new != old:
        yield _put_new({**name_item_key(new), "client_id": {"S": after.client_id}})
    if old and new != old:
        yield delete(name_item_key(old))


def _put_new(item: Item) -> Action:
    return {"Put": {"Item": item, **_ABSENT}}
