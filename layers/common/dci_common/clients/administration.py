"""What administrators do to clients.

Each act holds for the version of the client that was read, so that of two acts at once one comes after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from dci_common.clients.changes import Act, Acts, delete, put
from dci_common.clients.log import Change
from dci_common.clients.secrets import (
    Secret,
    digest,
    free_slot,
    live_secrets,
    new_secret,
    secret_item,
    secret_key,
    secret_keys,
    usage_key,
)
from dci_common.clients.store import Client, ClientStore
from dci_common.errors import Conflict, NotFound, PreconditionFailed
from dci_common.oauth.scopes import CLIENTS_MANAGE
from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from dci_common.runtime import Runtime

_ATTEMPTS = 5
_SECRET_ID_BYTES = 8


@dataclass(frozen=True, slots=True)
class Caller:
    """Who acts, by client id, and on which versions of the client alone; None is any."""

    client_id: str
    versions: frozenset[int] | None = None


class Administration:
    """Changes clients. Every method raises NotFound, Conflict or PreconditionFailed where that is so."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._clients = ClientStore(runtime)
        self._acts = Acts(runtime)

    def create(self, by: str, client: Client) -> str:
        """Store a new client, and return its secret, which is told this once."""
        secret, kept = self._new_secret("1")
        act = Act("created", client, [put(secret_item(client.client_id, kept))], kept.secret_id)
        for _ in range(_ATTEMPTS):
            if self._acts.commit(by, None, act):
                return secret
        raise Conflict("Others are registering such a client at this moment: try again.")

    def update(self, by: Caller, client_id: str, edit: Callable[[Client], Client]) -> Client:
        """Change a client's fields; an edit that changes nothing leaves the version as it is."""

        def plan(client: Client) -> Act | None:
            edited = edit(client)
            return Act("updated", edited) if edited != client else None

        return self._do(by, client_id, plan)

    def set_status(self, by: Caller, client_id: str, status: Literal["enabled", "disabled"]) -> Client:
        """Enable or disable a client; one that is so already stays at its version."""

        def plan(client: Client) -> Act | None:
            after = client.model_copy(update={"status": status})
            return Act(status, after) if client.status != status else None

        return self._do(by, client_id, plan)

    def revoke_tokens(self, by: Caller, client_id: str) -> Client:
        """End every token that was issued up to now, that of this very second too."""

        def plan(client: Client) -> Act:
            since = max(client.tokens_not_before, int(self._runtime.clock())) + 1
            return Act("tokens_revoked", client.model_copy(update={"tokens_not_before": since}))

        return self._do(by, client_id, plan)

    def delete(self, by: Caller, client_id: str) -> None:
        """Delete a client with its secrets and its claim to the name; its log stays."""
        keys = [*secret_keys(client_id), usage_key(client_id)]
        self._do(by, client_id, lambda _: Act("deleted", None, [delete(key) for key in keys]))

    def add_secret(self, by: Caller, client_id: str, overlap: int) -> tuple[str, Secret]:
        """Add a secret, and return it with what is kept of it; the old one ends in `overlap` seconds, or sooner."""
        made: list[tuple[str, Secret]] = []

        def plan(client: Client) -> Act:
            live = live_secrets(self._runtime, client_id)
            made[:] = [self._new_secret(free_slot(live))]
            ends = int(self._runtime.clock()) + overlap
            old = [secret for secret in live if secret.expires is None or secret.expires > ends]
            items = [
                secret_item(client_id, secret) for secret in (made[0][1], *(replace(it, expires=ends) for it in old))
            ]
            changes = {f"secrets.{secret.secret_id}.expires": Change(after=timestamp(ends)) for secret in old}
            return Act("secret_added", client, [put(item) for item in items], made[0][1].secret_id, changes)

        self._do(by, client_id, plan)
        return made[0]

    def delete_secret(self, by: Caller, client_id: str, secret_id: str) -> None:
        """Delete a secret; it opens the token endpoint no more. An administrator's last one is its own to keep."""

        def plan(client: Client) -> Act:
            live = {secret.secret_id: secret for secret in live_secrets(self._runtime, client_id)}
            if secret_id not in live:
                raise NotFound("The client has no secret with this id.")
            lasting = {found.secret_id for found in live.values() if found.expires is None}
            if by.client_id == client_id and not lasting - {secret_id}:
                raise Conflict("An administrator can not delete its own last secret: add another one first.")
            key = secret_key(client_id, live[secret_id].slot)
            return Act("secret_deleted", client, [delete(key)], secret_id)

        self._do(by, client_id, plan)

    def _do(self, by: Caller, client_id: str, plan: Callable[[Client], Act | None]) -> Client:
        for _ in range(_ATTEMPTS):
            before = self._clients.get(client_id)
            if by.versions is not None and before.version not in by.versions:
                raise PreconditionFailed("The client was changed since: read it again, and send its ETag.")
            act = plan(before)
            if act is None:
                return before
            _check_keeps_itself(by, before, act.after)
            next_ = {"updated": timestamp(self._runtime.clock()), "version": before.version + 1}
            after = act.after.model_copy(update=next_) if act.after else None
            if self._acts.commit(by.client_id, before, replace(act, after=after)):
                return after or before
        raise Conflict("Others are changing this client at this moment: try again.")

    def _new_secret(self, slot: str) -> tuple[str, Secret]:
        secret = new_secret(self._runtime.random_bytes)
        secret_id = self._runtime.random_bytes(_SECRET_ID_BYTES).hex()
        return secret, Secret(slot, secret_id, timestamp(self._runtime.clock()), digest(secret))


def _check_keeps_itself(by: Caller, before: Client, after: Client | None) -> None:
    """Let no administrator lock itself out, and with itself perhaps the deployment."""
    stays = after is not None and after.status == "enabled" and CLIENTS_MANAGE in after.scopes
    if by.client_id == before.client_id and not stays:
        raise Conflict(
            "An administrator can not disable or delete itself, or give up clients.manage: let another one do it."
        )
