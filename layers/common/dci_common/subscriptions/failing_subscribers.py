"""The clients that are not notified any more, for operators: a notification failed, or the receiver is gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dci_common.exchange.exchange_pages import ExchangePages
from dci_common.exchange.worker_places import PAUSED_QUEUE
from dci_common.subscriptions.channels import PAUSED_CHANNELS, Channels
from dci_common.subscriptions.subscription_pages import SubscriptionPages
from dci_common.subscriptions.subscription_views import failing_subscriber_view, gone_subscriber_view

if TYPE_CHECKING:
    from dci_common.exchange.exchange_pages import Entry, Position
    from dci_common.runtime import Runtime

# Partitions of the index `due`, in the order of the list, and the sort keys of what they list.
KINDS: Mapping[str, str] = {PAUSED_CHANNELS: "CHANNEL", PAUSED_QUEUE: "OPEN"}


class FailingSubscribers:
    """Reads pages of the clients that are not notified any more."""

    def __init__(self, runtime: Runtime) -> None:
        self._entries = ExchangePages(runtime)
        self._channels = Channels(runtime)
        self._subscriptions = SubscriptionPages(runtime)

    def page(
        self, client_id: str | None, limit: int, after: Position | None
    ) -> tuple[list[dict[str, Any]], Position | None]:
        """Return a page of those that failed, and then of those that are gone, each the longest first, as JSON.

        It has only those of a client, if one is named, and is short where others are left out.
        """
        entries, following = self._entries.entries([*KINDS], limit, after)
        channels = self._channels.many_paused(entry.id for entry in entries if entry.queue == PAUSED_CHANNELS)
        failed = [failing_subscriber_view(one) for one in channels if client_id in {None, one.client_id}]
        gone = [gone_subscriber_view(entry.id, entry.due) for entry in entries if self._is_gone(entry, client_id)]
        return [*failed, *gone], following

    def _is_gone(self, entry: Entry, client_id: str | None) -> bool:
        is_listed = entry.queue == PAUSED_QUEUE and client_id in {None, entry.id}
        return is_listed and self._subscriptions.subscribes(entry.id)
