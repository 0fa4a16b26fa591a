"""The outbox: events that are to be told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dci_common.registry.model.base import Kind
    from dci_common.registry.model.views import View
    from dci_common.runtime import Runtime
    from dci_common.subscriptions.event_types import Event
    from dci_common.subscriptions.subscription import Subscription


class SubscribedEvent(NamedTuple):
    """An event of a subscription."""

    subscription: Subscription
    kind: Kind
    record_id: str
    event: Event
    identified: View | None
    sequence: str


class Outbox:
    """A stand-in until the outbox is merged."""

    def __init__(self, runtime: Runtime) -> None:
        """Keep nothing."""

    def put(self, events: Sequence[SubscribedEvent]) -> None:
        """Store events."""
