"""What the clients function is asked at a glance: the overview, and what belongs to it."""

from __future__ import annotations

from collections.abc import Iterator

from dci_common.runtime import Event
from support.api import Api
from support.events import event
from support.stored_exchanges import accepted


def overviews(api: Api, token: str, client_id: str) -> Iterator[tuple[int, Event]]:
    """Yield requests with the statuses of their answers."""
    opened = accepted(api.runtime, client_id)
    yield 200, event("overview", token=token)
    yield 200, event("clients_preview", token=token)
    yield 200, event("client_usage", token=token) | {"pathParameters": {"client_id": client_id}}
    yield 200, event("exchanges_paused", token=token)
    yield 200, event("exchange_cancel", token=token) | {"pathParameters": {"correlation_id": opened.correlation_id}}
