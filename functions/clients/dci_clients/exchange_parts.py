"""The parts of the overview about what is sent to clients: exchanges, and notifications of subscribers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dci_common.exchange.exchange_pages import ExchangePages
from dci_common.exchange.exchange_views import exchange_view
from dci_common.exchange.exchanges import OPEN_QUEUES
from dci_common.exchange.worker_places import PAUSED_QUEUE
from dci_common.subscriptions.channels import PAUSED_CHANNELS, QUEUES, Channels
from dci_common.subscriptions.subscription_views import failing_subscriber_view
from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dci_common.runtime import Runtime

MOST, SHOWN = 100, 10  # entries of an index that are read, and that are shown
LATE_SECONDS = 300  # what is due is begun within a minute
_OLDEST = ("correlation_id", "client_id", "kind", "state", "accepted", "due")
_FAILED = ("correlation_id", "client_id", "kind", "ended", "reason")


def exchanges(runtime: Runtime) -> dict[str, Any]:
    """Return the open exchanges, those that failed, and the clients whose callbacks are paused."""
    pages = ExchangePages(runtime)
    paused, more = pages.head(PAUSED_QUEUE, MOST)
    clients = [{"client_id": client_id, "since": timestamp(since)} for client_id, since in paused[:SHOWN]]
    return {
        "open": _open(runtime, pages),
        "dead": _failed(pages, "DEAD"),
        "refused": _failed(pages, "REFUSED"),
        "paused": {"count": len(paused), "more": more, "clients": clients},
    }


def subscribers(runtime: Runtime) -> dict[str, Any]:
    """Return the subscribers whose notifications failed, and since when events are late."""
    pages = ExchangePages(runtime)
    paused, more = pages.head(PAUSED_CHANNELS, MOST)
    channels = Channels(runtime).many_paused(channel_id for channel_id, _ in paused[:SHOWN])
    first = (due for queue in QUEUES for _, due in pages.head(queue, 1)[0])
    return {
        "count": len(paused),
        "more": more,
        "failing": list(map(failing_subscriber_view, channels)),
        **_late("events_due_since", first, runtime.clock()),
    }


def _open(runtime: Runtime, pages: ExchangePages) -> dict[str, Any]:
    heads = [pages.head(queue, MOST // len(OPEN_QUEUES)) for queue in OPEN_QUEUES]
    listed = [entry for entries, _ in heads for entry in entries]
    found = [exchange for exchange in pages.many(id_ for id_, _ in listed) if exchange.is_open]
    oldest = min(found, key=lambda exchange: exchange.accepted, default=None)
    return {
        "count": len(listed),
        "more": any(more for _, more in heads),
        **({"oldest": _members(exchange_view(oldest), _OLDEST)} if oldest else {}),
        **_late("overdue_since", (due for _, due in listed), runtime.clock()),
    }


def _failed(pages: ExchangePages, queue: str) -> dict[str, Any]:
    listed, more = pages.head(queue, MOST)
    latest = [_members(exchange_view(one), _FAILED) for one in pages.many(id_ for id_, _ in listed[:SHOWN])]
    return {"count": len(listed), "more": more, "latest": latest}


def _members(view: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: view[name] for name in names if name in view}


def _late(name: str, due: Iterable[int], now: float) -> dict[str, str]:
    """Return a member with the earliest time that is late; nothing if none is."""
    first = min(due, default=None)
    return {name: timestamp(first)} if first is not None and first < now - LATE_SECONDS else {}
