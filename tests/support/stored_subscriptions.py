"""Subscriptions as they are stored, without the messages that would begin them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dci_common.exchange.exchange_table import ExchangeTable
from dci_common.subscriptions.channels import Channel, Channels, paging
from dci_common.subscriptions.subscription_store import SubscriptionStore
from dci_common.timestamps import timestamp
from support import subscriptions
from support.stored_exchanges import PRIVATE, SECOND_PAGE, ended
from support.subscribe_messages import criteria

if TYPE_CHECKING:
    from dci_common.runtime import Runtime
    from dci_common.subscriptions.subscription import Subscription


def begun(runtime: Runtime, client_id: str, filter_: object = None, **changes: Any) -> Subscription:
    """Begin a subscription by condition, or to the identifier of its `watches`; all that is personal is PRIVATE."""
    query = filter_ or [
        {"expression1": {"attribute_name": "surname", "operator": "eq", "attribute_value": PRIVATE}},
    ]
    asked = changes.pop("criteria", None) or criteria(filter=query)
    members: dict[str, Any] = {
        "reference_id": PRIVATE,
        "callback_url": f"https://partner.example.org/notify?id={PRIVATE}",
        "since": timestamp(runtime.clock()),
    }
    return subscriptions.begun(runtime, client_id, asked, **members | changes)


def watching(runtime: Runtime, client_id: str, **changes: Any) -> Subscription:
    """Begin a subscription by identifier."""
    watch = (f"WATCH#UIN#{PRIVATE}", "PERSON")
    return begun(runtime, client_id, {"type": "UIN", "value": PRIVATE}, **{"watches": (watch,), **changes})


def is_active(runtime: Runtime, subscription: Subscription) -> bool:
    """Return whether a subscription is active now."""
    found = SubscriptionStore(runtime).get(subscription.code)
    assert found
    return found.is_active


def failing(runtime: Runtime, client_id: str, **changes: Any) -> Channel:
    """Pause the channel of a new subscription, whose latest page is dead."""
    subscription = begun(runtime, client_id, **changes)
    channels = Channels(runtime)
    channels.wake(subscription)
    channel = channels.get(subscription.channel)
    assert channel
    page = ended(runtime, client_id, "dead", **SECOND_PAGE)
    ExchangeTable(runtime).transact([paging(channel, page.correlation_id, "EVENT#", int(runtime.clock()))])
    channels.pause(replace(channel, page=page.correlation_id))
    paused = channels.get(subscription.channel)
    assert paused
    assert paused.paused
    return paused
