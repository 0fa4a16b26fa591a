"""Whether a change widens what a client may do."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import TYPE_CHECKING

from dci_common.registries.social.disclosure import disclosure
from dci_common.scopes import CLIENTS_MANAGE, CLIENTS_READ

if TYPE_CHECKING:
    from dci_common.clients.model import Client


def is_widened(before: Client, after: Client) -> bool:
    """Return whether a client may do, see or use more after a change than before it."""
    return (
        not set(after.scopes) <= _effective(before.scopes)
        or not disclosure(after.disclosure) <= disclosure(before.disclosure)
        or not set(after.record_types) <= set(before.record_types)
        or after.restricted > before.restricted
        or after.asynchronous > before.asynchronous
        or (before.signature == "required" and after.signature != "required")
        or not set(after.callbacks.urls) <= set(before.callbacks.urls)
        or after.token_lifetime > before.token_lifetime
        or _is_raised(before.requests_a_minute, after.requests_a_minute)
        or _is_raised(before.records_a_day, after.records_a_day)
        or _is_raised(before.open_exchanges, after.open_exchanges)
        or _is_raised(before.notifications_a_minute, after.notifications_a_minute)
    )


def _effective(scopes: Collection[str]) -> set[str]:
    """Return the scopes, with the one that another of them includes."""
    return {*scopes, CLIENTS_READ} if CLIENTS_MANAGE in scopes else set(scopes)


def _is_raised(before: int | None, after: int | None) -> bool:
    """Return whether a limit may be higher than before. The deployment's default is not known here: any may be."""
    if before in {after, 0}:
        return False
    if before is None or after is None:
        return True
    return (after or math.inf) > before
