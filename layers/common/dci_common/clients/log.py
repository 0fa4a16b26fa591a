"""The administration log: what was changed, by which client, and when. It outlives the client.

An entry is written in the transaction that makes the change, and never holds a secret.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

LogAct = Literal[
    "created",
    "updated",
    "enabled",
    "disabled",
    "deleted",
    "tokens_revoked",
    "secret_added",
    "secret_deleted",
    "proposed",
    "rejected",
    "withdrawn",
    "handover_created",
    "handover_withdrawn",
    "handover_failed",
    "handover_ended",
    "handover_refused",
    "handover_used",
    "subscription_cancelled",
    "exchange_redriven",
    "exchange_cancelled",
    "callbacks_resumed",
    "operator_disabled",
    "operator_enabled",
    "rotate_asked",
    "revoke_asked",
]
HANDOVER = "handover"  # `by` of what somebody did with a handover's link
OPERATOR = "operator"  # `by` of a change made on ClientsTable itself, such as `dci bootstrap`


class Change(BaseModel):
    """A field before and after; a missing value is left out."""

    model_config = ConfigDict(frozen=True)

    before: Any = None
    after: Any = None


class LogEntry(BaseModel):
    """One change: `by` is the id of the client that made it, `secret_id` the secret that it was about, if any.

    Where a person made it, `by` is the issuer and the subject of their token with `#` between them, and `by_name` the
    name that the token gave.

    Where the holder of a handover's link made it, `by` is `handover`, and `changes` says which one and
    who made that.

    `name` is the client's name after the change, or the last one of a client that was deleted. Entries that were
    written before it was recorded have none.

    A change that waited for a second person has the `approval_id`: `by` asked for it, and `approved_by` approved it.
    That it was `proposed`, `rejected` or `withdrawn` is an entry of its own, with the version that it was made for.
    """

    model_config = ConfigDict(frozen=True)

    client_id: str
    at: str
    by: str
    by_name: str | None = None
    act: LogAct
    version: int
    name: str | None = None
    secret_id: str | None = None
    approval_id: str | None = None
    approved_by: str | None = None
    approved_by_name: str | None = None
    changes: dict[str, Change] = {}


def changes_between(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Change]:
    """Return the fields in which two views of a client differ."""
    names = dict.fromkeys([*before, *after])
    return {
        name: Change(before=before.get(name), after=after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    }
