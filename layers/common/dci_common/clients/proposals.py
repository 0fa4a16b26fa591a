"""Which changes wait for a second person (the setting `approvals`), and their proposals in ClientsTable."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from dci_common.clients.callback_secrets import CallbackSecrets
from dci_common.clients.changes import Action, Caller, ClientChange, ClientChanges, logged_changes
from dci_common.clients.items import client_item
from dci_common.clients.log import OPERATOR, Change, LogAct, LogEntry
from dci_common.clients.model import Client, name_key
from dci_common.clients.proposal import (
    LIFETIME_SECONDS,
    LISTED,
    Decided,
    Proposal,
    proposal_from_item,
    proposal_item,
    proposal_key,
)
from dci_common.clients.store import MAX_PAGE, ClientStore
from dci_common.clients.widening import NEW, changed, widened
from dci_common.errors import Conflict, NotFound
from dci_common.operators.access import OperatorBearer
from dci_common.operators.store import ENABLED
from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from dci_common.clients.proposal import ApprovalStatus
    from dci_common.clients.store import Position
    from dci_common.operators.store import StoredOperator
    from dci_common.runtime import Runtime

MAX_WAITING = 500
_CLOCKS_APART = 86_400  # seconds, at most
_MAX_ID = 100  # characters


class Proposals:
    """Reads proposals, and stores new ones."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._table = runtime.settings.clients_table
        self._clients = ClientStore(runtime)
        self._changes = ClientChanges(runtime)
        self._callback_secrets = CallbackSecrets(runtime)

    def reasons(self, by: Caller, before: Client | None, after: Client) -> tuple[str, ...]:
        """Return why a registration or an update waits for a second person; nothing where it does not.

        A person who changes the table with AWS credentials waits for nobody: they could change anything in it. Raises
        Conflict where as many changes wait already as may; of several requests at once, a few more may come to wait.
        """
        mode = self._runtime.settings.approvals
        if mode == "off" or by.bearer is None:
            return ()
        whole = changed(before, after) if before else (NEW,)
        reasons = whole if mode == "all" else widened(before, after)
        if reasons and self._wait_too_many():
            raise Conflict(f"{MAX_WAITING} changes wait for approval already: an approver must decide some of them.")
        return reasons

    def waiting(self, limit: int, after: Position | None = None) -> tuple[list[Proposal], Position | None]:
        """Return those that wait among a page of all that may, the newest first, and where the next page starts."""
        now = self._runtime.clock()
        items, following = self._clients.listed(LISTED, limit, after, forward=False, span=_span(now))
        return [one for one in map(proposal_from_item, items) if one.status(now) == "waiting"], following

    def _wait_too_many(self) -> bool:
        if self._few_were_asked():
            return False
        count, following = 0, None  # of the list so far, and where it goes on
        while True:
            found, following = self.waiting(MAX_PAGE, following)
            count += len(found)
            if following is None or count >= MAX_WAITING:
                return count >= MAX_WAITING

    def _few_were_asked(self) -> bool:
        """Return whether too few were asked for lately for too many to wait, without reading a proposal."""
        low, high = _span(self._runtime.clock())
        answer = self._runtime.dynamodb.query(
            TableName=self._table,
            IndexName="clients",
            Select="COUNT",
            KeyConditionExpression="listed = :listed AND name_key BETWEEN :low AND :high",
            ExpressionAttributeValues={":listed": {"S": LISTED}, ":low": {"S": low}, ":high": {"S": high}},
            Limit=MAX_WAITING,
        )
        return "LastEvaluatedKey" not in answer

    def propose(
        self, by: Caller, before: Client | None, change: ClientChange, widens: tuple[str, ...]
    ) -> Proposal | None:
        """Store a change, to be made when it is approved; None as ClientChanges.commit is False. Raises Conflict."""
        after = change.after
        if after is None or change.name not in {"created", "updated", "enabled"}:
            raise ValueError(change.name)
        self._check_name(before, after)
        now = self._runtime.clock()
        proposal = Proposal(
            approval_id=_new_id(self._runtime),
            act=change.name,
            client_id=after.client_id,
            name=after.name,
            version=before.version if before else 0,
            widens=widens,
            before=client_item(before) if before else None,
            after=client_item(after),
            asked=timestamp(now),
            asked_by=by.id,
            asked_by_name=by.name,
            until=int(now) + LIFETIME_SECONDS,
        )
        entry = entry_about(proposal, "proposed", proposal.asked, by, logged_changes(before, after))
        if change.callback_secret:
            self._callback_secrets.hold(after.client_id, change.callback_secret)
        try:
            is_stored = self._changes.commit_proposal(by, entry, [_new(proposal)], before)
        except (BotoCoreError, ClientError):
            self._withdraw(by, proposal)
            raise
        return proposal if is_stored else None

    def get(self, approval_id: str) -> Proposal:
        """Return a proposal, read consistently. Raises NotFound."""
        item = None
        if 0 < len(approval_id) <= _MAX_ID and approval_id.isprintable() and approval_id.isascii():
            answer = self._runtime.dynamodb.get_item(
                TableName=self._table, Key=proposal_key(approval_id), ConsistentRead=True
            )
            item = answer.get("Item")
        if item is None:
            raise NotFound("There is no approval with this id.")
        return proposal_from_item(item)

    def page(
        self, limit: int, after: Position | None, status: ApprovalStatus | None
    ) -> tuple[list[Proposal], dict[str, str] | None]:
        """Return a page of proposals, the newest first, and where the next page starts; as ClientStore.page."""
        now = self._runtime.clock()
        has_status = (lambda item: proposal_from_item(item).status(now) == status) if status else None
        items, following = self._clients.listed(LISTED, limit, after, forward=False, wanted=has_status)
        return list(map(proposal_from_item, items)), following

    def _withdraw(self, by: Caller, proposal: Proposal) -> None:
        """Withdraw a proposal that may have been stored although the request fails: the requester will ask again."""
        now = timestamp(self._runtime.clock())
        withdrawn = mark(proposal._replace(decided=Decided("withdrawn", now, by.id, by.name)), proposal.digest)
        with suppress(BotoCoreError, ClientError, Conflict):
            self._changes.commit_proposal(by, entry_about(proposal, "withdrawn", now, by), [withdrawn])
        if proposal.callback_secret:
            with suppress(BotoCoreError, ClientError):
                self._callback_secrets.drop(proposal.client_id, proposal.callback_secret)

    def _check_name(self, before: Client | None, after: Client) -> None:
        """Raise Conflict for a name that another client has now; whether it is still free is seen in the end."""
        if before and name_key(before.name) == name_key(after.name):
            return
        if self._clients.named(after.name):
            raise Conflict("A client with this name exists: choose another name.")


