"""Watches: index entries by which a subscription to identifiers is found when a record changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dci_common.exchange.compiled_search import CompiledSearch
    from dci_common.subscriptions.subscription import Watch


def watches_of(search: CompiledSearch) -> tuple[Watch, ...]:
    """Return the index entries of a subscription to identifiers; none if it is by condition."""
    return ()
