"""Subscriptions as they are stored, and events put into their outbox, for tests of what becomes of them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from dci_common.registry.model.base import Kind
from dci_common.subscriptions.event_types import Event
from dci_common.subscriptions.outbox import Outbox, SubscribedEvent
from dci_common.subscriptions.subscription import Subscription
from dci_common.subscriptions.subscription_store import SubscriptionStore

if TYPE_CHECKING:
    from dci_common.registry.model.views import View
    from dci_common.runtime import Runtime
    from dci_common.subscriptions.subscription import Watch

EVERYBODY = {"type": "*", "value": "*"}
JOINED = frozenset({"anna", "hill"})  # who belong together, in an event of either
SINCE = "2026-03-01T09:00:00.000Z"
_codes = itertools.count(1)


def subscribed(
    runtime: Runtime,
    client_id: str,
    event_type: str = "UPDATE",
    *,
    callback_url: str = "",
    watches: tuple[Watch, ...] = (),
    locale: str = "eng",
    **criteria: Any,
) -> Subscription:
    """Store a subscription, to everybody unless the criteria say otherwise; by identifier if it has watches."""
    asked = {
        "reg_type": "SocialRegistry",
        "reg_event_type": event_type,
        "filter": EVERYBODY,
        "notify_record_type": "SRPerson",
        **criteria,
    }
    return begun(runtime, client_id, asked, callback_url=callback_url, locale=locale, watches=watches)


def begun(runtime: Runtime, client_id: str, criteria: dict[str, Any], **members: Any) -> Subscription:
    """Begin a subscription, by its members where they are given."""
    number = next(_codes)
    own: dict[str, Any] = {
        "code": f"code-{number}",
        "reference_id": f"reference-{number}",
        "locale": "eng",
        "callback_url": "",
        "since": SINCE,
        "meaning": f"meaning-{number}",
    }
    return SubscriptionStore(runtime).begin(Subscription(client_id=client_id, criteria=criteria, **own | members))


def sequence(number: int) -> str:
    """Return the sequence of the number-th change."""
    return f"{number:040}"


def put(
    runtime: Runtime,
    subscription: Subscription,
    record_id: str,
    *events: Event,
    start: int = 1,
    kind: Kind = Kind.PERSON,
    identified: View | None = None,
) -> None:
    """Put events of a record one after the other, as the changes from the start-th on."""
    for number, event in enumerate(events, start):
        known = identified if event.ends_sight else None
        joined = JOINED if event is Event.JOINED else frozenset()
        put_event = SubscribedEvent(subscription, kind, record_id, event, known, sequence(number), joined=joined)
        Outbox(runtime).put([put_event])
