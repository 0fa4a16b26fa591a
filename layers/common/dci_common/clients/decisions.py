"""What becomes of a change that waits: a second person approves or rejects it, or the requester withdraws it.

An approval is one transaction: it makes the change and marks the proposal, if the client is the version that the
proposal was made for, the approver is enabled, and the requester may still ask.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

from dci_common.aws.retry import Backoff
from dci_common.clients.administration import Administration
from dci_common.clients.callback_secrets import CallbackSecrets
from dci_common.clients.changes import Action, Caller, ClientChange, ClientChanges, authors, check_unchanged
from dci_common.clients.custodians import custodians
from dci_common.clients.items import client_from_item
from dci_common.clients.log import OPERATOR, Change, LogEntry
from dci_common.clients.proposal import Decided, Decision, Proposal
from dci_common.clients.proposals import Proposals, entry_about, mark
from dci_common.clients.store import ClientStore
from dci_common.errors import Conflict, DomainError, NotEntitled, VersionMismatch
from dci_common.operators.roles import Permission, roles_that_permit
from dci_common.operators.store import ENABLED, OperatorStore, operator_key, status_update
from dci_common.scopes import CLIENTS_MANAGE
from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from dci_common.runtime import Runtime

_CONFLICTS = Backoff(attempts=5, first=0.01, longest=0.1)
_ASKING = frozenset(roles_that_permit(Permission.MANAGE_CLIENTS))
_OWN = "Another person must approve what you asked for, or what a client asked for that you can act as."
_CHANGED = "The client was changed since this was asked for, or is there no more: ask for the change again."


class Decisions:
    """Decides proposals. Each method raises NotFound, Conflict, NotEntitled or Unauthenticated where that applies."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._proposals = Proposals(runtime)
        self._clients = ClientStore(runtime)
        self._operators = OperatorStore(runtime)
        self._changes = ClientChanges(runtime)
        self._administration = Administration(runtime)
        self._callback_secrets = CallbackSecrets(runtime)

    def approve(self, by: Caller, approval_id: str, digests: frozenset[str]) -> Proposal:
        """Make the change of a proposal, and return it. Its digest is one of `digests`, which the approver has seen.

        Raises VersionMismatch if it is another one.
        """

        def approve(proposal: Proposal) -> Proposal | None:
            if proposal.digest not in digests:
                raise VersionMismatch("This is not the change that you have seen: GET it again, and send its ETag.")
            if by.id in {proposal.asked_by, proposal.client_id}:
                raise NotEntitled(_OWN)
            decided = self._decided(proposal, by, "approved")
            checks = [*self._checks_of_requester(by, proposal), mark(decided, proposal.digest)]
            commit = self._enable_operator if proposal.act == "operator_enabled" else self._change_client
            return decided if commit(by, proposal, checks) else None

        return self._decide(by, approval_id, "approved", approve)

    def reject(self, by: Caller, approval_id: str) -> Proposal:
        """Reject a proposal, and return it. One that is rejected already stays so, also where it expired."""
        return self._end(by, approval_id, "rejected")

    def withdraw(self, by: Caller, approval_id: str) -> Proposal:
        """Withdraw a proposal of the caller's own, and return it; otherwise as `reject`."""
        if self._proposals.get(approval_id).asked_by != by.id:
            raise NotEntitled("Only the requester can withdraw a change; an approver can reject it.")
        return self._end(by, approval_id, "withdrawn")

    def _end(self, by: Caller, approval_id: str, decision: Literal["rejected", "withdrawn"]) -> Proposal:
        def end(proposal: Proposal) -> Proposal | None:
            decided = self._decided(proposal, by, decision)
            entry = entry_about(proposal, decision, self._now(), by)
            return decided if self._changes.commit_proposal(by, entry, [mark(decided, proposal.digest)]) else None

        proposal = self._decide(by, approval_id, decision, end)
        if proposal.callback_secret:
            self._callback_secrets.drop(proposal.client_id, proposal.callback_secret)
        return proposal

    def _decide(
        self, by: Caller, approval_id: str, decision: Decision, decide: Callable[[Proposal], Proposal | None]
    ) -> Proposal:
        for _ in self._runtime.retry.attempts(_CONFLICTS):
            proposal = self._proposals.get(approval_id)
            status = proposal.status(self._runtime.clock())
            if status == decision != "approved":
                return proposal
            if proposal.decided:
                raise Conflict(f"This was {status} already.")
            if status == "expired" and decision == "approved":
                raise Conflict("This waited for more than seven days: ask for the change again.")
            decided = decide(proposal)
            if decided:
                return decided
            by = self._administration.authorize(by)
        raise Conflict("Other requests are changing the same at this moment: try again.")

    def _change_client(self, by: Caller, proposal: Proposal, checks: list[Action]) -> bool:
        before = self._clients.find(proposal.client_id, consistent=True)
        if (before.version if before else 0) != proposal.version:
            raise Conflict(_CHANGED)
        now = self._now()
        after = client_from_item(proposal.after)._replace(updated=now, version=proposal.version + 1)
        after = after if before else after._replace(created=now)
        change = ClientChange(proposal.act, after, conditions=checks, proposal=proposal)
        if proposal.callback_secret:
            self._callback_secrets.keep(proposal.client_id, proposal.callback_secret)
        is_made = self._changes.commit(by, before, change)
        if is_made and before and before.callbacks != after.callbacks:
            # Where that fails, it is deleted later, at the latest with the client.
            with suppress(BotoCoreError, ClientError, DomainError):
                self._callback_secrets.delete_unused(after)
        return is_made

    def _enable_operator(self, by: Caller, proposal: Proposal, checks: list[Action]) -> bool:
        found = self._operators.find(proposal.client_id)
        if found is None or found.version != proposal.version:
            raise Conflict("The operator was enabled or disabled since this was asked for: ask for it again.")
        entry = LogEntry(
            client_id=found.id,
            at=self._now(),
            **authors(by, proposal),
            act=proposal.act,
            version=found.version + 1,
            name=found.name or None,
            changes={"status": Change(before=found.status, after=ENABLED)},
        )
        return self._changes.commit_proposal(by, entry, [{"Update": status_update(found, ENABLED)}, *checks])

    def _checks_of_requester(self, by: Caller, proposal: Proposal) -> list[Action]:
        """Return the checks that the requester may still ask, and is not held by the approver. Raises Conflict."""
        if proposal.asked_by == OPERATOR:
            return []
        person = self._operators.find(proposal.asked_by) if "#" in proposal.asked_by else None
        if person:
            # Of a former provider, anyone may be the approver.
            is_known = person.id.startswith(f"{self._runtime.settings.operator_issuer}#")
            if not is_known or person.status != ENABLED or _ASKING.isdisjoint(person.roles):
                raise _requester_lost_access()
            return [_may_still_ask(person.id)]
        held = custodians(self._clients, proposal.asked_by)
        if by.id in held.ids:
            raise NotEntitled(_OWN)
        _check_client(held.clients.get(proposal.asked_by))
        # The client that changes is checked by the change.
        return [check_unchanged(one) for one in held.clients.values() if one.client_id != proposal.client_id]

    def _decided(self, proposal: Proposal, by: Caller, decision: Decision) -> Proposal:
        return proposal._replace(decided=Decided(decision, self._now(), by.id, by.name))

    def _now(self) -> str:
        return timestamp(self._runtime.clock())


def _may_still_ask(operator_id: str) -> Action:
    """Return the action that checks that a person is enabled, and had a role that permits it when last seen."""
    roles = {f":role{number}": {"S": role} for number, role in enumerate(sorted(_ASKING))}
    has_role = " OR ".join(f"contains(#roles, {name})" for name in roles)
    values: Any = {":enabled": {"S": ENABLED}, **roles}
    return {
        "ConditionCheck": {
            "Key": operator_key(operator_id),
            "ConditionExpression": f"#status = :enabled AND ({has_role})",
            "ExpressionAttributeNames": {"#status": "status", "#roles": "roles"},
            "ExpressionAttributeValues": values,
        }
    }


def _check_client(requester: Client | None) -> None:
    if requester is None or requester.status != "enabled" or CLIENTS_MANAGE not in requester.scopes:
        raise _requester_lost_access()


def _requester_lost_access() -> Conflict:
    return Conflict("Who asked for this may not ask any more: it must be asked for again.")
