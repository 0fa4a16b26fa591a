"""The record of attempts to deliver: when, what came of it, how long it took, and when the next one is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dci_common.exchange.exchange_table import number
from dci_common.exchange.exchanges import KEPT_SECONDS, Exchange, exchange_key
from dci_common.timestamps import timestamp

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Item
    from dci_delivery.attempt import Attempt


def attempt_item(exchange: Exchange, attempt: Attempt, due: int | None, now: float) -> Item:
    """Return the item of an attempt; another one is `due` at that second, unless it is None."""
    page = exchange.delivery.page + 1
    sk = f"ATTEMPT#{timestamp(now)}#{page}#{exchange.version}"
    return {
        **exchange_key(exchange.correlation_id, sk),
        "page": number(page),
        "result": {"S": attempt.result},
        "http_status": number(attempt.status),
        "reason": {"S": attempt.reason},
        "latency": number(attempt.latency),
        **({"next": {"S": timestamp(due)}} if due else {}),
        "expires": number(int(now) + KEPT_SECONDS),
    }
