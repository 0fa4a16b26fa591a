"""What administrators change on clients.

Each change is made to the version of the client that was read, so that concurrent changes follow one another.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from dci_common.aws.retry import Backoff
from dci_common.clients.access import Bearer, check_access
from dci_common.clients.callback_secrets import CallbackSecrets, NewCallbackSecret
from dci_common.clients.changes import Caller, ClientChange, ClientChanges, delete, put
from dci_common.clients.items import secret_item, secret_key, secret_keys, usage_key
from dci_common.clients.log import Change, LogAct
from dci_common.clients.model import Client, Status
from dci_common.clients.proposal import Proposal
from dci_common.clients.proposals import Proposals
from dci_common.clients.secrets import Secret, digest, free_slot, generate_secret
from dci_common.clients.store import ClientStore
from dci_common.clients.widening import check_own_access
from dci_common.errors import Conflict, NotFound, VersionMismatch
from dci_common.operators.access import OperatorBearer, disabled
from dci_common.operators.store import OperatorStore
from dci_common.scopes import CLIENTS_MANAGE
from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

Plan = Callable[[Client], ClientChange | None]  # of the client as it is
_CONFLICTS = Backoff(attempts=5, first=0.01, longest=0.1)
_SECRET_ID_BYTES = 8


class Administration:
    """Changes clients. Every method raises NotFound, Conflict or VersionMismatch where that applies.

    A change is made only if its caller may make it at that very moment. If not, Unauthenticated or InsufficientScope
    is raised. Where it needs a second person, it is not made, and what is returned is its Proposal.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._clients = ClientStore(runtime)
        self._operators = OperatorStore(runtime)
        self._changes = ClientChanges(runtime)
        self._callback_secrets = CallbackSecrets(runtime)
        self._proposals = Proposals(runtime)

    def create(self, by: Caller, client: Client, callback_secret: NewCallbackSecret | None = None) -> str | Proposal:
        """Store a new client and return its secret, which cannot be read again. One that waits has none yet.

        The secret for its callbacks is stored first, and deleted where the client is not.
        """
        if widens := self._proposals.reasons(by, None, client):
            return self._propose_new(by, ClientChange("created", client, callback_secret=callback_secret), widens)
        if callback_secret is None:
            return self._create(by, client)
        self._callback_secrets.put(client.client_id, callback_secret)
        try:
            return self._create(by, client)
        except Exception:
            with suppress(BotoCoreError, ClientError):
                self._callback_secrets.delete(client)
            raise

    def _create(self, by: Caller, client: Client) -> str:
        secret, stored = self._new_secret("1")
        written, undo = [put(secret_item(client.client_id, stored))], [delete(secret_key(client.client_id, "1"))]
        change = ClientChange("created", client, written, stored.secret_id, undo=undo)
        for _ in self._runtime.retry.attempts(_CONFLICTS):
            if self._changes.commit(by, None, change):
                return secret
            by = self.authorize(by)
        raise Conflict("Another request is registering such a client at this moment: try again.")

    def _propose_new(self, by: Caller, change: ClientChange, widens: tuple[str, ...]) -> Proposal:
        for _ in self._runtime.retry.attempts(_CONFLICTS):
            if proposal := self._proposals.propose(by, None, change, widens):
                return proposal
            by = self.authorize(by)
        raise Conflict("Your own registration is being changed at this moment: try again.")

    def update(
        self,
        by: Caller,
        client_id: str,
        edit: Callable[[Client], Client],
        callback_secret: NewCallbackSecret | None = None,
    ) -> Client | Proposal:
        """Change a client's fields and return it; an edit that changes nothing keeps the version.

        The secret for its callbacks is stored first: nothing uses it before the client names its version.
        """

        def plan(client: Client) -> ClientChange | None:
            edited = edit(client)
            return ClientChange("updated", edited, callback_secret=callback_secret) if edited != client else None

        return self._change_or_propose(by, client_id, plan)

    def set_status(self, by: Caller, client_id: str, status: Status) -> Client | Proposal:
        """Enable or disable a client and return it; one that has this status already keeps its version."""

        def plan(client: Client) -> ClientChange | None:
            after = client._replace(status=status)
            return ClientChange(status, after) if client.status != status else None

        # What ends access waits for nobody.
        return (self.change if status == "disabled" else self._change_or_propose)(by, client_id, plan)

    def revoke_tokens(self, by: Caller, client_id: str) -> Client:
        """Revoke every token that was issued up to now, including this very second, and return the client."""

        def plan(client: Client) -> ClientChange:
            since = int(self._runtime.clock()) + 1
            revoked = client._replace(tokens_not_before=since, tokens_generation=client.tokens_generation + 1)
            return ClientChange("tokens_revoked", revoked)

        return self.change(by, client_id, plan)

    def delete(self, by: Caller, client_id: str) -> None:
        """Delete a client with its secrets and the reservation of its name; its log remains.

        The secrets for its callbacks are deleted first: where that fails, the client is there to be deleted again.
        """
        actions = [delete(key) for key in (*secret_keys(client_id), usage_key(client_id))]

        def plan(client: Client) -> ClientChange:
            return ClientChange("deleted", None, actions, prepare=partial(self._callback_secrets.delete, client))

        self.change(by, client_id, plan)

    def add_secret(
        self,
        by: Caller,
        client_id: str,
        overlap: int,
        adapt: Callable[[Client, ClientChange], ClientChange] = lambda _, change: change,
    ) -> tuple[str, Secret]:
        """Add a secret and return it with what is stored of it; others expire in `overlap` seconds or sooner.

        `adapt` may raise, or add to the change.
        """
        added: list[tuple[str, Secret]] = []

        def plan(client: Client) -> ClientChange:
            live = self._clients.live_secrets(client_id)
            added[:] = [self._new_secret(free_slot(live))]
            return adapt(client, _secret_added(client, added[0][1], live, int(self._runtime.clock()) + overlap))

        self.change(by, client_id, plan)
        return added[0]

    def delete_secret(self, by: Caller, client_id: str, secret_id: str) -> None:
        """Delete a secret: it is rejected from now on. An administrator cannot delete its own last secret."""

        def plan(client: Client) -> ClientChange:
            live = {secret.secret_id: secret for secret in self._clients.live_secrets(client_id)}
            if secret_id not in live:
                raise NotFound("The client has no secret with this id.")
            lasting = {secret.secret_id for secret in live.values() if secret.expires is None}
            if by.id == client_id and not lasting - {secret_id}:
                raise Conflict("An administrator cannot delete its own last secret: add another one first.")
            key = secret_key(client_id, live[secret_id].slot)
            return ClientChange("secret_deleted", client, [delete(key)], secret_id)

        self.change(by, client_id, plan)

    def record(self, by: Caller, client_id: str, act: LogAct, changes: dict[str, Change]) -> None:
        """Record an act on what belongs to a client and is stored elsewhere, before it is done."""
        self.change(by, client_id, lambda client: ClientChange(act, client, changes=changes))

    def record_act(self, by: Caller, about: str, act: LogAct) -> None:
        """Record an act on what is no client, before it is done; `about` is its kind and name: `keys#tokens`."""
        for number, _ in enumerate(self._runtime.retry.attempts(_CONFLICTS), 1):
            if self._changes.record(by, about, act, number):
                return
            by = self.authorize(by)
        raise Conflict("Other requests are changing your own registration at this moment: try again.")

    def authorize(self, by: Caller) -> Caller:
        """Return the caller as it is now. Raises Unauthenticated or InsufficientScope where it lost its access."""
        if by.bearer is None:
            return by
        if isinstance(by.bearer, OperatorBearer):
            if not self._operators.admit(by.bearer.operator):
                raise disabled()
            return by
        token = by.bearer.token
        return replace(by, bearer=check_access(token, self._clients.token_holder(token), CLIENTS_MANAGE))

    def change(self, by: Caller, client_id: str, plan: Plan) -> Client:
        """Make the change that `plan` returns for the client as it is now, and return the client after it.

        `plan` is called again whenever another change came first. None leaves the client as it is.
        """
        changed = self._change_or_propose(by, client_id, plan, may_wait=False)
        if isinstance(changed, Proposal):
            raise TypeError(changed.act)
        return changed

    def _change_or_propose(
        self, by: Caller, client_id: str, plan: Plan, *, may_wait: bool = True
    ) -> Client | Proposal:
        for _ in self._runtime.retry.attempts(_CONFLICTS):
            before = self._clients.get(client_id)
            if isinstance(by.bearer, Bearer) and by.id == client_id and by.bearer.client.version != before.version:
                by = self.authorize(by)
            if by.versions is not None and before.version not in by.versions:
                raise VersionMismatch("The client was changed since: read it again, and send its ETag.")
            change = plan(before)
            if change is None:
                return before
            if by.id == before.client_id:
                check_own_access(before, change.after)
            now = timestamp(self._runtime.clock())
            after = change.after._replace(updated=now, version=before.version + 1) if change.after else None
            change = replace(change, after=after)
            if widens := self._proposals.reasons(by, before, after) if may_wait and after else ():
                if proposal := self._proposals.propose(by, before, change, widens):
                    return proposal
            elif self._commit(by, before, change):
                return after or before
            by = self.authorize(by)
        raise Conflict("Other requests are changing this client at this moment: try again.")

    def _commit(self, by: Caller, before: Client, change: ClientChange) -> bool:
        if change.prepare:
            change.prepare()
        if change.callback_secret:
            self._callback_secrets.put(before.client_id, change.callback_secret)
        return self._changes.commit(by, before, change)

    def _new_secret(self, slot: str) -> tuple[str, Secret]:
        secret = generate_secret(self._runtime.random_bytes)
        secret_id = self._runtime.random_bytes(_SECRET_ID_BYTES).hex()
        return secret, Secret(slot, secret_id, timestamp(self._runtime.clock()), digest(secret))


def _secret_added(client: Client, new: Secret, live: list[Secret], ends: int) -> ClientChange:
    """Return the change that adds a secret and ends the others at `ends` (epoch seconds)."""
    old = [secret for secret in live if secret.expires is None or secret.expires > ends]
    items = [secret_item(client.client_id, secret) for secret in (new, *(it._replace(expires=ends) for it in old))]
    changes = {f"secrets.{secret.secret_id}.expires": Change(after=timestamp(ends)) for secret in old}
    written = [put(item) for item in items]
    undo = [
        delete(secret_key(client.client_id, new.slot)),
        *(put(secret_item(client.client_id, secret)) for secret in old),
    ]
    return ClientChange("secret_added", client, written, new.secret_id, changes, undo)
