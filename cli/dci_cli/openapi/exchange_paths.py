"""The paths of asynchronous exchanges and subscriptions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Tree = dict[str, Any]


def exchange_paths(read: Callable[..., Tree], change: Callable[..., Tree]) -> Tree:
    """Return the paths that show asynchronous exchanges and subscriptions, and end one of these.

    `read` and `change` make operations for administrators.
    """
    return {
        "/exchanges": {"get": read("List exchanges", "Exchanges", "limit", "next", "client_id", "state")},
        "/exchanges/{correlation_id}": {"get": read("Show an exchange", "ShownExchange")},
        "/subscriptions": {"get": read("List subscriptions", "Subscriptions", "limit", "next", "client_id")},
        "/subscriptions/failing": {
            "get": read("List failing subscribers", "FailingSubscribers", "limit", "next", "client_id")
        },
        "/subscriptions/{code}": {"get": read("Show a subscription", "SubscriptionView")},
        "/subscriptions/{code}/cancel": {"post": change("Cancel a subscription", 200, "SubscriptionView")},
    }
