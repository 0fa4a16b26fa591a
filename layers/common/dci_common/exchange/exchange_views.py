"""Exchanges as operators see them: how far they are, and never what was asked, or about whom.

The ids that the client gave its items are left out, because they can say something about people. The transaction's id
is shown: an operator and a partner need a name for what they talk about.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from dci_common.clients.views import View
from dci_common.exchange.exchanges import Exchange, Kind, State
from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item


class AttemptView(View):
    """An attempt to send a page. Without an answer there is no `http_status`; `latency` is in milliseconds."""

    at: str
    page: int
    result: str
    http_status: int | None = None
    reason: str | None = None
    latency: int
    next_attempt: str | None = None


class ExchangeView(View):
    """An exchange.

    `items` counts the items of its message, `completed` those with an outcome, `rejected` those without records.
    `found` and `delivered` count records, `pages` the pages that were delivered, `attempts` those of the next page.
    `due` is when it is worked on next, and `reason` why the last attempt failed.
    """

    correlation_id: str
    client_id: str
    kind: Kind
    transaction_id: str
    state: State
    accepted: str
    redriven: str | None = None
    ended: str | None = None
    due: str | None = None
    callback_url: str | None = None
    items: int
    completed: int
    rejected: int
    found: int
    delivered: int
    pages: int
    attempts: int
    reason: str | None = None


class ShownExchange(ExchangeView):
    """An exchange with the latest attempts to send its pages, the newest first."""

    latest_attempts: tuple[AttemptView, ...]


def exchange_view(exchange: Exchange) -> dict[str, Any]:
    """Return an exchange as JSON."""
    return ExchangeView(**_members(exchange)).to_json()


def shown_exchange(exchange: Exchange, attempts: Iterable[Item]) -> dict[str, Any]:
    """Return an exchange with the items of attempts, as JSON."""
    return ShownExchange(**_members(exchange), latest_attempts=tuple(map(_attempt, attempts))).to_json()


def _members(exchange: Exchange) -> dict[str, Any]:
    delivery, outcomes = exchange.delivery, exchange.outcomes
    return {
        "correlation_id": exchange.correlation_id,
        "client_id": exchange.client_id,
        "kind": exchange.kind,
        "transaction_id": exchange.transaction_id,
        "state": exchange.state,
        "accepted": exchange.accepted,
        "redriven": _time(exchange.redriven),
        "ended": _time(exchange.ended),
        "due": _time(exchange.due),
        "callback_url": exchange.callback_address or None,
        "items": len(exchange.references),
        "completed": len(outcomes),
        "rejected": sum(outcome.is_rejected for outcome in outcomes),
        "found": sum(outcome.keys for outcome in outcomes) + exchange.checkpoint.keys,
        "delivered": sum(outcome.keys for outcome in outcomes[: delivery.item]) + delivery.start,
        "pages": delivery.page,
        "attempts": delivery.attempts,
        "reason": delivery.reason or None,
    }


def _attempt(item: Item) -> AttemptView:
    return AttemptView(
        at=item["sk"]["S"].split("#")[1],
        page=int(item["page"]["N"]),
        result=item["result"]["S"],
        http_status=int(item["http_status"]["N"]) or None,
        reason=item["reason"]["S"] or None,
        latency=int(item["latency"]["N"]),
        next_attempt=item["next"]["S"] if "next" in item else None,
    )


def _time(epoch_seconds: int | None) -> str | None:
    return timestamp(epoch_seconds) if epoch_seconds else None