def propose_operator(runtime: Runtime, operator: StoredOperator) -> Proposal:
    """Store that a disabled operator is to be enabled, with the AWS credentials of who runs this."""
    by, now = Caller(OPERATOR), runtime.clock()
    proposal = Proposal(
        approval_id=_new_id(runtime),
        act="operator_enabled",
        client_id=operator.id,
        name=operator.name,
        version=operator.version,
        widens=("operator",),
        before={"status": {"S": operator.status}},
        after={"status": {"S": ENABLED}},
        asked=timestamp(now),
        asked_by=by.id,
        asked_by_name=None,
        until=int(now) + LIFETIME_SECONDS,
    )
    entry = entry_about(proposal, "proposed", proposal.asked, by)
    ClientChanges(runtime).commit_proposal(by, entry, [_new(proposal)])
    return proposal


def _span(now: float) -> tuple[str, str]:
    """Return the times between which what waits was asked for."""
    return timestamp(now - LIFETIME_SECONDS), timestamp(now + _CLOCKS_APART)


def _new_id(runtime: Runtime) -> str:
    return str(uuid.UUID(bytes=runtime.random_bytes(16), version=4))


def _new(proposal: Proposal) -> Action:
    return {"Put": {"Item": proposal_item(proposal), "ConditionExpression": "attribute_not_exists(pk)"}}


def mark(decided: Proposal, digest: str) -> Action:
    """Return the action that stores a decision, if there is none yet."""
    return {
        "Put": {
            "Item": proposal_item(decided),
            "ConditionExpression": "#status = :waiting AND digest = :digest",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {":waiting": {"S": "waiting"}, ":digest": {"S": digest}},
        }
    }


def entry_about(
    proposal: Proposal, act: LogAct, at: str, by: Caller, changes: dict[str, Change] | None = None
) -> LogEntry:
    """Return the log entry of what happened to a proposal."""
    return LogEntry(
        client_id=proposal.client_id,
        at=at,
        by=by.id,
        by_name=by.name,
        act=act,
        version=proposal.version,
        name=proposal.name or None,
        approval_id=proposal.approval_id,
        changes=changes or {},
    )


def who_may_approve(proposal: Proposal, by: Caller) -> str:
    """Return the sentence for the requester."""
    others = (
        "other than you"
        if isinstance(by.bearer, OperatorBearer)
        else "who neither registered this client nor gave it a secret or a key"
    )
    until = timestamp(proposal.until)
    return f"Nothing has changed yet: a person with the role approver, {others}, must approve it before {until}."
