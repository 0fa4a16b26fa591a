"""The handovers of secrets, as managers see them: they make a link and a code for the person who gets the secret."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, NamedTuple

from dci_common.aws.dynamodb import batch_get
from dci_common.clients.administration import Administration
from dci_common.clients.changes import Action, Caller, ClientChange, put
from dci_common.clients.handover_items import (
    LIFETIME_SECONDS,
    Handover,
    code_digest,
    generate_code,
    handover_from_item,
    handover_id,
    handover_item,
    handover_key,
    is_handover_id,
    listed_handovers,
)
from dci_common.clients.log import Change
from dci_common.clients.model import Client
from dci_common.clients.secrets import free_slot
from dci_common.clients.store import ClientStore, Position
from dci_common.errors import Conflict, NotFound
from dci_common.operators.access import OperatorBearer
from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from dci_common.runtime import Runtime


class NewHandover(NamedTuple):
    """A handover with what opens it, which cannot be read again."""

    handover: Handover
    token: str
    code: str


class Handovers:
    """Makes, lists and withdraws handovers. Changes raise as those of Administration do."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._table = runtime.settings.clients_table
        self._clients = ClientStore(runtime)
        self._administration = Administration(runtime)

    def create(self, by: Caller, client_id: str, old_expires_in: int) -> NewHandover:
        """Store a handover for an enabled client that has room for a secret."""
        now, random = self._runtime.clock(), self._runtime.random_bytes
        token = base64.urlsafe_b64encode(random(32)).rstrip(b"=").decode()
        code = generate_code(random)
        handover = Handover(
            handover_id=handover_id(token),
            owner=client_id,
            code_digest=code_digest(token, code),
            created=timestamp(now),
            expires=int(now) + LIFETIME_SECONDS,
            made_by=by.id,
            made_by_name=by.name,
            by_operator=isinstance(by.bearer, OperatorBearer),
            old_expires_in=old_expires_in,
        )
        changes = logged(handover, expires=Change(after=timestamp(handover.expires)))

        def plan(client: Client) -> ClientChange:
            if client.status != "enabled":
                raise Conflict("The client is disabled: enable it first.")
            free_slot(self._clients.live_secrets(client_id))
            return ClientChange("handover_created", client, [put(handover_item(handover))], changes=changes)

        self._administration.change(by, client_id, plan)
        return NewHandover(handover, token, code)

    def page(
        self, client_id: str, limit: int, after: Position | None
    ) -> tuple[list[Handover], dict[str, str] | None]:
        """Return a page of a client's open handovers, the oldest first, and where the next page starts.

        It is read from an index, as ClientStore.page is.
        """
        items, following = self._clients.listed(listed_handovers(client_id), limit, after, forward=True)
        now = self._runtime.clock()
        return [found for found in map(handover_from_item, items) if found.is_open(now)], following

    def withdraw(self, by: Caller, client_id: str, handover_id: str) -> None:
        """End an open handover of a client."""

        def plan(client: Client) -> ClientChange:
            found = self.find(handover_id)
            if found is None or found.owner != client_id or not found.is_open(self._runtime.clock()):
                raise NotFound("The client has no open handover with this id.")
            changes = logged(found, tries=Change(before=found.tries))
            return ClientChange("handover_withdrawn", client, changes=changes, conditions=[used_up(found)])

        self._administration.change(by, client_id, plan)

    def find(self, handover_id: str) -> Handover | None:
        """Return a handover, read consistently, or None."""
        keys = [handover_key(handover_id)] if is_handover_id(handover_id) else []
        found = batch_get(self._runtime, self._table, keys)
        return handover_from_item(found[0]) if found else None


def used_up(handover: Handover) -> Action:
    """Return the action that deletes a handover, on the condition that nobody did so before."""
    condition = {"ConditionExpression": "attribute_exists(pk)"}
    return {"Delete": {"Key": handover_key(handover.handover_id), **condition}}


def logged(handover: Handover, **changes: Change) -> dict[str, Change]:
    """Return what the log says of a handover."""
    return {f"handovers.{handover.handover_id}.{name}": change for name, change in changes.items()}
