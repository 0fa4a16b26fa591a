"""A registry that a test changes, a partner that is notified, and what both see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from dci_common.exchange.exchange_store import ExchangeStore
from dci_common.exchange.exchanges import Exchange
from dci_common.registry.model.records import Person
from dci_common.registry.model.views import View
from dci_common.subscriptions.channels import Channel, Channels
from dci_common.subscriptions.event_types import Event
from dci_common.subscriptions.subscription import Subscription
from support.api import Api
from support.exchanges import Queues, Receiver, receiving
from support.hill_household import ALL, ANNA, BENO
from support.registry_harness import Registry, registry_with
from support.stored_items import disclosures
from support.subscribing_partner import SubscribingPartner
from support.subscriptions import put, subscribed

BORN = [person.model_copy(update={"birth_date": "1990-01-31"}) for person in (ANNA, BENO)]
BORN_LATER = [
    {"seq_num": 1, "expression1": {"attribute_name": "birth_date", "operator": "ge", "attribute_value": "1980-01-01"}}
]


def known(record_id: str) -> View:
    """Return a record with nothing but an identifier."""
    return {"identifier": [{"identifier_type": "UIN", "identifier_value": record_id}]}


@dataclass
class Scene:
    """A registry of two people that a test changes, and a partner that is notified."""

    registry: Registry
    partner: SubscribingPartner
    receiver: Receiver
    new_api: Callable[..., Api]
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 10**6)))

    def subscribed(self, event_type: str = "UPDATE", **criteria: Any) -> Subscription:
        """Store a subscription of the partner's, to all people born since 1980."""
        filter_ = {"filter_type": "predicate", "filter": BORN_LATER}
        url = criteria.pop("callback_url", self.receiver.url)
        client_id = self.partner.client.client_id
        return subscribed(
            self.partner.api.runtime, client_id, event_type, callback_url=url, **{**filter_, **criteria}
        )

    def put(self, subscription: Subscription, *events: Event, record_id: str = "anna", **more: Any) -> None:
        """Put events of a record."""
        for event in events:
            identified = known(record_id) if event.ends_sight else None
            put(
                self.partner.api.runtime,
                subscription,
                record_id,
                event,
                start=next(self.numbers),
                identified=identified,
                **more,
            )

    def restart(self) -> None:
        """Begin a new process, which knows nothing but the tables and the queues; another may have what one left."""
        clock = self.partner.api.clock
        self.partner.api = self.new_api()
        self.partner.api.clock = clock
        self.partner.api.runtime.clock = clock
        clock.advance(400)

    def notify(self, *subscriptions: Subscription) -> None:
        """Send a notification of an update of Anna."""
        for subscription in subscriptions:
            self.put(subscription, Event.UPDATED)
        self.partner.work()

    def later(self, seconds: int = 90) -> None:
        """Let time pass, and what is due be done."""
        self.partner.api.clock.advance(seconds)
        self.partner.sweep()

    def born(self, year: int, person: Person = BORN[0]) -> None:
        """Change when a person was born."""
        self.registry.put(person.model_copy(update={"birth_date": f"{year}-01-31"}))

    def channel(self, subscription: Subscription) -> Channel:
        """Return the channel of a subscription."""
        channel = Channels(self.partner.api.runtime).get(subscription.channel)
        assert channel
        return channel

    def page(self, subscription: Subscription) -> Exchange:
        """Return the latest page of a channel."""
        page = ExchangeStore(self.partner.api.runtime).get(self.channel(subscription).page)
        assert page
        return page

    @property
    def events(self) -> list[list[dict[str, Any]]]:
        """The events of each notification that was taken."""
        return [message["message"]["notify_event"] for message in self.receiver.received]

    @property
    def types(self) -> list[list[str]]:
        """The types of the events of each notification that was taken."""
        return [[event["data"]["reg_event_type"] for event in events] for events in self.events]

    def audited(self) -> list[tuple[str, bool, set[str]]]:
        """Return the audit records of the partner: the reference id, whether it was withheld, and the keys."""
        own = [one for one in disclosures() if one.get("client_id", {}).get("S") == self.partner.client.client_id]
        return [
            (one["reference_id"]["S"], "withheld" in one, set(one.get("records", {"SS": ()})["SS"]))
            for one in sorted(own, key=lambda one: str(one["sk"]["S"]))
        ]


@contextmanager
def new_scene(new_api: Callable[..., Api]) -> Iterator[Scene]:
    """Make a scene."""
    queues = Queues()
    with registry_with(*BORN, *ALL[2:]) as registry, receiving() as receiver:

        def made(**changes: Any) -> Api:
            names = {"registry_table": registry.table, "work_queue": "work", "delivery_queue": "delivery"}
            return new_api(**names, sqs=lambda _: queues, **changes)

        partner = SubscribingPartner(made(), queues, receiver, disclosure=["full"])
        yield Scene(registry, partner, receiver, made)
