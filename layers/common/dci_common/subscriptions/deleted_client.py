"""The end of the subscriptions of a client that was deleted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dci_common.deadline import current_deadline
from dci_common.subscriptions.subscription_store import SubscriptionStore

if TYPE_CHECKING:
    from dci_common.runtime import Runtime
    from dci_common.subscriptions.subscription import Subscription

_AT_ONCE = 100  # read


def end_subscriptions(runtime: Runtime, client_id: str) -> None:
    """End a deleted client's subscriptions, as many as there is time for: those by condition, which cost most, first.

    Another one that is left ends when a record that it is about changes (matching.py).
    """
    store, deadline = SubscriptionStore(runtime), current_deadline()
    for subscription in _active(store, client_id):
        if deadline.left() < 0:
            return
        store.end(subscription)


def _active(store: SubscriptionStore, client_id: str) -> Iterator[Subscription]:
    """Yield a client's active subscriptions, those by condition first."""
    codes = [*store.codes_of(client_id)]
    if codes and store.watched().conditions:
        yield from (subscription for subscription in store.conditions() if subscription.client_id == client_id)
    for start in range(0, len(codes), _AT_ONCE):
        found = store.many(codes[start : start + _AT_ONCE]).values()
        yield from (subscription for subscription in found if subscription.is_active)
